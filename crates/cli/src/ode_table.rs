//! The table of a file of equations at its own `@` settings: what XPPAUT writes.
//!
//! Time, variables and auxiliary quantities, every `nout` steps from `t0` on for a time of `total`; rows before
//! `trans` are left out.

use crate::Failure;
use crate::progress::Progress;
use dynamics::{Method, Options, Outcome, Simulation, Stepper};
use equations::{Interpreter, Kind, Model};

/// How long to run when the file does not say.
pub const TOTAL: f64 = 20.0;
/// The step when the file does not say.
pub const STEP: f64 = 0.05;
/// The magnitude beyond which a variable has diverged, when the file does not say.
pub const BOUND: f64 = 1e6;
/// Most rows of a table.
pub const ROWS: u64 = 10_000_000;
/// Steps between two looks at the progress.
const CHUNK: u64 = 1000;

/// What determines a table beside the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How to step, with the time between rows.
    pub options: Options,
    /// Rows after the first one.
    pub rows: u64,
    /// Rows before this time are left out.
    pub transient: f64,
}

/// Values that a person may have set.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Parameters in the order of the text.
    pub parameters: Vec<f64>,
    /// Where the state starts.
    pub start: Vec<f64>,
    /// Step; a map pays no heed to it.
    pub dt: f64,
    /// Solver.
    pub method: Method,
    /// Relative tolerance of an adaptive solver; the absolute one is a thousandth of it.
    pub tolerance: f64,
    /// Steps, where they were named.
    pub steps: Option<u64>,
    /// Seed of random numbers.
    pub seed: u64,
}

