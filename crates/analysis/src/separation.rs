//! Two trajectories a small distance apart.

use crate::error::{Error, check_finite, check_option};
use crate::lyapunov::rk4;
use crate::statistics::{Line, least_squares};
use numerics::{Flow, Map};

/// The distance of two trajectories over time, and the exponent of its growth.
#[derive(Clone, Debug, PartialEq)]
pub struct Separation {
    /// Times.
    pub times: Vec<f64>,
    /// Natural logarithm of the Euclidean distance at these times; entries after a distance of 0 are absent.
    pub log_distance: Vec<f64>,
    /// The line through the exponential range.
    pub line: Line,
    /// First and last sample of that range, the last excluded.
    pub range: (usize, usize),
}

/// Fits the growth of a distance over its exponential range.
///
/// The range begins where the distance has first grown tenfold, so that the difference has turned into the most
/// unstable direction, and ends where it first exceeds a tenth of its largest value, before it saturates. Where
/// this leaves fewer than three samples, as when the distance shrinks, the line goes through all.
///
/// # Errors
/// [`Error::TooFew`] for fewer than two samples.
pub fn fit_separation(times: Vec<f64>, log_distance: Vec<f64>) -> Result<Separation, Error> {
    let n = if times.len() < log_distance.len() { times.len() } else { log_distance.len() };
    if n < 2 {
        return Err(Error::TooFew { given: n, wanted: 2 });
    }
    let tenfold = core::f64::consts::LN_10;
    let logs = &log_distance[..n];
    let top = logs.iter().fold(f64::NEG_INFINITY, |top, &value| if value > top { value } else { top });
    let begin = logs.iter().position(|&value| value >= logs[0] + tenfold).unwrap_or(0);
    let end = logs.iter().position(|&value| value > top - tenfold).unwrap_or(n);
    let range = if end >= begin + 3 { (begin, end) } else { (0, n) };
    let line = least_squares(&times[range.0..range.1], &logs[range.0..range.1])?;
    Ok(Separation { times, log_distance, line, range })
}

/// Steps a flow from `x0` and from `x0` with `delta` added to its first variable, by Runge-Kutta 4.
///
/// # Errors
/// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`], [`Error::Diverged`], [`Error::TooFew`].
pub fn separate_flow<F: Flow<f64>>(
    flow: &mut F,
    x0: &[f64],
    delta: f64,
    dt: f64,
    steps: usize,
) -> Result<Separation, Error> {
    check_option(dt != 0.0 && dt.is_finite(), "step", dt, "a finite number other than zero")?;
    let n = flow.dimension();
    let mut scratch = vec![0.0; 5 * n];
    separate(n, x0, delta, dt, steps, |t, x, next| rk4(flow, t, dt, x, next, &mut scratch))
}

/// Iterates a map from `x0` and from `x0` with `delta` added to its first variable.
///
/// # Errors
/// As [`separate_flow`].
pub fn separate_map<M: Map<f64>>(
    map: &mut M,
    x0: &[f64],
    delta: f64,
    steps: usize,
) -> Result<Separation, Error> {
    let n = map.dimension();
    separate(n, x0, delta, 1.0, steps, |t, x, next| map.next(t, x, next))
}

fn separate(
    n: usize,
    x0: &[f64],
    delta: f64,
    dt: f64,
    steps: usize,
    mut advance: impl FnMut(f64, &[f64], &mut [f64]),
) -> Result<Separation, Error> {
    if x0.len() != n || n == 0 {
        return Err(Error::Dimension { given: x0.len(), wanted: n });
    }
    check_finite(x0)?;
    check_option(delta != 0.0 && delta.is_finite(), "distance", delta, "a finite number other than zero")?;
    let (mut a, mut b, mut next) = (x0.to_vec(), x0.to_vec(), vec![0.0; n]);
    b[0] += delta;
    let (mut times, mut logs) = (Vec::new(), Vec::new());
    for step in 0..=steps {
        let t = step as f64 * dt;
        let mut square = 0.0;
        for i in 0..n {
            square += (a[i] - b[i]) * (a[i] - b[i]);
        }
        if square == 0.0 {
            break;
        }
        times.push(t);
        logs.push(0.5 * libm::log(square));
        for x in [&mut a, &mut b] {
            advance(t, x, &mut next);
            x.copy_from_slice(&next);
            if let Some(variable) = x.iter().position(|v| !v.is_finite()) {
                return Err(Error::Diverged { time: t + dt, variable, value: x[variable] });
            }
        }
    }
    fit_separation(times, logs)
}
