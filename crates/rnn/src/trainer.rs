use crate::cell::{CellKind, Layout};
use crate::checkpoint::{Reader, Writer};
use crate::error::Error;
use crate::float::Float;
use crate::forcing::{Estimator, Forcing, NormEstimate, anneal};
use crate::map::TrainedMap;
use crate::optimise::{Method, Optimiser, Schedule};
use crate::sequence::{Force, Sequence, norm};
use crate::series::Series;
use numerics::{Digest, Stream};

/// Everything that determines a training but its data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The cell and its sizes.
    pub kind: CellKind,
    /// The forcing.
    pub forcing: Forcing,
    /// The optimiser.
    pub method: Method,
    /// The learning rate.
    pub schedule: Schedule,
    /// Length of a training sequence in observations, `S`; it makes `S - 1` predictions.
    pub length: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// Factor of the regularisation `Σ (p - p₀)²`, where `p₀` is 1 for the diagonal `A` and 0 elsewhere.
    pub regularisation: f64,
    /// Standard deviation of noise that is added afresh to each batch.
    pub noise: f64,
    /// The gradient is shortened to this norm when it is longer; off in the paper.
    pub clip: Option<f64>,
    /// The adaptive strength never falls below this; 0 in the paper.
    pub floor: f64,
    /// Seed of the streams `weights`, `batches` and `noise`.
    pub seed: u64,
}

impl Settings {
    /// The small version of exhibit 22: a clipped shallow network of 3 state and 50 hidden units, sequences of 50,
    /// batches of 16, RAdam from 5e-3 to 1e-5 over `updates`, adaptive forcing with `γ = 0.99`.
    pub fn tiny(updates: u64, seed: u64) -> Self {
        Self {
            kind: CellKind::ShallowPlrnn { latent: 3, hidden: 50, observed: 3, clipped: true },
            forcing: Forcing::Adaptive { gamma: 0.99, every: 5, estimator: Estimator::Product },
            method: Method::RAdam,
            schedule: Schedule::Exponential { from: 5e-3, to: 1e-5, updates },
            length: 50,
            batch: 16,
            regularisation: 0.0,
            noise: 0.0,
            clip: None,
            floor: 0.0,
            seed,
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.forcing.check()?;
        let at_least_zero = [("the regularisation", self.regularisation), ("the noise", self.noise)];
        for (what, found) in at_least_zero {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(Error::Setting { what, found, expected: "a finite number of at least 0" });
            }
        }
        if let Some(found) = self.clip
            && (found.is_nan() || found <= 0.0)
        {
            return Err(Error::Setting { what: "the clipping norm", found, expected: "greater than 0" });
        }
        if !(0.0..=1.0).contains(&self.floor) {
            let found = self.floor;
            return Err(Error::Setting { what: "the lowest strength", found, expected: "between 0 and 1" });
        }
        self.method.check()?;
        self.schedule.check()
    }

    fn digest(&self) -> u64 {
        // The printed form names every field and tells any two numbers apart.
        Digest::new().bytes(format!("{self:?}").as_bytes()).finish()
    }
}

/// What one update did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Number of the update, counted from 1; a skipped one counts.
    pub update: u64,
    /// Mean squared error of the batch, with regularisation.
    pub loss: f64,
    /// Norm of the gradient before any clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub rate: f64,
    /// Strength of forcing used; 0 for free and sparse training.
    pub alpha: f64,
    /// A new estimate of the Jacobian's norm, when this update made one.
    pub norm_estimate: Option<NormEstimate>,
    /// The gradient was not finite and the parameters were left as they were.
    pub skipped: bool,
}

/// Learns a dynamical system from a series.
///
/// Each update draws `batch` sequences at random places of the series, goes through them forward and back, and
/// changes the parameters. Deterministic in its settings and data. An update allocates nothing, but for the
/// estimators that work on means or parameters.
#[derive(Debug)]
pub struct Trainer<T: Float> {
    settings: Settings,
    data: Vec<T>,
    data_digest: u64,
    rows: usize,
    channels: usize,
    layout: Layout,
    sequence: Sequence<T>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    optimiser: Optimiser<T>,
    batches: Stream,
    noise: Stream,
    row: Vec<T>,
    alpha: f64,
    estimate: Option<NormEstimate>,
    updates: u64,
    skipped: u64,
}

