//! A [`Scene`] as a picture, drawn on the CPU.
//!
//! Light is added up in `f32` before anything is rounded: each pixel holds
//!
//! - `R`, the density of coloured things (trails, clouds, scalar lines),
//! - `G`, that density times the normalised scalar,
//! - `B`, the coverage by the accent colour, and
//! - `A`, the coverage by ink.
//!
//! The picture is then `stage`, covered by `palette(G / R)` with the opacity
//! `1 - exp(-k R)` (by night raised to 0.74, which lifts single lines), by ink with `min(1, A)` and
//! by the accent with `min(1, B)`. The exposure `k = clamp(0.45 / D, 0.04, 1.6)`, half as much again
//! by day, follows the mean density `D` of a panel, so that neither ten lines vanish nor ten
//! thousand burn out; `D` is a sum over all lines, hence steady from picture to picture.
//!
//! A stroke covers a pixel by the product of the overlap along it and the box-filtered overlap
//! across it. Both ends are cut off square, so that consecutive strokes add up to 1 along a line and
//! joints leave no beads.

use crate::camera::{Transform, View, views};
use crate::scene::{Camera, Layer, LineStyle, MarkKind, Projection, Scene, Theme, Tokens, palette};
use numerics::Real;

/// Longest side of a picture in device pixels.
pub const LONGEST_SIDE: u32 = 8192;

/// Width of a trail in CSS pixels.
const TRAIL: f32 = 1.0;
/// Ink of guides and of direction fields, and of frames and ticks.
const THIN_INK: f32 = 0.34;
const SEGMENT_INK: f32 = 0.42;
const AXIS_INK: f32 = 0.40;
/// Ink of the dots at the newest points.
const HEAD_INK: f32 = 0.85;
/// Entries of the tables that stand for `exp`, `pow` and the colour map, pixel by pixel.
const TABLE: usize = 1024;
const COLOURS: usize = 512;
/// `k R` at the end of the opacity table: what is denser is opaque to an eighth of a grey level.
const DENSEST: f32 = 9.0;

/// `[R, G, B, A]` of a pixel.
type Cell = [f32; 4];

/// Draws scenes on the CPU and keeps the memory for it.
#[derive(Clone, Debug)]
pub struct Raster {
    width: usize,
    height: usize,
    /// All zero between two pictures.
    cells: Vec<Cell>,
    picture: Vec<u8>,
}

impl Raster {
    /// A raster of `width` times `height` device pixels. Sides are kept within 1 and
    /// [`LONGEST_SIDE`]; [`Raster::size`] tells what they became.
    pub fn new(width: u32, height: u32) -> Self {
        let mut raster = Self { width: 0, height: 0, cells: Vec::new(), picture: Vec::new() };
        raster.resize(width, height);
        raster
    }

    /// Change the size in device pixels, within the same limits.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.width = width.clamp(1, LONGEST_SIDE) as usize;
        self.height = height.clamp(1, LONGEST_SIDE) as usize;
        self.cells.resize(self.width * self.height, [0.0; 4]);
        self.picture.resize(4 * self.width * self.height, 255);
    }

    /// Width and height in device pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    /// The scene at `dpr` device pixels to a CSS pixel: `width * height` opaque pixels of RGBA, row
    /// by row from the top left. The same input gives the same bytes.
    ///
    /// A `dpr` that is not a number from 0.1 to 16 counts as 1. Text is not drawn;
    /// [`labels`](crate::scene::labels) tells where it stands. [`Layer::Ensemble`] lives on the GPU
    /// and leaves no mark here.
    pub fn draw(&mut self, scene: &Scene, camera: &Camera, theme: Theme, dpr: f32) -> &[u8] {
        let dpr = if (0.1..=16.0).contains(&dpr) { dpr } else { 1.0 };
        let size = [self.width as f64 / f64::from(dpr), self.height as f64 / f64::from(dpr)];
        let range = scene.colour_range();
        let tones = Tones::new(theme);
        if scene.panels.is_empty() {
            self.tone([0, self.width], 0.0, &tones);
        }
        for view in views(scene, camera, size) {
            let left = self.column(view.rect[0], dpr);
            let right = self.column(view.rect[0] + view.rect[2], dpr);
            let mut target = Target {
                cells: &mut self.cells,
                stride: self.width,
                columns: [left as i32, right as i32],
                rows: [0, self.height as i32],
                light: 0.0,
            };
            let mut pen = Pen { transform: view.transform(f64::from(dpr)), range, dpr, target: &mut target };
            let panel = &scene.panels[view.panel];
            pen.axes(&view);
            for layer in &panel.layers {
                pen.layer(layer);
            }
            let area = ((right - left) * self.height) as f64;
            let k = exposure(target.light / (0.35 * area.larger(1.0)), theme);
            self.tone([left, right], k, &tones);
            let transform = view.transform(f64::from(dpr));
            for layer in &panel.layers {
                if let Layer::Marks { points, kind, .. } = layer {
                    for p in points {
                        if let Some([x, y, _]) = transform.apply([p[0], p[1], p[2], 0.0]) {
                            self.mark([left, right], [x, y], *kind, dpr, theme.tokens());
                        }
                    }
                }
            }
        }
        &self.picture
    }

    /// The first column of pixels at or after a place in CSS pixels.
    fn column(&self, x: f64, dpr: f32) -> usize {
        ((x * f64::from(dpr) + 0.5) as usize).min(self.width)
    }

    /// Turn what was added up in some columns into colour, and clear it for the next picture.
    fn tone(&mut self, columns: [usize; 2], k: f32, tones: &Tones) {
        let [left, right] = columns;
        let stage = tones.stage.map(byte);
        for y in 0..self.height {
            let (from, to) = (y * self.width + left, y * self.width + right);
            let cells = self.cells[from..to].iter_mut();
            for (cell, pixel) in cells.zip(self.picture[4 * from..4 * to].chunks_exact_mut(4)) {
                if *cell == [0.0; 4] {
                    pixel.copy_from_slice(&[stage[0], stage[1], stage[2], 255]);
                    continue;
                }
                let [r, g, b, a] = *cell;
                *cell = [0.0; 4];
                let mut colour = tones.stage;
                if r > 0.0 {
                    colour = mix(colour, tones.colour(g / r), tones.opacity(k * r));
                }
                colour = mix(colour, tones.ink, within_one(a));
                colour = mix(colour, tones.accent, within_one(b));
                let c = colour.map(byte);
                pixel.copy_from_slice(&[c[0], c[1], c[2], 255]);
            }
        }
    }

    /// A ring, a cross or a dot as an ordinary shape above everything.
    fn mark(&mut self, columns: [usize; 2], at: [f32; 2], kind: MarkKind, dpr: f32, tokens: Tokens) {
        let reach = 6.0 * dpr;
        let span = |c: f32, from: usize, to: usize| {
            (((c - reach) as i64).clamp(from as i64, to as i64) as usize)
                ..(((c + reach) as i64 + 1).clamp(from as i64, to as i64) as usize)
        };
        for y in span(at[1], 0, self.height) {
            for x in span(at[0], columns[0], columns[1]) {
                let (dx, dy) = (x as f32 + 0.5 - at[0], y as f32 + 0.5 - at[1]);
                let away = (dx * dx + dy * dy).sqrt();
                let inside = |distance: f32| within_one(0.5 - distance);
                let pixel = 4 * (y * self.width + x);
                let Some(pixel) = self.picture.get_mut(pixel..pixel + 3) else { continue };
                let mut colour = [0, 1, 2].map(|i| f32::from(pixel[i]));
                let mut cover = |c: [f32; 3], alpha: f32| colour = mix(colour, c.map(|v| 255.0 * v), alpha);
                match kind {
                    MarkKind::Ring => {
                        cover(tokens.stage, inside(away - 3.0 * dpr));
                        cover(tokens.ink, inside((away - 3.0 * dpr).abs() - 0.55 * dpr));
                    }
                    MarkKind::Cross => {
                        let (u, v) = ((dx + dy).abs() * SQRT_HALF, (dx - dy).abs() * SQRT_HALF);
                        let (across, along) = if u < v { (u, v) } else { (v, u) };
                        cover(tokens.ink, inside(across - 0.6 * dpr) * inside(along - 4.6 * dpr));
                    }
                    MarkKind::Dot => cover(tokens.accent, inside(away - 4.0 * dpr)),
                }
                pixel.copy_from_slice(&colour.map(byte));
            }
        }
    }
}

