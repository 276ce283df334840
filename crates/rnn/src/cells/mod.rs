//! The cells, a file each.

mod almost_linear;
mod cfc;
mod dale;
mod elman;
mod gru;
mod jordan;
mod low_rank;
mod lstm;
mod ltc;
mod shallow_plrnn;

pub use almost_linear::AlmostLinear;
pub use cfc::{Cfc, CfcForm};
pub use dale::Dale;
pub use elman::{Elman, Unit};
pub use gru::Gru;
pub use jordan::Jordan;
pub use low_rank::LowRank;
pub use lstm::Lstm;
pub use ltc::Ltc;
pub use shallow_plrnn::ShallowPlrnn;
