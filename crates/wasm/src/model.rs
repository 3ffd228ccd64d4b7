//! Models.

use crate::dataset::Dataset;
use crate::json::{read, thrown, write, Result};
use cambium_core::{checkpoint, growth, json, train};
use wasm_bindgen::prelude::wasm_bindgen;

/// One model.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Model {
    pub(crate) inner: cambium_core::Model,
}

#[wasm_bindgen]
impl Model {
    /// A new model of `spec` (JSON).
    pub fn create(spec: &str) -> Result<Model> {
        let inner = cambium_core::Model::new(&read("model", spec)?).map_err(thrown)?;
        Ok(Model { inner })
    }

    /// The model in `bytes`, a state as [`Model::save`] gives it.
    pub fn load(bytes: &[u8]) -> Result<Model> {
        let inner = checkpoint::load(bytes).map_err(thrown)?;
        Ok(Model { inner })
    }

    /// The whole state, in safetensors format.
    pub fn save(&self) -> Result<Vec<u8>> {
        checkpoint::save(&self.inner).map_err(thrown)
    }

    /// Layers, axes, widths and counts.
    pub fn summary(&self) -> Result<String> {
        write(Ok(self.inner.network.summary()))
    }

    /// The decisions about the structure, oldest first.
    pub fn events(&self) -> Result<String> {
        Ok(json::to_string(self.inner.log().events()))
    }

    /// Takes another optimiser; moments are kept where the rule stays.
    #[wasm_bindgen(js_name = setOptimizer)]
    pub fn set_optimizer(&mut self, spec: &str) -> Result<()> {
        self.inner.network.set_optimizer(read("optimizer", spec)?).map_err(thrown)
    }

    /// Gives back memory that widths of the past needed.
    pub fn compact(&mut self) -> Result<()> {
        self.inner.compact().map_err(thrown)
    }

    /// Loss, and accuracy where targets are classes, over all rows.
    pub fn evaluate(&mut self, data: &Dataset, batch: usize, threads: usize) -> Result<String> {
        write(train::evaluate(&mut self.inner, &data.inner, batch, threads))
    }

    /// Outputs of all rows, rows x outputs.
    pub fn predict(&mut self, data: &Dataset, logits: bool, threads: usize) -> Result<Vec<f32>> {
        train::predict(&mut self.inner, &data.inner, logits, threads).map_err(thrown)
    }

    /// One optimiser step on all rows; gives the loss before it.
    #[wasm_bindgen(js_name = trainOnBatch)]
    pub fn train_on_batch(&mut self, data: &Dataset, threads: usize) -> Result<String> {
        write(train::train_on_batch(&mut self.inner, &data.inner, threads))
    }

    /// Logits of all rows, rows x outputs; the pass is kept for [`Model::backward_batch`].
    #[wasm_bindgen(js_name = forwardBatch)]
    pub fn forward_batch(&mut self, data: &Dataset) -> Result<Vec<f32>> {
        train::forward_batch(&mut self.inner, &data.inner).map_err(thrown)
    }

    /// One optimiser step from the gradient of a loss by those logits.
    #[wasm_bindgen(js_name = backwardBatch)]
    pub fn backward_batch(&mut self, gradient: &[f32]) -> Result<()> {
        train::backward_batch(&mut self.inner, gradient).map_err(thrown)
    }

    /// Gradients of the loss over all rows, in safetensors format, named as in [`Model::save`].
    pub fn gradients(&mut self, data: &Dataset) -> Result<Vec<u8>> {
        train::gradients(&mut self.inner, &data.inner).map_err(thrown)
    }

    /// One optimiser step with given gradients.
    #[wasm_bindgen(js_name = applyGradients)]
    pub fn apply_gradients(&mut self, bytes: &[u8]) -> Result<()> {
        train::apply_gradients(&mut self.inner, bytes).map_err(thrown)
    }

    /// A change of structure, without judgement; gives its report.
    #[wasm_bindgen(js_name = applyChange)]
    pub fn apply_change(&mut self, change: &str) -> Result<String> {
        write(growth::apply(&mut self.inner, &read("change", change)?))
    }

    /// A change of structure, kept or undone by its judgement; gives the event.
    #[wasm_bindgen(js_name = tryChange)]
    pub fn try_change(
        &mut self,
        change: &str,
        data: &Dataset,
        judge: &str,
        threads: usize,
    ) -> Result<String> {
        let (change, judge) = (read("change", change)?, read("judge", judge)?);
        write(growth::try_change(&mut self.inner, &change, &data.inner, &judge, threads))
    }

    /// Adds or removes one random feature, kept or undone by its judgement; gives the event.
    #[wasm_bindgen(js_name = updateFeatures)]
    pub fn update_features(&mut self, data: &Dataset, judge: &str, threads: usize) -> Result<String> {
        write(growth::update_features(&mut self.inner, &data.inner, &read("judge", judge)?, threads))
    }

    /// Adds one random feature, kept or undone by its judgement; gives the event.
    #[wasm_bindgen(js_name = stochasticAddFeature)]
    pub fn stochastic_add_feature(&mut self, data: &Dataset, judge: &str, threads: usize) -> Result<String> {
        write(growth::stochastic_add_feature(&mut self.inner, &data.inner, &read("judge", judge)?, threads))
    }
}
