use crate::cell::{Analysed, Cell, History, Layout, Shape, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::kernel::{Columns, flush, pack, total};
use numerics::dense::spectral_norm;
use numerics::{Real, Stream};

/// Elman network with hyperbolic tangent and a linear readout.
///
/// `h' = tanh(W h + U x + b)`, `y = C h' + c`, beginning at `h = 0`. `W` is `H × H`, `U` is `H × I`, `C` is `O × H`.
/// All parameters start uniform in `±1/√H`.
///
/// Source: Elman, "Finding Structure in Time", Cognitive Science 14, 1990.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TanhRnn {
    i: usize,
    h: usize,
    o: usize,
}

impl TanhRnn {
    /// A network of `inputs`, `hidden` units and `outputs`.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(inputs: usize, hidden: usize, outputs: usize) -> Result<Self, Error> {
        check_size("the number of inputs", inputs, 0, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        Ok(Self { i: inputs, h: hidden, o: outputs })
    }

    /// Offsets of U, b, C, c and the end.
    fn offsets(&self) -> [usize; 5] {
        let (i, h, o) = (self.i, self.h, self.o);
        let u = h * h;
        [u, u + h * i, u + h * i + h, u + h * i + h + o * h, u + h * i + h + o * h + o]
    }

    /// Offsets in the packed weights: U, C, Wᵀ, Cᵀ.
    fn packed(&self) -> [usize; 4] {
        let (i, h, o) = (self.i, self.h, self.o);
        [h * h, h * h + h * i, h * h + h * i + o * h, 2 * h * h + h * i + o * h]
    }
}

impl Analysed for TanhRnn {
    fn name(&self) -> &'static str {
        "tanh-rnn"
    }

    fn shape(&self) -> Shape {
        let (i, h, o) = (self.i, self.h, self.o);
        Shape {
            inputs: i,
            state: h,
            outputs: o,
            observed: 0,
            tape: 0,
            adjoint: h,
            packed: 2 * h * h + h * i + 2 * o * h,
        }
    }

    fn layout(&self) -> Layout {
        Layout::default()
            .with("W", self.h, self.h, 0.0)
            .with("U", self.h, self.i, 0.0)
            .with("b", self.h, 1, 0.0)
            .with("C", self.o, self.h, 0.0)
            .with("c", self.o, 1, 0.0)
    }

    fn next(&self, p: &[f64], x: &[f64], z: &[f64], next: &mut [f64]) {
        let [u, b, _, _, _] = self.offsets();
        for i in 0..self.h {
            let mut total = p[b + i];
            for j in 0..self.i {
                total += p[u + i * self.i + j] * x[j];
            }
            for j in 0..self.h {
                total += p[i * self.h + j] * z[j];
            }
            next[i] = Real::tanh(total);
        }
    }

    fn jacobian(&self, p: &[f64], x: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let mut next = vec![0.0; self.h];
        self.next(p, x, z, &mut next);
        for i in 0..self.h {
            let slope = 1.0 - next[i] * next[i];
            for j in 0..self.h {
                jacobian[i * self.h + j] = slope * p[i * self.h + j];
            }
        }
    }

    fn input_jacobian(&self, p: &[f64], x: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let u = self.offsets()[0];
        let mut next = vec![0.0; self.h];
        self.next(p, x, z, &mut next);
        for i in 0..self.h {
            let slope = 1.0 - next[i] * next[i];
            for j in 0..self.i {
                jacobian[i * self.i + j] = slope * p[u + i * self.i + j];
            }
        }
    }

    fn read_out_jacobian(&self, p: &[f64], jacobian: &mut [f64]) {
        let [_, _, c, bias, _] = self.offsets();
        jacobian.copy_from_slice(&p[c..bias]);
    }

    fn read_out(&self, p: &[f64], z: &[f64], y: &mut [f64]) {
        let [_, _, first, bias, _] = self.offsets();
        for i in 0..self.o {
            let mut total = p[bias + i];
            for j in 0..self.h {
                total += p[first + i * self.h + j] * z[j];
            }
            y[i] = total;
        }
    }

    fn begin(&self, _: &[f64], _: &[f64], z: &mut [f64]) {
        z.fill(0.0);
    }

    fn region(&self, _: &[f64], _: &[f64], switches: &mut Vec<bool>) -> bool {
        switches.clear();
        false
    }

    /// Not a piecewise affine cell: the map of any region is zero.
    fn affine(&self, _: &[f64], _: &[bool], a: &mut [f64], b: &mut [f64]) {
        a.fill(0.0);
        b.fill(0.0);
    }

    /// `‖W‖`, since the tangent's slope is at most 1.
    fn parameter_bound(&self, p: &[f64]) -> Option<f64> {
        Some(spectral_norm(&p[..self.h * self.h], self.h, self.h))
    }
}

