//! The networks that a person watches.

use super::pictures::{self, ROLES};
use super::plan::{CONTRASTS, Plan};
use super::survey::{Levels, Survey, probe};
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::contract::{Frame, Mark, Readout, Remedy, Value};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Budget, Divergence, Run, Setup};
use crate::reconstruction::{Curve, refused};
use analysis::{Places, principal_components};
use gpu::scene::Scene;
use numerics::{Digest, mean};
use rnn::Learner;
use web_time::Instant;

/// Looks at the distances after the start, evenly over the updates.
const LOOKS: u64 = 4;
/// Sequences of the probe that are drawn.
const SEQUENCES: usize = 3;
/// Updates after which the paths of the two networks are drawn anew.
const FRESH: u64 = 10;
/// Updates over which the loss beside the bars is taken.
const RECENT: usize = 20;

/// The networks of one condition.
struct Side {
    name: String,
    plan: Plan,
    networks: Vec<Learner<f32>>,
    /// Mean loss of their batches.
    loss: Curve,
    /// Losses of the update under way.
    now: Vec<f64>,
}

impl Side {
    /// The mean loss of the last updates.
    fn recent(&self) -> f64 {
        let known = &self.loss.y;
        let from = known.len().saturating_sub(RECENT);
        if known.is_empty() { f64::NAN } else { mean(&known[from..]) }
    }

    fn parameters(&self) -> Vec<Vec<f64>> {
        self.networks.iter().map(Learner::wide_parameters).collect()
    }
}

/// What was found at the last look.
struct Found {
    update: u64,
    levels: [Levels; 2],
    maps: [Option<Places>; 2],
}

impl Found {
    fn new(update: u64, levels: [Levels; 2]) -> Self {
        Self { update, maps: [levels[0].map(), levels[1].map()], levels }
    }
}

/// A look under way, condition by condition.
struct Look {
    done: Vec<Levels>,
    survey: Survey,
}

pub(super) struct Degeneracy {
    sides: [Side; 2],
    total: u64,
    /// Updates done, with the look that belongs to the last of them.
    done: u64,
    /// Parameters of the first network after so many updates: the witness.
    witness: Vec<f32>,
    look: Option<Look>,
    found: Option<Found>,
    /// Updates of the looks so far, and what both conditions' three levels were.
    history: Vec<[f64; 7]>,
    fault: Option<String>,
    shown: usize,
    chosen: [usize; 2],
    /// The paths as they were drawn last, and what of.
    drawn: Option<(Drawn, Frame)>,
}

/// What the paths are drawn of: the update, the condition, the networks.
type Drawn = (u64, usize, [usize; 2]);

/// How a condition is called.
fn named(contrast: &str, plan: &Plan) -> String {
    let symbol = CONTRASTS.iter().find(|c| c.0 == contrast).map_or("", |c| c.4);
    let value = match contrast {
        "width" => plan.width.to_string(),
        "richness" => decimal(plan.richness, 2),
        "sparsity" => decimal(plan.sparsity, 3),
        _ => plan.complexity.to_string(),
    };
    format!("{symbol} = {value}")
}

fn place(text: &str) -> usize {
    usize::from(text == "second")
}

