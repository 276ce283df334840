//! One trajectory, advanced one output step at a time.

use crate::error::Error;
use crate::method::Method;
use crate::outcome::{Divergence, Outcome, Statistics};
use crate::step::{
    ByClassical, ByEuler, ByMap, Grid, Halt, Room, Workspace, explicit, init, outside, run_plain,
};
use crate::tableau::TSITOURAS_5;
use numerics::{Flow, Map};

/// How to step.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The method; an [`Orbit`] pays no heed to it.
    pub method: Method,
    /// Time of the start.
    pub t0: f64,
    /// Time between outputs, negative to go backwards. An orbit counts its iterations instead.
    pub dt: f64,
    /// Fixed steps, or iterations of a map, between outputs.
    pub substeps: u32,
    /// Relative tolerance of adaptive methods.
    pub rtol: f64,
    /// Absolute tolerance of adaptive methods.
    pub atol: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
    /// Most adaptive steps between two outputs.
    pub max_steps: u64,
}

impl Default for Options {
    /// Runge-Kutta 4 from time 0 with step 0.01; tolerances 1e-6 and 1e-9; bound 1e8; at most 100 000 steps an
    /// output.
    fn default() -> Self {
        Self {
            method: Method::RungeKutta4,
            t0: 0.0,
            dt: 0.01,
            substeps: 1,
            rtol: 1e-6,
            atol: 1e-9,
            bound: 1e8,
            max_steps: 100_000,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let fault = |name, value, wanted| Err(Error::Option { name, value, wanted });
        if !self.t0.is_finite() {
            return fault("starting time", self.t0, "a finite number");
        }
        if !self.dt.is_finite() || self.dt == 0.0 {
            return fault("step", self.dt, "a finite number other than zero");
        }
        if self.substeps == 0 {
            return fault("number of substeps", 0.0, "at least 1");
        }
        if !(self.rtol > 0.0 && self.rtol < 1.0) {
            return fault("relative tolerance", self.rtol, "between 0 and 1");
        }
        if !(self.atol > 0.0 && self.atol.is_finite()) {
            return fault("absolute tolerance", self.atol, "a positive number");
        }
        if !(self.bound > 0.0 && self.bound.is_finite()) {
            return fault("bound", self.bound, "a positive number");
        }
        if self.max_steps == 0 {
            return fault("largest number of steps", 0.0, "at least 1");
        }
        Ok(())
    }
}

/// Refuses a state of the wrong length or with a value that is not finite.
pub(crate) fn check_state(x: &[f64], dimension: usize) -> Result<(), Error> {
    if x.len() != dimension {
        return Err(Error::Dimension { given: x.len(), wanted: dimension });
    }
    match x.iter().position(|v| !v.is_finite()) {
        Some(variable) => Err(Error::Start { variable, value: x[variable] }),
        None => Ok(()),
    }
}

/// All that a trajectory needs to go on with the same bits, apart from its system and options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Output steps taken.
    pub step: u64,
    /// State at that output.
    pub state: Vec<f64>,
    /// What an adaptive method carries from step to step; empty for the others.
    pub solver: Vec<f64>,
    /// Cost so far.
    pub statistics: Statistics,
}

/// What a run loop drives: a state that advances one output step at a time.
///
/// Nothing happens between calls, so that a run is paused by not calling. After an outcome other than
/// [`Outcome::Ok`] every further call returns it again, and state and time are those of the last state within the
/// bound, until [`Stepper::set_state`] or [`Stepper::restore`] starts the run anew.
pub trait Stepper {
    /// Number of state variables.
    fn dimension(&self) -> usize;
    /// Time of the state: `t0 + step * dt` while the run is well.
    fn time(&self) -> f64;
    /// The state.
    fn state(&self) -> &[f64];
    /// Output steps taken.
    fn step(&self) -> u64;
    /// How the last step ended.
    fn outcome(&self) -> &Outcome;
    /// Cost so far.
    fn statistics(&self) -> Statistics;
    /// Goes on by `count` output steps, or up to the one that fails.
    fn advance_by(&mut self, count: u64) -> &Outcome;
    /// Goes on by one output step.
    fn advance(&mut self) -> &Outcome {
        self.advance_by(1)
    }
    /// Puts the state elsewhere at the present time, and starts anew if the run had stopped.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`].
    fn set_state(&mut self, x: &[f64]) -> Result<(), Error>;
    /// What the run can be resumed from.
    fn checkpoint(&self) -> Checkpoint;
    /// Resumes from a checkpoint of the same system and options.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Checkpoint`].
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error>;
}

