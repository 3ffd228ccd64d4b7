//! Layers that come on trial, and layers that go, on the scale on which features are judged.

use super::cost::Cost;
use super::depth;
use super::judge::{Event, Kind, Verdict};
use super::method::Moment;
use super::price::GUARD;
use crate::error::Result;
use crate::model::Network;
use crate::train::Score;

/// Layers that come and go in a fit.
#[derive(Debug)]
pub(super) struct Deepen {
    /// What the price is counted in.
    cost: Cost,
    /// Steps that a layer must have had before it is judged.
    mature: u32,
    /// The layer on trial.
    trial: Option<Trial>,
    /// How many came, the step from which one may come again, and trials to wait for that after the next failure.
    came: usize,
    open_from: u32,
    patience: u32,
    /// The step at which it was last asked which layer could go.
    asked: u32,
}

/// A layer that came and is to be judged.
#[derive(Debug)]
struct Trial {
    layer: usize,
    /// The step at which it came.
    since: u32,
    /// The network's count of changes of layers since then: after another one the place is no longer the layer's.
    relayered: u32,
}

/// A network in which two layers are one.
struct Merger {
    network: Network,
    /// The axis that is gone.
    axis: usize,
    before: f64,
    score: Score,
    /// By how much the loss rises, what one weight (or other unit of cost) is worth, and what those saved are.
    rise: f64,
    penalty: f64,
    worth: f64,
}

/// Checks that layers can come to `network` or go from it.
///
/// # Errors
/// Why not, of the axis nearest to that.
pub(super) fn check(network: &Network) -> std::result::Result<(), String> {
    let mut why = "it has no hidden axis".to_owned();
    for axis in 0..network.axes.len() {
        match depth::room_for_layer(network, axis) {
            Ok(()) => return Ok(()),
            Err(reason) => why = reason,
        }
    }
    match depth::mergeable(network).next() {
        Some(_) => Ok(()),
        None => Err(why),
    }
}

impl Deepen {
    pub(super) fn new(cost: Cost, mature: u32) -> Self {
        Deepen { cost, mature, trial: None, came: 0, open_from: 0, patience: 0, asked: 0 }
    }

