//! The single step, and the loops that repeat it.

use crate::method::Method;
use crate::outcome::{Divergence, Outcome};
use crate::tableau::{TSITOURAS_5, Tableau};
use numerics::march::{self, Grid, Halt, outside};
use numerics::{Flow, Noise, Real};

/// Stages of the longest tableau that steps ensembles.
pub(crate) const STAGES: usize = TSITOURAS_5.stages();

/// Room for one step of one method, and its results.
#[derive(Clone, Debug)]
pub struct Workspace<V: Real> {
    /// State at the end of the step, length `n`.
    pub value: Vec<V>,
    /// Error estimate of the step, length `n`; zero where the method has none.
    pub error: Vec<V>,
    /// Rates at the stages, `stages[i * n + variable]`.
    pub stages: Vec<V>,
    pub(crate) scratch: Vec<V>,
}

/// Room for a step of `method` in `dimension` variables.
pub fn init<V: Real>(method: Method, dimension: usize) -> Workspace<V> {
    let stages = method.tableau().map_or(0, Tableau::stages);
    Workspace {
        value: vec![V::zero(); dimension],
        error: vec![V::zero(); dimension],
        stages: vec![V::zero(); stages * dimension],
        scratch: vec![V::zero(); dimension],
    }
}

/// Takes one step of length `h` from the state `x` at time `t`.
///
/// Value and error estimate are left in `work`, which [`init`] made for the same method and dimension. The step
/// is pure: nothing that `work` held before matters. The outcome is [`Outcome::Diverged`] when a variable of any
/// lane exceeds `bound` in magnitude or is not a number, else [`Outcome::Ok`]. A method that is more than its
/// tableau (see [`Method::tableau`]) leaves a flow where it is.
pub fn step<V: Real, F: Flow<V>>(
    method: Method,
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[V],
    bound: f64,
    work: &mut Workspace<V>,
) -> Outcome {
    let Workspace { value, error, stages, scratch } = work;
    match method {
        Method::Euler => euler(flow, t, h, x, value, stages, false),
        Method::ModifiedEuler => heun(flow, t, h, x, value, stages, scratch, false),
        Method::RungeKutta4 => classical(flow, t, h, x, value, stages, scratch, false),
        _ => match method.tableau() {
            Some(tableau) => {
                let error = (!tableau.error.is_empty()).then_some(error.as_mut_slice());
                explicit(tableau, flow, t, h, x, value, error, stages, scratch, false);
            }
            None => value.copy_from_slice(x),
        },
    }
    for (variable, reached) in value.iter().enumerate() {
        let magnitude = reached.magnitude();
        if magnitude.is_nan() || magnitude > bound {
            return Outcome::Diverged(Divergence {
                time: t + h,
                variable,
                value: if V::LANES == 1 { reached.lane(0) } else { magnitude },
                last_time: t,
                last_state: x.iter().map(|v| v.lane(0)).collect(),
            });
        }
    }
    Outcome::Ok
}

/// `next = x + h f(t, x)`; `stages` has at least `n` entries, the first `n` of which hold `f(t, x)` if
/// `first_known`.
#[inline(always)]
pub(crate) fn euler<V: Real, F: Flow<V>>(
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[V],
    next: &mut [V],
    stages: &mut [V],
    first_known: bool,
) {
    let n = x.len();
    let (k, next) = (&mut stages[..n], &mut next[..n]);
    if !first_known {
        flow.rate(V::splat(t), x, k);
    }
    let h = V::splat(h);
    for i in 0..n {
        next[i] = x[i] + h * k[i];
    }
}

/// [`march::classical`] of a flow.
#[inline(always)]
pub(crate) fn classical<V: Real, F: Flow<V>>(
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[V],
    next: &mut [V],
    stages: &mut [V],
    scratch: &mut [V],
    first_known: bool,
) {
    march::classical(|t, x, rate| flow.rate(t, x, rate), t, h, x, next, stages, scratch, first_known);
}

/// Heun's method: `y = x + h f(t, x)`, `next = x + h/2 (f(t, x) + f(t + h, y))`. `stages` has at least `2 n` entries,
/// the first `n` of which hold `f(t, x)` if `first_known`.
#[inline(always)]
pub(crate) fn heun<V: Real, F: Flow<V>>(
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[V],
    next: &mut [V],
    stages: &mut [V],
    scratch: &mut [V],
    first_known: bool,
) {
    let n = x.len();
    let (k1, rest) = stages.split_at_mut(n);
    let k2 = &mut rest[..n];
    let (next, y) = (&mut next[..n], &mut scratch[..n]);
    let (half, whole) = (V::splat(0.5 * h), V::splat(h));
    if !first_known {
        flow.rate(V::splat(t), x, k1);
    }
    for i in 0..n {
        y[i] = x[i] + whole * k1[i];
    }
    flow.rate(V::splat(t + h), y, k2);
    for i in 0..n {
        next[i] = x[i] + half * (k1[i] + k2[i]);
    }
}

