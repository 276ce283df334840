//! The run that a person watches: one system with its neighbour, while the zoo is measured.

use super::declaration::{parameter_id, trained};
use super::protocol::{Asked, FEATURES, HORIZON, Row, SAMPLES, Score, Timed, Work};
use crate::build::{decimal, readout, set_number, set_text};
use crate::bytes::{Reader, Writer};
use crate::collection;
use crate::contract::{Finding, Frame, Mark, Picture, Readout, Remedy, Role, Setting, Value};
use crate::desk::{self, Case, Inquiry, Line, SystemCase, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Divergence, Run, Setup};
use crate::explorer::{Extent, extent, read_run, write_run};
use crate::subject::Runner;
use crate::values::{Values, place};
use dynamics::Stepper;
use gpu::scene::{ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Scene};
use numerics::{Digest, Stream};
use rnn::forecast::ForecastKind;
use std::sync::Arc;
use std::time::Duration;
use web_time::Instant;

/// Samples of the orbit that are kept: 40 periods.
const HISTORY: usize = 40 * SAMPLES;
/// Points of a trail to a sample, about.
const FINE: u32 = 4;
/// Points of the comets' tails: two periods.
const TAIL: usize = 2 * SAMPLES * FINE as usize;
/// Forecasts drawn side by side.
const FAN: usize = 3;
/// Time for the desk in each step.
const DESK: Duration = Duration::from_millis(2);
/// Columns of the zoo on the stage.
const COLUMNS: usize = 13;
/// Clusters of the zoo, and beginnings of the search for them.
const CLUSTERS: usize = 8;
const TRIES: usize = 10;
/// What the desk is asked of the system, one after the other.
const QUESTIONS: [&str; 4] = ["bifurcate", "lyapunov", "dimension", "complexity"];

struct Sample {
    time: f64,
    distance: f64,
}

/// What the desk finds out about the system. None of it is in the witness: it takes what time is left.
struct Desk {
    case: Case,
    varied: String,
    /// How many of the questions are answered.
    answered: usize,
    asked: Option<Box<dyn Inquiry>>,
    diagram: Option<Frame>,
    findings: Vec<Finding>,
}

pub(super) struct Benchmark {
    timed: Timed,
    names: Vec<String>,
    deviations: Vec<f64>,
    extent: Extent,
    /// One step of integration at a time.
    witness: Runner,
    neighbour: Runner,
    /// Samples taken.
    taken: u64,
    history: Vec<Sample>,
    /// Where both were of late, on the axes of the stage: about 120 points a period.
    trails: [Vec<[f32; 4]>; 2],
    /// Where the walk of the extent went: the attractor behind the comets.
    orbit: Arc<Vec<[f32; 4]>>,
    asked: Asked,
    horizon: f64,
    variable: usize,
    zoo_on_stage: bool,
    /// The measurement of the system shown.
    own: Work,
    own_slices: u64,
    own_done: bool,
    /// The zoo: names in order, rows so far, the measurement under way and its slices.
    zoo: Vec<&'static str>,
    rows: Vec<Row>,
    work: Option<(Work, u64)>,
    desk: Desk,
    map: Option<(usize, Frame)>,
    gallery: Option<(usize, Arc<Vec<[f32; 4]>>)>,
}

/// Systems that are measured: the flows without delay.
fn zoo() -> Vec<&'static str> {
    collection::entries().filter(|entry| !entry.delayed).map(|entry| entry.name).collect()
}

/// Where a forecast errs as much as the climate does.
fn climate() -> Mark {
    Mark { at: 1.0, label: "climate".into() }
}

/// A system with the parameters and the steps that are set.
pub(super) fn set(mut timed: Timed, values: &Values) -> Timed {
    for (index, parameter) in timed.subject.model().parameters.iter().enumerate() {
        let value = values.number(&parameter_id(&timed.name, &parameter.name));
        if !value.is_nan() {
            timed.parameters[index] = value;
        }
    }
    timed.substeps = (values.number("steps") / SAMPLES as f64 + 0.5) as u32;
    timed
}

