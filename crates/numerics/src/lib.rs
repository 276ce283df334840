//! Lanes, elementary functions, fixed-order sums, random streams, digests, small dense algebra, and the
//! contracts [`Flow`], [`Map`], [`PiecewiseAffine`] and [`Process`] that whatever has a state implements.
//!
//! Everything here gives the same bits natively and in WebAssembly.
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;

mod contract;
pub mod dense;
mod digest;
mod elementary;
mod lanes;
pub mod march;
mod philox;
mod random;
mod real;
mod sum;

pub use contract::{Crossing, Draw, Flow, FlowJacobian, Map, MapJacobian, PiecewiseAffine, Process, Reset};
pub use digest::Digest;
pub use lanes::Lanes;
pub use philox::{Noise, Philox, Place};
pub use random::Stream;
pub use real::Real;
pub use sum::{dot, mean, sum, sum_by};
