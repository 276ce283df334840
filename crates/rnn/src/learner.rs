use crate::bidirectional::Bidirectional;
use crate::cell::{CellKind, Draw, Layout};
use crate::checkpoint::{Reader, Writer};
use crate::error::Error;
use crate::float::Float;
use crate::loss::Loss;
use crate::map::TrainedMap;
use crate::optimise::{Method, Optimiser, Schedule};
use crate::sequence::{Force, Sequence, norm};
use crate::series::Series;
use crate::tasks::{Example, TaskKind};
use crate::trainer::StepReport;
use numerics::{Digest, Stream};

/// Everything that determines how a task is learned, but for a series of one's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// The cell and its sizes.
    pub kind: CellKind,
    /// Whether a second network goes through the sequences from the back; see [`Bidirectional`].
    pub bidirectional: bool,
    /// The task.
    pub task: TaskKind,
    /// The loss.
    pub loss: Loss,
    /// Pieces of the parameters by name that are drawn anew where the cell has drawn all, in this order.
    pub start: &'static [(&'static str, Draw)],
    /// The optimiser.
    pub method: Method,
    /// The `β` of those that have them.
    pub betas: [f64; 2],
    /// The learning rate.
    pub schedule: Schedule,
    /// Sequences in a batch.
    pub batch: usize,
    /// The gradient is shortened to this norm when it is longer.
    pub clip: Option<f64>,
    /// Factor of `Σ p²/2` in the loss; 0 for none.
    pub decay: f64,
    /// A piece of the parameters by name, and the factor of the mean of its absolute values in the loss.
    pub sparse: Option<(&'static str, f64)>,
    /// No gradient goes further back than a stretch of so many steps; see [`Sequence::truncate`].
    pub truncation: Option<usize>,
    /// Share of units left out in front of the readout; 0 for none. See [`Sequence::drop_units`].
    pub dropout: f64,
    /// Seed of the streams `weights`, `examples` and `dropout`.
    pub seed: u64,
}

impl Learning {
    /// A cell that learns a task with the loss that fits it, by Adam at a constant rate, in batches of 32, without
    /// anything else.
    pub fn new(kind: CellKind, task: TaskKind, rate: f64, seed: u64) -> Self {
        Self {
            kind,
            bidirectional: false,
            task,
            loss: task.loss(),
            start: &[],
            method: Method::Adam,
            betas: [0.9, 0.999],
            schedule: Schedule::Constant(rate),
            batch: 32,
            clip: None,
            decay: 0.0,
            sparse: None,
            truncation: None,
            dropout: 0.0,
            seed,
        }
    }

    fn check(&self, series: Option<&Series>) -> Result<(), Error> {
        self.task.check(series)?;
        self.method.check()?;
        self.schedule.check()?;
        if let Some(found) = self.clip
            && (found.is_nan() || found <= 0.0)
        {
            return Err(Error::Setting { what: "the clipping norm", found, expected: "greater than 0" });
        }
        let factors =
            [("the decay", self.decay), ("the factor of sparsity", self.sparse.map_or(0.0, |s| s.1))];
        for (what, found) in factors {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(Error::Setting { what, found, expected: "a finite number of at least 0" });
            }
        }
        let cell = self.kind.build::<f64>()?;
        let layout = cell.layout();
        for name in self.sparse.iter().map(|s| s.0).chain(self.start.iter().map(|s| s.0)) {
            if layout.find(name).is_none() {
                let names: Vec<&str> = layout.blocks.iter().map(|b| b.name).collect();
                return Err(Error::NoBlock { cell: cell.name(), name, has: names.join(", ") });
            }
        }
        let [inputs, _, outputs] = self.task.sizes();
        let (found, expected) = (self.kind.width(), [inputs, outputs]);
        if found != expected {
            return Err(Error::Unfit { cell: cell.name(), found, expected });
        }
        Ok(())
    }

    fn digest(&self) -> u64 {
        // The printed form names every field and tells any two numbers apart.
        Digest::new().bytes(format!("{self:?}").as_bytes()).finish()
    }
}

/// What a network does with examples that it has not learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The mean loss, without what is added to it in training.
    pub loss: f64,
    /// The share of what is right, as [`Sequence::accuracy`] counts it.
    pub accuracy: f64,
}

/// One network or two.
#[derive(Debug)]
enum Network<T: Float> {
    One(Box<Sequence<T>>),
    Both(Box<Bidirectional<T>>),
}

