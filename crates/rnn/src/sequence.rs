use crate::cell::{Cell, CellKind, History, Shape, Weights, check_size};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::forcing::{Estimator, norms};
use crate::kernel::{flush, tree};

/// What is done to the observed units between two steps of a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Force {
    /// Nothing.
    Free,
    /// `z̃ = (1-α) ẑ + α x`.
    Blend(f64),
    /// `z̃ = x` before each step whose number, counted from 0 at the first observation, is a multiple of this;
    /// no gradient passes there.
    Replace(usize),
}

/// A batch of whole sequences with everything that a forward and a backward pass need, allocated once.
///
/// A sequence makes `n` steps. Step `s` takes input `s` and the state `z_s`, gives `ẑ_{s+1}`, and is held against
/// target `s`; the state that enters step `s + 1` is `ẑ_{s+1}` forced towards target `s`. The loss is the mean over
/// steps, outputs and sequences of the squared error. Sixteen sequences run side by side; a batch of another size
/// is filled up with sequences of weight zero.
#[derive(Debug)]
pub struct Sequence<T: Float> {
    cell: Box<dyn Cell<T>>,
    shape: Shape,
    steps: usize,
    batch: usize,
    groups: usize,
    packed: Vec<T>,
    inputs: Vec<Block<T>>,
    targets: Vec<Block<T>>,
    start: Vec<Block<T>>,
    weights: Vec<Block<T>>,
    entered: Vec<Block<T>>,
    tape: Vec<Block<T>>,
    left: Vec<Block<T>>,
    adjoints: Vec<Block<T>>,
    adjoint_tape: Vec<Block<T>>,
    output_adjoints: Vec<Block<T>>,
    start_adjoints: Vec<Block<T>>,
    carried: Vec<Block<T>>,
    scratch: [Vec<Block<T>>; 5],
    logarithms: Vec<f64>,
}

