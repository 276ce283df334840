//! The correlation dimension of a set of points.

use crate::embedding::embed;
use crate::error::{Error, check_finite, check_option, check_range, check_series, check_shape, check_size};
use crate::scaling::{ScalingRegion, Straight, scaling_region};

/// Options of [`CorrelationRun`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrelationOptions {
    /// Pairs nearer in time than this many samples do not count.
    pub theiler: usize,
    /// Number of radii, evenly spaced in their logarithm up to the diagonal of the box around the points.
    pub radii: usize,
    /// The smallest radius, in units of that diagonal.
    pub smallest: f64,
    /// The largest radius of the scaling region, in the same units; the attractor's size bends the sums beyond.
    pub largest: f64,
    /// Radii with fewer pairs than this are left out of the scaling region.
    pub fewest: u64,
    /// The scaling region may depart from its line by this share of its rise (root mean square).
    pub tolerance: f64,
    /// The dimension has converged when the scaling region spans at least this factor of radii.
    pub span: f64,
}

impl Default for CorrelationOptions {
    /// No window, 100 radii over four decades, the region up to a tenth, at least 200 pairs, tolerance 0.3 %, a
    /// factor of 8.
    fn default() -> Self {
        Self {
            theiler: 0,
            radii: 100,
            smallest: 1e-4,
            largest: 0.1,
            fewest: 200,
            tolerance: 0.003,
            span: 8.0,
        }
    }
}

/// A correlation dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrelationDimension {
    /// The radii, in the units of the points.
    pub radii: Vec<f64>,
    /// Share of the pairs nearer than each.
    pub sums: Vec<f64>,
    /// Local slope `d ln C / d ln r` at each radius, over five of them; not a number where the sum is 0.
    pub slopes: Vec<f64>,
    /// Pairs looked at so far.
    pub pairs: u64,
    /// The scaling region, on the axis `ln r`; its slope is the dimension.
    pub region: Option<ScalingRegion>,
    /// Largest dimension that so many points can show over a decade of radii, `2 log₁₀ n` (Eckmann and Ruelle 1992).
    pub ceiling: f64,
    /// Whether all pairs are counted, the region spans the factor asked for, its error is at most a tenth of the
    /// dimension and the dimension lies below the ceiling.
    pub converged: bool,
}

/// Most points; their pairs are counted one by one.
const MOST_POINTS: usize = 100_000;
const FEWEST_POINTS: usize = 100;

/// A measurement of the correlation dimension `D2`, from the correlation sums
/// `C(r) = (pairs nearer than r) / (pairs)` of all pairs more than the window apart in time, in the Euclidean norm.
///
/// `C(r) ~ r^D2` for small radii. The scaling region is the longest stretch of `ln C` over `ln r`, among the radii that
/// are small enough and have enough pairs, whose root mean square distance from its own line is at most the tolerance
/// times its rise, of at least six points and a rise of at least 1. Work counts pairs: `n²/2` in all.
///
/// Source: Grassberger and Procaccia, Measuring the strangeness of strange attractors (1983); Theiler, Spurious
/// dimension from correlation algorithms applied to limited time-series data (1986).
#[derive(Clone, Debug)]
pub struct CorrelationRun {
    options: CorrelationOptions,
    dimension: usize,
    points: Vec<f64>,
    count: usize,
    radii: Vec<f64>,
    bins: Bins,
    counts: Vec<u64>,
    first: usize,
    second: usize,
    pairs: u64,
    all: u64,
}

/// Squares of the radii, and how to guess the place of a square among them.
#[derive(Clone, Debug)]
struct Bins {
    squares: Vec<f64>,
    start: f64,
    scale: f64,
}

/// A base-2 logarithm that is piecewise linear, from the bits of a positive number: monotone, and within 0.09.
fn rough_log(value: f64) -> f64 {
    value.to_bits() as f64 / 4_503_599_627_370_496.0
}

impl Bins {
    fn new(radii: &[f64]) -> Self {
        let squares: Vec<f64> = radii.iter().map(|r| r * r).collect();
        let (start, end) = (rough_log(squares[0]), rough_log(squares[squares.len() - 1]));
        let scale = (squares.len() - 1) as f64 / (end - start);
        Self { squares, start, scale }
    }

    /// Index of the smallest radius whose square exceeds `square`; the number of radii where none does.
    fn place(&self, square: f64) -> usize {
        let last = self.squares.len();
        let guess = (rough_log(square) - self.start) * self.scale;
        let mut place = if guess > 0.0 { guess as usize } else { 0 };
        place = if place > last { last } else { place };
        while place > 0 && square < self.squares[place - 1] {
            place -= 1;
        }
        while place < last && square >= self.squares[place] {
            place += 1;
        }
        place
    }
}

