//! The bytes of a checkpoint: a mark, words of eight bytes, numbers, and a digest of it all at the end.

use crate::error::Error;
use crate::float::Float;
use crate::optimise::Optimiser;
use numerics::{Digest, Stream};

pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new<T: Float>(mark: &[u8; 8]) -> Self {
        let mut writer = Self(mark.to_vec());
        writer.word(T::BYTES as u64);
        writer
    }
    pub(crate) fn word(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    pub(crate) fn float(&mut self, value: f64) {
        self.word(value.to_bits());
    }
    pub(crate) fn stream(&mut self, stream: &Stream) {
        let (place, spare) = stream.position();
        self.word(place as u64);
        self.word((place >> 64) as u64);
        self.word(u64::from(spare.is_some()));
        self.float(spare.unwrap_or(0.0));
    }
    /// What an optimiser keeps beside its moments.
    pub(crate) fn progress<T: Float>(&mut self, optimiser: &Optimiser<T>) {
        self.word(optimiser.updates);
        optimiser.powers.into_iter().for_each(|power| self.float(power));
    }
    pub(crate) fn numbers<T: Float>(&mut self, parameters: &[T], optimiser: &Optimiser<T>) {
        self.word(parameters.len() as u64);
        for values in [parameters, &optimiser.first, &optimiser.second] {
            values.iter().for_each(|value| value.write(&mut self.0));
        }
    }
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let check = Digest::new().bytes(&self.0).finish();
        self.word(check);
        self.0
    }
}

pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new<T: Float>(mark: &[u8; 8], bytes: &'a [u8]) -> Result<Self, Error> {
        let fault = |text| Err(Error::Checkpoint(text));
        let (Some((head, _)), Some((body, check))) =
            (bytes.split_first_chunk::<8>(), bytes.split_last_chunk::<8>())
        else {
            return fault("is too short to be one");
        };
        if bytes.len() < 16 {
            return fault("is too short to be one");
        }
        if head != mark {
            return fault("does not begin as a checkpoint of this edition does");
        }
        if Digest::new().bytes(body).finish().to_le_bytes() != *check {
            return fault("is damaged or cut short: its digest does not fit");
        }
        let mut reader = Self(&body[8..]);
        if reader.word()? != T::BYTES as u64 {
            return fault("was trained in the other precision");
        }
        Ok(reader)
    }
    pub(crate) fn word(&mut self) -> Result<u64, Error> {
        let (head, tail) = self.0.split_first_chunk::<8>().ok_or(Error::Checkpoint("is cut short"))?;
        self.0 = tail;
        Ok(u64::from_le_bytes(*head))
    }
    pub(crate) fn float(&mut self) -> Result<f64, Error> {
        Ok(f64::from_bits(self.word()?))
    }
    pub(crate) fn stream(&mut self, stream: &mut Stream) -> Result<(), Error> {
        let place = u128::from(self.word()?) | u128::from(self.word()?) << 64;
        let (some, spare) = (self.word()?, self.float()?);
        stream.resume((place, (some != 0).then_some(spare)));
        Ok(())
    }
    pub(crate) fn progress<T: Float>(&mut self, optimiser: &mut Optimiser<T>) -> Result<(), Error> {
        optimiser.updates = self.word()?;
        optimiser.powers = [self.float()?, self.float()?];
        Ok(())
    }
    /// The parameters and moments, with which the bytes must end.
    pub(crate) fn numbers<T: Float>(
        &mut self,
        parameters: &mut [T],
        optimiser: &mut Optimiser<T>,
    ) -> Result<(), Error> {
        let count = parameters.len();
        if self.word()? != count as u64 || self.0.len() != 3 * count * T::BYTES {
            return Err(Error::Checkpoint("holds another number of parameters than its cell has"));
        }
        let mut numbers = self.0.chunks_exact(T::BYTES).map(T::read);
        for values in [parameters, &mut optimiser.first, &mut optimiser.second] {
            for value in values {
                *value = numbers.next().flatten().ok_or(Error::Checkpoint("is cut short"))?;
            }
        }
        Ok(())
    }
}
