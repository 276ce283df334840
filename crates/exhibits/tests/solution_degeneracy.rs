//! Exhibit 23: how differently networks solve one task.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::contract::{Picture, RunState, Value};
use exhibits::{ExhibitError, Means, Session};

/// Three small networks of each condition.
const SMALL: &str = "solution-degeneracy?networks=3&width=16&other_width=20&updates=100";

fn open(link: &str) -> Session {
    Session::open(link, Means::default()).unwrap()
}

fn at(session: &mut Session, step: u64) {
    while session.run().position() < step {
        session.advance(100.0, Some(step));
    }
}

fn text(rows: &[Vec<f64>]) -> String {
    format!("{rows:?}")
}

#[test]
fn degeneracy_is_seen_before_the_first_update_and_at_its_end_with_all_of_it() {
    let mut session = open(SMALL);
    let scene = session.run().scene();
    assert_eq!(scene.panels.len(), 2);
    assert!(scene.panels.iter().all(|panel| !panel.layers.is_empty()), "untrained networks have places");
    let untrained = session.frame("levels").unwrap().arrays;
    at(&mut session, 100);
    assert_eq!(session.status().state, RunState::Finished);
    let trained = session.frame("levels").unwrap().arrays;
    assert_eq!((trained.len(), trained[0].len()), (2, 4));
    assert!(trained.iter().flatten().all(|level| level.is_finite() && *level > 0.0), "{trained:?}");
    assert!(trained[0][0] != untrained[0][0], "the last look is at the trained networks");
    let (names, rows) = session.run().table();
    assert_eq!(names[..4], ["update", "first_loss", "first_dynamics", "first_weights"]);
    assert_eq!(rows.len(), 101);
    let looks: Vec<f64> = rows.iter().filter(|row| row[2].is_finite()).map(|row| row[0]).collect();
    assert_eq!(looks, [0.0, 25.0, 50.0, 75.0, 100.0]);
    assert_eq!(rows[100][2], trained[0][0]);
    let early = rows[1..11].iter().map(|row| row[1]).sum::<f64>();
    let late = rows[91..].iter().map(|row| row[1]).sum::<f64>();
    assert!(late < 0.8 * early, "{late} {early}");
    assert!(session.run().alternative().contains("after 100 updates"));
}

#[test]
fn a_checkpoint_of_any_moment_goes_on_to_the_same_fingerprint_and_table() {
    let mut whole = open(SMALL);
    at(&mut whole, 25);
    // Inside an update, or inside a look: some networks are ahead of the others.
    for _ in 0..3 {
        whole.advance(0.0, None);
    }
    let before = whole.run().witness();
    let saved = whole.checkpoint();
    let mut again = Session::restore(&saved, Means::default()).unwrap();
    assert_eq!(again.run().witness(), before);
    let levels = |session: &mut Session| session.frame("levels").unwrap().arrays;
    assert_eq!(levels(&mut again), levels(&mut whole));
    at(&mut whole, 60);
    at(&mut again, 60);
    assert_eq!(whole.run().witness(), again.run().witness());
    assert_eq!(text(&whole.run().table().1), text(&again.run().table().1));
    let mut other = open(SMALL);
    while other.run().position() < 60 {
        other.step();
    }
    assert_eq!(whole.run().witness(), other.run().witness(), "steps and slices come to the same");
    for cut in [0, 9, saved.len() / 2, saved.len() - 9] {
        assert!(Session::restore(&saved[..cut], Means::default()).is_err(), "cut to {cut}");
    }
}

#[test]
fn a_checkpoint_inside_the_last_look_still_ends_with_it() {
    let mut session = open(SMALL);
    at(&mut session, 99);
    for _ in 0..10 {
        session.advance(0.0, None);
    }
    assert_eq!(session.run().position(), 99, "the last update waits for its look");
    let mut again = Session::restore(&session.checkpoint(), Means::default()).unwrap();
    at(&mut session, 100);
    at(&mut again, 100);
    assert_eq!(session.frame("levels").unwrap().arrays, again.frame("levels").unwrap().arrays);
    assert_eq!(session.run().witness(), again.run().witness());
}

#[test]
fn degeneracy_of_every_task_and_contrast_is_drawn() {
    for task in ["flip-flop", "sine", "discrimination", "integration"] {
        for contrast in ["complexity", "width", "richness", "sparsity"] {
            let link = format!("{SMALL}&task={task}&contrast={contrast}&networks=2");
            let link = link.replacen("networks=3&", "", 1);
            let mut session = open(&link);
            at(&mut session, 1);
            for view in ["levels", "paths", "eigenvalues", "loss"] {
                let frame = session.frame(view).unwrap();
                let finite = |values: &Vec<f64>| values.iter().any(|v| v.is_finite());
                assert!(frame.arrays.iter().all(finite), "{link}: {view}");
                assert_eq!(frame.picture.view(), view);
            }
            let scene = session.run().scene();
            assert_ne!(scene.panels[0].title, scene.panels[1].title, "{link}");
            assert!(scene.panels.iter().all(|panel| !panel.layers.is_empty()), "{link}");
            assert!(session.status().note.is_none(), "{link}: {:?}", session.status().note);
        }
    }
}

#[test]
fn two_networks_are_chosen_without_a_restart() {
    let mut session = open(SMALL);
    at(&mut session, 2);
    let names = |session: &mut Session| match session.frame("paths").unwrap().picture {
        Picture::Plot { series, alternative, .. } => {
            (series.iter().map(|s| s.label.clone()).collect::<Vec<_>>(), alternative)
        }
        _ => (Vec::new(), String::new()),
    };
    let (before, first) = names(&mut session);
    assert_eq!(before, ["network 1", "network 2"]);
    assert!(first.starts_with("C = 1"));
    assert!(!session.set("two", &Value::Number(16.0)).unwrap(), "nothing restarts");
    assert!(!session.set("shown", &Value::Text("second".into())).unwrap());
    let (after, second) = names(&mut session);
    assert_eq!(after, ["network 1", "network 3"], "the last stands for one that there is not");
    assert!(second.starts_with("C = 3"));
    assert_eq!(session.run().position(), 2);
}

#[test]
fn settings_out_of_range_are_refused() {
    for setting in ["complexity=0", "networks=1", "width=500", "richness=0", "task=poetry", "contrast=luck"] {
        let link = format!("solution-degeneracy?{setting}");
        let refused = Session::open(&link, Means::default()).err().unwrap();
        assert!(matches!(refused, ExhibitError::Value { .. }), "{link}: {refused}");
    }
}
