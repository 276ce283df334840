//! Branches of limit cycles.

use crate::branch::End;
use crate::collocation::{Change, Linearised, Metric, phase_condition};
use crate::cycle::{Cycle, DEGREE, resample};
use crate::cycle_branch::{CycleBranch, CycleKind, CycleOptions, CyclePoint, CycleSpecial};
use crate::cycle_special::{add, events};
use crate::eigen::Eigenvalue;
use crate::error::Error;
use crate::family::FlowFamily;
use crate::seek::Seek;
use crate::special::{Event, flip_test, pair_test};

#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) cycle: Cycle,
    /// Of length 1.
    pub(crate) tangent: Change,
    pub(crate) multipliers: Vec<Eigenvalue>,
    pub(crate) trivial: f64,
    pub(crate) determinant: (f64, f64),
    pub(crate) pair: f64,
    pub(crate) flip: f64,
    pub(crate) iterations: usize,
}

/// A continuation of limit cycles that can be stopped and read at any time.
///
/// Orthogonal collocation at four Gauss points an interval with a mesh that adapts, an integral phase condition, and
/// pseudo-arclength in state, period and parameter. Multipliers come from the product of the mesh's own transfer
/// matrices. Source: Doedel, Keller and Kernévez (1991).
#[derive(Clone, Debug)]
pub struct CycleRun<F> {
    pub(crate) flow: F,
    pub(crate) options: CycleOptions,
    pub(crate) metric: Metric,
    pub(crate) starts: Vec<Place>,
    pub(crate) branches: Vec<CycleBranch>,
    /// The search for a first cycle, while it lasts.
    pub(crate) seek: Option<Box<Seek>>,
    here: Option<Place>,
    step: f64,
    age: usize,
    /// Size of the start's cycle.
    pub(crate) size: f64,
    /// Share of that size below which a cycle has shrunk to nothing.
    pub(crate) least: f64,
    evaluations: u64,
}

impl<F: FlowFamily> CycleRun<F> {
    pub(crate) fn bare(flow: F, options: CycleOptions, metric: Metric) -> Self {
        let step = options.step;
        Self {
            flow,
            options,
            metric,
            starts: Vec::new(),
            branches: Vec::new(),
            seek: None,
            here: None,
            step,
            age: 0,
            size: 0.0,
            least: 1e-3,
            evaluations: 0,
        }
    }

    /// The branches, one a direction: from an orbit the first goes up in the parameter and the second down; from a Hopf
    /// point or a period doubling there is one; from a branch point two, which leave it on its two sides.
    pub fn branches(&self) -> &[CycleBranch] {
        &self.branches
    }

    /// Share of the points asked for; 1 when all directions have ended, 0 while a first cycle is looked for.
    pub fn progress(&self) -> f64 {
        if self.starts.is_empty() {
            return 0.0;
        }
        let wanted = (self.options.points * self.starts.len()) as f64;
        let done = self.branches.iter().fold(0, |total, branch| {
            total + if branch.end.is_some() { self.options.points } else { branch.points.len() }
        });
        done as f64 / wanted
    }

