//! The trainings that a person watches.

use super::gates::inside;
use super::gradient;
use super::plan::{ARCHITECTURES, Plan};
use super::portrait::{Portrait, SEQUENCES, end, portrait};
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Frame, Mark, Picture, Readout, Remedy, Role, Value};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup, Studied};
use crate::reconstruction::refused;
use crate::side_by_side::{Against, Entrant, SideBySide};
use gpu::scene::{ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Scene};
use rnn::CellKind;
use std::sync::Arc;

/// Updates between two looks at the states.
const LOOK: u64 = 20;
/// Longest lag of the picture of gradients.
const LAGS: usize = 60;

/// What is known of the networks as drawn.
struct Look {
    update: u64,
    /// Of the run's own network and of the one beside it.
    portraits: [Option<Portrait>; 2],
    /// Gradient against lag of each, as they are now.
    lags: Vec<Vec<f64>>,
}

pub(super) struct Review {
    plan: Plan,
    race: SideBySide,
    /// Of the untrained networks: name and norms.
    untrained: Vec<(String, Vec<f64>)>,
    look: Option<Look>,
}

/// A network's cell, and its parameters; of a bidirectional one those of the direction from the front.
fn network(entrant: &Entrant) -> (CellKind, Vec<f64>) {
    let count = entrant.learner.layout().len();
    let mut parameters = entrant.learner.wide_parameters();
    parameters.truncate(count);
    (entrant.learner.settings().kind, parameters)
}

/// The run's own network as it stands after so many updates, trained anew without those beside it; of a bidirectional
/// one the direction from the front. It begins at the state after the first sequence of the pictures.
pub(super) fn learned(setup: &Setup<'_>, updates: u64) -> Result<Studied, ExhibitError> {
    let plan = Plan::of(setup.values, setup.recipe.seed);
    let architecture = setup.values.text("architecture");
    let learning = plan.learning(architecture);
    let updates = updates.min(setup.values.integer("updates") as u64);
    let mut learner = rnn::Learner::<f32>::new(learning, None).map_err(refused)?;
    while learner.updates() < updates && learner.diverged().is_none() {
        learner.update().map_err(refused)?;
    }
    let map = learner.map().map_err(refused)?;
    let state = end(learning.kind, map.parameters(), plan.task, plan.seed).map_err(refused)?;
    let (_, name, _) =
        ARCHITECTURES.iter().find(|(slug, ..)| *slug == architecture).unwrap_or(&ARCHITECTURES[2]);
    let title = format!(
        "What a network ({name}) of {} units learned in {updates} updates, without input.",
        plan.hidden
    );
    crate::cell_text::network(&map, learning.kind, &state, &title)
}

