//! Structural changes: what holds after any sequence of them.

mod costs;
mod refusals;
#[path = "../support/mod.rs"]
mod support;

use cambium_core::axes::Role;
use cambium_core::checkpoint::{load, save};
use cambium_core::growth::{apply, Change, ChangeReport, Cost};
use cambium_core::json::from_str;
use cambium_core::layer::Layer;
use cambium_core::param::{Param, Plane, Strip, STATE_PLANES};
use cambium_core::spec::ModelSpec;
use cambium_core::train::{predict, train_on_batch, Dataset, DatasetSpec, FeaturesMut, Place};
use cambium_core::{Code, Model};
use proptest::prelude::*;
use support::from_value;

fn model(json: &str) -> Model {
    let spec: ModelSpec = from_str(json).expect("the test's model parses");
    Model::new(&spec).expect("the test's model is valid")
}

const DENSE: &str = r#"{"input":[7],"layers":[
    {"type":"DynamicDense","units":5},{"type":"Dropout","rate":0.1},{"type":"DynamicDense","units":6},
    {"type":"DynamicDense","units":3}],"seed":3}"#;
const CONV: &str = r#"{"input":[8,8,3],"layers":[
    {"type":"DynamicConv2D","filters":4},{"type":"MaxPooling2D","poolSize":[2,2]},
    {"type":"DynamicConv2D","filters":5,"strides":[1,1],"useBias":true},{"type":"DynamicConv2DToDense","units":6},
    {"type":"DynamicDense","units":4}],"seed":4}"#;
const FLAT: &str = r#"{"input":[6,6,2],"layers":[
    {"type":"DynamicConv2D","filters":3},{"type":"Flatten"},{"type":"DynamicDense","units":4},
    {"type":"Dense","units":5},{"type":"DynamicDense","units":2}],"seed":5}"#;

/// A residual block on images whose stream has norms, and one layer that is a block by itself.
const RESIDUAL: &str = r#"{"input":[6,6,3],"layers":[
    {"type":"DynamicConv2D","filters":5,"useBias":true},{"type":"BatchNorm"},
    {"type":"DynamicConv2D","filters":4,"strides":[1,1],"activation":"linear"},{"type":"LayerNorm"},
    {"type":"Activation","activation":"relu"},{"type":"DynamicConv2D","filters":5,"strides":[1,1],"activation":"linear"},
    {"type":"Add","from":2},{"type":"Flatten"},{"type":"DynamicDense","units":6},
    {"type":"DynamicDense","units":6,"activation":"linear"},{"type":"Add","from":9},{"type":"BatchNorm"},
    {"type":"DynamicDense","units":2}],"seed":6}"#;
const ALL: [&str; 4] = [DENSE, CONV, FLAT, RESIDUAL];

fn expand(axis: usize) -> Change {
    Change::Expand { axis: Some(axis), incoming: None, bias: None, outgoing: None }
}

fn change(model: &mut Model, change: &Change) -> ChangeReport {
    apply(model, change).expect("the change is allowed")
}

/// Everything but the streams, which move on with every draw.
fn bits(model: &Model) -> Vec<Vec<u32>> {
    let network = &model.network;
    let params = network.params().flat_map(|param| {
        let planes = STATE_PLANES.map(|plane| param.view(plane).iter().map(|x| x.to_bits()).collect());
        planes.into_iter().chain([param.input_birth().to_vec(), param.output_birth().to_vec()])
    });
    let moving = network.layers.iter().filter_map(|layer| match layer {
        Layer::Norm(norm) => norm.moving.as_ref(),
        _ => None,
    });
    let values = |param: &Param| param.view(Plane::Value).iter().map(|x| x.to_bits()).collect();
    params.chain(moving.flat_map(|moving| [values(&moving.mean), values(&moving.variance)])).collect()
}

