//! How alike two systems are: where their orbits lie, what they sound like, how they move, how long one foretells the
//! other.

use super::orbit::Orbit;
use super::plot::{Line, plot};
use super::say::{figures, measured, stated, with_error};
use super::{Asked, Case, Inquiry, SystemCase};
use crate::build::{axis, control, integer, log_axis, number, view};
use crate::contract::{Answer, ControlKind, Finding, Frame, Mark, Question, Role, Setting, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    BinnedOptions, DelayOperator, GaussianOptions, LyapunovOptions, LyapunovRun, OperatorDistanceOptions,
    OperatorDistanceRun, OperatorOptions, delay_operator, linear_alignment, procrustes, smoothed_spectrum,
    spectrum_distance, state_space_divergence, state_space_divergence_gaussian,
};
use dynamics::{Options, Stepper as _};
use numerics::mean;
use recipe::Recipe;
use web_time::Instant;

/// Parts that each orbit is cut into: the spread of what they say is the error.
const PARTS: usize = 4;
/// Fewest samples of a part.
const LEAST: usize = 128;
/// Most variables that are compared.
const VARIABLES: usize = 16;
/// Bins are for so many dimensions; beyond, nearly all are empty.
const BINNED: usize = 3;
/// Width of a smoothed spectrum, in entries: a hundredth of them, and at most the 20 that are usual.
fn smoothing(samples: usize) -> f64 {
    let width = 0.005 * samples as f64;
    if width < 20.0 { width } else { 20.0 }
}
/// Variance of the Gaussian on each point, in units of the variables' own.
const VARIANCE: f64 = 0.1;
/// Starts of forecasts.
const STARTS: usize = 24;
/// Samples that a forecast runs at most.
const AHEAD: usize = 1500;
/// Error at which a forecast has failed, in standard deviations.
const FAILED: f64 = 0.4;
/// Steps that the exponent is averaged over.
const EXPONENT_STEPS: u64 = 200_000;
/// Points of an orbit that are drawn.
const DRAWN: usize = 2000;

fn with_control(case: &Case) -> Option<crate::contract::Control> {
    let Case::System(case) = case else { return None };
    let usual = match case.subject.model().parameters.first().zip(case.parameters.first()) {
        Some((parameter, value)) => {
            let other = if *value == 0.0 { 0.1 } else { 1.1 * value };
            format!("{}={other:.6}", parameter.name)
        }
        None => "lorenz".into(),
    };
    let kind = ControlKind::Text { default: usual, max_length: 400 };
    let help = "Another system by its name (rossler, dysts:Lorenz), or other parameters of this one (rho=24 sigma=9).";
    Some(control("with", "compare with", kind).help(help))
}

fn shared_controls() -> Vec<crate::contract::Control> {
    vec![
        integer("samples", "samples", [(PARTS * LEAST) as f64, 65_536.0], 16_384.0).logarithmic(),
        number("transient", "transient", [0.0, 1e5], 20.0, 1)
            .help("Periods that are left out before sampling."),
        integer("delays", "states in a delay vector", [1.0, 32.0], 5.0)
            .help("For the linear operators of the dynamical similarity analysis."),
        integer("modes", "modes", [1.0, 24.0], 8.0),
    ]
}

pub(super) fn declare(case: &Case) -> Option<Question> {
    let mut controls = vec![with_control(case)?];
    controls.extend(shared_controls());
    Some(Question {
        id: "compare".into(),
        title: "How alike".into(),
        sentence: "How far another system is from this one: where it goes, what it sounds like, how it moves, and how \
                   long it foretells this one."
            .into(),
        controls,
    })
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let second = other(case, values.text("with"))?;
    Ok(Box::new(Comparison::new(case, &second, values)?))
}

/// Compares two cases, of which the second need not be a system.
///
/// # Errors
/// As [`super::ask`].
pub fn compare(first: &Case, second: &Case, settings: &[Setting]) -> Asked {
    let values = Values::of("compare", &shared_controls(), settings)?;
    Ok(Box::new(Comparison::new(first, second, &values)?))
}

