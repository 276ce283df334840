//! A type for each system of at most 16 states, so that a solver can be compiled for it.
//!
//! For whatever holds several systems, or typed ones, [`crate::Field`] is one type for all.

use numerics::{Flow, FlowJacobian, Map, MapJacobian, Real};

macro_rules! native {
    ($kind:ident, $name:ident, $module:ident, $n:literal, $p:literal, $defaults:expr, $title:literal) => {
        #[doc = concat!("The system ", $title, ", as native code.")]
        #[derive(Clone, Debug)]
        pub struct $name<V: Real = f64> {
            p: [V; $p],
            q: [V; $module::RATE_PREPARED],
            j: [V; $module::JACOBIAN_PREPARED],
        }
        impl<V: Real> $name<V> {
            /// Number of state variables.
            pub const DIMENSION: usize = $n;
            /// With parameters in the order of the text.
            pub fn new(p: [V; $p]) -> Self {
                let mut system = Self {
                    p,
                    q: [V::zero(); $module::RATE_PREPARED],
                    j: [V::zero(); $module::JACOBIAN_PREPARED],
                };
                $module::rate_prepare(&system.p, &mut system.q);
                $module::jacobian_prepare(&system.p, &mut system.j);
                system
            }
            /// The parameters in the order of the text.
            pub fn parameters(&self) -> &[V; $p] {
                &self.p
            }
        }
        impl<V: Real> Default for $name<V> {
            fn default() -> Self {
                let values: [f64; $p] = $defaults;
                Self::new(values.map(V::splat))
            }
        }
        contracts!($kind, $name, $module, $n);
    };
}

macro_rules! contracts {
    (flow, $name:ident, $module:ident, $n:literal) => {
        impl<V: Real> Flow<V> for $name<V> {
            fn dimension(&self) -> usize {
                $n
            }
            #[inline]
            fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) {
                $module::rate(t, x, &self.p, &self.q, rate);
            }
        }
        impl FlowJacobian for $name<f64> {
            #[inline]
            fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
                $module::jacobian(t, x, &self.p, &self.j, jacobian);
            }
        }
    };
    (map, $name:ident, $module:ident, $n:literal) => {
        impl<V: Real> Map<V> for $name<V> {
            fn dimension(&self) -> usize {
                $n
            }
            #[inline]
            fn next(&mut self, t: V, x: &[V], next: &mut [V]) {
                $module::rate(t, x, &self.p, &self.q, next);
            }
        }
        impl MapJacobian for $name<f64> {
            #[inline]
            fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
                $module::jacobian(t, x, &self.p, &self.j, jacobian);
            }
        }
    };
}

/// What the build prints.
// Printed code has a name for every step, whether or not something reads it, and every digit of a constant.
#[allow(clippy::all, unused_variables, unreachable_pub, missing_docs, dead_code)]
pub(crate) mod generated {
    use super::{Flow, FlowJacobian, Map, MapJacobian, Real};
    include!(concat!(env!("OUT_DIR"), "/systems.rs"));
}

pub use generated::*;
