//! What the theory predicts for one realisation of the couplings.

use super::network::{Couplings, DT, read_into};
use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use analysis::{Expansion, MeanField, RandomNetwork, euler_response, hermitian_inverse, mirror};
use numerics::dense::combine;
use numerics::sum_by;

/// Frequencies of a whole turn; the upper half follows from the lower one.
const FREQUENCIES: usize = 256;
/// Terms of the naive closure at most.
const TERMS: u64 = 2000;
/// The last term's share of the whole at which the naive closure is done.
const LEAST: f64 = 1e-8;

/// Rounds in which mean inputs are solved for, and the change at which they are found.
const ROUNDS: usize = 400;
const FOUND: f64 = 1e-10;

/// The order parameters at one frequency.
#[derive(Clone)]
struct Frequency {
    /// Response of the integration, `K(ω)`.
    response: [f64; 2],
    /// Spectrum of activity, the mean over units.
    activity: f64,
    /// Spectrum of the residual noise: one for all units, or one of each.
    residual: Vec<f64>,
    /// Part of the mean over frequencies.
    weight: f64,
}

impl Frequency {
    fn residual(&self, unit: usize) -> f64 {
        self.residual[if self.residual.len() == 1 { 0 } else { unit }]
    }
    fn square(&self) -> f64 {
        let [a, b] = self.response;
        a * a + b * b
    }
}

/// The theory of a single unit, at the frequencies of the prediction.
///
/// Activity is split into a linear response to the local field and a residual, `φ = S f + r` with `S = m K`, so that
/// `C_r = C_φ (1 - g² |S|²)`. Where `φ` is not odd, each unit has the mean input `μ_i = Σ_j J_ij ⟨φ(μ_j + √v z)⟩`, a slope
/// `m_i` and a spectrum of its own about it: `C_r,i = m_i² |K|² σ²/dt + Σ_{k ≥ 2} a_k(μ_i)² ρᵏ(ω)`, which is the same split.
pub(super) struct Theory {
    pub(super) unit: MeanField,
    /// Mean slope of each unit.
    pub(super) slopes: Vec<f64>,
    /// Mean input of each unit.
    pub(super) means: Vec<f64>,
    /// Whether the mean inputs were found.
    pub(super) settled: bool,
    frequencies: Vec<Frequency>,
}

impl Theory {
    pub(super) fn new(of: &RandomNetwork, couplings: &Couplings) -> Result<Self, analysis::Error> {
        let unit = of.mean_field()?;
        let n = couplings.n;
        let g2 = of.coupling * of.coupling;
        let activity = unit.activity_spectrum(FREQUENCIES);
        let mut theory = Self {
            slopes: vec![unit.slope; n],
            means: vec![0.0; n],
            settled: true,
            frequencies: Vec::new(),
            unit,
        };
        let mut frequencies: Vec<Frequency> = activity
            .into_iter()
            .enumerate()
            .map(|(k, activity)| {
                let omega = 2.0 * std::f64::consts::PI * k as f64 / FREQUENCIES as f64;
                let response = euler_response(omega, DT);
                let ends = k == 0 || k == FREQUENCIES / 2;
                let weight = if ends { 1.0 } else { 2.0 } / FREQUENCIES as f64;
                let mut frequency = Frequency { response, activity, residual: Vec::new(), weight };
                let slope = theory.unit.slope;
                frequency.residual = vec![activity * (1.0 - g2 * slope * slope * frequency.square())];
                frequency
            })
            .collect();
        if !of.transfer.is_odd() {
            theory.settled = theory.find_means(of, couplings);
            theory.split(of, &mut frequencies);
        }
        theory.frequencies = frequencies;
        Ok(theory)
    }

    /// Solves for the mean inputs by damped iteration; false where it does not settle.
    fn find_means(&mut self, of: &RandomNetwork, couplings: &Couplings) -> bool {
        let (n, variance) = (couplings.n, self.unit.variance());
        for _ in 0..ROUNDS {
            let activity: Vec<f64> =
                self.means.iter().map(|mean| of.transfer.mean_activity(*mean, variance)).collect();
            let mut field = vec![0.0; n];
            combine(&mut field, &activity, &couplings.columns, n);
            let mut change = 0.0;
            for (mean, field) in self.means.iter_mut().zip(&field) {
                let moved = 0.5 * (field - *mean);
                *mean += moved;
                change = if libm::fabs(moved) > change { libm::fabs(moved) } else { change };
            }
            if change <= FOUND {
                return true;
            }
        }
        false
    }

