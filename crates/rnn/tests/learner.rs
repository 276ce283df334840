//! Learning of tasks as a whole.
#![allow(clippy::unwrap_used)]

use rnn::cells::CfcForm;
use rnn::{CellKind, Draw, Error, Float, Learner, Learning, Loss, Method, Schedule, Series, TaskKind};

fn wave() -> Series {
    let values = (0..600)
        .flat_map(|k| [numerics::Real::sin(0.3 * k as f64), numerics::Real::cos(0.3 * k as f64)])
        .collect();
    Series::new(["a", "b"].map(String::from).to_vec(), values).unwrap()
}

fn gru(task: TaskKind, hidden: usize) -> CellKind {
    let [inputs, _, outputs] = task.sizes();
    CellKind::Gru { inputs, hidden, outputs }
}

fn run<T: Float>(settings: Learning, updates: usize) -> Learner<T> {
    let mut learner = Learner::new(settings, Some(&wave())).unwrap();
    (0..updates).for_each(|_| assert!(!learner.update().unwrap().skipped));
    learner
}

#[test]
fn a_gated_unit_gets_better_at_every_task() {
    for task in TaskKind::examples() {
        // Over the lag of the example a latch needs more updates than a test should take.
        let task = if let TaskKind::Latch { .. } = task { TaskKind::Latch { steps: 10 } } else { task };
        let settings = Learning { clip: Some(1.0), ..Learning::new(gru(task, 24), task, 1e-2, 1) };
        let mut learner = Learner::<f32>::new(settings, Some(&wave())).unwrap();
        let before = learner.evaluate(task, 7, 256).unwrap();
        (0..200).for_each(|_| assert!(!learner.update().unwrap().skipped));
        let after = learner.evaluate(task, 7, 256).unwrap();
        assert!(after.loss < 0.97 * before.loss, "{task:?}: {before:?} {after:?}");
        assert_eq!(after, learner.evaluate(task, 7, 256).unwrap());
        assert_ne!(after.loss, learner.evaluate(task, 8, 256).unwrap().loss);
    }
}

#[test]
fn every_cell_learns_the_task_of_its_width() {
    for kind in CellKind::examples() {
        let [inputs, outputs] = kind.width();
        let task = match [inputs, outputs] {
            [2, 2] => TaskKind::FlipFlop { channels: 2, steps: 20, rate: 0.2 },
            _ => continue,
        };
        let learner = run::<f32>(Learning::new(kind, task, 1e-2, 1), 300);
        let start = run::<f32>(Learning::new(kind, task, 1e-2, 1), 0);
        let (before, after) =
            (start.evaluate(task, 7, 256).unwrap(), learner.evaluate(task, 7, 256).unwrap());
        assert!(after.loss < 0.9 * before.loss, "{kind:?}: {before:?} {after:?}");
    }
}

#[test]
fn a_stopped_learner_goes_on_bit_for_bit() {
    let task = TaskKind::FlipFlop { channels: 2, steps: 15, rate: 0.2 };
    let forecast = TaskKind::Forecast { channels: 2, steps: 10, ahead: 2 };
    for method in [
        Method::Adam,
        Method::RAdam,
        Method::AdamW { decay: 0.1 },
        Method::Sgd { momentum: 0.9 },
        Method::RmsProp { smoothing: 0.99 },
    ] {
        for (task, bidirectional) in [(task, false), (task, true), (forecast, false)] {
            let settings = Learning {
                method,
                bidirectional,
                schedule: Schedule::Cosine { from: 1e-2, to: 1e-4, updates: 50 },
                clip: Some(0.5),
                decay: 1e-3,
                sparse: Some(("W", 0.1)),
                truncation: Some(5),
                dropout: 0.2,
                ..Learning::new(gru(task, 8), task, 1e-2, 3)
            };
            let mut learner = run::<f32>(settings, 13);
            let bytes = learner.checkpoint();
            let mut again = Learner::<f32>::resume(settings, Some(&wave()), &bytes).unwrap();
            for _ in 0..10 {
                assert_eq!(learner.update().unwrap(), again.update().unwrap());
            }
            assert_eq!(learner.checkpoint(), again.checkpoint());
            assert_eq!(learner.digest(), again.digest());
        }
    }
}