impl Degeneracy {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let values = setup.values;
        let side = |plan: Plan| -> Result<Side, ExhibitError> {
            let learner = |k| Learner::new(plan.learning(k), None).map_err(refused);
            let networks = (0..plan.networks).map(learner).collect::<Result<_, _>>()?;
            let name = named(values.text("contrast"), &plan);
            Ok(Side { name, plan, networks, loss: Curve::default(), now: Vec::new() })
        };
        let [first, second] = Plan::both(values, setup.recipe.seed);
        let sides = [side(first)?, side(second)?];
        let mut run = Self {
            total: first.updates,
            done: 0,
            witness: sides[0].networks[0].parameters().to_vec(),
            look: None,
            found: None,
            history: Vec::new(),
            fault: None,
            shown: place(values.text("shown")),
            chosen: [values.integer("one"), values.integer("two")],
            drawn: None,
            sides,
        };
        run.begin_look();
        Ok(run)
    }

    fn begin_look(&mut self) {
        let first = &self.sides[0];
        self.look = Some(Look { done: Vec::new(), survey: Survey::new(first.plan, first.parameters()) });
    }

    /// Whether the distances are measured after so many updates.
    fn is_look(&self, update: u64) -> bool {
        (1..=LOOKS).any(|k| k * self.total / LOOKS == update)
    }

    /// The next network of the update under way.
    fn next(&self) -> Option<(usize, usize)> {
        let all = (0..2).flat_map(|side| (0..self.sides[side].networks.len()).map(move |k| (side, k)));
        all.into_iter().find(|&(side, k)| self.sides[side].networks[k].updates() == self.done)
    }

    /// A piece of a look, or one update of one network; false when there is nothing left to do.
    fn work(&mut self) -> bool {
        if self.look.is_some() {
            self.go_on_looking();
            return true;
        }
        if self.done >= self.total || self.divergence().is_some() {
            return false;
        }
        if let Some((side, k)) = self.next() {
            let side = &mut self.sides[side];
            if let Ok(report) = side.networks[k].update() {
                side.now.push(report.loss);
            }
        }
        if self.divergence().is_none() && self.next().is_none() {
            for side in &mut self.sides {
                side.loss.push(self.done + 1, mean(&side.now));
                side.now.clear();
            }
            if self.is_look(self.done + 1) {
                self.begin_look();
            } else {
                self.complete();
            }
        }
        true
    }

    /// The update, and the look that belongs to it, are done.
    fn complete(&mut self) {
        self.done = self.sides[0].networks[0].updates();
        self.witness.copy_from_slice(self.sides[0].networks[0].parameters());
    }

    fn go_on_looking(&mut self) {
        let Some(mut look) = self.look.take() else { return };
        match look.survey.advance() {
            Ok(false) => self.look = Some(look),
            Ok(true) => {
                look.done.push(look.survey.levels());
                if let [first, second] = &look.done[..] {
                    let update = self.sides[0].networks[0].updates();
                    let of = |l: &Levels| [l.of_dynamics(), l.of_weights(), l.of_behaviour()];
                    let ([a, b, c], [d, e, f]) = (of(first), of(second));
                    self.history.push([update as f64, a, b, c, d, e, f]);
                    self.found = Some(Found::new(update, [first.clone(), second.clone()]));
                    self.fault = None;
                    self.complete();
                } else {
                    let second = &self.sides[1];
                    let survey = Survey::new(second.plan, second.parameters());
                    self.look = Some(Look { done: look.done, survey });
                }
            }
            Err(fault) => {
                self.fault = Some(fault);
                self.complete();
            }
        }
    }

    /// The first picture does not wait for the first step.
    fn settle(&mut self) {
        while self.done == 0 && self.found.is_none() && self.look.is_some() {
            self.go_on_looking();
        }
    }

    /// The two networks that are drawn moving, counted from 0.
    fn pair(&self) -> [usize; 2] {
        let count = self.sides[self.shown].networks.len();
        self.chosen.map(|k| if k > count { count - 1 } else { k - 1 })
    }

    /// The paths of the two networks, as they are or were a few updates ago.
    fn paths(&mut self) -> Option<Frame> {
        let update = if self.done < self.total { self.done / FRESH * FRESH } else { self.done };
        let of = (update, self.shown, self.pair());
        match &self.drawn {
            Some((drawn, frame)) if *drawn == of => Some(frame.clone()),
            _ => {
                let frame = self.draw_paths()?;
                self.drawn = Some((of, frame.clone()));
                Some(frame)
            }
        }
    }

    fn draw_paths(&self) -> Option<Frame> {
        let side = &self.sides[self.shown];
        let [_, steps, _] = side.plan.task().sizes();
        let (mut lines, mut told) = (Vec::new(), Vec::new());
        for (k, role) in self.pair().into_iter().zip(ROLES) {
            let states = probe(&side.plan, &side.networks[k].wide_parameters()).ok()?;
            let components = principal_components(&states, side.plan.width).ok()?;
            let flat = components.project(&states[..SEQUENCES * steps * side.plan.width], 2).ok()?;
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for path in flat.chunks_exact(2 * steps) {
                x.extend(path.chunks_exact(2).map(|at| at[0]));
                y.extend(path.chunks_exact(2).map(|at| at[1]));
                // A gap between two sequences.
                x.push(f64::NAN);
                y.push(f64::NAN);
            }
            let name = format!("network {}", k + 1);
            let share = 100.0 * (components.shares[0] + components.shares[1]);
            told.push(format!("{name}: {} % of the variance lies in the plane", decimal(share, 0)));
            lines.push(Line::new(role, (x, y)).named(&name));
        }
        let told = format!("{}, {SEQUENCES} sequences. {}.", side.name, told.join("; "));
        Some(plot("paths", lines, Vec::new(), Vec::new(), told))
    }

    fn losses(&self) -> Frame {
        let mut lines = Vec::new();
        for side in [1, 0] {
            let Side { name, loss, .. } = &self.sides[side];
            lines.push(Line::new(ROLES[side].clone(), (loss.x.clone(), loss.smooth(true))).named(name));
        }
        let each = self.sides.iter().map(|s| format!("{} {}", s.name, decimal(s.recent(), 3)));
        let told =
            format!("Mean loss of the last {RECENT} updates: {}.", each.collect::<Vec<_>>().join(", "));
        let here = Mark { at: self.done as f64, label: self.done.to_string() };
        let mut frame = plot("loss", lines, vec![here], Vec::new(), told);
        if let crate::contract::Picture::Plot { x, .. } = &mut frame.picture {
            *x = Some([0.0, self.total as f64]);
        }
        frame
    }

    fn names(&self) -> [String; 2] {
        [0, 1].map(|side| self.sides[side].name.clone())
    }
}

