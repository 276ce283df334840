//! Measures of many units at once: synchrony and the dimension of their activity.

use crate::error::{Error, check_finite, check_option, check_range, check_shape, check_size};
use crate::statistics::{block_error, channel, standard_deviation};
use numerics::{mean, sum, sum_by};

/// The order parameter of phases over time.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderParameter {
    /// Magnitude `r` at each time, from 0 to 1.
    pub values: Vec<f64>,
    /// Angle `ψ` at each time, in radians from -π to π.
    pub angles: Vec<f64>,
    /// Mean of `r` over time.
    pub mean: f64,
    /// Standard error of the mean, from blocks of time; infinite below 32 times.
    pub error: f64,
    /// Standard deviation of `r` over time, which is large where groups form and dissolve.
    pub deviation: f64,
    /// What `r` is on average for as many independent phases, `√(π / 4N)`, for many.
    pub incoherent: f64,
}

/// Kuramoto's order parameter `r e^{iψ} = (1/N) Σ_k e^{i m θ_k}` of row-major phases in radians, `units` a time. With
/// `m = 1` it measures synchrony, with larger `m` that of `m` groups in equal distance (Daido 1992).
///
/// Source: Kuramoto, Chemical Oscillations, Waves, and Turbulence (1984).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::Option`] for fewer than two units or `m` outside 1 to 64,
/// [`Error::TooLarge`] beyond 2^22 values.
pub fn kuramoto_order(phases: &[f64], units: usize, m: usize) -> Result<OrderParameter, Error> {
    let times = check_shape(phases.len(), units)?;
    check_size("phases", phases.len(), crate::error::MOST_VALUES, "take fewer times or units")?;
    check_option(units >= 2, "number of units", units as f64, "at least 2")?;
    check_option((1..=64).contains(&m), "order", m as f64, "between 1 and 64")?;
    check_finite(phases)?;
    let (mut values, mut angles) = (Vec::with_capacity(times), Vec::with_capacity(times));
    let factor = m as f64;
    for row in phases.chunks_exact(units) {
        let c = sum_by(units, |k| libm::cos(factor * row[k])) / units as f64;
        let s = sum_by(units, |k| libm::sin(factor * row[k])) / units as f64;
        values.push(libm::hypot(c, s));
        angles.push(libm::atan2(s, c));
    }
    Ok(OrderParameter {
        mean: mean(&values),
        error: block_error(times, |i| values[i]),
        deviation: standard_deviation(&values),
        incoherent: libm::sqrt(core::f64::consts::PI / (4.0 * units as f64)),
        values,
        angles,
    })
}

const MOST_VARIABLES: usize = 256;
const BLOCKS: usize = 16;

fn check_activity(
    data: &[f64],
    dimension: usize,
    wanted: usize,
    purpose: &'static str,
) -> Result<usize, Error> {
    let count = check_shape(data.len(), dimension)?;
    check_size("variables", dimension, MOST_VARIABLES, "take a part of the units")?;
    check_size("values", data.len(), crate::error::MOST_VALUES, "take every second sample")?;
    check_finite(data)?;
    if count < wanted {
        return Err(Error::TooShort { given: count, wanted, purpose, advice: "give more samples" });
    }
    if data.chunks_exact(dimension).all(|row| row == &data[..dimension]) {
        return Err(Error::Constant { what: purpose });
    }
    check_range(data, purpose)?;
    Ok(count)
}

/// Sums of the centred products of samples `low..high`.
fn products(data: &[f64], n: usize, middle: &[f64], low: usize, high: usize) -> Vec<f64> {
    let mut total = vec![0.0; n * n];
    let mut row = vec![0.0; n];
    for sample in data[low * n..high * n].chunks_exact(n) {
        for i in 0..n {
            row[i] = sample[i] - middle[i];
        }
        for i in 0..n {
            for j in 0..=i {
                total[i * n + j] += row[i] * row[j];
            }
        }
    }
    for i in 0..n {
        for j in 0..i {
            total[j * n + i] = total[i * n + j];
        }
    }
    total
}

/// The dimension of activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityDimension {
    /// Participation ratio, from 1 for one mode to the number of variables for equal variances in all directions.
    pub value: f64,
    /// Standard error, from leaving out each of 16 blocks of time in turn (jackknife).
    pub error: f64,
    /// Largest value that so few samples can show, about `N T / (N + T)` for `N` variables and `T` samples.
    pub ceiling: f64,
}

