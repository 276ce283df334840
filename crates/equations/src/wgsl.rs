//! A model's right-hand side as WGSL over f32.
//!
//! Every identifier is made here: no string of the user's reaches the shader. A small system is printed as a function
//! of values; a large one, where its equations resemble each other, works on memory ([`crate::share`]).

use crate::EquationError;
use crate::graph::{One, Two};
use crate::model::Model;
use crate::program::{Operation, Program};
use crate::share;
use crate::system::System;
use crate::table::Table;
use std::fmt::Write;

/// Up to this many variables and random inputs the right-hand side is a function of values: with the five arrays of a
/// Runge-Kutta step they fill the registers of an invocation.
const VALUES: usize = 24;
/// Most variables on the GPU.
const VARIABLES: usize = 128;
/// Most variables of a system that is surveyed over a plane on the GPU: four arrays of as many numbers stay in registers.
pub const SURVEY_VARIABLES: usize = 16;
/// Most random inputs on the GPU.
const INPUTS: usize = 512;
/// Most statements: a driver compiles a few thousand in a second.
pub(crate) const STATEMENTS: usize = 12_000;

/// Functions that [`wgsl`] calls; to be written once in front of it.
///
/// `power_f` follows the CPU's power for a negative base and a whole exponent; the error function is formula 7.1.26
/// of Abramowitz and Stegun (absolute error 1.5e-7), the gamma function Lanczos's series with g = 5.
pub const WGSL_HELPERS: &str = "
fn truth_f(c: bool) -> f32 { return select(0.0, 1.0, c); }
fn power_f(a: f32, b: f32) -> f32 {
    if b == 0.0 { return 1.0; }
    if a == 0.0 { return select(3.4e38, 0.0, b > 0.0); }
    let m = pow(abs(a), b);
    let odd = abs(b - 2.0 * floor(b * 0.5)) == 1.0;
    return select(m, -m, a < 0.0 && odd);
}
fn tanh_f(x: f32) -> f32 {
    let c = clamp(x, -10.0, 10.0);
    let e = exp(2.0 * c);
    return select((e - 1.0) / (e + 1.0), c - c * c * c / 3.0, abs(c) < 0.01);
}
fn modulo_f(a: f32, b: f32) -> f32 { return a - b * floor(a / b); }
fn log10_f(x: f32) -> f32 { return log(x) * 0.4342945; }
fn erfc_f(x: f32) -> f32 {
    let z = abs(x);
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let s = t * (0.2548296 + t * (-0.28449672 + t * (1.4214138 + t * (-1.4531521 + t * 1.0614054))));
    let y = s * exp(-min(z * z, 87.0));
    return select(y, 2.0 - y, x < 0.0);
}
fn erf_f(x: f32) -> f32 { return 1.0 - erfc_f(x); }
fn lgamma_positive_f(x: f32) -> f32 {
    let t = x + 5.5;
    let s = 1.0 + 76.180092 / (x + 1.0) - 86.505325 / (x + 2.0) + 24.014098 / (x + 3.0)
        - 1.2317396 / (x + 4.0) + 0.0012086510 / (x + 5.0) - 0.0000053952395 / (x + 6.0);
    return (x + 0.5) * log(t) - t + log(2.5066283 * s / x);
}
fn lgamma_f(x: f32) -> f32 {
    if x > 0.0 { return lgamma_positive_f(x); }
    return 1.1447299 - log(abs(sin(3.1415927 * x))) - lgamma_positive_f(1.0 - x);
}
";

/// A right-hand side as WGSL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shader {
    /// The text, which calls [`WGSL_HELPERS`].
    ///
    /// Without `memory` it defines `fn rhs(t: f32, x: array<f32, N>, p: array<f32, P>) -> array<f32, N>`, or, with `M`
    /// random inputs, `fn rhs(t: f32, x: array<f32, N>, p: array<f32, P>, w: array<f32, M>) -> array<f32, N>`. `N` is
    /// the number of variables, `P` that of parameters, at least 1. For a flow the result is the rate, for a map the
    /// next state.
    pub text: String,
    /// What the text reads as `ens_data: array<u32>`: tables, indices, and numbers by their bits.
    pub data: Vec<u32>,
    /// For a large system whose work can be shared out, how the text works on memory.
    pub memory: Option<Memory>,
    /// For one of these that keeps few lanes busy, the same without memory.
    pub straight: Option<Straight>,
}

