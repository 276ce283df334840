//! Dynamic mean-field theory of large random networks.

use crate::error::{Error, check_option};
use crate::fourier::Fourier;
use core::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};
use numerics::sum_by;

/// Steps of the circle on which autocovariances are solved for.
const CIRCLE: usize = 4096;
/// Relative change at which the iteration has settled.
const SETTLED: f64 = 1e-8;
/// Most iterations, in closed form and by tables.
const PATIENCE: [usize; 2] = [3000, 600];
/// Values of `Δ(0)` among which the sign of the potential is looked at.
const BRACKETS: usize = 4000;
/// Steps of the curve of chaos to a step of the network.
const FINE: usize = 8;
/// Standard deviations out to which averages go.
const REACH: f64 = 6.5;
/// Nodes of a table of correlations.
const NODES: usize = 17;

/// What a unit makes of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// `φ(x) = erf(√π x / 2)`, of slope 1 at 0: its Gaussian averages are known in closed form.
    Erf,
    /// `φ(x) = tanh x`.
    Tanh,
    /// `φ(x) = tanh(max(x, 0))`: not odd, so that activity has a mean of its own in each unit.
    RectifiedTanh,
}

impl Transfer {
    /// `φ(x)`.
    #[inline]
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Erf => libm::erf(0.5 * libm::sqrt(PI) * x),
            Self::Tanh => libm::tanh(x),
            Self::RectifiedTanh => {
                if x > 0.0 {
                    libm::tanh(x)
                } else {
                    0.0
                }
            }
        }
    }

    /// Whether `φ(-x) = -φ(x)`.
    pub fn is_odd(self) -> bool {
        self != Self::RectifiedTanh
    }

    /// `Φ(x)` with `Φ' = φ`.
    fn integral(self, x: f64) -> f64 {
        let log_cosh = |x: f64| {
            let size = libm::fabs(x);
            size + libm::log1p(libm::exp(-2.0 * size)) - core::f64::consts::LN_2
        };
        match self {
            Self::Erf => {
                let scaled = 0.5 * libm::sqrt(PI) * x;
                x * libm::erf(scaled) + FRAC_2_PI * libm::exp(-scaled * scaled)
            }
            Self::Tanh => log_cosh(x),
            Self::RectifiedTanh => {
                if x > 0.0 {
                    log_cosh(x)
                } else {
                    0.0
                }
            }
        }
    }

    /// Mean slope `m = ⟨φ'⟩` under a Gaussian of variance `variance`, which is `⟨x φ(x)⟩ / ⟨x²⟩`.
    fn slope(self, variance: f64) -> f64 {
        match self {
            Self::Erf => 1.0 / libm::sqrt(1.0 + FRAC_PI_2 * variance),
            _ => {
                average(0.02, |z| {
                    let x = libm::sqrt(variance) * z;
                    z * self.value(x)
                }) / libm::sqrt(variance)
            }
        }
    }
}

/// `∫ f(z) exp(-z²/2) dz / √(2π)` by the trapezium rule of spacing `step`, which for a Gaussian weight converges
/// exponentially as the rule of Gauss and Hermite does, and spends no nodes where nothing is.
fn average(step: f64, f: impl Fn(f64) -> f64) -> f64 {
    let reach = (REACH / step) as usize;
    let z = |i: usize| i as f64 * step - reach as f64 * step;
    let weights = weights(2 * reach + 1, z);
    sum_by(weights.len(), |i| weights[i] * f(z(i)))
}

/// Weights of evenly spaced nodes.
fn weights(count: usize, z: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..count).map(|i| libm::exp(-0.5 * z(i) * z(i))).collect();
    let total = numerics::sum(&weights);
    for weight in &mut weights {
        *weight /= total;
    }
    weights
}

/// `⟨f(x) f(y)⟩` for Gaussian `x`, `y` of one variance and of correlation `sin θ`, as a sum of Chebyshev polynomials of
/// `θ` in `[0, π/2]`: in `θ` it has no corner at the ends, however steep `f` is.
struct Correlations {
    variance: f64,
    coefficients: [f64; NODES],
    odd: bool,
}

