//! The one list of methods.

use crate::tableau::{EULER, RUNGE_KUTTA_4, TSITOURAS_5, Tableau};

/// A way to advance a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Euler's method with a fixed step.
    Euler,
    /// The classical Runge-Kutta method with a fixed step.
    #[default]
    RungeKutta4,
    /// Tsitouras' pair of orders 5 and 4, with the step chosen by its error estimate.
    Tsitouras5,
    /// Iteration of a map.
    Discrete,
}

/// Every method; tests, documentation and controls come from this list.
pub const METHODS: [Method; 4] = [Method::Euler, Method::RungeKutta4, Method::Tsitouras5, Method::Discrete];

impl Method {
    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Euler => "Euler",
            Self::RungeKutta4 => "Runge-Kutta 4",
            Self::Tsitouras5 => "Tsitouras 5(4)",
            Self::Discrete => "Iteration",
        }
    }
    /// Name in links and on the command line.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::RungeKutta4 => "rk4",
            Self::Tsitouras5 => "tsit5",
            Self::Discrete => "discrete",
        }
    }
    /// The method of this slug, in any case.
    pub fn from_slug(slug: &str) -> Option<Self> {
        METHODS.into_iter().find(|method| method.slug().eq_ignore_ascii_case(slug))
    }
    /// Order of convergence; 0 for a map, which is exact.
    pub const fn order(self) -> u32 {
        match self {
            Self::Euler => 1,
            Self::RungeKutta4 => 4,
            Self::Tsitouras5 => 5,
            Self::Discrete => 0,
        }
    }
    /// Where the method was published.
    pub const fn citation(self) -> &'static str {
        match self {
            Self::Euler => "L. Euler, Institutionum calculi integralis, vol. 1, section 2, chapter 7 (1768)",
            Self::RungeKutta4 => {
                "W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Zeitschrift für Mathematik und Physik 46, 435-453 (1901)"
            }
            Self::Tsitouras5 => {
                "C. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption, Computers & Mathematics with Applications 62, 770-775 (2011), doi:10.1016/j.camwa.2011.06.002"
            }
            Self::Discrete => "no approximation: the map itself",
        }
    }
    /// The method's coefficients; none for a map.
    pub const fn tableau(self) -> Option<&'static Tableau> {
        match self {
            Self::Euler => Some(&EULER),
            Self::RungeKutta4 => Some(&RUNGE_KUTTA_4),
            Self::Tsitouras5 => Some(&TSITOURAS_5),
            Self::Discrete => None,
        }
    }
    /// Whether [`crate::Trajectory`] lets the error estimate choose the step.
    pub const fn is_adaptive(self) -> bool {
        matches!(self, Self::Tsitouras5)
    }
}