    /// Judges the layer on trial once it is mature, at the whole price; where the user has changed layers since, it is on trial no
    /// longer. Where none is on trial, takes out a layer that is not worth
    /// the share `ramp` of the price, asked again after as many steps as a newborn has, or else puts one on trial if `more`. Whether
    /// it came to any of that.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn event(
        &mut self,
        moment: &mut Moment,
        price: f64,
        (more, ramp): (bool, f64),
        events: &mut Vec<Event>,
    ) -> Result<bool> {
        let Network { step, relayered, .. } = moment.model.network;
        match self.trial.take().filter(|trial| trial.relayered == relayered) {
            Some(trial) if step.saturating_sub(trial.since) < self.mature => {
                self.trial = Some(trial);
                return Ok(false);
            }
            Some(trial) => self.judge(moment, price, trial.layer, events)?,
            None if ramp > 0.0 && step.saturating_sub(self.asked) >= self.mature => {
                self.remove(moment, ramp * price, events)?;
            }
            None if more && step >= self.open_from => self.put(moment, price, events)?,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Puts a layer on trial: close to the identity, it changes next to nothing yet. Axes take turns, the narrowest, whose layer
    /// is the cheapest, first.
    fn put(&mut self, moment: &mut Moment, price: f64, events: &mut Vec<Event>) -> Result<()> {
        let Moment { model, sample, team, .. } = moment;
        let network = &model.network;
        let mut axes: Vec<usize> = (0..network.axes.len()).collect();
        axes.retain(|&axis| depth::room_for_layer(network, axis).is_ok());
        axes.sort_by_key(|&axis| network.width(axis));
        if axes.is_empty() {
            return Ok(());
        }
        let loss = sample.before(model, team)?;
        if !loss.is_finite() {
            return Ok(());
        }
        let network = &mut model.network;
        let (axis, weights) = (axes[self.came % axes.len()], network.weight_count());
        depth::add_layer(network, axis)?;
        self.came += 1;
        let layer = network.axes[axis].producers[0] + 1;
        self.trial = Some(Trial { layer, since: network.step, relayered: network.relayered });
        let penalty = price * loss / self.cost.of(network);
        let event = Event::of_layer(network, Kind::AddLayer, axis, weights, "on trial".into());
        // The layer is there, whatever becomes of the measurement.
        let after = sample.before(model, team);
        events.push(event.judged(loss, *after.as_ref().unwrap_or(&f64::NAN), penalty));
        after.map(|_| ())
    }

    /// The layer on trial stays if the loss without it is higher by more than it costs, even a quarter of a standard error
    /// less; else it is merged with one beside it.
    fn judge(
        &mut self,
        moment: &mut Moment,
        price: f64,
        layer: usize,
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let beside = |at: usize| at == layer || at + 1 == layer;
        let Some(merger) = self.best(moment, price, &beside)? else { return Ok(()) };
        let stays = merger.rise - GUARD * merger.score.error > merger.worth;
        if !stays {
            self.patience = (2 * self.patience).max(1);
            self.open_from = moment.model.network.step + self.patience * self.mature;
        }
        events.push(settle(moment, merger, !stays));
        Ok(())
    }

    /// Merges the two layers that are best merged, if the loss, even a quarter of a standard error more, rises by less than what is saved
    /// is worth.
    fn remove(&mut self, moment: &mut Moment, price: f64, events: &mut Vec<Event>) -> Result<()> {
        self.asked = moment.model.network.step;
        let Some(merger) = self.best(moment, price, &|_| true)? else { return Ok(()) };
        let pays = merger.rise + GUARD * merger.score.error < merger.worth;
        events.push(settle(moment, merger, pays));
        Ok(())
    }

    /// Of the layers that `among` names and that may be merged with the next one, the one that is best merged.
    fn best(&self, moment: &mut Moment, price: f64, among: &dyn Fn(usize) -> bool) -> Result<Option<Merger>> {
        let cost = self.cost;
        let Moment { model, sample, team, .. } = moment;
        let mut least: Option<Merger> = None;
        for (axis, layer) in depth::mergeable(&model.network).collect::<Vec<_>>() {
            let age =
                |layer: usize| model.network.step.saturating_sub(model.network.linear(layer).weight.birth());
            if !among(layer) || age(layer).min(age(layer + 1)) < self.mature {
                continue;
            }
            let mut network = model.network.try_clone()?;
            depth::remove_layer(&mut network, layer)?;
            let (before, score) = sample.instead(model, &network, team)?;
            if !before.is_finite() {
                return Ok(None);
            }
            let whole = cost.of(&model.network);
            let (penalty, saved) = (price * before / whole, whole - cost.of(&network));
            let rise = if score.loss.is_finite() { score.loss - before } else { f64::INFINITY };
            let merger = Merger { network, axis, before, score, rise, penalty, worth: penalty * saved };
            if least.as_ref().is_none_or(|least| merger.rise - merger.worth < least.rise - least.worth) {
                least = Some(merger);
            }
        }
        Ok(least)
    }
}

/// Makes `merger`, or only tells of it.
fn settle(moment: &mut Moment, merger: Merger, made: bool) -> Event {
    let Merger { network, axis, before, score, penalty, worth, .. } = merger;
    let weights = moment.model.network.weight_count();
    let reason = format!(
        "what it saves is worth {worth:.6} of the loss, whose change has a standard error of {:.6}; {GUARD} of that counts",
        score.error
    );
    let mut event = Event::of_layer(&network, Kind::RemoveLayer, axis, weights, reason)
        .judged(before, score.loss, penalty);
    if made {
        moment.model.network = network;
    } else {
        event.verdict = Verdict::Undone;
        event.width = Some(moment.model.network.width(axis));
    }
    event
}
