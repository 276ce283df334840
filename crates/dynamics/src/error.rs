//! What can be wrong with a request.

/// A request that cannot be carried out, with what would be right.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The state given has another length than the system's.
    #[error("the state has {given} values, but the system has {wanted} variables: give {wanted} values")]
    Dimension {
        /// Length given.
        given: usize,
        /// Number of variables of the system.
        wanted: usize,
    },
    /// A starting value is not a finite number.
    #[error("starting value {variable} is {value}: every starting value must be a finite number")]
    Start {
        /// Index of the variable.
        variable: usize,
        /// The value given.
        value: f64,
    },
    /// An option lies outside its range.
    #[error("{name} is {value}: it must be {wanted}")]
    Option {
        /// Name of the option.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What would be right.
        wanted: &'static str,
    },
    /// A flow was asked to step as a map, or a map as a flow.
    #[error("the method \"{method}\" does not step a {system}: use {wanted}")]
    Method {
        /// Slug of the method given.
        method: &'static str,
        /// What was to be stepped.
        system: &'static str,
        /// The methods that would do.
        wanted: &'static str,
    },
    /// The system has or lacks something that the method cannot do with or without.
    #[error("the method \"{method}\" does not step this system: {reason}; use {wanted}")]
    Unsupported {
        /// Slug of the method given.
        method: &'static str,
        /// What stands against it.
        reason: &'static str,
        /// What would do.
        wanted: &'static str,
    },
    /// The run stopped before the data were complete.
    #[error("the run stopped after {samples} of {wanted} samples: {outcome}")]
    Stopped {
        /// Samples taken.
        samples: usize,
        /// Samples asked for.
        wanted: usize,
        /// Why it stopped.
        outcome: crate::Outcome,
    },
    /// A checkpoint belongs to another kind of run.
    #[error(
        "the checkpoint holds {given} numbers, but this run needs {wanted}: use a checkpoint of the same run"
    )]
    Checkpoint {
        /// Numbers given.
        given: usize,
        /// Numbers needed.
        wanted: usize,
    },
}
