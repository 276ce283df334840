//! A model's programs as Rust source, with the same bits as the interpreter.

use crate::graph::{One, Two};
use crate::model::Model;
use crate::program::{Instruction, Operation, Program};
use std::fmt::Write;

/// Prints functions named with `prefix`, generic over `numerics::Real`:
///
/// - `{prefix}rate(t, x, p, q, out)`: right-hand side;
/// - `{prefix}rate_prepare(p, q)`: what depends on parameters alone, `{PREFIX}RATE_PREPARED` numbers, into `q`;
/// - the same pair for `jacobian` and `auxiliaries`.
///
/// Each prints from the register program, operation by operation, so that compiled and interpreted code give the
/// same bits. None for a system with delays, noise or tables of values, or without a Jacobian in closed form: these
/// are interpreted.
pub fn rust_source(model: &Model, prefix: &str) -> Option<String> {
    let system = model.system();
    let jacobian = system.jacobian.as_ref()?;
    let programs = [("rate", &system.rate), ("jacobian", jacobian), ("auxiliaries", &system.auxiliary)];
    if system.inputs() > 0 {
        return None;
    }
    let mut out = String::new();
    for (name, program) in programs {
        function(&mut out, &format!("{prefix}{name}"), program)?;
    }
    Some(out)
}

fn literal(value: f64) -> String {
    if value.is_nan() {
        "f64::NAN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "f64::INFINITY".into() } else { "f64::NEG_INFINITY".into() }
    } else {
        format!("{value:?}_f64")
    }
}

/// The prepared values that the code reads, in the order of their registers.
fn prepared(program: &Program) -> Vec<u16> {
    let first = program.constants.len() + program.parameters;
    let range = first..first + program.prologue.len();
    let mut used = vec![false; program.prologue.len()];
    let mut note = |register: u16| {
        if range.contains(&(register as usize)) {
            used[register as usize - first] = true;
        }
    };
    for i in &program.code {
        [i.a, i.b, i.c].into_iter().for_each(&mut note);
    }
    program.outputs.iter().copied().for_each(&mut note);
    (0..program.prologue.len()).filter(|&k| used[k]).map(|k| (first + k) as u16).collect()
}

fn function(out: &mut String, name: &str, program: &Program) -> Option<()> {
    let constants = program.constants.len();
    let prologue = constants + program.parameters;
    let time = program.time();
    let prepared = prepared(program);
    let place = |register: u16, inside: bool| -> String {
        let r = register as usize;
        if r < constants {
            format!("V::splat({})", literal(program.constants[r]))
        } else if r < prologue {
            format!("p[{}]", r - constants)
        } else if r < time {
            match prepared.iter().position(|&own| own == register) {
                Some(k) if !inside => format!("q[{k}]"),
                _ => format!("r{r}"),
            }
        } else if r == time {
            "t".into()
        } else if r <= time + program.states {
            format!("x[{}]", r - time - 1)
        } else {
            format!("r{r}")
        }
    };
    let upper = name.to_ascii_uppercase();
    let _ = writeln!(out, "pub const {upper}_PREPARED: usize = {};", prepared.len());
    let _ = writeln!(out, "#[inline]\npub fn {name}_prepare<V: numerics::Real>(p: &[V], q: &mut [V]) {{");
    let _ = writeln!(
        out,
        "    let p: &[V; {0}] = match p.first_chunk() {{ Some(p) => p, None => return }};",
        program.parameters
    );
    for instruction in &program.prologue {
        let _ = writeln!(out, "    {};", statement(instruction, |r| place(r, true))?);
    }
    for (k, register) in prepared.iter().enumerate() {
        let _ = writeln!(out, "    q[{k}] = {};", place(*register, true));
    }
    let _ = writeln!(out, "    let _ = (p, q);\n}}");
    let _ = writeln!(
        out,
        "#[inline]\npub fn {name}<V: numerics::Real>(t: V, x: &[V], p: &[V], q: &[V], out: &mut [V]) {{"
    );
    // One check a slice, then none an access; too short a slice leaves the output as it was.
    for (slice, len) in [("x", program.states), ("p", program.parameters), ("q", prepared.len())] {
        let _ = writeln!(
            out,
            "    let {slice}: &[V; {len}] = match {slice}.first_chunk() {{ Some(s) => s, None => return }};"
        );
    }
    let outputs = program.outputs.len();
    let _ = writeln!(
        out,
        "    let out: &mut [V; {outputs}] = match out.first_chunk_mut() {{ Some(s) => s, None => return }};"
    );
    for instruction in &program.code {
        let _ = writeln!(out, "    {};", statement(instruction, |r| place(r, false))?);
    }
    for (k, register) in program.outputs.iter().enumerate() {
        let _ = writeln!(out, "    out[{k}] = {};", place(*register, false));
    }
    let _ = writeln!(out, "    let _ = (t, x, p, q, out);\n}}");
    Some(())
}

