//! Where a system rests: fixed points of flows and maps, and periodic points of maps.

use crate::eigen::{Eigenvalue, eigenvalues};
use crate::error::{Error, check_finite, check_option};
use numerics::dense::{factor, multiply, substitute};
use numerics::{FlowJacobian, MapJacobian};

/// Most variables.
const LARGEST: usize = 128;
/// Newton steps from one seed at most.
const STEPS: usize = 80;
/// Square of the distance, in widths of the box, below which two points are one.
const NEAR: f64 = 1e-12;
/// Longest period.
const PERIOD: usize = 64;

/// Where to look for fixed points.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPointOptions {
    /// Lower corner of the box of seeds.
    pub low: Vec<f64>,
    /// Upper corner.
    pub high: Vec<f64>,
    /// Seeds in the box, the points of Halton's sequence, at most 100000.
    pub seeds: usize,
    /// States to start from before these.
    pub states: Vec<Vec<f64>>,
    /// A point counts as found when Newton's step there is below this, relative to the box.
    pub tolerance: f64,
    /// How far outside the box points count, in widths of it.
    pub beyond: f64,
}

/// What rests: a flow, or a map over a period.
pub trait Rest {
    /// Number of state variables.
    fn dimension(&self) -> usize;
    /// Whether stability is told by multipliers.
    fn is_map(&self) -> bool;
    /// Iterations after which the point comes back; 1 for a flow.
    fn period(&self) -> usize;
    /// Writes what vanishes at a point, and its Jacobian (`n × n`).
    fn residual(&mut self, x: &[f64], residual: &mut [f64], jacobian: &mut [f64]);
    /// The points of the orbit through `x`.
    fn orbit(&mut self, x: &[f64]) -> Vec<Vec<f64>>;
}

/// The equilibria of a flow, `f(t0, x) = 0`.
#[derive(Clone, Debug)]
pub struct RestOfFlow<F> {
    flow: F,
    t0: f64,
}

impl<F: FlowJacobian> RestOfFlow<F> {
    /// Of a flow that does not depend on time.
    pub fn new(flow: F, t0: f64) -> Self {
        Self { flow, t0 }
    }
}

impl<F: FlowJacobian> Rest for RestOfFlow<F> {
    fn dimension(&self) -> usize {
        self.flow.dimension()
    }
    fn is_map(&self) -> bool {
        false
    }
    fn period(&self) -> usize {
        1
    }
    fn residual(&mut self, x: &[f64], residual: &mut [f64], jacobian: &mut [f64]) {
        self.flow.rate(self.t0, x, residual);
        self.flow.jacobian(self.t0, x, jacobian);
    }
    fn orbit(&mut self, x: &[f64]) -> Vec<Vec<f64>> {
        vec![x.to_vec()]
    }
}

/// The points of a map that come back after a number of iterations, `f^p(x) = x`.
#[derive(Clone, Debug)]
pub struct RestOfMap<M> {
    map: M,
    period: usize,
    single: Vec<f64>,
    product: Vec<f64>,
    x: Vec<f64>,
    next: Vec<f64>,
}

impl<M: MapJacobian> RestOfMap<M> {
    /// Of a map that does not depend on time.
    ///
    /// # Errors
    /// [`Error::Option`] for a period that is not from 1 to 64.
    pub fn new(map: M, period: usize) -> Result<Self, Error> {
        check_option((1..=PERIOD).contains(&period), "period", period as f64, "from 1 to 64")?;
        let n = map.dimension();
        let (matrix, state) = (vec![0.0; n * n], vec![0.0; n]);
        Ok(Self { map, period, single: matrix.clone(), product: matrix, x: state.clone(), next: state })
    }
}

