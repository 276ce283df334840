//! Equations as text: parse, check, differentiate, lower to a register program, print.
#![forbid(unsafe_code)]
