//! Branches of limit cycles.

use super::branches::finish as finish_steady;
use super::samples::*;
use analysis::{
    ContinuationOptions, ContinuationRun, CycleBranch, CycleKind, CycleOptions, CycleRun, End, Equilibria,
    Error, FlowFamily, Special, SpecialKind,
};
use numerics::{Flow, FlowJacobian};

fn finish<F: FlowFamily>(mut run: CycleRun<F>) -> Vec<CycleBranch> {
    while !run.advance(20_000).unwrap() {
        assert!((0.0..1.0).contains(&run.progress()));
    }
    assert_eq!(run.progress(), 1.0);
    run.branches().to_vec()
}

/// The Hopf points on the branch of equilibria that goes up from a start.
fn hopf_points<F: FlowFamily>(flow: F, range: (f64, f64), p0: f64, x0: &[f64]) -> Vec<Special> {
    let options = ContinuationOptions { parameter: range, ..ContinuationOptions::default() };
    let branches = finish_steady(ContinuationRun::new(Equilibria::new(flow), options, p0, x0).unwrap());
    let specials = branches[0].specials.iter();
    specials.filter(|special| matches!(special.kind, SpecialKind::Hopf { .. })).cloned().collect()
}

fn options(low: f64, high: f64) -> CycleOptions {
    CycleOptions { parameter: (low, high), ..CycleOptions::default() }
}

fn folds(branch: &CycleBranch) -> Vec<f64> {
    let folds = branch.specials.iter().filter(|special| special.kind == CycleKind::Fold);
    folds.map(|special| special.point.cycle.parameter).collect()
}

#[test]
fn the_normal_form_has_circles_of_known_period_and_multiplier() {
    let hopf = hopf_points(HopfForm(0.0), (-1.0, 1.0), -0.5, &[0.1, 0.0]);
    let branches = finish(CycleRun::from_hopf(HopfForm(0.0), options(-1.0, 1.0), &hopf[0]).unwrap());
    assert_eq!(branches.len(), 1);
    assert_eq!(branches[0].end, Some(End::Parameter { parameter: 1.0 }));
    assert!(branches[0].points.len() > 10 && branches[0].specials.is_empty());
    for point in &branches[0].points {
        let (p, turn) = (point.cycle.parameter, 2.0 * core::f64::consts::PI);
        let radius = libm::sqrt(p / 0.7);
        let period = turn / (2.0 + 0.3 * p / 0.7);
        assert!((point.cycle.period - period).abs() < 1e-8, "{} {period}", point.cycle.period);
        let (low, high) = point.cycle.range(0);
        assert!((high - radius).abs() < 1e-6 && (low + radius).abs() < 1e-6, "{low} {high} {radius}");
        assert!((point.multipliers[0].real - libm::exp(-2.0 * p * period)).abs() < 1e-7);
        assert!(point.is_stable() && point.trivial < 1e-8 && point.error < 1e-6);
    }
}

#[test]
fn fitzhugh_nagumo_cycles_join_its_two_hopf_points() {
    let hopf = hopf_points(FitzHughNagumo(0.0), (0.0, 2.0), 0.0, &[-1.2, -0.6]);
    let branches = finish(CycleRun::from_hopf(FitzHughNagumo(0.0), options(0.0, 2.0), &hopf[0]).unwrap());
    let Some(End::Shrunk { parameter }) = branches[0].end else { panic!("{:?}", branches[0].end) };
    assert!((parameter - hopf[1].point.parameter).abs() < 0.01, "{parameter}");
    // With w = 0.875 + w̃ the equations are odd at the current 0.875: the branch is symmetric about it, with a canard
    // explosion and one fold near each end.
    let middle = hopf[0].point.parameter + hopf[1].point.parameter;
    let folds = folds(&branches[0]);
    assert_eq!(folds.len(), 2, "{folds:?}");
    assert!((folds[0] + folds[1] - middle).abs() < 1e-5, "{folds:?}");
    assert!(branches[0].points.iter().any(|point| point.is_stable() && point.cycle.range(0).1 > 1.9));
}

