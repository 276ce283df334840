//! What a command works on: a slug, a link, or a file of equations.

use crate::Failure;
use exhibits::contract::Declaration;
use exhibits::{ExhibitError, Means, OwnSeries, exhibits as list, nearest};
use recipe::Recipe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A recipe, and the file that its equations came from.
pub struct Source {
    /// Exhibit, seed, controls, equations.
    pub recipe: Recipe,
    /// The file, when the equations were read from one.
    pub file: Option<PathBuf>,
}

impl Source {
    /// Reads a slug, a link, a whole address, or a `FILE.ode`.
    ///
    /// # Errors
    /// The link or the file cannot be read, or nothing has that name.
    pub fn read(text: &str) -> Result<Self, Failure> {
        if !is_file(text) {
            let recipe = Recipe::decode(text).map_err(ExhibitError::from)?;
            list::resolve(&recipe)?;
            return Ok(Self { recipe, file: None });
        }
        let path = PathBuf::from(text);
        let recipe = Recipe { equations: Some(read_equations(&path)?), ..Recipe::new(list::TYPED) };
        Ok(Self { recipe, file: Some(path) })
    }

    /// Puts settings and seed over the recipe, and the digest of a series of one's own.
    ///
    /// # Errors
    /// A setting that is not `key=value`, a control that does not exist, a series that cannot be read.
    pub fn adjust(
        &mut self,
        settings: &[String],
        seed: Option<u64>,
        series: Option<&Path>,
    ) -> Result<(Means, Declaration), Failure> {
        let mut means = Means::default();
        if let Some(path) = series {
            let bytes =
                std::fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
            let own = OwnSeries::read(&path.display().to_string(), &bytes)?;
            self.recipe.series.get_or_insert(own.digest);
            means.series = Some(Arc::new(own));
        }
        if let Some(seed) = seed {
            self.recipe.seed = seed;
        }
        let exhibit = list::resolve(&self.recipe)?;
        // The controls may hang on a choice among them, such as the system: a second look sees the final ones.
        let before = exhibit.declare(&self.recipe, &means)?;
        for setting in settings {
            let (key, value) = split_setting(setting)?;
            self.recipe.set_control(&control_id(&before, key), Some(value.to_owned()));
        }
        let declaration = exhibit.declare(&self.recipe, &means)?;
        if means.series.is_some() && !declaration.takes_series {
            return Err(Failure::Input(format!("{} takes no series of one's own", declaration.title)));
        }
        Ok((means, declaration))
    }
}

/// Whether the text names a file of equations rather than a link.
pub fn is_file(text: &str) -> bool {
    !text.contains(['?', '#']) && Path::new(text).extension().is_some_and(|e| e.eq_ignore_ascii_case("ode"))
}

/// The text of a file of equations; faults are told with the file's name, warnings on the standard error stream.
///
/// # Errors
/// The file cannot be read, is too large, or its equations cannot be.
pub fn read_equations(path: &Path) -> Result<String, Failure> {
    let read = |source| Failure::Read { path: path.to_owned(), source };
    let most = recipe::bounds::EQUATION_BYTES;
    let size = std::fs::metadata(path).map_err(read)?.len();
    if size > most as u64 {
        return Err(Failure::Input(format!(
            "{}: equations are at most {most} bytes; these are {size}",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    // Old files are written in the character sets of their day; only comments hold such characters.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut beside = |name: &str| {
        let file = folder.join(name);
        let small = std::fs::metadata(&file).is_ok_and(|m| m.is_file() && m.len() <= most as u64);
        small.then(|| std::fs::read_to_string(&file).ok()).flatten()
    };
    let text = equations::embed_tables(&text, &mut beside).map_err(|e| Failure::Input(in_file(path, &e)))?;
    for diagnostic in exhibits::check_equations(&text).iter().filter(|d| d.severity == "warning") {
        let (line, column) = (diagnostic.line, diagnostic.column);
        eprintln!("{}: line {line}, column {column}: {}", path.display(), diagnostic.message);
    }
    match list::read_equations(&text) {
        Ok(_) => Ok(text),
        Err(fault) => Err(Failure::Input(in_file(path, &fault.to_string()))),
    }
}

/// A message a line, each with the file's name.
fn in_file(path: &Path, message: &str) -> String {
    let lines: Vec<String> = message.lines().map(|line| format!("{}: {line}", path.display())).collect();
    lines.join("\n")
}

/// Splits `key=value`.
///
/// # Errors
/// There is no `=`, or nothing before it.
pub fn split_setting(setting: &str) -> Result<(&str, &str), Failure> {
    match setting.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim(), value.trim())),
        _ => {
            let cut: String = setting.chars().take(40).collect();
            Err(Failure::Input(format!("--set {cut}: a setting is written key=value, such as rho=24.4")))
        }
    }
}

/// The control meant by a key: of exactly this name, or of this name in another case, as names of equations have
/// no case.
fn control_id(declaration: &Declaration, key: &str) -> String {
    let exact = declaration.controls.iter().any(|c| c.id == key);
    let cased = declaration.controls.iter().find(|c| c.id.eq_ignore_ascii_case(key));
    match cased {
        Some(control) if !exact => control.id.clone(),
        _ => key.to_owned(),
    }
}

/// Puts settings over named values; names have no case.
///
/// # Errors
/// A name that there is not, or a value that is no finite number.
pub fn set_values(settings: &[String], names: &[String], values: &mut [f64]) -> Result<(), Failure> {
    for setting in settings {
        let (key, text) = split_setting(setting)?;
        let Some(place) = names.iter().position(|name| name.eq_ignore_ascii_case(key)) else {
            let meant = nearest(key, names.iter().map(String::as_str));
            let hint = match meant {
                Some(name) => format!("; did you mean {name:?}?"),
                None if names.is_empty() => "; there is nothing to set".into(),
                None => format!("; there are {}", names.join(", ")),
            };
            return Err(Failure::Input(format!("there is no {key:?} to set{hint}")));
        };
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => values[place] = value,
            _ => return Err(Failure::Input(format!("{key} = {text}: must be a finite number"))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_a_link_by_its_ending() {
        for file in ["a.ode", "dir/b.ODE", "./x.y.ode"] {
            assert!(is_file(file), "{file}");
        }
        for link in
            ["lorenz", "#/lorenz", "lorenz?x_0=1", "https://example.org/my.ode#/lorenz", "explorer?ode=abc"]
        {
            assert!(!is_file(link), "{link}");
        }
    }

    #[test]
    fn settings_are_keys_and_values() {
        assert_eq!(split_setting(" rho = 24.4 ").expect("read"), ("rho", "24.4"));
        assert_eq!(split_setting("a=b=c").expect("read"), ("a", "b=c"));
        for bad in ["rho", "=3", ""] {
            assert_eq!(split_setting(bad).expect_err(bad).code(), 2);
        }
    }

    #[test]
    fn values_are_set_by_name_without_case() {
        let names = ["Sigma".to_owned(), "rho".to_owned()];
        let mut values = [10.0, 28.0];
        set_values(&["sigma=9".into(), "RHO=-1e1".into()], &names, &mut values).expect("set");
        assert_eq!(values, [9.0, -10.0]);
        let fault = set_values(&["rhoo=1".into()], &names, &mut values).expect_err("refused").to_string();
        assert!(fault.contains("\"rho\""), "{fault}");
        assert!(set_values(&["rho=inf".into()], &names, &mut values).is_err());
        assert!(set_values(&["rho=ten".into()], &names, &mut values).is_err());
    }
}
