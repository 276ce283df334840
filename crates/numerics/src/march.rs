//! Fixed steps, many at a time.
//!
//! A solver that asks a flow for one rate after another pays for each asking, and a compiler that cannot see through
//! it leaves state and stages in memory. So whoever holds the code of a right-hand side may take the steps too:
//! [`crate::Flow::march`] and [`crate::Process::march`]. Whoever takes them, it is this code and these bits.

use crate::Real;

/// Fixed steps at `t0 + index * h`, so that time gathers no rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Time of the step of index 0.
    pub t0: f64,
    /// Length of a step.
    pub h: f64,
    /// Index of the first step.
    pub first: u64,
    /// Number of steps.
    pub count: u64,
}

impl Grid {
    /// Time after `done` of these steps.
    #[inline(always)]
    pub fn time(&self, done: u64) -> f64 {
        self.t0 + (self.first + done) as f64 * self.h
    }
}

/// A march that left the bound after `done` good steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Halt {
    /// Steps that ended within the bound.
    pub done: u64,
    /// The first variable beyond it.
    pub variable: usize,
    /// Its value, which may be no number.
    pub value: f64,
}

/// Index of the first variable outside the bound; a NaN is outside. `V` is a plain number.
#[inline(always)]
pub fn outside<V: Real>(x: &[V], bound: f64) -> Option<usize> {
    x.iter().position(|v| {
        let v = v.lane(0);
        !(v <= bound && v >= -bound)
    })
}

/// One step of the classical Runge-Kutta method, with its weights factored as one writes it by hand:
/// `next = x + h/6 (k₁ + 2 (k₂ + k₃) + k₄)`.
///
/// `rate` writes `f(t, x)`. With `n` variables `x`, `next` and `scratch` have `n` entries, and `stages` has at least
/// `4 n`, the first `n` of which hold `f(t, x)` if `first_known`.
#[inline(always)]
pub fn classical<V: Real>(
    mut rate: impl FnMut(V, &[V], &mut [V]),
    t: f64,
    h: f64,
    x: &[V],
    next: &mut [V],
    stages: &mut [V],
    scratch: &mut [V],
    first_known: bool,
) {
    let n = x.len();
    let (k1, rest) = stages.split_at_mut(n);
    let (k2, rest) = rest.split_at_mut(n);
    let (k3, rest) = rest.split_at_mut(n);
    let k4 = &mut rest[..n];
    let (next, y) = (&mut next[..n], &mut scratch[..n]);
    let middle = V::splat(t + 0.5 * h);
    let (half, whole, sixth, two) = (V::splat(0.5 * h), V::splat(h), V::splat(h / 6.0), V::splat(2.0));
    if !first_known {
        rate(V::splat(t), x, k1);
    }
    for i in 0..n {
        y[i] = x[i] + half * k1[i];
    }
    rate(middle, y, k2);
    for i in 0..n {
        y[i] = x[i] + half * k2[i];
    }
    rate(middle, y, k3);
    for i in 0..n {
        y[i] = x[i] + whole * k3[i];
    }
    rate(V::splat(t + h), y, k4);
    for i in 0..n {
        next[i] = x[i] + sixth * (k1[i] + two * (k2[i] + k3[i]) + k4[i]);
    }
}

