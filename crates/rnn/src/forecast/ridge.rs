use crate::error::Error;
use numerics::dense;

/// Ridge regression: `W = (ΦᵀΦ + λ I)⁻¹ Φᵀ Y` from rows of features `Φ` and of targets `Y`, added one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    features: usize,
    /// The lower triangle of `ΦᵀΦ`, in a full square.
    gram: Vec<f64>,
    /// `ΦᵀY`, target by target.
    moments: Vec<f64>,
    rows: usize,
}

impl Ridge {
    /// A regression without rows.
    pub fn new(features: usize, targets: usize) -> Self {
        Self {
            features,
            gram: vec![0.0; features * features],
            moments: vec![0.0; features * targets],
            rows: 0,
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row; features and targets beyond the shape are left out.
    pub fn add(&mut self, features: &[f64], targets: &[f64]) {
        self.rows += 1;
        for (i, (row, a)) in self.gram.chunks_exact_mut(self.features.max(1)).zip(features).enumerate() {
            for (sum, b) in row[..=i].iter_mut().zip(features) {
                *sum += a * b;
            }
        }
        for (row, y) in self.moments.chunks_exact_mut(self.features.max(1)).zip(targets) {
            for (sum, a) in row.iter_mut().zip(features) {
                *sum += a * y;
            }
        }
    }

    /// The weights, target by target, `features` each, at a penalty `λ` (above 0).
    ///
    /// # Errors
    /// [`Error::Setting`] for a penalty that is not positive, or too small for the rows: the equations have no finite
    /// solution.
    pub fn solve(&self, penalty: f64) -> Result<Vec<f64>, Error> {
        let n = self.features;
        let fault = Error::Setting {
            what: "the penalty",
            found: penalty,
            expected: "larger, so that weights stay finite",
        };
        if !(penalty > 0.0 && penalty.is_finite()) {
            return Err(fault);
        }
        let mut square = self.gram.clone();
        for i in 0..n {
            for j in 0..i {
                square[j * n + i] = square[i * n + j];
            }
            square[i * n + i] += penalty;
        }
        let mut exchanges = vec![0; n];
        if !dense::factor(&mut square, &mut exchanges, n) {
            return Err(fault);
        }
        let mut weights = self.moments.clone();
        for target in weights.chunks_exact_mut(n.max(1)) {
            dense::substitute(&square, &exchanges, target, n);
        }
        if weights.iter().all(|w| w.is_finite()) { Ok(weights) } else { Err(fault) }
    }

    /// `W φ` for one row of features.
    pub fn apply<'a>(&self, weights: &'a [f64], features: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        weights.chunks_exact(self.features.max(1)).map(move |row| numerics::dot(row, features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_found_and_a_penalty_shrinks_it() {
        let mut ridge = Ridge::new(3, 2);
        for i in 0..50 {
            let (a, b) = (f64::from(i % 7) - 3.0, f64::from(i % 5) - 2.0);
            ridge.add(&[a, b, 1.0], &[2.0 * a - b + 0.5, b]);
        }
        let weights = ridge.solve(1e-9).unwrap();
        for (found, want) in weights.iter().zip([2.0, -1.0, 0.5, 0.0, 1.0, 0.0]) {
            assert!((found - want).abs() < 1e-8, "{weights:?}");
        }
        let shrunk = ridge.solve(1e3).unwrap();
        assert!(shrunk[0] < 1.0 && shrunk[0] > 0.0);
        assert_eq!(ridge.apply(&weights, &[1.0, 1.0, 1.0]).count(), 2);
        assert_eq!(ridge.rows(), 50);
        assert!(ridge.solve(0.0).is_err() && ridge.solve(f64::NAN).is_err());
    }
}
