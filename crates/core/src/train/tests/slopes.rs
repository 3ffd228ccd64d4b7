//! Gradients for judging: of the loss outside of training, where nothing is dropped and moving statistics are constants.

use super::trial::{networks, with_norm};
use super::{data, labels, model};
use crate::growth::judge::judged;
use crate::growth::{Change, Judge, Verdict};
use crate::layer::Layer;
use crate::param::Plane;
use crate::train::backward::gradient_of;
use crate::train::loss::Loss;
use crate::train::step::{measure, slopes};
use crate::train::{train_on_batch, Dataset, Sample};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

const ROWS: u32 = 40;

/// The gradient by each bias of layer 0: sums over rows of that by its pre-activations.
fn by_bias(model: &mut Model, data: &Dataset) -> Vec<f32> {
    let Model { network, workspace, .. } = model;
    let rows: Vec<u32> = (0..ROWS).collect();
    with_team(1, |team| slopes(network, workspace, (data, &rows), Loss::SoftmaxLabels, true, team)).unwrap();
    let (shape, tensor) = (network.shapes[1], gradient_of(&network.layers, 1));
    let mut sums = vec![0.0; shape.channels];
    for block in workspace.blocks() {
        let used = block.rows.len() * shape.positions();
        for row in block.gradients[tensor].chunks_exact(shape.stride()).take(used) {
            sums.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
    }
    sums
}

#[test]
fn are_those_of_the_loss_outside_of_training() {
    let dense = |units: usize| json!({"type": "DynamicDense", "units": units, "activation": "tanh"});
    let spec: Value = json!({"input": [5], "seed": 1, "layers": [dense(6), {"type": "BatchNorm"}, {"type": "Dropout", "rate": 0.4},
        dense(6), {"type": "Add", "from": 2}, {"type": "LayerNorm"}, dense(3)]});
    let data = data(ROWS as usize, &[5], labels(3), 1);
    let mut model = model(spec);
    for _ in 0..3 {
        train_on_batch(&mut model, &data, 1).unwrap();
    }
    let found = by_bias(&mut model, &data);
    for (index, &found) in found.iter().enumerate() {
        let mut loss_at = |change: f32| {
            let bias = model.network.linear_mut(0).bias.as_mut().unwrap();
            bias.view_mut(Plane::Value)[[0, 0, index]] += change;
            let Model { network, workspace, .. } = &mut model;
            let rows: Vec<u32> = (0..ROWS).collect();
            let sums =
                with_team(1, |team| measure(network, workspace, &data, &rows, Loss::SoftmaxLabels, team));
            sums.unwrap().mean()
        };
        let (above, below) = (loss_at(5e-3), loss_at(-1e-2));
        loss_at(5e-3);
        let slope = (above - below) / 1e-2;
        assert!((slope - f64::from(found)).abs() < 2e-3 * slope.abs().max(0.05), "{index}: {found} {slope}");
    }
}

/// The squares of the gradients by the outputs of every linear layer.
fn squares(model: &Model) -> Vec<Vec<f64>> {
    let layers = model.network.layers.iter().enumerate();
    let linear = layers.filter(|(_, layer)| matches!(layer, Layer::Linear(_)));
    linear.map(|(index, _)| model.workspace.gradient_squares(&model.network, index)).collect()
}

#[test]
fn go_on_from_a_pass_in_which_a_feature_was_tried() {
    let mut seen = [0, 0];
    for (spec, shape) in networks().into_iter().chain([(with_norm("BatchNorm"), vec![6, 6, 2])]) {
        let (data, rows) = (data(50, &shape, labels(4), 1), (0..50).collect::<Vec<u32>>());
        let trained = || {
            let mut model = model(spec.clone());
            train_on_batch(&mut model, &data, 1).unwrap();
            model
        };
        let network = trained().network;
        for axis in (0..network.axes.len()).filter(|&axis| Sample::outlasts(&network, axis)) {
            for (penalty, verdict) in [(1e6, Verdict::Undone), (0.0, Verdict::Kept)] {
                let mut model = trained();
                let change = Change::Expand { axis: Some(axis), incoming: None, bias: None, outgoing: None };
                let judge = Judge { loss: None, weight_penalty: penalty };
                let sample = Sample::new(&model.network, &data, &rows, None).unwrap();
                with_team(2, |team| {
                    let held = sample.hold(&mut model, team).unwrap();
                    let event = judged(&mut model, &change, &held, &judge, team).unwrap();
                    seen[usize::from(event.verdict == Verdict::Kept)] += 1;
                    let likely = event.verdict == verdict || verdict == Verdict::Kept;
                    assert!(likely, "{event:?}");
                    let held = held.hold_with_gradients(&mut model, team).unwrap();
                    let found = (squares(&model), held.before(&mut model, team).unwrap());
                    let anew = sample.hold_with_gradients(&mut model, team).unwrap();
                    let whole = (squares(&model), anew.before(&mut model, team).unwrap());
                    assert_eq!(found, whole, "axis {axis}, {verdict:?}, {spec}");
                });
            }
        }
    }
    assert!(seen[0] > 10 && seen[1] > 5, "{seen:?}");
}
