//! What each removal would cost, exactly, when the remaining features take over what they can.

use super::candidates;
use super::cost::Cost;
use super::judge::{Event, Kind};
use super::linalg::Cholesky;
use super::method::Moment;
use super::replace::{self, takes_constants};
use crate::error::Result;
use crate::model::{Model, Network};
use crate::param::Plane;
use crate::train::{sweeps, Candidate, Moments, Place, Replacement, Sample};
use cambium_kernels::pool::Team;

/// Features of a layer, and of the rows, that are scored exactly: those that a first look finds cheapest. With 16, networks of
/// 770 and 1,500 weights on 10,000 images of MNIST ended 1.2 and 1.0 points lower (4 seeds).
const SHORTLIST: usize = 48;

/// Ridge of the regression of one feature on the others, in mean variances. From 0.03 to 1 the digits ended within half a point
/// of each other (20 seeds).
const RIDGE: f64 = 0.1;

/// One feature that could go.
#[derive(Debug)]
pub(super) struct Removal {
    pub(super) place: Place,
    /// What takes its place.
    pub(super) replacement: Replacement,
    /// Mean loss without the feature. It may be infinite or NaN.
    pub(super) loss: f64,
    /// By how much the loss rises; infinite where it is no number.
    pub(super) rise: f64,
    /// Standard error of the rise.
    pub(super) error: f64,
    /// What is saved.
    pub(super) cost: f64,
    /// Steps since the feature came.
    pub(super) age: u32,
}

/// The removals that may be made, in no order, and the mean loss before. With `inputs` also of features of the rows.
///
/// # Errors
/// `OutOfMemory`.
fn removals(
    model: &mut Model,
    sample: &Sample,
    inputs: bool,
    cost: Cost,
    team: &Team,
) -> Result<(f64, Vec<Removal>)> {
    let network = &model.network;
    let mut places: Vec<Place> = candidates::growable(network).map(Place::Axis).collect();
    if inputs && network.input_reader().is_ok() {
        places.push(Place::Inputs);
    }
    places.retain(|&place| width(network, place) > min(network, place));
    let look = places.iter().any(|&place| width(network, place) > SHORTLIST);
    let sample = if look { sample.hold_with_gradients(model, team)? } else { sample.hold(model, team)? };
    let before = sample.before(model, team)?;
    let mut removals = Vec::new();
    for place in places {
        let replacements = replacements(model, place)?;
        let cost = cost.of_feature(&model.network, place);
        let list: Vec<Candidate> = replacements.into_iter().map(Candidate::Replace).collect();
        let scores = sample.scores(model, place, &list, team)?;
        for (candidate, score) in list.into_iter().zip(scores) {
            let Candidate::Replace(replacement) = candidate else { continue };
            let rise = if score.loss.is_finite() { score.loss - before } else { f64::INFINITY };
            let (loss, error) = (score.loss, score.error);
            let age = age(&model.network, place, replacement.index);
            removals.push(Removal { place, replacement, loss, rise, error, cost, age });
        }
    }
    Ok((before, removals))
}

/// Features at `place`.
fn width(network: &Network, place: Place) -> usize {
    match place {
        Place::Axis(axis) => network.width(axis),
        Place::Inputs => network.input().channels,
    }
}

/// Optimiser steps since a feature came.
fn age(network: &Network, place: Place, index: usize) -> u32 {
    let born = network.linear(replace::reader(network, place)).weight.input_birth()[index];
    network.step.saturating_sub(born)
}

/// Fewest features that `place` may have.
fn min(network: &Network, place: Place) -> usize {
    match place {
        Place::Axis(axis) => network.axes[axis].min,
        Place::Inputs => network.min_inputs(),
    }
}

/// For the features at `place`, or those of them that a first look finds cheapest, what could stand in for each: its mean for
/// a feature of the rows, and the best combination of the others for one of a layer, in the pass that the workspace holds.
fn replacements(model: &Model, place: Place) -> Result<Vec<Replacement>> {
    let (network, workspace) = (&model.network, &model.workspace);
    let reader = replace::reader(network, place);
    let constants = takes_constants(network, place);
    let width = width(network, place);
    if matches!(place, Place::Axis(axis) if !sweeps(network, axis)) {
        // Such features have several readers, or readers behind norms: nothing stands in for them.
        let list = cheapest(model, reader, &vec![1.0; width]);
        return Ok(list.into_iter().map(|index| Replacement { index, ..Replacement::default() }).collect());
    }
    if place == Place::Inputs {
        let (means, squares) = workspace.input_spread(network, reader);
        let variances: Vec<f64> =
            means.iter().zip(squares).map(|(mean, square)| square - mean * mean).collect();
        let constant = |k: usize| if constants { means[k] as f32 } else { 0.0 };
        let replacement = |index| Replacement { index, coefficients: Vec::new(), constant: constant(index) };
        return Ok(cheapest(model, reader, &variances).into_iter().map(replacement).collect());
    }
    let Moments { means, products } = workspace.moments(network, reader)?;
    let mean = |k: usize| if constants { means[k] } else { 0.0 };
    let mut matrix = vec![0.0; width * width];
    for (i, row) in matrix.chunks_exact_mut(width).enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = products[i * width + j] - mean(i) * mean(j);
        }
    }
    let factor = Cholesky::ridged(width, &matrix, RIDGE);
    // The diagonal of the inverse is one over what the others leave of each feature's variance.
    let left: Vec<f64> =
        factor.inverse_diagonal().into_iter().map(|g| if g > 0.0 { 1.0 / g } else { 0.0 }).collect();
    let replacement = |index: usize| {
        // Column `index` of the inverse holds the regression of that feature on the others.
        let mut column = vec![0.0; width];
        column[index] = 1.0;
        factor.solve(&mut column);
        let own = column[index];
        column[index] = 0.0;
        let coefficients: Vec<f32> =
            column.iter().map(|&g| if own > 0.0 { (-g / own) as f32 } else { 0.0 }).collect();
        let explained =
            coefficients.iter().enumerate().fold(0.0, |sum, (k, &c)| sum + f64::from(c) * mean(k));
        Replacement { index, coefficients, constant: (mean(index) - explained) as f32 }
    };
    Ok(cheapest(model, reader, &left).into_iter().map(replacement).collect())
}

