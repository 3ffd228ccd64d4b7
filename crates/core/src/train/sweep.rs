//! One sweep over the candidates on one axis.
//!
//! A feature reaches the loss through the pre-activations `Z` of the layer that reads it: with its values `a` and its
//! outgoing weights `w` (one row per tap), removing it gives `Z - a w` and adding one `Z + a w`. So the pass is made once
//! up to `Z`; then the `Z` of several candidates lie side by side, like the rows of a larger batch, and run through the
//! rest of the network together. A row in which the feature is zero, as about half of them are behind Relu, keeps its
//! loss and is left out.

use super::axis::Axis;
use super::forward::{kernel, source};
use super::loss::Loss;
use super::score::{Candidate, Replacement};
use super::workspace::{grow, grow_floats, Block, Mode};
use crate::error::Result;
use crate::layer::{Layer, PoolKind};
use crate::param::Plane;
use crate::shape::Shape;
use crate::spec::ActivationSpec;
use crate::train::Dataset;
use cambium_kernels::columns::{remainder, touched};
use cambium_kernels::elementwise::{activate_in_place, add_outer, add_rows, clear_pads};
use cambium_kernels::linear::{self, Epilogue, Rows, Weights};
use cambium_kernels::pooling::{average_pool, max_pool};
use cambium_kernels::simd::Buffer;
use cambium_kernels::LANES;
use std::ops::Range;

/// Rows that run through the rest of the network together: enough to make the calls cheap, few enough that a layer of 64
/// features stays in a second-level cache.
const STACK_ROWS: usize = 1024;

/// What a sweep needs beside a block's pass.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// Pre-activations of the reader, without any change.
    z: Buffer,
    /// The values of all features that may come, before and behind a layer that passes them on.
    pub(super) newcomers: [Buffer; 2],
    /// What is lost with one feature.
    lost: Buffer,
    argmax: Vec<u32>,
    /// One feature's values, one vector for each position of each row.
    column: Buffer,
    /// What one feature does to the pre-activations.
    effect: Buffer,
    /// A candidate's outgoing weights, one row per tap.
    outgoing: Buffer,
    /// The rest of the network, with the rows of several candidates.
    stack: Option<Box<Block>>,
    /// Rows of the block in which one feature is not zero.
    touched: Vec<u32>,
    /// Which candidate, and which row of the block, each row of the stack is.
    stacked: Vec<(u32, u32)>,
    /// The rows of the stack, as rows of the data set.
    rows: Vec<u32>,
    /// Loss of each row with each candidate.
    pub(super) losses: Vec<f32>,
}

impl Sweep {
    /// Runs the rows of the stack through the rest of the network, and empties it.
    fn run(&mut self, axis: &Axis, stack: &mut Block, data: &Dataset, rows: &[u32], loss: Loss) {
        let (images, count) = (rows.len(), self.stacked.len());
        if count == 0 {
            return;
        }
        let all = stack.rows.clone();
        if axis.network.shapes[axis.consumer + 1..].iter().all(|shape| shape.positions() == 1) {
            // Rows of plain features lie one behind the other, so those that are not there need not be run.
            stack.rows = 0..count;
        }
        self.rows.clear();
        self.rows.extend(self.stacked.iter().map(|&(_, row)| rows[row as usize]));
        self.rows.resize(stack.rows.len(), rows[0]);
        data.gather_labels(&self.rows, &mut stack.labels);
        data.gather_values(&self.rows, axis.network.output().positions(), &mut stack.values);
        stack.run_rest(axis);
        stack.judge_losses(axis.network, loss);
        for (&(candidate, row), &found) in self.stacked.iter().zip(&stack.losses) {
            self.losses[candidate as usize * images + row as usize] = found;
        }
        self.stacked.clear();
        stack.rows = all;
    }
}

impl Block {
    /// Rows of the stack: those of several candidates.
    fn stack_rows(&self, axis: &Axis) -> usize {
        let images = self.rows.len();
        STACK_ROWS.max(images).min(images * axis.candidates.len().max(1))
    }

