//! Losses, weights, absent steps, pieces of long sequences, and losses from elsewhere, over the list of cells.
#![allow(clippy::unwrap_used)]

use numerics::{Real, Stream};
use rnn::{Bidirectional, CellKind, Force, Loss, Sequence};

const LOSSES: [Loss; 3] = [Loss::Squared, Loss::Logistic, Loss::CrossEntropy];

fn timed(kind: CellKind) -> bool {
    matches!(kind, CellKind::Cfc { .. } | CellKind::Ltc { .. })
}

/// Numbers for sequences of `steps`: an input of at least 0 in the last place, and targets that add up to 1.
struct Data {
    parameters: Vec<f64>,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
}

fn data(kind: CellKind, rows: usize) -> Data {
    let cell = kind.build::<f64>().unwrap();
    let shape = cell.shape();
    let mut parameters = vec![0.0; cell.layout().len()];
    cell.initialise(&mut Stream::new(3, "weights"), &mut parameters);
    let mut stream = Stream::new(4, "data");
    parameters.iter_mut().for_each(|p| *p += 0.2 * stream.normal());
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| stream.normal()).collect() };
    let mut inputs: Vec<Vec<f64>> = (0..rows).map(|_| draw(shape.inputs)).collect();
    if timed(kind) {
        inputs.iter_mut().flat_map(|x| x.last_mut()).for_each(|t| *t = t.abs());
    }
    let targets = (0..rows)
        .map(|_| {
            let t: Vec<f64> = draw(shape.outputs).iter().map(|t| t * t).collect();
            let sum: f64 = t.iter().sum();
            t.iter().map(|t| t / sum).collect()
        })
        .collect();
    Data { parameters, inputs, targets }
}

fn filled(kind: CellKind, data: &Data, steps: usize, batch: usize) -> Sequence<f64> {
    let mut sequence = Sequence::new(kind, steps, batch).unwrap();
    for b in 0..batch {
        for s in 0..steps {
            sequence.set_input(b, s, &data.inputs[b * steps + s]);
            sequence.set_target(b, s, &data.targets[b * steps + s]);
        }
    }
    sequence
}

fn check_gradient(p: &[f64], gradient: &[f64], what: &str, mut loss: impl FnMut(&[f64]) -> f64) {
    let size = gradient.iter().fold(0.0_f64, |a, g| if g.abs() > a { g.abs() } else { a });
    assert!(size > 1e-4, "{what}: {size}");
    let mut moved = p.to_vec();
    for i in 0..p.len() {
        moved[i] = p[i] + 1e-6;
        let up = loss(&moved);
        moved[i] = p[i] - 1e-6;
        let down = loss(&moved);
        moved[i] = p[i];
        let slope = (up - down) / 2e-6;
        assert!((slope - gradient[i]).abs() < 1e-6 * (1.0 + size), "{what} {i}: {slope} {}", gradient[i]);
    }
}

#[test]
fn gradients_hold_for_every_loss_with_weights_absent_steps_and_a_given_state() {
    for kind in CellKind::examples() {
        for loss in LOSSES {
            let (steps, batch) = (5, 3);
            let data = data(kind, steps * batch);
            let mut sequence = filled(kind, &data, steps, batch);
            sequence.set_loss(loss);
            sequence.set_weight(1, 2, 0.0);
            sequence.set_weight(2, 4, 3.0);
            sequence.set_present(0, 3, false);
            sequence.set_present(1, 0, false);
            sequence.set_present(2, 4, false);
            sequence.set_state(1, &vec![0.3; sequence.cell().shape().state]);
            let p = &data.parameters;
            let mut gradient = vec![0.0; p.len()];
            let first = sequence.loss_and_gradient(p, Force::Free, &mut gradient).unwrap();
            assert_eq!(first, sequence.loss(p, Force::Free).unwrap());
            let name = format!("{kind:?} {loss:?}");
            check_gradient(p, &gradient, &name, |p| sequence.loss(p, Force::Free).unwrap());
        }
    }
}

