//! What stands in the picture of the inside: gates and states, unit by unit.

use super::portrait::Portrait;
use numerics::Real;
use rnn::{CellKind, sigmoid};

/// Rows of numbers from -1 to 1, the first lowest, and what they are.
pub(super) struct Inside {
    pub(super) rows: usize,
    pub(super) values: Vec<f64>,
    pub(super) label: &'static str,
}

/// The gates of an LSTM or a GRU over a sequence, worked out from its parameters and its hidden states, with the cell or
/// the state below; of others the states alone.
pub(super) fn inside(kind: CellKind, parameters: &[f64], portrait: &Portrait) -> Inside {
    let steps = portrait.steps;
    let hidden = portrait.states.len() / steps;
    let blocks = kind.build::<f64>().map(|cell| cell.layout());
    let gates = match kind {
        CellKind::Lstm { .. } => 4,
        CellKind::Gru { .. } => 3,
        _ => 0,
    };
    let piece = |name: &str| blocks.as_ref().ok()?.find(name).map(|b| &parameters[b.range()]);
    let (Some(w), Some(u), Some(b)) = (piece("W"), piece("U"), piece("b")) else {
        return Inside { rows: hidden, values: portrait.states.clone(), label: "state" };
    };
    if gates == 0 {
        return Inside { rows: hidden, values: portrait.states.clone(), label: "state" };
    }
    let inputs = portrait.inputs.len() / steps;
    let state = |k: usize, s: usize| portrait.states[k * steps + s];
    let drive = |row: usize, s: usize| {
        let before = |k: usize| if s > 0 { state(k, s - 1) } else { 0.0 };
        let recurrent = numerics::sum_by(hidden, |k| w[row * hidden + k] * before(k));
        let heard = numerics::sum_by(inputs, |i| u[row * inputs + i] * portrait.inputs[s * inputs + i]);
        b[row] + recurrent + heard
    };
    let table = |of: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        (0..hidden).flat_map(|k| (0..steps).map(move |s| of(k, s))).collect()
    };
    let mut values = Vec::new();
    let label = if gates == 4 {
        let mut cell = vec![0.0; hidden * steps];
        for k in 0..hidden {
            let mut c = 0.0;
            for s in 0..steps {
                let (i, f) = (sigmoid(drive(k, s)), sigmoid(drive(hidden + k, s)));
                c = f * c + i * Real::tanh(drive(2 * hidden + k, s));
                cell[k * steps + s] = Real::tanh(c);
            }
        }
        values.extend(cell);
        values.extend(table(&|k, s| sigmoid(drive(k, s))));
        values.extend(table(&|k, s| sigmoid(drive(hidden + k, s))));
        "from below: tanh c, input gate, forget gate"
    } else {
        values.extend_from_slice(&portrait.states);
        values.extend(table(&|k, s| sigmoid(drive(k, s))));
        values.extend(table(&|k, s| sigmoid(drive(hidden + k, s))));
        "from below: state, reset gate, update gate"
    };
    Inside { rows: 3 * hidden, values, label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rnn_review::portrait::portrait;
    use numerics::Stream;
    use rnn::TaskKind;

    #[test]
    fn the_cell_worked_out_from_the_gates_is_the_one_that_the_network_has() {
        let kind = CellKind::Lstm { inputs: 2, hidden: 5, outputs: 1, forget: Some(1.0) };
        let cell = kind.build::<f64>().unwrap();
        let mut p = vec![0.0; cell.layout().len()];
        cell.initialise(&mut Stream::new(4, "weights"), &mut p);
        let portrait = portrait(kind, &p, 5, TaskKind::Latch { steps: 12 }, 9).unwrap();
        let inside = inside(kind, &p, &portrait);
        assert_eq!((inside.rows, inside.values.len()), (15, 15 * 12));
        let (mut z, mut next) = (vec![0.0; 10], vec![0.0; 10]);
        for s in 0..12 {
            cell.next(&p, &portrait.inputs[2 * s..2 * s + 2], &z, &mut next);
            z.copy_from_slice(&next);
            for k in 0..5 {
                assert!((z[k] - portrait.states[k * 12 + s]).abs() < 1e-12);
                assert!((Real::tanh(z[5 + k]) - inside.values[k * 12 + s]).abs() < 1e-12);
            }
        }
        assert!(inside.values[5 * 12..].iter().all(|gate| (0.0..1.0).contains(gate)));
    }
}
