//! Systems that several tests step.
// A test takes of it what it needs.
#![allow(dead_code, unreachable_pub)]

use dynamics::{METHODS, Method, Options};
use numerics::{Crossing, Draw, Flow, FlowJacobian, Map, MapJacobian, Process, Reset};

/// Lorenz' equations at their usual parameters.
#[derive(Clone, Copy, Debug)]
pub struct Lorenz;
impl Flow<f64> for Lorenz {
    fn dimension(&self) -> usize {
        3
    }
    fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
        rate[0] = 10.0 * (x[1] - x[0]);
        rate[1] = x[0] * (28.0 - x[2]) - x[1];
        rate[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
    }
}
impl FlowJacobian for Lorenz {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j.copy_from_slice(&[-10.0, 10.0, 0.0, 28.0 - x[2], -1.0, -x[0], x[1], x[0], -8.0 / 3.0]);
    }
}

/// Six oscillators on a ring under a common force: more variables than stand in arrays, and time on the right.
#[derive(Clone, Copy, Debug)]
pub struct Ring;
impl Flow<f64> for Ring {
    fn dimension(&self) -> usize {
        6
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        for i in 0..6 {
            rate[i] = (x[(i + 1) % 6] - x[(i + 4) % 6]) * x[(i + 5) % 6] - x[i] + 5.0 + libm::sin(t);
        }
    }
}
impl FlowJacobian for Ring {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j.fill(0.0);
        for i in 0..6 {
            j[i * 6 + (i + 1) % 6] += x[(i + 5) % 6];
            j[i * 6 + (i + 4) % 6] -= x[(i + 5) % 6];
            j[i * 6 + (i + 5) % 6] += x[(i + 1) % 6] - x[(i + 4) % 6];
            j[i * 6 + i] -= 1.0;
        }
    }
}

/// `x' = 1 + x²`, which leaves every bound.
#[derive(Clone, Copy, Debug)]
pub struct Burst;
impl Flow<f64> for Burst {
    fn dimension(&self) -> usize {
        1
    }
    fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
        rate[0] = 1.0 + x[0] * x[0];
    }
}
impl FlowJacobian for Burst {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j[0] = 2.0 * x[0];
    }
}

/// Hénon's map, pushed a little harder as time passes.
#[derive(Clone, Copy, Debug)]
pub struct Henon;
impl Map<f64> for Henon {
    fn dimension(&self) -> usize {
        2
    }
    fn next(&mut self, t: f64, x: &[f64], next: &mut [f64]) {
        next[0] = 1.0 - 1.4 * x[0] * x[0] + x[1] + 1e-6 * t;
        next[1] = 0.3 * x[0];
    }
}
impl MapJacobian for Henon {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j.copy_from_slice(&[-2.8 * x[0], 1.0, 0.3, 0.0]);
    }
}

/// `(t, x, inputs, parameters, out)`.
pub type Rhs = fn(f64, &[f64], &[f64], &[f64], &mut [f64]);
/// `(t, x, parameters, out)`.
pub type Jacobian = fn(f64, &[f64], &[f64], &mut [f64]);

/// A process put together by a test: right-hand side `(t, x, inputs, parameters, rate)` and whatever else it has.
#[derive(Clone)]
pub struct Model {
    pub n: usize,
    pub map: bool,
    pub p: Vec<f64>,
    pub rate: Rhs,
    pub jacobian: Option<Jacobian>,
    pub delayed: Vec<usize>,
    pub lags: fn(f64, &[f64], &[f64], &mut [f64]),
    pub history: fn(f64, &mut [f64]),
    pub draws: Vec<Draw>,
    pub affine: bool,
    pub diagonal: bool,
    pub diffusion: fn(&[f64], &[f64], &mut [f64]),
    pub slope: fn(&[f64], &[f64], &mut [f64]),
    pub crossings: Vec<Crossing>,
    pub conditions: Rhs,
    pub reset: fn(usize, f64, &mut [f64], &mut [f64]) -> Reset,
    pub halves: Option<Vec<bool>>,
}

impl Model {
    /// A flow of `n` variables without anything else.
    pub fn flow(n: usize, rate: Rhs) -> Self {
        Self {
            n,
            map: false,
            p: Vec::new(),
            rate,
            jacobian: None,
            delayed: Vec::new(),
            lags: |_, _, _, _| {},
            history: |_, _| {},
            draws: Vec::new(),
            affine: true,
            diagonal: false,
            diffusion: |_, _, _| {},
            slope: |_, _, _| {},
            crossings: Vec::new(),
            conditions: |_, _, _, _, _| {},
            reset: |_, _, _, _| Reset::default(),
            halves: None,
        }
    }
    /// A map of `n` variables without anything else.
    pub fn map(n: usize, next: Rhs) -> Self {
        Self { map: true, ..Self::flow(n, next) }
    }
}

impl Process for Model {
    fn dimension(&self) -> usize {
        self.n
    }
    fn is_map(&self) -> bool {
        self.map
    }
    fn rate(&mut self, t: f64, x: &[f64], inputs: &[f64], rate: &mut [f64]) {
        (self.rate)(t, x, inputs, &self.p, rate);
    }
    fn jacobian(&mut self, t: f64, x: &[f64], _: &[f64], jacobian: &mut [f64]) -> bool {
        self.jacobian.map(|f| f(t, x, &self.p, jacobian)).is_some()
    }
    fn delayed(&self) -> &[usize] {
        &self.delayed
    }
    fn lags(&mut self, t: f64, x: &[f64], lags: &mut [f64]) {
        (self.lags)(t, x, &self.p, lags);
    }
    fn history(&mut self, t: f64, x: &mut [f64]) {
        (self.history)(t, x);
    }
    fn draws(&self) -> &[Draw] {
        &self.draws
    }
    fn is_affine_in_noise(&self) -> bool {
        self.affine
    }
    fn diffusion(&mut self, _: f64, x: &[f64], _: &[f64], g: &mut [f64]) {
        (self.diffusion)(x, &self.p, g);
    }
    fn is_noise_diagonal(&self) -> bool {
        self.diagonal
    }
    fn diffusion_slope(&mut self, _: f64, x: &[f64], _: &[f64], slope: &mut [f64]) {
        (self.slope)(x, &self.p, slope);
    }
    fn crossings(&self) -> &[Crossing] {
        &self.crossings
    }
    fn conditions(&mut self, t: f64, x: &[f64], inputs: &[f64], values: &mut [f64]) {
        (self.conditions)(t, x, inputs, &self.p, values);
    }
    fn reset(&mut self, event: usize, t: f64, x: &mut [f64], _: &[f64]) -> Reset {
        (self.reset)(event, t, x, &mut self.p)
    }
    fn parameters(&self) -> Vec<f64> {
        self.p.clone()
    }
    fn set_parameters(&mut self, to: &[f64]) {
        self.p = to.to_vec();
    }
    fn halves(&self) -> Option<&[bool]> {
        self.halves.as_deref()
    }
}

/// The steps of a method: options with an output step, tolerances far below what a test looks for.
pub fn sharp(method: Method, dt: f64) -> Options {
    Options { method, dt, rtol: 1e-10, atol: 1e-12, ..Options::default() }
}

/// The methods for flows without noise.
pub fn for_flows() -> impl Iterator<Item = Method> {
    METHODS.into_iter().filter(|m| *m != Method::Discrete && *m != Method::Verlet)
}
