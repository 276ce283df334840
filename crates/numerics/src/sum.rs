//! Sums in one fixed order: sixteen virtual lanes, then a tree, whatever the machine's vectors.

const WIDTH: usize = 16;

fn tree(mut lanes: [f64; WIDTH]) -> f64 {
    let mut half = WIDTH / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Sum of `term(0) + ... + term(length - 1)`; term `i` goes to lane `i mod 16`, lanes are added pairwise.
pub fn sum_by(length: usize, mut term: impl FnMut(usize) -> f64) -> f64 {
    let mut lanes = [0.0; WIDTH];
    let whole = length - length % WIDTH;
    let mut start = 0;
    while start < whole {
        for lane in 0..WIDTH {
            lanes[lane] += term(start + lane);
        }
        start += WIDTH;
    }
    for i in whole..length {
        lanes[i - whole] += term(i);
    }
    tree(lanes)
}

/// Sum of a slice in the fixed order.
pub fn sum(values: &[f64]) -> f64 {
    sum_by(values.len(), |i| values[i])
}

/// Mean of a slice, summed in the fixed order; not a number for an empty one.
pub fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// Inner product in the fixed order, over the shorter length.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let length = if a.len() < b.len() { a.len() } else { b.len() };
    sum_by(length, |i| a[i] * b[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn empty_and_short_sums_are_plain() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[1.5, 2.5]), 4.0);
        assert!(mean(&[]).is_nan());
    }

    proptest! {
        #[test]
        fn fixed_order_agrees_with_the_plain_sum(values in proptest::collection::vec(-1e3..1e3_f64, 0..200)) {
            let plain: f64 = values.iter().sum();
            prop_assert!((sum(&values) - plain).abs() < 1e-9);
            let halves: Vec<f64> = values.iter().map(|v| v * 0.5).collect();
            prop_assert!((dot(&values, &halves) - values.iter().map(|v| v * v * 0.5).sum::<f64>()).abs() < 1e-6);
        }
    }
}
