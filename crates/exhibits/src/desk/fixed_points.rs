//! Where it rests: fixed points, what they are, and the manifolds of the saddles.

use super::say::{figures, stated};
use super::tuned::{chosen, variable};
use super::{Asked, Case, Inquiry, SystemCase};
use crate::build::{axis, integer, number, view};
use crate::contract::{Answer, ArrayRef, Finding, Frame, Picture, Question, Role, Series, ViewKind};
use crate::error::ExhibitError;
use crate::explorer::extent;
use crate::values::Values;
use analysis::{
    Eigenvalue, Error, FixedPoint, FixedPointOptions, FixedPointRun, ManifoldCurve, ManifoldOptions,
    RestOfFlow, RestOfMap, manifolds, map_manifolds,
};
use web_time::Instant;
use zoo::Field;

/// Seeds between two looks at the clock, times the square of the variables.
const SLICE: u64 = 300;
/// Points that are told one by one.
const TOLD: usize = 24;
/// Saddles whose manifolds are drawn.
const SADDLES: usize = 8;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    let mut list = vec![
        integer("seeds", "seeds", [1.0, 100_000.0], 400.0).logarithmic().help("Starts of Newton's method."),
        number("reach", "reach", [0.1, 100.0], 2.0, 2)
            .logarithmic()
            .help("Width of the box of seeds, in widths of what the orbit covers."),
    ];
    if case.subject.is_map() {
        list.push(integer("period", "period", [1.0, 64.0], 1.0));
    }
    if case.start.len() > 1 {
        list.push(number("length", "length of manifolds", [0.1, 200.0], 8.0, 1).logarithmic());
    }
    if case.start.len() > 1 {
        let axes = case.subject.axes();
        list.push(variable(case, "across", "across", axes[0].unwrap_or(0)));
        list.push(variable(case, "up", "up", axes[2].or(axes[1]).unwrap_or(1)));
    }
    Some(Question {
        id: "fixed-points".into(),
        title: "Where it rests".into(),
        sentence: "States that stay, how they attract or repel, and the curves along which orbits reach and leave the \
                   saddles: separatrices."
            .into(),
        controls: list,
    })
}

enum Run {
    Flow(FixedPointRun<RestOfFlow<Field<f64>>>),
    Map(FixedPointRun<RestOfMap<Field<f64>>>),
}

impl Run {
    fn points(&self) -> &[FixedPoint] {
        match self {
            Self::Flow(run) => run.points(),
            Self::Map(run) => run.points(),
        }
    }
    fn advance(&mut self, seeds: u64) -> Result<bool, Error> {
        match self {
            Self::Flow(run) => run.advance(seeds),
            Self::Map(run) => run.advance(seeds),
        }
    }
    fn progress(&self) -> f64 {
        match self {
            Self::Flow(run) => run.progress(),
            Self::Map(run) => run.progress(),
        }
    }
}

struct Points {
    run: Run,
    field: Field<f64>,
    manifolds: ManifoldOptions,
    curves: Vec<ManifoldCurve>,
    /// Saddles, and further points of their cycles, whose manifolds have been grown.
    grown: usize,
    grows: bool,
    is_map: bool,
    searched: bool,
    finished: bool,
    plane: [usize; 2],
    names: Vec<String>,
    box_: [Vec<f64>; 2],
    period: usize,
}

