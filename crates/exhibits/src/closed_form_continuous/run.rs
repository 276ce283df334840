//! The neurons and the trainings that a person watches.

use super::gate;
use super::neuron::{Course, HORIZON, NEURONS, Neuron, Terms};
use super::operations;
use super::plan::{Plan, VARIANTS};
use crate::build::{decimal, readout, set_number};
use crate::bytes::{Reader, Writer};
use crate::claims::median;
use crate::contract::{ArrayRef, Frame, Mark, Picture, Readout, Remedy, Role, Series, Value};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup};
use crate::side_by_side::{Against, SideBySide};
use gpu::scene::{AxisLabel, Layer, LineStyle, Panel, Projection, Scene};
use numerics::Stream;
use rnn::TaskKind;
use std::sync::Arc;

/// Steps in which a neuron is followed: of a hundredth of a second.
const STEPS: usize = 500;
/// Points of the picture of gates from one end to the other.
const POINTS: usize = 80;
/// Steps of the dearer solver among the bars.
const DEAR: usize = 60;
/// Errors below this have no place on the logarithmic axis.
const SMALLEST: f64 = 1e-12;

pub(super) struct Race {
    plan: Plan,
    terms: Terms,
    /// The neuron drawn, from 0.
    shown: usize,
    courses: Vec<Course>,
    /// The variants in the order of the entrants.
    slugs: Vec<&'static str>,
    race: SideBySide,
}

fn follow(terms: Terms, seed: u64) -> Vec<Course> {
    let mut stream = Stream::new(seed, "neurons");
    (0..NEURONS).map(|_| Neuron::draw(terms, &mut stream).follow(STEPS)).collect()
}

