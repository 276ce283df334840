//! Many trajectories of one system, in blocks of lanes.

use crate::error::Error;
use crate::method::Method;
use crate::step::{ByClassical, ByDraws, ByEuler, ByHeun, ByMap, ByTableau, Room, STAGES, Scheme, run_lanes};
use crate::trajectory::check_state;
use numerics::march::Grid;
use numerics::{Flow, Lanes, Map, Noise, Real, Stream, sum_by};

/// How starting points lie around the centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Uniform in a box of this half-width.
    Box(f64),
    /// Normal with this standard deviation.
    Normal(f64),
}

/// How an ensemble steps.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleOptions {
    /// The method; an adaptive one goes with fixed steps here, and a map pays no heed to it.
    pub method: Method,
    /// Time of the start.
    pub t0: f64,
    /// Length of a step; a map counts iterations.
    pub h: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
    /// Number of the first step, for random inputs: what an ensemble elsewhere has done already.
    pub first_step: u64,
}

impl Default for EnsembleOptions {
    /// Runge-Kutta 4 from time 0 and step number 0 with step 0.01 and bound 1e8.
    fn default() -> Self {
        Self { method: Method::RungeKutta4, t0: 0.0, h: 0.01, bound: 1e8, first_step: 0 }
    }
}

/// Starting points around `centre`, `states[variable * trajectories + trajectory]`.
///
/// Trajectory 0 starts at the centre itself. The others are drawn from the stream "ensemble" of the seed,
/// trajectory by trajectory, so that more trajectories do not move the earlier ones.
pub fn initial_states(centre: &[f64], spread: Spread, trajectories: usize, seed: u64) -> Vec<f64> {
    let mut states = vec![0.0; centre.len() * trajectories];
    let mut stream = Stream::new(seed, "ensemble");
    for trajectory in 0..trajectories {
        for (variable, middle) in centre.iter().enumerate() {
            let offset = match spread {
                _ if trajectory == 0 => 0.0,
                Spread::Box(half) => half * stream.between(-1.0, 1.0),
                Spread::Normal(sd) => sd * stream.normal(),
            };
            states[variable * trajectories + trajectory] = middle + offset;
        }
    }
    states
}

/// `trajectories` states of `n` variables that step together.
///
/// # Layout
/// `V` is a block of lanes; trajectory `i` is lane `i mod V::LANES` of block `i / V::LANES`. The block `b` of
/// variable `j` stands at `j * blocks + b`: read as plain numbers, variable `j` of trajectory `i` stands at
/// `j * blocks * LANES + i`. The last block is filled up with copies of the last trajectory. A kernel on a graphics
/// device that keeps variable after variable, trajectories side by side, is its twin.
///
/// # Divergence
/// After each step a trajectory with a variable beyond the bound, or not a number, is parked: it keeps its last
/// state within the bound and never moves again, and its flag is set.
///
/// # Noise
/// Trajectory `i` draws as number `i`, at the step number `first_step + step`: neither the others nor the cuts
/// between calls change what it draws. A kernel on a graphics device draws the same.
///
/// Each lane has the bits that its trajectory has alone in the same precision.
#[derive(Clone, Debug)]
pub struct Ensemble<V: Real> {
    options: EnsembleOptions,
    dimension: usize,
    trajectories: usize,
    blocks: usize,
    step: u64,
    state: Vec<V>,
    alive: Vec<V>,
    block: Vec<V>,
    room: Room<V>,
}

impl Ensemble<Lanes<f32, 8>> {
    /// [`Ensemble::advance_flow`] by a flow behind a pointer. Compiled here, with the settings of this crate: whoever calls
    /// it may be built for size.
    ///
    /// # Errors
    /// As [`Ensemble::advance_flow`].
    pub fn follow_flow(&mut self, mut flow: &mut dyn Flow<Lanes<f32, 8>>, count: u64) -> Result<(), Error> {
        self.advance_flow(&mut flow, count)
    }

    /// [`Ensemble::advance_map`] by a map behind a pointer, likewise.
    ///
    /// # Errors
    /// As [`Ensemble::advance_map`].
    pub fn follow_map(&mut self, mut map: &mut dyn Map<Lanes<f32, 8>>, count: u64) -> Result<(), Error> {
        self.advance_map(&mut map, count)
    }
}

impl<V: Real> Ensemble<V> {
    /// An ensemble spread around `centre`, as [`initial_states`] draws it.
    ///
    /// # Errors
    /// [`Error::Start`], [`Error::Option`].
    pub fn new(
        centre: &[f64],
        spread: Spread,
        trajectories: usize,
        seed: u64,
        options: EnsembleOptions,
    ) -> Result<Self, Error> {
        check_state(centre, centre.len())?;
        let states = initial_states(centre, spread, trajectories, seed);
        Self::from_states(&states, centre.len(), options)
    }

