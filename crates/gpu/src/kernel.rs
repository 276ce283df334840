//! The text of an ensemble's kernel.

use equations::Memory;
use numerics::{Draw, Noise};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Trajectories of a workgroup where each has one invocation.
pub(crate) const GROUP: u32 = 64;
/// Lanes that share out the work of a trajectory where a processor plays the GPU: as many as it steps together, for at
/// each barrier it goes from one such lot to the next. Twice as fast as 32 there.
const SOFTWARE: u32 = 8;
/// Parameters beyond this stand in a storage buffer instead of a uniform one.
pub(crate) const UNIFORM_PARAMETERS: usize = 1024;
/// Arrays up to this length are written out: a compiler keeps them in registers as far as those go, while indices that
/// are not constant would send them all to memory.
const UNROLLED: usize = 128;

/// What kind of system a right-hand side belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `dx/dt = rhs(t, x)`.
    Flow,
    /// `x ← rhs(t, x)`, `t` the number of the step.
    Map,
}

/// How a flow is stepped. Random inputs are drawn once a step and held through it; a map iterates whatever it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Euler's method; with white noise that of Euler and Maruyama, which solves the equation in Itô's sense.
    Euler,
    /// Heun's method; with white noise it solves the equation in Stratonovich's sense.
    Heun,
    /// The classical Runge-Kutta method; with white noise as Heun's.
    #[default]
    RungeKutta4,
}

/// A right-hand side in WGSL. Names that begin with `ens_` are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Text that defines `rhs`, in the form that [`equations::Shader`] tells, and what it calls.
    pub rhs: String,
    /// Number of variables, `N`.
    pub dimension: usize,
    /// Number of parameters; `P` is 1 when there are none.
    pub parameters: usize,
    /// Flow or map.
    pub kind: Kind,
    /// The random inputs.
    pub draws: Vec<Draw>,
    /// What the text reads as `ens_data`.
    pub data: Vec<u32>,
    /// For a large system whose work can be shared out, how its text works on memory.
    pub memory: Option<Memory>,
    /// For one of these, the same without memory where a processor plays the GPU, if that is faster there: text and
    /// what it reads as `ens_data`.
    pub straight: Option<(String, Vec<u32>)>,
}

impl Kernel {
    /// A right-hand side `fn rhs(t: f32, x: array<f32, N>, p: array<f32, P>) -> array<f32, N>` without more.
    pub fn plain(rhs: String, dimension: usize, parameters: usize, kind: Kind) -> Self {
        Self {
            rhs,
            dimension,
            parameters,
            kind,
            draws: Vec::new(),
            data: Vec::new(),
            memory: None,
            straight: None,
        }
    }

    /// The right-hand side of a model.
    ///
    /// # Errors
    /// Those of [`equations::wgsl`].
    pub fn of(model: &equations::Model) -> Result<Self, equations::EquationError> {
        let shader = equations::wgsl(model)?;
        let system = model.system();
        let with_helpers = |text: &str| format!("{}{text}", equations::WGSL_HELPERS);
        Ok(Self {
            rhs: with_helpers(&shader.text),
            dimension: system.dimension(),
            parameters: system.parameters(),
            kind: match system.kind() {
                equations::Kind::Flow => Kind::Flow,
                equations::Kind::Map => Kind::Map,
            },
            draws: system.draws().to_vec(),
            data: shader.data,
            memory: shader.memory,
            straight: shader.straight.map(|straight| (with_helpers(&straight.text), straight.data)),
        })
    }

    /// The right-hand side of a small model without random inputs, always as a function of values, for a
    /// [`crate::Survey`]; where `along` asks for it, also `rhs_along`, its derivative along a vector.
    ///
    /// # Errors
    /// Those of [`equations::wgsl_along`].
    pub fn along(model: &equations::Model, along: bool) -> Result<Self, equations::EquationError> {
        let (system, shader) = (model.system(), equations::wgsl_along(model, along)?);
        let kind = if system.kind() == equations::Kind::Map { Kind::Map } else { Kind::Flow };
        let text = format!("{}{}", equations::WGSL_HELPERS, shader.text);
        Ok(Self { data: shader.data, ..Self::plain(text, system.dimension(), system.parameters(), kind) })
    }

