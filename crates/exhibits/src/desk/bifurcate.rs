//! How it changes: what orbits settle to while a parameter is swept.

use super::say::{figures, stated};
use super::tuned::{Tuned, chosen, controls, pace, variable, varied};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, choice, integer, number, view};
use crate::contract::{Answer, ArrayRef, Frame, Picture, Question, Role, Series, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{FlowSweep, Follow, MapSweep, Section, SweepColumn, SweepOptions, SweepOutcome, SweepRun};
use numerics::Crossing;
use web_time::Instant;

/// Evaluations between two looks at the clock.
const SLICE: u64 = 20_000;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    let mut list = controls(case, "", 0)?;
    list.push(variable(case, "observed", "observed", case.subject.axes()[0].unwrap_or(0)));
    if !case.subject.is_map() {
        let sections =
            [("maxima", "its maxima"), ("minima", "its minima"), ("value", "where it has a value")];
        list.push(choice("section", "looked at", &sections, "maxima"));
        list.push(variable(case, "through", "of", case.subject.axes()[0].unwrap_or(0)));
        list.push(number("value", "value", [-1e6, 1e6], 0.0, 6).open().shown_when("section", &["value"]));
    }
    let follow = [("restart", "from the start"), ("forward", "from the last"), ("both", "forth and back")];
    list.extend([
        choice("follow", "each begins", &follow, "restart")
            .help("Forth and back shows hysteresis: two attractors at one parameter."),
        integer("columns", "values", [2.0, 20_000.0], 400.0),
        integer("values", "points at each", [1.0, 2_000.0], 80.0),
        number("transient", "transient", [0.0, 1e7], 100.0 * pace(case), 3).open(),
    ]);
    Some(Question {
        id: "bifurcate".into(),
        title: "Sweep a parameter".into(),
        sentence: "What orbits settle to at each value of a parameter: one point is a cycle or a rest, two a doubled \
                   cycle, a cloud is chaos."
            .into(),
        controls: list,
    })
}

enum Run {
    Flow(Box<SweepRun<FlowSweep<Tuned>>>),
    Map(Box<SweepRun<MapSweep<Tuned>>>),
}

struct Sweep {
    run: Run,
    parameter: String,
    observed: String,
    range: [f64; 2],
    values: usize,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused("a series has no parameters".into()));
    };
    if let Some(refusal) = case.refusal("a sweep") {
        return Err(ExhibitError::Refused(refusal));
    }
    if case.is_delayed() {
        return Err(ExhibitError::Refused("sweeps of delay systems are not there yet: sweep by hand".into()));
    }
    let range = varied(case, values, "")?;
    let options = SweepOptions {
        from: range.from,
        to: range.to,
        columns: values.integer("columns"),
        transient: values.number("transient"),
        time: 50.0 * pace(case) * values.number("values").clamp(4.0, 200.0),
        values: values.integer("values"),
        follow: match values.text("follow") {
            "forward" => Follow::Forward,
            "both" => Follow::ForwardAndBack,
            _ => Follow::Restart,
        },
        bound: case.subject.bound(),
        ..SweepOptions::default()
    };
    let refused = |error: analysis::Error| ExhibitError::Refused(error.to_string());
    let observed = chosen(case, values, "observed");
    let family = Tuned::new(case, &[range.index]);
    let count = options.values;
    let run = if case.subject.is_map() {
        Run::Map(Box::new(SweepRun::map(family, observed, options, &case.start).map_err(refused)?))
    } else {
        let through = chosen(case, values, "through");
        let section = match values.text("section") {
            "minima" => Section::minima(through),
            "value" => Section::value(through, values.number("value"), Crossing::Rising),
            _ => Section::maxima(through),
        };
        let run = SweepRun::flow(family, section, observed, options, &case.start).map_err(refused)?;
        Run::Flow(Box::new(run))
    };
    let observed = case.subject.variable_names().swap_remove(observed);
    let (range, parameter) = ([range.from, range.to], range.name);
    Ok(Box::new(Sweep { run, parameter, observed, range, values: count }))
}

impl Sweep {
    fn columns(&self) -> &[SweepColumn] {
        match &self.run {
            Run::Flow(run) => run.columns(),
            Run::Map(run) => run.columns(),
        }
    }
    fn progress(&self) -> f64 {
        match &self.run {
            Run::Flow(run) => run.progress(),
            Run::Map(run) => run.progress(),
        }
    }
}

/// How many different values there are, up to a thousandth of the range of all.
fn distinct(values: &[f64], reach: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let gaps = sorted.windows(2).filter(|pair| pair[1] - pair[0] > 1e-3 * reach).count();
    if sorted.is_empty() { 0 } else { gaps + 1 }
}

