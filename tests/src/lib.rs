//! The scenes whose digests must be the same natively and in wasm, and the table of what they must be.
//!
//! A new scene is a function of this file, a line of [`SCENES`] and a line of `golden.toml`.
#![forbid(unsafe_code)]

use numerics::{Digest, Real, Stream, sum};

/// A scene: its name in `golden.toml` and what computes its digest.
pub type Scene = (&'static str, fn() -> u64);

fn asked(number: usize) -> u64 {
    exhibits::golden::answer_digest(exhibits::golden::ASKED[number])
}

/// Every scene.
pub const SCENES: &[Scene] = &[
    ("random streams", random_streams),
    ("elementary functions", elementary_functions),
    ("sums in a fixed order", sums),
    ("lorenz, 1e5 steps", || exhibits::golden::system_digest("lorenz")),
    ("hodgkin-huxley, 1e5 steps", || exhibits::golden::system_digest("hodgkin-huxley")),
    ("ikeda, 1e5 steps", || exhibits::golden::system_digest("ikeda")),
    ("generalized-teacher-forcing, 200 updates", || rnn::golden_training_digest().unwrap_or(0)),
    ("every cell and every task, a few updates", || rnn::golden_learning_digest().unwrap_or(0)),
    ("almost-linear-rnn, 40 updates", || exhibits::golden::run_digest("almost-linear-rnn", 40)),
    ("linear-equivalence, 20 blocks of 50 units", || {
        exhibits::golden::run_digest("linear-equivalence?units=50", 20)
    }),
    ("rnn-review, 20 updates", || exhibits::golden::run_digest("rnn-review", 20)),
    ("closed-form-continuous, 5 updates", || exhibits::golden::run_digest("closed-form-continuous", 5)),
    ("solution-degeneracy, 12 updates of 2 networks", || {
        exhibits::golden::run_digest("solution-degeneracy?networks=2&width=16", 12)
    }),
    ("chaos-benchmark, 60 steps of persistence", || {
        exhibits::golden::run_digest("chaos-benchmark?forecaster=persistence", 60)
    }),
    ("lorenz, lyapunov", || asked(0)),
    ("mackey-glass, lyapunov", || asked(1)),
    ("henon, fixed-points", || asked(2)),
    ("fitzhugh-nagumo, continue", || asked(3)),
    ("rossler, spectrum", || asked(4)),
    ("rossler, dimension", || asked(5)),
    ("rossler, complexity", || asked(6)),
    ("duffing, basins", || asked(7)),
    ("henon, exponent-map", || asked(8)),
];

/// The digest that `golden.toml` holds for a scene.
pub fn golden(scene: &str) -> Option<u64> {
    include_str!("../golden.toml").lines().find_map(|line| {
        let rest = line.strip_prefix('"')?.strip_prefix(scene)?.strip_prefix("\" = \"")?;
        u64::from_str_radix(rest.strip_suffix('"')?, 16).ok()
    })
}

/// Ten thousand numbers of each kind from a named stream.
fn random_streams() -> u64 {
    let mut stream = Stream::indexed(7, "house-tests", 3);
    let mut digest = Digest::new();
    for _ in 0..10_000 {
        digest.f64(stream.uniform()).f64(stream.normal()).u64(stream.below(1000)).u64(stream.bits());
    }
    digest.finish()
}

/// Every elementary function over a grid that holds small, large and special arguments.
fn elementary_functions() -> u64 {
    let mut digest = Digest::new();
    let mut arguments: Vec<f64> = (-400..=400).map(|i| f64::from(i) * 0.0371).collect();
    arguments.extend([0.0, -0.0, 1e-300, 1e-17, 1e17, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    for x in arguments {
        digest.f64s(&[
            Real::exp(x),
            Real::ln(x),
            Real::sin(x),
            Real::cos(x),
            Real::tan(x),
            Real::tanh(x),
            Real::sinh(x),
            Real::cosh(x),
            Real::asin(x),
            Real::acos(x),
            Real::atan(x),
            Real::atan2(x, 0.7),
            Real::sqrt(x),
            Real::pow(x, 1.7),
            Real::log10(x),
            Real::erf(x),
            Real::erfc(x),
            Real::lgamma(x),
        ]);
    }
    digest.finish()
}

/// Sums over lengths around the number of virtual lanes.
fn sums() -> u64 {
    let mut stream = Stream::new(11, "sums");
    let values: Vec<f64> = (0..1000).map(|_| stream.normal() * 1e3).collect();
    let mut digest = Digest::new();
    for length in [0, 1, 15, 16, 17, 255, 1000] {
        digest.f64(sum(&values[..length]));
    }
    digest.finish()
}
