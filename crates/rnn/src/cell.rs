use crate::cells::{
    AlmostLinear, Cfc, CfcForm, Dale, Elman, Gru, Jordan, LowRank, Lstm, Ltc, ShallowPlrnn, Unit,
};
use crate::error::Error;
use crate::float::{Block, Float};
use numerics::Stream;
use std::fmt::Debug;

/// The sizes by which a cell is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Numbers that come in at each step, `I`; 0 for a cell that runs by itself.
    pub inputs: usize,
    /// State units, `M`.
    pub state: usize,
    /// Numbers read out at each step, `N`.
    pub outputs: usize,
    /// Leading state units that stand for the observations and can be forced to them; 0 if there are none.
    pub observed: usize,
    /// Blocks a step leaves for its adjoint.
    pub tape: usize,
    /// Blocks the adjoint of a step leaves for the gradient.
    pub adjoint: usize,
    /// Numbers of packed weights.
    pub packed: usize,
}

/// A named piece of the flat parameters: a matrix (row-major) or a vector (one column).
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterBlock {
    /// The symbol that the cell's equation uses.
    pub name: &'static str,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Where it begins in the flat parameters.
    pub offset: usize,
    /// The value to which regularisation draws its entries.
    pub rest: f64,
}

impl ParameterBlock {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }
    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Its place in the flat parameters.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// All named pieces, in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The pieces.
    pub blocks: Vec<ParameterBlock>,
}

impl Layout {
    pub(crate) fn with(mut self, name: &'static str, rows: usize, cols: usize, rest: f64) -> Self {
        let offset = self.len();
        self.blocks.push(ParameterBlock { name, rows, cols, offset, rest });
        self
    }
    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.blocks.last().map_or(0, |b| b.offset + b.len())
    }
    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The piece called `name`.
    pub fn find(&self, name: &str) -> Option<&ParameterBlock> {
        self.blocks.iter().find(|b| b.name == name)
    }
}

/// How a piece of the parameters is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// All this.
    Constant(f64),
    /// Uniform in this much either way.
    Uniform(f64),
    /// Normal with this standard deviation.
    Normal(f64),
    /// Normal with this standard deviation over the square root of the number of columns.
    NormalPerColumn(f64),
}

impl Draw {
    /// Draws the entries of a piece anew.
    pub fn fill<T: Float>(self, block: &ParameterBlock, stream: &mut Stream, parameters: &mut [T]) {
        let columns = (block.cols as f64).root();
        for value in parameters.iter_mut().skip(block.offset).take(block.len()) {
            *value = T::of(match self {
                Draw::Constant(value) => value,
                Draw::Uniform(bound) => stream.between(-bound, bound),
                Draw::Normal(deviation) => deviation * stream.normal(),
                Draw::NormalPerColumn(deviation) => deviation / columns * stream.normal(),
            });
        }
    }
}

/// Parameters, flat and as packed by [`Cell::pack`].
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a, T> {
    /// As laid out.
    pub flat: &'a [T],
    /// As the kernels read them.
    pub packed: &'a [T],
}

/// What a forward and a backward pass left: tables of blocks, a row a step, group after group of sixteen sequences.
#[derive(Clone, Copy, Debug)]
pub struct History<'a, T> {
    /// The parameters, flat.
    pub parameters: &'a [T],
    /// Inputs, `I` a row.
    pub inputs: &'a [Block<T>],
    /// States that entered the steps, `M` a row.
    pub entered: &'a [Block<T>],
    /// What the steps left, `shape.tape` a row.
    pub tape: &'a [Block<T>],
    /// States that came out, before forcing, `M` a row.
    pub left: &'a [Block<T>],
    /// The same as the readout saw them: with some left out where units are dropped.
    pub seen: &'a [Block<T>],
    /// Adjoints of the states that came out, `M` a row.
    pub adjoints: &'a [Block<T>],
    /// What the adjoints left, `shape.adjoint` a row.
    pub adjoint_tape: &'a [Block<T>],
    /// Adjoints of the outputs, `N` a row.
    pub output_adjoints: &'a [Block<T>],
    /// First observations, `N` a group.
    pub start: &'a [Block<T>],
    /// Adjoints of the first states, `M` a group.
    pub start_adjoints: &'a [Block<T>],
}

