use crate::cell::CellKind;
use crate::error::Error;
use crate::float::Float;
use crate::learner::{Learner, Learning};
use crate::sequence::{Force, Sequence};
use crate::series::Series;
use crate::tasks::TaskKind;
use crate::trainer::{Settings, Trainer};
use numerics::{Digest, Stream};

/// Lorenz's system at its usual parameters, Runge-Kutta of order four with step 0.015, every second point.
fn lorenz(rows: usize) -> Result<Series, Error> {
    let rate = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let along = |p: [f64; 3], k: [f64; 3], h: f64| [p[0] + h * k[0], p[1] + h * k[1], p[2] + h * k[2]];
    let h = 0.015;
    let mut p = [1.0, 1.0, 20.0];
    let mut values = Vec::with_capacity(rows * 3);
    for step in 0..2 * (rows + 200) {
        let k1 = rate(p);
        let k2 = rate(along(p, k1, 0.5 * h));
        let k3 = rate(along(p, k2, 0.5 * h));
        let k4 = rate(along(p, k3, h));
        for i in 0..3 {
            p[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
        if step % 2 == 1 && step >= 400 {
            values.extend_from_slice(&p);
        }
    }
    let names = ["x", "y", "z"].map(String::from).to_vec();
    Ok(Series::new(names, values)?.standardise()?.0)
}

fn train<T: Float>(series: &Series, digest: &mut Digest) -> Result<(), Error> {
    let mut trainer = Trainer::<T>::new(Settings::tiny(6000, 1), series)?;
    for _ in 0..200 {
        digest.f64(trainer.step()?.loss);
    }
    digest.u64(trainer.digest()).f64(trainer.alpha());
    Ok(())
}

/// Digest of 200 updates of exhibit 22's training in `f32` and 200 in `f64`: losses, last parameters, strength.
///
/// The same on every machine; its data are made here, so that nothing else can change it.
///
/// # Errors
/// None are possible with the settings it uses.
pub fn golden_training_digest() -> Result<u64, Error> {
    let series = lorenz(2000)?;
    let mut digest = Digest::new();
    train::<f32>(&series, &mut digest)?;
    train::<f64>(&series, &mut digest)?;
    Ok(digest.finish())
}

/// The gradient of each cell of the list at its start, and of each task what twenty updates of a gated unit make of it.
fn learn<T: Float>(series: &Series, digest: &mut Digest) -> Result<(), Error> {
    let (steps, batch) = (9, 20);
    for kind in CellKind::examples() {
        let mut sequence = Sequence::<T>::new(kind, steps, batch)?;
        let mut stream = Stream::new(1, "golden");
        let mut parameters = vec![T::zero(); sequence.cell().layout().len()];
        sequence.cell().initialise(&mut stream, &mut parameters);
        let [inputs, outputs] = kind.width();
        // Inputs of at least 0, since the last may be a time.
        let mut draw = |n: usize| (0..n).map(|_| T::of(stream.uniform())).collect::<Vec<T>>();
        for b in 0..batch {
            for s in 0..steps {
                sequence.set_input(b, s, &draw(inputs));
                sequence.set_target(b, s, &draw(outputs));
            }
        }
        let mut gradient = parameters.clone();
        digest.f64(sequence.loss_and_gradient(&parameters, Force::Free, &mut gradient)?);
        gradient.iter().for_each(|g| g.digest(digest));
    }
    for task in TaskKind::examples() {
        let [inputs, _, outputs] = task.sizes();
        let kind = CellKind::Gru { inputs, hidden: 6, outputs };
        let settings = Learning { batch: 12, clip: Some(1.0), ..Learning::new(kind, task, 1e-2, 1) };
        let mut learner = Learner::<T>::new(settings, Some(series))?;
        for _ in 0..20 {
            digest.f64(learner.update()?.loss);
        }
        digest.u64(learner.digest());
    }
    Ok(())
}

/// Digest of all cells and all tasks, in `f32` and in `f64`: losses, gradients, parameters learned.
///
/// The same on every machine; its data are made here.
///
/// # Errors
/// None are possible with the settings it uses.
pub fn golden_learning_digest() -> Result<u64, Error> {
    let names = ["x", "y"].map(String::from).to_vec();
    let values = lorenz(200)?.values().chunks_exact(3).flat_map(|row| [row[0], row[1]]).collect();
    let series = Series::new(names, values)?;
    let mut digest = Digest::new();
    learn::<f32>(&series, &mut digest)?;
    learn::<f64>(&series, &mut digest)?;
    Ok(digest.finish())
}
