//! Tasks: seeded generators of input and target sequences, the kinds a file each.

mod bits;
mod hidden_markov;
mod memory;
mod neuroscience;

pub use hidden_markov::{HiddenMarkov, Topology};

use crate::cell::check_size;
use crate::error::Error;
use crate::loss::Loss;
use crate::series::Series;
use numerics::Stream;

/// The list of tasks: a name with what makes it harder. All numbers of one example come from one stream.
///
/// Steps are counted from 0. A step without a weight does not count in the loss; an absent one leaves the state as it
/// was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TaskKind {
    /// Pulses of ±1 come with a chance of `rate` a step, channel by channel; the target is the sign of the channel's
    /// last pulse, 0 before the first. Squared error.
    ///
    /// Source: Sussillo and Barak, "Opening the Black Box", Neural Computation 25, 2013.
    FlipFlop {
        /// Independent channels, as many inputs and outputs.
        channels: usize,
        /// Steps of a sequence.
        steps: usize,
        /// Chance of a pulse, 0 to 1.
        rate: f64,
    },
    /// From the go step `steps / 12` on, each channel's input is `k / F`, `k` drawn from 1 to `F`, and its target
    /// `sin(2π f_k n)` after `n` further steps, with `F` frequencies spread evenly from 0.02 to 0.1 a step; both are 0
    /// before. Squared error.
    ///
    /// Source: as for the flip-flop.
    Sine {
        /// Independent channels, as many inputs and outputs.
        channels: usize,
        /// Frequencies to choose from, `F`.
        frequencies: usize,
        /// Steps of a sequence.
        steps: usize,
    },
    /// Each channel shows a number uniform in ±1 for 5 steps, nothing for `delay` steps and another number for 5; in
    /// the 5 steps after, which alone have a weight, the target is the sign of the second less the first. Squared error.
    ///
    /// Source: Romo et al., "Neuronal Correlates of Parametric Working Memory in the Prefrontal Cortex", Nature 399,
    /// 1999.
    Discrimination {
        /// Independent channels, as many inputs and outputs.
        channels: usize,
        /// Steps between the two numbers.
        delay: usize,
    },
    /// The inputs are velocities, `v ← 0.8 v + noise` with the standard deviation 0.1; the targets are positions, which
    /// begin at 0 and are reflected at ±1, the velocity with them. Squared error.
    PathIntegration {
        /// Dimensions of space, as many inputs and outputs.
        dimensions: usize,
        /// Steps of a sequence.
        steps: usize,
    },
    /// Two inputs: numbers uniform in 0 to 1, and a mark at one of them in each half of the sequence; the target, at the
    /// last step alone, is the sum of the two numbers marked. Squared error.
    ///
    /// Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997, in the form of Le,
    /// Jaitly and Hinton, arXiv 1504.00941.
    Adding {
        /// Steps of a sequence, at least 2.
        steps: usize,
    },
    /// One of `symbols` inputs is 1 in each of the first `length` steps; after `delay` steps, the last of which sets the
    /// go input to 1, the targets are the same symbols again, and these steps alone have a weight. Cross entropy.
    ///
    /// Source: as for adding, experiment 2; Arjovsky, Shah and Bengio, arXiv 1511.06464.
    CopyMemory {
        /// Symbols, as many outputs; there is one input more.
        symbols: usize,
        /// Symbols to be remembered.
        length: usize,
        /// Steps between them and the answer, at least 1.
        delay: usize,
    },
    /// Event-coded parity: a string of 2 to `pad - 1` random bits comes as one step a run of equal bits, its inputs the
    /// bit and a fourth of the run's length, the steps behind the last run absent; the target, at the last step alone,
    /// is whether the number of ones is odd. Logistic loss.
    ///
    /// Source: Hasani et al., "Closed-form Continuous-time Neural Networks", Nature Machine Intelligence 4, 2022.
    Parity {
        /// One more than the longest string, at least 3; also one more than the number of steps.
        pad: usize,
        /// Whether the lengths are told; if not, the second input is always 1.
        timed: bool,
    },
    /// Random bits; the target is whether the bit differs from the one before, from step 1 on. Logistic loss.
    ///
    /// Source: Elman, "Finding Structure in Time", Cognitive Science 14, 1990.
    TemporalXor {
        /// Steps of a sequence, at least 2.
        steps: usize,
    },
    /// The first input is ±1 at step 0 and 0 after, the second is noise of standard deviation 0.5 throughout; the
    /// target, at the last step alone, is whether the first was 1. Logistic loss.
    ///
    /// Source: Bengio, Simard and Frasconi, "Learning Long-Term Dependencies with Gradient Descent Is Difficult", IEEE
    /// Transactions on Neural Networks 5, 1994.
    Latch {
        /// Steps of a sequence.
        steps: usize,
    },
    /// Random bits; the target is the majority of the bits two steps before, now and two steps ahead, at all steps that
    /// have both. Logistic loss.
    Majority {
        /// Steps of a sequence, at least 5.
        steps: usize,
    },
    /// Symbols of a hidden Markov model, one of three inputs 1; the target is the symbol of the next step. Cross entropy.
    HiddenMarkov {
        /// How the hidden states reach each other.
        topology: Topology,
        /// Steps of a sequence.
        steps: usize,
    },
    /// A stretch of a series of one's own from a random place; the target is its value `ahead` steps later. Squared
    /// error.
    Forecast {
        /// Channels of the series, as many inputs and outputs.
        channels: usize,
        /// Steps of a sequence.
        steps: usize,
        /// How far ahead, at least 1.
        ahead: usize,
    },
}

