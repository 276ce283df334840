//! `run`

use super::print_json;
use crate::Failure;
use crate::args::Run;
use crate::csv_file::save_table;
use crate::ode_table::{self, Chosen};
use crate::progress::Progress;
use crate::source::Source;
use crate::text::exact;
use dynamics::{Method, Outcome};
use equations::Model;
use exhibits::contract::RunState;
use exhibits::values::Values;
use exhibits::{ExhibitError, Session, exhibits as list};
use recipe::Recipe;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Steps of a run that names none and has no end of its own.
pub(super) const STEPS: u64 = 10_000;
/// Steps between two collections of recorded rows, well below what a run remembers.
const CHUNK: u64 = 1000;
/// Milliseconds between two looks at the progress.
const GLANCE: f64 = 100.0;
/// Numbers of a state that are printed for people.
const SHOWN: usize = 12;

#[derive(Serialize)]
struct Report {
    exhibit: String,
    edition: u32,
    seed: u64,
    steps: u64,
    time: Option<f64>,
    state: Vec<f64>,
    fingerprint: Option<String>,
    link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_fingerprint: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged: Option<Diverged>,
}

#[derive(Serialize)]
struct Diverged {
    time: f64,
    variable: String,
}

/// Rows that a run records, gathered on the way before it forgets them.
#[derive(Default)]
pub(super) struct Recorder {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
}

impl Recorder {
    fn gather(&mut self, session: &mut Session) {
        let (names, rows) = session.run().table();
        self.names = names;
        let last = self.rows.last().and_then(|row| row.first().copied());
        let new = |row: &Vec<f64>| last.is_none_or(|last| row.first().is_some_and(|first| *first > last));
        self.rows.extend(rows.into_iter().filter(new));
    }
}

pub(super) fn run(arguments: &Run, out: &mut dyn Write) -> Result<(), Failure> {
    let mut source = Source::read(&arguments.source)?;
    let (means, declaration) =
        source.adjust(&arguments.settings, arguments.seed, arguments.series.as_deref())?;
    let explorer = list::resolve(&source.recipe)?.slug() == list::TYPED;
    let model = match (&source.file, &source.recipe.equations) {
        (Some(_), Some(text)) => Some(list::read_equations(text)?),
        _ => None,
    };
    if let Some(edition) = source.recipe.edition.filter(|edition| *edition != declaration.edition) {
        let present = declaration.edition;
        eprintln!(
            "the link is of edition {edition}; this is edition {present}, so no fingerprint is compared"
        );
    }
    // The witness is the first trajectory; the copies around it are for the eye.
    let copies = source.recipe.control("copies").map(str::to_owned);
    let mut recipe = source.recipe.clone();
    if explorer {
        // Their number is checked before it is set aside.
        Values::resolve(&declaration, &recipe)?;
        recipe.set_control("copies", Some("1".into()));
    }
    let mut means = means;
    if list::resolve(&recipe)?.wants_device(&Values::resolve(&declaration, &recipe)?) {
        means.gpu = super::device();
    }
    let mut session = Session::start(recipe, means)?;
    let target = session.target();
    let steps = match (arguments.steps, &target, session.run().total(), &model) {
        (Some(steps), ..) => steps,
        (None, Some(target), ..) => target.step as u64,
        (None, None, Some(total), _) => total,
        (None, None, None, Some(model)) => ode_table::own_steps(model, session.values().number("dt")),
        (None, None, None, None) => STEPS,
    };
    let mut recorder = (arguments.output.is_some() && model.is_none()).then(Recorder::default);
    drive(&mut session, steps, recorder.as_mut());
    let status = session.status();
    let position = session.run().position();
    let wanted = target.filter(|t| t.step as u64 == steps).and_then(|t| t.fingerprint);
    let diverged = match &status.state {
        RunState::Diverged { time, variable, .. } => {
            Some(Diverged { time: *time, variable: variable.clone() })
        }
        _ => None,
    };
    let report = Report {
        exhibit: declaration.slug.clone(),
        edition: declaration.edition,
        seed: source.recipe.seed,
        steps: position,
        time: status.time,
        state: session.run().state(),
        same_fingerprint: wanted.as_ref().map(|wanted| Some(wanted) == status.fingerprint.as_ref()),
        fingerprint: status.fingerprint,
        link: link(&session.share().link, explorer, copies)?,
        diverged,
    };
    match (&arguments.output, &model, recorder) {
        (Some(path), Some(model), _) => save_file_table(path, model, &session, arguments.steps)?,
        (Some(path), None, Some(recorder)) => save_table(path, &recorder.names, &recorder.rows)?,
        _ => {}
    }
    if arguments.json {
        print_json(out, &report)?;
    } else {
        print(&report, &status.unit, status.fingerprint_note.as_deref(), out)?;
    }
    if let Some(wanted) = wanted.filter(|_| report.same_fingerprint == Some(false)) {
        let found = report.fingerprint.unwrap_or_else(|| "none".into());
        return Err(Failure::Fingerprint { step: position, wanted, found });
    }
    if let RunState::Failed { reason, .. } = status.state {
        return Err(Failure::Stopped { reason, step: position });
    }
    match report.diverged {
        Some(Diverged { time, variable }) => {
            Err(Failure::Diverged { time: exact(time), variable, step: position })
        }
        None => Ok(()),
    }
}

