//! The run that a person watches: a witness in f64, its neighbour, and an ensemble.

use super::copies::{ALONE, Copies, trail};
use super::declaration::{STARTS, parameter_id, start_id};
use super::plane;
use super::stimulus::Stimulus;
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Frame, Mark, Picture, Readout, Remedy, Role, Series, Setting, Value};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup};
use crate::subject::{Runner, Subject};
use crate::values::Values;
use dynamics::{Checkpoint, Method, Options, Outcome, Statistics, Stepper};
use gpu::scene::{ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Scene};
use numerics::{Digest, Philox, Stream};
use std::sync::Arc;
use zoo::Field;

/// Samples of the witness that are kept.
const HISTORY: usize = 4_000;
/// Vertices of the witness's line on the stage.
const LINE: usize = 400;
/// Most trajectories started by hand.
const PICKED: usize = 8;
/// Steps of the walk that finds where the attractor lies.
const WALK: u64 = 6_000;
/// Work of that walk at most, in steps times variables.
const WALK_WORK: u64 = 120_000;
/// Moments across a picture of an array against time.
const COLUMNS: usize = 240;

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
    let steps = WALK.min(WALK_WORK / n as u64).max(200);
    let mut runner = subject.stepper(parameters, subject.options(subject.method(), dt), start)?;
    let (mut low, mut high) = (start.to_vec(), start.to_vec());
    let mut previous = start.to_vec();
    let mut speeds = Vec::with_capacity(steps as usize);
    for step in 0..steps {
        if !runner.advance().is_ok() {
            break;
        }
        let state = runner.state();
        if step == steps / 12 {
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

pub(super) struct Exploration {
    subject: Subject,
    /// As the controls have them, without the stimulus.
    parameters: Vec<f64>,
    stimulus: Stimulus,
    /// The right-hand side, for direction field and nullclines.
    field: Field<f64>,
    names: Vec<String>,
    solver: Method,
    dt: f64,
    start: Vec<f64>,
    witness: Runner,
    neighbour: Runner,
    copies: Copies,
    count: usize,
    seed: u64,
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

/// The first `count` of some states of `n` variables, trajectory by trajectory, as a kernel keeps them.
fn by_trajectory(states: &[f64], n: usize, count: usize) -> Vec<f32> {
    let all = states.len() / n;
    (0..count).flat_map(|copy| (0..n).map(move |j| states[j * all + copy] as f32)).collect()
}

fn solver(subject: &Subject, values: &Values) -> Method {
    if subject.is_map() {
        Method::Discrete
    } else {
        Method::from_slug(values.text("solver")).unwrap_or_else(|| subject.method())
    }
}

impl Exploration {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let subject = super::subject(setup.recipe)?;
        let values = setup.values;
        let model = subject.model();
        let parameters: Vec<f64> =
            model.parameters.iter().map(|p| values.number(&parameter_id(&p.name))).collect();
        // A field of many sites has no slider for each: it starts where its text says.
        let start: Vec<f64> = model
            .variables
            .iter()
            .zip(subject.start())
            .map(|(variable, own)| {
                let value = values.number(&start_id(&variable.name));
                if value.is_nan() { own } else { value }
            })
            .collect();
        let solver = solver(&subject, values);
        let dt = if subject.is_map() { 1.0 } else { values.number("dt") };
        let tolerance = if solver.is_adaptive() { values.number("tolerance") } else { 1e-8 };
        let seed = setup.recipe.seed;
        let options =
            Options { rtol: tolerance, atol: tolerance * 1e-3, seed, ..subject.options(solver, dt) };
        let witness = subject.stepper(&parameters, options.clone(), &start)?;
        let mut beside = start.clone();
        beside[0] += values.number("apart");
        let neighbour = subject.stepper(&parameters, options.clone(), &beside)?;
        let extent = extent(&subject, &parameters, &start, dt)?;
        let count = values.integer("copies");
        let states = scatter(&start, &extent, values.number("spread"), count, seed);
        let mut run = Self {
            names: subject.variable_names(),
            copies: Copies::new(&subject, &parameters, &states, &options, 0)?,
            stimulus: Stimulus::new(&subject, values, seed),
            field: subject.field(&parameters),
            seed,
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
        if run.copies.here() == ALONE && run.count > ALONE {
            run.note = Some(format!(
                "With delays or events copies step one by one; {ALONE} of the {} are drawn.",
                run.count
            ));
        }
        run.apply_stimulus();
        run.record();
        run.push_ring();
        Ok(run)
    }

    /// The parameters with what the stimulus adds.
    fn parameters_now(&self) -> Vec<f64> {
        let mut now = self.parameters.clone();
        if let Some(target) = now.get_mut(self.stimulus.target) {
            *target += self.stimulus.added;
        }
        now
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
        let single = by_trajectory(states, n, count);
        let noisy = !self.subject.model().system().draws().is_empty();
        let options = gpu::EnsembleOptions {
            dt: self.dt as f32,
            t0: self.witness.time() as f32,
            bound: self.subject.bound() as f32,
            axes: self.axes(),
            trail: trail(count),
            colour: self.colour_by(),
            // Noise is meant in Itô's sense unless Heun's method is chosen for it.
            method: match self.solver {
                Method::StochasticHeun | Method::ModifiedEuler => gpu::Method::Heun,
                _ if noisy => gpu::Method::Euler,
                Method::Euler => gpu::Method::Euler,
                _ => gpu::Method::RungeKutta4,
            },
            philox: Philox::new(self.seed, 0),
            first_step: self.witness.step(),
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

    /// Adds the stimulus of the coming step to its parameter, where it has changed.
    fn apply_stimulus(&mut self) {
        let added = self.stimulus.value(self.witness.time(), self.witness.step());
        if added == self.stimulus.added || self.parameters.is_empty() {
            return;
        }
        self.stimulus.added = added;
        self.apply(self.stimulus.target);
    }

    /// Gives every run one parameter anew.
    fn apply(&mut self, index: usize) {
        let mut now = self.parameters.clone();
        now[self.stimulus.target] += self.stimulus.added;
        self.witness.process_mut().set_parameter(index, now[index]);
        self.neighbour.process_mut().set_parameter(index, now[index]);
        for (runner, _) in &mut self.picked {
            runner.process_mut().set_parameter(index, now[index]);
        }
        self.copies.set_parameter(index, &now);
        self.field.set_parameters(&now);
    }

    /// The longest array among the variables: where it begins and how many it has, from eight on.
    fn array(&self) -> Option<(usize, usize)> {
        array(&self.names)
    }

    fn record(&mut self) {
        let (here, there) = (&self.witness, &self.neighbour);
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
        let count = self.copies.here();
        let Some(ring) = self.copies.ring() else { return };
        let previous: Vec<[f32; 4]> = ring.newest().to_vec();
        let copies = &self.copies;
        let points: Vec<[f32; 4]> = (0..count)
            .map(|i| {
                if copies.is_lost(i) {
                    return [f32::NAN; 4];
                }
                let at = |axis: Option<usize>| axis.map_or(0.0, |j| copies.value(i, j) as f32);
                let mut p = [at(axes[0]), at(axes[1]), at(axes[2]), 0.0];
                let before = previous.get(i).copied().unwrap_or([f32::NAN; 4]);
                if one {
                    // A single variable is shown against its predecessor.
                    p = [before[1], p[0], 0.0, 0.0];
                }
                p[3] = match colour {
                    gpu::ColourBy::Trajectory => i as f32,
                    gpu::ColourBy::Variable(j) => copies.value(i, j) as f32,
                    gpu::ColourBy::Speed => {
                        let d = [p[0] - before[0], p[1] - before[1], p[2] - before[2]];
                        let length = libm::sqrtf(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
                        if length.is_finite() { length } else { 0.0 }
                    }
                };
                p
            })
            .collect();
        if let Some(ring) = self.copies.ring() {
            ring.push(points);
        }
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
        let at = |axis: Option<usize>| axis.and_then(|j| state.get(j)).map_or(0.0, |v| *v as f32);
        let axes = self.axes();
        [at(axes[0]), at(axes[1]), at(axes[2]), 0.0]
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
            uprights: self.uprights(),
            levels: Vec::new(),
            x: None,
            y: None,
            alternative,
        };
        Frame { picture, arrays }
    }

    /// Where the stimulus begins and ends, as far as it is in the picture.
    fn uprights(&self) -> Vec<Mark> {
        let (Some(first), Some(last)) = (self.history.first(), self.history.last()) else {
            return Vec::new();
        };
        let inside = |at: f64| self.stimulus.is_on() && (first.time..=last.time).contains(&at);
        let (begin, end) = (self.stimulus.at, self.stimulus.at + self.stimulus.length);
        let mark = |at: f64, label: &str| inside(at).then(|| Mark { at, label: label.into() });
        mark(begin, "stimulus").into_iter().chain(mark(end, "")).collect()
    }

    /// The variables of the array against time, as a picture.
    fn heat(&self) -> Option<Frame> {
        let (first, count) = self.array()?;
        let samples = self.history.len();
        let stride = samples.div_ceil(COLUMNS).max(1);
        let shown: Vec<&Sample> = self.history.iter().step_by(stride).collect();
        let mut values = Vec::with_capacity(count * shown.len());
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for j in first..first + count {
            for sample in &shown {
                let value = sample.state[j];
                low = if value < low { value } else { low };
                high = if value > high { value } else { high };
                values.push(value);
            }
        }
        if high <= low || !low.is_finite() {
            let middle = if low.is_finite() { low } else { 0.0 };
            (low, high) = (middle - 0.5, middle + 0.5);
        }
        let (from, to) = (shown.first()?.time, shown.last()?.time);
        let stem = self.names[first].trim_end_matches(|c: char| c.is_ascii_digit());
        let picture = Picture::Heat {
            view: "field".into(),
            rows: count as u32,
            columns: shown.len() as u32,
            values: ArrayRef { array: 0 },
            x: [from, if to > from { to } else { from + 1.0 }],
            y: [0.0, count as f64],
            range: [low, high],
            label: stem.to_owned(),
            alternative: format!("The {count} sites of {stem} against time, from {low:.3} to {high:.3}."),
        };
        Some(Frame { picture, arrays: vec![values] })
    }

    /// Direction field and nullclines, which change with the parameters, and with time where the equations do.
    fn plane_layers(&mut self, bounds: [[f64; 2]; 2]) -> [Layer; 3] {
        let moving = self.subject.model().depends_on_time();
        let time = if moving { self.witness.time() } else { 0.0 };
        let now = self.parameters_now();
        let kept = self.plane.as_ref().filter(|p| p.time == time && p.parameters == now);
        if let Some(kept) = kept {
            return kept.layers.clone();
        }
        let field = &mut self.field;
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
        self.plane = Some(PlaneLayers { time, parameters: now, layers: layers.clone() });
        layers
    }
}

/// The longest run of variables that share a stem and count upwards, from eight on: its first and their number.
pub(super) fn array(names: &[String]) -> Option<(usize, usize)> {
    let split = |name: &str| -> Option<(String, u64)> {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((stem.to_ascii_lowercase(), name[stem.len()..].parse().ok()?))
    };
    let mut best: Option<(usize, usize)> = None;
    let mut first = 0;
    for k in 0..names.len() {
        let follows = k > first
            && match (split(&names[k - 1]), split(&names[k])) {
                (Some((a, i)), Some((b, j))) => a == b && j == i + 1,
                _ => false,
            };
        if !follows {
            first = k;
        }
        let count = k + 1 - first;
        if count >= 8 && best.is_none_or(|(_, most)| count > most) {
            best = Some((first, count));
        }
    }
    best
}

impl Run for Exploration {
    fn position(&self) -> u64 {
        self.witness.step()
    }
    fn time(&self) -> Option<f64> {
        Some(self.witness.time())
    }
    fn step(&mut self) {
        if self.divergence().is_some() {
            return;
        }
        self.apply_stimulus();
        if !self.witness.advance().is_ok() {
            return;
        }
        // A neighbour that diverges alone simply stays where it was.
        let _ = self.neighbour.advance();
        if let Err(error) = self.copies.step(self.subject.is_map()) {
            self.note = Some(error);
        }
        self.push_ring();
        for (runner, line) in &mut self.picked {
            if runner.advance().is_ok() {
                let state = runner.state();
                line.push([state[0] as f32, state[1] as f32, 0.0, 0.0]);
                if line.len() > 2 * LINE {
                    line.drain(..LINE);
                }
            }
        }
        self.record();
    }
    fn divergence(&self) -> Option<Divergence> {
        let stepper = &self.witness;
        if stepper.outcome().is_ok() {
            return None;
        }
        if let Outcome::Stopped { .. } = stepper.outcome() {
            // An event of the system's own: the end of the run, and no fault.
            return None;
        }
        let smaller = self.dt / 4.0;
        let mut remedies = Vec::new();
        if !self.subject.is_map() {
            let action = format!("Make the step {smaller}");
            remedies.push(Remedy { action, sets: vec![set_number("dt", smaller)] });
        }
        let model = self.subject.model();
        let starts = if model.dimension() > STARTS { &[] } else { model.variables.as_slice() };
        let sets = (model.parameters.iter().map(|p| set_number(&parameter_id(&p.name), p.value)))
            .chain(starts.iter().map(|v| set_number(&start_id(&v.name), v.initial)))
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
        let stepper = &self.witness;
        Some(Digest::new().u64(stepper.step()).f64(stepper.time()).f64s(stepper.state()).finish())
    }
    fn readouts(&self) -> Vec<Readout> {
        let symbol = if self.subject.is_map() { "<mi>n</mi>" } else { "<mi>t</mi>" };
        let decimals = if self.subject.is_map() { 0 } else { 2 };
        let mut all = vec![readout("time", symbol, decimal(self.witness.time(), decimals), false)];
        if let Some(slope) = self.slope() {
            all.push(readout("exponent", "<msub><mi>λ</mi><mn>1</mn></msub>", decimal(slope, 3), true));
        }
        if let Some(drift) = self.witness.energy_drift() {
            all.push(readout("energy drift", "", format!("{drift:.1e}"), false));
        }
        if let Some(spread) = self.copies.spread(self.start.len()) {
            all.push(readout("spread, rms", "", decimal(spread, 2), false));
        }
        all
    }
    fn note(&self) -> Option<String> {
        if let Outcome::Stopped { time, .. } = self.witness.outcome() {
            return Some(format!("An event of the system ended the run at time {}.", decimal(*time, 3)));
        }
        let lost = (0..self.copies.here()).filter(|i| self.copies.is_lost(*i)).count();
        if lost > 0 {
            return Some(format!(
                "{lost} of {} copies left all bounds and are no longer drawn.",
                self.copies.here()
            ));
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
                Copies::Gpu { ensemble, .. } => ensemble.set_colour(colour),
                here => {
                    if let Some(ring) = here.ring() {
                        ring.clear();
                    }
                }
            }
            return Ok(());
        }
        let before = self.stimulus.target;
        let (number, text) = match value {
            Value::Number(number) => (*number, ""),
            Value::Text(text) => (f64::NAN, text.as_str()),
            Value::Switch(_) => (f64::NAN, ""),
        };
        if self.stimulus.set(&self.subject, control, number, text) {
            // What was added is taken back where it went before, and added where it goes now.
            self.stimulus.added = 0.0;
            if !self.parameters.is_empty() {
                self.apply(before);
                self.apply_stimulus();
            }
            return Ok(());
        }
        let place = self.subject.model().parameters.iter().position(|p| parameter_id(&p.name) == control);
        if let (Some(index), Value::Number(number)) = (place, value) {
            self.parameters[index] = *number;
            self.apply(index);
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "field" => self.heat(),
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
        if self.start.len() == 2 && !self.subject.is_map() && self.subject.model().system().inputs() == 0 {
            panel.layers.extend(self.plane_layers([panel.bounds[0], panel.bounds[1]]));
        }
        let map = self.subject.is_map();
        match &mut self.copies {
            Copies::Cpu { ring, .. } | Copies::Alone { ring, .. } => {
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
            Copies::Cpu { .. } | Copies::Alone { .. } => Vec::new(),
        }
    }
    fn alternative(&self) -> String {
        let (what, time) = if self.subject.is_map() { ("step", "after") } else { ("time", "at") };
        format!(
            "{} copies of {} in state space, {time} {what} {}.",
            self.count,
            self.subject.name(),
            decimal(self.witness.time(), 1)
        )
    }
    fn pick_in(&mut self, view: &str, x: f64, _: f64) -> Vec<Setting> {
        let plot = matches!(view, "series" | "separation" | "field");
        if plot && self.stimulus.is_on() { self.stimulus.begin_at(x) } else { Vec::new() }
    }
    fn pick(&mut self, _: usize, x: f64, y: f64) -> bool {
        if self.start.len() != 2 {
            return false;
        }
        let mut options = self.subject.options(self.solver, self.dt);
        options.t0 = self.witness.time();
        options.seed = self.seed;
        let now = self.parameters_now();
        let Ok(runner) = self.subject.stepper(&now, options, &[x, y]) else { return false };
        if self.picked.len() == PICKED {
            self.picked.remove(0);
        }
        self.picked.push((runner, vec![[x as f32, y as f32, 0.0, 0.0]]));
        true
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.f64s(&self.parameters).f64(self.stimulus.added);
        write_run(&mut out, &self.witness);
        write_run(&mut out, &self.neighbour);
        // A device may be gone by now: the copies are taken up again around the witness then.
        out.f64s(&self.copies.states(self.start.len()));
        if let Copies::Alone { runs, .. } = &self.copies {
            for run in runs {
                write_run(&mut out, run);
            }
        }
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        let parameters = from.f64s()?;
        if parameters.len() != self.parameters.len() {
            return Err(ExhibitError::Checkpoint("it has another number of parameters".into()));
        }
        self.parameters = parameters;
        self.stimulus.added = from.f64()?;
        let now = self.parameters_now();
        self.field.set_parameters(&now);
        for runner in [&mut self.witness, &mut self.neighbour] {
            runner.process_mut().set_parameters(&now);
            read_run(&mut from, runner)?;
        }
        let mut states = from.f64s()?;
        let n = self.start.len();
        let here = if let Copies::Alone { runs, .. } = &self.copies { runs.len() } else { self.count };
        let whole = states.len() == n * here;
        if !whole {
            let centre = self.witness.state().to_vec();
            states = scatter(&centre, &self.extent, 0.1, here, self.position());
        }
        let (time, step) = (self.witness.time(), self.witness.step());
        match &mut self.copies {
            Copies::Alone { runs, .. } => {
                for (copy, run) in runs.iter_mut().enumerate() {
                    run.process_mut().set_parameters(&now);
                    if whole {
                        read_run(&mut from, run)?;
                    } else {
                        let state: Vec<f64> = (0..n).map(|j| states[j * here + copy]).collect();
                        run.set_state(&state).map_err(|e| ExhibitError::Checkpoint(e.to_string()))?;
                    }
                }
            }
            Copies::Cpu { .. } => {
                let options = Options { t0: time, ..self.witness.options().clone() };
                self.copies = Copies::new(&self.subject, &now, &states, &options, step)?;
            }
            Copies::Gpu { ensemble, pending } => {
                *pending = 0;
                let single = by_trajectory(&states, n, ensemble.trajectories());
                ensemble.set_states(&single, time as f32, step);
            }
        }
        self.history.clear();
        self.record();
        self.push_ring();
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.witness.state().to_vec()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["t".to_owned()];
        names.extend(self.names.iter().cloned());
        let row = |s: &Sample| std::iter::once(s.time).chain(s.state.iter().copied()).collect();
        (names, self.history.iter().map(row).collect())
    }
}

pub(crate) fn write_run(out: &mut Writer, run: &Runner) {
    let c = run.checkpoint();
    out.u64(c.step).f64s(&c.state).f64s(&c.solver);
    out.u64(c.statistics.steps).u64(c.statistics.rejected).u64(c.statistics.evaluations);
}

pub(crate) fn read_run(from: &mut Reader<'_>, run: &mut Runner) -> Result<(), ExhibitError> {
    let (step, state, solver) = (from.u64()?, from.f64s()?, from.f64s()?);
    let statistics = Statistics { steps: from.u64()?, rejected: from.u64()?, evaluations: from.u64()? };
    run.restore(&Checkpoint { step, state, solver, statistics })
        .map_err(|e| ExhibitError::Checkpoint(e.to_string()))
}
