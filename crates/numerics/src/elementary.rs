//! Elementary functions in `f32` without branches, and the few special functions that `libm` lacks.
//!
//! Largest errors, measured in the tests below against `libm` in `f64` over the ranges named:
//!
//! | function | range | error |
//! | --- | --- | --- |
//! | [`exp`] | -87 to 88 | 2 units in the last place |
//! | [`ln`] | all normal positive numbers | 2 units in the last place |
//! | [`sin`], [`cos`] | -8192 to 8192 | 3e-7 absolute |
//! | [`tanh`] | all | 4e-7 absolute |

/// Largest integer not above `x`; exact for every `f32`.
#[inline(always)]
pub(crate) fn floor(x: f32) -> f32 {
    // Beyond 2^23 every f32 is an integer and a conversion could overflow.
    let truncated = x as i32 as f32;
    let lowered = if truncated > x { truncated - 1.0 } else { truncated };
    // Written so that a number that is not comparable passes through.
    if libm::fabsf(x) < 8_388_608.0 { lowered } else { x }
}

/// Nearest integer, for arguments well inside the range of `i32`, by the rounding of addition itself.
#[inline(always)]
fn nearest(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5 * 2^23
    (x + SHIFT) - SHIFT
}

/// Exponential: range reduction by ln 2 in two parts, a polynomial, and the exponent put in as bits.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Clamped so that the exponent field stays in range; the ends are mended below.
    let c = if x > 88.8 { 88.8 } else { x };
    let c = if c < -104.0 { -104.0 } else { c };
    let n = nearest(c * core::f32::consts::LOG2_E);
    let r = c - n * 0.693_359_4;
    let r = r + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4_f32;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5.000_000_3e-1;
    p = p * (r * r) + r + 1.0;
    // Two factors, because 2^n alone leaves the range of normal numbers at both ends.
    let n = n as i32;
    let half = n >> 1;
    let scale = |k: i32| f32::from_bits(((k + 127) << 23) as u32);
    let y = p * scale(half) * scale(n - half);
    let y = if x > 88.722_84 { f32::INFINITY } else { y };
    if x.is_nan() { x } else { y }
}

/// Natural logarithm: mantissa near 1, a polynomial, and the exponent times ln 2 in two parts.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // Subnormal arguments are scaled into the normal range first.
    let small = x < f32::MIN_POSITIVE;
    let scaled = if small { x * 8_388_608.0 } else { x };
    let bits = scaled.to_bits() as i32;
    let raised = bits.wrapping_sub(0x3f35_04f3); // sqrt(1/2)
    let mut n = (raised >> 23) as f32;
    n = if small { n - 23.0 } else { n };
    let m = f32::from_bits(((raised & 0x007f_ffff) + 0x3f35_04f3) as u32) - 1.0;
    let z = m * m;
    let mut p = 7.037_683_6e-2_f32;
    p = p * m - 1.151_461e-1;
    p = p * m + 1.167_699_9e-1;
    p = p * m - 1.242_014_1e-1;
    p = p * m + 1.424_932_3e-1;
    p = p * m - 1.666_805_8e-1;
    p = p * m + 2.000_071_5e-1;
    p = p * m - 2.499_999_4e-1;
    p = p * m + 3.333_333e-1;
    let mut y = p * m * z;
    y += n * -2.121_944_4e-4;
    y -= 0.5 * z;
    let y = (m + y) + n * 0.693_359_4;
    let y = if x == f32::INFINITY { x } else { y };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f32::NAN } else { y };
    if x.is_nan() { x } else { y }
}

/// The quarter turn nearest to `x`, and what is left of `x`, in -pi/4 to pi/4.
#[inline(always)]
fn quadrant(x: f32) -> (i32, f32) {
    let n = nearest(x * core::f32::consts::FRAC_2_PI);
    let r = x - n * 1.570_312_5;
    let r = r - n * 4.837_513e-4;
    let r = r - n * 7.549_79e-8;
    (n as i32, r)
}

#[inline(always)]
pub(crate) fn sine_part(r: f32) -> f32 {
    let z = r * r;
    ((-1.951_529_6e-4 * z + 8.332_161e-3) * z - 1.666_665_5e-1) * z * r + r
}

#[inline(always)]
pub(crate) fn cosine_part(r: f32) -> f32 {
    let z = r * r;
    ((2.443_315_7e-5 * z - 1.388_731_6e-3) * z + 4.166_664_6e-2) * z * z - 0.5 * z + 1.0
}

#[inline(always)]
fn turn(x: f32, quarter: i32) -> f32 {
    let (n, r) = quadrant(x);
    let n = n.wrapping_add(quarter);
    let y = if n & 1 == 0 { sine_part(r) } else { cosine_part(r) };
    if n & 2 == 0 { y } else { -y }
}

/// Sine. Far out the reduction has no digits left, and `libm` takes over.
#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    if libm::fabsf(x) < 8192.0 { turn(x, 0) } else { libm::sin(x as f64) as f32 }
}

/// Cosine.
#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    if libm::fabsf(x) < 8192.0 { turn(x, 1) } else { libm::cos(x as f64) as f32 }
}

/// Hyperbolic tangent as a ratio of polynomials of degree 13 and 6, flat beyond 7.9.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let c = if x > 7.905_311 { 7.905_311 } else { x };
    let c = if c < -7.905_311 { -7.905_311 } else { c };
    let z = c * c;
    let mut p = -2.760_768_5e-16_f32;
    p = p * z + 2.000_188e-13;
    p = p * z - 8.604_672e-11;
    p = p * z + 5.122_297e-8;
    p = p * z + 1.485_722_4e-5;
    p = p * z + 6.372_619e-4;
    p = p * z + 4.893_524_6e-3;
    p *= c;
    let mut q = 1.198_258_4e-6_f32;
    q = q * z + 1.185_347_1e-4;
    q = q * z + 2.268_434_6e-3;
    q = q * z + 4.893_525e-3;
    p / q
}

