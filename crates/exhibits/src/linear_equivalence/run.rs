//! The network that a person watches, and its prediction beside it.

use super::measure::permutation;
use super::network::{
    BLOCK, Couplings, DT, LAG, Observed, TRANSIENT, ceiling, cross_correlation, dimension, off_diagonal,
};
use super::theory::{Linear, Naive, Theory, renamed};
use crate::build::{decimal, readout};
use crate::bytes::{Reader, Writer};
use crate::contract::{ArrayRef, Frame, Mark, Picture, Readout, Role, Value};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::{Run, Setup};
use analysis::{
    Eigenvalue, RandomNetwork, Transfer, eigenvalues, leading_direction, pearson, symmetric_eigenvalues,
};
use gpu::scene::{ColourScale, Layer, LineStyle, Panel, Projection, Scene};
use numerics::Digest;
use std::sync::Arc;

/// Largest real part of an eigenvalue of `m J` from which the prediction is not to be trusted.
const EDGE: f64 = 0.98;
/// Units in the picture of activity.
const SHOWN: usize = 100;
/// Units up to which the spectrum of the covariance is drawn anew each time.
const QUICK: usize = 150;

/// Which prediction is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Linear,
    Naive,
    Wrong,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "naive" => Self::Naive,
            "wrong" => Self::Wrong,
            _ => Self::Linear,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear-equivalent",
            Self::Naive => "naive closure",
            Self::Wrong => "units renamed",
        }
    }
}

/// What is known now.
#[derive(Clone, Default)]
struct Known {
    measured: Option<Vec<f64>>,
    predicted: Option<Vec<f64>>,
    /// Pairs of units: measured, predicted, one half, the other half.
    pairs: [Vec<f64>; 4],
    agreement: f64,
    halves: f64,
    residual: f64,
}

/// One line of the record.
#[derive(Clone, Copy)]
struct Entry {
    block: u64,
    /// Agreement, correlation of halves, suppression of residuals, measured variance of the input.
    numbers: [f64; 4],
}

pub(super) struct Equivalence {
    network: RandomNetwork,
    theory: Theory,
    observed: Observed,
    linear: Linear,
    naive: Naive,
    names: Vec<usize>,
    kind: Kind,
    total: u64,
    /// Frequencies, and terms of the closure, in a block: as many as make the prediction whole before the end.
    slices: u64,
    known: Known,
    history: Vec<Entry>,
    /// Eigenvalues of `m J`, once they were asked for.
    eigenvalues: Option<Vec<Eigenvalue>>,
    /// The picture of spectra, and the block and the prediction that it is of.
    spectra: Option<((u64, u64, Kind), Frame)>,
}

impl Equivalence {
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, ExhibitError> {
        let values = setup.values;
        let network = RandomNetwork {
            transfer: match values.text("nonlinearity") {
                "tanh" => Transfer::Tanh,
                "relu-tanh" => Transfer::RectifiedTanh,
                _ => Transfer::Erf,
            },
            coupling: values.number("g"),
            noise: values.number("sigma"),
            dt: DT,
        };
        let (n, seed) = (values.integer("units"), setup.recipe.seed);
        let couplings = Couplings::random(n, network.coupling, seed);
        let theory = Theory::new(&network, &couplings).map_err(|error| {
            ExhibitError::Refused(format!("the theory has no solution for these controls: {error}"))
        })?;
        let observed = Observed::new(couplings, &network, &theory.slopes, seed);
        let total = TRANSIENT + (values.integer("steps") / BLOCK) as u64;
        Ok(Self {
            linear: Linear::new(&observed.couplings, &theory),
            naive: Naive::new(n),
            names: permutation(n, seed),
            kind: Kind::of(values.text("prediction")),
            total,
            slices: theory.count().div_ceil(total),
            network,
            theory,
            observed,
            known: Known::default(),
            history: Vec::new(),
            eigenvalues: None,
            spectra: None,
        })
    }

    fn units(&self) -> usize {
        self.observed.units()
    }

    fn couplings(&self) -> &Couplings {
        &self.observed.couplings
    }

    /// How far the prediction that is shown is, in its own pieces.
    fn progress(&self) -> u64 {
        if self.kind == Kind::Naive { self.naive.terms() } else { self.linear.done() }
    }

    fn predicted(&self) -> Option<Vec<f64>> {
        match self.kind {
            Kind::Linear => self.linear.matrix(&self.theory),
            Kind::Naive => self.naive.matrix(self.units()),
            Kind::Wrong => Some(renamed(&self.linear.matrix(&self.theory)?, &self.names)),
        }
    }

