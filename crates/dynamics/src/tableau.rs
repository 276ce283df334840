//! Butcher tableaux of the explicit Runge-Kutta methods.

/// An explicit Runge-Kutta method of `s` stages.
///
/// `k_i = f(t + c_i h, x + h Σ_{j<i} a_ij k_j)`, `x⁺ = x + h Σ b_i k_i`, local error estimate `h Σ e_i k_i`.
#[derive(Clone, Copy, Debug)]
pub struct Tableau {
    /// Times of the stages, as fractions of the step.
    pub c: &'static [f64],
    /// Rows of the strictly lower triangular matrix; row `i` has `i` entries.
    pub a: &'static [&'static [f64]],
    /// Weights of the result.
    pub b: &'static [f64],
    /// Weights of the error estimate, `b - b̂`; empty where there is none.
    pub error: &'static [f64],
    /// Order of the embedded method `b̂`; 0 where there is none.
    pub embedded_order: u32,
    /// Whether the last stage is evaluated at the result, and so is the next step's first.
    pub first_same_as_last: bool,
    /// Coefficients of the continuous weights, `b_i(θ) = Σ_p interpolant[i][p] θ^(p+1)`, with
    /// `x(t + θ h) = x + h Σ b_i(θ) k_i`; empty where there is none.
    pub interpolant: &'static [[f64; 4]],
    /// Order of the interpolant; 0 where there is none.
    pub interpolant_order: u32,
}

impl Tableau {
    /// Number of stages.
    pub const fn stages(&self) -> usize {
        self.c.len()
    }
    /// The continuous weight `b_i(θ)` of one stage.
    pub fn weight(&self, stage: usize, theta: f64) -> f64 {
        let [p1, p2, p3, p4] = self.interpolant[stage];
        theta * (p1 + theta * (p2 + theta * (p3 + theta * p4)))
    }
}

/// Euler's method, order 1.
pub const EULER: Tableau = Tableau {
    c: &[0.0],
    a: &[&[]],
    b: &[1.0],
    error: &[],
    embedded_order: 0,
    first_same_as_last: false,
    interpolant: &[],
    interpolant_order: 0,
};

/// The classical Runge-Kutta method, order 4 (Kutta 1901).
pub const RUNGE_KUTTA_4: Tableau = Tableau {
    c: &[0.0, 0.5, 0.5, 1.0],
    a: &[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    error: &[],
    embedded_order: 0,
    first_same_as_last: false,
    interpolant: &[],
    interpolant_order: 0,
};

/// The pair of orders 5 and 4 of Tsitouras (2011), with its free interpolant of order 4.
pub const TSITOURAS_5: Tableau = Tableau {
    c: &[0.0, 0.161, 0.327, 0.9, 0.980_025_540_904_509_7, 1.0, 1.0],
    a: &[
        &[],
        &[0.161],
        &[-0.008_480_655_492_356_989, 0.335_480_655_492_357],
        &[2.897_153_057_105_493_5, -6.359_448_489_975_075, 4.362_295_432_869_581_5],
        &[5.325_864_828_439_257, -11.748_883_564_062_828, 7.495_539_342_889_836_5, -0.092_495_066_361_755_25],
        &[
            5.861_455_442_946_42,
            -12.920_969_317_847_11,
            8.159_367_898_576_159,
            -0.071_584_973_281_401,
            -0.028_269_050_394_068_383,
        ],
        &[
            0.096_460_766_818_065_23,
            0.01,
            0.479_889_650_414_499_6,
            1.379_008_574_103_742,
            -3.290_069_515_436_081,
            2.324_710_524_099_774,
        ],
    ],
    b: &[
        0.096_460_766_818_065_23,
        0.01,
        0.479_889_650_414_499_6,
        1.379_008_574_103_742,
        -3.290_069_515_436_081,
        2.324_710_524_099_774,
        0.0,
    ],
    error: &[
        -0.001_780_011_052_225_777,
        -0.000_816_434_459_656_746_9,
        0.007_880_878_010_261_995,
        -0.144_711_007_173_262_9,
        0.582_357_165_452_555_2,
        -0.458_082_105_929_186_97,
        1.0 / 66.0,
    ],
    embedded_order: 4,
    first_same_as_last: true,
    interpolant: &[
        [1.0, -2.763_706_197_274_826, 2.913_255_461_821_912_6, -1.053_088_497_729_021_6],
        [0.0, 0.131_7, -0.223_4, 0.101_7],
        [0.0, 3.930_296_236_894_751_6, -5.941_033_872_131_505, 2.490_627_285_651_253],
        [0.0, -12.411_077_166_933_676, 30.338_188_630_282_32, -16.548_102_889_244_902],
        [0.0, 37.509_313_416_511_04, -88.178_904_894_766_4, 47.379_521_962_819_28],
        [0.0, -27.896_526_289_197_286, 65.091_894_674_793_66, -34.870_657_861_496_6],
        [0.0, 1.5, -4.0, 2.5],
    ],
    interpolant_order: 4,
};