/// A table, and how the run ended.
#[derive(Debug)]
pub struct OdeTable {
    /// `t`, variables, auxiliary quantities.
    pub names: Vec<String>,
    /// One row an output.
    pub rows: Vec<Vec<f64>>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Steps of the file's own run: `total` over `dt`.
pub fn own_steps(model: &Model, dt: f64) -> u64 {
    let total = model.options.total.unwrap_or(TOTAL).abs();
    let dt = if model.kind == Kind::Map { 1.0 } else { dt.abs() };
    let steps = total / dt;
    // 0.3 / 0.1 lies a rounding below 3. The cast saturates, and takes what is not a number for 0.
    let nearest = steps.round();
    if (steps - nearest).abs() <= 1e-9 * nearest { nearest as u64 } else { steps as u64 }
}

/// The solver that stands for a method of XPPAUT's: Runge-Kutta 4 where none is named, as there.
pub fn method(named: Option<&str>) -> Method {
    named.and_then(Method::from_xpp).unwrap_or_default()
}

impl Plan {
    /// The plan of a model with what a person has set.
    ///
    /// # Errors
    /// The table would be too large.
    pub fn new(model: &Model, chosen: &Chosen) -> Result<Self, Failure> {
        let map = model.kind == Kind::Map;
        let nout = model.options.nout.unwrap_or(1).max(1);
        let steps = chosen.steps.unwrap_or_else(|| own_steps(model, chosen.dt));
        let rows = steps.div_ceil(u64::from(nout));
        if rows > ROWS {
            let message =
                format!("the table would have {rows} rows; at most {ROWS}: lower total, or raise dt or nout");
            return Err(Failure::Input(message));
        }
        let dt = if map { 1.0 } else { chosen.dt };
        let options = Options {
            method: if map { Method::Discrete } else { chosen.method },
            t0: model.options.t0.unwrap_or(0.0),
            dt: dt * f64::from(nout),
            substeps: nout,
            rtol: chosen.tolerance,
            atol: 1e-3 * chosen.tolerance,
            bound: model.options.bounds.filter(|b| *b > 0.0).unwrap_or(BOUND),
            seed: chosen.seed,
            ..Options::default()
        };
        Ok(Self { options, rows, transient: model.options.trans.unwrap_or(0.0) })
    }
}

/// Runs a model and writes down its rows.
///
/// # Errors
/// The plan cannot be carried out.
pub fn tabulate(model: &Model, chosen: &Chosen) -> Result<OdeTable, Failure> {
    let plan = Plan::new(model, chosen)?;
    let refused = |e: dynamics::Error| Failure::Input(e.to_string());
    let process = Interpreter::new(model.system(), &chosen.parameters);
    let simulation = Simulation::new(process, plan.options.clone(), &chosen.start).map_err(refused)?;
    Ok(walk(model, &plan, simulation))
}

/// The columns that the text asks for, by their places: 0 is the time, then variables and auxiliary quantities. `only`
/// names all of them, the time too if it is wanted, as in XPPAUT.
fn columns(model: &Model) -> Vec<usize> {
    let names: Vec<&str> = std::iter::once("t")
        .chain(model.variables.iter().map(|v| v.name.as_str()))
        .chain(model.auxiliaries.iter().map(|a| a.name.as_str()))
        .collect();
    if model.only.is_empty() {
        return (0..names.len()).collect();
    }
    let place = |only: &String| names.iter().position(|name| only.eq_ignore_ascii_case(name));
    model.only.iter().filter_map(place).collect()
}

fn walk(model: &Model, plan: &Plan, mut run: Simulation<Interpreter<f64>>) -> OdeTable {
    let columns = columns(model);
    let mut all = vec!["t".to_owned()];
    all.extend(model.variables.iter().map(|v| v.name.clone()));
    all.extend(model.auxiliaries.iter().map(|a| a.name.clone()));
    let names = columns.iter().map(|&k| all[k].clone()).collect();
    let progress = Progress::new("running", plan.rows);
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut programs = run.process().clone();
    let mut extra = vec![0.0; model.auxiliaries.len()];
    let mut row_of = |t: f64, state: &[f64], inputs: &[f64], parameters: &[f64]| {
        if !extra.is_empty() {
            // Events may have changed the parameters.
            for (index, value) in parameters.iter().enumerate() {
                programs.set_parameter(index, *value);
            }
            programs.auxiliaries_with(t, state, inputs, &mut extra);
        }
        let n = state.len();
        let value = |k: usize| match k {
            0 => t,
            k if k <= n => state[k - 1],
            k => extra[k - 1 - n],
        };
        columns.iter().map(|&k| value(k)).collect::<Vec<f64>>()
    };
    for row in 0..=plan.rows {
        if row > 0 {
            let well = run.advance().is_ok();
            // What events asked to be written out, between the regular rows.
            for mark in run.take_marks() {
                if mark.time.abs() >= plan.transient {
                    let parameters = run.process().parameters().to_vec();
                    let inputs = run.inputs().to_vec();
                    rows.push(row_of(mark.time, &mark.state, &inputs, &parameters));
                }
            }
            if !well {
                break;
            }
        }
        let t = run.time();
        if t.abs() >= plan.transient {
            let (inputs, state) = (run.inputs().to_vec(), run.state().to_vec());
            let parameters = run.process().parameters().to_vec();
            rows.push(row_of(t, &state, &inputs, &parameters));
        }
        if row % CHUNK == 0 {
            progress.at(row);
        }
    }
    OdeTable { names, rows, outcome: run.outcome().clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Model {
        equations::parse(text).into_model().expect("a model")
    }

    fn chosen(model: &Model) -> Chosen {
        Chosen {
            parameters: model.parameter_values(),
            start: model.initial(),
            dt: model.options.dt.unwrap_or(STEP),
            method: method(model.options.meth.as_deref()),
            tolerance: 1e-8,
            steps: None,
            seed: 1,
        }
    }

    #[test]
    fn a_table_has_time_variables_and_auxiliaries_in_file_order() {
        let text = "y'=-y\nx'=-2*x\naux s=x+y\ninit x=1,y=3\n@ total=1,dt=.01,nout=10\ndone";
        let model = model(text);
        let table = tabulate(&model, &chosen(&model)).expect("a table");
        assert_eq!(table.names, ["t", "y", "x", "s"]);
        assert_eq!(table.rows.len(), 11);
        for row in &table.rows {
            let (y, x) = (3.0 * (-row[0]).exp(), (-2.0 * row[0]).exp());
            assert!((row[1] - y).abs() < 1e-8 && (row[2] - x).abs() < 1e-8, "{row:?}");
            assert_eq!(row[3], row[2] + row[1]);
        }
        assert!((table.rows[10][0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn rows_before_the_transient_are_left_out_and_time_starts_at_t0() {
        let model = model("x'=1\n@ total=4,dt=.5,trans=2,t0=1\ndone");
        let table = tabulate(&model, &chosen(&model)).expect("a table");
        let times: Vec<f64> = table.rows.iter().map(|row| row[0]).collect();
        assert_eq!(times, [2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]);
        assert_eq!(table.rows[0][1], 1.0);
    }

    #[test]
    fn a_map_counts_iterations() {
        let model = model("x(t+1)=2*x\ninit x=1\n@ total=5,meth=discrete\ndone");
        let table = tabulate(&model, &chosen(&model)).expect("a table");
        let rows = (0..6).map(|k| vec![f64::from(k), f64::from(1 << k)]).collect::<Vec<_>>();
        assert_eq!(table.rows, rows);
    }

    #[test]
    fn a_run_that_leaves_its_bounds_keeps_its_good_rows() {
        let model = model("x'=x\ninit x=1\n@ total=100,dt=.1,bounds=50\ndone");
        let table = tabulate(&model, &chosen(&model)).expect("a table");
        assert!(!table.outcome.is_ok());
        assert!(table.rows.iter().all(|row| row[1] <= 50.0));
        assert_eq!(table.rows.len(), 40);
    }

    #[test]
    fn steps_are_counted_through_rounding() {
        let model = model("x'=1\n@ total=.3\ndone");
        assert_eq!(own_steps(&model, 0.1), 3);
        assert_eq!(own_steps(&model, 0.2), 1);
        let huge = Chosen { steps: Some(u64::MAX), ..chosen(&model) };
        assert_eq!(Plan::new(&model, &huge).expect_err("refused").code(), 2);
    }

    #[test]
    fn methods_go_by_their_first_letters() {
        assert_eq!(method(None), Method::RungeKutta4);
        assert_eq!(method(Some("rungekutta")), Method::RungeKutta4);
        assert_eq!(method(Some("euler")), Method::Euler);
        assert_eq!(method(Some("modeuler")), Method::ModifiedEuler);
        for stiff in ["cvode", "gear", "stiff"] {
            assert_eq!(method(Some(stiff)), Method::Rodas4, "{stiff}");
        }
    }
}
