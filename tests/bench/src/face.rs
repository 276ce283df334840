//! What the page of benchmarks calls in its worker.

use crate::training;
use wasm_bindgen::prelude::*;

fn words(error: impl std::fmt::Display) -> JsValue {
    JsValue::from_str(&error.to_string())
}

/// Runs once when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Everything that runs on one core, as JSON.
#[wasm_bindgen]
pub fn measure() -> Result<String, JsValue> {
    serde_json::to_string(&crate::measure().map_err(words)?).map_err(words)
}

/// Every system of the zoo, as JSON.
#[wasm_bindgen(js_name = measureZoo)]
pub fn measure_zoo() -> Result<String, JsValue> {
    serde_json::to_string(&crate::measure_zoo().map_err(words)?).map_err(words)
}

/// The ensemble on the GPU, as JSON.
#[cfg(feature = "gpu")]
#[wasm_bindgen(js_name = measureDevice)]
pub async fn measure_device(hint: String) -> Result<String, JsValue> {
    serde_json::to_string(&crate::measure_device(Some(&hint)).await.map_err(words)?).map_err(words)
}

/// What another program needs to train the same network from the same weights on the same data.
#[wasm_bindgen]
pub struct Task {
    inputs: Vec<f32>,
    targets: Vec<f32>,
    parameters: Vec<f32>,
}

#[wasm_bindgen]
impl Task {
    /// The task of the training steps that are timed.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Task, JsValue> {
        let (inputs, targets) = training::data();
        let parameters = training::task().map_err(words)?.parameters().to_vec();
        Ok(Self { inputs, targets, parameters })
    }
    /// Units.
    #[wasm_bindgen(getter)]
    pub fn hidden(&self) -> usize {
        training::HIDDEN
    }
    /// Steps of a sequence.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> usize {
        training::STEPS
    }
    /// Sequences of a batch.
    #[wasm_bindgen(getter)]
    pub fn batch(&self) -> usize {
        training::BATCH
    }
    /// Learning rate.
    #[wasm_bindgen(getter)]
    pub fn rate(&self) -> f64 {
        training::RATE
    }
    /// Updates after which losses are compared.
    #[wasm_bindgen(getter)]
    pub fn compared(&self) -> usize {
        training::COMPARED
    }
    /// Inputs, step by step and sequence by sequence.
    #[wasm_bindgen(getter)]
    pub fn inputs(&self) -> Vec<f32> {
        self.inputs.clone()
    }
    /// Targets, likewise.
    #[wasm_bindgen(getter)]
    pub fn targets(&self) -> Vec<f32> {
        self.targets.clone()
    }
    /// The weights at the start: W, U, b, C and c, row by row.
    #[wasm_bindgen(getter)]
    pub fn parameters(&self) -> Vec<f32> {
        self.parameters.clone()
    }
}
