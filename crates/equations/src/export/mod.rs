//! Models as programs and texts of other languages.

mod code;
mod julia;
mod latex;
mod names;
mod plan;
mod python;
mod reader;
mod rust_helpers;
mod rust_program;
mod script;

use crate::EquationError;
use crate::model::Model;
use crate::ode::format_ode;

/// What a model can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// An `.ode` file in the dialect of XPPAUT.
    Ode,
    /// A Python program on NumPy and SciPy.
    Python,
    /// A Julia program on the packages of SciML.
    Julia,
    /// LaTeX: the equations, and the parameters in a table.
    Latex,
    /// A Rust program on the standard library alone.
    Rust,
}

impl Export {
    /// Every format.
    pub const ALL: [Export; 5] = [Export::Ode, Export::Python, Export::Julia, Export::Latex, Export::Rust];
    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Export::Ode => ".ode",
            Export::Python => "Python",
            Export::Julia => "Julia",
            Export::Latex => "LaTeX",
            Export::Rust => "Rust",
        }
    }
    /// Name on the command line and in links.
    pub const fn slug(self) -> &'static str {
        match self {
            Export::Ode => "ode",
            Export::Python => "python",
            Export::Julia => "julia",
            Export::Latex => "latex",
            Export::Rust => "rust",
        }
    }
    /// The ending of its files, without the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Export::Ode => "ode",
            Export::Python => "py",
            Export::Julia => "jl",
            Export::Latex => "tex",
            Export::Rust => "rs",
        }
    }
    /// The format of this slug or ending, in any case.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| {
            format.slug().eq_ignore_ascii_case(slug) || format.ending().eq_ignore_ascii_case(slug)
        })
    }
}

/// Parameters and starting values to be written, in the order of the text.
struct Values {
    parameters: Vec<f64>,
    initial: Vec<f64>,
}

/// Writes a model, with a title in its first lines, the parameter values and the starting point given; what is missing
/// or not finite is taken from the model.
///
/// A program prints a table as CSV: time, variables and auxiliary quantities at the file's own `@` settings. Flows are
/// stepped by the language's usual solvers, which come near the file's method; with noise, Euler and Maruyama's method
/// takes the file's own steps.
///
/// # Errors
/// [`EquationError::NotExported`] where the format cannot carry what the model does.
pub fn export(
    model: &Model,
    title: &str,
    parameters: &[f64],
    initial: &[f64],
    format: Export,
) -> Result<String, EquationError> {
    if format == Export::Ode {
        return Ok(format_ode(model, parameters, initial));
    }
    let fill = |given: &[f64], own: Vec<f64>| -> Vec<f64> {
        let given = |k: usize| given.get(k).copied().filter(|value| value.is_finite());
        own.into_iter().enumerate().map(|(k, own)| given(k).unwrap_or(own)).collect()
    };
    let values = Values {
        parameters: fill(parameters, model.parameter_values()),
        initial: fill(initial, model.initial()),
    };
    if format == Export::Latex {
        return Ok(latex::latex(model, title, &values));
    }
    let script = reader::script(model, format.name())?;
    match format {
        Export::Julia => julia::julia(&script, title, &values),
        Export::Rust => rust_program::rust_program(&script, title, &values),
        _ => Ok(python::python(&script, title, &values)),
    }
}
