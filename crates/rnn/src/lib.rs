//! Recurrent cells with fused forward and backward passes, forcing, optimisers; no burn.
#![forbid(unsafe_code)]
