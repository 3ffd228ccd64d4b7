//! Descriptions in JSON: defaults, what is missing, what does not belong.

use cambium_core::json::from_value;
use cambium_core::spec::{LayerSpec, LossSpec, OptimizerMethod, Schedule};
use cambium_core::train::TargetSpec;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, to_value, Value};
use std::fmt::Debug;

/// `given` means `full`, and `full` means itself.
fn means<T: DeserializeOwned + Serialize + PartialEq + Debug>(given: Value, full: Value) {
    let read: T = from_value(&given).unwrap();
    assert_eq!(to_value(&read).unwrap(), full);
    assert_eq!(from_value::<T>(&full).unwrap(), read);
}

fn refused<T: DeserializeOwned + Debug>(given: Value, text: &str) {
    let error = from_value::<T>(&given).unwrap_err();
    assert!(error.contains(text), "{given}: {error}");
}

#[test]
fn what_is_absent_has_its_default() {
    let growth = json!({"newWeightStd": 0.1f32, "minInputs": 1, "minOutputs": 1});
    for (given, full) in [
        (
            json!({"type": "DynamicDense", "units": 3}),
            json!({"type": "DynamicDense", "units": 3, "activation": null, "useBias": true, "growth": growth}),
        ),
        (
            json!({"type": "DynamicConv2D", "filters": 3}),
            json!({"type": "DynamicConv2D", "filters": 3, "kernelSize": [3, 3], "strides": [2, 2], "padding": "same",
                "activation": null, "useBias": false, "growth": growth}),
        ),
        (
            json!({"type": "DynamicConv2DToDense", "units": 3, "activation": "gelu"}),
            json!({"type": "DynamicConv2DToDense", "units": 3, "activation": "gelu", "useBias": true, "growth": growth}),
        ),
        (
            json!({"type": "Dense", "units": 3, "useBias": false}),
            json!({"type": "Dense", "units": 3, "activation": null, "useBias": false}),
        ),
        (
            json!({"type": "Conv2D", "filters": 3}),
            json!({"type": "Conv2D", "filters": 3, "kernelSize": [3, 3], "strides": [1, 1], "padding": "valid",
                "activation": null, "useBias": true}),
        ),
        (json!({"type": "Flatten"}), json!({"type": "Flatten"})),
        (
            json!({"type": "MaxPooling2D"}),
            json!({"type": "MaxPooling2D", "poolSize": [2, 2], "strides": null, "padding": "valid"}),
        ),
        (
            json!({"type": "AveragePooling2D", "poolSize": [3, 1], "strides": [1, 2], "padding": "same"}),
            json!({"type": "AveragePooling2D", "poolSize": [3, 1], "strides": [1, 2], "padding": "same"}),
        ),
        (json!({"type": "GlobalAveragePooling2D"}), json!({"type": "GlobalAveragePooling2D"})),
        (json!({"type": "Dropout", "rate": 0.5}), json!({"type": "Dropout", "rate": 0.5})),
        (
            json!({"type": "Activation", "activation": "tanh"}),
            json!({"type": "Activation", "activation": "tanh"}),
        ),
        (json!({"type": "BatchNorm"}), json!({"type": "BatchNorm", "momentum": 0.99f32, "epsilon": 1e-3f32})),
        (json!({"type": "LayerNorm", "epsilon": 0.5}), json!({"type": "LayerNorm", "epsilon": 0.5})),
        (json!({"type": "Add", "from": 0}), json!({"type": "Add", "from": 0})),
    ] {
        means::<LayerSpec>(given, full);
    }
    means::<LossSpec>(json!({"type": "softmaxCrossEntropy"}), json!({"type": "softmaxCrossEntropy"}));
    means::<LossSpec>(json!({"type": "huber", "delta": 2.0}), json!({"type": "huber", "delta": 2.0}));
    means::<Schedule>(json!({"type": "constant"}), json!({"type": "constant"}));
    means::<Schedule>(
        json!({"type": "cosine", "floor": 0.5}),
        json!({"type": "cosine", "start": 0.0, "floor": 0.5}),
    );
    means::<Schedule>(
        json!({"type": "step", "every": 3, "factor": 0.5}),
        json!({"type": "step", "every": 3, "factor": 0.5}),
    );
    means::<OptimizerMethod>(
        json!({"type": "adam"}),
        json!({"type": "adam", "beta1": 0.9f32, "beta2": 0.999f32, "epsilon": 1e-8f32, "weightDecay": 0.0,
            "sharedStepCount": false}),
    );
    means::<OptimizerMethod>(
        json!({"type": "sgd", "momentum": 0.5}),
        json!({"type": "sgd", "momentum": 0.5, "weightDecay": 0.0}),
    );
    means::<TargetSpec>(json!({"type": "none"}), json!({"type": "none"}));
    means::<TargetSpec>(json!({"type": "labels", "classes": 3}), json!({"type": "labels", "classes": 3}));
    means::<TargetSpec>(json!({"type": "values", "width": 3}), json!({"type": "values", "width": 3}));
}

