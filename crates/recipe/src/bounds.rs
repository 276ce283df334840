//! The one table of bounds, for the page, the link and the command line.

/// Most bytes of a link's fragment.
pub const LINK_BYTES: usize = 48 * 1024;
/// Most bytes of equations as text.
pub const EQUATION_BYTES: usize = 64 * 1024;
/// Most bytes of a person's own series.
pub const SERIES_BYTES: usize = 16 * 1024 * 1024;
/// Most controls in a link.
pub const CONTROLS: usize = 256;
/// Most bytes of a control's name.
pub const NAME_BYTES: usize = 64;
/// Most bytes of a control's value.
pub const VALUE_BYTES: usize = 256;
/// The last step that a link can name; every whole number up to it is exact in JavaScript.
pub const STEP: u64 = 1 << 53;
/// Most trajectories of an ensemble.
pub const COPIES: u64 = 1 << 20;
/// Most hidden units of a tiny network.
pub const HIDDEN_UNITS: u64 = 512;
/// Longest training sequence.
pub const SEQUENCE: u64 = 1000;
/// Most training updates.
pub const UPDATES: u64 = 1_000_000;
/// Floating-point operations above which nothing starts by itself: about half a minute on one core with vectors.
pub const OPERATIONS_UNASKED: f64 = 2e11;
