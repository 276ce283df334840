//! The program `separatrix`: everything the laboratory does, from a terminal.
#![forbid(unsafe_code)]

use clap::Parser;
use cli::Failure;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::args::Arguments::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = cli::commands::execute(&arguments.command, &mut out);
    // What was found before a failure is shown all the same.
    let result = match out.flush() {
        Ok(()) => result,
        Err(source) => result.and(Err(Failure::Output(source))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                eprintln!("separatrix: {failure}");
            }
            ExitCode::from(failure.code())
        }
    }
}
