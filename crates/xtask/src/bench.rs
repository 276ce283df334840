//! `cargo xtask bench`: the benchmarks, natively and in the browser, in one table.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, thread};

use crate::fault::Fault;
use crate::module::{self, Module};
use crate::process::{capture, cargo, run};
use crate::server::{self, Site};
use crate::{check, need, page};

/// Runs every crate's benchmarks and the page's, and prints one table.
pub(crate) fn bench(root: &Path) -> Result<(), Fault> {
    println!("==> the same work natively and in the browser");
    let folder = module::target(root).join("bench");
    fs::create_dir_all(&folder).map_err(Fault::file(&folder))?;
    let native = folder.join("native.json");
    run(cargo(root).args(["build", "--release", "-p", "house-bench"]))?;
    let program =
        module::target(root).join("release").join(format!("house-bench{}", std::env::consts::EXE_SUFFIX));
    fs::write(&native, capture(Command::new(&program).arg("measure"))?).map_err(Fault::file(&native))?;
    let browser = folder.join("browser.json");
    let _ = fs::remove_file(&browser);
    in_browser(root, &folder, &browser)?;

    // Printed before the long part too, which may be broken off.
    let table = capture(Command::new(&program).arg("table").arg(&native).arg(&browser))?;
    println!("\n{table}\n");
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
    let mut rows = Vec::new();
    gather(&module::target(root).join("criterion"), &mut rows);
    rows.sort();
    println!("\n{table}");
    println!("\n{:60}  {:>14}", "native benchmark, median", "time");
    for (name, nanoseconds) in rows {
        println!("{name:60}  {:>14}", time(nanoseconds as f64));
    }
    Ok(())
}

/// Builds the modules and the page of benchmarks, and lets the browser measure.
fn in_browser(root: &Path, folder: &Path, results: &Path) -> Result<(), Fault> {
    need::compiler(root)?;
    need::node()?;
    page::packages(root)?;
    let light = module::build(root, Module::Light, "web")?.join("playground_bg.wasm");
    module::build(root, Module::Whole, "web")?;
    page::build(root, "web/dist")?;
    let modules = folder.join("pkg");
    for (name, scalar) in [("simd", false), ("scalar", true)] {
        // Another target folder, because other flags would compile everything here again and again.
        let target = if scalar { folder.join("scalar") } else { module::target(root) };
        let mut command = cargo(root);
        command.args(["build", "-p", "house-bench", "--lib", "--profile", "web"]);
        command.args(["--target", "wasm32-unknown-unknown", "--target-dir"]).arg(&target);
        if scalar {
            command.env("RUSTFLAGS", "-C target-feature=-simd128").arg("--no-default-features");
        }
        run(&mut command)?;
        let out = modules.join(name);
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).map_err(Fault::file(&out))?;
        let built = target.join("wasm32-unknown-unknown/web/house_bench.wasm");
        run(Command::new(module::tool(root)?).arg("make").arg(built).arg(&out))?;
    }
    let site = folder.join("site");
    run(Command::new("node")
        .current_dir(root.join("web"))
        .args([
            "node_modules/vite/bin/vite.js",
            "build",
            "--config",
            "bench/vite.config.ts",
            "--logLevel",
            "warn",
        ])
        .arg("--outDir")
        .arg(&site))?;
    let listener = server::bind(0)?;
    let address = listener
        .local_addr()
        .map_err(|reason| Fault::Broken(format!("the server has no address: {reason}")))?;
    thread::spawn(move || server::serve(&listener, Site { page: site, modules }));
    let page = format!("http://{address}/");
    check::in_browser(
        root,
        &["bench.spec.ts"],
        &[
            ("BENCH_RESULTS", results.as_os_str()),
            ("BENCH_LIGHT", light.as_os_str()),
            ("BENCH_PAGE", OsStr::new(&page)),
        ],
    )
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
