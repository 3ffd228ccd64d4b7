//! Growth past a budget, then removal down to it.
//!
//! Growing to a budget ends no better than a fixed width; growing to two or three times the budget and then giving up, again and
//! again, the features whose removal costs the least loss for what it saves does.

use super::cost::Cost;
use super::judge::Event;
use super::method::{GrowthPlan, Limit, Method, Moment, Rule};
use super::price::PEAK_A_TARGET;
use super::proportions::Proportions;
use super::removal::{self, Removal, Scope};
use super::{newborn, widen};
use crate::error::{Code, Error, Result};
use crate::model::Network;

/// Cost at the peak, in budgets: as much as the data could need, as in [`PEAK_A_TARGET`], but between these. With 2, 3 and 4 CIFAR-10 ended
/// at 51.5, 52.5 and 51.7 % with 7,200 weights (8 seeds, standard errors of 0.3), the digits with 1,450 at 97.4 with 2 and 3 (60 seeds);
/// diabetes, whose rows are few, at 46.8 and 46.0 % of the variance with 97 weights and 2 and 3 (200 seeds).
const PEAK: [f64; 2] = [2.0, 3.0];
/// Weights at the peak for each input feature, where input features may go: room for a first layer that can choose. On
/// 10,000 images of MNIST, 64 ended at 94.9 and 94.4 % with 13,000 and 6,500 weights, 32 at 94.0 and 93.8 (4 seeds).
const PEAK_WIDTH: f64 = 64.0;
/// Shares of a fit's steps: the peak is reached, removal begins, the budget is reached. With the first two at 0.25 and 0.35, and so
/// a steeper fall, MNIST ended at 87.0 % with 770 weights against 87.9, CIFAR-10 at 50.4 with 7,200 against 50.7 (3 seeds), and the
/// digits alike (10 seeds). With the last at 0.55, 0.75 and 0.85 CIFAR-10 ended 0.6, 0.6 and 1.2 points lower (6 seeds, standard errors
/// of 0.2 to 0.3), and a fall that is steeper first or last was no better.
const PEAK_AT: f64 = 0.1;
const FALL_FROM: f64 = 0.15;
pub(super) const FALL_TO: f64 = 0.65;

/// The method at work.
#[derive(Debug)]
pub(super) struct Budget {
    /// What is counted: most at the end, at the start, and at the peak.
    cost: Cost,
    budget: f64,
    first: f64,
    peak: f64,
    proportions: Proportions,
    /// Whether features of the rows may go.
    inputs: bool,
}

impl Budget {
    /// The method of `plan` for a fit of `network` to `targets` numbers in `steps` steps.
    ///
    /// # Errors
    /// `Option` where the budget is not enough for the least widths, or no event comes when it is due.
    pub(super) fn new(
        plan: &GrowthPlan,
        network: &Network,
        inputs: bool,
        (targets, steps): (usize, u64),
    ) -> Result<Self> {
        let Limit { cost, most: budget, name } = plan.limit_of(network)?;
        let least = least(network, cost, inputs);
        let bad = |text: String| Err(Error::new(Code::Option, text));
        if budget < least {
            return bad(format!(
                "growth.{name} is {budget}; at its least widths this model has {}",
                cost.text(least)
            ));
        }
        plan.check_due(steps, FALL_TO, "when budget is due")?;
        let wide = match network.input_reader() {
            Ok(reader) if inputs => {
                PEAK_WIDTH * network.input().features() as f64 * cost.of_pair(network.linear(reader))
            }
            _ => 0.0,
        };
        let first = cost.of(network);
        // What the data could need is counted in weights, each of which costs what one does now.
        let needed = PEAK_A_TARGET * targets as f64 * first / network.weight_count() as f64;
        let [least, most] = PEAK.map(|budgets| budgets * budget);
        let peak = needed.clamp(least, most).max(first).max(wide);
        Ok(Budget { cost, budget, first, peak, proportions: Proportions::of(network), inputs })
    }

    /// The most after `share` of the steps.
    fn allowed(&self, share: f64) -> f64 {
        let ramp = |(from, a): (f64, f64), (to, b): (f64, f64)| {
            a + (b - a) * ((share - from) / (to - from)).clamp(0.0, 1.0)
        };
        if share < FALL_FROM {
            ramp((0.0, self.first), (PEAK_AT, self.peak))
        } else {
            ramp((FALL_FROM, self.peak), (FALL_TO, self.budget))
        }
    }
}

/// Checks that structure does not rest before the budget is due.
///
/// # Errors
/// `Option`.
pub(super) fn check_until(plan: &GrowthPlan) -> Result<()> {
    if plan.method == Method::Budget && f64::from(plan.until) <= FALL_TO {
        let text = format!("growth.until is {}; budget needs more than {FALL_TO} of the steps", plan.until);
        return Err(Error::new(Code::Option, text));
    }
    Ok(())
}

/// The cost with every growable axis at its least width.
fn least(network: &Network, cost: Cost, inputs: bool) -> f64 {
    let width = |axis: usize| match network.axes[axis].pinned {
        None => network.axes[axis].min,
        Some(_) => network.width(axis),
    };
    let fewer = match network.input_reader() {
        Ok(reader) if inputs => {
            let made = network.axes.iter().position(|axis| axis.producers.contains(&reader));
            let outputs = made.map_or(network.output().features(), width);
            let fewer = outputs * (network.input().features() - network.min_inputs());
            fewer as f64 * cost.of_pair(network.linear(reader))
        }
        _ => 0.0,
    };
    cost.at(network, &width) - fewer
}

impl Rule for Budget {
    fn drops_inputs(&self) -> bool {
        self.inputs
    }

    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        let allowed = self.allowed(moment.share);
        if moment.share < FALL_FROM {
            let wanted = widen::up_to(&moment.model.network, &self.proportions, self.cost, allowed);
            let reason = format!("made without a test: {} are allowed", self.cost.text(allowed));
            return widen::widen(moment, &wanted, &reason, (&newborn::silents, true), events);
        }
        let Budget { inputs, cost, ref proportions, .. } = *self;
        let scope = Scope { inputs, mature: 0, cost, proportions, hands_over: true };
        let (unit, text) = (self.cost.unit(), self.cost.text(allowed));
        while self.cost.of(&moment.model.network) > allowed {
            let enough = |network: &Network, _: &Removal| self.cost.of(network) > allowed;
            let reason = format!("costs the least loss for each {unit} saved, which counts less in narrow layers; {text} are allowed");
            let round = removal::round(moment, scope, &enough, &reason)?.made;
            if round.is_empty() {
                break;
            }
            events.extend(round);
        }
        Ok(())
    }
}
