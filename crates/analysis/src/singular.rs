//! Singular values of small square matrices, by the same operations everywhere.

use numerics::{dot, sum_by};

const SWEEPS: usize = 60;

/// `A = U diag(values) Vᵀ`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Singular {
    /// The columns of `U`, one after another; orthonormal.
    pub(crate) left: Vec<f64>,
    /// Singular values, the largest first.
    pub(crate) values: Vec<f64>,
    /// The columns of `V`, one after another; orthonormal.
    pub(crate) right: Vec<f64>,
    /// Whether the columns became orthogonal to the machine's precision.
    pub(crate) converged: bool,
}

impl Singular {
    /// The orthogonal matrix `U Vᵀ` nearest to `A` (`n × n`, row-major).
    pub(crate) fn polar(&self) -> Vec<f64> {
        let n = self.values.len();
        (0..n * n).map(|k| sum_by(n, |l| self.left[l * n + k / n] * self.right[l * n + k % n])).collect()
    }
}

fn rotate(a: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = a.split_at_mut(q * n);
    for (x, y) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// The singular values and vectors of `a` (`n × n`, row-major): rotations of pairs of columns until all are orthogonal
/// (Hestenes 1958). Directions whose value is nothing against the machine's precision are completed to a basis.
pub(crate) fn singular(a: &[f64], n: usize) -> Singular {
    // Columns lie one after another, so that a rotation runs through memory in order.
    let mut w: Vec<f64> = (0..n * n).map(|k| a[k % n * n + k / n]).collect();
    let mut v: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect();
    let precision = n as f64 * f64::EPSILON;
    let nothing = precision * libm::sqrt(dot(&w, &w));
    let mut converged = false;
    for _ in 0..SWEEPS {
        let mut settled = true;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = (&w[p * n..(p + 1) * n], &w[q * n..(q + 1) * n]);
                let (xx, yy, xy) = (libm::sqrt(dot(x, x)), libm::sqrt(dot(y, y)), dot(x, y));
                if xx <= nothing || yy <= nothing || libm::fabs(xy) <= precision * xx * yy {
                    continue;
                }
                settled = false;
                let tau = (yy * yy - xx * xx) / (2.0 * xy);
                let root = libm::sqrt(1.0 + tau * tau);
                let t = if tau >= 0.0 { 1.0 / (tau + root) } else { 1.0 / (tau - root) };
                let c = 1.0 / libm::sqrt(1.0 + t * t);
                rotate(&mut w, n, p, q, c, t * c);
                rotate(&mut v, n, p, q, c, t * c);
            }
        }
        if settled {
            converged = true;
            break;
        }
    }
    let length = |k: usize| libm::sqrt(dot(&w[k * n..(k + 1) * n], &w[k * n..(k + 1) * n]));
    let mut order: Vec<(f64, usize)> = (0..n).map(|k| (length(k), k)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut left, mut right, mut values) =
        (Vec::with_capacity(n * n), Vec::with_capacity(n * n), Vec::new());
    for &(value, k) in &order {
        right.extend_from_slice(&v[k * n..(k + 1) * n]);
        if value > nothing {
            values.push(value);
            left.extend(w[k * n..(k + 1) * n].iter().map(|x| x / value));
        } else {
            values.push(0.0);
            complete(&mut left, n);
        }
    }
    Singular { left, values, right, converged }
}

/// Adds a unit vector orthogonal to the given orthonormal ones: what is left of that axis of which most is left.
fn complete(basis: &mut Vec<f64>, n: usize) {
    let left = |axis: usize| 1.0 - sum_by(basis.len() / n, |k| basis[k * n + axis] * basis[k * n + axis]);
    let mut best = 0;
    for axis in 1..n {
        best = if left(axis) > left(best) { axis } else { best };
    }
    let mut vector = vec![0.0; n];
    vector[best] = 1.0;
    for _ in 0..2 {
        for earlier in basis.chunks_exact(n) {
            let along = dot(earlier, &vector);
            for (x, e) in vector.iter_mut().zip(earlier) {
                *x -= along * e;
            }
        }
    }
    let length = libm::sqrt(dot(&vector, &vector));
    basis.extend(vector.iter().map(|x| x / length));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn orthonormal(columns: &[f64], n: usize) -> bool {
        (0..n * n).all(|k| {
            let (i, j) = (k / n, k % n);
            let product = dot(&columns[i * n..(i + 1) * n], &columns[j * n..(j + 1) * n]);
            (product - f64::from(u8::from(i == j))).abs() < 1e-13
        })
    }

    #[test]
    fn a_matrix_of_rank_one_and_none_has_complete_bases() {
        let a: Vec<f64> = (0..16).map(|k| (1.0 + (k / 4) as f64) * (2.0 - (k % 4) as f64)).collect();
        let found = singular(&a, 4);
        // The product of the lengths of (1, 2, 3, 4) and (2, 1, 0, -1).
        assert!((found.values[0] - 180_f64.sqrt()).abs() < 1e-13 && found.values[1..] == [0.0; 3]);
        assert!(orthonormal(&found.left, 4) && orthonormal(&found.right, 4) && found.converged);
        let none = singular(&[0.0; 9], 3);
        assert!(none.values == [0.0; 3] && orthonormal(&none.polar(), 3));
    }

    proptest! {
        #[test]
        fn the_factors_multiply_to_the_matrix(a in proptest::collection::vec(-3.0..3.0_f64, 25)) {
            let found = singular(&a, 5);
            prop_assert!(found.converged && orthonormal(&found.left, 5) && orthonormal(&found.right, 5));
            for (k, value) in a.iter().enumerate() {
                let term = |l: usize| found.values[l] * found.left[l * 5 + k / 5] * found.right[l * 5 + k % 5];
                prop_assert!((sum_by(5, term) - value).abs() < 1e-13);
            }
        }
    }
}
