// A record: the state, the sum of each variable over the window, its least and its greatest value, the mark.
// ENS_RECORD, the access to states and parameters, `ens_step` and `rhs` are written above by the host.

@compute @workgroup_size(64)
fn ens_main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = (group.y * ens_run.across + group.x) * 64u + local;
    if index >= ens_run.count { return; }
    let place = index * ENS_RECORD;
    let mark = place + ENS_RECORD - 1u;
    if ens_states[mark] != 0.0 { return; }
    var x = ens_load(place);
    let p = ens_parameters();
    // Added up anew in each slice, so that a long window loses nothing to rounding.
    var total: EnsState;
    var low = ens_load(place + 2u * DIMENSION);
    var high = ens_load(place + 3u * DIMENSION);
    for (var i = 0u; i < ens_run.steps; i++) {
        x = ens_step(ens_run.t0 + f32(i) * ens_run.dt, x, p, index, i);
        if ens_any_lost(x) {
            ens_states[mark] = 1.0;
            return;
        }
        if ens_run.measure != 0u {
            total = ens_sum(total, x);
            low = ens_low(low, x);
            high = ens_high(high, x);
        }
    }
    ens_store(place, x);
    if ens_run.measure != 0u {
        ens_store(place + DIMENSION, ens_sum(ens_load(place + DIMENSION), total));
        ens_store(place + 2u * DIMENSION, low);
        ens_store(place + 3u * DIMENSION, high);
    }
}