impl Correlations {
    /// `x = √v (√ρ z + √(1 - ρ) u)` and `y` with another `u` have the correlation `ρ`, so that what is averaged is the
    /// square of the average over `u`.
    fn new(variance: f64, odd: bool, f: impl Fn(f64) -> f64) -> Self {
        // Poles of a steep function lie nearer to the real line.
        let step = if variance > 10.0 { 0.1 } else { 0.2 };
        let reach = (REACH / step) as usize;
        // Nodes shifted by this part of the spacing, at which Bernoulli's second polynomial vanishes, see no corner at 0.
        let shift = if odd { 0.0 } else { 0.5 - 0.5 / libm::sqrt(3.0) };
        let z = |i: usize| (i as f64 + shift) * step - reach as f64 * step;
        let weights = weights(2 * reach + 1, z);
        let angle = |k: usize| PI * (k as f64 + 0.5) / NODES as f64;
        let mut values = [0.0; NODES];
        for (k, value) in values.iter_mut().enumerate() {
            let rho = libm::sin(0.5 * FRAC_PI_2 * (1.0 + libm::cos(angle(k))));
            let (shared, own) = (libm::sqrt(variance * rho), libm::sqrt(variance * (1.0 - rho)));
            let square = |i: usize| {
                let inner = sum_by(weights.len(), |j| weights[j] * f(shared * z(i) + own * z(j)));
                weights[i] * inner * inner
            };
            // Of an odd function both halves are the same, and at 0 is nothing.
            *value = if odd {
                2.0 * sum_by(reach, |i| square(reach + 1 + i))
            } else {
                sum_by(weights.len(), square)
            };
        }
        let mut coefficients = [0.0; NODES];
        for (order, coefficient) in coefficients.iter_mut().enumerate() {
            let scale = if order == 0 { 1.0 } else { 2.0 } / NODES as f64;
            *coefficient = scale * sum_by(NODES, |k| values[k] * libm::cos(order as f64 * angle(k)));
        }
        Self { variance, coefficients, odd }
    }

    fn at(&self, covariance: f64) -> f64 {
        let rho = covariance / self.variance;
        let size = libm::fabs(rho);
        let theta = libm::asin(if size < 1.0 { size } else { 1.0 });
        // A correlation below 0 of a function that is not odd does not come up but by rounding.
        let theta = if rho < 0.0 && !self.odd { 0.0 } else { theta };
        let x = 4.0 * theta / PI - 1.0;
        let (mut next, mut after) = (0.0, 0.0);
        for &coefficient in self.coefficients[1..].iter().rev() {
            (next, after) = (2.0 * x * next - after + coefficient, next);
        }
        let value = x * next - after + self.coefficients[0];
        if rho < 0.0 && self.odd { -value } else { value }
    }
}

/// `C_φ` as a function of the covariance of the inputs.
enum Activity {
    Closed { variance: f64 },
    Table(Correlations),
}

impl Activity {
    fn new(transfer: Transfer, variance: f64) -> Self {
        match transfer {
            Transfer::Erf => Self::Closed { variance },
            _ => Self::Table(Correlations::new(variance, transfer.is_odd(), |x| transfer.value(x))),
        }
    }
    fn at(&self, covariance: f64) -> f64 {
        match self {
            Self::Closed { variance } => {
                FRAC_2_PI * libm::asin(FRAC_PI_2 * covariance / (1.0 + FRAC_PI_2 * variance))
            }
            Self::Table(table) => table.at(covariance),
        }
    }
}

/// A network `x ← x + dt (-x + J φ(x)) + σ √dt ξ` of many units with independent couplings of mean 0 and variance `g² / N`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomNetwork {
    /// What a unit makes of its input.
    pub transfer: Transfer,
    /// `g`.
    pub coupling: f64,
    /// `σ`.
    pub noise: f64,
    /// `dt`, in time constants.
    pub dt: f64,
}

/// `φ(μ + √v z) = Σ_k a_k h_k(z)` in Hermite polynomials of unit norm under the Gaussian of `z`: what a unit of mean input
/// `μ` makes of fluctuations of variance `v`. Inputs of correlation `ρ` give activities of covariance `Σ_{k ≥ 1} a_k² ρᵏ`
/// (Mehler's formula).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expansion {
    /// Mean activity `a_0`.
    pub mean: f64,
    /// Mean slope `⟨φ'⟩ = a_1 / √v`.
    pub slope: f64,
    /// `a_1², ..., a_7²`, and all that is left of the variance in the last place.
    pub powers: [f64; 8],
}