const SQRT_HALF: f32 = core::f32::consts::FRAC_1_SQRT_2;

/// Exposure for the mean density `d` of a panel.
fn exposure(d: f64, theme: Theme) -> f32 {
    let k = (0.45 / d.larger(1e-9)).clamp(0.04, 1.6) as f32;
    if theme == Theme::Light { 1.5 * k } else { k }
}

fn byte(v: f32) -> u8 {
    (v + 0.5) as u8
}

fn within_one(v: f32) -> f32 {
    if v > 0.0 { if v < 1.0 { v } else { 1.0 } } else { 0.0 }
}

fn mix(below: [f32; 3], above: [f32; 3], alpha: f32) -> [f32; 3] {
    [
        below[0] + (above[0] - below[0]) * alpha,
        below[1] + (above[1] - below[1]) * alpha,
        below[2] + (above[2] - below[2]) * alpha,
    ]
}

/// Colours from 0 to 255 and opacity by table.
struct Tones {
    stage: [f32; 3],
    ink: [f32; 3],
    accent: [f32; 3],
    palette: Vec<[f32; 3]>,
    /// Opacity over `sqrt(k R / DENSEST)`: the root spreads the steep rise of faint lines.
    opacity: Vec<f32>,
}

impl Tones {
    fn new(theme: Theme) -> Self {
        let tokens = theme.tokens();
        let scale = |c: [f32; 3]| c.map(|v| 255.0 * v);
        let opacity = |i: usize| {
            let u = i as f32 / (TABLE - 1) as f32;
            let covered = 1.0 - Real::exp(-DENSEST * u * u);
            if theme == Theme::Dark && covered > 0.0 { Real::pow(covered, 0.74_f32) } else { covered }
        };
        Self {
            stage: scale(tokens.stage),
            ink: scale(tokens.ink),
            accent: scale(tokens.accent),
            palette: (0..COLOURS).map(|i| scale(palette(theme, i as f32 / (COLOURS - 1) as f32))).collect(),
            opacity: (0..TABLE).map(opacity).collect(),
        }
    }

    fn colour(&self, t: f32) -> [f32; 3] {
        self.palette[((t * (COLOURS - 1) as f32 + 0.5) as usize).min(COLOURS - 1)]
    }

    fn opacity(&self, density: f32) -> f32 {
        let at = (density * (1.0 / DENSEST)).sqrt() * (TABLE - 1) as f32;
        let i = (at as usize).min(TABLE - 2);
        let (a, b) = (self.opacity[i], self.opacity[i + 1]);
        a + (b - a) * within_one(at - i as f32)
    }
}

/// The pixels of one panel, in which density is added up.
struct Target<'a> {
    cells: &'a mut [Cell],
    stride: usize,
    /// First column and the one after the last; likewise rows.
    columns: [i32; 2],
    rows: [i32; 2],
    /// Density times area so far.
    light: f64,
}