    /// Gives each unit its slope and its residual spectrum about its mean input.
    fn split(&mut self, of: &RandomNetwork, frequencies: &mut [Frequency]) {
        let variance = self.unit.variance();
        let expanded: Vec<Expansion> =
            self.means.iter().map(|mean| of.transfer.expand(*mean, variance)).collect();
        self.slopes = expanded.iter().map(|unit| unit.slope).collect();
        let powers: Vec<Vec<f64>> =
            (2..=8).map(|power| self.unit.correlation_spectrum(power, FREQUENCIES)).collect();
        let white = of.noise * of.noise / DT;
        for (k, frequency) in frequencies.iter_mut().enumerate() {
            let driven = white * frequency.square();
            frequency.residual = expanded
                .iter()
                .map(|unit| {
                    let higher = sum_by(powers.len(), |power| unit.powers[power + 1] * powers[power][k]);
                    unit.slope * unit.slope * driven + higher
                })
                .collect();
        }
    }

    /// Couplings as the linear network has them: row `i` times the slope of unit `i`.
    pub(super) fn scaled(&self, couplings: &Couplings) -> Vec<f64> {
        let n = couplings.n;
        couplings.rows.iter().enumerate().map(|(k, value)| self.slopes[k / n] * value).collect()
    }

    /// Radius of the circle that the eigenvalues of the scaled couplings fill for many units, `g √⟨m²⟩`.
    pub(super) fn radius(&self, coupling: f64) -> f64 {
        let square = sum_by(self.slopes.len(), |i| self.slopes[i] * self.slopes[i]);
        coupling * libm::sqrt(square / self.slopes.len() as f64)
    }

    /// How many frequencies there are.
    pub(super) fn count(&self) -> u64 {
        self.frequencies.len() as u64
    }
}

/// The linear-equivalent covariance: the mean over frequencies of `A R Aᴴ`, with `A = (I - K(ω) M)⁻¹` for couplings
/// `M_ij = m_i J_ij` and the diagonal `R` of residual spectra, one frequency at a time from the lowest.
///
/// `A R Aᴴ` is the inverse of `(I - KM)ᴴ W (I - KM) = W - a (WM + MᵀW) + |K|² MᵀWM - i b (WM - MᵀW)` for `K = a + ib` and
/// `W = R⁻¹`; of it the real part is taken, since the other half of the frequencies has the conjugate.
pub(super) struct Linear {
    scaled: Vec<f64>,
    /// `MᵀM`, where all units have one residual spectrum.
    gram: Option<Vec<f64>>,
    done: u64,
    sum: Vec<f64>,
    failed: bool,
}

/// `Mᵀ diag(w) M`.
fn gram(m: &[f64], w: impl Fn(usize) -> f64, n: usize) -> Vec<f64> {
    let (mut gram, mut column) = (vec![0.0; n * n], vec![0.0; n]);
    for i in 0..n {
        for k in 0..n {
            column[k] = w(k) * m[k * n + i];
        }
        combine(&mut gram[i * n..=i * n + i], &column, m, n);
    }
    mirror(&mut gram, n);
    gram
}

impl Linear {
    pub(super) fn new(couplings: &Couplings, theory: &Theory) -> Self {
        let n = couplings.n;
        let scaled = theory.scaled(couplings);
        let alike = theory.frequencies.first().is_none_or(|frequency| frequency.residual.len() == 1);
        let gram = alike.then(|| gram(&scaled, |_| 1.0, n));
        Self { scaled, gram, done: 0, sum: vec![0.0; n * n], failed: false }
    }

    /// Adds the next frequency; false when there is none, or a matrix cannot be inverted.
    pub(super) fn advance(&mut self, theory: &Theory) -> bool {
        let Some(frequency) = theory.frequencies.get(self.done as usize).filter(|_| !self.failed) else {
            return false;
        };
        let n = theory.slopes.len();
        let [a, b] = frequency.response;
        let square = frequency.square();
        let m = &self.scaled;
        // Where all units have one spectrum it stands outside of the inverse.
        let (common, own) = match &self.gram {
            Some(_) => (frequency.residual(0), None),
            None => (1.0, Some(frequency)),
        };
        let w = |unit: usize| own.map_or(1.0, |frequency| 1.0 / frequency.residual(unit));
        let mut x = match &self.gram {
            Some(gram) => gram.clone(),
            None => gram(m, w, n),
        };
        let mut y = vec![0.0; n * n];
        for i in 0..n {
            let wi = w(i);
            for j in 0..n {
                let (there, back) = (wi * m[i * n + j], w(j) * m[j * n + i]);
                x[i * n + j] = square * x[i * n + j] - a * (there + back);
                y[i * n + j] = -b * (there - back);
            }
            x[i * n + i] += wi;
        }
        let Some(inverse) = hermitian_inverse(&x, &y, n) else {
            self.failed = true;
            return false;
        };
        let weight = frequency.weight * common;
        for (total, value) in self.sum.iter_mut().zip(&inverse) {
            *total += weight * value;
        }
        self.done += 1;
        true
    }