impl Transfer {
    /// Expands about a mean input, for fluctuations of a variance above 0.
    pub fn expand(self, mean: f64, variance: f64) -> Expansion {
        let sd = libm::sqrt(variance);
        let mut a = [0.0; 8];
        for (k, coefficient) in a.iter_mut().enumerate() {
            *coefficient = average(0.1, |z| self.value(mean + sd * z) * hermite(k, z));
        }
        let square = average(0.1, |z| self.value(mean + sd * z) * self.value(mean + sd * z));
        let mut powers = [0.0; 8];
        let mut rest = square - a[0] * a[0];
        for k in 1..8 {
            powers[k - 1] = a[k] * a[k];
            rest -= powers[k - 1];
        }
        powers[7] = if rest > 0.0 { rest } else { 0.0 };
        Expansion { mean: a[0], slope: a[1] / sd, powers }
    }

    /// Mean activity of a unit of mean input `mean` whose input fluctuates with a variance above 0.
    pub fn mean_activity(self, mean: f64, variance: f64) -> f64 {
        let sd = libm::sqrt(variance);
        average(0.1, |z| self.value(mean + sd * z))
    }
}

/// The Hermite polynomial of order `order`, of unit norm: `√k h_k = z h_{k-1} - √(k - 1) h_{k-2}`.
fn hermite(order: usize, z: f64) -> f64 {
    let (mut before, mut here) = (0.0, 1.0);
    for k in 1..=order {
        let next = (z * here - libm::sqrt((k - 1) as f64) * before) / libm::sqrt(k as f64);
        (before, here) = (here, next);
    }
    here
}

/// What the theory says of a single unit.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanField {
    /// `Δ(τ) = ⟨x(t) x(t + τ)⟩` at `τ = 0, 1, ..., 2048` steps.
    pub input: Vec<f64>,
    /// `C_φ(τ) = ⟨φ(x(t)) φ(x(t + τ))⟩` at the same lags.
    pub activity: Vec<f64>,
    /// Mean slope `m = ⟨φ'(x)⟩`.
    pub slope: f64,
    /// What is left of `Δ` after a long time: the variance over units of the mean input. 0 where `φ` is odd.
    pub input_floor: f64,
    /// The same of `C_φ`.
    pub activity_floor: f64,
    /// Iterations taken; 0 for the potential's solution.
    pub iterations: usize,
    /// Relative change of the last iteration.
    pub change: f64,
    /// Whether it settled.
    pub converged: bool,
}

/// The exact response of the scheme of Euler to its drive, `K(ω) = dt / (e^{iω} - 1 + dt)`: real and imaginary part, for
/// `ω` in radians a step.
pub fn euler_response(omega: f64, dt: f64) -> [f64; 2] {
    let (re, im) = (libm::cos(omega) - 1.0 + dt, libm::sin(omega));
    let square = re * re + im * im;
    [dt * re / square, -dt * im / square]
}

fn response_square(omega: f64, dt: f64) -> f64 {
    let [re, im] = euler_response(omega, dt);
    re * re + im * im
}

fn omega(k: usize) -> f64 {
    2.0 * PI * k as f64 / CIRCLE as f64
}

impl RandomNetwork {
    /// Solves for the autocovariance of a unit of an infinite network.
    ///
    /// With noise: `Δ(ω) = |K(ω)|² (g² C_φ(ω) + σ²/dt)` by damped iteration on 4096 steps, with the response `K` of the
    /// scheme itself. Without: `Δ'' = Δ - g² C_φ(Δ) = -dV/dΔ` in continuous time, on the curve of energy `V(Δ(0)) = 0` that
    /// chaos takes.
    ///
    /// Source: Sompolinsky, Crisanti and Sommers, Chaos in random neural networks (1988).
    ///
    /// # Errors
    /// [`Error::Option`] where a number is out of range; without noise also for `g ≤ 1`, where activity dies out, and for a
    /// transfer function that is not odd.
    pub fn mean_field(&self) -> Result<MeanField, Error> {
        let Self { coupling, noise, dt, transfer } = *self;
        check_option((0.0..=100.0).contains(&coupling), "coupling g", coupling, "from 0 to 100")?;
        check_option((0.0..=100.0).contains(&noise), "noise σ", noise, "from 0 to 100")?;
        check_option(dt > 0.0 && dt < 1.0, "step dt", dt, "above 0 and below 1")?;
        if noise > 0.0 {
            return Ok(self.driven());
        }
        check_option(coupling > 1.0, "coupling g", coupling, "above 1 without noise, or activity dies out")?;
        check_option(transfer.is_odd(), "noise σ", noise, "above 0 for a transfer function that is not odd")?;
        self.autonomous()
    }