impl<M: MapJacobian> Rest for RestOfMap<M> {
    fn dimension(&self) -> usize {
        self.map.dimension()
    }
    fn is_map(&self) -> bool {
        true
    }
    fn period(&self) -> usize {
        self.period
    }
    fn residual(&mut self, x: &[f64], residual: &mut [f64], jacobian: &mut [f64]) {
        let n = x.len();
        self.x.copy_from_slice(x);
        jacobian.fill(0.0);
        for i in 0..n {
            jacobian[i * n + i] = 1.0;
        }
        for step in 0..self.period {
            self.map.jacobian(step as f64, &self.x, &mut self.single);
            self.map.next(step as f64, &self.x, &mut self.next);
            multiply(&self.single, jacobian, &mut self.product, n, n, n);
            jacobian.copy_from_slice(&self.product);
            self.x.copy_from_slice(&self.next);
        }
        for i in 0..n {
            residual[i] = self.x[i] - x[i];
            jacobian[i * n + i] -= 1.0;
        }
    }
    fn orbit(&mut self, x: &[f64]) -> Vec<Vec<f64>> {
        let mut points = vec![x.to_vec()];
        for step in 1..self.period {
            self.map.next(step as f64 - 1.0, &points[step - 1], &mut self.next);
            points.push(self.next.clone());
        }
        points
    }
}

/// A fixed point, or a periodic orbit of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPoint {
    /// Its points in order: one, or as many as its period.
    pub orbit: Vec<Vec<f64>>,
    /// Eigenvalues of the Jacobian of a flow; multipliers of a map over the period.
    pub eigenvalues: Vec<Eigenvalue>,
    /// Number of unstable ones; none where one lies on the border within a thousand-millionth.
    pub unstable: Option<usize>,
    /// Length of Newton's last step, which bounds the distance to the point where the Jacobian is regular.
    pub error: f64,
    /// What it is, in words.
    pub kind: String,
}

/// A search for fixed points that can be stopped and read at any time.
///
/// Damped Newton iterations from many seeds, each deflated by what has been found: `F(x) Π (1 + 1/|x - x_k|²)` has the
/// zeros of `F` but those (Farrell, Birkisson and Funke 2015, section 2), and its Newton step is that of `F` times a
/// number. What is found depends on the seeds; that nothing else exists is not proved.
#[derive(Clone, Debug)]
pub struct FixedPointRun<R> {
    rest: R,
    options: FixedPointOptions,
    scale: Vec<f64>,
    found: Vec<FixedPoint>,
    /// All zeros met: the points found, and those that come back sooner or lie outside.
    met: Vec<Vec<f64>>,
    next: usize,
}

impl<R: Rest> FixedPointRun<R> {
    /// A search in a box.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`]; [`Error::TimeDependent`] for equations that contain
    /// the time.
    pub fn new(rest: R, options: FixedPointOptions) -> Result<Self, Error> {
        let n = rest.dimension();
        check_option((1..=LARGEST).contains(&n), "number of variables", n as f64, "from 1 to 128")?;
        for given in [&options.low, &options.high].into_iter().chain(&options.states) {
            if given.len() != n {
                return Err(Error::Dimension { given: given.len(), wanted: n });
            }
            check_finite(given)?;
        }
        for (low, high) in options.low.iter().zip(&options.high) {
            check_option(low < high, "low end of the box", *low, "below its high end")?;
        }
        let seeds = options.seeds;
        check_option(seeds <= 100_000, "number of seeds", seeds as f64, "at most 100000")?;
        let tolerance = options.tolerance;
        check_option((1e-14..=1e-4).contains(&tolerance), "tolerance", tolerance, "from 1e-14 to 0.0001")?;
        check_option(options.beyond >= 0.0, "distance from the box", options.beyond, "0 or more")?;
        let scale = options.low.iter().zip(&options.high).map(|(low, high)| high - low).collect();
        Ok(Self { rest, options, scale, found: Vec::new(), met: Vec::new(), next: 0 })
    }

