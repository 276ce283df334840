//! Stable and unstable manifolds of the saddles of a flow: curves, and surfaces as fans of orbits.

use crate::eigen::{Eigenvalue, eigenvalues, eigenvector};
use crate::error::{Error, check_finite, check_option};
use crate::integrate::Stepper;
use numerics::dense::orthonormalise;
use numerics::{Flow, FlowJacobian};

/// How manifolds are grown.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifoldOptions {
    /// Time at which the rates are taken, of a flow that does not depend on it.
    pub t0: f64,
    /// Width of the picture in each variable; lengths are measured in these.
    pub scale: Vec<f64>,
    /// How far from the point an orbit starts along the eigenvector. Off the manifold it is by the square of this.
    pub departure: f64,
    /// Length at which a curve ends.
    pub length: f64,
    /// Distance between two of its points; steps may be longer.
    pub spacing: f64,
    /// Orbits of the fan of a surface; 0 for none.
    pub fan: usize,
    /// A variable beyond this magnitude ends a curve.
    pub bound: f64,
}

impl ManifoldOptions {
    /// For a picture of these widths: departure a hundred-thousandth, length 20, points 1/400 apart, fans of 24 orbits.
    pub fn of(scale: Vec<f64>, bound: f64) -> Self {
        Self { t0: 0.0, scale, departure: 1e-5, length: 20.0, spacing: 0.0025, fan: 24, bound }
    }

    /// Whether a picture can be grown with these from a saddle `x` of `n` variables.
    pub(crate) fn check(&self, x: &[f64], n: usize) -> Result<(), Error> {
        for given in [x, &self.scale] {
            if given.len() != n || n == 0 {
                return Err(Error::Dimension { given: given.len(), wanted: n });
            }
            check_finite(given)?;
        }
        check_option(self.scale.iter().all(|s| *s > 0.0), "width of the picture", 0.0, "positive")?;
        for (name, value) in
            [("departure", self.departure), ("length", self.length), ("spacing", self.spacing)]
        {
            check_option(value > 0.0 && value.is_finite(), name, value, "a positive number")?;
        }
        check_option(self.fan <= 1000, "orbits of a fan", self.fan as f64, "at most 1000")
    }

    /// Distance of two states, each variable in widths of the picture.
    pub(crate) fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        libm::sqrt(numerics::sum_by(a.len(), |j| {
            let d = (a[j] - b[j]) / self.scale[j];
            d * d
        }))
    }
}

/// Why a curve ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveEnd {
    /// It is as long as was asked for.
    Length,
    /// It comes to rest at another point.
    Rest,
    /// It left the bound.
    Bound,
    /// The steps that are allowed were used up.
    Steps,
    /// Of a map's stable side: nothing leads there.
    NoPreimage,
}

/// One orbit on a manifold, from the saddle on.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifoldCurve {
    /// Whether it lies on the stable manifold, where orbits lead to the saddle, and was followed against time.
    pub stable: bool,
    /// Whether it is one orbit of a surface rather than half of a curve.
    pub of_surface: bool,
    /// States along it, the saddle left out.
    pub points: Vec<Vec<f64>>,
    /// Why it ends.
    pub end: CurveEnd,
}

/// Time runs the other way.
struct Reversed<'a, F>(&'a mut F);

impl<F: Flow> Flow for Reversed<'_, F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.0.rate(t, x, rate);
        for rate in rate {
            *rate = -*rate;
        }
    }
}

/// Most steps of one curve.
const STEPS: usize = 100_000;
/// Error allowed a step.
const TOLERANCE: f64 = 1e-10;

