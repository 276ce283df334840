//! The systems of the zoo hold out.
#![cfg(not(target_arch = "wasm32"))]
// Helpers of tests: what is not as expected ends the test.
#![allow(clippy::panic)]

use exhibits::survey::{Asked, survey};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The survey at length is `separatrix systems --survey`.
#[test]
fn every_system_runs_for_a_hundred_periods_from_five_starts() {
    let asked = Asked { periods: 100.0, starts: 5, seed: 1 };
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut bad = Vec::new();
        while let Some(system) = zoo::systems().get(next.fetch_add(1, Ordering::Relaxed)) {
            match survey(system, asked) {
                Ok(report) if report.stopped.is_empty() => assert!(report.evaluations > 0, "{report:?}"),
                Ok(report) => bad.push(format!("{report:?}")),
                Err(fault) => bad.push(format!("{}: {fault}", system.slug())),
            }
        }
        bad
    };
    let bad: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|_| panic!("a thread of the survey panicked")))
            .collect()
    });
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
