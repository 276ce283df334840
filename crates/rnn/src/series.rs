//! Series of observations: from numbers, from a table in a text file, standardised, split, with noise.

use numerics::Stream;

/// Largest text accepted, in bytes.
pub const MOST_BYTES: usize = 32 << 20;
/// Most rows accepted.
pub const MOST_ROWS: usize = 1_000_000;
/// Most columns accepted.
pub const MOST_COLUMNS: usize = 256;

/// What can be wrong with a series or with the text it is read from. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SeriesError {
    /// The text is longer than allowed.
    #[error("the file has {found} bytes; at most {most} are read")]
    TooLong {
        /// Bytes of the text.
        found: usize,
        /// Bytes allowed.
        most: usize,
    },
    /// Too many rows.
    #[error("the table has more than {most} rows")]
    TooManyRows {
        /// Rows allowed.
        most: usize,
    },
    /// Too many columns.
    #[error("line {line} has {found} columns; at most {most} are read")]
    TooManyColumns {
        /// The line.
        line: u64,
        /// Its columns.
        found: usize,
        /// Columns allowed.
        most: usize,
    },
    /// The bytes are not text.
    #[error("line {line} is not UTF-8 text; save the file as text in UTF-8")]
    NotText {
        /// The line.
        line: u64,
    },
    /// There are no rows of numbers.
    #[error("the table has no rows of numbers")]
    Empty,
    /// A line has another number of columns than the first.
    #[error("line {line} has {found} columns where the lines before have {expected}")]
    Ragged {
        /// The line.
        line: u64,
        /// Its columns.
        found: usize,
        /// Columns of the first line.
        expected: usize,
    },
    /// A field is empty or says that its value is missing.
    #[error("line {line}, column {column} (`{name}`): the value is missing; every field needs a number")]
    Missing {
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// Name of the column.
        name: String,
    },
    /// A field is no number.
    #[error(
        "line {line}, column {column} (`{name}`): `{text}` is not a number; write numbers as 1.5 or 1.5e-3"
    )]
    NotANumber {
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// Name of the column.
        name: String,
        /// The field, shortened.
        text: String,
    },
    /// A field is infinite or too large.
    #[error("line {line}, column {column} (`{name}`): the number is not finite")]
    NotFinite {
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// Name of the column.
        name: String,
    },
    /// A quotation mark is not closed, or another fault of the format.
    #[error("line {line} cannot be read: {reason}")]
    Malformed {
        /// The line.
        line: u64,
        /// What the reader met.
        reason: String,
    },
    /// Numbers do not make whole rows.
    #[error("{numbers} numbers do not make whole rows of {channels} channels")]
    Shape {
        /// How many numbers.
        numbers: usize,
        /// How many channels.
        channels: usize,
    },
    /// A channel has no variance and cannot be standardised.
    #[error("the channel `{0}` is constant and cannot be standardised; leave it out")]
    Constant(String),
    /// A split that leaves one side empty.
    #[error("a split after row {at} of {rows} leaves one side empty")]
    Split {
        /// Where to split.
        at: usize,
        /// Rows there are.
        rows: usize,
    },
    /// Noise of a negative or infinite size.
    #[error("noise of standard deviation {0} is not possible; it must be at least 0")]
    Noise(f64),
}

/// Rows of observations at even times, one column a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    channels: Vec<String>,
    values: Vec<f64>,
}

/// What standardising took away: `(x - mean) / deviation`, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    /// Means.
    pub mean: Vec<f64>,
    /// Standard deviations, with the number of rows as divisor.
    pub deviation: Vec<f64>,
}

impl Series {
    /// A series of named channels from numbers, row by row.
    ///
    /// # Errors
    /// [`SeriesError::Shape`], [`SeriesError::Empty`], [`SeriesError::NotFinite`].
    pub fn new(channels: Vec<String>, values: Vec<f64>) -> Result<Self, SeriesError> {
        let n = channels.len();
        if n == 0 || !values.len().is_multiple_of(n) {
            return Err(SeriesError::Shape { numbers: values.len(), channels: n });
        }
        if values.is_empty() {
            return Err(SeriesError::Empty);
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let (line, column) = ((at / n) as u64 + 1, at % n + 1);
            return Err(SeriesError::NotFinite { line, column, name: channels[at % n].clone() });
        }
        Ok(Self { channels, values })
    }

