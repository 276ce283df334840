//! The training that a person watches.

use super::data::Data;
use super::metrics::{self, Geometry};
use crate::build::{decimal, readout, set_number, set_text};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Mark, Picture, Readout, Remedy, Role, Series as PlotSeries, Value};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup};
use crate::values::Values;
use gpu::scene::{ColourScale, Layer, LineStyle, Panel, Projection, Scene};
use rnn::{Best, CellKind, Estimator, Forcing, Method, Schedule, Settings, StepReport, TrainedMap, Trainer};
use std::sync::Arc;

/// Learning rate at the start and at the end.
const RATES: [f64; 2] = [5e-3, 1e-5];
/// Updates between two estimates of the Jacobian's norm.
const EVERY: u64 = 5;
/// Sequences in a batch.
const BATCH: usize = 16;
/// Updates between two looks at the free run.
const LOOK: u64 = 50;
/// Points of the free run that is drawn, and of the data beside it.
const DRAWN: usize = 6_000;
/// Most points of a curve against the update; beyond, every other one is dropped.
const CURVE: usize = 2_000;

/// The settings of a training from the controls.
pub(super) fn settings(values: &Values, channels: usize, seed: u64) -> Settings {
    let updates = values.integer("updates") as u64;
    Settings {
        kind: CellKind::ShallowPlrnn {
            latent: channels,
            hidden: values.integer("hidden"),
            observed: channels,
            clipped: values.text("units") == "clipped",
        },
        forcing: forcing(values),
        method: Method::RAdam,
        schedule: Schedule::Exponential { from: RATES[0], to: RATES[1], updates },
        length: values.integer("length"),
        batch: BATCH,
        regularisation: 0.0,
        noise: 0.0,
        clip: None,
        floor: values.number("floor"),
        seed,
    }
}

fn forcing(values: &Values) -> Forcing {
    match values.text("forcing") {
        "free" => Forcing::Free,
        "fixed" => Forcing::Fixed { alpha: values.number("alpha") },
        "sparse" => Forcing::Sparse { tau: values.integer("tau") },
        "full" => Forcing::Full,
        _ => Forcing::Adaptive { gamma: values.number("gamma"), every: EVERY, estimator: Estimator::Product },
    }
}

/// A trainer in either precision.
enum Engine {
    Single(Box<Trainer<f32>>, Best<f32>),
    Double(Box<Trainer<f64>>, Best<f64>),
}

macro_rules! each {
    ($engine:expr, $trainer:ident => $body:expr) => {
        match $engine {
            Engine::Single($trainer, _) => $body,
            Engine::Double($trainer, _) => $body,
        }
    };
}

impl Engine {
    fn new(double: bool, settings: Settings, data: &Data) -> Result<Self, ExhibitError> {
        Ok(if double {
            Self::Double(Box::new(Trainer::new(settings, &data.train).map_err(refused)?), Best::new())
        } else {
            Self::Single(Box::new(Trainer::new(settings, &data.train).map_err(refused)?), Best::new())
        })
    }
    fn step(&mut self) -> Result<StepReport, ExhibitError> {
        each!(self, trainer => trainer.step()).map_err(refused)
    }
    fn updates(&self) -> u64 {
        each!(self, trainer => trainer.updates())
    }
    fn digest(&self) -> u64 {
        each!(self, trainer => trainer.digest())
    }
    /// The network as it stands, or the best so far.
    fn map(&self, best: bool) -> Option<TrainedMap> {
        match self {
            Self::Single(trainer, kept) if best && !kept.parameters().is_empty() => {
                let wide: Vec<f64> = kept.parameters().iter().map(|p| f64::from(*p)).collect();
                TrainedMap::new(trainer.settings().kind, &wide).ok()
            }
            Self::Double(trainer, kept) if best && !kept.parameters().is_empty() => {
                TrainedMap::new(trainer.settings().kind, kept.parameters()).ok()
            }
            _ => each!(self, trainer => trainer.map()).ok(),
        }
    }
    /// Offers the present network as the best, by its free run beside the training series.
    fn offer(&mut self, data: &Data) {
        let Ok(map) = each!(self, trainer => trainer.map()) else { return };
        let score = metrics::score(&data.train, &map);
        match self {
            Self::Single(trainer, best) => best.offer(score, trainer),
            Self::Double(trainer, best) => best.offer(score, trainer),
        };
    }
    fn save(&self) -> Vec<u8> {
        each!(self, trainer => trainer.checkpoint())
    }
    fn load(&mut self, data: &Data, bytes: &[u8]) -> Result<(), ExhibitError> {
        let damaged = |e: rnn::Error| ExhibitError::Checkpoint(e.to_string());
        match self {
            Self::Single(trainer, _) => {
                **trainer = Trainer::resume(*trainer.settings(), &data.train, bytes).map_err(damaged)?;
            }
            Self::Double(trainer, _) => {
                **trainer = Trainer::resume(*trainer.settings(), &data.train, bytes).map_err(damaged)?;
            }
        }
        Ok(())
    }
}

