//! Feature axes: sets of features that many layers share, so that a feature comes or goes in all of them at once.
//!
//! Each layer says how its output features relate to its input features: *new* (it makes its own) or *same* (it
//! passes them on). Following these relations through the model gives the axes. The axis of the model's inputs
//! and the axis of its outputs belong to the user and are not listed.

use crate::layer::Layer;

/// One hidden axis. Layers are named by their index in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The layer whose outputs are the features.
    pub producer: usize,
    /// The layer whose inputs are the features.
    pub consumer: usize,
    /// Layers that pass the features on.
    pub followers: Vec<usize>,
    /// Never fewer features than this.
    pub min: usize,
    /// Why the width is fixed, if it is.
    pub pinned: Option<String>,
}

/// The hidden axes of `layers`, first to last. (Layers that join two axes are not there yet; they would merge two
/// entries of this list.)
pub fn axes(layers: &[Layer]) -> Vec<Axis> {
    let mut axes = Vec::new();
    let mut open: Option<Axis> = None;
    for (index, layer) in layers.iter().enumerate() {
        let Layer::Linear(linear) = layer else {
            if let Some(axis) = &mut open {
                axis.followers.push(index);
            }
            continue;
        };
        let pin = |end: &str| Some(format!("layer {index} {end} the axis and has a fixed width"));
        if let Some(mut axis) = open.take() {
            axis.consumer = index;
            match linear.dynamic {
                Some(dynamic) => axis.min = axis.min.max(dynamic.min_inputs),
                None => axis.pinned = axis.pinned.or(pin("reads")),
            }
            axes.push(axis);
        }
        open = Some(Axis {
            producer: index,
            consumer: index,
            followers: Vec::new(),
            min: linear.dynamic.map_or(1, |d| d.min_outputs).max(1),
            pinned: linear.dynamic.map_or_else(|| pin("makes"), |_| None),
        });
    }
    axes
}
