//! The page: npm packages, type check, build.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::process::run;
use crate::stamp;

/// `npm` in the front end's folder.
fn npm(root: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(root.join("web"));
    command
}

/// Installs the npm packages of the lock file, unless they are there.
pub(crate) fn packages(root: &Path) -> Result<(), Fault> {
    let web = root.join("web");
    if !web.join("package-lock.json").is_file() {
        return Err(Fault::missing("web/package-lock.json is not there", "git pull"));
    }
    let digest = stamp::digest(&[web.join("package-lock.json"), web.join("package.json")])?;
    let mark = web.join("node_modules/.stamp");
    if !stamp::fresh(&mark, &digest) {
        run(npm(root).args(["ci", "--no-audit", "--no-fund"])).map_err(|fault| {
            Fault::missing(
                format!("the npm packages could not be installed: {fault}"),
                "connect to the network, then run `npm ci` in web/ to see more",
            )
        })?;
        stamp::write(&mark, &digest)?;
    }
    Ok(())
}

/// Checks the types of the front end.
pub(crate) fn check(root: &Path) -> Result<(), Fault> {
    run(npm(root).args(["run", "--silent", "check"]))
}

/// Builds the page into a folder of the project, unless it was built there from the same sources.
pub(crate) fn build(root: &Path, folder: &str) -> Result<PathBuf, Fault> {
    let out = root.join(folder);
    let digest = stamp::digest(&[root.join("index.html"), root.join("web")])?;
    // The stamp lies in node_modules: what is to be uploaded holds the site alone.
    let mark = root.join("web/node_modules").join(format!(".built-{}", folder.replace('/', "-")));
    if !(out.join("index.html").is_file() && stamp::fresh(&mark, &digest)) {
        run(npm(root)
            .args(["run", "--silent", "build", "--", "--outDir"])
            .arg(&out)
            .args(["--logLevel", "warn"]))?;
        stamp::write(&mark, &digest)?;
    }
    Ok(out)
}
