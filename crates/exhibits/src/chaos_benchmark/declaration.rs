//! Controls, views, claims and lesson of the chaos benchmark.

use super::protocol::{PERIODS, SAMPLES, SUBSTEPS, Timed};
use crate::build::{
    axis, choice, claim, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Axis, Bar, Claim, Control, LessonStep, View, ViewKind};
use rnn::forecast::FORECASTS;

pub(super) const SLUG: &str = "chaos-benchmark";
pub(super) const TITLE: &str = "Chaos as a benchmark";
pub(super) const SUBTITLE: &str = "Gilpin 2021";
pub(super) const SENTENCE: &str = "A zoo of chaotic flows, each in its own time: how fast neighbours part, and how far ahead it can be forecast.";
pub(super) const CITATION: &str = "W. Gilpin, Chaos as an interpretable benchmark for forecasting and data-driven \
                                   modelling, NeurIPS 2021 (datasets and benchmarks).";
/// Most parameters of a system that have a slider each.
const PARAMETERS: usize = 24;

/// The key of a parameter in links: it holds for this system alone.
pub(super) fn parameter_id(system: &str, parameter: &str) -> String {
    format!("{}.{}", system.to_lowercase().replace(':', "-"), parameter.to_lowercase())
}

pub(super) fn controls(systems: &[(String, String)], timed: &Timed) -> Vec<Control> {
    let options: Vec<(&str, &str)> =
        systems.iter().map(|(name, title)| (name.as_str(), title.as_str())).collect();
    let forecasters: Vec<(&str, &str)> = FORECASTS.iter().map(|kind| (kind.slug(), kind.name())).collect();
    let model = timed.subject.model();
    let numbered = |names: Vec<String>| -> Vec<(String, String)> {
        names.into_iter().enumerate().map(|(i, name)| ((i + 1).to_string(), name)).collect()
    };
    let variables = numbered(timed.subject.variable_names());
    let parameters = numbered(model.parameters.iter().map(|p| p.name.clone()).collect());
    let select = |id: &str, label: &str, of: Vec<(String, String)>| {
        let of: Vec<(&str, &str)> = of.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
        choice(id, label, &of, "1")
    };
    let mut all = vec![
        choice("system", "System", &options, "Lorenz").restarts().help(
            "Which system is on the stage and in the other pictures; the whole zoo is measured all the same.",
        ),
        choice("stage", "Stage", &[("one", "the system"), ("zoo", "the zoo")], "one")
            .help("The system with a neighbour, or every system measured so far, coloured by its exponent."),
        choice("forecaster", "Forecaster", &forecasters, "random-features")
            .group("Forecast")
            .restarts()
            .help("What forecasts every system."),
        integer("train", "Learned from", [2.0, 40.0], 38.0)
            .group("Forecast")
            .restarts()
            .help("Periods of the series, of 60, that the forecaster learns from."),
        number("noise", "Noise", [0.0, 0.3], 0.0, 2)
            .symbol("<mi>s</mi>")
            .group("Forecast")
            .restarts()
            .help("Observation noise on what the forecaster sees, in standard deviations."),
        number("horizon", "Horizon", [0.5, 5.0], 2.0, 1)
            .symbol("<mi>h</mi>")
            .group("Forecast")
            .help("How many periods ahead forecasts are drawn and judged."),
        select("variable", "Variable", variables).group("Forecast").help("Whose forecast is drawn."),
        number("apart", "Perturbation", [1e-9, 0.1], 1e-3, 9)
            .symbol("<msub><mi>d</mi><mn>0</mn></msub>")
            .logarithmic()
            .group("System")
            .restarts()
            .help("How far from the orbit its neighbour begins, in standard deviations."),
        integer(
            "steps",
            "Steps a period",
            [SAMPLES as f64, 600.0],
            SAMPLES as f64 * f64::from(timed.substeps.max(SUBSTEPS)),
        )
        .symbol("<mi>n</mi>")
        .group("System")
        .restarts()
        .help(
            "Runge-Kutta steps of the system shown; few of them, and it leaves the attractor or all bounds.",
        ),
    ];
    if !parameters.is_empty() {
        all.push(
            select("varied", "Diagram over", parameters).group("System").help(
                "The parameter of the bifurcation diagram, from half its value to one and a half times.",
            ),
        );
    }
    for parameter in model.parameters.iter().take(PARAMETERS) {
        let (low, high) = (0.5 * parameter.value, 1.5 * parameter.value);
        let range = if parameter.value == 0.0 {
            [-1.0, 1.0]
        } else if low < high {
            [low, high]
        } else {
            [high, low]
        };
        let size = libm::floor(libm::log10(range[1] - range[0]));
        let decimals = (3.0 - size).clamp(0.0, 9.0) as u32;
        all.push(
            number(
                &parameter_id(&timed.name, &parameter.name),
                &parameter.name,
                range,
                parameter.value,
                decimals,
            )
            .open()
            .group("Parameters")
            .restarts()
            .help("A parameter of the system shown, from half its value to one and a half times."),
        );
    }
    all
}

