//! Runs whose digests must be the same natively and in wasm.

use crate::contract::{Setting, Value};
use crate::desk::{self, Case};
use crate::exhibit::Means;
use crate::session::Session;
use crate::subject::Subject;
use dynamics::{Method, Stepper};
use numerics::Digest;
use recipe::Recipe;
use std::time::Duration;
use web_time::Instant;

/// Steps of each system.
pub const STEPS: u64 = 100_000;

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

/// Most turns of 200 milliseconds that a run may take.
const TURNS: u32 = 1_000;

/// A question at the desk: the system, the question, and its settings.
pub type Asked = (&'static str, &'static str, &'static [(&'static str, f64)]);

/// Questions whose whole tables are golden.
pub const ASKED: [Asked; 9] = [
    ("lorenz", "lyapunov", &[("steps", 20_000.0)]),
    ("mackey-glass", "lyapunov", &[("steps", 2_000.0)]),
    ("henon", "fixed-points", &[("seeds", 60.0), ("length", 3.0)]),
    ("fitzhugh-nagumo", "continue", &[]),
    ("rossler", "spectrum", &[]),
    ("rossler", "dimension", &[]),
    ("rossler", "complexity", &[]),
    ("duffing", "basins", &[("cells", 16.0)]),
    ("henon", "exponent-map", &[("cells", 12.0), ("steps", 500.0)]),
];

/// Digest of the table that answers a question, 0 when it cannot be asked. However the work is cut into slices, the
/// numbers are the same.
pub fn answer_digest((system, question, settings): Asked) -> u64 {
    let settings: Vec<Setting> = settings
        .iter()
        .map(|(control, value)| Setting { control: (*control).into(), value: Value::Number(*value) })
        .collect();
    let Ok(case) = Case::of_recipe(&Recipe::new(system)) else { return 0 };
    let Ok(mut inquiry) = desk::ask(&case, question, &settings) else { return 0 };
    loop {
        match inquiry.advance(Instant::now() + Duration::from_millis(200)) {
            Ok(false) => {}
            Ok(true) => break,
            Err(_) => return 0,
        }
    }
    let (_, rows) = inquiry.table();
    let mut digest = Digest::new();
    digest.u64(rows.len() as u64);
    for row in &rows {
        digest.f64s(row);
    }
    digest.finish()
}

/// The fingerprint of a link's run after so many steps, 0 when it does not run.
pub fn run_digest(link: &str, steps: u64) -> u64 {
    let Ok(mut session) = Session::open(link, Means::default()) else { return 0 };
    // A step may take several turns, such as one at which a run looks at what it has learned.
    let mut turns = 0;
    while session.run().position() < steps && turns < TURNS {
        session.advance(200.0, Some(steps));
        turns += 1;
    }
    if session.run().position() < steps {
        return 0;
    }
    session.run().witness().unwrap_or(0)
}
