//! Events against exact times.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Model, for_flows, sharp};
use dynamics::{Method, Options, Outcome, Plain, Simulation, Stepper};
use numerics::{Crossing, Reset};

/// Leaky integrate-and-fire, `v' = (input - v) / tau`; at `v = 1` it fires and returns to 0. Spikes are counted in a
/// second variable, and marked.
fn neuron() -> Model {
    Model {
        p: vec![1.3, 2.0],
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 1.0,
        reset: |_, _, x, _| {
            (x[0], x[1]) = (0.0, x[1] + 1.0);
            Reset { output: true, stop: false }
        },
        ..Model::flow(2, |_, x, _, p, rate| (rate[0], rate[1]) = ((p[0] - x[0]) / p[1], 0.0))
    }
}

/// A ball under gravity 1 that keeps the part `e` of its speed at each bounce.
fn ball(e: f64) -> Model {
    Model {
        p: vec![e],
        crossings: vec![Crossing::Falling],
        conditions: |_, x, _, _, values| values[0] = x[0],
        reset: |_, _, x, p| {
            x[1] *= -p[0];
            Reset { output: true, stop: false }
        },
        ..Model::flow(2, |_, x, _, _, rate| (rate[0], rate[1]) = (x[1], -1.0))
    }
}

#[test]
fn a_neuron_fires_with_its_exact_period_under_every_method() {
    let period = 2.0 * libm::log(1.3 / 0.3);
    for method in for_flows() {
        let mut run = Simulation::new(neuron(), sharp(method, 0.01), &[0.0, 0.0]).unwrap();
        assert!(run.advance_by(2000).is_ok());
        let marks = run.take_marks();
        assert_eq!(marks.len(), (20.0 / period) as usize, "{method:?}");
        assert_eq!(run.state()[1], marks.len() as f64);
        let tolerance = match method.order() {
            1 => 0.04,
            2 => 1e-3,
            _ => 1e-7,
        };
        for (k, mark) in marks.iter().enumerate() {
            let error = (mark.time - (k + 1) as f64 * period).abs();
            assert!(error < tolerance * (k + 1) as f64, "{method:?}: spike {k} is off by {error:e}");
            assert_eq!((mark.event, mark.state[0]), (0, 0.0));
        }
        assert!(run.take_marks().is_empty());
    }
}

#[test]
fn the_bounces_of_a_ball_are_exact_to_rounding() {
    for (method, dt) in
        [(Method::RungeKutta4, 0.01), (Method::Tsitouras5, 0.5), (Method::DormandPrince8, 3.0)]
    {
        let mut run = Simulation::new(ball(0.8), sharp(method, dt), &[1.0, 0.0]).unwrap();
        assert!(run.advance_by((6.0 / dt) as u64).is_ok());
        let (mut time, mut speed) = (2.0_f64.sqrt(), 2.0_f64.sqrt());
        let marks = run.take_marks();
        assert!(marks.len() >= 3, "{method:?}: {} bounces", marks.len());
        for mark in &marks {
            speed *= 0.8;
            assert!((mark.time - time).abs() < 1e-12, "{method:?}: {} instead of {time}", mark.time);
            assert!((mark.state[1] - speed).abs() < 1e-12 && mark.state[0].abs() < 1e-13);
            time += 2.0 * speed;
        }
    }
}

#[test]
fn bounces_within_one_step_are_all_found() {
    let mut run = Simulation::new(ball(0.5), sharp(Method::RungeKutta4, 1.0), &[1.0, 0.0]).unwrap();
    assert!(run.advance_by(4).is_ok());
    let marks = run.take_marks();
    let (mut time, mut speed) = (2.0_f64.sqrt(), 2.0_f64.sqrt());
    for (k, mark) in marks.iter().enumerate() {
        assert!((mark.time - time).abs() < 1e-10, "bounce {k}: {} instead of {time}", mark.time);
        speed *= 0.5;
        time += 2.0 * speed;
    }
    assert_eq!(marks.len(), 4, "the bounces before time 4: {marks:?}");
    assert_eq!(run.time(), 4.0);
}

#[test]
fn the_grid_of_outputs_stays_behind_an_event() {
    for method in for_flows() {
        let mut run = Simulation::new(neuron(), sharp(method, 0.7), &[0.0, 0.0]).unwrap();
        for k in 1..=20 {
            assert!(run.advance().is_ok());
            assert_eq!(run.time(), f64::from(k) * 0.7, "{method:?}");
        }
    }
}

#[test]
fn an_event_that_never_fires_changes_no_bit() {
    let watched = || Model {
        crossings: vec![Crossing::Either],
        conditions: |_, x, _, _, values| values[0] = x[0] + 100.0,
        ..Model::flow(3, |t, x, _, _, rate| numerics::Flow::rate(&mut common::Lorenz, t, x, rate))
    };
    for method in for_flows().filter(|m| !m.needs().jacobian) {
        let start = [1.0, 2.0, 20.0];
        let o = || Options { method, dt: 0.02, substeps: 2, ..Options::default() };
        let mut plain = Simulation::new(Plain(common::Lorenz), o(), &start).unwrap();
        let mut other = Simulation::new(watched(), o(), &start).unwrap();
        for _ in 0..200 {
            assert!(plain.advance().is_ok() && other.advance().is_ok());
            assert_eq!(plain.state(), other.state(), "{method:?}");
        }
    }
}

