//! A model's right-hand side as WGSL over f32.
//!
//! Every identifier is made here: no string of the user's reaches the shader.

use crate::EquationError;
use crate::graph::{One, Two};
use crate::model::Model;
use crate::program::{Instruction, Operation};
use std::fmt::Write;

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

/// Prints `fn rhs(t: f32, x: array<f32, N>, p: array<f32, P>) -> array<f32, N>` with `N` the number of variables and
/// `P` the number of parameters, at least 1; it calls [`WGSL_HELPERS`]. For a flow the result is the rate, for a map
/// the next state.
///
/// # Errors
/// Where the model needs a function or a constant that the GPU path lacks.
pub fn wgsl(model: &Model) -> Result<String, EquationError> {
    let system = model.system();
    let program = &system.rate;
    if !system.is_plain() {
        return Err(EquationError::NotOnDevice("delays, noise and events".into()));
    }
    let n = system.dimension;
    let parameters = program.parameters.max(1);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "fn rhs(t: f32, x: array<f32, {n}>, p: array<f32, {parameters}>) -> array<f32, {n}> {{"
    );
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
        } else {
            String::new()
        });
    }
    for (k, instruction) in program.prologue.iter().chain(&program.code).enumerate() {
        let value = value(instruction, &name)?;
        let _ = writeln!(out, "    let r{k} = {value};");
        name[instruction.to as usize] = format!("r{k}");
    }
    let outputs: Vec<&str> =
        program.outputs.iter().map(|&register| name[register as usize].as_str()).collect();
    let _ = writeln!(out, "    return array<f32, {n}>({});\n}}", outputs.join(", "));
    Ok(out)
}

fn literal(value: f64) -> Result<String, EquationError> {
    let single = value as f32;
    if !single.is_finite() {
        return Err(EquationError::NotOnDevice(format!(
            "the number {value}, which single precision does not hold"
        )));
    }
    // Brackets, because `a - -1` and `a--1` are not the same.
    Ok(if single.is_sign_negative() { format!("({single:?}f)") } else { format!("{single:?}f") })
}

fn value(i: &Instruction, name: &[String]) -> Result<String, EquationError> {
    let (a, b, c) = (&name[i.a as usize], &name[i.b as usize], &name[i.c as usize]);
    let lacks = |what: &str| Err(EquationError::NotOnDevice(format!("the function `{what}`")));
    Ok(match i.operation {
        Operation::MultiplyAdd => format!("{a} * {b} + {c}"),
        Operation::MultiplySubtract => format!("{a} * {b} - {c}"),
        Operation::SubtractProduct => format!("{c} - {a} * {b}"),
        Operation::SumTimes => format!("({a} + {b}) * {c}"),
        Operation::DifferenceTimes => format!("({a} - {b}) * {c}"),
        Operation::Table(_) | Operation::Slope(_) => {
            return Err(EquationError::NotOnDevice("tables of values".into()));
        }
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
