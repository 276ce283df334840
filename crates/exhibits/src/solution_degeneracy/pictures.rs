//! What is drawn of the networks of both conditions.

use super::survey::Levels;
use crate::build::decimal;
use crate::contract::{ArrayRef, Frame, Picture, Role, Series};
use crate::desk::{Line, plot};
use analysis::Places;
use gpu::scene::{ColourScale, Layer, MarkKind, Panel, Projection};

/// Points of the unit circle.
const CIRCLE: usize = 181;
/// How both conditions are drawn.
pub(super) const ROLES: [Role; 2] = [Role::Run, Role::Ink];

/// Half the side of a square that holds the places of both conditions.
pub(super) fn reach(maps: &[Option<Places>; 2]) -> f64 {
    let places = maps.iter().flatten().flat_map(|map| &map.at);
    let far = places.fold(1e-3, |far, &at| if libm::fabs(at) > far { libm::fabs(at) } else { far });
    1.15 * far
}

/// The networks of a condition in the plane; those that are drawn moving are filled.
pub(super) fn map(title: String, map: Option<&Places>, reach: f64, chosen: &[usize]) -> Panel {
    let mut panel = Panel::new(title, Projection::Plane, [[-reach, reach]; 3]);
    panel.axes = ["coordinate 1 (rad)".into(), "coordinate 2 (rad)".into(), "".into()];
    panel.colour = ColourScale::default();
    let Some(map) = map else { return panel };
    for kind in [MarkKind::Ring, MarkKind::Dot] {
        let (mut points, mut labels) = (Vec::new(), Vec::new());
        for (k, at) in map.at.chunks_exact(2).enumerate() {
            if chosen.contains(&k) == (kind == MarkKind::Dot) {
                points.push([at[0] as f32, at[1] as f32, 0.0]);
                labels.push((k + 1).to_string());
            }
        }
        if !points.is_empty() {
            panel.layers.push(Layer::Marks { points, labels, kind });
        }
    }
    panel
}

/// The three levels and the loss, a bar a condition.
pub(super) fn levels(names: &[String; 2], levels: &[Levels; 2], losses: [f64; 2]) -> Frame {
    let labels = ["angle", "weights", "sd × 10", "loss"];
    let values = [0, 1].map(|side| {
        let l = &levels[side];
        vec![l.of_dynamics(), l.of_weights(), 10.0 * l.of_behaviour(), losses[side]]
    });
    let series = [0, 1].map(|side| Series {
        label: names[side].clone(),
        role: ROLES[side].clone(),
        x: ArrayRef { array: side as u32 },
        y: ArrayRef { array: side as u32 },
        points: false,
    });
    let told = [0, 1].map(|side| {
        let [angle, weights, behaviour] =
            [levels[side].of_dynamics(), levels[side].of_weights(), levels[side].of_behaviour()];
        format!(
            "{}: mean angle of dynamics {}, mean distance of weights {}, deviation of the loss on longer sequences {}, loss \
             {}.",
            names[side],
            decimal(angle, 3),
            decimal(weights, 3),
            decimal(behaviour, 4),
            decimal(losses[side], 3)
        )
    });
    let picture = Picture::Bars {
        view: "levels".into(),
        labels: labels.map(String::from).into(),
        series: series.into(),
        alternative: told.join(" "),
    };
    Frame { picture, arrays: values.into() }
}

/// The eigenvalues of all operators of both conditions.
pub(super) fn eigenvalues(names: &[String; 2], levels: &[Levels; 2]) -> Frame {
    let turn = |i: usize| std::f64::consts::TAU * i as f64 / (CIRCLE - 1) as f64;
    let circle = (0..CIRCLE).map(|i| (libm::cos(turn(i)), libm::sin(turn(i)))).unzip();
    let mut lines = vec![Line::new(Role::Quiet, circle)];
    let mut told = Vec::new();
    for side in [1, 0] {
        let all = levels[side].eigenvalues.iter().flatten();
        let places = all.clone().map(|[real, imaginary]| (*real, *imaginary)).unzip();
        lines.push(Line::cloud(ROLES[side].clone(), places).named(&names[side]));
        let slow = all.filter(|[real, imaginary]| libm::hypot(*real, *imaginary) > 0.9).count();
        let count = levels[side].losses.len();
        told.push(format!(
            "{}: {} of size above 0.9 to a network.",
            names[side],
            decimal(slow as f64 / count as f64, 1)
        ));
    }
    plot("eigenvalues", lines, Vec::new(), Vec::new(), told.join(" "))
}
