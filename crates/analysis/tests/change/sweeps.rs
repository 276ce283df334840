//! Bifurcation diagrams by sweep.

use super::samples::{Cusp, FitzHughNagumo, Logistic, Lorenz, Rossler};
use analysis::{FlowFamily, Follow, Section, SweepColumn, SweepOptions, SweepOutcome, SweepRun, SweepSource};

fn all<S: SweepSource>(mut run: SweepRun<S>) -> Vec<SweepColumn> {
    while !run.advance(5000).unwrap() {
        assert!((0.0..1.0).contains(&run.progress()));
    }
    assert_eq!(run.progress(), 1.0);
    run.columns().to_vec()
}

/// Number of values that differ by more than a hundredth of a thousandth.
fn distinct(column: &SweepColumn) -> usize {
    let mut values = column.values.clone();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-5);
    values.len()
}

#[test]
fn the_logistic_map_doubles_its_period() {
    // May (1976): periods 1, 2, 4, 8 below 3, 1 + √6, 3.54409, 3.5644; three at 1 + √8.
    for (r, period) in [(2.9, 1), (3.2, 2), (3.5, 4), (3.55, 8), (3.83, 3)] {
        let options = SweepOptions {
            from: r,
            to: r,
            columns: 1,
            transient: 5000.0,
            values: 64,
            ..SweepOptions::default()
        };
        let columns = all(SweepRun::map(Logistic(0.0), 0, options, &[0.4]).unwrap());
        assert_eq!(distinct(&columns[0]), period, "at r = {r}");
        assert_eq!(columns[0].outcome, SweepOutcome::Full);
    }
}

#[test]
fn beyond_four_the_column_says_that_it_diverged_and_the_rest_goes_on() {
    let options = SweepOptions { from: 4.4, to: 3.2, columns: 3, ..SweepOptions::default() };
    let columns = all(SweepRun::map(Logistic(0.0), 0, options, &[0.4]).unwrap());
    assert!(matches!(columns[0].outcome, SweepOutcome::Diverged { variable: 0, .. }));
    assert_eq!(columns[2].outcome, SweepOutcome::Full);
}

#[test]
fn rossler_begins_its_cascade() {
    // For a = b = 0.2 the loop doubles near c = 2.83 and again near c = 3.84, where the continuation of cycles locates
    // them; chaos is full at 5.7 (Rössler 1976).
    let options = |c| SweepOptions {
        from: c,
        to: c,
        columns: 1,
        transient: 600.0,
        time: 600.0,
        values: 40,
        tolerance: 1e-9,
        ..SweepOptions::default()
    };
    for (c, wanted) in [(2.6, 1..=1), (3.4, 2..=2), (4.0, 4..=4), (5.7, 30..=40)] {
        let sweep = SweepRun::flow(Rossler(0.0), Section::maxima(0), 0, options(c), &[1.0, 1.0, 0.0]);
        let columns = all(sweep.unwrap());
        assert!(wanted.contains(&distinct(&columns[0])), "{} maxima at c = {c}", distinct(&columns[0]));
    }
}

#[test]
fn following_there_and_back_shows_hysteresis_at_the_folds_of_the_cusp() {
    // The folds are at h = ±2/√27 = ±0.3849.
    let options = SweepOptions {
        from: -0.6,
        to: 0.6,
        columns: 61,
        transient: 100.0,
        follow: Follow::ForwardAndBack,
        ..SweepOptions::default()
    };
    let family: Box<dyn FlowFamily> = Box::new(Cusp(0.0));
    let columns = all(SweepRun::flow(family, Section::maxima(0), 0, options, &[-1.0]).unwrap());
    assert_eq!(columns.len(), 122);
    let jump = |columns: &[SweepColumn]| {
        let at = columns.windows(2).position(|c| (c[1].values[0] - c[0].values[0]).abs() > 1.0).unwrap();
        columns[at + 1].parameter
    };
    let (up, down) = (jump(&columns[..61]), jump(&columns[61..]));
    let fold = 2.0 / libm::sqrt(27.0);
    assert!((up - fold).abs() < 0.021 && (down + fold).abs() < 0.021, "{up} {down}");
    assert!(columns.iter().all(|column| column.outcome == SweepOutcome::Rest));
    assert!(columns[0].parameter == -0.6 && columns[121].parameter == -0.6 && columns[121].back);
}

