//! The complexity of a sequence of symbols.

use crate::error::{Error, check_option, check_series, check_size};
use crate::statistics::standard_deviation;
use numerics::{Stream, mean};

/// The Lempel-Ziv complexity of a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LempelZiv {
    /// Words of the exhaustive history, `c`.
    pub words: u64,
    /// `c log_k(n) / n`: 1 in the limit for random symbols that are equally frequent, 0 for periodic sequences; short
    /// random sequences lie above 1.
    pub value: f64,
    /// Words divided by the mean number of words of shuffled copies: without the bias of short sequences or of uneven
    /// symbols.
    pub relative: f64,
    /// Standard deviation of that ratio among the shuffled copies.
    pub error: f64,
}

/// Most symbols, and most symbols times letters.
const MOST_SYMBOLS: usize = 1 << 20;
const MOST_EDGES: usize = 1 << 22;
const COPIES: u64 = 16;

/// Number of words of the exhaustive history of a sequence over the letters `0..letters`: each word is the shortest
/// stretch from its start on that has not occurred before its own last symbol; the last one may be incomplete.
///
/// By a suffix automaton that grows with the sequence (Blumer and others 1985), in time proportional to the length.
///
/// Source: Lempel and Ziv, On the complexity of finite sequences (1976).
///
/// # Errors
/// [`Error::Option`] for fewer than two letters or a symbol that is none of them, [`Error::TooLarge`] beyond 2^20
/// symbols or 2^22 symbols times letters.
pub fn lempel_ziv_words(symbols: &[u8], letters: usize) -> Result<u64, Error> {
    check_option((2..=256).contains(&letters), "number of letters", letters as f64, "between 2 and 256")?;
    check_size("symbols", symbols.len(), MOST_SYMBOLS, "give a shorter sequence")?;
    check_size(
        "symbols times letters",
        symbols.len() * letters,
        MOST_EDGES,
        "give fewer letters or symbols",
    )?;
    if let Some(&symbol) = symbols.iter().find(|&&symbol| usize::from(symbol) >= letters) {
        let wanted = "below the number of letters";
        return Err(Error::Option { name: "symbol", value: f64::from(symbol), wanted });
    }
    let mut automaton = Automaton::new(symbols.len(), letters);
    let (mut words, mut state, mut length) = (0, 0, 0_u32);
    for &symbol in symbols {
        // Before this symbol joins: does the word so far, with it, occur in what came before?
        match automaton.edge(state, symbol) {
            NONE => {
                words += 1;
                (state, length) = (0, 0);
            }
            next => {
                state = next;
                length += 1;
            }
        }
        automaton.push(symbol);
        // States split as the automaton grows: go on in the one that holds a word of this length.
        while state != 0 && length <= automaton.lengths[automaton.links[state as usize] as usize] {
            state = automaton.links[state as usize];
        }
    }
    Ok(words + u64::from(length > 0))
}

const NONE: u32 = u32::MAX;

/// The smallest automaton that knows all stretches of a sequence.
struct Automaton {
    letters: usize,
    edges: Vec<u32>,
    links: Vec<u32>,
    lengths: Vec<u32>,
    last: u32,
}

impl Automaton {
    fn new(symbols: usize, letters: usize) -> Self {
        let mut new = Self {
            letters,
            edges: Vec::with_capacity(2 * (symbols + 1) * letters),
            links: Vec::with_capacity(2 * symbols + 2),
            lengths: Vec::with_capacity(2 * symbols + 2),
            last: 0,
        };
        new.state(0, NONE);
        new
    }

    fn state(&mut self, length: u32, link: u32) -> u32 {
        self.edges.resize(self.edges.len() + self.letters, NONE);
        self.links.push(link);
        self.lengths.push(length);
        (self.links.len() - 1) as u32
    }

    fn place(&self, state: u32, symbol: u8) -> usize {
        state as usize * self.letters + usize::from(symbol)
    }

    fn edge(&self, state: u32, symbol: u8) -> u32 {
        self.edges[self.place(state, symbol)]
    }

    fn push(&mut self, symbol: u8) {
        let new = self.state(self.lengths[self.last as usize] + 1, 0);
        let mut from = self.last;
        self.last = new;
        while from != NONE && self.edge(from, symbol) == NONE {
            let place = self.place(from, symbol);
            self.edges[place] = new;
            from = self.links[from as usize];
        }
        if from == NONE {
            return;
        }
        let target = self.edge(from, symbol);
        if self.lengths[from as usize] + 1 == self.lengths[target as usize] {
            self.links[new as usize] = target;
            return;
        }
        let copy = self.state(self.lengths[from as usize] + 1, self.links[target as usize]);
        for letter in 0..self.letters {
            self.edges[copy as usize * self.letters + letter] =
                self.edges[target as usize * self.letters + letter];
        }
        while from != NONE && self.edge(from, symbol) == target {
            let place = self.place(from, symbol);
            self.edges[place] = copy;
            from = self.links[from as usize];
        }
        self.links[target as usize] = copy;
        self.links[new as usize] = copy;
    }
}

