//! One wgpu device: ensemble kernels from WGSL, point clouds, trails; each with its CPU twin.
#![forbid(unsafe_code)]
