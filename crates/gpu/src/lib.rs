//! One wgpu device: ensemble kernels from WGSL, point clouds, trails; each with its CPU twin.
//!
//! [`scene`] is what exhibits write: plain data without a wgpu type in it. [`Device`] is asked for and
//! tested once, [`Ensemble`] steps trajectories on it against the scalar [`twin`], [`Survey`] carries one orbit a
//! cell of a plane, and [`Painter`] draws scenes and ensembles. [`raster`] draws scenes on the CPU.
#![forbid(unsafe_code)]

mod camera;
mod device;
mod ensemble;
mod kernel;
mod painter;
pub mod raster;
pub mod scene;
mod survey;
mod theme;
pub mod twin;

pub use device::{Demand, Device, GpuError, SELF_TEST_TOLERANCE};
pub use ensemble::{ColourBy, Ensemble, EnsembleOptions, Measurement};
pub use kernel::{Kernel, Kind, Method};
pub use painter::Painter;
pub use survey::{Aim, BLOCKS as SURVEY_BLOCKS, Survey, SurveyOptions};
