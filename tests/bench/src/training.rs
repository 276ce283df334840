//! Training steps of a tanh network: 32 units, 50 steps, batch 16, Adam.

use crate::clock::medians;
use crate::error::Error;
use crate::report::Figures;
use numerics::Stream;
use rnn::{Method, Schedule, TanhTask};

pub(crate) const HIDDEN: usize = 32;
pub(crate) const STEPS: usize = 50;
pub(crate) const BATCH: usize = 16;
pub(crate) const RATE: f64 = 1e-3;
/// Updates between two looks at the clock.
const UPDATES: usize = 20;
/// Updates after which losses are compared.
pub(crate) const COMPARED: usize = 20;

/// Inputs and targets, step by step and sequence by sequence: noise, and its fading sum.
pub(crate) fn data() -> (Vec<f32>, Vec<f32>) {
    let mut stream = Stream::new(1, "bench");
    let mut held = [0.0_f64; BATCH];
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for _ in 0..STEPS {
        for memory in &mut held {
            let x = stream.normal();
            *memory = 0.7 * *memory + 0.3 * x;
            inputs.push(x as f32);
            targets.push(*memory as f32);
        }
    }
    (inputs, targets)
}

pub(crate) fn task() -> Result<TanhTask<f32>, Error> {
    Ok(TanhTask::new(1, HIDDEN, 1, STEPS, BATCH, Method::Adam, Schedule::Constant(RATE), 1)?)
}

/// Times the updates, and tells the losses by which another program that trains the same can be known.
pub(crate) fn steps(figures: &mut Figures) -> Result<(), Error> {
    let (inputs, targets) = data();
    let mut task = task()?;
    let mut losses = Vec::new();
    for _ in 0..=COMPARED {
        losses.push(task.step(&inputs, &targets)?.loss);
    }
    let mut refused = None;
    let [seconds] = medians([&mut || {
        for _ in 0..UPDATES {
            match task.step(&inputs, &targets) {
                Ok(report) => losses.push(report.loss),
                Err(error) => refused = Some(error),
            }
        }
    }]);
    if let Some(error) = refused {
        return Err(error.into());
    }
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    let falls = last < 0.5 * first;
    if !falls {
        return Err(Error::Wrong {
            what: "the loss after training".into(),
            found: last.to_string(),
            wanted: format!("less than half of {first}"),
        });
    }
    figures.value("training step, seconds", seconds / UPDATES as f64);
    figures.value("loss at first", first);
    figures.value("loss later", losses[COMPARED]);
    figures.digest("training", task.digest());
    Ok(())
}
