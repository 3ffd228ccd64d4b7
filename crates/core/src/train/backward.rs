//! From the gradient of the logits back to the pre-activations of every linear layer, for one block of rows.

use super::forward::{drop_values, kernel, source};
use super::workspace::Block;
use crate::layer::{Layer, PoolKind};
use crate::model::Network;
use crate::spec::ActivationSpec;
use cambium_kernels::elementwise::activation_backward;
use cambium_kernels::linear::{self, Epilogue, Rows};
use cambium_kernels::pooling::{average_pool_backward, max_pool_backward};

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

impl Block {
    /// Carries the gradient of the logits back to the first linear layer. Afterwards the gradient buffer of each
    /// linear layer's output tensor holds the gradient by its pre-activations.
    pub(crate) fn backward(&mut self, network: &Network) {
        let (images, layers) = (self.rows.len(), &network.layers);
        let first = layers.iter().position(|layer| matches!(layer, Layer::Linear(_))).unwrap_or(0);
        // Whether the gradient in hand is by the pre-activations already.
        let mut masked = false;
        for index in (first..layers.len()).rev() {
            let (from, to) = (network.shapes[index], network.shapes[index + 1]);
            let len = images * to.floats();
            let output = gradient_of(layers, index + 1);
            let (inner, outer) = self.gradients.split_at_mut(output);
            let dy = &mut outer[0][..len];
            let y = &self.activations[source(layers, index + 1)];
            let x = &self.activations[source(layers, index)];
            match &layers[index] {
                Layer::Flatten => {}
                Layer::Activation(activation) => {
                    let saved = if *activation == ActivationSpec::Gelu { x } else { y };
                    activation_backward(kernel(*activation), &saved[..len], dy);
                }
                Layer::Dropout { rate } => {
                    if *rate > 0.0 {
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
                    masked = is_relu_output(layers, index);
                    let epilogue = if masked { Epilogue::Mask(x) } else { Epilogue::Linear };
                    let dx = &mut inner[gradient_of(layers, index)];
                    let dy = Rows { data: dy, positions: to.positions(), images, stride: to.stride() };
                    let (links, weights) = (&linear.window.by_input, linear.weight.weights().transpose());
                    linear::forward(dy, links, weights, None, epilogue, dx, from.stride());
                }
            }
        }
    }
}
