//! Growth while it pays, then removal of what is not worth its price: the network finds its size by itself.

use super::candidates;
use super::cost::Cost;
use super::deepen::Deepen;
use super::judge::Event;
use super::method::{GrowthPlan, Moment, Rule};
use super::removal::{self, Removal};
use super::{newborn, restore, widen};
use crate::error::Result;
use crate::model::Network;
use cambium_kernels::math::ln_scalar;

/// Price where none is given.
const PRICE: f64 = 0.1;
/// Shares of a fit's steps: growth of widths ends, the price is whole, structure rests. From widths of 4, 16 and 32 the digits ended at
/// 1,070, 1,150 and 1,140 weights; where growth ended at 0.3, at 1,180, 1,770 and 1,050 (5 seeds).
const GROW_TO: f64 = 0.15;
const WHOLE_AT: f64 = 0.7;
/// Share of the steps in which layers come: later ones would have little time to learn.
const LAYERS_TO: f64 = 0.4;
const REST_FROM: f64 = 0.85;
/// Features come in eighths of the width.
const COHORT: usize = 8;
/// Steps before a newborn is judged: moments of Adam need some ten of their time constants.
pub(super) const MATURITY: u32 = 150;

/// Standard errors of the loss change that a removal must be worth beyond its price: the least of many noisy numbers is
/// chosen. The digits ended at 930, 1,310 and 3,300 weights with 0, 0.5 and 1 (5 seeds), all at 97 to 98 %.
pub(super) const GUARD: f64 = 0.5;

/// The method at work.
#[derive(Debug)]
pub(super) struct Price {
    price: f64,
    /// What the price is counted in.
    cost: Cost,
    /// Whether features of the rows may go.
    inputs: bool,
    /// Loss and cost before the last features came.
    last: Option<(f64, f64)>,
    /// Events until features may come again, and how many it will be after the next failure.
    wait: u32,
    patience: u32,
    /// Layers that come and go, where they may.
    depth: Option<Deepen>,
    /// Features of the rows that went and came back.
    back: Vec<u32>,
}

impl Price {
    pub(super) fn new(plan: &GrowthPlan, inputs: bool) -> Self {
        Price {
            price: plan.price.unwrap_or(PRICE),
            cost: plan.cost,
            inputs,
            last: None,
            wait: 0,
            patience: 1,
            depth: plan.depth.then(|| Deepen::new(plan.cost)),
            back: Vec::new(),
        }
    }

    /// Whether the loss has fallen, since the last features came, by what they cost.
    fn pays(&self, loss: f64, cost: f64) -> bool {
        let Some((before, less)) = self.last else { return true };
        let ln = |ratio: f64| f64::from(ln_scalar(ratio as f32));
        ln(before / loss) >= self.price * ln(cost / less)
    }

    fn grow(&mut self, moment: &mut Moment) -> Result<Vec<Event>> {
        if self.wait > 0 {
            self.wait -= 1;
            return Ok(Vec::new());
        }
        let loss = moment.sample.before(moment.model, moment.team)?;
        let network = &moment.model.network;
        let cost = self.cost.of(network);
        if !self.pays(loss, cost) {
            self.wait = self.patience;
            self.patience *= 2;
            return Ok(Vec::new());
        }
        self.last = Some((loss, cost));
        let mut wanted = vec![0; network.axes.len()];
        for axis in candidates::growable(network) {
            wanted[axis] = network.width(axis).div_ceil(COHORT);
        }
        widen::widen(moment, &wanted, "made without a test: it changes no output yet", &newborn::best)
    }
}

impl Rule for Price {
    fn event(&mut self, moment: &mut Moment) -> Result<Vec<Event>> {
        let growing = moment.share < GROW_TO;
        if moment.share >= REST_FROM {
            return Ok(Vec::new());
        }
        let mut events = if growing { self.grow(moment)? } else { Vec::new() };
        let ramp = ((moment.share - GROW_TO) / (WHOLE_AT - GROW_TO)).clamp(0.0, 1.0);
        if let Some(depth) = &mut self.depth {
            let more = if growing { events.is_empty() } else { moment.share < LAYERS_TO };
            events.extend(depth.event(moment, self.price, (more, ramp))?);
        }
        if growing {
            return Ok(events);
        }
        let loss = moment.sample.before(moment.model, moment.team)?;
        loop {
            let penalty = ramp * self.price * loss / self.cost.of(&moment.model.network);
            let reason = match self.cost {
                Cost::Weights => String::new(),
                other => format!("raises the loss by less than {penalty} for each {} saved", other.unit()),
            };
            let cheap = |_: &Network, removal: &Removal| {
                removal.age >= MATURITY && removal.rise + GUARD * removal.error < penalty * removal.cost
            };
            let round = removal::round(moment, self.inputs, self.cost, &cheap, &reason)?;
            if round.is_empty() {
                if moment.share < WHOLE_AT {
                    events.extend(restore::restore(moment, self.cost, penalty, &mut self.back)?);
                }
                return Ok(events);
            }
            events.extend(round.into_iter().map(|event| Event { penalty, ..event }));
        }
    }
}
