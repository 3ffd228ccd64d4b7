//! The weights a new feature starts with.

use super::feature::Feature;
use crate::model::Network;

/// Sizes of a feature of `axis`: incoming weights, whether it has a bias, outgoing weights.
pub fn sizes(network: &Network, axis: usize) -> (usize, bool, usize) {
    let (maker, reader) = ends(network, axis);
    let (incoming, outgoing) = (&maker.weight, &reader.weight);
    (incoming.taps() * incoming.inputs(), maker.bias.is_some(), outgoing.taps() * outgoing.outputs())
}

/// A random feature, as the reference method draws it: incoming weights and bias normal with the producer's
/// `new_weight_std`, outgoing weights normal with the consumer's.
pub fn random(network: &mut Network, axis: usize) -> Feature {
    let (incoming, bias, outgoing) = sizes(network, axis);
    let (maker, reader) = ends(network, axis);
    let std = |linear: &crate::layer::Linear| linear.dynamic.map_or(0.0, |d| d.new_weight_std);
    let (maker_std, reader_std) = (std(maker), std(reader));
    let (birth, stream) = (network.step, &mut network.streams.growth);
    let mut feature = Feature::default();
    feature.incoming.newborn(incoming, birth, |_| maker_std * stream.normal());
    feature.bias.newborn(usize::from(bias), birth, |_| maker_std * stream.normal());
    feature.outgoing.newborn(outgoing, birth, |_| reader_std * stream.normal());
    feature
}

fn ends(network: &Network, axis: usize) -> (&crate::layer::Linear, &crate::layer::Linear) {
    let axis = &network.axes[axis];
    (network.linear(axis.producer), network.linear(axis.consumer))
}
