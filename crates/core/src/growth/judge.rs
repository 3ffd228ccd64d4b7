//! Trying a change: made, measured, kept or undone to the bit.

use super::apply::{carry_out, or_as_before};
use super::candidates;
use super::change::{Blocked, Change, ChangeReport, FeatureAt};
use super::ends::End;
use crate::error::{Code, Error, Result};
use crate::json;
use crate::model::{Model, Network};
use crate::spec::LossSpec;
use crate::train::{worth, Dataset, Mode, Sample};
use cambium_kernels::pool::{with_team, Team};
use std::borrow::Cow;

/// What a change is measured by: loss + weight penalty x weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Judge {
    /// Default the model's own loss.
    pub loss: Option<LossSpec>,
    /// What one weight costs, in units of the loss.
    pub weight_penalty: f64,
}

json::record!(Judge { loss: "loss" = None, weight_penalty: "weightPenalty" = 0.0 });

impl Judge {
    /// Checks that the penalty is a finite number of at least zero.
    ///
    /// # Errors
    /// `Option`.
    pub fn check(&self) -> Result<()> {
        if self.weight_penalty.is_finite() && self.weight_penalty >= 0.0 {
            return Ok(());
        }
        Err(Error::new(
            Code::Option,
            format!("weightPenalty is {}; use a finite number >= 0", self.weight_penalty),
        ))
    }
}

/// What became of a proposal. Files count on the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The change stands.
    Kept,
    /// The model is as before.
    Undone,
    /// The change could not be made.
    Blocked,
}

json::names!(Verdict { Kept: "kept", Undone: "undone", Blocked: "blocked" });

/// All verdicts, in their order.
pub(super) const VERDICTS: [Verdict; 3] = [Verdict::Kept, Verdict::Undone, Verdict::Blocked];

/// What was tried. Files count on the order: new ones come last, here and in [`KINDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One feature more.
    Add,
    /// One feature less.
    Remove,
    /// All features with small outgoing weights less.
    Prune,
    /// A layer more.
    AddLayer,
    /// A layer less.
    RemoveLayer,
    /// More inputs.
    AddInputs,
    /// More outputs.
    AddOutputs,
    /// A feature of the rows is no longer read.
    DropInput,
    /// A feature of the rows is read again.
    RestoreInput,
    /// One feature in the place of another.
    Replace,
}

json::names!(Kind {
    Add: "add",
    Remove: "remove",
    Prune: "prune",
    AddLayer: "addLayer",
    RemoveLayer: "removeLayer",
    AddInputs: "addInputs",
    AddOutputs: "addOutputs",
    DropInput: "dropInput",
    RestoreInput: "restoreInput",
    Replace: "replace",
});

/// All kinds, in their order.
pub(super) const KINDS: [Kind; 10] = [
    Kind::Add,
    Kind::Remove,
    Kind::Prune,
    Kind::AddLayer,
    Kind::RemoveLayer,
    Kind::AddInputs,
    Kind::AddOutputs,
    Kind::DropInput,
    Kind::RestoreInput,
    Kind::Replace,
];

/// One decision about structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Optimiser steps taken before it.
    pub step: u32,
    /// What was tried.
    pub kind: Kind,
    /// The hidden axis, where one feature was concerned, and for layers: the one that a new layer was put on, whose reader it
    /// is, or the one between the two layers that were merged, which is gone.
    pub axis: Option<usize>,
    /// The feature, where there was one, or the first of new inputs or outputs; for `dropInput` and `restoreInput` that of the
    /// rows.
    pub index: Option<usize>,
    /// Width of that axis, or number of inputs or outputs (in use), after the decision.
    pub width: Option<usize>,
    /// All features removed by a `prune`.
    pub removed: Vec<FeatureAt>,
    /// What could not be done.
    pub blocked: Vec<Blocked>,
    /// Loss before the change, where it was measured and is a number.
    pub loss_before: Option<f64>,
    /// Loss with the change, where it was measured and is a number: for removals that were scored, once others have taken over,
    /// whether or not they do so at once.
    pub loss_after: Option<f64>,
    /// The change of the mean loss that was predicted, to second order, where that is a number: for removals that were scored by
    /// what a first look found, for `restoreInput` minus the gain that it promises.
    pub predicted: Option<f64>,
    /// Weights before the change.
    pub weights_before: usize,
    /// Weights with the change.
    pub weights_after: usize,
    /// What a unit of cost was worth, in units of the loss: a weight, or what the fit counted.
    pub penalty: f64,
    /// Kept, undone or blocked.
    pub verdict: Verdict,
    /// Why it was not made, or not judged; empty where the numbers say it all.
    pub reason: Cow<'static, str>,
}

