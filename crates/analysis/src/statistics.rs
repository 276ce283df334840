//! Elementary statistics.

use crate::error::{Error, check_finite, check_shape};
use numerics::{mean, sum_by};

/// Standard deviation of a sample, with `n - 1` in the denominator; 0 for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = mean(values);
    let square = sum_by(values.len(), |i| (values[i] - middle) * (values[i] - middle));
    libm::sqrt(square / (values.len() - 1) as f64)
}

/// Standard error of the mean of `term(0), ..., term(length - 1)` from the means of 16 consecutive blocks, so that
/// correlations shorter than a block do not belittle it; infinite below 32 terms.
pub(crate) fn block_error(length: usize, term: impl Fn(usize) -> f64) -> f64 {
    const BLOCKS: usize = 16;
    let size = length / BLOCKS;
    if size < 2 {
        return f64::INFINITY;
    }
    let means: Vec<f64> =
        (0..BLOCKS).map(|block| sum_by(size, |i| term(block * size + i)) / size as f64).collect();
    standard_deviation(&means) / libm::sqrt(BLOCKS as f64)
}

/// One variable of row-major data.
pub fn channel(data: &[f64], dimension: usize, variable: usize) -> Vec<f64> {
    data.iter().copied().skip(variable).step_by(if dimension == 0 { 1 } else { dimension }).collect()
}

/// Data with mean 0 and standard deviation 1 in each variable, and what was taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardised {
    /// The data, row-major.
    pub values: Vec<f64>,
    /// Mean of each variable.
    pub mean: Vec<f64>,
    /// Standard deviation of each variable; 1 where the variable is constant, so that it becomes 0.
    pub sd: Vec<f64>,
}

/// Standardises each variable of row-major data: `(x - mean) / sd`.
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`].
pub fn standardise(data: &[f64], dimension: usize) -> Result<Standardised, Error> {
    check_shape(data.len(), dimension)?;
    check_finite(data)?;
    let mut result = Standardised { values: data.to_vec(), mean: Vec::new(), sd: Vec::new() };
    for variable in 0..dimension {
        let series = channel(data, dimension, variable);
        let (middle, sd) = (mean(&series), standard_deviation(&series));
        let sd = if sd > 0.0 { sd } else { 1.0 };
        for value in result.values.iter_mut().skip(variable).step_by(dimension) {
            *value = (*value - middle) / sd;
        }
        result.mean.push(middle);
        result.sd.push(sd);
    }
    Ok(result)
}

/// A straight line `y = intercept + slope x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Slope.
    pub slope: f64,
    /// Value at `x = 0`.
    pub intercept: f64,
    /// Standard error of the slope, as if the residuals were independent; 0 for two points.
    pub slope_error: f64,
}

/// The line of least squares through the points, over the shorter length.
///
/// # Errors
/// [`Error::TooFew`] for fewer than two points or when all `x` are equal.
pub fn least_squares(x: &[f64], y: &[f64]) -> Result<Line, Error> {
    let n = if x.len() < y.len() { x.len() } else { y.len() };
    if n < 2 {
        return Err(Error::TooFew { given: n, wanted: 2 });
    }
    let (mx, my) = (mean(&x[..n]), mean(&y[..n]));
    let xx = sum_by(n, |i| (x[i] - mx) * (x[i] - mx));
    if xx.is_nan() || xx <= 0.0 {
        return Err(Error::TooFew { given: 1, wanted: 2 });
    }
    let slope = sum_by(n, |i| (x[i] - mx) * (y[i] - my)) / xx;
    let intercept = my - slope * mx;
    let residual = sum_by(n, |i| {
        let r = y[i] - intercept - slope * x[i];
        r * r
    });
    let slope_error = if n > 2 { libm::sqrt(residual / (n - 2) as f64 / xx) } else { 0.0 };
    Ok(Line { slope, intercept, slope_error })
}

/// Index of the bin that holds `value` among `bins` equal ones of `[low, high]`; the last is closed above.
pub(crate) fn bin(value: f64, low: f64, high: f64, bins: usize) -> Option<usize> {
    if !(value >= low && value <= high && high > low) {
        return None;
    }
    let index = ((value - low) / (high - low) * bins as f64) as usize;
    Some(if index < bins { index } else { bins - 1 })
}

/// Counts in `bins` equal bins of `[low, high]`; values outside are left out.
pub fn histogram(values: &[f64], low: f64, high: f64, bins: usize) -> Vec<u64> {
    let mut counts = vec![0; bins];
    for &value in values {
        if let Some(count) = bin(value, low, high, bins).and_then(|index| counts.get_mut(index)) {
            *count += 1;
        }
    }
    counts
}

/// Counts of the points' projection on two variables, `counts[row * bins + column]` with `rows` the second
/// variable: the slice of a histogram in more dimensions that a page can draw.
///
/// # Errors
/// [`Error::Shape`], [`Error::Dimension`] for a variable or a box that the data do not have.
pub fn histogram_plane(
    data: &[f64],
    dimension: usize,
    variables: [usize; 2],
    edges: &[(f64, f64)],
    bins: usize,
) -> Result<Vec<u64>, Error> {
    check_shape(data.len(), dimension)?;
    let [first, second] = variables;
    for variable in variables {
        if variable >= dimension || variable >= edges.len() {
            return Err(Error::Dimension { given: variable, wanted: dimension });
        }
    }
    let mut counts = vec![0; bins * bins];
    for point in data.chunks_exact(dimension) {
        let column = bin(point[first], edges[first].0, edges[first].1, bins);
        let row = bin(point[second], edges[second].0, edges[second].1, bins);
        if let (Some(column), Some(row)) = (column, row)
            && let Some(count) = counts.get_mut(row * bins + column)
        {
            *count += 1;
        }
    }
    Ok(counts)
}
