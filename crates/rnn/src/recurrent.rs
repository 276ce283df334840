//! What the cells with a linear readout share: each writes its step and its adjoint once, over whatever numbers a
//! pass runs over, and from them follow the lanes, the single states and the Jacobians.

use crate::cell::{Analysed, Cell, History, Layout, Shape, Weights};
use crate::float::{Block, Float, LANES};
use crate::kernel::{Columns, pack_by, total};
use numerics::{Lanes, Real, Stream};
use std::fmt::Debug;

/// How the entries of a matrix follow from its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// `w`.
    Plain,
    /// `s w`.
    Scaled(f64),
    /// `|w|` in the columns before this one and `-|w|` from it on.
    Signed(usize),
}

/// A matrix of the flat parameters, row-major at `at`, and its packed place: itself, then its transpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix {
    at: usize,
    rows: usize,
    cols: usize,
    form: Form,
    packed: usize,
}

impl Matrix {
    fn len(&self) -> usize {
        self.rows * self.cols
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.at..self.at + self.len()
    }

    #[inline(always)]
    fn entry<T: Float>(&self, flat: &[T], row: usize, col: usize) -> T {
        let w = flat[self.at + row * self.cols + col];
        match self.form {
            Form::Plain => w,
            Form::Scaled(s) => w * T::of(s),
            Form::Signed(first) => {
                let size = w.abs();
                if col < first { size } else { -size }
            }
        }
    }

    fn pack<T: Float>(&self, flat: &[T], packed: &mut [T]) {
        let (own, transposed) = packed[self.packed..][..2 * self.len()].split_at_mut(self.len());
        pack_by(|i, j| self.entry(flat, i, j), self.rows, self.cols, own);
        pack_by(|i, j| self.entry(flat, j, i), self.cols, self.rows, transposed);
    }

    /// The gradient of the parameters from the sums of `left ⊗ right`.
    pub(crate) fn gather<T: Float>(
        &self,
        left: Columns<T>,
        right: Columns<T>,
        flat: &[T],
        gradient: &mut [T],
    ) {
        if self.len() == 0 {
            return;
        }
        T::outer(left, right, &mut gradient[self.range()]);
        self.shape_gradient(flat, gradient);
    }

    fn shape_gradient<T: Float>(&self, flat: &[T], gradient: &mut [T]) {
        let part = &mut gradient[self.at..self.at + self.rows * self.cols];
        match self.form {
            Form::Plain => {}
            Form::Scaled(s) => part.iter_mut().for_each(|g| *g *= T::of(s)),
            Form::Signed(first) => {
                for (k, (g, w)) in part.iter_mut().zip(&flat[self.at..]).enumerate() {
                    let negative = *w < T::zero();
                    if negative != (k % self.cols >= first) {
                        *g = -*g;
                    }
                }
            }
        }
    }

    /// An upper bound of its spectral norm: the norm itself.
    pub(crate) fn norm(&self, p: &[f64]) -> f64 {
        let entries: Vec<f64> =
            (0..self.len()).map(|k| self.entry(p, k / self.cols, k % self.cols)).collect();
        numerics::dense::spectral_norm(&entries, self.rows, self.cols)
    }
}

/// The parameters of a cell as they are laid out, and the matrices among them as they are packed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    layout: Layout,
    matrices: Vec<Matrix>,
    packed: usize,
}

impl Plan {
    /// The next `rows × cols` parameters, called `name`; where they begin.
    pub(crate) fn block(&mut self, name: &'static str, rows: usize, cols: usize) -> usize {
        let at = self.layout.len();
        self.layout = std::mem::take(&mut self.layout).with(name, rows, cols, 0.0);
        at
    }

    /// A matrix among parameters that have a place already.
    pub(crate) fn matrix_at(&mut self, at: usize, rows: usize, cols: usize, form: Form) -> Matrix {
        let matrix = Matrix { at, rows, cols, form, packed: self.packed };
        self.packed += 2 * matrix.len();
        self.matrices.push(matrix);
        matrix
    }

    /// The next parameters as a matrix called `name`.
    pub(crate) fn matrix(&mut self, name: &'static str, rows: usize, cols: usize, form: Form) -> Matrix {
        let at = self.block(name, rows, cols);
        self.matrix_at(at, rows, cols, form)
    }

