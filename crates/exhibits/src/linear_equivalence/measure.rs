//! The claims, each with its ablation in the same run.

use super::network::{
    BLOCK, Couplings, DT, LAG, Observed, TRANSIENT, ceiling, cross_correlation, dimension, off_diagonal,
};
use super::theory::{Linear, Naive, Theory, renamed};
use crate::build::decimal;
use crate::claims::Measured;
use analysis::{RandomNetwork, Transfer, pearson};
use numerics::Stream;

/// Steps that are recorded.
const STEPS: usize = 60_000;
/// Units of the driven network.
const UNITS: usize = 100;
/// Units of the larger driven network.
const LARGER: usize = 200;
/// Units of the autonomous networks.
const AUTONOMOUS: [usize; 2] = [150, 300];
/// Steps to a time constant.
const SECOND: usize = 10;

type Outcome = Result<Vec<Measured>, Box<dyn std::error::Error>>;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => pair(UNITS, seed, progress).map(|pair| vec![equivalent("c1", &pair, seed)]),
        "c2" => pair(UNITS, seed, progress)
            .and_then(|pair| cross_terms(["c2-correlation", "c2-dimension"], &pair)),
        "c3" => residuals(seed, progress),
        "c4" => order_parameters(seed, progress),
        "c5" => larger(seed, progress),
        _ => Err(format!("there is no claim {claim:?}").into()),
    }
    .map_err(|e| e.to_string())
}

/// The driven network of the claims.
fn driven() -> RandomNetwork {
    RandomNetwork { transfer: Transfer::Erf, coupling: 2.0, noise: 1.5, dt: DT }
}

/// A permutation of the units.
pub(super) fn permutation(n: usize, seed: u64) -> Vec<usize> {
    let mut names: Vec<usize> = (0..n).collect();
    Stream::new(seed, "permutation").shuffle(&mut names);
    names
}

/// The theory of a network of `n` units, and its record over as long as the claims say, which is the part of the work
/// from `from` to `to`.
fn record(
    n: usize,
    network: &RandomNetwork,
    seed: u64,
    [from, to]: [f64; 2],
    progress: &mut dyn FnMut(f64),
) -> Result<(Theory, Observed), analysis::Error> {
    let couplings = Couplings::random(n, network.coupling, seed);
    let theory = Theory::new(network, &couplings)?;
    let mut observed = Observed::new(couplings, network, &theory.slopes, seed);
    let blocks = TRANSIENT + (STEPS / BLOCK) as u64;
    while observed.blocks() < blocks {
        observed.block();
        if observed.blocks().is_multiple_of(20) {
            progress(from + (to - from) * observed.blocks() as f64 / blocks as f64);
        }
    }
    Ok((theory, observed))
}

/// Measured and predicted covariance of the driven network.
struct Pair {
    theory: Theory,
    observed: Observed,
    measured: Vec<f64>,
    predicted: Vec<f64>,
}

fn pair(units: usize, seed: u64, progress: &mut dyn FnMut(f64)) -> Result<Pair, Box<dyn std::error::Error>> {
    let (theory, observed) = record(units, &driven(), seed, [0.0, 0.8], progress)?;
    let measured = observed.covariance().ok_or("nothing was recorded")?;
    let mut linear = Linear::new(&observed.couplings, &theory);
    while linear.advance(&theory) {
        progress(0.8 + 0.2 * linear.done() as f64 / theory.count() as f64);
    }
    if linear.failed() {
        return Err("I - S J could not be inverted".into());
    }
    let predicted = linear.matrix(&theory).ok_or("nothing was predicted")?;
    Ok(Pair { theory, observed, measured, predicted })
}

fn agreement(measured: &[f64], predicted: &[f64], n: usize) -> f64 {
    pearson(&off_diagonal(measured, n), &off_diagonal(predicted, n))
}