fn refused(error: rnn::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

/// A number against the update, thinned evenly when it grows long.
#[derive(Clone, Default)]
struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    /// Updates from one point to the next.
    stride: u64,
}

impl Curve {
    fn push(&mut self, update: u64, value: f64) {
        if self.stride == 0 {
            self.stride = 1;
        }
        if !update.is_multiple_of(self.stride) {
            return;
        }
        self.x.push(update as f64);
        self.y.push(value);
        if self.x.len() > CURVE {
            self.stride *= 2;
            let stride = self.stride;
            let keep: Vec<bool> = self.x.iter().map(|x| (*x as u64).is_multiple_of(stride)).collect();
            let thin = |values: &mut Vec<f64>| {
                let mut keep = keep.iter();
                values.retain(|_| keep.next().copied().unwrap_or(false));
            };
            thin(&mut self.x);
            thin(&mut self.y);
        }
    }
    /// Without the rapid scatter: exponential average over about ten points, of logarithms where `log`.
    fn smooth(&self, log: bool) -> Vec<f64> {
        let mut level = f64::NAN;
        self.y
            .iter()
            .map(|y| {
                let y = if log { libm::log(*y) } else { *y };
                if !y.is_finite() {
                    return f64::NAN;
                }
                level = if level.is_finite() { 0.9 * level + 0.1 * y } else { y };
                if log { libm::exp(level) } else { level }
            })
            .collect()
    }
}

/// A training beside the main one, for comparison.
struct Companion {
    name: &'static str,
    role: Role,
    trainer: Box<Trainer<f32>>,
    loss: Curve,
    gradient: Curve,
}

/// What is known of the network as drawn.
struct Look {
    update: u64,
    orbit: Vec<f64>,
    line: Arc<Vec<[f32; 4]>>,
    geometry: Option<Geometry>,
}

pub(super) struct Training {
    data: Data,
    engine: Engine,
    companions: Vec<Companion>,
    loss: Curve,
    gradient: Curve,
    alpha: Curve,
    norm: Curve,
    total: u64,
    last: Option<StepReport>,
    skipped: u64,
    fault: Option<String>,
    best: bool,
    truth: Arc<Vec<[f32; 4]>>,
    bounds: [[f64; 2]; 3],
    speed: f32,
    look: Option<Look>,
    settings: Settings,
}

/// Rows of up to three coordinates, with the distance to the next row as the scalar.
fn polyline(values: &[f64], channels: usize, rows: usize) -> Vec<[f32; 4]> {
    let at = |row: usize, c: usize| if c < channels { values[row * channels + c] } else { 0.0 };
    let rows = rows.min(values.len() / channels.max(1));
    (0..rows)
        .map(|row| {
            let next = if row + 1 < rows { row + 1 } else { row };
            let mut square = 0.0;
            for c in 0..channels {
                let d = at(next, c) - at(row, c);
                square += d * d;
            }
            [at(row, 0) as f32, at(row, 1) as f32, at(row, 2) as f32, libm::sqrt(square) as f32]
        })
        .collect()
}

