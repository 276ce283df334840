//! Networks as files: the parameters by name in the format safetensors, which PyTorch, JAX and others read.
//!
//! A file is the length of its header (eight bytes, least first), the header in JSON, and the numbers, least byte first.
//! The header gives each tensor's type, shape and place; under `__metadata__` stand `cell` (the [`CellKind`] in JSON),
//! `directions` (`1`, or `2` for a [`Bidirectional`](crate::Bidirectional) network, whose second has its names after
//! `back.`) and `edition`. All tensors are matrices; a vector has one column.

use crate::cell::{CellKind, Layout, ParameterBlock};
use crate::error::Error;
use crate::float::Float;
use serde_json::{Map, Value, json};
use std::ops::Range;

/// The edition of the names and shapes; another one is refused.
pub const EDITION: &str = "1";

/// Longest header that is read.
const LONGEST: usize = 1 << 20;

/// What can be wrong with a saved network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SaveError {
    /// The bytes end too early.
    #[error("the file ends after {found} bytes where its {part} needs {needed}")]
    Truncated {
        /// Which part.
        part: &'static str,
        /// Number of bytes.
        found: usize,
        /// Number of bytes needed.
        needed: usize,
    },
    /// There are bytes behind the end.
    #[error("the file has {found} bytes; its header accounts for {expected}")]
    Surplus {
        /// Number of bytes.
        found: usize,
        /// Number of bytes accounted for.
        expected: usize,
    },
    /// The header is not one.
    #[error("the header is not that of a safetensors file: {0}")]
    Header(String),
    /// The file does not say which cell it holds.
    #[error("the file has no `{0}` among its metadata; a network saved here has one")]
    NotOurs(&'static str),
    /// The names and shapes are of another edition.
    #[error("the file is of edition {found}; this is edition {EDITION}")]
    Edition {
        /// What the file says.
        found: String,
    },
    /// The file holds another network than was asked for.
    #[error("the file holds the network {found}; asked for was {expected}")]
    OtherCell {
        /// What it holds.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A tensor is missing.
    #[error("the file has no tensor `{name}`, which the cell needs ({rows} × {cols})")]
    Missing {
        /// Its name.
        name: String,
        /// Rows it must have.
        rows: usize,
        /// Columns it must have.
        cols: usize,
    },
    /// There is a tensor that the cell does not have.
    #[error("the file has a tensor `{0}`, which the cell does not have")]
    Unknown(String),
    /// A tensor has another shape.
    #[error("the tensor `{name}` has the shape {found}; the cell needs [{rows},{cols}]")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: String,
        /// Rows it must have.
        rows: usize,
        /// Columns it must have.
        cols: usize,
    },
    /// A tensor has a type that is not read.
    #[error("the tensor `{name}` has the type {found}; F32 and F64 are read")]
    Type {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
    /// A tensor's place is not one, or not as long as its shape and type say.
    #[error(
        "the tensor `{name}` stands at {found}; its shape and type need {needed} bytes within the file's numbers"
    )]
    Place {
        /// Its name.
        name: String,
        /// Its place.
        found: String,
        /// Bytes it needs.
        needed: usize,
    },
    /// A parameter is not finite.
    #[error("entry {entry} of the tensor `{name}` is not finite")]
    NotFinite {
        /// The tensor's name.
        name: String,
        /// Which entry, counted from 0.
        entry: usize,
    },
}

/// A network as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The cell and its sizes.
    pub kind: CellKind,
    /// Whether there are two networks, the one from the back behind the one from the front.
    pub bidirectional: bool,
    /// The parameters, flat.
    pub parameters: Vec<f64>,
}

/// The name of a piece of the parameters in the file.
fn named(block: &ParameterBlock, back: bool) -> String {
    format!("{}{}", if back { "back." } else { "" }, block.name)
}

/// What a cell calls itself in the file.
fn text(kind: CellKind) -> Result<String, SaveError> {
    serde_json::to_string(&kind).map_err(|e| SaveError::Header(e.to_string()))
}

/// The bytes of a network in the precision of its parameters; two networks where there are twice as many.
///
/// # Errors
/// [`Error::Length`] for neither as many parameters as the cell has nor twice as many, and those of [`CellKind::build`].
pub fn write<T: Float>(kind: CellKind, parameters: &[T]) -> Result<Vec<u8>, Error> {
    let layout = kind.build::<T>()?.layout();
    let (found, expected) = (parameters.len(), layout.len());
    let both = found == 2 * expected;
    if !both && found != expected {
        return Err(Error::Length { what: "the parameters", found, expected });
    }
    let dtype = if T::BYTES == 4 { "F32" } else { "F64" };
    let mut header = Map::new();
    let directions = if both { "2" } else { "1" };
    header.insert(
        "__metadata__".into(),
        json!({ "cell": text(kind)?, "directions": directions, "edition": EDITION }),
    );
    for back in [false, true].into_iter().take(1 + both as usize) {
        let first = if back { expected } else { 0 };
        for block in &layout.blocks {
            let place = [first + block.offset, first + block.range().end].map(|at| at * T::BYTES);
            header.insert(
                named(block, back),
                json!({ "dtype": dtype, "shape": [block.rows, block.cols], "data_offsets": place }),
            );
        }
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // The numbers begin at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + found * T::BYTES);
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&header);
    parameters.iter().for_each(|p| p.write(&mut bytes));
    Ok(bytes)
}

