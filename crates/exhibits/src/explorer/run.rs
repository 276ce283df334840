//! The run that a person watches: a witness in f64, its neighbour, and an ensemble.

use super::declaration::{parameter_id, start_id};
use super::plane;
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Frame, Picture, Readout, Remedy, Role, Series, Value};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup};
use crate::subject::{Runner, Subject};
use crate::values::Values;
use dynamics::{Checkpoint, Ensemble, EnsembleOptions, Method, Options, Statistics};
use gpu::scene::{ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Ring, Scene};
use numerics::{Digest, Lanes, Stream};
use std::sync::Arc;
use zoo::Field;

type Block = Lanes<f32, 8>;

/// Samples of the witness that are kept.
const HISTORY: usize = 4_000;
/// Points kept behind each trajectory of the ensemble, all together at most.
const TRAIL_POINTS: usize = 60_000;
/// Longest trail.
const TRAIL: usize = 200;
/// Vertices of the witness's line on the stage.
const LINE: usize = 400;
/// Most trajectories started by hand.
const PICKED: usize = 8;
/// Steps of the walk that finds where the attractor lies.
const WALK: u64 = 6_000;

/// Where the attractor lies: lowest and highest value of each variable along a walk from the start, the first
/// twelfth of it left out, and the mean speed.
pub(crate) struct Extent {
    pub(crate) low: Vec<f64>,
    pub(crate) high: Vec<f64>,
    pub(crate) speed: f64,
}

/// Walks from a start and notes what it touches. A walk that diverges counts up to there.
pub(crate) fn extent(
    subject: &Subject,
    parameters: &[f64],
    start: &[f64],
    dt: f64,
) -> Result<Extent, ExhibitError> {
    let n = start.len();
    let mut runner = subject.stepper(parameters, subject.options(Method::RungeKutta4, dt), start)?;
    let (mut low, mut high) = (start.to_vec(), start.to_vec());
    let mut previous = start.to_vec();
    let mut speeds = Vec::with_capacity(WALK as usize);
    for step in 0..WALK {
        let stepper = runner.stepper_mut();
        if !stepper.advance().is_ok() {
            break;
        }
        let state = stepper.state();
        if step == WALK / 12 {
            low.copy_from_slice(state);
            high.copy_from_slice(state);
        }
        let mut square = 0.0;
        for j in 0..n {
            low[j] = if state[j] < low[j] { state[j] } else { low[j] };
            high[j] = if state[j] > high[j] { state[j] } else { high[j] };
            let d = state[j] - previous[j];
            square += d * d;
        }
        speeds.push(libm::sqrt(square));
        previous.copy_from_slice(state);
    }
    speeds.sort_by(f64::total_cmp);
    let speed = speeds.get(speeds.len() * 95 / 100).copied().unwrap_or(1.0);
    for j in 0..n {
        if high[j] - low[j] < 1e-9 {
            let reach = if low[j] == 0.0 { 1.0 } else { libm::fabs(low[j]) };
            low[j] -= 0.5 * reach;
            high[j] += 0.5 * reach;
        }
    }
    Ok(Extent { low, high, speed: if speed > 0.0 { speed } else { 1.0 } })
}

/// The copies, wherever they are computed.
enum Copies {
    Cpu { ensemble: Ensemble<Block>, field: Field<Block>, ring: Ring },
    Gpu { ensemble: gpu::Ensemble, pending: u32 },
}

pub(super) struct Exploration {
    subject: Subject,
    parameters: Vec<f64>,
    names: Vec<String>,
    solver: Method,
    dt: f64,
    start: Vec<f64>,
    witness: Runner,
    neighbour: Runner,
    copies: Copies,
    count: usize,
    extent: Extent,
    colour: String,
    /// Time, state, and logarithm of the distance to the neighbour; the newest last.
    history: Vec<Sample>,
    picked: Vec<(Runner, Vec<[f32; 4]>)>,
    plane: Option<PlaneLayers>,
    note: Option<String>,
}

