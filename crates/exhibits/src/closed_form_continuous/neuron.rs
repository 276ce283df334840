//! One liquid time-constant neuron: its equation solved, and in closed form.

use numerics::{Real, Stream};

/// Neurons of a picture and of a claim.
pub(super) const NEURONS: usize = 200;
/// Seconds over which one is followed.
pub(super) const HORIZON: f64 = 5.0;

/// What a person can set of every neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terms {
    /// `w`, one over seconds.
    pub(super) leak: f64,
    /// `γ`.
    pub(super) slope: f64,
    /// `μ`.
    pub(super) centre: f64,
    /// Of the input, radians a second.
    pub(super) speed: f64,
}

/// `x' = -(w + f(I)) (x - A)` with `f(I) = σ(γ (I - μ))`, driven by the mean of three sines.
///
/// Source: Hasani et al., Closed-form Continuous-time Neural Networks, 2022: the neuron whose solution
/// `A + (x₀ - A) exp(-w t - ∫ f(I) ds)` is approximated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neuron {
    pub(super) terms: Terms,
    /// `x₀`.
    pub(super) start: f64,
    /// `A`.
    pub(super) reversal: f64,
    /// Of each sine over the speed, and where it begins.
    sines: [[f64; 2]; 3],
}

/// A neuron's course, sampled evenly from 0 to [`HORIZON`].
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) times: Vec<f64>,
    /// The equation solved by Runge and Kutta's method of order four.
    pub(super) solved: Vec<f64>,
    /// `A + (x₀ - A) exp(-(w + f(I)) t) f(-I)`.
    pub(super) closed: Vec<f64>,
    /// The same without `f(-I)`.
    pub(super) plain: Vec<f64>,
    /// `exp(-w t)`.
    pub(super) bound: Vec<f64>,
    /// `|x₀ - A|`, the unit of errors.
    pub(super) unit: f64,
}

impl Neuron {
    /// Draws a neuron: it starts in ±1/2, is pulled to 1 or -1, and its sines have from half the speed to one and a half.
    pub(super) fn draw(terms: Terms, stream: &mut Stream) -> Self {
        let start = stream.between(-0.5, 0.5);
        let reversal = if stream.below(2) == 0 { -1.0 } else { 1.0 };
        let mut sine = || [stream.between(0.5, 1.5), stream.between(0.0, 2.0 * std::f64::consts::PI)];
        Self { terms, start, reversal, sines: [sine(), sine(), sine()] }
    }

    /// The input at a time.
    pub(super) fn input(&self, t: f64) -> f64 {
        let sine = |k: usize| Real::sin(self.terms.speed * self.sines[k][0] * t + self.sines[k][1]);
        numerics::sum_by(3, sine) / 3.0
    }

    /// `f(I)` at a time.
    fn open(&self, t: f64) -> f64 {
        let Terms { slope, centre, .. } = self.terms;
        0.5 + 0.5 * Real::tanh(0.5 * slope * (self.input(t) - centre))
    }

    /// Follows it for [`HORIZON`] in so many steps.
    pub(super) fn follow(&self, steps: usize) -> Course {
        let h = HORIZON / steps as f64;
        let Terms { leak, .. } = self.terms;
        let away = self.start - self.reversal;
        let mut course = Course { unit: away.abs(), ..Course::default() };
        let (mut x, mut open) = (self.start, self.open(0.0));
        for step in 0..=steps {
            let t = h * step as f64;
            let fallen = away * Real::exp(-(leak + open) * t);
            course.times.push(t);
            course.solved.push(x);
            course.closed.push(self.reversal + fallen * (1.0 - open));
            course.plain.push(self.reversal + fallen);
            course.bound.push(Real::exp(-leak * t));
            let (middle, end) = (self.open(t + 0.5 * h), self.open(h * (step + 1) as f64));
            let rate = |x: f64, open: f64| -(leak + open) * (x - self.reversal);
            let k1 = rate(x, open);
            let k2 = rate(x + 0.5 * h * k1, middle);
            let k3 = rate(x + 0.5 * h * k2, middle);
            let k4 = rate(x + h * k3, end);
            x += h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4);
            open = end;
        }
        course
    }
}

impl Course {
    /// `|x - x̃|` in units of `|x₀ - A|`, of the closed form and without its factor.
    pub(super) fn errors(&self) -> [Vec<f64>; 2] {
        [&self.closed, &self.plain].map(|of| {
            let apart = self.solved.iter().zip(of).map(|(x, y)| (x - y).abs() / self.unit);
            apart.collect()
        })
    }

    /// Root of their mean squares.
    pub(super) fn rms(&self) -> [f64; 2] {
        self.errors().map(|errors| {
            let squares = numerics::sum_by(errors.len(), |k| errors[k] * errors[k]);
            Real::sqrt(squares / errors.len() as f64)
        })
    }

    /// The largest error of the closed form over its bound.
    pub(super) fn worst(&self) -> f64 {
        let [errors, _] = self.errors();
        let ratios = errors.iter().zip(&self.bound).map(|(error, bound)| error / bound);
        ratios.fold(0.0, |worst: f64, ratio| if ratio > worst { ratio } else { worst })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(terms: Terms) -> Vec<Neuron> {
        let mut stream = Stream::new(5, "neurons");
        (0..40).map(|_| Neuron::draw(terms, &mut stream)).collect()
    }

    #[test]
    fn the_equation_is_solved_as_by_its_integral() {
        for neuron in some(Terms { leak: 0.7, slope: 3.0, centre: 0.2, speed: 3.0 }) {
            let (steps, fine) = (500, 20);
            let course = neuron.follow(steps);
            // Simpson's rule on steps twenty times as fine.
            let h = HORIZON / (steps * fine) as f64;
            let mut integral = 0.0;
            for k in 0..steps * fine {
                let t = h * k as f64;
                integral += h / 6.0 * (neuron.open(t) + 4.0 * neuron.open(t + 0.5 * h) + neuron.open(t + h));
            }
            let away = neuron.start - neuron.reversal;
            let want = neuron.reversal + away * Real::exp(-0.7 * HORIZON - integral);
            assert!((course.solved[steps] - want).abs() < 1e-9, "{} {want}", course.solved[steps]);
        }
    }

    #[test]
    fn the_error_stays_within_its_bound_and_the_bound_is_no_larger_than_need_be() {
        let mut worst: f64 = 0.0;
        for (leak, slope, centre, speed) in
            [(0.0, 5.0, -1.0, 5.0), (3.0, 0.5, 1.0, 0.2), (1.0, 5.0, -1.0, 0.2)]
        {
            for neuron in some(Terms { leak, slope, centre, speed }) {
                let ratio = neuron.follow(500).worst();
                assert!(ratio <= 1.0, "{ratio} of {neuron:?}");
                worst = if ratio > worst { ratio } else { worst };
            }
        }
        assert!(worst > 0.9, "{worst}");
    }

    #[test]
    fn a_constant_input_is_solved_exactly_without_the_factor() {
        for neuron in some(Terms { leak: 1.0, slope: 2.0, centre: 0.0, speed: 0.0 }) {
            let [closed, plain] = neuron.follow(500).rms();
            assert!(plain < 1e-9 && closed > 1e-2, "{closed} {plain}");
        }
    }
}
