//! `cargo xtask test`: everything that must hold, step by step, each named by what it proves.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::process::{cargo, run, works};

/// What `test` was asked to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Choice {
    /// The native part alone.
    pub(crate) quick: bool,
    /// Whether the steps after a failing one run too.
    pub(crate) keep_going: bool,
}

/// A step's work in the project's root.
type Work = fn(&Path) -> Result<(), Fault>;

const NATIVE: &[(&str, Work)] = &[
    ("sources are formatted", formatting),
    ("the lints find nothing", lints),
    ("the documentation builds without warnings", documentation),
    ("native tests pass", native_tests),
];

const PAGE: &[(&str, Work)] = &[];

/// Runs the steps and prints a table of them with their times.
pub(crate) fn test(root: &Path, choice: Choice) -> Result<(), Fault> {
    let steps: Vec<_> = NATIVE.iter().chain(if choice.quick { &[] } else { PAGE }.iter()).collect::<Vec<_>>();
    let start = Instant::now();
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for (position, (name, work)) in steps.iter().enumerate() {
        println!("\n==> {} of {}: {name}", position + 1, steps.len());
        let began = Instant::now();
        let outcome = work(root);
        let took = began.elapsed();
        if let Err(fault) = &outcome {
            eprintln!("\nerror: {fault}");
            failed.push(*name);
        }
        rows.push((*name, took, outcome.is_ok()));
        if outcome.is_err() && !choice.keep_going {
            break;
        }
    }
    println!("\n{}", table(&rows, steps.len(), start.elapsed()));
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Fault::Broken(format!("this does not hold: {}", failed.join("; "))))
    }
}

/// The closing table.
fn table(rows: &[(&str, Duration, bool)], of: usize, total: Duration) -> String {
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0).max(5);
    let mut text = String::new();
    for (name, took, good) in rows {
        let verdict = if *good { "passed" } else { "FAILED" };
        text.push_str(&format!("{verdict}  {name:width$}  {:>8.1} s\n", took.as_secs_f64()));
    }
    let good = rows.iter().filter(|row| row.2).count();
    text.push_str(&format!(
        "{:8}{:width$}  {:>8.1} s",
        "",
        format!("{good} of {of} steps passed"),
        total.as_secs_f64()
    ));
    text
}

fn formatting(root: &Path) -> Result<(), Fault> {
    run(cargo(root).args(["fmt", "--all", "--check"]))
}

fn lints(root: &Path) -> Result<(), Fault> {
    run(cargo(root).args([
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
}

fn documentation(root: &Path) -> Result<(), Fault> {
    run(cargo(root).env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--release",
        "--workspace",
        "--no-deps",
        "--quiet",
    ]))
}

fn native_tests(root: &Path) -> Result<(), Fault> {
    if works("cargo-nextest", &["nextest", "--version"]) {
        run(cargo(root).args(["nextest", "run", "--release", "--workspace"]))?;
        run(cargo(root).args(["test", "--release", "--workspace", "--doc", "--quiet"]))
    } else {
        run(cargo(root).args(["test", "--release", "--workspace"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_tells_what_passed_and_counts_what_was_not_reached() {
        let rows = [("a", Duration::from_millis(1500), true), ("longer", Duration::from_secs(2), false)];
        let text = table(&rows, 3, Duration::from_secs(4));
        assert!(text.contains("passed  a     "), "{text}");
        assert!(text.contains("1.5 s"), "{text}");
        assert!(text.contains("FAILED  longer"), "{text}");
        assert!(text.contains("1 of 3 steps passed"), "{text}");
    }
}
