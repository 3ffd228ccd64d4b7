//! Feature axes: sets of features that many layers share, so that a feature comes or goes in all of them at once.
//!
//! Each layer says how its output features relate to its input features: *new* (it makes its own) or *same* (it
//! passes them on). Following these relations through the model gives the axes. The axis of the model's inputs
//! and the axis of its outputs belong to the user and are not listed.

use crate::layer::{Layer, Linear};
use crate::param::Param;

/// One hidden axis. Layers are named by their index in the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    /// The layers whose outputs are the features, first to last; at least one.
    pub producers: Vec<usize>,
    /// The layers whose inputs are the features, first to last; at least one.
    pub consumers: Vec<usize>,
    /// Layers that pass the features on.
    pub followers: Vec<usize>,
    /// All arrays that hold something of each feature: incoming weights, biases, outgoing weights.
    pub parts: Vec<Part>,
    /// Never fewer features than this.
    pub min: usize,
    /// Why the width is fixed, if it is.
    pub pinned: Option<String>,
}

/// An array that holds something of each feature of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The layer that has the array.
    pub layer: usize,
    /// What it is to the feature.
    pub role: Role,
}

/// What an array is to the features of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weights of a layer that makes the features, a column for each.
    Incoming,
    /// The bias of such a layer, an entry for each.
    Bias,
    /// Weights of a layer that reads the features, a row per tap for each.
    Outgoing,
}

impl Part {
    /// The array.
    pub fn array<'a>(&self, layers: &'a [Layer]) -> &'a Param {
        match (&layers[self.layer], self.role) {
            (Layer::Linear(Linear { weight, .. }), Role::Incoming | Role::Outgoing) => weight,
            (Layer::Linear(Linear { bias: Some(bias), .. }), Role::Bias) => bias,
            (other, role) => panic!("{other:?} has no {role:?}"),
        }
    }
    /// The array, to be changed.
    pub fn array_mut<'a>(&self, layers: &'a mut [Layer]) -> &'a mut Param {
        match (&mut layers[self.layer], self.role) {
            (Layer::Linear(Linear { weight, .. }), Role::Incoming | Role::Outgoing) => weight,
            (Layer::Linear(Linear { bias: Some(bias), .. }), Role::Bias) => bias,
            (other, role) => panic!("{other:?} has no {role:?}"),
        }
    }
}

impl Axis {
    fn is_made_by(&mut self, index: usize, linear: &Linear) {
        self.producers.push(index);
        match linear.dynamic {
            Some(dynamic) => self.min = self.min.max(dynamic.min_outputs),
            None => self.pin(format!("layer {index} makes the axis and has a fixed width")),
        }
    }

    fn is_read_by(&mut self, index: usize, linear: &Linear) {
        self.consumers.push(index);
        match linear.dynamic {
            Some(dynamic) => self.min = self.min.max(dynamic.min_inputs),
            None => self.pin(format!("layer {index} reads the axis and has a fixed width")),
        }
    }

    fn pin(&mut self, reason: String) {
        self.pinned.get_or_insert(reason);
    }

    fn list_parts(&mut self, layers: &[Layer]) {
        let part = |role| move |&layer: &usize| Part { layer, role };
        let has_bias =
            |part: &Part| matches!(&layers[part.layer], Layer::Linear(linear) if linear.bias.is_some());
        let incoming = self.producers.iter().map(part(Role::Incoming));
        let biases = self.producers.iter().map(part(Role::Bias)).filter(has_bias);
        let outgoing = self.consumers.iter().map(part(Role::Outgoing));
        self.parts = incoming.chain(biases).chain(outgoing).collect();
    }

    /// Numbers that one more feature brings into each part, in their order.
    pub fn sizes<'a>(&'a self, layers: &'a [Layer]) -> impl Iterator<Item = usize> + 'a {
        self.parts.iter().map(|part| {
            let array = part.array(layers);
            let across = match part.role {
                // A layer that makes what it reads has one more output by then.
                Role::Outgoing => array.outputs() + usize::from(self.producers.contains(&part.layer)),
                Role::Incoming | Role::Bias => array.inputs(),
            };
            array.taps() * across
        })
    }
}

/// The hidden axes of `layers`, in the order of their first producers.
pub fn axes(layers: &[Layer]) -> Vec<Axis> {
    let mut axes = all_axes(layers);
    axes.retain(|axis| !axis.producers.is_empty() && !axis.consumers.is_empty());
    axes
}

/// The axis of the inputs, which nothing makes, and that of the outputs, which nothing reads. They change on the user's
/// word alone.
pub(crate) fn ends(layers: &[Layer]) -> [Axis; 2] {
    let mut axes = all_axes(layers);
    let outputs = axes.pop().expect("a model has a layer with weights");
    [axes.swap_remove(0), outputs]
}

/// The axes of `layers`, ends and all.
fn all_axes(layers: &[Layer]) -> Vec<Axis> {
    // The features of the inputs, then those that each linear layer makes.
    let mut axes = vec![Axis { min: 1, ..Axis::default() }];
    for (index, layer) in layers.iter().enumerate() {
        let axis = axes.last_mut().expect("there is that of the inputs");
        let Layer::Linear(linear) = layer else {
            axis.followers.push(index);
            continue;
        };
        axis.is_read_by(index, linear);
        let mut made = Axis { min: 1, ..Axis::default() };
        made.is_made_by(index, linear);
        axes.push(made);
    }
    axes.iter_mut().for_each(|axis| axis.list_parts(layers));
    axes
}
