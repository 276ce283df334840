// One workgroup a trajectory of many variables: its state lies in the workgroup's memory, its invocations share the work.
// ENS_LANES, DIMENSION, the arrays `ens_m` (variables, inputs, results, scratch), `ens_x` (the state) and
// `ens_a` (a sum over stages), `ens_barrier`, `ens_step` and `rhs` are written above by the host.
//
// A lane touches variables `lane, lane + ENS_LANES, ...` alone, but inside `rhs`, which barriers enclose. No barrier
// stands behind a branch that trajectories take differently: a lost one goes on and is not stored.

fn ens_scalar(speed: f32, index: u32) -> f32 {
    switch ens_run.colour {
        case 0u: { return speed; }
        case 1u: { return f32(index); }
        default: { return ens_x[min(ens_run.colour - 2u, DIMENSION - 1u)]; }
    }
}

@compute @workgroup_size(ENS_LANES)
fn ens_main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * ens_run.across + group.x;
    if index >= ens_run.count { return; }
    let place = index * DIMENSION;
    for (var j = lane; j < DIMENSION; j += ENS_LANES) { ens_x[j] = ens_states[place + j]; }
    var alive = ens_flags[index] == 0u;
    var slot = ens_run.slot;
    ens_barrier();
    // Called here so that the parameters are bound whether or not the equations have any.
    _ = ens_parameter(0u);
    if ens_run.mark != 0u {
        if lane == 0u {
            var point = ENS_BLANK;
            if alive { point = vec4<f32>(ens_mark(), ens_scalar(0.0, index)); }
            ens_trail[slot * ens_run.count + index] = point;
        }
        return;
    }
    rhs_prologue(lane);
    var phase = ens_run.phase;
    var left = ens_run.writes;
    for (var i = 0u; i < ens_run.steps; i++) {
        let before = ens_shown();
        ens_step(ens_run.t0 + f32(i) * ens_run.dt, lane, index, i);
        for (var j = lane; j < DIMENSION; j += ENS_LANES) {
            if ens_lost(ens_m[j]) { atomicStore(&ens_bad, 1u); }
        }
        ens_barrier();
        alive = alive && atomicLoad(&ens_bad) == 0u;
        if alive {
            for (var j = lane; j < DIMENSION; j += ENS_LANES) { ens_x[j] = ens_m[j]; }
        }
        ens_barrier();
        phase++;
        if phase == ens_run.stride {
            phase = 0u;
            // A slot that this dispatch would write over again is passed over.
            if left <= ens_run.slots && lane == 0u {
                var point = ENS_BLANK;
                if alive {
                    let now = ens_shown();
                    point = vec4<f32>(ens_point(before, now), ens_scalar(length(now - before), index));
                }
                ens_trail[slot * ens_run.count + index] = point;
            }
            left--;
            slot++;
            if slot == ens_run.slots { slot = 0u; }
        }
    }
    for (var j = lane; j < DIMENSION; j += ENS_LANES) { ens_states[place + j] = ens_x[j]; }
    if !alive && lane == 0u { ens_flags[index] = 1u; }
}
