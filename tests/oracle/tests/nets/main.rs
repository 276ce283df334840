//! Networks on burn: held against the fused passes of `rnn`, trained, and moved between engines.
#![allow(clippy::unwrap_used, clippy::panic)]

mod device;
mod oracle;
mod training;

use nets::{Batch, Shape};
use numerics::Stream;
use rnn::{Cell, CellKind, Sequence};

/// The same network for `rnn`.
fn kind(shape: Shape) -> CellKind {
    let Shape { latent, hidden, observed, clipped } = shape;
    CellKind::ShallowPlrnn { latent, hidden, observed, clipped }
}

/// The parameters from which `rnn` starts, with every block moved off its start.
fn start(shape: Shape, seed: u64) -> Vec<f32> {
    let cell = kind(shape).build::<f32>().unwrap();
    let mut parameters = vec![0.0; cell.layout().len()];
    Cell::<f32>::initialise(&*cell, &mut Stream::new(seed, "weights"), &mut parameters);
    let mut stream = Stream::new(seed, "shift");
    for p in &mut parameters {
        *p += 0.1 * stream.normal() as f32;
    }
    parameters
}

/// Sequences of the Lorenz system at steps of 0.03, scaled to about unit variance, its three variables repeated
/// over the channels; each from its own place.
fn sequences(count: usize, length: usize, channels: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut stream = Stream::new(seed, "places");
    let slope = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let along = |s: [f64; 3], k: [f64; 3], h: f64| [s[0] + h * k[0], s[1] + h * k[1], s[2] + h * k[2]];
    let step = |s: [f64; 3]| {
        let h = 0.005;
        let k1 = slope(s);
        let k2 = slope(along(s, k1, h / 2.0));
        let k3 = slope(along(s, k2, h / 2.0));
        let k4 = slope(along(s, k3, h));
        let mut next = s;
        for i in 0..3 {
            next[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
        next
    };
    (0..count)
        .map(|_| {
            let mut s = [stream.between(-9.0, 9.0), stream.between(-9.0, 9.0), stream.between(15.0, 35.0)];
            for _ in 0..400 {
                s = step(s);
            }
            let mut rows = Vec::new();
            for _ in 0..length {
                let scaled = [s[0] / 8.0, s[1] / 9.0, (s[2] - 23.5) / 8.6];
                rows.extend((0..channels).map(|c| scaled[c % 3] as f32));
                for _ in 0..6 {
                    s = step(s);
                }
            }
            rows
        })
        .collect()
}

fn batch(sequences: &[Vec<f32>], channels: usize) -> Batch {
    let rows: Vec<&[f32]> = sequences.iter().map(Vec::as_slice).collect();
    Batch::new(&rows, channels).unwrap()
}

/// The same sequences for `rnn`.
fn fused<T: rnn::Float>(shape: Shape, sequences: &[Vec<f32>]) -> Sequence<T> {
    let n = shape.observed;
    let length = sequences[0].len() / n;
    let mut fused = Sequence::<T>::new(kind(shape), length - 1, sequences.len()).unwrap();
    for (b, rows) in sequences.iter().enumerate() {
        let rows: Vec<T> = rows.iter().map(|&v| T::of(f64::from(v))).collect();
        fused.set_start(b, &rows[..n]);
        for s in 1..length {
            fused.set_target(b, s - 1, &rows[s * n..][..n]);
        }
    }
    fused
}

/// Distance of two vectors, relative to the second's norm.
fn apart(found: &[f64], right: &[f64]) -> f64 {
    assert_eq!(found.len(), right.len());
    let square = |v: f64| v * v;
    let off: f64 = found.iter().zip(right).map(|(a, b)| square(a - b)).sum();
    let size: f64 = right.iter().map(|&b| square(b)).sum();
    (off / size).sqrt()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
