//! What must hold for every cell of the list.
#![allow(clippy::unwrap_used)]

use numerics::{Map, MapJacobian, PiecewiseAffine, Stream};
use rnn::cells::CfcForm;
use rnn::{CellKind, Estimator, Float, Force, Sequence, TrainedMap};

const STEPS: usize = 9;

fn forces(kind: CellKind) -> Vec<Force> {
    match kind.build::<f64>().unwrap().shape().observed {
        0 => vec![Force::Free],
        _ => vec![Force::Free, Force::Blend(0.3), Force::Blend(1.0), Force::Replace(4), Force::Replace(1)],
    }
}

/// Whether the last input is the time elapsed, which is not negative.
fn timed(kind: CellKind) -> bool {
    matches!(kind, CellKind::Cfc { .. } | CellKind::Ltc { .. })
}

/// Parameters away from zeros and ties, the same in both precisions.
fn parameters(kind: CellKind) -> Vec<f64> {
    let sequence = Sequence::<f64>::new(kind, 1, 1).unwrap();
    let mut p = vec![0.0; sequence.cell().layout().len()];
    sequence.cell().initialise(&mut Stream::new(3, "weights"), &mut p);
    let mut stream = Stream::new(4, "shake");
    p.iter_mut().for_each(|p| *p = (*p + 0.2 * stream.normal()) as f32 as f64);
    p
}

fn batch<T: Float>(kind: CellKind, size: usize, which: std::ops::Range<usize>) -> Sequence<T> {
    let mut sequence = Sequence::<T>::new(kind, STEPS, which.len()).unwrap();
    let shape = sequence.cell().shape();
    let mut stream = Stream::new(5, "data");
    let mut draw = |n: usize| -> Vec<T> { (0..n).map(|_| T::of((stream.normal() as f32).into())).collect() };
    for b in 0..size {
        let start = draw(shape.observed);
        let rows: Vec<_> = (0..STEPS)
            .map(|_| {
                let mut x = draw(shape.inputs);
                if let (true, Some(elapsed)) = (timed(kind), x.last_mut()) {
                    *elapsed = *elapsed * *elapsed;
                }
                (x, draw(shape.outputs))
            })
            .collect();
        if which.contains(&b) {
            let b = b - which.start;
            sequence.set_start(b, &start);
            for (s, (x, y)) in rows.iter().enumerate() {
                sequence.set_input(b, s, x);
                sequence.set_target(b, s, y);
            }
        }
    }
    sequence
}

#[test]
fn gradients_agree_with_finite_differences_under_every_forcing() {
    for kind in CellKind::examples() {
        for force in forces(kind) {
            let p = parameters(kind);
            let mut sequence = batch::<f64>(kind, 5, 0..5);
            let mut gradient = vec![0.0; p.len()];
            sequence.loss_and_gradient(&p, force, &mut gradient).unwrap();
            let size = gradient.iter().fold(0.0_f64, |a, g| if g.abs() > a { g.abs() } else { a });
            assert!(size > 1e-3);
            for i in 0..p.len() {
                let h = 1e-6;
                let mut moved = p.clone();
                moved[i] = p[i] + h;
                let up = sequence.loss(&moved, force).unwrap();
                moved[i] = p[i] - h;
                let down = sequence.loss(&moved, force).unwrap();
                let slope = (up - down) / (2.0 * h);
                // Sparse forcing cuts its gradient where finite differences agree: the state there is the data.
                assert!(
                    (slope - gradient[i]).abs() < 1e-6 * (1.0 + size),
                    "{kind:?} {force:?} {i}: {slope} {}",
                    gradient[i]
                );
            }
        }
    }
}

#[test]
fn single_precision_stays_near_double() {
    for kind in CellKind::examples() {
        for force in forces(kind) {
            let p = parameters(kind);
            let narrow: Vec<f32> = p.iter().map(|&p| p as f32).collect();
            let (mut g, mut g32) = (vec![0.0; p.len()], vec![0.0_f32; p.len()]);
            let loss = batch::<f64>(kind, 20, 0..20).loss_and_gradient(&p, force, &mut g).unwrap();
            let loss32 = batch::<f32>(kind, 20, 0..20).loss_and_gradient(&narrow, force, &mut g32).unwrap();
            assert!((loss32 / loss - 1.0).abs() < 1e-4, "{kind:?} {force:?}: {loss} {loss32}");
            let size = g.iter().map(|g| g * g).sum::<f64>().sqrt();
            let away = g.iter().zip(&g32).map(|(a, &b)| (a - b as f64) * (a - b as f64)).sum::<f64>().sqrt();
            assert!(away < 1e-3 * size, "{kind:?} {force:?}: {away} of {size}");
        }
    }
}