impl Review {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let plan = Plan::of(setup.values, setup.recipe.seed);
        let own = setup.values.text("architecture");
        let mut plans = Vec::new();
        for (slug, name, role) in &ARCHITECTURES {
            let role = if *slug == own { Role::Run } else { role.clone() };
            plans.push((*name, role, plan.learning(slug), *slug == own));
        }
        plans.sort_by_key(|(.., own)| !own);
        let plans = plans.into_iter().map(|(name, role, learning, _)| (name, role, learning)).collect();
        let race = SideBySide::new(plans, setup.values.integer("updates") as u64)?;
        let mut review = Self { plan, race, untrained: Vec::new(), look: None };
        review.probe(setup.values.number("gain"));
        Ok(review)
    }

    /// Gradients of untrained networks, at a recurrent gain and at the forget gate's bias.
    fn probe(&mut self, gain: f64) {
        let [inputs, _, _] = self.plan.task.sizes();
        let (hidden, seed) = (self.plan.hidden, self.plan.seed);
        let norms = |made: Result<(CellKind, Vec<f64>), rnn::Error>| {
            let (kind, parameters) = made.ok()?;
            gradient::against_lag(kind, &parameters, hidden, LAGS, seed).ok()
        };
        let elman = norms(gradient::elman(inputs, hidden, gain, seed));
        let forget = self.plan.forget;
        let lstm = norms(gradient::lstm(inputs, hidden, forget, seed));
        self.untrained = [
            (format!("Elman, g = {}, untrained", decimal(gain, 2)), elman),
            (format!("LSTM, b = {}, untrained", decimal(forget, 1)), lstm),
        ]
        .into_iter()
        .filter_map(|(name, norms)| Some((name, norms?)))
        .collect();
    }

    /// The network drawn beside the run's own: Elman's, or the LSTM beside that.
    fn rival(&self) -> usize {
        let own = self.race.entrants[0].name;
        let wanted = if own == "Elman" { "LSTM" } else { "Elman" };
        self.race.entrants.iter().position(|e| e.name == wanted).unwrap_or(0)
    }

    fn look(&mut self) {
        let update = self.race.updates();
        let fresh = self.look.as_ref().is_some_and(|look| {
            update == look.update
                || (update >= look.update && update < look.update + LOOK && update < self.race.total)
        });
        if fresh {
            return;
        }
        let (hidden, seed) = (self.plan.hidden, self.plan.seed);
        let of = |entrant: usize| {
            let (kind, parameters) = network(&self.race.entrants[entrant]);
            portrait(kind, &parameters, hidden, self.plan.task, seed)
        };
        let portraits = [of(0), of(self.rival())];
        let lags = self.race.entrants.iter().map(|entrant| {
            let (kind, parameters) = network(entrant);
            gradient::against_lag(kind, &parameters, hidden, LAGS, seed).unwrap_or_default()
        });
        self.look = Some(Look { update, portraits, lags: lags.collect() });
    }

    fn gradients(&mut self) -> Option<Frame> {
        self.look();
        let look = self.look.as_ref()?;
        let x = |norms: &[f64]| (0..norms.len()).map(|lag| lag as f64).collect::<Vec<_>>();
        // What has vanished altogether has no place on a logarithmic axis.
        let y = |norms: &[f64]| -> Vec<f64> {
            norms.iter().map(|v| if *v > 1e-30 { *v } else { f64::NAN }).collect()
        };
        let mut lines = Vec::new();
        for (k, (name, norms)) in self.untrained.iter().enumerate() {
            let role = if k == 0 { Role::Dotted } else { Role::Quiet };
            lines.push(Line::new(role, (x(norms), y(norms))).named(name));
        }
        for (entrant, norms) in self.race.entrants.iter().zip(&look.lags).rev() {
            lines.push(Line::new(entrant.role.clone(), (x(norms), y(norms))).named(entrant.name));
        }
        let told: Vec<String> = self
            .race
            .entrants
            .iter()
            .zip(&look.lags)
            .filter_map(|(e, norms)| Some(format!("{} {:.1e}", e.name, norms.get(50)? / norms.get(1)?)))
            .collect();
        let told = format!("Gradient at lag 50 over that at lag 1: {}.", told.join(", "));
        Some(plot("gradient", lines, Vec::new(), Vec::new(), told))
    }

    fn inside(&mut self) -> Option<Frame> {
        self.look();
        let portrait = self.look.as_ref()?.portraits[0].as_ref()?;
        let (kind, parameters) = network(&self.race.entrants[0]);
        let inside = inside(kind, &parameters, portrait);
        let picture = Picture::Heat {
            view: "inside".into(),
            rows: inside.rows as u32,
            columns: portrait.steps as u32,
            values: ArrayRef { array: 0 },
            x: [0.0, portrait.steps as f64],
            y: [0.0, inside.rows as f64],
            range: [-1.0, 1.0],
            label: "value".into(),
            alternative: format!(
                "Units of the {} network over one sequence of {} steps, {}.",
                self.race.entrants[0].name, portrait.steps, inside.label
            ),
        };
        Some(Frame { picture, arrays: vec![inside.values] })
    }

    /// What no network that sees the past alone can pass, and what guessing gives.
    fn level(&self) -> Mark {
        match self.plan.task {
            rnn::TaskKind::Majority { .. } => Mark { at: 0.75, label: "without the future".into() },
            _ => Mark { at: 0.5, label: "guessing".into() },
        }
    }
}

