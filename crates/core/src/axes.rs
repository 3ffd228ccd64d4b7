//! Feature axes: sets of features that many layers share, so that a feature comes or goes in all of them at once.
//!
//! Each layer says how its output features relate to its input features: *new* (it makes its own), *same* (it
//! passes them on) or *joined* (it adds those of two tensors, which are then the same). Following these relations through
//! the model gives the axes. The axis of the model's inputs and the axis of its outputs belong to the user: they are not
//! listed, or pinned where layers in between make and read them too.

use crate::layer::{Layer, Linear, Moving, Norm};
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
    /// All arrays that hold something of each feature: incoming weights, biases, what norms have, outgoing weights.
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
    /// The gain of a normalisation of the features, an entry for each.
    Gain,
    /// Its shift.
    Shift,
    /// The moving mean of a normalisation over the batch.
    Mean,
    /// Its moving variance.
    Variance,
    /// Weights of a layer that reads the features, a row per tap for each.
    Outgoing,
}

impl Part {
    /// The array.
    pub fn array<'a>(&self, layers: &'a [Layer]) -> &'a Param {
        match (&layers[self.layer], self.role) {
            (Layer::Linear(Linear { weight, .. }), Role::Incoming | Role::Outgoing) => weight,
            (Layer::Linear(Linear { bias: Some(bias), .. }), Role::Bias) => bias,
            (Layer::Norm(Norm { gain, .. }), Role::Gain) => gain,
            (Layer::Norm(Norm { shift, .. }), Role::Shift) => shift,
            (Layer::Norm(Norm { moving: Some(Moving { mean, .. }), .. }), Role::Mean) => mean,
            (Layer::Norm(Norm { moving: Some(Moving { variance, .. }), .. }), Role::Variance) => variance,
            (_, role) => panic!("layer {} has no {role:?}", self.layer),
        }
    }
    /// The array, to be changed.
    pub fn array_mut<'a>(&self, layers: &'a mut [Layer]) -> &'a mut Param {
        match (&mut layers[self.layer], self.role) {
            (Layer::Linear(Linear { weight, .. }), Role::Incoming | Role::Outgoing) => weight,
            (Layer::Linear(Linear { bias: Some(bias), .. }), Role::Bias) => bias,
            (Layer::Norm(Norm { gain, .. }), Role::Gain) => gain,
            (Layer::Norm(Norm { shift, .. }), Role::Shift) => shift,
            (Layer::Norm(Norm { moving: Some(Moving { mean, .. }), .. }), Role::Mean) => mean,
            (Layer::Norm(Norm { moving: Some(Moving { variance, .. }), .. }), Role::Variance) => variance,
            (_, role) => panic!("layer {} has no {role:?}", self.layer),
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

    /// Takes over what is known of the same features under another name.
    fn join(&mut self, other: Axis) {
        for (own, others) in [
            (&mut self.producers, other.producers),
            (&mut self.consumers, other.consumers),
            (&mut self.followers, other.followers),
        ] {
            own.extend(others);
            own.sort_unstable();
        }
        self.min = self.min.max(other.min);
        if let Some(reason) = other.pinned {
            self.pin(reason);
        }
    }

    /// Whether a layer makes what it reads, as one that is a residual block by itself: a feature's own part of its weights then grows with
    /// the axis.
    pub(crate) fn loops(&self) -> bool {
        self.producers.iter().any(|layer| self.consumers.contains(layer))
    }

    fn pin(&mut self, reason: String) {
        self.pinned.get_or_insert(reason);
    }

    fn list_parts(&mut self, layers: &[Layer]) {
        let mut parts = Vec::new();
        let mut add =
            |layer: usize, roles: &[Role]| parts.extend(roles.iter().map(|&role| Part { layer, role }));
        self.producers.iter().for_each(|&layer| add(layer, &[Role::Incoming]));
        for &layer in &self.producers {
            if let Layer::Linear(Linear { bias: Some(_), .. }) = &layers[layer] {
                add(layer, &[Role::Bias]);
            }
        }
        for &layer in &self.followers {
            match &layers[layer] {
                Layer::Norm(Norm { moving: Some(_), .. }) => {
                    add(layer, &[Role::Gain, Role::Shift, Role::Mean, Role::Variance]);
                }
                Layer::Norm(_) => add(layer, &[Role::Gain, Role::Shift]),
                _ => {}
            }
        }
        self.consumers.iter().for_each(|&layer| add(layer, &[Role::Outgoing]));
        self.parts = parts;
    }

    /// Numbers that one more feature brings into each part, in their order.
    pub fn sizes<'a>(&'a self, layers: &'a [Layer]) -> impl Iterator<Item = usize> + 'a {
        self.parts.iter().map(|part| {
            let array = part.array(layers);
            let across = match part.role {
                // A layer that makes what it reads has one more output by then.
                Role::Outgoing => array.outputs() + usize::from(self.producers.contains(&part.layer)),
                _ => array.inputs(),
            };
            array.taps() * across
        })
    }
}

/// The hidden axes of `layers`, in the order of their first producers.
pub fn axes(layers: &[Layer]) -> Vec<Axis> {
    let (mut axes, outputs) = all_axes(layers);
    axes[0].pin("it is the axis of the model's inputs".into());
    axes[outputs].pin("it is the axis of the model's outputs".into());
    axes.retain(|axis| !axis.producers.is_empty() && !axis.consumers.is_empty());
    axes
}

/// The axis of the inputs and that of the outputs, which may be one. They change on the user's word alone.
pub(crate) fn ends(layers: &[Layer]) -> [Axis; 2] {
    let (axes, outputs) = all_axes(layers);
    [axes[0].clone(), axes[outputs].clone()]
}

/// The axes of `layers`, ends and all, and which of them is that of the outputs; that of the inputs is the first.
fn all_axes(layers: &[Layer]) -> (Vec<Axis>, usize) {
    // The features of the inputs, then those that each linear layer makes; and which of them each tensor holds.
    let new = || Axis { min: 1, ..Axis::default() };
    let mut axes = vec![new()];
    let mut held = vec![0];
    for (index, layer) in layers.iter().enumerate() {
        let here = held[index];
        if let Layer::Linear(linear) = layer {
            axes[here].is_read_by(index, linear);
            held.push(axes.len());
            let mut made = new();
            made.is_made_by(index, linear);
            axes.push(made);
            continue;
        }
        axes[here].followers.push(index);
        held.push(here);
        if let Layer::Add { from } = *layer {
            let other = held[from];
            let (first, second) = if other < here { (other, here) } else { (here, other) };
            if first != second {
                let joined = std::mem::take(&mut axes[second]);
                axes[first].join(joined);
                held.iter_mut().filter(|axis| **axis == second).for_each(|axis| *axis = first);
            }
        }
    }
    axes.iter_mut().for_each(|axis| axis.list_parts(layers));
    (axes, held[layers.len()])
}