#[test]
fn losses_and_accuracies_are_those_worked_out_by_hand() {
    // Without weights the outputs are the biases c = (2, -1).
    let kind = CellKind::Tanh { inputs: 0, hidden: 1, outputs: 2 };
    let p = [0.0, 0.0, 0.0, 0.0, 2.0, -1.0];
    let mut sequence = Sequence::<f64>::new(kind, 2, 1).unwrap();
    sequence.set_target(0, 0, &[1.0, 0.0]);
    sequence.set_target(0, 1, &[0.0, 1.0]);
    let softplus = |x: f64| Real::ln(1.0 + Real::exp(x));
    let all = softplus(3.0);
    for (loss, steps, rights) in [
        (Loss::Squared, [(1.0 + 1.0) / 2.0, (4.0 + 4.0) / 2.0], [0.0, 0.0]),
        (
            Loss::Logistic,
            [(softplus(-2.0) + softplus(-1.0)) / 2.0, (softplus(2.0) + softplus(1.0)) / 2.0],
            [1.0, 0.0],
        ),
        (Loss::CrossEntropy, [all - 3.0, all], [1.0, 0.0]),
    ] {
        sequence.set_loss(loss);
        for weights in [[1.0, 1.0], [1.0, 0.0], [0.5, 2.0]] {
            (0..2).for_each(|s| sequence.set_weight(0, s, weights[s]));
            let sum: f64 = weights.iter().sum();
            let mean = |of: [f64; 2]| (weights[0] * of[0] + weights[1] * of[1]) / sum;
            let got = sequence.loss(&p, Force::Free).unwrap();
            assert!((got - mean(steps)).abs() < 1e-12, "{loss:?} {weights:?}: {got}");
            assert!((sequence.accuracy() - mean(rights)).abs() < 1e-12, "{loss:?} {weights:?}");
        }
    }
    (0..2).for_each(|s| sequence.set_weight(0, s, 0.0));
    let mut gradient = [1.0; 6];
    assert_eq!(sequence.loss_and_gradient(&p, Force::Free, &mut gradient).unwrap(), 0.0);
    assert_eq!((gradient, sequence.accuracy()), ([0.0; 6], 0.0));
    // Odds beyond what an exponential can hold.
    let p = [0.0, 0.0, 0.0, 0.0, 2000.0, -1000.0];
    (0..2).for_each(|s| sequence.set_weight(0, s, 1.0));
    for (loss, want) in [(Loss::Logistic, 750.0), (Loss::CrossEntropy, 1500.0)] {
        sequence.set_loss(loss);
        assert_eq!(sequence.loss_and_gradient(&p, Force::Free, &mut gradient).unwrap(), want);
        assert!(gradient.iter().all(|g| g.is_finite()));
    }
}

#[test]
fn weights_of_one_change_nothing_but_the_order_of_rounding() {
    for kind in CellKind::examples() {
        let data = data(kind, 4 * 18);
        let mut sequence = filled(kind, &data, 4, 18);
        let p = &data.parameters;
        let plain = sequence.loss(p, Force::Free).unwrap();
        sequence.set_weight(0, 0, 1.0);
        sequence.set_present(0, 0, true);
        assert!((sequence.loss(p, Force::Free).unwrap() / plain - 1.0).abs() < 1e-14, "{kind:?}");
    }
}

