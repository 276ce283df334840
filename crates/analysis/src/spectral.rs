//! Power spectral density, spectral entropy and autocorrelation of a series.

use core::f64::consts::PI;

use crate::error::{Error, check_option, check_series, check_size};
use crate::fourier::Fourier;
use numerics::{mean, sum, sum_by};

/// A power spectral density, one-sided.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerDensity {
    /// Frequencies from 0 to half the sampling rate, in units of one over time.
    pub frequencies: Vec<f64>,
    /// Density at each, in the series' units squared times time; its integral is the variance.
    pub density: Vec<f64>,
    /// Segments averaged over.
    pub segments: usize,
    /// Standard error of each density divided by the density, for a Gaussian series; `√2` times as much at the two
    /// ends, where the transform is real.
    pub relative_error: f64,
    /// Distance of neighbouring frequencies.
    pub resolution: f64,
}

/// The strongest frequency of a density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DominantFrequency {
    /// The frequency, in units of one over time.
    pub frequency: f64,
    /// Its uncertainty: half the distance of neighbouring frequencies.
    pub error: f64,
    /// Share of the variance within two frequencies of it, which is the width of the window's own peak.
    pub share: f64,
}

/// How evenly the variance spreads over the frequencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpectralEntropy {
    /// From 0 for one frequency to 1 for white noise.
    pub value: f64,
    /// By how much the scatter of the density lowers the value: `r² / (2 ln n)` with `r` its relative error.
    pub bias: f64,
}

/// Power spectral density by Welch's method: the mean of the periodograms of half overlapping segments, each without
/// its mean and weighted by Hann's window `w_j = sin²(πj / L)`.
///
/// `S(k / (L dt)) = 2 dt |X_k|² / Σ w²`, without the factor 2 at the two ends, so that `Σ S / (L dt)` is the variance
/// as the window weighs it. The relative error is `√((1 + 2ρ (K - 1) / K) / K)` for `K` segments, with
/// `ρ = (Σ w_j w_{j + L/2} / Σ w²)²` the correlation of neighbours. `segment` is the length `L`, even; 0 for the power
/// of two that gives about eight segments or more. `dt` is the time between values.
///
/// Source: Welch, The use of fast Fourier transform for the estimation of power spectra (1967).
///
/// # Errors
/// [`Error::TooShort`] below 16 values or one segment, [`Error::Constant`], [`Error::NotFinite`], [`Error::Option`],
/// [`Error::TooLarge`] beyond 2^22 values.
pub fn welch(series: &[f64], segment: usize, dt: f64) -> Result<PowerDensity, Error> {
    check_option(dt > 0.0 && dt.is_finite(), "time between values", dt, "a positive number")?;
    check_option(
        segment == 0 || (segment >= 8 && segment.is_multiple_of(2)),
        "segment length",
        segment as f64,
        "an even number from 8 on, or 0",
    )?;
    let wanted = if segment > 16 { segment } else { 16 };
    check_series(series, wanted, "a power spectrum", "give a longer series or shorten the segments")?;
    let n = series.len();
    let length = match segment {
        0 => {
            let power = (2 * n / 9 + 1).next_power_of_two() / 2;
            if power < 8 { 8 } else { power }
        }
        chosen => chosen,
    };
    let half = length / 2;
    let segments = (n - length) / half + 1;
    let window: Vec<f64> =
        (0..length).map(|j| 0.5 - 0.5 * libm::cos(2.0 * PI * j as f64 / length as f64)).collect();
    let power = sum_by(length, |j| window[j] * window[j]);
    let overlap = sum_by(half, |j| window[j] * window[j + half]) / power;
    let transform = Fourier::new(length);
    let mut density = vec![0.0; half + 1];
    let (mut re, mut im) = (vec![0.0; length], vec![0.0; length]);
    for index in 0..segments {
        let part = &series[index * half..index * half + length];
        let middle = mean(part);
        for j in 0..length {
            (re[j], im[j]) = ((part[j] - middle) * window[j], 0.0);
        }
        transform.forward(&mut re, &mut im);
        for (k, value) in density.iter_mut().enumerate() {
            *value += re[k] * re[k] + im[k] * im[k];
        }
    }
    let count = segments as f64;
    for (k, value) in density.iter_mut().enumerate() {
        let sides = if k == 0 || k == half { 1.0 } else { 2.0 };
        *value *= sides * dt / (power * count);
    }
    let resolution = 1.0 / (length as f64 * dt);
    Ok(PowerDensity {
        frequencies: (0..=half).map(|k| k as f64 * resolution).collect(),
        density,
        segments,
        relative_error: libm::sqrt((1.0 + 2.0 * overlap * overlap * (count - 1.0) / count) / count),
        resolution,
    })
}

impl PowerDensity {
    /// Integral of the density: the variance.
    pub fn variance(&self) -> f64 {
        sum(&self.density) * self.resolution
    }

