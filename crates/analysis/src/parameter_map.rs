//! The largest Lyapunov exponent over a plane of two parameters.

use crate::error::{Error, check_finite, check_option};
use crate::family::{FlowPlane, MapPlane};
use crate::lyapunov::{FlowTangent, MapTangent, Tangent};

/// The values of one parameter: evenly spaced, both ends among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterAxis {
    /// First value.
    pub from: f64,
    /// Last value.
    pub to: f64,
    /// Number of values.
    pub count: usize,
}

impl ParameterAxis {
    /// The value at an index.
    pub fn at(&self, index: usize) -> f64 {
        if self.count < 2 {
            return self.from;
        }
        let share = index as f64 / (self.count - 1) as f64;
        self.from * (1.0 - share) + self.to * share
    }
}

/// How to map.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterMapOptions {
    /// The first parameter, along a row.
    pub first: ParameterAxis,
    /// The second parameter, from row to row.
    pub second: ParameterAxis,
    /// The part that is computed, as columns `.0..` `.1` and rows `.2..` `.3`, to share a map out; none for all.
    pub part: Option<(usize, usize, usize, usize)>,
    /// Length of a step of a flow.
    pub dt: f64,
    /// Steps, or iterations, discarded in each cell.
    pub transient: u64,
    /// Steps measured in each cell.
    pub steps: u64,
    /// Steps between normalisations of the tangent vector.
    pub every: u32,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
    /// A cell has converged when its standard error does not exceed this.
    pub tolerance: f64,
}

impl Default for ParameterMapOptions {
    /// 256 by 256 values from 0 to 1; steps of 0.01, 5000 discarded and 20000 measured, normalised every 10; bound 1e8,
    /// tolerance 0.01.
    fn default() -> Self {
        let axis = ParameterAxis { from: 0.0, to: 1.0, count: 256 };
        Self {
            first: axis,
            second: axis,
            part: None,
            dt: 0.01,
            transient: 5000,
            steps: 20_000,
            every: 10,
            bound: 1e8,
            tolerance: 0.01,
        }
    }
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellState {
    /// Nothing yet.
    Empty,
    /// Its value is that of a coarser neighbour.
    Coarse,
    /// Measured, within the tolerance.
    Converged,
    /// Measured, but with an error beyond the tolerance.
    Unconverged,
    /// The orbit left the bound.
    Diverged,
}

/// One cell of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterCell {
    /// Largest Lyapunov exponent, in units of one over time (for a map, per iteration); not a number where it is not
    /// known; minus infinity where a tangent vector vanished.
    pub exponent: f64,
    /// Standard error, from the means of eight consecutive blocks.
    pub error: f64,
    /// What is known.
    pub state: CellState,
}

const EMPTY: ParameterCell =
    ParameterCell { exponent: f64::NAN, error: f64::INFINITY, state: CellState::Empty };

/// Number of blocks whose means give the error.
const BLOCKS: u64 = 8;

/// What carries a tangent vector at two parameters.
pub trait PlaneTangent: Tangent {
    /// Takes both parameters.
    fn place(&mut self, first: f64, second: f64);
}

impl<F: FlowPlane> PlaneTangent for FlowTangent<F> {
    fn place(&mut self, first: f64, second: f64) {
        self.flow_mut().place(first, second);
    }
}

impl<M: MapPlane> PlaneTangent for MapTangent<M> {
    fn place(&mut self, first: f64, second: f64) {
        self.map_mut().place(first, second);
    }
}

/// A map that sharpens from coarse to fine, and can be stopped and read at any time.
///
/// Every cell starts from the same state, so that its value depends neither on the order nor on the part computed. The
/// first cells stand 16 apart; each later pass halves the distance, and a cell that is not measured yet shows the one at
/// the upper left corner of its block.
#[derive(Clone, Debug)]
pub struct ParameterMapRun<S> {
    tangent: S,
    options: ParameterMapOptions,
    x0: Vec<f64>,
    cells: Vec<ParameterCell>,
    columns: usize,
    rows: usize,
    origin: (usize, usize),
    stride: usize,
    next: usize,
    done: usize,
    current: Option<Measuring>,
}