/// How far the prediction agrees, and one for other couplings.
fn equivalent(figure: &'static str, pair: &Pair, seed: u64) -> Measured {
    let Pair { theory, observed, measured, predicted } = pair;
    let n = observed.units();
    let own = agreement(measured, predicted, n);
    let wrong = agreement(measured, &renamed(predicted, &permutation(n, seed)), n);
    let halves = observed.halves().map_or(f64::NAN, |[a, b]| agreement(&a, &b, n));
    let scaled = theory.scaled(&observed.couplings);
    let edge = analysis::eigenvalues(&scaled, n).and_then(|all| all.first().map(|first| first.real));
    let mut found = Measured::new(figure, own, Some(libm::fabs(wrong)));
    found.reason = Some(format!(
        "two halves of the record have {} with each other, so that a flawless prediction would have {}; the largest real \
         part of an eigenvalue of m J is {}",
        decimal(halves, 3),
        decimal(ceiling(halves), 3),
        decimal(edge.unwrap_or(f64::NAN), 3)
    ));
    found
}

fn larger(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let pair = pair(LARGER, seed, progress)?;
    let mut all = vec![equivalent("c5-agreement", &pair, seed)];
    all.extend(cross_terms(["c5-correlation", "c5-dimension"], &pair)?);
    Ok(all)
}

/// What a naive closure misses.
fn cross_terms(figures: [&'static str; 2], pair: &Pair) -> Outcome {
    let Pair { theory, observed, measured, predicted } = pair;
    let n = observed.units();
    let mut naive = Naive::new(n);
    while naive.advance(&observed.couplings, theory) {}
    if naive.diverged() {
        return Err("the naive closure diverges: an eigenvalue of m J lies beyond 1".into());
    }
    let closed = naive.matrix(n).ok_or("nothing was predicted")?;
    let [own, without] = [predicted, &closed].map(|matrix| agreement(measured, matrix, n));
    let mut correlation = Measured::new(figures[0], without / own, None);
    correlation.reason = Some(format!("{} against {}", decimal(without, 3), decimal(own, 3)));
    let [truth, ansatz, closure] = [measured, predicted, &closed].map(|matrix| dimension(matrix, n));
    let mut ratio = Measured::new(figures[1], libm::fabs(closure - truth) / libm::fabs(ansatz - truth), None);
    ratio.reason = Some(format!(
        "participation ratio over N: measured {}, linear-equivalent {}, naive {}",
        decimal(truth, 3),
        decimal(ansatz, 3),
        decimal(closure, 3)
    ));
    Ok(vec![correlation, ratio])
}

/// Cross-correlation of residuals over that of activity.
fn suppression(observed: &Observed) -> Option<f64> {
    let n = observed.units();
    let (residual, activity) = (observed.residual()?, observed.covariance()?);
    Some(cross_correlation(&residual, n) / cross_correlation(&activity, n))
}

fn residuals(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let network = driven();
    let (_, observed) = record(UNITS, &network, seed, [0.0, 0.1], progress)?;
    let driven = suppression(&observed).ok_or("nothing was recorded")?;
    let network = RandomNetwork { coupling: 4.0, noise: 0.0, ..network };
    let shares = [[0.1, 0.3], [0.3, 1.0]];
    let mut ratios = [f64::NAN; 2];
    for ((ratio, n), share) in ratios.iter_mut().zip(AUTONOMOUS).zip(shares) {
        let (_, observed) = record(n, &network, seed, share, progress)?;
        *ratio = suppression(&observed).ok_or("nothing was recorded")?;
    }
    let [small, large] = ratios;
    Ok(vec![Measured::new("c3-driven", driven, None), Measured::new("c3-autonomous", large, Some(small))])
}

fn order_parameters(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let network = driven();
    let (theory, observed) = record(UNITS, &network, seed, [0.0, 1.0], progress)?;
    let found = observed.autocovariance();
    let linear = network.linear_variance();
    let figure = |id: &'static str, steps: usize| {
        let (truth, told) = (found[steps / LAG], theory.unit.input[steps]);
        // A theory that diverges is off by any measure.
        let without = if linear.is_finite() { libm::fabs(linear / truth - 1.0) } else { f64::INFINITY };
        let mut measured = Measured::new(id, libm::fabs(truth / told - 1.0), Some(without));
        measured.reason = Some(format!(
            "measured {}, theory {}; linear units diverge from g = 1 on",
            decimal(truth, 3),
            decimal(told, 3)
        ));
        measured
    };
    Ok(vec![figure("c4-variance", 0), figure("c4-lag", SECOND)])
}
