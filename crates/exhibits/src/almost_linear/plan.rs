//! What is learned, and with which sizes and budget.

use crate::error::ExhibitError;
use crate::exhibit::Setup;
use crate::reconstruction::{Data, Sampling};
use crate::subject::Subject;
use crate::values::Values;
use rnn::{CellKind, Forcing, Method, Schedule, Settings};

/// Learning rate at the start and at the end.
const RATES: [f64; 2] = [5e-3, 1e-5];
/// Sequences in a batch.
pub(super) const BATCH: usize = 16;
/// Rössler's system where it closes after two turns instead of being chaotic.
pub(super) const CYCLE: &str = "rossler-period-2";
/// Name of that for people.
pub(super) const CYCLE_NAME: &str = "Rössler, period two";
/// The number in the text of Rössler's system that makes the difference, and the other one.
const CYCLE_PARAMETER: [&str; 2] = ["c=5.7", "c=3.5"];
/// Samples to a period of a system for which nothing else is known to do.
const SAMPLES: f64 = 60.0;

/// A training: sizes, forcing, budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// State units, `M`.
    pub(super) latent: usize,
    /// Rectified units, `P`.
    pub(super) rectified: usize,
    /// Forcing interval, `τ`.
    pub(super) tau: usize,
    /// Standard deviation of the noise that is added afresh to each batch.
    pub(super) noise: f64,
    /// Length of a training sequence, `S`.
    pub(super) length: usize,
    /// Updates.
    pub(super) updates: u64,
}

/// The training that is known to do for a system.
pub(super) fn plan(system: &str) -> Plan {
    let rossler = Plan { latent: 10, rectified: 1, tau: 8, noise: 0.0, length: 64, updates: 25_000 };
    match system {
        "lorenz" => Plan { latent: 20, rectified: 2, tau: 6, noise: 0.05, updates: 36_000, ..rossler },
        CYCLE => Plan { rectified: 2, ..rossler },
        _ => rossler,
    }
}

impl Plan {
    /// The plan that is set.
    pub(super) fn of(values: &Values) -> Self {
        Self {
            latent: values.integer("latent"),
            rectified: values.integer("rectified"),
            tau: values.integer("tau"),
            noise: values.number("noise"),
            length: values.integer("length"),
            updates: values.integer("updates") as u64,
        }
    }

    /// The settings of a trainer, for data of so many channels.
    pub(super) fn settings(&self, channels: usize, seed: u64) -> Settings {
        Settings {
            kind: CellKind::AlmostLinear {
                latent: self.latent,
                rectified: self.rectified,
                observed: channels,
            },
            forcing: Forcing::Sparse { tau: self.tau },
            method: Method::RAdam,
            schedule: Schedule::Exponential { from: RATES[0], to: RATES[1], updates: self.updates },
            length: self.length,
            batch: BATCH,
            regularisation: 0.0,
            noise: self.noise,
            clip: None,
            floor: 0.0,
            seed,
        }
    }

    /// Floating-point operations of the training, about: every update goes through the matrix forward, back, and for its
    /// gradient.
    pub(super) fn cost(&self) -> f64 {
        let (m, s) = (self.latent as f64, self.length as f64);
        self.updates as f64 * BATCH as f64 * s * m * m * 2.0 * 3.0
    }
}

/// A system that can be learned, by its name here.
///
/// # Errors
/// There is none of that name.
pub(super) fn subject(system: &str) -> Result<Subject, ExhibitError> {
    if system == CYCLE {
        let [chaotic, periodic] = CYCLE_PARAMETER;
        return Subject::typed(&Subject::of_zoo("rossler")?.text().replace(chaotic, periodic));
    }
    Subject::of_zoo(system)
}

/// How a system is sampled unless something else is set.
pub(super) fn sampling(system: &str, subject: &Subject) -> Sampling {
    match system {
        "rossler" | CYCLE => Sampling { dt: 0.1, substeps: 3 },
        "lorenz" => Sampling { dt: 0.03, substeps: 2 },
        _ => {
            let dt = subject.period().map_or(5.0 * subject.step(), |period| period / SAMPLES);
            Sampling { dt, substeps: 3 }
        }
    }
}

/// The data of a setup: a series when there is one, else typed equations, else the system chosen. Noise is added to
/// batches, not to the series.
pub(super) fn data(setup: &Setup<'_>) -> Result<Data, ExhibitError> {
    let seed = setup.recipe.seed;
    if let Some(own) = &setup.means.series {
        return Data::of_series(own.series.clone(), 1.0, 0.0, seed, own.name.clone());
    }
    let system = setup.values.text("system");
    let (system, subject) = match &setup.recipe.equations {
        Some(text) => ("", Subject::typed(text)?),
        None => (system, subject(system)?),
    };
    let sampling = Sampling { dt: setup.values.number("dt"), ..sampling(system, &subject) };
    let mut data = Data::of_subject(&subject, sampling, 0.0, seed)?;
    if system == CYCLE {
        data.source = CYCLE_NAME.into();
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cycle_is_rosslers_system_at_another_threshold() {
        let (chaos, cycle) = (subject("rossler").unwrap(), subject(CYCLE).unwrap());
        assert_eq!(chaos.parameters(), [0.2, 0.2, 5.7]);
        assert_eq!(cycle.parameters(), [0.2, 0.2, 3.5]);
        assert_eq!(cycle.start(), chaos.start());
        assert!(subject("rossler-period-3").is_err());
    }
}
