//! The claims, each with its ablation in the same run.

use super::gradient;
use super::plan::Plan;
use crate::build::decimal;
use crate::claims::{Measured, median};
use crate::side_by_side;
use rnn::Error;

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
    turn: [usize; 2],
    progress: &mut dyn FnMut(f64),
) -> Result<f64, Error> {
    side_by_side::trained(plan.learning(architecture), updates, EXAMPLES, turn, progress)
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
                into.push(trained(plan, architecture, 600, [at, 4 * REPEATS as usize], progress)?);
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
    let elman = trained(Plan::xor(seed), "elman", 800, [0, 2], progress)?;
    let jordan = trained(Plan::xor(seed), "jordan", 800, [1, 2], progress)?;
    Ok(vec![Measured::new("c3", elman, Some(jordan))])
}

fn context(seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Vec<Measured>, Error> {
    let both = trained(Plan::majority(seed), "brnn", 250, [0, 2], progress)?;
    let forward = trained(Plan::majority(seed), "lstm", 250, [1, 2], progress)?;
    Ok(vec![Measured::new("c4", both, Some(forward))])
}
