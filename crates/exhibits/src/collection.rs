//! What the `dysts` collection says of its flows: its estimates, their time scale, their kind.
//!
//! Source: W. Gilpin, Chaos as an interpretable benchmark for forecasting and data-driven modelling, NeurIPS 2021, and
//! the collection's own file, version of May 2025.

use serde::Serialize;

const FILE: &str = include_str!("collection.csv");

/// A flow of the collection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its name there.
    #[serde(skip)]
    pub name: &'static str,
    /// `maximum_lyapunov_estimated`.
    pub largest: Option<f64>,
    /// The largest of `lyapunov_spectrum_estimated`.
    pub of_spectrum: Option<f64>,
    /// `kaplan_yorke_dimension`.
    pub kaplan_yorke: Option<f64>,
    /// Dominant period, from its power spectrum.
    pub period: f64,
    /// Whether time drives it, as its last variable.
    pub driven: bool,
    /// Whether it is flagged as conservative.
    pub conservative: bool,
    /// Whether it has a delay.
    pub delayed: bool,
}

/// Every flow, in the order of the collection.
pub fn entries() -> impl Iterator<Item = Entry> {
    FILE.lines().skip(1).filter_map(|line| {
        let mut fields = line.split(',');
        let name = fields.next()?;
        let mut number = || fields.next().and_then(|field| field.parse().ok());
        let (largest, of_spectrum, kaplan_yorke, period) = (number(), number(), number(), number()?);
        let flags = fields.next().unwrap_or("");
        let flag = |letter| flags.contains(letter);
        let (driven, conservative, delayed) = (flag('N'), flag('H'), flag('D'));
        Some(Entry { name, largest, of_spectrum, kaplan_yorke, period, driven, conservative, delayed })
    })
}

/// A flow by its name.
pub fn entry(name: &str) -> Option<Entry> {
    entries().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_of_the_collection_is_a_system_of_the_zoo_under_its_name() {
        assert_eq!(entries().count(), 135);
        for entry in entries() {
            let named = format!("dysts:{}", entry.name);
            let found = zoo::find_named(&named).unwrap_or_else(|| panic!("{named}"));
            let system = found.model().into_owned();
            assert_eq!(!system.system().delayed().is_empty(), entry.delayed, "{named}");
            assert!(entry.period > 0.0 && entry.largest.is_some(), "{named}");
        }
    }

    #[test]
    fn estimates_are_found_by_the_whole_name() {
        let lorenz = entry("Lorenz").unwrap();
        assert!((lorenz.largest.unwrap() - 0.892).abs() < 1e-3 && lorenz.kaplan_yorke.is_some());
        assert!((lorenz.period - 1.501).abs() < 1e-3 && !lorenz.driven);
        assert_ne!(entry("Lorenz84"), Some(lorenz));
        assert_eq!(entry("Loren"), None);
        assert!(entry("SwingingAtwood").unwrap().conservative && entry("Duffing").unwrap().driven);
    }
}
