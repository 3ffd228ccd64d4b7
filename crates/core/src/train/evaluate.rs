//! Outputs, losses and single steps, outside of a `fit`.

use super::bands::{self, Work};
use super::dataset::Dataset;
use super::loss::{default_for, predictions, Loss};
use super::report::Evaluation;
use super::step::{self, Sums};
use super::workspace::{each, worth, Mode, Pending, Workspace};
use crate::checkpoint;
use crate::error::{try_reserve, try_zeros, Code, Error, Result};
use crate::model::{Model, Network};
use crate::param::Plane;
use cambium_kernels::pool::{self, with_team, Team};

/// Floats of activations that one pass over many rows may hold: 16 MiB.
const PASS_FLOATS: usize = 4 << 20;

/// Most rows of one such pass. More would not make the kernels faster.
const PASS_ROWS: usize = 512;

/// Rows per pass over data of any length.
pub(super) fn pass_rows(network: &Network) -> usize {
    let per_row: usize = network.shapes.iter().map(|shape| shape.floats()).sum();
    (PASS_FLOATS / per_row).clamp(1, PASS_ROWS)
}

/// The loss for `data`, with all checks.
pub(crate) fn checked_loss(network: &Network, data: &Dataset) -> Result<Loss> {
    data.check_shape(network.inputs.row())?;
    let loss = Loss::resolve(network.loss, data, network.output())?;
    loss.check_values(data)?;
    Ok(loss)
}

/// From its first training on a model knows its loss: predictions and saved states need it.
pub(crate) fn settle_loss(network: &mut Network, data: &Dataset) {
    network.loss = network.loss.or(default_for(data.spec().targets));
}

/// Losses of `rows`, `pass` rows at a time; the sums do not depend on `pass`.
pub(crate) fn measure(
    network: &Network,
    workspace: &mut Workspace,
    data: &Dataset,
    rows: &[u32],
    loss: Loss,
    pass: Option<usize>,
    team: &Team,
) -> Result<Sums> {
    let mut sums = Sums::default();
    for rows in rows.chunks(pass.unwrap_or(pass_rows(network)).max(1)) {
        sums.add(step::measure(network, workspace, data, rows, loss, team)?);
    }
    Ok(sums)
}

/// Mean loss and accuracy over all rows of `data`, `batch` rows at a time (fewer where there are fewer). Dropout does
/// nothing. The result does not depend on `batch` or `threads`.
///
/// # Errors
/// `Shape`, `Option` and `Label` where rows, targets and outputs do not fit, `NotFinite` for a loss that is not finite,
/// `OutOfMemory`.
pub fn evaluate(model: &mut Model, data: &Dataset, batch: usize, threads: usize) -> Result<Evaluation> {
    if batch == 0 {
        return Err(Error::new(Code::Option, "batchSize is 0; use at least 1 row"));
    }
    let loss = checked_loss(&model.network, data)?;
    let rows = data.all_rows()?;
    let Model { network, workspace, .. } = model;
    let together = batch.min(rows.len());
    let sums = with_team(worth(network, together, threads, Mode::Inference), |team| {
        measure(network, workspace, data, &rows, loss, Some(batch), team)
    })?;
    evaluation(sums, loss)
}

fn evaluation(sums: Sums, loss: Loss) -> Result<Evaluation> {
    if !sums.loss.is_finite() {
        return Err(Error::new(Code::NotFinite, format!("the loss is {}", sums.mean())));
    }
    Ok(Evaluation { loss: sums.mean(), accuracy: sums.accuracy(loss) })
}

/// The outputs for all rows of `data`, rows x outputs, dense: probabilities where the loss is a cross-entropy (softmax
/// or sigmoid), else, or with `logits`, the numbers as they leave the last layer.
///
/// # Errors
/// `Shape` for rows of another shape, `OutOfMemory`.
pub fn predict(model: &mut Model, data: &Dataset, logits: bool, threads: usize) -> Result<Vec<f32>> {
    let Model { network, workspace, .. } = model;
    data.check_shape(network.inputs.row())?;
    let loss = network.loss.or(default_for(data.spec().targets)).filter(|_| !logits);
    let (shape, rows) = (network.output(), data.all_rows()?);
    let mut out = try_zeros(rows.len().saturating_mul(shape.features()), "predictions")?;
    let pass = pass_rows(network);
    with_team(worth(network, pass.min(rows.len()), threads, Mode::Inference), |team| {
        for (rows, out) in rows.chunks(pass).zip(out.chunks_mut(pass * shape.features())) {
            step::forward(network, workspace, data, rows, Mode::Inference, team)?;
            let mut rest = out;
            let mut tasks = Vec::new();
            try_reserve(&mut tasks, workspace.blocks().len(), "predictions")?;
            tasks.extend(workspace.blocks().iter().map(|block| {
                let (own, later) =
                    std::mem::take(&mut rest).split_at_mut(block.rows.len() * shape.features());
                rest = later;
                (block, own)
            }));
            each(team, tasks.len() > 1, &mut tasks, |_, (block, out)| {
                predictions(loss, block.logits(network), shape, block.rows.len(), out);
            });
        }
        Ok(out)
    })
}

