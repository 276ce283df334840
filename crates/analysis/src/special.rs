//! Special points of a branch: what tells them, and where they are.

use crate::branch::{Special, SpecialKind};
use crate::continuation::{ContinuationRun, Place};
use crate::eigen::{Eigenvalue, null_vector};
use crate::enclose::enclose;
use crate::hopf::first_lyapunov;
use crate::steady::Steady;

/// What a test function tells between two places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    Fold,
    Branch,
    Pair,
    Flip,
}

impl<S: Steady> ContinuationRun<S> {
    /// Locates and notes what happened between two places.
    pub(crate) fn record(&mut self, here: &Place, next: &Place, length: f64, events: &[Event]) {
        let mut found = Vec::new();
        for &event in events {
            if event == Event::Fold && events.contains(&Event::Branch) {
                // A branch that turns at a branch point, as at a pitchfork, passes both tests there; a fold beside it is
                // told by its own place.
                let (fold, crossing) =
                    (self.locate(here, next, length, event), self.locate(here, next, length, Event::Branch));
                if let (Some((_, _, at)), Some((_, _, other))) = (fold, crossing)
                    && libm::fabs(at - other) < 1e-3 * length
                {
                    continue;
                }
            }
            if let Some((place, error, at)) = self.locate(here, next, length, event)
                && let Some(special) = self.special(&place, error, event)
            {
                found.push((at, special));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = self.branches.len() - 1;
        self.branches[last].specials.extend(found.into_iter().map(|(_, special)| special));
    }

    /// The place on the branch where an event happens, the error of its parameter, and the length from `here`.
    fn locate(&mut self, here: &Place, next: &Place, length: f64, event: Event) -> Option<(Place, f64, f64)> {
        let n = here.y.len() - 1;
        let value = |place: &Place| match event {
            Event::Fold => place.tangent[n],
            Event::Branch => {
                let (sign, log) = place.determinant;
                sign * libm::exp((log - here.determinant.1).clamp(-300.0, 300.0))
            }
            Event::Pair => place.pair,
            Event::Flip => place.flip,
        };
        let narrow = 1e-12 + 1e-10 * length;
        let (a, b) = enclose((0.0, value(here)), (length, value(next)), narrow, |c| {
            self.along(here, c).map(|place| value(&place))
        });
        let first = if a > 0.0 { self.along(here, a)? } else { here.clone() };
        let second = if b < length { self.along(here, b)? } else { next.clone() };
        let error = libm::fabs(second.y[n] - first.y[n])
            + self.options.tolerance * self.scale[n]
            + 4.0 * f64::EPSILON;
        Some((second, error, b))
    }

    /// What kind of special point a place is; none for a pair of real eigenvalues that is merely neutral.
    fn special(&mut self, place: &Place, error: f64, event: Event) -> Option<Special> {
        let n = place.y.len() - 1;
        let map = self.steady.is_map();
        let mut direction = Vec::new();
        let kind = match event {
            Event::Fold => SpecialKind::Fold,
            Event::Branch => {
                let matrix = self.bordered(&place.y, &place.tangent);
                let vector = null_vector(&matrix, n + 1)?;
                direction = (0..=n).map(|i| vector[i] * self.scale[i]).collect();
                SpecialKind::BranchPoint
            }
            Event::Flip => {
                self.steady.set(place.y[n]);
                let mut linear = vec![0.0; n * n];
                self.steady.linear(&place.y[..n], &mut linear);
                for i in 0..n {
                    linear[i * n + i] += 1.0;
                }
                direction = null_vector(&linear, n)?;
                direction.push(0.0);
                SpecialKind::PeriodDoubling
            }
            Event::Pair => {
                let distance =
                    |value: &&Eigenvalue| libm::fabs(if map { value.modulus() - 1.0 } else { value.real });
                let pairs = place.eigenvalues.iter().filter(|value| value.imaginary > 0.0);
                let value = pairs.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
                // A real pair of opposite numbers passes the test too; it crosses nothing.
                let size = 1e-5 * (1.0 + value.modulus());
                if distance(&value) > size || (!map && value.imaginary < size) {
                    return None;
                }
                if map {
                    SpecialKind::NeimarkSacker { angle: value.angle() }
                } else {
                    let frequency = value.imaginary;
                    self.steady.set(place.y[n]);
                    let steady = &mut self.steady;
                    let mut jacobian = |x: &[f64], out: &mut [f64]| steady.linear(x, out);
                    let coefficient = first_lyapunov(&mut jacobian, &place.y[..n], frequency);
                    SpecialKind::Hopf { frequency, coefficient }
                }
            }
        };
        let after = self.branches[self.branches.len() - 1].points.len();
        Some(Special { kind, point: self.point(place), error, after, direction })
    }
}

pub(crate) fn events(here: &Place, next: &Place) -> Vec<Event> {
    let n = here.y.len() - 1;
    let mut events = Vec::new();
    if (here.tangent[n] < 0.0) != (next.tangent[n] < 0.0) {
        events.push(Event::Fold);
    }
    if here.determinant.0 != next.determinant.0 {
        events.push(Event::Branch);
    }
    if (here.pair < 0.0) != (next.pair < 0.0) {
        events.push(Event::Pair);
    }
    if (here.flip < 0.0) != (next.flip < 0.0) {
        events.push(Event::Flip);
    }
    events
}

pub(crate) fn unstable(eigenvalues: &[Eigenvalue], map: bool) -> usize {
    let size = eigenvalues.iter().fold(1e-12, |size, value| {
        let modulus = value.modulus();
        if modulus > size { modulus } else { size }
    });
    let beyond = |value: &&Eigenvalue| {
        if map { value.modulus() > 1.0 + 1e-9 } else { value.real > 1e-9 * size }
    };
    eigenvalues.iter().filter(beyond).count()
}

/// The factor nearest to zero of a product, with the sign of the product; 1 for none.
fn product_test(factors: impl Iterator<Item = f64>) -> f64 {
    let (mut sign, mut least) = (1.0, f64::INFINITY);
    for value in factors {
        if value < 0.0 {
            sign = -sign;
        }
        if libm::fabs(value) < least {
            least = libm::fabs(value);
        }
    }
    if least == f64::INFINITY { sign } else { sign * least }
}

/// Passes zero with `Π (λᵢ + λⱼ)`, or for multipliers with `Π (μᵢμⱼ - 1)`, over the pairs `i < j`.
///
/// Factors that are not real come in conjugate pairs, and cannot change the sign.
pub(crate) fn pair_test(values: &[Eigenvalue], map: bool) -> f64 {
    let mut factors = Vec::new();
    for (index, first) in values.iter().enumerate() {
        if first.imaginary > 0.0 {
            let square = first.real * first.real + first.imaginary * first.imaginary;
            factors.push(if map { square - 1.0 } else { 2.0 * first.real });
        } else if first.is_real() {
            for second in values[index + 1..].iter().filter(|second| second.is_real()) {
                factors.push(if map { first.real * second.real - 1.0 } else { first.real + second.real });
            }
        }
    }
    product_test(factors.into_iter())
}

/// Passes zero with `Π (μᵢ + 1)`.
pub(crate) fn flip_test(values: &[Eigenvalue]) -> f64 {
    product_test(values.iter().filter(|value| value.is_real()).map(|value| value.real + 1.0))
}
