//! Poincaré sections of orbits: crossings of a surface, local extrema, and one state a period.

use crate::enclose::enclose;
use crate::error::{Error, check_finite, check_option};
use crate::integrate::Stepper;
use numerics::{Crossing, Flow};

/// Where an orbit is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Surface {
    /// The states in which a variable has a value.
    Value {
        /// Index of the variable.
        variable: usize,
        /// The value.
        value: f64,
    },
    /// The states `x` with `normal · x = offset`.
    Plane {
        /// One entry a variable, not all zero.
        normal: Vec<f64>,
        /// In units of the variables times those of the normal.
        offset: f64,
    },
    /// The states in which the rate of a variable passes through zero: falling at a maximum, rising at a minimum.
    Extremum {
        /// Index of the variable.
        variable: usize,
    },
    /// The times `phase + k period`.
    Period {
        /// Time from one to the next, positive.
        period: f64,
        /// One of the times.
        phase: f64,
    },
}

/// A surface and the direction in which it is crossed.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The surface.
    pub surface: Surface,
    /// Which crossings count; of no effect on periods.
    pub direction: Crossing,
}

impl Section {
    /// A variable has a value.
    pub fn value(variable: usize, value: f64, direction: Crossing) -> Self {
        Self { surface: Surface::Value { variable, value }, direction }
    }
    /// `normal · x = offset`.
    pub fn plane(normal: Vec<f64>, offset: f64, direction: Crossing) -> Self {
        Self { surface: Surface::Plane { normal, offset }, direction }
    }
    /// Local maxima of a variable.
    pub fn maxima(variable: usize) -> Self {
        Self { surface: Surface::Extremum { variable }, direction: Crossing::Falling }
    }
    /// Local minima of a variable.
    pub fn minima(variable: usize) -> Self {
        Self { surface: Surface::Extremum { variable }, direction: Crossing::Rising }
    }
    /// The times `phase + k period`: the stroboscopic section of a system driven with that period.
    pub fn stroboscope(period: f64, phase: f64) -> Self {
        Self { surface: Surface::Period { period, phase }, direction: Crossing::Either }
    }

    pub(crate) fn check(&self, dimension: usize) -> Result<(), Error> {
        match &self.surface {
            Surface::Value { variable, .. } | Surface::Extremum { variable } => check_option(
                *variable < dimension,
                "variable of the section",
                *variable as f64,
                "below the number of variables",
            )?,
            Surface::Plane { normal, offset } => {
                if normal.len() != dimension {
                    return Err(Error::Dimension { given: normal.len(), wanted: dimension });
                }
                check_finite(normal)?;
                check_option(offset.is_finite(), "offset of the plane", *offset, "a finite number")?;
                check_option(
                    normal.iter().any(|v| *v != 0.0),
                    "normal of the plane",
                    0.0,
                    "other than zero in one entry at least",
                )?;
            }
            Surface::Period { period, phase } => {
                check_option(
                    *period > 0.0 && period.is_finite(),
                    "period of the section",
                    *period,
                    "a positive number",
                )?;
                check_option(phase.is_finite(), "phase of the section", *phase, "a finite number")?;
            }
        }
        if let Surface::Value { value, .. } = &self.surface {
            check_option(value.is_finite(), "value of the section", *value, "a finite number")?;
        }
        Ok(())
    }

    /// The quantity that passes through zero, and its value before the constant is taken off.
    fn measure(&self, x: &[f64], rate: &[f64]) -> (f64, f64) {
        match &self.surface {
            Surface::Value { variable, value } => (x[*variable] - value, x[*variable]),
            Surface::Plane { normal, offset } => {
                let place = numerics::dot(normal, x);
                (place - offset, place)
            }
            Surface::Extremum { variable } => (rate[*variable], rate[*variable]),
            Surface::Period { .. } => (1.0, 1.0),
        }
    }

    /// Rate of that quantity, where rates alone tell it.
    fn measure_rate(&self, rate: &[f64]) -> Option<f64> {
        match &self.surface {
            Surface::Value { variable, .. } => Some(rate[*variable]),
            Surface::Plane { normal, .. } => Some(numerics::dot(normal, rate)),
            Surface::Extremum { .. } | Surface::Period { .. } => None,
        }
    }

    fn counts(&self, rising: bool) -> bool {
        match self.direction {
            Crossing::Rising => rising,
            Crossing::Falling => !rising,
            Crossing::Either => true,
        }
    }
}

/// One crossing.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its time.
    pub time: f64,
    /// The state.
    pub state: Vec<f64>,
    /// Whether the section's quantity grows there.
    pub rising: bool,
    /// Width of the last interval of time that holds the crossing of the computed orbit.
    pub error: f64,
}