    /// The form in which a processor that plays the GPU steps it fastest.
    pub(crate) fn on_software(&self) -> Cow<'_, Self> {
        match &self.straight {
            None => Cow::Borrowed(self),
            Some((rhs, data)) => Cow::Owned(Self {
                rhs: rhs.clone(),
                data: data.clone(),
                memory: None,
                straight: None,
                draws: self.draws.clone(),
                ..*self
            }),
        }
    }
}

/// A kernel ready to be compiled.
pub(crate) struct Plan {
    pub(crate) text: String,
    /// What the text reads as `ens_data`.
    pub(crate) data: Vec<u32>,
    /// Trajectories of a workgroup.
    pub(crate) group: u32,
}

impl Plan {
    /// The text for a kernel with its noise; `software` says that a processor plays the GPU.
    pub(crate) fn new(
        kernel: &Kernel,
        noise: &Noise,
        method: Method,
        axes: [Option<usize>; 3],
        software: bool,
    ) -> Self {
        let mut plan = Self { text: String::new(), data: kernel.data.clone(), group: GROUP };
        let text = &mut plan.text;
        text.reserve(kernel.rhs.len() + 12_000);
        text.push_str(include_str!("shaders/run.wgsl"));
        text.push_str(&kernel.rhs);
        let _ = writeln!(text, "\nconst DIMENSION = {}u;", kernel.dimension);
        constants(text, kernel.parameters.max(1));
        let inputs = noise.places().len();
        if inputs > 0 {
            text.push_str(include_str!("shaders/philox.wgsl"));
        }
        match kernel.memory {
            None => {
                values(text, kernel, method, axes);
                if inputs > 0 {
                    draw_values(text, noise);
                }
                text.push_str(include_str!("shaders/ensemble.wgsl"));
            }
            Some(mut memory) => {
                let (n, m) = (kernel.dimension, inputs);
                if software {
                    memory.lanes = SOFTWARE;
                }
                plan.group = 1;
                arrays(text, n, m, memory);
                step_in_memory(text, kernel, method, m);
                shown_in_memory(text, n, axes);
                if inputs > 0 {
                    draw_in_memory(text, &mut plan.data, noise, n);
                }
                text.push_str(include_str!("shaders/memory.wgsl"));
            }
        }
        if !plan.data.is_empty() {
            plan.text.push_str("@group(0) @binding(5) var<storage, read> ens_data: array<u32>;\n");
        }
        plan
    }
}

/// The buffer of parameters, and one of them by its number.
pub(crate) fn constants(text: &mut String, p: usize) {
    if p <= UNIFORM_PARAMETERS {
        let rows = p.div_ceil(4);
        let _ = write!(
            text,
            "@group(0) @binding(1) var<uniform> ens_constants: array<vec4<f32>, {rows}>;
fn ens_parameter(k: u32) -> f32 {{ return ens_constants[k / 4u][k % 4u]; }}
"
        );
    } else {
        text.push_str(
            "@group(0) @binding(1) var<storage, read> ens_constants: array<f32>;
fn ens_parameter(k: u32) -> f32 { return ens_constants[k]; }
",
        );
    }
}

/// The memory of a workgroup, and its barrier.
fn arrays(text: &mut String, n: usize, m: usize, memory: Memory) {
    let _ = write!(
        text,
        "const ENS_LANES = {}u;
const ENS_RESULTS = {}u;
var<workgroup> ens_m: array<f32, {}>;
var<workgroup> ens_x: array<f32, {n}>;
var<workgroup> ens_a: array<f32, {n}>;
var<workgroup> ens_bad: atomic<u32>;
fn ens_barrier() {{ workgroupBarrier(); }}
",
        memory.lanes,
        n + m,
        2 * n + m + memory.scratch,
    );
}

/// `f(0), f(1), ...` up to `n`.
fn list(n: usize, f: impl Fn(usize) -> String) -> String {
    (0..n).map(f).collect::<Vec<_>>().join(", ")
}

