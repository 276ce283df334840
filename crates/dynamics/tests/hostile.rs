//! Nothing panics, whatever is asked, and every run ends.

mod common;

use common::Model;
use dynamics::{Checkpoint, METHODS, Options, Simulation, Stepper};
use numerics::{Crossing, Draw, Reset};
use proptest::prelude::*;

/// Numbers that break things, and some that do not.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
        Just(1e-300),
        Just(1e300),
        -2.0..2.0_f64,
        -1e3..1e3_f64,
    ]
}

/// A process that does with its numbers `p` whatever they say.
fn process(p: Vec<f64>, kind: u8, map: bool) -> Model {
    let with = |bit: u8| kind & (1 << bit) != 0;
    Model {
        p,
        map,
        delayed: if with(0) { vec![0, 1] } else { Vec::new() },
        lags: |t, x, p, lags| (lags[0], lags[1]) = (p[0] + 0.01 * t, p[1] * x[0]),
        history: |t, x| x.fill(t),
        draws: if with(1) { vec![Draw::Wiener, Draw::Normal] } else { Vec::new() },
        affine: with(2),
        diagonal: with(3),
        diffusion: |_, p, g| g.fill(p[0]),
        slope: |_, p, slope| slope.fill(p[1]),
        crossings: if with(4) { vec![Crossing::Rising, Crossing::Either] } else { Vec::new() },
        conditions: |t, x, _, p, values| (values[0], values[1]) = (x[0] - p[2], libm::sin(t * p[3])),
        reset: |event, _, x, p| {
            x[event] = p[4];
            p[event] += 1.0;
            Reset { stop: p[5] > 1.0, output: true }
        },
        halves: if with(5) { Some(vec![false, true]) } else { None },
        jacobian: if with(6) { Some(|_, x, p, j| j.fill(p[2] * x[0])) } else { None },
        ..Model::flow(2, |t, x, inputs, p, rate| {
            let sum: f64 = inputs.iter().sum();
            rate[0] = p[2] * x[1] + p[3] * sum + t;
            rate[1] = p[4] * x[0] * x[0] + p[5];
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_process_and_no_options_panic(
        method in 0..METHODS.len(),
        kind: u8,
        map: bool,
        p in proptest::collection::vec(number(), 6),
        (t0, dt, rtol, atol, bound) in (number(), number(), number(), number(), number()),
        tame: bool,
        substeps in 0_u32..4,
        x0 in proptest::collection::vec(number(), 1..4),
        junk in proptest::collection::vec(number(), 0..40),
    ) {
        let method = METHODS[method];
        let options = if tame {
            Options { method, dt: 0.1, substeps: substeps + 1, max_steps: 200, ..Options::default() }
        } else {
            Options { method, t0, dt, substeps, rtol, atol, bound, max_steps: 200, seed: u64::from(kind) }
        };
        let x0 = if tame { vec![0.5, -0.5] } else { x0 };
        if let Ok(mut run) = Simulation::new(process(p, kind, map), options, &x0) {
            let _ = run.advance_by(5);
            let checkpoint = run.checkpoint();
            let _ = run.restore(&Checkpoint { solver: junk, ..checkpoint.clone() });
            let _ = run.restore(&checkpoint);
            let _ = run.set_state(&[0.1, 0.2]);
            let _ = run.advance_by(3);
            prop_assert!(run.state().iter().all(|v| v.is_finite()), "{:?}", run.state());
            prop_assert!(!run.outcome().to_string().is_empty());
            let _ = (run.inputs().len(), run.take_marks(), run.energy_drift());
        }
    }
}
