//! `systems`

use super::print_json;
use crate::Failure;
use crate::args::Systems;
use crate::pool;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::text::{brief, brief_or_dash};
use equations::Kind;
use exhibits::invariants::{Invariants, invariants};
use exhibits::survey::{Asked, Surveyed, survey};
use serde::Serialize;
use std::io::Write;
use zoo::System;

/// Most periods of a survey.
const MOST_PERIODS: f64 = 1e6;
/// Most starts of a survey.
const MOST_STARTS: u32 = 100_000;

#[derive(Serialize)]
struct Row<'a> {
    slug: &'a str,
    name: &'a str,
    family: &'a str,
    kind: &'static str,
    dimension: usize,
    parameters: usize,
    lyapunov: Option<&'a [f64]>,
    lyapunov_source: Option<&'a str>,
    period: Option<f64>,
    /// Why it is not chaotic at its defaults.
    regular: Option<&'a str>,
    /// Name of the collection's version.
    collection: Option<String>,
    view: Vec<&'a str>,
    /// Whether the right-hand side is compiled.
    native: bool,
    citation: &'a str,
    sentence: &'a str,
}

impl Row<'static> {
    fn of(system: &'static System) -> Self {
        let model = system.model();
        Self {
            slug: system.slug(),
            name: system.name(),
            family: system.family(),
            kind: if model.kind == Kind::Map { "map" } else { "flow" },
            dimension: model.dimension(),
            parameters: model.parameters.len(),
            lyapunov: system.lyapunov(),
            lyapunov_source: system.lyapunov_source(),
            period: system.period(),
            regular: system.regular(),
            collection: system.collection().map(|name| format!("dysts:{name}")),
            view: system.view().iter().map(|axis| model.variables[*axis].name.as_str()).collect(),
            native: system.field::<f64>(&model.parameter_values()).is_native(),
            citation: system.citation(),
            sentence: system.sentence(),
        }
    }
}

/// The systems that are asked for, family by family.
fn found(arguments: &Systems) -> Result<Vec<&'static System>, Failure> {
    let wanted = arguments.family.as_ref().map(|family| family.to_lowercase());
    if let Some(family) = &wanted
        && !zoo::FAMILIES.iter().any(|name| name.to_lowercase().contains(family.as_str()))
    {
        let names: Vec<&str> = zoo::FAMILIES.to_vec();
        return Err(Failure::Input(format!("there is no family {family:?}; there are {}", names.join(", "))));
    }
    let words: Vec<String> = arguments.words.iter().map(|word| word.to_lowercase()).collect();
    let fits = |system: &System| {
        let exponent = || system.lyapunov().and_then(|spectrum| spectrum.first().copied());
        let collection = system.collection().map_or_else(String::new, |name| format!("dysts:{name}"));
        let parts = [system.slug(), system.name(), system.family(), system.sentence(), system.citation()];
        let text = format!("{} {collection}", parts.join(" ")).to_lowercase();
        wanted.as_ref().is_none_or(|family| system.family().to_lowercase().contains(family.as_str()))
            && arguments.dimension.is_none_or(|span| span.contains(system.model().dimension() as f64))
            && arguments.exponent.is_none_or(|span| exponent().is_some_and(|e| span.contains(e)))
            && words.iter().all(|word| text.contains(word.as_str()))
    };
    let by_family = |family: &'static str| zoo::systems().iter().filter(move |s| s.family() == family);
    Ok(zoo::FAMILIES.into_iter().flat_map(by_family).filter(|system| fits(system)).collect())
}

pub(super) fn systems(arguments: &Systems, out: &mut dyn Write) -> Result<(), Failure> {
    let systems = found(arguments)?;
    if arguments.survey {
        return surveys(arguments, &systems, out);
    }
    if arguments.table {
        return figures(arguments, &systems, out);
    }
    let rows: Vec<Row<'_>> = systems.into_iter().map(Row::of).collect();
    if arguments.json {
        return print_json(out, &rows);
    }
    let mut table = Table::new(&[
        ("system", Align::Left),
        ("kind", Align::Left),
        ("variables", Align::Right),
        ("exponent", Align::Right),
        ("family", Align::Left),
        ("name", Align::Left),
        ("source", Align::Left),
    ]);
    for row in rows {
        table.row([
            row.slug.into(),
            row.kind.into(),
            row.dimension.to_string(),
            brief_or_dash(row.lyapunov.and_then(|spectrum| spectrum.first().copied())),
            row.family.into(),
            row.name.into(),
            row.citation.into(),
        ]);
    }
    Ok(write!(out, "{table}")?)
}

