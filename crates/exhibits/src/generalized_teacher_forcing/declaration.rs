//! Controls, views, claims and the lesson of exhibit 22.

use crate::build::{
    axis, choice, claim, control, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Bar, Claim, Control, ControlKind, LessonStep, View, ViewKind};

pub(super) const SLUG: &str = "generalized-teacher-forcing";
pub(super) const TITLE: &str = "Generalised teacher forcing";
pub(super) const SUBTITLE: &str = "Hess, Monfared, Brenner, Durstewitz 2023 · paper 22";
pub(super) const SENTENCE: &str = "A three-unit network learns a chaotic attractor because each of its states is \
    pulled a little towards the data while it trains, just enough that no gradient can explode.";
pub(super) const CITATION: &str = "F. Hess, Z. Monfared, M. Brenner and D. Durstewitz, Generalized Teacher Forcing \
    for Learning Chaotic Dynamics, Proceedings of the 40th International Conference on Machine Learning (2023)";

/// All controls; `systems` are the zoo's that can be learned, slug and name, `variables` those of what is learned.
pub(super) fn controls(systems: &[(&str, &str)], variables: &[String]) -> Vec<Control> {
    let numbers: Vec<String> = (1..=variables.len()).map(|k| k.to_string()).collect();
    let slices: Vec<(&str, &str)> =
        numbers.iter().zip(variables).map(|(number, name)| (number.as_str(), name.as_str())).collect();
    let mut system = choice("system", "System", systems, "lorenz").restarts();
    system.help = "What the network learns; a CSV series or equations of your own take its place.".into();
    let first = slices.first().map_or("1", |(number, _)| number);
    vec![
        system,
        choice("forcing", "Forcing", &[
            ("free", "free"),
            ("fixed", "fixed"),
            ("adaptive", "adaptive"),
            ("sparse", "sparse"),
            ("full", "full"),
        ], "adaptive")
        .restarts()
        .help("How the data take hold of the network's state while it trains."),
        number("alpha", "Strength", [0.0, 1.0], 0.2, 2)
            .symbol("<mi>α</mi>")
            .shown_when("forcing", &["fixed"])
            .restarts()
            .help("Gradients explode at 0; at 1 nothing beyond one step is learned."),
        number("gamma", "Annealing", [0.9, 0.999], 0.99, 3)
            .symbol("<mi>γ</mi>")
            .shown_when("forcing", &["adaptive"])
            .restarts()
            .help("How slowly the strength falls towards what the Jacobian asks for."),
        choice("estimator", "Norm", &[
            ("product", "product"),
            ("maximum", "maximum"),
            ("parameters", "parameters"),
            ("geometric", "geometric mean"),
            ("arithmetic", "arithmetic mean"),
        ], "product")
        .shown_when("forcing", &["adaptive"])
        .restarts()
        .help("How the norm of the Jacobian is estimated: the paper's bound of the product, the batch's largest, from the parameters alone, or of a mean Jacobian."),
        integer("tau", "Interval", [1.0, 50.0], 8.0)
            .symbol("<mi>τ</mi>")
            .shown_when("forcing", &["sparse"])
            .restarts()
            .help("Steps between two resets of the state to the data."),
        integer("hidden", "Hidden units", [5.0, 200.0], 50.0)
            .symbol("<mi>L</mi>")
            .restarts()
            .help("Width of the layer of rectifiers."),
        integer("length", "Sequence", [10.0, 400.0], 50.0)
            .symbol("<mi>S</mi>")
            .restarts()
            .help("Length of a training sequence."),
        number("dt", "Sampling", [0.005, 0.1], 0.03, 3)
            .symbol("<mrow><mi>Δ</mi><mi>t</mi></mrow>")
            .restarts()
            .help("Time between two samples of a flow; a map is sampled every step."),
        number("noise", "Noise", [0.0, 0.2], 0.0, 2)
            .symbol("<mi>s</mi>")
            .restarts()
            .help("Observation noise on the training data, in standard deviations."),
        choice("units", "Units", &[("plain", "plain"), ("clipped", "clipped")], "clipped")
            .restarts()
            .help("Clipped units keep every orbit bounded."),
        number("floor", "Floor", [0.0, 0.5], 0.0, 2)
            .symbol("<msub><mi>α</mi><mn>min</mn></msub>")
            .shown_when("forcing", &["adaptive"])
            .restarts()
            .help("The adaptive strength never falls below this; 0 in the paper."),
        number("penalty", "Penalty", [0.0, 0.01], 0.0, 5)
            .symbol("<mi>λ</mi>")
            .restarts()
            .help("Draws the diagonal to 1 and all else to 0; 1e-5 in the paper, 0 here."),
        integer("updates", "Updates", [500.0, 50_000.0], 12_000.0)
            .logarithmic()
            .restarts()
            .help("How long it trains; the learning rate falls over all of it."),
        choice("engine", "Engine", &[
            ("fused", "fused"),
            ("burn-cpu", "burn, CPU"),
            ("burn-webgpu", "burn, WebGPU"),
        ], "fused")
        .restarts()
        .help("Gradients written out by hand, or by automatic differentiation with burn: slower, and general."),
        choice("precision", "Precision", &[("single", "f32"), ("double", "f64")], "single")
            .shown_when("engine", &["fused"])
            .restarts()
            .help("Of the training; the fingerprint is of the parameters in this precision."),
        choice("slice", "Variable", &slices, first)
            .help("Of which variable the power spectrum and the histogram are shown."),
        control("best", "Keep the best", ControlKind::Switch { default: true })
            .help("Draw the network whose free run was nearest to the training data so far, rather than the latest."),
    ]
}

