//! The program `separatrix`: everything the laboratory does, from a terminal.
#![forbid(unsafe_code)]

use clap::Parser;

/// A laboratory for neural dynamics: run, measure and draw chaotic systems and tiny recurrent networks.
#[derive(Parser)]
#[command(name = "separatrix", version)]
struct Arguments {}

fn main() {
    let Arguments {} = Arguments::parse();
}
