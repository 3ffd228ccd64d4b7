//! Gradients of every layer and loss against central differences.

use super::{data, labels, model, values};
use crate::layer::Layer;
use crate::model::Model;
use crate::param::{Param, Plane};
use crate::train::bands::{self, Work};
use crate::train::evaluate::checked_loss;
use crate::train::{step, Dataset};
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

/// Weights of each array that are looked at.
const SAMPLE: usize = 40;

/// Mean loss, with the dropout of the next step; the gradient goes to its plane.
fn run(model: &mut Model, data: &Dataset) -> f64 {
    let loss = checked_loss(&model.network, data).unwrap();
    let Model { network, workspace, .. } = model;
    with_team(1, |team| {
        let sums = step::deltas(network, workspace, data, &data.all_rows().unwrap(), loss, team).unwrap();
        bands::run(network, workspace, Work { gradient: true, update: None }, team).unwrap();
        sums.mean()
    })
}

fn params(model: &mut Model) -> Vec<&mut Param> {
    model.network.layers.iter_mut().flat_map(Layer::params_mut).collect()
}

fn agrees(spec: Value, data: &Dataset) {
    let mut model = model(spec.clone());
    // Biases away from zero, so that they matter.
    for (n, param) in params(&mut model).into_iter().enumerate() {
        let mut i = 0;
        param.view_mut(Plane::Value).mapv_inplace(|w| {
            i += 1;
            w + 0.03 * ((i + n) % 5) as f32
        });
    }
    run(&mut model, data);
    let (mut seen, mut kinks) = (0, 0);
    for p in 0..params(&mut model).len() {
        let gradient = params(&mut model)[p].view(Plane::Grad).to_owned();
        let stride = gradient.len().div_ceil(SAMPLE) | 1;
        for (index, &exact) in gradient.indexed_iter().step_by(stride) {
            let old = params(&mut model)[p].view(Plane::Value)[index];
            let mut slope = |h: f32| {
                let mut loss_at = |value: f32| {
                    params(&mut model)[p].view_mut(Plane::Value)[index] = value;
                    run(&mut model, data)
                };
                let (above, below) = (loss_at(old + h), loss_at(old - h));
                loss_at(old);
                (above - below) / f64::from((old + h) - (old - h))
            };
            let (wide, narrow) = (slope(1e-2), slope(5e-3));
            let size = wide.abs().max(0.05);
            seen += 1;
            if (wide - narrow).abs() > 4e-3 * size {
                kinks += 1; // between the two points the slope of an activation jumps
            } else {
                let error = (narrow - f64::from(exact)).abs();
                assert!(error < 4e-3 * size, "{spec}: array {p} {index:?}: {exact}, by differences {narrow}");
            }
        }
    }
    assert!(seen > 10 && kinks * 5 < seen, "{spec}: {kinks} of {seen} at kinks");
}

fn dense(activation: &str) -> Value {
    json!({"input": [5], "seed": 3, "layers": [
        {"type": "DynamicDense", "units": 6, "activation": activation},
        {"type": "Dense", "units": 7, "activation": activation, "useBias": false},
        {"type": "DynamicDense", "units": 3}]})
}

#[test]
fn of_every_activation() {
    let data = data(6, &[5], labels(3), 1);
    for activation in ["linear", "relu", "leakyRelu", "gelu", "tanh", "sigmoid"] {
        agrees(dense(activation), &data);
        // The same as a layer of its own, also after the last linear layer.
        let layers = json!([{"type": "Dense", "units": 6, "activation": "linear"},
            {"type": "Activation", "activation": activation}, {"type": "Dense", "units": 3},
            {"type": "Activation", "activation": activation}]);
        agrees(json!({"input": [5], "seed": 4, "layers": layers}), &data);
    }
}

#[test]
fn of_every_loss() {
    let targets = data(6, &[5], values(3), 2);
    for loss in ["softmaxCrossEntropy", "binaryCrossEntropy", "meanSquaredError"] {
        let mut spec = dense("tanh");
        spec["loss"] = json!({"type": loss});
        agrees(spec, &targets);
    }
    for delta in [0.3, 5.0] {
        let mut spec = dense("tanh");
        spec["loss"] = json!({"type": "huber", "delta": delta});
        agrees(spec, &targets);
    }
}

#[test]
fn of_convolutions() {
    let data = data(3, &[7, 6, 3], labels(4), 3);
    for strides in [1, 2, 3] {
        for padding in ["same", "valid"] {
            for bias in [true, false] {
                let first = json!({"type": "DynamicConv2D", "filters": 5, "strides": [strides, strides],
                    "padding": padding, "useBias": bias, "activation": "tanh"});
                let second = json!({"type": "Conv2D", "filters": 3, "kernelSize": [2, 1], "useBias": bias,
                    "padding": "same", "activation": "gelu"});
                let last = json!({"type": "DynamicConv2DToDense", "units": 4});
                agrees(json!({"input": [7, 6, 3], "seed": 5, "layers": [first, second, last]}), &data);
            }
        }
    }
}

