//! Symmetric and Hermitian matrices of some hundred rows: inverse, spectrum, leading direction.

use numerics::dense::combine;
use numerics::{dot, sum_by};

/// Factors the upper triangle of a symmetric positive definite `a` (`n × n`, row-major) in place into `RᵀR`; false, with
/// `a` undefined, where a pivot is not positive. What lies below the diagonal is not touched.
///
/// Source: Cholesky's method row by row, as in Golub and Van Loan, Matrix Computations, 4.2.
fn factor_definite(a: &mut [f64], n: usize) -> bool {
    let mut coefficients = vec![0.0; n];
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        for k in 0..i {
            coefficients[k] = -done[k * n + i];
        }
        let row = &mut rest[i..n];
        if i > 0 {
            combine(row, &coefficients[..i], &done[i..], n);
        }
        let pivot = row[0];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        let scale = 1.0 / libm::sqrt(pivot);
        for value in row {
            *value *= scale;
        }
    }
    true
}

/// Solves `Rᵀ W = B` in place, row by row, for the triangle `R` that [`factor_definite`] left; `reach(i)` is the number of
/// columns of row `i` of `W` that are not zero.
fn solve_lower(r: &[f64], b: &mut [f64], n: usize, reach: impl Fn(usize) -> usize) {
    let mut coefficients = vec![0.0; n];
    for i in 0..n {
        let (done, rest) = b.split_at_mut(i * n);
        for k in 0..i {
            coefficients[k] = -r[k * n + i];
        }
        let row = &mut rest[..reach(i)];
        if i > 0 {
            combine(row, &coefficients[..i], done, n);
        }
        let scale = 1.0 / r[i * n + i];
        for value in row {
            *value *= scale;
        }
    }
}

/// The real part of the inverse of the Hermitian positive definite matrix `X + iY` (`n × n`, row-major, `X` symmetric, `Y`
/// antisymmetric); none where it is not positive definite to the machine's precision, or a size is wrong.
///
/// `(X + iY)(U + iV) = I` gives `U = (X - Yᵀ X⁻¹ Y)⁻¹`, which two real factorings by Cholesky's method reach in `10 n³ / 3`
/// operations: a third of what the complex inverse takes.
pub fn hermitian_inverse(x: &[f64], y: &[f64], n: usize) -> Option<Vec<f64>> {
    if x.len() != n * n || y.len() != n * n {
        return None;
    }
    let mut outer = x.to_vec();
    if !factor_definite(&mut outer, n) {
        return None;
    }
    let mut w = y.to_vec();
    solve_lower(&outer, &mut w, n, |_| n);
    let mut inner = x.to_vec();
    let mut column = vec![0.0; n];
    for i in 0..n {
        for k in 0..n {
            column[k] = -w[k * n + i];
        }
        combine(&mut inner[i * n + i..(i + 1) * n], &column, &w[i..], n);
    }
    if !factor_definite(&mut inner, n) {
        return None;
    }
    let mut t = vec![0.0; n * n];
    for i in 0..n {
        t[i * n + i] = 1.0;
    }
    solve_lower(&inner, &mut t, n, |i| i + 1);
    // U = Tᵀ T for the lower triangle T, of whose rows only those from i on reach column i.
    let mut inverse = vec![0.0; n * n];
    for i in 0..n {
        for k in i..n {
            column[k] = t[k * n + i];
        }
        combine(&mut inverse[i * n..=i * n + i], &column[i..], &t[i * n..], n);
    }
    mirror(&mut inverse, n);
    inverse.iter().all(|value| value.is_finite()).then_some(inverse)
}

/// Copies what lies below the diagonal of `a` (`n × n`, row-major) to the other side.
pub fn mirror(a: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..i {
            a[j * n + i] = a[i * n + j];
        }
    }
}