impl Target<'_> {
    /// Add a straight stroke of `width` device pixels from `a` to `b`. What it adds to a wholly
    /// covered pixel goes from `start` to `end`.
    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32, start: Cell, end: Cell) {
        let half = 0.5 * width + 0.5;
        let margin = width + 2.0;
        let low = [self.columns[0] as f32 - margin, self.rows[0] as f32 - margin];
        let high = [self.columns[1] as f32 + margin, self.rows[1] as f32 + margin];
        let within = |p: [f32; 2]| p[0] >= low[0] && p[0] <= high[0] && p[1] >= low[1] && p[1] <= high[1];
        let (mut a, mut b, mut start, mut end) = (a, b, start, end);
        if !(within(a) && within(b)) {
            let wide = |p: [f32; 2]| p.map(f64::from);
            let Some([t0, t1]) = clip(wide(a), wide(b), wide(low), wide(high)) else { return };
            let (t0, t1) = (t0 as f32, t1 as f32);
            let (d, dc) = ([b[0] - a[0], b[1] - a[1]], minus(end, start));
            b = [a[0] + d[0] * t1, a[1] + d[1] * t1];
            a = [a[0] + d[0] * t0, a[1] + d[1] * t0];
            end = plus(start, dc, t1);
            start = plus(start, dc, t0);
        }
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = (dx * dx + dy * dy).sqrt();
        if length < 1e-6 || !length.is_finite() {
            return;
        }
        self.light += f64::from(length * width * 0.5 * (start[0] + end[0]));
        let (ux, uy) = (dx / length, dy / length);
        // Along a stroke of less than two pixels a change could only be extrapolated.
        let (base, slope) = if length < 2.0 {
            (plus(start, minus(end, start), 0.5), [0.0; 4])
        } else {
            (start, minus(end, start).map(|v| v / length))
        };
        let most = if width < 1.0 { width } else { 1.0 };
        // The touched pixels are those in a turned rectangle: row by row, the common part of the
        // band beside the stroke and the band between its ends.
        let reach = 0.5 * uy.abs() + half * ux.abs();
        let (top, foot) = if a[1] < b[1] { (a[1], b[1]) } else { (b[1], a[1]) };
        let first = floor(top - reach - 0.5).max(self.rows[0]);
        let last = (floor(foot + reach - 0.5) + 1).min(self.rows[1]);
        let away_from_zero = |v: f32| {
            if v.abs() > 1e-6 { v } else { 1e-6_f32.copysign(v) }
        };
        let (per_ux, per_uy) = (1.0 / away_from_zero(ux), 1.0 / away_from_zero(uy));
        let (beside, between) = (half * per_uy.abs(), (0.5 * length + 0.5) * per_ux.abs());
        for y in first..last {
            let py = y as f32 + 0.5 - a[1];
            let middle = [py * ux * per_uy, (0.5 * length - py * uy) * per_ux];
            let left = larger(middle[0] - beside, middle[1] - between) + a[0] - 0.5;
            let right = smaller(middle[0] + beside, middle[1] + between) + a[0] - 0.5;
            let from = floor(left).max(self.columns[0]);
            let to = (floor(right) + 2).min(self.columns[1]);
            if from >= to {
                continue;
            }
            let row = y as usize * self.stride;
            let Some(row) = self.cells.get_mut(row + from as usize..row + to as usize) else { continue };
            let px = from as f32 + 0.5 - a[0];
            let (mut t, mut s) = (px * ux + py * uy, py * ux - px * uy);
            for cell in row {
                let along = smaller(t + 0.5, length) - larger(t - 0.5, 0.0);
                let across = smaller(half - s.abs(), most);
                let cover = larger(along, 0.0) * larger(across, 0.0);
                let at = smaller(larger(t, 0.0), length);
                for i in 0..4 {
                    cell[i] += cover * (base[i] + at * slope[i]);
                }
                t += ux;
                s -= uy;
            }
        }
    }

    /// Add a disc of `diameter` device pixels. One smaller than a pixel is drawn as a pixel's disc
    /// of the same area times density.
    fn disc(&mut self, centre: [f32; 2], diameter: f32, ink: Cell) {
        let wanted = 0.5 * diameter;
        let radius = if wanted > 0.5 { wanted } else { 0.5 };
        let share = (wanted / radius) * (wanted / radius);
        let reach = radius + 0.5;
        let x0 = floor(centre[0] - reach - 0.5).max(self.columns[0]);
        let x1 = (floor(centre[0] + reach - 0.5) + 2).min(self.columns[1]);
        let y0 = floor(centre[1] - reach - 0.5).max(self.rows[0]);
        let y1 = (floor(centre[1] + reach - 0.5) + 2).min(self.rows[1]);
        if x0 >= x1 || y0 >= y1 {
            return;
        }
        self.light += f64::from(core::f32::consts::PI * wanted * wanted * ink[0]);
        for y in y0..y1 {
            let dy = y as f32 + 0.5 - centre[1];
            let row = y as usize * self.stride;
            let Some(row) = self.cells.get_mut(row + x0 as usize..row + x1 as usize) else { continue };
            let mut dx = x0 as f32 + 0.5 - centre[0];
            for cell in row {
                let cover = share * within_one(reach - (dx * dx + dy * dy).sqrt());
                for i in 0..4 {
                    cell[i] += cover * ink[i];
                }
                dx += 1.0;
            }
        }
    }
}

/// Largest integer at most `v`, saturating.
fn floor(v: f32) -> i32 {
    let i = v as i32;
    i.saturating_sub(i32::from(v < i as f32))
}

fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn minus(a: Cell, b: Cell) -> Cell {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]]
}

fn plus(a: Cell, b: Cell, t: f32) -> Cell {
    [a[0] + b[0] * t, a[1] + b[1] * t, a[2] + b[2] * t, a[3] + b[3] * t]
}

/// The part of the line from `a` to `b` that lies in a box, as fractions of the way (Liang and
/// Barsky 1984).
fn clip(a: [f64; 2], b: [f64; 2], low: [f64; 2], high: [f64; 2]) -> Option<[f64; 2]> {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for i in 0..2 {
        let d = b[i] - a[i];
        if d == 0.0 {
            if a[i] < low[i] || a[i] > high[i] {
                return None;
            }
            continue;
        }
        let (enter, leave) = ((low[i] - a[i]) / d, (high[i] - a[i]) / d);
        let (enter, leave) = if enter < leave { (enter, leave) } else { (leave, enter) };
        from = from.larger(enter);
        to = to.smaller(leave);
    }
    (from < to).then_some([from, to])
}

