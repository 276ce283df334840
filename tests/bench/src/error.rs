/// Why a measurement or its table could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system of the zoo is gone.
    #[error("the zoo has no system `{0}`; the benchmarks step it")]
    System(&'static str),
    /// A system of the zoo could not be measured.
    #[error("the system `{slug}` of the zoo: {reason}")]
    Zoo {
        /// Which.
        slug: &'static str,
        /// Why.
        reason: String,
    },
    /// A solver refused.
    #[error("a solver refused: {0}")]
    Dynamics(#[from] dynamics::Error),
    /// A network refused.
    #[error("a network refused: {0}")]
    Training(#[from] rnn::Error),
    /// Equations refused.
    #[error("equations refused: {0}")]
    Equations(#[from] equations::EquationError),
    /// The device refused.
    #[cfg(feature = "gpu")]
    #[error("the device refused: {0}")]
    Device(#[from] gpu::GpuError),
    /// What was computed is not what it must be, so that its speed says nothing.
    #[error("{what}: {found}, which must be {wanted}")]
    Wrong {
        /// Which result.
        what: String,
        /// What came out.
        found: String,
        /// What is right.
        wanted: String,
    },
    /// A measurement is not in the reports.
    #[error("the reports hold no measurement of `{0}`")]
    Absent(String),
    /// A report cannot be read or written.
    #[error("{path}: {reason}")]
    Report {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}