/// A right-hand side as a function of values, beside one that works on memory: longer, so that a driver takes seconds
/// to compile it, but stepped many times faster where a processor plays the GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straight {
    /// The text, as that of a [`Shader`] without memory.
    pub text: String,
    /// What the text reads as `ens_data`.
    pub data: Vec<u32>,
}

/// How the text of a large system works on memory.
///
/// It defines `fn rhs_prologue(lane: u32)`, to be called once for given parameters, and `fn rhs(t: f32, lane: u32)`,
/// on an array `ens_m` of numbers: `N` variables, `M` random inputs, `N` results, and `scratch` values of its own. All
/// `ENS_LANES` lanes call each, after a barrier, with their numbers `lane` from 0; both end with one. The text calls
/// `ens_parameter(k: u32) -> f32` and `ens_barrier()`, and reads the constant `ENS_LANES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Numbers kept beside variables, inputs and results.
    pub scratch: usize,
    /// How many lanes the work of one evaluation is best shared out to, 32 or 64. The text holds for any number.
    pub lanes: u32,
    /// Turns of all loops that one lane of eight takes in one evaluation, at most: more lanes take fewer.
    pub turns: u32,
}

/// Prints the right-hand side of a flow or a map, with its random inputs.
///
/// # Errors
/// Delays and events, more than 128 variables, and functions, constants and sizes that the GPU path lacks.
pub fn wgsl(model: &Model) -> Result<Shader, EquationError> {
    let system = model.system();
    let lacks = |what: String| Err(EquationError::NotOnDevice(what));
    undelayed(&system)?;
    let (n, m) = (system.dimension, system.draws.len());
    if n > VARIABLES {
        return lacks(format!("systems of {n} variables, more than {VARIABLES}"));
    }
    if m > INPUTS {
        return lacks(format!("systems of {m} random inputs, more than {INPUTS}"));
    }
    let large = n > VALUES || m > VALUES || system.rate.len() > share::LONG;
    let shared = if large { share::print(&system.rate)? } else { None };
    shared.map_or_else(|| values(&system.rate), Ok)
}

/// Prints the right-hand side of a small system without random inputs as a function of values, and, where `along` asks
/// for it, its derivative along a vector, `J(t, x) v`, from the exact Jacobian:
/// `fn rhs_along(t: f32, x: array<f32, N>, p: array<f32, P>, v: array<f32, N>) -> array<f32, N>`.
///
/// # Errors
/// Delays, events and random inputs, more than [`SURVEY_VARIABLES`] variables, a Jacobian too large to be kept, and
/// functions, constants and sizes that the GPU path lacks.
pub fn wgsl_along(model: &Model, along: bool) -> Result<Shader, EquationError> {
    let system = model.system();
    let lacks = |what: String| Err(EquationError::NotOnDevice(what));
    undelayed(&system)?;
    if !system.draws.is_empty() {
        return lacks("random inputs in a map over a plane".into());
    }
    if system.dimension > SURVEY_VARIABLES {
        let n = system.dimension;
        return lacks(format!("maps over a plane for {n} variables, more than {SURVEY_VARIABLES}"));
    }
    let jacobian = match (&system.jacobian, along) {
        (_, false) => None,
        (Some(jacobian), true) => Some(jacobian),
        (None, true) => return lacks("a Jacobian of this size".into()),
    };
    print(&system.rate, jacobian)
}

/// Refuses what needs more than the present state.
fn undelayed(system: &System) -> Result<(), EquationError> {
    let what = match (system.delayed.is_empty(), system.events()) {
        (true, 0) => return Ok(()),
        (false, 0) => "delays",
        (true, _) => "events",
        (false, _) => "delays and events",
    };
    Err(EquationError::NotOnDevice(what.into()))
}

/// The right-hand side as a function of values.
pub(crate) fn values(program: &Program) -> Result<Shader, EquationError> {
    print(program, None)
}

