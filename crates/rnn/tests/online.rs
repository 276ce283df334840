//! Learning as the steps come: real-time recurrent learning, eligibility traces, recursive least squares.
#![allow(clippy::unwrap_used)]

use numerics::{Map, MapJacobian, Real, Stream};
use rnn::{
    CellKind, Eligibility, Error, Force, ForcedReservoir, Loss, RealTime, ReservoirSettings, Sequence,
};

const STEPS: usize = 7;

struct Data {
    p: Vec<f64>,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
}

fn data(kind: CellKind) -> Data {
    let cell = kind.build::<f64>().unwrap();
    let mut p = vec![0.0; cell.layout().len()];
    let mut stream = Stream::new(3, "data");
    cell.initialise(&mut stream, &mut p);
    p.iter_mut().for_each(|p| *p += 0.2 * stream.normal());
    let [inputs, outputs] = kind.width();
    // Inputs of at least 0, since the last may be a time; targets between 0 and 1.
    let mut draw = |n: usize| -> Vec<Vec<f64>> {
        (0..STEPS).map(|_| (0..n).map(|_| stream.uniform()).collect()).collect()
    };
    Data { p, inputs: draw(inputs), targets: draw(outputs) }
}

/// The gradient of the sum of the losses of the steps, by going back.
fn back(kind: CellKind, data: &Data, loss: Loss) -> Vec<f64> {
    let mut sequence = Sequence::<f64>::new(kind, STEPS, 1).unwrap();
    sequence.set_loss(loss);
    sequence.set_state(0, &vec![0.0; sequence.cell().shape().state]);
    for s in 0..STEPS {
        sequence.set_input(0, s, &data.inputs[s]);
        sequence.set_target(0, s, &data.targets[s]);
    }
    let mut gradient = vec![0.0; data.p.len()];
    sequence.loss_and_gradient(&data.p, Force::Free, &mut gradient).unwrap();
    gradient.iter().map(|g| g * STEPS as f64).collect()
}

fn near(got: &[f64], want: &[f64], what: &str) {
    let size = want.iter().fold(0.0_f64, |a, g| if g.abs() > a { g.abs() } else { a });
    for (a, b) in got.iter().zip(want) {
        assert!((a - b).abs() < 1e-12 * (1.0 + size), "{what}: {a} {b}");
    }
}

#[test]
fn real_time_learning_has_the_gradient_of_going_back() {
    for kind in CellKind::examples() {
        for loss in [Loss::Squared, Loss::Logistic, Loss::CrossEntropy] {
            let data = data(kind);
            let mut run = RealTime::<f64>::new(kind, loss).unwrap();
            // The second run begins afresh.
            for _ in 0..2 {
                run.begin();
                let mut gradient = vec![0.0; data.p.len()];
                for s in 0..STEPS {
                    run.step(&data.p, &data.inputs[s], &data.targets[s], &mut gradient).unwrap();
                }
                near(&gradient, &back(kind, &data, loss), &format!("{kind:?} {loss:?}"));
            }
        }
    }
    let large = CellKind::Tanh { inputs: 1, hidden: 400, outputs: 1 };
    assert!(matches!(RealTime::<f64>::new(large, Loss::Squared), Err(Error::Size { .. })));
}

#[test]
fn traces_are_exact_where_units_reach_themselves_alone_and_only_there() {
    let mut met = 0;
    for kind in CellKind::examples() {
        let Ok(mut run) = Eligibility::<f64>::new(kind, Loss::Logistic) else {
            assert!(!matches!(kind, CellKind::Tanh { .. } | CellKind::Elman { .. }));
            continue;
        };
        met += 1;
        let mut data = data(kind);
        let traced = |run: &mut Eligibility<f64>, data: &Data| {
            run.begin();
            let mut gradient = vec![0.0; data.p.len()];
            for s in 0..STEPS {
                run.step(&data.p, &data.inputs[s], &data.targets[s], &mut gradient).unwrap();
            }
            gradient
        };
        let (got, want) = (traced(&mut run, &data), back(kind, &data, Loss::Logistic));
        let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let along: f64 = got.iter().zip(&want).map(|(a, b)| a * b).sum::<f64>() / (norm(&got) * norm(&want));
        assert!(along > 0.5 && along < 1.0 - 1e-6, "{along}");
        let layout = kind.build::<f64>().unwrap().layout();
        let h = layout.find("W").unwrap().rows;
        for (k, w) in data.p[..h * h].iter_mut().enumerate() {
            if k % (h + 1) > 0 {
                *w = 0.0;
            }
        }
        let (got, mut want) = (traced(&mut run, &data), back(kind, &data, Loss::Logistic));
        near(&got, &want, &format!("{kind:?}"));
        want.fill(0.0);
        assert!(run.step(&data.p, &[0.0; 9], &data.targets[0], &mut want).is_err());
    }
    assert_eq!(met, 3);
}

