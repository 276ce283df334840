//! Controls, views, claims and the lesson of linear equivalence.

use crate::build::{
    axis, choice, claim, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Axis, Bar, Claim, Control, Figure, LessonStep, Preset, View, ViewKind};

pub(super) const SLUG: &str = "linear-equivalence";
pub(super) const FAMILY: &str = "Networks at large";
pub(super) const TITLE: &str = "Linear equivalence";
pub(super) const SUBTITLE: &str = "Clark 2026 · paper 12";
pub(super) const SENTENCE: &str = "Who fluctuates with whom in a nonlinear random network is what a linear network with \
    the same couplings and independent noise would say.";
pub(super) const CITATION: &str =
    "D. G. Clark, Linear equivalence of nonlinear recurrent neural networks (2026).";
pub(super) const POTENTIAL: &str = "H. Sompolinsky, A. Crisanti and H. J. Sommers, Chaos in random neural networks, \
    Physical Review Letters 61 (1988).";

pub(super) fn controls() -> Vec<Control> {
    vec![
        number("g", "Gain", [0.2, 8.0], 2.0, 2)
            .symbol("<mi>g</mi>")
            .restarts()
            .help(
                "Size of the couplings. Without noise activity dies out up to 1 and is chaotic beyond; larger ones make \
                 fluctuations larger and slower.",
            ),
        number("sigma", "Noise", [0.0, 3.0], 1.5, 2)
            .symbol("<mi>σ</mi>")
            .restarts()
            .help(
                "Independent white noise into each unit. It keeps the couplings away from the edge of stability, where a \
                 small network no longer follows the theory; at 0 the network drives itself.",
            ),
        integer("units", "Units", [50.0, 400.0], 100.0)
            .symbol("<mi>N</mi>")
            .restarts()
            .help("Covariances between units shrink with the root of their number, and so do those between residuals."),
        choice("nonlinearity", "Nonlinearity", &[
            ("erf", "erf"),
            ("tanh", "tanh"),
            ("relu-tanh", "tanh of the positive part"),
        ], "erf")
        .symbol("<mi>φ</mi>")
        .restarts()
        .help(
            "What a unit makes of its input: erf(√π x / 2), whose Gaussian averages are known; tanh x; or tanh(max(x, 0)). \
             The last one gives each unit a mean input, which is solved for, and a slope and a residual of its own about it; \
             it needs noise.",
        ),
        choice("prediction", "Prediction", &[
            ("linear", "linear-equivalent"),
            ("naive", "naive closure"),
            ("wrong", "units renamed"),
        ], "linear")
        .help(
            "The linear network with the same couplings; the closure that takes local fields for jointly Gaussian and \
             forgets what drives both; or the linear network with the couplings of other units.",
        ),
        integer("steps", "Observation", [5_000.0, 200_000.0], 60_000.0)
            .symbol("<mi>T</mi>")
            .logarithmic()
            .restarts()
            .help(
                "Steps of a tenth of a time constant that are recorded, after 500 that are not; whole hundreds. Below \
                 20,000 the scatter is that of the sample.",
            ),
    ]
}

fn constants(label: &str) -> Axis {
    Axis { unit: Some("time constants".into()), ..axis(label) }
}

