//! How a step ends, and what it cost.

use core::fmt;

/// How a step or a run ended.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outcome {
    /// All is well: the run may go on.
    #[default]
    Ok,
    /// The state left the bound or ceased to be a number.
    Diverged(Divergence),
    /// The error estimate asks for a step that time cannot resolve.
    StepTooSmall {
        /// Time reached.
        time: f64,
        /// The step asked for.
        step: f64,
    },
    /// One output step took more solver steps than allowed.
    TooManySteps {
        /// Time reached.
        time: f64,
        /// Solver steps taken since the last output.
        steps: u64,
    },
    /// An event asked for the end of the run.
    Stopped {
        /// Time of the event.
        time: f64,
        /// Index of the event.
        event: usize,
    },
    /// Events follow each other so fast that time hardly moves.
    TooManyEvents {
        /// Time reached.
        time: f64,
        /// Index of the last event.
        event: usize,
        /// Events within the step.
        events: u64,
    },
    /// The lags reach so far back that the past does not fit in memory.
    HistoryFull {
        /// Time reached.
        time: f64,
        /// The largest lag so far.
        lag: f64,
    },
    /// A lag reaches for a time that is forgotten: it has more than doubled the largest lag before it.
    HistoryForgotten {
        /// Time reached.
        time: f64,
        /// The largest lag so far.
        lag: f64,
    },
    /// The equations of an implicit step have no solution that Newton's method finds.
    NotSolved {
        /// Time reached.
        time: f64,
        /// Length of the step.
        step: f64,
    },
}

impl Outcome {
    /// Whether the run may go on.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }
    /// The divergence, where there was one.
    pub fn divergence(&self) -> Option<&Divergence> {
        match self {
            Self::Diverged(divergence) => Some(divergence),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => write!(f, "running"),
            Self::Diverged(d) => write!(
                f,
                "variable {} reached {} at time {}; the last state within the bound was at time {}",
                d.variable, d.value, d.time, d.last_time
            ),
            Self::StepTooSmall { time, step } => {
                write!(f, "the tolerance asks for a step of {step} at time {time}: loosen it")
            }
            Self::TooManySteps { time, steps } => {
                write!(
                    f,
                    "{steps} solver steps did not reach the next output, at time {time}: loosen the tolerance"
                )
            }
            Self::Stopped { time, event } => write!(f, "event {event} ended the run at time {time}"),
            Self::TooManyEvents { time, event, events } => {
                write!(f, "{events} events within one step at time {time}, the last of them event {event}")
            }
            Self::HistoryFull { time, lag } => {
                write!(f, "at time {time} the past of lag {lag} no longer fits: take longer steps")
            }
            Self::HistoryForgotten { time, lag } => {
                write!(f, "at time {time} the lag {lag} reaches back beyond what is remembered")
            }
            Self::NotSolved { time, step } => {
                write!(f, "the implicit step of {step} at time {time} has no solution: shorten it")
            }
        }
    }
}

/// Where a run left the bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Time at the end of the step that left the bound.
    pub time: f64,
    /// Index of the first variable whose magnitude exceeded the bound or was not a number.
    pub variable: usize,
    /// Its value there.
    pub value: f64,
    /// Time of the last state within the bound.
    pub last_time: f64,
    /// The last state within the bound.
    pub last_state: Vec<f64>,
}

/// What a run has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Solver steps accepted.
    pub steps: u64,
    /// Solver steps rejected by the error estimate.
    pub rejected: u64,
    /// Evaluations of the right-hand side or the map.
    pub evaluations: u64,
}
