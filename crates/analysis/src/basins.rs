//! Basins of attraction over a plane of two variables, and the separatrix between them.

use crate::error::{Error, check_finite, check_option};
use crate::lyapunov::rk4;
use crate::order::Order;
use crate::parameter_map::ParameterAxis;
use numerics::{Flow, Map};

/// Most attractors that are told apart.
pub const ATTRACTORS: usize = 64;
/// Most cells.
const CELLS: usize = 1 << 22;

/// How basins are sought.
#[derive(Clone, Debug, PartialEq)]
pub struct BasinOptions {
    /// The variable along a row, and its values.
    pub first: (usize, ParameterAxis),
    /// The variable from row to row, and its values.
    pub second: (usize, ParameterAxis),
    /// The values of all variables; those of the plane are replaced.
    pub state: Vec<f64>,
    /// Time at the start.
    pub t0: f64,
    /// Length of a step of a flow.
    pub dt: f64,
    /// Steps, or iterations, until an orbit counts as settled.
    pub transient: u64,
    /// Steps in which it is looked at after that: ten periods of a cycle or more, so that where they begin does not count.
    pub window: u64,
    /// Distance, in widths of the attractors' ranges, within which two attractors are one.
    pub tolerance: f64,
    /// A variable beyond this magnitude has diverged.
    pub bound: f64,
}

/// Something that orbits settle to.
#[derive(Clone, Debug, PartialEq)]
pub struct Attractor {
    /// Mean of each variable over the window.
    pub mean: Vec<f64>,
    /// Least value of each variable there.
    pub low: Vec<f64>,
    /// Greatest value.
    pub high: Vec<f64>,
    /// Cells that lead to it.
    pub cells: usize,
}

impl Attractor {
    /// Whether it is a point: nothing moves by more than a millionth of its size.
    pub fn is_point(&self) -> bool {
        let still = |j: usize| self.high[j] - self.low[j] <= 1e-6 * (1.0 + libm::fabs(self.mean[j]));
        (0..self.mean.len()).all(still)
    }
}

/// Where a cell leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basin {
    /// Not known yet.
    Empty,
    /// As a coarser neighbour.
    Coarse(u8),
    /// To the attractor of this number, from 0.
    Attractor(u8),
    /// Beyond all bounds.
    Escape,
    /// As a coarser neighbour that leads beyond all bounds.
    CoarseEscape,
    /// To one attractor more than are told apart.
    Other,
}

impl Basin {
    /// A number for the colour: 0 for escape, then the attractors from 1; none where nothing is known.
    pub fn label(self) -> Option<u32> {
        match self {
            Self::Empty => None,
            Self::Escape | Self::CoarseEscape => Some(0),
            Self::Coarse(k) | Self::Attractor(k) => Some(u32::from(k) + 1),
            Self::Other => Some(ATTRACTORS as u32 + 1),
        }
    }
}

/// What carries one state along.
pub trait Carry {
    /// Number of state variables.
    fn dimension(&self) -> usize;
    /// One step from time `t`.
    fn step(&mut self, t: f64, x: &mut [f64]);
    /// Length of a step.
    fn dt(&self) -> f64;
}

/// A flow by Runge-Kutta 4.
#[derive(Clone, Debug)]
pub struct CarriedFlow<F> {
    flow: F,
    dt: f64,
    next: Vec<f64>,
    scratch: Vec<f64>,
}

impl<F: Flow> Carry for CarriedFlow<F> {
    fn dimension(&self) -> usize {
        self.flow.dimension()
    }
    fn step(&mut self, t: f64, x: &mut [f64]) {
        rk4(&mut self.flow, t, self.dt, x, &mut self.next, &mut self.scratch);
        x.copy_from_slice(&self.next);
    }
    fn dt(&self) -> f64 {
        self.dt
    }
}

/// A map, iterated.
#[derive(Clone, Debug)]
pub struct CarriedMap<M> {
    map: M,
    next: Vec<f64>,
}

impl<M: Map> Carry for CarriedMap<M> {
    fn dimension(&self) -> usize {
        self.map.dimension()
    }
    fn step(&mut self, t: f64, x: &mut [f64]) {
        self.map.next(t, x, &mut self.next);
        x.copy_from_slice(&self.next);
    }
    fn dt(&self) -> f64 {
        1.0
    }
}

