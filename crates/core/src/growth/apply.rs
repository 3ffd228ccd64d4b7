//! Carrying out a change.

use super::change::{at_minimum, check_axis, Blocked, Change, ChangeReport, FeatureAt, Undo};
use super::feature::{self, Feature};
use super::judge::Event;
use super::replace::{replace, takes_constants};
use super::{candidates, depth, ends, newborn, prune};
use crate::error::{Code, Error, Result};
use crate::model::{Model, Network};
use crate::param::{Plane, Strip};
use crate::train::{Place, Replacement};

/// Makes `change`.
///
/// # Errors
/// `Index` for an axis, feature or layer that does not exist, `Shape` for weights of the wrong number, `NotFinite` for
/// NaN or infinity in them, `Option` for a number out of its range, `Structure` where the model forbids the change, `OutOfMemory`. The model is then unchanged.
/// A feature that may not go because the axis has its least width is no error: the report says so.
pub fn apply(model: &mut Model, change: &Change) -> Result<ChangeReport> {
    let (report, event) = or_as_before(model, |model| unconditional(model, change))?;
    model.log.extend(event.as_slice());
    Ok(report)
}

/// Makes `change` without a test. There is no event where nothing came of it.
///
/// # Errors
/// As [`apply`].
pub(super) fn unconditional(model: &mut Model, change: &Change) -> Result<(ChangeReport, Option<Event>)> {
    let network = &mut model.network;
    let before = network.weight_count();
    let (report, undo) = carry_out(network, change)?;
    let changed = !undo.is_nothing();
    let event = (changed || !report.blocked.is_empty())
        .then(|| Event::unconditional(network, change, report.clone(), (before, changed)));
    Ok((report, event))
}

/// Runs `f`, which leaves the network as before where it fails, and then sets the growth stream back too.
pub(super) fn or_as_before<R>(model: &mut Model, f: impl FnOnce(&mut Model) -> Result<R>) -> Result<R> {
    let stream = model.network.streams.growth.clone();
    let result = f(model);
    if result.is_err() {
        model.network.streams.growth = stream;
    }
    result
}

pub(crate) fn carry_out(network: &mut Network, change: &Change) -> Result<(ChangeReport, Undo)> {
    let mut report = ChangeReport::default();
    let undo = match change {
        Change::Expand { axis, incoming, bias, outgoing } => {
            let axis = choose(network, *axis)?;
            let newborn = newborn::given(network, axis, incoming.as_deref(), *bias, outgoing.as_deref())?;
            let index = network.width(axis);
            feature::insert(network, axis, index, &newborn)?;
            report.added.push(FeatureAt { axis, index, width: index + 1 });
            Undo::Added { axis, index }
        }
        Change::Contract { axis, index } => {
            let (axis, index) = choose_feature(network, *axis, *index)?;
            let (width, min) = (network.width(axis), network.axes[axis].min);
            if width <= min {
                report.blocked.push(Blocked { axis, index: Some(index), reason: at_minimum(axis, min) });
                Undo::Nothing
            } else {
                let mut gone = Feature::default();
                feature::remove(network, axis, index, &mut gone);
                report.removed.push(FeatureAt { axis, index, width: width - 1 });
                Undo::Removed(vec![(axis, index, gone)])
            }
        }
        Change::Replace { axis, index } => {
            let (axis, index) = choose_feature(network, *axis, *index)?;
            let (newborn, width) = (newborn::random(network, axis), network.width(axis));
            // First the one that comes: an axis always has a feature.
            feature::insert(network, axis, index + 1, &newborn)?;
            let mut gone = Feature::default();
            feature::remove(network, axis, index, &mut gone);
            report.added.push(FeatureAt { axis, index, width });
            report.removed.push(FeatureAt { axis, index, width });
            Undo::Replaced { axis, index, gone }
        }
        Change::Prune { threshold } => Undo::Removed(prune::prune(network, *threshold, &mut report)?),
        Change::DropInput { input, constant } => drop_input(network, *input, *constant)?,
        Change::RestoreInput { input } => restore_input(network, *input)?,
        Change::AddLayer { axis } => {
            report.layer_axis = Some(*axis);
            depth::add_layer(network, *axis)?
        }
        Change::RemoveLayer { layer } => {
            report.layer_axis = network.axes.iter().position(|axis| axis.producers.contains(layer));
            depth::remove_layer(network, *layer)?
        }
        Change::Extend { end, count } => ends::extend(network, *end, *count)?,
    };
    report.inputs = network.input().features();
    report.weight_count = network.weight_count();
    report.layers = network.layers.len();
    Ok((report, undo))
}