/// Any explicit method, from its tableau.
///
/// Stages behind the last one that carries weight are skipped when no error is asked for. `first_known` says that
/// the first stage already holds `f(t, x)`. Returns the number of evaluations.
#[inline(always)]
pub(crate) fn explicit<V: Real, F: Flow<V>>(
    tableau: &Tableau,
    flow: &mut F,
    t: f64,
    h: f64,
    x: &[V],
    next: &mut [V],
    error: Option<&mut [V]>,
    stages: &mut [V],
    scratch: &mut [V],
    first_known: bool,
) -> u64 {
    let n = x.len();
    let step = V::splat(h);
    let weighted = tableau.b.iter().rposition(|&weight| weight != 0.0).map_or(0, |last| last + 1);
    let count = if error.is_some() { tableau.stages() } else { weighted };
    for stage in usize::from(first_known)..count {
        let (known, rest) = stages.split_at_mut(stage * n);
        combine(tableau.a[stage], known, step, x, scratch);
        flow.rate(V::splat(t + tableau.c[stage] * h), scratch, &mut rest[..n]);
    }
    combine(&tableau.b[..weighted], stages, step, x, next);
    if let Some(error) = error {
        error.fill(V::zero());
        for i in 0..n {
            let mut total = V::zero();
            for (stage, &weight) in tableau.error.iter().enumerate() {
                total += V::splat(weight) * stages[stage * n + i];
            }
            error[i] = step * total;
        }
    }
    (count - usize::from(first_known)) as u64
}

/// `out = x + h Σ weights_j k_j`, without the terms whose weight is zero.
#[inline(always)]
pub(crate) fn combine<V: Real>(weights: &[f64], k: &[V], h: V, x: &[V], out: &mut [V]) {
    let n = x.len();
    for i in 0..n {
        let mut total = V::zero();
        for (stage, &weight) in weights.iter().enumerate() {
            if weight != 0.0 {
                total += V::splat(weight) * k[stage * n + i];
            }
        }
        out[i] = x[i] + h * total;
    }
}

/// What advances one state: a scheme for a flow, or a map.
pub(crate) trait Advance<V: Real> {
    fn dimension(&self) -> usize;
    /// Writes the state one step after `x`; `stages` has `STAGES * n` entries, `scratch` has `n`.
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], scratch: &mut [V]);
}

pub(crate) struct ByEuler<'a, F>(pub(crate) &'a mut F);
impl<V: Real, F: Flow<V>> Advance<V> for ByEuler<'_, F> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], _: &mut [V]) {
        euler(self.0, t, h, x, next, stages, false);
    }
}

pub(crate) struct ByClassical<'a, F>(pub(crate) &'a mut F);
impl<V: Real, F: Flow<V>> Advance<V> for ByClassical<'_, F> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], scratch: &mut [V]) {
        classical(self.0, t, h, x, next, stages, scratch, false);
    }
}

pub(crate) struct ByHeun<'a, F>(pub(crate) &'a mut F);
impl<V: Real, F: Flow<V>> Advance<V> for ByHeun<'_, F> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], scratch: &mut [V]) {
        heun(self.0, t, h, x, next, stages, scratch, false);
    }
}

pub(crate) struct ByTableau<'a, F>(pub(crate) &'a mut F, pub(crate) &'static Tableau);
impl<V: Real, F: Flow<V>> Advance<V> for ByTableau<'_, F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], scratch: &mut [V]) {
        explicit(self.1, self.0, t, h, x, next, None, stages, scratch, false);
    }
}

pub(crate) struct ByMap<'a, M>(pub(crate) &'a mut M);
impl<V: Real, M: numerics::Map<V>> Advance<V> for ByMap<'_, M> {
    #[inline(always)]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    #[inline(always)]
    fn apply(&mut self, t: f64, _: f64, x: &[V], next: &mut [V], _: &mut [V], _: &mut [V]) {
        self.0.next(V::splat(t), x, next);
    }
}

/// A right-hand side whose random inputs are held.
struct Held<'a, V, R> {
    dimension: usize,
    rhs: &'a mut R,
    inputs: &'a [V],
}
impl<V: Real, R: FnMut(V, &[V], &[V], &mut [V])> Flow<V> for Held<'_, V, R> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    #[inline(always)]
    fn rate(&mut self, t: V, x: &[V], rate: &mut [V]) {
        (self.rhs)(t, x, self.inputs, rate);
    }
}

/// How a right-hand side with random inputs goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    Euler,
    Heun,
    Classical,
    Map,
}