/// The cells of a plane and what is known of them, from coarse to fine, whoever carries their orbits.
///
/// Mean and range of each variable tell a cell's attractor, points, cycles and strange ones alike (features, as of Stender
/// and Hoffmann 2022). Attractors are numbered in the order in which the cells, which have a fixed order, meet them, so
/// that the numbers depend on the cells alone.
#[derive(Clone, Debug)]
pub struct BasinMap {
    options: BasinOptions,
    cells: Vec<Basin>,
    attractors: Vec<Attractor>,
    /// Ranges of all attractors together, which measure distances.
    span: Vec<(f64, f64)>,
    order: Order,
    done: usize,
}

/// Basins on the processor, which can be stopped and read at any time.
///
/// Every cell's orbit is carried past a transient and then looked at; one that comes to rest at a known point ends there.
#[derive(Clone, Debug)]
pub struct BasinRun<C> {
    carry: C,
    map: BasinMap,
    current: Option<Orbit>,
}

#[derive(Clone, Debug)]
struct Orbit {
    cell: usize,
    x: Vec<f64>,
    taken: u64,
    total: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl<F: Flow> BasinRun<CarriedFlow<F>> {
    /// The basins of a flow.
    ///
    /// # Errors
    /// [`Error::Dimension`], [`Error::NotFinite`], [`Error::Option`].
    pub fn flow(flow: F, options: BasinOptions) -> Result<Self, Error> {
        let (n, dt) = (flow.dimension(), options.dt);
        check_option(dt > 0.0 && dt.is_finite(), "step", dt, "a positive number")?;
        Self::new(CarriedFlow { flow, dt, next: vec![0.0; n], scratch: vec![0.0; 5 * n] }, options)
    }
}

impl<M: Map> BasinRun<CarriedMap<M>> {
    /// The basins of a map.
    ///
    /// # Errors
    /// As [`BasinRun::flow`].
    pub fn map(map: M, options: BasinOptions) -> Result<Self, Error> {
        let n = map.dimension();
        Self::new(CarriedMap { map, next: vec![0.0; n] }, options)
    }
}

impl BasinMap {
    /// A map of which nothing is known yet, for a system of `n` variables.
    ///
    /// # Errors
    /// As [`BasinRun::flow`].
    pub fn new(options: BasinOptions, n: usize) -> Result<Self, Error> {
        if options.state.len() != n || n == 0 {
            return Err(Error::Dimension { given: options.state.len(), wanted: n });
        }
        check_finite(&options.state)?;
        let same = options.first.0 == options.second.0;
        check_option(
            !same,
            "second variable of the plane",
            options.second.0 as f64,
            "another than the first",
        )?;
        for (variable, axis) in [options.first, options.second] {
            check_option(
                variable < n,
                "variable of the plane",
                variable as f64,
                "below the number of variables",
            )?;
            check_finite(&[axis.from, axis.to])?;
            let count = axis.count;
            check_option((1..=4096).contains(&count), "cells along a side", count as f64, "from 1 to 4096")?;
        }
        let cells = options.first.1.count * options.second.1.count;
        check_option(cells <= CELLS, "number of cells", cells as f64, "at most 4194304")?;
        check_option(options.window > 0, "steps that are looked at", 0.0, "at least 1")?;
        let tolerance = options.tolerance;
        check_option(tolerance > 0.0 && tolerance < 1.0, "tolerance", tolerance, "between 0 and 1")?;
        check_option(options.bound > 0.0, "bound", options.bound, "a positive number")?;
        Ok(Self {
            cells: vec![Basin::Empty; cells],
            attractors: Vec::new(),
            span: vec![(f64::INFINITY, f64::NEG_INFINITY); n],
            order: Order::new(options.first.1.count, options.second.1.count),
            done: 0,
            options,
        })
    }

