use crate::batch::Batch;
use crate::error::{Error, check_finite, check_size};
use crate::forcing::Forcing;
use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

/// The sizes of a [`ShallowPlrnn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// State units, `M`.
    pub latent: usize,
    /// Hidden units, `L`.
    pub hidden: usize,
    /// Observed units, `N <= M`: the first of the state.
    pub observed: usize,
    /// Whether the rectifier's own part is taken off, which keeps orbits bounded wherever all `|A_i| < 1`.
    pub clipped: bool,
}

impl Shape {
    /// # Errors
    /// [`Error::Size`] for a size of zero or beyond 4096, and for more observed units than there are.
    pub fn check(self) -> Result<(), Error> {
        check_size("the number of state units", self.latent, 1, 4096)?;
        check_size("the number of hidden units", self.hidden, 1, 4096)?;
        check_size("the number of observed units", self.observed, 1, self.latent)
    }

    /// Number of parameters, `2M + 2ML + L`.
    pub fn parameters(self) -> usize {
        2 * self.latent + 2 * self.latent * self.hidden + self.hidden
    }
}

/// Shallow piecewise linear recurrent network as a burn module.
///
/// `z' = A∘z + W1 relu(W2 z + h2) + h1`, or clipped,
/// `z' = A∘z + W1 [relu(W2 z + h2) - relu(W2 z)] + h1`.
///
/// Flat, its parameters stand in this order, matrices row-major:
///
/// | name | sizes | offset |
/// | --- | --- | --- |
/// | `a` (the diagonal `A`) | `M` | 0 |
/// | `w1` | `M × L` | `M` |
/// | `w2` | `L × M` | `M + ML` |
/// | `h1` | `M` | `M + 2ML` |
/// | `h2` | `L` | `2M + 2ML` |
///
/// Source: Hess, Monfared, Brenner and Durstewitz, "Generalized Teacher Forcing for Learning Chaotic Dynamics",
/// ICML 2023.
#[derive(Module, Debug)]
pub struct ShallowPlrnn {
    a: Param<Tensor<1>>,
    w1: Param<Tensor<2>>,
    w2: Param<Tensor<2>>,
    h1: Param<Tensor<1>>,
    h2: Param<Tensor<1>>,
    observed: usize,
    clipped: bool,
}

impl ShallowPlrnn {
    /// A network with the flat parameters given, on a device; its derivatives can be taken if the device's can.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Length`], [`Error::NotFinite`].
    pub fn new(shape: Shape, parameters: &[f32], device: &Device) -> Result<Self, Error> {
        shape.check()?;
        let Shape { latent: m, hidden: l, observed, clipped } = shape;
        if parameters.len() != shape.parameters() {
            let (found, expected) = (parameters.len(), shape.parameters());
            return Err(Error::Length { what: "the parameters", found, expected });
        }
        check_finite("the parameters", parameters)?;
        let mut rest = parameters;
        let mut take = |count: usize| {
            let (head, tail) = rest.split_at(count);
            rest = tail;
            head.to_vec()
        };
        let vector = |values: Vec<f32>| {
            let count = values.len();
            Param::from_tensor(Tensor::<1>::from_data(TensorData::new(values, [count]), device))
        };
        let matrix = |values, rows, columns| {
            Param::from_tensor(Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device))
        };
        Ok(Self {
            a: vector(take(m)),
            w1: matrix(take(m * l), m, l),
            w2: matrix(take(l * m), l, m),
            h1: vector(take(m)),
            h2: vector(take(l)),
            observed,
            clipped,
        })
    }

    /// The sizes.
    pub fn shape(&self) -> Shape {
        let [latent, hidden] = self.w1.val().dims();
        Shape { latent, hidden, observed: self.observed, clipped: self.clipped }
    }

    /// The mean over steps, sequences and channels of the squared error of one-step predictions along the
    /// sequences, each forced towards the data.
    ///
    /// From `z_1 = (x_1, 0)`, `ẑ_t = F(z̃_{t-1})` is held against `x_t` for `t = 2..S`.
    ///
    /// # Errors
    /// [`Error::Channels`], [`Error::Setting`] for a faulty forcing.
    pub fn loss(&self, batch: &Batch, forcing: Forcing, device: &Device) -> Result<Tensor<1>, Error> {
        let Shape { latent: m, observed: n, clipped, .. } = self.shape();
        forcing.check()?;
        if batch.channels() != n {
            return Err(Error::Channels { found: batch.channels(), expected: n });
        }
        let (steps, size) = (batch.length() - 1, batch.size());
        let data = batch.tensor(device).reshape([(steps + 1) * size, n]);
        let row = |data: &Tensor<2>, t: usize| data.clone().slice([t * size..(t + 1) * size, 0..n]);
        let pull = match forcing {
            Forcing::Blend { alpha } => Some(data.clone().mul_scalar(alpha)),
            _ => None,
        };
        let a = self.a.val().unsqueeze::<2>();
        let h1 = self.h1.val().unsqueeze::<2>();
        let h2 = self.h2.val().unsqueeze::<2>();
        let (w1, w2) = (self.w1.val().transpose(), self.w2.val().transpose());

        let mut z = row(&data, 0);
        if n < m {
            z = Tensor::cat(vec![z, Tensor::zeros([size, m - n], device)], 1);
        }
        let mut predictions = Vec::with_capacity(steps);
        for t in 1..=steps {
            let drive = z.clone().matmul(w2.clone());
            let mut active = relu(drive.clone() + h2.clone());
            if clipped {
                active = active - relu(drive);
            }
            let next = z * a.clone() + active.matmul(w1.clone()) + h1.clone();
            let (seen, hidden) = if n < m {
                let seen = next.clone().slice([0..size, 0..n]);
                (seen, Some(next.clone().slice([0..size, n..m])))
            } else {
                (next.clone(), None)
            };
            predictions.push(seen.clone());
            if t == steps {
                break;
            }
            let forced = match (forcing, &pull) {
                (Forcing::Blend { alpha }, Some(pull)) => seen.mul_scalar(1.0 - alpha) + row(pull, t),
                (Forcing::Sparse { tau }, _) if t % tau == 0 => row(&data, t),
                _ => {
                    z = next;
                    continue;
                }
            };
            z = match hidden {
                Some(hidden) => Tensor::cat(vec![forced, hidden], 1),
                None => forced,
            };
        }
        let error = Tensor::cat(predictions, 0) - data.slice([size..(steps + 1) * size, 0..n]);
        Ok((error.clone() * error).mean())
    }

    /// `|A - 1|² + |W1|² + |W2|² + |h1|² + |h2|²`, which regularisation draws to zero.
    pub fn penalty(&self) -> Tensor<1> {
        let vector = |v: Tensor<1>| (v.clone() * v).sum();
        let matrix = |v: Tensor<2>| (v.clone() * v).sum();
        vector(self.a.val().sub_scalar(1.0))
            + matrix(self.w1.val())
            + matrix(self.w2.val())
            + vector(self.h1.val())
            + vector(self.h2.val())
    }
}
