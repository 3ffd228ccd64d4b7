//! Runs fits natively, one after the other on one model: reads a description (JSON), trains, writes the saved model. Its
//! file is compared with that of the same fits in WebAssembly.
//!
//! ```text
//! cargo run --example scenario -- scenario.json threads saved.safetensors
//! ```
//!
//! The description is `{ model, plans, train, valid }`; `train` and `valid` are `{ spec, x, y }` with features as bytes and
//! one label per row. After each fit the model is saved and loaded.

use cambium_core::json::{from_value, parse, Value};
use cambium_core::spec::ModelSpec;
use cambium_core::train::{Dataset, DatasetSpec, FeaturesMut, Fit, FitPlan, TargetsMut};
use cambium_core::{checkpoint, Model};
use std::error::Error;

fn field<'a, 'b>(of: &'a Value<'b>, name: &str) -> Result<&'a Value<'b>, String> {
    of.get(name).ok_or_else(|| format!("{name} is missing"))
}

fn dataset(data: &Value) -> Result<Dataset, Box<dyn Error>> {
    let spec: DatasetSpec = from_value(field(data, "spec")?)?;
    let mut dataset = Dataset::reserve(&spec)?;
    match dataset.features_mut() {
        FeaturesMut::U8(values) => values.copy_from_slice(&from_value::<Vec<u8>>(field(data, "x")?)?),
        FeaturesMut::F32(_) => return Err("features must be bytes".into()),
    }
    match dataset.targets_mut() {
        TargetsMut::Labels(values) => values.copy_from_slice(&from_value::<Vec<u32>>(field(data, "y")?)?),
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
    let text = std::fs::read_to_string(description)?;
    let scenario = parse(&text)?;
    let (train, valid) = (dataset(field(&scenario, "train")?)?, dataset(field(&scenario, "valid")?)?);
    let mut model = Model::new(&from_value::<ModelSpec>(field(&scenario, "model")?)?)?;
    for plan in from_value::<Vec<FitPlan>>(field(&scenario, "plans")?)? {
        let mut fit = Fit::new(&mut model, &plan, &train, Some(&valid))?;
        while !fit.is_done() {
            fit.chunk(&mut model, &train, Some(&valid), threads)?;
        }
        model = checkpoint::load(&checkpoint::save(&model)?)?;
    }
    std::fs::write(saved, checkpoint::save(&model)?)?;
    Ok(())
}
