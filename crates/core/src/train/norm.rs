//! Layers that normalise: what each block does, and where all blocks wait for the statistics of the whole batch.
//!
//! What a norm finds on its way forward lies in the block's `before`: of layer normalisation, mean and `1 / sqrt(variance +
//! epsilon)` of each row at each position; of batch normalisation four rows of columns, namely these two, and room for
//! two sums (first the block's own mean and squares, then the batch's means for the way back). A norm changes gradients in
//! place, so the gradient buffer of its output tensor is free for the block's sums by gain and shift, one behind the other.

use super::backward::gradient_of;
use super::forward::source;
use super::workspace::{Block, Mode, Workspace};
use crate::axes::Role;
use crate::layer::{Layer, Norm};
use crate::model::Network;
use crate::param::Plane;
use cambium_kernels::norm;
use cambium_kernels::pool::Team;
use cambium_kernels::LANES;

/// What is done with a block.
type Task<'a> = &'a (dyn Fn(&mut Block) + Sync);

/// Columns of the arrays that layer `index` keeps for its channels, in whole vectors.
pub(crate) fn columns(network: &Network, index: usize) -> usize {
    network.shapes[index].channels.next_multiple_of(LANES)
}

/// The layers that need statistics of the whole batch in a pass of `mode`, first to last.
pub(crate) fn shared(network: &Network, mode: Mode) -> impl DoubleEndedIterator<Item = usize> + '_ {
    let layers = if mode == Mode::Training { &network.layers[..] } else { &[] };
    layers.iter().enumerate().filter(|(_, layer)| layer.is_batch_norm()).map(|(index, _)| index)
}

/// The first `N` rows of `columns` numbers in `values`.
fn split<const N: usize>(values: &mut [f32], columns: usize) -> [&mut [f32]; N] {
    let mut rows = values.chunks_exact_mut(columns);
    std::array::from_fn(|_| rows.next().expect("there is room for the rows"))
}

/// [`split`] of what is only read.
pub(crate) fn rows_of<const N: usize>(values: &[f32], columns: usize) -> [&[f32]; N] {
    let mut rows = values.chunks_exact(columns);
    std::array::from_fn(|_| rows.next().expect("there are the rows"))
}

impl Block {
    /// Outputs of the norm `index`. In training the batch's moments are there already.
    pub(super) fn normalize(&mut self, network: &Network, index: usize, mode: Mode) {
        let norm = network.norm(index);
        let (shape, columns) = (network.shapes[index], columns(network, index));
        let (len, stride) = (self.rows.len() * shape.floats(), shape.stride());
        let (earlier, later) = self.activations.split_at_mut(index + 1);
        let (x, y) = (&earlier[source(&network.layers, index)][..len], &mut later[0][..len]);
        let found = &mut self.before[index];
        let [gain, shift] = [&norm.gain, &norm.shift].map(|array| &array.plane(Plane::Value)[..columns]);
        let Some(moving) = &norm.moving else {
            let width = (shape.channels, norm.epsilon);
            return norm::normalize_rows(x, stride, width, [gain, shift], y, found);
        };
        if mode == Mode::Inference {
            let [mean, inv, by_gain, by_shift] = split(found, columns);
            mean.copy_from_slice(&moving.mean.plane(Plane::Value)[..columns]);
            let variance = &moving.variance.plane(Plane::Value)[..columns];
            inv.iter_mut()
                .zip(variance)
                .for_each(|(inv, variance)| *inv = 1.0 / (variance + norm.epsilon).sqrt());
            // Going back, these statistics are constants.
            by_gain.fill(0.0);
            by_shift.fill(0.0);
        }
        let [mean, inv] = rows_of(found, columns);
        norm::normalize_columns(x, stride, [mean, inv, gain, shift], y);
    }

    /// Mean and squares of the block's inputs of batch norm `index`.
    fn moments(&mut self, network: &Network, index: usize) {
        let (shape, columns) = (network.shapes[index], columns(network, index));
        let x = &self.activations[source(&network.layers, index)][..self.rows.len() * shape.floats()];
        let [_, _, mean, squares] = split(&mut self.before[index], columns);
        norm::column_moments(x, shape.stride(), mean, squares);
    }

    /// Sums by gain and shift of the norm `index`, from the gradient by its outputs; of layer normalisation also, in its
    /// place, the gradient by the inputs.
    pub(super) fn norm_sums(&mut self, network: &Network, index: usize) {
        let (norm, held) = (network.norm(index), gradient_of(&network.layers, index));
        let (shape, columns) = (network.shapes[index], columns(network, index));
        let (len, stride) = (self.rows.len() * shape.floats(), shape.stride());
        let x = &self.activations[source(&network.layers, index)][..len];
        let (inner, outer) = self.gradients.split_at_mut(index + 1);
        let (dy, sums) = (&mut inner[held][..len], split(&mut outer[0], columns));
        let found = &self.before[index];
        if norm.moving.is_some() {
            return norm::column_sums(dy, x, stride, rows_of(found, columns), sums);
        }
        let gain = &norm.gain.plane(Plane::Value)[..columns];
        norm::rows_backward(dy, x, (stride, shape.channels), (gain, found), sums);
    }