    /// The linear readout `y = s C h + c` of the first `hidden` state units, without `c` where `bias` is false.
    pub(crate) fn readout(&mut self, hidden: usize, outputs: usize, bias: bool, scale: f64) -> Readout {
        let form = if scale == 1.0 { Form::Plain } else { Form::Scaled(scale) };
        let c = self.matrix("C", outputs, hidden, form);
        Readout { c, bias: bias.then(|| self.block("c", outputs, 1)) }
    }
}

/// A linear readout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Readout {
    c: Matrix,
    bias: Option<usize>,
}

impl Readout {
    /// Where the biases begin, if there are any.
    pub(crate) fn bias(&self) -> Option<usize> {
        self.bias
    }

    pub(crate) fn read<T: Float, P: Pass<T>>(&self, w: Weights<T>, h: &[P::Number], y: &mut [P::Number]) {
        fill::<T, P>(self.bias, w, y);
        P::product(self.c, w, &h[..self.c.cols], y);
    }

    pub(crate) fn back<T: Float, P: Pass<T>>(&self, w: Weights<T>, dy: &[P::Number], dh: &mut [P::Number]) {
        P::transposed(self.c, w, dy, &mut dh[..self.c.cols]);
    }

    /// Adds what further adjoints of the output, `dy`, give to the gradient.
    pub(crate) fn add<T: Float>(&self, dy: Columns<T>, h: Columns<T>, gradient: &mut [T]) {
        crate::kernel::add_outer(dy, h, &mut gradient[self.c.range()]);
        if let Some(at) = self.bias {
            crate::kernel::add_total(dy, &mut gradient[at..at + self.c.rows]);
        }
    }
}

/// Starts a row of sums with the biases at `at`, or with zeros.
#[inline(always)]
pub(crate) fn fill<T: Float, P: Pass<T>>(at: Option<usize>, w: Weights<T>, out: &mut [P::Number]) {
    match at {
        Some(at) => out.iter_mut().zip(&w.flat[at..]).for_each(|(out, &bias)| *out = P::all(bias)),
        None => out.fill(P::all(T::zero())),
    }
}

/// `1 / (1 + e^-x)`, worked out as `1/2 + tanh(x/2)/2`, which neither overflows nor divides twice; in `f32` it is
/// within 3e-7.
#[inline(always)]
pub fn sigmoid<R: Real>(x: R) -> R {
    let half = R::splat(0.5);
    half + half * (half * x).tanh()
}

/// Sets tiny numbers to zero, as [`crate::kernel::flush`] does.
#[inline(always)]
pub(crate) fn flushed<T: Float, P: Pass<T>>(values: &mut [P::Number]) {
    let tiny = P::all(T::TINY);
    for value in values {
        *value = value.abs().lt(tiny).select(P::Number::zero(), *value);
    }
}

/// The numbers that a pass runs over, and how it multiplies by a matrix.
pub(crate) trait Pass<T: Float> {
    /// One number of each thing that runs.
    type Number: Real;
    /// The same number for all of them.
    fn all(value: T) -> Self::Number;
    /// `out += W x`.
    fn product(matrix: Matrix, w: Weights<T>, x: &[Self::Number], out: &mut [Self::Number]);
    /// `out += Wᵀ x`.
    fn transposed(matrix: Matrix, w: Weights<T>, x: &[Self::Number], out: &mut [Self::Number]);
}

/// Blocks of sixteen sequences, by packed weights.
#[derive(Debug)]
pub(crate) struct Packed;

impl<T: Float> Pass<T> for Packed {
    type Number = Block<T>;
    #[inline(always)]
    fn all(value: T) -> Block<T> {
        Lanes([value; LANES])
    }
    #[inline(always)]
    fn product(matrix: Matrix, w: Weights<T>, x: &[Block<T>], out: &mut [Block<T>]) {
        T::multiply(&w.packed[matrix.packed..][..matrix.len()], x, out);
    }
    #[inline(always)]
    fn transposed(matrix: Matrix, w: Weights<T>, x: &[Block<T>], out: &mut [Block<T>]) {
        T::multiply(&w.packed[matrix.packed + matrix.len()..][..matrix.len()], x, out);
    }
}

