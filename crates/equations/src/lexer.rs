//! Text into logical lines of tokens: comments fall away, a backslash at the end joins lines.

use crate::bounds;
use crate::diagnostic::{Findings, Span};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Number(f64),
    Word(String),
    /// An operator or a bracket, as written.
    Mark(&'static str),
    /// Text that has a form of its own: the name of a file, the value of an option, a label.
    Text(String),
}

/// The block `%[first..last]` that a line stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) span: Span,
    /// Which block of the text it is.
    pub(crate) number: usize,
}

/// A logical line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) tokens: Vec<Token>,
    pub(crate) block: Option<Block>,
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
            Kind::Text(text) => text.clone(),
        }
    }
}

const MARKS: [&str; 30] = [
    "..", "**", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "^", "<", ">", "&", "|", "=", "(",
    ")", ",", "'", "[", "]", "{", "}", "@", "!", ";", "%",
];

/// Splits a text into logical lines; a line that cannot be read is reported and left out.
pub(crate) fn lines(text: &str, findings: &mut Findings) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let mut good = true;
    let mut block: Option<Block> = None;
    let mut blocks = 0;
    for (index, physical) in text.lines().enumerate() {
        let characters: Vec<char> = physical.chars().collect();
        let number = index as u32 + 1;
        let continued = characters.iter().rev().find(|c| !c.is_whitespace()) == Some(&'\\');
        if current.is_empty() && good {
            // Refused lines may hold what no other line may, such as file names, and are not read at all.
            if let Some((span, feature, help)) = refused(&characters, number) {
                findings.refused(span, feature, help);
                good = false;
            }
            // The last line of a text: what follows it is not looked at.
            let whole: String = physical.trim().to_ascii_lowercase();
            if good && (whole == "done" || whole == "d") {
                break;
            }
            let first = characters.iter().position(|c| !c.is_whitespace());
            if good && first.is_some_and(|at| characters[at] == '%') {
                block = open_block(&characters, number, blocks, findings);
                blocks += 1;
                continue;
            }
        }
        if good {
            let (tokens, readable) = scan(&characters, number, &current, findings);
            good &= readable;
            current.extend(tokens);
        }
        if !continued {
            let tokens = std::mem::take(&mut current);
            if good && !tokens.is_empty() {
                lines.push(Line { tokens, block });
            }
            good = true;
        }
        if findings.list.len() >= bounds::DIAGNOSTICS {
            break;
        }
    }
    if good && !current.is_empty() {
        lines.push(Line { tokens: current, block });
    }
    lines
}

/// The block that a line `%[1..9]` opens; a bare `%` closes one, and any other such line is a comment.
fn open_block(c: &[char], line: u32, number: usize, findings: &mut Findings) -> Option<Block> {
    let from = c.iter().position(|c| *c == '%')?;
    if c.get(from + 1) != Some(&'[') {
        return None;
    }
    let none = [Token { kind: Kind::Mark("%"), span: Span::default() }];
    let (tokens, readable) = scan(&c[from + 1..], line, &none, findings);
    let shift = from as u32 + 1;
    let span = Span { line, column: shift, length: (c.len() - from) as u32 };
    match crate::arrays::range_at(&tokens) {
        Some((first, last)) if readable => Some(Block { first, last, span, number }),
        _ => {
            findings.error(span, "this is no range", Some("a block opens with %[1..9]".into()));
            None
        }
    }
}

/// The feature that a line's first word names, where the word is a command and not a quantity's name.
fn refused(c: &[char], line: u32) -> Option<(Span, &'static str, &'static str)> {
    let from = c.iter().position(|c| !c.is_whitespace())?;
    let length = c[from..].iter().position(|c| !c.is_ascii_alphanumeric() && *c != '_')?;
    let word: String = c[from..from + length].iter().collect::<String>().to_ascii_lowercase();
    let rest = &c[from + length..];
    let gap = rest.iter().position(|c| !c.is_whitespace())?;
    let command = rest[gap].is_ascii_alphanumeric() && gap > 0 || matches!(rest[gap], '{' | '_' | '$');
    let (_, feature, help) =
        crate::parser::REFUSED.iter().find(|(words, ..)| command && words.contains(&word.as_str()))?;
    Some((Span { line, column: from as u32 + 1, length: length as u32 }, feature, help))
}

fn scan(c: &[char], line: u32, before: &[Token], findings: &mut Findings) -> (Vec<Token>, bool) {
    let first = before.is_empty();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let span = |from: usize, to: usize| Span { line, column: from as u32 + 1, length: (to - from) as u32 };
    // Settings and sets go on as what they are in the lines that continue them.
    if before.first().is_some_and(|token| token.is("@") || matches!(token.kind, Kind::Text(_))) {
        let end = c.iter().position(|c| *c == '}' && !before[0].is("@")).unwrap_or(c.len());
        return (settings(c, 0, end, line), true);
    }
    if first && let Some(tokens) = free(c, line) {
        return (tokens, true);
    }
    while at < c.len() {
        let from = at;
        let here = c[at];
        let start = first && tokens.is_empty();
        if here.is_whitespace() || (at == 0 && line == 1 && here == '\u{feff}') {
            at += 1;
        } else if here == '#'
            || (start && here == '"')
            || (here == '/' && c.get(at + 1) == Some(&'/'))
            || (here == '\\' && c[at + 1..].iter().all(|c| c.is_whitespace()))
        {
            break;
        } else if here.is_ascii_digit() || (here == '.' && c.get(at + 1).is_some_and(char::is_ascii_digit)) {
            let digits = |mut at: usize| {
                while c.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
                at
            };
            at = digits(at);
            // The dots of a range belong to no number.
            if c.get(at) == Some(&'.') && c.get(at + 1) != Some(&'.') {
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
                    return (Vec::new(), false);
                }
            }
        } else if here.is_ascii_alphabetic() || here == '_' {
            // A name may hold dots, as auxiliary quantities of old files do; two of them are a range.
            while c.get(at).is_some_and(|own| {
                own.is_ascii_alphanumeric() || *own == '_' || (*own == '.' && c.get(at + 1) != Some(&'.'))
            }) {
                at += 1;
            }
            if at - from > bounds::NAME {
                let help = format!("names have at most {} characters", bounds::NAME);
                findings.error(span(from, at), "this name is too long", Some(help));
                return (Vec::new(), false);
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
            return (Vec::new(), false);
        }
    }
    (tokens, true)
}