/// What a stroke is made of.
#[derive(Clone, Copy)]
enum Ink {
    /// Light with the colour of the scalar, paler with depth.
    Colour(f32),
    Accent,
    Plain(f32),
}

/// A point on the page.
#[derive(Clone, Copy)]
struct Seen {
    at: [f32; 2],
    depth: f32,
    /// The scalar from 0 to 1.
    tone: f32,
}

impl Seen {
    fn cell(&self, ink: Ink) -> Cell {
        match ink {
            Ink::Colour(weight) => {
                let r = weight * Transform::fog(self.depth);
                [r, r * self.tone, 0.0, 0.0]
            }
            Ink::Accent => [0.0, 0.0, 1.0, 0.0],
            Ink::Plain(weight) => [0.0, 0.0, 0.0, weight],
        }
    }
}

/// Draws things given in data units.
struct Pen<'a, 'b> {
    transform: Transform,
    range: (f32, f32),
    dpr: f32,
    target: &'a mut Target<'b>,
}

/// Whether a point may be drawn at all.
fn sound(p: &[f32; 4]) -> bool {
    p.iter().all(|v| *v > -1e30 && *v < 1e30)
}

/// Weight of a trail at a place from 0, its tail, to 1, its newest point.
fn fade(t: f32) -> f32 {
    t * (1.55 - 0.55 * t)
}

impl Pen<'_, '_> {
    fn tone(&self, scalar: f32) -> f32 {
        within_one((scalar - self.range.0) / (self.range.1 - self.range.0))
    }

    fn see(&self, p: [f32; 4]) -> Option<Seen> {
        let [x, y, depth] = self.transform.apply(p).filter(|_| sound(&p))?;
        Some(Seen { at: [x, y], depth, tone: self.tone(p[3]) })
    }

    /// A stroke between two points of which each may be out of sight.
    fn stroke(&mut self, p: ([f32; 4], Option<Seen>), q: ([f32; 4], Option<Seen>), ink: Ink, width: f32) {
        let [a, b] = match (p.1, q.1) {
            (Some(a), Some(b)) => [a, b],
            _ => match self.partly(p.0, q.0) {
                Some(ends) => ends,
                None => return,
            },
        };
        self.target.stroke(a.at, b.at, width, a.cell(ink), b.cell(ink));
    }

    /// The visible part of a stroke that goes behind the eye or far off the page.
    fn partly(&self, p: [f32; 4], q: [f32; 4]) -> Option<[Seen; 2]> {
        if !(sound(&p) && sound(&q)) {
            return None;
        }
        let t = &self.transform;
        let place = |p: [f32; 4]| {
            t.rows.map(|r| {
                let [r, p] = [r.map(f64::from), p.map(f64::from)];
                r[0] * p[0] + r[1] * p[1] + r[2] * p[2] + r[3]
            })
        };
        let (a, b) = (place(p), place(q));
        let distance = f64::from(t.distance);
        let mut ends = [0.0, 1.0];
        if distance > 0.0 {
            let near = -0.9 * distance;
            match (a[2] < near, b[2] < near) {
                (true, true) => return None,
                (true, false) => ends[0] = (near - a[2]) / (b[2] - a[2]),
                (false, true) => ends[1] = (near - a[2]) / (b[2] - a[2]),
                (false, false) => {}
            }
        }
        let end = |s: f64| {
            let v = [0, 1, 2].map(|i| a[i] + s * (b[i] - a[i]));
            let k = if distance > 0.0 { distance / (distance + v[2].larger(-0.9 * distance)) } else { 1.0 };
            let at = [f64::from(t.origin[0]) + k * v[0], f64::from(t.origin[1]) - k * v[1]];
            let scalar = f64::from(p[3]) + s * (f64::from(q[3]) - f64::from(p[3]));
            (at, (v[2] / f64::from(t.depth)) as f32, self.tone(scalar as f32))
        };
        let (a, b) = (end(ends[0]), end(ends[1]));
        // The stroke is cut here too, since its ends may be too far apart for single precision.
        let edge = 1e4;
        let low = [f64::from(self.target.columns[0]) - edge, f64::from(self.target.rows[0]) - edge];
        let high = [f64::from(self.target.columns[1]) + edge, f64::from(self.target.rows[1]) + edge];
        let part = clip(a.0, b.0, low, high)?;
        Some(part.map(|s| {
            let at = [0, 1].map(|i| (a.0[i] + s * (b.0[i] - a.0[i])).clamp(low[i], high[i]) as f32);
            let s = s as f32;
            Seen { at, depth: a.1 + s * (b.1 - a.1), tone: a.2 + s * (b.2 - a.2) }
        }))
    }

