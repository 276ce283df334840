//! Numbers with their errors, in words.

use crate::build::math;
use crate::contract::Finding;

/// A number with as many decimals as its error warrants, and the error with two figures.
pub(crate) fn with_error(value: f64, error: f64) -> String {
    if !value.is_finite() {
        return "unconverged".into();
    }
    if !error.is_finite() {
        return format!("{}, unconverged", figures(value));
    }
    if error == 0.0 {
        return figures(value);
    }
    // Below the last decimal that is shown.
    if error < 1e-11 {
        return format!("{} to rounding", figures(value));
    }
    let decimals = (1.0 - libm::floor(libm::log10(error))).clamp(0.0, 12.0) as usize;
    format!("{} ± {error:.decimals$}", minus(format!("{value:.decimals$}")))
}

/// A number with six figures.
pub(crate) fn figures(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let size = libm::floor(libm::log10(libm::fabs(value)));
    if !(-5.0..=7.0).contains(&size) {
        return minus(format!("{value:.4e}"));
    }
    let decimals = (5.0 - size).clamp(0.0, 10.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    minus(text.to_owned())
}

fn minus(text: String) -> String {
    text.replace('-', "\u{2212}")
}

/// A measured number.
pub(super) fn measured(id: &str, label: &str, symbol: &str, value: f64, error: f64) -> Finding {
    Finding {
        id: id.into(),
        label: label.into(),
        symbol: (!symbol.is_empty()).then(|| math(symbol)),
        value: Some(value).filter(|v| v.is_finite()),
        error: Some(error).filter(|e| e.is_finite()),
        text: with_error(value, error),
    }
}

/// A statement.
pub(super) fn stated(id: &str, label: &str, text: impl Into<String>) -> Finding {
    Finding { id: id.into(), label: label.into(), symbol: None, value: None, error: None, text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_as_many_figures_as_their_errors_warrant() {
        assert_eq!(with_error(0.90563, 0.0012), "0.9056 ± 0.0012");
        assert_eq!(with_error(-14.5723, 0.13), "\u{2212}14.57 ± 0.13");
        assert_eq!(with_error(1234.5, 20.0), "1234 ± 20");
        assert_eq!(with_error(2.0, f64::INFINITY), "2, unconverged");
        assert_eq!(with_error(f64::NAN, 0.1), "unconverged");
        assert_eq!(with_error(1.25, 3e-14), "1.25 to rounding");
        assert_eq!(figures(24.736_842_1), "24.7368");
        assert_eq!(figures(1e-9), "1.0000e\u{2212}9");
    }
}