    fn driven(&self) -> MeanField {
        let Self { coupling, noise, dt, transfer } = *self;
        let (g2, white) = (coupling * coupling, noise * noise / dt);
        let half = CIRCLE / 2;
        let response: Vec<f64> = (0..=half).map(|k| response_square(omega(k), dt)).collect();
        let fourier = Fourier::new(CIRCLE);
        // Even functions on the circle, from their first half and back.
        let even = |values: &[f64], scale: f64| -> Vec<f64> {
            let mut re: Vec<f64> =
                (0..CIRCLE).map(|k| values[if k > half { CIRCLE - k } else { k }]).collect();
            fourier.forward(&mut re, &mut vec![0.0; CIRCLE]);
            re.truncate(half + 1);
            re.iter().map(|value| scale * value).collect()
        };
        let start: Vec<f64> = response.iter().map(|k2| k2 * (white + 0.5 * g2)).collect();
        let back = 1.0 / CIRCLE as f64;
        let mut input = even(&start, back);
        let most = PATIENCE[usize::from(transfer != Transfer::Erf)];
        let (mut iterations, mut change) = (0, f64::INFINITY);
        while iterations < most && change > SETTLED {
            let average = Activity::new(transfer, input[0]);
            let activity: Vec<f64> = input.iter().map(|delta| average.at(*delta)).collect();
            let spectrum = even(&activity, 1.0);
            let next: Vec<f64> =
                spectrum.iter().zip(&response).map(|(c, k2)| k2 * (g2 * c + white)).collect();
            let next = even(&next, back);
            change = 0.0;
            for (old, new) in input.iter_mut().zip(&next) {
                let moved = 0.5 * (new - *old);
                *old += moved;
                let size = libm::fabs(moved);
                change = if size > change { size } else { change };
            }
            change /= input[0];
            iterations += 1;
        }
        let average = Activity::new(transfer, input[0]);
        let activity: Vec<f64> = input.iter().map(|delta| average.at(*delta)).collect();
        let (input_floor, activity_floor) =
            if transfer.is_odd() { (0.0, 0.0) } else { (input[half], activity[half]) };
        MeanField {
            slope: transfer.slope(input[0]),
            input,
            activity,
            input_floor,
            activity_floor,
            iterations,
            change,
            converged: change <= SETTLED,
        }
    }