/// What the adaptive method carries: its last step, which reaches up to or beyond the last output.
#[derive(Clone, Debug)]
struct Adaptive {
    started: bool,
    /// Start and length of the last accepted step.
    from: f64,
    length: f64,
    /// End of the last accepted step.
    now: f64,
    x: Vec<f64>,
    /// State at the start of the last accepted step, and its stages.
    x_from: Vec<f64>,
    dense: Vec<f64>,
    /// Step to try next, and the error of the last accepted one.
    next: f64,
    last_error: f64,
    work: Workspace<f64>,
    rate: Vec<f64>,
}

impl Adaptive {
    fn new(n: usize) -> Self {
        let work: Workspace<f64> = init(Method::Tsitouras5, n);
        Self {
            started: false,
            from: 0.0,
            length: 0.0,
            now: 0.0,
            x: vec![0.0; n],
            x_from: vec![0.0; n],
            dense: vec![0.0; work.stages.len()],
            next: 0.0,
            last_error: 1.0,
            work,
            rate: vec![0.0; n],
        }
    }
}

/// A trajectory of a flow, on the grid `t0 + k dt`.
///
/// Fixed steps have the length `dt / substeps` and begin at `t0 + i dt / substeps`, without accumulated rounding.
/// An adaptive method chooses its steps by the error estimate, with the norm
/// `sqrt(mean((e_i / (atol + rtol max(|x_i|, |x_i⁺|)))²))`, the first step and the proportional-integral controller
/// of Hairer, Nørsett and Wanner (Solving Ordinary Differential Equations I, section II.4, and II, section IV.2),
/// and lands on the grid by its interpolant.
#[derive(Clone, Debug)]
pub struct Trajectory<F> {
    flow: F,
    options: Options,
    step: u64,
    time: f64,
    state: Vec<f64>,
    outcome: Outcome,
    statistics: Statistics,
    room: Room<f64>,
    adaptive: Option<Adaptive>,
}

impl<F: Flow<f64>> Trajectory<F> {
    /// A trajectory from `x0` at `options.t0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Option`], and [`Error::Method`] for [`Method::Discrete`].
    pub fn new(flow: F, options: Options, x0: &[f64]) -> Result<Self, Error> {
        options.check()?;
        if options.method == Method::Discrete {
            return Err(Error::Method { method: "discrete", system: "flow", wanted: "euler, rk4 or tsit5" });
        }
        let n = flow.dimension();
        check_state(x0, n)?;
        Ok(Self {
            step: 0,
            time: options.t0,
            state: x0.to_vec(),
            outcome: Outcome::Ok,
            statistics: Statistics::default(),
            room: Room::new(n),
            adaptive: options.method.is_adaptive().then(|| Adaptive::new(n)),
            flow,
            options,
        })
    }

    /// The system.
    pub fn system(&self) -> &F {
        &self.flow
    }

    /// The system, to be changed while it runs; an adaptive method starts afresh from the present state.
    pub fn system_mut(&mut self) -> &mut F {
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.started = false;
        }
        &mut self.flow
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Gives the system back.
    pub fn into_system(self) -> F {
        self.flow
    }

    fn advance_fixed(&mut self, count: u64) {
        let o = &self.options;
        let substeps = u64::from(o.substeps);
        let grid = Grid {
            t0: o.t0,
            h: o.dt / f64::from(o.substeps),
            first: self.step * substeps,
            count: count.saturating_mul(substeps),
        };
        let (halt, evaluations) = match o.method {
            Method::Euler => {
                (run_plain(&mut ByEuler(&mut self.flow), grid, o.bound, &mut self.state, &mut self.room), 1)
            }
            _ => (
                run_plain(&mut ByClassical(&mut self.flow), grid, o.bound, &mut self.state, &mut self.room),
                4,
            ),
        };
        let done = halt.map_or(grid.count, |halt| halt.done);
        self.statistics.steps += done;
        self.statistics.evaluations += evaluations * (done + u64::from(halt.is_some()));
        self.step += done / substeps;
        self.time = match halt {
            None => o.t0 + self.step as f64 * o.dt,
            Some(_) => grid.time(done),
        };
        if let Some(halt) = halt {
            self.outcome = stopped(halt, grid, &self.state);
        }
    }

