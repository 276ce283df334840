//! The largest Lyapunov exponent from a series alone.

use crate::embedding::embed;
use crate::error::{Error, check_option, check_series, check_size};
use crate::neighbours::{Neighbours, Norm};
use crate::scaling::{ScalingRegion, Straight, scaling_region};
use crate::statistics::standard_deviation;

/// Whose separation is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DivergenceMethod {
    /// The nearest neighbour of each point; the curve is the mean of `ln d(k)` with `d` the distance of the delay
    /// vectors after `k` samples (Rosenstein, Collins and De Luca 1993).
    Rosenstein,
    /// All neighbours within `radius` (of more than 1000, evenly spaced ones among them); the curve is the mean over
    /// points of the logarithm of the mean distance of the last coordinates after `k` samples (Kantz 1994).
    Kantz {
        /// The radius, in the series' units.
        radius: f64,
        /// Points with fewer neighbours are left out.
        fewest: usize,
    },
}

/// Options of [`SeriesExponentRun`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesExponentOptions {
    /// Whose separation.
    pub method: DivergenceMethod,
    /// Embedding dimension.
    pub dimension: usize,
    /// Delay in samples.
    pub delay: usize,
    /// Neighbours nearer in time than this many samples do not count; about the mean period of the motion.
    pub theiler: usize,
    /// Samples for which neighbours are followed; until their distance is about the attractor's size.
    pub horizon: usize,
    /// Time between samples.
    pub dt: f64,
    /// Most points that are followed, evenly spaced.
    pub points: usize,
    /// The scaling region may depart from its line by this share of its rise (root mean square).
    pub tolerance: f64,
}

impl Default for SeriesExponentOptions {
    /// Rosenstein's method, dimension 3, delay 1, window 10, horizon 20, time step 1, 5000 points, tolerance 1 %.
    fn default() -> Self {
        Self {
            method: DivergenceMethod::Rosenstein,
            dimension: 3,
            delay: 1,
            theiler: 10,
            horizon: 20,
            dt: 1.0,
            points: 5000,
            tolerance: 0.01,
        }
    }
}

/// A largest exponent from a series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesExponent {
    /// Times at which the separation was measured.
    pub times: Vec<f64>,
    /// Mean logarithm of the separation at each.
    pub curve: Vec<f64>,
    /// Points followed so far whose neighbours counted.
    pub followed: u64,
    /// The straight part of the curve; its slope is the exponent, in units of one over time.
    pub region: Option<ScalingRegion>,
    /// Whether there is a straight part that rises by a factor of at least `e` (the rule below), and its error is at
    /// most a fifth of the exponent.
    pub converged: bool,
}

/// Least rise of a scaling region: a factor `e`.
const RISE: f64 = 1.0;
const FEWEST_POINTS: usize = 6;
const MOST_SAMPLES: usize = 1 << 20;
const MOST_NEIGHBOURS: usize = 1000;

/// A measurement of the largest exponent from a series.
///
/// Neighbours in the embedded series separate as `d(k) ≈ d(0) exp(λ k dt)` until their distance is the attractor's
/// size. The scaling region is the longest stretch of the curve, of at least six points and a rise of at least 1, whose
/// root mean square distance from its own line is at most the tolerance times its rise; for a periodic or a random
/// series there is usually none. Work counts points followed, each one search for neighbours and `horizon` distances a
/// neighbour.
///
/// Source: Rosenstein, Collins and De Luca, A practical method for calculating largest Lyapunov exponents from small
/// data sets (1993); Kantz, A robust method to estimate the maximal Lyapunov exponent of a time series (1994).
#[derive(Clone, Debug)]
pub struct SeriesExponentRun {
    options: SeriesExponentOptions,
    series: Vec<f64>,
    vectors: Vec<f64>,
    tree: Neighbours,
    /// Points with a future, the distance of those that are followed, and the next one.
    count: usize,
    stride: usize,
    next: usize,
    totals: Vec<f64>,
    counts: Vec<u64>,
    followed: u64,
    found: Vec<usize>,
}

