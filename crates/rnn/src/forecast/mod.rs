//! Forecasters of a series: from the climate, from the last value, linear, by analogues, by random features, by a
//! reservoir, by a residual network.
//!
//! All of them are deterministic for a seed. They are meant for standardised series: what is rolled forward is kept
//! within [`CLIP`].

mod analogue;
mod features;
mod linear;
mod reservoir;
mod residual;
mod ridge;

pub use ridge::Ridge;

use crate::error::Error;
use analogue::Analogue;
use features::RandomFeatures;
use linear::Linear;
use reservoir::Reservoir;
use residual::Residual;

/// Most channels of a series to forecast.
pub const MOST_CHANNELS: usize = 256;
/// Fewest rows to learn from.
pub const FEWEST_ROWS: usize = 60;
/// Values that are rolled forward stay within this, in standard deviations.
pub const CLIP: f64 = 8.0;

/// A way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForecastKind {
    /// The mean of what was learned from.
    Climatology,
    /// The last value.
    Persistence,
    /// Ridge regression of the next increment on the last three rows.
    Linear,
    /// What followed the nearest row learned from (Lorenz 1969).
    Analogue,
    /// Ridge regression of the next increment on 300 random features of the last row (Huang et al. 2006).
    RandomFeatures,
    /// Ridge regression of the next increment on a reservoir of 200 units (Jaeger 2001).
    Reservoir,
    /// Residual blocks from 30 values of a channel to the next 30, trained by Adam (after Oreshkin et al. 2020).
    Residual,
}

/// Every way to forecast; controls, documentation and tests come from this list.
pub const FORECASTS: [ForecastKind; 7] = [
    ForecastKind::Climatology,
    ForecastKind::Persistence,
    ForecastKind::Linear,
    ForecastKind::Analogue,
    ForecastKind::RandomFeatures,
    ForecastKind::Reservoir,
    ForecastKind::Residual,
];

impl ForecastKind {
    /// Name in links.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Climatology => "climatology",
            Self::Persistence => "persistence",
            Self::Linear => "linear",
            Self::Analogue => "analogue",
            Self::RandomFeatures => "random-features",
            Self::Reservoir => "reservoir",
            Self::Residual => "residual",
        }
    }

    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Climatology => "climatology",
            Self::Persistence => "persistence",
            Self::Linear => "linear",
            Self::Analogue => "analogue",
            Self::RandomFeatures => "random features",
            Self::Reservoir => "reservoir",
            Self::Residual => "residual network",
        }
    }

    /// The way of this slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        FORECASTS.into_iter().find(|kind| kind.slug() == slug)
    }

    /// A forecaster that is to learn from a series of so many channels, row by row.
    ///
    /// # Errors
    /// [`Error::Size`] for no or too many channels, [`Error::Length`] for rows that are not whole,
    /// [`Error::TooShort`] for fewer than [`FEWEST_ROWS`], [`Error::Setting`] for what is not finite.
    pub fn forecaster(
        self,
        series: &[f64],
        channels: usize,
        seed: u64,
    ) -> Result<Box<dyn Forecaster>, Error> {
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let what = "the number of channels";
            return Err(Error::Size { what, found: channels, least: 1, most: MOST_CHANNELS });
        }
        let rows = series.len() / channels;
        if rows * channels != series.len() {
            let expected = rows * channels;
            return Err(Error::Length { what: "the series", found: series.len(), expected });
        }
        if rows < FEWEST_ROWS {
            return Err(Error::TooShort { found: rows, needed: FEWEST_ROWS });
        }
        if let Some(found) = series.iter().find(|value| !value.is_finite()) {
            return Err(Error::Setting { what: "a value of the series", found: *found, expected: "finite" });
        }
        Ok(match self {
            Self::Climatology => Box::new(Climatology::new(series, channels)),
            Self::Persistence => Box::new(Persistence { channels }),
            Self::Linear => Box::new(Linear::new(series, channels)),
            Self::Analogue => Box::new(Analogue::new(series, channels)),
            Self::RandomFeatures => Box::new(RandomFeatures::new(series, channels, seed)),
            Self::Reservoir => Box::new(Reservoir::new(series, channels, seed)),
            Self::Residual => Box::new(Residual::new(series, channels, seed)?),
        })
    }
}

/// Learns bit by bit, then forecasts.
pub trait Forecaster {
    /// A few milliseconds of learning; true when there is no more to learn.
    ///
    /// # Errors
    /// [`Error::Setting`] where what was learned is not finite.
    fn learn(&mut self) -> Result<bool, Error> {
        Ok(true)
    }
    /// Rows of the past that a forecast looks at; more do not change it, with fewer it does what it can.
    fn context(&self) -> usize;
    /// The rows that follow a past, `steps` of them; a past without a row is answered with zeros.
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64>;
}

/// Keeps a value within [`CLIP`]; what is no number becomes 0.
fn clip(value: f64) -> f64 {
    if value > CLIP {
        CLIP
    } else if value >= -CLIP {
        value
    } else if value < -CLIP {
        -CLIP
    } else {
        0.0
    }
}

/// The last row of a past, or zeros.
fn last(past: &[f64], channels: usize) -> Vec<f64> {
    past.chunks_exact(channels).next_back().map_or_else(|| vec![0.0; channels], <[f64]>::to_vec)
}

struct Climatology(Vec<f64>);

impl Climatology {
    fn new(series: &[f64], channels: usize) -> Self {
        let rows = series.len() / channels;
        let mean = |c| numerics::sum_by(rows, |row| series[row * channels + c]) / rows as f64;
        Self((0..channels).map(mean).collect())
    }
}