    /// Goes on with about `seeds` seeds; true when all have been tried.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations.
    pub fn advance(&mut self, seeds: u64) -> Result<bool, Error> {
        let all = self.options.states.len() + self.options.seeds;
        let until = (self.next as u64).saturating_add(seeds).min(all as u64) as usize;
        while self.next < until {
            let seed = match self.options.states.get(self.next) {
                Some(state) => state.clone(),
                None => self.halton(self.next - self.options.states.len()),
            };
            self.next += 1;
            // The point that the seed lies nearest to, then one point after the other, as long as there are some.
            self.descend(&seed, false);
            while self.descend(&seed, true) {}
        }
        Ok(self.next == all)
    }

    /// Share of the seeds tried.
    pub fn progress(&self) -> f64 {
        let all = self.options.states.len() + self.options.seeds;
        if all == 0 { 1.0 } else { self.next as f64 / all as f64 }
    }

    /// What has been found, in the order of finding.
    pub fn points(&self) -> &[FixedPoint] {
        &self.found
    }

    /// A point of the box by van der Corput's sequence to a prime in each direction; beyond the tenth variable the
    /// primes are shifted ones, whose points lie well enough.
    fn halton(&self, index: usize) -> Vec<f64> {
        const PRIMES: [usize; 10] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];
        let place = |variable: usize| {
            let base = PRIMES[variable % PRIMES.len()];
            let mut rest = index + 1 + 409 * (variable / PRIMES.len());
            let (mut value, mut digit) = (0.0, 1.0 / base as f64);
            while rest > 0 {
                value += digit * (rest % base) as f64;
                digit /= base as f64;
                rest /= base;
            }
            value
        };
        (0..self.scale.len()).map(|j| self.options.low[j] + place(j) * self.scale[j]).collect()
    }

    /// Square of the distance, in widths of the box.
    fn apart(&self, a: &[f64], b: &[f64]) -> f64 {
        numerics::sum_by(a.len(), |j| {
            let d = (a[j] - b[j]) / self.scale[j];
            d * d
        })
    }

    /// An iteration from a seed; true when it met a zero that had not been met.
    fn descend(&mut self, seed: &[f64], deflated: bool) -> bool {
        let n = seed.len();
        let mut x = seed.to_vec();
        let (mut residual, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
        let mut exchanges = vec![0; n];
        let mut polish = 0;
        for _ in 0..STEPS {
            self.rest.residual(&x, &mut residual, &mut jacobian);
            if !factor(&mut jacobian, &mut exchanges, n) {
                return false;
            }
            substitute(&jacobian, &exchanges, &mut residual, n);
            let length = libm::sqrt(numerics::sum_by(n, |j| {
                let d = residual[j] / self.scale[j];
                d * d
            }));
            if !length.is_finite() {
                return false;
            }
            if length <= self.options.tolerance {
                polish += 1;
                // A known point may have been met all the same: its deflation does not stop the last step.
                if polish == 2 {
                    return self.take(x, length);
                }
            }
            // The deflated step is that of F divided by 1 + <∇M/M, step of F>, with M the product.
            let mut share = 1.0;
            if polish == 0 && deflated {
                let mut along = 0.0;
                for point in &self.met {
                    let square = self.apart(&x, point);
                    if square == 0.0 {
                        return false;
                    }
                    let inner = numerics::sum_by(n, |j| {
                        (x[j] - point[j]) / self.scale[j] * (residual[j] / self.scale[j])
                    });
                    along += -2.0 * inner / (square * (square + 1.0));
                }
                let divisor = 1.0 + along;
                share = if libm::fabs(divisor) < 1e-3 { 1e3 } else { 1.0 / divisor };
                // Steps across the box are cut, so that the iteration looks where it was sent.
                let most = 0.5 / length;
                if libm::fabs(share) > most {
                    share = if share > 0.0 { most } else { -most };
                }
            }
            for j in 0..n {
                x[j] -= share * residual[j];
            }
            let beyond = 1.0 + self.options.beyond;
            let outside = |j: usize| {
                let middle = 0.5 * (self.options.low[j] + self.options.high[j]);
                libm::fabs(x[j] - middle) > (0.5 + beyond) * self.scale[j]
            };
            if (0..n).any(outside) {
                return false;
            }
        }
        false
    }

    /// Takes a zero unless it has been met.
    fn take(&mut self, x: Vec<f64>, length: f64) -> bool {
        if self.met.iter().any(|point| self.apart(point, &x) < NEAR) {
            return false;
        }
        let orbit = self.rest.orbit(&x);
        let sooner = orbit.iter().skip(1).any(|point| self.apart(point, &x) < NEAR);
        if sooner {
            self.met.push(x);
        } else {
            self.met.extend_from_slice(&orbit);
            let point = self.settled(orbit, length);
            self.found.extend(point);
        }
        true
    }

    /// What a point is, unless it lies too far outside.
    fn settled(&mut self, orbit: Vec<Vec<f64>>, length: f64) -> Option<FixedPoint> {
        let x = &orbit[0];
        let n = x.len();
        let outside = |j: usize| {
            let reach = self.options.beyond * self.scale[j];
            x[j] < self.options.low[j] - reach || x[j] > self.options.high[j] + reach
        };
        if (0..n).any(outside) {
            return None;
        }
        let (mut residual, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
        self.rest.residual(x, &mut residual, &mut jacobian);
        let is_map = self.rest.is_map();
        if is_map {
            for j in 0..n {
                jacobian[j * n + j] += 1.0;
            }
        }
        let eigenvalues = eigenvalues(&jacobian, n)?;
        let widest = self.scale.iter().fold(0.0, |most, s| if *s > most { *s } else { most });
        let (unstable, kind) = kind_in_words(&eigenvalues, is_map);
        Some(FixedPoint { orbit, eigenvalues, unstable, error: length * widest, kind })
    }
}

/// What a fixed point with these eigenvalues (multipliers, for a map) is, and how many of them are unstable where none
/// lies on the border.
pub fn kind_in_words(eigenvalues: &[Eigenvalue], is_map: bool) -> (Option<usize>, String) {
    let n = eigenvalues.len();
    let size = eigenvalues.iter().fold(1.0, |size, e| if e.modulus() > size { e.modulus() } else { size });
    // How far beyond the border, positive for an unstable one.
    let beyond = |e: &Eigenvalue| if is_map { e.modulus() - 1.0 } else { e.real };
    let neutral = |e: &Eigenvalue| libm::fabs(beyond(e)) <= 1e-9 * size;
    if eigenvalues.iter().any(neutral) {
        let centre = n == 2 && eigenvalues.iter().all(|e| neutral(e) && e.imaginary != 0.0);
        let word =
            if centre { "centre of the linear part" } else { "not hyperbolic: an eigenvalue on the border" };
        return (None, word.into());
    }
    let unstable = eigenvalues.iter().filter(|e| beyond(e) > 0.0).count();
    // The slowest direction of each side tells what orbits do near it.
    let leading = |sign: f64| {
        let side = eigenvalues.iter().filter(|e| sign * beyond(e) > 0.0);
        side.min_by(|a, b| libm::fabs(beyond(a)).total_cmp(&libm::fabs(beyond(b))))
    };
    let turns = |e: Option<&Eigenvalue>| e.is_some_and(|e| e.imaginary != 0.0);
    let flips = is_map && eigenvalues.iter().any(|e| e.imaginary == 0.0 && e.real < 0.0 && beyond(e) > 0.0);
    let mut word = match unstable {
        0 if turns(leading(-1.0)) => "stable focus".to_owned(),
        0 => "stable node".to_owned(),
        all if all == n && turns(leading(1.0)) => "unstable focus".to_owned(),
        all if all == n => "unstable node".to_owned(),
        some => {
            let focus = turns(leading(1.0)) || turns(leading(-1.0));
            let name = if focus { "saddle-focus" } else { "saddle" };
            format!("{name} with {} unstable direction{}", some, if some == 1 { "" } else { "s" })
        }
    };
    if flips {
        word.push_str(", flipping");
    }
    (Some(unstable), word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::{Flow, Map};

    type Formula = fn(&[f64], &mut [f64], &mut [f64]);

    /// A value and a Jacobian.
    #[derive(Clone, Debug)]
    struct System(usize, Formula);
    impl System {
        fn both(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
            let (mut value, mut jacobian) = (vec![0.0; self.0], vec![0.0; self.0 * self.0]);
            (self.1)(x, &mut value, &mut jacobian);
            (value, jacobian)
        }
    }
    impl Flow for System {
        fn dimension(&self) -> usize {
            self.0
        }
        fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
            rate.copy_from_slice(&self.both(x).0);
        }
    }
    impl FlowJacobian for System {
        fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
            jacobian.copy_from_slice(&self.both(x).1);
        }
    }
    impl Map for System {
        fn dimension(&self) -> usize {
            self.0
        }
        fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
            next.copy_from_slice(&self.both(x).0);
        }
    }
    impl MapJacobian for System {
        fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
            jacobian.copy_from_slice(&self.both(x).1);
        }
    }

    fn lorenz() -> System {
        System(3, |x, f, j| {
            let (s, r, b) = (10.0, 28.0, 8.0 / 3.0);
            f.copy_from_slice(&[s * (x[1] - x[0]), x[0] * (r - x[2]) - x[1], x[0] * x[1] - b * x[2]]);
            j.copy_from_slice(&[-s, s, 0.0, r - x[2], -1.0, -x[0], x[1], x[0], -b]);
        })
    }
    fn henon() -> System {
        System(2, |x, f, j| {
            f.copy_from_slice(&[1.0 - 1.4 * x[0] * x[0] + x[1], 0.3 * x[0]]);
            j.copy_from_slice(&[-2.8 * x[0], 1.0, 0.3, 0.0]);
        })
    }
    fn logistic() -> System {
        System(1, |x, f, j| {
            f[0] = 4.0 * x[0] * (1.0 - x[0]);
            j[0] = 4.0 * (1.0 - 2.0 * x[0]);
        })
    }

    fn within(low: &[f64], high: &[f64], seeds: usize) -> FixedPointOptions {
        FixedPointOptions {
            low: low.to_vec(),
            high: high.to_vec(),
            seeds,
            states: Vec::new(),
            tolerance: 1e-10,
            beyond: 0.1,
        }
    }

    fn all<R: Rest>(rest: R, options: FixedPointOptions) -> Vec<FixedPoint> {
        let mut run = FixedPointRun::new(rest, options).unwrap();
        while !run.advance(7).unwrap() {}
        assert_eq!(run.progress(), 1.0);
        run.points().to_vec()
    }

    #[test]
    fn lorenz_rests_at_three_points() {
        let found =
            all(RestOfFlow::new(lorenz(), 0.0), within(&[-20.0, -25.0, 0.0], &[20.0, 25.0, 50.0], 20));
        assert_eq!(found.len(), 3, "{found:?}");
        let wing = libm::sqrt(8.0 / 3.0 * 27.0);
        for point in &found {
            let x = &point.orbit[0];
            let (wanted, kind) = if x[2] < 1.0 {
                ([0.0, 0.0, 0.0], "saddle with 1 unstable direction")
            } else {
                (
                    [wing * x[0].signum(), wing * x[0].signum(), 27.0],
                    "saddle-focus with 2 unstable directions",
                )
            };
            assert!(x.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{x:?}");
            assert_eq!(point.kind, kind);
            assert!(point.error < 1e-8);
            let sum: f64 = point.eigenvalues.iter().map(|e| e.real).sum();
            assert!((sum + 41.0 / 3.0).abs() < 1e-9, "the trace is -σ-1-β");
        }
    }

    #[test]
    fn henon_has_two_fixed_points_and_one_orbit_of_period_two() {
        let area = within(&[-2.0, -1.0], &[2.0, 1.0], 30);
        let fixed = all(RestOfMap::new(henon(), 1).unwrap(), area.clone());
        // 1.4 x² + 0.7 x - 1 = 0
        let root = libm::sqrt(0.49 + 5.6);
        let mut places: Vec<f64> = fixed.iter().map(|p| p.orbit[0][0]).collect();
        places.sort_by(f64::total_cmp);
        let wanted = [(-0.7 - root) / 2.8, (-0.7 + root) / 2.8];
        assert!(
            places.len() == 2 && places.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9),
            "{places:?}"
        );
        assert!(fixed.iter().all(|p| p.kind.starts_with("saddle with 1 unstable direction")));
        let two = all(RestOfMap::new(henon(), 2).unwrap(), area);
        assert_eq!(two.len(), 1, "{two:?}");
        assert_eq!(two[0].orbit.len(), 2);
    }

    #[test]
    fn the_logistic_map_has_two_orbits_of_period_three_and_three_of_four() {
        for (period, wanted) in [(1, 2), (2, 1), (3, 2), (4, 3)] {
            let found = all(RestOfMap::new(logistic(), period).unwrap(), within(&[-0.1], &[1.1], 60));
            assert_eq!(found.len(), wanted, "period {period}: {found:?}");
            assert!(found.iter().all(|point| point.orbit.len() == period));
        }
    }

    #[test]
    fn where_nothing_rests_nothing_is_found() {
        let none = System(1, |x, f, j| {
            f[0] = 1.0 + x[0] * x[0];
            j[0] = 2.0 * x[0];
        });
        assert!(all(RestOfFlow::new(none, 0.0), within(&[-3.0], &[3.0], 50)).is_empty());
    }

    #[test]
    fn kinds_are_told_in_words() {
        let of = |parts: &[(f64, f64)], is_map| {
            let list: Vec<Eigenvalue> =
                parts.iter().map(|&(real, imaginary)| Eigenvalue { real, imaginary }).collect();
            kind_in_words(&list, is_map).1
        };
        assert_eq!(of(&[(-1.0, 0.0), (-2.0, 0.0)], false), "stable node");
        assert_eq!(of(&[(-0.1, 2.0), (-0.1, -2.0)], false), "stable focus");
        assert_eq!(of(&[(0.1, 2.0), (0.1, -2.0)], false), "unstable focus");
        assert_eq!(of(&[(0.0, 1.0), (0.0, -1.0)], false), "centre of the linear part");
        assert_eq!(of(&[(2.0, 0.0), (-1.0, 0.0)], false), "saddle with 1 unstable direction");
        assert_eq!(of(&[(-1.5, 0.0), (0.5, 0.0)], true), "saddle with 1 unstable direction, flipping");
        assert!(of(&[(0.0, 0.0), (-1.0, 0.0)], false).starts_with("not hyperbolic"));
    }

    #[test]
    fn a_search_that_cannot_be_made_is_refused() {
        let refused = |options: FixedPointOptions| {
            FixedPointRun::new(RestOfFlow::new(lorenz(), 0.0), options).map(|_| ()).unwrap_err().to_string()
        };
        assert!(refused(within(&[0.0], &[1.0], 3)).contains("1 variables were given where 3"));
        assert!(refused(within(&[0.0; 3], &[0.0; 3], 3)).contains("below its high end"));
        assert!(refused(within(&[0.0; 3], &[1.0; 3], 200_000)).contains("at most 100000"));
        assert!(RestOfMap::new(henon(), 0).unwrap_err().to_string().contains("from 1 to 64"));
    }
}
