//! What is to be drawn, as plain data: the contract between exhibits and drawing.
//!
//! A [`Scene`] is a row of [`Panel`]s that an exhibit fills. Panels stand side by side and share one
//! [`Camera`], one scale and one range of colour, so that two pictures can be compared by eye.
//! Nothing here knows of wgpu.

use std::sync::Arc;

/// Panels side by side.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// From left to right.
    pub panels: Vec<Panel>,
}

/// One picture: a box of data space, its axes and what stands in it.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Written under the picture when there is more than one panel.
    pub title: String,
    /// Turntable in space, or the first two coordinates on the page.
    pub projection: Projection,
    /// Lowest and highest value of each coordinate, in data units. A plane ignores the third.
    pub bounds: [[f64; 2]; 3],
    /// Names and units of the three coordinates.
    pub axes: [AxisLabel; 3],
    /// How the units of the axes compare in space; a plane always fills its frame.
    pub aspect: Aspect,
    /// Light is added up in any order; lines, then marks, lie above it.
    pub layers: Vec<Layer>,
    /// What the fourth component of each point means.
    pub colour: ColourScale,
}

/// How a panel shows data space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Projection {
    /// Three dimensions on a turntable with mild perspective, third axis up.
    Space,
    /// The first two dimensions with ticks; turning has no effect, panning and zooming have.
    Plane,
}

/// How the units of the three axes compare on a turntable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Aspect {
    /// One unit is equally long on every axis.
    Equal,
    /// The box is drawn as a cube, whatever the units.
    Boxed,
    /// `Equal` while the longest side is at most four times the shortest, otherwise `Boxed`.
    Auto,
}

/// Name and unit of a coordinate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AxisLabel {
    /// Symbol or word.
    pub name: String,
    /// Unit, empty if there is none.
    pub unit: String,
}

impl From<&str> for AxisLabel {
    fn from(name: &str) -> Self {
        Self { name: name.into(), unit: String::new() }
    }
}

impl From<String> for AxisLabel {
    fn from(name: String) -> Self {
        Self { name, unit: String::new() }
    }
}

/// The quantity told by colour and the values at the two ends of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourScale {
    /// What is told, for instance `|ẋ|`.
    pub label: String,
    /// Value at the lower end.
    pub min: f32,
    /// Value at the upper end.
    pub max: f32,
}

impl Default for ColourScale {
    fn default() -> Self {
        Self { label: String::new(), min: 0.0, max: 1.0 }
    }
}

/// Points on the way of one or more trajectories: `[x, y, z, scalar]` in data units.
///
/// A point with a component that is not finite, or beyond 1e30 in magnitude, is not drawn, and a
/// line breaks there. Drawing keeps only weak references, and takes another address for changed
/// data: change the vector through `Arc::make_mut` or give a new one.
pub type Points = Arc<Vec<[f32; 4]>>;

/// Something that stands in a panel. Sizes and widths are in CSS pixels.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Points whose light is added up.
    Cloud {
        /// The points.
        points: Points,
        /// Diameter of each.
        size: f32,
    },
    /// The recent history of an ensemble, as lines whose light is added up.
    Trails {
        /// A ring of `length` slots with `trajectories` points each, slot by slot; slots not yet
        /// written hold NaN. [`Ring`] keeps one.
        points: Points,
        /// Points a slot.
        trajectories: usize,
        /// Slots in the ring.
        length: usize,
        /// The slot written next, which is the oldest one.
        head: usize,
        /// Diameter of the dot at the newest point of each trajectory; 0 draws none.
        heads: f32,
    },
    /// An ensemble that lives on the GPU, drawn from its own buffer. The CPU rasteriser cannot see
    /// it and draws nothing for it.
    Ensemble {
        /// Which of the ensembles handed to the painter.
        index: usize,
        /// Diameter of the dots; 0 draws none.
        points: f32,
        /// Whether its ring is drawn as trails with a dot at each present point; otherwise all points
        /// of the ring are a cloud, which suits a map.
        trails: bool,
    },
    /// One polyline.
    Line {
        /// The vertices in order.
        points: Points,
        /// Colour and width.
        style: LineStyle,
    },
    /// Separate strokes, for instance a direction field: each two points are the ends of one.
    Segments {
        /// Two points a stroke.
        points: Points,
    },
    /// Places with a name.
    Marks {
        /// Positions in data units.
        points: Vec<[f32; 3]>,
        /// A name each; missing ones are empty.
        labels: Vec<String>,
        /// What is drawn there.
        kind: MarkKind,
    },
}