impl SeriesExponentRun {
    /// A measurement on a series.
    ///
    /// # Errors
    /// [`Error::Option`], [`Error::TooShort`], [`Error::Constant`], [`Error::NotFinite`], [`Error::TooLarge`].
    pub fn new(series: &[f64], options: SeriesExponentOptions) -> Result<Self, Error> {
        let SeriesExponentOptions { dimension, delay, theiler, horizon, dt, points, tolerance, .. } = options;
        check_option(
            (1..=20).contains(&dimension),
            "embedding dimension",
            dimension as f64,
            "between 1 and 20",
        )?;
        check_option((1..=1 << 16).contains(&delay), "delay", delay as f64, "between 1 and 65536 samples")?;
        check_option(theiler <= 1 << 16, "window in time", theiler as f64, "at most 65536 samples")?;
        check_option((8..=2048).contains(&horizon), "horizon", horizon as f64, "between 8 and 2048 samples")?;
        check_option(dt > 0.0 && dt.is_finite(), "time between samples", dt, "a positive number")?;
        check_option(points > 0, "number of points", 0.0, "at least 1")?;
        check_option(tolerance > 0.0 && tolerance < 1.0, "tolerance", tolerance, "between 0 and 1")?;
        if let DivergenceMethod::Kantz { radius, fewest } = options.method {
            check_option(radius > 0.0 && radius.is_finite(), "radius", radius, "a positive number")?;
            check_option(fewest > 0, "number of neighbours", 0.0, "at least 1")?;
        }
        check_size("samples", series.len(), MOST_SAMPLES, "take every second sample, or a shorter stretch")?;
        let wanted = (dimension - 1) * delay + horizon + 2 * theiler + 50;
        check_series(
            series,
            wanted,
            "a largest exponent",
            "give a longer series, or a smaller delay, dimension, horizon or window in time",
        )?;
        let count = series.len() - (dimension - 1) * delay - horizon;
        let vectors = embed(series, dimension, delay)?;
        let tree = Neighbours::new(&vectors[..count * dimension], dimension, Norm::Euclidean)?;
        Ok(Self {
            options,
            series: series.to_vec(),
            vectors,
            tree,
            count,
            stride: count.div_ceil(points),
            next: 0,
            totals: vec![0.0; horizon + 1],
            counts: vec![0; horizon + 1],
            followed: 0,
            found: Vec::new(),
        })
    }

