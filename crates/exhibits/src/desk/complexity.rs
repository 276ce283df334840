//! How irregular a series is: entropies, words, and when its states come back.

use super::plot::{Line, plot};
use super::sampled::{Sampled, controls};
use super::say::{figures, measured, stated};
use super::{Asked, Case, Inquiry};
use crate::build::{axis, integer, number, view};
use crate::contract::{Answer, ArrayRef, Finding, Frame, Picture, Question, Role, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    FalseNeighbourOptions, LempelZiv, PermutationEntropy, Recurrence, RecurrenceOptions, Recurrences,
    SampleEntropy, lempel_ziv, multiscale_entropy, permutation_entropy, quantile_symbols, recurrences,
    sample_entropy, suggest_embedding,
};
use numerics::mean;
use web_time::Instant;

/// Values whose stretches are compared in pairs.
const COMPARED: usize = 8192;
/// Values at the largest scale of the multiscale entropy.
const COARSEST: usize = 100;
/// Lags that a delay is looked for among.
const LAGS: usize = 200;

pub(super) fn declare(case: &Case) -> Option<Question> {
    let mut list = controls(case, 8192.0);
    list.extend([
        integer("order", "values in an ordering", [3.0, 7.0], 5.0).help("Of the permutation entropy."),
        integer("delay", "delay in samples", [0.0, 4096.0], 0.0)
            .help("Of orderings and of the embedding; 0 for the first minimum of the mutual information."),
        integer("dimension", "embedding dimension", [0.0, 10.0], 0.0)
            .help("Of the recurrence plot; 0 for the smallest with few false neighbours."),
        number("tolerance", "tolerance", [0.01, 1.0], 0.2, 2)
            .help("Of the sample entropy, in standard deviations."),
        integer("scales", "scales", [1.0, 20.0], 10.0).help("Of the multiscale entropy."),
        integer("points", "points of the recurrence plot", [50.0, 1500.0], 500.0).logarithmic(),
    ]);
    Some(Question {
        id: "complexity".into(),
        title: "How irregular".into(),
        sentence: "How many orderings, words and surprises a series holds, and when its states come back."
            .into(),
        controls: list,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Sampling,
    Embedding,
    Orderings,
    Stretches,
    Words,
    Returns,
    Done,
}

struct Complexity {
    sampled: Sampled,
    stage: Stage,
    order: usize,
    delay: usize,
    dimension: usize,
    tolerance: f64,
    scales: usize,
    points: usize,
    seed: u64,
    orderings: Option<PermutationEntropy>,
    stretches: Option<SampleEntropy>,
    by_scale: Vec<SampleEntropy>,
    words: Option<LempelZiv>,
    returns: Option<Recurrences>,
    notes: Vec<String>,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    Ok(Box::new(Complexity {
        sampled: Sampled::new(case, values)?,
        stage: Stage::Sampling,
        order: values.integer("order"),
        delay: values.integer("delay"),
        dimension: values.integer("dimension"),
        tolerance: values.number("tolerance"),
        scales: values.integer("scales"),
        points: values.integer("points"),
        seed: if let Case::System(case) = case { case.seed } else { 0 },
        orderings: None,
        stretches: None,
        by_scale: Vec::new(),
        words: None,
        returns: None,
        notes: Vec::new(),
    }))
}

fn refused(error: analysis::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - middle) * (value - middle)).collect();
    libm::sqrt(mean(&squares))
}

impl Complexity {
    /// Takes delay and dimension from the series where they were left open.
    fn embed(&mut self) {
        if self.delay > 0 && self.dimension > 0 {
            return;
        }
        let series = &self.sampled.values;
        let most = LAGS.min(series.len() / 8).max(1);
        match suggest_embedding(series, most, &FalseNeighbourOptions::default()) {
            Ok(choice) => {
                if !choice.converged {
                    self.notes
                        .push("The embedding is unconverged: its delay or dimension is a guess.".into());
                }
                self.delay = if self.delay > 0 { self.delay } else { choice.delay.delay };
                self.dimension = if self.dimension > 0 { self.dimension } else { choice.dimension };
            }
            Err(error) => {
                self.notes.push(format!(
                    "No embedding is suggested: {error}. One value, one sample apart, is taken."
                ));
                self.delay = self.delay.max(1);
                self.dimension = self.dimension.max(1);
            }
        }
    }

    /// What a measure says, or a note on why it says nothing.
    fn kept<T>(&mut self, what: &str, found: Result<T, analysis::Error>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(error) => {
                self.notes.push(format!("No {what}: {error}."));
                None
            }
        }
    }

    fn come_back(&mut self) {
        let (dimension, delay) = (self.dimension, self.delay);
        let series = &self.sampled.values;
        let count = self.points.min(series.len().saturating_sub((dimension - 1) * delay));
        let places = (0..count).flat_map(|start| (0..dimension).map(move |k| start + k * delay));
        let points: Vec<f64> = places.map(|place| series[place]).collect();
        // Points within a delay are near because time is short, not because the state came back.
        let options = RecurrenceOptions { theiler: delay, ..RecurrenceOptions::default() };
        let found = recurrences(&points, dimension, &options);
        self.returns = self.kept("recurrences", found);
    }
}

