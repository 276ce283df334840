//! Stochastic differential equations: orders, limits, refusals.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Lorenz, Model};
use dynamics::{Error, METHODS, Method, Options, Plain, Simulation, Stepper};
use numerics::{Draw, Stream};

const DRIFT: f64 = 0.6;
const NOISE: f64 = 0.8;

/// Geometric Brownian motion, `dX = μ X dt + σ X dW`; a second variable holds the path of `W`.
fn brownian() -> Model {
    Model {
        draws: vec![Draw::Wiener],
        diagonal: true,
        diffusion: |x, _, g| g.copy_from_slice(&[NOISE * x[0], 1.0]),
        slope: |_, _, slope| slope.copy_from_slice(&[NOISE, 0.0]),
        ..Model::flow(2, |_, x, inputs, _, rate| {
            (rate[0], rate[1]) = (DRIFT * x[0] + NOISE * x[0] * inputs[0], inputs[0]);
        })
    }
}

/// The Ornstein-Uhlenbeck process `dX = -X dt + σ dW`.
fn ornstein_uhlenbeck() -> Model {
    Model {
        draws: vec![Draw::Wiener],
        diagonal: true,
        diffusion: |_, _, g| g[0] = NOISE,
        slope: |_, _, slope| slope[0] = 0.0,
        ..Model::flow(1, |_, x, inputs, _, rate| rate[0] = -x[0] + NOISE * inputs[0])
    }
}

fn options(method: Method, substeps: u32, seed: u64) -> Options {
    Options { method, dt: 1.0, substeps, seed, ..Options::default() }
}

/// Mean of `|X_h(1) - X(1)|` over paths, `X` being the exact solution on the same path, in Itô's or in
/// Stratonovich's sense.
fn strong_error(method: Method, substeps: u32) -> f64 {
    let correction = if method == Method::StochasticHeun { 0.0 } else { 0.5 * NOISE * NOISE };
    let paths = 2000;
    let mut total = 0.0;
    for seed in 0..paths {
        let mut run = Simulation::new(brownian(), options(method, substeps, seed), &[1.0, 0.0]).unwrap();
        assert!(run.advance().is_ok());
        let exact = libm::exp(DRIFT - correction + NOISE * run.state()[1]);
        total += (run.state()[0] - exact).abs();
    }
    total / paths as f64
}

#[test]
fn paths_converge_with_the_strong_order_of_each_method() {
    for method in METHODS {
        let Some(order) = method.noise_order() else { continue };
        let (rough, fine) = (strong_error(method, 16), strong_error(method, 256));
        let found = libm::log2(rough / fine) / 4.0;
        assert!((found - order.strong).abs() < 0.15, "{method:?}: strong order {found}");
    }
}

#[test]
fn means_converge_with_the_weak_order_of_each_method() {
    for method in METHODS {
        let Some(order) = method.noise_order() else { continue };
        // The mean of X(1): exp(μ) in Itô's sense, exp(μ + σ²/2) in Stratonovich's.
        let exact =
            libm::exp(if method == Method::StochasticHeun { DRIFT + 0.5 * NOISE * NOISE } else { DRIFT });
        let error = |substeps: u32| {
            let paths = 60_000;
            let (mut total, mut control) = (0.0, 0.0);
            for seed in 0..paths {
                let mut run =
                    Simulation::new(brownian(), options(method, substeps, seed), &[1.0, 0.0]).unwrap();
                assert!(run.advance().is_ok());
                // The exact path has a known mean and takes most of the scatter away.
                let sense = if method == Method::StochasticHeun { 0.0 } else { 0.5 * NOISE * NOISE };
                total += run.state()[0];
                control += libm::exp(DRIFT - sense + NOISE * run.state()[1]) - exact;
            }
            (total - control) / paths as f64 - exact
        };
        let (rough, fine) = (error(2).abs(), error(8).abs());
        let found = libm::log2(rough / fine) / 2.0;
        assert!((found - order.weak).abs() < 0.3, "{method:?}: weak order {found} ({rough:e}, {fine:e})");
    }
}

