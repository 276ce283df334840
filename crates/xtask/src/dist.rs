//! `cargo xtask dist`: the static site in `dist/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::module::{self, Module};
use crate::{need, page, play};

/// How long wasm-opt may take before its module goes out as the compiler made it.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Builds the modules and the page, shrinks the modules, and writes all into `dist/`.
pub(crate) fn dist(root: &Path) -> Result<(), Fault> {
    module::require_playground(root)?;
    need::compiler(root)?;
    need::node()?;
    println!("==> the page");
    page::packages(root)?;
    let site = page::build(root, "dist")?;
    let optimiser = root.join("web/node_modules/binaryen/bin/wasm-opt");
    if !optimiser.is_file() {
        return Err(Fault::missing(
            "wasm-opt is not among the npm packages",
            "add `binaryen` to devDependencies in web/package.json and run `npm install` in web/",
        ));
    }
    let packages = site.join("pkg");
    let _ = fs::remove_dir_all(&packages);
    let mut modules = vec![(Module::Light, "web", "-O3"), (Module::Whole, "web", "-O3")];
    if module::has_full(root) {
        // On the full module -Oz does not end in reasonable time, nor does whole-program optimisation.
        modules.push((Module::Full, "release", "-O1"));
    }
    let full = modules.len() > 2;
    for (module, profile, level) in modules {
        println!("==> the {} module", module.name());
        let built = module::build(root, module, profile)?;
        module::no_command_exports(&built)?;
        let folder = packages.join(module.name());
        copy(&built, &folder)?;
        shrink(&optimiser, &folder.join("playground_bg.wasm"), level)?;
    }
    play::tell(root, if full { "ready" } else { "absent" }, "")?;
    let status = packages.join("status.json");
    fs::copy(root.join("web/pkg/status.json"), &status).map_err(Fault::file(&status))?;
    // Some hosts hide files that begin with an underscore unless this lies beside them.
    let plain = site.join(".nojekyll");
    fs::write(&plain, "").map_err(Fault::file(&plain))?;
    println!("\nThe site is in dist/: copy it to any path of any static host.");
    Ok(())
}

/// Copies what is in a folder, but its stamp, into another.
fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::create_dir_all(to).map_err(Fault::file(to))?;
    for entry in fs::read_dir(from).map_err(Fault::file(from))? {
        let entry = entry.map_err(Fault::file(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            fs::copy(&source, &target).map_err(Fault::file(&source))?;
        }
    }
    Ok(())
}

/// Runs wasm-opt over a module in its place; a module it does not finish stays as it was, and that is said.
fn shrink(optimiser: &Path, module: &PathBuf, level: &str) -> Result<(), Fault> {
    let before = fs::metadata(module).map_err(Fault::file(module))?.len();
    let small = module.with_extension("small");
    let mut command = Command::new("node");
    // The constructs that the compiler and the browsers we aim at have in common.
    command.arg(optimiser).arg(module).arg("-o").arg(&small).args([
        level,
        "--strip-debug",
        "--strip-producers",
        "--enable-simd",
        "--enable-bulk-memory",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        "--enable-reference-types",
        "--enable-multivalue",
    ]);
    println!("  $ wasm-opt {level} ({:.1} MB)", before as f64 / 1e6);
    let began = Instant::now();
    let mut child = command.spawn().map_err(|reason| Fault::Failed {
        command: "node wasm-opt".to_owned(),
        ending: format!("could not be started: {reason}"),
    })?;
    let status = loop {
        match child.try_wait().map_err(Fault::file(optimiser))? {
            Some(status) => break Some(status),
            None if began.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(200)),
        }
    };
    match status {
        Some(status) if status.success() => {
            fs::rename(&small, module).map_err(Fault::file(&small))?;
            let after = fs::metadata(module).map_err(Fault::file(module))?.len();
            println!("  {:.2} MB became {:.2} MB", before as f64 / 1e6, after as f64 / 1e6);
            Ok(())
        }
        Some(status) => {
            Err(Fault::Failed { command: format!("wasm-opt {level}"), ending: format!("failed ({status})") })
        }
        None => {
            let _ = fs::remove_file(&small);
            println!(
                "  wasm-opt did not end in {} minutes: the module goes out as it is",
                PATIENCE.as_secs() / 60
            );
            Ok(())
        }
    }
}
