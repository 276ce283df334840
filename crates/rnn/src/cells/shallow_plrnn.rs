use crate::cell::{
    Analysed, Cell, History, Layout, Shape, Weights, check_size, diagonal_start, largest, uniform,
};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::kernel::{Columns, diagonal, flush, pack, total};
use numerics::Stream;
use numerics::dense::spectral_norm;

/// Shallow piecewise linear recurrent network.
///
/// `z' = A∘z + W1 relu(W2 z + h2) + h1`, or clipped, with bounded orbits wherever all `|A_i| < 1`:
/// `z' = A∘z + W1 [relu(W2 z + h2) - relu(W2 z)] + h1`.
/// `A`, `h1` have length `M`, `h2` length `L`, `W1` is `M × L`, `W2` is `L × M`. The first `N` state units are the
/// observations, the others begin at 0.
///
/// Start: `A = diag(K/λ_max(K))`, `K = RᵀR/M + I` with `R` standard normal; `W1` uniform in `±1/√L`, `W2` in
/// `±1/√M`; `h1 = 0`; `h2 = 0`, or uniform in `±1/√L` when clipped.
///
/// Source: Hess, Monfared, Brenner and Durstewitz, "Generalized Teacher Forcing for Learning Chaotic Dynamics",
/// ICML 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShallowPlrnn {
    m: usize,
    l: usize,
    n: usize,
    clipped: bool,
}

impl ShallowPlrnn {
    /// A network of `latent` state and `hidden` units of which the first `observed` states are the data.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(latent: usize, hidden: usize, observed: usize, clipped: bool) -> Result<Self, Error> {
        check_size("the number of state units", latent, 1, 512)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of observed units", observed, 1, latent)?;
        Ok(Self { m: latent, l: hidden, n: observed, clipped })
    }

    /// Offsets of W1, W2, h1, h2 and the end.
    fn offsets(&self) -> [usize; 5] {
        let (m, l) = (self.m, self.l);
        [m, m + m * l, m + 2 * m * l, 2 * m + 2 * m * l, 2 * m + 2 * m * l + l]
    }

    /// The slope of hidden unit `k` with pre-activation `u` (without bias).
    fn slope(&self, u: f64, bias: f64) -> f64 {
        let rectified = if u + bias > 0.0 { 1.0 } else { 0.0 };
        if self.clipped && u > 0.0 { rectified - 1.0 } else { rectified }
    }

    fn drive(&self, p: &[f64], z: &[f64], k: usize) -> f64 {
        let w2 = &p[self.offsets()[1] + k * self.m..][..self.m];
        let mut u = 0.0;
        for j in 0..self.m {
            u += w2[j] * z[j];
        }
        u
    }
}

