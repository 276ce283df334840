//! Eigenvalues and eigenvectors of small real matrices, by the same operations everywhere.

use numerics::dense::{factor, substitute};

/// One eigenvalue of a real matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Eigenvalue {
    /// Real part.
    pub real: f64,
    /// Imaginary part; complex eigenvalues come in conjugate pairs.
    pub imaginary: f64,
}

impl Eigenvalue {
    /// Absolute value.
    pub fn modulus(&self) -> f64 {
        libm::hypot(self.real, self.imaginary)
    }
    /// Argument, in `(-π, π]`.
    pub fn angle(&self) -> f64 {
        libm::atan2(self.imaginary, self.real)
    }
    pub(crate) fn is_real(&self) -> bool {
        self.imaginary == 0.0
    }
}

/// The eigenvalues of `a` (`n × n`), the largest real part first, a pair with its positive imaginary part first; none
/// where the iteration does not settle, an entry is not finite, or there are not `n²` of them.
///
/// Balancing by powers of two, reduction to Hessenberg form by elimination, and the double-shift QR iteration of Francis
/// (1961), as in EISPACK's `balanc`, `elmhes` and `hqr`. The error of each is of the order of the machine's precision
/// times the norm of the balanced matrix, times the eigenvalue's own condition.
pub fn eigenvalues(a: &[f64], n: usize) -> Option<Vec<Eigenvalue>> {
    if a.len() != n * n {
        return None;
    }
    if a.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut h = a.to_vec();
    balance(&mut h, n);
    reduce(&mut h, n);
    let mut found = francis(&mut h, n)?;
    found.sort_by(|x, y| y.real.total_cmp(&x.real).then(y.imaginary.total_cmp(&x.imaginary)));
    Some(found)
}

/// Scales rows and columns by powers of two until their norms are alike, which changes no eigenvalue.
fn balance(a: &mut [f64], n: usize) {
    for _ in 0..100 {
        let mut settled = true;
        for i in 0..n {
            let (mut row, mut column) = (0.0, 0.0);
            for j in (0..n).filter(|&j| j != i) {
                row += libm::fabs(a[i * n + j]);
                column += libm::fabs(a[j * n + i]);
            }
            if row == 0.0 || column == 0.0 {
                continue;
            }
            let before = row + column;
            let mut scale = 1.0;
            while column < 0.5 * row && scale < 1e150 {
                scale *= 2.0;
                column *= 4.0;
            }
            while column > 2.0 * row && scale > 1e-150 {
                scale *= 0.5;
                column *= 0.25;
            }
            if (column + row) / scale < 0.95 * before {
                settled = false;
                for j in 0..n {
                    a[i * n + j] /= scale;
                }
                for j in 0..n {
                    a[j * n + i] *= scale;
                }
            }
        }
        if settled {
            break;
        }
    }
}

/// Reduces to Hessenberg form by elimination with exchanges.
fn reduce(a: &mut [f64], n: usize) {
    for m in 1..n.saturating_sub(1) {
        let mut pivot = m;
        for row in m + 1..n {
            if libm::fabs(a[row * n + m - 1]) > libm::fabs(a[pivot * n + m - 1]) {
                pivot = row;
            }
        }
        let value = a[pivot * n + m - 1];
        if value == 0.0 {
            continue;
        }
        if pivot != m {
            for j in 0..n {
                a.swap(pivot * n + j, m * n + j);
            }
            for i in 0..n {
                a.swap(i * n + pivot, i * n + m);
            }
        }
        for row in m + 1..n {
            let factor = a[row * n + m - 1] / value;
            a[row * n + m - 1] = 0.0;
            if factor == 0.0 {
                continue;
            }
            for j in m..n {
                a[row * n + j] -= factor * a[m * n + j];
            }
            for i in 0..n {
                a[i * n + m] += factor * a[i * n + row];
            }
        }
    }
}

/// Iterations for one eigenvalue before the search is given up.
const PATIENCE: u32 = 90;

