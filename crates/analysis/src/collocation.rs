//! The boundary value problem of a limit cycle by orthogonal collocation, condensed to its mesh points.
//!
//! Source: Doedel, Keller and Kernévez, Numerical analysis and control of bifurcation problems II (1991), the method of
//! AUTO; collocation at Gauss points converges at mesh points with order 8 (de Boor and Swartz 1973).

use crate::cycle::{Cycle, DEGREE, lagrange};
use crate::family::FlowFamily;
use numerics::dense::{factor, multiply, substitute};

/// The Gauss points of order 8 on the unit interval, and their weights.
const GAUSS: [f64; DEGREE] =
    [0.069_431_844_202_973_71, 0.330_009_478_207_571_87, 0.669_990_521_792_428_1, 0.930_568_155_797_026_3];
const WEIGHTS: [f64; DEGREE] =
    [0.173_927_422_568_726_93, 0.326_072_577_431_273_07, 0.326_072_577_431_273_07, 0.173_927_422_568_726_93];

/// A change of a cycle: of its nodes, its period, its parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) nodes: Vec<f64>,
    pub(crate) period: f64,
    pub(crate) parameter: f64,
}

impl Change {
    pub(crate) fn scale(&mut self, by: f64) {
        for value in &mut self.nodes {
            *value *= by;
        }
        self.period *= by;
        self.parameter *= by;
    }
}

/// The units in which steps and errors of cycles are measured.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) state: Vec<f64>,
    pub(crate) period: f64,
    pub(crate) parameter: f64,
}

impl Metric {
    /// Inner product of two changes on a mesh: the mean over the phase, and period and parameter.
    pub(crate) fn inner(&self, mesh: &[f64], a: &Change, b: &Change) -> f64 {
        let dual = self.dual(mesh, a);
        let nodes = numerics::dot(&dual.nodes, &b.nodes);
        nodes + dual.period * b.period + dual.parameter * b.parameter
    }
    /// The functional `inner(a, ·)`.
    pub(crate) fn dual(&self, mesh: &[f64], a: &Change) -> Change {
        let (n, count) = (self.state.len(), mesh.len() - 1);
        let mut nodes = a.nodes.clone();
        for j in 0..count {
            let h = mesh[j + 1] - mesh[j];
            let before = if j == 0 { mesh[count] - mesh[count - 1] } else { mesh[j] - mesh[j - 1] };
            for i in 0..DEGREE {
                let weight = if i == 0 { 0.5 * (h + before) } else { h } / DEGREE as f64;
                for v in 0..n {
                    nodes[(j * DEGREE + i) * n + v] *= weight / (self.state[v] * self.state[v]);
                }
            }
        }
        Change {
            nodes,
            period: a.period / (self.period * self.period),
            parameter: a.parameter / (self.parameter * self.parameter),
        }
    }
    /// Greatest entry.
    pub(crate) fn largest(&self, a: &Change) -> f64 {
        let n = self.state.len();
        let mut most: f64 = 0.0;
        let mut take = |value: f64| {
            let value = libm::fabs(value);
            if value.is_nan() || value > most {
                most = value;
            }
        };
        take(a.period / self.period);
        take(a.parameter / self.parameter);
        for (index, value) in a.nodes.iter().enumerate() {
            take(value / self.state[index % n]);
        }
        most
    }
}

/// The functional that fixes the phase: `∫ u · r'` over the phase, with the reference `r`, in the units of the metric.
pub(crate) fn phase_condition(reference: &Cycle, metric: &Metric) -> Change {
    let (n, count) = (reference.dimension, reference.intervals());
    let mut nodes = vec![0.0; reference.nodes.len()];
    let wrap = |j: usize, i: usize| (j * DEGREE + i) % (DEGREE * count) * n;
    for k in 0..DEGREE {
        let (values, slopes) = lagrange(GAUSS[k]);
        for j in 0..count {
            for v in 0..n {
                let mut slope = 0.0;
                for i in 0..=DEGREE {
                    slope += slopes[i] * reference.nodes[wrap(j, i) + v];
                }
                slope *= WEIGHTS[k] / (metric.state[v] * metric.state[v]);
                for i in 0..=DEGREE {
                    nodes[wrap(j, i) + v] += values[i] * slope;
                }
            }
        }
    }
    Change { nodes, period: 0.0, parameter: 0.0 }
}

