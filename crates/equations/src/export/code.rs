//! Terms as code of Python, Julia or Rust.

use super::Export;
use super::names::Names;
use super::script::{Content, Family, Needs, Place, Script, Slot, Term};
use crate::expression::{Function, Infix};

/// How tightly what was printed binds: a choice, `or`, `and`, `not`, comparisons, sums, products, signs, powers,
/// everything else.
const CHOICE: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const POWER: u8 = 8;
const ATOM: u8 = 9;

type Printed = (String, u8);

/// Prints the terms of one body.
pub(crate) struct Printer<'a> {
    pub(crate) script: &'a Script<'a>,
    pub(crate) names: &'a Names,
    pub(crate) format: Export,
    /// Names of the arguments of the function that is printed; none outside.
    pub(crate) arguments: &'a [String],
    /// Random numbers that stand before those without a name: in a function none.
    pub(crate) named: usize,
}

fn bracket((text, strength): Printed, least: u8) -> String {
    if strength < least { format!("({text})") } else { text }
}

fn whole(value: f64) -> bool {
    libm::floor(value) == value && libm::fabs(value) < 9e15
}

impl Printer<'_> {
    fn python(&self) -> bool {
        self.format == Export::Python
    }
    fn julia(&self) -> bool {
        self.format == Export::Julia
    }
    fn rust(&self) -> bool {
        self.format == Export::Rust
    }

    /// A number as a literal of floating point; in Python a whole one may stand without a point.
    pub(crate) fn number(&self, value: f64) -> String {
        if value.is_nan() {
            return self.pick("np.nan", "NaN", "f64::NAN").into();
        }
        if value.is_infinite() {
            let sign = if value > 0.0 { "" } else { "-" };
            return format!("{sign}{}", self.pick("np.inf", "Inf", "f64::INFINITY"));
        }
        let text = crate::expression::number(value);
        if self.python() || text.contains(['.', 'e']) { text } else { format!("{text}.0") }
    }

    fn pick(&self, python: &'static str, julia: &'static str, rust: &'static str) -> &'static str {
        match self.format {
            Export::Julia => julia,
            Export::Rust => rust,
            _ => python,
        }
    }

    /// A term as a value.
    pub(crate) fn text(&self, term: &Term) -> String {
        self.value(term).0
    }

    fn at(&self, term: &Term, least: u8) -> String {
        bracket(self.value(term), least)
    }

    fn list(&self, terms: &[Term]) -> Vec<String> {
        terms.iter().map(|term| self.text(term)).collect()
    }

    fn one(&self, family: Family, k: usize) -> String {
        match family {
            Family::State => self.names.states[k].clone(),
            Family::Parameter => format!("p.{}", self.names.parameters[k]),
            Family::Number => self.names.numbers[k].clone(),
            Family::Fixed => self.names.fixed[k].clone(),
            Family::Noise => self.names.noises[k].clone(),
        }
    }

    fn value(&self, term: &Term) -> Printed {
        match term {
            Term::Number(value) => (self.number(*value), if *value < 0.0 { SIGN } else { ATOM }),
            Term::Pi => (self.pick("np.pi", "pi", "std::f64::consts::PI").into(), ATOM),
            Term::Time => ("t".into(), ATOM),
            Term::Index(depth) => {
                let name = &self.names.indices[*depth];
                (if self.rust() { format!("({name} as f64)") } else { name.clone() }, ATOM)
            }
            Term::Argument(k) => (self.arguments.get(*k).cloned().unwrap_or_default(), ATOM),
            Term::One(family, k) => (self.one(*family, *k), ATOM),
            Term::State(place) => (format!("state[{}]", self.place(place, 0)), ATOM),
            Term::Of(row, place) => {
                (format!("{}[{}]", self.names.row(*row), self.place(place, row.first)), ATOM)
            }
            Term::Negate(inner) => (format!("-{}", self.at(inner, SIGN + 1)), SIGN),
            Term::Infix(operator, a, b) => self.infix(*operator, a, b, term),
            Term::Call(Function::Not, _) => self.counted(term),
            Term::Call(function, list) => self.call(*function, list),
            Term::Apply(index, list, slot) => {
                let mut inner = self.list(list);
                let callable = &self.script.functions[*index];
                inner.extend(self.handed(&callable.needs, slot.as_ref(), callable.draws.len()));
                (format!("{}({})", self.names.functions[*index], inner.join(", ")), ATOM)
            }
            Term::Table(index, x) => {
                let mut inner = vec![self.text(x)];
                inner.extend(self.handed(&self.script.tables[*index].needs, None, 0));
                (format!("{}({})", self.names.tables[*index], inner.join(", ")), ATOM)
            }
            Term::Network(index, at) => {
                let mut inner = vec![self.whole(at).0];
                if let Some(web) = &self.script.networks[*index] {
                    inner.extend(self.handed(&web.needs, None, 0));
                }
                (format!("{}({})", self.names.networks[*index], inner.join(", ")), ATOM)
            }
            Term::If(parts) => {
                let condition = self.truth(&parts[0]);
                let (yes, no) = (self.at(&parts[1], OR), self.text(&parts[2]));
                let text = match self.format {
                    Export::Julia => format!("{} ? {yes} : {no}", bracket(condition, OR)),
                    Export::Rust => format!("if {} {{ {yes} }} else {{ {no} }}", condition.0),
                    _ => format!("{yes} if {} else {no}", bracket(condition, OR)),
                };
                (text, CHOICE)
            }
            Term::Delayed(place, lag) => {
                let place = self.place(place, 0);
                let text = if self.julia() {
                    format!("history(p, t - {}; idxs = {place})", self.at(lag, PRODUCT))
                } else {
                    format!("past({place}, {})", self.text(lag))
                };
                (text, ATOM)
            }
            Term::Draw(slot) => (format!("draws[{}]", self.slot(slot)), ATOM),
            Term::Sum(depth, parts) => {
                let index = &self.names.indices[*depth];
                let (from, to) = (self.whole(&parts[0]), self.whole(&parts[1]));
                let text = match self.format {
                    Export::Julia => {
                        let (from, to) = (bracket(from, SUM), bracket(to, SUM));
                        format!("sum({} for {index} in {from}:{to}; init = 0.0)", self.text(&parts[2]))
                    }
                    Export::Rust => {
                        let (from, to) = (bracket(from, SUM), bracket(to, SUM));
                        // The type of the index hangs on the first bound.
                        let typed = from.bytes().all(|byte| byte.is_ascii_digit());
                        let from = if typed { format!("{from}_i64") } else { from };
                        format!("({from}..={to}).map(|{index}| {}).sum::<f64>()", self.text(&parts[2]))
                    }
                    _ => {
                        let end = match to.0.parse::<i64>() {
                            Ok(to) => (to + 1).to_string(),
                            Err(_) => format!("{} + 1", bracket(to, SUM)),
                        };
                        let range = if from.0 == "0" { end } else { format!("{}, {end}", from.0) };
                        format!("sum({} for {index} in range({range}))", self.text(&parts[2]))
                    }
                };
                (text, ATOM)
            }
        }
    }

    /// An index expression, as a whole number.
    fn whole(&self, term: &Term) -> Printed {
        match self.indexed(term) {
            Some(printed) => printed,
            None => match self.format {
                Export::Rust => (format!("({}) as i64", self.text(term)), SIGN),
                Export::Julia => (format!("Int({})", self.text(term)), ATOM),
                _ => (format!("int({})", self.text(term)), ATOM),
            },
        }
    }

    /// The whole number that an index expression is throughout.
    fn fixed_index(&self, term: &Term) -> Option<i64> {
        let number = |value: f64| whole(value).then_some(value as i64);
        match term {
            Term::Number(value) => number(*value),
            Term::One(Family::Number, k) => number(self.script.model.numbers[*k].value),
            Term::Negate(inner) => self.fixed_index(inner)?.checked_neg(),
            Term::Infix(operator, a, b) => {
                let (a, b) = (self.fixed_index(a)?, self.fixed_index(b)?);
                match operator {
                    Infix::Add => a.checked_add(b),
                    Infix::Subtract => a.checked_sub(b),
                    Infix::Multiply => a.checked_mul(b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The same, where it is made of whole numbers alone.
    fn indexed(&self, term: &Term) -> Option<Printed> {
        if let Some(value) = self.fixed_index(term) {
            return Some((value.to_string(), if value < 0 { SIGN } else { ATOM }));
        }
        match term {
            Term::Index(depth) => Some((self.names.indices[*depth].clone(), ATOM)),
            Term::Negate(inner) => Some((format!("-{}", bracket(self.indexed(inner)?, SIGN + 1)), SIGN)),
            Term::Infix(Infix::Add | Infix::Subtract, a, b) if self.fixed_index(b) == Some(0) => {
                self.indexed(a)
            }
            Term::Infix(Infix::Add, a, b) if self.fixed_index(a) == Some(0) => self.indexed(b),
            Term::Infix(operator @ (Infix::Add | Infix::Subtract | Infix::Multiply), a, b) => {
                let strength = if *operator == Infix::Multiply { PRODUCT } else { SUM };
                let (a, b) = (bracket(self.indexed(a)?, strength), bracket(self.indexed(b)?, strength + 1));
                Some((format!("{a} {} {b}", operator.text()), strength))
            }
            Term::Call(Function::Mod, list) => {
                let [a, b] = list.as_slice() else { return None };
                let (a, b) = (self.indexed(a)?, self.indexed(b)?);
                Some(match self.format {
                    Export::Julia => (format!("mod({}, {})", a.0, b.0), ATOM),
                    // Rounds as floored division does for divisors above zero, which lengths of arrays are.
                    Export::Rust if b.0.bytes().all(|byte| byte.is_ascii_digit()) => {
                        (format!("({}).rem_euclid({})", a.0, b.0), ATOM)
                    }
                    Export::Rust => return None,
                    _ => (format!("{} % {}", bracket(a, PRODUCT), bracket(b, PRODUCT + 1)), PRODUCT),
                })
            }
            _ => None,
        }
    }

    /// A place in an array whose first element has the number `first`.
    fn place(&self, place: &Place, first: usize) -> String {
        let first_index = if self.julia() { 1 } else { 0 };
        let base = place.base as i64 - first as i64 + first_index;
        let Some(shift) = &place.shift else { return base.to_string() };
        let shift = self.whole(shift);
        let text = match base {
            0 => shift.0,
            base if base < 0 => format!("{} - {}", bracket(shift, SUM), -base),
            base => format!("{base} + {}", bracket(shift, SUM + 1)),
        };
        if self.rust() { format!("({text}) as usize") } else { text }
    }

    /// The place of a random number among all of them.
    fn slot(&self, slot: &Slot) -> String {
        let first = self.named + slot.at + usize::from(self.julia());
        let mut text = first.to_string();
        for (depth, from, stride) in &slot.strides {
            let index = &self.names.indices[*depth];
            let distance = match from {
                0 => index.clone(),
                from if *from < 0 => format!("({index} + {})", -from),
                from => format!("({index} - {from})"),
            };
            let term = if *stride == 1 { distance } else { format!("{stride} * {distance}") };
            text = if text == "0" { term } else { format!("{text} + {term}") };
        }
        if self.rust() && !slot.strides.is_empty() { format!("({text}) as usize") } else { text }
    }

    /// What a function is handed beside its arguments, in the order in which its head names it.
    pub(crate) fn handed(&self, needs: &Needs, slot: Option<&Slot>, draws: usize) -> Vec<String> {
        let mut list = Vec::new();
        // Julia looks back from the present time by itself.
        if needs.time || (needs.past && self.julia()) {
            list.push("t".into());
        }
        if needs.state {
            list.push("state".into());
        }
        list.extend(needs.states.iter().map(|k| self.names.states[*k].clone()));
        list.extend(needs.noises.iter().map(|k| self.names.noises[*k].clone()));
        list.extend(needs.fixed.iter().map(|k| self.names.fixed[*k].clone()));
        list.extend(needs.rows.iter().map(|row| self.names.row(*row)));
        let hidden = |k: &&usize| matches!(self.script.tables[**k].content, Content::Function(_));
        list.extend(needs.points.iter().filter(hidden).map(|k| self.names.points[*k].clone()));
        if let Some(slot) = slot {
            let start = self.slot(slot);
            let end = start.parse::<usize>().ok().map(|start| start + draws);
            list.push(match (self.format, end) {
                (Export::Julia, Some(end)) => format!("view(draws, {start}:{})", end - 1),
                (Export::Rust, Some(end)) => format!("&draws[{start}..{end}]"),
                (Export::Python, Some(end)) => format!("draws[{start}:{end}]"),
                (Export::Julia, None) => format!("view(draws, ({start}) .+ (0:{}))", draws.saturating_sub(1)),
                (Export::Rust, None) => format!("&draws[{start}..][..{draws}]"),
                _ => format!("draws[{start} : {start} + {draws}]"),
            });
        } else if needs.draws {
            list.push("draws".into());
        }
        if needs.past {
            list.push(self.pick("past", "history", "past").into());
        }
        if needs.parameters || (needs.past && self.julia()) {
            list.push("p".into());
        }
        list
    }

    /// The head of a function: what [`Printer::handed`] hands over, with types in Rust.
    pub(crate) fn taken(&self, needs: &Needs, draws: bool) -> Vec<String> {
        let slot = draws.then(Slot::default);
        let mut without = needs.clone();
        without.draws = false;
        let mut list = self.handed(&without, None, 0);
        if slot.is_some() {
            let after =
                usize::from(needs.past) + usize::from(needs.parameters || (needs.past && self.julia()));
            list.insert(list.len() - after, "draws".into());
        }
        if !self.rust() {
            return list;
        }
        let rows: Vec<String> = needs
            .rows
            .iter()
            .map(|row| self.names.row(*row))
            .chain(needs.points.iter().map(|k| self.names.points[*k].clone()))
            .collect();
        list.into_iter()
            .map(|name| {
                let kind = match name.as_str() {
                    "state" => "&State",
                    "draws" => "&[f64]",
                    "past" => "Past<'_>",
                    "p" => "&Parameters",
                    other if rows.iter().any(|row| row == other) => "&[f64]",
                    _ => "f64",
                };
                format!("{name}: {kind}")
            })
            .collect()
    }

    /// A term as a condition.
    pub(crate) fn truth(&self, term: &Term) -> Printed {
        match term {
            Term::Infix(Infix::Or, a, b) => {
                let (a, b) = (bracket(self.truth(a), OR), bracket(self.truth(b), OR + 1));
                (format!("{a} {} {b}", self.pick("or", "||", "||")), OR)
            }
            Term::Infix(Infix::And, a, b) => {
                let (a, b) = (bracket(self.truth(a), AND), bracket(self.truth(b), AND + 1));
                (format!("{a} {} {b}", self.pick("and", "&&", "&&")), AND)
            }
            Term::Infix(
                operator @ (Infix::Equal
                | Infix::NotEqual
                | Infix::Less
                | Infix::LessEqual
                | Infix::Greater
                | Infix::GreaterEqual),
                a,
                b,
            ) => (format!("{} {} {}", self.at(a, SUM), operator.text(), self.at(b, SUM)), COMPARISON),
            Term::Call(Function::Not, list) => match list.as_slice() {
                [inner] if self.python() => (format!("not {}", bracket(self.truth(inner), NOT)), NOT),
                [inner] => (format!("!{}", bracket(self.truth(inner), ATOM)), SIGN),
                _ => (String::new(), ATOM),
            },
            Term::Number(value) if *value == 0.0 => (self.pick("False", "false", "false").into(), ATOM),
            Term::Number(_) => (self.pick("True", "true", "true").into(), ATOM),
            _ => (format!("{} != {}", self.at(term, SUM), self.number(0.0)), COMPARISON),
        }
    }

    /// A condition as 1 or 0.
    fn counted(&self, term: &Term) -> Printed {
        let text = self.truth(term).0;
        (format!("{}({text})", self.pick("float", "float", "f64::from")), ATOM)
    }

    fn infix(&self, operator: Infix, a: &Term, b: &Term, term: &Term) -> Printed {
        match operator {
            Infix::Add | Infix::Subtract => {
                (format!("{} {} {}", self.at(a, SUM), operator.text(), self.at(b, SUM + 1)), SUM)
            }
            Infix::Multiply | Infix::Divide => {
                let sign = operator.text();
                (format!("{} {sign} {}", self.at(a, PRODUCT), self.at(b, PRODUCT + 1)), PRODUCT)
            }
            Infix::Power => self.power(a, b),
            _ => self.counted(term),
        }
    }

    fn power(&self, a: &Term, b: &Term) -> Printed {
        let exponent = match b {
            Term::Number(value) => Some(*value),
            Term::Negate(inner) => match &**inner {
                Term::Number(value) => Some(-value),
                _ => None,
            },
            _ => None,
        };
        let integer = exponent.filter(|value| whole(*value) && libm::fabs(*value) < 1e6);
        match (self.format, integer) {
            (Export::Rust, Some(exponent)) => {
                (self.method(a, "powi", &[format!("{}", exponent as i64)]), ATOM)
            }
            (Export::Rust, None) => (self.method(a, "powf", &[self.text(b)]), ATOM),
            (Export::Julia, integer) => {
                let base = match a {
                    Term::Index(_) => format!("float({})", self.text(a)),
                    _ => self.at(a, ATOM),
                };
                let exponent = match integer {
                    Some(exponent) if exponent < 0.0 => format!("({})", exponent as i64),
                    Some(exponent) => format!("{}", exponent as i64),
                    None => self.at(b, ATOM),
                };
                (format!("{base}^{exponent}"), POWER)
            }
            _ => (format!("{}**{}", self.at(a, ATOM), self.at(b, SIGN)), POWER),
        }
    }

    /// Whether Rust knows the type of what is printed before it looks at what is done with it.
    fn typed(&self, term: &Term) -> bool {
        match term {
            Term::Number(_) => false,
            Term::Negate(inner) => self.typed(inner),
            Term::Infix(Infix::Power, ..) => true,
            Term::Infix(Infix::Add | Infix::Subtract | Infix::Multiply | Infix::Divide, a, b) => {
                self.typed(a) || self.typed(b)
            }
            Term::If(parts) => self.typed(&parts[1]),
            _ => true,
        }
    }

    /// A method of Rust's `f64`.
    fn method(&self, receiver: &Term, name: &str, others: &[String]) -> String {
        if self.typed(receiver) {
            return format!("{}.{name}({})", self.at(receiver, ATOM), others.join(", "));
        }
        let mut all = vec![self.text(receiver)];
        all.extend_from_slice(others);
        format!("f64::{name}({})", all.join(", "))
    }

    fn call(&self, function: Function, list: &[Term]) -> Printed {
        let (Some(first), second) = (list.first(), list.get(1)) else { return (String::new(), ATOM) };
        let inner = self.list(list);
        let named = |name: &str| (format!("{name}({})", inner.join(", ")), ATOM);
        let step = |zero: String| format!("{} >= {zero}", self.at(first, SUM));
        match (self.format, function) {
            (Export::Julia, Function::Heaviside) => (format!("float({})", step(self.number(0.0))), ATOM),
            (Export::Rust, Function::Heaviside) => (format!("f64::from({})", step(self.number(0.0))), ATOM),
            (Export::Python, Function::Heaviside) => (format!("np.heaviside({}, 1)", inner.join(", ")), ATOM),
            (Export::Python, Function::Mod) => {
                let divisor = second.map(|second| self.at(second, PRODUCT + 1)).unwrap_or_default();
                (format!("{} % {divisor}", self.at(first, PRODUCT)), PRODUCT)
            }
            (_, Function::BesselJ | Function::BesselY | Function::BesselI) => {
                let argument = inner.get(1).cloned().unwrap_or_default();
                let order = match first {
                    Term::Number(value) if whole(*value) => inner[0].clone(),
                    _ if self.rust() => inner[0].clone(),
                    _ => format!("{}({})", self.pick("np.trunc", "trunc", ""), inner[0]),
                };
                let name = match function {
                    Function::BesselJ => self.pick("special.jv", "besselj", "bessel_j"),
                    Function::BesselY => self.pick("special.yv", "bessely", "bessel_y"),
                    _ => self.pick("special.iv", "besseli", "bessel_i"),
                };
                (format!("{name}({order}, {argument})"), ATOM)
            }
            (Export::Julia, Function::Lgamma) => (format!("logabsgamma({})[1]", inner.join(", ")), ATOM),
            (Export::Rust, Function::Mod) => named("modulo"),
            (Export::Rust, Function::Sign) => named("sign"),
            (Export::Rust, Function::Erf | Function::Erfc | Function::Lgamma) => named(function.name()),
            (Export::Rust, function) => {
                let name = match function {
                    Function::Floor => "floor",
                    other => other.name(),
                };
                (self.method(first, name, &inner[1..]), ATOM)
            }
            (Export::Julia, function) => named(match function {
                Function::Ln => "log",
                Function::Atan2 => "atan",
                Function::Floor => "floor",
                other => other.name(),
            }),
            (_, function) => named(match function {
                Function::Asin => "np.arcsin",
                Function::Acos => "np.arccos",
                Function::Atan => "np.arctan",
                Function::Atan2 => "np.arctan2",
                Function::Ln => "np.log",
                Function::Floor => "np.floor",
                Function::Erf => "special.erf",
                Function::Erfc => "special.erfc",
                Function::Lgamma => "special.gammaln",
                Function::Sin => "np.sin",
                Function::Cos => "np.cos",
                Function::Tan => "np.tan",
                Function::Sinh => "np.sinh",
                Function::Cosh => "np.cosh",
                Function::Tanh => "np.tanh",
                Function::Exp => "np.exp",
                Function::Log10 => "np.log10",
                Function::Sqrt => "np.sqrt",
                Function::Sign => "np.sign",
                Function::Ceil => "np.ceil",
                other => other.name(),
            }),
        }
    }
}

/// Names and texts in lines of at most so many columns, one indentation in.
pub(crate) fn wrapped(items: &[String], indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::from(indent);
    for item in items {
        if line.len() > indent.len() && line.len() + item.len() + 2 > 100 {
            out.push_str(line.trim_end());
            out.push('\n');
            line = String::from(indent);
        }
        line.push_str(item);
        line.push_str(", ");
    }
    out.push_str(line.trim_end());
    out
}

/// Items between brackets, on one line where they fit.
pub(crate) fn bracketed(open: &str, items: &[String], close: &str, indent: &str) -> String {
    let line = format!("{open}{}{close}", items.join(", "));
    if line.len() + indent.len() <= 90 {
        return line;
    }
    format!("{open}\n{}\n{indent}{close}", wrapped(items, &format!("{indent}    ")))
}

/// A model's or a file's name on one line, fit for a comment.
pub(crate) fn title_line(title: &str) -> String {
    let line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    line.trim().to_owned()
}
