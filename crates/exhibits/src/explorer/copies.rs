//! The copies of a system, wherever they are computed.

use crate::error::ExhibitError;
use crate::subject::{Runner, Subject};
use dynamics::{Ensemble, EnsembleOptions, Method, Options, Stepper};
use gpu::scene::Ring;
use numerics::{Lanes, Noise, Philox, sum_by};
use zoo::Field;

type Block = Lanes<f32, 8>;

/// Points kept behind each trajectory, all together at most.
const TRAIL_POINTS: usize = 60_000;
/// Longest trail.
const TRAIL: usize = 200;
/// Most copies that step one by one: each keeps a past, or the conditions of its events, of its own.
pub(super) const ALONE: usize = 64;

/// Points of a trail behind each of so many copies.
pub(super) fn trail(count: usize) -> usize {
    (TRAIL_POINTS / count.max(1)).clamp(2, TRAIL)
}

pub(super) enum Copies {
    /// In blocks of lanes; `noise` is what the device would draw.
    Cpu { ensemble: Ensemble<Block>, field: Field<Block>, noise: Noise, ring: Ring },
    /// One by one, as delays and events ask for.
    Alone { runs: Vec<Runner>, ring: Ring },
    /// On the device.
    Gpu { ensemble: gpu::Ensemble, pending: u32 },
}

