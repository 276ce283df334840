use super::Example;
use crate::cell::check_size;
use crate::error::Error;
use numerics::{Real, Stream};

/// How the hidden states of a Markov model with three symbols reach each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Topology {
    /// `M` states in a row, at least 2; a step to either neighbour has the chance `q = 0.05^(1/(M-1))`, so that the
    /// chain is crossed straight with a chance of 0.05. State `i` emits `0.99(1-a)`, `0.01`, `0.99a` with `a = i/(M-1)`.
    Chain(usize),
    /// Two states that leave each other with this chance; emissions as in the chain.
    Leaving(f64),
    /// Four in a ring: 0.95 to stay, 0.025 to either neighbour; two of them emit the middle symbol.
    Cyclic,
    /// Three, each reaching both others with 0.025; each emits its own symbol with 0.98.
    Full,
}

/// A hidden Markov model with three symbols: `A` of hidden states and `B` of emissions, uniform at the start.
///
/// Source: the models of Torre et al., "Mechanistic Interpretability of RNNs emulating Hidden Markov Models", 2025.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiddenMarkov {
    states: usize,
    transitions: [f64; MOST * MOST],
    emissions: [f64; MOST * 3],
}

/// Largest number of hidden states.
const MOST: usize = 8;

impl HiddenMarkov {
    /// The model of a topology.
    ///
    /// # Errors
    /// [`Error::Size`] for a chain of fewer than 2 states or more than 8; [`Error::Setting`] for a chance outside 0 to 1.
    pub fn new(topology: Topology) -> Result<Self, Error> {
        let states = match topology {
            Topology::Chain(states) => states,
            Topology::Leaving(_) => 2,
            Topology::Cyclic => 4,
            Topology::Full => 3,
        };
        check_size("the number of hidden states", states, 2, MOST)?;
        let leave = match topology {
            Topology::Chain(_) => Real::pow(0.05, 1.0 / (states - 1) as f64),
            Topology::Leaving(q) if (0.0..=1.0).contains(&q) => q,
            Topology::Leaving(found) => {
                return Err(Error::Setting {
                    what: "the chance to leave",
                    found,
                    expected: "between 0 and 1",
                });
            }
            _ => 0.025,
        };
        let mut transitions = [0.0; MOST * MOST];
        for i in 0..states {
            let mut stay = 1.0;
            for j in 0..states {
                let apart = i.abs_diff(j);
                let reached = match topology {
                    Topology::Chain(_) | Topology::Leaving(_) => apart == 1,
                    Topology::Cyclic => apart == 1 || apart == 3,
                    Topology::Full => apart > 0,
                };
                if reached {
                    transitions[i * states + j] = leave;
                    stay -= leave;
                }
            }
            transitions[i * states + i] = stay;
        }
        let mut emissions = [0.0; MOST * 3];
        for (i, row) in emissions.chunks_exact_mut(3).take(states).enumerate() {
            row.copy_from_slice(&match topology {
                Topology::Chain(_) | Topology::Leaving(_) => {
                    let a = i as f64 / (states - 1) as f64;
                    [0.99 * (1.0 - a), 0.01, 0.99 * a]
                }
                Topology::Cyclic => [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9], [0.0, 0.9, 0.1]][i],
                Topology::Full => [[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98]][i],
            });
        }
        Ok(Self { states, transitions, emissions })
    }

    /// Number of hidden states.
    pub fn states(&self) -> usize {
        self.states
    }
    /// `A`, a row a state.
    pub fn transitions(&self) -> &[f64] {
        &self.transitions[..self.states * self.states]
    }
    /// `B`, a row of three a state.
    pub fn emissions(&self) -> &[f64] {
        &self.emissions[..self.states * 3]
    }

    /// Draws `steps` steps: `take(step, state, symbol)`.
    pub fn run(&self, steps: usize, stream: &mut Stream, mut take: impl FnMut(usize, usize, usize)) {
        let mut state = stream.below(self.states as u64) as usize;
        for step in 0..steps {
            if step > 0 {
                state = chosen(&self.transitions[state * self.states..][..self.states], stream.uniform());
            }
            take(step, state, chosen(&self.emissions[state * 3..][..3], stream.uniform()));
        }
    }
}

/// The place that a number uniform in [0, 1) falls to.
fn chosen(chances: &[f64], at: f64) -> usize {
    let mut sum = 0.0;
    let mut last = 0;
    for (k, &chance) in chances.iter().enumerate() {
        sum += chance;
        if chance > 0.0 {
            last = k;
            if at < sum {
                return k;
            }
        }
    }
    last
}

pub(super) fn draw(topology: Topology, stream: &mut Stream, example: &mut Example) {
    let steps = example.weights.len();
    let Ok(model) = HiddenMarkov::new(topology) else {
        return example.weights.fill(0.0);
    };
    model.run(steps + 1, stream, |step, _, symbol| {
        if step < steps {
            example.inputs[3 * step + symbol] = 1.0;
        }
        if step > 0 {
            example.targets[3 * (step - 1) + symbol] = 1.0;
        }
    });
}