    pub(super) fn fit_sweep(&mut self, axis: &Axis) -> Result<()> {
        let (images, stack_rows, output) = (self.rows.len(), self.stack_rows(axis), axis.output());
        let (effect, cells) =
            (images * output.floats(), images * axis.network.shapes[axis.consumer].positions());
        let first = axis.producer.map_or(axis.consumer, |layer| layer + 1);
        let most = (first..=axis.consumer)
            .map(|tensor| images * axis.newcomer_shape(tensor).floats())
            .fold(0, usize::max);
        let sweep = &mut self.sweep;
        grow_floats(&mut sweep.z, effect, effect)?;
        grow_floats(&mut sweep.effect, effect, effect)?;
        grow_floats(&mut sweep.column, cells * LANES, cells * LANES)?;
        for buffer in &mut sweep.newcomers {
            grow_floats(buffer, most, most)?;
        }
        grow(&mut sweep.argmax, most, most)?;
        let lost = cells.next_multiple_of(LANES);
        grow_floats(&mut sweep.lost, lost, lost)?;
        let all = axis.candidates.len() * images;
        grow(&mut sweep.losses, all, all)?;
        let weight = &axis.reader().weight;
        let outgoing = weight.taps() * weight.outputs().next_multiple_of(LANES);
        grow_floats(&mut sweep.outgoing, outgoing, outgoing)?;
        let stack = sweep.stack.get_or_insert_default();
        stack.rows = 0..stack_rows;
        stack.fit_from(axis.network, Mode::Inference, axis.consumer + 1)?;
        match axis.newcomers < axis.candidates.len() {
            true => self.fit_columns(axis.network.shapes[axis.consumer]),
            false => Ok(()),
        }
    }

    /// The losses of all candidates.
    pub(super) fn sweep(&mut self, axis: &Axis, data: &Dataset, rows: &[u32], loss: Loss) {
        let mut sweep = std::mem::take(&mut self.sweep);
        let mut stack = sweep.stack.take().expect("there is room for a stack");
        self.before_reader(axis, &mut sweep);
        self.newcomers(axis, &mut sweep);
        if axis.newcomers < axis.candidates.len() {
            self.turn(source(&axis.network.layers, axis.consumer), axis.network.shapes[axis.consumer]);
        }
        let (images, room) = (self.rows.len(), stack.rows.len());
        let rows = &rows[self.rows.clone()];
        let mut newcomers = 0..axis.newcomers;
        for (index, candidate) in axis.candidates.iter().enumerate() {
            if sweep.stacked.len() + images > room {
                sweep.run(axis, &mut stack, data, rows, loss);
            }
            sweep.losses[index * images..][..images].copy_from_slice(&self.losses[..images]);
            self.put(
                axis,
                &mut sweep,
                candidate,
                &mut newcomers,
                &mut stack.activations[axis.consumer + 1],
                room,
            );
            sweep.stacked.extend(sweep.touched.iter().map(|&row| (index as u32, row)));
        }
        sweep.run(axis, &mut stack, data, rows, loss);
        sweep.stack = Some(stack);
        self.sweep = sweep;
    }

    /// Pre-activations of the reader.
    fn before_reader(&self, axis: &Axis, sweep: &mut Sweep) {
        let (reader, images) = (axis.reader(), self.rows.len());
        let output = axis.output();
        if reader.activation == ActivationSpec::Linear {
            let len = images * output.floats();
            return sweep.z[..len].copy_from_slice(&self.activations[axis.consumer + 1][..len]);
        }
        let (x, shape) = self.input_of(axis);
        let x = Rows { data: x, positions: shape.positions(), images, stride: shape.stride() };
        let bias = reader.bias.as_ref().map(|bias| bias.plane(Plane::Value));
        let (links, weights) = (&reader.window.by_output, reader.weight.weights());
        linear::forward(x, links, weights, bias, Epilogue::Linear, &mut sweep.z, output.stride());
    }

