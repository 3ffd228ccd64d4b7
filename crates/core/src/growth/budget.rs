//! Growth past a budget of weights, then removal down to it.
//!
//! Growing to a budget ends no better than a fixed width; growing to twice the budget and then giving up, again and again,
//! the features that cost the least loss per weight does.

use super::candidates;
use super::feature::{self, Feature};
use super::judge::{Event, Kind};
use super::method::GrowthPlan;
use super::{newborn, schedule};
use crate::axes::Axis;
use crate::error::{Code, Error, Result};
use crate::layer::Layer;
use crate::model::{Model, Network};
use crate::train::{Candidate, Sample};
use cambium_kernels::pool::Team;

/// Weights at the peak, in budgets.
const PEAK: f64 = 2.0;
/// Shares of a fit's steps: the peak is reached, removal begins, the budget is reached.
const PEAK_AT: f64 = 0.25;
const FALL_FROM: f64 = 0.35;
pub(super) const FALL_TO: f64 = 0.65;

/// The network as a fit found it.
#[derive(Debug)]
pub(crate) struct Start {
    weights: usize,
    widths: Vec<usize>,
}

impl Start {
    /// Of `network`, before the first step.
    pub(crate) fn of(network: &Network) -> Self {
        Start { weights: network.weight_count(), widths: network.widths() }
    }
}

/// Most weights after `share` of the steps of a fit that started with `start`.
fn allowed(share: f64, start: usize, budget: usize) -> usize {
    let (start, budget) = (start as f64, budget as f64);
    let peak = (PEAK * budget).max(start);
    let ramp = |(from, a): (f64, f64), (to, b): (f64, f64)| {
        a + (b - a) * ((share - from) / (to - from)).clamp(0.0, 1.0)
    };
    let allowed = if share < FALL_FROM {
        ramp((0.0, start), (PEAK_AT, peak))
    } else {
        ramp((FALL_FROM, peak), (FALL_TO, budget))
    };
    allowed as usize
}

/// Checks that `budget` weights are enough for the least widths, and that an event comes when they are due.
///
/// # Errors
/// `Option`, with the numbers.
pub(crate) fn check(network: &Network, budget: usize, plan: &GrowthPlan, steps: u64) -> Result<()> {
    let least = least_weights(network);
    let bad = |text: String| Err(Error::new(Code::Option, text));
    if budget < least {
        return bad(format!(
            "growth.weights is {budget}; at its least widths this model has {least} weights"
        ));
    }
    let every = plan.every;
    let last = schedule::last_due(steps, every, plan.until);
    if last.is_none_or(|last| (last as f64) < FALL_TO * steps as f64) {
        return bad(format!(
            "growth.every is {every}; of {steps} steps none with an event comes after {FALL_TO} of them, when budget is due"
        ));
    }
    Ok(())
}

/// Weights with every growable axis at its least width.
fn least_weights(network: &Network) -> usize {
    let width = |layer: usize, ends: fn(&Axis) -> &Vec<usize>, otherwise: usize| {
        let axis = network.axes.iter().find(|axis| ends(axis).contains(&layer) && axis.pinned.is_none());
        axis.map_or(otherwise, |axis| axis.min.min(otherwise))
    };
    let weights = |(layer, kind): (usize, &Layer)| {
        let Layer::Linear(linear) = kind else { return 0 };
        let inputs = width(layer, |axis| &axis.consumers, linear.weight.inputs());
        let outputs = width(layer, |axis| &axis.producers, linear.weight.outputs());
        linear.weight.taps() * inputs * outputs + usize::from(linear.bias.is_some()) * outputs
    };
    network.layers.iter().enumerate().map(weights).sum()
}

/// Adds or removes features until the network has the size that is due.
///
/// # Errors
/// `OutOfMemory`; the changes before it stay.
pub(super) fn event(
    model: &mut Model,
    budget: usize,
    (share, start): (f64, &Start),
    sample: &Sample,
    team: &Team,
) -> Result<Vec<Event>> {
    let allowed = allowed(share, start.weights, budget);
    if share < FALL_FROM {
        return grow(&mut model.network, allowed, &start.widths);
    }
    match model.network.weight_count() > allowed {
        true => shrink(model, allowed, sample, team),
        false => Ok(Vec::new()),
    }
}

/// Adds features that change no output, so that all axes keep the proportions of `widths`.
fn grow(network: &mut Network, allowed: usize, widths: &[usize]) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    loop {
        let least = |&a: &usize, &b: &usize| {
            let [a, b] =
                [(a, b), (b, a)].map(|(one, other)| network.width(one) as u64 * widths[other] as u64);
            a.cmp(&b)
        };
        let axis = candidates::growable(network).min_by(least).expect("an event needs an axis that can grow");
        let before = network.weight_count();
        if before + network.weights_of(axis) > allowed {
            return Ok(events);
        }
        let index = network.width(axis);
        let newborn = newborn::silent(network, axis);
        feature::insert(network, axis, index, &newborn)?;
        let reason = format!("made without a test: {allowed} weights are allowed");
        events.push(Event::of_feature(network, Kind::Add, (axis, index), before, reason));
    }
}

/// One feature that could go.
struct Removal {
    axis: usize,
    index: usize,
    loss: f64,
    /// What the loss rises by for each weight saved.
    price: f64,
}

/// Removes the features that cost the least loss per weight, all judged in the network as it was before the event.
fn shrink(model: &mut Model, allowed: usize, sample: &Sample, team: &Team) -> Result<Vec<Event>> {
    let sample = sample.hold(model, team)?;
    let loss_before = sample.before(model, team)?;
    let mut removals = Vec::new();
    for axis in candidates::growable(&model.network).collect::<Vec<_>>() {
        let features: Vec<_> = (0..model.network.width(axis)).map(Candidate::Remove).collect();
        let weights = model.network.weights_of(axis) as f64;
        let losses = sample.scores(model, axis, &features, team)?;
        removals.extend(losses.into_iter().enumerate().map(|(index, loss)| {
            // A loss that is no number comes last.
            let rise = if loss.is_finite() { loss - loss_before } else { f64::INFINITY };
            Removal { axis, index, loss, price: rise / weights }
        }));
    }
    removals.sort_by(|a, b| a.price.total_cmp(&b.price));
    let network = &mut model.network;
    let (mut events, mut gone) = (Vec::new(), Vec::new());
    for Removal { axis, index, loss, .. } in removals {
        let before = network.weight_count();
        if before <= allowed {
            break;
        }
        if network.width(axis) == network.axes[axis].min {
            continue;
        }
        let moved = gone.iter().filter(|&&(a, i)| a == axis && i < index).count();
        gone.push((axis, index));
        let index = index - moved;
        feature::remove(network, axis, index, &mut Feature::default());
        let reason = format!("costs the least loss per weight; {allowed} weights are allowed");
        let mut event = Event::of_feature(network, Kind::Remove, (axis, index), before, reason);
        event.loss_before = Some(loss_before).filter(|loss| loss.is_finite());
        event.loss_after = Some(loss).filter(|loss| loss.is_finite());
        events.push(event);
    }
    Ok(events)
}
