//! Arrays written out: `x[1..20]'=x[j-1]`, and blocks of lines between `%[1..20]` and `%`.
//!
//! The lines change as tokens, so that what is wrong in them is still found where it was written.

use crate::bounds;
use crate::diagnostic::{Findings, Span};
use crate::lexer::{Block, Kind, Line, Token};

/// A line without arrays, and whether it is one of an array's elements beyond the first.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) tokens: Vec<Token>,
    /// The line repeats one before it with another index: names without an index were defined there.
    pub(crate) repeats: bool,
}

/// Writes out all arrays and blocks.
pub(crate) fn expand(lines: Vec<Line>, findings: &mut Findings) -> Vec<Single> {
    let mut writer = Writer { out: Vec::new(), tokens: 0, full: false, findings };
    let mut at = 0;
    while at < lines.len() && !writer.full {
        match lines[at].block {
            None => {
                writer.line(&lines[at].tokens);
                at += 1;
            }
            Some(Block { first, last, span, number }) => {
                let end = lines[at..].iter().position(|l| l.block.is_none_or(|b| b.number != number));
                let end = end.map_or(lines.len(), |more| at + more);
                if writer.fits(first, last, span) {
                    for j in steps(first, last) {
                        for line in &lines[at..end] {
                            writer.element(&line.tokens, j, j != first);
                        }
                    }
                }
                at = end;
            }
        }
    }
    writer.out
}

/// The indices from `first` to `last`, upwards or downwards.
fn steps(first: i64, last: i64) -> impl Iterator<Item = i64> {
    let down = last < first;
    (0..=(last - first).abs()).map(move |k| if down { first - k } else { first + k })
}

/// Whether a name made of several tokens is as short as names are; a finding where not.
fn short(name: &str, span: Span, findings: &mut Findings) -> bool {
    let short = name.len() <= bounds::NAME;
    if !short {
        let help = format!("names have at most {} characters", bounds::NAME);
        findings.error(span, "this name is too long", Some(help));
    }
    short
}

struct Writer<'a> {
    out: Vec<Single>,
    tokens: usize,
    full: bool,
    findings: &'a mut Findings,
}

