//! How long, how finely and how exactly an exported program runs: what the file's `@` settings say.

use crate::model::{Kind, Model};

/// How long to run when the file does not say.
const TOTAL: f64 = 20.0;
/// The step when the file does not say.
const STEP: f64 = 0.05;
/// The magnitude beyond which a variable has diverged, when the file does not say.
const BOUND: f64 = 1e6;

/// Which kind of solver comes near the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Solver {
    /// For stiff flows.
    Stiff,
    /// Of order five.
    Five,
    /// Of order eight.
    Eight,
    /// Whatever is exact: the file has a method of fixed step.
    Fixed,
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) t0: f64,
    /// Time between two rows; a map counts.
    pub(crate) step: f64,
    /// Solver steps in a row.
    pub(crate) substeps: u32,
    /// Rows after the first.
    pub(crate) rows: u64,
    pub(crate) transient: f64,
    pub(crate) bound: f64,
    pub(crate) seed: u64,
    pub(crate) solver: Solver,
    pub(crate) rtol: f64,
    pub(crate) atol: f64,
    /// Longest step of an adaptive solver.
    pub(crate) longest: Option<f64>,
}

impl Plan {
    pub(crate) fn new(model: &Model) -> Self {
        let o = &model.options;
        let map = model.kind == Kind::Map;
        let dt = if map { 1.0 } else { o.dt.unwrap_or(STEP) };
        let substeps = o.nout.unwrap_or(1).max(1);
        let steps = libm::fabs(o.total.unwrap_or(TOTAL)) / libm::fabs(dt);
        // 0.3 / 0.1 lies a rounding below 3.
        let nearest = libm::round(steps);
        let near = libm::fabs(steps - nearest) <= 1e-9 * nearest;
        let steps = if near { nearest } else { libm::floor(steps) };
        let rows = libm::ceil(steps / f64::from(substeps)) as u64;
        let letters: String = o.meth.as_deref().unwrap_or("").chars().take(2).collect();
        let solver = match letters.to_ascii_lowercase().as_str() {
            "ge" | "cv" | "st" | "ro" | "2r" | "ba" => Solver::Stiff,
            "qu" | "5d" => Solver::Five,
            "83" => Solver::Eight,
            _ => Solver::Fixed,
        };
        let step = dt * f64::from(substeps);
        // A pulse may be shorter than the step that a solver would choose before it.
        let hasty = model.depends_on_time() || !model.events.is_empty();
        Self {
            t0: o.t0.unwrap_or(0.0),
            step,
            substeps,
            rows,
            transient: o.trans.unwrap_or(0.0),
            bound: o.bounds.unwrap_or(BOUND),
            seed: o.seed.unwrap_or(1),
            solver,
            rtol: o.toler.unwrap_or(1e-9),
            atol: o.atol.unwrap_or(1e-12),
            longest: o.dtmax.or(hasty.then(|| libm::fabs(dt))),
        }
    }
}
