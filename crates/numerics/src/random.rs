//! Random streams by name: the same numbers everywhere, and no stream disturbs another.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A stream of random numbers, determined by a seed and a name.
///
/// ChaCha with twelve rounds; the key is derived from the seed and the name, so that adding a stream to a
/// program changes no other. Normals come from Marsaglia's polar method with `libm`'s logarithm.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha12Rng,
    spare: Option<f64>,
}

impl Stream {
    /// The stream called `name` of the run seeded with `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut key = [0; 32];
        for (word, chunk) in key.chunks_exact_mut(8).enumerate() {
            let salt = seed ^ (word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&xxh3_64_with_seed(name.as_bytes(), salt).to_le_bytes());
        }
        // The seed itself goes in whole, so that two seeds can never share a key.
        key[24..].copy_from_slice(&seed.to_le_bytes());
        Self { generator: ChaCha12Rng::from_seed(key), spare: None }
    }

    /// The stream of repeat `index` under the same seed and name.
    pub fn indexed(seed: u64, name: &str, index: u64) -> Self {
        let mut stream = Self::new(seed, name);
        stream.generator.set_stream(index);
        stream
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in [`low`, `high`).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform among `0..count`, without bias; 0 when `count` is 0.
    pub fn below(&mut self, count: u64) -> u64 {
        if count == 0 {
            return 0;
        }
        // Lemire's method, with rejection.
        let threshold = count.wrapping_neg() % count;
        loop {
            let product = u128::from(self.bits()) * u128::from(count);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        loop {
            let u = 2.0 * self.uniform() - 1.0;
            let v = 2.0 * self.uniform() - 1.0;
            let s = u * u + v * v;
            if s < 1.0 && s > 0.0 {
                let factor = libm::sqrt(-2.0 * libm::log(s) / s);
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Puts a slice into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }

    /// Where the stream stands, to be resumed from with [`Stream::resume`].
    pub fn position(&self) -> (u128, Option<f64>) {
        (self.generator.get_word_pos(), self.spare)
    }

    /// Moves the stream to a place that [`Stream::position`] told.
    pub fn resume(&mut self, (word, spare): (u128, Option<f64>)) {
        self.generator.set_word_pos(word);
        self.spare = spare;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_stream_is_determined_by_seed_and_name() {
        let take = |seed, name: &str| {
            let mut s = Stream::new(seed, name);
            (0..8).map(|_| s.bits()).collect::<Vec<_>>()
        };
        assert_eq!(take(7, "data"), take(7, "data"));
        assert_ne!(take(7, "data"), take(8, "data"));
        assert_ne!(take(7, "data"), take(7, "weights"));
        let mut a = Stream::indexed(7, "data", 1);
        let mut b = Stream::indexed(7, "data", 2);
        assert_ne!(a.bits(), b.bits());
    }

    #[test]
    fn golden_bits_do_not_change() {
        let mut s = Stream::new(1, "golden");
        assert_eq!([s.bits(), s.bits()], GOLDEN);
    }
    const GOLDEN: [u64; 2] = [4_854_929_479_086_238_628, 4_701_527_953_796_854_142];

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let mut s = Stream::new(3, "normal");
        let values: Vec<f64> = (0..100_000).map(|_| s.normal()).collect();
        let mean = crate::mean(&values);
        let variance = crate::mean(&values.iter().map(|v| v * v).collect::<Vec<_>>()) - mean * mean;
        let fourth = crate::mean(&values.iter().map(|v| v * v * v * v).collect::<Vec<_>>());
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02 && (fourth - 3.0).abs() < 0.12);
    }

    #[test]
    fn integers_below_a_bound_are_even() {
        let mut s = Stream::new(3, "below");
        let mut counts = [0; 6];
        for _ in 0..60_000 {
            counts[s.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|c| (9_600..10_400).contains(c)), "{counts:?}");
        assert_eq!(s.below(0), 0);
        assert_eq!(s.below(1), 0);
    }

    #[test]
    fn a_resumed_stream_goes_on_where_it_was() {
        let mut s = Stream::new(5, "resume");
        s.normal();
        let place = s.position();
        let rest: Vec<f64> = (0..5).map(|_| s.normal()).collect();
        let mut again = Stream::new(5, "resume");
        again.resume(place);
        assert_eq!(rest, (0..5).map(|_| again.normal()).collect::<Vec<_>>());
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<u32> = (0..50).collect();
        Stream::new(1, "shuffle").shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
