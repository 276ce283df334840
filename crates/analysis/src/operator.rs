//! A linear operator that carries delay vectors one sample on.

use crate::eigen::{Eigenvalue, eigenvalues};
use crate::error::{Error, check_finite, check_option, check_range, check_shape, check_size};
use crate::network::{diagonalise, principal_components};
use numerics::dense::{factor, multiply, substitute};
use numerics::sum_by;

/// Options of [`delay_operator`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatorOptions {
    /// States in one delay vector; 1 for the states themselves.
    pub states: usize,
    /// Samples between them.
    pub delay: usize,
    /// Principal components of the delay vectors that are kept.
    pub modes: usize,
    /// Rank of the operator; 0 for that of the modes.
    pub rank: usize,
    /// Ridge: what is added to each variance of the regression, the modes' own being 1.
    pub ridge: f64,
}

impl Default for OperatorOptions {
    /// Two states one sample apart, 12 modes, full rank, ridge 1e-6.
    fn default() -> Self {
        Self { states: 2, delay: 1, modes: 12, rank: 0, ridge: 1e-6 }
    }
}

/// A linear operator fitted to data.
#[derive(Clone, Debug, PartialEq)]
pub struct DelayOperator {
    /// The operator on the modes, row-major; the modes have variance 1, so that it is fixed up to a rotation whatever
    /// the variables' scale.
    pub matrix: Vec<f64>,
    /// Number of modes: as many as asked for, or as many as vary.
    pub modes: usize,
    /// Share of the delay vectors' variance that the modes hold.
    pub share: f64,
    /// Share of the modes' variance that one step of the operator leaves unexplained.
    pub residual: f64,
    /// Standard error of the operator divided by its norm (both Frobenius), as if residuals were independent. Operators
    /// of two recordings of one system lie about `√2` times this angle apart.
    pub error: f64,
    /// Eigenvalues, the largest real part first; none where the iteration did not settle.
    pub eigenvalues: Option<Vec<Eigenvalue>>,
}

/// The linear operator `A` of least squares `z_{t+1} ≈ A z_t` on the whitened principal components `z` of delay vectors
/// `(x_t, x_{t+τ}, ...)`: dynamic mode decomposition by reduced-rank regression.
///
/// Data are row-major trials of `trial` samples each, one after another; 0 for a single one. No vector and no step
/// crosses from one trial to the next. With a rank below the modes', `A` becomes `P Pᵀ A` with `P` the leading
/// directions of its predictions. Directions with less than 1e-12 of the largest variance are no modes.
///
/// Source: Schmid, Dynamic mode decomposition of numerical and experimental data (2010); Izenman, Reduced-rank
/// regression (1975); Ostrow, Eisen, Kozachkov and Fiete, Beyond geometry: comparing the temporal structure of
/// computation in neural circuits with dynamical similarity analysis (2023).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::Option`], [`Error::TooShort`] for fewer than twice as many steps as
/// modes, [`Error::Constant`], [`Error::TooLarge`] beyond 256 coordinates a delay vector or 2^22 in all.
pub fn delay_operator(
    data: &[f64],
    dimension: usize,
    trial: usize,
    options: &OperatorOptions,
) -> Result<DelayOperator, Error> {
    let OperatorOptions { states, delay, modes, rank, ridge } = *options;
    let samples = check_shape(data.len(), dimension)?;
    check_finite(data)?;
    check_option(
        (1..=256).contains(&states),
        "states in a delay vector",
        states as f64,
        "between 1 and 256",
    )?;
    check_option((1..=1 << 16).contains(&delay), "delay", delay as f64, "between 1 and 65536 samples")?;
    check_option((1..=64).contains(&modes), "number of modes", modes as f64, "between 1 and 64")?;
    check_option(rank <= modes, "rank", rank as f64, "at most the number of modes, or 0 for as many")?;
    check_option((0.0..=1.0).contains(&ridge), "ridge", ridge, "between 0 and 1")?;
    let trial = if trial == 0 { samples } else { trial };
    let whole = samples.is_multiple_of(trial);
    check_option(whole, "samples in a trial", trial as f64, "a divisor of the number of samples, or 0")?;
    let advice = "shorten the trials' delay vectors, ask for fewer modes or give more samples";
    let (purpose, span) = ("a linear operator", (states - 1) * delay);
    let (vectors, trials) = (trial.saturating_sub(span), samples / trial);
    // Twice as many steps as modes, and at least one in each trial.
    let each = (2 * modes).div_ceil(trials) + 1;
    if vectors < each {
        return Err(Error::TooShort { given: trial, wanted: span + each, purpose, advice });
    }
    check_range(data, purpose)?;
    let size = states * dimension;
    check_size("coordinates of a delay vector", size, 256, "take fewer states or variables")?;
    let all = vectors.saturating_mul(trials).saturating_mul(size);
    check_size("coordinates", all, crate::error::MOST_VALUES, "take every second sample, or fewer states")?;
    let mut delayed = Vec::with_capacity(all);
    for part in data.chunks_exact(trial * dimension) {
        for t in 0..vectors {
            for state in 0..states {
                let place = (t + state * delay) * dimension;
                delayed.extend_from_slice(&part[place..place + dimension]);
            }
        }
    }
    let components = principal_components(&delayed, size)?;
    let floor = 1e-12 * components.variances[0];
    let n = components.variances.iter().take(modes).take_while(|variance| **variance > floor).count();
    let mut z = components.project(&delayed, n)?;
    for row in z.chunks_exact_mut(n) {
        for (value, variance) in row.iter_mut().zip(&components.variances) {
            *value /= libm::sqrt(*variance);
        }
    }
    let steps = Steps { z: &z, n, vectors, trials };
    let mut matrix = steps.regress(ridge)?;
    if rank > 0 && rank < n {
        matrix = reduce(&matrix, &steps.products(0, 0), n, rank);
    }
    let (residual, error) = steps.quality(&matrix)?;
    Ok(DelayOperator {
        eigenvalues: eigenvalues(&matrix, n),
        matrix,
        modes: n,
        share: components.shares[..n].iter().fold(0.0, |total, share| total + share),
        residual,
        error,
    })
}

