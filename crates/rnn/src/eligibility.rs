use crate::cell::CellKind;
use crate::cells::Unit;
use crate::error::Error;
use crate::float::{Block, Float};
use crate::loss::{Loss, Wanted};

/// Eligibility traces of an Elman network: a gradient as the steps come, at the cost of a step forward.
///
/// Each weight into unit `i` keeps one trace of what it has done to that unit alone,
/// `ε' = ((1-a) + a f'(u_i) W_ii) ε + a f'(u_i) s`, where `s` is what the weight carried (`h_j`, `x_j`, or 1 for a bias);
/// the gradient is the sum over steps of `(∂ℓ/∂h_i) ε` with the loss `ℓ` of the step itself. What a weight does by way of
/// other units is left out: an approximation, equal to the exact gradient of [`RealTime`](crate::RealTime) where `W` has
/// no entries off its diagonal. The readout's gradient is exact. Runs begin at a state of zeros.
///
/// Source: Bellec et al., "A Solution to the Learning Dilemma for Recurrent Networks of Spiking Neurons", Nature
/// Communications 11, 2020, with symmetric feedback, for rates, and with a unit's reach to itself in its trace, as in
/// Murray, "Local Online Learning in Recurrent Networks with Random Feedback", eLife 8, 2019.
#[derive(Debug)]
pub struct Eligibility<T: Float> {
    i: usize,
    h: usize,
    o: usize,
    unit: Unit,
    leak: T,
    scale: T,
    loss: Loss,
    biases: bool,
    count: usize,
    state: Vec<T>,
    next: Vec<T>,
    traces: Vec<T>,
    outputs: Vec<Block<T>>,
    targets: Vec<Block<T>>,
    adjoints: Vec<Block<T>>,
}

impl<T: Float> Eligibility<T> {
    /// A run at its start, of a network of the kinds `Tanh` and `Elman`.
    ///
    /// # Errors
    /// [`Error::NotElman`] for another kind, and those of [`CellKind::build`].
    pub fn new(kind: CellKind, loss: Loss) -> Result<Self, Error> {
        let cell = kind.build::<T>()?;
        let (h, unit, leak, biases, scale) = match kind {
            CellKind::Tanh { hidden, .. } => (hidden, Unit::Tanh, 1.0, true, 1.0),
            CellKind::Elman { hidden, unit, leak, biases, scale, .. } => (hidden, unit, leak, biases, scale),
            _ => return Err(Error::NotElman(cell.name())),
        };
        let [i, o] = kind.width();
        Ok(Self {
            i,
            h,
            o,
            unit,
            leak: T::of(leak),
            scale: T::of(scale),
            loss,
            biases,
            count: cell.layout().len(),
            state: vec![T::zero(); h],
            next: vec![T::zero(); h],
            traces: vec![T::zero(); h * (h + i + 1)],
            outputs: vec![Block::default(); o],
            targets: vec![Block::default(); o],
            adjoints: vec![Block::default(); o],
        })
    }

    /// Begins a new run: state and traces 0.
    pub fn begin(&mut self) {
        self.state.fill(T::zero());
        self.traces.fill(T::zero());
    }

    /// The state.
    pub fn state(&self) -> &[T] {
        &self.state
    }

    /// One step: its loss, whose approximate gradient is added to `gradient`.
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
        let (i, h, o) = (self.i, self.h, self.o);
        for (what, found, expected) in [
            ("the parameters", parameters.len(), self.count),
            ("the input", x.len(), i),
            ("the target", target.len(), o),
            ("the gradient", gradient.len(), self.count),
        ] {
            if found != expected {
                return Err(Error::Length { what, found, expected });
            }
        }
        // The layout of an Elman network: W, U, b if there are biases, C, c likewise.
        let [u, b] = [h * h, h * (h + i)];
        let c = if self.biases { b + h } else { b };
        let last = c + o * h;
        let one = T::one();
        for k in 0..h {
            let mut drive = if self.biases { parameters[b + k] } else { T::zero() };
            for j in 0..i {
                drive += parameters[u + k * i + j] * x[j];
            }
            for j in 0..h {
                drive += parameters[k * h + j] * self.state[j];
            }
            let f = self.unit.of(drive);
            let slope = self.leak * self.unit.slope(f);
            self.next[k] = (one - self.leak) * self.state[k] + self.leak * f;
            let own = (one - self.leak) + slope * parameters[k * h + k];
            let carried = self.state.iter().chain(x).copied().chain([one]);
            for (trace, carried) in self.traces[k * (h + i + 1)..].iter_mut().zip(carried) {
                *trace = own * *trace + slope * carried;
            }
        }
        std::mem::swap(&mut self.state, &mut self.next);
        for k in 0..o {
            let mut y = if self.biases { parameters[last + k] } else { T::zero() };
            for j in 0..h {
                y += self.scale * parameters[c + k * h + j] * self.state[j];
            }
            self.outputs[k].0[0] = y;
            self.targets[k].0[0] = target[k];
        }
        let mut lanes = [Block::<T>::default()];
        lanes[0].0[0] = one;
        let wanted = Wanted { width: o, steps: 1, targets: &self.targets, lanes: &lanes, weights: &[] };
        let loss = self.loss.judge(wanted, &self.outputs, &mut self.adjoints);
        // The adjoints of the units go where the next state will stand.
        self.next.fill(T::zero());
        for k in 0..o {
            let dy = self.adjoints[k].0[0];
            if self.biases {
                gradient[last + k] += dy;
            }
            for j in 0..h {
                gradient[c + k * h + j] += self.scale * dy * self.state[j];
                self.next[j] += self.scale * dy * parameters[c + k * h + j];
            }
        }
        for k in 0..h {
            let signal = self.next[k];
            let traces = &self.traces[k * (h + i + 1)..][..h + i + 1];
            for j in 0..h {
                gradient[k * h + j] += signal * traces[j];
            }
            for j in 0..i {
                gradient[u + k * i + j] += signal * traces[h + j];
            }
            if self.biases {
                gradient[b + k] += signal * traces[h + i];
            }
        }
        Ok(loss)
    }
}
