//! Delay differential equations against exact solutions.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Model, for_flows, sharp};
use dynamics::{Error, Method, Options, Outcome, Simulation, Stepper};
use numerics::{Crossing, Reset};

/// `x' = -x(t - 1)` with `x = 1` up to the start.
fn decay() -> Model {
    Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 1.0,
        history: |_, x| x[0] = 1.0,
        ..Model::flow(1, |_, _, inputs, _, rate| rate[0] = -inputs[0])
    }
}

/// Its solution by the method of steps, `Σ (-1)^k (t - k + 1)^k / k!` over `k` up to `t + 1`.
fn decayed(t: f64) -> f64 {
    let (mut total, mut k) = (1.0, 1);
    while f64::from(k) <= t + 1.0 {
        let mut term = 1.0;
        for j in 1..=k {
            term *= -(t - f64::from(k) + 1.0) / f64::from(j);
        }
        total += term;
        k += 1;
    }
    total
}

/// The delay logistic equation `x' = a x (1 - x(t - 1))`.
fn logistic(a: f64) -> Model {
    Model {
        p: vec![a],
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 1.0,
        history: |_, x| x[0] = 0.1,
        ..Model::flow(1, |_, x, inputs, p, rate| rate[0] = p[0] * x[0] * (1.0 - inputs[0]))
    }
}

fn end(model: Model, o: Options, x0: &[f64], t: f64) -> f64 {
    let steps = libm::round((t - o.t0) / o.dt) as u64;
    let mut run = Simulation::new(model, o, x0).unwrap();
    assert!(run.advance_by(steps).is_ok(), "{}", run.outcome());
    run.state()[0]
}

#[test]
fn a_pure_delay_has_its_exact_polynomials() {
    for (method, tolerance) in [
        (Method::Tsitouras5, 1e-9),
        (Method::DormandPrince5, 1e-9),
        (Method::DormandPrince8, 1e-9),
        (Method::Rodas4, 1e-7),
        (Method::RungeKutta4, 1e-8),
        // Its steps remember rates from before the kink at 1.
        (Method::Adams, 2e-4),
    ] {
        let mut run = Simulation::new(decay(), sharp(method, 0.025), &[1.0]).unwrap();
        for k in 1..=400 {
            assert!(run.advance().is_ok());
            let error = (run.state()[0] - decayed(f64::from(k) * 0.025)).abs();
            assert!(error < tolerance, "{method:?} at {}: {error:e}", run.time());
        }
    }
}

#[test]
fn the_delay_logistic_equation_has_its_exact_solution_on_the_first_intervals() {
    // On [0, 1]: x = 0.1 exp(0.9 a t). On [1, 2]: x = x(1) exp(a (t - 1) - (exp(0.9 a (t - 1)) - 1) / 9).
    let a = 1.7;
    let exact = |t: f64| {
        if t <= 1.0 {
            0.1 * libm::exp(0.9 * a * t)
        } else {
            let s = t - 1.0;
            0.1 * libm::exp(0.9 * a) * libm::exp(a * s - (libm::exp(0.9 * a * s) - 1.0) / 9.0)
        }
    };
    for method in for_flows() {
        let tolerance = match method.order() {
            1 => 0.05,
            2 => 1e-3,
            _ if method == Method::Adams => 2e-5,
            _ => 1e-7,
        };
        let mut run = Simulation::new(logistic(a), sharp(method, 0.02), &[0.1]).unwrap();
        for k in 1..=100 {
            assert!(run.advance().is_ok());
            let error = (run.state()[0] - exact(0.02 * f64::from(k))).abs();
            assert!(error < tolerance, "{method:?} at {}: {error:e}", run.time());
        }
    }
}

/// Times at which `x` rises through 1.
fn rises(method: Method, dt: f64, a: f64, until: f64) -> Vec<f64> {
    let model = Model {
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 1.0,
        reset: |_, _, _, _| Reset { output: true, stop: false },
        ..logistic(a)
    };
    let mut run = Simulation::new(model, sharp(method, dt), &[0.1]).unwrap();
    assert!(run.advance_by((until / dt) as u64).is_ok());
    run.take_marks().iter().map(|mark| mark.time).collect()
}

