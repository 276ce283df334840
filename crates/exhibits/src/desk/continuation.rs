//! How it changes: equilibria and limit cycles followed through a parameter.

use super::say::{figures, measured, stated};
use super::tuned::{Tuned, Varied, chosen, controls, pace, variable, varied};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, choice, integer, number, view};
use crate::contract::{Answer, ArrayRef, Finding, Frame, Mark, Picture, Question, Role, Series, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    Branch, ContinuationOptions, ContinuationRun, CycleBranch, CycleKind, CycleOptions, CycleRun, Equilibria,
    Error, FixedPoints, Special, SpecialKind,
};
use web_time::Instant;

/// Evaluations between two looks at the clock.
const SLICE: u64 = 2_000;
/// Most branches of cycles that are followed from Hopf points.
const FAMILIES: usize = 6;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    let mut list = controls(case, "", 0)?;
    list.push(variable(case, "observed", "shown", case.subject.axes()[0].unwrap_or(0)));
    if case.subject.is_map() {
        list.push(
            integer("period", "period", [1.0, 64.0], 1.0).help("Fixed points, or cycles of this period."),
        );
    } else {
        let what = [("hopf", "from Hopf points"), ("orbit", "from the orbit"), ("none", "no cycles")];
        list.push(choice("cycles", "limit cycles", &what, "hopf"));
        list.push(integer("intervals", "mesh intervals", [8.0, 400.0], 40.0));
    }
    list.push(number("step", "largest step", [1e-4, 1.0], 0.02, 4).logarithmic());
    list.push(integer("points", "points each way", [10.0, 20_000.0], 600.0));
    Some(Question {
        id: "continue".into(),
        title: "Follow a rest or a cycle".into(),
        sentence:
            "Equilibria and limit cycles followed through folds, stable or not, with the points where they \
                   change: folds, Hopf points, branch points, period doublings."
                .into(),
        controls: list,
    })
}

enum Steady {
    Flow(ContinuationRun<Equilibria<Tuned>>),
    Map(ContinuationRun<FixedPoints<Tuned>>),
    None,
}

impl Steady {
    fn branches(&self) -> &[Branch] {
        match self {
            Self::Flow(run) => run.branches(),
            Self::Map(run) => run.branches(),
            Self::None => &[],
        }
    }
}

struct Continuation {
    steady: Steady,
    steady_done: bool,
    flow: Tuned,
    cycle_options: CycleOptions,
    /// Hopf points whose cycles are still to be followed; none where they are not.
    waiting: Vec<Special>,
    wants_hopf: bool,
    cycles: Vec<CycleRun<Tuned>>,
    families: usize,
    range: Varied,
    observed: usize,
    name: String,
    is_map: bool,
    notes: Vec<String>,
    finished: bool,
}

