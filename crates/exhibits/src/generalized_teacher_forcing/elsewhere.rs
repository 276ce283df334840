//! Training by automatic differentiation on burn, beside a fused trainer that lends the batches.
//!
//! burn's work is asynchronous: a device answers when it answers. A run never waits, so the future of an update is
//! kept and asked again at each turn; natively, where nothing else would turn, it is waited for, within bounds.

use crate::bytes::{Reader, Writer};
use crate::error::ExhibitError;
use crate::exhibit::Local;
use nets::{Batch, Checkpoint, Measured, Moments, Shape};
use rnn::{CellKind, Forcing, Method, Schedule, Series, Settings, StepReport, Trainer};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use web_time::Instant;

/// Longest wait for one answer of the engine; the first one on a device compiles its kernels.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where burn trains.
#[derive(Clone)]
pub(super) enum Place {
    /// On burn's own CPU backend.
    Cpu,
    /// On the one device.
    Gpu(Arc<gpu::Device>),
}

impl Place {
    /// Updates between two read-backs: on a device each one waits for all that was submitted.
    fn read_every(&self) -> u64 {
        match self {
            Self::Cpu => 1,
            Self::Gpu(_) => super::run::EVERY,
        }
    }
}

/// What came of asking for an update.
pub(super) enum Step {
    /// The engine is still at it.
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "natively an answer is waited for"))]
    Waiting,
    /// Done, and its figures stay on the device.
    Unread,
    /// Done and read back.
    Read(StepReport),
}

/// What a future hands back: the trainer that it was lent.
struct Answer {
    trainer: nets::Trainer,
    /// `None` when there was no update: the engine was opened.
    update: Option<nets::Report>,
    read: Option<(Measured, Checkpoint)>,
}

enum State {
    Idle(Box<nets::Trainer>),
    Busy { work: Local<'static, Result<Answer, nets::Error>>, since: Instant },
    Failed,
}

/// A training on burn.
pub(super) struct Elsewhere {
    /// Draws the batches, holds the strength of forcing and the parameters as last read back.
    fused: Box<Trainer<f32>>,
    place: Place,
    state: State,
    /// What to go on from: the state at the last read-back, and the fused trainer's then.
    kept: Option<(Checkpoint, Vec<u8>)>,
    skipped: u64,
    channels: usize,
    total: u64,
}

fn refused(error: impl std::fmt::Display) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

/// The fused trainer's settings in burn's terms.
fn translate(settings: &Settings, forcing: nets::Forcing) -> Result<nets::Settings, ExhibitError> {
    let CellKind::ShallowPlrnn { latent, hidden, observed, clipped } = settings.kind else {
        return Err(ExhibitError::Refused("burn trains shallow piecewise-linear networks here".into()));
    };
    Ok(nets::Settings {
        shape: Shape { latent, hidden, observed, clipped },
        forcing,
        method: match settings.method {
            Method::Adam => nets::Method::Adam,
            Method::RAdam => nets::Method::RAdam,
            _ => return Err(ExhibitError::Refused("burn trains with Adam or RAdam here".into())),
        },
        schedule: match settings.schedule {
            Schedule::Constant(rate) => nets::Schedule::Constant(rate),
            Schedule::Exponential { from, to, updates } => nets::Schedule::Exponential { from, to, updates },
            _ => {
                let said = "burn trains at a constant or an exponentially falling rate here";
                return Err(ExhibitError::Refused(said.into()));
            }
        },
        regularisation: settings.regularisation,
        // The figures are read together with the parameters, when this run asks for them.
        read_every: u64::MAX,
    })
}

async fn open(place: Place, settings: nets::Settings, from: Checkpoint) -> Result<Answer, nets::Error> {
    let engine = match place {
        Place::Cpu => nets::Engine::Flex,
        Place::Gpu(d) => nets::Engine::wgpu(&d.instance, &d.adapter, &d.device, &d.queue).await?,
    };
    let trainer = nets::Trainer::resume(&engine, settings, &from)?;
    Ok(Answer { trainer, update: None, read: None })
}

async fn update(mut trainer: nets::Trainer, batch: Batch, reads: bool) -> Result<Answer, nets::Error> {
    let report = trainer.step(&batch).await?;
    let read = if reads { trainer.measure().await?.zip(Some(trainer.checkpoint().await?)) } else { None };
    Ok(Answer { trainer, update: Some(report), read })
}

impl Elsewhere {
    pub(super) fn new(
        place: Place,
        settings: Settings,
        series: &Series,
        total: u64,
    ) -> Result<Self, ExhibitError> {
        let fused = Box::new(Trainer::<f32>::new(settings, series).map_err(refused)?);
        let channels = series.channels().len();
        let zeros = vec![0.0; fused.parameters().len()];
        let moments = Moments { first: zeros.clone(), second: zeros, updates: 0, skipped: 0 };
        let mut all = Self { fused, place, state: State::Failed, kept: None, skipped: 0, channels, total };
        all.start(moments)?;
        Ok(all)
    }

