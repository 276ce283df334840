//! Implicit steps by Newton's method.

use crate::drive::Drive;
use numerics::dense::{factor, substitute};
use numerics::{Flow, Process};

/// Most iterations of a step.
const ITERATIONS: u32 = 30;

/// Room for the equations of backward Euler steps.
#[derive(Clone, Debug)]
pub(crate) struct Newton {
    jacobian: Vec<f64>,
    exchanges: Vec<usize>,
    rate: Vec<f64>,
    change: Vec<f64>,
    scratch: Vec<f64>,
}

impl Newton {
    pub(crate) fn new(n: usize) -> Self {
        let room = || vec![0.0; n];
        Self {
            jacobian: vec![0.0; n * n],
            exchanges: vec![0; n],
            rate: room(),
            change: room(),
            scratch: room(),
        }
    }

    /// Solves `next = x + h f(t + h, next)` from `next = x` on, with a new Jacobian each iteration, until a change is
    /// below a thousandth of the tolerance `(relative, absolute)`; false when that does not come about.
    pub(crate) fn step<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        t: f64,
        h: f64,
        x: &[f64],
        next: &mut [f64],
        (relative, absolute): (f64, f64),
    ) -> bool {
        let n = x.len();
        let end = t + h;
        next.copy_from_slice(x);
        for _ in 0..ITERATIONS {
            drive.rate(end, next, &mut self.rate);
            drive.jacobian(end, next, &self.rate, &mut self.jacobian, &mut self.scratch, absolute / relative);
            for i in 0..n {
                self.change[i] = x[i] + h * self.rate[i] - next[i];
                for j in 0..n {
                    let unit = if i == j { 1.0 } else { 0.0 };
                    self.jacobian[i * n + j] = unit - h * self.jacobian[i * n + j];
                }
            }
            if !factor(&mut self.jacobian, &mut self.exchanges, n) {
                return false;
            }
            substitute(&self.jacobian, &self.exchanges, &mut self.change, n);
            let mut settled = true;
            for i in 0..n {
                next[i] += self.change[i];
                let scale = absolute + relative * libm::fabs(next[i]);
                settled &= libm::fabs(self.change[i]) <= 1e-3 * scale;
            }
            if settled {
                return true;
            }
            if !next.iter().all(|value| value.is_finite()) {
                return false;
            }
        }
        false
    }
}
