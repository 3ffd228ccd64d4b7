//! More features on several axes, without a test: they change no output yet, or hardly.

use super::candidates;
use super::cost::Cost;
use super::feature::{self, Feature};
use super::judge::{Event, Kind};
use super::method::Moment;
use super::proportions::Proportions;
use crate::axes::Role;
use crate::error::Result;
use crate::model::Network;

/// How many features may come to each axis, so that the network costs at most `allowed` and all axes keep their
/// proportions, those of now where those of the start are not known.
pub(super) fn up_to(network: &Network, proportions: &Proportions, cost: Cost, allowed: f64) -> Vec<usize> {
    let before = network.widths();
    let widths = proportions.known(network).unwrap_or(&before);
    let mut after = before.clone();
    loop {
        let least = |&a: &usize, &b: &usize| {
            let [a, b] = [(a, b), (b, a)].map(|(one, other)| after[one] as u64 * widths[other] as u64);
            a.cmp(&b)
        };
        let Some(axis) = candidates::growable(network).min_by(least) else { return vec![0; before.len()] };
        after[axis] += 1;
        if cost.at(network, &|axis| after[axis]) > allowed {
            after[axis] -= 1;
            return after.iter().zip(before).map(|(after, before)| after - before).collect();
        }
    }
}

/// Numbers of the newborns that are made at once: room for them is not asked for, so it has to be little.
const NUMBERS: usize = 1 << 20;

/// Makes so many newborns for an axis.
pub(super) type Make<'a> = &'a dyn Fn(&mut Moment, usize, usize) -> Result<Vec<Feature>>;

/// Adds so many features to each axis, as `make` makes them. Where they change outputs, because they are not `silent` or a norm reads
/// them, the loss is measured without and with all that come to the axis.
///
/// # Errors
/// `OutOfMemory`; the features before stay, and `events` has them.
pub(super) fn widen(
    moment: &mut Moment,
    wanted: &[usize],
    reason: &str,
    (make, silent): (Make, bool),
    events: &mut Vec<Event>,
) -> Result<()> {
    for (axis, &count) in wanted.iter().enumerate().filter(|(_, &count)| count > 0) {
        let read_by_norm = moment.model.network.axes[axis].parts.iter().any(|part| part.role == Role::Gain);
        let measured = read_by_norm || !silent;
        let loss = |moment: &mut Moment| -> Result<Option<f64>> {
            let loss = measured.then(|| moment.sample.before(moment.model, moment.team)).transpose()?;
            Ok(loss.filter(|loss| loss.is_finite()))
        };
        let (before_all, first) = (loss(moment)?, events.len());
        let Network { layers, axes, .. } = &mut moment.model.network;
        feature::reserve(layers, &axes[axis].parts, count)?;
        let numbers: usize = axes[axis].sizes(layers).sum();
        // Of a layer that makes what it reads each newborn has more weights than the one before.
        let at_once = if axes[axis].loops() { 1 } else { (NUMBERS / numbers.max(1)).max(1) };
        for from in (0..count).step_by(at_once) {
            for newborn in make(moment, axis, at_once.min(count - from))? {
                let network = &mut moment.model.network;
                let (before, index) = (network.weight_count(), network.width(axis));
                feature::insert(network, axis, index, &newborn)?;
                events.push(Event::of_feature(network, Kind::Add, (axis, index), before, reason.to_owned()));
            }
        }
        let after_all = loss(moment)?;
        for event in &mut events[first..] {
            (event.loss_before, event.loss_after) = (before_all, after_all);
        }
    }
    Ok(())
}
