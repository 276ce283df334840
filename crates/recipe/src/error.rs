use crate::bounds;

/// What can be wrong with the text of a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// The text is longer than any link that this program writes.
    #[error("the link is {0} bytes long; at most {max} are read. Was something pasted behind it?", max = bounds::LINK_BYTES)]
    TooLong(usize),
    /// There is nothing that could be a name before the `?`.
    #[error("the link names no exhibit; it should begin like #/lorenz")]
    NoExhibit,
    /// The name has characters that no exhibit has.
    #[error("{0:?} cannot be the name of an exhibit: names are letters, digits, '-', '.' and ':'")]
    BadName(String),
    /// A piece between two `&` has no `=`.
    #[error("{0:?} in the link is not of the form key=value")]
    NoValue(String),
    /// A `%` is not followed by two hexadecimal digits, or the bytes are not text.
    #[error(
        "{0:?} in the link is not properly escaped text: '%' must be followed by two hexadecimal digits of UTF-8"
    )]
    BadEscape(String),
    /// A key or a value is too long.
    #[error("{key:?} in the link is too long: at most {max} bytes")]
    LongPart {
        /// The key, cut.
        key: String,
        /// The bound that it passes.
        max: usize,
    },
    /// A key comes twice.
    #[error("{0:?} comes twice in the link; which of the two is meant?")]
    Repeated(String),
    /// There are more controls than any exhibit has.
    #[error("the link sets more than {max} controls", max = bounds::CONTROLS)]
    TooManyControls,
    /// A reserved key has a value of the wrong kind.
    #[error("{key}={value:?} in the link: {key} must be {expected}")]
    BadNumber {
        /// The key.
        key: &'static str,
        /// The value, cut.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The packed equations are damaged.
    #[error("the equations in the link cannot be unpacked; it was probably cut short when it was copied")]
    BadEquations,
    /// The packed equations are too long.
    #[error("the equations in the link unpack to more than {max} bytes", max = bounds::EQUATION_BYTES)]
    LongEquations,
    /// A fingerprint without the step that it belongs to.
    #[error("the link has a fingerprint but no step to compare it at; add step=N")]
    FingerprintWithoutStep,
}
