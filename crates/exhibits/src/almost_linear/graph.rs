//! The transitions between regions as a graph, drawn out of lines.

use crate::contract::{Frame, Picture, Role};
use crate::desk::{Line, plot};

/// Points of an arc.
const ARC: usize = 24;
/// Points of a circle.
const CIRCLE: usize = 49;
/// Least radius of a node, and what the root of its share adds.
const RADIUS: [f64; 2] = [0.04, 0.3];
/// How far an arc bends away from its chord, in chords.
const BEND: f64 = 0.18;
/// Length of the strokes of an arrow.
const HEAD: f64 = 0.07;
/// Transitions at least so likely are drawn as the run's own, and as ink; all others are quiet.
const LIKELY: [f64; 2] = [0.1, 0.01];
/// Half the width and the height of the picture.
const FRAME: f64 = 1.6;

/// A region: its name, and the share of the time spent in it.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) share: f64,
}

/// A picture of nodes, as large as their shares, and of the transitions between different ones; `matrix` is row-major.
pub(super) fn graph(view: &str, nodes: &[Node], matrix: &[f64], told: String) -> Frame {
    let n = nodes.len();
    let at = |k: usize| -> [f64; 2] {
        if n == 1 {
            return [0.0, 0.0];
        }
        let angle = std::f64::consts::TAU * k as f64 / n as f64;
        // From the left on, clockwise.
        [-libm::cos(angle), libm::sin(angle)]
    };
    let radius = |k: usize| RADIUS[0] + RADIUS[1] * libm::sqrt(nodes[k].share);
    let mut strokes: [(Vec<f64>, Vec<f64>); 3] = Default::default();
    for from in 0..n {
        for to in (0..n).filter(|to| *to != from) {
            let p = matrix.get(from * n + to).copied().unwrap_or(0.0);
            if p > 0.0 {
                let class = LIKELY.iter().position(|least| p >= *least).unwrap_or(2);
                let (x, y) = &mut strokes[class];
                arrow(at(from), at(to), [radius(from), radius(to)], x, y);
            }
        }
    }
    let roles = [Role::Run, Role::Ink, Role::Quiet];
    let mut lines: Vec<Line> =
        strokes.into_iter().zip(roles).rev().map(|(stroke, role)| Line::new(role, stroke)).collect();
    for (k, node) in nodes.iter().enumerate() {
        let ([x, y], r) = (at(k), radius(k));
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / (CIRCLE - 1) as f64;
        let circle = (0..CIRCLE).map(|i| (x + r * libm::cos(turn(i)), y + r * libm::sin(turn(i)))).unzip();
        lines.push(Line::new(Role::Ink, circle).named(&node.name));
    }
    let mut frame = plot(view, lines, Vec::new(), Vec::new(), told);
    if let Picture::Plot { x, y, .. } = &mut frame.picture {
        (*x, *y) = (Some([-FRAME, FRAME]), Some([-FRAME, FRAME]));
    }
    frame
}

/// An arc with its head, from the border of one circle to that of another, and a gap behind it.
fn arrow(from: [f64; 2], to: [f64; 2], radii: [f64; 2], x: &mut Vec<f64>, y: &mut Vec<f64>) {
    let chord = [to[0] - from[0], to[1] - from[1]];
    let middle = [0.5 * (from[0] + to[0]) - BEND * chord[1], 0.5 * (from[1] + to[1]) + BEND * chord[0]];
    let point = |t: f64| -> [f64; 2] {
        let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
        [a * from[0] + b * middle[0] + c * to[0], a * from[1] + b * middle[1] + c * to[1]]
    };
    let away = |p: [f64; 2], q: [f64; 2]| libm::hypot(p[0] - q[0], p[1] - q[1]);
    let outside: Vec<[f64; 2]> = (0..=4 * ARC)
        .map(|i| point(i as f64 / (4 * ARC) as f64))
        .filter(|p| away(*p, from) >= radii[0] && away(*p, to) >= radii[1])
        .collect();
    let [.., before, end] = outside[..] else { return };
    for p in outside.iter().step_by(4).chain([&end]) {
        x.push(p[0]);
        y.push(p[1]);
    }
    x.push(f64::NAN);
    y.push(f64::NAN);
    let length = away(before, end);
    let [u, v] = [(end[0] - before[0]) / length, (end[1] - before[1]) / length];
    for side in [1.0, -1.0] {
        x.extend([end[0], end[0] - HEAD * (u - 0.5 * side * v), f64::NAN]);
        y.extend([end[1], end[1] - HEAD * (v + 0.5 * side * u), f64::NAN]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_as_large_as_their_shares_and_arrows_run_from_border_to_border() {
        let node = |name: &str, share| Node { name: name.into(), share };
        let nodes = [node("0", 0.81), node("1", 0.19)];
        let frame = graph("g", &nodes, &[0.95, 0.05, 0.5, 0.5], String::new());
        let Picture::Plot { series, .. } = &frame.picture else { panic!("no plot") };
        let named: Vec<&str> = series.iter().map(|s| s.label.as_str()).filter(|l| !l.is_empty()).collect();
        assert_eq!(named, ["0", "1"]);
        let width = |label: &str| {
            let place = series.iter().find(|s| s.label == label).unwrap().x.array as usize;
            let x = &frame.arrays[place];
            let most = x.iter().copied().max_by(f64::total_cmp).unwrap();
            most - x.iter().copied().min_by(f64::total_cmp).unwrap()
        };
        assert!((width("0") - 2.0 * (0.04 + 0.3 * 0.9)).abs() < 1e-3 && width("0") > width("1"));
        // Quiet, ink, run: one arrow of five per cent in ink, one of half in the run's colour.
        let [quiet, ink, run] = [0, 2, 4].map(|place| &frame.arrays[place]);
        assert!(quiet.is_empty() && !ink.is_empty() && !run.is_empty());
        // From the left node's border towards the right one's.
        assert!(ink[0] > -1.0 && ink[0] < -0.6, "{ink:?}");
    }

    #[test]
    fn one_region_is_one_node_without_arrows() {
        let frame = graph("g", &[Node { name: "all".into(), share: 1.0 }], &[1.0], String::new());
        let Picture::Plot { series, .. } = &frame.picture else { panic!("no plot") };
        assert_eq!(series.len(), 4);
        assert!(frame.arrays[..6].iter().all(Vec::is_empty));
    }
}
