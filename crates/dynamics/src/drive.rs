//! A process with its inputs: what the solvers see is a flow.

use crate::past::{Form, Past};
use numerics::{Draw, Flow, Process, Stream};

/// The root of the rounding unit, the relative change of a finite difference.
pub(crate) const ROOT: f64 = 1.490_116_119_384_765_6e-8;

/// A process as a flow: delayed values come from the past, random draws are held.
#[derive(Clone, Debug)]
pub(crate) struct Drive<P> {
    pub(crate) process: P,
    /// Delayed values, then draws.
    pub(crate) inputs: Vec<f64>,
    /// For each delayed value its variable and its column in the past.
    delayed: Vec<(usize, usize)>,
    lags: Vec<f64>,
    /// Whether to look beside a jump rather than at it; iterations of a map have no sides.
    nudge: bool,
    before: Vec<f64>,
    draws: Vec<Draw>,
    pub(crate) stream: Option<Stream>,
    pub(crate) past: Option<Past>,
    pub(crate) evaluations: u64,
}

impl<P: Process> Drive<P> {
    /// `straight` lays straight lines through the past, else `form` says what stands between two steps.
    pub(crate) fn new(process: P, seed: u64, straight: bool, form: Form, start: f64) -> Self {
        let mut variables = Vec::new();
        let delayed: Vec<(usize, usize)> = process
            .delayed()
            .iter()
            .map(|&variable| {
                let column = variables.iter().position(|&known| known == variable).unwrap_or_else(|| {
                    variables.push(variable);
                    variables.len() - 1
                });
                (variable, column)
            })
            .collect();
        let draws = process.draws().to_vec();
        Self {
            inputs: vec![0.0; delayed.len() + draws.len()],
            lags: vec![0.0; delayed.len()],
            before: vec![0.0; if delayed.is_empty() { 0 } else { process.dimension() }],
            stream: (!draws.is_empty()).then(|| Stream::new(seed, "noise")),
            past: (!delayed.is_empty()).then(|| Past::new(variables, delayed.len(), straight, form, start)),
            nudge: !process.is_map(),
            delayed,
            draws,
            process,
            evaluations: 0,
        }
    }

    pub(crate) fn delays(&self) -> usize {
        self.delayed.len()
    }

    pub(crate) fn has_draws(&self) -> bool {
        !self.draws.is_empty()
    }

    /// Number of Wiener inputs.
    pub(crate) fn wieners(&self) -> usize {
        self.draws.iter().filter(|draw| **draw == Draw::Wiener).count()
    }

    /// The held Wiener inputs in order, each with its index among them.
    pub(crate) fn wiener_values(&self) -> impl Iterator<Item = f64> {
        let held = self.inputs[self.delayed.len()..].iter().zip(&self.draws);
        held.filter(|(_, draw)| **draw == Draw::Wiener).map(|(value, _)| *value)
    }

    /// Draws the random inputs of a step of length `h`.
    pub(crate) fn draw(&mut self, h: f64) {
        let Some(stream) = &mut self.stream else { return };
        let root = libm::sqrt(libm::fabs(h));
        for (place, draw) in self.inputs[self.delayed.len()..].iter_mut().zip(&self.draws) {
            *place = match draw {
                Draw::Wiener => stream.normal() / root,
                Draw::Normal => stream.normal(),
                Draw::Uniform => stream.uniform(),
            };
        }
    }

    /// Writes the lags of the present state.
    pub(crate) fn lags(&mut self, t: f64, x: &[f64]) -> &[f64] {
        self.process.lags(t, x, &mut self.lags);
        &self.lags
    }

    /// Writes the delayed values into the inputs.
    #[inline(always)]
    pub(crate) fn fill(&mut self, t: f64, x: &[f64]) {
        if self.past.is_some() {
            self.fill_from_past(t, x);
        }
    }

    #[inline(never)]
    fn fill_from_past(&mut self, t: f64, x: &[f64]) {
        let Some(past) = &mut self.past else { return };
        self.process.lags(t, x, &mut self.lags);
        // At the start of a step one looks at what follows a jump in the past, within the step and at its end at
        // what went before it. The slack is a few roundings of `t - lag`.
        let within = past.now().is_some_and(|now| t > now);
        for (value, &(variable, column)) in self.delayed.iter().enumerate() {
            let lag = self.lags[value];
            let slack = 8.0 * f64::EPSILON * (libm::fabs(t) + libm::fabs(lag));
            let reaches_back = lag > slack;
            if !reaches_back {
                self.inputs[value] = x[variable];
                continue;
            }
            if lag > past.largest {
                past.largest = lag;
            }
            let slack = if self.nudge { slack } else { 0.0 };
            let s = if within { (t - lag) - slack } else { (t - lag) + slack };
            self.inputs[value] = if past.is_before_start(s, slack) {
                self.process.history(s, &mut self.before);
                self.before[variable]
            } else {
                past.value(value, column, s, slack).unwrap_or(x[variable])
            };
        }
    }

    /// Writes the conditions of the events.
    pub(crate) fn conditions(&mut self, t: f64, x: &[f64], values: &mut [f64]) {
        self.fill(t, x);
        self.process.conditions(t, x, &self.inputs, values);
    }

    /// Writes the Jacobian of the rates at fixed inputs, by finite differences where the process has none; `known`
    /// holds the rates, `x` is changed on the way and restored, `scratch` has length `n`, and `small` is a magnitude
    /// below which variables do not count.
    pub(crate) fn jacobian(
        &mut self,
        t: f64,
        x: &mut [f64],
        known: &[f64],
        jacobian: &mut [f64],
        scratch: &mut [f64],
        small: f64,
    ) {
        self.fill(t, x);
        if self.process.jacobian(t, x, &self.inputs, jacobian) {
            return;
        }
        let n = x.len();
        for j in 0..n {
            let kept = x[j];
            let size = libm::fabs(kept);
            x[j] = kept + ROOT * if size > small { size } else { small };
            let change = x[j] - kept;
            self.evaluations += 1;
            self.process.rate(t, x, &self.inputs, scratch);
            for i in 0..n {
                jacobian[i * n + j] = (scratch[i] - known[i]) / change;
            }
            x[j] = kept;
        }
    }
}

impl<P: Process> Flow<f64> for Drive<P> {
    fn dimension(&self) -> usize {
        self.process.dimension()
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.evaluations += 1;
        self.fill(t, x);
        self.process.rate(t, x, &self.inputs, rate);
    }
}

/// A process without inputs as a flow.
pub(crate) struct AsFlow<'a, P>(pub(crate) &'a mut P);
impl<P: Process> Flow<f64> for AsFlow<'_, P> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.0.rate(t, x, &[], rate);
    }
}

/// A process without inputs as a map.
pub(crate) struct AsMap<'a, P>(pub(crate) &'a mut P);
impl<P: Process> numerics::Map<f64> for AsMap<'_, P> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn next(&mut self, t: f64, x: &[f64], next: &mut [f64]) {
        self.0.rate(t, x, &[], next);
    }
}
