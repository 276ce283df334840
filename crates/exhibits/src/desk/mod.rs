//! The analysis desk: what a dynamicist asks of a system or a series, answered bit by bit.
//!
//! A [`Case`] is what is asked about, a [`Question`] what can be asked of it, an [`Inquiry`] the work towards the
//! [`Answer`]. The page works through an inquiry in slices of time, the program to its end; both draw the same frames.

mod bifurcate;
mod compare;
mod complexity;
mod continuation;
mod dimension;
mod fixed_points;
mod lyapunov;
mod network;
mod nullclines;
mod orbit;
mod plane;
mod plot;
mod regions;
mod sampled;
mod say;
mod spectrum;
mod tiles;
mod tuned;

pub use compare::{compare, other};
pub(crate) use plot::{Line, plot};
pub(crate) use say::{figures, with_error};

use crate::contract::{Answer, Frame, Question, Setting};
use crate::error::{ExhibitError, nearest};
use crate::exhibit::{Means, OwnSeries, Setup, Studied};
use crate::exhibits;
use crate::explorer::{self, parameter_id, start_id};
use crate::subject::Subject;
use crate::values::Values;
use recipe::Recipe;
use std::sync::Arc;
use web_time::Instant;

/// What is asked about.
#[derive(Clone, Debug)]
pub enum Case {
    /// A system at some parameters.
    System(Box<SystemCase>),
    /// A series of a person's own.
    Series(Arc<OwnSeries>),
}

/// A system at some parameters, from a state.
#[derive(Clone, Debug)]
pub struct SystemCase {
    /// The system.
    pub subject: Subject,
    /// Its parameters, in file order.
    pub parameters: Vec<f64>,
    /// Where orbits begin.
    pub start: Vec<f64>,
    /// Step of a flow; 1 for a map.
    pub dt: f64,
    /// Base of all random choices.
    pub seed: u64,
    /// The GPU, for the questions that can use one.
    pub gpu: Option<Arc<gpu::Device>>,
    /// A network's linear regions, where it is one.
    pub network: Option<Arc<rnn::PiecewiseMap>>,
}

impl Case {
    /// What a link leads to: its system with the parameters, the start and the step that it sets; of an exhibit the
    /// system that it is about, of a training the network at the update that the link names, 0 without one.
    ///
    /// # Errors
    /// The link leads to no system, or what is wrong with it.
    pub fn of_recipe(recipe: &Recipe) -> Result<Self, ExhibitError> {
        let exhibit = exhibits::resolve(recipe)?;
        let declaration = exhibit.declare(recipe, &Means::default())?;
        if exhibit.slug() != exhibits::TYPED {
            let values = Values::resolve(&declaration, recipe)?;
            let means = Means::default();
            let setup = Setup { recipe, values: &values, means: &means };
            if let Some(studied) = exhibit.studied(&setup, recipe.step.unwrap_or(0)) {
                let Studied { subject, parameters, dt, network } = studied?;
                let (start, seed, network) = (subject.start(), recipe.seed, network.map(Arc::new));
                let case = SystemCase { subject, parameters, start, dt, seed, gpu: None, network };
                return Ok(Self::System(Box::new(case)));
            }
        }
        if declaration.equations.is_none() || exhibit.slug() != exhibits::TYPED {
            let message = format!("{} is no system: the desk takes systems and series", declaration.title);
            return Err(ExhibitError::Refused(message));
        }
        let values = Values::resolve(&declaration, recipe)?;
        let subject = explorer::subject(recipe)?;
        let model = subject.model();
        let number = |id: &str, own: f64| {
            let value = values.number(id);
            if value.is_nan() { own } else { value }
        };
        let parameters = model.parameters.iter().map(|p| number(&parameter_id(&p.name), p.value)).collect();
        let starts = model.variables.iter().zip(subject.start());
        let start = starts.map(|(v, own)| number(&start_id(&v.name), own)).collect();
        let dt = if subject.is_map() { 1.0 } else { number("dt", subject.step()) };
        let seed = recipe.seed;
        Ok(Self::System(Box::new(SystemCase {
            parameters,
            start,
            dt,
            seed,
            subject,
            gpu: None,
            network: None,
        })))
    }

    /// The same with a GPU at hand, or without.
    #[must_use]
    pub fn on(mut self, device: Option<Arc<gpu::Device>>) -> Self {
        if let Self::System(case) = &mut self {
            case.gpu = device;
        }
        self
    }

