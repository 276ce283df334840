//! A process, advanced one output step at a time.

use crate::adaptive::{self, Adaptive};
use crate::drive::{AsFlow, AsMap, Drive};
use crate::error::Error;
use crate::fixed::Fixed;
use crate::method::Method;
use crate::outcome::{Divergence, Outcome, Statistics};
use crate::pack::Unpack;
use crate::past::{Form, Past};
use crate::step::{ByClassical, ByEuler, ByHeun, ByMap, Room, run_plain};
use crate::trajectory::{Checkpoint, Options, Stepper, check_state};
use crate::watch::{EVENTS_LIMIT, Mark, Search, Watch};
use numerics::Process;
use numerics::march::{Grid, Halt, outside};

#[derive(Clone, Debug)]
enum Engine {
    /// Nothing but states passes from step to step: Euler, Heun, Runge-Kutta 4 or a map, without inputs and events.
    Plain(Room<f64>),
    Fixed(Box<Fixed>),
    Map {
        next: Vec<f64>,
        started: bool,
    },
    Adaptive(Box<Adaptive>),
}

/// A run of a [`Process`], on the grid `t0 + k dt`; a map counts its iterations from `t0`.
///
/// # Steps
/// Fixed steps have the length `dt / substeps` and begin at `t0 + i dt / substeps`, without accumulated rounding.
/// An adaptive method chooses its steps by the error estimate, with the norm
/// `sqrt(mean((e_i / (atol + rtol max(|x_i|, |x_i⁺|)))²))`, the first step and the controller of Hairer, Nørsett and
/// Wanner (Solving Ordinary Differential Equations I, section II.4, and II, section IV.2), and lands on the grid by
/// its interpolant. A map pays no heed to the method.
///
/// # Delays
/// The method of steps: the accepted steps are kept as far back as twice the largest lag so far, in at most 128 MiB
/// ([`Outcome::HistoryFull`]). Between them stands the interpolant of an adaptive method, or the cubic through both
/// states with both rates, whose error is of the fourth power of the step (a straight line with noise, with backward
/// Euler and for a map). Lags may depend on time and state. A lag shorter than the step makes the step its own past: it is repeated until it settles.
/// Adaptive methods end steps where the start, an event or a new state comes back through lags that are constant,
/// once for each order of the method.
///
/// # Noise
/// Random inputs are drawn from the stream "noise" of `options.seed`, once a fixed step, and held through it, also
/// by methods for flows without noise; a Wiener input over a step `h` is `N(0, 1) / √h`. Adaptive methods do not
/// take random inputs.
///
/// # Events
/// After each step the conditions are looked at; the first crossing is located on the interpolant (fixed steps: the
/// cubic through both ends with their rates; a straight line with noise and with backward Euler), the run is put
/// there, the events of that time are carried out in the order of their indices, then those whose conditions cross
/// zero by that, each once, and the rest of the step follows: the output grid stays. A condition that starts at
/// zero does not fire. Adaptive steps are searched in eight parts, fixed steps at their ends; after an event whose
/// condition stays where it fired the rest of the step is searched closely. More than 1000 events within one fixed
/// step are [`Outcome::TooManyEvents`]. A map's conditions are looked at after each iteration.
///
/// An event that never fires changes no bit of the states, whatever the method.
#[derive(Clone, Debug)]
pub struct Simulation<P> {
    drive: Drive<P>,
    options: Options,
    step: u64,
    time: f64,
    state: Vec<f64>,
    outcome: Outcome,
    statistics: Statistics,
    engine: Engine,
    watch: Watch,
    /// Room for a state where events are looked for.
    point: Vec<f64>,
}

impl<P: Process> Simulation<P> {
    /// A run from `x0` at `options.t0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Option`], those of [`check_process`].
    pub fn new(process: P, options: Options, x0: &[f64]) -> Result<Self, Error> {
        options.check()?;
        let n = process.dimension();
        let map = process.is_map();
        let method = options.method;
        check_state(x0, n)?;
        check_process(&process, &options)?;
        let straight = map
            || method == Method::BackwardEuler
            || method.is_stochastic()
            || process.draws().contains(&numerics::Draw::Wiener);
        let form = if map { Form::Ends } else { adaptive::form(method) };
        let drive = Drive::new(process, options.seed, straight, form, options.t0);
        let watch = Watch::new(drive.process.crossings(), n);
        let bare = drive.inputs.is_empty() && !watch.is_active();
        let simple = matches!(
            method,
            Method::Euler
                | Method::ModifiedEuler
                | Method::RungeKutta4
                | Method::EulerMaruyama
                | Method::StochasticHeun
        );
        let engine = if bare && (map || simple) {
            Engine::Plain(Room::new(n))
        } else if map {
            Engine::Map { next: vec![0.0; n], started: false }
        } else if method.is_adaptive() {
            Engine::Adaptive(Box::new(Adaptive::new(method, n)))
        } else {
            Engine::Fixed(Box::new(Fixed::new(method, &drive, straight)))
        };
        Ok(Self {
            drive,
            step: 0,
            time: options.t0,
            state: x0.to_vec(),
            outcome: Outcome::Ok,
            statistics: Statistics::default(),
            engine,
            point: vec![0.0; if watch.is_active() { n } else { 0 }],
            watch,
            options,
        })
    }

