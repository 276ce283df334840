//! How each system is measured, everything in its own periods: its series, its largest exponent by pairs, its
//! spectrum, its features, and how well it is forecast.

use crate::bytes::{Reader, Writer};
use crate::collection::{self, Entry};
use crate::error::ExhibitError;
use crate::subject::{Runner, Subject};
use analysis::{FlowTangent, LyapunovOptions, LyapunovRun};
use dynamics::{Method, Options, Stepper};
use numerics::Stream;
use rnn::forecast::{ForecastKind, Forecaster};
use zoo::Field;

/// Samples of a period.
pub(super) const SAMPLES: usize = 30;
/// Steps of integration between two samples: 120 a period.
pub(super) const SUBSTEPS: u32 = 4;
/// Those of the systems that do not stay finite at 120 steps a period.
const FINE_SUBSTEPS: u32 = 20;
const FINE: [&str; 4] = ["AtmosphericRegime", "ForcedVanDerPol", "JerkCircuit", "LiuChen"];
/// Periods left out before the series begins.
const TRANSIENT: u64 = 5;
/// Periods of the series.
pub(super) const PERIODS: usize = 60;
/// Rows that are learned from in the claims.
pub(super) const TRAINED: usize = 1150;
/// Starts of forecasts.
const STARTS: usize = 40;
/// Starts of one slice.
const STARTS_OF_SLICE: usize = 8;
/// Rows before a start that a forecaster may look at.
const CONTEXT: usize = 60;
/// Periods of the longest forecast.
pub(super) const HORIZON: usize = 5;
/// The same in the claims.
const CLAIMED_HORIZON: usize = 3;
/// Pairs of neighbours.
const PAIRS: u64 = 6;
/// Their distance, in standard deviations of the variables.
const APART: f64 = 1e-7;
/// Samples between two renormalisations: a sixth of a period.
const RENORMALISED: u64 = (SAMPLES / 6) as u64;
/// Renormalisations before the mean begins (10 periods), and in it (50 periods).
const SETTLED: u64 = 60;
const AVERAGED: u64 = 300;
/// Steps of the tangent flow left out and averaged over.
const TANGENT: [u64; 2] = [600, 12_000];
/// Steps of a slice of it.
const TANGENT_SLICE: u64 = 3_000;
/// Most variables of a spectrum.
const SPECTRUM: usize = 10;
/// Root-mean-square error, in standard deviations, at which a forecast is no longer valid.
const VALID: f64 = 0.4;
/// Points of an outline.
const OUTLINE: usize = 600;

/// Names of the features of a system, in order.
pub(super) const FEATURES: [&str; 10] = [
    "exponent times period",
    "Kaplan-Yorke dimension",
    "spectral entropy",
    "spectral centroid",
    "speed",
    "kurtosis",
    "skewness",
    "first zero of the autocorrelation",
    "permutation entropy",
    "share of time above the mean",
];

/// A system in its own time.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    /// Its name in the collection.
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) parameters: Vec<f64>,
    pub(super) entry: Option<Entry>,
    /// Its period; 30 iterations of a map.
    pub(super) period: f64,
    pub(super) substeps: u32,
}

impl Timed {
    /// A system of the collection by its name there.
    pub(super) fn of(name: &str) -> Result<Self, ExhibitError> {
        let subject = Subject::of_zoo(&format!("dysts:{name}"))?;
        let entry = collection::entry(name);
        Ok(Self {
            name: name.to_owned(),
            parameters: subject.parameters(),
            period: entry.map_or(SAMPLES as f64, |entry| entry.period),
            substeps: if FINE.contains(&name) { FINE_SUBSTEPS } else { SUBSTEPS },
            entry,
            subject,
        })
    }

    /// Whether neighbours can be held beside it: it is a flow or a map without a memory.
    fn is_plain(&self) -> bool {
        self.subject.model().is_plain()
    }