pub(super) fn views() -> Vec<View> {
    vec![
        view(
            "scatter",
            "Covariance",
            "measured and predicted",
            ViewKind::Scene,
            [axis("measured"), axis("predicted")],
            "Each pair of units is a point: its measured covariance against the predicted one, with the line of equals; \
             beside it one half of the record against the other.",
        ),
        view(
            "measured",
            "Measured",
            "covariance of activity",
            ViewKind::Matrix,
            [axis("unit"), axis("unit")],
            "The measured covariance of all pairs, units in the order of its leading direction.",
        ),
        view(
            "predicted",
            "Predicted",
            "covariance of activity",
            ViewKind::Matrix,
            [axis("unit"), axis("unit")],
            "The predicted covariance of all pairs, units in the order of the measured one.",
        ),
        view(
            "autocovariance",
            "Autocovariance",
            "of the input",
            ViewKind::Lines,
            [constants("τ"), axis("Δ")],
            "How the input of a unit resembles itself after a while: the theory's curve and the simulation's points.",
        ),
        view(
            "eigenvalues",
            "Couplings",
            "eigenvalues of m J",
            ViewKind::Points,
            [axis("real part"), axis("imaginary part")],
            "Eigenvalues of the couplings times the mean slope, with the circle that they fill.",
        ),
        view(
            "spectrum",
            "Spectrum",
            "of the covariance",
            ViewKind::Lines,
            [axis("rank"), log_axis("eigenvalue")],
            "Eigenvalues of the measured and of the predicted covariance by rank.",
        ),
        view(
            "agreement",
            "Agreement",
            "as the record grows",
            ViewKind::Lines,
            [constants("recorded"), axis("correlation")],
            "The correlation of measured and predicted covariances against the length of the record, below its ceiling.",
        ),
        view(
            "activity",
            "Activity",
            "of late",
            ViewKind::Heat,
            [constants("time"), axis("unit")],
            "The activity of some units over the last 64 time constants.",
        ),
    ]
}

/// How far the prediction agrees with what is measured.
fn agreement(id: &str) -> Figure {
    figure(
        id,
        "correlation of measured and predicted covariance over all pairs of units",
        "<mi>r</mi>",
        "size of it with the units of the couplings renamed",
        Bar::AtLeast { bound: 0.9 },
    )
    .baseline(Bar::AtMost { bound: 0.1 })
    .paper(None, "verified", false)
}

/// What a naive closure misses.
fn closure([correlation, dimension]: [&str; 2]) -> Vec<Figure> {
    vec![
        figure(
            correlation,
            "correlation with the measured covariance: naive closure over linear-equivalent",
            "<mrow><msub><mi>r</mi><mtext>naive</mtext></msub><mo>/</mo><mi>r</mi></mrow>",
            "",
            Bar::AtMost { bound: 0.7 },
        )
        .paper(None, "stated", false),
        figure(
            dimension,
            "error of the participation ratio: naive closure over linear-equivalent",
            "<mrow><mi>Δ</mi><mtext>PR</mtext></mrow>",
            "",
            Bar::AtLeast { bound: 2.0 },
        )
        .logarithmic(),
    ]
}

