//! Growth to what the data could need, then removal of what is not worth its price: the network finds its size by itself.

use super::candidates;
use super::change::Change;
use super::cost::Cost;
use super::deepen::Deepen;
use super::judge::{judged, Event, Judge};
use super::method::{GrowthPlan, Method, Moment, Rule};
use super::proportions::Proportions;
use super::removal::{self, Removal, Round, Scope};
use super::schedule;
use super::{newborn, restore, widen};
use crate::error::{Code, Error, Result};
use crate::model::Network;
use crate::train::{Place, Sample};

/// Price where none is given.
const PRICE: f64 = 0.1;
/// Shares of a fit's steps: growth ends, removal begins, the price is whole, structure rests. With the last two at 0.5 and 0.7, and
/// an event every thirtieth of the steps in place of every fortieth, wine, breast cancer and diabetes ended at 97.1, 97.4 and 47.6 %
/// against 97.4, 97.4 and 47.8 (weight decay, 300 seeds, standard errors of 0.14, 0.07 and 0.35), without weight decay at 96.9, 97.2 and 46.2
/// against 97.0, 97.3 and 46.4, the digits at 97.3 % with 1,380 weights against 97.5 with 1,650 (20 seeds), and MNIST at 94.3 with 6,600
/// against 94.3 with 9,000 (4 seeds).
const PEAK_AT: f64 = 0.1;
const RENT_FROM: f64 = 0.15;
const WHOLE_AT: f64 = 0.35;
/// Share of the steps in which layers come: later ones would have little time to learn.
const LAYERS_TO: f64 = 0.4;
const REST_FROM: f64 = 0.5;
/// Weights at the peak for each number that is to be fitted, so that the size at the end hardly depends on a smaller one at the start: a
/// row's outputs, counted one by one, and one less where softmax reads them. No number is best everywhere: with 0.7 and 1 in place of 0.5 wine
/// ended 0.18 +- 0.09 and 0.22 +- 0.09 points higher, breast cancer 0.03 and 0.04 +- 0.03 lower, diabetes 0.02 and 0.31 +- 0.09 lower
/// (weight decay, 600 seeds, paired; without it likewise, but diabetes 0.61 with 1). With 0.3 and 0.4 diabetes and wine ended lower (150 seeds).
pub(super) const PEAK_A_TARGET: f64 = 0.5;
/// Most weights at the peak, in those of a linear model: where rows are many, they say nothing about the size.
const PEAK_LINEAR: f64 = 64.0;
/// Most events that pass without a look after rounds in which nothing went: one after one such round, two after two. Without that
/// events took 4 to 7 % of the time on tables, with it 2 to 5, and networks ended alike (300 seeds; on the digits too, 20 seeds; before
/// newborns were tried).
const MOST_PASSED: u32 = 3;
/// Share of the steps before a newborn is judged: time to learn what it can be worth.
const MATURE_AFTER: f64 = 0.05;

/// Share of the price that a random newborn must be worth at once, when it has learned nothing. With 1 and a quarter, against silent
/// newborns alone, wine ended 0.20 and 0.22 +- 0.05 points higher, diabetes and breast cancer as high (within 0.02 +- 0.06 and 0.01 +- 0.02),
/// with a tenth and a fifth more weights (900 seeds, without and with weight decay), 200 of the digits 1.4 and 1.5 +- 0.3 higher, 500
/// of them 0.1 and 0.3 +- 0.1 (60 seeds), and all of them as high (40 seeds). Random newborns in place of the silent ones ended 19 points
/// lower on 500 digits: in a narrow network hardly one of them pays.
const NEWBORN_PAYS: f64 = 0.25;

/// Standard errors of the loss change that a removal must be worth beyond its price: the least of many noisy numbers is
/// chosen. The digits ended at 1,590, 1,760 and 2,080 weights with 0, 0.25 and 0.5, all at 97.0 to 97.1 % (6 to 10 seeds). With 0.5 tables ended
/// as well from a width of 4, but from 32 diabetes without weight decay at 130 weights in place of 97 and 0.5 points lower (600 seeds).
pub(super) const GUARD: f64 = 0.25;