/// What is compared with: a system by its link, or `name=value` pairs over a system's parameters.
///
/// # Errors
/// Nothing has that name, or the system has no such parameter.
pub fn other(case: &Case, text: &str) -> Result<Case, ExhibitError> {
    let text = text.trim();
    let system = match case {
        Case::System(system) if text.contains('=') && !text.contains(['?', '#', '/']) => system,
        _ => {
            let recipe = Recipe::decode(text)?;
            return Case::of_recipe(&recipe);
        }
    };
    let mut changed = system.clone();
    let parameters = &system.subject.model().parameters;
    for pair in text.split([' ', ',', ';']).filter(|pair| !pair.is_empty()) {
        let refused = |what: String| Err(ExhibitError::Refused(what));
        let Some((name, value)) = pair.split_once('=') else {
            return refused(format!("{pair:?}: parameters are written name=value, such as rho=24"));
        };
        let Some(place) = parameters.iter().position(|p| p.name.eq_ignore_ascii_case(name)) else {
            let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
            let all = names.join(", ");
            return refused(format!("{} has no parameter {name:?}; it has {all}", system.subject.name()));
        };
        match value.parse::<f64>() {
            Ok(value) if value.is_finite() => changed.parameters[place] = value,
            _ => return refused(format!("{name}={value}: give a finite number")),
        }
    }
    Ok(Case::System(changed))
}

/// A number from each part of the orbits, and the same of the first against itself.
struct Measure {
    id: &'static str,
    label: &'static str,
    between: Vec<f64>,
    within: Vec<f64>,
}

