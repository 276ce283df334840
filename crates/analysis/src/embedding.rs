//! A state space from one series: delay, dimension, embedding.

use crate::error::{Error, check_option, check_series, check_size};
use crate::neighbours::{MOST_COORDINATES, Neighbours, Norm};
use crate::spectral::autocorrelation;
use crate::statistics::{bin, standard_deviation};
use numerics::sum_by;

/// Delay vectors `(x_i, x_{i+τ}, ..., x_{i+(m-1)τ})`, row-major, of dimension `m` and delay `τ` in samples.
///
/// Source: Takens, Detecting strange attractors in turbulence (1981).
///
/// # Errors
/// [`Error::Option`], [`Error::TooShort`] where no vector fits, [`Error::TooLarge`] beyond 2^23 coordinates.
pub fn embed(series: &[f64], dimension: usize, delay: usize) -> Result<Vec<f64>, Error> {
    check_option((1..=64).contains(&dimension), "embedding dimension", dimension as f64, "between 1 and 64")?;
    check_option(delay > 0, "delay", 0.0, "at least 1 sample")?;
    let span = delay.saturating_mul(dimension - 1);
    let count = series.len().saturating_sub(span);
    if count == 0 {
        return Err(Error::TooShort {
            given: series.len(),
            wanted: span.saturating_add(1),
            purpose: "one delay vector",
            advice: "give a longer series, or a smaller delay or dimension",
        });
    }
    check_size("coordinates", count.saturating_mul(dimension), MOST_COORDINATES, "give a shorter series")?;
    Ok((0..count).flat_map(|i| (0..dimension).map(move |k| series[i + k * delay])).collect())
}

/// Average mutual information of a series and itself later.
#[derive(Clone, Debug, PartialEq)]
pub struct MutualInformation {
    /// Information at lags 1, 2, ... in nats.
    pub values: Vec<f64>,
    /// What independent values would show on average because they are finitely many, `(b - 1)² / 2n` (Miller 1955).
    pub bias: f64,
    /// First lag with less information than both its neighbours and the one after; None where there is none.
    pub first_minimum: Option<usize>,
}

/// Average mutual information `I(τ) = Σ p(a, b) ln(p(a, b) / (p(a) p(b)))` of `x_t` and `x_{t+τ}` for the lags
/// `1 ..= most`, from a histogram of `bins` equal bins over the range.
///
/// Source: Fraser and Swinney, Independent coordinates for strange attractors from mutual information (1986).
///
/// # Errors
/// [`Error::Option`], [`Error::TooShort`] below `most` lags and `10 bins` values, [`Error::Constant`],
/// [`Error::NotFinite`], [`Error::TooLarge`].
pub fn mutual_information(series: &[f64], most: usize, bins: usize) -> Result<MutualInformation, Error> {
    check_option((2..=256).contains(&bins), "number of bins", bins as f64, "between 2 and 256")?;
    check_option((1..=4096).contains(&most), "largest lag", most as f64, "between 1 and 4096")?;
    check_series(
        series,
        most + 10 * bins,
        "mutual information",
        "give a longer series, fewer lags or fewer bins",
    )?;
    check_size("values times lags", series.len().saturating_mul(most), 1 << 28, "ask for fewer lags")?;
    check_size("cells times lags", bins * bins * most, 1 << 24, "ask for fewer lags or bins")?;
    let (mut low, mut high) = (series[0], series[0]);
    for &value in series {
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
    }
    let places: Vec<usize> = series.iter().map(|&value| bin(value, low, high, bins).unwrap_or(0)).collect();
    let mut values = Vec::with_capacity(most);
    for lag in 1..=most {
        let count = series.len() - lag;
        let (mut joint, mut first, mut second) =
            (vec![0_u64; bins * bins], vec![0_u64; bins], vec![0_u64; bins]);
        for (&a, &b) in places.iter().zip(&places[lag..]) {
            joint[a * bins + b] += 1;
            first[a] += 1;
            second[b] += 1;
        }
        let n = count as f64;
        values.push(sum_by(bins * bins, |cell| {
            let both = joint[cell] as f64;
            if both == 0.0 {
                return 0.0;
            }
            both / n * libm::log(both * n / (first[cell / bins] as f64 * second[cell % bins] as f64))
        }));
    }
    let v = &values;
    let minimum =
        (1..most.saturating_sub(2)).find(|&i| v[i] < v[i - 1] && v[i] < v[i + 1] && v[i] < v[i + 2]);
    let bias = ((bins - 1) * (bins - 1)) as f64 / (2 * (series.len() - most)) as f64;
    Ok(MutualInformation { values, bias, first_minimum: minimum.map(|i| i + 1) })
}

