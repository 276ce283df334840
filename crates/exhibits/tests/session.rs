//! A person's session: links, controls, checkpoints, claims.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::contract::{Picture, RunState, Value};
use exhibits::{ExhibitError, Means, OwnSeries, Session, session};
use std::sync::Arc;

fn open(fragment: &str) -> Session {
    Session::open(fragment, Means::default()).unwrap()
}

fn run_to(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(50.0, Some(step));
    }
}

#[test]
fn a_link_leads_to_the_same_fingerprint() {
    let mut first = open("#/lorenz?rho=24.4&seed=7");
    run_to(&mut first, 500);
    let shared = first.share();
    let mut second = open(&shared.link);
    let target = second.target().unwrap();
    assert_eq!(target.step, 500.0);
    run_to(&mut second, 500);
    assert_eq!(second.status().fingerprint, target.fingerprint);
    let mut other = open("lorenz?rho=24.5&seed=7");
    run_to(&mut other, 500);
    assert_ne!(other.status().fingerprint, target.fingerprint);
}

#[test]
fn every_fault_of_a_link_is_told_apart() {
    let fault = |link: &str| Session::open(link, Means::default()).err().unwrap();
    assert!(
        matches!(fault("lorentz"), ExhibitError::Unknown { nearest: Some(name), .. } if name == "lorenz")
    );
    assert!(
        matches!(fault("lorenz?rhoo=3"), ExhibitError::UnknownControl { nearest: Some(n), .. } if n == "rho")
    );
    assert!(matches!(fault("lorenz?rho=many"), ExhibitError::Value { .. }));
    assert!(matches!(fault("lorenz?copies=0"), ExhibitError::Value { .. }));
    assert!(matches!(fault("lorenz?solver=magic"), ExhibitError::Value { .. }));
    assert!(matches!(fault("lorenz?rho=%zz"), ExhibitError::Link(_)));
    assert!(matches!(
        fault("generalized-teacher-forcing?series=0123456789abcdef"),
        ExhibitError::SeriesMissing(_)
    ));
}

#[test]
fn a_change_on_the_way_gives_up_the_fingerprint_until_reset() {
    let mut session = open("lorenz");
    run_to(&mut session, 50);
    assert!(session.status().fingerprint.is_some());
    assert!(!session.set("rho", &Value::Number(25.0)).unwrap());
    assert!(session.status().fingerprint.is_none());
    session.reset().unwrap();
    assert!(session.status().fingerprint.is_some());
    assert_eq!(session.recipe().encode(), "lorenz?rho=25");
    assert!(session.set("dt", &Value::Number(0.002)).unwrap(), "a new step restarts the run");
}

#[test]
fn a_restored_checkpoint_goes_on_bit_for_bit() {
    for (link, half) in
        [("lorenz?solver=tsit5", 200), ("henon", 200), ("generalized-teacher-forcing?hidden=10", 20)]
    {
        let mut whole = open(link);
        run_to(&mut whole, half);
        let bytes = whole.checkpoint();
        run_to(&mut whole, 2 * half);
        let mut resumed = Session::restore(&bytes, Means::default()).unwrap();
        assert_eq!(resumed.run().position(), half, "{link}");
        run_to(&mut resumed, 2 * half);
        assert_eq!(whole.status().fingerprint, resumed.status().fingerprint, "{link}");
        for cut in [0, 5, bytes.len() / 2, bytes.len() - 1] {
            assert!(Session::restore(&bytes[..cut], Means::default()).is_err(), "{link} cut to {cut}");
        }
    }
}

#[test]
fn every_system_opens_runs_and_draws() {
    for system in zoo::systems() {
        let mut session = open(&format!("{}?copies=8", system.slug()));
        run_to(&mut session, 60);
        assert_eq!(session.status().state, RunState::Ready, "{}", system.slug());
        let scene = session.run().scene();
        assert!(!scene.panels.is_empty() && !scene.panels[0].layers.is_empty());
        for view in session.declaration().views.clone().iter().skip(1) {
            let frame = session.frame(&view.id).unwrap();
            assert!(
                frame.arrays.iter().any(|a| a.iter().any(|v| v.is_finite())),
                "{} {}",
                system.slug(),
                view.id
            );
        }
        assert!(session.declaration().lesson.len() >= 3);
    }
}

