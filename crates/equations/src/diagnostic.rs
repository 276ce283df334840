//! What is wrong with a text, where, and what would be right.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// There is no model.
    Error,
    /// There is a model, and something in the text has no effect on it.
    Warning,
}

/// One finding in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length of the offending text, in characters.
    pub length: u32,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The text that repairs it in place of the `length` characters at `line` and `column`, where one is known.
    pub replacement: Option<String>,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// A stretch of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters.
    pub length: u32,
}

impl Span {
    /// From the start of this to the end of `last`, where both are on one line.
    pub(crate) fn to(self, last: Span) -> Span {
        if last.line == self.line && last.column >= self.column {
            Span { length: last.column + last.length - self.column, ..self }
        } else {
            self
        }
    }
}

/// The findings so far, bounded.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Diagnostic>,
    pub(crate) failed: bool,
    /// Something was refused by its name: what else seems wrong may follow from that.
    pub(crate) refused: bool,
}

impl Findings {
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.failed = true;
        self.push(Severity::Error, span, message.into(), help, None);
    }
    /// Whether no more errors are noted.
    pub(crate) fn full(&self) -> bool {
        let warned = || self.list.iter().any(|noted| noted.severity == Severity::Warning);
        self.list.len() >= crate::bounds::DIAGNOSTICS && !warned()
    }
    pub(crate) fn warning(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.push(Severity::Warning, span, message.into(), help, None);
    }
    /// A feature of the dialect that is refused by its name, with the way to write it here where there is one.
    pub(crate) fn refused(&mut self, span: Span, feature: &str, help: &str) {
        self.refused = true;
        let help = (!help.is_empty()).then(|| help.into());
        self.error(span, format!("{feature} are not supported"), help);
    }
    /// A name, which `span` covers, that is none of `known`: the nearest one was probably meant, and where none
    /// is near `otherwise` helps. A finding already noted is not noted again, since one line of an array is
    /// expanded many times, and the known names are compared only for what is noted.
    pub(crate) fn unknown<'a>(
        &mut self,
        severity: Severity,
        span: Span,
        message: String,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
        otherwise: Option<String>,
    ) {
        self.failed |= severity == Severity::Error;
        let noted = |other: &Diagnostic| {
            (other.line, other.column) == (span.line, span.column) && other.message == message
        };
        if self.list.iter().any(noted) || self.full() {
            return;
        }
        let near = nearest(name, known);
        let help = near.map(|near| format!("did you mean `{near}`?")).or(otherwise);
        self.push(severity, span, message, help, near.map(String::from));
    }
    fn push(
        &mut self,
        severity: Severity,
        span: Span,
        message: String,
        help: Option<String>,
        replacement: Option<String>,
    ) {
        let Span { line, column, length } = span;
        let length = length.max(1);
        let finding = Diagnostic { severity, line, column, length, message, help, replacement };
        if self.list.len() < crate::bounds::DIAGNOSTICS {
            self.list.push(finding);
        } else if severity == Severity::Error
            && let Some(warning) = self.list.iter().rposition(|other| other.severity == Severity::Warning)
        {
            // However many warnings there are, what is refused is told.
            self.list.remove(warning);
            self.list.push(finding);
        }
    }
}

/// The known name nearest to `name` by edit distance, where one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let limit = if wanted.len() <= 2 { 1 } else { 1 + wanted.len() / 4 };
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let other: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
        let distance = edits(&wanted, &other);
        if distance <= limit && distance < other.len() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edit distance in which exchanging two neighbours counts once.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j - 1] + same).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = last;
        last = row;
    }
    last[b.len()]
}
