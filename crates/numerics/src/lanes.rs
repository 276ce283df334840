//! Blocks of lanes: one lane a trajectory, arithmetic lane by lane.

use crate::Real;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// `N` numbers that go through the same arithmetic; a compiler maps them onto vector registers.
///
/// Each lane has the bits that the plain number would have.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(16))]
pub struct Lanes<T, const N: usize>(pub [T; N]);

impl<T: Default + Copy, const N: usize> Default for Lanes<T, N> {
    fn default() -> Self {
        Self([T::default(); N])
    }
}

macro_rules! binary {
    ($trait:ident, $method:ident, $assign_trait:ident, $assign:ident) => {
        impl<T: Real, const N: usize> $trait for Lanes<T, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                for lane in 0..N {
                    self.0[lane] = self.0[lane].$method(other.0[lane]);
                }
                self
            }
        }
        impl<T: Real, const N: usize> $assign_trait for Lanes<T, N> {
            #[inline(always)]
            fn $assign(&mut self, other: Self) {
                *self = (*self).$method(other);
            }
        }
    };
}
binary!(Add, add, AddAssign, add_assign);
binary!(Sub, sub, SubAssign, sub_assign);
binary!(Mul, mul, MulAssign, mul_assign);

impl<T: Real, const N: usize> Div for Lanes<T, N> {
    type Output = Self;
    #[inline(always)]
    fn div(mut self, other: Self) -> Self {
        for lane in 0..N {
            self.0[lane] = self.0[lane] / other.0[lane];
        }
        self
    }
}

impl<T: Real, const N: usize> Neg for Lanes<T, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(mut self) -> Self {
        for lane in 0..N {
            self.0[lane] = -self.0[lane];
        }
        self
    }
}

impl<T: Real, const N: usize> Lanes<T, N> {
    #[inline(always)]
    fn each(mut self, f: impl Fn(T) -> T) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane]);
        }
        self
    }
    #[inline(always)]
    fn both(mut self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane], other.0[lane]);
        }
        self
    }
}

impl<T: Real, const N: usize> Real for Lanes<T, N> {
    const LANES: usize = N;
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([T::splat(value); N])
    }
    #[inline(always)]
    fn lane(self, lane: usize) -> f64 {
        self.0[lane].lane(0)
    }
    #[inline(always)]
    fn set_lane(&mut self, lane: usize, value: f64) {
        self.0[lane] = T::splat(value);
    }
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        self.each(|v| v.map(&f))
    }
    #[inline(always)]
    fn map2(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        self.both(other, |a, b| a.map2(b, &f))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self {
        self.both(other, T::lt)
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self {
        self.both(other, T::le)
    }
    #[inline(always)]
    fn eq_to(self, other: Self) -> Self {
        self.both(other, T::eq_to)
    }
    #[inline(always)]
    fn select(mut self, yes: Self, no: Self) -> Self {
        for lane in 0..N {
            self.0[lane] = self.0[lane].select(yes.0[lane], no.0[lane]);
        }
        self
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.each(T::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.each(T::abs)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        self.each(T::floor)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        self.each(T::exp)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.each(T::ln)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        self.each(T::sin)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        self.each(T::cos)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        self.each(T::tanh)
    }
    #[inline(always)]
    fn pow(self, exponent: Self) -> Self {
        self.both(exponent, T::pow)
    }
}
