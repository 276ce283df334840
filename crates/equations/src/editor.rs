//! What an editor needs to know of a text, whole or half written: what each word is, and which words there are.

use crate::bounds;
use crate::diagnostic::Findings;
use crate::expression::{Form, Function};
use crate::lexer::{Kind, Token, lines};
use crate::options::Options;
use crate::parser::{Named, Statement, statements};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a stretch of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// What is not read.
    Comment,
    /// A word that says what kind of line it is, or `if`, `then`, `else`, `sum`, `of`.
    Keyword,
    /// A number.
    Number,
    /// A state variable.
    Variable,
    /// A parameter or a number with a name.
    Parameter,
    /// A fixed or auxiliary quantity, a name of noise.
    Quantity,
    /// A function, of the language or of the text.
    Function,
    /// The name of a setting, or a set's.
    Setting,
    /// A name that nothing defines.
    Unknown,
}

/// A stretch of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Highlight {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters.
    pub length: u32,
    /// What it is.
    pub class: Class,
}

/// A word that may be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// The word.
    pub name: String,
    /// What it is.
    pub class: Class,
    /// What goes with it: a function's arguments, a word on its use.
    pub detail: String,
}

/// Words at the beginning of a line, and what they are for.
const LINES: [(&str, &str); 12] = [
    ("par", "par a=1, b=2: values that may be turned"),
    ("number", "number c=3: a value that stays"),
    ("init", "init x=1: where the state starts"),
    ("aux", "aux name=...: written out beside the variables"),
    ("wiener", "wiener w: white noise"),
    ("global", "global 1 {x-1} {x=0}: an event"),
    ("table", "table f % 101 -5 5 exp(-t^2): a function as a table"),
    ("special", "special k=conv(even,51,12,w,u0): a convolution"),
    ("set", "set name {a=1, x=2}: values by one name"),
    ("only", "only x, y: the columns written out"),
    ("bdry", "boundary conditions, which are left aside"),
    ("done", "the end of the text"),
];

/// A name that a statement defines, what it is, and a word on it.
type Defined = (Named, Class, String);

/// Names that statements define, in lower case, with their classes.
fn definitions(text: &str) -> (BTreeMap<String, Class>, Vec<Defined>) {
    let mut findings = Findings::default();
    let mut named: Vec<Defined> = Vec::new();
    for statement in statements(text, &mut findings) {
        let (name, class, detail) = match statement {
            Statement::Rate(name, _) | Statement::Next(name, _) => (name, Class::Variable, String::new()),
            Statement::Parameter(name, value) | Statement::Number(name, value) => {
                (name, Class::Parameter, format!("= {value}"))
            }
            Statement::Fixed(name, _) | Statement::Auxiliary(name, _) => {
                (name, Class::Quantity, String::new())
            }
            Statement::Wiener(name) => (name, Class::Quantity, "white noise".into()),
            Statement::Function(name, arguments, _) => {
                let arguments: Vec<String> = arguments.into_iter().map(|a| a.name).collect();
                (name, Class::Function, format!("({})", arguments.join(",")))
            }
            Statement::Table(name, _) | Statement::Special(name, ..) => (name, Class::Function, "(x)".into()),
            _ => continue,
        };
        named.push((name, class, detail));
    }
    let map = named.iter().map(|(name, class, _)| (name.name.to_ascii_lowercase(), *class)).collect();
    (map, named)
}

/// Every word and comment of a text with what it is, line by line, and the words that may be written in it: its own
/// names, then those of the language. A text that is too long has no words of its own.
pub fn annotate(text: &str) -> (Vec<Highlight>, Vec<Word>) {
    if text.len() > bounds::TEXT {
        return (Vec::new(), vocabulary(Vec::new()));
    }
    let (known, named) = definitions(text);
    (highlight(text, &known), vocabulary(named))
}

fn highlight(text: &str, known: &BTreeMap<String, Class>) -> Vec<Highlight> {
    let mut findings = Findings::default();
    let lines = lines(text, &mut findings);
    let mut all: Vec<Highlight> = Vec::new();
    for line in &lines {
        let arguments = arguments(&line.tokens);
        for (place, token) in line.tokens.iter().enumerate() {
            if let Some(class) = class(&line.tokens, place, known, &arguments) {
                let span = token.span;
                all.push(Highlight { line: span.line, column: span.column, length: span.length, class });
            }
        }
    }
    comments(text, &mut all);
    all.sort_by_key(|h| (h.line, h.column));
    all
}

