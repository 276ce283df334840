//! Tasks on strings of random bits.

use super::{Example, last_only};
use numerics::Stream;

fn fill(stream: &mut Stream, bits: &mut [f64]) {
    bits.iter_mut().for_each(|bit| *bit = stream.below(2) as f64);
}

pub(super) fn parity(pad: usize, timed: bool, stream: &mut Stream, example: &mut Example) {
    let length = 2 + stream.below(pad as u64 - 2);
    let (mut runs, mut ones, mut last) = (0, 0, None);
    for _ in 0..length {
        let bit = stream.below(2);
        if last != Some(bit) {
            runs += 1;
            last = Some(bit);
        }
        ones += bit;
        let event = &mut example.inputs[2 * (runs - 1)..][..2];
        event[0] = bit as f64;
        event[1] = if timed { event[1] + 0.25 } else { 1.0 };
    }
    example.present[runs..].fill(false);
    last_only(&mut example.weights);
    if let Some(target) = example.targets.last_mut() {
        *target = (ones % 2) as f64;
    }
}

pub(super) fn temporal_xor(stream: &mut Stream, example: &mut Example) {
    fill(stream, &mut example.inputs);
    for (target, pair) in example.targets[1..].iter_mut().zip(example.inputs.windows(2)) {
        *target = if pair[0] == pair[1] { 0.0 } else { 1.0 };
    }
    example.weights[0] = 0.0;
}

pub(super) fn majority(stream: &mut Stream, example: &mut Example) {
    fill(stream, &mut example.inputs);
    let steps = example.weights.len();
    example.weights[..2].fill(0.0);
    example.weights[steps - 2..].fill(0.0);
    for (target, five) in example.targets[2..].iter_mut().zip(example.inputs.windows(5)) {
        *target = if five[0] + five[2] + five[4] > 1.5 { 1.0 } else { 0.0 };
    }
}