/// Options of [`false_neighbours`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseNeighbourOptions {
    /// Delay in samples.
    pub delay: usize,
    /// Largest dimension tried.
    pub dimension: usize,
    /// Neighbours in time nearer than this many samples do not count.
    pub theiler: usize,
    /// A neighbour is false when the next coordinate lies further apart than this times the distance.
    pub ratio: f64,
    /// Or when it lies further away than this many standard deviations of the series.
    pub size: f64,
    /// A dimension suffices when at most this share of the neighbours is false.
    pub tolerance: f64,
    /// Most points whose neighbours are looked for, evenly spaced.
    pub points: usize,
}

impl Default for FalseNeighbourOptions {
    /// Delay 1, up to 10 dimensions, no window in time, ratio 15, size 2, tolerance 1 %, 5000 points.
    fn default() -> Self {
        Self { delay: 1, dimension: 10, theiler: 0, ratio: 15.0, size: 2.0, tolerance: 0.01, points: 5000 }
    }
}

/// Shares of false nearest neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct FalseNeighbours {
    /// Share of false neighbours in dimension 1, 2, ...
    pub shares: Vec<f64>,
    /// Standard error of each share, as if neighbours were independent.
    pub errors: Vec<f64>,
    /// Smallest dimension in which the share is within the tolerance; None where none was, as in noise.
    pub dimension: Option<usize>,
}

/// A search for nearest neighbours that are false: near in `m` dimensions only because the attractor is folded upon
/// itself, and apart once the coordinate `x_{i + mτ}` is added.
///
/// The same points are looked at in each dimension. Work counts searches: the number of points looked at, once a
/// dimension.
///
/// Source: Kennel, Brown and Abarbanel, Determining embedding dimension for phase-space reconstruction using a
/// geometrical construction (1992).
#[derive(Clone, Debug)]
pub struct FalseNeighbourRun {
    options: FalseNeighbourOptions,
    series: Vec<f64>,
    sd: f64,
    count: usize,
    stride: usize,
    /// The dimension looked at, its delay vectors and their tree, and the next point.
    m: usize,
    vectors: Vec<f64>,
    tree: Neighbours,
    next: usize,
    tried: u64,
    wrong: u64,
    shares: Vec<f64>,
    errors: Vec<f64>,
}

impl FalseNeighbourRun {
    /// A search in a series.
    ///
    /// # Errors
    /// [`Error::Option`], [`Error::TooShort`], [`Error::Constant`], [`Error::NotFinite`], [`Error::TooLarge`] beyond
    /// 2^18 values.
    pub fn new(series: &[f64], options: FalseNeighbourOptions) -> Result<Self, Error> {
        let FalseNeighbourOptions { delay, dimension, theiler, ratio, size, tolerance, points } = options;
        check_option(
            (1..=20).contains(&dimension),
            "largest dimension",
            dimension as f64,
            "between 1 and 20",
        )?;
        check_option((1..=1 << 16).contains(&delay), "delay", delay as f64, "between 1 and 65536 samples")?;
        check_option(theiler <= 1 << 16, "window in time", theiler as f64, "at most 65536 samples")?;
        check_option(ratio > 1.0 && ratio.is_finite(), "ratio", ratio, "a number above 1")?;
        check_option(size > 0.0, "size", size, "a positive number")?;
        check_option((0.0..1.0).contains(&tolerance), "tolerance", tolerance, "from 0 to below 1")?;
        check_option(
            (10..=1 << 18).contains(&points),
            "number of points",
            points as f64,
            "between 10 and 2^18",
        )?;
        check_size("values", series.len(), 1 << 18, "take every second value, or a shorter stretch")?;
        check_series(
            series,
            delay * dimension + 2 * theiler + 50,
            "false nearest neighbours",
            "give a longer series, or a smaller delay, dimension or window in time",
        )?;
        // Those points that have a next coordinate in the last dimension.
        let count = series.len() - delay * dimension;
        let vectors = embed(&series[..count], 1, delay)?;
        Ok(Self {
            options,
            series: series.to_vec(),
            sd: standard_deviation(series),
            count,
            stride: count.div_ceil(points),
            m: 1,
            tree: Neighbours::new(&vectors, 1, Norm::Euclidean)?,
            vectors,
            next: 0,
            tried: 0,
            wrong: 0,
            shares: Vec::new(),
            errors: Vec::new(),
        })
    }

