use super::*;
use crate::fixed_points::{FixedPointOptions, FixedPointRun, RestOfMap};
use numerics::{Map, MapJacobian};
use proptest::prelude::*;

/// `x → W φ(V x + d) + A x + h` with rectifiers `φ`; as in piecewise linear recurrent networks.
#[derive(Clone, Debug)]
struct Network {
    n: usize,
    m: usize,
    linear: Vec<f64>,
    out: Vec<f64>,
    inner: Vec<f64>,
    shift: Vec<f64>,
    bias: Vec<f64>,
}

impl Network {
    fn inputs(&self, x: &[f64]) -> Vec<f64> {
        (0..self.m)
            .map(|k| self.shift[k] + (0..self.n).map(|j| self.inner[k * self.n + j] * x[j]).sum::<f64>())
            .collect()
    }
}

impl Map for Network {
    fn dimension(&self) -> usize {
        self.n
    }
    fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
        let inputs = self.inputs(x);
        for i in 0..self.n {
            next[i] = self.bias[i];
            for j in 0..self.n {
                next[i] += self.linear[i * self.n + j] * x[j];
            }
            for k in 0..self.m {
                next[i] += self.out[i * self.m + k] * if inputs[k] > 0.0 { inputs[k] } else { 0.0 };
            }
        }
    }
}

impl MapJacobian for Network {
    fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
        let mut switches = Vec::new();
        self.region(x, &mut switches);
        self.affine(&switches, jacobian, &mut vec![0.0; x.len()]);
    }
}

impl PiecewiseAffine for Network {
    fn region(&mut self, x: &[f64], switches: &mut Vec<bool>) {
        switches.clear();
        switches.extend(self.inputs(x).iter().map(|input| *input > 0.0));
    }
    fn affine(&mut self, switches: &[bool], a: &mut [f64], b: &mut [f64]) {
        a.copy_from_slice(&self.linear);
        b.copy_from_slice(&self.bias);
        for i in 0..self.n {
            for k in (0..self.m).filter(|&k| switches[k]) {
                let weight = self.out[i * self.m + k];
                b[i] += weight * self.shift[k];
                for j in 0..self.n {
                    a[i * self.n + j] += weight * self.inner[k * self.n + j];
                }
            }
        }
    }
}

/// The skew tent map with its top at `c`: `x / c` before, `(1 - x) / (1 - c)` behind.
fn tent(c: f64) -> Network {
    Network {
        n: 1,
        m: 1,
        linear: vec![1.0 / c],
        out: vec![-1.0 / c - 1.0 / (1.0 - c)],
        inner: vec![1.0],
        shift: vec![-c],
        bias: vec![0.0],
    }
}

/// The map of Lozi (1978): `(x, y) → (1 - a |x| + y, b x)`, with `|x| = 2 φ(x) - x`.
fn lozi(a: f64, b: f64) -> Network {
    Network {
        n: 2,
        m: 1,
        linear: vec![a, 1.0, b, 0.0],
        out: vec![-2.0 * a, 0.0],
        inner: vec![1.0, 0.0],
        shift: vec![0.0],
        bias: vec![1.0, 0.0],
    }
}

fn random(n: usize, m: usize, seed: u64) -> Network {
    let mut stream = Stream::new(seed, "network");
    let mut take =
        |count: usize, size: f64| -> Vec<f64> { (0..count).map(|_| size * stream.normal()).collect() };
    Network {
        n,
        m,
        linear: take(n * n, 0.6),
        out: take(n * m, 1.2),
        inner: take(m * n, 1.0),
        shift: take(m, 0.5),
        bias: take(n, 0.5),
    }
}

fn search(map: Network, options: AffineCycleOptions) -> AffineCycleRun<Network> {
    let mut run = AffineCycleRun::new(map, options).unwrap();
    while !run.advance(500).unwrap() {
        assert!((0.0..=1.0).contains(&run.progress()));
    }
    assert_eq!(run.progress(), 1.0);
    run
}

fn up_to(longest: usize) -> AffineCycleOptions {
    AffineCycleOptions { longest, ..AffineCycleOptions::default() }
}

