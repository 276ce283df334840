use crate::cell::{Cell, CellKind};
use crate::error::Error;
use crate::kernel;
use crate::learner::Learner;
use crate::trainer::{StepReport, Trainer};
use numerics::{Digest, Lanes, Real};

/// Number of sequences that run side by side.
pub const LANES: usize = 16;

/// One number of each of sixteen sequences.
pub type Block<T> = Lanes<T, LANES>;

/// A plain number to train in: `f32` or `f64`.
pub trait Float: Real + PartialOrd {
    /// Adjoints smaller than this are set to zero: `1e-30` in `f32`, `1e-290` in `f64`.
    ///
    /// Gradients that vanish end as subnormal numbers, which slow arithmetic several times and cannot be
    /// flushed in WebAssembly. The limits stay far enough above the smallest normal number for a product with
    /// an ordinary weight to stay normal.
    const TINY: Self;
    /// Bytes of one number.
    const BYTES: usize;
    /// The nearest number of this type.
    fn of(value: f64) -> Self;
    /// The same number in `f64`.
    fn wide(self) -> f64;
    /// Square root as the machine rounds it, which is the same everywhere.
    fn root(self) -> Self;
    /// Takes the number into a digest in its own precision.
    fn digest(self, digest: &mut Digest);
    /// Appends the number's bytes, least first.
    fn write(self, bytes: &mut Vec<u8>);
    /// Reads what [`Float::write`] wrote; `None` when the slice has another length.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// `out += w x` for a packed matrix `w`; see the `kernel` module.
    #[doc(hidden)]
    fn multiply(w: &[Self], x: &[Block<Self>], out: &mut [Block<Self>]);
    /// `out[i][j] = Σ_rows left[row][i] right[row][j]`, lanes summed in the fixed tree.
    #[doc(hidden)]
    fn outer(left: kernel::Columns<Self>, right: kernel::Columns<Self>, out: &mut [Self]);
    /// Makes a cell. Here, and not where it is asked for, so that its passes are compiled with this crate's settings:
    /// whoever asks may be built for size.
    #[doc(hidden)]
    fn cell(kind: CellKind) -> Result<Box<dyn Cell<Self>>, Error>;
    /// One update of a training, compiled here for the same reason.
    #[doc(hidden)]
    fn train(trainer: &mut Trainer<Self>) -> Result<StepReport, Error>;
    /// One update of a learner, likewise.
    #[doc(hidden)]
    fn learn(learner: &mut Learner<Self>) -> Result<StepReport, Error>;
}

macro_rules! float {
    ($number:ty, $tiny:expr, $bytes:expr, $width:expr, $digest:ident) => {
        impl Float for $number {
            const TINY: Self = $tiny;
            const BYTES: usize = $bytes;
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as $number
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }
            fn digest(self, digest: &mut Digest) {
                digest.$digest(self);
            }
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Option<Self> {
                Some(<$number>::from_le_bytes(bytes.try_into().ok()?))
            }
            fn multiply(w: &[Self], x: &[Block<Self>], out: &mut [Block<Self>]) {
                kernel::multiply::<Self, $width>(w, x, out);
            }
            fn outer(left: kernel::Columns<Self>, right: kernel::Columns<Self>, out: &mut [Self]) {
                kernel::outer::<Self, $width>(left, right, out);
            }
            fn cell(kind: CellKind) -> Result<Box<dyn Cell<Self>>, Error> {
                kind.make()
            }
            fn train(trainer: &mut Trainer<Self>) -> Result<StepReport, Error> {
                trainer.advance()
            }
            fn learn(learner: &mut Learner<Self>) -> Result<StepReport, Error> {
                learner.advance()
            }
        }
    };
}
// Two 16-byte registers a row: with four rows that leaves half of SSE2's sixteen registers for operands.
float!(f32, 1e-30, 4, 8, f32);
float!(f64, 1e-290, 8, 4, f64);
