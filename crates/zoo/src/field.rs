//! One type for whatever the layers above step: native code of the zoo, or typed equations.

use crate::System;
use crate::native::generated::functions;
use equations::{Interpreter, Kind, Model};
use numerics::{Flow, FlowJacobian, Map, MapJacobian, Real};

type Prepare<V> = fn(&[V], &mut [V]);
type Evaluate<V> = fn(V, &[V], &[V], &[V], &mut [V]);

/// Native code of one system: right-hand side, Jacobian, auxiliary outputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Functions<V> {
    pub(crate) prepared: [usize; 3],
    pub(crate) prepare: [Prepare<V>; 3],
    pub(crate) evaluate: [Evaluate<V>; 3],
}

/// A right-hand side with its parameters, native or interpreted; both give the same bits.
#[derive(Clone, Debug)]
pub struct Field<V: Real = f64> {
    model: Model,
    engine: Engine<V>,
}

#[derive(Clone, Debug)]
enum Engine<V: Real> {
    Native { functions: Functions<V>, p: Vec<V>, q: [Vec<V>; 3] },
    Interpreted(Interpreter<V>),
}

impl<V: Real> Field<V> {
    /// A system of the zoo, as native code where it has some, with parameter values in the order of its text; what
    /// is missing is taken from the text.
    pub fn native(system: &System, parameters: &[f64]) -> Self {
        let model = system.model();
        let Some(functions) = functions::<V>(system.index) else {
            return Self::interpreted(model, parameters);
        };
        let p: Vec<V> = values(model, parameters).into_iter().map(V::splat).collect();
        let q = functions.prepared.map(|count| vec![V::zero(); count]);
        let mut field = Self { model: model.clone(), engine: Engine::Native { functions, p, q } };
        field.prepare();
        field
    }

    /// Typed equations, with parameter values in the order of the text; what is missing is taken from the text.
    pub fn interpreted(model: &Model, parameters: &[f64]) -> Self {
        let interpreter = Interpreter::new(model.system(), &values(model, parameters));
        Self { model: model.clone(), engine: Engine::Interpreted(interpreter) }
    }

    /// The model behind the field.
    pub fn model(&self) -> &Model {
        &self.model
    }
    /// Flow or map.
    pub fn kind(&self) -> Kind {
        self.model.kind
    }
    /// Whether native code runs.
    pub fn is_native(&self) -> bool {
        matches!(self.engine, Engine::Native { .. })
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.model.dimension()
    }
    /// The parameters' values.
    pub fn parameters(&self) -> &[V] {
        match &self.engine {
            Engine::Native { p, .. } => p,
            Engine::Interpreted(interpreter) => interpreter.parameters(),
        }
    }
    /// Sets one parameter in every lane; an index beyond the last has no effect.
    pub fn set_parameter(&mut self, index: usize, value: f64) {
        self.set_parameter_lanes(index, V::splat(value));
    }
    /// Sets one parameter lane by lane; an index beyond the last has no effect.
    pub fn set_parameter_lanes(&mut self, index: usize, value: V) {
        match &mut self.engine {
            Engine::Native { p, .. } => {
                if let Some(slot) = p.get_mut(index) {
                    *slot = value;
                }
                self.prepare();
            }
            Engine::Interpreted(interpreter) => interpreter.set_parameter_lanes(index, value),
        }
    }

    fn prepare(&mut self) {
        if let Engine::Native { functions, p, q } = &mut self.engine {
            for (prepare, q) in functions.prepare.iter().zip(q) {
                prepare(p, q);
            }
        }
    }

    /// Writes the right-hand side at `(t, x)`: rates of a flow, next state of a map.
    #[inline]
    pub fn evaluate(&mut self, t: V, x: &[V], out: &mut [V]) {
        match &mut self.engine {
            Engine::Native { functions, p, q } => (functions.evaluate[0])(t, x, p, &q[0], out),
            Engine::Interpreted(interpreter) => interpreter.evaluate(t, x, out),
        }
    }
    /// Writes `∂f_i/∂x_j` at `(t, x)` into `out[i * n + j]`.
    pub fn jacobian_at(&mut self, t: V, x: &[V], out: &mut [V]) {
        match &mut self.engine {
            Engine::Native { functions, p, q } => (functions.evaluate[1])(t, x, p, &q[1], out),
            Engine::Interpreted(interpreter) => interpreter.jacobian_at(t, x, out),
        }
    }
    /// Writes the auxiliary outputs at `(t, x)`.
    pub fn auxiliaries(&mut self, t: V, x: &[V], out: &mut [V]) {
        match &mut self.engine {
            Engine::Native { functions, p, q } => (functions.evaluate[2])(t, x, p, &q[2], out),
            Engine::Interpreted(interpreter) => interpreter.auxiliaries(t, x, out),
        }
    }
}

fn values(model: &Model, parameters: &[f64]) -> Vec<f64> {
    let mut values = model.parameter_values();
    for (value, parameter) in values.iter_mut().zip(parameters) {
        *value = *parameter;
    }
    values
}

impl<V: Real> Flow<V> for Field<V> {
    fn dimension(&self) -> usize {
        self.model.dimension()
    }
    #[inline]
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) {
        self.evaluate(t, x, rate);
    }
}

impl<V: Real> Map<V> for Field<V> {
    fn dimension(&self) -> usize {
        self.model.dimension()
    }
    #[inline]
    fn next(&mut self, t: V, x: &[V], next: &mut [V]) {
        self.evaluate(t, x, next);
    }
}

impl FlowJacobian for Field<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.jacobian_at(t, x, jacobian);
    }
}

impl MapJacobian for Field<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.jacobian_at(t, x, jacobian);
    }
}
