//! `link make` and `link explain`

use super::print_json;
use crate::Failure;
use crate::args::{LinkExplain, LinkMake};
use crate::source::Source;
use crate::table::{Align, Table};
use crate::text::plain;
use exhibits::contract::Declaration;
use exhibits::values::{self, Values};
use exhibits::{ExhibitError, Means, exhibits as list};
use recipe::{Recipe, fingerprint_text};
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Made {
    link: String,
}

pub(super) fn make(arguments: &LinkMake, out: &mut dyn Write) -> Result<(), Failure> {
    let mut source = Source::read(&arguments.source)?;
    let (_, declaration) = source.adjust(&arguments.settings, arguments.seed, None)?;
    let recipe = canonical(&source.recipe.without_step(), &declaration)?;
    let link = format!("#/{}", recipe.encode());
    // What is too long to be read again is told now rather than then.
    Recipe::decode(&link).map_err(ExhibitError::from)?;
    if arguments.json { print_json(out, &Made { link }) } else { Ok(writeln!(out, "{link}")?) }
}

/// The recipe with checked values, and without those that are the defaults.
fn canonical(recipe: &Recipe, declaration: &Declaration) -> Result<Recipe, Failure> {
    let checked = Values::resolve(declaration, recipe)?;
    let mut after = recipe.clone();
    for control in &declaration.controls {
        if let Some(value) = checked.get(&control.id) {
            let text = (*value != values::default(control)).then(|| values::write(value));
            after.set_control(&control.id, text);
        }
    }
    Ok(after)
}

#[derive(Serialize)]
struct Explained {
    exhibit: String,
    title: String,
    edition: Option<u32>,
    current_edition: u32,
    seed: u64,
    step: Option<u64>,
    fingerprint: Option<String>,
    series: Option<String>,
    controls: Vec<Set>,
    equations: Option<String>,
}

#[derive(Serialize)]
struct Set {
    control: String,
    label: String,
    value: String,
    default: String,
}

pub(super) fn explain(arguments: &LinkExplain, out: &mut dyn Write) -> Result<(), Failure> {
    let recipe = Recipe::decode(&arguments.link).map_err(ExhibitError::from)?;
    let exhibit = list::resolve(&recipe)?;
    // The series of one's own is not here, and need not be.
    let bare = Recipe { series: None, ..recipe.clone() };
    let declaration = exhibit.declare(&bare, &Means::default())?;
    Values::resolve(&declaration, &bare)?;
    let mut controls = Vec::with_capacity(recipe.controls.len());
    for (id, value) in &recipe.controls {
        let control = values::find(&declaration, id)?;
        controls.push(Set {
            control: id.clone(),
            label: plain(&control.label),
            value: value.clone(),
            default: values::write(&values::default(control)),
        });
    }
    let explained = Explained {
        exhibit: recipe.exhibit.clone(),
        title: plain(&declaration.title),
        edition: recipe.edition,
        current_edition: declaration.edition,
        seed: recipe.seed,
        step: recipe.step,
        fingerprint: recipe.fingerprint.map(fingerprint_text),
        series: recipe.series.map(fingerprint_text),
        controls,
        equations: recipe.equations,
    };
    if arguments.json { print_json(out, &explained) } else { print(&explained, out) }
}

fn print(e: &Explained, out: &mut dyn Write) -> Result<(), Failure> {
    let mut parts = Table::new(&[("part", Align::Left), ("value", Align::Left)]);
    let mut part = |name: &str, value: String| parts.row([name.to_owned(), value]);
    part("exhibit", format!("{} ({})", e.exhibit, e.title));
    let edition = match e.edition {
        None => format!("not named; this is edition {}", e.current_edition),
        Some(edition) if edition == e.current_edition => format!("{edition}"),
        Some(edition) => {
            format!("{edition}; this is edition {}, so no fingerprint is compared", e.current_edition)
        }
    };
    part("edition", edition);
    part("seed", e.seed.to_string());
    part("step", e.step.map_or_else(|| "none: from the start".into(), |step| step.to_string()));
    part("fingerprint", e.fingerprint.clone().unwrap_or_else(|| "none".into()));
    if let Some(series) = &e.series {
        part("series", format!("a file of one's own, digest {series}; run it with --series"));
    }
    if let Some(equations) = &e.equations {
        part("equations", format!("{} lines, {} bytes", equations.lines().count(), equations.len()));
    }
    write!(out, "{parts}")?;
    if !e.controls.is_empty() {
        let mut table = Table::new(&[
            ("control", Align::Left),
            ("value", Align::Right),
            ("default", Align::Right),
            ("meaning", Align::Left),
        ]);
        for set in &e.controls {
            table.row([set.control.clone(), set.value.clone(), set.default.clone(), set.label.clone()]);
        }
        write!(out, "\n{table}")?;
    }
    if let Some(equations) = &e.equations {
        writeln!(out, "\n{}", equations.trim_end())?;
    }
    Ok(())
}
