//! Cycles of maps that are affine on each of finitely many regions, solved exactly region by region.

use crate::eigen::{Eigenvalue, eigenvalues};
use crate::error::{Error, check_finite, check_option};
use crate::fixed_points::kind_in_words;
use numerics::dense::{factor, multiply, substitute};
use numerics::{PiecewiseAffine, Stream};

/// How to look for the cycles of a piecewise affine map.
#[derive(Clone, Debug, PartialEq)]
pub struct AffineCycleOptions {
    /// Longest period.
    pub longest: usize,
    /// All sequences of regions are tried for a period when they have at most so many switches, the rectifiers times the
    /// period.
    pub exhaustive: u32,
    /// Otherwise the search for a period ends after so many starts in a row that found nothing new.
    pub starts: usize,
    /// Sequences tried from one start.
    pub tries: usize,
    /// States whose orbits give the first starts, row-major (`states × n`).
    pub states: Vec<f64>,
    /// Most cycles kept.
    pub most: usize,
    /// The map must take each point of a cycle to the next within this, relative to `1 + |x|`.
    pub tolerance: f64,
    /// Seed of the random starts.
    pub seed: u64,
}

impl Default for AffineCycleOptions {
    /// Up to period 3, all sequences of at most 16 switches; otherwise until 1000 starts, each with up to 50 sequences,
    /// found nothing; at most 1000 cycles, tolerance 1e-9.
    fn default() -> Self {
        Self {
            longest: 3,
            exhaustive: 16,
            starts: 1000,
            tries: 50,
            states: Vec::new(),
            most: 1000,
            tolerance: 1e-9,
            seed: 0,
        }
    }
}

/// A fixed point (period 1) or a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct AffineCycle {
    /// The points, row-major (`period × n`), in the order of the map, from the lexicographically least.
    pub points: Vec<f64>,
    /// Least period.
    pub period: usize,
    /// The regions of the points, one switch a rectifier.
    pub switches: Vec<bool>,
    /// Largest entry of the difference between the image of a point and the next, by iteration of the map itself.
    pub residual: f64,
    /// Estimated distance of the points from the exact ones: the correction that the residual asks for.
    pub error: f64,
    /// Eigenvalues of the product of the linear parts, the largest real part first; empty where they could not be found.
    pub eigenvalues: Vec<Eigenvalue>,
    /// Number of unstable ones; none where one lies on the border within a thousand-millionth, or they are not known.
    pub unstable: Option<usize>,
    /// What the cycle is, in words.
    pub kind: String,
    /// Whether a point lies so near a border between regions that rounding decides on which side; the linear part, and
    /// with it the kind, is then that of one side.
    pub border: bool,
}

impl AffineCycle {
    /// The first point.
    pub fn state(&self) -> &[f64] {
        &self.points[..self.points.len() / self.period]
    }
}

/// What was searched for one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AffineSearch {
    /// The period.
    pub period: usize,
    /// Whether all sequences of regions are tried.
    pub exhaustive: bool,
    /// Sequences tried.
    pub sequences: u64,
    /// Sequences without a single solution: each may hold no cycle, or a continuum.
    pub singular: u64,
    /// Whether the search for this period has ended.
    pub finished: bool,
}

impl AffineSearch {
    /// Whether no cycle of this period is missing.
    pub fn is_complete(&self) -> bool {
        self.exhaustive && self.finished && self.singular == 0
    }
}

/// A search for fixed points and cycles (SCYFI; Eisenmann, Monfared, Göring and Durstewitz 2023, NeurIPS 36), which can be
/// stopped and read at any time.
///
/// In a sequence of regions `D₁ … D_k` the map is `x → A_D x + b_D`, so that the one candidate for a cycle is the solution
/// of `(1 - A_{D_k} ⋯ A_{D₁}) x = b`. Where the map itself takes its points round, it is a cycle. Otherwise the regions that
/// its orbit does visit are the next sequence, which ends at a cycle far more often than chance. Where the sequences are
/// few all are tried, one of each set of rotations, and what is missing is said.
#[derive(Clone, Debug)]
pub struct AffineCycleRun<M> {
    map: M,
    options: AffineCycleOptions,
    rectifiers: usize,
    searches: Vec<AffineSearch>,
    cycles: Vec<AffineCycle>,
    stream: Stream,
    /// The next sequence of an exhaustive search, or start.
    next: u64,
    /// Starts since the last that found something new.
    quiet: usize,
}

/// A candidate for a cycle.
struct Candidate {
    points: Vec<f64>,
    product: Vec<f64>,
    /// Largest correction that rounding asks for.
    error: f64,
}

