use crate::error::{Error, check_finite, check_size};
use burn::tensor::{Device, Tensor, TensorData};

/// Sequences of observations of equal length, to be trained on together.
///
/// Kept on the host; a passing tensor of shape `S × B × N` is made of it where it is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    values: Vec<f32>,
    length: usize,
    size: usize,
    channels: usize,
}

impl Batch {
    /// A batch of sequences, each `S` rows of `channels` observations.
    ///
    /// # Errors
    /// [`Error::Size`] for less than one sequence or two rows, [`Error::Length`] for sequences of different length,
    /// [`Error::NotFinite`].
    pub fn new(sequences: &[&[f32]], channels: usize) -> Result<Self, Error> {
        check_size("the number of channels", channels, 1, 4096)?;
        check_size("the batch size", sequences.len(), 1, 65_536)?;
        let first = sequences.first().map_or(0, |s| s.len());
        let length = first / channels;
        check_size("the length of a sequence", length, 2, 4097)?;
        for sequence in sequences {
            if sequence.len() != length * channels {
                let (found, expected) = (sequence.len(), length * channels);
                return Err(Error::Length { what: "a sequence", found, expected });
            }
            check_finite("a sequence", sequence)?;
        }
        let mut values = Vec::with_capacity(length * sequences.len() * channels);
        for row in 0..length {
            for sequence in sequences {
                values.extend_from_slice(&sequence[row * channels..][..channels]);
            }
        }
        Ok(Self { values, length, size: sequences.len(), channels })
    }

    /// Rows of a sequence, `S`.
    pub fn length(&self) -> usize {
        self.length
    }
    /// Number of sequences, `B`.
    pub fn size(&self) -> usize {
        self.size
    }
    /// Observations in a row, `N`.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The batch on a device, `S × B × N`.
    pub fn tensor(&self, device: &Device) -> Tensor<3> {
        let data = TensorData::new(self.values.clone(), [self.length, self.size, self.channels]);
        Tensor::from_data(data, device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faulty_batches_are_told_apart() {
        let good = [1.0, 2.0, 3.0, 4.0];
        let batch = Batch::new(&[&good, &good], 2).unwrap();
        assert_eq!((batch.length(), batch.size(), batch.channels()), (2, 2, 2));
        assert_eq!(batch.values, [1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]);
        let what = "the batch size";
        assert_eq!(Batch::new(&[], 2), Err(Error::Size { what, found: 0, least: 1, most: 65_536 }));
        assert!(matches!(Batch::new(&[&good[..2]], 2), Err(Error::Size { found: 1, least: 2, .. })));
        assert!(matches!(Batch::new(&[&good], 0), Err(Error::Size { found: 0, .. })));
        let fault = Batch::new(&[&good, &[1.0; 6]], 2);
        assert_eq!(fault, Err(Error::Length { what: "a sequence", found: 6, expected: 4 }));
        let fault = Batch::new(&[&[0.0; 5]], 2);
        assert_eq!(fault, Err(Error::Length { what: "a sequence", found: 5, expected: 4 }));
        let fault = Batch::new(&[&[0.0, f32::INFINITY]], 1);
        assert!(matches!(fault, Err(Error::NotFinite { index: 1, .. })));
    }
}