    /// Goes on for about `work` evaluations of the rate, its Jacobian or its slope, one cycle with the special ones
    /// before it at the least; true when all directions have ended.
    ///
    /// # Errors
    /// From an orbit, before the first cycle: [`Error::Diverged`]; [`Error::NotFound`] where the orbit does not return
    /// near itself, as in chaos or at rest; [`Error::TooStiff`]; [`Error::Singular`]. Later none: how a branch ended is
    /// told in [`CycleBranch::end`].
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let until = self.evaluations.saturating_add(work);
        while self.seek.is_some() {
            self.evaluations += self.look(until - self.evaluations)?;
            if self.evaluations >= until {
                return Ok(false);
            }
        }
        loop {
            match self.here.take() {
                Some(here) => {
                    let (next, end) = self.follow(here);
                    if matches!(end, Some(End::Closed { .. })) {
                        self.starts.truncate(self.branches.len()); // the way down would only go round again
                    }
                    if let Some(branch) = self.branches.last_mut() {
                        branch.end = end;
                    }
                    self.here = next;
                }
                None if self.branches.len() == self.starts.len() => return Ok(true),
                None => {
                    let start = self.starts[self.branches.len()].clone();
                    self.step = self.options.step;
                    self.age = 0;
                    let points = vec![self.point(&start)];
                    self.branches.push(CycleBranch { points, ..CycleBranch::default() });
                    self.here = Some(start);
                }
            }
            if self.evaluations >= until {
                return Ok(self.here.is_none() && self.branches.len() == self.starts.len());
            }
        }
    }

    pub(crate) fn point(&self, place: &Place) -> CyclePoint {
        let beyond = 1.0 + 1e-6 + 2.0 * place.trivial;
        CyclePoint {
            unstable: place.multipliers.iter().filter(|value| value.modulus() > beyond).count(),
            error: place.cycle.equidistributed(&self.metric.state).1,
            multipliers: place.multipliers.clone(),
            trivial: place.trivial,
            cycle: place.cycle.clone(),
        }
    }

    /// One cycle further: none, with the reason, where the branch ends.
    fn follow(&mut self, mut here: Place) -> (Option<Place>, Option<End>) {
        let (low, high) = self.options.parameter;
        self.age += 1;
        if self.options.adapt > 0 && self.age.is_multiple_of(self.options.adapt) {
            here = match self.refreshed(&here) {
                Some(fresh) => {
                    // What the new mesh moves from one side of an event to the other has its place here.
                    let error = 2.0 * self.options.tolerance * self.metric.parameter;
                    let events = events(&here, &fresh).into_iter().filter(|event| *event != Event::Branch);
                    let found: Vec<CycleSpecial> =
                        events.filter_map(|event| self.describe(&fresh, error, event)).collect();
                    if let Some(branch) = self.branches.last_mut() {
                        add(&mut branch.specials, found);
                    }
                    fresh
                }
                None => here,
            };
        }
        // The period is measured in units of about its own, so that it can grow without end.
        if !(0.7..1.5).contains(&(here.cycle.period / self.metric.period)) {
            self.metric.period = here.cycle.period;
            let square = self.metric.inner(&here.cycle.mesh, &here.tangent, &here.tangent);
            here.tangent.scale(1.0 / libm::sqrt(square));
        }
        let mut doubts = 0;
        loop {
            if self.step < self.options.smallest {
                return (None, Some(End::Stuck { parameter: here.cycle.parameter }));
            }
            let Some(mut next) = self.along(&here, self.step) else {
                self.step *= 0.5;
                continue;
            };
            let cosine = self.metric.inner(&here.cycle.mesh, &here.tangent, &next.tangent);
            if cosine < 0.7 && self.step > 4.0 * self.options.smallest {
                self.step *= 0.5;
                continue;
            }
            if self.likeness(&here.cycle, &next.cycle) <= 0.0
                || self.extent(&next.cycle) < self.least * self.size
            {
                return (None, Some(End::Shrunk { parameter: here.cycle.parameter }));
            }
            let (mut end, mut length) = (None, self.step);
            let p = next.cycle.parameter;
            if p > high || p < low {
                let bound = if p > high { high } else { low };
                let Some(place) = self.land(&here, &next, bound) else {
                    self.step *= 0.5;
                    continue;
                };
                let apart = difference(&place.cycle, &here.cycle);
                length = self.metric.inner(&here.cycle.mesh, &apart, &here.tangent);
                next = place;
                end = Some(End::Parameter { parameter: bound });
            }
            let events = events(&here, &next);
            let told = events.len() < 2 || (events.len() == 2 && events[..] == [Event::Fold, Event::Branch]);
            if !told && doubts < 5 && self.step > 64.0 * self.options.smallest {
                doubts += 1;
                self.step *= 0.5;
                continue;
            }
            let mut found: Vec<CycleSpecial> = Vec::new();
            for &event in &events {
                found.extend(self.locate(&here, &next, length, event));
            }
            // A branch that turns where it crosses another passes both tests there.
            let crossing = found.iter().find(|special| special.kind == CycleKind::BranchPoint);
            if let Some(place) = crossing.map(|special| special.point.cycle.parameter) {
                found.retain(|special| {
                    let apart = libm::fabs(special.point.cycle.parameter - place);
                    special.kind != CycleKind::Fold || apart > 1e-6 * self.metric.parameter
                });
            }
            let point = self.point(&next);
            let longest = self.options.longest;
            let (period, parameter) = (next.cycle.period, next.cycle.parameter);
            let n = next.cycle.dimension;
            let beyond = next.cycle.nodes.iter().position(|v| libm::fabs(*v) > self.options.bound);
            if end.is_none() {
                end = if period > longest {
                    Some(End::Period { period: longest, parameter })
                } else {
                    beyond.map(|at| End::State { variable: at % n, value: next.cycle.nodes[at], parameter })
                };
            }
            let closed = self.closes(&here, &next);
            let Some(branch) = self.branches.last_mut() else { return (None, end) };
            add(&mut branch.specials, found);
            branch.points.push(point);
            let points = branch.points.len();
            if end.is_none() && points > 6 && closed {
                end = Some(End::Closed { parameter });
            }
            if end.is_none() && points >= self.options.points {
                end = Some(End::Points { points });
            }
            if next.iterations <= 4 && cosine > 0.95 {
                self.step *= 1.5;
            } else if next.iterations >= 7 || cosine < 0.85 {
                self.step *= 0.6;
            }
            if self.step > self.options.largest {
                self.step = self.options.largest;
            }
            return if end.is_some() { (None, end) } else { (Some(next), None) };
        }
    }

    /// The same cycle on a mesh that suits it better.
    fn refreshed(&mut self, here: &Place) -> Option<Place> {
        let (mesh, _) = here.cycle.equidistributed(&self.metric.state);
        let cycle = here.cycle.resample(&mesh);
        let nodes = resample(&here.cycle.mesh, &here.tangent.nodes, cycle.dimension, &mesh);
        let tangent = Change { nodes, ..here.tangent };
        let found = self.correct(&cycle, &cycle, &tangent, 8).ok()?;
        self.place(found, &tangent)
    }

    /// Mean product of the deviations of two cycles on one mesh from their means: negative once a cycle has shrunk
    /// through its equilibrium and grown again half a period off.
    fn likeness(&self, a: &Cycle, b: &Cycle) -> f64 {
        let (first, second) = (self.deviation(a), self.deviation(b));
        self.metric.inner(&a.mesh, &first, &second)
    }

    /// Root of the mean square deviation from the mean.
    pub(crate) fn extent(&self, cycle: &Cycle) -> f64 {
        let deviation = self.deviation(cycle);
        libm::sqrt(self.metric.inner(&cycle.mesh, &deviation, &deviation))
    }

    fn deviation(&self, cycle: &Cycle) -> Change {
        let n = cycle.dimension;
        let count = cycle.nodes.len() / n;
        let one = Change { nodes: vec![1.0; cycle.nodes.len()], period: 0.0, parameter: 0.0 };
        let weights = self.metric.dual(&cycle.mesh, &one).nodes;
        let mut nodes = cycle.nodes.clone();
        for v in 0..n {
            let weight = |k: usize| weights[k * n + v];
            let total = numerics::sum_by(count, weight);
            let middle = numerics::sum_by(count, |k| weight(k) * cycle.nodes[k * n + v]) / total;
            for k in 0..count {
                nodes[k * n + v] -= middle;
            }
        }
        Change { nodes, period: 0.0, parameter: 0.0 }
    }

    /// Whether the branch's first cycle lies between two.
    fn closes(&self, here: &Place, next: &Place) -> bool {
        let Some(start) = self.branches.len().checked_sub(1).map(|last| &self.starts[last]) else {
            return false;
        };
        let vector = |cycle: &Cycle| {
            let mut v = vec![cycle.parameter / self.metric.parameter, cycle.period / self.metric.period];
            for variable in 0..cycle.dimension {
                let (low, high) = cycle.range(variable);
                v.extend([low / self.metric.state[variable], high / self.metric.state[variable]]);
            }
            v
        };
        let (a, b, s) = (vector(&here.cycle), vector(&next.cycle), vector(&start.cycle));
        let side: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let apart: Vec<f64> = a.iter().zip(&s).map(|(a, s)| s - a).collect();
        let square = numerics::dot(&side, &side);
        let share = numerics::dot(&side, &apart) / square;
        let across = numerics::dot(&apart, &apart) - share * share * square;
        (0.0..=1.0).contains(&share)
            && across < 0.01 * square
            && (start.tangent.parameter < 0.0) == (here.tangent.parameter < 0.0)
    }

    pub(crate) fn along(&mut self, from: &Place, length: f64) -> Option<Place> {
        let guess = moved(&from.cycle, &from.tangent, length);
        let found = self.correct(&guess, &from.cycle, &from.tangent, 9).ok()?;
        let apart = difference(&found.0, &guess);
        if self.metric.inner(&guess.mesh, &apart, &apart) > length * length {
            return None;
        }
        self.place(found, &from.tangent)
    }

    fn land(&mut self, here: &Place, next: &Place, bound: f64) -> Option<Place> {
        let share = (bound - here.cycle.parameter) / (next.cycle.parameter - here.cycle.parameter);
        let mut guess = moved(&here.cycle, &difference(&next.cycle, &here.cycle), share);
        guess.parameter = bound;
        let row = self.fixed(&guess);
        let mut found = self.correct(&guess, &here.cycle, &row, 12).ok()?;
        found.0.parameter = bound;
        self.place(found, &here.tangent)
    }

    /// The direction of the parameter alone.
    pub(crate) fn fixed(&self, cycle: &Cycle) -> Change {
        Change { nodes: vec![0.0; cycle.nodes.len()], period: 0.0, parameter: self.metric.parameter }
    }

    pub(crate) fn linearised(
        &mut self,
        cycle: &Cycle,
        phase: (&Change, f64),
        along: (&Change, f64),
    ) -> Option<Linearised> {
        self.evaluations += (4 * DEGREE * cycle.intervals()) as u64;
        Linearised::new(&mut self.flow, cycle, phase, along)
    }

    /// Newton's method from `guess` at right angles to `row`; the cycle and the iterations, or the last correction where
    /// it fails.
    pub(crate) fn correct(
        &mut self,
        guess: &Cycle,
        reference: &Cycle,
        row: &Change,
        most: usize,
    ) -> Result<(Cycle, usize), f64> {
        let phase = phase_condition(reference, &self.metric);
        let along = self.metric.dual(&guess.mesh, row);
        let mut cycle = guess.clone();
        let mut previous = f64::INFINITY;
        for iteration in 1..=most {
            let off = difference(&cycle, guess);
            let short = -numerics::dot(&along.nodes, &off.nodes)
                - along.period * off.period
                - along.parameter * off.parameter;
            let drift = -numerics::dot(&phase.nodes, &cycle.nodes);
            let system = self.linearised(&cycle, (&phase, drift), (&along, short)).ok_or(previous)?;
            let change = system.newton();
            let largest = self.metric.largest(&change);
            if !largest.is_finite() {
                return Err(f64::INFINITY);
            }
            cycle = moved(&cycle, &change, 1.0);
            if largest <= self.options.tolerance {
                return if cycle.period > 0.0 { Ok((cycle, iteration)) } else { Err(largest) };
            }
            if iteration > 3 && largest > 2.0 * previous {
                return Err(largest);
            }
            previous = largest;
        }
        Err(previous)
    }

    /// Tangent along `row`, multipliers and test functions at a cycle.
    pub(crate) fn place(&mut self, (cycle, iterations): (Cycle, usize), row: &Change) -> Option<Place> {
        let phase = phase_condition(&cycle, &self.metric);
        let along = self.metric.dual(&cycle.mesh, row);
        let system = self.linearised(&cycle, (&phase, 0.0), (&along, 0.0))?;
        let mut tangent = system.tangent();
        let length = libm::sqrt(self.metric.inner(&cycle.mesh, &tangent, &tangent));
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        tangent.scale(1.0 / length);
        let (multipliers, trivial) = self.multipliers(&system, &cycle)?;
        let (pair, flip) = (pair_test(&multipliers, true), flip_test(&multipliers));
        let determinant = system.determinant();
        Some(Place { cycle, tangent, multipliers, trivial, determinant, pair, flip, iterations })
    }
}

/// `cycle + length · change`.
pub(crate) fn moved(cycle: &Cycle, change: &Change, length: f64) -> Cycle {
    Cycle {
        nodes: cycle.nodes.iter().zip(&change.nodes).map(|(x, d)| x + length * d).collect(),
        mesh: cycle.mesh.clone(),
        period: cycle.period + length * change.period,
        parameter: cycle.parameter + length * change.parameter,
        dimension: cycle.dimension,
    }
}

/// `a - b` for two cycles on one mesh.
pub(crate) fn difference(a: &Cycle, b: &Cycle) -> Change {
    Change {
        nodes: a.nodes.iter().zip(&b.nodes).map(|(a, b)| a - b).collect(),
        period: a.period - b.period,
        parameter: a.parameter - b.parameter,
    }
}
