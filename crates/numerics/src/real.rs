//! The one home of elementary functions.

use crate::elementary as e;
use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A number of the reference path, or a block of lanes of them.
///
/// Logic follows XPPAUT: a comparison yields 1 or 0, and whatever is not 0 is true. In `f64` each function is
/// `libm`'s; in `f32` the frequent ones are branch-free code of `+ - * /` and square root, which a compiler can
/// vectorise, with the errors stated in [`crate`]'s `elementary` module and held by tests; the rest go through
/// `f64`. None of them calls the platform.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialEq
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// Number of lanes; 1 for a plain number.
    const LANES: usize;

    /// The same value in every lane.
    fn splat(value: f64) -> Self;
    /// The value of one lane.
    fn lane(self, lane: usize) -> f64;
    /// Replaces the value of one lane.
    fn set_lane(&mut self, lane: usize, value: f64);
    /// Applies a function of `f64` lane by lane.
    fn map(self, f: impl Fn(f64) -> f64) -> Self;
    /// Applies a function of two `f64` lane by lane.
    fn map2(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self;

    /// 1 where `self < other`, else 0.
    fn lt(self, other: Self) -> Self;
    /// 1 where `self <= other`, else 0.
    fn le(self, other: Self) -> Self;
    /// 1 where `self == other`, else 0.
    fn eq_to(self, other: Self) -> Self;
    /// `yes` where `self` is not 0, else `no`.
    fn select(self, yes: Self, no: Self) -> Self;

    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Largest integer not above `self`.
    fn floor(self) -> Self;
    /// Exponential.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Sine.
    fn sin(self) -> Self;
    /// Cosine.
    fn cos(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// `self` to the power `exponent`, with `libm::pow`'s treatment of special values.
    fn pow(self, exponent: Self) -> Self;

    /// 0 in every lane.
    fn zero() -> Self {
        Self::splat(0.0)
    }
    /// 1 in every lane.
    fn one() -> Self {
        Self::splat(1.0)
    }
    /// 1 where `self > other`, else 0.
    fn gt(self, other: Self) -> Self {
        other.lt(self)
    }
    /// 1 where `self >= other`, else 0.
    fn ge(self, other: Self) -> Self {
        other.le(self)
    }
    /// 1 where `self != other`, else 0.
    fn ne_to(self, other: Self) -> Self {
        Self::one() - self.eq_to(other)
    }
    /// 1 where both are true, else 0.
    fn and(self, other: Self) -> Self {
        self.select(other.select(Self::one(), Self::zero()), Self::zero())
    }
    /// 1 where either is true, else 0.
    fn or(self, other: Self) -> Self {
        self.select(Self::one(), other.select(Self::one(), Self::zero()))
    }
    /// 1 where `self` is 0, else 0.
    fn not(self) -> Self {
        self.select(Self::zero(), Self::one())
    }
    /// The larger; `other` where either is not a number.
    fn larger(self, other: Self) -> Self {
        self.gt(other).select(self, other)
    }
    /// The smaller; `other` where either is not a number.
    fn smaller(self, other: Self) -> Self {
        self.lt(other).select(self, other)
    }
    /// 1, 0 or -1.
    fn sign(self) -> Self {
        self.gt(Self::zero()) - self.lt(Self::zero())
    }
    /// Heaviside step, 1 at 0 as in XPPAUT.
    fn heaviside(self) -> Self {
        self.ge(Self::zero())
    }
    /// Smallest integer not below `self`.
    fn ceil(self) -> Self {
        -(-self).floor()
    }
    /// Remainder of floored division, with the sign of the divisor as in XPPAUT.
    fn modulo(self, divisor: Self) -> Self {
        self - divisor * (self / divisor).floor()
    }
    /// Tangent.
    fn tan(self) -> Self {
        self.map(libm::tan)
    }
    /// Inverse sine.
    fn asin(self) -> Self {
        self.map(libm::asin)
    }
    /// Inverse cosine.
    fn acos(self) -> Self {
        self.map(libm::acos)
    }
    /// Inverse tangent.
    fn atan(self) -> Self {
        self.map(libm::atan)
    }
    /// Angle of the point (`other`, `self`).
    fn atan2(self, other: Self) -> Self {
        self.map2(other, libm::atan2)
    }
    /// Hyperbolic sine.
    fn sinh(self) -> Self {
        self.map(libm::sinh)
    }
    /// Hyperbolic cosine.
    fn cosh(self) -> Self {
        self.map(libm::cosh)
    }
    /// Logarithm to base 10.
    fn log10(self) -> Self {
        self.map(libm::log10)
    }
    /// Error function.
    fn erf(self) -> Self {
        self.map(libm::erf)
    }
    /// Complementary error function.
    fn erfc(self) -> Self {
        self.map(libm::erfc)
    }
    /// Logarithm of the absolute value of the gamma function.
    fn lgamma(self) -> Self {
        self.map(libm::lgamma)
    }
    /// Bessel function of the first kind and integer order `self` at `x`.
    fn bessel_j(self, x: Self) -> Self {
        self.map2(x, |n, x| libm::jn(e::order(n), x))
    }
    /// Bessel function of the second kind and integer order `self` at `x`.
    fn bessel_y(self, x: Self) -> Self {
        self.map2(x, |n, x| libm::yn(e::order(n), x))
    }
    /// Modified Bessel function of the first kind and integer order `self` at `x`.
    fn bessel_i(self, x: Self) -> Self {
        self.map2(x, e::bessel_i)
    }
    /// Largest absolute value over the lanes; infinite where a lane is not a number.
    fn magnitude(self) -> f64 {
        let mut largest = 0.0;
        for lane in 0..Self::LANES {
            let value = libm::fabs(self.lane(lane));
            if value > largest {
                largest = value;
            } else if value.is_nan() {
                return f64::INFINITY;
            }
        }
        largest
    }
}

macro_rules! plain {
    ($number:ty, $to:expr, $from:expr, $($name:ident => $function:path),*) => {
        impl Real for $number {
            const LANES: usize = 1;
            #[inline(always)]
            fn splat(value: f64) -> Self { $from(value) }
            #[inline(always)]
            fn lane(self, _: usize) -> f64 { $to(self) }
            #[inline(always)]
            fn set_lane(&mut self, _: usize, value: f64) { *self = $from(value) }
            #[inline(always)]
            fn map(self, f: impl Fn(f64) -> f64) -> Self { $from(f($to(self))) }
            #[inline(always)]
            fn map2(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self { $from(f($to(self), $to(other))) }
            #[inline(always)]
            fn lt(self, other: Self) -> Self { if self < other { 1.0 } else { 0.0 } }
            #[inline(always)]
            fn le(self, other: Self) -> Self { if self <= other { 1.0 } else { 0.0 } }
            #[inline(always)]
            fn eq_to(self, other: Self) -> Self { if self == other { 1.0 } else { 0.0 } }
            #[inline(always)]
            fn select(self, yes: Self, no: Self) -> Self { if self != 0.0 { yes } else { no } }
            #[inline(always)]
            fn pow(self, exponent: Self) -> Self { e::Power::power(self, exponent) }
            $(#[inline(always)] fn $name(self) -> Self { $function(self) })*
        }
    };
}
plain!(f64, (|v: f64| v), (|v: f64| v),
    sqrt => libm::sqrt, abs => libm::fabs, floor => libm::floor, exp => libm::exp, ln => libm::log,
    sin => libm::sin, cos => libm::cos, tanh => libm::tanh);
plain!(f32, (|v: f32| v as f64), (|v: f64| v as f32),
    sqrt => libm::sqrtf, abs => libm::fabsf, floor => e::floor, exp => e::exp, ln => e::ln,
    sin => e::sin, cos => e::cos, tanh => e::tanh);
