//! Where the next change could be.

use super::change::Change;
use crate::error::{Code, Error, Result};
use crate::model::Network;

/// The axes whose width may change.
pub fn growable(network: &Network) -> impl Iterator<Item = usize> + '_ {
    network.axes.iter().enumerate().filter(|(_, axis)| axis.pinned.is_none()).map(|(index, _)| index)
}

/// A growable axis, drawn uniformly with the growth stream.
///
/// # Errors
/// `Structure` when there is none.
pub fn random_axis(network: &mut Network) -> Result<usize> {
    let n = growable(network).count() as u32;
    if n == 0 {
        return Err(Error::new(
            Code::Structure,
            "no axis can grow: a width can change between two connected dynamic layers, and this model has none",
        ));
    }
    let draw = network.streams.growth.below(n) as usize;
    Ok(growable(network).nth(draw).expect("drawn below the count"))
}

/// The proposal of the reference method: a fair coin decides between one more and one less feature on a random axis.
///
/// # Errors
/// `Structure` when no axis can grow.
pub fn random_change(network: &mut Network) -> Result<Change> {
    let add = network.streams.growth.below(2) == 0;
    let axis = Some(random_axis(network)?);
    Ok(if add {
        Change::Expand { axis, incoming: None, bias: None, outgoing: None }
    } else {
        Change::Contract { axis, index: None }
    })
}
