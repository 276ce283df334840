use super::{Forecaster, Ridge, clip, last};
use crate::error::Error;
use numerics::{Real, Stream};

/// Random features.
const FEATURES: usize = 300;
/// Standard deviation of their weights.
const SPREAD: f64 = 0.6;
/// Penalty a row.
const PENALTY: f64 = 1e-7;
/// Rows of a slice of learning.
const SLICE: usize = 96;

/// `x(t+1) - x(t) = V [tanh(W x(t) + c), x(t), 1]`: `W` normal with standard deviation 0.6, `c` uniform on (-1, 1).
pub(super) struct RandomFeatures {
    channels: usize,
    series: Vec<f64>,
    inner: Vec<f64>,
    offsets: Vec<f64>,
    ridge: Ridge,
    weights: Vec<f64>,
}

impl RandomFeatures {
    pub(super) fn new(series: &[f64], channels: usize, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "random features");
        Self {
            channels,
            series: series.to_vec(),
            inner: (0..FEATURES * channels).map(|_| SPREAD * stream.normal()).collect(),
            offsets: (0..FEATURES).map(|_| stream.between(-1.0, 1.0)).collect(),
            ridge: Ridge::new(FEATURES + channels + 1, channels),
            weights: Vec::new(),
        }
    }

    fn features(&self, x: &[f64]) -> Vec<f64> {
        let mut features = Vec::with_capacity(FEATURES + x.len() + 1);
        for (row, offset) in self.inner.chunks_exact(self.channels).zip(&self.offsets) {
            let mut total = *offset;
            for (w, x) in row.iter().zip(x) {
                total += w * x;
            }
            features.push(Real::tanh(total));
        }
        features.extend_from_slice(x);
        features.push(1.0);
        features
    }
}

impl Forecaster for RandomFeatures {
    fn learn(&mut self) -> Result<bool, Error> {
        let (channels, rows) = (self.channels, self.series.len() / self.channels);
        let begin = self.ridge.rows();
        if begin + 1 >= rows {
            self.weights = self.ridge.solve(PENALTY * begin as f64)?;
            return Ok(true);
        }
        for row in begin..rows.min(begin + SLICE + 1) - 1 {
            let (now, next) = self.series[row * channels..(row + 2) * channels].split_at(channels);
            let features = self.features(now);
            let increment: Vec<f64> = next.iter().zip(now).map(|(next, now)| next - now).collect();
            self.ridge.add(&features, &increment);
        }
        Ok(false)
    }
    fn context(&self) -> usize {
        1
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        let mut now = last(past, self.channels);
        let mut all = Vec::with_capacity(steps * self.channels);
        for _ in 0..steps {
            let features = self.features(&now);
            for (now, change) in now.iter_mut().zip(self.ridge.apply(&self.weights, &features)) {
                *now = clip(*now + change);
            }
            all.extend_from_slice(&now);
        }
        all
    }
}