/// The method at work.
#[derive(Debug)]
pub(super) struct Price {
    price: f64,
    /// What the price is counted in.
    cost: Cost,
    /// Whether features of the rows may go.
    inputs: bool,
    /// Steps that a feature must have had before it may go.
    mature: u32,
    /// Weights at the start, and those that the data could need.
    first: f64,
    peak: f64,
    proportions: Proportions,
    /// Layers that come and go, where they may.
    depth: Option<Deepen>,
    /// Features of the rows that went and came back.
    back: Vec<u32>,
    /// Rounds in a row in which nothing went, and events that passed since the last one.
    idle: u32,
    passed: u32,
}

impl Price {
    /// The method of `plan` for a fit of `network` to `targets` numbers in `steps` steps.
    ///
    /// # Errors
    /// `Option` where no event comes, though one could, when features are to go, or, in a network that is to grow, to come.
    pub(super) fn new(
        plan: &GrowthPlan,
        network: &Network,
        inputs: bool,
        (targets, steps): (usize, u64),
    ) -> Result<Self> {
        let mature = (MATURE_AFTER * steps as f64) as u32;
        let first = network.weight_count() as f64;
        let (inputs_of_row, outputs) = (network.input().features(), network.output().features());
        let linear = ((inputs_of_row + 1) * outputs) as f64;
        let peak = (PEAK_A_TARGET * targets as f64).min(PEAK_LINEAR * linear);
        let phases = [(peak > first, (0.0, RENT_FROM), "come"), (true, (RENT_FROM, REST_FROM), "go")];
        for (_, (from, to), what) in phases.into_iter().filter(|phase| phase.0) {
            let due = |every, until| schedule::is_due_between(steps, every, until, (from, to));
            // A fit of one or two steps has no such phase.
            if due(1, 1.0) && !due(plan.every, plan.until) {
                let text = format!(
                    "growth.every is {} and growth.until {}: of {steps} steps none with an event comes between {from} and {to} of them, when features {what}",
                    plan.every, plan.until
                );
                return Err(Error::new(Code::Option, text));
            }
        }
        Ok(Price {
            price: plan.price.unwrap_or(PRICE),
            cost: plan.cost,
            inputs,
            mature,
            first,
            peak,
            proportions: Proportions::of(network),
            depth: plan.depth.then(|| Deepen::new(plan.cost, mature)),
            back: Vec::new(),
            idle: 0,
            passed: 0,
        })
    }

    /// Tries one random newborn where the network is below its peak: it stays if the loss with it, and its part of the price at `ramp`,
    /// are no higher. The sample with the pass of the network as it then is, where there is one.
    fn try_newborn<'a>(
        &self,
        moment: &mut Moment<'a>,
        ramp: f64,
        events: &mut Vec<Event>,
    ) -> Result<Option<Sample<'a>>> {
        let Moment { model, sample, team, .. } = moment;
        let below = (model.network.weight_count() as f64) < self.peak;
        if !below || candidates::growable(&model.network).next().is_none() {
            return Ok(None);
        }
        let sample = sample.hold(model, team)?;
        let loss = sample.before(model, team)?;
        let axis = candidates::random_axis(&mut model.network)?;
        let penalty = NEWBORN_PAYS * ramp * self.price * loss / self.cost.of(&model.network);
        let [costs, weights] =
            [self.cost, Cost::Weights].map(|cost| cost.of_feature(&model.network, Place::Axis(axis)));
        let judge = Judge { loss: None, weight_penalty: penalty * costs / weights };
        if judge.check().is_ok() {
            let change = Change::Expand { axis: Some(axis), incoming: None, bias: None, outgoing: None };
            let mut event = judged(model, &change, &sample, &judge, team)?;
            event.penalty = penalty;
            if self.cost != Cost::Weights && event.reason.is_empty() {
                let (asked, pay) = (self.cost.text(costs), penalty * costs);
                event.reason =
                    format!("stays if the loss falls by at least {pay:.6}, for its {asked}").into();
            }
            events.push(event);
        }
        Ok(Some(sample).filter(|_| Sample::outlasts(&model.network, axis)))
    }

    fn grow(&self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        let peak = self.peak.max(self.first);
        let allowed = self.first + (peak - self.first) * (moment.share / PEAK_AT).min(1.0);
        let wanted = widen::up_to(&moment.model.network, &self.proportions, Cost::Weights, allowed);
        let reason = format!("made without a test: {} are allowed", Cost::Weights.text(allowed));
        widen::widen(moment, &wanted, &reason, (&newborn::silents, true), events)
    }

    /// The event of the cheapest removal that did not pay, where a unit of cost is worth `penalty` and `others` went.
    fn spared(&self, removal: &Removal, event: &mut Event, penalty: f64, others: bool) {
        let rise = match removal.rise.is_finite() {
            true => format!(
                "the loss would rise by {:.6} (standard error {:.6}, of which {GUARD} counts)",
                removal.rise, removal.error
            ),
            false => "the loss would be no number".into(),
        };
        let (saved, worth) = (self.cost.text(removal.cost), penalty * removal.cost);
        event.penalty = penalty;
        let when = if others { ", as many as before the others went," } else { "" };
        event.reason = format!("{rise}; its {saved}{when} are worth {worth:.6}").into();
    }
}

