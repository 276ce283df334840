//! A range of numbers, `A..B`, both ends included and either left out.

use std::str::FromStr;

/// Numbers from one to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    low: f64,
    high: f64,
}

impl Span {
    /// Whether a number lies in the range.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let value = text.trim().parse::<f64>().ok().filter(|value| !value.is_nan());
            value.ok_or_else(|| format!("{text:?} is no number; a range is written A..B, A.. or ..B"))
        };
        let Some((low, high)) = text.split_once("..") else {
            let value = number(text)?;
            return Ok(Self { low: value, high: value });
        };
        if low.trim().is_empty() && high.trim().is_empty() {
            return Err("a range has an end: A..B, A.. or ..B".into());
        }
        let end = |text: &str, open| if text.trim().is_empty() { Ok(open) } else { number(text) };
        let (low, high) = (end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?);
        if low > high {
            return Err(format!("the range runs backwards; write {high}..{low}"));
        }
        Ok(Self { low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(text: &str, value: f64) -> bool {
        text.parse::<Span>().expect(text).contains(value)
    }

    #[test]
    fn both_ends_are_included_and_either_may_be_left_out() {
        assert!(within("3..8", 3.0) && within("3..8", 8.0) && !within("3..8", 8.5));
        assert!(within("3", 3.0) && !within("3", 4.0));
        assert!(within("0.1..", 1e9) && !within("0.1..", 0.0));
        assert!(within("..-0.5", -0.5) && !within("..-0.5", 0.0));
        assert!(within("-2..-1", -1.5));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for bad in ["", "..", "a..b", "5..1", "1..2..3", "nan", "1...3x"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
