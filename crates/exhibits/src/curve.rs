//! Curves drawn by hand, as text that stands in a link: one letter a point.

/// The letters from the lowest level to the highest.
const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// The level of a letter, from -1 to 1; none for any other character.
pub fn level(letter: u8) -> Option<f64> {
    let place = LETTERS.iter().position(|own| *own == letter)?;
    Some(place as f64 / 31.5 - 1.0)
}

/// A curve at the fraction `at` of its length, along straight lines from point to point; 0 outside, and where there are
/// no points.
pub fn curve(text: &str, at: f64) -> f64 {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !(0.0..=1.0).contains(&at) {
        return 0.0;
    }
    let point = |place: usize| bytes.get(place).and_then(|byte| level(*byte)).unwrap_or(0.0);
    let place = at * (bytes.len() - 1) as f64;
    let whole = libm::floor(place) as usize;
    let (a, b) = (point(whole), if whole + 1 < bytes.len() { point(whole + 1) } else { point(whole) });
    a + (place - whole as f64) * (b - a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_runs_through_its_letters() {
        assert_eq!((level(b'0'), level(b'_'), level(b'!')), (Some(-1.0), Some(1.0), None));
        assert_eq!((curve("0_", 0.0), curve("0_", 0.5), curve("0_", 1.0)), (-1.0, 0.0, 1.0));
        assert_eq!((curve("", 0.5), curve("_", 0.7), curve("0_", 1.5)), (0.0, 1.0, 0.0));
        assert_eq!(curve("0_", f64::NAN), 0.0);
    }
}
