//! A system at work: registers for numbers or blocks of lanes.

use crate::model::System;
use crate::program::Machine;
use numerics::{Flow, FlowJacobian, Map, MapJacobian, Real};
use std::sync::Arc;

/// Evaluates a [`System`] for numbers or blocks of lanes `V`.
#[derive(Clone, Debug)]
pub struct Interpreter<V: Real = f64> {
    system: Arc<System>,
    parameters: Vec<V>,
    rate: Machine<V>,
    auxiliary: Option<Machine<V>>,
    jacobian: Option<Machine<V>>,
}

impl<V: Real> Interpreter<V> {
    /// With parameter values in the order of the text; what is missing is 0, what is too many is not read.
    pub fn new(system: Arc<System>, parameters: &[f64]) -> Self {
        let mut values = vec![V::zero(); system.parameters()];
        for (value, parameter) in values.iter_mut().zip(parameters) {
            *value = V::splat(*parameter);
        }
        let rate = Machine::new(&system.rate, &values);
        Self { system, parameters: values, rate, auxiliary: None, jacobian: None }
    }
    /// What is evaluated.
    pub fn system(&self) -> &Arc<System> {
        &self.system
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.system.dimension
    }
    /// The parameters' values.
    pub fn parameters(&self) -> &[V] {
        &self.parameters
    }
    /// Sets one parameter in every lane; an index beyond the last has no effect.
    pub fn set_parameter(&mut self, index: usize, value: f64) {
        self.set_parameter_lanes(index, V::splat(value));
    }
    /// Sets one parameter lane by lane; an index beyond the last has no effect.
    pub fn set_parameter_lanes(&mut self, index: usize, value: V) {
        let Some(slot) = self.parameters.get_mut(index) else { return };
        *slot = value;
        self.rate.set_parameter(&self.system.rate, index, value);
        if let Some(machine) = &mut self.auxiliary {
            machine.set_parameter(&self.system.auxiliary, index, value);
        }
        if let Some(machine) = &mut self.jacobian {
            machine.set_parameter(&self.system.jacobian, index, value);
        }
    }
    /// Writes the right-hand side at `(t, x)`: rates of a flow, next state of a map.
    #[inline]
    pub fn evaluate(&mut self, t: V, x: &[V], out: &mut [V]) {
        self.rate.evaluate(&self.system.rate, t, x, out);
    }
    /// Writes the auxiliary outputs at `(t, x)`.
    pub fn auxiliaries(&mut self, t: V, x: &[V], out: &mut [V]) {
        let program = &self.system.auxiliary;
        let machine = self.auxiliary.get_or_insert_with(|| Machine::new(program, &self.parameters));
        machine.evaluate(program, t, x, out);
    }
    /// Writes `∂f_i/∂x_j` at `(t, x)` into `out[i * n + j]`.
    pub fn jacobian_at(&mut self, t: V, x: &[V], out: &mut [V]) {
        let program = &self.system.jacobian;
        let machine = self.jacobian.get_or_insert_with(|| Machine::new(program, &self.parameters));
        machine.evaluate(program, t, x, out);
    }
}

impl<V: Real> Flow<V> for Interpreter<V> {
    fn dimension(&self) -> usize {
        self.system.dimension
    }
    #[inline]
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) {
        self.evaluate(t, x, rate);
    }
}

impl<V: Real> Map<V> for Interpreter<V> {
    fn dimension(&self) -> usize {
        self.system.dimension
    }
    #[inline]
    fn next(&mut self, t: V, x: &[V], next: &mut [V]) {
        self.evaluate(t, x, next);
    }
}

impl FlowJacobian for Interpreter<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.jacobian_at(t, x, jacobian);
    }
}

impl MapJacobian for Interpreter<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.jacobian_at(t, x, jacobian);
    }
}