/// Dimension of activity by the participation ratio of the covariance's eigenvalues,
/// `(Σ λ)² / Σ λ² = (tr C)² / tr C²`, from row-major samples of `dimension` variables.
///
/// Source: Rajan, Abbott and Sompolinsky, Inferring stimulus selectivity from the spatial structure of neural network
/// dynamics (2010); Gao and others, A theory of multineuronal dimensionality, dynamics and measurement (2017).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::TooShort`] below 32 samples, [`Error::Constant`],
/// [`Error::TooLarge`] beyond 256 variables or 2^22 values.
pub fn participation_ratio(data: &[f64], dimension: usize) -> Result<ActivityDimension, Error> {
    let n = dimension;
    let count = check_activity(data, n, 2 * BLOCKS, "a dimension of activity")?;
    let middle: Vec<f64> = (0..n).map(|variable| mean(&channel(data, n, variable))).collect();
    let edge = |block: usize| block * count / BLOCKS;
    let parts: Vec<Vec<f64>> =
        (0..BLOCKS).map(|block| products(data, n, &middle, edge(block), edge(block + 1))).collect();
    let sums: Vec<Vec<f64>> = (0..BLOCKS)
        .map(|block| {
            let rows = &data[edge(block) * n..edge(block + 1) * n];
            let size = rows.len() / n;
            (0..n).map(|i| sum_by(size, |k| rows[k * n + i] - middle[i])).collect()
        })
        .collect();
    // The ratio of all blocks but one; of all with an index beyond them.
    let ratio = |without: usize| {
        let kept = |block: &usize| *block != without;
        let samples = (0..BLOCKS).filter(kept).fold(0, |total, block| total + edge(block + 1) - edge(block));
        let samples = samples as f64;
        let shift: Vec<f64> = (0..n)
            .map(|i| (0..BLOCKS).filter(kept).fold(0.0, |total, block| total + sums[block][i]) / samples)
            .collect();
        let entry = |i: usize, j: usize| {
            let total = (0..BLOCKS).filter(kept).fold(0.0, |total, block| total + parts[block][i * n + j]);
            total / samples - shift[i] * shift[j]
        };
        let trace = sum_by(n, |i| entry(i, i));
        let square = sum_by(n * n, |place| {
            let value = entry(place / n, place % n);
            value * value
        });
        trace * trace / square
    };
    let others: Vec<f64> = (0..BLOCKS).map(ratio).collect();
    let spread = standard_deviation(&others);
    let (variables, samples) = (n as f64, count as f64);
    let value = ratio(BLOCKS);
    // What varies does so by less than the squares of numbers can show.
    if value.is_nan() {
        return Err(Error::Constant { what: "a dimension of activity" });
    }
    Ok(ActivityDimension {
        value,
        error: spread * (BLOCKS - 1) as f64 / libm::sqrt(BLOCKS as f64),
        ceiling: variables * samples / (variables + samples),
    })
}

/// Principal components of data.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    /// Mean of each variable.
    pub mean: Vec<f64>,
    /// Variance along each component, the largest first.
    pub variances: Vec<f64>,
    /// Share of the whole variance of each.
    pub shares: Vec<f64>,
    /// The components, row-major: `components[k * n + i]` is the weight of variable `i` in component `k`. Of unit
    /// length, with the weight of largest magnitude positive.
    pub components: Vec<f64>,
    /// Standard error of each variance divided by it, `√(2 / (T - 1))`, for independent Gaussian samples and distinct
    /// variances (Anderson 1963).
    pub relative_error: f64,
    /// Whether the rotations made the covariance diagonal to the machine's precision.
    pub converged: bool,
}