    /// Steps of integration from sample to sample.
    pub(super) fn steps(&self) -> u32 {
        if self.subject.is_map() { 1 } else { self.substeps.max(1) }
    }
    /// Length of one.
    pub(super) fn dt(&self) -> f64 {
        if self.subject.is_map() { 1.0 } else { self.period / (SAMPLES as f64 * f64::from(self.steps())) }
    }
    /// Points back that a single variable is shown against: one iteration, or a sixth of a period at 120 points each.
    pub(super) fn lag(&self) -> usize {
        if self.subject.is_map() { 1 } else { 20 }
    }

    /// A run from a state, one sample a step.
    pub(super) fn runner(&self, start: &[f64]) -> Result<Runner, ExhibitError> {
        self.run(start, self.dt() * f64::from(self.steps()), self.steps())
    }
    /// A run from a state, one step of integration at a time.
    pub(super) fn stepper(&self, start: &[f64]) -> Result<Runner, ExhibitError> {
        self.run(start, self.dt(), 1)
    }
    fn run(&self, start: &[f64], dt: f64, substeps: u32) -> Result<Runner, ExhibitError> {
        let method = if self.subject.is_map() { Method::Discrete } else { Method::RungeKutta4 };
        let options = Options { substeps, ..self.subject.options(method, dt) };
        self.subject.stepper(&self.parameters, options, start)
    }
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) forecasters: Vec<ForecastKind>,
    /// Rows that are learned from.
    pub(super) trained: usize,
    /// Periods of the longest forecast.
    pub(super) horizon: usize,
    /// Observation noise, in standard deviations.
    pub(super) noise: f64,
    pub(super) exponent: bool,
    pub(super) spectrum: bool,
    /// Forecasts to keep, side by side over the part that is tested.
    pub(super) fan: usize,
    pub(super) seed: u64,
}

impl Asked {
    /// As the claims fix it.
    pub(super) fn claimed(forecasters: &[ForecastKind], seed: u64) -> Self {
        Self {
            forecasters: forecasters.to_vec(),
            trained: TRAINED,
            horizon: CLAIMED_HORIZON,
            noise: 0.0,
            exponent: true,
            spectrum: false,
            fan: 0,
            seed,
        }
    }
}

/// A forecast that is kept: the row that it follows, and its rows.
pub(super) struct Fan {
    pub(super) start: usize,
    pub(super) rows: Vec<f64>,
}

/// How one forecaster did: the median over the starts, for each row ahead.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Score {
    pub(super) kind: ForecastKind,
    /// `||y - ŷ|| / √d`, in standard deviations.
    pub(super) error: Vec<f64>,
    /// `200 / h Σ |y - ŷ| / (|y| + |ŷ|)` over the rows up to this one and the variables, in the system's own units.
    pub(super) smape: Vec<f64>,
    /// First time, in periods, at which the error is above 0.4; the horizon where it stays below.
    pub(super) valid: f64,
}

impl Score {
    /// The error after so many periods.
    pub(super) fn at(&self, periods: f64) -> f64 {
        after(&self.error, periods)
    }
    /// The symmetric mean error in percent up to so many periods.
    pub(super) fn smape_at(&self, periods: f64) -> f64 {
        after(&self.smape, periods)
    }
}

