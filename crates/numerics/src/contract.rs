//! The contracts between whatever has a state and whatever studies one.
//!
//! Evaluation takes `&mut self`, because an interpreted system keeps its registers between calls. `V` is one
//! number ([`f64`], [`f32`]) or a block of lanes ([`crate::Lanes`]), one lane a trajectory.

use crate::Real;
use alloc::vec::Vec;

/// An ordinary differential equation `dx/dt = f(t, x)`.
pub trait Flow<V: Real = f64> {
    /// Number of state variables, `n`.
    fn dimension(&self) -> usize;
    /// Writes `f(t, x)` into `rate`; both slices have length `n`.
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]);
}

/// A flow that knows its Jacobian.
pub trait FlowJacobian: Flow<f64> {
    /// Writes `∂f_i/∂x_j` at `(t, x)` into `jacobian[i * n + j]`.
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]);
}

/// A discrete map `x(t+1) = f(t, x(t))`.
pub trait Map<V: Real = f64> {
    /// Number of state variables, `n`.
    fn dimension(&self) -> usize;
    /// Writes the state that follows `x` into `next`; both slices have length `n`.
    fn next(&mut self, t: V, x: &[V], next: &mut [V]);
}

/// A map that knows its Jacobian.
pub trait MapJacobian: Map<f64> {
    /// Writes `∂f_i/∂x_j` at `(t, x)` into `jacobian[i * n + j]`.
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]);
}

/// A map that is affine on each of finitely many linear regions, as networks of rectifiers are.
pub trait PiecewiseAffine: MapJacobian {
    /// The region that holds `x`: one switch a rectifier, in a fixed order.
    fn region(&mut self, x: &[f64], switches: &mut Vec<bool>);
    /// The affine map `x -> A x + b` of a region: `a` is row-major `n × n`, `b` has length `n`.
    fn affine(&mut self, switches: &[bool], a: &mut [f64], b: &mut [f64]);
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<V: Real, F: Flow<V> + ?Sized> Flow<V> for $pointer {
            fn dimension(&self) -> usize { (**self).dimension() }
            fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) { (**self).rate(t, x, rate) }
        }
        impl<F: FlowJacobian + ?Sized> FlowJacobian for $pointer {
            fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) { (**self).jacobian(t, x, jacobian) }
        }
        impl<V: Real, F: Map<V> + ?Sized> Map<V> for $pointer {
            fn dimension(&self) -> usize { (**self).dimension() }
            fn next(&mut self, t: V, x: &[V], next: &mut [V]) { (**self).next(t, x, next) }
        }
        impl<F: MapJacobian + ?Sized> MapJacobian for $pointer {
            fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) { (**self).jacobian(t, x, jacobian) }
        }
    )*};
}
forward!(&mut F, alloc::boxed::Box<F>);