/// An orbit with an eye on a section.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    pub(crate) section: Section,
    pub(crate) stepper: Stepper,
    value: f64,
    /// Range of the section's quantity so far.
    pub(crate) low: f64,
    pub(crate) high: f64,
    strobes: f64,
    rate: Vec<f64>,
}

impl Watcher {
    pub(crate) fn new<F: Flow + ?Sized>(
        flow: &mut F,
        section: Section,
        t: f64,
        x: &[f64],
        tolerance: f64,
        bound: f64,
    ) -> Result<Self, Error> {
        let stepper = Stepper::new(flow, t, x, tolerance, bound)?;
        let rate = vec![0.0; x.len()];
        let mut watcher = Self { section, stepper, value: 0.0, low: 0.0, high: 0.0, strobes: 0.0, rate };
        watcher.forget();
        Ok(watcher)
    }

    /// Goes on from another place, or with the flow changed.
    pub(crate) fn restart<F: Flow + ?Sized>(&mut self, flow: &mut F, t: f64, x: &[f64]) -> Result<(), Error> {
        self.stepper.restart(flow, t, x)?;
        self.forget();
        Ok(())
    }

    /// Takes the range from here on.
    pub(crate) fn forget(&mut self) {
        let (value, place) = self.section.measure(&self.stepper.x, &self.stepper.rate);
        (self.value, self.low, self.high) = (value, place, place);
        if let Surface::Period { period, phase } = self.section.surface {
            self.strobes = libm::floor((self.stepper.t - phase) / period) + 1.0;
        }
    }

    /// One step of the orbit up to `limit`, with the crossings in it.
    pub(crate) fn step<F: Flow + ?Sized>(
        &mut self,
        flow: &mut F,
        limit: f64,
        hits: &mut Vec<Hit>,
    ) -> Result<(), Error> {
        if let Surface::Period { period, phase } = self.section.surface {
            let next = phase + self.strobes * period;
            if next > limit {
                return self.stepper.step(flow, limit);
            }
            if next > self.stepper.t {
                self.stepper.step(flow, next)?;
            }
            if self.stepper.t >= next {
                self.strobes += 1.0;
                let state = self.stepper.x.clone();
                hits.push(Hit { time: next, state, rising: true, error: 0.0 });
            }
            return Ok(());
        }
        self.stepper.step(flow, limit)?;
        let (mut before, h) = (self.value, self.stepper.t - self.stepper.t0);
        let (after, place) = self.section.measure(&self.stepper.x, &self.stepper.rate);
        self.value = after;
        if place < self.low {
            self.low = place;
        }
        if place > self.high {
            self.high = place;
        }
        if before == 0.0 {
            before = after; // the step leaves the surface: that is no crossing
        }
        if (before < 0.0) != (after < 0.0) {
            self.locate(flow, (0.0, before), (h, after), hits);
        } else if let Some(middle) = self.turning(before, after, h) {
            // The step may touch the surface and return.
            let value = self.within(flow, middle);
            if (value < 0.0) != (before < 0.0) {
                self.locate(flow, (0.0, before), (middle, value), hits);
                self.locate(flow, (middle, value), (h, after), hits);
            }
        }
        Ok(())
    }

    /// Where in the step the cubic Hermite polynomial of the quantity turns on its way towards zero.
    fn turning(&self, before: f64, after: f64, h: f64) -> Option<f64> {
        let start = self.section.measure_rate(&self.stepper.rate0)? * h;
        let end = self.section.measure_rate(&self.stepper.rate)? * h;
        if before * start >= 0.0 || after * end <= 0.0 {
            return None;
        }
        // p(s) = before + start s + b s² + c s³ with p(1) = after and p'(1) = end
        let c = start + end - 2.0 * (after - before);
        let b = 3.0 * (after - before) - 2.0 * start - end;
        let root = libm::sqrt(b * b - 3.0 * c * start);
        let s = -start / (b + libm::copysign(root, b));
        let other = if c == 0.0 { s } else { -(b + libm::copysign(root, b)) / (3.0 * c) };
        [s, other].into_iter().find(|s| *s > 0.0 && *s < 1.0).map(|s| s * h)
    }

    fn within<F: Flow + ?Sized>(&mut self, flow: &mut F, h: f64) -> f64 {
        let t = self.stepper.t0 + h;
        let x = self.stepper.within(flow, h);
        if matches!(self.section.surface, Surface::Extremum { .. }) {
            flow.rate(t, x, &mut self.rate);
        }
        self.section.measure(x, &self.rate).0
    }