    /// The cells, row by row from the lower left.
    pub fn cells(&self) -> &[Basin] {
        &self.cells
    }
    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.options.first.1.count, self.options.second.1.count)
    }
    /// What orbits settle to, by number.
    pub fn attractors(&self) -> &[Attractor] {
        &self.attractors
    }
    /// Share of the cells that are known.
    pub fn progress(&self) -> f64 {
        self.done as f64 / self.cells.len() as f64
    }

    /// Share of the known cells that lead to each label (escape, then the attractors), with the error of counting.
    pub fn shares(&self) -> Vec<(f64, f64)> {
        let mut counts = vec![0_usize; self.attractors.len() + 1];
        let known = self.cells.iter().filter(|c| matches!(c, Basin::Attractor(_) | Basin::Escape));
        for count in known.filter_map(|cell| cell.label()) {
            if let Some(place) = counts.get_mut(count as usize) {
                *place += 1;
            }
        }
        let total = self.done.max(1) as f64;
        let share = |count: &usize| {
            let p = *count as f64 / total;
            (p, libm::sqrt(p * (1.0 - p) / total))
        };
        counts.iter().map(share).collect()
    }

    /// The edges between cells of different labels, two points each: the separatrix up to the width of a cell.
    pub fn separatrix(&self) -> Vec<[[f64; 2]; 2]> {
        let (columns, rows) = self.size();
        let (first, second) = (self.options.first.1, self.options.second.1);
        let width = |axis: ParameterAxis| (axis.to - axis.from) / (axis.count.max(2) - 1) as f64;
        let (dx, dy) = (width(first), width(second));
        let label = |column: usize, row: usize| self.cells[row * columns + column].label();
        let mut edges = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let here = label(column, row);
                let (x, y) = (first.at(column), second.at(row));
                if column + 1 < columns && differ(here, label(column + 1, row)) {
                    edges.push([[x + 0.5 * dx, y - 0.5 * dy], [x + 0.5 * dx, y + 0.5 * dy]]);
                }
                if row + 1 < rows && differ(here, label(column, row + 1)) {
                    edges.push([[x - 0.5 * dx, y + 0.5 * dy], [x + 0.5 * dx, y + 0.5 * dy]]);
                }
            }
        }
        edges
    }

    /// The next cell to carry an orbit from, each once, the coarse ones first.
    pub fn choose(&mut self) -> Option<usize> {
        self.order.next()
    }

    /// The values of the two variables of the plane in a cell.
    pub fn place(&self, cell: usize) -> [f64; 2] {
        let columns = self.options.first.1.count;
        [self.options.first.1.at(cell % columns), self.options.second.1.at(cell / columns)]
    }

    /// Takes down where a chosen cell leads: mean, least and greatest value of each variable over the window, or nothing
    /// for an orbit that left the bound. Their order is to be that in which they were chosen.
    pub fn take(&mut self, cell: usize, features: Option<(Vec<f64>, &[f64], &[f64])>) {
        let basin = match features {
            Some((mean, low, high)) => self.settled(mean, low, high),
            None => Basin::Escape,
        };
        self.fill(cell, basin);
    }

    fn count(&mut self, known: usize) -> Basin {
        self.attractors[known].cells += 1;
        Basin::Attractor(known as u8)
    }

    /// The attractor that an orbit has settled to: a known one within the tolerance, or a new one.
    fn settled(&mut self, mean: Vec<f64>, lows: &[f64], highs: &[f64]) -> Basin {
        let n = mean.len();
        for j in 0..n {
            let (low, high) = &mut self.span[j];
            *low = if lows[j] < *low { lows[j] } else { *low };
            *high = if highs[j] > *high { highs[j] } else { *high };
        }
        let near = |attractor: &Attractor| {
            (0..n).all(|j| {
                let width = self.span[j].1 - self.span[j].0;
                // Where all attractors so far are one point, its own size measures.
                let size = 1e-3 * (1.0 + libm::fabs(mean[j]));
                let reach = self.options.tolerance * if width > size { width } else { size };
                libm::fabs(mean[j] - attractor.mean[j]) <= reach
                    && libm::fabs(lows[j] - attractor.low[j]) <= 2.0 * reach
                    && libm::fabs(highs[j] - attractor.high[j]) <= 2.0 * reach
            })
        };
        if let Some(known) = self.attractors.iter().position(near) {
            return self.count(known);
        }
        if self.attractors.len() == ATTRACTORS {
            return Basin::Other;
        }
        self.attractors.push(Attractor { mean, low: lows.to_vec(), high: highs.to_vec(), cells: 0 });
        self.count(self.attractors.len() - 1)
    }

    /// Takes a cell's result, which its finer neighbours show until theirs is known.
    fn fill(&mut self, cell: usize, basin: Basin) {
        let coarse = match basin {
            Basin::Attractor(k) => Basin::Coarse(k),
            Basin::Escape => Basin::CoarseEscape,
            other => other,
        };
        for place in self.order.block(cell) {
            let place = &mut self.cells[place];
            if matches!(place, Basin::Empty | Basin::Coarse(_) | Basin::CoarseEscape)
                && coarse != Basin::Other
            {
                *place = coarse;
            }
        }
        self.cells[cell] = basin;
        self.done += 1;
    }
}

impl<C: Carry> BasinRun<C> {
    /// The basins of whatever carries states.
    ///
    /// # Errors
    /// As [`BasinRun::flow`].
    pub fn new(carry: C, options: BasinOptions) -> Result<Self, Error> {
        Ok(Self { map: BasinMap::new(options, carry.dimension())?, carry, current: None })
    }

    /// What is known.
    pub fn plane(&self) -> &BasinMap {
        &self.map
    }

