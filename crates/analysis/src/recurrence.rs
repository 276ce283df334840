//! Recurrence plots and their quantification.

use crate::error::{Error, check_finite, check_option, check_range, check_shape, check_size};
use crate::neighbours::Norm;
use crate::statistics::standard_deviation;

/// When two points count as the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RecurrenceThreshold {
    /// When they are at most this far apart, in the units of the points.
    Radius(f64),
    /// When they are among this share of the nearest pairs outside the window in time.
    Rate(f64),
}

/// Options of [`recurrences`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecurrenceOptions {
    /// When two points count as the same.
    pub threshold: RecurrenceThreshold,
    /// How distance is measured.
    pub norm: Norm,
    /// Pairs at most this many samples apart in time do not count; at 0 that is each point with itself.
    pub theiler: usize,
    /// Shortest diagonal line that counts.
    pub diagonal: usize,
    /// Shortest vertical line that counts.
    pub vertical: usize,
}

impl Default for RecurrenceOptions {
    /// The nearest 5 % of the pairs in the Euclidean norm, no window, lines from 2 points on.
    fn default() -> Self {
        Self {
            threshold: RecurrenceThreshold::Rate(0.05),
            norm: Norm::Euclidean,
            theiler: 0,
            diagonal: 2,
            vertical: 2,
        }
    }
}

/// One measure of a recurrence plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recurrence {
    /// Its value on the whole plot; not a number where nothing recurs.
    pub value: f64,
    /// Standard error, from the plots of the four quarters of the orbit, which know no recurrence across quarters;
    /// infinite where a quarter has no value.
    pub error: f64,
}

/// A recurrence plot with its measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrences {
    /// Number of points, `n`.
    pub points: usize,
    /// `matrix[i * n + j]` is 1 where points `i` and `j` count as the same, and else 0.
    pub matrix: Vec<u8>,
    /// The radius.
    pub radius: f64,
    /// Recurrence rate: the share of the pairs outside the window that recur.
    pub rate: Recurrence,
    /// Determinism: the share of the recurrences that lie on diagonal lines.
    pub determinism: Recurrence,
    /// Laminarity: the share of the recurrences that lie on vertical lines.
    pub laminarity: Recurrence,
    /// Mean length of the diagonal lines, in samples.
    pub mean_diagonal: Recurrence,
    /// Length of the longest diagonal line outside the window, in samples.
    pub longest_diagonal: usize,
    /// Mean length of the vertical lines (the trapping time), in samples.
    pub trapping_time: Recurrence,
    /// Length of the longest vertical line, in samples.
    pub longest_vertical: usize,
}

const MOST_POINTS: usize = 2048;
const FEWEST_POINTS: usize = 50;

/// Sums over the lines of one square on the diagonal.
#[derive(Default)]
struct Lines {
    pairs: u64,
    recurring: u64,
    on_diagonals: u64,
    diagonals: u64,
    longest_diagonal: usize,
    vertical_recurring: u64,
    on_verticals: u64,
    verticals: u64,
    longest_vertical: usize,
}

/// Lengths of the runs of ones, each handed to `line`.
fn runs(entries: impl Iterator<Item = bool>, mut line: impl FnMut(usize)) {
    let mut length = 0;
    for entry in entries {
        if entry {
            length += 1;
        } else if length > 0 {
            line(length);
            length = 0;
        }
    }
    if length > 0 {
        line(length);
    }
}

impl Lines {
    fn of(matrix: &[u8], n: usize, low: usize, high: usize, options: &RecurrenceOptions) -> Self {
        let mut lines = Self::default();
        for lag in options.theiler + 1..high - low {
            lines.pairs += (high - low - lag) as u64;
            runs((low..high - lag).map(|i| matrix[i * n + i + lag] == 1), |length| {
                lines.recurring += length as u64;
                if length >= options.diagonal {
                    lines.on_diagonals += length as u64;
                    lines.diagonals += 1;
                }
                if length > lines.longest_diagonal {
                    lines.longest_diagonal = length;
                }
            });
        }
        // The matrix is symmetric: rows are columns.
        for i in low..high {
            let row = &matrix[i * n..(i + 1) * n];
            runs((low..high).map(|j| row[j] == 1 && i.abs_diff(j) > options.theiler), |length| {
                lines.vertical_recurring += length as u64;
                if length >= options.vertical {
                    lines.on_verticals += length as u64;
                    lines.verticals += 1;
                }
                if length > lines.longest_vertical {
                    lines.longest_vertical = length;
                }
            });
        }
        lines
    }

