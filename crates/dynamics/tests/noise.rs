//! Stochastic differential equations: orders, limits, refusals.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Lorenz, Model};
use dynamics::{
    Ensemble, EnsembleOptions, Error, METHODS, Method, Options, Plain, Simulation, Spread, Stepper,
};
use numerics::{Draw, Lanes, Noise, Philox, Real, Stream, mean, sum_by};

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

const STEP: f64 = 0.02;

fn ensemble<V: Real>(method: Method, trajectories: usize) -> Ensemble<V> {
    let options = EnsembleOptions { method, h: STEP, first_step: 17, ..EnsembleOptions::default() };
    Ensemble::new(&[0.2], Spread::Normal(0.3), trajectories, 5, options).unwrap()
}

/// Ornstein and Uhlenbeck's process in lanes.
fn relaxing<V: Real>(_: V, x: &[V], inputs: &[V], rate: &mut [V]) {
    rate[0] = V::splat(NOISE) * inputs[0] - x[0];
}

#[test]
fn the_variance_of_an_ensemble_is_that_of_its_ornstein_uhlenbeck_process() {
    let noise = Noise::new(Philox::new(2026, 0), &[Draw::Wiener]);
    // Of the scheme x -> c x + s N(0, 1) the stationary variance is s² / (1 - c²), and the correlation over a step is c.
    let heun = 1.0 - STEP + 0.5 * STEP * STEP;
    let schemes = [
        (Method::EulerMaruyama, 1.0 - STEP, NOISE * STEP.sqrt()),
        (Method::StochasticHeun, heun, NOISE * STEP.sqrt() * (1.0 - 0.5 * STEP)),
    ];
    let count = 20_000;
    let values =
        |run: &Ensemble<Lanes<f32, 8>>| -> Vec<f64> { (0..count).map(|i| run.value(i, 0)).collect() };
    for (method, c, s) in schemes {
        let exact = s * s / (1.0 - c * c);
        let mut run = ensemble::<Lanes<f32, 8>>(method, count);
        // Eight relaxation times, after which the start weighs a three-thousandth.
        run.advance_noisy_flow(&mut relaxing, &noise, 400).unwrap();
        let before = values(&run);
        run.advance_noisy_flow(&mut relaxing, &noise, 50).unwrap();
        let after = values(&run);
        let centre = mean(&after);
        let variance = sum_by(count, |i| (after[i] - centre) * (after[i] - centre)) / count as f64;
        let covariance = sum_by(count, |i| before[i] * after[i]) / count as f64;
        // Trajectories are independent, so that these are the standard errors; three of each are allowed.
        let root = (count as f64).sqrt();
        assert!(centre.abs() < 3.0 * exact.sqrt() / root, "{method:?}: mean {centre}");
        let error = exact * 2.0_f64.sqrt() / root;
        assert!((variance - exact).abs() < 3.0 * error, "{method:?}: {variance} ± {error}, not {exact}");
        let kept = exact * libm::pow(c, 50.0);
        let error = (exact * exact + kept * kept).sqrt() / root;
        assert!((covariance - kept).abs() < 3.0 * error, "{method:?}: {covariance} ± {error}, not {kept}");
    }
}

#[test]
fn a_trajectory_draws_the_same_whatever_is_beside_it_and_however_the_run_is_cut() {
    let noise = Noise::new(Philox::new(3, 1), &[Draw::Wiener]);
    for method in [Method::Euler, Method::ModifiedEuler, Method::RungeKutta4] {
        let mut many = ensemble::<Lanes<f32, 8>>(method, 300);
        many.advance_noisy_flow(&mut relaxing, &noise, 100).unwrap();
        let mut few = ensemble::<Lanes<f32, 8>>(method, 11);
        for count in [1, 60, 39] {
            few.advance_noisy_flow(&mut relaxing, &noise, count).unwrap();
        }
        let mut plain = ensemble::<f32>(method, 11);
        plain.advance_noisy_flow(&mut relaxing, &noise, 100).unwrap();
        for trajectory in 0..11 {
            let bits = many.value(trajectory, 0).to_bits();
            assert_eq!(few.value(trajectory, 0).to_bits(), bits, "{method:?}");
            assert_eq!(plain.value(trajectory, 0).to_bits(), bits, "{method:?}");
        }
        assert_ne!(many.value(0, 0), many.value(8, 0));
    }
}

#[test]
fn a_noisy_ensemble_refuses_what_would_distort_its_noise() {
    let noise = Noise::new(Philox::new(1, 0), &[Draw::Wiener]);
    for method in [Method::Tsitouras5, Method::Rodas4, Method::Milstein] {
        let mut run = ensemble::<f64>(method, 3);
        let refused = run.advance_noisy_flow(&mut relaxing, &noise, 1);
        assert!(matches!(refused, Err(Error::Method { .. })), "{method:?}");
        assert_eq!(run.step(), 0);
    }
}

#[test]
fn a_noisy_map_draws_once_an_iteration_whatever_the_step() {
    let noise = Noise::new(Philox::new(1, 0), &[Draw::Normal, Draw::Uniform]);
    let mut run = ensemble::<f64>(Method::RungeKutta4, 4);
    let mut seen = Vec::new();
    let mut next = |t: f64, _: &[f64], inputs: &[f64], next: &mut [f64]| {
        seen.push((t, inputs.to_vec()));
        next[0] = inputs[0];
    };
    run.advance_noisy_map(&mut next, &noise, 5);
    assert_eq!(seen.len(), 20);
    for (k, (t, inputs)) in seen.iter().enumerate() {
        let (trajectory, step) = (k / 5, k % 5);
        let mut drawn = vec![0.0; 2];
        noise.fill(trajectory as u32, 17 + step as u64, 1.0, &mut drawn);
        assert_eq!((*t, inputs), (step as f64, &drawn));
    }
}
