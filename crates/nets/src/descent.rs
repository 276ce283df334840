use crate::error::Error;
use crate::flat;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use numerics::Real;

/// How a gradient becomes a change of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Adam (Kingma and Ba 2015, algorithm 1), with β = (0.9, 0.999) and ε = 1e-8.
    Adam,
    /// Rectified Adam (Liu et al. 2020, algorithm 2), the same constants; without the adaptive denominator
    /// while the length `ρ_t` of the approximated average is at most 4.
    RAdam,
}

/// The learning rate as a function of the number of updates done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Always the same.
    Constant(f64),
    /// `from (to/from)^(n/updates)`, and `to` after that many.
    Exponential {
        /// Rate of the first update.
        from: f64,
        /// Rate reached.
        to: f64,
        /// Number of updates in between.
        updates: u64,
    },
}

impl Schedule {
    /// The rate of update `n`, counted from 0.
    pub fn rate(&self, n: u64) -> f64 {
        match *self {
            Schedule::Constant(rate) => rate,
            Schedule::Exponential { from, to, updates } => {
                if n >= updates {
                    to
                } else {
                    from * Real::pow(to / from, n as f64 / updates as f64)
                }
            }
        }
    }

    /// # Errors
    /// [`Error::Setting`] for a rate that is not positive and finite.
    pub fn check(&self) -> Result<(), Error> {
        let rates = match *self {
            Schedule::Constant(rate) => [rate, rate],
            Schedule::Exponential { from, to, .. } => [from, to],
        };
        match rates.into_iter().find(|rate| !(*rate > 0.0 && rate.is_finite())) {
            Some(found) => {
                Err(Error::Setting { what: "the learning rate", found, expected: "greater than 0" })
            }
            None => Ok(()),
        }
    }
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Loss or squared gradients beyond this would leave `f32`; it also stands in for a test for NaN, which shader
/// compilers may take to be impossible.
const LARGEST: f32 = 1e37;

/// What an update measured, once it has been read back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Number of the update, counted from 1.
    pub update: u64,
    /// Loss of the batch before the update.
    pub loss: f64,
    /// Euclidean norm of the gradient.
    pub gradient_norm: f64,
    /// Updates so far whose loss or gradient was not finite and which changed nothing.
    pub skipped: u64,
}

/// The running averages of an optimiser, on the host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Of the gradient.
    pub first: Vec<f32>,
    /// Of its square.
    pub second: Vec<f32>,
    /// Updates done, skipped ones included.
    pub updates: u64,
    /// Updates skipped.
    pub skipped: u64,
}

/// Adam or RAdam over the flat parameters of any module.
///
/// All parameters are changed at once, so that an update costs the same few operations however many tensors the
/// module has. Nothing waits for the device: an update whose loss or gradient is not finite (the norm at most 3e18)
/// is found there and leaves parameters and moments as they were. It still counts in the correction of the moments'
/// start, because only the device knows of it.
#[derive(Debug)]
pub struct Descent {
    method: Method,
    schedule: Schedule,
    parameters: Tensor<1>,
    first: Tensor<1>,
    second: Tensor<1>,
    skipped: Tensor<1>,
    figures: Option<Tensor<1>>,
    device: Device,
    updates: u64,
    powers: [f64; 2],
}

impl Descent {
    /// From the parameters of a module, with moments of zero.
    pub fn new<M: Module>(module: &M, method: Method, schedule: Schedule, device: &Device) -> Self {
        let device = device.clone().inner();
        let parameters = flat::parameters(module, &device);
        Self {
            method,
            schedule,
            first: parameters.zeros_like(),
            second: parameters.zeros_like(),
            parameters,
            skipped: Tensor::zeros([1], &device),
            figures: None,
            device,
            updates: 0,
            powers: [1.0, 1.0],
        }
    }

