//! The tools of wasm-bindgen as one program: JavaScript bindings for a wasm module, and the runner of wasm
//! tests in a headless browser.
//!
//! `bindings make MODULE.wasm FOLDER` writes the bindings; `bindings run-tests MODULE.wasm [ARGUMENT...]` runs
//! the tests of a module, as cargo asks of a target's runner.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let outcome = match (arguments.get(1).and_then(|name| name.to_str()), arguments.len()) {
        (Some("make"), 4) => make(&arguments[2], &arguments[3]),
        (Some("run-tests"), 3..) => {
            // The runner reads a command line of its own, whose first word is the program's name.
            let rest = std::iter::once(arguments[0].clone()).chain(arguments[2..].iter().cloned());
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(rest)
                .map_err(|fault| format!("{fault:#}"))
        }
        _ => Err("usage: bindings make MODULE.wasm FOLDER | bindings run-tests MODULE.wasm ...".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Writes `playground.js` and `playground_bg.wasm` for the web into the folder.
fn make(module: &OsString, folder: &OsString) -> Result<(), String> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    // Names of functions are for debuggers, and a twelfth of what travels.
    bindgen.input_path(module).out_name("playground").typescript(false).remove_name_section(true);
    bindgen.web(true).map_err(|fault| format!("{fault:#}"))?;
    bindgen.generate(folder).map_err(|fault| format!("bindings for {}: {fault:#}", module.display()))
}
