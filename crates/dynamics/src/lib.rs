//! Solvers for flows, maps and processes; ensembles on the CPU.
//!
//! A [`Method`] is one entry of [`METHODS`]: a name, orders, stability, needs, a citation and, for the Runge-Kutta
//! family, a [`Tableau`]. [`init`] makes room for a step and [`step`] takes one, purely: the same arguments give the
//! same value, error estimate and [`Outcome`]. Divergence is a variant of the outcome and never an exception.
//!
//! Above the single step stand
//! - [`Simulation`] for whatever a [`numerics::Process`] describes, with delays, noise and events, which a run loop
//!   drives through the trait [`Stepper`] one output step at a time, whatever the method; [`Trajectory`] and
//!   [`Orbit`] are the same for a flow and for a map that know no Jacobian, [`Plain`] and [`PlainMap`] make processes
//!   of those that do;
//! - [`Ensemble`], many trajectories in blocks of lanes, each lane with the bits it has alone;
//! - [`sample_flow`] and [`sample_map`], which fill a data set.
//!
//! This crate knows no clock, no graphics device and no thread: it computes when asked, and stops when it returns.
#![forbid(unsafe_code)]

mod adaptive;
mod drive;
mod ensemble;
mod error;
mod fixed;
mod method;
mod newton;
mod outcome;
mod pack;
mod past;
mod plain;
mod rodas;
mod sample;
mod simulation;
mod step;
mod tableau;
mod trajectory;
mod watch;

pub use ensemble::{Ensemble, EnsembleOptions, Spread, initial_states};
pub use error::Error;
pub use method::{METHODS, Method, Needs, NoiseOrder};
pub use outcome::{Divergence, Outcome, Statistics};
pub use plain::{Plain, PlainMap};
pub use sample::{Samples, sample_flow, sample_map};
pub use simulation::{Simulation, check_process};
pub use step::{Workspace, init, step};
pub use tableau::{DORMAND_PRINCE_5, DORMAND_PRINCE_8, EULER, HEUN, RUNGE_KUTTA_4, TSITOURAS_5, Tableau};
pub use trajectory::{Checkpoint, Options, Orbit, Stepper, Trajectory};
pub use watch::Mark;
