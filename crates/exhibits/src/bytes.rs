//! Numbers to bytes and back, for checkpoints.

use crate::error::ExhibitError;

/// Writes numbers one behind the other.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// One integer.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    /// One number.
    pub fn f64(&mut self, value: f64) -> &mut Self {
        self.u64(value.to_bits())
    }
    /// Numbers with their count.
    pub fn f64s(&mut self, values: &[f64]) -> &mut Self {
        self.u64(values.len() as u64);
        for value in values {
            self.f64(*value);
        }
        self
    }
    /// Numbers in single precision, with their count.
    pub fn f32s(&mut self, values: &[f32]) -> &mut Self {
        self.u64(values.len() as u64);
        for value in values {
            self.0.extend(value.to_le_bytes());
        }
        self
    }
    /// Bytes with their count.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }
}

/// Reads what [`Writer`] wrote; every count is checked against what is left.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ExhibitError> {
        let cut = || ExhibitError::Checkpoint("it is cut short".into());
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(cut)?;
        self.0 = rest;
        Ok(head)
    }
    fn count(&mut self, size: usize) -> Result<usize, ExhibitError> {
        let count = self.u64()?;
        if count > (self.0.len() / size) as u64 {
            return Err(ExhibitError::Checkpoint("it is cut short".into()));
        }
        Ok(count as usize)
    }
    /// One integer.
    ///
    /// # Errors
    /// Nothing is left.
    pub fn u64(&mut self) -> Result<u64, ExhibitError> {
        let mut word = [0; 8];
        word.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(word))
    }
    /// One number.
    ///
    /// # Errors
    /// Nothing is left.
    pub fn f64(&mut self) -> Result<f64, ExhibitError> {
        self.u64().map(f64::from_bits)
    }
    /// Numbers with their count.
    ///
    /// # Errors
    /// Fewer are left than the count says.
    pub fn f64s(&mut self) -> Result<Vec<f64>, ExhibitError> {
        (0..self.count(8)?).map(|_| self.f64()).collect()
    }
    /// Numbers in single precision, with their count.
    ///
    /// # Errors
    /// Fewer are left than the count says.
    pub fn f32s(&mut self) -> Result<Vec<f32>, ExhibitError> {
        let count = self.count(4)?;
        let mut word = [0; 4];
        (0..count)
            .map(|_| {
                word.copy_from_slice(self.take(4)?);
                Ok(f32::from_le_bytes(word))
            })
            .collect()
    }
    /// Bytes with their count.
    ///
    /// # Errors
    /// Fewer are left than the count says.
    pub fn bytes(&mut self) -> Result<&'a [u8], ExhibitError> {
        let count = self.count(1)?;
        self.take(count)
    }
}