impl<T: Float> Sequence<T> {
    /// Room for `batch` sequences of `steps` steps.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(kind: CellKind, steps: usize, batch: usize) -> Result<Self, Error> {
        let cell = kind.build::<T>()?;
        check_size("the number of steps", steps, 1, 4096)?;
        check_size("the batch size", batch, 1, 4096)?;
        let shape = cell.shape();
        let groups = batch.div_ceil(LANES);
        let table = |width: usize| vec![Block::<T>::default(); groups * steps * width];
        let row = |width: usize| vec![Block::<T>::default(); width];
        let m = shape.state;
        let mut weights = vec![Block::<T>::default(); groups];
        for b in 0..batch {
            weights[b / LANES].0[b % LANES] = T::one();
        }
        let square = if shape.observed > 0 { m * m } else { 0 };
        Ok(Self {
            steps,
            batch,
            groups,
            packed: vec![T::zero(); shape.packed],
            inputs: table(shape.inputs),
            targets: table(shape.outputs),
            start: row(groups * shape.observed),
            weights,
            entered: table(m),
            tape: table(shape.tape),
            left: table(m),
            adjoints: table(m),
            adjoint_tape: table(shape.adjoint),
            output_adjoints: table(shape.outputs),
            start_adjoints: row(groups * m),
            carried: row(m),
            scratch: [row(m), row(square), row(square), row(square), row(m)],
            logarithms: vec![0.0; batch],
            cell,
            shape,
        })
    }

    /// The cell.
    pub fn cell(&self) -> &dyn Cell<T> {
        &*self.cell
    }
    /// Steps of a sequence.
    pub fn steps(&self) -> usize {
        self.steps
    }
    /// Number of sequences.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Sets what sequence `b` observes first (`N` numbers).
    pub fn set_start(&mut self, b: usize, y: &[T]) {
        let n = self.shape.observed;
        for (block, &value) in self.start[b / LANES * n..][..n].iter_mut().zip(y) {
            block.0[b % LANES] = value;
        }
    }

    /// Sets target `s` of sequence `b` (`N` numbers).
    pub fn set_target(&mut self, b: usize, s: usize, y: &[T]) {
        let n = self.shape.outputs;
        for (block, &value) in self.targets[(b / LANES * self.steps + s) * n..][..n].iter_mut().zip(y) {
            block.0[b % LANES] = value;
        }
    }

    /// Sets input `s` of sequence `b` (`I` numbers).
    pub fn set_input(&mut self, b: usize, s: usize, x: &[T]) {
        let n = self.shape.inputs;
        for (block, &value) in self.inputs[(b / LANES * self.steps + s) * n..][..n].iter_mut().zip(x) {
            block.0[b % LANES] = value;
        }
    }

    /// Fills the lanes without a sequence with their group's first, so that they stay finite when it does.
    fn fill_lanes(&mut self) {
        let used = self.batch % LANES;
        if used == 0 {
            return;
        }
        let last = self.groups - 1;
        let copy = |blocks: &mut [Block<T>]| {
            for block in blocks {
                let value = block.0[0];
                block.0[used..].fill(value);
            }
        };
        copy(&mut self.inputs[last * self.steps * self.shape.inputs..]);
        copy(&mut self.targets[last * self.steps * self.shape.outputs..]);
        copy(&mut self.start[last * self.shape.observed..]);
    }

    fn check(&self, parameters: &[T], force: Force) -> Result<(), Error> {
        let expected = self.cell.layout().len();
        if parameters.len() != expected {
            return Err(Error::Length { what: "the parameters", found: parameters.len(), expected });
        }
        if force != Force::Free && self.shape.observed == 0 {
            return Err(Error::NotForceable(self.cell.name()));
        }
        Ok(())
    }

    /// The mean squared error under `force`, without a gradient.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn loss(&mut self, parameters: &[T], force: Force) -> Result<f64, Error> {
        self.check(parameters, force)?;
        Ok(self.forward(parameters, force))
    }

    /// The mean squared error under `force`, its gradient written to `gradient`.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn loss_and_gradient(
        &mut self,
        parameters: &[T],
        force: Force,
        gradient: &mut [T],
    ) -> Result<f64, Error> {
        self.check(parameters, force)?;
        if gradient.len() != parameters.len() {
            let (found, expected) = (gradient.len(), parameters.len());
            return Err(Error::Length { what: "the gradient", found, expected });
        }
        let loss = self.forward(parameters, force);
        self.backward(parameters, force);
        self.cell.gather(
            History {
                parameters,
                inputs: &self.inputs,
                entered: &self.entered,
                tape: &self.tape,
                left: &self.left,
                adjoints: &self.adjoints,
                adjoint_tape: &self.adjoint_tape,
                output_adjoints: &self.output_adjoints,
                start: &self.start,
                start_adjoints: &self.start_adjoints,
            },
            gradient,
        );
        Ok(loss)
    }

    fn forward(&mut self, parameters: &[T], force: Force) -> f64 {
        self.fill_lanes();
        self.cell.pack(parameters, &mut self.packed);
        let w = Weights { flat: parameters, packed: &self.packed };
        let Shape { inputs, state: m, outputs, observed, tape, .. } = self.shape;
        let n = self.steps;
        let count = (n * outputs * self.batch) as f64;
        let scale = T::of(2.0 / count);
        let mut errors = [T::zero(); LANES];
        for group in 0..self.groups {
            let weight = self.weights[group].0;
            let first = group * n;
            self.cell.start(
                w,
                &self.start[group * observed..][..observed],
                &mut self.entered[first * m..][..m],
            );
            for s in 0..n {
                let row = first + s;
                let (past, future) = self.entered.split_at_mut((row + 1) * m);
                let left = &mut self.left[row * m..][..m];
                self.cell.step(
                    w,
                    &self.inputs[row * inputs..][..inputs],
                    &past[row * m..],
                    &mut self.tape[row * tape..][..tape],
                    left,
                );
                let error = &mut self.output_adjoints[row * outputs..][..outputs];
                let target = &self.targets[row * outputs..][..outputs];
                self.cell.read(w, left, error);
                for (error, target) in error.iter_mut().zip(target) {
                    for lane in 0..LANES {
                        let d = (error.0[lane] - target.0[lane]) * weight[lane];
                        errors[lane] += d * d;
                        error.0[lane] = d * scale;
                    }
                }
                if s + 1 < n {
                    let next = &mut future[..m];
                    next.copy_from_slice(left);
                    match force {
                        Force::Blend(alpha) => {
                            let (keep, take) = (T::of(1.0 - alpha), T::of(alpha));
                            for (z, x) in next[..observed].iter_mut().zip(target) {
                                for lane in 0..LANES {
                                    z.0[lane] = keep * z.0[lane] + take * x.0[lane];
                                }
                            }
                        }
                        Force::Replace(tau) if (s + 1) % tau == 0 => {
                            next[..observed].copy_from_slice(&target[..observed]);
                        }
                        _ => {}
                    }
                }
            }
        }
        tree(errors).wide() / count
    }

    fn backward(&mut self, parameters: &[T], force: Force) {
        let w = Weights { flat: parameters, packed: &self.packed };
        let Shape { state: m, outputs, observed, tape, adjoint, .. } = self.shape;
        let n = self.steps;
        for group in 0..self.groups {
            self.carried.fill(Block::default());
            for s in (0..n).rev() {
                let row = group * n + s;
                match force {
                    Force::Blend(alpha) => {
                        let keep = T::of(1.0 - alpha);
                        for z in &mut self.carried[..observed] {
                            for lane in 0..LANES {
                                z.0[lane] = keep * z.0[lane];
                            }
                        }
                    }
                    Force::Replace(tau) if (s + 1) % tau == 0 => {
                        self.carried[..observed].fill(Block::default());
                    }
                    _ => {}
                }
                let g = &mut self.adjoints[row * m..][..m];
                g.copy_from_slice(&self.carried);
                self.cell.read_back(w, &self.output_adjoints[row * outputs..][..outputs], g);
                for block in g.iter_mut() {
                    flush(block);
                }
                self.cell.back(
                    w,
                    &self.entered[row * m..][..m],
                    &self.tape[row * tape..][..tape],
                    &self.left[row * m..][..m],
                    g,
                    &mut self.adjoint_tape[row * adjoint..][..adjoint],
                    &mut self.carried,
                );
            }
            self.start_adjoints[group * m..][..m].copy_from_slice(&self.carried);
        }
    }

    /// Estimates the norm of the Jacobian at the observations of the batch, the first one included; units that are
    /// not observed stand where the last forward pass had them.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn norm_estimate(&mut self, parameters: &[T], estimator: Estimator) -> Result<f64, Error> {
        self.check(parameters, Force::Blend(0.0))?;
        if estimator == Estimator::Parameters {
            let wide: Vec<f64> = parameters.iter().map(|p| p.wide()).collect();
            return Ok(self.cell.parameter_bound(&wide).unwrap_or(f64::NAN));
        }
        self.fill_lanes();
        let w = Weights { flat: parameters, packed: &self.packed };
        let Shape { state: m, observed, .. } = self.shape;
        let n = self.steps;
        let [z, jacobian, gram, square, image] = &mut self.scratch;
        let vector = &mut self.carried;
        self.logarithms.fill(0.0);
        let mut largest = 0.0;
        let mut product = 0.0;
        let means = matches!(estimator, Estimator::GeometricMean | Estimator::ArithmeticMean);
        let mut sums = if means { vec![0.0; m * m] } else { Vec::new() };
        let mut counts = if means { vec![0.0; m * m] } else { Vec::new() };
        for group in 0..self.groups {
            let lanes = if self.batch - group * LANES < LANES { self.batch - group * LANES } else { LANES };
            let mut met = [0.0; LANES];
            for s in 0..=n {
                let row = group * n + s;
                let (rest, seen) = if s == 0 {
                    (&self.entered[row * m..][..m], &self.start[group * observed..][..observed])
                } else {
                    (&self.left[(row - 1) * m..][..m], &self.targets[(row - 1) * observed..][..observed])
                };
                z.copy_from_slice(rest);
                z[..observed].copy_from_slice(seen);
                self.cell.jacobians(w, z, jacobian);
                if means {
                    for (entry, (sum, count)) in jacobian.iter().zip(sums.iter_mut().zip(&mut counts)) {
                        for lane in 0..lanes {
                            let value = entry.0[lane].wide();
                            if estimator == Estimator::ArithmeticMean {
                                *sum += value;
                                *count += 1.0;
                            } else if value != 0.0 {
                                *sum += numerics::Real::ln(value.abs());
                                *count += 1.0;
                            }
                        }
                    }
                    continue;
                }
                let found = norms(jacobian, m, gram, square, vector, image);
                for lane in 0..lanes {
                    let norm = found[lane].wide();
                    if norm.is_nan() {
                        return Ok(f64::NAN);
                    }
                    if norm > largest {
                        largest = norm;
                    }
                    if norm > 0.0 {
                        self.logarithms[group * LANES + lane] += numerics::Real::ln(norm);
                        met[lane] += 1.0;
                    }
                }
            }
            for lane in 0..lanes {
                if met[lane] > 0.0 {
                    let mean = numerics::Real::exp(self.logarithms[group * LANES + lane] / met[lane]);
                    if mean > product {
                        product = mean;
                    }
                }
            }
        }
        Ok(match estimator {
            Estimator::Product => product,
            Estimator::Maximum => largest,
            _ => {
                for (sum, &count) in sums.iter_mut().zip(&counts) {
                    *sum = match (estimator, count > 0.0) {
                        (_, false) => 0.0,
                        (Estimator::GeometricMean, true) => numerics::Real::exp(*sum / count),
                        (_, true) => *sum / count,
                    };
                }
                numerics::dense::spectral_norm(&sums, m, m)
            }
        })
    }
}

