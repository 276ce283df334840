// Strokes and discs, their light and ink added up in floating point:
// R density, G density times the normalised scalar, B cover by the accent, A cover by ink.

struct Draw {
    across: vec4<f32>,
    up: vec4<f32>,
    away: vec4<f32>,
    origin: vec2<f32>,
    distance: f32,
    depth: f32,
    size: vec2<f32>,   // of the target, in pixels
    low: f32,          // the scalar's lower end, and what takes its range to 1
    scale: f32,
    width: f32,        // of a stroke, or a disc's diameter, in pixels
    weight: f32,
    ink: u32,          // COLOUR, ACCENT or PLAIN
    mode: u32,         // TRAILS, LINE or PAIRS; of discs, CLOUD or HEADS
    first: u32,
    count: u32,        // points a slot
    slots: u32,
    head: u32,         // the oldest slot
    hop: u32,          // slots from one vertex of a trail to the next
    shown: u32,        // trajectories that have a trail, and from one to the next
    skip: u32,
    pad: u32,
}

const COLOUR = 0u;
const ACCENT = 1u;
const TRAILS = 0u;
const LINE = 1u;
const HEADS = 1u;

@group(0) @binding(0) var<uniform> draw: Draw;
@group(1) @binding(0) var<storage, read> points: array<vec4<f32>>;

// Told by the bits, because a compiler may assume that NaN does not exist: below 1e30.
fn sound(p: vec4<f32>) -> bool {
    return all((bitcast<vec4<u32>>(p) & vec4<u32>(0x7fffffffu)) < vec4<u32>(0x7149f2cau));
}

// Across, up and away from the eye.
fn place(p: vec4<f32>) -> vec3<f32> {
    let q = vec4<f32>(p.xyz, 1.0);
    return vec3<f32>(dot(draw.across, q), dot(draw.up, q), dot(draw.away, q));
}

fn page(v: vec3<f32>) -> vec2<f32> {
    var k = 1.0;
    if draw.distance > 0.0 { k = draw.distance / (draw.distance + v.z); }
    return draw.origin + k * vec2<f32>(v.x, -v.y);
}

fn tone(scalar: f32) -> f32 {
    return clamp((scalar - draw.low) * draw.scale, 0.0, 1.0);
}

// What a wholly covered pixel takes.
fn cell(depth: f32, tone: f32, weight: f32) -> vec4<f32> {
    if draw.ink == COLOUR {
        let r = weight * clamp(1.0 - 0.35 * depth, 0.3, 1.7);
        return vec4<f32>(r, r * tone, 0.0, 0.0);
    }
    if draw.ink == ACCENT { return vec4<f32>(0.0, 0.0, weight, 0.0); }
    return vec4<f32>(0.0, 0.0, 0.0, weight);
}

fn clip_space(at: vec2<f32>) -> vec4<f32> {
    let ndc = at / draw.size * 2.0 - 1.0;
    return vec4<f32>(ndc.x, -ndc.y, 0.0, 1.0);
}

const NOWHERE = vec4<f32>(2.0, 2.0, 2.0, 1.0);

struct Stroke {
    @builtin(position) position: vec4<f32>,
    @location(0) place: vec2<f32>,                       // along from the first end, and beside
    @location(1) @interpolate(flat) shape: vec2<f32>,    // length and width
    @location(2) @interpolate(flat) start: vec4<f32>,
    @location(3) @interpolate(flat) change: vec4<f32>,   // a pixel of length
}

fn no_stroke() -> Stroke {
    return Stroke(NOWHERE, vec2<f32>(0.0), vec2<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0));
}

