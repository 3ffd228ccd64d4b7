//! One training step: (A) blocks of rows run forward and all deltas; (B) bands of weights run gradient and update.

use super::backward::gradient_of;
use super::bands::{self, Work};
use super::dataset::Dataset;
use super::forward::source;
use super::loss::Loss;
use super::norm;
use super::workspace::{Block, Mode, Workspace};
use crate::error::{Code, Error, Result};
use crate::model::{Model, Network};
use cambium_kernels::pool::Team;

/// What a pass over some rows brought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    /// Sum of the rows' losses.
    pub(crate) loss: f64,
    /// Rows that are right.
    pub(crate) correct: usize,
    /// Number of rows.
    pub(crate) rows: usize,
}

impl Sums {
    /// Mean loss.
    pub(crate) fn mean(self) -> f64 {
        self.loss / self.rows as f64
    }

    /// Share of rows that are right, where `loss` knows right from wrong.
    pub(crate) fn accuracy(self, loss: Loss) -> Option<f64> {
        loss.has_accuracy().then(|| self.correct as f64 / self.rows as f64)
    }

    /// Adds the rows of another pass.
    pub(crate) fn add(&mut self, other: Sums) {
        self.loss += other.loss;
        self.correct += other.correct;
        self.rows += other.rows;
    }
}

impl Block {
    /// Reads features and targets of the block's share of `rows`.
    fn gather(&mut self, network: &Network, data: &Dataset, rows: &[u32]) {
        let rows = &rows[self.rows.clone()];
        data.gather(rows, &network.inputs, &mut self.activations[0]);
        data.gather_labels(rows, &mut self.labels);
        data.gather_values(rows, network.output().positions(), &mut self.values);
    }

    /// Takes the gradient by the logits from dense rows.
    pub(crate) fn seed_gradient(&mut self, network: &Network, given: &[f32]) {
        let (shape, images) = (network.output(), self.rows.len());
        let gradient = &mut self.gradients[gradient_of(&network.layers, network.layers.len())];
        for (index, given) in given.chunks_exact(shape.channels).enumerate() {
            let (image, position) = (index / shape.positions(), index % shape.positions());
            let row = &mut gradient[(position * images + image) * shape.stride()..][..shape.stride()];
            let (used, pads) = row.split_at_mut(shape.channels);
            used.copy_from_slice(given);
            pads.fill(0.0);
        }
    }

    /// Losses of the block's rows, whether each is right, and, with a scale, the gradient of scale x their sum by the logits.
    pub(crate) fn judge(&mut self, network: &Network, loss: Loss, scale: Option<f32>) {
        self.run_loss(network, loss, true, scale);
    }

    /// Losses of the block's rows alone.
    pub(crate) fn judge_losses(&mut self, network: &Network, loss: Loss) {
        self.run_loss(network, loss, false, None);
    }

    fn run_loss(&mut self, network: &Network, loss: Loss, asks_what_is_right: bool, scale: Option<f32>) {
        let (shape, images) = (network.output(), self.rows.len());
        let (output, len) = (network.layers.len(), images * shape.floats());
        let logits = &self.activations[source(&network.layers, output)][..len];
        let gradient = scale.map(|_| &mut self.gradients[gradient_of(&network.layers, output)][..len]);
        let targets = (self.labels.as_slice(), self.values.as_slice());
        let (correct, scale) = (asks_what_is_right.then_some(&mut self.correct[..]), scale.unwrap_or(1.0));
        loss.run(logits, shape, images, targets, scale, &mut self.losses, correct, gradient);
    }
}

/// Gathers `rows` of `data` and runs them forward, and each block then through `end`.
fn pass(
    network: &Network,
    workspace: &mut Workspace,
    (data, rows): (&Dataset, &[u32]),
    mode: Mode,
    team: &Team,
    end: &(dyn Fn(&mut Block) + Sync),
) -> Result<()> {
    workspace.prepare(network, rows.len(), team.threads(), mode)?;
    workspace.forward(network, mode, team, &|block| block.gather(network, data, rows), end);
    Ok(())
}

