//! Runs whose digests must be the same natively and in wasm.

use crate::subject::Subject;
use dynamics::{Method, Stepper};
use numerics::Digest;

/// Steps of each system.
pub const STEPS: u64 = 100_000;
/// Systems among the golden runs.
pub const SYSTEMS: [&str; 3] = ["lorenz", "hodgkin-huxley", "ikeda"];

/// Digest of a system's state after [`STEPS`] steps by RK4 (a map: by itself), 0 when it cannot be run.
pub fn system_digest(slug: &str) -> u64 {
    let Ok(subject) = Subject::of_zoo(slug) else { return 0 };
    let options = subject.options(Method::RungeKutta4, subject.step());
    let Ok(mut runner) = subject.stepper(&subject.parameters(), options, &subject.start()) else { return 0 };
    if !runner.advance_by(STEPS).is_ok() {
        return 0;
    }
    Digest::new().u64(runner.step()).f64s(runner.state()).finish()
}

/// Name and digest of every golden run.
pub fn digests() -> Vec<(&'static str, u64)> {
    let mut all: Vec<(&'static str, u64)> = SYSTEMS.iter().map(|slug| (*slug, system_digest(slug))).collect();
    all.push(("generalized-teacher-forcing", rnn::golden_training_digest().unwrap_or(0)));
    all
}