/// Checks that structure does not rest before the price is whole, or a layer on trial is judged.
///
/// # Errors
/// `Option`.
pub(super) fn check_until(plan: &GrowthPlan) -> Result<()> {
    let (until, priced) = (f64::from(plan.until), matches!(plan.method, Method::Price | Method::Auto));
    let text = match plan.depth {
        _ if priced && until <= WHOLE_AT => {
            format!("growth.until is {}; a price needs more than {WHOLE_AT} of the steps", plan.until)
        }
        true if priced && until < REST_FROM => {
            format!("growth.until is {}; with growth.depth use at least {REST_FROM} of the steps", plan.until)
        }
        _ => return Ok(()),
    };
    Err(Error::new(Code::Option, text))
}

impl Rule for Price {
    fn drops_inputs(&self) -> bool {
        self.inputs
    }

    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        if moment.share >= REST_FROM {
            return Ok(());
        }
        let ramp = ((moment.share - RENT_FROM) / (WHOLE_AT - RENT_FROM)).clamp(0.0, 1.0);
        let mut held = self.try_newborn(moment, ramp, events)?;
        let (growing, before) = (moment.share < RENT_FROM, events.len());
        if growing {
            self.grow(moment, events)?;
        }
        if let Some(depth) = &mut self.depth {
            let more = events.len() == before && moment.share < LAYERS_TO;
            if depth.event(moment, self.price, (more, ramp), events)? {
                held = None;
            }
        }
        if growing {
            return Ok(());
        }
        if self.passed < self.idle.min(MOST_PASSED) {
            self.passed += 1;
            return Ok(());
        }
        self.passed = 0;
        let Moment { share, team, .. } = *moment;
        let sample = held.as_ref().unwrap_or(moment.sample).hold_with_gradients(moment.model, team)?;
        let moment = &mut Moment { model: moment.model, share, sample: &sample, team };
        let cost = self.cost.of(&moment.model.network);
        let scope = Scope {
            inputs: self.inputs,
            mature: self.mature,
            cost: self.cost,
            proportions: &self.proportions,
            hands_over: false,
        };
        let penalty = |loss: f64| ramp * self.price * loss / cost;
        let cheap = |_: &Network, removal: &Removal| {
            removal.before.is_finite()
                && removal.rise + GUARD * removal.error < penalty(removal.before) * removal.cost
        };
        let Round { mut made, spared } = removal::round(moment, scope, &cheap, "")?;
        let none = made.is_empty();
        self.idle = if none { self.idle + 1 } else { 0 };
        for event in &mut made {
            event.penalty = event.loss_before.map_or(0.0, penalty);
            if self.cost != Cost::Weights {
                let (penalty, unit) = (event.penalty, self.cost.unit());
                event.reason = format!("raises the loss by less than {penalty} for each {unit} saved").into();
            }
        }
        events.append(&mut made);
        if let Some((removal, mut event)) = spared {
            let penalty = event.loss_before.map_or(0.0, penalty);
            self.spared(&removal, &mut event, penalty, !none);
            events.push(event);
        }
        let some_dropped = self.inputs && !moment.model.network.inputs.dropped().is_empty();
        if none && some_dropped && moment.share < WHOLE_AT {
            let loss = moment.sample.before(moment.model, moment.team)?;
            restore::restore(moment, self.cost, penalty(loss), &mut self.back, events)?;
        }
        Ok(())
    }
}
