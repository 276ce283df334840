//! Orders of convergence of every method of the list, and what it says of itself.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Model, for_flows, sharp};
use dynamics::{METHODS, Method, Options, Orbit, Plain, Simulation, Stepper, Trajectory, init, step};
use numerics::{Crossing, Flow, FlowJacobian, Reset};

/// `x' = x cos t`, `y' = -y² x exp(-sin t)`: `x = exp(sin t)`, `y = 1 / (1 + t)`.
#[derive(Clone, Copy)]
struct Smooth;
impl Flow<f64> for Smooth {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        rate[0] = x[0] * libm::cos(t);
        rate[1] = -x[1] * x[1] * x[0] * libm::exp(-libm::sin(t));
    }
}
impl FlowJacobian for Smooth {
    fn jacobian(&mut self, t: f64, x: &[f64], j: &mut [f64]) {
        let e = libm::exp(-libm::sin(t));
        j.copy_from_slice(&[libm::cos(t), 0.0, -x[1] * x[1] * e, -2.0 * x[1] * x[0] * e]);
    }
}
const END: f64 = 4.0;

struct Oscillator;
impl Flow<f64> for Oscillator {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
        (rate[0], rate[1]) = (x[1], -x[0]);
    }
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

fn miss(t: f64, x: &[f64]) -> f64 {
    larger((x[0] - libm::exp(libm::sin(t))).abs(), (x[1] - 1.0 / (1.0 + t)).abs())
}

/// The error at the end of fixed steps.
fn fixed_error(method: Method, h: f64) -> f64 {
    if method == Method::Verlet {
        let oscillator = Model {
            halves: Some(vec![false, true]),
            ..Model::flow(2, |t, x, _, _, rate| Oscillator.rate(t, x, rate))
        };
        let mut run = Simulation::new(oscillator, sharp(method, h), &[1.0, 0.0]).unwrap();
        assert!(run.advance_by((END / h) as u64).is_ok());
        return (run.state()[0] - libm::cos(run.time())).abs();
    }
    let mut run = Simulation::new(Plain(Smooth), sharp(method, h), &[1.0, 1.0]).unwrap();
    assert!(run.advance_by((END / h) as u64).is_ok());
    miss(run.time(), run.state())
}

/// Largest error over 64 outputs, and the steps taken.
fn adaptive_error(method: Method, rtol: f64) -> (f64, f64) {
    let o = Options { rtol, atol: rtol, ..sharp(method, END / 64.0) };
    let mut run = Simulation::new(Plain(Smooth), o, &[1.0, 1.0]).unwrap();
    let mut largest = 0.0;
    for _ in 0..64 {
        assert!(run.advance().is_ok());
        largest = larger(largest, miss(run.time(), run.state()));
    }
    (largest, run.statistics().steps as f64)
}

#[test]
fn fixed_steps_converge_with_their_order() {
    for method in METHODS.into_iter().filter(|m| !m.is_adaptive() && *m != Method::Discrete) {
        let (rough, fine) = (fixed_error(method, 1.0 / 32.0), fixed_error(method, 1.0 / 128.0));
        let found = libm::log2(rough / fine) / 2.0;
        let order = f64::from(method.order());
        assert!((found - order).abs() < 0.3, "{method:?}: order {found}");
    }
}

#[test]
fn single_steps_of_every_tableau_have_an_error_of_one_order_more() {
    for method in METHODS.into_iter().filter(|m| m.tableau().is_some()) {
        // The harmonic oscillator from (1, 0).
        let error = |h: f64| {
            let mut work = init::<f64>(method, 2);
            assert!(step(method, &mut Oscillator, 0.0, h, &[1.0, 0.0], 1e8, &mut work).is_ok());
            larger((work.value[0] - libm::cos(h)).abs(), (work.value[1] + libm::sin(h)).abs())
        };
        let found = libm::log2(error(0.8) / error(0.4));
        assert!(found > f64::from(method.order()) + 0.5, "{method:?}: order {found} of one step");
    }
}