/// One state at a time in `f64`: what `analysis` needs of a cell.
pub trait Analysed: Debug + Send + Sync {
    /// Short name of the cell.
    fn name(&self) -> &'static str;
    /// The sizes.
    fn shape(&self) -> Shape;
    /// The parameters by name.
    fn layout(&self) -> Layout;
    /// The parts of the state by name, in the order in which they stand.
    fn state_parts(&self) -> Vec<(&'static str, usize)> {
        vec![("z", self.shape().state)]
    }
    /// The state that follows `z` under input `x`.
    fn next(&self, p: &[f64], x: &[f64], z: &[f64], next: &mut [f64]);
    /// `∂next_i/∂z_j` at `jacobian[i * M + j]`.
    fn jacobian(&self, p: &[f64], x: &[f64], z: &[f64], jacobian: &mut [f64]);
    /// `∂next_i/∂x_j` at `jacobian[i * I + j]`; nothing to write for a cell without inputs.
    fn input_jacobian(&self, _p: &[f64], _x: &[f64], _z: &[f64], _jacobian: &mut [f64]) {}
    /// `∂y_i/∂z_j` at `jacobian[i * M + j]`; the first units themselves unless the cell says otherwise.
    fn read_out_jacobian(&self, _p: &[f64], jacobian: &mut [f64]) {
        let shape = self.shape();
        jacobian.fill(0.0);
        for i in 0..shape.outputs {
            jacobian[i * shape.state + i] = 1.0;
        }
    }
    /// The output read from a state.
    fn read_out(&self, p: &[f64], z: &[f64], y: &mut [f64]);
    /// The state at which a run begins that observes `y` first.
    fn begin(&self, p: &[f64], y: &[f64], z: &mut [f64]);
    /// One switch a rectifier; `false` as result when the cell is not piecewise affine without an input.
    fn region(&self, _p: &[f64], _z: &[f64], switches: &mut Vec<bool>) -> bool {
        switches.clear();
        false
    }
    /// The affine map of a region, `a` row-major `M × M`; zero for a cell that is not piecewise affine.
    fn affine(&self, _p: &[f64], _switches: &[bool], a: &mut [f64], b: &mut [f64]) {
        a.fill(0.0);
        b.fill(0.0);
    }
    /// An upper bound of the Jacobian's spectral norm from the parameters alone; `None` where none is known.
    fn parameter_bound(&self, p: &[f64]) -> Option<f64>;
}

/// A recurrent cell that runs over blocks of sixteen sequences and knows its adjoint.
///
/// `w` holds the parameters; all blocks are lane by lane. No method allocates.
pub trait Cell<T: Float>: Analysed {
    /// Draws the initial parameters.
    fn initialise(&self, stream: &mut Stream, parameters: &mut [T]);
    /// Orders the weights as the kernels read them.
    fn pack(&self, flat: &[T], packed: &mut [T]);
    /// The state at which sequences begin that observe `y` first.
    fn start(&self, w: Weights<T>, y: &[Block<T>], z: &mut [Block<T>]);
    /// One step: from input `x` and state `z` to `next`, leaving `tape` for [`Cell::back`].
    fn step(
        &self,
        w: Weights<T>,
        x: &[Block<T>],
        z: &[Block<T>],
        tape: &mut [Block<T>],
        next: &mut [Block<T>],
    );
    /// The output of a state.
    fn read(&self, w: Weights<T>, z: &[Block<T>], y: &mut [Block<T>]);
    /// Adds to `dz` what an adjoint `dy` of the output gives to the state's.
    fn read_back(&self, w: Weights<T>, dy: &[Block<T>], dz: &mut [Block<T>]);
    /// The adjoint of a step: from `g`, that of `next`, to `dz`, that of `z`, leaving `adjoint` for the gradient.
    fn back(
        &self,
        w: Weights<T>,
        z: &[Block<T>],
        tape: &[Block<T>],
        next: &[Block<T>],
        g: &[Block<T>],
        adjoint: &mut [Block<T>],
        dz: &mut [Block<T>],
    );
    /// The adjoint of the input from what [`Cell::back`] left; nothing to write for a cell without inputs.
    fn input_back(&self, _w: Weights<T>, _tape: &[Block<T>], _adjoint: &[Block<T>], _dx: &mut [Block<T>]) {}
    /// Sums the gradient of the parameters over all steps and sequences.
    fn gather(&self, history: History<T>, gradient: &mut [T]);
    /// `∂next_i/∂z_j` at `jacobian[i * M + j]`, lane by lane; asked of cells with observed units alone.
    fn jacobians(&self, _w: Weights<T>, _z: &[Block<T>], jacobian: &mut [Block<T>]) {
        jacobian.fill(Block::default());
    }
}

