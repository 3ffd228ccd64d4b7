//! A model: layers, their shapes and axes, the optimiser and the random streams, and the buffers of training.

use crate::axes::Axis;
use crate::build::check_optimizer;
use crate::error::{try_reserve, Result};
use crate::growth::Log;
use crate::inputs::Inputs;
use crate::layer::{Layer, Linear, Norm};
use crate::param::{Param, Plane};
use crate::rng::Streams;
use crate::shape::Shape;
use crate::spec::{ActivationSpec, LossSpec, ModelSpec, OptimizerSpec};
use crate::train::Workspace;

/// Everything that makes up a model's state. A clone is a complete snapshot.
#[derive(Clone, Debug)]
pub struct Network {
    /// First to last; the last linear one gives logits.
    pub layers: Vec<Layer>,
    /// The rows of data, and which of their features are in use.
    pub inputs: Inputs,
    /// Input shape of each layer, then the output shape: one more than layers.
    pub shapes: Vec<Shape>,
    /// The hidden feature axes.
    pub axes: Vec<Axis>,
    /// How often layers came or went since it was made or loaded: who knows layers by their places knows by this when those
    /// have changed.
    pub(crate) relayered: u32,
    /// How weights are updated.
    pub optimizer: OptimizerSpec,
    /// The loss the user chose; `None` goes by the targets.
    pub loss: Option<LossSpec>,
    /// Optimiser steps taken.
    pub step: u32,
    /// The seed the model was made with.
    pub seed: u32,
    /// Random streams.
    pub streams: Streams,
}

/// A network, the decisions that made its structure, and the buffers it trains with.
#[derive(Debug)]
pub struct Model {
    /// The state.
    pub network: Network,
    /// The decisions about its structure.
    pub(crate) log: Log,
    /// Buffers, sized at first use.
    pub(crate) workspace: Workspace,
}

impl Model {
    /// A new model with random weights: normal with variance 2 / fan-in before ReLU-like activations (He et al. 2015)
    /// and 1 / fan-in elsewhere; biases zero.
    ///
    /// # Errors
    /// `Option` for sizes of zero or values out of range, `Shape` where layers do not fit each other.
    pub fn new(spec: &ModelSpec) -> Result<Self> {
        let mut network = Network::build(spec)?;
        network.initialize();
        Ok(Model::from_network(network))
    }

    /// The decisions about the structure.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Gives back the memory that widths of the past needed: room in the weights, and all buffers of training.
    ///
    /// # Errors
    /// `OutOfMemory`: some arrays may then keep their room.
    pub fn compact(&mut self) -> Result<()> {
        self.workspace = Workspace::default();
        self.network.params_mut().try_for_each(Param::compact)
    }

    /// A model of an existing state.
    pub fn from_network(network: Network) -> Self {
        Model { network, log: Log::default(), workspace: Workspace::default() }
    }
}

impl Network {
    fn initialize(&mut self) {
        for layer in &mut self.layers {
            let Layer::Linear(linear) = layer else { continue };
            let fan_in = (linear.weight.taps() * linear.weight.inputs()) as f32;
            let gain = if is_relu_like(linear.activation) { 2.0 } else { 1.0 };
            let std = (gain / fan_in).sqrt();
            let stream = &mut self.streams.init;
            for mut row in linear.weight.view_mut(Plane::Value).rows_mut() {
                stream.normals(std, row.as_slice_mut().expect("outputs lie side by side"));
            }
        }
    }

    /// Shape of what is read of one input row.
    pub fn input(&self) -> Shape {
        self.shapes[0]
    }
    /// Shape of one row of logits.
    pub fn output(&self) -> Shape {
        self.shapes[self.layers.len()]
    }

    /// The linear layer `index`. Panics for other layers: indices come from axes.
    pub fn linear(&self, index: usize) -> &Linear {
        match &self.layers[index] {
            Layer::Linear(linear) => linear,
            _ => panic!("layer {index} is not linear"),
        }
    }
    /// The linear layer `index`, mutable.
    pub fn linear_mut(&mut self, index: usize) -> &mut Linear {
        match &mut self.layers[index] {
            Layer::Linear(linear) => linear,
            _ => panic!("layer {index} is not linear"),
        }
    }

    /// The normalisation `index`. Panics for other layers.
    pub(crate) fn norm(&self, index: usize) -> &Norm {
        match &self.layers[index] {
            Layer::Norm(norm) => norm,
            _ => panic!("layer {index} is not a norm"),
        }
    }

    /// Features on hidden axis `axis`.
    pub fn width(&self, axis: usize) -> usize {
        self.linear(self.axes[axis].producers[0]).weight.outputs()
    }
    /// Features on every hidden axis.
    pub fn widths(&self) -> Vec<usize> {
        (0..self.axes.len()).map(|axis| self.width(axis)).collect()
    }

    /// All arrays of the model, first layer to last, weight before bias.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        self.layers.iter().flat_map(Layer::params)
    }
    /// All arrays of the model, to be changed.
    fn params_mut(&mut self) -> impl Iterator<Item = &mut Param> {
        self.layers.iter_mut().flat_map(Layer::params_mut)
    }
    /// Whether every weight and every moving statistic is finite.
    pub fn is_finite(&self) -> bool {
        let moving = self.layers.iter().filter_map(|layer| match layer {
            Layer::Norm(norm) => norm.moving.as_ref(),
            _ => None,
        });
        let mut statistics = moving.flat_map(|moving| [&moving.mean, &moving.variance]);
        self.params().all(Param::is_finite) && statistics.all(Param::is_finite)
    }
    /// A copy, after a look whether there is memory for it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_clone(&self) -> Result<Self> {
        let floats = self.params().map(|p| 4 * p.taps() * p.in_capacity() * p.out_stride()).sum();
        try_reserve(&mut Vec::<f32>::new(), floats, "a copy of the model")?;
        Ok(self.clone())
    }
    /// All trainable numbers, biases included.
    pub fn weight_count(&self) -> usize {
        self.params().map(Param::count).sum()
    }

    /// Whether a row's outputs in training are others than else: values are dropped at random, or statistics are those
    /// of the batch.
    pub(crate) fn trains_apart(&self) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.is_batch_norm() || matches!(layer, Layer::Dropout { rate } if *rate > 0.0))
    }

    /// Takes another optimiser. Moments stay where the rule stays; another rule starts with zero moments.
    ///
    /// # Errors
    /// `Option` for a number out of its range.
    pub fn set_optimizer(&mut self, spec: OptimizerSpec) -> Result<()> {
        check_optimizer(&spec)?;
        if std::mem::discriminant(&spec.method) != std::mem::discriminant(&self.optimizer.method) {
            for param in self.params_mut() {
                param.view_mut(Plane::First).fill(0.0);
                param.view_mut(Plane::Second).fill(0.0);
            }
        }
        self.optimizer = spec;
        Ok(())
    }

    /// The channels of every tensor, read off the weights again after widths have changed.
    pub(crate) fn refresh_shapes(&mut self) {
        self.shapes[0] = self.inputs.shape();
        for (index, layer) in self.layers.iter().enumerate() {
            self.shapes[index + 1].channels = match layer {
                Layer::Linear(linear) => linear.weight.outputs(),
                _ => self.shapes[index].channels,
            };
        }
    }
}

fn is_relu_like(activation: ActivationSpec) -> bool {
    matches!(activation, ActivationSpec::Relu | ActivationSpec::LeakyRelu | ActivationSpec::Gelu)
}
