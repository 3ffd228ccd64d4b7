//! Removal in which the remaining features take over what they can of the work of the one that goes.

use super::feature::{self, Feature};
use crate::model::Network;
use crate::param::Strip;
use crate::train::{Place, Replacement};

/// The layer that reads the features at `place`. Panics where no input feature may be dropped.
pub(super) fn reader(network: &Network, place: Place) -> usize {
    match place {
        Place::Axis(axis) => network.axes[axis].consumers[0],
        Place::Inputs => network.input_reader().expect("features that may be dropped"),
    }
}

/// Whether a constant in the place of a feature is the same as a bias: the layer has one, and each of its outputs reads
/// through every tap, without a border.
pub(crate) fn takes_constants(network: &Network, place: Place) -> bool {
    let linear = network.linear(reader(network, place));
    let window = &linear.window;
    linear.bias.is_some() && window.by_output.pairs() == window.taps * window.outputs
}

/// Removes a feature: the weights of its stand-ins grow by its own times their shares, and the bias by its weights
/// times the constant. Gives the weights that read a feature of the rows.
pub(crate) fn replace(network: &mut Network, place: Place, replacement: &Replacement) -> Option<Strip> {
    let Replacement { index, ref shares, constant } = *replacement;
    let layer = reader(network, place);
    let linear = network.linear_mut(layer);
    let (rows, stride) = (linear.weight.in_capacity(), linear.weight.out_stride());
    let outputs = linear.weight.outputs();
    let [values, ..] = linear.weight.planes_mut();
    for tap in values.chunks_exact_mut(rows * stride) {
        let gone = tap[index * stride..][..outputs].to_vec();
        for &(heir, c) in shares {
            tap[heir * stride..].iter_mut().zip(&gone).for_each(|(w, gone)| *w += c * gone);
        }
        if let (Some(bias), true) = (&mut linear.bias, constant != 0.0) {
            let [bias, ..] = bias.planes_mut();
            bias.iter_mut().zip(&gone).for_each(|(w, gone)| *w += constant * gone);
        }
    }
    match place {
        Place::Axis(axis) => {
            feature::remove(network, axis, index, &mut Feature::default());
            None
        }
        Place::Inputs => {
            let mut strip = Strip::default();
            feature::remove_input(network, index, &mut strip);
            Some(strip)
        }
    }
}
