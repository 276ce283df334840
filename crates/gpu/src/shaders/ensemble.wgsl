// One invocation a trajectory; its state stays in registers for all steps of a dispatch.
// DIMENSION, PARAMETERS, the access to them and `rhs` are written above by the host.

struct EnsRun {
    t0: f32,
    dt: f32,
    half: f32,
    sixth: f32,
    bound: f32,
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

fn ens_scalar(x: ptr<function, EnsState>, speed: f32, index: u32) -> f32 {
    switch ens_run.colour {
        case 0u: { return speed; }
        case 1u: { return f32(index); }
        default: { return (*x)[min(ens_run.colour - 2u, DIMENSION - 1u)]; }
    }
}

@compute @workgroup_size(64)
fn ens_main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = (group.y * ens_run.across + group.x) * 64u + local;
    if index >= ens_run.count { return; }
    let place = index * DIMENSION;
    var x = ens_load(place);
    var alive = ens_flags[index] == 0u;
    var slot = ens_run.slot;
    if ens_run.mark != 0u {
        var point = ENS_BLANK;
        if alive { point = vec4<f32>(ens_mark(x), ens_scalar(&x, 0.0, index)); }
        ens_trail[slot * ens_run.count + index] = point;
        return;
    }
    let p = ens_parameters();
    var phase = ens_run.phase;
    var left = ens_run.writes;
    for (var i = 0u; i < ens_run.steps; i++) {
        let before = x;
        if alive {
            let next = ens_step(ens_run.t0 + f32(i) * ens_run.dt, x, p);
            alive = !ens_any_lost(next);
            if alive { x = next; }
        }
        phase++;
        if phase == ens_run.stride {
            phase = 0u;
            // A slot that this dispatch would write over again is passed over.
            if left <= ens_run.slots {
                var point = ENS_BLANK;
                if alive {
                    point = vec4<f32>(ens_point(before, x), ens_scalar(&x, ens_speed(before, x), index));
                }
                ens_trail[slot * ens_run.count + index] = point;
            }
            left--;
            slot++;
            if slot == ens_run.slots { slot = 0u; }
        }
    }
    ens_store(place, x);
    if !alive { ens_flags[index] = 1u; }
}