impl Writer<'_> {
    fn fits(&mut self, first: i64, last: i64, span: Span) -> bool {
        if first < 0 || last < 0 {
            self.findings.error(
                span,
                "an index is negative",
                Some("indices count from 0 upwards: x[0..9]".into()),
            );
            return false;
        }
        let elements = (last - first).unsigned_abs().saturating_add(1);
        if elements > bounds::ARRAY as u64 {
            let help = format!("an array has at most {} elements", bounds::ARRAY);
            self.findings.error(span, format!("this array has {elements} elements"), Some(help));
            return false;
        }
        true
    }

    /// A line by itself: once, or once for each index of its range.
    fn line(&mut self, tokens: &[Token]) {
        let Some((first, last, span)) = self.range(tokens) else {
            // Fixed indices such as `x[3]` need no range.
            if tokens.iter().any(|token| token.is("[")) {
                self.element(tokens, 0, false);
            } else {
                self.put(tokens.to_vec(), false);
            }
            return;
        };
        if self.fits(first, last, span) {
            for j in steps(first, last) {
                self.element(tokens, j, j != first);
                if self.full {
                    break;
                }
            }
        }
    }

    /// The one range `[a..b]` of a line, where it has any.
    fn range(&mut self, tokens: &[Token]) -> Option<(i64, i64, Span)> {
        let mut found: Option<(i64, i64, Span)> = None;
        for at in 0..tokens.len() {
            let Some((first, last)) = range_at(&tokens[at..]) else { continue };
            let span = tokens[at].span.to(tokens[at + 4].span);
            match found {
                Some((a, b, _)) if (a, b) != (first, last) => {
                    let message = format!("the ranges {a}..{b} and {first}..{last} stand in one line");
                    let help = "a line is repeated over one range; write two lines".to_string();
                    self.findings.error(span, message, Some(help));
                }
                Some(_) => {}
                None => found = Some((first, last, span)),
            }
        }
        found
    }

    /// A line with `j` put in place of each index.
    fn element(&mut self, tokens: &[Token], j: i64, repeats: bool) {
        let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
        let mut at = 0;
        // Where the token before ends, if a name or number right behind it belongs to it.
        let mut open: Option<Span> = None;
        while at < tokens.len() {
            let token = &tokens[at];
            if token.is("[") {
                if open.is_some()
                    && out.last().and_then(Token::word).is_some_and(|w| w.eq_ignore_ascii_case("int"))
                {
                    let (feature, help) = crate::parser::INTEGRALS;
                    self.findings.refused(token.span, feature, help);
                    return;
                }
                let Some((value, used)) = self.index(&tokens[at..], j, repeats) else { return };
                let span = token.span.to(tokens[at + used - 1].span);
                at += used;
                if value < 0 {
                    let message = format!("the index is {value} where j is {j}");
                    let help = "write the first and the last equation out by themselves".to_string();
                    self.findings.error(span, message, Some(help));
                    return;
                }
                match out.last_mut() {
                    Some(Token { kind: Kind::Word(word), span: whole }) if open.is_some() => {
                        word.push_str(&value.to_string());
                        *whole = whole.to(span);
                        open = Some(*whole);
                        if !short(word, *whole, self.findings) {
                            return;
                        }
                    }
                    _ => {
                        out.push(Token { kind: Kind::Number(value as f64), span });
                        open = None;
                    }
                }
                continue;
            }
            at += 1;
            let touches = |before: Span| {
                before.line == token.span.line && before.column + before.length == token.span.column
            };
            // `x[j]_p` is one name.
            let closed = at >= 2 && tokens[at - 2].is("]");
            if let (Some(before), Kind::Word(more), Some(Token { kind: Kind::Word(word), span })) =
                (open, &token.kind, out.last_mut())
                && closed
                && touches(before)
            {
                word.push_str(more);
                *span = span.to(token.span);
                let whole = *span;
                open = Some(whole);
                if !short(word, whole, self.findings) {
                    return;
                }
                continue;
            }
            open = token.word().is_some().then_some(token.span);
            out.push(token.clone());
        }
        self.put(out, repeats);
    }

    /// The value of the index that begins here, and how many tokens it takes.
    fn index(&mut self, tokens: &[Token], j: i64, repeats: bool) -> Option<(i64, usize)> {
        if range_at(tokens).is_some() {
            return Some((j, 5));
        }
        let end = tokens.iter().position(|token| token.is("]")).unwrap_or_else(|| {
            if !repeats {
                let message = "this `[` is not closed; the line's end closes it";
                self.findings.warning(tokens[0].span, message, None);
            }
            tokens.len()
        });
        let mut inside = Index { tokens: &tokens[1..end], at: 0, j, depth: 0 };
        match inside.sum().filter(|_| inside.at == inside.tokens.len()) {
            Some(value) => Some((value, (end + 1).min(tokens.len()))),
            None => {
                let span = tokens[0].span.to(tokens[end.min(tokens.len() - 1)].span);
                let help = "an index is made of whole numbers, j, +, - and *: x[j-1]".to_string();
                self.findings.error(span, "this is no index", Some(help));
                None
            }
        }
    }

    fn put(&mut self, tokens: Vec<Token>, repeats: bool) {
        self.tokens += tokens.len();
        if self.tokens > bounds::TOKENS {
            if !self.full {
                let span = tokens.first().map_or(Span::default(), |token| token.span);
                let help = format!("at most {} words and signs with all arrays written out", bounds::TOKENS);
                self.findings.error(
                    span,
                    "this text is too long once its arrays are written out",
                    Some(help),
                );
            }
            self.full = true;
            return;
        }
        self.out.push(Single { tokens, repeats });
    }
}

/// `[a..b]` at the start of some tokens.
pub(crate) fn range_at(tokens: &[Token]) -> Option<(i64, i64)> {
    match tokens {
        [open, first, dots, last, close, ..] if open.is("[") && dots.is("..") && close.is("]") => {
            Some((whole(first)?, whole(last)?))
        }
        _ => None,
    }
}

/// A whole number that an index can be.
fn whole(token: &Token) -> Option<i64> {
    match token.kind {
        Kind::Number(value) if libm::floor(value) == value && value <= 1e15 => Some(value as i64),
        _ => None,
    }
}

/// The arithmetic of an index.
struct Index<'a> {
    tokens: &'a [Token],
    at: usize,
    j: i64,
    depth: usize,
}

impl Index<'_> {
    fn take(&mut self, mark: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is(mark));
        self.at += usize::from(found);
        found
    }
    fn sum(&mut self) -> Option<i64> {
        let mut total = self.product()?;
        loop {
            total = if self.take("+") {
                total.checked_add(self.product()?)?
            } else if self.take("-") {
                total.checked_sub(self.product()?)?
            } else {
                return Some(total);
            };
        }
    }
    fn product(&mut self) -> Option<i64> {
        let mut total = self.value()?;
        while self.take("*") {
            total = total.checked_mul(self.value()?)?;
        }
        Some(total)
    }
    fn value(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > bounds::NESTING {
            return None;
        }
        let value = if self.take("-") {
            self.value()?.checked_neg()
        } else if self.take("(") {
            let inner = self.sum()?;
            self.take(")").then_some(inner)
        } else {
            let token = self.tokens.get(self.at)?;
            self.at += 1;
            match token.word() {
                Some(word) if word.eq_ignore_ascii_case("j") => Some(self.j),
                Some(_) => None,
                None => whole(token),
            }
        };
        self.depth -= 1;
        value
    }
}