/// Reads the network that [`write()`] wrote, or another program that kept its header.
///
/// # Errors
/// [`Error::Save`], and those of [`CellKind::build`] for sizes that cannot be.
pub fn read(bytes: &[u8]) -> Result<Saved, Error> {
    let (mut header, numbers) = parts(bytes)?;
    let metadata = header.remove("__metadata__").unwrap_or_default();
    let said = |key: &'static str| {
        metadata.get(key).and_then(Value::as_str).map(str::to_owned).ok_or(SaveError::NotOurs(key))
    };
    let edition = said("edition")?;
    if edition != EDITION {
        return Err(SaveError::Edition { found: edition }.into());
    }
    let kind: CellKind = serde_json::from_str(&said("cell")?)
        .map_err(|e| SaveError::Header(format!("its cell is not one that is known here: {e}")))?;
    let bidirectional = match said("directions")?.as_str() {
        "1" => false,
        "2" => true,
        other => {
            let fault = format!("its directions are `{other}`; they must be `1` or `2`");
            return Err(SaveError::Header(fault).into());
        }
    };
    let layout = kind.build::<f64>()?.layout();
    let mut parameters = Vec::new();
    let mut taken = 0;
    for back in [false, true].into_iter().take(1 + bidirectional as usize) {
        taken += tensors(&layout, back, &mut header, numbers, &mut parameters)?;
    }
    if let Some(name) = header.keys().next() {
        return Err(SaveError::Unknown(name.clone()).into());
    }
    if taken != numbers.len() {
        let before = bytes.len() - numbers.len();
        return Err(SaveError::Surplus { found: bytes.len(), expected: before + taken }.into());
    }
    Ok(Saved { kind, bidirectional, parameters })
}

/// Reads the parameters of this very network, in its precision.
///
/// # Errors
/// Those of [`read()`], and [`SaveError::OtherCell`] where the file holds another cell, other sizes, or another number of
/// directions.
pub fn read_as<T: Float>(kind: CellKind, bidirectional: bool, bytes: &[u8]) -> Result<Vec<T>, Error> {
    let saved = read(bytes)?;
    if (saved.kind, saved.bidirectional) != (kind, bidirectional) {
        let said = |kind, both| -> Result<String, SaveError> {
            Ok(format!("{}{}", text(kind)?, if both { " in both directions" } else { "" }))
        };
        let found = said(saved.kind, saved.bidirectional)?;
        return Err(SaveError::OtherCell { found, expected: said(kind, bidirectional)? }.into());
    }
    Ok(saved.parameters.into_iter().map(T::of).collect())
}

/// Header and numbers of a file.
fn parts(bytes: &[u8]) -> Result<(Map<String, Value>, &[u8]), SaveError> {
    let found = bytes.len();
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(SaveError::Truncated { part: "length", found, needed: 8 });
    };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST as u64 {
        let fault = format!("it claims {length} bytes; at most {LONGEST} are read");
        return Err(SaveError::Header(fault));
    }
    let length = length as usize;
    if rest.len() < length {
        return Err(SaveError::Truncated { part: "header", found, needed: 8 + length });
    }
    let (header, numbers) = rest.split_at(length);
    let header = serde_json::from_slice(header).map_err(|e| SaveError::Header(e.to_string()))?;
    Ok((header, numbers))
}

/// Takes the tensors of one network out of the header, their numbers appended to `parameters`; the bytes they have.
fn tensors(
    layout: &Layout,
    back: bool,
    header: &mut Map<String, Value>,
    numbers: &[u8],
    parameters: &mut Vec<f64>,
) -> Result<usize, SaveError> {
    let mut taken = 0;
    for block in &layout.blocks {
        let name = named(block, back);
        let ParameterBlock { rows, cols, .. } = *block;
        let Some(tensor) = header.remove(&name) else {
            return Err(SaveError::Missing { name, rows, cols });
        };
        let shape = &tensor["shape"];
        if *shape != json!([rows, cols]) && !(cols == 1 && *shape == json!([rows])) {
            return Err(SaveError::Shape { name, found: shape.to_string(), rows, cols });
        }
        let width = match tensor["dtype"].as_str() {
            Some("F32") => 4,
            Some("F64") => 8,
            _ => return Err(SaveError::Type { name, found: tensor["dtype"].to_string() }),
        };
        let needed = block.len() * width;
        let Some(place) = place(&tensor["data_offsets"]).filter(|place| place.len() == needed) else {
            return Err(SaveError::Place { name, found: tensor["data_offsets"].to_string(), needed });
        };
        let Some(own) = numbers.get(place.clone()) else {
            let before = numbers.len();
            return Err(SaveError::Truncated { part: "numbers", found: before, needed: place.end });
        };
        for (entry, number) in own.chunks_exact(width).enumerate() {
            let value = if width == 4 { f32::read(number).map(f64::from) } else { f64::read(number) };
            match value.filter(|value| value.is_finite()) {
                Some(value) => parameters.push(value),
                None => return Err(SaveError::NotFinite { name, entry }),
            }
        }
        taken += needed;
    }
    Ok(taken)
}

fn place(offsets: &Value) -> Option<Range<usize>> {
    let [first, end] = offsets.as_array()?.as_slice() else { return None };
    let (first, end) = (first.as_u64()?, end.as_u64()?);
    (first <= end).then_some(usize::try_from(first).ok()?..usize::try_from(end).ok()?)
}
