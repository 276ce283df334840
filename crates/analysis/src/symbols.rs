//! Statistics of a sequence of symbols: what occurs, what follows what, and how much of the next is not told by the last.

use crate::error::{Error, check_option, check_size};
use numerics::sum;

/// Most symbols of a sequence.
const MOST_SYMBOLS: usize = 1 << 20;
/// Most different symbols whose transitions are counted.
const MOST_LETTERS: usize = 1 << 10;

/// Which symbols occur, how often, and what follows them.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolStatistics {
    /// The symbols that occur, in increasing order.
    pub letters: Vec<u32>,
    /// The share of each, `p_k`; their sum is 1.
    pub occupancy: Vec<f64>,
    /// `T[k * n + l] = P(s_{t+1} = letters[l] | s_t = letters[k])`; a symbol that stands at the end alone has a row of
    /// zeros.
    pub transitions: Vec<f64>,
    /// How often a symbol differs from the one before.
    pub switches: u64,
}

/// Occupancies and transitions of a sequence; all empty for an empty one.
///
/// # Errors
/// [`Error::TooLarge`] beyond 2^20 symbols, or 2^10 different ones.
pub fn symbol_statistics(symbols: &[u32]) -> Result<SymbolStatistics, Error> {
    check_size("symbols", symbols.len(), MOST_SYMBOLS, "give a shorter sequence")?;
    let mut letters = symbols.to_vec();
    letters.sort_unstable();
    letters.dedup();
    let n = letters.len();
    check_size("different symbols", n, MOST_LETTERS, "tell fewer symbols apart")?;
    let places: Vec<usize> = symbols.iter().map(|s| letters.partition_point(|letter| letter < s)).collect();
    let (mut counts, mut pairs) = (vec![0_u64; n], vec![0_u64; n * n]);
    for &place in &places {
        counts[place] += 1;
    }
    let mut switches = 0;
    for pair in places.windows(2) {
        pairs[pair[0] * n + pair[1]] += 1;
        switches += u64::from(pair[0] != pair[1]);
    }
    let mut transitions = Vec::with_capacity(n * n);
    for row in pairs.chunks_exact(n.max(1)) {
        let from = row.iter().sum::<u64>();
        transitions.extend(row.iter().map(|&seen| if from > 0 { seen as f64 / from as f64 } else { 0.0 }));
    }
    let total = symbols.len() as f64;
    let occupancy = counts.iter().map(|&seen| seen as f64 / total).collect();
    Ok(SymbolStatistics { letters, occupancy, transitions, switches })
}

/// The sequence over its switching times: each run of one symbol counts once.
pub fn switching_sequence(symbols: &[u32]) -> Vec<u32> {
    let mut once = symbols.to_vec();
    once.dedup();
    once
}

/// Block entropies `H_1 … H_m` in bits: of the words of so many symbols, `H_m = -Σ p(w) log₂ p(w)`.
///
/// Words of all lengths are counted from the same places, those where the longest one fits, so that `H_m - H_{m-1}` is
/// never negative, and is 0 where a word always goes on in the same way. Nothing is corrected for: words that are many in
/// comparison with the sequence make the entropies too small. All are 0 for a sequence of fewer than `longest` symbols.
///
/// # Errors
/// [`Error::Option`] for a length that is not from 1 to 16, [`Error::TooLarge`] beyond 2^20 symbols.
pub fn block_entropies(symbols: &[u32], longest: usize) -> Result<Vec<f64>, Error> {
    check_option((1..=16).contains(&longest), "length of a word", longest as f64, "from 1 to 16")?;
    check_size("symbols", symbols.len(), MOST_SYMBOLS, "give a shorter sequence")?;
    // In the order of the longest words, equal beginnings stand side by side, too.
    let mut words: Vec<&[u32]> = symbols.windows(longest).collect();
    words.sort_unstable();
    let total = words.len() as f64;
    let entropy = |length: usize| {
        let terms: Vec<f64> = words
            .chunk_by(|a, b| a[..length] == b[..length])
            .map(|equal| {
                let p = equal.len() as f64 / total;
                -p * libm::log2(p)
            })
            .collect();
        // The one word of a constant sequence has entropy minus zero.
        sum(&terms) + 0.0
    };
    Ok((1..=longest).map(entropy).collect())
}