impl Inquiry for Sweep {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        loop {
            let done = match &mut self.run {
                Run::Flow(run) => run.advance(SLICE),
                Run::Map(run) => run.advance(SLICE),
            };
            if done.map_err(|error| ExhibitError::Refused(error.to_string()))? {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    fn answer(&self) -> Answer {
        let columns = self.columns();
        let count = |test: fn(&SweepOutcome) -> bool| columns.iter().filter(|c| test(&c.outcome)).count();
        let all = columns.iter().flat_map(|c| &c.values).copied();
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (if v < low { v } else { low }, if v > high { v } else { high })
        });
        let reach = high - low;
        let mut findings = vec![stated(
            "columns",
            "values of the parameter",
            format!("{} from {} to {}", columns.len(), figures(self.range[0]), figures(self.range[1])),
        )];
        // Where the number of branches doubles for the first times on the way up.
        let counts: Vec<(f64, usize)> = columns
            .iter()
            .filter(|c| !c.back && matches!(c.outcome, SweepOutcome::Full))
            .map(|c| (c.parameter, distinct(&c.values, reach)))
            .collect();
        for pair in counts.windows(2) {
            if pair[0].1 != pair[1].1 && pair[0].1 <= 8 && pair[1].1 <= 8 && findings.len() < 9 {
                let (middle, half) = (0.5 * (pair[0].0 + pair[1].0), 0.5 * (pair[1].0 - pair[0].0));
                findings.push(super::say::measured(
                    &format!("change_{}", findings.len()),
                    &format!("{} branches become {}", pair[0].1, pair[1].1),
                    "",
                    middle,
                    libm::fabs(half),
                ));
            }
        }
        let chaotic = counts.iter().filter(|(_, many)| 2 * many > self.values).count();
        findings.push(stated(
            "clouds",
            "clouds of points",
            format!("at {chaotic} values: chaos, or motion on a torus; the exponent tells them apart"),
        ));
        let mut notes = Vec::new();
        let (rest, diverged) = (
            count(|o| matches!(o, SweepOutcome::Rest)),
            count(|o| matches!(o, SweepOutcome::Diverged { .. })),
        );
        let (never, short) = (
            count(|o| matches!(o, SweepOutcome::NeverCrossed { .. })),
            count(|o| matches!(o, SweepOutcome::TimeUp)),
        );
        if rest > 0 {
            findings.push(stated("rest", "at rest", format!("at {rest} values")));
        }
        if diverged > 0 {
            notes.push(format!("The orbit leaves all bounds at {diverged} values."));
        }
        if never > 0 {
            let ranges = columns.iter().filter_map(|c| match c.outcome {
                SweepOutcome::NeverCrossed { low, high } => Some((low, high)),
                _ => None,
            });
            let (low, high) = ranges.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| {
                (if a < low { a } else { low }, if b > high { b } else { high })
            });
            notes.push(format!(
                "The section is never crossed at {never} values, where its quantity stays between {} and {}: choose a \
                 value between these.",
                figures(low),
                figures(high)
            ));
        }
        if short > 0 {
            notes.push(format!("At {short} values time was up before all points were taken."));
        }
        Answer {
            question: "bifurcate".into(),
            progress: self.progress(),
            finished: self.progress() >= 1.0,
            findings,
            views: vec![view(
                "diagram",
                "Bifurcation diagram",
                &format!("{} against {}", self.observed, self.parameter),
                ViewKind::Points,
                [axis(&self.parameter), axis(&self.observed)],
                "What orbits settle to at each value of the parameter.",
            )],
            note: (!notes.is_empty()).then(|| notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let mut arrays = vec![Vec::new(); 4];
        for column in self.columns() {
            let place = if column.back { 2 } else { 0 };
            for value in &column.values {
                arrays[place].push(column.parameter);
                arrays[place + 1].push(*value);
            }
        }
        let one = |array: u32, label: &str, role| Series {
            label: label.into(),
            role,
            x: ArrayRef { array },
            y: ArrayRef { array: array + 1 },
            points: true,
        };
        let mut series = vec![one(0, "", Role::Ink)];
        if !arrays[2].is_empty() {
            series.push(one(2, "back", Role::Run));
        }
        let picture = Picture::Plot {
            view: "diagram".into(),
            series,
            uprights: Vec::new(),
            levels: Vec::new(),
            x: Some(self.range),
            y: None,
            alternative: format!("{} columns of the bifurcation diagram.", self.columns().len()),
        };
        vec![Frame { picture, arrays }]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = vec![self.parameter.clone(), "back".into(), self.observed.clone()];
        let rows = self.columns().iter().flat_map(|c| {
            c.values.iter().map(|value| vec![c.parameter, f64::from(u8::from(c.back)), *value])
        });
        (names, rows.collect())
    }
}
