//! What an exhibit declares and what a run answers: the data that the page and the program draw from.
//!
//! Everything here is plain data that serialises; the front end's types are printed from it, so that neither
//! side can drift. Numbers that may be large travel as text.

use serde::{Deserialize, Serialize};

macro_rules! data {
    ($($(#[$meta:meta])* pub $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub $kind $name $body
    )*};
}

data! {
    /// All that a page needs to draw an exhibit and its controls.
    pub struct Declaration {
        /// Stable name, as in links.
        pub slug: String,
        /// Name for people.
        pub title: String,
        /// Authors and year, or who found the system.
        pub subtitle: String,
        /// Family in the gallery.
        pub family: String,
        /// One sentence on what it is.
        pub sentence: String,
        /// Counts up when the same recipe gives other numbers.
        pub edition: u32,
        /// The equations, where the exhibit runs on some.
        pub equations: Option<Equations>,
        /// Controls in the order shown.
        pub controls: Vec<Control>,
        /// Views; the first one takes the stage.
        pub views: Vec<View>,
        /// Claims in the order shown.
        pub claims: Vec<Claim>,
        /// The lesson, one step at a time.
        pub lesson: Vec<LessonStep>,
        /// Named sets of values, to be chosen from a menu.
        pub presets: Vec<Preset>,
        /// What to cite for what is on screen.
        pub citations: Vec<String>,
        /// Whether a CSV series can be dropped on it.
        pub takes_series: bool,
        /// Whether the GPU can carry (part of) the run.
        pub takes_gpu: bool,
    }

    /// A named set of values.
    pub struct Preset {
        /// Its name.
        pub name: String,
        /// What it shows; may be empty.
        pub sentence: String,
        /// The controls that it sets.
        pub sets: Vec<Setting>,
    }

    /// A word or a comment in a text, for colouring it.
    pub struct Highlight {
        /// Line, from 1.
        pub line: u32,
        /// Column in characters, from 1.
        pub column: u32,
        /// Length in characters.
        pub length: u32,
        /// `comment`, `keyword`, `number`, `variable`, `parameter`, `quantity`, `function`, `setting` or `unknown`.
        pub class: String,
    }

    /// A word that may be written in a text.
    pub struct Word {
        /// The word.
        pub name: String,
        /// What it is, as in [`Highlight`].
        pub class: String,
        /// What goes with it, such as a function's arguments.
        pub detail: String,
    }

    /// What an editor shows of a text while it is typed.
    pub struct Reading {
        /// Words and comments in the order of the text, without overlap.
        pub highlights: Vec<Highlight>,
        /// Words to complete with: the text's own first.
        pub words: Vec<Word>,
        /// What is wrong, or has no effect.
        pub diagnostics: Vec<Diagnostic>,
    }

    /// Equations as text and as mathematics.
    pub struct Equations {
        /// The `.ode` text.
        pub text: String,
        /// One MathML element a line.
        pub mathml: Vec<String>,
        /// Whether the user may edit the text.
        pub editable: bool,
        /// Whether the text was typed by the user rather than taken from the zoo.
        pub typed: bool,
    }

    /// A fault or a warning in a text, with its place and what would be right.
    pub struct Diagnostic {
        /// `error` or `warning`.
        pub severity: String,
        /// Line, from 1.
        pub line: u32,
        /// Column in characters, from 1.
        pub column: u32,
        /// Length in characters.
        pub length: u32,
        /// What is wrong.
        pub message: String,
        /// What would be right.
        pub help: Option<String>,
        /// The text that repairs it in place of the `length` characters at `line` and `column`.
        pub replacement: Option<String>,
    }

    /// One thing a person can set.
    pub struct Control {
        /// Key in links.
        pub id: String,
        /// Label for people.
        pub label: String,
        /// Symbol as MathML.
        pub symbol: Option<String>,
        /// Unit.
        pub unit: Option<String>,
        /// What a change means, in a sentence.
        pub help: String,
        /// Heading under which it stands.
        pub group: String,
        /// Range, default and kind.
        pub kind: ControlKind,
        /// Whether a change takes effect at once or restarts the run.
        pub restarts: bool,
        /// Shown only while another control has one of some values.
        pub shown_when: Option<Condition>,
    }

    /// Another control's values.
    pub struct Condition {
        /// The other control.
        pub control: String,
        /// Its values, as text.
        pub any_of: Vec<String>,
    }

    /// Kind, range and default of a control.
    #[serde(tag = "kind", rename_all_fields = "camelCase")]
    pub enum ControlKind {
        /// A real number on a slider.
        Number {
            /// Smallest.
            min: f64,
            /// Largest.
            max: f64,
            /// Default.
            default: f64,
            /// Whether the slider is logarithmic.
            log: bool,
            /// Decimals shown.
            decimals: u32,
            /// Whether a value outside the slider may be typed (parameters of a system).
            open: bool,
        },
        /// A whole number on a slider.
        Integer {
            /// Smallest.
            min: f64,
            /// Largest.
            max: f64,
            /// Default.
            default: f64,
            /// Whether the slider is logarithmic.
            log: bool,
        },
        /// One of a few.
        Choice {
            /// Options in order.
            options: Vec<ChoiceOption>,
            /// Default.
            default: String,
        },
        /// On or off.
        Switch {
            /// Default.
            default: bool,
        },
        /// A curve drawn by hand: as many letters of `0-9A-Za-z-_` as it has points, from lowest to highest.
        Curve {
            /// Default.
            default: String,
            /// Most points.
            points: u32,
        },
        /// A line of text.
        Text {
            /// Default.
            default: String,
            /// Most characters.
            max_length: u32,
        },
    }

    /// One option of a choice.
    pub struct ChoiceOption {
        /// Value in links.
        pub value: String,
        /// Label for people.
        pub label: String,
    }

    /// The value of a control.
    #[serde(untagged)]
    pub enum Value {
        /// On or off.
        Switch(bool),
        /// A number.
        Number(f64),
        /// A choice or a text.
        Text(String),
    }

    /// An axis of a view.
    pub struct Axis {
        /// Name.
        pub label: String,
        /// Unit.
        pub unit: Option<String>,
        /// Whether logarithmic.
        pub log: bool,
    }

    /// A declared picture.
    pub struct View {
        /// Stable name.
        pub id: String,
        /// Title in one to four words.
        pub title: String,
        /// A second half of the title, set lighter.
        pub detail: String,
        /// What kind of picture.
        pub kind: ViewKind,
        /// Horizontal axis.
        pub x: Axis,
        /// Vertical axis.
        pub y: Axis,
        /// What is to be seen, for who cannot see it; a run's pictures carry a live one.
        pub alternative: String,
        /// Whether a click in it starts something: on the stage where it hits a plane, in a plot at its place in the
        /// units of the axes.
        pub pickable: bool,
    }

    /// Kinds of picture.
    pub enum ViewKind {
        /// Three-dimensional or planar scene, drawn by the worker on its canvas.
        Scene,
        /// Lines against a common axis.
        Lines,
        /// Points in the plane.
        Points,
        /// Heat map.
        Heat,
        /// Spikes against time.
        Raster,
        /// Bars.
        Bars,
        /// Nodes and edges.
        Graph,
        /// A matrix of numbers as colours.
        Matrix,
        /// Words.
        Text,
    }

    /// A statement of the paper, in our words, and how it is measured.
    pub struct Claim {
        /// Stable name, such as `c1`.
        pub id: String,
        /// The statement.
        pub statement: String,
        /// One row a figure.
        pub figures: Vec<Figure>,
        /// Open claims show their numbers and fail nothing.
        pub open: bool,
        /// Why it is open, what differs from the paper, how it is measured.
        pub note: String,
        /// Seeds that the page measures by default.
        pub seeds: Vec<u32>,
        /// Floating-point operations of one seed, about.
        pub cost: f64,
    }

    /// One measured number of a claim.
    pub struct Figure {
        /// Stable name; the claim's own where it has one figure.
        pub id: String,
        /// What is measured.
        pub measure: String,
        /// Its symbol as MathML.
        pub symbol: Option<String>,
        /// What the baseline is, such as `free running`.
        pub without: String,
        /// When the value passes.
        pub bar: Bar,
        /// When the baseline does what the statement says of it.
        pub baseline_bar: Option<Bar>,
        /// The paper's value (or the known one).
        pub paper: Option<PaperValue>,
        /// Whether a strip of values is better drawn logarithmically.
        pub log: bool,
    }

    /// When a number passes.
    #[serde(tag = "kind", rename_all_fields = "camelCase")]
    pub enum Bar {
        /// At most a bound.
        AtMost {
            /// The bound.
            bound: f64,
        },
        /// At least a bound.
        AtLeast {
            /// The bound.
            bound: f64,
        },
        /// Within a tolerance of a value.
        Within {
            /// The value.
            centre: f64,
            /// The tolerance.
            tolerance: f64,
        },
        /// At most the baseline.
        AtMostBaseline,
        /// More than the baseline.
        MoreThanBaseline,
    }

    /// The paper's own value.
    pub struct PaperValue {
        /// The number, where there is one.
        pub value: Option<f64>,
        /// As shown.
        pub text: String,
        /// Whether recalled rather than read in the paper.
        pub recalled: bool,
    }

    /// One figure of one claim, measured for one seed.
    pub struct Measurement {
        /// The exhibit.
        pub exhibit: String,
        /// The claim.
        pub claim: String,
        /// The figure.
        pub figure: String,
        /// The seed, as text.
        pub seed: String,
        /// The value; none when it is not finite or not measured.
        pub value: Option<f64>,
        /// The baseline, measured in the same run.
        pub baseline: Option<f64>,
        /// Whether it holds for this seed; none when it was not measured.
        pub holds: Option<bool>,
        /// Why it was not measured, or what befell it.
        pub reason: Option<String>,
    }

    /// The verdict on a claim over its seeds.
    pub struct Verdict {
        /// The claim.
        pub claim: String,
        /// `holds`, `fails`, `open`, or `not measured`.
        pub word: String,
        /// Seeds that hold.
        pub held: u32,
        /// Seeds measured.
        pub measured: u32,
        /// Why, where there is something to say.
        pub reason: Option<String>,
    }

    /// One step of a lesson.
    pub struct LessonStep {
        /// A few sentences in plain HTML text with MathML, no other markup than `<em>` and `<math>`.
        pub text: String,
        /// What the button says.
        pub action: String,
        /// The controls that the button sets.
        pub sets: Vec<Setting>,
    }

    /// A control and its value.
    pub struct Setting {
        /// The control.
        pub control: String,
        /// The value.
        pub value: Value,
    }

    /// Where a run is.
    pub struct Status {
        /// Steps or updates done.
        pub step: f64,
        /// What a step is called: `steps`, `updates`.
        pub unit: String,
        /// How many it will do, where it ends by itself.
        pub total: Option<f64>,
        /// Time of the system, where it has one.
        pub time: Option<f64>,
        /// How it stands.
        pub state: RunState,
        /// Numbers written on the stage.
        pub readouts: Vec<Readout>,
        /// Fingerprint at this step, 16 hexadecimal digits; none where none is claimed.
        pub fingerprint: Option<String>,
        /// Why there is no fingerprint, or with what tolerance.
        pub fingerprint_note: Option<String>,
        /// What carries the ensemble or the training: `cpu`, `gpu`.
        pub device: String,
        /// A sentence on something the person should know now (skipped updates, fewer copies drawn).
        pub note: Option<String>,
    }

    /// How a run stands.
    #[serde(tag = "state", rename_all_fields = "camelCase")]
    pub enum RunState {
        /// Can go on.
        Ready,
        /// At its end.
        Finished,
        /// Stopped by a number that left all bounds.
        Diverged {
            /// When.
            time: f64,
            /// Which variable.
            variable: String,
            /// The last finite state.
            last: Vec<f64>,
            /// What to do.
            remedies: Vec<Remedy>,
        },
        /// Stopped by its engine.
        Failed {
            /// What happened.
            reason: String,
            /// What to do.
            remedies: Vec<Remedy>,
        },
    }

    /// A way on, as a button.
    pub struct Remedy {
        /// What the button says.
        pub action: String,
        /// The controls it sets.
        pub sets: Vec<Setting>,
    }

    /// A number written on the stage.
    pub struct Readout {
        /// Name.
        pub label: String,
        /// Symbol as MathML.
        pub symbol: Option<String>,
        /// The number as text, with its decimals.
        pub value: String,
        /// Whether it is the run's own figure (set in the accent).
        pub live: bool,
    }

    /// The data of a view at a moment. Arrays travel beside it; an [`ArrayRef`] is an index into them.
    #[serde(tag = "kind", rename_all_fields = "camelCase")]
    pub enum Picture {
        /// Lines or points.
        Plot {
            /// The view.
            view: String,
            /// What is drawn.
            series: Vec<Series>,
            /// Thin uprights with a name, such as where the data ends.
            uprights: Vec<Mark>,
            /// Thin levels with a name, such as a known value.
            levels: Vec<Mark>,
            /// Horizontal range; none to fit. An end that is not a number, null in JSON, is fitted too.
            x: Option<[f64; 2]>,
            /// Vertical range, in the same way.
            y: Option<[f64; 2]>,
            /// What is to be seen now.
            alternative: String,
        },
        /// A heat map or a matrix, row-major from the lower left.
        Heat {
            /// The view.
            view: String,
            /// Rows.
            rows: u32,
            /// Columns.
            columns: u32,
            /// `rows * columns` values.
            values: ArrayRef,
            /// Range of x.
            x: [f64; 2],
            /// Range of y.
            y: [f64; 2],
            /// Range of colour.
            range: [f64; 2],
            /// What the colour means.
            label: String,
            /// What is to be seen now.
            alternative: String,
        },
        /// Bars, one group a label.
        Bars {
            /// The view.
            view: String,
            /// Labels.
            labels: Vec<String>,
            /// One value a label in `y`; `x` is unused.
            series: Vec<Series>,
            /// What is to be seen now.
            alternative: String,
        },
        /// Words.
        Text {
            /// The view.
            view: String,
            /// Paragraphs.
            lines: Vec<String>,
        },
    }

    /// One line or cloud of a plot.
    pub struct Series {
        /// Label at its end.
        pub label: String,
        /// How it is drawn.
        pub role: Role,
        /// Horizontal values.
        pub x: ArrayRef,
        /// Vertical values; a gap where not a number.
        pub y: ArrayRef,
        /// Points rather than a line.
        pub points: bool,
    }

    /// How a series is drawn: never by colour alone.
    pub enum Role {
        /// The run's own: accent, heavy.
        Run,
        /// Reference: ink, solid.
        Ink,
        /// Accompanying: grey, solid, thin.
        Quiet,
        /// Ablation: dashed ink.
        Dashed,
        /// Second ablation: dotted ink.
        Dotted,
    }

    /// A named place on an axis.
    pub struct Mark {
        /// Where.
        pub at: f64,
        /// Name.
        pub label: String,
    }

    /// Index of an array that travels beside the picture.
    pub struct ArrayRef {
        /// The index.
        pub array: u32,
    }

    /// A question that the analysis desk answers about a system or a series.
    pub struct Question {
        /// Stable name: the program's command of that name asks it too.
        pub id: String,
        /// Title in a few words.
        pub title: String,
        /// What the answer tells, in a sentence.
        pub sentence: String,
        /// What can be set.
        pub controls: Vec<Control>,
    }

    /// One number or statement of an answer.
    pub struct Finding {
        /// Stable name.
        pub id: String,
        /// What it is.
        pub label: String,
        /// Its symbol as MathML.
        pub symbol: Option<String>,
        /// The number; none where it is none, or not finite.
        pub value: Option<f64>,
        /// Its standard error or the bound on its error; none where there is none.
        pub error: Option<f64>,
        /// As shown, with its error or the word `unconverged`.
        pub text: String,
    }

    /// What is known of a question so far.
    pub struct Answer {
        /// The question.
        pub question: String,
        /// How much of the work is done, from 0 to 1.
        pub progress: f64,
        /// Whether all of it is done.
        pub finished: bool,
        /// Numbers and statements in the order shown.
        pub findings: Vec<Finding>,
        /// Its pictures; their data travel beside it.
        pub views: Vec<View>,
        /// What should be known about the answer: what stopped it, what to change.
        pub note: Option<String>,
    }

    /// The gallery.
    pub struct Gallery {
        /// Families of systems, then families of exhibits.
        pub families: Vec<Family>,
    }

    /// A family in the gallery.
    pub struct Family {
        /// `Systems` or `Exhibits`.
        pub shelf: String,
        /// Name.
        pub name: String,
        /// Members in order.
        pub members: Vec<Member>,
    }

    /// A member of the gallery.
    pub struct Member {
        /// Name in links.
        pub slug: String,
        /// Name for people.
        pub title: String,
        /// Source: who, when.
        pub subtitle: String,
        /// One sentence.
        pub sentence: String,
        /// Family in the gallery.
        pub family: String,
        /// State variables, for systems.
        pub dimension: Option<u32>,
        /// Largest known Lyapunov exponent, for systems.
        pub exponent: Option<f64>,
        /// Why a system is not chaotic at its defaults; none where it is, or where nothing is said.
        pub regular: Option<String>,
        /// Name in links of the collection's version, `dysts:Lorenz`, for systems.
        pub collection: Option<String>,
    }

    /// What was opened.
    pub struct Opened {
        /// The exhibit.
        pub declaration: Declaration,
        /// Values of all controls, in the order declared.
        pub values: Vec<Setting>,
        /// Seed, as text.
        pub seed: String,
        /// The link without step and fingerprint.
        pub link: String,
        /// Where the run is.
        pub status: Status,
        /// What was wrong with what was asked for; the run is then the last good one or the default.
        pub fault: Option<Fault>,
        /// The step that the link names; the page runs to it and compares.
        pub target: Option<Target>,
        /// Whether the run is too expensive to start by itself, and why.
        pub hold: Option<String>,
    }

    /// The step and fingerprint that a link names.
    pub struct Target {
        /// The step.
        pub step: f64,
        /// The fingerprint, where the link carries one and the edition is this one.
        pub fingerprint: Option<String>,
    }

    /// Something that went wrong, plainly said, with a way on.
    pub struct Fault {
        /// `link`, `equations`, `series`, `value`, `device`, `panic`, `divergence`.
        pub about: String,
        /// A short title.
        pub title: String,
        /// What was wrong, where, and what would be right.
        pub message: String,
        /// What the person had typed or opened, kept.
        pub text: Option<String>,
        /// Places in a text.
        pub diagnostics: Vec<Diagnostic>,
    }

    /// A run to pass on.
    pub struct Shared {
        /// Fragment of the link, with step and fingerprint.
        pub link: String,
        /// The command line that repeats the run.
        pub command: String,
        /// A sentence on what travels in it.
        pub note: String,
    }

    /// A format that equations can be written in.
    pub struct ExportFormat {
        /// Stable name.
        pub name: String,
        /// Name for people.
        pub label: String,
        /// How the name of a file of it ends, without the dot.
        pub ending: String,
    }

    /// A label that the page lays over the stage.
    pub struct StageLabel {
        /// Text.
        pub text: String,
        /// Horizontal place in CSS pixels from the canvas's left edge.
        pub x: f64,
        /// Vertical place in CSS pixels from the canvas's top edge.
        pub y: f64,
        /// `start`, `middle` or `end`.
        pub anchor: String,
        /// `axis`, `tick`, `mark`, `title`, `title-live` (the run's own), `note`.
        pub kind: String,
    }

    /// The scale of colours on the stage.
    pub struct ColourLegend {
        /// What the colour means, as MathML or text.
        pub label: String,
        /// Lower end.
        pub min: String,
        /// Upper end.
        pub max: String,
    }

    /// What was drawn on the stage.
    pub struct Drawn {
        /// Labels to lay over it.
        pub labels: Vec<StageLabel>,
        /// Scale of colours.
        pub legend: Option<ColourLegend>,
        /// What is to be seen.
        pub alternative: String,
        /// Milliseconds it took to submit.
        pub milliseconds: f64,
    }

    /// The device that computes and draws.
    pub struct DeviceReport {
        /// Whether there is a device.
        pub available: bool,
        /// Its name.
        pub name: String,
        /// Whether it is software.
        pub software: bool,
        /// Why there is none, or what the self-test found.
        pub note: Option<String>,
    }
}

impl Bar {
    /// Whether a value passes, given the baseline of the same run; a value that is not a number never does.
    pub fn passes(&self, value: f64, baseline: Option<f64>) -> bool {
        match *self {
            Bar::AtMost { bound } => value <= bound,
            Bar::AtLeast { bound } => value >= bound,
            Bar::Within { centre, tolerance } => libm::fabs(value - centre) <= tolerance,
            Bar::AtMostBaseline => baseline.is_some_and(|b| value <= b),
            Bar::MoreThanBaseline => baseline.is_some_and(|b| value > b),
        }
    }
}

impl Picture {
    /// The view that it is of.
    pub fn view(&self) -> &str {
        match self {
            Self::Plot { view, .. }
            | Self::Heat { view, .. }
            | Self::Bars { view, .. }
            | Self::Text { view, .. } => view,
        }
    }
}

/// The data of a view with the arrays that its [`ArrayRef`]s point into.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The picture.
    pub picture: Picture,
    /// Its arrays.
    pub arrays: Vec<Vec<f64>>,
}

