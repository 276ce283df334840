//! Branches of equilibria and of fixed points.

use super::samples::*;
use analysis::{
    Branch, ContinuationOptions, ContinuationRun, End, Equilibria, Error, FixedPoints, FlowFamily, Special,
    SpecialKind, Steady,
};
use numerics::{Flow, FlowJacobian};

fn options(low: f64, high: f64) -> ContinuationOptions {
    ContinuationOptions { parameter: (low, high), ..ContinuationOptions::default() }
}

pub fn finish<S: Steady>(mut run: ContinuationRun<S>) -> Vec<Branch> {
    while !run.advance(500).unwrap() {
        assert!((0.0..1.0).contains(&run.progress()));
    }
    assert_eq!(run.progress(), 1.0);
    run.branches().to_vec()
}

fn all<S: Steady>(steady: S, options: ContinuationOptions, p0: f64, x0: &[f64]) -> Vec<Branch> {
    finish(ContinuationRun::new(steady, options, p0, x0).unwrap())
}

/// Every special point is where it should be, within its own error bar and a floor for round-off.
fn at(special: &Special, parameter: f64) {
    let off = (special.point.parameter - parameter).abs();
    assert!(off <= special.error + 1e-9 * (1.0 + parameter.abs()), "{special:?} is not at {parameter}");
    assert!(special.error < 1e-6 * (1.0 + parameter.abs()), "{special:?}");
}

fn is_hopf(special: &Special) -> bool {
    matches!(special.kind, SpecialKind::Hopf { .. })
}

#[test]
fn the_cusp_folds_at_its_analytic_places() {
    // x' = h + x - x³: folds at x = ±1/√3, h = ∓2/(3√3).
    let branches = all(Equilibria::new(Cusp(0.0)), options(-1.0, 1.0), -1.0, &[-1.3]);
    assert_eq!(branches.len(), 2);
    let specials = &branches[0].specials;
    assert_eq!(specials.len(), 2, "{specials:?}");
    let fold = 2.0 / libm::sqrt(27.0);
    for (special, h) in specials.iter().zip([fold, -fold]) {
        assert_eq!(special.kind, SpecialKind::Fold);
        at(special, h);
    }
    assert_eq!(branches[0].end, Some(End::Parameter { parameter: 1.0 }));
    assert_eq!(branches[1].end, Some(End::Parameter { parameter: -1.0 }));
    let middle = branches[0].points.iter().filter(|point| point.state[0].abs() < 0.5);
    assert!(middle.clone().count() > 3 && middle.into_iter().all(|point| point.unstable == 1));
    for point in &branches[0].points {
        let x = point.state[0];
        assert!((point.parameter + x - x * x * x).abs() < 1e-9);
        assert!((point.eigenvalues[0].real - (1.0 - 3.0 * x * x)).abs() < 1e-9);
    }
}

#[test]
fn lorenz_has_its_pitchfork_and_its_subcritical_hopf() {
    let branches = all(Equilibria::new(Lorenz(0.5)), options(0.0, 30.0), 0.5, &[0.0, 0.0, 0.0]);
    let pitchfork = &branches[0].specials[0];
    assert_eq!(branches[0].specials.len(), 1, "{:?}", branches[0].specials);
    assert_eq!(pitchfork.kind, SpecialKind::BranchPoint);
    at(pitchfork, 1.0);
    let other = ContinuationRun::switch(Equilibria::new(Lorenz(0.5)), options(0.0, 30.0), pitchfork).unwrap();
    for (side, branch) in finish(other).iter().enumerate() {
        let hopf = branch.specials.iter().find(|special| is_hopf(special)).unwrap();
        at(hopf, 470.0 / 19.0);
        let SpecialKind::Hopf { frequency, coefficient } = hopf.kind else { panic!() };
        // ω² is the coefficient β (σ + ρ) of the characteristic polynomial (Sparrow 1982).
        assert!((frequency - libm::sqrt(8.0 / 3.0 * (10.0 + 470.0 / 19.0))).abs() < 1e-8);
        assert_eq!(coefficient.unwrap().is_supercritical(), Some(false), "{coefficient:?}");
        let last = branch.points.last().unwrap();
        let radius = libm::sqrt(8.0 / 3.0 * 29.0);
        assert!((last.state[0].abs() - radius).abs() < 1e-9 && last.state[2] - 29.0 < 1e-9);
        assert_eq!(branch.end, Some(End::Parameter { parameter: 30.0 }), "side {side}");
        assert_eq!(last.unstable, 2);
    }
}

