//! `cargo xtask play`: from a fresh clone to the running page.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

use crate::fault::Fault;
use crate::module::{self, Module};
use crate::process::find;
use crate::server::{self, Site};
use crate::{need, page};

/// What `play` was asked to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) port: u16,
    /// Whether a browser is opened where there is one.
    pub(crate) open: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self { port: 8080, open: true }
    }
}

/// Sets everything up, serves the page, and builds the full module behind it. Ends by Ctrl-C.
pub(crate) fn play(root: &Path, choice: Choice) -> Result<(), Fault> {
    let start = Instant::now();
    // Taken first: a port that is not free should not be told after minutes of building.
    let listener = server::bind(choice.port)?;
    println!("==> what is needed");
    module::require_playground(root)?;
    need::compiler(root)?;
    need::node()?;
    println!("==> the light module, and the whole one");
    module::build(root, Module::Light, "web")?;
    module::build(root, Module::Whole, "web")?;
    println!("==> the page");
    page::packages(root)?;
    let built = page::build(root, "web/dist")?;
    let full = module::has_full(root);
    if full {
        tell(root, "building", "The full module is being built; the page works without it meanwhile.")?;
    } else {
        tell(root, "absent", "This version has no full module.")?;
    }
    let address = listener
        .local_addr()
        .map_err(|reason| Fault::Broken(format!("the server has no address: {reason}")))?;
    println!(
        "\nSeparatrix is at http://{address}/ (ready after {:.1} s; Ctrl-C ends it)",
        start.elapsed().as_secs_f64()
    );
    let site = Site { page: built, modules: root.join("web/pkg") };
    let server = thread::spawn(move || server::serve(&listener, site));
    if choice.open {
        open(&format!("http://{address}/"));
    }
    if full {
        println!("==> the full module, behind the page (minutes the first time)");
        match module::build(root, Module::Full, "release") {
            Ok(_) => {
                tell(root, "ready", "")?;
                println!("The full module is ready.");
            }
            Err(fault) => {
                tell(root, "failed", "The full module could not be built; the terminal says why.")?;
                eprintln!("error: {fault}\nThe page goes on without the full module.");
            }
        }
    }
    server.join().map_err(|_| Fault::Broken("the server stopped".to_owned()))
}

/// Writes what the page can know about the full module into `pkg/status.json`: `state` is `building`,
/// `ready`, `failed` or `absent`.
pub(crate) fn tell(root: &Path, state: &str, message: &str) -> Result<(), Fault> {
    let folder = root.join("web/pkg");
    fs::create_dir_all(&folder).map_err(Fault::file(&folder))?;
    let path = folder.join("status.json");
    fs::write(&path, format!("{{\"full\":{{\"state\":\"{state}\",\"message\":\"{message}\"}}}}\n"))
        .map_err(Fault::file(&path))
}

/// Opens the address in a browser, where there is a screen to open it on.
fn open(address: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else if std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some() {
        "xdg-open"
    } else {
        return;
    };
    if cfg!(windows) || find(&[program]).is_some() {
        let _ = Command::new(program)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}
