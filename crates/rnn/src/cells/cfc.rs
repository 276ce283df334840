use super::lstm::Memory;
use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Columns, total};
use crate::recurrent::{Form, Matrix, Pass, Plan, Readout, Recurrent, Sizes, fill, flushed, sigmoid};
use numerics::{Real, Stream};

/// What a closed-form continuous cell makes of its backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CfcForm {
    /// `h' = g₁∘(1-s) + g₂∘s`.
    Full,
    /// `h' = g₁ + g₂∘s`.
    NoGate,
    /// The direct solution `h' = A - A∘exp(-t (|τ| + |f|))∘f`, `f` linear in the backbone.
    Minimal,
    /// An LSTM's step first, then the full cell from its hidden units; the state is `[h; c]`.
    Mixed,
}

/// Slope and height of the backbone's tangent (LeCun, "Efficient BackProp", 1998, with the slope 0.666 of the authors'
/// code).
const SLOPE: f64 = 0.666;
const HEIGHT: f64 = 1.7159;

/// Closed-form continuous-time cell with a linear readout.
///
/// The last of the `I` inputs is `t`, the time elapsed since the input before; `x` are the others.
/// `z = 1.7159 tanh(0.666 (W h + U x + b))` is the backbone of `B` units; from it
/// `g₁ = tanh(F₁ z + f₁)`, `g₂ = tanh(F₂ z + f₂)` and `s = σ((F₃ z + f₃) t + F₄ z + f₄)` give the new state as
/// [`CfcForm`] says, beginning at 0. `y = C h' + c`.
///
/// `W` is `B × H`, `U` is `B × (I-1)`; `F` (`4H × B`) and `f` hold the heads one below the other, or `F₁` and `f₁` alone
/// beside `τ` and `A` (`H` each) in the minimal form; the mixed form has an LSTM's `R`, `V` and `d` as
/// [`Lstm`](super::Lstm) has `W`, `U` and `b`. Weights start uniform in `±1/√n` of their number of columns, biases in
/// that of the weights they stand beside, `τ` at 0, `A` at 1, the LSTM's and `C` and `c` in `±1/√H`.
///
/// Source: Hasani et al., "Closed-form Continuous-time Neural Networks", Nature Machine Intelligence 4, 2022,
/// equations 10 and 5.
#[derive(Clone, Debug, PartialEq)]
pub struct Cfc {
    plan: Plan,
    i: usize,
    h: usize,
    o: usize,
    backbone: usize,
    form: CfcForm,
    memory: Option<Memory>,
    w: Matrix,
    u: Matrix,
    b: usize,
    heads: Matrix,
    f: usize,
    direct: usize,
    c: Readout,
}

impl Cfc {
    /// A network of `inputs`, the elapsed time among them, `hidden` units, `backbone` units and `outputs`.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        backbone: usize,
        form: CfcForm,
    ) -> Result<Self, Error> {
        check_size("the number of inputs, the elapsed time among them,", inputs, 1, usize::MAX)?;
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of outputs", outputs, 1, usize::MAX)?;
        check_size("the number of backbone units", backbone, 1, usize::MAX)?;
        let (h, features) = (hidden, inputs - 1);
        let mut plan = Plan::default();
        let memory =
            (form == CfcForm::Mixed).then(|| Memory::new(&mut plan, ["R", "V", "d"], features, hidden));
        let w = plan.matrix("W", backbone, h, Form::Plain);
        let u = plan.matrix("U", backbone, features, Form::Plain);
        let b = plan.block("b", backbone, 1);
        let count = if form == CfcForm::Minimal { 1 } else { 4 };
        let heads = plan.matrix("F", count * h, backbone, Form::Plain);
        let f = plan.block("f", count * h, 1);
        let mut direct = f + count * h;
        if form == CfcForm::Minimal {
            direct = plan.block("τ", h, 1);
            plan.block("A", h, 1);
        }
        let c = plan.readout(h, outputs, true, 1.0);
        Ok(Self { plan, i: inputs, h, o: outputs, backbone, form, memory, w, u, b, heads, f, direct, c })
    }

    /// Where the heads and the memory stand in the tape, behind the elapsed time and the backbone; its end.
    fn taped(&self) -> [usize; 3] {
        let heads = 1 + self.backbone;
        let memory = heads + if self.form == CfcForm::Minimal { 2 } else { 4 } * self.h;
        [heads, memory, memory + if self.memory.is_some() { 6 * self.h } else { 0 }]
    }

    /// The same for the adjoints, behind the backbone's.
    fn adjoints(&self) -> [usize; 3] {
        let heads = self.backbone;
        let memory = heads + 4 * self.h;
        [heads, memory, memory + if self.memory.is_some() { 5 * self.h } else { 0 }]
    }
}

