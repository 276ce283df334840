//! The bits of trajectories and orbits do not change, whatever steps them.
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Burst, Henon, Lorenz, Ring};
use dynamics::{Method, Options, Orbit, Plain, PlainMap, Simulation, Stepper, Trajectory};
use numerics::march::{Grid, Halt, march};
use numerics::{Digest, Flow};

/// States, times, outcome and cost of a run, taken in batches so that bulk and single steps both count.
fn digest(run: &mut dyn Stepper) -> u64 {
    let mut digest = Digest::new();
    for batch in [1, 1, 7, 100, 3, 400] {
        let well = run.advance_by(batch).is_ok();
        digest.f64s(run.state()).f64(run.time()).u64(run.step()).u64(u64::from(well));
        let cost = run.statistics();
        digest.u64(cost.steps).u64(cost.rejected).u64(cost.evaluations);
    }
    digest.finish()
}

fn options(method: Method, dt: f64, substeps: u32) -> Options {
    Options { method, dt, substeps, ..Options::default() }
}

/// Method, output step, substeps; then the digests of Lorenz' equations, the ring, the burst and Hénon's map.
type Case = (Method, f64, u32, [u64; 4]);
const CASES: [Case; 4] = [
    (
        Method::Euler,
        0.004,
        2,
        [0xee76_afbf_d84d_ced7, 0x70ed_72a4_a1a3_3a22, 0x7fc8_1787_8f2e_2415, 0x12ca_ff60_b3ea_dd1e],
    ),
    (
        Method::RungeKutta4,
        0.03,
        3,
        [0x6fa7_1d63_3dbb_5de1, 0xec00_f819_e49c_3385, 0x76c0_e279_bde2_501e, 0xa7c0_7076_3866_1677],
    ),
    (
        Method::Tsitouras5,
        0.05,
        1,
        [0x9c38_552c_000d_59b3, 0x8b1f_c937_cc87_41d0, 0xe6a3_9615_687a_f486, 0x5fd3_28e1_4482_d382],
    ),
    (
        Method::Tsitouras5,
        -0.013,
        1,
        [0xc4f6_8f14_e51e_7f74, 0x1296_9a86_d176_455f, 0x1462_82af_7932_c020, 0x5fd3_28e1_4482_d382],
    ),
];
const RING: [f64; 6] = [1.0, 0.0, 0.5, 0.0, -1.0, 2.0];

#[test]
fn trajectories_and_orbits_keep_their_bits() {
    for (method, dt, substeps, golden) in CASES {
        let o = || options(method, dt, substeps);
        let found = [
            digest(&mut Trajectory::new(Lorenz, o(), &[1.0, 1.0, 20.0]).unwrap()),
            digest(&mut Trajectory::new(Ring, o(), &RING).unwrap()),
            digest(&mut Trajectory::new(Burst, o(), &[0.0]).unwrap()),
            digest(&mut Orbit::new(Henon, o(), &[0.1, 0.2]).unwrap()),
        ];
        assert_eq!(found, golden, "{method:?}, {dt}");
    }
}

#[test]
fn a_plain_process_has_the_bits_of_its_flow_or_map() {
    for (method, dt, substeps, golden) in CASES {
        let o = || options(method, dt, substeps);
        let found = [
            digest(&mut Simulation::new(Plain(Lorenz), o(), &[1.0, 1.0, 20.0]).unwrap()),
            digest(&mut Simulation::new(Plain(Ring), o(), &RING).unwrap()),
            digest(&mut Simulation::new(Plain(Burst), o(), &[0.0]).unwrap()),
            digest(&mut Simulation::new(PlainMap(Henon), o(), &[0.1, 0.2]).unwrap()),
        ];
        assert_eq!(found, golden, "{method:?}, {dt}");
    }
}

/// A flow that takes its steps itself.
#[derive(Clone, Copy, Debug)]
struct Marching<F>(F);

impl<F: Flow<f64>> Flow<f64> for Marching<F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.0.rate(t, x, rate);
    }
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [f64]) -> Option<Result<(), Halt>> {
        let n = self.dimension();
        match n {
            1 => Some(march::<f64, 1>(|t, x, k| self.0.rate(t, x, k), grid, bound, x.first_chunk_mut()?)),
            3 => Some(march::<f64, 3>(|t, x, k| self.0.rate(t, x, k), grid, bound, x.first_chunk_mut()?)),
            _ => None,
        }
    }
}

#[test]
fn a_flow_that_takes_its_steps_itself_runs_as_one_that_does_not() {
    fn compare<F: Flow<f64> + Copy>(flow: F, start: &[f64]) -> bool {
        let options = || Options { dt: 0.02, substeps: 3, t0: 0.5, ..Options::default() };
        let mut own = Trajectory::new(Marching(flow), options(), start).unwrap();
        let mut other = Trajectory::new(flow, options(), start).unwrap();
        for count in [1, 40, 0, 7, 200] {
            assert_eq!(own.advance_by(count), other.advance_by(count));
            assert_eq!(own.state(), other.state());
            assert_eq!((own.time(), own.step()), (other.time(), other.step()));
            assert_eq!(own.statistics(), other.statistics());
        }
        own.outcome().is_ok()
    }
    assert!(compare(Lorenz, &[1.0, 2.0, 3.0]));
    assert!(!compare(Burst, &[0.0]), "a burst leaves every bound");
}
