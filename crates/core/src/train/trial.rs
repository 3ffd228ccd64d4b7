//! Losses with one feature more or less, from a pass that was made without the change.
//!
//! Only what the change reaches is computed: the feature's own column, the layers that pass the axis on, and everything
//! from its reader on. The tensors of the pass are kept aside, so that an undone change costs nothing more and a kept one
//! leaves the pass as if it had been made with it: every number has the bits of a whole pass.

use super::forward::{forward_linear, source};
use super::loss::Loss;
use super::step::Sums;
use super::workspace::{grow_floats, Block, Mode, Workspace};
use crate::error::Result;
use crate::layer::Linear;
use crate::model::Network;
use crate::param::Plane;
use crate::shape::Shape;
use crate::spec::ActivationSpec;
use cambium_kernels::columns;
use cambium_kernels::linear::Weights;
use cambium_kernels::pool::Team;
use cambium_kernels::simd::Buffer;
use cambium_kernels::LANES;

/// A feature that has come to an axis or gone from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// The hidden axis.
    pub(crate) axis: usize,
    /// Where the feature stands, or stood.
    pub(crate) index: usize,
    /// Whether it has come.
    pub(crate) added: bool,
}

/// The weights of one output feature as a layer of their own, rows of one vector.
fn column_of(linear: &Linear, index: usize, column: &mut Buffer) -> Result<()> {
    let weight = &linear.weight;
    let rows = weight.taps() * weight.inputs();
    grow_floats(column, rows * LANES, weight.taps() * weight.in_capacity() * LANES)?;
    let values = weight.view(Plane::Value);
    for (row, &value) in column.chunks_exact_mut(LANES).zip(values.index_axis(ndarray::Axis(2), index)) {
        row[0] = value;
    }
    Ok(())
}

/// Losses of the rows of the pass in `workspace`, which was made before the feature of `change` came or went; `network` has
/// it or has lost it. With a scale also the gradient of scale x their sum by the logits, and which rows are right.
/// [`Workspace::undo_trial`] takes all of it back.
///
/// # Errors
/// `OutOfMemory`; the pass is then as before.
pub(crate) fn trial(
    network: &Network,
    workspace: &mut Workspace,
    change: Column,
    (loss, scale): (Loss, Option<f32>),
    team: &Team,
) -> Result<()> {
    let producer = network.axes[change.axis].producers[0];
    let linear = network.linear(producer);
    // The slope of Gelu needs the column's pre-activations as well, so there the whole layer runs again.
    let whole = linear.activation == ActivationSpec::Gelu;
    if change.added && !whole {
        column_of(linear, change.index, &mut workspace.column)?;
    }
    let mode = if scale.is_some() { Mode::Training } else { Mode::Inference };
    workspace.begin_trial(network, producer + 1, mode)?;
    let column = std::mem::take(&mut workspace.column);
    let weights = Weights {
        data: &column,
        tap_rows: linear.weight.inputs(),
        stride: LANES,
        inputs: linear.weight.inputs(),
        outputs: 1,
        transposed: false,
    };
    workspace.each_block(team, |block| {
        if !whole {
            block.change_column(network, producer, change, weights);
        }
        block.forward_from(network, Mode::Inference, if whole { producer } else { producer + 1 });
        match scale {
            Some(_) => block.judge(network, loss, scale),
            None => block.judge_losses(network, loss),
        }
    });
    workspace.column = column;
    Ok(())
}

impl Block {
    /// The outputs of layer `producer` with the column of `change`, or without it, from those kept aside.
    fn change_column(&mut self, network: &Network, producer: usize, change: Column, weights: Weights) {
        let (linear, new) = (network.linear(producer), network.shapes[producer + 1]);
        let images = self.rows.len();
        let channels = if change.added { new.channels - 1 } else { new.channels + 1 };
        let old = Shape { channels, ..new };
        if change.added {
            let x = &self.activations[source(&network.layers, producer)];
            let from = network.shapes[producer];
            let bias = linear.bias.as_ref().map(|bias| {
                let mut four = [0.0; LANES];
                four[0] = bias.plane(Plane::Value)[change.index];
                four
            });
            let to = Shape { channels: 1, ..new };
            let bias = bias.as_ref().map(<[f32; LANES]>::as_slice);
            forward_linear(linear, (x, from), images, weights, bias, (&mut self.column, to));
        }
        let before = (&self.aside.activations[producer + 1][..], old.stride());
        let rows = images * new.positions();
        let after = (&mut self.activations[producer + 1][..rows * new.stride()], new.stride());
        match change.added {
            true => columns::insert(before, &self.column, change.index, after),
            false => columns::remove(before, change.index, after),
        }
    }
}

impl Workspace {
    /// Mean loss and more of the first `count` rows of the pass.
    pub(crate) fn scored(&self, count: usize) -> Sums {
        let (loss, correct) = self.sums(count);
        Sums { loss, correct, rows: count }
    }
}