@vertex
fn stroke_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) number: u32) -> Stroke {
    var begin = draw.first;
    var end = draw.first;
    var weight = draw.weight;
    if draw.mode == TRAILS {
        // Counted back from the newest slot.
        let i = number % draw.shown * draw.skip;
        let back = number / draw.shown * draw.hop;
        let newer = draw.slots - 1u - back;
        let older = newer - draw.hop;
        begin += (draw.head + older) % draw.slots * draw.count + i;
        end += (draw.head + newer) % draw.slots * draw.count + i;
        let t = 0.5 * f32(newer + older) / f32(draw.slots - 1u);
        weight *= t * (1.55 - 0.55 * t);
    } else if draw.mode == LINE {
        begin += number;
        end += number + 1u;
    } else {
        begin += 2u * number;
        end += 2u * number + 1u;
    }
    let p = points[begin];
    let q = points[end];
    if !(sound(p) && sound(q)) { return no_stroke(); }
    var v = place(p);
    var w = place(q);
    var tones = vec2<f32>(tone(p.w), tone(q.w));
    // What lies behind the eye is cut off.
    if draw.distance > 0.0 {
        let near = -0.9 * draw.distance;
        if v.z < near && w.z < near { return no_stroke(); }
        let s = (near - v.z) / (w.z - v.z);
        if v.z < near {
            v = mix(v, w, s);
            tones.x = mix(tones.x, tones.y, s);
        } else if w.z < near {
            w = mix(v, w, s);
            tones.y = mix(tones.x, tones.y, s);
        }
    }
    var a = page(v);
    var b = page(w);
    var depths = vec2<f32>(v.z, w.z) / draw.depth;
    // A stroke that reaches far beyond the picture is cut near it (Liang and Barsky 1984), since
    // its ends would be too far apart for single precision.
    let margin = vec2<f32>(4096.0);
    let low = -margin;
    let high = draw.size + margin;
    if any(a < low) || any(a > high) || any(b < low) || any(b > high) {
        let d = b - a;
        let safe = select(d, vec2<f32>(1e-6), abs(d) < vec2<f32>(1e-6));
        let enter = (low - a) / safe;
        let leave = (high - a) / safe;
        let nearer = min(enter, leave);
        let farther = max(enter, leave);
        let s0 = clamp(max(nearer.x, nearer.y), 0.0, 1.0);
        let s1 = clamp(min(farther.x, farther.y), 0.0, 1.0);
        if s0 >= s1 { return no_stroke(); }
        b = a + d * s1;
        a = a + d * s0;
        depths = vec2<f32>(mix(depths.x, depths.y, s0), mix(depths.x, depths.y, s1));
        tones = vec2<f32>(mix(tones.x, tones.y, s0), mix(tones.x, tones.y, s1));
    }
    let d = b - a;
    let span = length(d);
    if span < 1e-6 { return no_stroke(); }
    let u = d / span;
    let half = 0.5 * draw.width + 0.5;
    let t = select(-0.5, span + 0.5, (corner & 1u) == 1u);
    let s = select(-half, half, (corner & 2u) == 2u);
    var start = cell(depths.x, tones.x, weight);
    var change = cell(depths.y, tones.y, weight) - start;
    // Along a stroke of less than two pixels a change could only be extrapolated.
    if span < 2.0 {
        start += 0.5 * change;
        change = vec4<f32>(0.0);
    } else {
        change /= span;
    }
    let at = a + u * t + vec2<f32>(-u.y, u.x) * s;
    return Stroke(clip_space(at), vec2<f32>(t, s), vec2<f32>(span, draw.width), start, change);
}

// The product of the overlap of pixel and stroke along it, its ends cut off square, and across it.
@fragment
fn stroke_fragment(in: Stroke) -> @location(0) vec4<f32> {
    let t = in.place.x;
    let along = min(t + 0.5, in.shape.x) - max(t - 0.5, 0.0);
    let across = min(0.5 * in.shape.y + 0.5 - abs(in.place.y), min(in.shape.y, 1.0));
    let cover = max(along, 0.0) * max(across, 0.0);
    return cover * (in.start + clamp(t, 0.0, in.shape.x) * in.change);
}

struct Disc {
    @builtin(position) position: vec4<f32>,
    @location(0) away: vec2<f32>,
    @location(1) @interpolate(flat) shape: vec2<f32>,    // radius and share
    @location(2) @interpolate(flat) light: vec4<f32>,
}

@vertex
fn disc_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) number: u32) -> Disc {
    var none = Disc(NOWHERE, vec2<f32>(0.0), vec2<f32>(1.0), vec4<f32>(0.0));
    var index = draw.first + number;
    if draw.mode == HEADS {
        index = draw.first + (draw.head + draw.slots - 1u) % draw.slots * draw.count + number;
    }
    let p = points[index];
    if !sound(p) { return none; }
    let v = place(p);
    if draw.distance > 0.0 && v.z < -0.9 * draw.distance { return none; }
    let at = page(v);
    if any(abs(at) > vec2<f32>(1e5)) { return none; }
    let depth = v.z / draw.depth;
    var wanted = 0.5 * draw.width;
    if draw.mode == HEADS { wanted *= 1.0 - 0.25 * clamp(depth, -1.0, 1.0); }
    // One smaller than a pixel is drawn as a pixel's disc of the same area times density.
    let radius = max(wanted, 0.5);
    let share = (wanted / radius) * (wanted / radius);
    let reach = radius + 0.5;
    let away = vec2<f32>(
        select(-reach, reach, (corner & 1u) == 1u),
        select(-reach, reach, (corner & 2u) == 2u),
    );
    return Disc(clip_space(at + away), away, vec2<f32>(radius, share), cell(depth, tone(p.w), draw.weight));
}

@fragment
fn disc_fragment(in: Disc) -> @location(0) vec4<f32> {
    return in.shape.y * clamp(in.shape.x + 0.5 - length(in.away), 0.0, 1.0) * in.light;
}
