//! Where a network of rectifiers rests and cycles: solved region by region (SCYFI).

use super::plot::{Line, plot};
use super::say::{figures, stated};
use super::tuned::{chosen, variable};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, integer, view};
use crate::contract::{Answer, Frame, Question, Role, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{AffineCycle, AffineCycleOptions, AffineCycleRun};
use numerics::Map as _;
use rnn::PiecewiseMap;
use web_time::Instant;

/// Affine maps between two looks at the clock.
const SLICE: u64 = 2_000;
/// Cycles that are told one by one.
const TOLD: usize = 24;
/// States of the free run that give the first starts.
const STATES: usize = 400;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    case.network.as_ref()?;
    let axes = case.subject.axes();
    let mut controls = vec![
        integer("longest", "longest period", [1.0, 64.0], 8.0),
        integer("starts", "quiet starts", [1.0, 100_000.0], 300.0)
            .logarithmic()
            .help("The search for a period ends after so many starts in a row that found nothing new."),
    ];
    if case.start.len() > 1 {
        controls.push(variable(case, "across", "across", axes[0].unwrap_or(0)));
        controls.push(variable(case, "up", "up", axes[2].or(axes[1]).unwrap_or(1)));
    }
    Some(Question {
        id: "regions".into(),
        title: "Rests and cycles, exactly".into(),
        sentence: "The fixed points and cycles of a network of rectifiers, stable or not: between the rectifiers' borders \
                   it is linear, so that each is the solution of linear equations."
            .into(),
        controls,
    })
}

struct Regions {
    run: AffineCycleRun<PiecewiseMap>,
    names: Vec<String>,
    plane: [usize; 2],
    orbit: Vec<f64>,
    longest: usize,
    finished: bool,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let refuse = |message: &str| Err(ExhibitError::Refused(message.into()));
    let Case::System(case) = case else {
        return refuse("a series has no regions: ask a trained network of rectifiers");
    };
    let Some(network) = &case.network else {
        return refuse(
            "only a trained network of rectifiers has linear regions: ask an exhibit that trains one",
        );
    };
    let mut map = (**network).clone();
    // The free run after its transient: what attracts is found first.
    let n = case.start.len();
    let (mut x, mut next, mut orbit) = (case.start.clone(), vec![0.0; n], Vec::new());
    for step in 0..2 * STATES {
        map.next(0.0, &x, &mut next);
        x.copy_from_slice(&next);
        if !x.iter().all(|v| v.is_finite()) {
            break;
        }
        if step >= STATES {
            orbit.extend_from_slice(&x);
        }
    }
    let options = AffineCycleOptions {
        longest: values.integer("longest"),
        starts: values.integer("starts"),
        states: orbit.clone(),
        seed: case.seed,
        ..AffineCycleOptions::default()
    };
    let run = AffineCycleRun::new(map, options).map_err(|e| ExhibitError::Refused(e.to_string()))?;
    let plane = if n > 1 { [chosen(case, values, "across"), chosen(case, values, "up")] } else { [0, 0] };
    let (names, longest) = (case.subject.variable_names(), values.integer("longest"));
    Ok(Box::new(Regions { run, names, plane, orbit, longest, finished: false }))
}

/// Where a cycle is, in words.
fn place(names: &[String], state: &[f64]) -> String {
    let at = names.iter().zip(state).take(4).map(|(name, x)| format!("{name} = {}", figures(*x)));
    at.collect::<Vec<_>>().join(", ")
}

impl Regions {
    fn stable(&self) -> usize {
        self.run.cycles().iter().filter(|cycle| cycle.unstable == Some(0)).count()
    }
}

impl Inquiry for Regions {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while !self.finished {
            self.finished = self.run.advance(SLICE).map_err(|e| ExhibitError::Refused(e.to_string()))?;
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.finished)
    }

    fn answer(&self) -> Answer {
        let cycles = self.run.cycles();
        let complete = self.run.searches().iter().filter(|search| search.is_complete()).count();
        let mut findings = vec![
            stated("count", "found", format!("{} up to period {}", cycles.len(), self.longest)),
            stated("stable", "of them stable", self.stable().to_string()),
        ];
        for (number, cycle) in cycles.iter().enumerate().take(TOLD) {
            let what = if cycle.period == 1 { "a point".into() } else { format!("period {}", cycle.period) };
            let border = if cycle.border { "; on a border between regions" } else { "" };
            let error = if cycle.error.is_finite() {
                format!("± {:.0e}", cycle.error)
            } else {
                "unconverged".into()
            };
            findings.push(stated(
                &format!("cycle_{}", number + 1),
                &format!("{}: {what}", number + 1),
                format!("{} at {} {error}{border}", cycle.kind, place(&self.names, cycle.state())),
            ));
        }
        let all = complete == self.run.searches().len();
        let note = if self.run.is_full() {
            Some("The search ended because as many were found as are kept.".into())
        } else if self.finished && !all {
            Some(
                "There are more sequences of regions than can be tried one by one, so that others may exist: raise the \
                 number of quiet starts to look longer."
                    .into(),
            )
        } else {
            None
        };
        Answer {
            question: "regions".into(),
            progress: if self.finished { 1.0 } else { self.run.progress() },
            finished: self.finished,
            findings,
            views: vec![view(
                "regions",
                "Rests and cycles",
                "over the free run",
                ViewKind::Points,
                [axis(&self.names[self.plane[0]]), axis(&self.names[self.plane[1]])],
                "The points of all cycles over the network's free run.",
            )],
            note,
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let n = self.names.len();
        let pick = |values: &[f64]| -> (Vec<f64>, Vec<f64>) {
            values.chunks_exact(n).map(|x| (x[self.plane[0]], x[self.plane[1]])).unzip()
        };
        let of = |stable: bool| {
            let kept = |cycle: &&AffineCycle| (cycle.unstable == Some(0)) == stable;
            pick(
                &self
                    .run
                    .cycles()
                    .iter()
                    .filter(kept)
                    .flat_map(|c| c.points.iter().copied())
                    .collect::<Vec<_>>(),
            )
        };
        let lines = vec![
            Line::cloud(Role::Quiet, pick(&self.orbit)),
            Line::cloud(Role::Ink, of(false)).named("unstable"),
            Line::cloud(Role::Run, of(true)).named("stable"),
        ];
        let told =
            format!("{} points and cycles, {} of them stable.", self.run.cycles().len(), self.stable());
        vec![plot("regions", lines, Vec::new(), Vec::new(), told)]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["cycle".to_owned(), "period".into(), "place".into()];
        names.extend(self.names.iter().cloned());
        names.extend(["unstable".into(), "error".into()]);
        let mut rows = Vec::new();
        for (number, cycle) in self.run.cycles().iter().enumerate() {
            for (place, x) in cycle.points.chunks_exact(self.names.len()).enumerate() {
                let mut row = vec![number as f64 + 1.0, cycle.period as f64, place as f64];
                row.extend(x);
                row.extend([cycle.unstable.map_or(f64::NAN, |u| u as f64), cycle.error]);
                rows.push(row);
            }
        }
        (names, rows)
    }
}
