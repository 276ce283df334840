//! Where one variable stands still, in any plane of two variables.

use super::plot::{Line, plot};
use super::say::{figures, stated};
use super::tuned::{chosen, variable};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, number, view};
use crate::contract::{Answer, Frame, Mark, Question, Role, ViewKind};
use crate::error::ExhibitError;
use crate::explorer::{extent, zero_curve};
use crate::values::Values;
use numerics::{Flow as _, Map as _};
use web_time::Instant;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    if case.start.len() < 2 {
        return None;
    }
    let axes = case.subject.axes();
    Some(Question {
        id: "nullclines".into(),
        title: "Where a variable stands still".into(),
        sentence: "The nullclines of two variables in their plane, while all others are held where the run starts. Where \
                   they cross, both stand still."
            .into(),
        controls: vec![
            variable(case, "across", "across", axes[0].unwrap_or(0)),
            variable(case, "up", "up", axes[1].unwrap_or(1)),
            number("reach", "reach", [0.1, 100.0], 1.5, 2)
                .logarithmic()
                .help("Width of the plane, in widths of what the orbit covers."),
        ],
    })
}

struct Nullclines {
    names: [String; 2],
    others: String,
    box_: [[f64; 2]; 2],
    /// Of the first and of the second variable: strokes of two points.
    curves: [Vec<[f64; 2]>; 2],
    crossings: Vec<[f64; 2]>,
    alone: bool,
    map: bool,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused("a series has no nullclines: it is one orbit".into()));
    };
    if let Some(refusal) = case.refusal("a plane of nullclines") {
        return Err(ExhibitError::Refused(refusal));
    }
    if case.is_delayed() {
        let message =
            "with delays the rate depends on the past: there are no curves in a plane of present values";
        return Err(ExhibitError::Refused(message.into()));
    }
    let (across, up) = (chosen(case, values, "across"), chosen(case, values, "up"));
    if across == up {
        return Err(ExhibitError::Refused(
            "a plane needs two different variables: choose another one up".into(),
        ));
    }
    let covered = extent(&case.subject, &case.parameters, &case.start, case.dt)?;
    let reach = values.number("reach");
    let range = |j: usize| {
        let (middle, half) =
            (0.5 * (covered.low[j] + covered.high[j]), 0.5 * reach * (covered.high[j] - covered.low[j]));
        [middle - half, middle + half]
    };
    let box_ = [range(across), range(up)];
    let map = case.subject.is_map();
    let t = case.subject.start_time();
    let mut field = case.subject.field::<f64>(&case.parameters);
    let (mut state, mut out) = (case.start.clone(), vec![0.0; case.start.len()]);
    let mut curve = |of: usize| {
        zero_curve(
            |x, y| {
                (state[across], state[up]) = (x, y);
                if map {
                    field.next(t, &state, &mut out);
                    out[of] - state[of]
                } else {
                    field.rate(t, &state, &mut out);
                    out[of]
                }
            },
            box_,
        )
    };
    let curves = [curve(across), curve(up)];
    let all = case.subject.variable_names();
    let held = all.iter().zip(&case.start).enumerate().filter(|(j, _)| *j != across && *j != up);
    let others: Vec<String> =
        held.take(6).map(|(_, (name, x))| format!("{name} = {}", figures(*x))).collect();
    Ok(Box::new(Nullclines {
        names: [all[across].clone(), all[up].clone()],
        others: others.join(", "),
        crossings: crossings(&curves, box_),
        alone: all.len() == 2,
        box_,
        curves,
        map,
    }))
}

/// Where strokes of two sets cross, each place once.
fn crossings(curves: &[Vec<[f64; 2]>; 2], box_: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    let mut found: Vec<[f64; 2]> = Vec::new();
    let far = |a: &[f64; 2], b: &[f64; 2]| {
        let share = |axis: usize| (a[axis] - b[axis]) / (box_[axis][1] - box_[axis][0]);
        libm::hypot(share(0), share(1))
    };
    for [a, b] in curves[0].as_chunks::<2>().0 {
        for [c, d] in curves[1].as_chunks::<2>().0 {
            let (r, s) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
            let cross = r[0] * s[1] - r[1] * s[0];
            let w = [c[0] - a[0], c[1] - a[1]];
            let (u, v) = ((w[0] * s[1] - w[1] * s[0]) / cross, (w[0] * r[1] - w[1] * r[0]) / cross);
            if (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v) {
                let place = [a[0] + u * r[0], a[1] + u * r[1]];
                // A crossing on the border of two cells is met twice.
                if found.iter().all(|other| far(other, &place) > 2e-3) {
                    found.push(place);
                }
            }
        }
    }
    found
}

impl Inquiry for Nullclines {
    fn advance(&mut self, _: Instant) -> Result<bool, ExhibitError> {
        Ok(true)
    }

    fn answer(&self) -> Answer {
        let mut findings = vec![stated("count", "crossings", self.crossings.len().to_string())];
        for (number, [x, y]) in self.crossings.iter().enumerate().take(24) {
            // The curves are known to the width of a cell, the crossing of two lines in it better.
            let cell = |axis: usize| (self.box_[axis][1] - self.box_[axis][0]) / 160.0;
            findings.push(stated(
                &format!("crossing_{}", number + 1),
                &format!("{}", number + 1),
                format!(
                    "{} = {}, {} = {}, within {} and {}",
                    self.names[0],
                    figures(*x),
                    self.names[1],
                    figures(*y),
                    figures(cell(0)),
                    figures(cell(1))
                ),
            ));
        }
        let note = (!self.alone).then(|| {
            format!("Held: {}. Crossings are points of rest only where the others rest too.", self.others)
        });
        let what = if self.map { "returns to itself" } else { "stands still" };
        Answer {
            question: "nullclines".into(),
            progress: 1.0,
            finished: true,
            findings,
            views: vec![view(
                "nullclines",
                "Nullclines",
                &format!("where each {what}"),
                ViewKind::Lines,
                [axis(&self.names[0]), axis(&self.names[1])],
                "The curves on which each of two variables stands still.",
            )],
            note,
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let of = |strokes: &[[f64; 2]]| -> (Vec<f64>, Vec<f64>) {
            let gap = [f64::NAN; 2];
            strokes.as_chunks::<2>().0.iter().flat_map(|[a, b]| [*a, *b, gap]).map(|[x, y]| (x, y)).unzip()
        };
        let lines = vec![
            Line::new(Role::Ink, of(&self.curves[0])).named(&self.names[0]),
            Line::new(Role::Run, of(&self.curves[1])).named(&self.names[1]),
            Line::cloud(Role::Ink, self.crossings.iter().map(|[x, y]| (*x, *y)).unzip()),
        ];
        let told = format!(
            "The nullclines of {} and {} cross at {} places.",
            self.names[0],
            self.names[1],
            self.crossings.len()
        );
        vec![plot("nullclines", lines, Vec::<Mark>::new(), Vec::new(), told)]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = vec!["of".into(), self.names[0].clone(), self.names[1].clone()];
        let rows = self
            .curves
            .iter()
            .enumerate()
            .flat_map(|(of, strokes)| strokes.iter().map(move |[x, y]| vec![of as f64 + 1.0, *x, *y]));
        (names, rows.collect())
    }
}
