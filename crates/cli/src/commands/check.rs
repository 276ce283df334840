//! `check`

use super::print_json;
use super::show::{bar_text, paper_text};
use crate::Failure;
use crate::args::Check;
use crate::pool;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::text::{brief_or_dash, plain};
use exhibits::claims::{median, verdict};
use exhibits::contract::{Bar, Claim, Figure, Measurement};
use exhibits::{Exhibit, Means, exhibits as list, session};
use recipe::Recipe;
use serde::Serialize;
use std::io::Write;

/// Rows of JSON: one a claim, figure and seed.
#[derive(Serialize)]
struct Row<'a> {
    exhibit: &'a str,
    claim: &'a str,
    /// Which of its figures, where the claim has more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    figure: Option<&'a str>,
    seed: u64,
    value: Option<f64>,
    baseline: Option<f64>,
    threshold: Option<f64>,
    holds: Option<bool>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

struct Asked {
    exhibit: &'static dyn Exhibit,
    claim: Claim,
    seeds: Vec<u64>,
}

/// One claim, one seed.
struct Task<'a> {
    slug: &'static str,
    claim: &'a str,
    seed: u64,
}

pub(super) fn check(arguments: &Check, out: &mut dyn Write) -> Result<(), Failure> {
    let asked = asked(arguments)?;
    let tasks: Vec<Task<'_>> = asked
        .iter()
        .flat_map(|a| a.seeds.iter().map(|&seed| Task { slug: a.exhibit.slug(), claim: &a.claim.id, seed }))
        .collect();
    let jobs = arguments.jobs.map_or_else(pool::processors, usize::from);
    let means = Means { gpu: super::device(), ..Means::default() };
    let measurements = measure_all(&tasks, jobs, &means)?;
    let mut rest = measurements.as_slice();
    let mut rows = Vec::new();
    let mut table = Table::new(&[
        ("exhibit", Align::Left),
        ("claim", Align::Left),
        ("measured", Align::Left),
        ("value", Align::Right),
        ("baseline", Align::Right),
        ("threshold", Align::Left),
        ("known", Align::Left),
        ("seeds", Align::Right),
        ("verdict", Align::Left),
    ]);
    let (mut failed, mut notes) = (Vec::new(), Vec::new());
    for a in &asked {
        let (own, others) = rest.split_at(a.seeds.len());
        rest = others;
        let own: Vec<Measurement> = own.iter().flatten().cloned().collect();
        let verdict = verdict(&a.claim, &own);
        if verdict.word == "fails" {
            failed.push(format!("{} {}", a.exhibit.slug(), a.claim.id));
        }
        if let Some(reason) = &verdict.reason {
            notes.push(format!("{}: {reason}", a.claim.id));
        }
        for figure in &a.claim.figures {
            let of = |pick: fn(&Measurement) -> Option<f64>| {
                median(own.iter().filter(|m| m.figure == figure.id).filter_map(pick).collect())
            };
            table.row([
                a.exhibit.slug().into(),
                figure_name(&a.claim, figure),
                plain(&figure.measure),
                brief_or_dash(of(|m| m.value)),
                brief_or_dash(of(|m| m.baseline)),
                bar_text(&figure.bar),
                paper_text(figure),
                format!("{}/{}", verdict.held, verdict.measured),
                verdict.word.clone(),
            ]);
        }
        rows.push((a, own));
    }
    if arguments.json {
        let flat: Vec<Row<'_>> =
            rows.iter().flat_map(|(a, own)| own.iter().filter_map(|m| row(a, m))).collect();
        print_json(out, &flat)?;
    } else {
        write!(out, "{table}")?;
        for note in notes {
            writeln!(out, "{note}")?;
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Claims(failed)) }
}

/// The claim's name, with the figure's where there is more than one.
fn figure_name(claim: &Claim, figure: &Figure) -> String {
    if claim.figures.len() > 1 && figure.id != claim.id { figure.id.clone() } else { claim.id.clone() }
}

fn row<'a>(asked: &'a Asked, m: &'a Measurement) -> Option<Row<'a>> {
    let figure = asked.claim.figures.iter().find(|f| f.id == m.figure)?;
    Some(Row {
        exhibit: &m.exhibit,
        claim: &m.claim,
        figure: (asked.claim.figures.len() > 1).then_some(m.figure.as_str()),
        seed: m.seed.parse().ok()?,
        value: m.value,
        baseline: m.baseline,
        threshold: threshold(&figure.bar, m.baseline),
        holds: m.holds,
        status: if asked.claim.open { "open" } else { "claim" },
        reason: m.reason.as_deref(),
    })
}

/// The number that a value is held against: a bound, the tolerance around a known value, or the baseline.
fn threshold(bar: &Bar, baseline: Option<f64>) -> Option<f64> {
    match *bar {
        Bar::AtMost { bound } | Bar::AtLeast { bound } => Some(bound),
        Bar::Within { tolerance, .. } => Some(tolerance),
        Bar::AtMostBaseline | Bar::MoreThanBaseline => baseline,
    }
}

/// The claims asked for, with their seeds.
fn asked(arguments: &Check) -> Result<Vec<Asked>, Failure> {
    let mut exhibits: Vec<&'static dyn Exhibit> = Vec::new();
    for slug in &arguments.exhibits {
        let exhibit = list::resolve(&Recipe::new(slug))?;
        if !exhibits.iter().any(|e| e.slug() == exhibit.slug()) {
            exhibits.push(exhibit);
        }
    }
    if arguments.exhibits.is_empty() {
        exhibits.extend(list::all());
    }
    let mut asked = Vec::new();
    for exhibit in &exhibits {
        for claim in exhibit.claims() {
            if arguments.claims.is_empty() || arguments.claims.contains(&claim.id) {
                let seeds = match &arguments.seeds {
                    Some(range) => range.seeds(),
                    None => claim.seeds.iter().map(|&seed| u64::from(seed)).collect(),
                };
                asked.push(Asked { exhibit: *exhibit, claim, seeds });
            }
        }
    }
    for id in &arguments.claims {
        if !asked.iter().any(|a| a.claim.id == *id) {
            let names: Vec<String> = exhibits.iter().flat_map(|e| e.claims()).map(|c| c.id).collect();
            return Err(Failure::Input(format!("there is no claim {id:?}; there are {}", names.join(", "))));
        }
    }
    Ok(asked)
}

/// Measures every task; the answers stand in the order of the tasks, whichever thread took them.
fn measure_all(tasks: &[Task<'_>], jobs: usize, means: &Means) -> Result<Vec<Vec<Measurement>>, Failure> {
    let progress = Progress::new("measuring", tasks.len() as u64);
    pool::share(tasks, jobs, |task| {
        let mut seen = 0.0;
        let mut tell = |part: f64| {
            if part > seen && part <= 1.0 {
                progress.add(part - seen);
                seen = part;
            }
        };
        let rows = pollster::block_on(session::measure(task.slug, task.claim, task.seed, means, &mut tell))?;
        tell(1.0);
        Ok(rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_number_that_decides() {
        assert_eq!(threshold(&Bar::AtMost { bound: 4.0 }, Some(13.0)), Some(4.0));
        assert_eq!(threshold(&Bar::Within { centre: 0.906, tolerance: 0.02 }, None), Some(0.02));
        assert_eq!(threshold(&Bar::MoreThanBaseline, Some(13.0)), Some(13.0));
        assert_eq!(threshold(&Bar::AtMostBaseline, None), None);
    }
}
