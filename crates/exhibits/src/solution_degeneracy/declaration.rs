//! Controls, views, claims and the lesson of exhibit 23.

use super::plan::{CONTRASTS, Plan, TASKS};
use crate::build::{
    axis, choice, claim, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Bar, Claim, Control, LessonStep, View, ViewKind};

pub(super) const SLUG: &str = "solution-degeneracy";
pub(super) const TITLE: &str = "Many solutions to one task";
pub(super) const SUBTITLE: &str = "Huang, Singh, Martinelli, Rajan 2024 · paper 23";
pub(super) const SENTENCE: &str = "Networks that begin differently learn one task: how differently they behave, move and \
    are wired in the end, and what makes them agree.";
pub(super) const CITATION: &str = "A. Huang, S. H. Singh, F. Martinelli and K. Rajan, Measuring and Controlling Solution \
    Degeneracy across Task-Trained Recurrent Neural Networks, arXiv 2410.03972 (2024)";

/// Most networks of a condition.
const NETWORKS: f64 = 16.0;

pub(super) fn controls() -> Vec<Control> {
    let contrasts: Vec<(&str, &str)> = CONTRASTS.iter().map(|c| (c.0, c.1)).collect();
    vec![
        choice("task", "Task", &TASKS, "flip-flop").restarts().help("What all networks learn."),
        choice("contrast", "What differs", &contrasts, "complexity")
            .restarts()
            .help("In what the second condition differs from the first."),
        integer("complexity", "Complexity", [1.0, 4.0], 1.0)
            .symbol("<mi>C</mi>")
            .restarts()
            .help("Channels, frequencies or dimensions of the task; numbers to compare and space have three at most."),
        integer("other_complexity", "Complexity, second", [1.0, 4.0], 3.0)
            .symbol("<msup><mi>C</mi><mo>′</mo></msup>")
            .shown_when("contrast", &["complexity"])
            .restarts()
            .help("That of the second condition."),
        integer("width", "Units", [16.0, 128.0], 48.0)
            .symbol("<mi>N</mi>")
            .restarts()
            .help("Of each network."),
        integer("other_width", "Units, second", [16.0, 128.0], 96.0)
            .symbol("<msup><mi>N</mi><mo>′</mo></msup>")
            .shown_when("contrast", &["width"])
            .restarts()
            .help("Of each network of the second condition."),
        number("richness", "Feature learning", [0.1, 4.0], 1.0, 2)
            .symbol("<mi>γ</mi>")
            .logarithmic()
            .restarts()
            .help("The readout is divided by it: the greater, the farther the weights must go from where they begin."),
        number("other_richness", "Feature learning, second", [0.1, 4.0], 0.25, 2)
            .symbol("<msup><mi>γ</mi><mo>′</mo></msup>")
            .logarithmic()
            .shown_when("contrast", &["richness"])
            .restarts()
            .help("That of the second condition."),
        number("sparsity", "Sparsity", [0.0, 0.2], 0.0, 3)
            .symbol("<mi>λ</mi>")
            .restarts()
            .help("Factor of the mean size of the recurrent weights in the loss."),
        number("other_sparsity", "Sparsity, second", [0.0, 0.2], 0.05, 3)
            .symbol("<msup><mi>λ</mi><mo>′</mo></msup>")
            .shown_when("contrast", &["sparsity"])
            .restarts()
            .help("That of the second condition."),
        integer("networks", "Networks", [2.0, NETWORKS], 6.0)
            .symbol("<mi>K</mi>")
            .restarts()
            .help("Of each condition; they differ in where they begin and in the examples that they see."),
        integer("updates", "Updates", [100.0, 2000.0], 500.0)
            .logarithmic()
            .restarts()
            .help("How long each network learns."),
        choice("shown", "Condition looked at", &[("first", "the first"), ("second", "the second")], "first")
            .help("Whose networks are drawn moving."),
        integer("one", "One network", [1.0, NETWORKS], 1.0)
            .help("The first of the two that are drawn moving; the last where there are fewer."),
        integer("two", "Another network", [1.0, NETWORKS], 2.0).help("The second of them."),
    ]
}