#[test]
fn fitzhugh_nagumo_has_two_hopf_points() {
    // Trace 0: v² = 1 - 0.064; I = w - v + v³/3 with w = (v + 0.7) / 0.8. FitzHugh (1961) in these numbers.
    let branches = all(Equilibria::new(FitzHughNagumo(0.0)), options(0.0, 2.0), 0.0, &[-1.2, -0.6]);
    let specials = &branches[0].specials;
    assert_eq!(specials.len(), 2, "{specials:?}");
    let v = libm::sqrt(1.0 - 0.064);
    for (special, v) in specials.iter().zip([-v, v]) {
        at(special, (v + 0.7) / 0.8 - v + v * v * v / 3.0);
        let SpecialKind::Hopf { frequency, .. } = special.kind else { panic!("{special:?}") };
        assert!((frequency - libm::sqrt(0.08 - 0.064 * 0.064)).abs() < 1e-8);
    }
    assert!((specials[0].point.parameter - 0.3313).abs() < 1e-4);
    assert!((specials[1].point.parameter - 1.4187).abs() < 1e-4);
}

#[test]
fn the_brusselator_turns_supercritically_at_one_plus_a_squared() {
    let branches = all(Equilibria::new(Brusselator(1.0)), options(0.5, 4.0), 1.0, &[1.0, 1.0]);
    let hopf = branches[0].specials.iter().find(|special| is_hopf(special)).unwrap();
    at(hopf, 2.0);
    let SpecialKind::Hopf { frequency, coefficient } = hopf.kind else { panic!() };
    assert!((frequency - 1.0).abs() < 1e-9);
    assert_eq!(coefficient.unwrap().is_supercritical(), Some(true));
}

#[test]
fn the_lyapunov_coefficient_of_the_normal_form_is_known() {
    // For z' = (p + i ω) z + c z|z|² and an eigenvector of length 1, l₁ = 2 Re c / ω.
    let branches = all(Equilibria::new(HopfForm(-0.5)), options(-1.0, 1.0), -0.5, &[0.1, 0.0]);
    let hopf = branches[0].specials.iter().find(|special| is_hopf(special)).unwrap();
    at(hopf, 0.0);
    let SpecialKind::Hopf { coefficient: Some(coefficient), .. } = hopf.kind else { panic!() };
    assert!((coefficient.value + 0.7).abs() < 1e-5 + coefficient.error, "{coefficient:?}");
}

#[test]
fn morris_lecar_of_class_two_and_of_class_one() {
    // Ermentrout and Terman (2010), Table 3.1; Rinzel and Ermentrout (1998), figures 7.2 and 7.3: Hopf points at 93.86
    // and 212.0, the first subcritical; in the other set the fold on the invariant circle at 39.96.
    let branches = all(Equilibria::new(MorrisLecar::hopf()), options(0.0, 300.0), 0.0, &[-60.0, 0.01]);
    let hopf: Vec<&Special> = branches[0].specials.iter().filter(|special| is_hopf(special)).collect();
    assert_eq!(hopf.len(), 2, "{:?}", branches[0].specials);
    assert!((hopf[0].point.parameter - 93.86).abs() < 0.01 && (hopf[1].point.parameter - 212.0).abs() < 0.1);
    for special in hopf {
        let SpecialKind::Hopf { coefficient, .. } = special.kind else { panic!() };
        assert_eq!(coefficient.unwrap().is_supercritical(), Some(false), "{coefficient:?}");
    }
    let branches = all(Equilibria::new(MorrisLecar::circle()), options(-50.0, 150.0), 0.0, &[-60.0, 0.01]);
    let folds: Vec<f64> = branches[0]
        .specials
        .iter()
        .filter(|special| special.kind == SpecialKind::Fold)
        .map(|special| special.point.parameter)
        .collect();
    assert_eq!(folds.len(), 2, "{:?}", branches[0].specials);
    assert!((folds[0] - 39.96).abs() < 0.05, "{folds:?}");
}