/// A right-hand side of time, state and random inputs, which are drawn before each step and held through it.
pub(crate) struct ByDraws<'a, V, R> {
    pub(crate) dimension: usize,
    pub(crate) scheme: Scheme,
    pub(crate) rhs: &'a mut R,
    pub(crate) noise: &'a Noise,
    pub(crate) inputs: &'a mut [V],
    /// Number of the trajectory in the first lane, and of the step that comes.
    pub(crate) first: u32,
    pub(crate) step: u64,
}
impl<V: Real, R: FnMut(V, &[V], &[V], &mut [V])> Advance<V> for ByDraws<'_, V, R> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn apply(&mut self, t: f64, h: f64, x: &[V], next: &mut [V], stages: &mut [V], scratch: &mut [V]) {
        self.noise.fill(self.first, self.step, libm::fabs(h) as f32, self.inputs);
        self.step = self.step.wrapping_add(1);
        let mut flow = Held { dimension: self.dimension, rhs: &mut *self.rhs, inputs: &*self.inputs };
        match self.scheme {
            Scheme::Euler => euler(&mut flow, t, h, x, next, stages, false),
            Scheme::Heun => heun(&mut flow, t, h, x, next, stages, scratch, false),
            Scheme::Classical => classical(&mut flow, t, h, x, next, stages, scratch, false),
            Scheme::Map => flow.rate(V::splat(t), x, next),
        }
    }
}

/// Room for a run of any scheme.
#[derive(Clone, Debug)]
pub(crate) struct Room<V> {
    next: Vec<V>,
    stages: Vec<V>,
    scratch: Vec<V>,
}

impl<V: Real> Room<V> {
    pub(crate) fn new(n: usize) -> Self {
        Self { next: vec![V::zero(); n], stages: vec![V::zero(); STAGES * n], scratch: vec![V::zero(); n] }
    }
}

#[inline(always)]
fn plain_loop<A: Advance<f64>>(
    advance: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [f64],
    next: &mut [f64],
    stages: &mut [f64],
    scratch: &mut [f64],
) -> Option<Halt> {
    for done in 0..grid.count {
        advance.apply(grid.time(done), grid.h, x, next, stages, scratch);
        if let Some(variable) = outside(next, bound) {
            return Some(Halt { done, variable, value: next[variable] });
        }
        x.copy_from_slice(next);
    }
    None
}

/// Lanes that leave the bound keep their last state within it, and their entry of `alive` becomes 0 for good.
#[inline(always)]
fn lane_loop<V: Real, A: Advance<V>>(
    advance: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [V],
    alive: &mut V,
    next: &mut [V],
    stages: &mut [V],
    scratch: &mut [V],
) {
    let (above, below) = (V::splat(bound), V::splat(-bound));
    let mut living = *alive;
    for done in 0..grid.count {
        advance.apply(grid.time(done), grid.h, x, next, stages, scratch);
        for i in 0..x.len() {
            living *= next[i].le(above) * below.le(next[i]);
        }
        for i in 0..x.len() {
            x[i] = living.select(next[i], x[i]);
        }
    }
    *alive = living;
}

// State and stages of small systems stand in arrays, where a compiler keeps them in registers.

fn plain_array<A: Advance<f64>, const N: usize>(
    a: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [f64],
) -> Option<Halt> {
    let mut state = [0.0; N];
    state.copy_from_slice(x);
    let (mut next, mut stages, mut scratch) = ([0.0; N], [[0.0; N]; STAGES], [0.0; N]);
    let halt = plain_loop(a, grid, bound, &mut state, &mut next, stages.as_flattened_mut(), &mut scratch);
    x.copy_from_slice(&state);
    halt
}

fn lane_array<V: Real, A: Advance<V>, const N: usize>(
    a: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [V],
    alive: &mut V,
) {
    let mut state = [V::zero(); N];
    state.copy_from_slice(x);
    let (mut next, mut stages, mut scratch) = ([V::zero(); N], [[V::zero(); N]; STAGES], [V::zero(); N]);
    lane_loop(a, grid, bound, &mut state, alive, &mut next, stages.as_flattened_mut(), &mut scratch);
    x.copy_from_slice(&state);
}

/// Takes `grid.count` steps of one trajectory; on a halt `x` is the last state within the bound.
pub(crate) fn run_plain<A: Advance<f64>>(
    advance: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [f64],
    room: &mut Room<f64>,
) -> Option<Halt> {
    match advance.dimension() {
        1 => plain_array::<A, 1>(advance, grid, bound, x),
        2 => plain_array::<A, 2>(advance, grid, bound, x),
        3 => plain_array::<A, 3>(advance, grid, bound, x),
        4 => plain_array::<A, 4>(advance, grid, bound, x),
        _ => plain_loop(advance, grid, bound, x, &mut room.next, &mut room.stages, &mut room.scratch),
    }
}

/// Takes `grid.count` steps of one block of lanes.
pub(crate) fn run_lanes<V: Real, A: Advance<V>>(
    advance: &mut A,
    grid: Grid,
    bound: f64,
    x: &mut [V],
    alive: &mut V,
    room: &mut Room<V>,
) {
    match advance.dimension() {
        1 => lane_array::<V, A, 1>(advance, grid, bound, x, alive),
        2 => lane_array::<V, A, 2>(advance, grid, bound, x, alive),
        3 => lane_array::<V, A, 3>(advance, grid, bound, x, alive),
        4 => lane_array::<V, A, 4>(advance, grid, bound, x, alive),
        _ => lane_loop(advance, grid, bound, x, alive, &mut room.next, &mut room.stages, &mut room.scratch),
    }
}
