use crate::error::Error;
use crate::float::{Block, Float, LANES};

/// How far the data take hold of the state while a network learns.
///
/// With forcing, the state that enters step `t` is `z̃ = (1-α) ẑ + α x` in the observed units, where `ẑ` is what
/// the network predicted; hence every backward step is multiplied by `(1-α) J`, and the gradient stays bounded
/// for sequences of any length once `α >= 1 - 1/s`, with `s` the norm of the Jacobian.
///
/// Source: Hess, Monfared, Brenner and Durstewitz, ICML 2023; sparse forcing: Mikhaeil, Monfared and Durstewitz,
/// NeurIPS 2022.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Forcing {
    /// `α = 0`: the network runs by itself.
    Free,
    /// A fixed `α` between 0 and 1.
    Fixed {
        /// The strength.
        alpha: f64,
    },
    /// `α` begins at 1; after every `every` updates `α* = max(0, 1 - 1/s)` is estimated, and `α` becomes `α*`
    /// when that is larger, else `γ α + (1-γ) α*`.
    Adaptive {
        /// The share of the old strength that stays, `γ`.
        gamma: f64,
        /// Updates between two estimates, 5 in the paper's code.
        every: u64,
        /// How `s` is estimated.
        estimator: Estimator,
    },
    /// The observed units are set to the data at every `tau`-th step, and no gradient passes there.
    Sparse {
        /// The interval `τ`.
        tau: usize,
    },
    /// `α = 1`: regression of one step on the step before.
    Full,
}

/// How the norm of the Jacobian is estimated from a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimator {
    /// Largest over the sequences of the geometric mean over time of `‖J(x_t)‖₂`, steps of norm 0 left out: the
    /// bound of a product by the product of norms, a step.
    Product,
    /// Largest `‖J(x_t)‖₂` of the batch.
    Maximum,
    /// From the parameters alone, e.g. `max|A| + ‖W1‖ ‖W2‖`.
    Parameters,
    /// Norm of the matrix whose entries are the geometric means of `|J_ij|` over the batch, zeros left out.
    GeometricMean,
    /// Norm of the mean Jacobian of the batch.
    ArithmeticMean,
}

/// An estimate of the Jacobian's norm and the strength that it asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormEstimate {
    /// The norm, `s`.
    pub norm: f64,
    /// `α* = max(0, 1 - 1/s)`.
    pub alpha: f64,
}

impl NormEstimate {
    /// The strength that a norm asks for; 1 for a norm that is not finite.
    pub fn of(norm: f64) -> Self {
        let alpha = if !norm.is_finite() {
            1.0
        } else if norm > 1.0 {
            1.0 - 1.0 / norm
        } else {
            0.0
        };
        Self { norm, alpha }
    }
}

impl Forcing {
    /// # Errors
    /// [`Error::Setting`] for a strength or an interval out of range.
    pub(crate) fn check(self) -> Result<(), Error> {
        let fault = |what, found, expected| Err(Error::Setting { what, found, expected });
        match self {
            Forcing::Fixed { alpha } if !(0.0..=1.0).contains(&alpha) => {
                fault("the strength of forcing", alpha, "between 0 and 1")
            }
            Forcing::Adaptive { gamma, .. } if !(0.0..=1.0).contains(&gamma) => {
                fault("the annealing factor", gamma, "between 0 and 1")
            }
            Forcing::Adaptive { every: 0, .. } => {
                fault("the number of updates between estimates", 0.0, "at least 1")
            }
            Forcing::Sparse { tau: 0 } => fault("the forcing interval", 0.0, "at least 1"),
            _ => Ok(()),
        }
    }

    /// The strength to begin with; 0 where none applies.
    pub fn first_alpha(self) -> f64 {
        match self {
            Forcing::Free | Forcing::Sparse { .. } => 0.0,
            Forcing::Fixed { alpha } => alpha,
            Forcing::Adaptive { .. } | Forcing::Full => 1.0,
        }
    }
}

/// The adaptive rule: at once up, slowly down.
pub(crate) fn anneal(alpha: f64, wanted: f64, gamma: f64, floor: f64) -> f64 {
    let next = if wanted > alpha { wanted } else { gamma * alpha + (1.0 - gamma) * wanted };
    if next < floor { floor } else { next }
}

/// Up to this size a power of `JᵀJ` is formed by squaring, beyond it the iteration goes vector by vector.
const SQUARED: usize = 6;

