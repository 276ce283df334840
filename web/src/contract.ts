// Printed from crates/exhibits/src/contract.rs by `cargo test -p exhibits`; do not edit.

export type Declaration = { 
/**
 * Stable name, as in links.
 */
slug: string, 
/**
 * Name for people.
 */
title: string, 
/**
 * Authors and year, or who found the system.
 */
subtitle: string, 
/**
 * Family in the gallery.
 */
family: string, 
/**
 * One sentence on what it is.
 */
sentence: string, 
/**
 * Counts up when the same recipe gives other numbers.
 */
edition: number, 
/**
 * The equations, where the exhibit runs on some.
 */
equations: Equations | null, 
/**
 * Controls in the order shown.
 */
controls: Array<Control>, 
/**
 * Views; the first one takes the stage.
 */
views: Array<View>, 
/**
 * Claims in the order shown.
 */
claims: Array<Claim>, 
/**
 * The lesson, one step at a time.
 */
lesson: Array<LessonStep>, 
/**
 * Named sets of values, to be chosen from a menu.
 */
presets: Array<Preset>, 
/**
 * What to cite for what is on screen.
 */
citations: Array<string>, 
/**
 * Whether a CSV series can be dropped on it.
 */
takesSeries: boolean, 
/**
 * Whether the GPU can carry (part of) the run.
 */
takesGpu: boolean, };

export type Preset = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it shows; may be empty.
 */
sentence: string, 
/**
 * The controls that it sets.
 */
sets: Array<Setting>, };

export type Highlight = { 
/**
 * Line, from 1.
 */
line: number, 
/**
 * Column in characters, from 1.
 */
column: number, 
/**
 * Length in characters.
 */
length: number, 
/**
 * `comment`, `keyword`, `number`, `variable`, `parameter`, `quantity`, `function`, `setting` or `unknown`.
 */
class: string, };

export type Word = { 
/**
 * The word.
 */
name: string, 
/**
 * What it is, as in [`Highlight`].
 */
class: string, 
/**
 * What goes with it, such as a function's arguments.
 */
detail: string, };

export type Reading = { 
/**
 * Words and comments in the order of the text, without overlap.
 */
highlights: Array<Highlight>, 
/**
 * Words to complete with: the text's own first.
 */
words: Array<Word>, 
/**
 * What is wrong, or has no effect.
 */
diagnostics: Array<Diagnostic>, };

export type Equations = { 
/**
 * The `.ode` text.
 */
text: string, 
/**
 * One MathML element a line.
 */
mathml: Array<string>, 
/**
 * Whether the user may edit the text.
 */
editable: boolean, 
/**
 * Whether the text was typed by the user rather than taken from the zoo.
 */
typed: boolean, };

export type Diagnostic = { 
/**
 * `error` or `warning`.
 */
severity: string, 
/**
 * Line, from 1.
 */
line: number, 
/**
 * Column in characters, from 1.
 */
column: number, 
/**
 * Length in characters.
 */
length: number, 
/**
 * What is wrong.
 */
message: string, 
/**
 * What would be right.
 */
help: string | null, 
/**
 * The text that repairs it in place of the `length` characters at `line` and `column`.
 */
replacement: string | null, };

export type Control = { 
/**
 * Key in links.
 */
id: string, 
/**
 * Label for people.
 */
label: string, 
/**
 * Symbol as MathML.
 */
symbol: string | null, 
/**
 * Unit.
 */
unit: string | null, 
/**
 * What a change means, in a sentence.
 */
help: string, 
/**
 * Heading under which it stands.
 */
group: string, 
/**
 * Range, default and kind.
 */
kind: ControlKind, 
/**
 * Whether a change takes effect at once or restarts the run.
 */
restarts: boolean, 
/**
 * Shown only while another control has one of some values.
 */
shownWhen: Condition | null, };

export type Condition = { 
/**
 * The other control.
 */
control: string, 
/**
 * Its values, as text.
 */
anyOf: Array<string>, };

export type ControlKind = { "kind": "number", 
/**
 * Smallest.
 */
min: number, 
/**
 * Largest.
 */
max: number, 
/**
 * Default.
 */
default: number, 
/**
 * Whether the slider is logarithmic.
 */
log: boolean, 
/**
 * Decimals shown.
 */
decimals: number, 
/**
 * Whether a value outside the slider may be typed (parameters of a system).
 */
open: boolean, } | { "kind": "integer", 
/**
 * Smallest.
 */
min: number, 
/**
 * Largest.
 */
max: number, 
/**
 * Default.
 */
default: number, 
/**
 * Whether the slider is logarithmic.
 */
log: boolean, } | { "kind": "choice", 
/**
 * Options in order.
 */
options: Array<ChoiceOption>, 
/**
 * Default.
 */
default: string, } | { "kind": "switch", 
/**
 * Default.
 */
default: boolean, } | { "kind": "curve", 
/**
 * Default.
 */
default: string, 
/**
 * Most points.
 */
points: number, } | { "kind": "text", 
/**
 * Default.
 */
default: string, 
/**
 * Most characters.
 */
maxLength: number, };

