//! What the network of a setup learns from.

use crate::error::ExhibitError;
use crate::exhibit::Setup;
use crate::reconstruction::{Data, Sampling};
use crate::subject::Subject;

/// Every so many time units, two steps of the solver in between.
pub(super) fn sampling(dt: f64) -> Sampling {
    Sampling { dt, substeps: 2 }
}

/// The data of a setup: a series when there is one, else typed equations, else the system chosen.
pub(super) fn data(setup: &Setup<'_>) -> Result<Data, ExhibitError> {
    let seed = setup.recipe.seed;
    let noise = setup.values.number("noise");
    if let Some(own) = &setup.means.series {
        return Data::of_series(own.series.clone(), 1.0, noise, seed, own.name.clone());
    }
    let subject = match &setup.recipe.equations {
        Some(text) => Subject::typed(text)?,
        None => Subject::of_zoo(setup.values.text("system"))?,
    };
    Data::of_subject(&subject, sampling(setup.values.number("dt")), noise, seed)
}
