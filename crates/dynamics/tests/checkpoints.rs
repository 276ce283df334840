//! A resumed run has the bits of the one that went on, for every method and kind of process.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Lorenz, Model};
use dynamics::{Checkpoint, Error, METHODS, Method, Options, Plain, PlainMap, Simulation, Stepper};
use numerics::{Crossing, Draw, Process, Reset};

/// A delayed, driven, resetting pair whose events change a parameter.
fn eventful() -> Model {
    Model {
        p: vec![1.0, 0.0],
        delayed: vec![0, 1, 0],
        lags: |t, x, _, lags| {
            lags.copy_from_slice(&[0.7, 0.004, 0.5 + 0.2 * libm::sin(t) + 0.1 * libm::tanh(x[1])]);
        },
        history: |t, x| (x[0], x[1]) = (libm::cos(t), 0.1 * t),
        crossings: vec![Crossing::Rising, Crossing::Either],
        conditions: |_, x, inputs, _, values| (values[0], values[1]) = (x[0] - 1.0, x[1] - 0.2 * inputs[0]),
        reset: |event, t, x, p| {
            p[event] += 0.1;
            if event == 0 {
                x[0] = -0.5;
            } else {
                x[1] *= 0.9;
            }
            Reset { output: t > 1.0, stop: false }
        },
        ..Model::flow(2, |t, x, inputs, p, rate| {
            rate[0] = p[0] * (1.2 - 0.3 * inputs[0]) + 0.2 * x[1];
            rate[1] = libm::cos(3.0 * t) - 0.5 * inputs[1] - 0.1 * inputs[2] + 0.01 * p[1];
        })
    }
}

fn noisy() -> Model {
    Model {
        draws: vec![Draw::Wiener, Draw::Uniform, Draw::Normal, Draw::Wiener],
        diagonal: true,
        diffusion: |x, _, g| g.copy_from_slice(&[0.3 * x[0], 0.0, 0.0, 0.2]),
        slope: |_, _, slope| slope.copy_from_slice(&[0.3, 0.0, 0.0, 0.0]),
        delayed: vec![1],
        lags: |_, _, _, lags| lags[0] = 0.33,
        rate: |_, x, inputs, p, rate| {
            rate[0] = p[0] * (0.9 - 0.2 * inputs[0]) + 0.3 * x[0] * inputs[1] + 0.1 * inputs[3];
            rate[1] = -x[1] + 0.2 * inputs[4] + inputs[2];
        },
        ..eventful()
    }
}

/// A map with the delays, draws and events of a flow.
fn as_map(model: Model) -> Model {
    Model {
        map: true,
        rate: |t, x, inputs, p, next| {
            next[0] = x[0] + 0.1 * p[0] + 0.01 * inputs[0] + inputs.get(3).copied().unwrap_or(0.1);
            next[1] = libm::cos(0.3 * t) - 0.5 * inputs[1] + 0.1 * inputs[2];
        },
        lags: |t, _, _, lags| lags.copy_from_slice(&[3.0, 1.0, 5.0 + libm::floor(2.0 * libm::sin(t))]),
        delayed: vec![0, 1, 0],
        ..model
    }
}

fn same<P: Process + Clone>(name: &str, make: &dyn Fn() -> Simulation<P>) {
    let mut run = make();
    for before in [0, 1, 36, 70] {
        assert!(run.advance_by(before).is_ok(), "{name}: {}", run.outcome());
        let checkpoint = run.checkpoint();
        let mut resumed = make();
        resumed.restore(&checkpoint).unwrap();
        assert_eq!(resumed.checkpoint(), checkpoint, "{name}: not the same right after");
        assert_eq!((resumed.time(), resumed.step()), (run.time(), run.step()));
        let mut on = run.clone();
        for _ in 0..60 {
            assert!(on.advance().is_ok() && resumed.advance().is_ok(), "{name}: {}", on.outcome());
            assert_eq!(on.state(), resumed.state(), "{name} after {} outputs", on.step());
        }
        assert_eq!(on.checkpoint(), resumed.checkpoint(), "{name}");
        assert_eq!(on.energy_drift(), resumed.energy_drift());
    }
}

fn options(method: Method) -> Options {
    Options { method, dt: 0.05, substeps: 3, seed: 4, ..Options::default() }
}

fn for_any_flow() -> impl Iterator<Item = Method> {
    METHODS.into_iter().filter(|m| *m != Method::Discrete && *m != Method::Verlet)
}

