//! Whole networks: training steps and changes of structure, inside the engine.

use crate::case::{noise, prepare, Case};
use cambium_core::spec::ModelSpec;
use cambium_core::train::{train_on_batch, Dataset, DatasetSpec, FeaturesMut, TargetsMut};
use cambium_core::Model;
use serde_json::{from_value, json, Value};

/// Rows of a batch.
const BATCH: usize = 100;

/// A dense network by its widths, inputs first.
pub(crate) fn dense(widths: [usize; 4]) -> Model {
    let layers: Vec<Value> =
        widths[1..].iter().map(|&units| json!({ "type": "DynamicDense", "units": units })).collect();
    model(json!({ "input": [widths[0]], "layers": layers, "seed": 1, "optimizer": {"learningRate": 1e-6} }))
}

fn model(spec: Value) -> Model {
    let spec: ModelSpec = from_value(spec).expect("a model");
    Model::new(&spec).expect("a model")
}

/// Random bytes with random labels.
pub(crate) fn data(rows: usize, shape: &[usize], classes: usize) -> Dataset {
    let targets = json!({ "type": "labels", "classes": classes });
    let spec =
        json!({ "rows": rows, "shape": shape, "dtype": "u8", "scale": 1.0 / 255.0, "targets": targets });
    let spec: DatasetSpec = from_value(spec).expect("a data set");
    let mut data = Dataset::reserve(&spec).expect("a data set");
    let random = noise(rows * (1 + shape.iter().product::<usize>()));
    let mut random = random.iter();
    let mut next = |below: usize| ((random.next().unwrap() + 1.0) / 2.0 * below as f32) as usize % below;
    if let FeaturesMut::U8(x) = data.features_mut() {
        x.iter_mut().for_each(|x| *x = next(256) as u8);
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().for_each(|y| *y = next(classes) as u32);
    }
    data
}

struct Step {
    model: Model,
    data: Dataset,
}

impl Case for Step {
    fn run(&mut self) {
        train_on_batch(&mut self.model, &self.data, 1).expect("a step");
    }
    fn flops(&self) -> f64 {
        0.0
    }
}

/// Prepares a step.
#[no_mangle]
pub extern "C" fn step(a: usize, b: usize, c: usize, d: usize) {
    let (model, shape) = if d > 0 {
        (dense([a, b, c, d]), vec![a])
    } else {
        let conv = || json!({"type": "DynamicConv2D", "filters": a, "strides": [2,2], "kernelSize": [3,3]});
        let d = |k: &str| json!({"type": k, "units": 10});
        (
            model(
                json!({"input": [32,32,3], "seed": 1, "optimizer": {"learningRate": 1e-6}, "layers": [conv(), conv(), conv(), conv(), d("DynamicConv2DToDense"), d("DynamicDense"), d("DynamicDense")]}),
            ),
            vec![32, 32, 3],
        )
    };
    let data = data(BATCH, &shape, 10);
    prepare(Step { model, data });
}