/// The manifolds of the saddle `x`: a side with one direction as its two halves, a side with two directions as a fan of
/// orbits from a small circle about the saddle. Sides with more directions are left out, and so is a point that is no
/// saddle: its one manifold is all of the neighbourhood.
///
/// # Errors
/// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`]; [`Error::Singular`] where the eigenvalues are not found.
pub fn manifolds<F: FlowJacobian>(
    flow: &mut F,
    x: &[f64],
    options: &ManifoldOptions,
) -> Result<Vec<ManifoldCurve>, Error> {
    let n = flow.dimension();
    options.check(x, n)?;
    let mut jacobian = vec![0.0; n * n];
    flow.jacobian(options.t0, x, &mut jacobian);
    let all = eigenvalues(&jacobian, n).ok_or(Error::Singular { what: "equilibrium" })?;
    let mut curves = Vec::new();
    for stable in [false, true] {
        let side: Vec<Eigenvalue> =
            all.iter().filter(|e| if stable { e.real < 0.0 } else { e.real > 0.0 }).copied().collect();
        if side.is_empty() || side.len() == n {
            continue;
        }
        let starts = match side[..] {
            [one] => line(&jacobian, n, one),
            [first, second] => circle(&jacobian, n, first, second, options.fan),
            _ => Vec::new(),
        };
        for direction in starts {
            let size = options.distance(&direction, &vec![0.0; n]);
            let start: Vec<f64> = (0..n).map(|j| x[j] + options.departure / size * direction[j]).collect();
            let (points, end) = if stable {
                follow(&mut Reversed(flow), start, options)?
            } else {
                follow(flow, start, options)?
            };
            curves.push(ManifoldCurve { stable, of_surface: side.len() == 2, points, end });
        }
    }
    Ok(curves)
}

/// Both ways along an eigenvector.
fn line(jacobian: &[f64], n: usize, value: Eigenvalue) -> Vec<Vec<f64>> {
    let Some((real, _)) = eigenvector(jacobian, n, value) else { return Vec::new() };
    let other = real.iter().map(|v| -v).collect();
    vec![real, other]
}

/// Directions all round in the plane of two eigenvectors, or of the real and imaginary part of one.
fn circle(jacobian: &[f64], n: usize, first: Eigenvalue, second: Eigenvalue, count: usize) -> Vec<Vec<f64>> {
    let Some((real, imaginary)) = eigenvector(jacobian, n, first) else { return Vec::new() };
    let other = if first.imaginary == 0.0 {
        let Some((other, _)) = eigenvector(jacobian, n, second) else { return Vec::new() };
        other
    } else {
        imaginary
    };
    let mut plane = vec![0.0; 2 * n];
    for j in 0..n {
        plane[2 * j] = real[j];
        plane[2 * j + 1] = other[j];
    }
    orthonormalise(&mut plane, n, 2, &mut [0.0; 2]);
    let turn = |k: usize| core::f64::consts::TAU * k as f64 / count as f64;
    (0..count)
        .map(|k| {
            (0..n)
                .map(|j| libm::cos(turn(k)) * plane[2 * j] + libm::sin(turn(k)) * plane[2 * j + 1])
                .collect()
        })
        .collect()
}

