//! Stable and unstable manifolds of the saddles of a map: curves, grown from a fundamental segment.

use crate::eigen::{eigenvalues, eigenvector};
use crate::error::Error;
use crate::manifolds::{CurveEnd, ManifoldCurve, ManifoldOptions};
use numerics::dense::{multiply, solve};
use numerics::{MapJacobian, Real};

/// Applications of the map that one curve may take.
const WORK: u64 = 4_000_000;
/// Most of a turn between two points of a curve.
const STRIDE: f64 = 0.25;
/// Least of a turn between two points; where less would be needed the curve cannot be followed.
const LEAST: f64 = 1e-11;
/// Cosine of the angle at which a curve may turn from one point to the next.
const TURN: f64 = 0.95;
/// Steps of Newton's method towards a preimage.
const NEWTON: usize = 30;
/// A multiplier this small leads nowhere back: its direction is folded away.
const FOLDED: f64 = 1e-8;

/// The manifolds of a saddle of `F^p`, `p` the period, at the point `x` of its orbit: a side with one direction as its
/// two halves. Sides with more directions are left out: their orbits are points and lie on no curve.
///
/// A turn `G` is `F^p`, or `F^2p` where the multiplier is negative, for then `F^p` takes one half to the other; for the
/// stable side its inverse, found by Newton's method beside the preimage before. With `v` the direction, `μ > 1` what a
/// turn multiplies lengths by and `δ` the departure, the half is `t ↦ G^⌊t⌋(x ± δ μ^(t-⌊t⌋) v)`, off the manifold by
/// `δ²`. Points are taken so close that neither their distance nor the angle between them is large. `t0` and `fan` of
/// the options are not used.
///
/// Source: the fundamental domain of You, Kostelich and Yorke, "Calculating stable and unstable manifolds",
/// International Journal of Bifurcation and Chaos 1, 1991; the control by distance and angle of Hobson, "An efficient
/// method for computing invariant manifolds of planar maps", Journal of Computational Physics 104, 1993.
///
/// # Errors
/// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`]; [`Error::Singular`] where the multipliers are not found.
pub fn map_manifolds<M: MapJacobian>(
    map: &mut M,
    x: &[f64],
    period: usize,
    options: &ManifoldOptions,
) -> Result<Vec<ManifoldCurve>, Error> {
    let n = map.dimension();
    options.check(x, n)?;
    let mut image = vec![0.0; n];
    let mut jacobian = vec![0.0; n * n];
    let mut turns = Turns { map, n, count: period.max(1), work: 0 };
    turns.derivative(x, &mut image, &mut jacobian);
    let all = eigenvalues(&jacobian, n).ok_or(Error::Singular { what: "periodic point" })?;
    let mut curves = Vec::new();
    for stable in [false, true] {
        let mut side = all.iter().filter(|e| if stable { e.modulus() < 1.0 } else { e.modulus() > 1.0 });
        let (Some(value), None) = (side.next(), side.next()) else { continue };
        if value.imaginary != 0.0 || n < 2 || libm::fabs(value.real) < FOLDED {
            continue;
        }
        let Some((direction, _)) = eigenvector(&jacobian, n, *value) else { continue };
        let both = if value.real < 0.0 { 2 } else { 1 };
        turns.count = both * period.max(1);
        let stretch = Real::pow(libm::fabs(value.real), if stable { -(both as f64) } else { both as f64 });
        let size = options.distance(&direction, &vec![0.0; n]);
        for sign in [1.0, -1.0] {
            let leave = direction.iter().map(|d| sign * options.departure / size * d).collect();
            let half = Half { turns: &mut turns, x, leave, stretch, stable, options };
            let (points, end) = half.grow();
            curves.push(ManifoldCurve { stable, of_surface: false, points, end });
        }
    }
    Ok(curves)
}

/// Turns of a map: `count` applications of it each.
struct Turns<'a, M> {
    map: &'a mut M,
    n: usize,
    count: usize,
    work: u64,
}

