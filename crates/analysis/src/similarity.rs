//! How alike two sets of activity are, sample by sample.

use crate::error::{Error, check_finite, check_range, check_shape, check_size};
use crate::singular::singular;
use crate::statistics::{channel, standard_deviation};
use numerics::{mean, sum_by};

const MOST_VARIABLES: usize = 256;
const MOST_NUMBERS: usize = 1 << 20;
const BLOCKS: usize = 16;

/// Data without the mean of each variable.
fn centred(data: &[f64], dimension: usize) -> Vec<f64> {
    let middle: Vec<f64> = (0..dimension).map(|variable| mean(&channel(data, dimension, variable))).collect();
    data.iter().enumerate().map(|(k, value)| value - middle[k % dimension]).collect()
}

/// The number of samples that both data sets have.
fn check_pair(
    first: (&[f64], usize),
    second: (&[f64], usize),
    wanted: usize,
    purpose: &'static str,
) -> Result<usize, Error> {
    for (data, dimension) in [first, second] {
        check_shape(data.len(), dimension)?;
        check_size("variables", dimension, MOST_VARIABLES, "take a part of the units")?;
        check_size("values", data.len(), MOST_NUMBERS, "take every second sample")?;
        check_finite(data)?;
    }
    let (count, other) = (first.0.len() / first.1, second.0.len() / second.1);
    if count != other {
        return Err(Error::Lengths { first: count, second: other });
    }
    if count < wanted {
        return Err(Error::TooShort { given: count, wanted, purpose, advice: "give more samples" });
    }
    for (data, dimension) in [first, second] {
        if data.chunks_exact(dimension).all(|row| row == &data[..dimension]) {
            return Err(Error::Constant { what: purpose });
        }
        check_range(data, purpose)?;
    }
    Ok(count)
}

/// `Σ a bᵀ` over rows `low..high`, in plain order.
fn products(a: &[f64], n: usize, b: &[f64], m: usize, low: usize, high: usize) -> Vec<f64> {
    let mut total = vec![0.0; n * m];
    for (x, y) in a[low * n..high * n].chunks_exact(n).zip(b[low * m..high * m].chunks_exact(m)) {
        for (row, value) in total.chunks_exact_mut(m).zip(x) {
            for (entry, other) in row.iter_mut().zip(y) {
                *entry += value * other;
            }
        }
    }
    total
}

/// Similarity of two sets of activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignment {
    /// From 0 for activity without linear relation to 1 for the same activity up to rotation, scale and shift.
    pub value: f64,
    /// Standard error, from leaving out each of 16 blocks of time in turn (jackknife).
    pub error: f64,
    /// Mean over all orders of the second set's samples: what unrelated activity shows because samples are finitely
    /// many.
    pub chance: f64,
}

/// Linear centred kernel alignment `|Xᵀ Y|² / (|Xᵀ X| |Yᵀ Y|)`, in Frobenius norms, of two data sets with the same
/// samples in the same order, row-major, each without its means.
///
/// Under a random order of the samples the numerator has the mean `tr(XᵀX) tr(YᵀY) / (T - 1)`.
///
/// Source: Kornblith, Norouzi, Lee and Hinton, Similarity of neural network representations revisited (ICML 2019).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::Lengths`], [`Error::TooShort`] below 32 samples,
/// [`Error::Constant`], [`Error::Option`] for values beyond the range of squares, [`Error::TooLarge`] beyond 256
/// variables or 2^20 values a set.
pub fn linear_alignment(
    first: &[f64],
    first_dimension: usize,
    second: &[f64],
    second_dimension: usize,
) -> Result<Alignment, Error> {
    let (n, m) = (first_dimension, second_dimension);
    let count = check_pair((first, n), (second, m), 2 * BLOCKS, "an alignment")?;
    let (x, y) = (centred(first, n), centred(second, m));
    let pairs = [(&x, n, &x, n), (&y, m, &y, m), (&x, n, &y, m)];
    let whole = pairs.map(|(a, n, b, m)| products(a, n, b, m, 0, count));
    let square = |a: &[f64]| sum_by(a.len(), |k| a[k] * a[k]);
    let ratio = |parts: &[Vec<f64>; 3]| square(&parts[2]) / libm::sqrt(square(&parts[0]) * square(&parts[1]));
    let value = ratio(&whole);
    // What varies does so by less than the squares of numbers can show.
    if value.is_nan() {
        return Err(Error::Constant { what: "an alignment" });
    }
    let without = |block: usize| {
        let (low, high) = (block * count / BLOCKS, (block + 1) * count / BLOCKS);
        let kept = (count - (high - low)) as f64;
        // The means of what is kept, from those of what is left out, since all means are 0.
        let shift = |a: &[f64], n: usize| -> Vec<f64> {
            (0..n).map(|i| -sum_by(high - low, |k| a[(low + k) * n + i]) / kept).collect()
        };
        let mut parts = whole.clone();
        for (part, (a, n, b, m)) in parts.iter_mut().zip(pairs) {
            let (left, right) = (shift(a, n), shift(b, m));
            let out = products(a, n, b, m, low, high);
            for k in 0..n * m {
                part[k] -= out[k] + kept * left[k / m] * right[k % m];
            }
        }
        ratio(&parts)
    };
    let others: Vec<f64> = (0..BLOCKS).map(without).collect();
    let trace = |a: &[f64], n: usize| sum_by(n, |i| a[i * n + i]);
    let size = libm::sqrt(square(&whole[0]) * square(&whole[1]));
    Ok(Alignment {
        value,
        error: standard_deviation(&others) * (BLOCKS - 1) as f64 / libm::sqrt(BLOCKS as f64),
        chance: trace(&whole[0], n) * trace(&whole[1], m) / ((count - 1) as f64 * size),
    })
}

