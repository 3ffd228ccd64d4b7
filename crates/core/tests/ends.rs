//! Inputs and outputs that are added later.

mod support;

use cambium_core::checkpoint::{load, save};
use cambium_core::growth::{apply, try_change, Change, End, Judge, Kind, Verdict};
use cambium_core::layer::Layer;
use cambium_core::param::{Param, Plane, STATE_PLANES};
use cambium_core::train::{predict, train_on_batch, Dataset, DatasetSpec, FeaturesMut, TargetsMut};
use cambium_core::{Code, Model};
use serde_json::{json, Value};
use support::from_value;

const ROWS: usize = 13;
const CLASSES: usize = 3;

fn models() -> [Value; 6] {
    let conv = json!({"type": "DynamicConv2D", "filters": 5, "useBias": true});
    [
        json!({"input": [7], "seed": 1, "layers": [
            {"type": "DynamicDense", "units": 9}, {"type": "DynamicDense", "units": CLASSES}
        ]}),
        json!({"input": [7], "seed": 2, "layers": [
            {"type": "Dropout", "rate": 0.2}, {"type": "Dense", "units": CLASSES, "useBias": false},
            {"type": "Activation", "activation": "tanh"}
        ]}),
        json!({"input": [6, 6, 2], "seed": 3, "layers": [
            {"type": "MaxPooling2D"}, conv, {"type": "DynamicConv2DToDense", "units": CLASSES}
        ]}),
        json!({"input": [4, 4, 3], "seed": 4, "layers": [
            {"type": "Flatten"}, {"type": "Dense", "units": 6}, {"type": "Dense", "units": CLASSES}
        ]}),
        json!({"input": [7], "seed": 5, "layers": [
            {"type": "BatchNorm"}, {"type": "DynamicDense", "units": 7, "activation": "linear"}, {"type": "Add", "from": 0},
            {"type": "DynamicDense", "units": 9}, {"type": "LayerNorm"}, {"type": "DynamicDense", "units": CLASSES}
        ]}),
        json!({"input": [7], "seed": 6, "layers": [
            {"type": "DynamicDense", "units": CLASSES}, {"type": "DynamicDense", "units": CLASSES},
            {"type": "DynamicDense", "units": CLASSES}, {"type": "Add", "from": 1}, {"type": "BatchNorm"}
        ]}),
    ]
}

/// Feature `k` of position `p` of row `row`, whatever the number of features.
fn number(row: usize, p: usize, k: usize) -> f32 {
    ((row * 131 + p * 37 + k * 59) % 97) as f32 / 40.0 - 1.2
}

