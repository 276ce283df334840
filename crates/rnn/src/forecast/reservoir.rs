use super::{Forecaster, Ridge, clip};
use crate::error::Error;
use numerics::{Real, Stream};

/// Units.
const UNITS: usize = 200;
/// Connections into each unit.
const DEGREE: usize = 10;
/// Spectral radius of the connections.
const RADIUS: f64 = 0.9;
/// Weights from the series, and offsets, are uniform within this.
const INPUT: f64 = 0.5;
/// Penalty.
const PENALTY: f64 = 1e-6;
/// Rows in which the reservoir forgets where it began.
const WASHOUT: usize = 60;
/// Rows of a slice of learning.
const SLICE: usize = 160;

/// `r(t+1) = tanh(A r(t) + B x(t) + c)`, `x(t+1) - x(t) = V [r(t+1), x(t), 1]`: an echo state network without leak,
/// `A` with ten connections into each of its 200 units and spectral radius 0.9.
pub(super) struct Reservoir {
    channels: usize,
    series: Vec<f64>,
    /// Unit and weight, [`DEGREE`] into each unit.
    connections: Vec<(usize, f64)>,
    inputs: Vec<f64>,
    offsets: Vec<f64>,
    state: Vec<f64>,
    row: usize,
    ridge: Ridge,
    weights: Vec<f64>,
}

impl Reservoir {
    pub(super) fn new(series: &[f64], channels: usize, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "reservoir");
        let mut connections: Vec<(usize, f64)> =
            (0..UNITS * DEGREE).map(|_| (stream.below(UNITS as u64) as usize, stream.normal())).collect();
        let radius = spectral_radius(&connections);
        for (_, weight) in &mut connections {
            *weight *= RADIUS / radius;
        }
        Self {
            channels,
            series: series.to_vec(),
            connections,
            inputs: (0..UNITS * channels).map(|_| stream.between(-INPUT, INPUT)).collect(),
            offsets: (0..UNITS).map(|_| stream.between(-INPUT, INPUT)).collect(),
            state: vec![0.0; UNITS],
            row: 0,
            ridge: Ridge::new(UNITS + channels + 1, channels),
            weights: Vec::new(),
        }
    }

    fn drive(&self, state: &mut Vec<f64>, x: &[f64]) {
        let rows = self.connections.chunks_exact(DEGREE).zip(self.inputs.chunks_exact(self.channels));
        let next: Vec<f64> = rows
            .zip(&self.offsets)
            .map(|((connections, inputs), offset)| {
                let mut total = *offset;
                for (from, weight) in connections {
                    total += weight * state[*from];
                }
                for (weight, x) in inputs.iter().zip(x) {
                    total += weight * x;
                }
                Real::tanh(total)
            })
            .collect();
        *state = next;
    }

    fn features(state: &[f64], x: &[f64]) -> Vec<f64> {
        let mut features = state.to_vec();
        features.extend_from_slice(x);
        features.push(1.0);
        features
    }
}

fn spectral_radius(connections: &[(usize, f64)]) -> f64 {
    crate::echo::spectral_radius(UNITS, |x| {
        connections
            .chunks_exact(DEGREE)
            .map(|row| row.iter().fold(0.0, |total, (from, weight)| total + weight * x[*from]))
            .collect()
    })
}

impl Forecaster for Reservoir {
    fn learn(&mut self) -> Result<bool, Error> {
        let (channels, rows) = (self.channels, self.series.len() / self.channels);
        if self.row + 1 >= rows {
            self.weights = self.ridge.solve(PENALTY)?;
            return Ok(true);
        }
        // A short series leaves less to forget in.
        let washout = WASHOUT.min(rows / 4);
        for row in self.row..rows.min(self.row + SLICE + 1) - 1 {
            let (now, next) = self.series[row * channels..(row + 2) * channels].split_at(channels);
            let mut state = std::mem::take(&mut self.state);
            self.drive(&mut state, now);
            if row >= washout {
                let increment: Vec<f64> = next.iter().zip(now).map(|(next, now)| next - now).collect();
                self.ridge.add(&Self::features(&state, now), &increment);
            }
            self.state = state;
            self.row = row + 1;
        }
        Ok(false)
    }
    fn context(&self) -> usize {
        WASHOUT
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        let channels = self.channels;
        let rows = past.len() / channels;
        let mut state = vec![0.0; UNITS];
        let mut now = vec![0.0; channels];
        for row in past.chunks_exact(channels).skip(rows.saturating_sub(WASHOUT)) {
            now.copy_from_slice(row);
            self.drive(&mut state, row);
        }
        let mut all = Vec::with_capacity(steps * channels);
        for step in 0..steps {
            if step > 0 {
                self.drive(&mut state, &now);
            }
            let features = Self::features(&state, &now);
            for (now, change) in now.iter_mut().zip(self.ridge.apply(&self.weights, &features)) {
                *now = clip(*now + change);
            }
            all.extend_from_slice(&now);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_radius_of_a_ring_of_equal_weights_is_known() {
        // Ten connections of weight 0.2 from the neighbours: the vector of ones grows by 2.
        let connections: Vec<(usize, f64)> =
            (0..UNITS * DEGREE).map(|k| ((k / DEGREE + k % DEGREE) % UNITS, 0.2)).collect();
        assert!((spectral_radius(&connections) - 2.0).abs() < 1e-9);
    }
}