impl<T: Float> Trainer<T> {
    /// A trainer at its start.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Setting`], [`Error::Channels`], [`Error::TooShort`], [`Error::NotForceable`] for
    /// a cell that does not observe its data.
    pub fn new(settings: Settings, series: &Series) -> Result<Self, Error> {
        settings.check()?;
        if settings.length < 2 {
            let found = settings.length;
            return Err(Error::Size { what: "the length of a sequence", found, least: 2, most: 4097 });
        }
        let sequence = Sequence::<T>::new(settings.kind, settings.length - 1, settings.batch)?;
        let cell = sequence.cell();
        let shape = cell.shape();
        if shape.observed == 0 {
            return Err(Error::NotForceable(cell.name()));
        }
        let channels = series.channels().len();
        if channels != shape.observed {
            return Err(Error::Channels { cell: cell.name(), found: channels, expected: shape.observed });
        }
        if series.rows() < settings.length {
            return Err(Error::TooShort { found: series.rows(), needed: settings.length });
        }
        let layout = cell.layout();
        let mut parameters = vec![T::zero(); layout.len()];
        cell.initialise(&mut Stream::new(settings.seed, "weights"), &mut parameters);
        Ok(Self {
            data: series.values().iter().map(|&v| T::of(v)).collect(),
            data_digest: Digest::new().f64s(series.values()).finish(),
            rows: series.rows(),
            channels,
            sequence,
            gradient: vec![T::zero(); layout.len()],
            optimiser: Optimiser::new(settings.method, layout.len()),
            parameters,
            layout,
            batches: Stream::new(settings.seed, "batches"),
            noise: Stream::new(settings.seed, "noise"),
            row: vec![T::zero(); channels],
            alpha: settings.forcing.first_alpha(),
            estimate: None,
            updates: 0,
            skipped: 0,
            settings,
        })
    }

    fn draw(&mut self) {
        self.draw_into(None);
    }

    /// Draws a batch into the lanes, and a copy of it where one is wanted.
    fn draw_into(&mut self, mut copy: Option<&mut Vec<T>>) {
        let places = (self.rows - self.settings.length + 1) as u64;
        let n = self.channels;
        for b in 0..self.settings.batch {
            let first = self.batches.below(places) as usize;
            for s in 0..self.settings.length {
                let from = (first + s) * n;
                self.row.copy_from_slice(&self.data[from..from + n]);
                if self.settings.noise > 0.0 {
                    for value in &mut self.row {
                        *value += T::of(self.settings.noise * self.noise.normal());
                    }
                }
                if let Some(copy) = &mut copy {
                    copy.extend_from_slice(&self.row);
                }
                if s == 0 {
                    self.sequence.set_start(b, &self.row);
                } else {
                    self.sequence.set_target(b, s - 1, &self.row);
                }
            }
        }
    }

    fn force(&self) -> Force {
        match self.settings.forcing {
            Forcing::Free => Force::Free,
            Forcing::Sparse { tau } => Force::Replace(tau),
            Forcing::Fixed { .. } | Forcing::Adaptive { .. } | Forcing::Full => Force::Blend(self.alpha),
        }
    }

    /// Draws the next batch for an engine that changes the parameters elsewhere, and gives its sequences one behind
    /// the other, `B × S × N`: the very batch that [`Trainer::step`] would have trained on. [`Trainer::adopt`] ends
    /// the update.
    pub fn lend(&mut self) -> Vec<T> {
        let (length, n) = (self.settings.length, self.channels);
        let mut all = Vec::with_capacity(self.settings.batch * length * n);
        self.draw_into(Some(&mut all));
        all
    }

    /// Ends an update that another engine made of the batch lent last: counts it, takes its parameters over where
    /// they were read back, and, when an estimate is due, estimates the Jacobian's norm on that batch and anneals
    /// the strength as [`Trainer::step`] does. The optimiser's own averages are not touched.
    ///
    /// # Errors
    /// [`Error::Length`] for another number of parameters.
    pub fn adopt(&mut self, parameters: Option<&[T]>) -> Result<Option<NormEstimate>, Error> {
        if let Some(parameters) = parameters {
            self.set_parameters(parameters)?;
        }
        self.updates += 1;
        self.adapt()
    }

    /// The adaptive rule, when it is due.
    fn adapt(&mut self) -> Result<Option<NormEstimate>, Error> {
        let Forcing::Adaptive { gamma, every, estimator } = self.settings.forcing else { return Ok(None) };
        if !self.updates.is_multiple_of(every) {
            return Ok(None);
        }
        let estimate = NormEstimate::of(self.sequence.norm_estimate(&self.parameters, estimator)?);
        self.alpha = anneal(self.alpha, estimate.alpha, gamma, self.settings.floor);
        self.estimate = Some(estimate);
        Ok(Some(estimate))
    }