impl Analysed for ShallowPlrnn {
    fn name(&self) -> &'static str {
        if self.clipped { "clipped-shallow-plrnn" } else { "shallow-plrnn" }
    }

    fn shape(&self) -> Shape {
        Shape {
            inputs: 0,
            state: self.m,
            outputs: self.n,
            observed: self.n,
            tape: 2 * self.l,
            adjoint: if self.clipped { 2 * self.l } else { self.l },
            packed: 4 * self.m * self.l,
        }
    }

    fn layout(&self) -> Layout {
        Layout::default()
            .with("A", self.m, 1, 1.0)
            .with("W1", self.m, self.l, 0.0)
            .with("W2", self.l, self.m, 0.0)
            .with("h1", self.m, 1, 0.0)
            .with("h2", self.l, 1, 0.0)
    }

    fn next(&self, p: &[f64], _: &[f64], z: &[f64], next: &mut [f64]) {
        let [w1, _, h1, h2, _] = self.offsets();
        for i in 0..self.m {
            next[i] = p[i] * z[i] + p[h1 + i];
        }
        for k in 0..self.l {
            let u = self.drive(p, z, k);
            let v = u + p[h2 + k];
            let mut active = if v > 0.0 { v } else { 0.0 };
            if self.clipped {
                active -= if u > 0.0 { u } else { 0.0 };
            }
            for i in 0..self.m {
                next[i] += p[w1 + i * self.l + k] * active;
            }
        }
    }

    fn jacobian(&self, p: &[f64], _: &[f64], z: &[f64], jacobian: &mut [f64]) {
        let [w1, w2, _, h2, _] = self.offsets();
        let m = self.m;
        jacobian.fill(0.0);
        for i in 0..m {
            jacobian[i * m + i] = p[i];
        }
        for k in 0..self.l {
            let slope = self.slope(self.drive(p, z, k), p[h2 + k]);
            if slope != 0.0 {
                for i in 0..m {
                    let factor = p[w1 + i * self.l + k] * slope;
                    for j in 0..m {
                        jacobian[i * m + j] += factor * p[w2 + k * m + j];
                    }
                }
            }
        }
    }

    fn read_out(&self, _: &[f64], z: &[f64], y: &mut [f64]) {
        y.copy_from_slice(&z[..self.n]);
    }

    fn begin(&self, _: &[f64], y: &[f64], z: &mut [f64]) {
        z.fill(0.0);
        z[..self.n].copy_from_slice(&y[..self.n]);
    }

    fn region(&self, p: &[f64], z: &[f64], switches: &mut Vec<bool>) -> bool {
        let h2 = self.offsets()[3];
        switches.clear();
        switches.extend((0..self.l).map(|k| self.drive(p, z, k) + p[h2 + k] > 0.0));
        if self.clipped {
            switches.extend((0..self.l).map(|k| self.drive(p, z, k) > 0.0));
        }
        true
    }

    /// Switches: `W2 z + h2 > 0` for each hidden unit; then, when clipped, `W2 z > 0` for each.
    fn affine(&self, p: &[f64], switches: &[bool], a: &mut [f64], b: &mut [f64]) {
        let [w1, w2, h1, h2, _] = self.offsets();
        let (m, l) = (self.m, self.l);
        a.fill(0.0);
        for i in 0..m {
            a[i * m + i] = p[i];
            b[i] = p[h1 + i];
        }
        for k in 0..l {
            let on = switches.get(k).copied().unwrap_or(false);
            let off = self.clipped && switches.get(l + k).copied().unwrap_or(false);
            let slope = f64::from(u8::from(on)) - f64::from(u8::from(off));
            for i in 0..m {
                let weight = p[w1 + i * l + k];
                for j in 0..m {
                    a[i * m + j] += weight * slope * p[w2 + k * m + j];
                }
                if on {
                    b[i] += weight * p[h2 + k];
                }
            }
        }
    }

    /// `max|A| + ‖W1‖ ‖W2‖`.
    fn parameter_bound(&self, p: &[f64]) -> Option<f64> {
        let [w1, w2, h1, _, _] = self.offsets();
        let first = spectral_norm(&p[w1..w2], self.m, self.l);
        let second = spectral_norm(&p[w2..h1], self.l, self.m);
        Some(largest(&p[..self.m]) + first * second)
    }
}

impl<T: Float> Cell<T> for ShallowPlrnn {
    fn initialise(&self, stream: &mut Stream, parameters: &mut [T]) {
        let [w1, w2, h1, h2, _] = self.offsets();
        for (p, value) in parameters.iter_mut().zip(diagonal_start(stream, self.m)) {
            *p = T::of(value);
        }
        let narrow = 1.0 / (self.l as f64).root();
        uniform(stream, narrow, &mut parameters[w1..w2]);
        uniform(stream, 1.0 / (self.m as f64).root(), &mut parameters[w2..h1]);
        parameters[h1..h2].fill(T::zero());
        if self.clipped {
            uniform(stream, narrow, &mut parameters[h2..]);
        } else {
            parameters[h2..].fill(T::zero());
        }
    }

    fn pack(&self, flat: &[T], packed: &mut [T]) {
        let [w1, w2, h1, _, _] = self.offsets();
        let (m, l) = (self.m, self.l);
        let size = m * l;
        pack(&flat[w1..w2], m, l, l, 1, &mut packed[..size]);
        pack(&flat[w2..h1], l, m, m, 1, &mut packed[size..2 * size]);
        pack(&flat[w1..w2], l, m, 1, l, &mut packed[2 * size..3 * size]);
        pack(&flat[w2..h1], m, l, 1, m, &mut packed[3 * size..]);
    }

    fn start(&self, _: Weights<T>, y: &[Block<T>], z: &mut [Block<T>]) {
        z.fill(Block::default());
        z[..self.n].copy_from_slice(y);
    }