    /// Opens the engine at the parameters that the fused trainer holds.
    fn start(&mut self, moments: Moments) -> Result<(), ExhibitError> {
        let forcing = self.force();
        let settings = translate(self.fused.settings(), forcing)?;
        let from = Checkpoint { parameters: self.fused.parameters().to_vec(), moments, forcing };
        self.skipped = from.moments.skipped;
        self.kept = Some((from.clone(), self.fused.checkpoint()));
        self.state =
            State::Busy { work: Box::pin(open(self.place.clone(), settings, from)), since: Instant::now() };
        Ok(())
    }

    fn force(&self) -> nets::Forcing {
        match self.fused.settings().forcing {
            Forcing::Free => nets::Forcing::Free,
            Forcing::Sparse { tau } => nets::Forcing::Sparse { tau },
            Forcing::Fixed { .. } | Forcing::Adaptive { .. } | Forcing::Full => {
                nets::Forcing::Blend { alpha: self.fused.alpha() }
            }
        }
    }

    /// The fused trainer, with the parameters as last read back.
    pub(super) fn fused(&self) -> &Trainer<f32> {
        &self.fused
    }
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }
    pub(super) fn on_gpu(&self) -> bool {
        matches!(self.place, Place::Gpu(_))
    }

    /// One update, or as much of it as can be done without waiting.
    pub(super) fn step(&mut self) -> Result<Step, ExhibitError> {
        loop {
            match std::mem::replace(&mut self.state, State::Failed) {
                State::Idle(trainer) => self.begin(*trainer)?,
                State::Busy { mut work, since } => {
                    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                        Poll::Ready(answer) => {
                            if let Some(step) = self.end(answer.map_err(refused)?)? {
                                return Ok(step);
                            }
                        }
                        Poll::Pending if since.elapsed() > PATIENCE => {
                            let seconds = PATIENCE.as_secs();
                            return Err(refused(format!("burn gave no answer within {seconds} s")));
                        }
                        Poll::Pending => {
                            self.state = State::Busy { work, since };
                            #[cfg(target_arch = "wasm32")]
                            return Ok(Step::Waiting);
                            #[cfg(not(target_arch = "wasm32"))]
                            std::thread::sleep(Duration::from_micros(50));
                        }
                    }
                }
                State::Failed => return Err(refused("burn's engine has stopped; reset the run")),
            }
        }
    }

    fn begin(&mut self, mut trainer: nets::Trainer) -> Result<(), ExhibitError> {
        trainer.set_forcing(self.force()).map_err(refused)?;
        let size = self.fused.settings().length * self.channels;
        let all = self.fused.lend();
        let rows: Vec<&[f32]> = all.chunks_exact(size).collect();
        let batch = Batch::new(&rows, self.channels).map_err(refused)?;
        let next = self.fused.updates() + 1;
        let reads = next.is_multiple_of(self.place.read_every()) || next >= self.total;
        self.state = State::Busy { work: Box::pin(update(trainer, batch, reads)), since: Instant::now() };
        Ok(())
    }

    fn end(&mut self, answer: Answer) -> Result<Option<Step>, ExhibitError> {
        let Answer { trainer, update, read } = answer;
        self.state = State::Idle(Box::new(trainer));
        let Some(report) = update else { return Ok(None) };
        let alpha = self.fused.alpha();
        let parameters = read.as_ref().map(|(_, checkpoint)| checkpoint.parameters.as_slice());
        let norm_estimate = self.fused.adopt(parameters).map_err(refused)?;
        let Some((measured, checkpoint)) = read else { return Ok(Some(Step::Unread)) };
        let skipped = measured.skipped > self.skipped;
        self.skipped = measured.skipped;
        self.kept = Some((checkpoint, self.fused.checkpoint()));
        Ok(Some(Step::Read(StepReport {
            update: report.update,
            loss: measured.loss,
            gradient_norm: measured.gradient_norm,
            rate: report.rate,
            alpha,
            norm_estimate,
            skipped,
        })))
    }

    /// The state at the last read-back.
    pub(super) fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        if let Some((burn, fused)) = &self.kept {
            out.bytes(fused).f32s(&burn.moments.first).f32s(&burn.moments.second);
            out.u64(burn.moments.updates).u64(burn.moments.skipped);
        }
        out.0
    }

    pub(super) fn load(&mut self, series: &Series, bytes: &[u8]) -> Result<(), ExhibitError> {
        let mut from = Reader(bytes);
        let fused = Trainer::resume(*self.fused.settings(), series, from.bytes()?);
        *self.fused = fused.map_err(|e| ExhibitError::Checkpoint(e.to_string()))?;
        let (first, second) = (from.f32s()?, from.f32s()?);
        let (updates, skipped) = (from.u64()?, from.u64()?);
        if first.len() != self.fused.parameters().len() || second.len() != first.len() {
            return Err(ExhibitError::Checkpoint("it holds moments of another network".into()));
        }
        if updates != self.fused.updates() {
            return Err(ExhibitError::Checkpoint("its two halves are of different updates".into()));
        }
        self.start(Moments { first, second, updates, skipped })
    }
}
