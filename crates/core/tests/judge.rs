//! Trying a change: what is kept, what is undone, what is left behind.

mod support;

use cambium_core::checkpoint::{load, save};
use cambium_core::growth::{
    apply, stochastic_add_feature, try_change, update_features, Change, Event, Judge, Kind, Verdict,
};
use cambium_core::param::{Param, Plane};
use cambium_core::spec::ModelSpec;
use cambium_core::train::{evaluate, train_on_batch, Dataset, DatasetSpec, FeaturesMut, TargetsMut};
use cambium_core::{Code, Model};
use serde_json::json;
use support::from_value;

const ROWS: usize = 12;

fn model() -> Model {
    let spec: ModelSpec = from_value(json!({"input": [6, 6, 2], "seed": 9, "layers": [
        {"type": "DynamicConv2D", "filters": 3, "useBias": true}, {"type": "Dropout", "rate": 0.2},
        {"type": "DynamicConv2DToDense", "units": 4}, {"type": "DynamicDense", "units": 3}
    ]}))
    .unwrap();
    Model::new(&spec).unwrap()
}

fn data() -> Dataset {
    let spec: DatasetSpec = from_value(json!({
        "rows": ROWS, "shape": [6, 6, 2], "dtype": "f32", "scale": 1.0, "targets": {"type": "labels", "classes": 3}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    if let FeaturesMut::F32(x) = data.features_mut() {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37 % 101) as f32 - 50.0) / 40.0);
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().enumerate().for_each(|(i, y)| *y = i as u32 % 3);
    }
    data.check().unwrap();
    data
}

/// A model whose moments are not zero, and the data it was trained on.
fn trained() -> (Model, Dataset) {
    let (mut model, data) = (model(), data());
    for _ in 0..5 {
        train_on_batch(&mut model, &data, 1).unwrap();
    }
    (model, data)
}

/// The whole state, with the growth stream set back to `like`'s and no decisions: all that an undone change may leave.
fn state(model: &Model, like: &Model) -> Vec<u8> {
    let mut copy = load(&save(model).unwrap()).unwrap();
    copy.network.streams.growth = like.network.streams.growth.clone();
    save(&Model::from_network(copy.network)).unwrap()
}

fn expand(axis: usize) -> Change {
    Change::Expand { axis: Some(axis), incoming: None, bias: None, outgoing: None }
}

#[test]
fn a_change_that_costs_more_than_it_brings_leaves_no_trace() {
    let changes = [expand(0), expand(1), Change::AddLayer { axis: 0 }, Change::AddLayer { axis: 1 }];
    for change in changes {
        let (mut model, data) = trained();
        let twin = load(&save(&model).unwrap()).unwrap();
        let judge = Judge { loss: None, weight_penalty: 1e3 };
        let event = try_change(&mut model, &change, &data, &judge, 1).unwrap();
        assert_eq!(event.verdict, Verdict::Undone, "{}", event.reason);
        assert!(event.weights_after > event.weights_before);
        assert_eq!(state(&model, &twin), save(&twin).unwrap());
        assert_ne!(model.network.streams.growth, twin.network.streams.growth);
    }
}

#[test]
fn a_removal_that_hurts_leaves_no_trace() {
    let (mut undone, mut kept) = (0, 0);
    for (axis, width) in [(0, 3), (1, 4)] {
        for index in 0..width {
            let (mut model, data) = trained();
            let before = state(&model, &model);
            let change = Change::Contract { axis: Some(axis), index: Some(index) };
            let event = try_change(&mut model, &change, &data, &Judge::default(), 1).unwrap();
            let rises = event.loss_after.unwrap() > event.loss_before.unwrap();
            assert_eq!(event.verdict, if rises { Verdict::Undone } else { Verdict::Kept });
            assert_eq!(state(&model, &model) == before, rises);
            if rises {
                undone += 1;
            } else {
                kept += 1;
            }
        }
    }
    assert!(undone > 0, "no removal hurt, {kept} were kept");
}