/// The arguments of a line that defines a function, which are known in that line alone.
fn arguments(tokens: &[Token]) -> Vec<String> {
    let defines = tokens.len() > 3 && tokens[0].word().is_some() && tokens[1].is("(");
    let close = tokens.iter().position(|token| token.is(")"));
    match close {
        Some(close) if defines && tokens.get(close + 1).is_some_and(|token| token.is("=")) => {
            tokens[2..close].iter().filter_map(Token::word).map(str::to_ascii_lowercase).collect()
        }
        _ => Vec::new(),
    }
}

fn class(
    tokens: &[Token],
    place: usize,
    known: &BTreeMap<String, Class>,
    arguments: &[String],
) -> Option<Class> {
    let token = &tokens[place];
    let word = match &token.kind {
        Kind::Number(_) => return Some(Class::Number),
        Kind::Text(_) => {
            let value = place > 0 && tokens[place - 1].is("=");
            return (!value).then_some(Class::Setting);
        }
        Kind::Mark(_) => return None,
        Kind::Word(word) => word.to_ascii_lowercase(),
    };
    if arguments.contains(&word) {
        return Some(Class::Quantity);
    }
    let first = place == 0;
    let command = first
        && tokens.get(1).is_some_and(|next| {
            next.word().is_some() || matches!(next.kind, Kind::Number(_) | Kind::Text(_))
        });
    if command || ["if", "then", "else", "sum", "of"].contains(&word.as_str()) {
        return Some(Class::Keyword);
    }
    if first && tokens.get(1).is_some_and(|next| next.is("{") || next.is("-")) {
        return Some(Class::Keyword);
    }
    // special k=conv(even,...: which network it is, and what lies behind its ends.
    if place > 2 && tokens[0].word().is_some_and(|command| command.eq_ignore_ascii_case("special")) {
        if place == 3 {
            return Some(Class::Function);
        }
        if place == 5 && word.starts_with(['e', 'p', 'z']) {
            return Some(Class::Keyword);
        }
    }
    if let Some(class) = known.get(&word) {
        return Some(*class);
    }
    if Function::of(&word).is_some() || Form::of(&word).is_some() {
        return Some(Class::Function);
    }
    if ["t", "pi"].contains(&word.as_str()) {
        return Some(Class::Number);
    }
    // The stem of an array's name, an index, `dx` of dx/dt.
    let stem = tokens.get(place + 1).is_some_and(|next| next.is("["));
    let inside = place > 0 && tokens[..place].iter().rev().take(4).any(|before| before.is("["));
    let rate = word.strip_prefix('d').is_some_and(|rest| known.contains_key(rest));
    let index = word == "i" && tokens.get(place + 1).is_some_and(|next| next.is("'"));
    if stem || rate || index {
        let class = known.iter().find(|(name, _)| {
            name.strip_prefix(&word).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
        });
        return Some(class.map_or(Class::Variable, |(_, class)| *class));
    }
    if inside || (word == "dt" && place > 0 && tokens[place - 1].is("/")) {
        return None;
    }
    Some(Class::Unknown)
}

/// Adds what is not read: comments, and all that stands behind the last line.
fn comments(text: &str, all: &mut Vec<Highlight>) {
    let mut over = false;
    for (index, physical) in text.lines().enumerate() {
        let characters: Vec<char> = physical.chars().collect();
        let line = index as u32 + 1;
        let first = characters.iter().position(|c| !c.is_whitespace());
        let whole = physical.trim().to_ascii_lowercase();
        let start = match first {
            Some(at) if over || characters[at] == '#' => Some(at),
            Some(at) if matches!(characters[at], '"' | '%') => {
                let used = all.iter().any(|h| h.line == line);
                (!used && characters.get(at + 1) != Some(&'[')).then_some(at)
            }
            _ => characters
                .iter()
                .position(|c| *c == '#')
                .or_else(|| characters.windows(2).position(|pair| pair == ['/', '/'])),
        };
        if let Some(at) = start {
            // What the lexer has read behind it, as in the settings of a line, was no comment.
            let column = at as u32 + 1;
            if !all.iter().any(|h| h.line == line && h.column + h.length > column) {
                let length = (characters.len() - at) as u32;
                all.push(Highlight { line, column, length, class: Class::Comment });
            }
        } else if !over && (whole == "done" || whole == "d") {
            let length = whole.len() as u32;
            let column = first.unwrap_or(0) as u32 + 1;
            all.push(Highlight { line, column, length, class: Class::Keyword });
            over = true;
        }
    }
}

