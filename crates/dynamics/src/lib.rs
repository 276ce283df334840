//! Solvers for flows and maps; ensembles on the CPU.
//!
//! A [`Method`] is one entry of [`METHODS`]: a name, an order, a citation and, for the Runge-Kutta family, a
//! [`Tableau`]. [`init`] makes room for a step and [`step`] takes one, purely: the same arguments give the same
//! value, error estimate and [`Outcome`]. Divergence is a variant of the outcome and never an exception.
//!
//! Above the single step stand
//! - [`Trajectory`] for a flow and [`Orbit`] for a map, which a run loop drives through the trait [`Stepper`] one
//!   output step at a time, whatever the method;
//! - [`Ensemble`], many trajectories in blocks of lanes, each lane with the bits it has alone;
//! - [`sample_flow`] and [`sample_map`], which fill a data set.
//!
//! This crate knows no clock, no graphics device and no thread: it computes when asked, and stops when it returns.
#![forbid(unsafe_code)]

mod ensemble;
mod error;
mod method;
mod outcome;
mod sample;
mod step;
mod tableau;
mod trajectory;

pub use ensemble::{Ensemble, EnsembleOptions, Spread, initial_states};
pub use error::Error;
pub use method::{METHODS, Method};
pub use outcome::{Divergence, Outcome, Statistics};
pub use sample::{Samples, sample_flow, sample_map};
pub use step::{Workspace, init, step};
pub use tableau::{EULER, RUNGE_KUTTA_4, TSITOURAS_5, Tableau};
pub use trajectory::{Checkpoint, Options, Orbit, Stepper, Trajectory};
