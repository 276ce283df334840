//! Branches of equilibria and of fixed points, followed through folds.

use crate::branch::{Branch, ContinuationOptions, End, Special, SteadyPoint};
use crate::eigen::{Eigenvalue, determinant, eigenvalues};
use crate::error::{Error, check_finite, check_option};
use crate::special::{Event, events, flip_test, pair_test, unstable};
use crate::steady::{Steady, check_effect};
use numerics::dense::{factor, substitute};
use numerics::{Stream, dot};

/// A point with what tells the special points: state and parameter `y`, tangent in the units of steps.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) y: Vec<f64>,
    pub(crate) tangent: Vec<f64>,
    pub(crate) eigenvalues: Vec<Eigenvalue>,
    /// Sign and logarithm of the determinant of the Jacobian bordered with the tangent.
    pub(crate) determinant: (f64, f64),
    /// Passes zero where a pair crosses the axis or the circle, or is neutral.
    pub(crate) pair: f64,
    /// Passes zero where a multiplier passes -1.
    pub(crate) flip: f64,
    pub(crate) error: f64,
    pub(crate) iterations: usize,
}

/// Most variables of a continuation.
const LARGEST: usize = 64;

/// A continuation by pseudo-arclength (Keller 1977) that can be stopped and read at any time.
///
/// A step goes along the tangent; Newton's method on the bordered system brings it back to the branch at right angles;
/// the step's length adapts to the iterations and to the angle between tangents. Special points are told by functions
/// that pass through zero between two points, and located on the branch by regula falsi. Two of one kind within a step
/// escape, but for steps in which the number of unstable eigenvalues does not fit what was found, which are halved.
#[derive(Clone, Debug)]
pub struct ContinuationRun<S> {
    pub(crate) steady: S,
    pub(crate) options: ContinuationOptions,
    pub(crate) scale: Vec<f64>,
    /// Where each direction begins.
    starts: Vec<Place>,
    pub(crate) branches: Vec<Branch>,
    here: Place,
    step: f64,
}

impl<S: Steady> ContinuationRun<S> {
    /// The branch through the state that Newton's method finds from `x0` at the parameter `p0`.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`], [`Error::TimeDependent`], [`Error::NoEffect`];
    /// [`Error::NotFound`], [`Error::Singular`] for a start that leads to no state or to no single branch.
    pub fn new(mut steady: S, options: ContinuationOptions, p0: f64, x0: &[f64]) -> Result<Self, Error> {
        let scale = prepare(&mut steady, &options, p0, x0)?;
        let n = x0.len();
        let y = [x0, &[p0]].concat();
        let here = Place {
            y: y.clone(),
            tangent: vec![0.0; n + 1],
            eigenvalues: Vec::new(),
            determinant: (1.0, 0.0),
            pair: 0.0,
            flip: 0.0,
            error: 0.0,
            iterations: 0,
        };
        let step = options.step;
        let mut run = Self { steady, options, scale, starts: Vec::new(), branches: Vec::new(), here, step };
        let mut up = vec![0.0; n + 1];
        up[n] = 1.0;
        let name = run.steady.name();
        let y = run.descend(&y);
        let found = match run.correct(&y, &up, 60) {
            Ok(found) => found,
            Err(distance) => return Err(Error::NotFound { what: name, parameter: p0, distance }),
        };
        // Any border that is not at a right angle to the tangent will do; at a fold the parameter's axis is.
        let mut stream = Stream::new(0, "tangent");
        let mut place = run.place(found.clone(), &up);
        for _ in 0..3 {
            if place.as_ref().is_some_and(|place| place.tangent.iter().all(|t| libm::fabs(*t) < 1e3)) {
                break;
            }
            let row: Vec<f64> = (0..=n).map(|_| stream.normal()).collect();
            place = run.place(found.clone(), &row);
        }
        let Some(mut place) = place else { return Err(Error::Singular { what: name }) };
        if place.tangent[n] < 0.0 {
            turn(&mut place);
        }
        run.begin(vec![place]);
        Ok(run)
    }

