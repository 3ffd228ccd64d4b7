//! Runs fits natively, one after the other on one model: reads a description (JSON), trains, writes the saved model. Its
//! file is compared with that of the same fits in WebAssembly.
//!
//! ```text
//! cargo run --example scenario -- scenario.json threads saved.safetensors
//! ```
//!
//! The description is `{ model, plans, train, valid }`; `train` and `valid` are `{ spec, x, y }` with features as bytes and
//! one label per row. After each fit the model is saved and loaded.

use cambium_core::spec::ModelSpec;
use cambium_core::train::{Dataset, DatasetSpec, FeaturesMut, Fit, FitPlan, TargetsMut};
use cambium_core::{checkpoint, Model};
use serde::Deserialize;
use std::error::Error;

#[derive(Deserialize)]
struct Scenario {
    model: ModelSpec,
    plans: Vec<FitPlan>,
    train: Data,
    valid: Data,
}

#[derive(Deserialize)]
struct Data {
    spec: DatasetSpec,
    x: Vec<u8>,
    y: Vec<u32>,
}

fn dataset(data: &Data) -> Result<Dataset, Box<dyn Error>> {
    let mut dataset = Dataset::reserve(&data.spec)?;
    match dataset.features_mut() {
        FeaturesMut::U8(values) => values.copy_from_slice(&data.x),
        FeaturesMut::F32(_) => return Err("features must be bytes".into()),
    }
    match dataset.targets_mut() {
        TargetsMut::Labels(values) => values.copy_from_slice(&data.y),
        _ => return Err("targets must be labels".into()),
    }
    dataset.check()?;
    Ok(dataset)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [description, threads, saved] = args.as_slice() else {
        return Err("usage: scenario scenario.json threads saved.safetensors".into());
    };
    let threads: usize = threads.parse()?;
    let scenario: Scenario = serde_json::from_str(&std::fs::read_to_string(description)?)?;
    let (train, valid) = (dataset(&scenario.train)?, dataset(&scenario.valid)?);
    let mut model = Model::new(&scenario.model)?;
    for plan in &scenario.plans {
        let mut fit = Fit::new(&mut model, plan, &train, Some(&valid))?;
        while !fit.is_done() {
            fit.chunk(&mut model, &train, Some(&valid), threads)?;
        }
        model = checkpoint::load(&checkpoint::save(&model)?)?;
    }
    std::fs::write(saved, checkpoint::save(&model)?)?;
    Ok(())
}
