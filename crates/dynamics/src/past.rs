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

/// The interpolant of an adaptive method over one step, by coefficients of one variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The cubic through both ends with their rates, or the straight line: no coefficients of its own.
    Ends,
    /// `θ (c_0 + θ (c_1 + θ (c_2 + θ c_3)))` beyond the state at the start.
    Powers,
    /// `θ (c_0 + (1 - θ) (c_1 + θ c_2))`.
    Rodas,
    /// `θ (c_0 + (1 - θ) (c_1 + θ (c_2 + (1 - θ) (c_3 + θ (c_4 + (1 - θ) (c_5 + θ c_6))))))`.
    Eighth,
}

impl Form {
    /// Number of coefficients.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Ends => 0,
            Self::Powers => 4,
            Self::Rodas => 3,
            Self::Eighth => 7,
        }
    }
    /// What is added to the state at the start, at the fraction `theta` of the step.
    pub(crate) fn value(self, c: &[f64], theta: f64) -> f64 {
        let rest = 1.0 - theta;
        match (self, c) {
            (Self::Powers, [c0, c1, c2, c3]) => theta * (c0 + theta * (c1 + theta * (c2 + theta * c3))),
            (Self::Rodas, [c0, c1, c2]) => theta * (c0 + rest * (c1 + theta * c2)),
            (Self::Eighth, [c0, c1, c2, c3, c4, c5, c6]) => {
                let inner = c3 + theta * (c4 + rest * (c5 + theta * c6));
                theta * (c0 + rest * (c1 + theta * (c2 + rest * inner)))
            }
            _ => 0.0,
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
    coefficients: Vec<f64>,
}

/// The accepted steps as far back as the lags reach, of the variables that are delayed.
///
/// Between two accepted times stands the interpolant of an adaptive method; of the others the cubic through both
/// states with both rates, whose error is of the fourth power of the step, or a straight line (with white noise, of
/// backward Euler, and of a map). A jump (an event, a new state) is two entries of one time.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// The delayed variables, each once.
    pub(crate) variables: Vec<usize>,
    straight: bool,
    form: Form,
    /// Time before which the history given holds.
    start: f64,
    /// Times, states and rates of the entries; `head` of them are forgotten.
    times: Vec<f64>,
    states: Vec<f64>,
    rates: Vec<f64>,
    /// Of the step that ends at an entry: which part of the method's step it is, and its coefficients, variable by
    /// variable; all zero where the cubic or the line stands.
    parts: Vec<f64>,
    coefficients: Vec<f64>,
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
    /// Whether a value at a jump was asked for since the last entry.
    pub(crate) at_jump: bool,
}

impl Past {
    pub(crate) fn new(variables: Vec<usize>, values: usize, straight: bool, form: Form, start: f64) -> Self {
        Self {
            variables,
            straight,
            form,
            start,
            times: Vec::new(),
            states: Vec::new(),
            rates: Vec::new(),
            parts: Vec::new(),
            coefficients: Vec::new(),
            head: 0,
            dropped: 0,
            hints: vec![0; values],
            largest: 0.0,
            ahead: Ahead::default(),
            reached_ahead: false,
            forgotten: false,
            at_jump: false,
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
            if self.form != Form::Ends {
                self.parts.drain(..self.head);
                self.coefficients.drain(..self.head * width * self.form.count());
            }
            self.dropped += self.head;
            self.head = 0;
        }
        if (self.times.len() + 1).saturating_mul(self.width()) > PAST_LIMIT {
            return false;
        }
        self.times.push(t);
        for &variable in &self.variables {
            self.states.push(x[variable]);
            self.rates.push(rate[variable]);
        }
        if self.form != Form::Ends {
            self.parts.push(0.0);
            self.coefficients.resize(self.times.len() * width * self.form.count(), 0.0);
        }
        self.at_jump = false;
        true
    }

    /// Gives the step that ends at the last entry the interpolant whose coefficients `of` writes for a variable;
    /// the step is the first `part` of the method's own.
    pub(crate) fn bend(&mut self, part: f64, of: impl Fn(usize, &mut [f64])) {
        let count = self.form.count();
        if let Some(last) = self.parts.last_mut() {
            *last = part;
            let width = self.variables.len();
            let from = self.coefficients.len() - width * count;
            for (place, &variable) in self.coefficients[from..].chunks_exact_mut(count).zip(&self.variables) {
                of(variable, place);
            }
        }
    }

