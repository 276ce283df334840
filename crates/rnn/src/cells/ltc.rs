use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::kernel::tree;
use crate::recurrent::{Pass, Plan, Readout, Recurrent, Sizes, flushed, sigmoid};
use numerics::{Lanes, Real, Stream};

/// What the denominators are kept away from 0 by.
const EPSILON: f64 = 1e-8;

/// Liquid time-constant network with a linear readout, each step solved by several semi-implicit unfoldings.
///
/// The last of the `I` inputs is `t`, the time elapsed since the input before; `x` are the others.
/// `K v_i' = |g_i| (l_i - v_i) + Σ_j |W_ij| s_ij (E_ij - v_i)` with `s_ij = σ(S_ij (v_j - m_ij))`, and the same sum over
/// the inputs with `X`, `P`, `Q`, `R` for `W`, `S`, `m`, `E`. A step makes `n` unfoldings of
/// `v_i ← (k_i v_i + |g_i| l_i + Σ_j |W_ij| s_ij E_ij) / (k_i + |g_i| + Σ_j |W_ij| s_ij + 1e-8)`, the sums over units and
/// inputs, where `k_i = |K_i| n / (t + 1)`; it begins at `v = 0`. `y = C v' + c`.
/// `W`, `S`, `m`, `E` are `H × H`, `X`, `P`, `Q`, `R` are `H × (I-1)`.
///
/// Start: `g`, `W` and `X` uniform from 0.001 to 1, `l` in `±0.2`, `K` from 0.4 to 0.6, `S` and `P` from 3 to 8, `m` and
/// `Q` from 0.3 to 0.8, `E` and `R` ±1 by chance, `C` and `c` in `±1/√H`.
///
/// A pass back works every synapse out anew instead of keeping it, and the gradient once more.
///
/// Source: Hasani et al., "Liquid Time-constant Networks", AAAI 2021, algorithm 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Ltc {
    plan: Plan,
    i: usize,
    h: usize,
    o: usize,
    unfolds: usize,
    leak: usize,
    units: Synapses,
    inputs: Synapses,
    c: Readout,
}

/// Four matrices one behind the other: strength, slope, midpoint, reversal.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Synapses {
    at: usize,
    rows: usize,
    cols: usize,
}

/// One synapse.
#[derive(Clone, Copy, Debug)]
struct Synapse<T> {
    strength: T,
    slope: T,
    midpoint: T,
    reversal: T,
}

impl Synapses {
    fn new(plan: &mut Plan, names: [&'static str; 4], rows: usize, cols: usize) -> Self {
        let at = plan.block(names[0], rows, cols);
        names[1..].iter().for_each(|name| {
            plan.block(name, rows, cols);
        });
        Self { at, rows, cols }
    }

    #[inline(always)]
    fn place(&self, part: usize, i: usize, j: usize) -> usize {
        self.at + (part * self.rows + i) * self.cols + j
    }

    #[inline(always)]
    fn of<T: Float>(&self, flat: &[T], i: usize, j: usize) -> Synapse<T> {
        let part = |part| flat[self.place(part, i, j)];
        Synapse { strength: part(0), slope: part(1), midpoint: part(2), reversal: part(3) }
    }
}

impl<T: Float> Synapse<T> {
    /// `σ(S (v - m))`.
    #[inline(always)]
    fn open<P: Pass<T>>(self, v: P::Number) -> P::Number {
        sigmoid(P::all(self.slope) * (v - P::all(self.midpoint)))
    }

    /// What it adds to numerator and denominator.
    #[inline(always)]
    fn parts<P: Pass<T>>(self, v: P::Number) -> (P::Number, P::Number) {
        let current = P::all(self.strength.abs()) * self.open::<P>(v);
        (current * P::all(self.reversal), current)
    }

    /// The adjoint of `v` from those of numerator and denominator.
    #[inline(always)]
    fn back<P: Pass<T>>(self, v: P::Number, dn: P::Number, dd: P::Number) -> P::Number {
        let open = self.open::<P>(v);
        let ds = P::all(self.strength.abs()) * (dn * P::all(self.reversal) + dd);
        ds * open * (P::Number::one() - open) * P::all(self.slope)
    }
}

/// Sums of the four gradients of a synapse over steps and lanes.
#[derive(Clone, Copy, Debug)]
struct Sums<T>([Block<T>; 4]);

impl<T: Float> Sums<T> {
    #[inline(always)]
    fn add(&mut self, synapse: Synapse<T>, v: Block<T>, dn: Block<T>, dd: Block<T>) {
        let all = |value: T| Lanes([value; LANES]);
        let open = sigmoid(all(synapse.slope) * (v - all(synapse.midpoint)));
        let of_current = dn * all(synapse.reversal) + dd;
        let strength = all(synapse.strength.abs());
        let ds = strength * of_current * open * (Block::<T>::one() - open);
        self.0[0] += of_current * open;
        self.0[1] += ds * (v - all(synapse.midpoint));
        self.0[2] += -(ds * all(synapse.slope));
        self.0[3] += dn * strength * open;
    }

