//! How far a generated attractor is from the true one.

use crate::error::{Error, check_finite, check_option, check_shape};
use crate::fourier::{power_spectrum, smooth_gaussian};
use crate::statistics::{bin, channel, standard_deviation};
use numerics::{Map, Stream, mean, sum, sum_by};

/// The box in which points are counted, from the true data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PointBox {
    /// From the smallest value minus this many standard deviations to the largest plus as many.
    Range(f64),
    /// This many standard deviations on either side of 0, as in older code on standardised data.
    Deviations(f64),
}

/// Options of [`state_space_divergence`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinnedOptions {
    /// Bins in each dimension.
    pub bins: usize,
    /// The box.
    pub points: PointBox,
    /// Pseudo-count of each bin (Laplace smoothing).
    pub smoothing: f64,
}

impl Default for BinnedOptions {
    /// 30 bins, the range widened by 0.1 standard deviations, pseudo-count 1e-5.
    fn default() -> Self {
        Self { bins: 30, points: PointBox::Range(0.1), smoothing: 1e-5 }
    }
}

impl BinnedOptions {
    /// The edges of the box in each dimension.
    ///
    /// # Errors
    /// [`Error::Shape`].
    pub fn edges(&self, truth: &[f64], dimension: usize) -> Result<Vec<(f64, f64)>, Error> {
        check_shape(truth.len(), dimension)?;
        let edges = (0..dimension).map(|variable| {
            let series = channel(truth, dimension, variable);
            let sd = standard_deviation(&series);
            match self.points {
                PointBox::Deviations(width) => (-width * sd, width * sd),
                PointBox::Range(margin) => {
                    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                    for value in series {
                        low = if value < low { value } else { low };
                        high = if value > high { value } else { high };
                    }
                    (low - margin * sd, high + margin * sd)
                }
            }
        });
        Ok(edges.collect())
    }
}

/// The occupied bins in order with their counts, and the number of points inside.
fn sparse_histogram(data: &[f64], edges: &[(f64, f64)], bins: usize) -> (Vec<(u64, u64)>, u64) {
    let mut places: Vec<u64> = Vec::new();
    'points: for point in data.chunks_exact(edges.len()) {
        let mut place = 0;
        for (value, &(low, high)) in point.iter().zip(edges) {
            match bin(*value, low, high, bins) {
                Some(index) => place = place * bins as u64 + index as u64,
                None => continue 'points,
            }
        }
        places.push(place);
    }
    places.sort_unstable();
    let mut counts: Vec<(u64, u64)> = Vec::new();
    for &place in &places {
        match counts.last_mut() {
            Some((last, count)) if *last == place => *count += 1,
            _ => counts.push((place, 1)),
        }
    }
    (counts, places.len() as u64)
}

