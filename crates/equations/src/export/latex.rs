//! A model as LaTeX, for the package `amsmath`.

use super::Values;
use super::code::title_line;
use crate::expression::{Expression, Form, Function, INDEX, Infix};
use crate::model::{Kind, Model, TableContent};
use numerics::Crossing;
use std::fmt::Write;

/// Prints the equations of a model, what belongs to them, and its parameters as a table: a whole document.
pub(super) fn latex(model: &Model, title: &str, values: &Values) -> String {
    let mut out = format!(
        "% {}\n% Written by Separatrix.\n\\documentclass{{article}}\n\\usepackage{{amsmath}}\n\\begin{{document}}\n\
         \\section*{{{}}}\n\\allowdisplaybreaks\n",
        title_line(title),
        escaped(&title_line(title))
    );
    let mut lines = Vec::new();
    let all = Printer { model, hidden: &[], sums: 0 };
    for variable in &model.variables {
        let left = match model.kind {
            Kind::Flow => dotted(&variable.name),
            Kind::Map => symbol(&variable.name, Some("n+1")),
        };
        lines.push(format!("{left} &= {}", all.text(&variable.rate)));
    }
    equations(&mut out, &lines);
    let mut lines = Vec::new();
    for fixed in &model.fixed {
        lines.push(format!("{} &= {}", symbol(&fixed.name, None), all.text(&fixed.expression)));
    }
    for function in &model.functions {
        let arguments: Vec<String> = function.arguments.iter().map(|name| symbol(name, None)).collect();
        let body = Printer { model, hidden: &function.arguments, sums: 0 }.text(&function.expression);
        lines.push(format!("{}({}) &= {body}", symbol(&function.name, None), arguments.join(", ")));
    }
    section(&mut out, "with", &lines);
    let mut words = Vec::new();
    for table in &model.tables {
        let name = symbol(&table.name, None);
        words.push(match &table.content {
            TableContent::Function { points, low, high, function } => format!(
                "\\({name}(t) = {}\\), by straight lines between {points} points from \\({}\\) to \\({}\\)",
                Printer { model, hidden: &["t".to_owned()], sums: 0 }.text(function),
                number(*low).0,
                number(*high).0
            ),
            TableContent::Values(values) => format!(
                "\\({name}\\), given by {} values from \\({}\\) to \\({}\\), with straight lines between them",
                values.values.len(),
                number(values.low).0,
                number(values.high).0
            ),
        });
    }
    for network in &model.networks {
        words.push(format!(
            "\\({}\\), the network \\texttt{{{}}}",
            symbol(&network.name, None),
            escaped(&network.text)
        ));
    }
    for noise in &model.noises {
        words.push(format!("\\({}\\), white noise of unit strength", symbol(noise, None)));
    }
    list(&mut out, "Here", &words);
    let mut words = Vec::new();
    for event in &model.events {
        let way = match event.crossing {
            Crossing::Rising => "rises through zero",
            Crossing::Falling => "falls through zero",
            Crossing::Either => "passes zero",
        };
        let resets: Vec<String> = event
            .resets
            .iter()
            .map(|(name, value)| match name.to_ascii_lowercase().as_str() {
                "arret" if matches!(value, Expression::Number(v) if *v != 0.0) => "the run ends".into(),
                "arret" => format!("the run ends if \\({} \\ne 0\\)", all.text(value)),
                "out_put" => "the state is written out".into(),
                _ => format!("\\({} \\leftarrow {}\\)", symbol(name, None), all.text(value)),
            })
            .collect();
        words.push(format!("where \\({}\\) {way}: {}", all.text(&event.condition), resets.join(", ")));
    }
    list(&mut out, "Events:", &words);
    let lines: Vec<String> = model
        .auxiliaries
        .iter()
        .map(|a| format!("{} &= {}", symbol(&a.name, None), all.text(&a.expression)))
        .collect();
    section(&mut out, "Further quantities are", &lines);
    let mut rows = Vec::new();
    for (variable, value) in model.variables.iter().zip(&values.initial) {
        let before = variable.history.as_ref().map(|history| {
            let name = symbol(&variable.name, None);
            (format!("{name}(t), t \\le t_0"), all.text(history))
        });
        let initial = match model.kind {
            Kind::Flow => format!("{}(t_0)", symbol(&variable.name, None)),
            Kind::Map => symbol(&variable.name, Some("0")),
        };
        rows.extend(before);
        rows.push((initial, number(*value).0));
    }
    let parameters = model.parameters.iter().zip(&values.parameters).map(|(p, value)| (&p.name, *value));
    let numbers = model.numbers.iter().map(|p| (&p.name, p.value));
    let parameters: Vec<(String, String)> =
        parameters.chain(numbers).map(|(name, value)| (symbol(name, None), number(value).0)).collect();
    table(&mut out, "Parameter", &parameters);
    table(&mut out, "Initial value", &rows);
    out.push_str("\\end{document}\n");
    out
}

