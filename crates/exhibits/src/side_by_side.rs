//! Networks that learn one task side by side, update by update.

use crate::bytes::{Reader, Writer};
use crate::claims::part;
use crate::contract::{Frame, Mark, Role};
use crate::desk::{Line, plot};
use crate::error::ExhibitError;
use crate::exhibit::Divergence;
use crate::reconstruction::{Curve, refused};
use rnn::{Learner, Learning};

/// Updates between two looks at examples that nobody learns from.
const LOOK: u64 = 20;
/// Examples of such a look.
const EXAMPLES: usize = 256;

/// The share of so many new examples that a network gets right after so many updates; its training is number `at` of
/// `of` that are measured one after the other.
///
/// # Errors
/// A setting cannot be, or the training diverged.
pub(crate) fn trained(
    learning: Learning,
    updates: u64,
    examples: usize,
    [at, of]: [usize; 2],
    progress: &mut dyn FnMut(f64),
) -> Result<f64, rnn::Error> {
    let mut progress = part(progress, at as f64 / of as f64, (at + 1) as f64 / of as f64);
    let mut learner = Learner::<f32>::new(learning, None)?;
    for update in 1..=updates {
        learner.update()?;
        progress(update as f64 / updates as f64);
    }
    Ok(learner.evaluate(learning.task, learning.seed, examples)?.accuracy)
}

/// One of the networks.
pub(crate) struct Entrant {
    /// Its name for people.
    pub(crate) name: &'static str,
    /// How its lines are drawn.
    pub(crate) role: Role,
    /// The training.
    pub(crate) learner: Learner<f32>,
    loss: Curve,
    /// The share that is right of new examples, where that was looked at.
    pub(crate) accuracy: Curve,
}

/// What is drawn against the update.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// The loss of each batch.
    Loss,
    /// The share that is right of new examples.
    Accuracy,
}

/// Networks that learn one task side by side; the first is the run's own.
pub(crate) struct SideBySide {
    pub(crate) entrants: Vec<Entrant>,
    pub(crate) total: u64,
}

