use super::{Forecaster, last};

/// What followed the nearest row, by Euclidean distance, that has so long a future; the first of equals.
pub(super) struct Analogue {
    channels: usize,
    series: Vec<f64>,
}

impl Analogue {
    pub(super) fn new(series: &[f64], channels: usize) -> Self {
        Self { channels, series: series.to_vec() }
    }
}

impl Forecaster for Analogue {
    fn context(&self) -> usize {
        1
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        let channels = self.channels;
        let rows = self.series.len() / channels;
        // A horizon longer than the series leaves the first row, and its future as far as it is known.
        let candidates = rows.saturating_sub(steps).max(1);
        let now = last(past, channels);
        let (mut best, mut least) = (0, f64::INFINITY);
        for (row, values) in self.series.chunks_exact(channels).take(candidates).enumerate() {
            let mut square = 0.0;
            for (a, b) in values.iter().zip(&now) {
                square += (a - b) * (a - b);
            }
            if square < least {
                (best, least) = (row, square);
            }
        }
        let mut future: Vec<f64> =
            self.series.iter().skip((best + 1) * channels).take(steps * channels).copied().collect();
        while future.len() < steps * channels {
            let end = last(if future.is_empty() { &now } else { &future }, channels);
            future.extend(end);
        }
        future
    }
}
