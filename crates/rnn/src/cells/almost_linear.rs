use crate::cell::{
    Analysed, Cell, History, Layout, Shape, Weights, check_size, diagonal_start, largest, uniform,
};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::kernel::{Columns, diagonal, flush, pack, total};
use numerics::Stream;
use numerics::dense::spectral_norm;

/// Almost-linear recurrent network.
///
/// `z' = A∘z + W Φ(z) + h`, where `Φ` rectifies the last `P` of the `M` units and leaves the others as they are.
/// `A`, `h` have length `M`, `W` is `M × M`. The first `N` units are the observations `x`; the others begin at
/// `B x_1`, `B` of shape `(M-N) × N`.
///
/// Start: `A` as [`super::ShallowPlrnn`]; `W` normal with standard deviation 0.01; `h = 0`; `B` uniform in `±1/√N`.
///
/// Source: Brenner, Hemmer, Monfared and Durstewitz, "Almost-Linear RNNs Yield Highly Interpretable Symbolic Codes
/// in Dynamical Systems Reconstruction", NeurIPS 2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlmostLinear {
    m: usize,
    p: usize,
    n: usize,
}

impl AlmostLinear {
    /// A network of `latent` units, the last `rectified` of them rectified and the first `observed` the data.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(latent: usize, rectified: usize, observed: usize) -> Result<Self, Error> {
        check_size("the number of state units", latent, 1, 512)?;
        check_size("the number of rectified units", rectified, 0, latent)?;
        check_size("the number of observed units", observed, 1, latent)?;
        Ok(Self { m: latent, p: rectified, n: observed })
    }

    /// Offsets of W, h, B and the end.
    fn offsets(&self) -> [usize; 4] {
        let m = self.m;
        [m, m + m * m, 2 * m + m * m, 2 * m + m * m + (m - self.n) * self.n]
    }

    fn rectified(&self, unit: usize) -> bool {
        unit >= self.m - self.p
    }
}

impl Analysed for AlmostLinear {
    fn name(&self) -> &'static str {
        "almost-linear-rnn"
    }

    fn shape(&self) -> Shape {
        Shape {
            inputs: 0,
            state: self.m,
            outputs: self.n,
            observed: self.n,
            tape: self.m,
            adjoint: 0,
            packed: 2 * self.m * self.m,
        }
    }

    fn layout(&self) -> Layout {
        Layout::default()
            .with("A", self.m, 1, 1.0)
            .with("W", self.m, self.m, 0.0)
            .with("h", self.m, 1, 0.0)
            .with("B", self.m - self.n, self.n, 0.0)
    }

    fn next(&self, p: &[f64], _: &[f64], z: &[f64], next: &mut [f64]) {
        let [w, h, _, _] = self.offsets();
        for i in 0..self.m {
            let mut total = p[i] * z[i] + p[h + i];
            for j in 0..self.m {
                let on = !self.rectified(j) || z[j] > 0.0;
                total += p[w + i * self.m + j] * if on { z[j] } else { 0.0 };
            }
            next[i] = total;
        }
    }

    fn jacobian(&self, p: &[f64], _: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let w = self.offsets()[0];
        for i in 0..self.m {
            for j in 0..self.m {
                let on = !self.rectified(j) || z[j] > 0.0;
                jacobian[i * self.m + j] =
                    if on { p[w + i * self.m + j] } else { 0.0 } + if i == j { p[i] } else { 0.0 };
            }
        }
    }

    fn read_out(&self, _: &[f64], z: &[f64], y: &mut [f64]) {
        y.copy_from_slice(&z[..self.n]);
    }

    fn begin(&self, p: &[f64], y: &[f64], z: &mut [f64]) {
        let b = self.offsets()[2];
        z[..self.n].copy_from_slice(&y[..self.n]);
        for i in 0..self.m - self.n {
            let mut total = 0.0;
            for j in 0..self.n {
                total += p[b + i * self.n + j] * y[j];
            }
            z[self.n + i] = total;
        }
    }

    fn region(&self, _: &[f64], z: &[f64], switches: &mut Vec<bool>) -> bool {
        switches.clear();
        switches.extend(z[self.m - self.p..].iter().map(|&v| v > 0.0));
        true
    }

    fn affine(&self, p: &[f64], switches: &[bool], a: &mut [f64], b: &mut [f64]) {
        let [w, h, _, _] = self.offsets();
        let first = self.m - self.p;
        for i in 0..self.m {
            b[i] = p[h + i];
            for j in 0..self.m {
                let on = j < first || switches.get(j - first).copied().unwrap_or(false);
                a[i * self.m + j] =
                    if on { p[w + i * self.m + j] } else { 0.0 } + if i == j { p[i] } else { 0.0 };
            }
        }
    }

    /// `max|A| + ‖W‖`.
    fn parameter_bound(&self, p: &[f64]) -> Option<f64> {
        let [w, h, _, _] = self.offsets();
        Some(largest(&p[..self.m]) + spectral_norm(&p[w..h], self.m, self.m))
    }
}

