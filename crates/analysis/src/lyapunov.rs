//! The Lyapunov spectrum by tangent dynamics.

use crate::error::{Error, check_finite, check_option};
use numerics::dense::{multiply, orthonormalise};
use numerics::{Flow, FlowJacobian, MapJacobian, mean};

/// How to measure a spectrum.
#[derive(Clone, Debug, PartialEq)]
pub struct LyapunovOptions {
    /// Number of exponents, the largest first; 0 for all.
    pub exponents: usize,
    /// Time of the start.
    pub t0: f64,
    /// Length of a step of a flow; a map counts iterations.
    pub dt: f64,
    /// Steps between orthonormalisations.
    pub every: u32,
    /// Steps discarded at the start, in which state and tangent vectors settle.
    pub transient: u64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
    /// The spectrum has converged when no standard error exceeds this.
    pub tolerance: f64,
}

impl Default for LyapunovOptions {
    /// All exponents, steps of 0.01 from time 0, orthonormalised every 10 of them after a transient of 5000; bound
    /// 1e8, tolerance 0.005.
    fn default() -> Self {
        Self { exponents: 0, t0: 0.0, dt: 0.01, every: 10, transient: 5000, bound: 1e8, tolerance: 0.005 }
    }
}

/// One exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponent {
    /// Its value, in units of one over time (for a map, per iteration).
    pub value: f64,
    /// Standard error, from the means of consecutive blocks; infinite below eight blocks.
    pub error: f64,
}

/// The running estimate at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Time since the transient.
    pub time: f64,
    /// The exponents estimated until then, in the order of the tangent vectors.
    pub exponents: Vec<f64>,
}

/// A measured spectrum.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// The exponents, largest first.
    pub exponents: Vec<Exponent>,
    /// Mean of the trace of the Jacobian along the orbit (for a map, of `ln |det J|`), computed apart from the
    /// tangent vectors; the sum of all exponents must equal it.
    pub divergence: f64,
    /// The running estimates, evenly spaced, at most 64.
    pub curve: Vec<CurvePoint>,
    /// Steps taken after the transient.
    pub steps: u64,
    /// Whether every standard error is within the tolerance.
    pub converged: bool,
}

impl Spectrum {
    /// Sum of the exponents.
    pub fn sum(&self) -> f64 {
        self.exponents.iter().fold(0.0, |total, exponent| total + exponent.value)
    }
    /// The values alone, largest first.
    pub fn values(&self) -> Vec<f64> {
        self.exponents.iter().map(|exponent| exponent.value).collect()
    }
    /// Standard error of the sum, as if those of the exponents were independent.
    pub fn sum_error(&self) -> f64 {
        libm::sqrt(self.exponents.iter().fold(0.0, |total, e| total + e.error * e.error))
    }
    /// Kaplan-Yorke dimension, and its error: that of the sum over the size of the exponent that the dimension ends in; 0
    /// where there is none.
    pub fn kaplan_yorke(&self) -> (f64, f64) {
        let values = self.values();
        let dimension = kaplan_yorke(&values);
        let next = values.get(dimension as usize).map_or(f64::INFINITY, |value| libm::fabs(*value));
        (dimension, self.sum_error() / next)
    }
}

/// What carries a state and tangent vectors along.
pub trait Tangent {
    /// Number of state variables.
    fn dimension(&self) -> usize;
    /// Length of a step.
    fn dt(&self) -> f64;
    /// Advances `x` and the `k` columns of `q` (`n × k`) by one step from time `t`; returns the logarithm of the
    /// factor by which the step changes volumes.
    fn advance(&mut self, t: f64, x: &mut [f64], q: &mut [f64], k: usize) -> f64;
}

