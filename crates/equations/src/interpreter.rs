//! A system at work: registers for numbers or blocks of lanes.

use crate::model::Kind;
use crate::program::{Machine, Program};
use crate::system::{System, Target};
use numerics::{Crossing, Draw, Flow, FlowJacobian, Map, MapJacobian, Process, Real, Reset};
use std::sync::Arc;

/// The programs beside the right-hand side, each with a machine of its own once it is wanted.
const AUXILIARY: usize = 0;
const JACOBIAN: usize = 1;
const LAGS: usize = 2;
const HISTORY: usize = 3;
const DIFFUSION: usize = 4;
const SLOPE: usize = 5;
const CONDITIONS: usize = 6;
/// The first event's resets; the others' follow.
const RESETS: usize = 7;

/// Evaluates a [`System`] for numbers or blocks of lanes `V`.
#[derive(Clone, Debug)]
pub struct Interpreter<V: Real = f64> {
    system: Arc<System>,
    parameters: Vec<V>,
    rate: Machine<V>,
    others: Vec<Option<Machine<V>>>,
    /// Inputs of an evaluation that was given none.
    inputs: Vec<V>,
}

fn program(system: &System, which: usize) -> Option<&Program> {
    match which {
        AUXILIARY => Some(&system.auxiliary),
        JACOBIAN => system.jacobian.as_ref(),
        LAGS => Some(&system.lags),
        HISTORY => Some(&system.history.1),
        DIFFUSION => Some(&system.diffusion),
        SLOPE => system.slope.as_ref(),
        CONDITIONS => Some(&system.conditions),
        _ => system.resets.get(which - RESETS).map(|resets| &resets.program),
    }
}

impl<V: Real> Interpreter<V> {
    /// With parameter values in the order of the text; what is missing is 0, what is too many is not read.
    pub fn new(system: Arc<System>, parameters: &[f64]) -> Self {
        let mut values = vec![V::zero(); system.parameters()];
        for (value, parameter) in values.iter_mut().zip(parameters) {
            *value = V::splat(*parameter);
        }
        let rate = Machine::new(&system.rate, &values);
        let others = vec![None; RESETS + system.resets.len()];
        let inputs = vec![V::zero(); system.inputs()];
        Self { system, parameters: values, rate, others, inputs }
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
        for (which, machine) in self.others.iter_mut().enumerate() {
            if let (Some(machine), Some(program)) = (machine, program(&self.system, which)) {
                machine.set_parameter(program, index, value);
            }
        }
    }
    /// Writes the right-hand side at `(t, x)`: rates of a flow, next state of a map. A system with inputs is taken
    /// without noise and with every delayed value at its present one.
    #[inline]
    pub fn evaluate(&mut self, t: V, x: &[V], out: &mut [V]) {
        if !self.inputs.is_empty() {
            return self.evaluate_at_rest(t, x, out);
        }
        self.rate.evaluate(&self.system.rate, t, x, &[], out);
    }
    fn evaluate_at_rest(&mut self, t: V, x: &[V], out: &mut [V]) {
        self.rest(x);
        self.rate.evaluate(&self.system.rate, t, x, &self.inputs, out);
    }
    /// Writes the right-hand side at `(t, x)` and the inputs given: delayed values, then draws.
    #[inline]
    pub fn evaluate_with(&mut self, t: V, x: &[V], inputs: &[V], out: &mut [V]) {
        self.rate.evaluate(&self.system.rate, t, x, inputs, out);
    }
    /// Delayed values as they are now, draws at their means.
    fn rest(&mut self, x: &[V]) {
        let system = &self.system;
        for (input, variable) in self.inputs.iter_mut().zip(&system.delayed) {
            *input = x.get(*variable).copied().unwrap_or_default();
        }
        for (input, draw) in self.inputs[system.delayed.len()..].iter_mut().zip(&system.draws) {
            *input = V::splat(if *draw == Draw::Uniform { 0.5 } else { 0.0 });
        }
    }
    /// Runs one of the other programs; false where the system has none.
    fn run(&mut self, which: usize, t: V, x: &[V], inputs: Option<&[V]>, out: &mut [V]) -> bool {
        if inputs.is_none() && !self.inputs.is_empty() {
            self.rest(x);
        }
        let Some(program) = program(&self.system, which) else { return false };
        let Some(slot) = self.others.get_mut(which) else { return false };
        let machine = slot.get_or_insert_with(|| Machine::new(program, &self.parameters));
        machine.evaluate(program, t, x, inputs.unwrap_or(&self.inputs), out);
        true
    }
    /// Writes the auxiliary outputs at `(t, x)`, with inputs as [`Interpreter::evaluate`] takes them.
    pub fn auxiliaries(&mut self, t: V, x: &[V], out: &mut [V]) {
        self.run(AUXILIARY, t, x, None, out);
    }
    /// Writes the auxiliary outputs at `(t, x)` and the inputs given.
    pub fn auxiliaries_with(&mut self, t: V, x: &[V], inputs: &[V], out: &mut [V]) {
        self.run(AUXILIARY, t, x, Some(inputs), out);
    }
    /// Writes `∂f_i/∂x_j` at `(t, x)` into `out[i * n + j]`, with inputs as [`Interpreter::evaluate`] takes them; false,
    /// and nothing is written, where the system's Jacobian is too large to be had in closed form.
    pub fn jacobian_at(&mut self, t: V, x: &[V], out: &mut [V]) -> bool {
        self.run(JACOBIAN, t, x, None, out)
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

impl Interpreter<f64> {
    /// The Jacobian in closed form, or central differences where it would be too large.
    fn derivative(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        if self.jacobian_at(t, x, jacobian) {
            return;
        }
        let n = self.system.dimension;
        let mut moved = x.to_vec();
        let (mut above, mut below) = (vec![0.0; n], vec![0.0; n]);
        for j in 0..n {
            let h = 1e-6 * (1.0 + libm::fabs(x[j]));
            moved[j] = x[j] + h;
            self.evaluate(t, &moved, &mut above);
            moved[j] = x[j] - h;
            self.evaluate(t, &moved, &mut below);
            moved[j] = x[j];
            for i in 0..n {
                jacobian[i * n + j] = (above[i] - below[i]) / (2.0 * h);
            }
        }
    }
}

impl FlowJacobian for Interpreter<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.derivative(t, x, jacobian);
    }
}

