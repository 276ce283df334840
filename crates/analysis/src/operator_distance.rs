//! The distance of two linear operators up to a rotation.

use core::f64::consts::PI;

use crate::error::{Error, check_finite, check_option, check_size};
use crate::network::diagonalise;
use crate::singular::singular;
use numerics::dense::{multiply, orthonormalise};
use numerics::{Stream, dot, sum_by};

/// Options of [`OperatorDistanceRun`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatorDistanceOptions {
    /// Rotations that the search starts from.
    pub starts: usize,
    /// Most sweeps over all planes from each.
    pub sweeps: usize,
    /// Seed of the random starts.
    pub seed: u64,
}

impl Default for OperatorDistanceOptions {
    /// 16 starts of at most 200 sweeps, seed 0.
    fn default() -> Self {
        Self { starts: 16, sweeps: 200, seed: 0 }
    }
}

/// A distance of two operators.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorDistance {
    /// Least angle `arccos(<A, Q B Qᵀ> / (|A| |B|))`, in radians from 0 to `π`.
    pub angle: f64,
    /// No rotation makes the angle smaller than this: the inner product of the symmetric parts is at most that of their
    /// ordered eigenvalues, that of the antisymmetric ones at most that of their ordered singular values (von Neumann).
    pub bound: f64,
    /// `|A - Q B Qᵀ|` of the same `Q`, in Frobenius norm, which is least, too.
    pub distance: f64,
    /// The orthogonal matrix `Q`, row-major.
    pub rotation: Vec<f64>,
    /// Starts finished.
    pub starts: usize,
    /// Starts that ended within 1e-6 of the least angle.
    pub agreeing: usize,
    /// Whether the search from the best start came to rest, and either a second one agrees or the bound is met within
    /// 1e-6.
    pub converged: bool,
}

/// A place of rest: the inner product of unit operators, the slope there, and the rotation.
#[derive(Clone, Debug)]
struct Rest {
    angle: f64,
    slope: f64,
    rotation: Vec<f64>,
}

const GRID: usize = 16;
/// Slope at which a search is at rest, in units of both norms.
const AT_REST: f64 = 1e-9;
const NEAR_REST: f64 = 1e-6;

/// Dynamical similarity: the angle between two operators `A` and `B` (`n × n`) when `B` is seen in the orthogonal
/// coordinates that make it most like `A`.
///
/// The search turns one plane after another by the angle that is best in it, and reverses an axis where that is better,
/// so that reflections are included; the inner product only rises. It starts from the rotation that aligns the
/// eigenvectors of the symmetric parts, from that with random signs, from the identity and from random rotations. There
/// may be several places of rest: the true minimum lies between [`OperatorDistance::bound`] and the angle found. Work
/// counts planes, each of about `20 n` operations.
///
/// Source: Ostrow, Eisen, Kozachkov and Fiete, Beyond geometry: comparing the temporal structure of computation in
/// neural circuits with dynamical similarity analysis (2023); the search is Jacobi's (1846) for a pair of matrices.
#[derive(Clone, Debug)]
pub struct OperatorDistanceRun {
    options: OperatorDistanceOptions,
    n: usize,
    /// Operators of unit norm, and their norms.
    a: Vec<f64>,
    b: Vec<f64>,
    norms: [f64; 2],
    bound: f64,
    /// The rotation that aligns the symmetric parts: eigenvectors of both, as rows.
    aligned: [Vec<f64>; 2],
    /// The search under way: `Q B Qᵀ` and `Q`.
    turned: Vec<f64>,
    rotation: Vec<f64>,
    plane: (usize, usize),
    sweep: usize,
    slope: f64,
    rests: Vec<f64>,
    best: Option<Rest>,
}

