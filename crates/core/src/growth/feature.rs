//! Adding and removing one feature of an axis, in every layer that holds a part of it.

use crate::axes::{Axis, Role};
use crate::error::Result;
use crate::model::Network;
use crate::param::Strip;

/// All that a feature owns: what each of the axis's [`parts`](Axis::parts) holds of it, in their order.
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
    for part in parts {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.reserve(array.inputs() + 1, array.outputs())?,
            Role::Incoming | Role::Bias => array.reserve(array.inputs(), array.outputs() + 1)?,
        }
    }
    for (part, strip) in parts.iter().zip(&feature.strips) {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.insert_input(at, strip),
            Role::Incoming | Role::Bias => array.insert_output(at, strip),
        }
    }
    network.refresh_shapes();
    Ok(())
}

/// Takes feature `at` off `axis` into `feature`; later features move down.
pub fn remove(network: &mut Network, axis: usize, at: usize, feature: &mut Feature) {
    let Network { layers, axes, .. } = network;
    let parts = &axes[axis].parts;
    feature.strips.resize_with(parts.len(), Strip::default);
    // The last part first, so that a layer that makes what it reads gives up its numbers in the order opposite to
    // that in which it takes them.
    for (part, strip) in parts.iter().zip(&mut feature.strips).rev() {
        let array = part.array_mut(layers);
        match part.role {
            Role::Outgoing => array.remove_input(at, strip),
            Role::Incoming | Role::Bias => array.remove_output(at, strip),
        }
    }
    network.refresh_shapes();
}
