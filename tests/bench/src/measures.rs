//! Measures of dynamics beside the Python packages that people use for them, and Hopf points beside published ones.
//!
//! Both sides get the same series. Nobody knows the error of one estimate from one series, so each measure is taken of
//! several stretches of one long orbit, and its error is the root mean square distance from the textbook's value; ours
//! counts as the error that it states itself where that is larger. A ratio of times says something only where our
//! error is not the larger one, and the table holds that too.

use crate::error::Error;
use crate::peers::{Whose, broken, processor_seconds, timed};
use crate::report::{HopfPoint, Measure, Measured, Measures};
use analysis::{
    ContinuationOptions, ContinuationRun, CorrelationOptions, CorrelationRun, Equilibria, FlowFamily,
    LyapunovOptions, LyapunovRun, SeriesExponentOptions, SeriesExponentRun, SpecialKind, least_squares,
};
use dynamics::{Options, Stepper, Trajectory};
use numerics::{Flow, FlowJacobian};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use zoo::Field;

const SCRIPT: &str = include_str!("measures.py");
/// Stretches of an orbit, and values of each.
const STRETCHES: usize = 4;
const VALUES: usize = 4_000;
/// Our own work is repeated for this long, because the system tells the processor's time in hundredths of a second.
const LONG: Duration = Duration::from_millis(700);
/// Steps of 0.005, so many that our standard errors, 0.02 at most, stay well below what dysts is off by after 20000 steps
/// over 20 periods: 0.12, root mean square over the three exponents; its tangent steps are of the first order.
const SPECTRUM_STEPS: u64 = 100_000;

/// Stretches of the first variable of a system of the zoo.
fn stretches(slug: &'static str, dt: f64) -> Result<Vec<Vec<f64>>, Error> {
    let system = zoo::find(slug).ok_or(Error::System(slug))?;
    let field = system.field::<f64>(&system.model().parameter_values());
    let options = Options { dt, substeps: 10, ..Options::default() };
    let mut run = Trajectory::new(field, options, &system.model().initial())?;
    (0..STRETCHES)
        .map(|_| {
            (0..VALUES)
                .map(|_| {
                    let value = run.state()[0];
                    let outcome = run.advance();
                    if outcome.is_ok() { Ok(value) } else { Err(broken(slug, outcome)) }
                })
                .collect()
        })
        .collect()
}

/// What a measure of ours gives: values, and the error that it states of each.
type Stated = Vec<(f64, f64)>;

fn refused(reason: analysis::Error) -> Error {
    broken("a measure", reason)
}

/// The line through the curve of Rosenstein's method over a stretch that somebody chose, as nolds draws it.
///
/// Where the curve is straight is what makes the error of this measure, so both sides draw the same line. The stretch
/// is chosen here with the answer in view; our own rule, which looks for it without, gives 0.82 ± 0.08 for Lorenz.
fn exponent(series: &[f64], options: SeriesExponentOptions, offset: usize) -> Result<(f64, f64), Error> {
    let mut run = SeriesExponentRun::new(series, options).map_err(refused)?;
    while !run.advance(1 << 20).map_err(refused)? {}
    let found = run.exponent();
    let (Some(times), Some(curve)) = (found.times.get(offset..), found.curve.get(offset..)) else {
        return Err(Error::Absent("the exponent of a series: its curve ends early".into()));
    };
    Ok((least_squares(times, curve).map_err(refused)?.slope, 0.0))
}

fn dimension(
    series: &[f64],
    [dimension, delay]: [usize; 2],
    options: CorrelationOptions,
) -> Result<(f64, f64), Error> {
    let mut run = CorrelationRun::embedded(series, dimension, delay, options).map_err(refused)?;
    while !run.advance(1 << 30).map_err(refused)? {}
    let region = run.dimension().region;
    let region =
        region.ok_or_else(|| Error::Absent("the correlation dimension: no scaling region".into()))?;
    Ok((region.slope, region.error))
}

/// The spectrum of the collection's Lorenz.
fn spectrum() -> Result<Stated, Error> {
    let named = zoo::find_named("dysts:Lorenz").ok_or(Error::System("dysts:Lorenz"))?;
    let (parameters, start) = (named.model().parameter_values(), named.model().initial());
    let options = LyapunovOptions { dt: 0.005, transient: 2_000, ..LyapunovOptions::default() };
    let steps = options.transient + SPECTRUM_STEPS;
    let mut run =
        LyapunovRun::flow(named.system.field::<f64>(&parameters), options, &start).map_err(refused)?;
    run.advance(steps).map_err(refused)?;
    Ok(run.spectrum().exponents.iter().map(|exponent| (exponent.value, exponent.error)).collect())
}