#[test]
fn the_delay_logistic_equation_oscillates_with_its_known_period() {
    // R. M. May, Theoretical Ecology, table 2.1 (1976); J. D. Murray, Mathematical Biology I, section 1.3 (2002): at
    // a = 2.1 the ratio of largest to smallest is 84.1, and the period 4.54 lags.
    let mut model = Simulation::new(logistic(2.1), sharp(Method::Tsitouras5, 0.01), &[0.1]).unwrap();
    assert!(model.advance_by(20_000).is_ok());
    let (mut low, mut high) = (f64::INFINITY, 0.0);
    for _ in 0..1000 {
        assert!(model.advance().is_ok());
        let x = model.state()[0];
        (low, high) = (if x < low { x } else { low }, if x > high { x } else { high });
    }
    assert!((high / low - 84.1).abs() < 0.1, "{}", high / low);
    for (method, dt) in [(Method::RungeKutta4, 0.01), (Method::Tsitouras5, 0.1), (Method::Rodas4, 0.1)] {
        let times = rises(method, dt, 2.1, 300.0);
        let last = times.len() - 1;
        let period = (times[last] - times[last - 10]) / 10.0;
        assert!((period - 4.54).abs() < 0.005, "{method:?}: {period}");
    }
}

#[test]
fn fixed_steps_keep_their_order_with_a_lag_of_whole_steps_and_of_fractions() {
    for (method, order) in [
        (Method::Euler, 1.0),
        (Method::ModifiedEuler, 2.0),
        (Method::RungeKutta4, 4.0),
        (Method::BackwardEuler, 1.0),
    ] {
        let error = |dt: f64| (end(decay(), sharp(method, dt), &[1.0], 4.0) - decayed(4.0)).abs();
        let (rough, fine) = (error(0.1), error(0.05));
        let found = libm::log2(rough / fine);
        assert!(found > order - 0.35 || fine < 1e-13, "{method:?}: order {found}");
    }
    // The interpolant alone: its error is of the fourth power of the step, at a lag that no step divides.
    let model = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = libm::sqrt(2.0) / 2.0,
        history: |t, x| x[0] = libm::sin(t),
        ..Model::flow(1, |t, _, inputs, _, rate| {
            rate[0] = libm::cos(t) + inputs[0] - libm::sin(t - libm::sqrt(2.0) / 2.0);
        })
    };
    let error = |dt: f64| {
        let mut run = Simulation::new(model.clone(), sharp(Method::RungeKutta4, dt), &[0.0]).unwrap();
        let mut largest = 0.0;
        while run.time() < 10.0 {
            assert!(run.advance().is_ok());
            let error = (run.state()[0] - libm::sin(run.time())).abs();
            largest = if error > largest { error } else { largest };
        }
        largest
    };
    let found = libm::log2(error(0.1) / error(0.025)) / 2.0;
    assert!(found > 3.6, "order {found}");
}

#[test]
fn a_lag_shorter_than_the_step_is_iterated() {
    // x' = -x(t - 0.003) has x = exp(-s t) with s = exp(0.003 s).
    const S: f64 = 1.003_013_572_424_516_6;
    assert!((libm::exp(0.003 * S) - S).abs() < 1e-15);
    let model = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 0.003,
        history: |t, x| x[0] = libm::exp(-S * t),
        ..Model::flow(1, |_, _, inputs, _, rate| rate[0] = -inputs[0])
    };
    let exact = libm::exp(-3.0 * S);
    for (method, dt, tolerance) in [
        (Method::RungeKutta4, 0.1, 2e-6),
        (Method::RungeKutta4, 0.05, 2e-7),
        (Method::Tsitouras5, 1.0, 1e-8),
        (Method::DormandPrince8, 1.0, 1e-8),
    ] {
        let error = (end(model.clone(), sharp(method, dt), &[1.0], 3.0) - exact).abs();
        assert!(error < tolerance, "{method:?}, {dt}: {error:e}");
    }
}

#[test]
fn a_lag_of_zero_is_the_present_and_lags_may_depend_on_time_and_state() {
    let now = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 0.0,
        ..Model::flow(1, |_, _, inputs, _, rate| rate[0] = -inputs[0])
    };
    // x' = x(t - lag) x with x = exp(t): the lag is t - ln(1) = t where x(t - lag) = 1; by time, then by state.
    let by_time = Model {
        delayed: vec![0],
        lags: |t, _, _, lags| lags[0] = 0.5 * t,
        history: |_, x| x[0] = 1.0,
        ..Model::flow(1, |t, x, inputs, _, rate| rate[0] = x[0] + inputs[0] - libm::exp(0.5 * t))
    };
    let by_state = Model { lags: |_, x, _, lags| lags[0] = 0.5 * libm::log(x[0]), ..by_time.clone() };
    for method in [Method::RungeKutta4, Method::Tsitouras5, Method::DormandPrince8] {
        assert!((end(now.clone(), sharp(method, 0.01), &[1.0], 1.0) - libm::exp(-1.0)).abs() < 1e-9);
        for model in [by_time.clone(), by_state.clone()] {
            let error = (end(model, sharp(method, 0.01), &[1.0], 3.0) - libm::exp(3.0)).abs();
            assert!(error < 1e-6, "{method:?}: {error:e}");
        }
    }
}