    /// The frequency above 0 where the density is largest, from the parabola through the logarithms of the three
    /// largest values; None where nothing but the mean is left.
    pub fn dominant(&self) -> Option<DominantFrequency> {
        let d = &self.density;
        let mut peak = 1;
        for k in 1..d.len() {
            if d[k] > d[peak] {
                peak = k;
            }
        }
        let total = sum(d.get(1..)?);
        if d.len() < 3 || total.is_nan() || total <= 0.0 {
            return None;
        }
        let mut shift = 0.0;
        if peak > 1 && peak + 1 < d.len() && d[peak - 1] > 0.0 && d[peak + 1] > 0.0 {
            let (left, middle, right) = (libm::log(d[peak - 1]), libm::log(d[peak]), libm::log(d[peak + 1]));
            let bend = left - 2.0 * middle + right;
            if bend < 0.0 {
                shift = 0.5 * (left - right) / bend;
            }
        }
        let low = if peak > 3 { peak - 2 } else { 1 };
        let high = if peak + 3 < d.len() { peak + 3 } else { d.len() };
        Some(DominantFrequency {
            frequency: (peak as f64 + shift) * self.resolution,
            error: 0.5 * self.resolution,
            share: sum(&d[low..high]) / total,
        })
    }

    /// Mean frequency `Σ f_k p_k` over the frequencies above 0, with `p` the density divided by its sum; not a number
    /// where nothing but the mean is left.
    pub fn centroid(&self) -> f64 {
        let density = self.density.get(1..).unwrap_or(&[]);
        sum_by(density.len(), |k| density[k] * self.frequencies[k + 1]) / sum(density)
    }

    /// `-Σ p_k ln p_k / ln n` over the `n` frequencies above 0, with `p` the density divided by its sum.
    pub fn entropy(&self) -> SpectralEntropy {
        let density = &self.density[1..];
        let total = sum(density);
        let scale = libm::log(density.len() as f64);
        let value = -sum_by(density.len(), |k| {
            let p = density[k] / total;
            if p > 0.0 { p * libm::log(p) } else { 0.0 }
        }) / scale;
        SpectralEntropy { value, bias: 0.5 * self.relative_error * self.relative_error / scale }
    }
}

/// The autocorrelation of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Autocorrelation {
    /// Correlation at lag 0 (which is 1), 1, 2, ...
    pub values: Vec<f64>,
    /// Lag at which it first passes 0, between two lags on a straight line; None where it does not.
    pub first_zero: Option<f64>,
    /// Lag at which it first passes `1 / e`, likewise.
    pub decay: Option<f64>,
    /// Standard error of each value for white noise, `1 / √n`.
    pub error: f64,
}