#[test]
fn hodgkin_huxley_has_its_hopf_points() {
    // Hassard (1978), Rinzel and Miller (1980): 9.78 and 154.5 µA/cm², the first subcritical, the second supercritical.
    let x0 = [0.0, 0.053, 0.6, 0.32];
    let branches = all(Equilibria::new(HodgkinHuxley(0.0)), options(0.0, 200.0), 0.0, &x0);
    let hopf: Vec<&Special> = branches[0].specials.iter().filter(|special| is_hopf(special)).collect();
    assert_eq!(hopf.len(), 2, "{:?}", branches[0].specials);
    assert!((hopf[0].point.parameter - 9.78).abs() < 0.02, "{}", hopf[0].point.parameter);
    assert!((hopf[1].point.parameter - 154.5).abs() < 0.1, "{}", hopf[1].point.parameter);
    let sides: Vec<Option<bool>> = hopf
        .iter()
        .map(|special| match special.kind {
            SpecialKind::Hopf { coefficient: Some(coefficient), .. } => coefficient.is_supercritical(),
            _ => None,
        })
        .collect();
    assert_eq!(sides, [Some(false), Some(true)]);
}

#[test]
fn a_transcritical_point_can_be_left_on_the_other_branch() {
    let branches = all(Equilibria::new(Transcritical(-0.7)), options(-1.0, 1.0), -0.7, &[0.0]);
    let crossing = &branches[0].specials[0];
    assert_eq!(crossing.kind, SpecialKind::BranchPoint);
    at(crossing, 0.0);
    let other = ContinuationRun::switch(Equilibria::new(Transcritical(0.0)), options(-1.0, 1.0), crossing);
    for branch in finish(other.unwrap()) {
        assert!(branch.points.iter().all(|point| (point.state[0] - point.parameter).abs() < 1e-8));
        assert!(branch.points.len() > 3);
    }
}

#[test]
fn the_logistic_map_doubles_at_three_and_at_one_plus_the_root_of_six() {
    let first = all(FixedPoints::new(Logistic(2.0), 1), options(1.5, 3.9), 2.0, &[0.5]);
    let doubling = &first[0].specials[0];
    assert_eq!((first[0].specials.len(), doubling.kind), (1, SpecialKind::PeriodDoubling));
    at(doubling, 3.0);
    let second = ContinuationRun::switch(FixedPoints::new(Logistic(2.0), 2), options(1.5, 3.9), doubling);
    for branch in finish(second.unwrap()) {
        let next = branch.specials.iter().find(|s| s.kind == SpecialKind::PeriodDoubling).unwrap();
        at(next, 1.0 + libm::sqrt(6.0));
        // x = (r + 1 ± √((r + 1)(r - 3))) / 2r
        let point = branch.points.last().unwrap();
        let (r, x) = (point.parameter, point.state[0]);
        let root = libm::sqrt((r + 1.0) * (r - 3.0));
        let off = |sign: f64| (x - (r + 1.0 + sign * root) / (2.0 * r)).abs();
        assert!(off(1.0) < 1e-9 || off(-1.0) < 1e-9);
    }
    // Period three appears at 1 + √8 in a fold.
    let three = all(FixedPoints::new(Logistic(3.84), 3), options(3.7, 3.9), 3.84, &[0.149_407]);
    let fold = three.iter().flat_map(|b| &b.specials).find(|s| s.kind == SpecialKind::Fold).unwrap();
    at(fold, 1.0 + libm::sqrt(8.0));
}

#[test]
fn two_dimensional_maps_fold_double_and_turn() {
    // Hénon with b = 0.3: fold at a = -(1 - b)²/4, doubling at 3 (1 - b)²/4.
    let branches = all(FixedPoints::new(Henon(0.2), 1), options(-0.5, 1.0), 0.2, &[0.6, 0.2]);
    let specials: Vec<&Special> = branches.iter().flat_map(|branch| &branch.specials).collect();
    let doubling = specials.iter().find(|s| s.kind == SpecialKind::PeriodDoubling).unwrap();
    at(doubling, 0.75 * 0.49);
    let fold = specials.iter().find(|s| s.kind == SpecialKind::Fold).unwrap();
    at(fold, -0.25 * 0.49);
    // The delayed logistic map loses its fixed point at r = 2 with multipliers exp(±iπ/3).
    let branches = all(FixedPoints::new(DelayedLogistic(1.5), 1), options(1.2, 2.5), 1.5, &[0.3, 0.3]);
    let turn = &branches[0].specials[0];
    at(turn, 2.0);
    let SpecialKind::NeimarkSacker { angle } = turn.kind else { panic!("{turn:?}") };
    assert!((angle - core::f64::consts::PI / 3.0).abs() < 1e-8);
}