/// The features, at most [`SHORTLIST`], for which the variance that is lost x sum of squares of (outgoing weight x gradient there)
/// is least: the change of the loss to second order, with the square of the gradient for the curvature.
fn cheapest(model: &Model, reader: usize, lost: &[f64]) -> Vec<usize> {
    let mut all: Vec<usize> = (0..lost.len()).collect();
    if lost.len() <= SHORTLIST {
        return all;
    }
    let squares = model.workspace.gradient_squares(&model.network, reader);
    let weights = model.network.linear(reader).weight.view(Plane::Value);
    let harm: Vec<f64> = lost
        .iter()
        .enumerate()
        .map(|(k, lost)| {
            let outgoing = weights.index_axis(ndarray::Axis(1), k);
            let sum = outgoing.outer_iter().fold(0.0, |sum, row| {
                row.iter().zip(&squares).fold(sum, |sum, (&w, g)| sum + f64::from(w) * f64::from(w) * g)
            });
            lost * sum
        })
        .collect();
    all.sort_by(|&a, &b| harm[a].total_cmp(&harm[b]).then(a.cmp(&b)));
    all.truncate(SHORTLIST);
    all.sort_unstable();
    all
}

/// Most features of the rows that go in a round: few enough that each judgement holds for the next.
const INPUTS_A_ROUND: usize = 8;

/// One feature of a layer may go in a round, and one more for so many that the layer has.
const WIDTH_FOR_ONE_MORE: usize = 16;

/// Removes features, those that cost the least loss for each unit of `cost` first, as long as `pays` says so, all judged in the network as
/// it is. What stands in for a feature is found among the others of its layer, so of these few may go in a round, and none that
/// leans on one that has gone; a feature of the rows is replaced by its mean, so more may. The round ends
/// where the next one would be one too many.
///
/// # Errors
/// As [`removals`].
pub(super) fn round(
    moment: &mut Moment,
    inputs: bool,
    cost: Cost,
    pays: &dyn Fn(&Network, &Removal) -> bool,
    reason: &str,
) -> Result<Vec<Event>> {
    let Moment { model, sample, team, .. } = moment;
    let (before, mut removals) = removals(model, sample, inputs, cost, team)?;
    removals.sort_by(|a, b| (a.rise / a.cost).total_cmp(&(b.rise / b.cost)));
    let mut events = Vec::new();
    let mut gone: Vec<(Place, usize)> = Vec::new();
    for removal in removals {
        let network = &mut model.network;
        let place = removal.place;
        if !pays(network, &removal) || width(network, place) == min(network, place) {
            continue;
        }
        let index = removal.replacement.index;
        let before_it: Vec<usize> = gone.iter().filter(|(p, _)| *p == place).map(|(_, at)| *at).collect();
        let limit = match place {
            Place::Inputs => INPUTS_A_ROUND,
            Place::Axis(_) => 1 + (width(network, place) + before_it.len()) / WIDTH_FOR_ONE_MORE,
        };
        if before_it.len() >= limit {
            break;
        }
        if leans_on(&removal.replacement.coefficients, &before_it) {
            continue;
        }
        gone.push((place, index));
        let mut event = remove(network, removal, &before_it, reason);
        event.loss_before = Some(before).filter(|loss| loss.is_finite());
        events.push(event);
    }
    Ok(events)
}

/// Whether features that have gone would have had a large part in standing in for one.
fn leans_on(coefficients: &[f32], gone: &[usize]) -> bool {
    let largest = coefficients.iter().fold(0.0_f32, |most, c| if c.abs() > most { c.abs() } else { most });
    gone.iter().any(|&at| coefficients.get(at).is_some_and(|c| c.abs() > 0.25 * largest))
}

/// Makes `removal`, judged before the features `gone` of its place went.
fn remove(network: &mut Network, removal: Removal, gone: &[usize], reason: &str) -> Event {
    let Removal { place, mut replacement, loss, .. } = removal;
    let mut index = 0;
    replacement.coefficients.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
    replacement.index -= gone.iter().filter(|&&at| at < replacement.index).count();
    let (weights, feature) = (
        network.weight_count(),
        match place {
            Place::Inputs => network.inputs.feature(replacement.index),
            Place::Axis(_) => 0,
        },
    );
    replace::replace(network, place, &replacement);
    let reason = reason.to_owned();
    let mut event = match place {
        Place::Axis(axis) => {
            Event::of_feature(network, Kind::Remove, (axis, replacement.index), weights, reason)
        }
        Place::Inputs => Event::of_input(network, Kind::DropInput, feature, weights, reason),
    };
    event.loss_after = Some(loss).filter(|loss| loss.is_finite());
    event
}
