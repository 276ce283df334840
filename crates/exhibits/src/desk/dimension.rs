//! How many dimensions, and how chaotic, from a series alone: correlation dimension and the divergence of neighbours.

use super::sampled::{Sampled, controls};
use super::say::{figures, measured, stated};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, choice, integer, log_axis, view};
use crate::contract::{Answer, ArrayRef, Finding, Frame, Mark, Picture, Question, Role, Series, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    CorrelationOptions, CorrelationRun, DivergenceMethod, FalseNeighbourOptions, ScalingRegion,
    SeriesExponentOptions, SeriesExponentRun, autocorrelation, false_neighbours, kantz_radius,
    suggest_embedding,
};
use web_time::Instant;

/// Pairs, or neighbours, between two looks at the clock.
const SLICE: u64 = 200_000;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let mut list = controls(case, 20_000.0);
    list.extend([
        integer("embedding", "embedding dimension", [0.0, 12.0], 0.0)
            .help("0 takes the one that the series suggests."),
        integer("delay", "delay", [0.0, 4096.0], 0.0)
            .help("In samples; 0 takes the one that the series suggests, 1 for a map."),
        integer("horizon", "horizon", [4.0, 4096.0], if is_map(case) { 12.0 } else { 90.0 })
            .logarithmic()
            .help("Samples over which neighbours are followed."),
        choice(
            "method",
            "neighbours",
            &[("rosenstein", "nearest"), ("kantz", "all within a radius")],
            "rosenstein",
        ),
    ]);
    Some(Question {
        id: "dimension".into(),
        title: "Dimension and chaos of a series".into(),
        sentence: "What one recorded variable tells: the correlation dimension of the attractor it unfolds to, and the \
                   rate at which its neighbours part."
            .into(),
        controls: list,
    })
}

fn is_map(case: &Case) -> bool {
    matches!(case, Case::System(case) if case.subject.is_map())
}

enum Stage {
    Sampling,
    Embedding,
    Sums(CorrelationRun),
    Divergence(SeriesExponentRun),
    Done,
}

struct Dimension {
    sampled: Sampled,
    stage: Stage,
    embedding: usize,
    delay: usize,
    horizon: usize,
    kantz: bool,
    /// Whether the series suggested how to embed it.
    unfolds: Option<bool>,
    theiler: usize,
    sums: Option<CorrelationRun>,
    divergence: Option<SeriesExponentRun>,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    Ok(Box::new(Dimension {
        sampled: Sampled::new(case, values)?,
        stage: Stage::Sampling,
        embedding: values.integer("embedding"),
        // Iterates of a map are apart enough.
        delay: match values.integer("delay") {
            0 if is_map(case) => 1,
            delay => delay,
        },
        horizon: values.integer("horizon"),
        kantz: values.text("method") == "kantz",
        unfolds: None,
        theiler: 0,
        sums: None,
        divergence: None,
    }))
}

