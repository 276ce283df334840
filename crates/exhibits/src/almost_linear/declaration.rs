//! Controls, views, claims and the lesson of exhibit 14.

use super::plan::{CYCLE, Plan};
use crate::build::{
    axis, choice, claim, control, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Bar, Claim, Control, ControlKind, LessonStep, View, ViewKind};

pub(super) const SLUG: &str = "almost-linear-rnn";
pub(super) const TITLE: &str = "Almost-linear networks";
pub(super) const SUBTITLE: &str = "Brenner, Hemmer, Monfared, Durstewitz 2024 · paper 14";
pub(super) const SENTENCE: &str = "A linear network with one or two rectified units learns chaos, and the few regions \
    between its borders spell the attractor as a sequence of symbols.";
pub(super) const CITATION: &str = "M. Brenner, C. J. Hemmer, Z. Monfared and D. Durstewitz, Almost-Linear RNNs Yield \
    Highly Interpretable Symbolic Codes in Dynamical Systems Reconstruction, Advances in Neural Information Processing \
    Systems 37 (2024)";

/// Deepest words of symbols.
pub(super) const DEPTH: f64 = 6.0;

/// All controls; `systems` are those that can be learned, by slug and name, `plan` and `dt` what is known to do for the one
/// chosen.
pub(super) fn controls(systems: &[(&str, &str)], plan: &Plan, dt: f64) -> Vec<Control> {
    vec![
        choice("system", "System", systems, "rossler").restarts().help(
            "What the network learns; a CSV series or equations of your own take its place. The other controls begin \
             where this system is learned.",
        ),
        integer("rectified", "Rectified units", [0.0, 6.0], plan.rectified as f64)
            .symbol("<mi>P</mi>")
            .restarts()
            .help("Each has a border; between the borders the network is linear. With none it is linear everywhere."),
        integer("latent", "Latent size", [4.0, 30.0], plan.latent as f64)
            .symbol("<mi>M</mi>")
            .restarts()
            .help("All units: first those that are read out, last the rectified ones."),
        integer("tau", "Forcing interval", [2.0, 30.0], plan.tau as f64)
            .symbol("<mi>τ</mi>")
            .restarts()
            .help(
                "Steps between two resets of the read-out units to the data: when too long the gradient explodes, when \
                 too short nothing of the long run is learned.",
            ),
        number("noise", "Noise", [0.0, 0.1], plan.noise, 3)
            .symbol("<mi>s</mi>")
            .restarts()
            .help("Noise added to the data afresh in each batch, in standard deviations."),
        integer("length", "Sequence", [20.0, 200.0], plan.length as f64)
            .symbol("<mi>S</mi>")
            .restarts()
            .help("Length of a training sequence."),
        integer("depth", "Symbol depth", [1.0, DEPTH], 3.0)
            .symbol("<mi>m</mi>")
            .help("The longest words of symbols whose entropy is shown."),
        number("dt", "Sampling", [0.1 * dt, 10.0 * dt], dt, 4)
            .symbol("<mrow><mi>Δ</mi><mi>t</mi></mrow>")
            .logarithmic()
            .restarts()
            .help("Time between two samples of a flow; a map is sampled every step."),
        integer("updates", "Updates", [500.0, 100_000.0], plan.updates as f64)
            .logarithmic()
            .restarts()
            .help("How long it trains; the learning rate falls over all of it."),
        choice("precision", "Precision", &[("single", "f32"), ("double", "f64")], "single")
            .restarts()
            .help("Of the training; the fingerprint is of the parameters in this precision."),
        control("compare", "Other numbers of rectifiers", ControlKind::Switch { default: true })
            .restarts()
            .help("Train networks with 0, 1, 2 and 4 rectified units beside this one, update by update."),
        control("best", "Keep the best", ControlKind::Switch { default: true }).help(
            "At the end, show the one of six checkpoints whose free run was nearest to the training data, rather than \
             the last.",
        ),
    ]
}

pub(super) fn views() -> Vec<View> {
    vec![
        view(
            "attractors",
            "Attractors",
            "true, and learned by regions",
            ViewKind::Scene,
            [axis("x"), axis("y")],
            "The system's attractor and the network's free run, coloured by region, with the places where it crosses from \
             one to another and the points where the regions rest.",
        ),
        view(
            "symbols",
            "Symbols",
            "regions in time",
            ViewKind::Raster,
            [axis("time"), axis("region")],
            "The number of the region in which the free run is, against time.",
        ),
        view(
            "transitions",
            "Transitions",
            "as a graph",
            ViewKind::Graph,
            [axis(""), axis("")],
            "A circle a region, as large as the share of time spent there, and arrows where the free run goes from one to \
             another.",
        ),
        view(
            "eigenvalues",
            "Eigenvalues",
            "region by region",
            ViewKind::Points,
            [axis("real"), axis("imaginary")],
            "The eigenvalues of each region's linear part, with the unit circle.",
        ),
        view(
            "rests",
            "Fixed points",
            "solved, not searched",
            ViewKind::Text,
            [axis(""), axis("")],
            "Where each region rests: fixed points of the network, and virtual ones outside their own regions.",
        ),
        view(
            "rectifiers",
            "How many rectifiers",
            "divergence and regions",
            ViewKind::Bars,
            [axis("rectified units"), axis("")],
            "The divergence of state spaces and the number of regions used, for networks with different numbers of \
             rectified units.",
        ),
        view(
            "entropies",
            "Symbolic entropy",
            "bits by depth",
            ViewKind::Bars,
            [axis("depth"), axis("bit")],
            "What the next symbol tells beyond the ones before it, per step and per switch.",
        ),
        view(
            "loss",
            "Loss",
            "",
            ViewKind::Lines,
            [axis("update"), log_axis("")],
            "The training loss against the update, for each number of rectified units.",
        ),
    ]
}

