//! Linear equivalence: its run, its pictures, its links, its claims.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where a step fails")]

use exhibits::contract::{Picture, RunState, Value};
use exhibits::{ExhibitError, Means, Session, session};

/// A small network with a short record.
const QUICK: &str = "linear-equivalence?units=50&steps=20000";

fn open(fragment: &str) -> Session {
    Session::open(fragment, Means::default()).unwrap()
}

fn run_to(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(50.0, Some(step));
    }
}

fn choose(session: &mut Session, prediction: &str) {
    assert!(!session.set("prediction", &Value::Text(prediction.into())).unwrap(), "it restarted");
}

fn readout(session: &mut Session, label: &str) -> f64 {
    let all = session.run().readouts();
    let found = all.iter().find(|r| r.label == label).unwrap_or_else(|| panic!("{label}: {all:?}"));
    found.value.replace('\u{2212}', "-").parse().unwrap()
}

#[test]
fn the_prediction_agrees_up_to_the_ceiling_and_its_ablations_do_not() {
    let mut session = open(QUICK);
    run_to(&mut session, 205);
    assert!(matches!(session.status().state, RunState::Finished));
    let (own, ceiling) = (readout(&mut session, "agreement"), readout(&mut session, "ceiling of the record"));
    assert!(own > 0.9 && own < ceiling + 0.02 && ceiling < 1.0, "{own} {ceiling}");
    assert!(readout(&mut session, "residuals over activity") < 0.35);
    let measured = readout(&mut session, "dimension over N, measured");
    let near = (readout(&mut session, "predicted") - measured).abs();
    choose(&mut session, "naive");
    assert!(readout(&mut session, "agreement") < 0.7 * own);
    assert!((readout(&mut session, "predicted") - measured).abs() > 2.0 * near);
    choose(&mut session, "wrong");
    assert!(readout(&mut session, "agreement").abs() < 0.1);
    choose(&mut session, "linear");
    assert_eq!(readout(&mut session, "agreement"), own);
}

#[test]
fn every_view_has_a_picture_and_the_stage_two_panels() {
    let mut session = open(QUICK);
    // Before anything is measured the couplings stand there.
    assert!(session.run().scene().panels.len() == 1 && session.frame("measured").is_none());
    run_to(&mut session, 20);
    for view in session.declaration().views.clone().iter().skip(1) {
        let frame = session.frame(&view.id).unwrap_or_else(|| panic!("{}", view.id));
        match frame.picture {
            Picture::Plot { series, alternative, .. } => {
                assert!(!series.is_empty() && !alternative.is_empty(), "{}", view.id);
            }
            Picture::Heat { rows, columns, alternative, .. } => {
                assert_eq!(frame.arrays[0].len(), (rows * columns) as usize, "{}", view.id);
                assert!(rows == 50 && !alternative.is_empty(), "{}", view.id);
            }
            _ => panic!("{}", view.id),
        }
    }
    let scene = session.run().scene();
    assert!(scene.panels.len() == 2 && scene.panels.iter().all(|panel| panel.layers.len() == 2));
    assert!(session.run().alternative().contains("1225 pairs"));
    assert!(session.frame("nothing").is_none());
}

#[test]
fn a_checkpoint_goes_on_to_the_same_fingerprint_and_prediction() {
    let mut whole = open(QUICK);
    run_to(&mut whole, 70);
    let mut half = open(QUICK);
    run_to(&mut half, 33);
    let mut resumed = Session::restore(&half.checkpoint(), Means::default()).unwrap();
    run_to(&mut resumed, 70);
    assert!(whole.status().fingerprint.is_some());
    assert_eq!(resumed.status().fingerprint, whole.status().fingerprint);
    assert_eq!(resumed.checkpoint(), whole.checkpoint());
    let mut other = open(&format!("{QUICK}&seed=2"));
    run_to(&mut other, 70);
    assert_ne!(other.status().fingerprint, whole.status().fingerprint);
    let bytes = whole.checkpoint();
    for cut in [3, 60, bytes.len() / 2, bytes.len() - 1] {
        assert!(Session::restore(&bytes[..cut], Means::default()).is_err(), "{cut}");
    }
    // The state of a network of another size, under a recipe that is not its own, is refused too.
    let split = |bytes: &[u8]| 6 + u32::from_le_bytes(bytes[2..6].try_into().unwrap()) as usize;
    let mut mixed = open("linear-equivalence?units=60&steps=20000").checkpoint();
    mixed.truncate(split(&mixed));
    mixed.extend(&bytes[split(&bytes)..]);
    let refused = Session::restore(&mixed, Means::default()).err().unwrap().to_string();
    assert!(refused.contains("50 numbers stand where 60 belong"), "{refused}");
}

#[test]
fn chaos_of_its_own_is_followed_and_the_edge_of_stability_is_told() {
    let mut session = open("linear-equivalence?units=50&steps=10000&g=4&sigma=0&seed=3");
    run_to(&mut session, 105);
    let (names, rows) = session.run().table();
    let place = names.iter().position(|name| name == "input_variance").unwrap();
    // 10.687 for an infinite network.
    let variance = rows.last().unwrap()[place];
    assert!((variance / 10.687 - 1.0).abs() < 0.25, "{variance}");
    // Of a few seeds some have an eigenvalue beyond the edge, and they alone are warned of.
    let mut warned = 0;
    for seed in 1..=24 {
        let mut session = open(&format!("linear-equivalence?units=50&steps=5000&g=4&sigma=0&seed={seed}"));
        run_to(&mut session, 1);
        let Some(frame) = session.frame("eigenvalues") else { panic!("no eigenvalues") };
        let largest = frame.arrays[2].iter().fold(f64::MIN, |most, x| if *x > most { *x } else { most });
        let note = session.status().note;
        assert_eq!(note.is_some(), largest > 0.98, "{seed}: {largest} {note:?}");
        warned += u32::from(note.is_some());
    }
    assert!((1..24).contains(&warned), "{warned}");
}

#[test]
fn other_nonlinearities_are_predicted_too() {
    for (nonlinearity, least) in [("tanh", 0.9), ("relu-tanh", 0.9)] {
        let mut session = open(&format!("{QUICK}&nonlinearity={nonlinearity}"));
        run_to(&mut session, 205);
        let found = readout(&mut session, "agreement");
        assert!(found > least, "{nonlinearity}: {found}");
        assert!(session.status().note.is_none(), "{:?}", session.status().note);
    }
}

#[test]
fn what_has_no_theory_is_refused_with_the_way_out() {
    let said =
        |controls: &str| match Session::open(&format!("linear-equivalence?{controls}"), Means::default()) {
            Err(error @ ExhibitError::Refused(_)) => error.to_string(),
            other => panic!("{:?}", other.err()),
        };
    assert!(said("sigma=0&g=0.8").contains("above 1 without noise"));
    assert!(
        said("sigma=0&nonlinearity=relu-tanh").contains("above 0 for a transfer function that is not odd")
    );
}

#[test]
fn the_claims_hold_for_a_seed() {
    for claim in ["c1", "c2", "c4"] {
        let rows = pollster::block_on(session::measure(
            "linear-equivalence",
            claim,
            1,
            &Means::default(),
            &mut |_| (),
        ));
        let rows = rows.unwrap();
        assert!(rows.iter().all(|row| row.holds == Some(true)), "{rows:?}");
        // At this size the first two are open: they do not hold for every network.
        let word = session::verdict("linear-equivalence", claim, &rows).unwrap().word;
        assert_eq!(word, if claim == "c4" { "holds" } else { "open" });
    }
}
