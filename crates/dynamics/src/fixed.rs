//! Fixed steps of a process with delays, noise or events, and of the methods that carry something along.

use crate::drive::Drive;
use crate::method::Method;
use crate::newton::Newton;
use crate::outcome::Outcome;
use crate::pack::{Unpack, flag};
use crate::past::Arc;
use crate::step::{classical, euler, heun};
use numerics::{Flow, Process};

/// Most passes over a step whose lags are shorter than it.
pub(crate) const PASSES: u32 = 8;

/// Nodes and weights of Gauss' quadrature with three points on `[0, 1]`.
const GAUSS: [(f64, f64); 3] =
    [(0.112_701_665_379_258_31, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];

/// What fixed steps carry from one to the next, and room for one.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    method: Method,
    /// Whether the step is a straight line between its ends.
    straight: bool,
    pub(crate) started: bool,
    /// Whether `rate` holds the rates at the present state.
    known: bool,
    rate: Vec<f64>,
    pub(crate) next: Vec<f64>,
    /// The rates at the end of the step, where known.
    end_known: bool,
    end_rate: Vec<f64>,
    stages: Vec<f64>,
    scratch: Vec<f64>,
    earlier: Vec<f64>,
    /// The rates one, two and three steps ago, and how many of them there are.
    old: Vec<f64>,
    old_count: usize,
    newton: Option<Newton>,
    /// Which half each variable belongs to, and the pairs of coordinate and momentum.
    momentum: Vec<bool>,
    /// Whether nothing asks for the rates of the coordinates between the steps of Verlet's method.
    forces_alone: bool,
    pairs: Option<Vec<(usize, usize)>>,
    pub(crate) drift: f64,
    diffusion: Vec<f64>,
    slope: Vec<f64>,
}

impl Fixed {
    pub(crate) fn new<P: Process>(method: Method, drive: &Drive<P>, straight: bool) -> Self {
        let n = drive.dimension();
        let room = |count: usize| vec![0.0; count * n];
        let mut momentum = Vec::new();
        let mut pairs = None;
        if let (Method::Verlet, Some(halves)) = (method, drive.process.halves()) {
            // The half of the first variable stands for the coordinates.
            let first = halves.first().copied().unwrap_or(false);
            momentum = halves.iter().map(|&half| half != first).collect();
            let of = |wanted: bool| (0..n).filter(|&i| momentum[i] == wanted).collect::<Vec<_>>();
            let (q, p) = (of(false), of(true));
            pairs = (q.len() == p.len()).then(|| q.into_iter().zip(p).collect());
        }
        let milstein = if method == Method::Milstein { drive.wieners() } else { 0 };
        let adams = usize::from(method == Method::Adams);
        Self {
            method,
            straight,
            started: false,
            known: false,
            rate: room(1),
            next: room(1),
            end_known: false,
            end_rate: room(1),
            stages: room(4),
            scratch: room(1),
            earlier: room(usize::from(drive.delays() > 0)),
            old: room(3 * adams),
            old_count: 0,
            newton: (method == Method::BackwardEuler).then(|| Newton::new(n)),
            momentum,
            forces_alone: drive.delays() == 0 && drive.process.crossings().is_empty(),
            pairs,
            drift: 0.0,
            diffusion: room(milstein),
            slope: room(milstein),
        }
    }

    /// The energy gained so far, for a flow whose variables pair up.
    pub(crate) fn energy_drift(&self) -> Option<f64> {
        self.pairs.as_ref().map(|_| self.drift)
    }

    /// Forgets what belongs to earlier steps.
    pub(crate) fn forget(&mut self) {
        self.known = false;
        self.old_count = 0;
    }

