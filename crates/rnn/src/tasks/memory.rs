//! Tasks that ask for something to be kept.

use super::{Example, last_only};
use numerics::Stream;

pub(super) fn adding(steps: usize, stream: &mut Stream, example: &mut Example) {
    let half = steps / 2;
    example.inputs.iter_mut().step_by(2).for_each(|x| *x = stream.uniform());
    let marked = [stream.below(half as u64) as usize, half + stream.below((steps - half) as u64) as usize];
    let mut sum = 0.0;
    for s in marked {
        example.inputs[2 * s + 1] = 1.0;
        sum += example.inputs[2 * s];
    }
    last_only(&mut example.weights);
    example.targets[steps - 1] = sum;
}

pub(super) fn copy(symbols: usize, length: usize, delay: usize, stream: &mut Stream, example: &mut Example) {
    let (wide, answer) = (symbols + 1, length + delay);
    for s in 0..length {
        let symbol = stream.below(symbols as u64) as usize;
        example.inputs[s * wide + symbol] = 1.0;
        example.targets[(answer + s) * symbols + symbol] = 1.0;
    }
    example.inputs[(answer - 1) * wide + symbols] = 1.0;
    example.weights[..answer].fill(0.0);
}

pub(super) fn latch(stream: &mut Stream, example: &mut Example) {
    let class = stream.below(2) as f64;
    for noise in example.inputs.iter_mut().skip(1).step_by(2) {
        *noise = 0.5 * stream.normal();
    }
    example.inputs[0] = 2.0 * class - 1.0;
    last_only(&mut example.weights);
    if let Some(target) = example.targets.last_mut() {
        *target = class;
    }
}
