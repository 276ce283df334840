//! Exhibit 12: linear equivalence of random nonlinear recurrent networks.
//!
//! Source: D. G. Clark, Linear equivalence of nonlinear recurrent neural networks (2026), of which the abstract was read;
//! the equations are derived from its statement and from the mean-field theory of Sompolinsky, Crisanti and Sommers
//! (1988).

mod declaration;
mod measure;
mod network;
mod run;
mod theory;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup};
use declaration as d;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct LinearEquivalence;

impl Declared for LinearEquivalence {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, _: &Recipe, _: &Means) -> Result<Declaration, ExhibitError> {
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: d::FAMILY.into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: None,
            controls: d::controls(),
            views: d::views(),
            claims: d::claims(),
            lesson: d::lesson(),
            presets: d::presets(),
            citations: vec![d::CITATION.into(), d::POTENTIAL.into()],
            takes_series: false,
            takes_gpu: false,
        })
    }

    fn claims(&self) -> Vec<Claim> {
        d::claims()
    }
}

impl Exhibit for LinearEquivalence {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Equivalence::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let (n, steps) = (setup.values.number("units"), setup.values.number("steps"));
        // Products with the couplings and of states with each other; elementary functions; the inverses.
        steps * (3.0 * n * n + 80.0 * n) + 129.0 * 3.3 * n * n * n
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
