//! `cargo xtask test`: everything that must hold, step by step, each named by what it proves.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::fault::Fault;
use crate::module::{self, Module};
use crate::process::{capture, cargo, run};
use crate::server::{self, Site};
use crate::{need, page, play};

/// The modules without burn may be this large as they travel, compressed by brotli: the one that opens the page, and the
/// one with every exhibit.
const BUDGETS: [(Module, u64); 2] = [(Module::Light, 1_000_000), (Module::Whole, 1_500_000)];

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

const PAGE: &[(&str, Work)] = &[
    ("what the page needs is there", prerequisites),
    ("the lints find nothing in the boundary", wasm_lints),
    ("the front end's types agree", types),
    ("wasm tests pass in headless Chromium, with the native digests", wasm_tests),
    ("the light module and the whole one are small and free of burn", small_modules),
    ("the full module builds", full_module),
    ("the page builds", page_builds),
    ("the program builds", program),
    ("walk-throughs in Chromium pass", walk_throughs),
    ("the parts on burn: lints, documentation, and tests against the fused ones", on_burn),
];

/// The crates that compile burn, which takes minutes: they are looked at apart from the rest, so that the native
/// part stays quick, and always with these very arguments, because other ones would choose other features of
/// burn's dependencies and compile all of it again.
const ON_BURN: &[&str] =
    &["-p", "nets", "-p", "nets-oracle", "-p", "exhibits", "--features", "exhibits/nets"];
/// Everything else.
const OFF_BURN: &[&str] = &["--workspace", "--exclude", "nets", "--exclude", "nets-oracle"];

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

fn clippy(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["clippy", "--release", "--quiet"]);
    command
}

fn document(root: &Path) -> Command {
    let mut command = cargo(root);
    command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--release", "--no-deps", "--quiet"]);
    command
}

const DENY: [&str; 3] = ["--", "-D", "warnings"];

fn lints(root: &Path) -> Result<(), Fault> {
    run(clippy(root).args(OFF_BURN).arg("--all-targets").args(DENY))
}

fn documentation(root: &Path) -> Result<(), Fault> {
    run(document(root).args(OFF_BURN))
}

fn tests_of(root: &Path, which: &[&str]) -> Result<(), Fault> {
    if need::nextest() {
        run(cargo(root).args(["nextest", "run", "--release"]).args(which))
    } else {
        run(cargo(root).args(["test", "--release", "--lib", "--bins", "--tests"]).args(which))
    }
}

fn native_tests(root: &Path) -> Result<(), Fault> {
    tests_of(root, OFF_BURN)?;
    run(cargo(root).args(["test", "--release", "--doc", "--quiet"]).args(OFF_BURN))
}

fn on_burn(root: &Path) -> Result<(), Fault> {
    run(clippy(root).args(ON_BURN).arg("--all-targets").args(DENY))?;
    run(document(root).args(ON_BURN))?;
    tests_of(root, ON_BURN)
}

fn prerequisites(root: &Path) -> Result<(), Fault> {
    need::compiler(root)?;
    need::node()?;
    let found = need::browser()?;
    println!("  {}, {}", found.chromium.display(), found.driver.display());
    if root.join("web/package.json").is_file() { page::packages(root) } else { without("a front end") }
}

/// The wasm side of the boundary is empty natively, so it has lints of its own.
const BOUNDARY: [&str; 5] = ["--target", "wasm32-unknown-unknown", "-p", "playground", "--lib"];

fn wasm_lints(root: &Path) -> Result<(), Fault> {
    run(clippy(root).args(BOUNDARY).args(DENY))?;
    // Looking at the full module's few lines more would compile burn once more.
    run(clippy(root).args(BOUNDARY).args(["--features", "whole"]).args(DENY))
}

fn types(root: &Path) -> Result<(), Fault> {
    if root.join("web/package.json").is_file() { page::check(root) } else { without("a front end") }
}

/// Crates whose tests also run as wasm: those that use `wasm-bindgen-test`.
fn tested_as_wasm(root: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let crates = root.join("crates");
    let mut folders = vec![root.join("tests")];
    for entry in fs::read_dir(&crates).map_err(Fault::file(&crates))? {
        folders.push(entry.map_err(Fault::file(&crates))?.path());
    }
    folders.sort();
    let mut found = Vec::new();
    for folder in folders {
        let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let uses = text.lines().any(|line| line.trim_start().starts_with("wasm-bindgen-test"));
        let name =
            text.lines().find_map(|line| line.strip_prefix("name = ")).map(|name| name.trim_matches('"'));
        if let (true, Some(name)) = (uses, name) {
            found.push((name.to_owned(), folder));
        }
    }
    Ok(found)
}

