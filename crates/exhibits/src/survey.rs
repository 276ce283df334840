//! How the systems of the zoo bear long runs: every one from several starts, for many of its periods.

use dynamics::{Method, Options, Outcome, Simulation, Stepper};
use equations::Kind;
use numerics::Stream;
use serde::Serialize;
use zoo::System;

/// Iterations of a map, or steps of a flow that tells no period, that stand for a period.
const STEPS: f64 = 100.0;
/// By how much of itself a starting value is moved, or from 0.
const MOVED: f64 = 0.01;

/// What is asked of every system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Periods to run for.
    pub periods: f64,
    /// Starts: the default one, and others moved away from it by a hundredth of each value.
    pub starts: u32,
    /// Seed of the moves.
    pub seed: u64,
}

/// A run that did not reach its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stopped {
    /// Which start, from 0; 0 is the default one.
    pub start: u32,
    /// When, in the system's time.
    pub time: f64,
    /// What happened.
    pub what: String,
}

/// What became of a system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Surveyed {
    /// The system.
    pub slug: &'static str,
    /// The solver: the one that its file names.
    pub solver: &'static str,
    /// Its step.
    pub dt: f64,
    /// How long each run was to be, in the system's time.
    pub time: f64,
    /// Runs asked for.
    pub starts: u32,
    /// Evaluations of the right-hand side by all of them.
    pub evaluations: u64,
    /// Runs that stopped early.
    pub stopped: Vec<Stopped>,
}

/// Runs a system as its file says: its solver, step and bound.
///
/// # Errors
/// The system cannot be started so, with the reason.
pub fn survey(system: &'static System, asked: Asked) -> Result<Surveyed, String> {
    let model = system.model();
    let map = model.kind == Kind::Map;
    let named = model.options.meth.as_deref().and_then(Method::from_xpp);
    let method = if map { Method::Discrete } else { named.unwrap_or_default() };
    let dt = if map { 1.0 } else { model.options.dt.unwrap_or(0.05) };
    let time = asked.periods * system.period().unwrap_or(STEPS * dt);
    let defaults = Options::default();
    let options = Options {
        method,
        dt,
        t0: model.options.t0.unwrap_or(0.0),
        bound: model.options.bounds.unwrap_or(defaults.bound),
        rtol: model.options.toler.unwrap_or(defaults.rtol),
        atol: model.options.atol.unwrap_or(defaults.atol),
        seed: asked.seed,
        ..defaults
    };
    // The cast saturates, and takes what is not a number for 0.
    let steps = (time / dt + 0.5) as u64;
    let mut stream = Stream::new(asked.seed, system.slug());
    let mut report = Surveyed {
        slug: system.slug(),
        solver: method.slug(),
        dt,
        time,
        starts: asked.starts,
        evaluations: 0,
        stopped: Vec::new(),
    };
    for start in 0..asked.starts {
        let moved = |x: f64, by: f64| if x == 0.0 { MOVED * by * by } else { x * (1.0 + MOVED * by) };
        let at: Vec<f64> = model
            .initial()
            .into_iter()
            .map(|x| if start == 0 { x } else { moved(x, stream.normal()) })
            .collect();
        let process = system.process(&model.parameter_values());
        let mut run = Simulation::new(process, options.clone(), &at).map_err(|e| e.to_string())?;
        let outcome = run.advance_by(steps).clone();
        report.evaluations += run.statistics().evaluations;
        if !outcome.is_ok() {
            let what = match outcome.divergence() {
                Some(divergence) => {
                    let variable = model.variables.get(divergence.variable);
                    let name = variable.map_or("a variable", |variable| variable.name.as_str());
                    format!("{name} reached {:e}", divergence.value)
                }
                None => Outcome::to_string(&outcome),
            };
            report.stopped.push(Stopped { start, time: run.time(), what });
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_runs_as_the_file_says_from_as_many_starts_as_are_asked_for() {
        let lorenz = zoo::find("lorenz").unwrap();
        let asked = Asked { periods: 3.0, starts: 4, seed: 1 };
        let report = survey(lorenz, asked).unwrap();
        assert_eq!((report.solver, report.dt, report.starts), ("rk4", 0.005, 4));
        assert!(report.stopped.is_empty(), "{report:?}");
        let steps = (report.time / report.dt).round() as u64;
        assert_eq!(report.evaluations, 4 * 4 * steps);
        assert_eq!(survey(lorenz, asked).unwrap(), report);
        let map = survey(zoo::find("henon").unwrap(), asked).unwrap();
        assert_eq!((map.solver, map.time), ("discrete", 300.0));
    }
}