    /// One update.
    ///
    /// An update whose loss or gradient is not finite changes neither parameters nor moments; it is counted and
    /// reported as skipped.
    ///
    /// # Errors
    /// None that a trainer made by [`Trainer::new`] can meet; the type says so for the passes it calls.
    pub fn step(&mut self) -> Result<StepReport, Error> {
        T::train(self)
    }

    pub(crate) fn advance(&mut self) -> Result<StepReport, Error> {
        self.draw();
        let force = self.force();
        let mut loss = self.sequence.loss_and_gradient(&self.parameters, force, &mut self.gradient)?;
        let lambda = self.settings.regularisation;
        if lambda > 0.0 {
            let mut penalty = 0.0;
            for block in &self.layout.blocks {
                let (rest, twice) = (T::of(block.rest), T::of(2.0 * lambda));
                let range = block.range();
                for (g, &p) in self.gradient[range.clone()].iter_mut().zip(&self.parameters[range]) {
                    let away = p - rest;
                    *g += twice * away;
                    penalty += away.wide() * away.wide();
                }
            }
            loss += lambda * penalty;
        }
        let gradient_norm = norm(&self.gradient);
        let rate = self.settings.schedule.rate(self.updates);
        let alpha = self.alpha;
        let skipped = !(loss.is_finite() && gradient_norm.is_finite());
        self.updates += 1;
        if skipped {
            self.skipped += 1;
        } else {
            if let Some(most) = self.settings.clip
                && gradient_norm > most
            {
                let factor = T::of(most / gradient_norm);
                for g in &mut self.gradient {
                    *g *= factor;
                }
            }
            self.optimiser.update(rate, &self.gradient, &mut self.parameters);
        }
        let norm_estimate = self.adapt()?;
        Ok(StepReport { update: self.updates, loss, gradient_norm, rate, alpha, norm_estimate, skipped })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// The parameters, flat.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }
    /// The parameters by name.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// The parameters in `f64`.
    pub fn wide_parameters(&self) -> Vec<f64> {
        self.parameters.iter().map(|p| p.wide()).collect()
    }
    /// Number of updates, skipped ones included.
    pub fn updates(&self) -> u64 {
        self.updates
    }
    /// Number of updates skipped because their gradient was not finite.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
    /// The strength of forcing that the next update uses.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }
    /// The last estimate of the Jacobian's norm.
    pub fn norm_estimate(&self) -> Option<NormEstimate> {
        self.estimate
    }

    /// Digest of the parameters in the precision in which they train.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for p in &self.parameters {
            p.digest(&mut digest);
        }
        digest.finish()
    }

    /// The network as it stands, as a map in `f64`.
    ///
    /// # Errors
    /// None that a trainer made by [`Trainer::new`] can meet.
    pub fn map(&self) -> Result<TrainedMap, Error> {
        TrainedMap::new(self.settings.kind, &self.wide_parameters())
    }

    /// Mean squared error of the free prediction of `ahead` steps from places of `series` spread evenly, at most
    /// 256 of them, all steps up to `ahead` counted when `every_step`, else the last alone.
    ///
    /// # Errors
    /// [`Error::Channels`], [`Error::TooShort`], [`Error::Size`].
    pub fn prediction_error(&self, series: &Series, ahead: usize, every_step: bool) -> Result<f64, Error> {
        let n = self.channels;
        if series.channels().len() != n {
            let (cell, found) = (self.sequence.cell().name(), series.channels().len());
            return Err(Error::Channels { cell, found, expected: n });
        }
        crate::cell::check_size("the number of steps ahead", ahead, 1, 4096)?;
        if series.rows() <= ahead {
            return Err(Error::TooShort { found: series.rows(), needed: ahead + 1 });
        }
        let places = series.rows() - ahead;
        let taken = if places < 256 { places } else { 256 };
        let mut map = self.map()?;
        let (mut total, mut count) = (0.0, 0.0);
        for k in 0..taken {
            let at = k * places / taken;
            let run = map.free_run(series.row(at), ahead)?;
            if run.diverged.is_some() {
                return Ok(f64::INFINITY);
            }
            for s in if every_step { 0 } else { ahead - 1 }..ahead {
                for (got, want) in run.values[s * n..][..n].iter().zip(series.row(at + s + 1)) {
                    total += (got - want) * (got - want);
                    count += 1.0;
                }
            }
        }
        Ok(total / count)
    }

    /// Everything needed to go on bit for bit with [`Trainer::resume`] under the same settings and data.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut to = Writer::new::<T>(MAGIC);
        self.settings.kind.code().into_iter().for_each(|word| to.word(word));
        to.word(self.settings.digest());
        to.word(self.data_digest);
        to.word(self.updates);
        to.word(self.skipped);
        to.float(self.alpha);
        to.word(u64::from(self.estimate.is_some()));
        to.float(self.estimate.map_or(0.0, |e| e.norm));
        to.progress(&self.optimiser);
        to.stream(&self.batches);
        to.stream(&self.noise);
        to.numbers(&self.parameters, &self.optimiser);
        to.finish()
    }

    /// The trainer that wrote a checkpoint, in the state it was then.
    ///
    /// # Errors
    /// Those of [`Trainer::new`]; [`Error::Checkpoint`] for bytes that are damaged, of another precision, cell,
    /// settings or data.
    pub fn resume(settings: Settings, series: &Series, bytes: &[u8]) -> Result<Self, Error> {
        let fault = |text| Err(Error::Checkpoint(text));
        let mut trainer = Self::new(settings, series)?;
        let mut from = Reader::new::<T>(MAGIC, bytes)?;
        for part in settings.kind.code() {
            if from.word()? != part {
                return fault("is of another cell or of other sizes");
            }
        }
        if from.word()? != settings.digest() {
            return fault("was made under other settings");
        }
        if from.word()? != trainer.data_digest {
            return fault("was made with other data");
        }
        trainer.updates = from.word()?;
        trainer.skipped = from.word()?;
        trainer.alpha = from.float()?;
        let (some, norm) = (from.word()?, from.float()?);
        trainer.estimate = (some != 0).then(|| NormEstimate::of(norm));
        from.progress(&mut trainer.optimiser)?;
        from.stream(&mut trainer.batches)?;
        from.stream(&mut trainer.noise)?;
        from.numbers(&mut trainer.parameters, &mut trainer.optimiser)?;
        Ok(trainer)
    }

    /// Replaces the parameters, for instance by the best ones kept; moments and streams stay.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn set_parameters(&mut self, parameters: &[T]) -> Result<(), Error> {
        if parameters.len() != self.parameters.len() {
            let (found, expected) = (parameters.len(), self.parameters.len());
            return Err(Error::Length { what: "the parameters", found, expected });
        }
        self.parameters.copy_from_slice(parameters);
        Ok(())
    }
}

