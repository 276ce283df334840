//! Steps whose length the error estimate chooses.

use crate::drive::Drive;
use crate::method::Method;
use crate::outcome::{Divergence, Outcome, Statistics};
use crate::pack::{Unpack, flag};
use crate::past::Form;
use crate::rodas::Rodas;
use crate::step::{Workspace, combine, explicit};
use crate::tableau::{
    DORMAND_PRINCE_5, DORMAND_PRINCE_8, EIGHTH_DENSE, EIGHTH_MORE, EIGHTH_THIRD, TSITOURAS_5, Tableau,
};
use crate::trajectory::Options;
use crate::watch::{PARTS, Search, Watch};
use numerics::march::outside;
use numerics::{Flow, Process};

/// Most breaking points kept, and most passes over a step whose lags are shorter than it.
const BREAKS: usize = 1024;
const PASSES: u32 = 6;
/// Stages of the method of order 8 with those of its interpolant, the thirteenth being the rates at the end.
const EIGHTH_STAGES: usize = 16;

/// A pair whose last stage is the next step's first, with an interpolant over its stages.
#[derive(Clone, Copy, Debug)]
enum Pair {
    Tsitouras,
    DormandPrince,
}

impl Pair {
    fn tableau(self) -> &'static Tableau {
        match self {
            Self::Tsitouras => &TSITOURAS_5,
            Self::DormandPrince => &DORMAND_PRINCE_5,
        }
    }
}

#[derive(Clone, Debug)]
enum Scheme {
    Pair(Pair),
    Eighth,
    Rodas(Box<Rodas>),
}

impl Scheme {
    /// Rows of `n` numbers that the interpolant needs.
    fn rows(&self) -> usize {
        match self {
            Self::Pair(pair) => pair.tableau().stages(),
            Self::Eighth => EIGHTH_STAGES,
            Self::Rodas(_) => 2,
        }
    }

    /// Form of the interpolant.
    fn form(&self) -> Form {
        match self {
            Self::Pair(_) => Form::Powers,
            Self::Eighth => Form::Eighth,
            Self::Rodas(_) => Form::Rodas,
        }
    }

    /// Writes the coefficients of variable `i` of the interpolant over a step of length `h` from `x0` to `x1`, from
    /// what [`Adaptive::keep_dense`] keeps.
    fn coefficients(&self, dense: &[f64], h: f64, x0: &[f64], x1: &[f64], i: usize, c: &mut [f64]) {
        let n = x0.len();
        match self {
            Self::Pair(pair) => {
                let tableau = pair.tableau();
                for (power, place) in c.iter_mut().enumerate() {
                    let mut total = 0.0;
                    for (stage, weights) in tableau.interpolant.iter().enumerate() {
                        total += weights[power] * dense[stage * n + i];
                    }
                    *place = h * total;
                }
            }
            Self::Rodas(_) => {
                c.copy_from_slice(&[x1[i] - x0[i], dense[i], dense[n + i]]);
            }
            Self::Eighth => {
                let change = x1[i] - x0[i];
                let first = h * dense[i] - change;
                c[..3].copy_from_slice(&[change, first, change - h * dense[12 * n + i] - first]);
                for (place, weights) in c[3..].iter_mut().zip(&EIGHTH_DENSE) {
                    let mut total = 0.0;
                    for (stage, weight) in weights.iter().enumerate() {
                        total += weight * dense[stage * n + i];
                    }
                    *place = h * total;
                }
            }
        }
    }
}

/// The form of an adaptive method's interpolant.
pub(crate) fn form(method: Method) -> Form {
    match method {
        Method::Tsitouras5 | Method::DormandPrince5 => Form::Powers,
        Method::DormandPrince8 => Form::Eighth,
        Method::Rodas4 => Form::Rodas,
        _ => Form::Ends,
    }
}

