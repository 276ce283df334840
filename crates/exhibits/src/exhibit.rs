//! The contracts of an exhibit and its run.

use crate::claims::Measured;
use crate::contract::{Claim, Declaration, Frame, Readout, Remedy, Setting, Value};
use crate::error::ExhibitError;
use crate::subject::Subject;
use crate::values::Values;
use recipe::Recipe;
use rnn::Series;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use web_time::Instant;

/// A future that stays on the thread that made it, as those of the browser do.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What a run or a measurement may use beside its recipe.
#[derive(Clone, Default)]
pub struct Means {
    /// The GPU, where there is one.
    pub gpu: Option<Arc<gpu::Device>>,
    /// Whether the person asked for the GPU.
    pub wants_gpu: bool,
    /// The person's own series.
    pub series: Option<Arc<OwnSeries>>,
}

/// A series of the person's own, with the digest that links carry.
#[derive(Clone, Debug)]
pub struct OwnSeries {
    /// The file's name.
    pub name: String,
    /// Its values.
    pub series: Series,
    /// The digest of its values.
    pub digest: u64,
}

impl OwnSeries {
    /// Reads a table of numbers.
    ///
    /// # Errors
    /// Says what cannot be read and where.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, ExhibitError> {
        if bytes.len() > recipe::bounds::SERIES_BYTES {
            let most = recipe::bounds::SERIES_BYTES >> 20;
            return Err(ExhibitError::Series(format!("{name} is larger than {most} MiB")));
        }
        let series = Series::parse(bytes).map_err(|e| ExhibitError::Series(format!("{name}: {e}")))?;
        let mut digest = numerics::Digest::new();
        digest.u64(series.channels().len() as u64).f64s(series.values());
        Ok(Self { name: name.to_owned(), digest: digest.finish(), series })
    }
}

/// Everything that determines a run.
pub struct Setup<'a> {
    /// The recipe: seed, equations, slug.
    pub recipe: &'a Recipe,
    /// The checked values of all controls.
    pub values: &'a Values,
    /// Device and data.
    pub means: &'a Means,
}

/// How far [`Run::advance`] may go.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// When to return.
    pub deadline: Instant,
    /// The step at which to stop exactly.
    pub until: Option<u64>,
}

/// A number that left all bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// When, in the system's time or in updates.
    pub time: f64,
    /// Which variable.
    pub variable: String,
    /// The last finite state.
    pub last: Vec<f64>,
    /// What to do.
    pub remedies: Vec<Remedy>,
}

/// An engine that cannot go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What happened, and what would be right.
    pub reason: String,
    /// What to do.
    pub remedies: Vec<Remedy>,
}

