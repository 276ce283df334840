//! A limit cycle as a piecewise polynomial.

/// Degree of the polynomials, and number of collocation points, in an interval of the mesh.
pub(crate) const DEGREE: usize = 4;

/// A periodic orbit: on each interval of the mesh a polynomial of degree 4 through states at equal distances.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// Number of state variables.
    pub dimension: usize,
    /// Phases of the mesh, from 0 to 1.
    pub mesh: Vec<f64>,
    /// The states, four to an interval (its begin and three inside), row-major; the end is the next one's begin, and the
    /// last end is the first begin.
    pub nodes: Vec<f64>,
    /// The period, in units of time.
    pub period: f64,
    /// The parameter's value.
    pub parameter: f64,
}

/// Lagrange polynomials on `0, 1/4, .., 1` at a place of the unit interval, and their derivatives.
pub(crate) fn lagrange(place: f64) -> ([f64; DEGREE + 1], [f64; DEGREE + 1]) {
    let (mut values, mut slopes) = ([0.0; DEGREE + 1], [0.0; DEGREE + 1]);
    let node = |i: usize| i as f64 / DEGREE as f64;
    for i in 0..=DEGREE {
        let mut value = 1.0;
        let mut slope = 0.0;
        for j in (0..=DEGREE).filter(|&j| j != i) {
            let width = node(i) - node(j);
            let factor = (place - node(j)) / width;
            slope = slope * factor + value / width;
            value *= factor;
        }
        (values[i], slopes[i]) = (value, slope);
    }
    (values, slopes)
}

impl Cycle {
    /// Number of intervals.
    pub fn intervals(&self) -> usize {
        self.mesh.len() - 1
    }

    /// The phases of the states in `nodes`.
    pub fn phases(&self) -> Vec<f64> {
        let mut phases = Vec::with_capacity(DEGREE * self.intervals());
        for pair in self.mesh.windows(2) {
            for i in 0..DEGREE {
                phases.push(pair[0] + (pair[1] - pair[0]) * i as f64 / DEGREE as f64);
            }
        }
        phases
    }

    /// The state at a phase, of which only the fraction counts.
    pub fn at(&self, phase: f64) -> Vec<f64> {
        interpolate(&self.mesh, &self.nodes, self.dimension, phase)
    }

    /// Least and greatest value of a variable on the cycle.
    ///
    /// The error is of the order of that of the mesh.
    pub fn range(&self, variable: usize) -> (f64, f64) {
        const FINE: usize = 16;
        let total = FINE * self.intervals();
        let place = |k: usize| {
            let (j, share) = (k / FINE % self.intervals(), (k % FINE) as f64 / FINE as f64);
            let values = lagrange(share).0;
            (0..=DEGREE).fold(0.0, |total, i| {
                let node = (j * DEGREE + i) % (DEGREE * self.intervals());
                total + values[i] * self.nodes[node * self.dimension + variable]
            })
        };
        let samples: Vec<f64> = (0..total).map(place).collect();
        let (mut low, mut high) = (samples[0], samples[0]);
        for k in 0..total {
            let (before, here, after) =
                (samples[(k + total - 1) % total], samples[k], samples[(k + 1) % total]);
            // The vertex of the parabola through an extremum and its neighbours.
            let (slope, bend) = (0.5 * (after - before), after - 2.0 * here + before);
            let turns = (here - before) * (after - here) <= 0.0 && bend != 0.0;
            let best = if turns { here - 0.5 * slope * slope / bend } else { here };
            if best < low {
                low = best;
            }
            if best > high {
                high = best;
            }
        }
        (low, high)
    }

    /// The same orbit on another mesh.
    pub(crate) fn resample(&self, mesh: &[f64]) -> Self {
        let nodes = resample(&self.mesh, &self.nodes, self.dimension, mesh);
        Self { mesh: mesh.to_vec(), nodes, ..self.clone() }
    }

    /// The orbit gone round twice.
    pub(crate) fn doubled(&self) -> Self {
        let first = self.mesh.iter().map(|phase| 0.5 * phase);
        let second = self.mesh[1..].iter().map(|phase| 0.5 + 0.5 * phase);
        Self {
            mesh: first.chain(second).collect(),
            nodes: [self.nodes.as_slice(), &self.nodes].concat(),
            period: 2.0 * self.period,
            ..*self
        }
    }