    /// Name for people.
    pub fn name(&self) -> &str {
        match self {
            Self::System(case) => case.subject.name(),
            Self::Series(own) => &own.name,
        }
    }
}

impl SystemCase {
    /// Whether it has delays.
    pub fn is_delayed(&self) -> bool {
        !self.subject.model().system().delayed().is_empty()
    }
    /// Whether random numbers drive it.
    pub fn is_noisy(&self) -> bool {
        !self.subject.model().system().draws().is_empty()
    }
    /// Whether events change it.
    pub fn has_events(&self) -> bool {
        self.subject.model().system().events() > 0
    }
    /// Where an analysis of its own right-hand side goes wrong, in words.
    fn refusal(&self, what: &str) -> Option<String> {
        let name = self.subject.name();
        let reason = if self.is_noisy() {
            "random numbers drive it"
        } else if self.has_events() {
            "events make its state jump"
        } else {
            return None;
        };
        Some(format!("{what} needs a right-hand side alone, and {name} has more: {reason}"))
    }
}

/// The work towards an answer.
pub trait Inquiry {
    /// Works until about the deadline; true when all is done.
    ///
    /// # Errors
    /// What cannot be done, and what to change; what was found until then stays.
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError>;
    /// What is known now.
    fn answer(&self) -> Answer;
    /// The data of the answer's views.
    fn frames(&self) -> Vec<Frame>;
    /// The data as a table: names of the columns, and the rows.
    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>);
}

/// The work that a question asks for, or why it cannot be done.
type Asked = Result<Box<dyn Inquiry>, ExhibitError>;

/// What the desk can be asked, one entry a question.
struct Entry {
    declare: fn(&Case) -> Option<Question>,
    ask: fn(&Case, &Values) -> Asked,
}

const ENTRIES: &[Entry] = &[
    Entry { declare: lyapunov::declare, ask: lyapunov::ask },
    Entry { declare: fixed_points::declare, ask: fixed_points::ask },
    Entry { declare: nullclines::declare, ask: nullclines::ask },
    Entry { declare: regions::declare, ask: regions::ask },
    Entry { declare: continuation::declare, ask: continuation::ask },
    Entry { declare: bifurcate::declare, ask: bifurcate::ask },
    Entry { declare: plane::declare_basins, ask: plane::ask_basins },
    Entry { declare: plane::declare_exponents, ask: plane::ask_exponents },
    Entry { declare: spectrum::declare, ask: spectrum::ask },
    Entry { declare: dimension::declare, ask: dimension::ask },
    Entry { declare: complexity::declare, ask: complexity::ask },
    Entry { declare: network::declare, ask: network::ask },
    Entry { declare: compare::declare, ask: compare::ask },
];

/// What can be asked about a case.
pub fn questions(case: &Case) -> Vec<Question> {
    ENTRIES.iter().filter_map(|entry| (entry.declare)(case)).collect()
}

/// Whether a question, so set, is for a GPU where there is one: then a [`Case::on`] it answers sooner.
pub fn wants_device(case: &Case, question: &str, settings: &[Setting]) -> bool {
    let all = questions(case);
    let declared = all.iter().find(|declared| declared.id == question);
    let values = declared.and_then(|d| Values::of(&d.id, &d.controls, settings).ok());
    values.is_some_and(|values| tiles::wanted(&values))
}

/// Asks a question.
///
/// # Errors
/// There is no such question about this case, a setting is wrong, or the case cannot be studied that way.
pub fn ask(case: &Case, question: &str, settings: &[Setting]) -> Asked {
    let all = questions(case);
    let entry = ENTRIES.iter().zip(ENTRIES.iter().map(|entry| (entry.declare)(case)));
    let found = entry.filter_map(|(entry, declared)| Some((entry, declared?)));
    let Some((entry, declared)) = found.into_iter().find(|(_, declared)| declared.id == question) else {
        let near = nearest(question, all.iter().map(|q| q.id.as_str()));
        let meant = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let ids: Vec<&str> = all.iter().map(|q| q.id.as_str()).collect();
        return Err(ExhibitError::Refused(format!(
            "{} cannot be asked for {question:?}{meant} It can be asked for {}",
            case.name(),
            ids.join(", ")
        )));
    };
    (entry.ask)(case, &Values::of(&declared.id, &declared.controls, settings)?)
}