    /// Holds what is measured against what is predicted.
    fn compare(&mut self) {
        let n = self.units();
        let off = |matrix: &Option<Vec<f64>>| matrix.as_ref().map_or_else(Vec::new, |m| off_diagonal(m, n));
        let (measured, predicted) = (self.observed.covariance(), self.predicted());
        let [first, second] = self.observed.halves().map_or([None, None], |halves| halves.map(Some));
        let pairs = [off(&measured), off(&predicted), off(&first), off(&second)];
        let residual =
            self.observed.residual().zip(measured.as_ref()).map_or(f64::NAN, |(residual, activity)| {
                cross_correlation(&residual, n) / cross_correlation(activity, n)
            });
        self.known = Known {
            agreement: pearson(&pairs[0], &pairs[1]),
            halves: pearson(&pairs[2], &pairs[3]),
            residual,
            measured,
            predicted,
            pairs,
        };
    }

    /// Eigenvalues of `m J`; none where the iteration did not settle.
    fn modes(&mut self) -> &[Eigenvalue] {
        if self.eigenvalues.is_none() {
            let scaled = self.theory.scaled(self.couplings());
            self.eigenvalues = Some(eigenvalues(&scaled, self.units()).unwrap_or_default());
        }
        self.eigenvalues.as_deref().unwrap_or_default()
    }

    /// Length of the record, in time constants.
    fn recorded(block: u64) -> f64 {
        block.saturating_sub(TRANSIENT) as f64 * BLOCK as f64 * DT
    }

