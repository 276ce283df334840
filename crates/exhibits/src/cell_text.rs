//! Trained networks as equations, so that whatever can be asked of a system can be asked of them.

use crate::error::ExhibitError;
use crate::exhibit::Studied;
use crate::subject::Subject;
use rnn::{CellKind, Layout, TrainedMap};
use std::fmt::Write as _;

/// A network without input, from a state, as a map in text; its numbers are written such that they are read back exactly.
/// The variables are the state, `h1` to `hH` and, of an LSTM, `c1` to `cH`, of a Jordan network `k1` and so on.
///
/// # Errors
/// The cell has no such text, or one that is longer than equations may be.
pub(crate) fn network(
    map: &TrainedMap,
    kind: CellKind,
    state: &[f64],
    title: &str,
) -> Result<Studied, ExhibitError> {
    let layout = kind.build::<f64>().map_err(crate::reconstruction::refused)?.layout();
    let text = equations(kind, &layout, map.parameters(), state, title)
        .ok_or_else(|| ExhibitError::Refused("the desk has no equations for this cell".into()))?;
    if text.len() > equations::bounds::TEXT {
        let most = equations::bounds::TEXT >> 10;
        let message = format!(
            "as equations this network is {} KiB long, and the desk takes {most}: give it fewer hidden units",
            text.len() >> 10
        );
        return Err(ExhibitError::Refused(message));
    }
    let subject = Subject::typed(&text)?;
    Ok(Studied { parameters: subject.parameters(), dt: 1.0, subject, network: map.clone().piecewise() })
}

