//! Stiff problems against published end values.
//!
//! F. Mazzia, C. Magherini, Test Set for Initial Value Problem Solvers, release 2.4 (2008).
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Model, sharp};
use dynamics::{Method, Options, Simulation, Stepper};

fn options(method: Method, dt: f64, rtol: f64, atol: f64) -> Options {
    Options { method, dt, rtol, atol, ..Options::default() }
}

fn assert_near(name: &str, found: &[f64], wanted: &[f64], relative: f64) {
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= relative * b.abs(), "{name}, variable {i}: {a:e} instead of {b:e}");
    }
}

/// `x'' = μ (1 - x²) x' - x` with `μ = 1000`.
fn van_der_pol() -> Model {
    Model {
        jacobian: Some(|_, x, _, j| {
            j.copy_from_slice(&[0.0, 1.0, -2000.0 * x[0] * x[1] - 1.0, 1000.0 * (1.0 - x[0] * x[0])]);
        }),
        ..Model::flow(2, |_, x, _, _, rate| {
            (rate[0], rate[1]) = (x[1], 1000.0 * (1.0 - x[0] * x[0]) * x[1] - x[0]);
        })
    }
}

fn robertson() -> Model {
    Model {
        jacobian: Some(|_, y, _, j| {
            let (first, last) = (1e4 * y[1], 1e4 * y[2]);
            j.copy_from_slice(&[-0.04, last, first, 0.04, -last - 6e7 * y[1], -first, 0.0, 6e7 * y[1], 0.0]);
        }),
        ..Model::flow(3, |_, y, _, _, rate| {
            let (a, b, c) = (0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]);
            (rate[0], rate[1], rate[2]) = (b - a, a - b - c, c);
        })
    }
}

/// High irradiance responses of photomorphogenesis (Schäfer 1975), eight species.
fn hires() -> Model {
    Model::flow(8, |_, y, _, _, rate| {
        rate[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
        rate[1] = 1.71 * y[0] - 8.75 * y[1];
        rate[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
        rate[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
        rate[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
        rate[5] = -280.0 * y[5] * y[7] + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
        rate[6] = 280.0 * y[5] * y[7] - 1.81 * y[6];
        rate[7] = -280.0 * y[5] * y[7] + 1.81 * y[6];
    })
}
const HIRES_START: [f64; 8] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057];
const HIRES_END: [f64; 8] = [
    0.737_131_257_332_566_8e-3,
    0.144_248_572_631_618_5e-3,
    0.588_872_974_096_757_5e-4,
    0.117_565_134_328_314_9e-2,
    0.238_635_619_883_133_1e-2,
    0.623_896_825_274_279_6e-2,
    0.284_999_839_518_576_9e-2,
    0.285_000_160_481_423_1e-2,
];

#[test]
fn van_der_pol_ends_at_its_published_values() {
    let wanted = [1.706_167_732_170_483, -0.892_809_701_024_797_5e-3];
    for (rtol, reached, most) in [(1e-6, 1e-5, 1100), (1e-9, 1e-8, 13_000)] {
        let o = options(Method::Rodas4, 2000.0, rtol, 1e-3 * rtol);
        let mut run = Simulation::new(van_der_pol(), o, &[2.0, 0.0]).unwrap();
        assert!(run.advance().is_ok(), "{}", run.outcome());
        assert_near("van der Pol", run.state(), &wanted, reached);
        assert!(run.statistics().steps < most, "{:?}", run.statistics());
    }
}

#[test]
fn robertson_ends_at_its_published_values_after_1e11() {
    let wanted = [0.208_334_014_970_125_5e-7, 0.833_336_077_033_471_3e-13, 0.999_999_979_166_505];
    for model in [robertson(), Model { jacobian: None, ..robertson() }] {
        let o = options(Method::Rodas4, 1e11, 1e-8, 1e-18);
        let mut run = Simulation::new(model, o, &[1.0, 0.0, 0.0]).unwrap();
        assert!(run.advance().is_ok(), "{}", run.outcome());
        assert_near("Robertson", run.state(), &wanted, 1e-6);
        assert!(run.statistics().steps < 2000, "{:?}", run.statistics());
    }
}

#[test]
fn hires_ends_at_its_published_values() {
    let o = options(Method::Rodas4, 321.8122, 1e-9, 1e-13);
    let mut run = Simulation::new(hires(), o, &HIRES_START).unwrap();
    assert!(run.advance().is_ok(), "{}", run.outcome());
    assert_near("HIRES", run.state(), &HIRES_END, 1e-6);
}

#[test]
fn backward_euler_holds_with_steps_far_beyond_the_fast_time() {
    let o = options(Method::BackwardEuler, 0.5, 1e-8, 1e-12);
    let mut run = Simulation::new(hires(), o, &HIRES_START).unwrap();
    assert!(run.advance_by(2000).is_ok(), "{}", run.outcome());
    // The sum of the last two is a constant of the motion.
    assert!((run.state()[6] + run.state()[7] - 0.0057).abs() < 1e-9);
    assert!(run.state().iter().all(|y| *y >= 0.0));
}

#[test]
fn a_stiff_flow_that_knows_the_time_follows_its_solution_between_steps_too() {
    // A. Prothero, A. Robinson, Mathematics of Computation 28, 145-162 (1974): x = cos t whatever the stiffness.
    let model = Model {
        jacobian: Some(|_, _, _, j| j[0] = -1e6),
        ..Model::flow(1, |t, x, _, _, rate| rate[0] = -1e6 * (x[0] - libm::cos(t)) - libm::sin(t))
    };
    let mut run = Simulation::new(model.clone(), options(Method::Rodas4, 0.05, 1e-6, 1e-9), &[1.0]).unwrap();
    for _ in 0..200 {
        assert!(run.advance().is_ok());
        assert!(
            (run.state()[0] - libm::cos(run.time())).abs() < 4e-6,
            "{} at {}",
            run.state()[0],
            run.time()
        );
    }
    assert!(run.statistics().steps < 400, "{:?}", run.statistics());
    let mut run = Simulation::new(model, sharp(Method::BackwardEuler, 0.01), &[1.0]).unwrap();
    assert!(run.advance_by(1000).is_ok());
    assert!((run.state()[0] - libm::cos(10.0)).abs() < 1e-6);
}

#[test]
fn three_hundred_stiff_variables_relax() {
    // A rod of 300 pieces, hot in the middle, cold at its ends: the slowest mode decays at its eigenvalue.
    let rod = Model::flow(300, |_, x, _, _, rate| {
        for i in 0..300 {
            let left = if i > 0 { x[i - 1] } else { 0.0 };
            let right = if i < 299 { x[i + 1] } else { 0.0 };
            rate[i] = 301.0 * 301.0 * (left - 2.0 * x[i] + right);
        }
    });
    let mode = |i: usize| libm::sin(core::f64::consts::PI * (i + 1) as f64 / 301.0);
    let start: Vec<f64> = (0..300).map(mode).collect();
    let root = libm::sin(core::f64::consts::PI / 602.0) * 2.0 * 301.0;
    let mut run = Simulation::new(rod, options(Method::Rodas4, 0.1, 1e-5, 1e-8), &start).unwrap();
    assert!(run.advance_by(2).is_ok(), "{}", run.outcome());
    let wanted = libm::exp(-root * root * 0.2);
    assert!((run.state()[150] / mode(150) - wanted).abs() < 1e-4, "{} instead of {wanted}", run.state()[150]);
}