/// Principal components of row-major samples of `dimension` variables: the eigenvectors of their covariance, by
/// Jacobi's rotations.
///
/// Source: Pearson (1901); Jacobi (1846) in cyclic order, as in Golub and Van Loan, Matrix Computations, 8.5.
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::TooShort`] below three samples, [`Error::Constant`],
/// [`Error::TooLarge`] beyond 256 variables or 2^22 values.
pub fn principal_components(data: &[f64], dimension: usize) -> Result<PrincipalComponents, Error> {
    let n = dimension;
    let count = check_activity(data, n, 3, "principal components")?;
    let middle: Vec<f64> = (0..n).map(|variable| mean(&channel(data, n, variable))).collect();
    let mut covariance = products(data, n, &middle, 0, count);
    for value in &mut covariance {
        *value /= (count - 1) as f64;
    }
    let (rotation, converged) = diagonalise(&mut covariance, n);
    let mut order: Vec<usize> = (0..n).collect();
    let variance = |k: usize| if covariance[k * n + k] > 0.0 { covariance[k * n + k] } else { 0.0 };
    order.sort_by(|&a, &b| variance(b).total_cmp(&variance(a)));
    let variances: Vec<f64> = order.iter().map(|&k| variance(k)).collect();
    let total = sum(&variances);
    if total.is_nan() || total <= 0.0 {
        return Err(Error::Constant { what: "principal components" });
    }
    let mut components = Vec::with_capacity(n * n);
    for &k in &order {
        let mut largest = 0.0;
        for i in 0..n {
            let weight = rotation[i * n + k];
            largest = if libm::fabs(weight) > libm::fabs(largest) { weight } else { largest };
        }
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        components.extend((0..n).map(|i| sign * rotation[i * n + k]));
    }
    Ok(PrincipalComponents {
        mean: middle,
        shares: variances.iter().map(|value| value / total).collect(),
        variances,
        components,
        relative_error: libm::sqrt(2.0 / (count - 1) as f64),
        converged,
    })
}

impl PrincipalComponents {
    /// Coordinates of row-major samples along the first `count` components, row-major.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::Dimension`] for more components than there are.
    pub fn project(&self, data: &[f64], count: usize) -> Result<Vec<f64>, Error> {
        let n = self.mean.len();
        check_shape(data.len(), n)?;
        if count > n {
            return Err(Error::Dimension { given: count, wanted: n });
        }
        let along =
            |row: &[f64], k: usize| sum_by(n, |i| (row[i] - self.mean[i]) * self.components[k * n + i]);
        Ok(data.chunks_exact(n).flat_map(|row| (0..count).map(move |k| along(row, k))).collect())
    }
}

const SWEEPS: usize = 60;

