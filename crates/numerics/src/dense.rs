//! Small dense matrices, row-major in a slice, summed in plain order.

use alloc::vec;
use alloc::vec::Vec;

/// `c = a b` for `a` of shape `n × m` and `b` of shape `m × k`.
pub fn multiply(a: &[f64], b: &[f64], c: &mut [f64], n: usize, m: usize, k: usize) {
    for i in 0..n {
        for j in 0..k {
            let mut total = 0.0;
            for l in 0..m {
                total += a[i * m + l] * b[l * k + j];
            }
            c[i * k + j] = total;
        }
    }
}

/// Adds a combination of rows, `out[j] += Σ_k coefficients[k] rows[k stride + j]`, eight rows at a time in their order:
/// the inner loop of products of large matrices, of triangular solves and of covariances. As many rows are taken as
/// there are whole ones.
pub fn combine(out: &mut [f64], coefficients: &[f64], rows: &[f64], stride: usize) {
    let width = out.len();
    let whole = if rows.len() < width || stride == 0 { 0 } else { (rows.len() - width) / stride + 1 };
    let count = if coefficients.len() < whole { coefficients.len() } else { whole };
    let row = |k: usize| &rows[k * stride..k * stride + width];
    let mut k = 0;
    while k + 8 <= count {
        let c = &coefficients[k..k + 8];
        let (r0, r1, r2, r3) = (row(k), row(k + 1), row(k + 2), row(k + 3));
        let (r4, r5, r6, r7) = (row(k + 4), row(k + 5), row(k + 6), row(k + 7));
        for j in 0..width {
            let first = (c[0] * r0[j] + c[1] * r1[j]) + (c[2] * r2[j] + c[3] * r3[j]);
            let second = (c[4] * r4[j] + c[5] * r5[j]) + (c[6] * r6[j] + c[7] * r7[j]);
            out[j] += first + second;
        }
        k += 8;
    }
    for k in k..count {
        let (c, r) = (coefficients[k], row(k));
        for j in 0..width {
            out[j] += c * r[j];
        }
    }
}

/// Orthonormalises the `k` columns of `q` (`n × k`) in place by modified Gram-Schmidt with one
/// reorthogonalisation, and writes the length of each before normalising (the diagonal of R) to `lengths`.
///
/// A column without a component of its own becomes zero and has length zero.
pub fn orthonormalise(q: &mut [f64], n: usize, k: usize, lengths: &mut [f64]) {
    for column in 0..k {
        for _ in 0..2 {
            for earlier in 0..column {
                let mut projection = 0.0;
                for row in 0..n {
                    projection += q[row * k + earlier] * q[row * k + column];
                }
                for row in 0..n {
                    q[row * k + column] -= projection * q[row * k + earlier];
                }
            }
        }
        let mut square = 0.0;
        for row in 0..n {
            square += q[row * k + column] * q[row * k + column];
        }
        let length = libm::sqrt(square);
        lengths[column] = length;
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        for row in 0..n {
            q[row * k + column] *= scale;
        }
    }
}

/// Largest singular value of `a` (`n × m`), by power iteration on `aᵀa` from a fixed start.
///
/// Stops when an iteration changes it by less than a part in 10^12, at the latest after `500` of them.
pub fn spectral_norm(a: &[f64], n: usize, m: usize) -> f64 {
    let mut v: Vec<f64> = (0..m).map(|i| 1.0 + 0.01 * i as f64).collect();
    let mut w = vec![0.0; n];
    let mut norm = 0.0;
    for _ in 0..500 {
        let mut square = 0.0;
        for value in &v {
            square += value * value;
        }
        let length = libm::sqrt(square);
        if length.is_nan() || length <= 0.0 {
            return 0.0;
        }
        for value in &mut v {
            *value /= length;
        }
        let mut image = 0.0;
        for i in 0..n {
            let mut total = 0.0;
            for j in 0..m {
                total += a[i * m + j] * v[j];
            }
            w[i] = total;
            image += total * total;
        }
        let next = libm::sqrt(image);
        for j in 0..m {
            let mut total = 0.0;
            for i in 0..n {
                total += a[i * m + j] * w[i];
            }
            v[j] = total;
        }
        let settled = libm::fabs(next - norm) <= 1e-12 * next;
        norm = next;
        if settled {
            break;
        }
    }
    norm
}

/// Factors `a` (`n × n`) in place into triangles, `P a = L U`, by elimination with row exchanges.
///
/// `L` has ones on its diagonal, which are not stored; `exchanges[k]` is the row that took the place of row `k`.
/// Returns false, with `a` undefined, when a pivot vanishes or is not finite.
pub fn factor(a: &mut [f64], exchanges: &mut [usize], n: usize) -> bool {
    for column in 0..n {
        let mut pivot = column;
        for row in column + 1..n {
            if libm::fabs(a[row * n + column]) > libm::fabs(a[pivot * n + column]) {
                pivot = row;
            }
        }
        let value = a[pivot * n + column];
        if value == 0.0 || !value.is_finite() {
            return false;
        }
        exchanges[column] = pivot;
        if pivot != column {
            for k in 0..n {
                a.swap(pivot * n + k, column * n + k);
            }
        }
        let (done, below) = a.split_at_mut((column + 1) * n);
        let upper = &done[column * n..];
        for row in below.chunks_exact_mut(n) {
            let factor = row[column] / upper[column];
            row[column] = factor;
            if factor != 0.0 {
                for k in column + 1..n {
                    row[k] -= factor * upper[k];
                }
            }
        }
    }
    true
}