/// Powers, which differ between the two plain numbers.
pub(crate) trait Power {
    fn power(self, exponent: Self) -> Self;
}
impl Power for f64 {
    #[inline(always)]
    fn power(self, exponent: f64) -> f64 {
        libm::pow(self, exponent)
    }
}
impl Power for f32 {
    #[inline(always)]
    fn power(self, exponent: f32) -> f32 {
        // Through f64: exp(y ln x) in f32 would lose as many digits as y ln x has before the point.
        libm::pow(self as f64, exponent as f64) as f32
    }
}

/// The order of a Bessel function from a number: truncated and bounded, because `libm`'s recurrence takes
/// time in proportion.
pub(crate) fn order(n: f64) -> i32 {
    let n = n as i32;
    n.clamp(-1000, 1000)
}

/// Modified Bessel function of the first kind and integer order, by its power series up to `x = 30` and the
/// asymptotic series beyond (Abramowitz and Stegun, 9.6.10 and 9.7.1).
pub(crate) fn bessel_i(n: f64, x: f64) -> f64 {
    let n = libm::fabs(order(n) as f64);
    let ax = libm::fabs(x);
    let odd = n % 2.0 != 0.0;
    let sign = if x < 0.0 && odd { -1.0 } else { 1.0 };
    if ax == 0.0 {
        return if n == 0.0 { 1.0 } else { 0.0 };
    }
    if ax <= 30.0 || ax < n * n {
        let quarter = ax * ax * 0.25;
        let mut term = libm::exp(n * libm::log(ax * 0.5) - libm::lgamma(n + 1.0));
        let mut total = term;
        let mut k = 1.0;
        while k < 2000.0 {
            term *= quarter / (k * (k + n));
            total += term;
            if term <= total * 1e-17 {
                break;
            }
            k += 1.0;
        }
        return sign * total;
    }
    let mu = 4.0 * n * n;
    let mut term = 1.0;
    let mut total = 1.0;
    let mut k = 1.0;
    while k < 60.0 {
        let odd = 2.0 * k - 1.0;
        let next = term * -(mu - odd * odd) / (k * 8.0 * ax);
        if libm::fabs(next) >= libm::fabs(term) || libm::fabs(next) < 1e-17 {
            break;
        }
        term = next;
        total += term;
        k += 1.0;
    }
    sign * libm::exp(ax) / libm::sqrt(2.0 * core::f64::consts::PI * ax) * total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(got: f32, want: f64) -> f64 {
        let w = want as f32;
        let step = (f32::from_bits(w.abs().to_bits() + 1) - w.abs()) as f64;
        ((got as f64) - want).abs() / step
    }

    #[test]
    fn exponential_is_within_two_units() {
        let mut x = -87.0_f32;
        while x < 88.0 {
            assert!(units(exp(x), libm::exp(x as f64)) < 2.0, "exp({x})");
            x += 0.001_37;
        }
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn logarithm_is_within_two_units() {
        let mut x = 1.2e-38_f32;
        while x < 3e38 {
            assert!(
                units(ln(x), libm::log(x as f64)) < 2.0 || libm::fabs(libm::log(x as f64)) < 1e-3,
                "ln({x})"
            );
            x *= 1.000_37;
        }
        assert!((ln(1e-40) as f64 - libm::log(1e-40_f32 as f64)).abs() < 1e-5);
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert!(ln(-1.0).is_nan() && ln(f32::NAN).is_nan());
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
    }

    #[test]
    fn sine_and_cosine_are_within_the_stated_error() {
        let mut x = -8192.0_f32;
        while x < 8192.0 {
            assert!((sin(x) as f64 - libm::sin(x as f64)).abs() < 3e-7, "sin({x})");
            assert!((cos(x) as f64 - libm::cos(x as f64)).abs() < 3e-7, "cos({x})");
            x += 0.031_7;
        }
        assert!((sin(1e6) as f64 - libm::sin(1e6)).abs() < 3e-7);
        assert!(sin(f32::NAN).is_nan() && cos(f32::INFINITY).is_nan());
    }

    #[test]
    fn hyperbolic_tangent_is_within_the_stated_error() {
        let mut x = -12.0_f32;
        while x < 12.0 {
            assert!((tanh(x) as f64 - libm::tanh(x as f64)).abs() < 4e-7, "tanh({x})");
            x += 0.000_61;
        }
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn floor_is_exact_everywhere() {
        for x in [0.0_f32, -0.5, 0.5, -1.0, 1.9, -1.1, 8_388_607.5, -8_388_607.5, 3e9, -3e9, f32::INFINITY] {
            assert_eq!(floor(x), libm::floorf(x), "{x}");
        }
        assert!(floor(f32::NAN).is_nan());
    }

    #[test]
    fn modified_bessel_function_has_its_published_values() {
        // Abramowitz and Stegun, tables 9.8 and 9.11.
        for (n, x, want) in [
            (0.0, 1.0, 1.266_065_877_752_008),
            (1.0, 1.0, 0.565_159_103_992_485),
            (0.0, 10.0, 2_815.716_628_466_254),
            (2.0, 3.0, 2.245_212_440_929_951),
            (0.0, 40.0, 1.489_477_479_341_7e16),
        ] {
            assert!((bessel_i(n, x) / want - 1.0).abs() < 1e-12, "I_{n}({x}) = {}", bessel_i(n, x));
        }
        assert_eq!(bessel_i(1.0, -1.0), -bessel_i(1.0, 1.0));
    }
}