    fn write(self, synapse: Synapse<T>, synapses: Synapses, i: usize, j: usize, gradient: &mut [T]) {
        for (part, sum) in self.0.into_iter().enumerate() {
            gradient[synapses.place(part, i, j)] = tree(sum.0);
        }
        if synapse.strength < T::zero() {
            let place = synapses.place(0, i, j);
            gradient[place] = -gradient[place];
        }
    }
}

impl Ltc {
    /// A network of `inputs`, the elapsed time among them, `hidden` units and `outputs`, with `unfolds` unfoldings.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(inputs: usize, hidden: usize, outputs: usize, unfolds: usize) -> Result<Self, Error> {
        check_size("the number of inputs, the elapsed time among them,", inputs, 1, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        check_size("the number of unfoldings", unfolds, 1, 64)?;
        let mut plan = Plan::default();
        let leak = plan.block("g", hidden, 1);
        plan.block("l", hidden, 1);
        plan.block("K", hidden, 1);
        let units = Synapses::new(&mut plan, ["W", "S", "m", "E"], hidden, hidden);
        let synapses = Synapses::new(&mut plan, ["X", "P", "Q", "R"], hidden, inputs - 1);
        let c = plan.readout(hidden, outputs, true, 1.0);
        Ok(Self { plan, i: inputs, h: hidden, o: outputs, unfolds, leak, units, inputs: synapses, c })
    }

    /// Offsets in the tape: the inputs' part of the numerators, the denominators, the states between; the end.
    fn taped(&self) -> [usize; 4] {
        let (i, h, n) = (self.i, self.h, self.unfolds);
        [i, i + 2 * h, i + (2 + n) * h, i + (1 + 2 * n) * h]
    }
}

impl Recurrent for Ltc {
    fn called(&self) -> &'static str {
        "ltc"
    }

    fn sizes(&self) -> Sizes {
        let (h, n) = (self.h, self.unfolds);
        let tape = self.taped()[3];
        Sizes { inputs: self.i, state: h, outputs: self.o, tape, adjoint: (2 * n + 3) * h }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    fn parts(&self) -> Vec<(&'static str, usize)> {
        vec![("v", self.h)]
    }

    /// The tape holds the inputs with `1 / (t + 1)` in place of `t`, their parts of numerator and denominator, the
    /// denominators, and the states between the unfoldings.
    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let (h, features) = (self.h, self.i - 1);
        let [sensed, below, between, _] = self.taped();
        tape[..features].copy_from_slice(&x[..features]);
        let rate = P::Number::one() / (x[features] + P::Number::one());
        tape[features] = rate;
        let epsilon = P::Number::splat(EPSILON);
        for i in 0..h {
            let g = w.flat[self.leak + i].abs();
            let mut above = P::all(g) * P::all(w.flat[self.leak + h + i]);
            let mut under = P::all(g) + epsilon;
            for j in 0..features {
                let (n, d) = self.inputs.of(w.flat, i, j).parts::<P>(tape[j]);
                above += n;
                under += d;
            }
            tape[sensed + i] = above;
            tape[sensed + h + i] = under;
        }
        let scale = P::Number::splat(self.unfolds as f64) * rate;
        for unfold in 0..self.unfolds {
            for i in 0..h {
                let (mut above, mut under) = (tape[sensed + i], tape[sensed + h + i]);
                let own = P::all(w.flat[self.leak + 2 * h + i].abs()) * scale;
                let v = |j: usize| if unfold == 0 { z[j] } else { tape[between + (unfold - 1) * h + j] };
                for j in 0..h {
                    let (n, d) = self.units.of(w.flat, i, j).parts::<P>(v(j));
                    above += n;
                    under += d;
                }
                under += own;
                above += own * v(i);
                tape[below + unfold * h + i] = under;
                let value = above / under;
                if unfold + 1 == self.unfolds {
                    next[i] = value;
                } else {
                    tape[between + unfold * h + i] = value;
                }
            }
        }
    }

