//! `eval`

use super::{print_json, print_json_line};
use crate::Failure;
use crate::args::Eval;
use crate::source::set_values;
use crate::subject::Subject;
use crate::table::{Align, Table};
use crate::text::exact;
use equations::Interpreter;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// Longest line of `--states`, in bytes.
const LINE_BYTES: usize = 1 << 20;

#[derive(Serialize)]
struct Answer {
    rhs: Vec<f64>,
    jacobian: Vec<Vec<f64>>,
}

/// A line of `--states`.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Asked {
    State(Vec<f64>),
    At { t: f64, state: Vec<f64> },
}

struct Evaluator {
    programs: Interpreter<f64>,
    map: bool,
    dimension: usize,
    names: Vec<String>,
}

impl Evaluator {
    fn answer(&mut self, t: f64, state: &[f64]) -> Result<Answer, Failure> {
        let n = self.dimension;
        if state.len() != n {
            let names = self.names.join(", ");
            return Err(Failure::Input(format!(
                "the state has {} values; it takes {n}: {names}",
                state.len()
            )));
        }
        let (mut rhs, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
        self.programs.evaluate(t, state, &mut rhs);
        self.programs.jacobian_at(t, state, &mut jacobian);
        Ok(Answer { rhs, jacobian: jacobian.chunks(n.max(1)).map(<[f64]>::to_vec).collect() })
    }
}

pub(super) fn eval(arguments: &Eval, out: &mut dyn Write) -> Result<(), Failure> {
    let subject = Subject::read(&arguments.source)?;
    let mut parameters = subject.model().parameter_values();
    set_values(&arguments.settings, &subject.parameter_names(), &mut parameters)?;
    let mut evaluator = Evaluator {
        programs: subject.interpreter(&parameters),
        map: subject.is_map(),
        dimension: subject.model().dimension(),
        names: subject.variable_names(),
    };
    if let Some(path) = &arguments.states {
        if path == Path::new("-") {
            return each_line(&mut evaluator, arguments.t, std::io::stdin().lock(), out);
        }
        let file = File::open(path).map_err(|source| Failure::Read { path: path.clone(), source })?;
        return each_line(&mut evaluator, arguments.t, BufReader::new(file), out);
    }
    let state = arguments.state.clone().unwrap_or_else(|| subject.model().initial());
    let answer = evaluator.answer(arguments.t, &state)?;
    if arguments.json { print_json(out, &answer) } else { print(&evaluator, &answer, out) }
}

fn each_line(
    evaluator: &mut Evaluator,
    t: f64,
    from: impl BufRead,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for (index, line) in from.lines().enumerate() {
        let at = |fault: &dyn std::fmt::Display| {
            Failure::Input(format!("line {} of the states: {fault}", index + 1))
        };
        let line = line.map_err(|e| at(&e))?;
        if line.trim().is_empty() {
            continue;
        }
        if line.len() > LINE_BYTES {
            return Err(at(&"it is too long"));
        }
        let (t, state) = match read_line(&line).map_err(|e| at(&e))? {
            Asked::State(state) => (t, state),
            Asked::At { t, state } => (t, state),
        };
        let answer = evaluator.answer(t, &state).map_err(|e| at(&e))?;
        print_json_line(out, &answer)?;
    }
    Ok(())
}

fn read_line(line: &str) -> Result<Asked, String> {
    serde_json::from_str(line)
        .map_err(|_| "expected an array of numbers, [1,2,3], or {\"t\":0.5,\"state\":[1,2,3]}".into())
}

fn print(evaluator: &Evaluator, answer: &Answer, out: &mut dyn Write) -> Result<(), Failure> {
    let rhs = |name: &String| if evaluator.map { format!("{name}(t+1)") } else { format!("{name}'") };
    let heads: Vec<String> = evaluator.names.iter().map(|name| format!("d/d{name}")).collect();
    let mut columns = vec![("", Align::Left), ("value", Align::Right)];
    columns.extend(heads.iter().map(|head| (head.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for (i, name) in evaluator.names.iter().enumerate() {
        let partials = answer.jacobian[i].iter().map(|v| exact(*v));
        table.row([rhs(name), exact(answer.rhs[i])].into_iter().chain(partials));
    }
    Ok(write!(out, "{table}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_state_with_or_without_a_time() {
        assert_eq!(read_line("[1, -2.5e0]"), Ok(Asked::State(vec![1.0, -2.5])));
        assert_eq!(read_line("{\"t\":0.5,\"state\":[1]}"), Ok(Asked::At { t: 0.5, state: vec![1.0] }));
        for bad in ["1,2", "[1,", "[\"a\"]", "{\"state\":[1]}", "null"] {
            assert!(read_line(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_answer_keeps_its_numbers_and_writes_null_for_none() {
        let answer = Answer { rhs: vec![0.1, f64::NAN], jacobian: vec![vec![1.0 / 3.0, f64::INFINITY]] };
        let text = serde_json::to_string(&answer).expect("json");
        assert_eq!(text, r#"{"rhs":[0.1,null],"jacobian":[[0.3333333333333333,null]]}"#);
    }
}