#[test]
fn a_truncated_gradient_is_that_of_the_last_stretch_alone() {
    for kind in CellKind::examples() {
        let data = data(kind, 7);
        let p = &data.parameters;
        let mut whole = filled(kind, &data, 7, 1);
        (0..6).for_each(|s| whole.set_weight(0, s, 0.0));
        let (mut cut, mut full) = (vec![0.0; p.len()], vec![0.0; p.len()]);
        whole.loss_and_gradient(p, Force::Free, &mut full).unwrap();
        whole.truncate(3).unwrap();
        whole.loss_and_gradient(p, Force::Free, &mut cut).unwrap();
        let mut state = vec![0.0; whole.cell().shape().state];
        whole.state(0, 3, &mut state);
        let mut last = Sequence::<f64>::new(kind, 3, 1).unwrap();
        for s in 0..3 {
            last.set_input(0, s, &data.inputs[4 + s]);
            last.set_target(0, s, &data.targets[4 + s]);
            last.set_weight(0, s, if s == 2 { 1.0 } else { 0.0 });
        }
        last.set_state(0, &state);
        let mut want = vec![0.0; p.len()];
        last.loss_and_gradient(p, Force::Free, &mut want).unwrap();
        assert_eq!(cut, want, "{kind:?}");
        assert_ne!(cut, full, "{kind:?}");
        assert!(whole.truncate(0).is_err());
    }
}

#[test]
fn an_outside_loss_with_the_same_adjoints_has_the_same_gradient() {
    for kind in CellKind::examples() {
        let (steps, batch) = (4, 3);
        let data = data(kind, steps * batch);
        let p = &data.parameters;
        let mut sequence = filled(kind, &data, steps, batch);
        let (mut own, mut outside) = (vec![0.0; p.len()], vec![0.0; p.len()]);
        sequence.loss_and_gradient(p, Force::Free, &mut own).unwrap();
        sequence.run(p, Force::Free).unwrap();
        let mut y = vec![0.0; sequence.cell().shape().outputs];
        let scale = 2.0 / (steps * batch * y.len()) as f64;
        for b in 0..batch {
            for s in 0..steps {
                sequence.output(b, s, &mut y);
                y.iter_mut().zip(&data.targets[b * steps + s]).for_each(|(y, t)| *y = (*y - t) * scale);
                sequence.set_output_adjoint(b, s, &y);
            }
        }
        sequence.pull_back(p, Force::Free, &mut outside).unwrap();
        assert_eq!(own, outside, "{kind:?}");
        // The adjoints do not outlive the next run.
        sequence.run(p, Force::Free).unwrap();
        sequence.pull_back(p, Force::Free, &mut outside).unwrap();
        assert!(outside.iter().all(|&g| g == 0.0), "{kind:?}");
    }
}

#[test]
fn the_adjoints_of_inputs_and_states_are_slopes_of_a_loss_of_the_last_state() {
    for kind in CellKind::examples() {
        let (steps, batch) = (5, 2);
        let mut data = data(kind, steps * batch);
        let shape = kind.build::<f64>().unwrap().shape();
        let p = data.parameters.clone();
        let squares = |data: &Data, b: usize| -> f64 {
            let mut sequence = filled(kind, data, steps, batch);
            sequence.run(&p, Force::Free).unwrap();
            let mut z = vec![0.0; shape.state];
            sequence.state(b, steps - 1, &mut z);
            z.iter().map(|z| z * z).sum()
        };
        let mut sequence = filled(kind, &data, steps, batch);
        sequence.run(&p, Force::Free).unwrap();
        let mut z = vec![0.0; shape.state];
        for b in 0..batch {
            sequence.state(b, steps - 1, &mut z);
            z.iter_mut().for_each(|z| *z *= 2.0);
            sequence.set_final_adjoint(b, &z);
        }
        sequence.pull_back(&p, Force::Free, &mut vec![0.0; p.len()]).unwrap();
        sequence.adjoin_inputs(&p).unwrap();
        let mut dx = vec![0.0; shape.inputs];
        for b in 0..batch {
            sequence.state_adjoint(b, steps - 1, &mut z);
            let mut last = vec![0.0; shape.state];
            sequence.state(b, steps - 1, &mut last);
            assert!(z.iter().zip(&last).all(|(dz, z)| *dz == 2.0 * z), "{kind:?}");
            for s in 0..steps {
                sequence.input_adjoint(b, s, &mut dx);
                for k in 0..shape.inputs {
                    let at = data.inputs[b * steps + s][k];
                    data.inputs[b * steps + s][k] = at + 1e-6;
                    let up = squares(&data, b);
                    data.inputs[b * steps + s][k] = at - 1e-6;
                    let slope = (up - squares(&data, b)) / 2e-6;
                    data.inputs[b * steps + s][k] = at;
                    assert!((slope - dx[k]).abs() < 1e-7 * (1.0 + slope.abs()), "{kind:?} {s} {k}");
                }
            }
        }
    }
}