pub(super) fn views() -> Vec<View> {
    vec![
        view(
            "map",
            "Map of networks",
            "by their dynamics",
            ViewKind::Scene,
            [axis("coordinate 1"), axis("coordinate 2")],
            "The networks of both conditions, a panel each, so placed that their distances are as near as can be to the \
             angles between their dynamics.",
        ),
        view(
            "levels",
            "Three levels",
            "sd: of losses on longer sequences",
            ViewKind::Bars,
            [axis("level"), axis("")],
            "How far the networks of each condition are apart in dynamics, in weights and in behaviour, and the mean loss.",
        ),
        view(
            "paths",
            "Two networks",
            "on the same sequences",
            ViewKind::Lines,
            [axis("component 1"), axis("component 2")],
            "The hidden states of two networks over the same sequences, each in the plane of its own principal components.",
        ),
        view(
            "eigenvalues",
            "Eigenvalues",
            "of all operators",
            ViewKind::Points,
            [axis("real"), axis("imaginary")],
            "The eigenvalues of the linear operator fitted to each network, with the unit circle.",
        ),
        view(
            "loss",
            "Loss",
            "mean of the networks",
            ViewKind::Lines,
            [axis("update"), log_axis("")],
            "The mean training loss of the networks of each condition against the update.",
        ),
    ]
}

const ANGLE: &str = "<mi>d</mi><mo>(</mo><mi>A</mi><mo>,</mo><msup><mi>A</mi><mo>′</mo></msup><mo>)</mo>";
const WEIGHTS: &str = "<mi>d</mi><mo>(</mo><mi>W</mi><mo>,</mo><msup><mi>W</mi><mo>′</mo></msup><mo>)</mo>";

