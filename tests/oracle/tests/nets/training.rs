use crate::{apart, batch, fused, kind, sequences, start, wide};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use nets::{
    Descent, Engine, Error, Forcing, Method, Schedule, Settings, ShallowPlrnn, Shape, Trainer, flat,
    loss_and_gradient,
};
use pollster::block_on;
use rnn::Force;

const SHAPE: Shape = Shape { latent: 3, hidden: 30, observed: 3, clipped: true };

fn settings(method: Method) -> Settings {
    Settings {
        shape: SHAPE,
        forcing: Forcing::Blend { alpha: 0.2 },
        method,
        schedule: Schedule::Exponential { from: 5e-3, to: 1e-3, updates: 60 },
        regularisation: 0.0,
        read_every: 10,
    }
}

#[test]
fn parameters_keep_their_layout_there_and_back() {
    for shape in [SHAPE, Shape { latent: 4, hidden: 3, observed: 2, clipped: false }] {
        let device = Engine::Flex.device();
        let parameters = start(shape, 11);
        let network = ShallowPlrnn::new(shape, &parameters, &device).unwrap();
        assert_eq!(network.shape(), shape);
        let cell = kind(shape).build::<f32>().unwrap();
        let theirs: Vec<_> =
            cell.layout().blocks.iter().map(|b| (b.name.to_lowercase(), b.offset, b.len())).collect();
        let ours: Vec<_> =
            flat::layout(&network).iter().map(|b| (b.name.clone(), b.offset, b.len())).collect();
        assert_eq!(ours, theirs);
        assert_eq!(cell.layout().len(), shape.parameters());
        let back = flat::parameters(&network, &device).into_data().try_into_vec::<f32>().unwrap();
        assert_eq!(back, parameters);
        let others = start(shape, 12);
        let loaded =
            flat::with_parameters(network, &Tensor::from_data(others.as_slice(), &device.clone().inner()));
        let back = flat::parameters(&loaded, &device).into_data().try_into_vec::<f32>().unwrap();
        assert_eq!(back, others);
    }
}

#[test]
fn training_on_the_cpu_lets_the_loss_on_other_sequences_fall() {
    let settings = Settings { schedule: Schedule::Constant(1e-2), ..settings(Method::Adam) };
    let mut trainer = Trainer::new(&Engine::Flex, settings, &start(SHAPE, 1)).unwrap();
    assert_eq!(block_on(trainer.measure()).unwrap(), None);
    let others = batch(&sequences(16, 20, 3, 0), 3);
    let held_out = |trainer: &Trainer| {
        let parameters = block_on(trainer.parameters()).unwrap();
        block_on(loss_and_gradient(&Engine::Flex, SHAPE, &parameters, &others, settings.forcing)).unwrap().0
    };
    let before = held_out(&trainer);
    for update in 1..=120 {
        let batch = batch(&sequences(16, 20, 3, update), 3);
        let report = block_on(trainer.step(&batch)).unwrap();
        assert_eq!(report.update, update);
        assert_eq!(report.measured.is_some(), update % 10 == 0);
        if let Some(measured) = report.measured {
            assert!(measured.loss > 0.0 && measured.gradient_norm > 0.0 && measured.skipped == 0);
        }
    }
    let after = held_out(&trainer);
    println!("held out: {before} {after}");
    assert!(after < 0.5 * before, "{before} {after}");
}