    /// The process.
    pub fn process(&self) -> &P {
        &self.drive.process
    }

    /// The process, to be changed while it runs; what belongs to earlier steps is forgotten, but for the past that
    /// delays reach back to.
    pub fn process_mut(&mut self) -> &mut P {
        self.forget();
        &mut self.drive.process
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Gives the process back.
    pub fn into_process(self) -> P {
        self.drive.process
    }

    /// What the right-hand side reads at the present time beside time and state: delayed values, then the random
    /// draws of the last step.
    pub fn inputs(&mut self) -> &[f64] {
        self.drive.fill(self.time, &self.state);
        &self.drive.inputs
    }

    /// States that events asked to be written out since the last call, oldest first. Up to 65 536 are kept.
    pub fn take_marks(&mut self) -> Vec<Mark> {
        core::mem::take(&mut self.watch.marks)
    }

    /// The energy that [`Method::Verlet`] has gained since the start, for a flow whose variables pair up; the half of
    /// the first variable stands for the coordinates `q`, with `q' = ∂H/∂p` and `p' = -∂H/∂q`.
    ///
    /// `∫ Σ q' dp - p' dq` along the straight line of each step by Gauss' quadrature with three points, which is the
    /// change of a separable `H` up to its sixth derivatives. Jumps by events do not count.
    pub fn energy_drift(&self) -> Option<f64> {
        match &self.engine {
            Engine::Fixed(fixed) => fixed.energy_drift(),
            _ => None,
        }
    }

    fn forget(&mut self) {
        match &mut self.engine {
            Engine::Plain(_) => {}
            Engine::Fixed(fixed) => {
                fixed.started = false;
                fixed.forget();
            }
            Engine::Map { started, .. } => *started = false,
            Engine::Adaptive(adaptive) => adaptive.started = false,
        }
        self.watch.forget();
    }

    fn history_full(&self, time: f64) -> Outcome {
        Outcome::HistoryFull { time, lag: self.drive.past.as_ref().map_or(0.0, |past| past.largest) }
    }

    fn forgotten(&self, time: f64) -> Option<Outcome> {
        let past = self.drive.past.as_ref().filter(|past| past.forgotten)?;
        Some(Outcome::HistoryForgotten { time, lag: past.largest })
    }

    /// Advances without anything that passes from step to step but the state.
    fn advance_plain(&mut self, count: u64) {
        let Self { drive, options: o, state, engine, .. } = self;
        let Engine::Plain(room) = engine else { return };
        let substeps = u64::from(o.substeps);
        let map = drive.process.is_map();
        let grid = Grid {
            t0: o.t0,
            h: if map { 1.0 } else { o.dt / f64::from(o.substeps) },
            first: self.step * substeps,
            count: count.saturating_mul(substeps),
        };
        let (halt, evaluations) = if map {
            let mut map = AsMap(&mut drive.process);
            (run_plain(&mut ByMap(&mut map), grid, o.bound, state, room), 1)
        } else {
            let mut flow = AsFlow(&mut drive.process);
            match o.method {
                Method::Euler | Method::EulerMaruyama => {
                    (run_plain(&mut ByEuler(&mut flow), grid, o.bound, state, room), 1)
                }
                Method::ModifiedEuler | Method::StochasticHeun => {
                    (run_plain(&mut ByHeun(&mut flow), grid, o.bound, state, room), 2)
                }
                _ => match flow.0.march(grid, o.bound, state) {
                    Some(result) => (result.err(), 4),
                    None => (run_plain(&mut ByClassical(&mut flow), grid, o.bound, state, room), 4),
                },
            }
        };
        let done = halt.map_or(grid.count, |halt| halt.done);
        self.statistics.steps += done;
        drive.evaluations += evaluations * (done + u64::from(halt.is_some()));
        self.step += done / substeps;
        self.time = match halt {
            None if !map => o.t0 + self.step as f64 * o.dt,
            _ => grid.time(done),
        };
        if let Some(halt) = halt {
            self.outcome = stopped(halt, grid, &self.state);
        }
    }

    /// One output step of fixed steps.
    fn advance_fixed(&mut self) {
        let substeps = u64::from(self.options.substeps);
        let grid = Grid {
            t0: self.options.t0,
            h: self.options.dt / f64::from(self.options.substeps),
            first: self.step * substeps,
            count: substeps,
        };
        for done in 0..substeps {
            let outcome = self.fixed_step(grid.time(done), grid.h, grid.time(done + 1));
            if !outcome.is_ok() {
                self.outcome = outcome;
                return;
            }
        }
        self.step += 1;
        self.time = self.options.t0 + self.step as f64 * self.options.dt;
    }

    /// One fixed step from `start` to `end`, with the events within it.
    fn fixed_step(&mut self, start: f64, h: f64, end: f64) -> Outcome {
        let Self { drive, options: o, engine, watch, state, time, statistics, point, .. } = self;
        let Engine::Fixed(fixed) = engine else { return Outcome::Ok };
        let (mut begin, mut length, mut whole) = (start, h, true);
        if drive.has_draws() {
            drive.draw(h);
            fixed.redraw();
        }
        if !fixed.started {
            *time = begin;
            fixed.started = true;
            if !fixed.lay(drive, begin, state) {
                return self.history_full(begin);
            }
        }
        watch.begin(drive, begin, state);
        let mut events = 0;
        loop {
            *time = begin;
            let outcome = fixed.take(drive, begin, length, state, (o.rtol, o.atol), whole);
            if !outcome.is_ok() {
                return outcome;
            }
            let finite = fixed.next.iter().all(|value| value.is_finite());
            let hit = if watch.is_active() && finite {
                point.copy_from_slice(&fixed.next);
                watch.look(drive, Search::End, (begin, length, end), point, |drive, theta, out| {
                    fixed.dense(drive, (begin, length), state, theta, out);
                })
            } else {
                None
            };
            let reached = match hit {
                Some(theta) if theta < 1.0 => {
                    fixed.dense(drive, (begin, length), state, theta, point);
                    fixed.cut(point);
                    begin + theta * length
                }
                _ => end,
            };
            if let Some(variable) = outside(&fixed.next, o.bound) {
                return Outcome::Diverged(Divergence {
                    time: reached,
                    variable,
                    value: fixed.next[variable],
                    last_time: begin,
                    last_state: state.clone(),
                });
            }
            fixed.measure(drive, begin, if reached == end { length } else { reached - begin }, state);
            whole &= hit.is_none();
            fixed.accept(state, whole);
            statistics.steps += 1;
            *time = reached;
            if !fixed.lay(drive, reached, state) {
                return self.history_full(reached);
            }
            if hit.is_some() {
                events += 1;
                let fired = watch.fire(drive, reached, state);
                fixed.forget();
                if let Some(variable) = outside(state, o.bound) {
                    let value = state[variable];
                    state.copy_from_slice(&fixed.next);
                    return Outcome::Diverged(Divergence {
                        time: reached,
                        variable,
                        value,
                        last_time: reached,
                        last_state: state.clone(),
                    });
                }
                if !fixed.lay(drive, reached, state) {
                    return self.history_full(reached);
                }
                if fired.stop {
                    return Outcome::Stopped { time: reached, event: fired.event };
                }
                if events > EVENTS_LIMIT {
                    return Outcome::TooManyEvents { time: reached, event: fired.event, events };
                }
            }
            if drive.past.as_ref().is_some_and(|past| past.forgotten) {
                return self.forgotten(reached).unwrap_or_default();
            }
            length = end - reached;
            begin = reached;
            let remains = length * h > 0.0;
            if hit.is_none() || reached == end || !remains {
                return Outcome::Ok;
            }
        }
    }

    /// One output step of a map with inputs or events.
    fn advance_map(&mut self) {
        let substeps = u64::from(self.options.substeps);
        for done in 0..substeps {
            let t = self.options.t0 + (self.step * substeps + done) as f64;
            let outcome = self.iterate(t);
            if !outcome.is_ok() {
                self.outcome = outcome;
                return;
            }
        }
        self.step += 1;
    }

    fn iterate(&mut self, t: f64) -> Outcome {
        let Self { drive, options: o, engine, watch, state, time, statistics, .. } = self;
        let Engine::Map { next, started } = engine else { return Outcome::Ok };
        drive.draw(1.0);
        let push = |drive: &mut Drive<P>, t: f64, x: &[f64]| {
            drive.past.as_mut().is_none_or(|past| past.push(t, x, x))
        };
        if !*started {
            *started = true;
            if !push(drive, t, state) {
                return self.history_full(t);
            }
        }
        watch.begin(drive, t, state);
        numerics::Flow::rate(drive, t, state, next);
        if let Some(variable) = outside(next, o.bound) {
            return Outcome::Diverged(Divergence {
                time: t + 1.0,
                variable,
                value: next[variable],
                last_time: t,
                last_state: state.clone(),
            });
        }
        let after = t + 1.0;
        state.copy_from_slice(next);
        *time = after;
        statistics.steps += 1;
        let mut fits = push(drive, after, state);
        let mut outcome = Outcome::Ok;
        if watch.is_active() && watch.look_here(drive, after, state) {
            let fired = watch.fire(drive, after, state);
            if let Some(variable) = outside(state, o.bound) {
                let value = state[variable];
                state.copy_from_slice(next);
                return Outcome::Diverged(Divergence {
                    time: after,
                    variable,
                    value,
                    last_time: after,
                    last_state: state.clone(),
                });
            }
            fits &= push(drive, after, state);
            if fired.stop {
                outcome = Outcome::Stopped { time: after, event: fired.event };
            }
        }
        if !fits {
            return self.history_full(after);
        }
        self.forgotten(after).unwrap_or(outcome)
    }

    fn advance_adaptive(&mut self) {
        let Self { drive, options: o, state, statistics, engine, watch, .. } = self;
        let Engine::Adaptive(adaptive) = engine else { return };
        let target = o.t0 + (self.step + 1) as f64 * o.dt;
        let outcome = adaptive.reach(drive, watch, o, statistics, (self.time, target), state);
        if outcome.is_ok() {
            self.step += 1;
            self.time = target;
        } else {
            self.time = adaptive.now();
        }
        self.outcome = outcome;
    }

    /// Whatever a run carries beside its state.
    fn pack(&self) -> Vec<f64> {
        let mut out = Vec::new();
        let bare = self.drive.inputs.is_empty() && !self.watch.is_active();
        match &self.engine {
            Engine::Plain(_) => return out,
            Engine::Adaptive(adaptive) if bare && !adaptive.started => return out,
            Engine::Adaptive(adaptive) => adaptive.save(&mut out),
            Engine::Fixed(fixed) => fixed.save(&mut out),
            Engine::Map { started, .. } => out.push(crate::pack::flag(*started)),
        }
        if bare {
            return out;
        }
        let parameters = self.drive.process.parameters();
        out.push(parameters.len() as f64);
        out.extend(parameters);
        self.watch.save(&mut out);
        out.extend_from_slice(&self.drive.inputs);
        if let Some(stream) = &self.drive.stream {
            let (mut word, spare) = stream.position();
            for _ in 0..4 {
                out.push((word & 0xffff_ffff) as f64);
                word >>= 32;
            }
            out.extend([crate::pack::flag(spare.is_some()), spare.unwrap_or(0.0)]);
        }
        if let Some(past) = &self.drive.past {
            past.save(&mut out);
        }
        out
    }

    fn unpack(&mut self, numbers: &[f64]) -> Option<()> {
        let bare = self.drive.inputs.is_empty() && !self.watch.is_active();
        let mut from = Unpack(numbers);
        match &mut self.engine {
            Engine::Plain(_) => {}
            Engine::Adaptive(_) if bare && numbers.is_empty() => {}
            Engine::Adaptive(adaptive) => adaptive.load(&mut from)?,
            Engine::Fixed(fixed) => fixed.load(&mut from)?,
            Engine::Map { started, .. } => *started = from.flag()?,
        }
        if !bare {
            let count = from.count()?;
            if count != self.drive.process.parameters().len() {
                return None;
            }
            let parameters = from.take(count)?;
            self.watch.load(&mut from)?;
            from.fill(&mut self.drive.inputs)?;
            if let Some(stream) = &mut self.drive.stream {
                let mut word = 0;
                for place in 0..4 {
                    let number = from.number()?;
                    if !(0.0..4_294_967_296.0).contains(&number) {
                        return None;
                    }
                    word |= u128::from(number as u32) << (32 * place);
                }
                let (has_spare, spare) = (from.flag()?, from.number()?);
                stream.resume((word, has_spare.then_some(spare)));
            }
            if let Some(past) = &mut self.drive.past {
                *past = Past::load(past, &mut from)?;
            }
            self.drive.process.set_parameters(parameters);
        }
        from.0.is_empty().then_some(())
    }
}

/// Whether a method can step a process.
///
/// # Errors
/// [`Error::Method`] for [`Method::Discrete`] on a flow, [`Error::Unsupported`] where the method does not go with the
/// delays, the noise or the form of the process.
pub fn check_process<P: Process>(process: &P, options: &Options) -> Result<(), Error> {
    let n = process.dimension();
    let method = options.method;
    if !process.is_map() && method == Method::Discrete {
        let wanted = "a method for flows, such as rk4, tsit5 or rodas4";
        return Err(Error::Method { method: "discrete", system: "flow", wanted });
    }
    let fault = |reason, wanted| Err(Error::Unsupported { method: method.slug(), reason, wanted });
    if process.delayed().iter().any(|&variable| variable >= n) {
        return fault(
            "a delayed variable lies beyond its dimension",
            "a process that delays its own variables",
        );
    }
    if process.is_map() {
        return Ok(());
    }
    if !process.delayed().is_empty() && options.dt < 0.0 {
        return fault("its delays cannot be stepped backwards in time", "a positive step");
    }
    let noisy = process.draws().contains(&numerics::Draw::Wiener);
    if method.is_adaptive() && !process.draws().is_empty() {
        return fault(
            "it has random inputs, which steps of chosen length would distort",
            "euler-maruyama or heun",
        );
    }
    if method.is_stochastic() && noisy && !process.is_affine_in_noise() {
        return fault(
            "its white noise does not enter linearly",
            "euler, which holds the noise through each step",
        );
    }
    if method.needs().diagonal_noise && noisy && !process.is_noise_diagonal() {
        return fault("its noise is not diagonal", "euler-maruyama or heun");
    }
    if method.needs().halves && process.halves().is_none_or(|halves| halves.len() != n) {
        return fault(
            "its variables do not fall into two halves, each driven by the other alone",
            "rk4, or tsit5 with a small tolerance",
        );
    }
    Ok(())
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

impl<P: Process> Stepper for Simulation<P> {
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
        Statistics { evaluations: self.drive.evaluations, ..self.statistics }
    }
    fn advance_by(&mut self, count: u64) -> &Outcome {
        if self.outcome.is_ok() {
            if matches!(self.engine, Engine::Plain(_)) {
                self.advance_plain(count);
            } else {
                for _ in 0..count {
                    match self.engine {
                        Engine::Map { .. } => self.advance_map(),
                        Engine::Adaptive(_) => self.advance_adaptive(),
                        _ => self.advance_fixed(),
                    }
                    if !self.outcome.is_ok() {
                        break;
                    }
                }
            }
        }
        &self.outcome
    }
    fn set_state(&mut self, x: &[f64]) -> Result<(), Error> {
        check_state(x, self.state.len())?;
        self.state.copy_from_slice(x);
        self.time = if self.drive.process.is_map() {
            self.options.t0 + (self.step * u64::from(self.options.substeps)) as f64
        } else {
            self.options.t0 + self.step as f64 * self.options.dt
        };
        self.outcome = Outcome::Ok;
        if let Some(past) = &mut self.drive.past {
            past.go_back(self.time);
        }
        self.forget();
        Ok(())
    }
    fn checkpoint(&self) -> Checkpoint {
        let statistics = self.statistics();
        Checkpoint { step: self.step, state: self.state.clone(), solver: self.pack(), statistics }
    }
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        check_state(&checkpoint.state, self.state.len())?;
        let before = (self.engine.clone(), self.watch.clone(), self.drive.inputs.clone());
        let (stream, past) = (self.drive.stream.clone(), self.drive.past.clone());
        let kept = (self.step, self.time, self.outcome.clone(), self.state.clone());
        self.step = checkpoint.step;
        self.set_state(&checkpoint.state)?;
        if self.unpack(&checkpoint.solver).is_none() {
            (self.engine, self.watch, self.drive.inputs) = before;
            (self.drive.stream, self.drive.past) = (stream, past);
            (self.step, self.time, self.outcome, self.state) = kept;
            let (given, wanted) = (checkpoint.solver.len(), self.pack().len());
            return Err(Error::Checkpoint { given, wanted });
        }
        self.statistics = checkpoint.statistics;
        self.drive.evaluations = checkpoint.statistics.evaluations;
        Ok(())
    }
}
