//! Equations as presentation MathML.

use crate::expression::{Expression, Form, Function, INDEX, Infix};
use crate::model::{Kind, Model};
use serde::Serialize;

/// One equation: both sides are fragments to be put into `<math>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The left-hand side.
    pub lhs: String,
    /// The right-hand side.
    pub rhs: String,
}

impl Line {
    /// The whole equation as a `<math>` element.
    pub fn math(&self) -> String {
        format!("<math display=\"block\"><mrow>{}<mo>=</mo>{}</mrow></math>", self.lhs, self.rhs)
    }
}

/// The equations of a model in the order variables, fixed quantities, functions, auxiliary outputs.
pub fn mathml(model: &Model) -> Vec<Line> {
    let mut lines = Vec::new();
    for variable in &model.variables {
        let name = mathml_name(&variable.name);
        let lhs = match model.kind {
            Kind::Flow => format!("<mover><mrow>{name}</mrow><mo>˙</mo></mover>"),
            Kind::Map => subscript(&name, "<mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow>"),
        };
        lines.push(Line { lhs, rhs: mathml_expression(&variable.rate, model) });
    }
    for fixed in &model.fixed {
        lines.push(Line { lhs: mathml_name(&fixed.name), rhs: mathml_expression(&fixed.expression, model) });
    }
    for function in &model.functions {
        let arguments: Vec<String> = function.arguments.iter().map(|name| mathml_name(name)).collect();
        let lhs = format!(
            "<mrow>{}{}</mrow>",
            mathml_name(&function.name),
            brackets(&arguments.join("<mo>,</mo>"))
        );
        // Arguments hide variables of their name, which then take no index.
        lines.push(Line {
            lhs,
            rhs: Printer { model, hidden: &function.arguments }.print(&function.expression, 0),
        });
    }
    for auxiliary in &model.auxiliaries {
        lines.push(Line {
            lhs: mathml_name(&auxiliary.name),
            rhs: mathml_expression(&auxiliary.expression, model),
        });
    }
    lines
}

/// One expression of a model.
pub fn mathml_expression(expression: &Expression, model: &Model) -> String {
    Printer { model, hidden: &[] }.print(expression, 0)
}

const GREEK: [(&str, &str); 24] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("eps", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("iota", "ι"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("upsilon", "υ"),
];

/// A name as a symbol: Greek letters by their names, digits at the end and what follows `_` as a subscript.
pub fn mathml_name(name: &str) -> String {
    let (stem, index) = match name.split_once('_') {
        Some((stem, index)) if !stem.is_empty() && !index.is_empty() => (stem, index),
        _ => {
            let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
            if digits > 0 && digits < name.len() { name.split_at(name.len() - digits) } else { (name, "") }
        }
    };
    let base = format!("<mi>{}</mi>", letter(stem));
    if index.is_empty() {
        return base;
    }
    let index = if index.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("<mn>{index}</mn>")
    } else {
        format!("<mi>{}</mi>", letter(index))
    };
    format!("<msub>{base}{index}</msub>")
}

fn letter(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if let Some((_, letter)) = GREEK.iter().find(|(word, _)| *word == lower) {
        let capital = name.starts_with(|c: char| c.is_ascii_uppercase()) && lower != "pi";
        // Only capitals that differ from Latin letters are recognised as Greek.
        let wide = ["gamma", "delta", "theta", "lambda", "xi", "sigma", "phi", "psi", "omega"];
        if !capital {
            return (*letter).into();
        }
        if wide.contains(&lower.as_str()) {
            return letter.to_uppercase();
        }
    }
    escape(name)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn subscript(name: &str, index: &str) -> String {
    // A name that has an index of its own shares one subscript with the step.
    match name
        .strip_prefix("<msub>")
        .and_then(|rest| rest.strip_suffix("</msub>"))
        .and_then(|rest| rest.split_once("</mi>"))
    {
        Some((base, own)) => format!("<msub>{base}</mi><mrow>{own}<mo>,</mo>{index}</mrow></msub>"),
        None => format!("<msub>{name}{index}</msub>"),
    }
}

fn brackets(inner: &str) -> String {
    // Round a fraction they grow; round a line of text some fonts would draw them twice its height.
    if inner.contains("<mfrac") || inner.contains("<mtable") {
        format!("<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>")
    } else {
        format!("<mrow><mo stretchy=\"false\">(</mo>{inner}<mo stretchy=\"false\">)</mo></mrow>")
    }
}

struct Printer<'a> {
    model: &'a Model,
    hidden: &'a [String],
}