fn refused(error: Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused("a series has no parameters".into()));
    };
    if let Some(refusal) = case.refusal("a continuation") {
        return Err(ExhibitError::Refused(refusal));
    }
    if case.is_delayed() {
        let message = "a continuation needs a right-hand side without delays: sweep the parameter by hand";
        return Err(ExhibitError::Refused(message.into()));
    }
    let range = varied(case, values, "")?;
    let p0 = case.parameters.get(range.index).copied().unwrap_or(0.0);
    let p0 = if p0 < range.from { range.from } else { p0 };
    let p0 = if p0 > range.to { range.to } else { p0 };
    let largest = values.number("step");
    let step = if largest < 0.01 { largest } else { 0.01 };
    let parameter = (range.from, range.to);
    let points = values.integer("points");
    let options = ContinuationOptions {
        parameter,
        bound: case.subject.bound(),
        step,
        largest,
        points,
        ..ContinuationOptions::default()
    };
    let flow = Tuned::new(case, &[range.index]);
    let cycle_options = CycleOptions {
        parameter,
        bound: case.subject.bound(),
        largest: 5.0 * largest,
        points: points.min(400),
        intervals: values.integer("intervals").max(8),
        ..CycleOptions::default()
    };
    let is_map = case.subject.is_map();
    let from_orbit = values.text("cycles") == "orbit";
    let mut cycles = Vec::new();
    let steady = if is_map {
        let steady = FixedPoints::new(flow.clone(), values.integer("period"));
        Steady::Map(ContinuationRun::new(steady, options, p0, &case.start).map_err(refused)?)
    } else if from_orbit {
        let pace = pace(case);
        let run = CycleRun::from_orbit(
            flow.clone(),
            cycle_options.clone(),
            p0,
            &case.start,
            100.0 * pace,
            20.0 * pace,
        );
        cycles.push(run.map_err(refused)?);
        Steady::None
    } else {
        let steady = Equilibria::new(flow.clone());
        Steady::Flow(ContinuationRun::new(steady, options, p0, &case.start).map_err(refused)?)
    };
    let observed = chosen(case, values, "observed");
    Ok(Box::new(Continuation {
        steady_done: from_orbit,
        steady,
        flow,
        cycle_options,
        waiting: Vec::new(),
        wants_hopf: values.text("cycles") == "hopf",
        families: 0,
        cycles,
        range,
        observed,
        name: case.subject.variable_names().swap_remove(observed),
        is_map,
        notes: Vec::new(),
        finished: false,
    }))
}

impl Continuation {
    /// Some work; true when there is none left.
    fn work(&mut self) -> Result<bool, ExhibitError> {
        if !self.steady_done {
            let done = match &mut self.steady {
                Steady::Flow(run) => run.advance(SLICE).map_err(refused)?,
                Steady::Map(run) => run.advance(SLICE).map_err(refused)?,
                Steady::None => true,
            };
            if done {
                self.steady_done = true;
                if self.wants_hopf {
                    let specials = self.steady.branches().iter().flat_map(|branch| &branch.specials);
                    let hopf = specials.filter(|s| matches!(s.kind, SpecialKind::Hopf { .. }));
                    self.waiting = hopf.take(FAMILIES).cloned().collect();
                }
                self.families = self.waiting.len() + self.cycles.len();
            }
            return Ok(false);
        }
        if let Some(run) = self.cycles.last_mut()
            && run.progress() < 1.0
        {
            run.advance(SLICE).map_err(refused)?;
            return Ok(false);
        }
        let Some(hopf) = (!self.waiting.is_empty()).then(|| self.waiting.remove(0)) else { return Ok(true) };
        match CycleRun::from_hopf(self.flow.clone(), self.cycle_options.clone(), &hopf) {
            Ok(run) => {
                // Where a family ends at another Hopf point, its cycles have been followed from there already.
                let near =
                    |p: f64| libm::fabs(p - hopf.point.parameter) < 1e-3 * (self.range.to - self.range.from);
                let known = self.cycles.iter().flat_map(CycleRun::branches).any(|branch| {
                    matches!(branch.end, Some(analysis::End::Shrunk { parameter }) if near(parameter))
                });
                if !known {
                    self.cycles.push(run);
                }
            }
            Err(error) => self.notes.push(format!(
                "No cycles were found at the Hopf point {} = {}: {error}.",
                self.range.name,
                figures(hopf.point.parameter)
            )),
        }
        Ok(false)
    }

    fn cycle_branches(&self) -> impl Iterator<Item = &CycleBranch> {
        self.cycles.iter().flat_map(CycleRun::branches)
    }

