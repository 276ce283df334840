//! The cells, a file each.

mod almost_linear;
mod shallow_plrnn;
mod tanh_rnn;

pub use almost_linear::AlmostLinear;
pub use shallow_plrnn::ShallowPlrnn;
pub use tanh_rnn::TanhRnn;