impl<T: Float> Cell<T> for TanhRnn {
    fn initialise(&self, stream: &mut Stream, parameters: &mut [T]) {
        uniform(stream, 1.0 / (self.h as f64).root(), parameters);
    }

    fn pack(&self, flat: &[T], packed: &mut [T]) {
        let (i, h, o) = (self.i, self.h, self.o);
        let [u, b, c, bias, _] = self.offsets();
        let [pu, pc, pwt, pct] = self.packed();
        pack(&flat[..u], h, h, h, 1, &mut packed[..pu]);
        pack(&flat[u..b], h, i, i, 1, &mut packed[pu..pc]);
        pack(&flat[c..bias], o, h, h, 1, &mut packed[pc..pwt]);
        pack(&flat[..u], h, h, 1, h, &mut packed[pwt..pct]);
        pack(&flat[c..bias], h, o, 1, h, &mut packed[pct..]);
    }

    fn start(&self, _: Weights<T>, _: &[Block<T>], z: &mut [Block<T>]) {
        z.fill(Block::default());
    }

    fn step(&self, w: Weights<T>, x: &[Block<T>], z: &[Block<T>], _: &mut [Block<T>], next: &mut [Block<T>]) {
        let [_, b, c, _, _] = self.offsets();
        let [pu, pc, _, _] = self.packed();
        for (next, &bias) in next.iter_mut().zip(&w.flat[b..c]) {
            next.0 = [bias; LANES];
        }
        T::multiply(&w.packed[pu..pc], x, next);
        T::multiply(&w.packed[..pu], z, next);
        for block in next.iter_mut() {
            for lane in 0..LANES {
                block.0[lane] = block.0[lane].tanh();
            }
        }
    }

    fn read(&self, w: Weights<T>, z: &[Block<T>], y: &mut [Block<T>]) {
        let [_, _, _, bias, end] = self.offsets();
        let [_, pc, pwt, _] = self.packed();
        for (y, &bias) in y.iter_mut().zip(&w.flat[bias..end]) {
            y.0 = [bias; LANES];
        }
        T::multiply(&w.packed[pc..pwt], z, y);
    }

    fn read_back(&self, w: Weights<T>, dy: &[Block<T>], dz: &mut [Block<T>]) {
        T::multiply(&w.packed[self.packed()[3]..], dy, dz);
    }

    fn back(
        &self,
        w: Weights<T>,
        _: &[Block<T>],
        _: &[Block<T>],
        next: &[Block<T>],
        g: &[Block<T>],
        adjoint: &mut [Block<T>],
        dz: &mut [Block<T>],
    ) {
        for ((du, g), h) in adjoint.iter_mut().zip(g).zip(next) {
            for lane in 0..LANES {
                let h = h.0[lane];
                du.0[lane] = g.0[lane] * (T::one() - h * h);
            }
            flush(du);
        }
        dz.fill(Block::default());
        let [_, _, pwt, pct] = self.packed();
        T::multiply(&w.packed[pwt..pct], adjoint, dz);
    }

    fn gather(&self, history: History<T>, gradient: &mut [T]) {
        let (i, h, o) = (self.i, self.h, self.o);
        let [u, b, c, bias, _] = self.offsets();
        let du = Columns::all(history.adjoint_tape, h);
        let dy = Columns::all(history.output_adjoints, o);
        T::outer(du, Columns::all(history.entered, h), &mut gradient[..u]);
        if i > 0 {
            T::outer(du, Columns::all(history.inputs, i), &mut gradient[u..b]);
        }
        total(du, &mut gradient[b..c]);
        T::outer(dy, Columns::all(history.left, h), &mut gradient[c..bias]);
        total(dy, &mut gradient[bias..]);
    }

    fn jacobians(&self, w: Weights<T>, z: &[Block<T>], jacobian: &mut [Block<T>]) {
        let [_, b, _, _, _] = self.offsets();
        let h = self.h;
        for i in 0..h {
            let mut sum = [w.flat[b + i]; LANES];
            for j in 0..h {
                for lane in 0..LANES {
                    sum[lane] += w.flat[i * h + j] * z[j].0[lane];
                }
            }
            for lane in 0..LANES {
                let value = sum[lane].tanh();
                let slope = T::one() - value * value;
                for j in 0..h {
                    jacobian[i * h + j].0[lane] = slope * w.flat[i * h + j];
                }
            }
        }
    }
}
