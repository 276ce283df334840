//! Controls, views, claims and lesson of the Explorer.

use super::stimulus;
use crate::build::{
    axis, choice, claim, figure, integer, log_axis, math, number, set_number, set_text, step, view,
};
use crate::contract::{Bar, Claim, Control, LessonStep, Preset, Setting, View, ViewKind};
use crate::subject::Subject;
use dynamics::Method;

/// Controls that any system has; they outlive a change of equations.
const GENERAL: [&str; 6] = ["dt", "solver", "tolerance", "copies", "spread", "apart"];

/// Most variables whose starts have a slider each.
pub(super) const STARTS: usize = 40;

/// Whether a control outlives a change of equations.
pub(crate) fn keeps(id: &str) -> bool {
    // Which solvers there are hangs on the equations.
    (GENERAL.contains(&id) && id != "solver") || id == "colour" || stimulus::KEPT.contains(&id)
}

fn is_general(id: &str) -> bool {
    GENERAL.contains(&id) || id == "colour" || id.starts_with("stimulus")
}

/// The key of a variable's start in links.
pub(crate) fn start_id(variable: &str) -> String {
    format!("{}_0", variable.to_lowercase())
}

/// The key of a parameter in links.
pub(crate) fn parameter_id(parameter: &str) -> String {
    let id = parameter.to_lowercase();
    if is_general(&id) || id.ends_with("_0") { format!("p.{id}") } else { id }
}

/// Range and decimals of a slider for a value of which nothing else is known.
fn around(value: f64) -> ([f64; 2], u32) {
    let size = if value == 0.0 { 1.0 } else { libm::fabs(value) };
    let scale = libm::pow(10.0, libm::floor(libm::log10(size)));
    let reach = libm::ceil(2.0 * size / scale) * scale;
    let decimals = (2.0 - libm::log10(scale)).clamp(0.0, 8.0) as u32;
    (if value < 0.0 { [-reach, reach] } else { [0.0, reach] }, decimals)
}

/// The name as a symbol, where it is one: a word has no place in a column of symbols.
fn symbol(name: &str) -> Option<String> {
    let inside = equations::mathml_name(name);
    let mut tag = false;
    let shown = inside.chars().filter(|c| {
        let text = !tag && *c != '<';
        tag = *c == '<' || (tag && *c != '>');
        text
    });
    (shown.count() <= 3).then(|| math(&inside))
}

pub(super) fn controls(subject: &Subject) -> Vec<Control> {
    let mut all = Vec::new();
    for (parameter, default) in subject.model().parameters.iter().zip(subject.parameters()) {
        let (mut range, decimals) = around(default);
        let mut label = parameter.name.clone();
        if let Some(described) = subject.system().and_then(|s| s.parameter(&parameter.name)) {
            label = described.label.to_owned();
            range = described.range.unwrap_or(range);
            range = [
                if default < range[0] { default } else { range[0] },
                if default > range[1] { default } else { range[1] },
            ];
        }
        let id = parameter_id(&parameter.name);
        let mut slider = number(&id, &label, range, default, decimals)
            .open()
            .group("Parameters")
            .help("A parameter of the equations; it takes effect at once.");
        slider.symbol = symbol(&parameter.name);
        all.push(slider);
    }
    let map = subject.is_map();
    // A field of many sites starts where its text says.
    let starts = if subject.model().dimension() > STARTS { Vec::new() } else { subject.start() };
    for (variable, initial) in subject.model().variables.iter().zip(starts) {
        let (range, decimals) = around(initial);
        let mut slider = number(
            &start_id(&variable.name),
            &format!("{} at the start", variable.name),
            [-range[1], range[1]],
            initial,
            decimals,
        )
        .open()
        .restarts()
        .group("Start")
        .help("Where the first trajectory begins.");
        slider.symbol = symbol(&variable.name);
        all.push(slider);
    }
    if !map {
        let dt = subject.step();
        all.push(
            number("dt", "Step", [dt / 20.0, dt * 4.0], dt, 5)
                .symbol("<mrow><mi>Δ</mi><mi>t</mi></mrow>")
                .logarithmic()
                .restarts()
                .group("Stepping")
                .help("Time from one step to the next; the adaptive solver lands on these times."),
        );
        let methods = subject.methods();
        let solvers: Vec<(&str, &str)> = methods.iter().map(|m| (m.slug(), m.name())).collect();
        let own = methods.first().map_or("rk4", |m| m.slug());
        let system = subject.model().system();
        let help = if subject.model().is_plain() {
            "Of the first trajectory; the copies go by RK4, or by Euler where that is chosen."
        } else if system.events() == 0 && system.delayed().is_empty() {
            "Of the first trajectory; the copies go by Euler-Maruyama, or by Heun where that is chosen. Those that do not \
             go with the noise of this system are left out."
        } else {
            "Of every trajectory. Those that do not go with the delays or the noise of this system are left out."
        };
        all.push(choice("solver", "Solver", &solvers, own).restarts().group("Stepping").help(help));
        let adaptive: Vec<&str> = methods.iter().filter(|m| m.is_adaptive()).map(|m| m.slug()).collect();
        all.push(
            number("tolerance", "Tolerance", [1e-12, 1e-2], subject.tolerance(), 12)
                .logarithmic()
                .restarts()
                .shown_when("solver", &adaptive)
                .group("Stepping")
                .help("Relative tolerance; the absolute one is a thousandth of it."),
        );
    }
    all.extend(stimulus::controls(subject));
    let most = recipe::bounds::COPIES as f64;
    all.push(
        integer("copies", "Copies", [1.0, most], 256.0)
            .symbol("<mi>N</mi>")
            .logarithmic()
            .restarts()
            .group("Ensemble")
            .help("Trajectories that start near one another."),
    );
    all.push(
        number("spread", "Spread", [1e-8, 1.0], 0.1, 8)
            .logarithmic()
            .restarts()
            .group("Ensemble")
            .help("How far apart they start, as a share of each variable's range."),
    );
    all.push(
        number("apart", "Apart by", [1e-12, 1e-2], 1e-8, 12)
            .symbol("<mi>δ</mi>")
            .logarithmic()
            .restarts()
            .group("Ensemble")
            .help("Distance of the second trajectory from the first at the start."),
    );
    let colours = [("speed", "speed"), ("copy", "copy"), ("last", "last variable")];
    all.push(choice("colour", "Colour", &colours, "speed").group("Ensemble").help("What the colour tells."));
    all
}

