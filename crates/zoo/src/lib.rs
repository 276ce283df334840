//! The systems as `.ode` files with their known figures, compiled to native code at build.
//!
//! A new system is one new file in `systems/`, with the header that `build/header.rs` describes.
#![forbid(unsafe_code)]

use equations::{EquationError, Interpreter, Model};
use numerics::march::{Grid, Halt};
use numerics::{Flow, FlowJacobian, Lanes, Map, MapJacobian, Real};
use std::borrow::Cow;
use std::sync::OnceLock;

mod process;

pub use process::SystemProcess;

/// A parameter as a system's header describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Described {
    /// Its name in the equations.
    pub name: &'static str,
    /// What it is.
    pub label: &'static str,
    /// Where a slider may take it.
    pub range: Option<[f64; 2]>,
}

/// A named set of parameters, as a system's header describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name in the equations.
    pub name: &'static str,
    /// What it shows.
    pub shows: &'static str,
}

/// A system of the zoo.
#[derive(Debug)]
pub struct System {
    index: usize,
    slug: &'static str,
    name: &'static str,
    family: &'static str,
    sentence: &'static str,
    citation: &'static str,
    lyapunov: Option<(&'static [f64], &'static str)>,
    parameters: &'static [Described],
    view: &'static [usize],
    period: Option<f64>,
    regular: Option<&'static str>,
    collection: Option<(&'static str, Option<&'static str>)>,
    presets: &'static [Preset],
    text: &'static str,
    model: OnceLock<Model>,
}

/// The model of a text that the build has read without a fault.
fn read(text: &str) -> Model {
    equations::parse(text).into_model().unwrap_or_else(|error: EquationError| {
        // The build refuses a text with a fault, so this text is not the one that was built.
        unreachable!("a system of the zoo cannot be read: {error}")
    })
}

impl System {
    /// Name in links.
    pub fn slug(&self) -> &'static str {
        self.slug
    }
    /// Name for people.
    pub fn name(&self) -> &'static str {
        self.name
    }
    /// Family in the gallery.
    pub fn family(&self) -> &'static str {
        self.family
    }
    /// What it is.
    pub fn sentence(&self) -> &'static str {
        self.sentence
    }
    /// Who found it, and where.
    pub fn citation(&self) -> &'static str {
        self.citation
    }
    /// Known Lyapunov exponents at the default parameters, largest first.
    pub fn lyapunov(&self) -> Option<&'static [f64]> {
        self.lyapunov.map(|(exponents, _)| exponents)
    }
    /// Where the exponents are known from.
    pub fn lyapunov_source(&self) -> Option<&'static str> {
        self.lyapunov.map(|(_, source)| source)
    }
    /// The header's words on a parameter.
    pub fn parameter(&self, name: &str) -> Option<&'static Described> {
        self.parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }
    /// The variables on the axes of the default view: at most three.
    pub fn view(&self) -> &'static [usize] {
        self.view
    }
    /// Dominant period of a flow, in its units of time.
    pub fn period(&self) -> Option<f64> {
        self.period
    }
    /// Why it is not chaotic at its default parameters; `None` for a system that is, or of which nothing is said.
    pub fn regular(&self) -> Option<&'static str> {
        self.regular
    }
    /// Name in the `dysts` collection, a map's with `map:` before it.
    pub fn collection(&self) -> Option<&'static str> {
        self.collection.map(|(name, _)| name)
    }
    /// The named set that holds the collection's numbers, where they are not the defaults.
    pub fn collection_set(&self) -> Option<&'static str> {
        self.collection.and_then(|(_, set)| set)
    }
    /// The header's words on named sets of parameters.
    pub fn presets(&self) -> &'static [Preset] {
        self.presets
    }
    /// The `.ode` text.
    pub fn text(&self) -> &'static str {
        self.text
    }
    /// The equations, read once.
    pub fn model(&self) -> &Model {
        self.model.get_or_init(|| read(self.text))
    }
    /// All of it, at given parameters: delays, noise and events beside the right-hand side.
    pub fn process(&'static self, parameters: &[f64]) -> SystemProcess {
        SystemProcess::new(self.model(), self.field(parameters), parameters)
    }
    /// Its right-hand side: native code where there is some, else the register program.
    pub fn field<V: Real>(&'static self, parameters: &[f64]) -> Field<V> {
        match (native_rate::<V>(self.index), native_jacobian(self.index)) {
            (Some(rate), Some(jacobian)) => {
                let mut field = Field {
                    dimension: self.model().variables.len(),
                    kind: Inner::Native {
                        rate: At::new(rate),
                        jacobian: At::new(jacobian),
                        march: native_march::<V>(self.index),
                    },
                };
                field.set_parameters(parameters);
                field
            }
            _ => Field::interpreted(self.model(), parameters),
        }
    }
}

