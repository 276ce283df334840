//! Exhibit 28: the zoo of chaotic flows as a benchmark of forecasting.
//!
//! Source: W. Gilpin, Chaos as an interpretable benchmark for forecasting and data-driven modelling, NeurIPS 2021
//! (datasets and benchmarks); the abstract and the public collection were read, the body was not.

mod declaration;
mod measure;
mod protocol;
mod run;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup, Studied};
use declaration as d;
use protocol::Timed;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct ChaosBenchmark;

/// Every system of the collection, by its name there, flows before maps.
fn systems() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = zoo::systems()
        .iter()
        .filter_map(|system| Some((system.collection()?.to_owned(), system.name().to_owned())))
        .collect();
    all.sort_by_key(|(name, title)| (name.starts_with("map:"), title.to_lowercase()));
    all
}

/// The system that a recipe names; Lorenz's where it names none. One that does not exist is told by the check of the
/// controls.
fn timed(recipe: &Recipe) -> Result<Timed, ExhibitError> {
    let named = recipe.control("system").filter(|name| zoo::find_named(&format!("dysts:{name}")).is_some());
    Timed::of(named.unwrap_or("Lorenz"))
}

impl Declared for ChaosBenchmark {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, recipe: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        let timed = timed(recipe)?;
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: "Learning chaos".into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: Some(timed.subject.shown(false, false)),
            controls: d::controls(&systems(), &timed),
            views: d::views(),
            claims: d::claims(),
            lesson: d::lesson(),
            presets: Vec::new(),
            citations: vec![d::CITATION.into()],
            takes_series: false,
            takes_gpu: false,
        })
    }

    fn claims(&self) -> Vec<Claim> {
        d::claims()
    }
}

impl Exhibit for ChaosBenchmark {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Benchmark::start(setup, timed(setup.recipe)?)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        // All systems, measured once: from the claims, which do little else.
        match setup.values.text("forecaster") {
            "random-features" | "reservoir" => 4e10,
            "residual" => 1e12,
            _ => 1e10,
        }
    }

    fn studied(&self, setup: &Setup<'_>, _: u64) -> Option<Result<Studied, ExhibitError>> {
        let studied = |timed: Timed| {
            let timed = run::set(timed, setup.values);
            Studied { dt: timed.dt(), subject: timed.subject, parameters: timed.parameters, network: None }
        };
        Some(timed(setup.recipe).map(studied))
    }

    fn measure<'a>(
        &'a self,
        claim: &'a str,
        seed: u64,
        _: &'a Means,
        progress: &'a mut dyn FnMut(f64),
    ) -> Local<'a, Result<Vec<Measured>, String>> {
        Box::pin(async move { measure::measure(claim, seed, progress) })
    }
}
