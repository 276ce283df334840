//! Logical lines into statements.

use crate::arrays::{Single, expand};
use crate::bounds;
use crate::diagnostic::{Findings, Severity, Span};
use crate::expression::{Expression, Form, Function, INDEX, Infix, SIGN};
use crate::lexer::{Kind, Token, lines};
use numerics::Crossing;
use std::fmt::Write as _;

/// A name as written, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    /// `x'=...` or `dx/dt=...`
    Rate(Named, Expression),
    /// `x(t+1)=...`
    Next(Named, Expression),
    Parameter(Named, Expression),
    Number(Named, Expression),
    Initial(Named, Expression),
    /// `x(0)=value`: the start, and what the variable was before it.
    Past(Named, Expression),
    Auxiliary(Named, Expression),
    /// `name=...`
    Fixed(Named, Expression),
    Function(Named, Vec<Named>, Expression),
    /// `@ key=value`
    Option(Named, String, Span),
    /// `wiener w`
    Wiener(Named),
    Table(Named, Content),
    /// `special name=kind(...)`
    Special(Named, Named, Vec<Argument>),
    /// `global sign {condition} {resets}`
    Event(Span, Crossing, Expression, Vec<(Named, Expression)>),
    /// A named set and its `name=value` pairs.
    Set(String, Span, Vec<(Named, String, Span)>),
    /// `only x`
    Only(Named),
    /// `options file`
    Options(String, Span),
    /// `bdry ...`
    Boundary(Span),
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// An expression of `t` at so many points from low to high.
    Function(f64, f64, f64, Expression),
    /// Values from low to high.
    Values(f64, f64, Vec<f64>),
    /// The name of a file.
    File(String, Span),
}

/// An argument of a network function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    Number(f64, Span),
    Name(Named),
}

impl Argument {
    pub(crate) fn span(&self) -> Span {
        match self {
            Argument::Number(_, span) => *span,
            Argument::Name(name) => name.span,
        }
    }
}

/// Features of the dialect that are refused by their names: first words of a line.
pub(crate) const REFUSED: [(&[&str], &str, &str); 5] = [
    (
        &["markov", "m"],
        "Markov processes (`markov`)",
        "a jump at random times can be an event (`global`) on a drawn threshold",
    ),
    (
        &["volterra", "volt", "vol", "v"],
        "Volterra equations (`volterra`)",
        "a kernel that decays as an exponential is one more equation: z'=f-z/tau",
    ),
    (
        &["solve", "solv"],
        "algebraic equations (`solve`)",
        "solve for the quantity and write name=expression, or let it relax: x'=(f(x,y))/eps",
    ),
    (&["export", "exp"], "calls of foreign code (`export`)", "write the function as a formula: f(x)=..."),
    (
        &["mksol", "addtosol", "tracksol", "phsol", "strength", "buffcap", "cb"],
        "commands of other programs",
        "write the equation out",
    ),
];

/// Integrals over the past, and what to write in their place.
pub(crate) const INTEGRALS: (&str, &str) =
    ("Volterra integrals (`int`)", "a kernel that decays as an exponential is one more equation: z'=f-z/tau");

/// Functions of the dialect that are refused by name.
const REFUSED_FUNCTIONS: [(&str, &str, &str); 5] = [
    (
        "poisson",
        "random numbers with Poisson's distribution (`poisson`)",
        "ran(1)<rate*dt is 1 once in a while",
    ),
    ("int", INTEGRALS.0, INTEGRALS.1),
    ("hom_bcs", "homoclinic boundary conditions (`hom_bcs`)", ""),
    ("import", "calls of foreign code (`import`)", "write the function as a formula: f(x)=..."),
    ("wiener", "calls of `wiener`", "write a line `wiener w` and use w"),
];

pub(crate) fn statements(text: &str, findings: &mut Findings) -> Vec<Statement> {
    let mut statements = Vec::new();
    let lines = lines(text, findings);
    for Single { tokens, repeats } in expand(lines, findings) {
        if tokens.is_empty() {
            continue;
        }
        if tokens.len() == 1 && tokens[0].word().is_some_and(|w| w.eq_ignore_ascii_case("done")) {
            break;
        }
        let from = statements.len();
        let mut cursor = Cursor { tokens: &tokens, at: 0, nesting: 0, findings };
        let outcome = cursor.line(&mut statements);
        if repeats {
            drop_repeated(&mut statements, from);
            // What is wrong with one element is wrong with all of them; once is enough.
            if outcome.is_err() {
                break;
            }
        }
        if findings.list.len() >= bounds::DIAGNOSTICS {
            break;
        }
    }
    statements
}

