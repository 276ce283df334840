//! Tables of values, looked up along straight lines between their points.

use numerics::Real;

/// Values at equal distances.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name as written.
    pub name: String,
    /// Where the first value stands.
    pub low: f64,
    /// Where the last value stands.
    pub high: f64,
    /// The values, at least two.
    pub values: Vec<f64>,
}

impl Table {
    /// The segment that `x` lies on or beyond: its first point's index, and `x` in segments from there.
    fn place(&self, x: f64) -> (usize, f64) {
        let segments = (self.values.len() - 1) as f64;
        let at = (x - self.low) / (self.high - self.low) * segments;
        let whole = libm::floor(at);
        // Written so that what is not a number falls on the first segment.
        let whole = if whole > segments - 1.0 {
            segments - 1.0
        } else if whole > 0.0 {
            whole
        } else {
            0.0
        };
        (whole as usize, at - whole)
    }

    /// The value at `x`; beyond the ends the first and the last segment go on, as in XPPAUT.
    pub fn value(&self, x: f64) -> f64 {
        let (at, part) = self.place(x);
        let (a, b) = (self.values[at], self.values[at + 1]);
        a + part * (b - a)
    }

    /// The slope at `x`.
    pub fn slope(&self, x: f64) -> f64 {
        let (at, _) = self.place(x);
        let step = (self.high - self.low) / (self.values.len() - 1) as f64;
        (self.values[at + 1] - self.values[at]) / step
    }
}

/// The value of a table, lane by lane.
pub(crate) fn value<V: Real>(table: Option<&Table>, x: V) -> V {
    x.map(|x| table.map_or(f64::NAN, |table| table.value(x)))
}

/// The slope of a table, lane by lane.
pub(crate) fn slope<V: Real>(table: Option<&Table>, x: V) -> V {
    x.map(|x| table.map_or(f64::NAN, |table| table.slope(x)))
}

/// Reads the file of a table: the number of points, where the first and the last lie, and the values.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read(name: &str, text: &str) -> Result<Table, String> {
    let mut numbers = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let mut next = |what: &str| -> Result<f64, String> {
        let word = numbers.next().ok_or_else(|| format!("the file of table `{name}` ends before {what}"))?;
        let value = word.parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| {
            let word: String = word.chars().take(24).collect();
            format!("the file of table `{name}` has `{word}` in place of {what}")
        })
    };
    let points = next("the number of points")?;
    let (low, high) = (next("where the table begins")?, next("where the table ends")?);
    check(name, points, low, high)?;
    let mut values = Vec::with_capacity(points as usize);
    for k in 0..points as usize {
        values.push(next(&format!("value {}", k + 1))?);
    }
    Ok(Table { name: name.into(), low, high, values })
}

/// Refuses a table of no size or no width.
pub(crate) fn check(name: &str, points: f64, low: f64, high: f64) -> Result<(), String> {
    if points < 2.0 || points > crate::bounds::TABLE as f64 || libm::floor(points) != points {
        return Err(format!(
            "table `{name}` has {points} points; from 2 to {} are read",
            crate::bounds::TABLE
        ));
    }
    if low >= high {
        return Err(format!("table `{name}` runs from {low} to {high}; it must run upwards"));
    }
    Ok(())
}

/// Puts the values of files into a text: each line `table name file` becomes `table name {low high values}`, so that
/// the text stands by itself. `file` gives the text of a name; what it does not know is left as it is.
///
/// # Errors
/// A file that holds no table, in words.
pub fn embed_tables(text: &str, file: &mut dyn FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let head = words.next().map(str::to_ascii_lowercase);
        let table = matches!(head.as_deref(), Some("table" | "tab" | "tabular"));
        let found = match (table, words.next(), words.next()) {
            (true, Some(name), Some(path)) if !path.starts_with(['%', '{']) => {
                file(path).map(|text| read(name, &text)).transpose()?
            }
            _ => None,
        };
        match found {
            Some(table) => {
                let number = crate::expression::number;
                out.push_str(&format!("table {} {{{} {}", table.name, number(table.low), number(table.high)));
                for value in &table.values {
                    out.push(' ');
                    out.push_str(&number(*value));
                }
                out.push('}');
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    Ok(out)
}