/// What an adaptive method carries: its last step, which reaches up to or beyond the last output.
#[derive(Clone, Debug)]
pub(crate) struct Adaptive {
    scheme: Scheme,
    pub(crate) started: bool,
    /// Start and length of the last accepted step; the length is 0 after a start or an event.
    from: f64,
    length: f64,
    /// End of the last accepted step, or where an event cuts it short.
    now: f64,
    x: Vec<f64>,
    /// State at the start of the last accepted step, and what its interpolant needs.
    x_from: Vec<f64>,
    dense: Vec<f64>,
    /// Whether the interpolant of order 8 has its further stages.
    dense_known: bool,
    /// Step to try next, and the error of the last accepted one.
    next: f64,
    last_error: f64,
    work: Workspace<f64>,
    scratch: Vec<f64>,
    rate: Vec<f64>,
    end_rate: Vec<f64>,
    earlier: Vec<f64>,
    /// Whether events are to fire at `now` before the run goes on.
    pending: bool,
    /// Times at which delayed discontinuities arrive, in order, with the order of the derivative that jumps.
    breaks: Vec<(f64, u32)>,
}

impl Adaptive {
    pub(crate) fn new(method: Method, n: usize) -> Self {
        let scheme = match method {
            Method::DormandPrince5 => Scheme::Pair(Pair::DormandPrince),
            Method::DormandPrince8 => Scheme::Eighth,
            Method::Rodas4 => Scheme::Rodas(Box::new(Rodas::new(n))),
            _ => Scheme::Pair(Pair::Tsitouras),
        };
        let stages = scheme.rows();
        let room = |count: usize| vec![0.0; count * n];
        Self {
            scheme,
            started: false,
            from: 0.0,
            length: 0.0,
            now: 0.0,
            x: room(1),
            x_from: room(1),
            dense: room(stages),
            dense_known: false,
            next: 0.0,
            last_error: 1.0,
            work: Workspace { value: room(1), error: room(1), stages: room(stages), scratch: Vec::new() },
            scratch: room(1),
            rate: room(1),
            end_rate: room(1),
            earlier: room(1),
            pending: false,
            breaks: Vec::new(),
        }
    }

    /// The power of the step that the error estimate falls with.
    fn power(&self) -> f64 {
        match self.scheme {
            Scheme::Pair(_) => 5.0,
            Scheme::Eighth => 8.0,
            Scheme::Rodas(_) => 4.0,
        }
    }

    /// Starts from the present state, at a discontinuity; false when memory for the past is spent.
    fn restart<P: Process>(&mut self, drive: &mut Drive<P>, o: &Options, direction: f64) -> bool {
        (self.from, self.length, self.last_error) = (self.now, 0.0, 1e-4);
        self.x_from.copy_from_slice(&self.x);
        if let Scheme::Rodas(rodas) = &mut self.scheme {
            rodas.forget();
        }
        drive.rate(self.now, &self.x, &mut self.rate);
        let mut fits = true;
        if let Some(past) = &mut drive.past {
            fits = past.push(self.now, &self.x, &self.rate);
            past.watch_ahead();
        }
        self.next = direction * self.first_step(drive, o, direction);
        self.expect_breaks(drive, 0);
        fits
    }

    /// Notes when a discontinuity of the present time comes back through the lags, if they are constant.
    fn expect_breaks<P: Process>(&mut self, drive: &mut Drive<P>, order: u32) {
        if drive.delays() == 0 || f64::from(order) >= self.power() {
            return;
        }
        let now = self.now;
        for &lag in drive.lags(now, &self.x) {
            let at = now + lag;
            let near = 1e-12 * (libm::fabs(at) + lag);
            if !(lag > near && at.is_finite()) || self.breaks.len() >= BREAKS {
                continue;
            }
            let place = self.breaks.partition_point(|&(time, _)| time < at - near);
            match self.breaks.get_mut(place) {
                Some((time, lower)) if *time <= at + near => {
                    if order + 1 < *lower {
                        *lower = order + 1;
                    }
                }
                _ => self.breaks.insert(place, (at, order + 1)),
            }
        }
    }

