//! The pieces of a piecewise affine map: which an orbit visits, and where each rests.

use crate::eigen::{Eigenvalue, eigenvalues};
use crate::error::{Error, check_finite, check_option};
use numerics::PiecewiseAffine;
use numerics::dense::{factor, multiply, substitute};

/// Most rectifiers whose regions are numbered.
const MOST_SWITCHES: usize = 32;
/// Most rectifiers all of whose regions are solved.
const MOST_SOLVED: usize = 12;

/// The number of a region: switch `j` is bit `j`.
///
/// # Errors
/// [`Error::Option`] beyond 32 switches.
pub fn region_number(switches: &[bool]) -> Result<u32, Error> {
    let count = switches.len();
    check_option(count <= MOST_SWITCHES, "rectifiers", count as f64, "at most 32")?;
    Ok(switches.iter().rev().fold(0, |number, &on| number << 1 | u32::from(on)))
}

/// An orbit with the region of each of its states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionOrbit {
    /// The states after each step, row-major, up to the last within the bound.
    pub states: Vec<f64>,
    /// The region of each state, as by [`region_number`].
    pub symbols: Vec<u32>,
    /// The step, counted from 0, whose result left the bound.
    pub escaped: Option<usize>,
}

/// Follows a map for `steps` steps from `start`, which is not among the states, while no variable exceeds `bound` in
/// magnitude.
///
/// # Errors
/// [`Error::Dimension`] for a start of another length, [`Error::NotFinite`], [`Error::Option`] beyond 32 rectifiers.
pub fn region_orbit<M: PiecewiseAffine>(
    map: &mut M,
    start: &[f64],
    steps: usize,
    bound: f64,
) -> Result<RegionOrbit, Error> {
    let n = map.dimension();
    if start.len() != n {
        return Err(Error::Dimension { given: start.len(), wanted: n });
    }
    check_finite(start)?;
    let (mut now, mut next, mut switches) = (start.to_vec(), vec![0.0; n], Vec::new());
    let mut orbit = RegionOrbit::default();
    for step in 0..steps {
        map.next(step as f64, &now, &mut next);
        if !next.iter().all(|value| *value <= bound && *value >= -bound) {
            orbit.escaped = Some(step);
            break;
        }
        core::mem::swap(&mut now, &mut next);
        map.region(&now, &mut switches);
        orbit.symbols.push(region_number(&switches)?);
        orbit.states.extend_from_slice(&now);
    }
    Ok(orbit)
}

/// Where the affine map of a region rests.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionRest {
    /// The region, as by [`region_number`].
    pub region: u32,
    /// The solution of `z = A z + b`; none where there is no single one.
    pub state: Option<Vec<f64>>,
    /// Whether it lies in its own region, so that it is a fixed point of the map; otherwise it is virtual.
    pub real: bool,
    /// Largest entry of `|F(z) - z|` under the map itself; not a number without a state.
    pub residual: f64,
    /// Eigenvalues of the region's linear part `A`, the largest real part first; empty where they could not be found.
    pub eigenvalues: Vec<Eigenvalue>,
}

/// Where each region of a map rests, in the order of their numbers: `z* = (I - A_k)⁻¹ b_k`, by elimination with one
/// refinement.
///
/// Source: Brenner, Hemmer, Monfared and Durstewitz, Almost-Linear RNNs Yield Highly Interpretable Symbolic Codes in
/// Dynamical Systems Reconstruction (NeurIPS 2024).
///
/// # Errors
/// [`Error::Option`] beyond 12 rectifiers.
pub fn region_rests<M: PiecewiseAffine>(map: &mut M) -> Result<Vec<RegionRest>, Error> {
    let n = map.dimension();
    let mut switches = Vec::new();
    map.region(&vec![0.0; n], &mut switches);
    let count = switches.len();
    check_option(count <= MOST_SOLVED, "rectifiers", count as f64, "at most 12")?;
    let (mut a, mut b) = (vec![0.0; n * n], vec![0.0; n]);
    let mut rests = Vec::with_capacity(1 << count);
    for region in 0..1_u32 << count {
        for (bit, switch) in switches.iter_mut().enumerate() {
            *switch = region >> bit & 1 == 1;
        }
        map.affine(&switches, &mut a, &mut b);
        let state = rest(&a, &b, n);
        let (mut real, mut residual) = (false, f64::NAN);
        if let Some(z) = &state {
            let (mut image, mut own) = (vec![0.0; n], Vec::new());
            map.next(0.0, z, &mut image);
            map.region(z, &mut own);
            real = own == switches;
            residual = image.iter().zip(z).fold(0.0, |most, (to, from)| {
                let off = libm::fabs(to - from);
                if off > most { off } else { most }
            });
        }
        let eigenvalues = eigenvalues(&a, n).unwrap_or_default();
        rests.push(RegionRest { region, state, real, residual, eigenvalues });
    }
    Ok(rests)
}