    fn autonomous(&self) -> Result<MeanField, Error> {
        let Self { coupling, dt, transfer, .. } = *self;
        let g2 = coupling * coupling;
        // ∫₀^Δ C_φ is ⟨Φ(x) Φ(y)⟩ - ⟨Φ⟩² by Price's theorem; at Δ = Δ(0) averages of one variable do.
        let whole = |variance: f64| {
            let integral = match transfer {
                Transfer::Erf => closed_integral(variance, variance),
                _ => {
                    let sd = libm::sqrt(variance);
                    let first = average(0.05, |z| transfer.integral(sd * z));
                    average(0.05, |z| {
                        (transfer.integral(sd * z) - first) * (transfer.integral(sd * z) - first)
                    })
                }
            };
            g2 * integral - 0.5 * variance * variance
        };
        let at = |k: usize| g2 * k as f64 / BRACKETS as f64;
        let Some(place) = (1..BRACKETS).rev().find(|k| whole(at(*k)) > 0.0) else {
            return Err(Error::NotFound {
                what: "chaotic solution",
                parameter: coupling,
                distance: f64::NAN,
            });
        };
        let (mut low, mut high) = (at(place), at(place + 1));
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if whole(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let variance = 0.5 * (low + high);
        let average = Activity::new(transfer, variance);
        let table =
            (transfer != Transfer::Erf).then(|| Correlations::new(variance, false, |x| transfer.integral(x)));
        let potential = |delta: f64| {
            let integral = match &table {
                None => closed_integral(delta, variance),
                Some(table) => table.at(delta) - table.at(0.0),
            };
            g2 * integral - 0.5 * delta * delta
        };
        let top = potential(variance);
        let slope = transfer.slope(variance);
        // Far out the curve falls exponentially; there the difference of potentials has lost its digits.
        let rate = libm::sqrt(1.0 - g2 * slope * slope);
        let speed = |delta: f64| {
            let square = 2.0 * (top - potential(delta));
            if delta > 1e-3 * variance && square > 0.0 { -libm::sqrt(square) } else { -rate * delta }
        };
        let h = dt / FINE as f64;
        let bend = variance - g2 * average.at(variance);
        let mut delta = variance + 0.5 * bend * h * h;
        let mut input = vec![variance];
        for step in 2..=CIRCLE / 2 * FINE {
            let a = speed(delta);
            let b = speed(delta + 0.5 * h * a);
            let c = speed(delta + 0.5 * h * b);
            let d = speed(delta + h * c);
            delta += h / 6.0 * (a + 2.0 * b + 2.0 * c + d);
            if step % FINE == 0 {
                input.push(delta);
            }
        }
        let activity = input.iter().map(|delta| average.at(*delta)).collect();
        Ok(MeanField {
            input,
            activity,
            slope,
            input_floor: 0.0,
            activity_floor: 0.0,
            iterations: 0,
            change: 0.0,
            converged: rate > 0.0,
        })
    }

    /// Variance of `x` where `φ(x) = x`: the mean over frequencies of `|K|² (σ²/dt) / (1 - g² |K|²)`; infinite from `g = 1`
    /// on, where a linear network has no stationary state.
    pub fn linear_variance(&self) -> f64 {
        let g2 = self.coupling * self.coupling;
        if g2 >= 1.0 {
            return f64::INFINITY;
        }
        let white = self.noise * self.noise / self.dt;
        sum_by(CIRCLE, |k| {
            let square = response_square(omega(k), self.dt);
            square * white / (1.0 - g2 * square)
        }) / CIRCLE as f64
    }
}

/// `∫₀^Δ C_φ` for the error function: `(2/π) [Δ asin(cΔ) + (√(1 - c²Δ²) - 1)/c]`, `c = (π/2) / (1 + (π/2) Δ(0))`.
fn closed_integral(delta: f64, variance: f64) -> f64 {
    let c = FRAC_PI_2 / (1.0 + FRAC_PI_2 * variance);
    let x = c * delta;
    // √(1 - x²) - 1 without loss of digits.
    let fall = -x * x / (1.0 + libm::sqrt(1.0 - x * x));
    FRAC_2_PI * (delta * libm::asin(x) + fall / c)
}

/// Transform of an even function on the circle, of whose values at half of it something is made before.
fn spectrum(values: &[f64], count: usize, of: impl Fn(f64) -> f64) -> Vec<f64> {
    let half = CIRCLE / 2;
    if count == 0 || !CIRCLE.is_multiple_of(count) || values.len() != half + 1 {
        return Vec::new();
    }
    let mut re: Vec<f64> = (0..CIRCLE).map(|k| of(values[if k > half { CIRCLE - k } else { k }])).collect();
    Fourier::new(CIRCLE).forward(&mut re, &mut vec![0.0; CIRCLE]);
    (0..=count / 2).map(|k| re[k * (CIRCLE / count)]).collect()
}

impl MeanField {
    /// The spectrum of activity without its mean, `Σ_τ (C_φ(τ) - C_φ(∞)) e^{-iωτ}`, at `ω = 2πk / count` for
    /// `k = 0, ..., count / 2`; `count` divides 4096, or nothing comes back.
    pub fn activity_spectrum(&self, count: usize) -> Vec<f64> {
        spectrum(&self.activity, count, |value| value - self.activity_floor)
    }