    /// An ensemble from states in the layout of [`initial_states`].
    ///
    /// # Errors
    /// [`Error::Dimension`] when the length is no positive multiple of `dimension`, [`Error::Option`].
    pub fn from_states(states: &[f64], dimension: usize, options: EnsembleOptions) -> Result<Self, Error> {
        if dimension == 0 || states.is_empty() || !states.len().is_multiple_of(dimension) {
            return Err(Error::Dimension { given: states.len(), wanted: dimension });
        }
        let fault = |name, value, wanted| Err(Error::Option { name, value, wanted });
        if !options.t0.is_finite() {
            return fault("starting time", options.t0, "a finite number");
        }
        if !options.h.is_finite() || options.h == 0.0 {
            return fault("step", options.h, "a finite number other than zero");
        }
        if !(options.bound > 0.0 && options.bound.is_finite()) {
            return fault("bound", options.bound, "a positive number");
        }
        let trajectories = states.len() / dimension;
        let blocks = trajectories.div_ceil(V::LANES);
        let mut ensemble = Self {
            options,
            dimension,
            trajectories,
            blocks,
            step: 0,
            state: vec![V::zero(); dimension * blocks],
            alive: vec![V::one(); blocks],
            block: vec![V::zero(); dimension],
            room: Room::new(dimension),
        };
        for i in 0..blocks * V::LANES {
            let source = if i < trajectories { i } else { trajectories - 1 };
            let (block, lane) = (i / V::LANES, i % V::LANES);
            for j in 0..dimension {
                let value = states[j * trajectories + source];
                ensemble.state[j * blocks + block].set_lane(lane, value);
                let held = ensemble.state[j * blocks + block].lane(lane);
                if !(held <= ensemble.options.bound && held >= -ensemble.options.bound) {
                    ensemble.alive[block].set_lane(lane, 0.0);
                }
            }
        }
        Ok(ensemble)
    }

    /// Number of variables.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
    /// Number of trajectories.
    pub fn trajectories(&self) -> usize {
        self.trajectories
    }
    /// Steps taken.
    pub fn step(&self) -> u64 {
        self.step
    }
    /// Time of the state of a flow, `t0 + step * h`.
    pub fn time(&self) -> f64 {
        self.options.t0 + self.step as f64 * self.options.h
    }
    /// The options.
    pub fn options(&self) -> &EnsembleOptions {
        &self.options
    }
    /// The blocks of all variables, in the layout described above.
    pub fn blocks(&self) -> &[V] {
        &self.state
    }

    /// Variable `variable` of trajectory `trajectory`, both below their counts.
    pub fn value(&self, trajectory: usize, variable: usize) -> f64 {
        self.state[variable * self.blocks + trajectory / V::LANES].lane(trajectory % V::LANES)
    }

    /// Whether a trajectory has left the bound.
    pub fn diverged(&self, trajectory: usize) -> bool {
        self.alive[trajectory / V::LANES].lane(trajectory % V::LANES) == 0.0
    }

    /// Number of trajectories that have left the bound.
    pub fn diverged_count(&self) -> usize {
        (0..self.trajectories).filter(|&trajectory| self.diverged(trajectory)).count()
    }

    /// Mean and standard deviation of a variable over the trajectories within the bound; not a number when there
    /// are none.
    pub fn moments(&self, variable: usize) -> (f64, f64) {
        let weight = |i| f64::from(u8::from(!self.diverged(i)));
        let count = sum_by(self.trajectories, weight);
        let mean = sum_by(self.trajectories, |i| weight(i) * self.value(i, variable)) / count;
        let square = sum_by(self.trajectories, |i| {
            let d = self.value(i, variable) - mean;
            weight(i) * d * d
        });
        (mean, libm::sqrt(square / count))
    }

    /// Writes three variables of each trajectory, `out[3 * trajectory + axis]`, up to the shorter length; an axis
    /// without a variable is 0.
    pub fn write_xyz(&self, axes: [Option<usize>; 3], out: &mut [f32]) {
        for (trajectory, point) in out.chunks_exact_mut(3).take(self.trajectories).enumerate() {
            for (place, axis) in point.iter_mut().zip(axes) {
                *place = match axis {
                    Some(variable) if variable < self.dimension => self.value(trajectory, variable) as f32,
                    _ => 0.0,
                };
            }
        }
    }

    /// Writes the flags of divergence, 1 or 0, up to the shorter length.
    pub fn write_flags(&self, out: &mut [u8]) {
        for (trajectory, flag) in out.iter_mut().take(self.trajectories).enumerate() {
            *flag = u8::from(self.diverged(trajectory));
        }
    }

