//! Prerequisites: found, installed where that is this project's business, or named with how to get them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::process::{capture, find, run, works};

const WASM: &str = "wasm32-unknown-unknown";

/// The numbers at the start of a version: `v20.20.2` gives 20 and 20.
fn version(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|letter: char| letter.is_ascii_digit())?;
    let mut numbers = text[start..].split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// A `key = "value"` line of a TOML file.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(key)?.trim_start().strip_prefix('=')?;
        rest.split('"').nth(1)
    })
}

/// The compiler is as new as the workspace asks for, and can make wasm.
pub(crate) fn compiler(root: &Path) -> Result<(), Fault> {
    let manifest = root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(Fault::file(&manifest))?;
    let asked = value(&text, "rust-version").unwrap_or("1.95");
    let own = capture(Command::new("rustc").arg("--version").current_dir(root)).map_err(|_| {
        Fault::missing("rustc does not run", "install Rust from https://rustup.rs and open a new terminal")
    })?;
    if version(&own) < version(asked) {
        return Err(Fault::missing(
            format!("Rust {asked} is needed and this is {own}"),
            "rustup update stable",
        ));
    }
    let libraries = capture(
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]).current_dir(root),
    )?;
    if !Path::new(&libraries).is_dir() {
        println!("  the target {WASM} is not there yet");
        run(Command::new("rustup").args(["target", "add", WASM]).current_dir(root)).map_err(|fault| {
            Fault::missing(
                format!("the wasm target could not be added: {fault}"),
                format!("rustup target add {WASM}"),
            )
        })?;
    }
    Ok(())
}

/// The wasm-bindgen in Cargo.lock is the one whose bindings `bindings` makes.
pub(crate) fn one_wasm_bindgen(root: &Path) -> Result<(), Fault> {
    let lock = root.join("Cargo.lock");
    let text = std::fs::read_to_string(&lock).map_err(Fault::file(&lock))?;
    let library = locked(&text, "wasm-bindgen");
    let tool = locked(&text, "wasm-bindgen-cli-support");
    if library.is_some() && library == tool {
        Ok(())
    } else {
        Err(Fault::Broken(format!(
            "Cargo.lock holds wasm-bindgen {} but wasm-bindgen-cli-support {}; give both the same version in \
             the root Cargo.toml",
            library.unwrap_or("(none)"),
            tool.unwrap_or("(none)")
        )))
    }
}

/// The version of a package in the text of a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    lock.split("[[package]]")
        .find(|entry| value(entry, "name") == Some(package))
        .and_then(|entry| value(entry, "version"))
}

/// Node, recent enough for the page's tools, and npm.
pub(crate) fn node() -> Result<(), Fault> {
    let remedy = "install Node 20.19 or later, with npm, from https://nodejs.org";
    let own = find(&["node"])
        .and_then(|path| capture(Command::new(path).arg("--version")).ok())
        .ok_or_else(|| Fault::missing("Node is not there; the page is built with it", remedy))?;
    if version(&own) < Some((20, 19)) {
        return Err(Fault::missing(format!("Node {own} is too old for the page's tools"), remedy));
    }
    if find(&["npm"]).is_none() {
        return Err(Fault::missing("npm is not there; it comes with Node", remedy));
    }
    Ok(())
}

/// Chromium and the driver that goes with it.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds Chromium and its driver; installs them from the distribution where that is possible and allowed.
pub(crate) fn browser() -> Result<Browser, Fault> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    let remedy = "install Chromium and chromedriver (Debian: apt-get install chromium chromium-driver), or set \
                  CHROME and CHROMEDRIVER to their paths";
    if find(&["apt-get"]).is_some() && is_root() {
        println!("  Chromium or its driver is not there yet: installing both from the distribution");
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ]))
        .map_err(|fault| Fault::missing(format!("Chromium could not be installed: {fault}"), remedy))?;
    }
    find_browser().ok_or_else(|| Fault::missing("Chromium or chromedriver is not there", remedy))
}

fn find_browser() -> Option<Browser> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_file());
    let chromium = named("CHROME")
        .or_else(|| find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))?;
    let driver = named("CHROMEDRIVER").or_else(|| find(&["chromedriver", "chromium.chromedriver"]))?;
    Some(Browser { chromium, driver })
}

/// Whether packages may be installed without asking anyone.
fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Whether `cargo nextest` is installed.
pub(crate) fn nextest() -> bool {
    works("cargo-nextest", &["nextest", "--version"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_print() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert_eq!(version("none"), None);
        assert!(version("1.100.0") > version("1.95"));
    }

    #[test]
    fn locked_version_is_that_of_the_package_named() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \
                    \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "wasm"), None);
    }
}