/// The list of cells: a name with sizes, from which a cell is made.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CellKind {
    /// The plain [`Elman`] network: hyperbolic tangent, biases, no leak.
    Tanh {
        /// Inputs, `I`.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
    },
    /// [`ShallowPlrnn`].
    ShallowPlrnn {
        /// State units, `M`.
        latent: usize,
        /// Hidden units, `L`.
        hidden: usize,
        /// Observed units, `N <= M`.
        observed: usize,
        /// Whether the rectifier's own part is taken off, which keeps orbits bounded.
        clipped: bool,
    },
    /// [`AlmostLinear`].
    AlmostLinear {
        /// State units, `M`.
        latent: usize,
        /// Rectified units, `P <= M`.
        rectified: usize,
        /// Observed units, `N <= M`.
        observed: usize,
    },
    /// [`Elman`] with its choices.
    Elman {
        /// Inputs, `I`.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// What a unit makes of its drive.
        unit: Unit,
        /// The leak, `0 < a <= 1`; 1 for a network without.
        leak: f64,
        /// Whether there are `b` and `c`.
        biases: bool,
        /// Factor of the readout, `s`.
        scale: f64,
    },
    /// [`Jordan`].
    Jordan {
        /// Inputs, `I`.
        inputs: usize,
        /// Hidden units, `H`; the state has `O` more.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
    },
    /// [`Gru`].
    Gru {
        /// Inputs, `I`.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
    },
    /// [`Lstm`].
    Lstm {
        /// Inputs, `I`.
        inputs: usize,
        /// Hidden units, `H`; the state has twice as many.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// Where the bias of the forget gate starts; drawn like all others where not given.
        forget: Option<f64>,
    },
    /// [`LowRank`].
    LowRank {
        /// Inputs, `I`.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// Rank of the recurrence, `R <= H`.
        rank: usize,
        /// The leak, `0 < a <= 1`.
        leak: f64,
    },
    /// [`Dale`].
    Dale {
        /// Inputs, `I`.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// Inhibitory units, fewer than `H`, the last ones.
        inhibitory: usize,
        /// The leak `Δt/τ`, `0 < a <= 1`.
        leak: f64,
    },
    /// [`Cfc`].
    Cfc {
        /// Inputs, `I`, the elapsed time the last of them.
        inputs: usize,
        /// Hidden units, `H`; the state of the mixed form has twice as many.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// Units of the backbone, `B`.
        backbone: usize,
        /// What is made of the backbone.
        form: CfcForm,
    },
    /// [`Ltc`].
    Ltc {
        /// Inputs, `I`, the elapsed time the last of them.
        inputs: usize,
        /// State units, `H`.
        hidden: usize,
        /// Outputs, `O`.
        outputs: usize,
        /// Unfoldings of a step, at most 64.
        unfolds: usize,
    },
}

