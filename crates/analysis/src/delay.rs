//! Tangent dynamics of delay equations.

use crate::error::{Error, check_finite, check_option};
use crate::lyapunov::{LyapunovOptions, LyapunovRun, Tangent};
use numerics::Process;

/// Most numbers that describe a delay system's past: two for each variable at each step of its longest lag.
pub const PAST: usize = 40_000;
/// Most exponents of a delay system.
pub const DELAY_EXPONENTS: usize = 16;

/// A delay equation `x' = f(t, x(t), x(t - τ_1), ...)` with tangent vectors, its state the past over the longest lag.
///
/// The past is kept on the grid of the steps, values and rates, the newest first, and read between by cubic Hermite
/// interpolation: `2 n (⌈τ/h⌉ + 2)` numbers stand for a function on `[t - τ, t]` (Farmer, Chaotic attractors of an
/// infinite-dimensional dynamical system, 1982). Both the state and the tangent vectors take steps of Runge-Kutta 4;
/// the derivative along a tangent vector is a central difference, exact to about 1e-9 of it.
#[derive(Clone, Debug)]
pub struct DelayTangent<P> {
    process: P,
    dt: f64,
    lags: Vec<f64>,
    variables: Vec<usize>,
    slots: usize,
    rates: [Vec<f64>; 4],
    stage: Vec<f64>,
    direction: Vec<f64>,
    inputs: Vec<f64>,
    input_direction: Vec<f64>,
    moved: Vec<f64>,
    moved_inputs: Vec<f64>,
    above: Vec<f64>,
    below: Vec<f64>,
    next: Vec<f64>,
}

impl<P: Process> DelayTangent<P> {
    /// Steps of length `dt`, at most the shortest lag.
    ///
    /// # Errors
    /// [`Error::Option`] for a map, for random inputs, for lags that change or are shorter than a step, and for a past
    /// of more than [`PAST`] numbers.
    pub fn new(mut process: P, t0: f64, dt: f64, x0: &[f64]) -> Result<Self, Error> {
        let n = process.dimension();
        if x0.len() != n || n == 0 {
            return Err(Error::Dimension { given: x0.len(), wanted: n });
        }
        check_finite(x0)?;
        check_option(dt > 0.0 && dt.is_finite(), "step", dt, "a positive number")?;
        check_option(!process.is_map(), "number of iterations a step", 1.0, "0: a map has no delays")?;
        let draws = process.draws().len();
        check_option(
            draws == 0,
            "number of random inputs",
            draws as f64,
            "0: noise has no tangent dynamics",
        )?;
        let variables = process.delayed().to_vec();
        let mut lags = vec![0.0; variables.len()];
        let mut other = lags.clone();
        process.lags(t0, x0, &mut lags);
        let elsewhere: Vec<f64> = x0.iter().map(|x| 1.1 * x + 0.1).collect();
        process.lags(t0 + 1.37, &elsewhere, &mut other);
        let mut longest = 0.0;
        for (lag, other) in lags.iter().zip(&other) {
            check_option(lag == other, "a lag", *lag, "a constant, the same at every time and state")?;
            check_option(*lag >= dt, "a lag", *lag, "at least one step long")?;
            longest = if *lag > longest { *lag } else { longest };
        }
        let slots = libm::ceil(longest / dt) + 2.0;
        let wanted = "at most 40000: take longer steps";
        check_option(
            2.0 * slots * n as f64 <= PAST as f64,
            "numbers in the past",
            2.0 * slots * n as f64,
            wanted,
        )?;
        let (state, input) = (vec![0.0; n], vec![0.0; variables.len()]);
        Ok(Self {
            process,
            dt,
            lags,
            variables,
            slots: slots as usize,
            rates: core::array::from_fn(|_| state.clone()),
            stage: state.clone(),
            direction: state.clone(),
            inputs: input.clone(),
            input_direction: input.clone(),
            moved: state.clone(),
            moved_inputs: input,
            above: state.clone(),
            below: state.clone(),
            next: state,
        })
    }

    /// The past that leads to `x0` at time `t0`: what the process says of it.
    pub fn past(&mut self, t0: f64, x0: &[f64]) -> Vec<f64> {
        let n = x0.len();
        let mut past = vec![0.0; 2 * n * self.slots];
        let mut later = x0.to_vec();
        for slot in 0..self.slots {
            let row = &mut past[2 * n * slot..2 * n * (slot + 1)];
            if slot == 0 {
                row[..n].copy_from_slice(x0);
            } else {
                self.process.history(t0 - slot as f64 * self.dt, &mut row[..n]);
            }
            for i in 0..n {
                row[n + i] = (later[i] - row[i]) / self.dt;
                later[i] = row[i];
            }
        }
        past
    }
}

