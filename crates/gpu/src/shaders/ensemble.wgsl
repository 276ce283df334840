// One invocation a trajectory; its state stays in registers for all steps of a dispatch.
// DIMENSION, the access to states and parameters, `ens_step` and `rhs` are written above by the host.

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
            let next = ens_step(ens_run.t0 + f32(i) * ens_run.dt, x, p, index, i);
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
