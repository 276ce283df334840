//! A system of which one or two parameters are varied.

use super::SystemCase;
use crate::build::{choice, control};
use crate::contract::{Control, ControlKind};
use crate::error::ExhibitError;
use crate::values::Values;
use analysis::{FlowFamily, FlowPlane, MapFamily, MapPlane};
use numerics::{Flow, FlowJacobian, Map, MapJacobian};
use zoo::Field;

/// A right-hand side whose parameters at `varied` are set.
#[derive(Clone, Debug)]
pub(super) struct Tuned {
    field: Field<f64>,
    parameters: Vec<f64>,
    varied: Vec<usize>,
}

impl Tuned {
    pub(super) fn new(case: &SystemCase, varied: &[usize]) -> Self {
        Self {
            field: case.subject.field(&case.parameters),
            parameters: case.parameters.clone(),
            varied: varied.to_vec(),
        }
    }

    fn take(&mut self, values: &[f64]) {
        for (index, value) in self.varied.iter().zip(values) {
            if let Some(parameter) = self.parameters.get_mut(*index) {
                *parameter = *value;
            }
        }
        self.field.set_parameters(&self.parameters);
    }

    fn value(&self) -> f64 {
        let first = self.varied.first().and_then(|index| self.parameters.get(*index));
        first.copied().unwrap_or(f64::NAN)
    }
}

impl Flow<f64> for Tuned {
    fn dimension(&self) -> usize {
        Flow::dimension(&self.field)
    }
    fn rate(&mut self, t: f64, x: &[f64], rate: &mut [f64]) {
        self.field.rate(t, x, rate);
    }
}
impl FlowJacobian for Tuned {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        FlowJacobian::jacobian(&mut self.field, t, x, jacobian);
    }
}
impl FlowFamily for Tuned {
    fn set(&mut self, parameter: f64) {
        self.take(&[parameter]);
    }
    fn parameter(&self) -> f64 {
        self.value()
    }
}
impl FlowPlane for Tuned {
    fn place(&mut self, first: f64, second: f64) {
        self.take(&[first, second]);
    }
}
impl Map<f64> for Tuned {
    fn dimension(&self) -> usize {
        Map::dimension(&self.field)
    }
    fn next(&mut self, t: f64, x: &[f64], next: &mut [f64]) {
        self.field.next(t, x, next);
    }
}
impl MapJacobian for Tuned {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        MapJacobian::jacobian(&mut self.field, t, x, jacobian);
    }
}
impl MapFamily for Tuned {
    fn set(&mut self, parameter: f64) {
        self.take(&[parameter]);
    }
    fn parameter(&self) -> f64 {
        self.value()
    }
}
impl MapPlane for Tuned {
    fn place(&mut self, first: f64, second: f64) {
        self.take(&[first, second]);
    }
}

/// A varied parameter: its place, its name and its range.
#[derive(Clone, Debug)]
pub(super) struct Varied {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A number that may be anything, with `NaN` for a choice of our own.
fn free(id: &str, label: &str, default: f64) -> Control {
    let kind = ControlKind::Number { min: -1e9, max: 1e9, default, log: false, decimals: 6, open: true };
    control(id, label, kind)
}

/// The range that a parameter is varied over unless another is asked for: half its value to each side, or 1 about 0.
fn around(value: f64) -> [f64; 2] {
    let reach = if value == 0.0 { 1.0 } else { 0.5 * libm::fabs(value) };
    [value - reach, value + reach]
}

/// The controls of a varied parameter, their names ending in `mark`; of none where the system has no parameter.
pub(super) fn controls(case: &SystemCase, mark: &str, usual: usize) -> Option<Vec<Control>> {
    let names: Vec<(&str, &str)> =
        case.subject.model().parameters.iter().map(|p| (p.name.as_str(), p.name.as_str())).collect();
    let first = names.get(usual).or_else(|| names.first())?.0;
    let value = case.parameters.get(usual).copied().unwrap_or(0.0);
    let [low, high] = around(value);
    Some(vec![
        choice(&format!("parameter{mark}"), "parameter", &names, first),
        free(&format!("from{mark}"), "from", low)
            .help("Half the parameter's value to each side, unless another range is set."),
        free(&format!("to{mark}"), "to", high),
    ])
}

/// What those controls say. A range that was left as it is follows the parameter that was chosen.
///
/// # Errors
/// The ends of the range are the same, or the wrong way round.
pub(super) fn varied(case: &SystemCase, values: &Values, mark: &str) -> Result<Varied, ExhibitError> {
    let name = values.text(&format!("parameter{mark}")).to_owned();
    let parameters = &case.subject.model().parameters;
    let index = parameters.iter().position(|p| p.name == name).unwrap_or(0);
    let declared = controls(case, mark, usual(case, mark)).unwrap_or_default();
    let [low, high] = around(case.parameters.get(index).copied().unwrap_or(0.0));
    let end = |id: String, own: f64| {
        let value = values.number(&id);
        let default = declared.iter().find(|control| control.id == id).map(crate::values::default);
        let untouched = default == values.get(&id).cloned();
        if untouched { own } else { value }
    };
    let (from, to) = (end(format!("from{mark}"), low), end(format!("to{mark}"), high));
    if from >= to {
        let message = format!("{name} from {from} to {to}: give a range whose low end is below its high end");
        return Err(ExhibitError::Refused(message));
    }
    Ok(Varied { index, name, from, to })
}

/// The parameter that is varied unless another is asked for.
pub(super) fn usual(case: &SystemCase, mark: &str) -> usize {
    // The second axis of a plane takes another parameter than the first.
    usize::from(mark == "2").min(case.parameters.len().saturating_sub(1))
}

/// A choice among the variables.
pub(super) fn variable(case: &SystemCase, id: &str, label: &str, usual: usize) -> Control {
    let names = case.subject.variable_names();
    let pairs: Vec<(&str, &str)> = names.iter().take(200).map(|n| (n.as_str(), n.as_str())).collect();
    choice(id, label, &pairs, names.get(usual).map_or("", String::as_str))
}

/// The variable that was chosen.
pub(super) fn chosen(case: &SystemCase, values: &Values, id: &str) -> usize {
    let name = values.text(id);
    case.subject.variable_names().iter().position(|n| n == name).unwrap_or(0)
}

/// A time in which the system does something: its period where it is known, or two hundred of its steps.
pub(super) fn pace(case: &SystemCase) -> f64 {
    if case.subject.is_map() { 1.0 } else { case.subject.period().unwrap_or(200.0 * case.dt) }
}
