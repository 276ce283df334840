//! Every system of the zoo: one f64 trajectory or orbit in bulk, by compiled code and by the register program of
//! typed equations.

use crate::error::Error;
use crate::report::Figures;
use dynamics::{Checkpoint, Options, Orbit, Outcome, Simulation, Stepper, Trajectory};
use equations::Kind;
use numerics::Digest;
use web_time::Instant;
use zoo::{Field, System, SystemProcess};

/// Steps of one piece of work, which always begins at the system's own initial state.
const STEPS: u64 = 500;
/// Seconds between two looks at the clock, at least: a browser rounds them to a tenth of a millisecond.
const SLICE: f64 = 2e-3;
/// Times that each is measured. The fastest counts: what else the machine does only adds.
const REPEATS: usize = 5;

/// A run of a system on a field, and where it begins.
struct Run {
    stepper: Box<dyn Stepper>,
    start: Checkpoint,
    rounds: u64,
    fastest: f64,
}

impl Run {
    fn new(system: &System, field: Field<f64>) -> Result<Self, Error> {
        let model = system.model();
        let start = model.initial();
        let options = Options {
            dt: model.options.dt.unwrap_or(0.05),
            bound: model.options.bounds.unwrap_or(1e8),
            ..Options::default()
        };
        let stepper: Box<dyn Stepper> = if !model.is_plain() {
            let process = SystemProcess::new(model, field, &model.parameter_values());
            Box::new(Simulation::new(process, options, &start)?)
        } else if model.kind == Kind::Map {
            Box::new(Orbit::new(field, options, &start)?)
        } else {
            Box::new(Trajectory::new(field, options, &start)?)
        };
        Ok(Self { start: stepper.checkpoint(), stepper, rounds: 1, fastest: f64::INFINITY })
    }

    /// One piece of work; the same one every time.
    fn round(&mut self) -> Result<(), Error> {
        self.stepper.restore(&self.start)?;
        match self.stepper.advance_by(STEPS) {
            Outcome::Ok => Ok(()),
            outcome => Err(Error::Wrong {
                what: "a trajectory of the zoo".into(),
                found: outcome.to_string(),
                wanted: format!("well for {STEPS} steps"),
            }),
        }
    }

    /// Seconds of all rounds together.
    fn slice(&mut self) -> Result<f64, Error> {
        let begun = Instant::now();
        for _ in 0..self.rounds {
            self.round()?;
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    /// Finds how many rounds fill a slice; a browser translates the code well meanwhile.
    fn warm_up(&mut self) -> Result<(), Error> {
        while self.slice()? < SLICE {
            self.rounds *= 2;
        }
        Ok(())
    }

    fn measure(&mut self) -> Result<(), Error> {
        let seconds = self.slice()?;
        if seconds < self.fastest {
            self.fastest = seconds;
        }
        Ok(())
    }

    fn rate(&self) -> f64 {
        (self.rounds * STEPS) as f64 / self.fastest
    }
}

/// Steps a second of one system, compiled and typed, which reach the same bits.
fn system(system: &'static System, figures: &mut Figures, all: &mut Digest) -> Result<(), Error> {
    let model = system.model();
    let parameters = model.parameter_values();
    let mut compiled = Run::new(system, system.field(&parameters))?;
    let mut typed = Run::new(system, Field::interpreted(model, &parameters))?;
    compiled.round()?;
    typed.round()?;
    let digest = |run: &Run| Digest::new().f64s(run.stepper.state()).finish();
    if digest(&compiled) != digest(&typed) {
        return Err(Error::Wrong {
            what: "the state of typed equations".into(),
            found: format!("{:016x}", digest(&typed)),
            wanted: format!("{:016x}", digest(&compiled)),
        });
    }
    all.f64s(compiled.stepper.state());
    compiled.warm_up()?;
    typed.warm_up()?;
    for _ in 0..REPEATS {
        compiled.measure()?;
        typed.measure()?;
    }
    figures.value(&format!("{COMPILED}{}", system.slug()), compiled.rate());
    figures.value(&format!("{TYPED}{}", system.slug()), typed.rate());
    Ok(())
}

/// What the names of the figures begin with; the system's slug follows.
pub(crate) const COMPILED: &str = "compiled, steps a second: ";
pub(crate) const TYPED: &str = "typed, steps a second: ";

/// Steps a second of every system of the zoo, one at a time on one core.
///
/// # Errors
/// A system cannot be stepped, or its two ways do not reach the same state.
pub fn measure_zoo() -> Result<Figures, Error> {
    let mut figures = Figures::default();
    let mut digest = Digest::new();
    for each in zoo::systems() {
        system(each, &mut figures, &mut digest)
            .map_err(|reason| Error::Zoo { slug: each.slug(), reason: reason.to_string() })?;
    }
    figures.digest("the zoo", digest.finish());
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_begins_anew_and_ends_at_the_same_bits() {
        for slug in ["lorenz", "henon"] {
            let system = zoo::find(slug).unwrap();
            let mut run = Run::new(system, system.field(&system.model().parameter_values())).unwrap();
            run.round().unwrap();
            let first = run.stepper.state().to_vec();
            run.round().unwrap();
            assert_eq!(run.stepper.state(), first, "{slug}");
            assert_eq!(run.stepper.step(), STEPS, "{slug}");
        }
    }

    #[test]
    fn a_system_has_both_its_speeds() {
        let mut figures = Figures::default();
        system(zoo::find("lorenz").unwrap(), &mut figures, &mut Digest::new()).unwrap();
        assert!(figures.of(&format!("{COMPILED}lorenz")).unwrap() > 0.0);
        assert!(figures.of(&format!("{TYPED}lorenz")).unwrap() > 0.0);
    }
}
