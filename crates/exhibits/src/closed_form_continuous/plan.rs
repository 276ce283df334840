//! Variants of the cell, and how they learn.

use crate::contract::Role;
use crate::values::Values;
use rnn::cells::CfcForm;
use rnn::{CellKind, Learning, Schedule, TaskKind};

/// Every network: its name in links, its name for people, and its line where it is not the run's own.
pub(super) const VARIANTS: [(&str, &str, Role); 7] = [
    ("cfc", "CfC", Role::Ink),
    ("no-gate", "No gate", Role::Quiet),
    ("minimal", "Minimal", Role::Dashed),
    ("mixed", "Mixed", Role::Quiet),
    ("no-time", "Time removed", Role::Dotted),
    ("ltc", "LTC", Role::Dashed),
    ("rnn", "RNN", Role::Dotted),
];

/// Units of the backbone.
const BACKBONE: usize = 64;

/// What determines a training beside its cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) hidden: usize,
    /// Unfoldings of a step of the LTC.
    pub(super) unfolds: usize,
    /// One more than the longest string.
    pub(super) pad: usize,
    pub(super) rate: f64,
    pub(super) updates: u64,
    pub(super) batch: usize,
    pub(super) seed: u64,
}

impl Plan {
    /// 32 units, six unfoldings, strings of up to 8 bits, 2500 updates on 64 of them from a rate of 0.005 on.
    pub(super) fn usual(seed: u64) -> Self {
        Self { hidden: 32, unfolds: 6, pad: 9, rate: 5e-3, updates: 2500, batch: 64, seed }
    }

    /// From the controls.
    pub(super) fn of(values: &Values, seed: u64) -> Self {
        Self {
            hidden: values.integer("units"),
            unfolds: values.integer("unfolds"),
            pad: values.integer("pad"),
            rate: values.number("rate"),
            updates: values.integer("updates") as u64,
            ..Self::usual(seed)
        }
    }

    /// The task as a network is told it: two of them never hear of time.
    pub(super) fn task(&self, variant: &str) -> TaskKind {
        TaskKind::Parity { pad: self.pad, timed: !matches!(variant, "no-time" | "rnn") }
    }

    /// The cell of a variant.
    pub(super) fn kind(&self, variant: &str) -> CellKind {
        let [inputs, _, outputs] = self.task(variant).sizes();
        let hidden = self.hidden;
        let form = match variant {
            "ltc" => return CellKind::Ltc { inputs, hidden, outputs, unfolds: self.unfolds },
            "rnn" => return CellKind::Tanh { inputs, hidden, outputs },
            "no-gate" => CfcForm::NoGate,
            "minimal" => CfcForm::Minimal,
            "mixed" => CfcForm::Mixed,
            _ => CfcForm::Full,
        };
        CellKind::Cfc { inputs, hidden, outputs, backbone: BACKBONE, form }
    }

    /// How a variant learns: the rate falls along a cosine to a hundredth, gradients have a norm of 5 at most.
    pub(super) fn learning(&self, variant: &str) -> Learning {
        let schedule = Schedule::Cosine { from: self.rate, to: 0.01 * self.rate, updates: self.updates };
        let plain = Learning::new(self.kind(variant), self.task(variant), self.rate, self.seed);
        Learning { schedule, batch: self.batch, clip: Some(5.0), ..plain }
    }
}
