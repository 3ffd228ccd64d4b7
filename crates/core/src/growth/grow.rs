//! Growth alone, to a cost by half of the steps, with newborns as published methods make them: for
//! comparison.

use super::cost::Cost;
use super::fitted;
use super::judge::Event;
use super::method::{GrowthPlan, Limit, Method, Moment, Rule};
use super::newborn;
use super::proportions::Proportions;
use super::widen::{self, Make};
use crate::error::{Code, Error, Result};
use crate::model::Network;

/// Share of a fit's steps by which all features are there.
const GROWN_AT: f64 = 0.5;

/// The method at work.
#[derive(Debug)]
pub(super) struct Grow {
    method: Method,
    /// What is counted, at the start, and at the end.
    cost: Cost,
    first: f64,
    last: f64,
    proportions: Proportions,
}

impl Grow {
    /// The method of `plan` for a fit of `network` in `steps` steps.
    ///
    /// # Errors
    /// `Option` where the network costs more already, or no event comes when all features are due.
    pub(super) fn new(plan: &GrowthPlan, network: &Network, steps: u64) -> Result<Self> {
        let Limit { cost, most, name } = plan.limit_of(network)?;
        let first = cost.of(network);
        if most < first {
            let has = cost.text(first);
            let text =
                format!("growth.{name} is {most}; the model has {has} already, and this method only adds");
            return Err(Error::new(Code::Option, text));
        }
        plan.check_due(steps, GROWN_AT, "when all features are due")?;
        Ok(Grow { method: plan.method, cost, first, last: most, proportions: Proportions::of(network) })
    }
}

impl Rule for Grow {
    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        let share = (moment.share / GROWN_AT).min(1.0);
        let allowed = self.first + share * (self.last - self.first);
        let wanted = widen::up_to(&moment.model.network, &self.proportions, self.cost, allowed);
        let reason = format!("made without a test: {} are allowed", self.cost.text(allowed));
        let make: Make = match self.method {
            Method::GradMax => &fitted::steepest,
            Method::Tiny => &fitted::bottleneck,
            Method::Split => &newborn::twins,
            _ => &newborn::useful,
        };
        widen::widen(moment, &wanted, &reason, (make, false), events)
    }
}
