//! A training with the checkpoint that is kept of it.

use super::walk::Walk;
use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use crate::reconstruction::{Curve, Data, refused};
use rnn::{Float, Settings, StepReport, TrainedMap, Trainer};

/// Equally spaced checkpoints of a training, the end among them.
pub(super) const CHECKPOINTS: u64 = 6;

/// The checkpoint whose free run is nearest to the training series so far.
struct Kept {
    /// Its `D_stsp`; infinite for one that went nowhere near it.
    score: f64,
    update: u64,
    parameters: Vec<f64>,
}

/// A training.
pub(super) struct Learner<T: Float> {
    trainer: Trainer<T>,
    total: u64,
    kept: Option<Kept>,
    /// The loss against the update.
    pub(super) loss: Curve,
}

impl<T: Float> Learner<T> {
    /// A training of `total` updates, at its start.
    pub(super) fn new(settings: Settings, total: u64, data: &Data) -> Result<Self, ExhibitError> {
        let trainer = Trainer::new(settings, &data.train).map_err(refused)?;
        Ok(Self { trainer, total, kept: None, loss: Curve::default() })
    }

    /// One update, and a look at the free run where a checkpoint is due: it is kept when it is nearer to the training
    /// series than any before. The test series is never looked at.
    pub(super) fn step(&mut self, data: &Data) -> Result<StepReport, ExhibitError> {
        let report = self.trainer.step().map_err(refused)?;
        self.loss.push(report.update, report.loss);
        let passed = |update: u64| u128::from(update) * u128::from(CHECKPOINTS) / u128::from(self.total);
        if passed(report.update) > passed(report.update - 1) {
            self.offer(data)?;
        }
        Ok(report)
    }

    fn offer(&mut self, data: &Data) -> Result<(), ExhibitError> {
        let map = self.trainer.map().map_err(refused)?;
        let score = Walk::of(&map, &data.train)?.divergence(&data.train);
        if self.kept.as_ref().is_none_or(|kept| score < kept.score) {
            let (update, parameters) = (self.trainer.updates(), map.parameters().to_vec());
            self.kept = Some(Kept { score, update, parameters });
        }
        Ok(())
    }

    /// The trainer.
    pub(super) fn trainer(&self) -> &Trainer<T> {
        &self.trainer
    }

    /// Whether it has done all its updates.
    pub(super) fn is_done(&self) -> bool {
        self.trainer.updates() >= self.total
    }

    /// The network as it stands.
    pub(super) fn map(&self) -> Result<TrainedMap, ExhibitError> {
        self.trainer.map().map_err(refused)
    }

    /// The checkpoint that is kept, the update that it is of, and its score on the training series; the network as it
    /// stands where none is.
    pub(super) fn best(&self) -> Result<(TrainedMap, u64, f64), ExhibitError> {
        match &self.kept {
            None => Ok((self.map()?, self.trainer.updates(), f64::INFINITY)),
            Some(kept) => {
                let map = TrainedMap::new(self.trainer.settings().kind, &kept.parameters).map_err(refused)?;
                Ok((map, kept.update, kept.score))
            }
        }
    }

    /// Everything that it takes to go on bit for bit.
    pub(super) fn write(&self, out: &mut Writer) {
        out.bytes(&self.trainer.checkpoint());
        self.loss.write(out);
        match &self.kept {
            None => out.u64(0),
            Some(kept) => out.u64(1).f64(kept.score).u64(kept.update).f64s(&kept.parameters),
        };
    }

    /// Takes up what [`Learner::write`] wrote.
    pub(super) fn read(&mut self, data: &Data, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        let damaged = |e: rnn::Error| ExhibitError::Checkpoint(e.to_string());
        let settings = *self.trainer.settings();
        let trainer = Trainer::resume(settings, &data.train, from.bytes()?).map_err(damaged)?;
        let loss = Curve::read(from)?;
        let kept = match from.u64()? {
            0 => None,
            _ => {
                let kept = Kept { score: from.f64()?, update: from.u64()?, parameters: from.f64s()? };
                TrainedMap::new(settings.kind, &kept.parameters).map_err(damaged)?;
                Some(kept)
            }
        };
        (self.trainer, self.loss, self.kept) = (trainer, loss, kept);
        Ok(())
    }
}
