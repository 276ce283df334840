//! A person's session with one exhibit: the same for the page and the program.

use crate::contract::{
    DeviceReport, Fault, Frame, Gallery, Measurement, Opened, RunState, Setting, Shared, Status, Target,
    Value, Verdict, ViewKind,
};
use crate::error::ExhibitError;
use crate::exhibit::{Budget, Exhibit, Means, OwnSeries, Run, Setup};
use crate::values::{self, Values};
use crate::{claims, contract, exhibits};
use recipe::{Recipe, bounds, fingerprint_text};
use std::sync::Arc;
use std::time::Duration;
use web_time::Instant;

/// An open exhibit and its run.
pub struct Session {
    recipe: Recipe,
    declaration: contract::Declaration,
    values: Values,
    exhibit: &'static dyn Exhibit,
    run: Box<dyn Run>,
    means: Means,
    /// A control changed on the way, so that the link alone does not lead here.
    wandered: bool,
}

impl Session {
    /// Opens a link.
    ///
    /// # Errors
    /// What is wrong with the link, its controls, its equations or its series.
    pub fn open(fragment: &str, means: Means) -> Result<Self, ExhibitError> {
        Self::start(Recipe::decode(fragment)?, means)
    }

    /// Starts the run of a recipe.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn start(recipe: Recipe, means: Means) -> Result<Self, ExhibitError> {
        let exhibit = exhibits::resolve(&recipe)?;
        let mut means = means;
        match (recipe.series, &means.series) {
            (Some(wanted), None) => return Err(ExhibitError::SeriesMissing(wanted)),
            (Some(wanted), Some(own)) if own.digest != wanted => {
                return Err(ExhibitError::OtherSeries { wanted, found: own.digest });
            }
            (None, _) => means.series = None,
            _ => {}
        }
        let declaration = exhibit.declare(&recipe, &means)?;
        let values = Values::resolve(&declaration, &recipe)?;
        let run = exhibit.start(&Setup { recipe: &recipe, values: &values, means: &means })?;
        Ok(Self { recipe, declaration, values, exhibit, run, means, wandered: false })
    }

    /// What the exhibit declares.
    pub fn declaration(&self) -> &contract::Declaration {
        &self.declaration
    }
    /// The run.
    pub fn run(&mut self) -> &mut dyn Run {
        self.run.as_mut()
    }
    /// The recipe of the run, without a step.
    pub fn recipe(&self) -> Recipe {
        self.recipe.without_step()
    }
    /// Values of all controls.
    pub fn values(&self) -> &Values {
        &self.values
    }
    /// The step and the fingerprint that the link names, when its edition is this one.
    pub fn target(&self) -> Option<Target> {
        let same = self.recipe.edition.is_none_or(|edition| edition == self.declaration.edition);
        self.recipe.step.map(|step| Target {
            step: step as f64,
            fingerprint: self.recipe.fingerprint.filter(|_| same).map(fingerprint_text),
        })
    }

    /// All that a page needs to show the session.
    pub fn opened(&self, fault: Option<Fault>) -> Opened {
        let setup = Setup { recipe: &self.recipe, values: &self.values, means: &self.means };
        let cost = self.exhibit.cost(&setup);
        let hold = (cost > bounds::OPERATIONS_UNASKED).then(|| {
            format!(
                "This run takes about {:.0} thousand million operations; it starts when you press play.",
                cost / 1e9
            )
        });
        let fault = fault.or_else(|| {
            let edition = self.recipe.edition.filter(|edition| *edition != self.declaration.edition)?;
            Some(Fault {
                about: "edition".into(),
                title: "This link is of another edition".into(),
                message: format!(
                    "It was made with edition {edition}; this is edition {}. The run opens, and its numbers may \
                     differ, so no fingerprint is compared.",
                    self.declaration.edition
                ),
                text: None,
                diagnostics: Vec::new(),
            })
        });
        Opened {
            declaration: self.declaration.clone(),
            values: self.values.settings().to_vec(),
            seed: self.recipe.seed.to_string(),
            link: self.recipe.without_step().encode(),
            status: self.status(),
            fault,
            target: self.target(),
            hold,
        }
    }

    /// Where the run is.
    pub fn status(&self) -> Status {
        let run = self.run.as_ref();
        let state = match (run.divergence(), run.failure()) {
            (Some(d), _) => {
                RunState::Diverged { time: d.time, variable: d.variable, last: d.last, remedies: d.remedies }
            }
            (None, Some(f)) => RunState::Failed { reason: f.reason, remedies: f.remedies },
            _ if run.total().is_some_and(|total| run.position() >= total) => RunState::Finished,
            _ => RunState::Ready,
        };
        let (fingerprint, note) = if self.wandered {
            (None, Some("a control changed on the way; reset to run the link from its start".into()))
        } else {
            (run.witness().map(fingerprint_text), run.witness_note())
        };
        Status {
            step: run.position() as f64,
            unit: run.unit().into(),
            total: run.total().map(|total| total as f64),
            time: run.time(),
            state,
            readouts: run.readouts(),
            fingerprint,
            fingerprint_note: note,
            device: if run.on_gpu() { "gpu" } else { "cpu" }.into(),
            note: run.note(),
        }
    }

    /// Sets a control. Returns whether the run began again.
    ///
    /// # Errors
    /// The control or the value; the run goes on as it was.
    pub fn set(&mut self, control: &str, value: &Value) -> Result<bool, ExhibitError> {
        self.set_many(&[setting(control, value.clone())])
    }

    /// Sets several controls in one go. Returns whether the run began again, which it does once at most: earlier
    /// settings that the exhibit no longer has a control for are dropped then.
    ///
    /// # Errors
    /// As [`Session::set`], of the first that cannot be set; none is set then, unless the run itself refuses one.
    pub fn set_many(&mut self, settings: &[Setting]) -> Result<bool, ExhibitError> {
        let mut recipe = self.recipe.without_step();
        let mut after = self.values.clone();
        let mut changed = Vec::new();
        let mut restarts = false;
        for Setting { control, value } in settings {
            let declared = values::find(&self.declaration, control)?;
            let before = after.get(control).cloned();
            after.set(&self.declaration, control, value)?;
            let new = after.get(control).cloned().unwrap_or_else(|| value.clone());
            if before.as_ref() == Some(&new) {
                continue;
            }
            let text = (new != values::default(declared)).then(|| values::write(&new));
            recipe.set_control(control, text.clone());
            restarts |= declared.restarts;
            changed.push((control, new, text));
        }
        if restarts {
            // What was set before and does not go with what was set now, such as a parameter of another system, falls
            // away.
            let declaration = self.exhibit.declare(&recipe, &self.means)?;
            let set_now = |id: &str| settings.iter().any(|setting| setting.control == id);
            recipe.controls.retain(|(id, text)| set_now(id) || values::fits(&declaration, id, text));
            *self = Self::start(recipe, self.means.clone())?;
            return Ok(true);
        }
        for (control, new, text) in changed {
            self.run.set(control, &new)?;
            self.wandered |= self.run.position() > 0;
            self.values.set(&self.declaration, control, &new)?;
            self.recipe = self.recipe.without_step();
            self.recipe.set_control(control, text);
        }
        Ok(false)
    }

    /// The plots in which a click does something now.
    pub fn picks(&mut self) -> Vec<String> {
        let now = self.run.time().unwrap_or_else(|| self.run.position() as f64);
        let plots =
            self.declaration.views.iter().filter(|v| v.pickable && !matches!(v.kind, ViewKind::Scene));
        plots.filter(|v| !self.run.pick_in(&v.id, now, 0.0).is_empty()).map(|v| v.id.clone()).collect()
    }

    /// Starts again with another seed.
    ///
    /// # Errors
    /// The text is no seed.
    pub fn set_seed(&mut self, seed: &str) -> Result<(), ExhibitError> {
        let seed = seed.trim().parse().map_err(|_| ExhibitError::Value {
            control: "seed".into(),
            value: seed.chars().take(40).collect(),
            expected: "must be a whole number from 0 to 18446744073709551615".into(),
        })?;
        let recipe = Recipe { seed, ..self.recipe.without_step() };
        *self = Self::start(recipe, self.means.clone())?;
        Ok(())
    }

    /// Starts again on other equations.
    ///
    /// # Errors
    /// The equations cannot be read; the run goes on.
    pub fn edit(&mut self, text: &str) -> Result<(), ExhibitError> {
        let recipe = exhibits::with_equations(&self.recipe.without_step(), text)?;
        *self = Self::start(recipe, self.means.clone())?;
        Ok(())
    }

    /// Starts again on a person's own series.
    ///
    /// # Errors
    /// The series cannot be read, or the exhibit takes none.
    pub fn take_series(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExhibitError> {
        if !self.declaration.takes_series {
            let message = format!("{} takes no series of one's own", self.declaration.title);
            return Err(ExhibitError::Refused(message));
        }
        let own = OwnSeries::read(name, bytes)?;
        let recipe = Recipe { series: Some(own.digest), ..self.recipe.without_step() };
        let means = Means { series: Some(Arc::new(own)), ..self.means.clone() };
        *self = Self::start(recipe, means)?;
        Ok(())
    }

    /// Starts again on other means (another device, say), from the present state.
    ///
    /// # Errors
    /// The run cannot be started on them; the old one goes on.
    pub fn change_means(
        &mut self,
        gpu: Option<Arc<gpu::Device>>,
        wants_gpu: bool,
    ) -> Result<(), ExhibitError> {
        let means = Means { gpu, wants_gpu, series: self.means.series.clone() };
        let mut next = Self::start(self.recipe.clone(), means)?;
        next.run.load(&self.run.save())?;
        next.wandered = self.wandered;
        *self = next;
        Ok(())
    }

    /// Works for at most `milliseconds`, or to the step named.
    pub fn advance(&mut self, milliseconds: f64, until: Option<u64>) {
        let bounded = if milliseconds.is_finite() { milliseconds.clamp(0.0, 1e4) } else { 0.0 };
        let deadline = Instant::now() + Duration::from_secs_f64(bounded / 1e3);
        self.run.advance(Budget { deadline, until });
    }

    /// One step.
    pub fn step(&mut self) {
        self.run.step();
    }

    /// Back to the start.
    ///
    /// # Errors
    /// As [`Session::start`]; the run stays as it is then.
    pub fn reset(&mut self) -> Result<(), ExhibitError> {
        *self = Self::start(self.recipe.without_step(), self.means.clone())?;
        Ok(())
    }

    /// The data of a view.
    pub fn frame(&mut self, view: &str) -> Option<Frame> {
        self.run.frame(view)
    }

    /// A link and a command line that lead here.
    pub fn share(&self) -> Shared {
        let mut recipe = self.recipe.without_step();
        let mut command = format!("separatrix run '{}'", quote(&recipe.encode()));
        let mut note = String::from("The link carries the exhibit, the seed, what you set");
        if recipe.equations.is_some() {
            note.push_str(", your equations");
        }
        if let Some(fingerprint) = self.run.witness().filter(|_| !self.wandered) {
            recipe.step = Some(self.run.position());
            recipe.fingerprint = Some(fingerprint);
            recipe.edition = Some(self.declaration.edition);
            command = format!("separatrix run '{}'", quote(&recipe.encode()));
            note.push_str(", the step and its fingerprint");
        }
        note.push('.');
        if recipe.series.is_some() {
            note.push_str(" Your series stays with you; whoever opens the link is asked for the file.");
        }
        Shared { link: recipe.encode(), command, note }
    }

    /// Recipe and state as bytes.
    pub fn checkpoint(&self) -> Vec<u8> {
        let recipe = self.recipe.encode();
        let mut bytes = vec![CHECKPOINT, u8::from(self.wandered)];
        bytes.extend((recipe.len() as u32).to_le_bytes());
        bytes.extend(recipe.as_bytes());
        bytes.extend(self.run.save());
        bytes
    }

    /// Goes on from a checkpoint.
    ///
    /// # Errors
    /// The bytes are damaged or of another program.
    pub fn restore(bytes: &[u8], means: Means) -> Result<Self, ExhibitError> {
        let bad = |what: &str| ExhibitError::Checkpoint(what.to_owned());
        let (head, rest) = bytes.split_at_checked(6).ok_or_else(|| bad("it is too short"))?;
        if head[0] != CHECKPOINT {
            return Err(bad("it is of another kind"));
        }
        let length = u32::from_le_bytes([head[2], head[3], head[4], head[5]]) as usize;
        let (recipe, state) = rest.split_at_checked(length).ok_or_else(|| bad("it is cut short"))?;
        let recipe = std::str::from_utf8(recipe).map_err(|_| bad("its recipe is no text"))?;
        let mut session = Self::open(recipe, means)?;
        session.run.load(state)?;
        session.wandered = head[1] != 0;
        Ok(session)
    }
}

