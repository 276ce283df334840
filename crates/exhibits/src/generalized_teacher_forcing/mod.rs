//! Exhibit 22: generalised teacher forcing on shallow piecewise-linear recurrent networks.
//!
//! Source: F. Hess, Z. Monfared, M. Brenner and D. Durstewitz, Generalized Teacher Forcing for Learning Chaotic
//! Dynamics, ICML 2023; model, forcing, estimators and metrics as in the authors' public code.

mod data;
mod declaration;
#[cfg(feature = "nets")]
mod elsewhere;
mod learned;
mod measure;
mod run;

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup, Studied};
use crate::reconstruction::MOST_VARIABLES;
use crate::subject::Subject;
use crate::values::Values;
use declaration as d;
use recipe::Recipe;

/// The exhibit.
pub(crate) struct GeneralizedTeacherForcing;

impl Declared for GeneralizedTeacherForcing {
    fn slug(&self) -> &'static str {
        d::SLUG
    }

    fn declare(&self, recipe: &Recipe, means: &Means) -> Result<Declaration, ExhibitError> {
        let systems: Vec<(&str, &str)> = zoo::systems()
            .iter()
            .filter(|s| s.model().variables.len() <= MOST_VARIABLES && s.model().is_plain())
            .map(|s| (s.slug(), s.name()))
            .collect();
        let subject = match &recipe.equations {
            Some(text) => Subject::typed(text)?,
            None => {
                // A system that does not exist is told by the check of the controls.
                let slug = recipe.control("system").filter(|slug| zoo::find(slug).is_some());
                Subject::of_zoo(slug.unwrap_or("lorenz"))?
            }
        };
        let variables = match &means.series {
            Some(own) if recipe.series.is_some() => own.series.channels().to_vec(),
            _ => subject.variable_names(),
        };
        Ok(Declaration {
            slug: d::SLUG.into(),
            title: d::TITLE.into(),
            subtitle: d::SUBTITLE.into(),
            family: "Learning chaos".into(),
            sentence: d::SENTENCE.into(),
            edition: 1,
            equations: Some(subject.shown(true, recipe.equations.is_some())),
            controls: d::controls(&systems, &variables),
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

impl Exhibit for GeneralizedTeacherForcing {
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Ok(Box::new(run::Training::start(setup)?))
    }

    fn cost(&self, setup: &Setup<'_>) -> f64 {
        let v = setup.values;
        let (hidden, length) = (v.number("hidden"), v.number("length"));
        // A training for each way of forcing, forward and backward, three variables in and out of the hidden layer.
        5.0 * v.number("updates") * 16.0 * length * hidden * 3.0 * 2.0 * 2.0 * 3.0
    }

    fn wants_device(&self, values: &Values) -> bool {
        values.text("engine") == "burn-webgpu"
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