#[test]
fn the_error_of_adaptive_methods_falls_with_their_order_between_outputs_too() {
    for method in METHODS.into_iter().filter(|m| m.is_adaptive()) {
        let ((rough, few), (fine, many)) = if method.order() == 8 {
            (adaptive_error(method, 1e-6), adaptive_error(method, 1e-12))
        } else {
            (adaptive_error(method, 1e-4), adaptive_error(method, 1e-10))
        };
        let found = libm::log2(rough / fine) / libm::log2(many / few);
        let order = f64::from(method.order().min(method.dense_order() + 1));
        assert!(
            found > order - 0.7,
            "{method:?}: order {found}, {few} and {many} steps, {rough:e} and {fine:e}"
        );
        assert!(fine < if method.order() == 8 { 1e-10 } else { 1e-8 }, "{method:?}: {fine:e}");
    }
}

#[test]
fn events_of_fixed_steps_are_located_with_the_order_of_their_interpolant() {
    for method in for_flows().filter(|m| !m.is_adaptive()) {
        // x = exp(sin t) rises through exp(1/2) at π/6, and again a turn later, when all methods have started.
        let error = |h: f64| {
            let model = Model {
                crossings: vec![Crossing::Rising],
                conditions: |t, x, _, _, values| {
                    values[0] = if t < 3.0 { -1.0 } else { x[0] - libm::exp(0.5) }
                },
                reset: |_, _, _, _| Reset { stop: true, output: false },
                ..Model::flow(2, |t, x, _, _, rate| Smooth.rate(t, x, rate))
            };
            let mut run = Simulation::new(model, sharp(method, h), &[1.0, 1.0]).unwrap();
            assert!(!run.advance_by(1000).is_ok());
            (run.time() - 13.0 * core::f64::consts::FRAC_PI_6).abs()
        };
        // Steps of all lengths, since the place of the event within its step matters.
        let mean =
            |scale: f64| (0..20).map(|k| error(scale * (1.0 + 0.013 * f64::from(k)))).sum::<f64>() / 20.0;
        let found = libm::log2(mean(0.1) / mean(0.0125)) / 3.0;
        let order = f64::from(method.order().min(method.dense_order() + 1));
        assert!(found > order - 0.3, "{method:?}: order {found}");
    }
}

#[test]
fn a_map_is_iterated_exactly() {
    let mut run =
        Orbit::new(common::Henon, Options { substeps: 3, ..Options::default() }, &[0.1, 0.2]).unwrap();
    assert!(run.advance_by(2).is_ok());
    let mut x = [0.1, 0.2];
    for t in 0..6 {
        x = [1.0 - 1.4 * x[0] * x[0] + x[1] + 1e-6 * f64::from(t), 0.3 * x[0]];
    }
    assert_eq!((run.state(), run.time()), (x.as_slice(), 6.0));
}

#[test]
fn the_list_names_every_method_once_and_finds_it_again() {
    for (place, method) in METHODS.into_iter().enumerate() {
        assert_eq!(Method::from_slug(&method.slug().to_uppercase()), Some(method));
        assert!(METHODS[..place].iter().all(|other| other.name() != method.name()));
        assert!(method.citation().len() > 20 && !method.stability().is_empty());
        assert!(method.tableau().is_none_or(|tableau| {
            tableau.a.iter().zip(tableau.c).all(|(row, c)| (row.iter().sum::<f64>() - c).abs() < 1e-13)
                && (tableau.b.iter().sum::<f64>() - 1.0).abs() < 1e-13
        }));
    }
    assert_eq!(Method::from_slug("eulers"), None);
}

