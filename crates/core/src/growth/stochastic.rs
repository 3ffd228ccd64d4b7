//! The reference method: one random change at a time, kept where loss + penalty x weights does not rise.

use super::apply::unconditional;
use super::candidates;
use super::change::Change;
use super::judge::{judged, Event, Judge};
use super::method::{GrowthPlan, Moment, Rule};
use crate::error::Result;

/// A fair coin decides between one more and one less feature on a random axis; then features without weight go.
#[derive(Debug)]
pub(super) struct Stochastic {
    judge: Judge,
    prune: Option<f32>,
}

impl Stochastic {
    pub(super) fn new(plan: &GrowthPlan) -> Self {
        Stochastic { judge: Judge { loss: None, weight_penalty: plan.weight_penalty }, prune: plan.prune }
    }
}

impl Rule for Stochastic {
    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        let Moment { model, sample, team, .. } = moment;
        let change = candidates::random_change(&mut model.network)?;
        events.push(judged(model, &change, sample, &self.judge, team)?);
        if let Some(threshold) = self.prune {
            events.extend(unconditional(model, &Change::Prune { threshold })?.1);
        }
        Ok(())
    }
}
