//! What the theory predicts for one realisation of the couplings.

use super::network::{Couplings, DT, read_into};
use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use analysis::{MeanField, RandomNetwork, euler_response, hermitian_inverse, mirror};
use numerics::dense::combine;
use numerics::sum_by;

/// Frequencies of a whole turn; the upper half follows from the lower one.
const FREQUENCIES: usize = 256;
/// Terms of the naive closure at most.
const TERMS: u64 = 2000;
/// The last term's share of the whole at which the naive closure is done.
const LEAST: f64 = 1e-8;

/// The order parameters at one frequency.
#[derive(Clone, Copy)]
struct Frequency {
    /// Response of a unit to its local field, `S(ω) = m K(ω)`.
    response: [f64; 2],
    /// Spectrum of activity and of the residual noise, `C_r = C_φ (1 - g² |S|²)`.
    activity: f64,
    residual: f64,
    /// Part of the mean over frequencies.
    weight: f64,
}

/// The theory of a single unit, at the frequencies of the prediction.
pub(super) struct Theory {
    pub(super) unit: MeanField,
    frequencies: Vec<Frequency>,
}

impl Theory {
    pub(super) fn new(of: &RandomNetwork) -> Result<Self, analysis::Error> {
        let unit = of.mean_field()?;
        let g2 = of.coupling * of.coupling;
        let frequency = |(k, activity): (usize, f64)| {
            let omega = 2.0 * std::f64::consts::PI * k as f64 / FREQUENCIES as f64;
            let response = euler_response(omega, DT).map(|part| unit.slope * part);
            let square = response[0] * response[0] + response[1] * response[1];
            let ends = k == 0 || k == FREQUENCIES / 2;
            Frequency {
                response,
                activity,
                residual: activity * (1.0 - g2 * square),
                weight: if ends { 1.0 } else { 2.0 } / FREQUENCIES as f64,
            }
        };
        let frequencies =
            unit.activity_spectrum(FREQUENCIES).into_iter().enumerate().map(frequency).collect();
        Ok(Self { unit, frequencies })
    }

    /// How many frequencies there are.
    pub(super) fn count(&self) -> u64 {
        self.frequencies.len() as u64
    }
}

/// The linear-equivalent covariance: the mean over frequencies of `C_r(ω) A Aᴴ`, `A = (I - S(ω) J)⁻¹`, one frequency at a
/// time from the lowest.
///
/// `A Aᴴ` is the inverse of `(I - sJ)ᴴ (I - sJ) = I - a (J + Jᵀ) + |s|² JᵀJ - i b (J - Jᵀ)` for `s = a + ib`; of it the
/// real part is taken, since the other half of the frequencies has the conjugate.
pub(super) struct Linear {
    gram: Vec<f64>,
    done: u64,
    sum: Vec<f64>,
    failed: bool,
}

impl Linear {
    pub(super) fn new(couplings: &Couplings) -> Self {
        let n = couplings.n;
        let mut gram = vec![0.0; n * n];
        for i in 0..n {
            combine(&mut gram[i * n..=i * n + i], &couplings.columns[i * n..(i + 1) * n], &couplings.rows, n);
        }
        mirror(&mut gram, n);
        Self { gram, done: 0, sum: vec![0.0; n * n], failed: false }
    }