    fn advance_adaptive(&mut self) {
        let Self { flow, options: o, state, statistics, adaptive, .. } = self;
        let Some(a) = adaptive else { return };
        let direction = if o.dt > 0.0 { 1.0 } else { -1.0 };
        let target = o.t0 + (self.step + 1) as f64 * o.dt;
        if !a.started {
            (a.now, a.from, a.length, a.last_error) = (self.time, self.time, 0.0, 1e-4);
            a.x.copy_from_slice(state);
            a.x_from.copy_from_slice(state);
            a.next = direction * first_step(flow, o, a, direction);
            statistics.evaluations += 2;
            a.started = true;
        }
        let n = state.len();
        let mut tried = 0;
        let mut rejected = false;
        let mut outcome = Outcome::Ok;
        while direction * (target - a.now) > 0.0 {
            if tried == o.max_steps {
                outcome = Outcome::TooManySteps { time: a.now, steps: tried };
                break;
            }
            tried += 1;
            let h = a.next;
            let end = a.now + h;
            // The rates at the present state stand in `rate`: the last stage of one step is the next one's first.
            a.work.stages[..n].copy_from_slice(&a.rate);
            let Workspace { value, error, stages, .. } = &mut a.work;
            statistics.evaluations += explicit(
                &TSITOURAS_5,
                flow,
                a.now,
                h,
                &a.x,
                value,
                Some(error),
                stages,
                &mut self.room.scratch_mut()[..n],
                true,
            );
            let size = error_norm(o, &a.x, value, error);
            let finite = size.is_finite() && value.iter().all(|v| v.is_finite());
            if finite && size <= 1.0 {
                if let Some(variable) = outside(value, o.bound) {
                    outcome = Outcome::Diverged(Divergence {
                        time: end,
                        variable,
                        value: value[variable],
                        last_time: a.now,
                        last_state: a.x.clone(),
                    });
                    break;
                }
                statistics.steps += 1;
                (a.from, a.length) = (a.now, h);
                core::mem::swap(&mut a.x_from, &mut a.x);
                a.x.copy_from_slice(value);
                a.rate.copy_from_slice(&stages[stages.len() - n..]);
                core::mem::swap(&mut a.dense, stages);
                a.now = end;
                // A step that follows a rejection must not grow.
                let most = if rejected { 1.0 } else { 10.0 };
                let factor = 0.9 * libm::pow(size, -(0.2 - 0.75 * 0.04)) * libm::pow(a.last_error, 0.04);
                a.next = h * clamp(factor, 0.2, most);
                a.last_error = if size > 1e-4 { size } else { 1e-4 };
                rejected = false;
            } else {
                statistics.rejected += 1;
                rejected = true;
                let factor = if finite { 0.9 * libm::pow(size, -0.2) } else { 0.1 };
                let next = h * clamp(factor, 0.1, 1.0);
                if a.now + next == a.now || libm::fabs(next) < f64::MIN_POSITIVE {
                    outcome = match value.iter().position(|v| !v.is_finite()) {
                        Some(variable) => Outcome::Diverged(Divergence {
                            time: end,
                            variable,
                            value: value[variable],
                            last_time: a.now,
                            last_state: a.x.clone(),
                        }),
                        None => Outcome::StepTooSmall { time: a.now, step: next },
                    };
                    break;
                }
                a.next = next;
            }
        }
        if outcome.is_ok() {
            interpolate(a, (target - a.from) / a.length, state);
            self.step += 1;
            self.time = target;
        } else {
            state.copy_from_slice(&a.x);
            self.time = a.now;
        }
        self.outcome = outcome;
    }
}

