//! `lyapunov`

use super::print_json;
use crate::Failure;
use crate::args::Lyapunov;
use crate::progress::Progress;
use crate::source::{set_values, split_setting};
use crate::subject::Subject;
use crate::table::{Align, Table};
use crate::text::brief;
use analysis::{LyapunovOptions, LyapunovRun, Spectrum, Tangent};
use serde::Serialize;
use std::io::Write;

/// Steps to average over when none are named.
const STEPS: u64 = 400_000;
/// Most steps.
const MOST: u64 = 1 << 40;
/// Largest step of a flow, unless `dt` is set.
const DT: f64 = 0.01;
/// Steps between two looks at the progress.
const CHUNK: u64 = 10_000;

#[derive(Serialize)]
struct Exponent {
    value: f64,
    error: f64,
}

#[derive(Serialize)]
struct Report {
    spectrum: Vec<Exponent>,
    sum: f64,
    divergence: f64,
    /// None when only some of the exponents were asked for.
    kaplan_yorke: Option<f64>,
    steps: u64,
    time: f64,
    converged: bool,
}

pub(super) fn lyapunov(arguments: &Lyapunov, out: &mut dyn Write) -> Result<(), Failure> {
    let subject = Subject::read(&arguments.source)?;
    let model = subject.model();
    let (mut parameters, mut start) = (model.parameter_values(), model.initial());
    let (parameter_names, variable_names) = (subject.parameter_names(), subject.variable_names());
    // The systems' own steps suit pictures; exponents are worth a finer one.
    let own = subject.step();
    let mut dt = [if own < DT { own } else { DT }];
    for setting in &arguments.settings {
        let (key, value) = split_setting(setting)?;
        let variable =
            key.strip_suffix("_0").filter(|v| variable_names.iter().any(|n| n.eq_ignore_ascii_case(v)));
        let parameter = parameter_names.iter().any(|n| n.eq_ignore_ascii_case(key));
        match variable {
            Some(variable) if !parameter => {
                set_values(&[format!("{variable}={value}")], &variable_names, &mut start)?;
            }
            None if !parameter && key == "dt" && !subject.is_map() => {
                set_values(std::slice::from_ref(setting), &["dt".into()], &mut dt)?;
            }
            _ => set_values(std::slice::from_ref(setting), &parameter_names, &mut parameters)?,
        }
    }
    let [dt] = dt;
    let count = arguments.count.unwrap_or(model.dimension());
    if count == 0 || count > model.dimension() {
        return Err(Failure::Input(format!("--count {count}: must be from 1 to {}", model.dimension())));
    }
    let unit = if subject.is_map() { 1.0 } else { dt };
    let steps = match (arguments.steps, arguments.time) {
        (Some(steps), _) => steps,
        (None, Some(time)) if time > 0.0 && time.is_finite() => (time / unit).ceil() as u64,
        (None, Some(time)) => {
            return Err(Failure::Input(format!("--time {time}: must be a positive number")));
        }
        (None, None) => STEPS,
    };
    if steps == 0 || steps > MOST {
        return Err(Failure::Input(format!("{steps} steps: must be from 1 to {MOST}")));
    }
    let options = LyapunovOptions {
        exponents: count,
        t0: subject.start_time(),
        dt: unit,
        bound: subject.bound(),
        ..LyapunovOptions::default()
    };
    let programs = subject.interpreter(&parameters);
    let refused = |e: analysis::Error| Failure::Input(e.to_string());
    let spectrum = if subject.is_map() {
        measure(LyapunovRun::map(programs, options.clone(), &start).map_err(refused)?, &options, steps)
    } else {
        measure(LyapunovRun::flow(programs, options.clone(), &start).map_err(refused)?, &options, steps)
    };
    let spectrum = spectrum.map_err(|e| match e {
        analysis::Error::Diverged { time, variable, .. } => Failure::Diverged {
            time: brief(time),
            variable: variable_names.get(variable).cloned().unwrap_or_default(),
            step: ((time - subject.start_time()) / unit) as u64,
        },
        other => Failure::Input(other.to_string()),
    })?;
    let all = count == model.dimension();
    let report = Report {
        spectrum: spectrum.exponents.iter().map(|e| Exponent { value: e.value, error: e.error }).collect(),
        sum: spectrum.sum(),
        divergence: spectrum.divergence,
        kaplan_yorke: all.then(|| analysis::kaplan_yorke(&spectrum.values())),
        steps: spectrum.steps,
        time: spectrum.steps as f64 * unit,
        converged: spectrum.converged,
    };
    if arguments.json { print_json(out, &report) } else { print(&report, out) }
}

fn measure<S: Tangent>(
    mut run: LyapunovRun<S>,
    options: &LyapunovOptions,
    steps: u64,
) -> Result<Spectrum, analysis::Error> {
    let total = steps.saturating_add(options.transient);
    let progress = Progress::new("averaging", total);
    while run.taken() < total {
        run.advance(CHUNK.min(total - run.taken()))?;
        progress.at(run.taken());
    }
    Ok(run.spectrum())
}

fn print(r: &Report, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table =
        Table::new(&[("exponent", Align::Right), ("value", Align::Right), ("error", Align::Right)]);
    for (index, exponent) in r.spectrum.iter().enumerate() {
        table.row([(index + 1).to_string(), brief(exponent.value), brief(exponent.error)]);
    }
    write!(out, "{table}")?;
    writeln!(out, "\nsum              {}", brief(r.sum))?;
    writeln!(out, "mean divergence  {}", brief(r.divergence))?;
    if let Some(dimension) = r.kaplan_yorke {
        writeln!(out, "Kaplan-Yorke     {}", brief(dimension))?;
    }
    writeln!(out, "averaged over    {} steps, time {}", r.steps, brief(r.time))?;
    if !r.converged {
        writeln!(out, "not converged: the errors are larger than 0.005; raise --steps")?;
    }
    Ok(())
}