fn equations(out: &mut String, lines: &[String]) {
    let _ = write!(out, "\\begin{{align*}}\n  {}\n\\end{{align*}}\n", lines.join(" \\\\\n  "));
}

fn section(out: &mut String, words: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(out, "{words}");
        equations(out, lines);
    }
}

fn list(out: &mut String, words: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(out, "{words}\n\\begin{{itemize}}");
        for item in items {
            let _ = writeln!(out, "  \\item {item}");
        }
        out.push_str("\\end{itemize}\n");
    }
}

/// Rows of a table, a page's worth in each.
fn table(out: &mut String, head: &str, rows: &[(String, String)]) {
    for part in rows.chunks(40) {
        let _ = write!(
            out,
            "\\par\\medskip\\noindent\n\\begin{{tabular}}{{ll}}\n  \\hline\n  {head} & Value \\\\\n  \\hline\n"
        );
        for (name, value) in part {
            let _ = writeln!(out, "  \\({name}\\) & \\({value}\\) \\\\");
        }
        out.push_str("  \\hline\n\\end{tabular}\n");
    }
}

/// Words without the signs that LaTeX takes for its own.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '{' | '}' | '_' | '&' | '%' | '$' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            other => out.push(other),
        }
    }
    out
}

const GREEK: [&str; 23] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
];
/// Capital Greek letters that differ from Latin ones.
const CAPITALS: [&str; 10] =
    ["gamma", "delta", "theta", "lambda", "xi", "sigma", "upsilon", "phi", "psi", "omega"];

/// A Greek letter by its name, one letter as it is, a word upright.
fn letter(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let capital = name.starts_with(|c: char| c.is_ascii_uppercase());
    if lower == "eps" {
        return "\\varepsilon".into();
    }
    if GREEK.contains(&lower.as_str()) && !capital {
        return format!("\\{lower}");
    }
    if CAPITALS.contains(&lower.as_str()) && capital {
        return format!("\\{}{}", lower[..1].to_ascii_uppercase(), &lower[1..]);
    }
    if name.len() == 1 || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return name.to_owned();
    }
    format!("\\mathrm{{{}}}", name.replace('_', "\\_"))
}

/// A name as a letter or word, and its subscript: digits at its end, or what follows `_`.
fn split(name: &str) -> (String, String) {
    let (stem, index) = match name.split_once('_') {
        Some((stem, index)) if !stem.is_empty() && !index.is_empty() => (stem, index),
        _ => {
            let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
            if digits > 0 && digits < name.len() { name.split_at(name.len() - digits) } else { (name, "") }
        }
    };
    (letter(stem), if index.is_empty() { String::new() } else { letter(index) })
}

/// A name as a symbol, with a step of a map beside its subscript.
fn symbol(name: &str, step: Option<&str>) -> String {
    let (base, index) = split(name);
    let below: Vec<&str> =
        [index.as_str()].into_iter().filter(|index| !index.is_empty()).chain(step).collect();
    if below.is_empty() { base } else { format!("{base}_{{{}}}", below.join(", ")) }
}

/// The rate of change of a variable.
fn dotted(name: &str) -> String {
    let (base, index) = split(name);
    if index.is_empty() { format!("\\dot{{{base}}}") } else { format!("\\dot{{{base}}}_{{{index}}}") }
}

fn number(value: f64) -> (String, u8) {
    let text = crate::expression::number(value);
    let signed = text.starts_with('-');
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            (format!("{mantissa} \\cdot 10^{{{exponent}}}"), if signed { 5 } else { 6 })
        }
        None => (text, if signed { 5 } else { 9 }),
    }
}

struct Printer<'a> {
    model: &'a Model,
    /// Arguments that hide variables.
    hidden: &'a [String],
    /// Sums around the expression.
    sums: usize,
}

/// The index of a sum, by the sums around it.
fn index(depth: usize) -> String {
    match ["i", "j", "k", "l"].get(depth) {
        Some(letter) => (*letter).to_owned(),
        None => format!("i_{{{depth}}}"),
    }
}

fn brackets(text: &str) -> String {
    format!("\\left({text}\\right)")
}

