//! What a continuation of limit cycles is asked for and what it finds.

use crate::branch::End;
use crate::collocation::Change;
use crate::cycle::{Cycle, DEGREE};
use crate::eigen::Eigenvalue;
use crate::error::{Error, check_finite, check_option};

/// How to continue limit cycles.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleOptions {
    /// Range of the parameter.
    pub parameter: (f64, f64),
    /// Largest magnitude of a variable.
    pub bound: f64,
    /// Longest period; 0 for a hundred times that of the start.
    pub longest: f64,
    /// First step along the branch. Steps measure each variable in units of `1 + |x|` at the start (root of the mean
    /// square over the cycle), the period in units of about its own, the parameter in units of its range.
    pub step: f64,
    /// Smallest step, below which the branch is given up.
    pub smallest: f64,
    /// Largest step.
    pub largest: f64,
    /// Points in each direction, at most 5000.
    pub points: usize,
    /// Newton's method ends with a correction below this, in the units of steps.
    pub tolerance: f64,
    /// Intervals of the mesh, from 8 to 400, each with 4 collocation points; times the number of variables at most 1200.
    pub intervals: usize,
    /// Points between two adaptations of the mesh; 0 for a mesh that stays.
    pub adapt: usize,
    /// From an orbit: whether to go down from the start as well, after going up.
    pub both: bool,
}

impl Default for CycleOptions {
    /// Parameter from 0 to 1, states up to 1e6, period up to a hundred times the start's; steps from 0.01, between 1e-7
    /// and 0.1; 400 points; tolerance 1e-8; 40 intervals, adapted every second point; both directions.
    fn default() -> Self {
        Self {
            parameter: (0.0, 1.0),
            bound: 1e6,
            longest: 0.0,
            step: 0.01,
            smallest: 1e-7,
            largest: 0.1,
            points: 400,
            tolerance: 1e-8,
            intervals: 40,
            adapt: 2,
            both: true,
        }
    }
}

impl CycleOptions {
    pub(crate) fn check(&self, p0: f64, n: usize) -> Result<(), Error> {
        let (low, high) = self.parameter;
        check_finite(&[low, high, p0])?;
        check_option(low < high, "low end of the parameter", low, "below its high end")?;
        check_option(
            (low..=high).contains(&p0),
            "parameter of the start",
            p0,
            "within the parameter's range",
        )?;
        check_option(self.bound > 0.0, "bound", self.bound, "a positive number")?;
        check_option(self.longest >= 0.0, "longest period", self.longest, "positive, or 0")?;
        let ordered = self.smallest > 0.0 && self.smallest <= self.step && self.step <= self.largest;
        check_option(
            ordered && self.largest <= 10.0,
            "step",
            self.step,
            "between the smallest, which is positive, and the largest step, which is at most 10",
        )?;
        let points = self.points;
        check_option((2..=5000).contains(&points), "points", points as f64, "from 2 to 5000")?;
        check_option(
            (1e-12..=1e-3).contains(&self.tolerance),
            "tolerance",
            self.tolerance,
            "from 1e-12 to 0.001",
        )?;
        let count = self.intervals;
        check_option((8..=400).contains(&count), "intervals", count as f64, "from 8 to 400")?;
        let size = count.saturating_mul(n);
        check_option(size <= 1200, "intervals times variables", size as f64, "at most 1200")?;
        let memory = size.saturating_mul(DEGREE * 8 * points);
        check_option(memory <= 400_000_000, "bytes of all cycles", memory as f64, "at most 400 million")
    }
}

/// One limit cycle of a branch.
#[derive(Clone, Debug, PartialEq)]
pub struct CyclePoint {
    /// The orbit, with its period and the parameter's value.
    pub cycle: Cycle,
    /// Floquet multipliers but the trivial one, which is 1; the largest real part first. The smallest are exact to about
    /// 1e-15 of the largest.
    pub multipliers: Vec<Eigenvalue>,
    /// Distance of the trivial multiplier from 1, which measures the error of the others near the unit circle.
    pub trivial: f64,
    /// Number of multipliers outside the unit circle by more than a millionth and twice `trivial`.
    pub unstable: usize,
    /// Estimated error of the polynomials between mesh points, in units of `1 + |x|` at the start.
    pub error: f64,
}

impl CyclePoint {
    /// Whether no multiplier lies outside the unit circle.
    pub fn is_stable(&self) -> bool {
        self.unstable == 0
    }
}

/// What happens at a special cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CycleKind {
    /// Two cycles meet and vanish; a multiplier passes 1.
    Fold,
    /// Two branches of cycles cross.
    BranchPoint,
    /// A multiplier passes -1: a cycle of twice the period is born.
    PeriodDoubling,
    /// A pair of multipliers crosses the unit circle: a torus is born.
    Torus {
        /// Argument of the multiplier in the upper half plane.
        angle: f64,
    },
}

/// A special cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleSpecial {
    /// What happens there.
    pub kind: CycleKind,
    /// The cycle.
    pub point: CyclePoint,
    /// Error of the parameter by location: the width of the last interval, with the corrector's tolerance. That of the
    /// mesh comes on top.
    pub error: f64,
    /// Number of points of the branch before it.
    pub after: usize,
    /// Where the other branch leaves, and in which direction.
    pub(crate) other: Option<(Cycle, Change)>,
}

impl CycleSpecial {
    /// Whether [`crate::CycleRun::switch`] can follow another branch from here.
    pub fn can_switch(&self) -> bool {
        self.other.is_some()
    }
}

/// The cycles found in one direction from the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CycleBranch {
    /// The cycles in order.
    pub points: Vec<CyclePoint>,
    /// The special cycles in order.
    pub specials: Vec<CycleSpecial>,
    /// Why it ends; none while it is being followed.
    pub end: Option<End>,
}