#[test]
fn names_of_xppaut_find_their_method() {
    for (name, method) in [
        ("discrete", Method::Discrete),
        ("Euler", Method::Euler),
        ("modeuler", Method::ModifiedEuler),
        ("rungekutta", Method::RungeKutta4),
        ("runge", Method::RungeKutta4),
        ("rk4", Method::RungeKutta4),
        ("adams", Method::Adams),
        ("gear", Method::Rodas4),
        ("CVODE", Method::Rodas4),
        ("stiff", Method::Rodas4),
        ("rosen", Method::Rodas4),
        ("rosenbrock", Method::Rodas4),
        ("2rb", Method::Rodas4),
        ("qualrk", Method::DormandPrince5),
        ("qualityrk", Method::DormandPrince5),
        ("5dp", Method::DormandPrince5),
        ("83dp", Method::DormandPrince8),
        ("backeul", Method::BackwardEuler),
        ("backward", Method::BackwardEuler),
        ("symplectic", Method::Verlet),
        ("ymp", Method::Verlet),
    ] {
        assert_eq!(Method::from_xpp(name), Some(method), "{name}");
    }
    for name in ["volterra", "", "e", "nonsense", "é"] {
        assert_eq!(Method::from_xpp(name), None, "{name}");
    }
}

#[test]
fn a_flow_without_jacobian_takes_finite_differences() {
    for method in [Method::Rodas4, Method::BackwardEuler] {
        let mut known =
            Simulation::new(Plain(common::Lorenz), sharp(method, 0.01), &[1.0, 2.0, 20.0]).unwrap();
        let mut unknown = Trajectory::new(common::Lorenz, sharp(method, 0.01), &[1.0, 2.0, 20.0]).unwrap();
        assert!(known.advance_by(100).is_ok() && unknown.advance_by(100).is_ok());
        for (a, b) in known.state().iter().zip(unknown.state()) {
            assert!((a - b).abs() < 1e-6, "{method:?}: {a} and {b}");
        }
    }
}

#[test]
fn the_cost_of_known_problems_does_not_change() {
    let mut found = Vec::new();
    for method in METHODS.into_iter().filter(|m| *m != Method::Discrete && *m != Method::Verlet) {
        let o = Options { method, dt: 0.1, substeps: 4, ..Options::default() };
        let mut lorenz = Simulation::new(Plain(common::Lorenz), o.clone(), &[1.0, 1.0, 20.0]).unwrap();
        let mut ring = Simulation::new(Plain(common::Ring), o, &[1.0, 0.0, 0.5, 0.0, -1.0, 2.0]).unwrap();
        assert!(lorenz.advance_by(50).is_ok() && ring.advance_by(50).is_ok());
        for run in [lorenz.statistics(), ring.statistics()] {
            found.push((method.slug(), run.steps, run.rejected, run.evaluations));
        }
    }
    assert_eq!(found, COSTS);
}
/// Accepted steps, rejected steps and evaluations of Lorenz' equations and of the ring.
const COSTS: [(&str, u64, u64, u64); 24] = [
    ("euler", 200, 0, 200),
    ("euler", 200, 0, 200),
    ("modeuler", 200, 0, 400),
    ("modeuler", 200, 0, 400),
    ("rk4", 200, 0, 800),
    ("rk4", 200, 0, 800),
    ("adams", 200, 0, 407),
    ("adams", 200, 0, 407),
    ("tsit5", 212, 10, 1334),
    ("tsit5", 146, 8, 926),
    ("dopri5", 231, 15, 1478),
    ("dopri5", 154, 7, 968),
    ("dop853", 73, 26, 1311),
    ("dop853", 46, 12, 806),
    ("rodas4", 552, 12, 4480),
    ("rodas4", 456, 48, 3890),
    ("backeuler", 200, 0, 666),
    ("backeuler", 200, 0, 796),
    ("euler-maruyama", 200, 0, 200),
    ("euler-maruyama", 200, 0, 200),
    ("milstein", 200, 0, 200),
    ("milstein", 200, 0, 200),
    ("heun", 200, 0, 400),
    ("heun", 200, 0, 400),
];