/// Direction field and nullclines as drawn last.
struct PlaneLayers {
    time: f64,
    parameters: Vec<f64>,
    layers: [Layer; 3],
}

struct Sample {
    time: f64,
    state: Vec<f64>,
    other: f64,
    distance: f64,
}

/// States of the copies, variable by variable: the first at the start itself, the others around it.
fn scatter(start: &[f64], extent: &Extent, spread: f64, count: usize, seed: u64) -> Vec<f64> {
    let mut states = vec![0.0; start.len() * count];
    let mut stream = Stream::new(seed, "ensemble");
    for copy in 0..count {
        for (variable, centre) in start.iter().enumerate() {
            let reach = spread * (extent.high[variable] - extent.low[variable]);
            let offset = if copy == 0 { 0.0 } else { reach * stream.normal() };
            states[variable * count + copy] = centre + offset;
        }
    }
    states
}

fn solver(values: &Values, map: bool) -> Method {
    if map { Method::Discrete } else { Method::from_slug(values.text("solver")).unwrap_or_default() }
}

impl Exploration {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let subject = super::subject(setup.recipe)?;
        let values = setup.values;
        let model = subject.model();
        let parameters: Vec<f64> =
            model.parameters.iter().map(|p| values.number(&parameter_id(&p.name))).collect();
        let start: Vec<f64> = model.variables.iter().map(|v| values.number(&start_id(&v.name))).collect();
        let solver = solver(values, subject.is_map());
        let dt = if subject.is_map() { 1.0 } else { values.number("dt") };
        let tolerance = if solver == Method::Tsitouras5 { values.number("tolerance") } else { 1e-8 };
        let options = Options { rtol: tolerance, atol: tolerance * 1e-3, ..subject.options(solver, dt) };
        let witness = subject.stepper(&parameters, options.clone(), &start)?;
        let mut beside = start.clone();
        beside[0] += values.number("apart");
        let neighbour = subject.stepper(&parameters, options, &beside)?;
        let extent = extent(&subject, &parameters, &start, dt)?;
        let count = values.integer("copies");
        let states = scatter(&start, &extent, values.number("spread"), count, setup.recipe.seed);
        let mut run = Self {
            names: subject.variable_names(),
            copies: Self::on_cpu(&subject, &parameters, &states, solver, dt, subject.start_time())?,
            colour: values.text("colour").to_owned(),
            history: Vec::new(),
            picked: Vec::new(),
            plane: None,
            note: None,
            subject,
            parameters,
            solver,
            dt,
            start,
            witness,
            neighbour,
            count,
            extent,
        };
        if setup.means.wants_gpu {
            match &setup.means.gpu {
                Some(device) => run.move_to_gpu(device, &states),
                None => run.note = Some("There is no GPU here; the ensemble runs on the CPU.".into()),
            }
        }
        run.record();
        run.push_ring();
        Ok(run)
    }

    fn on_cpu(
        subject: &Subject,
        parameters: &[f64],
        states: &[f64],
        solver: Method,
        dt: f64,
        t0: f64,
    ) -> Result<Copies, ExhibitError> {
        let n = subject.model().dimension();
        let method = if solver == Method::Euler { Method::Euler } else { Method::RungeKutta4 };
        let options = EnsembleOptions { method, t0, h: dt, bound: subject.bound() };
        let ensemble =
            Ensemble::from_states(states, n, options).map_err(|e| ExhibitError::Refused(e.to_string()))?;
        let count = states.len() / n;
        let length = (TRAIL_POINTS / count.max(1)).clamp(2, TRAIL);
        Ok(Copies::Cpu { ensemble, field: subject.field(parameters), ring: Ring::new(count, length) })
    }

    fn move_to_gpu(&mut self, device: &Arc<gpu::Device>, states: &[f64]) {
        let n = self.start.len();
        let kernel = match self.subject.kernel() {
            Ok(kernel) => kernel,
            Err(error) => {
                self.note = Some(format!("The GPU cannot carry these equations: {error}. The CPU goes on."));
                return;
            }
        };
        let count = device.affordable_copies(self.count);
        if count < self.count {
            self.note =
                Some(format!("This adapter is software; {count} of the {} copies are drawn.", self.count));
        }
        // Trajectory by trajectory, as the kernel keeps them.
        let mut single = Vec::with_capacity(count * n);
        for copy in 0..count {
            single.extend((0..n).map(|j| states[j * self.count + copy] as f32));
        }
        let options = gpu::EnsembleOptions {
            dt: self.dt as f32,
            t0: self.witness.stepper().time() as f32,
            bound: self.subject.bound() as f32,
            axes: self.axes(),
            trail: (TRAIL_POINTS / count.max(1)).clamp(2, TRAIL),
            colour: self.colour_by(),
        };
        let parameters: Vec<f32> = self.parameters.iter().map(|p| *p as f32).collect();
        match gpu::Ensemble::new(device, &kernel, &single, &parameters, options) {
            Ok(ensemble) => self.copies = Copies::Gpu { ensemble, pending: 0 },
            Err(error) => self.note = Some(format!("The GPU refused: {error}. The CPU goes on.")),
        }
    }

    fn colour_by(&self) -> gpu::ColourBy {
        match self.colour.as_str() {
            "copy" => gpu::ColourBy::Trajectory,
            "last" => gpu::ColourBy::Variable(self.start.len() - 1),
            _ => gpu::ColourBy::Speed,
        }
    }

    /// The variables on the three axes of the stage.
    fn axes(&self) -> [Option<usize>; 3] {
        self.subject.axes()
    }

    fn planar(&self) -> bool {
        self.axes()[2].is_none()
    }

    fn record(&mut self) {
        let (here, there) = (self.witness.stepper(), self.neighbour.stepper());
        let mut square = 0.0;
        for (a, b) in here.state().iter().zip(there.state()) {
            square += (a - b) * (a - b);
        }
        let sample = Sample {
            time: here.time(),
            state: here.state().to_vec(),
            other: there.state()[0],
            distance: libm::sqrt(square),
        };
        if self.history.len() >= HISTORY {
            // Half at a time, so that the cost of moving is spread thinly.
            self.history.drain(..HISTORY / 2);
        }
        self.history.push(sample);
    }

    fn push_ring(&mut self) {
        let axes = self.axes();
        let colour = self.colour_by();
        let one = self.start.len() == 1;
        let Copies::Cpu { ensemble, ring, .. } = &mut self.copies else { return };
        let count = ensemble.trajectories();
        let previous: Vec<[f32; 4]> = ring.newest().to_vec();
        let points = (0..count).map(|i| {
            if ensemble.diverged(i) {
                return [f32::NAN; 4];
            }
            let at = |axis: Option<usize>| axis.map_or(0.0, |j| ensemble.value(i, j) as f32);
            let mut p = [at(axes[0]), at(axes[1]), at(axes[2]), 0.0];
            let before = previous.get(i).copied().unwrap_or([f32::NAN; 4]);
            if one {
                // A single variable is shown against its predecessor.
                p = [before[1], p[0], 0.0, 0.0];
            }
            p[3] = match colour {
                gpu::ColourBy::Trajectory => i as f32,
                gpu::ColourBy::Variable(j) => ensemble.value(i, j) as f32,
                gpu::ColourBy::Speed => {
                    let d = [p[0] - before[0], p[1] - before[1], p[2] - before[2]];
                    let length = libm::sqrtf(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
                    if length.is_finite() { length } else { 0.0 }
                }
            };
            p
        });
        ring.push(points);
    }

    fn colour_scale(&self) -> ColourScale {
        let last = self.start.len() - 1;
        let (label, min, max) = match self.colour_by() {
            gpu::ColourBy::Trajectory => ("copy".to_owned(), 0.0, self.count.max(2) as f64 - 1.0),
            gpu::ColourBy::Variable(_) => {
                (self.names[last].clone(), self.extent.low[last], self.extent.high[last])
            }
            gpu::ColourBy::Speed => ("speed".to_owned(), 0.0, self.extent.speed),
        };
        ColourScale { label, min: min as f32, max: max as f32 }
    }

    fn bounds(&self) -> [[f64; 2]; 3] {
        let mut bounds = [[-1.0, 1.0]; 3];
        for (axis, bound) in self.axes().iter().zip(&mut bounds) {
            if let Some(j) = *axis {
                let margin = 0.06 * (self.extent.high[j] - self.extent.low[j]);
                *bound = [self.extent.low[j] - margin, self.extent.high[j] + margin];
            }
        }
        if self.start.len() == 1 {
            bounds[1] = bounds[0];
        }
        bounds
    }

    fn point(&self, state: &[f64], before: Option<&[f64]>) -> [f32; 4] {
        if state.len() == 1 {
            return [before.map_or(f32::NAN, |b| b[0] as f32), state[0] as f32, 0.0, 0.0];
        }
        let [x, y, z] = self.axes().map(|axis| axis.and_then(|j| state.get(j)).map_or(0.0, |v| *v as f32));
        [x, y, z, 0.0]
    }

    /// Rate at which the distance to the neighbour grows over its exponential range, once that has begun.
    fn slope(&self) -> Option<f64> {
        let grown = self.history.iter().filter(|s| s.distance > 0.0);
        let (times, logs): (Vec<f64>, Vec<f64>) = grown.map(|s| (s.time, libm::log(s.distance))).unzip();
        if times.len() < 20 {
            return None;
        }
        analysis::fit_separation(times, logs).ok().map(|separation| separation.line.slope)
    }

    fn plot(&self, view: &str, series: Vec<(String, Role, Vec<f64>)>, alternative: String) -> Frame {
        let x: Vec<f64> = self.history.iter().map(|s| s.time).collect();
        let mut arrays = vec![x];
        let series = series
            .into_iter()
            .map(|(label, role, values)| {
                arrays.push(values);
                let (x, y) = (ArrayRef { array: 0 }, ArrayRef { array: arrays.len() as u32 - 1 });
                Series { label, role, x, y, points: false }
            })
            .collect();
        let picture = Picture::Plot {
            view: view.into(),
            series,
            uprights: Vec::new(),
            levels: Vec::new(),
            x: None,
            y: None,
            alternative,
        };
        Frame { picture, arrays }
    }

    /// Direction field and nullclines, which change with the parameters, and with time where the equations do.
    fn plane_layers(&mut self, bounds: [[f64; 2]; 2]) -> [Layer; 3] {
        let moving = self.subject.model().depends_on_time();
        let time = if moving { self.witness.stepper().time() } else { 0.0 };
        let kept = self.plane.as_ref().filter(|p| p.time == time && p.parameters == self.parameters);
        if let Some(kept) = kept {
            return kept.layers.clone();
        }
        let field = self.witness.field_mut();
        let directions = Layer::Segments { points: Arc::new(plane::directions(field, time, bounds)) };
        let [first, second] = [0, 1].map(|component| {
            // Strokes as one line with gaps: a point that is not a number breaks it.
            let mut line = Vec::new();
            for pair in plane::nullcline(field, time, bounds, component).as_chunks::<2>().0 {
                line.extend([pair[0], pair[1], [f32::NAN; 4]]);
            }
            Layer::Line { points: Arc::new(line), style: LineStyle::Ink }
        });
        let layers = [directions, first, second];
        let parameters = self.parameters.clone();
        self.plane = Some(PlaneLayers { time, parameters, layers: layers.clone() });
        layers
    }

    fn spread_now(&self) -> Option<f64> {
        let Copies::Cpu { ensemble, .. } = &self.copies else { return None };
        let mut square = 0.0;
        for j in 0..self.start.len() {
            let (_, sd) = ensemble.moments(j);
            square += sd * sd;
        }
        Some(libm::sqrt(square))
    }
}

