//! The questions of the analysis desk: `lyapunov` and its like.

use super::print_json;
use super::render::{Paper, draw_frame};
use crate::Failure;
use crate::args::{Asked, Compared, Device, Lyapunov, Mapped, Resting, Sampled, Swept};
use crate::csv_file::save_table;
use crate::progress::Progress;
use crate::source::{Source, split_setting};
use crate::table::{Align, Table};
use crate::text::plain;
use exhibits::OwnSeries;
use exhibits::contract::{Answer, Frame, Setting, Value};
use exhibits::desk::{self, Case, Inquiry};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two looks at the progress.
const SLICE: Duration = Duration::from_millis(100);

pub(super) fn lyapunov(arguments: &Lyapunov, out: &mut dyn Write) -> Result<(), Failure> {
    let mut settings = Vec::new();
    let mut set = |control: &str, value: f64| {
        settings.push(Setting { control: control.into(), value: Value::Number(value) });
    };
    let case = case(&arguments.asked)?;
    if let Some(count) = arguments.count {
        set("count", count as f64);
    }
    if let Some(steps) = arguments.steps {
        set("steps", steps as f64);
    }
    if let (Some(time), Case::System(case)) = (arguments.time, &case) {
        if !(time > 0.0 && time.is_finite()) {
            return Err(Failure::Input(format!("--time {time}: must be a positive number")));
        }
        set("steps", (time / case.dt).ceil());
    }
    ask(&arguments.asked, &case, "lyapunov", settings, out)
}

/// A question about a parameter that is varied.
pub(super) fn swept(question: &str, arguments: &Swept, out: &mut dyn Write) -> Result<(), Failure> {
    let case = case(&arguments.asked)?;
    let mut settings = Vec::new();
    if let (Some(name), Case::System(case)) = (&arguments.parameter, &case) {
        // As in the file, whatever the case of the letters.
        let parameters = &case.subject.model().parameters;
        let own = parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name));
        let value = own.map_or(name.as_str(), |p| &p.name).to_owned();
        settings.push(Setting { control: "parameter".into(), value: Value::Text(value) });
    }
    for (control, value) in [("from", arguments.from), ("to", arguments.to)] {
        if let Some(value) = value {
            settings.push(Setting { control: control.into(), value: Value::Number(value) });
        }
    }
    ask(&arguments.asked, &case, question, settings, out)
}

pub(super) fn resting(arguments: &Resting, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = [("period", arguments.period), ("seeds", arguments.seeds)];
    let settings = settings.into_iter().filter_map(|(control, value)| {
        Some(Setting { control: control.into(), value: Value::Number(f64::from(value?)) })
    });
    let case = case(&arguments.asked)?;
    ask(&arguments.asked, &case, "fixed-points", settings.collect(), out)
}

/// A question about a plane.
pub(super) fn mapped(question: &str, arguments: &Mapped, out: &mut dyn Write) -> Result<(), Failure> {
    let cells = arguments.cells.map(|cells| ("cells", Value::Number(f64::from(cells))));
    let device = arguments.device.map(|device| if device == Device::Gpu { "gpu" } else { "cpu" });
    let device = device.map(|device| ("device", Value::Text(device.into())));
    let settings = cells.into_iter().chain(device);
    let settings = settings.map(|(control, value)| Setting { control: control.into(), value }).collect();
    let case = case(&arguments.asked)?;
    ask(&arguments.asked, &case, question, settings, out)
}

/// A question about a series, or about samples of a system.
pub(super) fn sampled(question: &str, arguments: &Sampled, out: &mut dyn Write) -> Result<(), Failure> {
    let case = case(&arguments.asked)?;
    ask(&arguments.asked, &case, question, Vec::new(), out)
}

/// How alike two cases are.
pub(super) fn compared(arguments: &Compared, out: &mut dyn Write) -> Result<(), Failure> {
    let first = case(&arguments.asked)?;
    let second = if is_of_kind(&arguments.other, "ode") || is_of_kind(&arguments.other, "csv") {
        open(&arguments.other, &[], arguments.asked.seed)?
    } else {
        desk::other(&first, &arguments.other)?
    };
    let inquiry = desk::compare(&first, &second, &own_settings(&arguments.asked)?)?;
    work(&arguments.asked, inquiry, out)
}