export type ChoiceOption = { 
/**
 * Value in links.
 */
value: string, 
/**
 * Label for people.
 */
label: string, };

export type Value = boolean | number | string;

export type Axis = { 
/**
 * Name.
 */
label: string, 
/**
 * Unit.
 */
unit: string | null, 
/**
 * Whether logarithmic.
 */
log: boolean, };

export type View = { 
/**
 * Stable name.
 */
id: string, 
/**
 * Title in one to four words.
 */
title: string, 
/**
 * A second half of the title, set lighter.
 */
detail: string, 
/**
 * What kind of picture.
 */
kind: ViewKind, 
/**
 * Horizontal axis.
 */
x: Axis, 
/**
 * Vertical axis.
 */
y: Axis, 
/**
 * What is to be seen, for who cannot see it; a run's pictures carry a live one.
 */
alternative: string, 
/**
 * Whether a click in it starts something: on the stage where it hits a plane, in a plot at its place in the
 * units of the axes.
 */
pickable: boolean, };

export type ViewKind = "scene" | "lines" | "points" | "heat" | "raster" | "bars" | "graph" | "matrix" | "text";

export type Claim = { 
/**
 * Stable name, such as `c1`.
 */
id: string, 
/**
 * The statement.
 */
statement: string, 
/**
 * One row a figure.
 */
figures: Array<Figure>, 
/**
 * Open claims show their numbers and fail nothing.
 */
open: boolean, 
/**
 * Why it is open, what differs from the paper, how it is measured.
 */
note: string, 
/**
 * Seeds that the page measures by default.
 */
seeds: Array<number>, 
/**
 * Floating-point operations of one seed, about.
 */
cost: number, };

export type Figure = { 
/**
 * Stable name; the claim's own where it has one figure.
 */
id: string, 
/**
 * What is measured.
 */
measure: string, 
/**
 * Its symbol as MathML.
 */
symbol: string | null, 
/**
 * What the baseline is, such as `free running`.
 */
without: string, 
/**
 * When the value passes.
 */
bar: Bar, 
/**
 * When the baseline does what the statement says of it.
 */
baselineBar: Bar | null, 
/**
 * The paper's value (or the known one).
 */
paper: PaperValue | null, 
/**
 * Whether a strip of values is better drawn logarithmically.
 */
log: boolean, };

export type Bar = { "kind": "atMost", 
/**
 * The bound.
 */
bound: number, } | { "kind": "atLeast", 
/**
 * The bound.
 */
bound: number, } | { "kind": "within", 
/**
 * The value.
 */
centre: number, 
/**
 * The tolerance.
 */
tolerance: number, } | { "kind": "atMostBaseline" } | { "kind": "moreThanBaseline" };

export type PaperValue = { 
/**
 * The number, where there is one.
 */
value: number | null, 
/**
 * As shown.
 */
text: string, 
/**
 * Whether recalled rather than read in the paper.
 */
recalled: boolean, };

export type Measurement = { 
/**
 * The exhibit.
 */
exhibit: string, 
/**
 * The claim.
 */
claim: string, 
/**
 * The figure.
 */
figure: string, 
/**
 * The seed, as text.
 */
seed: string, 
/**
 * The value; none when it is not finite or not measured.
 */
value: number | null, 
/**
 * The baseline, measured in the same run.
 */
baseline: number | null, 
/**
 * Whether it holds for this seed; none when it was not measured.
 */
holds: boolean | null, 
/**
 * Why it was not measured, or what befell it.
 */
reason: string | null, };

export type Verdict = { 
/**
 * The claim.
 */
claim: string, 
/**
 * `holds`, `fails`, `open`, or `not measured`.
 */
word: string, 
/**
 * Seeds that hold.
 */
held: number, 
/**
 * Seeds measured.
 */
measured: number, 
/**
 * Why, where there is something to say.
 */
reason: string | null, };

export type LessonStep = { 
/**
 * A few sentences in plain HTML text with MathML, no other markup than `<em>` and `<math>`.
 */
text: string, 
/**
 * What the button says.
 */
action: string, 
/**
 * The controls that the button sets.
 */
sets: Array<Setting>, };

