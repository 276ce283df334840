//! The five claims, each with its ablation in the same run.

use super::learner::Learner;
use super::plan::{CYCLE, Plan, plan, sampling, subject};
use super::walk::{Code, WORST, Walk, rates};
use crate::build::decimal;
use crate::claims::{Measured, median};
use crate::reconstruction::Data;
use analysis::{LyapunovOptions, LyapunovRun, RegionRest, region_rests, switching_sequence};
use numerics::{Map, Stream};
use rnn::TrainedMap;

/// Trainings from which the best or the median one is taken.
const REPEATS: u64 = 3;
/// Numbers of rectified units of the third claim.
const RECTIFIED: [usize; 4] = [0, 1, 2, 4];
/// Steps over which an exponent is measured, the first of which settle the network.
const STEPS: u64 = 35_000;
/// Symbols of the words of the fifth claim.
const DEPTH: usize = 4;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => one_is_enough(seed, progress),
        "c2" => three_regions(seed, progress),
        "c3" => few_are_needed(seed, progress),
        "c4" => fixed_points(seed, progress),
        "c5" => entropy(seed, progress),
        _ => Err(format!("there is no claim {claim:?}").into()),
    }
    .map_err(|e| e.to_string())
}

type Fault = Box<dyn std::error::Error>;
type Outcome = Result<Vec<Measured>, Fault>;

fn data(system: &str, seed: u64) -> Result<Data, Fault> {
    let subject = subject(system)?;
    Ok(Data::of_subject(&subject, sampling(system, &subject), 0.0, seed)?)
}

/// The checkpoint kept of a training.
struct Trained {
    map: TrainedMap,
    /// `D_stsp` of its free run beside the training series: what it was chosen by.
    score: f64,
}

/// The share of the work that is done, told of a part.
struct Part<'a> {
    progress: &'a mut dyn FnMut(f64),
    done: f64,
    size: f64,
}

impl Part<'_> {
    fn train(&mut self, data: &Data, plan: Plan, seed: u64) -> Result<Trained, Fault> {
        let settings = plan.settings(data.train.channels().len(), seed);
        let mut learner = Learner::<f32>::new(settings, plan.updates, data)?;
        while !learner.is_done() {
            let report = learner.step(data)?;
            if report.update.is_multiple_of(200) {
                (self.progress)(self.done + self.size * report.update as f64 / plan.updates as f64);
            }
        }
        self.done += self.size;
        let (map, _, score) = learner.best()?;
        Ok(Trained { map, score })
    }

    /// Of [`REPEATS`] trainings the one whose free run is nearest to the training series, beside the test series; and what
    /// to say of all of them.
    fn best(&mut self, data: &Data, plan: Plan, seed: u64) -> Result<(Tested, String), Fault> {
        let mut chosen: Option<(f64, Tested)> = None;
        let mut told = Vec::new();
        for index in 0..REPEATS {
            let trained = self.train(data, plan, repeat(seed, index))?;
            let tested = test(data, &trained.map)?;
            told.push(format!("{} ({} regions)", decimal(tested.states, 2), tested.regions));
            if chosen.as_ref().is_none_or(|(score, _)| trained.score < *score) {
                chosen = Some((trained.score, tested));
            }
        }
        let (_, tested) = chosen.ok_or("nothing was trained")?;
        Ok((tested, told.join(", ")))
    }
}

/// Parts of a work of so many trainings.
fn parts(progress: &mut dyn FnMut(f64), trainings: usize) -> Part<'_> {
    Part { progress, done: 0.0, size: 1.0 / trainings as f64 }
}

/// The seed of a repeat: the first one is the base itself.
fn repeat(seed: u64, index: u64) -> u64 {
    if index == 0 { seed } else { Stream::indexed(seed, "repeats", index).bits() }
}

/// A run beside the test series.
struct Tested {
    states: f64,
    spectra: f64,
    /// Regions used.
    regions: f64,
    walk: Walk,
}

