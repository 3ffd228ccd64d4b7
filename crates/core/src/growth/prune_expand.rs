//! The reference's second recipe: what has no weight goes, something random comes, and nothing is tested.

use super::apply::unconditional;
use super::change::{Change, PRUNE_BELOW};
use super::judge::Event;
use super::method::{GrowthPlan, Moment, Rule};
use crate::error::Result;

/// `prune`, then `expand`.
#[derive(Debug)]
pub(super) struct PruneExpand {
    threshold: f32,
}

impl PruneExpand {
    pub(super) fn new(plan: &GrowthPlan) -> Self {
        PruneExpand { threshold: plan.prune.unwrap_or(PRUNE_BELOW) }
    }
}

impl Rule for PruneExpand {
    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        let expand = Change::Expand { axis: None, incoming: None, bias: None, outgoing: None };
        let changes = [Change::Prune { threshold: self.threshold }, expand];
        for change in changes {
            events.extend(unconditional(moment.model, &change)?.1);
        }
        Ok(())
    }
}
