//! How far the networks of one condition are apart, on three levels.

use super::plan::{Plan, beyond};
use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use analysis::{
    OperatorDistanceOptions, OperatorDistanceRun, OperatorOptions, Places, classical_scaling, delay_operator,
    match_units, standard_deviation,
};
use numerics::{Stream, mean};
use rnn::tasks::Example;
use rnn::{CellKind, Force, Sequence, TaskKind};

/// Sequences of the probe that all networks of a condition hear.
const PROBE: usize = 64;
/// Sequences out of the distribution.
const EXAMPLES: usize = 256;
/// Principal components of the delay vectors.
const MODES: usize = 12;
/// Rotations from which two operators are brought together.
const STARTS: usize = 6;

/// What is known of the networks of one condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Levels {
    /// Angles between the operators of each two networks, `K × K`.
    pub(super) dynamics: Vec<f64>,
    /// Distances of the recurrent weights of each two networks up to the order of units, over `N`, `K × K`.
    pub(super) weights: Vec<f64>,
    /// Loss of each network out of the distribution.
    pub(super) losses: Vec<f64>,
    /// Eigenvalues of each network's operator.
    pub(super) eigenvalues: Vec<Vec<[f64; 2]>>,
}

impl Levels {
    fn pairs(&self, table: &[f64]) -> Vec<f64> {
        let k = self.losses.len();
        (0..k * k).filter(|at| at / k < at % k).map(|at| table[at]).collect()
    }

    /// Mean angle over all pairs.
    pub(super) fn of_dynamics(&self) -> f64 {
        mean(&self.pairs(&self.dynamics))
    }

    /// Mean distance of weights over all pairs.
    pub(super) fn of_weights(&self) -> f64 {
        mean(&self.pairs(&self.weights))
    }

    /// Standard deviation of the loss out of the distribution.
    pub(super) fn of_behaviour(&self) -> f64 {
        standard_deviation(&self.losses)
    }

    /// The networks in the plane, by their dynamics.
    pub(super) fn map(&self) -> Option<Places> {
        classical_scaling(&self.dynamics, self.losses.len(), 2).ok()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.f64s(&self.dynamics).f64s(&self.weights).f64s(&self.losses);
        for values in &self.eigenvalues {
            out.f64s(&values.concat());
        }
    }

    /// Reads what [`Levels::write`] wrote.
    ///
    /// # Errors
    /// The bytes are not of so many networks.
    pub(super) fn read(from: &mut Reader<'_>, networks: usize) -> Result<Self, ExhibitError> {
        let (dynamics, weights, losses) = (from.f64s()?, from.f64s()?, from.f64s()?);
        let pairs = networks * networks;
        if [dynamics.len(), weights.len(), losses.len()] != [pairs, pairs, networks] {
            return Err(ExhibitError::Checkpoint("it is of another number of networks".into()));
        }
        let mut values = || Ok(from.f64s()?.chunks_exact(2).map(|v| [v[0], v[1]]).collect());
        let eigenvalues = (0..networks).map(|_| values()).collect::<Result<_, ExhibitError>>()?;
        Ok(Self { dynamics, weights, losses, eigenvalues })
    }
}

/// A network that hears new examples of a task, all networks the same; stepped through.
fn hear(
    kind: CellKind,
    task: TaskKind,
    count: usize,
    seed: u64,
    name: &str,
) -> Result<Sequence<f64>, rnn::Error> {
    let [inputs, steps, outputs] = task.sizes();
    let mut sequence = Sequence::<f64>::new(kind, steps, count)?;
    sequence.set_loss(task.loss());
    let (mut stream, mut example) = (Stream::new(seed, name), Example::default());
    for b in 0..count {
        task.draw(&[], &mut stream, &mut example);
        for s in 0..steps {
            sequence.set_input(b, s, &example.inputs[s * inputs..][..inputs]);
            sequence.set_target(b, s, &example.targets[s * outputs..][..outputs]);
            sequence.set_weight(b, s, example.weights[s]);
        }
    }
    Ok(sequence)
}

