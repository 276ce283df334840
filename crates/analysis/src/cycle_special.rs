//! Multipliers of cycles and what they tell.

use crate::collocation::{Change, Linearised, phase_condition};
use crate::cycle::{Cycle, DEGREE};
use crate::cycle_branch::{CycleKind, CycleSpecial};
use crate::cycles::{CycleRun, Place};
use crate::eigen::{Eigenvalue, eigenvalues, null_vector};
use crate::enclose::enclose;
use crate::family::FlowFamily;
use crate::special::Event;

impl<F: FlowFamily> CycleRun<F> {
    /// The multipliers but the trivial one, and the error of that one.
    pub(crate) fn multipliers(
        &mut self,
        system: &Linearised,
        cycle: &Cycle,
    ) -> Option<(Vec<Eigenvalue>, f64)> {
        let n = cycle.dimension;
        let mut values = eigenvalues(&system.monodromy(), n)?;
        let apart = |value: &Eigenvalue| libm::hypot(value.real - 1.0, value.imaginary);
        let nearest = (0..n).min_by(|a, b| apart(&values[*a]).total_cmp(&apart(&values[*b])))?;
        let trivial = apart(&values[nearest]);
        let taken = values.remove(nearest);
        if taken.is_real() && trivial < 1e-7 {
            return Some((values, trivial));
        }
        // Either digits are lost, or two multipliers meet at 1, as at a fold, and disturb each other.
        let mut rates = vec![0.0; cycle.intervals() * n];
        self.flow.set(cycle.parameter);
        for (j, rate) in rates.chunks_exact_mut(n).enumerate() {
            self.flow.rate(0.0, &cycle.nodes[j * DEGREE * n..(j * DEGREE + 1) * n], rate);
        }
        let (product, along) = system.transversal(&rates, &self.metric.state);
        let error = libm::fabs(along - 1.0);
        match eigenvalues(&product, n - 1) {
            Some(others) if error < trivial || !taken.is_real() => Some((others, error)),
            _ if taken.is_real() => Some((values, trivial)),
            _ => None,
        }
    }

    /// Finds what happened between two places.
    pub(crate) fn locate(
        &mut self,
        here: &Place,
        next: &Place,
        length: f64,
        event: Event,
    ) -> Option<CycleSpecial> {
        let value = |place: &Place| match event {
            Event::Fold => place.tangent.parameter,
            Event::Branch => {
                let (sign, log) = place.determinant;
                sign * libm::exp((log - here.determinant.1).clamp(-300.0, 300.0))
            }
            Event::Pair => place.pair,
            Event::Flip => place.flip,
        };
        let narrow = 1e-12 + 1e-8 * length;
        let (a, b) = enclose((0.0, value(here)), (length, value(next)), narrow, |c| {
            self.along(here, c).map(|place| value(&place))
        });
        let first = if a > 0.0 { self.along(here, a)? } else { here.clone() };
        let place = if b < length { self.along(here, b)? } else { next.clone() };
        let error = libm::fabs(place.cycle.parameter - first.cycle.parameter)
            + self.options.tolerance * self.metric.parameter;
        self.describe(&place, error, event)
    }

    /// What happens at a place; none for a pair of real multipliers that merely has the product 1.
    pub(crate) fn describe(&mut self, place: &Place, error: f64, event: Event) -> Option<CycleSpecial> {
        let n = place.cycle.dimension;
        let phase = phase_condition(&place.cycle, &self.metric);
        let along = self.metric.dual(&place.cycle.mesh, &place.tangent);
        let mut other = None;
        let kind = match event {
            Event::Fold => CycleKind::Fold,
            Event::Branch => {
                let system = self.linearised(&place.cycle, (&phase, 0.0), (&along, 0.0))?;
                other = system.null().map(|direction| (place.cycle.clone(), direction));
                CycleKind::BranchPoint
            }
            Event::Flip => {
                let system = self.linearised(&place.cycle, (&phase, 0.0), (&along, 0.0))?;
                let mut matrix = system.monodromy();
                for i in 0..n {
                    matrix[i * n + i] += 1.0;
                }
                let once = system.carry(&null_vector(&matrix, n)?);
                let nodes = once.iter().copied().chain(once.iter().map(|value| -value)).collect();
                let direction = Change { nodes, period: 0.0, parameter: 0.0 };
                other = Some((place.cycle.doubled(), direction));
                CycleKind::PeriodDoubling
            }
            Event::Pair => {
                let distance = |value: &&Eigenvalue| libm::fabs(value.modulus() - 1.0);
                let pairs = place.multipliers.iter().filter(|value| value.imaginary > 0.0);
                let value = pairs.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
                // Two real multipliers with product 1 pass the test too; they cross nothing.
                if distance(&value) > 1e-4 + 10.0 * place.trivial {
                    return None;
                }
                CycleKind::Torus { angle: value.angle() }
            }
        };
        let after = self.branches.last().map_or(0, |branch| branch.points.len());
        Some(CycleSpecial { kind, point: self.point(place), error, after, other })
    }
}

/// Adds special cycles. Two folds in a row at one parameter value, as far as their errors tell, are no folds: the
/// parameter hardly changes there, as in a canard explosion.
pub(crate) fn add(specials: &mut Vec<CycleSpecial>, found: Vec<CycleSpecial>) {
    for special in found {
        if let Some(last) = specials.last()
            && last.kind == CycleKind::Fold
            && special.kind == CycleKind::Fold
            && libm::fabs(last.point.cycle.parameter - special.point.cycle.parameter)
                <= last.error + special.error
        {
            specials.pop();
            continue;
        }
        specials.push(special);
    }
}

pub(crate) fn events(here: &Place, next: &Place) -> Vec<Event> {
    let mut events = Vec::new();
    if (here.tangent.parameter < 0.0) != (next.tangent.parameter < 0.0) {
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
