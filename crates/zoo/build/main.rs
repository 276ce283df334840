//! Compiles every `systems/*.ode` to Rust: a table of headers and texts, and native code for systems of at most
//! sixteen states and moderate length, printed from the same register program that interprets typed equations.

mod header;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Larger systems run as register programs.
const MOST_STATES: usize = 16;
/// So do those whose code is longer, in bytes of Rust. A system takes 4 KB of it on average, which is half a
/// kilobyte of the compressed module.
const MOST_SOURCE: usize = 24 * 1024;
/// Systems of at most so many operations have their steps compiled too, at about two hundred bytes of the compressed
/// module a system; beside more operations a call weighs little.
const MOST_MARCHED: usize = 40;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=systems");
    println!("cargo:rerun-if-changed=build");
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// The parts of the code, each gathered system by system.
#[derive(Default)]
struct Printed {
    table: String,
    modules: String,
    /// Arms that give native code by the system's index.
    rates: String,
    jacobians: String,
    marches: String,
}

fn generate() -> Result<(), String> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?);
    let out = PathBuf::from(std::env::var("OUT_DIR").map_err(|e| e.to_string())?);
    let folder = root.join("systems");
    let read = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = read.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "ode"));
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    let mut printed = Printed::default();
    for (index, file) in files.iter().enumerate() {
        one(index, file, &mut printed).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let Printed { table, modules, rates, jacobians, marches } = printed;
    let code = format!(
        "/// Families of systems in the order of the gallery.\n\
         pub const FAMILIES: [&str; {}] = {:?};\n\
         #[allow(clippy::approx_constant, reason = \"figures of systems, as their files give them\")]\n\
         static SYSTEMS: [System; {}] = [\n{table}];\n\
         /// Right-hand sides as native code, generated at build.\n\
         pub mod native {{\n{modules}}}\n\
         fn native_rate<V: Real>(index: usize) -> Option<Native<V>> {{\n    match index {{\n{rates}        _ => None,\n    }}\n}}\n\
         fn native_jacobian(index: usize) -> Option<Native<f64>> {{\n    match index {{\n{jacobians}        _ => None,\n    }}\n}}\n\
         fn native_march<V: Real>(index: usize) -> Option<March<V>> {{\n    if V::LANES > 1 {{\n        return None;\n    }}\n    match index {{\n{marches}        _ => None,\n    }}\n}}\n",
        header::FAMILIES.len(),
        header::FAMILIES,
        files.len()
    );
    std::fs::write(out.join("systems.rs"), code).map_err(|e| e.to_string())
}

