//! The equations of a session at its present values, written for elsewhere.

use crate::contract::ExportFormat;
use crate::explorer::{parameter_id, start_id};
use crate::session::Session;
use equations::Export;

/// The formats that equations are written in.
pub fn export_formats() -> Vec<ExportFormat> {
    let format = |one: Export| ExportFormat {
        name: one.slug().into(),
        label: one.name().into(),
        ending: one.ending().into(),
    };
    Export::ALL.into_iter().map(format).collect()
}

/// Writes the equations of a session, with the parameters and the starting point as they are set now. Where nothing
/// was set, an `.ode` text stays as it is, comments and all.
///
/// # Errors
/// There are no equations, no such format, or the format cannot carry what they do, in words.
pub fn export(session: &Session, format: &str) -> Result<String, String> {
    let declaration = session.declaration();
    let own = declaration.equations.as_ref().ok_or("there are no equations to write")?;
    let Some(known) = Export::from_slug(format) else {
        let names: Vec<&str> = Export::ALL.iter().map(|known| known.slug()).collect();
        return Err(format!("there is no format {format}; the formats are {}", names.join(", ")));
    };
    let model = equations::parse(&own.text).model.ok_or("the equations cannot be read")?;
    let value = |id: &str, own: f64| {
        let set = session.values().number(id);
        if set.is_nan() { own } else { set }
    };
    let parameters: Vec<f64> =
        model.parameters.iter().map(|p| value(&parameter_id(&p.name), p.value)).collect();
    let initial: Vec<f64> = model.variables.iter().map(|v| value(&start_id(&v.name), v.initial)).collect();
    if known == Export::Ode && parameters == model.parameter_values() && initial == model.initial() {
        return Ok(own.text.clone());
    }
    equations::export(&model, &declaration.title, &parameters, &initial, known)
        .map_err(|error| error.to_string())
}
