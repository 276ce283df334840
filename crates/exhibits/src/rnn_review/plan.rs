//! Architectures and tasks.

use crate::contract::Role;
use crate::values::Values;
use rnn::{CellKind, Learning, TaskKind};

/// Every architecture: its name in links, its name for people, and its line where it is not the run's own.
pub(super) const ARCHITECTURES: [(&str, &str, Role); 5] = [
    ("elman", "Elman", Role::Ink),
    ("jordan", "Jordan", Role::Dotted),
    ("lstm", "LSTM", Role::Dashed),
    ("gru", "GRU", Role::Quiet),
    ("brnn", "Bidirectional", Role::Quiet),
];

/// What determines a training beside its architecture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) task: TaskKind,
    pub(super) hidden: usize,
    pub(super) rate: f64,
    pub(super) batch: usize,
    pub(super) clip: Option<f64>,
    /// Where the bias of the forget gate starts.
    pub(super) forget: f64,
    pub(super) truncation: Option<usize>,
    pub(super) seed: u64,
}

impl Plan {
    /// A latch over `steps` steps: 16 units, rate 0.005, 64 sequences, gradients of norm 1 at most.
    pub(super) fn latch(steps: usize, seed: u64) -> Self {
        Self {
            task: TaskKind::Latch { steps },
            hidden: 16,
            rate: 5e-3,
            batch: 64,
            clip: Some(1.0),
            forget: 1.0,
            truncation: None,
            seed,
        }
    }
    /// The exclusive or of two bits one after the other: 8 units, rate 0.01, 32 sequences of 24.
    pub(super) fn xor(seed: u64) -> Self {
        let task = TaskKind::TemporalXor { steps: 24 };
        Self { task, hidden: 8, rate: 0.01, batch: 32, clip: None, ..Self::latch(1, seed) }
    }
    /// A majority that looks two steps ahead: 12 units a direction, rate 0.01, 48 sequences of 16.
    pub(super) fn majority(seed: u64) -> Self {
        let task = TaskKind::Majority { steps: 16 };
        Self { task, hidden: 12, rate: 0.01, batch: 48, clip: None, ..Self::latch(1, seed) }
    }

    /// From the controls.
    pub(super) fn of(values: &Values, seed: u64) -> Self {
        let steps = values.integer("lag");
        let known = match values.text("task") {
            "xor" => Self::xor(seed),
            "future" => Self::majority(seed),
            _ => Self::latch(steps, seed),
        };
        let clip = values.number("clip");
        let [_, length, _] = known.task.sizes();
        let truncation = values.integer("truncation");
        Self {
            hidden: values.integer("hidden"),
            rate: values.number("rate"),
            clip: (clip > 0.0).then_some(clip),
            forget: values.number("forget"),
            truncation: (truncation < length).then_some(truncation),
            ..known
        }
    }

    /// The cell of an architecture; of the bidirectional one that of each direction.
    pub(super) fn kind(&self, architecture: &str) -> CellKind {
        let [inputs, _, outputs] = self.task.sizes();
        let hidden = self.hidden;
        match architecture {
            "elman" => CellKind::Tanh { inputs, hidden, outputs },
            "jordan" => CellKind::Jordan { inputs, hidden, outputs },
            "gru" => CellKind::Gru { inputs, hidden, outputs },
            _ => CellKind::Lstm { inputs, hidden, outputs, forget: Some(self.forget) },
        }
    }

    /// How an architecture learns.
    pub(super) fn learning(&self, architecture: &str) -> Learning {
        Learning {
            bidirectional: architecture == "brnn",
            batch: self.batch,
            clip: self.clip,
            truncation: self.truncation,
            ..Learning::new(self.kind(architecture), self.task, self.rate, self.seed)
        }
    }
}