    /// Frequencies done.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Whether a matrix could not be inverted.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// The covariance; while frequencies are missing, scaled by the activity in those that are there. None without any.
    pub(super) fn matrix(&self, theory: &Theory) -> Option<Vec<f64>> {
        if self.done == 0 {
            return None;
        }
        let of = |count: usize| {
            let part = &theory.frequencies[..count];
            sum_by(part.len(), |k| part[k].weight * part[k].activity)
        };
        let scale = of(theory.frequencies.len()) / of(self.done as usize);
        Some(self.sum.iter().map(|value| scale * value).collect())
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.u64(self.done).u64(u64::from(self.failed)).f64s(&self.sum);
    }

    pub(super) fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        self.done = from.u64()?;
        if self.done > FREQUENCIES as u64 / 2 + 1 {
            return Err(ExhibitError::Checkpoint("it has more frequencies than there are".into()));
        }
        self.failed = from.u64()? != 0;
        read_into(&mut self.sum, from)
    }
}

/// The naive closure, which takes pairs of local fields for jointly Gaussian without cross terms: `C = |K|² M C Mᵀ + R` at
/// each frequency, so that the equal-time covariance is `Σ_k Mᵏ R_k (Mᵏ)ᵀ` with `R_k` the mean of `|K|²ᵏ R` over
/// frequencies. All frequencies share the powers of `M`: two products a term serve them all.
pub(super) struct Naive {
    /// Terms added.
    terms: u64,
    /// Transpose of `Mᵏ`, for the next term.
    power: Vec<f64>,
    sum: Vec<f64>,
    state: Closure,
}

/// How far the naive closure is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closure {
    Growing,
    Done,
    Diverged,
}

impl Naive {
    pub(super) fn new(n: usize) -> Self {
        let power = (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect();
        Self { terms: 0, power, sum: vec![0.0; n * n], state: Closure::Growing }
    }

    /// Adds the next term; false when the sum is done or diverges.
    pub(super) fn advance(&mut self, couplings: &Couplings, theory: &Theory) -> bool {
        if self.state != Closure::Growing {
            return false;
        }
        let n = couplings.n;
        let exponent = self.terms as f64;
        let shares: Vec<f64> =
            theory.frequencies.iter().map(|f| f.weight * libm::pow(f.square(), exponent)).collect();
        let coefficients: Vec<f64> = (0..n)
            .map(|unit| sum_by(shares.len(), |k| shares[k] * theory.frequencies[k].residual(unit)))
            .collect();
        let mut column = vec![0.0; n];
        let mut term = 0.0;
        for i in 0..n {
            for k in 0..n {
                column[k] = coefficients[k] * self.power[k * n + i];
            }
            let row = &mut self.sum[i * n..=i * n + i];
            let before = row[i];
            combine(row, &column, &self.power, n);
            term += row[i] - before;
        }
        let trace = sum_by(n, |i| self.sum[i * n + i]);
        self.terms += 1;
        let size = libm::fabs(term) / trace;
        if size <= LEAST {
            self.state = Closure::Done;
        } else if self.terms >= TERMS || size.is_nan() || trace > 1e6 * n as f64 {
            self.state = Closure::Diverged;
        } else {
            let mut next = vec![0.0; n * n];
            for i in 0..n {
                let row = couplings.columns[i * n..(i + 1) * n].iter();
                for ((value, coupling), slope) in column.iter_mut().zip(row).zip(&theory.slopes) {
                    *value = slope * coupling;
                }
                combine(&mut next[i * n..(i + 1) * n], &column, &self.power, n);
            }
            self.power = next;
        }
        true
    }

    /// Terms added.
    pub(super) fn terms(&self) -> u64 {
        self.terms
    }

    /// Whether more terms are to come.
    pub(super) fn growing(&self) -> bool {
        self.state == Closure::Growing
    }

    /// Whether the sum has no end: an eigenvalue of `mJ` lies beyond 1.
    pub(super) fn diverged(&self) -> bool {
        self.state == Closure::Diverged
    }

    /// The covariance of the terms so far; none without any.
    pub(super) fn matrix(&self, n: usize) -> Option<Vec<f64>> {
        let mut matrix = self.sum.clone();
        mirror(&mut matrix, n);
        (self.terms > 0).then_some(matrix)
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.u64(self.terms).u64(self.state as u64).f64s(&self.power).f64s(&self.sum);
    }

    pub(super) fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        self.terms = from.u64()?;
        self.state = match from.u64()? {
            0 => Closure::Growing,
            1 => Closure::Done,
            2 => Closure::Diverged,
            _ => return Err(ExhibitError::Checkpoint("the state of the closure is unknown".into())),
        };
        read_into(&mut self.power, from)?;
        read_into(&mut self.sum, from)
    }
}