fn after(rows: &[f64], periods: f64) -> f64 {
    let row = (periods * SAMPLES as f64 + 0.5) as usize;
    rows.get(row.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// What was measured of a system.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) entry: Option<Entry>,
    pub(super) period: f64,
    /// Largest exponent and its standard error between the pairs, in one over time; not a number where not measured.
    pub(super) exponent: [f64; 2],
    /// Kaplan-Yorke dimension and its error.
    pub(super) dimension: [f64; 2],
    /// Sum of the positive exponents of the spectrum.
    pub(super) pesin: f64,
    /// Whether no coordinate wanders away from where it was trained.
    pub(super) bounded: bool,
    pub(super) scores: Vec<Score>,
    pub(super) features: [f64; FEATURES.len()],
    /// The orbit on the system's axes, within the unit square.
    pub(super) outline: Vec<[f32; 2]>,
    /// What kept it from being measured.
    pub(super) fault: Option<String>,
}

impl Row {
    /// The exponent times the period.
    pub(super) fn scaled(&self) -> f64 {
        self.exponent[0] * self.period
    }
    /// How one forecaster did.
    pub(super) fn score(&self, kind: ForecastKind) -> Option<&Score> {
        self.scores.iter().find(|score| score.kind == kind)
    }
    /// Writes what was measured.
    pub(super) fn write(&self, out: &mut Writer) {
        let flags = u64::from(self.bounded) + 2 * u64::from(self.fault.is_some());
        out.u64(flags).bytes(self.fault.as_deref().unwrap_or("").as_bytes());
        out.f64s(&[self.exponent[0], self.exponent[1], self.dimension[0], self.dimension[1], self.pesin]);
        out.f64s(&self.features).u64(self.scores.len() as u64);
        for score in &self.scores {
            out.f64s(&score.error).f64s(&score.smape).f64(score.valid);
        }
        out.f32s(self.outline.as_flattened());
    }

    /// Reads what was measured of a system.
    pub(super) fn read(name: &str, asked: &Asked, from: &mut Reader<'_>) -> Result<Self, ExhibitError> {
        let wrong = || ExhibitError::Checkpoint("a row of the zoo is of another shape".into());
        let mut row = Self::empty(&Timed::of(name)?);
        let (flags, fault) = (from.u64()?, String::from_utf8_lossy(from.bytes()?).into_owned());
        row.bounded = flags & 1 == 1;
        row.fault = (flags & 2 == 2).then_some(fault);
        let numbers = <[f64; 5]>::try_from(from.f64s()?).map_err(|_| wrong())?;
        [row.exponent[0], row.exponent[1], row.dimension[0], row.dimension[1], row.pesin] = numbers;
        row.features = from.f64s()?.try_into().map_err(|_| wrong())?;
        for number in 0..from.u64()? {
            let kind = *asked.forecasters.get(number as usize).ok_or_else(wrong)?;
            row.scores.push(Score { kind, error: from.f64s()?, smape: from.f64s()?, valid: from.f64()? });
        }
        row.outline = from.f32s()?.as_chunks::<2>().0.to_vec();
        Ok(row)
    }

    fn empty(timed: &Timed) -> Self {
        Self {
            name: timed.name.clone(),
            entry: timed.entry,
            period: timed.period,
            exponent: [f64::NAN; 2],
            dimension: [f64::NAN; 2],
            pesin: f64::NAN,
            bounded: false,
            scores: Vec::new(),
            features: [f64::NAN; FEATURES.len()],
            outline: Vec::new(),
            fault: None,
        }
    }

    /// All numbers, for the digest.
    pub(super) fn numbers(&self) -> Vec<f64> {
        let mut all =
            vec![self.exponent[0], self.exponent[1], self.dimension[0], self.dimension[1], self.pesin];
        all.extend(self.features);
        for score in &self.scores {
            all.extend(&score.error);
            all.push(score.valid);
        }
        all
    }
}

/// The series of a system, standardised by its training part.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// Without noise.
    pub(super) clean: Vec<f64>,
    /// With it.
    pub(super) seen: Vec<f64>,
    pub(super) channels: usize,
    mean: Vec<f64>,
    pub(super) deviation: Vec<f64>,
    /// The state where the series ends, and when.
    last: Vec<f64>,
    time: f64,
}

impl Observed {
    /// Rows.
    pub(super) fn rows(&self) -> usize {
        self.clean.len() / self.channels
    }

