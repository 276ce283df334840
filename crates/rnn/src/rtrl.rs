use crate::cell::CellKind;
use crate::error::Error;
use crate::float::Float;
use crate::loss::Loss;
use crate::sequence::{Force, Sequence};

/// Real-time recurrent learning: the exact gradient of each step's loss as the steps come, without going back.
///
/// Carries the influence `P_t = ∂z_t/∂θ`, one row a state unit, forward by `P_t = J_t P_{t-1} + ∂F/∂θ`, where
/// `z_t = F(z_{t-1}, x_t; θ)` and `J_t = ∂F/∂z_{t-1}`; the gradient of the loss `ℓ_t` is what `θ` does to it within the
/// step, and `(∂ℓ_t/∂z_{t-1}) P_{t-1}`. Costs as much as `M` passes back a step and `M` copies of the parameters: for
/// small networks. Exact as long as the parameters stay the same, and near it while they change slowly. Runs begin at a
/// state of zeros.
///
/// Source: Williams and Zipser, "A Learning Algorithm for Continually Running Fully Recurrent Neural Networks", Neural
/// Computation 1, 1989.
#[derive(Debug)]
pub struct RealTime<T: Float> {
    sequence: Sequence<T>,
    state: Vec<T>,
    influence: Vec<T>,
    next: Vec<T>,
    row: Vec<T>,
    adjoint: Vec<T>,
    outputs: Vec<T>,
}

impl<T: Float> RealTime<T> {
    /// A run at its start.
    ///
    /// # Errors
    /// Those of [`CellKind::build`]; [`Error::Size`] when state units times parameters are more than 2^24.
    pub fn new(kind: CellKind, loss: Loss) -> Result<Self, Error> {
        let mut sequence = Sequence::<T>::new(kind, 1, 1)?;
        sequence.set_loss(loss);
        let (shape, count) = (sequence.cell().shape(), sequence.cell().layout().len());
        const MOST: usize = 1 << 24;
        let found = shape.state.saturating_mul(count);
        if found > MOST {
            let what = "the number of influences, state units times parameters,";
            return Err(Error::Size { what, found, least: 1, most: MOST });
        }
        Ok(Self {
            sequence,
            state: vec![T::zero(); shape.state],
            influence: vec![T::zero(); found],
            next: vec![T::zero(); found],
            row: vec![T::zero(); count],
            adjoint: vec![T::zero(); shape.state],
            outputs: vec![T::zero(); shape.outputs],
        })
    }

    /// Begins a new run: state and influence 0.
    pub fn begin(&mut self) {
        self.state.fill(T::zero());
        self.influence.fill(T::zero());
    }

    /// The state.
    pub fn state(&self) -> &[T] {
        &self.state
    }

    /// The output of the last step.
    pub fn output(&self) -> &[T] {
        &self.outputs
    }

    /// One step: its loss, whose gradient is added to `gradient`.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn step(
        &mut self,
        parameters: &[T],
        x: &[T],
        target: &[T],
        gradient: &mut [T],
    ) -> Result<f64, Error> {
        let shape = self.sequence.cell().shape();
        let count = self.row.len();
        for (what, found, expected) in [
            ("the input", x.len(), shape.inputs),
            ("the target", target.len(), shape.outputs),
            ("the gradient", gradient.len(), count),
        ] {
            if found != expected {
                return Err(Error::Length { what, found, expected });
            }
        }
        self.sequence.set_state(0, &self.state);
        self.sequence.set_input(0, 0, x);
        self.sequence.set_target(0, 0, target);
        let loss = self.sequence.loss_and_gradient(parameters, Force::Free, &mut self.row)?;
        self.sequence.output(0, 0, &mut self.outputs);
        self.sequence.begin_adjoint(0, &mut self.adjoint);
        add(gradient, T::one(), &self.row);
        for (influence, &dz) in self.influence.chunks_exact(count).zip(&self.adjoint) {
            add(gradient, dz, influence);
        }
        self.sequence.run(parameters, Force::Free)?;
        for i in 0..shape.state {
            self.adjoint.fill(T::zero());
            self.adjoint[i] = T::one();
            self.sequence.set_final_adjoint(0, &self.adjoint);
            let next = &mut self.next[i * count..][..count];
            self.sequence.pull_back(parameters, Force::Free, next)?;
            self.sequence.begin_adjoint(0, &mut self.adjoint);
            for (influence, &slope) in self.influence.chunks_exact(count).zip(&self.adjoint) {
                add(next, slope, influence);
            }
        }
        std::mem::swap(&mut self.influence, &mut self.next);
        self.sequence.state(0, 0, &mut self.state);
        Ok(loss)
    }
}

/// `sum += factor values`.
fn add<T: Float>(sum: &mut [T], factor: T, values: &[T]) {
    for (sum, &value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}
