//! Controls, views, claims and the lesson of exhibit 11.

use super::neuron::NEURONS;
use super::plan::VARIANTS;
use crate::build::{
    axis, choice, claim, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Axis, Bar, Claim, Control, LessonStep, View, ViewKind};

pub(super) const SLUG: &str = "closed-form-continuous";
pub(super) const TITLE: &str = "Time in closed form";
pub(super) const SUBTITLE: &str = "Hasani and others 2022 · paper 11";
pub(super) const SENTENCE: &str = "A neuron's differential equation written down as its approximate solution, and networks \
    of such neurons that learn from how long things last without a solver.";
pub(super) const CITATION: &str = "R. Hasani, M. Lechner, A. Amini, L. Liebenwein, A. Ray, M. Tschaikowski, G. Teschl \
    and D. Rus, Closed-form continuous-time neural networks, Nature Machine Intelligence 4 (2022)";

pub(super) fn controls() -> Vec<Control> {
    let variants: Vec<(&str, &str)> = VARIANTS.iter().map(|(slug, name, _)| (*slug, *name)).collect();
    vec![
        number("leak", "Leak", [0.0, 3.0], 1.0, 2)
            .symbol("<mi>w</mi>")
            .group("Neuron")
            .help("How fast a neuron falls to its target by itself, in 1/s: the bound on the error falls with it."),
        number("slope", "Slope", [0.5, 5.0], 2.0, 2)
            .symbol("<mi>γ</mi>")
            .group("Neuron")
            .help("How sharply a synapse opens."),
        number("centre", "Centre", [-1.0, 1.0], 0.0, 2)
            .symbol("<mi>μ</mi>")
            .group("Neuron")
            .help("The input at which a synapse is half open."),
        number("speed", "Input speed", [0.2, 5.0], 1.0, 2)
            .symbol("<mi>ω</mi>")
            .group("Neuron")
            .help("Of the three sines that drive a neuron, in rad/s: the closed form knows the present input alone."),
        integer("neuron", "Neuron", [1.0, NEURONS as f64], 1.0)
            .group("Neuron")
            .help("Which of the neurons is drawn; they differ in where they start, where they are pulled, and in their input."),
        choice("variant", "Network", &variants, "cfc")
            .restarts()
            .group("Networks")
            .help("Whose gates are looked at. The others learn beside it, from strings of the same kind."),
        integer("units", "Units", [8.0, 128.0], 32.0)
            .symbol("<mi>H</mi>")
            .restarts()
            .group("Networks")
            .help("Hidden units of each network."),
        integer("unfolds", "Unfoldings", [1.0, 24.0], 6.0)
            .symbol("<mi>U</mi>")
            .restarts()
            .group("Networks")
            .help("Semi-implicit steps by which the LTC solves its equation at each event: its cost grows with them."),
        integer("pad", "String length", [5.0, 32.0], 9.0)
            .restarts()
            .group("Networks")
            .help("Strings have fewer bits than this. Beyond 12 the parity takes tens of thousands of updates to learn."),
        number("rate", "Learning rate", [1e-4, 0.05], 5e-3, 4)
            .logarithmic()
            .restarts()
            .group("Networks")
            .help("Of Adam at the first update; it falls along a cosine to a hundredth."),
        integer("updates", "Updates", [100.0, 10_000.0], 2500.0)
            .logarithmic()
            .restarts()
            .group("Networks")
            .help("How long they learn."),
    ]
}

pub(super) fn views() -> Vec<View> {
    let seconds = |label: &str| Axis { unit: Some("s".into()), ..axis(label) };
    vec![
        view(
            "neuron",
            "One neuron",
            "solved, and in closed form",
            ViewKind::Scene,
            [seconds("time"), axis("x")],
            "The state of a neuron against time: its equation solved, the closed form, and the corridor that the bound on \
             its error leaves; beside it the closed form without its last factor.",
        ),
        view(
            "error",
            "Error and bound",
            "of 200 neurons",
            ViewKind::Lines,
            [seconds("time"), log_axis("")],
            "The error of the closed form against time over random neurons, in units of the distance at the start, below \
             its bound; and that of the closed form without its last factor.",
        ),
        view(
            "gate",
            "Gates",
            "against elapsed time",
            ViewKind::Lines,
            [axis("elapsed time"), axis("")],
            "The gates of eight units of the network against the time that a run of ones lasts.",
        ),
        view(
            "accuracy",
            "Share right",
            "against updates",
            ViewKind::Lines,
            [axis("update"), axis("")],
            "What share of new strings each network gets right, against the update.",
        ),
        view(
            "work",
            "Share right",
            "against operations",
            ViewKind::Lines,
            [log_axis("operations of the passes forward"), axis("")],
            "The same against the multiplications and functions that the passes forward have taken so far.",
        ),
        view(
            "cost",
            "Operations a step",
            "",
            ViewKind::Bars,
            [axis("network"), log_axis("")],
            "Multiplications, divisions, exponentials and sigmoids that one step of each network takes, and those of the LTC \
             under a solver of sixty steps.",
        ),
    ]
}