#[test]
fn through_flatten_and_pooling() {
    let data = data(3, &[6, 6, 2], labels(3), 4);
    let conv = json!({"type": "DynamicConv2D", "filters": 5, "strides": [1, 1], "activation": "tanh"});
    let dense = json!({"type": "Dense", "units": 3});
    let pools = [
        json!({"type": "MaxPooling2D"}),
        json!({"type": "MaxPooling2D", "poolSize": [3, 3], "strides": [2, 2], "padding": "same"}),
        json!({"type": "AveragePooling2D"}),
        json!({"type": "AveragePooling2D", "poolSize": [3, 2], "strides": [2, 3], "padding": "same"}),
    ];
    for pool in pools {
        let layers = json!([conv, pool, {"type": "Flatten"}, dense]);
        agrees(json!({"input": [6, 6, 2], "seed": 6, "layers": layers}), &data);
        let layers =
            json!([pool, conv, {"type": "Flatten"}, {"type": "Activation", "activation": "tanh"}, dense]);
        agrees(json!({"input": [6, 6, 2], "seed": 6, "layers": layers}), &data);
    }
    let global = json!({"type": "GlobalAveragePooling2D"});
    agrees(json!({"input": [6, 6, 2], "seed": 7, "layers": [conv, global, dense]}), &data);
}

#[test]
fn through_dropout() {
    let image = data(3, &[4, 4, 3], labels(3), 5);
    let layers = json!([{"type": "Dropout", "rate": 0.2},
        {"type": "DynamicConv2D", "filters": 6, "activation": "gelu"}, {"type": "Dropout", "rate": 0.4},
        {"type": "Flatten"}, {"type": "Dropout", "rate": 0.1}, {"type": "Dense", "units": 3}]);
    agrees(json!({"input": [4, 4, 3], "seed": 8, "layers": layers}), &image);
}

#[test]
fn of_a_loss_over_an_image_of_outputs() {
    let image = data(3, &[4, 4, 2], values(4 * 4 * 3), 6);
    let conv = json!({"type": "Conv2D", "filters": 3, "padding": "same", "activation": "tanh"});
    agrees(json!({"input": [4, 4, 2], "seed": 9, "layers": [conv, conv]}), &image);
}

fn norms() -> [Value; 2] {
    [json!({"type": "BatchNorm"}), json!({"type": "LayerNorm"})]
}

#[test]
fn through_norms() {
    let row = data(7, &[5], labels(3), 7);
    let image = data(5, &[5, 4, 3], labels(3), 8);
    for norm in norms() {
        // Before and behind weights, and behind the last ones; at widths with and without pads.
        let dense = |units: usize| json!({"type": "DynamicDense", "units": units, "activation": "tanh"});
        let layers = json!([norm, dense(6), norm, dense(4), norm, {"type": "Activation", "activation": "gelu"},
            {"type": "Dense", "units": 3}, norm]);
        agrees(json!({"input": [5], "seed": 10, "layers": layers}), &row);
        let conv = json!({"type": "DynamicConv2D", "filters": 6, "strides": [1, 1], "activation": "linear"});
        let relu = json!({"type": "Activation", "activation": "relu"});
        let layers = json!([conv, norm, relu, {"type": "MaxPooling2D"}, conv, relu, norm, {"type": "Flatten"}, norm,
            {"type": "Dense", "units": 3}]);
        agrees(json!({"input": [5, 4, 3], "seed": 11, "layers": layers}), &image);
    }
}

#[test]
fn through_residual_blocks() {
    let row = data(6, &[5], labels(3), 9);
    let dense = |units: usize, activation: &str| json!({"type": "DynamicDense", "units": units, "activation": activation});
    let add = |from: usize| json!({"type": "Add", "from": from});
    // One block in another one, a block of Relu whose input is a Relu, one at the inputs, one of nothing.
    let layers = json!([dense(5, "tanh"), add(0), dense(6, "relu"), dense(6, "tanh"), dense(6, "relu"), add(4),
        {"type": "Activation", "activation": "relu"}, add(3), add(8), {"type": "Dropout", "rate": 0.2}, dense(3, "linear")]);
    agrees(json!({"input": [5], "seed": 12, "layers": layers}), &row);

    let image = data(4, &[6, 5, 2], labels(3), 10);
    let conv = |activation: &str| json!({"type": "DynamicConv2D", "filters": 5, "strides": [1, 1], "activation": activation});
    for norm in norms() {
        let layers = json!([conv("tanh"), norm, conv("gelu"), norm, conv("linear"), add(2), add(1), {"type": "Flatten"},
            {"type": "Activation", "activation": "tanh"}, add(8), {"type": "Dense", "units": 3}]);
        agrees(json!({"input": [6, 5, 2], "seed": 13, "layers": layers}), &image);
    }
}
