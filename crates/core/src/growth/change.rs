//! The structural changes a user can ask for, what they report, and how each is undone to the bit.

use super::ends::{self, End};
use super::feature::{self, Feature};
use crate::error::{Code, Error, Result};
use crate::json;
use crate::model::Network;
use crate::param::{Plane, Strip};
use crate::train::Column;

/// A change of structure.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// One more feature at the end of an axis.
    Expand {
        /// Which hidden axis; default a random one that can grow.
        axis: Option<usize>,
        /// Incoming weights, in the order of the rows of the producer's weights in files, of several producers one behind the
        /// other; default random.
        incoming: Option<Vec<f32>>,
        /// Bias, for all producers that have one; default random.
        bias: Option<f32>,
        /// Outgoing weights, consumer's taps x outputs, of several consumers one behind the other; default random.
        outgoing: Option<Vec<f32>>,
    },
    /// One feature less.
    Contract {
        /// Which hidden axis; default a random one of those whose width can change.
        axis: Option<usize>,
        /// Which feature; default a random one.
        index: Option<usize>,
    },
    /// A random feature in the place of another.
    Replace {
        /// Which hidden axis; default a random one of those whose width can change.
        axis: Option<usize>,
        /// Which feature; default a random one.
        index: Option<usize>,
    },
    /// Every feature goes whose outgoing weights have an L1 norm below the threshold.
    Prune {
        /// Default 0.01.
        threshold: f32,
    },
    /// A feature of the rows is no longer read; a constant stands in for it.
    DropInput {
        /// Which feature of a row.
        input: usize,
        /// The constant, e.g. the feature's mean; default 0.
        constant: f32,
    },
    /// A feature of the rows that was dropped is read again, with weights of zero.
    RestoreInput {
        /// Which feature of a row.
        input: usize,
    },
    /// A new layer on an axis, close to the identity.
    AddLayer {
        /// Which hidden axis.
        axis: usize,
    },
    /// Two linear layers become one.
    RemoveLayer {
        /// The first of the two.
        layer: usize,
    },
    /// More features at an end of the network, with weights of zero.
    Extend {
        /// Which end.
        end: End,
        /// How many more.
        count: usize,
    },
}

json::variants!(Change {
    Expand: "expand" {
        axis: "axis" = None,
        incoming: "incoming" = None,
        bias: "bias" = None,
        outgoing: "outgoing" = None,
    },
    Contract: "contract" { axis: "axis" = None, index: "index" = None },
    Replace: "replace" { axis: "axis" = None, index: "index" = None },
    Prune: "prune" { threshold: "threshold" = PRUNE_BELOW },
    DropInput: "dropInput" { input: "input", constant: "constant" = 0.0 },
    RestoreInput: "restoreInput" { input: "input" },
    AddLayer: "addLayer" { axis: "axis" },
    RemoveLayer: "removeLayer" { layer: "layer" },
    Extend(end = End::Inputs): "addInputs" { count: "count" },
    Extend(end = End::Outputs): "addOutputs" { count: "count" },
});

/// A feature that came or went.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureAt {
    /// The hidden axis.
    pub axis: usize,
    /// Index of the feature: where it stands now, or stood before the change.
    pub index: usize,
    /// Width of the axis after the change.
    pub width: usize,
}

json::report!(FeatureAt { axis: "axis", index: "index", width: "width" });

/// A change that was not made.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocked {
    /// The hidden axis.
    pub axis: usize,
    /// The feature, where one was named.
    pub index: Option<usize>,
    /// Why.
    pub reason: String,
}

json::report!(Blocked { axis: "axis", index: "index" optional, reason: "reason" });

/// What a change did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeReport {
    /// Features added.
    pub added: Vec<FeatureAt>,
    /// Features removed.
    pub removed: Vec<FeatureAt>,
    /// What was asked for and could not be done.
    pub blocked: Vec<Blocked>,
    /// Features of the rows in use after the change.
    pub inputs: usize,
    /// Trainable numbers after the change.
    pub weight_count: usize,
    /// Layers after the change.
    pub layers: usize,
    /// The axis that a layer was put on, or that went with one.
    pub(super) layer_axis: Option<usize>,
}

json::report!(ChangeReport {
    added: "added",
    removed: "removed",
    blocked: "blocked",
    inputs: "inputs",
    weight_count: "weightCount",
    layers: "layers",
});

/// How to take a change back. The streams are not part of it: draws are never repeated.
pub(crate) enum Undo {
    /// Nothing was changed.
    Nothing,
    /// A feature was added.
    Added { axis: usize, index: usize },
    /// A feature made way for another, which stands where it stood.
    Replaced { axis: usize, index: usize, gone: Feature },
    /// Features were removed, the last one last.
    Removed(Vec<(usize, usize, Feature)>),
    /// A feature of the rows was dropped; with its weights, and the bias before.
    InputDropped { feature: usize, strip: Strip, bias: Vec<f32> },
    /// A feature of the rows came back.
    InputRestored { feature: usize },
    /// Layers came or went.
    Layers(Box<Network>),
    /// An end got more features.
    Extended { end: End, count: usize },
}

impl Undo {
    /// Whether there is nothing to take back.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Undo::Nothing => true,
            Undo::Removed(features) => features.is_empty(),
            _ => false,
        }
    }

    /// The one feature that came or went, if that was all.
    pub(crate) fn column(&self) -> Option<Column> {
        match *self {
            Undo::Added { axis, index } => Some(Column { axis, index, added: true }),
            Undo::Removed(ref features) => match features[..] {
                [(axis, index, _)] => Some(Column { axis, index, added: false }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Puts the network back as it was.
    pub(crate) fn undo(self, network: &mut Network) {
        match self {
            Undo::Nothing => {}
            Undo::Added { axis, index } => feature::remove(network, axis, index, &mut Feature::default()),
            Undo::Replaced { axis, index, gone } => {
                feature::insert(network, axis, index, &gone).expect("the room is still there");
                feature::remove(network, axis, index + 1, &mut Feature::default());
            }
            Undo::Removed(features) => {
                for (axis, index, feature) in features.into_iter().rev() {
                    feature::insert(network, axis, index, &feature).expect("the room is still there");
                }
            }
            Undo::InputDropped { feature, strip, bias } => {
                feature::insert_input(network, feature, &strip).expect("the room is still there");
                let reader = network.input_reader().expect("features that may be dropped");
                if let Some(param) = &mut network.linear_mut(reader).bias {
                    let mut values = param.view_mut(Plane::Value);
                    values.iter_mut().zip(bias).for_each(|(to, value)| *to = value);
                }
            }
            Undo::InputRestored { feature } => {
                let at = network.inputs.place(feature).expect("it is in use");
                feature::remove_input(network, at, &mut Strip::default());
            }
            Undo::Layers(before) => {
                let streams = network.streams.clone();
                *network = *before;
                network.streams = streams;
            }
            Undo::Extended { end, count } => ends::shorten(network, end, count),
        }
    }
}

/// Threshold of `prune` where none is given, as in the reference method.
pub(super) const PRUNE_BELOW: f32 = 0.01;

pub(super) fn at_minimum(axis: usize, min: usize) -> String {
    format!("axis {axis} is at its least width of {min}")
}

pub(super) fn check_axis(network: &Network, axis: usize) -> Result<()> {
    let n = network.axes.len();
    if axis < n {
        return Ok(());
    }
    let have = match n {
        0 => "this model has no hidden axis".to_owned(),
        n => format!("the hidden axes are 0 to {}", n - 1),
    };
    Err(Error::new(Code::Index, format!("there is no axis {axis}: {have}")))
}