impl Benchmark {
    pub(super) fn start(setup: &Setup<'_>, timed: Timed) -> Result<Self, ExhibitError> {
        let values = setup.values;
        let timed = set(timed, values);
        let kind = ForecastKind::from_slug(values.text("forecaster")).unwrap_or(ForecastKind::RandomFeatures);
        let asked = Asked {
            forecasters: vec![kind],
            trained: trained(values.integer("train")),
            horizon: HORIZON,
            noise: values.number("noise"),
            exponent: true,
            spectrum: true,
            fan: 0,
            seed: setup.recipe.seed,
        };
        let start = timed.subject.start();
        let (extent, orbit, deviations) = walk(&timed, &start)?;
        let witness = timed.stepper(&start)?;
        let mut beside = start.clone();
        beside[0] += values.number("apart") * deviations[0];
        let neighbour = timed.stepper(&beside)?;
        let case = Case::System(Box::new(SystemCase {
            subject: timed.subject.clone(),
            parameters: timed.parameters.clone(),
            start,
            dt: timed.dt(),
            seed: setup.recipe.seed,
            gpu: None,
            network: None,
        }));
        let parameters = &timed.subject.model().parameters;
        let varied =
            parameters.get(place(values.text("varied"))).map_or_else(String::new, |p| p.name.clone());
        let mut run = Self {
            names: timed.subject.variable_names(),
            own: Work::new(timed.clone(), Asked { fan: FAN, ..asked.clone() }),
            own_slices: 0,
            own_done: false,
            variable: place(values.text("variable")),
            horizon: values.number("horizon"),
            zoo_on_stage: values.text("stage") == "zoo",
            zoo: zoo(),
            rows: Vec::new(),
            work: None,
            desk: Desk { case, varied, answered: 0, asked: None, diagram: None, findings: Vec::new() },
            map: None,
            gallery: None,
            taken: 0,
            history: Vec::new(),
            trails: [Vec::new(), Vec::new()],
            orbit,
            extent,
            deviations,
            witness,
            neighbour,
            asked,
            timed,
        };
        run.record();
        Ok(run)
    }

    fn record(&mut self) {
        let (here, there) = (self.witness.state(), self.neighbour.state());
        let mut square = 0.0;
        for ((a, b), sd) in here.iter().zip(there).zip(&self.deviations) {
            square += (a - b) * (a - b) / (sd * sd);
        }
        if self.history.len() >= 2 * HISTORY {
            self.history.drain(..HISTORY);
        }
        self.history
            .push(Sample { time: self.witness.time(), distance: libm::sqrt(square / here.len() as f64) });
    }

    /// Puts both where they are now at the end of their trails.
    fn trace(&mut self) {
        let axes = self.axes();
        let lag = self.timed.lag();
        for (trail, state) in self.trails.iter_mut().zip([self.witness.state(), self.neighbour.state()]) {
            let at = |axis: Option<usize>| axis.map_or(0.0, |j| state[j] as f32);
            let mut point = [at(axes[0]), at(axes[1]), at(axes[2]), 0.0];
            if state.len() == 1 {
                // A single variable is shown against what it was before.
                let before = trail.len().checked_sub(lag).map_or(f32::NAN, |at| trail[at][1]);
                point = [before, state[0] as f32, 0.0, 0.0];
            }
            if trail.len() >= 2 * TAIL {
                trail.drain(..TAIL);
            }
            trail.push(point);
        }
    }

    fn kind(&self) -> ForecastKind {
        self.asked.forecasters.first().copied().unwrap_or(ForecastKind::Climatology)
    }

    /// A slice of the measurements.
    fn measure(&mut self) {
        if !self.own_done {
            self.own_slices += 1;
            self.own_done = self.own.advance();
            return;
        }
        if self.work.is_none() {
            let Some(name) = self.zoo.get(self.rows.len()) else { return };
            // Every name of the list is a system of the zoo, which a test holds.
            let Ok(timed) = Timed::of(name) else { return };
            self.work = Some((Work::new(timed, self.asked.clone()), 0));
        }
        if let Some((work, slices)) = &mut self.work {
            *slices += 1;
            if work.advance()
                && let Some((work, _)) = self.work.take()
            {
                self.rows.push(work.into_row());
            }
        }
    }