    /// Length of the first step; the rates at the start stand in `rate`.
    fn first_step<P: Process>(&mut self, drive: &mut Drive<P>, o: &Options, direction: f64) -> f64 {
        let n = self.x.len();
        let x = &self.x;
        let norm = |v: &[f64]| {
            let mut total = 0.0;
            for i in 0..n {
                let ratio = v[i] / (o.atol + o.rtol * libm::fabs(x[i]));
                total += ratio * ratio;
            }
            libm::sqrt(total / n as f64)
        };
        let (size, speed) = (norm(x), norm(&self.rate));
        let trial =
            if size < 1e-5 || speed < 1e-5 || !speed.is_finite() { 1e-6 } else { 0.01 * size / speed };
        for i in 0..n {
            self.work.value[i] = x[i] + direction * trial * self.rate[i];
        }
        let (value, change) = (&self.work.value, &mut self.work.error);
        drive.rate(self.now + direction * trial, value, change);
        for i in 0..n {
            change[i] -= self.rate[i];
        }
        let bend = norm(change) / trial;
        let largest = if speed > bend { speed } else { bend };
        let second =
            if largest > 1e-15 { libm::pow(0.01 / largest, 1.0 / self.power()) } else { 1e-3 * trial };
        let second = if largest <= 1e-15 && second < 1e-6 { 1e-6 } else { second };
        let chosen = if second < 100.0 * trial { second } else { 100.0 * trial };
        // Where the rates overflow, any small step lets the loop find out.
        if chosen.is_finite() && chosen > 0.0 { chosen } else { 1e-6 }
    }

    /// Tries a step of length `h`; returns the size of its error relative to the tolerance.
    #[inline]
    fn attempt<P: Process>(&mut self, drive: &mut Drive<P>, o: &Options, h: f64) -> f64 {
        let n = self.x.len();
        let Workspace { value, error, stages, .. } = &mut self.work;
        match &mut self.scheme {
            Scheme::Pair(pair) => {
                // The rates at the present state stand in `rate`: the last stage of one step is the next one's first.
                stages[..n].copy_from_slice(&self.rate);
                let (t, x, scratch) = (self.now, &self.x, &mut self.scratch);
                // Each call has constants of its own, which the compiler works into the loops.
                match pair {
                    Pair::Tsitouras => {
                        explicit(&TSITOURAS_5, drive, t, h, x, value, Some(error), stages, scratch, true)
                    }
                    Pair::DormandPrince => {
                        explicit(&DORMAND_PRINCE_5, drive, t, h, x, value, Some(error), stages, scratch, true)
                    }
                };
                error_norm(o, x, value, error)
            }
            Scheme::Eighth => {
                stages[..n].copy_from_slice(&self.rate);
                let (tableau, twelve) = (&DORMAND_PRINCE_8, &mut stages[..12 * n]);
                let scratch = &mut self.scratch;
                explicit(tableau, drive, self.now, h, &self.x, value, Some(error), twelve, scratch, true);
                let fifth = error_norm(o, &self.x, value, error);
                error.fill(0.0);
                combine(&EIGHTH_THIRD, twelve, h, error, &mut self.scratch);
                let third = error_norm(o, &self.x, value, &self.scratch);
                let sum = fifth * fifth + 0.01 * third * third;
                if sum > 0.0 { fifth * fifth / libm::sqrt(sum) } else { sum }
            }
            Scheme::Rodas(rodas) => {
                let (small, step) = (o.atol / o.rtol, (self.now, h));
                if !rodas.attempt(drive, step, &self.x, &self.rate, value, error, small) {
                    return f64::INFINITY;
                }
                let size = error_norm(o, &self.x, value, error);
                if size.is_nan() || size > 1.0 {
                    return size;
                }
                rodas.keep_dense(stages);
                rodas.dense_error(drive, step, &self.x, value, stages, error);
                let between = error_norm(o, &self.x, value, error);
                if between > size { between } else { size }
            }
        }
    }