/// The eigenvalues of a symmetric matrix (`n × n`, row-major), the largest first; none where the iteration does not
/// settle, an entry is not finite, or there are not `n²` of them. Only the lower triangle is read.
///
/// Source: Householder's reduction to three diagonals and the implicit QL iteration, as in Golub and Van Loan, Matrix
/// Computations, 8.3. Each is off by the machine's precision times the norm.
pub fn symmetric_eigenvalues(a: &[f64], n: usize) -> Option<Vec<f64>> {
    if a.len() != n * n || a.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let (mut diagonal, mut beside) = tridiagonal(a, n);
    for l in 0..n {
        let mut tries = 0;
        loop {
            let mut m = l;
            while m + 1 < n {
                let near = libm::fabs(diagonal[m]) + libm::fabs(diagonal[m + 1]);
                if libm::fabs(beside[m]) <= f64::EPSILON * near {
                    break;
                }
                m += 1;
            }
            if m == l {
                break;
            }
            tries += 1;
            if tries > 60 {
                return None;
            }
            let half = 0.5 * (diagonal[l + 1] - diagonal[l]) / beside[l];
            let root = libm::sqrt(half * half + 1.0);
            let shift = diagonal[l] - beside[l] / (half + libm::copysign(root, half));
            let mut g = diagonal[m] - shift;
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for i in (l..m).rev() {
                let (f, b) = (s * beside[i], c * beside[i]);
                let r = libm::hypot(f, g);
                beside[i + 1] = r;
                if r == 0.0 {
                    diagonal[i + 1] -= p;
                    beside[m] = 0.0;
                    whole = false;
                    break;
                }
                (s, c) = (f / r, g / r);
                let next = diagonal[i + 1] - p;
                let turned = (diagonal[i] - next) * s + 2.0 * c * b;
                p = s * turned;
                diagonal[i + 1] = next + p;
                g = c * turned - b;
            }
            if whole {
                diagonal[l] -= p;
                beside[l] = g;
                beside[m] = 0.0;
            }
        }
    }
    diagonal.sort_by(|x, y| y.total_cmp(x));
    Some(diagonal)
}

/// The diagonal, and what lies beside it in its first `n - 1` entries, of a matrix with three diagonals that has the
/// eigenvalues of `a`.
fn tridiagonal(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut a = a.to_vec();
    mirror(&mut a, n);
    let (mut diagonal, mut beside) = (vec![0.0; n], vec![0.0; n]);
    let mut image = vec![0.0; n];
    for k in 0..n {
        diagonal[k] = a[k * n + k];
        let first = k + 1;
        if first >= n {
            break;
        }
        let rest = n - first;
        // Row k, to the right of the diagonal, is turned onto its first entry.
        let mut v = a[k * n + first..(k + 1) * n].to_vec();
        let length = libm::sqrt(dot(&v, &v));
        let end = -libm::copysign(length, v[0]);
        beside[k] = end;
        v[0] -= end;
        let square = dot(&v, &v);
        if square == 0.0 {
            continue;
        }
        let image = &mut image[..rest];
        image.fill(0.0);
        combine(image, &v, &a[first * n + first..], n);
        let along = dot(&v, image) / square;
        for (q, v) in image.iter_mut().zip(&v) {
            *q = 2.0 * (*q - along * v) / square;
        }
        for i in 0..rest {
            let row = &mut a[(first + i) * n + first..(first + i + 1) * n];
            let (vi, qi) = (v[i], image[i]);
            for j in 0..rest {
                row[j] -= vi * image[j] + qi * v[j];
            }
        }
    }
    (diagonal, beside)
}