impl CorrelationRun {
    /// A measurement on row-major points of `dimension` variables, in the order of time. Variables of unlike units are
    /// best standardised first.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`], [`Error::Option`], [`Error::TooShort`] below 100 points and four
    /// windows,
    /// [`Error::TooLarge`] beyond 100 000 points of 64 variables, [`Error::Constant`].
    pub fn new(points: &[f64], dimension: usize, options: CorrelationOptions) -> Result<Self, Error> {
        let count = check_shape(points.len(), dimension)?;
        check_size("variables", dimension, 64, "take fewer, or project on principal components")?;
        check_size("points", count, MOST_POINTS, "take every second point, or a shorter stretch")?;
        check_finite(points)?;
        check_range(points, "a correlation dimension")?;
        let CorrelationOptions { theiler, radii, smallest, largest, tolerance, span, .. } = options;
        check_option((16..=1000).contains(&radii), "number of radii", radii as f64, "between 16 and 1000")?;
        check_option(
            (1e-12..=0.1).contains(&smallest),
            "smallest radius",
            smallest,
            "between 1e-12 and 0.1 of the points' extent",
        )?;
        check_option(
            largest > smallest && largest <= 1.0,
            "largest radius",
            largest,
            "above the smallest, at most 1",
        )?;
        check_option(tolerance > 0.0 && tolerance < 1.0, "tolerance", tolerance, "between 0 and 1")?;
        check_option(span > 1.0 && span.is_finite(), "span", span, "a number above 1")?;
        let least = theiler.saturating_mul(4);
        let wanted = if least > FEWEST_POINTS { least } else { FEWEST_POINTS };
        if count < wanted {
            let advice = "give a longer orbit or a smaller window in time";
            return Err(Error::TooShort { given: count, wanted, purpose: "a correlation dimension", advice });
        }
        let mut extent = 0.0;
        for variable in 0..dimension {
            let (mut low, mut high) = (points[variable], points[variable]);
            for &value in points.iter().skip(variable).step_by(dimension) {
                low = if value < low { value } else { low };
                high = if value > high { value } else { high };
            }
            extent += (high - low) * (high - low);
        }
        let extent = libm::sqrt(extent);
        // Each variable may be constant though they differ, or vary by less than squares can show.
        if extent < 1e-100 {
            return Err(Error::Constant { what: "a correlation dimension" });
        }
        let ratio = libm::log(smallest);
        let radius = |k: usize| extent * libm::exp(ratio * (radii - 1 - k) as f64 / (radii - 1) as f64);
        let radii: Vec<f64> = (0..radii).map(radius).collect();
        let bins = Bins::new(&radii);
        let apart = (count - 1 - theiler) as u64;
        Ok(Self {
            options,
            dimension,
            points: points.to_vec(),
            count,
            counts: vec![0; radii.len() + 1],
            radii,
            bins,
            first: 0,
            second: 1 + theiler,
            pairs: 0,
            all: apart * (apart + 1) / 2,
        })
    }

    /// A measurement on a series, embedded with a delay in samples.
    ///
    /// # Errors
    /// As [`CorrelationRun::new`] and [`embed`].
    pub fn embedded(
        series: &[f64],
        dimension: usize,
        delay: usize,
        options: CorrelationOptions,
    ) -> Result<Self, Error> {
        check_series(series, FEWEST_POINTS, "a correlation dimension", "give a longer series")?;
        Self::new(&embed(series, dimension, delay)?, dimension, options)
    }

