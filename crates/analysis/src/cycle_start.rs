//! Where branches of limit cycles begin: at a Hopf point, on an orbit, at a special cycle.

use crate::branch::{Special, SpecialKind};
use crate::collocation::{Change, Metric};
use crate::cycle::{Cycle, DEGREE};
use crate::cycle_branch::{CycleOptions, CycleSpecial};
use crate::cycles::{CycleRun, Place, moved};
use crate::eigen::{Eigenvalue, eigenvector};
use crate::error::{Error, check_finite, check_option};
use crate::family::FlowFamily;
use crate::integrate::Stepper;
use crate::section::check_times;
use crate::seek::Seek;
use crate::steady::{Equilibria, check_effect, flow_depends_on_time};

/// Error a step of the orbit that leads to a first cycle.
pub(crate) const TOLERANCE: f64 = 1e-10;
/// Most steps stored of one period.
const MOST_STEPS: usize = 200_000;

impl<F: FlowFamily> CycleRun<F> {
    /// The cycles born at a Hopf point that a [`crate::ContinuationRun`] found.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Option`], [`Error::NotFinite`], [`Error::TimeDependent`], [`Error::NoEffect`] for
    /// input that does not fit; [`Error::NotFound`] where no cycle is met within 10 halvings of the first step.
    pub fn from_hopf(mut flow: F, mut options: CycleOptions, hopf: &Special) -> Result<Self, Error> {
        let SpecialKind::Hopf { frequency, .. } = hopf.kind else {
            return Err(Error::NotFound {
                what: "Hopf point",
                parameter: hopf.point.parameter,
                distance: f64::INFINITY,
            });
        };
        let (x, p) = (&hopf.point.state, hopf.point.parameter);
        prepare(&mut flow, &options, p, x)?;
        check_option(frequency > 0.0, "frequency", frequency, "a positive number")?;
        let n = x.len();
        let mut jacobian = vec![0.0; n * n];
        flow.set(p);
        flow.jacobian(0.0, x, &mut jacobian);
        let what = "cycle at the Hopf point";
        let missing = Error::NotFound { what, parameter: p, distance: options.step };
        let value = Eigenvalue { real: 0.0, imaginary: frequency };
        let Some((u, v)) = eigenvector(&jacobian, n, value) else { return Err(missing) };
        let turn = 2.0 * core::f64::consts::PI;
        let count = options.intervals;
        let mesh: Vec<f64> = (0..=count).map(|j| j as f64 / count as f64).collect();
        let mut nodes = Vec::with_capacity(count * DEGREE * n);
        for k in 0..count * DEGREE {
            let (sin, cos) = libm::sincos(turn * k as f64 / (count * DEGREE) as f64);
            nodes.extend((0..n).map(|i| u[i] * cos - v[i] * sin));
        }
        let mut direction = Change { nodes, period: 0.0, parameter: 0.0 };
        let period = turn / frequency;
        let metric = metric(x, period, &options);
        let length = libm::sqrt(metric.inner(&mesh, &direction, &direction));
        direction.scale(1.0 / length);
        set_longest(&mut options, period);
        let rest = Cycle { dimension: n, mesh, nodes: x.repeat(count * DEGREE), period, parameter: p };
        let mut run = Self::bare(flow, options, metric);
        if !run.leave(&rest, &direction, 1.0) {
            return Err(missing);
        }
        run.size = run.extent(&run.starts[0].cycle);
        run.least = 0.5;
        Ok(run)
    }

    /// The cycle that an orbit from `x0` settles on at the parameter `p0`: looked for after the time `transient` by a
    /// return within the time `longest`, and corrected. The search is part of the run.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Option`], [`Error::NotFinite`], [`Error::TimeDependent`], [`Error::NoEffect`] for
    /// input that does not fit; [`Error::Diverged`] for
    /// a start that does not serve.
    pub fn from_orbit(
        mut flow: F,
        options: CycleOptions,
        p0: f64,
        x0: &[f64],
        transient: f64,
        longest: f64,
    ) -> Result<Self, Error> {
        prepare(&mut flow, &options, p0, x0)?;
        check_times(transient, longest)?;
        flow.set(p0);
        let seek = Seek::new(&mut flow, p0, x0, transient, longest, options.bound)?;
        let metric = metric(x0, 1.0, &options);
        let mut run = Self::bare(flow, options, metric);
        run.seek = Some(Box::new(seek));
        Ok(run)
    }