/// The unit vector to which powers of a symmetric positive matrix (`n × n`, row-major) lead from a fixed start, its
/// largest entry positive: near the eigenvector of the largest eigenvalue where that one stands apart.
///
/// 200 products at most; it stops when the direction changes by less than a part in 10^9.
pub fn leading_direction(a: &[f64], n: usize) -> Vec<f64> {
    let mut vector: Vec<f64> = (0..n).map(|i| 1.0 + 0.5 * libm::sin(1.7 * i as f64)).collect();
    let mut image = vec![0.0; n];
    for _ in 0..200 {
        image.fill(0.0);
        combine(&mut image, &vector, a, n);
        let length = libm::sqrt(dot(&image, &image));
        if !(length > 0.0 && length.is_finite()) {
            break;
        }
        for value in &mut image {
            *value /= length;
        }
        let change = sum_by(n, |i| (image[i] - vector[i]) * (image[i] - vector[i]));
        core::mem::swap(&mut vector, &mut image);
        if change < 1e-18 {
            break;
        }
    }
    let largest =
        vector.iter().fold(0.0, |most, v| if libm::fabs(*v) > libm::fabs(most) { *v } else { most });
    if largest < 0.0 {
        for value in &mut vector {
            *value = -*value;
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;
    use numerics::dense::{factor, multiply, substitute};
    use proptest::prelude::*;

    /// `X + iY = (I - sM)ᴴ (I - sM)` for a random `M` and `s = a + ib`.
    fn definite(n: usize, seed: u64, [a, b]: [f64; 2]) -> (Vec<f64>, Vec<f64>) {
        let mut stream = Stream::new(seed, "matrix");
        let size = 1.0 / libm::sqrt(n as f64);
        let m: Vec<f64> = (0..n * n).map(|_| size * stream.normal()).collect();
        let (mut x, mut y) = (vec![0.0; n * n], vec![0.0; n * n]);
        for i in 0..n {
            for j in 0..n {
                let gram = sum_by(n, |k| m[k * n + i] * m[k * n + j]);
                let one = f64::from(u8::from(i == j));
                x[i * n + j] = one - a * (m[i * n + j] + m[j * n + i]) + (a * a + b * b) * gram;
                y[i * n + j] = -b * (m[i * n + j] - m[j * n + i]);
            }
        }
        (x, y)
    }

    #[test]
    fn a_hermitian_matrix_times_its_inverse_is_the_identity() {
        for (n, s) in [(1, [0.5, 0.2]), (5, [0.9, -0.4]), (40, [-0.3, 1.1]), (33, [0.0, 0.7])] {
            let (x, y) = definite(n, 3, s);
            let u = hermitian_inverse(&x, &y, n).unwrap();
            // The imaginary part that goes with it: V = -X⁻¹ Y U.
            let mut v = vec![0.0; n * n];
            multiply(&y, &u, &mut v, n, n, n);
            let (mut lu, mut exchanges) = (x.clone(), vec![0; n]);
            assert!(factor(&mut lu, &mut exchanges, n));
            for j in 0..n {
                let mut column: Vec<f64> = (0..n).map(|i| -v[i * n + j]).collect();
                substitute(&lu, &exchanges, &mut column, n);
                (0..n).for_each(|i| v[i * n + j] = column[i]);
            }
            for i in 0..n {
                for j in 0..n {
                    let real = sum_by(n, |k| x[i * n + k] * u[k * n + j] - y[i * n + k] * v[k * n + j]);
                    let imaginary = sum_by(n, |k| x[i * n + k] * v[k * n + j] + y[i * n + k] * u[k * n + j]);
                    let wanted = f64::from(u8::from(i == j));
                    assert!(
                        (real - wanted).abs() < 1e-10 && imaginary.abs() < 1e-10,
                        "{n}: {real} {imaginary}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_positive_or_not_square_has_no_inverse_here() {
        assert!(hermitian_inverse(&[1.0, 0.0, 0.0, -1.0], &[0.0; 4], 2).is_none());
        // Positive real part, but |Y| too large for the whole to be positive.
        assert!(hermitian_inverse(&[1.0, 0.0, 0.0, 1.0], &[0.0, 2.0, -2.0, 0.0], 2).is_none());
        assert!(hermitian_inverse(&[1.0; 3], &[0.0; 4], 2).is_none());
        assert!(hermitian_inverse(&[f64::NAN], &[0.0], 1).is_none());
    }

    #[test]
    fn eigenvalues_of_a_chain_are_those_of_the_textbook() {
        let n = 30;
        let mut a = vec![0.0; n * n];
        for i in 0..n - 1 {
            (a[i * n + i + 1], a[(i + 1) * n + i]) = (1.0, 1.0);
        }
        let found = symmetric_eigenvalues(&a, n).unwrap();
        for (k, value) in found.iter().enumerate() {
            let wanted = 2.0 * libm::cos((k + 1) as f64 * core::f64::consts::PI / (n + 1) as f64);
            assert!((value - wanted).abs() < 1e-13, "{k}: {value} {wanted}");
        }
        assert_eq!(symmetric_eigenvalues(&[3.0], 1).unwrap(), [3.0]);
        assert_eq!(symmetric_eigenvalues(&[2.0, 0.0, 0.0, 5.0], 2).unwrap(), [5.0, 2.0]);
        assert!(symmetric_eigenvalues(&[0.0; 9], 3).unwrap().iter().all(|value| *value == 0.0));
        assert!(
            symmetric_eigenvalues(&[f64::NAN], 1).is_none() && symmetric_eigenvalues(&[1.0], 2).is_none()
        );
    }

    #[test]
    fn the_leading_direction_is_an_eigenvector() {
        let n = 24;
        let (x, _) = definite(n, 8, [0.8, 0.0]);
        let v = leading_direction(&x, n);
        let image: Vec<f64> = (0..n).map(|i| dot(&x[i * n..(i + 1) * n], &v)).collect();
        let value = dot(&image, &v);
        assert!((value - symmetric_eigenvalues(&x, n).unwrap()[0]).abs() < 1e-6, "{value}");
        assert!((0..n).all(|i| (image[i] - value * v[i]).abs() < 1e-3));
    }

    proptest! {
        #[test]
        fn eigenvalues_have_the_traces_of_the_matrix(a in proptest::collection::vec(-3.0..3.0_f64, 49)) {
            let mut a = a;
            mirror(&mut a, 7);
            let values = symmetric_eigenvalues(&a, 7).unwrap();
            prop_assert!(values.windows(2).all(|w| w[0] >= w[1]));
            let trace = sum_by(7, |i| a[i * 8]);
            let square = sum_by(49, |k| a[k] * a[k]);
            prop_assert!((sum_by(7, |i| values[i]) - trace).abs() < 1e-12);
            prop_assert!((sum_by(7, |i| values[i] * values[i]) - square).abs() < 1e-11);
        }
    }
}
