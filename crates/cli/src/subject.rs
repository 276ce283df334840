//! A system for the commands that need its equations alone: one of the zoo, or a file.

use crate::Failure;
use crate::source::{is_file, read_equations};
use equations::{Interpreter, Kind, Model};
use exhibits::{ExhibitError, exhibits as list};
use recipe::Recipe;
use std::borrow::Cow;
use std::path::Path;

/// A model of the zoo or of a file. Both run as register programs, which have the bits of native code.
pub struct Subject {
    model: Cow<'static, Model>,
}

impl Subject {
    /// A system's slug, a link to one, or a `FILE.ode`.
    ///
    /// # Errors
    /// There is no such system, or the file cannot be read.
    pub fn read(text: &str) -> Result<Self, Failure> {
        if is_file(text) {
            return Self::typed(&read_equations(Path::new(text))?);
        }
        let recipe = Recipe::decode(text).map_err(ExhibitError::from)?;
        if let Some(text) = &recipe.equations {
            return Self::typed(text);
        }
        Ok(Self { model: exhibits::Subject::of_zoo(&recipe.exhibit)?.into_model() })
    }

    /// Equations as text.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn typed(text: &str) -> Result<Self, Failure> {
        Ok(Self { model: Cow::Owned(list::read_equations(text)?) })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }
    /// The programs at some parameters.
    pub fn interpreter(&self, parameters: &[f64]) -> Interpreter<f64> {
        Interpreter::new(self.model.system(), parameters)
    }
    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        self.model.kind == Kind::Map
    }
    /// Names of the parameters.
    pub fn parameter_names(&self) -> Vec<String> {
        self.model.parameters.iter().map(|p| p.name.clone()).collect()
    }
    /// Names of the variables.
    pub fn variable_names(&self) -> Vec<String> {
        self.model.variables.iter().map(|v| v.name.clone()).collect()
    }
}
