//! Bifurcation diagrams by sweep: what an orbit settles to, one column a parameter value.

use crate::error::{Error, check_finite, check_option};
use crate::family::{FlowFamily, MapFamily};
use crate::section::{Hit, Section, Watcher, check_times, check_tolerance};

/// Where each column of a sweep starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// From the given state.
    Restart,
    /// Where the column before it ended, from the first parameter value to the last.
    Forward,
    /// The same, and then back from the last to the first: where the two differ, there is hysteresis.
    ForwardAndBack,
}

/// How to sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepOptions {
    /// First parameter value.
    pub from: f64,
    /// Last parameter value.
    pub to: f64,
    /// Number of parameter values, evenly spaced, from 1 to 100000.
    pub columns: usize,
    /// Time in each column before values count; iterations for a map.
    pub transient: f64,
    /// Longest time in each column after that; of no effect on a map.
    pub time: f64,
    /// Values taken in each column, at most 100000, and at most 20 million in all columns.
    pub values: usize,
    /// Where each column starts.
    pub follow: Follow,
    /// Error allowed a step of a flow, relative to `1 + |x|`.
    pub tolerance: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
}

impl Default for SweepOptions {
    /// 400 columns from 0 to 1; transient 200, then 60 values within a time of 400; restarted; tolerance 1e-7, bound
    /// 1e8.
    fn default() -> Self {
        Self {
            from: 0.0,
            to: 1.0,
            columns: 400,
            transient: 200.0,
            time: 400.0,
            values: 60,
            follow: Follow::Restart,
            tolerance: 1e-7,
            bound: 1e8,
        }
    }
}

/// How a column ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SweepOutcome {
    /// All values were taken.
    Full,
    /// Time was up with fewer values, but at least one.
    TimeUp,
    /// The orbit came to rest; the one value is that of the equilibrium.
    Rest,
    /// The section was not crossed; its quantity stayed within this range.
    NeverCrossed {
        /// Least value.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// The orbit left the bound; the values are those before.
    Diverged {
        /// Time, or iteration.
        time: f64,
        /// Index of the variable.
        variable: usize,
        /// Its value.
        value: f64,
    },
}

/// What was found at one parameter value.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepColumn {
    /// The parameter's value.
    pub parameter: f64,
    /// Whether it belongs to the way back.
    pub back: bool,
    /// The observed variable at each crossing (each iteration for a map), in order of time.
    pub values: Vec<f64>,
    /// The state at the column's end.
    pub state: Vec<f64>,
    /// How it ended.
    pub outcome: SweepOutcome,
}

/// What a sweep goes over: [`FlowSweep`] or [`MapSweep`].
pub trait SweepSource {
    /// Number of state variables.
    fn dimension(&self) -> usize;
    /// Begins a column at time `t` and state `x`.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the start does not serve.
    fn begin(&mut self, parameter: f64, t: f64, x: &[f64], options: &SweepOptions) -> Result<(), Error>;
    /// Goes on with the column for at most about `work` evaluations, adding to `values`; the outcome when it has ended,
    /// and the work done.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    fn work(
        &mut self,
        work: u64,
        options: &SweepOptions,
        values: &mut Vec<f64>,
    ) -> (Result<Option<SweepOutcome>, Error>, u64);
    /// The time.
    fn time(&self) -> f64;
    /// The state.
    fn state(&self) -> &[f64];
}

/// A flow, looked at where its orbit crosses a section.
#[derive(Clone, Debug)]
pub struct FlowSweep<F> {
    family: F,
    section: Section,
    observed: usize,
    watcher: Option<Watcher>,
    start: f64,
    state: Vec<f64>,
    hits: Vec<Hit>,
}

