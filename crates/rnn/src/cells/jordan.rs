use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Columns, total};
use crate::recurrent::{Form, Matrix, Pass, Plan, Readout, Recurrent, Sizes, fill, flushed, sigmoid};
use numerics::{Real, Stream};

/// Jordan network: what comes back is the output, not the hidden units.
///
/// `h' = tanh(V k + U x + b)`, `y = C h' + c`, `k' = 1 / (1 + e^-y)`. The state is `[h; k]`, `H + O` numbers that begin
/// at 0: the context `k` before the first output is 0. `V` is `H × O`, `U` is `H × I`, `C` is `O × H`.
/// All parameters start uniform in `±1/√H`.
///
/// Source: Jordan, "Serial Order: A Parallel Distributed Processing Approach", 1986; as Lipton, Berkowitz and Elkan
/// (arXiv 1506.00019, section 2) write it, the context the squashed output.
#[derive(Clone, Debug, PartialEq)]
pub struct Jordan {
    plan: Plan,
    i: usize,
    h: usize,
    o: usize,
    v: Matrix,
    u: Matrix,
    b: usize,
    c: Readout,
}

impl Jordan {
    /// A network of `inputs`, `hidden` units and `outputs`.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(inputs: usize, hidden: usize, outputs: usize) -> Result<Self, Error> {
        check_size("the number of inputs", inputs, 0, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        let mut plan = Plan::default();
        let v = plan.matrix("V", hidden, outputs, Form::Plain);
        let u = plan.matrix("U", hidden, inputs, Form::Plain);
        let b = plan.block("b", hidden, 1);
        let c = plan.readout(hidden, outputs, true, 1.0);
        Ok(Self { plan, i: inputs, h: hidden, o: outputs, v, u, b, c })
    }
}

impl Recurrent for Jordan {
    fn called(&self) -> &'static str {
        "jordan"
    }

    fn sizes(&self) -> Sizes {
        let (h, o) = (self.h, self.o);
        Sizes { inputs: self.i, state: h + o, outputs: o, tape: 0, adjoint: 2 * h + o }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    fn parts(&self) -> Vec<(&'static str, usize)> {
        vec![("h", self.h), ("k", self.o)]
    }

    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        _: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let (hidden, context) = next.split_at_mut(self.h);
        fill::<T, P>(Some(self.b), w, hidden);
        P::product(self.u, w, x, hidden);
        P::product(self.v, w, &z[self.h..], hidden);
        hidden.iter_mut().for_each(|h| *h = h.tanh());
        self.c.read::<T, P>(w, hidden, context);
        context.iter_mut().for_each(|k| *k = sigmoid(*k));
    }

    /// Leaves the adjoints of the drive, of the output inside the step, and of the hidden units.
    fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        _: &[P::Number],
        _: &[P::Number],
        next: &[P::Number],
        g: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    ) {
        let one = P::Number::one();
        let (du, rest) = adjoint.split_at_mut(self.h);
        let (dy, dh) = rest.split_at_mut(self.o);
        for ((dy, &g), &k) in dy.iter_mut().zip(&g[self.h..]).zip(&next[self.h..]) {
            *dy = g * k * (one - k);
        }
        flushed::<T, P>(dy);
        dh.copy_from_slice(&g[..self.h]);
        self.c.back::<T, P>(w, dy, dh);
        for ((du, &dh), &h) in du.iter_mut().zip(dh.iter()).zip(next) {
            *du = dh * (one - h * h);
        }
        flushed::<T, P>(du);
        dz.fill(P::Number::zero());
        P::transposed(self.v, w, du, &mut dz[self.h..]);
    }

    fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        _: &[P::Number],
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    ) {
        dx.fill(P::Number::zero());
        P::transposed(self.u, w, &adjoint[..self.h], dx);
    }

    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]) {
        let (h, o) = (self.h, self.o);
        let adjoint = |first, count| Columns::new(history.adjoint_tape, 2 * h + o, first, count);
        let du = adjoint(0, h);
        self.v.gather(du, Columns::new(history.entered, h + o, h, o), flat, gradient);
        self.u.gather(du, Columns::all(history.inputs, self.i), flat, gradient);
        total(du, &mut gradient[self.b..self.b + h]);
        self.c.add(adjoint(h, o), Columns::new(history.left, h + o, 0, h), gradient);
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        uniform(stream, 1.0 / (self.h as f64).root(), parameters);
    }
}