#[test]
fn typed_equations_run_and_travel_in_the_link() {
    let mut session = open("lorenz?rho=20&dt=0.01");
    session.edit("x'=a*x-y\ny'=x\npar a=-0.1\ninit x=1,y=0").unwrap();
    assert_eq!(session.declaration().controls[0].id, "a");
    run_to(&mut session, 100);
    let again = session.share().link;
    let mut other = open(&again);
    run_to(&mut other, 100);
    assert_eq!(session.status().fingerprint, other.status().fingerprint);
    let before = session.run().position();
    assert!(matches!(session.edit("x'=q"), Err(ExhibitError::Equations(d)) if d[0].line == 1));
    assert_eq!(session.run().position(), before, "a bad edit keeps the run going");
    assert!(session.run().pick(0, 0.5, 0.5), "a click in the plane starts a trajectory");
}

#[test]
fn divergence_says_when_where_and_what_to_do() {
    let mut session = open("lorenz");
    session.edit("x'=x^2\ninit x=1\n@ dt=0.01").unwrap();
    for _ in 0..1000 {
        session.step();
    }
    match session.status().state {
        RunState::Diverged { time, variable, remedies, last } => {
            assert!((time - 1.0).abs() < 0.1 && variable == "x" && last[0].is_finite());
            assert!(!remedies.is_empty());
        }
        state => panic!("{state:?}"),
    }
}

#[test]
fn training_makes_the_loss_fall_and_is_the_same_twice() {
    let train = || {
        let mut session = open("generalized-teacher-forcing?hidden=20&seed=3");
        run_to(&mut session, 300);
        let (names, rows) = session.run().table();
        assert_eq!(names[1], "loss");
        let mean = |rows: &[Vec<f64>]| rows.iter().map(|r| r[1]).sum::<f64>() / rows.len() as f64;
        assert!(mean(&rows[280..]) < 0.5 * mean(&rows[..20]));
        for view in ["gradient", "loss", "strength", "spectrum", "histogram"] {
            assert!(session.frame(view).is_some(), "{view}");
        }
        assert_eq!(session.run().scene().panels.len(), 2);
        session.status().fingerprint
    };
    let first = train();
    assert!(first.is_some());
    assert_eq!(first, train());
}

#[test]
fn a_series_of_ones_own_is_learned_and_asked_for() {
    let mut csv = String::from("a,b\n");
    for i in 0..600 {
        let t = f64::from(i) * 0.1;
        csv.push_str(&format!("{},{}\n", libm::sin(t), libm::cos(t)));
    }
    let mut session = open("generalized-teacher-forcing?hidden=10&length=20");
    session.take_series("own.csv", csv.as_bytes()).unwrap();
    run_to(&mut session, 20);
    let link = session.share().link;
    assert!(matches!(Session::open(&link, Means::default()), Err(ExhibitError::SeriesMissing(_))));
    let own = Arc::new(OwnSeries::read("own.csv", csv.as_bytes()).unwrap());
    let mut again = Session::open(&link, Means { series: Some(own), ..Means::default() }).unwrap();
    run_to(&mut again, 20);
    assert_eq!(session.status().fingerprint, again.status().fingerprint);
    let bad = session.take_series("bad.csv", b"a,b\n1,2\n3,x\n").err().unwrap().to_string();
    assert!(bad.contains("bad.csv") && bad.contains('3'), "{bad}");
    assert!(matches!(open("lorenz").take_series("a.csv", b"1\n2\n"), Err(ExhibitError::Refused(_))));
}

#[test]
fn the_explorers_cheap_claims_hold() {
    for claim in ["henon-exponent", "lorenz-exponent", "lorenz-sum"] {
        let rows: Vec<_> = (11..14)
            .flat_map(|seed| {
                pollster::block_on(session::measure("explorer", claim, seed, &Means::default(), &mut |_| {}))
                    .unwrap()
            })
            .collect();
        let verdict = session::verdict("explorer", claim, &rows).unwrap();
        assert_eq!(verdict.word, "holds", "{rows:?}");
    }
    let rows =
        pollster::block_on(session::measure("explorer", "gpu-statistics", 1, &Means::default(), &mut |_| {}))
            .unwrap();
    assert_eq!(session::verdict("explorer", "gpu-statistics", &rows).unwrap().word, "not measured");
}