/// State-space divergence `D = Σ p ln(p / q)` of binned points, `p` true and `q` generated.
///
/// The box of the true data is cut into `k` bins a dimension; points outside it, or not finite, are dropped;
/// `p = (count + a) / (total + a k^N)`, and `q` likewise. Occupied bins alone are stored; the empty ones are
/// accounted for by their number. `None` when no generated point lies inside. Disjoint sets saturate near
/// `-ln a + ln(total / occupied bins)`, about 14 for 10^4 points.
///
/// Source: Hess, Monfared, Brenner and Durstewitz, Generalized Teacher Forcing for Learning Chaotic Dynamics
/// (ICML 2023), the measure D_stsp in its published code.
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`] for true data, [`Error::Option`].
pub fn state_space_divergence(
    truth: &[f64],
    generated: &[f64],
    dimension: usize,
    options: &BinnedOptions,
) -> Result<Option<f64>, Error> {
    check_shape(truth.len(), dimension)?;
    check_shape(generated.len(), dimension)?;
    check_finite(truth)?;
    let (bins, a) = (options.bins, options.smoothing);
    check_option(bins > 0, "number of bins", bins as f64, "at least 1")?;
    check_option(a > 0.0 && a.is_finite(), "pseudo-count", a, "a positive number")?;
    let cells = (0..dimension).try_fold(1_u64, |cells, _| cells.checked_mul(bins as u64));
    let Some(cells) = cells else {
        return Err(Error::Option {
            name: "number of bins",
            value: bins as f64,
            wanted: "so few that bins^N fits 64 bits",
        });
    };
    let edges = options.edges(truth, dimension)?;
    let (p, p_total) = sparse_histogram(truth, &edges, bins);
    let (q, q_total) = sparse_histogram(generated, &edges, bins);
    if p_total == 0 || q_total == 0 {
        return Ok(None);
    }
    let p_scale = 1.0 / (p_total as f64 + a * cells as f64);
    let q_scale = 1.0 / (q_total as f64 + a * cells as f64);
    let term = |p_count: u64, q_count: u64| {
        let (p, q) = ((p_count as f64 + a) * p_scale, (q_count as f64 + a) * q_scale);
        p * libm::log(p / q)
    };
    let mut terms = Vec::with_capacity(p.len() + q.len());
    let (mut i, mut j) = (0, 0);
    while i < p.len() || j < q.len() {
        let (left, right) = (p.get(i), q.get(j));
        match (left, right) {
            (Some(&(a, pc)), Some(&(b, qc))) if a == b => {
                terms.push(term(pc, qc));
                (i, j) = (i + 1, j + 1);
            }
            (Some(&(a, pc)), Some(&(b, _))) if a < b => {
                terms.push(term(pc, 0));
                i += 1;
            }
            (Some(&(_, pc)), None) => {
                terms.push(term(pc, 0));
                i += 1;
            }
            (_, Some(&(_, qc))) => {
                terms.push(term(0, qc));
                j += 1;
            }
            (None, None) => break,
        }
    }
    let empty = cells - terms.len() as u64;
    Ok(Some(sum(&terms) + empty as f64 * term(0, 0)))
}

/// Options of [`state_space_divergence_gaussian`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianOptions {
    /// Variance of the Gaussian that stands on each point.
    pub variance: f64,
    /// Number of random samples.
    pub samples: usize,
    /// Most points taken from the start of each set.
    pub points: usize,
}

impl Default for GaussianOptions {
    /// Variance 1, 1000 samples, 10 000 points.
    fn default() -> Self {
        Self { variance: 1.0, samples: 1000, points: 10_000 }
    }
}

/// State-space divergence of mixtures of Gaussians, `D = mean(ln p(x) - ln q(x))` over random `x ~ p`.
///
/// A Gaussian of covariance `variance · I` stands on each point; samples come from the stream "divergence" of the
/// seed; samples where `p` or `q` underflows are dropped, generated points that are not finite too. For six and
/// more dimensions, where bins are empty. `None` when every sample was dropped.
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`] for true data, [`Error::Option`].
pub fn state_space_divergence_gaussian(
    truth: &[f64],
    generated: &[f64],
    dimension: usize,
    options: &GaussianOptions,
    seed: u64,
) -> Result<Option<f64>, Error> {
    check_shape(truth.len(), dimension)?;
    check_shape(generated.len(), dimension)?;
    check_finite(truth)?;
    let v = options.variance;
    check_option(v > 0.0 && v.is_finite(), "variance", v, "a positive number")?;
    check_option(options.points > 0, "number of points", 0.0, "at least 1")?;
    let first = |data: &[f64]| -> Vec<f64> {
        let kept = data.chunks_exact(dimension).take(options.points);
        kept.filter(|point| point.iter().all(|value| value.is_finite())).flatten().copied().collect()
    };
    let (p, q) = (first(truth), first(generated));
    let mut stream = Stream::new(seed, "divergence");
    let mut x = vec![0.0; dimension];
    let mut terms = Vec::new();
    // The factor (2π variance)^(-N/2) is common to both densities.
    let density = |points: &[f64], x: &[f64]| {
        let count = points.len() / dimension;
        let total = sum_by(count, |i| {
            let mut square = 0.0;
            for (a, b) in points[i * dimension..(i + 1) * dimension].iter().zip(x) {
                square += (a - b) * (a - b);
            }
            libm::exp(-0.5 * square / v)
        });
        total / count as f64
    };
    for _ in 0..options.samples {
        let place = stream.below((p.len() / dimension) as u64) as usize;
        for (variable, value) in x.iter_mut().enumerate() {
            *value = p[place * dimension + variable] + libm::sqrt(v) * stream.normal();
        }
        let (here, there) = (density(&p, &x), density(&q, &x));
        if here > 0.0 && there > 0.0 {
            terms.push(libm::log(here) - libm::log(there));
        }
    }
    Ok(if terms.is_empty() { None } else { Some(mean(&terms)) })
}