impl<M: MapJacobian> Turns<'_, M> {
    fn forward(&mut self, x: &[f64]) -> Vec<f64> {
        let (mut x, mut next) = (x.to_vec(), vec![0.0; self.n]);
        for step in 0..self.count {
            self.map.next(step as f64, &x, &mut next);
            x.copy_from_slice(&next);
        }
        self.work += self.count as u64;
        x
    }

    /// The image after a turn and its Jacobian.
    fn derivative(&mut self, x: &[f64], image: &mut [f64], jacobian: &mut [f64]) {
        let n = self.n;
        let (mut single, mut product) = (vec![0.0; n * n], vec![0.0; n * n]);
        let mut next = vec![0.0; n];
        image.copy_from_slice(x);
        jacobian.fill(0.0);
        for i in 0..n {
            jacobian[i * n + i] = 1.0;
        }
        for step in 0..self.count {
            self.map.jacobian(step as f64, image, &mut single);
            self.map.next(step as f64, image, &mut next);
            multiply(&single, jacobian, &mut product, n, n, n);
            jacobian.copy_from_slice(&product);
            image.copy_from_slice(&next);
        }
        self.work += 2 * self.count as u64;
    }

    /// The state near `guess` from which a turn leads to `target`.
    fn back(&mut self, target: &[f64], guess: &[f64], scale: &[f64]) -> Option<Vec<f64>> {
        let n = self.n;
        let (mut x, mut image, mut jacobian) = (guess.to_vec(), vec![0.0; n], vec![0.0; n * n]);
        for _ in 0..NEWTON {
            self.derivative(&x, &mut image, &mut jacobian);
            for j in 0..n {
                image[j] = target[j] - image[j];
            }
            if !solve(&mut jacobian, &mut image, n) {
                return None;
            }
            let mut done = true;
            for j in 0..n {
                x[j] += image[j];
                done &= libm::fabs(image[j]) <= 1e-13 * (scale[j] + libm::fabs(x[j]));
            }
            if !x.iter().all(|v| v.is_finite()) {
                return None;
            }
            if done {
                return Some(x);
            }
        }
        None
    }
}

/// Half of a curve.
struct Half<'a, 'm, M> {
    turns: &'a mut Turns<'m, M>,
    x: &'a [f64],
    leave: Vec<f64>,
    stretch: f64,
    stable: bool,
    options: &'a ManifoldOptions,
}

impl<M: MapJacobian> Half<'_, '_, M> {
    /// The states before each turn and after the last at `t`, beside those of a place shortly before, `shift` turns
    /// fewer; none where a preimage is missing or is another one.
    fn chain(&mut self, t: f64, before: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
        let turns = libm::floor(t);
        let along = Real::pow(self.stretch, t - turns);
        let mut chain: Vec<Vec<f64>> = Vec::with_capacity(turns as usize + 1);
        chain.push(self.x.iter().zip(&self.leave).map(|(x, d)| x + along * d).collect());
        let shift = turns as usize + 1 - before.len();
        for turn in 1..=turns as usize {
            let from = &chain[turn - 1];
            let next = if self.stable {
                let guess = if turn >= shift { &before[turn - shift] } else { from };
                let found = self.turns.back(from, guess, &self.options.scale)?;
                // Further off lies another branch of a map that folds.
                let jump = self.options.distance(&found, guess);
                if turn >= shift && jump > 4.0 * self.options.spacing {
                    return None;
                }
                found
            } else {
                self.turns.forward(from)
            };
            chain.push(next);
        }
        Some(chain)
    }

    fn grow(mut self) -> (Vec<Vec<f64>>, CurveEnd) {
        let (spacing, bound) = (self.options.spacing, self.options.bound);
        let first: Vec<f64> = self.x.iter().zip(&self.leave).map(|(x, d)| x + d).collect();
        let mut chain = vec![first.clone()];
        let mut points = vec![first];
        let (mut t, mut stride, mut length, mut quiet) = (0.0, STRIDE, 0.0, 0);
        let (mut last, mut heading) = (points[0].clone(), None::<Vec<f64>>);
        self.turns.work = 0;
        while self.turns.work < WORK {
            let next = self.chain(t + stride, &chain);
            let Some(next) = next else {
                stride *= 0.5;
                if stride < LEAST {
                    return (points, CurveEnd::NoPreimage);
                }
                continue;
            };
            let place = &next[next.len() - 1];
            if place.iter().any(|v| v.is_nan() || libm::fabs(*v) > bound) {
                stride *= 0.5;
                if stride < 1e-3 {
                    return (points, CurveEnd::Bound);
                }
                continue;
            }
            let moved = self.options.distance(place, &last);
            let way: Vec<f64> =
                (0..place.len()).map(|j| (place[j] - last[j]) / self.options.scale[j]).collect();
            let turned = heading.as_ref().is_some_and(|heading| cosine(heading, &way) < TURN);
            if moved > spacing || (turned && moved > 0.05 * spacing) {
                stride *= 0.5;
                if stride < LEAST {
                    return (points, CurveEnd::Steps);
                }
                continue;
            }
            length += moved;
            t += stride;
            last.clone_from(place);
            if moved > 0.0 {
                heading = Some(way);
            }
            if self.options.distance(&last, &points[points.len() - 1]) >= 0.5 * spacing || turned {
                points.push(last.clone());
            }
            chain = next;
            let wider = if moved < 0.5 * spacing { 2.0 } else { 1.0 };
            stride = if stride * wider > STRIDE { STRIDE } else { stride * wider };
            if length >= self.options.length {
                return (points, CurveEnd::Length);
            }
            quiet = if moved <= 1e-10 { quiet + 1 } else { 0 };
            if quiet >= 8 && length > 2.0 * self.options.departure {
                points.push(last);
                return (points, CurveEnd::Rest);
            }
        }
        (points, CurveEnd::Steps)
    }
}

