use crate::float::{Block, Float, LANES};
use crate::kernel::tree;
use crate::recurrent::sigmoid;
use numerics::Real;

/// How outputs `y` are held against targets `t`; the mean is over whatever has a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `(y - t)²`, the mean over outputs, steps and sequences.
    Squared,
    /// `-t ln σ(y) - (1-t) ln σ(-y)`: each output the logarithm of the odds of a 1; the mean as above.
    Logistic,
    /// `-Σ t ln p` with `p = exp(y) / Σ exp(y)` over the outputs of a step, `t` the wanted probabilities; the mean over
    /// steps and sequences.
    CrossEntropy,
}

/// What outputs are held against: tables of blocks, a row a step, group after group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a, T> {
    /// Outputs in a row.
    pub(crate) width: usize,
    /// Steps of a sequence.
    pub(crate) steps: usize,
    /// Targets.
    pub(crate) targets: &'a [Block<T>],
    /// 1 in the lanes with a sequence, a block a group.
    pub(crate) lanes: &'a [Block<T>],
    /// Weight of each step, a block a row; empty where all are 1.
    pub(crate) weights: &'a [Block<T>],
}

impl<T: Float> Wanted<'_, T> {
    #[inline(always)]
    fn weight(&self, row: usize) -> Block<T> {
        let lanes = self.lanes[row / self.steps];
        if self.weights.is_empty() { lanes } else { lanes * self.weights[row] }
    }

    /// Sum of all weights.
    fn total(&self) -> f64 {
        let mut sums = [0.0; LANES];
        for row in 0..self.lanes.len() * self.steps {
            let weight = self.weight(row);
            for lane in 0..LANES {
                sums[lane] += weight.0[lane].wide();
            }
        }
        tree(sums)
    }
}

impl Loss {
    /// The mean loss, and its adjoints of the outputs; both are 0 where nothing has a weight.
    pub(crate) fn judge<T: Float>(
        self,
        wanted: Wanted<T>,
        outputs: &[Block<T>],
        adjoints: &mut [Block<T>],
    ) -> f64 {
        let n = wanted.width;
        let each = if self == Loss::CrossEntropy { 1.0 } else { n as f64 };
        let count = wanted.total() * each;
        if count == 0.0 {
            adjoints.fill(Block::default());
            return 0.0;
        }
        let mut errors = Block::<T>::default();
        let rows = outputs.chunks_exact(n).zip(wanted.targets.chunks_exact(n));
        for (row, ((y, t), dy)) in rows.zip(adjoints.chunks_exact_mut(n)).enumerate() {
            let weight = wanted.weight(row);
            match self {
                Loss::Squared if wanted.weights.is_empty() => {
                    let scale = Block::splat(2.0 / count);
                    for k in 0..n {
                        let d = (y[k] - t[k]) * weight;
                        errors += d * d;
                        dy[k] = d * scale;
                    }
                }
                Loss::Squared => {
                    let scale = weight * Block::splat(2.0 / count);
                    for k in 0..n {
                        let d = y[k] - t[k];
                        errors += weight * d * d;
                        dy[k] = d * scale;
                    }
                }
                Loss::Logistic => {
                    let scale = weight * Block::splat(1.0 / count);
                    for k in 0..n {
                        errors += weight * logistic(y[k], t[k]);
                        dy[k] = (sigmoid(y[k]) - t[k]) * scale;
                    }
                }
                Loss::CrossEntropy => {
                    let scale = weight * Block::splat(1.0 / count);
                    let most = greatest(y);
                    let (mut sum, mut mass, mut met) = <(Block<T>, Block<T>, Block<T>)>::default();
                    for k in 0..n {
                        dy[k] = (y[k] - most).exp();
                        sum += dy[k];
                        mass += t[k];
                        met += t[k] * y[k];
                    }
                    errors += weight * (mass * (most + sum.ln()) - met);
                    let share = mass / sum;
                    for k in 0..n {
                        dy[k] = (dy[k] * share - t[k]) * scale;
                    }
                }
            }
        }
        tree(errors.0).wide() / count
    }

    /// The share, by weight, of what is right: of outputs nearer to their target than ½; of outputs on the side of 0
    /// that their target is of ½; of steps whose largest output is where the largest target is. 0 where nothing has a
    /// weight.
    pub(crate) fn accuracy<T: Float>(self, wanted: Wanted<T>, outputs: &[Block<T>]) -> f64 {
        let n = wanted.width;
        let each = if self == Loss::CrossEntropy { 1.0 } else { n as f64 };
        let count = wanted.total() * each;
        let mut sums = [0.0; LANES];
        let half = T::of(0.5);
        for (row, (y, t)) in outputs.chunks_exact(n).zip(wanted.targets.chunks_exact(n)).enumerate() {
            let weight = wanted.weight(row);
            for lane in 0..LANES {
                let right = |k: usize| {
                    let (y, t) = (y[k].0[lane], t[k].0[lane]);
                    match self {
                        Loss::Squared => (y - t).abs() < half,
                        _ => (y > T::zero()) == (t > half),
                    }
                };
                let rights = match self {
                    Loss::CrossEntropy => (first_greatest(y, lane) == first_greatest(t, lane)) as usize,
                    _ => (0..n).filter(|&k| right(k)).count(),
                };
                sums[lane] += weight.0[lane].wide() * rights as f64;
            }
        }
        if count > 0.0 { tree(sums) / count } else { 0.0 }
    }
}

/// `ln(1 + e^y) - t y`, without overflow.
#[inline(always)]
fn logistic<R: Real>(y: R, t: R) -> R {
    let positive = y.gt(R::zero()).select(y, R::zero());
    positive - t * y + (R::one() + (-y.abs()).exp()).ln()
}

#[inline(always)]
fn greatest<R: Real>(values: &[R]) -> R {
    let mut most = values[0];
    for &value in &values[1..] {
        most = value.gt(most).select(value, most);
    }
    most
}

fn first_greatest<T: Float>(values: &[Block<T>], lane: usize) -> usize {
    let mut at = 0;
    for k in 1..values.len() {
        if values[k].0[lane] > values[at].0[lane] {
            at = k;
        }
    }
    at
}
