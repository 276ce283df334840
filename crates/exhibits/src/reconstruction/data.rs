//! What a network learns from: samples of a system, or a person's own series.

use crate::error::ExhibitError;
use crate::subject::Subject;
use rnn::Series;

/// Systems of at most this many variables can be learned.
pub(crate) const MOST_VARIABLES: usize = 5;
/// Samples taken from a system, the transient included.
const SAMPLES: usize = 25_000;
/// Samples dropped at the start.
const TRANSIENT: usize = 1_000;

/// How a system is sampled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampling {
    /// Time between two samples of a flow; a map is sampled every step.
    pub(crate) dt: f64,
    /// Solver steps between two samples.
    pub(crate) substeps: usize,
}

/// Data for one training.
pub(crate) struct Data {
    /// What the network trains on: standardised, noise added.
    pub(crate) train: Series,
    /// What it is held against: the second half, in the same units, without noise.
    pub(crate) test: Series,
    /// Those units: mean and standard deviation of each channel of the first half.
    pub(crate) units: rnn::series::Standardisation,
    /// Time between two samples; 1 for a map or a series.
    pub(crate) interval: f64,
    /// Name of where it comes from.
    pub(crate) source: String,
}

impl Data {
    /// Samples of a system at its own parameters and start.
    pub(crate) fn of_subject(
        subject: &Subject,
        sampling: Sampling,
        noise: f64,
        seed: u64,
    ) -> Result<Self, ExhibitError> {
        let names = subject.variable_names();
        if names.len() > MOST_VARIABLES {
            return Err(ExhibitError::Refused(format!(
                "{} has {} variables; this exhibit learns systems of at most {MOST_VARIABLES}",
                subject.name(),
                names.len()
            )));
        }
        let values = subject.samples(SAMPLES, sampling.dt, sampling.substeps)?;
        let kept = values[TRANSIENT * names.len()..].to_vec();
        let series = Series::new(names, kept).map_err(|e| ExhibitError::Series(e.to_string()))?;
        let interval = if subject.is_map() { 1.0 } else { sampling.dt };
        Self::of_series(series, interval, noise, seed, subject.name().to_owned())
    }

    /// The two halves of a series; noise on the first, in standard deviations.
    pub(crate) fn of_series(
        series: Series,
        interval: f64,
        noise: f64,
        seed: u64,
        source: String,
    ) -> Result<Self, ExhibitError> {
        let fault = |e: rnn::SeriesError| ExhibitError::Series(e.to_string());
        if series.channels().len() > MOST_VARIABLES {
            let count = series.channels().len();
            return Err(ExhibitError::Series(format!(
                "{source} has {count} columns; this exhibit learns at most {MOST_VARIABLES}"
            )));
        }
        let half = series.rows() / 2;
        let (first, second) = series.split(half).map_err(fault)?;
        let (train, units) = first.standardise().map_err(fault)?;
        let test = second.standardise_as(&units);
        let train = if noise > 0.0 {
            train.with_noise(noise, seed, "observation noise").map_err(fault)?
        } else {
            train
        };
        Ok(Self { train, test, units, interval, source })
    }
}