impl Printer<'_> {
    fn text(&self, expression: &Expression) -> String {
        self.at(expression, 0)
    }

    fn at(&self, expression: &Expression, least: u8) -> String {
        let (text, strength) = self.printed(expression);
        if strength < least { brackets(&text) } else { text }
    }

    fn name(&self, name: &str) -> String {
        if name == INDEX {
            return index(self.sums.saturating_sub(1));
        }
        if name.eq_ignore_ascii_case("t") && self.model.kind == Kind::Map && !self.is_hidden(name) {
            return "n".into();
        }
        let state =
            self.model.kind == Kind::Map && self.model.variable(name).is_some() && !self.is_hidden(name);
        symbol(name, state.then_some("n"))
    }

    fn is_hidden(&self, name: &str) -> bool {
        self.hidden.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    fn printed(&self, expression: &Expression) -> (String, u8) {
        match expression {
            Expression::Number(value) => number(*value),
            Expression::Name(name, _) => (self.name(name), 9),
            Expression::Negate(inner) => (format!("-{}", self.at(inner, 6)), 5),
            Expression::Infix(operator, a, b) => self.infix(*operator, a, b),
            Expression::Call(function, list) => self.call(*function, list),
            Expression::Apply(name, list, _) => {
                let inner: Vec<String> = list.iter().map(|argument| self.text(argument)).collect();
                (format!("{}{}", symbol(name, None), brackets(&inner.join(", "))), 9)
            }
            Expression::If(parts) => (
                format!(
                    "\\begin{{cases}} {} & \\text{{if }} {} \\\\ {} & \\text{{otherwise}} \\end{{cases}}",
                    self.text(&parts[1]),
                    self.condition(&parts[0]),
                    self.text(&parts[2])
                ),
                4,
            ),
            Expression::Form(form, list, _) => self.form(*form, list),
            Expression::Sum(parts, _) => {
                let inside = Printer { sums: self.sums + 1, ..*self };
                let (from, to) = (self.text(&parts[0]), self.text(&parts[1]));
                let term = inside.at(&parts[2], 6);
                (format!("\\sum_{{{}={from}}}^{{{to}}} {term}", index(self.sums)), 6)
            }
        }
    }

    /// What holds, without the brackets that make a number of it.
    fn condition(&self, expression: &Expression) -> String {
        let sign = |operator: Infix| match operator {
            Infix::Or => "\\lor",
            Infix::And => "\\land",
            Infix::Equal => "=",
            Infix::NotEqual => "\\ne",
            Infix::Less => "<",
            Infix::LessEqual => "\\le",
            Infix::Greater => ">",
            _ => "\\ge",
        };
        match expression {
            Expression::Infix(operator @ (Infix::Or | Infix::And), a, b) => {
                let part = |side: &Expression| match side {
                    Expression::Infix(inner @ (Infix::Or | Infix::And), ..) if inner != operator => {
                        brackets(&self.condition(side))
                    }
                    _ => self.condition(side),
                };
                format!("{} {} {}", part(a), sign(*operator), part(b))
            }
            Expression::Infix(operator, a, b) if operator.strength() <= 4 => {
                format!("{} {} {}", self.at(a, 5), sign(*operator), self.at(b, 5))
            }
            Expression::Call(Function::Not, list) => {
                let inner: Vec<String> = list.iter().map(|argument| self.condition(argument)).collect();
                format!("\\lnot{}", brackets(&inner.concat()))
            }
            other => format!("{} \\ne 0", self.at(other, 5)),
        }
    }

    fn infix(&self, operator: Infix, a: &Expression, b: &Expression) -> (String, u8) {
        match operator {
            Infix::Divide => (format!("\\frac{{{}}}{{{}}}", self.text(a), self.text(b)), 7),
            Infix::Power => {
                // An exponent after a fraction or a function would seem to be its last part's.
                let base = match a {
                    Expression::Name(name, _) if symbol(name, None) == self.name(name) => self.text(a),
                    Expression::Name(..) => format!("{{{}}}", self.text(a)),
                    Expression::Number(value) if number(*value).1 == 9 => self.text(a),
                    _ => brackets(&self.text(a)),
                };
                (format!("{base}^{{{}}}", self.text(b)), 8)
            }
            Infix::Multiply => {
                // A sign before a factor is one before the product.
                let signed = matches!(a, Expression::Negate(_));
                let (left, right) = (self.at(a, if signed { 5 } else { 6 }), self.at(b, 7));
                // Two numbers side by side would read as one.
                let dot = right.starts_with(|c: char| c.is_ascii_digit());
                (
                    format!("{left} {}{right}", if dot { "\\cdot " } else { "\\, " }),
                    if signed { 5 } else { 6 },
                )
            }
            Infix::Add => (format!("{} + {}", self.at(a, 5), self.at(b, 6)), 5),
            Infix::Subtract => (format!("{} - {}", self.at(a, 5), self.at(b, 6)), 5),
            _ => {
                let whole = Expression::Infix(operator, Box::new(a.clone()), Box::new(b.clone()));
                (format!("\\left[{}\\right]", self.condition(&whole)), 9)
            }
        }
    }

    fn call(&self, function: Function, list: &[Expression]) -> (String, u8) {
        let inner: Vec<String> = list.iter().map(|argument| self.text(argument)).collect();
        let all = inner.join(", ");
        let named = |name: &str| format!("{name}{}", brackets(&all));
        let text = match function {
            Function::Sqrt => format!("\\sqrt{{{all}}}"),
            Function::Abs => format!("\\left|{all}\\right|"),
            Function::Floor => format!("\\left\\lfloor {all} \\right\\rfloor"),
            Function::Ceil => format!("\\left\\lceil {all} \\right\\rceil"),
            Function::Exp => return (format!("e^{{{all}}}"), 8),
            Function::Asin => named("\\arcsin"),
            Function::Acos => named("\\arccos"),
            Function::Atan => named("\\arctan"),
            Function::Log10 => named("\\log_{10}"),
            Function::Heaviside => named("H"),
            Function::Lgamma => format!("\\ln \\left|\\Gamma{}\\right|", brackets(&all)),
            Function::BesselJ | Function::BesselY | Function::BesselI => {
                let letter = match function {
                    Function::BesselJ => "J",
                    Function::BesselY => "Y",
                    _ => "I",
                };
                let (order, argument) = (inner.first().cloned(), inner.get(1).cloned());
                format!(
                    "{letter}_{{{}}}{}",
                    order.unwrap_or_default(),
                    brackets(&argument.unwrap_or_default())
                )
            }
            Function::Mod => {
                let argument =
                    |k: usize| list.get(k).map(|argument| self.at(argument, 6)).unwrap_or_default();
                return (format!("{} \\bmod {}", argument(0), argument(1)), 5);
            }
            Function::Not => {
                let whole = Expression::Call(function, list.to_vec());
                format!("\\left[{}\\right]", self.condition(&whole))
            }
            Function::Atan2 => named("\\operatorname{atan2}"),
            Function::Sign => named("\\operatorname{sgn}"),
            Function::Erf | Function::Erfc => named(&format!("\\operatorname{{{}}}", function.name())),
            other => named(&format!("\\{}", other.name())),
        };
        (text, 9)
    }

    fn form(&self, form: Form, list: &[Expression]) -> (String, u8) {
        let at =
            |k: usize, least: u8| list.get(k).map(|argument| self.at(argument, least)).unwrap_or_default();
        let name = match list.first() {
            Some(Expression::Name(name, _)) => name.clone(),
            _ => String::new(),
        };
        let step = (self.model.kind == Kind::Map && self.model.variable(&name).is_some()).then_some("n");
        // What stands some places further on: the name's own number, and the places.
        let moved = |places: &str, step: Option<&str>| {
            let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let digits = &name[stem.len()..];
            let base = if stem.is_empty() { String::new() } else { letter(stem.trim_end_matches('_')) };
            let sum = match digits.trim_start_matches('0') {
                "" => places.to_owned(),
                digits => format!("{digits} + {places}"),
            };
            let step = step.map(|step| format!(", {step}")).unwrap_or_default();
            format!("{base}_{{{sum}{step}}}")
        };
        let text = match (form, self.model.kind) {
            (Form::Shift, _) => moved(&at(1, 5), step),
            (Form::Delay, Kind::Flow) => format!("{}(t - {})", symbol(&name, None), at(1, 6)),
            (Form::Delay, Kind::Map) => symbol(&name, Some(&format!("n - {}", at(1, 6)))),
            (Form::DelayShift, Kind::Flow) => format!("{}(t - {})", moved(&at(1, 5), None), at(2, 6)),
            (Form::DelayShift, Kind::Map) => moved(&at(1, 5), Some(&format!("n - {}", at(2, 6)))),
            (Form::Uniform, _) => format!("\\mathcal{{U}}(0, {})", at(0, 0)),
            (Form::Normal, _) => {
                let deviation = match list.get(1) {
                    Some(Expression::Name(..) | Expression::Number(_)) => at(1, 9),
                    _ => brackets(&at(1, 0)),
                };
                format!("\\mathcal{{N}}({}, {deviation}^2)", at(0, 0))
            }
        };
        (text, 9)
    }
}
