//! `show`

use super::print_json;
use crate::Failure;
use crate::args::Show;
use crate::source::Source;
use crate::table::{Align, Table};
use crate::text::{exact, plain, wrap};
use exhibits::contract::{Bar, ControlKind, Declaration, Figure};
use std::io::Write;

const WIDTH: usize = 96;

/// When a figure passes, in signs.
pub(super) fn bar_text(bar: &Bar) -> String {
    match bar {
        Bar::AtMost { bound } => format!("≤ {}", exact(*bound)),
        Bar::AtLeast { bound } => format!("≥ {}", exact(*bound)),
        Bar::Within { centre, tolerance } => format!("{} ± {}", exact(*centre), exact(*tolerance)),
        Bar::AtMostBaseline => "≤ baseline".into(),
        Bar::MoreThanBaseline => "> baseline".into(),
    }
}

/// The paper's value, as shown.
pub(super) fn paper_text(figure: &Figure) -> String {
    let text = |p: &exhibits::contract::PaperValue| {
        if p.recalled { format!("{} (recalled)", plain(&p.text)) } else { plain(&p.text) }
    };
    figure.paper.as_ref().map_or_else(|| "-".into(), text)
}

/// Range and default of a control.
fn kind_text(kind: &ControlKind) -> (String, String) {
    match kind {
        ControlKind::Number { min, max, default, open, .. } => {
            let more = if *open { ", or any number" } else { "" };
            (format!("{} to {}{more}", exact(*min), exact(*max)), exact(*default))
        }
        ControlKind::Integer { min, max, default, .. } => {
            (format!("{} to {}, whole", exact(*min), exact(*max)), exact(*default))
        }
        ControlKind::Choice { options, default } => {
            let mut values: Vec<&str> = options.iter().map(|o| o.value.as_str()).collect();
            let hidden = values.len().saturating_sub(8);
            values.truncate(8);
            let more = if hidden > 0 { format!(", and {hidden} more") } else { String::new() };
            (format!("{}{more}", values.join(", ")), default.clone())
        }
        ControlKind::Switch { default } => ("on, off".into(), if *default { "on" } else { "off" }.into()),
        ControlKind::Curve { default, points } => {
            (format!("at most {points} points, a letter of 0-9A-Za-z-_ each"), default.clone())
        }
        ControlKind::Text { default, max_length } => {
            (format!("text, at most {max_length} characters"), default.clone())
        }
    }
}

pub(super) fn show(arguments: &Show, out: &mut dyn Write) -> Result<(), Failure> {
    let mut source = Source::read(&arguments.source)?;
    // A link made on a series of one's own can be shown without it.
    source.recipe.series = None;
    let (_, declaration) = source.adjust(&[], None, None)?;
    if arguments.json {
        return print_json(out, &declaration);
    }
    print(&declaration, out)
}

fn print(d: &Declaration, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{} ({}), edition {}", plain(&d.title), d.slug, d.edition)?;
    writeln!(out, "{}", plain(&d.subtitle))?;
    write!(out, "\n{}", wrap(&plain(&d.sentence), WIDTH, ""))?;
    if let Some(equations) = &d.equations {
        writeln!(out, "\nEquations")?;
        for line in equations.text.lines() {
            writeln!(out, "{}", format!("  {line}").trim_end())?;
        }
    }
    if !d.controls.is_empty() {
        writeln!(out, "\nControls (--set KEY=VALUE)")?;
        let mut table = Table::new(&[
            ("  key", Align::Left),
            ("default", Align::Right),
            ("range", Align::Left),
            ("meaning", Align::Left),
        ]);
        for control in &d.controls {
            let (range, default) = kind_text(&control.kind);
            let unit = control.unit.as_ref().map_or_else(String::new, |unit| format!(" ({unit})"));
            let label = format!("{}{unit}", plain(&control.label));
            table.row([format!("  {}", control.id), default, range, label]);
        }
        write!(out, "{table}")?;
    }
    if !d.views.is_empty() {
        writeln!(out, "\nViews (render --view ID)")?;
        let mut table =
            Table::new(&[("  id", Align::Left), ("title", Align::Left), ("what it shows", Align::Left)]);
        for view in &d.views {
            let title = format!("{} {}", plain(&view.title), plain(&view.detail));
            table.row([format!("  {}", view.id), title.trim_end().into(), plain(&view.alternative)]);
        }
        write!(out, "{table}")?;
    }
    if !d.claims.is_empty() {
        writeln!(out, "\nClaims (separatrix check)")?;
        for claim in &d.claims {
            let open = if claim.open { " (open: it fails nothing)" } else { "" };
            writeln!(out, "  {}  {}{open}", claim.id, plain(&claim.statement))?;
            for figure in &claim.figures {
                writeln!(
                    out,
                    "      {}: {}; without ({}): {}; known: {}",
                    plain(&figure.measure),
                    bar_text(&figure.bar),
                    plain(&figure.without),
                    figure.baseline_bar.as_ref().map_or_else(|| "-".into(), bar_text),
                    paper_text(figure),
                )?;
            }
            if !claim.note.is_empty() {
                write!(out, "{}", wrap(&plain(&claim.note), WIDTH, "      "))?;
            }
        }
    }
    if !d.lesson.is_empty() {
        writeln!(out, "\nLesson")?;
        for (index, step) in d.lesson.iter().enumerate() {
            write!(out, "{}", wrap(&format!("{}. {}", index + 1, plain(&step.text)), WIDTH, "  "))?;
        }
    }
    if !d.citations.is_empty() {
        writeln!(out, "\nTo cite")?;
        for citation in &d.citations {
            write!(out, "{}", wrap(&plain(citation), WIDTH, "  "))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_read_as_they_are_meant() {
        assert_eq!(bar_text(&Bar::AtMost { bound: 4.0 }), "≤ 4");
        assert_eq!(bar_text(&Bar::AtLeast { bound: 0.5 }), "≥ 0.5");
        assert_eq!(bar_text(&Bar::Within { centre: 0.906, tolerance: 0.02 }), "0.906 ± 0.02");
        assert_eq!(bar_text(&Bar::MoreThanBaseline), "> baseline");
    }

    #[test]
    fn a_slider_tells_whether_more_may_be_typed() {
        let kind =
            ControlKind::Number { min: 0.0, max: 50.0, default: 28.0, log: false, decimals: 1, open: true };
        assert_eq!(kind_text(&kind), ("0 to 50, or any number".into(), "28".into()));
    }
}
