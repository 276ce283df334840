//! Systems that several tests step.
#![allow(dead_code, unreachable_pub)]

use numerics::{Flow, FlowJacobian, Map, MapJacobian};

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