impl Copies {
    /// Copies from states, variable by variable, as `options` step the first trajectory, which has taken `step` steps.
    ///
    /// Copy `i` draws its noise as number `i` of the seed: it is the same path however many copies there are, and the
    /// device's.
    pub(super) fn new(
        subject: &Subject,
        parameters: &[f64],
        states: &[f64],
        options: &Options,
        step: u64,
    ) -> Result<Self, ExhibitError> {
        let n = subject.model().dimension();
        let count = states.len() / n;
        let system = subject.model().system();
        if system.events() > 0 || !system.delayed().is_empty() {
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
        let noise = Noise::new(Philox::new(options.seed, 0), system.draws());
        let noisy = !noise.places().is_empty();
        // As on the device, noise is meant in Itô's sense unless Heun's method is chosen for it.
        let method = match options.method {
            Method::StochasticHeun | Method::ModifiedEuler if noisy => Method::StochasticHeun,
            _ if noisy => Method::EulerMaruyama,
            Method::Euler => Method::Euler,
            _ => Method::RungeKutta4,
        };
        // The step that goes with the draws is the device's, which is rounded.
        let h = if noisy { f64::from(options.dt as f32) } else { options.dt };
        let lanes = EnsembleOptions { method, t0: options.t0, h, bound: options.bound, first_step: step };
        let ensemble =
            Ensemble::from_states(states, n, lanes).map_err(|e| ExhibitError::Refused(e.to_string()))?;
        let ring = Ring::new(count, trail(count));
        Ok(Self::Cpu { ensemble, field: subject.field(parameters), noise, ring })
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
            Self::Cpu { ensemble, field, noise, .. } => {
                let mut rhs =
                    |t, x: &[Block], w: &[Block], out: &mut [Block]| field.evaluate_with(t, x, w, out);
                let stepped = match (noise.places().is_empty(), map) {
                    (true, true) => ensemble.follow_map(field.as_map(), 1),
                    (true, false) => ensemble.follow_flow(field.as_flow(), 1),
                    (false, true) => {
                        ensemble.advance_noisy_map(&mut rhs, noise, 1);
                        Ok(())
                    }
                    (false, false) => ensemble.advance_noisy_flow(&mut rhs, noise, 1),
                };
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

#[cfg(test)]
mod tests {
    use super::*;
    use equations::Interpreter;
    use gpu::twin;

    /// Noise that multiplies, normal and uniform draws, and two variables; no time.
    const FLOW: &str = "par a=1,s=0.3\nwiener w1,w2\nx'=x-x^3-y+s*x*w1\ny'=a*(x-0.5*y)+0.2*w2+0.1*normal(0,1)+\
                        ran(0.1)\ninit x=0.5,y=0.1";
    const MAP: &str =
        "par a=1.2\nx(t+1)=1-a*x^2+y+0.01*normal(0,1)\ny(t+1)=0.3*x+0.02*ran(1)\ninit x=0.1,y=0.1";
    const DT: f64 = 0.01;
    const STEP: u64 = (1 << 32) - 40;

    fn options(subject: &Subject, method: Method) -> Options {
        Options { seed: 0x0123_4567_89ab_cdef, bound: 1e6, ..subject.options(method, DT) }
    }

    /// Copies around the start, the first ones the same whatever their number.
    fn around(subject: &Subject, count: usize) -> Vec<f64> {
        let start = subject.start();
        let shift = |copy: usize| 1e-3 * (0.618 * copy as f64).fract();
        start.iter().flat_map(|x| (0..count).map(move |copy| x + shift(copy))).collect()
    }

    fn copies(subject: &Subject, method: Method, count: usize) -> Copies {
        let states = around(subject, count);
        Copies::new(subject, &subject.parameters(), &states, &options(subject, method), STEP).unwrap()
    }

    fn advance(copies: &mut Copies, subject: &Subject, steps: usize) {
        for _ in 0..steps {
            copies.step(subject.is_map()).unwrap();
        }
    }

    fn bits(copies: &Copies, copy: usize) -> [u64; 2] {
        [0, 1].map(|variable| copies.value(copy, variable).to_bits())
    }

    #[test]
    fn a_noisy_copy_takes_the_same_path_whatever_the_number_of_copies() {
        for text in [FLOW, MAP] {
            let subject = Subject::typed(text).unwrap();
            let paths = |count: usize| {
                let mut all = copies(&subject, subject.method(), count);
                assert_eq!(all.here(), count, "none is left out");
                advance(&mut all, &subject, 100);
                (0..7.min(count)).map(|copy| bits(&all, copy)).collect::<Vec<_>>()
            };
            let many = paths(1000);
            assert_eq!(paths(7), many);
            assert_eq!(paths(1), many[..1]);
            assert_ne!(many[0], many[1]);
        }
    }

    #[test]
    fn noisy_copies_have_the_bits_of_the_twin_of_the_kernel() {
        let heun = (Method::StochasticHeun, gpu::Method::Heun);
        for (text, (method, theirs)) in [
            (FLOW, (Method::EulerMaruyama, gpu::Method::Euler)),
            (FLOW, (Method::Milstein, gpu::Method::Euler)),
            (FLOW, heun),
            (MAP, (Method::Discrete, gpu::Method::Euler)),
        ] {
            let subject = Subject::typed(text).unwrap();
            let count = 77;
            let mut here = copies(&subject, method, count);
            advance(&mut here, &subject, 100);
            let start = around(&subject, count);
            let mut there: Vec<f32> = (0..count * 2).map(|k| start[(k % 2) * count + k / 2] as f32).collect();
            let kind = if subject.is_map() { gpu::Kind::Map } else { gpu::Kind::Flow };
            let run = twin::Run { kind, method: theirs, dt: DT as f32, t0: 0.0, bound: 1e6 };
            let system = subject.model().system();
            let noise = Noise::new(Philox::new(options(&subject, method).seed, 0), system.draws());
            let mut programs = Interpreter::<f32>::new(system.clone(), &subject.parameters());
            let rhs = |t, x: &[f32], w: &[f32], out: &mut [f32]| programs.evaluate_with(t, x, w, out);
            let lost = twin::advance_with(run, &noise, STEP, 2, &mut there, 100, rhs);
            assert!(!lost.contains(&true));
            for (copy, state) in there.chunks(2).enumerate() {
                let expected = [0, 1].map(|variable| f64::from(state[variable]).to_bits());
                assert_eq!(bits(&here, copy), expected, "{method:?}, copy {copy}");
            }
        }
    }

    #[test]
    fn noisy_copies_taken_up_again_go_on_as_if_nothing_had_been() {
        let subject = Subject::typed(FLOW).unwrap();
        let mut whole = copies(&subject, subject.method(), 20);
        advance(&mut whole, &subject, 30);
        let states = whole.states(2);
        let own = options(&subject, subject.method());
        let mut resumed = Copies::new(&subject, &subject.parameters(), &states, &own, STEP + 30).unwrap();
        advance(&mut whole, &subject, 30);
        advance(&mut resumed, &subject, 30);
        assert_eq!(whole.states(2), resumed.states(2));
    }

    #[test]
    fn delays_and_events_step_one_by_one_and_noise_does_not() {
        let alone = |text: &str| {
            let subject = Subject::typed(text).unwrap();
            matches!(copies(&subject, subject.method(), 100), Copies::Alone { .. })
        };
        assert!(alone("x'=-delay(x,1)\ny'=-y\ninit x=1"));
        assert!(alone("x'=1\ny'=-y\nglobal 1 x-1 {x=0}"));
        assert!(!alone("wiener w\nx'=-x+w\ny'=-y"));
    }
}
