use crate::batch::Batch;
use crate::descent::{Descent, Measured, Method, Moments, Schedule};
use crate::engine::Engine;
use crate::error::Error;
use crate::flat;
use crate::forcing::Forcing;
use crate::shallow_plrnn::{ShallowPlrnn, Shape};
use burn::tensor::{Device, Tensor};

/// Everything that determines a training but its parameters and data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The sizes of the network.
    pub shape: Shape,
    /// The forcing to begin with.
    pub forcing: Forcing,
    /// The optimiser.
    pub method: Method,
    /// The learning rate.
    pub schedule: Schedule,
    /// Factor of the regularisation `Σ (p - p₀)²`, where `p₀` is 1 for the diagonal `A` and 0 elsewhere.
    pub regularisation: f64,
    /// Updates between two read-backs of the loss. A read-back waits for the device, so on a GPU make it rare.
    pub read_every: u64,
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        self.shape.check()?;
        self.forcing.check()?;
        self.schedule.check()?;
        let found = self.regularisation;
        if !(found >= 0.0 && found.is_finite()) {
            let what = "the regularisation";
            return Err(Error::Setting { what, found, expected: "a finite number of at least 0" });
        }
        if self.read_every == 0 {
            let what = "the number of updates between read-backs";
            return Err(Error::Setting { what, found: 0.0, expected: "at least 1" });
        }
        Ok(())
    }
}

/// What one update did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Number of the update, counted from 1; a skipped one counts.
    pub update: u64,
    /// Learning rate.
    pub rate: f64,
    /// Forcing used.
    pub forcing: Forcing,
    /// Loss and norm of the gradient, on the updates whose figures were read back.
    pub measured: Option<Measured>,
}

/// A training as it stands, on the host: what to go on from when the device is lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The parameters, flat.
    pub parameters: Vec<f32>,
    /// The optimiser's averages and counts.
    pub moments: Moments,
    /// The forcing that the next update uses.
    pub forcing: Forcing,
}

/// Learns a dynamical system from batches of sequences.
#[derive(Debug)]
pub struct Trainer {
    settings: Settings,
    engine: Engine,
    device: Device,
    network: ShallowPlrnn,
    descent: Descent,
    forcing: Forcing,
}

impl Trainer {
    /// A trainer at its start, from flat parameters in the order that [`ShallowPlrnn`] states.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Setting`], [`Error::Length`], [`Error::NotFinite`].
    pub fn new(engine: &Engine, settings: Settings, parameters: &[f32]) -> Result<Self, Error> {
        settings.check()?;
        let device = engine.device();
        let network = ShallowPlrnn::new(settings.shape, parameters, &device)?;
        let descent = Descent::new(&network, settings.method, settings.schedule, &device);
        let forcing = settings.forcing;
        Ok(Self { settings, engine: engine.clone(), device, network, descent, forcing })
    }

    /// The trainer that made a checkpoint, on any engine.
    ///
    /// # Errors
    /// Those of [`Trainer::new`].
    pub fn resume(engine: &Engine, settings: Settings, checkpoint: &Checkpoint) -> Result<Self, Error> {
        let mut trainer = Self::new(engine, settings, &checkpoint.parameters)?;
        trainer.descent.set_moments(&checkpoint.moments)?;
        trainer.set_forcing(checkpoint.forcing)?;
        Ok(trainer)
    }

    /// One update on a batch.
    ///
    /// Returns as soon as the work is handed to the device, but on every `read_every`-th update, which waits,
    /// without blocking the thread in a browser, for the figures of that update. An update whose loss or gradient is
    /// not finite changes neither parameters nor moments; it is counted in [`Measured::skipped`].
    ///
    /// # Errors
    /// [`Error::Channels`], [`Error::Unread`] when the device is lost.
    pub async fn step(&mut self, batch: &Batch) -> Result<Report, Error> {
        let forcing = self.forcing;
        let rate = self.descent.rate();
        let loss = objective(&self.network, batch, forcing, self.settings.regularisation, &self.device)?;
        self.network = self.descent.step(self.network.clone(), loss);
        let update = self.descent.updates();
        let measured =
            if update.is_multiple_of(self.settings.read_every) { self.measure().await? } else { None };
        Ok(Report { update, rate, forcing, measured })
    }

    /// Reads back what the last update measured; `None` before any.
    ///
    /// # Errors
    /// [`Error::Unread`].
    pub async fn measure(&self) -> Result<Option<Measured>, Error> {
        let Some(figures) = self.descent.figures() else {
            return Ok(None);
        };
        let values = read(&self.engine, figures.clone()).await?;
        let [loss, square, skipped] = values[..] else {
            return Err(self.unread(format!("{} figures came back where 3 were asked for", values.len())));
        };
        Ok(Some(Measured {
            update: self.descent.updates(),
            loss: f64::from(loss),
            gradient_norm: numerics::Real::sqrt(f64::from(square)),
            skipped: skipped as u64,
        }))
    }

    /// The parameters, flat, read back from the device.
    ///
    /// # Errors
    /// [`Error::Unread`].
    pub async fn parameters(&self) -> Result<Vec<f32>, Error> {
        read(&self.engine, self.descent.parameters().clone()).await
    }

