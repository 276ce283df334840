//! The training that a person watches.

use super::data::data;
#[cfg(feature = "nets")]
use super::elsewhere::{Elsewhere, Place, Step as Outcome};
use crate::build::{decimal, readout, set_number, set_text};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Mark, Picture, Readout, Remedy, Role, Series as PlotSeries, Value};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Failure, Run, Setup};
use crate::reconstruction::metrics::{self, Geometry};
use crate::reconstruction::{Curve, Data, box_of, polyline, refused};
use crate::values::{Values, place};
use gpu::scene::{ColourScale, Layer, LineStyle, Panel, Projection, Scene};
use rnn::{Best, CellKind, Estimator, Forcing, Method, Schedule, Settings, StepReport, TrainedMap, Trainer};
use std::sync::Arc;

/// Learning rate at the start and at the end.
const RATES: [f64; 2] = [5e-3, 1e-5];
/// Updates between two estimates of the Jacobian's norm.
pub(super) const EVERY: u64 = 5;
/// Sequences in a batch.
const BATCH: usize = 16;
/// Updates between two looks at the free run.
const LOOK: u64 = 50;
/// Points of the free run that is drawn, and of the data beside it.
const DRAWN: usize = 6_000;

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
        forcing: forcing(values, values.text("forcing")),
        method: Method::RAdam,
        schedule: Schedule::Exponential { from: RATES[0], to: RATES[1], updates },
        length: values.integer("length"),
        batch: BATCH,
        regularisation: values.number("penalty"),
        noise: 0.0,
        clip: None,
        floor: values.number("floor"),
        seed,
    }
}

/// Every way of forcing, by its name in links, with its line in the pictures where it is not the run's own.
const WAYS: [(&str, Role); 5] = [
    ("free", Role::Dotted),
    ("fixed", Role::Quiet),
    ("adaptive", Role::Ink),
    ("sparse", Role::Quiet),
    ("full", Role::Dashed),
];

/// A way of forcing at the strength, the annealing and the interval that are set.
fn forcing(values: &Values, way: &str) -> Forcing {
    match way {
        "free" => Forcing::Free,
        "fixed" => Forcing::Fixed { alpha: values.number("alpha") },
        "sparse" => Forcing::Sparse { tau: values.integer("tau") },
        "full" => Forcing::Full,
        _ => Forcing::Adaptive {
            gamma: values.number("gamma"),
            every: EVERY,
            estimator: match values.text("estimator") {
                "maximum" => Estimator::Maximum,
                "parameters" => Estimator::Parameters,
                "geometric" => Estimator::GeometricMean,
                "arithmetic" => Estimator::ArithmeticMean,
                _ => Estimator::Product,
            },
        },
    }
}

/// What trains: the fused trainer in either precision, or burn.
enum Engine {
    Single(Box<Trainer<f32>>, Best<f32>),
    Double(Box<Trainer<f64>>, Best<f64>),
    #[cfg(feature = "nets")]
    Burn(Elsewhere, Best<f32>),
}

/// What came of an update.
enum Step {
    /// The engine has not answered yet.
    #[cfg_attr(not(feature = "nets"), expect(dead_code, reason = "the fused trainers answer at once"))]
    Waiting,
    /// Done; its figures have not been read.
    #[cfg_attr(not(feature = "nets"), expect(dead_code, reason = "the fused trainers answer at once"))]
    Unread,
    /// Done, with what it measured.
    Done(StepReport),
}

macro_rules! each {
    ($engine:expr, $trainer:ident => $body:expr) => {
        match $engine {
            Engine::Single($trainer, _) => $body,
            Engine::Double($trainer, _) => $body,
            #[cfg(feature = "nets")]
            Engine::Burn(burn, _) => {
                let $trainer = burn.fused();
                $body
            }
        }
    };
}