const CHECKPOINT: u8 = 1;

/// For a single-quoted word of a shell; links hold no quotes, so this is only a belt.
fn quote(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// Measures a claim of an exhibit for one seed.
pub async fn measure(
    slug: &str,
    claim: &str,
    seed: u64,
    means: &Means,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measurement>, ExhibitError> {
    let exhibit = exhibits::resolve(&Recipe::new(slug))?;
    let declared = exhibits::claim(exhibit, claim)?;
    let measured = exhibit.measure(claim, seed, means, progress).await;
    Ok(claims::judge(exhibit.slug(), &declared, seed, measured))
}

/// The verdict on a claim from its measurements.
///
/// # Errors
/// There is no such exhibit or claim.
pub fn verdict(slug: &str, claim: &str, measurements: &[Measurement]) -> Result<Verdict, ExhibitError> {
    let exhibit = exhibits::resolve(&Recipe::new(slug))?;
    Ok(claims::verdict(&exhibits::claim(exhibit, claim)?, measurements))
}

/// What the page says when there is no device.
pub fn no_device(note: &str) -> DeviceReport {
    DeviceReport { available: false, name: String::new(), software: false, note: Some(note.into()) }
}

/// The gallery, for page and program.
pub fn gallery() -> Gallery {
    exhibits::gallery()
}

/// Reads `key=value` settings of the command line into a recipe.
///
/// # Errors
/// A setting that is not of that form.
pub fn apply_settings(recipe: &mut Recipe, settings: &[String]) -> Result<(), ExhibitError> {
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or_else(|| ExhibitError::Value {
            control: setting.chars().take(40).collect(),
            value: String::new(),
            expected: "a setting is written key=value, such as rho=24.4".into(),
        })?;
        recipe.set_control(key.trim(), Some(value.trim().to_owned()));
    }
    Ok(())
}

/// A control and its value as data.
pub fn setting(control: &str, value: Value) -> Setting {
    Setting { control: control.into(), value }
}