fn follow<F: Flow>(
    flow: &mut F,
    start: Vec<f64>,
    options: &ManifoldOptions,
) -> Result<(Vec<Vec<f64>>, CurveEnd), Error> {
    let mut stepper = Stepper::new(flow, options.t0, &start, TOLERANCE, options.bound)?;
    let (mut points, mut length) = (vec![start], 0.0);
    let mut last = points[0].clone();
    for _ in 0..STEPS {
        let limit = stepper.t + 1e9;
        if stepper.step(flow, limit).is_err() {
            return Ok((points, CurveEnd::Bound));
        }
        length += options.distance(&stepper.x, &last);
        last.copy_from_slice(&stepper.x);
        if options.distance(&stepper.x, &points[points.len() - 1]) >= options.spacing {
            points.push(stepper.x.clone());
        }
        if length >= options.length {
            return Ok((points, CurveEnd::Length));
        }
        let still = stepper.rate.iter().zip(&options.scale).all(|(rate, s)| libm::fabs(*rate) <= 1e-9 * s);
        if still && length > 2.0 * options.departure {
            points.push(stepper.x.clone());
            return Ok((points, CurveEnd::Rest));
        }
    }
    Ok((points, CurveEnd::Steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Formula = fn(&[f64], &mut [f64], &mut [f64]);

    struct System(usize, Formula);
    impl Flow for System {
        fn dimension(&self) -> usize {
            self.0
        }
        fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
            (self.1)(x, rate, &mut vec![0.0; self.0 * self.0]);
        }
    }
    impl FlowJacobian for System {
        fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
            (self.1)(x, &mut vec![0.0; self.0], jacobian);
        }
    }

    #[test]
    fn the_separatrix_of_the_pendulum_is_its_energy_contour() {
        let mut pendulum = System(2, |x, f, j| {
            f.copy_from_slice(&[x[1], -libm::sin(x[0])]);
            j.copy_from_slice(&[0.0, 1.0, -libm::cos(x[0]), 0.0]);
        });
        let pi = core::f64::consts::PI;
        let mut options = ManifoldOptions::of(vec![6.0, 4.0], 100.0);
        options.length = 1.2;
        let curves = manifolds(&mut pendulum, &[pi, 0.0], &options).unwrap();
        assert_eq!(curves.len(), 4);
        for curve in &curves {
            assert!(!curve.of_surface && curve.points.len() > 100);
            for x in &curve.points {
                let energy = 0.5 * x[1] * x[1] - libm::cos(x[0]);
                assert!((energy - 1.0).abs() < 1e-7, "{energy} at {x:?}");
            }
        }
        let round = |curve: &ManifoldCurve| curve.points.iter().any(|x| (x[0] - pi).abs() > 5.0);
        assert!(curves.iter().all(round), "each goes once round, to the next saddle");
    }

    #[test]
    fn the_unstable_curve_of_a_double_well_comes_to_rest_in_both_wells() {
        let mut well = System(2, |x, f, j| {
            f.copy_from_slice(&[x[1], x[0] - x[0] * x[0] * x[0] - 0.5 * x[1]]);
            j.copy_from_slice(&[0.0, 1.0, 1.0 - 3.0 * x[0] * x[0], -0.5]);
        });
        let curves = manifolds(&mut well, &[0.0, 0.0], &ManifoldOptions::of(vec![4.0, 3.0], 1e3)).unwrap();
        let ends: Vec<f64> = curves
            .iter()
            .filter(|curve| !curve.stable)
            .map(|curve| {
                assert_eq!(curve.end, CurveEnd::Rest);
                curve.points[curve.points.len() - 1][0]
            })
            .collect();
        assert!(ends.len() == 2 && (ends[0] + ends[1]).abs() < 1e-6 && (ends[0].abs() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_surface_is_a_fan_that_stays_in_its_plane() {
        // z is unstable and apart; the plane z = 0 is stable and turns.
        let mut spiral = System(3, |x, f, j| {
            f.copy_from_slice(&[-x[0] - 3.0 * x[1], 3.0 * x[0] - x[1], 2.0 * x[2]]);
            j.copy_from_slice(&[-1.0, -3.0, 0.0, 3.0, -1.0, 0.0, 0.0, 0.0, 2.0]);
        });
        let mut options = ManifoldOptions::of(vec![1.0; 3], 10.0);
        options.fan = 8;
        let curves = manifolds(&mut spiral, &[0.0; 3], &options).unwrap();
        let (fan, line): (Vec<_>, Vec<_>) = curves.iter().partition(|curve| curve.of_surface);
        assert_eq!((fan.len(), line.len()), (8, 2));
        assert!(fan.iter().all(|c| c.stable && c.points.iter().all(|x| x[2].abs() < 1e-9)));
        assert!(line.iter().all(|c| !c.stable && c.points.iter().all(|x| x[0].abs() + x[1].abs() < 1e-9)));
    }

    #[test]
    fn a_node_has_no_manifold_of_its_own_and_bad_requests_are_refused() {
        let mut node = System(1, |x, f, j| {
            f[0] = -x[0];
            j[0] = -1.0;
        });
        assert!(manifolds(&mut node, &[0.0], &ManifoldOptions::of(vec![1.0], 10.0)).unwrap().is_empty());
        let refused = manifolds(&mut node, &[0.0, 1.0], &ManifoldOptions::of(vec![1.0], 10.0)).unwrap_err();
        assert!(refused.to_string().contains("2 variables were given where 1"));
    }
}
