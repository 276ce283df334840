//! Which way a Hopf bifurcation turns.

use crate::eigen::{Eigenvalue, eigenvector};
use numerics::dense::solve;

/// The first Lyapunov coefficient of a Hopf bifurcation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LyapunovCoefficient {
    /// Its value, for the eigenvector of Euclidean length 1.
    pub value: f64,
    /// Difference to the value at twice the step of the finite differences.
    pub error: f64,
}

impl LyapunovCoefficient {
    /// True for a supercritical bifurcation (a stable cycle is born), false for a subcritical one; none where the sign is
    /// within the error.
    pub fn is_supercritical(&self) -> Option<bool> {
        (libm::fabs(self.value) > 2.0 * self.error).then_some(self.value < 0.0)
    }
}

type Complex = (Vec<f64>, Vec<f64>);

/// The first Lyapunov coefficient at the equilibrium `x` with eigenvalues `± i ω`:
/// `l₁ = Re(<p, C(q,q,q̄)> - 2 <p, B(q, A⁻¹B(q,q̄))> + <p, B(q̄, (2iω - A)⁻¹B(q,q))>) / 2ω`,
/// with `A q = i ω q`, `Aᵀp = -i ω p`, `<p, q> = <q, q> = 1`, and `B`, `C` by central differences of the Jacobian.
///
/// Source: Kuznetsov, Elements of Applied Bifurcation Theory (3rd ed. 2004), equation 5.62 in section 5.4.
pub(crate) fn first_lyapunov(
    jacobian: &mut dyn FnMut(&[f64], &mut [f64]),
    x: &[f64],
    omega: f64,
) -> Option<LyapunovCoefficient> {
    let mut size = 1.0;
    for value in x {
        if 1.0 + libm::fabs(*value) > size {
            size = 1.0 + libm::fabs(*value);
        }
    }
    let fine = coefficient(jacobian, x, omega, size)?;
    let coarse = coefficient(jacobian, x, omega, 2.0 * size)?;
    let error = libm::fabs(fine - coarse);
    (fine.is_finite() && error.is_finite()).then_some(LyapunovCoefficient { value: fine, error })
}

fn coefficient(
    jacobian: &mut dyn FnMut(&[f64], &mut [f64]),
    x: &[f64],
    omega: f64,
    size: f64,
) -> Option<f64> {
    let n = x.len();
    let mut a = vec![0.0; n * n];
    jacobian(x, &mut a);
    let mut transposed = a.clone();
    for i in 0..n {
        for j in 0..n {
            transposed[i * n + j] = a[j * n + i];
        }
    }
    let (u, v) = eigenvector(&a, n, Eigenvalue { real: 0.0, imaginary: omega })?;
    let (mut pu, mut pv) = eigenvector(&transposed, n, Eigenvalue { real: 0.0, imaginary: -omega })?;
    // <p, q> = Σ p̄ q = 1 after division of p by the conjugate of what it is.
    let (re, im) = inner(&pu, &pv, &u, &v);
    let square = re * re + im * im;
    if square <= 1e-24 {
        return None;
    }
    for i in 0..n {
        (pu[i], pv[i]) = ((pu[i] * re - pv[i] * im) / square, (pv[i] * re + pu[i] * im) / square);
    }
    let mut first = |direction: &[f64]| {
        let h = 1e-5 * size;
        let (mut above, mut below) = (vec![0.0; n * n], vec![0.0; n * n]);
        jacobian(&shifted(x, direction, h), &mut above);
        jacobian(&shifted(x, direction, -h), &mut below);
        (0..n * n).map(|i| (above[i] - below[i]) / (2.0 * h)).collect::<Vec<f64>>()
    };
    let (da, db) = (first(&u), first(&v));
    let mut second = |direction: &[f64]| {
        let h = 2e-4 * size;
        let (mut above, mut below) = (vec![0.0; n * n], vec![0.0; n * n]);
        jacobian(&shifted(x, direction, h), &mut above);
        jacobian(&shifted(x, direction, -h), &mut below);
        (0..n * n).map(|i| (above[i] - 2.0 * a[i] + below[i]) / (h * h)).collect::<Vec<f64>>()
    };
    let plus: Vec<f64> = (0..n).map(|i| u[i] + v[i]).collect();
    let minus: Vec<f64> = (0..n).map(|i| u[i] - v[i]).collect();
    let (uu, vv, pp, mm) = (second(&u), second(&v), second(&plus), second(&minus));
    // C(q,q,·) = C(u,u,·) - C(v,v,·) + 2i C(u,v,·), the last by polarisation.
    let real: Vec<f64> = (0..n * n).map(|i| uu[i] - vv[i]).collect();
    let imaginary: Vec<f64> = (0..n * n).map(|i| 0.5 * (pp[i] - mm[i])).collect();
    let times = |matrix: &[f64], vector: &[f64]| {
        let mut product = vec![0.0; n];
        numerics::dense::multiply(matrix, vector, &mut product, n, n, 1);
        product
    };
    let add = |first: Vec<f64>, second: Vec<f64>, sign: f64| {
        (0..n).map(|i| first[i] + sign * second[i]).collect::<Vec<f64>>()
    };
    let cubic: Complex = (
        add(times(&real, &u), times(&imaginary, &v), 1.0),
        add(times(&imaginary, &u), times(&real, &v), -1.0),
    );
    // B(q,q̄) = B(u,u) + B(v,v), B(q,q) = B(u,u) - B(v,v) + 2i B(u,v)
    let mut r = add(times(&da, &u), times(&db, &v), 1.0);
    if !solve(&mut a.clone(), &mut r, n) {
        return None;
    }
    let constant: Complex = (times(&da, &r), times(&db, &r));
    let square_real = add(times(&da, &u), times(&db, &v), -1.0);
    let square_imaginary = add(times(&da, &v), times(&db, &u), 1.0);
    let (mut matrix, mut s) = (vec![0.0; 4 * n * n], [square_real, square_imaginary].concat());
    for i in 0..n {
        for j in 0..n {
            matrix[i * 2 * n + j] = -a[i * n + j];
            matrix[(n + i) * 2 * n + n + j] = -a[i * n + j];
        }
        matrix[i * 2 * n + n + i] = -2.0 * omega;
        matrix[(n + i) * 2 * n + i] = 2.0 * omega;
    }
    if !solve(&mut matrix, &mut s, 2 * n) {
        return None;
    }
    let (c, d) = s.split_at(n);
    let second_harmonic: Complex =
        (add(times(&da, c), times(&db, d), 1.0), add(times(&da, d), times(&db, c), -1.0));
    let project = |vector: &Complex| inner(&pu, &pv, &vector.0, &vector.1).0;
    Some((project(&cubic) - 2.0 * project(&constant) + project(&second_harmonic)) / (2.0 * omega))
}

fn shifted(x: &[f64], direction: &[f64], h: f64) -> Vec<f64> {
    x.iter().zip(direction).map(|(x, d)| x + h * d).collect()
}

/// `Σ conj(p) q` of complex vectors.
fn inner(pu: &[f64], pv: &[f64], u: &[f64], v: &[f64]) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for i in 0..u.len() {
        re += pu[i] * u[i] + pv[i] * v[i];
        im += pu[i] * v[i] - pv[i] * u[i];
    }
    (re, im)
}
