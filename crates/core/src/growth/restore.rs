//! Features of the rows that come back.

use super::cost::Cost;
use super::feature;
use super::judge::{Event, Kind};
use super::method::Moment;
use crate::error::Result;
use crate::model::Network;
use crate::param::Strip;
use crate::train::Place;

/// Most that come back in an event.
const MOST: usize = 4;

/// What a feature must promise, in prices of what it costs: the promise is that of one Newton step on the rows that judge,
/// and kept only in part.
const MARGIN: f64 = 2.0;

/// Puts the dropped features to use again that promise most, where that is more than they cost at `penalty` for each unit.
/// Their weights start at zero, so that nothing changes yet. Those in `back` have come back before and do not again; the
/// new ones are added.
///
/// # Errors
/// `OutOfMemory`; the features before stay, and `events` has them.
pub(super) fn restore(
    moment: &mut Moment,
    cost: Cost,
    penalty: f64,
    back: &mut Vec<u32>,
    events: &mut Vec<Event>,
) -> Result<()> {
    let Moment { model, sample, team, .. } = moment;
    let mut dropped = model.network.inputs.dropped();
    dropped.retain(|feature| !back.contains(feature));
    let Some(reader) = model.network.input_reader().ok().filter(|_| !dropped.is_empty()) else {
        return Ok(());
    };
    let outlooks = sample.dropped(model, &dropped, team)?;
    let squares = model.workspace.gradient_squares(&model.network, reader);
    let rows = sample.count() as f64;
    let price = penalty * cost.of_feature(&model.network, Place::Inputs);
    // Half of gradient squared over curvature, with the mean square of the gradient of a row for the curvature.
    let mut promises: Vec<(f64, usize)> = Vec::new();
    for (outlook, &feature) in outlooks.iter().zip(&dropped) {
        let gain = outlook.gradient.iter().zip(&squares).fold(0.0, |sum, (&g, square)| {
            let curvature = outlook.variance * square * rows * rows;
            sum + if curvature > 0.0 { 0.5 * f64::from(g) * f64::from(g) / curvature } else { 0.0 }
        });
        if gain > MARGIN * price {
            promises.push((gain, feature as usize));
        }
    }
    promises.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (gain, feature) in promises.into_iter().take(MOST) {
        let network: &mut Network = &mut model.network;
        let before = network.weight_count();
        let mut strip = Strip::default();
        strip.newborn(network.linear(reader).weight.outputs(), network.step, |_| 0.0);
        feature::insert_input(network, feature, &strip)?;
        back.push(feature as u32);
        let reason = format!("promises {gain:.6} less loss; what it costs is worth {price:.6}");
        let mut event = Event::of_input(network, Kind::RestoreInput, feature, before, reason).foreseen(-gain);
        event.penalty = penalty;
        events.push(event);
    }
    Ok(())
}