/// Plain products by flat weights, over single numbers or blocks.
#[derive(Debug)]
pub(crate) struct Flat<R>(std::marker::PhantomData<R>);

impl<R: Real> Pass<f64> for Flat<R> {
    type Number = R;
    #[inline(always)]
    fn all(value: f64) -> R {
        R::splat(value)
    }
    fn product(matrix: Matrix, w: Weights<f64>, x: &[R], out: &mut [R]) {
        for (i, out) in out.iter_mut().enumerate() {
            for (j, &x) in x.iter().enumerate() {
                *out += R::splat(matrix.entry(w.flat, i, j)) * x;
            }
        }
    }
    fn transposed(matrix: Matrix, w: Weights<f64>, x: &[R], out: &mut [R]) {
        for (j, out) in out.iter_mut().enumerate() {
            for (i, &x) in x.iter().enumerate() {
                *out += R::splat(matrix.entry(w.flat, i, j)) * x;
            }
        }
    }
}

/// The sizes that a cell with a linear readout chooses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) inputs: usize,
    pub(crate) state: usize,
    pub(crate) outputs: usize,
    pub(crate) tape: usize,
    pub(crate) adjoint: usize,
}

/// A cell that begins at a state of zeros and reads its first units out linearly.
///
/// The names differ from those of [`Cell`], whose methods follow from these.
pub(crate) trait Recurrent: Debug + Send + Sync {
    fn called(&self) -> &'static str;
    fn sizes(&self) -> Sizes;
    fn plan(&self) -> &Plan;
    fn output(&self) -> Readout;
    /// The names of the state's parts and their sizes.
    fn parts(&self) -> Vec<(&'static str, usize)> {
        vec![("h", self.sizes().state)]
    }
    /// One step, leaving `tape`.
    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    );
    /// Its adjoint: writes `adjoint` and `dz`.
    fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        z: &[P::Number],
        tape: &[P::Number],
        next: &[P::Number],
        g: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    );
    /// Writes the adjoint of the input from what [`Recurrent::backward`] left.
    fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        tape: &[P::Number],
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    );
    /// The gradient of all parameters but those of the readout.
    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]);
    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]);
    fn bound(&self, _: &[f64]) -> Option<f64> {
        None
    }
}

/// Rows of `∂next/∂z` and `∂next/∂x`, sixteen adjoints at a time: `take(row, lane, dz, dx)`.
fn adjoint_rows<C: Recurrent>(
    cell: &C,
    p: &[f64],
    x: &[f64],
    z: &[f64],
    mut take: impl FnMut(usize, usize, &[Block<f64>], &[Block<f64>]),
) {
    let Sizes { inputs, state: m, tape, adjoint, .. } = cell.sizes();
    let w = Weights { flat: p, packed: &[] };
    let (mut left, mut next) = (vec![0.0; tape], vec![0.0; m]);
    cell.forward::<f64, Flat<f64>>(w, x, z, &mut left, &mut next);
    let spread = |values: &[f64]| values.iter().map(|&v| Lanes([v; LANES])).collect::<Vec<Block<f64>>>();
    let (z, left, next) = (spread(z), spread(&left), spread(&next));
    let row = |width: usize| vec![Block::<f64>::default(); width];
    let (mut g, mut dz, mut dx, mut adjoints) = (row(m), row(m), row(inputs), row(adjoint));
    for first in (0..m).step_by(LANES) {
        g.fill(Block::default());
        let lanes = if m - first < LANES { m - first } else { LANES };
        for lane in 0..lanes {
            g[first + lane].0[lane] = 1.0;
        }
        cell.backward::<f64, Flat<Block<f64>>>(w, &z, &left, &next, &g, &mut adjoints, &mut dz);
        cell.input_backward::<f64, Flat<Block<f64>>>(w, &left, &adjoints, &mut dx);
        for lane in 0..lanes {
            take(first + lane, lane, &dz, &dx);
        }
    }
}