    fn layer(&mut self, layer: &Layer) {
        match layer {
            Layer::Cloud { points, size } => {
                let size = self.size(*size);
                for p in points.iter() {
                    if let Some(seen) = self.see(*p) {
                        self.target.disc(seen.at, size, seen.cell(Ink::Colour(1.0)));
                    }
                }
            }
            Layer::Trails { points, trajectories, length, head, heads } => {
                let (n, slots) = (*trajectories, *length);
                if n == 0 || slots == 0 || n.checked_mul(slots).is_none_or(|all| all > points.len()) {
                    return;
                }
                let width = TRAIL * self.dpr;
                let heads = self.size(*heads);
                // One trajectory after the other: its pixels lie close together.
                for i in 0..n {
                    let mut before: Option<([f32; 4], Option<Seen>)> = None;
                    for j in 0..slots {
                        let p = points[(head % slots + j) % slots * n + i];
                        let now = (p, self.see(p));
                        if let Some(before) = before {
                            let weight = fade((j as f32 - 0.5) / (slots - 1) as f32);
                            self.stroke(before, now, Ink::Colour(weight), width);
                        }
                        before = Some(now);
                    }
                    if let Some((_, Some(seen))) = before
                        && heads > 0.0
                    {
                        let diameter = heads * (1.0 - 0.25 * seen.depth.clamp(-1.0, 1.0));
                        self.target.disc(seen.at, diameter, seen.cell(Ink::Plain(HEAD_INK)));
                    }
                }
            }
            Layer::Line { points, style } => {
                let (ink, width) = match style {
                    LineStyle::Accent => (Ink::Accent, 1.75),
                    LineStyle::Ink => (Ink::Plain(1.0), 1.25),
                    LineStyle::Scalar => (Ink::Colour(1.0), 1.25),
                    LineStyle::Thin => (Ink::Plain(THIN_INK), 1.0),
                };
                let mut before: Option<([f32; 4], Option<Seen>)> = None;
                for p in points.iter() {
                    let now = (*p, self.see(*p));
                    if let Some(before) = before {
                        self.stroke(before, now, ink, width * self.dpr);
                    }
                    before = Some(now);
                }
            }
            Layer::Segments { points } => {
                for ends in points.chunks_exact(2) {
                    let [p, q] = [ends[0], ends[1]].map(|p| (p, self.see(p)));
                    self.stroke(p, q, Ink::Plain(SEGMENT_INK), self.dpr);
                }
            }
            // Marks lie above all light; an ensemble lives on the GPU.
            Layer::Marks { .. } | Layer::Ensemble { .. } => {}
        }
    }

    /// A diameter in device pixels.
    fn size(&self, css: f32) -> f32 {
        if css > 0.0 { smaller(css, 256.0) * self.dpr } else { 0.0 }
    }

    /// The gnomon of a space; the left and lower edge of a plane with their ticks.
    fn axes(&mut self, view: &View) {
        let mut line = |a: [f64; 2], b: [f64; 2]| {
            let page = |p: [f64; 2]| p.map(|v| v as f32 * self.dpr);
            let ink = [0.0, 0.0, 0.0, AXIS_INK];
            self.target.stroke(page(a), page(b), 0.75 * self.dpr, ink, ink);
        };
        if let Some((foot, tips)) = view.gnomon() {
            for tip in tips {
                line(foot, tip);
            }
        }
        if view.projection == Projection::Plane && view.roomy() {
            let [left, top, width, height] = view.frame;
            let foot = top + height;
            line([left, top], [left, foot]);
            line([left, foot], [left + width, foot]);
            for (_, x, _) in view.ticks(0) {
                line([x, foot], [x, foot + 4.0]);
            }
            for (_, y, _) in view.ticks(1) {
                line([left - 4.0, y], [left, y]);
            }
        }
    }
}

/// Why a picture could not be written.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The bytes do not make up the picture.
    #[error("a picture of {width} by {height} pixels takes {wanted} bytes of RGBA, not {given}")]
    Length {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// `4 * width * height`.
        wanted: u64,
        /// Bytes given.
        given: usize,
    },
    /// The encoder refused it.
    #[error("the picture could not be encoded as PNG: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// A PNG file of `width * height` pixels of RGBA.
