use crate::cell::{Cell, CellKind, History, Shape, Weights, check_size};
use crate::error::Error;
use crate::float::{Block, Float, LANES};
use crate::forcing::{Estimator, norms};
use crate::kernel::flush;
use crate::loss::{Loss, Wanted};
use numerics::{Real, Stream};

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
/// steps, outputs and sequences of the squared error, or what [`Sequence::set_loss`] says, over the steps that have a
/// weight. Sixteen sequences run side by side; a batch of another size is filled up with sequences of weight zero.
#[derive(Debug)]
pub struct Sequence<T: Float> {
    cell: Box<dyn Cell<T>>,
    shape: Shape,
    steps: usize,
    batch: usize,
    groups: usize,
    loss: Loss,
    truncation: usize,
    given: bool,
    packed: Vec<T>,
    inputs: Vec<Block<T>>,
    targets: Vec<Block<T>>,
    outputs: Vec<Block<T>>,
    start: Vec<Block<T>>,
    weights: Vec<Block<T>>,
    entered: Vec<Block<T>>,
    tape: Vec<Block<T>>,
    left: Vec<Block<T>>,
    adjoints: Vec<Block<T>>,
    adjoint_tape: Vec<Block<T>>,
    output_adjoints: Vec<Block<T>>,
    start_adjoints: Vec<Block<T>>,
    final_adjoints: Vec<Block<T>>,
    begin_adjoints: Vec<Block<T>>,
    carried: Vec<Block<T>>,
    scratch: [Vec<Block<T>>; 5],
    logarithms: Vec<f64>,
    // Empty until they are asked for.
    step_weights: Vec<Block<T>>,
    mask: Vec<Block<T>>,
    begin: Vec<Block<T>>,
    input_adjoints: Vec<Block<T>>,
    dropped: Vec<Block<T>>,
    seen: Vec<Block<T>>,
}

impl<T: Float> Sequence<T> {
    /// Room for `batch` sequences of `steps` steps.
    ///
    /// # Errors
    /// [`Error::Size`], and those of [`CellKind::build`].
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
            loss: Loss::Squared,
            truncation: steps,
            given: false,
            packed: vec![T::zero(); shape.packed],
            inputs: table(shape.inputs),
            targets: table(shape.outputs),
            outputs: table(shape.outputs),
            start: row(groups * shape.observed),
            weights,
            entered: table(m),
            tape: table(shape.tape),
            left: table(m),
            adjoints: table(m),
            adjoint_tape: table(shape.adjoint),
            output_adjoints: table(shape.outputs),
            start_adjoints: row(groups * m),
            final_adjoints: row(groups * m),
            begin_adjoints: row(groups * m),
            carried: row(m),
            scratch: [row(m), row(square), row(square), row(square), row(m)],
            logarithms: vec![0.0; batch],
            step_weights: Vec::new(),
            mask: Vec::new(),
            begin: Vec::new(),
            input_adjoints: Vec::new(),
            dropped: Vec::new(),
            seen: Vec::new(),
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

    /// Chooses the loss; the squared error at first.
    pub fn set_loss(&mut self, loss: Loss) {
        self.loss = loss;
    }

    /// Lets no gradient pass from one stretch of `steps` steps into the one before; the stretches are counted from the
    /// last step, so that a loss at the end reaches back over `steps` of them.
    ///
    /// # Errors
    /// [`Error::Size`] for 0.
    pub fn truncate(&mut self, steps: usize) -> Result<(), Error> {
        if steps == 0 {
            return Err(Error::Size { what: "the truncation", found: 0, least: 1, most: self.steps });
        }
        self.truncation = steps;
        Ok(())
    }

    fn place(&self, b: usize, s: usize) -> (usize, usize) {
        (b / LANES * self.steps + s, b % LANES)
    }

