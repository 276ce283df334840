use crate::cell::{CellKind, Layout};
use crate::error::Error;
use crate::float::{Block, Float};
use crate::loss::Loss;
use crate::sequence::{Force, Sequence};
use numerics::Stream;

/// Two networks of one kind over the same sequences, one from the front and one from the back, and one readout of both.
///
/// `y_s = C h_s + C' h'_s + c + c'`, where `h_s` has seen the inputs up to `s` and `h'_s` those from `s` on: the readout
/// of `[h; h']` by `[C, C']`, as the sum of the two networks' own. The parameters are those of the one from the front,
/// then those of the one from the back; both are trained end to end.
///
/// Source: Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on Signal Processing 45,
/// 1997.
#[derive(Debug)]
pub struct Bidirectional<T: Float> {
    front: Sequence<T>,
    back: Sequence<T>,
}

impl<T: Float> Bidirectional<T> {
    /// Room for `batch` sequences of `steps` steps.
    ///
    /// # Errors
    /// Those of [`Sequence::new`].
    pub fn new(kind: CellKind, steps: usize, batch: usize) -> Result<Self, Error> {
        Ok(Self { front: Sequence::new(kind, steps, batch)?, back: Sequence::new(kind, steps, batch)? })
    }

    /// Number of parameters, of both networks.
    pub fn parameters(&self) -> usize {
        2 * self.layout().len()
    }

    /// The parameters of either network by name; those of the one from the back stand behind.
    pub fn layout(&self) -> Layout {
        self.front.cell().layout()
    }

    /// Draws the initial parameters, one network after the other.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn initialise(&self, stream: &mut Stream, parameters: &mut [T]) -> Result<(), Error> {
        let (found, expected) = (parameters.len(), self.parameters());
        if found != expected {
            return Err(Error::Length { what: "the parameters", found, expected });
        }
        let (front, back) = parameters.split_at_mut(expected / 2);
        self.front.cell().initialise(stream, front);
        self.back.cell().initialise(stream, back);
        Ok(())
    }

    /// Chooses the loss.
    pub fn set_loss(&mut self, loss: Loss) {
        self.front.set_loss(loss);
    }

    /// Sets input `s` of sequence `b`.
    pub fn set_input(&mut self, b: usize, s: usize, x: &[T]) {
        self.front.set_input(b, s, x);
        self.back.set_input(b, self.front.steps() - 1 - s, x);
    }

    /// Sets target `s` of sequence `b`.
    pub fn set_target(&mut self, b: usize, s: usize, y: &[T]) {
        self.front.set_target(b, s, y);
    }

    /// Sets the weight of step `s` of sequence `b` in the loss.
    pub fn set_weight(&mut self, b: usize, s: usize, weight: T) {
        self.front.set_weight(b, s, weight);
    }

    /// Says whether step `s` of sequence `b` takes place.
    pub fn set_present(&mut self, b: usize, s: usize, present: bool) {
        self.front.set_present(b, s, present);
        self.back.set_present(b, self.front.steps() - 1 - s, present);
    }

    /// Leaves out units as [`Sequence::drop_units`] does, of both networks.
    ///
    /// # Errors
    /// Those of [`Sequence::drop_units`].
    pub fn drop_units(&mut self, share: f64, stream: &mut Stream) -> Result<(), Error> {
        self.front.drop_units(share, stream)?;
        self.back.drop_units(share, stream)
    }

    /// Cuts the gradient as [`Sequence::truncate`] does, each network's along its own way.
    ///
    /// # Errors
    /// Those of [`Sequence::truncate`].
    pub fn truncate(&mut self, steps: usize) -> Result<(), Error> {
        self.front.truncate(steps)?;
        self.back.truncate(steps)
    }

    /// Reads output `s` of sequence `b` of the last pass.
    pub fn output(&self, b: usize, s: usize, y: &mut [T]) {
        self.front.output(b, s, y);
    }

    /// The share of outputs that the last pass got right, as [`Sequence::accuracy`] counts it.
    pub fn accuracy(&self) -> f64 {
        self.front.accuracy()
    }

    /// Rows of blocks from the other end, group by group.
    fn reversed(steps: usize, width: usize, from: &[Block<T>], mut put: impl FnMut(usize, Block<T>)) {
        for at in 0..from.len() {
            let (row, column) = (at / width, at % width);
            let (group, s) = (row / steps, row % steps);
            put((group * steps + steps - 1 - s) * width + column, from[at]);
        }
    }

    fn forward(&mut self, parameters: &[T]) -> Result<f64, Error> {
        let (found, expected) = (parameters.len(), self.parameters());
        if found != expected {
            return Err(Error::Length { what: "the parameters", found, expected });
        }
        let (steps, width) = (self.front.steps(), self.front.cell().shape().outputs);
        self.front.run(&parameters[..expected / 2], Force::Free)?;
        self.back.run(&parameters[expected / 2..], Force::Free)?;
        let (sum, _) = self.front.shared();
        Self::reversed(steps, width, self.back.shared().0, |at, other| sum[at] += other);
        let loss = self.front.judge();
        let (_, adjoints) = self.back.shared();
        Self::reversed(steps, width, self.front.shared().1, |at, dy| adjoints[at] = dy);
        Ok(loss)
    }

    /// The loss, without a gradient.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn loss(&mut self, parameters: &[T]) -> Result<f64, Error> {
        self.forward(parameters)
    }

    /// The loss, its gradient written to `gradient`.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn loss_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<f64, Error> {
        let (found, expected) = (gradient.len(), self.parameters());
        if found != expected {
            return Err(Error::Length { what: "the gradient", found, expected });
        }
        let loss = self.forward(parameters)?;
        let (front, back) = gradient.split_at_mut(expected / 2);
        self.front.pull_back(&parameters[..expected / 2], Force::Free, front)?;
        self.back.pull_back(&parameters[expected / 2..], Force::Free, back)?;
        Ok(loss)
    }
}
