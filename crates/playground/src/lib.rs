//! The wasm-bindgen face: one `Laboratory` a worker, plain data in and out.
//!
//! Nothing here computes: calls go to the session, pictures to the stage. Faults are data that the page
//! shows; an exception means that the page itself called wrongly. Natively the crate is empty.
#![cfg(target_arch = "wasm32")]
// The full module must run static constructors by hand, which is the one unsafe call of the project.
#![cfg_attr(not(feature = "nets"), forbid(unsafe_code))]

mod stage;
#[cfg(feature = "whole")]
mod whole;

use exhibits::contract::{DeviceReport, Drawn, Fault, Frame, Measurement, Opened, Setting, Status, Value};
use exhibits::{ExhibitError, Means, Session, session};
use serde::{Deserialize, Serialize};
use stage::Stage;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// Opened when a link cannot be.
const DEFAULT: &str = "lorenz";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    values: Vec<Setting>,
    link: String,
    status: Status,
    restarted: bool,
    fault: Option<Fault>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edited {
    good: bool,
    diagnostics: Vec<exhibits::contract::Diagnostic>,
    opened: Option<Opened>,
}

/// A movement of the camera, in CSS pixels.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum CameraMove {
    Orbit { dx: f64, dy: f64 },
    Pan { dx: f64, dy: f64 },
    Zoom { factor: f64, x: f64, y: f64 },
    Reset,
}

/// One laboratory: a session, and a stage to draw it on.
#[wasm_bindgen]
pub struct Laboratory {
    session: Session,
    means: Means,
    stage: Rc<RefCell<Stage>>,
}

fn out<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(JsValue::from)
}

/// Frames as the page takes them: `[{picture, arrays}]`.
fn pack(frames: impl Iterator<Item = Frame>) -> Result<js_sys::Array, JsValue> {
    let packed = js_sys::Array::new();
    for frame in frames {
        let arrays = js_sys::Array::new();
        for array in &frame.arrays {
            arrays.push(&js_sys::Float64Array::from(array.as_slice()));
        }
        let object = js_sys::Object::new();
        js_sys::Reflect::set(&object, &"picture".into(), &out(&frame.picture)?)?;
        js_sys::Reflect::set(&object, &"arrays".into(), &arrays)?;
        packed.push(&object);
    }
    Ok(packed)
}

impl Laboratory {
    /// What came of a change; a refusal leaves the run as it was.
    fn changed(&self, result: Result<bool, ExhibitError>) -> Result<JsValue, JsValue> {
        let (restarted, fault) = match result {
            Ok(restarted) => (restarted, None),
            Err(error) => (false, Some(error.fault(None))),
        };
        out(&Changed {
            values: self.session.values().settings().to_vec(),
            link: self.session.recipe().encode(),
            status: self.session.status(),
            restarted,
            fault,
        })
    }
}

/// burn's kernel compiler registers itself through static constructors. Unless the module calls them itself, the
/// linker has every export call all of them, each time.
#[cfg(feature = "nets")]
mod constructors {
    #![allow(unsafe_code)]

    unsafe extern "C" {
        fn __wasm_call_ctors();
    }

    pub(super) fn run() {
        // SAFETY: the linker defines this function in every module; it takes and gives nothing, and it is called
        // once, from the start function, before any other code of the module runs.
        unsafe { __wasm_call_ctors() }
    }
}

/// Runs once when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(feature = "nets")]
    constructors::run();
    console_error_panic_hook::set_once();
}

