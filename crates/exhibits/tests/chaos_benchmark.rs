//! The chaos benchmark: its run, its table, its links, its claims.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::contract::{Picture, RunState, Setting, Value};
use exhibits::{ExhibitError, Means, Session, session};

/// Persistence is the quickest to learn.
const QUICK: &str = "chaos-benchmark?forecaster=persistence";

fn open(fragment: &str) -> Session {
    Session::open(fragment, Means::default()).unwrap()
}

fn run_to(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(50.0, Some(step));
    }
}

fn text(control: &str, value: &str) -> Setting {
    Setting { control: control.into(), value: Value::Text(value.into()) }
}

#[test]
fn the_zoo_is_measured_while_one_system_runs() {
    let mut session = open(QUICK);
    run_to(&mut session, 80);
    let (names, rows) = session.run().table();
    assert!(rows.len() > 2, "{rows:?}");
    let of = |name: &str| names.iter().position(|n| n == name).unwrap();
    // Aizawa's is the first of the collection.
    assert_eq!(rows[0][of("number")], 1.0);
    assert!((rows[0][of("exponent")] - 0.09).abs() < 0.05, "{:?}", rows[0]);
    assert!(rows[0][of("kaplan_yorke")] > 2.0 && rows[0][of("kaplan_yorke_error")] > 0.0);
    assert!(rows[0][of("forecast_error")] > 0.2 && rows[0][of("valid_periods")] < 1.0);
    // The system shown is measured first of all.
    let readouts = session.run().readouts();
    assert!(
        readouts.iter().any(|r| r.label == "exponent × period" && r.value.starts_with("1.")),
        "{readouts:?}"
    );
}

#[test]
fn every_view_has_a_picture_once_something_is_measured() {
    let mut session = open(QUICK);
    run_to(&mut session, 260);
    for view in session.declaration().views.clone().iter().skip(1).filter(|v| v.id != "features") {
        let frame = session.frame(&view.id).unwrap_or_else(|| panic!("{}", view.id));
        match frame.picture {
            Picture::Plot { series, alternative, .. } => {
                assert!(!series.is_empty() && !alternative.is_empty(), "{}", view.id);
            }
            Picture::Text { lines, .. } => assert!(lines.len() > 3, "{lines:?}"),
            _ => panic!("{}", view.id),
        }
    }
    assert!(!session.run().scene().panels[0].layers.is_empty());
    session.set("stage", &Value::Text("zoo".into())).unwrap();
    assert!(!session.run().scene().panels[0].layers.is_empty());
}

#[test]
fn a_checkpoint_goes_on_to_the_same_fingerprint() {
    let mut whole = open(QUICK);
    run_to(&mut whole, 70);
    let mut half = open(QUICK);
    run_to(&mut half, 37);
    let mut resumed = Session::restore(&half.checkpoint(), Means::default()).unwrap();
    run_to(&mut resumed, 70);
    assert_eq!(resumed.status().fingerprint, whole.status().fingerprint);
    assert!(whole.status().fingerprint.is_some());
    let mut other = open("chaos-benchmark?forecaster=persistence&seed=2");
    run_to(&mut other, 70);
    assert_ne!(other.status().fingerprint, whole.status().fingerprint);
    let bytes = whole.checkpoint();
    for cut in [3, 60, bytes.len() / 2, bytes.len() - 1] {
        assert!(Session::restore(&bytes[..cut], Means::default()).is_err(), "{cut}");
    }
}

#[test]
fn clicks_open_the_system_that_is_there() {
    let mut session = open(QUICK);
    run_to(&mut session, 90);
    let aizawa = session.run().table().1[0].clone();
    // Exponent times period, and the error after two periods.
    let sets = session.run().pick_in("scatter", aizawa[1] * aizawa[2], aizawa[9]);
    assert_eq!(sets, [text("system", "Aizawa")]);
    assert!(session.run().pick_in("attractor", 0.5, 9.5).is_empty(), "only the zoo on the stage has cells");
    session.set("stage", &Value::Text("zoo".into())).unwrap();
    assert_eq!(session.run().pick_in("attractor", 0.5, 9.5), [text("system", "Aizawa")]);
    assert!(session.run().pick_in("attractor", -1.0, 9.5).is_empty());
    assert!(session.run().pick_in("growth", 1.0, 1.0).is_empty());
}

#[test]
fn a_parameter_belongs_to_its_system_and_falls_away_with_it() {
    let mut session = open("chaos-benchmark?lorenz.rho=24");
    session.set_many(&[text("system", "Rossler"), text("forecaster", "persistence")]).unwrap();
    assert_eq!(session.recipe().control("lorenz.rho"), None);
    assert_eq!(session.recipe().control("system"), Some("Rossler"));
    // What is set in one go is never dropped: it is refused.
    let both =
        [text("system", "Lorenz"), Setting { control: "rossler.a".into(), value: Value::Number(0.25) }];
    assert!(session.set_many(&both).is_err());
    assert!(matches!(
        Session::open("chaos-benchmark?rossler.a=0.2", Means::default()),
        Err(ExhibitError::UnknownControl { .. })
    ));
    let unknown = Session::open("chaos-benchmark?system=Lorentz", Means::default());
    assert!(matches!(unknown, Err(ExhibitError::Value { .. })), "{:?}", unknown.err());
}

#[test]
fn delays_and_maps_can_be_shown_too() {
    for system in ["MackeyGlass", "map:Henon", "map:Logistic", "LiuChen"] {
        let mut session = open(&format!("{QUICK}&system={system}"));
        run_to(&mut session, 60);
        assert!(matches!(session.status().state, RunState::Ready), "{system}: {:?}", session.status());
        assert!(session.frame("card").is_some() && session.frame("forecast").is_some(), "{system}");
        assert!(session.status().note.is_none(), "{system}: {:?}", session.status().note);
    }
}

#[test]
fn too_few_steps_a_period_stop_the_run_with_a_way_on() {
    let mut session = open("chaos-benchmark?system=JerkCircuit&forecaster=persistence&steps=60");
    for _ in 0..40 {
        session.advance(50.0, Some(2000));
    }
    let RunState::Diverged { remedies, variable, .. } = session.status().state else {
        panic!("{:?}", session.status());
    };
    assert!(!variable.is_empty());
    session.set_many(&remedies[0].sets).unwrap();
    session.advance(50.0, Some(60));
    assert!(matches!(session.status().state, RunState::Ready));
}

#[test]
fn the_zoo_is_chaotic_and_its_errors_grow_with_chaos() {
    for claim in ["c1", "c2"] {
        let rows = pollster::block_on(session::measure(
            "chaos-benchmark",
            claim,
            11,
            &Means::default(),
            &mut |_| (),
        ));
        let rows = rows.unwrap();
        assert!(rows.iter().all(|row| row.holds == Some(true)), "{rows:?}");
        let verdict = session::verdict("chaos-benchmark", claim, &rows).unwrap();
        assert_eq!(verdict.word, "holds");
    }
}
