//! Entropies of a series: of its orderings, and of its recurring stretches.

use crate::error::{Error, check_option, check_series, check_size};
use crate::statistics::{block_error, standard_deviation};
use numerics::{mean, sum_by};

/// The permutation entropy of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct PermutationEntropy {
    /// `-Σ p ln p / ln m!`, from 0 for one ordering alone to 1 for all equally often.
    pub value: f64,
    /// Standard error, from blocks of the series.
    pub error: f64,
    /// By how much the value falls short on average because the windows are finitely many,
    /// `(orderings seen - 1) / (2 windows ln m!)` (Miller 1955).
    pub bias: f64,
    /// Share of each ordering, by its Lehmer code; the ascending one is number 0.
    pub shares: Vec<f64>,
    /// Orderings that never occur; some never can in a deterministic series.
    pub missing: usize,
}

/// Permutation entropy: of the orderings of `order` values `delay` samples apart, 2 to 8 of them. Equal values are
/// ordered by time.
///
/// Source: Bandt and Pompe, Permutation entropy: a natural complexity measure for time series (2002).
///
/// # Errors
/// [`Error::Option`], [`Error::TooShort`] below five windows an ordering (and 100), [`Error::Constant`],
/// [`Error::NotFinite`], [`Error::TooLarge`].
pub fn permutation_entropy(series: &[f64], order: usize, delay: usize) -> Result<PermutationEntropy, Error> {
    check_option((2..=8).contains(&order), "order", order as f64, "between 2 and 8")?;
    check_option((1..=1 << 20).contains(&delay), "delay", delay as f64, "between 1 and 2^20 samples")?;
    let orderings: usize = (1..=order).product();
    let span = (order - 1) * delay;
    let windows = if orderings > 20 { 5 * orderings } else { 100 };
    let advice = "give a longer series, or a smaller order or delay";
    check_series(series, windows + span, "permutation entropy", advice)?;
    let count = series.len() - span;
    let codes: Vec<u32> = (0..count)
        .map(|start| {
            let mut code = 0;
            for i in 0..order {
                let here = series[start + i * delay];
                let smaller = (i + 1..order).filter(|&j| series[start + j * delay] < here).count();
                code = code * (order - i) + smaller;
            }
            code as u32
        })
        .collect();
    let mut counts = vec![0_u64; orderings];
    for &code in &codes {
        counts[code as usize] += 1;
    }
    let shares: Vec<f64> = counts.iter().map(|&seen| seen as f64 / count as f64).collect();
    let surprise: Vec<f64> = shares.iter().map(|&p| if p > 0.0 { -libm::log(p) } else { 0.0 }).collect();
    let missing = counts.iter().filter(|&&seen| seen == 0).count();
    let scale = libm::log(orderings as f64);
    Ok(PermutationEntropy {
        value: sum_by(orderings, |code| shares[code] * surprise[code]) / scale,
        error: block_error(count, |i| surprise[codes[i] as usize]) / scale,
        bias: (orderings - missing - 1) as f64 / (2.0 * count as f64 * scale),
        shares,
        missing,
    })
}

/// The sample entropy of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleEntropy {
    /// `-ln(A / B)` in nats; None where no pair of the longer stretches matches, so that it is only known to be large.
    pub value: Option<f64>,
    /// Standard error; infinite without a value.
    pub error: f64,
    /// Pairs of stretches of `m` values that match, `B`.
    pub matches: u64,
    /// Pairs of them whose next values match, too, `A`.
    pub longer: u64,
}

/// Most values of a series whose stretches are compared in pairs.
const MOST_COMPARED: usize = 30_000;