impl<M: PiecewiseAffine> AffineCycleRun<M> {
    /// A search up to a period from 1 to 64. At most 256 variables, 65536 rectifiers, 24 switches in an exhaustive search,
    /// 10000 cycles.
    ///
    /// # Errors
    /// [`Error::Option`], [`Error::NotFinite`], [`Error::Shape`].
    pub fn new(mut map: M, options: AffineCycleOptions) -> Result<Self, Error> {
        let n = map.dimension();
        check_option((1..=256).contains(&n), "number of variables", n as f64, "from 1 to 256")?;
        let within = |name, value: usize, most: usize, wanted| {
            check_option((1..=most).contains(&value), name, value as f64, wanted)
        };
        within("longest period", options.longest, 64, "from 1 to 64")?;
        within("starts", options.starts, 1_000_000, "from 1 to a million")?;
        within("tries of a start", options.tries, 10_000, "from 1 to 10000")?;
        within("cycles", options.most, 10_000, "from 1 to 10000")?;
        let bits = options.exhaustive;
        check_option(bits <= 24, "switches tried exhaustively", f64::from(bits), "at most 24")?;
        let tolerance = options.tolerance;
        check_option(tolerance > 0.0 && tolerance < 1e-2, "tolerance", tolerance, "between 0 and 0.01")?;
        check_finite(&options.states)?;
        if !options.states.len().is_multiple_of(n) {
            return Err(Error::Shape { length: options.states.len(), dimension: n });
        }
        let mut switches = Vec::new();
        map.region(&vec![0.0; n], &mut switches);
        let rectifiers = switches.len();
        check_option(rectifiers <= 65_536, "rectifiers", rectifiers as f64, "at most 65536")?;
        let searches = (1..=options.longest)
            .map(|period| AffineSearch {
                period,
                exhaustive: rectifiers * period <= bits as usize,
                sequences: 0,
                singular: 0,
                finished: false,
            })
            .collect();
        let stream = Stream::new(options.seed, "regions");
        Ok(Self { map, options, rectifiers, searches, cycles: Vec::new(), stream, next: 0, quiet: 0 })
    }

    /// The cycles found, by period and then by the first point.
    pub fn cycles(&self) -> &[AffineCycle] {
        &self.cycles
    }

    /// What was searched, one entry a period.
    pub fn searches(&self) -> &[AffineSearch] {
        &self.searches
    }

    /// Whether the search ended because as many cycles were found as may be kept.
    pub fn is_full(&self) -> bool {
        self.cycles.len() >= self.options.most
    }

    /// Share of the periods that are done, and of the present one: of its sequences, or of the starts in a row that must
    /// find nothing new, which a finding sets back.
    pub fn progress(&self) -> f64 {
        if self.is_full() {
            return 1.0;
        }
        let done = self.searches.iter().filter(|search| search.finished).count();
        let part = match self.searches.get(done) {
            Some(search) if search.exhaustive => self.next as f64 / self.sequences(search.period) as f64,
            Some(_) => self.quiet as f64 / self.options.starts as f64,
            None => 0.0,
        };
        (done as f64 + part) / self.searches.len() as f64
    }

    fn sequences(&self, period: usize) -> u64 {
        1_u64 << (self.rectifiers * period)
    }

