use std::path::PathBuf;

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A claim fails.
    #[error("{}", claims_text(.0))]
    Claims(Vec<String>),
    /// Systems that did not hold out in a survey.
    #[error("{stopped} of {surveyed} systems have runs that did not reach their end")]
    Survey {
        /// How many have such runs.
        stopped: usize,
        /// How many were run.
        surveyed: usize,
    },
    /// A link's fingerprint is not that of the run.
    #[error("the fingerprints differ at step {step}: the link says {wanted}, this run has {found}")]
    Fingerprint {
        /// The step.
        step: u64,
        /// What the link says.
        wanted: String,
        /// What the run has.
        found: String,
    },
    /// A run ended before the step asked for, by a number that left all bounds.
    #[error(
        "the run diverged at time {time} in {variable}, after {step} steps; its last finite state is kept"
    )]
    Diverged {
        /// When.
        time: String,
        /// Which variable.
        variable: String,
        /// Steps that were good.
        step: u64,
    },
    /// A run ended before the step asked for, because its engine could not go on.
    #[error("the run stopped after {step} steps: {reason}")]
    Stopped {
        /// What happened.
        reason: String,
        /// Steps that were good.
        step: u64,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// What an exhibit refuses: a name, a value, a link, equations, a series.
    #[error(transparent)]
    Exhibit(#[from] exhibits::ExhibitError),
    /// What was asked for cannot be done; the message says what would be right.
    #[error("{0}")]
    Input(String),
}

impl Failure {
    /// Exit status: 1 for a result that is not as claimed, 2 for bad input, 0 when the reader of a pipe has seen
    /// enough.
    pub fn code(&self) -> u8 {
        match self {
            Self::Claims(_)
            | Self::Survey { .. }
            | Self::Fingerprint { .. }
            | Self::Diverged { .. }
            | Self::Stopped { .. } => 1,
            _ if self.is_broken_pipe() => 0,
            _ => 2,
        }
    }

    /// Whether whoever read the output went away.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(source) if source.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

fn claims_text(claims: &[String]) -> String {
    let verb = if claims.len() == 1 { "claim fails" } else { "claims fail" };
    format!("{} {verb}: {}", claims.len(), claims.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn each_failure_has_its_exit_status() {
        assert_eq!(Failure::Claims(vec!["lorenz c1".into()]).code(), 1);
        let differing = Failure::Fingerprint { step: 3, wanted: "0".repeat(16), found: "1".repeat(16) };
        assert_eq!(differing.code(), 1);
        assert_eq!(Failure::Input("no".into()).code(), 2);
        assert_eq!(Failure::Output(Error::from(ErrorKind::BrokenPipe)).code(), 0);
        assert_eq!(Failure::Output(Error::from(ErrorKind::StorageFull)).code(), 2);
    }

    #[test]
    fn a_message_counts_the_claims_that_fail() {
        let one = Failure::Claims(vec!["explorer c1".into()]);
        assert_eq!(one.to_string(), "1 claim fails: explorer c1");
        let two = Failure::Claims(vec!["a".into(), "b".into()]);
        assert_eq!(two.to_string(), "2 claims fail: a, b");
    }
}