json::report!(Event {
    step: "step",
    kind: "kind",
    axis: "axis" optional,
    index: "index" optional,
    width: "width" optional,
    removed: "removed" optional,
    blocked: "blocked" optional,
    loss_before: "lossBefore" optional,
    loss_after: "lossAfter" optional,
    predicted: "predicted" optional,
    weights_before: "weightsBefore",
    weights_after: "weightsAfter",
    penalty: "penalty",
    verdict: "verdict",
    reason: "reason" optional,
});

impl Event {
    fn new(network: &Network, change: &Change, report: ChangeReport, weights_before: usize) -> Self {
        let kind = match change {
            Change::Expand { .. } => Kind::Add,
            Change::Contract { .. } => Kind::Remove,
            Change::Replace { .. } => Kind::Replace,
            Change::Prune { .. } => Kind::Prune,
            Change::DropInput { .. } => Kind::DropInput,
            Change::RestoreInput { .. } => Kind::RestoreInput,
            Change::AddLayer { .. } => Kind::AddLayer,
            Change::RemoveLayer { .. } => Kind::RemoveLayer,
            Change::Extend { end: End::Inputs, .. } => Kind::AddInputs,
            Change::Extend { end: End::Outputs, .. } => Kind::AddOutputs,
        };
        let single = match kind {
            Kind::Add | Kind::Replace => report.added.first().map(|f| (f.axis, Some(f.index))),
            Kind::Remove => {
                let blocked = report.blocked.first().map(|b| (b.axis, b.index));
                report.removed.first().map(|f| (f.axis, Some(f.index))).or(blocked)
            }
            Kind::AddLayer | Kind::RemoveLayer => report.layer_axis.map(|axis| (axis, None)),
            Kind::Prune | Kind::DropInput | Kind::RestoreInput | Kind::AddInputs | Kind::AddOutputs => None,
        };
        let mut event = Event::made(network, kind, single, (weights_before, report.weight_count));
        if let Change::DropInput { input, .. } | Change::RestoreInput { input } = change {
            event.index = Some(*input);
            event.width = Some(report.inputs);
            return event;
        }
        if let Change::Extend { end, count } = *change {
            event.index = Some(end.first_of_last(network, count));
            event.width = Some(end.width(network));
        }
        if kind == Kind::Prune {
            event.removed = report.removed;
        }
        event.blocked = report.blocked;
        event
    }

    /// A change that stands and was not judged; `feature` is its axis and, where there is one, its index.
    fn made(
        network: &Network,
        kind: Kind,
        feature: Option<(usize, Option<usize>)>,
        (weights_before, weights_after): (usize, usize),
    ) -> Self {
        Event {
            step: network.step,
            kind,
            axis: feature.map(|f| f.0),
            index: feature.and_then(|f| f.1),
            width: feature.filter(|_| kind != Kind::RemoveLayer).map(|f| network.width(f.0)),
            removed: Vec::new(),
            blocked: Vec::new(),
            loss_before: None,
            loss_after: None,
            predicted: None,
            weights_before,
            weights_after,
            penalty: 0.0,
            verdict: Verdict::Kept,
            reason: Cow::Borrowed(""),
        }
    }

    /// The event of one feature that came or went without a test of its own.
    pub(super) fn of_feature(
        network: &Network,
        kind: Kind,
        (axis, index): (usize, usize),
        weights_before: usize,
        reason: String,
    ) -> Self {
        let weights = (weights_before, network.weight_count());
        Event::made(network, kind, Some((axis, Some(index))), weights).because(reason)
    }

    /// The event of a layer that came to `axis`, or went with it.
    pub(super) fn of_layer(
        network: &Network,
        kind: Kind,
        axis: usize,
        before: usize,
        reason: String,
    ) -> Self {
        let weights = (before, network.weight_count());
        Event::made(network, kind, Some((axis, None)), weights).because(reason)
    }

    /// The event with why it came to this.
    pub(super) fn because(mut self, reason: String) -> Self {
        self.reason = reason.into();
        self
    }

    /// The event with what was measured, where one weight cost `penalty`.
    pub(super) fn judged(mut self, before: f64, after: f64, penalty: f64) -> Self {
        let number = |loss: f64| Some(loss).filter(|loss| loss.is_finite());
        (self.loss_before, self.loss_after, self.penalty) = (number(before), number(after), penalty);
        self
    }

    /// The event with the change of the loss that was `predicted`.
    pub(super) fn foreseen(mut self, predicted: f64) -> Self {
        self.predicted = Some(predicted).filter(|change| change.is_finite());
        self
    }

