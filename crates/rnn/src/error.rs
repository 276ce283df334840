use crate::save::SaveError;
use crate::series::SeriesError;

/// What can be wrong with a request to this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A size of a cell or a batch is zero or beyond what is allowed.
    #[error("{what} is {found}; it must lie between {least} and {most}")]
    Size {
        /// Which size.
        what: &'static str,
        /// What was given.
        found: usize,
        /// Smallest allowed.
        least: usize,
        /// Largest allowed.
        most: usize,
    },
    /// A setting lies outside its range.
    #[error("{what} is {found}; it must be {expected}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What was given.
        found: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// A slice has another length than its shape says.
    #[error("{what} holds {found} numbers where {expected} are needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length its shape asks for.
        expected: usize,
    },
    /// The cell has no state units that stand for the observations, so nothing can be forced.
    #[error("the cell `{0}` has no observed state units; only free running is possible with it")]
    NotForceable(&'static str),
    /// The readout of the cell is its state, so no unit can be left out of it.
    #[error(
        "the output of the cell `{0}` is its state; units can be left out only in front of a linear readout"
    )]
    NotDroppable(&'static str),
    /// The series has another number of channels than the cell observes.
    #[error("the series has {found} channels, the cell `{cell}` observes {expected}")]
    Channels {
        /// Name of the cell.
        cell: &'static str,
        /// Channels of the series.
        found: usize,
        /// Units that the cell observes.
        expected: usize,
    },
    /// The series is shorter than one training sequence.
    #[error("the series has {found} rows, a training sequence needs {needed}")]
    TooShort {
        /// Rows of the series.
        found: usize,
        /// Rows of a sequence.
        needed: usize,
    },
    /// The task is about a series and there is none.
    #[error("the task learns from a series, and none is given")]
    NeedsSeries,
    /// The series has another number of channels than the task is about.
    #[error("the series has {found} channels, the task is about {expected}")]
    SeriesChannels {
        /// Channels of the series.
        found: usize,
        /// Channels of the task.
        expected: usize,
    },
    /// The cell has no linear readout to solve for.
    #[error("the output of the cell `{0}` is its state; there is no readout to solve for")]
    NoReadout(&'static str),
    /// Something that only a plain or leaky Elman network has.
    #[error("this is about the recurrence of an Elman network, which the cell `{0}` does not have")]
    NotElman(&'static str),
    /// The cell has other numbers of inputs and outputs than its task.
    #[error(
        "the cell `{cell}` takes {} numbers in and gives {} out, the task gives {} and asks for {}",
        found[0], found[1], expected[0], expected[1]
    )]
    Unfit {
        /// Name of the cell.
        cell: &'static str,
        /// The cell's inputs and outputs.
        found: [usize; 2],
        /// The task's.
        expected: [usize; 2],
    },
    /// The cell has no piece of its parameters by this name.
    #[error("the cell `{cell}` has no parameters called `{name}`; it has {has}")]
    NoBlock {
        /// Name of the cell.
        cell: &'static str,
        /// The name asked for.
        name: &'static str,
        /// The names there are.
        has: String,
    },
    /// The training has diverged and cannot go on.
    #[error("the training diverged at update {update}; its parameters are the last with a finite loss")]
    Diverged {
        /// The update whose loss, gradient or result was not finite, counted from 1.
        update: u64,
    },
    /// A checkpoint cannot be used.
    #[error("the checkpoint {0}")]
    Checkpoint(&'static str),
    /// A saved network is at fault.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The series itself is at fault.
    #[error(transparent)]
    Series(#[from] SeriesError),
}