    /// Sets what sequence `b` observes first (`N` numbers).
    pub fn set_start(&mut self, b: usize, y: &[T]) {
        put(&mut self.start, self.shape.observed, (b / LANES, b % LANES), y);
    }

    /// Sets target `s` of sequence `b` (`N` numbers).
    pub fn set_target(&mut self, b: usize, s: usize, y: &[T]) {
        let place = self.place(b, s);
        put(&mut self.targets, self.shape.outputs, place, y);
    }

    /// Sets input `s` of sequence `b` (`I` numbers).
    pub fn set_input(&mut self, b: usize, s: usize, x: &[T]) {
        let place = self.place(b, s);
        put(&mut self.inputs, self.shape.inputs, place, x);
    }

    /// Sets the weight of step `s` of sequence `b` in the loss; 1 for all until one is set.
    pub fn set_weight(&mut self, b: usize, s: usize, weight: T) {
        if self.step_weights.is_empty() {
            self.step_weights.resize(self.groups * self.steps, Block::one());
        }
        let place = self.place(b, s);
        put(&mut self.step_weights, 1, place, &[weight]);
    }

    /// Says whether step `s` of sequence `b` takes place; where it does not, the state stays what it was. All do until
    /// one is set.
    pub fn set_present(&mut self, b: usize, s: usize, present: bool) {
        if self.mask.is_empty() {
            self.mask.resize(self.groups * self.steps, Block::one());
        }
        let place = self.place(b, s);
        put(&mut self.mask, 1, place, &[if present { T::one() } else { T::zero() }]);
    }

    /// Sets the state with which sequence `b` begins (`M` numbers), for all passes until [`Sequence::begin_afresh`];
    /// others begin at zero then. No gradient reaches what the cell would have begun with.
    pub fn set_state(&mut self, b: usize, z: &[T]) {
        let m = self.shape.state;
        if !self.given {
            self.begin.clear();
            self.begin.resize(self.groups * m, Block::default());
            self.given = true;
        }
        put(&mut self.begin, m, (b / LANES, b % LANES), z);
    }

    /// Lets the next pass begin with the states with which the last one ended, for long series in pieces.
    pub fn carry_on(&mut self) {
        let m = self.shape.state;
        self.given = true;
        self.begin.resize(self.groups * m, Block::default());
        for group in 0..self.groups {
            let last = (group * self.steps + self.steps - 1) * m;
            self.begin[group * m..][..m].copy_from_slice(&self.left[last..][..m]);
        }
    }

    /// Lets passes begin as the cell does again.
    pub fn begin_afresh(&mut self) {
        self.given = false;
    }

    /// Leaves out each state unit with the chance `share` in what the readout sees of it, anew at each step, and makes
    /// the others greater by `1 / (1 - share)`; a share of 0 leaves out none. Draws from `stream`.
    ///
    /// Source: Srivastava et al., "Dropout", JMLR 15, 2014; on the path to the output alone, as in Zaremba, Sutskever
    /// and Vinyals, arXiv 1409.2329.
    ///
    /// # Errors
    /// [`Error::Setting`] for a share outside [0, 1); [`Error::NotDroppable`] for a cell whose output is its state.
    pub fn drop_units(&mut self, share: f64, stream: &mut Stream) -> Result<(), Error> {
        if !(0.0..1.0).contains(&share) {
            let expected = "at least 0 and less than 1";
            return Err(Error::Setting { what: "the share of units left out", found: share, expected });
        }
        if share == 0.0 {
            self.dropped.clear();
            return Ok(());
        }
        if self.shape.observed > 0 {
            return Err(Error::NotDroppable(self.cell.name()));
        }
        self.dropped.resize(self.left.len(), Block::default());
        self.seen.resize(self.left.len(), Block::default());
        let kept = T::of(1.0 / (1.0 - share));
        for (at, block) in self.dropped.iter_mut().enumerate() {
            let group = at / (self.steps * self.shape.state);
            let lanes = if self.batch - group * LANES < LANES { self.batch - group * LANES } else { LANES };
            for factor in &mut block.0[..lanes] {
                *factor = if stream.uniform() < share { T::zero() } else { kept };
            }
        }
        Ok(())
    }