    /// Goes on for about `work` affine maps, one for each region of a sequence that is tried, to the end of a start; true
    /// when every period is done.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut spent = 0;
        while let Some(place) = self.searches.iter().position(|search| !search.finished) {
            if self.is_full() {
                return Ok(true);
            }
            if spent >= work {
                return Ok(false);
            }
            let search = self.searches[place];
            spent += if search.exhaustive { self.enumerate(place) } else { self.start(place) };
            let over = if search.exhaustive {
                self.next >= self.sequences(search.period)
            } else {
                self.quiet >= self.options.starts
            };
            if over {
                self.searches[place].finished = true;
                (self.next, self.quiet) = (0, 0);
            }
        }
        Ok(true)
    }

    /// Tries the next sequence of all; the work done.
    fn enumerate(&mut self, place: usize) -> u64 {
        let period = self.searches[place].period;
        let (code, m) = (self.next, self.rectifiers);
        self.next += 1;
        // Rotations of a sequence have the same cycle: the least stands for all.
        let bits = m * period;
        let mask = if bits == 0 { 0 } else { (1_u64 << bits) - 1 };
        let mut primitive = true;
        for turn in 1..period {
            let rotated = ((code >> (m * turn)) | (code << (bits - m * turn))) & mask;
            if rotated < code {
                return 1;
            }
            primitive = primitive && rotated != code;
        }
        let switches: Vec<bool> = (0..bits).map(|bit| code >> bit & 1 == 1).collect();
        match self.solve(&switches, period) {
            None => self.searches[place].singular += 1,
            // A sequence that repeats itself has the cycle of its part.
            Some(candidate) if primitive => {
                self.accept(&candidate, &switches, period);
            }
            Some(_) => {}
        }
        self.searches[place].sequences += 1;
        period as u64
    }

    /// Follows sequences from the next start; the work done.
    fn start(&mut self, place: usize) -> u64 {
        let (period, m, n) = (self.searches[place].period, self.rectifiers, self.map.dimension());
        let given = self.options.states.len() / n;
        let index = self.next as usize;
        self.next += 1;
        let mut switches: Vec<bool> = if index < given {
            let state = self.options.states[index * n..(index + 1) * n].to_vec();
            self.visited(&state, period)
        } else {
            (0..m * period).map(|_| self.stream.bits() & 1 == 1).collect()
        };
        let mut work = 0;
        let mut found = false;
        for _ in 0..self.options.tries {
            work += 2 * period as u64;
            self.searches[place].sequences += 1;
            let Some(candidate) = self.solve(&switches, period) else {
                self.searches[place].singular += 1;
                break;
            };
            if self.is_cycle(&candidate, period) {
                found = self.accept(&candidate, &switches, period);
                break;
            }
            let next = self.visited(&candidate.points[..n], period);
            if next == switches || next.len() != switches.len() {
                break;
            }
            switches = next;
        }
        if found {
            self.quiet = 0;
        } else {
            self.quiet += 1;
        }
        work
    }

    /// The regions of a state and of those that follow.
    fn visited(&mut self, x: &[f64], period: usize) -> Vec<bool> {
        let (mut now, mut next) = (x.to_vec(), vec![0.0; x.len()]);
        let (mut all, mut switches) = (Vec::with_capacity(self.rectifiers * period), Vec::new());
        for _ in 0..period {
            self.map.region(&now, &mut switches);
            all.extend_from_slice(&switches);
            self.map.next(0.0, &now, &mut next);
            core::mem::swap(&mut now, &mut next);
        }
        all
    }

    /// The candidate of a sequence; none where it has no single solution.
    ///
    /// Each point is solved for by itself, from its own rotation of the sequence, so that no error grows along the cycle.
    fn solve(&mut self, switches: &[bool], period: usize) -> Option<Candidate> {
        let (n, m) = (self.map.dimension(), self.rectifiers);
        let (mut a, mut b) = (vec![0.0; period * n * n], vec![0.0; period * n]);
        for k in 0..period {
            let region = &switches[k * m..(k + 1) * m];
            self.map.affine(region, &mut a[k * n * n..(k + 1) * n * n], &mut b[k * n..(k + 1) * n]);
        }
        let mut points = Vec::with_capacity(period * n);
        let mut first = Vec::new();
        let mut error = 0.0;
        for start in 0..period {
            let (mut product, mut sum) = (vec![0.0; n * n], vec![0.0; n]);
            for i in 0..n {
                product[i * n + i] = 1.0;
            }
            let (mut next, mut moved) = (vec![0.0; n * n], vec![0.0; n]);
            for step in 0..period {
                let k = (start + step) % period;
                multiply(&a[k * n * n..(k + 1) * n * n], &product, &mut next, n, n, n);
                multiply(&a[k * n * n..(k + 1) * n * n], &sum, &mut moved, n, n, 1);
                product.copy_from_slice(&next);
                for i in 0..n {
                    sum[i] = moved[i] + b[k * n + i];
                }
            }
            let mut system: Vec<f64> = product.iter().map(|value| -value).collect();
            for i in 0..n {
                system[i * n + i] += 1.0;
            }
            let mut lu = system.clone();
            let mut exchanges = vec![0; n];
            if !factor(&mut lu, &mut exchanges, n) || is_nearly_singular(&lu, n) {
                return None;
            }
            let mut x = sum.clone();
            substitute(&lu, &exchanges, &mut x, n);
            // One refinement, whose size is about the error that it removes.
            let mut image = vec![0.0; n];
            multiply(&system, &x, &mut image, n, n, 1);
            let mut correction: Vec<f64> = sum.iter().zip(&image).map(|(b, ax)| b - ax).collect();
            substitute(&lu, &exchanges, &mut correction, n);
            for (x, correction) in x.iter_mut().zip(&correction) {
                *x += correction;
                if libm::fabs(*correction) > error {
                    error = libm::fabs(*correction);
                }
            }
            if x.iter().any(|value| !value.is_finite()) {
                return None;
            }
            points.extend(x);
            if start == 0 {
                first = product;
            }
        }
        Some(Candidate { points, product: first, error })
    }

    /// Largest difference between the image of a point and the next, and whether all are within the tolerance.
    fn residual(&mut self, candidate: &Candidate, period: usize) -> (f64, bool) {
        let n = self.map.dimension();
        let mut image = vec![0.0; n];
        let (mut most, mut within) = (0.0, true);
        for k in 0..period {
            let point = &candidate.points[k * n..(k + 1) * n];
            self.map.next(0.0, point, &mut image);
            let next = (k + 1) % period * n;
            for i in 0..n {
                let off = libm::fabs(image[i] - candidate.points[next + i]);
                let size = 1.0 + libm::fabs(image[i]);
                within = within && off <= self.options.tolerance * size;
                if off > most {
                    most = off;
                }
            }
        }
        (most, within)
    }

    fn is_cycle(&mut self, candidate: &Candidate, period: usize) -> bool {
        self.residual(candidate, period).1
    }

    /// Adds a candidate that the map takes round, unless it is known or has a shorter period; true when it is new.
    fn accept(&mut self, candidate: &Candidate, switches: &[bool], period: usize) -> bool {
        let (n, m) = (self.map.dimension(), self.rectifiers);
        let (residual, cycle) = self.residual(candidate, period);
        let points = &candidate.points;
        let near = |a: &[f64], b: &[f64]| {
            let limit = 100.0 * self.options.tolerance;
            a.iter().zip(b).all(|(a, b)| libm::fabs(a - b) <= limit * (1.0 + libm::fabs(*a)))
        };
        // On a border the sequences of both sides have the same cycle; elsewhere the sequence tells cycles apart.
        let shorter =
            (1..period).any(|d| period.is_multiple_of(d) && near(&points[..n], &points[d * n..(d + 1) * n]));
        let known = self.cycles.iter().any(|other| {
            other.period == period && other.points.chunks_exact(n).any(|point| near(&points[..n], point))
        });
        if !cycle || shorter || known {
            return false;
        }
        let mut seen = Vec::new();
        let mut border = false;
        for k in 0..period {
            self.map.region(&points[k * n..(k + 1) * n], &mut seen);
            border = border || seen[..] != switches[k * m..(k + 1) * m];
        }
        let values = eigenvalues(&candidate.product, n).unwrap_or_default();
        let (unstable, kind) =
            if values.is_empty() { (None, "of unknown kind".into()) } else { kind_in_words(&values, true) };
        let order = |a: &[f64], b: &[f64]| {
            let unequal = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
            unequal.unwrap_or(core::cmp::Ordering::Equal)
        };
        let point = |k: usize| &points[k * n..(k + 1) * n];
        let first = (0..period).min_by(|&a, &b| order(point(a), point(b))).unwrap_or(0);
        let (mut turned, mut regions) = (points.clone(), switches.to_vec());
        turned.rotate_left(first * n);
        regions.rotate_left(first * m);
        // The residual counts as far as the sequence carries it: the solution of the linear system that it asks for.
        let error = candidate.error + self.correction(&candidate.product, residual);
        let found = AffineCycle {
            points: turned,
            period,
            switches: regions,
            residual,
            error,
            eigenvalues: values,
            unstable,
            kind,
            border,
        };
        let place = self.cycles.partition_point(|other| {
            other.period < period || (other.period == period && order(other.state(), found.state()).is_lt())
        });
        self.cycles.insert(place, found);
        true
    }

    /// Size of what `(1 - A)⁻¹` makes of a residual of this size in its worst direction, by its largest row sum.
    fn correction(&self, product: &[f64], residual: f64) -> f64 {
        let n = self.map.dimension();
        let mut system: Vec<f64> = product.iter().map(|value| -value).collect();
        for i in 0..n {
            system[i * n + i] += 1.0;
        }
        let mut exchanges = vec![0; n];
        if !factor(&mut system, &mut exchanges, n) {
            return f64::INFINITY;
        }
        let mut rows = vec![0.0; n];
        for j in 0..n {
            let mut column = vec![0.0; n];
            column[j] = 1.0;
            substitute(&system, &exchanges, &mut column, n);
            for i in 0..n {
                rows[i] += libm::fabs(column[i]);
            }
        }
        rows.into_iter().fold(0.0, |most, row| if row > most { row } else { most }) * residual
    }
}

/// Whether the triangle that [`factor`] left has a pivot that vanishes within rounding.
fn is_nearly_singular(lu: &[f64], n: usize) -> bool {
    let (mut least, mut most) = (f64::INFINITY, 1.0);
    for i in 0..n {
        let pivot = libm::fabs(lu[i * n + i]);
        if pivot < least {
            least = pivot;
        }
        if pivot > most {
            most = pivot;
        }
    }
    least <= 1e-13 * most
}

#[cfg(test)]
mod tests;