/// `name(...)` that returns an array of `n` values by `element`: written out when short, else a
/// loop. `element` is given the index as text.
pub(crate) fn array_function(
    name: &str,
    arguments: &str,
    n: usize,
    result: &str,
    element: impl Fn(&str) -> String,
) -> String {
    if n <= UNROLLED {
        let values = list(n, |j| element(&format!("{j}")));
        return format!("fn {name}({arguments}) -> {result} {{ return {result}({values}); }}\n");
    }
    // Indices that are not constant need variables.
    let mut text = format!("fn {name}({arguments}) -> {result} {{\n");
    for argument in arguments.split(", ").filter(|a| a.contains("EnsState")) {
        let variable = argument.split(':').next().unwrap_or_default();
        let _ = writeln!(text, "    var v_{variable} = {variable};");
    }
    let body = element("j");
    let _ = write!(
        text,
        "    var out: {result};\n    for (var j = 0u; j < {n}u; j++) {{ out[j] = {body}; }}\n    return out;\n}}\n"
    );
    text
}

/// Access to states and parameters, and a step, as functions of values.
pub(crate) fn values(text: &mut String, kernel: &Kernel, method: Method, axes: [Option<usize>; 3]) {
    let (n, p) = (kernel.dimension, kernel.parameters.max(1));
    let _ = write!(text, "alias EnsState = array<f32, {n}>;\nalias EnsParameters = array<f32, {p}>;\n");
    let at =
        |name: &str, j: &str| if n <= UNROLLED { format!("{name}[{j}]") } else { format!("v_{name}[{j}]") };
    if p <= UNROLLED {
        let values = list(p, |j| format!("ens_constants[{}].{}", j / 4, ["x", "y", "z", "w"][j % 4]));
        let _ = writeln!(text, "fn ens_parameters() -> EnsParameters {{ return EnsParameters({values}); }}");
    } else {
        text.push_str(&array_function("ens_parameters", "", p, "EnsParameters", |j| {
            format!("ens_parameter({j})")
        }));
    }
    text.push_str(&array_function("ens_load", "place: u32", n, "EnsState", |j| {
        if n <= UNROLLED { format!("ens_states[place + {j}u]") } else { format!("ens_states[place + {j}]") }
    }));
    if n <= UNROLLED {
        let lines: String = (0..n).map(|j| format!(" ens_states[place + {j}u] = x[{j}];")).collect();
        let _ = writeln!(text, "fn ens_store(place: u32, x: EnsState) {{{lines} }}");
        let any = (0..n).map(|j| format!("ens_lost(x[{j}])")).collect::<Vec<_>>().join(" || ");
        let _ = writeln!(text, "fn ens_any_lost(x: EnsState) -> bool {{ return {any}; }}");
    } else {
        let _ = writeln!(
            text,
            "fn ens_store(place: u32, x: EnsState) {{ var v_x = x; for (var j = 0u; j < {n}u; j++) {{ ens_states[place + j] = v_x[j]; }} }}"
        );
        let _ = writeln!(
            text,
            "fn ens_any_lost(x: EnsState) -> bool {{ var v_x = x; var any = false; for (var j = 0u; j < {n}u; j++) {{ any = any || ens_lost(v_x[j]); }} return any; }}"
        );
    }
    let (declare, pass) = if kernel.draws.is_empty() {
        ("", "")
    } else {
        ("    let w = ens_draw(index, ens_number(i));\n", ", w")
    };
    let _ = writeln!(
        text,
        "fn ens_step(t: f32, x: EnsState, p: EnsParameters, index: u32, i: u32) -> EnsState {{\n{declare}{}}}",
        match (kernel.kind, method) {
            (Kind::Map, _) => format!("    return rhs(t, x, p{pass});\n"),
            (Kind::Flow, Method::Euler) =>
                format!("    return ens_along(x, rhs(t, x, p{pass}), ens_run.dt);\n"),
            (Kind::Flow, Method::Heun) => format!(
                "    let a = rhs(t, x, p{pass});
    let b = rhs(t + ens_run.dt, ens_along(x, a, ens_run.dt), p{pass});
    return ens_mean(x, a, b);
"
            ),
            (Kind::Flow, Method::RungeKutta4) => format!(
                "    let a = rhs(t, x, p{pass});
    let b = rhs(t + ens_run.half, ens_along(x, a, ens_run.half), p{pass});
    let c = rhs(t + ens_run.half, ens_along(x, b, ens_run.half), p{pass});
    let d = rhs(t + ens_run.dt, ens_along(x, c, ens_run.dt), p{pass});
    return ens_combine(x, a, b, c, d);
"
            ),
        }
    );
    if kernel.kind == Kind::Flow {
        text.push_str(&array_function("ens_along", "x: EnsState, k: EnsState, c: f32", n, "EnsState", |j| {
            format!("{} + c * {}", at("x", j), at("k", j))
        }));
        text.push_str(&array_function(
            "ens_mean",
            "x: EnsState, a: EnsState, b: EnsState",
            n,
            "EnsState",
            |j| format!("{} + ens_run.half * ({} + {})", at("x", j), at("a", j), at("b", j)),
        ));
        let arguments = "x: EnsState, a: EnsState, b: EnsState, c: EnsState, d: EnsState";
        text.push_str(&array_function("ens_combine", arguments, n, "EnsState", |j| {
            let v = |name| at(name, j);
            format!(
                "{} + ens_run.sixth * ({} + 2.0 * ({} + {}) + {})",
                v("x"),
                v("a"),
                v("b"),
                v("c"),
                v("d")
            )
        }));
    }
    if n == 1 {
        text.push_str(
            "fn ens_point(before: EnsState, x: EnsState) -> vec3<f32> { return vec3<f32>(before[0], x[0], 0.0); }
fn ens_mark(x: EnsState) -> vec3<f32> { return vec3<f32>(3e38); }
fn ens_speed(before: EnsState, x: EnsState) -> f32 { return abs(x[0] - before[0]); }
",
        );
    } else {
        let shown = |name: &str| {
            axes.map(|axis| axis.filter(|j| *j < n).map_or("0.0".to_owned(), |j| format!("{name}[{j}]")))
                .join(", ")
        };
        let (now, before) = (shown("x"), shown("before"));
        let _ = write!(
            text,
            "fn ens_point(before: EnsState, x: EnsState) -> vec3<f32> {{ return vec3<f32>({now}); }}
fn ens_mark(x: EnsState) -> vec3<f32> {{ return vec3<f32>({now}); }}
fn ens_speed(before: EnsState, x: EnsState) -> f32 {{ return length(vec3<f32>({now}) - vec3<f32>({before})); }}
"
        );
    }
}