/// Shapes agree from layer to layer, pads are zero, and the file of the model gives the same model.
fn check(model: &Model) {
    let network = &model.network;
    for (index, axis) in network.axes.iter().enumerate() {
        for &consumer in &axis.consumers {
            assert_eq!(network.width(index), network.linear(consumer).weight.inputs());
            assert_eq!(network.width(index), network.shapes[consumer].channels);
        }
        assert!(network.width(index) >= axis.min);
        for part in &axis.parts {
            let array = part.array(&network.layers);
            let width = if part.role == Role::Outgoing { array.inputs() } else { array.outputs() };
            assert_eq!(network.width(index), width, "{part:?}");
        }
    }
    assert!(network.params().all(Param::pads_are_zero), "a pad is not zero");
    let again = load(&save(model).expect("the model can be saved")).expect("its file can be loaded");
    assert_eq!(bits(&again), bits(model));
    assert_eq!(again.network.spec(), network.spec());
    assert_eq!(again.network.shapes, network.shapes);
    assert_eq!(again.network.axes, network.axes);
    assert_eq!(again.network.streams, network.streams);
}

/// Nine rows with two classes.
fn data(shape: &[usize]) -> Dataset {
    let spec: DatasetSpec = from_value(serde_json::json!({
        "rows": 9, "shape": shape, "dtype": "u8", "scale": 0.01, "targets": {"type": "labels", "classes": 2}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    if let FeaturesMut::U8(x) = data.features_mut() {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = (i * 83 % 251) as u8);
    }
    data
}

/// The model and one rebuilt from its file take the same step, to the bit.
fn check_step(model: &mut Model) {
    let input = model.network.input();
    let data = match input.flat {
        true => data(&[input.channels]),
        false => data(&[input.height, input.width, input.channels]),
    };
    let mut again = load(&save(model).unwrap()).unwrap();
    let losses = [&mut *model, &mut again].map(|model| train_on_batch(model, &data, 1).unwrap().loss);
    assert_eq!(losses[0], losses[1]);
    assert_eq!(bits(&again), bits(model));
}

#[test]
fn removing_what_was_added_restores_every_bit() {
    for spec in ALL {
        let mut model = model(spec);
        let before = bits(&model);
        for axis in 0..model.network.axes.len() {
            if model.network.axes[axis].pinned.is_some() {
                continue;
            }
            let added = change(&mut model, &expand(axis)).added.remove(0);
            check(&model);
            assert_ne!(bits(&model), before);
            change(&mut model, &Change::Contract { axis: Some(axis), index: Some(added.index) });
            assert_eq!(bits(&model), before);
        }
    }
}

#[test]
fn a_thousand_random_changes_keep_the_model_whole() {
    for spec in ALL {
        let mut model = model(spec);
        let mut blocked = 0;
        for step in 0..1000u32 {
            // A pseudo-random walk that visits both directions and the least width.
            let proposal = match (step.wrapping_mul(2_654_435_761) >> 13) % 6 {
                0 | 1 => Change::Expand { axis: None, incoming: None, bias: None, outgoing: None },
                2 => Change::Replace { axis: None, index: None },
                _ => Change::Contract { axis: None, index: None },
            };
            blocked += change(&mut model, &proposal).blocked.len();
            if step % 50 == 0 {
                check(&model);
            }
        }
        check(&model);
        check_step(&mut model);
        check(&model);
        assert!(blocked > 0, "the walk never met the least width");
    }
}

proptest! {
    #[test]
    fn strips_come_back_where_they_were(
        taps in 1usize..5, inputs in 1usize..12, outputs in 1usize..20, at in 0usize..1000, seed in 0u32..1000
    ) {
        let mut param = Param::new(taps, inputs, outputs, 0).unwrap();
        let mut value = seed as f32;
        for plane in STATE_PLANES {
            param.view_mut(plane).mapv_inplace(|_| { value += 0.5; value });
        }
        let before = param.clone();
        let mut strip = Strip::default();
        param.remove_output(at % outputs, &mut strip);
        prop_assert!(param.pads_are_zero());
        param.insert_output(at % outputs, &strip);
        param.remove_input(at % inputs, &mut strip);
        prop_assert!(param.pads_are_zero());
        param.insert_input(at % inputs, &strip);
        for plane in STATE_PLANES {
            prop_assert_eq!(param.plane(plane), before.plane(plane));
        }
        prop_assert_eq!(param.input_birth(), before.input_birth());
        prop_assert_eq!(param.output_birth(), before.output_birth());
    }

    #[test]
    fn capacity_changes_move_nothing(inputs in 1usize..9, outputs in 1usize..9, more in 0usize..40) {
        let mut param = Param::new(3, inputs, outputs, 0).unwrap();
        let mut value = 0.0;
        param.view_mut(Plane::Value).mapv_inplace(|_| { value += 1.0; value });
        let before = param.view(Plane::Value).to_owned();
        param.reserve(inputs + more, outputs + more).unwrap();
        prop_assert_eq!(param.view(Plane::Value), before.view());
        prop_assert!(param.pads_are_zero());
        prop_assert!(param.out_stride().is_multiple_of(8) && !param.out_stride().is_multiple_of(1024));
        param.compact().unwrap();
        prop_assert_eq!(param.view(Plane::Value), before.view());
        prop_assert_eq!(param.in_capacity(), inputs);
    }
}

#[test]
fn a_layer_close_to_the_identity_comes_and_goes() {
    let mut model = model(CONV);
    let layers = model.network.layers.len();
    let report = change(&mut model, &Change::AddLayer { axis: 0 });
    assert_eq!(report.layers, layers + 1);
    check(&model);
    let report = change(&mut model, &Change::AddLayer { axis: 3 });
    assert_eq!(report.layers, layers + 2);
    check(&model);
    let inserted = model.network.linear(5);
    let std = inserted.dynamic.unwrap().new_weight_std / 6.0;
    for ((_, k, j), w) in inserted.weight.view(Plane::Value).indexed_iter() {
        let identity = if k == j { 1.0 } else { 0.0 };
        assert!((w - identity).abs() < 6.0 * std, "weight [{k}, {j}] is {w}");
    }
    let dense = change(&mut model, &Change::RemoveLayer { layer: 4 });
    assert_eq!(dense.layers, layers + 1);
    check(&model);
    for layer in [0, 1, 2, 5, 99] {
        let error = apply(&mut model, &Change::RemoveLayer { layer }).unwrap_err();
        assert!(matches!(error.code, Code::Structure | Code::Index), "{error}");
    }
}

#[test]
fn merging_two_linear_maps_keeps_their_product() {
    let mut model = model(
        r#"{"input":[3],"layers":[{"type":"DynamicDense","units":4,"activation":"linear"},
            {"type":"DynamicDense","units":2,"activation":"linear"},{"type":"DynamicDense","units":2}]}"#,
    );
    let of = |model: &Model, layer: usize| model.network.linear(layer).weight.view(Plane::Value).to_owned();
    let (a, b) = (of(&model, 0), of(&model, 1));
    change(&mut model, &Change::RemoveLayer { layer: 0 });
    let merged = of(&model, 0);
    for k in 0..3 {
        for j in 0..2 {
            let sum: f32 = (0..4).map(|h| a[[0, k, h]] * b[[0, h, j]]).sum();
            assert!((merged[[0, k, j]] - sum).abs() < 1e-6);
        }
    }
    let error = apply(&mut model, &Change::RemoveLayer { layer: 0 }).unwrap_err();
    assert_eq!(error.code, Code::Structure);
    assert_eq!(model.network.layers.len(), 2);
}

