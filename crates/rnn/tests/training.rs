//! Training as a whole.
#![allow(clippy::unwrap_used)]

mod common;

use common::lorenz;
use numerics::{Map, Stream};
use rnn::{
    Best, CellKind, Error, Estimator, Force, Forcing, Method, Schedule, Series, Settings, TanhTask, Trainer,
    gradient_norm,
};

fn settings(forcing: Forcing) -> Settings {
    Settings { forcing, ..Settings::tiny(2000, 1) }
}

fn adaptive() -> Forcing {
    Forcing::Adaptive { gamma: 0.99, every: 5, estimator: Estimator::Product }
}

fn steps<T: rnn::Float>(trainer: &mut Trainer<T>, updates: std::ops::Range<u32>) {
    for _ in updates {
        trainer.step().unwrap();
    }
}

#[test]
fn the_loss_on_lorenz_falls_and_the_free_run_stays_bounded() {
    let series = lorenz(3000);
    let mut trainer = Trainer::<f32>::new(settings(adaptive()), &series).unwrap();
    let mut losses = Vec::new();
    for _ in 0..600 {
        losses.push(trainer.step().unwrap().loss);
    }
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    assert!(
        mean(&losses[550..]) < 0.2 * mean(&losses[..20]),
        "{} {}",
        mean(&losses[..20]),
        mean(&losses[550..])
    );
    assert_eq!(trainer.skipped(), 0);
    let run = trainer.map().unwrap().free_run(series.row(0), 2000).unwrap();
    assert_eq!(run.diverged, None);
    assert!(run.values.iter().all(|v| v.abs() < 100.0));
    assert!(trainer.prediction_error(&series, 1, true).unwrap() < 0.05);
    assert!(trainer.prediction_error(&series, 20, true).unwrap().is_finite());
}