impl Printer<'_> {
    /// Strengths: 1 or, 2 and, 3 and 4 comparison, 5 sum, 6 product and sign, 8 base of a power, 9 symbol.
    fn print(&self, expression: &Expression, least: u8) -> String {
        let (text, strength) = match expression {
            Expression::Number(value) => number(*value),
            Expression::Name(name, _) => (self.name(name), 9),
            Expression::Negate(inner) => (format!("<mrow><mo>−</mo>{}</mrow>", self.print(inner, 6)), 5),
            Expression::Infix(operator, a, b) => self.infix(*operator, a, b),
            Expression::Call(function, arguments) => self.call(*function, arguments),
            Expression::Apply(name, arguments, _) => {
                let arguments: Vec<String> =
                    arguments.iter().map(|argument| self.print(argument, 0)).collect();
                let inner = brackets(&arguments.join("<mo>,</mo>"));
                (format!("<mrow>{}<mo>&#x2061;</mo>{inner}</mrow>", mathml_name(name)), 9)
            }
            Expression::Form(form, arguments, _) => (self.form(*form, arguments), 9),
            Expression::Sum(parts, _) => {
                let below = format!("<mrow><mi>i</mi><mo>=</mo>{}</mrow>", self.print(&parts[0], 0));
                let sign = format!("<munderover><mo>∑</mo>{below}{}</munderover>", self.print(&parts[1], 0));
                (format!("<mrow>{sign}{}</mrow>", self.print(&parts[2], 6)), 5)
            }
            Expression::If(parts) => {
                let row = |value: &str, when: &str| format!("<mtr><mtd>{value}</mtd><mtd>{when}</mtd></mtr>");
                let when = format!("<mrow><mtext>if </mtext>{}</mrow>", self.print(&parts[0], 0));
                let yes = row(&self.print(&parts[1], 0), &when);
                let no = row(&self.print(&parts[2], 0), "<mtext>otherwise</mtext>");
                (format!("<mrow><mo>{{</mo><mtable columnalign=\"left\">{yes}{no}</mtable></mrow>"), 5)
            }
        };
        if strength < least { brackets(&text) } else { text }
    }

    /// A delayed value as `x(t − τ)`, a neighbour as `x` with a moved index, a random number as a letter for its law.
    fn form(&self, form: Form, arguments: &[Expression]) -> String {
        let shown: Vec<String> = arguments.iter().map(|argument| self.print(argument, 0)).collect();
        let at = |k: usize| shown.get(k).cloned().unwrap_or_default();
        let symbol = match arguments.first() {
            Some(Expression::Name(name, _)) => mathml_name(name),
            _ => at(0),
        };
        let moved = |places: &str| match arguments.first() {
            Some(Expression::Name(name, _)) => {
                let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
                let from = &name[stem.len()..];
                let from = if from.is_empty() || from == "0" {
                    String::new()
                } else {
                    format!("<mn>{from}</mn><mo>+</mo>")
                };
                format!("<msub><mi>{}</mi><mrow>{from}{places}</mrow></msub>", letter(stem))
            }
            _ => at(0),
        };
        let past = |name: &str, lag: usize| {
            let lag = arguments.get(lag).map(|lag| self.print(lag, 6)).unwrap_or_default();
            format!("<mrow>{name}{}</mrow>", brackets(&format!("<mi>t</mi><mo>−</mo>{lag}")))
        };
        match form {
            Form::Delay => past(&symbol, 1),
            Form::DelayShift => past(&moved(&at(1)), 2),
            Form::Shift => moved(&at(1)),
            Form::Uniform => {
                format!("<mrow><mi>U</mi>{}</mrow>", brackets(&format!("<mn>0</mn><mo>,</mo>{}", at(0))))
            }
            Form::Normal => {
                let inner = format!(
                    "{}<mo>,</mo><msup>{}<mn>2</mn></msup>",
                    at(0),
                    self.print_power(arguments.get(1))
                );
                format!("<mrow><mi mathvariant=\"script\">N</mi>{}</mrow>", brackets(&inner))
            }
        }
    }

    fn print_power(&self, base: Option<&Expression>) -> String {
        base.map(|base| self.print(base, 9)).unwrap_or_default()
    }

    fn name(&self, name: &str) -> String {
        if name == INDEX {
            return "<mi>i</mi>".into();
        }
        let symbol = mathml_name(name);
        let state = self.model.kind == Kind::Map
            && self.model.variable(name).is_some()
            && !self.hidden.iter().any(|own| own.eq_ignore_ascii_case(name));
        if state { subscript(&symbol, "<mi>n</mi>") } else { symbol }
    }

    fn infix(&self, operator: Infix, a: &Expression, b: &Expression) -> (String, u8) {
        let row =
            |left: String, sign: &str, right: String| format!("<mrow>{left}<mo>{sign}</mo>{right}</mrow>");
        match operator {
            Infix::Divide => (format!("<mfrac>{}{}</mfrac>", self.print(a, 0), self.print(b, 0)), 7),
            Infix::Power => (format!("<msup>{}{}</msup>", self.print(a, 9), self.print(b, 0)), 8),
            Infix::Multiply => {
                let (left, right) = (self.print(a, 6), self.print(b, 7));
                // Two numbers side by side would read as one.
                let digits = matches!(b, Expression::Number(_)) || leads_with_number(b);
                (row(left, if digits { "·" } else { "&#x2062;" }, right), 6)
            }
            Infix::Add => (row(self.print(a, 5), "+", self.print_term(b, 5)), 5),
            Infix::Subtract => (row(self.print(a, 5), "−", self.print_term(b, 6)), 5),
            _ => {
                let sign = match operator {
                    Infix::Or => "∨",
                    Infix::And => "∧",
                    Infix::Equal => "=",
                    Infix::NotEqual => "≠",
                    Infix::Less => "&lt;",
                    Infix::LessEqual => "≤",
                    Infix::Greater => "&gt;",
                    _ => "≥",
                };
                let strength = operator.strength();
                (row(self.print(a, strength), sign, self.print(b, strength + 1)), strength)
            }
        }
    }

    /// A term after a sign: one that starts with a sign of its own is bracketed.
    fn print_term(&self, expression: &Expression, least: u8) -> String {
        let mut first = expression;
        while let Expression::Infix(Infix::Multiply | Infix::Add | Infix::Subtract, a, _) = first {
            first = a;
        }
        let signed = matches!(first, Expression::Negate(_));
        let text = self.print(expression, least);
        if signed && matches!(expression, Expression::Infix(..)) {
            brackets(&text)
        } else if signed {
            self.print(expression, 6)
        } else {
            text
        }
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> (String, u8) {
        let inner: Vec<String> = arguments.iter().map(|argument| self.print(argument, 0)).collect();
        let first = inner.first().cloned().unwrap_or_default();
        let second = inner.get(1).cloned().unwrap_or_default();
        let fence = |open: &str, close: &str| format!("<mrow><mo>{open}</mo>{first}<mo>{close}</mo></mrow>");
        let named = |name: &str, inner: &str| {
            format!("<mrow><mi>{name}</mi><mo>&#x2061;</mo>{}</mrow>", brackets(inner))
        };
        let text = match function {
            Function::Sqrt => format!("<msqrt>{first}</msqrt>"),
            Function::Abs => fence("|", "|"),
            Function::Floor => fence("⌊", "⌋"),
            Function::Ceil => fence("⌈", "⌉"),
            Function::Exp => {
                return (format!("<msup><mi>e</mi>{first}</msup>"), 8);
            }
            Function::Log10 => {
                format!(
                    "<mrow><msub><mi>log</mi><mn>10</mn></msub><mo>&#x2061;</mo>{}</mrow>",
                    brackets(&first)
                )
            }
            Function::BesselJ | Function::BesselY | Function::BesselI => {
                let letter = match function {
                    Function::BesselJ => "J",
                    Function::BesselY => "Y",
                    _ => "I",
                };
                format!(
                    "<mrow><msub><mi>{letter}</mi>{first}</msub><mo>&#x2061;</mo>{}</mrow>",
                    brackets(&second)
                )
            }
            Function::Not => {
                let inner = arguments.first().map(|argument| self.print(argument, 9)).unwrap_or_default();
                return (format!("<mrow><mo>¬</mo>{inner}</mrow>"), 7);
            }
            Function::Heaviside => named("H", &first),
            Function::Sign => named("sgn", &first),
            Function::Asin => named("arcsin", &first),
            Function::Acos => named("arccos", &first),
            Function::Atan => named("arctan", &first),
            Function::Lgamma => named("ln Γ", &first),
            other => named(other.name(), &inner.join("<mo>,</mo>")),
        };
        (text, 9)
    }
}

fn leads_with_number(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) => true,
        Expression::Infix(Infix::Power | Infix::Multiply, a, _) => leads_with_number(a),
        _ => false,
    }
}

fn number(value: f64) -> (String, u8) {
    let text = crate::expression::number(value);
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent = match exponent.strip_prefix('-') {
                Some(digits) => format!("<mrow><mo>−</mo><mn>{digits}</mn></mrow>"),
                None => format!("<mn>{exponent}</mn>"),
            };
            let power = format!("<msup><mn>10</mn>{exponent}</msup>");
            (format!("<mrow><mn>{mantissa}</mn><mo>·</mo>{power}</mrow>"), 6)
        }
        None => (format!("<mn>{text}</mn>"), 9),
    }
}
