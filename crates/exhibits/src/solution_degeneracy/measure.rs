//! The claims: ensembles of networks under two or three conditions, trained, and untrained in the same run.

use super::plan::Plan;
use super::survey::{Levels, Survey};
use crate::build::decimal;
use crate::claims::Measured;
use rnn::Learner;

/// New examples on which the loss of the trained networks is stated.
const EXAMPLES: usize = 512;

/// The networks of one condition.
struct Ensemble {
    trained: Levels,
    untrained: Levels,
    /// Mean loss on new examples.
    loss: f64,
}

fn surveyed(plan: Plan, networks: Vec<Vec<f64>>, progress: &mut dyn FnMut(f64)) -> Result<Levels, String> {
    let mut survey = Survey::new(plan, networks);
    while !survey.advance()? {
        progress(survey.progress());
    }
    Ok(survey.levels())
}

fn ensemble(plan: Plan, progress: &mut dyn FnMut(f64)) -> Result<Ensemble, String> {
    let (mut before, mut after, mut loss) = (Vec::new(), Vec::new(), 0.0);
    let count = plan.networks as f64;
    for k in 0..plan.networks {
        let mut learner = Learner::<f32>::new(plan.learning(k), None).map_err(|e| e.to_string())?;
        before.push(learner.wide_parameters());
        while learner.updates() < plan.updates {
            learner.update().map_err(|e| e.to_string())?;
            let part = learner.updates() as f64 / plan.updates as f64;
            progress(0.8 * (k as f64 + part) / count);
        }
        let found = learner.evaluate(plan.task(), plan.seed, EXAMPLES).map_err(|e| e.to_string())?;
        loss += found.loss / count;
        after.push(learner.wide_parameters());
    }
    let trained = surveyed(plan, after, &mut |part| progress(0.8 + 0.1 * part))?;
    let untrained = surveyed(plan, before, &mut |part| progress(0.9 + 0.1 * part))?;
    Ok(Ensemble { trained, untrained, loss })
}

/// All conditions one after the other.
fn ensembles(plans: &[Plan], progress: &mut dyn FnMut(f64)) -> Result<Vec<Ensemble>, String> {
    let count = plans.len() as f64;
    let run = |(k, plan): (usize, &Plan)| ensemble(*plan, &mut |part| progress((k as f64 + part) / count));
    plans.iter().enumerate().map(run).collect()
}

/// What was found in every condition, in words.
fn told(names: &[&str], found: &[Ensemble]) -> String {
    let each = names.iter().zip(found).map(|(name, e)| {
        format!(
            "{name}: angle {}, weights {}, deviation of the loss beyond {}, loss {}",
            decimal(e.trained.of_dynamics(), 4),
            decimal(e.trained.of_weights(), 4),
            decimal(e.trained.of_behaviour(), 4),
            decimal(e.loss, 3)
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

/// A level in one condition over that in another, trained and untrained.
fn ratio(figure: &'static str, level: fn(&Levels) -> f64, over: &Ensemble, under: &Ensemble) -> Measured {
    let trained = level(&over.trained) / level(&under.trained);
    Measured::new(figure, trained, Some(level(&over.untrained) / level(&under.untrained)))
}

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    let pair = Plan::flip_flop(2, seed);
    let (names, plans): (&[&str], Vec<Plan>) = match claim {
        "c1" => (&["C = 1", "C = 3"], [1, 3].map(|c| Plan::flip_flop(c, seed)).into()),
        "c2" => (&["C = 1", "C = 2", "C = 3"], [1, 2, 3].map(|c| Plan::flip_flop(c, seed)).into()),
        "c3" => (&["N = 24", "N = 96"], [24, 96].map(|width| Plan { width, ..pair }).into()),
        "c4" => (&["γ = 0.25", "γ = 1"], [0.25, 1.0].map(|richness| Plan { richness, ..pair }).into()),
        _ => return Err(format!("there is no claim {claim:?}")),
    };
    let found = ensembles(&plans, progress)?;
    let reason = Some(told(names, &found));
    let (first, last) = (&found[0], &found[found.len() - 1]);
    let mut figures = match claim {
        "c1" => vec![ratio("c1", Levels::of_dynamics, last, first)],
        "c2" => {
            let rise = |of: fn(&Ensemble) -> &Levels| {
                let steps = found.windows(2).map(|two| of(&two[1]).of_weights() - of(&two[0]).of_weights());
                steps.fold(f64::INFINITY, |least, step| if step < least { step } else { least })
            };
            vec![
                ratio("c2-ratio", Levels::of_weights, last, first),
                Measured::new("c2-rise", rise(|e| &e.trained), Some(rise(|e| &e.untrained))),
            ]
        }
        "c3" => vec![ratio("c3", Levels::of_dynamics, last, first)],
        _ => vec![
            ratio("c4-dynamics", Levels::of_dynamics, last, first),
            ratio("c4-weights", Levels::of_weights, last, first),
        ],
    };
    if let Some(figure) = figures.first_mut() {
        figure.reason = reason;
    }
    Ok(figures)
}