/// The right-hand side as a function of values, and its derivative along a vector.
fn print(rate: &Program, jacobian: Option<&Program>) -> Result<Shader, EquationError> {
    let (n, m) = (rate.states, rate.inputs);
    let parameters = rate.parameters.max(1);
    let mut data = Vec::new();
    let mut text = String::new();
    tables(&[rate, jacobian.unwrap_or(rate)], &mut text, &mut data)?;
    let inputs = if m == 0 { String::new() } else { format!(", w: array<f32, {m}>") };
    let mut function = |name: &str, program: &Program, last: &str, along: bool| {
        let _ = writeln!(
            text,
            "fn {name}(t: f32, x: array<f32, {n}>, p: array<f32, {parameters}>{last}) -> array<f32, {n}> {{"
        );
        let mut outputs = statements(program, &mut text)?;
        if along {
            // Row by row; what is zero for all states is left out.
            let term = |(j, entry): (usize, &String)| (entry != "0.0f").then(|| format!("{entry} * v[{j}]"));
            let row = |row: &[String]| {
                let terms: Vec<String> = row.iter().enumerate().filter_map(term).collect();
                if terms.is_empty() { "0.0f".to_owned() } else { terms.join(" + ") }
            };
            outputs = outputs.chunks(n.max(1)).map(row).collect();
        }
        let _ = writeln!(text, "    return array<f32, {n}>({});\n}}", outputs.join(", "));
        Ok::<(), EquationError>(())
    };
    function("rhs", rate, &inputs, false)?;
    if let Some(jacobian) = jacobian {
        function("rhs_along", jacobian, &format!(", v: array<f32, {n}>"), true)?;
    }
    Ok(Shader { text, data, memory: None, straight: None })
}

/// Prints what a program computes, statement by statement; the names of its outputs.
fn statements(program: &Program, text: &mut String) -> Result<Vec<String>, EquationError> {
    let (n, m) = (program.states, program.inputs);
    let statements = program.prologue.len() + program.code.len();
    if statements > STATEMENTS {
        return Err(too_long(statements));
    }
    let constants = program.constants.len();
    let time = program.time();
    // Registers are used again, names are not: each assignment makes a new one.
    let mut name: Vec<String> = Vec::with_capacity(program.registers);
    for constant in &program.constants {
        name.push(literal(*constant)?);
    }
    for register in constants..program.registers {
        name.push(if register < constants + program.parameters {
            format!("p[{}]", register - constants)
        } else if register == time {
            "t".into()
        } else if register > time && register <= time + n {
            format!("x[{}]", register - time - 1)
        } else if register > time + n && register <= time + n + m {
            format!("w[{}]", register - time - n - 1)
        } else {
            String::new()
        });
    }
    for (k, i) in program.prologue.iter().chain(&program.code).enumerate() {
        let operands = [i.a, i.b, i.c].map(|register| name[register as usize].as_str());
        let value = value(i.operation, operands)?;
        let _ = writeln!(text, "    let r{k} = {value};");
        name[i.to as usize] = format!("r{k}");
    }
    Ok(program.outputs.iter().map(|&register| name[register as usize].clone()).collect())
}

pub(crate) fn too_long(statements: usize) -> EquationError {
    EquationError::NotOnDevice(format!(
        "right-hand sides of {statements} different operations, more than {STATEMENTS}"
    ))
}

/// Prints a function for each table that the programs of a system read and puts its values into the data.
pub(crate) fn tables(
    programs: &[&Program],
    text: &mut String,
    data: &mut Vec<u32>,
) -> Result<(), EquationError> {
    let code = || programs.iter().flat_map(|p| p.prologue.iter().chain(&p.code)).map(|i| i.operation);
    // All programs of a system have the same tables.
    for (k, table) in programs.first().map_or(&[][..], |p| &p.tables).iter().enumerate() {
        let k = k as u16;
        let (value, slope) = (Operation::Table(k), Operation::Slope(k));
        if !code().any(|operation| operation == value || operation == slope) {
            continue;
        }
        let Table { low, high, values, .. } = table;
        let segments = values.len() - 1;
        let base = data.len();
        for value in values {
            literal(*value)?;
            data.push((*value as f32).to_bits());
        }
        let [low, width, step] = [*low, high - low, (high - low) / segments as f64].map(literal);
        let (low, width, step) = (low?, width?, step?);
        let _ = write!(
            text,
            "fn table_{k}_f(x: f32, slope: bool) -> f32 {{
    let at = (x - {low}) / {width} * {segments}.0;
    let whole = clamp(floor(at), 0.0, {last}.0);
    let place = {base}u + min(u32(whole), {last}u);
    let a = bitcast<f32>(ens_data[place]);
    let b = bitcast<f32>(ens_data[place + 1u]);
    return select(a + (at - whole) * (b - a), (b - a) / {step}, slope);
}}
",
            last = segments - 1,
        );
    }
    Ok(())
}