/// The tokens of a line whose words are not those of an expression: options, comments that set values, and lines
/// that name a file.
fn free(c: &[char], line: u32) -> Option<Vec<Token>> {
    let from = c.iter().position(|c| !c.is_whitespace())?;
    let span = |from: usize, to: usize| Span { line, column: from as u32 + 1, length: (to - from) as u32 };
    let text = |from: usize, to: usize| {
        let kind = Kind::Text(c[from..to].iter().collect());
        Token { kind, span: span(from, to) }
    };
    let mark = |mark: &'static str, at: usize| Token { kind: Kind::Mark(mark), span: span(at, at + 1) };
    if c[from] == '@' {
        let mut tokens = vec![mark("@", from)];
        tokens.extend(settings(c, from + 1, c.len(), line));
        return Some(tokens);
    }
    if c[from] == '"' {
        // `"{a=1,b=2} words` sets values when it is chosen; any other such line is a comment.
        let open = from + 1 + c[from + 1..].iter().position(|c| !c.is_whitespace())?;
        let close = open + c[open..].iter().position(|c| *c == '}')?;
        if c[open] != '{' {
            return None;
        }
        let end = c.len() - c.iter().rev().take_while(|c| c.is_whitespace()).count();
        let start = c[close + 1..].iter().position(|c| !c.is_whitespace()).map_or(end, |k| close + 1 + k);
        let mut tokens = vec![text(start.min(end), end)];
        tokens.extend(settings(c, open + 1, close, line));
        return Some(tokens);
    }
    let word = |from: usize| {
        let length = c[from..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
        (from + length, c[from..from + length].iter().collect::<String>())
    };
    let gap = |from: usize| c[from..].iter().position(|c| !c.is_whitespace()).map(|k| from + k);
    let (after, command) = word(from);
    let head = |to: usize| Token { kind: Kind::Word(c[from..to].iter().collect()), span: span(from, to) };
    let end = c.len() - c.iter().rev().take_while(|c| c.is_whitespace()).count();
    match command.to_ascii_lowercase().as_str() {
        "set" => {
            let start = gap(after).filter(|at| *at > after)?;
            let open = start + c[start..].iter().position(|c| *c == '{')?;
            let name = c[start..open].iter().rposition(|c| !c.is_whitespace()).map(|k| start + k + 1)?;
            let close = c[open..].iter().position(|c| *c == '}').map_or(c.len(), |k| open + k);
            let mut tokens = vec![text(start, name)];
            tokens.extend(settings(c, open + 1, close, line));
            Some(tokens)
        }
        "options" | "option" | "opt" => {
            let start = gap(after).filter(|at| *at > after && c[*at] != '=')?;
            Some(vec![head(after), text(start, end)])
        }
        "table" | "tab" | "tabular" => {
            let start = gap(after).filter(|at| *at > after)?;
            let (rest, _) = word(start);
            let file = gap(rest)?;
            if rest == start || file == rest || matches!(c[file], '%' | '{' | '=') {
                return None;
            }
            let name = Token { kind: Kind::Word(c[start..rest].iter().collect()), span: span(start, rest) };
            Some(vec![head(after), name, text(file, end)])
        }
        _ => None,
    }
}

/// `name=value` pairs apart by commas or blanks; a value is whatever holds neither.
fn settings(c: &[char], from: usize, to: usize, line: u32) -> Vec<Token> {
    let span = |from: usize, to: usize| Span { line, column: from as u32 + 1, length: (to - from) as u32 };
    let mut tokens = Vec::new();
    let mut at = from;
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    while at < to {
        if apart(c[at]) {
            at += 1;
            continue;
        }
        if c[at] == '#' || (c[at] == '\\' && c[at + 1..to].iter().all(|c| c.is_whitespace())) {
            break;
        }
        let start = at;
        while at < to && !apart(c[at]) && c[at] != '=' {
            at += 1;
        }
        if at > start {
            tokens.push(Token { kind: Kind::Text(c[start..at].iter().collect()), span: span(start, at) });
        }
        let equals = at + c[at..to].iter().take_while(|c| c.is_whitespace()).count();
        if c.get(equals) != Some(&'=') || equals >= to {
            continue;
        }
        tokens.push(Token { kind: Kind::Mark("="), span: span(equals, equals + 1) });
        at = equals + 1;
        at += c[at..to].iter().take_while(|c| c.is_whitespace()).count();
        let start = at;
        while at < to && !apart(c[at]) && c[at] != '\\' {
            at += 1;
        }
        if at > start {
            tokens.push(Token { kind: Kind::Text(c[start..at].iter().collect()), span: span(start, at) });
        } else if at < to {
            // What keeps the next name from being taken for the value.
            tokens.push(Token { kind: Kind::Mark(","), span: span(at, at + 1) });
            at += 1;
        }
    }
    tokens
}
