//! Tasks, conditions and how their networks learn.

use crate::values::Values;
use rnn::cells::Unit;
use rnn::{CellKind, Draw, Learning, Schedule, TaskKind};

/// Every task: its name in links and for people.
pub(super) const TASKS: [(&str, &str); 4] = [
    ("flip-flop", "flip-flop: hold the last pulse"),
    ("sine", "sine: a frequency on demand"),
    ("discrimination", "discrimination: compare after a delay"),
    ("integration", "path integration: where am I"),
];

/// What may differ between both conditions: its name in links and for people, the control of the first condition, that
/// of the second, and its symbol in text.
pub(super) const CONTRASTS: [(&str, &str, &str, &str, &str); 4] = [
    ("complexity", "complexity of the task", "complexity", "other_complexity", "C"),
    ("width", "number of units", "width", "other_width", "N"),
    ("richness", "feature learning", "richness", "other_richness", "γ"),
    ("sparsity", "sparsity", "sparsity", "other_sparsity", "λ"),
];

/// Shares of the updates at which the rate falls, and its factors.
const FALLS: &[(f64, f64)] = &[(0.5, 0.4), (0.8, 0.16)];

/// How the networks begin: `W ~ N(0, 1/N)`, `U` and `C` standard normal, no biases.
const START: &[(&str, Draw)] = &[
    ("W", Draw::NormalPerColumn(1.0)),
    ("U", Draw::Normal(1.0)),
    ("C", Draw::Normal(1.0)),
    ("b", Draw::Constant(0.0)),
    ("c", Draw::Constant(0.0)),
];

/// One of the four tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    FlipFlop,
    Sine,
    Discrimination,
    Integration,
}

impl Task {
    fn named(name: &str) -> Self {
        match name {
            "sine" => Self::Sine,
            "discrimination" => Self::Discrimination,
            "integration" => Self::Integration,
            _ => Self::FlipFlop,
        }
    }

    /// The task at a complexity: as many channels, frequencies or dimensions, three of the last and of the numbers to
    /// compare at most.
    pub(super) fn at(self, complexity: usize) -> TaskKind {
        let few = if complexity < 3 { complexity } else { 3 };
        match self {
            Self::FlipFlop => TaskKind::FlipFlop { channels: complexity, steps: 40, rate: 0.1 },
            Self::Sine => TaskKind::Sine { channels: 1, frequencies: complexity, steps: 60 },
            Self::Discrimination => TaskKind::Discrimination { channels: few, delay: 20 },
            Self::Integration => TaskKind::PathIntegration { dimensions: few, steps: 40 },
        }
    }
}

/// The same task out of the distribution learned from: sequences four times as long, with a fourth of the pulses where
/// there are pulses; of the delayed task twice the delay.
pub(super) fn beyond(task: TaskKind) -> TaskKind {
    match task {
        TaskKind::FlipFlop { channels, steps, rate } => {
            TaskKind::FlipFlop { channels, steps: 4 * steps, rate: 0.25 * rate }
        }
        TaskKind::Sine { channels, frequencies, steps } => {
            TaskKind::Sine { channels, frequencies, steps: 4 * steps }
        }
        TaskKind::Discrimination { channels, delay } => {
            TaskKind::Discrimination { channels, delay: 2 * delay }
        }
        TaskKind::PathIntegration { dimensions, steps } => {
            TaskKind::PathIntegration { dimensions, steps: 4 * steps }
        }
        other => other,
    }
}

/// What determines the networks of one condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) task: Task,
    /// Channels, frequencies or dimensions, `C`.
    pub(super) complexity: usize,
    /// Units, `N`.
    pub(super) width: usize,
    /// Strength of feature learning, `γ`.
    pub(super) richness: f64,
    /// Factor of the mean size of the entries of `W` in the loss, `λ`.
    pub(super) sparsity: f64,
    /// Networks, `K`.
    pub(super) networks: usize,
    pub(super) updates: u64,
    /// Base of the seeds of all networks, and seed of the examples that all are tried on.
    pub(super) seed: u64,
}