    /// Finds the crossing between two offsets from the start of the step.
    ///
    /// As in Hénon's trick (1982) the step is taken again to the surface itself, so that the crossing is as exact as the
    /// orbit.
    fn locate<F: Flow + ?Sized>(
        &mut self,
        flow: &mut F,
        (mut a, ga): (f64, f64),
        (mut b, gb): (f64, f64),
        hits: &mut Vec<Hit>,
    ) {
        let rising = ga < 0.0;
        if !self.section.counts(rising) {
            return;
        }
        let narrow = 4.0 * f64::EPSILON * (1.0 + libm::fabs(self.stepper.t0));
        (a, b) = enclose((a, ga), (b, gb), narrow, |c| Some(self.within(flow, c)));
        let state = self.stepper.within(flow, b).to_vec();
        hits.push(Hit { time: self.stepper.t0 + b, state, rising, error: b - a });
    }
}

/// How to look for crossings.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionOptions {
    /// Time of the start.
    pub t0: f64,
    /// Time at the start in which crossings are passed over.
    pub transient: f64,
    /// Longest time after that.
    pub time: f64,
    /// Crossings after which the search ends, at most a million.
    pub count: usize,
    /// Error allowed a step, relative to `1 + |x|`.
    pub tolerance: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
}

impl Default for SectionOptions {
    /// 1000 crossings within 10000 time units, no transient; tolerance 1e-10, bound 1e8.
    fn default() -> Self {
        Self { t0: 0.0, transient: 0.0, time: 1e4, count: 1000, tolerance: 1e-10, bound: 1e8 }
    }
}

/// A search for the crossings of one orbit, by Dormand and Prince 5(4).
#[derive(Clone, Debug)]
pub struct SectionRun<F> {
    flow: F,
    watcher: Watcher,
    options: SectionOptions,
    hits: Vec<Hit>,
    finished: bool,
}

impl<F: Flow> SectionRun<F> {
    /// The orbit from `x0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`], [`Error::Diverged`].
    pub fn new(mut flow: F, section: Section, options: SectionOptions, x0: &[f64]) -> Result<Self, Error> {
        let n = flow.dimension();
        if x0.len() != n || n == 0 {
            return Err(Error::Dimension { given: x0.len(), wanted: n });
        }
        check_finite(x0)?;
        section.check(n)?;
        check_times(options.transient, options.time)?;
        check_tolerance(options.tolerance, options.bound)?;
        check_option(options.t0.is_finite(), "starting time", options.t0, "a finite number")?;
        let count = options.count;
        check_option((1..=1_000_000).contains(&count), "count", count as f64, "from 1 to 1000000")?;
        let total = count.saturating_mul(n);
        check_option(total <= 20_000_000, "count times variables", total as f64, "at most 20 million")?;
        let watcher = Watcher::new(&mut flow, section, options.t0, x0, options.tolerance, options.bound)?;
        Ok(Self { flow, watcher, options, hits: Vec::new(), finished: false })
    }

    /// Goes on for about `work` evaluations of the rate, one step of 6 at the least; true when the crossings asked for
    /// are found or the time is over.
    ///
    /// # Errors
    /// [`Error::Diverged`]; [`Error::NeverCrossed`] at the end of the time. What was found until then can be read.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let until = self.watcher.stepper.evaluations.saturating_add(work);
        let begin = self.options.t0 + self.options.transient;
        let end = begin + self.options.time;
        while !self.finished {
            let settling = self.watcher.stepper.t < begin;
            self.watcher.step(&mut self.flow, if settling { begin } else { end }, &mut self.hits)?;
            if settling {
                self.hits.clear();
                if self.watcher.stepper.t >= begin {
                    self.watcher.forget();
                }
            }
            self.hits.truncate(self.options.count);
            self.finished = self.hits.len() == self.options.count || self.watcher.stepper.t >= end;
            if self.finished && self.hits.is_empty() {
                let (low, high) = (self.watcher.low, self.watcher.high);
                return Err(Error::NeverCrossed { time: self.options.time, low, high });
            }
            if self.watcher.stepper.evaluations >= until {
                break;
            }
        }
        Ok(self.finished)
    }

    /// Share of the time or of the crossings, whichever is further.
    pub fn progress(&self) -> f64 {
        if self.finished {
            return 1.0;
        }
        let time = (self.watcher.stepper.t - self.options.t0) / (self.options.transient + self.options.time);
        let count = self.hits.len() as f64 / self.options.count as f64;
        if time > count { time } else { count }
    }

    /// The crossings found so far, in order of time.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }
}

pub(crate) fn check_times(transient: f64, time: f64) -> Result<(), Error> {
    check_option(
        (0.0..=1e9).contains(&transient),
        "transient",
        transient,
        "at least 0 and at most a thousand million",
    )?;
    check_option(time > 0.0 && time <= 1e9, "time", time, "positive and at most a thousand million")
}

pub(crate) fn check_tolerance(tolerance: f64, bound: f64) -> Result<(), Error> {
    check_option((1e-14..=1e-2).contains(&tolerance), "tolerance", tolerance, "from 1e-14 to 0.01")?;
    check_option(bound > 0.0 && bound < f64::INFINITY, "bound", bound, "a positive number")
}
