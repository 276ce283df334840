//! Reading and writing the fragment.

use crate::{DEFAULT_SEED, RESERVED, Recipe, RecipeError, bounds};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

const SEED: &str = "a whole number from 0 to 18446744073709551615";
const EDITION: &str = "a whole number from 1 to 4294967295";
const STEP: &str = "a whole number from 0 to 9007199254740992";
const DIGEST: &str = "sixteen hexadecimal digits";

pub(crate) fn decode(text: &str) -> Result<Recipe, RecipeError> {
    if text.len() > bounds::LINK_BYTES {
        return Err(RecipeError::TooLong(text.len()));
    }
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(_, fragment)| fragment);
    let text = text.strip_prefix('/').unwrap_or(text);
    let (name, rest) = text.split_once('?').unwrap_or((text, ""));
    let name = unescape(name.trim_end_matches('/'))?;
    if name.is_empty() {
        return Err(RecipeError::NoExhibit);
    }
    if name.len() > bounds::NAME_BYTES {
        return Err(RecipeError::LongPart { key: cut(&name), max: bounds::NAME_BYTES });
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_')) {
        return Err(RecipeError::BadName(cut(&name)));
    }
    let mut recipe = Recipe::new(&name);
    let mut seen: Vec<String> = Vec::new();
    for part in rest.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| RecipeError::NoValue(cut(part)))?;
        let key = unescape(key)?;
        if key.len() > bounds::NAME_BYTES {
            return Err(RecipeError::LongPart { key: cut(&key), max: bounds::NAME_BYTES });
        }
        if key != "ode" && value.len() > 3 * bounds::VALUE_BYTES {
            return Err(RecipeError::LongPart { key, max: bounds::VALUE_BYTES });
        }
        let value = unescape(value)?;
        if key != "ode" && value.len() > bounds::VALUE_BYTES {
            return Err(RecipeError::LongPart { key, max: bounds::VALUE_BYTES });
        }
        if seen.contains(&key) {
            return Err(RecipeError::Repeated(key));
        }
        match key.as_str() {
            "seed" => recipe.seed = number("seed", &value, SEED)?,
            "edition" => recipe.edition = Some(number::<u32>("edition", &value, EDITION)?),
            "step" => {
                let step: u64 = number("step", &value, STEP)?;
                if step > bounds::STEP {
                    return Err(RecipeError::BadNumber { key: "step", value: cut(&value), expected: STEP });
                }
                recipe.step = Some(step);
            }
            "fingerprint" => recipe.fingerprint = Some(digest("fingerprint", &value)?),
            "series" => recipe.series = Some(digest("series", &value)?),
            "ode" => recipe.equations = Some(unpack(&value)?),
            _ => {
                if recipe.controls.len() == bounds::CONTROLS {
                    return Err(RecipeError::TooManyControls);
                }
                let id = match key.strip_prefix("p.") {
                    Some(id) if RESERVED.contains(&id) => id.to_owned(),
                    _ => key.clone(),
                };
                recipe.controls.push((id, value));
            }
        }
        seen.push(key);
    }
    if recipe.fingerprint.is_some() && recipe.step.is_none() {
        return Err(RecipeError::FingerprintWithoutStep);
    }
    Ok(recipe)
}

pub(crate) fn encode(recipe: &Recipe) -> String {
    let mut parts = Vec::new();
    for (id, value) in &recipe.controls {
        let prefix = if RESERVED.contains(&id.as_str()) { "p." } else { "" };
        parts.push(format!("{prefix}{}={}", escape(id), escape(value)));
    }
    if recipe.seed != DEFAULT_SEED {
        parts.push(format!("seed={}", recipe.seed));
    }
    if let Some(series) = recipe.series {
        parts.push(format!("series={series:016x}"));
    }
    if let Some(edition) = recipe.edition {
        parts.push(format!("edition={edition}"));
    }
    if let Some(step) = recipe.step {
        parts.push(format!("step={step}"));
    }
    if let Some(fingerprint) = recipe.fingerprint {
        parts.push(format!("fingerprint={fingerprint:016x}"));
    }
    if let Some(equations) = &recipe.equations {
        parts.push(format!("ode={}", URL_SAFE_NO_PAD.encode(compress_to_vec(equations.as_bytes(), 9))));
    }
    let question = if parts.is_empty() { "" } else { "?" };
    format!("{}{question}{}", escape(&recipe.exhibit), parts.join("&"))
}

fn number<T: std::str::FromStr>(
    key: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, RecipeError> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let parsed = if digits { value.parse().ok() } else { None };
    parsed.ok_or_else(|| RecipeError::BadNumber { key, value: cut(value), expected })
}

fn digest(key: &'static str, value: &str) -> Result<u64, RecipeError> {
    let hexadecimal = value.len() == 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
    let parsed = if hexadecimal { u64::from_str_radix(value, 16).ok() } else { None };
    parsed.ok_or_else(|| RecipeError::BadNumber { key, value: cut(value), expected: DIGEST })
}

