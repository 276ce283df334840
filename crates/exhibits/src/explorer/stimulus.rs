//! A stimulus: what is added to one parameter for a while.

use crate::build::{choice, control, number, set_number};
use crate::contract::{Control, ControlKind, Setting};
use crate::curve::curve;
use crate::subject::Subject;
use crate::values::Values;
use numerics::Stream;

/// Controls of the stimulus, which outlive a change of equations.
pub(super) const KEPT: [&str; 6] =
    ["stimulus", "stimulus_at", "stimulus_for", "stimulus_size", "stimulus_every", "stimulus_shape"];
/// The parameter that it goes to.
pub(super) const TARGET: &str = "stimulus_to";
/// Points of a curve drawn by hand.
const POINTS: u32 = 96;
/// Names that an input has in the literature, the likeliest first.
const INPUTS: [&str; 14] =
    ["current", "input", "stim", "iapp", "iext", "i0", "i", "inp", "drive", "ib", "p", "s", "f", "force"];

/// Its shape in time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    None,
    Pulse,
    Ramp,
    Sine,
    Noise,
    Drawn,
}

/// What is added to a parameter, and when.
#[derive(Clone, Debug)]
pub(super) struct Stimulus {
    shape: Shape,
    /// The parameter's place in the text.
    pub(super) target: usize,
    /// When it begins.
    pub(super) at: f64,
    /// How long it lasts.
    pub(super) length: f64,
    size: f64,
    period: f64,
    drawn: String,
    seed: u64,
    /// What is added now.
    pub(super) added: f64,
}

/// The parameter that is most likely an input.
fn likely(subject: &Subject) -> Option<String> {
    let parameters = &subject.model().parameters;
    let named = INPUTS.iter().find_map(|name| parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name)));
    named.or(parameters.first()).map(|p| p.name.to_lowercase())
}

/// A span of time that a picture of the system shows.
fn span(subject: &Subject) -> f64 {
    let total = subject.model().options.total.filter(|total| *total > 0.0);
    subject.period().map(|period| 20.0 * period).or(total).unwrap_or(100.0 * subject.step())
}

pub(super) fn controls(subject: &Subject) -> Vec<Control> {
    let Some(target) = likely(subject) else { return Vec::new() };
    let names: Vec<(String, String)> =
        subject.model().parameters.iter().map(|p| (p.name.to_lowercase(), p.name.clone())).collect();
    let options: Vec<(&str, &str)> = names.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let shapes = [
        ("none", "none"),
        ("pulse", "pulse"),
        ("ramp", "ramp"),
        ("sine", "sine"),
        ("noise", "noise"),
        ("drawn", "drawn by hand"),
    ];
    let any = ["pulse", "ramp", "sine", "noise", "drawn"];
    let span = span(subject);
    let default = subject.model().parameter(&target).map_or(1.0, |k| subject.parameters()[k]);
    let size = if default == 0.0 { 1.0 } else { libm::fabs(default) };
    let round = |value: f64| {
        let scale = libm::pow(10.0, libm::floor(libm::log10(value)) - 1.0);
        libm::round(value / scale) * scale
    };
    let group = |control: Control| control.group("Stimulus");
    vec![
        group(
            choice("stimulus", "Stimulus", &shapes, "none").help("What is added to a parameter for a while."),
        ),
        group(
            choice(TARGET, "Added to", &options, &target)
                .shown_when("stimulus", &any)
                .help("The parameter that the stimulus goes to."),
        ),
        group(
            number("stimulus_at", "Begins at", [0.0, round(10.0 * span)], round(0.25 * span), 3)
                .open()
                .shown_when("stimulus", &any)
                .help("The time at which it begins; a click in the picture against time sets it."),
        ),
        group(
            number("stimulus_for", "Lasts", [0.0, round(10.0 * span)], round(0.1 * span), 3)
                .open()
                .shown_when("stimulus", &any)
                .help("How long it lasts."),
        ),
        group(
            number("stimulus_size", "Size", [-round(4.0 * size), round(4.0 * size)], round(size), 4)
                .open()
                .shown_when("stimulus", &any)
                .help("Height of a pulse or at the end of a ramp, amplitude of a sine, deviation of noise."),
        ),
        group(
            number("stimulus_every", "Period", [round(span / 1e3), round(span)], round(span / 20.0), 4)
                .open()
                .shown_when("stimulus", &["sine"])
                .help("The period of the sine."),
        ),
        group(
            control("stimulus_shape", "Shape", ControlKind::Curve { default: String::new(), points: POINTS })
                .shown_when("stimulus", &["drawn"])
                .help("The curve, from minus the size at the bottom to the size at the top."),
        ),
    ]
}

impl Stimulus {
    pub(super) fn new(subject: &Subject, values: &Values, seed: u64) -> Self {
        let mut stimulus = Self {
            shape: Shape::None,
            target: 0,
            at: 0.0,
            length: 0.0,
            size: 0.0,
            period: 1.0,
            drawn: String::new(),
            seed,
            added: 0.0,
        };
        for id in KEPT.iter().chain([&TARGET]) {
            stimulus.set(subject, id, values.number(id), values.text(id));
        }
        stimulus
    }

    /// Takes the value of one of the controls; false where it is none of the stimulus.
    pub(super) fn set(&mut self, subject: &Subject, id: &str, number: f64, text: &str) -> bool {
        match id {
            "stimulus" => {
                self.shape = match text {
                    "pulse" => Shape::Pulse,
                    "ramp" => Shape::Ramp,
                    "sine" => Shape::Sine,
                    "noise" => Shape::Noise,
                    "drawn" => Shape::Drawn,
                    _ => Shape::None,
                }
            }
            "stimulus_at" => self.at = number,
            "stimulus_for" => self.length = number,
            "stimulus_size" => self.size = number,
            "stimulus_every" => self.period = number,
            "stimulus_shape" => text.clone_into(&mut self.drawn),
            TARGET => self.target = subject.model().parameter(text).unwrap_or(0),
            _ => return false,
        }
        true
    }

    pub(super) fn is_on(&self) -> bool {
        self.shape != Shape::None
    }

    /// What is to be added over the step that begins at `time`. Noise is drawn by the number of the step, so that a
    /// run that is taken up in the middle has the same.
    pub(super) fn value(&self, time: f64, step: u64) -> f64 {
        let into = time - self.at;
        // A step that begins a rounding before the edge belongs behind it.
        let slack = 1e-9 * (1.0 + libm::fabs(time));
        if self.shape == Shape::None || !(into >= -slack && into < self.length - slack) {
            return 0.0;
        }
        match self.shape {
            Shape::None => 0.0,
            Shape::Pulse => self.size,
            Shape::Ramp => self.size * into / self.length,
            Shape::Sine => self.size * libm::sin(2.0 * std::f64::consts::PI * into / self.period),
            Shape::Noise => self.size * Stream::new(self.seed, &format!("stimulus {step}")).normal(),
            Shape::Drawn => self.size * curve(&self.drawn, into / self.length),
        }
    }

    /// The settings that make it begin at a time.
    pub(super) fn begin_at(&self, time: f64) -> Vec<Setting> {
        vec![set_number("stimulus_at", time)]
    }
}