/// The axis asked for, if its width may change, or a random one.
fn choose(network: &mut Network, axis: Option<usize>) -> Result<usize> {
    let Some(axis) = axis else {
        return candidates::random_axis(network);
    };
    check_axis(network, axis)?;
    match &network.axes[axis].pinned {
        Some(reason) => Err(Error::new(Code::Structure, format!("axis {axis} cannot change: {reason}"))),
        None => Ok(axis),
    }
}

/// The feature asked for, or a random one, of the axis that [`choose`] gives.
fn choose_feature(
    network: &mut Network,
    axis: Option<usize>,
    index: Option<usize>,
) -> Result<(usize, usize)> {
    let axis = choose(network, axis)?;
    let width = network.width(axis);
    match index {
        Some(index) if index >= width => {
            let text =
                format!("axis {axis} has no feature {index}; its {width} features are 0 to {}", width - 1);
            Err(Error::new(Code::Index, text))
        }
        Some(index) => Ok((axis, index)),
        None => Ok((axis, network.streams.growth.below(width as u32) as usize)),
    }
}

/// The layer that reads the features of the rows, and where it reads `input` or would read it.
fn input_place(network: &Network, input: usize) -> Result<(usize, std::result::Result<usize, usize>)> {
    let features = network.inputs.row().features();
    if input >= features {
        let text = format!("there is no input {input}; a row has {features} features: 0 to {}", features - 1);
        return Err(Error::new(Code::Index, text));
    }
    let reader = network.input_reader();
    let reader = reader.map_err(|why| Error::new(Code::Structure, format!("no input can go: {why}")))?;
    Ok((reader, network.inputs.place(input)))
}

fn drop_input(network: &mut Network, input: usize, constant: f32) -> Result<Undo> {
    let (reader, place) = input_place(network, input)?;
    let forbid = |text: String| Err(Error::new(Code::Structure, text));
    let Ok(index) = place else { return forbid(format!("input {input} is not in use")) };
    let (used, min) = (network.input().features(), network.min_inputs());
    if used <= min {
        return forbid(format!("{used} inputs are in use, the least that this model may read"));
    }
    if !constant.is_finite() {
        return Err(Error::new(Code::NotFinite, format!("the constant is {constant}")));
    }
    if constant != 0.0 && !takes_constants(network, Place::Inputs) {
        return forbid(format!("the constant is {constant}, but layer {reader} has no bias to hold it"));
    }
    let bias = network.linear(reader).bias.as_ref();
    let bias = bias.map_or(Vec::new(), |bias| bias.view(Plane::Value).iter().copied().collect());
    let strip = replace(network, Place::Inputs, &Replacement { index, constant, ..Replacement::default() });
    Ok(Undo::InputDropped { feature: input, strip: strip.unwrap_or_default(), bias })
}

fn restore_input(network: &mut Network, input: usize) -> Result<Undo> {
    let (reader, place) = input_place(network, input)?;
    if place.is_ok() {
        return Err(Error::new(Code::Structure, format!("input {input} is in use")));
    }
    let mut strip = Strip::default();
    strip.newborn(network.linear(reader).weight.outputs(), network.step, |_| 0.0);
    feature::insert_input(network, input, &strip)?;
    Ok(Undo::InputRestored { feature: input })
}
