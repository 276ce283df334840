//! The exhibits: controls, views, lessons, claims, run loops.
#![forbid(unsafe_code)]

pub mod contract;