/// The linearised problem at a cycle, ready to be solved.
#[derive(Clone, Debug)]
pub(crate) struct Linearised {
    n: usize,
    count: usize,
    /// For each interval the nodes after its begin (`4 n` rows) as functions of: the begin (`n` columns), the residual, the
    /// period, the parameter.
    inner: Vec<f64>,
    matrix: Vec<f64>,
    lu: Vec<f64>,
    exchanges: Vec<usize>,
    right: Vec<f64>,
}

impl Linearised {
    /// Rows of the condensed system.
    fn size(&self) -> usize {
        self.count * self.n + 2
    }
    /// First column of a mesh point: the first one stands last, so that elimination goes along the orbit.
    fn column(&self, j: usize) -> usize {
        if j == 0 { (self.count - 1) * self.n } else { (j - 1) * self.n }
    }

    /// Linearises at `cycle` with two functionals, `phase` and `along`, and what they are short of; none where the system
    /// is singular. Work: `4 N` rates and Jacobians and as many parameter slopes.
    pub(crate) fn new<F: FlowFamily + ?Sized>(
        flow: &mut F,
        cycle: &Cycle,
        phase: (&Change, f64),
        along: (&Change, f64),
    ) -> Option<Self> {
        let (n, count) = (cycle.dimension, cycle.intervals());
        let (rows, columns) = (DEGREE * n, n + 3);
        let mut inner = vec![0.0; count * rows * columns];
        let (mut rate, mut slope, mut jacobian) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * n]);
        let mut exchanges = vec![0; rows];
        let mut state = vec![0.0; n];
        let mut local = vec![0.0; rows * rows];
        let mut sides = vec![0.0; rows * columns];
        let mut one = vec![0.0; rows];
        let basis: Vec<_> = GAUSS.iter().map(|place| lagrange(*place)).collect();
        flow.set(cycle.parameter);
        for j in 0..count {
            let h = cycle.mesh[j + 1] - cycle.mesh[j];
            let node = |i: usize| (j * DEGREE + i) % (DEGREE * count) * n;
            for (k, (values, slopes)) in basis.iter().enumerate() {
                for v in 0..n {
                    state[v] = (0..=DEGREE).fold(0.0, |sum, i| sum + values[i] * cycle.nodes[node(i) + v]);
                }
                flow.rate(0.0, &state, &mut rate);
                flow.jacobian(0.0, &state, &mut jacobian);
                flow.parameter_slope(0.0, &state, &mut slope);
                for r in 0..n {
                    let row = k * n + r;
                    let turn = (0..=DEGREE).fold(0.0, |sum, i| sum + slopes[i] * cycle.nodes[node(i) + r]);
                    for i in 0..=DEGREE {
                        for c in 0..n {
                            let mut entry = -h * cycle.period * jacobian[r * n + c] * values[i];
                            if r == c {
                                entry += slopes[i];
                            }
                            if i == 0 {
                                sides[row * columns + c] = -entry;
                            } else {
                                local[row * rows + (i - 1) * n + c] = entry;
                            }
                        }
                    }
                    sides[row * columns + n] = h * cycle.period * rate[r] - turn;
                    sides[row * columns + n + 1] = h * rate[r];
                    sides[row * columns + n + 2] = h * cycle.period * slope[r];
                }
            }
            if !factor(&mut local, &mut exchanges, rows) {
                return None;
            }
            for c in 0..columns {
                for row in 0..rows {
                    one[row] = sides[row * columns + c];
                }
                substitute(&local, &exchanges, &mut one, rows);
                for row in 0..rows {
                    inner[(j * rows + row) * columns + c] = one[row];
                }
            }
        }
        let size = count * n + 2;
        let mut system = Self {
            n,
            count,
            inner,
            matrix: vec![0.0; size * size],
            lu: Vec::new(),
            exchanges: vec![0; size],
            right: vec![0.0; size],
        };
        system.condense(phase, along);
        system.lu = system.matrix.clone();
        if system.matrix.iter().any(|value| !value.is_finite())
            || !factor(&mut system.lu, &mut system.exchanges, size)
        {
            return None;
        }
        Some(system)
    }

    /// Entry of the response of node `i` (from 1 to 4) of an interval.
    fn response(&self, j: usize, i: usize, r: usize, c: usize) -> f64 {
        self.inner[((j * DEGREE + i - 1) * self.n + r) * (self.n + 3) + c]
    }

    fn condense(&mut self, phase: (&Change, f64), along: (&Change, f64)) {
        let (n, size) = (self.n, self.size());
        for j in 0..self.count {
            let (from, to) = (self.column(j), self.column((j + 1) % self.count));
            for r in 0..n {
                let row = j * n + r;
                self.matrix[row * size + to + r] += 1.0;
                for c in 0..n {
                    self.matrix[row * size + from + c] -= self.response(j, DEGREE, r, c);
                }
                self.right[row] = self.response(j, DEGREE, r, n);
                self.matrix[row * size + size - 2] = -self.response(j, DEGREE, r, n + 1);
                self.matrix[row * size + size - 1] = -self.response(j, DEGREE, r, n + 2);
            }
        }
        for (row, (functional, short)) in [(size - 2, phase), (size - 1, along)] {
            let (mut right, mut period, mut parameter) = (short, functional.period, functional.parameter);
            for j in 0..self.count {
                let column = self.column(j);
                for r in 0..n {
                    self.matrix[row * size + column + r] += functional.nodes[j * DEGREE * n + r];
                }
                for i in 1..DEGREE {
                    for r in 0..n {
                        let weight = functional.nodes[(j * DEGREE + i) * n + r];
                        if weight == 0.0 {
                            continue;
                        }
                        for c in 0..n {
                            self.matrix[row * size + column + c] += weight * self.response(j, i, r, c);
                        }
                        right -= weight * self.response(j, i, r, n);
                        period += weight * self.response(j, i, r, n + 1);
                        parameter += weight * self.response(j, i, r, n + 2);
                    }
                }
            }
            self.matrix[row * size + size - 2] = period;
            self.matrix[row * size + size - 1] = parameter;
            self.right[row] = right;
        }
    }

    /// The change of the cycle for a solution of the condensed system.
    fn expand(&self, solution: &[f64], residual: f64) -> Change {
        let (n, size) = (self.n, self.size());
        let (period, parameter) = (solution[size - 2], solution[size - 1]);
        let mut nodes = vec![0.0; self.count * DEGREE * n];
        for j in 0..self.count {
            let column = self.column(j);
            for r in 0..n {
                nodes[j * DEGREE * n + r] = solution[column + r];
                for i in 1..DEGREE {
                    let mut total = residual * self.response(j, i, r, n)
                        + period * self.response(j, i, r, n + 1)
                        + parameter * self.response(j, i, r, n + 2);
                    for c in 0..n {
                        total += self.response(j, i, r, c) * solution[column + c];
                    }
                    nodes[(j * DEGREE + i) * n + r] = total;
                }
            }
        }
        Change { nodes, period, parameter }
    }

    /// Newton's change.
    pub(crate) fn newton(&self) -> Change {
        let mut solution = self.right.clone();
        substitute(&self.lu, &self.exchanges, &mut solution, self.size());
        self.expand(&solution, 1.0)
    }

    /// The change that leaves the equations satisfied, with value 1 of the second functional.
    pub(crate) fn tangent(&self) -> Change {
        let size = self.size();
        let mut solution = vec![0.0; size];
        solution[size - 1] = 1.0;
        substitute(&self.lu, &self.exchanges, &mut solution, size);
        self.expand(&solution, 0.0)
    }

    /// Sign and logarithm of the determinant of the condensed system.
    pub(crate) fn determinant(&self) -> (f64, f64) {
        crate::eigen::determinant(&self.lu, &self.exchanges, self.size())
    }

    /// The change that the system takes to zero; none where it is regular by far.
    pub(crate) fn null(&self) -> Option<Change> {
        let solution = crate::eigen::null_vector(&self.matrix, self.size())?;
        Some(self.expand(&solution, 0.0))
    }

    /// The derivative of the state after a period with respect to the state at phase 0.
    pub(crate) fn monodromy(&self) -> Vec<f64> {
        let n = self.n;
        let mut product = vec![0.0; n * n];
        for i in 0..n {
            product[i * n + i] = 1.0;
        }
        let (mut one, mut next) = (vec![0.0; n * n], vec![0.0; n * n]);
        for j in 0..self.count {
            for r in 0..n {
                for c in 0..n {
                    one[r * n + c] = self.response(j, DEGREE, r, c);
                }
            }
            multiply(&one, &product, &mut next, n, n, n);
            product.copy_from_slice(&next);
        }
        product
    }

    /// The same with the direction of the flow taken out at each mesh point: the maps between the planes at right angles
    /// to it, in the units `scale`, multiplied (`n - 1` by `n - 1`); and the factor by which they carry the rate itself,
    /// which would be 1 without discretisation. `rates` holds the rate at each mesh point.
    ///
    /// Where an orbit runs along what repels and then along what attracts, as canards do, the plain product loses all
    /// digits, and this one does not.
    pub(crate) fn transversal(&self, rates: &[f64], scale: &[f64]) -> (Vec<f64>, f64) {
        let n = self.n;
        let m = n - 1;
        let bases: Vec<Vec<f64>> = (0..self.count)
            .map(|j| {
                let rate: Vec<f64> = (0..n).map(|v| rates[j * n + v] / scale[v]).collect();
                reflection(&rate)
            })
            .collect();
        let mut product = vec![0.0; m * m];
        for i in 0..m {
            product[i * m + i] = 1.0;
        }
        let mut along = 1.0;
        let (mut one, mut turned) = (vec![0.0; n * n], vec![0.0; n * n]);
        let (mut plane, mut next) = (vec![0.0; m * m], vec![0.0; m * m]);
        for j in 0..self.count {
            for r in 0..n {
                for c in 0..n {
                    one[r * n + c] = self.response(j, DEGREE, r, c) * scale[c] / scale[r];
                }
            }
            let to = (j + 1) % self.count;
            multiply(&one, &bases[j], &mut turned, n, n, n);
            // A reflection is its own transpose.
            multiply(&bases[to], &turned, &mut one, n, n, n);
            let speed = |j: usize| {
                let square = numerics::sum_by(n, |v| {
                    let rate = rates[j * n + v] / scale[v];
                    rate * rate
                });
                libm::sqrt(square)
            };
            // The first column of a reflection is the direction of the rate, or its opposite.
            let sign = |j: usize| if rates[j * n] < 0.0 { 1.0 } else { -1.0 };
            along *= one[0] * sign(j) * sign(to) * speed(j) / speed(to);
            for r in 0..m {
                for c in 0..m {
                    plane[r * m + c] = one[(r + 1) * n + c + 1];
                }
            }
            multiply(&plane, &product, &mut next, m, m, m);
            product.copy_from_slice(&next);
        }
        (product, along)
    }

    /// The nodes of the solution of the variational equation that begins with `start`.
    pub(crate) fn carry(&self, start: &[f64]) -> Vec<f64> {
        let n = self.n;
        let mut nodes = Vec::with_capacity(self.count * DEGREE * n);
        let mut here = start.to_vec();
        for j in 0..self.count {
            let mut next = here.clone();
            nodes.extend_from_slice(&here);
            for i in 1..=DEGREE {
                for r in 0..n {
                    next[r] = (0..n).fold(0.0, |sum, c| sum + self.response(j, i, r, c) * here[c]);
                }
                if i < DEGREE {
                    nodes.extend_from_slice(&next);
                }
            }
            here = next;
        }
        nodes
    }
}

/// The symmetric orthogonal matrix (Householder's) whose first column is `vector` over its length, with the sign opposite
/// to that of its first entry; the unit matrix for zero.
fn reflection(vector: &[f64]) -> Vec<f64> {
    let n = vector.len();
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        matrix[i * n + i] = 1.0;
    }
    let length = libm::sqrt(numerics::dot(vector, vector));
    if length > 0.0 {
        let mut normal = vector.to_vec();
        normal[0] += if vector[0] < 0.0 { -length } else { length };
        let square = numerics::dot(&normal, &normal);
        for i in 0..n {
            for j in 0..n {
                matrix[i * n + j] -= 2.0 * normal[i] * normal[j] / square;
            }
        }
    }
    matrix
}