impl Forecaster for Climatology {
    fn context(&self) -> usize {
        0
    }
    fn forecast(&self, _: &[f64], steps: usize) -> Vec<f64> {
        self.0.repeat(steps)
    }
}

struct Persistence {
    channels: usize,
}

impl Forecaster for Persistence {
    fn context(&self) -> usize {
        1
    }
    fn forecast(&self, past: &[f64], steps: usize) -> Vec<f64> {
        last(past, self.channels).repeat(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Real;

    /// Two sines, standardised: what follows is a linear function of the last rows.
    fn waves(rows: usize) -> Vec<f64> {
        let root = 2.0_f64.sqrt();
        (0..rows)
            .flat_map(|t| {
                let angle = 0.21 * t as f64;
                [root * Real::sin(angle), root * Real::cos(angle)]
            })
            .collect()
    }

    fn learned(kind: ForecastKind, series: &[f64], channels: usize, seed: u64) -> Box<dyn Forecaster> {
        let mut forecaster = kind.forecaster(series, channels, seed).unwrap();
        while !forecaster.learn().unwrap() {}
        forecaster
    }

    /// Learned from two channels, as far as 30 slices go.
    fn begun(kind: ForecastKind, series: &[f64], seed: u64) -> Box<dyn Forecaster> {
        let mut forecaster = kind.forecaster(series, 2, seed).unwrap();
        (0..30).any(|_| forecaster.learn().unwrap());
        forecaster
    }

    fn error(kind: ForecastKind, steps: usize) -> f64 {
        let all = waves(900);
        let (train, test) = all.split_at(2 * 700);
        let forecaster = learned(kind, train, 2, 5);
        let (past, future) = test.split_at(2 * 100);
        let forecast = forecaster.forecast(past, steps);
        assert_eq!(forecast.len(), 2 * steps);
        let squares = forecast.iter().zip(future).map(|(a, b)| (a - b) * (a - b));
        (squares.sum::<f64>() / (2 * steps) as f64).sqrt()
    }

    #[test]
    fn what_learns_forecasts_a_wave_and_what_does_not_fails() {
        for (kind, most) in [
            (ForecastKind::Linear, 1e-4),
            (ForecastKind::Analogue, 0.15),
            (ForecastKind::RandomFeatures, 2e-3),
            (ForecastKind::Reservoir, 1e-2),
            (ForecastKind::Residual, 0.15),
        ] {
            let error = error(kind, 45);
            assert!(error < most, "{}: {error}", kind.slug());
        }
        assert!(error(ForecastKind::Persistence, 45) > 0.9);
        assert!((error(ForecastKind::Climatology, 30) - 1.0).abs() < 0.1);
    }

    #[test]
    fn forecasts_repeat_for_a_seed_and_change_with_it() {
        let series = waves(200);
        for kind in FORECASTS {
            let of = |seed| begun(kind, &series, seed).forecast(&series, 10);
            assert_eq!(of(1), of(1), "{}", kind.slug());
            let random = matches!(
                kind,
                ForecastKind::RandomFeatures | ForecastKind::Reservoir | ForecastKind::Residual
            );
            assert_eq!(of(1) != of(2), random, "{}", kind.slug());
            assert_eq!(ForecastKind::from_slug(kind.slug()), Some(kind));
        }
    }

    #[test]
    fn forecasts_look_no_further_back_than_they_say() {
        let series = waves(300);
        for kind in FORECASTS {
            let forecaster = begun(kind, &series, 1);
            let long = forecaster.forecast(&series, 5);
            let short = forecaster.forecast(&series[series.len() - 2 * forecaster.context()..], 5);
            assert_eq!(long, short, "{}", kind.slug());
            // Less of a past, or none, is no panic.
            assert_eq!(forecaster.forecast(&series[..2], 3).len(), 6);
            assert_eq!(forecaster.forecast(&[], 3).len(), 6);
        }
    }

    #[test]
    fn unstable_roll_outs_stay_within_the_clip() {
        // An exploding series, learned as it is.
        let series: Vec<f64> = (0..100).map(|t| Real::exp(0.05 * f64::from(t)) / 20.0).collect();
        for kind in [ForecastKind::Linear, ForecastKind::RandomFeatures, ForecastKind::Reservoir] {
            let forecast = learned(kind, &series, 1, 1).forecast(&series, 400);
            assert!(forecast.iter().all(|v| v.abs() <= CLIP), "{}", kind.slug());
        }
        assert_eq!([clip(f64::NAN), clip(f64::INFINITY), clip(-9.0)], [0.0, CLIP, -CLIP]);
    }

    #[test]
    fn wrong_series_are_refused() {
        let kind = ForecastKind::Linear;
        assert!(matches!(kind.forecaster(&[], 0, 1), Err(Error::Size { .. })));
        assert!(matches!(kind.forecaster(&[0.0; 129], 2, 1), Err(Error::Length { .. })));
        assert!(matches!(kind.forecaster(&[0.0; 20], 2, 1), Err(Error::TooShort { .. })));
        assert!(matches!(kind.forecaster(&[f64::NAN; 200], 2, 1), Err(Error::Setting { .. })));
        // A constant series has nothing to learn; the answer is its value.
        let forecast = learned(kind, &[0.5; 200], 1, 1).forecast(&[0.5; 5], 3);
        assert!(forecast.iter().all(|v| (v - 0.5).abs() < 1e-9));
    }
}