#[test]
fn pruning_takes_the_weak_and_says_what_it_had_to_leave() {
    let mut model = model(CONV);
    let weak = |model: &mut Model, axis: usize, index: usize| {
        let consumer = model.network.axes[axis].consumers[0];
        let mut view = model.network.linear_mut(consumer).weight.view_mut(Plane::Value);
        view.index_axis_mut(ndarray::Axis(1), index).fill(1e-5);
    };
    weak(&mut model, 0, 1);
    weak(&mut model, 0, 3);
    weak(&mut model, 1, 0);
    let report = change(&mut model, &Change::Prune { threshold: 0.01 });
    let removed: Vec<_> = report.removed.iter().map(|f| (f.axis, f.index)).collect();
    assert_eq!(removed, [(1, 0), (0, 3), (0, 1)]);
    assert_eq!(model.network.widths(), [2, 4, 6]);
    check(&model);

    for index in 0..2 {
        weak(&mut model, 0, index);
    }
    let report = change(&mut model, &Change::Prune { threshold: 0.01 });
    assert_eq!(report.removed.len(), 1);
    assert_eq!(report.blocked.len(), 1);
    assert!(report.blocked[0].reason.contains("least width of 1"), "{}", report.blocked[0].reason);
    assert_eq!(model.network.width(0), 1);
}