/// One example of a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// Inputs, `I` a step.
    pub inputs: Vec<f64>,
    /// Targets, `O` a step.
    pub targets: Vec<f64>,
    /// Weights in the loss, one a step.
    pub weights: Vec<f64>,
    /// Which steps take place.
    pub present: Vec<bool>,
}

impl Example {
    fn clear(&mut self, [inputs, steps, outputs]: [usize; 3]) {
        let refill = |values: &mut Vec<f64>, count: usize, value: f64| {
            values.clear();
            values.resize(count, value);
        };
        refill(&mut self.inputs, inputs * steps, 0.0);
        refill(&mut self.targets, outputs * steps, 0.0);
        refill(&mut self.weights, steps, 1.0);
        self.present.clear();
        self.present.resize(steps, true);
    }
}

impl TaskKind {
    /// One small example of each task of the list, over which tests and documentation run.
    pub fn examples() -> Vec<TaskKind> {
        vec![
            TaskKind::FlipFlop { channels: 3, steps: 40, rate: 0.1 },
            TaskKind::Sine { channels: 1, frequencies: 4, steps: 60 },
            TaskKind::Discrimination { channels: 1, delay: 20 },
            TaskKind::PathIntegration { dimensions: 2, steps: 40 },
            TaskKind::Adding { steps: 30 },
            TaskKind::CopyMemory { symbols: 4, length: 5, delay: 10 },
            TaskKind::Parity { pad: 9, timed: true },
            TaskKind::TemporalXor { steps: 24 },
            TaskKind::Latch { steps: 30 },
            TaskKind::Majority { steps: 16 },
            TaskKind::HiddenMarkov { topology: Topology::Chain(3), steps: 40 },
            TaskKind::Forecast { channels: 2, steps: 20, ahead: 1 },
        ]
    }

    /// Numbers of inputs, of steps and of outputs.
    pub fn sizes(self) -> [usize; 3] {
        match self {
            TaskKind::FlipFlop { channels: n, steps, .. }
            | TaskKind::Sine { channels: n, steps, .. }
            | TaskKind::PathIntegration { dimensions: n, steps }
            | TaskKind::Forecast { channels: n, steps, .. } => [n, steps, n],
            TaskKind::Discrimination { channels, delay } => [channels, delay.saturating_add(15), channels],
            TaskKind::Adding { steps } => [2, steps, 1],
            TaskKind::CopyMemory { symbols, length, delay } => {
                [symbols.saturating_add(1), length.saturating_mul(2).saturating_add(delay), symbols]
            }
            TaskKind::Parity { pad, .. } => [2, pad.saturating_sub(1), 1],
            TaskKind::TemporalXor { steps } | TaskKind::Majority { steps } => [1, steps, 1],
            TaskKind::Latch { steps } => [2, steps, 1],
            TaskKind::HiddenMarkov { steps, .. } => [3, steps, 3],
        }
    }

    /// The loss that fits the targets.
    pub fn loss(self) -> Loss {
        match self {
            TaskKind::CopyMemory { .. } | TaskKind::HiddenMarkov { .. } => Loss::CrossEntropy,
            TaskKind::Parity { .. }
            | TaskKind::TemporalXor { .. }
            | TaskKind::Latch { .. }
            | TaskKind::Majority { .. } => Loss::Logistic,
            _ => Loss::Squared,
        }
    }

    /// Whether there may be steps that do not take place.
    pub fn has_absent_steps(self) -> bool {
        matches!(self, TaskKind::Parity { .. })
    }