/// Largest number of units of any sort.
const MOST: usize = 4096;

impl CellKind {
    /// One small example of each cell of the list, over which tests and documentation run.
    pub fn examples() -> Vec<CellKind> {
        vec![
            CellKind::Tanh { inputs: 2, hidden: 7, outputs: 3 },
            CellKind::ShallowPlrnn { latent: 3, hidden: 10, observed: 3, clipped: false },
            CellKind::ShallowPlrnn { latent: 3, hidden: 10, observed: 3, clipped: true },
            CellKind::ShallowPlrnn { latent: 5, hidden: 6, observed: 2, clipped: true },
            CellKind::AlmostLinear { latent: 6, rectified: 2, observed: 3 },
            CellKind::Elman {
                inputs: 2,
                hidden: 7,
                outputs: 3,
                unit: Unit::Tanh,
                leak: 0.4,
                biases: true,
                scale: 0.7,
            },
            CellKind::Elman {
                inputs: 2,
                hidden: 6,
                outputs: 2,
                unit: Unit::Relu,
                leak: 1.0,
                biases: false,
                scale: 1.0,
            },
            CellKind::Jordan { inputs: 2, hidden: 6, outputs: 3 },
            CellKind::Gru { inputs: 2, hidden: 5, outputs: 3 },
            CellKind::Lstm { inputs: 2, hidden: 5, outputs: 3, forget: Some(1.0) },
            CellKind::LowRank { inputs: 2, hidden: 7, outputs: 2, rank: 2, leak: 0.5 },
            CellKind::Dale { inputs: 2, hidden: 7, outputs: 3, inhibitory: 2, leak: 0.5 },
            CellKind::Cfc { inputs: 3, hidden: 5, outputs: 2, backbone: 6, form: CfcForm::Full },
            CellKind::Cfc { inputs: 2, hidden: 5, outputs: 2, backbone: 4, form: CfcForm::NoGate },
            CellKind::Cfc { inputs: 2, hidden: 4, outputs: 2, backbone: 5, form: CfcForm::Minimal },
            CellKind::Cfc { inputs: 2, hidden: 4, outputs: 2, backbone: 5, form: CfcForm::Mixed },
            CellKind::Ltc { inputs: 3, hidden: 4, outputs: 2, unfolds: 3 },
        ]
    }

    /// How many numbers come in and how many are read out at each step.
    pub fn width(self) -> [usize; 2] {
        match self {
            CellKind::ShallowPlrnn { observed, .. } | CellKind::AlmostLinear { observed, .. } => {
                [0, observed]
            }
            CellKind::Tanh { inputs, outputs, .. }
            | CellKind::Elman { inputs, outputs, .. }
            | CellKind::Jordan { inputs, outputs, .. }
            | CellKind::Gru { inputs, outputs, .. }
            | CellKind::Lstm { inputs, outputs, .. }
            | CellKind::LowRank { inputs, outputs, .. }
            | CellKind::Dale { inputs, outputs, .. }
            | CellKind::Cfc { inputs, outputs, .. }
            | CellKind::Ltc { inputs, outputs, .. } => [inputs, outputs],
        }
    }

    /// Makes the cell.
    ///
    /// # Errors
    /// [`Error::Size`] for a size of zero or beyond 4096, and for more observed, rectified or inhibitory units or a
    /// higher rank than there are units; [`Error::Setting`] for a leak, factor or bias out of its range.
    pub fn build<T: Float>(self) -> Result<Box<dyn Cell<T>>, Error> {
        T::cell(self)
    }