#[test]
fn plain_flows_and_maps_resume() {
    for method in for_any_flow() {
        same(method.slug(), &|| Simulation::new(Plain(Lorenz), options(method), &[1.0, 2.0, 20.0]).unwrap());
    }
    let pendulum = Model {
        halves: Some(vec![false, true]),
        ..Model::flow(2, |_, x, _, _, rate| (rate[0], rate[1]) = (x[1], -libm::sin(x[0])))
    };
    same("verlet", &|| Simulation::new(pendulum.clone(), options(Method::Verlet), &[1.0, 0.0]).unwrap());
    same("discrete", &|| {
        Simulation::new(PlainMap(common::Henon), options(Method::Discrete), &[0.1, 0.2]).unwrap()
    });
}

#[test]
fn delays_and_events_resume_with_their_past_and_parameters() {
    for method in for_any_flow() {
        same(method.slug(), &|| Simulation::new(eventful(), options(method), &[0.5, 0.0]).unwrap());
        let mut run = Simulation::new(eventful(), options(method), &[0.5, 0.0]).unwrap();
        assert!(run.advance_by(150).is_ok());
        assert!(run.process().p[0] > 1.05 && run.process().p[1] > 0.05, "{:?}", run.process().p);
    }
    same("map", &|| Simulation::new(as_map(eventful()), options(Method::Discrete), &[0.5, 0.0]).unwrap());
}

#[test]
fn noise_resumes_at_its_place_in_the_stream() {
    for method in for_any_flow().filter(|m| !m.is_adaptive()) {
        same(method.slug(), &|| Simulation::new(noisy(), options(method), &[0.5, 0.0]).unwrap());
    }
    same("map", &|| Simulation::new(as_map(noisy()), options(Method::Discrete), &[0.5, 0.0]).unwrap());
}

#[test]
fn outputs_in_one_go_are_those_one_by_one() {
    for method in for_any_flow() {
        let make = || Simulation::new(eventful(), options(method), &[0.5, 0.0]).unwrap();
        let (mut bulk, mut single) = (make(), make());
        assert!(bulk.advance_by(100).is_ok());
        for _ in 0..100 {
            assert!(single.advance().is_ok());
        }
        assert_eq!(bulk.checkpoint(), single.checkpoint(), "{method:?}");
        assert_eq!(bulk.take_marks(), single.take_marks());
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused_and_changes_nothing() {
    for method in [Method::RungeKutta4, Method::Tsitouras5, Method::Adams, Method::Rodas4] {
        let mut run = Simulation::new(eventful(), options(method), &[0.5, 0.0]).unwrap();
        assert!(run.advance_by(40).is_ok());
        let good = run.checkpoint();
        let other = Simulation::new(Plain(common::Burst), options(method), &[0.1]).unwrap().checkpoint();
        assert!(matches!(run.restore(&other), Err(Error::Dimension { given: 1, wanted: 2 })));
        let mut hostile = vec![Vec::new(), vec![0.0; 3], good.solver[..good.solver.len() - 1].to_vec()];
        hostile.push(good.solver.iter().copied().chain([1.0]).collect());
        for place in 0..good.solver.len().min(60) {
            for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
                let mut solver = good.solver.clone();
                solver[place] = value;
                hostile.push(solver);
            }
        }
        let mut refused = 0;
        for solver in hostile {
            let mut victim = run.clone();
            match victim.restore(&Checkpoint { solver, ..good.clone() }) {
                Err(Error::Checkpoint { .. }) => {
                    refused += 1;
                    assert_eq!(victim.checkpoint(), good, "{method:?}");
                }
                // A number like any other: the run goes on with it.
                _ => {
                    let _ = victim.advance_by(2);
                }
            }
        }
        assert!(refused >= 8, "{method:?}: {refused}");
    }
}

#[test]
fn a_new_state_and_new_parameters_start_from_the_present() {
    for method in for_any_flow() {
        let mut run = Simulation::new(eventful(), options(method), &[0.5, 0.0]).unwrap();
        assert!(run.advance_by(33).is_ok());
        let (state, time) = (run.state().to_vec(), run.time());
        run.set_state(&[-0.2, 0.3]).unwrap();
        assert_eq!((run.time(), run.state()), (time, [-0.2, 0.3].as_slice()));
        assert!(run.advance().is_ok());
        assert!((run.state()[0] + 0.2).abs() < 0.2 && run.state() != state.as_slice(), "{method:?}");
        run.process_mut().p[0] = 0.0;
        let before = run.state()[0];
        assert!(run.advance().is_ok());
        assert!((run.state()[0] - before).abs() < 0.02, "{method:?}");
        assert!(run.set_state(&[f64::NAN, 0.0]).is_err() && run.set_state(&[0.0]).is_err());
        assert_eq!(run.inputs().len(), 3);
    }
}
