//! What the network learns from: samples of a system, or a person's own series.

use super::declaration::MOST_VARIABLES;
use crate::error::ExhibitError;
use crate::exhibit::Setup;
use crate::subject::Subject;
use rnn::Series;

/// Samples taken from a system, the transient included.
const SAMPLES: usize = 25_000;
/// Samples dropped at the start.
const TRANSIENT: usize = 1_000;
/// Solver steps between two samples.
const SUBSTEPS: usize = 2;

/// Data for one training.
pub(super) struct Data {
    /// What the network trains on: standardised, noise added.
    pub(super) train: Series,
    /// What it is held against: the second half, in the same units, without noise.
    pub(super) test: Series,
    /// Time between two samples; 1 for a map or a series.
    pub(super) interval: f64,
    /// Whether a largest exponent is known to compare with, per unit of time.
    pub(super) exponent: Option<f64>,
    /// Name of where it comes from.
    pub(super) source: String,
}

impl Data {
    /// The data of a setup: a series when there is one, else typed equations, else the system chosen.
    pub(super) fn of(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let seed = setup.recipe.seed;
        let noise = setup.values.number("noise");
        if let Some(own) = &setup.means.series {
            return Self::split(own.series.clone(), 1.0, noise, seed, own.name.clone(), None);
        }
        let subject = match &setup.recipe.equations {
            Some(text) => Subject::typed(text)?,
            None => Subject::of_zoo(setup.values.text("system"))?,
        };
        Self::of_subject(&subject, setup.values.number("dt"), noise, seed)
    }

    /// Samples of a system at its own parameters and start.
    pub(super) fn of_subject(
        subject: &Subject,
        dt: f64,
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
        let values = subject.samples(SAMPLES, dt, SUBSTEPS)?;
        let kept = values[TRANSIENT * names.len()..].to_vec();
        let series = Series::new(names, kept).map_err(|e| ExhibitError::Series(e.to_string()))?;
        let interval = if subject.is_map() { 1.0 } else { dt };
        Self::split(series, interval, noise, seed, subject.name().to_owned(), subject.known_exponent())
    }

    fn split(
        series: Series,
        interval: f64,
        noise: f64,
        seed: u64,
        source: String,
        exponent: Option<f64>,
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
        Ok(Self { train, test, interval, exponent, source })
    }
}