impl<C: Recurrent> Analysed for C {
    fn name(&self) -> &'static str {
        self.called()
    }

    fn shape(&self) -> Shape {
        let Sizes { inputs, state, outputs, tape, adjoint } = self.sizes();
        Shape { inputs, state, outputs, observed: 0, tape, adjoint, packed: self.plan().packed }
    }

    fn layout(&self) -> Layout {
        self.plan().layout.clone()
    }

    fn state_parts(&self) -> Vec<(&'static str, usize)> {
        self.parts()
    }

    fn next(&self, p: &[f64], x: &[f64], z: &[f64], next: &mut [f64]) {
        let mut tape = vec![0.0; self.sizes().tape];
        self.forward::<f64, Flat<f64>>(Weights { flat: p, packed: &[] }, x, z, &mut tape, next);
    }

    fn jacobian(&self, p: &[f64], x: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let m = z.len();
        adjoint_rows(self, p, x, z, |row, lane, dz, _| {
            for (entry, dz) in jacobian[row * m..].iter_mut().zip(dz) {
                *entry = dz.0[lane];
            }
        });
    }

    fn input_jacobian(&self, p: &[f64], x: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let i = x.len();
        adjoint_rows(self, p, x, z, |row, lane, _, dx| {
            for (entry, dx) in jacobian[row * i..].iter_mut().zip(dx) {
                *entry = dx.0[lane];
            }
        });
    }

    fn read_out_jacobian(&self, p: &[f64], jacobian: &mut [f64]) {
        let (m, c) = (self.sizes().state, self.output().c);
        jacobian.fill(0.0);
        for i in 0..c.rows {
            for j in 0..c.cols {
                jacobian[i * m + j] = c.entry(p, i, j);
            }
        }
    }

    fn read_out(&self, p: &[f64], z: &[f64], y: &mut [f64]) {
        self.output().read::<f64, Flat<f64>>(Weights { flat: p, packed: &[] }, z, y);
    }

    fn begin(&self, _: &[f64], _: &[f64], z: &mut [f64]) {
        z.fill(0.0);
    }

    fn parameter_bound(&self, p: &[f64]) -> Option<f64> {
        self.bound(p)
    }
}

impl<C: Recurrent, T: Float> Cell<T> for C {
    fn initialise(&self, stream: &mut Stream, parameters: &mut [T]) {
        self.draw(stream, parameters);
    }

    fn pack(&self, flat: &[T], packed: &mut [T]) {
        self.plan().matrices.iter().for_each(|matrix| matrix.pack(flat, packed));
    }

    fn start(&self, _: Weights<T>, _: &[Block<T>], z: &mut [Block<T>]) {
        z.fill(Block::default());
    }

    fn step(
        &self,
        w: Weights<T>,
        x: &[Block<T>],
        z: &[Block<T>],
        tape: &mut [Block<T>],
        next: &mut [Block<T>],
    ) {
        self.forward::<T, Packed>(w, x, z, tape, next);
    }

    fn read(&self, w: Weights<T>, z: &[Block<T>], y: &mut [Block<T>]) {
        self.output().read::<T, Packed>(w, z, y);
    }

    fn read_back(&self, w: Weights<T>, dy: &[Block<T>], dz: &mut [Block<T>]) {
        self.output().back::<T, Packed>(w, dy, dz);
    }

    fn back(
        &self,
        w: Weights<T>,
        z: &[Block<T>],
        tape: &[Block<T>],
        next: &[Block<T>],
        g: &[Block<T>],
        adjoint: &mut [Block<T>],
        dz: &mut [Block<T>],
    ) {
        self.backward::<T, Packed>(w, z, tape, next, g, adjoint, dz);
    }

    fn input_back(&self, w: Weights<T>, tape: &[Block<T>], adjoint: &[Block<T>], dx: &mut [Block<T>]) {
        self.input_backward::<T, Packed>(w, tape, adjoint, dx);
    }

    fn gather(&self, history: History<T>, gradient: &mut [T]) {
        let flat = history.parameters;
        let Sizes { state, outputs, .. } = self.sizes();
        let Readout { c, bias } = self.output();
        let dy = Columns::all(history.output_adjoints, outputs);
        c.gather(dy, Columns::new(history.seen, state, 0, c.cols), flat, gradient);
        if let Some(at) = bias {
            total(dy, &mut gradient[at..at + outputs]);
        }
        self.collect(flat, history, gradient);
    }
}
