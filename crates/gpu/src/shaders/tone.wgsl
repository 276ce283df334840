// From what was added up to colour: the exposure of each panel, the picture, the marks on it.

struct Tones {
    stage: vec4<f32>,
    ink: vec4<f32>,
    accent: vec4<f32>,
    size: vec2<f32>,
    dpr: f32,
    dark: u32,
    palette: array<vec4<f32>, 256>,
}

@group(0) @binding(0) var<uniform> tones: Tones;

// ---- exposure: k = clamp(0.45 / D, 0.04, 1.6), D the mean density over 0.35, half as much again by day

struct Panel { left: u32, right: u32, height: u32, pad: u32 }

@group(1) @binding(0) var light: texture_2d<f32>;
@group(1) @binding(1) var<storage, read> panels: array<Panel>;
@group(1) @binding(2) var<storage, read_write> partial_sums: array<f32>;
@group(1) @binding(3) var<storage, read_write> exposures: array<f32>;

const TILES = 64u;
const ROWS = 2u;     // one row in two is read

var<workgroup> sums: array<f32, 64>;

fn gather(lane: u32, own: f32) -> f32 {
    sums[lane] = own;
    workgroupBarrier();
    for (var reach = 32u; reach > 0u; reach /= 2u) {
        if lane < reach { sums[lane] += sums[lane + reach]; }
        workgroupBarrier();
    }
    return sums[0];
}

@compute @workgroup_size(64)
fn sum_light(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let panel = panels[group.y];
    var own = 0.0;
    for (var y = group.x * ROWS; y < panel.height; y += TILES * ROWS) {
        for (var x = panel.left + lane; x < panel.right; x += 64u) {
            own += min(textureLoad(light, vec2<u32>(x, y), 0).r, 65504.0);
        }
    }
    let total = gather(lane, own);
    if lane == 0u { partial_sums[group.y * TILES + group.x] = total; }
}

@compute @workgroup_size(64)
fn expose(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let total = gather(lane, partial_sums[group.x * TILES + lane]);
    if lane == 0u {
        let panel = panels[group.x];
        let rows = (panel.height + ROWS - 1u) / ROWS;
        let area = max(f32((panel.right - panel.left) * rows), 1.0);
        let k = clamp(0.45 / max(total / (0.35 * area), 1e-9), 0.04, 1.6);
        exposures[group.x] = select(1.5 * k, k, tones.dark == 1u);
    }
}

// ---- the picture, one instance a panel, cut to it by the scissors

@group(1) @binding(0) var lit: texture_2d<f32>;
@group(1) @binding(1) var<storage, read> exposed: array<f32>;

struct Whole {
    @builtin(position) position: vec4<f32>,
    @location(0) @interpolate(flat) panel: u32,
}

@vertex
fn whole_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) panel: u32) -> Whole {
    let at = vec2<f32>(f32((corner << 1u) & 2u), f32(corner & 2u));
    return Whole(vec4<f32>(at * 2.0 - 1.0, 0.0, 1.0), panel);
}

fn palette_at(t: f32) -> vec3<f32> {
    let at = clamp(t, 0.0, 1.0) * 255.0;
    let i = min(u32(at), 254u);
    return mix(tones.palette[i].rgb, tones.palette[i + 1u].rgb, at - f32(i));
}

@fragment
fn tone_fragment(in: Whole) -> @location(0) vec4<f32> {
    let sum = textureLoad(lit, vec2<u32>(in.position.xy), 0);
    var colour = tones.stage.rgb;
    let r = min(sum.r, 65504.0);
    if r > 0.0 {
        var opacity = 1.0 - exp(-exposed[in.panel] * r);
        if tones.dark == 1u { opacity = pow(opacity, 0.74); }
        colour = mix(colour, palette_at(min(sum.g, 65504.0) / r), opacity);
    }
    colour = mix(colour, tones.ink.rgb, clamp(sum.a, 0.0, 1.0));
    colour = mix(colour, tones.accent.rgb, clamp(sum.b, 0.0, 1.0));
    return vec4<f32>(colour, 1.0);
}

// ---- marks: [x, y, kind, _] in pixels, above everything

@group(1) @binding(0) var<storage, read> marks: array<vec4<f32>>;

struct Mark {
    @builtin(position) position: vec4<f32>,
    @location(0) away: vec2<f32>,
    @location(1) @interpolate(flat) kind: u32,
}

@vertex
fn mark_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) number: u32) -> Mark {
    let mark = marks[number];
    let reach = 6.0 * tones.dpr;
    let away = vec2<f32>(
        select(-reach, reach, (corner & 1u) == 1u),
        select(-reach, reach, (corner & 2u) == 2u),
    );
    let ndc = (mark.xy + away) / tones.size * 2.0 - 1.0;
    return Mark(vec4<f32>(ndc.x, -ndc.y, 0.0, 1.0), away, u32(mark.z));
}

fn inside(distance: f32) -> f32 {
    return clamp(0.5 - distance, 0.0, 1.0);
}

@fragment
fn mark_fragment(in: Mark) -> @location(0) vec4<f32> {
    let away = length(in.away);
    let dpr = tones.dpr;
    switch in.kind {
        case 0u: {
            let ring = inside(abs(away - 3.0 * dpr) - 0.55 * dpr);
            let hole = inside(away - 3.0 * dpr) * (1.0 - ring);
            return vec4<f32>(tones.ink.rgb * ring + tones.stage.rgb * hole, ring + hole);
        }
        case 1u: {
            let d = abs(vec2<f32>(in.away.x + in.away.y, in.away.x - in.away.y)) * 0.70710678;
            let cover = inside(min(d.x, d.y) - 0.6 * dpr) * inside(max(d.x, d.y) - 4.6 * dpr);
            return vec4<f32>(tones.ink.rgb * cover, cover);
        }
        default: {
            let cover = inside(away - 4.0 * dpr);
            return vec4<f32>(tones.accent.rgb * cover, cover);
        }
    }
}