/// The inputs of a step as an array.
fn draw_values(text: &mut String, noise: &Noise) {
    let m = noise.places().len();
    let _ = writeln!(text, "fn ens_draw(index: u32, step: vec2<u32>) -> array<f32, {m}> {{");
    for b in 0..noise.blocks() {
        let _ = writeln!(text, "    let w{b} = ens_words(index, step, {b}u);");
    }
    // Two normals a pair, each pair once.
    let mut pairs: Vec<u16> = Vec::new();
    for place in noise.places().iter().filter(|place| place.draw != Draw::Uniform) {
        let pair = place.word / 2;
        if !pairs.contains(&pair) {
            pairs.push(pair);
            let half = if pair % 2 == 0 { "xy" } else { "zw" };
            let _ = writeln!(text, "    let n{pair} = ens_normals(w{}.{half});", pair / 2);
        }
    }
    let values = list(m, |k| {
        let place = noise.places()[k];
        let (word, normal) = (usize::from(place.word), format!("n{}[{}]", place.word / 2, place.word % 2));
        match place.draw {
            Draw::Uniform => format!("ens_uniform(w{}[{}])", word / 4, word % 4),
            Draw::Normal => normal,
            Draw::Wiener => format!("{normal} * ens_run.rate"),
        }
    });
    let _ = writeln!(text, "    return array<f32, {m}>({values});\n}}");
}