impl<T: Float> Network<T> {
    fn new(settings: &Learning, batch: usize) -> Result<Self, Error> {
        let [_, steps, _] = settings.task.sizes();
        let truncation = settings.truncation.unwrap_or(steps);
        if settings.bidirectional {
            let mut both = Bidirectional::new(settings.kind, steps, batch)?;
            both.set_loss(settings.loss);
            both.truncate(truncation)?;
            return Ok(Self::Both(Box::new(both)));
        }
        let mut one = Sequence::new(settings.kind, steps, batch)?;
        one.set_loss(settings.loss);
        one.truncate(truncation)?;
        Ok(Self::One(Box::new(one)))
    }

    fn count(&self) -> usize {
        match self {
            Self::One(one) => one.cell().layout().len(),
            Self::Both(both) => both.parameters(),
        }
    }

    fn drop_units(&mut self, share: f64, stream: &mut Stream) -> Result<(), Error> {
        match self {
            Self::One(one) => one.drop_units(share, stream),
            Self::Both(both) => both.drop_units(share, stream),
        }
    }

    fn loss(&mut self, parameters: &[T]) -> Result<f64, Error> {
        match self {
            Self::One(one) => one.loss(parameters, Force::Free),
            Self::Both(both) => both.loss(parameters),
        }
    }

    fn accuracy(&self) -> f64 {
        match self {
            Self::One(one) => one.accuracy(),
            Self::Both(both) => both.accuracy(),
        }
    }

    /// Draws a batch of the task.
    fn draw(
        &mut self,
        task: TaskKind,
        batch: usize,
        values: &[f64],
        stream: &mut Stream,
        example: &mut Example,
        row: &mut Vec<T>,
    ) {
        let [inputs, steps, outputs] = task.sizes();
        let narrow = |values: &[f64], row: &mut Vec<T>| {
            row.clear();
            row.extend(values.iter().map(|&v| T::of(v)));
        };
        for b in 0..batch {
            task.draw(values, stream, example);
            for s in 0..steps {
                let weight = T::of(example.weights[s]);
                narrow(&example.inputs[s * inputs..][..inputs], row);
                match self {
                    Self::One(one) => one.set_input(b, s, row),
                    Self::Both(both) => both.set_input(b, s, row),
                }
                narrow(&example.targets[s * outputs..][..outputs], row);
                match self {
                    Self::One(one) => {
                        one.set_target(b, s, row);
                        one.set_weight(b, s, weight);
                    }
                    Self::Both(both) => {
                        both.set_target(b, s, row);
                        both.set_weight(b, s, weight);
                    }
                }
                if task.has_absent_steps() {
                    match self {
                        Self::One(one) => one.set_present(b, s, example.present[s]),
                        Self::Both(both) => both.set_present(b, s, example.present[s]),
                    }
                }
            }
        }
    }
}

/// A network that learns a task.
///
/// Each update draws a batch of new examples, goes through them forward and back, and changes the parameters.
/// Deterministic in its settings. An update allocates nothing.
#[derive(Debug)]
pub struct Learner<T: Float> {
    settings: Learning,
    values: Vec<f64>,
    data_digest: u64,
    network: Network<T>,
    layout: Layout,
    parameters: Vec<T>,
    sound: Vec<T>,
    gradient: Vec<T>,
    optimiser: Optimiser<T>,
    examples: Stream,
    dropout: Stream,
    example: Example,
    row: Vec<T>,
    updates: u64,
    diverged: Option<u64>,
}

impl<T: Float> Learner<T> {
    /// A learner at its start; `series` for a task that is about one.
    ///
    /// # Errors
    /// Those of [`TaskKind::check`] and [`CellKind::build`]; [`Error::Setting`], [`Error::NoBlock`],
    /// [`Error::Unfit`]; [`Error::NotDroppable`].
    pub fn new(settings: Learning, series: Option<&Series>) -> Result<Self, Error> {
        settings.check(series)?;
        let mut network = Network::<T>::new(&settings, settings.batch)?;
        network.drop_units(settings.dropout, &mut Stream::new(settings.seed, "dropout"))?;
        let mut parameters = vec![T::zero(); network.count()];
        let mut weights = Stream::new(settings.seed, "weights");
        let layout = match &network {
            Network::One(one) => {
                one.cell().initialise(&mut weights, &mut parameters);
                one.cell().layout()
            }
            Network::Both(both) => {
                both.initialise(&mut weights, &mut parameters)?;
                both.layout()
            }
        };
        for own in parameters.chunks_exact_mut(layout.len()) {
            for (name, draw) in settings.start {
                if let Some(block) = layout.find(name) {
                    draw.fill(block, &mut weights, own);
                }
            }
        }
        let values = series.map_or(Vec::new(), |series| series.values().to_vec());
        Ok(Self {
            data_digest: Digest::new().f64s(&values).finish(),
            values,
            network,
            layout,
            sound: parameters.clone(),
            gradient: parameters.clone(),
            optimiser: Optimiser::new(settings.method, parameters.len()).with_betas(settings.betas)?,
            parameters,
            examples: Stream::new(settings.seed, "examples"),
            dropout: Stream::new(settings.seed, "dropout"),
            example: Example::default(),
            row: Vec::new(),
            updates: 0,
            diverged: None,
            settings,
        })
    }

