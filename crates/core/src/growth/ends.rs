//! More inputs and more outputs, on the user's word: no method changes the ends of a network.

use super::change::Undo;
use super::feature::{self, Feature};
use super::newborn;
use crate::axes::{ends, Axis, Part};
use crate::build::check_size;
use crate::error::{Code, Error, Result};
use crate::layer::Layer;
use crate::model::Network;
use crate::param::Strip;
use crate::shape::Shape;

/// An end of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What it reads: features of a row, or channels of an image.
    Inputs,
    /// What it gives.
    Outputs,
}

impl End {
    /// Its features; of an image those of each position.
    pub(super) fn width(self, network: &Network) -> usize {
        match self {
            End::Inputs => network.input().channels,
            End::Outputs => network.output().channels,
        }
    }

    /// The first of the last `count` features: for the inputs as rows of data have them, in use or not.
    pub(super) fn first_of_last(self, network: &Network, count: usize) -> usize {
        let all = match self {
            End::Inputs => network.inputs.row().channels,
            End::Outputs => network.output().channels,
        };
        all - count
    }

    fn axis(self, network: &Network) -> Axis {
        let [inputs, outputs] = ends(&network.layers);
        match self {
            End::Inputs => inputs,
            End::Outputs => outputs,
        }
    }

    /// Notes that the last features, which are all in use, have become more or fewer by `count`. Shapes are read off the
    /// weights, but for that of the inputs.
    fn note(self, network: &mut Network, count: isize) {
        if self == End::Inputs {
            network.inputs.extend(count);
        }
        network.refresh_shapes();
    }
}

/// Puts `count` more features behind those of `end`. All their weights are zero (gains one) and newborn, so that what the network gives
/// stays as it is.
pub(super) fn extend(network: &mut Network, end: End, count: usize) -> Result<Undo> {
    if count == 0 {
        return Err(Error::new(Code::Option, "count is 0; use at least 1"));
    }
    let (axis, width) = (end.axis(network), end.width(network));
    let forbid = |text: String| Err(Error::new(Code::Structure, text));
    let [inputs, outputs] = ends(&network.layers);
    if inputs == outputs {
        return forbid("the inputs are added to the outputs, so that neither can become more".into());
    }
    let mixes =
        |&&layer: &&usize| matches!(&network.layers[layer], Layer::Norm(norm) if norm.moving.is_none());
    if let Some(layer) = axis.followers.iter().find(mixes) {
        return forbid(format!(
            "layer {layer} normalises over these features, so that more would change the others"
        ));
    }
    // The tensor that a layer gives stands behind that of its inputs.
    let tensors = axis.producers.iter().chain(&axis.followers).map(|layer| layer + 1);
    for tensor in tensors.chain((end == End::Inputs).then_some(0)) {
        check_size(Shape { channels: width.saturating_add(count), ..network.shapes[tensor] })?;
    }
    feature::reserve(&mut network.layers, &axis.parts, count)?;
    let birth = network.step;
    for at in width..width + count {
        let newborn = |(part, size): (&Part, usize)| {
            let mut strip = Strip::default();
            strip.newborn(size, birth, |_| newborn::of_norm(part.role));
            strip
        };
        let sizes = axis.parts.iter().zip(axis.sizes(&network.layers));
        let silent = Feature { strips: sizes.map(newborn).collect() };
        feature::put(&mut network.layers, &axis.parts, at, &silent);
    }
    end.note(network, count as isize);
    Ok(Undo::Extended { end, count })
}

/// Takes the last `count` features of `end` away.
pub(super) fn shorten(network: &mut Network, end: End, count: usize) {
    let (axis, width) = (end.axis(network), end.width(network));
    for at in (width - count..width).rev() {
        feature::take(&mut network.layers, &axis.parts, at, &mut Feature::default());
    }
    end.note(network, -(count as isize));
}