/// Whether the right-hand side is another at another time.
fn depends_on_time(case: &SystemCase) -> bool {
    let mut field = case.subject.field::<f64>(&case.parameters);
    let n = case.start.len();
    let (mut now, mut later) = (vec![0.0; n], vec![0.0; n]);
    let t0 = case.subject.start_time();
    numerics::Flow::rate(&mut field, t0, &case.start, &mut now);
    numerics::Flow::rate(&mut field, t0 + 1.618_034, &case.start, &mut later);
    now != later
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused("a series has no fixed points: it is one orbit".into()));
    };
    if let Some(refusal) = case.refusal("a search for fixed points") {
        return Err(ExhibitError::Refused(refusal));
    }
    if case.is_delayed() {
        let message = "a state that stays is not found with delays yet: follow it by hand with all lags at 0";
        return Err(ExhibitError::Refused(message.into()));
    }
    if depends_on_time(case) {
        return Err(ExhibitError::Refused(Error::TimeDependent.to_string()));
    }
    let covered = extent(&case.subject, &case.parameters, &case.start, case.dt)?;
    let reach = values.number("reach");
    let n = case.start.len();
    let side = |j: usize, sign: f64| {
        let (middle, half) =
            (0.5 * (covered.low[j] + covered.high[j]), 0.5 * (covered.high[j] - covered.low[j]));
        middle + sign * reach * half
    };
    let low: Vec<f64> = (0..n).map(|j| side(j, -1.0)).collect();
    let high: Vec<f64> = (0..n).map(|j| side(j, 1.0)).collect();
    let options = FixedPointOptions {
        low: low.clone(),
        high: high.clone(),
        seeds: values.integer("seeds"),
        states: vec![case.start.clone(), vec![0.0; n]],
        tolerance: 1e-10,
        beyond: 0.5,
    };
    let refused = |error: Error| ExhibitError::Refused(error.to_string());
    let field = case.subject.field::<f64>(&case.parameters);
    let is_map = case.subject.is_map();
    let period = if is_map { values.integer("period") } else { 1 };
    let run = if is_map {
        let rest = RestOfMap::new(field.clone(), period).map_err(refused)?;
        Run::Map(FixedPointRun::new(rest, options).map_err(refused)?)
    } else {
        let rest = RestOfFlow::new(field.clone(), case.subject.start_time());
        Run::Flow(FixedPointRun::new(rest, options).map_err(refused)?)
    };
    let widths = low.iter().zip(&high).map(|(low, high)| high - low).collect();
    let mut manifolds = ManifoldOptions::of(widths, case.subject.bound());
    manifolds.t0 = case.subject.start_time();
    if n > 1 {
        manifolds.length = values.number("length");
    }
    Ok(Box::new(Points {
        run,
        field,
        manifolds,
        curves: Vec::new(),
        grown: 0,
        is_map,
        grows: n > 1,
        searched: false,
        finished: false,
        plane: if n > 1 { [chosen(case, values, "across"), chosen(case, values, "up")] } else { [0, 0] },
        names: case.subject.variable_names(),
        box_: [low, high],
        period,
    }))
}

/// An eigenvalue for people; a pair is written once.
fn eigenvalue(e: &Eigenvalue) -> Option<String> {
    match e.imaginary {
        0.0 => Some(figures(e.real)),
        i if i > 0.0 => Some(format!("{} ± {}i", figures(e.real), figures(i))),
        _ => None,
    }
}

impl Points {
    fn finding(&self, number: usize, point: &FixedPoint) -> Finding {
        let x = &point.orbit[0];
        let shown = self.names.iter().zip(x).take(6).map(|(name, value)| {
            // What is zero up to its error is said to be zero.
            let value = if libm::fabs(*value) <= 10.0 * point.error { 0.0 } else { *value };
            format!("{name} = {}", figures(value))
        });
        let mut told: String = shown.collect::<Vec<_>>().join(", ");
        if x.len() > 6 {
            told.push_str(", …");
        }
        let parts: Vec<String> = point.eigenvalues.iter().filter_map(eigenvalue).take(6).collect();
        let more = if point.eigenvalues.len() > 6 { ", …" } else { "" };
        let word = if point.orbit.len() > 1 { "multipliers" } else { "eigenvalues" };
        let mut finding = stated(
            &format!("point_{}", number + 1),
            &format!("{}: {}", number + 1, point.kind),
            format!("{told}; {word} {}{more}", parts.join(", ")),
        );
        finding.value = Some(x[self.plane[0]]);
        finding.error = Some(point.error);
        finding
    }

    /// The saddles, in the order found.
    fn saddle(&self, number: usize) -> Option<Vec<f64>> {
        let n = self.names.len();
        let saddles = self.run.points().iter().filter(|p| p.unstable.is_some_and(|u| u > 0 && u < n));
        // The halves of one point's curve lead to the others of its cycle, but may end before.
        saddles.flat_map(|point| &point.orbit).take(SADDLES).nth(number).cloned()
    }
}

