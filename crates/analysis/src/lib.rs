//! Measures of dynamics: Lyapunov spectrum, spectra, state-space divergence.
#![forbid(unsafe_code)]