/// A cell under way.
#[derive(Clone, Debug)]
struct Measuring {
    column: usize,
    row: usize,
    x: Vec<f64>,
    q: Vec<f64>,
    taken: u64,
    total: f64,
    block: f64,
    blocks: Vec<f64>,
}

impl<F: FlowPlane> ParameterMapRun<FlowTangent<F>> {
    /// A map over a flow, which is stepped by Runge-Kutta 4 from time 0.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn flow(flow: F, options: ParameterMapOptions, x0: &[f64]) -> Result<Self, Error> {
        let dt = options.dt;
        check_option(dt > 0.0 && dt.is_finite(), "step", dt, "a positive number")?;
        Self::new(FlowTangent::new(flow, dt), options, x0)
    }
}

impl<M: MapPlane> ParameterMapRun<MapTangent<M>> {
    /// A map over a map.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn map(map: M, options: ParameterMapOptions, x0: &[f64]) -> Result<Self, Error> {
        Self::new(MapTangent::new(map), options, x0)
    }
}

impl<S: PlaneTangent> ParameterMapRun<S> {
    /// A map over whatever carries tangent vectors at two parameters.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn new(tangent: S, options: ParameterMapOptions, x0: &[f64]) -> Result<Self, Error> {
        let n = tangent.dimension();
        if x0.len() != n || n == 0 {
            return Err(Error::Dimension { given: x0.len(), wanted: n });
        }
        check_finite(x0)?;
        let (first, second) = (options.first, options.second);
        check_finite(&[first.from, first.to, second.from, second.to])?;
        let total = first.count.saturating_mul(second.count);
        check_option((1..=4_000_000).contains(&total), "cells", total as f64, "from 1 to 4 million")?;
        let (left, right, top, bottom) = options.part.unwrap_or((0, first.count, 0, second.count));
        let inside = left < right && right <= first.count && top < bottom && bottom <= second.count;
        check_option(
            inside,
            "first column of the part",
            left as f64,
            "before its last, and the part within the map",
        )?;
        check_option(options.every > 0, "steps between normalisations", 0.0, "at least 1")?;
        let least = BLOCKS * u64::from(options.every);
        check_option(
            (least..=1_000_000_000).contains(&options.steps) && options.transient <= 1_000_000_000,
            "steps",
            options.steps as f64,
            "eight times those between normalisations at least, and at most a thousand million like the transient",
        )?;
        check_option(options.bound > 0.0, "bound", options.bound, "a positive number")?;
        check_option(options.tolerance > 0.0, "tolerance", options.tolerance, "a positive number")?;
        let (columns, rows) = (right - left, bottom - top);
        Ok(Self {
            tangent,
            options,
            x0: x0.to_vec(),
            cells: vec![EMPTY; columns * rows],
            columns,
            rows,
            origin: (left, top),
            stride: 16,
            next: 0,
            done: 0,
            current: None,
        })
    }

    /// Columns and rows of the part that is computed.
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// The cells of the part, row by row.
    pub fn cells(&self) -> &[ParameterCell] {
        &self.cells
    }

    /// Share of the cells that are measured.
    pub fn progress(&self) -> f64 {
        self.done as f64 / self.cells.len() as f64
    }

    /// Goes on by `work` steps or iterations; true when every cell is measured.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations: a cell that diverges says so.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut rest = work;
        while rest > 0 {
            if self.current.is_none() {
                let Some((column, row)) = self.choose() else { return Ok(true) };
                let (first, second) = (self.origin.0 + column, self.origin.1 + row);
                self.tangent.place(self.options.first.at(first), self.options.second.at(second));
                let n = self.x0.len();
                // A direction that lies in no plane of coordinates.
                let q: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + i as f64)).collect();
                let length = libm::sqrt(numerics::dot(&q, &q));
                self.current = Some(Measuring {
                    column,
                    row,
                    x: self.x0.clone(),
                    q: q.iter().map(|value| value / length).collect(),
                    taken: 0,
                    total: 0.0,
                    block: 0.0,
                    blocks: Vec::new(),
                });
            }
            if let Some(mut measuring) = self.current.take() {
                match self.measure(&mut measuring, &mut rest) {
                    Some(cell) => self.fill(measuring.column, measuring.row, cell),
                    None => self.current = Some(measuring),
                }
            }
        }
        Ok(self.done == self.cells.len())
    }

    /// The next cell of the pass that is not measured yet.
    fn choose(&mut self) -> Option<(usize, usize)> {
        loop {
            let across = self.columns.div_ceil(self.stride);
            let down = self.rows.div_ceil(self.stride);
            while self.next < across * down {
                let (column, row) = (self.next % across * self.stride, self.next / across * self.stride);
                self.next += 1;
                let state = self.cells[row * self.columns + column].state;
                if matches!(state, CellState::Empty | CellState::Coarse) {
                    return Some((column, row));
                }
            }
            if self.stride == 1 {
                return None;
            }
            self.stride /= 2;
            self.next = 0;
        }
    }

    /// Goes on with a cell; its value when it is measured.
    fn measure(&mut self, at: &mut Measuring, rest: &mut u64) -> Option<ParameterCell> {
        let options = &self.options;
        let end = options.transient + options.steps;
        let dt = self.tangent.dt();
        let size = options.steps / BLOCKS;
        while *rest > 0 {
            *rest -= 1;
            self.tangent.advance(at.taken as f64 * dt, &mut at.x, &mut at.q, 1);
            at.taken += 1;
            if at.x.iter().any(|v| !(*v <= options.bound && *v >= -options.bound)) {
                let state = CellState::Diverged;
                return Some(ParameterCell { exponent: f64::NAN, error: f64::INFINITY, state });
            }
            let measured = at.taken.saturating_sub(options.transient);
            let cut = measured > 0 && measured.is_multiple_of(size);
            if at.taken.is_multiple_of(u64::from(options.every))
                || cut
                || at.taken == options.transient
                || at.taken == end
            {
                let length = libm::sqrt(numerics::dot(&at.q, &at.q));
                if length.is_nan() || length <= 0.0 {
                    // Every further tangent vector vanishes as well, as on a superstable orbit.
                    let state = CellState::Converged;
                    return Some(ParameterCell { exponent: f64::NEG_INFINITY, error: 0.0, state });
                }
                for value in &mut at.q {
                    *value /= length;
                }
                if measured > 0 {
                    at.total += libm::log(length);
                    at.block += libm::log(length);
                }
            }
            if cut && (at.blocks.len() as u64) < BLOCKS {
                at.blocks.push(at.block / (size as f64 * dt));
                at.block = 0.0;
            }
            if at.taken == end {
                let middle = numerics::mean(&at.blocks);
                let count = at.blocks.len();
                let square = numerics::sum_by(count, |i| (at.blocks[i] - middle) * (at.blocks[i] - middle));
                let error = libm::sqrt(square / (count * (count - 1)) as f64);
                let converged = error <= options.tolerance;
                let state = if converged { CellState::Converged } else { CellState::Unconverged };
                return Some(ParameterCell {
                    exponent: at.total / (options.steps as f64 * dt),
                    error,
                    state,
                });
            }
        }
        None
    }

    /// Notes a cell, and shows it in its block until others are measured there.
    fn fill(&mut self, column: usize, row: usize, cell: ParameterCell) {
        self.done += 1;
        for r in row..self.rows.min(row + self.stride) {
            for c in column..self.columns.min(column + self.stride) {
                let here = &mut self.cells[r * self.columns + c];
                if matches!(here.state, CellState::Empty | CellState::Coarse) {
                    *here = ParameterCell { state: CellState::Coarse, ..cell };
                }
            }
        }
        self.cells[row * self.columns + column] = cell;
    }
}