/// A network for plain rows, whose features differ in age and whose moments are not zero, and the data it was trained on. With
/// `dropped` it no longer reads two of the six features.
fn grown(dropped: bool) -> (Model, Dataset) {
    let spec: ModelSpec = from_value(json!({"input": [6], "seed": 5, "optimizer": {"learningRate": 0.02}, "layers": [
        {"type": "DynamicDense", "units": 5, "useBias": true}, {"type": "DynamicDense", "units": 4, "useBias": true},
        {"type": "DynamicDense", "units": 3}
    ]}))
    .unwrap();
    let (mut model, data) = (Model::new(&spec).unwrap(), plain());
    let train = |model: &mut Model| {
        for _ in 0..40 {
            train_on_batch(model, &data, 1).unwrap();
        }
    };
    train(&mut model);
    let drop = |input| Change::DropInput { input, constant: 0.0 };
    let mut changes = vec![drop(4), Change::RestoreInput { input: 4 }, expand(0), expand(1)];
    if dropped {
        changes.extend([drop(0), drop(3)]);
    }
    for change in changes {
        apply(&mut model, &change).unwrap();
    }
    train(&mut model);
    let moments = |param: &Param| [Plane::First, Plane::Second].map(|plane| param.view(plane).into_owned());
    assert!(model.network.params().flat_map(moments).all(|moments| moments.iter().any(|&m| m != 0.0)));
    let births = model.network.linear(0).weight.output_birth();
    assert!(births.contains(&0) && births.contains(&40), "{births:?}");
    (model, data)
}

/// Plain rows of six features, of three classes that no linear map tells apart.
fn plain() -> Dataset {
    let spec: DatasetSpec = from_value(json!({
        "rows": 30, "shape": [6], "dtype": "f32", "targets": {"type": "labels", "classes": 3}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    if let FeaturesMut::F32(x) = data.features_mut() {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37 % 101) as f32 - 50.0) / 40.0);
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().enumerate().for_each(|(i, y)| *y = (i * i) as u32 / 2 % 3);
    }
    data.check().unwrap();
    data
}

/// Has `change` judged where a weight costs `weight_penalty`. It must be undone and leave nothing behind: the model has the bits of
/// before, reads the same features, and trains on as one to which nothing was proposed.
fn undone((mut model, data): (Model, Dataset), change: &Change, weight_penalty: f64) -> Event {
    let mut twin = load(&save(&model).unwrap()).unwrap();
    let (before, inputs) = (state(&model, &twin), model.network.inputs.clone());
    let judge = Judge { loss: None, weight_penalty };
    let event = try_change(&mut model, change, &data, &judge, 1).unwrap();
    assert_eq!(event.verdict, Verdict::Undone, "{event:?}");
    assert!(state(&model, &twin) == before, "{change:?}");
    assert_eq!(model.network.inputs, inputs);
    assert_eq!(model.network.weight_count(), event.weights_before);
    for model in [&mut model, &mut twin] {
        train_on_batch(model, &data, 1).unwrap();
    }
    assert!(state(&model, &twin) == state(&twin, &twin), "{change:?}: the next step is another");
    event
}

#[test]
fn an_input_that_is_worth_its_weights_is_read_again_to_the_bit() {
    for input in 0..6 {
        let event = undone(grown(false), &Change::DropInput { input, constant: 50.0 }, 0.0);
        assert!(event.loss_after > event.loss_before);
        assert_eq!((event.kind, event.index, event.width), (Kind::DropInput, Some(input), Some(6)));
    }
}

#[test]
fn an_input_that_comes_back_for_nothing_goes_again_to_the_bit() {
    for input in [0, 3] {
        let event = undone(grown(true), &Change::RestoreInput { input }, 1e-3);
        assert_eq!(event.loss_after, event.loss_before);
        assert_eq!(event.weights_after, event.weights_before + 6);
        assert_eq!((event.kind, event.index, event.width), (Kind::RestoreInput, Some(input), Some(4)));
    }
}

