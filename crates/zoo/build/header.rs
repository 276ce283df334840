//! The header of a system's file: comment lines that begin with `#:`.
//!
//! ```text
//! #: name = Lorenz
//! #: family = Chaotic flows
//! #: sentence = What it is, in one sentence.
//! #: citation = Who, when, where.
//! ```
//!
//! These four every file has. The others stand where there is something to say:
//!
//! ```text
//! #: lyapunov = 0.9056, 0, -14.572 | source
//! #: parameter rho = Rayleigh number, 0, 60
//! #: view = x, z
//! #: period = 0.7498
//! #: chaotic = no | why, in a few words
//! #: collection = Lorenz | set dysts
//! #: preset dysts = The numbers of the collection
//! ```
//!
//! - `lyapunov`: exponents at the parameters of the file, largest first, and where they are known from.
//! - `parameter NAME`: a label, and the range of its slider.
//! - `view`: the variables on the axes of the default view, two or three; the first three without it.
//! - `period`: dominant period of a flow, in its units of time.
//! - `chaotic`: only ever `no`, for a system that is not chaotic at the parameters of the file.
//! - `collection`: name in the `dysts` collection, a map with `map:` before it; `| set NAME` where the numbers of
//!   the collection are that named set of the file and not its defaults.
//! - `preset NAME`: what a named set of parameters, `set NAME {a=1}` of the dialect, shows.

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) sentence: String,
    pub(crate) citation: String,
    pub(crate) lyapunov: Option<(Vec<f64>, String)>,
    pub(crate) parameters: Vec<(String, String, Option<[f64; 2]>)>,
    pub(crate) view: Vec<String>,
    pub(crate) period: Option<f64>,
    /// Why it is not chaotic.
    pub(crate) regular: Option<String>,
    /// Name in the collection, and the set that holds its numbers.
    pub(crate) collection: Option<(String, Option<String>)>,
    pub(crate) presets: Vec<(String, String)>,
}

/// Families in the order of the gallery.
pub(crate) const FAMILIES: [&str; 11] = [
    "Chaotic flows",
    "Oscillators and mechanics",
    "Circuits and lasers",
    "Fluids and weather",
    "Chemistry and cells",
    "Populations and epidemics",
    "Neurons",
    "Networks",
    "Fields and lattices",
    "Delays",
    "Maps",
];

/// Reads a header; the error says the line and what is wrong there.
pub(crate) fn read(text: &str) -> Result<Header, String> {
    let mut header = Header::default();
    let mut seen: Vec<&str> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(entry) = line.strip_prefix("#:") else { continue };
        let fault = |what: &str| format!("line {}: {what}", number + 1);
        let (key, value) =
            entry.split_once('=').ok_or_else(|| fault("a header line reads `#: key = value`"))?;
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            return Err(fault("the value is empty"));
        }
        if seen.contains(&key) {
            return Err(fault(&format!("{key:?} stands twice")));
        }
        seen.push(key);
        let barred = || value.split_once('|').map(|(left, right)| (left.trim(), right.trim()));
        match key.split_once(' ').unwrap_or((key, "")) {
            ("name", "") => value.clone_into(&mut header.name),
            ("family", "") => value.clone_into(&mut header.family),
            ("sentence", "") => value.clone_into(&mut header.sentence),
            ("citation", "") => value.clone_into(&mut header.citation),
            ("lyapunov", "") => {
                let (numbers, source) =
                    barred().ok_or_else(|| fault("exponents need a source: `0.9, 0, -14 | source`"))?;
                let numbers: Result<Vec<f64>, _> = numbers.split(',').map(|n| n.trim().parse()).collect();
                let numbers = numbers.map_err(|_| fault("exponents are numbers apart by commas"))?;
                header.lyapunov = Some((numbers, source.to_owned()));
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
            ("view", "") => {
                header.view = value.split(',').map(|name| name.trim().to_owned()).collect();
                if !(2..=3).contains(&header.view.len()) {
                    return Err(fault("a view names two or three variables, apart by commas"));
                }
            }
            ("period", "") => {
                let period = value.parse().ok().filter(|p: &f64| p.is_finite() && *p > 0.0);
                header.period = Some(period.ok_or_else(|| fault("a period is a number above 0"))?);
            }
            ("chaotic", "") => {
                let why = barred().filter(|(no, why)| *no == "no" && !why.is_empty());
                let (_, why) = why.ok_or_else(|| fault("write `chaotic = no | why, in a few words`"))?;
                header.regular = Some(why.to_owned());
            }
            ("collection", "") => {
                let (name, set) = match barred() {
                    Some((name, set)) => {
                        let set = set.strip_prefix("set ").map(str::trim);
                        let set = set.ok_or_else(|| fault("behind the bar stands `set NAME`"))?;
                        (name, Some(set.to_owned()))
                    }
                    None => (value, None),
                };
                header.collection = Some((name.to_owned(), set));
            }
            ("preset", name) if !name.trim().is_empty() => {
                header.presets.push((name.trim().to_owned(), value.to_owned()));
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
