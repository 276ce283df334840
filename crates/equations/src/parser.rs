//! Logical lines into statements.

use crate::bounds;
use crate::diagnostic::{Findings, Severity, Span, nearest};
use crate::expression::{Expression, Function, Infix, SIGN};
use crate::lexer::{Kind, Token, lines};

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
    Auxiliary(Named, Expression),
    /// `name=...`
    Fixed(Named, Expression),
    Function(Named, Vec<Named>, Expression),
    /// `@ key=value`
    Option(Named, String, Span),
}

/// Features of the dialect that have a name and are refused by it: first words of a line.
pub(crate) const REFUSED: [(&[&str], &str, &str); 12] = [
    (&["global", "g"], "events (`global`)", ""),
    (&["wiener", "w"], "noise (`wiener`)", ""),
    (&["table", "tab"], "tables (`table`)", "write the function as a formula: f(x)=..."),
    (&["markov", "m"], "Markov processes (`markov`)", ""),
    (&["bdry", "bndry", "b", "bc"], "boundary value problems (`bdry`)", ""),
    (&["volterra", "vol", "v"], "Volterra equations (`volterra`)", ""),
    (&["solve", "solv"], "algebraic equations (`solve`)", "solve for the quantity and write name=expression"),
    (&["special", "spec"], "network functions (`special`)", "write the sums out"),
    (&["export", "exp"], "foreign code (`export`)", ""),
    (&["set"], "named parameter sets (`set`)", "write the values in a `par` line"),
    (&["only"], "`only` lines", ""),
    (&["options", "option"], "option files (`options`)", "write the options in an `@` line"),
];

/// Functions of the dialect that are refused by name.
const REFUSED_FUNCTIONS: [(&str, &str); 12] = [
    ("delay", "delays (`delay`)"),
    ("del_shft", "delays (`del_shft`)"),
    ("shift", "arrays (`shift`)"),
    ("sum", "sums over arrays (`sum`)"),
    ("ran", "random numbers (`ran`)"),
    ("normal", "random numbers (`normal`)"),
    ("poisson", "random numbers (`poisson`)"),
    ("int", "Volterra integrals (`int`)"),
    ("hom_bcs", "boundary value problems (`hom_bcs`)"),
    ("set", "named parameter sets (`set`)"),
    ("import", "foreign code (`import`)"),
    ("wiener", "noise (`wiener`)"),
];

pub(crate) fn statements(text: &str, findings: &mut Findings) -> Vec<Statement> {
    let mut statements = Vec::new();
    for tokens in lines(text, findings) {
        if let Some(word) = tokens[0].word()
            && tokens.len() == 1
            && ["done", "d"].contains(&word.to_ascii_lowercase().as_str())
        {
            break;
        }
        let mut cursor = Cursor { tokens: &tokens, at: 0, nesting: 0, findings };
        let _ = cursor.line(&mut statements);
        if findings.list.len() >= bounds::DIAGNOSTICS {
            break;
        }
    }
    statements
}

