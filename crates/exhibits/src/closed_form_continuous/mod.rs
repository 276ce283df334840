//! Exhibit 11: a neuron's differential equation in closed form, and networks made of it.
//!
//! Source: R. Hasani, M. Lechner, A. Amini, L. Liebenwein, A. Ray, M. Tschaikowski, G. Teschl and D. Rus, Closed-form
//! Continuous-time Neural Networks, 2022; its abstract and the authors' public code were read. Sizes are smaller here.

mod declaration;
mod gate;
mod measure;
mod neuron;
mod operations;
mod plan;
mod run;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup};
use declaration as d;
use plan::{Plan, VARIANTS};
use recipe::Recipe;

/// The exhibit.
pub(crate) struct ClosedFormContinuous;

impl Declared for ClosedFormContinuous {
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

impl Exhibit for ClosedFormContinuous {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Race::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let plan = Plan::of(setup.values, setup.recipe.seed);
        let steps = (plan.batch * (plan.pad - 1)) as f64 * plan.updates as f64;
        // Three passes, each product with a sum beside it, each function worth about ten operations.
        let operations = VARIANTS.iter().map(|(slug, ..)| {
            let taken = operations::of(plan.kind(slug));
            2.0 * taken.products as f64 + 10.0 * taken.functions as f64
        });
        3.0 * steps * operations.sum::<f64>()
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
