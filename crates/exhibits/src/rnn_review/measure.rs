//! The claims, each with its ablation in the same run.

use super::gradient;
use super::plan::Plan;
use crate::build::decimal;
use crate::claims::{Measured, median};
use rnn::{Error, Learner};

/// Networks trained for each figure of the first claim.
const REPEATS: u64 = 3;
/// New examples on which a trained network is tried.
const EXAMPLES: usize = 2_000;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => lag(30, ["c1-long", "c1-short"], seed, progress),
        "c2" => gradients(seed),
        "c3" => feedback(seed, progress),
        "c4" => context(seed, progress),
        "c5" => lag(40, ["c5-long", "c5-short"], seed, progress),
        _ => return Err(format!("there is no claim {claim:?}")),
    }
    .map_err(|e| e.to_string())
}

/// Share of new examples that an architecture gets right after so many updates.
fn trained(
    plan: Plan,
    architecture: &str,
    updates: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<f64, Error> {
    let mut learner = Learner::<f32>::new(plan.learning(architecture), None)?;
    for update in 1..=updates {
        learner.update()?;
        progress(update as f64 / updates as f64);
    }
    Ok(learner.evaluate(plan.task, plan.seed, EXAMPLES)?.accuracy)
}

/// The part of the work that is done, of several trainings one after the other.
fn part(progress: &mut dyn FnMut(f64), at: usize, of: usize) -> impl FnMut(f64) + '_ {
    move |done| progress((at as f64 + done) / of as f64)
}

/// A long lag and one of ten steps, which both architectures must bridge.
fn lag(
    steps: usize,
    figures: [&'static str; 2],
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, Error> {
    let (mut long, mut short) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut at = 0;
    for repeat in 0..REPEATS {
        for (k, architecture) in ["lstm", "elman"].into_iter().enumerate() {
            for (lag, into) in [(steps, &mut long[k]), (10, &mut short[k])] {
                // Seeds of one claim's repeats are those of no other seed's.
                let plan = Plan::latch(lag, seed.wrapping_mul(1000).wrapping_add(repeat));
                into.push(trained(plan, architecture, 600, &mut part(progress, at, 4 * REPEATS as usize))?);
                at += 1;
            }
        }
    }
    let least = |values: &[f64]| values.iter().fold(1.0, |a: f64, &b| if b < a { b } else { a });
    let elman = median(long[1].clone());
    let each: Vec<String> = long[1].iter().map(|share| decimal(*share, 2)).collect();
    let told = Some(format!("the Elman networks got right: {}", each.join(", ")));
    Ok(vec![
        Measured { reason: told, ..Measured::new(figures[0], least(&long[0]), elman) },
        Measured::new(figures[1], least(&[least(&short[0]), least(&short[1])]), None),
    ])
}

fn gradients(seed: u64) -> Result<Vec<Measured>, Error> {
    let (hidden, steps) = (32, 60);
    let ratio = |(kind, parameters): (_, Vec<f64>)| -> Result<f64, Error> {
        let norms = gradient::against_lag(kind, &parameters, hidden, steps, seed)?;
        Ok(norms[50] / norms[1])
    };
    let elman = ratio(gradient::elman(2, hidden, 0.8, seed)?)?;
    let lstm = ratio(gradient::lstm(2, hidden, 3.0, seed)?)?;
    Ok(vec![Measured::new("c2", elman, Some(lstm))])
}

fn feedback(seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Vec<Measured>, Error> {
    let elman = trained(Plan::xor(seed), "elman", 800, &mut part(progress, 0, 2))?;
    let jordan = trained(Plan::xor(seed), "jordan", 800, &mut part(progress, 1, 2))?;
    Ok(vec![Measured::new("c3", elman, Some(jordan))])
}

fn context(seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Vec<Measured>, Error> {
    let both = trained(Plan::majority(seed), "brnn", 250, &mut part(progress, 0, 2))?;
    let forward = trained(Plan::majority(seed), "lstm", 250, &mut part(progress, 1, 2))?;
    Ok(vec![Measured::new("c4", both, Some(forward))])
}
