//! What a trial finds and leaves has the bits of whole passes.

use super::{bits, data, labels, model};
use crate::growth::{apply, Change, Judge};
use crate::train::loss::Loss;
use crate::train::sample::Sample;
use crate::train::step::{self, measure};
use crate::train::trial::{trial, Column};
use crate::train::Dataset;
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

fn dense(activation: &str) -> Value {
    json!({"input": [9], "seed": 3, "layers": [
        {"type": "DynamicDense", "units": 7, "activation": activation}, {"type": "Activation", "activation": "tanh"},
        {"type": "DynamicDense", "units": 8, "activation": activation}, {"type": "DynamicDense", "units": 4}]})
}

/// Networks with everything that can lie on an axis; the last one is wide enough to be dealt out to blocks.
pub(super) fn networks() -> Vec<(Value, Vec<usize>)> {
    let mut all: Vec<(Value, Vec<usize>)> =
        ["relu", "linear", "leakyRelu", "gelu", "tanh", "sigmoid"].map(|a| (dense(a), vec![9])).into();
    all.push((
        json!({"input": [10, 9, 2], "seed": 4, "layers": [
            {"type": "DynamicConv2D", "filters": 8, "useBias": true}, {"type": "MaxPooling2D"},
            {"type": "DynamicConv2D", "filters": 9, "strides": [1, 1], "activation": "gelu"},
            {"type": "AveragePooling2D"}, {"type": "DynamicConv2D", "filters": 4, "strides": [1, 1]},
            {"type": "DynamicConv2DToDense", "units": 5, "activation": "sigmoid"}, {"type": "Dropout", "rate": 0.0},
            {"type": "DynamicDense", "units": 4}]}),
        vec![10, 9, 2],
    ));
    all.push((
        json!({"input": [6, 6, 1], "seed": 5, "layers": [{"type": "DynamicConv2D", "filters": 3},
            {"type": "Flatten"}, {"type": "DynamicDense", "units": 5}, {"type": "DynamicDense", "units": 4}]}),
        vec![6, 6, 1],
    ));
    all.push((
        json!({"input": [80], "seed": 6, "layers": [{"type": "DynamicDense", "units": 90},
            {"type": "DynamicDense", "units": 70}, {"type": "DynamicDense", "units": 4}]}),
        vec![80],
    ));
    let dense = |units: usize| json!({"type": "DynamicDense", "units": units});
    all.push((
        json!({"input": [9], "seed": 8, "layers": [dense(8), dense(7), dense(8), {"type": "Add", "from": 1}, dense(8),
            {"type": "Add", "from": 4}, {"type": "LayerNorm"}, dense(4)]}),
        vec![9],
    ));
    all.push((with_norm("LayerNorm"), vec![6, 6, 2]));
    all
}

/// A residual network for images, with norms on its stream, inside its block and behind them.
pub(super) fn with_norm(norm: &str) -> Value {
    let norm = json!({"type": norm});
    let conv = |filters: usize, activation: &str| json!({"type": "DynamicConv2D", "filters": filters, "strides": [1, 1], "activation": activation, "useBias": true});
    json!({"input": [6, 6, 2], "seed": 9, "layers": [conv(6, "linear"), norm, conv(5, "linear"), norm,
        {"type": "Activation", "activation": "relu"}, conv(6, "linear"), {"type": "Add", "from": 2},
        {"type": "Activation", "activation": "relu"}, {"type": "MaxPooling2D"},
        {"type": "DynamicConv2DToDense", "units": 7}, norm, {"type": "DynamicDense", "units": 4}]})
}

fn changes(model: &Model) -> Vec<(Change, usize)> {
    let axes = 0..model.network.axes.len();
    axes.flat_map(|axis| {
        let add = Change::Expand { axis: Some(axis), incoming: None, bias: None, outgoing: None };
        let width = model.network.width(axis);
        let remove = |index| (Change::Contract { axis: Some(axis), index: Some(index) }, axis);
        [(add, axis), remove(0), remove(width / 2), remove(width - 1)]
    })
    .collect()
}

fn whole(model: &mut Model, data: &Dataset, rows: &[u32], loss: Loss) -> u64 {
    let Model { network, workspace, .. } = model;
    with_team(1, |team| measure(network, workspace, data, rows, loss, team)).unwrap().mean().to_bits()
}

#[test]
fn a_trial_is_a_whole_pass_and_can_be_taken_back() {
    for (spec, shape) in networks().into_iter().chain([(with_norm("BatchNorm"), vec![6, 6, 2])]) {
        let data = data(50, &shape, labels(4), 1);
        let rows: Vec<u32> = (0..50).rev().collect();
        let loss = Loss::SoftmaxLabels;
        for (change, axis) in changes(&model(spec.clone())) {
            for threads in [1, 3] {
                let (mut one, mut other) = (model(spec.clone()), model(spec.clone()));
                let before = whole(&mut one, &data, &rows, loss);
                let report = apply(&mut one, &change).unwrap();
                let added = !report.added.is_empty();
                let index = report.added.iter().chain(&report.removed).next().unwrap().index;
                with_team(threads, |team| {
                    let Model { network, workspace, .. } = &mut one;
                    trial(network, workspace, Column { axis, index, added }, (loss, None), team).unwrap();
                });
                let after = one.workspace.scored(50).mean().to_bits();
                apply(&mut other, &change).unwrap();
                assert_eq!(after, whole(&mut other, &data, &rows, loss), "{change:?} {spec}");
                assert_ne!(after, before);
                one.workspace.undo_trial();
                assert_eq!(one.workspace.scored(50).mean().to_bits(), before, "{change:?} {spec}");
            }
        }
    }
}

#[test]
fn an_event_inside_a_step_is_one_before_it() {
    let kinds = |penalty: f64| Judge { loss: None, weight_penalty: penalty };
    for (spec, shape) in networks() {
        let data = data(50, &shape, labels(4), 1);
        let rows: Vec<u32> = (0..50).collect();
        for (change, _) in changes(&model(spec.clone())) {
            // A price that decides: additions are undone and removals kept, or the other way round.
            for (judge, count) in [(kinds(1e6), 50), (kinds(0.0), 50), (kinds(0.0), 20)] {
                let (mut inside, mut before) = (model(spec.clone()), model(spec.clone()));
                let mut events = Vec::new();
                with_team(2, |team| {
                    let sample = Sample::new(&before.network, &data, &rows[..count], None).unwrap();
                    events.push(
                        crate::growth::judge::judged(&mut before, &change, &sample, &judge, team).unwrap(),
                    );
                    let sums =
                        step::train(&mut before, &data, &rows, Loss::SoftmaxLabels, 1.0, team).unwrap();

                    let sample = Sample::of_step(&data, &rows, Loss::SoftmaxLabels, count);
                    let event = |model: &mut Model| {
                        events.push(crate::growth::judge::judged(model, &change, &sample, &judge, team)?);
                        Ok(())
                    };
                    let same =
                        step::train_around(&mut inside, &data, &rows, Loss::SoftmaxLabels, 1.0, team, event);
                    assert_eq!(sums, same.unwrap());
                });
                assert_eq!(events[0], events[1]);
                assert_eq!(bits(&inside), bits(&before), "{change:?} {spec}");
            }
        }
    }
}
