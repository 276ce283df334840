//! The past of a delay differential equation.

/// Most numbers that the past may hold: 128 MiB of them.
pub(crate) const PAST_LIMIT: usize = 1 << 24;

/// A straight line, or the cubic through both ends with the rates there, over one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arc<'a> {
    pub(crate) h: f64,
    pub(crate) x0: &'a [f64],
    pub(crate) x1: &'a [f64],
    /// Rates at both ends; none for a straight line.
    pub(crate) rates: Option<(&'a [f64], &'a [f64])>,
}

impl Arc<'_> {
    /// Value of one variable at the fraction `theta` of the step.
    pub(crate) fn value(&self, theta: f64, i: usize) -> f64 {
        let change = self.x1[i] - self.x0[i];
        let line = self.x0[i] + theta * change;
        match self.rates {
            None => line,
            Some((f0, f1)) => {
                let (a, b) = ((theta - 1.0) * self.h * f0[i], theta * self.h * f1[i]);
                line + theta * (theta - 1.0) * ((1.0 - 2.0 * theta) * change + a + b)
            }
        }
    }
    /// All variables at the fraction `theta` of the step.
    pub(crate) fn write(&self, theta: f64, out: &mut [f64]) {
        for (i, place) in out.iter_mut().enumerate() {
            *place = self.value(theta, i);
        }
    }
}

/// The step under way, for lags shorter than it.
#[derive(Clone, Debug, Default)]
struct Ahead {
    /// Whether the fields below hold the end of the step, from an earlier pass over it.
    known: bool,
    h: f64,
    x1: Vec<f64>,
    f1: Vec<f64>,
}

/// The accepted steps as far back as the lags reach, of the variables that are delayed.
///
/// Between two accepted times stands the cubic through both states with both rates, whose error is of the fourth
/// power of the step; with white noise, and for a map, a straight line. A jump (an event, a new state) is two
/// entries of one time.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// The delayed variables, each once.
    pub(crate) variables: Vec<usize>,
    straight: bool,
    /// Time before which the history given holds.
    start: f64,
    /// Times, states and rates of the entries; `head` of them are forgotten.
    times: Vec<f64>,
    states: Vec<f64>,
    rates: Vec<f64>,
    head: usize,
    /// Entries dropped from the front of the vectors, so that places stay valid.
    dropped: usize,
    /// For each delayed value, where it was found last.
    hints: Vec<usize>,
    pub(crate) largest: f64,
    ahead: Ahead,
    /// Whether a value beyond the last entry was asked for since [`Past::watch_ahead`].
    pub(crate) reached_ahead: bool,
    /// Whether a value was asked for that is forgotten.
    pub(crate) forgotten: bool,
}

impl Past {
    pub(crate) fn new(variables: Vec<usize>, values: usize, straight: bool, start: f64) -> Self {
        Self {
            variables,
            straight,
            start,
            times: Vec::new(),
            states: Vec::new(),
            rates: Vec::new(),
            head: 0,
            dropped: 0,
            hints: vec![0; values],
            largest: 0.0,
            ahead: Ahead::default(),
            reached_ahead: false,
            forgotten: false,
        }
    }

    /// Time of the last entry.
    pub(crate) fn now(&self) -> Option<f64> {
        self.times.last().copied()
    }

    /// Appends an accepted state; false when memory is spent.
    pub(crate) fn push(&mut self, t: f64, x: &[f64], rate: &[f64]) -> bool {
        let since = t - 2.0 * self.largest;
        while self.head + 2 < self.times.len() && self.times[self.head + 1] < since {
            self.head += 1;
        }
        let width = self.variables.len();
        if 2 * self.head > self.times.len() {
            self.times.drain(..self.head);
            self.states.drain(..self.head * width);
            self.rates.drain(..self.head * width);
            self.dropped += self.head;
            self.head = 0;
        }
        if (self.times.len() + 1).saturating_mul(2 * width + 1) > PAST_LIMIT {
            return false;
        }
        self.times.push(t);
        for &variable in &self.variables {
            self.states.push(x[variable]);
            self.rates.push(rate[variable]);
        }
        true
    }

    /// Forgets the entries behind the time `t`, where the run goes on with another state.
    pub(crate) fn go_back(&mut self, t: f64) {
        let width = self.variables.len();
        while self.times.len() > self.head && self.times.last().is_some_and(|&last| last > t) {
            self.times.pop();
            self.states.truncate(self.times.len() * width);
            self.rates.truncate(self.times.len() * width);
        }
        self.forgotten = false;
    }

