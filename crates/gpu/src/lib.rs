//! One wgpu device: ensemble kernels from WGSL, point clouds, trails; each with its CPU twin.
//!
//! [`scene`] is what exhibits write: plain data without a wgpu type in it.
#![forbid(unsafe_code)]

mod camera;
mod device;
mod ensemble;
mod painter;
pub mod scene;
mod theme;
pub mod twin;

pub use device::{Device, GpuError, SELF_TEST_TOLERANCE};
pub use ensemble::{ColourBy, Ensemble, EnsembleOptions, Kernel, Kind, Measurement};
pub use painter::Painter;