#[test]
fn explicit_weights_land_where_they_belong() {
    let mut model = model(CONV);
    let (incoming, outgoing): (Vec<f32>, Vec<f32>) =
        ((0..36).map(|i| i as f32).collect(), (0..4 * 6).map(|i| -(i as f32)).collect());
    let expand = Change::Expand {
        axis: Some(1),
        incoming: Some(incoming.clone()),
        bias: Some(0.5),
        outgoing: Some(outgoing.clone()),
    };
    change(&mut model, &expand);
    let maker = model.network.linear(2);
    assert_eq!(maker.bias.as_ref().unwrap().view(Plane::Value)[[0, 0, 5]], 0.5);
    for t in 0..9 {
        for k in 0..4 {
            assert_eq!(maker.weight.view(Plane::Value)[[t, k, 5]], incoming[t * 4 + k]);
        }
    }
    let reader = model.network.linear(3);
    for t in 0..4 {
        for j in 0..6 {
            assert_eq!(reader.weight.view(Plane::Value)[[t, 5, j]], outgoing[t * 6 + j]);
        }
    }
}

#[test]
fn compacting_gives_room_back_and_moves_nothing() {
    let mut model = model(CONV);
    for _ in 0..40 {
        change(&mut model, &expand(2));
    }
    for _ in 0..40 {
        change(&mut model, &Change::Contract { axis: Some(2), index: Some(3) });
    }
    let before = save(&model).unwrap();
    let room = |model: &Model| model.network.linear(4).weight.in_capacity();
    assert!(room(&model) >= 46);
    model.compact().unwrap();
    assert_eq!(room(&model), 6);
    assert_eq!(save(&model).unwrap(), before);
    check_step(&mut model);
}

#[test]
fn layers_around_an_addition_share_one_axis() {
    let network = model(RESIDUAL).network;
    let ends: Vec<_> = network.axes.iter().map(|axis| (&axis.producers[..], &axis.consumers[..])).collect();
    assert_eq!(ends, [(&[0, 5][..], &[2, 8][..]), (&[2], &[5]), (&[8, 9], &[9, 12])]);
    assert!(network.axes.iter().all(|axis| axis.pinned.is_none()));
    // 27 and 36 incoming weights with a bias, gain and shift, 36 and 9 x 6 outgoing ones.
    let weights = |axis: usize| Cost::Weights.of_feature(&network, Place::Axis(axis));
    assert_eq!(weights(0), f64::from(27 + 36 + 1 + 2 + 36 + 9 * 6));
    assert_eq!(weights(2), f64::from(9 * 5 + 6 + 2 + 2 + 7 + 2));
}