impl<F: Flow<f64>> Stepper for Trajectory<F> {
    fn dimension(&self) -> usize {
        self.state.len()
    }
    fn time(&self) -> f64 {
        self.time
    }
    fn state(&self) -> &[f64] {
        &self.state
    }
    fn step(&self) -> u64 {
        self.step
    }
    fn outcome(&self) -> &Outcome {
        &self.outcome
    }
    fn statistics(&self) -> Statistics {
        self.statistics
    }
    fn advance_by(&mut self, count: u64) -> &Outcome {
        if self.outcome.is_ok() {
            if self.adaptive.is_some() {
                for _ in 0..count {
                    self.advance_adaptive();
                    if !self.outcome.is_ok() {
                        break;
                    }
                }
            } else {
                self.advance_fixed(count);
            }
        }
        &self.outcome
    }
    fn set_state(&mut self, x: &[f64]) -> Result<(), Error> {
        check_state(x, self.state.len())?;
        self.state.copy_from_slice(x);
        self.time = self.options.t0 + self.step as f64 * self.options.dt;
        self.outcome = Outcome::Ok;
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.started = false;
        }
        Ok(())
    }
    fn checkpoint(&self) -> Checkpoint {
        let mut solver = Vec::new();
        if let Some(a) = self.adaptive.as_ref().filter(|a| a.started) {
            solver.extend([a.from, a.length, a.now, a.next, a.last_error]);
            for part in [&a.x, &a.x_from, &a.rate, &a.dense] {
                solver.extend_from_slice(part);
            }
        }
        Checkpoint { step: self.step, state: self.state.clone(), solver, statistics: self.statistics }
    }
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let n = self.state.len();
        check_state(&checkpoint.state, n)?;
        let wanted = self.adaptive.as_ref().map_or(0, |a| 5 + 3 * n + a.dense.len());
        let given = checkpoint.solver.len();
        if given != 0 && given != wanted {
            return Err(Error::Checkpoint { given, wanted });
        }
        self.step = checkpoint.step;
        self.set_state(&checkpoint.state)?;
        self.statistics = checkpoint.statistics;
        if let (Some(a), [from, length, now, next, last_error, rest @ ..]) =
            (&mut self.adaptive, checkpoint.solver.as_slice())
        {
            (a.from, a.length, a.now, a.next, a.last_error) = (*from, *length, *now, *next, *last_error);
            let mut place = 0;
            for part in [&mut a.x, &mut a.x_from, &mut a.rate, &mut a.dense] {
                let length = part.len();
                part.copy_from_slice(&rest[place..place + length]);
                place += length;
            }
            a.started = true;
        }
        Ok(())
    }
}

fn clamp(value: f64, low: f64, high: f64) -> f64 {
    // Written so that a value that is not a number becomes the low end.
    if value > high {
        high
    } else if value > low {
        value
    } else {
        low
    }
}

fn error_norm(o: &Options, x: &[f64], next: &[f64], error: &[f64]) -> f64 {
    let mut total = 0.0;
    for i in 0..x.len() {
        let (a, b) = (libm::fabs(x[i]), libm::fabs(next[i]));
        let ratio = error[i] / (o.atol + o.rtol * if a > b { a } else { b });
        total += ratio * ratio;
    }
    libm::sqrt(total / x.len() as f64)
}

/// Length of the first step, and the rates at the start in `a.rate`.
fn first_step<F: Flow<f64>>(flow: &mut F, o: &Options, a: &mut Adaptive, direction: f64) -> f64 {
    let n = a.x.len();
    let norm = |v: &[f64], x: &[f64]| {
        let mut total = 0.0;
        for i in 0..n {
            let ratio = v[i] / (o.atol + o.rtol * libm::fabs(x[i]));
            total += ratio * ratio;
        }
        libm::sqrt(total / n as f64)
    };
    flow.rate(a.now, &a.x, &mut a.rate);
    let (size, speed) = (norm(&a.x, &a.x), norm(&a.rate, &a.x));
    let trial = if size < 1e-5 || speed < 1e-5 || !speed.is_finite() { 1e-6 } else { 0.01 * size / speed };
    for i in 0..n {
        a.work.value[i] = a.x[i] + direction * trial * a.rate[i];
    }
    let (value, change) = (&a.work.value, &mut a.work.error);
    flow.rate(a.now + direction * trial, value, change);
    for i in 0..n {
        change[i] -= a.rate[i];
    }
    let bend = norm(change, &a.x) / trial;
    let largest = if speed > bend { speed } else { bend };
    let second = if largest > 1e-15 { libm::pow(0.01 / largest, 0.2) } else { 1e-3 * trial };
    let second = if largest <= 1e-15 && second < 1e-6 { 1e-6 } else { second };
    let chosen = if second < 100.0 * trial { second } else { 100.0 * trial };
    // Where the rates overflow, any small step lets the loop find out.
    if chosen.is_finite() && chosen > 0.0 { chosen } else { 1e-6 }
}