/// The delayed values at a fraction `c` of a step after the newest slot of `past`, whose entries stand `stride` apart.
fn delayed(
    past: &[f64],
    (offset, stride): (usize, usize),
    (n, h, c): (usize, f64, f64),
    variables: &[usize],
    lags: &[f64],
    values: &mut [f64],
) {
    for ((value, &variable), &lag) in values.iter_mut().zip(variables).zip(lags) {
        let back = lag / h - c;
        let back = if back > 0.0 { back } else { 0.0 };
        let slot = libm::floor(back);
        // From the older end of the interval to the newer one.
        let s = 1.0 - (back - slot);
        let at = |slot: usize, part: usize| past[(2 * n * slot + part * n + variable) * stride + offset];
        let (new, old) = (slot as usize, slot as usize + 1);
        let (s2, r) = (s * s, 1.0 - s);
        let (h00, h10) = ((1.0 + 2.0 * s) * r * r, s * r * r);
        let (h01, h11) = (s2 * (3.0 - 2.0 * s), s2 * (s - 1.0));
        *value = h00 * at(old, 0) + h * h10 * at(old, 1) + h01 * at(new, 0) + h * h11 * at(new, 1);
    }
}

impl<P: Process> Tangent for DelayTangent<P> {
    fn dimension(&self) -> usize {
        2 * self.stage.len() * self.slots
    }
    fn dt(&self) -> f64 {
        self.dt
    }
    /// The volume has no meaning in a space of functions: what is returned is not a number.
    fn advance(&mut self, t: f64, x: &mut [f64], q: &mut [f64], k: usize) -> f64 {
        let (n, h) = (self.stage.len(), self.dt);
        let fractions = [0.0, 0.5, 0.5, 1.0];
        let mut stages = [const { Vec::new() }; 4];
        let mut stage_inputs = [const { Vec::new() }; 4];
        for stage in 0..4 {
            let c = fractions[stage];
            for i in 0..n {
                let slope = if stage > 0 { self.rates[stage - 1][i] } else { 0.0 };
                self.stage[i] = x[i] + c * h * slope;
            }
            delayed(x, (0, 1), (n, h, c), &self.variables, &self.lags, &mut self.inputs);
            self.process.rate(t + c * h, &self.stage, &self.inputs, &mut self.rates[stage]);
            if k > 0 {
                stages[stage].clone_from(&self.stage);
                stage_inputs[stage].clone_from(&self.inputs);
            }
        }
        let blend = |rates: &[Vec<f64>; 4], i: usize| {
            h / 6.0 * (rates[0][i] + 2.0 * (rates[1][i] + rates[2][i]) + rates[3][i])
        };
        for i in 0..n {
            self.next[i] = x[i] + blend(&self.rates, i);
        }
        let newest = core::mem::take(&mut self.rates[0]);
        // The rate at the newest slot was not known before.
        x[n..2 * n].copy_from_slice(&newest);
        self.rates[0] = newest;
        x.copy_within(0..2 * n * (self.slots - 1), 2 * n);
        x[..n].copy_from_slice(&self.next);
        x[n..2 * n].copy_from_slice(&self.rates[3]);
        for column in 0..k {
            for stage in 0..4 {
                let c = fractions[stage];
                for i in 0..n {
                    let slope = if stage > 0 { self.rates[stage - 1][i] } else { 0.0 };
                    self.direction[i] = q[i * k + column] + c * h * slope;
                }
                let place = (column, k);
                delayed(q, place, (n, h, c), &self.variables, &self.lags, &mut self.input_direction);
                self.along(t + c * h, &stages[stage], &stage_inputs[stage], stage);
            }
            for i in 0..n {
                self.next[i] = q[i * k + column] + blend(&self.rates, i);
                q[(n + i) * k + column] = self.rates[0][i];
            }
            for slot in (1..self.slots).rev() {
                for i in 0..2 * n {
                    q[(2 * n * slot + i) * k + column] = q[(2 * n * (slot - 1) + i) * k + column];
                }
            }
            for i in 0..n {
                q[i * k + column] = self.next[i];
                q[(n + i) * k + column] = self.rates[3][i];
            }
        }
        f64::NAN
    }
}

impl<P: Process> DelayTangent<P> {
    /// The derivative of the rate at a state and its inputs along the direction at hand, into `rates[stage]`.
    fn along(&mut self, t: f64, state: &[f64], inputs: &[f64], stage: usize) {
        let largest = |values: &[f64], so_far: f64| {
            values.iter().fold(so_far, |most, v| if libm::fabs(*v) > most { libm::fabs(*v) } else { most })
        };
        let size = largest(&self.input_direction, largest(&self.direction, 0.0));
        if size == 0.0 {
            self.rates[stage].fill(0.0);
            return;
        }
        let scale = largest(inputs, largest(state, 1.0));
        let step = 6e-6 * scale / size;
        for sign in [1.0, -1.0] {
            for (moved, (x, d)) in self.moved.iter_mut().zip(state.iter().zip(&self.direction)) {
                *moved = x + sign * step * d;
            }
            for (moved, (x, d)) in self.moved_inputs.iter_mut().zip(inputs.iter().zip(&self.input_direction))
            {
                *moved = x + sign * step * d;
            }
            let rate = if sign > 0.0 { &mut self.above } else { &mut self.below };
            self.process.rate(t, &self.moved, &self.moved_inputs, rate);
        }
        for (rate, (above, below)) in self.rates[stage].iter_mut().zip(self.above.iter().zip(&self.below)) {
            *rate = (above - below) / (2.0 * step);
        }
    }
}

