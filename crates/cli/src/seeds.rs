//! A range of seeds, `A..B`, both ends included.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// Most seeds of one command.
pub const MOST: u64 = 10_000;

/// Seeds from the first to the last, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedRange(RangeInclusive<u64>);

impl SeedRange {
    /// The seeds in rising order.
    pub fn seeds(&self) -> Vec<u64> {
        self.0.clone().collect()
    }
}

impl FromStr for SeedRange {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let seed = |text: &str| {
            let digits = text.trim();
            digits
                .parse::<u64>()
                .map_err(|_| format!("{digits:?} is no seed; seeds are written A..B, such as 1..5"))
        };
        let (first, last) = (seed(first)?, seed(last)?);
        if first > last {
            return Err(format!("the seeds run backwards; write {last}..{first}"));
        }
        if last - first >= MOST {
            return Err(format!("at most {MOST} seeds at once"));
        }
        Ok(Self(first..=last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(text: &str) -> Result<Vec<u64>, String> {
        text.parse::<SeedRange>().map(|range| range.seeds())
    }

    #[test]
    fn both_ends_are_included() {
        assert_eq!(seeds("1..5"), Ok(vec![1, 2, 3, 4, 5]));
        assert_eq!(seeds("7..7"), Ok(vec![7]));
        assert_eq!(seeds("7"), Ok(vec![7]));
        assert_eq!(seeds("18446744073709551615"), Ok(vec![u64::MAX]));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for bad in ["", "..", "1..", "..5", "a..b", "5..1", "-1..3", "1...3", "0..10000"] {
            assert!(seeds(bad).is_err(), "{bad}");
        }
        assert_eq!(seeds("0..9999").map(|s| s.len()), Ok(10_000));
    }
}
