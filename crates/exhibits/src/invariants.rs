//! The table of the zoo: Lyapunov spectra with their errors, what must hold of them, and what the `dysts` collection
//! says.

use crate::collection::{self, Entry};
use crate::error::ExhibitError;
use crate::subject::Subject;
use analysis::{Error, Exponent, LyapunovOptions, LyapunovRun, Spectrum};
use serde::Serialize;
use zoo::System;

/// Most state variables of a system in the table.
pub const LARGEST: usize = 16;
/// Steps that are averaged over unless others are asked for.
pub const STEPS: u64 = 200_000;
/// Steps that are left out.
const TRANSIENT: u64 = 10_000;
/// Steps between two looks at the error.
const SLICE: u64 = 20_000;
/// Standard errors within which an exponent counts as zero, and a value as that of the collection.
const ERRORS: f64 = 3.0;
/// Added to each standard error: what comes out as zero to the last bit has an error of zero too.
const ROUNDING: f64 = 1e-9;
/// Largest exponents that differ by less than this part of each other count as the same.
const SAME: f64 = 0.1;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invariants {
    /// The system: `dysts:NAME` where the collection has it, with the collection's numbers.
    pub system: String,
    /// State variables.
    pub dimension: usize,
    /// Steps averaged over.
    pub steps: u64,
    /// Exponents, the largest first, and the standard error of each; in units of one over time.
    pub exponents: Vec<[Option<f64>; 2]>,
    /// Mean of the trace of the Jacobian, which the exponents must add up to.
    pub divergence: Option<f64>,
    /// How far they are from it, as a part of the sum of their sizes.
    pub gap: Option<f64>,
    /// For a flow that no time drives and that does not come to rest: how many standard errors the exponent nearest to
    /// zero is away from it. One must be zero.
    pub zero: Option<f64>,
    /// Kaplan-Yorke dimension.
    pub kaplan_yorke: Option<f64>,
    /// Its error, from those of the exponents.
    pub kaplan_yorke_error: Option<f64>,
    /// What the collection says.
    pub collection: Option<Entry>,
    /// `agrees`, `differs`, `contradicts itself` (the collection's two fields differ), or none without a figure.
    pub verdict: Option<&'static str>,
    /// Why there are no figures, or what keeps them from holding.
    pub fault: Option<String>,
}

/// Whether two largest exponents say the same, given the error of the first.
fn same(value: f64, error: f64, other: f64) -> bool {
    let size = libm::fabs(value) + libm::fabs(other);
    libm::fabs(value - other) <= ERRORS * error + 0.5 * SAME * size
}

fn verdict(largest: &Exponent, collection: Entry) -> Option<&'static str> {
    let stated = [collection.largest, collection.of_spectrum]
        .map(|own| own.map(|own| same(largest.value, largest.error, own)));
    match stated {
        [None, None] => None,
        [Some(first), Some(second)] if first != second => Some("contradicts itself"),
        [first, second] => Some(if first.or(second) == Some(true) { "agrees" } else { "differs" }),
    }
}

/// The row of a system, or none for what has no tangent dynamics of its own here: delays, noise, events, more than 16
/// variables. Averages over so many steps of the system's own length, unless all errors are below a thousandth before.
///
/// # Errors
/// The system cannot be opened.
pub fn invariants(system: &System, steps: u64) -> Result<Option<Invariants>, ExhibitError> {
    // A map's name in the collection has `map:` before it.
    let named = system.collection().filter(|name| !name.starts_with("map:"));
    let name = named.map_or_else(|| system.slug().to_owned(), |name| format!("dysts:{name}"));
    let subject = Subject::of_zoo(&name)?;
    let whole = subject.model().system();
    let plain = whole.delayed().is_empty() && whole.draws().is_empty() && whole.events() == 0;
    let (start, parameters) = (subject.start(), subject.parameters());
    if !plain || start.len() > LARGEST {
        return Ok(None);
    }
    let options = LyapunovOptions {
        exponents: start.len(),
        t0: subject.start_time(),
        dt: if subject.is_map() { 1.0 } else { subject.step() },
        // Five iterations of a map can part directions by more than there are digits.
        every: if subject.is_map() { 1 } else { 5 },
        transient: TRANSIENT,
        bound: subject.bound(),
        tolerance: 1e-3,
    };
    let field = subject.field::<f64>(&parameters);
    let found = if subject.is_map() {
        LyapunovRun::map(field, options, &start).and_then(|run| average(run, steps))
    } else {
        LyapunovRun::flow(field, options, &start).and_then(|run| average(run, steps))
    };
    let collection = named.and_then(collection::entry);
    let mut row = Invariants {
        system: name,
        dimension: start.len(),
        steps: 0,
        exponents: Vec::new(),
        divergence: None,
        gap: None,
        zero: None,
        kaplan_yorke: None,
        kaplan_yorke_error: None,
        collection,
        verdict: None,
        fault: None,
    };
    match found {
        Ok(spectrum) => {
            let neutral = !subject.is_map() && !subject.model().depends_on_time();
            fill(&mut row, &spectrum, neutral);
        }
        Err(error) => row.fault = Some(error.to_string()),
    }
    Ok(Some(row))
}

