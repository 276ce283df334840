/// What can be wrong with a request to this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A size of a network or a batch is zero or beyond what is allowed.
    #[error("{what} is {found}; it must lie between {least} and {most}")]
    Size {
        /// Which size.
        what: &'static str,
        /// What was given.
        found: usize,
        /// Smallest allowed.
        least: usize,
        /// Largest allowed.
        most: usize,
    },
    /// A setting lies outside its range.
    #[error("{what} is {found}; it must be {expected}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What was given.
        found: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// A slice has another length than its shape says.
    #[error("{what} holds {found} numbers where {expected} are needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length its shape asks for.
        expected: usize,
    },
    /// A number is infinite or not a number.
    #[error("number {index} of {what} is {found}; only finite numbers can be trained on")]
    NotFinite {
        /// Which slice.
        what: &'static str,
        /// Its place, counted from 0.
        index: usize,
        /// What stands there.
        found: f32,
    },
    /// The batch has another number of channels than the network observes.
    #[error("the batch has {found} channels, the network observes {expected}")]
    Channels {
        /// Channels of the batch.
        found: usize,
        /// Units that the network observes.
        expected: usize,
    },
    /// The device was asked for less than its adapter offers in a respect in which burn trusts the adapter.
    #[error(
        "the device `{device}` was made with {what} {found} where its adapter offers {needed}; \
         make it with `nets::required_limits` and `nets::required_features`"
    )]
    Narrow {
        /// Name of the adapter.
        device: String,
        /// The limit or feature.
        what: &'static str,
        /// What the device has.
        found: u64,
        /// What it must have.
        needed: u64,
    },
    /// burn cannot use the device.
    #[error("burn cannot share the device `{device}`: {reason}")]
    Unusable {
        /// Name of the adapter.
        device: String,
        /// burn's words.
        reason: String,
    },
    /// The device computes other gradients than the CPU, so nothing may train on it.
    #[error(
        "the gradients computed on `{device}` deviate from the CPU's by {found:.1e} where at most {most:.0e} \
         is rounding; train on the CPU instead"
    )]
    Deviates {
        /// Name of the adapter.
        device: String,
        /// The relative deviation found.
        found: f64,
        /// The largest that is accepted.
        most: f64,
    },
    /// Results could not be read back; the device is most likely lost.
    #[error("results could not be read back from `{device}`: {reason}")]
    Unread {
        /// Name of the adapter.
        device: String,
        /// burn's words.
        reason: String,
    },
}

/// # Errors
/// [`Error::NotFinite`] with the first number that is not finite.
pub(crate) fn check_finite(what: &'static str, values: &[f32]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, found: values[index] }),
        None => Ok(()),
    }
}

/// # Errors
/// [`Error::Size`] outside `least..=most`.
pub(crate) fn check_size(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), Error> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(Error::Size { what, found, least, most }) }
}