#[test]
fn spikes_and_rest_are_told_apart() {
    let options = SweepOptions {
        from: 0.0,
        to: 0.8,
        columns: 2,
        transient: 600.0,
        values: 8,
        ..SweepOptions::default()
    };
    let columns =
        all(SweepRun::flow(FitzHughNagumo(0.0), Section::maxima(0), 0, options, &[0.0, 0.0]).unwrap());
    assert_eq!(columns[0].outcome, SweepOutcome::Rest);
    assert!((columns[0].values[0] + 1.199_408_035_244_035).abs() < 1e-5, "{:?}", columns[0].values);
    assert_eq!(columns[1].outcome, SweepOutcome::Full);
    assert!(columns[1].values.iter().all(|v| *v > 1.5));
}

#[test]
fn a_section_out_of_reach_is_told_in_the_column() {
    let section = Section::value(2, 100.0, numerics::Crossing::Either);
    let options = SweepOptions {
        from: 28.0,
        to: 28.0,
        columns: 1,
        transient: 5.0,
        time: 20.0,
        ..SweepOptions::default()
    };
    let columns = all(SweepRun::flow(Lorenz(0.0), section, 2, options, &[1.0, 1.0, 1.0]).unwrap());
    let SweepOutcome::NeverCrossed { low, high } = columns[0].outcome else { panic!("{columns:?}") };
    assert!(low > 0.0 && low < 15.0 && high > 35.0 && high < 50.0);
}

#[test]
fn sweeps_too_large_are_refused() {
    let new = |options| SweepRun::map(Logistic(0.0), 0, options, &[0.4]).map(|_| ());
    assert!(new(SweepOptions { columns: 0, ..SweepOptions::default() }).is_err());
    assert!(new(SweepOptions { columns: 100_000, values: 1000, ..SweepOptions::default() }).is_err());
    assert!(new(SweepOptions { from: f64::NAN, ..SweepOptions::default() }).is_err());
    assert!(SweepRun::map(Logistic(0.0), 1, SweepOptions::default(), &[0.4]).is_err());
    assert!(SweepRun::map(Logistic(0.0), 0, SweepOptions::default(), &[0.4, 0.1]).is_err());
}

/// A relaxing variable driven with period 2π: x' = p + cos t - x.
#[derive(Clone)]
struct Driven(f64);
impl numerics::Flow for Driven {
    fn dimension(&self) -> usize {
        1
    }
    fn rate(&mut self, t: f64, x: &[f64], f: &mut [f64]) {
        f[0] = self.0 + libm::cos(t) - x[0];
    }
}
impl numerics::FlowJacobian for Driven {
    fn jacobian(&mut self, _: f64, _: &[f64], j: &mut [f64]) {
        j[0] = -1.0;
    }
}
impl FlowFamily for Driven {
    fn set(&mut self, parameter: f64) {
        self.0 = parameter;
    }
    fn parameter(&self) -> f64 {
        self.0
    }
}

#[test]
fn a_driven_system_is_followed_in_phase() {
    // x = p + (cos t + sin t) / 2, at t = 2πk: p + 1/2. A clock set back between columns would show as a transient.
    let options = SweepOptions {
        from: 0.0,
        to: 0.0001,
        columns: 3,
        transient: 1.0,
        time: 60.0,
        values: 5,
        follow: Follow::Forward,
        tolerance: 1e-9,
        ..SweepOptions::default()
    };
    let section = Section::stroboscope(2.0 * core::f64::consts::PI, 0.0);
    let columns = all(SweepRun::flow(Driven(0.0), section, 0, options, &[0.5]).unwrap());
    for column in &columns {
        for value in &column.values {
            assert!((value - 0.5 - column.parameter).abs() < 1e-4, "{column:?}");
        }
    }
}
