//! The exhibits: controls, views, lessons, claims, run loops.
//!
//! An exhibit is a [`contract::Declaration`] and one Rust folder: it implements [`Exhibit`], whose runs implement
//! [`Run`]. A [`Session`] holds one of them open for a person, the same way for the page and the program.
#![forbid(unsafe_code)]

mod almost_linear;
pub mod build;
pub mod bytes;
mod cell_text;
mod chaos_benchmark;
pub mod claims;
mod closed_form_continuous;
pub mod collection;
pub mod contract;
pub mod curve;
pub mod desk;
mod device;
mod editor;
#[cfg(not(feature = "whole"))]
mod elsewhere;
mod error;
mod exhibit;
pub mod exhibits;
mod explorer;
mod export;
mod generalized_teacher_forcing;
pub mod golden;
pub mod invariants;
mod linear_equivalence;
mod reconstruction;
mod rnn_review;
pub mod session;
mod side_by_side;
mod solution_degeneracy;
mod subject;
pub mod survey;
mod thumbnail;
pub mod values;

pub use device::device;
pub use editor::{embed_tables, read_along};
pub use error::{ExhibitError, nearest};
pub use exhibit::{
    Budget, Declared, Divergence, Exhibit, Failure, Local, Means, OwnSeries, Run, Setup, Studied,
};
pub use export::{export, export_formats};
pub use session::Session;
pub use subject::{Runner, Subject};
pub use thumbnail::thumbnail;

/// All diagnostics of a text of equations, errors and warnings.
pub fn check_equations(text: &str) -> Vec<contract::Diagnostic> {
    exhibits::diagnostics(&equations::parse(text).diagnostics)
}
