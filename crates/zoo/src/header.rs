//! The header of a system's file: comment lines that start with `#:`.

/// What a header says, checked.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) sentence: String,
    pub(crate) citation: String,
    pub(crate) lyapunov: Vec<f64>,
    pub(crate) source: String,
    pub(crate) kaplan_yorke: Option<f64>,
    pub(crate) view: Vec<String>,
    pub(crate) spread: f64,
    /// Name, label, low, high.
    pub(crate) labels: Vec<(String, String, f64, f64)>,
}

/// The families, in the order of the gallery.
pub(crate) const FAMILIES: [&str; 5] =
    ["Chaotic flows", "Oscillators and mechanics", "Neurons", "Populations and networks", "Maps"];

/// Reads the header; a fault comes with its line.
pub(crate) fn read(text: &str) -> Result<Header, (usize, String)> {
    let mut header = Header { spread: f64::NAN, ..Header::default() };
    for (index, line) in text.lines().enumerate() {
        let Some(entry) = line.strip_prefix("#:") else { continue };
        let fault = |message: String| (index + 1, message);
        let (key, value) =
            entry.split_once('=').ok_or_else(|| fault("a header line is `#: key = value`".into()))?;
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            return Err(fault(format!("`{key}` has no value")));
        }
        let number = |text: &str| {
            let parsed = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
            parsed.ok_or_else(|| (index + 1, format!("`{}` is not a number", text.trim())))
        };
        match key {
            "name" => header.name = value.into(),
            "sentence" => header.sentence = value.into(),
            "citation" => header.citation = value.into(),
            "family" if FAMILIES.contains(&value) => header.family = value.into(),
            "family" => {
                return Err(fault(format!("`{value}` is no family; they are {}", FAMILIES.join(", "))));
            }
            "lyapunov" => {
                let (figures, source) =
                    value.split_once('|').ok_or_else(|| fault("figures are `a, b, c | source`".into()))?;
                for figure in figures.split(',') {
                    header.lyapunov.push(number(figure)?);
                }
                header.source = source.trim().into();
            }
            "kaplan-yorke" => header.kaplan_yorke = Some(number(value)?),
            "view" => header.view = value.split(',').map(|name| name.trim().into()).collect(),
            "spread" => header.spread = number(value)?,
            _ => {
                let name = key
                    .strip_prefix("parameter ")
                    .ok_or_else(|| fault(format!("`{key}` is no key of a header")))?;
                let mut parts = value.rsplitn(3, ',');
                let (high, low, label) = (parts.next(), parts.next(), parts.next());
                let (Some(high), Some(low), Some(label)) = (high, low, label) else {
                    return Err(fault("a parameter is `label, low, high`".into()));
                };
                let (low, high) = (number(low)?, number(high)?);
                if low >= high {
                    return Err(fault(format!("the range of `{name}` is empty")));
                }
                header.labels.push((name.trim().into(), label.trim().into(), low, high));
            }
        }
    }
    let fields = [
        ("name", &header.name),
        ("family", &header.family),
        ("sentence", &header.sentence),
        ("citation", &header.citation),
    ];
    for (key, value) in fields {
        if value.is_empty() {
            return Err((1, format!("the header lacks `#: {key} = ...`")));
        }
    }
    if header.view.is_empty() || !header.spread.is_finite() {
        return Err((1, "the header lacks `#: view = ...` or `#: spread = ...`".into()));
    }
    Ok(header)
}