/// Sample entropy: how seldom two stretches of `length` values that match within `tolerance` (no value further apart)
/// match in the next value, too. Usual are length 2 and a tolerance of 0.2 standard deviations.
///
/// The error joins two parts in quadrature: that of matches independent of each other, and that of the stretches, from
/// the linear part of `A / B` in each stretch, summed in 16 blocks.
///
/// Source: Richman and Moorman, Physiological time-series analysis using approximate entropy and sample entropy (2000).
///
/// # Errors
/// [`Error::Option`], [`Error::TooShort`] below 100 values, [`Error::Constant`], [`Error::NotFinite`],
/// [`Error::TooLarge`] beyond 30 000 values, [`Error::NoNeighbours`] where nothing matches.
pub fn sample_entropy(series: &[f64], length: usize, tolerance: f64) -> Result<SampleEntropy, Error> {
    check_option((1..=16).contains(&length), "length of a stretch", length as f64, "between 1 and 16")?;
    check_option(tolerance > 0.0 && tolerance.is_finite(), "tolerance", tolerance, "a positive number")?;
    check_size("values", series.len(), MOST_COMPARED, "take every second value, or a shorter stretch")?;
    check_series(series, 100, "sample entropy", "give a longer series")?;
    // As many stretches of either length.
    let count = series.len() - length;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by(|&a, &b| series[a].total_cmp(&series[b]).then(a.cmp(&b)));
    let (mut short, mut long) = (vec![0_u64; count], vec![0_u64; count]);
    for (place, &i) in order.iter().enumerate() {
        for &j in &order[place + 1..] {
            if series[j] - series[i] > tolerance {
                break;
            }
            if (1..length).all(|k| libm::fabs(series[i + k] - series[j + k]) <= tolerance) {
                short[i] += 1;
                short[j] += 1;
                if libm::fabs(series[i + length] - series[j + length]) <= tolerance {
                    long[i] += 1;
                    long[j] += 1;
                }
            }
        }
    }
    let (twice_b, twice_a): (u64, u64) = (short.iter().sum(), long.iter().sum());
    let (matches, longer) = (twice_b / 2, twice_a / 2);
    if matches == 0 {
        return Err(Error::NoNeighbours { wanted: 1, radius: tolerance });
    }
    if longer == 0 {
        return Ok(SampleEntropy { value: None, error: f64::INFINITY, matches, longer });
    }
    let share = longer as f64 / matches as f64;
    // Each pair belongs to two stretches, hence the factor 2 (Hájek's projection).
    let linear = block_error(count, |i| long[i] as f64 - share * short[i] as f64);
    let stretches = 2.0 * linear * count as f64 / twice_b as f64;
    let variance = stretches * stretches + share * (1.0 - share) / matches as f64;
    Ok(SampleEntropy { value: Some(-libm::log(share)), error: libm::sqrt(variance) / share, matches, longer })
}