export type Setting = { 
/**
 * The control.
 */
control: string, 
/**
 * The value.
 */
value: Value, };

export type Status = { 
/**
 * Steps or updates done.
 */
step: number, 
/**
 * What a step is called: `steps`, `updates`.
 */
unit: string, 
/**
 * How many it will do, where it ends by itself.
 */
total: number | null, 
/**
 * Time of the system, where it has one.
 */
time: number | null, 
/**
 * How it stands.
 */
state: RunState, 
/**
 * Numbers written on the stage.
 */
readouts: Array<Readout>, 
/**
 * Fingerprint at this step, 16 hexadecimal digits; none where none is claimed.
 */
fingerprint: string | null, 
/**
 * Why there is no fingerprint, or with what tolerance.
 */
fingerprintNote: string | null, 
/**
 * What carries the ensemble or the training: `cpu`, `gpu`.
 */
device: string, 
/**
 * A sentence on something the person should know now (skipped updates, fewer copies drawn).
 */
note: string | null, };

export type RunState = { "state": "ready" } | { "state": "finished" } | { "state": "diverged", 
/**
 * When.
 */
time: number, 
/**
 * Which variable.
 */
variable: string, 
/**
 * The last finite state.
 */
last: Array<number>, 
/**
 * What to do.
 */
remedies: Array<Remedy>, } | { "state": "failed", 
/**
 * What happened.
 */
reason: string, 
/**
 * What to do.
 */
remedies: Array<Remedy>, };

export type Remedy = { 
/**
 * What the button says.
 */
action: string, 
/**
 * The controls it sets.
 */
sets: Array<Setting>, };

export type Readout = { 
/**
 * Name.
 */
label: string, 
/**
 * Symbol as MathML.
 */
symbol: string | null, 
/**
 * The number as text, with its decimals.
 */
value: string, 
/**
 * Whether it is the run's own figure (set in the accent).
 */
live: boolean, };

export type Picture = { "kind": "plot", 
/**
 * The view.
 */
view: string, 
/**
 * What is drawn.
 */
series: Array<Series>, 
/**
 * Thin uprights with a name, such as where the data ends.
 */
uprights: Array<Mark>, 
/**
 * Thin levels with a name, such as a known value.
 */
levels: Array<Mark>, 
/**
 * Horizontal range; none to fit. An end that is not a number, null in JSON, is fitted too.
 */
x: [number, number] | null, 
/**
 * Vertical range, in the same way.
 */
y: [number, number] | null, 
/**
 * What is to be seen now.
 */
alternative: string, } | { "kind": "heat", 
/**
 * The view.
 */
view: string, 
/**
 * Rows.
 */
rows: number, 
/**
 * Columns.
 */
columns: number, 
/**
 * `rows * columns` values.
 */
values: ArrayRef, 
/**
 * Range of x.
 */
x: [number, number], 
/**
 * Range of y.
 */
y: [number, number], 
/**
 * Range of colour.
 */
range: [number, number], 
/**
 * What the colour means.
 */
label: string, 
/**
 * What is to be seen now.
 */
alternative: string, } | { "kind": "bars", 
/**
 * The view.
 */
view: string, 
/**
 * Labels.
 */
labels: Array<string>, 
/**
 * One value a label in `y`; `x` is unused.
 */
series: Array<Series>, 
/**
 * What is to be seen now.
 */
alternative: string, } | { "kind": "text", 
/**
 * The view.
 */
view: string, 
/**
 * Paragraphs.
 */
lines: Array<string>, };

export type Series = { 
/**
 * Label at its end.
 */
label: string, 
/**
 * How it is drawn.
 */
role: Role, 
/**
 * Horizontal values.
 */
x: ArrayRef, 
/**
 * Vertical values; a gap where not a number.
 */
y: ArrayRef, 
/**
 * Points rather than a line.
 */
points: boolean, };

export type Role = "run" | "ink" | "quiet" | "dashed" | "dotted";

export type Mark = { 
/**
 * Where.
 */
at: number, 
/**
 * Name.
 */
label: string, };

export type ArrayRef = { 
/**
 * The index.
 */
array: number, };

export type Question = { 
/**
 * Stable name: the program's command of that name asks it too.
 */
id: string, 
/**
 * Title in a few words.
 */
title: string, 
/**
 * What the answer tells, in a sentence.
 */
sentence: string, 
/**
 * What can be set.
 */
controls: Array<Control>, };

