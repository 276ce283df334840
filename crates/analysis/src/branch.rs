//! What a continuation is asked for and what it finds: points, special points, and the reason of its end.

use crate::eigen::Eigenvalue;
use crate::error::{Error, check_finite, check_option};
use crate::hopf::LyapunovCoefficient;

/// How to continue.
#[derive(Clone, Debug, PartialEq)]
pub struct ContinuationOptions {
    /// Range of the parameter.
    pub parameter: (f64, f64),
    /// Largest magnitude of a variable.
    pub bound: f64,
    /// First step along the branch. Steps measure each variable in units of `1 + |x|` at the start, and the parameter in
    /// units of its range.
    pub step: f64,
    /// Smallest step, below which the branch is given up.
    pub smallest: f64,
    /// Largest step.
    pub largest: f64,
    /// Points in each direction, at most 100000.
    pub points: usize,
    /// Newton's method ends with a correction below this, in the units of steps.
    pub tolerance: f64,
    /// Whether to go down from the start as well, after going up.
    pub both: bool,
}

impl Default for ContinuationOptions {
    /// Parameter from 0 to 1, states up to 1e6; steps from 0.01, between 1e-8 and 0.05; 2000 points each way; tolerance
    /// 1e-9.
    fn default() -> Self {
        Self {
            parameter: (0.0, 1.0),
            bound: 1e6,
            step: 0.01,
            smallest: 1e-8,
            largest: 0.05,
            points: 2000,
            tolerance: 1e-9,
            both: true,
        }
    }
}

impl ContinuationOptions {
    pub(crate) fn check(&self, p0: f64) -> Result<(), Error> {
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
        let ordered = self.smallest > 0.0 && self.smallest <= self.step && self.step <= self.largest;
        check_option(
            ordered && self.largest <= 10.0,
            "step",
            self.step,
            "between the smallest, which is positive, and the largest step, which is at most 10",
        )?;
        let points = self.points;
        check_option((2..=100_000).contains(&points), "points", points as f64, "from 2 to 100000")?;
        check_option(
            (1e-13..=1e-3).contains(&self.tolerance),
            "tolerance",
            self.tolerance,
            "from 1e-13 to 0.001",
        )
    }
}

/// One state of a branch.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyPoint {
    /// The parameter's value.
    pub parameter: f64,
    /// The state; for a cycle of a map one of its points.
    pub state: Vec<f64>,
    /// Eigenvalues of the linear part: exponents of a flow in units of one over time, multipliers of a map; the largest
    /// real part first.
    pub eigenvalues: Vec<Eigenvalue>,
    /// Number of unstable ones: right of the imaginary axis, or outside the unit circle, by more than a
    /// thousand-millionth of their size.
    pub unstable: usize,
    /// Size of Newton's last correction, relative to `1 + |x|` at the start and to the parameter's range; the error that
    /// is left is of the order of its square.
    pub error: f64,
}

impl SteadyPoint {
    /// Whether no eigenvalue is unstable.
    pub fn is_stable(&self) -> bool {
        self.unstable == 0
    }
}

/// What happens at a special point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpecialKind {
    /// The branch turns back in the parameter: two states meet and vanish.
    Fold,
    /// Two branches cross.
    BranchPoint,
    /// A pair of eigenvalues crosses the imaginary axis: a limit cycle is born.
    Hopf {
        /// Angular frequency, the imaginary part of the pair.
        frequency: f64,
        /// First Lyapunov coefficient; none where the formula does not apply.
        coefficient: Option<LyapunovCoefficient>,
    },
    /// A multiplier passes -1: a cycle of twice the period is born.
    PeriodDoubling,
    /// A pair of multipliers crosses the unit circle: an invariant circle is born.
    NeimarkSacker {
        /// Argument of the multiplier in the upper half plane.
        angle: f64,
    },
}

/// A special point.
#[derive(Clone, Debug, PartialEq)]
pub struct Special {
    /// What happens there.
    pub kind: SpecialKind,
    /// The point.
    pub point: SteadyPoint,
    /// Error of the parameter: the width of the last interval that holds the point, with the corrector's tolerance.
    pub error: f64,
    /// Number of points of the branch before it.
    pub after: usize,
    /// At a branch point or a period doubling, the direction in state and parameter in which the other branch is looked
    /// for; else empty.
    pub direction: Vec<f64>,
}

/// Twelve digits of a number, so that what is left of a product in decimals is not shown.
fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Why a branch ends.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum End {
    /// The parameter reached an end of its range.
    #[error("the branch reaches the bound {} of the parameter", tidy(*parameter))]
    Parameter {
        /// That end.
        parameter: f64,
    },
    /// A variable left the bound.
    #[error("variable {variable} reaches {value} at parameter {parameter}, beyond the bound of the state")]
    State {
        /// Index of the variable.
        variable: usize,
        /// Its value.
        value: f64,
        /// The parameter's value.
        parameter: f64,
    },
    /// The branch came back to its start.
    #[error("the branch is closed: it comes back to its start at parameter {parameter}")]
    Closed {
        /// The parameter's value.
        parameter: f64,
    },
    /// As many points as were asked for.
    #[error("{points} points were asked for, and the branch goes on: ask for more")]
    Points {
        /// Their number.
        points: usize,
    },
    /// The smallest step was still too long.
    #[error(
        "no point follows within the smallest step at parameter {parameter}: the equations are not smooth there, or the \
         branch ends"
    )]
    Stuck {
        /// The parameter's value.
        parameter: f64,
    },
    /// The period of a cycle grew beyond its bound.
    #[error(
        "the period grows beyond {period} at parameter {parameter}: the cycle comes near an equilibrium, as on the way \
         to a homoclinic orbit or to a saddle-node on the cycle"
    )]
    Period {
        /// The bound.
        period: f64,
        /// The parameter's value.
        parameter: f64,
    },
    /// A cycle shrank to nothing.
    #[error("the cycle shrinks to an equilibrium at parameter {parameter}: it ends at a Hopf bifurcation")]
    Shrunk {
        /// The parameter's value.
        parameter: f64,
    },
}

/// The points found in one direction from the start, which is the first of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branch {
    /// The points in order.
    pub points: Vec<SteadyPoint>,
    /// The special points in order.
    pub specials: Vec<Special>,
    /// Why it ends; none while it is being followed.
    pub end: Option<End>,
}