/// Symbols of a series: which of `letters` equally frequent classes of values each belongs to; two letters are "below
/// the median" and "from it on".
///
/// # Errors
/// [`Error::Option`], [`Error::TooShort`] below two values a letter, [`Error::Constant`], [`Error::NotFinite`].
pub fn quantile_symbols(series: &[f64], letters: usize) -> Result<Vec<u8>, Error> {
    check_option((2..=256).contains(&letters), "number of letters", letters as f64, "between 2 and 256")?;
    check_series(series, 2 * letters, "symbols", "give a longer series or fewer letters")?;
    let mut sorted = series.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // Divided before it is multiplied, nothing overflows where an index has 32 bits.
    let rank = |k: usize| sorted.len() / letters * k + sorted.len() % letters * k / letters;
    let cuts: Vec<f64> = (1..letters).map(|k| sorted[rank(k)]).collect();
    Ok(series.iter().map(|value| cuts.partition_point(|cut| cut <= value) as u8).collect())
}

/// Lempel-Ziv complexity of a sequence of symbols `0..letters`, held against 16 shuffled copies from the stream
/// "complexity" of the seed.
///
/// Source: Lempel and Ziv (1976); the normalisation of Kaspar and Schuster, Easily calculable measure for the
/// complexity of spatiotemporal patterns (1987).
///
/// # Errors
/// As [`lempel_ziv_words`], and [`Error::TooShort`] below 32 symbols.
pub fn lempel_ziv(symbols: &[u8], letters: usize, seed: u64) -> Result<LempelZiv, Error> {
    let n = symbols.len();
    if n < 32 {
        let advice = "give a longer sequence";
        return Err(Error::TooShort { given: n, wanted: 32, purpose: "a complexity", advice });
    }
    let words = lempel_ziv_words(symbols, letters)?;
    let mut copy = symbols.to_vec();
    let mut others = Vec::new();
    for index in 0..COPIES {
        Stream::indexed(seed, "complexity", index).shuffle(&mut copy);
        others.push(lempel_ziv_words(&copy, letters)? as f64);
    }
    let usual = mean(&others);
    Ok(LempelZiv {
        words,
        value: words as f64 * libm::log(n as f64) / (libm::log(letters as f64) * n as f64),
        relative: words as f64 / usual,
        error: standard_deviation(&others) / usual,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{logistic, noise, sine};
    use proptest::prelude::*;

    fn bits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    /// The definition, word by word.
    fn by_definition(symbols: &[u8]) -> u64 {
        let (mut words, mut start) = (0, 0);
        while start < symbols.len() {
            let mut end = start + 1;
            while end <= symbols.len() {
                let word = &symbols[start..end];
                if !symbols[..end - 1].windows(word.len()).any(|earlier| earlier == word) {
                    break;
                }
                end += 1;
            }
            words += 1;
            start = end;
        }
        words
    }

    #[test]
    fn published_histories_have_their_words() {
        // 0 · 001 · 10 · 100 · 1000 · 101 (Lempel and Ziv 1976).
        assert_eq!(lempel_ziv_words(&bits("0001101001000101"), 2).unwrap(), 6);
        assert_eq!(lempel_ziv_words(&bits("0000000000000000"), 2).unwrap(), 2);
        assert_eq!(lempel_ziv_words(&bits("0101010101010101"), 2).unwrap(), 3);
        assert_eq!(lempel_ziv_words(&[], 2).unwrap(), 0);
    }

    #[test]
    fn noise_is_complex_a_sine_is_not_and_binary_logistic_orbits_are_coin_tosses() {
        let measure = |series: &[f64]| lempel_ziv(&quantile_symbols(series, 2).unwrap(), 2, 1).unwrap();
        let found = measure(&noise(20_000));
        assert!((found.relative - 1.0).abs() < 4.0 * found.error && found.error < 0.02, "{found:?}");
        assert!(found.value > 1.0 && found.value < 1.15);
        let found = measure(&logistic(20_000));
        assert!((found.relative - 1.0).abs() < 4.0 * found.error, "{found:?}");
        assert!(measure(&sine(20_000, 0.0123)).relative < 0.05);
    }

    #[test]
    fn symbols_are_equally_frequent() {
        let symbols = quantile_symbols(&noise(1000), 4).unwrap();
        for letter in 0..4 {
            assert_eq!(symbols.iter().filter(|&&symbol| symbol == letter).count(), 250);
        }
    }

    #[test]
    fn bad_sequences_are_refused_with_advice() {
        let wrong = lempel_ziv_words(&[0, 1, 2], 2).unwrap_err().to_string();
        assert!(wrong.contains("symbol is 2"), "{wrong}");
        assert!(matches!(lempel_ziv_words(&[0], 1), Err(Error::Option { .. })));
        assert!(matches!(lempel_ziv(&[0, 1], 2, 0), Err(Error::TooShort { .. })));
        assert!(matches!(lempel_ziv_words(&vec![0; 1 << 15], 256), Err(Error::TooLarge { .. })));
        assert!(matches!(quantile_symbols(&[1.0; 50], 2), Err(Error::Constant { .. })));
    }

    proptest! {
        #[test]
        fn the_automaton_finds_the_words_of_the_definition(symbols in proptest::collection::vec(0_u8..3, 0..120)) {
            prop_assert_eq!(lempel_ziv_words(&symbols, 3).unwrap(), by_definition(&symbols));
        }
    }
}
