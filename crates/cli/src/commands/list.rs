//! `list`

use super::print_json;
use crate::Failure;
use crate::args::List;
use crate::table::{Align, Table};
use exhibits::exhibits as catalogue;
use exhibits::{Exhibit, Means};
use recipe::Recipe;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Row {
    slug: String,
    title: String,
    subtitle: String,
    sentence: String,
    edition: u32,
    claims: usize,
}

fn row(exhibit: &dyn Exhibit) -> Result<Row, Failure> {
    let declaration = exhibit.declare(&Recipe::new(exhibit.slug()), &Means::default())?;
    // What the Explorer shows at first is one system of many.
    let explorer = exhibit.slug() == catalogue::TYPED;
    let (title, subtitle, sentence) = if explorer {
        let sentence = "Any system of the zoo, or equations of your own: an ensemble in state space.";
        ("Explorer".into(), "any system".into(), sentence.into())
    } else {
        (declaration.title, declaration.subtitle, declaration.sentence)
    };
    let (slug, edition) = (exhibit.slug().to_owned(), declaration.edition);
    Ok(Row { slug, title, subtitle, sentence, edition, claims: declaration.claims.len() })
}

pub(super) fn list(arguments: &List, out: &mut dyn Write) -> Result<(), Failure> {
    let rows: Vec<Row> = catalogue::all().map(row).collect::<Result<_, _>>()?;
    if arguments.json {
        return print_json(out, &rows);
    }
    let mut table = Table::new(&[
        ("exhibit", Align::Left),
        ("claims", Align::Right),
        ("title", Align::Left),
        ("", Align::Left),
    ]);
    for row in rows {
        table.row([row.slug, row.claims.to_string(), row.title, row.subtitle]);
    }
    write!(out, "{table}")?;
    Ok(writeln!(out, "\n`separatrix show NAME` tells more; `separatrix systems` lists the systems.")?)
}
