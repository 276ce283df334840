//! The training that a person watches.

use super::graph::{Node, graph};
use super::learner::Learner;
use super::plan::{Plan, data};
use super::walk::{Code, WORST, Walk, rates, region_name};
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Frame, Mark, Picture, Readout, Remedy, Role, Series as PlotSeries, Value};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Failure, Run, Setup};
use crate::reconstruction::metrics::Geometry;
use crate::reconstruction::{Curve, Data, box_of, polyline};
use analysis::{Eigenvalue, RegionRest, kind_in_words, region_rests, switching_sequence};
use gpu::scene::{ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Scene};
use rnn::{Float, StepReport, TrainedMap};
use std::sync::Arc;

/// Numbers of rectified units that are trained beside one another.
pub(super) const COMPARED: [usize; 4] = [0, 1, 2, 4];
/// Updates between two looks at the free run.
const LOOK: u64 = 100;
/// Updates between two looks at the free run of a network beside.
const GLANCE: u64 = 500;
/// Points of the free run that is drawn, and of the data beside it.
const DRAWN: usize = 6_000;
/// Crossings of borders that are drawn.
const CROSSINGS: usize = 2_000;
/// Symbols that are drawn in time.
const SYMBOLS: usize = 400;
/// Points of the unit circle.
const CIRCLE: usize = 129;
/// Points where regions rest that are drawn lie within so many sizes of the box of the data about its middle.
const NEAR: f64 = 1.5;
/// Most points that are told one by one.
const TOLD: usize = 16;

/// What is known of a free run by which numbers of rectified units are compared.
#[derive(Clone, Copy)]
struct Standing {
    update: u64,
    states: f64,
    regions: usize,
}

/// A training beside the main one, with another number of rectified units.
struct Companion {
    rectified: usize,
    learner: Learner<f32>,
    standing: Option<Standing>,
}

/// What is known of the network as drawn.
struct Look {
    /// The update of the training at which it was looked at.
    update: u64,
    /// The update of the network: an earlier one for a checkpoint.
    of: u64,
    walk: Walk,
    code: Code,
    geometry: Option<Geometry>,
    rests: Vec<RegionRest>,
    line: Arc<Vec<[f32; 4]>>,
    crossings: Arc<Vec<[f32; 4]>>,
}

pub(super) struct Training<T: Float> {
    data: Data,
    plan: Plan,
    learner: Learner<T>,
    companions: Vec<Companion>,
    best: bool,
    depth: usize,
    last: Option<StepReport>,
    fault: Option<String>,
    truth: Arc<Vec<[f32; 4]>>,
    bounds: [[f64; 2]; 3],
    look: Option<Look>,
}