/// A mean and its standard error from parts that are nearly independent.
fn estimate(values: &[f64]) -> (f64, f64) {
    let middle = mean(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - middle) * (value - middle)).collect();
    let count = values.len() as f64;
    (middle, libm::sqrt(mean(&squares) / (count - 1.0)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Sampling,
    Places,
    Operators,
    Angles(usize),
    Pairs,
    Forecasts(usize),
    Exponent,
    Done,
}

/// How far forecasts by the second system keep to the first.
#[derive(Default)]
struct Forecasts {
    /// Samples until each failed; none where it did not within those run.
    horizons: Vec<Option<f64>>,
    /// Squared error of each forecast at each sample.
    errors: Vec<Vec<f64>>,
}

struct Comparison {
    cases: [Case; 2],
    orbits: [Orbit; 2],
    stage: Stage,
    /// Variables compared.
    dimension: usize,
    /// Both orbits without mean and scale, `dimension` variables a sample.
    scaled: [Vec<f64>; 2],
    /// Mean and standard deviation of each variable of the first.
    scale: Vec<(f64, f64)>,
    delays: usize,
    modes: usize,
    operators: [Vec<DelayOperator>; 2],
    search: Option<OperatorDistanceRun>,
    /// Searches that did not settle on one rotation.
    unsettled: usize,
    measures: Vec<Measure>,
    findings: Vec<Finding>,
    forecasts: Option<Forecasts>,
    exponent: Option<Exponent>,
    notes: Vec<String>,
}

enum Exponent {
    Flow(LyapunovRun<analysis::FlowTangent<zoo::Field<f64>>>),
    Map(LyapunovRun<analysis::MapTangent<zoo::Field<f64>>>),
}

fn refused(error: analysis::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

/// Mean and standard deviation of each of the first `count` variables.
fn scale(values: &[f64], width: usize, count: usize) -> Vec<(f64, f64)> {
    (0..count)
        .map(|variable| {
            let column: Vec<f64> = values.iter().skip(variable).step_by(width).copied().collect();
            let middle = mean(&column);
            let squares: Vec<f64> = column.iter().map(|value| (value - middle) * (value - middle)).collect();
            (middle, libm::sqrt(mean(&squares)))
        })
        .collect()
}

/// The first variables in units of a scale.
fn scaled(values: &[f64], width: usize, scale: &[(f64, f64)], samples: usize) -> Vec<f64> {
    let rows = values.chunks_exact(width).take(samples);
    rows.flat_map(|row| row.iter().zip(scale).map(|(value, (middle, sd))| (value - middle) / sd)).collect()
}

impl Comparison {
    fn new(first: &Case, second: &Case, values: &Values) -> Result<Self, ExhibitError> {
        let (samples, transient) = (values.integer("samples"), values.number("transient"));
        let orbits = [Orbit::new(first, samples, transient)?, Orbit::new(second, samples, transient)?];
        let [a, b] = [&orbits[0], &orbits[1]].map(Orbit::dimension);
        let dimension = a.min(b).min(VARIABLES);
        let mut notes = Vec::new();
        if a != b || dimension < a {
            notes.push(format!(
                "Compared by the first {dimension} of {a} variables of {} and {b} of {}.",
                first.name(),
                second.name()
            ));
        }
        Ok(Self {
            cases: [first.clone(), second.clone()],
            orbits,
            stage: Stage::Sampling,
            dimension,
            scaled: [Vec::new(), Vec::new()],
            scale: Vec::new(),
            delays: values.integer("delays").max(1),
            modes: values.integer("modes").max(1),
            operators: [Vec::new(), Vec::new()],
            search: None,
            unsettled: 0,
            measures: Vec::new(),
            findings: Vec::new(),
            forecasts: None,
            exponent: None,
            notes,
        })
    }

    fn part(&self, which: usize, part: usize) -> &[f64] {
        let length = self.scaled[which].len() / self.dimension / PARTS * self.dimension;
        &self.scaled[which][part * length..(part + 1) * length]
    }

    /// Brings both orbits to common units.
    fn align(&mut self) -> Result<(), ExhibitError> {
        let samples = self.orbits[0].samples().min(self.orbits[1].samples());
        if samples < PARTS * LEAST {
            let message = format!(
                "a comparison needs {} samples of each; there are {} and {}: give longer series",
                PARTS * LEAST,
                self.orbits[0].samples(),
                self.orbits[1].samples()
            );
            return Err(ExhibitError::Refused(message));
        }
        let d = self.dimension;
        let [a, b] = &self.orbits;
        let scales = [a, b].map(|orbit| scale(&orbit.values, orbit.dimension(), d));
        for (orbit, (scale, case)) in [a, b].into_iter().zip(scales.iter().zip(&self.cases)) {
            let still = scale.iter().position(|(middle, sd)| *sd <= 1e-9 * (1.0 + libm::fabs(*middle)));
            if let Some(still) = still {
                let message = format!(
                    "{} of {} comes to rest or does not vary: there is nothing to compare; choose other parameters \
                     or another start",
                    orbit.names[still],
                    case.name()
                );
                return Err(ExhibitError::Refused(message));
            }
        }
        let common = a.names[..d] == b.names[..d];
        if !common {
            self.notes.push("The variables have other names: each is in units of its own spread.".into());
        }
        let second = if common { &scales[0] } else { &scales[1] };
        self.scaled = [
            scaled(&a.values, a.dimension(), &scales[0], samples),
            scaled(&b.values, b.dimension(), second, samples),
        ];
        self.scale = scales.into_iter().next().unwrap_or_default();
        Ok(())
    }

    /// A measure of parts of both, and of neighbouring parts of the first.
    fn measure(
        &mut self,
        id: &'static str,
        label: &'static str,
        of: impl Fn(&[f64], &[f64]) -> Result<Option<f64>, analysis::Error>,
    ) -> Result<(), ExhibitError> {
        let or_none = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let mut between = Vec::new();
        let mut within = Vec::new();
        for part in 0..PARTS {
            let (a, b) = (self.part(0, part), self.part(1, part));
            between.push(or_none(of(a, b).map_err(refused)?));
            if part + 1 < PARTS {
                within.push(or_none(of(a, self.part(0, part + 1)).map_err(refused)?));
            }
        }
        self.measures.push(Measure { id, label, between, within });
        Ok(())
    }

    fn places(&mut self) -> Result<(), ExhibitError> {
        let d = self.dimension;
        if d <= BINNED {
            let options = BinnedOptions::default();
            self.measure("divergence", "state-space divergence, binned", move |a, b| {
                state_space_divergence(a, b, d, &options)
            })?;
        }
        let options = GaussianOptions { variance: VARIANCE, samples: 500, points: 2000 };
        self.measure("mixture", "state-space divergence, mixture", move |a, b| {
            state_space_divergence_gaussian(a, b, d, &options, 0)
        })?;
        self.measure("spectrum", "spectrum distance", move |a, b| {
            spectrum_distance(a, b, d, smoothing(a.len() / d))
        })?;
        self.measure("procrustes", "Procrustes distance", move |a, b| {
            procrustes(a, d, b, d).map(|found| Some(found.distance))
        })?;
        let [a, b] = &self.scaled;
        let found = linear_alignment(a, d, b, d).map_err(refused)?;
        let text = format!("{}; by chance {}", with_error(found.value, found.error), figures(found.chance));
        let finding =
            measured("alignment", "alignment (CKA), sample by sample", "", found.value, found.error);
        self.findings.push(Finding { text, ..finding });
        Ok(())
    }

    /// The linear operators of all parts, with as many modes as all have.
    fn operate(&mut self) -> Result<(), ExhibitError> {
        let mut modes = self.modes.min(self.delays * self.dimension);
        loop {
            let options =
                OperatorOptions { states: self.delays, delay: 1, modes, ..OperatorOptions::default() };
            let mut least = modes;
            for which in 0..2 {
                let fitted: Result<Vec<_>, _> = (0..PARTS)
                    .map(|part| delay_operator(self.part(which, part), self.dimension, 0, &options))
                    .collect();
                let fitted = fitted.map_err(refused)?;
                least = fitted.iter().fold(least, |least, one| least.min(one.modes));
                self.operators[which] = fitted;
            }
            if least == modes {
                break;
            }
            modes = least;
        }
        let share = self.operators[0]
            .iter()
            .fold(1.0, |least, one| if one.share < least { one.share } else { least });
        self.notes.push(format!(
            "The operators act on {modes} modes of {} delays, which hold {:.1} % of the variance.",
            self.delays,
            100.0 * share
        ));
        let measure = |id, label| Measure { id, label, between: Vec::new(), within: Vec::new() };
        self.measures.push(measure("similarity", "dynamical similarity (DSA), angle"));
        Ok(())
    }

    /// The angle of one pair of operators; true when it is found.
    fn angle(&mut self, pair: usize, deadline: Instant) -> Result<bool, ExhibitError> {
        let between = pair < PARTS;
        let (a, b) = if between {
            (&self.operators[0][pair], &self.operators[1][pair])
        } else {
            (&self.operators[0][pair - PARTS], &self.operators[0][pair - PARTS + 1])
        };
        let mut search = match self.search.take() {
            Some(search) => search,
            None => {
                let options = OperatorDistanceOptions { starts: 12, ..OperatorDistanceOptions::default() };
                OperatorDistanceRun::new(&a.matrix, &b.matrix, a.modes, options).map_err(refused)?
            }
        };
        while !search.advance(2000).map_err(refused)? {
            if Instant::now() >= deadline {
                self.search = Some(search);
                return Ok(false);
            }
        }
        let found = search.distance();
        self.unsettled += usize::from(!found.converged);
        let angle = found.angle;
        if let Some(measure) = self.measures.last_mut() {
            if between { measure.between.push(angle) } else { measure.within.push(angle) }
        }
        Ok(true)
    }

    /// Both systems where the second can carry the first's states on.
    fn pair(&self) -> Option<(&SystemCase, &SystemCase)> {
        let [Case::System(a), Case::System(b)] = &self.cases else { return None };
        let apart = |case: &SystemCase| case.is_delayed() || case.is_noisy() || case.has_events();
        let fits = a.start.len() == b.start.len() && a.subject.is_map() == b.subject.is_map();
        (fits && !apart(a) && !apart(b) && a.start.len() <= VARIABLES).then_some((a, b))
    }

    /// One forecast of the first by the second.
    fn forecast(&mut self, index: usize) -> Result<(), ExhibitError> {
        let Some((_, second)) = self.pair() else { return Ok(()) };
        let (d, orbit) = (self.dimension, &self.orbits[0]);
        let last = orbit.samples() - 1;
        let ahead = AHEAD.min(last / 2);
        let begin = index * (last - ahead) / STARTS;
        let steps = libm::ceil(orbit.interval / second.dt - 1e-9);
        let options = Options {
            substeps: (steps as u32).max(1),
            // What drives a system is where it was when the sample was taken.
            t0: orbit.time(begin),
            ..second.subject.options(second.subject.method(), orbit.interval)
        };
        let state = |sample: usize| &orbit.values[sample * d..(sample + 1) * d];
        let mut run = second.subject.stepper(&second.parameters, options, state(begin))?;
        let (mut errors, mut failed) = (vec![0.0], None);
        for step in 1..=ahead {
            let lost = !run.advance().is_ok();
            let squares: Vec<f64> = run
                .state()
                .iter()
                .zip(state(begin + step))
                .zip(&self.scale)
                .map(|((x, y), (_, sd))| (x - y) / sd * ((x - y) / sd))
                .collect();
            let error = libm::sqrt(mean(&squares));
            errors.push(error);
            if failed.is_none() && (lost || error.is_nan() || error > FAILED) {
                failed = Some(step as f64);
            }
            if lost || (failed.is_some() && step >= 200) {
                break;
            }
        }
        let forecasts = self.forecasts.get_or_insert_default();
        forecasts.horizons.push(failed);
        forecasts.errors.push(errors);
        Ok(())
    }

    fn begin_exponent(&mut self) -> Result<(), ExhibitError> {
        let Some((first, _)) = self.pair() else { return Ok(()) };
        let options = LyapunovOptions {
            exponents: 1,
            t0: first.subject.start_time(),
            dt: first.dt,
            every: 10,
            transient: 5000,
            bound: first.subject.bound(),
            tolerance: 0.01,
        };
        let field = first.subject.field::<f64>(&first.parameters);
        self.exponent = Some(if first.subject.is_map() {
            Exponent::Map(LyapunovRun::map(field, options, &first.start).map_err(refused)?)
        } else {
            Exponent::Flow(LyapunovRun::flow(field, options, &first.start).map_err(refused)?)
        });
        Ok(())
    }

    /// The horizon in time and in Lyapunov times.
    fn horizon(&mut self) {
        let (Some(forecasts), Some(exponent)) = (&self.forecasts, &self.exponent) else { return };
        let spectrum = match exponent {
            Exponent::Flow(run) => run.spectrum(),
            Exponent::Map(run) => run.spectrum(),
        };
        let Some(found) = spectrum.exponents.first() else { return };
        let interval = self.orbits[0].interval;
        let failed: Vec<f64> =
            forecasts.horizons.iter().flatten().map(|samples| samples * interval).collect();
        let label = "forecast horizon";
        if failed.len() < forecasts.horizons.len() {
            let ahead = forecasts.errors.iter().map(Vec::len).max().unwrap_or(1) - 1;
            let text = format!(
                "unconverged: {} of {} forecasts hold for all of {} units of time",
                forecasts.horizons.len() - failed.len(),
                forecasts.horizons.len(),
                figures(ahead as f64 * interval)
            );
            self.findings.push(stated("horizon", label, text));
            return;
        }
        let (middle, error) = estimate(&failed);
        self.findings.push(measured("horizon", label, "", middle, error));
        let label = "in Lyapunov times";
        if found.value > 2.0 * found.error && found.value > 0.0 {
            let relative = libm::hypot(error / middle, found.error / found.value);
            let value = middle * found.value;
            let finding = measured("lyapunov-times", label, "", value, value * relative);
            let text = format!("{} at an exponent of {}", finding.text, with_error(found.value, found.error));
            self.findings.push(Finding { text, ..finding });
        } else {
            let text = format!("none: the exponent is {}, no chaos", with_error(found.value, found.error));
            self.findings.push(stated("lyapunov-times", label, text));
        }
    }

    /// One stage, or what of it fits before the deadline; true when it is done.
    fn work(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        self.stage = match self.stage {
            Stage::Sampling => {
                let [a, b] = &mut self.orbits;
                if !(a.advance(deadline)? && b.advance(deadline)?) {
                    return Ok(false);
                }
                self.align()?;
                Stage::Places
            }
            Stage::Places => {
                self.places()?;
                Stage::Operators
            }
            Stage::Operators => {
                self.operate()?;
                Stage::Angles(0)
            }
            Stage::Angles(pair) if pair < 2 * PARTS - 1 => {
                if !self.angle(pair, deadline)? {
                    return Ok(false);
                }
                Stage::Angles(pair + 1)
            }
            Stage::Angles(_) => {
                if self.unsettled > 0 {
                    self.notes.push(format!(
                        "{} of {} searches for the best rotation are unconverged: their angles are upper bounds.",
                        self.unsettled,
                        2 * PARTS - 1
                    ));
                }
                Stage::Pairs
            }
            Stage::Pairs => match self.pair() {
                Some(_) => Stage::Forecasts(0),
                None => {
                    self.notes.push(
                        "No forecast horizon: it needs two systems with the same number of variables, without delays, \
                         noise and events."
                            .into(),
                    );
                    Stage::Done
                }
            },
            Stage::Forecasts(index) if index < STARTS => {
                self.forecast(index)?;
                Stage::Forecasts(index + 1)
            }
            Stage::Forecasts(_) => {
                self.begin_exponent()?;
                Stage::Exponent
            }
            Stage::Exponent => {
                let taken = match &mut self.exponent {
                    Some(Exponent::Flow(run)) => run.advance(2000).map(|()| run.taken()),
                    Some(Exponent::Map(run)) => run.advance(2000).map(|()| run.taken()),
                    None => Ok(EXPONENT_STEPS),
                };
                if taken.map_err(refused)? < EXPONENT_STEPS {
                    return Ok(true);
                }
                self.horizon();
                Stage::Done
            }
            Stage::Done => Stage::Done,
        };
        Ok(true)
    }
}

impl Inquiry for Comparison {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while self.stage != Stage::Done {
            if !self.work(deadline)? || Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.stage == Stage::Done)
    }

    fn answer(&self) -> Answer {
        let mut findings: Vec<Finding> = self
            .measures
            .iter()
            .filter(|measure| measure.between.len() == PARTS)
            .map(|measure| {
                let (value, error) = estimate(&measure.between);
                let finding = measured(measure.id, measure.label, "", value, error);
                let text = if measure.within.len() + 1 == PARTS {
                    let (value, error) = estimate(&measure.within);
                    format!("{}; the first against itself {}", finding.text, with_error(value, error))
                } else {
                    finding.text
                };
                Finding { text, ..finding }
            })
            .collect();
        findings.extend(self.findings.iter().cloned());
        let sampled = 0.5 * (self.orbits[0].progress() + self.orbits[1].progress());
        let progress = match self.stage {
            Stage::Sampling => 0.2 * sampled,
            Stage::Places => 0.2,
            Stage::Operators => 0.4,
            Stage::Angles(pair) => 0.45 + 0.05 * pair as f64,
            Stage::Pairs => 0.8,
            Stage::Forecasts(index) => 0.8 + 0.1 * index as f64 / STARTS as f64,
            Stage::Exponent => 0.95,
            Stage::Done => 1.0,
        };
        let names = &self.orbits[0].names;
        let second = names.get(1).or(names.first()).map_or("", String::as_str);
        Answer {
            question: "compare".into(),
            progress,
            finished: self.stage == Stage::Done,
            findings,
            views: vec![
                view(
                    "orbits",
                    "Both orbits",
                    &format!("{} and {}", self.cases[0].name(), self.cases[1].name()),
                    ViewKind::Points,
                    [axis(names.first().map_or("", String::as_str)), axis(second)],
                    "States of both, in units of their spread.",
                ),
                view(
                    "spectra",
                    "Both spectra",
                    "",
                    ViewKind::Lines,
                    [axis("cycles a sample"), log_axis("share of power")],
                    "Smoothed power spectra of the first variables.",
                ),
                view(
                    "growth",
                    "Error of forecasts",
                    "the first foretold by the second",
                    ViewKind::Lines,
                    [axis("time"), log_axis("error")],
                    "Median error of forecasts against time.",
                ),
            ],
            note: (!self.notes.is_empty()).then(|| self.notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let names = [self.cases[0].name(), self.cases[1].name()];
        let d = self.dimension;
        let cloud = |which: usize| {
            let rows = self.scaled[which].chunks_exact(d).take(DRAWN);
            let column = |k: usize| rows.clone().map(|row| row[k]).collect::<Vec<f64>>();
            (column(0), column(if d > 1 { 1 } else { 0 }))
        };
        let spectrum = |which: usize| {
            let column: Vec<f64> = self.scaled[which].iter().step_by(d).copied().collect();
            let power = if column.len() < 2 {
                Vec::new()
            } else {
                smoothed_spectrum(&column, smoothing(column.len()))
            };
            let places = (0..power.len()).map(|k| k as f64 / column.len() as f64).collect::<Vec<f64>>();
            (places, power)
        };
        let (mut times, mut errors) = (Vec::new(), Vec::new());
        if let Some(forecasts) = &self.forecasts {
            // As far as half of all forecasts were run.
            for step in 1.. {
                let mut here: Vec<f64> =
                    forecasts.errors.iter().filter_map(|one| one.get(step).copied()).collect();
                if here.len() * 2 < forecasts.errors.len().max(1) {
                    break;
                }
                here.sort_by(f64::total_cmp);
                times.push(step as f64 * self.orbits[0].interval);
                errors.push(here[here.len() / 2]);
            }
        }
        let level = vec![Mark { at: FAILED, label: "failed".into() }];
        let orbits = vec![
            Line::cloud(Role::Quiet, cloud(1)).named(names[1]),
            Line::cloud(Role::Run, cloud(0)).named(names[0]),
        ];
        let spectra = vec![
            Line::new(Role::Dashed, spectrum(1)).named(names[1]),
            Line::new(Role::Run, spectrum(0)).named(names[0]),
        ];
        let growth = vec![Line::new(Role::Run, (times, errors))];
        let told = |what: &str| format!("{what} of {} and of {}.", names[0], names[1]);
        let failing = "Median error of the forecasts, in standard deviations.".to_owned();
        vec![
            plot("orbits", orbits, Vec::new(), Vec::new(), told("States")),
            plot("spectra", spectra, Vec::new(), Vec::new(), told("Power")),
            plot("growth", growth, Vec::new(), level, failing),
        ]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let d = self.dimension;
        let mut names = vec!["sample".to_owned()];
        for (mark, orbit) in ["first", "second"].into_iter().zip(&self.orbits) {
            names.extend(orbit.names[..d].iter().map(|name| format!("{mark} {name}")));
        }
        let [a, b] = &self.orbits;
        let pairs = a.values.chunks_exact(a.dimension()).zip(b.values.chunks_exact(b.dimension()));
        let rows = pairs.enumerate().map(|(index, (x, y))| {
            let mut row = vec![index as f64];
            row.extend_from_slice(&x[..d]);
            row.extend_from_slice(&y[..d]);
            row
        });
        (names, rows.collect())
    }
}