/// What is asked about.
pub(super) fn case(asked: &Asked) -> Result<Case, Failure> {
    open(&asked.source, &asked.settings, asked.seed)
}

/// Whether the text names a file whose name ends so.
fn is_of_kind(text: &str, ending: &str) -> bool {
    Path::new(text).extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn open(text: &str, settings: &[String], seed: Option<u64>) -> Result<Case, Failure> {
    if is_of_kind(text, "csv") {
        if let Some(setting) = settings.first() {
            return Err(Failure::Input(format!("--set {setting}: a series has no parameters")));
        }
        let path = Path::new(text);
        let bytes = std::fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
        return Ok(Case::Series(Arc::new(OwnSeries::read(text, &bytes)?)));
    }
    let mut source = Source::read(text)?;
    source.adjust(settings, seed, None)?;
    Ok(Case::of_recipe(&source.recipe)?)
}

/// The table and the numbers of an answer.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    answer: &'a Answer,
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
}

/// Asks and answers. What `--with` says comes after `settings`.
pub(super) fn ask(
    asked: &Asked,
    case: &Case,
    question: &str,
    mut settings: Vec<Setting>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    settings.extend(own_settings(asked)?);
    let inquiry = if desk::wants_device(case, question, &settings) {
        desk::ask(&case.clone().on(super::device()), question, &settings)?
    } else {
        desk::ask(case, question, &settings)?
    };
    work(asked, inquiry, out)
}

/// What `--with` says.
fn own_settings(asked: &Asked) -> Result<Vec<Setting>, Failure> {
    let setting = |text: &String| {
        let (key, value) = split_setting(text)?;
        Ok(Setting { control: key.into(), value: Value::Text(value.into()) })
    };
    asked.with.iter().map(setting).collect()
}

/// Waits for the answer, writes and draws it.
fn work(asked: &Asked, mut inquiry: Box<dyn Inquiry>, out: &mut dyn Write) -> Result<(), Failure> {
    let progress = Progress::new("measuring", 1);
    let mut before = 0.0;
    let stopped = loop {
        match inquiry.advance(Instant::now() + SLICE) {
            Ok(true) => break None,
            Ok(false) => {
                let now = inquiry.answer().progress;
                progress.add(now - before);
                before = now;
            }
            Err(error) => break Some(error),
        }
    };
    drop(progress);
    let answer = inquiry.answer();
    let (columns, rows) = inquiry.table();
    if let Some(path) = &asked.output {
        save_table(path, &columns, &rows)?;
    }
    if let Some(path) = &asked.plot {
        picture(asked, path, &answer, &inquiry.frames())?;
    }
    if asked.json {
        print_json(out, &Report { answer: &answer, columns, rows })?;
    } else {
        print(&answer, out)?;
    }
    match stopped {
        Some(error) => Err(Failure::Stopped { reason: error.to_string(), step: 0 }),
        None => Ok(()),
    }
}

fn picture(asked: &Asked, path: &Path, answer: &Answer, frames: &[Frame]) -> Result<(), Failure> {
    let view = match &asked.view {
        None => answer.views.first(),
        Some(id) => answer.views.iter().find(|view| view.id == *id),
    };
    let found =
        view.and_then(|view| Some((view, frames.iter().find(|frame| frame.picture.view() == view.id)?)));
    let Some((view, frame)) = found else {
        let names: Vec<&str> = answer.views.iter().map(|view| view.id.as_str()).collect();
        return Err(Failure::Input(format!("this answer has no such picture; it has {}", names.join(", "))));
    };
    let paper = Paper { width: asked.size.width, height: asked.size.height, ground: asked.theme };
    draw_frame(view, frame, &paper, path)
}

fn print(answer: &Answer, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = Table::new(&[("finding", Align::Left), ("value", Align::Left)]);
    for finding in &answer.findings {
        table.row([finding.label.clone(), plain(&finding.text)]);
    }
    write!(out, "{table}")?;
    if let Some(note) = &answer.note {
        writeln!(out, "\n{}", plain(note))?;
    }
    Ok(())
}
