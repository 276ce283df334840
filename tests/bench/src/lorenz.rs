//! Lorenz on one core: an ensemble in lanes, and one trajectory.

use crate::clock::medians;
use crate::error::Error;
use crate::report::Figures;
use dynamics::{Ensemble, EnsembleOptions, Options, Spread, Stepper, Trajectory};
use numerics::{Digest, Flow, Lanes};
use std::hint::black_box;
use zoo::{Field, System};

type Block = Lanes<f32, 8>;

const TRAJECTORIES: usize = 1024;
/// Steps of the ensemble between two looks at the clock, which a browser rounds to a tenth of a millisecond.
const ENSEMBLE_STEPS: u64 = 2_000;
const SINGLE_STEPS: u64 = 500_000;
const H: f64 = 0.005;

pub(crate) fn system() -> Result<&'static System, Error> {
    zoo::find("lorenz").ok_or(Error::System("lorenz"))
}

fn ensemble(system: &System) -> Result<Ensemble<Block>, Error> {
    let options = EnsembleOptions { h: H, ..EnsembleOptions::default() };
    Ok(Ensemble::new(&system.model().initial(), Spread::Normal(1.0), TRAJECTORIES, 1, options)?)
}

fn digest(states: &[f64]) -> u64 {
    Digest::new().f64s(states).finish()
}

fn same(what: &str, found: u64, wanted: u64) -> Result<(), Error> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::Wrong { what: what.into(), found: format!("{found:016x}"), wanted: format!("{wanted:016x}") })
}

/// Ensembles by native code and by the register program of typed equations.
pub(crate) fn ensembles(figures: &mut Figures) -> Result<(), Error> {
    let system = system()?;
    let parameters = system.model().parameter_values();
    let (mut native, mut typed) = (ensemble(system)?, ensemble(system)?);
    let mut code: Field<Block> = system.field(&parameters);
    let mut program = Field::<Block>::interpreted(system.model(), &parameters);
    let mut refused = None;
    let mut refused_typed = None;
    let [by_code, by_program] = medians([
        &mut || refused = refused.take().or(native.advance_flow(&mut code, ENSEMBLE_STEPS).err()),
        &mut || {
            refused_typed = refused_typed.take().or(typed.advance_flow(&mut program, ENSEMBLE_STEPS).err())
        },
    ]);
    if let Some(error) = refused.or(refused_typed) {
        return Err(error.into());
    }
    let reached = digest(&native.states());
    same("the state of typed equations", digest(&typed.states()), reached)?;
    if native.diverged_count() > 0 {
        return Err(Error::Wrong {
            what: "trajectories that left all bounds".into(),
            found: native.diverged_count().to_string(),
            wanted: "0".into(),
        });
    }
    let steps = (ENSEMBLE_STEPS * TRAJECTORIES as u64) as f64;
    figures.value("ensemble, steps a second", steps / by_code);
    figures.value("typed ensemble, steps a second", steps / by_program);
    figures.digest("ensemble", reached);
    Ok(())
}

/// Lorenz as one writes it, for the generic stepper and for the loop.
struct ByHand {
    sigma: f64,
    rho: f64,
    beta: f64,
}

impl ByHand {
    #[inline(always)]
    fn slope(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        [self.sigma * (y - x), x * (self.rho - z) - y, x * y - self.beta * z]
    }

    /// The whole loop without this project's solvers.
    fn run(&self, x: &mut [f64; 3], h: f64, count: u64) {
        let moved = |x: &[f64; 3], by: f64, k: &[f64; 3]| -> [f64; 3] {
            [x[0] + by * k[0], x[1] + by * k[1], x[2] + by * k[2]]
        };
        for _ in 0..count {
            let a = self.slope(*x);
            let b = self.slope(moved(x, 0.5 * h, &a));
            let c = self.slope(moved(x, 0.5 * h, &b));
            let d = self.slope(moved(x, h, &c));
            for i in 0..3 {
                x[i] += h / 6.0 * (a[i] + 2.0 * (b[i] + c[i]) + d[i]);
            }
        }
    }
}

impl Flow for ByHand {
    fn dimension(&self) -> usize {
        3
    }
    #[inline]
    fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
        rate.copy_from_slice(&self.slope([x[0], x[1], x[2]]));
    }
}

/// One trajectory in f64: the loop by hand, the generic stepper on the same right-hand side and on the zoo's.
pub(crate) fn single(figures: &mut Figures) -> Result<(), Error> {
    let system = system()?;
    let parameters = system.model().parameter_values();
    let [sigma, rho, beta] = parameters[..] else { return Err(Error::System("lorenz")) };
    let flow = || black_box(ByHand { sigma, rho, beta });
    let start = system.model().initial();
    let [x, y, z] = start[..] else { return Err(Error::System("lorenz")) };
    let options = || Options { dt: H, ..Options::default() };
    let hand = flow();
    let mut at = [x, y, z];
    let mut bulk = Trajectory::new(flow(), options(), &start)?;
    let mut each = Trajectory::new(flow(), options(), &start)?;
    let mut compiled = Trajectory::new(zoo::native::Lorenz::new([sigma, rho, beta]), options(), &start)?;
    let mut zoo_bulk = Trajectory::new(system.field::<f64>(&parameters), options(), &start)?;
    let mut zoo_each = Trajectory::new(system.field::<f64>(&parameters), options(), &start)?;
    // A flag each: the works are borrowed together.
    let mut well = [true; 5];
    let [well_bulk, well_compiled, well_each, well_zoo, well_zoo_each] = &mut well;
    let times = medians([
        &mut || hand.run(black_box(&mut at), black_box(H), SINGLE_STEPS),
        &mut || *well_bulk &= bulk.advance_by(SINGLE_STEPS).is_ok(),
        &mut || *well_compiled &= compiled.advance_by(SINGLE_STEPS).is_ok(),
        &mut || *well_each &= (0..SINGLE_STEPS).all(|_| each.advance().is_ok()),
        &mut || *well_zoo &= zoo_bulk.advance_by(SINGLE_STEPS).is_ok(),
        &mut || *well_zoo_each &= (0..SINGLE_STEPS).all(|_| zoo_each.advance().is_ok()),
    ]);
    if well.contains(&false) {
        let (found, wanted) = ("divergence".into(), "none".into());
        return Err(Error::Wrong { what: "one Lorenz trajectory".into(), found, wanted });
    }
    let reached = digest(&at);
    same("the generic stepper's state", digest(bulk.state()), reached)?;
    same("the generic stepper's state, a step a call", digest(each.state()), reached)?;
    same("the state of code compiled together", digest(compiled.state()), reached)?;
    same("the zoo's state", digest(zoo_bulk.state()), reached)?;
    same("the zoo's state, a step a call", digest(zoo_each.state()), reached)?;
    let names = ["by hand", "in bulk", "compiled", "a step a call", "zoo in bulk", "zoo a step a call"];
    for (name, seconds) in names.iter().zip(times) {
        figures.value(&format!("one trajectory {name}, seconds a step"), seconds / SINGLE_STEPS as f64);
    }
    figures.digest("one trajectory", reached);
    Ok(())
}
