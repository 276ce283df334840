// Philox4x32-10 and normals by Box and Muller, operation for operation as in `numerics::Philox`.

// High and low word of a product, from products of halves.
fn ens_wide(a: u32, b: u32) -> vec2<u32> {
    let al = a & 0xffffu;
    let ah = a >> 16u;
    let bl = b & 0xffffu;
    let bh = b >> 16u;
    let m = ah * bl + ((al * bl) >> 16u);
    let n = al * bh + (m & 0xffffu);
    return vec2<u32>(ah * bh + (m >> 16u) + (n >> 16u), a * b);
}

fn ens_words(trajectory: u32, step: vec2<u32>, block: u32) -> vec4<u32> {
    var c = vec4<u32>(trajectory, step.x, step.y, ens_run.stream | block);
    var key = vec2<u32>(ens_run.key_low, ens_run.key_high);
    for (var i = 0u; i < 10u; i++) {
        let a = ens_wide(0xd2511f53u, c.x);
        let b = ens_wide(0xcd9e8d57u, c.z);
        c = vec4<u32>(b.x ^ c.y ^ key.x, b.y, a.x ^ c.w ^ key.y, a.y);
        key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
    }
    return c;
}

// The number of a step of this dispatch, low word first.
fn ens_number(i: u32) -> vec2<u32> {
    let low = ens_run.step_low + i;
    return vec2<u32>(low, ens_run.step_high + select(0u, 1u, low < i));
}

fn ens_uniform(word: u32) -> f32 {
    return f32(word >> 8u) * 5.9604644775390625e-8;
}

// Natural logarithm on (0, 1]: the device's own may be off by 5e-7 near 1, where the radius needs digits.
fn ens_ln(x: f32) -> f32 {
    let raised = bitcast<i32>(x) - 0x3f3504f3;
    let n = f32(raised >> 23u);
    let m = bitcast<f32>((raised & 0x007fffff) + 0x3f3504f3) - 1.0;
    let z = m * m;
    var p = 7.0376836e-2;
    p = p * m - 1.151461e-1;
    p = p * m + 1.1676999e-1;
    p = p * m - 1.2420141e-1;
    p = p * m + 1.4249323e-1;
    p = p * m - 1.6668058e-1;
    p = p * m + 2.0000715e-1;
    p = p * m - 2.4999994e-1;
    p = p * m + 3.333333e-1;
    var y = p * m * z;
    y += n * -2.1219444e-4;
    y -= 0.5 * z;
    return (m + y) + n * 0.6933594;
}

fn ens_normals(words: vec2<u32>) -> vec2<f32> {
    let u = f32((words.x >> 8u) + 1u) * 5.9604644775390625e-8;
    let r = sqrt(max(-2.0 * ens_ln(u), 0.0));
    let part = (f32((words.y << 2u) >> 8u) - 8388608.0) + 0.5;
    let x = part * 9.362675967850009e-8;
    let z = x * x;
    let c = r * ((((2.4433157e-5 * z - 1.3887316e-3) * z + 4.1666646e-2) * z) * z - 0.5 * z + 1.0);
    let s = r * (((-1.9515296e-4 * z + 8.332161e-3) * z - 1.6666655e-1) * z * x + x);
    let turned = select(vec2<f32>(c, s), vec2<f32>(-s, c), (words.y & 0x40000000u) != 0u);
    return select(turned, -turned, (words.y & 0x80000000u) != 0u);
}
