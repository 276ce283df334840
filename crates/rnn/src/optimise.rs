use crate::error::Error;
use crate::float::Float;
use numerics::Real;
use std::cmp::Ordering::Less;

/// How a gradient becomes a change of the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Adam (Kingma and Ba 2015, algorithm 1), with β = (0.9, 0.999) unless told otherwise and ε = 1e-8.
    Adam,
    /// Rectified Adam (Liu et al. 2020, algorithm 2), the same constants; without the adaptive denominator
    /// while the length `ρ_t` of the approximated average is at most 4.
    RAdam,
    /// Adam that draws each parameter to zero by `rate · decay · p` beside its step (Loshchilov and Hutter 2019,
    /// algorithm 2).
    AdamW {
        /// The decay, at least 0.
        decay: f64,
    },
    /// `v ← μ v + g`, `p ← p - rate · v` (Polyak 1964).
    Sgd {
        /// The momentum `μ`, `0 <= μ < 1`; 0 for plain gradient descent.
        momentum: f64,
    },
    /// `v ← α v + (1-α) g²`, `p ← p - rate · g / (√v + ε)` (Tieleman and Hinton 2012, lecture 6.5), ε = 1e-8.
    RmsProp {
        /// The smoothing `α`, `0 <= α < 1`.
        smoothing: f64,
    },
}