    fn input_of<'b>(&'b self, axis: &Axis) -> (&'b [f32], Shape) {
        let layers = &axis.network.layers;
        (&self.activations[source(layers, axis.consumer)], axis.network.shapes[axis.consumer])
    }

    /// The values of all newcomers where the reader reads them.
    pub(super) fn newcomers(&self, axis: &Axis, sweep: &mut Sweep) {
        let Some(producer) = axis.producer.filter(|_| axis.newcomers > 0) else { return };
        let (network, images) = (axis.network, self.rows.len());
        let maker = network.linear(producer);
        let from = network.shapes[producer];
        let x = Rows {
            data: &self.activations[source(&network.layers, producer)],
            positions: from.positions(),
            images,
            stride: from.stride(),
        };
        let weights = Weights {
            data: &axis.incoming,
            tap_rows: maker.weight.inputs(),
            stride: axis.newcomers.next_multiple_of(LANES),
            inputs: maker.weight.inputs(),
            outputs: axis.newcomers,
            transposed: false,
        };
        let shape = axis.newcomer_shape(producer + 1);
        let (links, bias) = (&maker.window.by_output, maker.bias.as_ref().map(|_| &*axis.bias));
        let [y, other] = &mut sweep.newcomers;
        linear::forward(x, links, weights, bias, Epilogue::Linear, y, shape.stride());
        activate_in_place(kernel(maker.activation), &mut y[..images * shape.floats()]);
        for index in producer + 1..axis.consumer {
            let (from, to) = (axis.newcomer_shape(index), axis.newcomer_shape(index + 1));
            match &network.layers[index] {
                Layer::Activation(activation) => {
                    activate_in_place(kernel(*activation), &mut y[..images * to.floats()]);
                }
                Layer::Pool { kind, window, .. } => {
                    let x = Rows { data: y, positions: from.positions(), images, stride: from.stride() };
                    match kind {
                        PoolKind::Max => max_pool(x, &window.by_output, other, &mut sweep.argmax),
                        PoolKind::Average => average_pool(x, &window.by_output, other),
                    }
                    std::mem::swap(y, other);
                }
                Layer::Linear(_) | Layer::Flatten | Layer::Dropout { .. } => {}
                Layer::Norm(_) | Layer::Add { .. } => unreachable!("such axes are not swept"),
            }
        }
    }

    /// Writes the pre-activations with `candidate` behind those that `stacked` holds, which has `room` rows at each
    /// position, for the rows that it touches.
    fn put(
        &self,
        axis: &Axis,
        sweep: &mut Sweep,
        candidate: &Candidate,
        newcomers: &mut Range<usize>,
        stacked: &mut [f32],
        room: usize,
    ) {
        let (images, output, weight) = (self.rows.len(), axis.output(), &axis.reader().weight);
        let (outputs, columns) = (weight.outputs(), weight.outputs().next_multiple_of(LANES));
        let mut row = [0.0; LANES];
        let from = axis.network.shapes[axis.consumer];
        let cells = (images * from.positions()).next_multiple_of(LANES);
        let (values, stride, sign) = match candidate {
            Candidate::Add(_) => {
                let stride = axis.newcomer_shape(axis.consumer).stride();
                (&sweep.newcomers[0][newcomers.next().expect("as many as candidates")..], stride, 1.0)
            }
            Candidate::Remove(index) => (&self.columns[index * cells..], 1, -1.0),
            Candidate::Replace(Replacement { index, shares, constant }) => {
                remainder(&self.columns, *index, shares, *constant, &mut sweep.lost[..cells]);
                (&*sweep.lost, 1, -1.0)
            }
        };
        // One row of weights for each tap; pads are zero.
        let weights = &mut sweep.outgoing;
        for (tap, to) in weights.chunks_exact_mut(columns).take(weight.taps()).enumerate() {
            match candidate {
                Candidate::Remove(index) | Candidate::Replace(Replacement { index, .. }) => {
                    let from = (tap * weight.in_capacity() + index) * weight.out_stride();
                    to.copy_from_slice(&weight.plane(Plane::Value)[from..from + columns]);
                }
                Candidate::Add(feature) => {
                    to.fill(0.0);
                    let strip = feature.strips.last().expect("outgoing weights come last");
                    to[..outputs].copy_from_slice(&strip.planes[0][tap * outputs..][..outputs]);
                }
            }
            to.iter_mut().for_each(|w| *w *= sign);
        }
        sweep.touched.resize(images, 0);
        let count = touched(values, stride, from.positions(), images, &mut sweep.touched);
        sweep.touched.truncate(count);
        let (first, touched) = (sweep.stacked.len(), &*sweep.touched);
        if weight.taps() == 1 && output.positions() == 1 {
            let to = &mut stacked[first * output.stride()..];
            return add_outer(&sweep.z, output.stride(), (values, stride), &weights[..columns], touched, to);
        }
        for (value, four) in values.iter().step_by(stride).zip(sweep.column.chunks_exact_mut(LANES)) {
            row[0] = *value;
            four.copy_from_slice(&row);
        }
        let x = Rows { data: &sweep.column, positions: from.positions(), images, stride: LANES };
        let weights =
            Weights { data: weights, tap_rows: 1, stride: columns, inputs: 1, outputs, transposed: false };
        let links = &axis.reader().window.by_output;
        linear::forward(x, links, weights, None, Epilogue::Linear, &mut sweep.effect, output.stride());
        for position in 0..output.positions() {
            let here = position * images * output.stride()..(position + 1) * images * output.stride();
            let to = &mut stacked[(position * room + first) * output.stride()..];
            add_rows(&sweep.z[here.clone()], &sweep.effect[here], output.stride(), touched, to);
        }
    }

    /// From the pre-activations of the reader to the logits.
    fn run_rest(&mut self, axis: &Axis) {
        let (output, images, activation) = (axis.output(), self.rows.len(), axis.reader().activation);
        let y = &mut self.activations[axis.consumer + 1];
        activate_in_place(kernel(activation), &mut y[..images * output.floats()]);
        if activation == ActivationSpec::Sigmoid {
            clear_pads(y, images * output.positions(), output.channels, output.stride());
        }
        self.forward_from(axis.network, Mode::Inference, axis.consumer + 1);
    }
}
