//! How far back a change of the input is felt.

use numerics::Stream;
use rnn::{CellKind, Error, Force, Sequence, TaskKind};

/// Sequences over which the norms are averaged.
const BATCH: usize = 16;

/// Norm of `∂(Σ h_T²)/∂x_t` against the lag `T - t` from 0 up, averaged over sequences of the latch's inputs; `h` are the
/// first `hidden` units of the state.
pub(super) fn against_lag(
    kind: CellKind,
    parameters: &[f64],
    hidden: usize,
    steps: usize,
    seed: u64,
) -> Result<Vec<f64>, Error> {
    let mut sequence = Sequence::<f64>::new(kind, steps, BATCH)?;
    let shape = sequence.cell().shape();
    let mut stream = Stream::new(seed, "gradient against lag");
    let mut example = rnn::tasks::Example::default();
    for b in 0..BATCH {
        TaskKind::Latch { steps }.draw(&[], &mut stream, &mut example);
        for s in 0..steps {
            // A cell with one input hears the noise alone.
            let x = &example.inputs[2 * s..2 * s + 2];
            sequence.set_input(b, s, if shape.inputs == 1 { &x[1..] } else { x });
        }
    }
    sequence.run(parameters, Force::Free)?;
    let mut state = vec![0.0; shape.state];
    for b in 0..BATCH {
        sequence.state(b, steps - 1, &mut state);
        for (k, value) in state.iter_mut().enumerate() {
            *value = if k < hidden { 2.0 * *value } else { 0.0 };
        }
        sequence.set_final_adjoint(b, &state);
    }
    let mut gradient = vec![0.0; parameters.len()];
    sequence.pull_back(parameters, Force::Free, &mut gradient)?;
    sequence.adjoin_inputs(parameters)?;
    let mut adjoint = vec![0.0; shape.inputs];
    let mut mean = |s: usize| {
        let mut norms = [0.0; BATCH];
        for (b, norm) in norms.iter_mut().enumerate() {
            sequence.input_adjoint(b, s, &mut adjoint);
            *norm = libm::sqrt(numerics::sum_by(adjoint.len(), |i| adjoint[i] * adjoint[i]));
        }
        numerics::mean(&norms)
    };
    Ok((0..steps).rev().map(&mut mean).collect())
}

/// An untrained Elman network with recurrent weights `g N(0, 1) / √H`, the others as a network starts.
pub(super) fn elman(
    inputs: usize,
    hidden: usize,
    gain: f64,
    seed: u64,
) -> Result<(CellKind, Vec<f64>), Error> {
    let kind = CellKind::Tanh { inputs, hidden, outputs: 1 };
    let (cell, mut parameters) = start(kind, seed)?;
    let Some(recurrent) = cell.layout().find("W").map(|block| block.range()) else {
        return Ok((kind, parameters));
    };
    let mut stream = Stream::new(seed, "recurrent gain");
    let scale = gain / libm::sqrt(hidden as f64);
    for weight in &mut parameters[recurrent] {
        *weight = scale * stream.normal();
    }
    Ok((kind, parameters))
}

/// An untrained LSTM whose forget gate starts at `forget`.
pub(super) fn lstm(
    inputs: usize,
    hidden: usize,
    forget: f64,
    seed: u64,
) -> Result<(CellKind, Vec<f64>), Error> {
    let kind = CellKind::Lstm { inputs, hidden, outputs: 1, forget: Some(forget) };
    Ok((kind, start(kind, seed)?.1))
}

/// A cell and the parameters with which it starts.
type Started = (Box<dyn rnn::Cell<f64>>, Vec<f64>);

fn start(kind: CellKind, seed: u64) -> Result<Started, Error> {
    let cell = kind.build::<f64>()?;
    let mut parameters = vec![0.0; cell.layout().len()];
    cell.initialise(&mut Stream::new(seed, "weights"), &mut parameters);
    Ok((cell, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_of_a_linear_unit_falls_by_its_weight_at_each_step_back() {
        // Far inside the linear part of the hyperbolic tangent, d h_T / d x_t = w^(T-t) u.
        let kind = CellKind::Tanh { inputs: 1, hidden: 1, outputs: 1 };
        let parameters = [0.5, 1e-6, 0.0, 1.0, 0.0];
        let norms = against_lag(kind, &parameters, 1, 20, 3).unwrap();
        assert_eq!(norms.len(), 20);
        for (lag, norm) in norms.iter().enumerate() {
            let want = norms[0] * numerics::Real::pow(0.5, lag as f64);
            assert!((norm / want - 1.0).abs() < 1e-6, "{lag}: {norm} {want}");
        }
    }

    #[test]
    fn gains_and_biases_are_where_they_were_asked_for() {
        let (kind, one) = elman(2, 8, 0.5, 1).unwrap();
        let (_, two) = elman(2, 8, 1.0, 1).unwrap();
        let w = kind.build::<f64>().unwrap().layout().find("W").unwrap().range();
        assert!(w.clone().all(|k| (two[k] - 2.0 * one[k]).abs() < 1e-15 && one[k] != 0.0));
        assert_eq!(one[w.end..], two[w.end..]);
        let (kind, open) = lstm(2, 8, 3.0, 1).unwrap();
        let b = kind.build::<f64>().unwrap().layout().find("b").unwrap().range();
        assert!(open[b][8..16].iter().all(|bias| *bias == 3.0));
    }
}
