use crate::cell::{History, Weights, check_size, uniform};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Columns, total};
use crate::recurrent::{Form, Matrix, Pass, Plan, Readout, Recurrent, Sizes, fill, flushed};
use numerics::{Real, Stream};

/// What a unit makes of its drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Hyperbolic tangent.
    Tanh,
    /// `max(0, u)`.
    Relu,
}

impl Unit {
    #[inline(always)]
    pub(crate) fn of<R: Real>(self, u: R) -> R {
        match self {
            Unit::Tanh => u.tanh(),
            // Written so that a number that is not comparable passes through.
            Unit::Relu => u.le(R::zero()).select(R::zero(), u),
        }
    }

    /// The slope where the unit's value is `f`.
    #[inline(always)]
    pub(crate) fn slope<R: Real>(self, f: R) -> R {
        match self {
            Unit::Tanh => R::one() - f * f,
            Unit::Relu => f.gt(R::zero()),
        }
    }
}

/// How the hidden units reach each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Recurrence {
    /// By one matrix, in whatever form.
    Full(Matrix),
    /// By `M N / H`: `M` and `N`.
    Product(Matrix, Matrix),
}

/// How the parameters are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Beginning {
    /// All uniform in `±1/√H`.
    Uniform,
    /// `M`, `N` and `U` standard normal, `b = c = 0`, `C` uniform in `±1/√H`.
    Normal,
    /// `|W|` uniform, inhibition as strong as excitation and the squares of a row adding up to 1; `b = c = 0`, the
    /// rest uniform in `±1/√H`. The number of excitatory units.
    Balanced(usize),
}

/// Elman network with a linear readout, leaky or not.
///
/// `h' = (1-a) h + a f(W h + U x + b)`, `y = s C h' + c`, beginning at `h = 0`, where `f` is the hyperbolic tangent or
/// a rectifier, `a` the leak (1: the discrete network; `Δt/τ` for one in continuous time, by Euler's rule) and `s` a
/// fixed factor. `W` is `H × H`, `U` is `H × I`, `C` is `O × H`; without biases there are no `b` and `c`.
/// All parameters start uniform in `±1/√H`.
///
/// Source: Elman, "Finding Structure in Time", Cognitive Science 14, 1990.
#[derive(Clone, Debug, PartialEq)]
pub struct Elman {
    pub(crate) name: &'static str,
    pub(crate) plan: Plan,
    i: usize,
    h: usize,
    o: usize,
    unit: Unit,
    leak: f64,
    pub(crate) recurrence: Recurrence,
    u: Matrix,
    b: Option<usize>,
    c: Readout,
    beginning: Beginning,
}

impl Elman {
    /// A network of `inputs`, `hidden` units and `outputs`.
    ///
    /// # Errors
    /// [`Error::Size`]; [`Error::Setting`] for a leak outside (0, 1] or a factor that is not finite or is 0.
    pub fn new(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        unit: Unit,
        leak: f64,
        biases: bool,
        scale: f64,
    ) -> Result<Self, Error> {
        let name = if unit == Unit::Tanh { "tanh-rnn" } else { "relu-rnn" };
        let full = |plan: &mut Plan| Recurrence::Full(plan.matrix("W", hidden, hidden, Form::Plain));
        let sizes = [inputs, hidden, outputs];
        Self::with(name, sizes, unit, leak, biases, scale, Beginning::Uniform, full)
    }

    pub(crate) fn with(
        name: &'static str,
        [i, h, o]: [usize; 3],
        unit: Unit,
        leak: f64,
        biases: bool,
        scale: f64,
        beginning: Beginning,
        recurrence: impl FnOnce(&mut Plan) -> Recurrence,
    ) -> Result<Self, Error> {
        check_size("the number of inputs", i, 0, usize::MAX)?;
        check_size("the number of hidden units", h, 1, usize::MAX)?;
        check_size("the number of outputs", o, 1, usize::MAX)?;
        check_leak(leak)?;
        if !(scale.is_finite() && scale != 0.0) {
            let expected = "finite and not 0";
            return Err(Error::Setting { what: "the factor of the readout", found: scale, expected });
        }
        let mut plan = Plan::default();
        let recurrence = recurrence(&mut plan);
        let u = plan.matrix("U", h, i, Form::Plain);
        let b = biases.then(|| plan.block("b", h, 1));
        let c = plan.readout(h, o, biases, scale);
        Ok(Self { name, plan, i, h, o, unit, leak, recurrence, u, b, c, beginning })
    }

    /// Numbers in the middle of a recurrence of low rank.
    fn rank(&self) -> usize {
        match self.recurrence {
            Recurrence::Full(_) => 0,
            Recurrence::Product(_, n) => n.rows(),
        }
    }

    fn leaky(&self) -> bool {
        self.leak != 1.0
    }
}

fn check_leak(leak: f64) -> Result<(), Error> {
    if leak > 0.0 && leak <= 1.0 {
        return Ok(());
    }
    let expected = "greater than 0 and at most 1";
    Err(Error::Setting { what: "the leak", found: leak, expected })
}

