//! The rows on which changes of structure are judged.

use super::dataset::Dataset;
use super::evaluate::{measure, pass_rows};
use super::loss::Loss;
use super::trial::{trial, Column};
use crate::error::Result;
use crate::model::{Model, Network};
use crate::spec::LossSpec;
use cambium_kernels::pool::Team;

/// Rows of a data set, and the loss they are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    data: &'a Dataset,
    rows: &'a [u32],
    loss: Loss,
    /// Rows that count, where the workspace holds the pass of these and maybe more.
    held: Option<usize>,
}

impl<'a> Sample<'a> {
    /// Rows to be judged by `loss`, or the model's own.
    ///
    /// # Errors
    /// `Shape` and `Option` where rows, targets and outputs do not fit.
    pub(crate) fn new(
        network: &Network,
        data: &'a Dataset,
        rows: &'a [u32],
        loss: Option<LossSpec>,
    ) -> Result<Self> {
        data.check_shape(network.input())?;
        let loss = Loss::resolve(loss.or(network.loss), data, network.output())?;
        Ok(Sample { data, rows, loss, held: None })
    }

    /// The first `count` rows of the pass that a training step has made.
    pub(crate) fn of_step(data: &'a Dataset, rows: &'a [u32], loss: Loss, count: usize) -> Self {
        Sample { data, rows, loss, held: Some(count) }
    }

    /// Mean loss before a change, without dropout. It may be infinite or NaN.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn before(&self, model: &mut Model, team: &Team) -> Result<f64> {
        match self.held {
            Some(count) => Ok(model.workspace.scored(count).mean()),
            None => self.measured(model, team),
        }
    }

    /// Mean loss after a change; `column` names it where it was one feature. Needs [`Sample::before`] on the same model.
    ///
    /// # Errors
    /// `OutOfMemory`; a pass that the workspace holds is then as before.
    pub(crate) fn after(&self, model: &mut Model, column: Option<Column>, team: &Team) -> Result<f64> {
        let Model { network, workspace } = &mut *model;
        match column {
            Some(column) if self.held.is_some() || self.rows.len() <= pass_rows(network) => {
                trial(network, workspace, column, self.loss, team)?;
                Ok(workspace.scored(self.held.unwrap_or(self.rows.len())).mean())
            }
            _ => self.measured(model, team),
        }
    }

    fn measured(&self, model: &mut Model, team: &Team) -> Result<f64> {
        let Model { network, workspace } = model;
        Ok(measure(network, workspace, self.data, self.rows, self.loss, None, team)?.mean())
    }
}