impl Race {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let values = setup.values;
        let plan = Plan::of(values, setup.recipe.seed);
        let own = values.text("variant");
        let mut variants: Vec<_> = VARIANTS.iter().collect();
        variants.sort_by_key(|(slug, ..)| *slug != own);
        let entrant = |(slug, name, role): &&(&'static str, &'static str, Role)| {
            let role = if *slug == own { Role::Run } else { role.clone() };
            (*name, role, plan.learning(slug))
        };
        let race = SideBySide::new(variants.iter().map(entrant).collect(), plan.updates)?;
        let terms = Terms {
            leak: values.number("leak"),
            slope: values.number("slope"),
            centre: values.number("centre"),
            speed: values.number("speed"),
        };
        let slugs = variants.iter().map(|(slug, ..)| *slug).collect();
        let shown = values.integer("neuron").saturating_sub(1);
        Ok(Self { plan, terms, shown, courses: follow(terms, plan.seed), slugs, race })
    }

    /// The course of the neuron drawn.
    fn course(&self) -> Option<&Course> {
        self.courses.get(self.shown)
    }

    /// Median root mean square error over all neurons, of the closed form and without its last factor.
    fn errors(&self) -> [f64; 2] {
        let each: Vec<[f64; 2]> = self.courses.iter().map(Course::rms).collect();
        [0, 1].map(|k| median(each.iter().map(|error| error[k]).collect()).unwrap_or(f64::NAN))
    }

    fn error(&self) -> Option<Frame> {
        let course = self.course()?;
        let each: Vec<[Vec<f64>; 2]> = self.courses.iter().map(Course::errors).collect();
        let seen = |value: f64| if value > SMALLEST { value } else { f64::NAN };
        let over = |k: usize, what: &dyn Fn(Vec<f64>) -> f64| -> Vec<f64> {
            let at = |s: usize| seen(what(each.iter().map(|errors| errors[k][s]).collect()));
            (0..course.times.len()).map(at).collect()
        };
        let middle = |values: Vec<f64>| median(values).unwrap_or(f64::NAN);
        let most = |values: Vec<f64>| values.into_iter().fold(0.0, |a: f64, b| if b > a { b } else { a });
        let line = |role, y: Vec<f64>| Line::new(role, (course.times.clone(), y));
        let own = course.errors()[0].iter().map(|error| seen(*error)).collect();
        let lines = vec![
            line(Role::Ink, course.bound.clone()).named("bound"),
            line(Role::Quiet, over(0, &most)).named("largest"),
            line(Role::Dashed, over(0, &middle)).named("median"),
            line(Role::Dotted, over(1, &middle)).named("median without f(−I)"),
            line(Role::Run, own).named("this neuron"),
        ];
        let worst = most(self.courses.iter().map(Course::worst).collect());
        let [closed, plain] = self.errors();
        let told = format!(
            "Error of the closed form of {NEURONS} neurons over {HORIZON} seconds, in units of the distance at the start: at \
             most {} of the bound; root mean square {} in the median, {} without the last factor.",
            decimal(worst, 3),
            decimal(closed, 3),
            decimal(plain, 3)
        );
        Some(plot("error", lines, Vec::new(), Vec::new(), told))
    }

    fn gates(&self) -> Option<Frame> {
        let own = self.race.entrants.first()?;
        // A string of one run: a fourth of its length.
        let longest = 0.25 * (self.plan.pad - 1) as f64;
        let times: Vec<f64> = (0..=POINTS).map(|k| longest * k as f64 / POINTS as f64).collect();
        let kind = own.learner.settings().kind;
        let (kept, curves) = gate::against_time(kind, &own.learner.wide_parameters(), &times).ok()?;
        let moved: Vec<String> =
            curves.iter().filter_map(|c| Some(decimal(*c.last()? - *c.first()?, 2))).collect();
        let told = format!(
            "The {} of {} units of the network {} against the elapsed time from 0 to {longest}, in which they change by {}.",
            kept.named(),
            curves.len(),
            own.name,
            moved.join(", ")
        );
        let roles = [Role::Run, Role::Ink, Role::Dashed, Role::Dotted];
        let line = |(k, curve): (usize, Vec<f64>)| {
            let role = roles.get(k).cloned().unwrap_or(Role::Quiet);
            Line::new(role, (times.clone(), curve)).named(&(k + 1).to_string())
        };
        let lines = curves.into_iter().enumerate().map(line).collect();
        let untold = matches!(own.learner.settings().task, TaskKind::Parity { timed: false, .. });
        let told_always = Mark { at: 1.0, label: "all it is told".into() };
        let uprights = if untold { vec![told_always] } else { Vec::new() };
        let mut frame = plot("gate", lines, uprights, Vec::new(), told);
        if let Picture::Plot { y, .. } = &mut frame.picture
            && kept != gate::Kept::State
        {
            *y = Some([0.0, 1.0]);
        }
        Some(frame)
    }

    /// Operations of one update's pass forward.
    fn work(&self, slug: &str) -> f64 {
        let steps = self.plan.batch * (self.plan.pad - 1);
        operations::of(self.plan.kind(slug)).total() as f64 * steps as f64
    }

    fn against_work(&self) -> Frame {
        let mut lines = Vec::new();
        let mut told = Vec::new();
        for (entrant, slug) in self.race.entrants.iter().zip(&self.slugs).rev() {
            let work = self.work(slug);
            // Update 0 has no place on the logarithmic axis.
            let kept = entrant.accuracy.x.iter().zip(&entrant.accuracy.y).filter(|(x, _)| **x > 0.0);
            let data: (Vec<f64>, Vec<f64>) = kept.map(|(x, y)| (x * work, *y)).unzip();
            lines.push(Line::new(entrant.role.clone(), data).named(entrant.name));
            let done = format!("{:.1e}", work * self.race.updates() as f64);
            told.push(format!("{} {done}", entrant.name));
        }
        told.reverse();
        let told = format!("Operations after {} updates: {}.", self.race.updates(), told.join(", "));
        let mut frame = plot("work", lines, Vec::new(), vec![guessing()], told);
        if let Picture::Plot { y, .. } = &mut frame.picture {
            *y = Some([f64::NAN, 1.0]);
        }
        frame
    }

    fn cost(&self) -> Frame {
        let [inputs, ..] = self.plan.task("ltc").sizes();
        let mut bars: Vec<(String, u64)> = VARIANTS
            .iter()
            .map(|(slug, name, _)| ((*name).to_owned(), operations::of(self.plan.kind(slug)).total()))
            .collect();
        let dear = operations::by_runge_kutta(inputs, self.plan.hidden, DEAR).total();
        bars.push((format!("LTC, {DEAR} steps"), dear));
        let each: Vec<String> = bars.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let alternative = format!("Operations that a step takes: {}.", each.join(", "));
        let values = bars.iter().map(|(_, count)| *count as f64).collect();
        let array = ArrayRef { array: 0 };
        let label = "multiplications and functions".into();
        let series = vec![Series { label, role: Role::Ink, x: array.clone(), y: array, points: false }];
        let labels = bars.into_iter().map(|(name, _)| name).collect();
        let picture = Picture::Bars { view: "cost".into(), labels, series, alternative };
        Frame { picture, arrays: vec![values] }
    }
}