    /// Goes on by about `work` steps; true when every cell is known.
    ///
    /// # Errors
    /// None in use; kept for the contract of long computations: an orbit that escapes is a result.
    pub fn advance(&mut self, work: u64) -> Result<bool, Error> {
        let mut rest = work;
        while rest > 0 {
            let mut orbit = match self.current.take() {
                Some(orbit) => orbit,
                None => match self.map.choose() {
                    Some(cell) => self.begin(cell),
                    None => return Ok(true),
                },
            };
            match self.carry_on(&mut orbit, &mut rest) {
                Some(basin) => self.map.fill(orbit.cell, basin),
                None => self.current = Some(orbit),
            }
        }
        Ok(self.map.done == self.map.cells.len())
    }

    fn begin(&self, cell: usize) -> Orbit {
        let options = &self.map.options;
        let mut x = options.state.clone();
        [x[options.first.0], x[options.second.0]] = self.map.place(cell);
        let n = x.len();
        let (low, high) = (vec![f64::INFINITY; n], vec![f64::NEG_INFINITY; n]);
        Orbit { cell, x, taken: 0, total: vec![0.0; n], low, high }
    }

    fn carry_on(&mut self, orbit: &mut Orbit, rest: &mut u64) -> Option<Basin> {
        let options = &self.map.options;
        let (bound, transient, t0, window) = (options.bound, options.transient, options.t0, options.window);
        while *rest > 0 {
            *rest -= 1;
            let t = t0 + orbit.taken as f64 * self.carry.dt();
            self.carry.step(t, &mut orbit.x);
            orbit.taken += 1;
            if orbit.x.iter().any(|v| !(*v <= bound && *v >= -bound)) {
                return Some(Basin::Escape);
            }
            if orbit.taken > transient {
                for (j, value) in orbit.x.iter().enumerate() {
                    orbit.total[j] += value;
                    orbit.low[j] = if *value < orbit.low[j] { *value } else { orbit.low[j] };
                    orbit.high[j] = if *value > orbit.high[j] { *value } else { orbit.high[j] };
                }
            } else if orbit.taken.is_multiple_of(32)
                && let Some(known) =
                    self.map.attractors.iter().position(|a| a.is_point() && at(&a.mean, &orbit.x))
            {
                return Some(self.map.count(known));
            }
            if orbit.taken >= transient + window {
                let mean = orbit.total.iter().map(|total| total / window as f64).collect();
                return Some(self.map.settled(mean, &orbit.low, &orbit.high));
            }
        }
        None
    }
}

