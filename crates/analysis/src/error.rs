//! What can be wrong with a request.

/// A request that cannot be carried out, with what would be right.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data do not divide into samples of this many variables.
    #[error("{length} values do not make samples of {dimension} variables: give a positive multiple")]
    Shape {
        /// Number of values.
        length: usize,
        /// Number of variables.
        dimension: usize,
    },
    /// A state or a data set has another number of variables than the system.
    #[error("{given} variables were given where {wanted} are needed")]
    Dimension {
        /// Number given.
        given: usize,
        /// Number needed.
        wanted: usize,
    },
    /// Two data sets that are compared sample by sample differ in length.
    #[error("the data sets have {first} and {second} samples: cut them to one length")]
    Lengths {
        /// Samples of the first.
        first: usize,
        /// Samples of the second.
        second: usize,
    },
    /// There are too few samples.
    #[error("{given} samples are too few: at least {wanted} are needed")]
    TooFew {
        /// Number given.
        given: usize,
        /// Smallest number that would do.
        wanted: usize,
    },
    /// A value that must be finite is not.
    #[error("value {index} is {value}: every value must be a finite number")]
    NotFinite {
        /// Place of the value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// An option lies outside its range.
    #[error("{name} is {value}: it must be {wanted}")]
    Option {
        /// Name of the option.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What would be right.
        wanted: &'static str,
    },
    /// The orbit left the bound.
    #[error("the orbit diverged at time {time}: variable {variable} reached {value}")]
    Diverged {
        /// Time at the end of the step that left the bound.
        time: f64,
        /// Index of the variable.
        variable: usize,
        /// Its value.
        value: f64,
    },
    /// An orbit did not cross the section.
    #[error(
        "the section was never crossed in {time} time units: choose a value between {low} and {high}, which the orbit \
         covers"
    )]
    NeverCrossed {
        /// Time for which it was followed.
        time: f64,
        /// Least value of the section's quantity on the orbit.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// Newton's method found nothing to start from.
    #[error(
        "no {what} was found near the start at parameter {parameter}: Newton's method ended {distance} away from one; \
         start nearer to it, or at another parameter"
    )]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The parameter's value.
        parameter: f64,
        /// Size of the last correction.
        distance: f64,
    },
    /// The start does not determine a branch.
    #[error(
        "the {what} at the start lies on no single branch (the Jacobian, with the parameter's column, has not full \
         rank): start at another parameter, or fix conserved quantities"
    )]
    Singular {
        /// What was started from.
        what: &'static str,
    },
    /// The parameter is without effect.
    #[error(
        "the parameter changes nothing: the equations are the same at {first} and at {second}; choose a parameter that \
         they contain"
    )]
    NoEffect {
        /// One value of the parameter.
        first: f64,
        /// Another.
        second: f64,
    },
    /// An explicit method needs too many steps.
    #[error(
        "{steps} steps do not get through {time} time units: the equations are too stiff for an explicit method; start \
         from a Hopf point instead"
    )]
    TooStiff {
        /// Steps allowed.
        steps: usize,
        /// Time to get through.
        time: f64,
    },
    /// The equations contain the time.
    #[error(
        "the equations depend on time, so that they have no equilibria and no cycles of their own: sample once a \
         period of the drive, or make the drive a variable"
    )]
    TimeDependent,
    /// A series is too short for what is asked of it.
    #[error("{given} values are too few for {purpose}: at least {wanted} are needed; {advice}")]
    TooShort {
        /// Number given.
        given: usize,
        /// Smallest number that would do.
        wanted: usize,
        /// What they are needed for.
        purpose: &'static str,
        /// What to change.
        advice: &'static str,
    },
    /// A request beyond what is computed at once.
    #[error("{given} {what} are more than the {most} that are worked on at once: {advice}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// Number given.
        given: usize,
        /// Largest number.
        most: usize,
        /// What to change.
        advice: &'static str,
    },
    /// All values are the same.
    #[error(
        "a constant series does not do for {what}: choose a variable that changes, or a stretch in which it does"
    )]
    Constant {
        /// What cannot be found.
        what: &'static str,
    },
    /// No point has enough neighbours.
    #[error(
        "no point has {wanted} neighbours within {radius} outside the window in time: give a larger radius, a longer \
         series, or ask for fewer neighbours"
    )]
    NoNeighbours {
        /// Neighbours asked for.
        wanted: usize,
        /// The radius.
        radius: f64,
    },
}

pub(crate) fn check_shape(length: usize, dimension: usize) -> Result<usize, Error> {
    if dimension == 0 || length == 0 || !length.is_multiple_of(dimension) {
        return Err(Error::Shape { length, dimension });
    }
    Ok(length / dimension)
}

pub(crate) fn check_finite(values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite { index, value: values[index] }),
        None => Ok(()),
    }
}

pub(crate) fn check_option(
    ok: bool,
    name: &'static str,
    value: f64,
    wanted: &'static str,
) -> Result<(), Error> {
    if ok { Ok(()) } else { Err(Error::Option { name, value, wanted }) }
}

/// Most values of a series that is worked on at once.
pub(crate) const MOST_VALUES: usize = 1 << 22;

/// A series of finite numbers, long enough, not too long, and not constant.
pub(crate) fn check_series(
    series: &[f64],
    wanted: usize,
    purpose: &'static str,
    advice: &'static str,
) -> Result<(), Error> {
    let given = series.len();
    if given < wanted {
        return Err(Error::TooShort { given, wanted, purpose, advice });
    }
    check_size("values", given, MOST_VALUES, "take every second value, or a shorter stretch")?;
    check_finite(series)?;
    check_range(series, purpose)
}

/// Values that are not all the same, and whose squares are ordinary numbers.
pub(crate) fn check_range(values: &[f64], purpose: &'static str) -> Result<(), Error> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in values {
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
    }
    if low == high {
        return Err(Error::Constant { what: purpose });
    }
    let wanted = "between 1e-100 and 1e100: scale the values";
    check_option((1e-100..=1e100).contains(&(high - low)), "range of the values", high - low, wanted)
}

pub(crate) fn check_size(
    what: &'static str,
    given: usize,
    most: usize,
    advice: &'static str,
) -> Result<(), Error> {
    if given <= most { Ok(()) } else { Err(Error::TooLarge { what, given, most, advice }) }
}
