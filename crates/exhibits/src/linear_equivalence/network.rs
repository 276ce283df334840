//! The network itself, and what is recorded of it.

use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use analysis::{RandomNetwork, Transfer, mirror};
use numerics::dense::combine;
use numerics::{Stream, dot, sum_by};

/// Step of the integration, in time constants.
pub(super) const DT: f64 = 0.1;
/// Steps of integration in a block: ten time constants.
pub(super) const BLOCK: usize = 100;
/// Blocks that pass before anything is recorded.
pub(super) const TRANSIENT: u64 = 5;
/// Steps from one recorded state of activity to the next.
const STRIDE: usize = 2;
/// Blocks that go to one half of the record before the other half has its turn.
const TURN: u64 = 10;
/// Steps from one lag of the autocovariance to the next.
pub(super) const LAG: usize = 5;
/// Lags: up to 15 time constants.
pub(super) const LAGS: usize = 31;
/// States of the past that are kept, a lag apart.
const PAST: usize = 128;

/// Couplings `J`, `n × n`, each of mean 0 and variance `g² / n`, the diagonal included.
#[derive(Clone)]
pub(super) struct Couplings {
    pub(super) n: usize,
    /// Row by row: what unit `i` receives.
    pub(super) rows: Vec<f64>,
    /// The transpose.
    pub(super) columns: Vec<f64>,
}

impl Couplings {
    pub(super) fn random(n: usize, g: f64, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "couplings");
        let scale = g / libm::sqrt(n as f64);
        let rows: Vec<f64> = (0..n * n).map(|_| scale * stream.normal()).collect();
        let columns = (0..n * n).map(|k| rows[k % n * n + k / n]).collect();
        Self { n, rows, columns }
    }
}

/// The state of the network: `x ← x + dt (-x + J φ(x)) + σ √dt ξ`.
pub(super) struct Network {
    transfer: Transfer,
    noise: f64,
    x: Vec<f64>,
    activity: Vec<f64>,
    field: Vec<f64>,
    stream: Stream,
}

impl Network {
    /// Starts at 0 where there is noise, at independent normal states where there is none.
    pub(super) fn new(n: usize, of: &RandomNetwork, seed: u64) -> Self {
        let mut start = Stream::new(seed, "start");
        let x = (0..n).map(|_| if of.noise > 0.0 { 0.0 } else { start.normal() }).collect();
        let mut network = Self {
            transfer: of.transfer,
            noise: of.noise * libm::sqrt(DT),
            x,
            activity: vec![0.0; n],
            field: vec![0.0; n],
            stream: Stream::new(seed, "noise"),
        };
        network.activate();
        network
    }

    fn activate(&mut self) {
        for (activity, x) in self.activity.iter_mut().zip(&self.x) {
            *activity = self.transfer.value(*x);
        }
    }

    fn step(&mut self, couplings: &Couplings) {
        self.field.fill(0.0);
        combine(&mut self.field, &self.activity, &couplings.columns, couplings.n);
        for (x, field) in self.x.iter_mut().zip(&self.field) {
            *x += DT * (field - *x);
            if self.noise > 0.0 {
                *x += self.noise * self.stream.normal();
            }
        }
        self.activate();
    }

    pub(super) fn state(&self) -> &[f64] {
        &self.x
    }

    fn write(&self, out: &mut Writer) {
        let (word, spare) = self.stream.position();
        out.f64s(&self.x).u64(word as u64).u64((word >> 64) as u64);
        out.u64(u64::from(spare.is_some())).f64(spare.unwrap_or(0.0));
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        read_into(&mut self.x, from)?;
        let word = u128::from(from.u64()?) | u128::from(from.u64()?) << 64;
        let (has, spare) = (from.u64()? != 0, from.f64()?);
        self.stream.resume((word, has.then_some(spare)));
        self.activate();
        Ok(())
    }
}

/// Reads as many numbers as there are places.
pub(super) fn read_into(places: &mut [f64], from: &mut Reader<'_>) -> Result<(), ExhibitError> {
    let values = from.f64s()?;
    if values.len() != places.len() {
        let (found, wanted) = (values.len(), places.len());
        return Err(ExhibitError::Checkpoint(format!("{found} numbers stand where {wanted} belong")));
    }
    places.copy_from_slice(&values);
    Ok(())
}