/// Autocorrelation `C(τ) = Σ_t (x_t - m)(x_{t+τ} - m) / Σ_t (x_t - m)²` for the lags `0 ..= most`, by the Fourier
/// transform of the series padded with zeros.
///
/// The sum has `n - τ` terms, so that the estimate shrinks towards 0 by the factor `1 - τ / n`.
///
/// # Errors
/// [`Error::TooShort`] below `2 most` values (or 8), [`Error::Constant`], [`Error::NotFinite`], [`Error::Option`],
/// [`Error::TooLarge`].
pub fn autocorrelation(series: &[f64], most: usize) -> Result<Autocorrelation, Error> {
    check_option(most > 0, "largest lag", 0.0, "at least 1")?;
    check_size("lags", most, crate::error::MOST_VALUES / 2, "ask for fewer")?;
    let wanted = if most > 4 { 2 * most } else { 8 };
    check_series(series, wanted, "an autocorrelation", "give a longer series or ask for fewer lags")?;
    let n = series.len();
    let padded = (n + most + 1).next_power_of_two();
    let transform = Fourier::new(padded);
    let middle = mean(series);
    let (mut re, mut im) = (vec![0.0; padded], vec![0.0; padded]);
    for (entry, value) in re.iter_mut().zip(series) {
        *entry = value - middle;
    }
    transform.forward(&mut re, &mut im);
    for k in 0..padded {
        re[k] = re[k] * re[k] + im[k] * im[k];
        im[k] = 0.0;
    }
    transform.inverse(&mut re, &mut im);
    let variance = re[0];
    let mut values: Vec<f64> = re[..=most].iter().map(|value| value / variance).collect();
    values[0] = 1.0;
    let passes = |level: f64| {
        let lag = values.iter().position(|value| *value < level)?;
        let (before, after) = (values[lag - 1], values[lag]);
        Some((lag - 1) as f64 + (before - level) / (before - after))
    };
    let (first_zero, decay) = (passes(0.0), passes(libm::exp(-1.0)));
    Ok(Autocorrelation { values, first_zero, decay, error: 1.0 / libm::sqrt(n as f64) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    fn noise(n: usize) -> Vec<f64> {
        let mut stream = Stream::new(7, "noise");
        (0..n).map(|_| stream.normal()).collect()
    }
    fn sine(n: usize, frequency: f64, dt: f64) -> Vec<f64> {
        (0..n).map(|i| 3.0 * libm::sin(2.0 * PI * frequency * i as f64 * dt + 0.3)).collect()
    }

    #[test]
    fn one_segment_obeys_parseval() {
        let series = noise(256);
        let found = welch(&series, 256, 0.1).unwrap();
        let middle = mean(&series);
        let window = |j: usize| libm::sin(PI * j as f64 / 256.0) * libm::sin(PI * j as f64 / 256.0);
        let weighed = sum_by(256, |j| window(j) * window(j) * (series[j] - middle) * (series[j] - middle));
        let power = sum_by(256, |j| window(j) * window(j));
        assert_eq!(found.segments, 1);
        assert!((found.variance() - weighed / power).abs() < 1e-12);
        assert!((found.relative_error - 1.0).abs() < 1e-12);
    }

    #[test]
    fn white_noise_is_flat_within_its_stated_error() {
        let (dt, segment) = (0.5, 128);
        let found = welch(&noise(64 * 200), segment, dt).unwrap();
        assert_eq!(found.segments, 199);
        // Variance 1 over the frequencies 0 to 1 / (2 dt): density 2 dt.
        let inner = &found.density[2..segment / 2];
        let off: Vec<f64> = inner.iter().map(|value| value / (2.0 * dt) - 1.0).collect();
        assert!(mean(&off).abs() < 4.0 * found.relative_error / (inner.len() as f64).sqrt());
        let scatter = (sum_by(off.len(), |i| off[i] * off[i]) / off.len() as f64).sqrt();
        assert!((scatter / found.relative_error - 1.0).abs() < 0.35, "{scatter} {}", found.relative_error);
        assert!((found.variance() - 1.0).abs() < 0.05);
        let entropy = found.entropy();
        assert!((entropy.value + entropy.bias - 1.0).abs() < 2e-3, "{entropy:?}");
    }

    #[test]
    fn a_sine_has_its_frequency_its_variance_and_little_entropy() {
        let (frequency, dt) = (1.337, 0.02);
        let found = welch(&sine(8192, frequency, dt), 0, dt).unwrap();
        assert!(found.segments >= 8);
        let peak = found.dominant().unwrap();
        assert!((peak.frequency - frequency).abs() < peak.error);
        assert!(peak.share > 0.99);
        assert!((found.variance() - 4.5).abs() < 0.05);
        assert!(found.entropy().value < 0.3);
        assert!((found.centroid() - frequency).abs() < 0.05);
    }

    #[test]
    fn the_autocorrelation_of_a_cosine_first_vanishes_after_a_quarter_period() {
        let found = autocorrelation(&sine(20_000, 0.01, 1.0), 200).unwrap();
        assert!((found.first_zero.unwrap() - 25.0).abs() < 0.2, "{found:?}");
        let lag = 100.0 * libm::acos(libm::exp(-1.0)) / (2.0 * PI);
        assert!((found.decay.unwrap() - lag).abs() < 0.2);
    }

    #[test]
    fn the_autocorrelation_of_a_first_order_process_decays_as_it_must() {
        let a = libm::exp(-1.0 / 20.0);
        let mut x = 0.0;
        let series: Vec<f64> = noise(100_000)
            .into_iter()
            .map(|draw| {
                x = a * x + draw;
                x
            })
            .collect();
        let found = autocorrelation(&series, 60).unwrap();
        assert!((found.decay.unwrap() - 20.0).abs() < 2.0, "{:?}", found.decay);
        let direct = sum_by(series.len() - 3, |i| series[i] * series[i + 3])
            / sum_by(series.len(), |i| series[i] * series[i]);
        assert!((found.values[3] - direct).abs() < 1e-3);
    }

    #[test]
    fn what_has_no_spectrum_is_refused_with_advice() {
        let short = welch(&[1.0, 2.0], 0, 1.0).unwrap_err().to_string();
        assert!(short.contains("2 values are too few") && short.contains("longer series"), "{short}");
        let constant = welch(&[2.0; 64], 0, 1.0).unwrap_err().to_string();
        assert!(constant.contains("constant"), "{constant}");
        assert!(matches!(welch(&noise(64), 7, 1.0), Err(Error::Option { .. })));
        assert!(matches!(welch(&noise(64), 0, 0.0), Err(Error::Option { .. })));
        assert!(matches!(welch(&noise(64), 128, 1.0), Err(Error::TooShort { wanted: 128, .. })));
        assert!(matches!(autocorrelation(&noise(64), 40), Err(Error::TooShort { wanted: 80, .. })));
        let mut bad = noise(64);
        bad[5] = f64::NAN;
        assert!(matches!(autocorrelation(&bad, 4), Err(Error::NotFinite { index: 5, .. })));
    }
}
