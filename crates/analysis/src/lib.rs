//! Measures of dynamics: Lyapunov spectrum, spectra, state-space divergence.
//!
//! Data are row-major: `data[sample * dimension + variable]`. Every measure gives the same bits natively and in
//! WebAssembly: elementary functions come from `libm`, sums have one order, the Fourier transform is our own.
#![forbid(unsafe_code)]

mod delay;
mod error;
mod fourier;
mod lyapunov;
mod measures;
mod separation;
mod statistics;

pub use delay::{DELAY_EXPONENTS, DelayTangent, PAST};
pub use error::Error;
pub use fourier::{Fourier, power_spectrum, smooth_gaussian};
pub use lyapunov::{
    CurvePoint, Exponent, FlowTangent, LyapunovOptions, LyapunovRun, MapTangent, Spectrum, Tangent,
    kaplan_yorke, pesin,
};
pub use measures::{
    BinnedOptions, GaussianOptions, PointBox, hellinger, prediction_error, smoothed_spectrum,
    spectrum_distance, state_space_divergence, state_space_divergence_gaussian,
};
pub use separation::{Separation, fit_separation, separate_flow, separate_map};
pub use statistics::{
    Line, Standardised, channel, histogram, histogram_plane, least_squares, standard_deviation, standardise,
};