pub(super) fn claims() -> Vec<Claim> {
    let cost = |plans: &[Plan]| plans.iter().fold(0.0, |sum, plan| sum + plan.cost());
    let pair = Plan::flip_flop(2, 0);
    vec![
        Claim {
            // With fewer than five seeds not one may miss.
            seeds: (1..=5).collect(),
            ..claim(
                "c1",
                "A task with more channels leaves fewer dynamics to choose from",
                vec![
                    figure(
                        "c1",
                        "mean angle between networks for three flip-flops over that for one",
                        &format!("<mrow>{ANGLE}</mrow>"),
                        "untrained networks",
                        Bar::AtMost { bound: 0.7 },
                    )
                    .paper(None, "stated", false)
                    .logarithmic(),
                ],
                false,
                "Six networks of 48 units, 500 updates each. Of ten seeds eight meet the bar, so that five are measured, \
                 of which one may miss it. Untrained networks agree more on three channels too: the baseline is about \
                 0.6, and training takes it to 0.5. The loss rises with the number of channels, so that the agreement is \
                 not merely better training.",
                cost(&[Plan::flip_flop(1, 0), Plan::flip_flop(3, 0)]),
            )
        },
        claim(
            "c2",
            "The same task drives the weights apart",
            vec![
                figure(
                    "c2-ratio",
                    "mean distance of weights for three flip-flops over that for one",
                    &format!("<mrow>{WEIGHTS}</mrow>"),
                    "untrained networks",
                    Bar::AtLeast { bound: 1.08 },
                )
                .paper(None, "stated", false)
                .logarithmic(),
                figure(
                    "c2-rise",
                    "least rise of the distance with one flip-flop more",
                    &format!("<mrow><mi>Δ</mi>{WEIGHTS}</mrow>"),
                    "untrained networks",
                    Bar::AtLeast { bound: 0.0 },
                ),
            ],
            false,
            "The distance is the least Frobenius norm over orders of the units that the search finds, over the number of \
             units; all networks have 48.",
            cost(&[Plan::flip_flop(1, 0), pair, Plan::flip_flop(3, 0)]),
        ),
        claim(
            "c3",
            "Wider networks agree more in their dynamics",
            vec![
                figure(
                    "c3",
                    "mean angle between networks of 96 units over that of 24",
                    &format!("<mrow>{ANGLE}</mrow>"),
                    "untrained networks",
                    Bar::AtMost { bound: 0.85 },
                )
                .paper(None, "stated", false)
                .logarithmic(),
            ],
            false,
            "Two flip-flops. Untrained networks differ as much: their ratio, the baseline, is no greater, so that this says \
             how wide networks are, not what training adds. Nothing is said of the weights: the distance of two entries \
             falls with the width by how they are drawn.",
            cost(&[Plan { width: 24, ..pair }, Plan { width: 96, ..pair }]),
        ),
        claim(
            "c4",
            "Richer feature learning brings dynamics together and weights apart",
            vec![
                figure(
                    "c4-dynamics",
                    "mean angle for a strength of 1 over that for 0.25",
                    &format!("<mrow>{ANGLE}</mrow>"),
                    "untrained networks",
                    Bar::AtMost { bound: 0.9 },
                )
                .paper(None, "stated", false)
                .logarithmic(),
                figure(
                    "c4-weights",
                    "mean distance of weights for a strength of 1 over that for 0.25",
                    &format!("<mrow>{WEIGHTS}</mrow>"),
                    "untrained networks",
                    Bar::AtLeast { bound: 1.04 },
                )
                .paper(None, "stated", false)
                .logarithmic(),
            ],
            true,
            "Open: the weights part for every seed, but the angle meets its bar for about three seeds in five; six networks \
             are few for it. Two flip-flops. After as many updates the richer networks fit worse: the losses stand beside \
             the figures.",
            cost(&[pair, pair]),
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "Each ring is a network. All of a panel learn one task, from different weights and different examples. Those \
             that lie close together move alike, whichever way their states are turned.",
            "One flip-flop against three",
            vec![set_text("contrast", "complexity"), set_number("complexity", 1.0)],
        ),
        step(
            "A flip-flop holds the sign of its last pulse. One of them leaves much open; three, in one network, leave \
             little: the second panel draws together.",
            "Four flip-flops",
            vec![set_text("contrast", "complexity"), set_number("other_complexity", 4.0)],
        ),
        step(
            "Look at the bars. The same networks that agree in how they move lie farther apart in how they are wired, \
             whatever the order of their units.",
            "Three levels",
            vec![set_text("contrast", "complexity"), set_number("other_complexity", 3.0)],
        ),
        step(
            "Wider networks agree more in their dynamics. Their weights are smaller one by one, so that their distance \
             says nothing across widths.",
            "24 units against 96",
            vec![
                set_text("contrast", "width"),
                set_number("complexity", 2.0),
                set_number("width", 24.0),
                set_number("other_width", 96.0),
            ],
        ),
        step(
            "The readout is divided by <math><mi>γ</mi></math>. When that is small, a small change of the weights is \
             enough, and each network keeps much of what it began with.",
            "Rich against lazy",
            vec![
                set_text("contrast", "richness"),
                set_number("complexity", 2.0),
                set_number("width", 48.0),
                set_number("richness", 1.0),
                set_number("other_richness", 0.25),
            ],
        ),
        step(
            "A price on the size of the recurrent weights makes them sparse. At this size its effect on the dynamics is \
             not clear.",
            "Sparse weights",
            vec![
                set_text("contrast", "sparsity"),
                set_number("complexity", 2.0),
                set_number("width", 48.0),
                set_number("other_sparsity", 0.05),
            ],
        ),
        step(
            "Another task: a network learns where it is from how fast it goes, in one dimension and in three.",
            "Path integration",
            vec![set_text("task", "integration"), set_text("contrast", "complexity")],
        ),
    ]
}