/// The inputs of a step in memory: for each word, the table tells which input it makes, and what kind that is.
fn draw_in_memory(text: &mut String, data: &mut Vec<u32>, noise: &Noise, n: usize) {
    let table = data.len();
    data.resize(table + 4 * usize::from(noise.blocks()), 0);
    for (k, place) in noise.places().iter().enumerate() {
        let kind = match place.draw {
            Draw::Uniform => 1,
            Draw::Normal => 2,
            Draw::Wiener => 3,
        };
        data[table + usize::from(place.word)] = kind << 16 | k as u32;
    }
    let _ = write!(
        text,
        "fn ens_draw(index: u32, step: vec2<u32>, lane: u32) {{
    for (var b = lane; b < {blocks}u; b += ENS_LANES) {{
        var w = ens_words(index, step, b);
        var n = vec4<f32>(ens_normals(w.xy), ens_normals(w.zw));
        for (var k = 0u; k < 4u; k++) {{
            let code = ens_data[{table}u + 4u * b + k];
            var value = n[k];
            switch code >> 16u {{
                case 0u: {{ continue; }}
                case 1u: {{ value = ens_uniform(w[k]); }}
                case 3u: {{ value *= ens_run.rate; }}
                default: {{}}
            }}
            ens_m[{n}u + (code & 0xffffu)] = value;
        }}
    }}
}}
",
        blocks = noise.blocks(),
    );
}

/// A step in memory: from `ens_x` to the first numbers of `ens_m`.
fn step_in_memory(text: &mut String, kernel: &Kernel, method: Method, m: usize) {
    let each = |body: &str| {
        format!(
            "    for (var j = lane; j < DIMENSION; j += ENS_LANES) {{
        let k = ens_m[ENS_RESULTS + j];
        {body}
    }}
"
        )
    };
    // One loop over the stages, with the right-hand side in it once: a driver puts a function's text wherever it is
    // called. What the lanes have written into `ens_m` is read by others in `rhs`.
    let stages = |rows: &[[&str; 3]]| {
        let (count, last) = (rows.len(), rows.len() - 1);
        let cases: String = rows
            .iter()
            .enumerate()
            .map(|(s, [at, weight, along])| {
                let case = if s == last { "default".to_owned() } else { format!("case {s}u") };
                format!("            {case}: {{ stage = vec3<f32>({at}, {weight}, {along}); }}\n")
            })
            .collect();
        format!(
            "    for (var s = 0u; s < {count}u; s++) {{
        var stage: vec3<f32>;
        switch s {{
{cases}        }}
        ens_barrier();
        rhs(t + stage.x, lane);
        for (var j = lane; j < DIMENSION; j += ENS_LANES) {{
            let k = ens_m[ENS_RESULTS + j];
            let sum = select(ens_a[j], 0.0, s == 0u) + stage.y * k;
            ens_a[j] = sum;
            ens_m[j] = ens_x[j] + stage.z * select(k, sum, s == {last}u);
        }}
    }}
"
        )
    };
    let once = |body: &str| format!("    ens_barrier();\n    rhs(t, lane);\n{}", each(body));
    // Each stage's time, its weight in the sum, and how far to go from the start: along its rate, at last along the sum.
    let stages = match (kernel.kind, method) {
        (Kind::Map, _) => once("ens_m[j] = k;"),
        (Kind::Flow, Method::Euler) => once("ens_m[j] = ens_x[j] + ens_run.dt * k;"),
        (Kind::Flow, Method::Heun) => {
            stages(&[["0.0", "1.0", "ens_run.dt"], ["ens_run.dt", "1.0", "ens_run.half"]])
        }
        (Kind::Flow, Method::RungeKutta4) => stages(&[
            ["0.0", "1.0", "ens_run.half"],
            ["ens_run.half", "2.0", "ens_run.half"],
            ["ens_run.half", "2.0", "ens_run.dt"],
            ["ens_run.dt", "1.0", "ens_run.sixth"],
        ]),
    };
    let draw = if m > 0 { "    ens_draw(index, ens_number(i), lane);\n" } else { "" };
    let _ = write!(
        text,
        "fn ens_step(t: f32, lane: u32, index: u32, i: u32) {{
    for (var j = lane; j < DIMENSION; j += ENS_LANES) {{ ens_m[j] = ens_x[j]; }}
{draw}{stages}}}
"
    );
}