#[test]
fn a_series_in_pieces_goes_on_where_the_last_piece_ended() {
    for kind in CellKind::examples() {
        let data = data(kind, 8);
        let p = &data.parameters;
        let mut whole = filled(kind, &data, 8, 1);
        whole.run(p, Force::Free).unwrap();
        let mut piece = filled(kind, &data, 4, 1);
        piece.run(p, Force::Free).unwrap();
        let shape = piece.cell().shape();
        let (mut a, mut b) = (vec![0.0; shape.outputs], vec![0.0; shape.outputs]);
        piece.output(0, 2, &mut a);
        let before = a.clone();
        (0..4).for_each(|s| piece.set_input(0, s, &data.inputs[4 + s]));
        piece.carry_on();
        piece.run(p, Force::Free).unwrap();
        for s in 0..4 {
            piece.output(0, s, &mut a);
            whole.output(0, 4 + s, &mut b);
            assert_eq!(a, b, "{kind:?}");
        }
        (0..4).for_each(|s| piece.set_input(0, s, &data.inputs[s]));
        piece.begin_afresh();
        piece.run(p, Force::Free).unwrap();
        piece.output(0, 2, &mut a);
        assert_eq!(a, before, "{kind:?}");
    }
}

#[test]
fn absent_steps_at_the_end_leave_the_last_state_standing() {
    for kind in CellKind::examples() {
        let data = data(kind, 8);
        let p = &data.parameters;
        let mut padded = filled(kind, &data, 8, 1);
        let mut short = filled(kind, &data, 5, 1);
        (5..8).for_each(|s| padded.set_present(0, s, false));
        padded.run(p, Force::Free).unwrap();
        short.run(p, Force::Free).unwrap();
        let outputs = short.cell().shape().outputs;
        let (mut a, mut b) = (vec![0.0; outputs], vec![0.0; outputs]);
        padded.output(0, 7, &mut a);
        short.output(0, 4, &mut b);
        assert_eq!(a, b, "{kind:?}");
    }
}

#[test]
fn units_left_out_are_made_up_for_and_gradients_know_of_them() {
    let mut refused = 0;
    for kind in CellKind::examples() {
        let data = data(kind, 4 * 3);
        let p = &data.parameters;
        let mut sequence = filled(kind, &data, 4, 3);
        let plain = sequence.loss(p, Force::Free).unwrap();
        let mut stream = Stream::new(1, "dropout");
        if let Err(error) = sequence.drop_units(0.5, &mut stream) {
            assert!(matches!(error, rnn::Error::NotDroppable(_)), "{error}");
            refused += 1;
            continue;
        }
        let mut gradient = vec![0.0; p.len()];
        let loss = sequence.loss_and_gradient(p, Force::Free, &mut gradient).unwrap();
        assert_ne!(loss, plain);
        check_gradient(p, &gradient, &format!("{kind:?}"), |p| sequence.loss(p, Force::Free).unwrap());
        // The mean of the outputs over many draws is the output without.
        let outputs = sequence.cell().shape().outputs;
        let (mut y, mut mean) = (vec![0.0; outputs], vec![0.0; outputs]);
        for _ in 0..2000 {
            sequence.drop_units(0.5, &mut stream).unwrap();
            sequence.run(p, Force::Free).unwrap();
            sequence.output(1, 3, &mut y);
            mean.iter_mut().zip(&y).for_each(|(m, y)| *m += y / 2000.0);
        }
        sequence.drop_units(0.0, &mut stream).unwrap();
        assert_eq!(sequence.loss(p, Force::Free).unwrap(), plain);
        sequence.output(1, 3, &mut y);
        assert!(y.iter().zip(&mean).all(|(y, m)| (y - m).abs() < 0.1), "{kind:?}: {y:?} {mean:?}");
    }
    assert_eq!(refused, 4);
    let kind = CellKind::examples()[0];
    assert!(Sequence::<f32>::new(kind, 2, 2).unwrap().drop_units(1.0, &mut Stream::new(1, "d")).is_err());
}