fn unpack(value: &str) -> Result<String, RecipeError> {
    let packed = URL_SAFE_NO_PAD.decode(value).map_err(|_| RecipeError::BadEquations)?;
    let bytes = decompress_to_vec_with_limit(&packed, bounds::EQUATION_BYTES).map_err(|error| {
        if error.status == TINFLStatus::HasMoreOutput {
            RecipeError::LongEquations
        } else {
            RecipeError::BadEquations
        }
    })?;
    String::from_utf8(bytes).map_err(|_| RecipeError::BadEquations)
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b',' | b'*') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, RecipeError> {
    let bad = || RecipeError::BadEscape(cut(text));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| b.and_then(|b| (b as char).to_digit(16));
        let (high, low) = (digit(rest.next()).ok_or_else(bad)?, digit(rest.next()).ok_or_else(bad)?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_link_is_short_and_readable() {
        let mut recipe = Recipe::new("lorenz");
        recipe.set_control("rho", Some("24.4".into()));
        recipe.seed = 7;
        assert_eq!(recipe.encode(), "lorenz?rho=24.4&seed=7");
        assert_eq!(Recipe::decode("#/lorenz?rho=24.4&seed=7"), Ok(recipe.clone()));
        assert_eq!(Recipe::decode("https://example.org/lab/#/lorenz?rho=24.4&seed=7"), Ok(recipe));
        assert_eq!(Recipe::new("henon").encode(), "henon");
        assert_eq!(Recipe::decode("dysts:Lorenz").map(|r| r.exhibit), Ok("dysts:Lorenz".into()));
    }

    #[test]
    fn a_parameter_named_like_a_reserved_key_keeps_its_value() {
        let mut recipe = Recipe::new("lorenz");
        recipe.set_control("seed", Some("3".into()));
        assert_eq!(recipe.encode(), "lorenz?p.seed=3");
        assert_eq!(Recipe::decode(&recipe.encode()), Ok(recipe));
    }

    #[test]
    fn every_fault_is_told_apart() {
        use RecipeError as E;
        let fault = |text: &str| Recipe::decode(text).expect_err(text);
        assert!(matches!(fault(&"x".repeat(60_000)), E::TooLong(60_000)));
        assert_eq!(fault("#/"), E::NoExhibit);
        assert_eq!(fault("?seed=1"), E::NoExhibit);
        assert!(matches!(fault("lo renz"), E::BadName(_)));
        assert!(matches!(fault("lorenz?rho"), E::NoValue(_)));
        assert!(matches!(fault("lorenz?rho=%zz"), E::BadEscape(_)));
        assert!(matches!(fault("lorenz?rho=%ff"), E::BadEscape(_)));
        assert!(matches!(fault(&format!("lorenz?rho={}", "1".repeat(300))), E::LongPart { .. }));
        assert!(matches!(fault(&format!("lorenz?{}=1", "k".repeat(65))), E::LongPart { .. }));
        assert!(matches!(fault("lorenz?rho=1&rho=2"), E::Repeated(_)));
        assert!(matches!(fault("lorenz?seed=-1"), E::BadNumber { key: "seed", .. }));
        assert!(matches!(fault("lorenz?seed=99999999999999999999"), E::BadNumber { key: "seed", .. }));
        assert!(matches!(fault("lorenz?step=9007199254740993"), E::BadNumber { key: "step", .. }));
        assert!(matches!(fault("lorenz?step=1&fingerprint=12"), E::BadNumber { key: "fingerprint", .. }));
        assert_eq!(fault("lorenz?fingerprint=0123456789abcdef"), E::FingerprintWithoutStep);
        assert_eq!(fault("lorenz?ode=!!!"), E::BadEquations);
        let many: Vec<String> = (0..300).map(|i| format!("k{i}=1")).collect();
        assert_eq!(fault(&format!("lorenz?{}", many.join("&"))), E::TooManyControls);
    }

    #[test]
    fn a_bomb_of_equations_is_refused_before_it_unpacks() {
        let bomb = URL_SAFE_NO_PAD.encode(compress_to_vec(&vec![b' '; 10_000_000], 9));
        assert_eq!(Recipe::decode(&format!("typed?ode={bomb}")), Err(RecipeError::LongEquations));
    }

    proptest! {
        #[test]
        fn whatever_is_encoded_is_decoded(
            seed: u64, step in 0..bounds::STEP, fingerprint: u64, edition in 1..u32::MAX,
            value in "\\PC{0,60}", equations in "\\PC{0,400}",
        ) {
            let mut recipe = Recipe::new("lorenz");
            recipe.seed = seed;
            recipe.step = Some(step);
            recipe.fingerprint = Some(fingerprint);
            recipe.edition = Some(edition);
            recipe.equations = Some(equations);
            recipe.set_control("rho", Some(value));
            prop_assert_eq!(Recipe::decode(&recipe.encode()), Ok(recipe));
        }

        #[test]
        fn hostile_text_never_panics(text in "\\PC{0,300}") {
            let _ = Recipe::decode(&text);
        }

        #[test]
        fn damaged_links_never_panic(place in 0_usize..60, byte: u8) {
            let mut recipe = Recipe::new("typed");
            recipe.equations = Some("x'=-x+sin(t)\npar a=1\ndone".into());
            let mut bytes = recipe.encode().into_bytes();
            let length = bytes.len();
            bytes[place % length] = byte;
            let _ = Recipe::decode(&String::from_utf8_lossy(&bytes));
        }
    }
}
