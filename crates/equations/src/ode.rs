//! A model back as text.

use crate::expression::number;
use crate::model::{Kind, Model};
use std::fmt::Write;

/// Prints a model as an `.ode` file with the parameter values and the starting point given; what is missing is taken
/// from the model. Parsing the result gives the same programs.
pub fn format_ode(model: &Model, parameters: &[f64], initial: &[f64]) -> String {
    let mut out = String::new();
    let value = |given: Option<&f64>, own: f64| {
        number(given.copied().filter(|value| value.is_finite()).unwrap_or(own))
    };
    for constant in &model.numbers {
        let _ = writeln!(out, "number {}={}", constant.name, number(constant.value));
    }
    for (k, parameter) in model.parameters.iter().enumerate() {
        let _ = writeln!(out, "par {}={}", parameter.name, value(parameters.get(k), parameter.value));
    }
    for (k, variable) in model.variables.iter().enumerate() {
        let _ = writeln!(out, "init {}={}", variable.name, value(initial.get(k), variable.initial));
    }
    for function in &model.functions {
        let _ = writeln!(out, "{}({})={}", function.name, function.arguments.join(","), function.expression);
    }
    for fixed in &model.fixed {
        let _ = writeln!(out, "{}={}", fixed.name, fixed.expression);
    }
    for variable in &model.variables {
        let sides = match model.kind {
            Kind::Flow => "'",
            Kind::Map => "(t+1)",
        };
        let _ = writeln!(out, "{}{sides}={}", variable.name, variable.rate);
    }
    for auxiliary in &model.auxiliaries {
        let _ = writeln!(out, "aux {}={}", auxiliary.name, auxiliary.expression);
    }
    let o = &model.options;
    let reals = [
        ("total", o.total),
        ("dt", o.dt),
        ("trans", o.trans),
        ("nout", o.nout.map(f64::from)),
        ("t0", o.t0),
        ("bounds", o.bounds),
        ("xlo", o.xlo),
        ("xhi", o.xhi),
        ("ylo", o.ylo),
        ("yhi", o.yhi),
        ("atol", o.atol),
        ("toler", o.toler),
    ];
    for (name, value) in reals {
        if let Some(value) = value {
            let _ = writeln!(out, "@ {name}={}", number(value));
        }
    }
    for (name, value) in [("meth", &o.meth), ("xp", &o.xp), ("yp", &o.yp), ("zp", &o.zp)] {
        if let Some(value) = value {
            let _ = writeln!(out, "@ {name}={value}");
        }
    }
    for (name, value) in &o.others {
        let _ = writeln!(out, "@ {name}={value}");
    }
    out.push_str("done\n");
    out
}