#[test]
fn training_is_determined_by_settings_and_data() {
    let series = lorenz(500);
    let run = |seed| {
        let mut trainer = Trainer::<f32>::new(Settings { seed, ..settings(adaptive()) }, &series).unwrap();
        steps(&mut trainer, 0..50);
        trainer.digest()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_resumed_training_goes_on_bit_for_bit() {
    let series = lorenz(500);
    for kind in CellKind::examples() {
        if kind.build::<f32>().unwrap().shape().observed != 3 {
            continue;
        }
        let settings = Settings { kind, noise: 0.05, ..settings(adaptive()) };
        let mut trainer = Trainer::<f32>::new(settings, &series).unwrap();
        steps(&mut trainer, 0..23);
        let bytes = trainer.checkpoint();
        let mut again = Trainer::<f32>::resume(settings, &series, &bytes).unwrap();
        assert_eq!(again.digest(), trainer.digest());
        for _ in 0..20 {
            assert_eq!(again.step().unwrap(), trainer.step().unwrap());
        }
        assert_eq!(again.checkpoint(), trainer.checkpoint());
    }
}

#[test]
fn faults_of_checkpoints_are_told_apart() {
    let series = lorenz(500);
    let settings = settings(adaptive());
    let mut trainer = Trainer::<f32>::new(settings, &series).unwrap();
    trainer.step().unwrap();
    let bytes = trainer.checkpoint();
    let fault =
        |settings, series: &Series, bytes: &[u8]| match Trainer::<f32>::resume(settings, series, bytes) {
            Err(Error::Checkpoint(text)) => text,
            other => panic!("{other:?}"),
        };
    let mut hurt = bytes.clone();
    hurt[100] ^= 1;
    let other = CellKind::AlmostLinear { latent: 5, rectified: 1, observed: 3 };
    let texts = [
        fault(settings, &series, &[]),
        fault(settings, &series, b"0123456789abcdefghij"),
        fault(settings, &series, &hurt),
        fault(Settings { kind: other, ..settings }, &series, &bytes),
        fault(Settings { seed: 9, ..settings }, &series, &bytes),
        fault(settings, &lorenz(501), &bytes),
        match Trainer::<f64>::resume(settings, &series, &bytes) {
            Err(Error::Checkpoint(text)) => text,
            other => panic!("{other:?}"),
        },
    ];
    let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(distinct.len(), texts.len(), "{texts:?}");
    assert_eq!(fault(settings, &series, &bytes[..bytes.len() - 4]), texts[2]);
}

#[test]
fn adaptive_strength_follows_its_rule() {
    let series = lorenz(500);
    let mut trainer = Trainer::<f64>::new(settings(adaptive()), &series).unwrap();
    let mut alpha = 1.0;
    for update in 1..=60 {
        let report = trainer.step().unwrap();
        assert_eq!(report.alpha, alpha);
        assert_eq!(report.norm_estimate.is_some(), update % 5 == 0);
        if let Some(estimate) = report.norm_estimate {
            let wanted = if estimate.norm > 1.0 { 1.0 - 1.0 / estimate.norm } else { 0.0 };
            assert_eq!(estimate.alpha, wanted);
            alpha = if wanted > alpha { wanted } else { 0.99 * alpha + (1.0 - 0.99) * wanted };
        }
    }
    assert!(alpha < 0.95);
    let mut floored = Trainer::<f64>::new(Settings { floor: 0.99, ..settings(adaptive()) }, &series).unwrap();
    steps(&mut floored, 0..60);
    assert_eq!(floored.alpha(), 0.99);
}

#[test]
fn a_gradient_that_is_not_finite_is_skipped_and_counted() {
    // Observations near the largest single number overflow when squared.
    let values = (0..300).map(|i| if i % 2 == 0 { 3e38 } else { -3e38 }).collect();
    let series = Series::new(["x", "y", "z"].map(String::from).to_vec(), values).unwrap();
    let mut trainer = Trainer::<f32>::new(settings(Forcing::Fixed { alpha: 0.1 }), &series).unwrap();
    let before = trainer.parameters().to_vec();
    let report = trainer.step().unwrap();
    assert!(report.skipped && trainer.skipped() == 1 && trainer.updates() == 1);
    assert_eq!(trainer.parameters(), before);
}

#[test]
fn forcing_bounds_the_gradient_that_free_running_lets_explode() {
    let series = lorenz(4000);
    let mut trainer = Trainer::<f64>::new(Settings::tiny(6000, 2), &series).unwrap();
    steps(&mut trainer, 0..6000);
    let at = |length: usize, force| {
        let sequences: Vec<&[f64]> = (0..16).map(|b| &series.values()[b * 600..][..length * 3]).collect();
        gradient_norm(trainer.settings().kind, trainer.parameters(), &sequences, force).unwrap()
    };
    let free = at(400, Force::Free) / at(25, Force::Free);
    let forced = at(400, Force::Blend(0.3)) / at(25, Force::Blend(0.3));
    assert!(free > 1e3 && forced < 2.0, "{free} {forced}");
}

#[test]
fn regularisation_draws_the_diagonal_to_one_and_the_rest_to_zero() {
    let series = lorenz(500);
    let with = |regularisation| Settings { regularisation, ..settings(Forcing::Full) };
    let plain = Trainer::<f64>::new(with(0.0), &series).unwrap().step().unwrap().loss;
    let mut trainer = Trainer::<f64>::new(with(0.5), &series).unwrap();
    let penalty: f64 = trainer
        .layout()
        .blocks
        .iter()
        .map(|b| trainer.parameters()[b.range()].iter().map(|p| (p - b.rest) * (p - b.rest)).sum::<f64>())
        .sum();
    assert!((trainer.step().unwrap().loss - plain - 0.5 * penalty).abs() < 1e-9 * penalty);
    let size = |t: &Trainer<f64>, name: &str, rest: f64| -> f64 {
        t.parameters()[t.layout().find(name).unwrap().range()].iter().map(|p| (p - rest) * (p - rest)).sum()
    };
    let mut free = Trainer::<f64>::new(with(0.0), &series).unwrap();
    steps(&mut trainer, 0..400);
    steps(&mut free, 0..400);
    for (name, rest) in [("A", 1.0), ("W1", 0.0), ("W2", 0.0), ("h2", 0.0)] {
        assert!(size(&trainer, name, rest) < 0.5 * size(&free, name, rest), "{name}");
    }
}

#[test]
fn clipping_is_off_unless_asked_for_and_reports_the_norm_before() {
    let series = lorenz(500);
    let base = Settings { method: Method::RAdam, ..settings(Forcing::Full) };
    let mut plain = Trainer::<f64>::new(base, &series).unwrap();
    let mut clipped = Trainer::<f64>::new(Settings { clip: Some(1e-3), ..base }, &series).unwrap();
    let (a, b) = (plain.step().unwrap(), clipped.step().unwrap());
    assert_eq!(a.gradient_norm, b.gradient_norm);
    assert!(a.gradient_norm > 1e-3);
    assert_ne!(plain.parameters(), clipped.parameters());
}

#[test]
fn the_best_checkpoint_is_the_one_with_the_lowest_score() {
    let series = lorenz(500);
    let mut trainer = Trainer::<f32>::new(settings(Forcing::Full), &series).unwrap();
    let mut best = Best::new();
    let mut kept = Vec::new();
    for score in [f64::NAN, 3.0, 1.0, 2.0, f64::NAN] {
        trainer.step().unwrap();
        if best.offer(score, &trainer) {
            kept = trainer.parameters().to_vec();
        }
    }
    assert_eq!((best.score(), best.update()), (1.0, 3));
    trainer.set_parameters(best.parameters()).unwrap();
    assert_eq!(trainer.parameters(), kept);
    assert!(trainer.set_parameters(&kept[1..]).is_err());
}

#[test]
fn settings_out_of_range_and_unfit_data_are_refused() {
    let series = lorenz(60);
    let base = settings(adaptive());
    let refuse = |s: Settings| Trainer::<f32>::new(s, &series).unwrap_err();
    for forcing in [
        Forcing::Fixed { alpha: 1.5 },
        Forcing::Fixed { alpha: f64::NAN },
        Forcing::Sparse { tau: 0 },
        Forcing::Adaptive { gamma: 2.0, every: 5, estimator: Estimator::Product },
        Forcing::Adaptive { gamma: 0.9, every: 0, estimator: Estimator::Product },
    ] {
        assert!(matches!(refuse(Settings { forcing, ..base }), Error::Setting { .. }), "{forcing:?}");
    }
    assert!(matches!(refuse(Settings { noise: -1.0, ..base }), Error::Setting { .. }));
    assert!(matches!(refuse(Settings { clip: Some(0.0), ..base }), Error::Setting { .. }));
    assert!(matches!(refuse(Settings { schedule: Schedule::Constant(0.0), ..base }), Error::Setting { .. }));
    assert!(matches!(refuse(Settings { length: 61, ..base }), Error::TooShort { found: 60, needed: 61 }));
    assert!(matches!(refuse(Settings { length: 1, ..base }), Error::Size { .. }));
    let kind = CellKind::Tanh { inputs: 3, hidden: 4, outputs: 3 };
    assert!(matches!(refuse(Settings { kind, ..base }), Error::NotForceable(_)));
    let kind = CellKind::ShallowPlrnn { latent: 3, hidden: 4, observed: 2, clipped: true };
    assert!(matches!(refuse(Settings { kind, ..base }), Error::Channels { found: 3, expected: 2, .. }));
}

#[test]
fn a_tanh_network_learns_to_remember_its_input() {
    // The target is the input of two steps before.
    let (steps, batch) = (20, 10);
    let schedule = Schedule::Constant(1e-2);
    let mut task = TanhTask::<f32>::new(1, 16, 1, steps, batch, Method::Adam, schedule, 1).unwrap();
    let mut stream = Stream::new(1, "task");
    let (mut first, mut last) = (0.0, 0.0);
    for update in 0..600 {
        let x: Vec<f32> = (0..steps * batch).map(|_| stream.between(-1.0, 1.0) as f32).collect();
        let y: Vec<f32> =
            (0..steps * batch).map(|i| if i < 2 * batch { 0.0 } else { x[i - 2 * batch] }).collect();
        let report = task.step(&x, &y).unwrap();
        first += if update < 10 { report.loss / 10.0 } else { 0.0 };
        last += if update >= 590 { report.loss / 10.0 } else { 0.0 };
    }
    assert!(last < 0.1 * first, "{first} {last}");
    assert_eq!(task.skipped(), 0);
    assert!(task.step(&[0.0], &[0.0]).is_err());
}

#[test]
fn the_trained_map_has_the_dimension_of_the_data() {
    let trainer = Trainer::<f32>::new(settings(adaptive()), &lorenz(100)).unwrap();
    assert_eq!(trainer.map().unwrap().dimension(), 3);
}

#[test]
fn two_hundred_steps_of_training_have_their_golden_digest() {
    assert_eq!(format!("{:016x}", rnn::golden_training_digest().unwrap()), GOLDEN);
}
const GOLDEN: &str = "eeac2218c185f715";

#[test]
fn all_cells_and_tasks_have_their_golden_digest() {
    assert_eq!(format!("{:016x}", rnn::golden_learning_digest().unwrap()), LEARNING);
}
const LEARNING: &str = "0cb57014156593a6";

#[test]
fn batches_lent_are_those_of_a_step_and_an_adopted_update_adapts_as_one() {
    let series = lorenz(500);
    let settings = Settings { noise: 0.05, ..settings(adaptive()) };
    let mut own = Trainer::<f32>::new(settings, &series).unwrap();
    let mut lending = Trainer::<f32>::new(settings, &series).unwrap();
    for update in 1..=12 {
        let before = own.parameters().to_vec();
        let rows = lending.lend();
        assert_eq!(rows.len(), settings.batch * settings.length * 3);
        // The loss of the batch lent, under the forcing that the update uses, is the loss that the step reports.
        let mut sequence =
            rnn::Sequence::<f32>::new(settings.kind, settings.length - 1, settings.batch).unwrap();
        for (b, of) in rows.chunks_exact(settings.length * 3).enumerate() {
            for (s, row) in of.chunks_exact(3).enumerate() {
                if s == 0 { sequence.set_start(b, row) } else { sequence.set_target(b, s - 1, row) }
            }
        }
        let loss = sequence.loss(&before, Force::Blend(lending.alpha())).unwrap();
        let report = own.step().unwrap();
        assert_eq!(loss, report.loss, "update {update}");
        assert_eq!(lending.adopt(Some(own.parameters())).unwrap(), report.norm_estimate);
        assert_eq!((lending.alpha(), lending.updates()), (own.alpha(), own.updates()));
    }
    assert!(matches!(lending.adopt(Some(&[0.0])), Err(Error::Length { found: 1, .. })));
}

#[test]
fn the_plain_tanh_network_keeps_its_bits() {
    let mut task = TanhTask::<f32>::new(2, 9, 3, 12, 20, Method::Adam, Schedule::Constant(1e-2), 1).unwrap();
    let mut stream = Stream::new(1, "task");
    for _ in 0..30 {
        let x: Vec<f32> = (0..12 * 20 * 2).map(|_| stream.normal() as f32).collect();
        let y: Vec<f32> = (0..12 * 20 * 3).map(|_| stream.normal() as f32).collect();
        task.step(&x, &y).unwrap();
    }
    assert_eq!(format!("{:016x}", task.digest()), "b7426b78a900b86a");
}
