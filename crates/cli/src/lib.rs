//! The program `separatrix`, as a library so that its parts can be tested alone.
#![forbid(unsafe_code)]

pub mod args;
pub mod commands;
pub mod csv_file;
mod error;
mod letters;
pub mod ode_table;
mod pool;
pub mod progress;
pub mod seeds;
pub mod source;
pub mod span;
pub mod subject;
pub mod table;
pub mod text;

pub use error::Failure;
