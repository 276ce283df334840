//! Training on burn in exhibit 22: held against the fused engine, resumed, and told from it.
#![cfg(feature = "nets")]
#![allow(clippy::unwrap_used, clippy::panic)]

use exhibits::contract::RunState;
use exhibits::{Means, Session};

const SHORT: &str = "generalized-teacher-forcing?updates=500&length=20&hidden=16";

fn trained(extra: &str, updates: u64, means: Means) -> Session {
    let mut session = Session::open(&format!("{SHORT}{extra}"), means).unwrap();
    go(&mut session, updates);
    session
}

fn go(session: &mut Session, updates: u64) {
    for _ in 0..10_000 {
        if session.run().position() >= updates {
            break;
        }
        session.advance(1000.0, Some(updates));
        assert_eq!(session.status().state, RunState::Ready);
    }
    assert_eq!(session.run().position(), updates);
}

fn losses(session: &mut Session) -> Vec<[f64; 4]> {
    let (_, rows) = session.run().table();
    rows.into_iter().map(|row| row.try_into().unwrap()).collect()
}

#[test]
fn burn_trains_as_the_fused_engine_does() {
    for forcing in ["adaptive", "fixed", "free", "sparse", "full"] {
        let extra = format!("&forcing={forcing}");
        let fused = losses(&mut trained(&extra, 60, Means::default()));
        let burn = losses(&mut trained(&format!("{extra}&engine=burn-cpu"), 60, Means::default()));
        assert_eq!(fused.len(), burn.len());
        for (right, found) in fused.iter().zip(&burn) {
            assert_eq!(right[0], found[0]);
            for column in 1..4 {
                let off = (found[column] - right[column]).abs() / (right[column].abs() + 1e-9);
                assert!(off < 2e-3, "{forcing} {column}: {right:?} {found:?}");
            }
        }
        assert!(burn[59][1] < burn[0][1], "{forcing}: the loss does not fall");
    }
}

#[test]
fn a_training_on_burn_claims_no_fingerprint_and_says_so() {
    let session = trained("&engine=burn-cpu", 3, Means::default());
    let status = session.status();
    assert_eq!(status.fingerprint, None);
    assert!(status.fingerprint_note.unwrap().contains("not bit for bit"));
    assert!(!session.share().link.contains("fingerprint"));
}

#[test]
fn a_training_on_burn_goes_on_from_its_checkpoint() {
    let mut whole = trained("&engine=burn-cpu", 20, Means::default());
    let bytes = whole.checkpoint();
    go(&mut whole, 40);
    let mut resumed = Session::restore(&bytes, Means::default()).unwrap();
    go(&mut resumed, 40);
    let (whole, resumed) = (losses(&mut whole), losses(&mut resumed));
    for (a, b) in whole.iter().zip(&resumed).skip(20) {
        // Moments and parameters travel whole, so what differs is rounding at most.
        assert!((a[1] / b[1] - 1.0).abs() < 1e-4, "{a:?} {b:?}");
    }
}

#[test]
fn without_an_adapter_burn_trains_on_the_cpu_and_says_so() {
    let session = trained("&engine=burn-webgpu", 2, Means::default());
    assert_eq!(session.status().device, "cpu");
    assert!(session.status().note.unwrap().contains("no WebGPU adapter"));
}

#[test]
fn burn_shares_the_device_where_there_is_one() {
    let Ok(device) = pollster::block_on(exhibits::device(None)) else {
        println!("not measured: no adapter");
        return;
    };
    let means = Means { gpu: Some(device.into()), ..Means::default() };
    let right = losses(&mut trained("", 10, Means::default()));
    let mut session = trained("&engine=burn-webgpu", 10, means);
    assert_eq!(session.status().device, "gpu");
    let found = losses(&mut session);
    // Figures are read back every five updates.
    assert_eq!(found.iter().map(|row| row[0]).collect::<Vec<_>>(), [5.0, 10.0]);
    for row in found {
        let off = (row[1] / right[row[0] as usize - 1][1] - 1.0).abs();
        assert!(off < 5e-3, "{row:?}");
    }
}