/// Spectral norms of sixteen matrices at once, by power iteration on `JᵀJ` with a fixed number of steps.
///
/// The Rayleigh quotient after 64 steps errs by less than `(σ₂/σ₁)^256`, relatively, times the gap.
/// `gram`, `square` have length `m²`, `vector`, `image` length `m`.
pub(crate) fn norms<T: Float>(
    j: &[Block<T>],
    m: usize,
    gram: &mut [Block<T>],
    square: &mut [Block<T>],
    vector: &mut [Block<T>],
    image: &mut [Block<T>],
) -> [T; LANES] {
    let zero = Block::<T>::default();
    for a in 0..m {
        for b in a..m {
            let mut sum = zero;
            for i in 0..m {
                sum += j[i * m + a] * j[i * m + b];
            }
            gram[a * m + b] = sum;
            gram[b * m + a] = sum;
        }
    }
    for (i, v) in vector.iter_mut().enumerate() {
        v.0 = [T::of(1.0 + 0.01 * i as f64); LANES];
    }
    if m <= SQUARED {
        square.copy_from_slice(gram);
        for _ in 0..6 {
            // The trace of a positive matrix bounds its largest eigenvalue, so nothing overflows.
            let mut trace = zero;
            for i in 0..m {
                trace += square[i * m + i];
            }
            scale_by_inverse(square, &trace);
            squared(square, m);
        }
        apply(square, vector, image, m);
        normalise(image);
        vector.copy_from_slice(image);
    } else {
        for _ in 0..64 {
            apply(gram, vector, image, m);
            normalise(image);
            vector.copy_from_slice(image);
        }
    }
    apply(gram, vector, image, m);
    let mut result = [T::zero(); LANES];
    for i in 0..m {
        for lane in 0..LANES {
            result[lane] += vector[i].0[lane] * image[i].0[lane];
        }
    }
    for value in &mut result {
        *value = value.root();
    }
    result
}

fn scale_by_inverse<T: Float>(values: &mut [Block<T>], size: &Block<T>) {
    let mut factor = Block::<T>::default();
    for lane in 0..LANES {
        let size = size.0[lane];
        factor.0[lane] = if size > T::zero() { T::one() / size } else { T::zero() };
    }
    for value in values {
        *value *= factor;
    }
}

/// Squares a small symmetric matrix in place.
fn squared<T: Float>(s: &mut [Block<T>], m: usize) {
    let mut copy = [Block::<T>::default(); SQUARED * SQUARED];
    copy[..m * m].copy_from_slice(s);
    for a in 0..m {
        for b in a..m {
            let mut sum = Block::<T>::default();
            for i in 0..m {
                sum += copy[a * m + i] * copy[i * m + b];
            }
            s[a * m + b] = sum;
            s[b * m + a] = sum;
        }
    }
}

fn apply<T: Float>(a: &[Block<T>], x: &[Block<T>], y: &mut [Block<T>], m: usize) {
    for i in 0..m {
        let mut sum = Block::<T>::default();
        for j in 0..m {
            sum += a[i * m + j] * x[j];
        }
        y[i] = sum;
    }
}

fn normalise<T: Float>(x: &mut [Block<T>]) {
    let mut square = Block::<T>::default();
    for v in x.iter() {
        square += *v * *v;
    }
    for lane in 0..LANES {
        square.0[lane] = square.0[lane].root();
    }
    scale_by_inverse(x, &square);
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    #[test]
    fn adaptive_strength_rises_at_once_and_falls_slowly() {
        assert_eq!(anneal(0.2, 0.5, 0.9, 0.0), 0.5);
        assert!((anneal(1.0, 0.5, 0.9, 0.0) - 0.95).abs() < 1e-15);
        assert_eq!(anneal(0.5, 0.5, 0.9, 0.0), 0.5);
        assert_eq!(anneal(0.1, 0.0, 0.5, 0.3), 0.3);
    }

    #[test]
    fn strength_follows_from_the_norm() {
        assert_eq!(NormEstimate::of(2.0).alpha, 0.5);
        assert_eq!(NormEstimate::of(0.5).alpha, 0.0);
        assert_eq!(NormEstimate::of(f64::NAN).alpha, 1.0);
        assert_eq!(NormEstimate::of(f64::INFINITY).alpha, 1.0);
    }

    #[test]
    fn norms_in_lanes_agree_with_the_plain_power_iteration() {
        let mut stream = Stream::new(1, "norms");
        for m in [1, 2, 3, 6, 7, 12] {
            let mut j = vec![Block::<f64>::default(); m * m];
            for block in &mut j {
                for lane in 0..LANES {
                    block.0[lane] = stream.normal();
                }
            }
            let zero = Block::<f64>::default();
            let (mut gram, mut square) = (vec![zero; m * m], vec![zero; m * m]);
            let (mut v, mut w) = (vec![zero; m], vec![zero; m]);
            let got = norms(&j, m, &mut gram, &mut square, &mut v, &mut w);
            for lane in 0..LANES {
                let plain: Vec<f64> = j.iter().map(|b| b.0[lane]).collect();
                let want = numerics::dense::spectral_norm(&plain, m, m);
                assert!((got[lane] / want - 1.0).abs() < 1e-3, "{m} {lane}: {} {want}", got[lane]);
            }
        }
    }
}