fn test(data: &Data, map: &TrainedMap) -> Result<Tested, Fault> {
    let walk = Walk::of(map, &data.test)?;
    let (states, spectra) = walk.geometry(&data.test).map_or((WORST, 1.0), |g| (g.states, g.spectra));
    let states = if states < WORST { states } else { WORST };
    let regions = Code::of(walk.symbols())?.used.len() as f64;
    Ok(Tested { states, spectra, regions, walk })
}

/// The largest exponent of a map per unit of time; not a number for one whose orbit escapes.
fn exponent(data: &Data, map: &TrainedMap) -> f64 {
    let mut start = vec![0.0; Map::<f64>::dimension(map)];
    map.begin(data.test.row(0), &mut start);
    let options = LyapunovOptions { exponents: 1, every: 1, ..LyapunovOptions::default() };
    let measured = LyapunovRun::map(map.clone(), options, &start).and_then(|mut run| {
        run.advance(STEPS)?;
        Ok(run.spectrum().exponents.first().map_or(f64::NAN, |e| e.value))
    });
    measured.map_or(f64::NAN, |value| value / data.interval)
}

fn one_is_enough(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = data("rossler", seed)?;
    let mut part = parts(progress, 2);
    let one = part.train(&data, plan("rossler"), seed)?.map;
    let none = part.train(&data, Plan { rectified: 0, ..plan("rossler") }, seed)?.map;
    let (with, without) = (test(&data, &one)?, test(&data, &none)?);
    Ok(vec![
        Measured::new("c1-geometry", with.states, Some(without.states)),
        Measured::new("c1-spectrum", with.spectra, Some(without.spectra)),
        Measured::new("c1-regions", with.regions, Some(without.regions)),
        Measured::new("c1-exponent", exponent(&data, &one), Some(exponent(&data, &none))),
    ])
}

fn three_regions(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = data("lorenz", seed)?;
    let mut part = parts(progress, 3 * REPEATS as usize);
    let mut told = Vec::new();
    let mut best = |rectified: usize| -> Result<Tested, Fault> {
        let (tested, all) = part.best(&data, Plan { rectified, ..plan("lorenz") }, seed)?;
        told.push(format!("P = {rectified}: {all}"));
        Ok(tested)
    };
    let (two, one, none) = (best(2)?, best(1)?, best(0)?);
    let fewer = if one.states < none.states { one.states } else { none.states };
    let told = Some(told.join("; "));
    Ok(vec![
        Measured { reason: told, ..Measured::new("c2-geometry", two.states, Some(fewer)) },
        Measured::new("c2-regions", two.regions, Some(one.regions)),
    ])
}

fn few_are_needed(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = data("rossler", seed)?;
    let mut part = parts(progress, RECTIFIED.len() * REPEATS as usize);
    let (mut states, mut regions) = (Vec::new(), Vec::new());
    for rectified in RECTIFIED {
        let (mut near, mut used) = (Vec::new(), Vec::new());
        for index in 0..REPEATS {
            let trained = part.train(&data, Plan { rectified, ..plan("rossler") }, repeat(seed, index))?;
            let tested = test(&data, &trained.map)?;
            near.push(tested.states);
            used.push(tested.regions);
        }
        states.push(median(near).unwrap_or(f64::NAN));
        regions.push(median(used).unwrap_or(f64::NAN));
    }
    let least = |values: &mut dyn Iterator<Item = f64>| {
        values.fold(f64::INFINITY, |least, value| if value < least { value } else { least })
    };
    let nearest = least(&mut states.iter().copied());
    let rise = least(&mut regions.windows(2).map(|pair| pair[1] - pair[0]));
    let told = RECTIFIED.iter().zip(states.iter().zip(&regions));
    let told = told.map(|(p, (d, n))| format!("P = {p}: {} ({n} regions)", decimal(*d, 2)));
    let told = Some(told.collect::<Vec<_>>().join("; "));
    Ok(vec![
        Measured {
            reason: told,
            ..Measured::new("c3-needed", states[1] / nearest, Some(states[0] / nearest))
        },
        Measured::new("c3-regions", regions[1], Some(regions[0])),
        Measured::new("c3-growth", rise, None),
    ])
}