/// One step of Runge-Kutta 4; `scratch` has `5 n` entries.
pub(crate) fn rk4<F: Flow<f64>>(
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[f64],
    next: &mut [f64],
    scratch: &mut [f64],
) {
    let n = x.len();
    let (k1, rest) = scratch.split_at_mut(n);
    let (k2, rest) = rest.split_at_mut(n);
    let (k3, rest) = rest.split_at_mut(n);
    let (k4, y) = rest.split_at_mut(n);
    let y = &mut y[..n];
    flow.rate(t, x, k1);
    for i in 0..n {
        y[i] = x[i] + 0.5 * h * k1[i];
    }
    flow.rate(t + 0.5 * h, y, k2);
    for i in 0..n {
        y[i] = x[i] + 0.5 * h * k2[i];
    }
    flow.rate(t + 0.5 * h, y, k3);
    for i in 0..n {
        y[i] = x[i] + h * k3[i];
    }
    flow.rate(t + h, y, k4);
    for i in 0..n {
        next[i] = x[i] + h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]);
    }
}

/// A flow with `Q' = J(t, x) Q` beside `x' = f(t, x)`, both by Runge-Kutta 4 with the same stages.
#[derive(Clone, Debug)]
pub struct FlowTangent<F> {
    flow: F,
    dt: f64,
    jacobian: Vec<f64>,
    rates: [Vec<f64>; 4],
    slopes: [Vec<f64>; 4],
    y: Vec<f64>,
    p: Vec<f64>,
}

impl<F: FlowJacobian> FlowTangent<F> {
    /// Steps of length `dt`.
    pub fn new(flow: F, dt: f64) -> Self {
        let n = flow.dimension();
        let (state, matrix) = (vec![0.0; n], vec![0.0; n * n]);
        Self {
            flow,
            dt,
            jacobian: matrix.clone(),
            rates: core::array::from_fn(|_| state.clone()),
            slopes: core::array::from_fn(|_| matrix.clone()),
            y: state,
            p: matrix,
        }
    }
}

impl<F: FlowJacobian> FlowTangent<F> {
    /// What [`Tangent::advance`] does with all `N` tangent vectors of `N` variables, operation by operation, with sizes
    /// that the compiler knows: several times as fast for the systems that are measured most.
    fn advance_small<const N: usize>(&mut self, t: f64, x: &mut [f64], q: &mut [f64]) -> f64 {
        let h = self.dt;
        let mut state = [0.0; N];
        state.copy_from_slice(x);
        let mut vectors = [[0.0; N]; N];
        for (row, values) in vectors.iter_mut().zip(q.chunks_exact(N)) {
            row.copy_from_slice(values);
        }
        let fractions = [0.0, 0.5, 0.5, 1.0];
        let weights = [1.0, 2.0, 2.0, 1.0];
        let mut rates = [[0.0; N]; 4];
        let mut slopes = [[[0.0; N]; N]; 4];
        let mut trace = 0.0;
        for stage in 0..4 {
            let c = fractions[stage] * h;
            let (mut y, mut p) = (state, vectors);
            if stage > 0 {
                for i in 0..N {
                    y[i] += c * rates[stage - 1][i];
                    for j in 0..N {
                        p[i][j] += c * slopes[stage - 1][i][j];
                    }
                }
            }
            self.flow.rate(t + c, &y, &mut rates[stage]);
            let mut jacobian = [[0.0; N]; N];
            self.flow.jacobian(t + c, &y, jacobian.as_flattened_mut());
            for i in 0..N {
                for j in 0..N {
                    let mut total = 0.0;
                    for (l, row) in p.iter().enumerate() {
                        total += jacobian[i][l] * row[j];
                    }
                    slopes[stage][i][j] = total;
                }
                trace += weights[stage] * jacobian[i][i];
            }
        }
        let blend = |a: f64, b: f64, c: f64, d: f64| h / 6.0 * (a + 2.0 * (b + c) + d);
        for i in 0..N {
            x[i] += blend(rates[0][i], rates[1][i], rates[2][i], rates[3][i]);
            for j in 0..N {
                q[i * N + j] += blend(slopes[0][i][j], slopes[1][i][j], slopes[2][i][j], slopes[3][i][j]);
            }
        }
        h / 6.0 * trace
    }
}

impl<F> FlowTangent<F> {
    pub(crate) fn flow_mut(&mut self) -> &mut F {
        &mut self.flow
    }
}

