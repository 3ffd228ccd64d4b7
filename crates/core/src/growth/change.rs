//! The structural changes a user can ask for, carried out so that each can be undone to the bit.

use super::feature::{self, Feature};
use super::{candidates, depth, newborn, prune};
use crate::error::{Code, Error, Result};
use crate::model::{Model, Network};
use serde::{Deserialize, Serialize};

/// A change of structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Change {
    /// One more feature at the end of an axis.
    Expand {
        /// Which hidden axis; default a random one that can grow.
        #[serde(default)]
        axis: Option<usize>,
        /// Incoming weights, in the order of the rows of the producer's weights in files; default random.
        #[serde(default)]
        incoming: Option<Vec<f32>>,
        /// Bias; default random.
        #[serde(default)]
        bias: Option<f32>,
        /// Outgoing weights, consumer's taps x outputs; default random.
        #[serde(default)]
        outgoing: Option<Vec<f32>>,
    },
    /// One feature less.
    Contract {
        /// Which hidden axis; default a random one that can shrink.
        #[serde(default)]
        axis: Option<usize>,
        /// Which feature; default a random one.
        #[serde(default)]
        index: Option<usize>,
    },
    /// Every feature goes whose outgoing weights have an L1 norm below the threshold.
    Prune {
        /// Default 0.01.
        #[serde(default = "prune::default_threshold")]
        threshold: f32,
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
}

/// A feature that came or went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureAt {
    /// The hidden axis.
    pub axis: usize,
    /// Index of the feature: where it stands now, or stood before the change.
    pub index: usize,
    /// Width of the axis after the change.
    pub width: usize,
}

/// A change that was not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blocked {
    /// The hidden axis.
    pub axis: usize,
    /// The feature, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Why.
    pub reason: String,
}

/// What a change did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// Features added.
    pub added: Vec<FeatureAt>,
    /// Features removed.
    pub removed: Vec<FeatureAt>,
    /// What was asked for and could not be done.
    pub blocked: Vec<Blocked>,
    /// Trainable numbers after the change.
    pub weight_count: usize,
    /// Layers after the change.
    pub layers: usize,
}

/// How to take a change back. The streams are not part of it: draws are never repeated.
pub(crate) enum Undo {
    /// Nothing was changed.
    Nothing,
    /// A feature was added.
    Added { axis: usize, index: usize },
    /// Features were removed, the last one last.
    Removed(Vec<(usize, usize, Feature)>),
    /// Layers came or went.
    Layers(Box<Network>),
}

impl Undo {
    /// Whether there is nothing to take back.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Undo::Nothing => true,
            Undo::Removed(features) => features.is_empty(),
            Undo::Added { .. } | Undo::Layers(_) => false,
        }
    }

    /// Puts the network back as it was.
    pub(crate) fn undo(self, network: &mut Network) {
        match self {
            Undo::Nothing => {}
            Undo::Added { axis, index } => feature::remove(network, axis, index, &mut Feature::default()),
            Undo::Removed(features) => {
                for (axis, index, feature) in features.into_iter().rev() {
                    feature::insert(network, axis, index, &feature).expect("the room is still there");
                }
            }
            Undo::Layers(before) => {
                let streams = network.streams.clone();
                *network = *before;
                network.streams = streams;
            }
        }
    }
}

/// Makes `change`.
///
/// # Errors
/// `Index` for an axis, feature or layer that does not exist, `Shape` for weights of the wrong number, `NotFinite` for
/// NaN or infinity in them, `Structure` where the model forbids the change, `OutOfMemory`. The model is then unchanged.
/// A feature that may not go because the axis has its least width is no error: the report says so.
pub fn apply(model: &mut Model, change: &Change) -> Result<ChangeReport> {
    carry_out(&mut model.network, change).map(|(report, _)| report)
}

pub(crate) fn carry_out(network: &mut Network, change: &Change) -> Result<(ChangeReport, Undo)> {
    let mut report = ChangeReport::default();
    let undo = match change {
        Change::Expand { axis, incoming, bias, outgoing } => {
            let axis = choose(network, *axis)?;
            let newborn = newborn_of(network, axis, incoming.as_deref(), *bias, outgoing.as_deref())?;
            let index = network.width(axis);
            feature::insert(network, axis, index, &newborn)?;
            report.added.push(FeatureAt { axis, index, width: index + 1 });
            Undo::Added { axis, index }
        }
        Change::Contract { axis, index } => {
            let axis = choose(network, *axis)?;
            let (width, min) = (network.width(axis), network.axes[axis].min);
            let index = match *index {
                Some(index) if index >= width => {
                    return Err(Error::new(
                        Code::Index,
                        format!("axis {axis} has no feature {index}; its {width} features are 0 to {}", width - 1),
                    ));
                }
                Some(index) => index,
                None => network.streams.growth.below(width as u32) as usize,
            };
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
        Change::Prune { threshold } => Undo::Removed(prune::prune(network, *threshold, &mut report)?),
        Change::AddLayer { axis } => depth::add_layer(network, *axis)?,
        Change::RemoveLayer { layer } => depth::remove_layer(network, *layer)?,
    };
    report.weight_count = network.weight_count();
    report.layers = network.layers.len();
    Ok((report, undo))
}

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

/// The axis asked for, if its width may change, or a random one.
fn choose(network: &mut Network, axis: Option<usize>) -> Result<usize> {
    let Some(axis) = axis else { return candidates::random_axis(network) };
    check_axis(network, axis)?;
    match &network.axes[axis].pinned {
        Some(reason) => Err(Error::new(Code::Structure, format!("axis {axis} cannot change: {reason}"))),
        None => Ok(axis),
    }
}

/// A random newborn in which given weights replace drawn ones. Draws happen either way, so that what is given does not
/// shift the stream.
fn newborn_of(
    network: &mut Network,
    axis: usize,
    incoming: Option<&[f32]>,
    bias: Option<f32>,
    outgoing: Option<&[f32]>,
) -> Result<Feature> {
    let sizes = newborn::sizes(network, axis);
    let bias = bias.as_ref().map(std::slice::from_ref);
    if bias.is_some() && !sizes.1 {
        return Err(Error::new(Code::Shape, format!("a bias was given, but the layer that makes axis {axis} has none")));
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
    let mut feature = newborn::random(network, axis);
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
