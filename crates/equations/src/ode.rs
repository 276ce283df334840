//! A model back as text.

use crate::expression::number;
use crate::model::{Kind, Model, TableContent};
use numerics::Crossing;
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
        // The past comes first: a start behind it leaves it as it is.
        if let Some(history) = &variable.history {
            let _ = writeln!(out, "{}(0)={history}", variable.name);
        }
        let _ = writeln!(out, "init {}={}", variable.name, value(initial.get(k), variable.initial));
    }
    for name in &model.noises {
        let _ = writeln!(out, "wiener {name}");
    }
    for table in &model.tables {
        let name = &table.name;
        let _ = match &table.content {
            TableContent::Function { points, low, high, function } => {
                writeln!(out, "table {name} % {points} {} {} {function}", number(*low), number(*high))
            }
            TableContent::Values(t) => {
                let values: Vec<String> = t.values.iter().map(|value| number(*value)).collect();
                writeln!(out, "table {name} {{{} {} {}}}", number(t.low), number(t.high), values.join(" "))
            }
        };
    }
    for network in &model.networks {
        let _ = writeln!(out, "special {}={}", network.name, network.text);
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
    for event in &model.events {
        let sign = match event.crossing {
            Crossing::Rising => 1,
            Crossing::Falling => -1,
            Crossing::Either => 0,
        };
        let resets: Vec<String> =
            event.resets.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(out, "global {sign} {{{}}} {{{}}}", event.condition, resets.join(";"));
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
        ("dtmin", o.dtmin),
        ("dtmax", o.dtmax),
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
    if let Some(seed) = o.seed {
        let _ = writeln!(out, "@ seed={seed}");
    }
    for set in &model.sets {
        let values = set.values.iter().map(|(name, value)| format!("{name}={}", number(*value)));
        let options = set.options.iter().map(|(name, value)| format!("{name}={value}"));
        let pairs: Vec<String> = values.chain(options).collect();
        let _ = writeln!(out, "set {} {{{}}}", set.name, pairs.join(","));
    }
    if !model.only.is_empty() {
        let _ = writeln!(out, "only {}", model.only.join(","));
    }
    for (name, value) in &o.others {
        let _ = writeln!(out, "@ {name}={value}");
    }
    out.push_str("done\n");
    out
}