    /// Numbers in an entry.
    fn width(&self) -> usize {
        let bent = if self.form == Form::Ends { 0 } else { 1 };
        1 + bent + self.variables.len() * (2 + self.form.count())
    }

    /// Forgets the entries behind the time `t`, where the run goes on with another state.
    pub(crate) fn go_back(&mut self, t: f64) {
        let width = self.variables.len();
        while self.times.len() > self.head && self.times.last().is_some_and(|&last| last > t) {
            self.times.pop();
            self.states.truncate(self.times.len() * width);
            self.rates.truncate(self.times.len() * width);
            self.parts.truncate(self.times.len());
            self.coefficients.truncate(self.times.len() * width * self.form.count());
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

    /// Lays an adaptive method's interpolant of the step under way ahead, for the next pass over it.
    pub(crate) fn lay_bent_ahead(&mut self, h: f64, of: impl Fn(usize, &mut [f64])) {
        self.reached_ahead = false;
        let Self { ahead, variables, form, .. } = self;
        (ahead.known, ahead.h) = (true, h);
        ahead.coefficients.resize(variables.len() * form.count(), 0.0);
        for (place, &variable) in ahead.coefficients.chunks_exact_mut(form.count()).zip(variables.iter()) {
            of(variable, place);
        }
    }

    /// Whether the time `s` lies before the start, where the history given holds.
    pub(crate) fn is_before_start(&mut self, s: f64, slack: f64) -> bool {
        let before = s < self.start;
        self.at_jump |= before && self.start <= s + 2.0 * slack;
        before
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
            let Ahead { h, x1, f1, coefficients, .. } = &self.ahead;
            if self.form != Form::Ends {
                let count = self.form.count();
                let c = &coefficients[column * count..(column + 1) * count];
                return Some(x0 + self.form.value(c, beyond / h));
            }
            let rates = (!self.straight).then_some(([f0], [f1[column]]));
            let arc = Arc {
                h: *h,
                x0: &[x0],
                x1: &[x1[column]],
                rates: rates.as_ref().map(|(f0, f1)| (f0.as_slice(), f1.as_slice())),
            };
            return Some(arc.value(beyond / h, 0));
        }
        let remembered = s >= self.times[self.head];
        if !remembered {
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
        let next = self.times[place + 1];
        self.at_jump |= next <= s + 2.0 * slack && self.times.get(place + 2) == Some(&next);
        let (a, b) = (place * width, (place + 1) * width);
        let h = next - self.times[place];
        let part = self.parts.get(place + 1).copied().unwrap_or(0.0);
        if part > 0.0 {
            let count = self.form.count();
            let from = ((place + 1) * width + column) * count;
            let theta = part * ((s - self.times[place]) / h);
            return Some(
                self.states[a + column] + self.form.value(&self.coefficients[from..from + count], theta),
            );
        }
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
        if self.form != Form::Ends {
            out.extend_from_slice(&self.parts[self.head..]);
            out.extend_from_slice(&self.coefficients[self.head * width * self.form.count()..]);
        }
    }

    /// Takes back what [`Past::save`] wrote; none when it cannot have been written by it.
    pub(crate) fn load(&self, from: &mut crate::pack::Unpack<'_>) -> Option<Self> {
        let (variables, values) = (self.variables.clone(), self.hints.len());
        let mut past = Self::new(variables, values, self.straight, self.form, from.number()?);
        past.largest = from.number()?;
        let (entries, width) = (from.count()?, self.variables.len());
        past.times = from.take(entries)?.to_vec();
        past.states = from.take(entries.checked_mul(width)?)?.to_vec();
        past.rates = from.take(entries.checked_mul(width)?)?.to_vec();
        if self.form != Form::Ends {
            past.parts = from.take(entries)?.to_vec();
            past.coefficients = from.take(entries.checked_mul(width * self.form.count())?)?.to_vec();
        }
        past.times.is_sorted().then_some(past)
    }
}