impl OperatorDistanceRun {
    /// A search for operators of `n × n`.
    ///
    /// # Errors
    /// [`Error::Dimension`] when a matrix has not `n²` entries, [`Error::NotFinite`], [`Error::Option`] also for an
    /// operator that is zero, [`Error::TooLarge`] beyond 64 modes.
    pub fn new(
        first: &[f64],
        second: &[f64],
        n: usize,
        options: OperatorDistanceOptions,
    ) -> Result<Self, Error> {
        let OperatorDistanceOptions { starts, sweeps, .. } = options;
        check_option(n > 0, "number of modes", 0.0, "at least 1")?;
        check_size("modes", n, 64, "keep fewer modes")?;
        check_option((1..=256).contains(&starts), "number of starts", starts as f64, "between 1 and 256")?;
        check_option((1..=2000).contains(&sweeps), "number of sweeps", sweeps as f64, "between 1 and 2000")?;
        let mut norms = [0.0; 2];
        for (matrix, norm) in [first, second].into_iter().zip(&mut norms) {
            if matrix.len() != n * n {
                return Err(Error::Dimension { given: matrix.len(), wanted: n * n });
            }
            check_finite(matrix)?;
            *norm = libm::sqrt(dot(matrix, matrix));
            let wanted = "between 1e-100 and 1e100";
            check_option((1e-100..=1e100).contains(norm), "norm of an operator", *norm, wanted)?;
        }
        let a: Vec<f64> = first.iter().map(|value| value / norms[0]).collect();
        let b: Vec<f64> = second.iter().map(|value| value / norms[1]).collect();
        let ((first, x, s), (second, y, t)) = (parts(&a, n), parts(&b, n));
        let most = dot(&x, &y) + dot(&s, &t);
        let mut run = Self {
            options,
            n,
            a,
            turned: b.clone(),
            b,
            norms,
            bound: libm::acos(if most < 1.0 { most } else { 1.0 }),
            aligned: [first, second],
            rotation: Vec::new(),
            plane: (0, 0),
            sweep: 0,
            slope: 0.0,
            rests: Vec::new(),
            best: None,
        };
        run.start();
        Ok(run)
    }