/// One expression and nothing else.
pub(crate) fn expression(text: &str, findings: &mut Findings) -> Option<Expression> {
    let lines = lines(text, findings);
    let tokens = lines.first()?;
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
        // `!name=expr` is XPPAUT's derived parameter: a fixed quantity of parameters.
        if self.mark(0, "!") && self.word(1).is_some() {
            self.at += 1;
        }
        if let Some(Token { kind: Kind::Number(_), span }) = self.peek(0) {
            let span = *span;
            let help = "solve for the quantity and write name=expression";
            if self.mark(1, "=") {
                return self.fail(span, "algebraic equations `0=...` are not supported yet", help);
            }
            return self.fail(span, "a line starts with a name", "as in x'=... or par a=1");
        }
        let Some(first) = self.word(0) else {
            let message = format!("a line starts with a name, {}", self.found());
            return self.fail(self.span(), message, "as in x'=..., par a=1, init x=1");
        };
        if self.word(1).is_some()
            || (self.mark(1, "{") || matches!(self.peek(1), Some(Token { kind: Kind::Number(_), .. })))
        {
            return self.command(&first, out);
        }
        if self.mark(1, "[") {
            let span = self.span();
            return self.fail(
                span,
                "arrays `x[1..n]` are not supported yet",
                "write the equations out one by one",
            );
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
            if !first.starts_with('d') || first.len() < 2 {
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
        if time && self.mark(1, ")") && self.mark(2, "=") {
            return self.fail(
                name.span,
                "Volterra equations `x(t)=...` are not supported yet",
                "a flow is x'=..., a map x(t+1)=...",
            );
        }
        if matches!(self.peek(0), Some(Token { kind: Kind::Number(_), .. })) {
            let zero = matches!(self.peek(0), Some(Token { kind: Kind::Number(at), .. }) if *at == 0.0);
            if !zero || !self.mark(1, ")") {
                return self.fail(self.span(), "a starting value stands at 0", "write x(0)=1");
            }
            self.at += 2;
            self.expect("=", "after x(0)")?;
            out.push(Statement::Initial(name, self.whole()?));
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
        let make: fn(Named, Expression) -> Statement = match first {
            "p" | "par" | "param" | "params" | "parameter" | "parameters" => Statement::Parameter,
            "n" | "num" | "number" | "numbers" => Statement::Number,
            "i" | "init" | "initial" => Statement::Initial,
            "aux" | "auxiliary" => Statement::Auxiliary,
            _ => {
                let known = ["par", "param", "number", "init", "aux", "done"];
                let message = format!("`{first}` starts no kind of line");
                let otherwise =
                    "a line is x'=..., x(t+1)=..., name=..., f(x)=..., par, number, init, aux or @".into();
                let near = nearest(first, known);
                self.findings.unknown(Severity::Error, span, message, near, Some(otherwise));
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
                let value = self.binary(0)?.0;
                out.push(make(name, value));
            } else if self.mark(0, "[") {
                return self.fail(
                    name.span,
                    "arrays are not supported yet",
                    "write the names out one by one",
                );
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

    fn options(&mut self, out: &mut Vec<Statement>) -> Outcome<()> {
        while self.peek(0).is_some() {
            let name = self.named()?;
            self.expect("=", "after the option's name")?;
            let from = self.span();
            let mut value = String::new();
            let mut last = from;
            while let Some(token) = self.peek(0) {
                // Values such as `-1e-3`, `rk4` or `2rb` are tokens that touch.
                let touches = value.is_empty()
                    || (token.span.line == last.line && token.span.column == last.column + last.length);
                if token.is(",") || (!touches && value != "-" && value != "+") {
                    break;
                }
                last = token.span;
                value.push_str(&token.text());
                self.at += 1;
            }
            if value.is_empty() {
                let message = format!("option `{}` has no value", name.name);
                return self.fail(from, message, "as in @ total=100, dt=0.05");
            }
            out.push(Statement::Option(name, value, from.to(last)));
            if self.mark(0, ",") {
                self.at += 1;
            }
        }
        Ok(())
    }

    /// An expression up to the end of the line.
    fn whole(&mut self) -> Outcome<Expression> {
        let value = self.binary(0)?.0;
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
        self.nesting += 1;
        if self.nesting > bounds::NESTING {
            let help =
                format!("brackets and signs nest at most {} deep; name a part: part=...", bounds::NESTING);
            return self.fail(self.span(), "this expression nests too deeply", &help);
        }
        let (mut left, mut height) = if self.mark(0, "-") {
            self.at += 1;
            let (inner, height) = self.binary(least.max(SIGN + 1))?;
            (Expression::Negate(Box::new(inner)), height + 1)
        } else if self.mark(0, "+") {
            self.at += 1;
            self.binary(least.max(SIGN + 1))?
        } else {
            self.primary()?
        };
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
        self.nesting -= 1;
        Ok((left, height))
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
                let inner = self.binary(0)?;
                self.expect(")", "to close the bracket")?;
                Ok(inner)
            }
            Kind::Mark("{" | "[") => {
                self.fail(span, "arrays and integrals in brackets `[ ]`, `{ }` are not supported yet", "")
            }
            Kind::Mark(mark) => {
                self.fail(span, format!("expected a number, a name or a bracket, found `{mark}`"), "")
            }
            Kind::Word(word) => {
                self.at += 1;
                let lower = word.to_ascii_lowercase();
                if lower == "if" {
                    return self.conditional();
                }
                if self.mark(0, "[") {
                    return self.fail(
                        span,
                        "arrays `x[j]` are not supported yet",
                        "write the equations out one by one",
                    );
                }
                let known = Function::of(&lower);
                let opens = self.mark(0, "(") || self.mark(0, "{");
                if opens && let Some((_, feature)) = REFUSED_FUNCTIONS.iter().find(|(name, _)| *name == lower)
                {
                    return self.fail(span, format!("{feature} are not supported yet"), "");
                }
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
                    let (argument, own) = self.binary(0)?;
                    arguments.push(argument);
                    height = height.max(own);
                    if self.mark(0, ",") && arguments.len() < bounds::ARGUMENTS {
                        self.at += 1;
                    } else {
                        break;
                    }
                }
                self.expect(")", "after the arguments")?;
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

    fn conditional(&mut self) -> Outcome<(Expression, usize)> {
        let mut part = |words: &str| -> Outcome<(Expression, usize)> {
            self.expect("(", words)?;
            let inner = self.binary(0)?;
            self.expect(")", words)?;
            Ok(inner)
        };
        let (condition, a) = part("around the condition of `if`")?;
        self.keyword("then")?;
        let (yes, b) = {
            self.expect("(", "after `then`")?;
            let inner = self.binary(0)?;
            self.expect(")", "after the value of `then`")?;
            inner
        };
        self.keyword("else")?;
        self.expect("(", "after `else`")?;
        let (no, c) = self.binary(0)?;
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

pub(crate) fn count(arguments: usize) -> String {
    if arguments == 1 { "1 argument".into() } else { format!("{arguments} arguments") }
}