pub(super) fn claims() -> Vec<Claim> {
    vec![
        claim(
            "c1",
            "The covariance is that of a linear network",
            vec![agreement("c1")],
            true,
            "Open: one network of 100 units with g = 2 and σ = 1.5, recorded for 60,000 steps of 0.1; renaming units is \
             predicting for couplings with rows and columns permuted alike. In one network in five as small as this an \
             eigenvalue of m J lies near 1 by chance, and the prediction overshoots there. The abstract states the \
             agreement without a figure.",
            2.8e9,
        ),
        claim(
            "c2",
            "A naive Gaussian closure fails",
            closure(["c2-correlation", "c2-dimension"]),
            true,
            "Open for the same reason: the same network. The closure lacks the terms that an external drive would make; \
             the participation ratio is (tr C)² / (N tr C²).",
            3.0e9,
        ),
        claim(
            "c5",
            "Both hold for 200 units",
            std::iter::once(agreement("c5-agreement")).chain(closure(["c5-correlation", "c5-dimension"])).collect(),
            false,
            "As the two claims before, with twice as many units: the statement is about large networks.",
            1.6e10,
        ),
        claim(
            "c3",
            "Residuals of distinct units are nearly uncorrelated",
            vec![
                figure(
                    "c3-driven",
                    "root mean square correlation between units: residuals φ − m x over activity φ",
                    "<mrow><mi>ρ</mi><mo>(</mo><mi>r</mi><mo>)</mo><mo>/</mo><mi>ρ</mi><mo>(</mo><mi>φ</mi><mo>)</mo></mrow>",
                    "",
                    Bar::AtMost { bound: 0.25 },
                )
                .paper(None, "stated", false),
                figure(
                    "c3-autonomous",
                    "the same without noise at g = 4, for 300 units",
                    "<mrow><mi>N</mi><mo>=</mo><mn>300</mn></mrow>",
                    "150 units",
                    Bar::AtMostBaseline,
                ),
            ],
            false,
            "What the sampling of 60,000 steps leaves is part of the driven figure.",
            2.7e10,
        ),
        claim(
            "c4",
            "Order parameters describe single units",
            vec![
                figure(
                    "c4-variance",
                    "relative error of the theory's variance of the input",
                    "<mrow><mi>Δ</mi><mo>(</mo><mn>0</mn><mo>)</mo></mrow>",
                    "linear units",
                    Bar::AtMost { bound: 0.06 },
                )
                .baseline(Bar::AtLeast { bound: 0.06 }),
                figure(
                    "c4-lag",
                    "the same of its autocovariance after a time constant",
                    "<mrow><mi>Δ</mi><mo>(</mo><mn>1</mn><mo>)</mo></mrow>",
                    "linear units",
                    Bar::AtMost { bound: 0.06 },
                )
                .baseline(Bar::AtLeast { bound: 0.06 }),
            ],
            false,
            "The mean over the units of one network of 100 against an infinite one. Linear units have no stationary state \
             at this gain: their error is infinite and shown as no number.",
            2.4e9,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "A hundred units, each driven by all others through random couplings and by noise of its own. Every pair of \
             them is a point on the stage: across, how the two fluctuate together in the simulation; upwards, what a \
             <em>linear</em> network with the same couplings would do. Press play: the points gather on the line.",
            "Start from the defaults",
            vec![set_number("g", 2.0), set_number("sigma", 1.5), set_text("prediction", "linear")],
        ),
        step(
            "Is it the couplings, or only their statistics? Give the prediction the same couplings with the units renamed. \
             The theory of a single unit is the same, and nothing is left of the agreement.",
            "Rename the units",
            vec![set_text("prediction", "wrong")],
        ),
        step(
            "Two units can resemble each other because one drives the other, or because something drives both. A closure \
             that takes their local fields for jointly Gaussian keeps \
             <math><mrow><msup><mrow><mo>|</mo><mi>S</mi><mo>|</mo></mrow><mn>2</mn></msup><mi>J</mi><mi>C</mi>\
             <msup><mi>J</mi><mi>T</mi></msup></mrow></math> and loses \
             <math><mrow><mi>S</mi><mi>J</mi><mi>C</mi></mrow></math>, the terms that an external drive would make.",
            "Close naively",
            vec![set_text("prediction", "naive")],
        ),
        step(
            "Each unit is split: what it makes linearly of its field, with the mean slope \
             <math><mi>m</mi></math>, and a residual. Residuals of different units are nearly uncorrelated, and act as \
             the independent noise of the linear network. With more units they are less correlated still.",
            "Take 200 units",
            vec![set_number("units", 200.0), set_text("prediction", "linear")],
        ),
        step(
            "Without noise the network drives itself, and chaos is all there is. Its couplings lie so near the edge of \
             stability that an eigenvalue of <math><mrow><mi>m</mi><mi>J</mi></mrow></math> may cross 1 in a small \
             network; then the prediction explodes, and the page says so.",
            "Turn the noise off at g = 4",
            vec![set_number("g", 4.0), set_number("sigma", 0.0), set_number("units", 200.0)],
        ),
        step(
            "A covariance measured for a short time is a noisy one: on the right, one half of the record is held against \
             the other. No prediction can agree better than this allows.",
            "Record only 5,000 steps",
            vec![set_number("g", 2.0), set_number("sigma", 1.5), set_number("steps", 5_000.0)],
        ),
    ]
}

pub(super) fn presets() -> Vec<Preset> {
    let preset =
        |name: &str, sentence: &str, sets| Preset { name: name.into(), sentence: sentence.into(), sets };
    vec![
        preset(
            "Driven",
            "Where the theory is at home.",
            vec![set_number("g", 2.0), set_number("sigma", 1.5)],
        ),
        preset(
            "Strongly coupled",
            "More gain and more noise, 200 units.",
            vec![set_number("g", 3.0), set_number("sigma", 2.0), set_number("units", 200.0)],
        ),
        preset(
            "Chaos",
            "No noise: the network drives itself.",
            vec![set_number("g", 4.0), set_number("sigma", 0.0), set_number("units", 300.0)],
        ),
    ]
}
