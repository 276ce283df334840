//! Direction field and nullclines of a planar flow.

use numerics::Flow;
use zoo::Field;

/// Nodes a side of the grid on which nullclines are sought.
const GRID: usize = 161;
/// Strokes of the direction field along each axis.
const STROKES: [usize; 2] = [32, 22];

/// Short strokes along the flow, two points each, in data units; `[x, y, 0, 0]`.
pub(super) fn directions(field: &mut Field<f64>, t: f64, box_: [[f64; 2]; 2]) -> Vec<[f32; 4]> {
    let [nx, ny] = STROKES;
    let [wx, wy] = [box_[0][1] - box_[0][0], box_[1][1] - box_[1][0]];
    let mut points = Vec::with_capacity(2 * nx * ny);
    let mut rate = [0.0; 2];
    for i in 0..nx {
        for j in 0..ny {
            let x = [
                box_[0][0] + wx * (i as f64 + 0.5) / nx as f64,
                box_[1][0] + wy * (j as f64 + 0.5) / ny as f64,
            ];
            field.rate(t, &x, &mut rate);
            // Lengths are compared as they appear, in shares of the box.
            let (u, v) = (rate[0] / wx, rate[1] / wy);
            let length = libm::sqrt(u * u + v * v);
            if !(length > 0.0 && length.is_finite()) {
                continue;
            }
            let half = 0.35 / nx as f64 / length;
            for side in [-half, half] {
                points.push([(x[0] + side * rate[0]) as f32, (x[1] + side * rate[1]) as f32, 0.0, 0.0]);
            }
        }
    }
    points
}

/// The curves on which one component of a planar flow vanishes, as strokes: two points each.
pub(super) fn nullcline(
    field: &mut Field<f64>,
    t: f64,
    box_: [[f64; 2]; 2],
    component: usize,
) -> Vec<[f32; 4]> {
    let mut rate = [0.0; 2];
    let strokes = zero_curve(
        |x, y| {
            field.rate(t, &[x, y], &mut rate);
            rate[component]
        },
        box_,
    );
    strokes.into_iter().map(|[x, y]| [x as f32, y as f32, 0.0, 0.0]).collect()
}

/// The curves on which a function of the plane vanishes, as strokes on a grid (marching squares with linear
/// interpolation): two points each.
pub(crate) fn zero_curve(mut value: impl FnMut(f64, f64) -> f64, box_: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    let at = |axis: usize, i: usize| {
        let [low, high] = box_[axis];
        low + (high - low) * i as f64 / (GRID - 1) as f64
    };
    let mut values = vec![0.0; GRID * GRID];
    for j in 0..GRID {
        for i in 0..GRID {
            values[j * GRID + i] = value(at(0, i), at(1, j));
        }
    }
    let mut strokes = Vec::new();
    for j in 0..GRID - 1 {
        for i in 0..GRID - 1 {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let v = corners.map(|(i, j)| values[j * GRID + i]);
            if !v.iter().all(|v| v.is_finite()) {
                continue;
            }
            let mut crossings: Vec<[f64; 2]> = Vec::with_capacity(4);
            for k in 0..4 {
                let (a, b) = (v[k], v[(k + 1) % 4]);
                if (a < 0.0) != (b < 0.0) {
                    let share = a / (a - b);
                    let ((i0, j0), (i1, j1)) = (corners[k], corners[(k + 1) % 4]);
                    let x = at(0, i0) + share * (at(0, i1) - at(0, i0));
                    let y = at(1, j0) + share * (at(1, j1) - at(1, j0));
                    crossings.push([x, y]);
                }
            }
            // A saddle cell has four crossings; either pairing is right to the order of the grid.
            for pair in crossings.as_chunks::<2>().0 {
                strokes.extend_from_slice(pair);
            }
        }
    }
    strokes
}
