//! Controls, views, claims and the lesson of exhibit 45.

use super::plan::ARCHITECTURES;
use crate::build::{
    axis, choice, claim, figure, integer, log_axis, number, set_number, set_text, step, view,
};
use crate::contract::{Bar, Claim, Control, LessonStep, View, ViewKind};

pub(super) const SLUG: &str = "rnn-review";
pub(super) const TITLE: &str = "Networks for sequences";
pub(super) const SUBTITLE: &str = "Lipton, Berkowitz, Elkan 2015 · paper 45";
pub(super) const SENTENCE: &str = "Five recurrent architectures learn to remember side by side: which of them can depends \
    on whether a gradient finds its way back through time.";
pub(super) const CITATION: &str = "Z. C. Lipton, J. Berkowitz and C. Elkan, A Critical Review of Recurrent Neural \
    Networks for Sequence Learning, arXiv 1506.00019 (2015)";

pub(super) fn controls() -> Vec<Control> {
    let architectures: Vec<(&str, &str)> =
        ARCHITECTURES.iter().map(|(slug, name, _)| (*slug, *name)).collect();
    vec![
        choice("architecture", "Architecture", &architectures, "lstm")
            .restarts()
            .help("Whose memory is looked at. The four others learn beside it, from examples of the same kind."),
        choice("task", "Task", &[
            ("latch", "latch: remember the first bit"),
            ("xor", "differs from the last bit"),
            ("future", "majority with the future"),
        ], "latch")
        .restarts()
        .help("What is to be learned."),
        integer("lag", "Lag", [5.0, 100.0], 30.0)
            .symbol("<mi>T</mi>")
            .shown_when("task", &["latch"])
            .restarts()
            .help("Steps over which the first bit is to be remembered, under noise."),
        number("gain", "Recurrent gain", [0.2, 1.6], 0.8, 2)
            .symbol("<mi>g</mi>")
            .help("Of the untrained Elman network in the picture of gradients: they vanish below 1 and may explode above."),
        number("forget", "Forget bias", [0.0, 5.0], 1.0, 1)
            .symbol("<msub><mi>b</mi><mi>f</mi></msub>")
            .restarts()
            .help("Where the bias of the LSTM's forget gate starts: the greater, the wider open is the way back."),
        integer("truncation", "Truncation", [1.0, 100.0], 100.0)
            .symbol("<mi>k</mi>")
            .restarts()
            .help("No gradient goes further back than this; as long as the sequence, it cuts nothing."),
        number("clip", "Clip", [0.0, 10.0], 1.0, 1)
            .restarts()
            .help("A longer gradient is shortened to this norm; 0 shortens none."),
        integer("hidden", "Hidden units", [4.0, 64.0], 16.0)
            .symbol("<mi>H</mi>")
            .restarts()
            .help("Units of each network, of the bidirectional one in each direction."),
        number("rate", "Learning rate", [1e-4, 0.1], 5e-3, 4)
            .logarithmic()
            .restarts()
            .help("Of Adam."),
        integer("updates", "Updates", [100.0, 5000.0], 600.0)
            .logarithmic()
            .restarts()
            .help("How long they learn."),
    ]
}

pub(super) fn views(architecture: &str) -> Vec<View> {
    let inside = match architecture {
        "elman" | "jordan" => "states over one sequence",
        "gru" => "from below: state, reset, update",
        _ => "from below: cell, input, forget",
    };
    vec![
        view(
            "memory",
            "Memory",
            "hidden units in the plane",
            ViewKind::Scene,
            [axis("component 1"), axis("component 2")],
            "The hidden units of two networks over some sequences, in the plane of their principal components, coloured \
             by what they are to answer.",
        ),
        view(
            "accuracy",
            "Share right",
            "of new examples",
            ViewKind::Lines,
            [axis("update"), axis("")],
            "What share of new examples each architecture gets right, against the update.",
        ),
        view(
            "gradient",
            "Gradient against lag",
            "now, and untrained",
            ViewKind::Lines,
            [axis("lag"), log_axis("")],
            "How strongly the last state depends on the input some steps before, for each architecture.",
        ),
        view(
            "inside",
            "Inside",
            inside,
            ViewKind::Heat,
            [axis("step"), axis("unit")],
            "Gates and states of the network over one sequence, unit by unit.",
        ),
        view(
            "loss",
            "Loss",
            "",
            ViewKind::Lines,
            [axis("update"), log_axis("")],
            "The training loss of each architecture against the update.",
        ),
    ]
}

/// An LSTM bridges a lag at which an Elman network fails, and both bridge a short one.
fn bridges(id: &str, figures: [&str; 2], lag: u32, open: bool, note: &str) -> Claim {
    let statement = format!("An LSTM bridges a lag of {lag} at which a simple network fails");
    let long = figure(
        figures[0],
        &format!("share right at lag {lag}, the least of three LSTMs"),
        &format!("<mrow><mi>T</mi><mo>=</mo><mn>{lag}</mn></mrow>"),
        "median of three Elman networks",
        Bar::AtLeast { bound: 0.95 },
    )
    .baseline(Bar::AtMost { bound: 0.7 })
    .paper(None, "stated", false);
    let short = figure(
        figures[1],
        "share right at lag 10, the least of all six",
        "<mrow><mi>T</mi><mo>=</mo><mn>10</mn></mrow>",
        "",
        Bar::AtLeast { bound: 0.95 },
    );
    claim(id, &statement, vec![long, short], open, note, 5.4e9 * f64::from(lag + 10))
}

