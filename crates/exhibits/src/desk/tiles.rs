//! A plane on the GPU, a tile of cells at a time.

use super::SystemCase;
use crate::build::choice;
use crate::contract::{Control, Finding};
use crate::desk::say::stated;
use crate::error::ExhibitError;
use crate::values::Values;
use gpu::{Aim, Kernel, Survey, SurveyOptions};
use web_time::Instant;

/// Up to so many cells a side the processor is asked first.
const FEW: usize = 256;

/// Where a plane is worked on.
pub(super) fn control() -> Control {
    let options = [("auto", "whichever suits"), ("cpu", "CPU"), ("gpu", "GPU")];
    choice("device", "device", &options, "auto").help(
        "The GPU computes in single precision. By itself it takes more than 256 cells a side, where it is no program \
         on the CPU.",
    )
}

/// Whether the settings of a plane call for a GPU.
pub(super) fn wanted(values: &Values) -> bool {
    match values.text("device") {
        "gpu" => true,
        "auto" => values.integer("cells") > FEW,
        _ => false,
    }
}

/// Cells that are handed out, and what became of them taken back in the same order.
pub(super) trait Plane {
    /// The next cell, and the values of its plane.
    fn choose(&mut self) -> Option<(usize, [f64; 2])>;
    /// A cell's record.
    fn take(&mut self, cell: usize, record: &[f32]);
}

/// The survey of a plane.
pub(super) struct Tiles {
    survey: Survey,
    tile: Vec<usize>,
    record: usize,
    /// What the device calls itself.
    name: String,
}

impl Tiles {
    /// A survey where settings and device call for one; otherwise the processor is to do it.
    ///
    /// # Errors
    /// The GPU is asked for by name and there is none, or it cannot carry the system.
    pub(super) fn of(
        case: &SystemCase,
        values: &Values,
        options: SurveyOptions,
    ) -> Result<Option<Self>, ExhibitError> {
        let named = values.text("device") == "gpu";
        let refused = |what: String| ExhibitError::Refused(what);
        let device = case.gpu.as_ref().filter(|device| wanted(values) && (named || !device.is_software()));
        let Some(device) = device else {
            return if named {
                Err(refused("there is no WebGPU adapter here: set the device to cpu".into()))
            } else {
                Ok(None)
            };
        };
        let kernel = match Kernel::along(case.subject.model(), options.aim == Aim::Exponent) {
            Ok(kernel) => kernel,
            Err(error) if named => return Err(refused(error.to_string())),
            Err(_) => return Ok(None),
        };
        let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<_>>();
        let (start, parameters) = (single(&case.start), single(&case.parameters));
        let survey = Survey::new(device, &kernel, &start, &parameters, options);
        Ok(Some(Self {
            survey: survey.map_err(|error| refused(error.to_string()))?,
            tile: Vec::new(),
            record: options.record(start.len()),
            name: device.name().into(),
        }))
    }

    /// Works until about the deadline, but never waits for the device; true when all cells are taken back.
    pub(super) fn advance(&mut self, deadline: Instant, plane: &mut dyn Plane) -> Result<bool, ExhibitError> {
        loop {
            if self.tile.is_empty() {
                let mut places = Vec::new();
                while places.len() < self.survey.capacity()
                    && let Some((cell, place)) = plane.choose()
                {
                    self.tile.push(cell);
                    places.push(place.map(|value| value as f32));
                }
                if places.is_empty() {
                    return Ok(true);
                }
                self.survey.begin(&places);
            }
            match self.survey.advance().map_err(|error| ExhibitError::Refused(error.to_string()))? {
                Some(records) => {
                    for (cell, record) in self.tile.drain(..).zip(records.chunks_exact(self.record)) {
                        plane.take(cell, record);
                    }
                }
                // In a browser the device answers between two calls alone.
                #[cfg(target_arch = "wasm32")]
                None => return Ok(false),
                #[cfg(not(target_arch = "wasm32"))]
                None => std::thread::sleep(std::time::Duration::from_micros(100)),
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    /// Cells that the tile in hand is worth by now.
    pub(super) fn under_way(&self) -> f64 {
        self.survey.progress() * self.survey.cells() as f64
    }
}

/// Which device carries a plane.
pub(super) fn carrier(tiles: Option<&Tiles>) -> Finding {
    let text = match tiles {
        Some(tiles) => format!("{}, in single precision; no fingerprint", tiles.name),
        None => "the processor, in double precision".into(),
    };
    stated("device", "computed by", text)
}