fn francis(a: &mut [f64], n: usize) -> Option<Vec<Eigenvalue>> {
    let mut norm = 0.0;
    for i in 0..n {
        for j in i.saturating_sub(1)..n {
            norm += libm::fabs(a[i * n + j]);
        }
    }
    let mut found = Vec::with_capacity(n);
    let mut shifted = 0.0;
    let mut size = n; // rows not yet deflated
    let mut tries = 0;
    while size > 0 {
        let end = size - 1;
        let mut low = end;
        while low > 0 {
            let mut near = libm::fabs(a[(low - 1) * n + low - 1]) + libm::fabs(a[low * n + low]);
            if near == 0.0 {
                near = norm;
            }
            if libm::fabs(a[low * n + low - 1]) <= f64::EPSILON * near {
                a[low * n + low - 1] = 0.0;
                break;
            }
            low -= 1;
        }
        let x = a[end * n + end];
        if low == end {
            found.push(Eigenvalue { real: x + shifted, imaginary: 0.0 });
            size -= 1;
            tries = 0;
            continue;
        }
        let y = a[(end - 1) * n + end - 1];
        let w = a[end * n + end - 1] * a[(end - 1) * n + end];
        if low + 1 == end {
            let p = 0.5 * (y - x);
            let square = p * p + w;
            let root = libm::sqrt(libm::fabs(square));
            let middle = x + shifted;
            if square >= 0.0 {
                let z = p + libm::copysign(root, p);
                let first = middle + z;
                let second = if z == 0.0 { first } else { middle - w / z };
                found.push(Eigenvalue { real: first, imaginary: 0.0 });
                found.push(Eigenvalue { real: second, imaginary: 0.0 });
            } else {
                found.push(Eigenvalue { real: middle + p, imaginary: root });
                found.push(Eigenvalue { real: middle + p, imaginary: -root });
            }
            size -= 2;
            tries = 0;
            continue;
        }
        if tries == PATIENCE {
            return None;
        }
        let (mut sx, mut sy, mut sw) = (x, y, w);
        if tries > 0 && tries % 10 == 0 {
            // An exceptional shift breaks a cycle of the iteration.
            shifted += x;
            for i in 0..size {
                a[i * n + i] -= x;
            }
            let s = libm::fabs(a[end * n + end - 1]) + libm::fabs(a[(end - 1) * n + end - 2]);
            (sx, sy, sw) = (0.75 * s, 0.75 * s, -0.4375 * s * s);
        }
        tries += 1;
        chase(a, n, low, end, sx, sy, sw);
    }
    Some(found)
}

