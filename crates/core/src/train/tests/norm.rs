//! Normalisation against its equations, and its moving statistics.

use super::from_value;
use super::{bits, data, model, values};
use crate::layer::{Layer, Moving, Norm};
use crate::param::Plane;
use crate::train::{apply_gradients, FeaturesMut};
use crate::train::{evaluate, forward_batch, gradients, predict, train_on_batch, Dataset, DatasetSpec};
use crate::Model;
use serde_json::{json, Value};

/// Rows of two features, with two targets each.
fn rows(x: &[[f32; 2]]) -> Dataset {
    let spec: DatasetSpec =
        from_value(json!({"rows": x.len(), "shape": [2], "dtype": "f32", "targets": values(2)})).unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    if let FeaturesMut::F32(features) = data.features_mut() {
        features.copy_from_slice(x.as_flattened());
    }
    data
}

/// A model whose outputs are those of `norm`, with gain 2 and 3 and shift 0.5 and -1, and a rate of zero.
fn only(norm: Value) -> Model {
    let mut model = model(json!({"input": [2], "optimizer": {"learningRate": 0}, "layers": [
        {"type": "Dense", "units": 2, "activation": "linear"}, norm]}));
    let identity = &mut model.network.linear_mut(0).weight;
    identity.view_mut(Plane::Value).indexed_iter_mut().for_each(|((_, k, j), w)| *w = f32::from(k == j));
    let Layer::Norm(norm) = &mut model.network.layers[1] else { panic!() };
    for (array, numbers) in [(&mut norm.gain, [2.0, 3.0]), (&mut norm.shift, [0.5, -1.0])] {
        array.planes_mut()[0][..2].copy_from_slice(&numbers);
    }
    model
}

fn near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (f64::from(*found) - expected).abs() < 5e-7 * expected.abs().max(1.0),
            "{found} is not {expected}"
        );
    }
}

fn moving(model: &Model) -> [Vec<f32>; 2] {
    let Layer::Norm(Norm { moving: Some(Moving { mean, variance, .. }), .. }) = &model.network.layers[1]
    else {
        panic!()
    };
    [mean, variance].map(|array| array.view(Plane::Value).iter().copied().collect())
}

#[test]
fn batch_norm_by_hand() {
    let mut model = only(json!({"type": "BatchNorm"}));
    let batch = rows(&[[1.0, 2.0], [3.0, 6.0], [5.0, 10.0]]);
    // Means 3 and 6, variances 8/3 and 32/3.
    let (a, b) = ((8.0f64 / 3.0 + 1e-3).sqrt(), (32.0f64 / 3.0 + 1e-3).sqrt());
    let normal =
        [2.0 * -2.0 / a + 0.5, 3.0 * -4.0 / b - 1.0, 0.5, -1.0, 2.0 * 2.0 / a + 0.5, 3.0 * 4.0 / b - 1.0];
    near(&forward_batch(&mut model, &batch).unwrap(), &normal);
    // Outside of training moving statistics stand for the batch; at the start mean 0 and variance 1.
    let one = 1.001f64.sqrt();
    let untrained = [1.0, 2.0, 3.0, 6.0, 5.0, 10.0].map(|x: f64| x / one);
    let expected: Vec<f64> = (0..6).map(|i| untrained[i] * [2.0, 3.0][i % 2] + [0.5, -1.0][i % 2]).collect();
    near(&predict(&mut model, &batch, true, 1).unwrap(), &expected);
    // The first step takes its batch's.
    train_on_batch(&mut model, &batch, 1).unwrap();
    near(&moving(&model)[0], &[3.0, 6.0]);
    near(&moving(&model)[1], &[8.0 / 3.0, 32.0 / 3.0]);
    near(&predict(&mut model, &batch, true, 1).unwrap(), &normal);
}

#[test]
fn layer_norm_by_hand() {
    let mut model = only(json!({"type": "LayerNorm", "epsilon": 0.25}));
    let batch = rows(&[[1.0, 2.0], [7.0, 3.0]]);
    // Means 1.5 and 5, variances 0.25 and 4.
    let (a, b) = (0.5f64.sqrt(), 4.25f64.sqrt());
    let normal = [2.0 * -0.5 / a + 0.5, 3.0 * 0.5 / a - 1.0, 2.0 * 2.0 / b + 0.5, 3.0 * -2.0 / b - 1.0];
    near(&forward_batch(&mut model, &batch).unwrap(), &normal);
    near(&predict(&mut model, &batch, true, 1).unwrap(), &normal);
}

#[test]
fn moving_statistics_are_means_at_first_and_then_fade() {
    let mut model = only(json!({"type": "BatchNorm", "momentum": 0.6}));
    let mut mean = 0.0;
    for (n, kept) in [0.0, 0.5, 0.6, 0.6].into_iter().enumerate() {
        let x = [1.0, 4.0, -2.0, 8.0][n];
        let batch = rows(&[[x - 1.0, 0.0], [x + 1.0, 0.0]]);
        mean = kept * mean + (1.0 - kept) * f64::from(x);
        match n {
            // By the two halves of a step as well, and by a loss of one's own.
            1 => {
                let gradient = gradients(&mut model, &batch).unwrap();
                apply_gradients(&mut model, &gradient).unwrap();
            }
            2 => {
                forward_batch(&mut model, &batch).unwrap();
                crate::train::backward_batch(&mut model, &[0.0; 4]).unwrap();
            }
            _ => {
                train_on_batch(&mut model, &batch, 1).unwrap();
            }
        }
        near(&moving(&model)[0][..1], &[mean]);
    }
    let before = moving(&model);
    let batch = rows(&[[9.0, 0.0], [9.0, 1.0]]);
    gradients(&mut model, &batch).unwrap();
    evaluate(&mut model, &batch, 2, 1).unwrap();
    assert_eq!(moving(&model), before, "only a step moves them");
}

#[test]
fn gain_and_shift_never_decay() {
    let spec = |decay: f64| {
        json!({"input": [3], "optimizer": {"learningRate": 0.1, "method": {"type": "sgd", "weightDecay": decay}},
            "layers": [{"type": "BatchNorm"}, {"type": "LayerNorm"}, {"type": "Dense", "units": 2, "useBias": false}]})
    };
    let data = data(8, &[3], values(2), 1);
    let [with, without] = [0.5, 0.0].map(|decay| {
        let mut model = model(spec(decay));
        train_on_batch(&mut model, &data, 1).unwrap();
        model
    });
    let norms = |model: &Model| -> Vec<u32> {
        let arrays = model.network.layers[..2].iter().flat_map(Layer::params);
        arrays.flat_map(|array| array.plane(Plane::Value).iter().map(|x| x.to_bits())).collect()
    };
    assert_eq!(norms(&with), norms(&without));
    assert_ne!(bits(&with), bits(&without));
}