/// Hidden states over the common probe: sequence after sequence, step after step, `N` numbers each.
pub(super) fn probe(plan: &Plan, parameters: &[f64]) -> Result<Vec<f64>, rnn::Error> {
    let mut sequence = hear(plan.kind(), plan.task(), PROBE, plan.seed, "probe")?;
    sequence.run(parameters, Force::Free)?;
    let (steps, mut state) = (sequence.steps(), vec![0.0; plan.width]);
    let mut states = Vec::with_capacity(PROBE * steps * plan.width);
    for b in 0..PROBE {
        for s in 0..steps {
            sequence.state(b, s, &mut state);
            states.extend_from_slice(&state);
        }
    }
    Ok(states)
}

/// The loss out of the distribution.
fn loss_beyond(plan: &Plan, parameters: &[f64]) -> Result<f64, rnn::Error> {
    let mut sequence = hear(plan.kind(), beyond(plan.task()), EXAMPLES, plan.seed, "beyond")?;
    sequence.loss(parameters, Force::Free)
}

/// A linear operator on as many modes as the states have, `MODES` at most.
struct Operator {
    modes: usize,
    matrix: Vec<f64>,
    eigenvalues: Vec<[f64; 2]>,
}

fn operator(plan: &Plan, parameters: &[f64], modes: usize) -> Result<Operator, String> {
    let states = probe(plan, parameters).map_err(|e| e.to_string())?;
    let [_, steps, _] = plan.task().sizes();
    let options = OperatorOptions { modes, ..OperatorOptions::default() };
    let found = delay_operator(&states, plan.width, steps, &options).map_err(|e| e.to_string())?;
    let eigenvalues = found.eigenvalues.unwrap_or_default();
    Ok(Operator {
        modes: found.modes,
        matrix: found.matrix,
        eigenvalues: eigenvalues.iter().map(|value| [value.real, value.imaginary]).collect(),
    })
}

/// The measurement of one condition, network by network and then pair by pair.
pub(super) struct Survey {
    plan: Plan,
    networks: Vec<Vec<f64>>,
    operators: Vec<Operator>,
    levels: Levels,
    pair: (usize, usize),
}

impl Survey {
    /// Of networks by their parameters.
    pub(super) fn new(plan: Plan, networks: Vec<Vec<f64>>) -> Self {
        let k = networks.len();
        let levels = Levels { dynamics: vec![0.0; k * k], weights: vec![0.0; k * k], ..Levels::default() };
        Self { plan, networks, operators: Vec::new(), levels, pair: (0, 1) }
    }

    /// A network or a pair more; true when all are done.
    ///
    /// # Errors
    /// Says in a sentence what cannot be measured: states that do not move, or are not finite.
    pub(super) fn advance(&mut self) -> Result<bool, String> {
        let k = self.networks.len();
        if let Some(parameters) = self.networks.get(self.operators.len()) {
            self.operators.push(operator(&self.plan, parameters, MODES)?);
            self.levels.losses.push(loss_beyond(&self.plan, parameters).map_err(|e| e.to_string())?);
            if self.operators.len() == k {
                self.align()?;
            }
            return Ok(false);
        }
        let (i, j) = self.pair;
        if j < k {
            let (angle, distance) = self.compare(i, j)?;
            for (table, value) in [(&mut self.levels.dynamics, angle), (&mut self.levels.weights, distance)] {
                (table[i * k + j], table[j * k + i]) = (value, value);
            }
            self.pair = if j + 1 < k { (i, j + 1) } else { (i + 1, i + 2) };
        }
        Ok(self.pair.1 >= k)
    }

    /// Operators are compared on as many modes as all networks have.
    fn align(&mut self) -> Result<(), String> {
        let least = self.operators.iter().fold(MODES, |n, o| if o.modes < n { o.modes } else { n });
        for (operator_of, parameters) in self.operators.iter_mut().zip(&self.networks) {
            if operator_of.modes > least {
                *operator_of = operator(&self.plan, parameters, least)?;
            }
        }
        self.levels.eigenvalues = self.operators.iter().map(|o| o.eigenvalues.clone()).collect();
        Ok(())
    }