/// One double step with shifts given by their sum `x + y` and by `w`, on rows `low..=end`.
fn chase(a: &mut [f64], n: usize, low: usize, end: usize, x: f64, y: f64, w: f64) {
    let at = |i: usize, j: usize| i * n + j;
    let (mut p, mut q, mut r);
    let mut m = end - 2;
    loop {
        let z = a[at(m, m)];
        let (dx, dy) = (x - z, y - z);
        p = (dx * dy - w) / a[at(m + 1, m)] + a[at(m, m + 1)];
        q = a[at(m + 1, m + 1)] - z - dx - dy;
        r = a[at(m + 2, m + 1)];
        let s = libm::fabs(p) + libm::fabs(q) + libm::fabs(r);
        if s > 0.0 {
            p /= s;
            q /= s;
            r /= s;
        }
        if m == low {
            break;
        }
        let u = libm::fabs(a[at(m, m - 1)]) * (libm::fabs(q) + libm::fabs(r));
        let around = libm::fabs(a[at(m - 1, m - 1)]) + libm::fabs(z) + libm::fabs(a[at(m + 1, m + 1)]);
        if u <= f64::EPSILON * libm::fabs(p) * around {
            break;
        }
        m -= 1;
    }
    for i in m + 2..=end {
        a[at(i, i - 2)] = 0.0;
        if i > m + 2 {
            a[at(i, i - 3)] = 0.0;
        }
    }
    for k in m..end {
        let three = k + 1 != end;
        let mut size = 0.0;
        if k != m {
            p = a[at(k, k - 1)];
            q = a[at(k + 1, k - 1)];
            r = if three { a[at(k + 2, k - 1)] } else { 0.0 };
            size = libm::fabs(p) + libm::fabs(q) + libm::fabs(r);
            if size == 0.0 {
                continue;
            }
            p /= size;
            q /= size;
            r /= size;
        }
        let s = libm::copysign(libm::sqrt(p * p + q * q + r * r), p);
        if s == 0.0 {
            continue;
        }
        if k != m {
            a[at(k, k - 1)] = -s * size;
        } else if low != m {
            a[at(k, k - 1)] = -a[at(k, k - 1)];
        }
        p += s;
        let (ux, uy, uz) = (p / s, q / s, r / s);
        q /= p;
        r /= p;
        for j in k..=end {
            let mut total = a[at(k, j)] + q * a[at(k + 1, j)];
            if three {
                total += r * a[at(k + 2, j)];
                a[at(k + 2, j)] -= total * uz;
            }
            a[at(k + 1, j)] -= total * uy;
            a[at(k, j)] -= total * ux;
        }
        let last = if k + 3 < end { k + 3 } else { end };
        for i in low..=last {
            let mut total = ux * a[at(i, k)] + uy * a[at(i, k + 1)];
            if three {
                total += uz * a[at(i, k + 2)];
                a[at(i, k + 2)] -= total * r;
            }
            a[at(i, k + 1)] -= total * q;
            a[at(i, k)] -= total;
        }
    }
}

/// The unit eigenvector `u + iv` of `a` (`n × n`) to the eigenvalue, by inverse iteration in real arithmetic; none where
/// it does not settle.
pub(crate) fn eigenvector(a: &[f64], n: usize, value: Eigenvalue) -> Option<(Vec<f64>, Vec<f64>)> {
    let size = 2 * n;
    let norm = a.iter().fold(1e-300, |norm, v| norm + libm::fabs(*v));
    // A little off the eigenvalue the matrix can be inverted, and its inverse is large along the eigenvector.
    let real = value.real + 1e-11 * norm;
    let mut matrix = vec![0.0; size * size];
    for i in 0..n {
        for j in 0..n {
            matrix[i * size + j] = a[i * n + j];
            matrix[(n + i) * size + n + j] = a[i * n + j];
        }
        matrix[i * size + i] -= real;
        matrix[(n + i) * size + n + i] -= real;
        matrix[i * size + n + i] += value.imaginary;
        matrix[(n + i) * size + i] -= value.imaginary;
    }
    let mut exchanges = vec![0; size];
    if !factor(&mut matrix, &mut exchanges, size) {
        return None;
    }
    let mut vector: Vec<f64> =
        (0..size).map(|i| if i < n { 1.0 + 0.1 * i as f64 } else { 0.3 / i as f64 }).collect();
    for _ in 0..4 {
        substitute(&matrix, &exchanges, &mut vector, size);
        let length = libm::sqrt(numerics::dot(&vector, &vector));
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        for entry in &mut vector {
            *entry /= length;
        }
    }
    let imaginary = vector.split_off(n);
    Some((vector, imaginary))
}

/// The unit vector `v` with `a v ≈ 0` for a matrix (`n × n`) of rank `n - 1`, by bordering it with vectors that make it
/// regular; none where its rank is smaller.
pub(crate) fn null_vector(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let size = n + 1;
    let mut stream = numerics::Stream::new(0, "border");
    let mut row: Vec<f64> = (0..n).map(|_| stream.between(0.5, 1.0)).collect();
    let column: Vec<f64> = (0..n).map(|_| stream.between(-1.0, 1.0)).collect();
    let norm = a.iter().fold(0.0, |norm, v| if libm::fabs(*v) > norm { libm::fabs(*v) } else { norm });
    for _ in 0..3 {
        let mut matrix = vec![0.0; size * size];
        for i in 0..n {
            matrix[i * size..i * size + n].copy_from_slice(&a[i * n..(i + 1) * n]);
            matrix[i * size + n] = norm * column[i];
        }
        matrix[n * size..n * size + n].copy_from_slice(&row);
        let mut vector = vec![0.0; size];
        vector[n] = 1.0;
        if !numerics::dense::solve(&mut matrix, &mut vector, size) {
            return None;
        }
        vector.truncate(n);
        let length = libm::sqrt(numerics::dot(&vector, &vector));
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        row = vector.iter().map(|v| v / length).collect();
    }
    Some(row)
}

