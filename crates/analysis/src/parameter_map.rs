//! The largest Lyapunov exponent over a plane of two parameters.

use crate::error::{Error, check_finite, check_option};
use crate::family::{FlowPlane, MapPlane};
use crate::lyapunov::{FlowTangent, MapTangent, Tangent};
use crate::order::Order;

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

/// A cell in which tangent vectors vanish, as on a superstable orbit.
const VANISHED: ParameterCell =
    ParameterCell { exponent: f64::NEG_INFINITY, error: 0.0, state: CellState::Converged };

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

/// The cells of a map and what is known of them, whoever measures them, from coarse to fine.
///
/// The first cells stand 16 apart; each later pass halves the distance, and a cell that is not measured yet shows the one
/// at the upper left corner of its block.
#[derive(Clone, Debug)]
pub struct ParameterMap {
    options: ParameterMapOptions,
    cells: Vec<ParameterCell>,
    columns: usize,
    rows: usize,
    origin: (usize, usize),
    order: Order,
    done: usize,
}

/// A map measured on the processor, which can be stopped and read at any time.
///
/// Every cell starts from the same state, so that its value depends neither on the order nor on the part computed.
#[derive(Clone, Debug)]
pub struct ParameterMapRun<S> {
    tangent: S,
    x0: Vec<f64>,
    map: ParameterMap,
    current: Option<Measuring>,
}

/// A cell under way.
#[derive(Clone, Debug)]
struct Measuring {
    cell: usize,
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

impl ParameterMap {
    /// A map of which nothing is known yet.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::Option`].
    pub fn new(options: ParameterMapOptions) -> Result<Self, Error> {
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
            cells: vec![EMPTY; columns * rows],
            columns,
            rows,
            origin: (left, top),
            order: Order::new(columns, rows),
            done: 0,
            options,
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

    /// The next cell to be measured, each once, the coarse ones first.
    pub fn choose(&mut self) -> Option<usize> {
        self.order.next()
    }

    /// The values of both parameters in a cell.
    pub fn place(&self, cell: usize) -> [f64; 2] {
        let (column, row) = (cell % self.columns, cell / self.columns);
        [self.options.first.at(self.origin.0 + column), self.options.second.at(self.origin.1 + row)]
    }

    /// Takes down a measured cell: the exponents of consecutive blocks of equal length, minus infinity for a tangent
    /// vector that vanished, or nothing for an orbit that left the bound.
    pub fn take(&mut self, cell: usize, blocks: Option<&[f64]>) {
        let measured = match blocks {
            None => ParameterCell { state: CellState::Diverged, ..EMPTY },
            Some(blocks) => {
                let (exponent, error) = mean_and_error(blocks);
                if exponent == f64::NEG_INFINITY { VANISHED } else { self.judged(exponent, error) }
            }
        };
        self.fill(cell, measured);
    }

    fn judged(&self, exponent: f64, error: f64) -> ParameterCell {
        let converged = error <= self.options.tolerance;
        let state = if converged { CellState::Converged } else { CellState::Unconverged };
        ParameterCell { exponent, error, state }
    }

    /// Notes a cell, and shows it in its block until others are measured there.
    fn fill(&mut self, cell: usize, measured: ParameterCell) {
        self.done += 1;
        for place in self.order.block(cell) {
            let here = &mut self.cells[place];
            if matches!(here.state, CellState::Empty | CellState::Coarse) {
                *here = ParameterCell { state: CellState::Coarse, ..measured };
            }
        }
        self.cells[cell] = measured;
    }
}

/// Mean of the means of blocks, and its standard error.
fn mean_and_error(blocks: &[f64]) -> (f64, f64) {
    let (middle, count) = (numerics::mean(blocks), blocks.len());
    let square = numerics::sum_by(count, |i| (blocks[i] - middle) * (blocks[i] - middle));
    (middle, libm::sqrt(square / (count * count.saturating_sub(1)) as f64))
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
        Ok(Self { tangent, x0: x0.to_vec(), map: ParameterMap::new(options)?, current: None })
    }

    /// What is known.
    pub fn plane(&self) -> &ParameterMap {
        &self.map
    }

    /// Goes on by `work` steps or iterations; true when every cell is measured.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations: a cell that diverges says so.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut rest = work;
        while rest > 0 {
            if self.current.is_none() {
                let Some(cell) = self.map.choose() else { return Ok(true) };
                let [first, second] = self.map.place(cell);
                self.tangent.place(first, second);
                let n = self.x0.len();
                // A direction that lies in no plane of coordinates.
                let q: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + i as f64)).collect();
                let length = libm::sqrt(numerics::dot(&q, &q));
                self.current = Some(Measuring {
                    cell,
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
                    Some(cell) => self.map.fill(measuring.cell, cell),
                    None => self.current = Some(measuring),
                }
            }
        }
        Ok(self.map.done == self.map.cells.len())
    }

    /// Goes on with a cell; its value when it is measured.
    fn measure(&mut self, at: &mut Measuring, rest: &mut u64) -> Option<ParameterCell> {
        let options = &self.map.options;
        let end = options.transient + options.steps;
        let dt = self.tangent.dt();
        let size = options.steps / BLOCKS;
        while *rest > 0 {
            *rest -= 1;
            self.tangent.advance(at.taken as f64 * dt, &mut at.x, &mut at.q, 1);
            at.taken += 1;
            if at.x.iter().any(|v| !(*v <= options.bound && *v >= -options.bound)) {
                return Some(ParameterCell { state: CellState::Diverged, ..EMPTY });
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
                    return Some(VANISHED);
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
                let (_, error) = mean_and_error(&at.blocks);
                return Some(self.map.judged(at.total / (options.steps as f64 * dt), error));
            }
        }
        None
    }
}