/// The steps from one whitened vector to the next within a trial.
struct Steps<'a> {
    z: &'a [f64],
    n: usize,
    vectors: usize,
    trials: usize,
}

impl Steps<'_> {
    fn count(&self) -> usize {
        self.trials * (self.vectors - 1)
    }

    /// The vector before step `index`, or after it for `later` 1.
    fn vector(&self, index: usize, later: usize) -> &[f64] {
        let (trial, t) = (index / (self.vectors - 1), index % (self.vectors - 1));
        let place = (trial * self.vectors + t + later) * self.n;
        &self.z[place..place + self.n]
    }

    /// Mean over steps of `a bᵀ`, with `a` and `b` before (0) or after (1) them.
    fn products(&self, a: usize, b: usize) -> Vec<f64> {
        let mut total = vec![0.0; self.n * self.n];
        for index in 0..self.count() {
            let (x, y) = (self.vector(index, a), self.vector(index, b));
            for (row, value) in total.chunks_exact_mut(self.n).zip(x) {
                for (entry, other) in row.iter_mut().zip(y) {
                    *entry += value * other;
                }
            }
        }
        for entry in &mut total {
            *entry /= self.count() as f64;
        }
        total
    }

    /// `A = <z' zᵀ> (<z zᵀ> + ridge)⁻¹`, one row of `A` for each right side of the symmetric system.
    fn regress(&self, ridge: f64) -> Result<Vec<f64>, Error> {
        let n = self.n;
        let mut square = self.products(0, 0);
        for i in 0..n {
            square[i * n + i] += ridge;
        }
        let mut matrix = self.products(1, 0);
        let mut exchanges = vec![0; n];
        if !factor(&mut square, &mut exchanges, n) {
            return Err(Error::Constant { what: "a linear operator" });
        }
        for row in matrix.chunks_exact_mut(n) {
            substitute(&square, &exchanges, row, n);
        }
        Ok(matrix)
    }

    /// Share left unexplained, and the operator's relative error `√(Σ_i s_i² tr <z zᵀ>⁻¹ / T) / |A|` with `s_i²` the
    /// variance of the residual of mode `i`.
    fn quality(&self, matrix: &[f64]) -> Result<(f64, f64), Error> {
        let (n, count) = (self.n, self.count());
        let left = sum_by(count, |index| {
            let (x, y) = (self.vector(index, 0), self.vector(index, 1));
            (0..n).fold(0.0, |total, i| {
                let apart = y[i] - (0..n).fold(0.0, |value, j| value + matrix[i * n + j] * x[j]);
                total + apart * apart
            })
        });
        let moved = sum_by(count, |index| self.vector(index, 1).iter().fold(0.0, |total, y| total + y * y));
        let mut square = self.products(0, 0);
        let mut exchanges = vec![0; n];
        if !factor(&mut square, &mut exchanges, n) {
            return Err(Error::Constant { what: "a linear operator" });
        }
        let trace = (0..n).fold(0.0, |total, i| {
            let mut column = vec![0.0; n];
            column[i] = 1.0;
            substitute(&square, &exchanges, &mut column, n);
            total + column[i]
        });
        let norm = libm::sqrt(sum_by(n * n, |k| matrix[k] * matrix[k]));
        let variance = left / (count - n) as f64;
        Ok((left / moved, libm::sqrt(variance * trace / count as f64) / norm))
    }
}