    /// Sets out from the next start.
    fn start(&mut self) {
        let (n, index) = (self.n, self.rests.len());
        let mut stream = Stream::indexed(self.options.seed, "operator", index as u64);
        self.rotation = match index {
            1 => (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect(),
            _ if index % 2 == 1 => {
                let mut q: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
                orthonormalise(&mut q, n, n, &mut vec![0.0; n]);
                q
            }
            _ => {
                let sign = |stream: &mut Stream| if index > 0 && stream.bits() & 1 == 1 { -1.0 } else { 1.0 };
                let signs: Vec<f64> = (0..n).map(|_| sign(&mut stream)).collect();
                let [u, v] = &self.aligned;
                (0..n * n).map(|k| sum_by(n, |l| signs[l] * u[l * n + k / n] * v[l * n + k % n])).collect()
            }
        };
        let mut half = vec![0.0; n * n];
        multiply(&self.rotation, &self.b, &mut half, n, n, n);
        let transposed: Vec<f64> = (0..n * n).map(|k| self.rotation[k % n * n + k / n]).collect();
        multiply(&half, &transposed, &mut self.turned, n, n, n);
        (self.plane, self.sweep, self.slope) = ((0, 1), 0, 0.0);
    }

    /// Turns at most `work` further planes; true when every start has come to its end.
    ///
    /// # Errors
    /// None at present.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        for _ in 0..work {
            if self.rests.len() >= self.options.starts {
                break;
            }
            let (p, q) = self.plane;
            if q == p + 1 {
                self.reverse(p);
            }
            if q < self.n {
                self.turn(p, q);
            }
            self.plane = if q + 1 < self.n { (p, q + 1) } else { (p + 1, p + 2) };
            if self.plane.0 >= self.n {
                self.finish_sweep();
            }
        }
        Ok(self.rests.len() >= self.options.starts)
    }

    /// Reverses axis `p` where that brings the operators nearer.
    fn reverse(&mut self, p: usize) {
        let n = self.n;
        let (a, b) = (&self.a, &mut self.turned);
        let odd = (0..n)
            .filter(|&k| k != p)
            .fold(0.0, |total, k| total + (a[p * n + k] * b[p * n + k] + a[k * n + p] * b[k * n + p]));
        if odd < 0.0 {
            for k in (0..n).filter(|&k| k != p) {
                b[p * n + k] = -b[p * n + k];
                b[k * n + p] = -b[k * n + p];
            }
            for entry in &mut self.rotation[p * n..(p + 1) * n] {
                *entry = -*entry;
            }
        }
    }

    /// Turns the plane of axes `p` and `q` by its best angle. As a function of it the inner product is
    /// `α cos θ + β sin θ + γ cos 2θ + δ sin 2θ` and a constant.
    fn turn(&mut self, p: usize, q: usize) {
        let n = self.n;
        let (a, b) = (&self.a, &mut self.turned);
        let (mut alpha, mut beta) = (0.0, 0.0);
        for k in (0..n).filter(|&k| k != p && k != q) {
            let (pk, qk, kp, kq) = (p * n + k, q * n + k, k * n + p, k * n + q);
            alpha += a[pk] * b[pk] + a[qk] * b[qk] + a[kp] * b[kp] + a[kq] * b[kq];
            beta += a[qk] * b[pk] - a[pk] * b[qk] + a[kq] * b[kp] - a[kp] * b[kq];
        }
        let traceless =
            |m: &[f64]| (0.5 * (m[p * n + p] - m[q * n + q]), 0.5 * (m[p * n + q] + m[q * n + p]));
        let ((ua, va), (ub, vb)) = (traceless(a), traceless(b));
        let (gamma, delta) = (2.0 * (ua * ub + va * vb), 2.0 * (va * ub - ua * vb));
        let slope = beta + 2.0 * delta;
        self.slope += slope * slope;
        let value = |c: f64, s: f64| alpha * c + beta * s + gamma * (c * c - s * s) + 2.0 * delta * s * c;
        let (mut angle, mut best) = (0.0, value(1.0, 0.0));
        for k in 1..GRID {
            let theta = 2.0 * PI * k as f64 / GRID as f64;
            let here = value(libm::cos(theta), libm::sin(theta));
            if here > best {
                (angle, best) = (theta, here);
            }
        }
        for _ in 0..30 {
            let (c, s) = (libm::cos(angle), libm::sin(angle));
            let (c2, s2) = (c * c - s * s, 2.0 * s * c);
            let first = beta * c - alpha * s + 2.0 * (delta * c2 - gamma * s2);
            let second = -alpha * c - beta * s - 4.0 * (gamma * c2 + delta * s2);
            let limit = 0.5 * PI / GRID as f64;
            let step = if second < 0.0 { -first / second } else { libm::copysign(limit, first) };
            let step = if libm::fabs(step) > limit { libm::copysign(limit, step) } else { step };
            angle += step;
            if libm::fabs(step) < 1e-15 {
                break;
            }
        }
        let (c, s) = (libm::cos(angle), libm::sin(angle));
        // Rounding apart, the inner product never falls.
        if value(c, s) < value(1.0, 0.0) - 1e-15 {
            return;
        }
        for k in 0..n {
            let (x, y) = (b[p * n + k], b[q * n + k]);
            (b[p * n + k], b[q * n + k]) = (c * x - s * y, s * x + c * y);
        }
        for k in 0..n {
            let (x, y) = (b[k * n + p], b[k * n + q]);
            (b[k * n + p], b[k * n + q]) = (c * x - s * y, s * x + c * y);
        }
        let r = &mut self.rotation;
        for k in 0..n {
            let (x, y) = (r[p * n + k], r[q * n + k]);
            (r[p * n + k], r[q * n + k]) = (c * x - s * y, s * x + c * y);
        }
    }

    fn finish_sweep(&mut self) {
        self.sweep += 1;
        let slope = libm::sqrt(self.slope);
        if slope > AT_REST && self.sweep < self.options.sweeps {
            (self.plane, self.slope) = ((0, 1), 0.0);
            return;
        }
        let angle = self.angle();
        self.rests.push(angle);
        if self.best.as_ref().is_none_or(|best| angle < best.angle) {
            self.best = Some(Rest { angle, slope, rotation: self.rotation.clone() });
        }
        if self.rests.len() < self.options.starts {
            self.start();
        }
    }

    /// The angle of the search under way, from the sides of the rhombus of both unit operators: an arc cosine would lose
    /// half the digits of a small one, an arc sine those of one near `π`.
    fn angle(&self) -> f64 {
        let side = |sign: f64| {
            libm::sqrt(sum_by(self.a.len(), |k| {
                let apart = self.a[k] + sign * self.turned[k];
                apart * apart
            }))
        };
        2.0 * libm::atan2(side(-1.0), side(1.0))
    }

    /// Share of the starts finished.
    pub fn progress(&self) -> f64 {
        let part = if self.rests.len() < self.options.starts { self.sweep as f64 } else { 0.0 };
        (self.rests.len() as f64 + part / self.options.sweeps as f64) / self.options.starts as f64
    }

    /// The least distance found so far.
    pub fn distance(&self) -> OperatorDistance {
        let (angle, slope, rotation) = match &self.best {
            Some(best) => (best.angle, best.slope, best.rotation.clone()),
            None => (self.angle(), f64::INFINITY, self.rotation.clone()),
        };
        let agreeing = self.rests.iter().filter(|rest| **rest <= angle + 1e-6).count();
        let [x, y] = self.norms;
        let chord = 2.0 * libm::sin(0.5 * angle);
        OperatorDistance {
            angle,
            bound: if self.bound < angle { self.bound } else { angle },
            // The law of cosines, so written that equal operators lose no digits.
            distance: libm::sqrt((x - y) * (x - y) + x * y * chord * chord),
            rotation,
            starts: self.rests.len(),
            agreeing,
            converged: slope <= NEAR_REST && (agreeing > 1 || angle - self.bound <= 1e-6),
        }
    }
}