/// A covariance that grows by batches of states.
#[derive(Clone)]
struct Covariance {
    n: usize,
    count: u64,
    sum: Vec<f64>,
    /// Sums of products, below the diagonal and on it.
    products: Vec<f64>,
}

impl Covariance {
    fn new(n: usize) -> Self {
        Self { n, count: 0, sum: vec![0.0; n], products: vec![0.0; n * n] }
    }

    /// Takes in states, one after another.
    fn add(&mut self, states: &[f64]) {
        let n = self.n;
        let count = states.len() / n;
        combine(&mut self.sum, &vec![1.0; count], states, n);
        let mut column = vec![0.0; count];
        for i in 0..n {
            for (value, state) in column.iter_mut().zip(states.chunks_exact(n)) {
                *value = state[i];
            }
            combine(&mut self.products[i * n..=i * n + i], &column, states, n);
        }
        self.count += count as u64;
    }

    /// The covariance of all that several took in, whole.
    fn matrix(parts: &[&Self]) -> Vec<f64> {
        let Some(first) = parts.first() else { return Vec::new() };
        let n = first.n;
        let count = parts.iter().map(|part| part.count).sum::<u64>() as f64;
        let of = |k: usize, values: fn(&Self) -> &[f64]| {
            parts.iter().fold(0.0, |total, part| total + values(part)[k]) / count
        };
        let mean: Vec<f64> = (0..n).map(|i| of(i, |part| &part.sum)).collect();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                matrix[i * n + j] = of(i * n + j, |part| &part.products) - mean[i] * mean[j];
            }
        }
        mirror(&mut matrix, n);
        matrix
    }

    fn write(&self, out: &mut Writer) {
        out.u64(self.count).f64s(&self.sum).f64s(&self.products);
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        self.count = from.u64()?;
        read_into(&mut self.sum, from)?;
        read_into(&mut self.products, from)
    }
}

/// A network under observation.
pub(super) struct Observed {
    pub(super) couplings: Couplings,
    network: Network,
    /// The theory's mean slope of each unit, for residuals.
    slopes: Vec<f64>,
    blocks: u64,
    /// Activity, in two halves that take turns.
    halves: [Covariance; 2],
    /// Residuals `φ(x) - m x`.
    residual: Covariance,
    /// Sums over time of the mean over units of `x(t) x(t - lag)`.
    lagged: Vec<f64>,
    /// States a lag apart, a ring; and how many were put in.
    past: Vec<f64>,
    put: u64,
}

impl Observed {
    pub(super) fn new(couplings: Couplings, of: &RandomNetwork, slopes: &[f64], seed: u64) -> Self {
        let n = couplings.n;
        Self {
            couplings,
            network: Network::new(n, of, seed),
            slopes: slopes.to_vec(),
            blocks: 0,
            halves: [Covariance::new(n), Covariance::new(n)],
            residual: Covariance::new(n),
            lagged: vec![0.0; LAGS],
            past: vec![0.0; PAST * n],
            put: 0,
        }
    }

    /// Blocks done, those that are not recorded among them.
    pub(super) fn blocks(&self) -> u64 {
        self.blocks
    }

    pub(super) fn state(&self) -> &[f64] {
        self.network.state()
    }

    pub(super) fn units(&self) -> usize {
        self.couplings.n
    }

    /// A hundred steps, and what is recorded of them.
    pub(super) fn block(&mut self) {
        let recorded = self.blocks >= TRANSIENT;
        let (mut activity, mut residual) = (Vec::new(), Vec::new());
        for step in 1..=BLOCK {
            self.network.step(&self.couplings);
            if recorded && step % STRIDE == 0 {
                let (x, phi) = (&self.network.x, &self.network.activity);
                activity.extend_from_slice(phi);
                residual.extend(phi.iter().zip(x).zip(&self.slopes).map(|((phi, x), slope)| phi - slope * x));
            }
            if recorded && step % LAG == 0 {
                self.remember();
            }
        }
        if recorded {
            let half = (self.blocks - TRANSIENT) / TURN % 2;
            self.halves[half as usize].add(&activity);
            self.residual.add(&residual);
        }
        self.blocks += 1;
    }

    fn remember(&mut self) {
        let n = self.units();
        let slot = |put: u64| (put % PAST as u64) as usize * n;
        let now = slot(self.put);
        self.past[now..now + n].copy_from_slice(&self.network.x);
        for (lag, total) in self.lagged.iter_mut().enumerate().take(self.put as usize + 1) {
            let then = slot(self.put - lag as u64);
            *total += dot(&self.network.x, &self.past[then..then + n]) / n as f64;
        }
        self.put += 1;
    }