/// What some work gives, and the seconds of it, from many times that it is done.
fn repeated<T>(mut work: impl FnMut() -> Result<T, Error>) -> Result<(T, f64), Error> {
    let mut found = work()?;
    let begun = Instant::now();
    let mut times = 0_u32;
    let (_, seconds) = timed(Whose::Own, || {
        while begun.elapsed() < LONG {
            found = work()?;
            times += 1;
        }
        Ok(())
    })?;
    Ok((found, seconds / f64::from(times.max(1))))
}

fn root_mean_square(of: impl Iterator<Item = f64>) -> f64 {
    let squares: Vec<f64> = of.map(|value| value * value).collect();
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
}

/// The mean of several estimates of one known value, or the first of estimates of several known ones; and their root
/// mean square distance from what is known.
fn told(values: &[f64], known: &[f64]) -> (f64, f64) {
    let several = known.len() > 1;
    let at = |i: usize| if several { known.get(i) } else { known.first() }.copied().unwrap_or(f64::NAN);
    let error = root_mean_square(values.iter().enumerate().map(|(i, value)| value - at(i)));
    let value = if several {
        values.first().copied().unwrap_or(f64::NAN)
    } else {
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    (value, error)
}

/// One of our measures: its time, its value, and the larger of the errors that it has and that it states.
fn own(known: &[f64], work: impl FnMut() -> Result<Stated, Error>) -> Result<Measured, Error> {
    let (stated, seconds) = repeated(work)?;
    let values: Vec<f64> = stated.iter().map(|(value, _)| *value).collect();
    let (value, off) = told(&values, known);
    let says = root_mean_square(stated.iter().map(|(_, error)| *error));
    // The time of one stretch, to be held against one of theirs.
    let runs = if known.len() > 1 { 1 } else { values.len().max(1) };
    let error = if says > off { says } else { off };
    Ok(Measured { absent: String::new(), seconds: seconds / runs as f64, value, error })
}

/// What the script answers to a job.
#[derive(Debug, Deserialize)]
struct Answer {
    absent: String,
    seconds: f64,
    values: Vec<f64>,
}

/// What the packages give, one answer a job. Where Python cannot be started every answer says so.
fn ask(jobs: &[Value]) -> Result<Vec<Answer>, Error> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(&python);
    command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // One thread, as ours.
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"] {
        command.env(name, "1");
    }
    let absent = |why: &str| {
        jobs.iter().map(|_| Answer { absent: why.to_owned(), seconds: 0.0, values: Vec::new() }).collect()
    };
    let Ok(mut child) = command.spawn() else { return Ok(absent("no Python; PYTHON may name one")) };
    let clock = if processor_seconds().is_some() { "process" } else { "wall" };
    let settings = json!({ "clock": clock });
    let all = Value::Array(std::iter::once(&settings).chain(jobs).cloned().collect());
    if let Some(mut to) = child.stdin.take() {
        to.write_all(all.to_string().as_bytes())
            .map_err(|reason| broken("the script of measures", reason))?;
    }
    let output = child.wait_with_output().map_err(|reason| broken("the script of measures", reason))?;
    if !output.status.success() {
        return Ok(absent(&format!("the script ended with {}", output.status)));
    }
    let answers: Vec<Answer> =
        serde_json::from_slice(&output.stdout).map_err(|reason| broken("the script of measures", reason))?;
    if answers.len() != jobs.len() {
        return Err(broken("the script of measures", "it left out an answer"));
    }
    Ok(answers)
}

fn theirs(answer: &Answer, known: &[f64]) -> Measured {
    if !answer.absent.is_empty() {
        return Measured { absent: answer.absent.clone(), ..Measured::default() };
    }
    let (value, error) = told(&answer.values, known);
    Measured { absent: String::new(), seconds: answer.seconds, value, error }
}

/// How a system's series is measured on both sides.
struct Plan {
    slug: &'static str,
    dt: f64,
    /// Dimension and delay of the embedding.
    embedding: [usize; 2],
    theiler: usize,
    /// Samples for which neighbours are followed, and the first of them through which the line goes.
    followed: usize,
    offset: usize,
    exponent: f64,
    dimension: f64,
}