#[test]
fn a_feature_that_a_random_one_replaces_for_the_worse_comes_back_to_the_bit() {
    let mut count = 0;
    for (axis, width) in [(0, 6), (1, 5)] {
        for index in 0..width {
            let change = Change::Replace { axis: Some(axis), index: Some(index) };
            let (mut model, data) = grown(false);
            let event = try_change(&mut model, &change, &data, &Judge::default(), 1).unwrap();
            assert_eq!((event.kind, event.axis, event.index), (Kind::Replace, Some(axis), Some(index)));
            assert_eq!((event.width, event.weights_after), (Some(width), event.weights_before));
            if event.verdict == Verdict::Undone {
                count += 1;
                assert_eq!(undone(grown(false), &change, 0.0).loss_after, event.loss_after);
            }
        }
    }
    assert!(count >= 5, "{count} came back");
}

#[test]
fn layers_whose_merger_hurts_come_apart_again_to_the_bit() {
    for (model, layer) in [(grown(false), 0), (grown(true), 0), (grown(false), 1), (trained(), 2)] {
        let event = undone(model, &Change::RemoveLayer { layer }, 0.0);
        assert_eq!(event.kind, Kind::RemoveLayer);
        assert!(event.loss_after > event.loss_before);
        assert_ne!(event.weights_after, event.weights_before);
    }
}

#[test]
fn features_that_were_pruned_together_come_back_to_the_bit() {
    // Of each axis some go, or all but the largest.
    for (threshold, fewest) in [(1.0, 3), (1e3, 9)] {
        let event = undone(grown(false), &Change::Prune { threshold }, 0.0);
        assert!(event.loss_after > event.loss_before);
        assert!(event.removed.len() >= fewest, "{:?}", event.removed);
        assert!([0, 1].iter().all(|&axis| event.removed.iter().any(|gone| gone.axis == axis)), "{event:?}");
    }
}

#[test]
fn an_equal_loss_is_kept() {
    let (mut model, data) = trained();
    // Zero outgoing weights change nothing, and weights are free.
    let change = Change::Expand { axis: Some(1), incoming: None, bias: None, outgoing: Some(vec![0.0; 3]) };
    let event = try_change(&mut model, &change, &data, &Judge::default(), 1).unwrap();
    assert_eq!(event.loss_before, event.loss_after);
    assert_eq!(event.verdict, Verdict::Kept);
    assert_eq!(event.width, Some(5));
    // As soon as a weight costs anything, they are not.
    let judge = Judge { loss: None, weight_penalty: 1e-9 };
    let event = try_change(&mut model, &change, &data, &judge, 1).unwrap();
    assert_eq!(event.verdict, Verdict::Undone);
    assert_eq!(event.width, Some(5));
}

#[test]
fn a_change_that_leaves_the_loss_infinite_is_undone() {
    let (mut model, data) = trained();
    let readout = model.network.linear_mut(3);
    readout.weight.view_mut(Plane::Value).fill(0.0);
    let bias = readout.bias.as_mut().unwrap();
    bias.view_mut(Plane::Value).iter_mut().zip([3e38, -3e38, 0.0]).for_each(|(to, from)| *to = from);
    let before = load(&save(&model).unwrap()).unwrap();
    let judge = Judge { loss: None, weight_penalty: 0.0 };
    let event = try_change(&mut model, &expand(1), &data, &judge, 1).unwrap();
    assert_eq!((event.verdict, event.loss_before, event.loss_after), (Verdict::Undone, None, None));
    assert!(state(&model, &before) == state(&before, &before));
}