/// One optimiser step on all rows of `data`. Returns loss and accuracy before the step.
///
/// # Errors
/// As [`evaluate`]; the weights are then unchanged.
pub fn train_on_batch(model: &mut Model, data: &Dataset, threads: usize) -> Result<Evaluation> {
    let loss = checked_loss(&model.network, data)?;
    let rows = data.all_rows()?;
    let threads = worth(&model.network, rows.len(), threads, Mode::Training);
    let sums = with_team(threads, |team| step::train(model, data, &rows, loss, 1.0, team))?;
    settle_loss(&mut model.network, data);
    evaluation(sums, loss)
}

/// The gradient of the mean loss over all rows of `data` by every weight, in the safetensors format, under the keys and
/// in the shapes of a saved state. Dropout is that of the next step.
///
/// # Errors
/// As [`evaluate`].
pub fn gradients(model: &mut Model, data: &Dataset) -> Result<Vec<u8>> {
    let loss = checked_loss(&model.network, data)?;
    let rows = data.all_rows()?;
    let Model { network, workspace, .. } = model;
    let sums = with_team(worth(network, rows.len(), pool::threads(), Mode::Training), |team| {
        let sums = step::deltas(network, workspace, data, &rows, loss, team)?;
        bands::run(network, workspace, Work { gradient: true, update: None }, team)?;
        Ok(sums)
    })?;
    evaluation(sums, loss)?;
    checkpoint::save_plane(&model.network, Plane::Grad)
}

/// One optimiser step with given gradients, as [`gradients`] writes them. Clipping applies.
///
/// # Errors
/// `State` for bytes that do not hold one finite gradient for every weight; the weights are then unchanged.
pub fn apply_gradients(model: &mut Model, bytes: &[u8]) -> Result<()> {
    let Model { network, workspace, .. } = model;
    checkpoint::load_gradients(network, bytes)?;
    workspace.pending = None;
    with_team(pool::threads(), |team| {
        bands::run(network, workspace, Work { gradient: false, update: Some(1.0) }, team)
    })?;
    network.step = network.step.saturating_add(1);
    Ok(())
}

/// The logits for all rows of `data`, rows x outputs, dense, with the dropout of the next step. The pass is kept for
/// [`backward_batch`].
///
/// # Errors
/// `Shape` for rows of another shape, `OutOfMemory`.
pub fn forward_batch(model: &mut Model, data: &Dataset) -> Result<Vec<f32>> {
    let Model { network, workspace, .. } = model;
    data.check_shape(network.inputs.row())?;
    let (shape, rows) = (network.output(), data.all_rows()?);
    let mut out = try_zeros(rows.len().saturating_mul(shape.features()), "logits")?;
    with_team(worth(network, rows.len(), pool::threads(), Mode::Training), |team| {
        step::forward(network, workspace, data, &rows, Mode::Training, team)
    })?;
    for block in workspace.blocks() {
        let out = &mut out[block.rows.start * shape.features()..block.rows.end * shape.features()];
        predictions(None, block.logits(network), shape, block.rows.len(), out);
    }
    workspace.pending =
        Some(Pending { rows: rows.len(), step: network.step, shapes: network.shapes.clone() });
    Ok(out)
}

/// One optimiser step with the gradient of a loss by the logits of the last [`forward_batch`], rows x outputs, dense.
///
/// # Errors
/// `Structure` when there is no such pass, or the model was used or changed since; `Shape` for a gradient of another
/// length; `NotFinite` for NaN or infinity in it. The weights are then unchanged.
pub fn backward_batch(model: &mut Model, gradient: &[f32]) -> Result<()> {
    let Model { network, workspace, .. } = model;
    let Some(pending) = &workspace.pending else {
        return Err(Error::new(
            Code::Structure,
            "there is no forward pass to go back through; call forwardBatch first",
        ));
    };
    let current = Pending { rows: pending.rows, step: network.step, shapes: network.shapes.clone() };
    if *pending != current {
        let text = "the model has changed since the forward pass; call forwardBatch again";
        return Err(Error::new(Code::Structure, text));
    }
    let (rows, outputs) = (pending.rows, network.output().features());
    if gradient.len() != rows * outputs {
        let text = format!(
            "the gradient holds {} numbers; {rows} rows of {outputs} outputs are needed",
            gradient.len()
        );
        return Err(Error::new(Code::Shape, text));
    }
    if let Some(i) = gradient.iter().position(|g| !g.is_finite()) {
        let text =
            format!("output {} of row {} of the gradient is {}", i % outputs, i / outputs, gradient[i]);
        return Err(Error::new(Code::NotFinite, text));
    }
    with_team(worth(network, rows, pool::threads(), Mode::Training), |team| {
        workspace.each_block(team, |block| {
            block.seed_gradient(network, &gradient[block.rows.start * outputs..block.rows.end * outputs]);
        });
        workspace.backward(network, team);
        bands::run(network, workspace, Work { gradient: true, update: Some(1.0) }, team)
    })?;
    workspace.pending = None;
    network.step = network.step.saturating_add(1);
    Ok(())
}