pub(super) fn claims() -> Vec<Claim> {
    vec![
        bridges(
            "c1",
            ["c1-long", "c1-short"],
            30,
            true,
            "Open: at this lag about half of all Elman networks learn it too, so that the median of three passes the bar \
             for about half of the seeds; the LSTM always does. See the next lag.",
        ),
        bridges(
            "c5",
            ["c5-long", "c5-short"],
            40,
            true,
            "Open: it held for seven seeds of ten; once an LSTM failed, twice two Elman networks of three did not. 600 \
             updates each, on batches of 64; tried on 2000 new sequences. The tasks are ours: the review reports \
             applications alone. At a lag of 60 the LSTM too needs its forget gate open or more updates.",
        ),
        claim(
            "c2",
            "Gradients vanish through tanh, not through the gated cell",
            vec![
                figure(
                    "c2",
                    "gradient at lag 50 over that at lag 1, Elman network of gain 0.8",
                    "<mrow><mn>50</mn><mo>:</mo><mn>1</mn></mrow>",
                    "LSTM with forget bias 3",
                    Bar::AtMost { bound: 1e-3 },
                )
                .baseline(Bar::AtLeast { bound: 0.1 })
                .paper(None, "stated", false)
                .logarithmic(),
            ],
            false,
            "Untrained networks of 32 units over 60 steps; 16 sequences. The bias is what lets the LSTM's gradient \
             through, so that this does not say that every LSTM's does.",
            1e8,
        ),
        claim(
            "c3",
            "Hidden feedback holds what output feedback cannot",
            vec![
                figure(
                    "c3",
                    "share right of the exclusive or of two bits, Elman",
                    "",
                    "Jordan",
                    Bar::AtLeast { bound: 0.98 },
                )
                .baseline(Bar::AtMost { bound: 0.75 })
                .paper(None, "stated", false),
            ],
            false,
            "8 units, 800 updates. The Jordan network hears its own output, in training too.",
            4e9,
        ),
        claim(
            "c4",
            "Both directions solve what the past alone cannot",
            vec![
                figure(
                    "c4",
                    "share right of a majority with a bit two steps ahead, bidirectional",
                    "",
                    "LSTM from the front",
                    Bar::AtLeast { bound: 0.97 },
                )
                .baseline(Bar::AtMost { bound: 0.8 })
                .paper(None, "stated", false),
            ],
            false,
            "12 units a direction, 250 updates. Whoever does not know the bit ahead must guess in half of the cases: \
             0.75.",
            8e9,
        ),
    ]
}

pub(super) fn lesson() -> Vec<LessonStep> {
    vec![
        step(
            "Each line on the stage is a sequence. Its first input says <em>up</em> or <em>down</em>; noise follows; at \
             the end the network is asked which it was. A network that remembers keeps the two colours apart.",
            "Remember over 30 steps",
            vec![set_text("task", "latch"), set_number("lag", 30.0), set_text("architecture", "lstm")],
        ),
        step(
            "Over ten steps even the simplest network manages. Watch how its two colours part.",
            "Elman, ten steps",
            vec![set_text("task", "latch"), set_number("lag", 10.0), set_text("architecture", "elman")],
        ),
        step(
            "Over thirty it mostly fails: look at the gradient against the lag. What happened thirty steps ago moves the \
             loss by next to nothing, so nothing tells the network to keep it.",
            "Elman, thirty steps",
            vec![set_text("task", "latch"), set_number("lag", 30.0), set_text("architecture", "elman")],
        ),
        step(
            "In an LSTM the cell is handed on by the forget gate, <math><mrow><msub><mi>c</mi><mi>t</mi></msub><mo>=</mo>\
             <mi>f</mi><mo>∘</mo><msub><mi>c</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msub><mo>+</mo><mi>i</mi>\
             <mo>∘</mo><mi>g</mi></mrow></math>: where the gate stands open, the gradient passes whole.",
            "Open the gate",
            vec![set_text("architecture", "lstm"), set_number("lag", 60.0), set_number("forget", 3.0)],
        ),
        step(
            "Cut the gradient after five steps, and no architecture can learn what lies further back.",
            "Truncate at 5",
            vec![set_text("task", "latch"), set_number("lag", 30.0), set_number("truncation", 5.0)],
        ),
        step(
            "A Jordan network hears its last answer, an Elman network its last state. To tell whether two bits differ, \
             the answer alone is not enough.",
            "Two bits",
            vec![
                set_text("task", "xor"),
                set_text("architecture", "jordan"),
                set_number("hidden", 8.0),
                set_number("rate", 0.01),
            ],
        ),
        step(
            "And here the answer lies in the future. Whoever reads from both ends has it.",
            "Read both ways",
            vec![
                set_text("task", "future"),
                set_text("architecture", "brnn"),
                set_number("hidden", 12.0),
                set_number("rate", 0.01),
            ],
        ),
    ]
}
