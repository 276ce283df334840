//! Numbers and marked-up text, as a terminal shows them.

/// A number as short as it can be while it reads back to the same bits.
pub fn exact(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A number for people: five significant digits, in exponent form when very large or small.
pub fn brief(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "-".into() } else { format!("{value}") };
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    let mut decimals = 4;
    let mut reach = 10.0;
    while decimals > 0 && size >= reach {
        decimals -= 1;
        reach *= 10.0;
    }
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// As [`brief`], and a dash for what was not measured.
pub fn brief_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), brief)
}

/// Text without the marks of HTML and MathML around its words.
pub fn plain(marked: &str) -> String {
    let mut out = String::with_capacity(marked.len());
    let mut rest = marked;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else {
            rest = &rest[start..];
            break;
        };
        // Numerator and denominator would run together, and so would base and exponent.
        let tag = &rest[start + 1..start + end];
        if tag == "/mfrac" || tag == "/msup" {
            out.push(' ');
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", "\""), ("&amp;", "&")]
    {
        out = out.replace(entity, character);
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines of at most `width` characters, broken between words, each after `indent`.
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(indent);
            column = indent.chars().count();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers_read_back() {
        for value in [0.0, 1.0, -2.5, 0.1, 1.0 / 3.0, 1e300, 5e-324, f64::MAX, -1e-7, 123_456_789.25] {
            let text = exact(value);
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{text}");
            assert!(text.len() <= 24, "{text}");
        }
        assert_eq!(exact(3.0), "3");
    }

    #[test]
    fn brief_numbers_have_five_digits() {
        let cases = [
            (0.0, "0"),
            (0.905_63, "0.9056"),
            (-14.571_9, "-14.572"),
            (28.0, "28"),
            (12_345.678, "12346"),
            (100.0, "100"),
            (1e9, "1.000e9"),
            (3e-9, "3.000e-9"),
            (f64::NAN, "-"),
        ];
        for (value, text) in cases {
            assert_eq!(brief(value), text);
        }
        assert_eq!(brief_or_dash(None), "-");
    }

    #[test]
    fn marks_fall_away_and_words_stay() {
        assert_eq!(
            plain("a <em>chaotic</em> run, <math><mi>x</mi><mo>&lt;</mo><mn>2</mn></math>"),
            "a chaotic run, x<2"
        );
        assert_eq!(plain("1 < 2"), "1 < 2");
        assert_eq!(plain("&amp;lt;"), "&lt;");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 9, "  "), "  one two\n  three\n");
        assert_eq!(wrap("immeasurably", 4, ""), "immeasurably\n");
    }
}