    /// A mesh of as many intervals in which each has the same share of the error, and the greatest interpolation error
    /// on the mesh as it is, relative to `scale`.
    ///
    /// The fifth derivative is estimated from the steps of the fourth between intervals (de Boor 1973, as in AUTO).
    pub(crate) fn equidistributed(&self, scale: &[f64]) -> (Vec<f64>, f64) {
        let (n, count) = (self.dimension, self.intervals());
        let binomial = [1.0, -4.0, 6.0, -4.0, 1.0];
        let width = |j: usize| self.mesh[j + 1] - self.mesh[j];
        let mut fourth = vec![0.0; count * n];
        for j in 0..count {
            let step = width(j) / DEGREE as f64;
            for v in 0..n {
                let mut total = 0.0;
                for (i, factor) in binomial.iter().enumerate() {
                    total += factor * self.nodes[(j * DEGREE + i) % (DEGREE * count) * n + v];
                }
                fourth[j * n + v] = total / (step * step * step * step * scale[v]);
            }
        }
        let jump = |j: usize| {
            let before = (j + count - 1) % count;
            let apart = 0.5 * (width(j) + width(before));
            let mut square = 0.0;
            for v in 0..n {
                let d = (fourth[j * n + v] - fourth[before * n + v]) / apart;
                square += d * d;
            }
            libm::sqrt(square)
        };
        let fifth: Vec<f64> = (0..count).map(|j| 0.5 * (jump(j) + jump((j + 1) % count))).collect();
        // max |Π (s - i/4)| / 5! on the unit interval
        const CONSTANT: f64 = 2.96e-5;
        let mut error = 0.0;
        let mut monitor: Vec<f64> = Vec::with_capacity(count);
        for j in 0..count {
            let h = width(j);
            let local = CONSTANT * h * h * h * h * h * fifth[j];
            if local > error {
                error = local;
            }
            monitor.push(libm::pow(fifth[j], 0.2));
        }
        let total = numerics::sum_by(count, |j| monitor[j] * width(j));
        // No stretch goes without points altogether.
        for value in &mut monitor {
            *value += 0.1 * total + 1e-12;
        }
        let total = numerics::sum_by(count, |j| monitor[j] * width(j));
        let mut mesh = vec![0.0];
        let (mut j, mut passed) = (0, 0.0);
        for k in 1..count {
            let wanted = total * k as f64 / count as f64;
            while j + 1 < count && passed + monitor[j] * width(j) < wanted {
                passed += monitor[j] * width(j);
                j += 1;
            }
            mesh.push(self.mesh[j] + (wanted - passed) / monitor[j]);
        }
        mesh.push(1.0);
        (mesh, error)
    }
}

fn interpolate(mesh: &[f64], nodes: &[f64], n: usize, phase: f64) -> Vec<f64> {
    let phase = phase - libm::floor(phase);
    let count = mesh.len() - 1;
    let j = mesh.partition_point(|start| *start <= phase).saturating_sub(1);
    let j = if j >= count { count - 1 } else { j };
    let values = lagrange((phase - mesh[j]) / (mesh[j + 1] - mesh[j])).0;
    let mut state = vec![0.0; n];
    for (i, factor) in values.iter().enumerate() {
        let node = (j * DEGREE + i) % (DEGREE * count);
        for v in 0..n {
            state[v] += factor * nodes[node * n + v];
        }
    }
    state
}

/// Nodes on another mesh.
pub(crate) fn resample(mesh: &[f64], nodes: &[f64], n: usize, to: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity((to.len() - 1) * DEGREE * n);
    for pair in to.windows(2) {
        for i in 0..DEGREE {
            let phase = pair[0] + (pair[1] - pair[0]) * i as f64 / DEGREE as f64;
            out.extend(interpolate(mesh, nodes, n, phase));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize) -> Cycle {
        let mesh: Vec<f64> = (0..=count).map(|j| j as f64 / count as f64).collect();
        let turn = 2.0 * core::f64::consts::PI;
        let mut cycle =
            Cycle { dimension: 1, mesh: mesh.clone(), nodes: Vec::new(), period: 1.0, parameter: 0.0 };
        cycle.nodes = vec![0.0; DEGREE * count];
        cycle.nodes = cycle
            .phases()
            .iter()
            .map(|phase| libm::sin(turn * phase) * libm::exp(libm::cos(turn * phase)))
            .collect();
        cycle
    }

    #[test]
    fn polynomials_of_degree_four_are_met_exactly() {
        for place in [0.0, 0.1, 0.77, 1.0] {
            let (values, slopes) = lagrange(place);
            let (mut value, mut slope) = (0.0, 0.0);
            for i in 0..=DEGREE {
                let x = i as f64 / 4.0;
                value += values[i] * (x * x * x * x - x);
                slope += slopes[i] * (x * x * x * x - x);
            }
            let x = place;
            assert!(
                (value - (x * x * x * x - x)).abs() < 1e-14
                    && (slope - (4.0 * x * x * x - 1.0)).abs() < 1e-13
            );
        }
    }

    #[test]
    fn the_error_estimate_has_the_size_of_the_error_and_another_mesh_lowers_it() {
        let cycle = wave(12);
        let (mesh, error) = cycle.equidistributed(&[1.0]);
        let turn = 2.0 * core::f64::consts::PI;
        let measure = |cycle: &Cycle| {
            (0..500).fold(0.0_f64, |most, k| {
                let phase = k as f64 / 500.0;
                let off =
                    (cycle.at(phase)[0] - libm::sin(turn * phase) * libm::exp(libm::cos(turn * phase))).abs();
                if off > most { off } else { most }
            })
        };
        let found = measure(&cycle);
        assert!(error > 0.3 * found && error < 4.0 * found, "{error} {found}");
        assert!(mesh.windows(2).all(|pair| pair[1] > pair[0]) && mesh.len() == 13);
        let (low, high) = cycle.range(0);
        assert!((low + high).abs() < 1e-4 && (high - 1.4585).abs() < 2e-3, "{low} {high}");
        let mut better = cycle.clone();
        better.mesh = mesh;
        better.nodes = better
            .phases()
            .iter()
            .map(|phase| libm::sin(turn * phase) * libm::exp(libm::cos(turn * phase)))
            .collect();
        assert!(measure(&better) < found);
    }
}
