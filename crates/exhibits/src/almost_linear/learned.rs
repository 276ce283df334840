//! What a training has learned, for the analysis desk.

use super::plan::{Plan, data};
use crate::error::ExhibitError;
use crate::exhibit::{Setup, Studied};
use crate::reconstruction::{refused, trained};
use crate::subject::Subject;
use recipe::bounds;
use rnn::TrainedMap;
use std::fmt::Write as _;

/// Trains as the run of a setup does, without its companions, and takes the network as it stands after `updates`.
pub(super) fn learned(setup: &Setup<'_>, updates: u64) -> Result<Studied, ExhibitError> {
    let plan = Plan::of(setup.values);
    let updates = updates.min(plan.updates).min(bounds::UPDATES);
    let data = data(setup)?;
    let settings = plan.settings(data.train.channels().len(), setup.recipe.seed);
    let map = if setup.values.text("precision") == "double" {
        trained::<f64>(&data, settings, updates)
    } else {
        trained::<f32>(&data, settings, updates)
    };
    let map = map.map_err(refused)?;
    let text = equations(&map, data.test.row(0), &plan, updates);
    let subject = Subject::typed(&text)?;
    Ok(Studied { parameters: subject.parameters(), dt: 1.0, subject, network: map.piecewise() })
}

/// The map `z' = A z + W Φ(z) + h` as text, where `Φ` rectifies the last units, from the start that the first observation
/// `x` gives. Numbers are written such that they are read back exactly.
fn equations(map: &TrainedMap, x: &[f64], plan: &Plan, updates: u64) -> String {
    let (m, first) = (plan.latent, plan.latent - plan.rectified);
    let p = map.parameters();
    let mut start = vec![0.0; m];
    map.begin(x, &mut start);
    // Writing to a text cannot fail.
    let mut text = format!(
        "# What a network of {m} units, {} of them rectified, learned in {updates} updates.\n",
        plan.rectified
    );
    for j in first..m {
        let _ = writeln!(text, "r{0} = max(0, z{0})", j + 1);
    }
    for i in 0..m {
        let _ = write!(text, "z{0}(t+1) = ({1:?})*z{0} + ({2:?})", i + 1, p[i], p[m + m * m + i]);
        for j in 0..m {
            let name = if j < first { 'z' } else { 'r' };
            let _ = write!(text, " + ({:?})*{name}{}", p[m + i * m + j], j + 1);
        }
        text.push('\n');
    }
    let starts: Vec<String> = start.iter().enumerate().map(|(i, z)| format!("z{}={z:?}", i + 1)).collect();
    let _ = writeln!(text, "init {}", starts.join(", "));
    text
}