#[cfg(test)]
mod tests {
    use ts_rs::TS;

    /// The front end's types are printed from this module into `web/src/contract.ts`.
    #[test]
    fn the_front_ends_types_are_those_of_this_module() {
        use super::*;
        let config = ts_rs::Config::new().with_large_int("number");
        macro_rules! print { ($($name:ident),* $(,)?) => { [$($name::decl(&config)),*] } }
        let declarations = print!(
            Declaration,
            Preset,
            Highlight,
            Word,
            Reading,
            Equations,
            Diagnostic,
            Control,
            Condition,
            ControlKind,
            ChoiceOption,
            Value,
            Axis,
            View,
            ViewKind,
            Claim,
            Figure,
            Bar,
            PaperValue,
            Measurement,
            Verdict,
            LessonStep,
            Setting,
            Status,
            RunState,
            Remedy,
            Readout,
            Picture,
            Series,
            Role,
            Mark,
            ArrayRef,
            Question,
            Finding,
            Answer,
            Gallery,
            Family,
            Member,
            Opened,
            Target,
            Fault,
            Shared,
            ExportFormat,
            StageLabel,
            ColourLegend,
            Drawn,
            DeviceReport,
        );
        let mut text = String::from(
            "// Printed from crates/exhibits/src/contract.rs by `cargo test -p exhibits`; do not edit.\n",
        );
        for declaration in declarations {
            text.push_str("\nexport ");
            text.push_str(&declaration);
            text.push('\n');
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/contract.ts");
        let there = std::fs::read_to_string(path).unwrap_or_default();
        if there != text && std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).unwrap();
        } else {
            assert!(
                there == text,
                "web/src/contract.ts is not what the contract says; run again with UPDATE=1"
            );
        }
    }
}