impl Inquiry for Complexity {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while self.stage != Stage::Done {
            self.stage = match self.stage {
                Stage::Sampling => match self.sampled.advance(deadline)? {
                    true => Stage::Embedding,
                    false => return Ok(false),
                },
                Stage::Embedding => {
                    self.embed();
                    Stage::Orderings
                }
                Stage::Orderings => {
                    // The first measure's refusal is that of the series.
                    let found = permutation_entropy(&self.sampled.values, self.order, self.delay);
                    self.orderings = Some(found.map_err(refused)?);
                    Stage::Stretches
                }
                Stage::Stretches => {
                    let series = &self.sampled.values[..COMPARED.min(self.sampled.values.len())];
                    if series.len() < self.sampled.values.len() {
                        self.notes.push(format!("The sample entropy is of the first {COMPARED} samples."));
                    }
                    let found = sample_entropy(series, 2, self.tolerance * deviation(series));
                    let scales = self.scales.min(series.len() / COARSEST).max(1);
                    let by_scale = multiscale_entropy(series, 2, self.tolerance, scales);
                    self.stretches = self.kept("sample entropy", found);
                    self.by_scale = self.kept("multiscale entropy", by_scale).unwrap_or_default();
                    Stage::Words
                }
                Stage::Words => {
                    let found = quantile_symbols(&self.sampled.values, 2);
                    let found = found.and_then(|symbols| lempel_ziv(&symbols, 2, self.seed));
                    self.words = self.kept("Lempel-Ziv complexity", found);
                    Stage::Returns
                }
                Stage::Returns => {
                    self.come_back();
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
        let mut findings: Vec<Finding> = Vec::new();
        if let Some(found) = &self.orderings {
            let finding = measured("permutation", "permutation entropy", "", found.value, found.error);
            let text = format!(
                "{} of 1; {} of {} orderings never occur",
                finding.text,
                found.missing,
                found.shares.len()
            );
            findings.push(Finding { text, ..finding });
        }
        if let Some(found) = &self.stretches {
            findings.push(match found.value {
                Some(value) => measured("sample", "sample entropy", "", value, found.error),
                None => stated("sample", "sample entropy", "unconverged: no longer stretch matches"),
            });
        }
        if let Some(found) = &self.words {
            let finding = measured("words", "Lempel–Ziv complexity", "", found.relative, found.error);
            let text = format!("{} of that of shuffled samples; {} words", finding.text, found.words);
            findings.push(Finding { text, ..finding });
        }
        if let Some(found) = &self.returns {
            let one = |id, label, value: &Recurrence| measured(id, label, "", value.value, value.error);
            findings.push(one("rate", "recurrence rate", &found.rate));
            findings.push(one("determinism", "determinism", &found.determinism));
            findings.push(one("laminarity", "laminarity", &found.laminarity));
            findings.push(one("diagonal", "mean diagonal, in samples", &found.mean_diagonal));
        }
        if self.stage != Stage::Sampling && self.stage != Stage::Embedding {
            let delay = figures(self.delay as f64 * self.sampled.interval);
            let text = format!("{} values, {} samples ({delay}) apart", self.dimension, self.delay);
            findings.push(stated("embedding", "embedding", text));
        }
        let progress = match self.stage {
            Stage::Sampling => 0.5 * self.sampled.progress(),
            Stage::Embedding => 0.5,
            Stage::Orderings => 0.6,
            Stage::Stretches => 0.65,
            Stage::Words => 0.85,
            Stage::Returns => 0.9,
            Stage::Done => 1.0,
        };
        let time = axis("time");
        Answer {
            question: "complexity".into(),
            progress,
            finished: self.stage == Stage::Done,
            findings,
            views: vec![
                view(
                    "recurrence",
                    "Recurrence plot",
                    &format!("of {}", self.sampled.name),
                    ViewKind::Heat,
                    [time.clone(), time],
                    "Pairs of times at which the state is the same.",
                ),
                view(
                    "scales",
                    "Multiscale entropy",
                    "",
                    ViewKind::Lines,
                    [axis("samples averaged"), axis("sample entropy")],
                    "Sample entropy against the number of samples averaged.",
                ),
            ],
            note: (!self.notes.is_empty()).then(|| self.notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let (mut size, mut values) = (0, Vec::new());
        let mut told = "The recurrence plot, once there are samples.".to_owned();
        if let Some(found) = &self.returns {
            size = found.points;
            values = found.matrix.iter().map(|entry| f64::from(*entry)).collect();
            told = format!(
                "{:.1} % of the pairs recur; {:.1} % of those lie on diagonal lines.",
                100.0 * found.rate.value,
                100.0 * found.determinism.value
            );
        }
        let end = (size.max(2) - 1) as f64 * self.sampled.interval;
        let returns = Picture::Heat {
            view: "recurrence".into(),
            rows: size as u32,
            columns: size as u32,
            values: ArrayRef { array: 0 },
            x: [0.0, end],
            y: [0.0, end],
            range: [0.0, 1.0],
            label: "recurs".into(),
            alternative: told,
        };
        let scales = self.by_scale.iter().enumerate();
        let (x, y) = scales.map(|(k, one)| ((k + 1) as f64, one.value.unwrap_or(f64::NAN))).unzip();
        let scales = vec![Line::new(Role::Run, (x, y))];
        let told = "Sample entropy against the scale.".to_owned();
        let scales = plot("scales", scales, Vec::new(), Vec::new(), told);
        vec![Frame { picture: returns, arrays: vec![values] }, scales]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = ["scale", "sample entropy", "error"].map(str::to_owned).to_vec();
        let rows = self.by_scale.iter().enumerate();
        (names, rows.map(|(k, one)| vec![(k + 1) as f64, one.value.unwrap_or(f64::NAN), one.error]).collect())
    }
}
