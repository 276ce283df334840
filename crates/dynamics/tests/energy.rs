//! What Störmer-Verlet conserves, and what it tells of the rest.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Model, sharp};
use dynamics::{Method, Simulation, Stepper};

/// Two bodies in the plane: `(x, y, p_x, p_y)`, `H = (p_x² + p_y²)/2 - 1/r`.
fn kepler() -> Model {
    Model {
        halves: Some(vec![false, false, true, true]),
        ..Model::flow(4, |_, x, _, _, rate| {
            let square = x[0] * x[0] + x[1] * x[1];
            let cube = square * libm::sqrt(square);
            rate.copy_from_slice(&[x[2], x[3], -x[0] / cube, -x[1] / cube]);
        })
    }
}
fn kepler_energy(x: &[f64]) -> f64 {
    0.5 * (x[2] * x[2] + x[3] * x[3]) - 1.0 / libm::sqrt(x[0] * x[0] + x[1] * x[1])
}
/// The orbit of eccentricity 1/2 from its pericentre.
fn pericentre() -> [f64; 4] {
    [0.5, 0.0, 0.0, libm::sqrt(3.0)]
}

/// The pendulum, the momentum first: `H = p²/2 - cos q`.
fn pendulum() -> Model {
    Model {
        halves: Some(vec![true, false]),
        ..Model::flow(2, |_, x, _, _, rate| (rate[0], rate[1]) = (-libm::sin(x[1]), x[0]))
    }
}
fn pendulum_energy(x: &[f64]) -> f64 {
    0.5 * x[0] * x[0] - libm::cos(x[1])
}

#[test]
fn the_energy_of_a_kepler_orbit_stays_within_a_band() {
    let mut run = Simulation::new(kepler(), sharp(Method::Verlet, 0.01), &pericentre()).unwrap();
    let start = kepler_energy(run.state());
    let worst = |run: &mut Simulation<Model>, steps: u32| {
        let mut worst = 0.0;
        for _ in 0..steps {
            assert!(run.advance().is_ok());
            let error = (kepler_energy(run.state()) - start).abs();
            worst = if error > worst { error } else { worst };
        }
        worst
    };
    let first = worst(&mut run, 10_000);
    assert!(run.advance_by(600_000).is_ok());
    let late = worst(&mut run, 10_000);
    assert!(first < 3e-4 && late < 1.05 * first, "{first:e} at first, {late:e} after a thousand turns");
    let moment = run.state()[0] * run.state()[3] - run.state()[1] * run.state()[2];
    assert!((moment - 0.5 * libm::sqrt(3.0)).abs() < 1e-10, "angular momentum {moment}");
}

#[test]
fn the_drift_told_is_the_energy_gained() {
    for (model, start, energy, sign) in [
        (kepler(), pericentre().to_vec(), kepler_energy as fn(&[f64]) -> f64, 1.0),
        // With the momentum first it stands for the coordinate, which turns the sign of H.
        (pendulum(), vec![0.3, 2.0], pendulum_energy as fn(&[f64]) -> f64, -1.0),
    ] {
        let mut run = Simulation::new(model, sharp(Method::Verlet, 0.02), &start).unwrap();
        let before = energy(run.state());
        let mut largest = 0.0;
        for _ in 0..5000 {
            assert!(run.advance().is_ok());
            let gained = energy(run.state()) - before;
            let told = sign * run.energy_drift().unwrap();
            largest = if gained.abs() > largest { gained.abs() } else { largest };
            assert!((told - gained).abs() < 1e-8, "{told:e} told, {gained:e} gained at {}", run.time());
        }
        assert!(largest > 1e-6, "{largest:e}");
    }
}

#[test]
fn verlet_retraces_its_steps() {
    let mut run = Simulation::new(kepler(), sharp(Method::Verlet, 0.01), &pericentre()).unwrap();
    assert!(run.advance_by(1000).is_ok());
    let mut back = Simulation::new(kepler(), sharp(Method::Verlet, -0.01), run.state()).unwrap();
    assert!(back.advance_by(1000).is_ok());
    for (a, b) in back.state().iter().zip(pericentre()) {
        assert!((a - b).abs() < 1e-10);
    }
}

#[test]
fn only_verlet_with_partners_tells_a_drift() {
    let odd = Model {
        halves: Some(vec![false, true, true]),
        ..Model::flow(3, |_, x, _, _, rate| rate.copy_from_slice(&[x[1] + x[2], -x[0], -x[0]]))
    };
    let mut run = Simulation::new(odd, sharp(Method::Verlet, 0.1), &[1.0, 0.0, 0.0]).unwrap();
    assert!(run.advance_by(10).is_ok());
    assert_eq!(run.energy_drift(), None);
    let mut run = Simulation::new(kepler(), sharp(Method::RungeKutta4, 0.1), &pericentre()).unwrap();
    assert!(run.advance_by(10).is_ok());
    assert_eq!(run.energy_drift(), None);
}