    fn know<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, x: &[f64]) {
        if !self.known {
            drive.rate(t, x, &mut self.rate);
            self.known = true;
        }
    }

    /// New draws change the rates at the present state.
    pub(crate) fn redraw(&mut self) {
        self.known = false;
    }

    /// Lays the present state into the past; false when memory is spent.
    pub(crate) fn lay<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, x: &[f64]) -> bool {
        if drive.past.is_none() {
            return true;
        }
        if !self.straight {
            self.know(drive, t, x);
        }
        let jump = drive.past.as_ref().is_some_and(|past| past.at_jump);
        let mut fits = drive.past.as_mut().is_none_or(|past| past.push(t, x, &self.rate));
        if jump && !self.straight {
            // From here on one looks at what follows the jump.
            self.known = false;
            self.know(drive, t, x);
            fits &= drive.past.as_mut().is_none_or(|past| past.push(t, x, &self.rate));
        }
        fits
    }

    /// Takes one step of length `h` from the state `x` at `t`; `whole` says that it is a whole step of the grid.
    pub(crate) fn take<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        t: f64,
        h: f64,
        x: &[f64],
        tolerance: (f64, f64),
        whole: bool,
    ) -> Outcome {
        self.end_known = false;
        if let Some(past) = &mut drive.past {
            past.watch_ahead();
        }
        if self.method != Method::BackwardEuler {
            self.know(drive, t, x);
        }
        for pass in 0..=PASSES {
            if !self.once(drive, t, h, x, tolerance, whole) {
                return Outcome::NotSolved { time: t, step: h };
            }
            if drive.past.is_none() {
                break;
            }
            if !self.straight {
                self.know_end(drive, t + h);
            }
            let Some(past) = &mut drive.past else { break };
            if !past.reached_ahead || (pass > 0 && self.settled()) {
                break;
            }
            past.lay_ahead(h, &self.next, &self.end_rate);
            self.earlier.copy_from_slice(&self.next);
            self.end_known = false;
        }
        Outcome::Ok
    }

    /// Whether the last pass changed nothing but the last few digits.
    fn settled(&self) -> bool {
        self.next.iter().zip(&self.earlier).all(|(new, old)| {
            let size = libm::fabs(*new);
            libm::fabs(new - old) <= 1e-14 * if size > 1.0 { size } else { 1.0 }
        })
    }

    fn know_end<P: Process>(&mut self, drive: &mut Drive<P>, end: f64) {
        if !self.end_known {
            drive.rate(end, &self.next, &mut self.end_rate);
            self.end_known = true;
        }
    }

    /// Writes the state at the fraction `theta` of the step just taken from `x` at `t`.
    pub(crate) fn dense<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        (t, h): (f64, f64),
        x: &[f64],
        theta: f64,
        out: &mut [f64],
    ) {
        if !self.straight {
            self.know_end(drive, t + h);
        }
        let rates = (!self.straight).then_some((self.rate.as_slice(), self.end_rate.as_slice()));
        Arc { h, x0: x, x1: &self.next, rates }.write(theta, out);
    }

    /// Makes the end of the step the present state.
    pub(crate) fn accept(&mut self, x: &mut [f64], whole: bool) {
        if self.method == Method::Adams {
            if whole {
                let n = x.len();
                self.old.copy_within(..2 * n, n);
                self.old[..n].copy_from_slice(&self.rate);
                self.old_count = if self.old_count < 3 { self.old_count + 1 } else { 3 };
            } else {
                self.old_count = 0;
            }
        }
        x.copy_from_slice(&self.next);
        self.known = self.end_known;
        if self.end_known {
            core::mem::swap(&mut self.rate, &mut self.end_rate);
        }
    }

    /// One pass over a step; false where an implicit equation has no solution.
    fn once<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        t: f64,
        h: f64,
        x: &[f64],
        tolerance: (f64, f64),
        whole: bool,
    ) -> bool {
        let n = x.len();
        let Self { next, stages, scratch, rate, .. } = self;
        stages[..n].copy_from_slice(rate);
        match self.method {
            Method::Euler | Method::EulerMaruyama => euler(drive, t, h, x, next, stages, true),
            Method::ModifiedEuler | Method::StochasticHeun => {
                heun(drive, t, h, x, next, stages, scratch, true);
            }
            Method::Adams if whole && self.old_count == 3 => self.adams(drive, t, h, x),
            Method::Milstein => {
                euler(drive, t, h, x, next, stages, true);
                self.milstein(drive, t, h, x);
            }
            Method::Verlet => self.verlet(drive, t, h, x),
            Method::BackwardEuler => {
                return self
                    .newton
                    .as_mut()
                    .is_some_and(|newton| newton.step(drive, t, h, x, next, tolerance));
            }
            _ => classical(drive, t, h, x, next, stages, scratch, true),
        }
        true
    }

    fn adams<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, h: f64, x: &[f64]) {
        let n = x.len();
        let (f1, rest) = self.old.split_at(n);
        let (f2, f3) = rest.split_at(n);
        let part = h / 24.0;
        for i in 0..n {
            let sum = 55.0 * self.rate[i] - 59.0 * f1[i] + 37.0 * f2[i] - 9.0 * f3[i];
            self.scratch[i] = x[i] + part * sum;
        }
        drive.rate(t + h, &self.scratch, &mut self.stages[..n]);
        for i in 0..n {
            let sum = 9.0 * self.stages[i] + 19.0 * self.rate[i] - 5.0 * f1[i] + f2[i];
            self.next[i] = x[i] + part * sum;
        }
        self.know_end(drive, t + h);
    }

    /// Adds `½ g g' (ΔW² - h)` to a step of Euler's; `g` at the start of the step.
    fn milstein<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, h: f64, x: &[f64]) {
        let m = drive.wieners();
        drive.fill(t, x);
        drive.process.diffusion(t, x, &drive.inputs, &mut self.diffusion);
        drive.process.diffusion_slope(t, x, &drive.inputs, &mut self.slope);
        for (j, noise) in drive.wiener_values().enumerate() {
            let excess = 0.5 * h * (noise * noise * h - 1.0);
            for i in 0..x.len() {
                let product = self.diffusion[i * m + j] * self.slope[i * m + j];
                if product != 0.0 {
                    self.next[i] += excess * product;
                }
            }
        }
    }

    /// Half a step of the momenta, a step of the coordinates, half a step of the momenta.
    fn verlet<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, h: f64, x: &[f64]) {
        let n = x.len();
        let Self { next, stages, rate, momentum, .. } = self;
        let stage = &mut stages[..n];
        for i in 0..n {
            next[i] = if momentum[i] { x[i] + 0.5 * h * rate[i] } else { x[i] };
        }
        drive.rate(t + 0.5 * h, next, stage);
        for i in 0..n {
            if !momentum[i] {
                next[i] = x[i] + h * stage[i];
            }
        }
        drive.rate(t + h, next, stage);
        for i in 0..n {
            if momentum[i] {
                next[i] += 0.5 * h * stage[i];
            }
        }
        // The forces do not depend on the momenta, so that they serve the start of the next step too.
        if self.forces_alone {
            self.end_rate.copy_from_slice(stage);
            self.end_known = true;
        }
    }

    /// Ends the step at a state within it.
    pub(crate) fn cut(&mut self, root: &[f64]) {
        self.next.copy_from_slice(root);
        self.end_known = false;
    }

    /// Adds what the energy gains along the straight line from `x` at `t` to the end of the step, `h` later.
    ///
    /// With partners `(q, p)`, `q' = ∂H/∂p`, `p' = -∂H/∂q`, this is `∫ Σ q' dp - p' dq` by Gauss' three points.
    pub(crate) fn measure<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, h: f64, x: &[f64]) {
        let Some(pairs) = &self.pairs else { return };
        let n = x.len();
        let end = &self.next;
        for (node, weight) in GAUSS {
            for i in 0..n {
                self.scratch[i] = x[i] + node * (end[i] - x[i]);
            }
            let rate = &mut self.stages[..n];
            drive.rate(t + node * h, &self.scratch, rate);
            let mut power = 0.0;
            for &(q, p) in pairs {
                power += rate[q] * (end[p] - x[p]) - rate[p] * (end[q] - x[q]);
            }
            self.drift += weight * power;
        }
    }

    pub(crate) fn save(&self, out: &mut Vec<f64>) {
        out.extend([flag(self.started), flag(self.known), self.old_count as f64, self.drift]);
        out.extend_from_slice(&self.rate);
        out.extend_from_slice(&self.old);
    }

    pub(crate) fn load(&mut self, from: &mut Unpack<'_>) -> Option<()> {
        (self.started, self.known) = (from.flag()?, from.flag()?);
        let count = from.number()?;
        self.old_count = [0, 1, 2, 3].into_iter().find(|&known| known as f64 == count)?;
        self.drift = from.number()?;
        from.fill(&mut self.rate)?;
        from.fill(&mut self.old)
    }
}
