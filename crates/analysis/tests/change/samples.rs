//! Systems with published bifurcations, each with one parameter.

use analysis::{FlowFamily, MapFamily};
use numerics::{Flow, FlowJacobian, Map, MapJacobian};

/// A flow from its parameter, rate and Jacobian.
macro_rules! flow {
    ($(#[$doc:meta])* $name:ident, $n:literal, |$p:ident, $x:ident, $f:ident, $j:ident| $rate:block $jacobian:block) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub f64);
        impl Flow for $name {
            fn dimension(&self) -> usize { $n }
            fn rate(&mut self, _: f64, $x: &[f64], $f: &mut [f64]) { let $p = self.0; let _ = $p; $rate }
        }
        impl FlowJacobian for $name {
            fn jacobian(&mut self, _: f64, $x: &[f64], $j: &mut [f64]) {
                let $p = self.0;
                let _ = ($p, $x);
                $j.copy_from_slice(&$jacobian);
            }
        }
        impl FlowFamily for $name {
            fn set(&mut self, parameter: f64) { self.0 = parameter; }
            fn parameter(&self) -> f64 { self.0 }
        }
    };
}

macro_rules! map {
    ($(#[$doc:meta])* $name:ident, $n:literal, |$p:ident, $x:ident, $f:ident, $j:ident| $next:block $jacobian:block) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub f64);
        impl Map for $name {
            fn dimension(&self) -> usize { $n }
            fn next(&mut self, _: f64, $x: &[f64], $f: &mut [f64]) { let $p = self.0; $next }
        }
        impl MapJacobian for $name {
            fn jacobian(&mut self, _: f64, $x: &[f64], $j: &mut [f64]) {
                let $p = self.0;
                let _ = $p;
                $j.copy_from_slice(&$jacobian);
            }
        }
        impl MapFamily for $name {
            fn set(&mut self, parameter: f64) { self.0 = parameter; }
            fn parameter(&self) -> f64 { self.0 }
        }
    };
}

flow! {
    /// Lorenz (1963), σ = 10, β = 8/3; the parameter is ρ.
    Lorenz, 3, |rho, x, f, j| {
        f[0] = 10.0 * (x[1] - x[0]);
        f[1] = x[0] * (rho - x[2]) - x[1];
        f[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
    } {
        [-10.0, 10.0, 0.0, rho - x[2], -1.0, -x[0], x[1], x[0], -8.0 / 3.0]
    }
}

flow! {
    /// FitzHugh-Nagumo: v' = v - v³/3 - w + I, w' = 0.08 (v + 0.7 - 0.8 w); the parameter is I.
    FitzHughNagumo, 2, |i, x, f, j| {
        f[0] = x[0] - x[0] * x[0] * x[0] / 3.0 - x[1] + i;
        f[1] = 0.08 * (x[0] + 0.7 - 0.8 * x[1]);
    } {
        [1.0 - x[0] * x[0], -1.0, 0.08, -0.064]
    }
}

flow! {
    /// Brusselator with a = 1: x' = 1 - (b + 1) x + x² y, y' = b x - x² y; the parameter is b.
    Brusselator, 2, |b, x, f, j| {
        f[0] = 1.0 - (b + 1.0) * x[0] + x[0] * x[0] * x[1];
        f[1] = b * x[0] - x[0] * x[0] * x[1];
    } {
        [2.0 * x[0] * x[1] - b - 1.0, x[0] * x[0], b - 2.0 * x[0] * x[1], -x[0] * x[0]]
    }
}

flow! {
    /// Normal form of the cusp with r = 1: x' = h + x - x³; the parameter is h.
    Cusp, 1, |h, x, f, j| {
        f[0] = h + x[0] - x[0] * x[0] * x[0];
    } {
        [1.0 - 3.0 * x[0] * x[0]]
    }
}

/// Normal form of the cusp: x' = h + r x - x³; the parameter is h.
#[derive(Clone, Debug)]
pub struct WideCusp {
    pub h: f64,
    pub r: f64,
}
impl Flow for WideCusp {
    fn dimension(&self) -> usize {
        1
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        f[0] = self.h + self.r * x[0] - x[0] * x[0] * x[0];
    }
}
impl FlowJacobian for WideCusp {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j[0] = self.r - 3.0 * x[0] * x[0];
    }
}
impl FlowFamily for WideCusp {
    fn set(&mut self, parameter: f64) {
        self.h = parameter;
    }
    fn parameter(&self) -> f64 {
        self.h
    }
}

flow! {
    /// Van der Pol: x'' = μ (1 - x²) x' - x.
    VanDerPol, 2, |mu, x, f, j| {
        f[0] = x[1];
        f[1] = mu * (1.0 - x[0] * x[0]) * x[1] - x[0];
    } {
        [0.0, 1.0, -2.0 * mu * x[0] * x[1] - 1.0, mu * (1.0 - x[0] * x[0])]
    }
}

flow! {
    /// x' = p - √x, which is not a number below x = 0.
    Root, 1, |p, x, f, j| {
        f[0] = p - libm::sqrt(x[0]);
    } {
        [-0.5 / libm::sqrt(x[0])]
    }
}

flow! {
    /// Normal form of the transcritical bifurcation: x' = p x - x².
    Transcritical, 1, |p, x, f, j| {
        f[0] = p * x[0] - x[0] * x[0];
    } {
        [p - 2.0 * x[0]]
    }
}

flow! {
    /// Normal form of a Hopf bifurcation with angular frequency 2 and cubic term -0.7 + 0.3 i.
    HopfForm, 2, |p, x, f, j| {
        let r = x[0] * x[0] + x[1] * x[1];
        f[0] = p * x[0] - 2.0 * x[1] + r * (-0.7 * x[0] - 0.3 * x[1]);
        f[1] = 2.0 * x[0] + p * x[1] + r * (0.3 * x[0] - 0.7 * x[1]);
    } {
        {
            let r = x[0] * x[0] + x[1] * x[1];
            let (u, v) = (-0.7 * x[0] - 0.3 * x[1], 0.3 * x[0] - 0.7 * x[1]);
            [
                p - 0.7 * r + 2.0 * x[0] * u, -2.0 - 0.3 * r + 2.0 * x[1] * u,
                2.0 + 0.3 * r + 2.0 * x[0] * v, p - 0.7 * r + 2.0 * x[1] * v,
            ]
        }
    }
}

flow! {
    /// Rössler (1976) with a = b = 0.2; the parameter is c.
    Rossler, 3, |c, x, f, j| {
        f[0] = -x[1] - x[2];
        f[1] = x[0] + 0.2 * x[1];
        f[2] = 0.2 + x[2] * (x[0] - c);
    } {
        [0.0, -1.0, -1.0, 1.0, 0.2, 0.0, x[2], 0.0, x[0] - c]
    }
}

flow! {
    /// A circle of radius 1 with period 2π, and z' = p z - z³ beside it.
    Tube, 3, |p, x, f, j| {
        let r = 1.0 - x[0] * x[0] - x[1] * x[1];
        f[0] = x[0] * r - x[1];
        f[1] = x[1] * r + x[0];
        f[2] = p * x[2] - x[2] * x[2] * x[2];
    } {
        {
            let r = 1.0 - x[0] * x[0] - x[1] * x[1];
            let xy = -2.0 * x[0] * x[1];
            [
                r - 2.0 * x[0] * x[0], xy - 1.0, 0.0,
                xy + 1.0, r - 2.0 * x[1] * x[1], 0.0,
                0.0, 0.0, p - 3.0 * x[2] * x[2],
            ]
        }
    }
}

flow! {
    /// A circle of radius 1 with period 2π, and the normal form of a Hopf bifurcation at frequency 0.3 beside it.
    Ring, 4, |p, x, f, j| {
        let r = 1.0 - x[0] * x[0] - x[1] * x[1];
        let s = p - x[2] * x[2] - x[3] * x[3];
        f[0] = x[0] * r - x[1];
        f[1] = x[1] * r + x[0];
        f[2] = x[2] * s - 0.3 * x[3];
        f[3] = x[3] * s + 0.3 * x[2];
    } {
        {
            let r = 1.0 - x[0] * x[0] - x[1] * x[1];
            let s = p - x[2] * x[2] - x[3] * x[3];
            let (xy, uv) = (-2.0 * x[0] * x[1], -2.0 * x[2] * x[3]);
            [
                r - 2.0 * x[0] * x[0], xy - 1.0, 0.0, 0.0,
                xy + 1.0, r - 2.0 * x[1] * x[1], 0.0, 0.0,
                0.0, 0.0, s - 2.0 * x[2] * x[2], uv - 0.3,
                0.0, 0.0, uv + 0.3, s - 2.0 * x[3] * x[3],
            ]
        }
    }
}

/// Morris-Lecar; the parameter is the current in µA/cm².
#[derive(Clone, Debug)]
pub struct MorrisLecar {
    pub current: f64,
    pub calcium: f64,
    pub v3: f64,
    pub v4: f64,
    pub phi: f64,
}
impl MorrisLecar {
    /// The set "Hopf" of Ermentrout and Terman (2010), Table 3.1.
    pub fn hopf() -> Self {
        Self { current: 0.0, calcium: 4.4, v3: 2.0, v4: 30.0, phi: 0.04 }
    }
    /// The set "SNLC" of the same table.
    pub fn circle() -> Self {
        Self { current: 0.0, calcium: 4.0, v3: 12.0, v4: 17.4, phi: 0.066_666_67 }
    }
}
impl Flow for MorrisLecar {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        let (v, w) = (x[0], x[1]);
        let m = 0.5 * (1.0 + libm::tanh((v + 1.2) / 18.0));
        let s = (v - self.v3) / self.v4;
        let (rest, rate) = (0.5 * (1.0 + libm::tanh(s)), libm::cosh(0.5 * s));
        let ionic = self.calcium * m * (v - 120.0) + 8.0 * w * (v + 84.0) + 2.0 * (v + 60.0);
        f[0] = (self.current - ionic) / 20.0;
        f[1] = self.phi * (rest - w) * rate;
    }
}
impl FlowJacobian for MorrisLecar {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        let (v, w) = (x[0], x[1]);
        let tm = libm::tanh((v + 1.2) / 18.0);
        let (m, dm) = (0.5 * (1.0 + tm), 0.5 * (1.0 - tm * tm) / 18.0);
        let s = (v - self.v3) / self.v4;
        let ts = libm::tanh(s);
        let (rest, drest) = (0.5 * (1.0 + ts), 0.5 * (1.0 - ts * ts) / self.v4);
        let (rate, drate) = (libm::cosh(0.5 * s), 0.5 * libm::sinh(0.5 * s) / self.v4);
        j[0] = -(self.calcium * (m + dm * (v - 120.0)) + 8.0 * w + 2.0) / 20.0;
        j[1] = -8.0 * (v + 84.0) / 20.0;
        j[2] = self.phi * (drest * rate + (rest - w) * drate);
        j[3] = -self.phi * rate;
    }
}
impl FlowFamily for MorrisLecar {
    fn set(&mut self, parameter: f64) {
        self.current = parameter;
    }
    fn parameter(&self) -> f64 {
        self.current
    }
}

