//! The link: exhibit, edition, seed, controls, equations, step and fingerprint; the one table of bounds.
#![forbid(unsafe_code)]