/// Colour and width of a polyline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStyle {
    /// The live trajectory: accent colour, 1.75 CSS pixels.
    Accent,
    /// Ink, 1.25 CSS pixels: nullclines, reference curves.
    Ink,
    /// Coloured by the scalar, light added up, 1.25 CSS pixels.
    Scalar,
    /// Faint ink, 1 CSS pixel: guides.
    Thin,
}

/// The sign at a marked place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// An open ring: a fixed point.
    Ring,
    /// A cross: a saddle.
    Cross,
    /// A filled dot in the accent colour: here, now.
    Dot,
}

/// Keeps the ring behind [`Layer::Trails`].
#[derive(Clone, Debug)]
pub struct Ring {
    points: Points,
    trajectories: usize,
    length: usize,
    head: usize,
}

impl Ring {
    /// An empty ring of `length` slots (at least 2) for `trajectories` points each.
    pub fn new(trajectories: usize, length: usize) -> Self {
        let length = if length < 2 { 2 } else { length };
        Self { points: Arc::new(vec![[f32::NAN; 4]; trajectories * length]), trajectories, length, head: 0 }
    }

    /// Write the present points over the oldest slot. Missing points become gaps, surplus ones are
    /// dropped.
    pub fn push(&mut self, now: impl IntoIterator<Item = [f32; 4]>) {
        let (n, start) = (self.trajectories, self.head * self.trajectories);
        let slot = &mut Arc::make_mut(&mut self.points)[start..start + n];
        slot.fill([f32::NAN; 4]);
        for (to, from) in slot.iter_mut().zip(now) {
            *to = from;
        }
        self.head = (self.head + 1) % self.length;
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        Arc::make_mut(&mut self.points).fill([f32::NAN; 4]);
        self.head = 0;
    }

    /// The slot written last, one point a trajectory; NaN before the first [`Ring::push`].
    pub fn newest(&self) -> &[[f32; 4]] {
        let slot = (self.head + self.length - 1) % self.length;
        &self.points[slot * self.trajectories..(slot + 1) * self.trajectories]
    }

    /// The points of all slots, shared with the ring until its next change.
    pub fn points(&self) -> Points {
        self.points.clone()
    }

    /// The layer that shows the ring, with dots of `heads` CSS pixels at the newest points.
    pub fn layer(&self, heads: f32) -> Layer {
        Layer::Trails {
            points: self.points.clone(),
            trajectories: self.trajectories,
            length: self.length,
            head: self.head,
            heads,
        }
    }
}

impl Panel {
    /// An empty panel with unit-free axes `x`, `y`, `z`.
    pub fn new(title: impl Into<String>, projection: Projection, bounds: [[f64; 2]; 3]) -> Self {
        Self {
            title: title.into(),
            projection,
            bounds,
            axes: ["x".into(), "y".into(), "z".into()],
            aspect: Aspect::Auto,
            layers: Vec::new(),
            colour: ColourScale::default(),
        }
    }
}

impl Scene {
    /// A scene of one panel.
    pub fn single(panel: Panel) -> Self {
        Self { panels: vec![panel] }
    }

    /// The one range of colour: from the lowest lower end to the highest upper end of all panels
    /// that have points to colour; `(0, 1)` for an empty or degenerate range.
    pub fn colour_range(&self) -> (f32, f32) {
        let (mut lo, mut hi) = (f32::INFINITY, f32::NEG_INFINITY);
        for panel in &self.panels {
            let coloured = panel.layers.iter().any(|l| {
                matches!(l, Layer::Cloud { .. } | Layer::Trails { .. } | Layer::Ensemble { .. })
                    || matches!(l, Layer::Line { style: LineStyle::Scalar, .. })
            });
            if coloured {
                lo = if panel.colour.min < lo { panel.colour.min } else { lo };
                hi = if panel.colour.max > hi { panel.colour.max } else { hi };
            }
        }
        if hi > lo && lo.is_finite() && hi.is_finite() { (lo, hi) } else { (0.0, 1.0) }
    }