#[test]
fn morris_lecar_of_class_two_folds_its_cycles_at_88_3() {
    // Rinzel and Ermentrout (1998), section 7.3: cycles exist above 88.3, and a fold of cycles lies right of the second
    // Hopf point too.
    let range = (0.0, 300.0);
    let hopf = hopf_points(MorrisLecar::hopf(), range, 0.0, &[-60.0, 0.01]);
    let branches = finish(CycleRun::from_hopf(MorrisLecar::hopf(), options(0.0, 300.0), &hopf[0]).unwrap());
    let folds = folds(&branches[0]);
    assert_eq!(folds.len(), 2, "{folds:?}");
    assert!((folds[0] - 88.29).abs() < 0.03, "{folds:?}");
    assert!(folds[1] > hopf[1].point.parameter);
    let Some(End::Shrunk { parameter }) = branches[0].end else { panic!("{:?}", branches[0].end) };
    assert!((parameter - hopf[1].point.parameter).abs() < 1.0);
}

#[test]
fn morris_lecar_of_class_one_slows_down_towards_its_saddle_node() {
    let options = CycleOptions { parameter: (0.0, 100.0), longest: 3000.0, ..CycleOptions::default() };
    let start = CycleRun::from_orbit(MorrisLecar::circle(), options, 60.0, &[-20.0, 0.1], 400.0, 300.0);
    let branches = finish(start.unwrap());
    let down = &branches[1];
    let Some(End::Period { parameter, .. }) = down.end else { panic!("{:?}", down.end) };
    // The fold of equilibria is at 39.963; a period T is left at a distance of the order of 1/T².
    assert!((parameter - 39.963).abs() < 0.01, "{parameter}");
    // Class I: the frequency goes to zero as the root of the distance.
    let far = |period: f64| {
        let point = down.points.iter().find(|point| point.cycle.period > period).unwrap();
        (point.cycle.period, point.cycle.parameter - 39.963)
    };
    let ((t, a), (s, b)) = (far(200.0), far(400.0));
    let power = libm::log(s / t) / libm::log(a / b);
    assert!((power - 0.5).abs() < 0.1, "{power}");
}

#[test]
fn hodgkin_huxley_cycles_fold_and_come_back_to_the_second_hopf_point() {
    // Rinzel and Miller (1980): the branch born at 9.78 turns several times, the last near 6.26, and comes back to the
    // second Hopf point at 154.5. The last fold is at 6.265 (doi 10.3934/mbe.2018036, with up to three unstable cycles);
    // the other two and the doublings beside them stand as found here alike with 40 and 50 intervals.
    let range = (0.0, 200.0);
    let hopf = hopf_points(HodgkinHuxley(0.0), range, 0.0, &[0.0, 0.053, 0.6, 0.32]);
    let run = CycleRun::from_hopf(HodgkinHuxley(0.0), options(0.0, 200.0), &hopf[0]).unwrap();
    let branches = finish(run);
    let folds = folds(&branches[0]);
    assert_eq!(folds.len(), 3, "{folds:?}");
    for (fold, wanted) in folds.iter().zip([7.8465, 7.9220, 6.2645]) {
        assert!((fold - wanted).abs() < 1e-3, "{folds:?}");
    }
    let doublings = branches[0].specials.iter().filter(|s| s.kind == CycleKind::PeriodDoubling);
    assert_eq!(doublings.count(), 2);
    let Some(End::Shrunk { parameter }) = branches[0].end else { panic!("{:?}", branches[0].end) };
    assert!((parameter - hopf[1].point.parameter).abs() < 1.0);
    // Beyond the last fold the cycle is stable: it spikes by about 100 mV.
    let spikes = branches[0].points.iter().find(|point| point.cycle.parameter > 10.0 && point.is_stable());
    assert!(spikes.unwrap().cycle.range(0).1 > 80.0);
}

#[test]
fn the_lorenz_cycle_born_at_the_hopf_point_ends_in_a_homoclinic_orbit() {
    // Sparrow (1982): 13.926.
    let range = (1.0, 30.0);
    let hopf = hopf_points(Lorenz(10.0), range, 10.0, &[4.9, 4.9, 9.0]);
    let options = CycleOptions { longest: 5.0, ..options(1.0, 30.0) };
    let branches = finish(CycleRun::from_hopf(Lorenz(10.0), options, &hopf[0]).unwrap());
    let Some(End::Period { parameter, .. }) = branches[0].end else { panic!("{:?}", branches[0].end) };
    assert!((parameter - 13.926).abs() < 1e-3, "{parameter}");
    assert!(branches[0].points.iter().all(|point| point.unstable == 1));
    assert!(branches[0].end.clone().unwrap().to_string().contains("homoclinic"));
}

