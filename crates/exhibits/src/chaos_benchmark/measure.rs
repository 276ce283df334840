//! The five claims, each with its control in the same run.

use super::protocol::{Asked, Row, TRAINED, Timed, Work};
use crate::claims::{Measured, median};
use crate::collection::{self, Entry};
use crate::subject::Subject;
use analysis::{RankCorrelation, rank_correlation};
use numerics::Stream;
use rnn::forecast::ForecastKind;
use rnn::{Activity, Method, Optimiser, Perceptron};

/// Shuffles of a permutation test.
const SHUFFLES: usize = 1000;
/// An exponent times the period above this counts as positive.
const POSITIVE: f64 = 0.02;

type Outcome = Result<Vec<Measured>, Box<dyn std::error::Error>>;

pub(super) fn measure(
    claim: &str,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "c1" => chaotic(seed, progress),
        "c2" => harder(seed, progress),
        "c3" => own_time(seed, progress),
        "c4" => short_and_long(seed, progress),
        "c5" => importance(seed, progress),
        _ => Err(format!("there is no claim {claim:?}").into()),
    }
    .map_err(|e| e.to_string())
}

/// Measures every system that a claim is about.
fn table(
    about: impl Fn(&Entry) -> bool,
    forecasters: &[ForecastKind],
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let entries: Vec<Entry> = collection::entries().filter(|entry| !entry.delayed && about(entry)).collect();
    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let (row, _) = Work::whole(Timed::of(entry.name)?, Asked::claimed(forecasters, seed));
        progress((index + 1) as f64 / entries.len() as f64);
        rows.extend(Some(row).filter(|row| row.fault.is_none() && row.exponent[0].is_finite()));
    }
    Ok(rows)
}

/// Autonomous systems whose coordinates stay where they are trained.
fn autonomous(
    seed: u64,
    forecasters: &[ForecastKind],
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let mut rows = table(|entry| !entry.driven && !entry.conservative, forecasters, seed, progress)?;
    rows.retain(|row| row.bounded);
    Ok(rows)
}

fn correlation(
    rows: &[Row],
    of: impl Fn(&Row) -> f64,
    kind: ForecastKind,
    periods: f64,
    stream: &mut Stream,
) -> Result<RankCorrelation, analysis::Error> {
    let error = |row: &Row| row.score(kind).map_or(f64::NAN, |score| score.at(periods));
    let pairs = rows.iter().map(|row| (of(row), error(row))).filter(|(x, y)| x.is_finite() && y.is_finite());
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
    rank_correlation(&x, &y, SHUFFLES, stream)
}

fn chaotic(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let rows = table(|_| true, &[], seed, progress)?;
    let total = rows.len() as f64;
    let positive = rows.iter().filter(|row| row.scaled() > POSITIVE).count() as f64;
    let stated = |row: &Row| row.entry.and_then(|entry| entry.largest).unwrap_or(f64::NAN) * row.period;
    let (own, theirs): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.scaled(), stated(row))).unzip();
    let mut stream = Stream::new(seed, "shuffles");
    let ranks = rank_correlation(&own, &theirs, SHUFFLES, &mut stream)?;
    let of = |name: &str| rows.iter().find(|row| row.name == name).map_or(f64::NAN, |row| row.exponent[0]);
    let quiet = quiet_exponents(seed)?;
    let mut share = Measured::new("c1-positive", positive / total, Some(quiet[0]));
    share.reason = Some(format!("{positive:.0} of {total:.0} systems"));
    Ok(vec![
        share,
        Measured::new("c1-ranks", ranks.value, Some(ranks.chance)),
        Measured::new("c1-lorenz", of("Lorenz"), Some(quiet[1])),
        Measured::new("c1-rossler", of("Rossler"), Some(quiet[0])),
    ])
}

/// The exponents of what is not chaotic, by the same pairs: a damped spiral, and Lorenz's system at `ρ = 15`.
fn quiet_exponents(seed: u64) -> Result<[f64; 2], Box<dyn std::error::Error>> {
    let spiral = "x'=-0.1*x+y\ny'=-x-0.1*y\ninit x=1,y=0.5\n";
    let mut lorenz = Timed::of("Lorenz")?;
    let damped = Timed {
        name: "spiral".into(),
        subject: Subject::typed(spiral)?,
        parameters: Vec::new(),
        entry: None,
        period: 2.0 * std::f64::consts::PI,
        substeps: lorenz.substeps,
    };
    let place = lorenz.subject.model().parameter("rho").ok_or("Lorenz's system has no rho")?;
    lorenz.parameters[place] = 15.0;
    let exponent = |timed| Work::whole(timed, Asked::claimed(&[], seed)).0.exponent[0];
    Ok([exponent(damped), exponent(lorenz)])
}

fn harder(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let kind = ForecastKind::Analogue;
    let rows = autonomous(seed, &[kind], progress)?;
    let mut stream = Stream::new(seed, "shuffles");
    let mut at = |periods| correlation(&rows, Row::scaled, kind, periods, &mut stream);
    let (one, two, three) = (at(1.0)?, at(2.0)?, at(3.0)?);
    let mut first = Measured::new("c2-ranks", two.value, Some(two.chance));
    first.reason = Some(format!("{} systems", rows.len()));
    Ok(vec![
        first,
        Measured::new("c2-p", two.p, None),
        Measured::new("c2-horizon", three.value, Some(one.value)),
    ])
}