    /// Follows at most `work` further points; true when all have been.
    ///
    /// # Errors
    /// [`Error::NoNeighbours`] when no point had as many as asked for.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        for _ in 0..work {
            if self.next >= self.count {
                break;
            }
            match self.options.method {
                DivergenceMethod::Rosenstein => self.follow_nearest(),
                DivergenceMethod::Kantz { radius, fewest } => self.follow_all(radius, fewest),
            }
            self.next += self.stride;
        }
        let done = self.next >= self.count;
        if done
            && self.followed == 0
            && let DivergenceMethod::Kantz { radius, fewest } = self.options.method
        {
            return Err(Error::NoNeighbours { wanted: fewest, radius });
        }
        Ok(done)
    }

    /// Share of the points followed.
    pub fn progress(&self) -> f64 {
        if self.next >= self.count { 1.0 } else { self.next as f64 / self.count as f64 }
    }

    fn vector(&self, i: usize) -> &[f64] {
        let m = self.options.dimension;
        &self.vectors[i * m..(i + 1) * m]
    }

    fn follow_nearest(&mut self) {
        let (i, theiler) = (self.next, self.options.theiler);
        let near = self.tree.nearest(self.vector(i), |j| j != i && i.abs_diff(j) > theiler);
        let Some((j, _)) = near else { return };
        self.followed += 1;
        for k in 0..=self.options.horizon {
            let distance = Norm::Euclidean.distance(self.vector(i + k), self.vector(j + k));
            // Two points that coincide have no separation that could grow.
            if distance > 0.0 {
                self.totals[k] += libm::log(distance);
                self.counts[k] += 1;
            }
        }
    }

    fn follow_all(&mut self, radius: f64, fewest: usize) {
        let (i, theiler) = (self.next, self.options.theiler);
        let mut found = core::mem::take(&mut self.found);
        self.tree.within(self.vector(i), radius, &mut found);
        found.retain(|&j| j != i && i.abs_diff(j) > theiler);
        if found.len() >= fewest {
            if found.len() > MOST_NEIGHBOURS {
                let stride = found.len().div_ceil(MOST_NEIGHBOURS);
                let mut place = 0;
                found.retain(|_| {
                    place += 1;
                    (place - 1) % stride == 0
                });
            }
            self.followed += 1;
            let last = (self.options.dimension - 1) * self.options.delay;
            for k in 0..=self.options.horizon {
                let here = self.series[i + last + k];
                let apart = |&j: &usize| libm::fabs(self.series[j + last + k] - here);
                let mean = found.iter().map(apart).fold(0.0, |total, d| total + d) / found.len() as f64;
                if mean > 0.0 {
                    self.totals[k] += libm::log(mean);
                    self.counts[k] += 1;
                }
            }
        }
        self.found = found;
    }

    /// What has been measured so far.
    pub fn exponent(&self) -> SeriesExponent {
        let measured = self.counts.iter().take_while(|count| **count > 0).count();
        let times: Vec<f64> = (0..measured).map(|k| k as f64 * self.options.dt).collect();
        let curve: Vec<f64> = (0..measured).map(|k| self.totals[k] / self.counts[k] as f64).collect();
        let tolerance = self.options.tolerance;
        let straight = Straight { tolerance, points: FEWEST_POINTS, rise: RISE };
        let region = scaling_region(&times, &curve, straight);
        let converged = self.next >= self.count && region.is_some_and(|r| r.error <= 0.2 * r.slope);
        SeriesExponent { times, curve, followed: self.followed, region, converged }
    }
}