    /// Forgets whether values ahead were asked for, and the step that was laid ahead.
    pub(crate) fn watch_ahead(&mut self) {
        self.reached_ahead = false;
        self.ahead.known = false;
    }

    /// Lays the end of the step under way ahead, for the next pass over it.
    pub(crate) fn lay_ahead(&mut self, h: f64, x1: &[f64], f1: &[f64]) {
        self.reached_ahead = false;
        let Self { ahead, variables, .. } = self;
        (ahead.known, ahead.h) = (true, h);
        ahead.x1.clear();
        ahead.x1.extend(variables.iter().map(|&variable| x1[variable]));
        ahead.f1.clear();
        ahead.f1.extend(variables.iter().map(|&variable| f1[variable]));
    }

    /// Whether the time `s` lies before the start, where the history given holds.
    pub(crate) fn is_before_start(&self, s: f64) -> bool {
        s < self.start
    }

    /// The column's variable at the time `s`, which must not lie before the start; none before the first entry is
    /// made. `slack` is the rounding of `s`.
    pub(crate) fn value(&mut self, value: usize, column: usize, s: f64, slack: f64) -> Option<f64> {
        let width = self.variables.len();
        let last = self.times.len().checked_sub(1)?;
        let now = self.times[last];
        if s >= now {
            let x0 = self.states[last * width + column];
            let beyond = s - now;
            if beyond <= slack {
                return Some(x0);
            }
            self.reached_ahead = true;
            let f0 = self.rates[last * width + column];
            if !self.ahead.known {
                return Some(if self.straight { x0 } else { x0 + beyond * f0 });
            }
            let Ahead { h, x1, f1, .. } = &self.ahead;
            let rates = (!self.straight).then_some(([f0], [f1[column]]));
            let arc = Arc {
                h: *h,
                x0: &[x0],
                x1: &[x1[column]],
                rates: rates.as_ref().map(|(f0, f1)| (f0.as_slice(), f1.as_slice())),
            };
            return Some(arc.value(beyond / h, 0));
        }
        if !(s >= self.times[self.head]) {
            self.forgotten = true;
            return Some(self.states[self.head * width + column]);
        }
        // The entry at or before `s`; lags mostly move on by one entry or stay.
        let fits = |k: usize| k >= self.head && k < last && self.times[k] <= s && s < self.times[k + 1];
        let hint = self.hints[value].saturating_sub(self.dropped);
        let place = if fits(hint) {
            hint
        } else if fits(hint + 1) {
            hint + 1
        } else {
            self.head + self.times[self.head..].partition_point(|&t| t <= s) - 1
        };
        self.hints[value] = place + self.dropped;
        let (a, b) = (place * width, (place + 1) * width);
        let h = self.times[place + 1] - self.times[place];
        let arc = Arc {
            h,
            x0: &self.states[a..b],
            x1: &self.states[b..b + width],
            rates: (!self.straight).then(|| (&self.rates[a..b], &self.rates[b..b + width])),
        };
        Some(arc.value((s - self.times[place]) / h, column))
    }

    /// All of it as numbers, for a checkpoint.
    pub(crate) fn save(&self, out: &mut Vec<f64>) {
        let width = self.variables.len();
        out.extend([self.start, self.largest, (self.times.len() - self.head) as f64]);
        out.extend_from_slice(&self.times[self.head..]);
        out.extend_from_slice(&self.states[self.head * width..]);
        out.extend_from_slice(&self.rates[self.head * width..]);
    }

    /// Takes back what [`Past::save`] wrote; none when it cannot have been written by it.
    pub(crate) fn load(&self, from: &mut crate::pack::Unpack<'_>) -> Option<Self> {
        let mut past = Self::new(self.variables.clone(), self.hints.len(), self.straight, from.number()?);
        past.largest = from.number()?;
        let (entries, width) = (from.count()?, self.variables.len());
        past.times = from.take(entries)?.to_vec();
        past.states = from.take(entries.checked_mul(width)?)?.to_vec();
        past.rates = from.take(entries.checked_mul(width)?)?.to_vec();
        past.times.is_sorted().then_some(past)
    }
}
