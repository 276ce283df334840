//! Digests of numbers, canonical where a number has several spellings.

use xxhash_rust::xxh3::Xxh3;

/// A 64-bit digest (XXH3) of numbers in the order given.
///
/// Negative zero counts as zero and every NaN as the same one, so that equal results have equal digests.
#[derive(Clone, Default)]
pub struct Digest(Xxh3);

impl Digest {
    /// A digest of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes in one `f64`.
    pub fn f64(&mut self, value: f64) -> &mut Self {
        let canonical = if value.is_nan() {
            f64::from_bits(0x7ff8_0000_0000_0000)
        } else if value == 0.0 {
            0.0
        } else {
            value
        };
        self.u64(canonical.to_bits())
    }
    /// Takes in a slice of `f64`.
    pub fn f64s(&mut self, values: &[f64]) -> &mut Self {
        for &value in values {
            self.f64(value);
        }
        self
    }
    /// Takes in one `f32`, in its own precision.
    pub fn f32(&mut self, value: f32) -> &mut Self {
        let canonical = if value.is_nan() {
            f32::from_bits(0x7fc0_0000)
        } else if value == 0.0 {
            0.0
        } else {
            value
        };
        self.0.update(&canonical.to_bits().to_le_bytes());
        self
    }
    /// Takes in one integer.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.update(&value.to_le_bytes());
        self
    }
    /// Takes in bytes, preceded by their count.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64);
        self.0.update(bytes);
        self
    }
    /// The digest of all that was taken in.
    pub fn finish(&self) -> u64 {
        self.0.digest()
    }
}

impl core::fmt::Debug for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Digest({:016x})", self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_nans_are_canonical() {
        let of = |v: f64| Digest::new().f64(v).finish();
        assert_eq!(of(0.0), of(-0.0));
        assert_eq!(of(f64::NAN), of(f64::from_bits(0xfff8_0000_0000_0001)));
        assert_ne!(of(1.0), of(1.0 + f64::EPSILON));
        let of = |v: f32| Digest::new().f32(v).finish();
        assert_eq!(of(0.0), of(-0.0));
        assert_ne!(of(1.0), of(2.0));
    }

    #[test]
    fn order_and_boundaries_matter() {
        assert_ne!(Digest::new().f64s(&[1.0, 2.0]).finish(), Digest::new().f64s(&[2.0, 1.0]).finish());
        assert_ne!(
            Digest::new().bytes(b"ab").bytes(b"c").finish(),
            Digest::new().bytes(b"a").bytes(b"bc").finish()
        );
    }
}
