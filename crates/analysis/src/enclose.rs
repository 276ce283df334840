//! The interval of a zero.

/// Narrows an interval whose ends, each with its value, have values of different sign, until it is not wider than
/// `narrow`: regula falsi in the Illinois form, with a bisection every fourth time, and bisections alone after 40. Ends early where `value` gives none
/// beside the place tried as well.
///
/// An end with value 0 counts as positive.
pub(crate) fn enclose(
    (mut a, mut ga): (f64, f64),
    (mut b, mut gb): (f64, f64),
    narrow: f64,
    mut value: impl FnMut(f64) -> Option<f64>,
) -> (f64, f64) {
    let mut side = 0;
    for round in 0..120 {
        if b - a <= narrow {
            break;
        }
        let mut c = (a * gb - b * ga) / (gb - ga);
        if round % 4 == 3 || round > 40 || !(c > a && c < b) {
            c = 0.5 * (a + b);
        }
        // Steps off the end that has stayed put close the interval from both sides.
        c = c.clamp(a + 0.4 * narrow, b - 0.4 * narrow);
        let mut found = value(c);
        if found.is_none() {
            c = 0.5 * (a + b) + 0.13 * (b - a);
            found = value(c);
        }
        let Some(gc) = found else { break };
        if (gc < 0.0) == (ga < 0.0) {
            (a, ga) = (c, gc);
            if side == 1 {
                gb *= 0.5;
            }
            side = 1;
        } else {
            (b, gb) = (c, gc);
            if side == 2 {
                ga *= 0.5;
            }
            side = 2;
        }
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_zero_stays_inside(root in 0.01..0.99_f64, bend in 0.2..4.0_f64) {
            let g = |x: f64| (x - root) * (1.0 + bend * x * x) * if x < root { 1e-6 } else { 1.0 };
            let mut count = 0;
            let (a, b) = enclose((0.0, g(0.0)), (1.0, g(1.0)), 1e-12, |x| { count += 1; Some(g(x)) });
            prop_assert!(a <= root && root <= b && b - a <= 1e-12 && count < 90, "{a} {b} {count}");
        }
    }

    #[test]
    fn a_function_that_fails_ends_the_search() {
        assert_eq!(enclose((0.0, -1.0), (1.0, 1.0), 1e-9, |_| None), (0.0, 1.0));
    }
}