/// Runs a session to a step, its end, or where it diverges.
pub(super) fn drive(session: &mut Session, steps: u64, mut recorder: Option<&mut Recorder>) {
    let progress = Progress::new(session.run().unit(), steps);
    loop {
        if let Some(recorder) = &mut recorder {
            recorder.gather(session);
        }
        let before = session.run().position();
        progress.at(before);
        if before >= steps || session.run().divergence().is_some() {
            return;
        }
        let until = if recorder.is_some() { steps.min(before.saturating_add(CHUNK)) } else { steps };
        session.advance(GLANCE, Some(until));
        if session.run().position() == before && session.run().divergence().is_none() {
            // At its end.
            return;
        }
    }
}

/// The link of the run, with the person's own number of copies.
fn link(shared: &str, explorer: bool, copies: Option<String>) -> Result<String, Failure> {
    let mut recipe = Recipe::decode(shared).map_err(ExhibitError::from)?;
    if explorer {
        recipe.set_control("copies", copies);
    }
    Ok(format!("#/{}", recipe.encode()))
}

/// Writes the columns of a file at its own settings.
fn save_file_table(path: &Path, model: &Model, session: &Session, steps: Option<u64>) -> Result<(), Failure> {
    let seed = model.options.seed.unwrap_or_else(|| session.recipe().seed);
    let table = ode_table::tabulate(model, &chosen(model, session.values(), steps, seed))?;
    match &table.outcome {
        Outcome::Ok | Outcome::Diverged(_) => {}
        other => eprintln!("the table ends early: {other:?}"),
    }
    save_table(path, &table.names, &table.rows)
}

/// What the controls say, in the order of the text.
fn chosen(model: &Model, values: &Values, steps: Option<u64>, seed: u64) -> Chosen {
    let of = |id: String, default: f64| {
        let value = values.number(&id);
        if value.is_nan() { default } else { value }
    };
    let parameter = |p: &equations::Parameter| {
        let id = p.name.to_lowercase();
        // A parameter named like a control of the Explorer's stands behind `p.`.
        of(format!("p.{id}"), of(id, p.value))
    };
    Chosen {
        parameters: model.parameters.iter().map(parameter).collect(),
        start: model
            .variables
            .iter()
            .map(|v| of(format!("{}_0", v.name.to_lowercase()), v.initial))
            .collect(),
        dt: of("dt".into(), ode_table::STEP),
        method: Method::from_slug(values.text("solver"))
            .unwrap_or_else(|| ode_table::method(model.options.meth.as_deref())),
        tolerance: of("tolerance".into(), 1e-8),
        steps,
        seed,
    }
}

fn print(r: &Report, unit: &str, note: Option<&str>, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "exhibit      {} (edition {})", r.exhibit, r.edition)?;
    writeln!(out, "seed         {}", r.seed)?;
    writeln!(out, "{unit:<12} {}", r.steps)?;
    if let Some(time) = r.time {
        writeln!(out, "time         {}", exact(time))?;
    }
    let shown: Vec<String> = r.state.iter().take(SHOWN).map(|value| exact(*value)).collect();
    let more =
        if r.state.len() > SHOWN { format!(" ... ({} numbers)", r.state.len()) } else { String::new() };
    writeln!(out, "state        {}{more}", shown.join(" "))?;
    match (&r.fingerprint, note) {
        (Some(fingerprint), _) => writeln!(out, "fingerprint  {fingerprint}")?,
        (None, Some(note)) => writeln!(out, "fingerprint  none: {note}")?,
        (None, None) => writeln!(out, "fingerprint  none")?,
    }
    writeln!(out, "link         {}", r.link)?;
    if r.same_fingerprint == Some(true) {
        writeln!(out, "same fingerprint")?;
    }
    Ok(())
}
