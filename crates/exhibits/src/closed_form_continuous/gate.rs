//! What a trained network makes of elapsed time.

use numerics::{Real, sum_by};
use rnn::cells::CfcForm;
use rnn::{CellKind, Error, sigmoid};

/// Units drawn.
pub(super) const UNITS: usize = 8;
/// Slope and height of the backbone's tangent.
const TANGENT: [f64; 2] = [0.666, 1.7159];

/// What depends on time in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// `s = σ(a t + b)`.
    Gate,
    /// `exp(-t (|τ| + |f|))`.
    Exponential,
    /// The state itself, of cells without either.
    State,
}

impl Kept {
    /// In words.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Exponential => "exponential",
            Self::State => "state",
        }
    }
}

/// Of the first [`UNITS`] units what they make of a run of ones that begins a string, against its length `times`.
///
/// # Errors
/// [`Error::Size`], [`Error::Length`].
pub(super) fn against_time(
    kind: CellKind,
    parameters: &[f64],
    times: &[f64],
) -> Result<(Kept, Vec<Vec<f64>>), Error> {
    let cell = kind.build::<f64>()?;
    let (found, expected) = (parameters.len(), cell.layout().len());
    if found != expected {
        return Err(Error::Length { what: "the parameters", found, expected });
    }
    if let Some(heads) = Heads::of(kind, parameters)? {
        let kept = if heads.form == CfcForm::Minimal { Kept::Exponential } else { Kept::Gate };
        let units = if heads.hidden < UNITS { heads.hidden } else { UNITS };
        let curve = |k: usize| times.iter().map(|t| heads.weight(k, *t)).collect();
        return Ok((kept, (0..units).map(curve).collect()));
    }
    let state = cell.shape().state;
    let mut curves = vec![Vec::with_capacity(times.len()); if state < UNITS { state } else { UNITS }];
    let mut next = vec![0.0; state];
    for t in times {
        cell.next(parameters, &[1.0, *t], &vec![0.0; state], &mut next);
        curves.iter_mut().zip(&next).for_each(|(curve, value)| curve.push(*value));
    }
    Ok((Kept::State, curves))
}

/// The heads of a closed-form cell in the first step of a string, after a run of ones.
struct Heads {
    form: CfcForm,
    hidden: usize,
    /// One below the other.
    values: Vec<f64>,
    /// `τ` and `A` of the minimal form.
    direct: Vec<f64>,
}

impl Heads {
    /// None for another cell.
    fn of(kind: CellKind, parameters: &[f64]) -> Result<Option<Self>, Error> {
        let CellKind::Cfc { inputs, hidden, backbone, form, .. } = kind else { return Ok(None) };
        let layout = kind.build::<f64>()?.layout();
        let piece = |name: &str| layout.find(name).map_or(&[][..], |block| &parameters[block.range()]);
        // The last input is the time; of the others the first is the bit.
        let features = inputs - 1;
        let bit = |weights: &[f64], row: usize| if features > 0 { weights[row * features] } else { 0.0 };
        let memory: Vec<f64> = if form == CfcForm::Mixed {
            let (v, d) = (piece("V"), piece("d"));
            let drive = |gate: usize, k: usize| d[gate * hidden + k] + bit(v, gate * hidden + k);
            // Nothing is forgotten yet.
            let cell = |k: usize| sigmoid(drive(0, k)) * Real::tanh(drive(2, k));
            (0..hidden).map(|k| sigmoid(drive(3, k)) * Real::tanh(cell(k))).collect()
        } else {
            vec![0.0; hidden]
        };
        let (w, u, b) = (piece("W"), piece("U"), piece("b"));
        let [slope, height] = TANGENT;
        let unit = |k: usize| {
            let recurrent = sum_by(hidden, |j| w[k * hidden + j] * memory[j]);
            height * Real::tanh(slope * (b[k] + bit(u, k) + recurrent))
        };
        let units: Vec<f64> = (0..backbone).map(unit).collect();
        let (heads, f) = (piece("F"), piece("f"));
        let value = |r: usize| f[r] + sum_by(backbone, |k| heads[r * backbone + k] * units[k]);
        let values = (0..f.len()).map(value).collect();
        let direct = [piece("τ"), piece("A")].concat();
        Ok(Some(Self { form, hidden, values, direct }))
    }

    /// The gate of a unit after a time, or the exponential in its place.
    fn weight(&self, k: usize, t: f64) -> f64 {
        if self.form == CfcForm::Minimal {
            return Real::exp(-t * (self.direct[k].abs() + self.values[k].abs()));
        }
        sigmoid(self.values[2 * self.hidden + k] * t + self.values[3 * self.hidden + k])
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Plan, VARIANTS};
    use super::*;
    use numerics::Stream;

    #[test]
    fn the_gates_are_those_of_the_cells_own_step() {
        for (slug, ..) in VARIANTS {
            let plan = Plan { hidden: 9, ..Plan::usual(3) };
            let kind = plan.kind(slug);
            let cell = kind.build::<f64>().unwrap();
            let mut parameters = vec![0.0; cell.layout().len()];
            cell.initialise(&mut Stream::new(3, "weights"), &mut parameters);
            let times = [0.25, 1.0, 2.0];
            let (kept, curves) = against_time(kind, &parameters, &times).unwrap();
            assert_eq!(curves.len(), UNITS, "{slug}");
            let (state, heads) = (cell.shape().state, Heads::of(kind, &parameters).unwrap());
            let mut next = vec![0.0; state];
            for (place, t) in times.iter().enumerate() {
                cell.next(&parameters, &[1.0, *t], &vec![0.0; state], &mut next);
                for (k, curve) in curves.iter().enumerate() {
                    let s = curve[place];
                    let want = match (&heads, kept) {
                        (Some(Heads { values, direct, .. }), Kept::Exponential) => {
                            direct[9 + k] * (1.0 - s * values[k])
                        }
                        (Some(Heads { values, form, .. }), _) => {
                            let [first, second] = [values[k], values[9 + k]].map(Real::tanh);
                            let kept = if *form == CfcForm::NoGate { 1.0 } else { 1.0 - s };
                            first * kept + second * s
                        }
                        (None, _) => s,
                    };
                    assert!((next[k] - want).abs() < 1e-12, "{slug}, unit {k}: {} {want}", next[k]);
                }
            }
        }
    }

    #[test]
    fn parameters_of_another_cell_are_refused() {
        assert!(against_time(Plan::usual(1).kind("cfc"), &[0.0; 5], &[1.0]).is_err());
    }
}