impl Engine {
    fn new(
        setup: &Setup<'_>,
        settings: Settings,
        data: &Data,
    ) -> Result<(Self, Option<String>), ExhibitError> {
        let named = setup.values.text("engine");
        if named != "fused" {
            return Self::burn(named == "burn-webgpu", setup, settings, data);
        }
        let engine = if setup.values.text("precision") == "double" {
            Self::Double(Box::new(Trainer::new(settings, &data.train).map_err(refused)?), Best::new())
        } else {
            Self::Single(Box::new(Trainer::new(settings, &data.train).map_err(refused)?), Best::new())
        };
        Ok((engine, None))
    }
    /// burn where it was asked for; on the CPU, with a note, where there is no device to train on.
    #[cfg(feature = "nets")]
    fn burn(
        on_device: bool,
        setup: &Setup<'_>,
        settings: Settings,
        data: &Data,
    ) -> Result<(Self, Option<String>), ExhibitError> {
        let (place, note) = match (on_device, &setup.means.gpu) {
            (true, Some(device)) => (Place::Gpu(device.clone()), None),
            (true, None) => {
                let note = "There is no WebGPU adapter to train on; burn trains on the CPU instead.";
                (Place::Cpu, Some(note.to_owned()))
            }
            (false, _) => (Place::Cpu, None),
        };
        let total = setup.values.integer("updates") as u64;
        let burn = Elsewhere::new(place, settings, &data.train, total)?;
        Ok((Self::Burn(burn, Best::new()), note))
    }
    #[cfg(not(feature = "nets"))]
    fn burn(
        _: bool,
        setup: &Setup<'_>,
        _: Settings,
        _: &Data,
    ) -> Result<(Self, Option<String>), ExhibitError> {
        Err(ExhibitError::Module(format!("the engine {:?}", setup.values.text("engine"))))
    }
    fn step(&mut self) -> Result<Step, ExhibitError> {
        match self {
            Self::Single(trainer, _) => trainer.step().map(Step::Done).map_err(refused),
            Self::Double(trainer, _) => trainer.step().map(Step::Done).map_err(refused),
            #[cfg(feature = "nets")]
            Self::Burn(burn, _) => Ok(match burn.step()? {
                Outcome::Waiting => Step::Waiting,
                Outcome::Unread => Step::Unread,
                Outcome::Read(report) => Step::Done(report),
            }),
        }
    }
    fn updates(&self) -> u64 {
        each!(self, trainer => trainer.updates())
    }
    fn skipped(&self) -> u64 {
        match self {
            #[cfg(feature = "nets")]
            Self::Burn(burn, _) => burn.skipped(),
            _ => each!(self, trainer => trainer.skipped()),
        }
    }
    /// Digest of the parameters, where they have the same bits everywhere.
    fn digest(&self) -> Option<u64> {
        match self {
            Self::Single(trainer, _) => Some(trainer.digest()),
            Self::Double(trainer, _) => Some(trainer.digest()),
            #[cfg(feature = "nets")]
            Self::Burn(..) => None,
        }
    }
    fn on_gpu(&self) -> bool {
        match self {
            #[cfg(feature = "nets")]
            Self::Burn(burn, _) => burn.on_gpu(),
            _ => false,
        }
    }
    /// The network as it stands, or the best so far.
    fn map(&self, best: bool) -> Option<TrainedMap> {
        let kind = each!(self, trainer => trainer.settings().kind);
        let kept: Vec<f64> = match self {
            Self::Double(_, kept) => kept.parameters().to_vec(),
            Self::Single(_, kept) => kept.parameters().iter().map(|p| f64::from(*p)).collect(),
            #[cfg(feature = "nets")]
            Self::Burn(_, kept) => kept.parameters().iter().map(|p| f64::from(*p)).collect(),
        };
        if best && !kept.is_empty() {
            return TrainedMap::new(kind, &kept).ok();
        }
        each!(self, trainer => trainer.map()).ok()
    }
    /// Offers the present network as the best, by its free run beside the training series.
    fn offer(&mut self, data: &Data) {
        let Ok(map) = each!(self, trainer => trainer.map()) else { return };
        let score = metrics::score(&data.train, &map);
        match self {
            Self::Single(trainer, best) => best.offer(score, trainer),
            Self::Double(trainer, best) => best.offer(score, trainer),
            #[cfg(feature = "nets")]
            Self::Burn(burn, best) => best.offer(score, burn.fused()),
        };
    }
    fn save(&self) -> Vec<u8> {
        match self {
            Self::Single(trainer, _) => trainer.checkpoint(),
            Self::Double(trainer, _) => trainer.checkpoint(),
            #[cfg(feature = "nets")]
            Self::Burn(burn, _) => burn.save(),
        }
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
            #[cfg(feature = "nets")]
            Self::Burn(burn, _) => burn.load(&data.train, bytes)?,
        }
        Ok(())
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
    fault: Option<String>,
    note: Option<String>,
    best: bool,
    /// The variable of which spectrum and histogram are shown.
    slice: usize,
    truth: Arc<Vec<[f32; 4]>>,
    bounds: [[f64; 2]; 3],
    speed: f32,
    look: Option<Look>,
    settings: Settings,
}