pub(super) fn views() -> Vec<View> {
    let mut stage = view(
        "attractors",
        "Attractors",
        "true and learned",
        ViewKind::Scene,
        [axis("x"), axis("y")],
        "The system's attractor and the trajectory of the network running freely, side by side.",
    );
    stage.pickable = false;
    vec![
        stage,
        view(
            "gradient",
            "Gradient norm",
            "",
            ViewKind::Lines,
            [axis("update"), log_axis("")],
            "The norm of the gradient against the update, beside free and full forcing.",
        ),
        view(
            "loss",
            "Loss",
            "",
            ViewKind::Lines,
            [axis("update"), log_axis("")],
            "The training loss against the update, beside free and full forcing.",
        ),
        view(
            "strength",
            "Forcing strength",
            "",
            ViewKind::Lines,
            [axis("update"), axis("")],
            "The forcing strength, the Jacobian's norm, and their product against the update.",
        ),
        view(
            "spectrum",
            "Power spectrum",
            "of one variable",
            ViewKind::Lines,
            [log_axis("frequency"), log_axis("")],
            "Power spectra of the system and of the network's free run.",
        ),
        view(
            "histogram",
            "Histogram",
            "of one variable",
            ViewKind::Bars,
            [axis("bin"), axis("")],
            "How often one variable visits each of thirty bins, in the data and in the free run.",
        ),
    ]
}