const MAGIC: &[u8; 8] = b"SEPRNN01";

/// The parameters with the lowest score so far: the checkpoint to keep, by a score on held-out data.
#[derive(Clone, Debug, PartialEq)]
pub struct Best<T> {
    score: f64,
    update: u64,
    parameters: Vec<T>,
}

impl<T: Float> Default for Best<T> {
    fn default() -> Self {
        Self { score: f64::INFINITY, update: 0, parameters: Vec::new() }
    }
}

impl<T: Float> Best<T> {
    /// Nothing kept yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Keeps the trainer's parameters when `score` is lower than any before; a score that is not a number is
    /// the worst. The first offer is always kept.
    pub fn offer(&mut self, score: f64, trainer: &Trainer<T>) -> bool {
        self.offer_parameters(score, trainer.updates(), trainer.parameters())
    }
    /// The same for parameters from anywhere, as they were after `update` updates.
    pub fn offer_parameters(&mut self, score: f64, update: u64, parameters: &[T]) -> bool {
        let better = self.parameters.is_empty() || score < self.score;
        if better {
            self.score = if score.is_nan() { f64::INFINITY } else { score };
            self.update = update;
            self.parameters.clear();
            self.parameters.extend_from_slice(parameters);
        }
        better
    }
    /// Whether `patience` updates have gone by since the lowest score, now that there were `updates`: a training is
    /// stopped early then.
    pub fn is_stale(&self, updates: u64, patience: u64) -> bool {
        updates.saturating_sub(self.update) >= patience
    }
    /// The lowest score; infinite before any.
    pub fn score(&self) -> f64 {
        self.score
    }
    /// The update after which it was reached.
    pub fn update(&self) -> u64 {
        self.update
    }
    /// The parameters that reached it; empty before any offer.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }
}