impl Training {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let data = data(setup)?;
        let channels = data.train.channels().len();
        let settings = settings(setup.values, channels, setup.recipe.seed);
        let (engine, note) = Engine::new(setup, settings, &data)?;
        let mut companions = Vec::new();
        let own = setup.values.text("forcing");
        for (name, role) in WAYS.into_iter().filter(|(name, _)| *name != own) {
            let forcing = forcing(setup.values, name);
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
        let truth = polyline(data.test.values(), channels, DRAWN);
        let bounds = box_of(&data.test);
        let speed = truth.iter().fold(0.0_f32, |most, p| if p[3] > most { p[3] } else { most });
        Ok(Self {
            total: setup.values.integer("updates") as u64,
            best: setup.values.switch("best"),
            slice: place(setup.values.text("slice")),
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
            fault: None,
            note,
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

    /// The variable shown, out of rows of all.
    fn slice(&self, values: &[f64]) -> Vec<f64> {
        analysis::channel(values, self.data.train.channels().len(), self.slice)
    }

    fn spectrum(&mut self) -> Option<(Picture, Vec<Vec<f64>>)> {
        self.look();
        let of = |values: &[f64]| metrics::spectrum(&self.slice(values), self.data.interval);
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
        let truth = self.slice(self.data.test.values());
        let look = self.look.as_ref()?;
        let (bins, shares) = metrics::histogram(&truth, &truth);
        let (_, learned) = metrics::histogram(&truth, &self.slice(&look.orbit));
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
            alternative: format!(
                "Shares of thirty bins of {}, in the data and in the free run.",
                self.data.train.channels().get(self.slice).map_or("a variable", String::as_str)
            ),
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
            Ok(Step::Waiting) => return,
            Ok(Step::Unread) => {}
            Ok(Step::Done(report)) => {
                self.loss.push(report.update, report.loss);
                self.gradient.push(report.update, report.gradient_norm);
                self.alpha.push(report.update, report.alpha);
                if let Some(estimate) = report.norm_estimate {
                    self.norm.push(report.update / EVERY * EVERY, estimate.norm);
                }
                self.last = Some(report);
            }
            Err(error) => {
                self.fault = Some(error.to_string());
                return;
            }
        }
        for companion in &mut self.companions {
            // After a state was taken up again it may be ahead by the updates since the last read-back.
            if companion.trainer.updates() < self.engine.updates()
                && let Ok(report) = companion.trainer.step()
            {
                companion.loss.push(report.update, report.loss);
                companion.gradient.push(report.update, report.gradient_norm);
            }
        }
    }
    fn divergence(&self) -> Option<Divergence> {
        let report = self.last?;
        // A hundred skipped updates in a row cannot be told from one here, but a training that skips more than
        // half of its updates goes nowhere.
        if self.engine.skipped() < 100 || self.engine.skipped() * 2 < report.update {
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
    fn failure(&self) -> Option<Failure> {
        let reason = self.fault.clone()?;
        let remedies = vec![Remedy {
            action: "Train on the fused engine".into(),
            sets: vec![set_text("engine", "fused")],
        }];
        Some(Failure { reason, remedies })
    }
    fn witness(&self) -> Option<u64> {
        self.engine.digest()
    }
    fn witness_note(&self) -> Option<String> {
        self.engine.digest().is_none().then(|| {
            "burn computes the same gradients as the fused engine to rounding, not bit for bit, so no fingerprint \
             is claimed"
                .into()
        })
    }
    fn on_gpu(&self) -> bool {
        self.engine.on_gpu()
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
        let skipped = self.engine.skipped();
        if skipped == 0 {
            return self.note.clone();
        }
        Some(format!("{skipped} updates were skipped because their gradient was not finite."))
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        if let ("best", Value::Switch(on)) = (control, value) {
            self.best = *on;
            self.look = None;
        }
        if let ("slice", Value::Text(text)) = (control, value) {
            self.slice = place(text);
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
            curve.write(&mut out);
        }
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
            *curve = Curve::read(&mut from)?;
        }
        let updates = self.engine.updates();
        for curve in [&mut self.loss, &mut self.gradient, &mut self.alpha, &mut self.norm] {
            curve.cut(updates);
        }
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
