//! The four tasks that networks of rates are trained on in neuroscience.

use super::Example;
use numerics::{Real, Stream};

pub(super) fn flip_flop(channels: usize, rate: f64, stream: &mut Stream, example: &mut Example) {
    let rows = example.inputs.chunks_exact_mut(channels);
    let mut before: Option<&mut [f64]> = None;
    for (input, target) in rows.zip(example.targets.chunks_exact_mut(channels)) {
        if let Some(before) = before {
            target.copy_from_slice(before);
        }
        for (x, y) in input.iter_mut().zip(target.iter_mut()) {
            if stream.uniform() < rate {
                *x = if stream.below(2) == 0 { -1.0 } else { 1.0 };
                *y = *x;
            }
        }
        before = Some(target);
    }
}

pub(super) fn sine(
    channels: usize,
    frequencies: usize,
    steps: usize,
    stream: &mut Stream,
    example: &mut Example,
) {
    let go = steps / 12;
    for c in 0..channels {
        let k = stream.below(frequencies as u64) as f64;
        let apart = if frequencies > 1 { 0.08 / (frequencies - 1) as f64 } else { 0.0 };
        let turn = 2.0 * std::f64::consts::PI * (0.02 + k * apart);
        for s in go..steps {
            example.inputs[s * channels + c] = (k + 1.0) / frequencies as f64;
            example.targets[s * channels + c] = Real::sin(turn * (s - go) as f64);
        }
    }
}

pub(super) fn discrimination(channels: usize, delay: usize, stream: &mut Stream, example: &mut Example) {
    let [second, answer] = [5 + delay, 10 + delay];
    for c in 0..channels {
        let (first, other) = (stream.between(-1.0, 1.0), stream.between(-1.0, 1.0));
        for s in 0..5 {
            example.inputs[s * channels + c] = first;
            example.inputs[(second + s) * channels + c] = other;
            example.targets[(answer + s) * channels + c] = Real::sign(other - first);
        }
    }
    example.weights[..answer].fill(0.0);
}

pub(super) fn path_integration(dimensions: usize, stream: &mut Stream, example: &mut Example) {
    const KEPT: f64 = 0.8;
    const SPEED: f64 = 0.1;
    // The noise that keeps the standard deviation of the velocities at SPEED.
    let noise = SPEED * Real::sqrt(1.0 - KEPT * KEPT);
    let steps = example.weights.len();
    for d in 0..dimensions {
        let (mut v, mut x) = (SPEED * stream.normal(), 0.0);
        for s in 0..steps {
            v = KEPT * v + noise * stream.normal();
            example.inputs[s * dimensions + d] = v;
            x += v;
            // A velocity of more than the width of the space is 20 standard deviations away.
            if !(-1.0..=1.0).contains(&x) {
                x = if x > 0.0 { 2.0 - x } else { -2.0 - x };
                v = -v;
            }
            example.targets[s * dimensions + d] = x;
        }
    }
}
