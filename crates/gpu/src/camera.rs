//! The turntable camera, the projection it gives, and the labels that the page sets over a picture.

use crate::scene::{Aspect, MarkKind, Panel, Projection, Scene};
use bytemuck::{Pod, Zeroable};
use numerics::Real;

/// Where all panels are seen from. The two angles are in radians; `pan` is a shift on the page in
/// units of a panel's shorter side.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Camera {
    /// Turn about the third axis.
    pub yaw: f64,
    /// Height of the eye; positive looks down on the scene. Kept within ±1.55.
    pub pitch: f64,
    /// Magnification, 1 when the box fills the panel. Kept within 0.1 and 100.
    pub zoom: f64,
    /// Distance of the eye from the centre in half-extents of the box: smaller is stronger
    /// perspective.
    pub distance: f64,
    /// Shift of the picture to the right and down.
    pub pan: [f64; 2],
}

impl Default for Camera {
    fn default() -> Self {
        Self { yaw: 0.62, pitch: 0.10, zoom: 1.0, distance: 6.0, pan: [0.0, 0.0] }
    }
}

impl Camera {
    /// Turn by a drag of `dx`, `dy` CSS pixels: 0.008 radians a pixel.
    pub fn orbit(&mut self, dx: f64, dy: f64) {
        if dx.is_finite() && dy.is_finite() {
            let turn = core::f64::consts::TAU;
            let yaw = self.yaw + 0.008 * dx;
            self.yaw = yaw - turn * (yaw / turn).floor();
            self.pitch = (self.pitch + 0.008 * dy).clamp(-1.55, 1.55);
        }
    }

    /// Multiply the magnification by `factor`.
    pub fn zoom(&mut self, factor: f64) {
        if factor.is_finite() && factor > 0.0 {
            self.zoom = (self.zoom * factor).clamp(0.1, 100.0);
        }
    }

    /// Multiply the magnification and keep what lies at `(x, y)` where it is. `x` and `y` count
    /// from the centre of a panel in units of its shorter side.
    pub fn zoom_at(&mut self, factor: f64, x: f64, y: f64) {
        let before = self.zoom;
        self.zoom(factor);
        let ratio = self.zoom / before;
        self.pan(x - self.pan[0] - (x - self.pan[0]) * ratio, y - self.pan[1] - (y - self.pan[1]) * ratio);
    }

    /// Shift the picture by fractions of a panel's shorter side.
    pub fn pan(&mut self, dx: f64, dy: f64) {
        if dx.is_finite() && dy.is_finite() {
            self.pan = [(self.pan[0] + dx).clamp(-100.0, 100.0), (self.pan[1] + dy).clamp(-100.0, 100.0)];
        }
    }

    /// Back to the view a scene opens with.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// What a key of the keyboard (`KeyboardEvent.key`) does: arrows turn a space and shift a plane
    /// (with `shift` they always shift), `+` and `-` zoom, `0` restores. Returns whether the key
    /// had a meaning.
    pub fn key(&mut self, key: &str, shift: bool, projection: Projection) -> bool {
        let arrow = match key {
            "ArrowLeft" => [-1.0, 0.0],
            "ArrowRight" => [1.0, 0.0],
            "ArrowUp" => [0.0, -1.0],
            "ArrowDown" => [0.0, 1.0],
            "+" | "=" => return self.zoom_key(1.15),
            "-" | "_" => return self.zoom_key(1.0 / 1.15),
            "0" => {
                self.reset();
                return true;
            }
            _ => return false,
        };
        if shift || projection == Projection::Plane {
            self.pan(-0.05 * arrow[0], -0.05 * arrow[1]);
        } else {
            self.orbit(12.0 * arrow[0], 12.0 * arrow[1]);
        }
        true
    }

    fn zoom_key(&mut self, factor: f64) -> bool {
        self.zoom(factor);
        true
    }
}

/// From data to the page for one panel, in the precision that both drawing paths use.
///
/// With `X = row0 · (p, 1)` and so on, the page position is `origin + k (X, -Y)` with
/// `k = distance / (distance + Z)`; `distance` is 0 for a plane, which means `k = 1`. All in
/// device pixels.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Transform {
    /// Across, up and away from the eye.
    pub rows: [[f32; 4]; 3],
    /// Where the centre of the box lies.
    pub origin: [f32; 2],
    /// From the eye to the centre, 0 for a plane.
    pub distance: f32,
    /// Half the depth of the box, the unit of the depth given by [`Transform::apply`].
    pub depth: f32,
}

