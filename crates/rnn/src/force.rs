use crate::cell::check_size;
use crate::error::Error;
use numerics::{Map, MapJacobian, Real, Stream, dot};

/// The sizes and strengths of a [`ForcedReservoir`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReservoirSettings {
    /// Units, `N`.
    pub units: usize,
    /// Inputs, `I`.
    pub inputs: usize,
    /// Outputs, `O`.
    pub outputs: usize,
    /// Strength of the recurrence, `g`; without feedback activity is chaotic above 1.
    pub gain: f64,
    /// Chance of a connection, greater than 0.
    pub density: f64,
    /// Strength of the feedback: its weights are uniform in this much either way.
    pub feedback: f64,
    /// `Δt/τ`, greater than 0 and at most 1.
    pub step: f64,
    /// The penalty `α` of the readout's weights, greater than 0: `P` begins as `1/α`.
    pub penalty: f64,
    /// Seed of the streams `recurrence`, `feedback`, `inputs` and `state`.
    pub seed: u64,
}

impl ReservoirSettings {
    /// The usual strengths: `g = 1.5`, a tenth of the connections, feedback uniform in ±1, `Δt/τ = 0.1`, `α = 1`.
    pub fn new(units: usize, inputs: usize, outputs: usize, seed: u64) -> Self {
        Self { units, inputs, outputs, gain: 1.5, density: 0.1, feedback: 1.0, step: 0.1, penalty: 1.0, seed }
    }

    fn check(&self) -> Result<(), Error> {
        check_size("the number of units", self.units, 1, usize::MAX)?;
        check_size("the number of inputs", self.inputs, 0, usize::MAX)?;
        check_size("the number of outputs", self.outputs, 1, usize::MAX)?;
        let finite = |what, found: f64| {
            if found.is_finite() { Ok(()) } else { Err(Error::Setting { what, found, expected: "finite" }) }
        };
        finite("the gain", self.gain)?;
        finite("the feedback", self.feedback)?;
        for (what, found) in [("the density", self.density), ("the step", self.step)] {
            if !(found > 0.0 && found <= 1.0) {
                return Err(Error::Setting { what, found, expected: "greater than 0 and at most 1" });
            }
        }
        if self.penalty > 0.0 && self.penalty.is_finite() {
            return Ok(());
        }
        Err(Error::Setting { what: "the penalty", found: self.penalty, expected: "greater than 0" })
    }
}

/// A random network of rates whose output is fed back, and whose readout learns by recursive least squares while it
/// runs: FORCE.
///
/// `x' = x + h (-x + g J r + F y + B u)` with `r = tanh(x)` and the output `y = W r` of the step before, `h = Δt/τ`. `J`
/// has a share `p` of its entries, normal with variance `1/(pN)`; `F` (`N × O`) is uniform, `B` (`N × I`) standard normal,
/// `x` starts at half a standard normal, `W` at 0. Learning holds `y` against the target and makes the error small at
/// once: `k = P r / (1 + rᵀ P r)`, `W ← W - (y - target) kᵀ`, `P ← P - k (P r)ᵀ`.
///
/// Source: Sussillo and Abbott, "Generating Coherent Patterns of Activity from Chaotic Neural Networks", Neuron 63,
/// 2009.
#[derive(Clone, Debug, PartialEq)]
pub struct ForcedReservoir {
    settings: ReservoirSettings,
    recurrence: Vec<f64>,
    feedback: Vec<f64>,
    inputs: Vec<f64>,
    readout: Vec<f64>,
    inverse: Vec<f64>,
    state: Vec<f64>,
    rates: Vec<f64>,
    output: Vec<f64>,
    next: Vec<f64>,
    none: Vec<f64>,
}

impl ForcedReservoir {
    /// A network at its start.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Setting`].
    pub fn new(settings: ReservoirSettings) -> Result<Self, Error> {
        settings.check()?;
        let ReservoirSettings { units: n, inputs, outputs, seed, .. } = settings;
        let mut stream = Stream::new(seed, "recurrence");
        let deviation = settings.gain / Real::sqrt(settings.density * n as f64);
        let recurrence = (0..n * n)
            .map(|_| if stream.uniform() < settings.density { deviation * stream.normal() } else { 0.0 })
            .collect();
        let mut stream = Stream::new(seed, "feedback");
        let feedback = (0..n * outputs).map(|_| stream.between(-1.0, 1.0) * settings.feedback).collect();
        let mut stream = Stream::new(seed, "inputs");
        let into = (0..n * inputs).map(|_| stream.normal()).collect();
        let mut stream = Stream::new(seed, "state");
        let state: Vec<f64> = (0..n).map(|_| 0.5 * stream.normal()).collect();
        let mut inverse = vec![0.0; n * n];
        inverse.iter_mut().step_by(n + 1).for_each(|p| *p = 1.0 / settings.penalty);
        Ok(Self {
            settings,
            recurrence,
            feedback,
            inputs: into,
            readout: vec![0.0; outputs * n],
            inverse,
            rates: state.iter().map(|&x| Real::tanh(x)).collect(),
            state,
            output: vec![0.0; outputs],
            next: vec![0.0; n],
            none: vec![0.0; inputs],
        })
    }