#[test]
fn faults_of_a_learners_checkpoint_are_told_apart() {
    let task = TaskKind::Latch { steps: 10 };
    let settings = Learning::new(gru(task, 4), task, 1e-2, 1);
    let bytes = run::<f32>(settings, 2).checkpoint();
    let fault = |settings, series: Option<&Series>, bytes: &[u8]| match Learner::<f32>::resume(
        settings, series, bytes,
    ) {
        Err(Error::Checkpoint(text)) => text,
        other => panic!("{other:?}"),
    };
    let wave = wave();
    let mut hurt = bytes.clone();
    hurt[60] ^= 1;
    let texts = [
        fault(settings, Some(&wave), &bytes[..9]),
        fault(settings, Some(&wave), &hurt),
        fault(settings, None, &bytes),
        fault(Learning { seed: 2, ..settings }, Some(&wave), &bytes),
        match Learner::<f64>::resume(settings, Some(&wave), &bytes) {
            Err(Error::Checkpoint(text)) => text,
            other => panic!("{other:?}"),
        },
    ];
    let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(distinct.len(), texts.len(), "{texts:?}");
}

#[test]
fn a_task_may_become_harder_while_it_is_learned() {
    let at = |steps| TaskKind::Latch { steps };
    let mut learner = run::<f32>(Learning::new(gru(at(5), 8), at(5), 1e-2, 1), 5);
    learner.set_task(at(20)).unwrap();
    learner.update().unwrap();
    assert_eq!(learner.settings().task, at(20));
    let bytes = learner.checkpoint();
    let mut again = Learner::<f32>::resume(*learner.settings(), Some(&wave()), &bytes).unwrap();
    assert_eq!(again.update().unwrap(), learner.update().unwrap());
    assert!(matches!(learner.set_task(TaskKind::TemporalXor { steps: 9 }), Err(Error::Unfit { .. })));
    assert!(learner.evaluate(TaskKind::TemporalXor { steps: 9 }, 1, 8).is_err());
    assert!(matches!(learner.evaluate(at(5), 1, 0), Err(Error::Size { .. })));
    let own = TaskKind::Forecast { channels: 2, steps: 10, ahead: 1 };
    let mut learner = run::<f32>(Learning::new(gru(own, 8), own, 1e-2, 1), 2);
    learner.set_task(TaskKind::Forecast { channels: 2, steps: 30, ahead: 3 }).unwrap();
    learner.update().unwrap();
    let long = TaskKind::Forecast { channels: 2, steps: 600, ahead: 3 };
    assert!(matches!(learner.set_task(long), Err(Error::TooShort { found: 600, needed: 603 })));
}

#[test]
fn a_training_that_diverges_says_where_and_keeps_its_last_parameters() {
    let task = TaskKind::FlipFlop { channels: 1, steps: 60, rate: 0.2 };
    let kind = CellKind::Elman {
        inputs: 1,
        hidden: 8,
        outputs: 1,
        unit: rnn::cells::Unit::Relu,
        leak: 1.0,
        biases: true,
        scale: 1.0,
    };
    let settings = Learning { method: Method::Sgd { momentum: 0.9 }, ..Learning::new(kind, task, 30.0, 1) };
    let mut learner = Learner::<f32>::new(settings, None).unwrap();
    let mut before = learner.parameters().to_vec();
    let last = loop {
        let report = learner.update().unwrap();
        if report.skipped {
            break report;
        }
        assert!(report.update < 100, "does not diverge");
        before = learner.parameters().to_vec();
    };
    assert_eq!(learner.diverged(), Some(last.update));
    assert!(learner.parameters().iter().all(|p| p.is_finite()));
    assert!(learner.parameters() == before || learner.evaluate(task, 1, 8).unwrap().loss.is_finite());
    assert_eq!(learner.update(), Err(Error::Diverged { update: last.update }));
    let again = Learner::<f32>::resume(settings, None, &learner.checkpoint()).unwrap();
    assert_eq!(again.diverged(), Some(last.update));
    let start = vec![0.0; before.len()];
    learner.set_parameters(&start).unwrap();
    assert_eq!(learner.diverged(), None);
    assert!(learner.update().is_ok());
}

