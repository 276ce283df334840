//! Recurrent cells with fused forward and backward passes, forcing, optimisers; no burn.
//!
//! A [`CellKind`] names a cell and its sizes and makes one; [`Sequence`] runs it over a batch of whole sequences
//! and back through time, [`Bidirectional`] two of them from both ends; [`Trainer`] learns a dynamical system from a
//! [`Series`] under a [`Forcing`]; [`Learner`] learns a task of the list [`TaskKind`]; [`RealTime`], [`Eligibility`] and
//! [`ForcedReservoir`] learn as the steps come; [`forecast`] has forecasters of a series; [`TrainedMap`] shows what was
//! learned to `analysis` as a map with a Jacobian; [`save`] writes it to a file that others read.
//!
//! Lanes run over the batch, sixteen of them, and every sum over the batch ends in one fixed tree, so that the
//! same training has the same bits natively and in WebAssembly, in `f32` and in `f64`.
#![forbid(unsafe_code)]

mod bidirectional;
mod cell;
pub mod cells;
mod checkpoint;
mod echo;
mod eligibility;
mod error;
mod float;
mod force;
mod forcing;
pub mod forecast;
mod golden;
mod kernel;
mod learner;
mod loss;
mod map;
mod optimise;
mod perceptron;
mod recurrent;
mod rtrl;
pub mod save;
mod sequence;
pub mod series;
mod task;
pub mod tasks;
mod trainer;

pub use bidirectional::Bidirectional;
pub use cell::{Analysed, Cell, CellKind, Draw, History, Layout, ParameterBlock, Shape, Weights};
pub use echo::set_spectral_radius;
pub use eligibility::Eligibility;
pub use error::Error;
pub use float::{Block, Float, LANES};
pub use force::{ForcedReservoir, ReservoirMap, ReservoirSettings};
pub use forcing::{Estimator, Forcing, NormEstimate};
pub use golden::{golden_learning_digest, golden_training_digest};
pub use learner::{Evaluation, Learner, Learning};
pub use loss::Loss;
pub use map::{FreeRun, PiecewiseMap, TrainedMap};
pub use optimise::{Method, Optimiser, Schedule};
pub use perceptron::{Activity, Perceptron};
pub use recurrent::sigmoid;
pub use rtrl::RealTime;
pub use sequence::{Force, Sequence, gradient_norm};
pub use series::{Series, SeriesError};
pub use task::TanhTask;
pub use tasks::TaskKind;
pub use trainer::{Best, Settings, StepReport, Trainer};
