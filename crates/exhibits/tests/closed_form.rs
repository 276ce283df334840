//! Exhibit 11: a neuron in closed form, and networks made of it.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::claims::judge;
use exhibits::contract::{Picture, Value};
use exhibits::{ExhibitError, Means, Session, exhibits as list};
use recipe::Recipe;

const VARIANTS: [&str; 7] = ["cfc", "no-gate", "minimal", "mixed", "no-time", "ltc", "rnn"];

fn open(link: &str) -> Session {
    Session::open(link, Means::default()).unwrap()
}

fn at(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(100.0, Some(step));
    }
}

fn right(session: &mut Session) -> f64 {
    session.run().readouts()[2].value.parse().unwrap()
}

#[test]
fn a_short_training_learns_from_durations_and_not_without_them() {
    let mut own = open("closed-form-continuous?pad=5&units=12&unfolds=1&updates=400&rate=0.01");
    at(&mut own, 400);
    let told = right(&mut own);
    assert!(told > 0.95, "{told}");
    let (names, rows) = own.run().table();
    let untold = names.iter().position(|name| name == "time_removed_right").unwrap();
    let last = rows.iter().rev().find_map(|row| Some(row[untold]).filter(|v| v.is_finite())).unwrap();
    assert!(last < 0.85, "{last}");
}

#[test]
fn a_checkpoint_goes_on_to_the_same_fingerprint_and_table() {
    let link = "closed-form-continuous?pad=5&units=8&unfolds=2&updates=100";
    let mut whole = open(link);
    at(&mut whole, 25);
    let saved = whole.checkpoint();
    at(&mut whole, 50);
    let mut again = Session::restore(&saved, Means::default()).unwrap();
    at(&mut again, 50);
    assert_eq!(whole.run().witness(), again.run().witness());
    let (names, rows) = again.run().table();
    assert_eq!(names.len(), 15);
    let text = |rows: &[Vec<f64>]| format!("{rows:?}");
    assert_eq!(text(&rows), text(&whole.run().table().1));
    assert!(Session::restore(&saved[..saved.len() - 9], Means::default()).is_err());
}

#[test]
fn every_view_of_every_variant_is_drawn() {
    for variant in VARIANTS {
        let link = format!("closed-form-continuous?variant={variant}&pad=5&units=8&unfolds=2&updates=100");
        let mut session = open(&link);
        at(&mut session, 20);
        let views: Vec<String> = session.declaration().views.iter().map(|v| v.id.clone()).collect();
        for view in &views[1..] {
            let frame = session.frame(view).unwrap();
            assert_eq!(frame.picture.view(), view, "{link}");
            let drawn = frame.arrays.iter().flatten().filter(|v| v.is_finite()).count();
            assert!(drawn >= 8, "{link}: {view} has {drawn} numbers");
            match (&frame.picture, view.as_str()) {
                (Picture::Plot { series, .. }, "gate") => assert_eq!(series.len(), 8, "{link}"),
                (Picture::Plot { series, .. }, "accuracy" | "work") => assert_eq!(series.len(), 7, "{link}"),
                (Picture::Plot { series, .. }, _) => assert_eq!(series.len(), 5, "{link}: {view}"),
                (Picture::Bars { labels, .. }, _) => {
                    assert_eq!(labels.len(), frame.arrays[0].len());
                    assert!(frame.arrays[0].iter().all(|count| *count > 0.0), "{link}");
                }
                (other, _) => unreachable!("{other:?}"),
            }
        }
        let panels = session.run().scene().panels;
        assert!(panels.len() == 2 && panels.iter().all(|panel| panel.layers.len() == 4), "{link}");
    }
}

#[test]
fn errors_stay_below_their_bound_wherever_the_neuron_is_set() {
    let mut session = open("closed-form-continuous?pad=5&units=8&unfolds=1&updates=100");
    let mut before = String::new();
    for (control, value) in [("leak", 0.0), ("speed", 5.0), ("slope", 5.0), ("centre", -1.0), ("leak", 3.0)] {
        assert!(!session.set(control, &Value::Number(value)).unwrap(), "nothing restarts");
        // Bound, largest, median, without the factor, this neuron.
        let arrays = session.frame("error").unwrap().arrays;
        let text = format!("{arrays:?}");
        assert_ne!(text, before, "{control} moves the picture");
        for of in [3, 5, 9] {
            let over = arrays[1].iter().zip(&arrays[of]).filter(|(bound, error)| error > bound);
            assert_eq!(over.count(), 0, "{control} at {value}, line {of}");
        }
        before = text;
    }
    let one = session.frame("error").unwrap().arrays;
    assert!(!session.set("neuron", &Value::Number(7.0)).unwrap());
    let other = session.frame("error").unwrap().arrays;
    let text = |line: &[f64]| format!("{line:?}");
    assert!(text(&one[3]) == text(&other[3]) && text(&one[9]) != text(&other[9]));
}

#[test]
fn the_bound_and_the_counts_are_measured_against_their_bars() {
    let exhibit = list::resolve(&Recipe::new("closed-form-continuous")).unwrap();
    for id in ["c1", "c2"] {
        let claim = list::claim(exhibit, id).unwrap();
        let measured = pollster::block_on(exhibit.measure(id, 1, &Means::default(), &mut |_| ()));
        for row in judge(exhibit.slug(), &claim, 1, measured) {
            assert_eq!(row.holds, Some(true), "{row:?}");
        }
    }
    let none = pollster::block_on(exhibit.measure("c9", 1, &Means::default(), &mut |_| ()));
    assert!(none.unwrap_err().contains("c9"));
}

#[test]
fn settings_out_of_range_are_refused() {
    for setting in ["pad=4", "units=1000", "variant=poetry", "rate=-1", "leak=9", "unfolds=0", "neuron=0"] {
        let link = format!("closed-form-continuous?{setting}");
        let refused = Session::open(&link, Means::default()).err().unwrap();
        assert!(matches!(refused, ExhibitError::Value { .. }), "{link}: {refused}");
    }
}