#[test]
fn decay_and_sparsity_shrink_what_they_are_about() {
    let task = TaskKind::FlipFlop { channels: 1, steps: 15, rate: 0.2 };
    let base = Learning::new(gru(task, 12), task, 1e-2, 1);
    let size = |settings, name: &str| -> f64 {
        let learner = run::<f64>(settings, 300);
        learner.parameters()[learner.layout().find(name).unwrap().range()].iter().map(|w| w.abs()).sum()
    };
    for name in ["W", "U", "C"] {
        let plain = size(base, name);
        assert!(size(Learning { decay: 0.05, ..base }, name) < 0.8 * plain, "{name}");
        assert!(size(Learning { sparse: Some((name, 2.0)), ..base }, name) < 0.8 * plain, "{name}");
    }
}

#[test]
fn the_gradients_of_decay_and_sparsity_are_the_slopes_of_what_they_add() {
    let task = TaskKind::TemporalXor { steps: 6 };
    for bidirectional in [false, true] {
        let settings = Learning {
            decay: 0.3,
            sparse: Some(("W", 0.7)),
            bidirectional,
            method: Method::Sgd { momentum: 0.0 },
            ..Learning::new(gru(task, 3), task, 1.0, 1)
        };
        let start = Learner::<f64>::new(settings, None).unwrap();
        // One step of plain descent at rate 1 shows the gradient; with and without what is added.
        let stepped = |settings: Learning, p: &[f64]| -> (f64, Vec<f64>) {
            let mut learner = Learner::<f64>::new(settings, None).unwrap();
            learner.set_parameters(p).unwrap();
            let loss = learner.update().unwrap().loss;
            (loss, p.iter().zip(learner.parameters()).map(|(p, q)| p - q).collect())
        };
        let plain = Learning { decay: 0.0, sparse: None, ..settings };
        let p = start.parameters().to_vec();
        let added = |p: &[f64]| stepped(settings, p).0 - stepped(plain, p).0;
        let (with, without) = (stepped(settings, &p).1, stepped(plain, &p).1);
        for i in 0..p.len() {
            let mut moved = p.clone();
            moved[i] += 1e-5;
            let up = added(&moved);
            moved[i] -= 2e-5;
            let slope = (up - added(&moved)) / 2e-5;
            assert!((slope - (with[i] - without[i])).abs() < 1e-8, "{i}: {slope}");
        }
    }
}