    fn of(timed: &Timed, asked: &Asked) -> Result<Self, ExhibitError> {
        let mut runner = timed.runner(&timed.subject.start())?;
        let channels = timed.subject.model().dimension();
        let stopped = |runner: &Runner| {
            let t = runner.time();
            ExhibitError::Refused(format!("the run stopped at time {t:.3}: {}", runner.outcome()))
        };
        if !runner.advance_by(TRANSIENT * SAMPLES as u64).is_ok() {
            return Err(stopped(&runner));
        }
        let mut raw = Vec::with_capacity(PERIODS * SAMPLES * channels);
        for _ in 0..PERIODS * SAMPLES {
            raw.extend_from_slice(runner.state());
            if !runner.advance().is_ok() {
                return Err(stopped(&runner));
            }
        }
        let (mut mean, mut deviation) = (Vec::new(), Vec::new());
        for c in 0..channels {
            let trained = analysis::channel(&raw[..asked.trained * channels], channels, c);
            let sd = analysis::standard_deviation(&trained);
            mean.push(numerics::mean(&trained));
            // A coordinate that does not move has no width.
            deviation.push(if sd > 0.0 { sd } else { 1.0 });
        }
        let standard = |(i, v): (usize, &f64)| (v - mean[i % channels]) / deviation[i % channels];
        let clean: Vec<f64> = raw.iter().enumerate().map(standard).collect();
        let mut noise = Stream::new(asked.seed, &format!("noise of {}", timed.name));
        let mut noisy = |v: &f64| v + asked.noise * noise.normal();
        let seen = if asked.noise > 0.0 { clean.iter().map(&mut noisy).collect() } else { clean.clone() };
        let (last, time) = (runner.state().to_vec(), runner.time());
        Ok(Self { clean, seen, channels, mean, deviation, last, time })
    }

    /// What a forecaster may look at: the rows up to this one, as seen.
    fn past(&self, row: usize) -> &[f64] {
        let n = self.channels;
        self.seen.get((row + 1).saturating_sub(CONTEXT) * n..(row + 1) * n).unwrap_or(&[])
    }

    /// A standardised value in the system's own units.
    pub(super) fn own(&self, c: usize, value: f64) -> f64 {
        value * self.deviation[c] + self.mean[c]
    }

    fn channel(&self, c: usize) -> Vec<f64> {
        analysis::channel(&self.clean, self.channels, c)
    }

    /// Whether no coordinate of the part that is tested leaves the range of the other by more than half its width.
    fn is_bounded(&self, trained: usize) -> bool {
        (0..self.channels).all(|c| {
            let values = self.channel(c);
            let (first, second) = values.split_at(trained.min(values.len()));
            let range = |part: &[f64]| {
                part.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                    (if *v < low { *v } else { low }, if *v > high { *v } else { high })
                })
            };
            let ((low, high), (least, most)) = (range(first), range(second));
            let reach = 0.5 * (high - low);
            least >= low - reach && most <= high + reach
        })
    }
}

enum Stage {
    Sampling,
    Pair(u64),
    Spectrum(Box<LyapunovRun<FlowTangent<Field<f64>>>>),
    Features,
    Learning { number: usize, forecaster: Box<dyn Forecaster> },
    Forecasting { number: usize, forecaster: Box<dyn Forecaster>, done: Vec<Tried> },
    Done,
}

/// One forecast against what came: errors row by row.
struct Tried {
    error: Vec<f64>,
    smape: Vec<f64>,
}

/// The measurement of one system, in slices of some milliseconds. What it gives does not depend on the slices.
pub(super) struct Work {
    timed: Timed,
    asked: Asked,
    observed: Option<Observed>,
    starts: Vec<usize>,
    pairs: Vec<f64>,
    fan: Vec<Fan>,
    stage: Stage,
    row: Row,
}

impl Work {
    pub(super) fn new(timed: Timed, asked: Asked) -> Self {
        let row = Row::empty(&timed);
        Self {
            timed,
            asked,
            observed: None,
            starts: Vec::new(),
            pairs: Vec::new(),
            fan: Vec::new(),
            stage: Stage::Sampling,
            row,
        }
    }

    /// Measures all of it.
    pub(super) fn whole(timed: Timed, asked: Asked) -> (Row, Option<Observed>) {
        let mut work = Self::new(timed, asked);
        while !work.advance() {}
        (work.row, work.observed)
    }

    pub(super) fn row(&self) -> &Row {
        &self.row
    }
    pub(super) fn observed(&self) -> Option<&Observed> {
        self.observed.as_ref()
    }
    pub(super) fn fan(&self) -> &[Fan] {
        &self.fan
    }
    pub(super) fn into_row(self) -> Row {
        self.row
    }

    /// One slice; true when all is measured.
    pub(super) fn advance(&mut self) -> bool {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        match self.slice(stage) {
            Ok(stage) => self.stage = stage,
            Err(error) => self.row.fault = Some(error.to_string()),
        }
        matches!(self.stage, Stage::Done)
    }

