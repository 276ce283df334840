//! How chaotic: the Lyapunov spectrum.

use super::say::{measured, stated, with_error};
use super::{Asked, Case, Inquiry, SystemCase};
use crate::build::{axis, control, integer, number, view};
use crate::contract::{
    Answer, ArrayRef, ControlKind, Finding, Frame, Mark, Picture, Question, Role, Series, ViewKind,
};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    DELAY_EXPONENTS, DelayTangent, Error, FlowTangent, LyapunovOptions, LyapunovRun, MapTangent, Spectrum,
};
use web_time::Instant;
use zoo::{Field, SystemProcess};

/// Exponents of a delay system unless others are asked for.
const OF_DELAY: usize = 3;
/// Work between two looks at the clock, in steps times variables times vectors.
const SLICE: u64 = 40_000;

fn most(case: &SystemCase) -> usize {
    if case.is_delayed() { DELAY_EXPONENTS } else { case.start.len() }
}

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    let most = most(case);
    let usual = if case.is_delayed() { OF_DELAY } else { most };
    let unit = if case.subject.is_map() { "iterations" } else { "steps" };
    Some(Question {
        id: "lyapunov".into(),
        title: "How chaotic".into(),
        sentence: "The rates at which neighbouring orbits part: one positive exponent is chaos, and with two of them \
                   chaos in two directions."
            .into(),
        controls: vec![
            integer("count", "exponents", [1.0, most as f64], usual as f64),
            number("steps", unit, [1e3, 1e9], 1_000_000.0, 0).logarithmic().help("How long the average runs."),
            number("transient", "transient", [0.0, 1e8], 5_000.0, 0).help("What is left out before it begins."),
            integer("every", "orthonormalise every", [1.0, 1000.0], 10.0),
            control(
                "tolerance",
                "standard error",
                ControlKind::Number {
                    min: 1e-6,
                    max: 1.0,
                    default: 0.005,
                    log: true,
                    decimals: 6,
                    open: false,
                },
            )
            .help("The error below which an exponent counts as converged."),
        ],
    })
}

enum Run {
    Flow(LyapunovRun<FlowTangent<Field<f64>>>),
    Map(LyapunovRun<MapTangent<Field<f64>>>),
    Delay(Box<LyapunovRun<DelayTangent<SystemProcess>>>),
}

impl Run {
    fn advance(&mut self, steps: u64) -> Result<(), Error> {
        match self {
            Self::Flow(run) => run.advance(steps),
            Self::Map(run) => run.advance(steps),
            Self::Delay(run) => run.advance(steps),
        }
    }
    fn taken(&self) -> u64 {
        match self {
            Self::Flow(run) => run.taken(),
            Self::Map(run) => run.taken(),
            Self::Delay(run) => run.taken(),
        }
    }
    fn spectrum(&self) -> Spectrum {
        match self {
            Self::Flow(run) => run.spectrum(),
            Self::Map(run) => run.spectrum(),
            Self::Delay(run) => run.spectrum(),
        }
    }
}

/// The work towards a spectrum.
struct Exponents {
    run: Run,
    kind: Kind,
    total: u64,
    slice: u64,
    names: Vec<String>,
    tolerance: f64,
    all: bool,
    fault: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Flow,
    Map,
    Delay,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused("a series has no tangent dynamics".into()));
    };
    if let Some(refusal) = case.refusal("a Lyapunov spectrum") {
        return Err(ExhibitError::Refused(refusal));
    }
    let count = values.integer("count");
    let transient = values.number("transient") as u64;
    let options = LyapunovOptions {
        exponents: count,
        t0: case.subject.start_time(),
        dt: case.dt,
        every: values.integer("every") as u32,
        transient,
        bound: case.subject.bound(),
        tolerance: values.number("tolerance"),
    };
    let refused = |error: Error| ExhibitError::Refused(error.to_string());
    let field = || case.subject.field::<f64>(&case.parameters);
    let (run, kind, width) = if case.subject.is_map() {
        let run = LyapunovRun::map(field(), options.clone(), &case.start).map_err(refused)?;
        (Run::Map(run), Kind::Map, case.start.len())
    } else if case.is_delayed() {
        let process = case.subject.process(&case.parameters);
        let run = LyapunovRun::delay(process, options.clone(), &case.start).map_err(refused)?;
        let width = run.state().len();
        (Run::Delay(Box::new(run)), Kind::Delay, width)
    } else {
        let run = LyapunovRun::flow(field(), options.clone(), &case.start).map_err(refused)?;
        (Run::Flow(run), Kind::Flow, case.start.len())
    };
    let slice = SLICE / (width as u64 * (1 + count as u64) * width as u64);
    Ok(Box::new(Exponents {
        run,
        kind,
        total: transient + values.number("steps") as u64,
        slice: slice.max(1),
        names: case.subject.variable_names(),
        tolerance: options.tolerance,
        all: kind != Kind::Delay && count == case.start.len(),
        fault: None,
    }))
}

impl Exponents {
    /// Where the sum of all exponents and the mean divergence, which have to agree, do not.
    fn disagreement(&self, spectrum: &Spectrum) -> Option<String> {
        let (sum, divergence) = (spectrum.sum(), spectrum.divergence);
        let size = spectrum.values().iter().fold(1.0, |size, v| size + libm::fabs(*v));
        let apart = libm::fabs(sum - divergence);
        (self.all && apart > 1e-3 * size).then(|| {
            let cause = if self.kind == Kind::Flow { "smaller steps" } else { "another start" };
            format!(
                "The exponents add up to {sum:.4}, the mean divergence is {divergence:.4}: they should agree. Try \
                 {cause}; where the rates jump, tangent vectors miss the jump."
            )
        })
    }
}