export type Finding = { 
/**
 * Stable name.
 */
id: string, 
/**
 * What it is.
 */
label: string, 
/**
 * Its symbol as MathML.
 */
symbol: string | null, 
/**
 * The number; none where it is none, or not finite.
 */
value: number | null, 
/**
 * Its standard error or the bound on its error; none where there is none.
 */
error: number | null, 
/**
 * As shown, with its error or the word `unconverged`.
 */
text: string, };

export type Answer = { 
/**
 * The question.
 */
question: string, 
/**
 * How much of the work is done, from 0 to 1.
 */
progress: number, 
/**
 * Whether all of it is done.
 */
finished: boolean, 
/**
 * Numbers and statements in the order shown.
 */
findings: Array<Finding>, 
/**
 * Its pictures; their data travel beside it.
 */
views: Array<View>, 
/**
 * What should be known about the answer: what stopped it, what to change.
 */
note: string | null, };

export type Gallery = { 
/**
 * Families of systems, then families of exhibits.
 */
families: Array<Family>, };

export type Family = { 
/**
 * `Systems` or `Exhibits`.
 */
shelf: string, 
/**
 * Name.
 */
name: string, 
/**
 * Members in order.
 */
members: Array<Member>, };

export type Member = { 
/**
 * Name in links.
 */
slug: string, 
/**
 * Name for people.
 */
title: string, 
/**
 * Source: who, when.
 */
subtitle: string, 
/**
 * One sentence.
 */
sentence: string, 
/**
 * Family in the gallery.
 */
family: string, 
/**
 * State variables, for systems.
 */
dimension: number | null, 
/**
 * Largest known Lyapunov exponent, for systems.
 */
exponent: number | null, 
/**
 * Why a system is not chaotic at its defaults; none where it is, or where nothing is said.
 */
regular: string | null, 
/**
 * Name in links of the collection's version, `dysts:Lorenz`, for systems.
 */
collection: string | null, };

export type Opened = { 
/**
 * The exhibit.
 */
declaration: Declaration, 
/**
 * Values of all controls, in the order declared.
 */
values: Array<Setting>, 
/**
 * Seed, as text.
 */
seed: string, 
/**
 * The link without step and fingerprint.
 */
link: string, 
/**
 * Where the run is.
 */
status: Status, 
/**
 * What was wrong with what was asked for; the run is then the last good one or the default.
 */
fault: Fault | null, 
/**
 * The step that the link names; the page runs to it and compares.
 */
target: Target | null, 
/**
 * Whether the run is too expensive to start by itself, and why.
 */
hold: string | null, };

export type Target = { 
/**
 * The step.
 */
step: number, 
/**
 * The fingerprint, where the link carries one and the edition is this one.
 */
fingerprint: string | null, };

export type Fault = { 
/**
 * `link`, `equations`, `series`, `value`, `device`, `panic`, `divergence`.
 */
about: string, 
/**
 * A short title.
 */
title: string, 
/**
 * What was wrong, where, and what would be right.
 */
message: string, 
/**
 * What the person had typed or opened, kept.
 */
text: string | null, 
/**
 * Places in a text.
 */
diagnostics: Array<Diagnostic>, };

export type Shared = { 
/**
 * Fragment of the link, with step and fingerprint.
 */
link: string, 
/**
 * The command line that repeats the run.
 */
command: string, 
/**
 * A sentence on what travels in it.
 */
note: string, };

export type ExportFormat = { 
/**
 * Stable name.
 */
name: string, 
/**
 * Name for people.
 */
label: string, 
/**
 * How the name of a file of it ends, without the dot.
 */
ending: string, };

export type StageLabel = { 
/**
 * Text.
 */
text: string, 
/**
 * Horizontal place in CSS pixels from the canvas's left edge.
 */
x: number, 
/**
 * Vertical place in CSS pixels from the canvas's top edge.
 */
y: number, 
/**
 * `start`, `middle` or `end`.
 */
anchor: string, 
/**
 * `axis`, `tick`, `mark`, `title`, `title-live` (the run's own), `note`.
 */
kind: string, };

export type ColourLegend = { 
/**
 * What the colour means, as MathML or text.
 */
label: string, 
/**
 * Lower end.
 */
min: string, 
/**
 * Upper end.
 */
max: string, };

export type Drawn = { 
/**
 * Labels to lay over it.
 */
labels: Array<StageLabel>, 
/**
 * Scale of colours.
 */
legend: ColourLegend | null, 
/**
 * What is to be seen.
 */
alternative: string, 
/**
 * Milliseconds it took to submit.
 */
milliseconds: number, };

export type DeviceReport = { 
/**
 * Whether there is a device.
 */
available: boolean, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is software.
 */
software: boolean, 
/**
 * Why there is none, or what the self-test found.
 */
note: string | null, };