/// Power spectrum of a series brought to mean 0 and variance 1, smoothed over `sigma` entries and normalised to
/// sum 1; all zero for a constant series.
pub fn smoothed_spectrum(series: &[f64], sigma: f64) -> Vec<f64> {
    let (middle, sd) = (mean(series), standard_deviation(series));
    // A series that is constant up to rounding has no spectrum.
    let constant = sd.is_nan() || sd <= 1e-12 * (1.0 + libm::fabs(middle));
    let scale = if constant { 0.0 } else { 1.0 / sd };
    let scaled: Vec<f64> = series.iter().map(|value| (value - middle) * scale).collect();
    let mut spectrum = smooth_gaussian(&power_spectrum(&scaled), sigma);
    let total = sum(&spectrum);
    if total > 0.0 {
        for value in &mut spectrum {
            *value /= total;
        }
    }
    spectrum
}

/// Hellinger distance `sqrt(1/2 Σ (√p - √q)²)` of two distributions, over the shorter length; 0 to 1.
pub fn hellinger(p: &[f64], q: &[f64]) -> f64 {
    let n = if p.len() < q.len() { p.len() } else { q.len() };
    let square = sum_by(n, |i| {
        let d = libm::sqrt(p[i]) - libm::sqrt(q[i]);
        d * d
    });
    libm::sqrt(0.5 * square)
}

/// Distance of power spectra, D_H: the mean over variables of the Hellinger distance between
/// [`smoothed_spectrum`]s; 20 entries is the usual `sigma`.
///
/// `None` when the generated data are not all finite. A constant variable has no spectrum: its distance is 1 from
/// one that moves and 0 from another constant.
///
/// # Errors
/// [`Error::Shape`], [`Error::Lengths`], [`Error::NotFinite`] for true data, [`Error::TooFew`] below two samples.
pub fn spectrum_distance(
    truth: &[f64],
    generated: &[f64],
    dimension: usize,
    sigma: f64,
) -> Result<Option<f64>, Error> {
    let first = check_shape(truth.len(), dimension)?;
    let second = check_shape(generated.len(), dimension)?;
    check_finite(truth)?;
    if first != second {
        return Err(Error::Lengths { first, second });
    }
    if first < 2 {
        return Err(Error::TooFew { given: first, wanted: 2 });
    }
    if generated.iter().any(|value| !value.is_finite()) {
        return Ok(None);
    }
    let mut total = 0.0;
    for variable in 0..dimension {
        let p = smoothed_spectrum(&channel(truth, dimension, variable), sigma);
        let q = smoothed_spectrum(&channel(generated, dimension, variable), sigma);
        let (moves, follows) = (sum(&p) > 0.0, sum(&q) > 0.0);
        total += if moves == follows { hellinger(&p, &q) } else { 1.0 };
    }
    Ok(Some(total / dimension as f64))
}

/// Prediction error PE(n): the mean squared error, over all variables, of the map's free prediction `steps` ahead
/// from every sample that has a sample so far ahead. Infinite when a prediction is not finite.
///
/// # Errors
/// [`Error::Shape`], [`Error::Dimension`] when the map's dimension is not the data's, [`Error::TooFew`].
pub fn prediction_error<M: Map<f64>>(
    map: &mut M,
    data: &[f64],
    dimension: usize,
    steps: usize,
) -> Result<f64, Error> {
    let samples = check_shape(data.len(), dimension)?;
    if map.dimension() != dimension {
        return Err(Error::Dimension { given: dimension, wanted: map.dimension() });
    }
    if samples <= steps {
        return Err(Error::TooFew { given: samples, wanted: steps + 1 });
    }
    let (mut x, mut next) = (vec![0.0; dimension], vec![0.0; dimension]);
    let mut errors = Vec::with_capacity(samples - steps);
    for start in 0..samples - steps {
        x.copy_from_slice(&data[start * dimension..(start + 1) * dimension]);
        for step in 0..steps {
            map.next((start + step) as f64, &x, &mut next);
            core::mem::swap(&mut x, &mut next);
        }
        let target = &data[(start + steps) * dimension..(start + steps + 1) * dimension];
        let mut square = 0.0;
        for (a, b) in x.iter().zip(target) {
            square += (a - b) * (a - b);
        }
        errors.push(square / dimension as f64);
    }
    let error = mean(&errors);
    Ok(if error.is_finite() { error } else { f64::INFINITY })
}
