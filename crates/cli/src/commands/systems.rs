//! `systems`

use super::print_json;
use crate::Failure;
use crate::args::Systems;
use crate::table::{Align, Table};
use crate::text::brief_or_dash;
use equations::Kind;
use serde::Serialize;
use std::io::Write;
use zoo::System;

#[derive(Serialize)]
struct Row<'a> {
    slug: &'a str,
    name: &'a str,
    family: &'a str,
    kind: &'static str,
    dimension: usize,
    parameters: usize,
    lyapunov: Option<&'a [f64]>,
    citation: &'a str,
    sentence: &'a str,
}

pub(super) fn systems(arguments: &Systems, out: &mut dyn Write) -> Result<(), Failure> {
    let wanted = arguments.family.as_ref().map(|family| family.to_lowercase());
    if let Some(family) = &wanted
        && !zoo::FAMILIES.iter().any(|name| name.to_lowercase().contains(family.as_str()))
    {
        let names: Vec<&str> = zoo::FAMILIES.to_vec();
        return Err(Failure::Input(format!("there is no family {family:?}; there are {}", names.join(", "))));
    }
    let of_family = |system: &&System| {
        wanted.as_ref().is_none_or(|family| system.family().to_lowercase().contains(family.as_str()))
    };
    let dimension = |system: &System| system.model().dimension();
    let of_dimension =
        |system: &&System| arguments.dimension.is_none_or(|wanted| dimension(system) == wanted);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for family in zoo::FAMILIES {
        let members = zoo::systems().iter().filter(|s| s.family() == family).filter(of_family);
        rows.extend(members.filter(of_dimension).map(|system| Row {
            slug: system.slug(),
            name: system.name(),
            family: system.family(),
            kind: if system.model().kind == Kind::Map { "map" } else { "flow" },
            dimension: dimension(system),
            parameters: system.model().parameters.len(),
            lyapunov: system.lyapunov(),
            citation: system.citation(),
            sentence: system.sentence(),
        }));
    }
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