    /// Reads output `s` of sequence `b` of the last pass.
    pub fn output(&self, b: usize, s: usize, y: &mut [T]) {
        get(&self.outputs, self.shape.outputs, self.place(b, s), y);
    }

    /// Reads the state of sequence `b` after step `s` of the last pass.
    pub fn state(&self, b: usize, s: usize, z: &mut [T]) {
        get(&self.left, self.shape.state, self.place(b, s), z);
    }

    pub(crate) fn target(&self, b: usize, s: usize, y: &mut [T]) {
        get(&self.targets, self.shape.outputs, self.place(b, s), y);
    }

    pub(crate) fn weight(&self, b: usize, s: usize) -> T {
        let (row, lane) = self.place(b, s);
        self.step_weights.get(row).map_or(T::one(), |block| block.0[lane])
    }

    /// Reads the adjoint of the state of sequence `b` after step `s`, of the last pass back: what a change of this state
    /// would do to the loss, by way of the outputs from step `s` on; 0 for a step that is not present.
    pub fn state_adjoint(&self, b: usize, s: usize, dz: &mut [T]) {
        get(&self.adjoints, self.shape.state, self.place(b, s), dz);
    }

    /// Reads the adjoint of the state with which sequence `b` began, of the last pass back.
    pub fn begin_adjoint(&self, b: usize, dz: &mut [T]) {
        get(&self.begin_adjoints, self.shape.state, (b / LANES, b % LANES), dz);
    }

    /// Reads the adjoint of input `s` of sequence `b`, after [`Sequence::adjoin_inputs`].
    pub fn input_adjoint(&self, b: usize, s: usize, dx: &mut [T]) {
        get(&self.input_adjoints, self.shape.inputs, self.place(b, s), dx);
    }

