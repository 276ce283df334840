//! Exhibits in the module that opens the page: declared, their runs left out.

use crate::claims::Measured;
use crate::contract::{Claim, Declaration};
use crate::error::ExhibitError;
use crate::exhibit::{Declared, Exhibit, Local, Means, Run, Setup};
use recipe::Recipe;

/// An exhibit in a module that leaves out its runs: it is declared, and says where it runs. Nothing here names its run,
/// so that the linker drops that.
pub(crate) struct Elsewhere<D>(pub(crate) D);

impl<D: Declared> Declared for Elsewhere<D> {
    fn slug(&self) -> &'static str {
        self.0.slug()
    }
    fn declare(&self, recipe: &Recipe, means: &Means) -> Result<Declaration, ExhibitError> {
        self.0.declare(recipe, means)
    }
    fn claims(&self) -> Vec<Claim> {
        self.0.claims()
    }
}

impl<D: Declared> Exhibit for Elsewhere<D> {
    fn start(&self, _: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError> {
        Err(ExhibitError::Elsewhere(self.slug().into()))
    }
    fn cost(&self, _: &Setup<'_>) -> f64 {
        0.0
    }
    fn measure<'a>(
        &'a self,
        _: &'a str,
        _: u64,
        _: &'a Means,
        _: &'a mut dyn FnMut(f64),
    ) -> Local<'a, Result<Vec<Measured>, String>> {
        Box::pin(async move { Err(ExhibitError::Elsewhere(self.slug().into()).to_string()) })
    }
}