/// A circle of equilibria in state and parameter, x² + p² = 1, and one that runs off to infinity, x (1 - p) = 1.
#[derive(Clone)]
struct Shape {
    p: f64,
    circle: bool,
    time: f64,
    gain: f64,
}
impl Flow for Shape {
    fn dimension(&self) -> usize {
        1
    }
    fn rate(&mut self, t: f64, x: &[f64], f: &mut [f64]) {
        let p = self.gain * self.p;
        f[0] = if self.circle { 1.0 - x[0] * x[0] - p * p } else { 1.0 - x[0] * (1.0 - p) };
        f[0] += self.time * t;
    }
}
impl FlowJacobian for Shape {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        j[0] = if self.circle { -2.0 * x[0] } else { self.gain * self.p - 1.0 };
    }
}
impl FlowFamily for Shape {
    fn set(&mut self, parameter: f64) {
        self.p = parameter;
    }
    fn parameter(&self) -> f64 {
        self.p
    }
}
const SHAPE: Shape = Shape { p: 0.0, circle: true, time: 0.0, gain: 1.0 };

#[test]
fn ends_are_told_in_words() {
    let branches = all(Equilibria::new(SHAPE), options(-2.0, 2.0), 0.3, &[0.9]);
    assert_eq!((branches.len(), branches[0].end.clone()), (1, Some(End::Closed { parameter: 0.3 })));
    assert_eq!(branches[0].specials.len(), 2);
    let away = Shape { circle: false, ..SHAPE };
    let mut limits = options(-1.0, 2.0);
    limits.bound = 50.0;
    let branches = all(Equilibria::new(away.clone()), limits, 0.0, &[1.0]);
    let end = branches[0].end.clone().unwrap();
    assert!(matches!(end, End::State { variable: 0, .. }), "{end}");
    assert!(end.to_string().contains("beyond the bound of the state"));
    let few = ContinuationOptions { points: 5, ..options(-1.0, 2.0) };
    let branches = all(Equilibria::new(away), few, 0.0, &[1.0]);
    assert_eq!(branches[0].end, Some(End::Points { points: 5 }));
}

#[test]
fn starts_that_lead_nowhere_are_refused_with_the_reason() {
    let start = |shape: Shape, p0: f64, x0: f64| {
        ContinuationRun::new(Equilibria::new(shape), options(-2.0, 2.0), p0, &[x0]).map(|_| ())
    };
    assert!(matches!(start(SHAPE, 1.5, 0.3), Err(Error::NotFound { .. })));
    assert!(matches!(start(Shape { gain: 0.0, ..SHAPE }, 0.3, 0.9), Err(Error::NoEffect { .. })));
    assert!(matches!(start(Shape { time: 1.0, ..SHAPE }, 0.3, 0.9), Err(Error::TimeDependent)));
    assert!(matches!(start(SHAPE, 3.0, 0.9), Err(Error::Option { .. })));
    assert!(matches!(start(SHAPE, f64::NAN, 0.9), Err(Error::NotFinite { .. })));
    assert!(matches!(start(SHAPE, 0.3, f64::INFINITY), Err(Error::NotFinite { .. })));
    let text = start(Shape { gain: 0.0, ..SHAPE }, 0.3, 0.9).unwrap_err().to_string();
    assert!(text.contains("choose a parameter that they contain"), "{text}");
    // The crossing of the two branches of the transcritical form belongs to neither alone.
    let crossing = ContinuationRun::new(Equilibria::new(Transcritical(0.0)), options(-1.0, 1.0), 0.0, &[0.0]);
    assert!(matches!(crossing.map(|_| ()), Err(Error::Singular { .. } | Error::NotFound { .. })));
}

#[test]
fn a_family_behind_a_pointer_serves_as_well() {
    let family: Box<dyn FlowFamily> = Box::new(Cusp(0.0));
    let branches = all(Equilibria::new(family), options(-1.0, 1.0), -1.0, &[-1.3]);
    assert_eq!(branches[0].specials.len(), 2);
}

