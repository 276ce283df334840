//! A checked model.

use crate::bounds;
use crate::checker::Checker;
use crate::diagnostic::{Diagnostic, Findings, Span};
use crate::expression::Expression;
use crate::options::Options;
use crate::parser::statements;
use crate::system::System;
use crate::table::Table;
use numerics::Crossing;
use serde::Serialize;
use std::sync::Arc;

/// What a text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An ordinary differential equation.
    Flow,
    /// A discrete map.
    Map,
}

/// A state variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variable {
    /// The name as first written.
    pub name: String,
    /// Where the state starts; 0 unless the text says otherwise.
    pub initial: f64,
    /// Its rate of change, or its next value.
    #[serde(skip)]
    pub rate: Expression,
    /// Where it was before the start, as an expression of `t`; it was 0 otherwise, as in XPPAUT.
    #[serde(skip)]
    pub history: Option<Expression>,
}

/// A number that stays while the state moves, and that the user may turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// The name as first written.
    pub name: String,
    /// The value in the text.
    pub value: f64,
}

/// A named expression: fixed quantity or auxiliary output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Definition {
    /// The name as written.
    pub name: String,
    /// What it stands for.
    #[serde(skip)]
    pub expression: Expression,
}

/// A function of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserFunction {
    /// The name as written.
    pub name: String,
    /// The names of its arguments.
    pub arguments: Vec<String>,
    /// Its value.
    #[serde(skip)]
    pub expression: Expression,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
pub enum TableContent {
    /// A function of `t` at so many points.
    Function {
        /// Number of points, at least 2.
        points: usize,
        /// The first point.
        low: f64,
        /// The last point.
        high: f64,
        /// The function.
        function: Expression,
    },
    /// Values.
    Values(Table),
}

/// A function given by a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableDefinition {
    /// The name as written.
    pub name: String,
    /// What it holds.
    #[serde(skip)]
    pub content: TableContent,
}

/// A function of an array's index: a convolution or a product with a matrix (`special`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// The name as written.
    pub name: String,
    /// Its kind and arguments as written: `conv(even,51,12,w,u0)`.
    pub text: String,
}

/// What happens at the moment when a condition crosses zero (`global`).
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Which way it must cross.
    pub crossing: Crossing,
    /// The condition.
    pub condition: Expression,
    /// Names and their new values, all computed from the state before the event. The name `arret` ends the run
    /// where its value is not 0, `out_put` writes the state out.
    pub resets: Vec<(String, Expression)>,
}

/// A named set of values (`set`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterSet {
    /// Its name or its words.
    pub name: String,
    /// Parameters and starting values by name.
    pub values: Vec<(String, f64)>,
    /// Settings as in `@` lines.
    pub options: Vec<(String, String)>,
}

/// A checked model.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// Flow or map.
    pub kind: Kind,
    /// State variables in the order of their equations.
    pub variables: Vec<Variable>,
    /// Parameters in the order of the text.
    pub parameters: Vec<Parameter>,
    /// Numbers: parameters that stay as they are.
    pub numbers: Vec<Parameter>,
    /// Fixed quantities in the order of the text.
    pub fixed: Vec<Definition>,
    /// Functions of the user's own in the order of the text.
    pub functions: Vec<UserFunction>,
    /// Auxiliary outputs in the order of the text.
    pub auxiliaries: Vec<Definition>,
    /// Functions given by tables.
    pub tables: Vec<TableDefinition>,
    /// Functions of an array's index.
    pub networks: Vec<Network>,
    /// Names of the Wiener processes' white noise.
    pub noises: Vec<String>,
    /// Events.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// Named sets of values.
    pub sets: Vec<ParameterSet>,
    /// The columns that are written out, where the text restricts them (`only`).
    pub only: Vec<String>,
    /// `@` settings.
    pub options: Options,
    #[serde(skip)]
    pub(crate) system: Arc<System>,
}