impl<T: Float> Training<T> {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let (data, plan) = (data(setup)?, Plan::of(setup.values));
        let channels = data.train.channels().len();
        let seed = setup.recipe.seed;
        let learner = Learner::new(plan.settings(channels, seed), plan.updates, &data)?;
        let mut companions = Vec::new();
        if setup.values.switch("compare") {
            for rectified in COMPARED.into_iter().filter(|other| *other != plan.rectified) {
                let settings = Plan { rectified, ..plan }.settings(channels, seed);
                let learner = Learner::new(settings, plan.updates, &data)?;
                companions.push(Companion { rectified, learner, standing: None });
            }
        }
        Ok(Self {
            best: setup.values.switch("best"),
            depth: setup.values.integer("depth"),
            truth: Arc::new(polyline(data.test.values(), channels, DRAWN)),
            bounds: box_of(&data.test),
            data,
            plan,
            learner,
            companions,
            last: None,
            fault: None,
            look: None,
        })
    }

    fn updates(&self) -> u64 {
        self.learner.trainer().updates()
    }

    /// The network that is shown, and the update that it is of: the latest while it trains, the best checkpoint at the end.
    fn shown(&self) -> Result<(TrainedMap, u64), ExhibitError> {
        if self.best && self.learner.is_done() {
            return self.learner.best().map(|(map, update, _)| (map, update));
        }
        Ok((self.learner.map()?, self.updates()))
    }

    fn look(&mut self) {
        let updates = self.updates();
        let fresh = self.look.as_ref().is_some_and(|look| {
            look.update == updates
                || (updates > look.update && updates < look.update + LOOK && !self.learner.is_done())
        });
        if fresh {
            return;
        }
        // What cannot be looked at leaves the last look: the readouts then say of which update it is.
        if let Ok(look) = self.examine(updates) {
            self.look = Some(look);
        }
    }

    fn examine(&self, update: u64) -> Result<Look, ExhibitError> {
        let (map, of) = self.shown()?;
        let walk = Walk::of(&map, &self.data.test)?;
        let code = Code::of(walk.symbols())?;
        let geometry = walk.geometry(&self.data.test);
        let refused = |e: analysis::Error| ExhibitError::Refused(e.to_string());
        let rests = match map.clone().piecewise() {
            Some(mut pieces) => region_rests(&mut pieces).map_err(refused)?,
            None => Vec::new(),
        };
        let channels = self.data.test.channels().len();
        let mut line = polyline(&walk.outputs, channels, DRAWN);
        for (point, symbol) in line.iter_mut().zip(&walk.orbit.symbols) {
            point[3] = code.number(*symbol) as f32;
        }
        let top = code.used.len() as f32;
        let crossings = walk.crossings(channels).into_iter().take(CROSSINGS);
        let crossings = crossings.map(|x| {
            let at = |c: usize| x.get(c).map_or(0.0, |v| *v as f32);
            [at(0), at(1), at(2), top]
        });
        let crossings = Arc::new(crossings.collect());
        Ok(Look { update, of, code, geometry, rests, line: Arc::new(line), crossings, walk })
    }

    /// Looks at the network beside that was looked at longest ago, at the end at all of them.
    fn glance(&mut self) {
        let updates = self.updates();
        let done = self.learner.is_done();
        let due = |companion: &Companion| {
            companion.standing.is_none_or(|standing| {
                updates < standing.update
                    || updates >= standing.update + GLANCE
                    || (done && standing.update < updates)
            })
        };
        let age = |companion: &&mut Companion| companion.standing.map_or(0, |standing| standing.update + 1);
        let mut waiting: Vec<&mut Companion> = self.companions.iter_mut().filter(|c| due(c)).collect();
        waiting.sort_by_key(age);
        let turns = if done { waiting.len() } else { 1 };
        for companion in waiting.into_iter().take(turns) {
            let map = if self.best && done {
                companion.learner.best().map(|(map, ..)| map)
            } else {
                companion.learner.map()
            };
            let found = map.and_then(|map| standing(&Walk::of(&map, &self.data.test)?, &self.data, updates));
            companion.standing = found.ok().or(companion.standing);
        }
    }

    fn name(&self, region: u32) -> String {
        region_name(region, self.plan.rectified)
    }

    fn symbols(&self, look: &Look) -> Frame {
        let symbols = look.walk.symbols();
        let shown = &symbols[symbols.len().saturating_sub(SYMBOLS)..];
        let time = |step: usize| step as f64 * self.data.interval;
        let at = |step: usize, symbol: u32| (time(step), look.code.number(symbol) as f64);
        let mut lines = vec![Line::new(
            Role::Quiet,
            shown.iter().enumerate().map(|(step, symbol)| at(step, *symbol)).unzip(),
        )];
        lines.push(Line::cloud(
            Role::Run,
            shown.iter().enumerate().map(|(step, symbol)| at(step, *symbol)).unzip(),
        ));
        let levels = look.code.used.iter().map(|place| look.code.statistics.letters[*place]);
        let levels = levels
            .map(|letter| Mark { at: look.code.number(letter) as f64, label: self.name(letter) })
            .collect();
        let switches = shown.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let told = format!(
            "{} regions in turn, {switches} switches in {} steps.",
            look.code.used.len(),
            shown.len()
        );
        let mut frame = plot("symbols", lines, Vec::new(), levels, told);
        if let Picture::Plot { y, .. } = &mut frame.picture {
            *y = Some([0.0, look.code.used.len() as f64 + 0.75]);
        }
        frame
    }

    fn transitions(&self, look: &Look) -> Frame {
        let statistics = &look.code.statistics;
        let (all, used) = (statistics.letters.len(), &look.code.used);
        let nodes: Vec<Node> = used
            .iter()
            .map(|at| Node { name: self.name(statistics.letters[*at]), share: statistics.occupancy[*at] })
            .collect();
        let matrix: Vec<f64> = used
            .iter()
            .flat_map(|from| used.iter().map(move |to| statistics.transitions[from * all + to]))
            .collect();
        let per_cent = |share: f64| decimal(100.0 * share, 1);
        let mut told: Vec<String> = nodes
            .iter()
            .map(|node| format!("Region {}: {} % of the time.", node.name, per_cent(node.share)))
            .collect();
        for (from, row) in nodes.iter().zip(matrix.chunks_exact(nodes.len().max(1))) {
            let to = nodes.iter().zip(row).filter(|(to, p)| to.name != from.name && **p > 0.0);
            let to: Vec<String> = to.map(|(to, p)| format!("{} % to {}", per_cent(*p), to.name)).collect();
            if !to.is_empty() {
                told.push(format!("A step from {}: {}.", from.name, to.join(", ")));
            }
        }
        graph("transitions", &nodes, &matrix, told.join(" "))
    }

    fn eigenvalues(&self, look: &Look) -> Frame {
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / (CIRCLE - 1) as f64;
        let circle = (0..CIRCLE).map(|i| (libm::cos(turn(i)), libm::sin(turn(i)))).unzip();
        let mut lines = vec![Line::new(Role::Quiet, circle)];
        let favourite = look.code.favourite().map(|at| look.code.statistics.letters[at]);
        let role = |region: u32| match (Some(region) == favourite, look.code.number(region)) {
            (true, _) => Role::Run,
            (false, 0) => Role::Quiet,
            (false, _) => Role::Ink,
        };
        let mut told = Vec::new();
        for rest in &look.rests {
            let places = rest.eigenvalues.iter().map(|value| (value.real, value.imaginary)).unzip();
            lines.push(Line::cloud(role(rest.region), places));
            if look.code.number(rest.region) > 0 {
                let outside = rest.eigenvalues.iter().filter(|value| value.modulus() > 1.0).count();
                let largest = rest.eigenvalues.iter().map(Eigenvalue::modulus);
                let largest = largest.fold(0.0, |most, size| if size > most { size } else { most });
                told.push(format!(
                    "Region {}: {outside} of {} eigenvalues outside the unit circle, the largest of size {}.",
                    self.name(rest.region),
                    rest.eigenvalues.len(),
                    decimal(largest, 4)
                ));
            }
        }
        plot("eigenvalues", lines, Vec::new(), Vec::new(), told.join(" "))
    }

    fn rests(&self, look: &Look) -> Frame {
        let names = self.data.test.channels();
        let mut lines = Vec::new();
        let real = look.rests.iter().filter(|rest| rest.real).count();
        lines.push(format!(
            "{} regions, of which {} are used; {real} of the points where they rest are fixed points of the network. Places \
             are in standard deviations of the data.",
            look.rests.len(),
            look.code.used.len()
        ));
        // The real ones first, then the regions that are used.
        let mut order: Vec<&RegionRest> = look.rests.iter().collect();
        order.sort_by_key(|rest| (!rest.real, look.code.number(rest.region) == 0, rest.region));
        for rest in order.into_iter().take(TOLD) {
            let region = self.name(rest.region);
            let Some(state) = &rest.state else {
                lines.push(format!("Region {region} rests nowhere, or along a line."));
                continue;
            };
            let place: Vec<String> =
                names.iter().zip(state).map(|(name, x)| format!("{name} = {}", decimal(*x, 3))).collect();
            let place = place.join(", ");
            let residual = format!("{:.0e}", rest.residual).replace('-', "\u{2212}");
            lines.push(if rest.real {
                let kind = if rest.eigenvalues.is_empty() {
                    "of unknown kind".into()
                } else {
                    kind_in_words(&rest.eigenvalues, true).1
                };
                format!("Region {region}, real: {place}; {kind}; one step moves it by {residual}.")
            } else {
                format!("Region {region}, virtual: {place}; one step would move it by {residual}.")
            });
        }
        Frame { picture: Picture::Text { view: "rests".into(), lines }, arrays: Vec::new() }
    }

    fn rectifiers(&mut self) -> Option<Frame> {
        self.glance();
        let look = self.look.as_ref()?;
        let own =
            Standing { update: look.update, states: capped(look.geometry), regions: look.code.used.len() };
        let mut all: Vec<(usize, Option<Standing>)> =
            self.companions.iter().map(|c| (c.rectified, c.standing)).collect();
        all.push((self.plan.rectified, Some(own)));
        all.sort_by_key(|(rectified, _)| *rectified);
        let states = all.iter().map(|(_, s)| s.map_or(f64::NAN, |s| s.states)).collect();
        let regions = all.iter().map(|(_, s)| s.map_or(f64::NAN, |s| s.regions as f64)).collect();
        let labels = all.iter().map(|(rectified, _)| rectified.to_string()).collect();
        let told = all.iter().filter_map(|(rectified, s)| {
            let s = (*s)?;
            let states = decimal(s.states, 2);
            Some(format!("With {rectified} rectified units: divergence {states}, {} regions.", s.regions))
        });
        let told = told.collect::<Vec<_>>().join(" ");
        let names = ["divergence of state spaces", "regions used"];
        Some(bars("rectifiers", labels, names, [states, regions], told))
    }

    fn entropies(&self, look: &Look) -> Option<Frame> {
        let symbols = look.walk.symbols();
        let steps = rates(symbols, self.depth).ok()?;
        let switches = rates(&switching_sequence(symbols), self.depth).ok()?;
        let labels = (1..=self.depth).map(|m| m.to_string()).collect();
        let last = |rates: &[f64]| decimal(rates.last().copied().unwrap_or(f64::NAN), 3);
        let told = format!(
            "At depth {} the next region tells {} bit a step, and {} bit a switch.",
            self.depth,
            last(&steps),
            last(&switches)
        );
        Some(bars("entropies", labels, ["per step", "per switch"], [steps, switches], told))
    }

    fn losses(&self) -> Frame {
        let line = |role: Role, rectified: usize, curve: &Curve| {
            let label = format!("P = {rectified}");
            Line::new(role, (curve.x.clone(), curve.smooth(true))).named(&label)
        };
        let roles = [Role::Dotted, Role::Dashed, Role::Quiet, Role::Ink];
        let mut lines: Vec<Line> = self
            .companions
            .iter()
            .zip(roles)
            .map(|(companion, role)| line(role, companion.rectified, &companion.learner.loss))
            .collect();
        lines.push(line(Role::Run, self.plan.rectified, &self.learner.loss));
        let now = self.last.map_or(f64::NAN, |report| report.loss);
        let here = vec![Mark { at: self.updates() as f64, label: self.updates().to_string() }];
        let told = format!("The loss is {now:.3e} after {} updates.", self.updates());
        let mut frame = plot("loss", lines, here, Vec::new(), told);
        if let Picture::Plot { x, .. } = &mut frame.picture {
            *x = Some([0.0, self.plan.updates as f64]);
        }
        frame
    }

    /// The real or the virtual rests that lie near the data.
    fn marks(&self, look: &Look, real: bool) -> Layer {
        let channels = self.data.test.channels().len();
        let mut points = Vec::new();
        let mut labels = Vec::new();
        for rest in look.rests.iter().filter(|rest| rest.real == real) {
            let Some(state) = &rest.state else { continue };
            let near = self
                .bounds
                .iter()
                .zip(state)
                .take(channels)
                .all(|([low, high], z)| libm::fabs(z - 0.5 * (low + high)) <= NEAR * (high - low));
            if near {
                let at = |c: usize| if c < channels { state[c] as f32 } else { 0.0 };
                points.push([at(0), at(1), at(2)]);
                labels.push(self.name(rest.region));
            }
        }
        Layer::Marks { points, labels, kind: if real { MarkKind::Ring } else { MarkKind::Cross } }
    }
}