impl Run for Exploration {
    fn position(&self) -> u64 {
        self.witness.stepper().step()
    }
    fn time(&self) -> Option<f64> {
        Some(self.witness.stepper().time())
    }
    fn step(&mut self) {
        if self.divergence().is_some() {
            return;
        }
        if !self.witness.stepper_mut().advance().is_ok() {
            return;
        }
        // A neighbour that diverges alone simply stays where it was.
        let _ = self.neighbour.stepper_mut().advance();
        let map = self.subject.is_map();
        match &mut self.copies {
            Copies::Cpu { ensemble, field, .. } => {
                // The sizes agree by construction; an ensemble that could not step would show as standing still.
                let stepped =
                    if map { ensemble.advance_map(field, 1) } else { ensemble.advance_flow(field, 1) };
                if let Err(error) = stepped {
                    self.note = Some(error.to_string());
                }
                self.push_ring();
            }
            Copies::Gpu { ensemble, pending } => {
                *pending += 1;
                if *pending >= 64 {
                    ensemble.dispatch(std::mem::take(pending));
                }
            }
        }
        for (runner, line) in &mut self.picked {
            let stepper = runner.stepper_mut();
            if stepper.advance().is_ok() {
                let state = stepper.state();
                line.push([state[0] as f32, state[1] as f32, 0.0, 0.0]);
                if line.len() > 2 * LINE {
                    line.drain(..LINE);
                }
            }
        }
        self.record();
    }
    fn divergence(&self) -> Option<Divergence> {
        let stepper = self.witness.stepper();
        if stepper.outcome().is_ok() {
            return None;
        }
        let smaller = self.dt / 4.0;
        let mut remedies = Vec::new();
        if !self.subject.is_map() {
            let action = format!("Make the step {smaller}");
            remedies.push(Remedy { action, sets: vec![set_number("dt", smaller)] });
        }
        let sets: Vec<_> = self
            .subject
            .model()
            .parameters
            .iter()
            .map(|p| set_number(&parameter_id(&p.name), p.value))
            .chain(self.subject.model().variables.iter().map(|v| set_number(&start_id(&v.name), v.initial)))
            .collect();
        remedies.push(Remedy { action: "Go back to the system's own values".into(), sets });
        let divergence = match stepper.outcome().divergence() {
            Some(d) => Divergence {
                time: d.time,
                variable: self.names.get(d.variable).cloned().unwrap_or_default(),
                last: d.last_state.clone(),
                remedies,
            },
            None => Divergence {
                time: stepper.time(),
                variable: stepper.outcome().to_string(),
                last: stepper.state().to_vec(),
                remedies,
            },
        };
        Some(divergence)
    }
    fn witness(&self) -> Option<u64> {
        let stepper = self.witness.stepper();
        Some(Digest::new().u64(stepper.step()).f64(stepper.time()).f64s(stepper.state()).finish())
    }
    fn readouts(&self) -> Vec<Readout> {
        let symbol = if self.subject.is_map() { "<mi>n</mi>" } else { "<mi>t</mi>" };
        let decimals = if self.subject.is_map() { 0 } else { 2 };
        let mut all = vec![readout("time", symbol, decimal(self.witness.stepper().time(), decimals), false)];
        if let Some(slope) = self.slope() {
            all.push(readout("exponent", "<msub><mi>λ</mi><mn>1</mn></msub>", decimal(slope, 3), true));
        }
        if let Some(spread) = self.spread_now() {
            all.push(readout("spread, rms", "", decimal(spread, 2), false));
        }
        all
    }
    fn note(&self) -> Option<String> {
        if let Copies::Cpu { ensemble, .. } = &self.copies {
            let lost = ensemble.diverged_count();
            if lost > 0 {
                return Some(format!(
                    "{lost} of {} copies left all bounds and are no longer drawn.",
                    self.count
                ));
            }
        }
        self.note.clone()
    }
    fn on_gpu(&self) -> bool {
        matches!(self.copies, Copies::Gpu { .. })
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        if let ("colour", Value::Text(text)) = (control, value) {
            text.clone_into(&mut self.colour);
            let colour = self.colour_by();
            match &mut self.copies {
                Copies::Cpu { ring, .. } => ring.clear(),
                Copies::Gpu { ensemble, .. } => ensemble.set_colour(colour),
            }
            return Ok(());
        }
        let place = self.subject.model().parameters.iter().position(|p| parameter_id(&p.name) == control);
        if let (Some(index), Value::Number(number)) = (place, value) {
            self.parameters[index] = *number;
            self.witness.field_mut().set_parameters(&self.parameters);
            self.neighbour.field_mut().set_parameters(&self.parameters);
            for (runner, _) in &mut self.picked {
                runner.field_mut().set_parameters(&self.parameters);
            }
            match &mut self.copies {
                Copies::Cpu { field, .. } => field.set_parameters(&self.parameters),
                Copies::Gpu { ensemble, pending } => {
                    ensemble.dispatch(std::mem::take(pending));
                    let parameters: Vec<f32> = self.parameters.iter().map(|p| *p as f32).collect();
                    ensemble.set_parameters(&parameters);
                }
            }
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "series" => {
                let own = self.history.iter().map(|s| s.state[0]).collect();
                let other = self.history.iter().map(|s| s.other).collect();
                let now = self.history.last().map_or(f64::NAN, |s| s.state[0]);
                let text = format!("{} is {now:.3} now.", self.names[0]);
                let series =
                    vec![("neighbour".to_owned(), Role::Quiet, other), (String::new(), Role::Run, own)];
                Some(self.plot("series", series, text))
            }
            "separation" => {
                let distance =
                    self.history.iter().map(|s| if s.distance > 0.0 { s.distance } else { f64::NAN });
                let distance: Vec<f64> = distance.collect();
                let now = distance.last().copied().unwrap_or(f64::NAN);
                let slope = self.slope();
                let told = slope.map_or_else(String::new, |s| format!(" It grew at a rate of {s:.3}."));
                let text = format!("The two trajectories are {now:.2e} apart.{told}");
                let label = slope.map_or_else(String::new, |s| format!("λ₁ ≈ {}", decimal(s, 2)));
                Some(self.plot("separation", vec![(label, Role::Run, distance)], text))
            }
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        let planar = self.planar();
        let projection = if planar { Projection::Plane } else { Projection::Space };
        let mut panel = Panel::new(String::new(), projection, self.bounds());
        for (axis, place) in panel.axes.iter_mut().zip(self.axes()) {
            *axis = place.map_or_else(String::new, |j| self.names[j].clone()).into();
        }
        if self.start.len() == 1 {
            panel.axes[1] = format!("next {}", self.names[0]).into();
        }
        panel.colour = self.colour_scale();
        if self.start.len() == 2 && !self.subject.is_map() {
            panel.layers.extend(self.plane_layers([panel.bounds[0], panel.bounds[1]]));
        }
        let map = self.subject.is_map();
        match &mut self.copies {
            Copies::Cpu { ring, .. } => {
                panel.layers.push(if map {
                    Layer::Cloud { points: ring.points(), size: 1.6 }
                } else {
                    ring.layer(2.0)
                });
            }
            Copies::Gpu { ensemble, pending } => {
                if *pending > 0 {
                    ensemble.dispatch(std::mem::take(pending));
                }
                panel.layers.push(Layer::Ensemble { index: 0, points: 2.0, trails: !map });
            }
        }
        if !map {
            let recent = &self.history[self.history.len().saturating_sub(LINE)..];
            let line: Vec<[f32; 4]> = recent.iter().map(|s| self.point(&s.state, None)).collect();
            panel.layers.push(Layer::Line { points: Arc::new(line), style: LineStyle::Accent });
        }
        for (_, line) in &self.picked {
            let points = Arc::new(line.clone());
            panel.layers.push(Layer::Line { points, style: LineStyle::Accent });
        }
        if let Some(last) = self.history.last() {
            let before = self.history.len().checked_sub(2).map(|i| self.history[i].state.as_slice());
            let p = self.point(&last.state, before);
            if p[0].is_finite() {
                panel.layers.push(Layer::Marks {
                    points: vec![[p[0], p[1], p[2]]],
                    labels: Vec::new(),
                    kind: MarkKind::Dot,
                });
            }
        }
        Scene::single(panel)
    }
    fn ensembles(&self) -> Vec<&gpu::Ensemble> {
        match &self.copies {
            Copies::Gpu { ensemble, .. } => vec![ensemble],
            Copies::Cpu { .. } => Vec::new(),
        }
    }
    fn alternative(&self) -> String {
        let (what, time) = if self.subject.is_map() { ("step", "after") } else { ("time", "at") };
        format!(
            "{} copies of {} in state space, {time} {what} {}.",
            self.count,
            self.subject.name(),
            decimal(self.witness.stepper().time(), 1)
        )
    }
    fn pick(&mut self, _: usize, x: f64, y: f64) -> bool {
        if self.start.len() != 2 {
            return false;
        }
        let mut options = self.subject.options(self.solver, self.dt);
        options.t0 = self.witness.stepper().time();
        let Ok(runner) = self.subject.stepper(&self.parameters, options, &[x, y]) else { return false };
        if self.picked.len() == PICKED {
            self.picked.remove(0);
        }
        self.picked.push((runner, vec![[x as f32, y as f32, 0.0, 0.0]]));
        true
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.f64s(&self.parameters);
        for runner in [&self.witness, &self.neighbour] {
            let c = runner.stepper().checkpoint();
            out.u64(c.step).f64s(&c.state).f64s(&c.solver);
            out.u64(c.statistics.steps).u64(c.statistics.rejected).u64(c.statistics.evaluations);
        }
        // A device may be gone by now: the copies are taken up again around the witness then.
        match &self.copies {
            Copies::Cpu { ensemble, .. } => out.f64s(&ensemble.states()),
            Copies::Gpu { .. } => out.f64s(&[]),
        };
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        let bad = |e: dynamics::Error| ExhibitError::Checkpoint(e.to_string());
        let parameters = from.f64s()?;
        if parameters.len() != self.parameters.len() {
            return Err(ExhibitError::Checkpoint("it has another number of parameters".into()));
        }
        self.parameters = parameters;
        for runner in [&mut self.witness, &mut self.neighbour] {
            runner.field_mut().set_parameters(&self.parameters);
            let (step, state, solver) = (from.u64()?, from.f64s()?, from.f64s()?);
            let statistics =
                Statistics { steps: from.u64()?, rejected: from.u64()?, evaluations: from.u64()? };
            runner.stepper_mut().restore(&Checkpoint { step, state, solver, statistics }).map_err(bad)?;
        }
        let mut states = from.f64s()?;
        let n = self.start.len();
        if states.len() != n * self.count {
            let centre = self.witness.stepper().state().to_vec();
            states = scatter(&centre, &self.extent, 0.1, self.count, self.position());
        }
        let time = self.witness.stepper().time();
        match &mut self.copies {
            Copies::Cpu { .. } => {
                self.copies =
                    Self::on_cpu(&self.subject, &self.parameters, &states, self.solver, self.dt, time)?;
            }
            Copies::Gpu { ensemble, pending } => {
                *pending = 0;
                let drawn = ensemble.trajectories();
                let mut single = Vec::with_capacity(drawn * n);
                for copy in 0..drawn {
                    single.extend((0..n).map(|j| states[j * self.count + copy] as f32));
                }
                ensemble.set_states(&single, time as f32);
            }
        }
        self.history.clear();
        self.record();
        self.push_ring();
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.witness.stepper().state().to_vec()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["t".to_owned()];
        names.extend(self.names.iter().cloned());
        let row = |s: &Sample| std::iter::once(s.time).chain(s.state.iter().copied()).collect();
        (names, self.history.iter().map(row).collect())
    }
}
