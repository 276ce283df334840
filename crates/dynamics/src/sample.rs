//! Evenly sampled data from a flow or a map.

use crate::error::Error;
use crate::trajectory::{Options, Orbit, Stepper, Trajectory};
use numerics::{Flow, Map};

/// Samples at even times.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Number of variables.
    pub dimension: usize,
    /// Time of the first sample.
    pub start: f64,
    /// Time between samples.
    pub interval: f64,
    /// Values, `values[sample * dimension + variable]`.
    pub values: Vec<f64>,
}

impl Samples {
    /// Number of samples.
    pub fn count(&self) -> usize {
        self.values.len() / if self.dimension == 0 { 1 } else { self.dimension }
    }
    /// One sample, all variables.
    pub fn sample(&self, index: usize) -> &[f64] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }
    /// One variable over time.
    pub fn series(&self, variable: usize) -> Vec<f64> {
        (0..self.count()).map(|sample| self.values[sample * self.dimension + variable]).collect()
    }
}

/// Takes `count` samples of a flow, `options.dt` apart, after discarding `transient` output steps.
///
/// Without a transient the first sample is `x0` itself.
///
/// # Errors
/// Those of [`Trajectory::new`], and [`Error::Stopped`] when the run does not reach the last sample.
pub fn sample_flow<F: Flow<f64>>(
    flow: F,
    options: &Options,
    x0: &[f64],
    transient: u64,
    count: usize,
) -> Result<Samples, Error> {
    let interval = options.dt;
    collect(Trajectory::new(flow, options.clone(), x0)?, interval, transient, count)
}

/// Takes `count` samples of a map, `options.substeps` iterations apart, after discarding `transient` of them.
///
/// # Errors
/// Those of [`Orbit::new`], and [`Error::Stopped`] when the run does not reach the last sample.
pub fn sample_map<M: Map<f64>>(
    map: M,
    options: &Options,
    x0: &[f64],
    transient: u64,
    count: usize,
) -> Result<Samples, Error> {
    let interval = f64::from(options.substeps);
    collect(Orbit::new(map, options.clone(), x0)?, interval, transient, count)
}

fn collect(mut run: impl Stepper, interval: f64, transient: u64, count: usize) -> Result<Samples, Error> {
    let dimension = run.dimension();
    let mut values = Vec::new();
    run.advance_by(transient);
    let start = run.time();
    for sample in 0..count {
        if sample > 0 {
            run.advance();
        }
        if !run.outcome().is_ok() {
            return Err(Error::Stopped { samples: sample, wanted: count, outcome: run.outcome().clone() });
        }
        values.extend_from_slice(run.state());
    }
    Ok(Samples { dimension, start, interval, values })
}
