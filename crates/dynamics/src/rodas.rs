//! A Rosenbrock method of orders 4 and 3 for stiff flows.

use crate::drive::{Drive, ROOT};
use numerics::dense::{factor, substitute};
use numerics::{Flow, Process};

/// Number of stages.
const STAGES: usize = 6;
const GAMMA: f64 = 0.25;
/// Times of the stages.
const TIMES: [f64; 4] = [0.0, 0.386, 0.21, 0.63];
/// Weights of the derivative by time.
const SLOPES: [f64; 4] = [0.25, -0.1043, 0.1035, -0.036_2];
/// Weights of the earlier stages in the arguments.
const A: [&[f64]; 5] = [
    &[],
    &[1.544],
    &[0.946_678_528_081_582_6, 0.255_701_169_898_328_4],
    &[3.314_825_187_068_521, 2.896_124_015_972_201, 0.998_641_913_997_781_7],
    &[1.221_224_509_226_641, 6.019_134_481_288_629, 12.537_083_329_320_87, -0.687_886_036_105_895],
];
/// Weights of the earlier stages on the right-hand sides.
const C: [&[f64]; 6] = [
    &[],
    &[-5.668_8],
    &[-2.430_093_356_833_875, -0.206_359_915_709_191_5],
    &[-0.107_352_905_815_137_5, -9.594_562_251_023_355, -20.470_286_148_096_16],
    &[7.496_443_313_967_647, -10.246_804_314_643_52, -33.999_903_528_199_05, 11.708_908_932_061_6],
    &[
        8.083_246_795_921_522,
        -7.981_132_988_064_893,
        -31.521_594_328_743_71,
        16.319_305_431_231_36,
        -6.058_818_238_834_054,
    ],
];
/// Weights of the stages in the upper two coefficients of the interpolant.
const DENSE: [[f64; 5]; 2] = [
    [
        10.126_235_083_445_86,
        -7.487_995_877_610_167,
        -34.800_918_615_557_47,
        -7.992_771_707_568_823,
        1.025_137_723_295_662,
    ],
    [
        -0.676_280_339_280_689_8,
        6.087_714_651_680_015,
        16.430_843_208_924_78,
        24.767_225_114_183_86,
        -6.594_389_125_716_872,
    ],
];

/// Where within a step its interpolant is checked.
const PROBE: f64 = 0.3;

/// Room for the steps, and what they keep of the present state.
///
/// The method RODAS of Hairer and Wanner (Solving Ordinary Differential Equations II, section IV.7, and its program
/// of 1996), stiffly accurate and L-stable, with an interpolant of order 3. Each stage solves
/// `(1/(hγ) - J) u_i = f(t + α_i h, x + Σ a_ij u_j) + Σ (c_ij/h) u_j + h γ_i ∂f/∂t`.
#[derive(Clone, Debug)]
pub(crate) struct Rodas {
    /// Whether Jacobian and slope belong to the present state.
    known: bool,
    jacobian: Vec<f64>,
    /// Derivative of the rates by time.
    slope: Vec<f64>,
    lu: Vec<f64>,
    exchanges: Vec<usize>,
    stages: Vec<f64>,
    argument: Vec<f64>,
    scratch: Vec<f64>,
}

impl Rodas {
    pub(crate) fn new(n: usize) -> Self {
        Self {
            known: false,
            jacobian: vec![0.0; n * n],
            slope: vec![0.0; n],
            lu: vec![0.0; n * n],
            exchanges: vec![0; n],
            stages: vec![0.0; STAGES * n],
            argument: vec![0.0; n],
            scratch: vec![0.0; n],
        }
    }

    /// The present state has changed.
    pub(crate) fn forget(&mut self) {
        self.known = false;
    }

    /// Tries a step of length `h` from `x` at `t`, where the rates are `rate`; false where its matrix is singular.
    pub(crate) fn attempt<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        (t, h): (f64, f64),
        x: &[f64],
        rate: &[f64],
        value: &mut [f64],
        error: &mut [f64],
        small: f64,
    ) -> bool {
        let n = x.len();
        if !self.known {
            self.argument.copy_from_slice(x);
            drive.jacobian(t, &mut self.argument, rate, &mut self.jacobian, &mut self.scratch, small);
            let (size, length) = (libm::fabs(t), libm::fabs(h));
            let later = t + libm::copysign(ROOT * if size > length { size } else { length }, h);
            drive.rate(later, x, &mut self.slope);
            for i in 0..n {
                self.slope[i] = (self.slope[i] - rate[i]) / (later - t);
            }
            self.known = true;
        }
        for i in 0..n {
            for j in 0..n {
                self.lu[i * n + j] = -self.jacobian[i * n + j];
            }
            self.lu[i * n + i] += 1.0 / (h * GAMMA);
        }
        if !factor(&mut self.lu, &mut self.exchanges, n) {
            return false;
        }
        for stage in 0..STAGES {
            let (known, rest) = self.stages.split_at_mut(stage * n);
            let u = &mut rest[..n];
            if stage == 0 {
                u.copy_from_slice(rate);
            } else {
                // The last two arguments are estimates of the result: the fifth, and that with its stage added.
                for i in 0..n {
                    let mut total = if stage == 5 { value[i] + known[4 * n + i] } else { x[i] };
                    for (j, weight) in A.get(stage).copied().unwrap_or_default().iter().enumerate() {
                        total += weight * known[j * n + i];
                    }
                    value[i] = total;
                }
                let time = if stage < 4 { t + TIMES[stage] * h } else { t + h };
                drive.rate(time, value, u);
            }
            for i in 0..n {
                let mut total = 0.0;
                for (j, weight) in C[stage].iter().enumerate() {
                    total += weight * known[j * n + i];
                }
                u[i] += total / h;
                if let Some(weight) = SLOPES.get(stage) {
                    u[i] += h * weight * self.slope[i];
                }
            }
            substitute(&self.lu, &self.exchanges, u, n);
        }
        error.copy_from_slice(&self.stages[5 * n..]);
        for i in 0..n {
            value[i] += error[i];
        }
        true
    }

    /// Writes what the interpolant `dense` of the step just tried, from `x` at `t` to `value`, is off by at one place within:
    /// the correction of a Newton iteration with the matrix of the step. Stiff variables, which the step itself gets
    /// right, are where an interpolant fails.
    pub(crate) fn dense_error<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        (t, h): (f64, f64),
        x: &[f64],
        value: &[f64],
        dense: &[f64],
        error: &mut [f64],
    ) {
        let n = x.len();
        for i in 0..n {
            let upper = dense[i] + PROBE * dense[n + i];
            self.argument[i] = x[i] + PROBE * (value[i] - x[i] + (1.0 - PROBE) * upper);
        }
        drive.rate(t + PROBE * h, &self.argument, error);
        for i in 0..n {
            let bend = (1.0 - 2.0 * PROBE) * (dense[i] + PROBE * dense[n + i]);
            error[i] -= (value[i] - x[i] + bend + PROBE * (1.0 - PROBE) * dense[n + i]) / h;
        }
        substitute(&self.lu, &self.exchanges, error, n);
    }

    /// Writes the upper two coefficients of the interpolant of the step just tried.
    pub(crate) fn keep_dense(&self, out: &mut [f64]) {
        let n = self.slope.len();
        for (row, weights) in out.chunks_exact_mut(if n == 0 { 1 } else { n }).zip(DENSE) {
            for i in 0..n {
                let mut total = 0.0;
                for (j, weight) in weights.iter().enumerate() {
                    total += weight * self.stages[j * n + i];
                }
                row[i] = total;
            }
        }
    }
}
