use crate::error::Error;

/// What is done to the observed units between two steps of a training sequence.
///
/// Source: Hess, Monfared, Brenner and Durstewitz, "Generalized Teacher Forcing for Learning Chaotic Dynamics",
/// ICML 2023; sparse forcing: Mikhaeil, Monfared and Durstewitz, NeurIPS 2022.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Forcing {
    /// Nothing: the network runs by itself.
    Free,
    /// `z̃ = (1-α) ẑ + α x`, so that every backward step is multiplied by `(1-α) J`; `α = 1` is regression of one
    /// step on the step before.
    Blend {
        /// The strength `α`, between 0 and 1.
        alpha: f64,
    },
    /// `z̃ = x` before each step whose number, counted from 0 at the first observation, is a multiple of `τ`; no
    /// gradient passes there.
    Sparse {
        /// The interval `τ`, at least 1.
        tau: usize,
    },
}

impl Forcing {
    /// # Errors
    /// [`Error::Setting`] for a strength outside 0 to 1 and an interval of 0.
    pub fn check(self) -> Result<(), Error> {
        match self {
            Forcing::Blend { alpha } if !(0.0..=1.0).contains(&alpha) => Err(Error::Setting {
                what: "the strength of forcing",
                found: alpha,
                expected: "between 0 and 1",
            }),
            Forcing::Sparse { tau: 0 } => {
                Err(Error::Setting { what: "the forcing interval", found: 0.0, expected: "at least 1" })
            }
            _ => Ok(()),
        }
    }
}
