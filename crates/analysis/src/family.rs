//! Systems that depend on one parameter, or on two.

use numerics::{FlowJacobian, MapJacobian};

/// A flow `dx/dt = f(t, x; p)` with one parameter `p`; rate and Jacobian are those at the parameter set last.
pub trait FlowFamily: FlowJacobian {
    /// Takes the parameter's value.
    fn set(&mut self, parameter: f64);
    /// The parameter's value.
    fn parameter(&self) -> f64;
    /// Writes `∂f_i/∂p` at `(t, x)` into `slope[i]`.
    ///
    /// Unless overridden, the central difference with the step of [`parameter_step`], whose error is of the order of
    /// 1e-10 relative to a function that changes over distances of 1.
    fn parameter_slope(&mut self, t: f64, x: &[f64], slope: &mut [f64]) {
        let (p, h) = (self.parameter(), parameter_step(self.parameter()));
        let (above, below) = (p + h, p - h);
        let mut lower = vec![0.0; slope.len()];
        self.set(above);
        self.rate(t, x, slope);
        self.set(below);
        self.rate(t, x, &mut lower);
        self.set(p);
        for (slope, lower) in slope.iter_mut().zip(&lower) {
            *slope = (*slope - lower) / (above - below);
        }
    }
}

/// A map `x(t+1) = f(t, x; p)` with one parameter `p`; image and Jacobian are those at the parameter set last.
pub trait MapFamily: MapJacobian {
    /// Takes the parameter's value.
    fn set(&mut self, parameter: f64);
    /// The parameter's value.
    fn parameter(&self) -> f64;
    /// Writes `∂f_i/∂p` at `(t, x)` into `slope[i]`; unless overridden, by the central difference of
    /// [`FlowFamily::parameter_slope`].
    fn parameter_slope(&mut self, t: f64, x: &[f64], slope: &mut [f64]) {
        let (p, h) = (self.parameter(), parameter_step(self.parameter()));
        let (above, below) = (p + h, p - h);
        let mut lower = vec![0.0; slope.len()];
        self.set(above);
        self.next(t, x, slope);
        self.set(below);
        self.next(t, x, &mut lower);
        self.set(p);
        for (slope, lower) in slope.iter_mut().zip(&lower) {
            *slope = (*slope - lower) / (above - below);
        }
    }
}

/// A flow with two parameters.
pub trait FlowPlane: FlowJacobian {
    /// Takes both values.
    fn place(&mut self, first: f64, second: f64);
}

/// A map with two parameters.
pub trait MapPlane: MapJacobian {
    /// Takes both values.
    fn place(&mut self, first: f64, second: f64);
}

/// Step of the central difference in a parameter: the cube root of the machine's precision, times `1 + |p|`.
pub fn parameter_step(parameter: f64) -> f64 {
    6.055_454_452_393_343e-6 * (1.0 + libm::fabs(parameter))
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<F: FlowFamily + ?Sized> FlowFamily for $pointer {
            fn set(&mut self, parameter: f64) { (**self).set(parameter) }
            fn parameter(&self) -> f64 { (**self).parameter() }
            fn parameter_slope(&mut self, t: f64, x: &[f64], slope: &mut [f64]) {
                (**self).parameter_slope(t, x, slope)
            }
        }
        impl<F: MapFamily + ?Sized> MapFamily for $pointer {
            fn set(&mut self, parameter: f64) { (**self).set(parameter) }
            fn parameter(&self) -> f64 { (**self).parameter() }
            fn parameter_slope(&mut self, t: f64, x: &[f64], slope: &mut [f64]) {
                (**self).parameter_slope(t, x, slope)
            }
        }
        impl<F: FlowPlane + ?Sized> FlowPlane for $pointer {
            fn place(&mut self, first: f64, second: f64) { (**self).place(first, second) }
        }
        impl<F: MapPlane + ?Sized> MapPlane for $pointer {
            fn place(&mut self, first: f64, second: f64) { (**self).place(first, second) }
        }
    )*};
}
forward!(&mut F, Box<F>);