impl<F: FlowFamily> SweepSource for FlowSweep<F> {
    fn dimension(&self) -> usize {
        self.family.dimension()
    }
    fn begin(&mut self, parameter: f64, t: f64, x: &[f64], options: &SweepOptions) -> Result<(), Error> {
        self.family.set(parameter);
        self.start = t;
        self.state.clear();
        self.state.extend_from_slice(x);
        self.hits.clear();
        match &mut self.watcher {
            Some(watcher) => watcher.restart(&mut self.family, t, x),
            None => {
                let section = self.section.clone();
                let watcher =
                    Watcher::new(&mut self.family, section, t, x, options.tolerance, options.bound)?;
                self.watcher = Some(watcher);
                Ok(())
            }
        }
    }
    fn work(
        &mut self,
        work: u64,
        options: &SweepOptions,
        values: &mut Vec<f64>,
    ) -> (Result<Option<SweepOutcome>, Error>, u64) {
        let Some(watcher) = &mut self.watcher else { return (Ok(None), 0) };
        let start = watcher.stepper.evaluations;
        let begin = self.start + options.transient;
        let end = begin + options.time;
        let still = 1e-9 + 10.0 * options.tolerance;
        let outcome = loop {
            let settling = watcher.stepper.t < begin;
            let limit = if settling { begin } else { end };
            let stepped = watcher.step(&mut self.family, limit, &mut self.hits);
            self.state.copy_from_slice(&watcher.stepper.x);
            if let Err(error) = stepped {
                break Err(error);
            }
            if settling {
                self.hits.clear();
                if watcher.stepper.t >= begin {
                    watcher.forget();
                }
            } else {
                let (x, rate) = (&watcher.stepper.x, &watcher.stepper.rate);
                if x.iter().zip(rate).all(|(x, rate)| libm::fabs(*rate) <= still * (1.0 + libm::fabs(*x))) {
                    values.clear();
                    values.push(x[self.observed]);
                    break Ok(Some(SweepOutcome::Rest));
                }
                for hit in self.hits.drain(..) {
                    if values.len() < options.values {
                        values.push(hit.state[self.observed]);
                    }
                }
                if values.len() == options.values {
                    break Ok(Some(SweepOutcome::Full));
                }
                if watcher.stepper.t >= end {
                    break Ok(Some(if values.is_empty() {
                        SweepOutcome::NeverCrossed { low: watcher.low, high: watcher.high }
                    } else {
                        SweepOutcome::TimeUp
                    }));
                }
            }
            if watcher.stepper.evaluations - start >= work {
                break Ok(None);
            }
        };
        (outcome, watcher.stepper.evaluations - start)
    }
    fn time(&self) -> f64 {
        self.watcher.as_ref().map_or(self.start, |watcher| watcher.stepper.t)
    }
    fn state(&self) -> &[f64] {
        &self.state
    }
}

/// A map, looked at in every iteration.
#[derive(Clone, Debug)]
pub struct MapSweep<M> {
    family: M,
    observed: usize,
    state: Vec<f64>,
    next: Vec<f64>,
    start: f64,
    iteration: u64,
}

impl<M: MapFamily> SweepSource for MapSweep<M> {
    fn dimension(&self) -> usize {
        self.family.dimension()
    }
    fn begin(&mut self, parameter: f64, t: f64, x: &[f64], _: &SweepOptions) -> Result<(), Error> {
        self.family.set(parameter);
        self.state.clear();
        self.state.extend_from_slice(x);
        self.start = t;
        self.iteration = 0;
        Ok(())
    }
    fn work(
        &mut self,
        work: u64,
        options: &SweepOptions,
        values: &mut Vec<f64>,
    ) -> (Result<Option<SweepOutcome>, Error>, u64) {
        let mut done = 0;
        loop {
            self.family.next(self.start + self.iteration as f64, &self.state, &mut self.next);
            done += 1;
            self.iteration += 1;
            core::mem::swap(&mut self.state, &mut self.next);
            let bound = options.bound;
            if let Some(variable) = self.state.iter().position(|v| !(*v <= bound && *v >= -bound)) {
                let (time, value) = (self.time(), self.state[variable]);
                return (Err(Error::Diverged { time, variable, value }), done);
            }
            if self.iteration as f64 > options.transient {
                values.push(self.state[self.observed]);
                if values.len() >= options.values {
                    return (Ok(Some(SweepOutcome::Full)), done);
                }
            }
            if done >= work {
                return (Ok(None), done);
            }
        }
    }
    fn time(&self) -> f64 {
        self.start + self.iteration as f64
    }
    fn state(&self) -> &[f64] {
        &self.state
    }
}

/// A sweep that can be stopped and read at any time.
#[derive(Clone, Debug)]
pub struct SweepRun<S> {
    source: S,
    options: SweepOptions,
    x0: Vec<f64>,
    start: Vec<f64>,
    clock: f64,
    columns: Vec<SweepColumn>,
    values: Vec<f64>,
    begun: bool,
}