    /// Names of the channels.
    pub fn channels(&self) -> &[String] {
        &self.channels
    }
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.channels.len()
    }
    /// All numbers, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
    /// One row; empty beyond the last.
    pub fn row(&self, at: usize) -> &[f64] {
        let n = self.channels.len();
        self.values.get(at * n..(at + 1) * n).unwrap_or(&[])
    }

    /// The series with mean 0 and standard deviation 1 in each channel, and what was taken away.
    ///
    /// # Errors
    /// [`SeriesError::Constant`].
    pub fn standardise(&self) -> Result<(Self, Standardisation), SeriesError> {
        let (n, rows) = (self.channels.len(), self.rows());
        let mut s = Standardisation { mean: vec![0.0; n], deviation: vec![0.0; n] };
        for c in 0..n {
            let mean = numerics::sum_by(rows, |t| self.values[t * n + c]) / rows as f64;
            let square = numerics::sum_by(rows, |t| {
                let d = self.values[t * n + c] - mean;
                d * d
            });
            let deviation = numerics::Real::sqrt(square / rows as f64);
            // Rounding leaves a constant channel with a deviation of this order.
            if !(deviation > 1e-13 * mean.abs() && deviation.is_finite()) {
                return Err(SeriesError::Constant(self.channels[c].clone()));
            }
            s.mean[c] = mean;
            s.deviation[c] = deviation;
        }
        Ok((self.standardise_as(&s), s))
    }

    /// The series under a standardisation found on another, for instance the test part under the training part's.
    pub fn standardise_as(&self, s: &Standardisation) -> Self {
        let n = self.channels.len();
        let values = self.values.iter().enumerate().map(|(i, v)| (v - s.mean[i % n]) / s.deviation[i % n]);
        Self { channels: self.channels.clone(), values: values.collect() }
    }

    /// The rows before `at`, and those from `at` on.
    ///
    /// # Errors
    /// [`SeriesError::Split`].
    pub fn split(&self, at: usize) -> Result<(Self, Self), SeriesError> {
        let rows = self.rows();
        if at == 0 || at >= rows {
            return Err(SeriesError::Split { at, rows });
        }
        let (first, second) = self.values.split_at(at * self.channels.len());
        let part = |values: &[f64]| Self { channels: self.channels.clone(), values: values.to_vec() };
        Ok((part(first), part(second)))
    }

    /// The series with normal noise of standard deviation `deviation` added, from the stream `name` of `seed`.
    ///
    /// # Errors
    /// [`SeriesError::Noise`].
    pub fn with_noise(&self, deviation: f64, seed: u64, name: &str) -> Result<Self, SeriesError> {
        if !(deviation >= 0.0 && deviation.is_finite()) {
            return Err(SeriesError::Noise(deviation));
        }
        let mut stream = Stream::new(seed, name);
        let values = self.values.iter().map(|v| v + deviation * stream.normal()).collect();
        Ok(Self { channels: self.channels.clone(), values })
    }

    /// Reads a table of numbers: columns apart by commas, semicolons, tabs or spaces, with or without a line of
    /// names. The first line holds names when none of its fields is a number. Empty lines are passed over.
    ///
    /// # Errors
    /// Any [`SeriesError`] about text, with line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, SeriesError> {
        if bytes.len() > MOST_BYTES {
            return Err(SeriesError::TooLong { found: bytes.len(), most: MOST_BYTES });
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count() as u64;
            SeriesError::NotText { line }
        })?;
        let first = text.lines().find(|l| !l.trim().is_empty()).ok_or(SeriesError::Empty)?;
        let separator = separator(first);
        let mut table = Table::default();
        if separator == b' ' {
            for (number, line) in text.lines().enumerate() {
                let fields: Vec<&str> = line.split_whitespace().collect();
                if !fields.is_empty() {
                    table.line(number as u64 + 1, &fields)?;
                }
            }
        } else {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(separator)
                .from_reader(text.as_bytes());
            let mut record = csv::StringRecord::new();
            loop {
                let line = reader.position().line();
                match reader.read_record(&mut record) {
                    Ok(false) => break,
                    Ok(true) => {
                        // The reader places a record before the empty lines that it passes over.
                        let line = record.position().map_or(line, |p| {
                            let rest = text.as_bytes().get(p.byte() as usize..).unwrap_or(&[]);
                            let blank = rest.iter().take_while(|b| b.is_ascii_whitespace());
                            p.line() + blank.filter(|&&b| b == b'\n').count() as u64
                        });
                        let fields: Vec<&str> = record.iter().map(str::trim).collect();
                        if fields.iter().any(|f| !f.is_empty()) {
                            table.line(line, &fields)?;
                        }
                    }
                    Err(error) => return Err(SeriesError::Malformed { line, reason: error.to_string() }),
                }
            }
        }
        if table.values.is_empty() {
            return Err(SeriesError::Empty);
        }
        Series::new(table.names, table.values)
    }
}