impl Transform {
    /// Page position and depth (-1 near to 1 far), or nothing for a point that is not finite or
    /// behind the eye.
    #[inline]
    pub fn apply(&self, p: [f32; 4]) -> Option<[f32; 3]> {
        let lost = |v: f32| !(v > -1e30 && v < 1e30);
        if lost(p[0]) || lost(p[1]) || lost(p[2]) {
            return None;
        }
        let row = |r: &[f32; 4]| r[0] * p[0] + r[1] * p[1] + r[2] * p[2] + r[3];
        let (x, y, z) = (row(&self.rows[0]), row(&self.rows[1]), row(&self.rows[2]));
        let mut k = 1.0;
        if self.distance > 0.0 {
            if z < -0.9 * self.distance {
                return None;
            }
            k = self.distance / (self.distance + z);
        }
        let (px, py) = (self.origin[0] + k * x, self.origin[1] - k * y);
        if lost(px * 1e25) || lost(py * 1e25) { None } else { Some([px, py, z / self.depth]) }
    }

    /// Weight of ink at a depth: the far side is paler.
    #[inline]
    pub fn fog(depth: f32) -> f32 {
        let w = 1.0 - 0.35 * depth;
        if w > 0.3 { if w < 1.7 { w } else { 1.7 } } else { 0.3 }
    }
}

/// One panel as a camera sees it: positions are in CSS pixels of the whole picture.
#[derive(Clone, Debug)]
pub struct View {
    /// Which panel.
    pub panel: usize,
    /// Left, top, width, height of the panel.
    pub rect: [f64; 4],
    /// Left, top, width, height of the frame that the data fills at zoom 1.
    pub frame: [f64; 4],
    /// The box shown at zoom 1, shared by the panels of a projection.
    pub bounds: [[f64; 2]; 3],
    pub(crate) projection: Projection,
    rows: [[f64; 4]; 3],
    origin: [f64; 2],
    distance: f64,
    depth: f64,
    yaw_pitch: [f64; 2],
}

impl View {
    fn new(scene: &Scene, index: usize, camera: &Camera, size: [f64; 2]) -> Self {
        let panel = &scene.panels[index];
        let count = scene.panels.len() as f64;
        let width = size[0] / count;
        let rect = [width * index as f64, 0.0, width, size[1]];
        let bounds = scene.shared_bounds(panel.projection);
        let centre = bounds.map(|b| 0.5 * (b[0] + b[1]));
        let half = bounds.map(|b| 0.5 * (b[1] - b[0]));
        let short = width.smaller(size[1]).larger(1.0);
        // Thumbnails have no room for margins.
        let room = |px: f64| px.smaller(0.07 * short);
        let pad = match panel.projection {
            Projection::Space => [room(40.0), room(32.0), room(48.0), room(32.0)],
            Projection::Plane if !roomy(width, size[1]) => [room(8.0); 4],
            Projection::Plane => [28.0, 24.0, 40.0, 56.0],
        };
        let frame = [
            rect[0] + pad[3],
            rect[1] + pad[0],
            (width - pad[1] - pad[3]).larger(1.0),
            (size[1] - pad[0] - pad[2]).larger(1.0),
        ];
        let middle = [frame[0] + 0.5 * frame[2], frame[1] + 0.5 * frame[3]];
        let origin = [middle[0] + camera.pan[0] * short, middle[1] + camera.pan[1] * short];
        let with_centre =
            |r: [f64; 3]| [r[0], r[1], r[2], -(r[0] * centre[0] + r[1] * centre[1] + r[2] * centre[2])];
        let mut view = Self {
            panel: index,
            rect,
            frame,
            bounds,
            projection: panel.projection,
            rows: [[0.0; 4]; 3],
            origin,
            distance: 0.0,
            depth: 1.0,
            yaw_pitch: [camera.yaw, camera.pitch],
        };
        match panel.projection {
            Projection::Plane => {
                view.rows[0] = with_centre([0.5 * frame[2] * camera.zoom / half[0], 0.0, 0.0]);
                view.rows[1] = with_centre([0.0, 0.5 * frame[3] * camera.zoom / half[1], 0.0]);
            }
            Projection::Space => {
                let unit = units(panel, half);
                // The data is taken to fill the ellipsoid inscribed in the box: its outline is
                // smooth in the angles, and attractors leave the corners empty.
                let e = [half[0] / unit[0], half[1] / unit[1], half[2] / unit[2]];
                let flat = e[0].larger(e[1]);
                let (sy, cy) = (Real::sin(camera.yaw), Real::cos(camera.yaw));
                let (sp, cp) = (Real::sin(camera.pitch), Real::cos(camera.pitch));
                let tall = ((e[2] * cp) * (e[2] * cp) + (flat * sp) * (flat * sp)).sqrt();
                let s = (0.5 * frame[2] / flat).smaller(0.5 * frame[3] / tall) * camera.zoom;
                let scaled =
                    |r: [f64; 3]| with_centre([s * r[0] / unit[0], s * r[1] / unit[1], s * r[2] / unit[2]]);
                view.rows[0] = scaled([cy, sy, 0.0]);
                view.rows[1] = scaled([-sp * sy, sp * cy, cp]);
                view.rows[2] = scaled([-cp * sy, cp * cy, -sp]);
                let radius = flat.larger(e[2]);
                view.distance = s * radius * camera.distance.clamp(1.5, 1e6);
                view.depth = s * radius;
            }
        }
        view
    }

