//! Adding and removing one feature of an axis, in every layer that holds a part of it.

use crate::axes::{Axis, Part, Role};
use crate::error::Result;
use crate::layer::Layer;
use crate::model::Network;
use crate::param::Strip;

/// All that a feature owns: what each of the axis's [`parts`](Axis::parts) holds of it, in their order. Where a layer makes
/// what it reads, as one that is a residual block by itself, its outgoing weights hold one from the feature to itself, at
/// the feature's place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// One strip for each part.
    pub strips: Vec<Strip>,
}

impl Feature {
    /// The strips of one role, in the order of the layers.
    pub fn strips<'a>(&'a self, axis: &'a Axis, role: Role) -> impl Iterator<Item = &'a Strip> + 'a {
        axis.parts.iter().zip(&self.strips).filter(move |(part, _)| part.role == role).map(|(_, strip)| strip)
    }
}

/// Puts `feature` on `axis` at index `at`; later features move up. Within capacity nothing is allocated.
///
/// # Errors
/// `OutOfMemory`; the network is then unchanged.
pub fn insert(network: &mut Network, axis: usize, at: usize, feature: &Feature) -> Result<()> {
    let Network { layers, axes, .. } = network;
    let parts = &axes[axis].parts;
    reserve(layers, parts, 1)?;
    put(layers, parts, at, feature);
    network.refresh_shapes();
    Ok(())
}

/// Room for `count` more features in all `parts` of an axis.
///
/// # Errors
/// `OutOfMemory`; some arrays may then have more room.
pub(super) fn reserve(layers: &mut [Layer], parts: &[Part], count: usize) -> Result<()> {
    parts.iter().try_for_each(|part| {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.reserve(array.inputs() + count, array.outputs()),
            _ => array.reserve(array.inputs(), array.outputs() + count),
        }
    })
}

/// Puts `feature` into all `parts` of an axis at index `at`. Room must have been reserved.
pub(super) fn put(layers: &mut [Layer], parts: &[Part], at: usize, feature: &Feature) {
    for (part, strip) in parts.iter().zip(&feature.strips) {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.insert_input(at, strip),
            _ => array.insert_output(at, strip),
        }
    }
}

/// Takes feature `at` off `axis` into `feature`; later features move down.
pub fn remove(network: &mut Network, axis: usize, at: usize, feature: &mut Feature) {
    let Network { layers, axes, .. } = network;
    take(layers, &axes[axis].parts, at, feature);
    network.refresh_shapes();
}

/// Takes feature `at` out of all `parts` of an axis.
pub(super) fn take(layers: &mut [Layer], parts: &[Part], at: usize, feature: &mut Feature) {
    feature.strips.resize_with(parts.len(), Strip::default);
    // The last part first, so that a layer that makes what it reads gives up its numbers in the order opposite to
    // that in which it takes them.
    for (part, strip) in parts.iter().zip(&mut feature.strips).rev() {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.remove_input(at, strip),
            _ => array.remove_output(at, strip),
        }
    }
}

/// Puts a feature of the rows to use again; the weights that read it are `strip`, taps x outputs.
///
/// # Errors
/// `OutOfMemory`; the network is then unchanged.
///
/// # Panics
/// When the feature is in use, or none may be dropped.
pub fn insert_input(network: &mut Network, feature: usize, strip: &Strip) -> Result<()> {
    let at = network.inputs.place(feature).expect_err("a feature that is not in use");
    let reader = network.input_reader().expect("features that may be dropped");
    let weight = &mut network.linear_mut(reader).weight;
    weight.reserve(weight.inputs() + 1, weight.outputs())?;
    weight.insert_input(at, strip);
    network.inputs.insert(at, feature);
    network.refresh_shapes();
    Ok(())
}

/// Takes the input at `at` out of use; the weights that read it go to `strip`. Gives the feature of the rows that it was.
///
/// # Panics
/// When no input may be dropped.
pub fn remove_input(network: &mut Network, at: usize, strip: &mut Strip) -> usize {
    let reader = network.input_reader().expect("features that may be dropped");
    network.linear_mut(reader).weight.remove_input(at, strip);
    let feature = network.inputs.feature(at);
    network.inputs.remove(at);
    network.refresh_shapes();
    feature
}