    pub(crate) fn make<T: Float>(self) -> Result<Box<dyn Cell<T>>, Error> {
        Ok(match self {
            CellKind::Tanh { inputs, hidden, outputs } => {
                Box::new(Elman::new(inputs, hidden, outputs, Unit::Tanh, 1.0, true, 1.0)?)
            }
            CellKind::ShallowPlrnn { latent, hidden, observed, clipped } => {
                Box::new(ShallowPlrnn::new(latent, hidden, observed, clipped)?)
            }
            CellKind::AlmostLinear { latent, rectified, observed } => {
                Box::new(AlmostLinear::new(latent, rectified, observed)?)
            }
            CellKind::Elman { inputs, hidden, outputs, unit, leak, biases, scale } => {
                Box::new(Elman::new(inputs, hidden, outputs, unit, leak, biases, scale)?)
            }
            CellKind::Jordan { inputs, hidden, outputs } => Box::new(Jordan::new(inputs, hidden, outputs)?),
            CellKind::Gru { inputs, hidden, outputs } => Box::new(Gru::new(inputs, hidden, outputs)?),
            CellKind::Lstm { inputs, hidden, outputs, forget } => {
                Box::new(Lstm::new(inputs, hidden, outputs, forget)?)
            }
            CellKind::LowRank { inputs, hidden, outputs, rank, leak } => {
                Box::new(LowRank::of(inputs, hidden, outputs, rank, leak)?)
            }
            CellKind::Dale { inputs, hidden, outputs, inhibitory, leak } => {
                Box::new(Dale::of(inputs, hidden, outputs, inhibitory, leak)?)
            }
            CellKind::Cfc { inputs, hidden, outputs, backbone, form } => {
                Box::new(Cfc::new(inputs, hidden, outputs, backbone, form)?)
            }
            CellKind::Ltc { inputs, hidden, outputs, unfolds } => {
                Box::new(Ltc::new(inputs, hidden, outputs, unfolds)?)
            }
        })
    }

    /// Five numbers that say the same, for checkpoints.
    pub(crate) fn code(self) -> [u64; 5] {
        match self {
            CellKind::Tanh { inputs, hidden, outputs } => {
                [0, inputs as u64, hidden as u64, outputs as u64, 0]
            }
            CellKind::ShallowPlrnn { latent, hidden, observed, clipped } => {
                [1, latent as u64, hidden as u64, observed as u64, clipped as u64]
            }
            CellKind::AlmostLinear { latent, rectified, observed } => {
                [2, latent as u64, rectified as u64, observed as u64, 0]
            }
            // The printed form names every field and tells any two numbers apart.
            _ => {
                let [inputs, outputs] = self.width();
                let rest = numerics::Digest::new().bytes(format!("{self:?}").as_bytes()).finish();
                [3, inputs as u64, outputs as u64, rest, 0]
            }
        }
    }
}

pub(crate) fn check_size(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), Error> {
    let most = if most < MOST { most } else { MOST };
    if (least..=most).contains(&found) { Ok(()) } else { Err(Error::Size { what, found, least, most }) }
}

/// `A = diag(K / λ_max(K))` with `K = RᵀR / M + I`, `R` standard normal: the diagonal to start from.
///
/// `K` is symmetric and positive definite, so its largest eigenvalue is its spectral norm.
pub(crate) fn diagonal_start(stream: &mut Stream, m: usize) -> Vec<f64> {
    let r: Vec<f64> = (0..m * m).map(|_| stream.normal()).collect();
    let mut k = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..m {
            let mut total = 0.0;
            for l in 0..m {
                total += r[l * m + i] * r[l * m + j];
            }
            k[i * m + j] = total / m as f64 + if i == j { 1.0 } else { 0.0 };
        }
    }
    let largest = numerics::dense::spectral_norm(&k, m, m);
    (0..m).map(|i| k[i * m + i] / largest).collect()
}

/// Fills a slice with numbers uniform in `±bound`.
pub(crate) fn uniform<T: Float>(stream: &mut Stream, bound: f64, out: &mut [T]) {
    for value in out {
        *value = T::of(stream.between(-bound, bound));
    }
}

/// Largest absolute value.
pub(crate) fn largest(values: &[f64]) -> f64 {
    let mut most = 0.0;
    for value in values {
        let size = value.abs();
        if size > most {
            most = size;
        }
    }
    most
}
