use super::{Forecaster, clip};
use crate::error::Error;
use crate::optimise::{Method, Optimiser};
use crate::perceptron::{Activity, Perceptron};
use numerics::Stream;

/// Values looked at, and values forecast at once.
const WINDOW: usize = 30;
/// Blocks.
const BLOCKS: usize = 3;
/// Units of a block.
const WIDTH: usize = 64;
/// Windows of a batch.
const BATCH: usize = 32;
/// Updates.
const UPDATES: u64 = 2000;
/// Learning rate.
const RATE: f64 = 1e-3;
/// Updates of a slice of learning.
const SLICE: u64 = 8;

/// Blocks of rectifiers in a row: each takes what the ones before left of the window, tells the part that it explains,
/// which is taken away, and adds its share of the forecast (the doubly residual stacking of N-BEATS, with one hidden
/// layer a block). One network serves all channels.
pub(super) struct Residual {
    channels: usize,
    series: Vec<f64>,
    parameters: Vec<f64>,
    optimiser: Optimiser<f64>,
    stream: Stream,
    training: Blocks,
    single: Blocks,
}

/// The blocks at one size of batch.
struct Blocks {
    net: Perceptron,
    batch: usize,
}

impl Blocks {
    fn new(batch: usize) -> Result<Self, Error> {
        Ok(Self { net: Perceptron::new(&[WINDOW, WIDTH, 2 * WINDOW], batch)?, batch })
    }

    /// The forecast of a batch of windows, value by value; `activities` keeps each block's pass.
    fn forward(
        &self,
        parameters: &[f64],
        windows: &[f64],
        activities: &mut [Activity; BLOCKS],
    ) -> Result<Vec<f64>, Error> {
        let half = WINDOW * self.batch;
        let mut left = windows.to_vec();
        let mut forecast = vec![0.0; half];
        for (own, activity) in parameters.chunks_exact(self.net.parameters()).zip(activities) {
            self.net.forward(own, &left, activity)?;
            let (explained, share) = activity.output().split_at(half);
            left.iter_mut().zip(explained).for_each(|(left, e)| *left -= e);
            forecast.iter_mut().zip(share).for_each(|(f, s)| *f += s);
        }
        Ok(forecast)
    }

    /// Adds the gradient of the parameters from that of the forecast.
    fn backward(
        &self,
        parameters: &[f64],
        activities: &[Activity; BLOCKS],
        above: &[f64],
        gradient: &mut [f64],
    ) -> Result<(), Error> {
        let count = self.net.parameters();
        // Nothing reads what the last block leaves.
        let mut left = vec![0.0; WINDOW * self.batch];
        let blocks = parameters.chunks_exact(count).zip(gradient.chunks_exact_mut(count));
        for ((own, gradient), activity) in blocks.zip(activities).rev() {
            let mut output: Vec<f64> = left.iter().map(|g| -g).chain(above.iter().copied()).collect();
            self.net.backward(own, activity, &mut output, gradient)?;
            left.iter_mut().zip(output).for_each(|(left, g)| *left += g);
        }
        Ok(())
    }
}

impl Residual {
    pub(super) fn new(series: &[f64], channels: usize, seed: u64) -> Result<Self, Error> {
        let mut stream = Stream::new(seed, "residual network");
        let training = Blocks::new(BATCH)?;
        let mut parameters = Vec::new();
        for _ in 0..BLOCKS {
            parameters.extend(training.net.initial(&mut stream));
        }
        Ok(Self {
            channels,
            series: series.to_vec(),
            optimiser: Optimiser::new(Method::Adam, parameters.len()),
            parameters,
            stream,
            training,
            single: Blocks::new(1)?,
        })
    }
}

impl Forecaster for Residual {
    fn learn(&mut self) -> Result<bool, Error> {
        let channels = self.channels;
        let places = (self.series.len() / channels + 1).saturating_sub(2 * WINDOW) as u64;
        for _ in 0..SLICE {
            let (mut windows, mut targets) = (vec![0.0; WINDOW * BATCH], vec![0.0; WINDOW * BATCH]);
            for member in 0..BATCH {
                let place = self.stream.below(places) as usize;
                let channel = self.stream.below(channels as u64) as usize;
                for t in 0..WINDOW {
                    windows[t * BATCH + member] = self.series[(place + t) * channels + channel];
                    targets[t * BATCH + member] = self.series[(place + WINDOW + t) * channels + channel];
                }
            }
            let mut activities = std::array::from_fn(|_| Activity::default());
            let forecast = self.training.forward(&self.parameters, &windows, &mut activities)?;
            let scale = 2.0 / forecast.len() as f64;
            let above: Vec<f64> = forecast.iter().zip(&targets).map(|(f, t)| scale * (f - t)).collect();
            let mut gradient = vec![0.0; self.parameters.len()];
            self.training.backward(&self.parameters, &activities, &above, &mut gradient)?;
            self.optimiser.update(RATE, &gradient, &mut self.parameters);
        }
        if let Some(found) = self.parameters.iter().find(|p| !p.is_finite()) {
            return Err(Error::Setting {
                what: "a weight of the residual network",
                found: *found,
                expected: "finite",
            });
        }
        Ok(self.optimiser.updates() >= UPDATES)
    }
    fn context(&self) -> usize {
        WINDOW
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        let channels = self.channels;
        let rows = past.len() / channels;
        let mut all = vec![0.0; steps * channels];
        for channel in 0..channels {
            // The oldest value stands for what lies before a short past.
            let mut window: Vec<f64> = (0..WINDOW)
                .map(|t| {
                    let row = (rows + t).saturating_sub(WINDOW);
                    past.get(row * channels + channel).copied().unwrap_or(0.0)
                })
                .collect();
            let mut done = 0;
            while done < steps {
                let mut activities = std::array::from_fn(|_| Activity::default());
                let Ok(next) = self.single.forward(&self.parameters, &window, &mut activities) else { break };
                window = next.into_iter().map(clip).collect();
                for (t, value) in window.iter().enumerate().take(steps - done) {
                    all[(done + t) * channels + channel] = *value;
                }
                done += WINDOW;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_through_the_stack_is_that_of_finite_differences() {
        let blocks = Blocks::new(2).unwrap();
        let mut stream = Stream::new(4, "test");
        let mut parameters: Vec<f64> = (0..BLOCKS).flat_map(|_| blocks.net.initial(&mut stream)).collect();
        let windows: Vec<f64> = (0..2 * WINDOW).map(|_| stream.normal()).collect();
        let weight: Vec<f64> = (0..2 * WINDOW).map(|_| stream.normal()).collect();
        let value = |parameters: &[f64]| {
            let mut activities = std::array::from_fn(|_| Activity::default());
            numerics::dot(&blocks.forward(parameters, &windows, &mut activities).unwrap(), &weight)
        };
        let mut activities = std::array::from_fn(|_| Activity::default());
        blocks.forward(&parameters, &windows, &mut activities).unwrap();
        let mut gradient = vec![0.0; parameters.len()];
        blocks.backward(&parameters, &activities, &weight, &mut gradient).unwrap();
        for at in (0..parameters.len()).step_by(487) {
            let (kept, h) = (parameters[at], 1e-5);
            parameters[at] = kept + h;
            let up = value(&parameters);
            parameters[at] = kept - h;
            let slope = (up - value(&parameters)) / (2.0 * h);
            parameters[at] = kept;
            assert!(
                (slope - gradient[at]).abs() < 1e-5 * (1.0 + slope.abs()),
                "{at}: {slope} {}",
                gradient[at]
            );
        }
    }
}
