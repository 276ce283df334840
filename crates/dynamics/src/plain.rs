//! Flows and maps as processes.

use numerics::march::{Grid, Halt};
use numerics::{Flow, FlowJacobian, Map, MapJacobian, Process};

/// A flow that knows its Jacobian, as a [`Process`] without delays, noise and events.
#[derive(Clone, Copy, Debug)]
pub struct Plain<F>(pub F);

impl<F: FlowJacobian> Process for Plain<F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn is_map(&self) -> bool {
        false
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], _: &[f64], rate: &mut [f64]) {
        self.0.rate(t, x, rate);
    }
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [f64]) -> Option<Result<(), Halt>> {
        self.0.march(grid, bound, x)
    }
    fn jacobian(&mut self, t: f64, x: &[f64], _: &[f64], jacobian: &mut [f64]) -> bool {
        self.0.jacobian(t, x, jacobian);
        true
    }
}

/// A map that knows its Jacobian, as a [`Process`] without delays, noise and events.
#[derive(Clone, Copy, Debug)]
pub struct PlainMap<M>(pub M);

impl<M: MapJacobian> Process for PlainMap<M> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn is_map(&self) -> bool {
        true
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], _: &[f64], next: &mut [f64]) {
        self.0.next(t, x, next);
    }
    fn jacobian(&mut self, t: f64, x: &[f64], _: &[f64], jacobian: &mut [f64]) -> bool {
        self.0.jacobian(t, x, jacobian);
        true
    }
}

/// A flow whose Jacobian nobody knows.
#[derive(Clone, Debug)]
pub(crate) struct Rates<F>(pub(crate) F);

impl<F: Flow<f64>> Process for Rates<F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn is_map(&self) -> bool {
        false
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], _: &[f64], rate: &mut [f64]) {
        self.0.rate(t, x, rate);
    }
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [f64]) -> Option<Result<(), Halt>> {
        self.0.march(grid, bound, x)
    }
    fn jacobian(&mut self, _: f64, _: &[f64], _: &[f64], _: &mut [f64]) -> bool {
        false
    }
}

/// A map whose Jacobian nobody knows.
#[derive(Clone, Debug)]
pub(crate) struct Iterates<M>(pub(crate) M);

impl<M: Map<f64>> Process for Iterates<M> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn is_map(&self) -> bool {
        true
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], _: &[f64], next: &mut [f64]) {
        self.0.next(t, x, next);
    }
    fn jacobian(&mut self, _: f64, _: &[f64], _: &[f64], _: &mut [f64]) -> bool {
        false
    }
}
