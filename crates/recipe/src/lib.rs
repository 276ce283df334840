//! The link: exhibit, edition, seed, controls, equations, step and fingerprint; the one table of bounds.
//!
//! A link's fragment reads `SLUG?key=value&key=value`. Reserved keys are `seed`, `edition`, `step`, `fingerprint`,
//! `ode` (equations, deflated, in URL-safe base 64) and `series` (the digest of a person's own file). Every other
//! key is a control of the exhibit; a control named like a reserved key is written `p.NAME`. Whether the exhibit
//! and its controls exist, and what values they take, is for the floor above to say: this crate tells apart what
//! is wrong with the text itself, bounded before anything is decoded.
#![forbid(unsafe_code)]

pub mod bounds;
mod error;
mod fragment;

pub use error::RecipeError;

/// Keys that a link keeps for itself.
pub const RESERVED: [&str; 6] = ["seed", "edition", "step", "fingerprint", "ode", "series"];

/// The seed of a link that names none.
pub const DEFAULT_SEED: u64 = 1;

/// All that a run needs to be the same run elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Slug of an exhibit or a system.
    pub exhibit: String,
    /// Edition of the exhibit that made the link, where it says.
    pub edition: Option<u32>,
    /// Seed of every random stream.
    pub seed: u64,
    /// Controls that differ from their defaults, with their values as text, in the order of the link.
    pub controls: Vec<(String, String)>,
    /// Equations that a person typed.
    pub equations: Option<String>,
    /// Digest of the person's own series that the run needs.
    pub series: Option<u64>,
    /// The step that the link names.
    pub step: Option<u64>,
    /// Digest of the witness at that step.
    pub fingerprint: Option<u64>,
}

impl Recipe {
    /// The exhibit as it comes: default seed, default controls.
    pub fn new(exhibit: &str) -> Self {
        Self {
            exhibit: exhibit.to_owned(),
            edition: None,
            seed: DEFAULT_SEED,
            controls: Vec::new(),
            equations: None,
            series: None,
            step: None,
            fingerprint: None,
        }
    }

    /// Reads a fragment, with or without the leading `#/`, or a whole address that ends in one.
    ///
    /// # Errors
    /// Says which bound was passed or which part could not be read, and what would be right.
    pub fn decode(text: &str) -> Result<Self, RecipeError> {
        fragment::decode(text)
    }

    /// Writes the fragment without the leading `#/`; [`Recipe::decode`] reads it back.
    pub fn encode(&self) -> String {
        fragment::encode(self)
    }

    /// The value of a control, where the recipe sets it.
    pub fn control(&self, id: &str) -> Option<&str> {
        self.controls.iter().find(|(key, _)| key == id).map(|(_, value)| value.as_str())
    }

    /// Sets a control, or with `None` leaves it at its default.
    pub fn set_control(&mut self, id: &str, value: Option<String>) {
        let place = self.controls.iter().position(|(key, _)| key == id);
        match (place, value) {
            (Some(index), Some(value)) => self.controls[index].1 = value,
            (Some(index), None) => {
                self.controls.remove(index);
            }
            (None, Some(value)) => self.controls.push((id.to_owned(), value)),
            (None, None) => {}
        }
    }

    /// The run without its place: no step, no fingerprint.
    pub fn without_step(&self) -> Self {
        Self { step: None, fingerprint: None, edition: None, ..self.clone() }
    }
}

/// A fingerprint as it is shown and sent: sixteen hexadecimal digits.
pub fn fingerprint_text(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}
