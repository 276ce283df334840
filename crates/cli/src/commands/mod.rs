//! One module a command.

mod check;
mod desk;
mod eval;
mod export;
mod link;
mod list;
mod render;
mod run;
mod show;
mod systems;

use crate::Failure;
use crate::args::{Command, Link};
use serde::Serialize;
use std::io::Write;

/// Does what a command says and writes its answer.
///
/// # Errors
/// What was wrong with the input, or what came out otherwise than claimed.
pub fn execute(command: &Command, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list::list(arguments, out),
        Command::Systems(arguments) => systems::systems(arguments, out),
        Command::Show(arguments) => show::show(arguments, out),
        Command::Run(arguments) => run::run(arguments, out),
        Command::Eval(arguments) => eval::eval(arguments, out),
        Command::Export(arguments) => export::export(arguments, out),
        Command::Check(arguments) => check::check(arguments, out),
        Command::Render(arguments) => render::render(arguments, out),
        Command::Link(Link::Make(arguments)) => link::make(arguments, out),
        Command::Link(Link::Explain(arguments)) => link::explain(arguments, out),
        Command::Lyapunov(arguments) => desk::lyapunov(arguments, out),
        Command::FixedPoints(arguments) => desk::resting(arguments, out),
        Command::Basins(arguments) => desk::mapped("basins", arguments, out),
        Command::ExponentMap(arguments) => desk::mapped("exponent-map", arguments, out),
        Command::Spectrum(arguments) => desk::sampled("spectrum", arguments, out),
        Command::Complexity(arguments) => desk::sampled("complexity", arguments, out),
        Command::Nullclines(arguments) => desk::sampled("nullclines", arguments, out),
        Command::Regions(arguments) => desk::sampled("regions", arguments, out),
        Command::Network(arguments) => desk::sampled("network", arguments, out),
        Command::Compare(arguments) => desk::compared(arguments, out),
        Command::Dimension(arguments) => desk::sampled("dimension", arguments, out),
        Command::Continue(arguments) => desk::swept("continue", arguments, out),
        Command::Bifurcate(arguments) => desk::swept("bifurcate", arguments, out),
    }
}

/// JSON for people and programs: keys in a fixed order, numbers that read back, null for what is not finite.
fn print_json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// JSON on one line.
fn print_json_line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// The GPU, where there is one; what needs it says otherwise why it was not measured.
fn device() -> Option<std::sync::Arc<gpu::Device>> {
    pollster::block_on(exhibits::device(None)).ok().map(Into::into)
}
