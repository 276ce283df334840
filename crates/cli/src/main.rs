//! The program `separatrix`: everything the laboratory does, from a terminal.
#![forbid(unsafe_code)]

use clap::Parser;

fn main() {
    cli::args::Arguments::parse();
}