#[wasm_bindgen]
impl Laboratory {
    /// A laboratory on the default exhibit, without a device or a canvas.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Laboratory, JsValue> {
        let means = Means::default();
        let session = Session::open(DEFAULT, means.clone()).map_err(|e| JsValue::from_str(&e.to_string()))?;
        Ok(Self { session, means, stage: Rc::default() })
    }

    /// Families and their members.
    pub fn gallery(&self) -> Result<JsValue, JsValue> {
        out(&session::gallery())
    }

    /// Opens a fragment; a bad one opens the default exhibit and says what was wrong.
    pub fn open(&mut self, fragment: &str) -> Result<JsValue, JsValue> {
        let fragment = if fragment.trim_matches(['#', '/']).is_empty() { DEFAULT } else { fragment };
        self.stage.borrow_mut().reset_camera();
        let fault = match Session::open(fragment, self.means.clone()) {
            Ok(session) => {
                self.session = session;
                None
            }
            Err(error) => {
                // A link to a known exhibit with a bad control opens that exhibit as it comes.
                let name = fragment.trim_start_matches(['#', '/']).split('?').next().unwrap_or(DEFAULT);
                let fallback = Session::open(name, self.means.clone())
                    .or_else(|_| Session::open(DEFAULT, self.means.clone()));
                if let Ok(session) = fallback {
                    self.session = session;
                }
                Some(error.fault(Some(fragment)))
            }
        };
        out(&self.session.opened(fault))
    }

    /// Checks equations and, when they are good and `run` is set, runs them.
    pub fn edit(&mut self, text: &str, run: bool) -> Result<JsValue, JsValue> {
        let diagnostics = exhibits::check_equations(text);
        let mut edited =
            Edited { good: diagnostics.iter().all(|d| d.severity != "error"), diagnostics, opened: None };
        if edited.good && run {
            match self.session.edit(text) {
                Ok(()) => edited.opened = Some(self.session.opened(None)),
                Err(error) => {
                    edited.good = false;
                    edited.opened = Some(self.session.opened(Some(error.fault(Some(text)))));
                }
            }
        }
        out(&edited)
    }

    /// Colours, words and findings of a text while it is typed; nothing runs.
    #[wasm_bindgen(js_name = readAlong)]
    pub fn read_along(&self, text: &str) -> Result<JsValue, JsValue> {
        out(&exhibits::read_along(text))
    }

    /// Puts the tables that equations read from files into their text: `names` and `texts` are the files beside it. An
    /// error says which file holds no table.
    #[wasm_bindgen(js_name = embedTables)]
    pub fn embed_tables(
        &self,
        text: &str,
        names: Vec<String>,
        texts: Vec<String>,
    ) -> Result<String, JsValue> {
        exhibits::embed_tables(text, &names, &texts).map_err(|error| JsValue::from_str(&error))
    }

    /// What the present equations can be written as.
    #[wasm_bindgen(js_name = exportFormats)]
    pub fn export_formats(&self) -> Result<JsValue, JsValue> {
        out(&exhibits::export_formats())
    }

    /// The present equations at the present values in a format. An error says what the format cannot carry.
    #[wasm_bindgen(js_name = exportAs)]
    pub fn export_as(&self, format: &str) -> Result<String, JsValue> {
        exhibits::export(&self.session, format).map_err(|error| JsValue::from_str(&error))
    }

    /// A click in a plot, in the units of its axes: the settings that follow from it, to be set in one go.
    #[wasm_bindgen(js_name = pickIn)]
    pub fn pick_in(&mut self, view: &str, x: f64, y: f64) -> Result<JsValue, JsValue> {
        out(&self.session.run().pick_in(view, x, y))
    }

    /// Gives the exhibit a series of the person's own.
    pub fn series(&mut self, name: &str, text: &str) -> Result<JsValue, JsValue> {
        let fault = self.session.take_series(name, text.as_bytes()).err().map(|e| e.fault(Some(name)));
        out(&self.session.opened(fault))
    }

    /// Sets a control.
    pub fn set(&mut self, control: &str, value: JsValue) -> Result<JsValue, JsValue> {
        let value: Value = serde_wasm_bindgen::from_value(value)?;
        let result = self.session.set(control, &value);
        self.changed(result)
    }

    /// Sets several controls in one go; the run begins again once at most.
    #[wasm_bindgen(js_name = setMany)]
    pub fn set_many(&mut self, settings: JsValue) -> Result<JsValue, JsValue> {
        let settings: Vec<Setting> = serde_wasm_bindgen::from_value(settings)?;
        let result = self.session.set_many(&settings);
        self.changed(result)
    }

    /// The plots in which a click does something now.
    pub fn picks(&mut self) -> Vec<String> {
        self.session.picks()
    }

    /// Starts again with another seed.
    #[wasm_bindgen(js_name = setSeed)]
    pub fn set_seed(&mut self, seed: &str) -> Result<JsValue, JsValue> {
        let result = self.session.set_seed(seed).map(|()| true);
        self.changed(result)
    }

    /// Moves the run to `cpu` or `gpu`, from its present state.
    #[wasm_bindgen(js_name = setDevice)]
    pub fn set_device(&mut self, device: &str) -> Result<JsValue, JsValue> {
        self.means.wants_gpu = device == "gpu";
        let result = self.session.change_means(self.means.gpu.clone(), self.means.wants_gpu).map(|()| false);
        self.changed(result)
    }

    /// Works for at most `budget` milliseconds, or exactly to the step `until`.
    pub fn advance(&mut self, budget: f64, until: Option<f64>) -> Result<JsValue, JsValue> {
        let until = until.filter(|u| u.is_finite() && *u >= 0.0).map(|u| u as u64);
        self.session.advance(budget, until);
        out(&self.session.status())
    }

    /// One step.
    pub fn step(&mut self) -> Result<JsValue, JsValue> {
        self.session.step();
        out(&self.session.status())
    }

    /// Back to the start.
    pub fn reset(&mut self) -> Result<JsValue, JsValue> {
        self.session.reset().map_err(|e| JsValue::from_str(&e.to_string()))?;
        out(&self.session.status())
    }

    /// Where the run is.
    pub fn status(&self) -> Result<JsValue, JsValue> {
        out(&self.session.status())
    }

    /// The data of some views: `[{picture, arrays}]`.
    pub fn pictures(&mut self, views: Vec<String>) -> Result<js_sys::Array, JsValue> {
        let session = &mut self.session;
        pack(views.iter().filter_map(|view| session.frame(view)))
    }

    /// A link and a command line that lead here.
    pub fn share(&self) -> Result<JsValue, JsValue> {
        out(&self.session.share())
    }

    /// Recipe and state as bytes.
    pub fn checkpoint(&self) -> Vec<u8> {
        self.session.checkpoint()
    }

    /// Goes on from a checkpoint.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        let fault = match Session::restore(bytes, self.means.clone()) {
            Ok(session) => {
                self.session = session;
                None
            }
            Err(error) => Some(error.fault(None)),
        };
        out(&self.session.opened(fault))
    }

    /// Takes the stage's canvas: `gpu` draws by WebGPU, anything else on a 2-D context.
    pub fn attach(&mut self, canvas: web_sys::OffscreenCanvas, how: &str) -> Result<(), JsValue> {
        let device = self.means.gpu.clone().filter(|_| how == "gpu");
        self.stage.borrow_mut().attach(canvas, device)
    }

    /// The canvas's size in CSS pixels and the device's pixels to each.
    pub fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.stage.borrow_mut().resize(width, height, ratio);
    }

    /// Dark or light ground.
    pub fn theme(&mut self, dark: bool) {
        self.stage.borrow_mut().theme(dark);
    }

    /// Moves the camera.
    pub fn camera(&mut self, movement: JsValue) -> Result<(), JsValue> {
        let mut stage = self.stage.borrow_mut();
        match serde_wasm_bindgen::from_value(movement)? {
            CameraMove::Orbit { dx, dy } => stage.orbit(dx, dy),
            CameraMove::Pan { dx, dy } => stage.pan(dx, dy),
            CameraMove::Zoom { factor, x, y } => stage.zoom(factor, x, y),
            CameraMove::Reset => stage.reset_camera(),
        }
        Ok(())
    }

    /// A click on the stage, in CSS pixels: the settings that it asks for. What it starts, it starts at once.
    pub fn pick(&mut self, x: f64, y: f64) -> Result<JsValue, JsValue> {
        let place = self.stage.borrow().unproject(x, y);
        let sets = place.map_or_else(Vec::new, |(panel, x, y)| {
            let started = self.session.run().pick(panel, x, y);
            let view = self.session.declaration().views.first().map(|view| view.id.clone());
            view.filter(|_| !started).map_or_else(Vec::new, |view| self.session.run().pick_in(&view, x, y))
        });
        out(&sets)
    }

    /// Draws the stage.
    pub fn draw(&mut self) -> Result<JsValue, JsValue> {
        let drawn: Drawn = self.stage.borrow_mut().draw(self.session.run())?;
        out(&drawn)
    }

    /// The device's loss since the last call, if any.
    pub fn lost(&self) -> Option<String> {
        self.means.gpu.as_ref().and_then(|device| device.lost())
    }

    /// Destroys the device, to try the way of recovery.
    #[wasm_bindgen(js_name = destroyDevice)]
    pub fn destroy_device(&self) {
        if let Some(device) = &self.means.gpu {
            device.device.destroy();
        }
    }

    /// The verdict on a claim from its measurements.
    pub fn verdict(&self, slug: &str, claim: &str, measurements: JsValue) -> Result<JsValue, JsValue> {
        let measurements: Vec<Measurement> = serde_wasm_bindgen::from_value(measurements)?;
        let verdict = session::verdict(slug, claim, &measurements);
        out(&verdict.map_err(|e| JsValue::from_str(&e.to_string()))?)
    }

    /// An RGBA thumbnail of a member of the gallery, square; empty where the whole module must draw it.
    pub fn thumbnail(&self, slug: &str, size: u32, dark: bool) -> Result<js_sys::Uint8ClampedArray, JsValue> {
        match exhibits::thumbnail(slug, size.clamp(8, 512), dark) {
            Ok(pixels) => Ok(js_sys::Uint8ClampedArray::from(pixels.as_slice())),
            Err(ExhibitError::Elsewhere(_)) => Ok(js_sys::Uint8ClampedArray::new_with_length(0)),
            Err(error) => Err(JsValue::from_str(&error.to_string())),
        }
    }

    /// Asks for the GPU and tests it against the CPU; `hint` is what JavaScript knows of the adapter.
    #[wasm_bindgen(js_name = requestDevice)]
    pub async fn request_device(&mut self, hint: String) -> Result<JsValue, JsValue> {
        let report = match exhibits::device(Some(&hint)).await {
            Err(error) => session::no_device(&error.to_string()),
            Ok(device) => match device.self_test().await {
                Err(error) => session::no_device(&error.to_string()),
                Ok(()) => {
                    let report = DeviceReport {
                        available: true,
                        name: device.name().to_owned(),
                        software: device.is_software(),
                        note: None,
                    };
                    // A real device carries the ensembles from the start; software draws, and computes when asked.
                    self.means.wants_gpu = !report.software;
                    // Natively threads share it; here there is one.
                    #[allow(clippy::arc_with_non_send_sync)]
                    let shared = Arc::new(device);
                    self.means.gpu = Some(shared);
                    report
                }
            },
        };
        out(&report)
    }
}