impl<F: FlowFamily> SweepRun<FlowSweep<F>> {
    /// A sweep over a flow: the variable `observed` at each crossing of the section after the transient. Time is 0 at the
    /// given state, and goes on through the columns that follow it.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn flow(
        family: F,
        section: Section,
        observed: usize,
        options: SweepOptions,
        x0: &[f64],
    ) -> Result<Self, Error> {
        section.check(family.dimension())?;
        check_times(options.transient, options.time)?;
        let source = FlowSweep {
            family,
            section,
            observed,
            watcher: None,
            start: 0.0,
            state: x0.to_vec(),
            hits: Vec::new(),
        };
        Self::new(source, observed, options, x0)
    }
}

impl<M: MapFamily> SweepRun<MapSweep<M>> {
    /// A sweep over a map: the variable `observed` in each iteration after the transient.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn map(family: M, observed: usize, options: SweepOptions, x0: &[f64]) -> Result<Self, Error> {
        check_times(options.transient, 1.0)?;
        let (state, next) = (x0.to_vec(), x0.to_vec());
        Self::new(MapSweep { family, observed, state, next, start: 0.0, iteration: 0 }, observed, options, x0)
    }
}

impl<S: SweepSource> SweepRun<S> {
    fn new(source: S, observed: usize, options: SweepOptions, x0: &[f64]) -> Result<Self, Error> {
        let n = source.dimension();
        if x0.len() != n || n == 0 {
            return Err(Error::Dimension { given: x0.len(), wanted: n });
        }
        check_finite(x0)?;
        check_finite(&[options.from, options.to])?;
        check_tolerance(options.tolerance, options.bound)?;
        check_option(observed < n, "observed variable", observed as f64, "below the number of variables")?;
        let (columns, values) = (options.columns, options.values);
        check_option((1..=100_000).contains(&columns), "columns", columns as f64, "from 1 to 100000")?;
        check_option((1..=100_000).contains(&values), "values a column", values as f64, "from 1 to 100000")?;
        let total = columns.saturating_mul(values);
        check_option(total <= 20_000_000, "columns times values", total as f64, "at most 20 million")?;
        let start = x0.to_vec();
        Ok(Self {
            source,
            options,
            x0: x0.to_vec(),
            start,
            clock: 0.0,
            columns: Vec::new(),
            values: Vec::new(),
            begun: false,
        })
    }

    fn total(&self) -> usize {
        if self.options.follow == Follow::ForwardAndBack {
            2 * self.options.columns
        } else {
            self.options.columns
        }
    }

    /// The parameter of a column, and whether it belongs to the way back.
    fn parameter(&self, column: usize) -> (f64, bool) {
        let count = self.options.columns;
        let back = column >= count;
        let place = if back { 2 * count - 1 - column } else { column };
        if count == 1 {
            return (self.options.from, back);
        }
        let share = place as f64 / (count - 1) as f64;
        (self.options.from * (1.0 - share) + self.options.to * share, back)
    }

    /// Goes on for about `work` evaluations of the rate (iterations of a map), one step at the least; true when every
    /// column is done. A column that diverges says so in its outcome; the next one starts from the given state.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut rest = work;
        while self.columns.len() < self.total() {
            let (parameter, back) = self.parameter(self.columns.len());
            let mut done = 1;
            let outcome = if self.begun {
                let (outcome, spent) = self.source.work(rest, &self.options, &mut self.values);
                done = spent;
                outcome
            } else {
                self.begun = true;
                self.source.begin(parameter, self.clock, &self.start, &self.options).map(|()| None)
            };
            let outcome = match outcome {
                Ok(outcome) => outcome,
                Err(Error::Diverged { time, variable, value }) => {
                    Some(SweepOutcome::Diverged { time, variable, value })
                }
                Err(error) => return Err(error),
            };
            if let Some(outcome) = outcome {
                let state = self.source.state().to_vec();
                let lost = matches!(outcome, SweepOutcome::Diverged { .. });
                if self.options.follow == Follow::Restart || lost {
                    self.start.copy_from_slice(&self.x0);
                    self.clock = 0.0;
                } else {
                    self.clock = self.source.time();
                    self.start.copy_from_slice(&state);
                }
                let values = core::mem::take(&mut self.values);
                self.columns.push(SweepColumn { parameter, back, values, state, outcome });
                self.begun = false;
            }
            rest = rest.saturating_sub(done);
            if rest == 0 {
                break;
            }
        }
        Ok(self.columns.len() == self.total())
    }

    /// Share of the columns that are done.
    pub fn progress(&self) -> f64 {
        self.columns.len() as f64 / self.total() as f64
    }

    /// The columns done so far.
    pub fn columns(&self) -> &[SweepColumn] {
        &self.columns
    }
}
