//! Descriptions in JSON: defaults, what is missing, what does not belong.

mod support;

use cambium_core::growth::Change;
use cambium_core::json::{to_string, Read, Write};
use cambium_core::spec::{LayerSpec, LossSpec, ModelSpec, OptimizerMethod, Schedule};
use cambium_core::train::{FitPlan, TargetSpec};
use serde_json::{from_str, json, Value};
use std::fmt::Debug;
use support::from_value;

/// `given` means `full`, and `full` means itself.
fn means<T: Read + Write + PartialEq + Debug>(given: Value, full: Value) {
    let read: T = from_value(given).unwrap();
    assert_eq!(from_str::<Value>(&to_string(&read)).unwrap(), float_text(&full));
    assert_eq!(from_value::<T>(full).unwrap(), read);
}

/// `value` with numbers as they are written: floats of 32 bits as short as they can be read again.
fn float_text(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), float_text(value))).collect()
        }
        Value::Number(number) if number.is_f64() => {
            from_str(&to_string(&(number.as_f64().unwrap() as f32))).unwrap()
        }
        _ => value.clone(),
    }
}

fn refused<T: Read + Debug>(given: Value, text: &str) {
    assert_eq!(from_value::<T>(given).unwrap_err(), text);
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
    let types = "DynamicDense, DynamicConv2D, DynamicConv2DToDense, Dense, Conv2D, Flatten, MaxPooling2D, \
        AveragePooling2D, GlobalAveragePooling2D, Dropout, Activation, BatchNorm, LayerNorm, Add";
    for (given, text) in [
        (json!({"units": 3}), "missing field `type`"),
        (json!({"type": "Dynamic"}), &*format!("type: expected one of {types}, found \"Dynamic\"")),
        (json!({"type": null}), &*format!("type: expected one of {types}, found null")),
        (json!({"type": "Dense"}), "missing field `units` of Dense"),
        (
            json!({"type": "Conv2D", "units": 3}),
            "unknown field `units` of Conv2D, expected one of filters, \
            kernelSize, strides, padding, activation, useBias",
        ),
        (json!({"type": "Add"}), "missing field `from` of Add"),
        (json!({"type": "Dropout"}), "missing field `rate` of Dropout"),
        (json!({"type": "Activation"}), "missing field `activation` of Activation"),
        (
            json!({"type": "Dense", "units": 3, "bias": true}),
            "unknown field `bias` of Dense, expected one of units, activation, useBias",
        ),
        (
            json!({"type": "Dense", "units": 3, "growth": {}}),
            "unknown field `growth` of Dense, expected one of units, activation, useBias",
        ),
        (json!({"type": "Flatten", "useBias": true}), "unknown field `useBias` of Flatten, which has none"),
        (
            json!({"type": "LayerNorm", "momentum": 0.5}),
            "unknown field `momentum` of LayerNorm, expected one of epsilon",
        ),
        (
            json!({"type": "Dense", "units": -3}),
            "units: expected a whole number from 0 to 18446744073709551615, found -3",
        ),
        (
            json!({"type": "Dense", "units": 1.5}),
            "units: expected a whole number from 0 to 18446744073709551615, found 1.5",
        ),
        (
            json!({"type": "Dense", "units": "3"}),
            "units: expected a whole number from 0 to 18446744073709551615, found \"3\"",
        ),
        (
            json!({"type": "Dense", "units": [3]}),
            "units: expected a whole number from 0 to 18446744073709551615, found an array of 1",
        ),
        (json!({"type": "Dense", "units": 3, "useBias": 1}), "useBias: expected true or false, found 1"),
        (
            json!({"type": "Dense", "units": 3, "activation": {}}),
            "activation: expected one of linear, relu, leakyRelu, gelu, tanh, sigmoid, found an object",
        ),
        (json!({"type": "Dropout", "rate": true}), "rate: expected a number, found true"),
        (
            json!({"type": "MaxPooling2D", "poolSize": [1]}),
            "poolSize: expected an array of 2, found an array of 1",
        ),
        (
            json!({"type": "MaxPooling2D", "poolSize": [1, -1]}),
            "poolSize[1]: expected a whole number from 0 to 18446744073709551615, found -1",
        ),
        (json!("Dense"), "expected an object, found \"Dense\""),
    ] {
        refused::<LayerSpec>(given, text);
    }
    refused::<LossSpec>(json!({"type": "huber"}), "missing field `delta` of huber");
    refused::<Schedule>(json!({"type": "step", "every": 3}), "missing field `factor` of step");
    refused::<Schedule>(
        json!({"type": "cosine", "factor": 0.5}),
        "unknown field `factor` of cosine, expected one of start, floor",
    );
    refused::<OptimizerMethod>(
        json!({"type": "sgd", "beta1": 0.5}),
        "unknown field `beta1` of sgd, expected one of momentum, weightDecay",
    );
    refused::<TargetSpec>(json!({"type": "labels"}), "missing field `classes` of labels");
    refused::<Change>(
        json!({"type": "addInputs", "count": 4294967296u64, "axis": 1}),
        "unknown field `axis` of addInputs, expected one of count",
    );
}

#[test]
fn a_refusal_names_the_way_to_the_field() {
    let model = |optimizer: Value, rate: Value| {
        json!({"input": [3], "optimizer": optimizer, "layers": [
            {"type": "Flatten"}, {"type": "Dropout", "rate": rate}
        ]})
    };
    for (given, text) in [
        (model(json!({}), json!("x")), "layers[1].rate: expected a number, found \"x\""),
        (
            model(json!({"method": {"type": "sgd", "momentum": null}}), json!(0.5)),
            "optimizer.method.momentum: expected a number, found null",
        ),
        (
            model(json!({"rate": 1}), json!(0.5)),
            "optimizer: unknown field `rate`, expected one of method, learningRate, schedule, clipNorm, clipValue",
        ),
    ] {
        refused::<ModelSpec>(given, text);
    }
    refused::<FitPlan>(
        json!({"epochs": 1, "growth": {"method": "auto", "every": "often"}}),
        "growth.every: expected a whole number from 0 to 4294967295, found \"often\"",
    );
    for field in ["rate", "type"] {
        let twice = format!(r#"{{"type": "Dropout", "rate": 0.5, "{field}": "Dropout"}}"#);
        let error = cambium_core::json::from_str::<LayerSpec>(&twice).unwrap_err();
        assert_eq!(error, format!("the field `{field}` comes twice"));
    }
}