/// The covariance with units renamed: that of the couplings `P J Pᵀ`, which are no longer those of the network.
pub(super) fn renamed(matrix: &[f64], names: &[usize]) -> Vec<f64> {
    let n = names.len();
    (0..n * n).map(|k| matrix[names[k / n] * n + names[k % n]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear_equivalence::network::off_diagonal;
    use analysis::{Transfer, pearson};

    fn of(transfer: Transfer, n: usize, g: f64, noise: f64, seed: u64) -> (Couplings, Theory) {
        let network = RandomNetwork { transfer, coupling: g, noise, dt: DT };
        let couplings = Couplings::random(n, g, seed);
        let theory = Theory::new(&network, &couplings).unwrap();
        (couplings, theory)
    }

    fn driven(n: usize, g: f64, noise: f64, seed: u64) -> (Couplings, Theory) {
        of(Transfer::Erf, n, g, noise, seed)
    }

    fn whole(couplings: &Couplings, theory: &Theory) -> Vec<f64> {
        let mut linear = Linear::new(couplings, theory);
        while linear.advance(theory) {}
        assert!(linear.done() == theory.count() && !linear.failed());
        linear.matrix(theory).unwrap()
    }

    #[test]
    fn the_mean_diagonal_is_the_activity_of_a_unit() {
        // (1/N) Tr A Aᴴ = 1 / (1 - g² |S|²), so that residuals at this spectrum give back C_φ.
        let (couplings, theory) = driven(200, 2.0, 1.5, 1);
        let matrix = whole(&couplings, &theory);
        let mean = (0..200).map(|i| matrix[i * 201]).sum::<f64>() / 200.0;
        assert!((mean / theory.unit.activity[0] - 1.0).abs() < 0.03, "{mean}");
    }

    #[test]
    fn the_prediction_is_the_mean_over_frequencies_of_the_complex_inverse() {
        let n = 14;
        for transfer in [Transfer::Erf, Transfer::RectifiedTanh] {
            let (couplings, theory) = of(transfer, n, 2.0, 1.5, 6);
            let found = whole(&couplings, &theory);
            let m = theory.scaled(&couplings);
            let mut wanted = vec![0.0; n * n];
            for frequency in &theory.frequencies {
                // Columns of A = P + iQ from (I - KM) A = I, written out in real numbers.
                let ([a, b], size) = (frequency.response, 2 * n);
                let mut matrix = vec![0.0; size * size];
                for i in 0..n {
                    for j in 0..n {
                        let (one, coupling) = (f64::from(u8::from(i == j)), m[i * n + j]);
                        matrix[i * size + j] = one - a * coupling;
                        matrix[(n + i) * size + n + j] = one - a * coupling;
                        matrix[i * size + n + j] = b * coupling;
                        matrix[(n + i) * size + j] = -b * coupling;
                    }
                }
                for column in 0..n {
                    let (mut lu, mut image) = (matrix.clone(), vec![0.0; size]);
                    image[column] = 1.0;
                    assert!(numerics::dense::solve(&mut lu, &mut image, size));
                    let weight = frequency.weight * frequency.residual(column);
                    for i in 0..n {
                        for j in 0..n {
                            wanted[i * n + j] += weight * (image[i] * image[j] + image[n + i] * image[n + j]);
                        }
                    }
                }
            }
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-10), "{transfer:?}");
        }
    }

    #[test]
    fn units_with_means_have_slopes_and_spectra_that_average_to_the_theory() {
        let (couplings, theory) = of(Transfer::RectifiedTanh, 120, 2.0, 1.5, 2);
        assert!(theory.settled && theory.means.iter().any(|mean| *mean > 0.5));
        let mean = |f: &dyn Fn(usize) -> f64| (0..120).map(f).sum::<f64>() / 120.0;
        let spread = mean(&|i| theory.means[i] * theory.means[i]);
        assert!((spread / theory.unit.input_floor - 1.0).abs() < 0.4, "{spread}");
        assert!((mean(&|i| theory.slopes[i]) / theory.unit.slope - 1.0).abs() < 0.06);
        let matrix = whole(&couplings, &theory);
        let variance = theory.unit.activity[0] - theory.unit.activity_floor;
        assert!((mean(&|i| matrix[i * 121]) / variance - 1.0).abs() < 0.1);
        // A transfer function that is odd has no means, and the general split is the simple one.
        let network = RandomNetwork { transfer: Transfer::Erf, coupling: 2.0, noise: 1.5, dt: DT };
        let mut odd = Theory::new(&network, &couplings).unwrap();
        let mut frequencies = odd.frequencies.clone();
        odd.split(&network, &mut frequencies);
        let apart: f64 = frequencies
            .iter()
            .zip(&odd.frequencies)
            .map(|(own, simple)| own.weight * libm::fabs(own.residual[7] - simple.residual[0]))
            .sum();
        assert!(apart < 0.01 * odd.unit.activity[0], "{apart}");
    }

    #[test]
    fn weak_couplings_make_covariances_that_can_be_written_down() {
        // To first order in J, C_ij = mean of C_r 2 Re S (J_ij + J_ji) / 2.
        let g = 1e-3;
        let (couplings, theory) = driven(20, g, 1.0, 3);
        let matrix = whole(&couplings, &theory);
        let scale: f64 = theory
            .frequencies
            .iter()
            .map(|f| f.weight * f.residual[0] * theory.unit.slope * f.response[0])
            .sum();
        for (i, j) in [(1, 0), (7, 12), (19, 3)] {
            let wanted = scale * (couplings.rows[i * 20 + j] + couplings.rows[j * 20 + i]);
            assert!((matrix[i * 20 + j] - wanted).abs() < 1e-6 * theory.unit.activity[0]);
        }
    }

    #[test]
    fn part_of_the_frequencies_is_near_the_whole() {
        let (couplings, theory) = driven(60, 2.0, 1.5, 5);
        let all = whole(&couplings, &theory);
        let mut linear = Linear::new(&couplings, &theory);
        assert!(linear.matrix(&theory).is_none());
        for _ in 0..20 {
            linear.advance(&theory);
        }
        let part = linear.matrix(&theory).unwrap();
        assert!(pearson(&off_diagonal(&part, 60), &off_diagonal(&all, 60)) > 0.98);
    }

    #[test]
    fn the_naive_closure_solves_its_equation() {
        let n = 40;
        let (couplings, theory) = driven(n, 2.0, 1.5, 2);
        // With one frequency alone the equation can be tested as it stands.
        let only = Frequency { weight: 1.0, ..theory.frequencies[3].clone() };
        let theory = Theory { frequencies: vec![only.clone()], ..theory };
        let mut naive = Naive::new(n);
        while naive.advance(&couplings, &theory) {}
        assert!(!naive.diverged() && !naive.growing() && naive.terms() < 400, "{}", naive.terms());
        let c = naive.matrix(n).unwrap();
        let square = theory.unit.slope * theory.unit.slope * only.square();
        for (i, j) in [(0, 0), (3, 17), (39, 2)] {
            let mut image = 0.0;
            for k in 0..n {
                for l in 0..n {
                    image += couplings.rows[i * n + k] * c[k * n + l] * couplings.rows[j * n + l];
                }
            }
            let wanted = square * image + if i == j { only.residual[0] } else { 0.0 };
            assert!((c[i * n + j] - wanted).abs() < 1e-6 * only.activity, "{i} {j}");
        }
    }

    #[test]
    fn couplings_beyond_one_have_no_naive_closure() {
        let (_, theory) = driven(30, 2.0, 1.5, 2);
        let couplings = Couplings::random(30, 5.0, 2);
        let mut naive = Naive::new(30);
        while naive.advance(&couplings, &theory) {}
        assert!(naive.diverged());
    }

    #[test]
    fn renaming_units_is_predicting_for_renamed_couplings() {
        let (couplings, theory) = driven(12, 1.5, 1.0, 4);
        let names: Vec<usize> = (0..12).map(|i| (i * 5 + 3) % 12).collect();
        let other = Couplings {
            n: 12,
            rows: renamed(&couplings.rows, &names),
            columns: renamed(&couplings.columns, &names),
        };
        let (direct, moved) = (whole(&other, &theory), renamed(&whole(&couplings, &theory), &names));
        assert!(direct.iter().zip(&moved).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