impl Recurrent for Cfc {
    fn called(&self) -> &'static str {
        match self.form {
            CfcForm::Full => "cfc",
            CfcForm::NoGate => "cfc-no-gate",
            CfcForm::Minimal => "cfc-minimal",
            CfcForm::Mixed => "cfc-mixed",
        }
    }

    fn sizes(&self) -> Sizes {
        let state = if self.memory.is_some() { 2 * self.h } else { self.h };
        let (tape, adjoint) = (self.taped()[2], self.adjoints()[2]);
        Sizes { inputs: self.i, state, outputs: self.o, tape, adjoint }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    fn parts(&self) -> Vec<(&'static str, usize)> {
        self.memory.map_or(vec![("h", self.h)], |_| vec![("h", self.h), ("c", self.h)])
    }

    /// The tape holds `t`, the backbone, the heads (`g₁`, `g₂`, `F₃ z + f₃`, `s`; or `f` and the exponential), and what
    /// the memory left behind its hidden units.
    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let h = self.h;
        let [at, memory, _] = self.taped();
        let (x, t) = (&x[..self.i - 1], x[self.i - 1]);
        tape[0] = t;
        let (front, middle) = tape.split_at_mut(memory);
        let hidden = match self.memory {
            Some(memory) => {
                let (hidden, rest) = middle.split_at_mut(h);
                memory.forward::<T, P>(w, x, z, rest, hidden, &mut next[h..]);
                &*hidden
            }
            None => z,
        };
        let (front, heads) = front.split_at_mut(at);
        let backbone = &mut front[1..];
        fill::<T, P>(Some(self.b), w, backbone);
        P::product(self.u, w, x, backbone);
        P::product(self.w, w, hidden, backbone);
        let (slope, height) = (P::Number::splat(SLOPE), P::Number::splat(HEIGHT));
        backbone.iter_mut().for_each(|b| *b = height * (slope * *b).tanh());
        let count = self.heads.rows();
        fill::<T, P>(Some(self.f), w, &mut heads[..count]);
        P::product(self.heads, w, backbone, &mut heads[..count]);
        if self.form == CfcForm::Minimal {
            let (f, fallen) = heads.split_at_mut(h);
            for k in 0..h {
                let leak = P::all(w.flat[self.direct + k].abs());
                let target = P::all(w.flat[self.direct + h + k]);
                fallen[k] = (-(t * (leak + f[k].abs()))).exp();
                next[k] = target - target * fallen[k] * f[k];
            }
            return;
        }
        let one = P::Number::one();
        let (g1, rest) = heads.split_at_mut(h);
        let (g2, rest) = rest.split_at_mut(h);
        let (a, s) = rest.split_at_mut(h);
        for k in 0..h {
            g1[k] = g1[k].tanh();
            g2[k] = g2[k].tanh();
            s[k] = sigmoid(a[k] * t + s[k]);
            let kept = if self.form == CfcForm::NoGate { g1[k] } else { g1[k] * (one - s[k]) };
            next[k] = kept + g2[k] * s[k];
        }
    }

    /// Leaves the adjoints of the backbone's drive, of the heads (or of `f`, `A`, `|τ|` and the part of `t`), of the
    /// memory's drives and of its hidden units.
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
        let [at, memory, _] = self.taped();
        let t = tape[0];
        let (backbone, heads, left) = (&tape[1..at], &tape[at..memory], &tape[memory..]);
        let [from, to, _] = self.adjoints();
        let (du, rest) = adjoint.split_at_mut(from);
        let (dheads, of_memory) = rest.split_at_mut(to - from);
        if self.form == CfcForm::Minimal {
            for k in 0..h {
                let leak = w.flat[self.direct + k];
                let target = P::all(w.flat[self.direct + h + k]);
                let (f, fallen) = (heads[k], heads[h + k]);
                let away = g[k] * target * fallen;
                dheads[k] = away * (t * f.abs() - one);
                dheads[h + k] = g[k] * (one - fallen * f);
                let faster = away * f;
                dheads[2 * h + k] = if leak < T::zero() { -(faster * t) } else { faster * t };
                dheads[3 * h + k] = faster * (P::all(leak.abs()) + f.abs());
            }
        } else {
            for k in 0..h {
                let (g1, g2, s) = (heads[k], heads[h + k], heads[3 * h + k]);
                let gated = self.form != CfcForm::NoGate;
                let kept = if gated { g[k] * (one - s) } else { g[k] };
                let apart = if gated { g2 - g1 } else { g2 };
                dheads[k] = kept * (one - g1 * g1);
                dheads[h + k] = g[k] * s * (one - g2 * g2);
                let ds = g[k] * apart * s * (one - s);
                dheads[2 * h + k] = ds * t;
                dheads[3 * h + k] = ds;
            }
        }
        flushed::<T, P>(dheads);
        du.fill(P::Number::zero());
        P::transposed(self.heads, w, &dheads[..self.heads.rows()], du);
        let (slope, height) = (P::Number::splat(SLOPE * HEIGHT), P::Number::splat(SLOPE / HEIGHT));
        for (du, &b) in du.iter_mut().zip(backbone) {
            *du *= slope - height * b * b;
        }
        flushed::<T, P>(du);
        match self.memory {
            Some(memory) => {
                let (of_hidden, drives) = of_memory.split_at_mut(h);
                of_hidden.fill(P::Number::zero());
                P::transposed(self.w, w, du, of_hidden);
                memory.backward::<T, P>(w, z, &left[h..], of_hidden, &g[h..], drives, dz);
            }
            None => {
                dz.fill(P::Number::zero());
                P::transposed(self.w, w, du, dz);
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
        let h = self.h;
        let [from, to, _] = self.adjoints();
        let (features, elapsed) = dx.split_at_mut(self.i - 1);
        features.fill(P::Number::zero());
        P::transposed(self.u, w, &adjoint[..from], features);
        if let Some(memory) = self.memory {
            memory.input_backward::<T, P>(w, &adjoint[to + h..], features);
        }
        let parts = &adjoint[from + 3 * h..to];
        elapsed[0] = P::Number::zero();
        for k in 0..h {
            let slope = if self.form == CfcForm::Minimal {
                P::Number::one()
            } else {
                tape[self.taped()[0] + 2 * h + k]
            };
            elapsed[0] += parts[k] * slope;
        }
    }

    fn collect<T: Float>(&self, flat: &[T], history: History<T>, gradient: &mut [T]) {
        let Sizes { state, tape, adjoint: width, .. } = self.sizes();
        let (h, backbone) = (self.h, self.backbone);
        let [_, memory, _] = self.taped();
        let [from, to, _] = self.adjoints();
        let adjoint = |first, count| Columns::new(history.adjoint_tape, width, first, count);
        let inputs = Columns::new(history.inputs, self.i, 0, self.i - 1);
        let entered = Columns::new(history.entered, state, 0, h);
        let hidden = match self.memory {
            Some(own) => {
                own.collect(adjoint(to + h, 4 * h), entered, inputs, flat, gradient);
                Columns::new(history.tape, tape, memory, h)
            }
            None => entered,
        };
        let du = adjoint(0, backbone);
        self.w.gather(du, hidden, flat, gradient);
        self.u.gather(du, inputs, flat, gradient);
        total(du, &mut gradient[self.b..self.b + backbone]);
        let count = self.heads.rows();
        self.heads.gather(
            adjoint(from, count),
            Columns::new(history.tape, tape, 1, backbone),
            flat,
            gradient,
        );
        total(adjoint(from, count), &mut gradient[self.f..self.f + count]);
        if self.form == CfcForm::Minimal {
            total(adjoint(from + 2 * h, h), &mut gradient[self.direct..self.direct + h]);
            total(adjoint(from + h, h), &mut gradient[self.direct + h..self.direct + 2 * h]);
        }
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        let bound = |columns: usize| 1.0 / (columns as f64).root();
        if let Some(memory) = self.memory {
            uniform(stream, bound(self.h), &mut parameters[memory.range()]);
        }
        let into = self.w.range().start..self.b + self.backbone;
        uniform(stream, bound(self.h + self.i - 1), &mut parameters[into]);
        let heads = self.heads.range().start..self.f + self.heads.rows();
        uniform(stream, bound(self.backbone), &mut parameters[heads]);
        let mut rest = self.direct;
        if self.form == CfcForm::Minimal {
            parameters[rest..rest + self.h].fill(T::zero());
            parameters[rest + self.h..rest + 2 * self.h].fill(T::one());
            rest += 2 * self.h;
        }
        uniform(stream, bound(self.h), &mut parameters[rest..]);
    }
}
