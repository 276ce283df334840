use crate::error::Error;
use crate::float::Float;
use crate::series::Series;
use crate::trainer::{Settings, Trainer};
use numerics::Digest;

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