/// `P Pᵀ A` with `P` the `rank` leading eigenvectors of the predictions' covariance `A S Aᵀ`.
fn reduce(a: &[f64], s: &[f64], n: usize, rank: usize) -> Vec<f64> {
    let transposed: Vec<f64> = (0..n * n).map(|k| a[k % n * n + k / n]).collect();
    let (mut left, mut predicted) = (vec![0.0; n * n], vec![0.0; n * n]);
    multiply(a, s, &mut left, n, n, n);
    multiply(&left, &transposed, &mut predicted, n, n, n);
    let (vectors, _) = diagonalise(&mut predicted, n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&x, &y| predicted[y * n + y].total_cmp(&predicted[x * n + x]));
    let kept = &order[..rank];
    let projector: Vec<f64> = (0..n * n)
        .map(|k| kept.iter().fold(0.0, |total, &l| total + vectors[k / n * n + l] * vectors[k % n * n + l]))
        .collect();
    multiply(&projector, a, &mut left, n, n, n);
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{lorenz, noise, sine};
    use crate::singular::singular;

    /// `x_{t+1} = A x_t + noise`.
    pub(crate) fn linear(a: &[f64], n: usize, samples: usize, seed: u64) -> Vec<f64> {
        let mut stream = numerics::Stream::new(seed, "linear");
        let (mut x, mut next, mut out) = (vec![0.0; n], vec![0.0; n], Vec::new());
        for t in 0..samples + 200 {
            multiply(a, &x, &mut next, n, n, 1);
            for value in &mut next {
                *value += stream.normal();
            }
            core::mem::swap(&mut x, &mut next);
            if t >= 200 {
                out.extend_from_slice(&x);
            }
        }
        out
    }

    const SPIRAL: [f64; 4] = [0.8, -0.5, 0.5, 0.8];

    #[test]
    fn a_noisy_spiral_has_its_eigenvalues_within_the_stated_error() {
        let options = OperatorOptions { states: 1, modes: 2, ..Default::default() };
        let found = delay_operator(&linear(&SPIRAL, 2, 20_000, 1), 2, 0, &options).unwrap();
        let value = found.eigenvalues.clone().unwrap()[0];
        assert!((value.real - 0.8).abs() < 0.02 && (value.imaginary - 0.5).abs() < 0.02, "{value:?}");
        // Variance 1 / (1 - 0.89) about, of which the noise is the residual.
        assert!((found.residual - 0.11).abs() < 0.01 && found.error < 0.01 && found.share > 1.0 - 1e-12);
    }

    #[test]
    fn a_sine_is_two_modes_that_turn_by_its_frequency() {
        let found =
            delay_operator(&sine(500, 0.03), 1, 0, &OperatorOptions { states: 6, ..Default::default() });
        let found = found.unwrap();
        assert_eq!(found.modes, 2);
        let value = found.eigenvalues.unwrap()[0];
        assert!(
            (value.angle() - 0.06 * core::f64::consts::PI).abs() < 1e-5 && found.residual < 1e-5,
            "{value:?} {}",
            found.residual
        );
    }

    #[test]
    fn no_step_crosses_from_one_trial_to_the_next() {
        // Two decays from different starts: as one trial the jump between them is a step that nothing explains.
        let decay = |start: f64| (0..40).map(move |t| start * libm::pow(0.9, f64::from(t)));
        let data: Vec<f64> = decay(1.0).chain(decay(-1.0)).collect();
        let options = OperatorOptions { states: 1, modes: 1, ridge: 0.0, ..Default::default() };
        let apart = delay_operator(&data, 1, 40, &options).unwrap();
        assert!((apart.matrix[0] - 0.9).abs() < 1e-12 && apart.residual < 1e-20, "{apart:?}");
        assert!(delay_operator(&data, 1, 0, &options).unwrap().residual > 1e-3);
    }

    #[test]
    fn a_lower_rank_is_that_rank_and_explains_less() {
        let data = lorenz(3000, 5);
        let full = OperatorOptions { states: 3, modes: 8, ..Default::default() };
        let whole = delay_operator(&data, 3, 0, &full).unwrap();
        let part = delay_operator(&data, 3, 0, &OperatorOptions { rank: 3, ..full }).unwrap();
        assert!(
            part.residual > whole.residual && whole.residual < 0.5,
            "{} {}",
            part.residual,
            whole.residual
        );
        let values = singular(&part.matrix, 8).values;
        assert!(values[2] > 0.1 && values[3] < 1e-12, "{values:?}");
    }

    #[test]
    fn what_has_no_operator_is_refused_with_advice() {
        let options = OperatorOptions::default();
        let short = delay_operator(&noise(24), 1, 0, &options).unwrap_err().to_string();
        assert!(short.contains("24 values are too few") && short.contains("fewer modes"), "{short}");
        assert!(matches!(delay_operator(&[1.0; 90], 1, 0, &options), Err(Error::Constant { .. })));
        assert!(matches!(delay_operator(&noise(90), 1, 7, &options), Err(Error::Option { .. })));
        let wide = OperatorOptions { states: 200, ..options };
        assert!(matches!(delay_operator(&noise(2000), 2, 0, &wide), Err(Error::TooLarge { .. })));
        let rank = OperatorOptions { rank: 13, ..options };
        assert!(matches!(delay_operator(&noise(90), 1, 0, &rank), Err(Error::Option { .. })));
    }
}
