//! Random numbers by their place: what trajectory `i` draws at step `k` depends on seed, `i` and `k` alone.
//!
//! Only 32-bit integers and `+ - *` and square roots of `f32`, so that a GPU draws the same numbers.

use crate::elementary::{cosine_part, sine_part};
use crate::{Draw, Real};
use alloc::vec::Vec;

/// Multipliers of a round.
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
/// What the key grows by between rounds: the golden ratio and the square root of 3, less 1.
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
/// Lanes computed side by side.
const WIDTH: usize = 8;

/// Ten rounds of Philox4x32 on `N` counters at once; `counters[word][lane]`.
#[inline(always)]
fn rounds<const N: usize>(mut c: [[u32; N]; 4], mut key: [u32; 2]) -> [[u32; N]; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let mut next = [[0; N]; 4];
        for lane in 0..N {
            let a = u64::from(MULTIPLIERS[0]) * u64::from(c[0][lane]);
            let b = u64::from(MULTIPLIERS[1]) * u64::from(c[2][lane]);
            next[0][lane] = (b >> 32) as u32 ^ c[1][lane] ^ key[0];
            next[1][lane] = b as u32;
            next[2][lane] = (a >> 32) as u32 ^ c[3][lane] ^ key[1];
            next[3][lane] = a as u32;
        }
        c = next;
    }
    c
}

/// Uniform on `[0, 1)`, a multiple of 2^-24, exact in `f32`.
#[inline(always)]
fn uniform(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Two standard normals by the formula of Box and Muller (1958).
///
/// The radius takes 24 bits, the angle 26; no normal exceeds 5.77, which a true one does once in 1.2e8. Against the
/// formula in exact arithmetic both are right to 1e-6.
#[inline(always)]
fn normals(radius: u32, angle: u32) -> [f32; 2] {
    // In (0, 1], so that its logarithm is finite.
    let u = ((radius >> 8) + 1) as f32 * (1.0 / 16_777_216.0);
    let r = libm::sqrtf(-2.0 * Real::ln(u));
    // A quarter turn by two bits, the rest of it, from -π/4 to π/4, by twenty-four.
    let part = (((angle << 2) >> 8) as f32 - 8_388_608.0) + 0.5;
    let x = part * (core::f32::consts::FRAC_PI_2 / 16_777_216.0);
    let (c, s) = (r * cosine_part(x), r * sine_part(x));
    let turned = angle & 0x4000_0000 != 0;
    let (a, b) = if turned { (-s, c) } else { (c, s) };
    if angle & 0x8000_0000 == 0 { [a, b] } else { [-a, -b] }
}

/// The generator Philox4x32-10: four random words for each counter, none depending on another.
///
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The key is the seed; the
/// counter is trajectory, step (two words), and block of four words with the stream in its upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
    stream: u16,
}

impl Philox {
    /// The stream of this number of the run seeded with `seed`.
    pub fn new(seed: u64, stream: u16) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], stream }
    }

    /// The key, low word first: what a kernel is given.
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    /// The stream's number.
    pub fn stream(&self) -> u16 {
        self.stream
    }

    /// Block `block` of what a trajectory draws at a step.
    pub fn words(&self, trajectory: u32, step: u64, block: u16) -> [u32; 4] {
        self.wide::<1>(trajectory, step, block).map(|[word]| word)
    }

    /// The same for `N` trajectories in a row.
    #[inline(always)]
    fn wide<const N: usize>(&self, first: u32, step: u64, block: u16) -> [[u32; N]; 4] {
        let place = u32::from(self.stream) << 16 | u32::from(block);
        let mut counters = [[0; N], [step as u32; N], [(step >> 32) as u32; N], [place; N]];
        for (lane, word) in counters[0].iter_mut().enumerate() {
            *word = first.wrapping_add(lane as u32);
        }
        rounds(counters, self.key)
    }
}

/// Where a random input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What is drawn.
    pub draw: Draw,
    /// The word it is made of; a normal takes the pair that this word belongs to, the even one its cosine.
    pub word: u16,
}

/// The random inputs of a process, trajectory by trajectory and step by step, as CPU and GPU both draw them.
///
/// Normal and Wiener inputs take the words in their own order, two a pair; uniform ones follow after a whole pair.
/// Uniform inputs are equal in their bits on CPU and GPU, normal ones to `4e-6`.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    philox: Philox,
    places: Vec<Place>,
    blocks: u16,
}

