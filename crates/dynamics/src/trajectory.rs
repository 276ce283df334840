//! One trajectory, advanced one output step at a time.

use crate::error::Error;
use crate::method::Method;
use crate::outcome::{Outcome, Statistics};
use crate::plain::{Iterates, Rates};
use crate::simulation::Simulation;
use numerics::{Flow, Map};

/// How to step.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The method; a map pays no heed to it.
    pub method: Method,
    /// Time of the start.
    pub t0: f64,
    /// Time between outputs, negative to go backwards. An orbit counts its iterations instead.
    pub dt: f64,
    /// Fixed steps, or iterations of a map, between outputs.
    pub substeps: u32,
    /// Relative tolerance of adaptive methods, and of the equations of implicit ones.
    pub rtol: f64,
    /// Absolute tolerance of the same.
    pub atol: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
    /// Most adaptive steps between two outputs.
    pub max_steps: u64,
    /// Seed of the random inputs, which come from its stream "noise".
    pub seed: u64,
}

impl Default for Options {
    /// Runge-Kutta 4 from time 0 with step 0.01; tolerances 1e-6 and 1e-9; bound 1e8; at most 100 000 steps an
    /// output; seed 0.
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
            seed: 0,
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

/// All that a run needs to go on with the same bits, apart from its system and options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Output steps taken.
    pub step: u64,
    /// State at that output.
    pub state: Vec<f64>,
    /// What the run carries from step to step beside its state: of the method, of delays, noise and events; often
    /// nothing.
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

/// A trajectory of a flow: a [`Simulation`] without delays, noise, events and Jacobian.
#[derive(Clone, Debug)]
pub struct Trajectory<F>(Simulation<Rates<F>>);

impl<F: Flow<f64>> Trajectory<F> {
    /// A trajectory from `x0` at `options.t0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Option`], [`Error::Method`] for [`Method::Discrete`], and
    /// [`Error::Unsupported`] for [`Method::Verlet`].
    pub fn new(flow: F, options: Options, x0: &[f64]) -> Result<Self, Error> {
        Simulation::new(Rates(flow), options, x0).map(Self)
    }

    /// The system.
    pub fn system(&self) -> &F {
        &self.0.process().0
    }

    /// The system, to be changed while it runs; what the method knows of earlier steps is forgotten.
    pub fn system_mut(&mut self) -> &mut F {
        &mut self.0.process_mut().0
    }

    /// The options.
    pub fn options(&self) -> &Options {
        self.0.options()
    }

    /// Gives the system back.
    pub fn into_system(self) -> F {
        self.0.into_process().0
    }
}

/// An orbit of a map; time counts iterations from `options.t0`, with `options.substeps` of them an output. It is a
/// [`Simulation`] without delays, noise and events.
#[derive(Clone, Debug)]
pub struct Orbit<M>(Simulation<Iterates<M>>);

impl<M: Map<f64>> Orbit<M> {
    /// An orbit from `x0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Start`], [`Error::Option`].
    pub fn new(map: M, options: Options, x0: &[f64]) -> Result<Self, Error> {
        Simulation::new(Iterates(map), options, x0).map(Self)
    }

    /// The system.
    pub fn system(&self) -> &M {
        &self.0.process().0
    }

    /// The system, to be changed while it runs.
    pub fn system_mut(&mut self) -> &mut M {
        &mut self.0.process_mut().0
    }

    /// The options.
    pub fn options(&self) -> &Options {
        self.0.options()
    }

    /// Gives the system back.
    pub fn into_system(self) -> M {
        self.0.into_process().0
    }
}

macro_rules! step_inside {
    ($run:ident: $system:ident) => {
        impl<S: $system<f64>> Stepper for $run<S> {
            fn dimension(&self) -> usize {
                self.0.dimension()
            }
            fn time(&self) -> f64 {
                self.0.time()
            }
            fn state(&self) -> &[f64] {
                self.0.state()
            }
            fn step(&self) -> u64 {
                self.0.step()
            }
            fn outcome(&self) -> &Outcome {
                self.0.outcome()
            }
            fn statistics(&self) -> Statistics {
                self.0.statistics()
            }
            fn advance_by(&mut self, count: u64) -> &Outcome {
                self.0.advance_by(count)
            }
            fn set_state(&mut self, x: &[f64]) -> Result<(), Error> {
                self.0.set_state(x)
            }
            fn checkpoint(&self) -> Checkpoint {
                self.0.checkpoint()
            }
            fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
                self.0.restore(checkpoint)
            }
        }
    };
}
step_inside!(Trajectory: Flow);
step_inside!(Orbit: Map);