/// Entropy rates `h_m = H_m - H_{m-1}` from block entropies, with `H_0 = 0`: what the next symbol tells beyond the `m - 1`
/// before it, in bits a symbol.
pub fn entropy_rates(blocks: &[f64]) -> Vec<f64> {
    let before = std::iter::once(&0.0).chain(blocks);
    blocks.iter().zip(before).map(|(now, before)| now - before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;
    use proptest::prelude::*;

    fn rates(symbols: &[u32], longest: usize) -> Vec<f64> {
        entropy_rates(&block_entropies(symbols, longest).unwrap())
    }

    #[test]
    fn a_fair_coin_has_a_bit_a_toss_at_every_depth() {
        let mut stream = Stream::new(1, "coin");
        let tosses: Vec<u32> = (0..200_000).map(|_| stream.below(2) as u32).collect();
        for (depth, rate) in rates(&tosses, 6).into_iter().enumerate() {
            assert!((rate - 1.0).abs() < 1e-3, "{}: {rate}", depth + 1);
        }
    }

    #[test]
    fn a_period_of_two_is_told_by_one_symbol() {
        for length in [400, 401] {
            let symbols: Vec<u32> = (0..length).map(|t| 5 + t % 2).collect();
            let found = rates(&symbols, 4);
            assert!((found[0] - 1.0).abs() < 1e-4, "{found:?}");
            assert_eq!(found[1..], [0.0, 0.0, 0.0]);
            let statistics = symbol_statistics(&symbols).unwrap();
            assert_eq!(statistics.letters, [5, 6]);
            assert_eq!(statistics.transitions, [0.0, 1.0, 1.0, 0.0]);
            assert_eq!(statistics.switches, u64::from(length - 1));
        }
    }

    #[test]
    fn a_markov_chain_has_its_known_rate_and_its_own_transitions() {
        // Left with probability 0.1 and 0.4: shares 0.8 and 0.2, rate Σ p H(row).
        let leave = [0.1, 0.4];
        let mut stream = Stream::new(2, "chain");
        let (mut now, mut symbols) = (0, Vec::new());
        for _ in 0..400_000 {
            symbols.push(now);
            if stream.uniform() < leave[now as usize] {
                now = 1 - now;
            }
        }
        let bits = |p: f64| -p * libm::log2(p) - (1.0 - p) * libm::log2(1.0 - p);
        let wanted = 0.8 * bits(0.1) + 0.2 * bits(0.4);
        let found = rates(&symbols, 5);
        assert!((found[0] - bits(0.2)).abs() < 5e-3, "{found:?}");
        assert!(found[1..].iter().all(|rate| (rate - wanted).abs() < 5e-3), "{found:?} {wanted}");
        let statistics = symbol_statistics(&symbols).unwrap();
        assert!((statistics.occupancy[0] - 0.8).abs() < 5e-3);
        let wanted = [0.9, 0.1, 0.4, 0.6];
        assert!(statistics.transitions.iter().zip(wanted).all(|(t, w)| (t - w).abs() < 5e-3));
        // The chain of switches alternates: nothing of it is left to chance.
        assert_eq!(rates(&switching_sequence(&symbols), 3)[1..], [0.0, 0.0]);
    }

    #[test]
    fn short_and_constant_sequences_have_no_entropy_and_bad_lengths_are_refused() {
        assert_eq!(block_entropies(&[], 3).unwrap(), [0.0; 3]);
        assert_eq!(block_entropies(&[1, 2], 3).unwrap(), [0.0; 3]);
        let constant = block_entropies(&[7; 50], 2).unwrap();
        assert!(constant.iter().all(|h| *h == 0.0 && h.is_sign_positive()), "{constant:?}");
        assert!(block_entropies(&[1], 0).is_err() && block_entropies(&[1], 17).is_err());
        let empty = symbol_statistics(&[]).unwrap();
        assert!(empty.letters.is_empty() && empty.transitions.is_empty() && empty.switches == 0);
        assert!(symbol_statistics(&(0..2000).collect::<Vec<u32>>()).is_err());
        // The last symbol is left by no step.
        assert_eq!(symbol_statistics(&[0, 0, 3]).unwrap().transitions, [0.5, 0.5, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn rates_are_never_negative_and_rows_are_distributions(
            symbols in prop::collection::vec(0_u32..4, 1..200),
        ) {
            // Rounding of the sums alone.
            prop_assert!(rates(&symbols, 5).iter().all(|rate| *rate > -1e-12));
            let statistics = symbol_statistics(&symbols).unwrap();
            prop_assert!((sum(&statistics.occupancy) - 1.0).abs() < 1e-12);
            for row in statistics.transitions.chunks_exact(statistics.letters.len()) {
                let total = sum(row);
                prop_assert!(total == 0.0 || (total - 1.0).abs() < 1e-12);
            }
            let once = switching_sequence(&symbols);
            prop_assert_eq!(once.len() as u64, statistics.switches + 1);
        }
    }
}
