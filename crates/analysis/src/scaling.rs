//! The straight part of a curve.

use crate::statistics::least_squares;
use numerics::mean;

/// A stretch over which a curve is straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalingRegion {
    /// Where it begins on the horizontal axis.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Points in it.
    pub points: usize,
    /// Slope of the line of least squares.
    pub slope: f64,
    /// Value of the line at 0.
    pub intercept: f64,
    /// Error of the slope: the larger of its standard error and half the spread of the slopes of its three thirds,
    /// which tells of a bend.
    pub error: f64,
}

/// What counts as straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Straight {
    /// Root mean square distance from the line, relative to the rise.
    pub(crate) tolerance: f64,
    /// Fewest points; never below 6.
    pub(crate) points: usize,
    /// Least rise.
    pub(crate) rise: f64,
}

/// The longest stretch of a curve of ascending `x` whose points lie within the tolerance of their own rising line, the
/// first of equally long ones; None where there is none. At most `points²/2` stretches are tried, each in a few
/// operations.
pub(crate) fn scaling_region(x: &[f64], y: &[f64], straight: Straight) -> Option<ScalingRegion> {
    let n = if x.len() < y.len() { x.len() } else { y.len() };
    let fewest = if straight.points > 6 { straight.points } else { 6 };
    if n < fewest {
        return None;
    }
    // Sums up to each point, about the middle so that little cancels.
    let (mx, my) = (mean(&x[..n]), mean(&y[..n]));
    let mut sums = vec![[0.0; 5]; n + 1];
    for i in 0..n {
        let (a, b) = (x[i] - mx, y[i] - my);
        let terms = [a, b, a * a, a * b, b * b];
        for k in 0..5 {
            sums[i + 1][k] = sums[i][k] + terms[k];
        }
    }
    let mut best: Option<(f64, usize, usize)> = None;
    for low in 0..=n - fewest {
        for high in low + fewest..=n {
            let length = x[high - 1] - x[low];
            if best.is_some_and(|(longest, ..)| length <= longest) {
                continue;
            }
            let count = (high - low) as f64;
            let part: [f64; 5] = core::array::from_fn(|k| sums[high][k] - sums[low][k]);
            let xx = part[2] - part[0] * part[0] / count;
            let xy = part[3] - part[0] * part[1] / count;
            let yy = part[4] - part[1] * part[1] / count;
            let slope = xy / xx;
            let rise = slope * length;
            let square = (yy - slope * xy) / count;
            let limit = straight.tolerance * rise;
            if rise >= straight.rise && square <= limit * limit {
                best = Some((length, low, high));
            }
        }
    }
    let (_, low, high) = best?;
    let line = |from: usize, to: usize| least_squares(&x[from..to], &y[from..to]).ok();
    let whole = line(low, high)?;
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for third in 0..3 {
        let cut = |k: usize| low + k * (high - low) / 3;
        let part = line(cut(third), cut(third + 1))?.slope;
        least = if part < least { part } else { least };
        most = if part > most { part } else { most };
    }
    let bend = 0.5 * (most - least);
    Some(ScalingRegion {
        low: x[low],
        high: x[high - 1],
        points: high - low,
        slope: whole.slope,
        intercept: whole.intercept,
        error: if bend > whole.slope_error { bend } else { whole.slope_error },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRAIGHT: Straight = Straight { tolerance: 0.01, points: 5, rise: 1.0 };

    #[test]
    fn the_rise_between_two_flats_is_found() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| (0.25 * (x - 30.0)).clamp(0.0, 10.0)).collect();
        let found = scaling_region(&x, &y, STRAIGHT).unwrap();
        assert!((found.slope - 0.25).abs() < found.error && found.error < 0.02, "{found:?}");
        assert!((found.low - 30.0).abs() <= 4.0 && (found.high - 70.0).abs() <= 4.0, "{found:?}");
    }

    #[test]
    fn a_flat_a_falling_and_a_short_curve_have_none() {
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        assert_eq!(scaling_region(&x, &[1.0; 50], STRAIGHT), None);
        let falling: Vec<f64> = x.iter().map(|x| -x).collect();
        assert_eq!(scaling_region(&x, &falling, STRAIGHT), None);
        assert_eq!(scaling_region(&x[..3], &x[..3], STRAIGHT), None);
    }
}
