//! Almost-linear networks: their run, their regions, their links, what is refused.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use analysis::{region_orbit, region_rests, symbol_statistics};
use exhibits::contract::{Picture, RunState, Setting, Value};
use exhibits::desk::Case;
use exhibits::{ExhibitError, Means, Session, session};
use numerics::Map;

/// Quick: no networks beside, short sequences.
const QUICK: &str = "almost-linear-rnn?compare=off&length=24&updates=600";

fn open(fragment: &str) -> Session {
    Session::open(fragment, Means::default()).unwrap()
}

fn run_to(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(50.0, Some(step));
    }
}

fn refusal(fragment: &str) -> String {
    Session::open(fragment, Means::default()).err().unwrap().to_string()
}

#[test]
fn training_makes_the_loss_fall_and_every_view_has_a_picture() {
    let mut session = open("almost-linear-rnn?rectified=2&length=24&updates=600");
    run_to(&mut session, 600);
    assert_eq!(session.status().state, RunState::Finished);
    let (names, rows) = session.run().table();
    // The run's own network has two rectified units; those with 0, 1 and 4 train beside it.
    assert_eq!(names, ["update", "loss", "loss_0", "loss_1", "loss_4"]);
    let mean =
        |rows: &[Vec<f64>], column: usize| rows.iter().map(|r| r[column]).sum::<f64>() / rows.len() as f64;
    for column in 1..5 {
        assert!(mean(&rows[580..], column) < 0.5 * mean(&rows[..20], column), "{}", names[column]);
    }
    for view in session.declaration().views.clone().iter().skip(1) {
        // A look at one of the networks beside at a time.
        let mut frame = session.frame(&view.id).unwrap_or_else(|| panic!("{}", view.id));
        for _ in 0..3 {
            frame = session.frame(&view.id).unwrap();
        }
        match (view.id.as_str(), &frame.picture) {
            ("rectifiers", Picture::Bars { labels, .. }) => {
                assert_eq!(labels, &["0", "1", "2", "4"]);
                assert!(frame.arrays.iter().flatten().all(|v| v.is_finite()), "{:?}", frame.arrays);
                assert_eq!(frame.arrays[1][0], 1.0, "a linear network has one region");
            }
            ("entropies", Picture::Bars { labels, .. }) => {
                assert_eq!(labels, &["1", "2", "3"]);
                assert!(frame.arrays.iter().flatten().all(|v| (0.0..=2.0).contains(v)));
            }
            ("rests", Picture::Text { lines, .. }) => assert_eq!(lines.len(), 5, "{lines:?}"),
            (id, Picture::Plot { series, alternative, .. }) => {
                assert!(!series.is_empty() && !alternative.is_empty(), "{id}");
                assert!(frame.arrays.iter().flatten().any(|v| v.is_finite()), "{id}");
            }
            (id, _) => panic!("{id}"),
        }
    }
    assert!(!session.set("depth", &Value::Number(5.0)).unwrap());
    assert_eq!(session.frame("entropies").unwrap().arrays[0].len(), 5);
    let scene = session.run().scene();
    assert_eq!(scene.panels.len(), 2);
    assert!(scene.panels[1].layers.len() == 4);
}

#[test]
fn a_training_resumes_bit_for_bit_with_the_checkpoint_it_keeps() {
    for precision in ["single", "double"] {
        let link = format!("{QUICK}&system=lorenz&precision={precision}&seed=3");
        let mut whole = open(&link);
        run_to(&mut whole, 350);
        // Three checkpoints lie behind, one of them is kept.
        let bytes = whole.checkpoint();
        run_to(&mut whole, 600);
        let mut resumed = Session::restore(&bytes, Means::default()).unwrap();
        assert_eq!(resumed.run().position(), 350);
        run_to(&mut resumed, 600);
        assert_eq!(whole.status().fingerprint, resumed.status().fingerprint);
        assert!(whole.status().fingerprint.is_some());
        assert_eq!(whole.run().state(), resumed.run().state());
        assert_eq!(whole.run().table().1, resumed.run().table().1);
        // What is shown at the end is the kept one, which the second half alone may not have.
        let shown = |session: &mut Session| session.frame("eigenvalues").unwrap().arrays;
        assert_eq!(shown(&mut whole), shown(&mut resumed));
        for cut in [0, 5, 80, bytes.len() / 2, bytes.len() - 1] {
            assert!(Session::restore(&bytes[..cut], Means::default()).is_err(), "{precision} cut to {cut}");
        }
    }
}

#[test]
fn real_fixed_points_are_fixed_virtual_ones_are_not_and_the_text_is_the_network() {
    let link = format!("{QUICK}&rectified=3&step=600");
    let case = Case::of_recipe(&recipe::Recipe::decode(&link).unwrap()).unwrap();
    let Case::System(system) = &case else { panic!("{}", case.name()) };
    let mut network = (**system.network.as_ref().unwrap()).clone();
    let n = system.start.len();
    assert_eq!(n, 10);
    let rests = region_rests(&mut network).unwrap();
    assert_eq!(rests.len(), 8);
    let mut next = vec![0.0; n];
    for rest in &rests {
        let state = rest.state.as_ref().unwrap();
        network.next(0.0, state, &mut next);
        let moved = state.iter().zip(&next).map(|(a, b)| (a - b).abs()).max_by(f64::total_cmp).unwrap();
        assert_eq!(moved, rest.residual);
        if rest.real {
            assert!(moved < 1e-8, "{rest:?}");
        } else {
            assert!(moved > 1e-6, "{rest:?}");
        }
    }
    assert!(rests.iter().any(|rest| !rest.real));
    // Another way to the same points: the search for cycles finds the real ones and no virtual one.
    let options = analysis::AffineCycleOptions { longest: 1, ..Default::default() };
    let mut search = analysis::AffineCycleRun::new(network.clone(), options).unwrap();
    while !search.advance(1000).unwrap() {}
    assert_eq!(search.cycles().len(), rests.iter().filter(|rest| rest.real).count());
    // The text says the same as the network.
    let mut field = system.subject.field::<f64>(&[]);
    let mut x = system.start.clone();
    for _ in 0..50 {
        let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
        network.next(0.0, &x, &mut a);
        Map::next(&mut field, 0.0, &x, &mut b);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + a.abs())), "{a:?} {b:?}");
        x = a;
    }
}