/// In `par a[1..3]=0, b=1` the name `b` is defined once.
fn drop_repeated(statements: &mut Vec<Statement>, from: usize) {
    let mut at = from;
    while at < statements.len() {
        let known = match &statements[at] {
            Statement::Parameter(name, _) => statements[..from]
                .iter()
                .any(|s| matches!(s, Statement::Parameter(other, _) if other == name)),
            Statement::Number(name, _) => {
                statements[..from].iter().any(|s| matches!(s, Statement::Number(other, _) if other == name))
            }
            Statement::Wiener(name) => {
                statements[..from].iter().any(|s| matches!(s, Statement::Wiener(other) if other == name))
            }
            _ => false,
        };
        if known {
            statements.remove(at);
        } else {
            at += 1;
        }
    }
}

/// One expression and nothing else.
pub(crate) fn expression(text: &str, findings: &mut Findings) -> Option<Expression> {
    let lines = lines(text, findings);
    let tokens = &lines.first()?.tokens;
    let mut cursor = Cursor { tokens, at: 0, nesting: 0, findings };
    cursor.whole().ok()
}

/// The finding has been noted; the line is given up.
struct Failed;
type Outcome<T> = Result<T, Failed>;

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    nesting: usize,
    findings: &'a mut Findings,
}

impl Cursor<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }
    fn mark(&self, ahead: usize, mark: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(mark))
    }
    fn word(&self, ahead: usize) -> Option<String> {
        self.peek(ahead)?.word().map(str::to_ascii_lowercase)
    }
    fn span(&self) -> Span {
        match (self.peek(0), self.tokens.last()) {
            (Some(token), _) => token.span,
            (None, Some(last)) => {
                Span { column: last.span.column + last.span.length, length: 1, ..last.span }
            }
            (None, None) => Span::default(),
        }
    }
    fn fail<T>(&mut self, span: Span, message: impl Into<String>, help: &str) -> Outcome<T> {
        self.findings.error(span, message, (!help.is_empty()).then(|| help.into()));
        Err(Failed)
    }
    fn found(&self) -> String {
        self.peek(0).map_or_else(|| "the line ends here".into(), |token| format!("found `{}`", token.text()))
    }
    fn expect(&mut self, mark: &str, after: &str) -> Outcome<()> {
        if self.mark(0, mark) {
            self.at += 1;
            return Ok(());
        }
        let message = format!("expected `{mark}` {after}, {}", self.found());
        self.fail(self.span(), message, "")
    }
    fn named(&mut self) -> Outcome<Named> {
        match self.peek(0) {
            Some(Token { kind: Kind::Word(name), span }) => {
                let named = Named { name: name.clone(), span: *span };
                self.at += 1;
                Ok(named)
            }
            _ => {
                let message = format!("expected a name, {}", self.found());
                self.fail(
                    self.span(),
                    message,
                    "names are made of letters, digits and `_` and start with a letter",
                )
            }
        }
    }

    fn line(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        if self.mark(0, "@") {
            self.at += 1;
            return self.options(out);
        }
        if let Some(Token { kind: Kind::Text(label), span }) = self.peek(0) {
            let (label, span) = (label.clone(), *span);
            self.at += 1;
            let mut values = Vec::new();
            while let Some(pair) = self.setting(false)? {
                values.push(pair);
            }
            out.push(Statement::Set(label, span, values));
            return Ok(());
        }
        // `!name=expr` is XPPAUT's derived parameter: a fixed quantity of parameters.
        if self.mark(0, "!") && self.word(1).is_some() {
            self.at += 1;
        }
        if let Some(Token { kind: Kind::Number(_), span }) = self.peek(0) {
            let span = *span;
            let help = "solve for the quantity and write name=expression";
            if self.mark(1, "=") {
                self.findings.refused(span, "algebraic equations (`0=...`)", help);
                return Err(Failed);
            }
            return self.fail(span, "a line starts with a name", "as in x'=... or par a=1");
        }
        let Some(first) = self.word(0) else {
            let message = format!("a line starts with a name, {}", self.found());
            return self.fail(self.span(), message, "as in x'=..., par a=1, init x=1");
        };
        let boundary = matches!(first.as_str(), "bdry" | "bndry" | "bc" | "b");
        if boundary && self.peek(1).is_some() && !["=", "'", "(", "/"].iter().any(|mark| self.mark(1, mark)) {
            out.push(Statement::Boundary(self.span()));
            return Ok(());
        }
        let event = matches!(first.as_str(), "global" | "g") && (self.mark(1, "-") || self.mark(1, "{"));
        if self.word(1).is_some()
            || event
            || self.mark(1, "{")
            || matches!(self.peek(1), Some(Token { kind: Kind::Number(_) | Kind::Text(_), .. }))
        {
            return self.command(&first, out);
        }
        if self.mark(1, "'") {
            let name = self.named()?;
            self.at += 1;
            self.expect("=", "after the prime")?;
            out.push(Statement::Rate(name, self.whole()?));
            return Ok(());
        }
        if self.mark(1, "/") && self.word(2).as_deref() == Some("dt") && self.mark(3, "=") {
            let mut name = self.named()?;
            let derived = first
                .strip_prefix('d')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
            if !derived {
                return self.fail(name.span, "expected dx/dt=", "write x'=... or dx/dt=...");
            }
            name.name.remove(0);
            self.at += 3;
            out.push(Statement::Rate(name, self.whole()?));
            return Ok(());
        }
        if self.mark(1, "(") {
            return self.bracketed(out);
        }
        let name = self.named()?;
        self.expect("=", "after a name that starts a line")?;
        out.push(Statement::Fixed(name, self.whole()?));
        Ok(())
    }

    /// `x(t+1)=`, `x(0)=`, `f(a,b)=`.
    fn bracketed(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        let name = self.named()?;
        self.at += 1;
        let time = self.word(0).as_deref() == Some("t");
        if time && self.mark(1, "+") {
            let one = matches!(self.peek(2), Some(Token { kind: Kind::Number(step), .. }) if *step == 1.0);
            if !one || !self.mark(3, ")") {
                return self.fail(self.span(), "a map steps by one", "write x(t+1)=...");
            }
            self.at += 4;
            self.expect("=", "after x(t+1)")?;
            out.push(Statement::Next(name, self.whole()?));
            return Ok(());
        }
        if matches!(self.peek(0), Some(Token { kind: Kind::Number(_), .. })) {
            let zero = matches!(self.peek(0), Some(Token { kind: Kind::Number(at), .. }) if *at == 0.0);
            if !zero || !self.mark(1, ")") {
                return self.fail(self.span(), "a starting value stands at 0", "write x(0)=1");
            }
            self.at += 2;
            self.expect("=", "after x(0)")?;
            out.push(Statement::Past(name, self.whole()?));
            return Ok(());
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.named()?);
            if arguments.len() > bounds::ARGUMENTS {
                let help = format!("a function has at most {} arguments", bounds::ARGUMENTS);
                return self.fail(name.span, "too many arguments", &help);
            }
            if self.mark(0, ",") {
                self.at += 1;
            } else {
                break;
            }
        }
        self.expect(")", "after the arguments")?;
        self.expect("=", "after the arguments of a function")?;
        out.push(Statement::Function(name, arguments, self.whole()?));
        Ok(())
    }

    fn command(&mut self, first: &str, out: &mut Vec<Statement>) -> Outcome<()> {
        let span = self.span();
        self.at += 1;
        match first {
            "wiener" | "w" => return self.names(out, Statement::Wiener),
            "only" => return self.names(out, Statement::Only),
            "global" | "g" => return self.event(span, out),
            "table" | "tab" | "tabular" => return self.table(out),
            "special" | "spec" => return self.special(out),
            "options" | "option" | "opt" => {
                if let Some(Token { kind: Kind::Text(file), span }) = self.peek(0) {
                    out.push(Statement::Options(file.clone(), *span));
                    return Ok(());
                }
            }
            _ => {}
        }
        let make: fn(Named, Expression) -> Statement = match first {
            "p" | "par" | "param" | "params" | "parameter" | "parameters" => Statement::Parameter,
            "n" | "num" | "number" | "numbers" => Statement::Number,
            "i" | "init" | "initial" => Statement::Initial,
            "aux" | "auxiliary" => Statement::Auxiliary,
            _ => {
                let known = [
                    "par", "param", "number", "init", "aux", "done", "wiener", "global", "table", "special",
                    "set", "only", "options", "bdry",
                ];
                let message = format!("`{first}` starts no kind of line");
                let otherwise = "a line is x'=..., x(t+1)=..., name=..., f(x)=..., par, number, init, aux, wiener, global, \
                                 table, special, set, only or @"
                    .into();
                self.findings.unknown(Severity::Error, span, message, first, known, Some(otherwise));
                return Err(Failed);
            }
        };
        if first.starts_with("aux") {
            let name = self.named()?;
            self.expect("=", "after the name")?;
            out.push(make(name, self.whole()?));
            return Ok(());
        }
        while self.peek(0).is_some() {
            let name = self.named()?;
            if self.mark(0, "=") {
                self.at += 1;
                let value = self.outer()?;
                out.push(make(name, value));
            } else {
                // XPPAUT gives a bare name the value 0.
                out.push(make(name, Expression::Number(0.0)));
            }
            if self.mark(0, ",") {
                self.at += 1;
            } else if self.peek(0).is_some_and(|token| token.word().is_none()) {
                let message = format!("expected `,` or the next name, {}", self.found());
                return self.fail(self.span(), message, "as in par a=1, b=2");
            }
        }
        Ok(())
    }

    /// `w1, w2 w3`
    fn names(&mut self, out: &mut Vec<Statement>, make: fn(Named) -> Statement) -> Outcome<()> {
        while self.peek(0).is_some() {
            out.push(make(self.named()?));
            if self.mark(0, ",") {
                self.at += 1;
            }
        }
        Ok(())
    }

    /// `sign {condition} {name=value; ...}`; the brackets round the condition may be left out.
    fn event(&mut self, span: Span, out: &mut Vec<Statement>) -> Outcome<()> {
        const FORM: &str = "write global 1 {x-1} {x=0}: sign, condition, resets";
        let minus = self.mark(0, "-");
        self.at += usize::from(minus);
        let sign = match self.peek(0) {
            Some(Token { kind: Kind::Number(sign), .. }) if [0.0, 1.0].contains(sign) => {
                let sign = if minus { -*sign } else { *sign };
                self.at += 1;
                sign
            }
            _ => return self.fail(self.span(), "the sign of an event is 1, -1 or 0", FORM),
        };
        let crossing = if sign > 0.0 {
            Crossing::Rising
        } else if sign < 0.0 {
            Crossing::Falling
        } else {
            Crossing::Either
        };
        let bracket = self.mark(0, "{");
        self.at += usize::from(bracket);
        let condition = self.outer()?;
        if bracket {
            self.expect("}", "after the condition")?;
        }
        if !self.mark(0, "{") {
            return self.fail(self.span(), format!("expected `{{` and the resets, {}", self.found()), FORM);
        }
        self.at += 1;
        let mut resets = Vec::new();
        while !self.mark(0, "}") {
            let name = self.named()?;
            self.expect("=", "after the name that an event resets")?;
            let value = self.outer()?;
            if resets.len() == bounds::RESETS {
                let help = format!("an event resets at most {} names", bounds::RESETS);
                return self.fail(name.span, "too many resets", &help);
            }
            resets.push((name, value));
            if self.mark(0, ";") || self.mark(0, ",") {
                self.at += 1;
            } else if !self.mark(0, "}") {
                return self.fail(self.span(), format!("expected `;` or `}}`, {}", self.found()), FORM);
            }
        }
        out.push(Statement::Event(span, crossing, condition, resets));
        Ok(())
    }

    /// A number with its sign.
    fn signed(&mut self, what: &str, help: &str) -> Outcome<f64> {
        let minus = self.mark(0, "-");
        self.at += usize::from(minus || self.mark(0, "+"));
        match self.peek(0) {
            Some(Token { kind: Kind::Number(value), .. }) => {
                let value = if minus { -*value } else { *value };
                self.at += 1;
                Ok(value)
            }
            _ => {
                let message = format!("expected {what}, {}", self.found());
                self.fail(self.span(), message, help)
            }
        }
    }

    /// `name % points low high expression`, `name file`, or `name {low high value value ...}`.
    fn table(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        const FORM: &str =
            "write table f % 101 -5 5 exp(-abs(t)), or table f {-5 5 0 1 0} with the values themselves";
        let name = self.named()?;
        if let Some(Token { kind: Kind::Text(file), span }) = self.peek(0) {
            out.push(Statement::Table(name, Content::File(file.clone(), *span)));
            return Ok(());
        }
        let values = self.mark(0, "{");
        if !values && !self.mark(0, "%") {
            return self.fail(self.span(), format!("expected `%` and a function, {}", self.found()), FORM);
        }
        self.at += 1;
        if values {
            let low = self.signed("where the table begins", FORM)?;
            let high = self.signed("where the table ends", FORM)?;
            let mut list = Vec::new();
            while !self.mark(0, "}") {
                self.at += usize::from(self.mark(0, ","));
                list.push(self.signed("a value", FORM)?);
                if list.len() > bounds::TABLE {
                    let help = format!("a table has at most {} points", bounds::TABLE);
                    return self.fail(name.span, "this table is too long", &help);
                }
            }
            out.push(Statement::Table(name, Content::Values(low, high, list)));
            return Ok(());
        }
        let points = self.signed("the number of points", FORM)?;
        let low = self.signed("where the table begins", FORM)?;
        let high = self.signed("where the table ends", FORM)?;
        let function = self.whole()?;
        out.push(Statement::Table(name, Content::Function(points, low, high, function)));
        Ok(())
    }

    /// `name=kind(argument, ...)`
    fn special(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        let name = self.named()?;
        self.expect("=", "after the name of a network function")?;
        let kind = self.named()?;
        self.expect("(", "after the kind of a network function")?;
        let mut arguments = Vec::new();
        loop {
            let span = self.span();
            arguments.push(match self.peek(0) {
                Some(Token { kind: Kind::Word(_), .. }) => Argument::Name(self.named()?),
                _ => Argument::Number(
                    self.signed("a number or a name", "as in special k=conv(even,51,12,w,u0)")?,
                    span,
                ),
            });
            if !self.mark(0, ",") || arguments.len() > bounds::ARGUMENTS {
                break;
            }
            self.at += 1;
        }
        self.expect(")", "after the arguments")?;
        out.push(Statement::Special(name, kind, arguments));
        Ok(())
    }

    /// The next `name=value` of a line of settings.
    fn setting(&mut self, option: bool) -> Outcome<Option<(Named, String, Span)>> {
        let Some(Token { kind: Kind::Text(name), span }) = self.peek(0) else {
            if self.peek(0).is_none() {
                return Ok(None);
            }
            return self.fail(self.span(), "expected the name of a setting", "as in @ total=100, dt=0.05");
        };
        let name = Named { name: name.clone(), span: *span };
        self.at += 1;
        if !self.mark(0, "=") {
            if option {
                let help = "as in @ total=100, dt=0.05";
                return self.fail(name.span, format!("expected `=` after `{}`", name.name), help);
            }
            return self.fail(name.span, format!("`{}` gets no value", name.name), "as in {a=1,b=2}");
        }
        self.at += 1;
        match self.peek(0) {
            Some(Token { kind: Kind::Text(value), span }) => {
                let value = (name, value.clone(), *span);
                self.at += 1;
                Ok(Some(value))
            }
            _ => {
                let message = format!("`{}` has no value", name.name);
                self.fail(name.span, message, "as in @ total=100, dt=0.05")
            }
        }
    }

    fn options(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        while let Some((name, value, span)) = self.setting(true)? {
            out.push(Statement::Option(name, value, span));
        }
        Ok(())
    }

    /// An expression up to the end of the line.
    fn whole(&mut self) -> Outcome<Expression> {
        let value = self.outer()?;
        if self.peek(0).is_none() {
            return Ok(value);
        }
        let help = match self.peek(0) {
            Some(Token { kind: Kind::Number(_) | Kind::Word(_), .. }) => "multiplication is written `*`",
            Some(token) if token.is("(") => "multiplication is written `*`",
            Some(token) if token.is(")") => "there is no bracket for it to close",
            Some(token) if token.is("=") => "equality is written `==`",
            _ => "",
        };
        let message = format!("expected an operator or the end of the line, {}", self.found());
        self.fail(self.span(), message, help)
    }

    /// An expression of operators at least as strong as `least`, and the height of its tree.
    fn binary(&mut self, least: u8) -> Outcome<(Expression, usize)> {
        // A row of signs is one sign, so that it takes no depth.
        let (mut signed, mut negative) = (false, false);
        while self.mark(0, "-") || self.mark(0, "+") {
            negative ^= self.mark(0, "-");
            signed = true;
            self.at += 1;
        }
        let (mut left, mut height) = if signed { self.binary(least.max(SIGN + 1))? } else { self.primary()? };
        if negative {
            (left, height) = (Expression::Negate(Box::new(left)), height + 1);
        }
        while let Some(operator) = self.operator() {
            let strength = operator.strength();
            if strength < least {
                break;
            }
            let span = self.span();
            self.at += 1;
            let (right, other) = self.binary(strength + 1)?;
            height = 1 + height.max(other);
            if height > bounds::DEPTH {
                let help = format!("a sum has at most {} terms; name a part: part=...", bounds::DEPTH);
                return self.fail(span, "this expression is too long", &help);
            }
            left = Expression::Infix(operator, Box::new(left), Box::new(right));
        }
        Ok((left, height))
    }

    fn nests<T>(&mut self) -> Outcome<T> {
        let help = format!("brackets nest at most {} deep; name a part: part=...", bounds::NESTING);
        self.fail(self.span(), "this expression nests too deeply", &help)
    }

    /// An expression outside all brackets.
    fn outer(&mut self) -> Outcome<Expression> {
        let (value, height) = self.binary(0)?;
        // What is printed has brackets that need not be written, and has to be read again.
        if height > bounds::NESTING / 2 && brackets(&value) > bounds::NESTING {
            return self.nests();
        }
        Ok(value)
    }

    /// An expression inside brackets that are open already.
    fn inner(&mut self) -> Outcome<(Expression, usize)> {
        self.nesting += 1;
        if self.nesting > bounds::NESTING {
            return self.nests();
        }
        let inner = self.binary(0)?;
        self.nesting -= 1;
        Ok(inner)
    }

    fn operator(&self) -> Option<Infix> {
        let Kind::Mark(mark) = &self.peek(0)?.kind else { return None };
        Some(match *mark {
            "|" => Infix::Or,
            "&" => Infix::And,
            "==" => Infix::Equal,
            "!=" => Infix::NotEqual,
            "<" => Infix::Less,
            "<=" => Infix::LessEqual,
            ">" => Infix::Greater,
            ">=" => Infix::GreaterEqual,
            "+" => Infix::Add,
            "-" => Infix::Subtract,
            "*" => Infix::Multiply,
            "/" => Infix::Divide,
            "^" => Infix::Power,
            _ => return None,
        })
    }

    fn primary(&mut self) -> Outcome<(Expression, usize)> {
        let span = self.span();
        let Some(token) = self.peek(0) else {
            return self.fail(span, "expected a number, a name or a bracket, the line ends here", "");
        };
        match token.kind.clone() {
            Kind::Number(value) => {
                self.at += 1;
                Ok((Expression::Number(value), 1))
            }
            Kind::Mark("(") => {
                self.at += 1;
                let inner = self.inner()?;
                self.expect(")", "to close the bracket")?;
                Ok(inner)
            }
            Kind::Text(text) => self.fail(span, format!("`{text}` is no expression"), ""),
            Kind::Mark(mark) => {
                self.fail(span, format!("expected a number, a name or a bracket, found `{mark}`"), "")
            }
            Kind::Word(word) => {
                self.at += 1;
                let lower = word.to_ascii_lowercase();
                if lower == "if" {
                    return self.conditional();
                }
                if lower == "sum" && self.mark(0, "(") {
                    return self.sum(span);
                }
                // `i'` is the index of the sum around it.
                if lower == "i" && self.mark(0, "'") {
                    self.at += 1;
                    return Ok((Expression::Name(INDEX.into(), span), 1));
                }
                let known = Function::of(&lower);
                let opens = self.mark(0, "(") || self.mark(0, "{") || (lower == "int" && self.mark(0, "["));
                if opens
                    && let Some((_, feature, help)) =
                        REFUSED_FUNCTIONS.iter().find(|(name, ..)| *name == lower)
                {
                    self.findings.refused(span, feature, help);
                    return Err(Failed);
                }
                let form = Form::of(&lower);
                if !self.mark(0, "(") {
                    if let Some(function) = known {
                        let help = format!("write {}(...)", function.name());
                        return self.fail(
                            span,
                            format!("`{word}` is a function and needs its argument"),
                            &help,
                        );
                    }
                    return Ok((Expression::Name(word, span), 1));
                }
                self.at += 1;
                let mut arguments = Vec::new();
                let mut height = 0;
                loop {
                    let (argument, own) = self.inner()?;
                    arguments.push(argument);
                    height = height.max(own);
                    if self.mark(0, ",") && arguments.len() < bounds::ARGUMENTS {
                        self.at += 1;
                    } else {
                        break;
                    }
                }
                self.expect(")", "after the arguments")?;
                if let Some(form) = form {
                    return self.form(form, &word, arguments, span).map(|form| (form, height + 1));
                }
                let Some(function) = known else {
                    return Ok((Expression::Apply(word, arguments, span), height + 1));
                };
                if arguments.len() != function.arguments() {
                    let message =
                        format!("`{word}` takes {}, found {}", count(function.arguments()), arguments.len());
                    return self.fail(span, message, "");
                }
                Ok((Expression::Call(function, arguments), height + 1))
            }
        }
    }

    fn form(
        &mut self,
        form: Form,
        word: &str,
        arguments: Vec<Expression>,
        span: Span,
    ) -> Outcome<Expression> {
        if arguments.len() != form.arguments() {
            let message = format!("`{word}` takes {}, found {}", count(form.arguments()), arguments.len());
            return self.fail(span, message, "");
        }
        if form.names_first() && !matches!(arguments[0], Expression::Name(..)) {
            let help = format!("write {}(x,...)", form.name());
            return self.fail(
                span,
                format!("the first argument of `{word}` is the name of a variable"),
                &help,
            );
        }
        Ok(Expression::Form(form, arguments, span))
    }

    /// `(from,to)of(term)`
    fn sum(&mut self, span: Span) -> Outcome<(Expression, usize)> {
        const FORM: &str = "write sum(0,9)of(shift(x0,i'))";
        self.at += 1;
        let (from, a) = self.inner()?;
        self.expect(",", "between the bounds of the sum")?;
        let (to, b) = self.inner()?;
        self.expect(")", "after the bounds of the sum")?;
        if self.word(0).as_deref() != Some("of") {
            return self.fail(self.span(), format!("expected `of`, {}", self.found()), FORM);
        }
        self.at += 1;
        self.expect("(", "after `of`")?;
        let (term, c) = self.inner()?;
        self.expect(")", "after the term of the sum")?;
        Ok((Expression::Sum(Box::new([from, to, term]), span), 1 + a.max(b).max(c)))
    }

    fn conditional(&mut self) -> Outcome<(Expression, usize)> {
        let mut part = |words: &str| -> Outcome<(Expression, usize)> {
            self.expect("(", words)?;
            let inner = self.inner()?;
            self.expect(")", words)?;
            Ok(inner)
        };
        let (condition, a) = part("around the condition of `if`")?;
        self.keyword("then")?;
        let (yes, b) = {
            self.expect("(", "after `then`")?;
            let inner = self.inner()?;
            self.expect(")", "after the value of `then`")?;
            inner
        };
        self.keyword("else")?;
        self.expect("(", "after `else`")?;
        let (no, c) = self.inner()?;
        self.expect(")", "after the value of `else`")?;
        Ok((Expression::If(Box::new([condition, yes, no])), 1 + a.max(b).max(c)))
    }

    fn keyword(&mut self, word: &str) -> Outcome<()> {
        if self.word(0).as_deref() == Some(word) {
            self.at += 1;
            return Ok(());
        }
        let message = format!("expected `{word}`, {}", self.found());
        self.fail(self.span(), message, "write if(condition)then(value)else(value)")
    }
}

/// How deep brackets nest in an expression as it is printed.
fn brackets(value: &Expression) -> usize {
    #[derive(Default)]
    struct Depth {
        now: usize,
        most: usize,
    }
    impl core::fmt::Write for Depth {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            for byte in text.bytes() {
                match byte {
                    b'(' => self.now += 1,
                    b')' => self.now = self.now.saturating_sub(1),
                    _ => {}
                }
                self.most = self.most.max(self.now);
            }
            Ok(())
        }
    }
    let mut depth = Depth::default();
    let _ = write!(depth, "{value}");
    depth.most
}

pub(crate) fn count(arguments: usize) -> String {
    if arguments == 1 { "1 argument".into() } else { format!("{arguments} arguments") }
}