/// None for what looks a table of values up.
fn statement(i: &Instruction, place: impl Fn(u16) -> String) -> Option<String> {
    let to = place(i.to);
    let (a, b, c) = (|| place(i.a), || place(i.b), || place(i.c));
    let value = match i.operation {
        Operation::Table(_) | Operation::Slope(_) => return None,
        Operation::MultiplyAdd => format!("{} * {} + {}", a(), b(), c()),
        Operation::MultiplySubtract => format!("{} * {} - {}", a(), b(), c()),
        Operation::SubtractProduct => format!("{} - {} * {}", c(), a(), b()),
        Operation::SumTimes => format!("({} + {}) * {}", a(), b(), c()),
        Operation::DifferenceTimes => format!("({} - {}) * {}", a(), b(), c()),
        Operation::Select => format!("{}.select({}, {})", a(), b(), c()),
        Operation::One(One::Negate) => format!("-{}", a()),
        Operation::One(One::Digamma) => format!("equations::digamma({})", a()),
        Operation::One(one) => format!("{}.{}()", a(), method_of_one(one)),
        Operation::Two(Two::Add) => format!("{} + {}", a(), b()),
        Operation::Two(Two::Subtract) => format!("{} - {}", a(), b()),
        Operation::Two(Two::Multiply) => format!("{} * {}", a(), b()),
        Operation::Two(Two::Divide) => format!("{} / {}", a(), b()),
        Operation::Two(two) => format!("{}.{}({})", a(), method_of_two(two), b()),
    };
    Some(format!("let {to} = {value}"))
}

fn method_of_one(operation: One) -> &'static str {
    match operation {
        One::Negate => "neg",
        One::Sqrt => "sqrt",
        One::Abs => "abs",
        One::Floor => "floor",
        One::Ceil => "ceil",
        One::Exp => "exp",
        One::Ln => "ln",
        One::Log10 => "log10",
        One::Sin => "sin",
        One::Cos => "cos",
        One::Tan => "tan",
        One::Asin => "asin",
        One::Acos => "acos",
        One::Atan => "atan",
        One::Sinh => "sinh",
        One::Cosh => "cosh",
        One::Tanh => "tanh",
        One::Sign => "sign",
        One::Heaviside => "heaviside",
        One::Not => "not",
        One::Erf => "erf",
        One::Erfc => "erfc",
        One::Lgamma => "lgamma",
        One::Digamma => "digamma",
    }
}

fn method_of_two(operation: Two) -> &'static str {
    match operation {
        Two::Add => "add",
        Two::Subtract => "sub",
        Two::Multiply => "mul",
        Two::Divide => "div",
        Two::Power => "pow",
        Two::Atan2 => "atan2",
        Two::Modulo => "modulo",
        Two::Larger => "larger",
        Two::Smaller => "smaller",
        Two::Less => "lt",
        Two::LessEqual => "le",
        Two::Equal => "eq_to",
        Two::NotEqual => "ne_to",
        Two::And => "and",
        Two::Or => "or",
        Two::BesselJ => "bessel_j",
        Two::BesselY => "bessel_y",
        Two::BesselI => "bessel_i",
    }
}