/// Takes `grid.count` steps of the classical Runge-Kutta method in `N` variables.
///
/// State and stages stand in arrays, where a compiler keeps them in registers. `V` is a plain number.
///
/// # Errors
/// A [`Halt`] where a variable leaves the bound; `x` is the last state within it.
#[inline(always)]
pub fn march<V: Real, const N: usize>(
    mut rate: impl FnMut(V, &[V; N], &mut [V; N]),
    grid: Grid,
    bound: f64,
    x: &mut [V; N],
) -> Result<(), Halt> {
    let mut state = *x;
    let mut result = Ok(());
    for done in 0..grid.count {
        let (mut next, mut stages, mut scratch) = ([V::zero(); N], [[V::zero(); N]; 4], [V::zero(); N]);
        classical(
            |t, x, out| {
                if let (Some(x), Some(out)) = (x.first_chunk(), out.first_chunk_mut()) {
                    rate(t, x, out);
                }
            },
            grid.time(done),
            grid.h,
            &state,
            &mut next,
            stages.as_flattened_mut(),
            &mut scratch,
            false,
        );
        if let Some(variable) = outside(&next, bound) {
            result = Err(Halt { done, variable, value: next[variable].lane(0) });
            break;
        }
        state = next;
    }
    *x = state;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x' = y + t`, `y' = x² - y`: reads time, and runs away from large `x`.
    fn rate<V: Real>(t: V, x: &[V], out: &mut [V]) {
        out[0] = x[1] + t;
        out[1] = x[0] * x[0] - x[1];
    }

    fn steps<V: Real>(grid: Grid, bound: f64, x: &mut [V; 2]) -> Result<(), Halt> {
        march(|t, x: &[V; 2], out: &mut [V; 2]| rate(t, x, out), grid, bound, x)
    }

    fn one_by_one<V: Real>(grid: Grid, x: &mut [V; 2]) {
        let (mut next, mut stages, mut scratch) = ([V::zero(); 2], [V::zero(); 8], [V::zero(); 2]);
        for done in 0..grid.count {
            classical(rate, grid.time(done), grid.h, x, &mut next, &mut stages, &mut scratch, false);
            *x = next;
        }
    }

    fn same_bits<V: Real>() {
        let grid = Grid { t0: -1.0, h: 0.01, first: 30, count: 100 };
        let (mut march, mut single) = ([V::splat(0.3), V::splat(-0.2)], [V::splat(0.3), V::splat(-0.2)]);
        assert_eq!(steps(grid, 1e8, &mut march), Ok(()));
        one_by_one(grid, &mut single);
        assert_eq!(march.map(|v| v.lane(0).to_bits()), single.map(|v| v.lane(0).to_bits()));
        assert_ne!(march[0], V::splat(0.3));
    }

    #[test]
    fn a_march_has_the_bits_of_its_steps_one_by_one() {
        same_bits::<f64>();
        same_bits::<f32>();
    }

    #[test]
    fn a_march_in_two_parts_is_the_march_as_a_whole() {
        let whole = Grid { t0: 0.0, h: 0.02, first: 0, count: 50 };
        let (mut a, mut b) = ([0.1, 0.4], [0.1, 0.4]);
        assert_eq!(steps(whole, 1e8, &mut a), Ok(()));
        assert_eq!(steps(Grid { count: 17, ..whole }, 1e8, &mut b), Ok(()));
        assert_eq!(steps(Grid { first: 17, count: 33, ..whole }, 1e8, &mut b), Ok(()));
        assert_eq!(a, b);
    }

    #[test]
    fn a_march_that_leaves_the_bound_stops_at_the_last_state_within_it() {
        let grid = Grid { t0: 0.0, h: 0.05, first: 0, count: 1000 };
        let mut x = [3.0, 0.0];
        let halt = steps(grid, 50.0, &mut x).unwrap_err();
        assert!(halt.done > 0 && halt.done < 1000 && halt.value > 50.0, "{halt:?}");
        let mut single = [3.0, 0.0];
        one_by_one(Grid { count: halt.done, ..grid }, &mut single);
        assert_eq!(x, single);
        assert!(x.iter().all(|v| *v <= 50.0));
        one_by_one(Grid { first: halt.done, count: 1, ..grid }, &mut single);
        assert_eq!(single[halt.variable], halt.value);
    }

    #[test]
    fn what_is_no_number_is_outside_of_any_bound() {
        assert_eq!(outside(&[0.0, f64::NAN], 1.0), Some(1));
        assert_eq!(outside(&[1.0_f32, -1.0], 1.0), None);
        assert_eq!(outside(&[0.5, -1.5, 2.0], 1.0), Some(1));
    }
}
