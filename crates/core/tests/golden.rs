//! Replays training recorded from the reference implementation (see `test/golden/README.md`).

mod support;

use cambium_core::growth::{apply, Change};
use cambium_core::param::Plane;
use cambium_core::spec::{ModelSpec, OptimizerMethod};
use cambium_core::train::{evaluate, predict, train_on_batch, Dataset, DatasetSpec, FeaturesMut, TargetsMut};
use cambium_core::Model;
use serde_json::{json, Value};
use support::from_value;

const LOSS_RELATIVE: f64 = 1e-5;
const WEIGHT_ABSOLUTE: f64 = 5e-6;
const FIRST_ABSOLUTE: f64 = 5e-6;
const SECOND_ABSOLUTE: f64 = 5e-8;

fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().expect("a number") as f32],
    }
}

fn dataset(x: &Value, y: &Value, shape: &[usize], classes: usize) -> Dataset {
    let labels: Vec<u32> = numbers(y).iter().map(|&label| label as u32).collect();
    let spec: DatasetSpec = from_value(json!({
        "rows": labels.len(), "shape": shape, "dtype": "f32", "scale": 1.0,
        "targets": {"type": "labels", "classes": classes}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    match data.features_mut() {
        FeaturesMut::F32(values) => values.copy_from_slice(&numbers(x)),
        FeaturesMut::U8(_) => unreachable!(),
    }
    match data.targets_mut() {
        TargetsMut::Labels(values) => values.copy_from_slice(&labels),
        _ => unreachable!(),
    }
    data.check().unwrap();
    data
}

/// The arrays of a layer of the trace with their planes, and the order of a weight array's rows.
fn planes(model: &mut Model, layer: usize, key: char, plane: Plane) -> Vec<&mut f32> {
    let linear = model.network.linear_mut(layer);
    let feature_major = matches!(linear.kind, cambium_core::layer::LinearKind::Conv2DToDense) && key == 'w';
    let param =
        if key == 'w' { &mut linear.weight } else { linear.bias.as_mut().expect("the trace has a bias") };
    let mut view = param.view_mut(plane);
    if feature_major {
        view.swap_axes(0, 1);
    }
    view.into_iter().collect()
}

const PLANES: [(&str, Plane, f64); 3] = [
    ("", Plane::Value, WEIGHT_ABSOLUTE),
    ("_m", Plane::First, FIRST_ABSOLUTE),
    ("_v", Plane::Second, SECOND_ABSOLUTE),
];

fn each_array(layers: &Value, mut visit: impl FnMut(usize, char, Plane, f64, Vec<f32>)) {
    for (n, layer) in layers.as_array().unwrap().iter().enumerate() {
        for key in ['w', 'b'] {
            for (suffix, plane, bound) in PLANES {
                if let Some(values) = layer.get(format!("{key}{suffix}")) {
                    visit(n, key, plane, bound, numbers(values));
                }
            }
        }
    }
}

fn near(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= LOSS_RELATIVE * want.abs(), "{what}: {got} instead of {want}");
}

fn replay(trace: &str, layers: Value, shape: &[usize], classes: usize, threads: usize) {
    let trace: Value = serde_json::from_str(trace).unwrap();
    let spec: ModelSpec = from_value(json!({"input": shape, "layers": layers})).unwrap();
    let mut model = Model::new(&spec).unwrap();
    model.network.optimizer.method = OptimizerMethod::Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
        shared_step_count: true,
    };
    each_array(&trace["initial"], |layer, key, plane, _, values| {
        let slots = planes(&mut model, layer, key, plane);
        assert_eq!(slots.len(), values.len());
        slots.into_iter().zip(values).for_each(|(slot, value)| *slot = value);
    });
    let batches: Vec<Dataset> = (0..trace["x"].as_array().unwrap().len())
        .map(|b| dataset(&trace["x"][b], &trace["y"][b], shape, classes))
        .collect();
    let logits = |model: &mut Model, want: &Value| {
        for (got, want) in predict(model, &batches[0], true, threads).unwrap().iter().zip(numbers(want)) {
            assert!((got - want).abs() <= 1e-5 * want.abs().max(1.0), "logit {got} instead of {want}");
        }
    };
    logits(&mut model, &trace["initial_logits_batch0"]);
    for (n, op) in trace["ops"].as_array().unwrap().iter().enumerate() {
        let axis = op["between"][0].as_u64().map(|axis| axis as usize);
        let change = match op["op"].as_str().unwrap() {
            "adam_step" => {
                let batch = &batches[op["batch"].as_u64().unwrap() as usize];
                let loss = train_on_batch(&mut model, batch, threads).unwrap().loss;
                near(loss, op["loss_before"].as_f64().unwrap(), &format!("loss of op {n}"));
                continue;
            }
            "expand" => Change::Expand {
                axis,
                incoming: Some(numbers(&op["incoming"])),
                bias: op["bias"].as_f64().map(|b| b as f32),
                outgoing: Some(numbers(&op["outgoing"])),
            },
            "contract" => Change::Contract { axis, index: op["index"].as_u64().map(|index| index as usize) },
            other => panic!("unknown op {other}"),
        };
        let report = apply(&mut model, &change).unwrap();
        assert_eq!(report.weight_count as u64, op["weight_count"].as_u64().unwrap());
        let loss = evaluate(&mut model, &batches[0], 16, threads).unwrap().loss;
        near(loss, op["loss_after_batch0"].as_f64().unwrap(), &format!("loss after op {n}"));
    }
    each_array(&trace["final"], |layer, key, plane, bound, values| {
        let slots = planes(&mut model, layer, key, plane);
        assert_eq!(slots.len(), values.len());
        for (got, want) in slots.into_iter().zip(values) {
            assert!(
                (f64::from(*got) - f64::from(want)).abs() <= bound,
                "layer {layer} {key} {plane:?}: {got} instead of {want}"
            );
        }
    });
    logits(&mut model, &trace["final_logits_batch0"]);
}

#[test]
fn dense_training_with_growth() {
    let layers = json!([
        {"type": "DynamicDense", "units": 5}, {"type": "DynamicDense", "units": 6}, {"type": "DynamicDense", "units": 3}
    ]);
    for threads in [1, 2] {
        replay(include_str!("../../../test/golden/dense.json"), layers.clone(), &[7], 3, threads);
    }
}

#[test]
fn convolutional_training_with_growth() {
    let layers = json!([
        {"type": "DynamicConv2D", "filters": 4}, {"type": "DynamicConv2D", "filters": 5},
        {"type": "DynamicConv2DToDense", "units": 6}, {"type": "DynamicDense", "units": 4}
    ]);
    for threads in [1, 2] {
        replay(include_str!("../../../test/golden/conv.json"), layers.clone(), &[8, 8, 3], 4, threads);
    }
}
