//! `export`

use crate::Failure;
use crate::args::Export;
use crate::csv_file::save;
use crate::source::{is_file, set_values, split_setting};
use crate::subject::Subject;
use equations::Model;
use exhibits::ExhibitError;
use recipe::Recipe;
use std::io::Write;
use std::path::Path;

/// Controls of every system; a parameter of such a name is written `p.NAME` in links.
const LOOKS: [&str; 7] = ["dt", "solver", "tolerance", "copies", "spread", "apart", "colour"];

/// Values of a model that a person may set.
struct Values {
    parameter_names: Vec<String>,
    parameters: Vec<f64>,
    /// The variables' starting values, by the names that controls give them: `x_0`.
    initial_names: Vec<String>,
    initial: Vec<f64>,
}

impl Values {
    fn of(model: &Model) -> Self {
        Self {
            parameter_names: model.parameters.iter().map(|p| p.name.clone()).collect(),
            parameters: model.parameter_values(),
            initial_names: model.variables.iter().map(|v| format!("{}_0", v.name)).collect(),
            initial: model.initial(),
        }
    }

    fn knows(names: &[String], key: &str) -> bool {
        names.iter().any(|name| name.eq_ignore_ascii_case(key))
    }

    /// Puts `key=value` in place; a parameter goes before a starting value of its name.
    fn set(&mut self, setting: &str) -> Result<(), Failure> {
        let (key, _) = split_setting(setting)?;
        let setting = [setting.to_owned()];
        if !Self::knows(&self.parameter_names, key) && Self::knows(&self.initial_names, key) {
            set_values(&setting, &self.initial_names, &mut self.initial)
        } else {
            set_values(&setting, &self.parameter_names, &mut self.parameters)
        }
    }
}

pub(super) fn export(arguments: &Export, out: &mut dyn Write) -> Result<(), Failure> {
    let subject = Subject::read(&arguments.source)?;
    let model = subject.model();
    let mut values = Values::of(model);
    let mut title = title(&arguments.source);
    if !is_file(&arguments.source) {
        let recipe = Recipe::decode(&arguments.source).map_err(ExhibitError::from)?;
        if let Some(system) = zoo::find(&recipe.exhibit) {
            title = system.name().to_owned();
        } else if recipe.equations.is_some() {
            title = "Equations of a link".to_owned();
        }
        // A link's other controls say how it is looked at.
        for (key, value) in &recipe.controls {
            let key = match key.strip_prefix("p.") {
                Some(parameter) => parameter,
                None if LOOKS.contains(&key.as_str()) => continue,
                None => key,
            };
            if Values::knows(&values.parameter_names, key) || Values::knows(&values.initial_names, key) {
                values.set(&format!("{key}={value}"))?;
            }
        }
    }
    for setting in &arguments.settings {
        values.set(setting)?;
    }
    let text = equations::export(model, &title, &values.parameters, &values.initial, arguments.format.into())
        .map_err(|fault| Failure::Input(fault.to_string()))?;
    match &arguments.output {
        Some(path) => save(path, text.as_bytes()),
        None => Ok(out.write_all(text.as_bytes())?),
    }
}

/// A file's name without its folder.
fn title(source: &str) -> String {
    Path::new(source)
        .file_name()
        .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported(words: &[&str]) -> Result<String, Failure> {
        let arguments = Export {
            source: words[0].into(),
            format: crate::args::Format::Ode,
            settings: words[1..].iter().map(|word| (*word).to_owned()).collect(),
            output: None,
        };
        let mut out = Vec::new();
        export(&arguments, &mut out)?;
        Ok(String::from_utf8(out).expect("text"))
    }

    #[test]
    fn a_links_values_and_settings_stand_in_the_text() {
        let text = exported(&["lorenz?rho=24.5&x_0=3&dt=0.001", "sigma=9", "Y_0=-2"]).expect("a text");
        for part in ["par rho=24.5", "par sigma=9", "init x=3", "init y=-2"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("0.001"), "{text}");
        assert!(exported(&["lorenz", "rhoo=1"]).expect_err("refused").to_string().contains("\"rho\""));
    }
}
