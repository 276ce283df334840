//! Exhibit 14: almost-linear recurrent networks and the symbolic codes of what they learn.
//!
//! Source: M. Brenner, C. J. Hemmer, Z. Monfared and D. Durstewitz, Almost-Linear RNNs Yield Highly Interpretable Symbolic
//! Codes in Dynamical Systems Reconstruction, NeurIPS 2024; the abstract and the authors' public code were read, the body
//! was not.

mod declaration;
mod graph;
mod learned;
mod learner;
mod measure;
mod plan;
mod run;
mod walk;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup, Studied};
use crate::subject::Subject;
use declaration as d;
use plan::Plan;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct AlmostLinearNetwork;

/// Variables of the systems that can be chosen.
const VARIABLES: usize = 3;

/// Every system that can be chosen, by its name in links and its name for people: those that the claims are about, then
/// all others of the zoo with three variables.
fn systems() -> Vec<(&'static str, &'static str)> {
    let first = ["rossler", "lorenz"];
    let known = first.iter().filter_map(|slug| zoo::find(slug)).map(|s| (s.slug(), s.name()));
    let others = zoo::systems().iter().filter(|s| {
        s.model().variables.len() == VARIABLES && s.model().is_plain() && !first.contains(&s.slug())
    });
    let cycle = std::iter::once((plan::CYCLE, plan::CYCLE_NAME));
    known.chain(cycle).chain(others.map(|s| (s.slug(), s.name()))).collect()
}

/// The name and the equations of what a recipe learns. A system that does not exist is told by the check of the controls.
fn subject(recipe: &Recipe) -> Result<(&str, Subject), ExhibitError> {
    if let Some(text) = &recipe.equations {
        return Ok(("", Subject::typed(text)?));
    }
    let known = |name: &&str| systems().iter().any(|(slug, _)| slug == name);
    let name = recipe.control("system").filter(known).unwrap_or("rossler");
    Ok((name, plan::subject(name)?))
}

impl Declared for AlmostLinearNetwork {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, recipe: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        let (name, subject) = subject(recipe)?;
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: "Learning chaos".into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: Some(subject.shown(true, recipe.equations.is_some())),
            controls: d::controls(&systems(), &plan::plan(name), plan::sampling(name, &subject).dt),
            views: d::views(),
            claims: d::claims(),
            lesson: d::lesson(),
            presets: Vec::new(),
            citations: vec![d::CITATION.into()],
            takes_series: true,
            takes_gpu: false,
        })
    }

    fn claims(&self) -> Vec<Claim> {
        d::claims()
    }
}

impl Exhibit for AlmostLinearNetwork {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        if setup.values.text("precision") == "double" {
            return Ok(Box::new(run::Training::<f64>::start(setup)?));
        }
        Ok(Box::new(run::Training::<f32>::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let others = if setup.values.switch("compare") { run::COMPARED.len() as f64 } else { 1.0 };
        others * Plan::of(setup.values).cost()
    }

    fn studied(&self, setup: &Setup<'_>, step: u64) -> Option<Result<Studied, ExhibitError>> {
        Some(learned::learned(setup, step))
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
