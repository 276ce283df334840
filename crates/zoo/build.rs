//! Prints each system of `systems/` as native code, and the list of all.

#[path = "src/header.rs"]
mod header;

use equations::Kind;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Systems of more states run as register programs.
const LARGEST_NATIVE: usize = 16;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=systems");
    println!("cargo::rerun-if-changed=src/header.rs");
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), String> {
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir("systems")
        .map_err(|error| format!("systems/: {error}"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ode"))
        .collect();
    // By slug, not by path: `henon` stands before `henon-heiles`, though `.` follows `-`.
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    let (mut modules, mut entries, mut natives) = (String::new(), String::new(), String::new());
    for (index, path) in files.iter().enumerate() {
        system(path, index, &mut modules, &mut entries, &mut natives)
            .map_err(|e| format!("{}:{e}", path.display()))?;
    }
    let code = format!(
        "{modules}\npub(crate) static SYSTEMS: [crate::System; {count}] = [\n{entries}];\n\
         pub(crate) static MODELS: [std::sync::OnceLock<equations::Model>; {count}] = [const {{ std::sync::OnceLock::new() }}; {count}];\n\
         pub(crate) fn functions<V: numerics::Real>(index: usize) -> Option<crate::field::Functions<V>> {{\n    match index {{\n{natives}        _ => None,\n    }}\n}}\n",
        count = files.len()
    );
    std::fs::write(Path::new(&out).join("systems.rs"), code).map_err(|error| format!("systems.rs: {error}"))
}

fn system(
    path: &Path,
    index: usize,
    modules: &mut String,
    entries: &mut String,
    natives: &mut String,
) -> Result<(), String> {
    let slug = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if slug.is_empty() || !slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(" a slug is made of a to z, digits and `-`".into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!(" {error}"))?;
    let header = header::read(&text).map_err(|(line, message)| format!("{line}: {message}"))?;
    let parsed = equations::parse(&text);
    // A warning in a file of our own is a mistake as well.
    if let Some(d) = parsed.diagnostics.first() {
        let help = d.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        return Err(format!("{}:{}: {}{help}", d.line, d.column, d.message));
    }
    let Some(model) = parsed.model else { return Err("1: there is no model".into()) };
    for name in &header.view {
        if model.variable(name).is_none() {
            return Err(format!("1: the view names `{name}`, which is not a variable"));
        }
    }
    for parameter in &model.parameters {
        let labelled = header.labels.iter().find(|label| label.0 == parameter.name);
        let Some((name, _, low, high)) = labelled else {
            return Err(format!("1: the header lacks `#: parameter {} = label, low, high`", parameter.name));
        };
        if parameter.value < *low || parameter.value > *high {
            return Err(format!("1: `{name}` starts outside its range"));
        }
    }
    if header.labels.len() != model.parameters.len() {
        return Err("1: the header labels a parameter that is not there".into());
    }
    if !header.lyapunov.is_empty() && header.lyapunov.len() != model.dimension() {
        return Err("1: a Lyapunov spectrum has as many exponents as the system has variables".into());
    }
    let labels: Vec<String> = model
        .parameters
        .iter()
        .filter_map(|parameter| header.labels.iter().find(|label| label.0 == parameter.name))
        .map(|(name, label, low, high)| {
            format!("crate::Label {{ name: {name:?}, label: {label:?}, low: {low:?}, high: {high:?} }}")
        })
        .collect();
    let _ = writeln!(
        entries,
        "    crate::System {{ index: {index}, slug: {slug:?}, name: {:?}, family: {:?}, sentence: {:?}, citation: {:?}, \
         figures: crate::Figures {{ lyapunov: &{:?}, kaplan_yorke: {:?}, source: {:?} }}, view: &{:?}, spread: {:?}, \
         labels: &[{}], text: {text:?} }},",
        header.name,
        header.family,
        header.sentence,
        header.citation,
        header.lyapunov,
        header.kaplan_yorke,
        header.source,
        header.view,
        header.spread,
        labels.join(", ")
    );
    if model.dimension() <= LARGEST_NATIVE {
        let module = slug.replace('-', "_");
        let kind = match model.kind {
            Kind::Flow => "flow",
            Kind::Map => "map",
        };
        let _ = writeln!(modules, "mod {module} {{\n{}}}", equations::rust_source(&model, ""));
        let name: String = slug.split('-').map(capital).collect();
        let defaults: Vec<String> =
            model.parameter_values().iter().map(|value| format!("{value:?}")).collect();
        let _ = writeln!(
            modules,
            "native!({kind}, {name}, {module}, {}, {}, [{}], {:?});",
            model.dimension(),
            model.parameters.len(),
            defaults.join(", "),
            header.name
        );
        let _ = writeln!(
            natives,
            "        {index} => Some(crate::field::Functions {{ prepared: [{module}::RATE_PREPARED, {module}::JACOBIAN_PREPARED, \
             {module}::AUXILIARIES_PREPARED], prepare: [{module}::rate_prepare, {module}::jacobian_prepare, \
             {module}::auxiliaries_prepare], evaluate: [{module}::rate, {module}::jacobian, {module}::auxiliaries] }}),"
        );
    }
    Ok(())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
