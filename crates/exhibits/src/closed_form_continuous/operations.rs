//! Operations counted, for none of which a clock is needed.

use rnn::CellKind;
use rnn::cells::CfcForm;

/// What one step of one sequence takes, without the readout, which is the same for all.
///
/// A sum is not counted. A sigmoid, a hyperbolic tangent and an exponential are one function each and a division is
/// one too, though each of the former is worth ten products or more: that favours whoever needs many of them, which is
/// the solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operations {
    /// Multiplications.
    pub(super) products: u64,
    /// Values of a sigmoid, a hyperbolic tangent or an exponential, and divisions.
    pub(super) functions: u64,
}

impl Operations {
    /// Both, a function as one multiplication.
    pub(super) fn total(self) -> u64 {
        self.products + self.functions
    }
}

/// Of a step of a cell as it is worked out here; of cells that are not of this exhibit the products with their
/// parameters alone.
pub(super) fn of(kind: CellKind) -> Operations {
    match kind {
        CellKind::Cfc { inputs, hidden, backbone, form, .. } => {
            let (i, h, b) = (inputs as u64 - 1, hidden as u64, backbone as u64);
            let heads = if form == CfcForm::Minimal { 1 } else { 4 };
            // Of each unit, behind the products with the weights.
            let [products, functions] = match form {
                CfcForm::Full => [3, 3],
                CfcForm::NoGate => [2, 3],
                CfcForm::Minimal => [3, 1],
                // An LSTM has four gates and a squashed cell, and three products.
                CfcForm::Mixed => [3 + 3, 3 + 5],
            };
            let memory = if form == CfcForm::Mixed { 4 * h * (h + i) } else { 0 };
            let weights = b * (h + i) + heads * h * b + memory;
            // The backbone's tangent has a slope and a height.
            Operations { products: weights + 2 * b + products * h, functions: b + functions * h }
        }
        CellKind::Ltc { inputs, hidden, unfolds, .. } => {
            let (h, n) = (hidden as u64, unfolds as u64);
            let synapses = n * h * h + h * (inputs as u64 - 1);
            // A synapse: slope, strength, reversal. A unit: its leak once; capacity, own state and division each time.
            let products = 3 * synapses + 1 + h + 2 * n * h;
            Operations { products, functions: synapses + 1 + n * h }
        }
        CellKind::Tanh { inputs, hidden, .. } => {
            let (i, h) = (inputs as u64, hidden as u64);
            Operations { products: h * (h + i), functions: h }
        }
        _ => {
            let products = kind.build::<f64>().map_or(0, |cell| cell.layout().len() as u64);
            Operations { products, functions: 0 }
        }
    }
}

/// Of a step of an LTC of `inputs`, the elapsed time among them, and `hidden` units, when `steps` steps of Runge and
/// Kutta's method of order four solve it.
pub(super) fn by_runge_kutta(inputs: usize, hidden: usize, steps: usize) -> Operations {
    let (h, n) = (hidden as u64, steps as u64);
    let sensed = h * (inputs as u64 - 1);
    let synapses = 4 * n * h * h + sensed;
    // A right-hand side of a unit: what pulls it times its state, and the capacity. A step: three half-way states, and
    // the sum of the four slopes.
    let products = 3 * synapses + h + 4 * n * h + 5 * n * h;
    Operations { products, functions: synapses + 4 * n * h }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Plan, VARIANTS};
    use super::*;

    #[test]
    fn every_weight_of_a_matrix_is_multiplied_once_a_step() {
        for (slug, ..) in VARIANTS.iter().filter(|(slug, ..)| *slug != "ltc") {
            let kind = Plan::usual(0).kind(slug);
            let layout = kind.build::<f64>().unwrap().layout();
            let matrices = layout.blocks.iter().filter(|b| ["W", "U", "F", "R", "V"].contains(&b.name));
            let weights: u64 = matrices.map(|b| b.len() as u64).sum();
            let beyond = of(kind).products - weights;
            let elementwise = if *slug == "rnn" { 0..=0 } else { 128 + 2 * 32..=128 + 6 * 32 };
            assert!(elementwise.contains(&beyond), "{slug}: {beyond}");
        }
    }

    #[test]
    fn a_solver_takes_what_its_synapses_take() {
        let plan = Plan::usual(0);
        // 6 (32² + 32) sigmoids and divisions, two of the input's and of the time's own.
        assert_eq!(of(plan.kind("ltc")).functions, 6 * (32 * 32 + 32) + 32 + 1);
        assert_eq!(of(plan.kind("cfc")), Operations { products: 10_528, functions: 160 });
        // Each right-hand side is at least as dear as an unfolding.
        let [one, ten] = [1, 10].map(|steps| by_runge_kutta(2, 32, steps).total());
        assert!(ten > 9 * one && one > 4 * 4 * 32 * 32);
    }
}
