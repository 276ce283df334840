//! A system to run: one of the zoo, or typed equations.

use crate::contract::Equations;
use crate::error::{ExhibitError, nearest};
use crate::exhibits::read_equations;
use dynamics::{METHODS, Method, Options, Simulation, Stepper, check_process};
use equations::{Kind, Model};
use numerics::Real;
use std::borrow::Cow;
use zoo::{Field, System, SystemProcess};

/// A model, and the system of the zoo that it is, if any.
#[derive(Clone, Debug)]
pub struct Subject {
    model: Cow<'static, Model>,
    system: Option<&'static System>,
    text: Cow<'static, str>,
}

impl Subject {
    /// A system of the zoo, by slug or by its name in the collection, with the values that the name means.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn of_zoo(name: &str) -> Result<Self, ExhibitError> {
        let named = zoo::find_named(name).ok_or_else(|| ExhibitError::Unknown {
            name: name.to_owned(),
            nearest: nearest_system(name, std::iter::empty()),
        })?;
        Ok(Self {
            model: named.model(),
            system: Some(named.system),
            text: Cow::Borrowed(named.system.text()),
        })
    }

    /// Equations that a person typed.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn typed(text: &str) -> Result<Self, ExhibitError> {
        let model = read_equations(text)?;
        Ok(Self { model: Cow::Owned(model), system: None, text: Cow::Owned(text.to_owned()) })
    }

    /// The system of the zoo, if it is one.
    pub fn system(&self) -> Option<&'static System> {
        self.system
    }
    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }
    /// The model alone.
    pub fn into_model(self) -> Cow<'static, Model> {
        self.model
    }
    /// The `.ode` text.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Name for people.
    pub fn name(&self) -> &str {
        self.system.map_or("Typed equations", System::name)
    }
    /// The equations as mathematics, one element a line.
    pub fn mathml(&self) -> Vec<String> {
        equations::mathml(&self.model).iter().map(equations::Line::math).collect()
    }
    /// The equations as a page shows them; `typed` says whether a person typed them.
    pub(crate) fn shown(&self, editable: bool, typed: bool) -> Equations {
        Equations { text: self.text().to_owned(), mathml: self.mathml(), editable, typed }
    }
    /// Names of the variables.
    pub fn variable_names(&self) -> Vec<String> {
        self.model.variables.iter().map(|v| v.name.clone()).collect()
    }
    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        self.model.kind == Kind::Map
    }
    /// Default values of the parameters.
    pub fn parameters(&self) -> Vec<f64> {
        self.model.parameter_values()
    }
    /// Default start.
    pub fn start(&self) -> Vec<f64> {
        self.model.initial()
    }
    /// Time at the start.
    pub fn start_time(&self) -> f64 {
        self.model.options.t0.unwrap_or(0.0)
    }
    /// Default step.
    pub fn step(&self) -> f64 {
        let own = self.model.options.dt;
        own.filter(|dt| *dt > 0.0).unwrap_or(if self.is_map() { 1.0 } else { 0.05 })
    }
    /// The magnitude beyond which a variable has diverged.
    pub fn bound(&self) -> f64 {
        self.model.options.bounds.filter(|b| *b > 0.0).unwrap_or(1e6)
    }
    /// Relative tolerance of adaptive methods: the text's own where it is tighter than what is usual here.
    pub fn tolerance(&self) -> f64 {
        const USUAL: f64 = 1e-8;
        self.model.options.toler.filter(|own| *own < USUAL).unwrap_or(USUAL)
    }
    /// Dominant period, where it is known.
    pub fn period(&self) -> Option<f64> {
        self.system.and_then(System::period)
    }
    /// The methods that can step it, its own first.
    pub fn methods(&self) -> Vec<Method> {
        if self.is_map() {
            return vec![Method::Discrete];
        }
        let process = self.process(&self.parameters());
        let goes = |method: Method| check_process(&process, &self.options(method, self.step())).is_ok();
        let own = Some(self.method()).filter(|own| goes(*own));
        let others = METHODS.into_iter().filter(|method| *method != self.method() && goes(*method));
        own.into_iter().chain(others).collect()
    }
    /// The method that its text names, or what suits it: Runge-Kutta 4, with noise Euler-Maruyama.
    pub fn method(&self) -> Method {
        let noisy = !self.model.system().draws().is_empty();
        let named = self.model.options.meth.as_deref().and_then(Method::from_xpp);
        match named {
            _ if self.is_map() => Method::Discrete,
            // Over steps of chosen length noise would be another one.
            Some(method) if !(noisy && method.is_adaptive()) && method != Method::Discrete => method,
            _ if noisy => Method::EulerMaruyama,
            _ => Method::RungeKutta4,
        }
    }
    /// The variables on the axes of its state space: as its header or its settings say, else the first three.
    pub fn axes(&self) -> [Option<usize>; 3] {
        let n = self.model.dimension();
        let view = self.system.map_or(&[][..], System::view);
        if !view.is_empty() {
            return [view.first().copied(), view.get(1).copied(), view.get(2).copied()];
        }
        let o = &self.model.options;
        let named =
            [&o.xp, &o.yp, &o.zp].map(|name| name.as_ref().and_then(|name| self.model.variable(name)));
        match named {
            [Some(x), Some(y), z] if x != y => [Some(x), Some(y), z.filter(|z| *z != x && *z != y)],
            _ => [Some(0), (n > 1).then_some(1), (n > 2).then_some(2)],
        }
    }

    /// The right-hand side at some parameters: native code for the zoo, the register program otherwise.
    pub fn field<V: Real>(&self, parameters: &[f64]) -> Field<V> {
        match self.system {
            Some(system) => system.field(parameters),
            None => Field::interpreted(&self.model, parameters),
        }
    }

    /// The right-hand side as a kernel for the GPU.
    ///
    /// # Errors
    /// The equations need something that the GPU path lacks.
    pub fn kernel(&self) -> Result<gpu::Kernel, equations::EquationError> {
        gpu::Kernel::of(&self.model)
    }

    /// Options of a stepper with this subject's start time and bound.
    pub fn options(&self, method: Method, dt: f64) -> Options {
        Options { method, t0: self.start_time(), dt, bound: self.bound(), ..Options::default() }
    }

    /// The whole system at some parameters: delays, noise and events beside the right-hand side.
    pub fn process(&self, parameters: &[f64]) -> SystemProcess {
        SystemProcess::new(&self.model, self.field(parameters), parameters)
    }

    /// A run from a state.
    ///
    /// # Errors
    /// The state is not finite, the step is none, or the method does not go with the system.
    pub fn stepper(
        &self,
        parameters: &[f64],
        options: Options,
        start: &[f64],
    ) -> Result<Runner, ExhibitError> {
        let refused = |e: dynamics::Error| ExhibitError::Refused(e.to_string());
        Simulation::new(self.process(parameters), options, start).map_err(refused)
    }

    /// `count` samples from the default start, `dt` apart for a flow, every step for a map; row by row.
    ///
    /// # Errors
    /// The run diverges on the way.
    pub fn samples(&self, count: usize, dt: f64, substeps: usize) -> Result<Vec<f64>, ExhibitError> {
        let options = Options {
            substeps: if self.is_map() { 1 } else { substeps as u32 },
            ..self.options(self.method(), dt)
        };
        let mut runner = self.stepper(&self.parameters(), options, &self.start())?;
        let mut values = Vec::with_capacity(count * self.model.dimension());
        for sample in 0..count {
            if sample > 0 && !runner.advance().is_ok() {
                let reason = format!(
                    "{}: the run stopped after {sample} of {count} samples: {}",
                    self.name(),
                    runner.outcome()
                );
                return Err(ExhibitError::Refused(reason));
            }
            values.extend_from_slice(runner.state());
        }
        Ok(values)
    }
}

/// The name of a system nearest to one that does not exist, some other names among them. Names of the collection
/// are told where one is looked for.
pub(crate) fn nearest_system<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Option<String> {
    let prefix = "dysts:";
    if name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
        let known: Vec<String> =
            zoo::systems().iter().filter_map(|s| Some(format!("{prefix}{}", s.collection()?))).collect();
        return nearest(name, known.iter().map(String::as_str));
    }
    nearest(name, others.chain(zoo::systems().iter().map(|s| -> &'a str { s.slug() })))
}

/// A run of a whole system.
pub type Runner = Simulation<SystemProcess>;
