//! What a training has learned, for the analysis desk.

use super::data::data;
use super::run::settings;
use crate::error::ExhibitError;
use crate::exhibit::{Setup, Studied};
use crate::reconstruction::{refused, trained};
use crate::subject::Subject;
use recipe::bounds;
use rnn::CellKind;
use std::fmt::Write as _;

/// Trains as the run of a setup does, without its companions, and takes the network as it stands after `updates`.
pub(super) fn learned(setup: &Setup<'_>, updates: u64) -> Result<Studied, ExhibitError> {
    let updates = updates.min(setup.values.integer("updates") as u64).min(bounds::UPDATES);
    if setup.values.text("engine") != "fused" {
        let message = "what burn trains differs from machine to machine: choose the fused engine to analyse what it learns";
        return Err(ExhibitError::Refused(message.into()));
    }
    let data = data(setup)?;
    let settings = settings(setup.values, data.train.channels().len(), setup.recipe.seed);
    let map = if setup.values.text("precision") == "double" {
        trained::<f64>(&data, settings, updates)
    } else {
        trained::<f32>(&data, settings, updates)
    };
    let map = map.map_err(refused)?;
    let CellKind::ShallowPlrnn { hidden, clipped, .. } = settings.kind else {
        return Err(ExhibitError::Refused("the cell has no equations to write".into()));
    };
    let text = equations(map.parameters(), data.test.row(0), hidden, clipped, updates);
    let subject = Subject::typed(&text)?;
    Ok(Studied { parameters: subject.parameters(), dt: 1.0, subject, network: map.piecewise() })
}

/// The map `z' = A z + W₁ [max(0, W₂ z + h₂) - max(0, W₂ z)] + h₁` (without the subtracted part unless clipped) as
/// text, from the parameters in their layout and a start. Numbers are written such that they are read back exactly.
fn equations(p: &[f64], start: &[f64], hidden: usize, clipped: bool, updates: u64) -> String {
    let m = start.len();
    let (w1, rest) = p.get(m..).unwrap_or(&[]).split_at(m * hidden);
    let (w2, rest) = rest.split_at(m * hidden);
    let (h1, h2) = rest.split_at(m);
    // Writing to a text cannot fail.
    let mut text =
        format!("# What a network of {m} units with {hidden} rectifiers learned in {updates} updates.\n");
    for k in 0..hidden {
        let terms: Vec<String> = (0..m).map(|j| format!("({:?})*z{}", w2[k * m + j], j + 1)).collect();
        let _ = writeln!(text, "u{} = {}", k + 1, terms.join(" + "));
    }
    for k in 1..=hidden {
        let less = if clipped { format!(" - max(0, u{k})") } else { String::new() };
        let _ = writeln!(text, "r{k} = max(0, u{k} + ({:?})){less}", h2[k - 1]);
    }
    for i in 0..m {
        let _ = write!(text, "z{0}(t+1) = ({1:?})*z{0} + ({2:?})", i + 1, p[i], h1[i]);
        for k in 0..hidden {
            let _ = write!(text, " + ({:?})*r{}", w1[i * hidden + k], k + 1);
        }
        text.push('\n');
    }
    let starts: Vec<String> = start.iter().enumerate().map(|(i, x)| format!("z{}={x:?}", i + 1)).collect();
    let _ = writeln!(text, "init {}", starts.join(", "));
    text
}
