//! The systems as .ode files with their known figures, compiled to native code at build.
//!
//! A new system is one new file in `systems/`: its name is the slug, its `#:` lines are the header, the rest is a
//! model in the dialect of [`equations`]. The build checks it and prints its register programs as Rust, so that
//! native and interpreted evaluation give the same bits.
//!
//! ```
//! let lorenz = zoo::find("lorenz")?;
//! let mut field = zoo::Field::<f64>::native(lorenz, &lorenz.model().parameter_values());
//! let mut rate = [0.0; 3];
//! field.evaluate(0.0, &[1.0, 2.0, 3.0], &mut rate);
//! assert_eq!(rate, [10.0, 23.0, -6.0]);
//! # Ok::<(), zoo::ZooError>(())
//! ```
#![forbid(unsafe_code)]

mod field;
#[cfg(test)]
mod header;
pub mod native;

pub use field::Field;

use equations::Model;
use serde::Serialize;

/// The families in the order of the gallery.
pub const FAMILIES: [&str; 5] =
    ["Chaotic flows", "Oscillators and mechanics", "Neurons", "Populations and networks", "Maps"];

/// A system of the zoo.
#[derive(Debug, Serialize)]
pub struct System {
    #[serde(skip)]
    index: usize,
    /// The usual name in lower case, as in links.
    pub slug: &'static str,
    /// The usual name.
    pub name: &'static str,
    /// One of [`FAMILIES`].
    pub family: &'static str,
    /// What it is.
    pub sentence: &'static str,
    /// Where it comes from.
    pub citation: &'static str,
    /// What is known of it.
    pub figures: Figures,
    /// The variables that show it at its best, one to three.
    pub view: &'static [&'static str],
    /// Half-width of a cloud of starting points around the default one, in the units of the state.
    pub spread: f64,
    /// A label for each parameter, in the order of the text.
    pub labels: &'static [Label],
    /// The `.ode` file.
    pub text: &'static str,
}

/// Published invariants at the parameters of the file.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Lyapunov exponents, largest first; empty where none are established.
    pub lyapunov: &'static [f64],
    /// Kaplan-Yorke dimension.
    pub kaplan_yorke: Option<f64>,
    /// Where the figures stand.
    pub source: &'static str,
}

/// What a parameter means, and the range of its control.
#[derive(Debug, Serialize)]
pub struct Label {
    /// The parameter's name in the text.
    pub name: &'static str,
    /// What it means.
    pub label: &'static str,
    /// Lower end of the control.
    pub low: f64,
    /// Upper end of the control.
    pub high: f64,
}

impl System {
    /// The parsed text; parsed at the first call.
    pub fn model(&self) -> &'static Model {
        native::generated::MODELS[self.index].get_or_init(|| match equations::parse(self.text).model {
            Some(model) => model,
            // The build parses every text and stops at the first that has no model.
            None => unreachable!("the build has parsed this text"),
        })
    }
}

/// What can be wrong with a slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZooError {
    /// No system has this slug.
    #[error("there is no system `{slug}`{}", nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        slug: String,
        /// What may have been meant.
        nearest: Option<&'static str>,
    },
}

/// All systems, sorted by slug.
pub fn systems() -> &'static [System] {
    &native::generated::SYSTEMS
}

/// The system of a slug; case does not count.
///
/// # Errors
/// Where there is none, with the nearest slug.
pub fn find(slug: &str) -> Result<&'static System, ZooError> {
    systems().iter().find(|system| system.slug.eq_ignore_ascii_case(slug)).ok_or_else(|| ZooError::Unknown {
        slug: slug.chars().take(64).collect(),
        nearest: equations::nearest(slug, systems().iter().map(|system| system.slug)),
    })
}

#[cfg(test)]
mod tests {
    use super::header;

    const GOOD: &str =
        "#: name = A\n#: family = Maps\n#: sentence = B.\n#: citation = C\n#: view = x\n#: spread = 1\n";

    #[test]
    fn a_header_fault_comes_with_its_line() {
        assert!(header::read(GOOD).is_ok());
        for (line, needle) in [
            ("#: colour = red", "no key"),
            ("#: family = Cats", "no family"),
            ("#: spread = wide", "not a number"),
            ("#: parameter a = label, 1", "label, low, high"),
            ("#: parameter a = label, 2, 1", "is empty"),
            ("#: lyapunov = 1, 2", "| source"),
            ("#: name =", "no value"),
            ("#: name", "key = value"),
        ] {
            let (at, message) = header::read(&format!("{GOOD}{line}\n")).unwrap_err();
            assert!(at == 7 && message.contains(needle), "{line}: {at}: {message}");
        }
        assert!(header::read(&GOOD.replace("#: citation = C\n", "")).unwrap_err().1.contains("citation"));
    }

    #[test]
    fn families_are_one_list() {
        assert_eq!(header::FAMILIES, super::FAMILIES);
    }
}
