//! The equations of a session at its present values, written for elsewhere.

use crate::contract::ExportFormat;
use crate::explorer::{parameter_id, start_id};
use crate::session::Session;
use equations::format_ode;

/// The formats that equations are written in.
pub fn export_formats() -> Vec<ExportFormat> {
    vec![ExportFormat { name: "ode".into(), label: ".ode".into(), ending: "ode".into() }]
}

/// Writes the equations of a session, with the parameters and the starting point as they are set now. Where nothing
/// was set, an `.ode` text stays as it is, comments and all.
///
/// # Errors
/// There are no equations, no such format, or the format cannot carry what they do, in words.
pub fn export(session: &Session, format: &str) -> Result<String, String> {
    let declaration = session.declaration();
    let own = declaration.equations.as_ref().ok_or("there are no equations to write")?;
    let known = export_formats();
    if !known.iter().any(|known| known.name == format) {
        let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
        return Err(format!("there is no format {format}; the formats are {}", names.join(", ")));
    }
    let model = equations::parse(&own.text).model.ok_or("the equations cannot be read")?;
    let value = |id: &str, own: f64| {
        let set = session.values().number(id);
        if set.is_nan() { own } else { set }
    };
    let parameters: Vec<f64> =
        model.parameters.iter().map(|p| value(&parameter_id(&p.name), p.value)).collect();
    let initial: Vec<f64> = model.variables.iter().map(|v| value(&start_id(&v.name), v.initial)).collect();
    if parameters == model.parameter_values() && initial == model.initial() {
        return Ok(own.text.clone());
    }
    Ok(format_ode(&model, &parameters, &initial))
}
