//! Numbers against the update.

use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;

/// Most points of a curve against the update; beyond, every other one is dropped.
const CURVE: usize = 2_000;

/// A number against the update, thinned evenly when it grows long.
#[derive(Clone, Default)]
pub(crate) struct Curve {
    /// The updates.
    pub(crate) x: Vec<f64>,
    /// The numbers.
    pub(crate) y: Vec<f64>,
    /// Updates from one point to the next.
    stride: u64,
}

impl Curve {
    pub(crate) fn push(&mut self, update: u64, value: f64) {
        if self.stride == 0 {
            self.stride = 1;
        }
        if !update.is_multiple_of(self.stride) {
            return;
        }
        self.x.push(update as f64);
        self.y.push(value);
        if self.x.len() > CURVE {
            self.stride *= 2;
            let stride = self.stride;
            let keep: Vec<bool> = self.x.iter().map(|x| (*x as u64).is_multiple_of(stride)).collect();
            let thin = |values: &mut Vec<f64>| {
                let mut keep = keep.iter();
                values.retain(|_| keep.next().copied().unwrap_or(false));
            };
            thin(&mut self.x);
            thin(&mut self.y);
        }
    }
    /// Forgets what lies beyond an update: a state taken up again may be older than its curves.
    pub(crate) fn cut(&mut self, update: u64) {
        let kept = self.x.partition_point(|x| *x <= update as f64);
        self.x.truncate(kept);
        self.y.truncate(kept);
    }
    /// Writes all of it.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.u64(self.stride).f64s(&self.x).f64s(&self.y);
    }
    /// Reads what [`Curve::write`] wrote.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, ExhibitError> {
        Ok(Self { stride: from.u64()?, x: from.f64s()?, y: from.f64s()? })
    }
    /// Without the rapid scatter: exponential average over about ten points, of logarithms where `log`.
    pub(crate) fn smooth(&self, log: bool) -> Vec<f64> {
        let mut level = f64::NAN;
        self.y
            .iter()
            .map(|y| {
                let y = if log { libm::log(*y) } else { *y };
                if !y.is_finite() {
                    return f64::NAN;
                }
                level = if level.is_finite() { 0.9 * level + 0.1 * y } else { y };
                if log { libm::exp(level) } else { level }
            })
            .collect()
    }
}
