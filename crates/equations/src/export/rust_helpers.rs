//! What exported Rust programs hold beside the model: functions that the standard library lacks, the past, events.

pub(super) const MODULO: &str = "
/// Remainder of floored division.
fn modulo(a: f64, b: f64) -> f64 {
    a - b * (a / b).floor()
}
";
pub(super) const SIGN: &str = "
/// 1, 0 or -1.
fn sign(x: f64) -> f64 {
    f64::from(x > 0.0) - f64::from(x < 0.0)
}
";
pub(super) const ERF: &str = "
/// Error function: a series of terms of one sign.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut total, mut k) = (x, x, 1.0);
    while term.abs() > 1e-17 * total.abs() {
        term *= 2.0 * x * x / (2.0 * k + 1.0);
        total += term;
        k += 1.0;
    }
    2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp() * total
}
";
pub(super) const ERFC: &str = "
/// Complementary error function: beyond 2 by its continued fraction.
fn erfc(x: f64) -> f64 {
    if x < 2.0 {
        return 1.0 - erf(x);
    }
    let mut fraction = x;
    for k in (1..=200).rev() {
        fraction = x + f64::from(k) / 2.0 / fraction;
    }
    (-x * x).exp() / std::f64::consts::PI.sqrt() / fraction
}
";
pub(super) const LGAMMA: &str = "
/// Logarithm of the absolute value of the gamma function: Stirling's series beyond 10, below it by recurrence.
fn lgamma(x: f64) -> f64 {
    let pi = std::f64::consts::PI;
    if x <= 0.0 && x == x.floor() {
        return f64::INFINITY;
    }
    if x < 0.5 {
        return (pi / (pi * x).sin().abs()).ln() - lgamma(1.0 - x);
    }
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series = (1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0 - z / 1188.0)))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * pi).ln() + series - product.ln()
}
";
pub(super) const BESSEL_J: &str = "
/// Bessel function of the first kind and whole order: the mean of cos(n a - x sin a) over the circle, which equal
/// steps give exactly once they are more than order and argument together.
fn bessel_j(order: f64, x: f64) -> f64 {
    let n = order.trunc();
    let points = (2.0 * (n.abs() + x.abs())) as usize + 60;
    let step = 2.0 * std::f64::consts::PI / points as f64;
    (0..points).map(|k| (n * k as f64 * step - x * (k as f64 * step).sin()).cos()).sum::<f64>() / points as f64
}
";
pub(super) const BESSEL_I: &str = "
/// Modified Bessel function of the first kind and whole order, by its power series.
fn bessel_i(order: f64, x: f64) -> f64 {
    let n = order.trunc().abs();
    let mut term = 1.0;
    let mut k = 1.0;
    while k <= n {
        term *= 0.5 * x / k;
        k += 1.0;
    }
    let (mut total, mut k) = (term, 1.0);
    while term.abs() > 1e-17 * total.abs() {
        term *= 0.25 * x * x / (k * (k + n));
        total += term;
        k += 1.0;
    }
    total
}
";
pub(super) const BETWEEN: &str = "
/// Straight lines through f(0), f(1), .. at equal distances from low to high; the end lines go on.
fn between_points(f: impl Fn(usize) -> f64, points: usize, low: f64, high: f64, x: f64) -> f64 {
    let at = (x - low) / (high - low) * (points - 1) as f64;
    let first = at.floor().max(0.0).min((points - 2) as f64);
    let (a, b) = (f(first as usize), f(first as usize + 1));
    a + (at - first) * (b - a)
}
";
pub(super) const RECORD: &str = "
/// Variables by their index, a lag ago.
type Past<'a> = &'a dyn Fn(usize, f64) -> f64;

/// The states so far.
struct Record {
    p: Parameters,
    t: Vec<f64>,
    x: Vec<State>,
    rate: Vec<State>,
}

impl Record {
    fn append(&mut self, t: f64, state: &State, rate: State) {
        self.t.push(t);
        self.x.push(*state);
        self.rate.push(rate);
    }

    /// Variable k at time s, where at the present time t the state is the one given.
    fn value(&self, k: usize, s: f64, t: f64, state: &State) -> f64 {
        if s >= t {
            return state[k];
        }
        // At the start of a step one sees what follows a jump of the past, within it what came before.
        let slack = 1e-14 * (t.abs() + s.abs());
        let seen = if self.t.last().is_some_and(|last| t > *last) { s - slack } else { s + slack };
        if self.t.first().is_none_or(|first| seen < *first) {
            return history(s, &self.p)[k];
        }
        let last = self.t.len() - 1;
        if seen >= self.t[last] {
            // Within the present step: on the way to its state.
            let (from, h) = (self.x[last][k], t - self.t[last]);
            return if h == 0.0 { state[k] } else { from + (s - self.t[last]) / h * (state[k] - from) };
        }
        let i = self.t.partition_point(|own| *own <= seen) - 1;
        let h = self.t[i + 1] - self.t[i];
        let (a, b) = (self.x[i][k], self.x[i + 1][k]);
        if h == 0.0 {
            return b;
        }
        let u = (s - self.t[i]) / h;
BETWEEN
    }
}
";
pub(super) const CUBIC: &str = "        let (da, db) = (h * self.rate[i][k], h * self.rate[i + 1][k]);
        a + u * (da + u * (3.0 * (b - a) - 2.0 * da - db + u * (2.0 * (a - b) + da + db)))";
pub(super) const RANDOM: &str = "
/// Random numbers: splitmix64 (Steele, Lea and Flood 2014), normal ones by Box and Muller's method.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }
}
";
pub(super) const FIRE: &str = "
fn crosses(event: usize, before: f64, after: f64) -> bool {
    let (rises, falls) = (before < 0.0 && after >= 0.0, before > 0.0 && after <= 0.0);
    (rises && DIRECTIONS[event] >= 0) || (falls && DIRECTIONS[event] <= 0)
}

/// The events whose conditions cross zero between two looks.
fn crossed(before: &[f64; EVENTS], after: &[f64; EVENTS]) -> Vec<usize> {
    (0..EVENTS).filter(|&k| crosses(k, before[k], after[k])).collect()
}

/// Carries out events, and those whose conditions cross zero by that, each once. Tells whether the run ends, and
/// whether a row is written.
fn fire(mut events: Vec<usize>, t: f64, state: &mut State, p: &mut ParametersHEADS) -> (bool, bool) {
    let before = conditions(t, state, pINPUTS);
    let (mut done, mut stop, mut output) = ([false; EVENTS], false, false);
    while !events.is_empty() {
        for &event in &events {
            let (ends, writes) = reset(event, t, state, pINPUTS);
            (stop, output) = (stop || ends, output || writes);
            done[event] = true;
        }
        events = crossed(&before, &conditions(t, state, pINPUTS));
        events.retain(|&event| !done[event]);
    }
    (stop, output)
}
";