impl Training {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let data = Data::of(setup)?;
        let channels = data.train.channels().len();
        let settings = settings(setup.values, channels, setup.recipe.seed);
        let engine = Engine::new(setup.values.text("precision") == "double", settings, &data)?;
        let mut companions = Vec::new();
        for (name, role, forcing) in
            [("free", Role::Dotted, Forcing::Free), ("full", Role::Dashed, Forcing::Full)]
        {
            if forcing != settings.forcing {
                let trainer = Trainer::new(Settings { forcing, ..settings }, &data.train).map_err(refused)?;
                let trainer = Box::new(trainer);
                companions.push(Companion {
                    name,
                    role,
                    trainer,
                    loss: Curve::default(),
                    gradient: Curve::default(),
                });
            }
        }
        let truth = polyline(data.test.values(), channels, DRAWN);
        let mut bounds = [[-1.0, 1.0]; 3];
        for (c, bound) in bounds.iter_mut().enumerate().take(channels) {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for row in 0..data.test.rows() {
                let value = data.test.row(row)[c];
                low = if value < low { value } else { low };
                high = if value > high { value } else { high };
            }
            let margin = 0.05 * (high - low);
            *bound = [low - margin, high + margin];
        }
        let speed = truth.iter().fold(0.0_f32, |most, p| if p[3] > most { p[3] } else { most });
        Ok(Self {
            total: setup.values.integer("updates") as u64,
            best: setup.values.switch("best"),
            truth: Arc::new(truth),
            bounds,
            speed,
            data,
            engine,
            companions,
            loss: Curve::default(),
            gradient: Curve::default(),
            alpha: Curve::default(),
            norm: Curve::default(),
            last: None,
            skipped: 0,
            fault: None,
            look: None,
            settings,
        })
    }

    fn look(&mut self) {
        let updates = self.engine.updates();
        let fresh = self.look.as_ref().is_some_and(|look| {
            updates == look.update || (updates >= look.update && updates < look.update + LOOK)
        });
        if fresh && updates < self.total {
            return;
        }
        if self.look.as_ref().is_some_and(|look| look.update == updates) {
            return;
        }
        if updates > 0 {
            self.engine.offer(&self.data);
        }
        let Some(mut map) = self.engine.map(self.best) else { return };
        let channels = self.data.train.channels().len();
        let run = map.free_run(self.data.test.row(0), self.data.test.rows());
        let orbit = run.map(|run| run.values).unwrap_or_default();
        let line = Arc::new(polyline(&orbit, channels, DRAWN));
        let geometry = metrics::geometry(&self.data.test, &orbit);
        self.look = Some(Look { update: updates, orbit, line, geometry });
    }

    fn curve(
        &self,
        view: &str,
        what: &str,
        main: &Curve,
        others: impl Fn(&Companion) -> &Curve,
    ) -> (Picture, Vec<Vec<f64>>) {
        let mut arrays = Vec::new();
        let mut series = Vec::new();
        let mut put = |label: &str, role: Role, curve: &Curve| {
            let array = arrays.len() as u32;
            arrays.push(curve.x.clone());
            arrays.push(curve.smooth(true));
            let (x, y) = (ArrayRef { array }, ArrayRef { array: array + 1 });
            series.push(PlotSeries { label: label.into(), role, x, y, points: false });
        };
        for companion in &self.companions {
            put(companion.name, companion.role.clone(), others(companion));
        }
        put(self.forcing_name(), Role::Run, main);
        let now = main.y.last().copied().unwrap_or(f64::NAN);
        let picture = Picture::Plot {
            view: view.into(),
            series,
            uprights: self.here(),
            levels: Vec::new(),
            x: Some([0.0, self.total as f64]),
            y: None,
            alternative: format!("{what} is {now:.3e} after {} updates.", self.engine.updates()),
        };
        (picture, arrays)
    }

    fn here(&self) -> Vec<Mark> {
        vec![Mark { at: self.engine.updates() as f64, label: self.engine.updates().to_string() }]
    }

    fn forcing_name(&self) -> &'static str {
        match self.settings.forcing {
            Forcing::Free => "free",
            Forcing::Fixed { .. } => "fixed",
            Forcing::Adaptive { .. } => "adaptive",
            Forcing::Sparse { .. } => "sparse",
            Forcing::Full => "full",
        }
    }

    fn strength(&self) -> (Picture, Vec<Vec<f64>>) {
        let product: Vec<f64> = self
            .norm
            .x
            .iter()
            .zip(&self.norm.y)
            .map(|(x, norm)| {
                let at = self.alpha.x.partition_point(|a| a < x);
                let alpha = self.alpha.y.get(at.min(self.alpha.y.len().saturating_sub(1)));
                alpha.map_or(f64::NAN, |alpha| (1.0 - alpha) * norm)
            })
            .collect();
        let arrays = vec![
            self.alpha.x.clone(),
            self.alpha.y.clone(),
            self.norm.x.clone(),
            self.norm.y.clone(),
            product,
        ];
        let series = |label: &str, role, x: u32, y: u32| PlotSeries {
            label: label.into(),
            role,
            x: ArrayRef { array: x },
            y: ArrayRef { array: y },
            points: false,
        };
        let alpha = self.alpha.y.last().copied().unwrap_or(f64::NAN);
        let mut all = vec![series(&format!("α = {}", decimal(alpha, 3)), Role::Run, 0, 1)];
        if !self.norm.x.is_empty() {
            all.push(series("‖J‖", Role::Quiet, 2, 3));
            all.push(series("(1 − α)‖J‖", Role::Ink, 2, 4));
        }
        let picture = Picture::Plot {
            view: "strength".into(),
            series: all,
            uprights: self.here(),
            levels: Vec::new(),
            x: Some([0.0, self.total as f64]),
            y: Some([0.0, f64::NAN]),
            alternative: format!("The forcing strength is {alpha:.3}."),
        };
        (picture, arrays)
    }

    fn spectrum(&mut self) -> Option<(Picture, Vec<Vec<f64>>)> {
        self.look();
        let channels = self.data.train.channels().len();
        let first = |values: &[f64]| values.iter().step_by(channels).copied().collect::<Vec<f64>>();
        let of = |values: &[f64]| metrics::spectrum(&first(values), self.data.interval);
        let (x, truth) = of(self.data.test.values())?;
        let mut arrays = vec![x, truth];
        let series = |label: &str, role, x: u32| PlotSeries {
            label: label.into(),
            role,
            x: ArrayRef { array: x },
            y: ArrayRef { array: x + 1 },
            points: false,
        };
        let mut all = vec![series("system", Role::Ink, 0)];
        let look = self.look.as_ref()?;
        if let Some((x, learned)) = of(&look.orbit) {
            arrays.push(x);
            arrays.push(learned);
            all.push(series("network", Role::Run, 2));
        }
        let distance = look.geometry.map_or(f64::NAN, |g| g.spectra);
        let picture = Picture::Plot {
            view: "spectrum".into(),
            series: all,
            uprights: Vec::new(),
            levels: Vec::new(),
            x: None,
            y: Some([1e-8, f64::NAN]),
            alternative: format!("The Hellinger distance of the spectra is {}.", decimal(distance, 3)),
        };
        Some((picture, arrays))
    }

    fn histogram(&mut self) -> Option<(Picture, Vec<Vec<f64>>)> {
        self.look();
        let channels = self.data.train.channels().len();
        let first = |values: &[f64]| values.iter().step_by(channels).copied().collect::<Vec<f64>>();
        let truth = first(self.data.test.values());
        let look = self.look.as_ref()?;
        let (bins, shares) = metrics::histogram(&truth, &truth);
        let (_, learned) = metrics::histogram(&truth, &first(&look.orbit));
        let series = |label: &str, role, y: u32| PlotSeries {
            label: label.into(),
            role,
            x: ArrayRef { array: y },
            y: ArrayRef { array: y },
            points: false,
        };
        let picture = Picture::Bars {
            view: "histogram".into(),
            labels: bins.iter().map(|b| decimal(*b, 2)).collect(),
            series: vec![series("system", Role::Ink, 0), series("network", Role::Run, 1)],
            alternative: "Shares of thirty bins of the first variable, in the data and in the free run."
                .into(),
        };
        Some((picture, vec![shares, learned]))
    }
}