#[test]
fn adaptive_steps_end_where_discontinuities_come_back() {
    // A step into the past: x = 0 before the start and 1 from it on; x' = x(t - 1) is 0, then t - 1, ...
    let model = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 1.0,
        history: |_, x| x[0] = 0.0,
        ..Model::flow(1, |_, _, inputs, _, rate| rate[0] = inputs[0])
    };
    for method in [Method::Tsitouras5, Method::DormandPrince5, Method::DormandPrince8, Method::Rodas4] {
        let mut run = Simulation::new(model.clone(), sharp(method, 0.5), &[1.0]).unwrap();
        for (k, exact) in [1.0, 1.0, 1.5, 2.0, 2.625, 3.5].into_iter().enumerate() {
            assert!(run.advance().is_ok());
            assert!((run.state()[0] - exact).abs() < 1e-9, "{method:?} at {}: {}", k, run.state()[0]);
        }
        assert!(run.statistics().rejected <= 8, "{method:?}: {:?}", run.statistics());
    }
}

#[test]
fn an_event_comes_back_through_the_lag() {
    // At t = 0.5 an event lifts x by 1; a lag later y feels the jump.
    let model = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 1.0,
        history: |_, x| x.fill(0.0),
        crossings: vec![Crossing::Rising],
        conditions: |t, _, _, _, values| values[0] = t - 0.5,
        reset: |_, _, x, _| {
            x[0] += 1.0;
            Reset::default()
        },
        ..Model::flow(2, |_, _, inputs, _, rate| (rate[0], rate[1]) = (0.0, inputs[0]))
    };
    for (method, tolerance) in
        [(Method::Tsitouras5, 1e-9), (Method::Rodas4, 1e-9), (Method::RungeKutta4, 1e-12)]
    {
        let mut run = Simulation::new(model.clone(), sharp(method, 0.125), &[0.0, 0.0]).unwrap();
        assert!(run.advance_by(20).is_ok());
        assert!((run.state()[1] - 1.0).abs() < tolerance, "{method:?}: {:?}", run.state());
    }
}

#[test]
fn a_map_reads_its_own_iterations() {
    let fibonacci = Model {
        delayed: vec![0],
        lags: |_, _, _, lags| lags[0] = 1.0,
        history: |_, x| x[0] = 0.0,
        ..Model::map(1, |_, x, inputs, _, next| next[0] = x[0] + inputs[0])
    };
    let mut run = Simulation::new(fibonacci, Options::default(), &[1.0]).unwrap();
    assert!(run.advance_by(29).is_ok());
    assert_eq!(run.state(), [832_040.0]);
}

#[test]
fn memory_follows_the_largest_lag_and_its_end_is_an_outcome() {
    // The lag leaps from 0.1 to 50 when everything older than 0.2 is forgotten.
    let leap = Model { lags: |t, _, _, lags| lags[0] = if t < 100.0 { 0.1 } else { 50.0 }, ..decay() };
    let mut run = Simulation::new(leap, sharp(Method::RungeKutta4, 0.01), &[1.0]).unwrap();
    assert!(run.advance_by(9_990).is_ok());
    assert!(run.checkpoint().solver.len() < 200);
    assert!(matches!(run.advance_by(100), Outcome::HistoryForgotten { lag: 50.0, .. }), "{}", run.outcome());
    let long = Model { lags: |_, _, _, lags| lags[0] = 1e9, ..decay() };
    let mut run = Simulation::new(long, sharp(Method::Euler, 1e-3), &[1.0]).unwrap();
    assert!(matches!(run.advance_by(10_000_000), Outcome::HistoryFull { lag: 1e9, .. }), "{}", run.outcome());
}

#[test]
fn delays_are_not_stepped_backwards() {
    let refused = Simulation::new(decay(), Options { dt: -0.1, ..Options::default() }, &[1.0]).map(|_| ());
    assert!(matches!(refused, Err(Error::Unsupported { wanted: "a positive step", .. })));
}