impl Noise {
    /// Most inputs.
    pub const INPUTS: usize = 1 << 15;

    /// Inputs of these kinds; those beyond [`Noise::INPUTS`] are left out.
    pub fn new(philox: Philox, draws: &[Draw]) -> Self {
        let draws = &draws[..if draws.len() < Self::INPUTS { draws.len() } else { Self::INPUTS }];
        let normal = draws.iter().filter(|draw| **draw != Draw::Uniform).count();
        let (mut pairs, mut single) = (0, normal.next_multiple_of(2) as u16);
        let places: Vec<Place> = draws
            .iter()
            .map(|draw| {
                let next = if *draw == Draw::Uniform { &mut single } else { &mut pairs };
                *next += 1;
                Place { draw: *draw, word: *next - 1 }
            })
            .collect();
        let words = if single as usize > normal.next_multiple_of(2) { single } else { pairs };
        Self { philox, places, blocks: words.div_ceil(4) }
    }

    /// The generator.
    pub fn philox(&self) -> &Philox {
        &self.philox
    }

    /// Where each input comes from.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Blocks of four words that a step takes.
    pub fn blocks(&self) -> u16 {
        self.blocks
    }

    /// What a normal is multiplied by to be white noise over a step `h`: `1/√h`.
    pub fn rate(h: f32) -> f32 {
        1.0 / libm::sqrtf(h)
    }

    /// Writes what the lanes of a block draw for step number `step` of length `h`: lane `l` is trajectory
    /// `first + l`. A map goes by `h = 1`. Inputs beyond those known are left alone.
    pub fn fill<V: Real>(&self, first: u32, step: u64, h: f32, inputs: &mut [V]) {
        let mut lane = 0;
        while lane < V::LANES {
            if V::LANES - lane >= WIDTH {
                self.some::<V, WIDTH>(first, lane, step, h, inputs);
                lane += WIDTH;
            } else {
                self.some::<V, 1>(first, lane, step, h, inputs);
                lane += 1;
            }
        }
    }