#[test]
fn equations_that_end_stop_the_branch_and_nothing_else() {
    let branches = all(Equilibria::new(Root(1.0)), options(-1.0, 2.0), 1.0, &[1.3]);
    assert_eq!(branches[0].end, Some(End::Parameter { parameter: 2.0 }));
    let Some(End::Stuck { parameter }) = branches[1].end else { panic!("{:?}", branches[1].end) };
    assert!((0.0..0.02).contains(&parameter), "{parameter}");
    let none = ContinuationRun::new(Equilibria::new(Root(1.0)), options(-1.0, 2.0), -0.5, &[1.0]);
    assert!(matches!(none.map(|_| ()), Err(Error::NotFound { .. })));
}

#[test]
fn a_start_from_far_is_brought_to_an_equilibrium() {
    let branches = all(Equilibria::new(MorrisLecar::circle()), options(-50.0, 150.0), 0.0, &[20.0, 0.9]);
    assert!(branches[0].points[0].error < 1e-9);
}

/// Any cubic field of three variables.
#[derive(Clone)]
struct Cubic(Vec<f64>, f64);
impl Flow for Cubic {
    fn dimension(&self) -> usize {
        3
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        for (i, f) in f.iter_mut().enumerate() {
            let a = &self.0[i * 8..];
            let (y, z) = (x[(i + 1) % 3], x[(i + 2) % 3]);
            *f = a[0] + a[1] * x[i] + a[2] * y + a[3] * z + a[4] * y * z + a[5] * x[i] * y + a[6] * y * y * y;
            *f += a[7] * self.1 * (1.0 + x[i]) - x[i] * x[i] * x[i];
        }
    }
}
impl FlowJacobian for Cubic {
    fn jacobian(&mut self, _: f64, x: &[f64], j: &mut [f64]) {
        for i in 0..3 {
            let a = &self.0[i * 8..];
            let (k, l) = ((i + 1) % 3, (i + 2) % 3);
            let (y, z) = (x[k], x[l]);
            j[i * 3 + i] = a[1] + a[5] * y + a[7] * self.1 - 3.0 * x[i] * x[i];
            j[i * 3 + k] = a[2] + a[4] * z + a[5] * x[i] + 3.0 * a[6] * y * y;
            j[i * 3 + l] = a[3] + a[4] * y;
        }
    }
}
impl FlowFamily for Cubic {
    fn set(&mut self, parameter: f64) {
        self.1 = parameter;
    }
    fn parameter(&self) -> f64 {
        self.1
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
    #[test]
    fn any_branch_ends_and_satisfies_its_equations(
        a in proptest::collection::vec(-2.0..2.0_f64, 24),
        x0 in proptest::collection::vec(-1.0..1.0_f64, 3),
    ) {
        let options = ContinuationOptions { points: 300, ..options(-2.0, 2.0) };
        if let Ok(run) = ContinuationRun::new(Equilibria::new(Cubic(a.clone(), 0.0)), options, 0.0, &x0) {
            for branch in finish(run) {
                let mut flow = Cubic(a.clone(), 0.0);
                let mut rate = [0.0; 3];
                let specials = branch.specials.iter().map(|special| &special.point);
                for point in branch.points.iter().chain(specials) {
                    flow.set(point.parameter);
                    flow.rate(0.0, &point.state, &mut rate);
                    proptest::prop_assert!(rate.iter().all(|r| r.abs() < 1e-7), "{:?} {:?}", point, rate);
                }
                // Between special points the number of unstable eigenvalues does not change.
                for after in 1..branch.points.len() {
                    let met = branch.specials.iter().any(|special| special.after == after);
                    let change = branch.points[after].unstable != branch.points[after - 1].unstable;
                    proptest::prop_assert!(met || !change, "{:?}", branch.points[after]);
                }
            }
        }
    }

    #[test]
    fn the_folds_of_the_cusp_lie_on_their_curve(r in 0.1..4.0_f64) {
        let low = -3.0 - 3.0 * r;
        let x = -libm::sqrt(r) - 2.0;
        let branches = all(Equilibria::new(WideCusp { h: low, r }), options(low, 5.0), low, &[x]);
        let specials = &branches[0].specials;
        proptest::prop_assert_eq!(specials.len(), 2);
        let fold = 2.0 * libm::pow(r / 3.0, 1.5);
        at(&specials[0], fold);
        at(&specials[1], -fold);
    }
}
