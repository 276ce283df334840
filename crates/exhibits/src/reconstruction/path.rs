//! A run as it is drawn.

use rnn::Series;

/// Rows of up to three coordinates, with the distance to the next row as the scalar.
pub(crate) fn polyline(values: &[f64], channels: usize, rows: usize) -> Vec<[f32; 4]> {
    let at = |row: usize, c: usize| if c < channels { values[row * channels + c] } else { 0.0 };
    let rows = rows.min(values.len() / channels.max(1));
    (0..rows)
        .map(|row| {
            let next = if row + 1 < rows { row + 1 } else { row };
            let mut square = 0.0;
            for c in 0..channels {
                let d = at(next, c) - at(row, c);
                square += d * d;
            }
            [at(row, 0) as f32, at(row, 1) as f32, at(row, 2) as f32, libm::sqrt(square) as f32]
        })
        .collect()
}

/// The box of the first three channels of a series, with a little air.
pub(crate) fn box_of(data: &Series) -> [[f64; 2]; 3] {
    let mut bounds = [[-1.0, 1.0]; 3];
    for (c, bound) in bounds.iter_mut().enumerate().take(data.channels().len()) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for row in 0..data.rows() {
            let value = data.row(row)[c];
            low = if value < low { value } else { low };
            high = if value > high { value } else { high };
        }
        let margin = 0.05 * (high - low);
        *bound = [low - margin, high + margin];
    }
    bounds
}