    fn matrix(&self, view: &str, matrix: &[f64], told: &str) -> Option<Frame> {
        let n = self.units();
        let leading = leading_direction(self.known.measured.as_ref()?, n);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| leading[*b].total_cmp(&leading[*a]));
        let bound = self.bound();
        let picture = Picture::Heat {
            view: view.into(),
            rows: n as u32,
            columns: n as u32,
            values: ArrayRef { array: 0 },
            x: [0.5, n as f64 + 0.5],
            y: [0.5, n as f64 + 0.5],
            range: [-bound, bound],
            label: "covariance".into(),
            alternative: format!(
                "The {told} covariance of {n} units, in the order of the leading direction of the measured one; colours \
                 end at {} on either side, below the variances on the diagonal.",
                decimal(bound, 3)
            ),
        };
        Some(Frame { picture, arrays: vec![renamed(matrix, &order)] })
    }

    fn autocovariance(&self) -> Frame {
        let unit = &self.theory.unit;
        let found = self.observed.autocovariance();
        let time = |steps: usize| steps as f64 * DT;
        let curve = (0..=150).map(|steps| (time(steps), unit.input[steps])).unzip();
        let points = found.iter().enumerate().map(|(lag, value)| (time(lag * LAG), *value)).unzip();
        let mut levels = Vec::new();
        if unit.input_floor > 0.0 {
            levels.push(Mark { at: unit.input_floor, label: "mean inputs".into() });
        }
        let lines = vec![
            Line::new(Role::Ink, curve).named("theory"),
            Line::cloud(Role::Run, points).named("network"),
        ];
        let measured = found.first().map_or_else(
            || "Nothing is measured yet".to_owned(),
            |value| format!("The measured variance of the input is {}", decimal(*value, 3)),
        );
        let told = format!("{measured}; the theory says {}.", decimal(unit.input[0], 3));
        plot("autocovariance", lines, Vec::new(), levels, told)
    }

    /// The circle of radius `g m`, or `g √⟨m²⟩` where units differ, that the eigenvalues of many units fill.
    fn circle(&self) -> (Vec<f64>, Vec<f64>) {
        let radius = self.theory.radius(self.network.coupling);
        let angle = |k: usize| 2.0 * std::f64::consts::PI * k as f64 / 180.0;
        (0..=180).map(|k| (radius * libm::cos(angle(k)), radius * libm::sin(angle(k)))).unzip()
    }

    fn modes_frame(&mut self) -> Frame {
        let points: (Vec<f64>, Vec<f64>) = self.modes().iter().map(|e| (e.real, e.imaginary)).unzip();
        let radius = self.theory.radius(self.network.coupling);
        let told = match self.modes().first() {
            Some(first) => format!(
                "The eigenvalues of m J fill a circle of radius {}; the largest real part is {}.",
                decimal(radius, 3),
                decimal(first.real, 3)
            ),
            None => "The eigenvalues of the couplings were not found.".into(),
        };
        let lines = vec![
            Line::new(Role::Quiet, self.circle()).named("g m"),
            Line::cloud(Role::Run, points).named("m J"),
        ];
        let mut frame =
            plot("eigenvalues", lines, vec![Mark { at: 1.0, label: "1".into() }], Vec::new(), told);
        if let Picture::Plot { x, y, .. } = &mut frame.picture {
            (*x, *y) = (Some([-1.4, 1.4]), Some([-1.4, 1.4]));
        }
        frame
    }

    fn spectrum(&mut self) -> Option<Frame> {
        let key = (self.observed.blocks(), self.progress(), self.kind);
        if let Some(((block, progress, kind), frame)) = &self.spectra {
            // Large ones take a while, and change little from block to block.
            let near = self.units() > QUICK && key.0 < self.total && key.0 < block + 1 + block / 8;
            if *kind == key.2 && (near || (*block, *progress) == (key.0, key.1)) {
                return Some(frame.clone());
            }
        }
        let n = self.units();
        let curve = |matrix: &Option<Vec<f64>>| -> Option<(Vec<f64>, Vec<f64>)> {
            let values = symmetric_eigenvalues(matrix.as_ref()?, n)?;
            let drawn = |value: f64| if value > 1e-9 { value } else { f64::NAN };
            Some(values.iter().enumerate().map(|(k, value)| ((k + 1) as f64, drawn(*value))).unzip())
        };
        let mut lines = Vec::new();
        if let Some(predicted) = curve(&self.known.predicted) {
            lines.push(Line::new(Role::Ink, predicted).named(self.kind.name()));
        }
        if let Some(measured) = curve(&self.known.measured) {
            lines.push(Line::new(Role::Run, measured).named("measured"));
        }
        if lines.is_empty() {
            return None;
        }
        let of = |matrix: &Option<Vec<f64>>| matrix.as_ref().map_or(f64::NAN, |m| dimension(m, n));
        let told = format!(
            "Participation ratio over the number of units: measured {}, {} {}.",
            decimal(of(&self.known.measured), 3),
            self.kind.name(),
            decimal(of(&self.known.predicted), 3)
        );
        let frame = plot("spectrum", lines, Vec::new(), Vec::new(), told);
        self.spectra = Some((key, frame.clone()));
        Some(frame)
    }

    fn agreement(&self) -> Frame {
        let curve = |of: &dyn Fn(&Entry) -> f64| -> (Vec<f64>, Vec<f64>) {
            self.history.iter().map(|entry| (Self::recorded(entry.block), of(entry))).unzip()
        };
        let lines = vec![
            Line::new(Role::Dashed, curve(&|entry| ceiling(entry.numbers[1]))).named("ceiling"),
            Line::new(Role::Quiet, curve(&|entry| entry.numbers[1])).named("two halves"),
            Line::new(Role::Run, curve(&|entry| entry.numbers[0])).named(self.kind.name()),
        ];
        let told = format!(
            "The correlation of measured and predicted covariances is {}; a flawless prediction would have {}.",
            decimal(self.known.agreement, 3),
            decimal(ceiling(self.known.halves), 3)
        );
        let mut frame = plot("agreement", lines, Vec::new(), Vec::new(), told);
        if let Picture::Plot { x, y, .. } = &mut frame.picture {
            let low = if self.kind == Kind::Wrong { -0.2 } else { 0.0 };
            (*x, *y) = (Some([0.0, Self::recorded(self.total)]), Some([low, 1.0]));
        }
        frame
    }

    fn activity(&self) -> Option<Frame> {
        let units = if self.units() < SHOWN { self.units() } else { SHOWN };
        let (columns, values) = self.observed.raster(units);
        let now = Self::recorded(self.observed.blocks());
        let span = columns as f64 * LAG as f64 * DT;
        let picture = Picture::Heat {
            view: "activity".into(),
            rows: units as u32,
            columns: columns as u32,
            values: ArrayRef { array: 0 },
            x: [now - span, now],
            y: [0.5, units as f64 + 0.5],
            range: [-1.0, 1.0],
            label: "φ".into(),
            alternative: format!("The activity of {units} units over {} time constants.", decimal(span, 0)),
        };
        (columns > 0).then_some(Frame { picture, arrays: vec![values] })
    }

    /// Where covariances end in the pictures: at the largest of all, or at three times the largest measured one where the
    /// prediction explodes.
    fn bound(&self) -> f64 {
        let [both, own] = [2, 1].map(|count| bound(&self.known.pairs[..count]));
        if both < 3.0 * own { both } else { 3.0 * own }
    }

    /// Pairs of numbers with the line of equals; the colour is the couplings between the two units.
    fn cloud(&self, title: String, axes: [&str; 2], [x, y]: [&[f64]; 2], bound: f64) -> Panel {
        let mut panel = Panel::new(title, Projection::Plane, [[-bound, bound], [-bound, bound], [-1.0, 1.0]]);
        panel.axes = [axes[0].into(), axes[1].into(), "".into()];
        let (n, rows) = (self.units(), &self.couplings().rows);
        let reach = (2.0 * self.network.coupling / libm::sqrt(n as f64)) as f32;
        panel.colour = ColourScale { label: "Jᵢⱼ + Jⱼᵢ".into(), min: -reach, max: reach };
        let mut points = Vec::with_capacity(x.len());
        let mut pair = x.iter().zip(y);
        let inside = |value: f64| libm::fabs(value) <= bound;
        let mut beyond = 0;
        for i in 1..n {
            for j in 0..i {
                let Some((x, y)) = pair.next() else { continue };
                if !(inside(*x) && inside(*y)) {
                    beyond += 1;
                } else {
                    let both = rows[i * n + j] + rows[j * n + i];
                    points.push([*x as f32, *y as f32, 0.0, both as f32]);
                }
            }
        }
        if beyond > 0 {
            panel.title.push_str(&format!(", {beyond} pairs beyond"));
        }
        let end = bound as f32;
        panel.layers.push(Layer::Cloud { points: Arc::new(points), size: 2.0 });
        panel.layers.push(Layer::Line {
            points: Arc::new(vec![[-end, -end, 0.0, 0.0], [end, end, 0.0, 0.0]]),
            style: LineStyle::Ink,
        });
        panel
    }

    /// Before anything is measured: the couplings, by their eigenvalues.
    fn before(&mut self) -> Scene {
        let modes = self.modes().iter().map(|e| [e.real as f32, e.imaginary as f32, 0.0, 0.5]).collect();
        let (x, y) = self.circle();
        let mut panel = Panel::new(String::new(), Projection::Plane, [[-1.4, 1.4], [-1.4, 1.4], [-1.0, 1.0]]);
        panel.axes = ["real part of m J".into(), "imaginary part of m J".into(), "".into()];
        panel.layers.push(Layer::Cloud { points: Arc::new(modes), size: 3.0 });
        let circle = x.iter().zip(&y).map(|(x, y)| [*x as f32, *y as f32, 0.0, 0.0]).collect();
        panel.layers.push(Layer::Line { points: Arc::new(circle), style: LineStyle::Ink });
        Scene::single(panel)
    }
}

