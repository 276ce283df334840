//! Progress on a terminal, and silence elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Parts of a thousandth in which fractions are counted.
const PARTS: u64 = 1000;

/// A bar on the standard error stream, when that is a terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar of `total` units of work.
    pub fn new(what: &str, total: u64) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total.saturating_mul(PARTS)), target);
        if let Ok(style) =
            ProgressStyle::with_template("{msg}  {bar:32}  {percent:>3} %  {elapsed}, {eta} to go")
        {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_message(what.to_owned());
        Self { bar }
    }

    /// Says how many units are done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done.saturating_mul(PARTS));
    }

    /// Adds a fraction of a unit.
    pub fn add(&self, fraction: f64) {
        // The cast saturates, and takes what is not a number for 0.
        self.bar.inc((fraction * PARTS as f64) as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
