// A record: the state, the tangent vector, eight sums of logarithms, both parameters, the mark.
// ENS_RECORD, the access to states and parameters, `ens_pair`, `ens_size`, `ens_square`, `ens_shrunk`, `rhs` and
// `rhs_along` are written above by the host.

@compute @workgroup_size(64)
fn ens_main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = (group.y * ens_run.across + group.x) * 64u + local;
    if index >= ens_run.count { return; }
    let place = index * ENS_RECORD;
    let mark = place + ENS_RECORD - 1u;
    if ens_states[mark] != 0.0 { return; }
    let p = ens_parameters_at(mark - 2u);
    var now = EnsPair(ens_load(place), ens_load(place + DIMENSION));
    var sum = 0.0;
    var left = ens_run.every;
    for (var i = 0u; i < ens_run.steps; i++) {
        now = ens_pair(ens_run.t0 + f32(i) * ens_run.dt, now.x, now.v, p);
        if ens_any_lost(now.x) {
            ens_states[mark] = 1.0;
            return;
        }
        left--;
        if left == 0u {
            left = ens_run.every;
            // Scaled before it is squared.
            let size = ens_size(now.v);
            if size < 1e-30 {
                ens_states[mark] = 2.0;
                return;
            }
            let scaled = ens_shrunk(now.v, size);
            let length = sqrt(ens_square(scaled));
            if ens_wild(size * length) {
                ens_states[mark] = 1.0;
                return;
            }
            sum += log(size * length);
            now.v = ens_shrunk(scaled, length);
        }
    }
    ens_store(place, now.x);
    ens_store(place + DIMENSION, now.v);
    if ens_run.measure != 0u { ens_states[place + 2u * DIMENSION + ens_run.block] += sum; }
}