    /// Everything needed to go on with [`Trainer::resume`].
    ///
    /// # Errors
    /// [`Error::Unread`].
    pub async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let [first, second] = self.descent.moments();
        let count = self.settings.shape.parameters();
        let all = vec![
            self.descent.parameters().clone(),
            first.clone(),
            second.clone(),
            self.descent.skipped().clone(),
        ];
        let values = read(&self.engine, Tensor::cat(all, 0)).await?;
        if values.len() != 3 * count + 1 {
            let found = values.len();
            return Err(
                self.unread(format!("{found} numbers came back where {} were asked for", 3 * count + 1))
            );
        }
        let part = |k: usize| values[k * count..(k + 1) * count].to_vec();
        Ok(Checkpoint {
            parameters: part(0),
            moments: Moments {
                first: part(1),
                second: part(2),
                updates: self.descent.updates(),
                skipped: values[3 * count] as u64,
            },
            forcing: self.forcing,
        })
    }

    /// Takes the gradient of this batch on the engine and on the CPU and gives their relative deviation: to be asked
    /// before the first update on a device.
    ///
    /// # Errors
    /// [`Error::Deviates`] beyond 1e-4, [`Error::Channels`], [`Error::Unread`].
    pub async fn verify(&self, batch: &Batch) -> Result<f64, Error> {
        let parameters = self.parameters().await?;
        let found = deviation(&self.engine, self.settings.shape, &parameters, batch, self.forcing).await?;
        self.engine.judge(found)?;
        Ok(found)
    }

    /// Another forcing from the next update on, as the adaptive rule asks for.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn set_forcing(&mut self, forcing: Forcing) -> Result<(), Error> {
        forcing.check()?;
        self.forcing = forcing;
        Ok(())
    }

    /// The forcing that the next update uses.
    pub fn forcing(&self) -> Forcing {
        self.forcing
    }
    /// Number of updates, skipped ones included.
    pub fn updates(&self) -> u64 {
        self.descent.updates()
    }
    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn unread(&self, reason: String) -> Error {
        Error::Unread { device: self.engine.name().to_string(), reason }
    }
}

fn objective(
    network: &ShallowPlrnn,
    batch: &Batch,
    forcing: Forcing,
    regularisation: f64,
    device: &Device,
) -> Result<Tensor<1>, Error> {
    let loss = network.loss(batch, forcing, device)?;
    if regularisation > 0.0 { Ok(loss + network.penalty().mul_scalar(regularisation)) } else { Ok(loss) }
}

async fn read(engine: &Engine, tensor: Tensor<1>) -> Result<Vec<f32>, Error> {
    let fault = |reason: String| Error::Unread { device: engine.name().to_string(), reason };
    let data = tensor.into_data_async().await.map_err(|e| fault(e.to_string()))?;
    data.try_into_vec::<f32>().map_err(|e| fault(e.to_string()))
}

/// The mean squared error of a batch and its gradient by the flat parameters, by automatic differentiation: the
/// oracle for passes written by hand.
///
/// # Errors
/// Those of [`ShallowPlrnn::new`] and [`ShallowPlrnn::loss`]; [`Error::Unread`].
pub async fn loss_and_gradient(
    engine: &Engine,
    shape: Shape,
    parameters: &[f32],
    batch: &Batch,
    forcing: Forcing,
) -> Result<(f64, Vec<f32>), Error> {
    let device = engine.device();
    let network = ShallowPlrnn::new(shape, parameters, &device)?;
    let loss = network.loss(batch, forcing, &device)?;
    let gradient = flat::gradient(&network, &loss.backward(), &device);
    let values = read(engine, Tensor::cat(vec![loss.inner(), gradient], 0)).await?;
    match values.split_first() {
        Some((&loss, gradient)) => Ok((f64::from(loss), gradient.to_vec())),
        None => Err(Error::Unread { device: engine.name().to_string(), reason: "nothing came back".into() }),
    }
}

/// How far an engine's gradient lies from the CPU's, relative to its norm, or its loss, relative to itself;
/// whichever is more. Not a number if one of them is not.
///
/// # Errors
/// Those of [`loss_and_gradient`].
pub async fn deviation(
    engine: &Engine,
    shape: Shape,
    parameters: &[f32],
    batch: &Batch,
    forcing: Forcing,
) -> Result<f64, Error> {
    let (loss, gradient) = loss_and_gradient(engine, shape, parameters, batch, forcing).await?;
    let (right_loss, right) = loss_and_gradient(&Engine::Flex, shape, parameters, batch, forcing).await?;
    let square = |v: f64| v * v;
    let off = numerics::sum_by(right.len(), |i| square(f64::from(gradient[i]) - f64::from(right[i])));
    let size = numerics::sum_by(right.len(), |i| square(f64::from(right[i])));
    let share = |off: f64, size: f64| if off == 0.0 { 0.0 } else { off / size };
    let of_gradient = numerics::Real::sqrt(share(off, size));
    let of_loss = numerics::Real::abs(share(loss - right_loss, right_loss));
    Ok(if of_gradient >= of_loss || of_gradient.is_nan() { of_gradient } else { of_loss })
}