/// Runs the wasm tests as `wasm-pack test --headless --chrome` does, with the runner of the very version in
/// Cargo.lock and without installing anything; the release build is shared with the other steps.
fn wasm_tests(root: &Path) -> Result<(), Fault> {
    let browser = need::browser()?;
    let crates = tested_as_wasm(root)?;
    if crates.is_empty() {
        return without("a wasm test");
    }
    let tool = module::tool(root)?;
    // A list, so that a folder with a blank in its name does no harm; JSON's strings are TOML's here.
    let runner =
        format!("target.wasm32-unknown-unknown.runner=[{:?}, \"run-tests\"]", tool.display().to_string());
    for (name, folder) in crates {
        run(cargo(root)
            .env("CHROMEDRIVER", &browser.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", folder.join("webdriver.json"))
            // A whole orbit of 1e5 steps takes longer than the runner's own patience.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "600")
            .args(["--config", &runner])
            .args(["test", "--release", "--target", "wasm32-unknown-unknown", "--tests", "-p", &name]))?;
    }
    Ok(())
}

/// Says that a part of the project is not there yet, which is no fault.
fn without(what: &str) -> Result<(), Fault> {
    println!("  nothing to do: this version has no part that needs it ({what})");
    Ok(())
}

fn has_playground(root: &Path) -> bool {
    module::require_playground(root).is_ok()
}

fn small_modules(root: &Path) -> Result<(), Fault> {
    if !has_playground(root) {
        return without("crates/playground");
    }
    BUDGETS.iter().try_for_each(|(module, budget)| small_module(root, *module, *budget))
}

fn small_module(root: &Path, module: Module, budget: u64) -> Result<(), Fault> {
    let folder = module::build(root, module, "web")?;
    let called = module.name();
    module::no_command_exports(&folder)?;
    let path = folder.join("playground_bg.wasm");
    let bytes = fs::read(&path).map_err(Fault::file(&path))?;
    // As they stand in the places of panics and in the names of types.
    for name in ["burn-core-", "burn-tensor-", "burn_", "cubecl"] {
        if module::contains(&bytes, name.as_bytes()) {
            return Err(Fault::Broken(format!(
                "the {called} module mentions `{name}`: burn belongs into the full one"
            )));
        }
    }
    let size = compressed(&path)?;
    println!("  {called} module: {} bytes, {size} by brotli (budget {budget})", bytes.len());
    if size > budget {
        return Err(Fault::Broken(format!(
            "the {called} module is {size} bytes by brotli; its budget is {budget}"
        )));
    }
    Ok(())
}

/// The size of a file compressed by brotli as static hosts do it.
fn compressed(path: &Path) -> Result<u64, Fault> {
    let script = "const { brotliCompressSync } = require('node:zlib');\n\
                  console.log(brotliCompressSync(require('node:fs').readFileSync(process.argv[1])).length);";
    let text = capture(Command::new("node").args(["-e", script]).arg(path))?;
    text.parse().map_err(|_| Fault::Broken(format!("node gave no size of {}: {text}", path.display())))
}

fn full_module(root: &Path) -> Result<(), Fault> {
    if !has_playground(root) || !module::has_full(root) {
        play::tell(root, "absent", "This version has no full module.")?;
        return without("the feature `nets` of playground");
    }
    let folder = module::build(root, Module::Full, "release")?;
    module::no_command_exports(&folder)?;
    play::tell(root, "ready", "")
}

fn page_builds(root: &Path) -> Result<(), Fault> {
    if root.join("index.html").is_file() {
        page::build(root, "web/dist").map(|_| ())
    } else {
        without("index.html")
    }
}

fn program(root: &Path) -> Result<(), Fault> {
    if root.join("crates/cli/Cargo.toml").is_file() {
        run(cargo(root).args(["build", "--release", "-p", "cli"]))
    } else {
        without("crates/cli")
    }
}

fn walk_throughs(root: &Path) -> Result<(), Fault> {
    if has_playground(root) && root.join("index.html").is_file() {
        in_browser(root, &[], &[])
    } else {
        without("the page")
    }
}

/// Serves the built page on a free port and runs Playwright's specifications of `tests/browser` against it.
pub(crate) fn in_browser(root: &Path, only: &[&str], more: &[(&str, &OsStr)]) -> Result<(), Fault> {
    let browser = need::browser()?;
    let runner = root.join("web/node_modules/@playwright/test/cli.js");
    if !runner.is_file() {
        return Err(Fault::missing(
            "@playwright/test is not among the npm packages",
            "add it to devDependencies in web/package.json and run `npm install` in web/",
        ));
    }
    let site = Site { page: root.join("web/dist"), modules: root.join("web/pkg") };
    let listener = server::bind(0)?;
    let address = listener
        .local_addr()
        .map_err(|reason| Fault::Broken(format!("the server has no address: {reason}")))?;
    thread::spawn(move || server::serve(&listener, site));
    let separatrix =
        module::target(root).join("release").join(format!("separatrix{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new("node");
    command
        .current_dir(root)
        // Specifications lie outside web/, where the packages are.
        .env("NODE_PATH", root.join("web/node_modules"))
        .env("SEPARATRIX_PAGE", format!("http://{address}/"))
        .env("SEPARATRIX_PROGRAM", separatrix)
        .env("SEPARATRIX_CHROMIUM", browser.chromium)
        .envs(more.iter().copied())
        .arg(runner)
        .args(["test", "--config", "tests/browser/playwright.config.ts"])
        .args(only);
    run(&mut command)
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