    /// Goes on with the search for a first cycle; the evaluations spent.
    pub(crate) fn look(&mut self, work: u64) -> Result<u64, Error> {
        let Some(mut seek) = self.seek.take() else { return Ok(0) };
        self.flow.set(seek.parameter);
        let (spent, found) = seek.advance(&mut self.flow, work)?;
        match found {
            Some((state, period)) => self.settle(&state, period, seek.parameter)?,
            None => self.seek = Some(seek),
        }
        Ok(spent)
    }

    /// Corrects the period of an orbit to a cycle, from which the branches start.
    fn settle(&mut self, state: &[f64], period: f64, p0: f64) -> Result<(), Error> {
        let missing = |distance| Error::NotFound { what: "limit cycle", parameter: p0, distance };
        let cycle = sample(&mut self.flow, state, period, p0, &self.options)?;
        self.metric = metric(&sizes(&cycle), period, &self.options);
        set_longest(&mut self.options, period);
        let row = self.fixed(&cycle);
        let (first, _) = self.correct(&cycle, &cycle, &row, 20).map_err(missing)?;
        let (mesh, _) = first.equidistributed(&self.metric.state);
        let again = first.resample(&mesh);
        let found = self.correct(&again, &again, &row, 12).map_err(missing)?;
        // At a fold the parameter's axis is at a right angle to the branch; a little of the period's is then in it.
        let mut row = row;
        row.period = 1e-3 * self.metric.period;
        let singular = Error::Singular { what: "limit cycle" };
        let Some(mut place) = self.place(found, &row) else { return Err(singular) };
        self.size = self.extent(&place.cycle);
        if self.size <= 1e-6 {
            return Err(missing(self.size));
        }
        if place.tangent.parameter < 0.0 {
            place = self.turned(place)?;
        }
        if self.options.both {
            let down = self.turned(place.clone())?;
            self.starts = vec![place, down];
        } else {
            self.starts = vec![place];
        }
        Ok(())
    }

    /// The other branch at a special cycle: of twice the period at a period doubling, with twice the intervals; through a
    /// branch point, on both sides.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::Option`] for input that does not fit; [`Error::NotFound`] where the special cycle
    /// has no other branch, or none is met within 10 halvings of the first step.
    pub fn switch(mut flow: F, mut options: CycleOptions, special: &CycleSpecial) -> Result<Self, Error> {
        let parameter = special.point.cycle.parameter;
        let missing = Error::NotFound { what: "other branch of cycles", parameter, distance: options.step };
        let Some((cycle, direction)) = &special.other else { return Err(missing) };
        options.intervals = cycle.intervals();
        prepare(&mut flow, &options, parameter, &cycle.nodes[..cycle.dimension])?;
        let metric = metric(&sizes(cycle), cycle.period, &options);
        set_longest(&mut options, cycle.period);
        let mut direction = direction.clone();
        let length = libm::sqrt(metric.inner(&cycle.mesh, &direction, &direction));
        check_option(length > 0.0, "direction of the branch", length, "other than zero")?;
        direction.scale(1.0 / length);
        let mut run = Self::bare(flow, options, metric);
        let doubling = special.point.cycle.intervals() != cycle.intervals();
        for side in [1.0, -1.0] {
            // The two sides of a period doubling are one cycle, half a period apart.
            if side > 0.0 || !doubling {
                run.leave(cycle, &direction, side);
            }
        }
        if run.starts.is_empty() {
            return Err(missing);
        }
        run.size = run.extent(&run.starts[0].cycle);
        Ok(run)
    }

