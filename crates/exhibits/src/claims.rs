//! From measurements to verdicts: the same rule for page, program and tests.

use crate::contract::{Claim, Figure, Measurement, Verdict};

/// One measured figure, before it is held against its bar.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The figure's id.
    pub figure: &'static str,
    /// The value.
    pub value: f64,
    /// The baseline, measured in the same run.
    pub baseline: Option<f64>,
    /// Something to say about it.
    pub reason: Option<String>,
}

impl Measured {
    /// A value and its baseline.
    pub fn new(figure: &'static str, value: f64, baseline: Option<f64>) -> Self {
        Self { figure, value, baseline, reason: None }
    }
}

/// Progress of a piece of the work, which is the part of the whole between two shares.
pub(crate) fn part(progress: &mut dyn FnMut(f64), from: f64, to: f64) -> impl FnMut(f64) + '_ {
    move |done| progress(from + done * (to - from))
}

/// Holds measured figures against their bars.
pub fn judge(
    exhibit: &str,
    claim: &Claim,
    seed: u64,
    measured: Result<Vec<Measured>, String>,
) -> Vec<Measurement> {
    let row = |figure: &Figure| Measurement {
        exhibit: exhibit.into(),
        claim: claim.id.clone(),
        figure: figure.id.clone(),
        seed: seed.to_string(),
        value: None,
        baseline: None,
        holds: None,
        reason: None,
    };
    let values = match measured {
        Ok(values) => values,
        Err(reason) => {
            return claim
                .figures
                .iter()
                .map(|f| Measurement { reason: Some(reason.clone()), ..row(f) })
                .collect();
        }
    };
    claim
        .figures
        .iter()
        .map(|figure| match values.iter().find(|v| v.figure == figure.id) {
            None => Measurement { reason: Some("not measured in this run".into()), ..row(figure) },
            Some(measured) => {
                let passes = figure.bar.passes(measured.value, measured.baseline);
                let without = match (&figure.baseline_bar, measured.baseline) {
                    (None, _) => true,
                    (Some(bar), Some(baseline)) => bar.passes(baseline, None),
                    (Some(_), None) => false,
                };
                Measurement {
                    value: Some(measured.value).filter(|v| v.is_finite()),
                    baseline: measured.baseline.filter(|v| v.is_finite()),
                    holds: Some(passes && without),
                    reason: measured.reason.clone(),
                    ..row(figure)
                }
            }
        })
        .collect()
}

/// The verdict over seeds: the median of each figure meets its bar, and at least 80 % of the seeds hold (all of
/// them, below five). A seed holds when all its figures do.
pub fn verdict(claim: &Claim, measurements: &[Measurement]) -> Verdict {
    let of_claim: Vec<&Measurement> = measurements.iter().filter(|m| m.claim == claim.id).collect();
    let mut seeds: Vec<&str> = of_claim.iter().map(|m| m.seed.as_str()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let (mut held, mut measured, mut reason) = (0, 0, None);
    for seed in &seeds {
        let rows: Vec<&&Measurement> = of_claim.iter().filter(|m| m.seed == *seed).collect();
        if rows.iter().any(|m| m.holds.is_none()) {
            reason = rows.iter().find_map(|m| m.reason.clone()).or(reason);
            continue;
        }
        measured += 1;
        held += u32::from(rows.iter().all(|m| m.holds == Some(true)));
    }
    let median_passes = claim.figures.iter().all(|figure| {
        let rows = || of_claim.iter().filter(|m| m.figure == figure.id && m.holds.is_some());
        let values: Option<Vec<f64>> = rows().map(|m| m.value).collect();
        let baselines: Option<Vec<f64>> = rows().map(|m| m.baseline).collect();
        // A value that is not finite sorts nowhere; the seeds decide then.
        match values.and_then(median) {
            Some(value) => figure.bar.passes(value, baselines.and_then(median)),
            None => true,
        }
    });
    let enough = if measured < 5 { held == measured } else { f64::from(held) >= 0.8 * f64::from(measured) };
    let word = if measured == 0 {
        "not measured"
    } else if claim.open {
        "open"
    } else if enough && median_passes {
        "holds"
    } else {
        "fails"
    };
    Verdict { claim: claim.id.clone(), word: word.into(), held, measured, reason }
}

/// The median; the mean of the middle two for an even count.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Bar;

    fn claim(open: bool, bar: Bar) -> Claim {
        Claim {
            id: "c".into(),
            statement: "s".into(),
            figures: vec![Figure {
                id: "c".into(),
                measure: "m".into(),
                symbol: None,
                without: "w".into(),
                bar,
                baseline_bar: Some(Bar::AtLeast { bound: 8.0 }),
                paper: None,
                log: false,
            }],
            open,
            note: String::new(),
            seeds: vec![1],
            cost: 1.0,
        }
    }

    fn rows(claim: &Claim, values: &[f64], baseline: f64) -> Vec<Measurement> {
        let of = |(seed, value): (usize, &f64)| {
            judge("e", claim, seed as u64, Ok(vec![Measured::new("c", *value, Some(baseline))]))
        };
        values.iter().enumerate().flat_map(of).collect()
    }

    #[test]
    fn a_claim_needs_its_median_and_four_seeds_in_five() {
        let c = claim(false, Bar::AtMost { bound: 4.0 });
        let word = |values: &[f64]| verdict(&c, &rows(&c, values, 13.0)).word;
        assert_eq!(word(&[1.0, 2.0, 3.0]), "holds");
        assert_eq!(word(&[1.0, 2.0, 5.0]), "fails");
        assert_eq!(word(&[1.0, 2.0, 3.0, 3.5, 9.0]), "holds");
        assert_eq!(word(&[1.0, 2.0, 3.0, 8.0, 9.0]), "fails");
        assert_eq!(word(&[]), "not measured");
    }

    #[test]
    fn a_baseline_that_does_not_fail_makes_the_claim_fail() {
        let c = claim(false, Bar::AtMost { bound: 4.0 });
        assert_eq!(verdict(&c, &rows(&c, &[1.0], 2.0)).word, "fails");
    }

    #[test]
    fn an_open_claim_shows_numbers_and_fails_nothing() {
        let c = claim(true, Bar::AtMost { bound: 4.0 });
        let v = verdict(&c, &rows(&c, &[9.0, 1.0], 13.0));
        assert_eq!((v.word.as_str(), v.held, v.measured), ("open", 1, 2));
    }

    #[test]
    fn a_number_that_is_not_finite_fails_and_is_null() {
        let c = claim(false, Bar::AtMost { bound: 4.0 });
        let r = rows(&c, &[f64::NAN], 13.0);
        assert_eq!((r[0].value, r[0].holds), (None, Some(false)));
        assert_eq!(verdict(&c, &r).word, "fails");
    }

    #[test]
    fn what_cannot_be_measured_says_why() {
        let c = claim(false, Bar::AtMost { bound: 4.0 });
        let r = judge("e", &c, 1, Err("no adapter".into()));
        let v = verdict(&c, &r);
        assert_eq!((v.word.as_str(), v.reason.as_deref()), ("not measured", Some("no adapter")));
    }
}