/// Time, state, parameters, what was prepared of them, and the outputs.
type Evaluate<V> = fn(V, &[V], &[V], &[V], &mut [V]);

/// Parameters, what was prepared of them, the steps, the bound and the state; None where one is too short.
type March<V> = fn(&[V], &[V], Grid, f64, &mut [V]) -> Option<Result<(), Halt>>;

/// Functions that the build printed from a register program.
#[derive(Clone, Copy, Debug)]
struct Native<V> {
    evaluate: Evaluate<V>,
    /// What depends on parameters alone.
    prepare: fn(&[V], &mut [V]),
    /// How many numbers that is.
    prepared: usize,
}

/// Native code at some parameters.
#[derive(Clone, Debug)]
struct At<V> {
    code: Native<V>,
    parameters: Vec<V>,
    prepared: Vec<V>,
}

impl<V: Real> At<V> {
    fn new(code: Native<V>) -> Self {
        Self { code, parameters: Vec::new(), prepared: vec![V::zero(); code.prepared] }
    }
    fn set(&mut self, parameters: &[f64]) {
        self.parameters = parameters.iter().map(|p| V::splat(*p)).collect();
        (self.code.prepare)(&self.parameters, &mut self.prepared);
    }
    #[inline]
    fn evaluate(&self, t: V, x: &[V], out: &mut [V]) {
        (self.code.evaluate)(t, x, &self.parameters, &self.prepared, out);
    }
}

/// The right-hand side of a flow, or a map, at given parameters: native or interpreted, with the same bits.
#[derive(Clone, Debug)]
pub struct Field<V: Real = f64> {
    dimension: usize,
    kind: Inner<V>,
}

#[derive(Clone, Debug)]
enum Inner<V: Real> {
    Native { rate: At<V>, jacobian: At<f64>, march: Option<March<V>> },
    Interpreted(Box<Interpreter<V>>),
}

impl<V: Real> Field<V> {
    /// The register program of any model.
    pub fn interpreted(model: &Model, parameters: &[f64]) -> Self {
        let kind = Inner::Interpreted(Box::new(Interpreter::new(model.system(), parameters)));
        Self { dimension: model.variables.len(), kind }
    }

    /// Whether it runs as native code.
    pub fn is_native(&self) -> bool {
        matches!(self.kind, Inner::Native { .. })
    }

    /// Takes other parameters, in file order; missing ones are 0.
    pub fn set_parameters(&mut self, to: &[f64]) {
        match &mut self.kind {
            Inner::Native { rate, jacobian, .. } => {
                rate.set(to);
                jacobian.set(to);
            }
            Inner::Interpreted(interpreter) => {
                for (index, value) in to.iter().enumerate() {
                    interpreter.set_parameter(index, *value);
                }
            }
        }
    }

    /// Writes the right-hand side at the inputs given: delayed values, then draws. Only the register program has any.
    #[inline]
    pub fn evaluate_with(&mut self, t: V, x: &[V], inputs: &[V], out: &mut [V]) {
        match &mut self.kind {
            Inner::Native { rate, .. } => rate.evaluate(t, x, out),
            Inner::Interpreted(interpreter) => interpreter.evaluate_with(t, x, inputs, out),
        }
    }

    #[inline]
    fn evaluate(&mut self, t: V, x: &[V], out: &mut [V]) {
        match &mut self.kind {
            Inner::Native { rate, .. } => rate.evaluate(t, x, out),
            Inner::Interpreted(interpreter) => interpreter.evaluate(t, x, out),
        }
    }
}