/// The fixed points of a network and its virtual ones.
fn rests(map: &TrainedMap) -> Result<Vec<RegionRest>, Fault> {
    let mut pieces = map.clone().piecewise().ok_or("the network has no linear regions")?;
    Ok(region_rests(&mut pieces)?)
}

/// Distance, in standard deviations, from the read-out of the nearest real or virtual rest to a state of the system;
/// infinite where there is none.
fn nearest(data: &Data, rests: &[RegionRest], real: bool, state: &[f64]) -> f64 {
    let units = &data.units;
    let mut least = f64::INFINITY;
    for found in rests.iter().filter(|rest| rest.real == real).filter_map(|rest| rest.state.as_ref()) {
        let mut square = 0.0;
        for (c, (z, x)) in found.iter().zip(state).enumerate() {
            let d = z - (x - units.mean[c]) / units.deviation[c];
            square += d * d;
        }
        let distance = libm::sqrt(square);
        least = if distance < least { distance } else { least };
    }
    least
}

fn fixed_points(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let mut part = parts(progress, 2);
    let rossler = data("rossler", seed)?;
    let of_rossler = rests(&part.train(&rossler, plan("rossler"), seed)?.map)?;
    let lorenz = data("lorenz", seed)?;
    let of_lorenz = rests(&part.train(&lorenz, plan("lorenz"), seed)?.map)?;
    let (mut residual, mut of_virtual) = (f64::NAN, f64::INFINITY);
    let solved = of_rossler.iter().chain(&of_lorenz).filter(|rest| rest.state.is_some());
    let (mut real, mut ghosts) = (0, 0);
    for rest in solved {
        if rest.real {
            real += 1;
            residual = if rest.residual <= residual { residual } else { rest.residual };
        } else {
            ghosts += 1;
            of_virtual = if rest.residual < of_virtual { rest.residual } else { of_virtual };
        }
    }
    // Where the right-hand sides vanish: y = -x / a, z = x / a, x² - c x + a b = 0, the inner root; and
    // x = y = ±√(β (ρ - 1)), z = ρ - 1.
    let [a, b, c] = [0.2, 0.2, 5.7];
    let x = 0.5 * (c - libm::sqrt(c * c - 4.0 * a * b));
    let spiral = [x, -x / a, x / a];
    let (rho, beta) = (28.0, 8.0 / 3.0);
    let x = libm::sqrt(beta * (rho - 1.0));
    let lobes = [[x, x, rho - 1.0], [-x, -x, rho - 1.0]];
    let farther = |real: bool| {
        let [one, other] = lobes.map(|lobe| nearest(&lorenz, &of_lorenz, real, &lobe));
        if one > other { one } else { other }
    };
    let told = Some(format!("{real} real and {ghosts} virtual fixed points"));
    Ok(vec![
        Measured { reason: told, ..Measured::new("c4-residual", residual, Some(of_virtual)) },
        Measured::new(
            "c4-rossler",
            nearest(&rossler, &of_rossler, true, &spiral),
            Some(nearest(&rossler, &of_rossler, false, &spiral)),
        ),
        Measured::new("c4-lorenz", farther(true), Some(farther(false))),
    ])
}

fn entropy(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let mut part = parts(progress, 2 * REPEATS as usize);
    let mut told = Vec::new();
    let mut of = |system: &str| -> Result<f64, Fault> {
        let data = data(system, seed)?;
        // As many rectified units for the one as for the other.
        let (tested, all) = part.best(&data, plan(CYCLE), seed)?;
        let switches = switching_sequence(tested.walk.symbols());
        told.push(format!("{system}: divergence {all}; {} switches", switches.len().saturating_sub(1)));
        Ok(rates(&switches, DEPTH)?.last().copied().unwrap_or(f64::NAN))
    };
    let (chaos, cycle) = (of("rossler")?, of(CYCLE)?);
    Ok(vec![Measured { reason: Some(told.join("; ")), ..Measured::new("c5", chaos, Some(cycle)) }])
}