    /// The transform in device pixels, `dpr` to a CSS pixel.
    pub fn transform(&self, dpr: f64) -> Transform {
        Transform {
            rows: self.rows.map(|r| r.map(|v| (v * dpr) as f32)),
            origin: self.origin.map(|v| (v * dpr) as f32),
            distance: (self.distance * dpr) as f32,
            depth: (self.depth * dpr) as f32,
        }
    }

    /// Where a point in data units lies on the page, or nothing if it is not finite or behind the
    /// eye.
    pub fn project(&self, p: [f64; 3]) -> Option<[f64; 2]> {
        let row = |r: &[f64; 4]| r[0] * p[0] + r[1] * p[1] + r[2] * p[2] + r[3];
        let (x, y, z) = (row(&self.rows[0]), row(&self.rows[1]), row(&self.rows[2]));
        let mut k = 1.0;
        if self.distance > 0.0 {
            if z < -0.9 * self.distance {
                return None;
            }
            k = self.distance / (self.distance + z);
        }
        let at = [self.origin[0] + k * x, self.origin[1] - k * y];
        (at[0].is_finite() && at[1].is_finite()).then_some(at)
    }

    /// The data coordinates at a place on a plane; nothing for a turntable, whose depth is unknown.
    pub fn unproject(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        (self.projection == Projection::Plane && x.is_finite() && y.is_finite()).then(|| {
            [
                (x - self.origin[0] - self.rows[0][3]) / self.rows[0][0],
                (self.origin[1] - y - self.rows[1][3]) / self.rows[1][1],
            ]
        })
    }

    /// Whether the panel is large enough for axes, a gnomon and labels.
    pub fn roomy(&self) -> bool {
        roomy(self.rect[2], self.rect[3])
    }

    /// The gnomon: its foot and the tips of its three axes.
    pub(crate) fn gnomon(&self) -> Option<([f64; 2], [[f64; 2]; 3])> {
        if self.projection != Projection::Space || !self.roomy() {
            return None;
        }
        let foot = [self.rect[0] + 52.0, self.rect[1] + self.rect[3] - 44.0];
        let [yaw, pitch] = self.yaw_pitch;
        let (sy, cy) = (Real::sin(yaw), Real::cos(yaw));
        let (sp, cp) = (Real::sin(pitch), Real::cos(pitch));
        let arm = self.rect[2].smaller(self.rect[3]).smaller(640.0) * 0.1;
        let tip = |x: f64, y: f64| [foot[0] + arm * x, foot[1] - arm * y];
        Some((foot, [tip(cy, -sp * sy), tip(sy, sp * cy), tip(0.0, cp)]))
    }

