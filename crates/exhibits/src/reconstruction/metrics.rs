//! How alike the learned dynamics and the data are.

use rnn::{Series, TrainedMap};

/// Bins of the histogram that is drawn.
const BINS: usize = 30;
/// Width of the Gaussian that smooths spectra, in bins of frequency.
const SMOOTHING: f64 = 20.0;
/// Share of a generated run that is dropped at its start.
const DROPPED: f64 = 0.2;

/// State-space divergence and distance of spectra.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    /// `D_stsp`.
    pub(crate) states: f64,
    /// `D_H`.
    pub(crate) spectra: f64,
}

/// The rows of a generated run that count: the first fifth is dropped. None where too few are left.
pub(crate) fn settled(orbit: &[f64], width: usize) -> Option<&[f64]> {
    let rows = orbit.len() / width;
    let kept = &orbit[(rows as f64 * DROPPED) as usize * width..];
    (kept.len() / width >= 200).then_some(kept)
}

/// `D_stsp` of the settled part of a run, counted in a box about the data. None for a run that is too short or nowhere near
/// the data.
pub(crate) fn states(data: &Series, orbit: &[f64]) -> Option<f64> {
    let channels = data.channels().len();
    let kept = settled(orbit, channels)?;
    analysis::state_space_divergence(data.values(), kept, channels, &Default::default()).ok()?
}

/// Holds a generated run against the data: the first fifth of the run is dropped, and the data cut to its length
/// for the spectra. None for a run that is too short or nowhere near the data.
pub(crate) fn geometry(data: &Series, orbit: &[f64]) -> Option<Geometry> {
    let channels = data.channels().len();
    let kept = settled(orbit, channels)?;
    let rows = kept.len() / channels;
    let states = states(data, orbit)?;
    let length = rows.min(data.rows()) * channels;
    let spectra = analysis::spectrum_distance(&data.values()[..length], &kept[..length], channels, SMOOTHING)
        .ok()??;
    Some(Geometry { states, spectra })
}

/// How far the free run of a network is from the series it trained on: the criterion by which checkpoints are
/// chosen, which never sees the test series. Infinite for a run that goes nowhere near it.
pub(crate) fn score(train: &Series, map: &TrainedMap) -> f64 {
    let orbit = map.clone().free_run(train.row(0), train.rows()).map(|run| run.values).unwrap_or_default();
    geometry(train, &orbit).map_or(f64::INFINITY, |g| g.states)
}

/// Smoothed power spectrum with sum 1 against the frequency; none for a short run.
pub(crate) fn spectrum(values: &[f64], interval: f64) -> Option<(Vec<f64>, Vec<f64>)> {
    if values.len() < 200 {
        return None;
    }
    let power = analysis::smoothed_spectrum(values, SMOOTHING);
    let length = values.len() as f64 * interval;
    // Frequency 0 has no place on a logarithmic axis.
    let x = (1..power.len()).map(|k| k as f64 / length).collect();
    Some((x, power[1..].to_vec()))
}

/// Shares of thirty bins between the extremes of `range`; the middle of each bin, and the shares.
pub(crate) fn histogram(range: &[f64], values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let low = range.iter().fold(f64::INFINITY, |a, b| if *b < a { *b } else { a });
    let high = range.iter().fold(f64::NEG_INFINITY, |a, b| if *b > a { *b } else { a });
    let width = (high - low) / BINS as f64;
    let counts = analysis::histogram(values, low, high, BINS);
    let total = if values.is_empty() { 1.0 } else { values.len() as f64 };
    let middles = (0..BINS).map(|b| low + (b as f64 + 0.5) * width).collect();
    (middles, counts.iter().map(|&c| c as f64 / total).collect())
}