    /// Lets the desk go on for a moment.
    fn ask(&mut self) {
        let desk = &mut self.desk;
        let Some(question) = QUESTIONS.get(desk.answered) else { return };
        if desk.asked.is_none() {
            let text = |control: &str, value: &str| set_text(control, value);
            let sets = match *question {
                "bifurcate" => vec![
                    text("parameter", &desk.varied),
                    set_number("columns", 160.0),
                    set_number("values", 40.0),
                ],
                "lyapunov" => vec![set_number("steps", 200_000.0)],
                _ => Vec::new(),
            };
            // What cannot be asked of this system is passed over: the card says what is known.
            match desk::ask(&desk.case, question, &sets) {
                Ok(inquiry) => desk.asked = Some(inquiry),
                Err(_) => desk.answered += 1,
            }
            return;
        }
        let Some(inquiry) = &mut desk.asked else { return };
        let done = inquiry.advance(Instant::now() + DESK);
        if *question == "bifurcate" {
            desk.diagram = inquiry.frames().into_iter().next();
        }
        if !matches!(done, Ok(false)) {
            if *question != "bifurcate" {
                desk.findings.extend(inquiry.answer().findings);
            }
            desk.asked = None;
            desk.answered += 1;
        }
    }

    fn score<'a>(&self, row: &'a Row) -> Option<&'a Score> {
        row.score(self.kind())
    }

    /// Exponent times period, forecast error, and whether the claims count it, of every system with both.
    fn points(&self) -> Vec<(&Row, f64, f64, bool)> {
        let point = |row: &'_ Row| {
            let error = self.score(row)?.at(self.horizon);
            let (x, y) = (row.scaled(), error);
            let counted = row.bounded && row.entry.is_some_and(|e| !e.driven && !e.conservative);
            (x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()).then_some((x, y, counted))
        };
        self.rows.iter().filter_map(|row| point(row).map(|(x, y, counted)| (row, x, y, counted))).collect()
    }

    /// Spearman's correlation of the points that count, and their number.
    fn correlation(&self) -> Option<(f64, usize)> {
        let points = self.points();
        let counted = points.iter().filter(|p| p.3);
        let (x, y): (Vec<f64>, Vec<f64>) = counted.map(|p| (p.1, p.2)).unzip();
        let mut stream = Stream::new(self.asked.seed, "shuffles");
        let found = analysis::rank_correlation(&x, &y, 0, &mut stream).ok()?;
        Some((found.value, x.len()))
    }

    fn scatter(&self) -> Frame {
        let points = self.points();
        let cloud = |counted: bool| -> (Vec<f64>, Vec<f64>) {
            points.iter().filter(|p| p.3 == counted).map(|p| (p.1, p.2)).unzip()
        };
        let mut lines = vec![Line::cloud(Role::Quiet, cloud(false)), Line::cloud(Role::Ink, cloud(true))];
        let own = self.own.row();
        if let Some(score) = self.score(own) {
            lines.push(Line::cloud(Role::Run, (vec![own.scaled()], vec![score.at(self.horizon)])));
        }
        let told = match self.correlation() {
            Some((value, count)) => {
                format!("The rank correlation over {count} autonomous, bounded systems is {value:.2}.")
            }
            None => "Too few systems are measured yet for a correlation.".into(),
        };
        plot("scatter", lines, Vec::new(), vec![climate()], told)
    }

    fn forecast(&self) -> Option<Frame> {
        let observed = self.own.observed()?;
        let c = self.variable.min(observed.channels - 1);
        let rows = (self.horizon * SAMPLES as f64) as usize;
        let from = self.asked.trained.saturating_sub(SAMPLES);
        let until = self.own.fan().last().map_or(from + 4 * SAMPLES, |fan| fan.start + rows + SAMPLES);
        let time = |row: usize| row as f64 / SAMPLES as f64;
        let truth: (Vec<f64>, Vec<f64>) = (from..until.min(observed.rows()))
            .map(|row| (time(row), observed.own(c, observed.clean[row * observed.channels + c])))
            .unzip();
        let (mut x, mut y, mut uprights) = (Vec::new(), Vec::new(), Vec::new());
        for fan in self.own.fan() {
            for (ahead, row) in fan.rows.chunks_exact(observed.channels).take(rows).enumerate() {
                x.push(time(fan.start + 1 + ahead));
                y.push(observed.own(c, row[c]));
            }
            x.push(time(fan.start + 1 + rows));
            y.push(f64::NAN);
            uprights.push(Mark { at: time(fan.start), label: String::new() });
        }
        let lines = vec![
            Line::new(Role::Ink, truth).named("the system"),
            Line::new(Role::Run, (x, y)).named(self.kind().name()),
        ];
        let valid = self.score(self.own.row()).map_or(f64::NAN, |score| score.valid);
        let name = &self.names[c];
        let told = format!(
            "{name} and forecasts of it by {}: half of them hold for {} periods.",
            self.kind().name(),
            decimal(valid, 2)
        );
        Some(plot("forecast", lines, uprights, Vec::new(), told))
    }

    fn growth(&self) -> Frame {
        let mut lines = Vec::new();
        let period = self.timed.period;
        let first = self.history.first().map_or(0.0, |sample| sample.time);
        let shown = self.history.iter().take(HISTORY / 2);
        let distance: (Vec<f64>, Vec<f64>) = shown
            .map(|s| ((s.time - first) / period, if s.distance > 0.0 { s.distance } else { f64::NAN }))
            .unzip();
        let begin = self.history.first().map_or(f64::NAN, |s| s.distance);
        let row = self.own.row();
        let scaled = row.scaled();
        if scaled > 0.0 && begin > 0.0 && first == self.timed.subject.start_time() {
            let end = libm::log(2.0 / begin) / scaled;
            lines.push(Line::new(Role::Dashed, (vec![0.0, end], vec![begin, 2.0])));
        }
        lines.push(Line::new(Role::Run, distance).named("neighbour"));
        if let Some(score) = self.score(row) {
            let x: Vec<f64> = (1..=score.error.len()).map(|r| r as f64 / SAMPLES as f64).collect();
            lines.push(Line::new(Role::Ink, (x, score.error.clone())).named(self.kind().name()));
        }
        let now = self.history.last().map_or(f64::NAN, |s| s.distance);
        let told = format!("The neighbour is {now:.1e} standard deviations away.");
        plot("growth", lines, Vec::new(), vec![climate()], told)
    }

    fn diagram(&self) -> Option<Frame> {
        let mut frame = self.desk.diagram.clone()?;
        if let Picture::Plot { view, uprights, .. } = &mut frame.picture {
            "diagram".clone_into(view);
            let parameters = &self.timed.subject.model().parameters;
            if let Some(place) = parameters.iter().position(|p| p.name == self.desk.varied) {
                let label = format!("{} now", self.desk.varied);
                uprights.push(Mark { at: self.timed.parameters[place], label });
            }
        }
        Some(frame)
    }

    /// Rows whose features are all known, these standardised, and their coordinates on two principal components.
    fn mapped(&self) -> Option<(Vec<&Row>, Vec<f64>, Vec<f64>)> {
        let rows: Vec<&Row> =
            self.rows.iter().filter(|row| row.features.iter().all(|f| f.is_finite())).collect();
        let values: Vec<f64> = rows.iter().flat_map(|row| row.features).collect();
        let standard = analysis::standardise(&values, FEATURES.len()).ok()?.values;
        let components = analysis::principal_components(&standard, FEATURES.len()).ok()?;
        let plane = components.project(&standard, 2).ok()?;
        Some((rows, standard, plane))
    }

    fn features(&mut self) -> Option<Frame> {
        if let Some((count, frame)) = &self.map
            && *count == self.rows.len()
        {
            return Some(frame.clone());
        }
        let (rows, standard, plane) = self.mapped().filter(|(rows, ..)| rows.len() >= 2 * CLUSTERS)?;
        let mut stream = Stream::new(self.asked.seed, "clusters");
        let found = analysis::k_means(&standard, FEATURES.len(), CLUSTERS, TRIES, &mut stream).ok()?;
        let own = rows.iter().position(|row| row.name == self.timed.name).map(|at| found.labels[at]);
        let cluster = |cluster: usize| {
            let members = (0..rows.len()).filter(|at| found.labels[*at] == cluster);
            let points = members.map(|at| (plane[2 * at], plane[2 * at + 1])).unzip();
            let role = if own == Some(cluster) { Role::Run } else { Role::Ink };
            Line::cloud(role, points).named(&(cluster + 1).to_string())
        };
        let told = format!(
            "{} systems in {CLUSTERS} clusters of {} features; {} is in number {}.",
            rows.len(),
            FEATURES.len(),
            self.timed.name,
            own.map_or_else(|| "none yet".into(), |own| (own + 1).to_string())
        );
        let frame = plot("features", (0..CLUSTERS).map(cluster).collect(), Vec::new(), Vec::new(), told);
        self.map = Some((self.rows.len(), frame.clone()));
        Some(frame)
    }

    fn card(&self) -> Frame {
        let row = self.own.row();
        let mut lines = vec![format!(
            "{}: {} variables, period {}.",
            self.timed.subject.name(),
            self.names.len(),
            desk::figures(row.period)
        )];
        if row.exponent[0].is_finite() {
            lines.push(format!(
                "Largest exponent {} by pairs, {} a period.",
                desk::with_error(row.exponent[0], row.exponent[1]),
                decimal(row.scaled(), 3)
            ));
        }
        if row.dimension[0].is_finite() {
            lines.push(format!(
                "Kaplan-Yorke dimension {}, Pesin entropy {}.",
                desk::with_error(row.dimension[0], row.dimension[1]),
                desk::figures(row.pesin)
            ));
        }
        if let Some(score) = self.score(row) {
            lines.push(format!(
                "By {}: error {} and sMAPE {} % after {} periods; valid for {} periods, {} Lyapunov times.",
                self.kind().name(),
                decimal(score.at(self.horizon), 3),
                decimal(score.smape_at(self.horizon), 1),
                decimal(self.horizon, 1),
                decimal(score.valid, 2),
                decimal(score.valid * row.scaled(), 2)
            ));
        }
        for finding in &self.desk.findings {
            lines.push(format!("{}: {}.", finding.label, finding.text));
        }
        if let Some(entry) = self.timed.entry {
            let number = |value: Option<f64>| value.map_or_else(|| "nothing".into(), desk::figures);
            lines.push(format!(
                "The collection says: largest exponent {}, from its spectrum {}, Kaplan-Yorke dimension {}.",
                number(entry.largest),
                number(entry.of_spectrum),
                number(entry.kaplan_yorke)
            ));
        }
        Frame { picture: Picture::Text { view: "card".into(), lines }, arrays: Vec::new() }
    }

    fn axes(&self) -> [Option<usize>; 3] {
        self.timed.subject.axes()
    }

    fn one(&self) -> Scene {
        let axes = self.axes();
        let flat = axes[2].is_none();
        let mut bounds = [[-1.0, 1.0]; 3];
        for (axis, bound) in axes.iter().zip(&mut bounds) {
            if let Some(j) = *axis {
                let margin = 0.06 * (self.extent.high[j] - self.extent.low[j]);
                *bound = [self.extent.low[j] - margin, self.extent.high[j] + margin];
            }
        }
        let alone = self.names.len() == 1;
        if alone {
            bounds[1] = bounds[0];
        }
        let mut panel =
            Panel::new(String::new(), if flat { Projection::Plane } else { Projection::Space }, bounds);
        for (axis, place) in panel.axes.iter_mut().zip(axes) {
            *axis = place.map_or_else(String::new, |j| self.names[j].clone()).into();
        }
        if alone {
            panel.axes[1] = format!("later {}", self.names[0]).into();
        }
        panel.colour = ColourScale { label: "speed".into(), min: 0.0, max: self.extent.speed as f32 };
        let map = self.timed.subject.is_map();
        panel.layers.push(if map {
            Layer::Cloud { points: self.orbit.clone(), size: 1.5 }
        } else {
            Layer::Line { points: self.orbit.clone(), style: LineStyle::Scalar }
        });
        let trails =
            self.trails.iter().zip([(LineStyle::Accent, MarkKind::Dot), (LineStyle::Ink, MarkKind::Ring)]);
        // The orbit itself lies above its neighbour.
        for (trail, (style, kind)) in trails.rev() {
            let line = trail[trail.len().saturating_sub(TAIL)..].to_vec();
            let end = line.last().copied().unwrap_or([f32::NAN; 4]);
            if !map {
                panel.layers.push(Layer::Line { points: Arc::new(line), style });
            }
            if end[0].is_finite() {
                panel.layers.push(Layer::Marks {
                    points: vec![[end[0], end[1], end[2]]],
                    labels: Vec::new(),
                    kind,
                });
            }
        }
        Scene::single(panel)
    }

    /// Column and row of a system on the stage, from the upper left.
    fn cell(&self, index: usize) -> (usize, usize) {
        let rows = self.zoo.len().div_ceil(COLUMNS);
        (index % COLUMNS, (rows - 1).saturating_sub(index / COLUMNS))
    }

    fn all(&mut self) -> Scene {
        let rows = self.zoo.len().div_ceil(COLUMNS);
        let bounds = [[0.0, COLUMNS as f64], [0.0, rows as f64], [-1.0, 1.0]];
        let mut panel = Panel::new(String::new(), Projection::Plane, bounds);
        let colour = |row: &Row| libm::log10(if row.scaled() > 1e-3 { row.scaled() } else { 1e-3 }) as f32;
        panel.axes = ["column", "row", ""].map(Into::into);
        panel.colour = ColourScale { label: "log₁₀ of exponent × period".into(), min: -2.0, max: 0.7 };
        let points = match &self.gallery {
            Some((count, points)) if *count == self.rows.len() => points.clone(),
            _ => {
                let mut points = Vec::new();
                for (index, row) in self.rows.iter().enumerate() {
                    let (column, line) = self.cell(index);
                    for [x, y] in &row.outline {
                        points.push([
                            column as f32 + 0.1 + 0.8 * x,
                            line as f32 + 0.1 + 0.8 * y,
                            0.0,
                            colour(row),
                        ]);
                    }
                    points.push([f32::NAN; 4]);
                }
                let points = Arc::new(points);
                self.gallery = Some((self.rows.len(), points.clone()));
                points
            }
        };
        panel.layers.push(Layer::Line { points, style: LineStyle::Scalar });
        if let Some(index) = self.zoo.iter().position(|name| *name == self.timed.name) {
            let (column, line) = self.cell(index);
            panel.layers.push(Layer::Marks {
                points: vec![[column as f32 + 0.5, line as f32 + 0.5, 0.0]],
                labels: vec![self.timed.name.clone()],
                kind: MarkKind::Ring,
            });
        }
        Scene::single(panel)
    }
}

