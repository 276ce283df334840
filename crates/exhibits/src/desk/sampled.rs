//! A series to study: a person's own, or a variable of a system sampled along its orbit.

use super::tuned::{chosen, pace, variable};
use super::{Case, SystemCase};
use crate::build::{control, integer, number};
use crate::contract::{Control, ControlKind};
use crate::error::ExhibitError;
use crate::subject::Runner;
use crate::values::Values;
use dynamics::{Options, Stepper as _};
use web_time::Instant;

/// Most samples.
const MOST: f64 = 1_048_576.0;

/// The controls of a sampled series.
pub(super) fn controls(case: &Case, samples: f64) -> Vec<Control> {
    match case {
        Case::System(case) => {
            let every = default_every(case);
            vec![
                variable(case, "observed", "observed", case.subject.axes()[0].unwrap_or(0)),
                integer("samples", "samples", [64.0, MOST], samples).logarithmic(),
                integer("every", "steps between samples", [1.0, 100_000.0], every).logarithmic(),
                number("transient", "transient", [0.0, 1e7], 20.0 * pace(case), 3).open(),
            ]
        }
        Case::Series(own) => {
            let names: Vec<(&str, &str)> =
                own.series.channels().iter().map(|name| (name.as_str(), name.as_str())).collect();
            let first = names.first().map_or("", |pair| pair.0);
            let kind =
                ControlKind::Number { min: 1e-9, max: 1e9, default: 1.0, log: true, decimals: 9, open: true };
            vec![
                crate::build::choice("observed", "observed", &names, first),
                control("interval", "time between samples", kind),
            ]
        }
    }
}

/// About thirty samples a period.
pub(super) fn default_every(case: &SystemCase) -> f64 {
    let every = libm::round(pace(case) / 30.0 / case.dt);
    if case.subject.is_map() || every < 1.0 { 1.0 } else { every }
}

/// The series, or the run that makes it.
pub(super) struct Sampled {
    run: Option<Box<Runner>>,
    pub(super) values: Vec<f64>,
    wanted: usize,
    observed: usize,
    /// Time between samples.
    pub(super) interval: f64,
    pub(super) name: String,
    /// Output steps still to be left out.
    transient: u64,
}

impl Sampled {
    /// # Errors
    /// The system cannot be run.
    pub(super) fn new(case: &Case, values: &Values) -> Result<Self, ExhibitError> {
        match case {
            Case::Series(own) => {
                let name = values.text("observed").to_owned();
                let place = own.series.channels().iter().position(|channel| *channel == name).unwrap_or(0);
                let rows = own.series.rows();
                let column: Vec<f64> = (0..rows).map(|row| own.series.row(row)[place]).collect();
                Ok(Self {
                    run: None,
                    wanted: rows,
                    values: column,
                    observed: place,
                    interval: values.number("interval"),
                    name,
                    transient: 0,
                })
            }
            Case::System(case) => {
                let observed = chosen(case, values, "observed");
                let every = values.integer("every").max(1);
                let method = case.subject.method();
                let options = Options {
                    substeps: every as u32,
                    seed: case.seed,
                    ..case.subject.options(method, case.dt * every as f64)
                };
                let interval = if case.subject.is_map() { every as f64 } else { case.dt * every as f64 };
                let run = case.subject.stepper(&case.parameters, options, &case.start)?;
                Ok(Self {
                    run: Some(Box::new(run)),
                    values: Vec::new(),
                    wanted: values.integer("samples"),
                    observed,
                    interval,
                    name: case.subject.variable_names().swap_remove(observed),
                    transient: libm::ceil(values.number("transient") / interval) as u64,
                })
            }
        }
    }

    /// Samples until about the deadline; true when all are there.
    ///
    /// # Errors
    /// The run diverges.
    pub(super) fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        let Some(run) = &mut self.run else { return Ok(true) };
        while self.values.len() < self.wanted {
            for _ in 0..64 {
                if self.values.len() == self.wanted {
                    break;
                }
                if !run.advance().is_ok() {
                    let message = format!(
                        "the run stopped after {} of {} samples: {}; try another start or smaller steps",
                        self.values.len(),
                        self.wanted,
                        run.outcome()
                    );
                    return Err(ExhibitError::Refused(message));
                }
                if self.transient > 0 {
                    self.transient -= 1;
                } else {
                    self.values.push(run.state()[self.observed]);
                }
            }
            if Instant::now() >= deadline {
                return Ok(self.values.len() == self.wanted);
            }
        }
        Ok(true)
    }

    /// Share of the samples that are there.
    pub(super) fn progress(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.values.len() as f64 / self.wanted as f64 }
    }
}