#[test]
fn updates_agree_with_those_of_the_fused_trainer() {
    for (method, theirs) in [(Method::Adam, rnn::Method::Adam), (Method::RAdam, rnn::Method::RAdam)] {
        let mut parameters = start(SHAPE, 4);
        let mut trainer = Trainer::new(&Engine::Flex, settings(method), &parameters).unwrap();
        let mut optimiser = rnn::Optimiser::<f32>::new(theirs, parameters.len());
        let schedule = rnn::Schedule::Exponential { from: 5e-3, to: 1e-3, updates: 60 };
        let first = parameters.clone();
        let mut gradient = vec![0.0; parameters.len()];
        for update in 0..20 {
            let rows = sequences(16, 15, 3, 100 + update);
            let report = block_on(trainer.step(&batch(&rows, 3))).unwrap();
            let loss = fused::<f32>(SHAPE, &rows)
                .loss_and_gradient(&parameters, Force::Blend(0.2), &mut gradient)
                .unwrap();
            assert_eq!(report.rate, schedule.rate(update));
            optimiser.update(report.rate, &gradient, &mut parameters);
            if let Some(measured) = report.measured {
                assert!((measured.loss / loss - 1.0).abs() < 1e-3, "{} {loss}", measured.loss);
            }
        }
        let found = wide(&block_on(trainer.parameters()).unwrap());
        let moved = apart(&found, &wide(&first));
        let off = apart(&found, &wide(&parameters));
        println!("{method:?}: moved {moved:.1e}, apart {off:.1e}");
        assert!(moved > 1e-2 && off < 1e-2 * moved, "{moved} {off}");
    }
}

#[test]
fn a_resumed_training_goes_on_where_it_was() {
    let mut whole = Trainer::new(&Engine::Flex, settings(Method::RAdam), &start(SHAPE, 6)).unwrap();
    let batches: Vec<_> = (0..12).map(|k| batch(&sequences(8, 10, 3, k), 3)).collect();
    let mut checkpoint = None;
    for (k, batch) in batches.iter().enumerate() {
        if k == 7 {
            checkpoint = Some(block_on(whole.checkpoint()).unwrap());
        }
        block_on(whole.step(batch)).unwrap();
    }
    let checkpoint = checkpoint.unwrap();
    let mut second = Trainer::resume(&Engine::Flex, settings(Method::RAdam), &checkpoint).unwrap();
    assert_eq!(second.updates(), 7);
    for batch in &batches[7..] {
        block_on(second.step(batch)).unwrap();
    }
    assert_eq!(block_on(second.parameters()).unwrap(), block_on(whole.parameters()).unwrap());
    assert_eq!(block_on(second.checkpoint()).unwrap(), block_on(whole.checkpoint()).unwrap());
}

#[test]
fn regularisation_draws_the_parameters_to_their_rest() {
    let distance = |regularisation| {
        let settings = Settings { regularisation, ..settings(Method::Adam) };
        let mut trainer = Trainer::new(&Engine::Flex, settings, &start(SHAPE, 9)).unwrap();
        let batch = batch(&sequences(8, 8, 3, 1), 3);
        for _ in 0..30 {
            block_on(trainer.step(&batch)).unwrap();
        }
        let parameters = wide(&block_on(trainer.parameters()).unwrap());
        let away = |(i, p): (usize, &f64)| if i < 3 { p - 1.0 } else { *p };
        parameters.iter().enumerate().map(away).map(|d| d * d).sum::<f64>()
    };
    let (without, with) = (distance(0.0), distance(10.0));
    assert!(with < 0.8 * without, "{with} {without}");
}

#[test]
fn an_update_that_overflows_changes_nothing_and_is_counted() {
    let mut parameters = start(SHAPE, 3);
    // Weights that multiply every state by far more than one overflow within a free run.
    for p in &mut parameters {
        *p *= 1e6;
    }
    let settings = Settings { forcing: Forcing::Free, read_every: 1, ..settings(Method::Adam) };
    let mut trainer = Trainer::new(&Engine::Flex, settings, &parameters).unwrap();
    let batch = batch(&sequences(4, 20, 3, 1), 3);
    for update in 1..=2 {
        let report = block_on(trainer.step(&batch)).unwrap();
        let measured = report.measured.unwrap();
        assert!(!(measured.loss < 1e37 && measured.gradient_norm < 1e37), "{measured:?}");
        assert_eq!(measured.skipped, update);
    }
    assert_eq!(block_on(trainer.parameters()).unwrap(), parameters);
    let checkpoint = block_on(trainer.checkpoint()).unwrap();
    assert!(checkpoint.moments.first.iter().chain(&checkpoint.moments.second).all(|&m| m == 0.0));
}

