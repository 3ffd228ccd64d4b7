//! Training runs.

use crate::dataset::Dataset;
use crate::json::{read, thrown, write, Result};
use crate::model::Model;
use cambium_core::train;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds; in workerd it stands still while code runs.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now() -> f64;
}

/// A training run under way. Model and data are named again at every chunk and must be those it began with.
#[wasm_bindgen]
pub struct Fit {
    inner: train::Fit,
}

impl Fit {
    fn new(model: &mut Model, plan: &str, data: &Dataset, valid: Option<&Dataset>) -> Result<Fit> {
        let plan = read("fit", plan)?;
        let valid = valid.map(|valid| &valid.inner);
        let inner = train::Fit::new(&mut model.inner, &plan, &data.inner, valid).map_err(thrown)?;
        Ok(Fit { inner: inner.with_clock(now) })
    }
}

#[wasm_bindgen]
impl Fit {
    /// A run by `plan` (JSON) without validation data.
    pub fn begin(model: &mut Model, plan: &str, data: &Dataset) -> Result<Fit> {
        Fit::new(model, plan, data, None)
    }

    /// A run by `plan` (JSON) with validation data.
    #[wasm_bindgen(js_name = beginValidated)]
    pub fn begin_validated(model: &mut Model, plan: &str, data: &Dataset, valid: &Dataset) -> Result<Fit> {
        Fit::new(model, plan, data, Some(valid))
    }

    /// The next chunk of steps of a run without validation data; gives its report.
    pub fn chunk(&mut self, model: &mut Model, data: &Dataset, threads: usize) -> Result<String> {
        write(self.inner.chunk(&mut model.inner, &data.inner, None, threads))
    }

    /// The next chunk of steps of a run with validation data; gives its report.
    #[wasm_bindgen(js_name = chunkValidated)]
    pub fn chunk_validated(
        &mut self,
        model: &mut Model,
        data: &Dataset,
        valid: &Dataset,
        threads: usize,
    ) -> Result<String> {
        write(self.inner.chunk(&mut model.inner, &data.inner, Some(&valid.inner), threads))
    }
}
