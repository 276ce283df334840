//! A system to run: one of the zoo, or typed equations.

use crate::error::{ExhibitError, nearest};
use crate::exhibits::read_equations;
use dynamics::{Method, Options, Orbit, Stepper, Trajectory, sample_flow, sample_map};
use equations::{Kind, Model};
use numerics::Real;
use std::borrow::Cow;
use zoo::{Field, System};

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
    /// Names of the variables.
    pub fn variable_names(&self) -> Vec<String> {
        self.model.variables.iter().map(|v| v.name.clone()).collect()
    }
    /// The variables on the axes of the stage: the default view of a system, the first three of typed equations.
    pub fn axes(&self) -> [Option<usize>; 3] {
        let view = self.system.map(System::view);
        std::array::from_fn(|axis| match view {
            Some(view) => view.get(axis).copied(),
            None => (axis < self.model.dimension()).then_some(axis),
        })
    }
    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        self.model.kind == Kind::Map
    }
    /// Default values of the parameters.
    pub fn parameters(&self) -> Vec<f64> {
        self.model.parameters.iter().map(|p| p.value).collect()
    }
    /// Default start.
    pub fn start(&self) -> Vec<f64> {
        self.model.variables.iter().map(|v| v.initial).collect()
    }
    /// Time at the start.
    pub fn start_time(&self) -> f64 {
        self.model.options.t0.unwrap_or(0.0)
    }
    /// Default step.
    pub fn step(&self) -> f64 {
        self.model.options.dt.filter(|dt| *dt > 0.0).unwrap_or(if self.is_map() { 1.0 } else { 0.05 })
    }
    /// The magnitude beyond which a variable has diverged.
    pub fn bound(&self) -> f64 {
        self.model.options.bounds.filter(|b| *b > 0.0).unwrap_or(1e6)
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
        Ok(gpu::Kernel {
            rhs: format!("{}{}", equations::WGSL_HELPERS, equations::wgsl(&self.model)?),
            dimension: self.model.dimension(),
            parameters: self.model.parameters.len(),
            kind: if self.is_map() { gpu::Kind::Map } else { gpu::Kind::Flow },
        })
    }

    /// Options of a stepper with this subject's start time and bound.
    pub fn options(&self, method: Method, dt: f64) -> Options {
        Options { method, t0: self.start_time(), dt, bound: self.bound(), ..Options::default() }
    }

    /// A stepper from a state.
    ///
    /// # Errors
    /// The state is not finite or the step is none.
    pub fn stepper(
        &self,
        parameters: &[f64],
        options: Options,
        start: &[f64],
    ) -> Result<Runner, ExhibitError> {
        let refused = |e: dynamics::Error| ExhibitError::Refused(e.to_string());
        let field = self.field::<f64>(parameters);
        Ok(if self.is_map() {
            Runner::Map(Box::new(Orbit::new(field, options, start).map_err(refused)?))
        } else {
            Runner::Flow(Box::new(Trajectory::new(field, options, start).map_err(refused)?))
        })
    }

    /// `count` samples from the default start, `dt` apart for a flow, every step for a map; row by row.
    ///
    /// # Errors
    /// The run diverges on the way.
    pub fn samples(&self, count: usize, dt: f64, substeps: usize) -> Result<Vec<f64>, ExhibitError> {
        let refused = |e: dynamics::Error| ExhibitError::Refused(format!("{}: {e}", self.name()));
        let field = self.field::<f64>(&self.parameters());
        let options = Options {
            substeps: if self.is_map() { 1 } else { substeps as u32 },
            ..self.options(Method::RungeKutta4, dt)
        };
        let samples = if self.is_map() {
            sample_map(field, &options, &self.start(), 0, count)
        } else {
            sample_flow(field, &options, &self.start(), 0, count)
        };
        Ok(samples.map_err(refused)?.values)
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

/// A stepper over a field, whichever kind it is.
pub enum Runner {
    /// A flow's trajectory.
    Flow(Box<Trajectory<Field<f64>>>),
    /// A map's orbit.
    Map(Box<Orbit<Field<f64>>>),
}

impl Runner {
    /// As a stepper.
    pub fn stepper(&self) -> &dyn Stepper {
        match self {
            Self::Flow(trajectory) => trajectory.as_ref(),
            Self::Map(orbit) => orbit.as_ref(),
        }
    }
    /// As a stepper that moves.
    pub fn stepper_mut(&mut self) -> &mut dyn Stepper {
        match self {
            Self::Flow(trajectory) => trajectory.as_mut(),
            Self::Map(orbit) => orbit.as_mut(),
        }
    }
    /// The field.
    pub fn field_mut(&mut self) -> &mut Field<f64> {
        match self {
            Self::Flow(trajectory) => trajectory.system_mut(),
            Self::Map(orbit) => orbit.system_mut(),
        }
    }
}
