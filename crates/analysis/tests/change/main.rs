//! How a system changes with a parameter: published bifurcations as truths.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, dead_code, reason = "helpers of tests")]

mod branches;
mod maps;
mod rounds;
mod samples;
mod sections;
mod sweeps;
