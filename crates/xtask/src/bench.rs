//! `cargo xtask bench`: the benchmarks, natively and in the browser, in one table.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check;
use crate::fault::Fault;
use crate::process::{cargo, run};

/// Runs every crate's benchmarks and the page's, and prints one table.
pub(crate) fn bench(root: &Path) -> Result<(), Fault> {
    println!("==> native benchmarks");
    let crates = with_benches(root)?;
    if crates.is_empty() {
        println!("  no crate has any");
    } else {
        let mut command = cargo(root);
        command.arg("bench");
        for name in &crates {
            command.args(["-p", name]);
        }
        run(command.args(["--benches", "--", "--noplot"]))?;
    }
    println!("==> benchmarks in the browser");
    let results = crate::module::target(root).join("bench-browser.json");
    let _ = fs::remove_file(&results);
    if root.join("tests/browser/bench.spec.ts").is_file() {
        check::in_browser(root, &["bench.spec.ts"], &[("BENCH_RESULTS", results.as_os_str())])?;
    } else {
        println!("  the page has none");
    }
    let mut rows = Vec::new();
    gather(&crate::module::target(root).join("criterion"), &mut rows);
    rows.sort();
    println!("\n{:60}  {:>14}", "native benchmark", "time");
    for (name, nanoseconds) in rows {
        println!("{name:60}  {:>14}", time(nanoseconds as f64));
    }
    if let Ok(text) = fs::read_to_string(&results) {
        println!("\nin the browser\n{text}");
    }
    Ok(())
}

/// The crates with a folder `benches`.
fn with_benches(root: &Path) -> Result<Vec<String>, Fault> {
    let folder = root.join("crates");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Fault::file(&folder))? {
        let entry = entry.map_err(Fault::file(&folder))?;
        if entry.path().join("benches").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Collects the name and the median of every benchmark that criterion kept.
fn gather(folder: &Path, rows: &mut Vec<(String, u64)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        if path.file_name().is_some_and(|name| name == "new") {
            let name = fs::read_to_string(path.join("benchmark.json")).ok();
            let name = name.as_deref().and_then(|text| after(text, "\"full_id\":")).map(|rest| {
                rest.trim_start().trim_start_matches('"').split('"').next().unwrap_or_default().to_owned()
            });
            let median = fs::read_to_string(path.join("estimates.json")).ok();
            let median = median
                .as_deref()
                .and_then(|text| after(text, "\"median\":"))
                .and_then(|text| after(text, "\"point_estimate\":"))
                .and_then(|text| text.trim_start().split([',', '}']).next()?.parse::<f64>().ok());
            if let (Some(name), Some(median)) = (name, median) {
                rows.push((name, median as u64));
            }
        } else {
            gather(&path, rows);
        }
    }
}

/// What follows a mark.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// A time in the unit that suits it.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        t if t < 1e3 => format!("{t:.0} ns"),
        t if t < 1e6 => format!("{:.2} µs", t / 1e3),
        t if t < 1e9 => format!("{:.2} ms", t / 1e6),
        t => format!("{:.2} s", t / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_read_from_what_criterion_keeps() {
        let folder = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
        let new = folder.join("group/lorenz/new");
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("benchmark.json"), r#"{"group_id":"g","full_id":"g/lorenz"}"#).unwrap();
        let estimates = r#"{"mean":{"point_estimate":9.0},"median":{"confidence_interval":{"lower_bound":1.0},"point_estimate":1234.5,"standard_error":0.1}}"#;
        fs::write(new.join("estimates.json"), estimates).unwrap();
        let mut rows = Vec::new();
        gather(&folder, &mut rows);
        assert_eq!(rows, [("g/lorenz".to_owned(), 1234)]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn times_take_the_unit_that_suits_them() {
        assert_eq!(time(12.0), "12 ns");
        assert_eq!(time(1234.0), "1.23 µs");
        assert_eq!(time(2.5e9), "2.50 s");
    }
}
