//! What a model computes, as programs.

use crate::model::Kind;
use crate::program::Program;
use numerics::{Crossing, Draw};

/// What a model computes, as programs. Every program reads time, state, parameters and inputs: the delayed values,
/// then the random draws.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    pub(crate) kind: Kind,
    pub(crate) dimension: usize,
    pub(crate) rate: Program,
    pub(crate) jacobian: Option<Program>,
    pub(crate) auxiliary: Program,
    /// The variable of each delayed value.
    pub(crate) delayed: Vec<usize>,
    pub(crate) lags: Program,
    /// The variables whose past is an expression, and the program of these.
    pub(crate) history: (Vec<usize>, Program),
    pub(crate) draws: Vec<Draw>,
    pub(crate) affine: bool,
    pub(crate) diffusion: Program,
    /// The slopes of diagonal noise.
    pub(crate) slope: Option<Program>,
    pub(crate) crossings: Vec<Crossing>,
    pub(crate) conditions: Program,
    pub(crate) resets: Vec<Resets>,
    pub(crate) halves: Option<Vec<bool>>,
}

/// What an event changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    State(usize),
    Parameter(usize),
    Stop,
    Output,
}

/// The new values of one event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resets {
    pub(crate) targets: Vec<Target>,
    pub(crate) program: Program,
}

impl System {
    /// Flow or map.
    pub fn kind(&self) -> Kind {
        self.kind
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.rate.parameters
    }
    /// Number of inputs: delayed values and random draws.
    pub fn inputs(&self) -> usize {
        self.delayed.len() + self.draws.len()
    }
    /// The random draws.
    pub fn draws(&self) -> &[Draw] {
        &self.draws
    }
    /// The variable of each delayed value.
    pub fn delayed(&self) -> &[usize] {
        &self.delayed
    }
    /// Number of events.
    pub fn events(&self) -> usize {
        self.crossings.len()
    }
    /// Whether it is a flow or a map and no more: no delay, no noise, no event.
    pub fn is_plain(&self) -> bool {
        self.inputs() == 0 && self.crossings.is_empty()
    }
    /// The program of the rates or of the next state.
    pub fn rate(&self) -> &Program {
        &self.rate
    }
    /// The program of the Jacobian at fixed inputs, row by row; none where it would be too large.
    pub fn jacobian(&self) -> Option<&Program> {
        self.jacobian.as_ref()
    }
    /// The program of the auxiliary outputs.
    pub fn auxiliary(&self) -> &Program {
        &self.auxiliary
    }
}
