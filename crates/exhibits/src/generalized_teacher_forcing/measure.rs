//! The four claims, each with its ablation in the same run.

use super::data::sampling;
use crate::claims::{Measured, part};
use crate::reconstruction::{Data, metrics};
use crate::subject::Subject;
use analysis::{LyapunovOptions, LyapunovRun};
use numerics::Stream;
use rnn::{Best, Force, Forcing, Settings, TrainedMap, Trainer, gradient_norm};

/// Updates of each training.
const UPDATES: u64 = 12_000;
/// Sampling interval of the Lorenz system.
const DT: f64 = 0.03;
/// Updates between two looks at the free run.
const LOOK: u64 = 200;
/// Updates before the first such look: earlier networks are not candidates.
const FIRST_LOOK: u64 = UPDATES / 2;
/// Observation noise of the third claim, in standard deviations.
const NOISE: f64 = 0.05;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => bounded_gradient(seed, progress),
        "c2" => attractor(seed, progress),
        "c3" => one_step(seed, progress),
        "c4" => exponent(seed, progress),
        _ => Err(format!("there is no claim {claim:?}").into()),
    }
    .map_err(|e| e.to_string())
}

type Outcome = Result<Vec<Measured>, Box<dyn std::error::Error>>;

fn lorenz(noise: f64, seed: u64) -> Result<Data, crate::ExhibitError> {
    Data::of_subject(&Subject::of_zoo("lorenz")?, sampling(DT), noise, seed)
}

/// A network trained for the full budget.
struct Trained {
    /// After the last update.
    last: TrainedMap,
    /// The one of the second half of the training whose free run is nearest to the training series.
    best: TrainedMap,
}

fn train(
    data: &Data,
    forcing: Forcing,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Trained, Box<dyn std::error::Error>> {
    let settings = Settings { forcing, ..Settings::tiny(UPDATES, seed) };
    let mut trainer = Trainer::<f32>::new(settings, &data.train)?;
    let mut best = Best::new();
    while trainer.updates() < UPDATES {
        trainer.step()?;
        let update = trainer.updates();
        if update.is_multiple_of(LOOK) {
            progress(update as f64 / UPDATES as f64);
            if update >= FIRST_LOOK {
                best.offer(metrics::score(&data.train, &trainer.map()?), &trainer);
            }
        }
    }
    let wide: Vec<f64> = best.parameters().iter().map(|p| f64::from(*p)).collect();
    Ok(Trained { last: trainer.map()?, best: TrainedMap::new(settings.kind, &wide)? })
}

fn adaptive() -> Forcing {
    Settings::tiny(UPDATES, 0).forcing
}

/// `D_stsp` when nothing of the run lies in the data's box: every bin of the data is empty in the run. With the
/// catalogue's smoothing this is about 14.
fn divergence_of(data: &Data, map: &TrainedMap) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let steps = data.test.rows() + data.test.rows() / 4;
    let orbit = map.clone().free_run(data.test.row(0), steps)?.values;
    let geometry = metrics::geometry(&data.test, &orbit);
    Ok(geometry.map_or((f64::INFINITY, f64::INFINITY), |g| (g.states, g.spectra)))
}

fn bounded_gradient(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = lorenz(0.0, seed)?;
    let trained = train(&data, adaptive(), seed, &mut part(progress, 0.0, 0.95))?;
    let kind = Settings::tiny(UPDATES, seed).kind;
    let channels = data.train.channels().len();
    let mut stream = Stream::new(seed, "gradient batch");
    let longest = 400;
    let places: Vec<usize> =
        (0..16).map(|_| stream.below((data.train.rows() - longest) as u64) as usize).collect();
    let norm = |length: usize, alpha: f64| {
        let values = data.train.values();
        let batch: Vec<&[f64]> =
            places.iter().map(|p| &values[p * channels..(p + length) * channels]).collect();
        gradient_norm(kind, trained.last.parameters(), &batch, Force::Blend(alpha))
    };
    let forced = norm(400, 0.3)? / norm(25, 0.3)?;
    let free = norm(400, 0.0)? / norm(25, 0.0)?;
    progress(1.0);
    Ok(vec![Measured::new("c1", forced, Some(free))])
}

fn attractor(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = lorenz(0.0, seed)?;
    let forced = train(&data, adaptive(), seed, &mut part(progress, 0.0, 0.5))?;
    let free = train(&data, Forcing::Free, seed, &mut part(progress, 0.5, 1.0))?;
    let (states, spectra) = divergence_of(&data, &forced.best)?;
    let (states_free, spectra_free) = divergence_of(&data, &free.last)?;
    Ok(vec![
        Measured::new("c2-geometry", states, Some(states_free)),
        Measured::new("c2-spectrum", spectra, Some(spectra_free)),
    ])
}

fn one_step(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = lorenz(NOISE, seed)?;
    let full = train(&data, Forcing::Full, seed, &mut part(progress, 0.0, 0.5))?;
    let forced = train(&data, adaptive(), seed, &mut part(progress, 0.5, 1.0))?;
    let step = |map: &TrainedMap| -> Result<f64, rnn::Error> {
        let mut map = map.clone();
        let (n, rows) = (data.test.channels().len(), data.test.rows() - 1);
        let mut squares = Vec::with_capacity(rows * n);
        for row in 0..rows {
            let next = map.free_run(data.test.row(row), 1)?.values;
            squares.extend(next.iter().zip(data.test.row(row + 1)).map(|(a, b)| (a - b) * (a - b)));
        }
        Ok(numerics::mean(&squares))
    };
    Ok(vec![
        Measured::new("c3-step", step(&full.last)?, Some(step(&forced.last)?)),
        Measured::new(
            "c3-geometry",
            divergence_of(&data, &full.last)?.0,
            Some(divergence_of(&data, &forced.last)?.0),
        ),
    ])
}

fn exponent(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let data = lorenz(0.0, seed)?;
    let forced = train(&data, adaptive(), seed, &mut part(progress, 0.0, 0.5))?;
    let free = train(&data, Forcing::Free, seed, &mut part(progress, 0.5, 1.0))?;
    let largest = |map: TrainedMap| -> Result<f64, analysis::Error> {
        let options = LyapunovOptions { exponents: 1, every: 1, ..Default::default() };
        let mut run = LyapunovRun::map(map, options, data.test.row(0))?;
        run.advance(35_000)?;
        Ok(run.spectrum().exponents.first().map_or(f64::NAN, |e| e.value) / data.interval)
    };
    Ok(vec![Measured::new("c4", largest(forced.best)?, Some(largest(free.last)?))])
}
