//! What a measuring program hands on.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures by name, and the digests of what was computed on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Seconds a unit of work, steps a second, losses: the name says which.
    pub values: BTreeMap<String, f64>,
    /// Digests, 16 hexadecimal digits.
    pub digests: BTreeMap<String, String>,
}

impl Figures {
    pub(crate) fn value(&mut self, name: &str, value: f64) {
        self.values.insert(name.to_owned(), value);
    }
    pub(crate) fn digest(&mut self, name: &str, digest: u64) {
        self.digests.insert(name.to_owned(), format!("{digest:016x}"));
    }
    pub(crate) fn of(&self, name: &str) -> Result<f64, Error> {
        self.values.get(name).copied().ok_or_else(|| Error::Absent(name.to_owned()))
    }
}

/// What the GPU did, or why it did nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceReport {
    /// Why nothing was measured; empty when something was.
    pub absent: String,
    /// What the adapter calls itself.
    pub adapter: String,
    /// Whether it is a program on the CPU.
    pub software: bool,
    /// Trajectories side by side.
    pub trajectories: usize,
    /// Steps of single trajectories a second.
    pub steps_per_second: f64,
    /// Share of that time spent inside the kernel.
    pub kernel_share: f64,
    /// Whether the share comes from the device's own clock.
    pub by_timestamps: bool,
}

/// What another program did, or why it did nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Why nothing was measured; empty when something was.
    pub absent: String,
    /// Median seconds a step.
    pub seconds: f64,
}

/// One Lorenz trajectory in f64 by Runge-Kutta 4, here and elsewhere in turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peers {
    /// Whether the times are of the processor, or else of the wall clock.
    pub processor_time: bool,
    /// Median seconds a step of the zoo's code.
    pub compiled: f64,
    /// Median seconds a step of typed equations.
    pub typed: f64,
    /// The program `xppaut`.
    pub xppaut: Peer,
    /// A loop in Python, compiled by numba.
    pub numba: Peer,
}

/// What a measure took, gave, and is off by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// Why nothing was measured; empty when something was.
    pub absent: String,
    /// Seconds of one measurement.
    pub seconds: f64,
    /// Its value: the mean over several series, or the first of several values.
    pub value: f64,
    /// Root mean square distance from what is known; of ours the error that it states, where that is larger.
    pub error: f64,
}

/// A measure of ours and that of a package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    /// What is measured, and of what.
    pub what: String,
    /// Which package.
    pub peer: String,
    /// The textbook's value.
    pub known: f64,
    /// Ours.
    pub own: Measured,
    /// The package's.
    pub theirs: Measured,
}

/// A Hopf point of ours and the published one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HopfPoint {
    /// Of which system, in which parameter.
    pub what: String,
    /// Who published it.
    pub source: String,
    /// The published value.
    pub published: f64,
    /// How far its last digit leaves it open.
    pub digit: f64,
    /// Ours.
    pub value: f64,
    /// The error that ours states.
    pub error: f64,
    /// Seconds of the branch with all its points.
    pub seconds: f64,
}

/// Measures of dynamics beside those of other programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measures {
    /// Whether the times are of the processor, or else of the wall clock.
    pub processor_time: bool,
    /// Beside Python packages.
    pub beside: Vec<Measure>,
    /// Beside published values.
    pub hopf: Vec<HopfPoint>,
}
