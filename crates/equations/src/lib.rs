//! Equations as text: parse, check, differentiate, lower to a register program, print.
//!
//! The text is an `.ode` file in the dialect of XPPAUT (Ermentrout, "Simulating, Analyzing, and Animating
//! Dynamical Systems", 2002). [`parse`] gives a [`Model`] and findings with line and column. The model's
//! [`System`] holds register programs for right-hand side, exact Jacobian and auxiliary outputs; an
//! [`Interpreter`] runs them on numbers or blocks of lanes.
//!
//! ```
//! let model = equations::parse("x'=-k*x\npar k=2\ninit x=1").into_model()?;
//! let mut flow = equations::Interpreter::<f64>::new(model.system(), &model.parameter_values());
//! let mut rate = [0.0];
//! flow.evaluate(0.0, &[3.0], &mut rate);
//! assert_eq!(rate, [-6.0]);
//! # Ok::<(), equations::EquationError>(())
//! ```
#![forbid(unsafe_code)]

mod arrays;
pub mod bounds;
mod build;
mod checker;
mod diagnostic;
mod editor;
mod export;
mod expression;
mod fold;
mod graph;
mod interpreter;
mod lexer;
mod mathml;
mod model;
mod ode;
mod options;
mod parser;
mod program;
mod rust;
mod share;
mod system;
mod table;
mod wgsl;

pub use diagnostic::{Diagnostic, Severity, Span, nearest};
pub use editor::{Class, Highlight, Word, annotate};
pub use export::{Export, export};
pub use expression::{Expression, Form, Function, Infix};
pub use graph::digamma;
pub use interpreter::Interpreter;
pub use mathml::{Line, mathml, mathml_expression, mathml_name};
pub use model::{
    Definition, Event, Kind, Model, Network, Parameter, ParameterSet, Parsed, TableContent, TableDefinition,
    UserFunction, Variable, parse, parse_expression,
};
pub use ode::format_ode;
pub use options::Options;
pub use program::Program;
pub use rust::rust_source;
pub use system::System;
pub use table::{Table, embed_tables};
pub use wgsl::{Memory, SURVEY_VARIABLES, Shader, Straight, WGSL_HELPERS, wgsl, wgsl_along};

/// What can be wrong with equations.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EquationError {
    /// The text has an error.
    #[error("{0}")]
    Text(Diagnostic),
    /// The text holds nothing.
    #[error("there is no equation; write x'=... or x(t+1)=...")]
    Empty,
    /// The GPU path lacks a function; the CPU has it.
    #[error("the GPU path lacks {0}; the CPU computes it")]
    NotOnDevice(String),
    /// A format cannot carry what a model does.
    #[error("{what} cannot be written as {format}; {instead}")]
    NotExported {
        /// What the model does.
        what: String,
        /// The format's name.
        format: String,
        /// What would do.
        instead: String,
    },
}