pub(super) fn views(subject: &Subject) -> Vec<View> {
    let names = subject.variable_names();
    let at = |i: usize| names.get(i).cloned().unwrap_or_default();
    let axes = subject.axes();
    let named = |axis: usize| axes[axis].map(&at).unwrap_or_default();
    let time = if subject.is_map() { "n" } else { "t" };
    let mut stage = view(
        "stage",
        "State space",
        "",
        ViewKind::Scene,
        [axis(&named(0)), axis(&named(1))],
        "The trajectories of the ensemble in state space.",
    );
    stage.pickable = names.len() == 2 && subject.model().is_plain();
    let mut all = vec![stage];
    if let Some((first, _)) = super::run::array(&names) {
        let stem = at(first);
        let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        all.push(view(
            "field",
            &format!("{stem} along the array"),
            "against time",
            ViewKind::Heat,
            [axis(time), axis("site")],
            "The sites of the array against time, as colours.",
        ));
    }
    all.extend([
        view(
            "series",
            &format!("{}({time})", at(0)),
            "of two neighbours",
            ViewKind::Lines,
            [axis(time), axis(&at(0))],
            "The first variable of two trajectories that start close together, against time.",
        ),
        view(
            "separation",
            "Distance",
            "of the two",
            ViewKind::Lines,
            [axis(time), log_axis("distance")],
            "The distance between the two trajectories against time, on a logarithmic axis.",
        ),
    ]);
    let stimulated = !subject.model().parameters.is_empty();
    for view in &mut all[1..] {
        view.pickable = stimulated;
    }
    all
}

/// The named sets of the text, as the controls that they set.
pub(super) fn presets(subject: &Subject) -> Vec<Preset> {
    let model = subject.model();
    let mut all = Vec::new();
    for set in &model.sets {
        let mut sets: Vec<Setting> = Vec::new();
        // A set is meant from the text's own values, whatever was turned before.
        let (parameters, start) = model.values_with(set);
        for (parameter, value) in model.parameters.iter().zip(parameters) {
            sets.push(set_number(&parameter_id(&parameter.name), value));
        }
        if model.dimension() <= STARTS {
            for (variable, value) in model.variables.iter().zip(start) {
                sets.push(set_number(&start_id(&variable.name), value));
            }
        }
        for (name, value) in &set.options {
            match name.to_ascii_lowercase().as_str() {
                "dt" => sets.extend(value.parse().ok().filter(|dt| *dt > 0.0).map(|dt| set_number("dt", dt))),
                "meth" | "method" => {
                    let method = Method::from_xpp(value).filter(|m| subject.methods().contains(m));
                    sets.extend(method.map(|method| set_text("solver", method.slug())));
                }
                _ => {}
            }
        }
        let described = subject
            .system()
            .and_then(|s| s.presets().iter().find(|p| p.name.eq_ignore_ascii_case(&set.name)));
        let sentence = described.map_or(String::new(), |p| p.shows.to_owned());
        all.push(Preset { name: set.name.clone(), sentence, sets });
    }
    all
}