    /// Works out the adjoints of the inputs from the last pass back; `parameters` must be those of that pass.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn adjoin_inputs(&mut self, parameters: &[T]) -> Result<(), Error> {
        self.check(parameters, Force::Free)?;
        let Shape { inputs, tape, adjoint, .. } = self.shape;
        self.input_adjoints.resize(self.inputs.len(), Block::default());
        if inputs == 0 {
            return Ok(());
        }
        let w = Weights { flat: parameters, packed: &self.packed };
        for (row, dx) in self.input_adjoints.chunks_exact_mut(inputs).enumerate() {
            let tape = &self.tape[row * tape..][..tape];
            self.cell.input_back(w, tape, &self.adjoint_tape[row * adjoint..][..adjoint], dx);
        }
        Ok(())
    }

    /// Sets the adjoint of output `s` of sequence `b` for [`Sequence::pull_back`]; [`Sequence::run`] sets all to zero.
    pub fn set_output_adjoint(&mut self, b: usize, s: usize, dy: &[T]) {
        let place = self.place(b, s);
        put(&mut self.output_adjoints, self.shape.outputs, place, dy);
    }

    /// Sets what a loss of the last state of sequence `b` adds to its adjoint; [`Sequence::run`] sets all to zero.
    pub fn set_final_adjoint(&mut self, b: usize, dz: &[T]) {
        put(&mut self.final_adjoints, self.shape.state, (b / LANES, b % LANES), dz);
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
        if self.given {
            copy(&mut self.begin[last * self.shape.state..]);
        }
        for rows in [&mut self.mask, &mut self.step_weights] {
            if !rows.is_empty() {
                copy(&mut rows[last * self.steps..]);
            }
        }
    }

    fn check(&self, parameters: &[T], force: Force) -> Result<(), Error> {
        let expected = self.cell.layout().len();
        if parameters.len() != expected {
            return Err(Error::Length { what: "the parameters", found: parameters.len(), expected });
        }
        if force != Force::Free && self.shape.observed == 0 {
            return Err(Error::NotForceable(self.cell.name()));
        }
        if force == Force::Replace(0) {
            return Err(Error::Setting { what: "the forcing interval", found: 0.0, expected: "at least 1" });
        }
        Ok(())
    }

    fn check_gradient(parameters: &[T], gradient: &[T]) -> Result<(), Error> {
        if gradient.len() == parameters.len() {
            return Ok(());
        }
        let (found, expected) = (gradient.len(), parameters.len());
        Err(Error::Length { what: "the gradient", found, expected })
    }

    /// The loss under `force`, without a gradient.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn loss(&mut self, parameters: &[T], force: Force) -> Result<f64, Error> {
        self.check(parameters, force)?;
        self.forward(parameters, force);
        Ok(self.judge())
    }

    /// The loss under `force`, its gradient written to `gradient`.
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
        Self::check_gradient(parameters, gradient)?;
        self.forward(parameters, force);
        let loss = self.judge();
        self.final_adjoints.fill(Block::default());
        self.backward(parameters, force);
        self.gather(parameters, gradient);
        Ok(loss)
    }

    /// A forward pass for a loss of someone else's: then read the outputs, set the adjoints, all zero at first, and
    /// [`Sequence::pull_back`].
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn run(&mut self, parameters: &[T], force: Force) -> Result<(), Error> {
        self.check(parameters, force)?;
        self.forward(parameters, force);
        self.output_adjoints.fill(Block::default());
        self.final_adjoints.fill(Block::default());
        Ok(())
    }

    /// The gradient that follows from the adjoints set since [`Sequence::run`], under the same parameters and force.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotForceable`].
    pub fn pull_back(&mut self, parameters: &[T], force: Force, gradient: &mut [T]) -> Result<(), Error> {
        self.check(parameters, force)?;
        Self::check_gradient(parameters, gradient)?;
        self.backward(parameters, force);
        self.gather(parameters, gradient);
        Ok(())
    }

    /// The share of outputs that the last pass got right, weighted as the loss is. For the squared error an output is
    /// right that is nearer to its target than ½; for the logistic loss one on the right side of 0; for the cross
    /// entropy a step counts whose largest output is the most wanted one.
    pub fn accuracy(&self) -> f64 {
        self.loss.accuracy(self.wanted(), &self.outputs)
    }

    fn wanted(&self) -> Wanted<'_, T> {
        Wanted {
            width: self.shape.outputs,
            steps: self.steps,
            targets: &self.targets,
            lanes: &self.weights,
            weights: &self.step_weights,
        }
    }

    /// Holds the outputs against the targets: the loss, and the adjoints of the outputs.
    pub(crate) fn judge(&mut self) -> f64 {
        let mut adjoints = std::mem::take(&mut self.output_adjoints);
        let loss = self.loss.judge(self.wanted(), &self.outputs, &mut adjoints);
        self.output_adjoints = adjoints;
        loss
    }

    /// The outputs and their adjoints, for a readout that is shared.
    pub(crate) fn shared(&mut self) -> (&mut [Block<T>], &mut [Block<T>]) {
        (&mut self.outputs, &mut self.output_adjoints)
    }

    fn gather(&mut self, parameters: &[T], gradient: &mut [T]) {
        self.cell.gather(
            History {
                parameters,
                inputs: &self.inputs,
                entered: &self.entered,
                tape: &self.tape,
                left: &self.left,
                seen: if self.dropped.is_empty() { &self.left } else { &self.seen },
                adjoints: &self.adjoints,
                adjoint_tape: &self.adjoint_tape,
                output_adjoints: &self.output_adjoints,
                start: &self.start,
                start_adjoints: &self.start_adjoints,
            },
            gradient,
        );
    }

    fn forward(&mut self, parameters: &[T], force: Force) {
        self.fill_lanes();
        self.cell.pack(parameters, &mut self.packed);
        let w = Weights { flat: parameters, packed: &self.packed };
        let Shape { inputs, state: m, outputs, observed, tape, .. } = self.shape;
        let n = self.steps;
        for group in 0..self.groups {
            let first = group * n;
            let begin = &mut self.entered[first * m..][..m];
            if self.given {
                begin.copy_from_slice(&self.begin[group * m..][..m]);
            } else {
                self.cell.start(w, &self.start[group * observed..][..observed], begin);
            }
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
                if !self.mask.is_empty() {
                    let present = self.mask[row];
                    for (left, &before) in left.iter_mut().zip(&past[row * m..]) {
                        *left = present.select(*left, before);
                    }
                }
                let output = &mut self.outputs[row * outputs..][..outputs];
                if self.dropped.is_empty() {
                    self.cell.read(w, left, output);
                } else {
                    let seen = &mut self.seen[row * m..][..m];
                    for ((seen, &left), &kept) in
                        seen.iter_mut().zip(&*left).zip(&self.dropped[row * m..][..m])
                    {
                        *seen = left * kept;
                    }
                    self.cell.read(w, seen, output);
                }
                if s + 1 < n {
                    let next = &mut future[..m];
                    next.copy_from_slice(left);
                    let target = &self.targets[row * outputs..][..outputs];
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
    }

    fn backward(&mut self, parameters: &[T], force: Force) {
        let w = Weights { flat: parameters, packed: &self.packed };
        let Shape { state: m, outputs, observed, tape, adjoint, .. } = self.shape;
        let n = self.steps;
        let passed = &mut self.scratch[4];
        for group in 0..self.groups {
            self.carried.copy_from_slice(&self.final_adjoints[group * m..][..m]);
            for s in (0..n).rev() {
                let row = group * n + s;
                match force {
                    _ if s + 1 < n && (n - 1 - s).is_multiple_of(self.truncation) => {
                        self.carried.fill(Block::default());
                    }
                    // The last state is read, not forced.
                    _ if s + 1 == n => {}
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
                let dy = &self.output_adjoints[row * outputs..][..outputs];
                if self.dropped.is_empty() {
                    g.copy_from_slice(&self.carried);
                    self.cell.read_back(w, dy, g);
                } else {
                    g.fill(Block::default());
                    self.cell.read_back(w, dy, g);
                    for ((g, &kept), &carried) in
                        g.iter_mut().zip(&self.dropped[row * m..][..m]).zip(&self.carried)
                    {
                        *g = *g * kept + carried;
                    }
                }
                for block in g.iter_mut() {
                    flush(block);
                }
                if !self.mask.is_empty() {
                    let present = self.mask[row];
                    for (passed, g) in passed.iter_mut().zip(g.iter_mut()) {
                        *passed = present.select(Block::default(), *g);
                        *g = present.select(*g, Block::default());
                    }
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
                if !self.mask.is_empty() {
                    self.carried.iter_mut().zip(&*passed).for_each(|(carried, &passed)| *carried += passed);
                }
            }
            self.begin_adjoints[group * m..][..m].copy_from_slice(&self.carried);
            let start = &mut self.start_adjoints[group * m..][..m];
            if self.given {
                start.fill(Block::default());
            } else {
                start.copy_from_slice(&self.carried);
            }
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

/// Writes the numbers of one sequence into a row of blocks.
fn put<T: Float>(table: &mut [Block<T>], width: usize, (row, lane): (usize, usize), values: &[T]) {
    for (block, &value) in table[row * width..][..width].iter_mut().zip(values) {
        block.0[lane] = value;
    }
}

/// Reads the numbers of one sequence out of a row of blocks.
fn get<T: Float>(table: &[Block<T>], width: usize, (row, lane): (usize, usize), values: &mut [T]) {
    for (block, value) in table[row * width..][..width].iter().zip(values) {
        *value = block.0[lane];
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
