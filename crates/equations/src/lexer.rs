//! Text into logical lines of tokens: comments fall away, a backslash at the end joins lines.

use crate::bounds;
use crate::diagnostic::{Findings, Span};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Number(f64),
    Word(String),
    /// An operator or a bracket, as written.
    Mark(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

impl Token {
    pub(crate) fn is(&self, mark: &str) -> bool {
        matches!(&self.kind, Kind::Mark(own) if *own == mark)
    }
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
    pub(crate) fn text(&self) -> String {
        match &self.kind {
            Kind::Number(value) => crate::expression::number(*value),
            Kind::Word(word) => word.clone(),
            Kind::Mark(mark) => (*mark).into(),
        }
    }
}

const MARKS: [&str; 27] = [
    "**", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "^", "<", ">", "&", "|", "=", "(", ")",
    ",", "'", "[", "]", "{", "}", "@", "!",
];

/// Splits a text into logical lines; a line that cannot be read is reported and left out.
pub(crate) fn lines(text: &str, findings: &mut Findings) -> Vec<Vec<Token>> {
    let mut lines = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let mut good = true;
    for (index, physical) in text.lines().enumerate() {
        let characters: Vec<char> = physical.chars().collect();
        let (tokens, continued, readable) = scan(&characters, index as u32 + 1, current.is_empty(), findings);
        good &= readable;
        current.extend(tokens);
        if !continued {
            if good && !current.is_empty() {
                lines.push(std::mem::take(&mut current));
            }
            current.clear();
            good = true;
        }
    }
    if good && !current.is_empty() {
        lines.push(current);
    }
    lines
}

fn scan(c: &[char], line: u32, first: bool, findings: &mut Findings) -> (Vec<Token>, bool, bool) {
    let mut tokens = Vec::new();
    let mut at = 0;
    let span = |from: usize, to: usize| Span { line, column: from as u32 + 1, length: (to - from) as u32 };
    while at < c.len() {
        let from = at;
        let here = c[at];
        let start = first && tokens.is_empty();
        if here.is_whitespace() || (at == 0 && line == 1 && here == '\u{feff}') {
            at += 1;
        } else if here == '#' || (start && here == '"') || (here == '/' && c.get(at + 1) == Some(&'/')) {
            break;
        } else if start && here == '%' {
            if c.get(at + 1) == Some(&'[') {
                let help = "write the equations out one by one".to_string();
                findings.error(span(at, at + 2), "array blocks `%[..]` are not supported yet", Some(help));
                return (Vec::new(), false, false);
            }
            break;
        } else if here == '\\' && c[at + 1..].iter().all(|c| c.is_whitespace()) {
            return (tokens, true, true);
        } else if here.is_ascii_digit() || (here == '.' && c.get(at + 1).is_some_and(char::is_ascii_digit)) {
            let digits = |mut at: usize| {
                while c.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
                at
            };
            at = digits(at);
            if c.get(at) == Some(&'.') {
                at = digits(at + 1);
            }
            if matches!(c.get(at), Some('e' | 'E')) {
                let sign = usize::from(matches!(c.get(at + 1), Some('+' | '-')));
                if c.get(at + 1 + sign).is_some_and(char::is_ascii_digit) {
                    at = digits(at + 1 + sign);
                }
            }
            let written: String = c[from..at].iter().collect();
            match written.parse::<f64>() {
                Ok(value) if value.is_finite() => {
                    tokens.push(Token { kind: Kind::Number(value), span: span(from, at) })
                }
                _ => {
                    let help =
                        "numbers reach from -1.7976931348623157e308 to 1.7976931348623157e308".to_string();
                    findings.error(span(from, at), "this number is too large", Some(help));
                    return (Vec::new(), false, false);
                }
            }
        } else if here.is_ascii_alphabetic() || here == '_' {
            while c.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
                at += 1;
            }
            if at - from > bounds::NAME {
                let help = format!("names have at most {} characters", bounds::NAME);
                findings.error(span(from, at), "this name is too long", Some(help));
                return (Vec::new(), false, false);
            }
            tokens.push(Token { kind: Kind::Word(c[from..at].iter().collect()), span: span(from, at) });
        } else if let Some(mark) = MARKS
            .iter()
            .find(|mark| mark.chars().enumerate().all(|(k, wanted)| c.get(at + k) == Some(&wanted)))
        {
            at += mark.len();
            let kind = Kind::Mark(match *mark {
                "**" => "^",
                "&&" => "&",
                "||" => "|",
                other => other,
            });
            tokens.push(Token { kind, span: span(from, at) });
        } else {
            let help = if here.is_alphabetic() {
                "names are made of the letters a to z, digits and `_`: write sigma, rho, beta"
            } else {
                "operators are + - * / ^ < <= > >= == != & |"
            };
            findings.error(
                span(at, at + 1),
                format!("`{}` has no meaning here", here.escape_debug()),
                Some(help.into()),
            );
            return (Vec::new(), false, false);
        }
    }
    (tokens, false, true)
}