/// Multiscale entropy: the sample entropy of the means of 1, 2, ..., `scales` consecutive values, with the tolerance
/// fixed at `ratio` standard deviations of the series itself.
///
/// It falls with the scale for white noise and stays for processes with structure on all scales.
///
/// Source: Costa, Goldberger and Peng, Multiscale entropy analysis of complex physiologic time series (2002).
///
/// # Errors
/// As [`sample_entropy`], and [`Error::TooShort`] below 100 values at the largest scale.
pub fn multiscale_entropy(
    series: &[f64],
    length: usize,
    ratio: f64,
    scales: usize,
) -> Result<Vec<SampleEntropy>, Error> {
    check_option((1..=100).contains(&scales), "number of scales", scales as f64, "between 1 and 100")?;
    check_option(ratio > 0.0 && ratio.is_finite(), "tolerance", ratio, "a positive number")?;
    check_size("values", series.len(), MOST_COMPARED, "take every second value, or a shorter stretch")?;
    check_series(series, 100 * scales, "multiscale entropy", "give a longer series or fewer scales")?;
    let tolerance = ratio * standard_deviation(series);
    (1..=scales)
        .map(|scale| {
            let coarse: Vec<f64> = series.chunks_exact(scale).map(mean).collect();
            sample_entropy(&coarse, length, tolerance)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{logistic, noise, sine};
    use proptest::prelude::*;

    #[test]
    fn orderings_of_noise_are_all_as_frequent() {
        let found = permutation_entropy(&noise(50_000), 4, 1).unwrap();
        assert!((found.value + found.bias - 1.0).abs() < 4.0 * found.bias, "{found:?}");
        assert!(found.missing == 0 && found.value <= 1.0);
    }

    #[test]
    fn the_logistic_map_rises_twice_in_three_times_and_never_falls_twice() {
        let series = logistic(50_000);
        let two = permutation_entropy(&series, 2, 1).unwrap();
        // x rises where x < 3/4, which has the invariant measure 2/3.
        assert!((two.shares[0] - 2.0 / 3.0).abs() < 0.005, "{two:?}");
        let truth = libm::log2(3.0) - 2.0 / 3.0;
        assert!((two.value - truth).abs() < 3.0 * two.error && two.error < 0.005, "{two:?}");
        let three = permutation_entropy(&series, 3, 1).unwrap();
        assert_eq!((three.missing, three.shares[5]), (1, 0.0));
    }

    #[test]
    fn a_ramp_has_one_ordering_and_a_slow_sine_little_entropy() {
        let ramp: Vec<f64> = (0..500).map(f64::from).collect();
        let found = permutation_entropy(&ramp, 3, 2).unwrap();
        assert_eq!((found.value, found.error, found.missing), (0.0, 0.0, 5));
        assert!(permutation_entropy(&sine(5000, 0.005), 5, 1).unwrap().value < 0.25);
    }

    #[test]
    fn sample_entropy_of_noise_is_what_the_error_function_says() {
        let series = noise(8000);
        let tolerance = 0.2;
        // The difference of two values is normal with variance 2.
        let truth = -libm::log(libm::erf(0.5 * tolerance));
        let found = sample_entropy(&series, 2, tolerance).unwrap();
        let value = found.value.unwrap();
        assert!((value - truth).abs() < 3.0 * found.error && found.error < 0.03, "{found:?} {truth}");
    }

    #[test]
    fn multiscale_entropy_of_noise_falls_as_it_must() {
        let found = multiscale_entropy(&noise(20_000), 2, 0.2, 5).unwrap();
        for (index, entropy) in found.iter().enumerate() {
            let truth = -libm::log(libm::erf(0.1 * libm::sqrt((index + 1) as f64)));
            let value = entropy.value.unwrap();
            assert!((value - truth).abs() < 3.0 * entropy.error + 0.02, "{index}: {entropy:?} {truth}");
        }
    }

    #[test]
    fn a_sine_has_almost_no_sample_entropy() {
        let found = sample_entropy(&sine(4000, 0.0123), 2, 0.4).unwrap();
        assert!(found.value.unwrap() < 0.25, "{found:?}");
    }

    #[test]
    fn matches_are_those_that_comparing_all_pairs_finds() {
        let series = logistic(300);
        let found = sample_entropy(&series, 3, 0.1).unwrap();
        let near =
            |i: usize, j: usize, m: usize| (0..m).all(|k| (series[i + k] - series[j + k]).abs() <= 0.1);
        let pairs = |m: usize| {
            (0..297).flat_map(|i| (i + 1..297).map(move |j| (i, j))).filter(|&(i, j)| near(i, j, m)).count()
        };
        assert_eq!((found.matches, found.longer), (pairs(3) as u64, pairs(4) as u64));
    }

    #[test]
    fn what_has_no_entropy_is_refused_with_advice() {
        let short = permutation_entropy(&noise(100), 5, 1).unwrap_err().to_string();
        assert!(short.contains("at least 604") && short.contains("smaller order"), "{short}");
        assert!(matches!(permutation_entropy(&noise(100), 1, 1), Err(Error::Option { .. })));
        assert!(matches!(sample_entropy(&[1.0; 200], 2, 0.1), Err(Error::Constant { .. })));
        assert!(matches!(sample_entropy(&noise(200), 2, 1e-9), Err(Error::NoNeighbours { .. })));
        assert!(matches!(sample_entropy(&noise(40_000), 2, 0.1), Err(Error::TooLarge { .. })));
        assert!(matches!(
            multiscale_entropy(&noise(400), 2, 0.2, 5),
            Err(Error::TooShort { wanted: 500, .. })
        ));
    }

    proptest! {
        #[test]
        fn monotone_changes_of_scale_keep_the_orderings(seed in 0_u64..1000) {
            let mut stream = numerics::Stream::new(seed, "series");
            let series: Vec<f64> = (0..300).map(|_| stream.normal()).collect();
            let warped: Vec<f64> = series.iter().map(|&x| libm::exp(x)).collect();
            prop_assert_eq!(permutation_entropy(&series, 3, 1), permutation_entropy(&warped, 3, 1));
        }
    }
}
