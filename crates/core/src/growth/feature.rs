//! Adding and removing one feature of an axis, in every layer that holds a part of it.

use crate::error::Result;
use crate::model::Network;
use crate::param::Strip;

/// All that a feature owns: its column in the producer, its entry in the producer's bias (empty without one),
/// and its rows in the consumer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// Producer's taps x inputs.
    pub incoming: Strip,
    /// One number, or none.
    pub bias: Strip,
    /// Consumer's taps x outputs.
    pub outgoing: Strip,
}

/// Puts `feature` on `axis` at index `at`; later features move up. Within capacity nothing is allocated.
///
/// # Errors
/// `OutOfMemory`; the network is then unchanged.
pub fn insert(network: &mut Network, axis: usize, at: usize, feature: &Feature) -> Result<()> {
    let (producer, consumer) = (network.axes[axis].producer, network.axes[axis].consumer);
    let width = network.width(axis) + 1;
    let reader = &mut network.linear_mut(consumer).weight;
    reader.reserve(width, reader.outputs())?;
    let maker = network.linear_mut(producer);
    maker.weight.reserve(maker.weight.inputs(), width)?;
    if let Some(bias) = &mut maker.bias {
        bias.reserve(1, width)?;
        bias.insert_output(at, &feature.bias);
    }
    maker.weight.insert_output(at, &feature.incoming);
    network.linear_mut(consumer).weight.insert_input(at, &feature.outgoing);
    network.refresh_shapes();
    Ok(())
}

/// Takes feature `at` off `axis` into `feature`; later features move down.
pub fn remove(network: &mut Network, axis: usize, at: usize, feature: &mut Feature) {
    let (producer, consumer) = (network.axes[axis].producer, network.axes[axis].consumer);
    let maker = network.linear_mut(producer);
    maker.weight.remove_output(at, &mut feature.incoming);
    if let Some(bias) = &mut maker.bias {
        bias.remove_output(at, &mut feature.bias);
    }
    network.linear_mut(consumer).weight.remove_input(at, &mut feature.outgoing);
    network.refresh_shapes();
}
