//! The claims, each with its ablation in the same run.

use super::neuron::{Course, NEURONS, Neuron, Terms};
use super::operations;
use super::plan::Plan;
use crate::build::decimal;
use crate::claims::{Measured, median};
use crate::side_by_side;
use numerics::Stream;
use rnn::Error;

/// Steps of the solver over the horizon of a neuron: a millisecond each.
const STEPS: usize = 5_000;
/// New strings on which a trained network is tried.
const EXAMPLES: usize = 1_500;
/// Steps of the dearer solver.
const DEAR: usize = 60;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => Ok(bounded(seed, progress)),
        "c2" => Ok(counted()),
        "c3" => durations(seed, progress).map_err(|e| e.to_string()),
        "c4" => gated(seed, progress).map_err(|e| e.to_string()),
        "c5" => Ok(close(seed, progress)),
        _ => Err(format!("there is no claim {claim:?}")),
    }
}

/// What is to be known of each neuron's course, with leak, slope, centre and speed uniform in the ranges of the controls.
fn known<R>(seed: u64, what: impl Fn(&Course) -> R, progress: &mut dyn FnMut(f64)) -> Vec<R> {
    let (mut terms, mut neurons) = (Stream::new(seed, "terms"), Stream::new(seed, "neurons"));
    let one = |k: usize| {
        let terms = Terms {
            leak: terms.between(0.0, 3.0),
            slope: terms.between(0.5, 5.0),
            centre: terms.between(-1.0, 1.0),
            speed: terms.between(0.2, 5.0),
        };
        let course = Neuron::draw(terms, &mut neurons).follow(STEPS);
        progress((k + 1) as f64 / NEURONS as f64);
        what(&course)
    };
    (0..NEURONS).map(one).collect()
}

fn bounded(seed: u64, progress: &mut dyn FnMut(f64)) -> Vec<Measured> {
    let ratios = known(seed, Course::worst, progress);
    let worst = ratios.into_iter().fold(0.0, |worst: f64, one| if one > worst { one } else { worst });
    vec![Measured::new("c1", worst, None)]
}

fn close(seed: u64, progress: &mut dyn FnMut(f64)) -> Vec<Measured> {
    let errors = known(seed, Course::rms, progress);
    let [closed, plain] = [0, 1].map(|k| median(errors.iter().map(|error| error[k]).collect()));
    vec![Measured::new("c5", closed.unwrap_or(f64::NAN), plain)]
}

fn counted() -> Vec<Measured> {
    let plan = Plan::usual(0);
    let [inputs, ..] = plan.task("ltc").sizes();
    let own = operations::of(plan.kind("cfc")).total();
    let six = operations::of(plan.kind("ltc")).total();
    let sixty = operations::by_runge_kutta(inputs, plan.hidden, DEAR).total();
    let measured = |figure, dear: u64| Measured {
        reason: Some(format!("{dear} operations a step against {own}")),
        ..Measured::new(figure, dear as f64 / own as f64, None)
    };
    vec![measured("c2-unfold", six), measured("c2-solve", sixty)]
}

/// Share of new strings of whose parity a variant is right when it has learned.
fn trained(variant: &str, seed: u64, turn: [usize; 2], progress: &mut dyn FnMut(f64)) -> Result<f64, Error> {
    let plan = Plan::usual(seed);
    side_by_side::trained(plan.learning(variant), plan.updates, EXAMPLES, turn, progress)
}

fn durations(seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Vec<Measured>, Error> {
    let own = trained("cfc", seed, [0, 3], progress)?;
    let untimed = trained("no-time", seed, [1, 3], progress)?;
    let plain = trained("rnn", seed, [2, 3], progress)?;
    Ok(vec![Measured::new("c3-time", own, Some(untimed)), Measured::new("c3-plain", own, Some(plain))])
}

fn gated(seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Vec<Measured>, Error> {
    let own = trained("cfc", seed, [0, 2], progress)?;
    let minimal = trained("minimal", seed, [1, 2], progress)?;
    let reason = format!("right: CfC {}, minimal {}", decimal(own, 3), decimal(minimal, 3));
    Ok(vec![Measured { reason: Some(reason), ..Measured::new("c4", own - minimal, None) }])
}