impl<F: FlowJacobian> Tangent for FlowTangent<F> {
    fn dimension(&self) -> usize {
        self.flow.dimension()
    }
    fn dt(&self) -> f64 {
        self.dt
    }
    fn advance(&mut self, t: f64, x: &mut [f64], q: &mut [f64], k: usize) -> f64 {
        let (n, h) = (x.len(), self.dt);
        match (n, k) {
            (2, 2) => return self.advance_small::<2>(t, x, q),
            (3, 3) => return self.advance_small::<3>(t, x, q),
            (4, 4) => return self.advance_small::<4>(t, x, q),
            _ => {}
        }
        let size = n * k;
        let fractions = [0.0, 0.5, 0.5, 1.0];
        let weights = [1.0, 2.0, 2.0, 1.0];
        let mut trace = 0.0;
        for stage in 0..4 {
            let c = fractions[stage] * h;
            self.y.copy_from_slice(x);
            self.p[..size].copy_from_slice(q);
            if stage > 0 {
                for i in 0..n {
                    self.y[i] += c * self.rates[stage - 1][i];
                }
                for i in 0..size {
                    self.p[i] += c * self.slopes[stage - 1][i];
                }
            }
            self.flow.rate(t + c, &self.y, &mut self.rates[stage]);
            self.flow.jacobian(t + c, &self.y, &mut self.jacobian);
            multiply(&self.jacobian, &self.p[..size], &mut self.slopes[stage][..size], n, n, k);
            for i in 0..n {
                trace += weights[stage] * self.jacobian[i * n + i];
            }
        }
        let blend = |v: &[Vec<f64>; 4], i: usize| h / 6.0 * (v[0][i] + 2.0 * (v[1][i] + v[2][i]) + v[3][i]);
        for (i, value) in x.iter_mut().enumerate() {
            *value += blend(&self.rates, i);
        }
        for (i, value) in q.iter_mut().enumerate() {
            *value += blend(&self.slopes, i);
        }
        h / 6.0 * trace
    }
}

/// A map with `Q(t+1) = J(t, x) Q(t)`.
#[derive(Clone, Debug)]
pub struct MapTangent<M> {
    map: M,
    jacobian: Vec<f64>,
    next: Vec<f64>,
    product: Vec<f64>,
}

impl<M: MapJacobian> MapTangent<M> {
    /// One iteration a step.
    pub fn new(map: M) -> Self {
        let n = map.dimension();
        Self { map, jacobian: vec![0.0; n * n], next: vec![0.0; n], product: vec![0.0; n * n] }
    }
}

impl<M> MapTangent<M> {
    pub(crate) fn map_mut(&mut self) -> &mut M {
        &mut self.map
    }
}

impl<M: MapJacobian> Tangent for MapTangent<M> {
    fn dimension(&self) -> usize {
        self.map.dimension()
    }
    fn dt(&self) -> f64 {
        1.0
    }
    fn advance(&mut self, t: f64, x: &mut [f64], q: &mut [f64], k: usize) -> f64 {
        let n = x.len();
        self.map.jacobian(t, x, &mut self.jacobian);
        self.map.next(t, x, &mut self.next);
        x.copy_from_slice(&self.next);
        multiply(&self.jacobian, q, &mut self.product[..n * k], n, n, k);
        q.copy_from_slice(&self.product[..n * k]);
        log_determinant(&mut self.jacobian, n)
    }
}

/// `ln |det a|` by elimination with row exchanges; `a` is overwritten.
fn log_determinant(a: &mut [f64], n: usize) -> f64 {
    let mut total = 0.0;
    for column in 0..n {
        let mut pivot = column;
        for row in column + 1..n {
            if libm::fabs(a[row * n + column]) > libm::fabs(a[pivot * n + column]) {
                pivot = row;
            }
        }
        if pivot != column {
            for i in 0..n {
                a.swap(pivot * n + i, column * n + i);
            }
        }
        let value = a[column * n + column];
        total += libm::log(libm::fabs(value));
        if value == 0.0 {
            return f64::NEG_INFINITY;
        }
        for row in column + 1..n {
            let factor = a[row * n + column] / value;
            for i in column..n {
                a[row * n + i] -= factor * a[column * n + i];
            }
        }
    }
    total
}

const BLOCKS: usize = 64;
const FEWEST_BLOCKS: usize = 8;