pub(crate) fn literal(value: f64) -> Result<String, EquationError> {
    let single = value as f32;
    if !single.is_finite() {
        return Err(EquationError::NotOnDevice(format!(
            "the number {value}, which single precision does not hold"
        )));
    }
    // Brackets, because `a - -1` and `a--1` are not the same.
    Ok(if single.is_sign_negative() { format!("({single:?}f)") } else { format!("{single:?}f") })
}

/// One operation on operands named so.
pub(crate) fn value(operation: Operation, [a, b, c]: [&str; 3]) -> Result<String, EquationError> {
    let lacks = |what: &str| Err(EquationError::NotOnDevice(format!("the function `{what}`")));
    Ok(match operation {
        Operation::MultiplyAdd => format!("{a} * {b} + {c}"),
        Operation::MultiplySubtract => format!("{a} * {b} - {c}"),
        Operation::SubtractProduct => format!("{c} - {a} * {b}"),
        Operation::SumTimes => format!("({a} + {b}) * {c}"),
        Operation::DifferenceTimes => format!("({a} - {b}) * {c}"),
        Operation::Table(k) => format!("table_{k}_f({a}, false)"),
        Operation::Slope(k) => format!("table_{k}_f({a}, true)"),
        Operation::Select => format!("select({c}, {b}, {a} != 0.0)"),
        Operation::One(one) => match one {
            One::Negate => format!("-({a})"),
            One::Sqrt => format!("sqrt({a})"),
            One::Abs => format!("abs({a})"),
            One::Floor => format!("floor({a})"),
            One::Ceil => format!("ceil({a})"),
            One::Exp => format!("exp({a})"),
            One::Ln => format!("log({a})"),
            One::Log10 => format!("log10_f({a})"),
            One::Sin => format!("sin({a})"),
            One::Cos => format!("cos({a})"),
            One::Tan => format!("tan({a})"),
            One::Asin => format!("asin({a})"),
            One::Acos => format!("acos({a})"),
            One::Atan => format!("atan({a})"),
            One::Sinh => format!("sinh({a})"),
            One::Cosh => format!("cosh({a})"),
            One::Tanh => format!("tanh_f({a})"),
            One::Sign => format!("sign({a})"),
            One::Heaviside => format!("truth_f({a} >= 0.0)"),
            One::Not => format!("truth_f({a} == 0.0)"),
            One::Erf => format!("erf_f({a})"),
            One::Erfc => format!("erfc_f({a})"),
            One::Lgamma => format!("lgamma_f({a})"),
            One::Digamma => return lacks("digamma"),
        },
        Operation::Two(two) => match two {
            Two::Add => format!("{a} + {b}"),
            Two::Subtract => format!("{a} - {b}"),
            Two::Multiply => format!("{a} * {b}"),
            Two::Divide => format!("{a} / {b}"),
            Two::Power => format!("power_f({a}, {b})"),
            Two::Atan2 => format!("atan2({a}, {b})"),
            Two::Modulo => format!("modulo_f({a}, {b})"),
            Two::Larger => format!("max({a}, {b})"),
            Two::Smaller => format!("min({a}, {b})"),
            Two::Less => format!("truth_f({a} < {b})"),
            Two::LessEqual => format!("truth_f({a} <= {b})"),
            Two::Equal => format!("truth_f({a} == {b})"),
            Two::NotEqual => format!("truth_f({a} != {b})"),
            Two::And => format!("truth_f({a} != 0.0 && {b} != 0.0)"),
            Two::Or => format!("truth_f({a} != 0.0 || {b} != 0.0)"),
            Two::BesselJ => return lacks("besselj"),
            Two::BesselY => return lacks("bessely"),
            Two::BesselI => return lacks("besseli"),
        },
    })
}
