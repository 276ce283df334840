//! Solvers for flows and maps; ensembles on the CPU.
#![forbid(unsafe_code)]
