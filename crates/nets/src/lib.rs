//! Networks by automatic differentiation on burn: on the CPU, and on the one WebGPU device.
//!
//! An [`Engine`] says where tensors live: burn's CPU backend, or a wgpu device that is shared with our own kernels
//! and held against the CPU before anything trains on it. [`ShallowPlrnn`] is a burn module; [`flat`] reads and
//! writes the parameters of any module as one vector; [`Descent`] changes them by Adam or RAdam without waiting for
//! the device; [`Trainer`] learns a dynamical system from [`Batch`]es under a [`Forcing`];
//! [`loss_and_gradient`] is the oracle for gradients that were derived by hand.
//!
//! Everything here is `f32`, carries a tolerance, and has no fingerprint: burn is repeatable on one kind of machine
//! but not bit-equal between native code and WebAssembly.
//!
//! A WebAssembly module that links this crate must run its static constructors once, before anything else: burn's
//! kernel compiler registers itself through them.
#![forbid(unsafe_code)]

mod batch;
mod descent;
mod engine;
mod error;
pub mod flat;
mod forcing;
mod shallow_plrnn;
mod trainer;

pub use batch::Batch;
pub use descent::{Descent, Measured, Method, Moments, Schedule};
pub use engine::{Engine, Shared, required_features, required_limits};
pub use error::Error;
pub use forcing::Forcing;
pub use shallow_plrnn::{ShallowPlrnn, Shape};
pub use trainer::{Checkpoint, Report, Settings, Trainer, deviation, loss_and_gradient};

/// burn itself, for modules that live above this crate.
pub use burn;