/// A period of 60 steps.
fn pattern(s: usize) -> f64 {
    let turn = |k: f64| 2.0 * std::f64::consts::PI * k * s as f64 / 60.0;
    Real::sin(turn(1.0)) + 0.5 * Real::sin(turn(2.0))
}

#[test]
fn recursive_least_squares_arrives_where_ridge_regression_does() {
    let settings = ReservoirSettings { feedback: 0.0, penalty: 0.7, ..ReservoirSettings::new(20, 1, 2, 1) };
    let mut net = ForcedReservoir::new(settings).unwrap();
    let n = 20;
    let (mut gram, mut moments) = (vec![0.0; n * n], [vec![0.0; n], vec![0.0; n]]);
    (0..n).for_each(|i| gram[i * n + i] = 0.7);
    for s in 0..200 {
        net.step(&[pattern(s)]).unwrap();
        let targets = [pattern(s + 5), pattern(s + 11)];
        for i in 0..n {
            for j in 0..n {
                gram[i * n + j] += net.rates()[i] * net.rates()[j];
            }
            (0..2).for_each(|k| moments[k][i] += net.rates()[i] * targets[k]);
        }
        net.learn(&targets).unwrap();
    }
    for k in 0..2 {
        let mut matrix = gram.clone();
        assert!(numerics::dense::solve(&mut matrix, &mut moments[k], n));
        for (got, want) in net.readout()[k * n..][..n].iter().zip(&moments[k]) {
            assert!((got - want).abs() < 1e-8 * (1.0 + want.abs()), "{got} {want}");
        }
    }
}

#[test]
fn a_network_taught_by_force_goes_on_alone() {
    let run = |taught: usize| {
        let mut net = ForcedReservoir::new(ReservoirSettings::new(200, 0, 1, 1)).unwrap();
        for s in 0..taught {
            net.step(&[]).unwrap();
            net.learn(&[pattern(s)]).unwrap();
        }
        let mut squares = 0.0;
        for s in taught..taught + 120 {
            let error = net.step(&[]).unwrap()[0] - pattern(s);
            squares += error * error / 120.0;
        }
        squares
    };
    let (before, after) = (run(0), run(3000));
    // The pattern itself has a mean square of 0.625; later on the network's drifts off in phase.
    assert!(before > 0.5 && after < 0.05, "{before} {after}");
}

#[test]
fn a_taught_reservoir_is_a_map_with_its_jacobian() {
    let mut net = ForcedReservoir::new(ReservoirSettings::new(30, 0, 2, 1)).unwrap();
    for s in 0..300 {
        net.step(&[]).unwrap();
        net.learn(&[pattern(s), pattern(s + 9)]).unwrap();
    }
    net.step(&[]).unwrap();
    let (x, mut map) = (net.state().to_vec(), net.map());
    let mut next = vec![0.0; 30];
    map.next(0.0, &x, &mut next);
    net.step(&[]).unwrap();
    assert_eq!(net.state(), next);
    let mut y = [0.0; 2];
    map.read_out(&next, &mut y);
    assert!(y.iter().zip(net.output()).all(|(a, b)| (a - b).abs() < 1e-12));
    let mut jacobian = vec![0.0; 900];
    map.jacobian(0.0, &x, &mut jacobian);
    let (mut up, mut down) = (vec![0.0; 30], vec![0.0; 30]);
    for j in 0..30 {
        let mut moved = x.clone();
        moved[j] = x[j] + 1e-6;
        map.next(0.0, &moved, &mut up);
        moved[j] = x[j] - 1e-6;
        map.next(0.0, &moved, &mut down);
        for i in 0..30 {
            assert!(((up[i] - down[i]) / 2e-6 - jacobian[i * 30 + j]).abs() < 1e-8);
        }
    }
}

#[test]
fn reservoirs_that_cannot_be_are_refused() {
    let base = ReservoirSettings::new(10, 1, 1, 1);
    for settings in [
        ReservoirSettings { density: 0.0, ..base },
        ReservoirSettings { step: 1.5, ..base },
        ReservoirSettings { penalty: 0.0, ..base },
        ReservoirSettings { gain: f64::NAN, ..base },
    ] {
        assert!(matches!(ForcedReservoir::new(settings), Err(Error::Setting { .. })), "{settings:?}");
    }
    assert!(ForcedReservoir::new(ReservoirSettings { units: 0, ..base }).is_err());
    let mut net = ForcedReservoir::new(base).unwrap();
    assert!(net.step(&[]).is_err() && net.learn(&[0.0, 1.0]).is_err());
}
