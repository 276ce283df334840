//! `cargo xtask`: the set-up commands and the chores of the project.
#![forbid(unsafe_code)]
#![allow(dead_code)]

mod check;
mod fault;
mod process;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fault::Fault;

const HELP: &str = "\
The set-up commands and the chores of Separatrix.

Usage: cargo xtask COMMAND [OPTION...]

  test [--quick] [--keep-going]
        Runs every check and prints a table of them. --quick: the native part alone. --keep-going: go on
        after a check that fails.
";

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::from(if matches!(fault, Fault::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: Vec<String>) -> Result<(), Fault> {
    let Some((command, options)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    if matches!(command.as_str(), "help" | "--help" | "-h")
        || options.iter().any(|option| option == "--help" || option == "-h")
    {
        print!("{HELP}");
        return Ok(());
    }
    let root = root()?;
    match command.as_str() {
        "test" => {
            let mut choice = check::Choice::default();
            for option in options {
                match option.as_str() {
                    "--quick" => choice.quick = true,
                    "--keep-going" => choice.keep_going = true,
                    other => return Err(unknown(command, other)),
                }
            }
            check::test(&root, choice)
        }
        other => Err(Fault::Usage(format!("there is no command `{other}`"))),
    }
}

fn unknown(command: &str, option: &str) -> Fault {
    Fault::Usage(format!("`{command}` has no option `{option}`"))
}

/// The folder that holds the workspace's Cargo.toml.
fn root() -> Result<PathBuf, Fault> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    own.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_path_buf).ok_or_else(|| {
        Fault::missing("the project's folder is not known", "run this as `cargo xtask` inside the project")
    })
}
