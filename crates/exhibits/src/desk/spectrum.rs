//! What it sounds like: power spectrum, autocorrelation, and the embedding that a series suggests.

use super::sampled::{Sampled, controls};
use super::say::{figures, measured, stated};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, integer, log_axis, number, view};
use crate::contract::{Answer, ArrayRef, Finding, Frame, Mark, Picture, Question, Role, Series, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    Autocorrelation, DelayRule, EmbeddingChoice, FalseNeighbourOptions, PowerDensity, autocorrelation,
    suggest_embedding, welch,
};
use web_time::Instant;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let mut list = controls(case, 16_384.0);
    list.push(
        integer("segment", "segment", [0.0, 262_144.0], 0.0)
            .help("Values of a segment of Welch's average, even; 0 for about eight segments."),
    );
    list.push(integer("lags", "lags", [4.0, 4096.0], 200.0).logarithmic());
    list.push(
        number("dimensions", "dimensions tried", [1.0, 12.0], 6.0, 0)
            .help("For the embedding of the series."),
    );
    Some(Question {
        id: "spectrum".into(),
        title: "What it sounds like".into(),
        sentence: "The power at each frequency, how long a value remembers, and in how many delays the series unfolds."
            .into(),
        controls: list,
    })
}

/// What is still to be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    Sampling,
    Density,
    Memory,
    Embedding,
    Done,
}

struct Spectrum {
    sampled: Sampled,
    stage: Stage,
    segment: usize,
    lags: usize,
    dimensions: usize,
    density: Option<PowerDensity>,
    memory: Option<Autocorrelation>,
    embedding: Option<EmbeddingChoice>,
    notes: Vec<String>,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    Ok(Box::new(Spectrum {
        sampled: Sampled::new(case, values)?,
        stage: Stage::Sampling,
        segment: values.integer("segment"),
        lags: values.integer("lags"),
        dimensions: values.integer("dimensions").max(1),
        density: None,
        memory: None,
        embedding: None,
        notes: Vec::new(),
    }))
}