fn own_time(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let kinds = [ForecastKind::Analogue, ForecastKind::RandomFeatures];
    let rows = autonomous(seed, &kinds, progress)?;
    let mut stream = Stream::new(seed, "shuffles");
    let mut measured = Vec::new();
    for (figure, kind) in ["c3-analogue", "c3-random-features"].into_iter().zip(kinds) {
        let scaled = correlation(&rows, Row::scaled, kind, 2.0, &mut stream)?;
        let raw = correlation(&rows, |row| row.exponent[0], kind, 2.0, &mut stream)?;
        measured.push(Measured::new(figure, scaled.value, Some(raw.value)));
    }
    Ok(measured)
}

fn short_and_long(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let kinds = [ForecastKind::RandomFeatures, ForecastKind::Persistence, ForecastKind::Climatology];
    let rows = autonomous(seed, &kinds, progress)?;
    let ratio = |against: ForecastKind, periods: f64| {
        let of = |row: &Row, kind| row.score(kind).map_or(f64::NAN, |score| score.at(periods));
        let ratios = rows.iter().map(|row| of(row, kinds[0]) / of(row, against)).filter(|r| r.is_finite());
        median(ratios.collect()).unwrap_or(f64::NAN)
    };
    let (short, long) = (ratio(kinds[1], 0.5), ratio(kinds[1], 3.0));
    Ok(vec![
        Measured::new("c4-short", short, Some(ratio(kinds[2], 0.5))),
        Measured::new("c4-long", long, Some(short)),
    ])
}

/// Systems on which the choice of training points is compared.
const COMPARED: [&str; 5] = ["Lorenz", "Rossler", "Halvorsen", "Aizawa", "Thomas"];
/// Updates of a training, members of a batch, updates between two looks at the errors.
const UPDATES: u64 = 2000;
const BATCH: usize = 32;
const LOOK: u64 = 100;

fn importance(seed: u64, progress: &mut dyn FnMut(f64)) -> Outcome {
    let (mut better, mut ratios) = (0, Vec::new());
    for (index, name) in COMPARED.into_iter().enumerate() {
        let asked = Asked { exponent: false, ..Asked::claimed(&[], seed) };
        let (_, observed) = Work::whole(Timed::of(name)?, asked);
        let observed = observed.ok_or("a system did not stay finite")?;
        let [by_error, uniform] =
            [true, false].map(|by_error| largest_error(&observed.clean, observed.channels, by_error, seed));
        let (by_error, uniform) = (by_error?, uniform?);
        better += usize::from(by_error < uniform);
        ratios.push(by_error / uniform);
        progress((index + 1) as f64 / COMPARED.len() as f64);
    }
    Ok(vec![
        Measured::new("c5", better as f64, None),
        Measured::new("c5-ratio", median(ratios).unwrap_or(f64::NAN), Some(1.0)),
    ])
}

/// The largest one-step error over what was trained on, after training a network of two layers of 64 rectifiers on
/// increments by batches drawn in proportion to the present error, or evenly.
fn largest_error(series: &[f64], channels: usize, by_error: bool, seed: u64) -> Result<f64, rnn::Error> {
    let pairs = TRAINED - 1;
    let increment = |row: usize, c: usize| series[(row + 1) * channels + c] - series[row * channels + c];
    // Increments of size one, so that the rate suits every system.
    let size = libm::sqrt(
        numerics::sum_by(pairs * channels, |i| {
            let d = increment(i / channels, i % channels);
            d * d
        }) / (pairs * channels) as f64,
    );
    let sizes = [channels, 64, 64, channels];
    let (net, all) = (Perceptron::new(&sizes, BATCH)?, Perceptron::new(&sizes, pairs)?);
    let mut stream = Stream::new(seed, "training points");
    let mut parameters = net.initial(&mut Stream::new(seed, "one-step network"));
    let mut optimiser = Optimiser::<f64>::new(Method::Adam, parameters.len());
    let everything: Vec<f64> = (0..channels)
        .flat_map(|c| (0..pairs).map(move |row| (row, c)))
        .map(|(row, c)| series[row * channels + c])
        .collect();
    let errors = |parameters: &[f64]| -> Result<Vec<f64>, rnn::Error> {
        let mut activity = Activity::default();
        all.forward(parameters, &everything, &mut activity)?;
        let output = activity.output();
        let of = |row: usize| {
            let square = (0..channels).fold(0.0, |total, c| {
                let d = output[c * pairs + row] - increment(row, c) / size;
                total + d * d
            });
            libm::sqrt(square)
        };
        Ok((0..pairs).map(of).collect())
    };
    let mut sums: Vec<f64> = Vec::new();
    while optimiser.updates() < UPDATES {
        if by_error && optimiser.updates().is_multiple_of(LOOK) {
            let mut total = 0.0;
            sums = errors(&parameters)?
                .into_iter()
                .map(|error| {
                    total += error;
                    total
                })
                .collect();
        }
        let (mut input, mut target) = (vec![0.0; channels * BATCH], vec![0.0; channels * BATCH]);
        for member in 0..BATCH {
            let row = match sums.last() {
                Some(total) => {
                    let at = stream.uniform() * total;
                    sums.partition_point(|sum| *sum <= at).min(pairs - 1)
                }
                None => stream.below(pairs as u64) as usize,
            };
            for c in 0..channels {
                input[c * BATCH + member] = series[row * channels + c];
                target[c * BATCH + member] = increment(row, c) / size;
            }
        }
        let mut activity = Activity::default();
        net.forward(&parameters, &input, &mut activity)?;
        let scale = 2.0 / target.len() as f64;
        let mut above: Vec<f64> =
            activity.output().iter().zip(&target).map(|(y, t)| scale * (y - t)).collect();
        let mut gradient = vec![0.0; parameters.len()];
        net.backward(&parameters, &activity, &mut above, &mut gradient)?;
        optimiser.update(1e-3, &gradient, &mut parameters);
    }
    Ok(errors(&parameters)?.into_iter().fold(0.0, |most, error| if error > most { error } else { most }))
}