    /// One update. Its loss is that of the batch with what decay and sparsity add; `alpha` is 0.
    ///
    /// When the loss, the gradient or the new parameters are not finite the training ends here: the report says skipped,
    /// and the parameters become the last whose loss was finite.
    ///
    /// # Errors
    /// [`Error::Diverged`] after that.
    pub fn update(&mut self) -> Result<StepReport, Error> {
        T::learn(self)
    }

    pub(crate) fn advance(&mut self) -> Result<StepReport, Error> {
        if let Some(update) = self.diverged {
            return Err(Error::Diverged { update });
        }
        let Learning { task, batch, dropout, clip, .. } = self.settings;
        self.network.draw(task, batch, &self.values, &mut self.examples, &mut self.example, &mut self.row);
        if dropout > 0.0 {
            self.network.drop_units(dropout, &mut self.dropout)?;
        }
        let mut loss = match &mut self.network {
            Network::One(one) => one.loss_and_gradient(&self.parameters, Force::Free, &mut self.gradient)?,
            Network::Both(both) => both.loss_and_gradient(&self.parameters, &mut self.gradient)?,
        };
        loss += self.penalise();
        let gradient_norm = norm(&self.gradient);
        let rate = self.settings.schedule.rate(self.updates);
        self.updates += 1;
        let mut sound = loss.is_finite() && gradient_norm.is_finite();
        if sound {
            self.sound.copy_from_slice(&self.parameters);
            if let Some(most) = clip
                && gradient_norm > most
            {
                let factor = T::of(most / gradient_norm);
                self.gradient.iter_mut().for_each(|g| *g *= factor);
            }
            self.optimiser.update(rate, &self.gradient, &mut self.parameters);
            sound = self.parameters.iter().all(|p| p.wide().is_finite());
        }
        if !sound {
            self.parameters.copy_from_slice(&self.sound);
            self.diverged = Some(self.updates);
        }
        let update = self.updates;
        Ok(StepReport { update, loss, gradient_norm, rate, alpha: 0.0, norm_estimate: None, skipped: !sound })
    }

    /// What decay and sparsity add to the loss; adds their gradients.
    fn penalise(&mut self) -> f64 {
        let mut penalty = 0.0;
        if self.settings.decay > 0.0 {
            let decay = T::of(self.settings.decay);
            for (g, &p) in self.gradient.iter_mut().zip(&self.parameters) {
                *g += decay * p;
            }
            let squares = numerics::sum_by(self.parameters.len(), |i| {
                self.parameters[i].wide() * self.parameters[i].wide()
            });
            penalty += 0.5 * self.settings.decay * squares;
        }
        let block = self.settings.sparse.and_then(|(name, factor)| Some((self.layout.find(name)?, factor)));
        if let Some((block, factor)) = block
            && factor > 0.0
        {
            let each = factor / (block.len() * self.parameters.len() / self.layout.len()) as f64;
            for first in (0..self.parameters.len()).step_by(self.layout.len()) {
                let range = first + block.offset..first + block.offset + block.len();
                let own = &self.parameters[range.clone()];
                penalty += each * numerics::sum_by(own.len(), |i| own[i].wide().abs());
                for (g, &p) in self.gradient[range].iter_mut().zip(own) {
                    *g += T::of(each) * p.sign();
                }
            }
        }
        penalty
    }

    /// What the network makes of `size` new examples of `task`, drawn from the stream `evaluation` of `seed`, without
    /// dropout; the task may be harder or longer than the one learned, with the same numbers of inputs and outputs.
    ///
    /// # Errors
    /// Those of [`TaskKind::check`] but for the series, which is the learner's own; [`Error::Unfit`]; [`Error::Size`] for
    /// a size of 0 or beyond 4096.
    pub fn evaluate(&self, task: TaskKind, seed: u64, size: usize) -> Result<Evaluation, Error> {
        let settings = Learning { task, ..self.settings };
        self.fits(task)?;
        let mut network = Network::<T>::new(&settings, size)?;
        let mut stream = Stream::new(seed, "evaluation");
        network.draw(task, size, &self.values, &mut stream, &mut Example::default(), &mut Vec::new());
        let loss = network.loss(&self.parameters)?;
        Ok(Evaluation { loss, accuracy: network.accuracy() })
    }