    /// The gradient by the inputs of batch norm `index` in place of that by its outputs, once the batch's means are there.
    pub(super) fn through_columns(&mut self, network: &Network, index: usize) {
        let (norm, held) = (network.norm(index), gradient_of(&network.layers, index));
        let (shape, columns) = (network.shapes[index], columns(network, index));
        let (len, stride) = (self.rows.len() * shape.floats(), shape.stride());
        let x = &self.activations[source(&network.layers, index)][..len];
        let [mean, inv, by_gain, by_shift] = rows_of(&self.before[index], columns);
        let gain = &norm.gain.plane(Plane::Value)[..columns];
        let dy = &mut self.gradients[held][..len];
        norm::columns_backward(dy, x, stride, [mean, inv, gain], [by_gain, by_shift]);
    }
}

impl Workspace {
    /// Runs each block through `begin`, all layers, and `end`. Blocks wait for each other only where the statistics of the
    /// whole batch are due.
    pub(crate) fn forward(&mut self, network: &Network, mode: Mode, team: &Team, begin: Task, end: Task) {
        let mut done = None;
        for index in shared(network, mode) {
            self.each_block(team, |block| {
                if done.is_none() {
                    begin(block);
                }
                block.forward_layers(network, mode, done.unwrap_or(0)..index);
                block.moments(network, index);
            });
            self.share_moments(network, index);
            done = Some(index);
        }
        self.each_block(team, |block| {
            if done.is_none() {
                begin(block);
            }
            block.forward_layers(network, mode, done.unwrap_or(0)..network.layers.len());
            end(block);
        });
        if done.is_some() {
            self.statistics_of = Some(network.step);
        }
    }

    /// Carries the gradient of the logits back through the pass of training that the blocks hold.
    pub(crate) fn backward(&mut self, network: &Network, team: &Team) {
        let mut done = network.layers.len();
        for index in shared(network, Mode::Training).rev() {
            self.each_block(team, |block| {
                block.backward_layers(network, index + 1..done);
                block.norm_sums(network, index);
            });
            self.share_sums(network, index);
            done = index + 1;
        }
        self.each_block(team, |block| block.backward_layers(network, 0..done));
    }

    /// From the blocks' moments at batch norm `index` to those of the batch, in the order of the blocks.
    fn share_moments(&mut self, network: &Network, index: usize) {
        let (positions, columns) = (network.shapes[index].positions(), columns(network, index));
        let (blocks, statistics) = self.blocks_and_statistics(index);
        let cells = |block: &Block| (block.rows.len() * positions) as f64;
        let all = blocks.iter().map(cells).sum::<f64>();
        let epsilon = f64::from(network.norm(index).epsilon);
        for column in 0..columns {
            let found = |block: &Block, row: usize| f64::from(block.before[index][row * columns + column]);
            let mean = blocks.iter().map(|block| cells(block) * found(block, 2)).sum::<f64>() / all;
            let squares = blocks.iter().map(|block| {
                let distance = found(block, 2) - mean;
                found(block, 3) + cells(block) * (distance * distance)
            });
            let variance = squares.sum::<f64>() / all;
            let inv = 1.0 / (variance + epsilon).sqrt();
            statistics[column] = mean as f32;
            statistics[columns + column] = variance as f32;
            for block in &mut *blocks {
                block.before[index][column] = mean as f32;
                block.before[index][columns + column] = inv as f32;
            }
        }
    }

    /// From the blocks' sums at batch norm `index` to means over the batch, in the order of the blocks.
    fn share_sums(&mut self, network: &Network, index: usize) {
        let (positions, columns) = (network.shapes[index].positions(), columns(network, index));
        let (blocks, _) = self.blocks_and_statistics(index);
        let all = blocks.iter().map(|block| block.rows.len() * positions).sum::<usize>() as f64;
        for column in 0..2 * columns {
            let sum = blocks.iter().map(|block| f64::from(block.gradients[index + 1][column])).sum::<f64>();
            for block in &mut *blocks {
                block.before[index][2 * columns + column] = (sum / all) as f32;
            }
        }
    }

    /// Gives the batch norms of feature `index` on hidden axis `axis`, which is new, the statistics of the last pass of
    /// training, which was made for that.
    pub(crate) fn settle(&mut self, network: &mut Network, axis: usize, index: usize) {
        self.statistics_of = None;
        let Network { axes, layers, .. } = network;
        for part in &axes[axis].parts {
            let row = match part.role {
                Role::Mean => 0,
                Role::Variance => 1,
                _ => continue,
            };
            let array = part.array_mut(layers);
            let columns = array.outputs().next_multiple_of(LANES);
            let [value, ..] = array.planes_mut();
            value[index] = self.statistics[part.layer][row * columns + index];
        }
    }

    /// Moves the moving statistics of all batch norms towards those of the last pass of training, if that was made for the
    /// present step: by a share of `1 - momentum`, and in a feature's first steps by one that makes them the plain mean.
    pub(crate) fn move_statistics(&self, network: &mut Network) {
        if self.statistics_of != Some(network.step) {
            return;
        }
        let step = network.step;
        for (layer, statistics) in network.layers.iter_mut().zip(&self.statistics) {
            let Layer::Norm(Norm { gain, moving: Some(moving), .. }) = layer else { continue };
            let columns = gain.outputs().next_multiple_of(LANES);
            if statistics.len() < 2 * columns {
                continue;
            }
            for (array, batch) in
                [&mut moving.mean, &mut moving.variance].into_iter().zip(statistics.chunks_exact(columns))
            {
                let [value, ..] = array.planes_mut();
                for ((value, batch), birth) in value.iter_mut().zip(batch).zip(gain.output_birth()) {
                    let age = step.saturating_sub(*birth) as f32;
                    let kept =
                        if age / (age + 1.0) < moving.momentum { age / (age + 1.0) } else { moving.momentum };
                    *value = kept * *value + (1.0 - kept) * batch;
                }
            }
        }
    }
}
