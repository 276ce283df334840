//! The one list of methods.

use crate::tableau::{DORMAND_PRINCE_5, DORMAND_PRINCE_8, EULER, HEUN, RUNGE_KUTTA_4, TSITOURAS_5, Tableau};

/// A way to advance a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Euler's method with a fixed step.
    Euler,
    /// Heun's method with a fixed step, the "modified Euler" of XPPAUT.
    ModifiedEuler,
    /// The classical Runge-Kutta method with a fixed step.
    #[default]
    RungeKutta4,
    /// Adams-Bashforth-Moulton of order 4 with a fixed step: predict, evaluate, correct, evaluate. Runge-Kutta 4
    /// takes the first three steps, and the ones after an event.
    Adams,
    /// Tsitouras' pair of orders 5 and 4, with the step chosen by its error estimate.
    Tsitouras5,
    /// Dormand and Prince's pair of orders 5 and 4, with the step chosen by its error estimate.
    DormandPrince5,
    /// Dormand and Prince's method of order 8 with estimates of orders 5 and 3.
    DormandPrince8,
    /// A Rosenbrock pair of orders 4 and 3 for stiff flows, with the step chosen by its error estimate.
    Rodas4,
    /// The implicit Euler method with a fixed step, solved by Newton's method.
    BackwardEuler,
    /// Störmer and Verlet's method with a fixed step, for flows whose variables fall into two halves.
    Verlet,
    /// Iteration of a map.
    Discrete,
    /// Euler's method for Itô's stochastic differential equations, with a fixed step.
    EulerMaruyama,
    /// Milstein's method for Itô's stochastic differential equations with diagonal noise, with a fixed step.
    Milstein,
    /// Heun's method for stochastic differential equations, with a fixed step. It converges to the solution in
    /// Stratonovich's sense, which differs from Itô's where the strength of the noise depends on the state.
    StochasticHeun,
}

/// Every method; tests, documentation and controls come from this list.
pub const METHODS: [Method; 14] = [
    Method::Euler,
    Method::ModifiedEuler,
    Method::RungeKutta4,
    Method::Adams,
    Method::Tsitouras5,
    Method::DormandPrince5,
    Method::DormandPrince8,
    Method::Rodas4,
    Method::BackwardEuler,
    Method::Verlet,
    Method::Discrete,
    Method::EulerMaruyama,
    Method::Milstein,
    Method::StochasticHeun,
];

/// Orders of convergence of a method for stochastic differential equations, in the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseOrder {
    /// Of each path: the mean of `|x_h(T) - x(T)|`.
    pub strong: f64,
    /// Of the distribution: the difference of the means of a smooth function.
    pub weak: f64,
}

/// What a method asks of a system beyond its right-hand side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It uses the Jacobian, and takes finite differences where the system has none.
    pub jacobian: bool,
    /// The variables must fall into two halves ([`numerics::Process::halves`]).
    pub halves: bool,
    /// The noise must be diagonal ([`numerics::Process::is_noise_diagonal`]).
    pub diagonal_noise: bool,
}

