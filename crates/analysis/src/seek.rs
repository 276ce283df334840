//! The search for a return of an orbit near itself.

use crate::cycle_start::TOLERANCE;
use crate::error::Error;
use crate::integrate::Stepper;
use crate::section::{Hit, Section, Watcher};
use numerics::{Crossing, Flow};

/// A state of the orbit, and the time after which it returns.
pub(crate) type Return = (Vec<f64>, f64);

/// Most crossings that are kept.
const MOST_HITS: usize = 4096;

/// A search in three stages: the transient, the range of each variable, the crossings of the middle of the widest range.
#[derive(Clone, Debug)]
pub(crate) struct Seek {
    pub(crate) parameter: f64,
    transient: f64,
    longest: f64,
    bound: f64,
    stepper: Stepper,
    /// The state after the transient.
    start: Option<Vec<f64>>,
    low: Vec<f64>,
    high: Vec<f64>,
    watcher: Option<Watcher>,
    hits: Vec<Hit>,
}

impl Seek {
    pub(crate) fn new<F: Flow + ?Sized>(
        flow: &mut F,
        parameter: f64,
        x0: &[f64],
        transient: f64,
        longest: f64,
        bound: f64,
    ) -> Result<Self, Error> {
        let stepper = Stepper::new(flow, 0.0, x0, TOLERANCE, bound)?;
        Ok(Self {
            parameter,
            transient,
            longest,
            bound,
            stepper,
            start: None,
            low: Vec::new(),
            high: Vec::new(),
            watcher: None,
            hits: Vec::new(),
        })
    }

    /// Goes on for about `work` evaluations; those spent, and a state of the orbit with the time after which it returns.
    ///
    /// # Errors
    /// [`Error::Diverged`]; [`Error::NotFound`] where the orbit does not return near itself.
    pub(crate) fn advance<F: Flow + ?Sized>(
        &mut self,
        flow: &mut F,
        work: u64,
    ) -> Result<(u64, Option<Return>), Error> {
        let before = self.evaluations();
        loop {
            let end = self.transient + self.longest;
            let found = if let Some(watcher) = &mut self.watcher {
                watcher.step(flow, self.longest, &mut self.hits)?;
                let over = watcher.stepper.t >= self.longest || self.hits.len() >= MOST_HITS;
                if over { Some(self.judge()?) } else { None }
            } else if self.start.is_none() && self.stepper.t < self.transient {
                self.stepper.step(flow, self.transient)?;
                None
            } else if self.stepper.t < end {
                if self.start.is_none() {
                    let start = self.stepper.x.clone();
                    (self.low, self.high) = (start.clone(), start.clone());
                    self.start = Some(start);
                }
                self.stepper.step(flow, end)?;
                for (v, value) in self.stepper.x.iter().enumerate() {
                    if *value < self.low[v] {
                        self.low[v] = *value;
                    }
                    if *value > self.high[v] {
                        self.high[v] = *value;
                    }
                }
                None
            } else {
                self.watch(flow)?;
                None
            };
            let spent = self.evaluations() - before;
            if found.is_some() || spent >= work {
                return Ok((spent, found));
            }
        }
    }

    fn evaluations(&self) -> u64 {
        self.stepper.evaluations + self.watcher.as_ref().map_or(0, |watcher| watcher.stepper.evaluations)
    }

    fn missing(&self, distance: f64) -> Error {
        Error::NotFound { what: "limit cycle", parameter: self.parameter, distance }
    }

    /// Chooses the section.
    fn watch<F: Flow + ?Sized>(&mut self, flow: &mut F) -> Result<(), Error> {
        let (low, high) = (&self.low, &self.high);
        let spread = |v: usize| (high[v] - low[v]) / (1.0 + libm::fabs(low[v]) + libm::fabs(high[v]));
        let mut widest = 0;
        for v in 0..low.len() {
            if spread(v) > spread(widest) {
                widest = v;
            }
        }
        let Some(start) = self.start.as_ref().filter(|_| spread(widest) >= 1e-6) else {
            return Err(self.missing(0.0)); // the orbit is at rest
        };
        let section = Section::value(widest, 0.5 * (low[widest] + high[widest]), Crossing::Rising);
        self.watcher = Some(Watcher::new(flow, section, 0.0, start, TOLERANCE, self.bound)?);
        Ok(())
    }

    /// The first return that is about as near as the nearest: later ones go round more than once.
    fn judge(&self) -> Result<Return, Error> {
        let Some((first, others)) = self.hits.split_first() else { return Err(self.missing(f64::INFINITY)) };
        let distance = |state: &[f64]| {
            (0..state.len()).fold(0.0, |most, v| {
                let (low, high) = (self.low[v], self.high[v]);
                // A variable that hardly moves is not judged by its own range.
                let size = high - low + 1e-4 * (1.0 + libm::fabs(low) + libm::fabs(high));
                let d = libm::fabs(state[v] - first.state[v]) / size;
                if d > most { d } else { most }
            })
        };
        let best = others.iter().fold(f64::INFINITY, |best, hit| {
            let d = distance(&hit.state);
            if d < best { d } else { best }
        });
        let near = if 10.0 * best > 1e-3 { 10.0 * best } else { 1e-3 };
        match others.iter().find(|hit| distance(&hit.state) <= near) {
            Some(hit) if best < 0.02 => Ok((first.state.clone(), hit.time - first.time)),
            _ => Err(self.missing(best)),
        }
    }
}
