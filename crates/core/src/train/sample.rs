//! The rows on which changes of structure are judged.

use super::dataset::Dataset;
use super::evaluate::{measure, pass_rows};
use super::loss::Loss;
use super::outlook::{dropped_outlooks, Outlook};
use super::score::{score, sweeps, Candidate, Place, Replacement, Score, Spread};
use super::step;
use super::trial::{trial, Column};
use super::workspace::Mode;
use crate::axes::Role;
use crate::error::{Code, Error, Result};
use crate::growth::feature::{self, Feature};
use crate::model::{Model, Network};
use crate::spec::LossSpec;
use cambium_kernels::pool::Team;

/// What the workspace holds of the gradient of the mean loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slopes {
    None,
    /// That by the logits, also of a change that was tried since and stands.
    OfLogits,
    /// That by all pre-activations.
    OfAll,
}

/// Rows of a data set, and the loss they are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    data: &'a Dataset,
    rows: &'a [u32],
    loss: Loss,
    /// Rows that count, where the workspace holds the pass of these and maybe more.
    held: Option<usize>,
    slopes: Slopes,
}

/// Whether `change` has brought a feature to a batch norm.
fn settles(network: &Network, change: Column) -> bool {
    change.added && network.axes[change.axis].parts.iter().any(|part| part.role == Role::Mean)
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
        data.check_shape(network.inputs.row())?;
        let loss = Loss::resolve(loss.or(network.loss), data, network.output())?;
        Ok(Sample { data, rows, loss, held: None, slopes: Slopes::None })
    }

    /// The first `count` rows of the pass that a training step has made.
    pub(crate) fn of_step(data: &'a Dataset, rows: &'a [u32], loss: Loss, count: usize) -> Self {
        Sample { data, rows, loss, held: Some(count), slopes: Slopes::None }
    }

    /// Checks that the rows are not too many for one pass.
    ///
    /// # Errors
    /// `Shape`.
    pub(crate) fn check_rows(&self, network: &Network) -> Result<()> {
        let (rows, most) = (self.rows.len(), pass_rows(network));
        if rows <= most {
            return Ok(());
        }
        let text = format!("{rows} rows were given; candidates are scored on at most {most}");
        Err(Error::new(Code::Shape, text))
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

    /// Mean loss after a change; `column` names it where it was one feature. Needs [`Sample::before`] on the same model. A
    /// feature that came to a batch norm gets the statistics of these rows, as the next step would give it those of its own.
    ///
    /// # Errors
    /// `Shape` where the changed model no longer fits the data; `OutOfMemory`; a pass that the workspace holds is then as before,
    /// but for a feature that came to a batch norm.
    pub(crate) fn after(&self, model: &mut Model, column: Option<Column>, team: &Team) -> Result<f64> {
        if let Some(Column { axis, index, .. }) = column.filter(|&column| settles(&model.network, column)) {
            let Model { network, workspace, .. } = &mut *model;
            let rows = &self.rows[..self.rows.len().min(pass_rows(network))];
            step::forward(network, workspace, self.data, rows, Mode::Training, team)?;
            workspace.settle(network, axis, index);
            return self.measured(model, team);
        }
        let Model { network, workspace, .. } = &mut *model;
        match column {
            Some(column) if self.held.is_some() || self.rows.len() <= pass_rows(network) => {
                // A step goes on from the gradient.
                let scale = self.held.map(|_| 1.0 / self.rows.len() as f32);
                trial(network, workspace, column, (self.loss, scale), team)?;
                Ok(workspace.scored(self.held.unwrap_or(self.rows.len())).mean())
            }
            _ => {
                self.data.check_shape(network.inputs.row())?;
                self.loss.check_width(self.data.spec().targets, network.output())?;
                self.measured(model, team)
            }
        }
    }

    /// This sample with its pass in the workspace, made where it is not there yet: until the network changes, nothing asked
    /// of it makes another.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn hold(&self, model: &mut Model, team: &Team) -> Result<Self> {
        if self.held.is_some() {
            return Ok(*self);
        }
        self.pass(model, team)?;
        Ok(Sample { held: Some(self.rows.len()), slopes: Slopes::OfLogits, ..*self })
    }

    /// [`Sample::hold`], with the gradient of the mean loss by all pre-activations.
    ///
    /// # Errors
    /// As [`Sample::hold`].
    pub(crate) fn hold_with_gradients(&self, model: &mut Model, team: &Team) -> Result<Self> {
        let Model { network, workspace, .. } = model;
        match self.slopes {
            Slopes::OfAll => {}
            Slopes::OfLogits => workspace.each_block(team, |block| block.backward(network)),
            Slopes::None => step::slopes(network, workspace, (self.data, self.rows), self.loss, true, team)?,
        }
        Ok(Sample { held: Some(self.rows.len()), slopes: Slopes::OfAll, ..*self })
    }

    /// Whether the pass that the workspace holds is that of the network after a feature was tried on `axis`, whatever became of it.
    pub(crate) fn outlasts(network: &Network, axis: usize) -> bool {
        !settles(network, Column { axis, index: 0, added: true })
    }

    /// Number of rows.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// What the features `dropped` of the rows, which are not in use, would do. The workspace then holds the pass with gradients.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn dropped(&self, model: &mut Model, dropped: &[u32], team: &Team) -> Result<Vec<Outlook>> {
        self.hold_with_gradients(model, team)?;
        let Model { network, workspace, .. } = model;
        dropped_outlooks(network, workspace, (self.data, self.rows), dropped, team)
    }

    /// Mean loss with each of `candidates` at `place`, without dropout.
    ///
    /// # Errors
    /// As [`Sample::hold`].
    pub(crate) fn scores(
        &self,
        model: &mut Model,
        place: Place,
        candidates: &[Candidate],
        team: &Team,
    ) -> Result<Vec<Score>> {
        let sample = self.hold(model, team)?;
        if let Place::Axis(axis) = place {
            if !sweeps(&model.network, axis) {
                return candidates
                    .iter()
                    .map(|candidate| sample.score(model, axis, candidate, team))
                    .collect();
            }
        }
        let (pass, count) = ((self.data, self.rows, self.loss), sample.held.unwrap_or(self.rows.len()));
        score(&model.network, &mut model.workspace, pass, count, place, candidates, team)
    }

    /// Mean loss with `candidate`, from the pass that the workspace holds, which is then as before, and so is the model.
    fn score(&self, model: &mut Model, axis: usize, candidate: &Candidate, team: &Team) -> Result<Score> {
        let network = &mut model.network;
        let mut gone = Feature::default();
        let (index, added) = match candidate {
            Candidate::Add(feature) => {
                let width = network.width(axis);
                feature::insert(network, axis, width, feature)?;
                (width, true)
            }
            Candidate::Remove(index) | Candidate::Replace(Replacement { index, .. }) => {
                feature::remove(network, axis, *index, &mut gone);
                (*index, false)
            }
        };
        let column = Column { axis, index, added };
        let settles = settles(&model.network, column);
        let loss = self.after(model, Some(column), team);
        match added {
            true => feature::remove(&mut model.network, axis, index, &mut gone),
            false => {
                feature::insert(&mut model.network, axis, index, &gone).expect("the room is still there")
            }
        }
        let count = self.held.unwrap_or(self.rows.len());
        let error = model.workspace.trial_error(count);
        model.workspace.undo_trial();
        if settles {
            self.pass(model, team)?;
        }
        Ok(Score { loss: loss?, error })
    }

    /// Mean loss as it is, and with `other` in place of the model's network.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn instead(&self, model: &mut Model, other: &Network, team: &Team) -> Result<(f64, Score)> {
        let Model { network, workspace, .. } = model;
        let mut losses = |network: &Network| -> Result<(f64, Vec<f32>)> {
            let rows = Some(self.rows.len());
            let sums = measure(network, workspace, self.data, self.rows, self.loss, rows, team)?;
            let each = workspace.blocks().iter().flat_map(|block| &block.losses[..block.rows.len()]);
            Ok((sums.mean(), each.copied().collect()))
        };
        let (before, without) = losses(network)?;
        let (loss, with) = losses(other)?;
        let mut spread = Spread::default();
        spread.add(&with, &without);
        Ok((before, Score { loss, error: spread.error(self.rows.len()) }))
    }

    /// Makes the pass of all rows, also where a network that has grown would take fewer at once.
    fn pass(&self, model: &mut Model, team: &Team) -> Result<()> {
        let Model { network, workspace, .. } = model;
        step::slopes(network, workspace, (self.data, self.rows), self.loss, false, team)
    }

    fn measured(&self, model: &mut Model, team: &Team) -> Result<f64> {
        let Model { network, workspace, .. } = model;
        Ok(measure(network, workspace, self.data, self.rows, self.loss, None, team)?.mean())
    }
}