impl Field<Lanes<f32, 8>> {
    /// Itself behind a pointer, as [`Flow`]. Its evaluation is compiled here, with the settings of this crate: whoever asks
    /// may be built for size.
    pub fn as_flow(&mut self) -> &mut dyn Flow<Lanes<f32, 8>> {
        self
    }

    /// Itself behind a pointer, as [`Map`].
    pub fn as_map(&mut self) -> &mut dyn Map<Lanes<f32, 8>> {
        self
    }
}

impl<V: Real> Flow<V> for Field<V> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) {
        self.evaluate(t, x, rate);
    }
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [V]) -> Option<Result<(), Halt>> {
        match &self.kind {
            Inner::Native { rate, march: Some(march), .. } => {
                march(&rate.parameters, &rate.prepared, grid, bound, x)
            }
            _ => None,
        }
    }
}

impl<V: Real> Map<V> for Field<V> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn next(&mut self, t: V, x: &[V], next: &mut [V]) {
        self.evaluate(t, x, next);
    }
}

impl Field<f64> {
    fn derivative(&mut self, t: f64, x: &[f64], out: &mut [f64]) {
        match &mut self.kind {
            Inner::Native { jacobian, .. } => jacobian.evaluate(t, x, out),
            Inner::Interpreted(interpreter) => FlowJacobian::jacobian(&mut **interpreter, t, x, out),
        }
    }
}

impl FlowJacobian for Field<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.derivative(t, x, jacobian);
    }
}

impl MapJacobian for Field<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.derivative(t, x, jacobian);
    }
}

/// Every system, in the order of their slugs.
pub fn systems() -> &'static [System] {
    &SYSTEMS
}

/// A system, and the set of parameters that its name means: the defaults for a slug.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The system.
    pub system: &'static System,
    /// The named set of its text.
    pub set: Option<&'static str>,
}

impl Named {
    /// The equations, with the values and the settings of the set in place of the text's.
    pub fn model(&self) -> Cow<'static, Model> {
        let model = self.system.model();
        let Some(set) = self.set.and_then(|set| model.set(set)) else { return Cow::Borrowed(model) };
        let (parameters, start) = model.values_with(set);
        let mut own = model.clone();
        for (parameter, value) in own.parameters.iter_mut().zip(parameters) {
            parameter.value = value;
        }
        for (variable, value) in own.variables.iter_mut().zip(start) {
            variable.initial = value;
        }
        for (name, value) in &set.options {
            let value = value.parse::<f64>().ok().filter(|value| value.is_finite());
            let option = match name.to_ascii_lowercase().as_str() {
                "dt" => &mut own.options.dt,
                "total" => &mut own.options.total,
                "bounds" => &mut own.options.bounds,
                _ => continue,
            };
            *option = value.or(*option);
        }
        Cow::Owned(own)
    }
}

/// What a name means, in any case: a slug, or `dysts:Lorenz` and `dysts:map:Duffing` for the collection's own
/// numbers.
pub fn find_named(name: &str) -> Option<Named> {
    const PREFIX: &str = "dysts:";
    let of_collection = name.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX));
    let system = match of_collection {
        Some(_) => {
            let wanted = name.get(PREFIX.len()..)?;
            let system =
                SYSTEMS.iter().find(|s| s.collection().is_some_and(|n| n.eq_ignore_ascii_case(wanted)))?;
            return Some(Named { system, set: system.collection_set() });
        }
        None => SYSTEMS.iter().find(|s| s.slug.eq_ignore_ascii_case(name))?,
    };
    Some(Named { system, set: None })
}

/// The system that a name means, in any case and whatever its parameters; [`find_named`] tells them too.
pub fn find(name: &str) -> Option<&'static System> {
    find_named(name).map(|named| named.system)
}

