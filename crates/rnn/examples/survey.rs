//! How many seeds of exhibit 22's small version reconstruct Lorenz's attractor, and under which remedy.
//!
//! `cargo run --release -p rnn --example survey -- [UPDATES] [SEEDS]` prints a row a seed for each remedy: the
//! binned divergence of state-space measures `D_stsp` and the mean Hellinger distance `D_H` of the spectra, as
//! Hess et al. (ICML 2023) define them, between a free run and the test half of the series.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use numerics::Real;
use rnn::{Best, Error, Estimator, Forcing, Series, Settings, Trainer};
use std::collections::BTreeMap;

/// Lorenz's system, two steps of 0.015 a row, 1000 of 25000 rows dropped.
fn lorenz() -> Vec<f64> {
    let rate = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let along = |p: [f64; 3], k: [f64; 3], h: f64| [p[0] + h * k[0], p[1] + h * k[1], p[2] + h * k[2]];
    let h = 0.015;
    let mut p = [1.0, 2.0, 20.0];
    let mut values = Vec::new();
    for step in 0..50_000 {
        let k1 = rate(p);
        let k2 = rate(along(p, k1, 0.5 * h));
        let k3 = rate(along(p, k2, 0.5 * h));
        let k4 = rate(along(p, k3, h));
        for i in 0..3 {
            p[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
        if step % 2 == 1 && step >= 2000 {
            values.extend_from_slice(&p);
        }
    }
    values
}

fn bounds(truth: &[f64], channel: usize) -> (f64, f64) {
    let column = || truth.iter().skip(channel).step_by(3);
    let n = (truth.len() / 3) as f64;
    let mean = column().sum::<f64>() / n;
    let deviation = Real::sqrt(column().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n);
    let low = column().fold(f64::INFINITY, |a, &v| if v < a { v } else { a });
    let high = column().fold(f64::NEG_INFINITY, |a, &v| if v > a { v } else { a });
    (low - 0.1 * deviation, high + 0.1 * deviation)
}

/// Kullback-Leibler divergence of 30 bins a dimension with Laplace smoothing of 1e-5.
fn divergence(truth: &[f64], generated: &[f64]) -> f64 {
    const K: usize = 30;
    const SMOOTH: f64 = 1e-5;
    let edges = [bounds(truth, 0), bounds(truth, 1), bounds(truth, 2)];
    let count = |points: &[f64]| {
        let mut bins: BTreeMap<usize, f64> = BTreeMap::new();
        let mut total = 0.0;
        'points: for point in points.chunks_exact(3) {
            let mut bin = 0;
            for (v, (low, high)) in point.iter().zip(edges) {
                let place = (v - low) / (high - low) * K as f64;
                if !(place >= 0.0 && place < K as f64) {
                    continue 'points;
                }
                bin = bin * K + place as usize;
            }
            *bins.entry(bin).or_default() += 1.0;
            total += 1.0;
        }
        (bins, total)
    };
    let (p, p_total) = count(truth);
    let (q, q_total) = count(generated);
    if p_total == 0.0 || q_total == 0.0 {
        return f64::NAN;
    }
    let cells = (K * K * K) as f64;
    let smooth = |n: f64, total: f64| (n + SMOOTH) / (total + SMOOTH * cells);
    let mut keys: Vec<_> = p.keys().chain(q.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let both = |n: f64, m: f64| smooth(n, p_total) * Real::ln(smooth(n, p_total) / smooth(m, q_total));
    let at = |bins: &BTreeMap<usize, f64>, key| bins.get(key).copied().unwrap_or(0.0);
    keys.iter().map(|k| both(at(&p, k), at(&q, k))).sum::<f64>()
        + (cells - keys.len() as f64) * both(0.0, 0.0)
}

/// Smoothed, normalised power spectrum of 8192 points of one channel.
fn spectrum(points: &[f64], channel: usize) -> Vec<f64> {
    const N: usize = 8192;
    let column: Vec<f64> = points.iter().skip(channel).step_by(3).take(N).copied().collect();
    let mean = column.iter().sum::<f64>() / N as f64;
    let (mut re, mut im): (Vec<f64>, Vec<f64>) = (column.iter().map(|v| v - mean).collect(), vec![0.0; N]);
    let square = re.iter().map(|v| v * v).sum::<f64>() / N as f64;
    re.iter_mut().for_each(|v| *v /= Real::sqrt(square) + 1e-300);
    for i in 0..N {
        let j = i.reverse_bits() >> (usize::BITS - 13);
        if i < j {
            re.swap(i, j);
        }
    }
    let mut half = 1;
    while half < N {
        for start in (0..N).step_by(2 * half) {
            for k in 0..half {
                let angle = -std::f64::consts::PI * k as f64 / half as f64;
                let (c, s) = (Real::cos(angle), Real::sin(angle));
                let (a, b) = (start + k, start + k + half);
                let (x, y) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c);
                (re[b], im[b]) = (re[a] - x, im[a] - y);
                (re[a], im[a]) = (re[a] + x, im[a] + y);
            }
        }
        half *= 2;
    }
    let power: Vec<f64> = (0..=N / 2).map(|i| re[i] * re[i] + im[i] * im[i]).collect();
    let kernel: Vec<f64> = (-80..=80).map(|d| Real::exp(-0.5 * f64::from(d * d) / 400.0)).collect();
    let last = power.len() as i64 - 1;
    let smooth: Vec<f64> = (0..=last)
        .map(|i| {
            kernel
                .iter()
                .enumerate()
                .map(|(k, w)| {
                    let at = i + k as i64 - 80;
                    let at = if at < 0 { -at - 1 } else { at };
                    let at = if at > last { 2 * last + 1 - at } else { at };
                    w * power[at as usize]
                })
                .sum()
        })
        .collect();
    let total: f64 = smooth.iter().sum();
    smooth.iter().map(|v| v / total).collect()
}

fn hellinger(truth: &[f64], generated: &[f64]) -> f64 {
    let mut total = 0.0;
    for channel in 0..3 {
        let (p, q) = (spectrum(truth, channel), spectrum(generated, channel));
        let overlap: f64 = p.iter().zip(&q).map(|(p, q)| Real::sqrt(p * q)).sum();
        total += Real::sqrt(if overlap < 1.0 { 1.0 - overlap } else { 0.0 }) / 3.0;
    }
    total
}

/// A free run as long as the truth, from its first point, the first fifth of the run dropped.
fn generate(trainer: &Trainer<f32>, truth: &Series) -> Result<Vec<f64>, Error> {
    let rows = truth.rows();
    let run = trainer.map()?.free_run(truth.row(0), rows * 5 / 4)?;
    Ok(run.values.get(rows / 4 * 3..).unwrap_or(&[]).to_vec())
}

fn score(trainer: &Trainer<f32>, truth: &Series) -> Result<(f64, f64), Error> {
    let run = generate(trainer, truth)?;
    if run.len() < truth.values().len() {
        return Ok((f64::NAN, 1.0));
    }
    Ok((divergence(truth.values(), &run), hellinger(truth.values(), &run)))
}

/// How the last thousand rows of a free run end: the row from which the run stays within a hundredth of its last
/// point, if it comes to rest, else the mean standard deviation of those rows; with the share of 40 starts along
/// the truth whose runs of 3000 rows come to rest or to a small cycle.
fn ending(trainer: &Trainer<f32>, truth: &Series) -> Result<(String, usize), Error> {
    let mut map = trainer.map()?;
    let spread = |tail: &[f64]| {
        let n = (tail.len() / 3) as f64;
        let mut total = 0.0;
        for c in 0..3 {
            let column = || tail.iter().skip(c).step_by(3);
            let mean = column().sum::<f64>() / n;
            total += Real::sqrt(column().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n) / 3.0;
        }
        total
    };
    let run = map.free_run(truth.row(0), truth.rows())?.values;
    let end = &run[run.len() - 3..];
    let near = |row: &[f64]| row.iter().zip(end).all(|(a, b)| (a - b).abs() < 0.01);
    let rest = run.chunks_exact(3).rposition(|row| !near(row)).map_or(0, |at| at + 1);
    let tail = spread(&run[run.len() - 3000..]);
    let text =
        if rest + 100 < truth.rows() { format!("rest at {rest}") } else { format!("spread {tail:.2}") };
    let mut still = 0;
    for k in 0..40 {
        let run = map.free_run(truth.row(k * truth.rows() / 40), 3000)?.values;
        still += usize::from(run.len() < 9000 || spread(&run[6000..]) < 0.3);
    }
    Ok((text, still))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { 0.5 * (values[n / 2 - 1] + values[n / 2]) }
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let updates: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(6000);
    let seeds: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(10);
    let names = ["x", "y", "z"].map(String::from).to_vec();
    let (train, test) = Series::new(names, lorenz())?.standardise()?.0.split(12_000)?;
    let floor = divergence(test.values(), train.values());
    println!(
        "floor, train against test: D_stsp {floor:.2}, D_H {:.3}",
        hellinger(test.values(), train.values())
    );
    let adaptive = |gamma, estimator| Forcing::Adaptive { gamma, every: 5, estimator };
    let base = Settings::tiny(updates, 1);
    let remedies = [
        ("adaptive, as in the paper", base),
        ("gamma 0.999", Settings { forcing: adaptive(0.999, Estimator::Product), ..base }),
        ("largest norm", Settings { forcing: adaptive(0.99, Estimator::Maximum), ..base }),
        ("clipped at 1", Settings { clip: Some(1.0), ..base }),
        ("noise 0.05 a batch", Settings { noise: 0.05, ..base }),
        ("alpha 0.2", Settings { forcing: Forcing::Fixed { alpha: 0.2 }, ..base }),
        ("free", Settings { forcing: Forcing::Free, ..base }),
        ("full", Settings { forcing: Forcing::Full, ..base }),
    ];
    for (name, settings) in remedies {
        println!("\n{name}, {updates} updates");
        println!(
            "seed  D_stsp   D_H  | best on train: D_stsp   D_H  at | loss     alpha  s     under  peak-g  skipped"
        );
        let (mut last, mut kept, mut held) = (Vec::new(), Vec::new(), [0, 0]);
        for seed in 1..=seeds {
            let mut trainer = Trainer::<f32>::new(Settings { seed, ..settings }, &train)?;
            let mut best = Best::new();
            let (mut loss, mut peak, mut under) = (0.0, 0.0, 0);
            for update in 1..=updates {
                let report = trainer.step()?;
                loss = 0.99 * loss + 0.01 * report.loss;
                if report.gradient_norm > peak {
                    peak = report.gradient_norm;
                }
                // Updates made with less forcing than the estimate asks for.
                under += u64::from(report.norm_estimate.is_some_and(|e| e.alpha > report.alpha));
                if update % (updates / 10) == 0 && update * 2 >= updates {
                    let run = generate(&trainer, &train)?;
                    let whole = run.len() == train.values().len();
                    best.offer(if whole { divergence(train.values(), &run) } else { f64::NAN }, &trainer);
                }
            }
            let (d, h) = score(&trainer, &test)?;
            let (end, still) = ending(&trainer, &test)?;
            let alpha = trainer.alpha();
            let norm = trainer.norm_estimate().map_or(f64::NAN, |e| e.norm);
            trainer.set_parameters(best.parameters())?;
            let (bd, bh) = score(&trainer, &test)?;
            println!(
                "{seed:4} {d:7.2} {h:6.3} | {bd:20.2} {bh:6.3} {:6} | {loss:.2e} {alpha:.3} {norm:.3} {under:4} {peak:9.2e} {}  {end}  {still}",
                best.update(),
                trainer.skipped()
            );
            let fits = |d: f64, h: f64| usize::from(d <= 4.0 && h <= 0.2);
            held[0] += fits(d, h);
            held[1] += fits(bd, bh);
            last.push(if d.is_nan() { 14.0 } else { d });
            kept.push(if bd.is_nan() { 14.0 } else { bd });
        }
        println!(
            "median {:.2}, {} of {seeds} hold; best on train: median {:.2}, {} of {seeds} hold",
            median(last),
            held[0],
            median(kept),
            held[1]
        );
    }
    Ok(())
}