#[test]
fn what_is_blocked_is_called_blocked() {
    let (mut model, data) = trained();
    for _ in 0..2 {
        apply(&mut model, &Change::Contract { axis: Some(0), index: None }).unwrap();
    }
    let before = state(&model, &model);
    let change = Change::Contract { axis: Some(0), index: Some(0) };
    let event =
        try_change(&mut model, &change, &data, &Judge { loss: None, weight_penalty: 1e3 }, 1).unwrap();
    assert_eq!(event.verdict, Verdict::Blocked);
    assert!(event.reason.contains("least width of 1"), "{}", event.reason);
    assert_eq!(state(&model, &model), before);
    let event =
        try_change(&mut model, &Change::Prune { threshold: 0.0 }, &data, &Judge::default(), 1).unwrap();
    assert_eq!((event.verdict, event.reason.as_ref()), (Verdict::Blocked, "nothing to change"));
}

#[test]
fn the_reference_rule_visits_both_directions_and_every_axis() {
    let (mut model, data) = trained();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let event = update_features(&mut model, &data, &Judge::default(), 1).unwrap();
        let cost = |loss: Option<f64>| loss.unwrap();
        if event.verdict == Verdict::Kept {
            assert!(cost(event.loss_after) <= cost(event.loss_before));
        }
        seen.insert((event.kind, event.axis));
        let event = stochastic_add_feature(&mut model, &data, &Judge::default(), 1).unwrap();
        assert_eq!(event.kind, Kind::Add);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn a_model_without_a_free_axis_says_so() {
    let spec: ModelSpec = from_value(json!({"input": [6, 6, 2], "layers": [
        {"type": "Conv2D", "filters": 2}, {"type": "Flatten"}, {"type": "DynamicDense", "units": 3}
    ]}))
    .unwrap();
    let (mut model, data) = (Model::new(&spec).unwrap(), data());
    let error = update_features(&mut model, &data, &Judge::default(), 1).unwrap_err();
    assert_eq!(error.code, Code::Structure);
    assert!(error.message.contains("no axis can grow"), "{error}");
}

#[test]
fn changes_around_norms_and_residual_blocks_are_judged_as_a_rebuilt_model_would_be() {
    let conv = |filters: usize, activation: &str| json!({"type": "DynamicConv2D", "filters": filters, "strides": [1, 1], "activation": activation});
    for norm in ["BatchNorm", "LayerNorm"] {
        let norm = json!({"type": norm});
        let spec = json!({"input": [6, 6, 2], "seed": 9, "layers": [conv(4, "relu"), norm, conv(3, "linear"), norm,
            {"type": "Activation", "activation": "relu"}, conv(4, "linear"), {"type": "Add", "from": 2},
            {"type": "Dropout", "rate": 0.2}, {"type": "DynamicConv2DToDense", "units": 5}, norm,
            {"type": "DynamicDense", "units": 3}]});
        let mut model = Model::new(&from_value(spec).unwrap()).unwrap();
        let data = data();
        let mut seen = [0; 2];
        for round in 0..60 {
            if round % 4 == 0 {
                train_on_batch(&mut model, &data, 1).unwrap();
            }
            let before = load(&save(&model).unwrap()).unwrap();
            let axis = round % model.network.axes.len();
            let index = Some(round % model.network.width(axis));
            let change = match round / 3 % 3 {
                0 => expand(axis),
                1 => Change::Contract { axis: Some(axis), index },
                _ => Change::Replace { axis: Some(axis), index },
            };
            let penalty = if round % 5 == 0 { 1e-3 } else { 0.0 };
            let judge = Judge { loss: None, weight_penalty: penalty };
            let event = try_change(&mut model, &change, &data, &judge, 1).unwrap();
            let loss = |model: &Model| {
                let mut again = load(&save(model).unwrap()).unwrap();
                evaluate(&mut again, &data, ROWS, 1).unwrap().loss
            };
            match event.verdict {
                Verdict::Kept => assert_eq!(event.loss_after, Some(loss(&model)), "{change:?}"),
                _ => assert!(state(&model, &before) == state(&before, &before), "{change:?}"),
            }
            if event.verdict != Verdict::Blocked {
                assert_eq!(event.loss_before, Some(loss(&before)));
                seen[usize::from(event.verdict == Verdict::Kept)] += 1;
            }
        }
        assert!(seen.iter().all(|&n| n > 5), "{seen:?}");
    }
}