/// The best rotation of one data set onto another.
#[derive(Clone, Debug, PartialEq)]
pub struct Procrustes {
    /// `|X - Y Q|` of the sets brought to mean 0 and norm 1: from 0 for the same shape to `√2` for unrelated ones.
    pub distance: f64,
    /// The angle on the sphere of shapes, `arccos(tr)` of the same rotation, from 0 to `π / 2` radians.
    pub angle: f64,
    /// The orthogonal matrix `Q`, row-major, of `size × size`; `y Q` lies nearest to `x`. The set with fewer variables
    /// has zeros for those that it lacks.
    pub rotation: Vec<f64>,
    /// The larger of the two numbers of variables.
    pub size: usize,
    /// Bound on the distance's rounding error.
    pub error: f64,
    /// Whether the singular values were found to the machine's precision.
    pub converged: bool,
}

/// Orthogonal Procrustes distance of two data sets with the same samples in the same order, row-major: the least
/// `|X - Y Q|` over rotations and reflections `Q`, with `Q = U Vᵀ` for `Yᵀ X = U S Vᵀ`.
///
/// Source: Schönemann, A generalized solution of the orthogonal Procrustes problem (1966); as a distance of neural
/// activity: Williams, Kunz, Kornblith and Linderman, Generalized shape metrics on neural representations (2021).
///
/// # Errors
/// As [`linear_alignment`], but three samples suffice.
pub fn procrustes(
    first: &[f64],
    first_dimension: usize,
    second: &[f64],
    second_dimension: usize,
) -> Result<Procrustes, Error> {
    let (n, m) = (first_dimension, second_dimension);
    let count = check_pair((first, n), (second, m), 3, "a Procrustes distance")?;
    let size = if n > m { n } else { m };
    let shape = |data: &[f64], dimension: usize| {
        let mut values = vec![0.0; count * size];
        for (row, given) in
            values.chunks_exact_mut(size).zip(centred(data, dimension).chunks_exact(dimension))
        {
            row[..dimension].copy_from_slice(given);
        }
        let norm = libm::sqrt(sum_by(values.len(), |k| values[k] * values[k]));
        for value in &mut values {
            *value /= norm;
        }
        values
    };
    let (x, y) = (shape(first, n), shape(second, m));
    if x.iter().chain(&y).any(|value| !value.is_finite()) {
        return Err(Error::Constant { what: "a Procrustes distance" });
    }
    let found = singular(&products(&y, size, &x, size, 0, count), size);
    let rotation = found.polar();
    // From the residual itself: 2 - 2 tr would lose half the digits of a small distance.
    let square = sum_by(count, |row| {
        let (x, y) = (&x[row * size..(row + 1) * size], &y[row * size..(row + 1) * size]);
        sum_by(size, |j| {
            let apart = x[j] - sum_by(size, |i| y[i] * rotation[i * size + j]);
            apart * apart
        })
    });
    let distance = libm::sqrt(square);
    Ok(Procrustes {
        distance,
        angle: 2.0
            * libm::asin(if distance < core::f64::consts::SQRT_2 {
                0.5 * distance
            } else {
                core::f64::consts::FRAC_1_SQRT_2
            }),
        rotation,
        size,
        error: 16.0 * size as f64 * f64::EPSILON,
        converged: found.converged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{lorenz, noise};
    use numerics::Stream;
    use numerics::dense::{multiply, orthonormalise};
    use proptest::prelude::*;

    fn turned(data: &[f64], n: usize, seed: u64, scale: f64) -> Vec<f64> {
        let mut stream = Stream::new(seed, "rotation");
        let mut q: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
        orthonormalise(&mut q, n, n, &mut vec![0.0; n]);
        let mut out = vec![0.0; data.len()];
        multiply(data, &q, &mut out, data.len() / n, n, n);
        out.iter().enumerate().map(|(k, value)| scale * value + (k % n) as f64).collect()
    }

    #[test]
    fn a_rotated_scaled_and_shifted_copy_is_the_same() {
        let states = lorenz(500, 5);
        let copy = turned(&states, 3, 5, 0.3);
        let alignment = linear_alignment(&states, 3, &copy, 3).unwrap();
        assert!((alignment.value - 1.0).abs() < 1e-12 && alignment.error < 1e-10, "{alignment:?}");
        let found = procrustes(&states, 3, &copy, 3).unwrap();
        assert!(found.distance < found.error && found.converged, "{found:?}");
        // More variables that only repeat what is there change nothing for the alignment of a doubled set.
        let doubled: Vec<f64> =
            states.chunks_exact(3).flat_map(|x| [x[0], x[1], x[2], x[0], x[1], x[2]]).collect();
        assert!((linear_alignment(&states, 3, &doubled, 6).unwrap().value - 1.0).abs() < 1e-12);
        let wider = procrustes(&states, 3, &doubled, 6).unwrap();
        assert!(wider.distance < wider.error && wider.size == 6, "{}", wider.distance);
    }

    #[test]
    fn independent_noise_is_aligned_by_chance_alone() {
        let (count, n, m) = (400, 12, 7);
        let draws = noise(count * (n + m) * 20);
        let found: Vec<Alignment> = draws
            .chunks_exact(count * (n + m))
            .map(|part| linear_alignment(&part[..count * n], n, &part[count * n..], m).unwrap())
            .collect();
        let average = mean(&found.iter().map(|one| one.value).collect::<Vec<_>>());
        // Of independent white noise: √(n m) / (T - 1), and less by a few per cent since samples are never white.
        assert!((average / found[0].chance - 1.0).abs() < 0.1, "{average} {}", found[0].chance);
        assert!((found[0].chance * (count - 1) as f64 / 84_f64.sqrt() - 1.0).abs() < 0.1);
        let far = procrustes(&draws[..4000], 2, &draws[4000..8000], 2).unwrap();
        assert!(
            far.distance > 1.3 && far.distance < core::f64::consts::SQRT_2 + far.error,
            "{}",
            far.distance
        );
    }

    #[test]
    fn half_shared_activity_has_the_alignment_that_its_variances_say() {
        // x = a, y = (a + b) / √2 for independent white a, b: alignment 1/2, cosine of the shapes' angle √(1/2).
        let (a, draws) = (noise(60_000), noise(120_000));
        let y: Vec<f64> = (0..60_000).map(|k| (a[k] + draws[60_000 + k]) / libm::sqrt(2.0)).collect();
        let found = linear_alignment(&a, 3, &y, 3).unwrap();
        assert!((found.value - 0.5).abs() < 4.0 * found.error && found.error < 0.02, "{found:?}");
        let angle = procrustes(&a, 3, &y, 3).unwrap().angle;
        assert!((angle - core::f64::consts::FRAC_PI_4).abs() < 0.02, "{angle}");
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_advice() {
        let data = noise(120);
        assert!(matches!(
            linear_alignment(&data, 3, &data, 2),
            Err(Error::Lengths { first: 40, second: 60 })
        ));
        let short = linear_alignment(&data[..20], 2, &data[..20], 2).unwrap_err().to_string();
        assert!(short.contains("10 values are too few") && short.contains("more samples"), "{short}");
        assert!(matches!(procrustes(&[2.0; 40], 2, &data[..40], 2), Err(Error::Constant { .. })));
        assert!(matches!(procrustes(&data, 7, &data, 7), Err(Error::Shape { .. })));
        let tiny: Vec<f64> = data.iter().flat_map(|x| [5.0, x * 1e-200]).collect();
        assert!(matches!(procrustes(&tiny, 2, &tiny, 2), Err(Error::Constant { .. })));
        assert!(matches!(linear_alignment(&tiny, 2, &tiny, 2), Err(Error::Constant { .. })));
        assert!(matches!(
            procrustes(&vec![1.0; 900], 300, &vec![1.0; 900], 300),
            Err(Error::TooLarge { .. })
        ));
        assert!(matches!(procrustes(&[f64::NAN; 9], 3, &data[..9], 3), Err(Error::NotFinite { .. })));
    }

    proptest! {
        #[test]
        fn the_distance_is_symmetric_and_ignores_rotations(seed in 0_u64..1000) {
            let mut stream = Stream::new(seed, "pair");
            let x: Vec<f64> = (0..60).map(|_| stream.normal()).collect();
            let y: Vec<f64> = (0..60).map(|_| stream.normal()).collect();
            let there = procrustes(&x, 4, &y, 4).unwrap().distance;
            let back = procrustes(&y, 4, &x, 4).unwrap().distance;
            let other = procrustes(&turned(&x, 4, seed, 2.0), 4, &y, 4).unwrap().distance;
            prop_assert!((there - back).abs() < 1e-12 && (there - other).abs() < 1e-12);
            let value = linear_alignment(&turned(&[&x[..], &y[..], &x[..]].concat(), 4, seed, 1.0), 4,
                &[&y[..], &x[..], &x[..]].concat(), 4).unwrap().value;
            prop_assert!((0.0..=1.0).contains(&value));
        }
    }
}