impl<T: Float> Cell<T> for AlmostLinear {
    fn initialise(&self, stream: &mut Stream, parameters: &mut [T]) {
        let [w, h, b, _] = self.offsets();
        for (p, value) in parameters.iter_mut().zip(diagonal_start(stream, self.m)) {
            *p = T::of(value);
        }
        for p in &mut parameters[w..h] {
            *p = T::of(0.01 * stream.normal());
        }
        parameters[h..b].fill(T::zero());
        uniform(stream, 1.0 / (self.n as f64).root(), &mut parameters[b..]);
    }

    fn pack(&self, flat: &[T], packed: &mut [T]) {
        let [w, h, _, _] = self.offsets();
        let m = self.m;
        let (forward, backward) = packed.split_at_mut(m * m);
        pack(&flat[w..h], m, m, m, 1, forward);
        pack(&flat[w..h], m, m, 1, m, backward);
    }

    fn start(&self, w: Weights<T>, y: &[Block<T>], z: &mut [Block<T>]) {
        let b = self.offsets()[2];
        z.fill(Block::default());
        z[..self.n].copy_from_slice(y);
        for i in 0..self.m - self.n {
            for j in 0..self.n {
                let weight = w.flat[b + i * self.n + j];
                for lane in 0..LANES {
                    z[self.n + i].0[lane] += weight * y[j].0[lane];
                }
            }
        }
    }

    fn step(
        &self,
        w: Weights<T>,
        _: &[Block<T>],
        z: &[Block<T>],
        tape: &mut [Block<T>],
        next: &mut [Block<T>],
    ) {
        let [_, h, _, _] = self.offsets();
        tape.copy_from_slice(z);
        for block in &mut tape[self.m - self.p..] {
            for lane in 0..LANES {
                let value = block.0[lane];
                block.0[lane] = if value > T::zero() { value } else { T::zero() };
            }
        }
        for i in 0..self.m {
            let (a, h) = (w.flat[i], w.flat[h + i]);
            for lane in 0..LANES {
                next[i].0[lane] = a * z[i].0[lane] + h;
            }
        }
        T::multiply(&w.packed[..self.m * self.m], tape, next);
    }

    fn read(&self, _: Weights<T>, z: &[Block<T>], y: &mut [Block<T>]) {
        y.copy_from_slice(&z[..self.n]);
    }

    fn read_back(&self, _: Weights<T>, dy: &[Block<T>], dz: &mut [Block<T>]) {
        for (dz, &dy) in dz.iter_mut().zip(dy) {
            *dz += dy;
        }
    }

    fn back(
        &self,
        w: Weights<T>,
        z: &[Block<T>],
        _: &[Block<T>],
        _: &[Block<T>],
        g: &[Block<T>],
        _: &mut [Block<T>],
        dz: &mut [Block<T>],
    ) {
        dz.fill(Block::default());
        T::multiply(&w.packed[self.m * self.m..], g, dz);
        for j in self.m - self.p..self.m {
            for lane in 0..LANES {
                let on = z[j].0[lane] > T::zero();
                dz[j].0[lane] = if on { dz[j].0[lane] } else { T::zero() };
            }
        }
        for i in 0..self.m {
            let a = w.flat[i];
            for lane in 0..LANES {
                dz[i].0[lane] += a * g[i].0[lane];
            }
            flush(&mut dz[i]);
        }
    }

    fn gather(&self, history: History<T>, gradient: &mut [T]) {
        let [w, h, b, _] = self.offsets();
        let m = self.m;
        let g = Columns::all(history.adjoints, m);
        diagonal(g, Columns::all(history.entered, m), &mut gradient[..w]);
        T::outer(g, Columns::all(history.tape, m), &mut gradient[w..h]);
        total(g, &mut gradient[h..b]);
        let hidden = Columns::new(history.start_adjoints, m, self.n, m - self.n);
        T::outer(hidden, Columns::all(history.start, self.n), &mut gradient[b..]);
    }

    fn jacobians(&self, w: Weights<T>, z: &[Block<T>], jacobian: &mut [Block<T>]) {
        let [first, _, _, _] = self.offsets();
        let m = self.m;
        for i in 0..m {
            for j in 0..m {
                let weight = w.flat[first + i * m + j];
                let own = if i == j { w.flat[i] } else { T::zero() };
                for lane in 0..LANES {
                    let on = !self.rectified(j) || z[j].0[lane] > T::zero();
                    jacobian[i * m + j].0[lane] = if on { weight } else { T::zero() } + own;
                }
            }
        }
    }
}