#[test]
fn what_is_missing_or_does_not_belong_is_refused() {
    for (given, text) in [
        (json!({"units": 3}), "missing field `type`"),
        (json!({"type": "Dynamic"}), "unknown variant `Dynamic`"),
        (json!({"type": "Dense"}), "Dense lacks units"),
        (json!({"type": "Conv2D", "units": 3}), "Conv2D lacks filters"),
        (json!({"type": "Add"}), "Add lacks from"),
        (json!({"type": "Dropout"}), "Dropout lacks rate"),
        (json!({"type": "Activation"}), "Activation lacks activation"),
        (json!({"type": "Dense", "units": 3, "bias": true}), "unknown field `bias`"),
        (json!({"type": "Dense", "units": 3, "growth": {}}), "a field is not one of Dense"),
        (json!({"type": "Dense", "units": 3, "filters": 3}), "a field is not one of Dense"),
        (json!({"type": "Flatten", "useBias": true}), "a field is not one of Flatten"),
        (json!({"type": "MaxPooling2D", "kernelSize": [1, 1]}), "a field is not one of MaxPooling2D"),
        (json!({"type": "LayerNorm", "momentum": 0.5}), "a field is not one of LayerNorm"),
        (json!({"type": "Dense", "units": -3}), "invalid value: integer `-3`"),
        (json!({"type": "Dense", "units": 1.5}), "invalid type: floating point `1.5`, expected usize"),
        (json!({"type": "Dense", "units": [3]}), "invalid type: sequence, expected usize"),
        (json!({"type": null}), "invalid type: null"),
        (json!({"type": "MaxPooling2D", "poolSize": [1]}), "invalid length 1"),
        (json!({"type": "MaxPooling2D", "poolSize": [1, 1, 1]}), "invalid length 3"),
        (json!("Dense"), "invalid type: string \"Dense\", expected struct LayerFields"),
    ] {
        refused::<LayerSpec>(given, text);
    }
    refused::<LossSpec>(json!({"type": "huber"}), "lacks delta");
    refused::<LossSpec>(json!({"type": "meanSquaredError", "delta": 1}), "not one of MeanSquaredError");
    refused::<Schedule>(json!({"type": "step", "every": 3}), "lacks every or factor");
    refused::<Schedule>(json!({"type": "cosine", "factor": 0.5}), "not one of Cosine");
    refused::<Schedule>(json!({"type": "constant", "start": 0.5}), "not one of Constant");
    refused::<OptimizerMethod>(json!({"type": "adam", "momentum": 0.5}), "not one of Adam");
    refused::<OptimizerMethod>(json!({"type": "sgd", "beta1": 0.5}), "not one of Sgd");
    refused::<TargetSpec>(json!({"type": "labels"}), "lacks a field");
    refused::<TargetSpec>(json!({"type": "values", "width": 1, "classes": 2}), "has one of others");
}
