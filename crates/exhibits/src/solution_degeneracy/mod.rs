//! Exhibit 23: how differently networks solve one task.
//!
//! Source: A. Huang, S. H. Singh, F. Martinelli and K. Rajan, Measuring and Controlling Solution Degeneracy across
//! Task-Trained Recurrent Neural Networks, 2024; its abstract was read. The tasks' constants, sizes and the optimiser's
//! settings are ours, and so are the details of the measures.

mod declaration;
mod measure;
mod pictures;
mod plan;
mod run;
mod survey;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup};
use declaration as d;
use plan::Plan;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct SolutionDegeneracy;

impl Declared for SolutionDegeneracy {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, _: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: "Learning sequences".into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: None,
            controls: d::controls(),
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

impl Exhibit for SolutionDegeneracy {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Degeneracy::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let [first, second] = Plan::both(setup.values, setup.recipe.seed);
        first.cost() + second.cost()
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
