// What both surveys share: the run, the record of each cell, when an orbit is lost. One invocation carries one cell.

struct EnsRun {
    t0: f32,
    dt: f32,
    half: f32,
    sixth: f32,
    bound: f32,
    steps: u32,
    count: u32,
    across: u32,      // workgroups in a row
    every: u32,       // steps between normalisations of the tangent vector
    measure: u32,     // 0 in the transient
    block: u32,       // where logarithms are added up
    pad: u32,
}

@group(0) @binding(0) var<uniform> ens_run: EnsRun;
@group(0) @binding(2) var<storage, read_write> ens_states: array<f32>;

// By magnitude and by bits: a compiler may assume that NaN does not exist.
fn ens_wild(v: f32) -> bool { return (bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u; }
fn ens_lost(v: f32) -> bool { return !(abs(v) <= ens_run.bound) || ens_wild(v); }