impl Inquiry for Points {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        let n = self.names.len() as u64;
        while !self.finished {
            if !self.searched {
                let seeds = (SLICE / (n * n)).max(1);
                self.searched = self.run.advance(seeds).map_err(|e| ExhibitError::Refused(e.to_string()))?;
            } else if let Some(x) = self.saddle(self.grown).filter(|_| self.grows) {
                // A saddle whose directions are not found is drawn without them.
                let grown = if self.is_map {
                    map_manifolds(&mut self.field, &x, self.period, &self.manifolds)
                } else {
                    manifolds(&mut self.field, &x, &self.manifolds)
                };
                self.curves.extend(grown.unwrap_or_default());
                self.grown += 1;
            } else {
                self.finished = true;
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.finished)
    }

    fn answer(&self) -> Answer {
        let points = self.run.points();
        let what = if self.period > 1 { "orbits of this period" } else { "points found" };
        let mut findings = vec![stated("count", what, points.len().to_string())];
        findings
            .extend(points.iter().take(TOLD).enumerate().map(|(number, point)| self.finding(number, point)));
        if points.len() > TOLD {
            findings.push(stated("more", "further ones", format!("{}, in the table", points.len() - TOLD)));
        }
        let note = if points.is_empty() && self.searched {
            "Nothing was found: raise the number of seeds or the reach, or there is nothing that stays."
        } else {
            "What is found depends on the seeds; that nothing else exists is not proved."
        };
        let across = self.names.get(self.plane[0]).map_or("", String::as_str);
        let up =
            if self.names.len() > 1 { self.names.get(self.plane[1]).map_or("", String::as_str) } else { "" };
        let detail =
            if self.curves.is_empty() { "" } else { "drawn through: unstable; dashed: stable manifolds" };
        let progress = if self.finished { 1.0 } else { 0.9 * self.run.progress() };
        Answer {
            question: "fixed-points".into(),
            progress,
            finished: self.finished,
            findings,
            views: vec![view(
                "points",
                "Fixed points",
                detail,
                ViewKind::Points,
                [axis(across), axis(up)],
                "The fixed points in the plane of two variables, with the manifolds of the saddles.",
            )],
            note: Some(note.into()),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let [a, b] = self.plane;
        let mut arrays: Vec<Vec<f64>> = Vec::new();
        let mut series = Vec::new();
        let mut add = |x: Vec<f64>, y: Vec<f64>, role: Role, points: bool| {
            let array = arrays.len() as u32;
            arrays.extend([x, y]);
            let (x, y) = (ArrayRef { array }, ArrayRef { array: array + 1 });
            series.push(Series { label: String::new(), role, x, y, points });
        };
        let flat = self.names.len() < 2;
        let place = |x: &[f64]| (x[a], if flat { 0.0 } else { x[b] });
        for curve in &self.curves {
            let role = match (curve.stable, curve.of_surface) {
                (_, true) => Role::Quiet,
                (true, _) => Role::Dashed,
                (false, _) => Role::Ink,
            };
            let (x, y) = curve.points.iter().map(|x| place(x)).unzip();
            add(x, y, role, false);
        }
        for (stable, role) in [(true, Role::Ink), (false, Role::Run)] {
            let chosen = self.run.points().iter().filter(|p| (p.unstable == Some(0)) == stable);
            let (x, y) = chosen.flat_map(|p| &p.orbit).map(|x| place(x)).unzip();
            add(x, y, role, true);
        }
        let span = |j: usize| Some([self.box_[0][j], self.box_[1][j]]);
        let picture = Picture::Plot {
            view: "points".into(),
            series,
            uprights: Vec::new(),
            levels: Vec::new(),
            x: span(a),
            y: if flat { Some([-1.0, 1.0]) } else { span(b) },
            alternative: format!(
                "{} points found, and {} curves.",
                self.run.points().len(),
                self.curves.len()
            ),
        };
        vec![Frame { picture, arrays }]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["point".to_owned(), "place".into()];
        names.extend(self.names.iter().cloned());
        names.extend(["unstable".into(), "error".into(), "leading_real".into(), "leading_imaginary".into()]);
        let mut rows = Vec::new();
        for (number, point) in self.run.points().iter().enumerate() {
            let leading = point.eigenvalues.first().copied().unwrap_or_default();
            for (place, x) in point.orbit.iter().enumerate() {
                let mut row = vec![number as f64 + 1.0, place as f64];
                row.extend(x);
                row.push(point.unstable.map_or(f64::NAN, |u| u as f64));
                row.extend([point.error, leading.real, leading.imaginary]);
                rows.push(row);
            }
        }
        (names, rows)
    }
}