    fn slice(&mut self, stage: Stage) -> Result<Stage, ExhibitError> {
        match stage {
            Stage::Sampling => {
                let observed = Observed::of(&self.timed, &self.asked)?;
                self.row.bounded = observed.is_bounded(self.asked.trained);
                self.row.outline = outline(&observed, self.timed.subject.axes());
                self.starts = self.starts(observed.rows());
                self.observed = Some(observed);
                if self.asked.exponent && self.timed.is_plain() {
                    return Ok(Stage::Pair(0));
                }
                self.spectrum()
            }
            Stage::Pair(number) => {
                // A pair that leaves all bounds tells nothing; the others do.
                self.pairs.extend(self.pair(number)?.filter(|rate| rate.is_finite()));
                if number + 1 < PAIRS {
                    return Ok(Stage::Pair(number + 1));
                }
                let error = if self.pairs.len() > 1 {
                    analysis::standard_deviation(&self.pairs) / libm::sqrt(self.pairs.len() as f64)
                } else {
                    f64::NAN
                };
                self.row.exponent = [numerics::mean(&self.pairs), error];
                self.spectrum()
            }
            Stage::Spectrum(mut run) => {
                let refused = |e: analysis::Error| ExhibitError::Refused(e.to_string());
                run.advance(TANGENT_SLICE).map_err(refused)?;
                if run.taken() < TANGENT[0] + TANGENT[1] {
                    return Ok(Stage::Spectrum(run));
                }
                let spectrum = run.spectrum();
                self.row.dimension = spectrum.kaplan_yorke().into();
                self.row.pesin = analysis::pesin(&spectrum.values());
                Ok(Stage::Features)
            }
            Stage::Features => {
                if let Some(observed) = &self.observed {
                    self.row.features = features(observed, &self.row);
                }
                self.learning(0)
            }
            Stage::Learning { number, mut forecaster } => {
                let done = forecaster.learn().map_err(|e| ExhibitError::Refused(e.to_string()))?;
                Ok(if done {
                    Stage::Forecasting { number, forecaster, done: Vec::new() }
                } else {
                    Stage::Learning { number, forecaster }
                })
            }
            Stage::Forecasting { number, forecaster, mut done } => {
                let Some(observed) = &self.observed else { return Ok(Stage::Done) };
                let rows = self.asked.horizon * SAMPLES;
                if done.is_empty() {
                    let first = self.asked.trained;
                    let apart = observed.rows().saturating_sub(first + rows) / self.asked.fan.max(1);
                    for number in 0..self.asked.fan {
                        let start = first + number * apart;
                        let rows = forecaster.forecast(observed.past(start), rows);
                        self.fan.push(Fan { start, rows });
                    }
                }
                for start in self.starts.iter().skip(done.len()).take(STARTS_OF_SLICE) {
                    done.push(tried(observed, forecaster.as_ref(), *start, rows));
                }
                if done.len() < self.starts.len() {
                    return Ok(Stage::Forecasting { number, forecaster, done });
                }
                let kind = self.asked.forecasters[number];
                self.row.scores.push(score(kind, &done, rows));
                self.learning(number + 1)
            }
            Stage::Done => Ok(Stage::Done),
        }
    }

    fn learning(&self, number: usize) -> Result<Stage, ExhibitError> {
        let (Some(kind), Some(observed)) = (self.asked.forecasters.get(number), &self.observed) else {
            return Ok(Stage::Done);
        };
        let train = &observed.seen[..self.asked.trained * observed.channels];
        let made = kind.forecaster(train, observed.channels, self.asked.seed);
        let forecaster = made.map_err(|e| ExhibitError::Refused(e.to_string()))?;
        Ok(Stage::Learning { number, forecaster })
    }

    /// Rows from which forecasts begin: random ones of the part that is tested, in order.
    fn starts(&self, rows: usize) -> Vec<usize> {
        let mut stream = Stream::new(self.asked.seed, &format!("starts of {}", self.timed.name));
        let first = self.asked.trained;
        let places = (rows.saturating_sub(first + self.asked.horizon * SAMPLES)).max(1) as u64;
        let mut starts: Vec<usize> = (0..STARTS).map(|_| first + stream.below(places) as usize).collect();
        starts.sort_unstable();
        starts
    }

