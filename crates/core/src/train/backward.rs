//! From the gradient of the logits back to the pre-activations of every linear layer, for one block of rows.

use super::forward::{drop_values, kernel, source};
use super::workspace::Block;
use crate::layer::{Layer, Norm, PoolKind};
use crate::model::Network;
use crate::spec::ActivationSpec;
use cambium_kernels::elementwise::{activation_backward, add_to};
use cambium_kernels::linear::{self, Epilogue, Rows};
use cambium_kernels::pooling::{average_pool_backward, max_pool_backward};
use std::ops::Range;

/// The tensor whose buffer holds the gradient of tensor `tensor`: layers that act on each value alone change it in
/// place.
pub(crate) fn gradient_of(layers: &[Layer], tensor: usize) -> usize {
    let own =
        layers[..tensor].iter().rposition(|layer| matches!(layer, Layer::Linear(_) | Layer::Pool { .. }));
    own.map_or(0, |layer| layer + 1)
}

/// Whether tensor `tensor` holds the outputs of a linear layer with Relu. A gradient by them is carried on to the
/// pre-activations while it is written.
fn is_relu_output(layers: &[Layer], tensor: usize) -> bool {
    let maker = layers[..tensor].iter().rfind(|layer| !matches!(layer, Layer::Flatten));
    matches!(maker, Some(Layer::Linear(linear)) if linear.activation == ActivationSpec::Relu)
}

/// The first layer with weights: nothing before it needs a gradient.
pub(crate) fn first_trained(layers: &[Layer]) -> usize {
    layers.iter().position(|layer| matches!(layer, Layer::Linear(_) | Layer::Norm(_))).unwrap_or(0)
}

/// Whether tensor `tensor` is added to a later one.
fn is_added(layers: &[Layer], tensor: usize) -> bool {
    let held = source(layers, tensor);
    layers.iter().any(|layer| matches!(layer, Layer::Add { from } if source(layers, *from) == held))
}

impl Block {
    /// Adds to the gradient by tensor `tensor` what came by the layers that add it to theirs.
    fn take_over(&mut self, network: &Network, tensor: usize) {
        let layers = &network.layers;
        let (held, len) = (gradient_of(layers, tensor), self.rows.len() * network.shapes[tensor].floats());
        for (index, layer) in layers.iter().enumerate() {
            if matches!(layer, Layer::Add { from } if *from == tensor) {
                let (inner, outer) = self.gradients.split_at_mut(index + 1);
                add_to(&mut inner[held][..len], &outer[0][..len]);
            }
        }
    }

    /// Carries the gradient of the logits back to the first linear layer. Afterwards the gradient buffer of each
    /// linear layer's output tensor holds the gradient by its pre-activations.
    pub(crate) fn backward(&mut self, network: &Network) {
        self.backward_layers(network, 0..network.layers.len());
    }

    /// [`Block::backward`] through some layers, the last of which must not have been masked.
    pub(crate) fn backward_layers(&mut self, network: &Network, range: Range<usize>) {
        let (images, layers) = (self.rows.len(), &network.layers);
        let first = first_trained(layers);
        let adds = layers.iter().any(|layer| matches!(layer, Layer::Add { .. }));
        // Whether the gradient in hand is by the pre-activations already.
        let mut masked = false;
        for index in (range.start.max(first)..range.end).rev() {
            let (from, to) = (network.shapes[index], network.shapes[index + 1]);
            let len = images * to.floats();
            let output = gradient_of(layers, index + 1);
            let (inner, outer) = self.gradients.split_at_mut(output);
            let (dy, later) = outer.split_first_mut().expect("the gradient has a place");
            let dy = &mut dy[..len];
            let y = &self.activations[source(layers, index + 1)];
            let x = &self.activations[source(layers, index)];
            match &layers[index] {
                Layer::Flatten => {}
                // Both tensors have the gradient of the sum; that by the earlier one waits for its other reader.
                Layer::Add { .. } => later[index - output][..len].copy_from_slice(dy),
                Layer::Norm(Norm { moving: None, .. }) => self.norm_sums(network, index),
                Layer::Norm(_) => {
                    if index > first {
                        self.through_columns(network, index);
                    }
                }
                Layer::Activation(activation) => {
                    let saved = if *activation == ActivationSpec::Gelu { x } else { y };
                    activation_backward(kernel(*activation), &saved[..len], dy);
                }
                Layer::Dropout { rate } => {
                    if self.drops && *rate > 0.0 {
                        drop_values(network, index, *rate, self.rows.start, images, dy);
                    }
                }
                Layer::Pool { kind, window, .. } => {
                    let dx = &mut inner[gradient_of(layers, index)];
                    let dy = Rows { data: dy, positions: to.positions(), images, stride: to.stride() };
                    match kind {
                        PoolKind::Max => max_pool_backward(dy, &self.argmax[index], dx, from.positions()),
                        PoolKind::Average => {
                            average_pool_backward(dy, &window.by_output, dx, from.positions())
                        }
                    }
                }
                Layer::Linear(linear) => {
                    if !std::mem::take(&mut masked) {
                        let gelu = linear.activation == ActivationSpec::Gelu;
                        let saved = if gelu { &self.before[index] } else { y };
                        activation_backward(kernel(linear.activation), &saved[..len], dy);
                    }
                    if index == first {
                        continue;
                    }
                    masked = is_relu_output(layers, index) && !(adds && is_added(layers, index));
                    let epilogue = if masked { Epilogue::Mask(x) } else { Epilogue::Linear };
                    let dx = &mut inner[gradient_of(layers, index)];
                    let dy = Rows { data: dy, positions: to.positions(), images, stride: to.stride() };
                    let (links, weights) = (&linear.window.by_input, linear.weight.weights().transpose());
                    linear::forward(dy, links, weights, None, epilogue, dx, from.stride());
                }
            }
            if adds && index > first {
                self.take_over(network, index);
            }
        }
    }
}