impl Recurrent for Elman {
    fn called(&self) -> &'static str {
        self.name
    }

    fn sizes(&self) -> Sizes {
        let rank = self.rank();
        let tape = rank + if self.leaky() { self.h } else { 0 };
        Sizes { inputs: self.i, state: self.h, outputs: self.o, tape, adjoint: self.h + rank }
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn output(&self) -> Readout {
        self.c
    }

    /// The tape holds `N h / H` and, with a leak, the value of `f`.
    fn forward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        x: &[P::Number],
        z: &[P::Number],
        tape: &mut [P::Number],
        next: &mut [P::Number],
    ) {
        let (middle, active) = tape.split_at_mut(self.rank());
        let active = if self.leaky() { active } else { &mut *next };
        fill::<T, P>(self.b, w, active);
        P::product(self.u, w, x, active);
        match self.recurrence {
            Recurrence::Full(matrix) => P::product(matrix, w, z, active),
            Recurrence::Product(m, n) => {
                middle.fill(P::Number::zero());
                P::product(n, w, z, middle);
                P::product(m, w, middle, active);
            }
        }
        for value in active.iter_mut() {
            *value = self.unit.of(*value);
        }
        if self.leaky() {
            let (keep, take) = (P::Number::splat(1.0 - self.leak), P::Number::splat(self.leak));
            let active = &tape[self.rank()..];
            for ((next, &z), &f) in next.iter_mut().zip(z).zip(active) {
                *next = keep * z + take * f;
            }
        }
    }

    fn backward<T: Float, P: Pass<T>>(
        &self,
        w: Weights<T>,
        _: &[P::Number],
        tape: &[P::Number],
        next: &[P::Number],
        g: &[P::Number],
        adjoint: &mut [P::Number],
        dz: &mut [P::Number],
    ) {
        let active = if self.leaky() { &tape[self.rank()..] } else { next };
        let (du, middle) = adjoint.split_at_mut(self.h);
        for ((du, &g), &f) in du.iter_mut().zip(g).zip(active) {
            *du = g * self.unit.slope(f);
        }
        if self.leaky() {
            let (keep, take) = (P::Number::splat(1.0 - self.leak), P::Number::splat(self.leak));
            du.iter_mut().for_each(|du| *du = take * *du);
            dz.iter_mut().zip(g).for_each(|(dz, &g)| *dz = keep * g);
        } else {
            dz.fill(P::Number::zero());
        }
        flushed::<T, P>(du);
        match self.recurrence {
            Recurrence::Full(matrix) => P::transposed(matrix, w, du, dz),
            Recurrence::Product(m, n) => {
                middle.fill(P::Number::zero());
                P::transposed(m, w, du, middle);
                flushed::<T, P>(middle);
                P::transposed(n, w, middle, dz);
            }
        }
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
        let (rank, sizes) = (self.rank(), self.sizes());
        let du = Columns::new(history.adjoint_tape, sizes.adjoint, 0, self.h);
        let z = Columns::all(history.entered, self.h);
        match self.recurrence {
            Recurrence::Full(matrix) => matrix.gather(du, z, flat, gradient),
            Recurrence::Product(m, n) => {
                m.gather(du, Columns::new(history.tape, sizes.tape, 0, rank), flat, gradient);
                n.gather(Columns::new(history.adjoint_tape, sizes.adjoint, self.h, rank), z, flat, gradient);
            }
        }
        self.u.gather(du, Columns::all(history.inputs, self.i), flat, gradient);
        if let Some(b) = self.b {
            total(du, &mut gradient[b..b + self.h]);
        }
    }

    fn draw<T: Float>(&self, stream: &mut Stream, parameters: &mut [T]) {
        let bound = 1.0 / (self.h as f64).root();
        if self.beginning == Beginning::Uniform {
            return uniform(stream, bound, parameters);
        }
        uniform(stream, bound, &mut parameters[self.u.range().end..]);
        match (self.beginning, self.recurrence) {
            (Beginning::Balanced(excitatory), Recurrence::Full(matrix)) => {
                uniform(stream, bound, &mut parameters[self.u.range()]);
                super::dale::draw(excitatory, self.h, stream, &mut parameters[matrix.range()]);
            }
            _ => {
                for value in &mut parameters[..self.u.range().end] {
                    *value = T::of(stream.normal());
                }
            }
        }
        for bias in [self.b, self.c.bias()].into_iter().flatten() {
            let end = if Some(bias) == self.b { bias + self.h } else { bias + self.o };
            parameters[bias..end].fill(T::zero());
        }
    }

    /// `1 - a + a ‖W‖`, since the slope of a unit is at most 1.
    fn bound(&self, p: &[f64]) -> Option<f64> {
        let norm = match self.recurrence {
            Recurrence::Full(matrix) => matrix.norm(p),
            Recurrence::Product(m, n) => m.norm(p) * n.norm(p),
        };
        Some(1.0 - self.leak + self.leak * norm)
    }
}
