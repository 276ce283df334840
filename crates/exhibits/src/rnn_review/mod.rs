//! Exhibit 45: recurrent architectures that learn to remember.
//!
//! Source: Z. C. Lipton, J. Berkowitz and C. Elkan, A Critical Review of Recurrent Neural Networks for Sequence Learning,
//! 2015; its abstract was read. The architectures are those of its primary references; tasks and sizes are ours.

mod declaration;
mod gates;
mod gradient;
mod measure;
mod plan;
mod portrait;
mod run;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup, Studied};
use declaration as d;
use plan::Plan;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct RnnReview;

impl Declared for RnnReview {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, recipe: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: "Learning sequences".into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: None,
            controls: d::controls(),
            views: d::views(recipe.control("architecture").unwrap_or("lstm")),
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

impl Exhibit for RnnReview {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Review::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let plan = Plan::of(setup.values, setup.recipe.seed);
        let [inputs, steps, _] = plan.task.sizes();
        // Weights of five architectures, about fourteen times those of the simplest, three passes of two operations.
        let weights = 14.0 * (plan.hidden * (plan.hidden + inputs)) as f64;
        6.0 * weights * (plan.batch * steps) as f64 * setup.values.number("updates")
    }

    fn studied(&self, setup: &Setup<'_>, step: u64) -> Option<Result<Studied, ExhibitError>> {
        Some(run::learned(setup, step))
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