    fn special(&self, number: usize, special: &Special) -> Finding {
        let (label, told) = match &special.kind {
            SpecialKind::Fold => ("fold", String::new()),
            SpecialKind::BranchPoint => ("branch point", String::new()),
            SpecialKind::PeriodDoubling => ("period doubling", String::new()),
            SpecialKind::NeimarkSacker { angle } => {
                ("Neimark–Sacker point", format!("angle {}", figures(*angle)))
            }
            SpecialKind::Hopf { frequency, coefficient } => {
                let turn = match coefficient.and_then(|c| c.is_supercritical()) {
                    Some(true) => "supercritical, ",
                    Some(false) => "subcritical, ",
                    None => "",
                };
                ("Hopf point", format!("{turn}period {}", figures(core::f64::consts::TAU / frequency)))
            }
        };
        let mut finding =
            measured(&format!("special_{number}"), label, "", special.point.parameter, special.error);
        let value = special.point.state.get(self.observed).copied().unwrap_or(f64::NAN);
        finding.text = format!("{} = {}, {} = {}", self.range.name, finding.text, self.name, figures(value));
        if !told.is_empty() {
            finding.text = format!("{}; {told}", finding.text);
        }
        finding
    }
}

impl Inquiry for Continuation {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while !self.finished {
            self.finished = self.work()?;
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.finished)
    }

    fn answer(&self) -> Answer {
        let branches = self.steady.branches();
        let mut findings = Vec::new();
        if let Some(start) = branches.first().and_then(|b| b.points.first()) {
            let stable = if start.is_stable() { "stable" } else { "unstable" };
            let mut finding = stated(
                "start",
                if self.is_map { "the fixed point" } else { "the equilibrium" },
                format!(
                    "{} = {} at {} = {}, {stable}",
                    self.name,
                    figures(start.state[self.observed]),
                    self.range.name,
                    figures(start.parameter)
                ),
            );
            finding.value = Some(start.state[self.observed]);
            finding.error = Some(start.error);
            findings.push(finding);
        }
        let specials = branches.iter().flat_map(|branch| &branch.specials);
        for (number, special) in specials.take(40).enumerate() {
            findings.push(self.special(number + 1, special));
        }
        for (number, branch) in self.cycle_branches().enumerate() {
            for (at, special) in branch.specials.iter().take(12).enumerate() {
                let label = match special.kind {
                    CycleKind::Fold => "fold of cycles",
                    CycleKind::BranchPoint => "branch point of cycles",
                    CycleKind::PeriodDoubling => "period doubling of cycles",
                    CycleKind::Torus { .. } => "birth of a torus",
                };
                let id = format!("cycle_{}_{}", number + 1, at + 1);
                let cycle = &special.point.cycle;
                let mut finding = measured(&id, label, "", cycle.parameter, special.error);
                finding.text =
                    format!("{} = {}; period {}", self.range.name, finding.text, figures(cycle.period));
                findings.push(finding);
            }
        }
        let ends = branches.iter().filter_map(|b| b.end.as_ref()).map(ToString::to_string);
        let cycle_ends =
            self.cycle_branches().filter_map(|b| b.end.as_ref()).map(|end| format!("Cycles: {end}"));
        for (number, end) in ends.chain(cycle_ends).enumerate() {
            findings.push(stated(&format!("end_{}", number + 1), "ends where", end));
        }
        let steady = if self.steady_done {
            1.0
        } else {
            match &self.steady {
                Steady::Flow(run) => run.progress(),
                Steady::Map(run) => run.progress(),
                Steady::None => 1.0,
            }
        };
        let cycles: f64 = self.cycles.iter().map(CycleRun::progress).fold(0.0, |total, p| total + p);
        let parts = 1.0 + self.families as f64;
        Answer {
            question: "continue".into(),
            progress: if self.finished { 1.0 } else { (steady + cycles) / (parts + 1e-9) },
            finished: self.finished,
            findings,
            views: vec![view(
                "branches",
                "Branches",
                "drawn through where stable, dashed where not; cycles by their extremes",
                ViewKind::Lines,
                [axis(&self.range.name), axis(&self.name)],
                "Equilibria and the extremes of limit cycles against the parameter.",
            )],
            note: (!self.notes.is_empty()).then(|| self.notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let mut drawn = Drawn::default();
        for branch in self.steady.branches() {
            let points = branch.points.iter().map(|p| (p.parameter, p.state[self.observed], p.is_stable()));
            drawn.line(points, Role::Ink, Role::Dashed);
        }
        for branch in self.cycle_branches() {
            for end in 0..2 {
                let points = branch.points.iter().map(|p| {
                    let (low, high) = p.cycle.range(self.observed);
                    (p.cycle.parameter, if end == 0 { low } else { high }, p.is_stable())
                });
                drawn.line(points, Role::Run, Role::Dotted);
            }
        }
        let specials: Vec<&Special> = self.steady.branches().iter().flat_map(|b| &b.specials).collect();
        let mut uprights = Vec::new();
        if !specials.is_empty() {
            let x = specials.iter().map(|s| s.point.parameter).collect();
            let y = specials.iter().map(|s| s.point.state[self.observed]).collect();
            drawn.add(x, y, Role::Run, true);
            uprights.extend(specials.iter().take(12).map(|s| {
                Mark {
                    at: s.point.parameter,
                    label: match s.kind {
                        SpecialKind::Fold => "fold",
                        SpecialKind::BranchPoint => "branch point",
                        SpecialKind::Hopf { .. } => "Hopf",
                        SpecialKind::PeriodDoubling => "doubling",
                        SpecialKind::NeimarkSacker { .. } => "Neimark–Sacker",
                    }
                    .into(),
                }
            }));
        }
        let told = specials.len();
        let picture = Picture::Plot {
            view: "branches".into(),
            series: drawn.series,
            uprights,
            levels: Vec::new(),
            x: Some([self.range.from, self.range.to]),
            y: None,
            alternative: format!("Branches against {}, with {told} special points.", self.range.name),
        };
        vec![Frame { picture, arrays: drawn.arrays }]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = ["branch", "cycles", &self.range.name, "low", "high", "period", "unstable"];
        let mut rows = Vec::new();
        for (number, branch) in self.steady.branches().iter().enumerate() {
            for p in &branch.points {
                let value = p.state[self.observed];
                rows.push(vec![number as f64, 0.0, p.parameter, value, value, 0.0, p.unstable as f64]);
            }
        }
        for (number, branch) in self.cycle_branches().enumerate() {
            for p in &branch.points {
                let (low, high) = p.cycle.range(self.observed);
                let (at, period) = (p.cycle.parameter, p.cycle.period);
                rows.push(vec![number as f64, 1.0, at, low, high, period, p.unstable as f64]);
            }
        }
        (names.iter().map(|name| (*name).to_owned()).collect(), rows)
    }
}

#[derive(Default)]
struct Drawn {
    series: Vec<Series>,
    arrays: Vec<Vec<f64>>,
}

impl Drawn {
    fn add(&mut self, x: Vec<f64>, y: Vec<f64>, role: Role, points: bool) {
        let array = self.arrays.len() as u32;
        self.arrays.extend([x, y]);
        let (x, y) = (ArrayRef { array }, ArrayRef { array: array + 1 });
        self.series.push(Series { label: String::new(), role, x, y, points });
    }

    /// A line in pieces of one stability, which share their ends.
    fn line(&mut self, points: impl Iterator<Item = (f64, f64, bool)>, stable: Role, unstable: Role) {
        let mut piece: Option<(bool, Vec<f64>, Vec<f64>)> = None;
        for (x, y, is_stable) in points {
            match &mut piece {
                Some((before, xs, ys)) if *before == is_stable => {
                    xs.push(x);
                    ys.push(y);
                }
                _ => {
                    let mut begun = (is_stable, Vec::new(), Vec::new());
                    if let Some((before, mut xs, mut ys)) = piece.take() {
                        xs.push(x);
                        ys.push(y);
                        self.add(xs, ys, if before { stable.clone() } else { unstable.clone() }, false);
                    }
                    begun.1.push(x);
                    begun.2.push(y);
                    piece = Some(begun);
                }
            }
        }
        if let Some((before, xs, ys)) = piece {
            self.add(xs, ys, if before { stable } else { unstable }, false);
        }
    }
}
