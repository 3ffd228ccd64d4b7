//! From features to logits, for one block of rows.

use super::workspace::{Block, Mode};
use crate::layer::{Layer, Linear, PoolKind};
use crate::model::Network;
use crate::param::Plane;
use crate::shape::Shape;
use crate::spec::ActivationSpec;
use cambium_kernels::dropout::dropout;
use cambium_kernels::elementwise::{activate, activate_in_place, add_to, clear_pads, Activation};
use cambium_kernels::linear::{self, Epilogue, Rows, Weights};
use cambium_kernels::pooling::{average_pool, max_pool};
use std::ops::Range;

/// The tensor that holds the values of tensor `tensor`: flattening moves nothing, so it has none of its own.
pub(crate) fn source(layers: &[Layer], tensor: usize) -> usize {
    let own = layers[..tensor].iter().rposition(|layer| !matches!(layer, Layer::Flatten));
    own.map_or(0, |layer| layer + 1)
}

/// The kernel of an activation.
pub(crate) fn kernel(activation: ActivationSpec) -> Activation {
    match activation {
        ActivationSpec::Linear => Activation::Linear,
        ActivationSpec::Relu => Activation::Relu,
        ActivationSpec::LeakyRelu => Activation::LeakyRelu,
        ActivationSpec::Gelu => Activation::Gelu,
        ActivationSpec::Tanh => Activation::Tanh,
        ActivationSpec::Sigmoid => Activation::Sigmoid,
    }
}

/// The seed of the dropout masks of one layer.
fn dropout_seed(network: &Network, layer: usize) -> u64 {
    network.streams.dropout ^ (layer as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Drops values of the tensor after dropout layer `layer`, or entries of its gradient: the mask is the same.
pub(crate) fn drop_values(
    network: &Network,
    layer: usize,
    rate: f32,
    first_row: usize,
    images: usize,
    data: &mut [f32],
) {
    let (shape, seed) = (network.shapes[layer], dropout_seed(network, layer));
    let (positions, channels, stride) = (shape.positions(), shape.channels, shape.stride());
    dropout(seed, network.step, first_row, images, positions, channels, stride, rate, data);
}

/// Outputs of `linear` (any activation but Gelu, whose pre-activations must be kept) for `images` rows, with `weights` and
/// `bias` in place of its own; inputs and outputs with their shapes.
pub(crate) fn forward_linear(
    linear: &Linear,
    (x, from): (&[f32], Shape),
    images: usize,
    weights: Weights,
    bias: Option<&[f32]>,
    (y, to): (&mut [f32], Shape),
) {
    let x = Rows { data: x, positions: from.positions(), images, stride: from.stride() };
    let relu = linear.activation == ActivationSpec::Relu;
    let epilogue = if relu { Epilogue::Relu } else { Epilogue::Linear };
    linear::forward(x, &linear.window.by_output, weights, bias, epilogue, y, to.stride());
    if !relu {
        activate_in_place(kernel(linear.activation), &mut y[..images * to.floats()]);
    }
    if linear.activation == ActivationSpec::Sigmoid {
        clear_pads(y, images * to.positions(), to.channels, to.stride());
    }
}

impl Block {
    /// Runs the block's rows through the layers from `first` on.
    pub(crate) fn forward_from(&mut self, network: &Network, mode: Mode, first: usize) {
        self.forward_layers(network, mode, first..network.layers.len());
    }

    /// Runs the block's rows through some layers.
    pub(crate) fn forward_layers(&mut self, network: &Network, mode: Mode, layers: Range<usize>) {
        let images = self.rows.len();
        self.drops = mode == Mode::Training;
        for (index, layer) in network.layers.iter().enumerate().take(layers.end).skip(layers.start) {
            let (from, to) = (network.shapes[index], network.shapes[index + 1]);
            let (earlier, later) = self.activations.split_at_mut(index + 1);
            let x = &earlier[source(&network.layers, index)];
            let (x_len, y_len) = (images * from.floats(), images * to.floats());
            let rows = Rows { data: x, positions: from.positions(), images, stride: from.stride() };
            let y = &mut *later[0];
            match layer {
                Layer::Flatten => {}
                Layer::Linear(linear) => {
                    let weights = linear.weight.weights();
                    let bias = linear.bias.as_ref().map(|bias| bias.plane(Plane::Value));
                    if linear.activation == ActivationSpec::Gelu {
                        let z = &mut *self.before[index];
                        let links = &linear.window.by_output;
                        linear::forward(rows, links, weights, bias, Epilogue::Linear, z, to.stride());
                        activate(Activation::Gelu, &z[..y_len], &mut y[..y_len]);
                    } else {
                        forward_linear(linear, (x, from), images, weights, bias, (y, to));
                    }
                }
                Layer::Activation(activation) => {
                    activate(kernel(*activation), &x[..x_len], &mut y[..y_len]);
                    if *activation == ActivationSpec::Sigmoid {
                        clear_pads(y, images * to.positions(), to.channels, to.stride());
                    }
                }
                Layer::Dropout { rate } => {
                    y[..y_len].copy_from_slice(&x[..x_len]);
                    if mode == Mode::Training && *rate > 0.0 {
                        drop_values(network, index, *rate, self.rows.start, images, y);
                    }
                }
                Layer::Norm(_) => self.normalize(network, index, mode),
                Layer::Add { from } => {
                    y[..y_len].copy_from_slice(&x[..x_len]);
                    add_to(&mut y[..y_len], &earlier[source(&network.layers, *from)][..x_len]);
                }
                Layer::Pool { kind: PoolKind::Max, window, .. } => {
                    max_pool(rows, &window.by_output, y, &mut self.argmax[index]);
                }
                Layer::Pool { kind: PoolKind::Average, window, .. } => {
                    average_pool(rows, &window.by_output, y);
                }
            }
        }
    }

    /// The logits of the block's rows, with pads.
    pub(crate) fn logits(&self, network: &Network) -> &[f32] {
        let tensor = source(&network.layers, network.layers.len());
        &self.activations[tensor][..self.rows.len() * network.output().floats()]
    }
}
