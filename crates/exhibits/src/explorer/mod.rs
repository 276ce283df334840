//! The Explorer: any system of the zoo, or typed equations.

mod copies;
mod declaration;
mod measure;
mod plane;
mod run;
mod stimulus;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup};
use crate::exhibits::TYPED;
use crate::subject::Subject;
use recipe::Recipe;

pub(crate) use declaration::{keeps, parameter_id, start_id};
pub(crate) use plane::zero_curve;
pub(crate) use run::{Extent, extent, read_run, write_run};

/// The exhibit.
pub(crate) struct Explorer;

/// What the Explorer shows before anybody typed anything.
const FIRST: &str = "lorenz";

pub(crate) fn subject(recipe: &Recipe) -> Result<Subject, ExhibitError> {
    match &recipe.equations {
        Some(text) => Subject::typed(text),
        None if recipe.exhibit == TYPED => Subject::of_zoo(FIRST),
        None => Subject::of_zoo(&recipe.exhibit),
    }
}

/// A citation up to its first year.
pub(crate) fn short(citation: &str) -> &str {
    let bytes = citation.as_bytes();
    let year = bytes.windows(4).position(|w| w.iter().all(u8::is_ascii_digit));
    year.and_then(|at| citation.get(..at + 4)).unwrap_or(citation)
}

impl Declared for Explorer {
    fn slug(&self) -> &'static str {
        TYPED
    }

    fn declare(&self, recipe: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        let subject = subject(recipe)?;
        let system = subject.system();
        let family = system.map_or("Your own", |s| s.family());
        Ok(Declaration {
            slug: recipe.exhibit.clone(),
            title: subject.name().to_owned(),
            subtitle: system.map_or("your own equations", |s| short(s.citation())).to_owned(),
            family: family.to_owned(),
            sentence: system.map_or("A system of your own.", |s| s.sentence()).to_owned(),
            edition: 1,
            equations: Some(subject.shown(true, recipe.equations.is_some())),
            controls: declaration::controls(&subject),
            views: declaration::views(&subject),
            claims: declaration::claims(),
            lesson: declaration::lesson(&subject),
            presets: declaration::presets(&subject),
            citations: system.map(|s| s.citation().to_owned()).into_iter().collect(),
            takes_series: false,
            takes_gpu: true,
        })
    }

    fn claims(&self) -> Vec<Claim> {
        declaration::claims()
    }
}

impl Exhibit for Explorer {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Exploration::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        // A minute of it at sixty pictures a second, four stages of about ten operations a variable.
        let variables = subject(setup.recipe).map_or(3.0, |s| s.model().variables.len() as f64);
        if setup.means.wants_gpu && setup.means.gpu.is_some() {
            return 0.0;
        }
        setup.values.number("copies") * variables * 40.0 * 4.0 * 60.0 * 60.0
    }

    fn measure<'a>(
        &'a self,
        claim: &'a str,
        seed: u64,
        means: &'a Means,
        progress: &'a mut dyn FnMut(f64),
    ) -> Local<'a, Result<Vec<Measured>, String>> {
        Box::pin(measure::measure(claim, seed, means, progress))
    }
}
