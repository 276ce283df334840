//! The contracts between whatever has a state and whatever studies one.
//!
//! Evaluation takes `&mut self`, because an interpreted system keeps its registers between calls. `V` is one
//! number ([`f64`], [`f32`]) or a block of lanes ([`crate::Lanes`]), one lane a trajectory.

use crate::Real;
use crate::march::{Grid, Halt};
use alloc::vec::Vec;

/// An ordinary differential equation `dx/dt = f(t, x)`.
pub trait Flow<V: Real = f64> {
    /// Number of state variables, `n`.
    fn dimension(&self) -> usize;
    /// Writes `f(t, x)` into `rate`; both slices have length `n`.
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]);
    /// Takes the steps of the classical Runge-Kutta method, as [`crate::march::march`] does, where this flow can do so
    /// faster than by giving its rates; None, and `x` stays, where it cannot. A block of lanes does not march.
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [V]) -> Option<Result<(), Halt>> {
        let _ = (grid, bound, x);
        None
    }
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

/// When an event fires: its condition passes through zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// From below to above.
    Rising,
    /// From above to below.
    Falling,
    /// Either way.
    Either,
}

/// A random input of a process: drawn once a solver step (once an iteration of a map) and held through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// White noise `dW/dt` of a standard Wiener process: over a step `h`, normal with mean 0 and variance `1/h`.
    Wiener,
    /// Standard normal.
    Normal,
    /// Uniform on `[0, 1)`.
    Uniform,
}

/// What an event asks of the run beside a new state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reset {
    /// The run is to end here.
    pub stop: bool,
    /// The state is to be written out here, between the regular outputs.
    pub output: bool,
}

/// Whatever an `.ode` file can describe: a flow or a map, with delays, noise and events where it has them.
///
/// `inputs` is what a right-hand side reads beside time and state: first the delayed values, `delayed().len()` of
/// them, then the random draws, `draws().len()` of them. All values are `f64`: this is the reference path.
pub trait Process {
    /// Number of state variables, `n`.
    fn dimension(&self) -> usize;
    /// Whether it is a map; otherwise it is a flow.
    fn is_map(&self) -> bool;
    /// Writes the right-hand side, `dx/dt` of a flow or the next state of a map.
    fn rate(&mut self, t: f64, x: &[f64], inputs: &[f64], rate: &mut [f64]);
    /// Writes `∂f_i/∂x_j` at fixed inputs into `jacobian[i * n + j]`; false where it is not known in closed form.
    fn jacobian(&mut self, t: f64, x: &[f64], inputs: &[f64], jacobian: &mut [f64]) -> bool;
    /// Takes the steps of a flow without inputs and events as [`Flow::march`] does, where it can.
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [f64]) -> Option<Result<(), Halt>> {
        let _ = (grid, bound, x);
        None
    }

    /// The variable of each delayed value: value `k` is `x[delayed()[k]]` at the time `t - lag_k`.
    fn delayed(&self) -> &[usize] {
        &[]
    }
    /// Writes the lags, each at least 0, at time `t` and state `x`.
    fn lags(&mut self, t: f64, x: &[f64], lags: &mut [f64]) {
        let _ = (t, x, lags);
    }
    /// Writes the state before the start, at a time `t` up to the start's, over zeros: a variable without a past of its
    /// own was 0, as in XPPAUT.
    fn history(&mut self, t: f64, x: &mut [f64]) {
        let _ = (t, x);
    }

    /// The random inputs.
    fn draws(&self) -> &[Draw] {
        &[]
    }
    /// Whether the right-hand side is affine in every Wiener input, so that [`Process::diffusion`] tells all.
    fn is_affine_in_noise(&self) -> bool {
        true
    }
    /// Writes `g[i * m + j] = ∂f_i/∂ξ_j`, with `ξ_j` the `j`-th of the `m` Wiener inputs, at the inputs given.
    fn diffusion(&mut self, t: f64, x: &[f64], inputs: &[f64], g: &mut [f64]) {
        let _ = (t, x, inputs, g);
    }
    /// Whether each Wiener input enters one variable alone, each variable has at most one, and its strength depends on
    /// no other variable: what Milstein's scheme without iterated integrals needs.
    fn is_noise_diagonal(&self) -> bool {
        false
    }
    /// Writes `∂g_ij/∂x_i` for diagonal noise into `slope[i * m + j]`.
    fn diffusion_slope(&mut self, t: f64, x: &[f64], inputs: &[f64], slope: &mut [f64]) {
        let _ = (t, x, inputs, slope);
    }

    /// How each event's condition must cross zero.
    fn crossings(&self) -> &[Crossing] {
        &[]
    }
    /// Writes the conditions of the events.
    fn conditions(&mut self, t: f64, x: &[f64], inputs: &[f64], values: &mut [f64]) {
        let _ = (t, x, inputs, values);
    }
    /// Carries out one event: a new state, and new parameters inside the process.
    fn reset(&mut self, event: usize, t: f64, x: &mut [f64], inputs: &[f64]) -> Reset {
        let _ = (event, t, x, inputs);
        Reset::default()
    }
    /// What events have changed inside the process: its parameters, for a checkpoint.
    fn parameters(&self) -> Vec<f64> {
        Vec::new()
    }
    /// Takes parameters back from a checkpoint.
    fn set_parameters(&mut self, to: &[f64]) {
        let _ = to;
    }

    /// For a flow whose variables fall into two halves, each half's rates depending on the other half alone: which
    /// half each variable belongs to. Störmer-Verlet steps such a flow; with as many variables in both halves, the
    /// `k`-th of one is the partner of the `k`-th of the other.
    fn halves(&self) -> Option<&[bool]> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<V: Real, F: Flow<V> + ?Sized> Flow<V> for $pointer {
            fn dimension(&self) -> usize { (**self).dimension() }
            fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) { (**self).rate(t, x, rate) }
            fn march(&mut self, grid: Grid, bound: f64, x: &mut [V]) -> Option<Result<(), Halt>> {
                (**self).march(grid, bound, x)
            }
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