fn panel(entrant: &Entrant, accuracy: f64, portrait: Option<&Portrait>) -> Panel {
    let title = format!("{}: {} right", entrant.name, decimal(accuracy, 3));
    let Some(portrait) = portrait else {
        return Panel::new(title, Projection::Plane, [[-1.0, 1.0]; 3]);
    };
    let mut bounds = [[-1e-3, 1e-3]; 3];
    for point in portrait.paths.iter().flatten() {
        for (axis, bound) in bounds.iter_mut().enumerate().take(2) {
            let value = f64::from(point[axis]);
            *bound = [
                if value < bound[0] { value } else { bound[0] },
                if value > bound[1] { value } else { bound[1] },
            ];
        }
    }
    for bound in &mut bounds {
        let margin = 0.06 * (bound[1] - bound[0]);
        *bound = [bound[0] - margin, bound[1] + margin];
    }
    let mut panel = Panel::new(title, Projection::Plane, bounds);
    let share = |k: usize| format!("component {} ({} %)", k + 1, decimal(100.0 * portrait.shares[k], 0));
    panel.axes = [share(0).into(), share(1).into(), "".into()];
    panel.colour = ColourScale { label: "target".into(), min: 0.0, max: 1.0 };
    for path in &portrait.paths {
        panel.layers.push(Layer::Line { points: Arc::new(path.clone()), style: LineStyle::Scalar });
    }
    let ends = portrait.paths.iter().filter_map(|path| path.last().copied()).collect();
    panel.layers.push(Layer::Cloud { points: Arc::new(ends), size: 5.0 });
    for (attracts, kind) in [(true, MarkKind::Dot), (false, MarkKind::Cross)] {
        let points: Vec<[f32; 3]> =
            portrait.rests.iter().filter(|(_, a)| *a == attracts).map(|(p, _)| *p).collect();
        if !points.is_empty() {
            let labels = vec![String::new(); points.len()];
            panel.layers.push(Layer::Marks { points, labels, kind });
        }
    }
    panel
}

impl Run for Review {
    fn position(&self) -> u64 {
        self.race.updates()
    }
    fn total(&self) -> Option<u64> {
        Some(self.race.total)
    }
    fn unit(&self) -> &'static str {
        "updates"
    }
    fn step(&mut self) {
        self.race.step();
    }
    fn divergence(&self) -> Option<Divergence> {
        let remedies = vec![
            Remedy { action: "Clip the gradient at 1".into(), sets: vec![set_number("clip", 1.0)] },
            Remedy { action: "Learn at a rate of 0.002".into(), sets: vec![set_number("rate", 0.002)] },
        ];
        Some(Divergence { remedies, ..self.race.divergence()? })
    }
    fn witness(&self) -> Option<u64> {
        Some(self.race.entrants[0].learner.digest())
    }
    fn readouts(&self) -> Vec<Readout> {
        let loss = self.race.loss_told();
        vec![readout("loss", "", loss, true), readout("right", "", decimal(self.race.accuracy(0), 3), true)]
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        if let ("gain", Value::Number(gain)) = (control, value) {
            self.probe(*gain);
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "accuracy" => Some(self.race.frame("accuracy", Against::Accuracy, Some(self.level()))),
            "loss" => Some(self.race.frame("loss", Against::Loss, None)),
            "gradient" => self.gradients(),
            "inside" => self.inside(),
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        self.look();
        let rival = self.rival();
        let portraits = self.look.as_ref().map(|look| &look.portraits);
        let panels = [0, rival].into_iter().enumerate().map(|(k, entrant)| {
            let portrait = portraits.and_then(|both| both[k].as_ref());
            panel(&self.race.entrants[entrant], self.race.accuracy(entrant), portrait)
        });
        Scene { panels: panels.collect() }
    }
    fn alternative(&self) -> String {
        let right = |entrant: usize| {
            format!("{} {}", self.race.entrants[entrant].name, decimal(self.race.accuracy(entrant), 3))
        };
        format!(
            "Hidden units of two networks over {SEQUENCES} sequences, in the plane of their first two principal components, \
             coloured by the target. After {} updates they get right: {}, {}.",
            self.race.updates(),
            right(0),
            right(self.rival())
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.race.write(&mut out);
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        self.race.read(&mut Reader(bytes))?;
        self.look = None;
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.race.entrants[0].learner.wide_parameters()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        self.race.table()
    }
}