    /// Writes the rates at the end `now + h` of the step just tried to `end_rate`.
    #[inline]
    fn rate_at_end<P: Process>(&mut self, drive: &mut Drive<P>, h: f64) {
        match self.scheme {
            Scheme::Pair(_) => {
                let stages = &self.work.stages;
                self.end_rate.copy_from_slice(&stages[stages.len() - self.x.len()..]);
            }
            _ => drive.rate(self.now + h, &self.work.value, &mut self.end_rate),
        }
    }

    /// Tries a step, once more for each pass that lags shorter than it need. The rates at its end are left in
    /// `end_rate` where the system has delays.
    #[inline]
    fn attempt_with_past<P: Process>(&mut self, drive: &mut Drive<P>, o: &Options, h: f64) -> f64 {
        let Some(past) = &mut drive.past else { return self.attempt(drive, o, h) };
        past.watch_ahead();
        let mut pass = 0;
        loop {
            let size = self.attempt(drive, o, h);
            self.rate_at_end(drive, h);
            let Some(past) = &mut drive.past else { return size };
            if !past.reached_ahead || !size.is_finite() {
                return size;
            }
            if pass > 0 {
                for (old, new) in self.earlier.iter_mut().zip(&self.work.value) {
                    *old -= new;
                }
                if error_norm(o, &self.x, &self.work.value, &self.earlier) < 1e-3 {
                    return size;
                }
            }
            if pass == PASSES {
                // The step is too long for its lags: refuse it.
                return 32.0;
            }
            // The next pass sees the interpolant of this one.
            self.keep_stages();
            let n = self.x.len();
            if matches!(self.scheme, Scheme::Eighth) {
                let (stages, scratch) = (&mut self.work.stages, &mut self.scratch);
                further(drive, self.now, h, &self.x, stages, scratch);
            }
            if let Some(past) = &mut drive.past {
                let Self { scheme, work, x, .. } = self;
                let stages = &work.stages[..scheme.rows() * n];
                past.lay_bent_ahead(h, |i, c| scheme.coefficients(stages, h, x, &work.value, i, c));
            }
            self.earlier.copy_from_slice(&self.work.value);
            pass += 1;
        }
    }

    /// Completes in `work.stages` what the interpolant of the step just tried needs, `end_rate` being known.
    #[inline]
    fn keep_stages(&mut self) {
        let n = self.x.len();
        match &self.scheme {
            Scheme::Pair(_) => {}
            Scheme::Eighth => self.work.stages[12 * n..13 * n].copy_from_slice(&self.end_rate),
            Scheme::Rodas(rodas) => rodas.keep_dense(&mut self.work.stages),
        }
    }

    /// Keeps what the interpolant of the step just tried needs.
    #[inline]
    fn keep_dense(&mut self) {
        self.keep_stages();
        core::mem::swap(&mut self.dense, &mut self.work.stages);
        self.dense_known = false;
    }

    /// Lets [`Adaptive::interpolate`] follow: evaluates the further stages of order 8, once a step.
    #[inline]
    fn prepare<P: Process>(&mut self, drive: &mut Drive<P>) {
        if !self.dense_known && matches!(self.scheme, Scheme::Eighth) {
            further(drive, self.from, self.length, &self.x_from, &mut self.dense, &mut self.scratch);
            self.dense_known = true;
        }
    }

    /// The state at the fraction `theta` of the last accepted step, whose end is `end`.
    #[inline]
    fn interpolate(&self, theta: f64, end: &[f64], out: &mut [f64]) {
        match self.scheme {
            Scheme::Pair(Pair::Tsitouras) => self.interpolate_pair(&TSITOURAS_5, theta, out),
            Scheme::Pair(Pair::DormandPrince) => self.interpolate_pair(&DORMAND_PRINCE_5, theta, out),
            _ => {
                let mut room = [0.0; 7];
                let c = &mut room[..self.scheme.form().count()];
                for (i, place) in out.iter_mut().enumerate() {
                    self.scheme.coefficients(&self.dense, self.length, &self.x_from, end, i, c);
                    *place = self.x_from[i] + self.scheme.form().value(c, theta);
                }
            }
        }
    }

