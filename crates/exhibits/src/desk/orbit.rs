//! All variables of a system sampled along its orbit, or all columns of a series.

use super::Case;
use super::sampled::default_every;
use super::tuned::pace;
use crate::error::ExhibitError;
use crate::subject::Runner;
use dynamics::{Options, Stepper as _};
use web_time::Instant;

/// Most values of one orbit.
const MOST_VALUES: usize = 1 << 20;

/// States at even times, row by row, or the run that makes them.
pub(super) struct Orbit {
    run: Option<Box<Runner>>,
    pub(super) values: Vec<f64>,
    pub(super) names: Vec<String>,
    /// Time between samples; 1 for a series.
    pub(super) interval: f64,
    /// Time of the first sample.
    first: f64,
    wanted: usize,
    /// Samples still to be left out.
    transient: u64,
}

impl Orbit {
    /// About `samples` states, about thirty a period; those of the first `periods` are left out.
    ///
    /// # Errors
    /// The system cannot be run.
    pub(super) fn new(case: &Case, samples: usize, periods: f64) -> Result<Self, ExhibitError> {
        let within = |width: usize| samples.min(MOST_VALUES / width.max(1)).max(1);
        match case {
            Case::Series(own) => {
                let names = own.series.channels().to_vec();
                let wanted = within(names.len()).min(own.series.rows());
                let values = (0..wanted).flat_map(|row| own.series.row(row).iter().copied()).collect();
                Ok(Self { run: None, values, names, interval: 1.0, first: 0.0, wanted, transient: 0 })
            }
            Case::System(case) => {
                let every = default_every(case);
                let options = Options {
                    substeps: every as u32,
                    seed: case.seed,
                    ..case.subject.options(case.subject.method(), case.dt * every)
                };
                let interval = case.dt * every;
                let names = case.subject.variable_names();
                let run = case.subject.stepper(&case.parameters, options, &case.start)?;
                let transient = libm::ceil(periods * pace(case) / interval) as u64;
                Ok(Self {
                    run: Some(Box::new(run)),
                    values: Vec::new(),
                    wanted: within(names.len()),
                    names,
                    interval,
                    first: case.subject.start_time() + (transient + 1) as f64 * interval,
                    transient,
                })
            }
        }
    }

    pub(super) fn dimension(&self) -> usize {
        self.names.len()
    }

    pub(super) fn samples(&self) -> usize {
        self.values.len() / self.names.len().max(1)
    }

    /// Time of a sample.
    pub(super) fn time(&self, sample: usize) -> f64 {
        self.first + sample as f64 * self.interval
    }

    /// Share of the samples that are there.
    pub(super) fn progress(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.samples() as f64 / self.wanted as f64 }
    }

    /// Samples until about the deadline; true when all are there.
    ///
    /// # Errors
    /// The run diverges.
    pub(super) fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        let total = self.wanted * self.names.len();
        let Some(run) = &mut self.run else { return Ok(true) };
        while self.values.len() < total {
            for _ in 0..64 {
                if self.values.len() == total {
                    break;
                }
                if !run.advance().is_ok() {
                    let message = format!(
                        "the run stopped after {} of {} samples: {}; try another start or smaller steps",
                        self.values.len() / self.names.len(),
                        self.wanted,
                        run.outcome()
                    );
                    return Err(ExhibitError::Refused(message));
                }
                if self.transient > 0 {
                    self.transient -= 1;
                } else {
                    self.values.extend_from_slice(run.state());
                }
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.values.len() == total)
    }
}
