//! States that stay: equilibria of flows, fixed points and cycles of maps.

use crate::error::Error;
use crate::family::{FlowFamily, MapFamily};
use numerics::Stream;

/// States that stay as they are, in a family: [`Equilibria`] or [`FixedPoints`].
pub trait Steady {
    /// Number of state variables, `n`.
    fn dimension(&self) -> usize;
    /// What such a state is called.
    fn name(&self) -> &'static str;
    /// Whether stability is told by multipliers, which lie inside the unit circle, and not by exponents, which lie left of
    /// the imaginary axis.
    fn is_map(&self) -> bool;
    /// Takes the parameter's value.
    fn set(&mut self, parameter: f64);
    /// Writes what vanishes at such a state.
    fn residual(&mut self, x: &[f64], residual: &mut [f64]);
    /// Writes the linear part (`n × n`): the Jacobian of the rate, or of the map over the period.
    fn linear(&mut self, x: &[f64], linear: &mut [f64]);
    /// Writes the derivative of the residual with respect to the parameter.
    fn slope(&mut self, x: &[f64], slope: &mut [f64]);
    /// Whether the equations contain the time.
    fn depends_on_time(&mut self, x: &[f64]) -> bool;
    /// Evaluations of the equations and of their Jacobian so far.
    fn evaluations(&self) -> u64;
}

/// Equilibria of a flow, `f(x; p) = 0`.
#[derive(Clone, Debug)]
pub struct Equilibria<F> {
    flow: F,
    evaluations: u64,
}

impl<F: FlowFamily> Equilibria<F> {
    /// The equilibria of a flow that does not depend on time.
    pub fn new(flow: F) -> Self {
        Self { flow, evaluations: 0 }
    }
}

impl<F: FlowFamily> Steady for Equilibria<F> {
    fn dimension(&self) -> usize {
        self.flow.dimension()
    }
    fn name(&self) -> &'static str {
        "equilibrium"
    }
    fn is_map(&self) -> bool {
        false
    }
    fn set(&mut self, parameter: f64) {
        self.flow.set(parameter);
    }
    fn residual(&mut self, x: &[f64], residual: &mut [f64]) {
        self.evaluations += 1;
        self.flow.rate(0.0, x, residual);
    }
    fn linear(&mut self, x: &[f64], linear: &mut [f64]) {
        self.evaluations += 1;
        self.flow.jacobian(0.0, x, linear);
    }
    fn slope(&mut self, x: &[f64], slope: &mut [f64]) {
        self.evaluations += 2;
        self.flow.parameter_slope(0.0, x, slope);
    }
    fn depends_on_time(&mut self, x: &[f64]) -> bool {
        flow_depends_on_time(&mut self.flow, x)
    }
    fn evaluations(&self) -> u64 {
        self.evaluations
    }
}

/// Whether a flow's rate at `x` differs between times.
pub(crate) fn flow_depends_on_time<F: numerics::Flow + ?Sized>(flow: &mut F, x: &[f64]) -> bool {
    let (mut first, mut other) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    flow.rate(0.0, x, &mut first);
    [0.739, 17.31, 1234.5].into_iter().any(|t| {
        flow.rate(t, x, &mut other);
        first.iter().zip(&other).any(|(a, b)| a != b && !(a.is_nan() && b.is_nan()))
    })
}

/// Refuses a parameter that changes the equations at none of eight states around `x0`; leaves it at `p0`.
pub(crate) fn check_effect<S: Steady>(
    steady: &mut S,
    (low, high): (f64, f64),
    p0: f64,
    x0: &[f64],
) -> Result<(), Error> {
    let n = x0.len();
    let other = if p0 - low > high - p0 { 0.5 * (p0 + low) } else { 0.5 * (p0 + high) };
    let mut stream = Stream::new(0, "effect");
    let (mut first, mut second) = (vec![0.0; n], vec![0.0; n]);
    let mut effect = false;
    for _ in 0..8 {
        let x: Vec<f64> = x0.iter().map(|x| x + 0.3 * (1.0 + libm::fabs(*x)) * stream.normal()).collect();
        steady.set(p0);
        steady.residual(&x, &mut first);
        steady.set(other);
        steady.residual(&x, &mut second);
        effect |= first != second;
    }
    if !effect {
        return Err(Error::NoEffect { first: p0, second: other });
    }
    steady.set(p0);
    Ok(())
}

