//! What a pass tells about features and about the layer that reads them, summed over all its rows.
//!
//! Sums run over images in their order, whatever the blocks are, so they do not depend on the number of threads.

use super::backward::gradient_of;
use super::forward::source;
use super::outlook::newborn_values;
use super::workspace::{grow_floats, Block, Workspace};
use crate::error::Result;
use crate::model::Network;
use crate::shape::Shape;
use cambium_kernels::columns::add_products;
use cambium_kernels::linear::{weight_gradient, Part, Rows, WeightGradient};
use cambium_kernels::simd::{Buffer, F32x4};
use cambium_kernels::window::Links;
use cambium_kernels::LANES;

/// Means and mean products of the features that a layer reads, over all rows and positions.
#[derive(Debug)]
pub(crate) struct Moments {
    /// Mean of each feature.
    pub(crate) means: Vec<f64>,
    /// Mean of the product of each two features, row by row.
    pub(crate) products: Vec<f64>,
}

/// Mean products of features with gradients, one row for each feature.
#[derive(Debug)]
pub(crate) struct Cross {
    pub(crate) products: Vec<f64>,
    pub(crate) outputs: usize,
}

/// Sums over images of products of two tensors: `x` feature by `dy` feature for each list of `links`, and sums of `dy`.
fn products<'b>(
    workspace: &'b Workspace,
    links: &Links,
    (x_shape, x_of): (Shape, &dyn Fn(&'b Block) -> &'b [f32]),
    (dy_shape, dy_of): (Shape, &dyn Fn(&'b Block) -> &'b [f32]),
) -> Result<(Buffer, Buffer)> {
    let blocks = workspace.blocks();
    let (inputs, outputs) = (x_shape.channels, dy_shape.channels);
    let stride = outputs.next_multiple_of(LANES);
    let rows = links.lists() * inputs;
    let (mut sums, mut bias) = (Buffer::default(), Buffer::default());
    grow_floats(&mut sums, rows * stride, rows * stride)?;
    grow_floats(&mut bias, stride, stride)?;
    let tensor = |shape: Shape, data: &'b [f32], images: usize| Rows {
        data,
        positions: shape.positions(),
        images,
        stride: shape.stride(),
    };
    let part = |index: usize| {
        let block = &blocks[index];
        let images = block.rows.len();
        Part { x: tensor(x_shape, x_of(block), images), dy: tensor(dy_shape, dy_of(block), images) }
    };
    let task = WeightGradient {
        by_tap: links,
        parts: blocks.len(),
        inputs,
        outputs,
        tap_rows: inputs,
        stride,
        rows: 0..rows,
    };
    weight_gradient(task, &part, &mut sums, Some(&mut bias), None);
    Ok((sums, bias))
}

