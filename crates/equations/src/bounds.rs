//! How large a text and what comes of it may be: one table, which page, link and command line show.

/// Longest text, in bytes.
pub const TEXT: usize = 64 * 1024;
/// Longest name, in characters.
pub const NAME: usize = 32;
/// Deepest nesting of brackets, signs and exponents.
pub const NESTING: usize = 128;
/// Tallest syntax tree; a sum of `n` terms is `n` high.
pub const DEPTH: usize = 600;
/// Most state variables. The GPU takes at most 128 of them.
pub const VARIABLES: usize = 1024;
/// Most parameters.
pub const PARAMETERS: usize = 512;
/// Most fixed quantities, auxiliary quantities and numbers, each.
pub const DEFINITIONS: usize = 4096;
/// Most elements of one array, lines of a block, and terms of a sum.
pub const ARRAY: usize = 1024;
/// Most tokens of a text once its arrays are written out.
pub const TOKENS: usize = 400_000;
/// Most points of a table.
pub const TABLE: usize = 4096;
/// Most tables, and most network functions, each.
pub const TABLES: usize = 64;
/// Most events.
pub const EVENTS: usize = 128;
/// Most resets of one event.
pub const RESETS: usize = 256;
/// Most named parameter sets.
pub const SETS: usize = 64;
/// Most delayed values, and most random inputs, each.
pub const INPUTS: usize = 1024;
/// Most functions of the user's own.
pub const FUNCTIONS: usize = 256;
/// Most arguments of a function of the user's own.
pub const ARGUMENTS: usize = 20;
/// Most visits of a syntax node while functions are expanded; bounds the time of a check.
pub const VISITS: usize = 1_000_000;
/// Most operations of the right-hand side, after common subexpressions are shared.
pub const OPERATIONS: usize = 60_000;
/// Most operations of right-hand side and Jacobian together.
pub const JACOBIAN_OPERATIONS: usize = 200_000;
/// Most registers of a program.
pub const REGISTERS: usize = 60_000;
/// Most diagnostics of one text; the rest is cut off.
pub const DIAGNOSTICS: usize = 50;
