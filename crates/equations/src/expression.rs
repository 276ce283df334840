//! The syntax tree of one expression, and how it prints as text.

use crate::diagnostic::Span;
use std::fmt::Write;

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infix {
    /// `|`
    Or,
    /// `&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^` or `**`
    Power,
}

impl Infix {
    /// How tightly the operator binds. Operators of equal strength group from the left, powers as well, as
    /// in XPPAUT: `2^3^2` is 64. A leading sign binds as a product does: `-x^2` is `-(x^2)`.
    pub(crate) fn strength(self) -> u8 {
        match self {
            Infix::Or => 1,
            Infix::And => 2,
            Infix::Equal | Infix::NotEqual => 3,
            Infix::Less | Infix::LessEqual | Infix::Greater | Infix::GreaterEqual => 4,
            Infix::Add | Infix::Subtract => 5,
            Infix::Multiply | Infix::Divide => 6,
            Infix::Power => 8,
        }
    }
    /// How the operator is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Infix::Or => "|",
            Infix::And => "&",
            Infix::Equal => "==",
            Infix::NotEqual => "!=",
            Infix::Less => "<",
            Infix::LessEqual => "<=",
            Infix::Greater => ">",
            Infix::GreaterEqual => ">=",
            Infix::Add => "+",
            Infix::Subtract => "-",
            Infix::Multiply => "*",
            Infix::Divide => "/",
            Infix::Power => "^",
        }
    }
}

/// Strength of a leading sign.
pub(crate) const SIGN: u8 = 7;

macro_rules! functions {
    ($($variant:ident, $arguments:literal, $name:literal $(, $other:literal)* => $doc:literal;)*) => {
        /// The functions of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function { $(#[doc = $doc] $variant,)* }
        impl Function {
            /// Every function.
            pub const ALL: &'static [Function] = &[$(Function::$variant,)*];
            /// The function of a name in lower case.
            pub fn of(name: &str) -> Option<Function> {
                match name { $($name $(| $other)* => Some(Function::$variant),)* _ => None }
            }
            /// The name as printed.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)* }
            }
            /// How many arguments the function takes.
            pub fn arguments(self) -> usize {
                match self { $(Function::$variant => $arguments,)* }
            }
        }
    };
}
functions! {
    Sin, 1, "sin" => "Sine.";
    Cos, 1, "cos" => "Cosine.";
    Tan, 1, "tan" => "Tangent.";
    Asin, 1, "asin", "arcsin" => "Inverse sine.";
    Acos, 1, "acos", "arccos" => "Inverse cosine.";
    Atan, 1, "atan", "arctan" => "Inverse tangent.";
    Atan2, 2, "atan2" => "Angle of the point (second, first).";
    Sinh, 1, "sinh" => "Hyperbolic sine.";
    Cosh, 1, "cosh" => "Hyperbolic cosine.";
    Tanh, 1, "tanh" => "Hyperbolic tangent.";
    Exp, 1, "exp" => "Exponential.";
    Ln, 1, "ln", "log" => "Natural logarithm; `log` is the same in XPPAUT.";
    Log10, 1, "log10" => "Logarithm to base 10.";
    Sqrt, 1, "sqrt" => "Square root.";
    Abs, 1, "abs" => "Absolute value.";
    Sign, 1, "sign" => "1, 0 or -1.";
    Heaviside, 1, "heav" => "Heaviside step, 1 at 0.";
    Min, 2, "min" => "The smaller.";
    Max, 2, "max" => "The larger.";
    Mod, 2, "mod" => "Remainder of floored division.";
    Floor, 1, "flr", "floor" => "Largest integer not above.";
    Ceil, 1, "ceil" => "Smallest integer not below.";
    Erf, 1, "erf" => "Error function.";
    Erfc, 1, "erfc" => "Complementary error function.";
    Lgamma, 1, "lgamma" => "Logarithm of the absolute value of the gamma function.";
    BesselJ, 2, "besselj" => "Bessel function of the first kind: order, argument.";
    BesselY, 2, "bessely" => "Bessel function of the second kind: order, argument.";
    BesselI, 2, "besseli" => "Modified Bessel function of the first kind: order, argument.";
    Not, 1, "not" => "1 where the argument is 0, else 0.";
}