#[test]
fn a_condition_that_starts_at_zero_does_not_fire() {
    for method in for_flows() {
        let model = Model {
            crossings: vec![Crossing::Rising, Crossing::Either],
            conditions: |_, x, _, _, values| (values[0], values[1]) = (x[0], x[0]),
            reset: |_, _, _, _| Reset { output: true, stop: false },
            ..Model::flow(1, |_, _, _, _, rate| rate[0] = 1.0)
        };
        let mut run = Simulation::new(model, sharp(method, 0.1), &[0.0]).unwrap();
        assert!(run.advance_by(20).is_ok());
        assert!(run.take_marks().is_empty(), "{method:?}");
    }
}

#[test]
fn directions_of_crossing_are_told_apart() {
    for method in for_flows().filter(|m| m.order() >= 4) {
        let model = Model {
            p: vec![0.0; 3],
            crossings: vec![Crossing::Rising, Crossing::Falling, Crossing::Either],
            conditions: |t, _, _, _, values| values.fill(libm::cos(t)),
            reset: |event, _, _, p| {
                p[event] += 1.0;
                Reset::default()
            },
            ..Model::flow(1, |t, _, _, _, rate| rate[0] = libm::sin(t))
        };
        let mut run = Simulation::new(model, sharp(method, 0.05), &[0.0]).unwrap();
        assert!(run.advance_by(400).is_ok());
        // cos falls at π/2, 5π/2, 9π/2 and rises at 3π/2, 7π/2, 11π/2 before 20.
        assert_eq!(run.process().p, [3.0, 3.0, 6.0], "{method:?}");
    }
}

#[test]
fn an_event_can_set_off_another_and_change_parameters() {
    // The first neuron's spike lifts the second above its threshold.
    let model = Model {
        p: vec![0.0, 0.0],
        crossings: vec![Crossing::Rising, Crossing::Rising],
        conditions: |_, x, _, _, values| (values[0], values[1]) = (x[0] - 1.0, x[1] - 1.0),
        reset: |event, _, x, p| {
            p[event] += 1.0;
            if event == 0 {
                (x[0], x[1]) = (0.0, x[1] + 0.6)
            } else {
                x[1] = 0.0
            }
            Reset::default()
        },
        ..Model::flow(2, |_, _, _, _, rate| (rate[0], rate[1]) = (1.0, 0.0))
    };
    for method in for_flows() {
        let mut run = Simulation::new(model.clone(), sharp(method, 0.3), &[0.0, 0.0]).unwrap();
        assert!(run.advance_by(15).is_ok());
        assert_eq!(run.process().p, [4.0, 2.0], "{method:?}");
        assert!(run.state()[1].abs() < 1e-12);
    }
}

#[test]
fn an_event_can_end_the_run_and_a_new_state_starts_it_again() {
    let model = Model {
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 1.0,
        reset: |_, _, _, _| Reset { stop: true, output: true },
        ..Model::flow(1, |_, _, _, _, rate| rate[0] = 1.0)
    };
    for method in for_flows() {
        let mut run = Simulation::new(model.clone(), sharp(method, 0.3), &[0.0]).unwrap();
        let outcome = run.advance_by(100).clone();
        let Outcome::Stopped { time, event: 0 } = outcome else { panic!("{method:?}: {outcome}") };
        assert!((time - 1.0).abs() < 1e-12 && run.time() == time && run.step() == 3);
        assert_eq!(run.take_marks().len(), 1);
        assert_eq!(run.advance(), &outcome);
        run.set_state(&[0.95]).unwrap();
        assert!((run.time() - 0.9).abs() < 1e-12);
        assert!(matches!(run.advance(), Outcome::Stopped { time, .. } if (time - 0.95).abs() < 1e-12));
    }
}

#[test]
fn events_without_end_are_an_outcome() {
    let model = Model {
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 1.0,
        reset: |_, _, x, _| {
            x[0] = 1.0 - 1e-9;
            Reset::default()
        },
        ..Model::flow(1, |_, _, _, _, rate| rate[0] = 1.0)
    };
    for method in for_flows() {
        let o = Options { max_steps: 20_000, ..sharp(method, 0.3) };
        let mut run = Simulation::new(model.clone(), o, &[0.0]).unwrap();
        let outcome = run.advance_by(100);
        assert!(
            matches!(outcome, Outcome::TooManyEvents { time, .. } if (time - 1.0).abs() < 1e-3),
            "{outcome}"
        );
    }
}

#[test]
fn a_state_that_an_event_throws_out_of_the_bound_has_diverged() {
    let model = Model {
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 1.0,
        reset: |_, _, x, _| {
            x[0] = f64::NAN;
            Reset::default()
        },
        ..Model::flow(1, |_, _, _, _, rate| rate[0] = 1.0)
    };
    for method in for_flows() {
        let mut run = Simulation::new(model.clone(), sharp(method, 0.3), &[0.0]).unwrap();
        let divergence = run.advance_by(9).divergence().cloned().unwrap();
        assert!((divergence.time - 1.0).abs() < 1e-9 && divergence.last_state[0] <= 1.0 + 1e-12);
        assert!(run.state()[0].is_finite());
    }
}

#[test]
fn a_map_looks_at_its_conditions_between_iterations() {
    let model = Model {
        crossings: vec![Crossing::Rising],
        conditions: |_, x, _, _, values| values[0] = x[0] - 4.5,
        reset: |_, _, x, _| {
            x[0] -= 5.0;
            Reset { output: true, stop: false }
        },
        ..Model::map(1, |_, x, _, _, next| next[0] = x[0] + 1.0)
    };
    let mut run = Simulation::new(model, Options { substeps: 2, ..Options::default() }, &[0.0]).unwrap();
    assert!(run.advance_by(6).is_ok());
    let marks = run.take_marks();
    assert_eq!(marks.iter().map(|mark| mark.time).collect::<Vec<_>>(), [5.0, 10.0]);
    assert_eq!((run.state(), run.time()), ([2.0].as_slice(), 12.0));
}