    /// The one box that all panels of a projection share: the union of their bounds, each side
    /// finite and of positive length.
    pub fn shared_bounds(&self, projection: Projection) -> [[f64; 2]; 3] {
        let mut union = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
        for panel in self.panels.iter().filter(|p| p.projection == projection) {
            for (u, b) in union.iter_mut().zip(&panel.bounds) {
                u[0] = if b[0] < u[0] { b[0] } else { u[0] };
                u[1] = if b[1] > u[1] { b[1] } else { u[1] };
            }
        }
        for u in &mut union {
            // A box beyond 1e30 could not be told apart from divergence in f32.
            if !(u[0].abs() < 1e30 && u[1].abs() < 1e30 && u[1] >= u[0]) {
                *u = [-1.0, 1.0];
            }
            let least = 1e-9 * (1.0 + u[0].abs() + u[1].abs());
            if u[1] - u[0] < least {
                *u = [u[0] - 0.5 * (1.0 + u[0].abs()), u[1] + 0.5 * (1.0 + u[1].abs())];
            }
        }
        union
    }
}

pub use crate::camera::{
    Anchor, Camera, Label, LabelKind, Transform, View, labels, project, unproject, views,
};
pub use crate::theme::{Theme, Tokens, palette, viridis};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_overwrites_its_oldest_slot_and_leaves_gaps_for_missing_points() {
        let mut ring = Ring::new(2, 3);
        for t in 0..4 {
            ring.push((0..2).map(|i| [t as f32, i as f32, 0.0, 0.0]));
        }
        ring.push([[9.0, 0.0, 0.0, 0.0]]);
        let Layer::Trails { points, head, .. } = ring.layer(0.0) else { panic!("not trails") };
        assert_eq!(head, 2);
        assert_eq!(points[0][0], 3.0);
        assert_eq!(points[2][0], 9.0);
        assert!(points[3][0].is_nan());
        assert_eq!(points[4][0], 2.0);
    }

    #[test]
    fn the_newest_slot_of_a_ring_is_the_one_written_last() {
        let mut ring = Ring::new(2, 3);
        assert!(ring.newest().iter().flatten().all(|v| v.is_nan()));
        for t in 0..7 {
            ring.push((0..2).map(|i| [t as f32, i as f32, 0.0, 0.0]));
            assert_eq!(ring.newest(), [[t as f32, 0.0, 0.0, 0.0], [t as f32, 1.0, 0.0, 0.0]]);
        }
        let shared = ring.points();
        assert_eq!(shared.len(), 6);
        ring.clear();
        assert_eq!(shared[0][0], 6.0);
    }

    #[test]
    fn the_colour_range_spans_all_coloured_panels_and_no_others() {
        let mut scene = Scene { panels: vec![Panel::new("", Projection::Space, [[0.0, 1.0]; 3]); 3] };
        assert_eq!(scene.colour_range(), (0.0, 1.0));
        for (i, (min, max)) in [(2.0, 5.0), (3.0, 8.0), (-9.0, 99.0)].into_iter().enumerate() {
            scene.panels[i].colour = ColourScale { label: String::new(), min, max };
        }
        for panel in &mut scene.panels[..2] {
            panel.layers.push(Layer::Cloud { points: Arc::new(vec![]), size: 1.0 });
        }
        assert_eq!(scene.colour_range(), (2.0, 8.0));
    }

    #[test]
    fn the_palette_is_brighter_by_night_and_stays_ink_by_day() {
        let light = |c: [f32; 3]| 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
        for i in 0..=20 {
            let t = i as f32 / 20.0;
            assert!(light(palette(Theme::Dark, t)) > light(palette(Theme::Light, t)));
            assert!(light(palette(Theme::Light, t)) < 0.5);
        }
        assert_eq!(palette(Theme::Dark, f32::NAN), palette(Theme::Dark, 0.0));
        assert_eq!(palette(Theme::Dark, 7.0), palette(Theme::Dark, 1.0));
    }
}