#[test]
fn rossler_doubles_its_period_twice() {
    // Near 2.83 and 3.84, as the sweep's one, two and four maxima at 2.6, 3.4 and 4.0 have it; the third digit is as found
    // here.
    let range = options(2.0, 5.0);
    let run = CycleRun::from_orbit(Rossler(2.5), range.clone(), 2.5, &[1.0, 1.0, 0.0], 300.0, 50.0).unwrap();
    let branches = finish(run);
    let first = branches[0].specials.iter().find(|s| s.kind == CycleKind::PeriodDoubling).unwrap();
    assert!((first.point.cycle.parameter - 2.832).abs() < 2e-3, "{}", first.point.cycle.parameter);
    let doubled = finish(CycleRun::switch(Rossler(2.5), range, first).unwrap());
    assert_eq!(doubled.len(), 1);
    let second = doubled[0].specials.iter().find(|s| s.kind == CycleKind::PeriodDoubling).unwrap();
    assert!((second.point.cycle.parameter - 3.837).abs() < 2e-3, "{}", second.point.cycle.parameter);
    let ratio = doubled[0].points[0].cycle.period / first.point.cycle.period;
    assert!((ratio - 2.0).abs() < 0.01);
    assert!(doubled[0].points[0].is_stable());
}

#[test]
fn cycles_cross_and_turn_into_tori_where_they_should() {
    // On the circle of radius 1 the third variable has a pitchfork, the last two a Hopf bifurcation, at p = 0.
    let pitchfork = CycleRun::from_orbit(Tube(-0.3), options(-0.5, 0.5), -0.3, &[1.0, 0.2, 0.3], 60.0, 20.0);
    let branches = finish(pitchfork.unwrap());
    let crossing = branches[0].specials.iter().find(|s| s.kind == CycleKind::BranchPoint).unwrap();
    assert!(crossing.point.cycle.parameter.abs() < 1e-6, "{crossing:?}");
    let others = finish(CycleRun::switch(Tube(0.0), options(-0.5, 0.5), crossing).unwrap());
    assert_eq!(others.len(), 2);
    for branch in others {
        let point = branch.points.last().unwrap();
        let z = point.cycle.range(2).1;
        assert!((z * z - point.cycle.parameter).abs() < 1e-6 && point.is_stable(), "{z}");
    }
    let x0 = [1.0, 0.2, 0.3, 0.0];
    let ring = CycleRun::from_orbit(Ring(-0.3), options(-0.5, 0.5), -0.3, &x0, 60.0, 20.0);
    let branches = finish(ring.unwrap());
    let torus = branches[0].specials.iter().find(|s| matches!(s.kind, CycleKind::Torus { .. })).unwrap();
    assert!(torus.point.cycle.parameter.abs() < 1e-6);
    let CycleKind::Torus { angle } = torus.kind else { panic!() };
    // One period is 2π, and the second oscillator turns at 0.3.
    assert!((angle - 0.6 * core::f64::consts::PI).abs() < 1e-6, "{angle}");
}

#[test]
fn starts_that_lead_to_no_cycle_are_refused_with_the_reason() {
    let start = |flow: Lorenz, p: f64| {
        let mut run = CycleRun::from_orbit(flow, options(0.0, 200.0), p, &[1.0, 1.0, 1.0], 30.0, 30.0)?;
        loop {
            if run.advance(500)? {
                return Ok(());
            }
            assert_eq!((run.progress(), run.branches().len()), (0.0, 0));
        }
    };
    assert!(matches!(start(Lorenz(10.0), 10.0), Err(Error::NotFound { .. }))); // rest
    assert!(matches!(start(Lorenz(28.0), 28.0), Err(Error::NotFound { .. }))); // chaos
    assert!(matches!(start(Lorenz(28.0), 400.0), Err(Error::Option { .. })));
    let many = CycleOptions { intervals: 401, ..options(0.0, 1.0) };
    assert!(CycleRun::from_orbit(Rossler(0.5), many, 0.5, &[1.0, 1.0, 0.0], 1.0, 1.0).is_err());
    let still = CycleRun::from_orbit(Deaf, options(0.0, 1.0), 0.5, &[1.0, 0.0], 1.0, 9.0).map(|_| ());
    assert!(matches!(still, Err(Error::NoEffect { .. })));
    let cusp = CycleRun::from_orbit(Cusp(0.0), options(0.0, 1.0), 0.5, &[1.0], 1.0, 1.0).map(|_| ());
    assert!(matches!(cusp, Err(Error::Option { .. })));
    let branches = finish_steady(
        ContinuationRun::new(
            Equilibria::new(Cusp(0.0)),
            ContinuationOptions { parameter: (-1.0, 1.0), ..ContinuationOptions::default() },
            -1.0,
            &[-1.3],
        )
        .unwrap(),
    );
    let fold = CycleRun::from_hopf(Cusp(0.0), options(-1.0, 1.0), &branches[0].specials[0]).map(|_| ());
    assert!(matches!(fold, Err(Error::NotFound { what: "Hopf point", .. })));
}