impl SideBySide {
    /// All at their start.
    ///
    /// # Errors
    /// A setting cannot be, with the reason.
    pub(crate) fn new(plans: Vec<(&'static str, Role, Learning)>, total: u64) -> Result<Self, ExhibitError> {
        let entrant = |(name, role, learning)| {
            let learner = Learner::new(learning, None).map_err(refused)?;
            Ok(Entrant { name, role, learner, loss: Curve::default(), accuracy: Curve::default() })
        };
        let entrants = plans.into_iter().map(entrant).collect::<Result<_, ExhibitError>>()?;
        let mut all = Self { entrants, total };
        all.look();
        Ok(all)
    }

    pub(crate) fn updates(&self) -> u64 {
        self.entrants.first().map_or(0, |own| own.learner.updates())
    }

    /// One update of each; one that has diverged stands still.
    pub(crate) fn step(&mut self) {
        if self.updates() >= self.total || self.divergence().is_some() {
            return;
        }
        for Entrant { learner, loss, .. } in &mut self.entrants {
            if let Ok(report) = learner.update() {
                loss.push(report.update, report.loss);
            }
        }
        if self.updates().is_multiple_of(LOOK) {
            self.look();
        }
    }

    fn look(&mut self) {
        for Entrant { learner, accuracy, .. } in &mut self.entrants {
            let &Learning { task, seed, .. } = learner.settings();
            if let Ok(found) = learner.evaluate(task, seed, EXAMPLES) {
                accuracy.push(learner.updates(), found.accuracy);
            }
        }
    }

    /// The share that the run's own network gets right.
    pub(crate) fn accuracy(&self, entrant: usize) -> f64 {
        let known = self.entrants.get(entrant).and_then(|e| e.accuracy.y.last().copied());
        known.unwrap_or(f64::NAN)
    }

    /// The last loss of the run's own network.
    fn loss(&self) -> f64 {
        self.entrants.first().and_then(|own| own.loss.y.last().copied()).unwrap_or(f64::NAN)
    }

    /// That loss for people; a dash before the first update.
    pub(crate) fn loss_told(&self) -> String {
        let loss = self.loss();
        if loss.is_finite() { format!("{loss:.2e}").replace('-', "\u{2212}") } else { "–".into() }
    }

    /// Where the run's own training ended without numbers.
    pub(crate) fn divergence(&self) -> Option<Divergence> {
        let own = &self.entrants.first()?.learner;
        let time = own.diverged()? as f64;
        Some(Divergence { time, variable: "the gradient".into(), last: Vec::new(), remedies: Vec::new() })
    }

    /// The curves of all against the update.
    pub(crate) fn frame(&self, view: &str, what: Against, level: Option<Mark>) -> Frame {
        let mut lines = Vec::new();
        for entrant in self.entrants.iter().rev() {
            let curve = if what == Against::Loss { &entrant.loss } else { &entrant.accuracy };
            let y = if what == Against::Loss { curve.smooth(true) } else { curve.y.clone() };
            lines.push(Line::new(entrant.role.clone(), (curve.x.clone(), y)).named(entrant.name));
        }
        let told: Vec<String> = self
            .entrants
            .iter()
            .map(|e| {
                let last = if what == Against::Loss { &e.loss } else { &e.accuracy };
                format!("{} {:.3}", e.name, last.y.last().copied().unwrap_or(f64::NAN))
            })
            .collect();
        let word = if what == Against::Loss { "Loss" } else { "Share right" };
        let told = format!("{word} after {} updates: {}.", self.updates(), told.join(", "));
        let here = Mark { at: self.updates() as f64, label: self.updates().to_string() };
        let mut frame = plot(view, lines, vec![here], level.into_iter().collect(), told);
        if let crate::contract::Picture::Plot { x, y, .. } = &mut frame.picture {
            *x = Some([0.0, self.total as f64]);
            if what == Against::Accuracy {
                *y = Some([f64::NAN, 1.0]);
            }
        }
        frame
    }

    /// All trainings and their curves.
    pub(crate) fn write(&self, out: &mut Writer) {
        for Entrant { learner, loss, accuracy, .. } in &self.entrants {
            out.bytes(&learner.checkpoint());
            loss.write(out);
            accuracy.write(out);
        }
    }

    /// Reads what [`SideBySide::write`] wrote.
    ///
    /// # Errors
    /// The bytes are not of these trainings.
    pub(crate) fn read(&mut self, from: &mut Reader<'_>) -> Result<(), ExhibitError> {
        for Entrant { learner, loss, accuracy, .. } in &mut self.entrants {
            let resumed = Learner::resume(*learner.settings(), None, from.bytes()?);
            *learner = resumed.map_err(|e| ExhibitError::Checkpoint(e.to_string()))?;
            *loss = Curve::read(from)?;
            *accuracy = Curve::read(from)?;
        }
        Ok(())
    }

    /// Loss of each network against the update, and what share it got right where that was looked at.
    pub(crate) fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let mut names = vec!["update".to_owned()];
        for entrant in &self.entrants {
            let name = entrant.name.to_lowercase().replace(' ', "_");
            names.extend([format!("{name}_loss"), format!("{name}_right")]);
        }
        let Some(own) = self.entrants.first() else { return (names, Vec::new()) };
        let at = |curve: &Curve, x: f64| {
            let place = curve.x.partition_point(|known| *known < x);
            if curve.x.get(place) == Some(&x) { curve.y[place] } else { f64::NAN }
        };
        let row = |x: &f64| {
            let pairs = self.entrants.iter().flat_map(|e| [at(&e.loss, *x), at(&e.accuracy, *x)]);
            std::iter::once(*x).chain(pairs).collect()
        };
        (names, own.loss.x.iter().map(row).collect())
    }
}
