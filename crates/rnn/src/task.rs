use crate::cell::{CellKind, Layout};
use crate::error::Error;
use crate::float::Float;
use crate::optimise::{Method, Optimiser, Schedule};
use crate::sequence::{Force, Sequence, norm};
use crate::trainer::StepReport;
use numerics::{Digest, Stream};

/// A tanh network that learns to turn input sequences into target sequences.
#[derive(Debug)]
pub struct TanhTask<T: Float> {
    sequence: Sequence<T>,
    layout: Layout,
    parameters: Vec<T>,
    gradient: Vec<T>,
    optimiser: Optimiser<T>,
    schedule: Schedule,
    inputs: usize,
    outputs: usize,
    skipped: u64,
    updates: u64,
}

impl<T: Float> TanhTask<T> {
    /// A network of `inputs`, `hidden` units and `outputs` on sequences of `steps` in batches of `batch`; weights
    /// from the stream `weights` of `seed`.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        steps: usize,
        batch: usize,
        method: Method,
        schedule: Schedule,
        seed: u64,
    ) -> Result<Self, Error> {
        let sequence = Sequence::<T>::new(CellKind::Tanh { inputs, hidden, outputs }, steps, batch)?;
        let layout = sequence.cell().layout();
        let mut parameters = vec![T::zero(); layout.len()];
        sequence.cell().initialise(&mut Stream::new(seed, "weights"), &mut parameters);
        Ok(Self {
            gradient: vec![T::zero(); layout.len()],
            optimiser: Optimiser::new(method, layout.len()),
            sequence,
            layout,
            parameters,
            schedule,
            inputs,
            outputs,
            skipped: 0,
            updates: 0,
        })
    }

    /// One update on `inputs` (`T × B × I`) and `targets` (`T × B × O`).
    ///
    /// A loss or gradient that is not finite leaves the parameters as they are.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn step(&mut self, inputs: &[T], targets: &[T]) -> Result<StepReport, Error> {
        let (steps, batch) = (self.sequence.steps(), self.sequence.batch());
        let rows = steps * batch;
        for (what, found, expected) in [
            ("the inputs", inputs.len(), rows * self.inputs),
            ("the targets", targets.len(), rows * self.outputs),
        ] {
            if found != expected {
                return Err(Error::Length { what, found, expected });
            }
        }
        for s in 0..steps {
            for b in 0..batch {
                let row = s * batch + b;
                self.sequence.set_input(b, s, &inputs[row * self.inputs..][..self.inputs]);
                self.sequence.set_target(b, s, &targets[row * self.outputs..][..self.outputs]);
            }
        }
        let loss = self.sequence.loss_and_gradient(&self.parameters, Force::Free, &mut self.gradient)?;
        let gradient_norm = norm(&self.gradient);
        let rate = self.schedule.rate(self.updates);
        self.updates += 1;
        let skipped = !(loss.is_finite() && gradient_norm.is_finite());
        if skipped {
            self.skipped += 1;
        } else {
            self.optimiser.update(rate, &self.gradient, &mut self.parameters);
        }
        let update = self.updates;
        Ok(StepReport { update, loss, gradient_norm, rate, alpha: 0.0, norm_estimate: None, skipped })
    }

    /// The parameters, flat.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }
    /// The parameters by name.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// Number of updates skipped because their gradient was not finite.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
    /// Digest of the parameters in the precision in which they train.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for p in &self.parameters {
            p.digest(&mut digest);
        }
        digest.finish()
    }
}
