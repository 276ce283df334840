use crate::float::Float;
use numerics::Real;

/// How a gradient becomes a change of the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Adam (Kingma and Ba 2015, algorithm 1), with β = (0.9, 0.999) and ε = 1e-8.
    Adam,
    /// Rectified Adam (Liu et al. 2020, algorithm 2), the same constants; without the adaptive denominator
    /// while the length `ρ_t` of the approximated average is at most 4.
    RAdam,
}

/// The learning rate as a function of the number of updates done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Always the same.
    Constant(f64),
    /// `from (to/from)^(n/updates)`, and `to` after that many.
    Exponential {
        /// Rate of the first update.
        from: f64,
        /// Rate reached.
        to: f64,
        /// Number of updates in between.
        updates: u64,
    },
}

impl Schedule {
    /// The rate of update `n`, counted from 0.
    pub fn rate(&self, n: u64) -> f64 {
        match *self {
            Schedule::Constant(rate) => rate,
            Schedule::Exponential { from, to, updates } => {
                if n >= updates {
                    to
                } else {
                    from * Real::pow(to / from, n as f64 / updates as f64)
                }
            }
        }
    }
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// A method with its moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser<T> {
    method: Method,
    pub(crate) first: Vec<T>,
    pub(crate) second: Vec<T>,
    pub(crate) updates: u64,
    pub(crate) powers: [f64; 2],
}

impl<T: Float> Optimiser<T> {
    /// An optimiser of `count` parameters with moments of zero.
    pub fn new(method: Method, count: usize) -> Self {
        Self {
            method,
            first: vec![T::zero(); count],
            second: vec![T::zero(); count],
            updates: 0,
            powers: [1.0, 1.0],
        }
    }

    /// Number of updates done.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Changes `parameters` by one step against `gradient` at learning rate `rate`.
    ///
    /// The factors that all parameters share are worked out in `f64`, the rest in `T`.
    pub fn update(&mut self, rate: f64, gradient: &[T], parameters: &mut [T]) {
        self.updates += 1;
        self.powers[0] *= BETA1;
        self.powers[1] *= BETA2;
        let [power1, power2] = self.powers;
        let t = self.updates as f64;
        let unbias = 1.0 / (1.0 - power1);
        let longest = 2.0 / (1.0 - BETA2) - 1.0;
        let length = longest - 2.0 * t * power2 / (1.0 - power2);
        let (factor, adaptive) = match self.method {
            Method::Adam => (rate * unbias, true),
            Method::RAdam if length > 4.0 => {
                let rectified =
                    (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
                (rate * unbias * Real::sqrt(rectified), true)
            }
            Method::RAdam => (rate * unbias, false),
        };
        let (b1, c1) = (T::of(BETA1), T::of(1.0 - BETA1));
        let (b2, c2) = (T::of(BETA2), T::of(1.0 - BETA2));
        let factor = T::of(factor);
        let spread = T::of(1.0 / (1.0 - power2));
        let epsilon = T::of(EPSILON);
        let moments = self.first.iter_mut().zip(self.second.iter_mut());
        for ((p, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            if adaptive {
                *p -= factor * *m / ((*v * spread).root() + epsilon);
            } else {
                *p -= factor * *m;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_takes_the_steps_worked_out_by_hand() {
        // Gradients 2 and then -1 at rate 0.1. First step: m/(1-β1) = 2, sqrt(v/(1-β2)) = 2, so 1 - 0.1.
        // Second: m = 0.08, m̂ = 0.08/0.19; v = 0.004996, v̂ = 0.004996/0.001999.
        let mut adam = Optimiser::<f64>::new(Method::Adam, 1);
        let mut p = [1.0];
        adam.update(0.1, &[2.0], &mut p);
        assert!((p[0] - 0.9).abs() < 1e-9);
        adam.update(0.1, &[-1.0], &mut p);
        let want = 0.9 - 0.1 * (0.08 / 0.19) / libm_sqrt(0.004_996 / 0.001_999);
        assert!((p[0] - want).abs() < 1e-8, "{} {want}", p[0]);
        assert!((p[0] - 0.873_366_2).abs() < 1e-6);
    }

    #[test]
    fn rectified_adam_begins_without_and_goes_on_with_its_denominator() {
        // ρ_∞ = 1999; ρ_1..ρ_4 = 1.0, 1.9997.., 2.998.., 3.996.. stay at or under 4, ρ_5 = 4.992.. does not.
        let mut radam = Optimiser::<f64>::new(Method::RAdam, 1);
        let mut p = [0.0];
        for step in 1..=4 {
            radam.update(0.1, &[2.0], &mut p);
            assert!((p[0] + 0.2 * step as f64).abs() < 1e-9, "m̂ is 2 under a constant gradient");
        }
        radam.update(0.1, &[2.0], &mut p);
        let power = 0.999_f64 * 0.999 * 0.999 * 0.999 * 0.999;
        let rho = 1999.0 - 10.0 * power / (1.0 - power);
        assert!((rho - 4.992).abs() < 1e-2);
        let r = libm_sqrt((rho - 4.0) * (rho - 2.0) * 1999.0 / (1995.0 * 1997.0 * rho));
        assert!((r - 0.017_3).abs() < 5e-4);
        assert!((p[0] + 0.8 + 0.1 * r).abs() < 1e-8);
    }

    fn libm_sqrt(x: f64) -> f64 {
        x.root()
    }

    #[test]
    fn exponential_schedule_runs_from_one_rate_to_the_other() {
        let schedule = Schedule::Exponential { from: 1e-2, to: 1e-4, updates: 100 };
        assert_eq!(schedule.rate(0), 1e-2);
        assert!((schedule.rate(50) - 1e-3).abs() < 1e-15);
        assert_eq!(schedule.rate(100), 1e-4);
        assert_eq!(schedule.rate(1000), 1e-4);
        assert_eq!(Schedule::Constant(0.5).rate(7), 0.5);
    }
}