    /// Adds the next frequency; false when there is none, or a matrix cannot be inverted.
    pub(super) fn advance(&mut self, couplings: &Couplings, theory: &Theory) -> bool {
        let Some(frequency) = theory.frequencies.get(self.done as usize).filter(|_| !self.failed) else {
            return false;
        };
        let n = couplings.n;
        let [a, b] = frequency.response;
        let square = a * a + b * b;
        let (there, back) = (&couplings.rows, &couplings.columns);
        let mut x: Vec<f64> = (0..n * n).map(|k| square * self.gram[k] - a * (there[k] + back[k])).collect();
        for i in 0..n {
            x[i * n + i] += 1.0;
        }
        let y: Vec<f64> = (0..n * n).map(|k| -b * (there[k] - back[k])).collect();
        let Some(inverse) = hermitian_inverse(&x, &y, n) else {
            self.failed = true;
            return false;
        };
        let weight = frequency.weight * frequency.residual;
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

/// The naive closure, which takes pairs of local fields for jointly Gaussian without cross terms: `C = |S|² J C Jᵀ + C_r I`
/// at each frequency, so that the equal-time covariance is `Σ_k c_k Jᵏ (Jᵏ)ᵀ` with `c_k` the mean of `C_r |S|²ᵏ` over
/// frequencies. All frequencies share the powers of `J`: one product a term serves them all.
pub(super) struct Naive {
    /// Terms added.
    terms: u64,
    /// Transpose of `(mJ)ᵏ`, for the next term.
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
        let slope = theory.unit.slope;
        let exponent = self.terms as f64;
        let coefficient = sum_by(theory.frequencies.len(), |k| {
            let Frequency { response: [a, b], residual, weight, .. } = theory.frequencies[k];
            weight * residual * libm::pow((a * a + b * b) / (slope * slope), exponent)
        });
        let mut column = vec![0.0; n];
        let mut term = 0.0;
        for i in 0..n {
            for k in 0..n {
                column[k] = coefficient * self.power[k * n + i];
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
                for (value, coupling) in column.iter_mut().zip(&couplings.columns[i * n..(i + 1) * n]) {
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

    fn driven(g: f64, noise: f64) -> (RandomNetwork, Theory) {
        let network = RandomNetwork { transfer: Transfer::Erf, coupling: g, noise, dt: DT };
        (network, Theory::new(&network).unwrap())
    }

    fn whole(couplings: &Couplings, theory: &Theory) -> Vec<f64> {
        let mut linear = Linear::new(couplings);
        while linear.advance(couplings, theory) {}
        assert!(linear.done() == theory.count() && !linear.failed());
        linear.matrix(theory).unwrap()
    }

    #[test]
    fn the_mean_diagonal_is_the_activity_of_a_unit() {
        // (1/N) Tr A Aᴴ = 1 / (1 - g² |S|²), so that residuals at this spectrum give back C_φ.
        let (_, theory) = driven(2.0, 1.5);
        let couplings = Couplings::random(200, 2.0, 1);
        let matrix = whole(&couplings, &theory);
        let mean = (0..200).map(|i| matrix[i * 201]).sum::<f64>() / 200.0;
        assert!((mean / theory.unit.activity[0] - 1.0).abs() < 0.03, "{mean}");
    }

    #[test]
    fn the_prediction_is_the_mean_over_frequencies_of_the_complex_inverse() {
        let (_, theory) = driven(2.0, 1.5);
        let n = 14;
        let couplings = Couplings::random(n, 2.0, 6);
        let found = whole(&couplings, &theory);
        let mut wanted = vec![0.0; n * n];
        for Frequency { response: [a, b], residual, weight, .. } in theory.frequencies.iter().copied() {
            // Columns of A = P + iQ from (I - sJ) A = I, written out in real numbers.
            let size = 2 * n;
            let mut matrix = vec![0.0; size * size];
            for i in 0..n {
                for j in 0..n {
                    let (one, coupling) = (f64::from(u8::from(i == j)), couplings.rows[i * n + j]);
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
                for i in 0..n {
                    for j in 0..n {
                        wanted[i * n + j] +=
                            weight * residual * (image[i] * image[j] + image[n + i] * image[n + j]);
                    }
                }
            }
        }
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-10));
    }

    #[test]
    fn weak_couplings_make_covariances_that_can_be_written_down() {
        // To first order in J, C_ij = mean of C_r 2 Re S (J_ij + J_ji) / 2.
        let g = 1e-3;
        let (_, theory) = driven(g, 1.0);
        let couplings = Couplings::random(20, g, 3);
        let matrix = whole(&couplings, &theory);
        let scale: f64 = theory.frequencies.iter().map(|f| f.weight * f.residual * f.response[0]).sum();
        for (i, j) in [(1, 0), (7, 12), (19, 3)] {
            let wanted = scale * (couplings.rows[i * 20 + j] + couplings.rows[j * 20 + i]);
            assert!((matrix[i * 20 + j] - wanted).abs() < 1e-6 * theory.unit.activity[0]);
        }
    }

    #[test]
    fn part_of_the_frequencies_is_near_the_whole() {
        let (_, theory) = driven(2.0, 1.5);
        let couplings = Couplings::random(60, 2.0, 5);
        let all = whole(&couplings, &theory);
        let mut linear = Linear::new(&couplings);
        assert!(linear.matrix(&theory).is_none());
        for _ in 0..20 {
            linear.advance(&couplings, &theory);
        }
        let part = linear.matrix(&theory).unwrap();
        assert!(pearson(&off_diagonal(&part, 60), &off_diagonal(&all, 60)) > 0.98);
    }

    #[test]
    fn the_naive_closure_solves_its_equation() {
        let (_, theory) = driven(2.0, 1.5);
        let n = 40;
        let couplings = Couplings::random(n, 2.0, 2);
        // With one frequency alone the equation can be tested as it stands.
        let only = Frequency { weight: 1.0, ..theory.frequencies[3] };
        let theory = Theory { frequencies: vec![only], ..theory };
        let mut naive = Naive::new(n);
        while naive.advance(&couplings, &theory) {}
        assert!(!naive.diverged() && !naive.growing() && naive.terms() < 400, "{}", naive.terms());
        let c = naive.matrix(n).unwrap();
        let square = only.response[0] * only.response[0] + only.response[1] * only.response[1];
        for (i, j) in [(0, 0), (3, 17), (39, 2)] {
            let mut image = 0.0;
            for k in 0..n {
                for l in 0..n {
                    image += couplings.rows[i * n + k] * c[k * n + l] * couplings.rows[j * n + l];
                }
            }
            let wanted = square * image + if i == j { only.residual } else { 0.0 };
            assert!((c[i * n + j] - wanted).abs() < 1e-6 * only.activity, "{i} {j}");
        }
    }

    #[test]
    fn couplings_beyond_one_have_no_naive_closure() {
        let (_, theory) = driven(2.0, 1.5);
        let couplings = Couplings::random(30, 5.0, 2);
        let mut naive = Naive::new(30);
        while naive.advance(&couplings, &theory) {}
        assert!(naive.diverged());
    }

    #[test]
    fn renaming_units_is_predicting_for_renamed_couplings() {
        let (_, theory) = driven(1.5, 1.0);
        let couplings = Couplings::random(12, 1.5, 4);
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