    /// Makes at most `work` further searches; true when every dimension is done.
    ///
    /// # Errors
    /// As [`FalseNeighbourRun::new`], where a further dimension does not fit.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        for _ in 0..work {
            if self.m > self.options.dimension {
                break;
            }
            self.search();
            self.next += self.stride;
            if self.next >= self.count {
                self.finish_dimension()?;
            }
        }
        Ok(self.m > self.options.dimension)
    }

    fn search(&mut self) {
        let FalseNeighbourOptions { delay, theiler, ratio, size, .. } = self.options;
        let (i, m) = (self.next, self.m);
        let query = &self.vectors[i * m..(i + 1) * m];
        let near = self.tree.nearest(query, |j| j != i && i.abs_diff(j) > theiler);
        let Some((j, distance)) = near else { return };
        let apart = libm::fabs(self.series[i + m * delay] - self.series[j + m * delay]);
        let beyond = libm::sqrt(distance * distance + apart * apart);
        self.tried += 1;
        // A neighbour at distance 0 is true where the next coordinate agrees, too.
        self.wrong += u64::from(apart > ratio * distance || beyond > size * self.sd);
    }

    fn finish_dimension(&mut self) -> Result<(), Error> {
        let share = self.wrong as f64 / self.tried as f64;
        self.shares.push(share);
        self.errors.push(libm::sqrt(share * (1.0 - share) / self.tried as f64));
        (self.next, self.tried, self.wrong) = (0, 0, 0);
        self.m += 1;
        let FalseNeighbourOptions { delay, dimension, .. } = self.options;
        if self.m <= dimension {
            self.vectors = embed(&self.series[..self.count + delay * (self.m - 1)], self.m, delay)?;
            self.tree = Neighbours::new(&self.vectors, self.m, Norm::Euclidean)?;
        }
        Ok(())
    }

    /// Share of the searches made.
    pub fn progress(&self) -> f64 {
        let part = self.next as f64 / self.count as f64;
        ((self.m - 1) as f64 + part) / self.options.dimension as f64
    }

    /// What is known of the dimensions done so far.
    pub fn result(&self) -> FalseNeighbours {
        let enough = self.shares.iter().position(|share| *share <= self.options.tolerance);
        FalseNeighbours {
            shares: self.shares.clone(),
            errors: self.errors.clone(),
            dimension: enough.map(|index| index + 1),
        }
    }
}

/// Shares of false nearest neighbours, by a [`FalseNeighbourRun`] from its start to its end.
///
/// # Errors
/// As [`FalseNeighbourRun`].
pub fn false_neighbours(series: &[f64], options: &FalseNeighbourOptions) -> Result<FalseNeighbours, Error> {
    let mut run = FalseNeighbourRun::new(series, *options)?;
    while !run.advance(u64::MAX)? {}
    Ok(run.result())
}

/// By which rule a delay was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelayRule {
    /// The first minimum of the mutual information.
    MutualInformation,
    /// The information has no minimum: the lag at which the autocorrelation has decayed to `1 / e`.
    Decay,
    /// Neither was found within the lags looked at: one sample, and not to be trusted.
    Neither,
}

/// A delay to embed a series with.
#[derive(Clone, Debug, PartialEq)]
pub struct DelayChoice {
    /// Delay in samples.
    pub delay: usize,
    /// By which rule.
    pub rule: DelayRule,
    /// The mutual information.
    pub information: MutualInformation,
}

/// Suggests a delay, looked for among the lags `1 ..= most`.
///
/// # Errors
/// As [`mutual_information`] with 16 bins and [`autocorrelation`].
pub fn suggest_delay(series: &[f64], most: usize) -> Result<DelayChoice, Error> {
    let information = mutual_information(series, most, 16)?;
    let decay = autocorrelation(series, most)?.decay;
    let (delay, rule) = match (information.first_minimum, decay) {
        (Some(lag), _) => (lag, DelayRule::MutualInformation),
        (None, Some(lag)) => (if lag > 1.0 { libm::round(lag) as usize } else { 1 }, DelayRule::Decay),
        (None, None) => (1, DelayRule::Neither),
    };
    Ok(DelayChoice { delay, rule, information })
}

/// A delay and a dimension to embed a series with.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingChoice {
    /// The delay.
    pub delay: DelayChoice,
    /// Dimension: the smallest with few false neighbours, or the largest tried.
    pub dimension: usize,
    /// The false neighbours.
    pub neighbours: FalseNeighbours,
    /// Whether a rule gave the delay and few neighbours were false in the end.
    pub converged: bool,
}