#[test]
fn the_gallery_shows_every_system_and_exhibit() {
    let gallery = session::gallery();
    let members: usize = gallery.families.iter().map(|f| f.members.len()).sum();
    assert_eq!(members, zoo::systems().len() + exhibits::exhibits::all().count() - 1);
    for family in &gallery.families {
        for member in &family.members {
            let pixels = exhibits::thumbnail(&member.slug, 24, true).unwrap();
            assert_eq!(pixels.len(), 24 * 24 * 4);
            assert!(pixels.chunks(4).any(|p| p != &pixels[..4]), "{} draws nothing", member.slug);
        }
    }
}

#[cfg(not(feature = "nets"))]
#[test]
fn an_engine_that_this_build_leaves_out_is_told_apart() {
    let Err(error) = Session::open("generalized-teacher-forcing?engine=burn-cpu", Means::default()) else {
        panic!("this build has no burn");
    };
    assert_eq!(error.fault(None).about, "full");
    assert!(error.to_string().contains("--features nets"), "{error}");
}

#[test]
fn several_controls_are_set_in_one_go_or_not_at_all() {
    let mut session = open("lorenz");
    run_to(&mut session, 50);
    let [rho, dt] = [("rho", 25.0), ("dt", 0.002)].map(|(id, v)| session::setting(id, Value::Number(v)));
    assert!(!session.set_many(std::slice::from_ref(&rho)).unwrap());
    assert_eq!(session.run().position(), 50);
    assert!(session.set_many(&[dt.clone(), rho.clone()]).unwrap(), "a new step restarts the run");
    assert_eq!(session.recipe().encode(), "lorenz?rho=25&dt=0.002");
    assert!(!session.set_many(&[rho.clone(), dt]).unwrap(), "nothing is new");
    let beyond = session::setting("copies", Value::Number(0.0));
    let sigma = session::setting("sigma", Value::Number(9.0));
    assert!(session.set_many(&[sigma, beyond]).is_err());
    assert_eq!(session.recipe().encode(), "lorenz?rho=25&dt=0.002");
}

#[test]
fn a_field_of_more_sites_than_have_sliders_runs_and_shows_them_in_time() {
    let text = "u[0..63]'=-u[j]\ninit u[10..20]=1\n";
    let mut session = open("lorenz");
    session.edit(text).unwrap();
    run_to(&mut session, 20);
    let frame = session.frame("field").unwrap();
    let Picture::Heat { rows, columns, .. } = frame.picture else { unreachable!("the field is a heat map") };
    assert_eq!((rows, frame.arrays[0].len()), (64, 64 * columns as usize));
    assert!(frame.arrays[0][15 * columns as usize] > 0.99, "site 15 begins at one");
}

#[test]
fn a_click_in_a_plot_does_something_while_there_is_a_stimulus() {
    let mut session = open("lorenz");
    assert!(session.picks().is_empty());
    session.set("stimulus", &Value::Text("pulse".into())).unwrap();
    assert_eq!(session.picks(), ["series", "separation"]);
    let sets = session.run().pick_in("series", 12.5, 0.0);
    session.set_many(&sets).unwrap();
    assert_eq!(session.values().number("stimulus_at"), 12.5);
}

#[test]
fn equations_are_written_at_the_values_that_are_set() {
    let mut session = open("lorenz");
    let own = session.declaration().equations.clone().unwrap().text;
    assert_eq!(exhibits::export(&session, "ode").unwrap(), own);
    session.set("rho", &Value::Number(24.4)).unwrap();
    session.set("x_0", &Value::Number(3.0)).unwrap();
    let written = exhibits::export(&session, "ode").unwrap();
    session.edit(&written).unwrap();
    assert_eq!([session.values().number("rho"), session.values().number("x_0")], [24.4, 3.0]);
    for format in exhibits::export_formats() {
        let text = exhibits::export(&session, &format.name).unwrap();
        assert!(text.contains("24.4"), "{}:\n{text}", format.label);
    }
    assert!(exhibits::export(&session, "cobol").unwrap_err().contains("ode"));
}
