// What every ensemble kernel shares: the run, its buffers, when a trajectory is lost.

struct EnsRun {
    t0: f32,
    dt: f32,
    half: f32,
    sixth: f32,
    bound: f32,
    rate: f32,        // what a normal is multiplied by to be white noise over a step
    colour: u32,      // 0 speed, 1 trajectory, 2 + j variable j
    steps: u32,
    count: u32,
    across: u32,      // workgroups in a row
    slot: u32,        // the slot written next
    slots: u32,
    stride: u32,      // steps a slot
    phase: u32,       // steps since the last slot
    writes: u32,      // slots due in this dispatch
    mark: u32,        // write the present point and do nothing else
    step_low: u32,    // number of the first step, for the draws
    step_high: u32,
    key_low: u32,     // seed
    key_high: u32,
    stream: u32,      // stream of the draws, in the upper half
}

@group(0) @binding(0) var<uniform> ens_run: EnsRun;
@group(0) @binding(2) var<storage, read_write> ens_states: array<f32>;
@group(0) @binding(3) var<storage, read_write> ens_flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> ens_trail: array<vec4<f32>>;

const ENS_BLANK = vec4<f32>(3e38);

// By magnitude and by bits: a compiler may assume that NaN does not exist.
fn ens_lost(v: f32) -> bool {
    return !(abs(v) <= ens_run.bound) || (bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u;
}