    /// Rate, determinism, laminarity, mean diagonal, trapping time.
    fn measures(&self) -> [f64; 5] {
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        [
            share(self.recurring, self.pairs),
            share(self.on_diagonals, self.recurring),
            share(self.on_verticals, self.vertical_recurring),
            share(self.on_diagonals, self.diagonals),
            share(self.on_verticals, self.verticals),
        ]
    }
}

/// The recurrence plot of row-major points of `dimension` variables in the order of time, and its measures.
///
/// Source: Eckmann, Kamphorst and Ruelle, Recurrence plots of dynamical systems (1987); Marwan, Romano, Thiel and
/// Kurths, Recurrence plots for the analysis of complex systems (2007).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::Option`], [`Error::TooShort`] below 50 points and eight windows,
/// [`Error::TooLarge`] beyond 2048 points or 256 variables, [`Error::Constant`].
pub fn recurrences(
    points: &[f64],
    dimension: usize,
    options: &RecurrenceOptions,
) -> Result<Recurrences, Error> {
    let n = check_shape(points.len(), dimension)?;
    check_size("points", n, MOST_POINTS, "take every second point, or a shorter stretch")?;
    check_size("variables", dimension, 256, "take fewer, or project on principal components")?;
    check_finite(points)?;
    match options.threshold {
        RecurrenceThreshold::Radius(radius) => {
            check_option(radius > 0.0 && radius.is_finite(), "radius", radius, "a positive number")?;
        }
        RecurrenceThreshold::Rate(rate) => {
            check_option(rate > 0.0 && rate < 1.0, "recurrence rate", rate, "between 0 and 1")?;
        }
    }
    let shortest = if options.diagonal < options.vertical { options.diagonal } else { options.vertical };
    check_option(shortest >= 2, "shortest line", shortest as f64, "at least 2 points")?;
    let windows = options.theiler.saturating_add(1).saturating_mul(8);
    let wanted = if windows > FEWEST_POINTS { windows } else { FEWEST_POINTS };
    if n < wanted {
        let advice = "give a longer orbit or a smaller window in time";
        return Err(Error::TooShort { given: n, wanted, purpose: "a recurrence plot", advice });
    }
    if points.chunks_exact(dimension).all(|point| point == &points[..dimension]) {
        return Err(Error::Constant { what: "a recurrence plot" });
    }
    check_range(points, "a recurrence plot")?;
    let row = |i: usize| &points[i * dimension..(i + 1) * dimension];
    let raw = |i: usize, j: usize| options.norm.raw(row(i), row(j));
    let limit = match options.threshold {
        RecurrenceThreshold::Radius(radius) => options.norm.to_raw(radius),
        RecurrenceThreshold::Rate(rate) => {
            let mut all: Vec<f64> =
                (0..n).flat_map(|i| (i + 1 + options.theiler..n).map(move |j| raw(i, j))).collect();
            let place = (rate * all.len() as f64) as usize;
            *all.select_nth_unstable_by(place.saturating_sub(1), f64::total_cmp).1
        }
    };
    let mut matrix = vec![0_u8; n * n];
    for i in 0..n {
        matrix[i * n + i] = 1;
        for j in i + 1..n {
            let same = u8::from(raw(i, j) <= limit);
            (matrix[i * n + j], matrix[j * n + i]) = (same, same);
        }
    }
    let whole = Lines::of(&matrix, n, 0, n, options);
    let quarters: [[f64; 5]; 4] = core::array::from_fn(|quarter| {
        Lines::of(&matrix, n, quarter * n / 4, (quarter + 1) * n / 4, options).measures()
    });
    let values = whole.measures();
    let measure = |index: usize| {
        let parts = quarters.map(|quarter| quarter[index]);
        let error = if parts.iter().all(|part| part.is_finite()) {
            0.5 * standard_deviation(&parts)
        } else {
            f64::INFINITY
        };
        Recurrence { value: values[index], error }
    };
    Ok(Recurrences {
        points: n,
        matrix,
        radius: if options.norm == Norm::Euclidean { libm::sqrt(limit) } else { limit },
        rate: measure(0),
        determinism: measure(1),
        laminarity: measure(2),
        mean_diagonal: measure(3),
        longest_diagonal: whole.longest_diagonal,
        trapping_time: measure(4),
        longest_vertical: whole.longest_vertical,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::embed;
    use crate::orbits::{henon, logistic, sine};
    use numerics::Stream;

    #[test]
    fn a_periodic_orbit_is_all_diagonals() {
        let points = embed(&sine(415, 0.05), 2, 5).unwrap();
        let threshold = RecurrenceThreshold::Radius(1e-6);
        let found = recurrences(&points, 2, &RecurrenceOptions { threshold, ..Default::default() }).unwrap();
        assert_eq!((found.points, found.longest_diagonal, found.longest_vertical), (410, 390, 1));
        assert_eq!((found.determinism.value, found.laminarity.value), (1.0, 0.0));
        // Every 20th sample recurs: Σ (410 - 20 k) over k = 1, ..., 20 of 410 · 409 / 2 pairs.
        assert!((found.rate.value - 4000.0 / 83_845.0).abs() < 1e-12, "{:?}", found.rate);
    }

    #[test]
    fn independent_points_have_the_lines_of_chance() {
        let mut stream = Stream::new(5, "circle");
        let angles = (0..1500).map(|_| stream.between(0.0, 2.0 * core::f64::consts::PI));
        let points: Vec<f64> = angles.flat_map(|angle| [libm::cos(angle), libm::sin(angle)]).collect();
        let threshold = RecurrenceThreshold::Rate(0.1);
        let found = recurrences(&points, 2, &RecurrenceOptions { threshold, ..Default::default() }).unwrap();
        assert!((found.rate.value - 0.1).abs() < 1e-4);
        // A recurrence stands alone when neither neighbour recurs: (1 - p)².
        for measure in [found.determinism, found.laminarity] {
            assert!((measure.value - 0.19).abs() < 3.0 * measure.error + 0.003, "{measure:?}");
        }
        assert!(found.longest_diagonal < 10);
        // Chance neither lengthens lines nor shortens them: 1 + 1 / (1 - p) from two on.
        assert!((found.mean_diagonal.value - (1.0 + 1.0 / 0.9)).abs() < 0.02, "{:?}", found.mean_diagonal);
    }

    #[test]
    fn chaos_lies_between_chance_and_period() {
        let found = recurrences(&henon(1000), 2, &RecurrenceOptions::default()).unwrap();
        assert!(found.determinism.value > 0.4 && found.determinism.value < 1.0, "{:?}", found.determinism);
        assert!(found.longest_diagonal > 8 && found.longest_diagonal < 200);
        let intermittent =
            recurrences(&logistic(500), 1, &RecurrenceOptions { theiler: 1, ..Default::default() });
        // Near its fixed points the map stays: some laminar lines.
        assert!(intermittent.unwrap().laminarity.value > 0.0);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_with_advice() {
        let options = RecurrenceOptions::default();
        let long = recurrences(&henon(3000), 2, &options).unwrap_err().to_string();
        assert!(long.contains("3000 points") && long.contains("every second point"), "{long}");
        assert!(matches!(recurrences(&henon(20), 2, &options), Err(Error::TooShort { .. })));
        assert!(matches!(recurrences(&[1.0; 100], 1, &options), Err(Error::Constant { .. })));
        let rate = RecurrenceThreshold::Rate(1.5);
        let options = RecurrenceOptions { threshold: rate, ..options };
        assert!(matches!(recurrences(&henon(100), 2, &options), Err(Error::Option { .. })));
    }

    #[test]
    fn without_recurrences_nothing_is_claimed() {
        let ramp: Vec<f64> = (0..100).map(f64::from).collect();
        let threshold = RecurrenceThreshold::Radius(0.5);
        let found = recurrences(&ramp, 1, &RecurrenceOptions { threshold, ..Default::default() }).unwrap();
        assert_eq!((found.rate.value, found.longest_diagonal), (0.0, 0));
        assert!(found.determinism.value.is_nan() && found.determinism.error.is_infinite());
    }
}