fn average<S: analysis::Tangent>(mut run: LyapunovRun<S>, steps: u64) -> Result<Spectrum, Error> {
    while run.taken() < TRANSIENT + steps {
        run.advance(SLICE)?;
        let spectrum = run.spectrum();
        if spectrum.converged {
            break;
        }
    }
    Ok(run.spectrum())
}

fn fill(row: &mut Invariants, spectrum: &Spectrum, neutral: bool) {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let values = spectrum.values();
    row.steps = spectrum.steps;
    row.exponents = spectrum.exponents.iter().map(|e| [finite(e.value), finite(e.error)]).collect();
    row.divergence = finite(spectrum.divergence);
    let size = values.iter().fold(1e-12, |size, value| size + libm::fabs(*value));
    row.gap = finite(libm::fabs(spectrum.sum() - spectrum.divergence) / size);
    // An orbit that falls to a point of rest has no direction along itself that neither grows nor shrinks.
    let falls = spectrum.exponents.first().is_some_and(|e| e.value < -ERRORS * (e.error + ROUNDING));
    if neutral && !falls {
        let distances = spectrum.exponents.iter().map(|e| libm::fabs(e.value) / (e.error + ROUNDING));
        row.zero = finite(distances.fold(f64::INFINITY, |least, one| if one < least { one } else { least }));
    }
    let (dimension, error) = spectrum.kaplan_yorke();
    row.kaplan_yorke = finite(dimension);
    row.kaplan_yorke_error = finite(error);
    if let (Some(largest), Some(collection)) = (spectrum.exponents.first(), row.collection) {
        row.verdict = verdict(largest, collection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, steps: u64) -> Invariants {
        invariants(zoo::find(name).unwrap(), steps).unwrap().unwrap()
    }

    #[test]
    fn textbook_systems_have_the_invariants_that_the_textbook_gives() {
        let lorenz = row("lorenz", 100_000);
        let [value, error] = lorenz.exponents[0].map(Option::unwrap);
        assert!((value - 0.9056).abs() < 3.0 * error + 0.003, "{value} {error}");
        assert!(lorenz.gap.unwrap() < 1e-6 && lorenz.zero.unwrap() < 3.0, "{lorenz:?}");
        // The collection has 0.892 in one field and 1.091 in the other.
        assert_eq!(lorenz.verdict, Some("contradicts itself"));
        let rossler = row("rossler", 200_000);
        // The collection says 0.151; the textbook 0.0714.
        assert!((rossler.exponents[0][0].unwrap() - 0.0714).abs() < 0.01, "{rossler:?}");
        assert_ne!(rossler.verdict, Some("agrees"));
        let henon = row("henon", 50_000);
        assert!(henon.zero.is_none() && (henon.kaplan_yorke.unwrap() - 1.26).abs() < 0.01, "{henon:?}");
    }

    #[test]
    fn what_has_no_row_is_left_out() {
        assert_eq!(invariants(zoo::find("mackey-glass").unwrap(), 1000).unwrap(), None);
        assert_eq!(invariants(zoo::find("chimera").unwrap(), 1000).unwrap(), None);
    }
}
