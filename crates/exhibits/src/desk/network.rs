//! A system of many variables as a network: its Jacobian's eigenvalues, the dimension of its activity, its coherence.

use super::orbit::Orbit;
use super::plot::{Line, plot};
use super::say::{figures, measured, stated};
use super::{Asked, Case, Inquiry, SystemCase};
use crate::build::{axis, control, integer, number, view};
use crate::contract::{Answer, ControlKind, Finding, Frame, Mark, Question, Role, ViewKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{
    ActivityDimension, Eigenvalue, OrderParameter, PrincipalComponents, eigenvalues, kuramoto_order,
    participation_ratio, principal_components,
};
use numerics::{Stream, mean};
use web_time::Instant;

/// Fewest variables that make a network.
const FEWEST: usize = 4;
/// Most, for eigenvalues and covariances.
const MOST: usize = 256;

/// Whether the variables' names say that they are angles.
fn are_phases(case: &SystemCase) -> bool {
    let angle = |name: &String| {
        ["theta", "phi", "psi", "phase"].iter().any(|word| name.to_lowercase().starts_with(word))
    };
    case.subject.variable_names().iter().all(angle)
}

pub(super) fn declare(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    if !(FEWEST..=MOST).contains(&case.start.len()) {
        return None;
    }
    Some(Question {
        id: "network".into(),
        title: "As a network".into(),
        sentence: "The eigenvalues of its Jacobian with their circle, how many directions its activity fills, and how far \
                   its units keep step."
            .into(),
        controls: vec![
            integer("samples", "samples", [64.0, 65_536.0], 4096.0).logarithmic(),
            number("transient", "transient", [0.0, 1e5], 20.0, 1).help("Periods that are left out before sampling."),
            control("phases", "variables are angles", ControlKind::Switch { default: are_phases(case) })
                .help("Then their order parameter is measured."),
            integer("neighbours", "neighbours", [1.0, 64.0], 5.0)
                .help("On each side, for the local order of a ring of angles."),
        ],
    })
}

struct Network {
    case: SystemCase,
    orbit: Orbit,
    phases: bool,
    neighbours: usize,
    done: bool,
    cloud: Vec<Eigenvalue>,
    /// How far rounding moves the eigenvalues.
    rounding: f64,
    /// Centre and radius of the circular law.
    circle: Option<(f64, f64)>,
    dimension: Option<ActivityDimension>,
    components: Option<PrincipalComponents>,
    order: Option<OrderParameter>,
    /// Mean over time of each unit's local order.
    local: Vec<f64>,
    notes: Vec<String>,
}

pub(super) fn ask(case: &Case, values: &Values) -> Asked {
    let Case::System(system) = case else {
        return Err(ExhibitError::Refused("a series is no network: ask a system".into()));
    };
    Ok(Box::new(Network {
        case: (**system).clone(),
        orbit: Orbit::new(case, values.integer("samples"), values.number("transient"))?,
        phases: values.switch("phases"),
        neighbours: values.integer("neighbours").max(1),
        done: false,
        cloud: Vec::new(),
        rounding: 0.0,
        circle: None,
        dimension: None,
        components: None,
        order: None,
        local: Vec::new(),
        notes: Vec::new(),
    }))
}

/// Mean of the diagonal, and `√(n) s` with `s` the root mean square of the other entries: where the eigenvalues of a
/// random matrix with such entries lie (Girko 1985).
fn circular_law(jacobian: &[f64], n: usize) -> (f64, f64) {
    let diagonal: Vec<f64> = (0..n).map(|i| jacobian[i * n + i]).collect();
    let others: Vec<f64> = (0..n * n).filter(|k| k / n != k % n).map(|k| jacobian[k] * jacobian[k]).collect();
    (mean(&diagonal), libm::sqrt(n as f64 * mean(&others)))
}

/// How far the eigenvalues move, at most, when the matrix is changed by as much as its rounding changes it: `n ε` times
/// its largest row sum, spread over its entries. Far more than that where eigenvalues coincide.
fn rounding(jacobian: &[f64], n: usize, found: &[Eigenvalue]) -> f64 {
    let sums = jacobian.chunks_exact(n).map(|row| row.iter().fold(0.0, |total, v| total + libm::fabs(*v)));
    let least = n as f64 * f64::EPSILON * sums.fold(0.0, |most, sum| if sum > most { sum } else { most });
    let mut stream = Stream::new(0, "rounding");
    let changed: Vec<f64> = jacobian.iter().map(|v| v + least * stream.between(-1.0, 1.0)).collect();
    let Some(moved) = eigenvalues(&changed, n) else { return f64::INFINITY };
    let far = |value: &Eigenvalue| {
        let near =
            moved.iter().map(|other| libm::hypot(value.real - other.real, value.imaginary - other.imaginary));
        near.fold(f64::INFINITY, |least, d| if d < least { d } else { least })
    };
    found.iter().map(far).fold(least, |most, d| if d > most { d } else { most })
}

/// Mean over time of `|Σ exp(i θ_k)|` over the units up to `reach` places away on a ring, divided by their number.
fn local_order(phases: &[f64], units: usize, reach: usize) -> Vec<f64> {
    let reach = reach.min((units - 1) / 2);
    let width = (2 * reach + 1) as f64;
    let mut total = vec![0.0; units];
    let times = phases.len() / units;
    for row in phases.chunks_exact(units) {
        let (c, s): (Vec<f64>, Vec<f64>) = row.iter().map(|x| (libm::cos(*x), libm::sin(*x))).unzip();
        for (unit, total) in total.iter_mut().enumerate() {
            let (mut x, mut y) = (0.0, 0.0);
            for place in unit + units - reach..=unit + units + reach {
                x += c[place % units];
                y += s[place % units];
            }
            *total += libm::hypot(x, y) / width;
        }
    }
    total.into_iter().map(|value| value / times as f64).collect()
}

impl Network {
    fn work(&mut self) {
        let n = self.orbit.dimension();
        let last = self.orbit.values.len() - n;
        let state = self.orbit.values[last..].to_vec();
        if let Some(refusal) = self.case.refusal("the eigenvalues of its Jacobian") {
            self.notes.push(format!("{refusal}."));
        } else if self.case.is_delayed() {
            self.notes
                .push("No eigenvalues: the Jacobian of a system with delays has infinitely many.".into());
        } else {
            let mut jacobian = vec![0.0; n * n];
            let mut field = self.case.subject.field::<f64>(&self.case.parameters);
            let t = self.orbit.time(self.orbit.samples() - 1);
            if self.case.subject.is_map() {
                numerics::MapJacobian::jacobian(&mut field, t, &state, &mut jacobian);
            } else {
                numerics::FlowJacobian::jacobian(&mut field, t, &state, &mut jacobian);
            }
            match eigenvalues(&jacobian, n) {
                Some(found) => {
                    self.rounding = rounding(&jacobian, n, &found);
                    self.cloud = found;
                    self.circle = Some(circular_law(&jacobian, n));
                }
                None => self.notes.push("The eigenvalues of the Jacobian are unconverged.".into()),
            }
        }
        let mut note = |what: &str, error: analysis::Error| self.notes.push(format!("No {what}: {error}."));
        // Angles that grow without bound have no covariance of their own: their points on the circle have.
        let activity: Vec<f64> = if self.phases {
            self.orbit.values.iter().map(|x| libm::sin(*x)).collect()
        } else {
            self.orbit.values.clone()
        };
        match participation_ratio(&activity, n) {
            Ok(found) => self.dimension = Some(found),
            Err(error) => note("dimension of activity", error),
        }
        match principal_components(&activity, n) {
            Ok(found) => self.components = Some(found),
            Err(error) => note("principal components", error),
        }
        if self.phases {
            match kuramoto_order(&self.orbit.values, n, 1) {
                Ok(found) => self.order = Some(found),
                Err(error) => note("order parameter", error),
            }
            self.local = local_order(&self.orbit.values, n, self.neighbours);
        }
    }
}

impl Inquiry for Network {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        if !self.done && self.orbit.advance(deadline)? {
            self.work();
            self.done = true;
        }
        Ok(self.done)
    }

    fn answer(&self) -> Answer {
        let mut findings: Vec<Finding> = Vec::new();
        if let (Some(first), Some((centre, radius))) = (self.cloud.first(), self.circle) {
            let error = self.rounding;
            findings.push(measured("abscissa", "largest real part", "", first.real, error));
            // A direction that neither grows nor shrinks comes out on either side of the border by rounding.
            let beyond = |value: &&Eigenvalue| {
                let growth = libm::hypot(value.real, value.imaginary) - 1.0;
                (if self.case.subject.is_map() { growth } else { value.real }) > error
            };
            let growing = self.cloud.iter().filter(beyond).count();
            let text = format!("{growing} of {} at this state", self.cloud.len());
            findings.push(stated("unstable", "growing directions", text));
            let inside = self
                .cloud
                .iter()
                .filter(|value| libm::hypot(value.real - centre, value.imaginary) <= radius)
                .count();
            let text =
                format!("{inside} of {} within {} of {}", self.cloud.len(), figures(radius), figures(centre));
            findings.push(stated("circle", "circle of a random matrix", text));
        }
        if let Some(found) = &self.dimension {
            let finding = measured("dimension", "dimension of activity", "", found.value, found.error);
            let text = format!("{}; at most {} shows", finding.text, figures(found.ceiling));
            findings.push(Finding { text, ..finding });
        }
        if let Some(found) = &self.components {
            let mut held = 0.0;
            let needed = found.shares.iter().take_while(|share| {
                let before = held;
                held += **share;
                before < 0.9
            });
            let text = format!("{} of {} components", needed.count(), found.shares.len());
            findings.push(stated("components", "90 % of the variance in", text));
        }
        if let Some(found) = &self.order {
            let finding = measured("order", "order parameter", "<mi>r</mi>", found.mean, found.error);
            let text = format!("{}; by chance {}", finding.text, figures(found.incoherent));
            findings.push(Finding { text, ..finding });
            let swing = format!("{} standard deviations over time", figures(found.deviation));
            findings.push(stated("metastability", "its swing", swing));
            let high = self.local.iter().filter(|order| **order > 0.9).count();
            let low = self.local.iter().filter(|order| **order < 0.7).count();
            let text = format!("{high} units in step, {low} not, of {}", self.local.len());
            findings.push(stated("local", "local order", text));
        }
        let progress = if self.done { 1.0 } else { 0.95 * self.orbit.progress() };
        let mut views = vec![
            view(
                "cloud",
                "Eigenvalues",
                "of the Jacobian",
                ViewKind::Points,
                [axis("real part"), axis("imaginary part")],
                "Eigenvalues of the Jacobian in the plane, with the circle of a random matrix.",
            ),
            view(
                "variance",
                "Principal components",
                "",
                ViewKind::Lines,
                [axis("components"), axis("share of variance")],
                "Share of the variance that the first components hold.",
            ),
        ];
        if self.phases {
            let axes = [axis("time"), axis("order")];
            views.push(view(
                "order",
                "Order parameter",
                "",
                ViewKind::Lines,
                axes,
                "Order parameter against time.",
            ));
            let axes = [axis("unit"), axis("local order")];
            let told = "Order among neighbours, mean over time, by unit.";
            views.push(view("local", "Local order", "", ViewKind::Lines, axes, told));
        }
        Answer {
            question: "network".into(),
            progress,
            finished: self.done,
            findings,
            views,
            note: (!self.notes.is_empty()).then(|| self.notes.join(" ")),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let circle = |k: i32| {
            let (centre, radius) = self.circle?;
            let angle = 2.0 * core::f64::consts::PI * f64::from(k) / 128.0;
            Some((centre + radius * libm::cos(angle), radius * libm::sin(angle)))
        };
        let border = if self.case.subject.is_map() { 1.0 } else { 0.0 };
        let growth = vec![Mark { at: border, label: String::new() }];
        let cloud = vec![
            Line::new(Role::Dashed, (0..=128).filter_map(circle).unzip()),
            Line::cloud(Role::Run, self.cloud.iter().map(|value| (value.real, value.imaginary)).unzip()),
        ];
        let told = format!("{} eigenvalues and the circle of a random matrix.", self.cloud.len());
        let mut held = 0.0;
        let shares = self.components.iter().flat_map(|found| found.shares.iter().enumerate());
        let shares = shares.map(|(k, share)| {
            held += share;
            ((k + 1) as f64, held)
        });
        let one = |id: &str, data: (Vec<f64>, Vec<f64>), told: &str| {
            plot(id, vec![Line::new(Role::Run, data)], Vec::new(), Vec::new(), told.into())
        };
        let mut frames = vec![
            plot("cloud", cloud, growth, Vec::new(), told),
            one("variance", shares.unzip(), "Variance held by the first components."),
        ];
        if self.phases {
            let order = self.order.iter().flat_map(|found| found.values.iter().enumerate());
            let order = order.map(|(k, value)| (k as f64 * self.orbit.interval, *value)).unzip();
            frames.push(one("order", order, "Order parameter against time."));
            let local = self.local.iter().enumerate().map(|(unit, value)| (unit as f64, *value)).unzip();
            frames.push(one("local", local, "Local order by unit."));
        }
        frames
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        if self.cloud.is_empty() {
            let shares = self.components.iter().flat_map(|found| found.shares.iter().enumerate());
            let names = vec!["component".into(), "share of variance".into()];
            return (names, shares.map(|(k, share)| vec![(k + 1) as f64, *share]).collect());
        }
        let rows = self.cloud.iter().map(|value| vec![value.real, value.imaginary]);
        (vec!["real".into(), "imaginary".into()], rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_ring_in_step_shows_in_the_local_order() {
        let units = 40;
        let row = (0..units).map(|k| if k < 20 { 0.3 } else { (k * k) as f64 * 2.399_963 });
        let local = local_order(&row.collect::<Vec<f64>>(), units, 3);
        assert!(local[5..15].iter().all(|order| (order - 1.0).abs() < 1e-12), "{local:?}");
        assert!(mean(&local[24..36]) < 0.6, "{local:?}");
    }

    #[test]
    fn rounding_moves_coinciding_eigenvalues_most() {
        let of = |matrix: &[f64]| rounding(matrix, 2, &eigenvalues(matrix, 2).unwrap());
        let apart = of(&[1.0, 0.0, 0.0, -1.0]);
        assert!(apart > 0.0 && apart < 1e-14, "{apart}");
        // One eigenvector alone: a change of ε moves them by its root.
        let together = of(&[1.0, 1.0, 0.0, 1.0]);
        assert!((1e-10..1e-6).contains(&together), "{together}");
    }

    #[test]
    fn the_circle_of_a_matrix_without_spread_is_a_point() {
        assert_eq!(circular_law(&[-2.0, 0.0, 0.0, -2.0], 2), (-2.0, 0.0));
        let (centre, radius) = circular_law(&[1.0, 3.0, -3.0, 1.0], 2);
        assert!((centre - 1.0).abs() < 1e-15 && (radius - 18_f64.sqrt()).abs() < 1e-12);
    }
}
