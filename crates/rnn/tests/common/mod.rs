//! Data for the tests.

use rnn::Series;

/// Lorenz's system, Runge-Kutta of order four, two steps of 0.015 a row, standardised.
pub(crate) fn lorenz(rows: usize) -> Series {
    let rate = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let along = |p: [f64; 3], k: [f64; 3], h: f64| [p[0] + h * k[0], p[1] + h * k[1], p[2] + h * k[2]];
    let h = 0.015;
    let mut p = [1.0, 2.0, 20.0];
    let mut values = Vec::new();
    for step in 0..2 * (rows + 500) {
        let k1 = rate(p);
        let k2 = rate(along(p, k1, 0.5 * h));
        let k3 = rate(along(p, k2, 0.5 * h));
        let k4 = rate(along(p, k3, h));
        for i in 0..3 {
            p[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
        if step % 2 == 1 && step >= 1000 {
            values.extend_from_slice(&p);
        }
    }
    let names = ["x", "y", "z"].map(String::from).to_vec();
    Series::new(names, values).unwrap().standardise().unwrap().0
}
