//! Growth methods: what happens at an event of a `fit`.

use super::apply::unconditional;
use super::budget::{self, Start, FALL_TO};
use super::candidates;
use super::change::{default_threshold, Change};
use super::judge::{judged, Event, Judge};
use crate::error::{Code, Error, Result};
use crate::model::Model;
use crate::train::Sample;
use cambium_kernels::pool::Team;
use serde::{Deserialize, Serialize};

/// Rows that judge for `budget`: the least of many noisy losses is chosen, and fewer rows would let chance choose.
const BUDGET_ROWS: usize = 512;

/// Which method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// `updateFeatures` on scoring rows, then `prune` where a threshold is given.
    Stochastic,
    /// `prune`, then `expand`, without a test.
    PruneExpand,
    /// Growth to twice a number of weights, then removal down to it of what costs the least loss per weight.
    Budget,
}

/// The rows on which changes are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scoring {
    /// Random rows of the validation data.
    #[default]
    Validation,
    /// The rows of the step.
    Batch,
    /// Random rows of the training data.
    Training,
}

/// How a network may change during a `fit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrowthPlan {
    /// Which method.
    pub method: Method,
    /// Steps from one event to the next.
    #[serde(default = "ten")]
    pub every: u32,
    /// What one weight costs, in units of the loss.
    #[serde(default)]
    pub weight_penalty: f64,
    /// Which rows judge.
    #[serde(default)]
    pub scoring: Scoring,
    /// How many rows judge; default the batch size, and for `budget` 512 (or all, where there are fewer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoring_rows: Option<usize>,
    /// Features go whose outgoing weights have an L1 norm below this; default none for `stochastic` and 0.01 for
    /// `pruneExpand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prune: Option<f32>,
    /// Share of the steps after which structure rests.
    #[serde(default = "whole")]
    pub until: f32,
    /// Most weights at the end, for `budget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<usize>,
}

fn ten() -> u32 {
    10
}
fn whole() -> f32 {
    1.0
}

impl GrowthPlan {
    /// Whether an event is one change that is judged, and nothing else.
    pub(crate) fn is_one_judged_change(&self) -> bool {
        self.method == Method::Stochastic && self.prune.is_none()
    }

    /// Checks the ranges of all numbers.
    ///
    /// # Errors
    /// `Option`, naming the number and its range.
    pub fn check(&self) -> Result<()> {
        let bad = |text: String| Err(Error::new(Code::Option, text));
        if self.every == 0 {
            return bad("growth.every is 0; use at least 1 step".into());
        }
        if self.scoring_rows == Some(0) {
            return bad("growth.scoringRows is 0; use at least 1 row".into());
        }
        if !(0.0..=1.0).contains(&self.until) {
            return bad(format!("growth.until is {}; use a share from 0 to 1", self.until));
        }
        if let Some(threshold) = self.prune.filter(|t| !(t.is_finite() && *t >= 0.0)) {
            return bad(format!("growth.prune is {threshold}; use a finite number >= 0"));
        }
        match (self.method, self.weights) {
            (Method::Budget, None) => {
                return bad("growth.weights is missing; budget needs the most weights at the end".into())
            }
            (Method::Stochastic | Method::PruneExpand, Some(weights)) => {
                return bad(format!("growth.weights is {weights}; only budget takes a number of weights"))
            }
            _ => {}
        }
        if self.method == Method::Budget && self.scoring == Scoring::Batch {
            return bad(
                "growth.scoring is 'batch'; 'budget' judges by rows of 'training' or 'validation' data"
                    .into(),
            );
        }
        if self.method == Method::Budget && f64::from(self.until) <= FALL_TO {
            return bad(format!(
                "growth.until is {}; budget needs more than {FALL_TO} of the steps",
                self.until
            ));
        }
        Judge { loss: None, weight_penalty: self.weight_penalty }.check()
    }

    /// Rows that judge, where a step has `batch` and there are `most`.
    pub(crate) fn scoring_rows(&self, batch: usize, most: usize) -> usize {
        let usual = if self.method == Method::Budget { batch.max(BUDGET_ROWS) } else { batch };
        self.scoring_rows.unwrap_or(usual).min(most)
    }
}

/// One growth event of `plan`, judged on `sample`. `course` is the share of the steps that are done, and what the fit
/// started from. Empty where no axis can grow.
///
/// # Errors
/// As [`super::apply`] and the loss.
pub(crate) fn event(
    model: &mut Model,
    plan: &GrowthPlan,
    course: (f64, &Start),
    sample: &Sample,
    team: &Team,
) -> Result<Vec<Event>> {
    if candidates::growable(&model.network).next().is_none() {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    match plan.method {
        Method::Stochastic => {
            let change = candidates::random_change(&mut model.network)?;
            let judge = Judge { loss: None, weight_penalty: plan.weight_penalty };
            events.push(judged(model, &change, sample, &judge, team)?);
            if let Some(threshold) = plan.prune {
                events.extend(unconditional(model, &Change::Prune { threshold })?.1);
            }
        }
        Method::PruneExpand => {
            let threshold = plan.prune.unwrap_or_else(default_threshold);
            events.extend(unconditional(model, &Change::Prune { threshold })?.1);
            let expand = Change::Expand { axis: None, incoming: None, bias: None, outgoing: None };
            events.extend(unconditional(model, &expand)?.1);
        }
        Method::Budget => events = budget::event(model, plan.weights.unwrap_or(0), course, sample, team)?,
    }
    events.iter().for_each(|event| model.log.push(event.clone()));
    Ok(events)
}