#[test]
fn faulty_requests_are_told_apart() {
    let parameters = start(SHAPE, 1);
    let make = |settings, parameters: &[f32]| Trainer::new(&Engine::Flex, settings, parameters).err();
    let good = settings(Method::Adam);
    let fault = make(good, &parameters[1..]);
    assert!(matches!(fault, Some(Error::Length { what: "the parameters", .. })));
    let mut broken = parameters.clone();
    broken[5] = f32::NAN;
    assert!(matches!(make(good, &broken), Some(Error::NotFinite { index: 5, .. })));
    let fault = make(Settings { read_every: 0, ..good }, &parameters);
    assert!(matches!(fault, Some(Error::Setting { .. })));
    let fault = make(Settings { regularisation: -1.0, ..good }, &parameters);
    assert!(matches!(fault, Some(Error::Setting { what: "the regularisation", .. })));
    let fault = make(Settings { schedule: Schedule::Constant(0.0), ..good }, &parameters);
    assert!(matches!(fault, Some(Error::Setting { what: "the learning rate", .. })));
    let shape = Shape { observed: 4, ..SHAPE };
    let fault = make(Settings { shape, ..good }, &parameters);
    assert!(matches!(fault, Some(Error::Size { what: "the number of observed units", .. })));
    let mut trainer = Trainer::new(&Engine::Flex, good, &parameters).unwrap();
    for forcing in
        [Forcing::Blend { alpha: 1.5 }, Forcing::Blend { alpha: f64::NAN }, Forcing::Sparse { tau: 0 }]
    {
        assert!(matches!(trainer.set_forcing(forcing), Err(Error::Setting { .. })));
    }
    let fault = block_on(trainer.step(&batch(&sequences(2, 4, 2, 1), 2)));
    assert_eq!(fault, Err(Error::Channels { found: 2, expected: 3 }));
    assert_eq!(trainer.updates(), 0);
    let good = batch(&sequences(2, 4, 3, 1), 3);
    assert_eq!(block_on(trainer.step(&good)).unwrap().update, 1);
}

/// A module of another kind, of which one parameter does not enter the loss.
#[derive(Module, Debug)]
struct Line {
    slope: Param<Tensor<1>>,
    idle: Param<Tensor<2>>,
    offset: Param<Tensor<1>>,
}

#[test]
fn any_module_can_descend() {
    let device = Engine::Flex.device();
    let tensor = |v: f32| Param::from_tensor(Tensor::<1>::from_data([v], &device));
    let idle = Param::from_tensor(Tensor::<2>::from_data([[1.0, 2.0]], &device));
    let mut line = Line { slope: tensor(0.0), idle, offset: tensor(0.0) };
    let names: Vec<_> = flat::layout(&line).into_iter().map(|b| (b.name, b.sizes)).collect();
    let want = [("slope", vec![1]), ("idle", vec![1, 2]), ("offset", vec![1])];
    assert_eq!(names, want.map(|(name, sizes)| (name.to_string(), sizes)));
    let mut descent = Descent::new(&line, Method::Adam, Schedule::Constant(0.05), &device);
    let x = Tensor::<1>::from_data([-1.0, 0.0, 1.0, 2.0], &device);
    let y = Tensor::<1>::from_data([-3.0, -1.0, 1.0, 3.0], &device);
    for _ in 0..400 {
        let error = x.clone() * line.slope.val() + line.offset.val() - y.clone();
        let loss = (error.clone() * error).mean();
        line = descent.step(line, loss);
    }
    let found = descent.parameters().clone().into_data().try_into_vec::<f32>().unwrap();
    assert!((found[0] - 2.0).abs() < 1e-2 && (found[3] + 1.0).abs() < 1e-2, "{found:?}");
    assert_eq!(found[1..3], [1.0, 2.0]);
}