    fn some<V: Real, const N: usize>(&self, first: u32, lane: usize, step: u64, h: f32, inputs: &mut [V]) {
        let rate = Self::rate(h);
        let trajectory = first.wrapping_add(lane as u32);
        // Normals and uniforms each take ever later words, so a block is computed at most twice.
        let mut held = None;
        let mut words = [[0; N]; 4];
        let mut pair = None;
        let mut both = [[0.0_f32; N]; 2];
        for (place, input) in self.places.iter().zip(inputs) {
            let block = place.word / 4;
            if held != Some(block) {
                words = self.philox.wide::<N>(trajectory, step, block);
                held = Some(block);
            }
            let at = usize::from(place.word % 4);
            let values = if place.draw == Draw::Uniform {
                words[at].map(uniform)
            } else {
                if pair != Some(place.word / 2) {
                    let [a, b] = [words[at & 2], words[at & 2 | 1]];
                    for k in 0..N {
                        [both[0][k], both[1][k]] = normals(a[k], b[k]);
                    }
                    pair = Some(place.word / 2);
                }
                both[at & 1]
            };
            let factor = if place.draw == Draw::Wiener { rate } else { 1.0 };
            for (k, value) in values.into_iter().enumerate() {
                input.set_lane(lane + k, f64::from(value * factor));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lanes;
    use alloc::vec;

    /// The published answers for ten rounds of Philox4x32 (Random123, `kat_vectors`).
    #[test]
    fn known_answers_are_given() {
        let answer = |counter: [u32; 4], key| rounds::<1>(counter.map(|word| [word]), key).map(|[word]| word);
        assert_eq!(answer([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            answer([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        assert_eq!(
            answer(pi, [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn key_and_counter_stand_where_they_are_said_to() {
        let philox = Philox::new(0x299f_31d0_a409_3822, 0x0370);
        assert_eq!(
            philox.words(0x243f_6a88, 0x1319_8a2e_85a3_08d3, 0x7344),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    const DRAWS: [Draw; 5] = [Draw::Uniform, Draw::Wiener, Draw::Normal, Draw::Uniform, Draw::Normal];

    #[test]
    fn a_lane_draws_what_its_trajectory_draws_alone_in_any_block() {
        let noise = Noise::new(Philox::new(9, 0), &DRAWS);
        let mut eleven = [Lanes([0.0_f32; 11]); 5];
        noise.fill(40, 7, 0.25, &mut eleven);
        for lane in 0..11 {
            let mut alone = [0.0_f64; 5];
            noise.fill(40 + lane as u32, 7, 0.25, &mut alone);
            for (many, one) in eleven.iter().zip(alone) {
                assert_eq!(many.lane(lane), one);
            }
        }
    }

    #[test]
    fn no_two_inputs_share_a_word() {
        let noise = Noise::new(Philox::new(9, 0), &DRAWS);
        let words: Vec<u16> = noise.places().iter().map(|place| place.word).collect();
        assert_eq!(words, [4, 0, 1, 5, 2]);
        assert_eq!(noise.blocks(), 2);
        assert_eq!(Noise::new(Philox::new(9, 0), &[]).blocks(), 0);
        assert_eq!(Noise::new(Philox::new(9, 0), &[Draw::Normal; 3]).blocks(), 1);
    }

    #[test]
    fn normals_follow_box_and_muller_to_a_millionth() {
        let mut worst = 0.0_f64;
        let philox = Philox::new(3, 0);
        let ends = [[0, 0], [u32::MAX; 2], [0, u32::MAX], [0xffff_fe00, 0x3fff_ffff], [255, 0x8000_0000]];
        let drawn = (0..50_000).map(|step| philox.words(1, step, 0)).map(|[a, b, ..]| [a, b]);
        for [a, b] in ends.into_iter().chain(drawn) {
            let u = (f64::from(a >> 8) + 1.0) / 16_777_216.0;
            let r = libm::sqrt(-2.0 * libm::log(u));
            let part = f64::from((b << 2) >> 8) - 8_388_608.0 + 0.5;
            let angle = core::f64::consts::FRAC_PI_2 * (f64::from(b >> 30) + part / 16_777_216.0);
            let [c, s] = normals(a, b).map(f64::from);
            for error in [c - r * libm::cos(angle), s - r * libm::sin(angle)] {
                let error = libm::fabs(error);
                worst = if error > worst { error } else { worst };
            }
            assert!(libm::fabs(c) < 5.77 && libm::fabs(s) < 5.77);
        }
        assert!(worst < 1e-6, "{worst:e}");
    }

    #[test]
    fn inputs_have_the_moments_of_their_kind_and_no_correlation() {
        let noise = Noise::new(Philox::new(12, 1), &[Draw::Wiener, Draw::Normal, Draw::Uniform]);
        let count = 100_000;
        let mut values = vec![[0.0_f64; 3]; count];
        for (step, inputs) in values.iter_mut().enumerate() {
            noise.fill(5, step as u64, 0.01, inputs);
        }
        let mean = |f: &dyn Fn(&[f64; 3]) -> f64| {
            crate::sum(&values.iter().map(f).collect::<Vec<_>>()) / count as f64
        };
        // Three standard errors each.
        assert!(libm::fabs(mean(&|v| v[0])) < 3.0 * 10.0 / 316.0);
        assert!(libm::fabs(mean(&|v| v[0] * v[0]) - 100.0) < 3.0 * 141.0 / 316.0);
        assert!(libm::fabs(mean(&|v| v[1])) < 3.0 / 316.0);
        assert!(libm::fabs(mean(&|v| v[1] * v[1] * v[1] * v[1]) - 3.0) < 3.0 * 9.8 / 316.0);
        assert!(libm::fabs(mean(&|v| v[2]) - 0.5) < 3.0 * 0.29 / 316.0);
        assert!(libm::fabs(mean(&|v| v[2] * v[2]) - 1.0 / 3.0) < 3.0 * 0.3 / 316.0);
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let covariance = mean(&|v| v[a] * v[b]) - mean(&|v| v[a]) * mean(&|v| v[b]);
            let scale = [10.0, 1.0, 0.29];
            assert!(libm::fabs(covariance) < 3.0 * scale[a] * scale[b] / 316.0, "{a} {b} {covariance}");
        }
        for lag in 1..4 {
            let product: Vec<f64> = values.windows(1 + lag).map(|w| w[0][1] * w[lag][1]).collect();
            assert!(libm::fabs(crate::mean(&product)) < 3.0 / 316.0);
        }
    }
}