fn refused(error: analysis::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

impl Dimension {
    /// Chooses what was left open, and begins the sums.
    fn embed(&mut self) -> Result<CorrelationRun, ExhibitError> {
        let series = &self.sampled.values;
        let most = (series.len() / 8).clamp(4, 400);
        let memory = autocorrelation(series, most).map_err(refused)?;
        let options = FalseNeighbourOptions { dimension: 8, ..FalseNeighbourOptions::default() };
        if self.embedding == 0 && self.delay > 0 {
            let options = FalseNeighbourOptions { delay: self.delay, ..options };
            let shares = false_neighbours(series, &options).map_err(refused)?;
            self.embedding = shares.dimension.unwrap_or(options.dimension);
            self.unfolds = Some(shares.dimension.is_some());
        } else if self.embedding == 0 || self.delay == 0 {
            let choice = suggest_embedding(series, most, &options).map_err(refused)?;
            self.delay = if self.delay == 0 { choice.delay.delay } else { self.delay };
            self.embedding = if self.embedding == 0 { choice.dimension } else { self.embedding };
            self.unfolds = Some(choice.converged);
        }
        // Neighbours in time are neighbours for that alone: some memory's length is left out.
        let decay = memory.decay.or(memory.first_zero).unwrap_or(most as f64);
        self.theiler = (libm::ceil(4.0 * decay) as usize).max(self.delay);
        let options = CorrelationOptions { theiler: self.theiler, ..CorrelationOptions::default() };
        CorrelationRun::embedded(series, self.embedding, self.delay, options).map_err(refused)
    }

    fn diverge(&self) -> Result<SeriesExponentRun, ExhibitError> {
        let series = &self.sampled.values;
        let method = if self.kantz {
            DivergenceMethod::Kantz { radius: kantz_radius(series), fewest: 5 }
        } else {
            DivergenceMethod::Rosenstein
        };
        let options = SeriesExponentOptions {
            method,
            dimension: self.embedding,
            delay: self.delay,
            theiler: self.theiler,
            horizon: self.horizon,
            dt: self.sampled.interval,
            ..SeriesExponentOptions::default()
        };
        SeriesExponentRun::new(series, options).map_err(refused)
    }
}

/// A slope with its error, where there is a region, and the word where it has not converged.
fn slope(id: &str, label: &str, symbol: &str, region: Option<&ScalingRegion>, converged: bool) -> Finding {
    let Some(region) = region else { return stated(id, label, "unconverged: no scaling region was found") };
    let mut finding = measured(id, label, symbol, region.slope, region.error);
    if !converged {
        finding.text.push_str(", unconverged");
    }
    finding
}

impl Inquiry for Dimension {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        loop {
            let next = match &mut self.stage {
                Stage::Sampling => match self.sampled.advance(deadline)? {
                    true => Some(Stage::Embedding),
                    false => return Ok(false),
                },
                Stage::Embedding => Some(Stage::Sums(self.embed()?)),
                Stage::Sums(run) => {
                    let done = run.advance(SLICE).map_err(refused)?;
                    self.sums = Some(run.clone()).filter(|_| done).or_else(|| self.sums.take());
                    if done { Some(Stage::Divergence(self.diverge()?)) } else { None }
                }
                Stage::Divergence(run) => {
                    let done = run.advance(SLICE / 100).map_err(refused)?;
                    if done {
                        self.divergence = Some(run.clone());
                    }
                    done.then_some(Stage::Done)
                }
                Stage::Done => return Ok(true),
            };
            if let Some(stage) = next {
                self.stage = stage;
            }
            if Instant::now() >= deadline {
                return Ok(matches!(self.stage, Stage::Done));
            }
        }
    }

    fn answer(&self) -> Answer {
        let mut findings = Vec::new();
        if let Some(unfolds) = self.unfolds {
            let word = if unfolds { "" } else { ", unconverged" };
            let text = format!("{} of {} samples each{word}", self.embedding, self.delay);
            findings.push(stated("embedding", "delays that unfold it", text));
        }
        if let Some(run) = &self.sums {
            let d = run.dimension();
            let symbol = "<msub><mi>D</mi><mn>2</mn></msub>";
            findings.push(slope(
                "correlation",
                "correlation dimension",
                symbol,
                d.region.as_ref(),
                d.converged,
            ));
            if let Some(region) = &d.region {
                let (low, high) = (libm::exp(region.low), libm::exp(region.high));
                let text = format!("distances from {} to {}", figures(low), figures(high));
                findings.push(stated("region", "its scaling region", text));
            }
            let text = format!("{:.1} from so many points", d.ceiling);
            findings.push(stated("ceiling", "highest dimension to be seen", text));
        }
        if let Some(run) = &self.divergence {
            let e = run.exponent();
            let symbol = "<msub><mi>λ</mi><mn>1</mn></msub>";
            findings.push(slope("exponent", "largest exponent", symbol, e.region.as_ref(), e.converged));
        }
        let (progress, finished) = match &self.stage {
            Stage::Sampling => (0.4 * self.sampled.progress(), false),
            Stage::Embedding => (0.4, false),
            Stage::Sums(run) => (0.5 + 0.3 * run.progress(), false),
            Stage::Divergence(run) => (0.8 + 0.2 * run.progress(), false),
            Stage::Done => (1.0, true),
        };
        Answer {
            question: "dimension".into(),
            progress,
            finished,
            findings,
            views: vec![
                view(
                    "sums",
                    "Correlation sum",
                    "between the uprights it scales",
                    ViewKind::Lines,
                    [log_axis("distance"), log_axis("share of pairs")],
                    "Share of pairs of points nearer than a distance.",
                ),
                view(
                    "divergence",
                    "Divergence of neighbours",
                    "its slope is the exponent",
                    ViewKind::Lines,
                    [axis("time"), axis("mean log distance")],
                    "How the distance of neighbours grows.",
                ),
            ],
            note: None,
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let marks = |region: Option<&ScalingRegion>, log: bool| {
            let ends = region.map(|region| [region.low, region.high]).into_iter().flatten();
            ends.map(|at| Mark { at: if log { libm::exp(at) } else { at }, label: String::new() }).collect()
        };
        let one = |id: &str, x: Vec<f64>, y: Vec<f64>, uprights: Vec<Mark>, told: String| {
            let (x_ref, y_ref) = (ArrayRef { array: 0 }, ArrayRef { array: 1 });
            let series =
                vec![Series { label: String::new(), role: Role::Run, x: x_ref, y: y_ref, points: false }];
            let picture = Picture::Plot {
                view: id.into(),
                series,
                uprights,
                levels: Vec::new(),
                x: None,
                y: None,
                alternative: told,
            };
            Frame { picture, arrays: vec![x, y] }
        };
        let sums = self.sums.as_ref().map(CorrelationRun::dimension);
        let exponent = self.divergence.as_ref().map(SeriesExponentRun::exponent);
        let first = sums.map_or_else(
            || {
                one(
                    "sums",
                    Vec::new(),
                    Vec::new(),
                    Vec::new(),
                    "The correlation sum is not known yet.".into(),
                )
            },
            |d| {
                let told = d.region.as_ref().map_or("no slope".into(), |region| figures(region.slope));
                let uprights = marks(d.region.as_ref(), true);
                let sums = d.sums.iter().map(|c| if *c > 0.0 { *c } else { f64::NAN }).collect();
                one("sums", d.radii, sums, uprights, format!("The correlation sum scales with {told}."))
            },
        );
        let second = exponent.map_or_else(
            || {
                one(
                    "divergence",
                    Vec::new(),
                    Vec::new(),
                    Vec::new(),
                    "The divergence is not known yet.".into(),
                )
            },
            |e| {
                let told = e.region.as_ref().map_or("no slope".into(), |region| figures(region.slope));
                let uprights = marks(e.region.as_ref(), false);
                one("divergence", e.times, e.curve, uprights, format!("Neighbours part at the rate {told}."))
            },
        );
        vec![first, second]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let sums = self.sums.as_ref().map(CorrelationRun::dimension);
        let rows = sums.into_iter().flat_map(|d| {
            let both = d.radii.into_iter().zip(d.sums).zip(d.slopes);
            both.map(|((radius, sum), slope)| vec![radius, sum, slope]).collect::<Vec<_>>()
        });
        (vec!["distance".into(), "share_of_pairs".into(), "slope".into()], rows.collect())
    }
}