impl Method {
    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Euler => "Euler",
            Self::ModifiedEuler => "Modified Euler (Heun)",
            Self::RungeKutta4 => "Runge-Kutta 4",
            Self::Adams => "Adams-Bashforth-Moulton 4",
            Self::Tsitouras5 => "Tsitouras 5(4)",
            Self::DormandPrince5 => "Dormand-Prince 5(4)",
            Self::DormandPrince8 => "Dormand-Prince 8(5,3)",
            Self::Rodas4 => "Rodas 4(3)",
            Self::BackwardEuler => "Backward Euler",
            Self::Verlet => "Störmer-Verlet",
            Self::Discrete => "Iteration",
            Self::EulerMaruyama => "Euler-Maruyama",
            Self::Milstein => "Milstein",
            Self::StochasticHeun => "Stochastic Heun",
        }
    }
    /// Name in links and on the command line.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::ModifiedEuler => "modeuler",
            Self::RungeKutta4 => "rk4",
            Self::Adams => "adams",
            Self::Tsitouras5 => "tsit5",
            Self::DormandPrince5 => "dopri5",
            Self::DormandPrince8 => "dop853",
            Self::Rodas4 => "rodas4",
            Self::BackwardEuler => "backeuler",
            Self::Verlet => "verlet",
            Self::Discrete => "discrete",
            Self::EulerMaruyama => "euler-maruyama",
            Self::Milstein => "milstein",
            Self::StochasticHeun => "heun",
        }
    }
    /// The method of this slug, in any case.
    pub fn from_slug(slug: &str) -> Option<Self> {
        METHODS.into_iter().find(|method| method.slug().eq_ignore_ascii_case(slug))
    }
    /// The method that stands for a value of XPPAUT's option `meth`, which tells names apart by their first two
    /// letters, in any case: `gear`, `cvode`, `stiff`, `rosen` and `2rb` become [`Method::Rodas4`], `qualrk` and
    /// `5dp` [`Method::DormandPrince5`], `83dp` [`Method::DormandPrince8`], `ymp` and `symplectic`
    /// [`Method::Verlet`]. None for `volterra`, which solves integral equations, and for what is no such name.
    pub fn from_xpp(name: &str) -> Option<Self> {
        let mut letters = name.chars().map(|letter| letter.to_ascii_lowercase());
        match (letters.next()?, letters.next()?) {
            ('d', 'i') => Some(Self::Discrete),
            ('e', 'u') => Some(Self::Euler),
            ('m', 'o') => Some(Self::ModifiedEuler),
            ('r', 'u' | 'k') => Some(Self::RungeKutta4),
            ('a', 'd') => Some(Self::Adams),
            ('q', 'u') | ('5', 'd') => Some(Self::DormandPrince5),
            ('8', '3') => Some(Self::DormandPrince8),
            ('g', 'e') | ('c', 'v') | ('s', 't') | ('r', 'o') | ('2', 'r') => Some(Self::Rodas4),
            ('b', 'a') => Some(Self::BackwardEuler),
            ('y', 'm') | ('s', 'y') => Some(Self::Verlet),
            _ => None,
        }
    }
    /// Order of convergence on a smooth flow; 0 for a map, which is exact. Methods for noise have it without noise,
    /// and those of [`Method::noise_order`] with it.
    pub const fn order(self) -> u32 {
        match self {
            Self::Euler | Self::BackwardEuler | Self::EulerMaruyama | Self::Milstein => 1,
            Self::ModifiedEuler | Self::Verlet | Self::StochasticHeun => 2,
            Self::RungeKutta4 | Self::Adams | Self::Rodas4 => 4,
            Self::Tsitouras5 | Self::DormandPrince5 => 5,
            Self::DormandPrince8 => 8,
            Self::Discrete => 0,
        }
    }
    /// Order of the interpolant between accepted steps: its error is of one power of the step more. 0 for a map.
    pub const fn dense_order(self) -> u32 {
        match self {
            Self::Discrete => 0,
            // A straight line.
            Self::BackwardEuler | Self::EulerMaruyama | Self::Milstein | Self::StochasticHeun => 1,
            // The cubic through both ends with their rates.
            Self::Euler | Self::ModifiedEuler | Self::RungeKutta4 | Self::Adams | Self::Verlet => 3,
            Self::Rodas4 => 3,
            Self::Tsitouras5 | Self::DormandPrince5 => 4,
            Self::DormandPrince8 => 7,
        }
    }
    /// Orders with noise, of the methods made for it. Heun's is the one for diagonal or commutative noise; without
    /// either its paths converge with order 1/2.
    pub const fn noise_order(self) -> Option<NoiseOrder> {
        match self {
            Self::EulerMaruyama => Some(NoiseOrder { strong: 0.5, weak: 1.0 }),
            Self::Milstein | Self::StochasticHeun => Some(NoiseOrder { strong: 1.0, weak: 1.0 }),
            _ => None,
        }
    }
    /// Its stability, in a word or two.
    pub const fn stability(self) -> &'static str {
        match self {
            Self::Discrete => "exact",
            Self::Verlet => "symplectic",
            Self::BackwardEuler | Self::Rodas4 => "L-stable",
            _ => "conditional",
        }
    }
    /// What it asks of a system.
    pub const fn needs(self) -> Needs {
        Needs {
            jacobian: matches!(self, Self::Rodas4 | Self::BackwardEuler),
            halves: matches!(self, Self::Verlet),
            diagonal_noise: matches!(self, Self::Milstein),
        }
    }
    /// Where the method was published.
    pub const fn citation(self) -> &'static str {
        match self {
            Self::Euler => "L. Euler, Institutionum calculi integralis, vol. 1, section 2, chapter 7 (1768)",
            Self::ModifiedEuler => {
                "K. Heun, Neue Methoden zur approximativen Integration der Differentialgleichungen einer unabhängigen Veränderlichen, Zeitschrift für Mathematik und Physik 45, 23-38 (1900)"
            }
            Self::RungeKutta4 => {
                "W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Zeitschrift für Mathematik und Physik 46, 435-453 (1901)"
            }
            Self::Adams => {
                "F. R. Moulton, New Methods in Exterior Ballistics, University of Chicago Press (1926)"
            }
            Self::Tsitouras5 => {
                "C. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption, Computers & Mathematics with Applications 62, 770-775 (2011), doi:10.1016/j.camwa.2011.06.002"
            }
            Self::DormandPrince5 => {
                "J. R. Dormand, P. J. Prince, A family of embedded Runge-Kutta formulae, Journal of Computational and Applied Mathematics 6, 19-26 (1980), doi:10.1016/0771-050X(80)90013-3"
            }
            Self::DormandPrince8 => {
                "E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, Springer, 2nd ed., sections II.5 and II.6 (1993), doi:10.1007/978-3-540-78862-1"
            }
            Self::Rodas4 | Self::BackwardEuler => {
                "E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, Springer, 2nd ed., sections IV.3, IV.7 and VI.4 (1996), doi:10.1007/978-3-642-05221-7"
            }
            Self::Verlet => {
                "E. Hairer, C. Lubich, G. Wanner, Geometric numerical integration illustrated by the Störmer-Verlet method, Acta Numerica 12, 399-450 (2003), doi:10.1017/S0962492902000144"
            }
            Self::Discrete => "no approximation: the map itself",
            Self::EulerMaruyama => {
                "G. Maruyama, Continuous Markov processes and stochastic equations, Rendiconti del Circolo Matematico di Palermo 4, 48-90 (1955), doi:10.1007/BF02846028"
            }
            Self::Milstein => {
                "G. N. Milstein, Approximate integration of stochastic differential equations, Theory of Probability & Its Applications 19, 557-562 (1975), doi:10.1137/1119062"
            }
            Self::StochasticHeun => {
                "W. Rümelin, Numerical treatment of stochastic differential equations, SIAM Journal on Numerical Analysis 19, 604-613 (1982), doi:10.1137/0719041"
            }
        }
    }
    /// The method's coefficients, of those that are explicit Runge-Kutta methods.
    pub const fn tableau(self) -> Option<&'static Tableau> {
        match self {
            Self::Euler => Some(&EULER),
            Self::ModifiedEuler => Some(&HEUN),
            Self::RungeKutta4 => Some(&RUNGE_KUTTA_4),
            Self::Tsitouras5 => Some(&TSITOURAS_5),
            Self::DormandPrince5 => Some(&DORMAND_PRINCE_5),
            Self::DormandPrince8 => Some(&DORMAND_PRINCE_8),
            _ => None,
        }
    }
    /// Whether the error estimate chooses the step.
    pub const fn is_adaptive(self) -> bool {
        matches!(self, Self::Tsitouras5 | Self::DormandPrince5 | Self::DormandPrince8 | Self::Rodas4)
    }
    /// Whether it is made for white noise.
    pub const fn is_stochastic(self) -> bool {
        self.noise_order().is_some()
    }
}
