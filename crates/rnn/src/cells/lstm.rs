use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Columns, total};
use crate::recurrent::{Form, Matrix, Pass, Plan, Readout, Recurrent, Sizes, fill, flushed, sigmoid};
use numerics::{Real, Stream};

/// Long short-term memory with a linear readout.
///
/// `i, f, o = σ(W h + U x + b)`, `g = tanh(W_g h + U_g x + b_g)`, `c' = f∘c + i∘g`, `h' = o∘tanh(c')`,
/// `y = C h' + c`. The state is `[h; c]`, `2H` numbers that begin at 0.
///
/// The parameters are PyTorch's: `W` (`4H × H`) and `U` (`4H × I`) hold the input gate, the forget gate, the new value
/// and the output gate one below the other, `b` (`4H`) their biases, where PyTorch's two of each are added up. `C` is
/// `O × H`. All start uniform in `±1/√H`, but for the forget gate's bias where one is asked for.
///
/// Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997; the forget gate by Gers,
/// Schmidhuber and Cummins, 2000.
#[derive(Clone, Debug, PartialEq)]
pub struct Lstm {
    plan: Plan,
    i: usize,
    o: usize,
    memory: Memory,
    c: Readout,
    forget: Option<f64>,
}

impl Lstm {
    /// A network of `inputs`, `hidden` units and `outputs`, the bias of whose forget gate starts at `forget`.
    ///
    /// # Errors
    /// [`Error::Size`]; [`Error::Setting`] for a bias that is not finite.
    pub fn new(inputs: usize, hidden: usize, outputs: usize, forget: Option<f64>) -> Result<Self, Error> {
        check_size("the number of inputs", inputs, 0, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        if let Some(found) = forget.filter(|bias| !bias.is_finite()) {
            return Err(Error::Setting { what: "the forget gate's bias", found, expected: "finite" });
        }
        let mut plan = Plan::default();
        let memory = Memory::new(&mut plan, ["W", "U", "b"], inputs, hidden);
        let c = plan.readout(hidden, outputs, true, 1.0);
        Ok(Self { plan, i: inputs, o: outputs, memory, c, forget })
    }
}

/// The gated memory itself, for cells that contain one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    h: usize,
    w: Matrix,
    u: Matrix,
    b: usize,
}

impl Memory {
    pub(crate) fn new(plan: &mut Plan, names: [&'static str; 3], inputs: usize, hidden: usize) -> Self {
        let w = plan.matrix(names[0], 4 * hidden, hidden, Form::Plain);
        let u = plan.matrix(names[1], 4 * hidden, inputs, Form::Plain);
        Self { h: hidden, w, u, b: plan.block(names[2], 4 * hidden, 1) }
    }

    /// From `x`, `h` and `c` to the next `h` and `c`; leaves `i`, `f`, `g`, `o` and `tanh(c')`.
    #[inline(always)]
    pub(crate) fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        hidden: &mut [P::Number],
        cell: &mut [P::Number],
    ) {
        let h = self.h;
        let (drive, squashed) = tape.split_at_mut(4 * h);
        fill::<T, P>(Some(self.b), w, drive);
        P::product(self.u, w, x, drive);
        P::product(self.w, w, &z[..h], drive);
        let (i, rest) = drive.split_at_mut(h);
        let (f, rest) = rest.split_at_mut(h);
        let (g, o) = rest.split_at_mut(h);
        let c = &z[h..];
        for k in 0..h {
            i[k] = sigmoid(i[k]);
            f[k] = sigmoid(f[k]);
            g[k] = g[k].tanh();
            o[k] = sigmoid(o[k]);
            cell[k] = f[k] * c[k] + i[k] * g[k];
            squashed[k] = cell[k].tanh();
            hidden[k] = o[k] * squashed[k];
        }
    }

    /// From the adjoints of the next `h` and `c` to those of the drives (`4H`) and of `[h; c]`.
    #[inline(always)]
    pub(crate) fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        z: &[P::Number],
        tape: &[P::Number],
        of_hidden: &[P::Number],
        of_cell: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    ) {
        let h = self.h;
        let one = P::Number::one();
        let (dh, dc) = dz.split_at_mut(h);
        for k in 0..h {
            let (i, f, g, o) = (tape[k], tape[h + k], tape[2 * h + k], tape[3 * h + k]);
            let squashed = tape[4 * h + k];
            let of_cell = of_cell[k] + of_hidden[k] * o * (one - squashed * squashed);
            adjoint[k] = of_cell * g * i * (one - i);
            adjoint[h + k] = of_cell * z[h + k] * f * (one - f);
            adjoint[2 * h + k] = of_cell * i * (one - g * g);
            adjoint[3 * h + k] = of_hidden[k] * squashed * o * (one - o);
            dc[k] = of_cell * f;
        }
        flushed::<T, P>(adjoint);
        dh.fill(P::Number::zero());
        P::transposed(self.w, w, adjoint, dh);
    }

    pub(crate) fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    ) {
        P::transposed(self.u, w, adjoint, dx);
    }

    pub(crate) fn collect<T: Float>(
        &self,
        adjoint: Columns<T>,
        hidden: Columns<T>,
        inputs: Columns<T>,
        flat: &[T],
        gradient: &mut [T],
    ) {
        self.w.gather(adjoint, hidden, flat, gradient);
        self.u.gather(adjoint, inputs, flat, gradient);
        total(adjoint, &mut gradient[self.b..self.b + 4 * self.h]);
    }

    /// Sets the bias of the forget gate.
    pub(crate) fn remember<T: Float>(&self, bias: f64, parameters: &mut [T]) {
        parameters[self.b + self.h..self.b + 2 * self.h].fill(T::of(bias));
    }

    /// Where its parameters stand.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.w.range().start..self.b + 4 * self.h
    }
}

impl Recurrent for Lstm {
    fn called(&self) -> &'static str {
        "lstm"
    }

    fn sizes(&self) -> Sizes {
        let h = self.memory.h;
        Sizes { inputs: self.i, state: 2 * h, outputs: self.o, tape: 5 * h, adjoint: 4 * h }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    fn parts(&self) -> Vec<(&'static str, usize)> {
        vec![("h", self.memory.h), ("c", self.memory.h)]
    }

    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let (hidden, cell) = next.split_at_mut(self.memory.h);
        self.memory.forward::<T, P>(w, x, z, tape, hidden, cell);
    }

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
        let (of_hidden, of_cell) = g.split_at(self.memory.h);
        self.memory.backward::<T, P>(w, z, tape, of_hidden, of_cell, adjoint, dz);
    }

    fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        _: &[P::Number],
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    ) {
        dx.fill(P::Number::zero());
        self.memory.input_backward::<T, P>(w, adjoint, dx);
    }

    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]) {
        let h = self.memory.h;
        let adjoint = Columns::all(history.adjoint_tape, 4 * h);
        let hidden = Columns::new(history.entered, 2 * h, 0, h);
        self.memory.collect(adjoint, hidden, Columns::all(history.inputs, self.i), flat, gradient);
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        uniform(stream, 1.0 / (self.memory.h as f64).root(), parameters);
        if let Some(bias) = self.forget {
            self.memory.remember(bias, parameters);
        }
    }
}