    fn spectrum(&self) -> Result<Stage, ExhibitError> {
        let timed = &self.timed;
        if !self.asked.spectrum {
            return self.learning(0);
        }
        let followed = timed.is_plain() && !timed.subject.is_map();
        let Some(observed) = self.observed.as_ref().filter(|o| followed && o.channels <= SPECTRUM) else {
            return Ok(Stage::Features);
        };
        let options = LyapunovOptions {
            exponents: observed.channels,
            t0: observed.time,
            dt: timed.dt(),
            every: 5,
            transient: TANGENT[0],
            bound: timed.subject.bound(),
            tolerance: 1e-3,
        };
        let run = LyapunovRun::flow(timed.subject.field(&timed.parameters), options, &observed.last);
        Ok(Stage::Spectrum(Box::new(run.map_err(|e| ExhibitError::Refused(e.to_string()))?)))
    }

    /// The rate at which one pair parts, renormalised every sixth of a period; None where it cannot be followed.
    ///
    /// Source: Benettin, Galgani and Strelcyn (1976).
    fn pair(&self, number: u64) -> Result<Option<f64>, ExhibitError> {
        let Some(observed) = &self.observed else { return Ok(None) };
        let n = observed.channels;
        let timed = &self.timed;
        let mut stream = Stream::indexed(self.asked.seed, &format!("pairs of {}", timed.name), number);
        // Each begins at a place of its own on the orbit, in a direction of its own.
        let at = stream.below(observed.rows() as u64) as usize;
        let scale = &observed.deviation;
        let here: Vec<f64> = (0..n).map(|c| observed.own(c, observed.clean[at * n + c])).collect();
        let mut direction: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let length = libm::sqrt(numerics::dot(&direction, &direction));
        direction.iter_mut().for_each(|d| *d *= APART / length);
        let there: Vec<f64> = (0..n).map(|c| here[c] + direction[c] * scale[c]).collect();
        let (mut first, mut second) = (timed.runner(&here)?, timed.runner(&there)?);
        let (mut total, mut next) = (0.0, vec![0.0; n]);
        for count in 0..SETTLED + AVERAGED {
            if !(first.advance_by(RENORMALISED).is_ok() && second.advance_by(RENORMALISED).is_ok()) {
                return Ok(None);
            }
            let mut square = 0.0;
            for c in 0..n {
                next[c] = (second.state()[c] - first.state()[c]) / scale[c];
                square += next[c] * next[c];
            }
            let distance = libm::sqrt(square);
            if !(distance > 0.0 && distance.is_finite()) {
                return Ok(None);
            }
            if count >= SETTLED {
                total += libm::log(distance / APART);
            }
            for c in 0..n {
                next[c] = first.state()[c] + next[c] * (APART / distance) * scale[c];
            }
            if second.set_state(&next).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(total / (AVERAGED as f64 * RENORMALISED as f64 * timed.period / SAMPLES as f64)))
    }
}

fn tried(observed: &Observed, forecaster: &dyn Forecaster, start: usize, rows: usize) -> Tried {
    let n = observed.channels;
    let forecast = forecaster.forecast(observed.past(start), rows);
    let truth = observed.clean.get((start + 1) * n..).unwrap_or(&[]);
    let (mut error, mut smape, mut total) = (Vec::with_capacity(rows), Vec::with_capacity(rows), 0.0);
    for (row, (truth, forecast)) in truth.chunks_exact(n).zip(forecast.chunks_exact(n)).take(rows).enumerate()
    {
        let mut square = 0.0;
        for c in 0..n {
            let (y, z) = (observed.own(c, truth[c]), observed.own(c, forecast[c]));
            let size = libm::fabs(y) + libm::fabs(z);
            total += if size > 0.0 { libm::fabs(y - z) / size } else { 0.0 };
            square += (truth[c] - forecast[c]) * (truth[c] - forecast[c]);
        }
        error.push(libm::sqrt(square / n as f64));
        smape.push(200.0 * total / ((row + 1) * n) as f64);
    }
    Tried { error, smape }
}