/// Fixed points of a map, or of its iterate: the states that return after a period.
#[derive(Clone, Debug)]
pub struct FixedPoints<M> {
    map: M,
    period: usize,
    evaluations: u64,
    orbit: Vec<f64>,
    jacobian: Vec<f64>,
}

impl<M: MapFamily> FixedPoints<M> {
    /// The states that return after `period` iterations, from 1 to 1024 (other values are taken to the nearer end).
    pub fn new(map: M, period: usize) -> Self {
        let n = map.dimension();
        let period = period.clamp(1, 1024);
        Self { map, period, evaluations: 0, orbit: vec![0.0; 2 * n], jacobian: vec![0.0; n * n] }
    }
}

impl<M: MapFamily> Steady for FixedPoints<M> {
    fn dimension(&self) -> usize {
        self.map.dimension()
    }
    fn name(&self) -> &'static str {
        if self.period == 1 { "fixed point" } else { "cycle of the map" }
    }
    fn is_map(&self) -> bool {
        true
    }
    fn set(&mut self, parameter: f64) {
        self.map.set(parameter);
    }
    fn residual(&mut self, x: &[f64], residual: &mut [f64]) {
        let (now, next) = self.orbit.split_at_mut(x.len());
        now.copy_from_slice(x);
        for _ in 0..self.period {
            self.map.next(0.0, now, next);
            now.copy_from_slice(next);
        }
        self.evaluations += self.period as u64;
        for i in 0..x.len() {
            residual[i] = now[i] - x[i];
        }
    }
    fn linear(&mut self, x: &[f64], linear: &mut [f64]) {
        let n = x.len();
        let (now, next) = self.orbit.split_at_mut(n);
        now.copy_from_slice(x);
        linear.fill(0.0);
        for i in 0..n {
            linear[i * n + i] = 1.0;
        }
        let mut product = vec![0.0; n * n];
        for _ in 0..self.period {
            self.map.jacobian(0.0, now, &mut self.jacobian);
            numerics::dense::multiply(&self.jacobian, linear, &mut product, n, n, n);
            linear.copy_from_slice(&product);
            self.map.next(0.0, now, next);
            now.copy_from_slice(next);
        }
        self.evaluations += 2 * self.period as u64;
    }
    fn slope(&mut self, x: &[f64], slope: &mut [f64]) {
        let n = x.len();
        let (now, next) = self.orbit.split_at_mut(n);
        now.copy_from_slice(x);
        slope.fill(0.0);
        let (mut own, mut carried) = (vec![0.0; n], vec![0.0; n]);
        for _ in 0..self.period {
            self.map.jacobian(0.0, now, &mut self.jacobian);
            numerics::dense::multiply(&self.jacobian, slope, &mut carried, n, n, 1);
            self.map.parameter_slope(0.0, now, &mut own);
            for i in 0..n {
                slope[i] = carried[i] + own[i];
            }
            self.map.next(0.0, now, next);
            now.copy_from_slice(next);
        }
        self.evaluations += 4 * self.period as u64;
    }
    fn depends_on_time(&mut self, x: &[f64]) -> bool {
        let (mut first, mut other) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        self.map.next(0.0, x, &mut first);
        [1.0, 2.0, 7.0].into_iter().any(|t| {
            self.map.next(t, x, &mut other);
            first.iter().zip(&other).any(|(a, b)| a != b && !(a.is_nan() && b.is_nan()))
        })
    }
    fn evaluations(&self) -> u64 {
        self.evaluations
    }
}