/// Solves `a x = b` with the factors that [`factor`] left in `lu`; `b` becomes `x`.
pub fn substitute(lu: &[f64], exchanges: &[usize], b: &mut [f64], n: usize) {
    for (row, &other) in exchanges.iter().enumerate().take(n) {
        b.swap(row, other);
    }
    for row in 0..n {
        let mut total = b[row];
        for k in 0..row {
            let factor = lu[row * n + k];
            if factor != 0.0 {
                total -= factor * b[k];
            }
        }
        b[row] = total;
    }
    for row in (0..n).rev() {
        let mut total = b[row];
        for k in row + 1..n {
            total -= lu[row * n + k] * b[k];
        }
        b[row] = total / lu[row * n + row];
    }
}

/// Solves `a x = b` (`n × n`) by elimination with row exchanges; `a` is overwritten, `b` becomes `x`.
///
/// Returns false, with `b` undefined, when a pivot vanishes.
pub fn solve(a: &mut [f64], b: &mut [f64], n: usize) -> bool {
    let mut exchanges = vec![0; n];
    let regular = factor(a, &mut exchanges, n);
    if regular {
        substitute(a, &exchanges, b, n);
    }
    regular
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spectral_norm_of_a_diagonal_is_its_largest_entry() {
        let norm = spectral_norm(&[0.5, 0.0, 0.0, 0.0, -3.0, 0.0, 0.0, 0.0, 2.0], 3, 3);
        assert!((norm - 3.0).abs() < 1e-9);
        assert_eq!(spectral_norm(&[0.0; 9], 3, 3), 0.0);
    }

    #[test]
    fn combinations_of_rows_are_those_of_the_plain_product() {
        for (rows, width) in [(1, 1), (7, 3), (8, 5), (21, 9)] {
            let a: Vec<f64> = (0..rows).map(|k| libm::sin(k as f64 + 1.0)).collect();
            let b: Vec<f64> = (0..rows * width).map(|k| libm::cos(1.7 * k as f64)).collect();
            let (mut out, mut plain) = (vec![0.5; width], vec![0.0; width]);
            combine(&mut out, &a, &b, width);
            multiply(&a, &b, &mut plain, 1, rows, width);
            assert!(out.iter().zip(&plain).all(|(x, y)| (x - y - 0.5).abs() < 1e-14), "{rows} {width}");
        }
        // Rows that are not there are left out, and no width leaves nothing to do.
        let mut out = [0.0; 2];
        combine(&mut out, &[1.0, 10.0, 100.0], &[1.0, 2.0, 3.0, 4.0, 5.0], 2);
        assert_eq!(out, [31.0, 42.0]);
        combine(&mut [], &[1.0], &[1.0], 1);
    }

    #[test]
    fn one_factoring_serves_many_right_hand_sides() {
        let a = [0.0, 2.0, 1.0, 1.0, 1.0, 0.0, 4.0, 0.0, -3.0];
        let (mut lu, mut exchanges) = (a, [0; 3]);
        assert!(factor(&mut lu, &mut exchanges, 3));
        for b in [[1.0, 0.0, 0.0], [2.0, -1.0, 5.0]] {
            let (mut x, mut back) = (b, [0.0; 3]);
            substitute(&lu, &exchanges, &mut x, 3);
            multiply(&a, &x, &mut back, 3, 3, 1);
            assert!(back.iter().zip(b).all(|(found, wanted)| (found - wanted).abs() < 1e-14), "{back:?}");
        }
    }

    #[test]
    fn a_singular_system_is_refused() {
        assert!(!solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0], 2));
    }

    proptest! {
        #[test]
        fn orthonormal_columns_and_lengths_rebuild_the_matrix(a in proptest::collection::vec(-2.0..2.0_f64, 16)) {
            let mut q = a.clone();
            let mut lengths = [0.0; 4];
            orthonormalise(&mut q, 4, 4, &mut lengths);
            for i in 0..4 {
                for j in 0..4 {
                    let mut inner = 0.0;
                    for row in 0..4 { inner += q[row * 4 + i] * q[row * 4 + j]; }
                    let want = if i == j { 1.0 } else { 0.0 };
                    prop_assert!((inner - want).abs() < 1e-10 || lengths[i] < 1e-6 || lengths[j] < 1e-6);
                }
            }
        }

        #[test]
        fn solutions_satisfy_their_system(a in proptest::collection::vec(-2.0..2.0_f64, 9), b in proptest::collection::vec(-2.0..2.0_f64, 3)) {
            let (mut m, mut x) = (a.clone(), b.clone());
            if solve(&mut m, &mut x, 3) {
                let mut back = [0.0; 3];
                multiply(&a, &x, &mut back, 3, 3, 1);
                let size = x.iter().fold(1.0_f64, |s, v| if v.abs() > s { v.abs() } else { s });
                for i in 0..3 { prop_assert!((back[i] - b[i]).abs() < 1e-9 * size); }
            }
        }
    }
}
