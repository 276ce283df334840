//! Checkpoints as rows of numbers.

/// Reads numbers back, and never more than there are.
pub(crate) struct Unpack<'a>(pub(crate) &'a [f64]);

impl<'a> Unpack<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [f64]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    pub(crate) fn number(&mut self) -> Option<f64> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }
    /// A number of things that are still to come, so no more than there are numbers left.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let number = self.number()?;
        let whole = number >= 0.0 && number <= self.0.len() as f64 && number == libm::floor(number);
        whole.then_some(number as usize)
    }
    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.number()? {
            0.0 => Some(false),
            1.0 => Some(true),
            _ => None,
        }
    }
    pub(crate) fn fill(&mut self, out: &mut [f64]) -> Option<()> {
        out.copy_from_slice(self.take(out.len())?);
        Some(())
    }
}

/// A flag as a number.
pub(crate) fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}