    /// Looks at up to `work` further pairs; true when all are counted.
    ///
    /// # Errors
    /// None at present; a `Result` as with every run.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut left = work;
        while left > 0 && self.second < self.count {
            let rest = (self.count - self.second) as u64;
            let now = if rest < left { rest } else { left } as usize;
            match self.dimension {
                1 => self.count_pairs::<1>(now),
                2 => self.count_pairs::<2>(now),
                3 => self.count_pairs::<3>(now),
                4 => self.count_pairs::<4>(now),
                5 => self.count_pairs::<5>(now),
                _ => self.count_pairs::<0>(now),
            }
            left -= now as u64;
            self.pairs += now as u64;
            self.second += now;
            if self.second >= self.count {
                self.first += 1;
                self.second = self.first + 1 + self.options.theiler;
            }
        }
        Ok(self.second >= self.count)
    }

    /// Counts the next pairs of one point; a dimension `N` that the compiler knows is faster, 0 stands for any.
    fn count_pairs<const N: usize>(&mut self, pairs: usize) {
        let n = if N == 0 { self.dimension } else { N };
        let here = &self.points[self.first * n..(self.first + 1) * n];
        let others = &self.points[self.second * n..(self.second + pairs) * n];
        for other in others.chunks_exact(n) {
            let mut square = 0.0;
            for k in 0..n {
                square += (here[k] - other[k]) * (here[k] - other[k]);
            }
            self.counts[self.bins.place(square)] += 1;
        }
    }

    /// Share of the pairs looked at.
    pub fn progress(&self) -> f64 {
        if self.second >= self.count { 1.0 } else { self.pairs as f64 / self.all as f64 }
    }

    /// What has been measured so far.
    pub fn dimension(&self) -> CorrelationDimension {
        let n = self.radii.len();
        let mut below = Vec::with_capacity(n);
        let mut total = 0;
        for count in &self.counts[..n] {
            total += count;
            below.push(total);
        }
        let sums: Vec<f64> = below.iter().map(|&count| count as f64 / self.pairs as f64).collect();
        let x: Vec<f64> = self.radii.iter().map(|&r| libm::log(r)).collect();
        let y: Vec<f64> = sums.iter().map(|&sum| libm::log(sum)).collect();
        let slope = |k: usize| {
            let (low, high) = (k.saturating_sub(2), if k + 2 < n { k + 2 } else { n - 1 });
            if below[low] == 0 { f64::NAN } else { (y[high] - y[low]) / (x[high] - x[low]) }
        };
        let enough = if self.options.fewest > 1 { self.options.fewest } else { 1 };
        let start = below.iter().position(|&count| count >= enough).unwrap_or(n);
        let straight = Straight { tolerance: self.options.tolerance, points: 6, rise: 1.0 };
        let largest = self.options.largest * self.radii[n - 1];
        let small = self.radii.iter().position(|&r| r > largest).unwrap_or(n);
        let end = if small > start { small } else { start };
        let region = scaling_region(&x[start..end], &y[start..end], straight);
        let ceiling = 2.0 * libm::log10(self.count as f64);
        let converged = self.second >= self.count
            && region.is_some_and(|r| {
                r.high - r.low >= libm::log(self.options.span)
                    && r.error <= 0.1 * r.slope
                    && r.slope <= ceiling
            });
        CorrelationDimension {
            slopes: (0..n).map(slope).collect(),
            radii: self.radii.clone(),
            sums,
            pairs: self.pairs,
            region,
            ceiling,
            converged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{henon, lorenz, noise};
    use crate::statistics::channel;
    use proptest::prelude::*;

    fn measure(mut run: CorrelationRun) -> CorrelationDimension {
        while !run.advance(1_000_003).unwrap() {}
        assert_eq!(run.pairs, run.all);
        assert_eq!(run.progress(), 1.0);
        run.dimension()
    }

    #[test]
    fn henon_has_its_published_dimension_in_states_and_embedded() {
        let states = henon(10_000);
        let options = CorrelationOptions { theiler: 5, ..Default::default() };
        let direct = measure(CorrelationRun::new(&states, 2, options).unwrap());
        let embedded = measure(CorrelationRun::embedded(&channel(&states, 2, 0), 2, 1, options).unwrap());
        for found in [direct, embedded] {
            let region = found.region.unwrap();
            // Published: 1.21 to 1.25 (Grassberger and Procaccia 1983); local slopes go on to swing by 0.06 about it.
            assert!((region.slope - 1.22).abs() < 0.05 && found.converged, "{region:?}");
        }
    }

    #[test]
    fn lorenz_has_its_published_dimension_in_states_and_embedded() {
        let states = lorenz(6000, 12);
        let options = CorrelationOptions { theiler: 10, ..Default::default() };
        let direct = measure(CorrelationRun::new(&states, 3, options).unwrap());
        let embedded = measure(CorrelationRun::embedded(&channel(&states, 3, 0), 3, 1, options).unwrap());
        for (found, tolerance) in [(direct, 0.07), (embedded, 0.12)] {
            let region = found.region.unwrap();
            // 2.05 (Grassberger and Procaccia 1983).
            assert!((region.slope - 2.05).abs() < tolerance && found.converged, "{region:?}");
        }
    }

    #[test]
    fn a_circle_is_a_line_and_a_filled_square_a_plane() {
        let mut stream = numerics::Stream::new(3, "circle");
        let angles = (0..4000).map(|_| stream.between(0.0, 2.0 * core::f64::consts::PI));
        let circle: Vec<f64> = angles.flat_map(|angle| [libm::cos(angle), libm::sin(angle)]).collect();
        let found = measure(CorrelationRun::new(&circle, 2, CorrelationOptions::default()).unwrap());
        let region = found.region.unwrap();
        assert!((region.slope - 1.0).abs() < 0.05 && found.converged, "{region:?}");
        let mut stream = numerics::Stream::new(3, "square");
        let square: Vec<f64> = (0..8000).map(|_| stream.uniform()).collect();
        let found = measure(CorrelationRun::new(&square, 2, CorrelationOptions::default()).unwrap());
        let region = found.region.unwrap();
        assert!((region.slope - 2.0).abs() < 0.1, "{region:?}");
    }

    #[test]
    fn noise_in_many_dimensions_has_no_plateau_and_says_so() {
        let found =
            measure(CorrelationRun::embedded(&noise(2000), 10, 1, CorrelationOptions::default()).unwrap());
        assert!(!found.converged, "{:?}", found.region);
    }

    #[test]
    fn sums_are_those_that_comparing_all_pairs_outside_the_window_gives() {
        let (states, n, theiler) = (lorenz(300, 5), 300, 7);
        for dimension in [3, 6] {
            let n = n * 3 / dimension;
            let options = CorrelationOptions { theiler, ..Default::default() };
            let found = measure(CorrelationRun::new(&states, dimension, options).unwrap());
            let row = |i: usize| &states[i * dimension..(i + 1) * dimension];
            let pairs = (0..n).flat_map(|i| (i + 1 + theiler..n).map(move |j| (i, j)));
            let squares: Vec<f64> = pairs
                .map(|(i, j)| row(i).iter().zip(row(j)).fold(0.0, |total, (a, b)| total + (a - b) * (a - b)))
                .collect();
            assert_eq!(found.pairs, squares.len() as u64);
            for (radius, sum) in found.radii.iter().zip(&found.sums) {
                let below = squares.iter().filter(|&&square| square < radius * radius).count();
                assert_eq!(*sum, below as f64 / squares.len() as f64);
            }
        }
    }

    #[test]
    fn without_a_window_slow_noise_looks_like_a_curve_and_with_one_it_does_not() {
        // After Theiler (1986): points near in time are near in space, along the path of the noise.
        let (mut v, mut x) = (0.0, 0.0);
        let slow: Vec<f64> = noise(4000)
            .into_iter()
            .map(|draw| {
                v = 0.9 * v + draw;
                x = 0.98 * x + v;
                x
            })
            .collect();
        let slope = |theiler: usize| {
            let options = CorrelationOptions { theiler, tolerance: 0.02, ..Default::default() };
            measure(CorrelationRun::embedded(&slow, 6, 30, options).unwrap()).region.unwrap().slope
        };
        let (without, with) = (slope(0), slope(200));
        assert!(without < 3.0 && with > 4.0, "{without} {with}");
    }

    #[test]
    fn the_result_can_be_read_on_the_way() {
        let mut run = CorrelationRun::new(&henon(1000), 2, CorrelationOptions::default()).unwrap();
        assert_eq!(run.dimension().region, None);
        assert!(!run.advance(1500).unwrap());
        let early = run.dimension();
        assert!(early.pairs == 1500 && !early.converged && run.progress() < 0.01);
    }

    #[test]
    fn what_has_no_dimension_is_refused_with_advice() {
        let options = CorrelationOptions::default();
        let short = CorrelationRun::new(&henon(50), 2, options).unwrap_err().to_string();
        assert!(short.contains("50 values are too few") && short.contains("longer"), "{short}");
        assert!(matches!(CorrelationRun::new(&[1.0; 400], 2, options), Err(Error::Constant { .. })));
        assert!(matches!(CorrelationRun::new(&[1.0; 401], 2, options), Err(Error::Shape { .. })));
        let wide = CorrelationOptions { theiler: usize::MAX, ..options };
        assert!(matches!(CorrelationRun::new(&henon(500), 2, wide), Err(Error::TooShort { .. })));
        let tiny: Vec<f64> = henon(500).iter().map(|x| x * 1e-155).collect();
        assert!(matches!(CorrelationRun::new(&tiny, 2, options), Err(Error::Option { .. })));
    }

    proptest! {
        #[test]
        fn a_square_falls_below_the_smallest_larger_one(power in -60.0..10.0_f64) {
            let radii: Vec<f64> = (0..50).map(|k| libm::exp2(-20.0 + 0.4 * f64::from(k))).collect();
            let bins = Bins::new(&radii);
            for square in [0.0, libm::exp2(power), radii[7] * radii[7]] {
                let wanted = bins.squares.iter().position(|&edge| square < edge).unwrap_or(50);
                prop_assert_eq!(bins.place(square), wanted);
            }
        }
    }
}