/// The state at the fraction `theta` of the last accepted step.
fn interpolate(a: &Adaptive, theta: f64, out: &mut [f64]) {
    if theta == 1.0 {
        out.copy_from_slice(&a.x);
        return;
    }
    let n = out.len();
    let mut weights = [0.0; TSITOURAS_5.stages()];
    for (stage, weight) in weights.iter_mut().enumerate() {
        *weight = TSITOURAS_5.weight(stage, theta);
    }
    for i in 0..n {
        let mut total = 0.0;
        for (stage, weight) in weights.iter().enumerate() {
            total += weight * a.dense[stage * n + i];
        }
        out[i] = a.x_from[i] + a.length * total;
    }
}

fn stopped(halt: Halt, grid: Grid, last: &[f64]) -> Outcome {
    Outcome::Diverged(Divergence {
        time: grid.time(halt.done + 1),
        variable: halt.variable,
        value: halt.value,
        last_time: grid.time(halt.done),
        last_state: last.to_vec(),
    })
}

/// An orbit of a map; time counts iterations from `options.t0`, with `options.substeps` of them an output.
#[derive(Clone, Debug)]
pub struct Orbit<M> {
    map: M,
    options: Options,
    step: u64,
    time: f64,
    state: Vec<f64>,
    outcome: Outcome,
    statistics: Statistics,
    room: Room<f64>,
}

impl<M: Map<f64>> Orbit<M> {
    /// An orbit from `x0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Option`].
    pub fn new(map: M, options: Options, x0: &[f64]) -> Result<Self, Error> {
        options.check()?;
        let n = map.dimension();
        check_state(x0, n)?;
        Ok(Self {
            step: 0,
            time: options.t0,
            state: x0.to_vec(),
            outcome: Outcome::Ok,
            statistics: Statistics::default(),
            room: Room::new(n),
            map,
            options,
        })
    }

    /// The system.
    pub fn system(&self) -> &M {
        &self.map
    }

    /// The system, to be changed while it runs.
    pub fn system_mut(&mut self) -> &mut M {
        &mut self.map
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Gives the system back.
    pub fn into_system(self) -> M {
        self.map
    }
}

impl<M: Map<f64>> Stepper for Orbit<M> {
    fn dimension(&self) -> usize {
        self.state.len()
    }
    fn time(&self) -> f64 {
        self.time
    }
    fn state(&self) -> &[f64] {
        &self.state
    }
    fn step(&self) -> u64 {
        self.step
    }
    fn outcome(&self) -> &Outcome {
        &self.outcome
    }
    fn statistics(&self) -> Statistics {
        self.statistics
    }
    fn advance_by(&mut self, count: u64) -> &Outcome {
        if self.outcome.is_ok() {
            let substeps = u64::from(self.options.substeps);
            let first = self.step * substeps;
            let grid = Grid { t0: self.options.t0, h: 1.0, first, count: count.saturating_mul(substeps) };
            let mut map = ByMap(&mut self.map);
            let halt = run_plain(&mut map, grid, self.options.bound, &mut self.state, &mut self.room);
            let done = halt.map_or(grid.count, |halt| halt.done);
            self.statistics.steps += done;
            self.statistics.evaluations += done + u64::from(halt.is_some());
            self.step += done / substeps;
            self.time = grid.time(done);
            if let Some(halt) = halt {
                self.outcome = stopped(halt, grid, &self.state);
            }
        }
        &self.outcome
    }
    fn set_state(&mut self, x: &[f64]) -> Result<(), Error> {
        check_state(x, self.state.len())?;
        self.state.copy_from_slice(x);
        self.time = self.options.t0 + (self.step * u64::from(self.options.substeps)) as f64;
        self.outcome = Outcome::Ok;
        Ok(())
    }
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            step: self.step,
            state: self.state.clone(),
            solver: Vec::new(),
            statistics: self.statistics,
        }
    }
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        check_state(&checkpoint.state, self.state.len())?;
        if !checkpoint.solver.is_empty() {
            return Err(Error::Checkpoint { given: checkpoint.solver.len(), wanted: 0 });
        }
        self.step = checkpoint.step;
        self.set_state(&checkpoint.state)?;
        self.statistics = checkpoint.statistics;
        Ok(())
    }
}