/// Sprott, Chaos and Time-Series Analysis (2003), for the exponents; Grassberger and Procaccia (1983) and Sprott for the
/// dimensions. The settings are those, of several tried, that bring nolds nearest to these values.
const PLANS: [Plan; 2] = [
    Plan {
        slug: "lorenz",
        dt: 0.05,
        embedding: [5, 2],
        theiler: 30,
        followed: 40,
        offset: 10,
        exponent: 0.9056,
        dimension: 2.05,
    },
    Plan {
        slug: "rossler",
        dt: 0.2,
        embedding: [3, 7],
        theiler: 30,
        followed: 40,
        offset: 20,
        exponent: 0.0714,
        dimension: 1.99,
    },
];

/// Ours beside nolds and dysts.
fn beside_packages() -> Result<Vec<Measure>, Error> {
    let mut jobs = Vec::new();
    let mut rows: Vec<(String, &str, Vec<f64>, Measured)> = Vec::new();
    for plan in &PLANS {
        let runs = stretches(plan.slug, plan.dt)?;
        let [m, delay] = plan.embedding;
        let options = SeriesExponentOptions {
            dimension: m,
            delay,
            theiler: plan.theiler,
            horizon: plan.followed - 1,
            dt: plan.dt,
            points: VALUES,
            ..SeriesExponentOptions::default()
        };
        let known = vec![plan.exponent];
        let found = own(&known, || runs.iter().map(|run| exponent(run, options, plan.offset)).collect())?;
        rows.push((format!("largest exponent of {VALUES} values, {}", plan.slug), "nolds", known, found));
        jobs.push(json!({ "of": "lyap_r", "runs": runs, "options": {
            "emb_dim": m, "lag": delay, "min_tsep": plan.theiler, "tau": plan.dt,
            "trajectory_len": plan.followed, "fit_offset": plan.offset, "fit": "poly",
        }}));
        let options = CorrelationOptions { theiler: plan.theiler, ..CorrelationOptions::default() };
        let known = vec![plan.dimension];
        let found = own(&known, || runs.iter().map(|run| dimension(run, [m, delay], options)).collect())?;
        rows.push((
            format!("correlation dimension of {VALUES} values, {}", plan.slug),
            "nolds",
            known,
            found,
        ));
        jobs.push(json!({ "of": "corr_dim", "runs": runs, "options": { "emb_dim": m, "lag": delay }}));
    }
    // Of Lorenz at the collection's numbers the sum is -(σ + 1 + β), which leaves the smallest.
    let known = vec![0.9056, 0.0, -(10.0 + 1.0 + 2.667) - 0.9056];
    let found = own(&known, spectrum)?;
    // Its own method, and an explicit one, which is quicker and so the harder to beat.
    for (how, keywords) in [
        ("its own method", json!({ "pts_per_period": 1000 })),
        ("RK45", json!({ "pts_per_period": 1000, "method": "RK45" })),
    ] {
        let what = format!("Lyapunov spectrum of Lorenz, largest ± error of all; dysts by {how}");
        rows.push((what, "dysts", known.clone(), found.clone()));
        jobs.push(json!({ "of": "spectrum", "options": { "length": 20_000, "keywords": keywords }}));
    }
    let answers = ask(&jobs)?;
    let rows = rows.into_iter().zip(&answers).map(|((what, peer, known, own), answer)| Measure {
        what,
        peer: peer.to_owned(),
        known: known[0],
        own,
        theirs: theirs(answer, &known),
    });
    Ok(rows.collect())
}

/// A system of the zoo of which one parameter is set.
struct Tuned {
    field: Field<f64>,
    parameters: Vec<f64>,
    index: usize,
}

impl Flow for Tuned {
    fn dimension(&self) -> usize {
        Flow::dimension(&self.field)
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.field.rate(t, x, rate);
    }
}

impl FlowJacobian for Tuned {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        FlowJacobian::jacobian(&mut self.field, t, x, jacobian);
    }
}

impl FlowFamily for Tuned {
    fn set(&mut self, parameter: f64) {
        self.parameters[self.index] = parameter;
        self.field.set_parameters(&self.parameters);
    }
    fn parameter(&self) -> f64 {
        self.parameters[self.index]
    }
}

