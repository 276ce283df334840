//! Other programs: started in the project's root, with their output left where it is.
//!
//! Children stay in this program's process group, so that Ctrl-C in a terminal ends them all.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::fault::Fault;

/// A command as one would type it, without its folder.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Why a command could not be started.
fn not_started(command: &Command, reason: &std::io::Error) -> Fault {
    Fault::Failed { command: line(command), ending: format!("could not be started: {reason}") }
}

/// Runs a command to its end; a failure is a fault.
pub(crate) fn run(command: &mut Command) -> Result<(), Fault> {
    println!("  $ {}", line(command));
    let status = command.stdin(Stdio::null()).status().map_err(|reason| not_started(command, &reason))?;
    if status.success() {
        Ok(())
    } else {
        Err(Fault::Failed { command: line(command), ending: format!("failed ({status})") })
    }
}

/// Runs a command and takes what it writes to standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String, Fault> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|reason| not_started(command, &reason))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(Fault::Failed { command: line(command), ending: format!("failed ({})", output.status) })
    }
}

/// Whether a command starts and succeeds, with nothing shown.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// `cargo`, the one that runs this program.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// A program looked for on the search path.
pub(crate) fn find(names: &[&str]) -> Option<std::path::PathBuf> {
    let folders = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    })
}
