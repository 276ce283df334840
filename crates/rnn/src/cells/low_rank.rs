use super::elman::{Beginning, Elman, Recurrence, Unit};
use crate::cell::check_size;
use crate::error::Error;
use crate::recurrent::{Form, Plan};

/// Elman network of low rank: `h' = (1-a) h + a tanh(M N h / H + U x + b)`, `y = C h' + c`, beginning at `h = 0`.
///
/// `M` is `H × R` and `N` is `R × H`, so that the recurrence passes through `R` numbers. `M`, `N` and `U` start
/// standard normal, `b` and `c` at 0, `C` uniform in `±1/√H`.
///
/// Source: Mastrogiuseppe and Ostojic, "Linking Connectivity, Dynamics, and Computations in Low-Rank Recurrent
/// Neural Networks", Neuron 99, 2018.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowRank;

impl LowRank {
    /// A network whose recurrence has rank `rank`.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Setting`] for a leak outside (0, 1].
    pub fn of(inputs: usize, hidden: usize, outputs: usize, rank: usize, leak: f64) -> Result<Elman, Error> {
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the rank", rank, 1, hidden)?;
        let product = |plan: &mut Plan| {
            let m = plan.matrix("M", hidden, rank, Form::Plain);
            Recurrence::Product(m, plan.matrix("N", rank, hidden, Form::Scaled(1.0 / hidden as f64)))
        };
        let sizes = [inputs, hidden, outputs];
        Elman::with("low-rank-rnn", sizes, Unit::Tanh, leak, true, 1.0, Beginning::Normal, product)
    }
}
