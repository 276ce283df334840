//! A network that runs freely: where it goes, through which regions, and how far that is from the data.

use crate::error::ExhibitError;
use crate::reconstruction::metrics::{self, Geometry};
use analysis::{RegionOrbit, SymbolStatistics, block_entropies, entropy_rates, symbol_statistics};
use numerics::{Map, PiecewiseAffine};
use rnn::{Series, TrainedMap};

/// A run that is so many standard deviations away has escaped.
const ESCAPE: f64 = 1e3;
/// `D_stsp` of a run that escaped or is nowhere near the data, and the most that is told of any other.
pub(super) const WORST: f64 = 14.0;
/// Share of the run from which a region counts as used.
const USED: f64 = 0.005;
/// Share of the run that is dropped at its start.
const DROPPED: f64 = 0.2;

/// A free run.
pub(super) struct Walk {
    /// States and regions, step by step.
    pub(super) orbit: RegionOrbit,
    /// The read-outs, `N` a row.
    pub(super) outputs: Vec<f64>,
    latent: usize,
    rectified: usize,
}

fn refused(error: impl std::fmt::Display) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

impl Walk {
    /// Runs from the first row of a series for one and a quarter of its length.
    pub(super) fn of(map: &TrainedMap, series: &Series) -> Result<Self, ExhibitError> {
        let (latent, channels) = (Map::<f64>::dimension(map), map.outputs());
        let mut start = vec![0.0; latent];
        map.begin(series.row(0), &mut start);
        let mut pieces =
            map.clone().piecewise().ok_or_else(|| refused("the network has no linear regions"))?;
        let steps = series.rows() + series.rows() / 4;
        let mut switches = Vec::new();
        pieces.region(&start, &mut switches);
        let orbit = analysis::region_orbit(&mut pieces, &start, steps, ESCAPE).map_err(refused)?;
        let mut outputs = vec![0.0; orbit.symbols.len() * channels];
        for (state, output) in orbit.states.chunks_exact(latent).zip(outputs.chunks_exact_mut(channels)) {
            map.read_out(state, output);
        }
        Ok(Self { orbit, outputs, latent, rectified: switches.len() })
    }

    /// State-space divergence and distance of spectra; none for a run that escaped or is nowhere near the data.
    pub(super) fn geometry(&self, series: &Series) -> Option<Geometry> {
        let stayed = self.orbit.escaped.is_none();
        stayed.then(|| metrics::geometry(series, &self.outputs)).flatten()
    }

    /// State-space divergence alone; infinite for a run that escaped or is nowhere near the data.
    pub(super) fn divergence(&self, series: &Series) -> f64 {
        let stayed = self.orbit.escaped.is_none();
        let found = stayed.then(|| metrics::states(series, &self.outputs)).flatten();
        found.unwrap_or(f64::INFINITY)
    }

    /// The regions of the settled run.
    pub(super) fn symbols(&self) -> &[u32] {
        let all = &self.orbit.symbols;
        &all[(all.len() as f64 * DROPPED) as usize..]
    }

    /// Where the run passes from one side of a rectifier's border to the other: the read-out part of the point at which
    /// the straight line between two states meets `z_j = 0`.
    pub(super) fn crossings(&self, channels: usize) -> Vec<Vec<f64>> {
        let m = self.latent;
        let mut all = Vec::new();
        for (step, pair) in self.orbit.symbols.windows(2).enumerate() {
            let changed = pair[0] ^ pair[1];
            if changed == 0 {
                continue;
            }
            let (from, to) = (&self.orbit.states[step * m..][..m], &self.orbit.states[(step + 1) * m..][..m]);
            for bit in (0..self.rectified).filter(|bit| changed >> bit & 1 == 1) {
                // The rectified units are the last ones.
                let unit = m - self.rectified + bit;
                let share = from[unit] / (from[unit] - to[unit]);
                if share.is_finite() {
                    all.push((0..channels).map(|c| from[c] + share * (to[c] - from[c])).collect());
                }
            }
        }
        all
    }
}

/// What the regions of a run say as a sequence of symbols.
pub(super) struct Code {
    /// Letters, occupancies, transitions.
    pub(super) statistics: SymbolStatistics,
    /// Places among the letters of the regions that are used, more than half a per cent of the time.
    pub(super) used: Vec<usize>,
}

impl Code {
    /// The code of a sequence.
    pub(super) fn of(symbols: &[u32]) -> Result<Self, ExhibitError> {
        let statistics = symbol_statistics(symbols).map_err(refused)?;
        let used = (0..statistics.letters.len()).filter(|at| statistics.occupancy[*at] > USED).collect();
        Ok(Self { statistics, used })
    }

    /// The number of a region among those used, from 1; 0 for one that is hardly ever visited.
    pub(super) fn number(&self, symbol: u32) -> usize {
        self.used.iter().position(|at| self.statistics.letters[*at] == symbol).map_or(0, |place| place + 1)
    }

    /// The place of the region that is visited most.
    pub(super) fn favourite(&self) -> Option<usize> {
        let shares = &self.statistics.occupancy;
        self.used.iter().copied().reduce(|best, at| if shares[at] > shares[best] { at } else { best })
    }
}

/// Entropy rates `h_1 … h_m` of a sequence of regions, in bits a symbol; of switches when it is their sequence.
pub(super) fn rates(symbols: &[u32], depth: usize) -> Result<Vec<f64>, ExhibitError> {
    Ok(entropy_rates(&block_entropies(symbols, depth).map_err(refused)?))
}

/// A region as the signs of its rectified units: 1 where it is on.
pub(super) fn region_name(region: u32, rectified: usize) -> String {
    if rectified == 0 {
        return "all".into();
    }
    (0..rectified).map(|bit| if region >> bit & 1 == 1 { '1' } else { '0' }).collect()
}