/// The first of semicolon, tab and comma that occurs, else space.
fn separator(line: &str) -> u8 {
    [b';', b'\t', b','].into_iter().find(|&s| line.as_bytes().contains(&s)).unwrap_or(b' ')
}

#[derive(Default)]
struct Table {
    names: Vec<String>,
    values: Vec<f64>,
    rows: usize,
}

fn missing(field: &str) -> bool {
    let lower = field.to_ascii_lowercase();
    matches!(lower.as_str(), "" | "na" | "n/a" | "nan" | "null" | "none" | "?" | "-" | "missing")
}

impl Table {
    fn line(&mut self, line: u64, fields: &[&str]) -> Result<(), SeriesError> {
        if fields.len() > MOST_COLUMNS {
            return Err(SeriesError::TooManyColumns { line, found: fields.len(), most: MOST_COLUMNS });
        }
        if self.names.is_empty() {
            let names = !fields.iter().any(|f| f.parse::<f64>().is_ok());
            self.names = (1..=fields.len()).map(|i| format!("column {i}")).collect();
            if names {
                for (name, field) in self.names.iter_mut().zip(fields) {
                    if !field.is_empty() {
                        *name = field.chars().take(64).collect();
                    }
                }
                return Ok(());
            }
        }
        if fields.len() != self.names.len() {
            return Err(SeriesError::Ragged { line, found: fields.len(), expected: self.names.len() });
        }
        if self.rows == MOST_ROWS {
            return Err(SeriesError::TooManyRows { most: MOST_ROWS });
        }
        for (index, field) in fields.iter().enumerate() {
            let (column, name) = (index + 1, self.names[index].clone());
            if missing(field) {
                return Err(SeriesError::Missing { line, column, name });
            }
            match field.parse::<f64>() {
                Ok(value) if value.is_finite() => self.values.push(value),
                Ok(_) => return Err(SeriesError::NotFinite { line, column, name }),
                Err(_) => {
                    let text = field.chars().take(32).collect();
                    return Err(SeriesError::NotANumber { line, column, name, text });
                }
            }
        }
        self.rows += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Series, SeriesError> {
        Series::parse(text.as_bytes())
    }

    #[test]
    fn tables_with_any_separator_and_with_or_without_names_are_read() {
        for text in [
            "x,y\n1,2\n3,4.5e0\n",
            "x;y\r\n1;2\r\n3;4.5\r\n",
            "x\ty\n1\t2\n\n3\t4.5",
            "  x  y\n 1   2\n3 4.5\n",
        ] {
            let series = read(text).unwrap();
            assert_eq!(series.channels(), ["x", "y"], "{text:?}");
            assert_eq!(series.values(), [1.0, 2.0, 3.0, 4.5], "{text:?}");
        }
        let series = read("\u{feff}1,2\n\"3\", 4\n").unwrap();
        assert_eq!(series.channels(), ["column 1", "column 2"]);
        assert_eq!(series.row(1), [3.0, 4.0]);
        assert_eq!(series.rows(), 2);
        assert_eq!(series.row(2), [0.0; 0]);
        assert_eq!(read(",x\n0,1\n1,2").unwrap().channels(), ["column 1", "x"]);
    }

    #[test]
    fn faults_are_told_apart_and_placed() {
        let name = || "y".to_string();
        assert_eq!(read("x,y\n1,2\n3,\n"), Err(SeriesError::Missing { line: 3, column: 2, name: name() }));
        assert_eq!(
            read("x,y\n1,2\n\n3,NaN\n"),
            Err(SeriesError::Missing { line: 4, column: 2, name: name() })
        );
        assert_eq!(
            read("x,y\n1,2\n3,four\n"),
            Err(SeriesError::NotANumber { line: 3, column: 2, name: name(), text: "four".into() })
        );
        assert_eq!(read("x y\n1 inf\n"), Err(SeriesError::NotFinite { line: 2, column: 2, name: name() }));
        assert_eq!(read("x,y\n1,2,3\n"), Err(SeriesError::Ragged { line: 2, found: 3, expected: 2 }));
        assert_eq!(read(""), Err(SeriesError::Empty));
        assert_eq!(read(" \n\n"), Err(SeriesError::Empty));
        assert_eq!(read("x,y\n"), Err(SeriesError::Empty));
        assert_eq!(Series::parse(b"x\n1\n\xff\n"), Err(SeriesError::NotText { line: 3 }));
        let wide = vec!["1"; MOST_COLUMNS + 1].join(",");
        let found = MOST_COLUMNS + 1;
        assert_eq!(read(&wide), Err(SeriesError::TooManyColumns { line: 1, found, most: MOST_COLUMNS }));
        let long = vec![b'1'; MOST_BYTES + 1];
        assert!(matches!(Series::parse(&long), Err(SeriesError::TooLong { .. })));
        let tall = "1\n".repeat(MOST_ROWS + 1);
        assert_eq!(read(&tall), Err(SeriesError::TooManyRows { most: MOST_ROWS }));
    }

    #[test]
    fn standardised_channels_have_mean_zero_and_deviation_one() {
        let series = read("a,b\n1,10\n2,30\n6,20\n").unwrap();
        let (standard, s) = series.standardise().unwrap();
        assert_eq!(s.mean, [3.0, 20.0]);
        for c in 0..2 {
            let mean: f64 = (0..3).map(|t| standard.row(t)[c]).sum();
            let square: f64 = (0..3).map(|t| standard.row(t)[c] * standard.row(t)[c]).sum();
            assert!(mean.abs() < 1e-12 && (square / 3.0 - 1.0).abs() < 1e-12);
        }
        assert_eq!(series.standardise_as(&s), standard);
        assert_eq!(read("a\n0.1\n0.1\n0.1").unwrap().standardise(), Err(SeriesError::Constant("a".into())));
    }

    #[test]
    fn splits_and_noise_keep_what_they_should() {
        let series = read("1\n2\n3\n").unwrap();
        let (first, second) = series.split(2).unwrap();
        assert_eq!((first.values(), second.values()), (&[1.0, 2.0][..], &[3.0][..]));
        assert_eq!(series.split(3), Err(SeriesError::Split { at: 3, rows: 3 }));
        assert_eq!(series.with_noise(0.0, 1, "noise").unwrap(), series);
        let noisy = series.with_noise(0.1, 1, "noise").unwrap();
        assert_ne!(noisy, series);
        assert_eq!(noisy, series.with_noise(0.1, 1, "noise").unwrap());
        assert_eq!(series.with_noise(-1.0, 1, "noise"), Err(SeriesError::Noise(-1.0)));
    }
}