/// Makes a symmetric matrix diagonal by rotations; returns their product, whose columns are the eigenvectors, and
/// whether what is left beside the diagonal is nothing against the machine's precision.
pub(crate) fn diagonalise(a: &mut [f64], n: usize) -> (Vec<f64>, bool) {
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    let norm = libm::sqrt(sum_by(n * n, |k| a[k] * a[k]));
    for _ in 0..SWEEPS {
        let beside = sum_by(n * n, |k| if k / n == k % n { 0.0 } else { a[k] * a[k] });
        if libm::sqrt(beside) <= 1e-15 * norm * n as f64 {
            return (v, true);
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let root = libm::sqrt(1.0 + tau * tau);
                let t = if tau >= 0.0 { 1.0 / (tau + root) } else { 1.0 / (tau - root) };
                let c = 1.0 / libm::sqrt(1.0 + t * t);
                let s = t * c;
                for k in 0..n {
                    let (kp, kq) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * kp - s * kq, s * kp + c * kq);
                }
                for k in 0..n {
                    let (pk, qk) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * pk - s * qk, s * pk + c * qk);
                }
                for k in 0..n {
                    let (kp, kq) = (v[k * n + p], v[k * n + q]);
                    (v[k * n + p], v[k * n + q]) = (c * kp - s * kq, s * kp + c * kq);
                }
            }
        }
    }
    (v, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::noise;
    use numerics::Stream;
    use proptest::prelude::*;

    #[test]
    fn equal_phases_are_in_order_and_splayed_ones_in_groups() {
        let n = 12;
        let equal = kuramoto_order(&vec![0.7; n * 40], n, 1).unwrap();
        assert!((equal.mean - 1.0).abs() < 1e-15 && equal.deviation < 1e-15);
        assert!((equal.angles[3] - 0.7).abs() < 1e-12);
        let three: Vec<f64> =
            (0..n * 40).map(|i| 2.0 * core::f64::consts::PI * (i % 3) as f64 / 3.0).collect();
        assert!(kuramoto_order(&three, n, 1).unwrap().mean < 1e-12);
        assert!((kuramoto_order(&three, n, 3).unwrap().mean - 1.0).abs() < 1e-12);
    }

    #[test]
    fn random_phases_have_the_order_of_a_random_walk() {
        let mut stream = Stream::new(2, "phases");
        let phases: Vec<f64> =
            (0..100 * 4000).map(|_| stream.between(-10.0 * core::f64::consts::PI, 0.0)).collect();
        let found = kuramoto_order(&phases, 100, 1).unwrap();
        assert!(
            (found.mean - found.incoherent).abs() < 4.0 * found.error + 2e-4,
            "{} {}",
            found.mean,
            found.error
        );
    }

    #[test]
    fn noise_fills_all_dimensions_and_one_mode_one() {
        let found = participation_ratio(&noise(10 * 20_000), 10).unwrap();
        assert!((found.value - 10.0).abs() < 4.0 * found.error + 0.01 && found.error < 0.05, "{found:?}");
        let mode: Vec<f64> = noise(500).iter().flat_map(|&x| [x, -2.0 * x, 0.5 * x]).collect();
        assert!((participation_ratio(&mode, 3).unwrap().value - 1.0).abs() < 1e-9);
        let few = participation_ratio(&noise(20 * 200), 20).unwrap();
        assert!((few.value - few.ceiling).abs() < 0.5, "{few:?}");
    }

    #[test]
    fn principal_components_are_the_axes_that_made_the_data() {
        let (c, s) = (0.8, 0.6);
        let draws = noise(3 * 20_000);
        let data: Vec<f64> = draws
            .chunks_exact(3)
            .flat_map(|z| [5.0 + 3.0 * c * z[0] - s * z[1], 3.0 * s * z[0] + c * z[1], 0.5 * z[2] - 1.0])
            .collect();
        let found = principal_components(&data, 3).unwrap();
        assert!(found.converged);
        for (value, truth) in found.variances.iter().zip([9.0, 1.0, 0.25]) {
            assert!((value / truth - 1.0).abs() < 4.0 * found.relative_error, "{value} {truth}");
        }
        let wanted = [c, s, 0.0, -s, c, 0.0, 0.0, 0.0, 1.0];
        assert!(
            found.components.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.03),
            "{:?}",
            found.components
        );
        let scores = found.project(&data, 2).unwrap();
        assert!((standard_deviation(&channel(&scores, 2, 0)) - libm::sqrt(found.variances[0])).abs() < 1e-9);
        assert!(matches!(found.project(&data, 4), Err(Error::Dimension { .. })));
    }

    #[test]
    fn bad_data_are_refused_with_advice() {
        let short = participation_ratio(&noise(40), 4).unwrap_err().to_string();
        assert!(short.contains("10 values are too few") && short.contains("more samples"), "{short}");
        assert!(matches!(principal_components(&[1.0; 30], 3), Err(Error::Constant { .. })));
        assert!(matches!(principal_components(&vec![1.0; 3000], 300), Err(Error::TooLarge { .. })));
        let huge: Vec<f64> = noise(300).iter().map(|x| x * 1e200).collect();
        assert!(matches!(principal_components(&huge, 3), Err(Error::Option { .. })));
        let tiny: Vec<f64> = noise(100).iter().flat_map(|x| [5.0, x * 1e-200]).collect();
        assert!(matches!(principal_components(&tiny, 2), Err(Error::Constant { .. })));
        assert!(matches!(participation_ratio(&tiny, 2), Err(Error::Constant { .. })));
        assert!(matches!(kuramoto_order(&[0.0; 4], 1, 1), Err(Error::Option { .. })));
        assert!(matches!(kuramoto_order(&[f64::NAN; 4], 2, 1), Err(Error::NotFinite { .. })));
    }

    proptest! {
        #[test]
        fn components_rebuild_the_covariance(values in proptest::collection::vec(-3.0..3.0_f64, 40)) {
            let (n, count) = (4, 10);
            let found = principal_components(&values, n).unwrap();
            prop_assert!(found.converged);
            let middle: Vec<f64> = (0..n).map(|k| mean(&channel(&values, n, k))).collect();
            let wanted = products(&values, n, &middle, 0, count);
            for i in 0..n {
                for j in 0..n {
                    let (v, c) = (&found.variances, &found.components);
                    let total = sum_by(n, |k| v[k] * c[k * n + i] * c[k * n + j]);
                    prop_assert!((total - wanted[i * n + j] / 9.0).abs() < 1e-11);
                }
            }
        }
    }
}