impl Workspace {
    /// Moments of the features that layer `reader` reads, in the pass that the workspace holds.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn moments<'b>(&'b self, network: &Network, reader: usize) -> Result<Moments> {
        let (shape, tensor) = (network.shapes[reader], source(&network.layers, reader));
        let of = |block: &'b Block| -> &'b [f32] { &block.activations[tensor] };
        let (sums, means) = products(self, &Links::each(shape.positions()), (shape, &of), (shape, &of))?;
        let images: usize = self.blocks().iter().map(|block| block.rows.len()).sum();
        let n = (images * shape.positions()) as f64;
        let stride = shape.channels.next_multiple_of(LANES);
        let mut moments = Moments { means: Vec::new(), products: Vec::new() };
        moments.means.extend(means[..shape.channels].iter().map(|&sum| f64::from(sum) / n));
        for row in sums.chunks_exact(stride) {
            moments.products.extend(row[..shape.channels].iter().map(|&sum| f64::from(sum) / n));
        }
        Ok(moments)
    }

    /// Covariances of the features `listed`, of those that layer `reader` reads, with all of them, where it has one position: a row
    /// for each listed one. With zeros for `means`, mean products. The blocks then hold the columns of all.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn covariances_with(
        &mut self,
        network: &Network,
        reader: usize,
        listed: &[usize],
        means: &[f64],
    ) -> Result<Vec<f64>> {
        let (shape, tensor) = (network.shapes[reader], source(&network.layers, reader));
        let few = Shape { channels: listed.len(), ..shape };
        for block in self.blocks_mut() {
            block.pick(tensor, shape, listed)?;
            block.fit_columns(shape)?;
            block.turn(tensor, shape);
        }
        let (sums, _) = self.picked_products(few, shape, tensor)?;
        let rows: usize = self.blocks().iter().map(|block| block.rows.len()).sum();
        let mut covariances = Vec::new();
        let stride = shape.channels.next_multiple_of(LANES);
        for (row, &index) in sums.chunks_exact(stride).zip(listed) {
            let centred = |(&sum, mean): (&f32, &f64)| f64::from(sum) / rows as f64 - means[index] * mean;
            covariances.extend(row.iter().zip(means).map(centred));
        }
        Ok(covariances)
    }

    /// Sums of products of the picked features with those of tensor `tensor`.
    fn picked_products<'b>(&'b self, few: Shape, shape: Shape, tensor: usize) -> Result<(Buffer, Buffer)> {
        let picked = |block: &'b Block| -> &'b [f32] { newborn_values(block) };
        let all = |block: &'b Block| -> &'b [f32] { &block.activations[tensor] };
        products(self, &Links::each(1), (few, &picked), (shape, &all))
    }

    /// Covariances of the features `listed` with each other, of those whose columns the blocks hold since
    /// [`Workspace::covariances_with`]: a full matrix, of which the lower triangle is filled.
    pub(crate) fn covariances_among(&self, listed: &[usize], means: &[f64]) -> Vec<f64> {
        let n = listed.len();
        let mut sums = vec![F32x4::splat(0.0); n * (n + 1) / 2];
        let mut rows = 0;
        for block in self.blocks() {
            rows += block.rows.len();
            // Blocks of `slopes` begin at whole vectors of rows, so the sums do not depend on their number.
            add_products(&block.columns, block.rows.len().next_multiple_of(LANES), listed, &mut sums);
        }
        let (mut covariances, mut sums) = (vec![0.0; n * n], sums.into_iter());
        for (i, row) in covariances.chunks_exact_mut(n.max(1)).enumerate() {
            for ((cell, &index), sum) in row.iter_mut().zip(&listed[..=i]).zip(&mut sums) {
                *cell = f64::from(sum.sum()) / rows as f64 - means[listed[i]] * means[index];
            }
        }
        covariances
    }

    /// Mean products of the features that layer `from` reads with the gradient by the pre-activations of layer `to`, of a pass
    /// with gradients, where both have one position.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn cross<'b>(&'b self, network: &Network, from: usize, to: usize) -> Result<Cross> {
        let (x, g) = (source(&network.layers, from), gradient_of(&network.layers, to + 1));
        let inputs = |block: &'b Block| -> &'b [f32] { &block.activations[x] };
        let gradients = |block: &'b Block| -> &'b [f32] { &block.gradients[g] };
        let (from, to) = (network.shapes[from], network.shapes[to + 1]);
        let (sums, _) = products(self, &Links::each(1), (from, &inputs), (to, &gradients))?;
        Ok(Cross { products: self.dense(&sums, to.channels), outputs: to.channels })
    }

    /// Mean products of the features that layer `from` reads with those that layer `to` reads, where both have one position.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn between<'b>(&'b self, network: &Network, from: usize, to: usize) -> Result<Vec<f64>> {
        let [x, y] = [from, to].map(|layer| source(&network.layers, layer));
        let inputs = |block: &'b Block| -> &'b [f32] { &block.activations[x] };
        let others = |block: &'b Block| -> &'b [f32] { &block.activations[y] };
        let (from, to) = (network.shapes[from], network.shapes[to]);
        let (sums, _) = products(self, &Links::each(1), (from, &inputs), (to, &others))?;
        Ok(self.dense(&sums, to.channels))
    }

    /// Means over rows, without pads, of sums in rows of `columns` columns.
    fn dense(&self, sums: &[f32], columns: usize) -> Vec<f64> {
        let rows: usize = self.blocks().iter().map(|block| block.rows.len()).sum();
        let used = sums.chunks_exact(columns.next_multiple_of(LANES)).flat_map(|row| &row[..columns]);
        used.map(|&sum| f64::from(sum) / rows as f64).collect()
    }

    /// Mean and mean square of each of the features `values`, of shape `shape`, where all rows are.
    pub(crate) fn spread(&self, shape: Shape, values: &dyn Fn(&Block) -> &[f32]) -> (Vec<f64>, Vec<f64>) {
        let mut sums = (vec![0.0; shape.channels], vec![0.0; shape.channels]);
        let mut rows = 0;
        for block in self.blocks() {
            let used = block.rows.len() * shape.positions();
            rows += used;
            for row in values(block).chunks_exact(shape.stride()).take(used) {
                for ((sum, square), &value) in sums.0.iter_mut().zip(&mut sums.1).zip(row) {
                    *sum += f64::from(value);
                    *square += f64::from(value) * f64::from(value);
                }
            }
        }
        for sum in sums.0.iter_mut().chain(&mut sums.1) {
            *sum /= rows as f64;
        }
        sums
    }

    /// Mean and mean square of each feature that layer `reader` reads.
    pub(crate) fn input_spread(&self, network: &Network, reader: usize) -> (Vec<f64>, Vec<f64>) {
        let tensor = source(&network.layers, reader);
        self.spread(network.shapes[reader], &|block| &block.activations[tensor])
    }

    /// Mean square, over rows and positions, of the gradient by each pre-activation of layer `reader`, of a pass with
    /// gradients.
    pub(crate) fn gradient_squares(&self, network: &Network, reader: usize) -> Vec<f64> {
        let (shape, tensor) = (network.shapes[reader + 1], gradient_of(&network.layers, reader + 1));
        let mut squares = vec![0.0; shape.channels];
        let mut rows = 0;
        for block in self.blocks() {
            let used = block.rows.len() * shape.positions();
            rows += used;
            for row in block.gradients[tensor].chunks_exact(shape.stride()).take(used) {
                for (square, &g) in squares.iter_mut().zip(row) {
                    *square += f64::from(g) * f64::from(g);
                }
            }
        }
        squares.iter_mut().for_each(|square| *square /= rows as f64);
        squares
    }

    /// The gradient, taps x outputs for each feature, by weights with which layer `reader` would read the features
    /// `values`, of shape `shape`, of a pass with gradients.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn outgoing_gradients<'b>(
        &'b self,
        network: &Network,
        reader: usize,
        shape: Shape,
        values: &dyn Fn(&'b Block) -> &'b [f32],
    ) -> Result<Vec<Vec<f32>>> {
        let (output, tensor) = (network.shapes[reader + 1], gradient_of(&network.layers, reader + 1));
        let links = &network.linear(reader).window.by_tap;
        let gradient = |block: &'b Block| -> &'b [f32] { &block.gradients[tensor] };
        let (sums, _) = products(self, links, (shape, values), (output, &gradient))?;
        let stride = output.channels.next_multiple_of(LANES);
        let of = |feature: usize| {
            let rows = sums.chunks_exact(stride).skip(feature).step_by(shape.channels);
            rows.flat_map(|row| row[..output.channels].iter().copied()).collect()
        };
        Ok((0..shape.channels).map(of).collect())
    }
}