fn counts(run: &AffineCycleRun<Network>, longest: usize) -> Vec<usize> {
    (1..=longest).map(|p| run.cycles().iter().filter(|cycle| cycle.period == p).count()).collect()
}

#[test]
fn the_skew_tent_map_has_one_cycle_a_necklace() {
    let run = search(tent(0.3), up_to(8));
    assert_eq!(counts(&run, 8), [2, 1, 2, 3, 6, 9, 18, 30]);
    assert!(run.searches().iter().all(AffineSearch::is_complete));
    for cycle in run.cycles() {
        let behind = cycle.switches.iter().filter(|switch| **switch).count() as i32;
        let mut multiplier = 1.0;
        for k in 0..cycle.period as i32 {
            multiplier *= if k < behind { -1.0 / 0.7 } else { 1.0 / 0.3 };
        }
        assert!((cycle.eigenvalues[0].real / multiplier - 1.0).abs() < 1e-12);
        assert!(cycle.residual < 1e-14 && cycle.error < 1e-13 && !cycle.border);
        assert!(cycle.unstable == Some(1) && cycle.kind.starts_with("unstable node"), "{}", cycle.kind);
    }
    // The cycle of two has one point on each side.
    let two = run.cycles().iter().find(|cycle| cycle.period == 2).unwrap();
    let (x, y) = (two.points[0], two.points[1]);
    assert!((x / 0.3 - y).abs() < 1e-15 && ((1.0 - y) / 0.7 - x).abs() < 1e-15);
}

#[test]
fn lozi_has_the_cycles_that_newton_finds_and_its_known_fixed_points() {
    let run = search(lozi(1.7, 0.5), up_to(6));
    let fixed: Vec<f64> = run.cycles().iter().filter(|c| c.period == 1).map(|c| c.points[0]).collect();
    // 1 / (1 ± a - b), one in each half.
    assert!((fixed[0] + 1.0 / 1.2).abs() < 1e-15 && (fixed[1] - 1.0 / 2.2).abs() < 1e-15);
    for period in 1..=6 {
        let (low, high) = (vec![-3.0, -2.0], vec![3.0, 2.0]);
        let options =
            FixedPointOptions { low, high, seeds: 400, states: Vec::new(), tolerance: 1e-10, beyond: 1.0 };
        let rest = RestOfMap::new(lozi(1.7, 0.5), period).unwrap();
        let mut newton = FixedPointRun::new(rest, options).unwrap();
        while !newton.advance(10_000).unwrap() {}
        let ours: Vec<&AffineCycle> = run.cycles().iter().filter(|cycle| cycle.period == period).collect();
        for found in newton.points() {
            let point = &found.orbit[0];
            let same = |cycle: &&&AffineCycle| {
                let near = |p: &[f64]| p.iter().zip(point).all(|(a, b)| (a - b).abs() < 1e-8);
                cycle.points.chunks_exact(2).any(near)
            };
            assert_eq!(ours.iter().filter(same).count(), 1, "period {period}: {found:?}");
        }
    }
}

#[test]
fn the_search_from_starts_finds_what_the_exhaustive_one_finds() {
    let mut total = 0;
    for seed in 0..6 {
        let all = search(random(2, 3, seed), up_to(4));
        assert!(all.searches().iter().all(|search| search.exhaustive));
        let some = search(random(2, 3, seed), AffineCycleOptions { exhaustive: 0, starts: 400, ..up_to(4) });
        assert!(some.searches().iter().all(|search| !search.is_complete()));
        assert_eq!(counts(&all, 4), counts(&some, 4), "{seed}");
        for (a, b) in all.cycles().iter().zip(some.cycles()) {
            assert!(a.points.iter().zip(&b.points).all(|(a, b)| (a - b).abs() < 1e-9));
        }
        total += all.cycles().len();
    }
    assert!(total > 6, "{total}");
}