/// A measurement of the Lyapunov spectrum that can be stopped and read at any time.
///
/// State and tangent vectors go together; every few steps the vectors are orthonormalised, and the logarithms of
/// their lengths add up to the exponents (Benettin, Galgani, Giorgilli and Strelcyn 1980; Shimada and Nagashima
/// 1979). The standard error comes from the means of at most 64 consecutive blocks; when they are full, neighbours
/// merge, so that blocks outgrow any correlation.
#[derive(Clone, Debug)]
pub struct LyapunovRun<S> {
    tangent: S,
    options: LyapunovOptions,
    count: usize,
    x: Vec<f64>,
    q: Vec<f64>,
    lengths: Vec<f64>,
    /// Steps since the start, and of these the ones after the transient that are accounted for.
    taken: u64,
    measured: u64,
    since: u32,
    totals: Vec<f64>,
    divergence: f64,
    pending: f64,
    block: Vec<f64>,
    block_fill: u64,
    block_size: u64,
    blocks: Vec<Vec<f64>>,
    curve: Vec<CurvePoint>,
}

impl<F: FlowJacobian> LyapunovRun<FlowTangent<F>> {
    /// A measurement on a flow, which may depend on time.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn flow(flow: F, options: LyapunovOptions, x0: &[f64]) -> Result<Self, Error> {
        let dt = options.dt;
        check_option(dt > 0.0 && dt.is_finite(), "step", dt, "a positive number")?;
        Self::new(FlowTangent::new(flow, dt), options, x0)
    }
}

impl<M: MapJacobian> LyapunovRun<MapTangent<M>> {
    /// A measurement on a map.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn map(map: M, options: LyapunovOptions, x0: &[f64]) -> Result<Self, Error> {
        Self::new(MapTangent::new(map), options, x0)
    }
}