    /// Leaves, of each unfolding, the adjoints of numerators and of denominators; then those of `k` and the sums of the
    /// former two over the unfoldings.
    fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        z: &[P::Number],
        tape: &[P::Number],
        next: &[P::Number],
        g: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    ) {
        let (h, n, features) = (self.h, self.unfolds, self.i - 1);
        let [_, below, between, _] = self.taped();
        let scale = P::Number::splat(n as f64) * tape[features];
        let (parts, sums) = adjoint.split_at_mut(2 * n * h);
        sums.fill(P::Number::zero());
        dz.copy_from_slice(g);
        for unfold in (0..n).rev() {
            let before = if unfold == 0 { z } else { &tape[between + (unfold - 1) * h..][..h] };
            let after = if unfold + 1 == n { next } else { &tape[between + unfold * h..][..h] };
            let (dn, dd) = parts[2 * unfold * h..][..2 * h].split_at_mut(h);
            for i in 0..h {
                dn[i] = dz[i] / tape[below + unfold * h + i];
                dd[i] = -(dn[i] * after[i]);
            }
            flushed::<T, P>(dn);
            flushed::<T, P>(dd);
            for i in 0..h {
                let own = P::all(w.flat[self.leak + 2 * h + i].abs()) * scale;
                dz[i] = dn[i] * own;
                sums[i] += dn[i] * before[i] + dd[i];
                sums[h + i] += dn[i];
                sums[2 * h + i] += dd[i];
            }
            for i in 0..h {
                for j in 0..h {
                    dz[j] += self.units.of(w.flat, i, j).back::<P>(before[j], dn[i], dd[i]);
                }
            }
        }
    }

    fn input_backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        tape: &[P::Number],
        adjoint: &[P::Number],
        dx: &mut [P::Number],
    ) {
        let (h, features) = (self.h, self.i - 1);
        let sums = &adjoint[2 * self.unfolds * h..];
        dx.fill(P::Number::zero());
        let rate = tape[features];
        // k = |K| n / (t + 1), whose slope in t is -k / (t + 1).
        let slope = -(P::Number::splat(self.unfolds as f64) * rate * rate);
        for i in 0..h {
            for j in 0..features {
                let (dn, dd) = (sums[h + i], sums[2 * h + i]);
                dx[j] += self.inputs.of(w.flat, i, j).back::<P>(tape[j], dn, dd);
            }
            dx[features] += sums[i] * P::all(w.flat[self.leak + 2 * h + i].abs()) * slope;
        }
    }

    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]) {
        let (h, n, features) = (self.h, self.unfolds, self.i - 1);
        let Sizes { tape: tape_width, adjoint: width, .. } = self.sizes();
        let between = self.taped()[2];
        let rows = || {
            let tapes = history.tape.chunks_exact(tape_width);
            history.entered.chunks_exact(h).zip(tapes).zip(history.adjoint_tape.chunks_exact(width))
        };
        for i in 0..h {
            let mut own = [Block::<T>::default(); 3];
            for ((_, tape), adjoint) in rows() {
                let sums = &adjoint[2 * n * h..];
                let (dn, dd) = (sums[h + i], sums[2 * h + i]);
                own[0] += dn * Lanes([flat[self.leak + h + i]; LANES]) + dd;
                own[1] += dn;
                own[2] += sums[i] * tape[features];
            }
            let [g, k] = [0, 2].map(|part| flat[self.leak + part * h + i]);
            let signed = |value: T, of: T| if of < T::zero() { -value } else { value };
            gradient[self.leak + i] = signed(tree(own[0].0), g);
            gradient[self.leak + h + i] = tree(own[1].0) * g.abs();
            gradient[self.leak + 2 * h + i] = signed(tree(own[2].0) * T::of(n as f64), k);
            for j in 0..h {
                let synapse = self.units.of(flat, i, j);
                let mut sums = Sums([Block::default(); 4]);
                for ((entered, tape), adjoint) in rows() {
                    for unfold in 0..n {
                        let v = if unfold == 0 { entered[j] } else { tape[between + (unfold - 1) * h + j] };
                        let parts = &adjoint[2 * unfold * h..];
                        sums.add(synapse, v, parts[i], parts[h + i]);
                    }
                }
                sums.write(synapse, self.units, i, j, gradient);
            }
            for j in 0..features {
                let synapse = self.inputs.of(flat, i, j);
                let mut sums = Sums([Block::default(); 4]);
                for ((_, tape), adjoint) in rows() {
                    let adjoint = &adjoint[2 * n * h..];
                    sums.add(synapse, tape[j], adjoint[h + i], adjoint[2 * h + i]);
                }
                sums.write(synapse, self.inputs, i, j, gradient);
            }
        }
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        let h = self.h;
        let mut at = self.leak;
        let mut next = |count: usize, draw: &mut dyn FnMut() -> f64| {
            parameters[at..at + count].iter_mut().for_each(|p| *p = T::of(draw()));
            at += count;
        };
        next(h, &mut || stream.between(0.001, 1.0));
        next(h, &mut || stream.between(-0.2, 0.2));
        next(h, &mut || stream.between(0.4, 0.6));
        for count in [h * h, h * (self.i - 1)] {
            next(count, &mut || stream.between(0.001, 1.0));
            next(count, &mut || stream.between(3.0, 8.0));
            next(count, &mut || stream.between(0.3, 0.8));
            next(count, &mut || if stream.below(2) == 0 { -1.0 } else { 1.0 });
        }
        uniform(stream, 1.0 / (h as f64).root(), &mut parameters[at..]);
    }
}