/// Hodgkin and Huxley (1952) at 6.3 °C, voltage from rest upwards; the parameter is the current in µA/cm².
#[derive(Clone, Debug)]
pub struct HodgkinHuxley(pub f64);
impl HodgkinHuxley {
    /// Opening and closing rates of m, h, n.
    fn rates(v: f64) -> [(f64, f64); 3] {
        let ratio = |z: f64| if z.abs() < 1e-6 { 1.0 - 0.5 * z } else { z / libm::expm1(z) };
        [
            (ratio((25.0 - v) / 10.0), 4.0 * libm::exp(-v / 18.0)),
            (0.07 * libm::exp(-v / 20.0), 1.0 / (libm::exp((30.0 - v) / 10.0) + 1.0)),
            (0.1 * ratio((10.0 - v) / 10.0), 0.125 * libm::exp(-v / 80.0)),
        ]
    }
}
impl Flow for HodgkinHuxley {
    fn dimension(&self) -> usize {
        4
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        let (v, m, h, n) = (x[0], x[1], x[2], x[3]);
        f[0] = self.0
            - 120.0 * m * m * m * h * (v - 115.0)
            - 36.0 * n * n * n * n * (v + 12.0)
            - 0.3 * (v - 10.599);
        for (k, (open, close)) in Self::rates(v).into_iter().enumerate() {
            f[k + 1] = open * (1.0 - x[k + 1]) - close * x[k + 1];
        }
    }
}
impl FlowJacobian for HodgkinHuxley {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        let (v, m, h, n) = (x[0], x[1], x[2], x[3]);
        j.fill(0.0);
        j[0] = -120.0 * m * m * m * h - 36.0 * n * n * n * n - 0.3;
        j[1] = -360.0 * m * m * h * (v - 115.0);
        j[2] = -120.0 * m * m * m * (v - 115.0);
        j[3] = -144.0 * n * n * n * (v + 12.0);
        let d = 1e-5;
        let (above, below, at) = (Self::rates(v + d), Self::rates(v - d), Self::rates(v));
        for k in 0..3 {
            let open = (above[k].0 - below[k].0) / (2.0 * d);
            let close = (above[k].1 - below[k].1) / (2.0 * d);
            j[(k + 1) * 4] = open * (1.0 - x[k + 1]) - close * x[k + 1];
            j[(k + 1) * 5] = -(at[k].0 + at[k].1);
        }
    }
}
impl FlowFamily for HodgkinHuxley {
    fn set(&mut self, parameter: f64) {
        self.0 = parameter;
    }
    fn parameter(&self) -> f64 {
        self.0
    }
}

map! {
    /// Logistic map x -> r x (1 - x).
    Logistic, 1, |r, x, f, j| {
        f[0] = r * x[0] * (1.0 - x[0]);
    } {
        [r * (1.0 - 2.0 * x[0])]
    }
}

map! {
    /// Delayed logistic map (x, y) -> (r x (1 - y), x), with a Neimark-Sacker bifurcation at r = 2.
    DelayedLogistic, 2, |r, x, f, j| {
        f[0] = r * x[0] * (1.0 - x[1]);
        f[1] = x[0];
    } {
        [r * (1.0 - x[1]), -r * x[0], 1.0, 0.0]
    }
}

map! {
    /// Hénon map with b = 0.3; the parameter is a.
    Henon, 2, |a, x, f, j| {
        f[0] = 1.0 - a * x[0] * x[0] + x[1];
        f[1] = 0.3 * x[0];
    } {
        [-2.0 * a * x[0], 1.0, 0.3, 0.0]
    }
}
