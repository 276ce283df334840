//! The table of a file of equations at its own `@` settings: what XPPAUT writes.
//!
//! Time, variables and auxiliary quantities, every `nout` steps from `t0` on for a time of `total`; rows before
//! `trans` are left out.

use crate::Failure;
use crate::progress::Progress;
use dynamics::{Method, Options, Orbit, Outcome, Stepper, Trajectory};
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

/// The solver that stands for a method of XPPAUT's: its own name where there is one, Tsitouras 5(4) for all that
/// adapt or are of high order.
pub fn method(named: Option<&str>) -> Method {
    // XPPAUT tells methods apart by their first letters.
    match named.unwrap_or("") {
        "" => Method::RungeKutta4,
        name if name.starts_with("eu") => Method::Euler,
        name if name.starts_with("run") || name.starts_with("rk") => Method::RungeKutta4,
        // `discrete` says that the equations are a map, which their form says already.
        name if name.starts_with("di") => Method::RungeKutta4,
        _ => Method::Tsitouras5,
    }
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
    let programs = Interpreter::new(model.system(), &chosen.parameters);
    let auxiliaries = programs.clone();
    if model.kind == Kind::Map {
        let orbit = Orbit::new(programs, plan.options.clone(), &chosen.start).map_err(refused)?;
        Ok(walk(model, &plan, orbit, auxiliaries))
    } else {
        let trajectory = Trajectory::new(programs, plan.options.clone(), &chosen.start).map_err(refused)?;
        Ok(walk(model, &plan, trajectory, auxiliaries))
    }
}

fn walk(model: &Model, plan: &Plan, mut stepper: impl Stepper, mut programs: Interpreter<f64>) -> OdeTable {
    let mut names = vec!["t".to_owned()];
    names.extend(model.variables.iter().map(|v| v.name.clone()));
    names.extend(model.auxiliaries.iter().map(|a| a.name.clone()));
    let progress = Progress::new("running", plan.rows);
    let mut rows = Vec::new();
    let mut extra = vec![0.0; model.auxiliaries.len()];
    for row in 0..=plan.rows {
        if row > 0 && !stepper.advance().is_ok() {
            break;
        }
        let (t, state) = (stepper.time(), stepper.state());
        if t.abs() >= plan.transient {
            if !extra.is_empty() {
                programs.auxiliaries(t, state, &mut extra);
            }
            rows.push(std::iter::once(t).chain(state.iter().copied()).chain(extra.iter().copied()).collect());
        }
        if row % CHUNK == 0 {
            progress.at(row);
        }
    }
    OdeTable { names, rows, outcome: stepper.outcome().clone() }
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
        for adaptive in ["qualrk", "cvode", "gear", "stiff", "5dp", "modeuler"] {
            assert_eq!(method(Some(adaptive)), Method::Tsitouras5, "{adaptive}");
        }
    }
}
