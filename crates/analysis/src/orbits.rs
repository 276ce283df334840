//! Series that the tests measure.

use crate::lyapunov::rk4;
use numerics::{Flow, Stream};

struct Lorenz;
impl Flow for Lorenz {
    fn dimension(&self) -> usize {
        3
    }
    fn rate(&mut self, _t: f64, x: &[f64], rate: &mut [f64]) {
        rate[0] = 10.0 * (x[1] - x[0]);
        rate[1] = x[0] * (28.0 - x[2]) - x[1];
        rate[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
    }
}

/// `n` states of Lorenz's system, `every` steps of 0.01 apart, after 50 time units.
pub(crate) fn lorenz(n: usize, every: usize) -> Vec<f64> {
    let (mut x, mut next, mut scratch) = ([1.0, 1.0, 20.0], [0.0; 3], [0.0; 15]);
    let mut states = Vec::with_capacity(3 * n);
    for step in 0..5000 + n * every {
        if step >= 5000 && (step - 5000) % every == 0 {
            states.extend_from_slice(&x);
        }
        rk4(&mut Lorenz, 0.0, 0.01, &x, &mut next, &mut scratch);
        x = next;
    }
    states
}

/// `n` states of Hénon's map at `a = 1.4`, `b = 0.3`.
pub(crate) fn henon(n: usize) -> Vec<f64> {
    let mut x = [0.1, 0.1];
    let mut states = Vec::with_capacity(2 * n);
    for step in 0..1000 + n {
        if step >= 1000 {
            states.extend_from_slice(&x);
        }
        x = [1.0 - 1.4 * x[0] * x[0] + x[1], 0.3 * x[0]];
    }
    states
}

/// `n` values of the logistic map at `r = 4`.
pub(crate) fn logistic(n: usize) -> Vec<f64> {
    let mut x = 0.3141;
    (0..n)
        .map(|_| {
            x = 4.0 * x * (1.0 - x);
            x
        })
        .collect()
}

/// White Gaussian noise of variance 1.
pub(crate) fn noise(n: usize) -> Vec<f64> {
    let mut stream = Stream::new(7, "noise");
    (0..n).map(|_| stream.normal()).collect()
}

/// `3 sin(2π f i + 0.3)`.
pub(crate) fn sine(n: usize, frequency: f64) -> Vec<f64> {
    let angle = |i: usize| 2.0 * core::f64::consts::PI * frequency * i as f64 + 0.3;
    (0..n).map(|i| 3.0 * libm::sin(angle(i))).collect()
}