/// Eigenvectors (as rows) and eigenvalues of the symmetric part, the largest first, and the singular values of the
/// antisymmetric part.
fn parts(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let part =
        |sign: f64| -> Vec<f64> { (0..n * n).map(|k| 0.5 * (a[k] + sign * a[k % n * n + k / n])).collect() };
    let mut symmetric = part(1.0);
    let (vectors, _) = diagonalise(&mut symmetric, n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&x, &y| symmetric[y * n + y].total_cmp(&symmetric[x * n + x]));
    let values = order.iter().map(|&k| symmetric[k * n + k]).collect();
    let rows = order.iter().flat_map(|&k| vectors.iter().copied().skip(k).step_by(n)).collect();
    (rows, values, singular(&part(-1.0), n).values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::{OperatorOptions, delay_operator};
    use proptest::prelude::*;

    fn search(a: &[f64], b: &[f64], n: usize) -> OperatorDistance {
        let mut run = OperatorDistanceRun::new(a, b, n, OperatorDistanceOptions::default()).unwrap();
        while !run.advance(997).unwrap() {}
        assert_eq!(run.progress(), 1.0);
        run.distance()
    }

    fn random(n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, "matrix");
        (0..n * n).map(|_| stream.normal()).collect()
    }

    fn conjugate(a: &[f64], q: &[f64], n: usize) -> Vec<f64> {
        let transposed: Vec<f64> = (0..n * n).map(|k| q[k % n * n + k / n]).collect();
        let (mut half, mut out) = (vec![0.0; n * n], vec![0.0; n * n]);
        multiply(q, a, &mut half, n, n, n);
        multiply(&half, &transposed, &mut out, n, n, n);
        out
    }

    fn rotation(n: usize, seed: u64) -> Vec<f64> {
        let mut q = random(n, seed);
        orthonormalise(&mut q, n, n, &mut vec![0.0; n]);
        q
    }

    #[test]
    fn an_operator_in_other_orthogonal_coordinates_is_the_same() {
        for seed in 0..10 {
            let n = 4 + seed as usize;
            let a = random(n, seed);
            let found = search(&a, &conjugate(&a, &rotation(n, 100 + seed), n), n);
            assert!(found.angle < 1e-7 && found.distance < 1e-6 && found.converged, "{n} {}", found.angle);
            assert!(found.bound <= found.angle);
        }
    }

    #[test]
    fn two_plane_rotations_are_apart_by_the_difference_of_their_angles() {
        let turn = |angle: f64, r: f64| {
            [r * libm::cos(angle), -r * libm::sin(angle), r * libm::sin(angle), r * libm::cos(angle)]
        };
        // The reflection makes the second turn the other way.
        let found = search(&turn(0.4, 0.9), &turn(-1.3, 0.5), 2);
        assert!((found.angle - 0.9).abs() < 1e-12 && (found.bound - 0.9).abs() < 1e-12, "{found:?}");
        // Each has √2 times its radius for norm.
        let side = libm::sqrt(2.0 * (0.81 + 0.25 - 0.9 * libm::cos(0.9)));
        assert!((found.distance - side).abs() < 1e-12 && found.converged, "{side} {found:?}");
    }

    #[test]
    fn symmetric_operators_are_apart_by_their_ordered_eigenvalues() {
        let n = 5;
        let diagonal = |values: [f64; 5]| -> Vec<f64> {
            (0..25).map(|k| if k / n == k % n { values[k / n] } else { 0.0 }).collect()
        };
        let (x, y) = ([0.9, 0.7, 0.2, -0.1, -0.5], [0.3, 0.8, -0.6, 0.1, 0.5]);
        let mut ordered = y;
        ordered.sort_by(|a, b| f64::total_cmp(b, a));
        let truth = libm::acos(dot(&x, &ordered) / libm::sqrt(dot(&x, &x) * dot(&y, &y)));
        let found = search(&diagonal(x), &conjugate(&diagonal(y), &rotation(n, 3), n), n);
        assert!(
            (found.angle - truth).abs() < 1e-9 && (found.bound - truth).abs() < 1e-9,
            "{found:?} {truth}"
        );
    }

    #[test]
    fn the_rotation_found_makes_the_angle_stated() {
        let n = 6;
        let (a, b) = (random(n, 1), random(n, 2));
        let found = search(&a, &b, n);
        let turned = conjugate(&b, &found.rotation, n);
        let cosine = dot(&a, &turned) / libm::sqrt(dot(&a, &a) * dot(&b, &b));
        assert!((libm::cos(found.angle) - cosine).abs() < 1e-12);
        let back = search(&b, &a, n);
        assert!((found.angle - back.angle).abs() < 1e-6 && found.bound < found.angle, "{found:?} {back:?}");
        assert!(found.angle > 0.3, "{found:?}");
    }

    /// `x_{t+1} = A x_t + noise`, `n` variables, seen as `P x`.
    fn record(a: &[f64], p: &[f64], n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, "linear");
        let (mut x, mut next, mut seen, mut out) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], Vec::new());
        for t in 0..10_200 {
            multiply(a, &x, &mut next, n, n, 1);
            for value in &mut next {
                *value += stream.normal();
            }
            core::mem::swap(&mut x, &mut next);
            multiply(p, &x, &mut seen, n, n, 1);
            if t >= 200 {
                out.extend_from_slice(&seen);
            }
        }
        out
    }

    #[test]
    fn conjugate_systems_are_alike_and_different_ones_are_not() {
        let n = 3;
        let a = [0.8, -0.5, 0.0, 0.5, 0.8, 0.0, 0.2, 0.0, 0.6];
        let slow = [0.95, -0.1, 0.0, 0.1, 0.95, 0.0, 0.2, 0.0, -0.6];
        let same = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let skew = [2.0, 0.3, -1.0, 0.0, 0.1, 0.4, 0.5, 0.0, 1.0];
        let options = OperatorOptions { states: 2, modes: 6, ridge: 0.0, ..Default::default() };
        let fit =
            |a: &[f64], p: &[f64], seed: u64| delay_operator(&record(a, p, n, seed), n, 0, &options).unwrap();
        let (first, skewed, again) = (fit(&a, &same, 1), fit(&a, &skew, 1), fit(&a, &skew, 2));
        // The same record in skew coordinates: the same operator to rounding. Another record: to its error.
        let exact = search(&first.matrix, &skewed.matrix, 6);
        assert!(exact.angle < 1e-6 && exact.converged, "{exact:?}");
        let near = search(&first.matrix, &again.matrix, 6);
        assert!(near.angle < 3.0 * first.error && first.error < 0.03, "{} {}", near.angle, first.error);
        let far = search(&first.matrix, &fit(&slow, &skew, 3).matrix, 6);
        assert!(far.bound > 10.0 * near.angle && far.angle > 0.3, "{far:?}");
    }

    #[test]
    fn results_can_be_read_on_the_way_and_do_not_depend_on_the_pieces() {
        let (a, b) = (random(5, 1), random(5, 2));
        let mut run = OperatorDistanceRun::new(&a, &b, 5, OperatorDistanceOptions::default()).unwrap();
        assert!(!run.distance().converged && run.distance().starts == 0);
        let mut last = run.distance().angle;
        while !run.advance(3).unwrap() {
            let now = run.distance();
            if now.starts > 0 {
                assert!(now.angle <= last + 1e-12);
                last = now.angle;
            }
        }
        assert_eq!(run.distance(), search(&a, &b, 5));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let options = OperatorDistanceOptions::default();
        let a = random(3, 1);
        assert!(matches!(OperatorDistanceRun::new(&a, &a[..8], 3, options), Err(Error::Dimension { .. })));
        assert!(matches!(OperatorDistanceRun::new(&a, &[0.0; 9], 3, options), Err(Error::Option { .. })));
        let wide = vec![1.0; 65 * 65];
        let large = OperatorDistanceRun::new(&wide, &wide, 65, options).unwrap_err().to_string();
        assert!(large.contains("keep fewer modes"), "{large}");
        // One mode has no plane to turn.
        let one = search(&[0.5], &[-0.25], 1);
        assert!((one.angle - PI).abs() < 1e-12 && (one.distance - 0.75).abs() < 1e-12, "{one:?}");
    }

    proptest! {
        #[test]
        fn in_two_dimensions_no_rotation_of_a_fine_grid_is_better(values in proptest::collection::vec(-2.0..2.0_f64, 8)) {
            let (a, b) = values.split_at(4);
            prop_assume!(dot(a, a) > 1e-3 && dot(b, b) > 1e-3);
            let found = search(a, b, 2);
            let mut best = f64::NEG_INFINITY;
            for k in 0..2000 {
                let (c, s) = (libm::cos(PI * f64::from(k) / 1000.0), libm::sin(PI * f64::from(k) / 1000.0));
                for q in [[c, -s, s, c], [c, s, s, -c]] {
                    let here = dot(a, &conjugate(b, &q, 2));
                    best = if here > best { here } else { best };
                }
            }
            let cosine = best / libm::sqrt(dot(a, a) * dot(b, b));
            prop_assert!(libm::cos(found.angle) > cosine - 1e-12 && libm::cos(found.bound) > cosine - 1e-12);
            prop_assert!(libm::cos(found.angle) < cosine + 1e-5);
        }
    }
}