impl Plan {
    /// Six flip-flops of 48 units, 500 updates each.
    pub(super) fn flip_flop(complexity: usize, seed: u64) -> Self {
        Self {
            task: Task::FlipFlop,
            complexity,
            width: 48,
            richness: 1.0,
            sparsity: 0.0,
            networks: 6,
            updates: 500,
            seed,
        }
    }

    /// Both conditions that a person has chosen.
    pub(super) fn both(values: &Values, seed: u64) -> [Self; 2] {
        let contrast = values.text("contrast");
        [false, true].map(|second| {
            let place = |name: &str| {
                let other = CONTRASTS.iter().find(|c| second && c.0 == contrast && c.2 == name);
                other.map_or(name.to_owned(), |c| c.3.to_owned())
            };
            Self {
                task: Task::named(values.text("task")),
                complexity: values.integer(&place("complexity")),
                width: values.integer(&place("width")),
                richness: values.number(&place("richness")),
                sparsity: values.number(&place("sparsity")),
                networks: values.integer("networks"),
                updates: values.integer("updates") as u64,
                seed,
            }
        })
    }

    pub(super) fn task(&self) -> TaskKind {
        self.task.at(self.complexity)
    }

    /// The readout is `o = C h / (γ N) + c`: the richer, the farther the weights must go.
    pub(super) fn kind(&self) -> CellKind {
        let [inputs, _, outputs] = self.task().sizes();
        let scale = 1.0 / (self.richness * self.width as f64);
        CellKind::Elman {
            inputs,
            hidden: self.width,
            outputs,
            unit: Unit::Tanh,
            leak: 0.5,
            biases: true,
            scale,
        }
    }

    /// How network `k` learns.
    pub(super) fn learning(&self, k: usize) -> Learning {
        // Networks of one seed are those of no other: there are at most sixteen of them.
        let seed = self.seed.wrapping_mul(1000).wrapping_add(k as u64);
        Learning {
            start: START,
            schedule: Schedule::Steps { rate: 3e-3, updates: self.updates, steps: FALLS },
            sparse: (self.sparsity > 0.0).then_some(("W", self.sparsity)),
            ..Learning::new(self.kind(), self.task(), 3e-3, seed)
        }
    }

    /// Floating-point operations of all trainings, about.
    pub(super) fn cost(&self) -> f64 {
        let [inputs, steps, outputs] = self.task().sizes();
        let weights = (self.width * (self.width + inputs + outputs)) as f64;
        6.0 * weights * (32 * steps) as f64 * self.updates as f64 * self.networks as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn::Learner;

    #[test]
    fn degeneracy_plans_of_all_tasks_learn_and_can_be_tried_beyond() {
        for (name, _) in TASKS {
            for complexity in 1..=4 {
                let task = Task::named(name);
                let plan = Plan { task, width: 5, updates: 10, ..Plan::flip_flop(complexity, 1) };
                let mut learner = Learner::<f32>::new(plan.learning(0), None).unwrap();
                assert!(learner.update().unwrap().loss.is_finite());
                let harder = beyond(plan.task());
                assert!(harder.sizes()[1] > plan.task().sizes()[1]);
                assert!(learner.evaluate(harder, 1, 4).unwrap().loss.is_finite(), "{name} {complexity}");
            }
        }
    }

    #[test]
    fn degeneracy_networks_begin_differently_and_as_the_paper_scales_them() {
        let plan = Plan { richness: 2.0, ..Plan::flip_flop(2, 3) };
        let learners = [0, 1].map(|k| Learner::<f32>::new(plan.learning(k), None).unwrap());
        assert_ne!(learners[0].digest(), learners[1].digest());
        let own = learners[0].wide_parameters();
        let square = |name: &str| {
            let piece = &own[learners[0].layout().find(name).unwrap().range()];
            numerics::sum_by(piece.len(), |i| piece[i] * piece[i]) / piece.len() as f64
        };
        assert!((48.0 * square("W") - 1.0).abs() < 0.15, "{}", square("W"));
        assert!((square("U") - 1.0).abs() < 0.4 && square("b") == 0.0 && square("c") == 0.0);
        assert!(matches!(plan.kind(), CellKind::Elman { scale, .. } if scale == 1.0 / 96.0));
    }
}