    fn compare(&self, i: usize, j: usize) -> Result<(f64, f64), String> {
        let (first, second) = (&self.operators[i], &self.operators[j]);
        let options = OperatorDistanceOptions { starts: STARTS, ..OperatorDistanceOptions::default() };
        let mut run = OperatorDistanceRun::new(&first.matrix, &second.matrix, first.modes, options)
            .map_err(|e| e.to_string())?;
        while !run.advance(u64::MAX).map_err(|e| e.to_string())? {}
        let cell = self.plan.kind().build::<f64>().map_err(|e| e.to_string())?;
        let layout = cell.layout();
        let block = layout.find("W").ok_or("the network has no recurrent weights")?;
        let [a, b] = [i, j].map(|k| &self.networks[k][block.range()]);
        let n = self.plan.width;
        let matching = match_units(a, b, n).map_err(|e| e.to_string())?;
        Ok((run.distance().angle, matching.distance / n as f64))
    }

    /// Share of the work done.
    pub(super) fn progress(&self) -> f64 {
        let k = self.networks.len();
        let (i, j) = self.pair;
        let pairs = i * (2 * k - i - 1) / 2 + (j - i - 1);
        (self.operators.len() + pairs) as f64 / (k + k * (k - 1) / 2) as f64
    }

    /// What was found.
    pub(super) fn levels(self) -> Levels {
        self.levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn::Learner;

    fn small() -> Plan {
        Plan { width: 10, networks: 3, ..Plan::flip_flop(2, 4) }
    }

    fn whole(plan: Plan, networks: Vec<Vec<f64>>) -> Levels {
        let mut survey = Survey::new(plan, networks);
        let mut before = survey.progress();
        while !survey.advance().unwrap() {
            assert!(survey.progress() > before, "every call is one network or one pair");
            before = survey.progress();
        }
        assert_eq!(survey.progress(), 1.0);
        survey.levels()
    }

    fn untrained(plan: &Plan) -> Vec<Vec<f64>> {
        (0..plan.networks)
            .map(|k| Learner::<f32>::new(plan.learning(k), None).unwrap().wide_parameters())
            .collect()
    }

    /// The same network with its units in the order `i -> (i + 3) mod N`.
    fn reordered(plan: &Plan, own: &[f64]) -> Vec<f64> {
        let layout = plan.kind().build::<f64>().unwrap().layout();
        let n = plan.width;
        let to = |i: usize| (i + 3) % n;
        let mut other = own.to_vec();
        for block in &layout.blocks {
            for row in 0..block.rows {
                for col in 0..block.cols {
                    let r = if matches!(block.name, "W" | "U" | "b") { to(row) } else { row };
                    let c = if matches!(block.name, "W" | "C") { to(col) } else { col };
                    other[block.offset + r * block.cols + c] = own[block.offset + row * block.cols + col];
                }
            }
        }
        other
    }

    #[test]
    fn degeneracy_of_one_network_in_other_orders_is_none_on_any_level() {
        let plan = small();
        let own = untrained(&plan).remove(0);
        let again = reordered(&plan, &own);
        let levels = whole(plan, vec![own, again.clone(), reordered(&plan, &again)]);
        assert!(levels.of_dynamics() < 1e-6, "{:?}", levels.dynamics);
        assert_eq!(levels.of_weights(), 0.0, "{:?}", levels.weights);
        assert!(levels.of_behaviour() < 1e-12, "{:?}", levels.losses);
    }

    #[test]
    fn degeneracy_of_different_networks_is_measured_and_travels() {
        let plan = small();
        let levels = whole(plan, untrained(&plan));
        assert!(levels.of_dynamics() > 0.01 && levels.of_weights() > 0.01 && levels.of_behaviour() > 0.0);
        assert!(levels.dynamics[1] == levels.dynamics[3] && levels.dynamics[0] == 0.0);
        assert_eq!(levels.eigenvalues.len(), 3);
        assert_eq!(levels.map().unwrap().at.len(), 6);
        let mut out = Writer::default();
        levels.write(&mut out);
        assert_eq!(Levels::read(&mut Reader(&out.0), 3).unwrap(), levels);
        assert!(Levels::read(&mut Reader(&out.0), 4).is_err());
    }

    #[test]
    fn degeneracy_of_networks_that_do_not_move_is_refused_in_a_sentence() {
        let plan = small();
        let still = vec![vec![0.0; untrained(&plan)[0].len()]; 2];
        let refused = Survey::new(plan, still).advance().unwrap_err();
        assert!(refused.contains("constant") || refused.contains("same"), "{refused}");
    }
}
