//! The distance of two matrices of connections up to the order of their units.

use crate::assignment::least_assignment;
use crate::error::{Error, check_finite, check_option, check_size};
use numerics::dense::combine;
use numerics::{dot, sum_by};

/// How the units of one network answer to those of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// The unit of the second network that answers to each of the first.
    pub units: Vec<usize>,
    /// `|A - P B Pᵀ|` in Frobenius norm, `P` the permutation found: an upper bound of the least.
    pub distance: f64,
    /// Steps of the search.
    pub steps: usize,
    /// Whether the search came to rest before its last step.
    pub converged: bool,
}

/// Most steps of a search.
const STEPS: usize = 200;
/// The search rests where a step would gain less than this share of the norms.
const AT_REST: f64 = 1e-9;

/// Orders the units of the network `B` as those of `A` (`n × n` each, row-major), so that the connections are as alike as
/// the search finds: the permutation `P` of a small `|A - P B Pᵀ|`.
///
/// The matrix `P` runs through the doubly stochastic ones from their middle, `1/n` everywhere, towards the permutation
/// that an assignment finds along the gradient `A P Bᵀ + Aᵀ P B` of `tr Aᵀ P B Pᵀ`, each time to the best place on the way
/// (Frank and Wolfe); the permutation nearest to its place of rest is the answer. Of equal networks in another order it is
/// as a rule exact; in general it is a place of rest, not the least distance.
///
/// Source: Vogelstein, Conroy, Lyzinski et al., Fast approximate quadratic programming for graph matching (2015).
///
/// # Errors
/// [`Error::Dimension`] for a matrix that has not `n²` entries, [`Error::NotFinite`] also where sums overflow,
/// [`Error::Option`] for no units, [`Error::TooLarge`] beyond 256.
pub fn match_units(first: &[f64], second: &[f64], n: usize) -> Result<Matching, Error> {
    check_size("units", n, 256, "match a part of each network")?;
    check_option(n > 0, "number of units", 0.0, "at least 1")?;
    for matrix in [first, second] {
        if matrix.len() != n * n {
            return Err(Error::Dimension { given: matrix.len(), wanted: n * n });
        }
        check_finite(matrix)?;
    }
    let gradient = Gradient::new(first, second, n);
    let mut place = vec![1.0 / n as f64; n * n];
    let mut slope = gradient.of(&place);
    let scale = libm::sqrt(dot(first, first)) * libm::sqrt(dot(second, second));
    let (mut steps, mut converged) = (0, false);
    while steps < STEPS && !converged {
        let corner = permutation(&farthest(&slope, n)?, n);
        let ahead = gradient.of(&corner);
        // Along the way the gain is rise t + bend t², for the gradient is linear.
        let rise = sum_by(n * n, |k| (corner[k] - place[k]) * slope[k]);
        let bend = 0.5 * sum_by(n * n, |k| (corner[k] - place[k]) * (ahead[k] - slope[k]));
        if rise <= AT_REST * scale {
            converged = true;
            continue;
        }
        let best = if bend < 0.0 { -0.5 * rise / bend } else { 1.0 };
        let share = if best < 1.0 { best } else { 1.0 };
        for k in 0..n * n {
            place[k] += share * (corner[k] - place[k]);
            slope[k] += share * (ahead[k] - slope[k]);
        }
        steps += 1;
    }
    let units = farthest(&place, n)?;
    let square = sum_by(n * n, |k| {
        let apart = first[k] - second[units[k / n] * n + units[k % n]];
        apart * apart
    });
    Ok(Matching { units, distance: libm::sqrt(square), steps, converged })
}

/// The permutation that goes farthest along a direction.
fn farthest(direction: &[f64], n: usize) -> Result<Vec<usize>, Error> {
    let costs: Vec<f64> = direction.iter().map(|value| -value).collect();
    least_assignment(&costs, n)
}

fn permutation(columns: &[usize], n: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; n * n];
    for (row, column) in columns.iter().enumerate() {
        matrix[row * n + column] = 1.0;
    }
    matrix
}

