//! Frames of lines and clouds.

use crate::contract::{ArrayRef, Frame, Mark, Picture, Role, Series};

/// One line, or one cloud of points.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) role: Role,
    pub(crate) points: bool,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
}

impl Line {
    pub(crate) fn new(role: Role, (x, y): (Vec<f64>, Vec<f64>)) -> Self {
        Self { label: String::new(), role, points: false, x, y }
    }
    pub(crate) fn cloud(role: Role, data: (Vec<f64>, Vec<f64>)) -> Self {
        Self { points: true, ..Self::new(role, data) }
    }
    pub(crate) fn named(self, label: &str) -> Self {
        Self { label: label.into(), ..self }
    }
}

/// A picture of lines with thin uprights and levels, fitted to what it shows.
pub(crate) fn plot(
    view: &str,
    lines: Vec<Line>,
    uprights: Vec<Mark>,
    levels: Vec<Mark>,
    told: String,
) -> Frame {
    let (mut series, mut arrays) = (Vec::new(), Vec::new());
    for Line { label, role, points, x, y } in lines {
        let at = arrays.len() as u32;
        let (x_place, y_place) = (ArrayRef { array: at }, ArrayRef { array: at + 1 });
        series.push(Series { label, role, x: x_place, y: y_place, points });
        arrays.extend([x, y]);
    }
    let picture =
        Picture::Plot { view: view.into(), series, uprights, levels, x: None, y: None, alternative: told };
    Frame { picture, arrays }
}