    /// Whether another task can take the place of the one learned.
    fn fits(&self, task: TaskKind) -> Result<(), Error> {
        if let (TaskKind::Forecast { channels, ahead, steps }, TaskKind::Forecast { channels: own, .. }) =
            (task, self.settings.task)
        {
            task.sound()?;
            if channels != own {
                return Err(Error::SeriesChannels { found: own, expected: channels });
            }
            let (found, needed) = (self.values.len() / own, steps + ahead);
            return if found < needed { Err(Error::TooShort { found, needed }) } else { Ok(()) };
        }
        Learning { task, sparse: None, ..self.settings }.check(None)
    }

    /// Goes on with another task, as a curriculum does: harder or longer, with the same numbers of inputs and outputs.
    /// The settings say it from now on, those of a checkpoint too.
    ///
    /// # Errors
    /// As [`Learner::evaluate`].
    pub fn set_task(&mut self, task: TaskKind) -> Result<(), Error> {
        self.fits(task)?;
        let settings = Learning { task, ..self.settings };
        let mut network = Network::new(&settings, settings.batch)?;
        if settings.dropout > 0.0 {
            // Room alone: the next update draws anew.
            network.drop_units(settings.dropout, &mut Stream::new(settings.seed, "dropout"))?;
        }
        self.network = network;
        self.settings = settings;
        Ok(())
    }

    /// The settings, with the task as it is now.
    pub fn settings(&self) -> &Learning {
        &self.settings
    }
    /// The parameters, flat; of two networks one behind the other.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }
    /// Replaces the parameters, for instance by the best ones kept; moments and streams stay. A training that had
    /// diverged goes on from them.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn set_parameters(&mut self, parameters: &[T]) -> Result<(), Error> {
        let (found, expected) = (parameters.len(), self.parameters.len());
        if found != expected {
            return Err(Error::Length { what: "the parameters", found, expected });
        }
        self.parameters.copy_from_slice(parameters);
        if self.diverged.take().is_some() {
            let betas = self.settings.betas;
            self.optimiser = Optimiser::new(self.settings.method, expected).with_betas(betas)?;
        }
        Ok(())
    }
    /// The parameters in `f64`.
    pub fn wide_parameters(&self) -> Vec<f64> {
        self.parameters.iter().map(|p| p.wide()).collect()
    }
    /// The parameters of one network by name.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// Number of updates.
    pub fn updates(&self) -> u64 {
        self.updates
    }
    /// The update at which the training diverged.
    pub fn diverged(&self) -> Option<u64> {
        self.diverged
    }
    /// Digest of the parameters in the precision in which they train.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        self.parameters.iter().for_each(|p| p.digest(&mut digest));
        digest.finish()
    }
    /// The network, or of two the one from the front, as a map in `f64`.
    ///
    /// # Errors
    /// None that a learner made by [`Learner::new`] can meet.
    pub fn map(&self) -> Result<TrainedMap, Error> {
        TrainedMap::new(self.settings.kind, &self.wide_parameters()[..self.layout.len()])
    }

    /// Everything needed to go on bit for bit with [`Learner::resume`] under the same settings and data.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut to = Writer::new::<T>(MARK);
        to.word(self.settings.digest());
        to.word(self.data_digest);
        to.word(self.updates);
        to.word(self.diverged.unwrap_or(0));
        to.progress(&self.optimiser);
        to.stream(&self.examples);
        to.stream(&self.dropout);
        to.numbers(&self.parameters, &self.optimiser);
        to.finish()
    }

    /// The learner that wrote a checkpoint, in the state it was then; `settings` are those it had then.
    ///
    /// # Errors
    /// Those of [`Learner::new`]; [`Error::Checkpoint`] for bytes that are damaged, of another precision, settings or
    /// data.
    pub fn resume(settings: Learning, series: Option<&Series>, bytes: &[u8]) -> Result<Self, Error> {
        let mut learner = Self::new(settings, series)?;
        let mut from = Reader::new::<T>(MARK, bytes)?;
        if from.word()? != settings.digest() {
            return Err(Error::Checkpoint("was made under other settings"));
        }
        if from.word()? != learner.data_digest {
            return Err(Error::Checkpoint("was made with other data"));
        }
        learner.updates = from.word()?;
        learner.diverged = Some(from.word()?).filter(|update| *update > 0);
        from.progress(&mut learner.optimiser)?;
        from.stream(&mut learner.examples)?;
        from.stream(&mut learner.dropout)?;
        from.numbers(&mut learner.parameters, &mut learner.optimiser)?;
        learner.sound.copy_from_slice(&learner.parameters);
        Ok(learner)
    }
}

const MARK: &[u8; 8] = b"SEPLRN01";
