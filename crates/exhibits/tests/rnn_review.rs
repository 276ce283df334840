//! Exhibit 45: architectures that learn to remember.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::contract::{Picture, Value};
use exhibits::desk::{self, Case};
use exhibits::{ExhibitError, Means, Session};
use recipe::Recipe;
use std::time::Duration;
use web_time::Instant;

fn open(link: &str) -> Session {
    Session::open(link, Means::default()).unwrap()
}

fn at(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(100.0, Some(step));
    }
}

#[test]
fn a_short_lag_is_learned_and_the_colours_part() {
    let mut session = open("rnn-review?lag=8&updates=200&architecture=elman");
    at(&mut session, 200);
    let right = session.run().readouts()[1].value.parse::<f64>().unwrap();
    assert!(right > 0.95, "{right}");
    let scene = session.run().scene();
    assert_eq!(scene.panels.len(), 2);
    assert!(scene.panels[0].title.starts_with("Elman") && scene.panels[1].title.starts_with("LSTM"));
    assert!(scene.panels[0].layers.len() > 24, "paths, their ends, and where the network rests");
}

#[test]
fn a_checkpoint_goes_on_to_the_same_fingerprint_and_table() {
    let link = "rnn-review?lag=6&updates=100&hidden=5";
    let mut whole = open(link);
    at(&mut whole, 25);
    let saved = whole.checkpoint();
    at(&mut whole, 50);
    let mut again = Session::restore(&saved, Means::default()).unwrap();
    at(&mut again, 50);
    assert_eq!(whole.run().witness(), again.run().witness());
    let (names, rows) = again.run().table();
    assert_eq!(names.len(), 11);
    let text = |rows: &[Vec<f64>]| format!("{rows:?}");
    assert_eq!(text(&rows), text(&whole.run().table().1));
    assert!(Session::restore(&saved[..saved.len() - 9], Means::default()).is_err());
}

#[test]
fn every_architecture_and_task_is_drawn() {
    for architecture in ["elman", "jordan", "lstm", "gru", "brnn"] {
        for task in ["latch", "xor", "future"] {
            let link =
                format!("rnn-review?architecture={architecture}&task={task}&lag=6&hidden=4&updates=100");
            let mut session = open(&link);
            session.advance(100.0, Some(2));
            for view in ["accuracy", "gradient", "inside", "loss"] {
                let frame = session.frame(view).unwrap();
                assert!(!frame.arrays.is_empty(), "{link}: {view}");
                if let Picture::Heat { rows, columns, .. } = frame.picture {
                    let gates = matches!(architecture, "lstm" | "gru" | "brnn");
                    assert_eq!(rows, if gates { 12 } else { 4 }, "{link}");
                    assert_eq!(frame.arrays[0].len(), (rows * columns) as usize, "{link}");
                }
            }
            assert!(session.run().scene().panels.iter().all(|panel| !panel.layers.is_empty()), "{link}");
        }
    }
}

#[test]
fn a_gain_moves_the_untrained_gradient_alone() {
    let mut session = open("rnn-review?lag=6&hidden=8&updates=100");
    let last = |session: &mut Session| {
        let frame = session.frame("gradient").unwrap();
        (frame.arrays[1][40], frame.arrays[5][40])
    };
    let (before, trained) = last(&mut session);
    assert!(!session.set("gain", &Value::Number(1.4)).unwrap(), "nothing restarts");
    let (after, same) = last(&mut session);
    assert!(after > 1e3 * before, "{before} {after}");
    assert!(same == trained || (same.is_nan() && trained.is_nan()));
}

#[test]
fn what_was_learned_is_asked_about_at_the_desk() {
    let link = "rnn-review?architecture=elman&lag=8&hidden=6&updates=200&step=200";
    let case = Case::of_recipe(&Recipe::decode(link).unwrap()).unwrap();
    let mut inquiry = desk::ask(&case, "fixed-points", &[]).unwrap();
    while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
    let answer = inquiry.answer();
    // A network of six units without input rests somewhere; what is found there is the map that it has become.
    let count = answer.findings.iter().find(|f| f.id == "count").unwrap();
    assert!(count.text.parse::<u32>().unwrap() >= 1, "{:?}", answer.findings);
    assert!(answer.findings.iter().any(|f| f.text.contains("h6 =")), "{:?}", answer.findings);
    let large = Recipe::decode("rnn-review?hidden=64&updates=100").unwrap();
    assert!(Case::of_recipe(&large).err().unwrap().to_string().contains("fewer hidden units"));
}

#[test]
fn settings_out_of_range_are_refused() {
    for link in ["rnn-review?lag=0", "rnn-review?hidden=1000", "rnn-review?task=poetry", "rnn-review?rate=-1"]
    {
        let refused = Session::open(link, Means::default()).err().unwrap();
        assert!(matches!(refused, ExhibitError::Value { .. }), "{link}: {refused}");
    }
}