    /// The event of a feature of the rows that came or went without a test of its own.
    pub(super) fn of_input(
        network: &Network,
        kind: Kind,
        feature: usize,
        weights_before: usize,
        reason: String,
    ) -> Self {
        let weights = (weights_before, network.weight_count());
        let mut event = Event::made(network, kind, None, weights).because(reason);
        (event.index, event.width) = (Some(feature), Some(network.input().features()));
        event
    }

    /// The event of a change that was made without a test, or that was blocked.
    pub(super) fn unconditional(
        network: &Network,
        change: &Change,
        report: ChangeReport,
        (before, changed): (usize, bool),
    ) -> Self {
        let mut event = Event::new(network, change, report, before);
        if changed {
            event.reason = "made without a test".into();
        } else {
            event.verdict = Verdict::Blocked;
            event.reason = reasons(&event.blocked).into();
        }
        event
    }
}

fn reasons(blocked: &[Blocked]) -> String {
    blocked.iter().map(|b| b.reason.as_str()).collect::<Vec<_>>().join("; ")
}

/// Makes `change` and measures loss + penalty x weights on all rows of `data` before and after: kept when equal or
/// lower, undone to the bit when higher or not a number.
///
/// # Errors
/// As [`super::apply`], and the loss's own; the model is then unchanged.
pub fn try_change(
    model: &mut Model,
    change: &Change,
    data: &Dataset,
    judge: &Judge,
    threads: usize,
) -> Result<Event> {
    let rows = data.all_rows()?;
    let sample = Sample::new(&model.network, data, &rows, judge.loss)?;
    let threads = worth(&model.network, rows.len(), threads, Mode::Inference);
    let event =
        or_as_before(model, |model| with_team(threads, |team| judged(model, change, &sample, judge, team)))?;
    model.log.extend(std::slice::from_ref(&event));
    Ok(event)
}

/// Tries one random change: a fair coin decides between adding and removing one feature of a random axis.
///
/// # Errors
/// As [`try_change`]; `Structure` when no axis can grow.
pub fn update_features(model: &mut Model, data: &Dataset, judge: &Judge, threads: usize) -> Result<Event> {
    judge.check()?;
    or_as_before(model, |model| {
        let change = candidates::random_change(&mut model.network)?;
        try_change(model, &change, data, judge, threads)
    })
}

/// Tries one random new feature on a random axis.
///
/// # Errors
/// As [`try_change`]; `Structure` when no axis can grow.
pub fn stochastic_add_feature(
    model: &mut Model,
    data: &Dataset,
    judge: &Judge,
    threads: usize,
) -> Result<Event> {
    judge.check()?;
    or_as_before(model, |model| {
        let axis = Some(candidates::random_axis(&mut model.network)?);
        let change = Change::Expand { axis, incoming: None, bias: None, outgoing: None };
        try_change(model, &change, data, judge, threads)
    })
}

/// [`try_change`] on some rows, inside a team. Where the workspace held the pass of these rows, it then holds that of the
/// network as it is left.
pub(crate) fn judged(
    model: &mut Model,
    change: &Change,
    sample: &Sample,
    judge: &Judge,
    team: &Team,
) -> Result<Event> {
    judge.check()?;
    let weights_before = model.network.weight_count();
    let loss_before = sample.before(model, team)?;
    let (report, undo) = carry_out(&mut model.network, change)?;
    let weights_after = report.weight_count;
    let untouched = undo.is_nothing();
    let mut event = Event::new(&model.network, change, report, weights_before);
    event.penalty = judge.weight_penalty;
    event.loss_before = Some(loss_before).filter(|loss| loss.is_finite());
    if untouched {
        event.verdict = Verdict::Blocked;
        event.reason = match event.blocked.is_empty() {
            true => "nothing to change".into(),
            false => reasons(&event.blocked).into(),
        };
        return Ok(event);
    }
    let loss_after = match sample.after(model, undo.column(), team) {
        Ok(loss) => loss,
        Err(error) => {
            undo.undo(&mut model.network);
            return Err(error);
        }
    };
    event.loss_after = Some(loss_after).filter(|loss| loss.is_finite());
    let cost = |loss: f64, weights: usize| loss + judge.weight_penalty * weights as f64;
    let kept = loss_after.is_finite() && cost(loss_after, weights_after) <= cost(loss_before, weights_before);
    if !kept {
        event.verdict = Verdict::Undone;
        undo.undo(&mut model.network);
        model.workspace.undo_trial();
        let network = &model.network;
        event.width = match change {
            Change::DropInput { .. } | Change::RestoreInput { .. } => Some(End::Inputs.width(network)),
            Change::Extend { end, .. } => Some(end.width(network)),
            _ => event.axis.map(|axis| network.width(axis)),
        };
    }
    Ok(event)
}