pub(super) fn claims() -> Vec<Claim> {
    vec![
        claim(
            "c1",
            "The error of the closed form never passes its bound",
            vec![
                figure(
                    "c1",
                    "largest error over the bound, of 200 neurons at all times",
                    "<mrow><mo>|</mo><mi>x</mi><mo>−</mo><mover><mi>x</mi><mo>~</mo></mover><mo>|</mo></mrow>",
                    "",
                    Bar::AtMost { bound: 1.0 },
                )
                .paper(None, "tightly bounded", false),
            ],
            false,
            "The bound is the distance at the start times exp(−w t). Leak, slope, centre and speed are uniform in the \
             ranges of the controls; Runge and Kutta's method of order four, 5000 steps of a millisecond.",
            4e8,
        ),
        claim(
            "c5",
            "The closed form is close to the solution",
            vec![
                figure(
                    "c5",
                    "median over 200 neurons of the root mean square error, in units of the distance at the start",
                    "",
                    "without f(−I)",
                    Bar::AtMost { bound: 0.12 },
                )
                .paper(None, "not reported", false),
            ],
            true,
            "Open: over the whole ranges of the controls the median is a little above the bar. Most of it is the last factor, \
             f(−I): at time 0, where the solution has not moved, it takes the share f(I) of the distance away. Without it \
             the error is more than ten times smaller.",
            4e8,
        ),
        claim(
            "c2",
            "The closed form takes fewer operations than a solver",
            vec![
                figure(
                    "c2-unfold",
                    "operations a step, LTC of six unfoldings over CfC",
                    "",
                    "",
                    Bar::AtLeast { bound: 2.0 },
                )
                .paper(None, "one to five orders of magnitude faster", false)
                .logarithmic(),
                figure(
                    "c2-solve",
                    "operations a step, LTC of sixty steps of Runge and Kutta's over CfC",
                    "",
                    "",
                    Bar::AtLeast { bound: 10.0 },
                )
                .paper(None, "one to five orders of magnitude faster", false)
                .logarithmic(),
            ],
            false,
            "32 units, backbone of 64. Counted are multiplications, and as one each a division, an exponential, a \
             hyperbolic tangent and a sigmoid: each of these is worth many multiplications, so that the \
             count favours the LTC. Every step of every batch takes the same.",
            1e4,
        ),
        claim(
            "c3",
            "It learns from durations, which it must be told",
            vec![
                figure(
                    "c3-time",
                    "share of parities right, CfC",
                    "",
                    "the same told that all durations are 1",
                    Bar::AtLeast { bound: 0.95 },
                )
                .baseline(Bar::AtMost { bound: 0.8 })
                .paper(Some(0.994), "0.994, in the authors' public code", false),
                figure(
                    "c3-plain",
                    "share of parities right, CfC",
                    "",
                    "a network of hyperbolic tangents without durations",
                    Bar::AtLeast { bound: 0.95 },
                )
                .baseline(Bar::AtMost { bound: 0.8 })
                .paper(Some(0.994), "0.994, in the authors' public code", false),
            ],
            false,
            "32 units, 2500 updates on 64 new strings of 2 to 8 bits each; tried on 1500 new ones. The authors' strings have \
             up to 31 bits, their networks 192 units. Without durations the number of runs still tells something: guessing \
             from it gets about two thirds right.",
            1.8e11,
        ),
        claim(
            "c4",
            "The full gate beats the direct solution",
            vec![
                figure(
                    "c4",
                    "share of parities right, CfC less minimal",
                    "",
                    "",
                    Bar::AtLeast { bound: 0.05 },
                )
                .paper(Some(0.14), "0.994 less 0.854, in the authors' public code", false),
            ],
            true,
            "Open: of the seeds 0 to 9 eight pass the bar, the other two miss it by less than a thousandth. The budget is the \
             same for both, that of the claim before.",
            1.2e11,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "A liquid neuron is pulled to <math><mi>A</mi></math> the faster, the wider its synapse is open: \
             <math><mrow><mover><mi>x</mi><mo>˙</mo></mover><mo>=</mo><mo>−</mo><mo>(</mo><mi>w</mi><mo>+</mo><mi>f</mi>\
             <mo>(</mo><mi>I</mi><mo>)</mo><mo>)</mo><mo>(</mo><mi>x</mi><mo>−</mo><mi>A</mi><mo>)</mo></mrow></math>. Ink is \
             the equation solved, the accent its closed form, which knows the present input alone.",
            "A slow input",
            vec![set_number("speed", 0.3), set_number("leak", 0.3)],
        ),
        step(
            "The thin lines are the bound, <math><mrow><mo>|</mo><msub><mi>x</mi><mn>0</mn></msub><mo>−</mo><mi>A</mi>\
             <mo>|</mo><msup><mi>e</mi><mrow><mo>−</mo><mi>w</mi><mi>t</mi></mrow></msup></mrow></math> around the solution. \
             The faster the leak, the sooner they close.",
            "A fast leak",
            vec![set_number("leak", 3.0)],
        ),
        step(
            "A fast input makes the closed form jump where the solution has a memory. On the right it lacks the factor \
             <math><mrow><mi>f</mi><mo>(</mo><mo>−</mo><mi>I</mi><mo>)</mo></mrow></math>: it starts where it should, and is \
             closer. The factor is what became of the gate in the network.",
            "A fast input",
            vec![set_number("speed", 5.0), set_number("leak", 0.3), set_number("slope", 5.0)],
        ),
        step(
            "Now networks. A string of bits comes as runs: <em>a one, three long; a zero, two long</em>. Is the number of ones \
             odd? Who is not told how long the runs last gets about two thirds right. Play.",
            "Learn the parity",
            vec![set_text("variant", "cfc"), set_number("pad", 9.0)],
        ),
        step(
            "A gate of the trained network turns from one answer to the other somewhere along the elapsed time; without time \
             all durations are the same to it.",
            "Remove time",
            vec![set_text("variant", "no-time")],
        ),
        step(
            "The LTC solves its equation at every event. Look at the share right against operations: with more unfoldings \
             its line moves to the right.",
            "Twelve unfoldings",
            vec![set_text("variant", "ltc"), set_number("unfolds", 12.0)],
        ),
    ]
}