    /// The measured covariance of activity; none before anything is recorded.
    pub(super) fn covariance(&self) -> Option<Vec<f64>> {
        let [first, second] = &self.halves;
        (first.count + second.count > 0).then(|| Covariance::matrix(&[first, second]))
    }

    /// The same of each half of the record; none before both have something.
    pub(super) fn halves(&self) -> Option<[Vec<f64>; 2]> {
        let [first, second] = &self.halves;
        (first.count > 0 && second.count > 0)
            .then(|| [Covariance::matrix(&[first]), Covariance::matrix(&[second])])
    }

    /// The covariance of the residuals.
    pub(super) fn residual(&self) -> Option<Vec<f64>> {
        (self.residual.count > 0).then(|| Covariance::matrix(&[&self.residual]))
    }

    /// Measured `Δ(τ)` at lags of 0, 5, 10, ... steps, as far as there is something.
    pub(super) fn autocovariance(&self) -> Vec<f64> {
        let count = |lag: usize| self.put.saturating_sub(lag as u64);
        let known = (0..LAGS).take_while(|lag| count(*lag) > 0);
        known.map(|lag| self.lagged[lag] / count(lag) as f64).collect()
    }

    /// Activity of late, one row a unit and one column a lag of 5 steps, the latest at the right.
    pub(super) fn raster(&self, units: usize) -> (usize, Vec<f64>) {
        let n = self.units();
        let columns = if self.put < PAST as u64 { self.put as usize } else { PAST };
        let mut values = Vec::with_capacity(units * columns);
        for unit in 0..units.min(n) {
            for back in (1..=columns as u64).rev() {
                let slot = ((self.put - back) % PAST as u64) as usize;
                values.push(self.network.transfer.value(self.past[slot * n + unit]));
            }
        }
        (columns, values)
    }

    /// Takes in state and accumulated covariances.
    pub(super) fn digest(&self, digest: &mut numerics::Digest) {
        digest.u64(self.blocks).f64s(&self.network.x);
        for part in self.halves.iter().chain([&self.residual]) {
            digest.u64(part.count).f64s(&part.sum).f64s(&part.products);
        }
        digest.f64s(&self.lagged);
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.u64(self.blocks).u64(self.put);
        self.network.write(out);
        for part in self.halves.iter().chain([&self.residual]) {
            part.write(out);
        }
        out.f64s(&self.lagged).f64s(&self.past);
    }

    pub(super) fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        (self.blocks, self.put) = (from.u64()?, from.u64()?);
        self.network.read(from)?;
        for part in self.halves.iter_mut().chain([&mut self.residual]) {
            part.read(from)?;
        }
        read_into(&mut self.lagged, from)?;
        read_into(&mut self.past, from)
    }
}

/// What lies below the diagonal of a matrix (`n × n`), row by row.
pub(super) fn off_diagonal(matrix: &[f64], n: usize) -> Vec<f64> {
    (1..n).flat_map(|i| matrix[i * n..i * n + i].iter().copied()).collect()
}

/// Participation ratio over the number of units, `(tr C)² / (N tr C²)`.
pub(super) fn dimension(matrix: &[f64], n: usize) -> f64 {
    let trace = sum_by(n, |i| matrix[i * n + i]);
    trace * trace / (n as f64 * sum_by(n * n, |k| matrix[k] * matrix[k]))
}

/// Root mean square of the correlations of distinct units.
pub(super) fn cross_correlation(matrix: &[f64], n: usize) -> f64 {
    let scale: Vec<f64> = (0..n).map(|i| 1.0 / libm::sqrt(matrix[i * n + i])).collect();
    let total = sum_by(n * n, |k| {
        let (i, j) = (k / n, k % n);
        let correlation = if i == j { 0.0 } else { matrix[k] * scale[i] * scale[j] };
        correlation * correlation
    });
    libm::sqrt(total / (n * (n - 1)) as f64)
}

/// The correlation that a flawless prediction would have with a record whose two halves have this correlation with each
/// other, `√(2r / (1 + r))` (Spearman and Brown).
pub(super) fn ceiling(halves: f64) -> f64 {
    if halves > 0.0 { libm::sqrt(2.0 * halves / (1.0 + halves)) } else { f64::NAN }
}
