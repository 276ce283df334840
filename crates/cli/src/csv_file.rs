//! Tables of numbers as CSV, written whole or not at all.

use crate::error::Failure;
use crate::text::exact;
use std::io::Write;
use std::path::Path;

/// Writes names, then rows; a number reads back to the same bits, one that is not finite is `nan` or `inf`.
///
/// # Errors
/// The table cannot be written.
pub fn write_table(to: impl Write, names: &[String], rows: &[Vec<f64>]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(names)?;
    for row in rows {
        writer.write_record(row.iter().map(|value| match value {
            value if value.is_nan() => "nan".into(),
            value => exact(*value),
        }))?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes a table into a file.
///
/// # Errors
/// Names the file and what the system says.
pub fn save_table(path: &Path, names: &[String], rows: &[Vec<f64>]) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    write_table(&mut bytes, names, rows)
        .map_err(|e| Failure::Input(format!("the table cannot be written: {e}")))?;
    save(path, &bytes)
}

/// Writes bytes into a file.
///
/// # Errors
/// Names the file and what the system says.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|source| Failure::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_to_the_same_numbers() {
        let names = ["t".to_owned(), "a,b".to_owned()];
        let rows = vec![vec![0.0, 1.0 / 3.0], vec![0.05, f64::NAN], vec![0.1, f64::NEG_INFINITY]];
        let mut bytes = Vec::new();
        write_table(&mut bytes, &names, &rows).expect("written");
        let text = String::from_utf8(bytes).expect("text");
        assert_eq!(text, "t,\"a,b\"\n0,0.3333333333333333\n0.05,nan\n0.1,-inf\n");
        let third: f64 = text
            .lines()
            .nth(1)
            .and_then(|l| l.split(',').nth(1))
            .and_then(|v| v.parse().ok())
            .expect("number");
        assert_eq!(third.to_bits(), (1.0_f64 / 3.0).to_bits());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let fault = save(Path::new("no/such/folder/out.csv"), b"").expect_err("refused");
        assert!(fault.to_string().contains("out.csv"), "{fault}");
        assert_eq!(fault.code(), 2);
    }
}
