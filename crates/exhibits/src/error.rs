use crate::contract::{Diagnostic, Fault};

/// What can be wrong with what was asked of an exhibit.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExhibitError {
    /// The link's text itself.
    #[error(transparent)]
    Link(#[from] recipe::RecipeError),
    /// No exhibit and no system has this name.
    #[error("there is no exhibit and no system called {name:?}{}", nearest_text(.nearest))]
    Unknown {
        /// The name.
        name: String,
        /// The nearest one that exists.
        nearest: Option<String>,
    },
    /// The exhibit has no such control.
    #[error("{exhibit} has no control called {name:?}{}", nearest_text(.nearest))]
    UnknownControl {
        /// The exhibit.
        exhibit: String,
        /// The name.
        name: String,
        /// The nearest one that exists.
        nearest: Option<String>,
    },
    /// A value that is not of the control's kind, or out of its range.
    #[error("{control} = {value}: {expected}")]
    Value {
        /// The control.
        control: String,
        /// The value, cut.
        value: String,
        /// What it must be.
        expected: String,
    },
    /// Equations that cannot be read.
    #[error("{}", equations_text(.0))]
    Equations(Vec<Diagnostic>),
    /// The person's own series.
    #[error("{0}")]
    Series(String),
    /// The run needs the person's own file, whose digest the link carries.
    #[error(
        "this run was made on a person's own series (digest {0:016x}); drop that file on the page, or name it \
         with --series"
    )]
    SeriesMissing(u64),
    /// The series is another one than the link was made on.
    #[error("the link was made on a series with digest {wanted:016x}; this one has {found:016x}")]
    OtherSeries {
        /// The digest in the link.
        wanted: u64,
        /// The digest of the series given.
        found: u64,
    },
    /// The exhibit cannot do what was asked, and says what it can.
    #[error("{0}")]
    Refused(String),
    /// The run needs networks by automatic differentiation, which this build leaves out.
    #[error(
        "{0} needs networks by automatic differentiation, which this build leaves out; the program has them when \
         it is built with `--features nets`"
    )]
    Module(String),
    /// The run is of an exhibit that the module which opens the page leaves out.
    #[error("{0} runs in the whole module: this one opens the page and holds the Explorer alone")]
    Elsewhere(String),
    /// A checkpoint that is not one of this exhibit, or is damaged.
    #[error("the checkpoint cannot be read: {0}; start the run again")]
    Checkpoint(String),
}

fn nearest_text(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

fn equations_text(diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.severity == "error")
        .map(|d| {
            let help = d.help.as_ref().map_or_else(String::new, |h| format!(" ({h})"));
            format!("line {}, column {}: {}{help}", d.line, d.column, d.message)
        })
        .collect();
    errors.join("\n")
}

impl ExhibitError {
    /// The fault as the page shows it, with what the person had given.
    pub fn fault(&self, text: Option<&str>) -> Fault {
        let (about, title) = match self {
            Self::Link(_) | Self::Unknown { .. } | Self::UnknownControl { .. } => {
                ("link", "This link cannot be opened")
            }
            Self::Value { .. } => ("value", "This value cannot be used"),
            Self::Equations(_) => ("equations", "These equations cannot be read"),
            Self::Series(_) | Self::SeriesMissing(_) | Self::OtherSeries { .. } => {
                ("series", "This series cannot be used")
            }
            Self::Refused(_) => ("value", "This cannot be run"),
            Self::Elsewhere(_) => ("whole", "This needs the other exhibits"),
            Self::Module(_) => ("full", "This needs the full engine"),
            Self::Checkpoint(_) => ("link", "The run cannot be resumed"),
        };
        let diagnostics =
            if let Self::Equations(diagnostics) = self { diagnostics.clone() } else { Vec::new() };
        Fault {
            about: about.into(),
            title: title.into(),
            message: self.to_string(),
            text: text.map(str::to_owned),
            diagnostics,
        }
    }
}

/// The name among `names` that is nearest to `name`, when it is near enough to be meant.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    equations::nearest(name, names).map(str::to_owned)
}