    /// All states as `f64` in the layout of [`initial_states`], as a checkpoint or for a device.
    pub fn states(&self) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.dimension * self.trajectories);
        for variable in 0..self.dimension {
            out.extend((0..self.trajectories).map(|trajectory| self.value(trajectory, variable)));
        }
        out
    }

    /// Goes on by `count` steps of a flow.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Method`] for a method that is more than a tableau of up to seven stages.
    pub fn advance_flow<F: Flow<V>>(&mut self, flow: &mut F, count: u64) -> Result<(), Error> {
        let n = flow.dimension();
        self.check(n)?;
        let grid = Grid { t0: self.options.t0, h: self.options.h, first: self.step, count };
        let bound = self.options.bound;
        match self.options.method {
            Method::Euler => {
                self.each(|_, x, alive, room| {
                    run_lanes(&mut ByEuler(&mut *flow), grid, bound, x, alive, room)
                });
            }
            Method::RungeKutta4 => {
                self.each(|_, x, alive, room| {
                    run_lanes(&mut ByClassical(&mut *flow), grid, bound, x, alive, room)
                });
            }
            Method::ModifiedEuler => {
                self.each(|_, x, alive, room| {
                    run_lanes(&mut ByHeun(&mut *flow), grid, bound, x, alive, room)
                });
            }
            method => match method.tableau().filter(|tableau| tableau.stages() <= STAGES) {
                Some(tableau) => self.each(|_, x, alive, room| {
                    run_lanes(&mut ByTableau(&mut *flow, tableau), grid, bound, x, alive, room);
                }),
                None => {
                    let wanted = "euler, modeuler, rk4, tsit5 or dopri5";
                    return Err(Error::Method {
                        method: method.slug(),
                        system: "flow in an ensemble",
                        wanted,
                    });
                }
            },
        }
        self.step += count;
        Ok(())
    }

    /// Goes on by `count` iterations of a map, at the times `t0 + step`.
    ///
    /// # Errors
    /// [`Error::Dimension`].
    pub fn advance_map<M: Map<V>>(&mut self, map: &mut M, count: u64) -> Result<(), Error> {
        let n = map.dimension();
        self.check(n)?;
        let grid = Grid { t0: self.options.t0, h: 1.0, first: self.step, count };
        let bound = self.options.bound;
        self.each(|_, x, alive, room| run_lanes(&mut ByMap(&mut *map), grid, bound, x, alive, room));
        self.step += count;
        Ok(())
    }

    /// Goes on by `count` steps of a flow with random inputs, which are drawn once a step and held through it.
    ///
    /// `rhs` writes the rates at time, state and inputs, these in the order of `noise`. The method is Euler's, which is
    /// Euler and Maruyama's, or Heun's, or Runge-Kutta 4.
    ///
    /// # Errors
    /// [`Error::Method`] for any other method.
    pub fn advance_noisy_flow(
        &mut self,
        rhs: &mut impl FnMut(V, &[V], &[V], &mut [V]),
        noise: &Noise,
        count: u64,
    ) -> Result<(), Error> {
        let scheme = match self.options.method {
            Method::Euler | Method::EulerMaruyama => Scheme::Euler,
            Method::ModifiedEuler | Method::StochasticHeun => Scheme::Heun,
            Method::RungeKutta4 => Scheme::Classical,
            method => {
                let (system, wanted) = ("noisy flow in an ensemble", "euler-maruyama, heun or rk4");
                return Err(Error::Method { method: method.slug(), system, wanted });
            }
        };
        self.advance_by_draws(scheme, rhs, noise, self.options.h, count);
        Ok(())
    }

    /// Goes on by `count` iterations of a map with random inputs, at the times `t0 + step`; `rhs` writes the state
    /// that follows time, state and inputs.
    pub fn advance_noisy_map(
        &mut self,
        rhs: &mut impl FnMut(V, &[V], &[V], &mut [V]),
        noise: &Noise,
        count: u64,
    ) {
        self.advance_by_draws(Scheme::Map, rhs, noise, 1.0, count);
    }

    fn advance_by_draws(
        &mut self,
        scheme: Scheme,
        rhs: &mut impl FnMut(V, &[V], &[V], &mut [V]),
        noise: &Noise,
        h: f64,
        count: u64,
    ) {
        let grid = Grid { t0: self.options.t0, h, first: self.step, count };
        let (bound, dimension) = (self.options.bound, self.dimension);
        let step = self.options.first_step.wrapping_add(self.step);
        let mut inputs = vec![V::zero(); noise.places().len()];
        self.each(|block, x, alive, room| {
            let first = (block * V::LANES) as u32;
            let (rhs, inputs) = (&mut *rhs, inputs.as_mut_slice());
            let mut draws = ByDraws { dimension, scheme, rhs, noise, inputs, first, step };
            run_lanes(&mut draws, grid, bound, x, alive, room);
        });
        self.step += count;
    }

    fn check(&self, wanted: usize) -> Result<(), Error> {
        if self.dimension == wanted {
            Ok(())
        } else {
            Err(Error::Dimension { given: self.dimension, wanted })
        }
    }

    /// Runs every block that has a living lane through `run`, which is told the block's index.
    fn each(&mut self, mut run: impl FnMut(usize, &mut [V], &mut V, &mut Room<V>)) {
        for block in 0..self.blocks {
            if (0..V::LANES).all(|lane| self.alive[block].lane(lane) == 0.0) {
                continue;
            }
            for j in 0..self.dimension {
                self.block[j] = self.state[j * self.blocks + block];
            }
            run(block, &mut self.block, &mut self.alive[block], &mut self.room);
            for j in 0..self.dimension {
                self.state[j * self.blocks + block] = self.block[j];
            }
        }
    }
}
