use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Columns, total};
use crate::recurrent::{Form, Matrix, Pass, Plan, Readout, Recurrent, Sizes, fill, flushed, sigmoid};
use numerics::{Real, Stream};

/// Gated recurrent unit with a linear readout.
///
/// `r = σ(W_r h + U_r x + b_r)`, `u = σ(W_u h + U_u x + b_u)`, `n = tanh(U_n x + b_n + r∘(W_n h + d))`,
/// `h' = (1-u)∘n + u∘h`, `y = C h' + c`, beginning at `h = 0`.
///
/// The parameters are PyTorch's: `W` (`3H × H`) and `U` (`3H × I`) hold the reset gate, the update gate and the new
/// value one below the other, `b` (`3H`) their biases, where PyTorch's two of each gate are added up, and `d` is the
/// hidden bias of the new value. `C` is `O × H`. All start uniform in `±1/√H`.
///
/// Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
/// EMNLP 2014, with the reset gate behind the product as in cuDNN.
#[derive(Clone, Debug, PartialEq)]
pub struct Gru {
    plan: Plan,
    i: usize,
    h: usize,
    o: usize,
    gates: Matrix,
    new: Matrix,
    u: Matrix,
    b: usize,
    d: usize,
    c: Readout,
}

impl Gru {
    /// A network of `inputs`, `hidden` units and `outputs`.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(inputs: usize, hidden: usize, outputs: usize) -> Result<Self, Error> {
        check_size("the number of inputs", inputs, 0, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        let (i, h, o) = (inputs, hidden, outputs);
        let mut plan = Plan::default();
        let w = plan.block("W", 3 * h, h);
        let gates = plan.matrix_at(w, 2 * h, h, Form::Plain);
        let new = plan.matrix_at(w + 2 * h * h, h, h, Form::Plain);
        let u = plan.matrix("U", 3 * h, i, Form::Plain);
        let b = plan.block("b", 3 * h, 1);
        let d = plan.block("d", h, 1);
        let c = plan.readout(h, o, true, 1.0);
        Ok(Self { plan, i, h, o, gates, new, u, b, d, c })
    }
}

impl Recurrent for Gru {
    fn called(&self) -> &'static str {
        "gru"
    }

    fn sizes(&self) -> Sizes {
        Sizes { inputs: self.i, state: self.h, outputs: self.o, tape: 4 * self.h, adjoint: 4 * self.h }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    /// The tape holds `r`, `u`, `n` and `W_n h + d`.
    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let h = self.h;
        let (drive, inner) = tape.split_at_mut(3 * h);
        fill::<T, P>(Some(self.b), w, drive);
        P::product(self.u, w, x, drive);
        P::product(self.gates, w, z, &mut drive[..2 * h]);
        fill::<T, P>(Some(self.d), w, inner);
        P::product(self.new, w, z, inner);
        let (r, rest) = drive.split_at_mut(h);
        let (u, n) = rest.split_at_mut(h);
        for k in 0..h {
            r[k] = sigmoid(r[k]);
            u[k] = sigmoid(u[k]);
            n[k] = (n[k] + r[k] * inner[k]).tanh();
            next[k] = n[k] + u[k] * (z[k] - n[k]);
        }
    }

    /// Leaves the adjoints of the drives of `r`, `u` and `n`, and of `W_n h + d`.
    fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        z: &[P::Number],
        tape: &[P::Number],
        _: &[P::Number],
        g: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    ) {
        let h = self.h;
        let one = P::Number::one();
        for k in 0..h {
            let (r, u, n, inner) = (tape[k], tape[h + k], tape[2 * h + k], tape[3 * h + k]);
            let dn = g[k] * (one - u) * (one - n * n);
            adjoint[k] = dn * inner * r * (one - r);
            adjoint[h + k] = g[k] * (z[k] - n) * u * (one - u);
            adjoint[2 * h + k] = dn;
            adjoint[3 * h + k] = dn * r;
            dz[k] = g[k] * u;
        }
        flushed::<T, P>(adjoint);
        P::transposed(self.gates, w, &adjoint[..2 * h], dz);
        P::transposed(self.new, w, &adjoint[3 * h..], dz);
    }

    fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        _: &[P::Number],
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    ) {
        dx.fill(P::Number::zero());
        P::transposed(self.u, w, &adjoint[..3 * self.h], dx);
    }

    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]) {
        let h = self.h;
        let adjoint = |first, count| Columns::new(history.adjoint_tape, 4 * h, first, count);
        let z = Columns::all(history.entered, h);
        self.gates.gather(adjoint(0, 2 * h), z, flat, gradient);
        self.new.gather(adjoint(3 * h, h), z, flat, gradient);
        self.u.gather(adjoint(0, 3 * h), Columns::all(history.inputs, self.i), flat, gradient);
        total(adjoint(0, 3 * h), &mut gradient[self.b..self.b + 3 * h]);
        total(adjoint(3 * h, h), &mut gradient[self.d..self.d + h]);
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        uniform(stream, 1.0 / (self.h as f64).root(), parameters);
    }
}