impl<P: Process> LyapunovRun<DelayTangent<P>> {
    /// A measurement of the largest exponents, `options.exponents` of them, of a delay system that is at `x0` at the
    /// start; its spectrum's divergence is not a number.
    ///
    /// # Errors
    /// Those of [`DelayTangent::new`], and [`Error::Option`] unless 1 to [`DELAY_EXPONENTS`] exponents are wanted.
    pub fn delay(process: P, options: LyapunovOptions, x0: &[f64]) -> Result<Self, Error> {
        let count = options.exponents;
        let ok = (1..=DELAY_EXPONENTS).contains(&count);
        check_option(ok, "number of exponents", count as f64, "from 1 to 16")?;
        let mut tangent = DelayTangent::new(process, options.t0, options.dt, x0)?;
        let past = tangent.past(options.t0, x0);
        Self::new(tangent, options, &past)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaplan_yorke;

    /// `x' = f(x, x(t - lag))` with a past of a constant.
    struct Scalar {
        lag: f64,
        past: f64,
        rate: fn(f64, f64) -> f64,
    }
    impl Process for Scalar {
        fn dimension(&self) -> usize {
            1
        }
        fn is_map(&self) -> bool {
            false
        }
        fn rate(&mut self, _: f64, x: &[f64], inputs: &[f64], rate: &mut [f64]) {
            rate[0] = (self.rate)(x[0], inputs[0]);
        }
        fn jacobian(&mut self, _: f64, _: &[f64], _: &[f64], _: &mut [f64]) -> bool {
            false
        }
        fn delayed(&self) -> &[usize] {
            &[0]
        }
        fn lags(&mut self, _: f64, _: &[f64], lags: &mut [f64]) {
            lags[0] = self.lag;
        }
        fn history(&mut self, _: f64, x: &mut [f64]) {
            x[0] = self.past;
        }
    }

    fn options(exponents: usize, dt: f64, transient: u64) -> LyapunovOptions {
        LyapunovOptions { exponents, dt, every: 20, transient, ..LyapunovOptions::default() }
    }

    #[test]
    fn a_linear_delay_has_the_real_part_of_its_characteristic_root() {
        // λ + e^(-λ) = 0 has the rightmost roots -0.318132 ± 1.337236 i.
        let process = Scalar { lag: 1.0, past: 1.0, rate: |_, delayed| -delayed };
        let mut run = LyapunovRun::delay(process, options(2, 0.02, 1000), &[1.0]).unwrap();
        run.advance(20_000).unwrap();
        let spectrum = run.spectrum();
        for exponent in &spectrum.exponents {
            assert!((exponent.value + 0.318_132).abs() < 2e-3, "{exponent:?}");
        }
        assert!(spectrum.divergence.is_nan());
    }

    #[test]
    fn mackey_glass_at_17_is_weakly_chaotic() {
        let rate = |x: f64, delayed: f64| {
            let square = delayed * delayed;
            let fifth = square * square * delayed;
            0.2 * delayed / (1.0 + fifth * fifth) - 0.1 * x
        };
        let process = Scalar { lag: 17.0, past: 0.5, rate };
        let mut run = LyapunovRun::delay(process, options(3, 0.25, 8_000), &[0.5]).unwrap();
        run.advance(150_000).unwrap();
        let spectrum = run.spectrum();
        let [largest, second, _] = spectrum.exponents[..] else { panic!("three were wanted") };
        // Two neighbouring runs of another integrator part at 0.0051 to 0.0052 over 10^5 units of time, at steps of
        // 0.1 and 0.05; the dimension 2.13 that follows agrees with Farmer's 2.10 (1982, table 1).
        assert!((0.0046..0.0058).contains(&largest.value), "{largest:?}");
        assert!(second.value.abs() < 1e-3, "the direction of the flow is neutral: {second:?}");
        assert!((kaplan_yorke(&spectrum.values()) - 2.13).abs() < 0.03);
    }

    #[test]
    fn what_cannot_be_measured_is_told() {
        let process = |lag| Scalar { lag, past: 0.0, rate: |x, _| -x };
        let refused = |lag, exponents, dt| {
            LyapunovRun::delay(process(lag), options(exponents, dt, 0), &[1.0])
                .map(|_| ())
                .unwrap_err()
                .to_string()
        };
        assert!(refused(0.01, 1, 0.1).contains("at least one step long"));
        assert!(refused(1e6, 1, 0.1).contains("take longer steps"));
        assert!(refused(1.0, 0, 0.1).contains("from 1 to 16"));
        assert!(refused(f64::NAN, 1, 0.1).contains("a constant"));
    }
}