pub(super) fn claims() -> Vec<Claim> {
    let claim = |id: &str, statement: &str, figure, note: &str, cost| {
        claim(id, statement, vec![figure], false, note, cost)
    };
    let symbol = "<msub><mi>λ</mi><mn>1</mn></msub>";
    vec![
        claim(
            "lorenz-exponent",
            "Neighbours part at a known rate (Lorenz)",
            figure("lorenz-exponent", "largest Lyapunov exponent", symbol, "ρ = 20", Bar::Within {
                centre: 0.906,
                tolerance: 0.02,
            })
            .baseline(Bar::AtMost { bound: 0.0 })
            .paper(Some(0.9056), "0.906", false),
            "Tangent flow with the exact Jacobian and QR, from a start drawn with the seed. Without chaos, at \
             ρ = 20, the exponent is below zero. Known value: Viswanath, 1998.",
            4e8,
        ),
        claim(
            "lorenz-sum",
            "Volume shrinks at a constant rate (Lorenz)",
            figure(
                "lorenz-sum",
                "sum of the exponents less the mean divergence",
                "<mrow><mo>|</mo><mo>∑</mo><msub><mi>λ</mi><mi>i</mi></msub><mo>−</mo><mo>⟨</mo><mo>∇</mo><mo>·</mo>\
                 <mi>f</mi><mo>⟩</mo><mo>|</mo></mrow>",
                "by Euler's method",
                Bar::AtMost { bound: 1e-3 },
            )
            .baseline(Bar::AtLeast { bound: 1e-2 })
            .paper(Some(0.0), "0", false)
            .logarithmic(),
            "The sum comes from QR of the tangent flow, the divergence from the trace of the Jacobian along the \
             orbit: −σ − 1 − β = −13.667. Euler's method at the same step gets the volume wrong.",
            4e8,
        ),
        claim(
            "henon-exponent",
            "The Hénon map's exponent",
            figure("henon-exponent", "largest Lyapunov exponent", symbol, "a = 0.3", Bar::Within {
                centre: 0.419,
                tolerance: 0.01,
            })
            .baseline(Bar::AtMost { bound: 0.0 })
            .paper(Some(0.419), "0.419", false),
            "A million steps of the map and its Jacobian. At a = 0.3 the map rests at a fixed point.",
            6e7,
        ),
        claim(
            "gpu-statistics",
            "The GPU draws the same ensemble as the CPU",
            figure(
                "gpu-statistics",
                "largest difference of means and deviations, in standard errors",
                "<mi>z</mi>",
                "ρ = 35",
                Bar::AtMost { bound: 4.0 },
            )
            .baseline(Bar::AtLeast { bound: 8.0 }),
            "4,096 trajectories of the Lorenz system from independent starts, 4,000 steps in single precision on \
             each side; chaos makes single trajectories part, the statistics must agree.",
            5e9,
        ),
    ]
}

pub(super) fn lesson(subject: &Subject) -> Vec<LessonStep> {
    let mut all = vec![step(
        "All copies begin close together. Watch how long they stay so: where the bundle frays, prediction ends.",
        "Start within a millionth",
        vec![set_number("spread", 1e-6)],
    )];
    all.push(step(
        "Two trajectories start a hundred-millionth apart. On the logarithmic axis their distance grows along a \
         straight line; its slope is the largest Lyapunov exponent.",
        "Bring them nearer still",
        vec![set_number("apart", 1e-11)],
    ));
    if let Some(first) = subject.model().parameters.iter().find(|p| p.value != 0.0) {
        let id = parameter_id(&first.name);
        all.push(step(
            &format!(
                "A parameter changes the system while it runs. Halve <em>{}</em> and see whether the picture keeps \
                 its shape.",
                escape(&first.name)
            ),
            &format!("Halve {}", first.name),
            vec![set_number(&id, first.value / 2.0)],
        ));
        all.push(step(
            "And back again. Where the copies now go need not be where they went before.",
            "Set it back",
            vec![set_number(&id, first.value)],
        ));
    }
    if !subject.is_map() {
        all.push(step(
            "Euler’s method takes the tangent for the curve. At this step the error is no longer small.",
            "Step by Euler’s method",
            vec![set_text("solver", "euler")],
        ));
    } else {
        all.push(step(
            "Colour by the copy rather than by the speed, and see how thoroughly the copies mix.",
            "Colour by copy",
            vec![set_text("colour", "copy")],
        ));
    }
    all
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