const DIVERGENCE: &str = "<msub><mi>D</mi><mi>stsp</mi></msub>";
const REGIONS: &str = "<msub><mi>n</mi><mi>R</mi></msub>";

pub(super) fn claims() -> Vec<Claim> {
    vec![
        claim(
            "c1",
            "One rectified unit is enough for Rössler’s chaos, none is not",
            vec![
                figure("c1-geometry", "divergence of state spaces", DIVERGENCE, "P = 0", Bar::AtMost { bound: 3.0 })
                    .baseline(Bar::AtLeast { bound: 8.0 }),
                figure(
                    "c1-spectrum",
                    "Hellinger distance of power spectra",
                    "<msub><mi>D</mi><mi>H</mi></msub>",
                    "P = 0",
                    Bar::AtMost { bound: 0.12 },
                ),
                figure(
                    "c1-regions",
                    "regions used more than half a per cent of the time",
                    REGIONS,
                    "P = 0",
                    Bar::Within { centre: 2.0, tolerance: 0.0 },
                )
                .paper(Some(2.0), "2", false),
                figure(
                    "c1-exponent",
                    "largest Lyapunov exponent of the trained map, per unit of time",
                    "<msub><mi>λ</mi><mn>1</mn></msub>",
                    "P = 0",
                    Bar::Within { centre: 0.075, tolerance: 0.045 },
                )
                .paper(Some(0.071), "0.071", false),
            ],
            false,
            "Networks of 10 units, 25,000 updates each; of six equally spaced checkpoints the one is taken whose free run \
             is nearest to the training series. Points are counted in a box a tenth of a deviation wider than the data, as \
             for generalised teacher forcing: in the authors’ box, which ends at the least and the greatest value, what \
             runs a little below the floor of Rössler’s system is lost, and the divergence is about 4. A run that escapes \
             counts with 14. The known exponent of Rössler’s system is the reference.",
            3e10,
        ),
        claim(
            "c2",
            "Lorenz’s system needs two, and uses three of their four regions",
            vec![
                figure(
                    "c2-geometry",
                    "divergence of state spaces with two rectified units",
                    DIVERGENCE,
                    "the better of P = 0 and P = 1",
                    Bar::AtMost { bound: 6.0 },
                )
                .baseline(Bar::AtLeast { bound: 10.0 })
                .paper(Some(3.52), "3.52", false),
                figure(
                    "c2-regions",
                    "regions used more than half a per cent of the time",
                    REGIONS,
                    "P = 1",
                    Bar::Within { centre: 3.5, tolerance: 0.5 },
                )
                .paper(Some(3.0), "3", false),
            ],
            false,
            "Networks of 20 units, 36,000 updates, noise of 0.05 added to each batch; the best of six checkpoints and of \
             three trainings by their free runs beside the training series, then scored on the test series; the \
             baselines in the same way. The known values are printed in the authors’ tutorial, which trains 100,000 \
             updates.",
            8e11,
        ),
        claim(
            "c3",
            "More rectifiers make more regions, and few are needed",
            vec![
                figure(
                    "c3-needed",
                    "divergence with one rectified unit over the least of all",
                    "<mrow><msub><mi>D</mi><mi>stsp</mi></msub><mo>(</mo><mn>1</mn><mo>)</mo><mo>:</mo><mi>min</mi></mrow>",
                    "P = 0",
                    Bar::AtMost { bound: 1.6 },
                )
                .logarithmic(),
                figure(
                    "c3-regions",
                    "regions used with one rectified unit",
                    "<mrow><msub><mi>n</mi><mi>R</mi></msub><mo>(</mo><mn>1</mn><mo>)</mo></mrow>",
                    "P = 0",
                    Bar::Within { centre: 2.0, tolerance: 0.0 },
                ),
                figure(
                    "c3-growth",
                    "least rise of the number of regions used from 0 to 1, 2 and 4 rectified units",
                    "<mrow><mi>Δ</mi><msub><mi>n</mi><mi>R</mi></msub></mrow>",
                    "",
                    Bar::AtLeast { bound: 1.0 },
                ),
            ],
            false,
            "Rössler’s system with 0, 1, 2 and 4 rectified units, medians of three trainings each.",
            1.9e11,
        ),
        claim(
            "c4",
            "Fixed points follow from algebra",
            vec![
                figure(
                    "c4-residual",
                    "largest residual of a fixed point that lies in its own region",
                    "<mrow><mo>‖</mo><mi>F</mi><mo>(</mo><msup><mi>z</mi><mo>*</mo></msup><mo>)</mo><mo>−</mo><msup><mi>z</mi>\
                     <mo>*</mo></msup><mo>‖</mo></mrow>",
                    "least of the virtual ones",
                    Bar::AtMost { bound: 1e-8 },
                )
                .baseline(Bar::AtLeast { bound: 0.01 })
                .paper(None, "stated", false)
                .logarithmic(),
                figure(
                    "c4-rossler",
                    "distance of the nearest fixed point to that of Rössler’s system, in standard deviations",
                    "<mi>d</mi>",
                    "nearest virtual one",
                    Bar::AtMost { bound: 0.3 },
                ),
                figure(
                    "c4-lorenz",
                    "distance to the farther found of the centres of Lorenz’s lobes, in standard deviations",
                    "<mi>d</mi>",
                    "nearest virtual one",
                    Bar::AtMost { bound: 0.3 },
                ),
            ],
            true,
            "Open: over ten seeds the residuals vanish to rounding, and Rössler’s point is found within 0.1, but the farther \
             of Lorenz’s two centres is 0.29 to 0.36 away, on two seeds within the bar. One network for Rössler’s system with one \
             rectified unit and one for Lorenz’s with two; six of six points may be real, and then none is virtual.",
            1.1e11,
        ),
        claim(
            "c5",
            "Chaos has symbolic entropy, a cycle has none",
            vec![
                figure(
                    "c5",
                    "entropy of the next region after three, at switches",
                    "<msub><mi>h</mi><mn>4</mn></msub>",
                    "period two",
                    Bar::AtLeast { bound: 0.1 },
                )
                .baseline(Bar::AtMost { bound: 0.02 })
                .paper(None, "stated", false),
            ],
            true,
            "Open: over ten seeds chaos has 0.26 to 0.34 bit on nine, but the cycle has none on three alone and 0.25 to 0.39 on \
             the others: after three regions a word of six or eight switches can go on in two ways although it always returns. \
             Bits a switch, of the sequence of regions in which each stay counts once; the best of three trainings by their free \
             runs beside the training series. With one rectified unit that sequence can only alternate, so two are used, for \
             Rössler’s system in chaos and at c = 3.5, where it closes after two turns.",
            9e10,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "On the left Rössler’s system; on the right a network that runs by itself. Nine of its ten units are linear, one \
             is rectified: it passes on what is positive and nothing else. So there are two regions, and in each the network \
             is linear. Press play: after some thousand updates the colours part the spiral from the fold.",
            "Train with one rectified unit",
            vec![set_text("system", "rossler"), set_number("rectified", 1.0)],
        ),
        step(
            "A linear network can spiral in, spiral out, or turn forever. It cannot stretch and fold.",
            "Take the rectifier away",
            vec![set_number("rectified", 0.0)],
        ),
        step(
            "Four rectified units could make sixteen regions. Look at “Transitions”: a few of them carry almost all of the \
             run, and in “How many rectifiers” the divergence hardly falls.",
            "Rectify four units",
            vec![set_number("rectified", 4.0)],
        ),
        step(
            "Because each region is linear, where it rests is the solution of linear equations, <math><mrow><msup><mi>z</mi>\
             <mo>*</mo></msup><mo>=</mo><msup><mrow><mo>(</mo><mi>I</mi><mo>−</mo><msub><mi>J</mi><mi>k</mi></msub><mo>)</mo>\
             </mrow><mrow><mo>−</mo><mn>1</mn></mrow></msup><mi>h</mi></mrow></math>. A point that lies in its own region is a \
             fixed point of the network, a ring; one that does not is virtual, a cross: it pulls and pushes from outside. The \
             eigenvalues tell how.",
            "Solve for two units",
            vec![set_number("rectified", 2.0)],
        ),
        step(
            "The sequence of regions is a code. A cycle spells the same word forever, so that the next symbol tells nothing \
             new: its entropy is zero.",
            "Learn a cycle of two turns",
            vec![set_text("system", CYCLE)],
        ),
        step(
            "Lorenz’s two lobes need two borders. Three of the four regions are used: one a lobe, and one between them. It is \
             harder to learn, and some seeds fail: a little noise on the data and checkpoints help.",
            "Learn Lorenz’s system",
            vec![
                set_text("system", "lorenz"),
                set_number("rectified", 2.0),
                set_number("latent", 20.0),
                set_number("tau", 6.0),
                set_number("noise", 0.05),
            ],
        ),
    ]
}
