//! Orbits of flows with a controlled error, step by step.

use crate::error::Error;
use numerics::Flow;

/// Dormand and Prince 5(4) with step control; the last step can be taken again to any point within it.
#[derive(Clone, Debug)]
pub(crate) struct Stepper {
    /// Error allowed a step, relative to `1 + |x|`.
    tolerance: f64,
    bound: f64,
    pub(crate) t: f64,
    pub(crate) x: Vec<f64>,
    /// Rate at `(t, x)`.
    pub(crate) rate: Vec<f64>,
    h: f64,
    /// Start of the last step.
    pub(crate) t0: f64,
    pub(crate) x0: Vec<f64>,
    pub(crate) rate0: Vec<f64>,
    stages: [Vec<f64>; 6],
    y: Vec<f64>,
    next: Vec<f64>,
    /// Right-hand sides evaluated since the start.
    pub(crate) evaluations: u64,
}

const A: [[f64; 6]; 6] = [
    [0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 40.0, 9.0 / 40.0, 0.0, 0.0, 0.0, 0.0],
    [44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0, 0.0, 0.0, 0.0],
    [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0, 0.0, 0.0],
    [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0, 0.0],
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
const C: [f64; 6] = [0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];
const E: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

impl Stepper {
    pub(crate) fn new<F: Flow + ?Sized>(
        flow: &mut F,
        t: f64,
        x: &[f64],
        tolerance: f64,
        bound: f64,
    ) -> Result<Self, Error> {
        let zero = vec![0.0; x.len()];
        let mut stepper = Self {
            tolerance,
            bound,
            t,
            x: x.to_vec(),
            rate: zero.clone(),
            h: 0.0,
            t0: t,
            x0: x.to_vec(),
            rate0: zero.clone(),
            stages: core::array::from_fn(|_| zero.clone()),
            y: zero.clone(),
            next: zero,
            evaluations: 0,
        };
        stepper.restart(flow, t, x)?;
        Ok(stepper)
    }

    /// Goes on from another place, or with the flow changed.
    pub(crate) fn restart<F: Flow + ?Sized>(&mut self, flow: &mut F, t: f64, x: &[f64]) -> Result<(), Error> {
        self.t = t;
        self.t0 = t;
        if self.x != x {
            self.x.copy_from_slice(x);
        }
        self.x0.copy_from_slice(&self.x);
        flow.rate(t, &self.x, &mut self.rate);
        self.evaluations += 1;
        self.check(t, &self.x)?;
        if let Some(variable) = self.rate.iter().position(|v| !v.is_finite()) {
            return Err(Error::Diverged { time: t, variable, value: self.rate[variable] });
        }
        self.rate0.copy_from_slice(&self.rate);
        // A first step that changes no variable by more than a hundredth of its size.
        let mut h = 1.0;
        for (x, rate) in self.x.iter().zip(&self.rate) {
            let limit = 0.01 * (1.0 + libm::fabs(*x)) / (libm::fabs(*rate) + 1e-300);
            if limit < h {
                h = limit;
            }
        }
        self.h = h;
        Ok(())
    }

    fn check(&self, time: f64, x: &[f64]) -> Result<(), Error> {
        match x.iter().position(|&v| !(v <= self.bound && v >= -self.bound)) {
            Some(variable) => Err(Error::Diverged { time, variable, value: x[variable] }),
            None => Ok(()),
        }
    }

    /// Stages from the start of the last step over the time `h`; the state goes to `next`.
    fn attempt<F: Flow + ?Sized>(&mut self, flow: &mut F, h: f64) {
        let n = self.x0.len();
        for stage in 0..6 {
            for i in 0..n {
                let mut total = A[stage][0] * self.rate0[i];
                for earlier in 1..=stage {
                    total += A[stage][earlier] * self.stages[earlier - 1][i];
                }
                self.y[i] = self.x0[i] + h * total;
            }
            flow.rate(self.t0 + C[stage] * h, &self.y, &mut self.stages[stage]);
        }
        self.next.copy_from_slice(&self.y);
        self.evaluations += 6;
    }

    /// Takes one step, which ends at `limit` at the latest.
    pub(crate) fn step<F: Flow + ?Sized>(&mut self, flow: &mut F, limit: f64) -> Result<(), Error> {
        self.t0 = self.t;
        self.x0.copy_from_slice(&self.x);
        self.rate0.copy_from_slice(&self.rate);
        let n = self.x.len();
        loop {
            // A remainder that is hardly longer than the step is halved, so that no sliver is left over.
            let rest = limit - self.t0;
            let last = self.h >= rest * (1.0 - 1e-10);
            let h = if last {
                rest
            } else if self.h > 0.6 * rest {
                0.5 * rest
            } else {
                self.h
            };
            self.attempt(flow, h);
            let mut error: f64 = 0.0;
            for i in 0..n {
                let mut total = E[0] * self.rate0[i];
                for stage in 0..6 {
                    total += E[stage + 1] * self.stages[stage][i];
                }
                let (a, b) = (libm::fabs(self.x0[i]), libm::fabs(self.next[i]));
                let size = 1.0 + if a > b { a } else { b };
                let ratio = libm::fabs(h * total) / (self.tolerance * size);
                // An error that is not a number wins.
                if ratio.is_nan() || ratio > error {
                    error = ratio;
                }
            }
            if error <= 1.0 {
                self.t = if last { limit } else { self.t0 + h };
                self.x.copy_from_slice(&self.next);
                self.rate.copy_from_slice(&self.stages[5]);
                self.check(self.t, &self.x)?;
                let growth = 0.9 * libm::pow(error + 1e-12, -0.2);
                let growth = growth.clamp(0.2, 4.0);
                // A step cut short by the limit does not shorten the next.
                if !last || growth * h > self.h {
                    self.h = growth * h;
                }
                return Ok(());
            }
            let shrink = if error.is_finite() { 0.9 * libm::pow(error, -0.2) } else { 0.1 };
            self.h = h * shrink.clamp(0.1, 0.9);
            if self.h <= 1e-14 * (1.0 + libm::fabs(self.t0)) {
                let mut variable = 0;
                for i in 0..n {
                    if libm::fabs(self.rate0[i]) > libm::fabs(self.rate0[variable]) {
                        variable = i;
                    }
                }
                return Err(Error::Diverged { time: self.t0, variable, value: self.x0[variable] });
            }
        }
    }

    /// The state a time `h` after the start of the last step, by a step of its own.
    pub(crate) fn within<F: Flow + ?Sized>(&mut self, flow: &mut F, h: f64) -> &[f64] {
        self.attempt(flow, h);
        &self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Turn;
    impl Flow for Turn {
        fn dimension(&self) -> usize {
            2
        }
        fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
            rate[0] = -x[1];
            rate[1] = x[0];
        }
    }
    struct Blow;
    impl Flow for Blow {
        fn dimension(&self) -> usize {
            1
        }
        fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
            rate[0] = x[0] * x[0];
        }
    }

    #[test]
    fn a_turn_comes_back_within_the_tolerance() {
        let end = 2.0 * core::f64::consts::PI;
        let mut stepper = Stepper::new(&mut Turn, 0.0, &[1.0, 0.0], 1e-11, 1e6).unwrap();
        while stepper.t < end {
            stepper.step(&mut Turn, end).unwrap();
        }
        assert!((stepper.x[0] - 1.0).abs() < 1e-9 && stepper.x[1].abs() < 1e-9);
        assert_eq!(stepper.t, end);
    }

    #[test]
    fn a_pole_is_told_with_its_time() {
        let mut stepper = Stepper::new(&mut Blow, 0.0, &[1.0], 1e-9, 1e6).unwrap();
        let error = loop {
            if let Err(error) = stepper.step(&mut Blow, 5.0) {
                break error;
            }
        };
        assert!(matches!(error, Error::Diverged { time, .. } if (time - 1.0).abs() < 1e-4), "{error}");
    }
}
