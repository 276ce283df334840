//! What the whole module alone does: questions of the analysis desk, and claims.

use crate::{Laboratory, out, pack};
use exhibits::contract::Setting;
use exhibits::desk::{self, Case};
use exhibits::{ExhibitError, session};
use wasm_bindgen::prelude::*;

fn case(fragment: &str) -> Result<Case, ExhibitError> {
    Case::of_recipe(&recipe::Recipe::decode(fragment)?)
}

fn told(error: ExhibitError) -> JsValue {
    JsValue::from_str(&error.to_string())
}

/// The work towards the answer to a question.
#[wasm_bindgen]
pub struct Inquiry {
    inquiry: Box<dyn desk::Inquiry>,
}

#[wasm_bindgen]
impl Inquiry {
    /// Works for about `budget` milliseconds; true when all is done. An error says, in words, what stopped it; what was
    /// found until then stays.
    pub fn advance(&mut self, budget: f64) -> Result<bool, JsValue> {
        let budget = if budget.is_finite() { budget.clamp(0.0, 1e4) } else { 0.0 };
        let deadline = web_time::Instant::now() + std::time::Duration::from_secs_f64(budget / 1e3);
        self.inquiry.advance(deadline).map_err(told)
    }

    /// What is known now.
    pub fn answer(&self) -> Result<JsValue, JsValue> {
        out(&self.inquiry.answer())
    }

    /// The data of the answer's views: `[{picture, arrays}]`.
    pub fn frames(&self) -> Result<js_sys::Array, JsValue> {
        pack(self.inquiry.frames().into_iter())
    }
}

#[wasm_bindgen]
impl Laboratory {
    /// What can be asked about the system that a fragment leads to; nothing where it leads to none.
    pub fn questions(&self, fragment: &str) -> Result<JsValue, JsValue> {
        out(&case(fragment).map(|case| desk::questions(&case)).unwrap_or_default())
    }

    /// Whether a question, so set, is for a GPU: then the device is to be asked for before it.
    #[wasm_bindgen(js_name = wantsDevice)]
    pub fn wants_device(&self, fragment: &str, question: &str, settings: JsValue) -> Result<bool, JsValue> {
        let settings: Vec<Setting> = serde_wasm_bindgen::from_value(settings)?;
        Ok(case(fragment).is_ok_and(|case| desk::wants_device(&case, question, &settings)))
    }

    /// Asks a question about the system that a fragment leads to. An error says, in words, why it cannot be asked.
    pub fn ask(&self, fragment: &str, question: &str, settings: JsValue) -> Result<Inquiry, JsValue> {
        let settings: Vec<Setting> = serde_wasm_bindgen::from_value(settings)?;
        let ask = |case: Case| desk::ask(&case.on(self.means.gpu.clone()), question, &settings);
        Ok(Inquiry { inquiry: case(fragment).and_then(ask).map_err(told)? })
    }

    /// Measures a claim for one seed; `progress` is called with numbers from 0 to 1.
    pub async fn measure(
        &mut self,
        slug: String,
        claim: String,
        seed: String,
        progress: js_sys::Function,
    ) -> Result<JsValue, JsValue> {
        let seed = seed.trim().parse().map_err(|_| JsValue::from_str("the seed must be a whole number"))?;
        let mut tell = |done: f64| {
            // A page that does not listen is no reason to stop measuring.
            drop(progress.call1(&JsValue::NULL, &done.into()));
        };
        let rows = session::measure(&slug, &claim, seed, &self.means, &mut tell).await;
        out(&rows.map_err(|e| JsValue::from_str(&e.to_string()))?)
    }
}
