//! Crossings of sections.

use super::samples::{Lorenz, Rossler};
use analysis::{Error, Section, SectionOptions, SectionRun};
use numerics::{Crossing, Flow};

/// The harmonic oscillator, whose crossings are known.
#[derive(Clone)]
struct Turn;
impl Flow for Turn {
    fn dimension(&self) -> usize {
        2
    }
    fn rate(&mut self, _: f64, x: &[f64], f: &mut [f64]) {
        f[0] = -x[1];
        f[1] = x[0];
    }
}

fn all<F: Flow>(flow: F, section: Section, options: SectionOptions, x0: &[f64]) -> Vec<analysis::Hit> {
    let mut run = SectionRun::new(flow, section, options, x0).unwrap();
    while !run.advance(1000).unwrap() {
        assert!((0.0..1.0).contains(&run.progress()));
    }
    assert_eq!(run.progress(), 1.0);
    run.hits().to_vec()
}

#[test]
fn crossings_of_a_circle_stand_at_their_angles() {
    let options = SectionOptions { count: 5, tolerance: 1e-13, ..SectionOptions::default() };
    let pi = core::f64::consts::PI;
    // x = cos t falls through 0.5 at π/3, and has maxima at 2π k; x + y is 0 rising at 7π/4.
    let hits = all(Turn, Section::value(0, 0.5, Crossing::Falling), options.clone(), &[1.0, 0.0]);
    for (k, hit) in hits.iter().enumerate() {
        assert!((hit.time - (pi / 3.0 + 2.0 * pi * k as f64)).abs() < 1e-10, "{hit:?}");
        assert!((hit.state[0] - 0.5).abs() < 1e-12 && hit.error < 1e-12 && !hit.rising, "{hit:?}");
    }
    let hits = all(Turn, Section::maxima(0), options.clone(), &[0.0, 1.0]);
    for (k, hit) in hits.iter().enumerate() {
        assert!((hit.time - (1.5 * pi + 2.0 * pi * k as f64)).abs() < 1e-10, "{hit:?}");
        assert!((hit.state[0] - 1.0).abs() < 1e-10);
    }
    let hits = all(Turn, Section::plane(vec![1.0, 1.0], 0.0, Crossing::Rising), options, &[1.0, 0.0]);
    assert!((hits[0].time - 1.75 * pi).abs() < 1e-10, "{:?}", hits[0]);
}

#[test]
fn a_step_that_only_dips_through_the_section_is_seen() {
    // The orbit is above 0.9999 for a time of 0.028, which is less than a step of this tolerance.
    let options = SectionOptions { count: 4, tolerance: 1e-5, ..SectionOptions::default() };
    let hits = all(Turn, Section::value(0, 0.9999, Crossing::Either), options, &[0.0, 1.0]);
    assert!(hits[0].rising && !hits[1].rising && hits[2].rising, "{hits:?}");
    assert!((hits[1].time - hits[0].time - 2.0 * libm::acos(0.9999)).abs() < 2e-3);
}

#[test]
fn one_state_a_period() {
    let period = core::f64::consts::PI / 2.0;
    let options = SectionOptions { count: 4, ..SectionOptions::default() };
    let hits = all(Turn, Section::stroboscope(period, 0.0), options, &[1.0, 0.0]);
    let wanted = [[0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]];
    for (hit, wanted) in hits.iter().zip(wanted) {
        assert!(
            (hit.state[0] - wanted[0]).abs() < 1e-8 && (hit.state[1] - wanted[1]).abs() < 1e-8,
            "{hit:?}"
        );
    }
}

#[test]
fn successive_maxima_of_lorenz_make_a_cusp_with_slopes_beyond_one() {
    // Lorenz (1963), figure 4: the map of successive maxima of z is a tent whose slope exceeds 1 everywhere.
    let options = SectionOptions { transient: 20.0, count: 400, ..SectionOptions::default() };
    let hits = all(Lorenz(28.0), Section::maxima(2), options, &[1.0, 1.0, 1.0]);
    let z: Vec<f64> = hits.iter().map(|hit| hit.state[2]).collect();
    let mut pairs: Vec<(f64, f64)> = z.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let far: Vec<f64> = pairs
        .windows(2)
        .filter(|p| p[1].0 - p[0].0 > 0.02 && (p[0].0 - 38.6).abs() > 0.3)
        .map(|p| ((p[1].1 - p[0].1) / (p[1].0 - p[0].0)).abs())
        .collect();
    assert!(far.len() > 100 && far.iter().all(|slope| *slope > 1.0));
}

#[test]
fn the_period_of_rossler_at_small_c_is_between_crossings() {
    // Below the first doubling there is one loop, of about the linear centre's period 2π.
    let options = SectionOptions { transient: 300.0, count: 3, ..SectionOptions::default() };
    let hits = all(Rossler(2.5), Section::value(1, 0.0, Crossing::Rising), options, &[1.0, 1.0, 0.0]);
    let (first, second) = (hits[1].time - hits[0].time, hits[2].time - hits[1].time);
    assert!((first - second).abs() < 1e-6 && (5.0..7.0).contains(&first), "{first} {second}");
}

#[test]
fn a_section_that_is_never_crossed_tells_the_range() {
    let options = SectionOptions { time: 20.0, ..SectionOptions::default() };
    let section = Section::value(0, 3.0, Crossing::Either);
    let mut run = SectionRun::new(Turn, section, options, &[1.0, 0.0]).unwrap();
    let error = loop {
        if let Err(error) = run.advance(100) {
            break error;
        }
    };
    let Error::NeverCrossed { time, low, high } = error else { panic!("{error}") };
    assert!(time == 20.0 && (low + 1.0).abs() < 0.05 && (high - 1.0).abs() < 0.05);
    assert!(Error::NeverCrossed { time, low, high }.to_string().contains("choose a value between"));
}

#[test]
fn wrong_sections_are_refused() {
    let new = |section| SectionRun::new(Turn, section, SectionOptions::default(), &[1.0, 0.0]).map(|_| ());
    assert!(matches!(new(Section::maxima(2)), Err(Error::Option { .. })));
    assert!(matches!(
        new(Section::plane(vec![1.0], 0.0, Crossing::Either)),
        Err(Error::Dimension { given: 1, wanted: 2 })
    ));
    assert!(matches!(new(Section::plane(vec![0.0, 0.0], 0.0, Crossing::Either)), Err(Error::Option { .. })));
    assert!(matches!(new(Section::stroboscope(-1.0, 0.0)), Err(Error::Option { .. })));
    assert!(matches!(new(Section::value(0, f64::NAN, Crossing::Either)), Err(Error::Option { .. })));
    let none = SectionOptions { count: 0, ..SectionOptions::default() };
    assert!(SectionRun::new(Turn, Section::maxima(0), none, &[1.0, 0.0]).is_err());
}
