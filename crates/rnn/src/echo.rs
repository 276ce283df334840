//! Echo state networks: any cell with a linear readout whose recurrence stays as it is and whose readout is solved for.

use crate::cell::CellKind;
use crate::error::Error;
use crate::float::Float;
use crate::forecast::Ridge;
use crate::sequence::{Force, Sequence};
use numerics::Real;

/// How fast a vector of ones grows under a linear map, on average over 1000 steps after 200: what is left after many is
/// the largest eigenvalue's magnitude, also where a pair of them is complex and the growth swings.
pub(crate) fn spectral_radius(units: usize, apply: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    const SETTLE: usize = 200;
    const MEASURE: usize = 1000;
    let mut x = vec![1.0; units];
    let mut growth = 0.0;
    for step in 0..SETTLE + MEASURE {
        let mut next = apply(&x);
        let length = Real::sqrt(numerics::dot(&next, &next));
        next.iter_mut().for_each(|v| *v /= length);
        x = next;
        if step >= SETTLE {
            growth += Real::ln(length);
        }
    }
    Real::exp(growth / MEASURE as f64)
}

/// Scales the recurrence `W` of an Elman network to this spectral radius, as power iteration finds it: below 1 the
/// network forgets where it began.
///
/// # Errors
/// [`Error::NotElman`] for another kind than `Tanh` and `Elman`; [`Error::Length`]; [`Error::Setting`] for a radius below
/// 0 or not finite, and where there is no recurrence to scale.
pub fn set_spectral_radius<T: Float>(kind: CellKind, parameters: &mut [T], radius: f64) -> Result<(), Error> {
    let cell = kind.build::<f64>()?;
    let (CellKind::Tanh { hidden, .. } | CellKind::Elman { hidden, .. }) = kind else {
        return Err(Error::NotElman(cell.name()));
    };
    let (found, expected) = (parameters.len(), cell.layout().len());
    if found != expected {
        return Err(Error::Length { what: "the parameters", found, expected });
    }
    let w = &mut parameters[..hidden * hidden];
    let wide: Vec<f64> = w.iter().map(|w| w.wide()).collect();
    let own =
        spectral_radius(hidden, |x| wide.chunks_exact(hidden).map(|row| numerics::dot(row, x)).collect());
    let factor = radius / own;
    if !(radius >= 0.0 && factor.is_finite()) {
        let (what, expected) = ("the spectral radius", "at least 0, of a recurrence that is not 0");
        return Err(Error::Setting { what, found: radius, expected });
    }
    w.iter_mut().for_each(|w| *w *= T::of(factor));
    Ok(())
}

impl<T: Float> Sequence<T> {
    /// Solves for the readout, `C` and `c`, that makes `Σ w |y - t|² + penalty (|C|² + |c|²)` least over all steps and
    /// sequences with their weights `w`, all other parameters as they are; writes it into `parameters`. Steps that should
    /// not count, while the network still forgets where it began, have a weight of 0.
    ///
    /// Source: Jaeger, "The 'Echo State' Approach to Analysing and Training Recurrent Neural Networks", GMD report 148,
    /// 2001.
    ///
    /// # Errors
    /// [`Error::NoReadout`] for a cell whose output is its state; [`Error::Length`]; [`Error::Setting`] for a penalty that
    /// is not positive or too small.
    pub fn fit_readout(&mut self, parameters: &mut [T], penalty: f64) -> Result<(), Error> {
        self.run(parameters, Force::Free)?;
        let (shape, layout) = (self.cell().shape(), self.cell().layout());
        let Some(matrix) = layout.find("C").filter(|_| shape.observed == 0) else {
            return Err(Error::NoReadout(self.cell().name()));
        };
        let bias = layout.find("c");
        let hidden = matrix.cols;
        // What one unit of a weight does to the output: the readout's own factor.
        let (mut ones, mut slopes) = (vec![0.0; layout.len()], vec![0.0; shape.outputs * shape.state]);
        ones[matrix.range()].fill(1.0);
        self.cell().read_out_jacobian(&ones, &mut slopes);
        let factor = slopes[0];
        let features = hidden + bias.is_some() as usize;
        let mut ridge = Ridge::new(features, shape.outputs);
        let (mut z, mut y) = (vec![T::zero(); shape.state], vec![T::zero(); shape.outputs]);
        let (mut row, mut target) = (vec![0.0; features], vec![0.0; shape.outputs]);
        for b in 0..self.batch() {
            for s in 0..self.steps() {
                let weight = Real::sqrt(self.weight(b, s).wide());
                if weight == 0.0 {
                    continue;
                }
                self.state(b, s, &mut z);
                self.target(b, s, &mut y);
                row[hidden..].fill(weight);
                row.iter_mut().zip(&z[..hidden]).for_each(|(x, z)| *x = weight * factor * z.wide());
                target.iter_mut().zip(&y).for_each(|(t, y)| *t = weight * y.wide());
                ridge.add(&row, &target);
            }
        }
        let weights = ridge.solve(penalty)?;
        for (k, own) in weights.chunks_exact(features).enumerate() {
            for (p, &w) in parameters[matrix.offset + k * hidden..][..hidden].iter_mut().zip(own) {
                *p = T::of(w);
            }
            if let Some(bias) = bias {
                parameters[bias.offset + k] = T::of(own[hidden]);
            }
        }
        Ok(())
    }
}