impl Method {
    pub(crate) fn check(self) -> Result<(), Error> {
        let share = |what, found: f64| {
            if (0.0..1.0).contains(&found) {
                return Ok(());
            }
            Err(Error::Setting { what, found, expected: "at least 0 and less than 1" })
        };
        match self {
            Method::Adam | Method::RAdam => Ok(()),
            Method::AdamW { decay } if decay >= 0.0 && decay.is_finite() => Ok(()),
            Method::AdamW { decay } => {
                let expected = "a finite number of at least 0";
                Err(Error::Setting { what: "the decay", found: decay, expected })
            }
            Method::Sgd { momentum } => share("the momentum", momentum),
            Method::RmsProp { smoothing } => share("the smoothing", smoothing),
        }
    }
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
    /// `to + (from - to)(1 + cos(π n/updates))/2`, and `to` after that many.
    Cosine {
        /// Rate of the first update.
        from: f64,
        /// Rate reached.
        to: f64,
        /// Number of updates in between.
        updates: u64,
    },
    /// `rate` times the factor of the last of `steps` whose share of the updates is reached; `rate` before the first.
    Steps {
        /// Rate at first.
        rate: f64,
        /// Number of updates that the shares are of.
        updates: u64,
        /// Shares of the updates, rising, each with its factor.
        steps: &'static [(f64, f64)],
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
            Schedule::Cosine { from, to, updates } => {
                if n >= updates {
                    to
                } else {
                    let turned = Real::cos(std::f64::consts::PI * n as f64 / updates as f64);
                    to + (from - to) * 0.5 * (1.0 + turned)
                }
            }
            Schedule::Steps { rate, updates, steps } => {
                let reached = |share: f64| n as f64 >= share * updates as f64;
                let factor = steps.iter().rev().find(|(share, _)| reached(*share)).map_or(1.0, |s| s.1);
                rate * factor
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let positive = |found: f64| {
            if found > 0.0 && found.is_finite() {
                return Ok(());
            }
            Err(Error::Setting { what: "the learning rate", found, expected: "greater than 0" })
        };
        match *self {
            Schedule::Constant(rate) => positive(rate),
            Schedule::Exponential { from, to, .. } | Schedule::Cosine { from, to, .. } => {
                positive(from)?;
                positive(to)
            }
            Schedule::Steps { rate, steps, .. } => {
                positive(rate)?;
                steps.iter().try_for_each(|(_, factor)| positive(rate * factor))?;
                match steps.windows(2).find(|pair| pair[0].0.partial_cmp(&pair[1].0) != Some(Less)) {
                    Some(pair) => {
                        let (what, expected) = ("a step of the learning rate", "later than the one before");
                        Err(Error::Setting { what, found: pair[1].0, expected })
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

const BETAS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// A method with its moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser<T> {
    method: Method,
    betas: [f64; 2],
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
            betas: BETAS,
            first: vec![T::zero(); count],
            second: vec![T::zero(); count],
            updates: 0,
            powers: [1.0, 1.0],
        }
    }

    /// The same with other `β` of the methods that have them.
    ///
    /// # Errors
    /// [`Error::Setting`] for one outside [0, 1).
    pub fn with_betas(mut self, betas: [f64; 2]) -> Result<Self, Error> {
        for found in betas {
            if !(0.0..1.0).contains(&found) {
                let expected = "at least 0 and less than 1";
                return Err(Error::Setting { what: "a β of the optimiser", found, expected });
            }
        }
        self.betas = betas;
        Ok(self)
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
        match self.method {
            Method::Adam | Method::RAdam => self.adapt(rate, gradient, parameters),
            Method::AdamW { decay } => {
                let kept = T::of(1.0 - rate * decay);
                parameters.iter_mut().for_each(|p| *p *= kept);
                self.adapt(rate, gradient, parameters);
            }
            Method::Sgd { momentum } => {
                let (momentum, rate) = (T::of(momentum), T::of(rate));
                for ((p, &g), v) in parameters.iter_mut().zip(gradient).zip(&mut self.first) {
                    *v = momentum * *v + g;
                    *p -= rate * *v;
                }
            }
            Method::RmsProp { smoothing } => {
                let (keep, take) = (T::of(smoothing), T::of(1.0 - smoothing));
                let (rate, epsilon) = (T::of(rate), T::of(EPSILON));
                for ((p, &g), v) in parameters.iter_mut().zip(gradient).zip(&mut self.second) {
                    *v = keep * *v + take * (g * g);
                    *p -= rate * g / (v.root() + epsilon);
                }
            }
        }
    }

    fn adapt(&mut self, rate: f64, gradient: &[T], parameters: &mut [T]) {
        let [beta1, beta2] = self.betas;
        self.powers[0] *= beta1;
        self.powers[1] *= beta2;
        let [power1, power2] = self.powers;
        let t = self.updates as f64;
        let unbias = 1.0 / (1.0 - power1);
        let longest = 2.0 / (1.0 - beta2) - 1.0;
        let length = longest - 2.0 * t * power2 / (1.0 - power2);
        let (factor, adaptive) = match self.method {
            Method::RAdam if length > 4.0 => {
                let rectified =
                    (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
                (rate * unbias * Real::sqrt(rectified), true)
            }
            Method::RAdam => (rate * unbias, false),
            _ => (rate * unbias, true),
        };
        let (b1, c1) = (T::of(beta1), T::of(1.0 - beta1));
        let (b2, c2) = (T::of(beta2), T::of(1.0 - beta2));
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

    fn run(method: Method, gradients: &[f64]) -> Vec<f64> {
        let mut optimiser = Optimiser::<f64>::new(method, 1);
        let mut p = [1.0];
        gradients
            .iter()
            .map(|&g| {
                optimiser.update(0.1, &[g], &mut p);
                p[0]
            })
            .collect()
    }

    fn close(got: &[f64], want: &[f64]) {
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-7), "{got:?} {want:?}");
    }

    #[test]
    fn momentum_and_smoothed_squares_take_the_steps_worked_out_by_hand() {
        close(&run(Method::Sgd { momentum: 0.0 }, &[2.0, -1.0]), &[0.8, 0.9]);
        // v = 2, then 0.5 · 2 - 1 = 0, then 1.
        close(&run(Method::Sgd { momentum: 0.5 }, &[2.0, -1.0, 1.0]), &[0.8, 0.8, 0.7]);
        // v = 0.5 · 4 = 2, then 1 + 0.5.
        let first = 1.0 - 0.1 * 2.0 / libm_sqrt(2.0);
        let want = [first, first + 0.1 / libm_sqrt(1.5)];
        close(&run(Method::RmsProp { smoothing: 0.5 }, &[2.0, -1.0]), &want);
    }

    #[test]
    fn decoupled_decay_shrinks_beside_the_step_of_adam() {
        // At first a step of Adam is rate · sign(g); the decay takes a tenth of a half before it.
        close(&run(Method::AdamW { decay: 0.5 }, &[2.0]), &[0.95 - 0.1]);
        assert_eq!(
            run(Method::AdamW { decay: 0.0 }, &[2.0, -1.0, 0.3]),
            run(Method::Adam, &[2.0, -1.0, 0.3])
        );
    }

    #[test]
    fn other_betas_weigh_the_past_otherwise() {
        // Without memory each step is rate · sign(g).
        let mut plain = Optimiser::<f64>::new(Method::Adam, 1).with_betas([0.0, 0.0]).unwrap();
        let mut p = [0.0];
        plain.update(0.1, &[5.0], &mut p);
        plain.update(0.1, &[-0.2], &mut p);
        assert!(p[0].abs() < 1e-7);
        assert!(Optimiser::<f64>::new(Method::Adam, 1).with_betas([0.9, 1.0]).is_err());
    }

    #[test]
    fn cosine_and_stepped_schedules_have_their_values() {
        let cosine = Schedule::Cosine { from: 1.0, to: 0.2, updates: 100 };
        let rates: Vec<f64> = [0, 25, 50, 100, 500].map(|n| cosine.rate(n)).to_vec();
        close(&rates, &[1.0, 0.2 + 0.4 * (1.0 + libm_sqrt(0.5)), 0.6, 0.2, 0.2]);
        let steps = Schedule::Steps { rate: 2.0, updates: 100, steps: &[(0.5, 0.4), (0.8, 0.1)] };
        let rates: Vec<f64> = [0, 49, 50, 79, 80, 1000].map(|n| steps.rate(n)).to_vec();
        close(&rates, &[2.0, 2.0, 0.8, 0.8, 0.2, 0.2]);
        assert!(steps.check().is_ok());
        for steps in [&[(0.5, 0.4), (0.5, 0.1)][..], &[(0.5, 0.0)], &[(0.5, 1.0), (f64::NAN, 1.0)]] {
            assert!(Schedule::Steps { rate: 1.0, updates: 1, steps }.check().is_err(), "{steps:?}");
        }
    }

    #[test]
    fn methods_out_of_range_are_refused() {
        for method in [
            Method::Sgd { momentum: 1.0 },
            Method::RmsProp { smoothing: -0.1 },
            Method::AdamW { decay: f64::NAN },
        ] {
            assert!(matches!(method.check(), Err(Error::Setting { .. })), "{method:?}");
        }
    }
}
