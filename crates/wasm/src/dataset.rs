//! Data sets: reserved here, filled by JavaScript through views into this memory, then checked.

use crate::json::{read, thrown, Result};
use cambium_core::train::{self, FeaturesMut, TargetsMut};
use wasm_bindgen::prelude::wasm_bindgen;

/// Rows of features with their targets.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Dataset {
    pub(crate) inner: train::Dataset,
}

/// Where JavaScript writes: an address in this memory and a number of elements.
fn place<T>(data: &[T]) -> (usize, usize) {
    (data.as_ptr() as usize, data.len())
}

impl Dataset {
    fn features(&mut self) -> (usize, usize) {
        match self.inner.features_mut() {
            FeaturesMut::U8(data) => place(data),
            FeaturesMut::F32(data) => place(data),
        }
    }

    fn targets(&mut self) -> (usize, usize) {
        match self.inner.targets_mut() {
            TargetsMut::None => (0, 0),
            TargetsMut::Labels(data) => place(data),
            TargetsMut::Values(data) => place(data),
        }
    }
}

#[wasm_bindgen]
impl Dataset {
    /// Room for the data set that `spec` (JSON) describes, all zeros.
    pub fn reserve(spec: &str) -> Result<Dataset> {
        let inner = train::Dataset::reserve(&read("data set", spec)?).map_err(thrown)?;
        Ok(Dataset { inner })
    }

    /// Address of the features, rows x features.
    #[wasm_bindgen(js_name = featuresPointer)]
    pub fn features_pointer(&mut self) -> usize {
        self.features().0
    }

    /// Number of features in all rows.
    #[wasm_bindgen(js_name = featuresLength)]
    pub fn features_length(&mut self) -> usize {
        self.features().1
    }

    /// Address of the targets: one label per row, or rows x width.
    #[wasm_bindgen(js_name = targetsPointer)]
    pub fn targets_pointer(&mut self) -> usize {
        self.targets().0
    }

    /// Number of targets in all rows.
    #[wasm_bindgen(js_name = targetsLength)]
    pub fn targets_length(&mut self) -> usize {
        self.targets().1
    }

    /// Checks what was written: finite numbers, labels below the classes.
    pub fn check(&self) -> Result<()> {
        self.inner.check().map_err(thrown)
    }
}