/// A running exhibit. All of it is synchronous and returns soon; nothing waits for a device.
pub trait Run {
    /// Steps done.
    fn position(&self) -> u64;
    /// The step at which the run ends by itself.
    fn total(&self) -> Option<u64> {
        None
    }
    /// What a step is called, in the plural.
    fn unit(&self) -> &'static str {
        "steps"
    }
    /// The system's time, where it has one.
    fn time(&self) -> Option<f64> {
        None
    }
    /// One step; does nothing when finished, diverged or failed, and less than a step while an engine has not
    /// answered yet.
    fn step(&mut self);
    /// Steps until the budget is used up, the run ends, or the step named is reached.
    fn advance(&mut self, budget: Budget) {
        while self.divergence().is_none()
            && self.failure().is_none()
            && self.total().is_none_or(|total| self.position() < total)
            && budget.until.is_none_or(|until| self.position() < until)
        {
            let before = self.position();
            self.step();
            // An engine that has not answered yet gets its turn when this one ends.
            if self.position() == before || Instant::now() >= budget.deadline {
                break;
            }
        }
    }
    /// How it ended, if by a number that left all bounds.
    fn divergence(&self) -> Option<Divergence> {
        None
    }
    /// Why the engine cannot go on, if it cannot.
    fn failure(&self) -> Option<Failure> {
        None
    }
    /// Digest of the witness at the present step; `None` when nothing is claimed, see [`Run::witness_note`].
    fn witness(&self) -> Option<u64>;
    /// Why there is no witness, or with what tolerance results agree.
    fn witness_note(&self) -> Option<String> {
        None
    }
    /// Numbers for the stage.
    fn readouts(&self) -> Vec<Readout> {
        Vec::new()
    }
    /// A sentence that the person should read now.
    fn note(&self) -> Option<String> {
        None
    }
    /// Whether the GPU carries the ensemble or the training.
    fn on_gpu(&self) -> bool {
        false
    }
    /// A live control changed.
    ///
    /// # Errors
    /// The value cannot be used, with the reason; the run goes on with the old one.
    fn set(&mut self, control: &str, value: &Value) -> Result<(), ExhibitError>;
    /// The data of a view that is not a scene.
    fn frame(&mut self, view: &str) -> Option<Frame>;
    /// What is on the stage.
    fn scene(&mut self) -> gpu::scene::Scene;
    /// Ensembles that live on the GPU, to be drawn by the scene's layers that name them.
    fn ensembles(&self) -> Vec<&gpu::Ensemble> {
        Vec::new()
    }
    /// What is to be seen on the stage, in words.
    fn alternative(&self) -> String;
    /// A click in a plane, in data units; true when something started there.
    fn pick(&mut self, _panel: usize, _x: f64, _y: f64) -> bool {
        false
    }
    /// A click in a plot, or in a plane on the stage where nothing started, in the units of its axes: the controls that
    /// it sets. It sets nothing itself: it is also
    /// asked to learn whether a click would do something.
    fn pick_in(&mut self, _view: &str, _x: f64, _y: f64) -> Vec<Setting> {
        Vec::new()
    }
    /// The state, such that [`Exhibit::start`] and [`Run::load`] go on bit for bit.
    fn save(&self) -> Vec<u8>;
    /// Takes up a saved state.
    ///
    /// # Errors
    /// The bytes are not a state of this run.
    fn load(&mut self, bytes: &[u8]) -> Result<(), ExhibitError>;
    /// The state as numbers, for the program: the witness itself.
    fn state(&self) -> Vec<f64>;
    /// Columns and rows of what `run --output` writes: names, then one row a recorded step.
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>);
}

/// The system that a run is about, for the analysis desk: the one it shows, or the one that it has learned.
pub struct Studied {
    /// The system.
    pub subject: Subject,
    /// Its parameters, in file order.
    pub parameters: Vec<f64>,
    /// Step of a flow; 1 for a map.
    pub dt: f64,
    /// The same as a network with linear regions, where it is one.
    pub network: Option<rnn::PiecewiseMap>,
}

/// What an exhibit says of itself, which every module knows.
pub trait Declared: Send + Sync {
    /// Name in links.
    fn slug(&self) -> &'static str;
    /// What it shows, for this recipe: controls may depend on the equations.
    ///
    /// # Errors
    /// The recipe names a system that does not exist, or equations that cannot be read.
    fn declare(&self, recipe: &Recipe, means: &Means) -> Result<Declaration, ExhibitError>;
    /// Claims in order.
    fn claims(&self) -> Vec<Claim>;
}

/// A paper's or a topic's exhibit: what it says of itself, and what it does.
pub trait Exhibit: Declared {
    /// Starts a run.
    ///
    /// # Errors
    /// The recipe cannot be run, with the reason.
    fn start(&self, setup: &Setup<'_>) -> Result<Box<dyn Run>, ExhibitError>;
    /// Floating-point operations that a run of this setup needs to its end, or a minute of it needs, about.
    fn cost(&self, setup: &Setup<'_>) -> f64;
    /// Whether a run with these values computes on the device, so that it is worth asking for one.
    fn wants_device(&self, _: &Values) -> bool {
        false
    }
    /// The system that a run of this setup is about after so many steps; none where it is about none. What is learned is
    /// learned anew, which takes as long as it takes.
    fn studied(&self, _: &Setup<'_>, _step: u64) -> Option<Result<Studied, ExhibitError>> {
        None
    }
    /// Measures a claim for one seed. `progress` is told how much is done, from 0 to 1. An error says in a
    /// sentence why it was not measured.
    fn measure<'a>(
        &'a self,
        claim: &'a str,
        seed: u64,
        means: &'a Means,
        progress: &'a mut dyn FnMut(f64),
    ) -> Local<'a, Result<Vec<Measured>, String>>;
}
