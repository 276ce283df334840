//! Correlation, rank correlation and its test by permutation.

use crate::error::{Error, check_finite};
use numerics::{Stream, mean, sum_by};

/// Spearman's rank correlation of two samples, and how often chance does as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankCorrelation {
    /// Spearman's `ρ`, from -1 to 1.
    pub value: f64,
    /// Share of shuffles whose correlation is at least as high, with this order counted among them:
    /// `(1 + #{ρ' ≥ ρ}) / (1 + shuffles)`.
    pub p: f64,
    /// Largest correlation of a shuffle; minus infinity without one.
    pub chance: f64,
}

/// Ranks from 1, with the mean rank for equal values.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let mut end = begin + 1;
        while end < order.len() && values[order[end]] == values[order[begin]] {
            end += 1;
        }
        let rank = 0.5 * (begin + 1 + end) as f64;
        for &index in &order[begin..end] {
            ranks[index] = rank;
        }
        begin = end;
    }
    ranks
}

/// Pearson's correlation of two samples, over the shorter length; not a number where one is constant.
pub fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let n = if a.len() < b.len() { a.len() } else { b.len() };
    let (a, b) = (&a[..n], &b[..n]);
    let (ma, mb) = (mean(a), mean(b));
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| sum_by(x.len(), |i| (x[i] - mx) * (y[i] - my));
    product(a, ma, b, mb) / libm::sqrt(product(a, ma, a, ma) * product(b, mb, b, mb))
}

/// Spearman's rank correlation, Pearson's correlation of the ranks, over the shorter length, and its one-sided test
/// by `shuffles` random orders of `b` from a stream.
///
/// Source: Spearman, The proof and measurement of association between two things (1904); the count of this order as
/// one of the shuffles as in Phipson and Smyth (2010).
///
/// # Errors
/// [`Error::TooFew`] below three pairs, [`Error::NotFinite`], [`Error::Constant`] where all values of one are equal.
pub fn rank_correlation(
    a: &[f64],
    b: &[f64],
    shuffles: usize,
    stream: &mut Stream,
) -> Result<RankCorrelation, Error> {
    let n = if a.len() < b.len() { a.len() } else { b.len() };
    if n < 3 {
        return Err(Error::TooFew { given: n, wanted: 3 });
    }
    let (a, b) = (&a[..n], &b[..n]);
    check_finite(a)?;
    check_finite(b)?;
    let (a, mut b) = (ranks(a), ranks(b));
    let value = pearson(&a, &b);
    if !value.is_finite() {
        return Err(Error::Constant { what: "a rank correlation" });
    }
    let (mut reached, mut chance) = (0, f64::NEG_INFINITY);
    for _ in 0..shuffles {
        stream.shuffle(&mut b);
        let shuffled = pearson(&a, &b);
        // The same ranks in another order of addition may differ by rounding.
        reached += usize::from(shuffled >= value - 1e-12);
        chance = if shuffled > chance { shuffled } else { chance };
    }
    Ok(RankCorrelation { value, p: (1 + reached) as f64 / (1 + shuffles) as f64, chance })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn pearsons_correlation_is_blind_to_scale_and_none_for_a_constant() {
        let a = [1.0, 2.0, 4.0, -3.0];
        assert!((pearson(&a, &a.map(|x| 5.0 - 0.1 * x)) + 1.0).abs() < 1e-15);
        // Deviations (-1, 0, 1) and (-1, 1, 0): 1 / 2. What is longer is cut.
        assert!((pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 9.0]) - 0.5).abs() < 1e-15);
        assert!(pearson(&a, &[2.0; 4]).is_nan() && pearson(&[], &[]).is_nan());
    }

    #[test]
    fn the_correlation_is_the_one_worked_out_by_hand() {
        // d² = 1 + 1 + 0 + 1 + 1 = 4 over n = 5: 1 - 6·4 / (5·24) = 0.8.
        let stream = &mut Stream::new(1, "test");
        let found = rank_correlation(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 30.0, 50.0, 40.0], 0, stream);
        assert!((found.unwrap().value - 0.8).abs() < 1e-12);
        let rising = |f: fn(f64) -> f64| (0..30).map(|i| f(f64::from(i))).collect::<Vec<_>>();
        let monotone = rank_correlation(&rising(|x| x), &rising(|x| x * x * x), 200, stream).unwrap();
        assert!((monotone.value - 1.0).abs() < 1e-12 && monotone.p < 0.01 && monotone.chance < 0.9);
    }

    #[test]
    fn chance_is_told_from_a_relation() {
        let mut stream = Stream::new(2, "test");
        let mut small = 0;
        for trial in 0..200 {
            let mut data = Stream::indexed(3, "data", trial);
            let a: Vec<f64> = (0..25).map(|_| data.normal()).collect();
            let b: Vec<f64> = (0..25).map(|_| data.normal()).collect();
            small += usize::from(rank_correlation(&a, &b, 99, &mut stream).unwrap().p <= 0.1);
        }
        // A level of one tenth is met in about one of ten trials of nothing.
        assert!((8..=34).contains(&small), "{small}");
    }

    #[test]
    fn what_has_no_order_is_refused() {
        let stream = &mut Stream::new(1, "test");
        assert_eq!(rank_correlation(&[1.0], &[1.0], 0, stream), Err(Error::TooFew { given: 1, wanted: 3 }));
        assert!(matches!(
            rank_correlation(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], 0, stream),
            Err(Error::Constant { .. })
        ));
        assert!(rank_correlation(&[f64::NAN; 4], &[1.0; 4], 0, stream).is_err());
    }
}