/// A round number not below any size; 1 without any.
fn bound(of: &[Vec<f64>]) -> f64 {
    let largest = of.iter().flatten().fold(0.0, |most, value| {
        let size = libm::fabs(*value);
        if size > most { size } else { most }
    });
    if !(largest > 0.0 && largest.is_finite()) {
        return 1.0;
    }
    let unit = libm::pow(10.0, libm::floor(libm::log10(largest)));
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0];
    steps.iter().map(|step| step * unit).find(|step| *step >= largest).unwrap_or(10.0 * unit)
}

impl Run for Equivalence {
    fn position(&self) -> u64 {
        self.observed.blocks()
    }
    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
    fn unit(&self) -> &'static str {
        "blocks of 100 steps"
    }
    fn time(&self) -> Option<f64> {
        Some(self.observed.blocks() as f64 * BLOCK as f64 * DT)
    }
    fn step(&mut self) {
        if self.observed.blocks() >= self.total {
            return;
        }
        self.modes();
        self.observed.block();
        for _ in 0..self.slices {
            self.linear.advance(&self.theory);
            self.naive.advance(&self.observed.couplings, &self.theory);
        }
        self.compare();
        if self.observed.blocks() > TRANSIENT {
            let variance = self.observed.autocovariance().first().copied().unwrap_or(f64::NAN);
            let Known { agreement, halves, residual, .. } = self.known;
            let numbers = [agreement, halves, residual, variance];
            self.history.push(Entry { block: self.observed.blocks(), numbers });
        }
    }
    fn witness(&self) -> Option<u64> {
        let mut digest = Digest::new();
        self.observed.digest(&mut digest);
        Some(digest.finish())
    }
    fn readouts(&self) -> Vec<Readout> {
        let known = &self.known;
        let mut all = vec![
            readout("agreement", "<mi>r</mi>", decimal(known.agreement, 3), true),
            readout("ceiling of the record", "", decimal(ceiling(known.halves), 3), false),
            readout("residuals over activity", "", decimal(known.residual, 3), false),
        ];
        let n = self.units();
        for (label, matrix) in
            [("dimension over N, measured", &known.measured), ("predicted", &known.predicted)]
        {
            let value = matrix.as_ref().map_or(f64::NAN, |m| dimension(m, n));
            all.push(readout(label, "", decimal(value, 3), false));
        }
        all
    }
    fn note(&self) -> Option<String> {
        let unit = &self.theory.unit;
        if !unit.converged {
            return Some(format!(
                "The mean-field iteration stopped after {} rounds with a relative change of {:.0e}; more noise helps.",
                unit.iterations, unit.change
            ));
        }
        if self.kind == Kind::Naive && self.naive.diverged() {
            return Some(
                "The naive closure has no end: an eigenvalue of m J lies beyond 1 in size, so each term is as large as \
                 the one before."
                    .into(),
            );
        }
        if self.kind == Kind::Naive && self.naive.growing() && self.observed.blocks() >= self.total {
            return Some(format!(
                "The record ended after {} terms of the naive closure, with more to come; a longer one has time for them.",
                self.naive.terms()
            ));
        }
        let edge = self.eigenvalues.as_ref().and_then(|all| all.first()).map(|first| first.real);
        if let Some(edge) = edge.filter(|edge| *edge > EDGE) {
            return Some(format!(
                "An eigenvalue of m J has the real part {}: above {EDGE} this realisation is too near to the edge of \
                 stability for the prediction, which may explode. More units or some noise help.",
                decimal(edge, 3)
            ));
        }
        if self.linear.failed() {
            return Some("I − S J cannot be inverted at some frequency; more noise helps.".into());
        }
        (!self.theory.settled).then(|| {
            "The mean inputs of the units were not found: the prediction is about means that are not theirs.".into()
        })
    }
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError> {
        if let ("prediction", Value::Text(text)) = (control, value) {
            self.kind = Kind::of(text);
            self.compare();
        }
        Ok(())
    }
    fn frame(&mut self, view: &str) -> Option<Frame> {
        match view {
            "measured" => self.matrix(view, self.known.measured.as_ref()?, "measured"),
            "predicted" => self.matrix(view, self.known.predicted.as_ref()?, "predicted"),
            "autocovariance" => Some(self.autocovariance()),
            "eigenvalues" => Some(self.modes_frame()),
            "spectrum" => self.spectrum(),
            "agreement" => Some(self.agreement()),
            "activity" => self.activity(),
            _ => None,
        }
    }
    fn scene(&mut self) -> Scene {
        if self.known.measured.is_none() {
            return self.before();
        }
        let [measured, predicted, first, second] = &self.known.pairs;
        let bound = self.bound();
        let title = format!("{}: r = {}", self.kind.name(), decimal(self.known.agreement, 3));
        let mut panels = vec![self.cloud(title, ["measured", "predicted"], [measured, predicted], bound)];
        if !second.is_empty() {
            let title = format!("two halves: r = {}", decimal(self.known.halves, 3));
            panels.push(self.cloud(title, ["one half", "other half"], [first, second], bound));
        }
        Scene { panels }
    }
    fn alternative(&self) -> String {
        if self.known.measured.is_none() {
            return "The eigenvalues of the couplings times the mean slope, in their circle; nothing is measured yet."
                .into();
        }
        format!(
            "The covariances of {} pairs of units, measured and predicted ({}): they correlate with {}, where the record \
             allows {}.",
            self.known.pairs[0].len(),
            self.kind.name(),
            decimal(self.known.agreement, 3),
            decimal(ceiling(self.known.halves), 3)
        )
    }
    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.observed.write(&mut out);
        self.linear.write(&mut out);
        self.naive.write(&mut out);
        out.u64(self.history.len() as u64);
        for entry in &self.history {
            out.u64(entry.block).f64s(&entry.numbers);
        }
        out.0
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        self.observed.read(&mut from)?;
        if self.observed.blocks() > self.total {
            return Err(ExhibitError::Checkpoint("it is further than the run goes".into()));
        }
        self.linear.read(&mut from)?;
        self.naive.read(&mut from)?;
        self.history.clear();
        for _ in 0..from.u64()? {
            let mut entry = Entry { block: from.u64()?, numbers: [0.0; 4] };
            super::network::read_into(&mut entry.numbers, &mut from)?;
            self.history.push(entry);
        }
        self.spectra = None;
        self.compare();
        Ok(())
    }
    fn state(&self) -> Vec<f64> {
        self.observed.state().to_vec()
    }
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = ["recorded", "agreement", "halves", "residual_ratio", "input_variance"];
        let row = |entry: &Entry| {
            let mut row = vec![Self::recorded(entry.block)];
            row.extend(entry.numbers);
            row
        };
        (names.map(String::from).to_vec(), self.history.iter().map(row).collect())
    }
}