#[test]
fn an_axis_joined_with_inputs_outputs_or_a_fixed_width_stays() {
    let reasons = |layers: &str| {
        let network = model(&format!(r#"{{"input":[4],"layers":[{layers}]}}"#)).network;
        network.axes.iter().map(|axis| axis.pinned.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    let four = r#"{"type":"DynamicDense","units":4}"#;
    assert_eq!(
        reasons(&format!(r#"{four},{{"type":"Add","from":0}},{four}"#)),
        ["it is the axis of the model's inputs"]
    );
    assert_eq!(
        reasons(&format!(r#"{four},{four},{{"type":"Add","from":1}}"#)),
        ["it is the axis of the model's outputs"]
    );
    let fixed = format!(r#"{four},{four},{{"type":"Dense","units":4}},{{"type":"Add","from":1}},{four}"#);
    assert_eq!(
        reasons(&fixed),
        ["layer 2 makes the axis and has a fixed width", "layer 2 reads the axis and has a fixed width"]
    );
}

#[test]
fn a_silent_feature_changes_no_output_but_behind_a_norm_that_mixes_features() {
    for norm in [r#"{"type":"BatchNorm"}"#, r#"{"type":"LayerNorm"}"#] {
        let spec = format!(
            r#"{{"input":[5],"layers":[{{"type":"DynamicDense","units":4}},{norm},{{"type":"DynamicDense","units":4}},
                {{"type":"Add","from":2}},{{"type":"DynamicDense","units":3}},{{"type":"DynamicDense","units":2}}],"seed":1}}"#
        );
        let data = data(&[5]);
        let mut model = model(&spec);
        train_on_batch(&mut model, &data, 1).unwrap();
        let before = predict(&mut model, &data, true, 1).unwrap();
        for axis in [1, 0] {
            let sizes = |role: Role| {
                let axis = &model.network.axes[axis];
                let sizes = axis.parts.iter().zip(axis.sizes(&model.network.layers));
                sizes.filter(|(part, _)| part.role == role).map(|(_, size)| size).sum()
            };
            let change = Change::Expand {
                axis: Some(axis),
                incoming: Some(vec![0.3; sizes(Role::Incoming)]),
                bias: Some(0.5),
                outgoing: Some(vec![0.0; sizes(Role::Outgoing)]),
            };
            apply(&mut model, &change).unwrap();
            let after = predict(&mut model, &data, true, 1).unwrap();
            let mixes = axis == 0 && norm.contains("LayerNorm");
            assert_eq!(after != before, mixes, "axis {axis} {norm}");
        }
        check(&model);
    }
}

#[test]
fn layers_come_and_go_around_residual_blocks() {
    let mut model = model(RESIDUAL);
    let adds = |model: &Model| {
        let layers = model.network.layers.iter();
        layers
            .filter_map(|layer| if let Layer::Add { from } = layer { Some(*from) } else { None })
            .collect::<Vec<_>>()
    };
    let refused = |model: &mut Model, layer: usize, text: &str| {
        let before = save(model).unwrap();
        let error = apply(model, &Change::RemoveLayer { layer }).unwrap_err();
        assert_eq!(error.code, Code::Structure);
        assert!(error.message.contains(text), "{error}");
        assert!(save(model).unwrap() == before);
    };
    refused(&mut model, 8, "joined by a residual block");
    // On the stream the new layer makes what all others of the block read; inside the block it is one more of it.
    for (axis, expected) in [(2, [2, 10]), (1, [2, 11]), (0, [3, 12])] {
        change(&mut model, &Change::AddLayer { axis });
        assert_eq!(adds(&model), expected);
        check(&model);
        check_step(&mut model);
    }
    // The layer before the last stream and the one that was put behind it are dense with dense.
    let stream = model.network.axes.len() - 1;
    let second = model.network.axes[stream].producers[0];
    assert_eq!(model.network.axes[stream - 1].consumers, [second]);
    let first = model.network.axes[stream - 1].producers[0];
    change(&mut model, &Change::RemoveLayer { layer: first });
    assert_eq!(adds(&model), [3, 11]);
    check(&model);
    check_step(&mut model);
    let mut normed = self::model(
        r#"{"input":[3],"layers":[{"type":"DynamicDense","units":4},{"type":"BatchNorm"},{"type":"DynamicDense","units":4},
            {"type":"DynamicDense","units":2}]}"#,
    );
    refused(&mut normed, 0, "layer 1 between them normalises");
}
