//! Gradients for judging: of the loss outside of training, where nothing is dropped and moving statistics are constants.

use super::{data, labels, model};
use crate::param::Plane;
use crate::train::backward::gradient_of;
use crate::train::loss::Loss;
use crate::train::step::{measure, slopes};
use crate::train::{train_on_batch, Dataset};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

const ROWS: u32 = 40;

/// The gradient by each bias of layer 0: sums over rows of that by its pre-activations.
fn by_bias(model: &mut Model, data: &Dataset) -> Vec<f32> {
    let Model { network, workspace, .. } = model;
    let rows: Vec<u32> = (0..ROWS).collect();
    with_team(1, |team| slopes(network, workspace, data, &rows, Loss::SoftmaxLabels, team)).unwrap();
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