fn score(kind: ForecastKind, tried: &[Tried], rows: usize) -> Score {
    let median = |of: &dyn Fn(&Tried) -> Option<f64>| {
        let values: Vec<f64> = tried.iter().filter_map(of).collect();
        crate::claims::median(values).unwrap_or(f64::NAN)
    };
    let valid = |one: &Tried| {
        let end = one.error.iter().position(|error| *error > VALID).unwrap_or(one.error.len());
        Some(end as f64 / SAMPLES as f64)
    };
    Score {
        kind,
        error: (0..rows).map(|row| median(&|one| one.error.get(row).copied())).collect(),
        smape: (0..rows).map(|row| median(&|one| one.smape.get(row).copied())).collect(),
        valid: median(&valid),
    }
}

/// Features of the series, each the mean over the variables.
fn features(observed: &Observed, row: &Row) -> [f64; FEATURES.len()] {
    let mut sums = [0.0; FEATURES.len()];
    for c in 0..observed.channels {
        let raw = observed.channel(c);
        let (mean, sd) = (numerics::mean(&raw), analysis::standard_deviation(&raw));
        let x: Vec<f64> = raw.iter().map(|v| if sd > 0.0 { (v - mean) / sd } else { 0.0 }).collect();
        let n = x.len();
        let moment = |power: usize| numerics::sum_by(n, |i| (0..power).fold(1.0, |p, _| p * x[i])) / n as f64;
        let spectrum = analysis::welch(&x, 256, 1.0 / SAMPLES as f64);
        let entropy = spectrum.as_ref().map_or(f64::NAN, |s| s.entropy().value);
        let centroid = spectrum.as_ref().map_or(f64::NAN, analysis::PowerDensity::centroid);
        let steps = numerics::sum_by(n - 1, |i| libm::fabs(x[i + 1] - x[i])) / (n - 1) as f64;
        let zero = analysis::autocorrelation(&x, n / 3).ok().and_then(|a| a.first_zero);
        let permutations = analysis::permutation_entropy(&x, 5, 1);
        let above = x.iter().filter(|v| **v > 0.0).count() as f64 / n as f64;
        let all = [
            0.0,
            0.0,
            entropy,
            centroid,
            steps * SAMPLES as f64,
            moment(4),
            moment(3),
            zero.unwrap_or((n / 3) as f64) / SAMPLES as f64,
            permutations.map_or(f64::NAN, |p| p.value),
            above,
        ];
        for (sum, value) in sums.iter_mut().zip(all) {
            *sum += value / observed.channels as f64;
        }
    }
    sums[0] = row.scaled();
    sums[1] = row.dimension[0];
    sums
}

/// The last part of the orbit on two axes, shrunk to the unit square.
fn outline(observed: &Observed, axes: [Option<usize>; 3]) -> Vec<[f32; 2]> {
    let (n, rows) = (observed.channels, observed.rows());
    // With a third axis the first against the last shows most: Lorenz's butterfly.
    let across = axes[0].unwrap_or(0);
    let up = axes[2].or(axes[1]).unwrap_or(0);
    // A single variable is shown against what it was a sixth of a period before.
    let back = if across == up { SAMPLES / 6 } else { 0 };
    let first = rows.saturating_sub(OUTLINE).max(back);
    let at = |row: usize, c: usize| observed.clean[row * n + c];
    let points: Vec<[f64; 2]> = (first..rows).map(|row| [at(row - back, across), at(row, up)]).collect();
    let mut ranges = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for point in &points {
        for (range, v) in ranges.iter_mut().zip(point) {
            *range = [if *v < range[0] { *v } else { range[0] }, if *v > range[1] { *v } else { range[1] }];
        }
    }
    let unit =
        |v: f64, [low, high]: [f64; 2]| if high > low { ((v - low) / (high - low)) as f32 } else { 0.5 };
    points.iter().map(|p| [unit(p[0], ranges[0]), unit(p[1], ranges[1])]).collect()
}
