//! The copies of a system, wherever they are computed.

use crate::error::ExhibitError;
use crate::subject::{Runner, Subject};
use dynamics::{Ensemble, EnsembleOptions, Method, Options, Stepper};
use gpu::scene::Ring;
use numerics::{Lanes, sum_by};
use zoo::Field;

type Block = Lanes<f32, 8>;

/// Points kept behind each trajectory, all together at most.
const TRAIL_POINTS: usize = 60_000;
/// Longest trail.
const TRAIL: usize = 200;
/// Most copies that step one by one.
pub(super) const ALONE: usize = 64;

/// Points of a trail behind each of so many copies.
pub(super) fn trail(count: usize) -> usize {
    (TRAIL_POINTS / count.max(1)).clamp(2, TRAIL)
}

pub(super) enum Copies {
    /// In blocks of lanes.
    Cpu { ensemble: Ensemble<Block>, field: Field<Block>, ring: Ring },
    /// One by one, as delays, noise and events ask for.
    Alone { runs: Vec<Runner>, ring: Ring },
    /// On the device.
    Gpu { ensemble: gpu::Ensemble, pending: u32 },
}

impl Copies {
    /// Copies from states, variable by variable, as `options` step the first trajectory.
    pub(super) fn new(
        subject: &Subject,
        parameters: &[f64],
        states: &[f64],
        options: &Options,
    ) -> Result<Self, ExhibitError> {
        let n = subject.model().dimension();
        let count = states.len() / n;
        if !subject.model().is_plain() {
            let mut runs = Vec::new();
            for copy in 0..count.min(ALONE) {
                let start: Vec<f64> = (0..n).map(|j| states[j * count + copy]).collect();
                // Each has noise of its own; the first one has the first trajectory's.
                let seed = options.seed ^ (copy as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                runs.push(subject.stepper(parameters, Options { seed, ..options.clone() }, &start)?);
            }
            let ring = Ring::new(runs.len(), trail(runs.len()));
            return Ok(Self::Alone { runs, ring });
        }
        let method = if options.method == Method::Euler { Method::Euler } else { Method::RungeKutta4 };
        let lanes = EnsembleOptions { method, t0: options.t0, h: options.dt, bound: options.bound };
        let ensemble =
            Ensemble::from_states(states, n, lanes).map_err(|e| ExhibitError::Refused(e.to_string()))?;
        Ok(Self::Cpu { ensemble, field: subject.field(parameters), ring: Ring::new(count, trail(count)) })
    }

    /// How many are computed here; none where the device has them.
    pub(super) fn here(&self) -> usize {
        match self {
            Self::Cpu { ensemble, .. } => ensemble.trajectories(),
            Self::Alone { runs, .. } => runs.len(),
            Self::Gpu { .. } => 0,
        }
    }

    /// A variable of one copy.
    pub(super) fn value(&self, copy: usize, variable: usize) -> f64 {
        match self {
            Self::Cpu { ensemble, .. } => ensemble.value(copy, variable),
            Self::Alone { runs, .. } => runs[copy].state()[variable],
            Self::Gpu { .. } => f64::NAN,
        }
    }

    pub(super) fn is_lost(&self, copy: usize) -> bool {
        match self {
            Self::Cpu { ensemble, .. } => ensemble.diverged(copy),
            Self::Alone { runs, .. } => runs[copy].outcome().divergence().is_some(),
            Self::Gpu { .. } => false,
        }
    }

    pub(super) fn ring(&mut self) -> Option<&mut Ring> {
        match self {
            Self::Cpu { ring, .. } | Self::Alone { ring, .. } => Some(ring),
            Self::Gpu { .. } => None,
        }
    }

    /// One step; the text says why there was none.
    pub(super) fn step(&mut self, map: bool) -> Result<(), String> {
        match self {
            Self::Cpu { ensemble, field, .. } => {
                let stepped =
                    if map { ensemble.advance_map(field, 1) } else { ensemble.advance_flow(field, 1) };
                stepped.map_err(|error| error.to_string())
            }
            Self::Alone { runs, .. } => {
                for run in runs {
                    // One that has stopped stays where it is.
                    let _ = run.advance();
                }
                Ok(())
            }
            Self::Gpu { ensemble, pending } => {
                *pending += 1;
                if *pending >= 64 {
                    ensemble.dispatch(std::mem::take(pending));
                }
                Ok(())
            }
        }
    }

    /// One parameter's new value, and all of them with it.
    pub(super) fn set_parameter(&mut self, index: usize, parameters: &[f64]) {
        match self {
            Self::Cpu { field, .. } => field.set_parameters(parameters),
            Self::Alone { runs, .. } => {
                for run in runs {
                    run.process_mut().set_parameter(index, parameters[index]);
                }
            }
            Self::Gpu { ensemble, pending } => {
                ensemble.dispatch(std::mem::take(pending));
                let single: Vec<f32> = parameters.iter().map(|p| *p as f32).collect();
                ensemble.set_parameters(&single);
            }
        }
    }

    /// Root of the sum of the variables' variances over the copies that are computed here.
    pub(super) fn spread(&self, variables: usize) -> Option<f64> {
        match self {
            Self::Cpu { ensemble, .. } => {
                let mut square = 0.0;
                for j in 0..variables {
                    let (_, sd) = ensemble.moments(j);
                    square += sd * sd;
                }
                Some(libm::sqrt(square))
            }
            Self::Alone { runs, .. } => {
                let alive: Vec<&[f64]> =
                    runs.iter().filter(|r| r.outcome().is_ok()).map(|r| r.state()).collect();
                let count = alive.len() as f64;
                let mut square = 0.0;
                for j in 0..variables {
                    let mean = sum_by(alive.len(), |i| alive[i][j]) / count;
                    square += sum_by(alive.len(), |i| (alive[i][j] - mean) * (alive[i][j] - mean)) / count;
                }
                square.is_finite().then(|| libm::sqrt(square))
            }
            Self::Gpu { .. } => None,
        }
    }

    /// States of all copies, variable by variable; none where the device has them.
    pub(super) fn states(&self, variables: usize) -> Vec<f64> {
        match self {
            Self::Cpu { ensemble, .. } => ensemble.states(),
            Self::Alone { runs, .. } => {
                (0..variables).flat_map(|j| runs.iter().map(move |run| run.state()[j])).collect()
            }
            Self::Gpu { .. } => Vec::new(),
        }
    }
}