fn surveys(arguments: &Systems, systems: &[&'static System], out: &mut dyn Write) -> Result<(), Failure> {
    let asked = Asked { periods: arguments.periods, starts: arguments.starts, seed: arguments.seed };
    if !(asked.periods > 0.0 && asked.periods <= MOST_PERIODS) {
        return Err(Failure::Input(format!(
            "--periods {}: must be above 0 and at most {MOST_PERIODS}",
            asked.periods
        )));
    }
    if !(1..=MOST_STARTS).contains(&asked.starts) {
        return Err(Failure::Input(format!("--starts {}: must be from 1 to {MOST_STARTS}", asked.starts)));
    }
    let progress = Progress::new("survey", systems.len() as u64);
    let mut reports: Vec<Surveyed> = Vec::new();
    for (done, system) in systems.iter().enumerate() {
        let report = survey(system, asked);
        reports.push(report.map_err(|fault| Failure::Input(format!("{}: {fault}", system.slug())))?);
        progress.at(done as u64 + 1);
    }
    drop(progress);
    let bad = reports.iter().filter(|report| !report.stopped.is_empty()).count();
    if arguments.json {
        print_json(out, &reports)?;
    } else {
        let mut table = Table::new(&[
            ("system", Align::Left),
            ("solver", Align::Left),
            ("step", Align::Right),
            ("time", Align::Right),
            ("stopped", Align::Right),
            ("the first one", Align::Left),
        ]);
        for report in &reports {
            let first = report.stopped.first();
            table.row([
                report.slug.into(),
                report.solver.into(),
                brief(report.dt),
                brief(report.time),
                format!("{} of {}", report.stopped.len(), report.starts),
                first.map_or_else(String::new, |s| {
                    format!("start {} at {}: {}", s.start, brief(s.time), s.what)
                }),
            ]);
        }
        write!(out, "{table}")?;
    }
    if bad > 0 {
        return Err(Failure::Survey { stopped: bad, surveyed: reports.len() });
    }
    Ok(())
}

/// The table of the zoo, by as many threads as there are processors; the rows do not depend on their number.
fn figures(arguments: &Systems, systems: &[&'static System], out: &mut dyn Write) -> Result<(), Failure> {
    if !(10_000..=100_000_000).contains(&arguments.steps) {
        return Err(Failure::Input(format!("--steps {}: must be from 10000 to 100000000", arguments.steps)));
    }
    let progress = Progress::new("spectra", systems.len() as u64);
    let rows = pool::share(systems, pool::processors(), |system| {
        let row = invariants(system, arguments.steps)?;
        progress.add(1.0);
        Ok(row)
    })?;
    drop(progress);
    let rows: Vec<Invariants> = rows.into_iter().flatten().collect();
    if arguments.json {
        return print_json(out, &rows);
    }
    let mut table = Table::new(&[
        ("system", Align::Left),
        ("variables", Align::Right),
        ("exponent", Align::Right),
        ("error", Align::Right),
        ("zero within", Align::Right),
        ("dimension", Align::Right),
        ("collection", Align::Right),
        ("its spectrum", Align::Right),
        ("its dimension", Align::Right),
        ("it", Align::Left),
    ]);
    for row in &rows {
        let [value, error] = row.exponents.first().copied().unwrap_or_default();
        let own = row.collection;
        table.row([
            row.system.clone(),
            row.dimension.to_string(),
            brief_or_dash(value),
            brief_or_dash(error),
            row.zero.map_or_else(|| "-".into(), |errors| format!("{errors:.1} errors")),
            brief_or_dash(row.kaplan_yorke),
            brief_or_dash(own.and_then(|own| own.largest)),
            brief_or_dash(own.and_then(|own| own.of_spectrum)),
            brief_or_dash(own.and_then(|own| own.kaplan_yorke)),
            row.fault.clone().or_else(|| row.verdict.map(str::to_owned)).unwrap_or_default(),
        ]);
    }
    write!(out, "{table}")?;
    let count = |word: &str| rows.iter().filter(|row| row.verdict == Some(word)).count();
    writeln!(
        out,
        "\n{} systems. The collection agrees in {}, differs in {}, contradicts itself in {}.",
        rows.len(),
        count("agrees"),
        count("differs"),
        count("contradicts itself")
    )?;
    Ok(())
}
