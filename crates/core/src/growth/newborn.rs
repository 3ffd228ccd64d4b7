//! The weights a new feature starts with.

use super::feature::Feature;
use crate::error::{Code, Error, Result};
use crate::layer::Linear;
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
    let std = |linear: &Linear| linear.dynamic.map_or(0.0, |d| d.new_weight_std);
    let (maker_std, reader_std) = (std(maker), std(reader));
    let (birth, stream) = (network.step, &mut network.streams.growth);
    let mut feature = Feature::default();
    feature.incoming.newborn(incoming, birth, |_| maker_std * stream.normal());
    feature.bias.newborn(usize::from(bias), birth, |_| maker_std * stream.normal());
    feature.outgoing.newborn(outgoing, birth, |_| reader_std * stream.normal());
    feature
}

/// A feature that changes no output yet: incoming weights normal with the variance `2 / incoming` of He et al. (2015,
/// arXiv 1502.01852), bias and outgoing weights zero.
pub(super) fn silent(network: &mut Network, axis: usize) -> Feature {
    let (incoming, bias, outgoing) = sizes(network, axis);
    let std = (2.0 / incoming as f32).sqrt();
    let (birth, stream) = (network.step, &mut network.streams.growth);
    let mut feature = Feature::default();
    feature.incoming.newborn(incoming, birth, |_| std * stream.normal());
    feature.bias.newborn(usize::from(bias), birth, |_| 0.0);
    feature.outgoing.newborn(outgoing, birth, |_| 0.0);
    feature
}

/// A random newborn in which given weights replace drawn ones. Draws happen either way, so that what is given does not
/// shift the stream.
pub(super) fn given(
    network: &mut Network,
    axis: usize,
    incoming: Option<&[f32]>,
    bias: Option<f32>,
    outgoing: Option<&[f32]>,
) -> Result<Feature> {
    let sizes = sizes(network, axis);
    let bias = bias.as_ref().map(std::slice::from_ref);
    if bias.is_some() && !sizes.1 {
        return Err(Error::new(
            Code::Shape,
            format!("a bias was given, but the layer that makes axis {axis} has none"),
        ));
    }
    let parts = [("incoming", incoming, sizes.0), ("bias", bias, 1), ("outgoing", outgoing, sizes.2)];
    for (name, given, len) in parts {
        let Some(given) = given else { continue };
        if given.len() != len {
            return Err(Error::new(
                Code::Shape,
                format!("{name} holds {} numbers; a feature of axis {axis} needs {len}", given.len()),
            ));
        }
        if let Some(i) = given.iter().position(|x| !x.is_finite()) {
            return Err(Error::new(Code::NotFinite, format!("{name}[{i}] is {}", given[i])));
        }
    }
    let mut feature = random(network, axis);
    let maker = network.linear(network.axes[axis].producer);
    let (taps, inputs) = (maker.weight.taps(), maker.weight.inputs());
    let incoming: Option<Vec<f32>> = incoming.map(|given| {
        let mut strip = vec![0.0; given.len()];
        for (row, &w) in given.iter().enumerate() {
            let (t, k) = maker.kind.tap_and_input(row, taps, inputs);
            strip[t * inputs + k] = w;
        }
        strip
    });
    let given = [incoming.as_deref(), bias, outgoing];
    let strips = [&mut feature.incoming, &mut feature.bias, &mut feature.outgoing];
    for (strip, given) in strips.into_iter().zip(given) {
        if let Some(given) = given {
            strip.planes[0].copy_from_slice(given);
        }
    }
    Ok(feature)
}

fn ends(network: &Network, axis: usize) -> (&Linear, &Linear) {
    let axis = &network.axes[axis];
    (network.linear(axis.producer), network.linear(axis.consumer))
}
