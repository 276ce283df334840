//! Maps of the largest Lyapunov exponent over two parameters.

use analysis::{
    CellState, FlowPlane, MapPlane, ParameterAxis, ParameterCell, ParameterMapOptions, ParameterMapRun,
    PlaneTangent,
};
use numerics::{Flow, FlowJacobian, Map, MapJacobian};

/// Hénon map, parameters a and b.
#[derive(Clone)]
struct Henon(f64, f64);
impl Map for Henon {
    fn dimension(&self) -> usize {
        2
    }
    fn next(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        f[0] = 1.0 - self.0 * x[0] * x[0] + x[1];
        f[1] = self.1 * x[0];
    }
}
impl MapJacobian for Henon {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j.copy_from_slice(&[-2.0 * self.0 * x[0], 1.0, self.1, 0.0]);
    }
}
impl MapPlane for Henon {
    fn place(&mut self, first: f64, second: f64) {
        (self.0, self.1) = (first, second);
    }
}

/// Lorenz with β = 8/3, parameters ρ and σ.
#[derive(Clone)]
struct Lorenz(f64, f64);
impl Flow for Lorenz {
    fn dimension(&self) -> usize {
        3
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        f[0] = self.1 * (x[1] - x[0]);
        f[1] = x[0] * (self.0 - x[2]) - x[1];
        f[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
    }
}
impl FlowJacobian for Lorenz {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        let jacobian = [-self.1, self.1, 0.0, self.0 - x[2], -1.0, -x[0], x[1], x[0], -8.0 / 3.0];
        j.copy_from_slice(&jacobian);
    }
}
impl FlowPlane for Lorenz {
    fn place(&mut self, first: f64, second: f64) {
        (self.0, self.1) = (first, second);
    }
}

fn axis(from: f64, to: f64, count: usize) -> ParameterAxis {
    ParameterAxis { from, to, count }
}

fn all<S: PlaneTangent>(mut run: ParameterMapRun<S>, work: u64) -> Vec<ParameterCell> {
    while !run.advance(work).unwrap() {
        assert!((0.0..=1.0).contains(&run.plane().progress()));
    }
    assert_eq!(run.plane().progress(), 1.0);
    run.plane().cells().to_vec()
}

fn henon() -> ParameterMapOptions {
    ParameterMapOptions {
        first: axis(-0.2, 2.0, 12),
        second: axis(0.0, 0.3, 4),
        transient: 500,
        steps: 4000,
        every: 1,
        ..ParameterMapOptions::default()
    }
}

#[test]
fn the_exponents_of_the_henon_map_are_those_known() {
    let options = henon();
    let cells = all(ParameterMapRun::map(Henon(0.0, 0.0), options.clone(), &[0.1, 0.0]).unwrap(), 777);
    for (index, cell) in cells.iter().enumerate() {
        let (a, b) = (options.first.at(index % 12), options.second.at(index / 12));
        let side = 1.0 - b;
        if a < -0.25 * side * side {
            // No fixed point: everything goes to infinity.
            assert_eq!(cell.state, CellState::Diverged, "{a} {b}");
        } else if a > 1e-9 && a < 0.7 * side * side {
            // The stable fixed point; the exponent is the logarithm of its greater multiplier.
            let x = (libm::sqrt(side * side + 4.0 * a) - side) / (2.0 * a);
            let root = libm::sqrt(a * a * x * x + b);
            let multiplier = a * x + root;
            assert!((cell.exponent - libm::log(multiplier)).abs() < 0.01, "{a} {b} {cell:?}");
            assert_eq!(cell.state, CellState::Converged);
        }
    }
    // At a = 2, b = 0 the map is conjugate to the tent: ln 2.
    assert!((cells[11].exponent - core::f64::consts::LN_2).abs() < 0.02, "{:?}", cells[11]);
    // At a = 1.4, b = 0.3: 0.4192 (Grassberger and others).
    assert!((cells[3 * 12 + 8].exponent - 0.419).abs() < 0.03, "{:?}", cells[3 * 12 + 8]);
}

#[test]
fn lorenz_is_at_rest_below_one_and_chaotic_at_28() {
    let options = ParameterMapOptions {
        first: axis(0.5, 28.0, 2),
        second: axis(10.0, 10.0, 1),
        transient: 2000,
        steps: 20_000,
        ..ParameterMapOptions::default()
    };
    let cells = all(ParameterMapRun::flow(Lorenz(0.0, 0.0), options, &[1.0, 1.0, 1.0]).unwrap(), 5000);
    let rest = 0.5 * (-11.0 + libm::sqrt(121.0 - 20.0));
    assert!((cells[0].exponent - rest).abs() < 1e-3, "{:?} {rest}", cells[0]);
    assert!((cells[1].exponent - 0.906).abs() < 0.06, "{:?}", cells[1]);
}

#[test]
fn a_map_sharpens_and_depends_neither_on_portions_nor_on_parts() {
    let options = ParameterMapOptions {
        first: axis(0.2, 1.4, 37),
        second: axis(0.0, 0.3, 21),
        transient: 50,
        steps: 200,
        every: 1,
        ..ParameterMapOptions::default()
    };
    let new = |part| {
        ParameterMapRun::map(Henon(0.0, 0.0), ParameterMapOptions { part, ..options.clone() }, &[0.1, 0.1])
            .unwrap()
    };
    let mut run = new(None);
    // Six cells, 16 apart, fill the whole picture.
    assert!(!run.advance(6 * 250).unwrap());
    assert!(run.plane().cells().iter().all(|cell| cell.state != CellState::Empty));
    assert_eq!(run.plane().cells().iter().filter(|cell| cell.state != CellState::Coarse).count(), 6);
    let whole = all(run, 100_000);
    assert!(whole.iter().all(|cell| cell.state != CellState::Coarse));
    assert_eq!(format!("{whole:?}"), format!("{:?}", all(new(None), 333)));
    let part = all(new(Some((5, 30, 3, 9))), 1234);
    for (index, cell) in part.iter().enumerate() {
        let (column, row) = (5 + index % 25, 3 + index / 25);
        assert_eq!(format!("{cell:?}"), format!("{:?}", whole[row * 37 + column]));
    }
}

#[test]
fn maps_that_do_not_fit_are_refused() {
    let new = |options: ParameterMapOptions| {
        ParameterMapRun::map(Henon(0.0, 0.0), options, &[0.1, 0.1]).map(|_| ())
    };
    assert!(new(ParameterMapOptions { steps: 7, every: 1, ..henon() }).is_err());
    assert!(new(ParameterMapOptions { every: 0, ..henon() }).is_err());
    assert!(
        new(ParameterMapOptions { first: axis(0.0, 1.0, 4001), second: axis(0.0, 1.0, 4001), ..henon() })
            .is_err()
    );
    assert!(new(ParameterMapOptions { part: Some((3, 3, 0, 1)), ..henon() }).is_err());
    assert!(new(ParameterMapOptions { part: Some((0, 13, 0, 1)), ..henon() }).is_err());
    assert!(new(ParameterMapOptions { first: axis(f64::NAN, 1.0, 4), ..henon() }).is_err());
    assert!(ParameterMapRun::map(Henon(0.0, 0.0), henon(), &[0.1]).is_err());
}