/// `A P Bᵀ + Aᵀ P B`.
struct Gradient<'a> {
    first: &'a [f64],
    second: &'a [f64],
    first_transposed: Vec<f64>,
    second_transposed: Vec<f64>,
    n: usize,
}

impl<'a> Gradient<'a> {
    fn new(first: &'a [f64], second: &'a [f64], n: usize) -> Self {
        let transposed = |a: &[f64]| (0..n * n).map(|k| a[k % n * n + k / n]).collect();
        let (first_transposed, second_transposed) = (transposed(first), transposed(second));
        Self { first, second, first_transposed, second_transposed, n }
    }

    fn of(&self, place: &[f64]) -> Vec<f64> {
        let n = self.n;
        let (mut half, mut sum) = (vec![0.0; n * n], vec![0.0; n * n]);
        for [left, right] in [[self.first, &self.second_transposed], [&self.first_transposed, self.second]] {
            half.fill(0.0);
            add_product(left, place, &mut half, n);
            add_product(&half, right, &mut sum, n);
        }
        sum
    }
}

/// `c += a b`.
fn add_product(a: &[f64], b: &[f64], c: &mut [f64], n: usize) {
    for (out, row) in c.chunks_exact_mut(n).zip(a.chunks_exact(n)) {
        combine(out, row, b, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    fn random(n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, "matrix");
        (0..n * n).map(|_| stream.normal()).collect()
    }

    fn shuffled(n: usize, seed: u64) -> Vec<usize> {
        let mut stream = Stream::new(seed, "order");
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, stream.below(last as u64 + 1) as usize);
        }
        order
    }

    fn least_of_all(a: &[f64], b: &[f64], n: usize, chosen: &mut Vec<usize>) -> f64 {
        if chosen.len() == n {
            let apart = |k: usize| a[k] - b[chosen[k / n] * n + chosen[k % n]];
            return libm::sqrt(sum_by(n * n, |k| apart(k) * apart(k)));
        }
        let mut least = f64::INFINITY;
        for unit in 0..n {
            if !chosen.contains(&unit) {
                chosen.push(unit);
                let here = least_of_all(a, b, n, chosen);
                least = if here < least { here } else { least };
                chosen.pop();
            }
        }
        least
    }

    #[test]
    fn a_network_in_another_order_has_distance_0() {
        for (n, seed) in [(1, 0), (6, 1), (17, 2), (48, 3)] {
            let (a, order) = (random(n, seed), shuffled(n, seed));
            let mut b = vec![0.0; n * n];
            for k in 0..n * n {
                b[order[k / n] * n + order[k % n]] = a[k];
            }
            let found = match_units(&a, &b, n).unwrap();
            assert!(found.distance == 0.0 && found.units == order, "{n}: {found:?}");
            assert!(found.converged && found.steps < 100, "{n}: {}", found.steps);
        }
    }

    #[test]
    fn the_distance_is_near_the_least_of_all_orders_and_never_below() {
        let (mut sum, mut least_sum) = (0.0, 0.0);
        for seed in 0..20 {
            let (a, b) = (random(6, seed), random(6, 100 + seed));
            let (found, least) =
                (match_units(&a, &b, 6).unwrap().distance, least_of_all(&a, &b, 6, &mut Vec::new()));
            assert!(found >= least - 1e-12, "{seed}: {found} {least}");
            (sum, least_sum) = (sum + found, least_sum + least);
        }
        assert!(sum < 1.15 * least_sum, "{sum} {least_sum}");
        assert!(sum > least_sum, "a search that is exact would be a surprise");
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        assert!(matches!(
            match_units(&[1.0; 4], &[1.0; 3], 2),
            Err(Error::Dimension { given: 3, wanted: 4 })
        ));
        let endless = match_units(&[1.0, f64::INFINITY, 0.0, 0.0], &[0.0; 4], 2);
        assert!(matches!(endless, Err(Error::NotFinite { index: 1, .. })));
        assert!(match_units(&[1e300; 4], &[1e300; 4], 2).is_err());
        assert!(matches!(match_units(&[], &[], 0), Err(Error::Option { .. })));
        let large = match_units(&[], &[], 300).unwrap_err().to_string();
        assert!(large.contains("a part of each"), "{large}");
    }
}
