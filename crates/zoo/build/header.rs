//! The header of a system's file: comment lines that begin with `#:`.
//!
//! ```text
//! #: name = Lorenz
//! #: family = Chaotic flows
//! #: sentence = What it is, in one sentence.
//! #: citation = Who, when, where.
//! #: lyapunov = 0.9056, 0, -14.572 | source
//! #: parameter rho = Rayleigh number, 0, 60
//! ```

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) sentence: String,
    pub(crate) citation: String,
    pub(crate) lyapunov: Option<(Vec<f64>, String)>,
    pub(crate) parameters: Vec<(String, String, Option<[f64; 2]>)>,
}

/// Families in the order of the gallery.
pub(crate) const FAMILIES: [&str; 5] =
    ["Chaotic flows", "Oscillators and mechanics", "Neurons", "Populations and networks", "Maps"];

/// Reads a header; the error says the line and what is wrong there.
pub(crate) fn read(text: &str) -> Result<Header, String> {
    let mut header = Header::default();
    for (number, line) in text.lines().enumerate() {
        let Some(entry) = line.strip_prefix("#:") else { continue };
        let fault = |what: &str| format!("line {}: {what}", number + 1);
        let (key, value) =
            entry.split_once('=').ok_or_else(|| fault("a header line reads `#: key = value`"))?;
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            return Err(fault("the value is empty"));
        }
        match key.split_once(' ').unwrap_or((key, "")) {
            ("name", "") => value.clone_into(&mut header.name),
            ("family", "") => value.clone_into(&mut header.family),
            ("sentence", "") => value.clone_into(&mut header.sentence),
            ("citation", "") => value.clone_into(&mut header.citation),
            ("lyapunov", "") => {
                let (numbers, source) = value
                    .split_once('|')
                    .ok_or_else(|| fault("exponents need a source: `0.9, 0, -14 | source`"))?;
                let numbers: Result<Vec<f64>, _> = numbers.split(',').map(|n| n.trim().parse()).collect();
                let numbers = numbers.map_err(|_| fault("exponents are numbers apart by commas"))?;
                header.lyapunov = Some((numbers, source.trim().to_owned()));
            }
            ("parameter", name) => {
                // The range stands behind the last two commas, so that a label may hold one.
                let parts: Vec<&str> = value.rsplitn(3, ',').map(str::trim).collect();
                let range = match parts.as_slice() {
                    [high, low, _] => {
                        low.parse().ok().zip(high.parse().ok()).map(|(l, h): (f64, f64)| [l, h])
                    }
                    _ => None,
                };
                let label = if range.is_some() { parts[2] } else { value };
                header.parameters.push((name.trim().to_owned(), label.to_owned(), range));
            }
            _ => return Err(fault(&format!("{key:?} is no key of a header"))),
        }
    }
    let needed = [
        ("name", &header.name),
        ("family", &header.family),
        ("sentence", &header.sentence),
        ("citation", &header.citation),
    ];
    for (key, value) in needed {
        if value.is_empty() {
            return Err(format!("the header lacks `#: {key} = ...`"));
        }
    }
    if !FAMILIES.contains(&header.family.as_str()) {
        return Err(format!("{:?} is no family; there are {}", header.family, FAMILIES.join(", ")));
    }
    Ok(header)
}
