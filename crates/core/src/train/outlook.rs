//! What features that are not there would do, from the gradients of a pass.

use super::axis::Axis;
use super::score::{Candidate, Place};
use super::workspace::{grow_floats, Block, Workspace};
use crate::error::{Code, Error, Result};
use crate::growth::feature::Feature;
use crate::model::Network;
use crate::shape::Shape;
use crate::train::Dataset;
use cambium_kernels::pool::Team;

/// What the first look at a newborn finds.
#[derive(Debug)]
pub(crate) struct Outlook {
    /// Gradient of the mean loss by its outgoing weights, taps x outputs.
    pub(crate) gradient: Vec<f32>,
    /// Variance of its values over rows and positions.
    pub(crate) variance: f64,
}

/// What features that may come to hidden axis `axis` would do, in the pass with gradients that the workspace holds.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn outlooks(
    network: &Network,
    workspace: &mut Workspace,
    axis: usize,
    features: &[Feature],
    team: &Team,
) -> Result<Vec<Outlook>> {
    let candidates: Vec<Candidate> = features.iter().cloned().map(Candidate::Add).collect();
    let axis = Axis::new(network, Place::Axis(axis), &candidates)?;
    for block in workspace.blocks_mut() {
        block.fit_sweep(&axis)?;
    }
    workspace.each_block(team, |block| {
        let mut sweep = std::mem::take(&mut block.sweep);
        block.newcomers(&axis, &mut sweep);
        block.sweep = sweep;
    });
    let (shape, reader) = (axis.newcomer_shape(axis.consumer), axis.consumer);
    outlooks_of(network, workspace, reader, shape)
}

/// What the features `dropped` of the rows `rows` of `data` would do, in the pass of these rows with gradients that the workspace
/// holds.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn dropped_outlooks(
    network: &Network,
    workspace: &mut Workspace,
    (data, rows): (&Dataset, &[u32]),
    dropped: &[u32],
    team: &Team,
) -> Result<Vec<Outlook>> {
    let reader = network.input_reader().map_err(|why| Error::new(Code::Structure, why))?;
    let shape = Shape { channels: dropped.len(), ..network.input() };
    for block in workspace.blocks_mut() {
        let len = block.rows.len() * shape.floats();
        grow_floats(&mut block.sweep.newcomers[0], len, len)?;
    }
    workspace.each_block(team, |block| {
        let rows = &rows[block.rows.clone()];
        data.gather_columns(rows, dropped, &mut block.sweep.newcomers[0]);
    });
    outlooks_of(network, workspace, reader, shape)
}

/// Gradients and variances of the features that the sweeps of all blocks hold.
fn outlooks_of(
    network: &Network,
    workspace: &Workspace,
    reader: usize,
    shape: Shape,
) -> Result<Vec<Outlook>> {
    let gradients = workspace.outgoing_gradients(network, reader, shape, &newborn_values)?;
    let (means, squares) = workspace.spread(shape, &newborn_values);
    let variances = means.iter().zip(squares).map(|(mean, square)| square - mean * mean);
    let outlooks = gradients.into_iter().zip(variances);
    Ok(outlooks.map(|(gradient, variance)| Outlook { gradient, variance }).collect())
}

/// The values of the features that the sweep of a block holds.
pub(super) fn newborn_values(block: &Block) -> &[f32] {
    &block.sweep.newcomers[0]
}

impl Block {
    /// Lets the sweep hold the features `picked` of tensor `tensor`, of shape `shape`: at least one.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn pick(&mut self, tensor: usize, shape: Shape, picked: &[usize]) -> Result<()> {
        let few = Shape { channels: picked.len(), ..shape };
        let len = self.rows.len() * few.floats();
        grow_floats(&mut self.sweep.newcomers[0], len, len)?;
        let to = self.sweep.newcomers[0][..len].chunks_exact_mut(few.stride());
        for (to, row) in to.zip(self.activations[tensor].chunks_exact(shape.stride())) {
            to.iter_mut().zip(picked).for_each(|(to, &index)| *to = row[index]);
        }
        Ok(())
    }
}