    /// Ticks of a plane's axis (0 across, 1 up): value and position on the page.
    pub(crate) fn ticks(&self, axis: usize) -> Vec<(f64, f64, String)> {
        let (x0, y0) = (self.frame[0], self.frame[1]);
        let (x1, y1) = (x0 + self.frame[2], y0 + self.frame[3]);
        let (Some(a), Some(b)) = (self.unproject(x0, y1), self.unproject(x1, y0)) else { return Vec::new() };
        let length = if axis == 0 { self.frame[2] } else { self.frame[3] };
        let (values, decimals) = nice_ticks(a[axis], b[axis], length / if axis == 0 { 96.0 } else { 64.0 });
        values
            .into_iter()
            .map(|v| {
                let t = (v - a[axis]) / (b[axis] - a[axis]);
                let at = if axis == 0 { x0 + t * (x1 - x0) } else { y1 + t * (y0 - y1) };
                (v, at, number(v, decimals))
            })
            .collect()
    }
}

/// Two panels beside one another on a phone of 360 pixels still have room.
fn roomy(width: f64, height: f64) -> bool {
    width >= 180.0 && height >= 160.0
}

/// Length of one page unit along each axis, in data units.
fn units(panel: &Panel, half: [f64; 3]) -> [f64; 3] {
    let (longest, shortest) =
        half.iter().fold((0.0_f64, f64::INFINITY), |m, h| (m.0.larger(*h), m.1.smaller(*h)));
    let boxed = match panel.aspect {
        Aspect::Equal => false,
        Aspect::Boxed => true,
        Aspect::Auto => longest > 4.0 * shortest,
    };
    if boxed { half } else { [longest; 3] }
}

/// Round numbers between `a` and `b`, about `wanted` of them, and the decimals they need.
fn nice_ticks(a: f64, b: f64, wanted: f64) -> (Vec<f64>, i32) {
    let span = b - a;
    if !(span.is_finite() && span > 0.0) {
        return (Vec::new(), 0);
    }
    let raw = span / wanted.larger(2.0);
    let decade = Real::log10(raw).floor();
    let power = Real::pow(10.0_f64, decade);
    let step =
        [1.0, 2.0, 5.0, 10.0].iter().find(|m| **m * power >= raw * 0.999).map_or(10.0 * power, |m| m * power);
    let decimals = -(Real::log10(step) + 1e-9).floor();
    let first = (a / step - 1e-9).ceil();
    let count = ((b / step + 1e-9).floor() - first).clamp(0.0, 40.0) as usize + 1;
    ((0..count).map(|i| (first + i as f64) * step).collect(), decimals as i32)
}

/// A number with a true minus, in scientific form when it would be long.
fn number(v: f64, decimals: i32) -> String {
    let v = if v.abs() < 1e-300 { 0.0 } else { v };
    let text = if v != 0.0 && (decimals > 5 || v.abs() >= 1e6) {
        format!("{v:.1e}").replace(".0e", "e")
    } else {
        format!("{v:.*}", decimals.clamp(0, 5) as usize)
    };
    let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if zero { "0".into() } else { text.replace('-', "\u{2212}") }
}

/// How a label hangs on its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Anchor {
    /// The text starts there.
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

/// What a label belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelKind {
    /// Name of an axis.
    Axis,
    /// A number at an axis.
    Tick,
    /// Name of a marked place.
    Mark,
    /// Title of a panel.
    Title,
}

/// A piece of text that the page sets over the picture, its vertical middle at `y`.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Label {
    /// The text.
    pub text: String,
    /// CSS pixels from the left edge of the whole picture.
    pub x: f64,
    /// CSS pixels from its top edge.
    pub y: f64,
    /// Which point of the text lies at `x`.
    pub anchor: Anchor,
    /// What it belongs to.
    pub kind: LabelKind,
    /// Which panel it belongs to.
    pub panel: usize,
}

/// The views of all panels on a picture of `size` CSS pixels.
pub fn views(scene: &Scene, camera: &Camera, size: [f64; 2]) -> Vec<View> {
    (0..scene.panels.len()).map(|i| View::new(scene, i, camera, size)).collect()
}

/// Where a point of panel `panel` lies on a picture of `size` CSS pixels.
pub fn project(
    scene: &Scene,
    camera: &Camera,
    size: [f64; 2],
    panel: usize,
    p: [f64; 3],
) -> Option<[f64; 2]> {
    (panel < scene.panels.len()).then(|| View::new(scene, panel, camera, size)).and_then(|v| v.project(p))
}