#[test]
fn regions_are_counted_as_the_run_visits_them() {
    let link = format!("{QUICK}&rectified=2");
    let mut session = open(&link);
    run_to(&mut session, 600);
    session.set("best", &Value::Switch(false)).unwrap();
    session.run().scene();
    let readouts = session.run().readouts();
    let told: usize = readouts.iter().find(|r| r.label == "regions").unwrap().value.parse().unwrap();
    // By hand, from the parameters alone: what follows the first fifth of the run.
    let m = 10;
    let kind = rnn::CellKind::AlmostLinear { latent: m, rectified: 2, observed: 3 };
    let map = rnn::TrainedMap::new(kind, &session.run().state()).unwrap();
    let case = Case::of_recipe(&recipe::Recipe::decode(&format!("{link}&step=600")).unwrap()).unwrap();
    let Case::System(system) = &case else { panic!("{}", case.name()) };
    let orbit = region_orbit(&mut map.piecewise().unwrap(), &system.start, 15_000, 1e3).unwrap();
    let first = orbit.symbols.len() / 5;
    let settled: Vec<u32> = orbit
        .states
        .chunks_exact(m)
        .skip(first)
        .map(|z| u32::from(z[m - 2] > 0.0) + 2 * u32::from(z[m - 1] > 0.0))
        .collect();
    let counted = (0..4)
        .filter(|region| {
            settled.iter().filter(|s| *s == region).count() as f64 > 0.005 * settled.len() as f64
        })
        .count();
    assert_eq!(told, counted);
    assert!(counted > 1);
    assert_eq!(symbol_statistics(&settled).unwrap(), symbol_statistics(&orbit.symbols[first..]).unwrap());
}

#[test]
fn each_system_begins_with_the_sizes_that_learn_it() {
    let of = |fragment: &str| {
        let session = open(fragment);
        let number = |id: &str| session.values().number(id);
        [number("rectified"), number("latent"), number("tau"), number("noise"), number("updates")]
    };
    let quick = "almost-linear-rnn?compare=off";
    assert_eq!(of(quick), [1.0, 10.0, 8.0, 0.0, 25_000.0]);
    assert_eq!(of(&format!("{quick}&system=lorenz")), [2.0, 20.0, 6.0, 0.05, 36_000.0]);
    assert_eq!(of(&format!("{quick}&system=rossler-period-2")), [2.0, 10.0, 8.0, 0.0, 25_000.0]);
    // The lesson leads through settings that can all be opened.
    let mut session = open(quick);
    for step in session.declaration().lesson.clone() {
        session.set_many(&step.sets).unwrap_or_else(|e| panic!("{}: {e}", step.action));
    }
    assert_eq!(session.recipe().control("system"), Some("lorenz"));
}

#[test]
fn typed_equations_and_a_series_of_ones_own_are_learned() {
    let mut session = open(QUICK);
    session.edit("x'=y\ny'=-x-0.1*(x*x-1)*y\ninit x=1,y=0\n@ dt=0.1").unwrap();
    run_to(&mut session, 30);
    assert!(session.status().fingerprint.is_some());
    assert_eq!(session.run().scene().panels[1].layers.len(), 4);
    let mut csv = String::from("a,b\n");
    for i in 0..600 {
        let t = f64::from(i) * 0.1;
        csv.push_str(&format!("{},{}\n", libm::sin(t), libm::cos(t)));
    }
    let mut session = open(QUICK);
    session.take_series("own.csv", csv.as_bytes()).unwrap();
    run_to(&mut session, 30);
    assert!(session.run().alternative().contains("own.csv"));
}

#[test]
fn settings_that_cannot_be_learned_are_refused_with_what_would_be_right() {
    assert!(refusal("almost-linear-rnn?rectified=7").contains("from 0 to 6"));
    assert!(refusal("almost-linear-rnn?latent=31").contains("from 4 to 30"));
    assert!(refusal("almost-linear-rnn?system=rossler-period-3").contains("rossler"));
    // Six rectified units do not fit into four.
    let message = refusal("almost-linear-rnn?latent=4&rectified=6");
    assert!(message.contains("rectified") && message.contains('4'), "{message}");
    let mut session = open(QUICK);
    let six: String = (0..6).map(|i| format!("x{i}'=-x{i}\n")).collect();
    assert!(session.edit(&six).err().unwrap().to_string().contains("at most 5"));
    let setting = Setting { control: "tau".into(), value: Value::Number(1.0) };
    assert!(matches!(session.set_many(&[setting]), Err(ExhibitError::Value { .. })));
    let unknown =
        pollster::block_on(session::measure("almost-linear-rnn", "c9", 1, &Means::default(), &mut |_| {}));
    assert!(unknown.is_err());
}