fn refused(error: analysis::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

impl Spectrum {
    fn lags(&self) -> usize {
        let most = self.sampled.values.len() / 4;
        if self.lags < most { self.lags } else { most.max(1) }
    }
}

impl Inquiry for Spectrum {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while self.stage != Stage::Done {
            let series = &self.sampled.values;
            self.stage = match self.stage {
                Stage::Sampling => match self.sampled.advance(deadline)? {
                    true => Stage::Density,
                    false => return Ok(false),
                },
                Stage::Density => {
                    self.density = Some(welch(series, self.segment, self.sampled.interval).map_err(refused)?);
                    Stage::Memory
                }
                Stage::Memory => {
                    self.memory = Some(autocorrelation(series, self.lags()).map_err(refused)?);
                    Stage::Embedding
                }
                Stage::Embedding => {
                    let options = FalseNeighbourOptions {
                        dimension: self.dimensions,
                        ..FalseNeighbourOptions::default()
                    };
                    // A series too short to be embedded still has a spectrum.
                    match suggest_embedding(series, self.lags(), &options) {
                        Ok(choice) => self.embedding = Some(choice),
                        Err(error) => self.notes.push(format!("No embedding: {error}.")),
                    }
                    Stage::Done
                }
                Stage::Done => Stage::Done,
            };
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.stage == Stage::Done)
    }

    fn answer(&self) -> Answer {
        let dt = self.sampled.interval;
        let mut findings: Vec<Finding> = Vec::new();
        if let Some(density) = &self.density {
            match density.dominant() {
                Some(peak) => {
                    findings.push(measured(
                        "frequency",
                        "dominant frequency",
                        "",
                        peak.frequency,
                        peak.error,
                    ));
                    let period = 1.0 / peak.frequency;
                    let error = peak.error * period * period;
                    findings.push(measured("period", "its period", "", period, error));
                    let share = format!("{:.0} % of the power lies in its peak", 100.0 * peak.share);
                    findings.push(stated("share", "share", share));
                }
                None => findings.push(stated("frequency", "dominant frequency", "none stands out")),
            }
            let entropy = density.entropy();
            findings.push(measured("entropy", "spectral entropy", "", entropy.value, entropy.bias));
            let told = format!(
                "{}, each with an error of {:.0} %",
                density.segments,
                100.0 * density.relative_error
            );
            findings.push(stated("segments", "segments averaged", told));
        }
        if let Some(memory) = &self.memory {
            let lag = |lag: Option<f64>| lag.map_or("not within the lags".into(), |lag| figures(lag * dt));
            findings.push(stated("decay", "memory decays to 1/e after", lag(memory.decay)));
            findings.push(stated("zero", "autocorrelation is zero at", lag(memory.first_zero)));
        }
        if let Some(choice) = &self.embedding {
            let rule = match choice.delay.rule {
                DelayRule::MutualInformation => "first minimum of the mutual information",
                DelayRule::Decay => "decay of the autocorrelation",
                DelayRule::Neither => "neither rule gives one: unconverged",
            };
            let delay = format!(
                "{} samples, {}: {rule}",
                choice.delay.delay,
                figures(choice.delay.delay as f64 * dt)
            );
            findings.push(stated("delay", "delay of an embedding", delay));
            let false_ = choice.neighbours.shares.get(choice.dimension - 1).copied().unwrap_or(f64::NAN);
            let word = if choice.converged { "" } else { ", unconverged" };
            let mut finding = stated(
                "dimension",
                "its dimension",
                format!("{}, with {:.1} % false neighbours{word}", choice.dimension, 100.0 * false_),
            );
            finding.value = Some(choice.dimension as f64);
            findings.push(finding);
        }
        let finished = self.stage == Stage::Done;
        let part = match self.stage {
            Stage::Sampling => 0.8 * self.sampled.progress(),
            Stage::Density => 0.8,
            Stage::Memory => 0.85,
            Stage::Embedding => 0.9,
            Stage::Done => 1.0,
        };
        Answer {
            question: "spectrum".into(),
            progress: part,
            finished,
            findings,
            views: vec![
                view(
                    "density",
                    "Power spectrum",
                    &format!("of {}", self.sampled.name),
                    ViewKind::Lines,
                    [axis("frequency"), log_axis("power")],
                    "Power spectral density by Welch's method.",
                ),
                view(
                    "memory",
                    "Autocorrelation",
                    "",
                    ViewKind::Lines,
                    [axis("lag"), axis("correlation")],
                    "Autocorrelation against the lag.",
                ),
            ],
            note: (!self.notes.is_empty()).then(|| self.notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let one = |id: &str,
                   x: Vec<f64>,
                   y: Vec<f64>,
                   uprights: Vec<Mark>,
                   levels: Vec<Mark>,
                   told: String| {
            let (first, second) = (ArrayRef { array: 0 }, ArrayRef { array: 1 });
            let series =
                vec![Series { label: String::new(), role: Role::Run, x: first, y: second, points: false }];
            let (x_range, y_range) = (None, None);
            let picture = Picture::Plot {
                view: id.into(),
                series,
                uprights,
                levels,
                x: x_range,
                y: y_range,
                alternative: told,
            };
            Frame { picture, arrays: vec![x, y] }
        };
        let (mut frequencies, mut power, mut uprights) = (Vec::new(), Vec::new(), Vec::new());
        let mut told = "The power spectrum, once there are samples.".to_owned();
        if let Some(density) = &self.density {
            // Without the mean, which has no frequency.
            frequencies.extend_from_slice(&density.frequencies[1..]);
            power.extend_from_slice(&density.density[1..]);
            told = "The power spectrum, without a peak that stands out.".into();
            if let Some(peak) = density.dominant() {
                told = format!("The power spectrum, highest at {}.", figures(peak.frequency));
                uprights.push(Mark { at: peak.frequency, label: figures(peak.frequency) });
            }
        }
        let (mut lags, mut correlation) = (Vec::new(), Vec::new());
        if let Some(memory) = &self.memory {
            lags.extend((0..memory.values.len()).map(|lag| lag as f64 * self.sampled.interval));
            correlation.extend_from_slice(&memory.values);
        }
        let zero = vec![Mark { at: 0.0, label: String::new() }];
        vec![
            one("density", frequencies, power, uprights, Vec::new(), told),
            one("memory", lags, correlation, Vec::new(), zero, "The autocorrelation against the lag.".into()),
        ]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let rows = self.density.iter().flat_map(|density| {
            density.frequencies.iter().zip(&density.density).map(|(f, power)| vec![*f, *power])
        });
        (vec!["frequency".into(), "power".into()], rows.collect())
    }
}
