//! What can go wrong in a chore, and what to do about it.

use std::fmt;
use std::path::Path;

/// A chore that cannot go on.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A prerequisite is not there.
    Missing {
        /// The thing.
        what: String,
        /// How to get it.
        remedy: String,
    },
    /// A command ran and failed.
    Failed {
        /// The command as one would type it.
        command: String,
        /// How it ended.
        ending: String,
    },
    /// The command line is not understood.
    Usage(String),
    /// A check did not hold.
    Broken(String),
    /// A file could not be read or written.
    File {
        /// Which.
        path: String,
        /// Why.
        reason: std::io::Error,
    },
}

impl Fault {
    pub(crate) fn missing(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), remedy: remedy.into() }
    }

    /// For `map_err` on what touches a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<'_> {
        move |reason| Self::File { path: path.display().to_string(), reason }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { what, remedy } => write!(out, "{what}\n  to go on: {remedy}"),
            Self::Failed { command, ending } => write!(out, "`{command}` {ending}"),
            Self::Usage(what) => write!(out, "{what}; see `cargo xtask --help`"),
            Self::Broken(what) => write!(out, "{what}"),
            Self::File { path, reason } => write!(out, "{path}: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}