#[test]
fn clipping_shortens_the_step_and_reports_the_norm_before() {
    let task = TaskKind::TemporalXor { steps: 6 };
    let base =
        Learning { method: Method::Sgd { momentum: 0.0 }, ..Learning::new(gru(task, 3), task, 1.0, 1) };
    let moved = |clip| {
        let mut learner = Learner::<f64>::new(Learning { clip, ..base }, None).unwrap();
        let before = learner.parameters().to_vec();
        let report = learner.update().unwrap();
        let squares: f64 = before.iter().zip(learner.parameters()).map(|(a, b)| (a - b) * (a - b)).sum();
        (report.gradient_norm, squares.sqrt())
    };
    let ((plain, long), (reported, short)) = (moved(None), moved(Some(0.01)));
    assert_eq!(plain, reported);
    assert!((long / plain - 1.0).abs() < 1e-9 && (short / 0.01 - 1.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let task = TaskKind::Latch { steps: 5 };
    let base = Learning::new(gru(task, 4), task, 1e-2, 1);
    let refuse = |settings| Learner::<f32>::new(settings, None).unwrap_err();
    let text = refuse(Learning { sparse: Some(("V", 1.0)), ..base }).to_string();
    assert!(text.contains("`V`") && text.contains("W, U, b, d, C, c"), "{text}");
    let text = refuse(Learning { task: TaskKind::TemporalXor { steps: 5 }, ..base }).to_string();
    assert!(text.contains("2 numbers in and gives 1 out, the task gives 1"), "{text}");
    let text = refuse(Learning { start: &[("Q", Draw::Normal(1.0))], ..base }).to_string();
    assert!(text.contains("`Q`"), "{text}");
    for settings in [
        Learning { dropout: 1.0, ..base },
        Learning { clip: Some(0.0), ..base },
        Learning { decay: f64::NAN, ..base },
        Learning { sparse: Some(("W", -1.0)), ..base },
        Learning { betas: [0.9, 1.0], ..base },
        Learning { method: Method::Sgd { momentum: 2.0 }, ..base },
        Learning { schedule: Schedule::Constant(0.0), ..base },
    ] {
        assert!(matches!(refuse(settings), Error::Setting { .. }), "{settings:?}");
    }
    assert!(matches!(refuse(Learning { truncation: Some(0), ..base }), Error::Size { .. }));
    assert!(matches!(refuse(Learning { batch: 0, ..base }), Error::Size { .. }));
    let own = TaskKind::Forecast { channels: 2, steps: 10, ahead: 1 };
    assert_eq!(refuse(Learning::new(gru(own, 4), own, 1e-2, 1)), Error::NeedsSeries);
}

#[test]
fn networks_with_and_without_gates_latch_over_a_short_lag() {
    let task = TaskKind::Latch { steps: 10 };
    for kind in [
        CellKind::Lstm { inputs: 2, hidden: 16, outputs: 1, forget: Some(1.0) },
        CellKind::Tanh { inputs: 2, hidden: 16, outputs: 1 },
    ] {
        let settings = Learning { batch: 64, clip: Some(1.0), ..Learning::new(kind, task, 5e-3, 1) };
        let found = run::<f32>(settings, 200).evaluate(task, 9, 512).unwrap();
        assert!(found.accuracy > 0.95, "{kind:?}: {found:?}");
    }
}

#[test]
fn only_both_directions_know_what_comes() {
    let task = TaskKind::Majority { steps: 16 };
    let kind = CellKind::Lstm { inputs: 1, hidden: 12, outputs: 1, forget: None };
    let base = Learning { batch: 48, ..Learning::new(kind, task, 1e-2, 1) };
    let both = run::<f32>(Learning { bidirectional: true, ..base }, 250).evaluate(task, 9, 512).unwrap();
    let causal = run::<f32>(base, 250).evaluate(task, 9, 512).unwrap();
    assert!(both.accuracy > 0.97 && causal.accuracy < 0.8, "{both:?} {causal:?}");
    assert_eq!(base.loss, Loss::Logistic);
}

#[test]
fn durations_are_learned_by_the_closed_form_where_they_are_told() {
    let at = |timed| TaskKind::Parity { pad: 5, timed };
    let kind = CellKind::Cfc { inputs: 2, hidden: 16, outputs: 1, backbone: 32, form: CfcForm::Full };
    let accuracy = |timed| {
        let settings = Learning { clip: Some(5.0), batch: 64, ..Learning::new(kind, at(timed), 5e-3, 1) };
        run::<f32>(settings, 600).evaluate(at(timed), 9, 512).unwrap().accuracy
    };
    let (told, untold) = (accuracy(true), accuracy(false));
    assert!(told > 0.9 && untold < 0.85, "{told} {untold}");
}

#[test]
fn pieces_of_the_parameters_start_as_they_are_asked_to() {
    let task = TaskKind::FlipFlop { channels: 2, steps: 4, rate: 0.1 };
    let kind = CellKind::Tanh { inputs: 2, hidden: 100, outputs: 2 };
    let start: &[(&str, Draw)] = &[
        ("W", Draw::NormalPerColumn(1.0)),
        ("U", Draw::Normal(2.0)),
        ("b", Draw::Constant(0.25)),
        ("C", Draw::Uniform(3.0)),
    ];
    for bidirectional in [false, true] {
        let plain = Learning { bidirectional, ..Learning::new(kind, task, 1e-2, 1) };
        let without = Learner::<f64>::new(plain, None).unwrap();
        let learner = Learner::<f64>::new(Learning { start, ..plain }, None).unwrap();
        let layout = learner.layout().clone();
        for (own, other) in
            learner.parameters().chunks(layout.len()).zip(without.parameters().chunks(layout.len()))
        {
            let part = |name: &str| &own[layout.find(name).unwrap().range()];
            let square = |name: &str| part(name).iter().map(|p| p * p).sum::<f64>() / part(name).len() as f64;
            assert!((square("W") * 100.0 - 1.0).abs() < 0.05, "{}", square("W"));
            assert!((square("U") / 4.0 - 1.0).abs() < 0.3, "{}", square("U"));
            assert!((square("C") / 3.0 - 1.0).abs() < 0.3 && part("C").iter().all(|c| c.abs() <= 3.0));
            assert!(part("b").iter().all(|&b| b == 0.25));
            let c = layout.find("c").unwrap().range();
            assert_eq!(own[c.clone()], other[c]);
        }
    }
}