impl Run for Training {
    fn position(&self) -> u64 {
        self.engine.updates()
    }
    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
    fn unit(&self) -> &'static str {
        "updates"
    }
    fn step(&mut self) {
        if self.engine.updates() >= self.total || self.fault.is_some() {
            return;
        }
        match self.engine.step() {
            Ok(report) => {
                self.loss.push(report.update, report.loss);
                self.gradient.push(report.update, report.gradient_norm);
                self.alpha.push(report.update, report.alpha);
                if let Some(estimate) = report.norm_estimate {
                    self.norm.push(report.update / EVERY * EVERY, estimate.norm);
                }
                self.skipped += u64::from(report.skipped);
                self.last = Some(report);
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
        for companion in &mut self.companions {
            if let Ok(report) = companion.trainer.step() {
                companion.loss.push(report.update, report.loss);
                companion.gradient.push(report.update, report.gradient_norm);
            }
        }
    }
    fn divergence(&self) -> Option<Divergence> {
        let report = self.last?;
        // A hundred skipped updates in a row cannot be told from one here, but a training that skips more than
        // half of its updates goes nowhere.
        if self.skipped < 100 || self.skipped * 2 < report.update {
            return None;
        }
        Some(Divergence {
            time: report.update as f64,
            variable: "the gradient".into(),
            last: vec![report.alpha],
            remedies: vec![
                Remedy { action: "Adapt the forcing".into(), sets: vec![set_text("forcing", "adaptive")] },
                Remedy {
                    action: "Shorten the sequences to 25".into(),
                    sets: vec![set_number("length", 25.0)],
                },
            ],
        })
    }
    fn witness(&self) -> Option<u64> {
        Some(self.engine.digest())
    }
    fn readouts(&self) -> Vec<Readout> {
        let mut all = Vec::new();
        if let Some(report) = self.last {
            all.push(readout("loss", "", format!("{:.2e}", report.loss).replace('-', "\u{2212}"), true));
        }
        if let Some(geometry) = self.look.as_ref().and_then(|look| look.geometry) {
            let symbol = "<msub><mi>D</mi><mi>stsp</mi></msub>";
            all.push(readout("divergence", symbol, decimal(geometry.states, 2), true));
            let symbol = "<msub><mi>D</mi><mi>H</mi></msub>";
            all.push(readout("spectra", symbol, decimal(geometry.spectra, 3), true));
        }
        all
    }
    fn note(&self) -> Option<String> {
        if let Some(fault) = &self.fault {
            return Some(fault.clone());
        }
        (self.skipped > 0)
            .then(|| format!("{} updates were skipped because their gradient was not finite.", self.skipped))
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        if let ("best", Value::Switch(on)) = (control, value) {
            self.best = *on;
            self.look = None;
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<crate::contract::Frame> {
        let (picture, arrays) = match view {
            "gradient" => self.curve("gradient", "The gradient's norm", &self.gradient, |c| &c.gradient),
            "loss" => self.curve("loss", "The loss", &self.loss, |c| &c.loss),
            "strength" => self.strength(),
            "spectrum" => self.spectrum()?,
            "histogram" => self.histogram()?,
            _ => return None,
        };
        Some(crate::contract::Frame { picture, arrays })
    }
    fn scene(&mut self) -> Scene {
        self.look();
        let names = self.data.train.channels();
        let flat = names.len() < 3;
        let projection = if flat { Projection::Plane } else { Projection::Space };
        let panel = |title: String, line: Arc<Vec<[f32; 4]>>| {
            let mut panel = Panel::new(title, projection, self.bounds);
            for (axis, name) in panel.axes.iter_mut().zip(names) {
                *axis = name.clone().into();
            }
            panel.colour = ColourScale { label: "step length".into(), min: 0.0, max: self.speed };
            panel.layers.push(if flat {
                Layer::Cloud { points: line, size: 1.5 }
            } else {
                Layer::Line { points: line, style: LineStyle::Scalar }
            });
            panel
        };
        let learned = self.look.as_ref().map_or_else(Arc::default, |look| look.line.clone());
        Scene {
            panels: vec![
                panel("The system".into(), self.truth.clone()),
                panel("The network, running free".into(), learned),
            ],
        }
    }
    fn alternative(&self) -> String {
        let geometry = self.look.as_ref().and_then(|look| look.geometry);
        let told = geometry.map_or_else(String::new, |g| {
            format!(" Their state-space divergence is {}.", decimal(g.states, 2))
        });
        format!(
            "Left, the attractor of {}; right, the free run of the network after {} updates.{told}",
            self.data.source,
            self.engine.updates()
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(&self.engine.save());
        for companion in &self.companions {
            out.bytes(&companion.trainer.checkpoint());
        }
        let own = [&self.loss, &self.gradient, &self.alpha, &self.norm];
        for curve in own.into_iter().chain(self.companions.iter().flat_map(|c| [&c.loss, &c.gradient])) {
            out.u64(curve.stride).f64s(&curve.x).f64s(&curve.y);
        }
        out.u64(self.skipped);
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        self.engine.load(&self.data, from.bytes()?)?;
        for companion in &mut self.companions {
            let settings = *companion.trainer.settings();
            let resumed = Trainer::resume(settings, &self.data.train, from.bytes()?);
            *companion.trainer = resumed.map_err(|e| ExhibitError::Checkpoint(e.to_string()))?;
        }
        let own = [&mut self.loss, &mut self.gradient, &mut self.alpha, &mut self.norm];
        let others = self.companions.iter_mut().flat_map(|c| [&mut c.loss, &mut c.gradient]);
        for curve in own.into_iter().chain(others) {
            *curve = Curve { stride: from.u64()?, x: from.f64s()?, y: from.f64s()? };
        }
        self.skipped = from.u64()?;
        self.look = None;
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        each!(&self.engine, trainer => trainer.wide_parameters())
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = ["update", "loss", "gradient_norm", "alpha"].map(String::from).to_vec();
        let rows = (0..self.loss.x.len())
            .map(|i| {
                let of = |curve: &Curve| curve.y.get(i).copied().unwrap_or(f64::NAN);
                vec![self.loss.x[i], of(&self.loss), of(&self.gradient), of(&self.alpha)]
            })
            .collect();
        (names, rows)
    }
}