fn differ(a: Option<u32>, b: Option<u32>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

/// Whether a state is at a point, up to what lasts of a slow approach.
fn at(point: &[f64], x: &[f64]) -> bool {
    point.iter().zip(x).all(|(p, x)| libm::fabs(p - x) <= 1e-7 * (1.0 + libm::fabs(*p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct System(usize, fn(&[f64], &mut [f64]));
    impl Flow for System {
        fn dimension(&self) -> usize {
            self.0
        }
        fn rate(&mut self, _: f64, x: &[f64], rate: &mut [f64]) {
            (self.1)(x, rate);
        }
    }
    impl Map for System {
        fn dimension(&self) -> usize {
            self.0
        }
        fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
            (self.1)(x, next);
        }
    }

    fn plane(reach: f64, count: usize) -> BasinOptions {
        let axis = ParameterAxis { from: -reach, to: reach, count };
        BasinOptions {
            first: (0, axis),
            second: (1, axis),
            state: vec![0.0, 0.0],
            t0: 0.0,
            dt: 0.05,
            transient: 4000,
            window: 400,
            tolerance: 0.02,
            bound: 1e3,
        }
    }

    fn whole<C: Carry>(mut run: BasinRun<C>) -> BasinMap {
        while !run.advance(10_000).unwrap() {}
        let run = run.map;
        assert_eq!(run.progress(), 1.0);
        assert!(run.cells().iter().all(|cell| matches!(cell, Basin::Attractor(_) | Basin::Escape)));
        run
    }

    #[test]
    fn the_two_wells_of_a_damped_particle_are_mirror_images() {
        let well = System(2, |x, f| f.copy_from_slice(&[x[1], x[0] - x[0] * x[0] * x[0] - 0.3 * x[1]]));
        // An even number of cells has none on the saddle.
        let run = whole(BasinRun::flow(well, plane(2.0, 40)).unwrap());
        assert_eq!(run.attractors().len(), 2);
        for attractor in run.attractors() {
            assert!(attractor.is_point() && (attractor.mean[0].abs() - 1.0).abs() < 1e-6);
            assert_eq!(attractor.cells, 800);
        }
        let cells = run.cells();
        for (here, there) in cells.iter().zip(cells.iter().rev()) {
            assert_ne!(here.label(), there.label(), "the opposite start leads to the other well");
        }
        let shares = run.shares();
        assert!(shares[0].0 == 0.0 && (shares[1].0 - 0.5).abs() < 1e-12 && shares[1].1 > 0.0);
        let edges = run.separatrix();
        let near_the_saddle = edges.iter().any(|e| e[0][0].abs() < 0.11 && e[0][1].abs() < 0.11);
        assert!(edges.len() > 40 && near_the_saddle);
    }

    #[test]
    fn a_cycle_and_a_rest_are_told_apart_and_so_is_escape() {
        // r' = r (r² - 1)(4 - r²), turning: the origin and the circle of radius 2 attract.
        let rings = System(2, |x, f| {
            let square = x[0] * x[0] + x[1] * x[1];
            let grow = (square - 1.0) * (4.0 - square);
            f.copy_from_slice(&[grow * x[0] - x[1], grow * x[1] + x[0]]);
        });
        let mut options = plane(2.5, 30);
        (options.dt, options.window) = (0.02, 4000);
        let run = whole(BasinRun::flow(rings, options).unwrap());
        assert_eq!(run.attractors().len(), 2, "{:?}", run.attractors());
        let point = run.attractors().iter().find(|a| a.is_point()).unwrap();
        let cycle = run.attractors().iter().find(|a| !a.is_point()).unwrap();
        assert!(point.mean[0].abs() < 1e-6 && (cycle.high[0] - 2.0).abs() < 1e-3);
        let share = point.cells as f64 / 900.0;
        let exact = core::f64::consts::PI / 25.0;
        assert!((share - exact).abs() < 0.02, "{share} of the square lies in the unit circle, {exact}");
    }

    #[test]
    fn henons_attractor_is_one_and_far_points_escape() {
        let henon = System(2, |x, f| f.copy_from_slice(&[1.0 - 1.4 * x[0] * x[0] + x[1], 0.3 * x[0]]));
        let options = BasinOptions { transient: 200, window: 4000, tolerance: 0.1, ..plane(2.0, 24) };
        let run = whole(BasinRun::map(henon, options).unwrap());
        assert_eq!(run.attractors().len(), 1, "{:?}", run.attractors());
        let attractor = &run.attractors()[0];
        assert!(!attractor.is_point() && (attractor.high[0] - 1.273).abs() < 0.01);
        let share = run.shares()[0].0;
        assert!((0.2..0.8).contains(&share), "{share} escape");
    }

    #[test]
    fn a_plane_that_does_not_exist_is_refused() {
        let well = || System(2, |x, f| f.copy_from_slice(x));
        let refused =
            |options: BasinOptions| BasinRun::flow(well(), options).map(|_| ()).unwrap_err().to_string();
        assert!(refused(BasinOptions { state: vec![0.0], ..plane(1.0, 4) }).contains("1 variables"));
        assert!(refused(BasinOptions { dt: 0.0, ..plane(1.0, 4) }).contains("step"));
        assert!(refused(plane(1.0, 5000)).contains("from 1 to 4096"));
        let mut other = plane(1.0, 4);
        other.first.0 = 1;
        assert!(refused(other.clone()).contains("another than the first"));
        other.first.0 = 2;
        assert!(refused(other).contains("variable of the plane"));
    }

    #[test]
    fn features_from_elsewhere_give_the_same_map_as_orbits_carried_here() {
        let well = System(2, |x, f| f.copy_from_slice(&[x[1], x[0] - x[0] * x[0] * x[0] - 0.3 * x[1]]));
        let run = whole(BasinRun::flow(well, plane(2.0, 40)).unwrap());
        let mut map = BasinMap::new(plane(2.0, 40), 2).unwrap();
        let (mut tile, mut chosen) = (Vec::new(), 0);
        // A tile may begin before the one before it is taken down.
        while let Some(cell) = map.choose() {
            chosen += 1;
            tile.push(cell);
            if tile.len() == 70 || chosen == 1600 {
                for cell in tile.drain(..) {
                    let label = run.cells()[cell].label().unwrap() as usize;
                    let x = [run.attractors()[label - 1].mean[0], 0.0];
                    map.take(cell, Some((x.to_vec(), &x, &x)));
                }
            }
        }
        assert_eq!((chosen, map.progress()), (1600, 1.0));
        assert_eq!(map.cells(), run.cells());
        let place = map.place(41);
        assert!((place[0] - (-2.0 + 4.0 / 39.0)).abs() < 1e-12 && place[0] == place[1]);
    }
}