/// Rows of `shape` with labels below `classes`.
fn data(shape: &[usize], classes: usize) -> Dataset {
    let spec: DatasetSpec = from_value(json!({
        "rows": ROWS, "shape": shape, "dtype": "f32", "targets": {"type": "labels", "classes": classes}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    let channels = shape[shape.len() - 1];
    let positions = shape.iter().product::<usize>() / channels;
    if let FeaturesMut::F32(x) = data.features_mut() {
        x.iter_mut().enumerate().for_each(|(i, x)| {
            let (cell, k) = (i / channels, i % channels);
            *x = number(cell / positions, cell % positions, k);
        });
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().enumerate().for_each(|(i, y)| *y = (i * 5 % classes) as u32);
    }
    data
}

fn shape_of(spec: &Value) -> Vec<usize> {
    from_value(spec["input"].clone()).unwrap()
}

fn trained(spec: &Value) -> Model {
    let mut model = Model::new(&from_value(spec.clone()).unwrap()).unwrap();
    let data = data(&shape_of(spec), CLASSES);
    for _ in 0..4 {
        train_on_batch(&mut model, &data, 1).unwrap();
    }
    model
}

fn logits(model: &mut Model, data: &Dataset) -> Vec<u32> {
    predict(model, data, true, 1).unwrap().into_iter().map(f32::to_bits).collect()
}

fn extend(end: End, count: usize) -> Change {
    Change::Extend { end, count }
}

/// All weights and biases, and what new features have in each: one for gains, else zero.
fn arrays(model: &Model) -> Vec<(&Param, f32)> {
    let network = &model.network;
    let of_layer = |layer: &Layer| match layer {
        Layer::Norm(_) => vec![1.0, 0.0],
        Layer::Linear(linear) => vec![0.0; 1 + usize::from(linear.bias.is_some())],
        _ => Vec::new(),
    };
    network.params().zip(network.layers.iter().flat_map(of_layer)).collect()
}

/// Everything in `new` that was in `old` is there as it was: weights, moments, ages; the rest is born now.
fn check_old(old: &Param, (new, newborn): (&Param, f32), now: u32) {
    for plane in STATE_PLANES {
        for ((t, k, j), &value) in new.view(plane).indexed_iter() {
            let newborn = if plane == Plane::Value { newborn } else { 0.0 };
            let before = old.view(plane).get((t, k, j)).copied().unwrap_or(newborn);
            assert_eq!(value.to_bits(), before.to_bits());
        }
    }
    for (old, new) in [(old.input_birth(), new.input_birth()), (old.output_birth(), new.output_birth())] {
        assert_eq!(&new[..old.len()], old);
        assert!(new[old.len()..].iter().all(|&birth| birth == now));
    }
    assert!(new.pads_are_zero());
}

fn check(before: &Model, after: &Model) {
    for ((old, _), new) in arrays(before).into_iter().zip(arrays(after)) {
        check_old(old, new, before.network.step);
    }
    let again = load(&save(after).unwrap()).unwrap();
    assert_eq!(again.network.spec(), after.network.spec());
    assert_eq!(again.network.shapes, after.network.shapes);
    assert_eq!(again.network.axes, after.network.axes);
    assert_eq!(after.network.axes, before.network.axes);
    assert_eq!(save(&again).unwrap(), save(after).unwrap());
}

#[test]
fn more_inputs_change_no_bit_of_the_outputs_and_then_learn() {
    for spec in models() {
        let mut shape = shape_of(&spec);
        let mut model = trained(&spec);
        let before = logits(&mut model, &data(&shape, CLASSES));
        let twin = load(&save(&model).unwrap()).unwrap();
        apply(&mut model, &extend(End::Inputs, 3)).unwrap();
        check(&twin, &model);
        let last = shape.len() - 1;
        shape[last] += 3;
        assert_eq!(model.network.spec().input, shape);
        let wider = data(&shape, CLASSES);
        assert_eq!(logits(&mut model, &wider), before);
        for _ in 0..3 {
            train_on_batch(&mut model, &wider, 1).unwrap();
        }
        let first = model.network.layers.iter().position(|layer| matches!(layer, Layer::Linear(_))).unwrap();
        let first = model.network.linear(first).weight.view(Plane::Value);
        let old = first.dim().1 - 3;
        assert!(first.indexed_iter().any(|((_, k, _), &w)| k >= old && w != 0.0), "new weights learn");
    }
}

#[test]
fn more_outputs_leave_the_old_logits_and_then_learn() {
    for spec in models() {
        let shape = shape_of(&spec);
        let mut model = trained(&spec);
        let old = data(&shape, CLASSES);
        let before = logits(&mut model, &old);
        let twin = load(&save(&model).unwrap()).unwrap();
        let report = apply(&mut model, &extend(End::Outputs, 2)).unwrap();
        check(&twin, &model);
        assert_eq!(report.weight_count, model.network.weight_count());
        let after = logits(&mut model, &old);
        for (old, new) in before.chunks(CLASSES).zip(after.chunks(CLASSES + 2)) {
            assert_eq!(&new[..CLASSES], old);
            assert!(new[CLASSES..].iter().all(|&logit| logit == 0));
        }
        let more = data(&shape, CLASSES + 2);
        let first = train_on_batch(&mut model, &more, 1).unwrap().loss;
        for _ in 0..200 {
            train_on_batch(&mut model, &more, 1).unwrap();
        }
        assert!(train_on_batch(&mut model, &more, 1).unwrap().loss < 0.9 * first);
    }
}

#[test]
fn every_position_of_an_image_gets_them() {
    let spec = json!({"input": [4, 4, 1], "seed": 5, "layers": [{"type": "Conv2D", "filters": 2}, {"type": "Flatten"}]});
    let mut model = Model::new(&from_value(spec).unwrap()).unwrap();
    let data = data(&[4, 4, 1], 8);
    let before = logits(&mut model, &data);
    apply(&mut model, &extend(End::Outputs, 1)).unwrap();
    assert_eq!(model.network.output().features(), 12);
    for (old, new) in before.chunks(2).zip(logits(&mut model, &data).chunks(3)) {
        assert_eq!((&new[..2], new[2]), (old, 0));
    }
    apply(&mut model, &extend(End::Inputs, 2)).unwrap();
    assert_eq!(model.network.spec().input, [4, 4, 3]);
}

#[test]
fn more_inputs_stand_behind_those_that_are_not_in_use() {
    let spec = &models()[0];
    let mut model = trained(spec);
    for input in [6, 2] {
        apply(&mut model, &from_value(json!({"type": "dropInput", "input": input})).unwrap()).unwrap();
    }
    let before = logits(&mut model, &data(&[7], CLASSES));
    apply(&mut model, &extend(End::Inputs, 2)).unwrap();
    assert_eq!(model.log().events().last().unwrap().index, Some(7));
    assert_eq!(model.network.spec().input, [9]);
    let wider = data(&[9], CLASSES);
    assert_eq!(logits(&mut model, &wider), before);
    train_on_batch(&mut model, &wider, 1).unwrap();
    let mut again = load(&save(&model).unwrap()).unwrap();
    assert_eq!(logits(&mut again, &wider), logits(&mut model, &wider));
    for input in [2, 6] {
        apply(&mut model, &from_value(json!({"type": "restoreInput", "input": input})).unwrap()).unwrap();
    }
    assert_eq!(logits(&mut model, &wider), logits(&mut again, &wider));
}

#[test]
fn a_try_without_an_input_tells_how_many_are_in_use() {
    let mut model = trained(&models()[0]);
    let change = Change::DropInput { input: 3, constant: 1e6 };
    let event = try_change(&mut model, &change, &data(&[7], CLASSES), &Judge::default(), 1).unwrap();
    assert_eq!((event.verdict, event.index, event.width), (Verdict::Undone, Some(3), Some(7)));
    let event = try_change(
        &mut model,
        &change,
        &data(&[7], CLASSES),
        &Judge { weight_penalty: 1e9, ..Judge::default() },
        1,
    )
    .unwrap();
    assert_eq!((event.verdict, event.index, event.width), (Verdict::Kept, Some(3), Some(6)));
}

#[test]
fn they_are_asked_for_by_name() {
    let asked = |value: Value| from_value::<Change>(value).map_err(|error| error.to_string());
    assert_eq!(asked(json!({"type": "addInputs", "count": 2})), Ok(extend(End::Inputs, 2)));
    assert_eq!(asked(json!({"type": "addOutputs", "count": 1})), Ok(extend(End::Outputs, 1)));
    assert!(asked(json!({"type": "addOutputs"})).unwrap_err().contains("missing field `count`"));
    assert!(asked(json!({"type": "addLayer"})).unwrap_err().contains("missing field `axis`"));
    assert!(asked(json!({"type": "addLayer", "axis": 0, "depth": 3})).unwrap_err().contains("depth"));
    assert!(asked(json!({"type": "grow"})).unwrap_err().contains("grow"));
}

#[test]
fn they_are_decisions_that_the_model_remembers() {
    let mut model = trained(&models()[0]);
    let weights = model.network.weight_count();
    apply(&mut model, &extend(End::Inputs, 2)).unwrap();
    apply(&mut model, &extend(End::Outputs, 1)).unwrap();
    let [inputs, outputs] = model.log().events() else { panic!("two events") };
    assert_eq!(
        (inputs.kind, inputs.axis, inputs.index, inputs.width),
        (Kind::AddInputs, None, Some(7), Some(9))
    );
    assert_eq!(
        (outputs.kind, outputs.axis, outputs.index, outputs.width),
        (Kind::AddOutputs, None, Some(3), Some(4))
    );
    assert_eq!((inputs.weights_before, inputs.weights_after), (weights, weights + 18));
    assert_eq!((outputs.weights_before, outputs.weights_after), (weights + 18, weights + 28));
    assert_eq!(outputs.verdict, Verdict::Kept);
    assert_eq!(load(&save(&model).unwrap()).unwrap().log().events(), model.log().events());
}

#[test]
fn a_try_of_more_outputs_is_undone_to_the_bit_and_one_of_more_inputs_has_no_data() {
    for spec in models() {
        let mut model = trained(&spec);
        let data = data(&shape_of(&spec), CLASSES);
        let state = |model: &Model| save(&Model::from_network(model.network.clone())).unwrap();
        let before = state(&model);
        // One logit of zero more makes every other class less likely.
        let event = try_change(&mut model, &extend(End::Outputs, 2), &data, &Judge::default(), 1).unwrap();
        assert_eq!((event.verdict, event.width), (Verdict::Undone, Some(model.network.output().channels)));
        assert_eq!(state(&model), before);
        let error = try_change(&mut model, &extend(End::Inputs, 2), &data, &Judge::default(), 1).unwrap_err();
        assert_eq!(error.code, Code::Shape);
        assert_eq!(state(&model), before);
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for spec in models() {
        let mut model = trained(&spec);
        let before = save(&model).unwrap();
        for end in [End::Inputs, End::Outputs] {
            for count in [0, 1 << 27, usize::MAX] {
                assert_eq!(apply(&mut model, &extend(end, count)).unwrap_err().code, Code::Option);
            }
        }
        assert_eq!(save(&model).unwrap(), before);
    }
}

#[test]
fn ends_that_cannot_become_more_say_why() {
    let refused = |layers: Value, end: End, text: &str| {
        let spec = json!({"input": [4], "layers": layers});
        let mut model = Model::new(&from_value(spec).unwrap()).unwrap();
        let before = save(&model).unwrap();
        let error = apply(&mut model, &extend(end, 1)).unwrap_err();
        assert_eq!(error.code, Code::Structure);
        assert!(error.message.contains(text), "{error}");
        assert!(save(&model).unwrap() == before);
    };
    let dense = json!({"type": "DynamicDense", "units": 4});
    refused(json!([{"type": "LayerNorm"}, dense]), End::Inputs, "layer 0 normalises over these features");
    refused(json!([dense, {"type": "LayerNorm"}]), End::Outputs, "layer 1 normalises over these features");
    refused(json!([dense, {"type": "Add", "from": 0}]), End::Inputs, "added to the outputs");
    refused(json!([dense, {"type": "Add", "from": 0}]), End::Outputs, "added to the outputs");
}