    #[inline(always)]
    fn interpolate_pair(&self, tableau: &Tableau, theta: f64, out: &mut [f64]) {
        let n = out.len();
        let mut weights = [0.0; TSITOURAS_5.stages()];
        for (stage, weight) in weights.iter_mut().enumerate() {
            *weight = tableau.weight(stage, theta);
        }
        for i in 0..n {
            let mut total = 0.0;
            for (stage, weight) in weights.iter().enumerate() {
                total += weight * self.dense[stage * n + i];
            }
            out[i] = self.x_from[i] + self.length * total;
        }
    }

    /// Goes on to the time `target` and writes the state there.
    pub(crate) fn reach<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        watch: &mut Watch,
        o: &Options,
        statistics: &mut Statistics,
        (time, target): (f64, f64),
        state: &mut [f64],
    ) -> Outcome {
        let direction = if o.dt > 0.0 { 1.0 } else { -1.0 };
        let full = |drive: &Drive<P>, time| {
            let lag = drive.past.as_ref().map_or(0.0, |past| past.largest);
            Outcome::HistoryFull { time, lag }
        };
        let mut outcome = Outcome::Ok;
        if !self.started {
            self.now = time;
            self.x.copy_from_slice(state);
            self.pending = false;
            self.started = true;
            self.breaks.clear();
            if !self.restart(drive, o, direction) {
                outcome = full(drive, time);
            }
        }
        watch.begin(drive, self.now, &self.x);
        let (mut tried, mut events, mut last_event) = (0, 0, 0);
        let mut rejected = false;
        while outcome.is_ok() {
            if self.pending && direction * (target - self.now) >= 0.0 {
                let fired = watch.fire(drive, self.now, &mut self.x);
                self.pending = false;
                (events, last_event) = (events + 1, fired.event);
                if let Some(variable) = outside(&self.x, o.bound) {
                    let value = self.x[variable];
                    // The state before the event went with it; its start is the last one within the bound.
                    self.x.copy_from_slice(&self.x_from);
                    outcome = diverged(self.now, variable, value, self.from, &self.x);
                    self.now = self.from;
                } else if fired.stop {
                    outcome = Outcome::Stopped { time: self.now, event: fired.event };
                } else if !self.restart(drive, o, direction) {
                    outcome = full(drive, self.now);
                }
                continue;
            }
            let remains = direction * (target - self.now) > 0.0;
            if !remains {
                break;
            }
            if tried == o.max_steps {
                outcome = if 4 * events > tried {
                    Outcome::TooManyEvents { time: self.now, event: last_event, events }
                } else {
                    Outcome::TooManySteps { time: self.now, steps: tried }
                };
                break;
            }
            tried += 1;
            let mut h = self.next;
            let mut end = self.now + h;
            let mut landing = None;
            if let Some(&(time, order)) = self.breaks.first()
                && direction * (end - time) >= 0.0
            {
                (h, end, landing) = (time - self.now, time, Some(order));
            }
            let size = self.attempt_with_past(drive, o, h);
            let value = &self.work.value;
            let finite = size.is_finite() && value.iter().all(|v| v.is_finite());
            if finite && size <= 1.0 {
                // A step that follows a rejection must not grow.
                let most = if rejected { 1.0 } else { 10.0 };
                let (power, memory) = match self.scheme {
                    Scheme::Pair(_) => (0.2 - 0.75 * 0.04, 0.04),
                    _ => (1.0 / self.power(), 0.0),
                };
                let factor = 0.9 * libm::pow(size, -power) * libm::pow(self.last_error, memory);
                let next = h * clamp(factor, 0.2, most);
                match self.accept(drive, watch, o, (h, end), landing) {
                    Outcome::Ok => {}
                    Outcome::HistoryFull { .. } => {
                        outcome = full(drive, self.now);
                        break;
                    }
                    other => {
                        outcome = other;
                        break;
                    }
                }
                statistics.steps += 1;
                // A step that was cut at a breaking point tells little about the next one.
                let kept = landing.is_some() && factor >= 1.0 && libm::fabs(self.next) > libm::fabs(next);
                self.next = if kept { self.next } else { next };
                self.last_error = if size > 1e-4 { size } else { 1e-4 };
                rejected = false;
            } else {
                statistics.rejected += 1;
                rejected = true;
                let factor = if finite { 0.9 * libm::pow(size, -1.0 / self.power()) } else { 0.1 };
                let next = h * clamp(factor, 0.1, 1.0);
                if self.now + next == self.now || libm::fabs(next) < f64::MIN_POSITIVE {
                    outcome = match value.iter().position(|v| !v.is_finite()) {
                        Some(variable) => diverged(end, variable, value[variable], self.now, &self.x),
                        None => Outcome::StepTooSmall { time: self.now, step: next },
                    };
                    break;
                }
                self.next = next;
            }
            if let Some(past) = drive.past.as_ref().filter(|past| past.forgotten) {
                outcome = Outcome::HistoryForgotten { time: self.now, lag: past.largest };
            }
        }
        if outcome.is_ok() {
            if self.length == 0.0 {
                state.copy_from_slice(&self.x);
            } else {
                let theta = (target - self.from) / self.length;
                if theta == 1.0 {
                    state.copy_from_slice(&self.x);
                } else {
                    self.prepare(drive);
                    // Behind an event that cuts the step short the end of the step is kept in `earlier`.
                    let end = if self.pending { &self.earlier } else { &self.x };
                    self.interpolate(theta, end, state);
                }
            }
        } else {
            state.copy_from_slice(&self.x);
        }
        outcome
    }

    /// Time reached.
    pub(crate) fn now(&self) -> f64 {
        self.now
    }

    /// Makes the step just tried the last accepted one, up to the first event in it.
    #[inline]
    fn accept<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        watch: &mut Watch,
        o: &Options,
        (h, end): (f64, f64),
        landing: Option<u32>,
    ) -> Outcome {
        if !watch.is_active()
            && let Some(variable) = outside(&self.work.value, o.bound)
        {
            return diverged(end, variable, self.work.value[variable], self.now, &self.x);
        }
        if drive.past.is_none() {
            self.rate_at_end(drive, h);
        }
        let start = self.now;
        (self.from, self.length) = (start, h);
        core::mem::swap(&mut self.x_from, &mut self.x);
        self.x.copy_from_slice(&self.work.value);
        self.keep_dense();
        let mut hit = None;
        if watch.is_active() {
            let value = core::mem::take(&mut self.work.value);
            hit = watch.look(drive, Search::Parts(PARTS), (start, h, end), &value, |drive, theta, out| {
                self.prepare(drive);
                self.interpolate(theta, &value, out);
            });
            self.work.value = value;
        }
        if let Some(theta) = hit {
            self.pending = true;
            self.now = if theta == 1.0 { end } else { start + theta * h };
            self.earlier.copy_from_slice(&self.work.value);
            if theta < 1.0 {
                self.prepare(drive);
                let mut root = core::mem::take(&mut self.x);
                self.interpolate(theta, &self.earlier, &mut root);
                self.x = root;
                if drive.past.is_some() {
                    drive.rate(self.now, &self.x, &mut self.rate);
                }
            } else {
                self.rate.copy_from_slice(&self.end_rate);
            }
        } else {
            self.now = end;
            self.rate.copy_from_slice(&self.end_rate);
        }
        if watch.is_active()
            && let Some(variable) = outside(&self.x, o.bound)
        {
            let (time, value) = (self.now, self.x[variable]);
            self.x.copy_from_slice(&self.x_from);
            (self.now, self.length, self.pending) = (start, 0.0, false);
            return diverged(time, variable, value, start, &self.x);
        }
        if let Scheme::Rodas(rodas) = &mut self.scheme {
            rodas.forget();
        }
        let now = self.now;
        if drive.past.is_some() {
            self.prepare(drive);
        }
        if let Some(past) = &mut drive.past {
            let mut fits = past.push(now, &self.x, &self.rate);
            let (scheme, dense, x0) = (&self.scheme, &self.dense, &self.x_from);
            let full_end = if hit.is_some() { &self.earlier } else { &self.x };
            past.bend(hit.unwrap_or(1.0), |i, c| scheme.coefficients(dense, h, x0, full_end, i, c));
            while self.breaks.first().is_some_and(|&(time, _)| time <= now) {
                self.breaks.remove(0);
            }
            if let (Some(order), None) = (landing, hit) {
                // What follows may jump: look at the rates again, from behind.
                drive.rate(now, &self.x, &mut self.rate);
                fits &= drive.past.as_mut().is_none_or(|past| past.push(now, &self.x, &self.rate));
                self.expect_breaks(drive, order);
            }
            if !fits {
                return Outcome::HistoryFull { time: now, lag: 0.0 };
            }
        }
        Outcome::Ok
    }

    pub(crate) fn save(&self, out: &mut Vec<f64>) {
        out.push(flag(self.started));
        if !self.started {
            return;
        }
        out.extend([self.from, self.length, self.now, self.next, self.last_error]);
        out.extend([flag(self.dense_known), flag(self.pending)]);
        for part in [&self.x, &self.x_from, &self.rate, &self.earlier, &self.dense] {
            out.extend_from_slice(part);
        }
        out.push(self.breaks.len() as f64);
        out.extend(self.breaks.iter().flat_map(|&(time, order)| [time, f64::from(order)]));
    }

    pub(crate) fn load(&mut self, from: &mut Unpack<'_>) -> Option<()> {
        self.started = from.flag()?;
        if !self.started {
            return Some(());
        }
        for place in [&mut self.from, &mut self.length, &mut self.now, &mut self.next, &mut self.last_error] {
            *place = from.number()?;
        }
        (self.dense_known, self.pending) = (from.flag()?, from.flag()?);
        for part in [&mut self.x, &mut self.x_from, &mut self.rate, &mut self.earlier, &mut self.dense] {
            from.fill(part)?;
        }
        self.breaks.clear();
        for _ in 0..from.count()? {
            let (time, order) = (from.number()?, from.number()?);
            self.breaks.push((time, (1..=8).find(|&known| f64::from(known) == order)?));
        }
        if let Scheme::Rodas(rodas) = &mut self.scheme {
            rodas.forget();
        }
        (self.breaks.len() <= BREAKS && self.breaks.is_sorted_by_key(|(time, _)| *time)).then_some(())
    }
}