#[test]
fn van_der_pol_has_its_known_periods_from_smooth_to_stiff() {
    // T(1) = 6.66328685932 (Krogdahl 1960), T(10) = 19.0783695669.
    let range = options(0.5, 10.0);
    let start = |intervals: usize| {
        let options = CycleOptions { intervals, points: 2, adapt: 0, ..range.clone() };
        let run = CycleRun::from_orbit(VanDerPol(1.0), options, 1.0, &[2.0, 0.0], 60.0, 20.0).unwrap();
        (finish(run)[0].points[0].cycle.period - 6.663_286_859_323_13).abs()
    };
    // The period is a quantity of the mesh points: the error falls with the eighth power of the interval.
    let (coarse, fine) = (start(20), start(40));
    assert!(fine < 1e-9 && coarse / fine > 100.0, "{coarse} {fine}");
    let run = CycleRun::from_orbit(VanDerPol(1.0), range, 1.0, &[2.0, 0.0], 60.0, 20.0).unwrap();
    let branches = finish(run);
    assert_eq!(branches[0].end, Some(End::Parameter { parameter: 10.0 }));
    let last = &branches[0].points.last().unwrap().cycle;
    assert!((last.period - 19.078_369_566_9).abs() < 1e-4, "{}", last.period);
    assert!(branches.iter().all(|branch| branch.specials.is_empty()));
    assert!(branches[0].points.iter().all(|point| point.is_stable() && point.trivial < 1e-4));
}

/// A cycle whose parameter does nothing.
struct Deaf;
impl Flow for Deaf {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, t: f64, x: &[f64], f: &mut [f64]) {
        VanDerPol(1.0).rate(t, x, f);
    }
}
impl FlowJacobian for Deaf {
    fn jacobian(&mut self, t: f64, x: &[f64], j: &mut [f64]) {
        VanDerPol(1.0).jacobian(t, x, j);
    }
}
impl FlowFamily for Deaf {
    fn set(&mut self, _: f64) {}
    fn parameter(&self) -> f64 {
        0.5
    }
}

/// A circle of radius a, with p² + (a - 2)² = 1/4 on its branch: cycles that close in the parameter.
struct Island(f64);
impl Flow for Island {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        let a = libm::hypot(x[0], x[1]);
        let g = 0.25 - self.0 * self.0 - (a - 2.0) * (a - 2.0);
        f[0] = g * x[0] - x[1];
        f[1] = g * x[1] + x[0];
    }
}
impl FlowJacobian for Island {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        let a = libm::hypot(x[0], x[1]);
        let g = 0.25 - self.0 * self.0 - (a - 2.0) * (a - 2.0);
        let slope = -2.0 * (a - 2.0) / a;
        j[0] = g + slope * x[0] * x[0];
        j[1] = slope * x[0] * x[1] - 1.0;
        j[2] = slope * x[0] * x[1] + 1.0;
        j[3] = g + slope * x[1] * x[1];
    }
}
impl FlowFamily for Island {
    fn set(&mut self, parameter: f64) {
        self.0 = parameter;
    }
    fn parameter(&self) -> f64 {
        self.0
    }
}

#[test]
fn a_closed_branch_of_cycles_is_gone_round_once() {
    let run = CycleRun::from_orbit(Island(0.1), options(-1.0, 1.0), 0.1, &[2.3, 0.0], 40.0, 20.0).unwrap();
    let branches = finish(run);
    assert_eq!(branches.len(), 1);
    assert!(matches!(branches[0].end, Some(End::Closed { .. })), "{:?}", branches[0].end);
    let folds = folds(&branches[0]);
    assert_eq!(folds.len(), 2, "{folds:?}");
    assert!((folds[0] - 0.5).abs() < 1e-6 && (folds[1] + 0.5).abs() < 1e-6, "{folds:?}");
}
