//! One wgpu device: ensemble kernels from WGSL, point clouds, trails; each with its CPU twin.
//!
//! [`scene`] is what exhibits write: plain data without a wgpu type in it.
#![forbid(unsafe_code)]

mod camera;
pub mod scene;
mod theme;