/// The divergence of a run, at most [`WORST`], which is also that of one that escaped.
fn capped(geometry: Option<Geometry>) -> f64 {
    geometry.map_or(WORST, |g| if g.states < WORST { g.states } else { WORST })
}

fn standing(walk: &Walk, data: &Data, update: u64) -> Result<Standing, ExhibitError> {
    let states = walk.divergence(&data.test);
    let states = if states < WORST { states } else { WORST };
    Ok(Standing { update, states, regions: Code::of(walk.symbols())?.used.len() })
}

/// Two bars a label.
fn bars(view: &str, labels: Vec<String>, names: [&str; 2], values: [Vec<f64>; 2], told: String) -> Frame {
    let series = |label: &str, role, array: u32| PlotSeries {
        label: label.into(),
        role,
        x: ArrayRef { array },
        y: ArrayRef { array },
        points: false,
    };
    let series = vec![series(names[0], Role::Run, 0), series(names[1], Role::Ink, 1)];
    let picture = Picture::Bars { view: view.into(), labels, series, alternative: told };
    Frame { picture, arrays: values.into() }
}

impl<T: Float> Run for Training<T> {
    fn position(&self) -> u64 {
        self.updates()
    }
    fn total(&self) -> Option<u64> {
        Some(self.plan.updates)
    }
    fn unit(&self) -> &'static str {
        "updates"
    }
    fn step(&mut self) {
        if self.learner.is_done() || self.fault.is_some() {
            return;
        }
        let stepped = self.learner.step(&self.data).and_then(|report| {
            self.last = Some(report);
            for companion in &mut self.companions {
                companion.learner.step(&self.data)?;
            }
            Ok(())
        });
        if let Err(error) = stepped {
            self.fault = Some(error.to_string());
        }
    }
    fn divergence(&self) -> Option<Divergence> {
        let report = self.last?;
        let skipped = self.learner.trainer().skipped();
        // A training that skips more than half of its updates goes nowhere.
        if skipped < 100 || skipped * 2 < report.update {
            return None;
        }
        Some(Divergence {
            time: report.update as f64,
            variable: "the gradient".into(),
            last: vec![report.gradient_norm],
            remedies: vec![
                Remedy { action: "Force every fourth step".into(), sets: vec![set_number("tau", 4.0)] },
                Remedy {
                    action: "Shorten the sequences to 30".into(),
                    sets: vec![set_number("length", 30.0)],
                },
            ],
        })
    }
    fn failure(&self) -> Option<Failure> {
        let reason = self.fault.clone()?;
        Some(Failure { reason, remedies: Vec::new() })
    }
    fn witness(&self) -> Option<u64> {
        Some(self.learner.trainer().digest())
    }
    fn readouts(&self) -> Vec<Readout> {
        let mut all = Vec::new();
        if let Some(report) = self.last {
            all.push(readout("loss", "", format!("{:.2e}", report.loss).replace('-', "\u{2212}"), true));
        }
        if let Some(look) = &self.look {
            let symbol = "<msub><mi>D</mi><mi>stsp</mi></msub>";
            all.push(readout("divergence", symbol, decimal(capped(look.geometry), 2), true));
            let symbol = "<msub><mi>n</mi><mi>R</mi></msub>";
            all.push(readout("regions", symbol, look.code.used.len().to_string(), true));
        }
        all
    }
    fn note(&self) -> Option<String> {
        let skipped = self.learner.trainer().skipped();
        if skipped > 0 {
            return Some(format!("{skipped} updates were skipped because their gradient was not finite."));
        }
        let look = self.look.as_ref()?;
        if look.of < look.update {
            return Some(format!(
                "Shown is the checkpoint of update {}, whose free run was nearest to the training data.",
                look.of
            ));
        }
        let step = look.walk.orbit.escaped?;
        (look.update > 0).then(|| format!("The free run left all bounds after {step} steps."))
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        match (control, value) {
            ("best", Value::Switch(on)) => {
                self.best = *on;
                self.look = None;
                for companion in &mut self.companions {
                    companion.standing = None;
                }
            }
            ("depth", Value::Number(depth)) => self.depth = *depth as usize,
            _ => {}
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        if view == "loss" {
            return Some(self.losses());
        }
        self.look();
        if view == "rectifiers" {
            return self.rectifiers();
        }
        let look = self.look.as_ref()?;
        Some(match view {
            "symbols" => self.symbols(look),
            "transitions" => self.transitions(look),
            "eigenvalues" => self.eigenvalues(look),
            "rests" => self.rests(look),
            "entropies" => self.entropies(look)?,
            _ => return None,
        })
    }
    fn scene(&mut self) -> Scene {
        self.look();
        let names = self.data.test.channels();
        let flat = names.len() < 3;
        let projection = if flat { Projection::Plane } else { Projection::Space };
        let panel = |title: &str| {
            let mut panel = Panel::new(title, projection, self.bounds);
            for (axis, name) in panel.axes.iter_mut().zip(names) {
                *axis = name.clone().into();
            }
            panel
        };
        let mut truth = panel("The system");
        truth.layers.push(Layer::Line { points: self.truth.clone(), style: LineStyle::Thin });
        let mut learned = panel("The network, running free");
        if let Some(look) = &self.look {
            // Zero is the colour of regions that are hardly ever visited.
            let rare = look.code.used.len() < look.code.statistics.letters.len();
            let top = look.code.used.len() as f32;
            let (min, max) = (if rare || top < 2.0 { 0.0 } else { 1.0 }, if top < 1.0 { 1.0 } else { top });
            learned.colour = ColourScale { label: "region".into(), min, max };
            let points = look.line.clone();
            learned.layers.push(if flat {
                Layer::Cloud { points, size: 1.5 }
            } else {
                Layer::Line { points, style: LineStyle::Scalar }
            });
            learned.layers.push(Layer::Cloud { points: look.crossings.clone(), size: 3.0 });
            learned.layers.push(self.marks(look, true));
            learned.layers.push(self.marks(look, false));
        }
        Scene { panels: vec![truth, learned] }
    }
    fn alternative(&self) -> String {
        let told = self.look.as_ref().map_or_else(String::new, |look| {
            let real = look.rests.iter().filter(|rest| rest.real).count();
            format!(
                " It uses {} of {} regions and has {real} fixed points; the state-space divergence is {}.",
                look.code.used.len(),
                look.rests.len(),
                decimal(capped(look.geometry), 2)
            )
        });
        format!(
            "Left, the attractor of {}; right, the free run of the network after {} updates, coloured by region.{told}",
            self.data.source,
            self.updates()
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.learner.write(&mut out);
        for companion in &self.companions {
            companion.learner.write(&mut out);
        }
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        self.learner.read(&self.data, &mut from)?;
        for companion in &mut self.companions {
            companion.learner.read(&self.data, &mut from)?;
            companion.standing = None;
        }
        self.look = None;
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.learner.trainer().wide_parameters()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["update".to_owned(), "loss".into()];
        names.extend(self.companions.iter().map(|c| format!("loss_{}", c.rectified)));
        let loss = &self.learner.loss;
        let rows = (0..loss.x.len())
            .map(|i| {
                let of = |curve: &Curve| curve.y.get(i).copied().unwrap_or(f64::NAN);
                let mut row = vec![loss.x[i], of(loss)];
                row.extend(self.companions.iter().map(|c| of(&c.learner.loss)));
                row
            })
            .collect();
        (names, rows)
    }
}