/// Euclidean norm of a gradient, summed in the fixed order in `f64`.
pub(crate) fn norm<T: Float>(gradient: &[T]) -> f64 {
    numerics::sum_by(gradient.len(), |i| gradient[i].wide() * gradient[i].wide()).root()
}

/// Norm of the gradient of one batch under a fixed model, never clipped; in `f64`, because without forcing it grows
/// exponentially with the length of the sequences.
///
/// `sequences` are rows of observations, `S × N` each, all of the same length.
///
/// # Errors
/// [`Error::Size`], [`Error::Length`], [`Error::NotForceable`].
pub fn gradient_norm(
    kind: CellKind,
    parameters: &[f64],
    sequences: &[&[f64]],
    force: Force,
) -> Result<f64, Error> {
    let n = kind.build::<f64>()?.shape().observed;
    check_size("the batch size", sequences.len(), 1, 4096)?;
    let rows = sequences.first().map_or(0, |s| s.len().checked_div(n).unwrap_or(0));
    check_size("the length of a sequence", rows, 2, 4096)?;
    let mut sequence = Sequence::<f64>::new(kind, rows - 1, sequences.len())?;
    for (b, data) in sequences.iter().enumerate() {
        if data.len() != rows * n {
            return Err(Error::Length { what: "a sequence", found: data.len(), expected: rows * n });
        }
        sequence.set_start(b, &data[..n]);
        for s in 1..rows {
            sequence.set_target(b, s - 1, &data[s * n..][..n]);
        }
    }
    let mut gradient = vec![0.0; parameters.len()];
    sequence.loss_and_gradient(parameters, force, &mut gradient)?;
    Ok(norm(&gradient))
}