    /// The other branch through a branch point; through a period doubling, the branch of doubled period, for which
    /// `steady` holds the [`crate::FixedPoints`] of that period.
    ///
    /// # Errors
    /// As [`ContinuationRun::new`]; [`Error::NotFound`] where no other branch is met within 12 halvings of the step.
    pub fn switch(mut steady: S, options: ContinuationOptions, special: &Special) -> Result<Self, Error> {
        let (x, p) = (&special.point.state, special.point.parameter);
        let scale = prepare(&mut steady, &options, p, x)?;
        let n = x.len();
        if special.direction.len() != n + 1 {
            return Err(Error::Dimension { given: special.direction.len(), wanted: n + 1 });
        }
        let y = [x.as_slice(), &[p]].concat();
        let mut row: Vec<f64> = (0..=n).map(|i| special.direction[i] / scale[i]).collect();
        let length = libm::sqrt(dot(&row, &row));
        check_option(length > 0.0, "direction of the branch", length, "other than zero")?;
        for value in &mut row {
            *value /= length;
        }
        let here = Place {
            y: y.clone(),
            tangent: row.clone(),
            eigenvalues: Vec::new(),
            determinant: (1.0, 0.0),
            pair: 0.0,
            flip: 0.0,
            error: 0.0,
            iterations: 0,
        };
        let step = options.step;
        let mut run = Self { steady, options, scale, starts: Vec::new(), branches: Vec::new(), here, step };
        let mut starts = Vec::new();
        for side in [1.0, -1.0] {
            let row: Vec<f64> = row.iter().map(|value| side * value).collect();
            let mut length = step;
            for _ in 0..12 {
                let guess: Vec<f64> = (0..=n).map(|i| y[i] + length * row[i] * run.scale[i]).collect();
                let place = run.correct(&guess, &row, 12).ok().and_then(|found| run.place(found, &row));
                if let Some(place) = place {
                    starts.push(place);
                    break;
                }
                length *= 0.5;
            }
        }
        if starts.is_empty() {
            let what = "branch that leaves the branch point";
            return Err(Error::NotFound { what, parameter: p, distance: step });
        }
        run.begin(starts);
        Ok(run)
    }

    fn begin(&mut self, mut starts: Vec<Place>) {
        if starts.len() == 1 && self.options.both {
            let mut down = starts[0].clone();
            turn(&mut down);
            starts.push(down);
        }
        self.here = starts[0].clone();
        self.starts = starts;
        self.open();
    }

    fn open(&mut self) {
        self.here = self.starts[self.branches.len()].clone();
        self.step = self.options.step;
        let points = vec![self.point(&self.here)];
        self.branches.push(Branch { points, specials: Vec::new(), end: None });
    }

    /// The branches, one a direction: the first goes up in the parameter from the start, the second down; after a switch
    /// they leave the branch point on its two sides.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Share of the points asked for; 1 when both directions have ended.
    pub fn progress(&self) -> f64 {
        let wanted = (self.options.points * self.starts.len()) as f64;
        let done = self.branches.iter().fold(0, |total, branch| {
            total + if branch.end.is_some() { self.options.points } else { branch.points.len() }
        });
        done as f64 / wanted
    }