/// The further stages of the interpolant of order 8, behind the thirteen in `stages`.
fn further<P: Process>(
    drive: &mut Drive<P>,
    t: f64,
    h: f64,
    x: &[f64],
    stages: &mut [f64],
    scratch: &mut [f64],
) {
    let n = x.len();
    for more in 0..EIGHTH_MORE.stages() {
        let (known, rest) = stages.split_at_mut((13 + more) * n);
        combine(EIGHTH_MORE.a[more], known, h, x, scratch);
        drive.rate(t + EIGHTH_MORE.c[more] * h, scratch, &mut rest[..n]);
    }
}

fn diverged(time: f64, variable: usize, value: f64, last_time: f64, last_state: &[f64]) -> Outcome {
    Outcome::Diverged(Divergence { time, variable, value, last_time, last_state: last_state.to_vec() })
}

#[inline]
fn clamp(value: f64, low: f64, high: f64) -> f64 {
    // Written so that a value that is not a number becomes the low end.
    if value > high {
        high
    } else if value > low {
        value
    } else {
        low
    }
}

#[inline]
fn error_norm(o: &Options, x: &[f64], next: &[f64], error: &[f64]) -> f64 {
    let mut total = 0.0;
    for i in 0..x.len() {
        let (a, b) = (libm::fabs(x[i]), libm::fabs(next[i]));
        let ratio = error[i] / (o.atol + o.rtol * if a > b { a } else { b });
        total += ratio * ratio;
    }
    libm::sqrt(total / x.len() as f64)
}