#[test]
fn both_directions_are_trained_through_one_readout() {
    for kind in CellKind::examples() {
        let (steps, batch) = (4, 18);
        let data = data(kind, steps * batch);
        let mut both = Bidirectional::<f64>::new(kind, steps, batch).unwrap();
        for b in 0..batch {
            for s in 0..steps {
                both.set_input(b, s, &data.inputs[b * steps + s]);
                both.set_target(b, s, &data.targets[b * steps + s]);
            }
        }
        both.set_loss(Loss::Logistic);
        both.set_weight(1, 0, 0.3);
        both.set_present(0, 3, false);
        let mut p = vec![0.0; both.parameters()];
        let mut stream = Stream::new(9, "weights");
        both.initialise(&mut stream, &mut p).unwrap();
        // Away from rectifiers that stand at their corner.
        p.iter_mut().for_each(|p| *p += 0.2 * stream.normal());
        let mut gradient = vec![0.0; p.len()];
        both.loss_and_gradient(&p, &mut gradient).unwrap();
        check_gradient(&p, &gradient, &format!("{kind:?}"), |p| both.loss(p).unwrap());
        assert!(both.loss(&p[1..]).is_err());
    }
}

#[test]
fn an_early_output_of_both_directions_knows_the_last_input() {
    let kind = CellKind::Gru { inputs: 1, hidden: 4, outputs: 1 };
    let mut both = Bidirectional::<f64>::new(kind, 6, 1).unwrap();
    let mut p = vec![0.0; both.parameters()];
    both.initialise(&mut Stream::new(9, "weights"), &mut p).unwrap();
    let mut first = |last: f64| {
        both.set_input(0, 5, &[last]);
        both.loss(&p).unwrap();
        let mut y = [0.0];
        both.output(0, 0, &mut y);
        y[0]
    };
    assert_ne!(first(0.0), first(1.0));
}

#[test]
fn the_parts_of_a_state_have_names_and_add_up() {
    for kind in CellKind::examples() {
        let cell = kind.build::<f64>().unwrap();
        let parts = cell.state_parts();
        assert_eq!(parts.iter().map(|part| part.1).sum::<usize>(), cell.shape().state, "{kind:?}");
    }
    let kind = CellKind::Lstm { inputs: 1, hidden: 3, outputs: 1, forget: None };
    assert_eq!(kind.build::<f64>().unwrap().state_parts(), [("h", 3), ("c", 3)]);
}

#[test]
fn a_readout_solved_for_leaves_no_slope() {
    for kind in CellKind::examples() {
        let (steps, batch) = (6, 18);
        let mut data = data(kind, steps * batch);
        let mut sequence = filled(kind, &data, steps, batch);
        sequence.set_weight(2, 3, 0.0);
        sequence.set_weight(1, 1, 2.5);
        let p = &mut data.parameters;
        // A Jordan network hears its output: what it reads is not what it learned from.
        if matches!(kind, CellKind::Jordan { .. }) {
            let before = sequence.loss(p, Force::Free).unwrap();
            sequence.fit_readout(p, 1e-3).unwrap();
            assert!(sequence.loss(p, Force::Free).unwrap() < before);
            continue;
        }
        if let Err(error) = sequence.fit_readout(p, 0.3) {
            assert!(matches!(error, rnn::Error::NoReadout(_)), "{error}");
            assert!(sequence.cell().shape().observed > 0);
            continue;
        }
        let mut gradient = vec![0.0; p.len()];
        sequence.loss_and_gradient(p, Force::Free, &mut gradient).unwrap();
        let layout = sequence.cell().layout();
        let count = ((steps * batch) as f64 + 0.5) * sequence.cell().shape().outputs as f64;
        for block in ["C", "c"].iter().filter_map(|name| layout.find(name)) {
            for k in block.range() {
                assert!((gradient[k] * count + 0.6 * p[k]).abs() < 1e-9, "{kind:?} {}", block.name);
            }
        }
        assert!(sequence.fit_readout(p, 0.0).is_err());
    }
}