pub(super) fn claims() -> Vec<Claim> {
    vec![
        claim(
            "c1",
            "Forcing bounds the gradient",
            vec![
                figure(
                    "c1",
                    "gradient norm at S = 400 over that at S = 25, strength 0.3",
                    "<mrow><mi>S</mi><mo>=</mo><mn>400</mn><mo>:</mo><mn>25</mn></mrow>",
                    "strength 0",
                    Bar::AtMost { bound: 2.0 },
                )
                .baseline(Bar::AtLeast { bound: 1e3 })
                .paper(None, "bounded", false)
                .logarithmic(),
            ],
            false,
            "One trained model, one batch of 16 sequences at each length, the same for both strengths; nothing is \
             clipped. The paper proves the bound.",
            9e9,
        ),
        claim(
            "c2",
            "Three units rebuild the attractor",
            vec![
                figure(
                    "c2-geometry",
                    "divergence of state spaces after training",
                    "<msub><mi>D</mi><mi>stsp</mi></msub>",
                    "free running",
                    Bar::AtMost { bound: 4.0 },
                )
                .baseline(Bar::AtLeast { bound: 8.0 })
                .paper(Some(0.26), "0.26", true),
                figure(
                    "c2-spectrum",
                    "Hellinger distance of power spectra",
                    "<msub><mi>D</mi><mi>H</mi></msub>",
                    "free running",
                    Bar::AtMost { bound: 0.2 },
                )
                .paper(Some(0.09), "0.09", true),
            ],
            false,
            "Adaptive forcing against free back-propagation with the same budget of 12,000 updates; of the \
             adaptive run that checkpoint of its second half is taken whose free run is nearest to the training series. The paper trains 250,000 \
             updates on noisy data, with 100 hidden units; its figures are recalled, not read.",
            3e10,
        ),
        claim(
            "c3",
            "Full forcing learns only the step",
            vec![
                figure(
                    "c3-step",
                    "one-step error of full forcing",
                    "<mrow><mi>MSE</mi><mo>(</mo><mn>1</mn><mo>)</mo></mrow>",
                    "adaptive",
                    Bar::AtMostBaseline,
                )
                .paper(None, "stated", false)
                .logarithmic(),
                figure(
                    "c3-geometry",
                    "divergence of state spaces of full forcing",
                    "<msub><mi>D</mi><mi>stsp</mi></msub>",
                    "adaptive",
                    Bar::MoreThanBaseline,
                )
                .paper(None, "stated", false),
            ],
            true,
            "Open: with clean data at this size full forcing often rebuilds the attractor as well. Measured with \
             the paper's 5 % observation noise on the training data.",
            3e10,
        ),
        claim(
            "c4",
            "The exponent is that of the system",
            vec![
                figure(
                    "c4",
                    "largest Lyapunov exponent of the trained map, per unit of time",
                    "<msub><mi>λ</mi><mn>1</mn></msub>",
                    "free running",
                    Bar::Within { centre: 0.906, tolerance: 0.35 },
                )
                .baseline(Bar::AtMost { bound: 0.0 })
                .paper(Some(0.906), "0.906", false),
            ],
            false,
            "The known exponent of the Lorenz system is the reference; the paper gives none.",
            3e10,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "On the left a chaotic system, on the right a network with as many units, running by itself from the \
             same start. It knows nothing yet. Press play: within a few hundred updates a butterfly appears.",
            "Train from the start",
            vec![set_text("forcing", "adaptive"), set_number("gamma", 0.99)],
        ),
        step(
            "Chaos makes gradients explode: errors grow backwards in time just as trajectories part forwards. \
             Without forcing, the gradient's norm jumps over many orders of magnitude and nothing is learned.",
            "Set the forcing to free, and see",
            vec![set_text("forcing", "free")],
        ),
        step(
            "Each state is mixed with the data, <math><mrow><msub><mover><mi>z</mi><mo>~</mo></mover><mi>t</mi></msub>\
             <mo>=</mo><mo>(</mo><mn>1</mn><mo>−</mo><mi>α</mi><mo>)</mo><msub><mover><mi>z</mi><mo>^</mo></mover>\
             <mi>t</mi></msub><mo>+</mo><mi>α</mi><msub><mi>x</mi><mi>t</mi></msub></mrow></math>, so each backward \
             step shrinks by <math><mrow><mn>1</mn><mo>−</mo><mi>α</mi></mrow></math>. A strength of 0.2 is about \
             enough here.",
            "Fix the strength at 0.2",
            vec![set_text("forcing", "fixed"), set_number("alpha", 0.2)],
        ),
        step(
            "At full strength the network only ever sees one step from the data. Its one-step error becomes the \
             smallest of all; whether its long run resembles the system is another matter.",
            "Force fully",
            vec![set_text("forcing", "full")],
        ),
        step(
            "Keep <math><mrow><mi>α</mi><mo>≥</mo><mn>1</mn><mo>−</mo><mn>1</mn><mo>/</mo><mo>‖</mo><mi>J</mi><mo>‖</mo>\
             </mrow></math> and no gradient can explode. Adaptive forcing estimates the Jacobian’s norm as it goes \
             and lets the strength fall only as far as that allows.",
            "Adapt the strength",
            vec![set_text("forcing", "adaptive")],
        ),
        step(
            "Does it hold with noise on the data? The paper trains with 5 % of it.",
            "Add 5 % noise",
            vec![set_text("forcing", "adaptive"), set_number("noise", 0.05)],
        ),
    ]
}
