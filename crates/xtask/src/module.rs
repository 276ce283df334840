//! The wasm modules: built, bound to JavaScript and laid where the page looks for them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::process::{cargo, run};
use crate::{need, stamp};

/// One of the three modules of `playground`, each holding the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// The Explorer; opens the page.
    Light,
    /// Every exhibit and the analysis desk.
    Whole,
    /// With burn; loaded when something needs it.
    Full,
}

impl Module {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Whole => "whole",
            Self::Full => "full",
        }
    }
}

/// Where cargo writes.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The folder the page loads a module from.
pub(crate) fn package(root: &Path, module: Module) -> PathBuf {
    root.join("web/pkg").join(module.name())
}

/// Whether the crate behind both modules exists.
pub(crate) fn require_playground(root: &Path) -> Result<(), Fault> {
    if root.join("crates/playground/Cargo.toml").is_file() {
        Ok(())
    } else {
        Err(Fault::missing("crates/playground is not there, so there is no module to build", "git pull"))
    }
}

/// Whether `playground` offers the full module.
pub(crate) fn has_full(root: &Path) -> bool {
    fs::read_to_string(root.join("crates/playground/Cargo.toml")).is_ok_and(|text| {
        // The feature is a list; a dependency of that name is a table.
        text.lines()
            .filter_map(|line| line.split_once('='))
            .any(|(name, value)| name.trim() == "nets" && value.trim_start().starts_with('['))
    })
}

/// Builds the program that makes bindings, which takes minutes the first time, and gives its path.
pub(crate) fn tool(root: &Path) -> Result<PathBuf, Fault> {
    need::one_wasm_bindgen(root)?;
    let path = target(root).join("release").join(format!("bindings{}", std::env::consts::EXE_SUFFIX));
    // Cargo itself decides whether there is anything to do.
    run(cargo(root).args([
        "build",
        "--release",
        "-p",
        "xtask",
        "--features",
        "bindings",
        "--bin",
        "bindings",
    ]))?;
    Ok(path)
}

/// Builds a module with the profile for downloads and makes its bindings in `web/pkg/`; skips what is done.
///
/// The full module takes the plain release profile while playing and testing: whole-program optimisation of
/// burn takes many minutes and changes nothing that those look at.
pub(crate) fn build(root: &Path, module: Module, profile: &str) -> Result<PathBuf, Fault> {
    require_playground(root)?;
    let mut command = cargo(root);
    command.args([
        "build",
        "-p",
        "playground",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        profile,
    ]);
    command.arg("--no-default-features");
    match module {
        Module::Light => {}
        Module::Whole => drop(command.args(["--features", "whole"])),
        Module::Full => drop(command.args(["--features", "nets"])),
    }
    run(&mut command)?;
    let built = target(root).join("wasm32-unknown-unknown").join(profile).join("playground.wasm");
    let folder = package(root, module);
    let digest = stamp::digest(&[built.clone(), root.join("Cargo.lock")])?;
    let mark = folder.join(".stamp");
    if !stamp::fresh(&mark, &digest) {
        let tool = tool(root)?;
        // The bindings grow beside their place, so that a page that loads meanwhile sees the old or the new.
        let fresh = folder.with_extension("new");
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(&fresh).map_err(Fault::file(&fresh))?;
        run(std::process::Command::new(tool).arg("make").arg(&built).arg(&fresh))?;
        stamp::write(&fresh.join(".stamp"), &digest)?;
        let _ = fs::remove_dir_all(&folder);
        fs::rename(&fresh, &folder).map_err(Fault::file(&folder))?;
    }
    Ok(folder)
}

/// Static constructors of dependencies make the linker wrap every export in a `command_export`, which runs
/// them all again at each call from JavaScript; `playground` calls them once itself, and then there is none.
pub(crate) fn no_command_exports(folder: &Path) -> Result<(), Fault> {
    let path = folder.join("playground_bg.wasm");
    let bytes = fs::read(&path).map_err(Fault::file(&path))?;
    if contains(&bytes, b"command_export") {
        return Err(Fault::Broken(format!(
            "{} wraps its exports in `command_export`: static constructors would run at each call; \
             `__wasm_call_ctors` must be called once at the start",
            path.display()
        )));
    }
    Ok(())
}

/// Whether the bytes hold these.
pub(crate) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