/// Forms of the language that are no functions of their arguments' values alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `delay(x, tau)`: the variable `x` a time `tau` ago.
    Delay,
    /// `del_shft(x, k, tau)`: the `k`-th variable after `x`, a time `tau` ago.
    DelayShift,
    /// `shift(x, k)`: what is defined `k` places after `x`.
    Shift,
    /// `ran(a)`: uniform between 0 and `a`.
    Uniform,
    /// `normal(m, s)`: normal with mean `m` and standard deviation `s`.
    Normal,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 5] = [Form::Delay, Form::DelayShift, Form::Shift, Form::Uniform, Form::Normal];
    /// The form of a name in lower case.
    pub fn of(name: &str) -> Option<Form> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
    /// The name as printed.
    pub fn name(self) -> &'static str {
        match self {
            Form::Delay => "delay",
            Form::DelayShift => "del_shft",
            Form::Shift => "shift",
            Form::Uniform => "ran",
            Form::Normal => "normal",
        }
    }
    /// How many arguments the form takes.
    pub fn arguments(self) -> usize {
        match self {
            Form::Uniform => 1,
            Form::Delay | Form::Shift | Form::Normal => 2,
            Form::DelayShift => 3,
        }
    }
    /// Whether the first argument is a name.
    pub fn names_first(self) -> bool {
        matches!(self, Form::Delay | Form::DelayShift | Form::Shift)
    }
}

/// The name of a sum's index, as written.
pub(crate) const INDEX: &str = "i'";

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number, not negative as written.
    Number(f64),
    /// A name as written: variable, parameter, number, fixed quantity, argument, `t` or `pi`.
    Name(String, Span),
    /// A leading minus.
    Negate(Box<Expression>),
    /// Two operands.
    Infix(Infix, Box<Expression>, Box<Expression>),
    /// A function of the language.
    Call(Function, Vec<Expression>),
    /// A function of the user's own, by its name as written.
    Apply(String, Vec<Expression>, Span),
    /// `if(condition)then(yes)else(no)`.
    If(Box<[Expression; 3]>),
    /// A delayed value, a neighbour in the order of definition, or a random number.
    Form(Form, Vec<Expression>, Span),
    /// `sum(from, to)of(term)`: the sum of the term over whole `i'`.
    Sum(Box<[Expression; 3]>, Span),
}

/// Prints a number so that it parses to the same bits; negative ones come with a sign.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-5..1e16).contains(&magnitude) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

impl std::fmt::Display for Expression {
    /// Prints in the dialect, with brackets only where needed; parsing the result gives the same tree.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.print(&mut text, 0);
        f.write_str(&text)
    }
}

impl Expression {
    fn strength(&self) -> u8 {
        match self {
            Expression::Infix(operator, ..) => operator.strength(),
            Expression::Negate(_) => SIGN,
            _ => 9,
        }
    }

    fn print(&self, out: &mut String, least: u8) {
        let bracket = self.strength() < least;
        if bracket {
            out.push('(');
        }
        match self {
            Expression::Number(value) => out.push_str(&number(*value)),
            Expression::Name(name, _) => out.push_str(name),
            Expression::Negate(inner) => {
                out.push('-');
                inner.print(out, SIGN + 1);
            }
            Expression::Infix(operator, left, right) => {
                let strength = operator.strength();
                left.print(out, strength);
                out.push_str(operator.text());
                right.print(out, strength + 1);
            }
            Expression::Call(function, arguments) => {
                out.push_str(function.name());
                list(out, arguments);
            }
            Expression::Apply(name, arguments, _) => {
                out.push_str(name);
                list(out, arguments);
            }
            Expression::Form(form, arguments, _) => {
                out.push_str(form.name());
                list(out, arguments);
            }
            Expression::Sum(parts, _) => {
                out.push_str("sum(");
                parts[0].print(out, 0);
                out.push(',');
                parts[1].print(out, 0);
                out.push_str(")of(");
                parts[2].print(out, 0);
                out.push(')');
            }
            Expression::If(parts) => {
                for (word, part) in ["if", "then", "else"].iter().zip(parts.iter()) {
                    let _ = write!(out, "{word}(");
                    part.print(out, 0);
                    out.push(')');
                }
            }
        }
        if bracket {
            out.push(')');
        }
    }
}

fn list(out: &mut String, arguments: &[Expression]) {
    out.push('(');
    for (k, argument) in arguments.iter().enumerate() {
        if k > 0 {
            out.push(',');
        }
        argument.print(out, 0);
    }
    out.push(')');
}