/// Sign and logarithm of the absolute value of the determinant whose triangles [`factor`] left.
pub(crate) fn determinant(lu: &[f64], exchanges: &[usize], n: usize) -> (f64, f64) {
    let (mut sign, mut log) = (1.0, 0.0);
    for row in 0..n {
        let value = lu[row * n + row];
        if (value < 0.0) != (exchanges[row] != row) {
            sign = -sign;
        }
        log += libm::log(libm::fabs(value));
    }
    (sign, log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_companion_matrix_has_the_roots_of_its_polynomial() {
        let mut a = [0.0; 25];
        let expand = |roots: &[(f64, f64)]| {
            let mut p = vec![(1.0, 0.0)];
            for &(re, im) in roots {
                let mut next = vec![(0.0, 0.0); p.len() + 1];
                for (k, &(a, b)) in p.iter().enumerate() {
                    next[k + 1].0 += a;
                    next[k + 1].1 += b;
                    next[k].0 -= a * re - b * im;
                    next[k].1 -= a * im + b * re;
                }
                p = next;
            }
            p
        };
        let p = expand(&[(1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (-1.0, 2.0), (-1.0, -2.0)]);
        for j in 0..5 {
            a[j * 5 + 4] = -p[j].0;
            if j > 0 {
                a[j * 5 + j - 1] = 1.0;
            }
        }
        let found = eigenvalues(&a, 5).unwrap();
        let wanted = [(3.0, 0.0), (2.0, 0.0), (1.0, 0.0), (-1.0, 2.0), (-1.0, -2.0)];
        for (value, wanted) in found.iter().zip(wanted) {
            assert!((value.real - wanted.0).abs() < 1e-11 && (value.imaginary - wanted.1).abs() < 1e-11);
        }
    }

    #[test]
    fn shifts_and_zeros_settle() {
        // A cyclic permutation defeats the plain shift; a zero matrix deflates at once.
        let mut a = [0.0; 16];
        for i in 0..4 {
            a[i * 4 + (i + 1) % 4] = 1.0;
        }
        let found = eigenvalues(&a, 4).unwrap();
        assert!(found.iter().all(|value| (value.modulus() - 1.0).abs() < 1e-14));
        assert!(eigenvalues(&[0.0; 9], 3).unwrap().iter().all(|value| *value == Eigenvalue::default()));
        assert!(eigenvalues(&[f64::NAN], 1).is_none());
    }

    proptest! {
        #[test]
        fn eigenvalues_have_the_trace_as_sum_and_eigenvectors(a in proptest::collection::vec(-3.0..3.0_f64, 36)) {
            let values = eigenvalues(&a, 6).unwrap();
            prop_assert_eq!(values.len(), 6);
            let trace: f64 = (0..6).map(|i| a[i * 7]).sum();
            let total: f64 = values.iter().map(|value| value.real).sum();
            prop_assert!((trace - total).abs() < 1e-10);
            let (u, v) = eigenvector(&a, 6, values[0]).unwrap();
            for i in 0..6 {
                let (mut x, mut y) = (0.0, 0.0);
                for j in 0..6 { x += a[i * 6 + j] * u[j]; y += a[i * 6 + j] * v[j]; }
                x -= values[0].real * u[i] - values[0].imaginary * v[i];
                y -= values[0].real * v[i] + values[0].imaginary * u[i];
                prop_assert!(x.abs() < 1e-6 && y.abs() < 1e-6, "{} {}", x, y);
            }
        }
    }
}
