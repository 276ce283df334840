use super::{Forecaster, Ridge, clip};
use crate::error::Error;

/// Rows that the next increment depends on.
const ORDER: usize = 3;
/// Penalty a row.
const PENALTY: f64 = 1e-7;

/// `x(t+1) - x(t) = W [x(t), x(t-1), x(t-2), 1]`.
pub(super) struct Linear {
    channels: usize,
    ridge: Ridge,
    weights: Vec<f64>,
}

/// The last rows of a past, the newest first, the oldest one again where it is too short; and a one.
fn features(past: &[f64], channels: usize) -> Vec<f64> {
    let mut features = Vec::with_capacity(ORDER * channels + 1);
    let rows = past.len() / channels;
    for back in 0..ORDER {
        let row = rows.saturating_sub(back + 1);
        match past.get(row * channels..(row + 1) * channels) {
            Some(row) => features.extend_from_slice(row),
            None => features.extend(std::iter::repeat_n(0.0, channels)),
        }
    }
    features.push(1.0);
    features
}

impl Linear {
    pub(super) fn new(series: &[f64], channels: usize) -> Self {
        let mut ridge = Ridge::new(ORDER * channels + 1, channels);
        let rows = series.len() / channels;
        for row in ORDER..rows {
            let (past, next) = series.split_at(row * channels);
            let past_features = features(past, channels);
            let increment: Vec<f64> =
                next[..channels].iter().zip(&past_features).map(|(next, now)| next - now).collect();
            ridge.add(&past_features, &increment);
        }
        Self { channels, ridge, weights: Vec::new() }
    }
}

impl Forecaster for Linear {
    fn learn(&mut self) -> Result<bool, Error> {
        self.weights = self.ridge.solve(PENALTY * self.ridge.rows() as f64)?;
        Ok(true)
    }
    fn context(&self) -> usize {
        ORDER
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        let channels = self.channels;
        let rows = past.len() / channels;
        let mut all = past[rows.saturating_sub(ORDER) * channels..rows * channels].to_vec();
        let begin = all.len();
        for _ in 0..steps {
            let features = features(&all, channels);
            let increments = self.ridge.apply(&self.weights, &features);
            let next: Vec<f64> =
                features.iter().zip(increments).map(|(now, change)| clip(now + change)).collect();
            all.extend(next);
        }
        all.split_off(begin)
    }
}