/// Cosine of the angle between two ways; 1 where one of them has no length.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| numerics::sum_by(a.len(), |j| a[j] * b[j]);
    let size = libm::sqrt(product(a, a) * product(b, b));
    if size > 0.0 { product(a, b) / size } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Map;

    /// `h ∘ L ∘ h⁻¹` with `L = diag(a, b)` and `h(x, y) = (x + y², y + (x + y²)²)`: the unstable manifold is the image
    /// of the first axis, `y = x²`, the stable one that of the second, `(s², s + s⁴)`.
    struct Bent(f64, f64);
    impl Bent {
        fn straight(p: &[f64]) -> [f64; 2] {
            let y = p[1] - p[0] * p[0];
            [p[0] - y * y, y]
        }
        fn bent(p: [f64; 2]) -> [f64; 2] {
            let x = p[0] + p[1] * p[1];
            [x, p[1] + x * x]
        }
    }
    impl Map for Bent {
        fn dimension(&self) -> usize {
            2
        }
        fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
            let [u, v] = Self::straight(x);
            next.copy_from_slice(&Self::bent([self.0 * u, self.1 * v]));
        }
    }
    impl MapJacobian for Bent {
        fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
            let (mut up, mut down) = ([0.0; 2], [0.0; 2]);
            for col in 0..2 {
                let mut moved = [x[0], x[1]];
                moved[col] = x[col] + 1e-6;
                self.next(t, &moved, &mut up);
                moved[col] = x[col] - 1e-6;
                self.next(t, &moved, &mut down);
                for row in 0..2 {
                    jacobian[row * 2 + col] = (up[row] - down[row]) / 2e-6;
                }
            }
        }
    }

    struct Henon;
    impl Map for Henon {
        fn dimension(&self) -> usize {
            2
        }
        fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
            next.copy_from_slice(&[1.0 - 1.4 * x[0] * x[0] + x[1], 0.3 * x[0]]);
        }
    }
    impl MapJacobian for Henon {
        fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
            jacobian.copy_from_slice(&[-2.8 * x[0], 1.0, 0.3, 0.0]);
        }
    }

    fn options(length: f64) -> ManifoldOptions {
        let mut options = ManifoldOptions::of(vec![1.0, 1.0], 100.0);
        options.length = length;
        options
    }

    #[test]
    fn both_curves_of_a_bent_saddle_are_the_bent_axes_whatever_the_signs() {
        for (a, b) in [(2.0, 0.5), (-2.0, 0.5), (1.3, -0.6), (-1.5, -0.4)] {
            let curves = map_manifolds(&mut Bent(a, b), &[0.0, 0.0], 1, &options(2.0)).unwrap();
            assert_eq!(curves.len(), 4, "{a} {b}");
            for curve in &curves {
                assert_eq!(curve.end, CurveEnd::Length, "{a} {b}");
                assert!(curve.points.len() > 500);
                for p in &curve.points {
                    let [u, v] = Bent::straight(p);
                    let off = if curve.stable { u } else { v };
                    assert!(off.abs() < 1e-7, "{a} {b}: {off} at {p:?}");
                }
            }
            for stable in [false, true] {
                let ends = curves.iter().filter(|c| c.stable == stable);
                let ends: Vec<f64> = ends
                    .map(|c| Bent::straight(&c.points[c.points.len() - 1])[usize::from(stable)])
                    .collect();
                assert!(ends[0] * ends[1] < 0.0, "{a} {b}: the halves go opposite ways: {ends:?}");
            }
        }
    }

    #[test]
    fn the_unstable_curve_of_henon_s_map_is_the_attractor_and_its_stable_one_leads_to_the_point() {
        let x = (-0.7 + 6.09_f64.sqrt()) / 2.8;
        let saddle = [x, 0.3 * x];
        let curves = map_manifolds(&mut Henon, &saddle, 1, &options(20.0)).unwrap();
        let (mut orbit, mut next) = ([0.1, 0.1], [0.0; 2]);
        let mut seen = Vec::new();
        for step in 0..4000 {
            Henon.next(0.0, &orbit, &mut next);
            orbit = next;
            if step > 100 {
                seen.push(orbit);
            }
        }
        let unstable: Vec<&ManifoldCurve> = curves.iter().filter(|c| !c.stable).collect();
        assert_eq!(unstable.len(), 2);
        for point in unstable.iter().flat_map(|c| c.points.iter().step_by(97)) {
            let near = seen.iter().map(|s| libm::hypot(s[0] - point[0], s[1] - point[1]));
            assert!(
                near.fold(9.0, |a, b| if b < a { b } else { a }) < 0.02,
                "{point:?} lies off the attractor"
            );
        }
        for curve in curves.iter().filter(|c| c.stable) {
            let mut x = [curve.points[curve.points.len() / 2][0], curve.points[curve.points.len() / 2][1]];
            let mut least = f64::INFINITY;
            for _ in 0..40 {
                Henon.next(0.0, &x, &mut next);
                x = next;
                let away = libm::hypot(x[0] - saddle[0], x[1] - saddle[1]);
                least = if away < least { away } else { least };
            }
            assert!(least < 1e-3, "the orbit comes to the saddle: {least}");
        }
    }

    #[test]
    fn the_curves_of_a_cycle_are_those_of_one_of_its_points_carried_on_by_the_map() {
        // The saddle of period 2 of Hénon's map: x1 + x2 = 0.7 / 1.4, x1 x2 = (0.49 - 1.4) / 1.96.
        let (half, product) = (0.25_f64, (0.49 - 1.4) / 1.96);
        let root = (half * half - product).sqrt();
        let (a, b) = (half + root, half - root);
        let (first, second) = ([a, 0.3 * b], [b, 0.3 * a]);
        let mut image = [0.0; 2];
        Henon.next(0.0, &first, &mut image);
        assert!((image[0] - second[0]).abs() + (image[1] - second[1]).abs() < 1e-12);
        let one = map_manifolds(&mut Henon, &first, 2, &options(0.3)).unwrap();
        let other = map_manifolds(&mut Henon, &second, 2, &options(1.5)).unwrap();
        let line: Vec<&Vec<f64>> = other.iter().filter(|c| !c.stable).flat_map(|c| &c.points).collect();
        for point in one.iter().filter(|c| !c.stable).flat_map(|c| c.points.iter().step_by(20)) {
            Henon.next(0.0, point, &mut image);
            let near = line.iter().map(|p| libm::hypot(p[0] - image[0], p[1] - image[1]));
            assert!(near.fold(9.0, |a, b| if b < a { b } else { a }) < 0.003, "{point:?}");
        }
    }

    #[test]
    fn a_direction_that_is_folded_away_and_a_node_have_no_curve_and_bad_requests_are_refused() {
        let curves = map_manifolds(&mut Bent(2.0, 0.0), &[0.0, 0.0], 1, &options(1.0)).unwrap();
        assert!(curves.len() == 2 && curves.iter().all(|c| !c.stable));
        assert!(map_manifolds(&mut Bent(0.5, 0.4), &[0.0, 0.0], 1, &options(1.0)).unwrap().is_empty());
        assert!(map_manifolds(&mut Henon, &[0.0], 1, &options(1.0)).is_err());
        assert!(map_manifolds(&mut Henon, &[0.0, f64::NAN], 1, &options(1.0)).is_err());
        assert!(map_manifolds(&mut Henon, &[0.6, 0.2], 1, &options(-1.0)).is_err());
    }
}