/// The solution of `z = A z + b`.
fn rest(a: &[f64], b: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut system: Vec<f64> = a.iter().map(|value| -value).collect();
    for i in 0..n {
        system[i * n + i] += 1.0;
    }
    let (mut lu, mut exchanges) = (system.clone(), vec![0; n]);
    if !factor(&mut lu, &mut exchanges, n) {
        return None;
    }
    let mut z = b.to_vec();
    substitute(&lu, &exchanges, &mut z, n);
    let mut image = vec![0.0; n];
    multiply(&system, &z, &mut image, n, n, 1);
    let mut correction: Vec<f64> = b.iter().zip(&image).map(|(b, image)| b - image).collect();
    substitute(&lu, &exchanges, &mut correction, n);
    for (z, correction) in z.iter_mut().zip(&correction) {
        *z += correction;
    }
    z.iter().all(|value| value.is_finite()).then_some(z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::{Map, MapJacobian};

    /// `x' = right x - 1` for `x > 0`, else `left x - 1`, beside a second variable that decays.
    struct Bent {
        left: f64,
        right: f64,
    }

    impl Map for Bent {
        fn dimension(&self) -> usize {
            2
        }
        fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
            next[0] = if x[0] > 0.0 { self.right } else { self.left } * x[0] - 1.0;
            next[1] = 0.5 * x[1];
        }
    }
    impl MapJacobian for Bent {
        fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
            let slope = if x[0] > 0.0 { self.right } else { self.left };
            jacobian.copy_from_slice(&[slope, 0.0, 0.0, 0.5]);
        }
    }
    impl PiecewiseAffine for Bent {
        fn region(&mut self, x: &[f64], switches: &mut Vec<bool>) {
            switches.clear();
            switches.push(x[0] > 0.0);
        }
        fn affine(&mut self, switches: &[bool], a: &mut [f64], b: &mut [f64]) {
            let slope = if switches[0] { self.right } else { self.left };
            a.copy_from_slice(&[slope, 0.0, 0.0, 0.5]);
            b.copy_from_slice(&[-1.0, 0.0]);
        }
    }

    #[test]
    fn a_rest_in_its_own_region_is_a_fixed_point_and_any_other_is_not() {
        // Left: x = 1 / (left - 1), in its region when left < 1. Right: 1 / (right - 1), when right > 1.
        let both = region_rests(&mut Bent { left: -2.0, right: 3.0 }).unwrap();
        assert_eq!(
            both.iter().map(|rest| (rest.region, rest.real)).collect::<Vec<_>>(),
            [(0, true), (1, true)]
        );
        let at = |rest: &RegionRest| rest.state.as_ref().unwrap()[0];
        assert!((at(&both[0]) + 1.0 / 3.0).abs() < 1e-15 && (at(&both[1]) - 0.5).abs() < 1e-15);
        assert!(both.iter().all(|rest| rest.residual < 1e-15));
        assert_eq!(both[1].eigenvalues[0].real, 3.0);
        assert_eq!(both[1].eigenvalues[1].real, 0.5);
        let one = region_rests(&mut Bent { left: -2.0, right: 0.5 }).unwrap();
        // 1 / (0.5 - 1) = -2, which the left piece takes to 3.
        assert!(!one[1].real && (at(&one[1]) + 2.0).abs() < 1e-15 && (one[1].residual - 5.0).abs() < 1e-12);
        let none = region_rests(&mut Bent { left: -2.0, right: 1.0 }).unwrap();
        assert!(none[1].state.is_none() && !none[1].real && none[1].residual.is_nan());
    }

    #[test]
    fn an_orbit_is_told_region_by_region_until_it_escapes() {
        let mut map = Bent { left: -2.0, right: 0.5 };
        let orbit = region_orbit(&mut map, &[-1.0, 4.0], 3, 1e3).unwrap();
        assert_eq!(orbit.states, [1.0, 2.0, -0.5, 1.0, 0.0, 0.5]);
        assert_eq!((orbit.symbols, orbit.escaped), (vec![1, 0, 0], None));
        let mut map = Bent { left: -2.0, right: 3.0 };
        let orbit = region_orbit(&mut map, &[2.0, 0.0], 50, 100.0).unwrap();
        // 5, 14, 41, and 122 lies beyond.
        assert_eq!((orbit.symbols, orbit.escaped), (vec![1, 1, 1], Some(3)));
        assert!(region_orbit(&mut map, &[2.0], 5, 1e3).is_err());
        assert!(region_orbit(&mut map, &[f64::NAN, 0.0], 5, 1e3).is_err());
    }

    #[test]
    fn regions_are_numbered_by_their_switches() {
        assert_eq!(region_number(&[]).unwrap(), 0);
        assert_eq!(region_number(&[true, false, true]).unwrap(), 5);
        assert!(region_number(&[true; 33]).is_err());
    }
}