#[test]
fn a_recurrence_is_scaled_to_its_spectral_radius() {
    let kind = CellKind::Tanh { inputs: 1, hidden: 3, outputs: 1 };
    let mut p = vec![0.5; kind.build::<f64>().unwrap().layout().len()];
    // Eigenvalues 2 and ±0.3 i.
    p[..9].copy_from_slice(&[2.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.0, -0.3, 0.0]);
    rnn::set_spectral_radius(kind, &mut p, 0.9).unwrap();
    assert!((p[0] - 0.9).abs() < 1e-12 && (p[5] - 0.135).abs() < 1e-12 && p[9] == 0.5);
    p[..9].fill(0.0);
    assert!(rnn::set_spectral_radius(kind, &mut p, 0.9).is_err());
    assert!(rnn::set_spectral_radius(kind, &mut p[1..], 0.9).is_err());
    let gru = CellKind::Gru { inputs: 1, hidden: 3, outputs: 1 };
    assert!(matches!(rnn::set_spectral_radius(gru, &mut p, 0.9), Err(rnn::Error::NotElman("gru"))));
}

/// Norms of the adjoints of the inputs for the loss `Σ h_T²`, by lag: that at 50 over that at 1.
fn reach(kind: CellKind, scale: f64, seed: u64) -> f64 {
    let steps = 60;
    let cell = kind.build::<f64>().unwrap();
    let (layout, m) = (cell.layout(), cell.shape().state);
    let mut stream = Stream::new(seed, "reach");
    let mut p = vec![0.0; layout.len()];
    cell.initialise(&mut stream, &mut p);
    if scale > 0.0 {
        p[layout.find("W").unwrap().range()].iter_mut().for_each(|w| *w = scale * stream.normal());
    }
    let mut sequence = Sequence::<f64>::new(kind, steps, 1).unwrap();
    (0..steps).for_each(|s| sequence.set_input(0, s, &[stream.normal(), stream.normal()]));
    sequence.run(&p, Force::Free).unwrap();
    let mut z = vec![0.0; m];
    sequence.state(0, steps - 1, &mut z);
    z.iter_mut().enumerate().for_each(|(k, z)| *z = if k < 32 { 2.0 * *z } else { 0.0 });
    sequence.set_final_adjoint(0, &z);
    sequence.pull_back(&p, Force::Free, &mut vec![0.0; layout.len()]).unwrap();
    sequence.adjoin_inputs(&p).unwrap();
    let mut dx = [0.0; 2];
    let norms = [50, 1].map(|lag| {
        sequence.input_adjoint(0, steps - 1 - lag, &mut dx);
        (dx[0] * dx[0] + dx[1] * dx[1]).sqrt()
    });
    norms[0] / norms[1]
}

#[test]
fn gradients_vanish_through_a_tangent_and_not_through_an_open_gate() {
    let median = |kind, scale| {
        let mut ratios: Vec<f64> = (1..=9).map(|seed| reach(kind, scale, seed)).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[4]
    };
    let tanh = median(CellKind::Tanh { inputs: 2, hidden: 32, outputs: 1 }, 0.8 / 32.0_f64.sqrt());
    let kind = CellKind::Lstm { inputs: 2, hidden: 32, outputs: 1, forget: Some(3.0) };
    let lstm = median(kind, 0.0);
    assert!(tanh < 1e-3 && lstm > 0.1, "{tanh} {lstm}");
}
