//! From the gradient of the logits back to the pre-activations of every linear layer, for one block of rows.

use super::forward::{drop_values, kernel, source};
use super::workspace::Block;
use crate::layer::{Layer, PoolKind};
use crate::model::Network;
use crate::param::stride_for;
use crate::spec::ActivationSpec;
use cambium_kernels::elementwise::activation_backward;
use cambium_kernels::linear::{self, Epilogue, Rows, Weights};
use cambium_kernels::pooling::{average_pool_backward, max_pool_backward};

/// The tensor whose buffer holds the gradient of tensor `tensor`: layers that act on each value alone change it in
/// place.
pub(crate) fn gradient_of(layers: &[Layer], tensor: usize) -> usize {
    let own =
        layers[..tensor].iter().rposition(|layer| matches!(layer, Layer::Linear(_) | Layer::Pool { .. }));
    own.map_or(0, |layer| layer + 1)
}

impl Block {
    /// Carries the gradient of the logits back to the first linear layer. Afterwards the gradient buffer of each
    /// linear layer's output tensor holds the gradient by its pre-activations.
    pub(crate) fn backward(&mut self, network: &Network, transposed: &[Vec<f32>]) {
        let (images, layers) = (self.rows.len(), &network.layers);
        let first = layers.iter().position(|layer| matches!(layer, Layer::Linear(_))).unwrap_or(0);
        for index in (first..layers.len()).rev() {
            let (from, to) = (network.shapes[index], network.shapes[index + 1]);
            let len = images * to.row_stride();
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
                    let dx = &mut inner[gradient_of(layers, index)][..images * from.row_stride()];
                    let dy = Rows { data: dy, positions: to.positions(), stride: to.stride() };
                    match kind {
                        PoolKind::Max => {
                            max_pool_backward(dy, &self.argmax[index], images, dx, from.positions())
                        }
                        PoolKind::Average => {
                            average_pool_backward(dy, &window.by_output, images, dx, from.positions())
                        }
                    }
                }
                Layer::Linear(linear) => {
                    let saved =
                        if linear.activation == ActivationSpec::Gelu { &self.before[index] } else { y };
                    activation_backward(kernel(linear.activation), &saved[..len], dy);
                    if index == first {
                        continue;
                    }
                    let dx = &mut inner[gradient_of(layers, index)][..images * from.row_stride()];
                    let dy = Rows { data: dy, positions: to.positions(), stride: to.stride() };
                    let stride = stride_for(from.channels);
                    let weights = Weights { data: &transposed[index], tap_rows: to.channels, stride };
                    let (links, none) = (&linear.window.by_input, Epilogue::Linear);
                    let (positions, stride) = (from.positions(), from.stride());
                    linear::forward(
                        dy,
                        links,
                        images,
                        to.channels,
                        weights,
                        None,
                        none,
                        dx,
                        positions,
                        stride,
                    );
                }
            }
        }
    }
}
