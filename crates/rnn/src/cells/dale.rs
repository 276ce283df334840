use super::elman::{Beginning, Elman, Recurrence, Unit};
use crate::cell::check_size;
use crate::error::Error;
use crate::float::Float;
use crate::recurrent::{Form, Plan};
use numerics::Stream;

/// Network of firing rates in continuous time whose units obey Dale's law: `r' = (1-a) r + a [|W| D r + U x + b]₊`,
/// `y = C r' + c`, beginning at `r = 0`.
///
/// `D` is diagonal: 1 for the leading, excitatory units and -1 for the inhibitory ones behind them, so that all that
/// a unit sends out has one sign, whatever training does to `W`. `a = Δt/τ`.
/// `|W|` starts uniform from 0 to `e` for excitatory units and to `e E/I` for `I` inhibitory ones beside `E`
/// excitatory, so that inhibition balances excitation, with `e` such that the mean squares of a row add up to 1
/// (without inhibitory units: `e = √(3/E)`); `b` and `c` start at 0, the rest uniform in `±1/√H`.
///
/// Source: Song, Yang and Wang, "Training Excitatory-Inhibitory Recurrent Neural Networks for Cognitive Tasks", PLOS
/// Computational Biology 12, 2016; here in terms of rates, and with a unit free to reach itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dale;

impl Dale {
    /// A network of `hidden` units of which the last `inhibitory` inhibit.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Setting`] for a leak outside (0, 1].
    pub fn of(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        inhibitory: usize,
        leak: f64,
    ) -> Result<Elman, Error> {
        check_size("the number of hidden units", hidden, 1, usize::MAX)?;
        check_size("the number of inhibitory units", inhibitory, 0, hidden - 1)?;
        let excitatory = hidden - inhibitory;
        let full =
            |plan: &mut Plan| Recurrence::Full(plan.matrix("W", hidden, hidden, Form::Signed(excitatory)));
        let sizes = [inputs, hidden, outputs];
        let beginning = Beginning::Balanced(excitatory);
        Elman::with("dale-rnn", sizes, Unit::Relu, leak, true, 1.0, beginning, full)
    }
}

/// Draws the `hidden × hidden` sizes `|W|` as [`Dale`] says.
pub(crate) fn draw<T: Float>(excitatory: usize, hidden: usize, stream: &mut Stream, w: &mut [T]) {
    let (e, i) = (excitatory as f64, (hidden - excitatory) as f64);
    let ratio = if i > 0.0 { e / i } else { 0.0 };
    // A uniform number from 0 to e has the mean square e²/3.
    let most = (3.0 / (e + i * ratio * ratio)).root();
    for (k, w) in w.iter_mut().enumerate() {
        let most = if k % hidden < excitatory { most } else { most * ratio };
        *w = T::of(stream.between(0.0, most));
    }
}