fn vocabulary(named: Vec<Defined>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut met = BTreeSet::new();
    for (name, class, detail) in named {
        if met.insert(name.name.to_ascii_lowercase()) {
            words.push(Word { name: name.name, class, detail });
        }
    }
    for function in Function::ALL {
        let arguments = if function.arguments() == 1 { "(x)" } else { "(a,b)" };
        words.push(Word { name: function.name().into(), class: Class::Function, detail: arguments.into() });
    }
    for form in Form::ALL {
        let arguments = match form {
            Form::Delay => "(x,tau): x a time tau ago",
            Form::DelayShift => "(x,k,tau): the k-th variable after x, a time tau ago",
            Form::Shift => "(x,k): the k-th name after x",
            Form::Uniform => "(a): uniform between 0 and a",
            Form::Normal => "(m,s): normal, mean m, deviation s",
        };
        words.push(Word { name: form.name().into(), class: Class::Function, detail: arguments.into() });
    }
    for (name, detail) in [
        ("if", "if(c)then(a)else(b)"),
        ("then", ""),
        ("else", ""),
        ("sum", "sum(0,9)of(shift(x0,i'))"),
        ("of", ""),
    ] {
        words.push(Word { name: name.into(), class: Class::Keyword, detail: detail.into() });
    }
    for (name, detail) in LINES {
        words.push(Word { name: name.into(), class: Class::Keyword, detail: detail.into() });
    }
    for (name, detail) in Options::names() {
        words.push(Word { name: name.into(), class: Class::Setting, detail: detail.into() });
    }
    words.push(Word { name: "pi".into(), class: Class::Number, detail: "3.14159".into() });
    words.push(Word { name: "t".into(), class: Class::Number, detail: "time".into() });
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(u32, String, Class)> {
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        annotate(text)
            .0
            .into_iter()
            .map(|h| {
                let from = h.column as usize - 1;
                (h.line, lines[h.line as usize - 1][from..from + h.length as usize].iter().collect(), h.class)
            })
            .collect()
    }

    #[test]
    fn words_are_told_apart_even_in_a_text_with_faults() {
        let text = "# Lorenz\npar a=10 # one\nf(u)=u*a\nx'=f(y)-sin(z)*q\ny'=(((\n@ dt=.1\ndone\nrest";
        let all = shown(text);
        for (line, word, class) in [
            (1, "# Lorenz", Class::Comment),
            (2, "par", Class::Keyword),
            (2, "a", Class::Parameter),
            (2, "10", Class::Number),
            (2, "# one", Class::Comment),
            (3, "u", Class::Quantity),
            (4, "f", Class::Function),
            (4, "sin", Class::Function),
            (4, "q", Class::Unknown),
            (6, "dt", Class::Setting),
            (7, "done", Class::Keyword),
            (8, "rest", Class::Comment),
        ] {
            assert!(all.contains(&(line, word.into(), class)), "{word} in {all:?}");
        }
    }

    #[test]
    fn arrays_and_sums_have_no_unknown_words() {
        let text = "x[0..4]'=-x[j]+sum(0,4)of(shift(x0,i'))*w\nwiener w\nglobal 1 {x0-1} {x0=0}\ndy/dt=x0\ntable v file.tab";
        assert!(shown(text).iter().all(|(_, _, class)| *class != Class::Unknown), "{:?}", shown(text));
        let text = "table w % 3 -1 1 1\nspecial k=conv(even,5,1,w,x0)\nx[0..4]'=k([j])";
        assert!(shown(text).iter().all(|(_, _, class)| *class != Class::Unknown), "{:?}", shown(text));
    }

    #[test]
    fn stretches_do_not_overlap_whatever_the_text() {
        for text in
            ["\"{a=1} b # c", "% comment # more", "@ xp=a#b,yp=c // d", "x'=1//2 # 3", "\u{3c3}'=1 # \u{3c3}"]
        {
            let (all, _) = annotate(text);
            for pair in all.windows(2) {
                assert!(
                    pair[0].line < pair[1].line || pair[0].column + pair[0].length <= pair[1].column,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_vocabulary_has_own_names_first() {
        let (_, words) = annotate("par gain=2\nx'=gain*x");
        assert_eq!((words[0].name.as_str(), words[0].class), ("gain", Class::Parameter));
        for name in ["x", "tanh", "delay", "wiener", "total", "pi"] {
            assert!(words.iter().any(|word| word.name == name), "{name}");
        }
    }
}
