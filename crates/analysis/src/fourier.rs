//! A discrete Fourier transform of any length, and spectra.

use core::f64::consts::PI;

/// Transforms of one length `n`: `X_k = Σ_j x_j exp(-2πi jk / n)`.
///
/// Powers of two by the iterative radix-2 algorithm (Cooley and Tukey 1965), other lengths through a convolution
/// with a chirp (Bluestein 1970). Each twiddle factor is computed by itself with `libm`.
#[derive(Clone, Debug)]
pub struct Fourier {
    length: usize,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Plan {
    Radix2(Radix2),
    Bluestein { chirp: Vec<(f64, f64)>, filter_re: Vec<f64>, filter_im: Vec<f64>, inner: Radix2 },
}

#[derive(Clone, Debug)]
struct Radix2 {
    twiddles: Vec<(f64, f64)>,
}

impl Radix2 {
    fn new(length: usize) -> Self {
        let angle = |k: usize| -2.0 * PI * k as f64 / length as f64;
        Self { twiddles: (0..length / 2).map(|k| (libm::cos(angle(k)), libm::sin(angle(k)))).collect() }
    }

    fn transform(&self, re: &mut [f64], im: &mut [f64]) {
        let n = re.len();
        if n < 2 {
            return;
        }
        let shift = usize::BITS - n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> shift;
            if i < j {
                re.swap(i, j);
                im.swap(i, j);
            }
        }
        let mut half = 1;
        while half < n {
            let stride = n / (2 * half);
            for start in (0..n).step_by(2 * half) {
                for k in 0..half {
                    let (c, s) = self.twiddles[k * stride];
                    let (a, b) = (start + k, start + k + half);
                    let (tr, ti) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c);
                    (re[b], im[b]) = (re[a] - tr, im[a] - ti);
                    (re[a], im[a]) = (re[a] + tr, im[a] + ti);
                }
            }
            half *= 2;
        }
    }
}

impl Fourier {
    /// Prepares transforms of `length` numbers.
    pub fn new(length: usize) -> Self {
        if length < 2 || length.is_power_of_two() {
            return Self { length, plan: Plan::Radix2(Radix2::new(length)) };
        }
        // The square is reduced modulo the chirp's period, so that no angle grows large.
        let chirp: Vec<(f64, f64)> = (0..length)
            .map(|j| {
                let square = (j as u128 * j as u128) % (2 * length as u128);
                let angle = -PI * square as f64 / length as f64;
                (libm::cos(angle), libm::sin(angle))
            })
            .collect();
        let padded = (2 * length - 1).next_power_of_two();
        let inner = Radix2::new(padded);
        let (mut filter_re, mut filter_im) = (vec![0.0; padded], vec![0.0; padded]);
        for (j, &(c, s)) in chirp.iter().enumerate() {
            (filter_re[j], filter_im[j]) = (c, -s);
            if j > 0 {
                (filter_re[padded - j], filter_im[padded - j]) = (c, -s);
            }
        }
        inner.transform(&mut filter_re, &mut filter_im);
        Self { length, plan: Plan::Bluestein { chirp, filter_re, filter_im, inner } }
    }

    /// Length of the transforms.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Transforms in place; false, and nothing done, when a slice has another length.
    pub fn forward(&self, re: &mut [f64], im: &mut [f64]) -> bool {
        if re.len() != self.length || im.len() != self.length {
            return false;
        }
        match &self.plan {
            Plan::Radix2(plan) => plan.transform(re, im),
            Plan::Bluestein { chirp, filter_re, filter_im, inner } => {
                let padded = filter_re.len();
                let (mut ar, mut ai) = (vec![0.0; padded], vec![0.0; padded]);
                for (j, &(c, s)) in chirp.iter().enumerate() {
                    ar[j] = re[j] * c - im[j] * s;
                    ai[j] = re[j] * s + im[j] * c;
                }
                inner.transform(&mut ar, &mut ai);
                for k in 0..padded {
                    // The conjugate of the product: its forward transform is the inverse one, conjugated.
                    let product = ar[k] * filter_re[k] - ai[k] * filter_im[k];
                    ai[k] = -(ar[k] * filter_im[k] + ai[k] * filter_re[k]);
                    ar[k] = product;
                }
                inner.transform(&mut ar, &mut ai);
                let scale = 1.0 / padded as f64;
                for (k, &(c, s)) in chirp.iter().enumerate() {
                    let (vr, vi) = (ar[k] * scale, -ai[k] * scale);
                    re[k] = vr * c - vi * s;
                    im[k] = vr * s + vi * c;
                }
            }
        }
        true
    }

    /// Transforms back in place, `x_j = (1/n) Σ_k X_k exp(2πi jk / n)`; false when a slice has another length.
    pub fn inverse(&self, re: &mut [f64], im: &mut [f64]) -> bool {
        for value in im.iter_mut() {
            *value = -*value;
        }
        let done = self.forward(re, im);
        let scale = if done { 1.0 / self.length as f64 } else { 1.0 };
        for (r, i) in re.iter_mut().zip(im) {
            *r *= scale;
            *i *= -scale;
        }
        done
    }
}

/// Power spectrum `|X_k|²` of a real series for `k = 0, ..., n / 2`; empty for an empty series.
pub fn power_spectrum(series: &[f64]) -> Vec<f64> {
    let mut re = series.to_vec();
    let mut im = vec![0.0; series.len()];
    Fourier::new(series.len()).forward(&mut re, &mut im);
    let count = if series.is_empty() { 0 } else { series.len() / 2 + 1 };
    (0..count).map(|k| re[k] * re[k] + im[k] * im[k]).collect()
}

/// Convolution with a Gaussian of standard deviation `sigma` entries, cut off at `4 sigma` and normalised; beyond
/// its ends the series is mirrored, with the end entry repeated (`d c b a | a b c d | d c b a`).
pub fn smooth_gaussian(series: &[f64], sigma: f64) -> Vec<f64> {
    let n = series.len();
    if n == 0 || sigma.is_nan() || sigma <= 0.0 {
        return series.to_vec();
    }
    let radius = (4.0 * sigma + 0.5) as usize;
    let mut weights: Vec<f64> =
        (0..=radius).map(|d| libm::exp(-0.5 * (d as f64 / sigma) * (d as f64 / sigma))).collect();
    let total = weights[0] + 2.0 * numerics::sum(&weights[1..]);
    for weight in &mut weights {
        *weight /= total;
    }
    let mirrored = |index: i64| {
        let place = index.rem_euclid(2 * n as i64) as usize;
        series[if place < n { place } else { 2 * n - 1 - place }]
    };
    (0..n as i64)
        .map(|i| {
            let mut value = weights[0] * series[i as usize];
            for (d, weight) in weights.iter().enumerate().skip(1) {
                value += weight * (mirrored(i - d as i64) + mirrored(i + d as i64));
            }
            value
        })
        .collect()
}