type Walked = (Extent, Arc<Vec<[f32; 4]>>, Vec<f64>);

/// Where the attractor lies: the extent of a walk, its points on the axes, and the deviations of the variables.
fn walk(timed: &Timed, start: &[f64]) -> Result<Walked, ExhibitError> {
    let step = if timed.subject.is_map() { 1.0 } else { timed.period / (SAMPLES * FINE as usize) as f64 };
    let extent = extent(&timed.subject, &timed.parameters, start, step)?;
    let mut runner = timed.stepper(start)?;
    let axes = timed.subject.axes();
    let n = start.len();
    let (mut line, mut states) = (Vec::new(), Vec::new());
    let map = timed.subject.is_map();
    let stride = u64::from((timed.steps() / FINE).max(1));
    let points = 50 * SAMPLES * if map { 1 } else { timed.steps().min(FINE) as usize };
    for point in 0..points {
        if !runner.advance_by(stride).is_ok() {
            break;
        }
        if point < points / 10 {
            continue;
        }
        let x = runner.state();
        let at = |axis: Option<usize>| axis.map_or(0.0, |j| x[j] as f32);
        let mut point = [at(axes[0]), at(axes[1]), at(axes[2]), 0.0];
        let rows = states.len() / n;
        if n == 1 {
            let before = rows.checked_sub(timed.lag()).map_or(f32::NAN, |row| states[row] as f32);
            point = [before, x[0] as f32, 0.0, 0.0];
        }
        if rows > 0 {
            let before: &[f64] = &states[(rows - 1) * n..];
            let square = before.iter().zip(x).fold(0.0, |total, (a, b)| total + (a - b) * (a - b));
            point[3] = libm::sqrt(square) as f32;
        }
        line.push(point);
        states.extend_from_slice(x);
    }
    let deviations = (0..n).map(|c| analysis::standard_deviation(&analysis::channel(&states, n, c)));
    let deviations = deviations.map(|sd| if sd > 0.0 && sd.is_finite() { sd } else { 1.0 }).collect();
    Ok((extent, Arc::new(line), deviations))
}