    /// Whether the task can be drawn, by its own numbers.
    pub(crate) fn sound(self) -> Result<(), Error> {
        let [inputs, steps, _] = self.sizes();
        let least = match self {
            TaskKind::Adding { .. } | TaskKind::TemporalXor { .. } | TaskKind::Parity { .. } => 2,
            TaskKind::Majority { .. } => 5,
            _ => 1,
        };
        check_size("the number of steps of the task", steps, least, usize::MAX)?;
        check_size("the number of channels of the task", inputs, 1, usize::MAX)?;
        match self {
            TaskKind::FlipFlop { rate, .. } if !(0.0..=1.0).contains(&rate) => {
                Err(Error::Setting { what: "the rate of pulses", found: rate, expected: "between 0 and 1" })
            }
            TaskKind::Sine { frequencies, .. } => {
                check_size("the number of frequencies", frequencies, 1, usize::MAX)
            }
            TaskKind::CopyMemory { symbols, length, delay } => {
                check_size("the number of symbols", symbols, 1, usize::MAX)?;
                check_size("the number of symbols to remember", length, 1, usize::MAX)?;
                check_size("the delay", delay, 1, usize::MAX)
            }
            TaskKind::HiddenMarkov { topology, .. } => HiddenMarkov::new(topology).map(|_| ()),
            TaskKind::Forecast { ahead, .. } => check_size("the number of steps ahead", ahead, 1, usize::MAX),
            _ => Ok(()),
        }
    }

    /// Whether the task can be drawn, from `series` where it is one on a series.
    ///
    /// # Errors
    /// [`Error::Size`] for a size of zero, too small or beyond 4096; [`Error::Setting`] for a chance outside 0 to 1;
    /// [`Error::NeedsSeries`], [`Error::SeriesChannels`] and [`Error::TooShort`] where the series is missing or unfit.
    pub fn check(self, series: Option<&Series>) -> Result<(), Error> {
        self.sound()?;
        let TaskKind::Forecast { channels, steps, ahead } = self else { return Ok(()) };
        let series = series.ok_or(Error::NeedsSeries)?;
        let found = series.channels().len();
        if found != channels {
            return Err(Error::SeriesChannels { found, expected: channels });
        }
        let (found, needed) = (series.rows(), steps + ahead);
        if found < needed { Err(Error::TooShort { found, needed }) } else { Ok(()) }
    }

    /// Draws one example; of a series the numbers are `values`, row by row. A task that [`TaskKind::check`] refuses
    /// gives an empty example, or one without a weight.
    pub fn draw(self, values: &[f64], stream: &mut Stream, example: &mut Example) {
        if self.sound().is_err() {
            return example.clear([0, 0, 0]);
        }
        example.clear(self.sizes());
        match self {
            TaskKind::FlipFlop { channels, rate, .. } => {
                neuroscience::flip_flop(channels, rate, stream, example);
            }
            TaskKind::Sine { channels, frequencies, steps } => {
                neuroscience::sine(channels, frequencies, steps, stream, example);
            }
            TaskKind::Discrimination { channels, delay } => {
                neuroscience::discrimination(channels, delay, stream, example);
            }
            TaskKind::PathIntegration { dimensions, .. } => {
                neuroscience::path_integration(dimensions, stream, example);
            }
            TaskKind::Adding { steps } => memory::adding(steps, stream, example),
            TaskKind::CopyMemory { symbols, length, delay } => {
                memory::copy(symbols, length, delay, stream, example);
            }
            TaskKind::Latch { .. } => memory::latch(stream, example),
            TaskKind::Parity { pad, timed } => bits::parity(pad, timed, stream, example),
            TaskKind::TemporalXor { .. } => bits::temporal_xor(stream, example),
            TaskKind::Majority { .. } => bits::majority(stream, example),
            TaskKind::HiddenMarkov { topology, .. } => hidden_markov::draw(topology, stream, example),
            TaskKind::Forecast { channels, steps, ahead } => {
                let rows = values.len() / channels;
                let Some(places) = (rows + 1).checked_sub(steps + ahead).filter(|places| *places > 0) else {
                    return example.weights.fill(0.0);
                };
                let first = stream.below(places as u64) as usize * channels;
                let count = steps * channels;
                example.inputs.copy_from_slice(&values[first..first + count]);
                example.targets.copy_from_slice(&values[first + ahead * channels..][..count]);
            }
        }
    }
}

/// Leaves a weight to the last step alone.
fn last_only(weights: &mut [f64]) {
    if let Some((_, rest)) = weights.split_last_mut() {
        rest.fill(0.0);
    }
}