    /// The settings.
    pub fn settings(&self) -> &ReservoirSettings {
        &self.settings
    }
    /// The state `x`.
    pub fn state(&self) -> &[f64] {
        &self.state
    }
    /// The rates `tanh(x)`.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }
    /// The last output.
    pub fn output(&self) -> &[f64] {
        &self.output
    }
    /// The readout `W`, `O × N`.
    pub fn readout(&self) -> &[f64] {
        &self.readout
    }

    /// One step under the input `u`, `I` numbers: the output.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn step(&mut self, u: &[f64]) -> Result<&[f64], Error> {
        let (found, expected) = (u.len(), self.settings.inputs);
        if found != expected {
            return Err(Error::Length { what: "the input", found, expected });
        }
        let n = self.settings.units;
        for i in 0..n {
            let pull = dot(&self.recurrence[i * n..][..n], &self.rates)
                + dot(&self.feedback[i * self.output.len()..][..self.output.len()], &self.output)
                + dot(&self.inputs[i * expected..][..expected], u);
            self.next[i] = self.state[i] + self.settings.step * (pull - self.state[i]);
        }
        std::mem::swap(&mut self.state, &mut self.next);
        for (rate, &x) in self.rates.iter_mut().zip(&self.state) {
            *rate = Real::tanh(x);
        }
        for (y, row) in self.output.iter_mut().zip(self.readout.chunks_exact(n)) {
            *y = dot(row, &self.rates);
        }
        Ok(&self.output)
    }

    /// One update of the readout towards the target of the step just made: the squared error before it, the mean over
    /// outputs. The output that is fed back next is that of before.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn learn(&mut self, target: &[f64]) -> Result<f64, Error> {
        let (found, expected) = (target.len(), self.output.len());
        if found != expected {
            return Err(Error::Length { what: "the target", found, expected });
        }
        let n = self.settings.units;
        for (image, row) in self.next.iter_mut().zip(self.inverse.chunks_exact(n)) {
            *image = dot(row, &self.rates);
        }
        let gain = 1.0 / (1.0 + dot(&self.rates, &self.next));
        let mut squares = 0.0;
        for ((row, &y), &target) in self.readout.chunks_exact_mut(n).zip(&self.output).zip(target) {
            let error = y - target;
            squares += error * error;
            for (w, &image) in row.iter_mut().zip(&self.next) {
                *w -= error * gain * image;
            }
        }
        for (row, &image) in self.inverse.chunks_exact_mut(n).zip(&self.next) {
            let scaled = gain * image;
            for (p, &other) in row.iter_mut().zip(&self.next) {
                *p -= scaled * other;
            }
        }
        Ok(squares / expected as f64)
    }

    /// The network with its readout as it stands and without an input, as a map of its state `x`.
    pub fn map(&self) -> ReservoirMap {
        ReservoirMap(self.clone())
    }
}

/// A reservoir as a map `x -> F(x)`: what is fed back is the output of the rates of `x` themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct ReservoirMap(ForcedReservoir);

impl ReservoirMap {
    /// The output of a state.
    pub fn read_out(&self, x: &[f64], y: &mut [f64]) {
        for (y, row) in y.iter_mut().zip(self.0.readout.chunks_exact(x.len())) {
            *y = numerics::sum_by(x.len(), |j| row[j] * Real::tanh(x[j]));
        }
    }
}

impl Map for ReservoirMap {
    fn dimension(&self) -> usize {
        self.0.settings.units
    }

    fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
        let own = &mut self.0;
        own.state.copy_from_slice(x);
        let n = x.len();
        for (rate, &x) in own.rates.iter_mut().zip(x) {
            *rate = Real::tanh(x);
        }
        for (y, row) in own.output.iter_mut().zip(own.readout.chunks_exact(n)) {
            *y = dot(row, &own.rates);
        }
        let none = std::mem::take(&mut own.none);
        // The input has the length that was taken from the settings.
        if own.step(&none).is_ok() {
            next.copy_from_slice(&own.state);
        }
        own.none = none;
    }
}

impl MapJacobian for ReservoirMap {
    /// `(1-h) δ_ij + h (g J + F W)_ij (1 - tanh² x_j)`.
    fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
        let (n, own) = (x.len(), &self.0);
        let (h, outputs) = (own.settings.step, own.output.len());
        for j in 0..n {
            let rate = Real::tanh(x[j]);
            let slope = h * (1.0 - rate * rate);
            for i in 0..n {
                let mut weight = own.recurrence[i * n + j];
                for k in 0..outputs {
                    weight += own.feedback[i * outputs + k] * own.readout[k * n + j];
                }
                let kept = if i == j { 1.0 - h } else { 0.0 };
                jacobian[i * n + j] = kept + slope * weight;
            }
        }
    }
}