/// A radius for Kantz's method: a twentieth of the series' standard deviation.
pub fn kantz_radius(series: &[f64]) -> f64 {
    0.05 * standard_deviation(series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbits::{henon, logistic, lorenz, noise, sine};
    use crate::statistics::channel;

    fn measure(series: &[f64], options: SeriesExponentOptions) -> SeriesExponent {
        let mut run = SeriesExponentRun::new(series, options).unwrap();
        while !run.advance(1000).unwrap() {}
        assert_eq!(run.progress(), 1.0);
        run.exponent()
    }

    #[test]
    fn rosenstein_finds_the_exponent_of_lorenz_from_one_variable() {
        let series = channel(&lorenz(20_000, 4), 3, 0);
        let options = SeriesExponentOptions {
            dimension: 5,
            delay: 3,
            theiler: 40,
            horizon: 200,
            dt: 0.04,
            ..Default::default()
        };
        let found = measure(&series, options);
        let region = found.region.unwrap();
        // 0.9056 by tangent dynamics (Sprott 2003).
        assert!((region.slope - 0.9056).abs() < region.error && region.error < 0.1, "{region:?}");
        assert!(found.converged);
    }

    #[test]
    fn kantz_finds_ln_2_of_the_logistic_map() {
        let options = SeriesExponentOptions {
            method: DivergenceMethod::Kantz { radius: 0.001, fewest: 5 },
            dimension: 1,
            theiler: 5,
            horizon: 25,
            ..Default::default()
        };
        let found = measure(&logistic(10_000), options);
        let region = found.region.unwrap();
        let truth = core::f64::consts::LN_2;
        assert!(
            (region.slope - truth).abs() < 0.05 && (region.slope - truth).abs() < 2.0 * region.error,
            "{region:?}"
        );
        assert!(found.converged);
    }

    #[test]
    fn both_methods_find_the_exponent_of_henon() {
        let series = channel(&henon(10_000), 2, 0);
        let radius = 0.2 * kantz_radius(&series);
        for method in [DivergenceMethod::Rosenstein, DivergenceMethod::Kantz { radius, fewest: 3 }] {
            let options = SeriesExponentOptions { method, dimension: 2, horizon: 25, ..Default::default() };
            let found = measure(&series, options);
            let region = found.region.unwrap();
            // 0.4192 by tangent dynamics (Sprott 2003).
            assert!((region.slope - 0.4192).abs() < 0.04, "{region:?}");
        }
    }

    #[test]
    fn a_sine_and_noise_have_no_scaling_region() {
        let options = SeriesExponentOptions { dimension: 3, delay: 5, horizon: 50, ..Default::default() };
        for series in [sine(4000, 0.0311), noise(4000)] {
            let found = measure(&series, options);
            assert!(!found.converged, "{:?}", found.region);
        }
    }

    #[test]
    fn curves_are_those_that_looking_at_all_points_gives() {
        let (series, horizon, theiler) = (logistic(200), 8, 6);
        let count = 200 - 1 - horizon;
        let apart = |i: usize, j: usize| libm::hypot(series[i] - series[j], series[i + 1] - series[j + 1]);
        let others = |i: usize| (0..count).filter(move |&j| i.abs_diff(j) > theiler);
        let options = SeriesExponentOptions { dimension: 2, theiler, horizon, ..Default::default() };
        let found = measure(&series, options);
        let near: Vec<usize> = (0..count)
            .map(|i| others(i).min_by(|&a, &b| apart(i, a).total_cmp(&apart(i, b))).unwrap())
            .collect();
        for k in 0..=horizon {
            let total: f64 = (0..count).map(|i| libm::log(apart(i + k, near[i] + k))).sum();
            assert!((found.curve[k] - total / count as f64).abs() < 1e-12);
        }
        let (radius, fewest) = (0.2, 4);
        let method = DivergenceMethod::Kantz { radius, fewest };
        let found = measure(&series, SeriesExponentOptions { method, ..options });
        let balls: Vec<(usize, Vec<usize>)> = (0..count)
            .map(|i| (i, others(i).filter(|&j| apart(i, j) < radius).collect()))
            .filter(|(_, ball): &(usize, Vec<usize>)| ball.len() >= fewest)
            .collect();
        assert_eq!(found.followed, balls.len() as u64);
        for k in 0..=horizon {
            let mean = |(i, ball): &(usize, Vec<usize>)| {
                let total: f64 = ball.iter().map(|j| (series[i + 1 + k] - series[j + 1 + k]).abs()).sum();
                libm::log(total / ball.len() as f64)
            };
            let total: f64 = balls.iter().map(mean).sum();
            assert!((found.curve[k] - total / balls.len() as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn results_can_be_read_on_the_way_and_do_not_depend_on_the_pieces() {
        let (series, options) =
            (logistic(1000), SeriesExponentOptions { dimension: 2, ..Default::default() });
        let mut run = SeriesExponentRun::new(&series, options).unwrap();
        assert!(run.exponent().curve.is_empty());
        assert!(!run.advance(7).unwrap());
        assert!(run.progress() > 0.0 && run.exponent().followed == 7 && !run.exponent().converged);
        while !run.advance(13).unwrap() {}
        assert_eq!(run.exponent(), measure(&series, options));
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_advice() {
        let options = SeriesExponentOptions::default();
        let short = SeriesExponentRun::new(&logistic(60), options).unwrap_err().to_string();
        assert!(short.contains("longer series"), "{short}");
        assert!(matches!(SeriesExponentRun::new(&[1.0; 500], options), Err(Error::Constant { .. })));
        let far = DivergenceMethod::Kantz { radius: 1e-12, fewest: 5 };
        let mut run =
            SeriesExponentRun::new(&noise(500), SeriesExponentOptions { method: far, ..options }).unwrap();
        let alone = run.advance(1000).unwrap_err().to_string();
        assert!(alone.contains("larger radius") && alone.contains("5 neighbours"), "{alone}");
        let bad = SeriesExponentOptions { dt: f64::NAN, ..options };
        assert!(matches!(SeriesExponentRun::new(&noise(500), bad), Err(Error::Option { .. })));
    }
}