include!(concat!(env!("OUT_DIR"), "/systems.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::march::{classical, outside};
    use numerics::{Lanes, Stream};

    fn near(system: &System, stream: &mut Stream) -> Vec<f64> {
        system.model().initial().iter().map(|x| x + stream.normal()).collect()
    }

    /// Those that a field holds whole: without delays, noise or events.
    fn plain() -> impl Iterator<Item = &'static System> {
        systems().iter().filter(|system| system.model().is_plain())
    }

    fn same_bits<V: Real>() {
        let mut compiled = 0;
        for system in plain() {
            let mut stream = Stream::new(1, system.slug());
            let parameters: Vec<f64> =
                system.model().parameter_values().iter().map(|p| p * (1.0 + 0.1 * stream.normal())).collect();
            let mut native = system.field::<V>(&parameters);
            let mut interpreted = Field::<V>::interpreted(system.model(), &parameters);
            assert!(!interpreted.is_native(), "{}", system.slug());
            if !native.is_native() {
                continue;
            }
            compiled += 1;
            for _ in 0..50 {
                let mut x = vec![V::zero(); system.model().dimension()];
                for lane in 0..V::LANES {
                    for (value, place) in near(system, &mut stream).iter().zip(&mut x) {
                        place.set_lane(lane, *value);
                    }
                }
                let t = V::splat(stream.uniform() * 10.0);
                let (mut a, mut b) = (x.clone(), x.clone());
                native.evaluate(t, &x, &mut a);
                interpreted.evaluate(t, &x, &mut b);
                for (a, b) in a.iter().zip(&b) {
                    for lane in 0..V::LANES {
                        assert_eq!(a.lane(lane).to_bits(), b.lane(lane).to_bits(), "{}", system.slug());
                    }
                }
            }
        }
        let small = systems().iter().filter(|s| s.model().dimension() <= 6 && s.model().is_plain()).count();
        assert!(compiled >= small * 9 / 10, "{compiled} systems are compiled, and {small} are small");
    }

    #[test]
    fn native_code_and_register_program_have_the_same_bits() {
        same_bits::<f64>();
        same_bits::<f32>();
        same_bits::<Lanes<f32, 8>>();
        same_bits::<Lanes<f64, 4>>();
    }

    #[test]
    fn compiled_steps_have_the_bits_of_the_register_program() {
        let (mut marched, mut halted) = (0, 0);
        for system in plain().filter(|system| system.model().kind == equations::Kind::Flow) {
            let (parameters, n) = (system.model().parameter_values(), system.model().dimension());
            let mut compiled = system.field::<f64>(&parameters);
            let mut typed = Field::<f64>::interpreted(system.model(), &parameters);
            let mut stream = Stream::new(4, system.slug());
            // Narrow enough that some of them halt.
            let bound = 1.0 + system.model().initial().iter().fold(0.0, |most: f64, x| most + x.abs());
            let grid = Grid { t0: 0.3, h: 0.01, first: 5, count: 60 };
            for _ in 0..3 {
                let start = near(system, &mut stream);
                let mut x = start.clone();
                let Some(result) = compiled.march(grid, bound, &mut x) else { continue };
                marched += 1;
                let (mut y, mut next) = (start, vec![0.0; n]);
                let (mut stages, mut scratch) = (vec![0.0; 4 * n], vec![0.0; n]);
                let mut halt = None;
                for done in 0..grid.count {
                    let rate = |t, x: &[f64], out: &mut [f64]| typed.rate(t, x, out);
                    let t = grid.time(done);
                    classical(rate, t, grid.h, &y, &mut next, &mut stages, &mut scratch, false);
                    halt = outside(&next, bound).map(|variable| (done, variable, next[variable].to_bits()));
                    if halt.is_some() {
                        halted += 1;
                        break;
                    }
                    y.copy_from_slice(&next);
                }
                let found = result.err().map(|halt| (halt.done, halt.variable, halt.value.to_bits()));
                assert_eq!(found, halt, "{}", system.slug());
                for (a, b) in x.iter().zip(&y) {
                    assert_eq!(a.to_bits(), b.to_bits(), "{}", system.slug());
                }
            }
        }
        assert!(marched > 100 && halted > 10 && halted < marched, "{halted} of {marched} halted");
    }

    #[test]
    fn neither_lanes_nor_states_of_another_length_march() {
        let lorenz = find("lorenz").unwrap();
        let parameters = lorenz.model().parameter_values();
        let grid = Grid { t0: 0.0, h: 0.01, first: 0, count: 1 };
        let mut lanes = [Lanes([1.0_f32; 8]); 3];
        assert_eq!(lorenz.field::<Lanes<f32, 8>>(&parameters).march(grid, 1e3, &mut lanes), None);
        assert_eq!(lorenz.field::<f64>(&parameters).march(grid, 1e3, &mut [1.0; 2]), None);
        assert_eq!(lorenz.field::<f64>(&[]).march(grid, 1e3, &mut [1.0; 3]), None);
        assert_eq!(lorenz.field::<f64>(&parameters).march(grid, 1e3, &mut [1.0; 3]), Some(Ok(())));
    }

    #[test]
    fn native_jacobians_are_those_of_the_register_program() {
        for system in systems() {
            let parameters = system.model().parameter_values();
            let n = system.model().dimension();
            let mut stream = Stream::new(2, system.slug());
            let (mut a, mut b) = (vec![0.0; n * n], vec![0.0; n * n]);
            for _ in 0..20 {
                let x = near(system, &mut stream);
                system.field::<f64>(&parameters).derivative(0.3, &x, &mut a);
                Field::<f64>::interpreted(system.model(), &parameters).derivative(0.3, &x, &mut b);
                for (a, b) in a.iter().zip(&b) {
                    assert_eq!(a.to_bits(), b.to_bits(), "{}", system.slug());
                }
            }
        }
    }

    #[test]
    fn jacobians_agree_with_finite_differences() {
        for system in plain() {
            let n = system.model().dimension();
            let mut field = system.field::<f64>(&system.model().parameter_values());
            let mut stream = Stream::new(3, system.slug());
            let mut jacobian = vec![0.0; n * n];
            let mut compared = 0;
            for _ in 0..10 {
                let x = near(system, &mut stream);
                field.derivative(0.7, &x, &mut jacobian);
                for j in 0..n {
                    let h = 1e-6 * (1.0 + x[j].abs());
                    let (mut up, mut down) = (x.clone(), x.clone());
                    up[j] += h;
                    down[j] -= h;
                    let (mut above, mut below) = (vec![0.0; n], vec![0.0; n]);
                    field.evaluate(0.7, &up, &mut above);
                    field.evaluate(0.7, &down, &mut below);
                    for i in 0..n {
                        let difference = (above[i] - below[i]) / (2.0 * h);
                        if !difference.is_finite() {
                            // Outside of where the equations are defined.
                            continue;
                        }
                        compared += 1;
                        let size = 1.0 + difference.abs() + above[i].abs();
                        assert!(
                            (difference - jacobian[i * n + j]).abs() < 1e-4 * size,
                            "{}: entry {i}, {j} is {}, differences give {difference}",
                            system.slug(),
                            jacobian[i * n + j]
                        );
                    }
                }
            }
            assert!(compared >= n, "{}", system.slug());
        }
    }

    #[test]
    fn right_hand_sides_are_those_worked_out_by_hand() {
        let at = |slug: &str, t: f64, x: &[f64]| {
            let system = find(slug).unwrap();
            let mut out = vec![0.0; x.len()];
            system.field::<f64>(&system.model().parameter_values()).evaluate(t, x, &mut out);
            out
        };
        let lorenz = at("lorenz", 0.0, &[1.0, 2.0, 3.0]);
        assert_eq!(lorenz, [10.0, 23.0, 2.0 - 8.0]);
        assert_eq!(at("rossler", 0.0, &[1.0, 2.0, 3.0]), [-5.0, 1.4, 0.2 + 3.0 * (1.0 - 5.7)]);
        assert_eq!(at("henon", 0.0, &[0.5, 0.25]), [1.0 - 1.4 * 0.25 + 0.25, 0.15]);
        assert_eq!(at("logistic", 0.0, &[0.5]), [0.975]);
        assert_eq!(
            at("lorenz-96", 0.0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])[0],
            (2.0 - 7.0) * 8.0 - 1.0 + 8.0
        );
        // Hodgkin and Huxley's axon rests near -65 mV when no current flows.
        let axon = find("hodgkin-huxley").unwrap();
        let mut parameters = axon.model().parameter_values();
        parameters[axon.model().parameter("current").unwrap()] = 0.0;
        let mut rate = [0.0; 4];
        axon.field::<f64>(&parameters).evaluate(0.0, &axon.model().initial(), &mut rate);
        assert!(rate.iter().all(|r| r.abs() < 0.02), "{rate:?}");
    }

    #[test]
    fn every_system_runs_for_ten_thousand_steps() {
        // RK4 cannot step a stiff system at its step; the solvers' own tests run those.
        let stiff = |system: &&'static System| system.model().options.meth.as_deref() == Some("stiff");
        for system in plain().filter(|system| !stiff(system)) {
            let model = system.model();
            let mut field = system.field::<f64>(&model.parameter_values());
            let mut x = model.initial();
            let n = x.len();
            let mut next = vec![0.0; n];
            if model.kind == equations::Kind::Map {
                for _ in 0..10_000 {
                    field.evaluate(0.0, &x, &mut next);
                    std::mem::swap(&mut x, &mut next);
                }
            } else {
                let h = model.options.dt.unwrap();
                let mut k = vec![vec![0.0; n]; 4];
                for step in 0..10_000 {
                    let t = f64::from(step) * h;
                    for stage in 0..4 {
                        let c = [0.0, 0.5, 0.5, 1.0][stage] * h;
                        let y: Vec<f64> = (0..n)
                            .map(|i| x[i] + if stage > 0 { c * k[stage - 1][i] } else { 0.0 })
                            .collect();
                        field.evaluate(t + c, &y, &mut k[stage]);
                    }
                    for i in 0..n {
                        x[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
                    }
                }
            }
            let bound = model.options.bounds.unwrap();
            assert!(x.iter().all(|v| v.abs() < bound), "{} ends at {x:?}", system.slug());
        }
    }

    #[test]
    fn systems_stand_in_order_and_in_a_family() {
        let slugs: Vec<&str> = systems().iter().map(System::slug).collect();
        assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
        assert!(slugs.len() >= 24);
        for system in systems() {
            assert!(FAMILIES.contains(&system.family()), "{}", system.slug());
            for parameter in &system.model().parameters {
                let described = system.parameter(&parameter.name).unwrap();
                let [low, high] = described.range.unwrap();
                assert!((low..=high).contains(&parameter.value), "{}: {}", system.slug(), parameter.name);
            }
        }
        assert!(find("LORENZ").is_some() && find("lorentz").is_none());
    }

    #[test]
    fn a_name_of_the_collection_tells_the_set_it_means() {
        for system in systems() {
            let Some(name) = system.collection() else { continue };
            let named = find_named(&format!("Dysts:{}", name.to_uppercase())).unwrap();
            assert_eq!((named.system.slug(), named.set), (system.slug(), system.collection_set()));
            assert_eq!(find_named(system.slug()).unwrap().set, None);
        }
        let aizawa = find_named("dysts:aizawa").unwrap();
        assert_eq!((aizawa.system.slug(), aizawa.set), ("aizawa", None));
        for name in ["dysts:", "dysts:Lorentz", "dysts:map:Lorenz", "dysts", "dysts:é"] {
            assert!(find_named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_headers_say_of_the_whole_is_sound() {
        for system in systems() {
            let slug = system.slug();
            let dimension = system.model().dimension();
            assert!(system.view().iter().all(|axis| *axis < dimension), "{slug}");
            assert!((1..=3).contains(&system.view().len()), "{slug}");
            let flow = system.model().kind == equations::Kind::Flow;
            assert!(system.period().is_none_or(|period| flow && period > 0.0), "{slug}");
            assert!(system.regular().is_none_or(|why| !why.is_empty()), "{slug}");
            let named = Named { system, set: system.collection_set() };
            let model = named.model();
            // The collection's numbers may differ in where the state starts alone.
            let numbers = |model: &Model| (model.parameter_values(), model.initial());
            assert_eq!(numbers(&model) == numbers(system.model()), named.set.is_none(), "{slug}");
            for parameter in &model.parameters {
                let [low, high] = system.parameter(&parameter.name).unwrap().range.unwrap();
                assert!((low..=high).contains(&parameter.value), "{slug}: {}", parameter.name);
            }
        }
    }
}