///
/// # Errors
/// [`PictureError::Length`] unless there are four bytes a pixel, [`PictureError::Encoding`] for what
/// PNG cannot hold, such as a picture without pixels.
#[cfg(not(target_arch = "wasm32"))]
pub fn encode_png(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PictureError> {
    let wanted = 4 * u64::from(width) * u64::from(height);
    if wanted != rgba.len() as u64 {
        return Err(PictureError::Length { width, height, wanted, given: rgba.len() });
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{ColourScale, Panel, Points, Ring};
    use std::sync::Arc;

    const BOX: [[f64; 2]; 3] = [[-1.0, 1.0]; 3];
    const COLOURED: Cell = [1.0, 0.5, 0.0, 0.0];

    fn target<T>(width: usize, height: usize, draw: impl FnOnce(&mut Target) -> T) -> (Vec<Cell>, T) {
        let mut cells = vec![[0.0; 4]; width * height];
        let mut target = Target {
            cells: &mut cells,
            stride: width,
            columns: [0, width as i32],
            rows: [0, height as i32],
            light: 0.0,
        };
        let out = draw(&mut target);
        (cells, out)
    }

    fn total(cells: &[Cell]) -> f32 {
        cells.iter().map(|c| c[0]).sum()
    }

    fn plane(layers: Vec<Layer>) -> Panel {
        Panel { layers, ..Panel::new("", Projection::Plane, BOX) }
    }

    fn scalar(points: &[[f32; 4]]) -> Layer {
        Layer::Line { points: Arc::new(points.to_vec()), style: LineStyle::Scalar }
    }

    fn picture(scene: &Scene, theme: Theme) -> Vec<u8> {
        Raster::new(240, 200).draw(scene, &Camera::default(), theme, 1.0).to_vec()
    }

    fn light(picture: &[u8], width: usize, x: usize, y: usize) -> f32 {
        let p = &picture[4 * (y * width + x)..];
        0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2])
    }

    /// Where a data point of the only panel lies in [`picture`].
    fn pixel(scene: &Scene, p: [f64; 3]) -> (usize, usize) {
        let at = crate::scene::project(scene, &Camera::default(), [240.0, 200.0], 0, p).unwrap();
        (at[0] as usize, at[1] as usize)
    }

    #[test]
    fn an_empty_scene_is_the_stage() {
        for theme in [Theme::Dark, Theme::Light] {
            let stage = theme.tokens().stage.map(|v| byte(255.0 * v));
            let mut raster = Raster::new(31, 17);
            let picture = raster.draw(&Scene::default(), &Camera::default(), theme, 2.0);
            assert_eq!(picture.len(), 31 * 17 * 4);
            assert!(picture.chunks(4).all(|p| p == [stage[0], stage[1], stage[2], 255]));
        }
    }

    #[test]
    fn a_level_stroke_covers_its_length_times_its_width() {
        let (cells, light) = target(64, 40, |t| {
            t.stroke([10.3, 20.37], [50.3, 20.37], 2.0, COLOURED, COLOURED);
            t.light
        });
        assert!((total(&cells) - 80.0).abs() < 1e-3);
        assert!((light - 80.0).abs() < 1e-3);
        for x in 12..48 {
            let column: f32 = (0..40).map(|y| cells[y * 64 + x][0]).sum();
            assert!((column - 2.0).abs() < 1e-4);
        }
        assert!((cells.iter().map(|c| c[1]).sum::<f32>() - 40.0).abs() < 1e-3);
    }

    #[test]
    fn strokes_of_every_slope_cover_their_area_and_stay_thin() {
        for i in 0..48 {
            let angle = 0.131 * f64::from(i) + 0.01;
            let (s, c) = (Real::sin(angle) as f32, Real::cos(angle) as f32);
            for width in [0.75, 1.0, 1.75, 3.0] {
                let (a, b) = ([50.2 - 31.0 * c, 49.6 - 31.0 * s], [50.2 + 31.0 * c, 49.6 + 31.0 * s]);
                let (cells, ()) = target(100, 100, |t| t.stroke(a, b, width, COLOURED, COLOURED));
                let area = total(&cells);
                assert!((area / (62.0 * width) - 1.0).abs() < 0.03, "{angle} {width}: {area}");
                for (at, cell) in cells.iter().enumerate() {
                    let (x, y) = ((at % 100) as f32 + 0.5 - 50.2, (at / 100) as f32 + 0.5 - 49.6);
                    let aside = (y * c - x * s).abs();
                    assert!(cell[0] <= 1.0 + 1e-4);
                    assert!(aside < 0.5 * width + 0.5 + 1e-3 || cell[0] == 0.0);
                }
            }
        }
    }

    #[test]
    fn a_chain_of_short_strokes_has_no_beads() {
        let (a, b) = ([7.3_f32, 9.1_f32], [88.7_f32, 51.9_f32]);
        let (whole, ()) = target(96, 64, |t| t.stroke(a, b, 1.0, COLOURED, COLOURED));
        let (chain, ()) = target(96, 64, |t| {
            let at = |i: usize| {
                let s = i as f32 / 173.0;
                [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s]
            };
            for i in 0..173 {
                t.stroke(at(i), at(i + 1), 1.0, COLOURED, COLOURED);
            }
        });
        for (w, c) in whole.iter().zip(&chain) {
            assert!((w[0] - c[0]).abs() < 2e-3, "{} {}", w[0], c[0]);
        }
    }

    #[test]
    fn discs_cover_their_area_however_small() {
        for diameter in [0.3, 0.9, 1.0, 2.0, 5.0, 12.0] {
            let (mut sum, n) = (0.0, 100);
            for i in 0..n {
                let at = [20.0 + 0.1 * (i % 10) as f32, 20.0 + 0.1 * (i / 10) as f32];
                sum += total(&target(40, 40, |t| t.disc(at, diameter, COLOURED)).0);
            }
            let area = core::f32::consts::FRAC_PI_4 * diameter * diameter;
            // The soft edge of a small disc is wider than the disc.
            let excess = if diameter < 3.0 { 0.4 } else { 0.05 };
            assert!((sum / n as f32 / area - 1.0).abs() < excess, "{diameter}: {}", sum / n as f32 / area);
        }
    }

    #[test]
    fn trails_are_brighter_where_they_overlap_and_towards_their_newest_end() {
        // Two trails coincide above, one is alone below, a whole number of pixels apart.
        let mut ring = Ring::new(3, 41);
        for j in 0..41 {
            let x = 0.04 * j as f32 - 0.8;
            ring.push([0.5, 0.5, -0.5].map(|y| [x, y, 0.0, 0.5]));
        }
        let scene = Scene::single(plane(vec![ring.layer(0.0)]));
        let picture = picture(&scene, Theme::Dark);
        let around = |p: [f64; 3]| {
            let (x, y) = pixel(&scene, p);
            (y - 1..=y + 1).map(|y| light(&picture, 240, x, y)).fold(0.0, larger)
        };
        let (twice, once) = (around([0.0, 0.5, 0.0]), around([0.0, -0.5, 0.0]));
        assert!(twice > once + 5.0, "{twice} {once}");
        let (old, new) = (around([-0.5, -0.5, 0.0]), around([0.5, -0.5, 0.0]));
        assert!(new > old + 5.0, "{new} {old}");
    }

    #[test]
    fn nothing_is_drawn_outside_its_panel() {
        let line = |y: f32| scalar(&[[-9.0, y, 0.0, 0.0], [9.0, -y, 0.0, 1.0]]);
        let mark = Layer::Marks {
            points: vec![[0.0, 0.0, 0.0], [1.22, 0.0, 0.0]],
            labels: vec![],
            kind: MarkKind::Dot,
        };
        let full = plane(vec![line(0.4), line(3.0), mark]);
        let scene = Scene { panels: vec![full, plane(vec![])] };
        let bare = Scene { panels: vec![plane(vec![]), plane(vec![])] };
        for dpr in [1.0, 1.37] {
            let mut raster = Raster::new(401, 200);
            let draw = |raster: &mut Raster, scene: &Scene| {
                raster.draw(scene, &Camera::default(), Theme::Dark, dpr).to_vec()
            };
            let (drawn, empty) = (draw(&mut raster, &scene), draw(&mut raster, &bare));
            let differs = |x: usize| (0..200).any(|y| light(&drawn, 401, x, y) != light(&empty, 401, x, y));
            assert!((0..200).all(differs));
            assert!(!(201..401).any(differs));
        }
    }

    #[test]
    fn points_that_are_not_finite_break_a_line_and_leave_no_trace() {
        let (a, b, c) = ([-0.5, 0.2, 0.0, 0.1], [0.1, -0.3, 0.0, 0.9], [0.6, 0.6, 0.0, 0.4]);
        let clean = picture(&Scene::single(plane(vec![scalar(&[b, c])])), Theme::Dark);
        for bad in [f32::NAN, f32::INFINITY, -2e30] {
            for i in 0..4 {
                let mut lost = [0.0; 4];
                lost[i] = bad;
                let cloud = Layer::Cloud { points: Arc::new(vec![lost]), size: 3.0 };
                let pair = Layer::Segments { points: Arc::new(vec![a, lost, a]) };
                let scene = Scene::single(plane(vec![scalar(&[a, lost, b, c]), cloud, pair]));
                assert!(picture(&scene, Theme::Dark) == clean);
            }
        }
    }

    #[test]
    fn a_line_with_far_ends_is_drawn_across_the_panel() {
        for far in [3e3, 1e8, 1e12] {
            let scene = Scene::single(plane(vec![scalar(&[[-far, 0.0, 0.0, 0.5], [far, 0.0, 0.0, 0.5]])]));
            let picture = picture(&scene, Theme::Dark);
            let (_, y) = pixel(&scene, [0.0; 3]);
            for x in [1, 60, 120, 238] {
                let most = (y - 1..=y + 1).map(|y| light(&picture, 240, x, y)).fold(0.0, larger);
                assert!(most > 60.0, "{far} at {x}: {most}");
            }
        }
    }

    #[test]
    fn a_line_that_passes_behind_the_eye_is_cut_at_the_near_plane() {
        let camera = Camera { yaw: 0.0, pitch: 0.0, distance: 2.0, ..Camera::default() };
        let line = scalar(&[[0.3, -50.0, 0.2, 0.0], [0.3, 1.0, 0.2, 1.0]]);
        let scene = Scene::single(Panel { layers: vec![line], ..Panel::new("", Projection::Space, BOX) });
        let bare = Scene::single(Panel::new("", Projection::Space, BOX));
        let mut raster = Raster::new(240, 200);
        let empty = raster.draw(&bare, &camera, Theme::Dark, 1.0).to_vec();
        let drawn = raster.draw(&scene, &camera, Theme::Dark, 1.0).to_vec();
        // Seen from the negative second axis it runs from the middle to the upper right.
        for at in 0..240 * 200 {
            let changed = drawn[4 * at..4 * at + 4] != empty[4 * at..4 * at + 4];
            assert!(!changed || (at % 240 > 120 && at / 240 < 104));
        }
        assert!((0..200).any(|y| light(&drawn, 240, 239, y) > light(&empty, 240, 239, y)));
    }

    #[test]
    fn a_picture_depends_on_nothing_but_its_input() {
        let scene = lorenz(40, 50);
        let camera = Camera::default();
        let first = Raster::new(240, 200).draw(&scene, &camera, Theme::Dark, 1.0).to_vec();
        let mut raster = Raster::new(900, 30);
        raster.draw(&lorenz(5, 30), &camera, Theme::Light, 3.0);
        raster.resize(240, 200);
        assert_eq!(raster.size(), (240, 200));
        assert!(raster.draw(&scene, &camera, Theme::Dark, 1.0) == first);
        assert!(raster.draw(&scene, &camera, Theme::Dark, 1.0) == first);
    }

    #[test]
    fn density_adds_light_by_night_and_takes_it_away_by_day() {
        let scene = lorenz(60, 60);
        let mean = |p: &[u8]| (0..240 * 200).map(|i| light(p, 240, i % 240, i / 240)).sum::<f32>() / 48e3;
        for (theme, sign) in [(Theme::Dark, 1.0), (Theme::Light, -1.0)] {
            let (drawn, empty) = (picture(&scene, theme), picture(&Scene::default(), theme));
            assert!(sign * (mean(&drawn) - mean(&empty)) > 4.0);
        }
    }

    #[test]
    fn the_exposure_falls_with_density_between_its_limits() {
        assert_eq!(exposure(0.0, Theme::Dark), 1.6);
        assert_eq!(exposure(1e9, Theme::Dark), 0.04);
        assert!((exposure(0.9, Theme::Dark) - 0.5).abs() < 1e-6);
        assert!((exposure(0.9, Theme::Light) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn the_table_of_opacity_follows_the_law() {
        for theme in [Theme::Dark, Theme::Light] {
            let tones = Tones::new(theme);
            for i in 0..400 {
                let x = 0.025 * i as f32;
                let covered = 1.0 - Real::exp(-x);
                let law = if theme == Theme::Dark { Real::pow(covered, 0.74_f32) } else { covered };
                assert!((tones.opacity(x) - law).abs() < 1e-3, "{x}");
            }
            assert!(tones.opacity(f32::INFINITY) <= 1.0 && tones.opacity(1e9) > 0.999);
        }
    }

    #[test]
    fn marks_and_heads_take_the_colours_of_ink_and_accent() {
        let mut ring = Ring::new(1, 2);
        ring.push([[-0.5, 0.5, 0.0, 0.0]]);
        let mark = |x: f32, kind| Layer::Marks { points: vec![[x, 0.0, 0.0]], labels: vec![], kind };
        let scene = Scene::single(plane(vec![
            ring.layer(6.0),
            mark(-0.5, MarkKind::Ring),
            mark(0.0, MarkKind::Dot),
            mark(0.5, MarkKind::Cross),
        ]));
        let picture = picture(&scene, Theme::Dark);
        let at = |x: f64, y: f64| {
            let (x, y) = pixel(&scene, [x, y, 0.0]);
            [0, 1, 2].map(|i| f32::from(picture[4 * (y * 240 + x) + i]) / 255.0)
        };
        let near = |a: [f32; 3], b: [f32; 3], by: f32| (0..3).all(|i| (a[i] - b[i]).abs() < by);
        let tokens = Theme::Dark.tokens();
        assert!(near(at(-0.5, 0.5), tokens.ink, 0.2));
        assert!(near(at(-0.5, 0.0), tokens.stage, 0.01));
        assert!(near(at(0.0, 0.0), tokens.accent, 0.01));
        assert!(near(at(0.5, 0.0), tokens.ink, 0.35));
    }

    #[test]
    fn hostile_scenes_and_sizes_are_survived() {
        let points: Points = Arc::new(vec![[0.0, 0.0, 0.0, 0.5]; 6]);
        let trails = |trajectories, length, head| Layer::Trails {
            points: points.clone(),
            trajectories,
            length,
            head,
            heads: f32::INFINITY,
        };
        let layers = vec![
            trails(0, 3, 0),
            trails(3, 0, 9),
            trails(6, 1, 7),
            trails(2, 3, usize::MAX),
            trails(usize::MAX, usize::MAX, 0),
            Layer::Cloud { points: points.clone(), size: f32::NAN },
            Layer::Cloud { points: points.clone(), size: f32::INFINITY },
            Layer::Ensemble { index: 9, points: 2.0, trails: true },
            Layer::Segments { points: Arc::new(vec![[1e29; 4], [-1e29; 4], [0.0; 4]]) },
            Layer::Marks { points: vec![[9.9e29; 3], [f32::NAN; 3]], labels: vec![], kind: MarkKind::Ring },
        ];
        let mut scene = Scene::default();
        for bounds in [BOX, [[f64::NAN; 2]; 3], [[0.0, 1e-30]; 3], [[-1e29, 1e29]; 3]] {
            for projection in [Projection::Plane, Projection::Space] {
                scene.panels.push(Panel { layers: layers.clone(), ..Panel::new("", projection, bounds) });
            }
        }
        let camera = Camera { zoom: 100.0, pan: [100.0, -100.0], ..Camera::default() };
        for (w, h) in [(0, 0), (1, 1), (3, 500), (640, 40)] {
            for dpr in [1.0, 0.0, f32::NAN, -2.0, 16.0] {
                let mut raster = Raster::new(w, h);
                let size = raster.size();
                let drawn = raster.draw(&scene, &camera, Theme::Light, dpr);
                assert_eq!(drawn.len(), 4 * (size.0 * size.1) as usize);
                assert!(drawn.chunks(4).all(|p| p[3] == 255));
            }
        }
        assert_eq!(Raster::new(0, 3).size(), (1, 3));
    }

    #[test]
    fn an_ensemble_on_the_gpu_leaves_no_mark() {
        let with = plane(vec![Layer::Ensemble { index: 0, points: 3.0, trails: true }]);
        let bare = picture(&Scene::single(plane(vec![])), Theme::Dark);
        assert!(picture(&Scene::single(with), Theme::Dark) == bare);
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn a_png_holds_the_picture_it_was_given() {
        let mut raster = Raster::new(60, 50);
        let rgba = raster.draw(&lorenz(9, 20), &Camera::default(), Theme::Dark, 1.0).to_vec();
        let file = encode_png(&rgba, 60, 50).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut back).unwrap();
        assert_eq!((info.width, info.height), (60, 50));
        assert!(back == rgba);
        assert!(matches!(encode_png(&rgba, 60, 51), Err(PictureError::Length { wanted: 12240, .. })));
    }

    /// The Lorenz system, a bundle of trajectories spread over the attractor and one of them live.
    fn lorenz(trajectories: usize, length: usize) -> Scene {
        let f =
            |v: [f64; 3]| [10.0 * (v[1] - v[0]), v[0] * (28.0 - v[2]) - v[1], v[0] * v[1] - 8.0 / 3.0 * v[2]];
        let step = |v: [f64; 3], h: f64| {
            let at = |k: [f64; 3], h: f64| [v[0] + h * k[0], v[1] + h * k[1], v[2] + h * k[2]];
            let a = f(v);
            let b = f(at(a, 0.5 * h));
            let c = f(at(b, 0.5 * h));
            let d = f(at(c, h));
            [0, 1, 2].map(|i| v[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]))
        };
        let mut v = [1.0, 1.0, 20.0];
        let mut states = Vec::new();
        for i in 0..(2000 + 211 * trajectories) {
            v = step(v, 0.01);
            if i >= 2000 && (i - 2000) % 211 == 0 {
                states.push(v);
            }
        }
        let (mut ring, mut live) = (Ring::new(trajectories, length), Vec::<[f32; 4]>::new());
        for _ in 0..length {
            let now = states.iter().map(|v| {
                let d = f(*v);
                let speed = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
                [v[0] as f32, v[1] as f32, v[2] as f32, speed as f32]
            });
            ring.push(now);
            live.extend(ring.newest().first());
            for v in &mut states {
                *v = step(*v, 0.01);
            }
        }
        let here = live.last().map_or([0.0; 3], |p| [p[0], p[1], p[2]]);
        let centre = Real::sqrt(72.0_f64) as f32;
        let marks = |points: Vec<[f32; 3]>, kind| Layer::Marks { points, labels: vec![], kind };
        let layers = vec![
            ring.layer(2.3),
            Layer::Line { points: Arc::new(live), style: LineStyle::Accent },
            marks(vec![[centre, centre, 27.0], [-centre, -centre, 27.0]], MarkKind::Ring),
            marks(vec![[0.0; 3]], MarkKind::Cross),
            marks(vec![here], MarkKind::Dot),
        ];
        let colour = ColourScale { label: "|ẋ|".into(), min: 0.0, max: 250.0 };
        let bounds = [[-20.0, 20.0], [-27.0, 27.0], [0.0, 50.0]];
        Scene::single(Panel { layers, colour, ..Panel::new("", Projection::Space, bounds) })
    }
}