impl Run for Benchmark {
    fn position(&self) -> u64 {
        self.taken
    }
    fn time(&self) -> Option<f64> {
        Some(self.witness.time())
    }
    fn step(&mut self) {
        if self.divergence().is_some() {
            return;
        }
        let steps = self.timed.steps();
        for step in 1..=steps {
            if !self.witness.advance().is_ok() {
                return;
            }
            // A neighbour that diverges alone stays where it was.
            let _ = self.neighbour.advance();
            if step % (steps / FINE).max(1) == 0 {
                self.trace();
            }
        }
        self.taken += 1;
        self.record();
        self.measure();
        self.ask();
    }
    fn divergence(&self) -> Option<Divergence> {
        let outcome = self.witness.outcome();
        if outcome.is_ok() {
            return None;
        }
        let mut sets = vec![set_number("steps", 600.0)];
        let parameters = self.timed.subject.model().parameters.iter();
        let values = self.timed.subject.parameters().into_iter().zip(&self.timed.parameters);
        let moved = parameters.zip(values).filter(|(_, (own, now))| own != *now);
        sets.extend(moved.map(|(p, (own, _))| set_number(&parameter_id(&self.timed.name, &p.name), own)));
        let (time, variable, last) = match outcome.divergence() {
            Some(d) => (d.time, self.names.get(d.variable).cloned(), d.last_state.clone()),
            None => (self.witness.time(), Some(outcome.to_string()), self.witness.state().to_vec()),
        };
        let remedies =
            vec![Remedy { action: "Take 600 steps a period and the system's own parameters".into(), sets }];
        Some(Divergence { time, variable: variable.unwrap_or_default(), last, remedies })
    }
    fn witness(&self) -> Option<u64> {
        let mut digest = Digest::new();
        digest.u64(self.position()).f64s(self.witness.state()).f64s(self.neighbour.state());
        digest.u64(self.own_slices).f64s(&self.own.row().numbers());
        for row in &self.rows {
            digest.f64s(&row.numbers());
        }
        Some(digest.finish())
    }
    fn readouts(&self) -> Vec<Readout> {
        let row = self.own.row();
        let mut all = Vec::new();
        if row.exponent[0].is_finite() {
            let symbol = "<mrow><msub><mi>λ</mi><mn>1</mn></msub><mi>T</mi></mrow>";
            all.push(readout("exponent × period", symbol, decimal(row.scaled(), 3), true));
        }
        if let Some(score) = self.score(row) {
            let label = format!("error after {} T", decimal(self.horizon, 1));
            all.push(readout(&label, "", decimal(score.at(self.horizon), 3), true));
        }
        if let Some((value, count)) = self.correlation() {
            all.push(readout(
                &format!("rank correlation, {count} systems"),
                "<mi>ρ</mi>",
                decimal(value, 2),
                true,
            ));
        }
        all.push(readout("measured", "", format!("{} of {}", self.rows.len(), self.zoo.len()), false));
        all
    }
    fn note(&self) -> Option<String> {
        self.own.row().fault.as_ref().map(|fault| format!("{}: {fault}", self.timed.name))
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        match (control, value) {
            ("horizon", Value::Number(number)) => self.horizon = *number,
            ("stage", Value::Text(text)) => self.zoo_on_stage = text == "zoo",
            ("variable", Value::Text(text)) => self.variable = place(text),
            ("varied", Value::Text(text)) => {
                let parameters = &self.timed.subject.model().parameters;
                self.desk.varied = parameters.get(place(text)).map_or_else(String::new, |p| p.name.clone());
                self.desk.answered = 0;
                self.desk.asked = None;
                self.desk.diagram = None;
                self.desk.findings.clear();
            }
            _ => {}
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "scatter" => Some(self.scatter()),
            "forecast" => self.forecast(),
            "growth" => Some(self.growth()),
            "diagram" => self.diagram(),
            "features" => self.features(),
            "card" => Some(self.card()),
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        if self.zoo_on_stage { self.all() } else { self.one() }
    }
    fn alternative(&self) -> String {
        if self.zoo_on_stage {
            return format!(
                "{} of {} systems side by side, coloured by exponent.",
                self.rows.len(),
                self.zoo.len()
            );
        }
        let now = self.history.last().map_or(f64::NAN, |s| s.distance);
        format!("{} and a neighbour, {now:.1e} standard deviations away.", self.timed.subject.name())
    }
    fn pick_in(&mut self, view: &str, x: f64, y: f64) -> Vec<Setting> {
        let to = |name: &str| vec![set_text("system", name)];
        match view {
            "attractor" if self.zoo_on_stage => {
                let rows = self.zoo.len().div_ceil(COLUMNS);
                if !(x >= 0.0 && y >= 0.0 && x < COLUMNS as f64 && y < rows as f64) {
                    return Vec::new();
                }
                let index = (rows - 1 - y as usize) * COLUMNS + x as usize;
                self.zoo.get(index).map_or_else(Vec::new, |name| to(name))
            }
            "scatter" => {
                let log = |v: f64| libm::log(if v > 1e-12 { v } else { 1e-12 });
                let far = |p: &(&Row, f64, f64, bool)| {
                    let (dx, dy) = (log(p.1) - log(x), if y > 0.0 { log(p.2) - log(y) } else { 0.0 });
                    dx * dx + dy * dy
                };
                let points = self.points();
                let near = points.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
                near.map_or_else(Vec::new, |p| to(&p.0.name))
            }
            "features" => {
                let Some((rows, _, plane)) = self.mapped() else { return Vec::new() };
                let far = |at: &usize| {
                    let (dx, dy) = (plane[2 * at] - x, plane[2 * at + 1] - y);
                    dx * dx + dy * dy
                };
                let near = (0..rows.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
                near.map_or_else(Vec::new, |at| to(&rows[at].name))
            }
            _ => Vec::new(),
        }
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        write_run(&mut out, &self.witness);
        write_run(&mut out, &self.neighbour);
        out.u64(self.taken).u64(self.own_slices).u64(self.rows.len() as u64);
        for row in &self.rows {
            row.write(&mut out);
        }
        out.u64(self.work.as_ref().map_or(0, |(_, slices)| *slices));
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        read_run(&mut from, &mut self.witness)?;
        read_run(&mut from, &mut self.neighbour)?;
        self.taken = from.u64()?;
        let (slices, count) = (from.u64()?, from.u64()? as usize);
        let wrong = |what: &str| ExhibitError::Checkpoint(what.to_owned());
        if count > self.zoo.len() {
            return Err(wrong("it has more systems than there are"));
        }
        self.rows.clear();
        for index in 0..count {
            let name = self.zoo[index];
            self.rows.push(Row::read(name, &self.asked, &mut from)?);
        }
        // What was under way is done again, slice by slice: it comes to the same.
        let partial = from.u64()?;
        self.own = Work::new(self.timed.clone(), Asked { fan: FAN, ..self.asked.clone() });
        self.own_done = false;
        self.own_slices = 0;
        while self.own_slices < slices && !self.own_done {
            self.own_slices += 1;
            self.own_done = self.own.advance();
        }
        self.work = None;
        if partial > 0
            && let Some(name) = self.zoo.get(count)
        {
            let mut work = Work::new(Timed::of(name)?, self.asked.clone());
            for _ in 0..partial {
                if work.advance() {
                    return Err(wrong("a measurement is further than it can be"));
                }
            }
            self.work = Some((work, partial));
        }
        self.history.clear();
        self.trails = [Vec::new(), Vec::new()];
        self.map = None;
        self.gallery = None;
        self.record();
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.witness.state().to_vec()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = [
            "number",
            "period",
            "exponent",
            "exponent_error",
            "kaplan_yorke",
            "kaplan_yorke_error",
            "pesin_entropy",
            "collection_exponent",
            "bounded",
            "forecast_error",
            "smape",
            "valid_periods",
        ];
        let rows = self.rows.iter().enumerate().map(|(index, row)| {
            let score = self.score(row);
            let of = |f: &dyn Fn(&Score) -> f64| score.map_or(f64::NAN, f);
            vec![
                (index + 1) as f64,
                row.period,
                row.exponent[0],
                row.exponent[1],
                row.dimension[0],
                row.dimension[1],
                row.pesin,
                row.entry.and_then(|entry| entry.largest).unwrap_or(f64::NAN),
                f64::from(u8::from(row.bounded)),
                of(&|score| score.at(self.horizon)),
                of(&|score| score.smape_at(self.horizon)),
                of(&|score| score.valid),
            ]
        });
        (names.map(String::from).to_vec(), rows.collect())
    }
}