impl Model {
    /// The programs of this model.
    pub fn system(&self) -> Arc<System> {
        self.system.clone()
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.variables.len()
    }
    /// Where the state starts.
    pub fn initial(&self) -> Vec<f64> {
        self.variables.iter().map(|variable| variable.initial).collect()
    }
    /// The parameters' values in the text.
    pub fn parameter_values(&self) -> Vec<f64> {
        self.parameters.iter().map(|parameter| parameter.value).collect()
    }
    /// Index of a variable; case does not count.
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|variable| variable.name.eq_ignore_ascii_case(name))
    }
    /// Index of a parameter; case does not count.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }
    /// Whether the right-hand side depends on time.
    pub fn depends_on_time(&self) -> bool {
        self.system.rate.reads_time()
    }
    /// Whether it is a flow or a map and no more: no delay, no noise, no event.
    pub fn is_plain(&self) -> bool {
        self.system.is_plain()
    }
    /// The named set of this name; case does not count.
    pub fn set(&self, name: &str) -> Option<&ParameterSet> {
        self.sets.iter().find(|set| set.name.eq_ignore_ascii_case(name))
    }
    /// Parameters and starting values with a named set's values in place of the text's.
    pub fn values_with(&self, set: &ParameterSet) -> (Vec<f64>, Vec<f64>) {
        let (mut parameters, mut initial) = (self.parameter_values(), self.initial());
        for (name, value) in &set.values {
            if let Some(index) = self.parameter(name) {
                parameters[index] = *value;
            } else if let Some(index) = self.variable(name) {
                initial[index] = *value;
            }
        }
        (parameters, initial)
    }
}

/// What became of a text.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    /// The model, where there is no error.
    pub model: Option<Model>,
    /// What was found, in the order of the text's passes.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// The model, or the first error.
    ///
    /// # Errors
    /// Where the text has an error, the first one, with line and column.
    pub fn into_model(self) -> Result<Model, crate::EquationError> {
        let error = self.diagnostics.into_iter().find(|d| d.severity == crate::Severity::Error);
        self.model.ok_or(match error {
            Some(diagnostic) => crate::EquationError::Text(diagnostic),
            None => crate::EquationError::Empty,
        })
    }
}

/// Reads a text in the dialect of XPPAUT.
///
/// Never panics, whatever the text; bounded by [`bounds`].
pub fn parse(text: &str) -> Parsed {
    let mut findings = Findings::default();
    if text.len() > bounds::TEXT {
        let help = format!("at most {} bytes", bounds::TEXT);
        let span = Span { line: 1, column: 1, length: 1 };
        findings.error(span, format!("this text is too long: {} bytes", text.len()), Some(help));
        return Parsed { model: None, diagnostics: findings.list };
    }
    let statements = statements(text, &mut findings);
    let model = if findings.full() || findings.refused {
        None
    } else {
        Checker::new(&mut findings).check(statements)
    };
    let model = model.filter(|_| !findings.failed);
    findings.list.sort_by_key(|d| (d.severity == crate::Severity::Warning, d.line, d.column));
    Parsed { model, diagnostics: findings.list }
}

/// Reads one expression, for callers that have names of their own to bind.
///
/// # Errors
/// Where the text is no expression, with the column.
pub fn parse_expression(text: &str) -> Result<Expression, Diagnostic> {
    let mut findings = Findings::default();
    let found = if text.len() > bounds::TEXT {
        findings.error(Span { line: 1, column: 1, length: 1 }, "this text is too long", None);
        None
    } else {
        crate::parser::expression(text, &mut findings)
    };
    match (found, findings.list.into_iter().next()) {
        (Some(expression), None) => Ok(expression),
        (_, Some(diagnostic)) => Err(diagnostic),
        (None, None) => Err(Diagnostic {
            severity: crate::Severity::Error,
            line: 1,
            column: 1,
            length: 1,
            message: "there is no expression".into(),
            help: None,
            replacement: None,
        }),
    }
}