impl Inquiry for Exponents {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        while self.run.taken() < self.total {
            let steps = self.slice.min(self.total - self.run.taken());
            if let Err(error) = self.run.advance(steps) {
                let message = match error {
                    Error::Diverged { time, variable, value } => {
                        let name = self.names.get(variable % self.names.len().max(1));
                        let name = name.map_or("a variable", String::as_str);
                        format!(
                            "{name} reached {value:.3e} at time {time:.6}: try another start or smaller steps"
                        )
                    }
                    other => other.to_string(),
                };
                self.fault = Some(message.clone());
                return Err(ExhibitError::Refused(message));
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(self.run.taken() >= self.total)
    }

    fn answer(&self) -> Answer {
        let spectrum = self.run.spectrum();
        let mut findings: Vec<Finding> = Vec::new();
        let shown = spectrum.exponents.len().min(40);
        for (index, exponent) in spectrum.exponents[..shown].iter().enumerate() {
            let symbol = format!("<msub><mi>λ</mi><mn>{}</mn></msub>", index + 1);
            findings.push(measured(
                &format!("exponent_{}", index + 1),
                &format!("exponent {}", index + 1),
                &symbol,
                exponent.value,
                exponent.error,
            ));
        }
        if shown < spectrum.exponents.len() {
            let rest = spectrum.exponents.len() - shown;
            findings.push(stated(
                "more",
                "further exponents",
                format!("{rest}, in the table of the program"),
            ));
        }
        let values = spectrum.values();
        let positive = spectrum.exponents.iter().filter(|e| e.value > 2.0 * e.error).count();
        if spectrum.steps > 0 {
            let word = match positive {
                _ if !spectrum.converged => "unconverged".to_owned(),
                0 => "not chaotic: no exponent is above zero by two standard errors".to_owned(),
                1 => "chaotic: one exponent is positive".to_owned(),
                many => format!("hyperchaotic: {many} exponents are positive"),
            };
            findings.push(stated("verdict", "so it is", word));
        }
        if self.all && spectrum.steps > 0 {
            findings.push(measured(
                "sum",
                "sum",
                "<mo>∑</mo><msub><mi>λ</mi><mi>i</mi></msub>",
                spectrum.sum(),
                spectrum.sum_error(),
            ));
            findings.push(measured("divergence", "mean divergence", "", spectrum.divergence, 0.0));
        }
        if self.kind == Kind::Delay || self.all {
            let (dimension, error) = spectrum.kaplan_yorke();
            let beyond = self.kind == Kind::Delay && dimension >= values.len() as f64;
            let error = if beyond { f64::INFINITY } else { error };
            findings.push(measured(
                "kaplan_yorke",
                "Kaplan–Yorke dimension",
                "<msub><mi>D</mi><mtext>KY</mtext></msub>",
                dimension,
                if dimension == 0.0 { 0.0 } else { error },
            ));
            let above = spectrum.exponents.iter().filter(|e| e.value > 0.0);
            let square = above.fold(0.0, |total, e| total + e.error * e.error);
            findings.push(measured(
                "pesin",
                "Pesin entropy",
                "<mi>h</mi>",
                analysis::pesin(&values),
                libm::sqrt(square),
            ));
        }
        let note = self.fault.clone().or_else(|| self.disagreement(&spectrum)).or_else(|| {
            let done = self.run.taken() >= self.total && !spectrum.converged;
            let worst =
                spectrum.exponents.iter().fold(0.0, |most, e| if e.error > most { e.error } else { most });
            done.then(|| {
                format!("The largest error is {worst:.2e}, above {}: take more steps.", self.tolerance)
            })
        });
        Answer {
            question: "lyapunov".into(),
            progress: self.run.taken() as f64 / self.total.max(1) as f64,
            finished: self.run.taken() >= self.total,
            findings,
            views: vec![view(
                "convergence",
                "Convergence",
                "the running averages",
                ViewKind::Lines,
                [axis(if self.kind == Kind::Map { "iterations" } else { "time" }), axis("exponents")],
                "Running estimates of the exponents against the time averaged over.",
            )],
            note,
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let spectrum = self.run.spectrum();
        let times: Vec<f64> = spectrum.curve.iter().map(|point| point.time).collect();
        let count = spectrum.exponents.len().min(12);
        let mut arrays = vec![times];
        let mut series = Vec::new();
        for column in 0..count {
            arrays.push(spectrum.curve.iter().map(|point| point.exponents[column]).collect());
            series.push(Series {
                label: String::new(),
                role: if column == 0 { Role::Run } else { Role::Ink },
                x: ArrayRef { array: 0 },
                y: ArrayRef { array: column as u32 + 1 },
                points: false,
            });
        }
        let told: Vec<String> =
            spectrum.exponents.iter().take(count).map(|e| with_error(e.value, e.error)).collect();
        let picture = Picture::Plot {
            view: "convergence".into(),
            series,
            uprights: Vec::new(),
            levels: vec![Mark { at: 0.0, label: String::new() }],
            x: None,
            y: None,
            alternative: format!("The exponents settle at {}.", told.join(", ")),
        };
        vec![Frame { picture, arrays }]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let spectrum = self.run.spectrum();
        let mut names = vec![if self.kind == Kind::Map { "iterations" } else { "time" }.to_owned()];
        names.extend((1..=spectrum.exponents.len()).map(|k| format!("exponent_{k}")));
        let rows = spectrum.curve.iter().map(|point| {
            let mut row = vec![point.time];
            row.extend(&point.exponents);
            row
        });
        (names, rows.collect())
    }
}