fn equations(kind: CellKind, layout: &Layout, p: &[f64], state: &[f64], title: &str) -> Option<String> {
    let block = |name: &str| layout.find(name).map(|block| (&p[block.range()], block.cols));
    let (bias, _) = block("b")?;
    // Row `row` of a matrix times the variables of a letter, with the row's bias.
    let drive = |matrix: (&[f64], usize), row: usize, letter: char, bias: f64| {
        let mut sum = format!("({bias:?})");
        for (k, weight) in matrix.0[row * matrix.1..][..matrix.1].iter().enumerate() {
            // Writing to a text cannot fail.
            let _ = write!(sum, "+({weight:?})*{letter}{}", k + 1);
        }
        sum
    };
    let mut text = format!("# {title}\n");
    let mut names = Vec::new();
    match kind {
        CellKind::Tanh { hidden, .. } => {
            let w = block("W")?;
            for k in 0..hidden {
                let _ = writeln!(text, "h{}(t+1)=tanh({})", k + 1, drive(w, k, 'h', bias[k]));
                names.push(format!("h{}", k + 1));
            }
        }
        CellKind::Jordan { hidden, outputs, .. } => {
            let (v, c) = (block("V")?, block("C")?);
            let (offset, _) = block("c")?;
            for k in 0..hidden {
                let _ = writeln!(text, "n{}=tanh({})", k + 1, drive(v, k, 'k', bias[k]));
            }
            for k in 0..hidden {
                let _ = writeln!(text, "h{0}(t+1)=n{0}", k + 1);
                names.push(format!("h{}", k + 1));
            }
            for k in 0..outputs {
                let _ = writeln!(text, "k{}(t+1)=1/(1+exp(-({})))", k + 1, drive(c, k, 'n', offset[k]));
                names.push(format!("k{}", k + 1));
            }
        }
        CellKind::Gru { hidden, .. } => {
            let w = block("W")?;
            let (inner, _) = block("d")?;
            for k in 0..hidden {
                let gate = |row: usize| format!("1/(1+exp(-({})))", drive(w, row, 'h', bias[row]));
                let _ = writeln!(text, "r{}={}", k + 1, gate(k));
                let _ = writeln!(text, "u{}={}", k + 1, gate(hidden + k));
                let row = 2 * hidden + k;
                let held = drive(w, row, 'h', inner[k]);
                let _ = writeln!(text, "n{0}=tanh(({1:?})+r{0}*({held}))", k + 1, bias[row]);
            }
            for k in 1..=hidden {
                let _ = writeln!(text, "h{k}(t+1)=n{k}+u{k}*(h{k}-n{k})");
                names.push(format!("h{k}"));
            }
        }
        CellKind::Lstm { hidden, .. } => {
            let w = block("W")?;
            for k in 0..hidden {
                let gate = |row: usize| format!("1/(1+exp(-({})))", drive(w, row, 'h', bias[row]));
                let _ = writeln!(text, "i{}={}", k + 1, gate(k));
                let _ = writeln!(text, "f{}={}", k + 1, gate(hidden + k));
                let row = 2 * hidden + k;
                let _ = writeln!(text, "g{}=tanh({})", k + 1, drive(w, row, 'h', bias[row]));
                let _ = writeln!(text, "o{}={}", k + 1, gate(3 * hidden + k));
                let _ = writeln!(text, "n{0}=f{0}*c{0}+i{0}*g{0}", k + 1);
            }
            for k in 1..=hidden {
                let _ = writeln!(text, "h{k}(t+1)=o{k}*tanh(n{k})");
                names.push(format!("h{k}"));
            }
            for k in 1..=hidden {
                let _ = writeln!(text, "c{k}(t+1)=n{k}");
                names.push(format!("c{k}"));
            }
        }
        _ => return None,
    }
    let starts: Vec<String> = names.iter().zip(state).map(|(name, x)| format!("{name}={x:?}")).collect();
    let _ = writeln!(text, "init {}", starts.join(", "));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::{Map, Stream};

    #[test]
    fn the_text_of_a_network_steps_as_the_network_does() {
        for kind in [
            CellKind::Tanh { inputs: 2, hidden: 5, outputs: 1 },
            CellKind::Jordan { inputs: 2, hidden: 5, outputs: 2 },
            CellKind::Gru { inputs: 2, hidden: 5, outputs: 1 },
            CellKind::Lstm { inputs: 2, hidden: 5, outputs: 1, forget: Some(1.0) },
        ] {
            let cell = kind.build::<f64>().unwrap();
            let mut stream = Stream::new(3, "weights");
            let mut p = vec![0.0; cell.layout().len()];
            cell.initialise(&mut stream, &mut p);
            let state: Vec<f64> = (0..cell.shape().state).map(|_| 0.5 * stream.normal()).collect();
            let mut map = TrainedMap::new(kind, &p).unwrap();
            let studied = network(&map, kind, &state, "A network.").unwrap();
            assert_eq!(studied.subject.start(), state, "{kind:?}");
            let mut field = studied.subject.field::<f64>(&studied.parameters);
            let (mut x, mut y) = (state.clone(), state.clone());
            let mut next = vec![0.0; state.len()];
            for step in 0..20 {
                Map::next(&mut field, step as f64, &x, &mut next);
                x.copy_from_slice(&next);
                map.next(0.0, &y, &mut next);
                y.copy_from_slice(&next);
                assert!(x.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-12), "{kind:?} {step}: {x:?} {y:?}");
            }
        }
    }

    #[test]
    fn a_network_that_is_too_large_or_has_no_text_is_refused_in_words() {
        let refused = |kind: CellKind| {
            let cell = kind.build::<f64>().unwrap();
            let p = vec![0.25; cell.layout().len()];
            let map = TrainedMap::new(kind, &p).unwrap();
            network(&map, kind, &vec![0.0; cell.shape().state], "").err().unwrap().to_string()
        };
        let large = CellKind::Lstm { inputs: 1, hidden: 64, outputs: 1, forget: None };
        assert!(refused(large).contains("fewer hidden units"));
        let dale = CellKind::Dale { inputs: 1, hidden: 4, outputs: 1, inhibitory: 1, leak: 0.5 };
        assert!(refused(dale).contains("no equations"));
    }
}