    /// The spectrum of the `power`-th power of the correlation of a unit's input with itself, `Σ_τ ρ(τ)ᵏ e^{-iωτ}` with
    /// `ρ(τ) = (Δ(τ) - Δ(∞)) / (Δ(0) - Δ(∞))`, at the same frequencies.
    pub fn correlation_spectrum(&self, power: usize, count: usize) -> Vec<f64> {
        let variance = self.variance();
        spectrum(&self.input, count, |value| {
            let rho = (value - self.input_floor) / variance;
            (0..power).fold(1.0, |product, _| product * rho)
        })
    }

    /// Variance over time of a unit's input, `Δ(0) - Δ(∞)`.
    pub fn variance(&self) -> f64 {
        self.input[0] - self.input_floor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(transfer: Transfer, coupling: f64, noise: f64) -> RandomNetwork {
        RandomNetwork { transfer, coupling, noise, dt: 0.1 }
    }

    #[test]
    fn chaos_has_the_variances_of_its_potential() {
        for (g, variance, slope) in [(2.0, 2.064, 0.4855), (4.0, 10.687, 0.2371), (8.0, 45.499, 0.117_46)] {
            let found = network(Transfer::Erf, g, 0.0).mean_field().unwrap();
            assert!((found.input[0] - variance).abs() < 6e-4, "{g}: {}", found.input[0]);
            assert!((found.slope - slope).abs() < 1e-4, "{g}: {}", found.slope);
            assert!(found.input.windows(2).all(|w| w[1] < w[0] && w[1] >= 0.0), "{g}");
        }
    }

    #[test]
    fn the_curve_of_chaos_solves_its_equation() {
        for transfer in [Transfer::Erf, Transfer::Tanh] {
            let found = network(transfer, 2.0, 0.0).mean_field().unwrap();
            for k in [1, 5, 20, 60] {
                let [before, here, after] = [k - 1, k, k + 1].map(|k| found.input[k]);
                let bend = (after - 2.0 * here + before) / 0.01;
                let wanted = here - 4.0 * found.activity[k];
                assert!((bend - wanted).abs() < 3e-3, "{transfer:?} {k}: {bend} {wanted}");
            }
        }
    }

    #[test]
    fn a_driven_network_meets_its_own_condition() {
        let found = network(Transfer::Erf, 2.0, 1.5).mean_field().unwrap();
        assert!(found.converged && found.iterations < 200, "{}", found.iterations);
        assert!((found.input[0] - 2.726).abs() < 1e-3 && (found.input[10] - 1.680).abs() < 1e-3);
        // Parseval: the mean of the spectrum is the variance of activity, and that of the input follows from it.
        let spectrum = found.activity_spectrum(4096);
        let mean = |f: &dyn Fn(usize) -> f64| (f(0) + f(2048) + 2.0 * (1..2048).map(f).sum::<f64>()) / 4096.0;
        assert!((mean(&|k| spectrum[k]) - found.activity[0]).abs() < 1e-12);
        let input = mean(&|k| response_square(omega(k), 0.1) * (4.0 * spectrum[k] + 22.5));
        assert!((input - found.input[0]).abs() < 1e-7);
        assert!(found.activity_spectrum(100).is_empty() && found.activity_spectrum(256).len() == 129);
    }

    #[test]
    fn tables_agree_with_the_closed_form_and_with_plain_averages() {
        for variance in [0.3, 3.0, 40.0] {
            let closed = Activity::new(Transfer::Erf, variance);
            let table = Correlations::new(variance, true, |x| Transfer::Erf.value(x));
            let integral = Correlations::new(variance, false, |x| Transfer::Erf.integral(x));
            for rho in [-0.7, 0.0, 0.2, 0.6, 0.95, 1.0] {
                let delta = rho * variance;
                assert!((closed.at(delta) - table.at(delta)).abs() < 2e-5, "{variance} {rho}");
                let found = integral.at(libm::fabs(delta)) - integral.at(0.0);
                let wanted = closed_integral(delta, variance);
                assert!((found - wanted).abs() < 1e-4 * (1.0 + wanted), "{variance} {rho}: {found} {wanted}");
            }
            // A corner costs digits.
            for (transfer, near) in [(Transfer::Tanh, 1e-4), (Transfer::RectifiedTanh, 5e-4)] {
                let (sd, table) = (libm::sqrt(variance), Activity::new(transfer, variance));
                let square = average(0.01, |z| transfer.value(sd * z) * transfer.value(sd * z));
                assert!((table.at(variance) - square).abs() < near, "{transfer:?} {variance}");
                let middle = average(0.01, |z| transfer.value(sd * z));
                assert!((table.at(0.0) - middle * middle).abs() < near, "{transfer:?} {variance}");
            }
            let slope = average(0.01, |z| {
                let t = libm::tanh(libm::sqrt(variance) * z);
                1.0 - t * t
            });
            assert!((Transfer::Tanh.slope(variance) - slope).abs() < 1e-6);
        }
    }

    #[test]
    fn an_expansion_gives_back_correlations_of_activity() {
        let (mean, variance) = (0.4, 1.5);
        let found = Transfer::Erf.expand(mean, variance);
        let slope = average(0.02, |z| {
            let x = mean + libm::sqrt(variance) * z;
            libm::exp(-0.25 * PI * x * x)
        });
        assert!((found.slope - slope).abs() < 1e-9 && found.powers.iter().all(|power| *power >= 0.0));
        assert!((Transfer::Erf.mean_activity(mean, variance) - found.mean).abs() < 1e-15);
        // At mean 0 the covariance is known, and even orders are absent.
        let found = Transfer::Erf.expand(0.0, variance);
        for rho in [0.2, 0.6, 0.9] {
            let powers: f64 = (1..=8).map(|k| found.powers[k - 1] * libm::pow(rho, k as f64)).sum();
            let wanted = Activity::new(Transfer::Erf, variance).at(rho * variance);
            assert!((powers - wanted).abs() < 2e-3, "{rho}: {powers} {wanted}");
        }
        assert!(found.mean.abs() < 1e-12 && found.powers[1] < 1e-20 && found.powers[7] < 0.02);
        let field = network(Transfer::Erf, 2.0, 1.5).mean_field().unwrap();
        // The first power alone is the spectrum of the input over its variance.
        let first = field.correlation_spectrum(1, 4096);
        let activity = field.activity_spectrum(4096);
        let wanted = response_square(omega(40), 0.1) * (4.0 * activity[40] + 22.5) / field.variance();
        assert!((first[40] / wanted - 1.0).abs() < 1e-6);
    }

    #[test]
    fn activity_that_is_not_odd_keeps_a_floor() {
        let found = network(Transfer::RectifiedTanh, 2.0, 1.0).mean_field().unwrap();
        assert!(found.converged, "{}", found.change);
        // The mean inputs of units have the variance that mean activities make: the floor maps onto itself.
        assert!((found.input_floor - 4.0 * found.activity_floor).abs() < 1e-6);
        assert!(found.input_floor > 0.05 && found.input_floor < found.input[0]);
        let odd = network(Transfer::Tanh, 2.0, 1.0).mean_field().unwrap();
        assert!(odd.converged && odd.input_floor == 0.0 && odd.input[2048] < 1e-3);
    }

    #[test]
    fn linear_units_have_no_stationary_state_from_unit_coupling_on() {
        assert_eq!(network(Transfer::Erf, 1.0, 1.0).linear_variance(), f64::INFINITY);
        // One unit alone: σ² dt / (1 - (1 - dt)²).
        let alone = network(Transfer::Erf, 0.0, 1.5).linear_variance();
        assert!((alone - 2.25 * 0.1 / 0.19).abs() < 1e-12, "{alone}");
        // Weak activity is linear.
        let weak = network(Transfer::Erf, 0.7, 1e-3);
        let found = weak.mean_field().unwrap().input[0];
        assert!((found / weak.linear_variance() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn what_has_no_solution_is_refused_with_the_reason() {
        let said = |n: RandomNetwork| n.mean_field().unwrap_err().to_string();
        assert!(said(network(Transfer::Erf, 0.9, 0.0)).contains("dies out"));
        assert!(said(network(Transfer::RectifiedTanh, 3.0, 0.0)).contains("not odd"));
        assert!(said(network(Transfer::Erf, f64::NAN, 1.0)).contains("coupling g"));
        assert!(said(RandomNetwork { dt: 1.0, ..network(Transfer::Erf, 1.0, 1.0) }).contains("step dt"));
    }
}
