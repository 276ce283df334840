//! `cargo xtask`: the set-up commands and the chores of the project.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod dist;
mod fault;
mod module;
mod need;
mod page;
mod play;
mod process;
mod server;
mod stamp;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fault::Fault;

const HELP: &str = "\
The set-up commands and the chores of Separatrix.

Usage: cargo xtask COMMAND [OPTION...]

  play [--port N] [--no-open]
        Sets everything up, serves the page on 127.0.0.1 (port 8080 unless --port says otherwise; 0 takes a
        free one), opens a browser where there is one (not with --no-open), and builds the full module behind
        the page. Ctrl-C ends it.
  test [--quick] [--keep-going]
        Runs every check and prints a table of them. --quick: the native part alone. --keep-going: go on
        after a check that fails.
  dist  Writes the static site into dist/, both modules shrunk; it works from any path of any static host.
  bench Runs the benchmarks natively and in the browser and prints one table.
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
        "play" => {
            let mut choice = play::Choice::default();
            let mut options = options.iter();
            while let Some(option) = options.next() {
                match option.as_str() {
                    "--no-open" => choice.open = false,
                    "--port" => choice.port = port(options.next().map(String::as_str))?,
                    other => match other.strip_prefix("--port=") {
                        Some(number) => choice.port = port(Some(number))?,
                        None => return Err(unknown(command, other)),
                    },
                }
            }
            play::play(&root, choice)
        }
        "dist" | "bench" => match options.first() {
            Some(option) => Err(unknown(command, option)),
            None if command == "dist" => dist::dist(&root),
            None => bench::bench(&root),
        },
        other => Err(Fault::Usage(format!("there is no command `{other}`"))),
    }
}

/// A port as typed.
fn port(text: Option<&str>) -> Result<u16, Fault> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Fault::Usage(format!("--port takes a number from 0 to 65535, not `{}`", text.unwrap_or("nothing")))
    })
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