/// The variables shown, from memory.
fn shown_in_memory(text: &mut String, n: usize, axes: [Option<usize>; 3]) {
    if n == 1 {
        text.push_str(
            "fn ens_shown() -> vec3<f32> { return vec3<f32>(ens_x[0], 0.0, 0.0); }
fn ens_mark() -> vec3<f32> { return vec3<f32>(3e38); }
fn ens_point(before: vec3<f32>, now: vec3<f32>) -> vec3<f32> { return vec3<f32>(before.x, now.x, 0.0); }
",
        );
        return;
    }
    let shown = axes
        .map(|axis| axis.filter(|j| *j < n).map_or("0.0".to_owned(), |j| format!("ens_x[{j}]")))
        .join(", ");
    let _ = write!(
        text,
        "fn ens_shown() -> vec3<f32> {{ return vec3<f32>({shown}); }}
fn ens_mark() -> vec3<f32> {{ return ens_shown(); }}
fn ens_point(before: vec3<f32>, now: vec3<f32>) -> vec3<f32> {{ return now; }}
"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Philox;

    fn validated(kernel: &Kernel, method: Method, axes: [Option<usize>; 3]) {
        let noise = Noise::new(Philox::new(1, 0), &kernel.draws);
        let text = Plan::new(kernel, &noise, method, axes, false).text;
        let module = naga::front::wgsl::parse_str(&text)
            .unwrap_or_else(|e| panic!("{}\n{text}", e.emit_to_string(&text)));
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    }

    #[test]
    fn kernels_of_any_size_and_kind_are_valid() {
        for n in [1, 2, 3, 8, 128, 129] {
            for p in [0_usize, 1, 5, 129, 1024, 1025] {
                for kind in [Kind::Flow, Kind::Map] {
                    let size = p.max(1);
                    let rhs = format!(
                        "fn rhs(t: f32, x: array<f32, {n}>, p: array<f32, {size}>) -> array<f32, {n}> {{
                            var v = x; v[0] = v[0] * p[0] + t; return v; }}"
                    );
                    let kernel = Kernel::plain(rhs, n, p, kind);
                    for method in [Method::Euler, Method::Heun, Method::RungeKutta4] {
                        validated(&kernel, method, [Some(0), Some(n - 1), None]);
                    }
                }
            }
        }
    }

    #[test]
    fn kernels_of_all_systems_of_the_zoo_are_valid() {
        let mut taken = 0;
        for system in zoo::systems() {
            let Ok(kernel) = Kernel::of(system.model()) else { continue };
            for method in [Method::Euler, Method::Heun, Method::RungeKutta4] {
                validated(&kernel, method, [Some(0), None, None]);
            }
            taken += 1;
        }
        assert!(taken * 4 > zoo::systems().len() * 3, "{taken}");
    }

    #[test]
    fn kernels_in_memory_and_with_noise_are_valid() {
        for text in [
            "x[1..128]'=-x[j]",
            "wiener w[1..30]\nx[1..30]'=-x[j]+w[j]+normal(0,1)+ran(1)*p[j]\npar p[1..30]=0.5",
            "x[1..40](t+1)=0.5*tanh(x[j])+t",
            "wiener w\nx'=-x+w",
            "x(t+1)=ran(1)+normal(0,1)",
            "table f {0 1 0 1 4 9}\nx'=f(x)\ny[1..60]'=f(y[j])-exp(a)*y[j]\npar a=1",
        ] {
            let kernel = Kernel::of(&equations::parse(text).into_model().unwrap()).unwrap();
            assert_eq!(kernel.memory.is_some(), kernel.dimension >= 30, "{text}");
            for method in [Method::Euler, Method::Heun, Method::RungeKutta4] {
                validated(&kernel, method, [Some(0), None, None]);
            }
        }
    }
}