impl<S: Tangent> LyapunovRun<S> {
    /// A measurement on whatever carries tangent vectors.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn new(tangent: S, options: LyapunovOptions, x0: &[f64]) -> Result<Self, Error> {
        let n = tangent.dimension();
        if x0.len() != n || n == 0 {
            return Err(Error::Dimension { given: x0.len(), wanted: n });
        }
        check_finite(x0)?;
        let count = if options.exponents == 0 { n } else { options.exponents };
        check_option(count <= n, "number of exponents", count as f64, "at most the number of variables")?;
        check_option(options.every > 0, "steps between orthonormalisations", 0.0, "at least 1")?;
        check_option(options.bound > 0.0, "bound", options.bound, "a positive number")?;
        check_option(options.t0.is_finite(), "starting time", options.t0, "a finite number")?;
        let mut q = vec![0.0; n * count];
        for column in 0..count {
            q[column * count + column] = 1.0;
        }
        Ok(Self {
            tangent,
            options,
            count,
            x: x0.to_vec(),
            q,
            lengths: vec![0.0; count],
            taken: 0,
            measured: 0,
            since: 0,
            totals: vec![0.0; count],
            divergence: 0.0,
            pending: 0.0,
            block: vec![0.0; count],
            block_fill: 0,
            block_size: 1,
            blocks: Vec::new(),
            curve: Vec::new(),
        })
    }

    /// Steps taken, the transient among them.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The state.
    pub fn state(&self) -> &[f64] {
        &self.x
    }

    /// Goes on by `steps` steps; the first ones belong to the transient.
    ///
    /// # Errors
    /// [`Error::Diverged`]; the spectrum until then can still be read.
    pub fn advance(&mut self, steps: u64) -> Result<(), Error> {
        let dt = self.tangent.dt();
        for _ in 0..steps {
            let t = self.options.t0 + self.taken as f64 * dt;
            let growth = self.tangent.advance(t, &mut self.x, &mut self.q, self.count);
            let bound = self.options.bound;
            if let Some(variable) = self.x.iter().position(|&v| !(v <= bound && v >= -bound)) {
                return Err(Error::Diverged { time: t + dt, variable, value: self.x[variable] });
            }
            self.taken += 1;
            self.since += 1;
            let settling = self.taken <= self.options.transient;
            self.pending = if settling { 0.0 } else { self.pending + growth };
            // The end of the transient starts the account with orthonormal vectors.
            if self.since == self.options.every || self.taken == self.options.transient {
                self.orthonormalise(settling, dt);
            }
        }
        Ok(())
    }

    fn orthonormalise(&mut self, settling: bool, dt: f64) {
        orthonormalise(&mut self.q, self.x.len(), self.count, &mut self.lengths);
        let steps = u64::from(core::mem::take(&mut self.since));
        for column in 0..self.count {
            // A vector without a direction of its own has exponent minus infinity; it starts anew on an axis.
            if self.lengths[column] == 0.0 {
                let n = self.x.len();
                let axis = (self.taken as usize + column) % n;
                self.q[axis * self.count + column] = 1.0;
            }
        }
        if settling {
            return;
        }
        self.measured += steps;
        self.divergence += core::mem::take(&mut self.pending);
        for column in 0..self.count {
            let log = libm::log(self.lengths[column]);
            self.totals[column] += log;
            self.block[column] += log;
        }
        self.block_fill += 1;
        if self.block_fill < self.block_size {
            return;
        }
        let time = self.measured as f64 * dt;
        let exponents = self.totals.iter().map(|total| total / time).collect();
        self.curve.push(CurvePoint { time, exponents });
        let block_time = (self.block_size * u64::from(self.options.every)) as f64 * dt;
        self.blocks.push(self.block.iter().map(|total| total / block_time).collect());
        self.block.fill(0.0);
        self.block_fill = 0;
        if self.blocks.len() == BLOCKS {
            let merged = self.blocks.chunks_exact(2).map(|pair| {
                pair[0].iter().zip(&pair[1]).map(|(first, second)| 0.5 * (first + second)).collect()
            });
            self.blocks = merged.collect();
            let mut keep = false; // the second of each pair stands at the end of the merged block
            self.curve.retain(|_| {
                keep = !keep;
                !keep
            });
            self.block_size *= 2;
        }
    }

    /// The spectrum as measured so far; values are not numbers before the first orthonormalisation after the
    /// transient.
    pub fn spectrum(&self) -> Spectrum {
        let time = self.measured as f64 * self.tangent.dt();
        let mut exponents: Vec<Exponent> = (0..self.count)
            .map(|column| {
                let means: Vec<f64> = self.blocks.iter().map(|block| block[column]).collect();
                let error = if means.len() < FEWEST_BLOCKS {
                    f64::INFINITY
                } else {
                    let middle = mean(&means);
                    let square = numerics::sum_by(means.len(), |i| (means[i] - middle) * (means[i] - middle));
                    libm::sqrt(square / (means.len() * (means.len() - 1)) as f64)
                };
                Exponent { value: self.totals[column] / time, error }
            })
            .collect();
        exponents.sort_by(|a, b| b.value.total_cmp(&a.value));
        let converged = exponents.iter().all(|exponent| exponent.error <= self.options.tolerance);
        Spectrum {
            exponents,
            divergence: self.divergence / time,
            curve: self.curve.clone(),
            steps: self.measured,
            converged,
        }
    }
}

/// Kaplan-Yorke dimension of a spectrum, `j + Σ_{i≤j} λ_i / |λ_{j+1}|` with the largest `j` whose partial sum is
/// not negative; the number of exponents when every partial sum is not negative.
///
/// Source: Kaplan and Yorke, Chaotic behavior of multidimensional difference equations (1979).
pub fn kaplan_yorke(exponents: &[f64]) -> f64 {
    let mut sorted = exponents.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut total = 0.0;
    for (index, &exponent) in sorted.iter().enumerate() {
        if total + exponent < 0.0 {
            return index as f64 + total / -exponent;
        }
        total += exponent;
    }
    sorted.len() as f64
}

/// Sum of the positive exponents: by Pesin's formula the entropy of the invariant measure, where it is smooth along
/// unstable directions, and else a bound from above (Ruelle).
pub fn pesin(exponents: &[f64]) -> f64 {
    exponents.iter().fold(0.0, |total, &exponent| if exponent > 0.0 { total + exponent } else { total })
}