    /// Adds the start that a step along `direction` finds.
    fn leave(&mut self, from: &Cycle, direction: &Change, side: f64) -> bool {
        let mut row = direction.clone();
        row.scale(side);
        let mut length = self.options.step;
        for _ in 0..10 {
            let guess = moved(from, &row, length);
            let found = self.correct(&guess, &guess, &row, 12).ok();
            if let Some(place) = found.and_then(|found| self.place(found, &row)) {
                self.starts.push(place);
                return true;
            }
            length *= 0.5;
        }
        false
    }

    /// The same place looked at the other way.
    fn turned(&mut self, place: Place) -> Result<Place, Error> {
        let mut row = place.tangent.clone();
        row.scale(-1.0);
        self.place((place.cycle, 1), &row).ok_or(Error::Singular { what: "limit cycle" })
    }
}

fn prepare<F: FlowFamily>(flow: &mut F, options: &CycleOptions, p0: f64, x0: &[f64]) -> Result<(), Error> {
    let n = flow.dimension();
    if x0.len() != n || n == 0 {
        return Err(Error::Dimension { given: x0.len(), wanted: n });
    }
    check_option(n >= 2, "number of variables", n as f64, "at least 2 for a cycle")?;
    check_option(n <= 64, "number of variables", n as f64, "at most 64 for cycles")?;
    check_finite(x0)?;
    options.check(p0, n)?;
    flow.set(p0);
    if flow_depends_on_time(flow, x0) {
        return Err(Error::TimeDependent);
    }
    check_effect(&mut Equilibria::new(flow), options.parameter, p0, x0)
}

fn metric(x: &[f64], period: f64, options: &CycleOptions) -> Metric {
    let state = x.iter().map(|x| 1.0 + libm::fabs(*x)).collect();
    Metric { state, period, parameter: options.parameter.1 - options.parameter.0 }
}

fn set_longest(options: &mut CycleOptions, period: f64) {
    if options.longest == 0.0 {
        options.longest = 100.0 * period;
    }
}

/// The greatest magnitude of each variable.
fn sizes(cycle: &Cycle) -> Vec<f64> {
    let size = |v| {
        let (low, high) = cycle.range(v);
        if libm::fabs(low) > libm::fabs(high) { low } else { high }
    };
    (0..cycle.dimension).map(size).collect()
}

/// One period of the orbit on a mesh with as many of its own steps in each interval.
fn sample<F: FlowFamily>(
    flow: &mut F,
    state: &[f64],
    period: f64,
    parameter: f64,
    options: &CycleOptions,
) -> Result<Cycle, Error> {
    let mut stepper = Stepper::new(flow, 0.0, state, TOLERANCE, options.bound)?;
    let mut times = vec![0.0];
    while stepper.t < period && times.len() < MOST_STEPS {
        stepper.step(flow, period)?;
        times.push(stepper.t / period);
    }
    if stepper.t < period {
        return Err(Error::TooStiff { steps: MOST_STEPS, time: period });
    }
    let count = options.intervals;
    let last = (times.len() - 1) as f64;
    let mut mesh: Vec<f64> = (0..=count)
        .map(|j| {
            let place = last * j as f64 / count as f64;
            let k = libm::floor(place) as usize;
            let next = if k + 1 < times.len() { times[k + 1] } else { 1.0 };
            // Half the mesh follows the steps, half the time.
            let by_steps = times[k] + (place - k as f64) * (next - times[k]);
            0.5 * by_steps + 0.5 * j as f64 / count as f64
        })
        .collect();
    mesh[count] = 1.0;
    let mut cycle = Cycle { dimension: state.len(), mesh, nodes: Vec::new(), period, parameter };
    stepper.restart(flow, 0.0, state)?;
    let mut nodes = Vec::new();
    for j in 0..count {
        let (from, to) = (cycle.mesh[j], cycle.mesh[j + 1]);
        for i in 0..DEGREE {
            let time = period * (from + (to - from) * i as f64 / DEGREE as f64);
            while stepper.t < time {
                stepper.step(flow, time)?;
            }
            nodes.extend_from_slice(&stepper.x);
        }
    }
    cycle.nodes = nodes;
    Ok(cycle)
}