fn periods(label: &str) -> Axis {
    Axis { unit: Some("T".into()), ..axis(label) }
}

pub(super) fn views() -> Vec<View> {
    let mut all = vec![
        view(
            "attractor",
            "Attractor",
            "and a neighbour",
            ViewKind::Scene,
            [axis("x"), axis("y")],
            "The orbit of the system with a neighbour that starts close by, or all systems side by side.",
        ),
        view(
            "scatter",
            "Error against chaos",
            "one point a system",
            ViewKind::Points,
            [log_axis("exponent × period"), log_axis("forecast error")],
            "The forecast error of each system against its largest Lyapunov exponent times its period.",
        ),
        view(
            "forecast",
            "Forecasts",
            "beside what came",
            ViewKind::Lines,
            [periods("time"), axis("")],
            "One variable after the part that was learned from, and forecasts of it.",
        ),
        view(
            "growth",
            "Error growth",
            "of neighbour and forecast",
            ViewKind::Lines,
            [periods("time"), log_axis("distance")],
            "How the neighbour parts from the orbit, with the slope of the exponent, and how forecasts err.",
        ),
        view(
            "diagram",
            "Bifurcation diagram",
            "of local maxima",
            ViewKind::Points,
            [axis("parameter"), axis("maxima")],
            "What orbits settle to at each value of a parameter.",
        ),
        view(
            "features",
            "The zoo by features",
            "two components, eight clusters",
            ViewKind::Points,
            [axis("first component"), axis("second component")],
            "All systems by the two principal components of ten features, in clusters.",
        ),
        view(
            "card",
            "Numbers",
            "of the system",
            ViewKind::Text,
            [axis(""), axis("")],
            "The invariants of the system with their errors, and what the collection says.",
        ),
    ];
    all[0].pickable = true;
    all[1].pickable = true;
    all[5].pickable = true;
    all
}