impl Run for Degeneracy {
    fn position(&self) -> u64 {
        self.done
    }
    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
    fn unit(&self) -> &'static str {
        "updates"
    }
    fn step(&mut self) {
        let before = self.done;
        while self.done == before && self.work() {}
    }
    fn advance(&mut self, budget: Budget) {
        while budget.until.is_none_or(|until| self.done < until) && self.work() {
            if Instant::now() >= budget.deadline {
                break;
            }
        }
    }
    fn divergence(&self) -> Option<Divergence> {
        let all = self.sides.iter().flat_map(|side| &side.networks);
        let time = all.filter_map(Learner::diverged).min()? as f64;
        let remedies = vec![Remedy {
            action: "Learn with a feature strength of 1".into(),
            sets: vec![set_number("richness", 1.0)],
        }];
        Some(Divergence { time, variable: "the gradient".into(), last: Vec::new(), remedies })
    }
    fn witness(&self) -> Option<u64> {
        Some(Digest::new().f64s(&self.state()).finish())
    }
    fn note(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        Some(format!("the distances could not be measured: {fault}"))
    }
    fn readouts(&self) -> Vec<Readout> {
        let mut all = Vec::new();
        for (k, side) in self.sides.iter().enumerate() {
            let level = self.found.as_ref().map_or(f64::NAN, |found| found.levels[k].of_dynamics());
            all.push(readout(&format!("angle, {}", side.name), "", decimal(level, 3), k == 0));
        }
        for (k, side) in self.sides.iter().enumerate() {
            all.push(readout(&format!("loss, {}", side.name), "", decimal(side.recent(), 3), k == 0));
        }
        all
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        match (control, value) {
            ("shown", Value::Text(text)) => self.shown = place(text),
            ("one", Value::Number(k)) => self.chosen[0] = *k as usize,
            ("two", Value::Number(k)) => self.chosen[1] = *k as usize,
            _ => {}
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        self.settle();
        match view {
            "paths" => self.paths(),
            "loss" => Some(self.losses()),
            "levels" => {
                let losses = [self.sides[0].recent(), self.sides[1].recent()];
                Some(pictures::levels(&self.names(), &self.found.as_ref()?.levels, losses))
            }
            "eigenvalues" => Some(pictures::eigenvalues(&self.names(), &self.found.as_ref()?.levels)),
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        self.settle();
        let none = [None, None];
        let maps = self.found.as_ref().map_or(&none, |found| &found.maps);
        let reach = pictures::reach(maps);
        let panels = [0, 1].map(|side| {
            let chosen = if side == self.shown { self.pair().to_vec() } else { Vec::new() };
            let level = self.found.as_ref().map(|found| decimal(found.levels[side].of_dynamics(), 3));
            let name = &self.sides[side].name;
            let title = level.map_or(name.clone(), |level| format!("{name}: mean angle {level}"));
            pictures::map(title, maps[side].as_ref(), reach, &chosen)
        });
        Scene { panels: panels.into() }
    }
    fn alternative(&self) -> String {
        let Some(found) = &self.found else { return "Nothing is measured yet.".into() };
        let told = [0, 1].map(|side| {
            let share = found.maps[side].as_ref().map_or(f64::NAN, |map| 100.0 * map.share);
            format!(
                "{}: {} networks, {} rad apart in the mean; the plane holds {} % of it.",
                self.sides[side].name,
                self.sides[side].networks.len(),
                decimal(found.levels[side].of_dynamics(), 3),
                decimal(share, 0)
            )
        });
        format!(
            "Networks of two conditions, placed by their dynamics after {} updates. {}",
            found.update,
            told.join(" ")
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u64(self.done).f32s(&self.witness).u64(u64::from(self.look.is_some()));
        for side in &self.sides {
            for learner in &side.networks {
                out.bytes(&learner.checkpoint());
            }
            side.loss.write(&mut out);
            out.f64s(&side.now);
        }
        out.f64s(&self.history.concat());
        out.u64(self.found.as_ref().map_or(0, |found| 1 + found.update));
        for levels in self.found.iter().flat_map(|found| &found.levels) {
            levels.write(&mut out);
        }
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        self.done = from.u64()?;
        self.witness = from.f32s()?;
        let looking = from.u64()? == 1;
        for side in &mut self.sides {
            for learner in &mut side.networks {
                let resumed = Learner::resume(*learner.settings(), None, from.bytes()?);
                *learner = resumed.map_err(|e| ExhibitError::Checkpoint(e.to_string()))?;
            }
            side.loss = Curve::read(&mut from)?;
            side.now = from.f64s()?;
        }
        if self.witness.len() != self.sides[0].networks[0].parameters().len() {
            return Err(ExhibitError::Checkpoint("it is of networks of another size".into()));
        }
        let row = |r: &[f64]| [r[0], r[1], r[2], r[3], r[4], r[5], r[6]];
        self.history = from.f64s()?.chunks_exact(7).map(row).collect();
        self.found = match from.u64()?.checked_sub(1) {
            None => None,
            Some(update) => {
                let count = self.sides[0].networks.len();
                let levels = [Levels::read(&mut from, count)?, Levels::read(&mut from, count)?];
                Some(Found::new(update, levels))
            }
        };
        (self.look, self.drawn) = (None, None);
        // A look that was under way begins again.
        if looking {
            self.begin_look();
        }
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.witness.iter().map(|p| f64::from(*p)).collect()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["update".to_owned()];
        for side in ["first", "second"] {
            names.extend(["loss", "dynamics", "weights", "behaviour"].map(|what| format!("{side}_{what}")));
        }
        let mut updates: Vec<f64> = self.history.iter().map(|row| row[0]).collect();
        updates.extend(&self.sides[0].loss.x);
        updates.sort_by(f64::total_cmp);
        updates.dedup();
        let row = |x: &f64| {
            let levels = self.history.iter().find(|row| row[0] == *x);
            let mut all = vec![*x];
            for (k, side) in self.sides.iter().enumerate() {
                let at = side.loss.x.iter().position(|known| known == x);
                all.push(at.map_or(f64::NAN, |at| side.loss.y[at]));
                all.extend((0..3).map(|level| levels.map_or(f64::NAN, |row| row[1 + 3 * k + level])));
            }
            all
        };
        (names, updates.iter().map(row).collect())
    }
}
