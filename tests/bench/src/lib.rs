//! What `cargo xtask bench` measures, natively and in the browser, and the table of it.
//!
//! The same functions run in the program `house-bench` and in two wasm modules, with and without SIMD. Each
//! piece of work is fixed, so that its result has one digest, which the table holds equal everywhere.
#![forbid(unsafe_code)]

mod clock;
#[cfg(feature = "gpu")]
mod device;
mod error;
#[cfg(target_arch = "wasm32")]
mod face;
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
mod kernels;
mod lorenz;
#[cfg(not(target_arch = "wasm32"))]
mod measures;
#[cfg(not(target_arch = "wasm32"))]
mod peers;
mod report;
pub mod table;
mod training;
mod zoo_speed;

#[cfg(feature = "gpu")]
pub use device::measure_device;
pub use error::Error;
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
pub use kernels::{measure_kernels, print_kernels};
#[cfg(not(target_arch = "wasm32"))]
pub use measures::measure_measures;
#[cfg(not(target_arch = "wasm32"))]
pub use peers::measure_peers;
pub use report::{DeviceReport, Figures, HopfPoint, Measure, Measured, Measures, Peer, Peers};
pub use zoo_speed::measure_zoo;

/// Everything that runs on one core.
///
/// # Errors
/// A fixture could not be made, or two ways to the same result differ.
pub fn measure() -> Result<Figures, Error> {
    let mut figures = Figures::default();
    lorenz::ensembles(&mut figures)?;
    lorenz::single(&mut figures)?;
    training::steps(&mut figures)?;
    Ok(figures)
}
