//! The systems as .ode files with their known figures, compiled to native code at build.
#![forbid(unsafe_code)]