    /// Goes on for about `work` evaluations of the equations or of their Jacobian, one point with the special points
    /// before it at the least; true when both directions have ended.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations: how a branch ended is told in [`Branch::end`].
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let until = self.steady.evaluations().saturating_add(work);
        loop {
            let last = self.branches.len() - 1;
            if self.branches[last].end.is_some() {
                if self.branches.len() == self.starts.len() {
                    return Ok(true);
                }
                self.open();
            } else {
                let end = self.follow();
                if matches!(end, Some(End::Closed { .. })) {
                    self.starts.truncate(last + 1); // the way down would only go round again
                }
                self.branches[last].end = end;
            }
            if self.steady.evaluations() >= until {
                let last = self.branches.len() - 1;
                return Ok(last + 1 == self.starts.len() && self.branches[last].end.is_some());
            }
        }
    }

    pub(crate) fn point(&self, place: &Place) -> SteadyPoint {
        let n = place.y.len() - 1;
        let unstable = unstable(&place.eigenvalues, self.steady.is_map());
        SteadyPoint {
            parameter: place.y[n],
            state: place.y[..n].to_vec(),
            eigenvalues: place.eigenvalues.clone(),
            unstable,
            error: place.error,
        }
    }

    /// One point further; the reason where the branch ends.
    fn follow(&mut self) -> Option<End> {
        let n = self.here.y.len() - 1;
        let here = self.here.clone();
        let (low, high) = self.options.parameter;
        let map = self.steady.is_map();
        let before = unstable(&here.eigenvalues, map) as isize;
        let mut doubts = 0;
        loop {
            if self.step < self.options.smallest {
                return Some(End::Stuck { parameter: here.y[n] });
            }
            let Some(mut next) = self.along(&here, self.step) else {
                self.step *= 0.5;
                continue;
            };
            let cosine = dot(&here.tangent, &next.tangent);
            if cosine < 0.8 && self.step > 4.0 * self.options.smallest {
                self.step *= 0.5;
                continue;
            }
            let mut length = self.step;
            let mut end = None;
            let p = next.y[n];
            if p > high || p < low {
                let bound = if p > high { high } else { low };
                match self.land(&here, &next, bound) {
                    Some((place, reached)) => (next, length) = (place, reached),
                    None => {
                        self.step *= 0.5;
                        continue;
                    }
                }
                end = Some(End::Parameter { parameter: bound });
            }
            let events = events(&here, &next);
            // Steps in which more happens than can be told apart are halved, but not for ever: events may coincide.
            let change = unstable(&next.eigenvalues, map) as isize - before;
            let fits = match events.as_slice() {
                [] => change == 0,
                [Event::Fold | Event::Branch | Event::Flip] => change.abs() <= 1,
                [Event::Pair] => change.abs() <= 2,
                _ => false,
            };
            if !fits && doubts < 6 && self.step > 64.0 * self.options.smallest {
                doubts += 1;
                self.step *= 0.5;
                continue;
            }
            self.record(&here, &next, length, &events);
            let start = &self.starts[self.branches.len() - 1];
            let branch = &self.branches[self.branches.len() - 1];
            if branch.points.len() > 4 && self.passes(start, &here, length) {
                end = Some(End::Closed { parameter: start.y[n] });
            }
            let count = branch.points.len() + 1;
            if end.is_none()
                && let Some(variable) = next.y[..n].iter().position(|v| libm::fabs(*v) > self.options.bound)
            {
                end = Some(End::State { variable, value: next.y[variable], parameter: next.y[n] });
            }
            if end.is_none() && count >= self.options.points {
                end = Some(End::Points { points: count });
            }
            let point = self.point(&next);
            let last = self.branches.len() - 1;
            self.branches[last].points.push(point);
            if next.iterations <= 3 && cosine > 0.98 {
                self.step *= 1.6;
            } else if next.iterations >= 6 || cosine < 0.92 {
                self.step *= 0.6;
            }
            if self.step > self.options.largest {
                self.step = self.options.largest;
            }
            self.here = next;
            return end;
        }
    }

    /// Whether the branch's start lies on the step from `here`.
    fn passes(&self, start: &Place, here: &Place, length: f64) -> bool {
        let apart: Vec<f64> = (0..here.y.len()).map(|i| (start.y[i] - here.y[i]) / self.scale[i]).collect();
        let along = dot(&apart, &here.tangent);
        let across = dot(&apart, &apart) - along * along;
        along > 0.0
            && along <= length
            && across < 0.01 * length * length
            && dot(&start.tangent, &here.tangent) > 0.7
    }

    /// The place on the branch a length along the tangent of `from`.
    pub(crate) fn along(&mut self, from: &Place, length: f64) -> Option<Place> {
        let guess: Vec<f64> =
            (0..from.y.len()).map(|i| from.y[i] + length * from.tangent[i] * self.scale[i]).collect();
        let found = self.correct(&guess, &from.tangent, 10).ok()?;
        let place = self.place(found, &from.tangent)?;
        // A correction far longer than the step has landed on another branch.
        let apart = (0..guess.len()).fold(0.0, |total, i| {
            let d = (place.y[i] - guess[i]) / self.scale[i];
            total + d * d
        });
        (apart <= length * length).then_some(place)
    }

    /// The place between two at which the parameter has its bound, and its length along the tangent of the first.
    fn land(&mut self, here: &Place, next: &Place, bound: f64) -> Option<(Place, f64)> {
        let n = here.y.len() - 1;
        let share = (bound - here.y[n]) / (next.y[n] - here.y[n]);
        let mut guess: Vec<f64> = (0..=n).map(|i| here.y[i] + share * (next.y[i] - here.y[i])).collect();
        guess[n] = bound;
        let mut row = vec![0.0; n + 1];
        row[n] = 1.0;
        let mut found = self.correct(&guess, &row, 12).ok()?;
        found.0[n] = bound;
        let place = self.place(found, &here.tangent)?;
        let apart: Vec<f64> = (0..=n).map(|i| (place.y[i] - here.y[i]) / self.scale[i]).collect();
        let length = dot(&apart, &here.tangent);
        Some((place, length))
    }

    /// Newton's method from `guess` on the branch's equations and `row · (y - guess) = 0` in the units of steps; the
    /// state, the last correction and the iterations, or the last correction where it fails.
    fn correct(&mut self, guess: &[f64], row: &[f64], most: usize) -> Result<(Vec<f64>, f64, usize), f64> {
        let size = guess.len();
        let n = size - 1;
        let mut y = guess.to_vec();
        let mut exchanges = vec![0; size];
        let (mut previous, mut growing) = (f64::INFINITY, 0);
        for iteration in 1..=most {
            let mut matrix = self.bordered(&y, row);
            let mut change = vec![0.0; size];
            self.steady.residual(&y[..n], &mut change[..n]);
            change[n] = (0..size).fold(0.0, |total, i| total + row[i] * (y[i] - guess[i]) / self.scale[i]);
            if !factor(&mut matrix, &mut exchanges, size) {
                return Err(previous);
            }
            substitute(&matrix, &exchanges, &mut change, size);
            let mut largest = 0.0;
            for i in 0..size {
                y[i] -= change[i] * self.scale[i];
                let magnitude = libm::fabs(change[i]);
                if magnitude.is_nan() || magnitude > largest {
                    largest = magnitude;
                }
            }
            if !largest.is_finite() {
                return Err(f64::INFINITY);
            }
            if largest <= self.options.tolerance {
                return Ok((y, largest, iteration));
            }
            growing = if largest > previous { growing + 1 } else { 0 };
            if growing == 3 {
                return Err(largest);
            }
            previous = largest;
        }
        Err(previous)
    }

    /// Newton's method at the parameter of `y`, each step halved until the residual falls (at most 6 times, and at most 60
    /// steps): comes from far, and leaves the rest to [`Self::correct`].
    fn descend(&mut self, y: &[f64]) -> Vec<f64> {
        let n = y.len() - 1;
        let mut row = vec![0.0; n + 1];
        row[n] = 1.0;
        let mut here = y.to_vec();
        let mut residual = vec![0.0; n + 1];
        let mut exchanges = vec![0; n + 1];
        for _ in 0..60 {
            let mut matrix = self.bordered(&here, &row);
            self.steady.residual(&here[..n], &mut residual[..n]);
            residual[n] = 0.0;
            let now = libm::sqrt(dot(&residual, &residual));
            if now < 1e-12 || !now.is_finite() || !factor(&mut matrix, &mut exchanges, n + 1) {
                break;
            }
            let mut change = residual.clone();
            substitute(&matrix, &exchanges, &mut change, n + 1);
            let mut share = 1.0;
            let mut next = None;
            for _ in 0..7 {
                let there: Vec<f64> = (0..=n).map(|i| here[i] - share * change[i] * self.scale[i]).collect();
                self.steady.residual(&there[..n], &mut residual[..n]);
                residual[n] = 0.0;
                if libm::sqrt(dot(&residual, &residual)) < now {
                    next = Some(there);
                    break;
                }
                share *= 0.5;
            }
            let Some(there) = next else { break };
            here = there;
        }
        here
    }

    /// The Jacobian with respect to state and parameter in the units of steps, over `row`.
    pub(crate) fn bordered(&mut self, y: &[f64], row: &[f64]) -> Vec<f64> {
        let size = y.len();
        let n = size - 1;
        self.steady.set(y[n]);
        let (mut linear, mut slope) = (vec![0.0; n * n], vec![0.0; n]);
        self.steady.linear(&y[..n], &mut linear);
        self.steady.slope(&y[..n], &mut slope);
        let unit = if self.steady.is_map() { 1.0 } else { 0.0 };
        let mut matrix = vec![0.0; size * size];
        for i in 0..n {
            for j in 0..n {
                let identity = if i == j { unit } else { 0.0 };
                matrix[i * size + j] = (linear[i * n + j] - identity) * self.scale[j];
            }
            matrix[i * size + n] = slope[i] * self.scale[n];
        }
        matrix[n * size..].copy_from_slice(row);
        matrix
    }

    /// Tangent, eigenvalues and test functions at a point of the branch; the tangent points along `row`.
    fn place(&mut self, (y, error, iterations): (Vec<f64>, f64, usize), row: &[f64]) -> Option<Place> {
        let size = y.len();
        let n = size - 1;
        let mut matrix = self.bordered(&y, row);
        let mut exchanges = vec![0; size];
        if !factor(&mut matrix, &mut exchanges, size) {
            return None;
        }
        let mut tangent = vec![0.0; size];
        tangent[n] = 1.0;
        substitute(&matrix, &exchanges, &mut tangent, size);
        let length = libm::sqrt(dot(&tangent, &tangent));
        if !(length.is_finite() && length < 1e12) {
            return None;
        }
        for value in &mut tangent {
            *value /= length;
        }
        let mut matrix = self.bordered(&y, &tangent);
        // A branch point itself may leave nothing to divide by; its sign is then as good as any.
        let determinant = if factor(&mut matrix, &mut exchanges, size) {
            determinant(&matrix, &exchanges, size)
        } else {
            (1.0, -700.0)
        };
        let mut linear = vec![0.0; n * n];
        self.steady.linear(&y[..n], &mut linear);
        let eigenvalues = eigenvalues(&linear, n)?;
        let map = self.steady.is_map();
        let (pair, flip) = (pair_test(&eigenvalues, map), if map { flip_test(&eigenvalues) } else { 1.0 });
        Some(Place { y, tangent, eigenvalues, determinant, pair, flip, error, iterations })
    }
}

/// Checks what every start must satisfy; the units of steps.
fn prepare<S: Steady>(
    steady: &mut S,
    options: &ContinuationOptions,
    p0: f64,
    x0: &[f64],
) -> Result<Vec<f64>, Error> {
    let n = steady.dimension();
    if x0.len() != n || n == 0 {
        return Err(Error::Dimension { given: x0.len(), wanted: n });
    }
    check_option(n <= LARGEST, "number of variables", n as f64, "at most 64 for a continuation")?;
    check_finite(x0)?;
    options.check(p0)?;
    let total = options.points.saturating_mul(n);
    check_option(total <= 2_000_000, "points times variables", total as f64, "at most 2 million")?;
    steady.set(p0);
    if steady.depends_on_time(x0) {
        return Err(Error::TimeDependent);
    }
    let (low, high) = options.parameter;
    check_effect(steady, options.parameter, p0, x0)?;
    let mut scale: Vec<f64> = x0.iter().map(|x| 1.0 + libm::fabs(*x)).collect();
    scale.push(high - low);
    Ok(scale)
}

fn turn(place: &mut Place) {
    for value in &mut place.tangent {
        *value = -*value;
    }
    place.determinant.0 = -place.determinant.0;
}