#[test]
fn a_batch_is_the_mean_of_its_sequences_one_by_one() {
    for kind in CellKind::examples() {
        for force in forces(kind) {
            // 21 sequences: one full group of lanes and one partly filled.
            let p = parameters(kind);
            let mut whole = vec![0.0; p.len()];
            let loss = batch::<f64>(kind, 21, 0..21).loss_and_gradient(&p, force, &mut whole).unwrap();
            let (mut sum, mut losses) = (vec![0.0; p.len()], 0.0);
            for b in 0..21 {
                let mut one = vec![0.0; p.len()];
                losses +=
                    batch::<f64>(kind, 21, b..b + 1).loss_and_gradient(&p, force, &mut one).unwrap() / 21.0;
                sum.iter_mut().zip(&one).for_each(|(s, g)| *s += g / 21.0);
            }
            assert!((losses / loss - 1.0).abs() < 1e-12);
            let size = whole.iter().fold(0.0_f64, |a, g| if g.abs() > a { g.abs() } else { a });
            for (a, b) in whole.iter().zip(&sum) {
                assert!((a - b).abs() < 1e-12 * size, "{kind:?} {force:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn full_forcing_equals_replacing_at_every_step() {
    for kind in CellKind::examples() {
        if let CellKind::ShallowPlrnn { latent: 3, .. } = kind {
            let p = parameters(kind);
            let (mut a, mut b) = (vec![0.0; p.len()], vec![0.0; p.len()]);
            let one = batch::<f64>(kind, 16, 0..16).loss_and_gradient(&p, Force::Blend(1.0), &mut a).unwrap();
            let two = batch::<f64>(kind, 16, 0..16).loss_and_gradient(&p, Force::Replace(1), &mut b).unwrap();
            assert_eq!(one, two);
            assert_eq!(a, b);
        }
    }
}

#[test]
fn lanes_and_single_states_take_the_same_step_to_the_last_bit() {
    for kind in CellKind::examples() {
        let p = parameters(kind);
        let mut sequence = batch::<f64>(kind, 3, 0..3);
        let shape = sequence.cell().shape();
        // The mean squared error of three free runs, step by step, must be that of the single states.
        let loss = sequence.loss(&p, Force::Free).unwrap();
        let cell = kind.build::<f64>().unwrap();
        let mut stream = Stream::new(5, "data");
        let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| (stream.normal() as f32).into()).collect() };
        let mut lanes = [0.0; 3];
        for lane in &mut lanes {
            let start = draw(shape.observed);
            let (mut z, mut next) = (vec![0.0; shape.state], vec![0.0; shape.state]);
            let mut y = vec![0.0; shape.outputs];
            cell.begin(&p, &start, &mut z);
            for _ in 0..STEPS {
                let mut x = draw(shape.inputs);
                if let (true, Some(elapsed)) = (timed(kind), x.last_mut()) {
                    *elapsed *= *elapsed;
                }
                cell.next(&p, &x, &z, &mut next);
                std::mem::swap(&mut z, &mut next);
                cell.read_out(&p, &z, &mut y);
                for (y, t) in y.iter().zip(draw(shape.outputs)) {
                    *lane += (y - t) * (y - t);
                }
            }
        }
        let want = (lanes[0] + lanes[2] + lanes[1]) / (STEPS * shape.outputs * 3) as f64;
        let other = ((lanes[0] + lanes[1]) + lanes[2]) / (STEPS * shape.outputs * 3) as f64;
        assert!(loss == want || loss == other, "{kind:?}: {loss} {want}");
    }
}

fn maps(kind: CellKind) -> Vec<TrainedMap> {
    let map = TrainedMap::new(kind, &parameters(kind)).unwrap();
    match kind.width() {
        [0, _] => vec![map],
        [inputs, outputs] => {
            let open = map.clone().with_input(&[0.3, -0.2, 0.6][..inputs]).unwrap();
            if inputs == outputs { vec![open, map.closed().unwrap()] } else { vec![open] }
        }
    }
}

#[test]
fn jacobians_agree_with_finite_differences() {
    for kind in CellKind::examples() {
        for mut map in maps(kind) {
            let m = map.dimension();
            let mut stream = Stream::new(6, "point");
            let z: Vec<f64> = (0..m).map(|_| stream.normal()).collect();
            let mut j = vec![0.0; m * m];
            map.jacobian(0.0, &z, &mut j);
            let (mut up, mut down) = (vec![0.0; m], vec![0.0; m]);
            for col in 0..m {
                let mut moved = z.clone();
                moved[col] = z[col] + 1e-6;
                map.next(0.0, &moved, &mut up);
                moved[col] = z[col] - 1e-6;
                map.next(0.0, &moved, &mut down);
                for row in 0..m {
                    let slope = (up[row] - down[row]) / 2e-6;
                    assert!((slope - j[row * m + col]).abs() < 1e-7, "{kind:?} {row} {col}");
                }
            }
        }
    }
}

#[test]
fn regions_carry_the_affine_map_that_holds_in_them() {
    let mut seen = 0;
    for kind in CellKind::examples() {
        let Some(mut map) = TrainedMap::new(kind, &parameters(kind)).unwrap().piecewise() else {
            assert!(!matches!(kind, CellKind::ShallowPlrnn { .. } | CellKind::AlmostLinear { .. }));
            continue;
        };
        seen += 1;
        let m = map.dimension();
        let mut stream = Stream::new(7, "points");
        let mut regions = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let z: Vec<f64> = (0..m).map(|_| stream.normal()).collect();
            let (mut switches, mut next) = (Vec::new(), vec![0.0; m]);
            let (mut a, mut b, mut j) = (vec![0.0; m * m], vec![0.0; m], vec![0.0; m * m]);
            map.region(&z, &mut switches);
            map.affine(&switches, &mut a, &mut b);
            map.next(0.0, &z, &mut next);
            map.jacobian(0.0, &z, &mut j);
            for i in 0..m {
                let image: f64 = (0..m).map(|k| a[i * m + k] * z[k]).sum::<f64>() + b[i];
                assert!((image - next[i]).abs() < 1e-12, "{kind:?}");
                (0..m).for_each(|k| assert!((a[i * m + k] - j[i * m + k]).abs() < 1e-12, "{kind:?}"));
            }
            regions.insert(switches);
        }
        assert!(regions.len() > 1);
    }
    assert_eq!(seen, 4);
}

#[test]
fn norm_estimates_are_those_of_the_single_jacobians() {
    for kind in CellKind::examples() {
        let p = parameters(kind);
        let mut sequence = batch::<f64>(kind, 18, 0..18);
        let shape = sequence.cell().shape();
        if shape.observed == 0 {
            assert!(sequence.norm_estimate(&p, Estimator::Product).is_err());
            continue;
        }
        sequence.loss(&p, Force::Blend(0.5)).unwrap();
        let maximum = sequence.norm_estimate(&p, Estimator::Maximum).unwrap();
        let product = sequence.norm_estimate(&p, Estimator::Product).unwrap();
        let bound = sequence.norm_estimate(&p, Estimator::Parameters).unwrap();
        assert!(
            product <= maximum * (1.0 + 1e-12) && maximum <= bound * (1.0 + 1e-9),
            "{product} {maximum} {bound}"
        );
        if shape.observed < shape.state {
            continue;
        }
        let mut map = TrainedMap::new(kind, &p).unwrap();
        let m = shape.state;
        let mut stream = Stream::new(5, "data");
        let (mut most, mut best) = (0.0_f64, 0.0_f64);
        let (mut mean, mut logs) = (vec![0.0; m * m], vec![(0.0, 0.0); m * m]);
        for _ in 0..18 {
            let mut logarithm = 0.0;
            for _ in 0..=STEPS {
                let z: Vec<f64> = (0..m).map(|_| (stream.normal() as f32).into()).collect();
                let mut j = vec![0.0; m * m];
                map.jacobian(0.0, &z, &mut j);
                let norm = numerics::dense::spectral_norm(&j, m, m);
                most = if norm > most { norm } else { most };
                logarithm += numerics::Real::ln(norm);
                for i in 0..m * m {
                    mean[i] += j[i] / (18 * (STEPS + 1)) as f64;
                    if j[i] != 0.0 {
                        logs[i] = (logs[i].0 + numerics::Real::ln(j[i].abs()), logs[i].1 + 1.0);
                    }
                }
            }
            let geometric = numerics::Real::exp(logarithm / (STEPS + 1) as f64);
            best = if geometric > best { geometric } else { best };
        }
        assert!((maximum / most - 1.0).abs() < 1e-3, "{maximum} {most}");
        assert!((product / best - 1.0).abs() < 1e-3, "{product} {best}");
        let geometric: Vec<f64> =
            logs.iter().map(|(l, c)| if *c > 0.0 { numerics::Real::exp(l / c) } else { 0.0 }).collect();
        for (estimator, matrix) in [(Estimator::ArithmeticMean, mean), (Estimator::GeometricMean, geometric)]
        {
            let got = sequence.norm_estimate(&p, estimator).unwrap();
            let want = numerics::dense::spectral_norm(&matrix, m, m);
            assert!((got / want - 1.0).abs() < 1e-9, "{estimator:?}: {got} {want}");
        }
    }
}

#[test]
fn forcing_a_cell_without_observed_units_is_refused() {
    let kind = CellKind::Tanh { inputs: 1, hidden: 4, outputs: 1 };
    let p = parameters(kind);
    let error = batch::<f64>(kind, 1, 0..1).loss(&p, Force::Blend(0.5)).unwrap_err();
    assert!(error.to_string().contains("tanh-rnn"), "{error}");
    let error = batch::<f64>(kind, 1, 0..1).loss(&p[1..], Force::Free).unwrap_err();
    assert!(error.to_string().contains("the parameters"), "{error}");
    let kind = CellKind::ShallowPlrnn { latent: 3, hidden: 4, observed: 3, clipped: true };
    let error = batch::<f64>(kind, 1, 0..1).loss(&parameters(kind), Force::Replace(0)).unwrap_err();
    assert!(error.to_string().contains("interval is 0"), "{error}");
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    for kind in [
        CellKind::Tanh { inputs: 1, hidden: 0, outputs: 1 },
        CellKind::ShallowPlrnn { latent: 3, hidden: 5, observed: 4, clipped: true },
        CellKind::AlmostLinear { latent: 3, rectified: 4, observed: 3 },
        CellKind::AlmostLinear { latent: 0, rectified: 0, observed: 0 },
        CellKind::ShallowPlrnn { latent: 3, hidden: 5000, observed: 3, clipped: true },
        CellKind::LowRank { inputs: 1, hidden: 4, outputs: 1, rank: 5, leak: 1.0 },
        CellKind::Dale { inputs: 1, hidden: 4, outputs: 1, inhibitory: 4, leak: 1.0 },
        CellKind::Cfc { inputs: 0, hidden: 4, outputs: 1, backbone: 3, form: CfcForm::Full },
        CellKind::Ltc { inputs: 1, hidden: 4, outputs: 1, unfolds: 0 },
    ] {
        assert!(matches!(kind.build::<f64>(), Err(rnn::Error::Size { .. })), "{kind:?}");
    }
    for kind in [
        CellKind::LowRank { inputs: 1, hidden: 4, outputs: 1, rank: 2, leak: 0.0 },
        CellKind::Dale { inputs: 1, hidden: 4, outputs: 1, inhibitory: 1, leak: 1.1 },
        CellKind::Lstm { inputs: 1, hidden: 4, outputs: 1, forget: Some(f64::NAN) },
    ] {
        assert!(matches!(kind.build::<f64>(), Err(rnn::Error::Setting { .. })), "{kind:?}");
    }
    let kind = CellKind::examples()[1];
    assert!(Sequence::<f32>::new(kind, 0, 1).is_err() && Sequence::<f32>::new(kind, 1, 0).is_err());
}

#[test]
fn parameters_start_as_the_papers_say() {
    let kind = CellKind::ShallowPlrnn { latent: 3, hidden: 50, observed: 3, clipped: true };
    let cell = kind.build::<f64>().unwrap();
    let layout = cell.layout();
    assert_eq!(layout.len(), 356);
    let mut p = vec![0.0; 356];
    cell.initialise(&mut Stream::new(1, "weights"), &mut p);
    let part = |name: &str| &p[layout.find(name).unwrap().range()];
    assert!(part("A").iter().all(|&a| a > 0.0 && a <= 1.0));
    let within = |name: &str, bound: f64| {
        let most = part(name).iter().fold(0.0_f64, |m, v| if v.abs() > m { v.abs() } else { m });
        most <= bound && most > 0.8 * bound
    };
    assert!(within("W1", 1.0 / 50.0_f64.sqrt()) && within("W2", 1.0 / 3.0_f64.sqrt()));
    assert!(within("h2", 1.0 / 50.0_f64.sqrt()) && part("h1").iter().all(|&h| h == 0.0));
}