/// A branch of equilibria with the Hopf points that are published of it.
struct Published {
    slug: &'static str,
    parameter: &'static str,
    range: (f64, f64),
    start: (f64, &'static [f64]),
    /// The points, and how far the last digit printed leaves each open.
    points: &'static [(f64, f64)],
    source: &'static str,
}

/// FitzHugh and Nagumo's follow from the trace, `v² = 1 - ε b` and `I = (v + a) / b - v + v³ / 3`.
const PUBLISHED: [Published; 3] = [
    Published {
        slug: "lorenz",
        parameter: "rho",
        range: (2.0, 30.0),
        start: (10.0, &[4.9, 4.9, 9.0]),
        points: &[(470.0 / 19.0, 1e-9)],
        source: "470/19, Sparrow 1982",
    },
    Published {
        slug: "morris-lecar",
        parameter: "current",
        range: (0.0, 300.0),
        start: (0.0, &[-60.0, 0.01]),
        points: &[(93.86, 0.005), (212.0, 0.05)],
        source: "Rinzel and Ermentrout 1998",
    },
    Published {
        slug: "fitzhugh-nagumo",
        parameter: "current",
        range: (0.0, 2.0),
        start: (0.0, &[-1.2, -0.6]),
        points: &[(0.331_281, 5e-7), (1.418_719, 5e-7)],
        source: "the trace, FitzHugh 1961",
    },
];

/// Each published branch with its Hopf points, and the seconds of the whole branch.
fn hopf_points() -> Result<Vec<HopfPoint>, Error> {
    let mut rows = Vec::new();
    for case in &PUBLISHED {
        let system = zoo::find(case.slug).ok_or(Error::System(case.slug))?;
        let parameters = system.model().parameter_values();
        let names = &system.model().parameters;
        let index = names.iter().position(|p| p.name == case.parameter);
        let index = index.ok_or_else(|| Error::Absent(format!("{} of {}", case.parameter, case.slug)))?;
        let (found, seconds) = repeated(|| {
            let (field, parameters) = (system.field(&parameters), parameters.clone());
            let steady = Equilibria::new(Tuned { field, parameters, index });
            let options = ContinuationOptions { parameter: case.range, ..ContinuationOptions::default() };
            let mut run =
                ContinuationRun::new(steady, options, case.start.0, case.start.1).map_err(refused)?;
            while !run.advance(1 << 20).map_err(refused)? {}
            let specials = run.branches().iter().flat_map(|branch| &branch.specials);
            let hopf = specials.filter(|special| matches!(special.kind, SpecialKind::Hopf { .. }));
            Ok(hopf.map(|special| (special.point.parameter, special.error)).collect::<Vec<_>>())
        })?;
        if found.len() != case.points.len() {
            return Err(Error::Wrong {
                what: format!("Hopf points of {}", case.slug),
                found: format!("{found:?}"),
                wanted: format!("{:?}", case.points),
            });
        }
        rows.extend(found.iter().zip(case.points).map(|(&(value, error), &(published, digit))| HopfPoint {
            what: format!("Hopf point of {}, {}", case.slug, case.parameter),
            source: case.source.to_owned(),
            published,
            digit,
            value,
            error,
            seconds,
        }));
    }
    Ok(rows)
}

/// Measures ours beside the packages' and the published points.
///
/// # Errors
/// A measure of ours is refused or finds nothing, or the script of the packages breaks.
pub fn measure_measures() -> Result<Measures, Error> {
    Ok(Measures {
        processor_time: processor_seconds().is_some(),
        beside: beside_packages()?,
        hopf: hopf_points()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_the_distance_from_what_is_known() {
        assert_eq!(told(&[1.0, 3.0], &[2.0]), (2.0, 1.0));
        assert_eq!(told(&[4.0, 0.0, -4.0], &[1.0, 0.0, -4.0]), (4.0, 3.0_f64.sqrt()));
        let found = own(&[2.0], || Ok(vec![(2.0, 0.5), (2.0, 0.5)])).unwrap();
        assert_eq!((found.value, found.error), (2.0, 0.5));
    }

    #[test]
    fn a_package_that_is_not_there_says_so() {
        let answer = Answer { absent: "nolds is not installed".into(), seconds: 0.0, values: vec![] };
        assert_eq!(theirs(&answer, &[1.0]).absent, "nolds is not installed");
    }

    #[test]
    fn the_hopf_points_are_the_published_ones() {
        for point in hopf_points().unwrap() {
            assert!((point.value - point.published).abs() <= point.digit + point.error, "{point:?}");
        }
    }
}