/// Suggests a delay, looked for among the lags `1 ..= most`, and a dimension up to `options.dimension`; the options'
/// delay is not used, and their window in time is at least the delay.
///
/// # Errors
/// As [`suggest_delay`] and [`FalseNeighbourRun`].
pub fn suggest_embedding(
    series: &[f64],
    most: usize,
    options: &FalseNeighbourOptions,
) -> Result<EmbeddingChoice, Error> {
    let choice = suggest_delay(series, most)?;
    let delay = choice.delay;
    let theiler = if options.theiler > delay { options.theiler } else { delay };
    let neighbours = false_neighbours(series, &FalseNeighbourOptions { delay, theiler, ..*options })?;
    let converged = choice.rule != DelayRule::Neither && neighbours.dimension.is_some();
    let dimension = neighbours.dimension.unwrap_or(options.dimension);
    Ok(EmbeddingChoice { delay: choice, dimension, neighbours, converged })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{henon, logistic, lorenz, noise, sine};
    use crate::statistics::channel;

    #[test]
    fn delay_vectors_stand_row_by_row() {
        let series = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(embed(&series, 3, 2).unwrap(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        let refused = embed(&series, 4, 2).unwrap_err().to_string();
        assert!(refused.contains("at least 7"), "{refused}");
        assert!(matches!(embed(&series, 0, 1), Err(Error::Option { .. })));
        assert!(matches!(embed(&series, 2, usize::MAX), Err(Error::TooShort { .. })));
    }

    #[test]
    fn a_gaussian_process_has_the_information_of_its_correlation() {
        let a = 0.9;
        let mut x = 0.0;
        let series: Vec<f64> = noise(200_000)
            .into_iter()
            .map(|draw| {
                x = a * x + draw;
                x
            })
            .collect();
        let found = mutual_information(&series, 30, 40).unwrap();
        for lag in [1, 3, 6] {
            let rho = libm::exp(lag as f64 * libm::log(a));
            let truth = -0.5 * libm::log(1.0 - rho * rho);
            let value = found.values[lag - 1] - found.bias;
            assert!((value - truth).abs() < 0.08 * truth + 0.01, "lag {lag}: {value} for {truth}");
        }
    }

    #[test]
    fn independent_values_share_only_the_bias() {
        let found = mutual_information(&noise(50_000), 8, 16).unwrap();
        assert!(found.values.iter().all(|value| *value < 1.3 * found.bias), "{found:?}");
    }

    #[test]
    fn lorenz_is_embedded_in_three_dimensions() {
        let series = channel(&lorenz(20_000, 1), 3, 0);
        let options = FalseNeighbourOptions { dimension: 6, theiler: 50, points: 2000, ..Default::default() };
        let found = suggest_embedding(&series, 60, &options).unwrap();
        // The first minimum lies near 0.16 to 0.18 time units.
        assert!((14..=20).contains(&found.delay.delay), "{:?}", found.delay);
        assert_eq!(
            (found.delay.rule, found.dimension),
            (DelayRule::MutualInformation, 3),
            "{:?}",
            found.neighbours
        );
        assert!(found.converged && found.neighbours.shares[0] > 0.5);
    }

    #[test]
    fn henon_needs_two_dimensions_and_the_logistic_map_one() {
        let options = FalseNeighbourOptions { dimension: 4, points: 2000, ..Default::default() };
        let found = false_neighbours(&channel(&henon(5000), 2, 0), &options).unwrap();
        assert_eq!(found.dimension, Some(2), "{found:?}");
        let found = false_neighbours(&logistic(5000), &options).unwrap();
        assert_eq!(found.dimension, Some(1), "{found:?}");
    }

    #[test]
    fn the_search_can_be_read_on_the_way_and_does_not_depend_on_the_pieces() {
        let (series, options) =
            (henon(1500), FalseNeighbourOptions { dimension: 3, points: 200, ..Default::default() });
        let mut run = FalseNeighbourRun::new(&series, options).unwrap();
        assert!(!run.advance(250).unwrap());
        assert!(run.progress() > 0.3 && run.progress() < 0.7 && run.result().shares.len() == 1);
        while !run.advance(7).unwrap() {}
        assert_eq!(run.progress(), 1.0);
        assert_eq!(run.result(), false_neighbours(&series, &options).unwrap());
    }

    #[test]
    fn noise_is_never_unfolded() {
        let options = FalseNeighbourOptions { dimension: 5, points: 1000, ..Default::default() };
        let found = suggest_embedding(&noise(5000), 20, &options).unwrap();
        assert!(!found.converged && found.dimension == 5, "{:?}", found.neighbours);
    }

    #[test]
    fn short_and_constant_series_are_refused_with_advice() {
        let short = false_neighbours(&sine(40, 0.1), &FalseNeighbourOptions::default()).unwrap_err();
        assert!(short.to_string().contains("longer series"), "{short}");
        let constant = mutual_information(&[1.0; 500], 10, 8).unwrap_err();
        assert!(constant.to_string().contains("constant"), "{constant}");
        assert!(matches!(mutual_information(&sine(500, 0.1), 10, 1), Err(Error::Option { .. })));
    }
}