pub(super) fn claims() -> Vec<Claim> {
    let rho = "<mi>ρ</mi>";
    vec![
        claim(
            "c1",
            "The zoo is chaotic",
            vec![
                figure(
                    "c1-positive",
                    "share of systems whose exponent times period is above 0.02",
                    "<mrow><msub><mi>λ</mi><mn>1</mn></msub><mi>T</mi><mo>&gt;</mo><mn>0.02</mn></mrow>",
                    "exponent of a damped spiral",
                    Bar::AtLeast { bound: 0.9 },
                )
                .baseline(Bar::AtMost { bound: 0.0 })
                .paper(None, "stated", false),
                figure(
                    "c1-ranks",
                    "rank correlation with the collection's exponents",
                    rho,
                    "best of 1000 shuffles",
                    Bar::AtLeast { bound: 0.6 },
                ),
                figure(
                    "c1-lorenz",
                    "largest exponent of Lorenz's system",
                    "<msub><mi>λ</mi><mi>L</mi></msub>",
                    "the same at ρ = 15",
                    Bar::Within { centre: 0.906, tolerance: 0.05 },
                )
                .baseline(Bar::AtMost { bound: 0.0 })
                .paper(Some(0.892), "0.892", false),
                figure(
                    "c1-rossler",
                    "largest exponent of Rössler's system",
                    "<msub><mi>λ</mi><mi>R</mi></msub>",
                    "exponent of a damped spiral",
                    Bar::Within { centre: 0.071, tolerance: 0.015 },
                )
                .baseline(Bar::AtMost { bound: 0.0 })
                .paper(Some(0.151), "0.151", false),
            ],
            false,
            "Every flow of the collection without delay, by six pairs of neighbours over 50 of its periods, at 120 steps \
             a period (600 for the four that need them). The values beside are the collection's own; the textbooks have \
             0.906 and 0.071.",
            2e9,
        ),
        claim(
            "c2",
            "More chaos, larger errors",
            vec![
                figure(
                    "c2-ranks",
                    "rank correlation of exponent times period with the error of analogues after two periods",
                    "<mrow><mi>ρ</mi><mo>(</mo><mn>2</mn><mi>T</mi><mo>)</mo></mrow>",
                    "best of 1000 shuffles",
                    Bar::AtLeast { bound: 0.4 },
                )
                .paper(None, "positive", false),
                figure("c2-p", "share of shuffles that do as well", "<mi>p</mi>", "", Bar::AtMost { bound: 0.01 })
                    .logarithmic(),
                figure(
                    "c2-horizon",
                    "the same correlation after three periods",
                    "<mrow><mi>ρ</mi><mo>(</mo><mn>3</mn><mi>T</mi><mo>)</mo></mrow>",
                    "after one period",
                    Bar::MoreThanBaseline,
                ),
            ],
            false,
            "Autonomous flows whose coordinates stay where they were; analogues, the two periods and this choice of \
             systems were fixed in advance of these seeds.",
            3e9,
        ),
        claim(
            "c3",
            "Chaos counts in the system's own time",
            vec![
                figure(
                    "c3-analogue",
                    "rank correlation of exponent times period with the error of analogues",
                    "<msub><mi>ρ</mi><mi>A</mi></msub>",
                    "of the exponent alone",
                    Bar::MoreThanBaseline,
                ),
                figure(
                    "c3-random-features",
                    "rank correlation of exponent times period with the error of random features",
                    "<msub><mi>ρ</mi><mi>R</mi></msub>",
                    "of the exponent alone",
                    Bar::MoreThanBaseline,
                ),
            ],
            false,
            "A control of ours; the paper measures everything in periods.",
            4e10,
        ),
        claim(
            "c4",
            "Learning helps most at short range",
            vec![
                figure(
                    "c4-short",
                    "median over systems of the error of random features over that of persistence, after half a period",
                    "<mrow><mi>E</mi><mo>(</mo><mi>T</mi><mo>/</mo><mn>2</mn><mo>)</mo></mrow>",
                    "over that of climatology",
                    Bar::AtMost { bound: 0.2 },
                )
                .logarithmic(),
                figure(
                    "c4-long",
                    "the same after three periods",
                    "<mrow><mi>E</mi><mo>(</mo><mn>3</mn><mi>T</mi><mo>)</mo></mrow>",
                    "after half a period",
                    Bar::MoreThanBaseline,
                )
                .logarithmic(),
            ],
            false,
            "The paper compares sixteen forecasters; ours are seven.",
            4e10,
        ),
        claim(
            "c5",
            "Training where the error is",
            vec![
                figure(
                    "c5",
                    "systems of five whose largest one-step error is lower when batches are drawn by error",
                    "<mi>n</mi>",
                    "",
                    Bar::AtLeast { bound: 3.0 },
                ),
                figure(
                    "c5-ratio",
                    "median of that error over the one with even batches",
                    "<mi>E</mi>",
                    "even batches",
                    Bar::AtMost { bound: 1.0 },
                ),
            ],
            false,
            "No value was known before; it held for ten seeds of ten, with ratios from 0.58 to 0.85. A network of two layers of 64 rectifiers, 2000 updates of 32 points, \
             points drawn in proportion to their error, looked at every 100 updates.",
            3e10,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "The orbit of Lorenz’s system, and a neighbour that starts a thousandth away. For a while one cannot tell \
             them apart. Then they part for good: that is what chaos does to forecasts.",
            "Begin closer still",
            vec![set_text("system", "Lorenz"), set_number("apart", 1e-6)],
        ),
        step(
            "How fast they part is the largest Lyapunov exponent. Rössler’s system has a far smaller one, but it also \
             moves more slowly. What counts is the product of exponent and period.",
            "Look at Rössler’s system",
            vec![set_text("system", "Rossler"), set_number("apart", 1e-3)],
        ),
        step(
            "Behind the scenes every flow of the zoo is measured the same way, one after the other: its exponent, its \
             dimension, and how well it is forecast.",
            "Put the zoo on the stage",
            vec![set_text("stage", "zoo")],
        ),
        step(
            "Analogues, what followed the most similar moment, fail sooner the more chaotic a system is: the cloud in \
             “Error against chaos” rises to the right.",
            "Forecast by analogues",
            vec![set_text("forecaster", "analogue")],
        ),
        step(
            "Random features learn the equations of motion from 38 periods. They beat analogues far ahead, and chaos \
             catches up with them too: compare the slopes in “Error growth”.",
            "Learn, and forecast",
            vec![
                set_text("stage", "one"),
                set_text("system", "Lorenz"),
                set_text("forecaster", "random-features"),
            ],
        ),
        step(
            "A little noise on the observations, and learning is back among the others.",
            "Add 5 % noise",
            vec![set_number("noise", 0.05)],
        ),
    ]
}

/// Rows that are learned from at so many periods: enough of the rest is left to test on.
pub(super) fn trained(periods: usize) -> usize {
    periods.min(PERIODS - 10) * SAMPLES
}