    /// Goes on with moments that were read before.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotFinite`].
    pub fn set_moments(&mut self, moments: &Moments) -> Result<(), Error> {
        let expected = self.parameters.dims()[0];
        for (what, values) in [("the first moments", &moments.first), ("the second moments", &moments.second)]
        {
            if values.len() != expected {
                return Err(Error::Length { what, found: values.len(), expected });
            }
            crate::error::check_finite(what, values)?;
        }
        self.first = Tensor::from_data(moments.first.as_slice(), &self.device);
        self.second = Tensor::from_data(moments.second.as_slice(), &self.device);
        self.skipped = Tensor::from_data([moments.skipped as f32], &self.device);
        self.updates = moments.updates;
        self.powers = [1.0, 1.0];
        // As the products were formed step by step, so that a resumed run has the same factors.
        for _ in 0..moments.updates {
            self.powers[0] *= BETA1;
            self.powers[1] *= BETA2;
            if self.powers[1] == 0.0 {
                break;
            }
        }
        Ok(())
    }

    /// Updates done, skipped ones included.
    pub fn updates(&self) -> u64 {
        self.updates
    }
    /// The rate of the next update.
    pub fn rate(&self) -> f64 {
        self.schedule.rate(self.updates)
    }
    /// The parameters as they stand, on the device.
    pub fn parameters(&self) -> &Tensor<1> {
        &self.parameters
    }

    /// One update against the gradient of `loss`, a single number that depends on the parameters of `module`.
    pub fn step<M: Module>(&mut self, module: M, loss: Tensor<1>) -> M {
        let gradients = loss.backward();
        let gradient = flat::gradient(&module, &gradients, &self.device);
        let loss = loss.inner();
        let square = (gradient.clone() * gradient.clone()).sum();
        let sound = loss.clone().abs().lower_elem(LARGEST).bool_and(square.clone().lower_elem(LARGEST));
        let skip = sound.bool_not();
        self.skipped = self.skipped.clone() + skip.clone().float();
        self.figures = Some(Tensor::cat(vec![loss, square, self.skipped.clone()], 0));

        let rate = self.rate();
        self.updates += 1;
        self.powers[0] *= BETA1;
        self.powers[1] *= BETA2;
        let [power1, power2] = self.powers;
        let t = self.updates as f64;
        let unbias = 1.0 / (1.0 - power1);
        let longest = 2.0 / (1.0 - BETA2) - 1.0;
        let length = longest - 2.0 * t * power2 / (1.0 - power2);
        let (factor, adaptive) = match self.method {
            Method::Adam => (rate * unbias, true),
            Method::RAdam if length > 4.0 => {
                let rectified =
                    (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
                (rate * unbias * Real::sqrt(rectified), true)
            }
            Method::RAdam => (rate * unbias, false),
        };
        let squares = gradient.clone() * gradient.clone();
        let first = self.first.clone().mul_scalar(BETA1) + gradient.mul_scalar(1.0 - BETA1);
        let second = self.second.clone().mul_scalar(BETA2) + squares.mul_scalar(1.0 - BETA2);
        let mut change = first.clone().mul_scalar(factor);
        if adaptive {
            let spread = 1.0 / (1.0 - power2);
            change = change / second.clone().mul_scalar(spread).sqrt().add_scalar(EPSILON);
        }
        let skip = skip.expand(self.parameters.dims());
        let parameters = self.parameters.clone() - change;
        self.parameters = parameters.mask_where(skip.clone(), self.parameters.clone());
        self.first = first.mask_where(skip.clone(), self.first.clone());
        self.second = second.mask_where(skip, self.second.clone());
        flat::with_parameters(module, &self.parameters)
    }

    /// What the last update measured, on the device: loss, squared norm of the gradient, number of skipped updates.
    /// `None` before any.
    pub fn figures(&self) -> Option<&Tensor<1>> {
        self.figures.as_ref()
    }

    /// The moments, on the device: of the gradient, of its square.
    pub fn moments(&self) -> [&Tensor<1>; 2] {
        [&self.first, &self.second]
    }

    /// The number of skipped updates, on the device.
    pub fn skipped(&self) -> &Tensor<1> {
        &self.skipped
    }
}