/// Forward pass of `rows` of `data`; logits stay in the blocks.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn forward(
    network: &Network,
    workspace: &mut Workspace,
    data: &Dataset,
    rows: &[u32],
    mode: Mode,
    team: &Team,
) -> Result<()> {
    pass(network, workspace, (data, rows), mode, team, &|_| {})
}

/// Losses of `rows` of `data`, without dropout.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn measure(
    network: &Network,
    workspace: &mut Workspace,
    data: &Dataset,
    rows: &[u32],
    loss: Loss,
    team: &Team,
) -> Result<Sums> {
    let judge = |block: &mut Block| block.judge(network, loss, None);
    pass(network, workspace, (data, rows), Mode::Inference, team, &judge)?;
    Ok(workspace.scored(rows.len()))
}

/// Phase A: losses of `rows`, and in the blocks the gradient of their mean by all pre-activations.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn deltas(
    network: &Network,
    workspace: &mut Workspace,
    data: &Dataset,
    rows: &[u32],
    loss: Loss,
    team: &Team,
) -> Result<Sums> {
    let scale = Some(1.0 / rows.len() as f32);
    let waits = norm::shared(network, Mode::Training).next().is_some();
    pass(network, workspace, (data, rows), Mode::Training, team, &|block| {
        block.judge(network, loss, scale);
        if !waits {
            block.backward(network);
        }
    })?;
    if waits {
        workspace.backward(network, team);
    }
    Ok(workspace.scored(rows.len()))
}

/// Losses of `rows` without dropout, and in the blocks the gradient of their mean by the logits, or, where it goes `back`, by all
/// pre-activations.
///
/// # Errors
/// `OutOfMemory`.
pub(crate) fn slopes(
    network: &Network,
    workspace: &mut Workspace,
    (data, rows): (&Dataset, &[u32]),
    loss: Loss,
    back: bool,
    team: &Team,
) -> Result<()> {
    workspace.prepare(network, rows.len(), team.threads(), Mode::Training)?;
    let scale = Some(1.0 / rows.len() as f32);
    let gather = |block: &mut Block| block.gather(network, data, rows);
    workspace.forward(network, Mode::Inference, team, &gather, &|block| {
        block.judge(network, loss, scale);
        if back {
            block.backward(network);
        }
    });
    Ok(())
}

/// One step on `rows` of `data`, the learning rate times `factor`.
///
/// # Errors
/// `NotFinite` when the mean loss is not finite, `OutOfMemory`; the weights are then unchanged.
pub(crate) fn train(
    model: &mut Model,
    data: &Dataset,
    rows: &[u32],
    loss: Loss,
    factor: f32,
    team: &Team,
) -> Result<Sums> {
    let sums = deltas(&model.network, &mut model.workspace, data, rows, loss, team)?;
    update(model, sums, factor, team)
}

/// [`train`] with a growth event between forward and backward: `event` finds the pass of these rows in the workspace, and
/// leaves that of the network as it then is.
///
/// # Errors
/// As [`train`], and those of `event`.
pub(crate) fn train_around(
    model: &mut Model,
    data: &Dataset,
    rows: &[u32],
    loss: Loss,
    factor: f32,
    team: &Team,
    event: impl FnOnce(&mut Model) -> Result<()>,
) -> Result<Sums> {
    let Model { network, workspace, .. } = &mut *model;
    let scale = Some(1.0 / rows.len() as f32);
    let judge = |block: &mut Block| block.judge(network, loss, scale);
    pass(network, workspace, (data, rows), Mode::Training, team, &judge)?;
    event(model)?;
    let Model { network, workspace, .. } = &mut *model;
    workspace.backward(network, team);
    let sums = workspace.scored(rows.len());
    update(model, sums, factor, team)
}

/// Phase B, after a look at the losses.
fn update(model: &mut Model, sums: Sums, factor: f32, team: &Team) -> Result<Sums> {
    let Model { network, workspace, .. } = model;
    if !sums.loss.is_finite() {
        let text = format!("the loss became {} at step {}", sums.mean(), network.step + 1);
        return Err(Error::new(Code::NotFinite, text));
    }
    bands::run(network, workspace, Work { gradient: true, update: Some(factor) }, team)?;
    network.step = network.step.saturating_add(1);
    Ok(sums)
}