#[test]
fn the_ornstein_uhlenbeck_process_has_its_stationary_moments() {
    for method in [
        Method::Euler,
        Method::ModifiedEuler,
        Method::RungeKutta4,
        Method::Adams,
        Method::BackwardEuler,
        Method::EulerMaruyama,
        Method::Milstein,
        Method::StochasticHeun,
    ] {
        let mut run = Simulation::new(
            ornstein_uhlenbeck(),
            Options { method, dt: 0.05, seed: 11, ..Options::default() },
            &[0.0],
        )
        .unwrap();
        let (mut sum, mut squares, samples) = (0.0, 0.0, 200_000);
        for _ in 0..samples {
            assert!(run.advance().is_ok());
            sum += run.state()[0];
            squares += run.state()[0] * run.state()[0];
        }
        let (mean, variance) = (sum / samples as f64, squares / samples as f64);
        assert!(mean.abs() < 0.03, "{method:?}: mean {mean}");
        assert!((variance - 0.5 * NOISE * NOISE).abs() < 0.025, "{method:?}: variance {variance}");
    }
}

#[test]
fn fixed_steps_hold_the_stream_noise_of_the_seed() {
    let model = Model {
        draws: vec![Draw::Wiener, Draw::Uniform, Draw::Normal],
        affine: false,
        ..Model::flow(3, |_, _, inputs, _, rate| rate.copy_from_slice(inputs))
    };
    let h = 0.25;
    for method in [Method::Euler, Method::RungeKutta4, Method::BackwardEuler] {
        let mut run = Simulation::new(model.clone(), options(method, 4, 5), &[0.0; 3]).unwrap();
        assert!(run.advance_by(3).is_ok());
        let mut stream = Stream::new(5, "noise");
        let mut sums = [0.0; 3];
        for _ in 0..12 {
            sums[0] += libm::sqrt(h) * stream.normal();
            sums[1] += h * stream.uniform();
            sums[2] += h * stream.normal();
        }
        for (found, wanted) in run.state().iter().zip(sums) {
            assert!((found - wanted).abs() < 1e-13, "{method:?}: {:?} instead of {sums:?}", run.state());
        }
    }
}

#[test]
fn the_seed_decides_the_path() {
    let path = |seed| {
        let mut run =
            Simulation::new(ornstein_uhlenbeck(), options(Method::EulerMaruyama, 10, seed), &[0.3]).unwrap();
        assert!(run.advance_by(10).is_ok());
        run.state()[0]
    };
    assert_eq!(path(1), path(1));
    assert_ne!(path(1), path(2));
}

#[test]
fn a_map_draws_once_an_iteration() {
    let walk = Model {
        draws: vec![Draw::Wiener],
        ..Model::map(1, |_, x, inputs, _, next| next[0] = x[0] + inputs[0])
    };
    let mut run = Simulation::new(walk, Options { seed: 9, ..Options::default() }, &[0.0]).unwrap();
    assert!(run.advance_by(5).is_ok());
    let mut stream = Stream::new(9, "noise");
    assert_eq!(run.state()[0], (0..5).fold(0.0, |sum, _| sum + stream.normal()));
}

#[test]
fn without_noise_the_stochastic_methods_are_their_plain_ones() {
    for (stochastic, plain) in
        [(Method::EulerMaruyama, Method::Euler), (Method::StochasticHeun, Method::ModifiedEuler)]
    {
        let end = |method| {
            let o = Options { method, ..Options::default() };
            let mut run = Simulation::new(Plain(Lorenz), o, &[1.0, 2.0, 20.0]).unwrap();
            assert!(run.advance_by(100).is_ok());
            run.state().to_vec()
        };
        assert_eq!(end(stochastic), end(plain));
    }
}

#[test]
fn what_a_method_cannot_do_with_noise_is_refused_by_name() {
    let refused = |model: Model, method| {
        let n = model.n;
        match Simulation::new(model, options(method, 1, 0), &vec![1.0; n]).map(|_| ()) {
            Err(fault @ Error::Unsupported { .. }) => fault.to_string(),
            other => panic!("{other:?}"),
        }
    };
    for method in METHODS.into_iter().filter(|m| m.is_adaptive()) {
        let text = refused(brownian(), method);
        assert!(text.contains("euler-maruyama or heun") && text.contains(method.slug()), "{text}");
    }
    let text = refused(Model { diagonal: false, ..brownian() }, Method::Milstein);
    assert!(text.contains("not diagonal"), "{text}");
    for method in METHODS.into_iter().filter(|m| m.is_stochastic()) {
        let text = refused(Model { affine: false, ..brownian() }, method);
        assert!(text.contains("linearly"), "{text}");
    }
    let text = refused(brownian(), Method::Verlet);
    assert!(text.contains("halves"), "{text}");
}