fn guessing() -> Mark {
    Mark { at: 0.5, label: "guessing".into() }
}

/// A neuron solved and in closed form, within the corridor of the bound.
fn panel(title: &str, error: f64, course: &Course, approximation: &[f64]) -> Panel {
    let title = format!("{title}: error {}", decimal(error, 3));
    let mut panel = Panel::new(title, Projection::Plane, [[0.0, HORIZON], [-1.5, 1.5], [0.0, 1.0]]);
    let axis = |name: &str, unit: &str| AxisLabel { name: name.into(), unit: unit.into() };
    panel.axes = [axis("time", "s"), axis("x", ""), "".into()];
    let path = |y: &dyn Fn(usize) -> f64| {
        let point = |(s, t): (usize, &f64)| [*t as f32, y(s) as f32, 0.0, 0.0];
        Arc::new(course.times.iter().enumerate().map(point).collect::<Vec<[f32; 4]>>())
    };
    let width = |s: usize| course.unit * course.bound[s];
    for (points, style) in [
        (path(&|s| course.solved[s] + width(s)), LineStyle::Thin),
        (path(&|s| course.solved[s] - width(s)), LineStyle::Thin),
        (path(&|s| course.solved[s]), LineStyle::Ink),
        (path(&|s| approximation[s]), LineStyle::Accent),
    ] {
        panel.layers.push(Layer::Line { points, style });
    }
    panel
}

impl Run for Race {
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
        let remedies =
            vec![Remedy { action: "Learn at a rate of 0.002".into(), sets: vec![set_number("rate", 0.002)] }];
        Some(Divergence { remedies, ..self.race.divergence()? })
    }
    fn witness(&self) -> Option<u64> {
        Some(self.race.entrants.first()?.learner.digest())
    }
    fn readouts(&self) -> Vec<Readout> {
        let loss = self.race.loss_told();
        vec![
            readout("error", "", decimal(self.errors()[0], 3), false),
            readout("loss", "", loss, true),
            readout("right", "", decimal(self.race.accuracy(0), 3), true),
        ]
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        let Value::Number(number) = value else { return Ok(()) };
        match control {
            "leak" => self.terms.leak = *number,
            "slope" => self.terms.slope = *number,
            "centre" => self.terms.centre = *number,
            "speed" => self.terms.speed = *number,
            "neuron" => {
                self.shown = (*number as usize).saturating_sub(1);
                return Ok(());
            }
            _ => return Ok(()),
        }
        self.courses = follow(self.terms, self.plan.seed);
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "error" => self.error(),
            "gate" => self.gates(),
            "accuracy" => Some(self.race.frame("accuracy", Against::Accuracy, Some(guessing()))),
            "work" => Some(self.against_work()),
            "cost" => Some(self.cost()),
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        let Some(course) = self.course() else { return Scene::default() };
        let [closed, plain] = course.rms();
        let panels = vec![
            panel("Closed form", closed, course, &course.closed),
            panel("Without f(−I)", plain, course, &course.plain),
        ];
        Scene { panels }
    }
    fn alternative(&self) -> String {
        let Some(course) = self.course() else { return String::new() };
        let [closed, plain] = course.rms().map(|error| decimal(error, 3));
        format!(
            "Neuron {} of {NEURONS} over {HORIZON} seconds, solved and in closed form, which departs by {closed} of the \
             distance at the start; without its last factor by {plain}. The largest error is {} of the bound.",
            self.shown + 1,
            decimal(course.worst(), 3)
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.race.write(&mut out);
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        self.race.read(&mut Reader(bytes))
    }
    fn state(&self) -> Vec<f64> {
        self.race.entrants.first().map_or(Vec::new(), |own| own.learner.wide_parameters())
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        self.race.table()
    }
}
