//! Time of one training step.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use numerics::Stream;
use rnn::cells::CfcForm;
use rnn::{
    CellKind, Forcing, Learner, Learning, Method, Schedule, Sequence, Series, Settings, TanhTask, TaskKind,
    Trainer,
};
use std::hint::black_box;

/// Multiplications and additions of one pass forward, one back and the gradient, a sequence step.
fn operations(kind: CellKind, steps: usize, batch: usize) -> u64 {
    let weights = match kind {
        CellKind::Tanh { inputs, hidden, outputs } => hidden * (hidden + inputs + outputs),
        CellKind::ShallowPlrnn { latent, hidden, .. } => 2 * latent * hidden,
        CellKind::AlmostLinear { latent, .. } => latent * latent,
        CellKind::Gru { inputs, hidden, outputs } => hidden * (3 * (hidden + inputs) + outputs),
        CellKind::Lstm { inputs, hidden, outputs, .. } => hidden * (4 * (hidden + inputs) + outputs),
        CellKind::Cfc { inputs, hidden, outputs, backbone, .. } => {
            backbone * (5 * hidden + inputs) + hidden * outputs
        }
        _ => 0,
    };
    (6 * weights * steps * batch) as u64
}

fn tanh<T: rnn::Float>(
    c: &mut Criterion,
    name: &str,
    inputs: usize,
    hidden: usize,
    steps: usize,
    batch: usize,
) {
    let kind = CellKind::Tanh { inputs, hidden, outputs: 1 };
    let mut stream = Stream::new(1, "bench");
    let x: Vec<T> = (0..steps * batch * inputs).map(|_| T::of(stream.normal())).collect();
    let y: Vec<T> = (0..steps * batch).map(|_| T::of(stream.normal())).collect();
    let schedule = Schedule::Constant(1e-3);
    let mut task = TanhTask::<T>::new(inputs, hidden, 1, steps, batch, Method::Adam, schedule, 1).unwrap();
    let mut group = c.benchmark_group("training step");
    group.throughput(Throughput::Elements(operations(kind, steps, batch)));
    group.bench_function(name, |b| b.iter(|| black_box(task.step(&x, &y))));
}

fn shallow<T: rnn::Float>(c: &mut Criterion, name: &str, forcing: Option<Forcing>) {
    let mut stream = Stream::new(1, "bench");
    let names = ["x", "y", "z"].map(String::from).to_vec();
    let series = Series::new(names, (0..3000).map(|_| stream.normal()).collect()).unwrap();
    let mut settings = Settings::tiny(1_000_000_000, 1);
    settings.forcing = forcing.unwrap_or(settings.forcing);
    let mut trainer = Trainer::<T>::new(settings, &series).unwrap();
    let mut group = c.benchmark_group("training step");
    group.throughput(Throughput::Elements(operations(settings.kind, 49, 16)));
    group.bench_function(name, |b| b.iter(|| black_box(trainer.step())));
}

fn passes<T: rnn::Float>(c: &mut Criterion, name: &str, kind: CellKind, steps: usize) {
    let mut sequence = Sequence::<T>::new(kind, steps, 16).unwrap();
    let mut parameters = vec![T::zero(); sequence.cell().layout().len()];
    sequence.cell().initialise(&mut Stream::new(1, "weights"), &mut parameters);
    let mut gradient = parameters.clone();
    let mut group = c.benchmark_group("passes");
    group.throughput(Throughput::Elements(operations(kind, steps, 16)));
    group.bench_function(name, |b| {
        b.iter(|| black_box(sequence.loss_and_gradient(&parameters, rnn::Force::Free, &mut gradient)))
    });
}

/// An update of a learner with the drawing of its examples.
fn learner(c: &mut Criterion, name: &str, kind: CellKind) {
    let task = TaskKind::FlipFlop { channels: 3, steps: 50, rate: 0.1 };
    let settings = Learning { batch: 16, ..Learning::new(kind, task, 1e-3, 1) };
    let mut learner = Learner::<f32>::new(settings, None).unwrap();
    let mut group = c.benchmark_group("flip-flop, 50 steps, batch 16");
    group.throughput(Throughput::Elements(operations(kind, 50, 16)));
    group.bench_function(name, |b| b.iter(|| black_box(learner.update())));
}

fn all(c: &mut Criterion) {
    learner(c, "tanh 32, f32", CellKind::Tanh { inputs: 3, hidden: 32, outputs: 3 });
    learner(c, "gru 32, f32", CellKind::Gru { inputs: 3, hidden: 32, outputs: 3 });
    learner(c, "lstm 32, f32", CellKind::Lstm { inputs: 3, hidden: 32, outputs: 3, forget: None });
    tanh::<f32>(c, "tanh 32, 50 steps, batch 16, f32", 1, 32, 50, 16);
    tanh::<f64>(c, "tanh 32, 50 steps, batch 16, f64", 1, 32, 50, 16);
    shallow::<f32>(c, "exhibit 22, adaptive, f32", None);
    shallow::<f32>(c, "exhibit 22, fixed, f32", Some(Forcing::Fixed { alpha: 0.2 }));
    shallow::<f64>(c, "exhibit 22, adaptive, f64", None);
    let shallow = CellKind::ShallowPlrnn { latent: 3, hidden: 50, observed: 3, clipped: true };
    passes::<f32>(c, "clipped shallow PLRNN 3/50, 49 steps, f32", shallow, 49);
    let almost = CellKind::AlmostLinear { latent: 20, rectified: 2, observed: 3 };
    passes::<f32>(c, "almost linear 20, 63 steps, f32", almost, 63);
    let tanh = CellKind::Tanh { inputs: 1, hidden: 32, outputs: 1 };
    passes::<f32>(c, "tanh 32, 50 steps, f32", tanh, 50);
    for hidden in [32, 128] {
        let gru = CellKind::Gru { inputs: 1, hidden, outputs: 1 };
        passes::<f32>(c, &format!("gru {hidden}, 50 steps, f32"), gru, 50);
        let lstm = CellKind::Lstm { inputs: 1, hidden, outputs: 1, forget: None };
        passes::<f32>(c, &format!("lstm {hidden}, 50 steps, f32"), lstm, 50);
    }
    let cfc = CellKind::Cfc { inputs: 2, hidden: 32, outputs: 1, backbone: 64, form: CfcForm::Full };
    passes::<f32>(c, "closed form 32/64, 9 steps, f32", cfc, 9);
    let ltc = CellKind::Ltc { inputs: 2, hidden: 32, outputs: 1, unfolds: 6 };
    passes::<f32>(c, "liquid 32, 6 unfoldings, 9 steps, f32", ltc, 9);
}

criterion_group!(benches, all);
criterion_main!(benches);