fn one(
    index: usize,
    file: &Path,
    Printed { table, modules, rates, jacobians, marches }: &mut Printed,
) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| e.to_string())?;
    let slug = file.file_stem().and_then(|s| s.to_str()).ok_or("the name is no text")?;
    let header = header::read(&text)?;
    let parsed = equations::parse(&text);
    let faults: Vec<String> = parsed.diagnostics.iter().map(ToString::to_string).collect();
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    let model = parsed.into_model().map_err(|e| e.to_string())?;
    let write = |e: std::fmt::Error| e.to_string();
    let lyapunov = match &header.lyapunov {
        Some((numbers, source)) => format!("Some((&{numbers:?}, {source:?}))"),
        None => "None".to_owned(),
    };
    for (name, _, _) in &header.parameters {
        if !model.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name)) {
            return Err(format!("the header describes a parameter {name:?} that the equations do not have"));
        }
    }
    let map = model.kind == equations::Kind::Map;
    if map && header.period.is_some() {
        return Err("a map has no period; the header gives one".into());
    }
    let view = header.view.iter().map(|name| {
        model.variable(name).ok_or_else(|| format!("the view names {name:?}, which is no variable"))
    });
    let mut view = view.collect::<Result<Vec<usize>, String>>()?;
    if view.is_empty() {
        view.extend(0..model.dimension().min(3));
    }
    if let Some((name, _)) = &header.collection
        && name.starts_with("map:") != map
    {
        return Err(format!("{name:?}: the name of a map in the collection begins with `map:`, no other"));
    }
    let sets = header.collection.iter().filter_map(|(_, set)| set.as_ref());
    for name in sets.chain(header.presets.iter().map(|(name, _)| name)) {
        if model.set(name).is_none() {
            return Err(format!("the header names a set {name:?} that the equations do not have"));
        }
    }
    let collection = match &header.collection {
        Some((name, set)) => format!("Some(({name:?}, {set:?}))"),
        None => "None".to_owned(),
    };
    let parameters: Vec<String> = header
        .parameters
        .iter()
        .map(|(name, label, range)| {
            format!("Described {{ name: {name:?}, label: {label:?}, range: {range:?} }}")
        })
        .collect();
    let presets: Vec<String> = header
        .presets
        .iter()
        .map(|(name, shows)| format!("Preset {{ name: {name:?}, shows: {shows:?} }}"))
        .collect();
    writeln!(
        table,
        "    System {{ index: {index}, slug: {slug:?}, name: {:?}, family: {:?}, sentence: {:?}, citation: {:?}, \
         lyapunov: {lyapunov}, parameters: &[{}], view: &{view:?}, period: {:?}, regular: {:?}, \
         collection: {collection}, presets: &[{}], text: {text:?}, model: OnceLock::new() }},",
        header.name,
        header.family,
        header.sentence,
        header.citation,
        parameters.join(", "),
        header.period,
        header.regular,
        presets.join(", "),
    )
    .map_err(write)?;
    if model.variables.len() > MOST_STATES {
        return Ok(());
    }
    let module = slug.replace('-', "_");
    // What has delays, noise or tables of values is interpreted.
    let source = equations::rust_source(&model, "").filter(|source| source.len() <= MOST_SOURCE);
    let Some(mut source) = source else { return Ok(()) };
    let title = upper_camel(slug);
    let (trait_name, method) = match model.kind {
        equations::Kind::Flow => ("Flow", "rate"),
        equations::Kind::Map => ("Map", "next"),
    };
    let (n, m) = (model.variables.len(), model.parameters.len());
    // Others have no use for it: a run with events looks at each step.
    if !map && model.is_plain() && model.system().rate().len() <= MOST_MARCHED {
        writeln!(marches, "        {index} => Some(native::{module}::march::<V>),").map_err(write)?;
        writeln!(
            source,
            "pub fn march<V: numerics::Real>(\n    p: &[V],\n    q: &[V],\n    grid: numerics::march::Grid,\n    \
             bound: f64,\n    x: &mut [V],\n) -> Option<Result<(), numerics::march::Halt>> {{\n    \
             let (p, q): ([V; {m}], [V; RATE_PREPARED]) = (*p.first_chunk()?, *q.first_chunk()?);\n    \
             let rate = |t: V, x: &[V; {n}], out: &mut [V; {n}]| rate(t, x, &p, &q, out);\n    \
             Some(numerics::march::march(rate, grid, bound, x.first_chunk_mut()?))\n}}"
        )
        .map_err(write)?;
    }
    writeln!(
        modules,
        "    pub(super) mod {module} {{\n        #![allow(clippy::all, unused, missing_docs, unreachable_pub, reason = \"generated\")]\n\
         {source}\n    }}\n    /// {}, with its parameters in file order: a solver can be compiled for it alone.\n    \
         #[derive(Clone, Copy, Debug, PartialEq)]\n    pub struct {title} {{\n        p: [f64; {m}],\n        \
         q: [f64; {module}::RATE_PREPARED],\n    }}\n    impl {title} {{\n        /// At these parameters.\n        \
         pub fn new(p: [f64; {m}]) -> Self {{\n            let mut q = [0.0; {module}::RATE_PREPARED];\n            \
         {module}::rate_prepare(&p, &mut q);\n            Self {{ p, q }}\n        }}\n    }}\n    \
         impl numerics::{trait_name}<f64> for {title} {{\n        #[inline]\n        \
         fn dimension(&self) -> usize {{ {n} }}\n        #[inline]\n        \
         fn {method}(&mut self, t: f64, x: &[f64], out: &mut [f64]) {{ {module}::rate(t, x, &self.p, &self.q, out) }}\n    }}",
        header.name
    )
    .map_err(write)?;
    for (list, what, constant, number) in
        [(rates, "rate", "RATE", "V"), (jacobians, "jacobian", "JACOBIAN", "f64")]
    {
        writeln!(
            list,
            "        {index} => Some(Native {{ evaluate: native::{module}::{what}::<{number}>, prepare: \
             native::{module}::{what}_prepare::<{number}>, prepared: native::{module}::{constant}_PREPARED }}),"
        )
        .map_err(write)?;
    }
    Ok(())
}

fn upper_camel(slug: &str) -> String {
    slug.split('-')
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
        })
        .collect()
}