/// The panel at a place of the picture and, if it is a plane, the data coordinates there.
pub fn unproject(
    scene: &Scene,
    camera: &Camera,
    size: [f64; 2],
    x: f64,
    y: f64,
) -> Option<(usize, [f64; 2])> {
    views(scene, camera, size).into_iter().find_map(|v| {
        let inside =
            x >= v.rect[0] && x < v.rect[0] + v.rect[2] && y >= v.rect[1] && y < v.rect[1] + v.rect[3];
        if inside { v.unproject(x, y).map(|p| (v.panel, p)) } else { None }
    })
}

/// All text of a picture of `size` CSS pixels: letters of the gnomon, ticks and axis names of
/// planes, names of marks, and titles where there is more than one panel.
pub fn labels(scene: &Scene, camera: &Camera, size: [f64; 2]) -> Vec<Label> {
    let mut out = Vec::new();
    for view in views(scene, camera, size) {
        if !view.roomy() {
            continue;
        }
        let panel = &scene.panels[view.panel];
        let mut put = |text: String, x: f64, y: f64, anchor: Anchor, kind: LabelKind| {
            if !text.is_empty() {
                out.push(Label { text, x, y, anchor, kind, panel: view.panel });
            }
        };
        let name = |i: usize| {
            let axis = &panel.axes[i];
            if axis.unit.is_empty() { axis.name.clone() } else { format!("{} ({})", axis.name, axis.unit) }
        };
        if let Some((foot, tips)) = view.gnomon() {
            for (i, tip) in tips.iter().enumerate() {
                let (dx, dy) = (tip[0] - foot[0], tip[1] - foot[1]);
                let length = (dx * dx + dy * dy).sqrt();
                // An axis that points at the eye has no end to write at.
                if length > 8.0 {
                    let anchor = match dx / length {
                        c if c > 0.5 => Anchor::Start,
                        c if c < -0.5 => Anchor::End,
                        _ => Anchor::Middle,
                    };
                    put(
                        name(i),
                        tip[0] + 9.0 * dx / length,
                        tip[1] + 9.0 * dy / length,
                        anchor,
                        LabelKind::Axis,
                    );
                }
            }
        }
        let (right, foot) = (view.frame[0] + view.frame[2], view.frame[1] + view.frame[3]);
        if view.projection == Projection::Plane {
            for (_, x, text) in view.ticks(0) {
                put(text, x, foot + 14.0, Anchor::Middle, LabelKind::Tick);
            }
            for (_, y, text) in view.ticks(1) {
                put(text, view.frame[0] - 8.0, y, Anchor::End, LabelKind::Tick);
            }
            put(name(0), right, foot + 30.0, Anchor::End, LabelKind::Axis);
            put(name(1), view.frame[0] - 8.0, view.frame[1] - 16.0, Anchor::Start, LabelKind::Axis);
        }
        for layer in &panel.layers {
            let crate::scene::Layer::Marks { points, labels, kind } = layer else { continue };
            let gap = if *kind == MarkKind::Ring { 8.0 } else { 10.0 };
            for (p, text) in points.iter().zip(labels) {
                let Some(at) = view.project(p.map(f64::from)) else { continue };
                let inside = at[0] >= view.rect[0]
                    && at[0] < view.rect[0] + view.rect[2]
                    && at[1] >= view.rect[1]
                    && at[1] < view.rect[1] + view.rect[3];
                if inside {
                    let left = at[0] + 64.0 > view.rect[0] + view.rect[2];
                    let (x, anchor) =
                        if left { (at[0] - gap, Anchor::End) } else { (at[0] + gap, Anchor::Start) };
                    put(text.clone(), x, at[1], anchor, LabelKind::Mark);
                }
            }
        }
        if scene.panels.len() > 1 {
            let y = view.rect[1] + view.rect[3] - 14.0;
            put(panel.title.clone(), view.rect[0] + 24.0, y, Anchor::Start, LabelKind::Title);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Layer, MarkKind};

    const SIZE: [f64; 2] = [800.0, 600.0];

    fn scene(projection: Projection, panels: usize) -> Scene {
        let panel = Panel::new("one", projection, [[-20.0, 20.0], [-27.0, 27.0], [0.0, 50.0]]);
        Scene { panels: vec![panel; panels] }
    }

    #[test]
    fn the_centre_of_the_box_lies_in_the_middle_of_the_frame_from_every_side() {
        let scene = scene(Projection::Space, 1);
        let mut camera = Camera::default();
        for _ in 0..20 {
            camera.orbit(37.0, 11.0);
            let view = &views(&scene, &camera, SIZE)[0];
            let at = view.project([0.0, 0.0, 25.0]).unwrap();
            assert!((at[0] - view.frame[0] - 0.5 * view.frame[2]).abs() < 1e-9);
            assert!((at[1] - view.frame[1] - 0.5 * view.frame[3]).abs() < 1e-9);
        }
    }

    #[test]
    fn the_third_axis_points_up_and_a_full_turn_changes_nothing() {
        let scene = scene(Projection::Space, 1);
        let mut camera = Camera::default();
        let high = project(&scene, &camera, SIZE, 0, [5.0, 5.0, 45.0]).unwrap();
        let low = project(&scene, &camera, SIZE, 0, [5.0, 5.0, 5.0]).unwrap();
        assert!(high[1] < low[1] - 100.0);
        camera.orbit(core::f64::consts::TAU / 0.008, 0.0);
        let again = project(&scene, &camera, SIZE, 0, [5.0, 5.0, 45.0]).unwrap();
        assert!((again[0] - high[0]).abs() < 1e-6 && (again[1] - high[1]).abs() < 1e-6);
    }

    #[test]
    fn the_single_precision_transform_agrees_with_the_projection() {
        for projection in [Projection::Space, Projection::Plane] {
            let view = views(&scene(projection, 2), &Camera::default(), SIZE).remove(1);
            let transform = view.transform(2.0);
            for p in [[1.0_f32, 2.0, 3.0], [-19.0, 26.0, 49.0], [20.0, -27.0, 0.0]] {
                let a = view.project(p.map(f64::from)).unwrap();
                let b = transform.apply([p[0], p[1], p[2], 0.0]).unwrap();
                assert!((2.0 * a[0] - f64::from(b[0])).abs() < 1e-2, "{a:?} {b:?}");
                assert!((2.0 * a[1] - f64::from(b[1])).abs() < 1e-2, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn points_that_are_not_finite_or_behind_the_eye_have_no_place() {
        let view = views(&scene(Projection::Space, 1), &Camera::default(), SIZE).remove(0);
        let transform = view.transform(1.0);
        for p in [[f32::NAN, 0.0, 0.0, 0.0], [0.0, f32::INFINITY, 0.0, 0.0], [0.0, 0.0, 1e31, 0.0]] {
            assert_eq!(transform.apply(p), None);
        }
        // At yaw 0 and pitch 0 the eye stands on the negative second axis.
        let camera = Camera { yaw: 0.0, pitch: 0.0, ..Camera::default() };
        let scene = scene(Projection::Space, 1);
        assert!(project(&scene, &camera, SIZE, 0, [0.0, 100.0, 25.0]).is_some());
        assert_eq!(project(&scene, &camera, SIZE, 0, [0.0, -1e4, 25.0]), None);
    }

    #[test]
    fn picking_inverts_projection_on_a_plane_and_is_refused_in_space() {
        let plane = scene(Projection::Plane, 2);
        let mut camera = Camera::default();
        camera.orbit(50.0, 50.0);
        camera.zoom(3.0);
        camera.pan(0.1, -0.2);
        let at = project(&plane, &camera, SIZE, 1, [2.0, -3.0, 0.0]).unwrap();
        let (panel, p) = unproject(&plane, &camera, SIZE, at[0], at[1]).unwrap();
        assert_eq!(panel, 1);
        assert!((p[0] - 2.0).abs() < 1e-9 && (p[1] + 3.0).abs() < 1e-9);
        assert_eq!(unproject(&scene(Projection::Space, 1), &camera, SIZE, 400.0, 300.0), None);
        assert_eq!(unproject(&plane, &camera, SIZE, -5.0, 300.0), None);
    }

    #[test]
    fn zooming_at_a_place_keeps_what_lies_there() {
        let plane = scene(Projection::Plane, 1);
        let mut camera = Camera::default();
        let view = views(&plane, &camera, SIZE).remove(0);
        let middle = [view.frame[0] + 0.5 * view.frame[2], view.frame[1] + 0.5 * view.frame[3]];
        let cursor = [middle[0] + 90.0, middle[1] - 60.0];
        let before = view.unproject(cursor[0], cursor[1]).unwrap();
        camera.zoom_at(2.5, 90.0 / 600.0, -60.0 / 600.0);
        let after = views(&plane, &camera, SIZE)[0].unproject(cursor[0], cursor[1]).unwrap();
        assert!((before[0] - after[0]).abs() < 1e-9 && (before[1] - after[1]).abs() < 1e-9);
    }

    #[test]
    fn keys_turn_a_space_shift_a_plane_and_zero_restores() {
        let mut camera = Camera::default();
        assert!(camera.key("ArrowLeft", false, Projection::Space));
        assert_ne!(camera.yaw, Camera::default().yaw);
        assert_eq!(camera.pan, [0.0, 0.0]);
        assert!(camera.key("ArrowUp", false, Projection::Plane));
        assert!(camera.pan[1] > 0.0);
        assert!(camera.key("+", false, Projection::Space) && camera.zoom > 1.1);
        assert!(camera.key("0", false, Projection::Space));
        assert_eq!(camera, Camera::default());
        assert!(!camera.key("q", false, Projection::Space));
    }

    #[test]
    fn hostile_gestures_and_bounds_leave_a_finite_view() {
        let mut camera = Camera::default();
        camera.orbit(f64::NAN, 1.0);
        camera.zoom(f64::INFINITY);
        camera.zoom(0.0);
        camera.pan(f64::NAN, 0.0);
        assert_eq!(camera, Camera::default());
        for bounds in [[[0.0, 0.0]; 3], [[f64::NAN, 1.0]; 3], [[3.0, -3.0]; 3], [[-1e300, 1e300]; 3]] {
            for projection in [Projection::Space, Projection::Plane] {
                let scene = Scene::single(Panel::new("", projection, bounds));
                let at = project(&scene, &camera, SIZE, 0, [0.0, 0.0, 0.0]).unwrap();
                assert!(at[0].is_finite() && at[1].is_finite());
                labels(&scene, &camera, SIZE);
                labels(&scene, &camera, [0.0, 0.0]);
            }
        }
    }

    #[test]
    fn panels_share_one_scale() {
        let mut scene = scene(Projection::Plane, 2);
        scene.panels[1].bounds[0] = [-100.0, 10.0];
        let views = views(&scene, &Camera::default(), SIZE);
        assert_eq!(views[0].bounds, views[1].bounds);
        assert_eq!(views[0].bounds[0], [-100.0, 20.0]);
        let x = |i: usize| views[i].project([7.0, 0.0, 0.0]).unwrap()[0] - views[i].rect[0];
        assert!((x(0) - x(1)).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_carry_a_true_minus() {
        let labels = labels(&scene(Projection::Plane, 1), &Camera::default(), SIZE);
        let across: Vec<&str> = labels
            .iter()
            .filter(|l| l.kind == LabelKind::Tick && l.anchor == Anchor::Middle)
            .map(|l| l.text.as_str())
            .collect();
        assert_eq!(across, ["\u{2212}20", "\u{2212}10", "0", "10", "20"]);
        assert_eq!(nice_ticks(0.0, 1.0, 5.0), (vec![0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0], 1));
    }

    #[test]
    fn marks_titles_and_axes_are_named_where_there_is_room() {
        let mut scene = scene(Projection::Space, 2);
        scene.panels[1].title = "two".into();
        scene.panels[0].layers.push(Layer::Marks {
            points: vec![[0.0, 0.0, 25.0], [f32::NAN; 3]],
            labels: vec!["C".into(), "lost".into()],
            kind: MarkKind::Ring,
        });
        let labels = labels(&scene, &Camera::default(), SIZE);
        let texts =
            |kind| labels.iter().filter(|l| l.kind == kind).map(|l| l.text.as_str()).collect::<Vec<_>>();
        assert_eq!(texts(LabelKind::Mark), ["C"]);
        assert_eq!(texts(LabelKind::Title), ["one", "two"]);
        assert_eq!(texts(LabelKind::Axis), ["x", "y", "z", "x", "y", "z"]);
        assert!(super::labels(&scene, &Camera::default(), [120.0, 90.0]).is_empty());
    }
}
