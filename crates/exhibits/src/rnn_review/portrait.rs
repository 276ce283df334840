//! What the hidden units do over sequences that nobody learned from.

use analysis::{FixedPointOptions, FixedPointRun, RestOfMap, principal_components};
use numerics::Stream;
use rnn::{CellKind, Force, Sequence, TaskKind, TrainedMap};

/// Sequences shown.
pub(super) const SEQUENCES: usize = 24;
/// Largest number of units for which fixed points are looked for.
const UNITS: usize = 32;

/// Hidden units over a few sequences, in the plane of their first two principal components.
pub(super) struct Portrait {
    /// One path a sequence: place in the plane, and the target there.
    pub(super) paths: Vec<Vec<[f32; 4]>>,
    /// Shares of the variance along both components.
    pub(super) shares: [f64; 2],
    /// Fixed points under no input: place in the plane, and whether it attracts.
    pub(super) rests: Vec<([f32; 3], bool)>,
    /// States of the first sequence, unit by unit along the rows, `H × T`.
    pub(super) states: Vec<f64>,
    /// Its inputs, `I` a step.
    pub(super) inputs: Vec<f64>,
    pub(super) steps: usize,
}

/// Runs a network over sequences of its task; `hidden` units of its state are looked at. None where they do not move.
pub(super) fn portrait(
    kind: CellKind,
    parameters: &[f64],
    hidden: usize,
    task: TaskKind,
    seed: u64,
) -> Option<Portrait> {
    let [inputs, steps, outputs] = task.sizes();
    let mut sequence = Sequence::<f64>::new(kind, steps, SEQUENCES).ok()?;
    let mut stream = Stream::new(seed, "portrait");
    let mut example = rnn::tasks::Example::default();
    let mut colours = Vec::with_capacity(SEQUENCES * steps);
    let mut heard = Vec::new();
    for b in 0..SEQUENCES {
        task.draw(&[], &mut stream, &mut example);
        for s in 0..steps {
            sequence.set_input(b, s, &example.inputs[s * inputs..][..inputs]);
        }
        if b == 0 {
            heard.clone_from(&example.inputs);
        }
        // Where the answer is asked for at the end alone, the whole path has its colour.
        let asked = |s: usize| example.weights[s] > 0.0;
        let last = example.targets[(steps - 1) * outputs];
        colours.extend((0..steps).map(|s| if asked(s) { example.targets[s * outputs] } else { last }));
    }
    sequence.run(parameters, Force::Free).ok()?;
    let width = sequence.cell().shape().state;
    let mut state = vec![0.0; width];
    let mut all = Vec::with_capacity(SEQUENCES * steps * hidden);
    for b in 0..SEQUENCES {
        for s in 0..steps {
            sequence.state(b, s, &mut state);
            all.extend_from_slice(&state[..hidden]);
        }
    }
    if !all.iter().all(|v| v.is_finite()) {
        return None;
    }
    let components = principal_components(&all, hidden).ok()?;
    let count = if hidden > 1 { 2 } else { 1 };
    let place = |states: &[f64]| -> Option<Vec<[f32; 3]>> {
        let flat = components.project(states, count).ok()?;
        let at = |p: &[f64]| [p[0] as f32, if count > 1 { p[1] as f32 } else { 0.0 }, 0.0];
        Some(flat.chunks_exact(count).map(at).collect())
    };
    let places = place(&all)?;
    let coloured = places.iter().zip(&colours).map(|(p, c)| [p[0], p[1], 0.0, *c as f32]);
    let coloured: Vec<[f32; 4]> = coloured.collect();
    let rests = rests(kind, parameters, &all, hidden).into_iter();
    let rests = rests.filter_map(|(x, stable)| Some((place(&x[..hidden])?[0], stable))).collect();
    let first = &all[..steps * hidden];
    Some(Portrait {
        paths: coloured.chunks_exact(steps).map(<[_]>::to_vec).collect(),
        shares: [components.shares[0], if count > 1 { components.shares[1] } else { 0.0 }],
        rests,
        states: (0..hidden).flat_map(|k| (0..steps).map(move |s| first[s * hidden + k])).collect(),
        inputs: heard,
        steps,
    })
}

/// The whole state after the first sequence of a task.
pub(super) fn end(
    kind: CellKind,
    parameters: &[f64],
    task: TaskKind,
    seed: u64,
) -> Result<Vec<f64>, rnn::Error> {
    let [inputs, steps, _] = task.sizes();
    let mut sequence = Sequence::<f64>::new(kind, steps, 1)?;
    let mut example = rnn::tasks::Example::default();
    task.draw(&[], &mut Stream::new(seed, "portrait"), &mut example);
    for s in 0..steps {
        sequence.set_input(0, s, &example.inputs[s * inputs..][..inputs]);
    }
    sequence.run(parameters, Force::Free)?;
    let mut state = vec![0.0; sequence.cell().shape().state];
    sequence.state(0, steps - 1, &mut state);
    Ok(state)
}

/// Fixed points of a plain network under no input, and whether each attracts; none are looked for of other cells.
fn rests(kind: CellKind, parameters: &[f64], seen: &[f64], hidden: usize) -> Vec<(Vec<f64>, bool)> {
    if !matches!(kind, CellKind::Tanh { .. }) || hidden > UNITS {
        return Vec::new();
    }
    let Ok(map) = TrainedMap::new(kind, parameters) else { return Vec::new() };
    let Ok(rest) = RestOfMap::new(map, 1) else { return Vec::new() };
    let every = seen.len() / hidden / 16 + 1;
    let options = FixedPointOptions {
        low: vec![-1.0; hidden],
        high: vec![1.0; hidden],
        seeds: 24,
        states: seen.chunks_exact(hidden).step_by(every).map(<[_]>::to_vec).collect(),
        tolerance: 1e-10,
        beyond: 0.0,
    };
    let Ok(mut run) = FixedPointRun::new(rest, options) else { return Vec::new() };
    while let Ok(false) = run.advance(64) {}
    run.points().iter().map(|point| (point.orbit[0].clone(), point.unstable == Some(0))).collect()
}