    fn step(
        &self,
        w: Weights<T>,
        _: &[Block<T>],
        z: &[Block<T>],
        tape: &mut [Block<T>],
        next: &mut [Block<T>],
    ) {
        let [_, _, h1, h2, end] = self.offsets();
        let size = self.m * self.l;
        let (drive, active) = tape.split_at_mut(self.l);
        drive.fill(Block::default());
        T::multiply(&w.packed[size..2 * size], z, drive);
        for ((u, a), &bias) in drive.iter().zip(active.iter_mut()).zip(&w.flat[h2..end]) {
            for lane in 0..LANES {
                let (u, v) = (u.0[lane], u.0[lane] + bias);
                let on = if v > T::zero() { v } else { T::zero() };
                a.0[lane] = if self.clipped { on - if u > T::zero() { u } else { T::zero() } } else { on };
            }
        }
        for i in 0..self.m {
            let (a, h) = (w.flat[i], w.flat[h1 + i]);
            for lane in 0..LANES {
                next[i].0[lane] = a * z[i].0[lane] + h;
            }
        }
        T::multiply(&w.packed[..size], active, next);
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
        _: &[Block<T>],
        tape: &[Block<T>],
        _: &[Block<T>],
        g: &[Block<T>],
        adjoint: &mut [Block<T>],
        dz: &mut [Block<T>],
    ) {
        let [_, _, _, h2, end] = self.offsets();
        let size = self.m * self.l;
        let drive = &tape[..self.l];
        // du goes through the whole unit, dv through the rectifier that has the bias; they are one when not clipped.
        let (du, dv) = adjoint.split_at_mut(self.l);
        du.fill(Block::default());
        T::multiply(&w.packed[2 * size..3 * size], g, du);
        if self.clipped {
            for (((du, dv), u), &bias) in du.iter_mut().zip(dv).zip(drive).zip(&w.flat[h2..end]) {
                for lane in 0..LANES {
                    let (u, value) = (u.0[lane], du.0[lane]);
                    let on = if u + bias > T::zero() { value } else { T::zero() };
                    let off = if u > T::zero() { value } else { T::zero() };
                    dv.0[lane] = on;
                    du.0[lane] = on - off;
                }
            }
        } else {
            for ((du, u), &bias) in du.iter_mut().zip(drive).zip(&w.flat[h2..end]) {
                for lane in 0..LANES {
                    let on = u.0[lane] + bias > T::zero();
                    du.0[lane] = if on { du.0[lane] } else { T::zero() };
                }
            }
        }
        for block in du.iter_mut() {
            flush(block);
        }
        for i in 0..self.m {
            let a = w.flat[i];
            for lane in 0..LANES {
                dz[i].0[lane] = a * g[i].0[lane];
            }
        }
        T::multiply(&w.packed[3 * size..], du, dz);
    }

    fn gather(&self, h: History<T>, gradient: &mut [T]) {
        let [w1, w2, h1, h2, _] = self.offsets();
        let (m, l) = (self.m, self.l);
        let g = Columns::all(h.adjoints, m);
        let z = Columns::all(h.entered, m);
        let width = self.shape().adjoint;
        let du = Columns::new(h.adjoint_tape, width, 0, l);
        let dv = Columns::new(h.adjoint_tape, width, width - l, l);
        diagonal(g, z, &mut gradient[..w1]);
        T::outer(g, Columns::new(h.tape, 2 * l, l, l), &mut gradient[w1..w2]);
        T::outer(du, z, &mut gradient[w2..h1]);
        total(g, &mut gradient[h1..h2]);
        total(dv, &mut gradient[h2..]);
    }

    fn jacobians(&self, w: Weights<T>, z: &[Block<T>], jacobian: &mut [Block<T>]) {
        let [w1, w2, _, h2, _] = self.offsets();
        let (m, l) = (self.m, self.l);
        jacobian.fill(Block::default());
        for i in 0..m {
            jacobian[i * m + i] = numerics::Lanes([w.flat[i]; LANES]);
        }
        for k in 0..l {
            let row = &w.flat[w2 + k * m..][..m];
            let mut slope = [T::zero(); LANES];
            for (&weight, z) in row.iter().zip(z) {
                for lane in 0..LANES {
                    slope[lane] += weight * z.0[lane];
                }
            }
            let bias = w.flat[h2 + k];
            for lane in 0..LANES {
                let u = slope[lane];
                let on = if u + bias > T::zero() { T::one() } else { T::zero() };
                let off = if self.clipped && u > T::zero() { T::one() } else { T::zero() };
                slope[lane] = on - off;
            }
            for i in 0..m {
                let weight = w.flat[w1 + i * l + k];
                for j in 0..m {
                    let product = weight * row[j];
                    let entry = &mut jacobian[i * m + j].0;
                    for lane in 0..LANES {
                        entry[lane] += product * slope[lane];
                    }
                }
            }
        }
    }
}