impl MapJacobian for Interpreter<f64> {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.derivative(t, x, jacobian);
    }
}

impl Process for Interpreter<f64> {
    fn dimension(&self) -> usize {
        self.system.dimension
    }
    fn is_map(&self) -> bool {
        self.system.kind == Kind::Map
    }
    #[inline]
    fn rate(&mut self, t: f64, x: &[f64], inputs: &[f64], rate: &mut [f64]) {
        self.rate.evaluate(&self.system.rate, t, x, inputs, rate);
    }
    fn jacobian(&mut self, t: f64, x: &[f64], inputs: &[f64], jacobian: &mut [f64]) -> bool {
        self.run(JACOBIAN, t, x, Some(inputs), jacobian)
    }
    fn delayed(&self) -> &[usize] {
        &self.system.delayed
    }
    fn lags(&mut self, t: f64, x: &[f64], lags: &mut [f64]) {
        self.run(LAGS, t, x, None, lags);
    }
    fn history(&mut self, t: f64, x: &mut [f64]) {
        let system = self.system.clone();
        let mut values = vec![0.0; system.history.0.len()];
        self.run(HISTORY, t, x, None, &mut values);
        for (variable, value) in system.history.0.iter().zip(values) {
            x[*variable] = value;
        }
    }
    fn draws(&self) -> &[Draw] {
        &self.system.draws
    }
    fn is_affine_in_noise(&self) -> bool {
        self.system.affine
    }
    fn diffusion(&mut self, t: f64, x: &[f64], inputs: &[f64], g: &mut [f64]) {
        self.run(DIFFUSION, t, x, Some(inputs), g);
    }
    fn is_noise_diagonal(&self) -> bool {
        self.system.slope.is_some()
    }
    fn diffusion_slope(&mut self, t: f64, x: &[f64], inputs: &[f64], slope: &mut [f64]) {
        self.run(SLOPE, t, x, Some(inputs), slope);
    }
    fn crossings(&self) -> &[Crossing] {
        &self.system.crossings
    }
    fn conditions(&mut self, t: f64, x: &[f64], inputs: &[f64], values: &mut [f64]) {
        self.run(CONDITIONS, t, x, Some(inputs), values);
    }
    fn reset(&mut self, event: usize, t: f64, x: &mut [f64], inputs: &[f64]) -> Reset {
        let system = self.system.clone();
        let mut reset = Reset::default();
        let Some(resets) = system.resets.get(event) else { return reset };
        let mut values = vec![0.0; resets.targets.len()];
        self.run(RESETS + event, t, x, Some(inputs), &mut values);
        for (target, value) in resets.targets.iter().zip(values) {
            match *target {
                Target::State(index) => x[index] = value,
                Target::Parameter(index) => self.set_parameter(index, value),
                Target::Stop => reset.stop = value != 0.0,
                Target::Output => reset.output = value != 0.0,
            }
        }
        reset
    }
    fn parameters(&self) -> Vec<f64> {
        self.parameters.clone()
    }
    fn set_parameters(&mut self, to: &[f64]) {
        for (index, value) in to.iter().enumerate() {
            self.set_parameter(index, *value);
        }
    }
    fn halves(&self) -> Option<&[bool]> {
        self.system.halves.as_deref()
    }
}