#[test]
fn brute_force_over_the_plane_confirms_the_fixed_points_of_a_network() {
    for seed in 0..20 {
        let mut map = random(2, 3, seed);
        let run = search(map.clone(), up_to(1));
        // Between them the eight regions cover the plane: each one's fixed point, kept where it lies inside.
        let mut inside = 0;
        for code in 0..8 {
            let switches: Vec<bool> = (0..3).map(|bit| code >> bit & 1 == 1).collect();
            let (mut a, mut b) = ([0.0; 4], [0.0; 2]);
            map.affine(&switches, &mut a, &mut b);
            let (p, q, r, s) = (1.0 - a[0], -a[1], -a[2], 1.0 - a[3]);
            let determinant = p * s - q * r;
            let x = [(s * b[0] - q * b[1]) / determinant, (p * b[1] - r * b[0]) / determinant];
            let mut seen = Vec::new();
            map.region(&x, &mut seen);
            if seen == switches {
                inside += 1;
                let near = |c: &&AffineCycle| (c.points[0] - x[0]).abs() + (c.points[1] - x[1]).abs() < 1e-8;
                assert_eq!(run.cycles().iter().filter(near).count(), 1);
            }
        }
        assert_eq!(run.cycles().len(), inside);
    }
}

#[test]
fn many_rectifiers_are_searched_from_starts_and_orbits() {
    let mut options = AffineCycleOptions { starts: 50, states: vec![0.1; 10], ..up_to(2) };
    options.exhaustive = 10;
    let mut map = random(10, 20, 3);
    // A contraction has one fixed point and nothing else.
    for value in map.linear.iter_mut().chain(&mut map.out) {
        *value *= 0.05;
    }
    let run = search(map, options);
    assert_eq!(counts(&run, 2), [1, 0]);
    assert_eq!(run.cycles()[0].unstable, Some(0));
    assert!(!run.searches()[0].is_complete());
}

#[test]
fn a_continuum_is_told_as_singular_and_a_border_as_such() {
    // x → x on one side: every point there is fixed.
    let identity = Network {
        n: 1,
        m: 1,
        linear: vec![1.0],
        out: vec![-0.5],
        inner: vec![1.0],
        shift: vec![0.0],
        bias: vec![0.0],
    };
    let run = search(identity, up_to(1));
    assert_eq!(run.searches()[0].singular, 1);
    assert!(!run.searches()[0].is_complete());
    // x → x / 2 on the left, 3 x on the right: the fixed point lies on the border, once.
    let mut bent = tent(0.5);
    bent.linear = vec![0.5];
    bent.out = vec![2.5];
    bent.shift = vec![0.0];
    let run = search(bent, up_to(1));
    assert_eq!(run.cycles().len(), 1);
    assert!(run.cycles()[0].points[0].abs() < 1e-15);
}

#[test]
fn requests_out_of_range_are_refused() {
    let new = |options| AffineCycleRun::new(tent(0.3), options).map(|_| ()).unwrap_err();
    assert!(matches!(new(up_to(0)), Error::Option { name: "longest period", .. }));
    assert!(matches!(new(up_to(65)), Error::Option { name: "longest period", .. }));
    assert!(matches!(new(AffineCycleOptions { exhaustive: 25, ..up_to(1) }), Error::Option { .. }));
    assert!(matches!(
        new(AffineCycleOptions { starts: 0, ..up_to(1) }),
        Error::Option { name: "starts", .. }
    ));
    assert!(matches!(new(AffineCycleOptions { tolerance: f64::NAN, ..up_to(1) }), Error::Option { .. }));
    assert!(matches!(
        new(AffineCycleOptions { states: vec![f64::NAN], ..up_to(1) }),
        Error::NotFinite { .. }
    ));
    let run = search(tent(0.3), AffineCycleOptions { most: 3, ..up_to(8) });
    assert!(run.is_full() && run.cycles().len() == 3);
}

proptest! {
    #[test]
    fn every_cycle_is_one_of_the_map_itself(seed in 0_u64..10_000) {
        let mut map = random(2, 2, seed);
        for cycle in search(map.clone(), up_to(3)).cycles() {
            let mut x = cycle.state().to_vec();
            let mut next = vec![0.0; 2];
            for _ in 0..cycle.period {
                map.next(0.0, &x, &mut next);
                x.copy_from_slice(&next);
            }
            for (a, b) in x.iter().zip(cycle.state()) {
                prop_assert!((a - b).abs() < 1e-7 * (1.0 + a.abs()), "{} {}", a, b);
            }
        }
    }
}
