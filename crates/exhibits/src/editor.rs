//! What the page's editor shows of equations while they are typed.

use crate::contract::{Highlight, Reading, Word};

/// Colours, words and findings of a text, whole or half written.
pub fn read_along(text: &str) -> Reading {
    let class = |class: equations::Class| {
        use equations::Class;
        match class {
            Class::Comment => "comment",
            Class::Keyword => "keyword",
            Class::Number => "number",
            Class::Variable => "variable",
            Class::Parameter => "parameter",
            Class::Quantity => "quantity",
            Class::Function => "function",
            Class::Setting => "setting",
            Class::Unknown => "unknown",
        }
        .to_owned()
    };
    let (highlights, words) = equations::annotate(text);
    Reading {
        highlights: highlights
            .into_iter()
            .map(|h| Highlight { line: h.line, column: h.column, length: h.length, class: class(h.class) })
            .collect(),
        words: words
            .into_iter()
            .map(|w| Word { name: w.name, class: class(w.class), detail: w.detail })
            .collect(),
        diagnostics: crate::check_equations(text),
    }
}

/// Puts the tables that equations read from files into their text; `texts` are the contents of the files `names`, which
/// go by their names without a folder and in any case.
///
/// # Errors
/// A file that holds no table, in words.
pub fn embed_tables(text: &str, names: &[String], texts: &[String]) -> Result<String, String> {
    let bare = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
    equations::embed_tables(text, &mut |wanted| {
        let place = names.iter().position(|name| bare(name) == bare(wanted))?;
        texts.get(place).cloned()
    })
}
