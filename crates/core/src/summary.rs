//! What a model looks like, as plain data.

use crate::json;
use crate::layer::{Dynamic, Layer, Linear, LinearKind, Moving, Norm};
use crate::model::Network;
use crate::param::Param;
use crate::spec::{ActivationSpec, GrowthSpec, LayerSpec, ModelSpec};
use crate::train::row_work;

/// A model in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// First to last.
    pub layers: Vec<LayerSummary>,
    /// The hidden axes.
    pub axes: Vec<AxisSummary>,
    /// All trainable numbers, biases included.
    pub weight_count: usize,
    /// Multiply-adds of one row on its way forward, without biases and norms.
    pub multiply_adds: u64,
    /// Nanoseconds that a multiply-add of each layer takes in a step, 0 for layers without; none where that was not measured.
    pub rates: Option<Vec<f32>>,
    /// Features on each hidden axis.
    pub widths: Vec<usize>,
    /// Input features in use.
    pub inputs: usize,
    /// Fewest of them, where some may be dropped or come back.
    pub min_inputs: Option<usize>,
    /// Optimiser steps taken.
    pub step: u32,
}

json::report!(Summary {
    layers: "layers",
    axes: "axes",
    weight_count: "weightCount",
    multiply_adds: "multiplyAdds",
    rates: "rates" optional,
    widths: "widths",
    inputs: "inputs",
    min_inputs: "minInputs" optional,
    step: "step",
});

/// One layer in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSummary {
    /// Prefix of its keys in a state, e.g. `layers.0`.
    pub name: String,
    /// Its class.
    pub kind: String,
    /// `[features]` or `[height, width, channels]`.
    pub output_shape: Vec<usize>,
    /// Trainable numbers.
    pub weights: usize,
    /// Its nonlinearity, if it can have one.
    pub activation: Option<ActivationSpec>,
    /// Whether its widths may change.
    pub dynamic: bool,
}

json::report!(LayerSummary {
    name: "name",
    kind: "type",
    output_shape: "outputShape",
    weights: "weights",
    activation: "activation" optional,
    dynamic: "dynamic",
});

/// One hidden axis in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisSummary {
    /// Its number, as structural calls take it.
    pub axis: usize,
    /// Features now.
    pub width: usize,
    /// Never fewer than this.
    pub min: usize,
    /// Whether the width may change.
    pub growable: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Indices of the layers whose outputs the features are.
    pub producers: Vec<usize>,
    /// Indices of the layers whose inputs they are.
    pub consumers: Vec<usize>,
}

json::report!(AxisSummary {
    axis: "axis",
    width: "width",
    min: "min",
    growable: "growable",
    reason: "reason" optional,
    producers: "producers",
    consumers: "consumers",
});

impl Network {
    /// The description from which an untrained model of today's widths would be built.
    pub fn spec(&self) -> ModelSpec {
        ModelSpec {
            input: self.inputs.row().list(),
            used_inputs: self.inputs.used().map(<[u32]>::to_vec),
            layers: self.layers.iter().map(layer_spec).collect(),
            seed: self.seed,
            optimizer: self.optimizer.clone(),
            loss: self.loss,
            rates: self.rates(),
        }
    }

    /// The model in numbers.
    pub fn summary(&self) -> Summary {
        let layers = self.layers.iter().zip(&self.shapes[1..]).enumerate().map(|(index, (layer, shape))| {
            let linear = match layer {
                Layer::Linear(linear) => Some(linear),
                _ => None,
            };
            LayerSummary {
                name: format!("layers.{index}"),
                kind: layer_spec(layer).type_name().into(),
                output_shape: shape.list(),
                weights: layer.params().map(Param::count).sum(),
                activation: match layer {
                    Layer::Activation(activation) => Some(*activation),
                    _ => linear.map(|l| l.activation),
                },
                dynamic: linear.is_some_and(|l| l.dynamic.is_some()),
            }
        });
        let axes = self.axes.iter().enumerate().map(|(index, axis)| AxisSummary {
            axis: index,
            width: self.width(index),
            min: axis.min,
            growable: axis.pinned.is_none(),
            reason: axis.pinned.clone(),
            producers: axis.producers.clone(),
            consumers: axis.consumers.clone(),
        });
        Summary {
            layers: layers.collect(),
            axes: axes.collect(),
            weight_count: self.weight_count(),
            multiply_adds: row_work(self),
            rates: self.rates(),
            widths: self.widths(),
            inputs: self.input().features(),
            min_inputs: self.may_drop_inputs().ok().map(|()| self.min_inputs()),
            step: self.step,
        }
    }
}

fn layer_spec(layer: &Layer) -> LayerSpec {
    match layer {
        Layer::Linear(linear) => linear_spec(linear),
        Layer::Activation(activation) => LayerSpec::Activation { activation: *activation },
        Layer::Dropout { rate } => LayerSpec::Dropout { rate: *rate },
        Layer::Pool { spec, .. } => spec.clone(),
        Layer::Flatten => LayerSpec::Flatten {},
        Layer::Norm(Norm { epsilon, moving: Some(Moving { momentum, .. }), .. }) => {
            LayerSpec::BatchNorm { momentum: *momentum, epsilon: *epsilon }
        }
        Layer::Norm(Norm { epsilon, .. }) => LayerSpec::LayerNorm { epsilon: *epsilon },
        Layer::Add { from } => LayerSpec::Add { from: *from },
    }
}

fn linear_spec(linear: &Linear) -> LayerSpec {
    let outputs = linear.weight.outputs();
    let (activation, use_bias) = (Some(linear.activation), linear.bias.is_some());
    let growth = linear.dynamic.map(|Dynamic { new_weight_std, min_inputs, min_outputs }| GrowthSpec {
        new_weight_std,
        min_inputs,
        min_outputs,
    });
    match (linear.kind, growth) {
        (LinearKind::Dense, Some(growth)) => {
            LayerSpec::DynamicDense { units: outputs, activation, use_bias, growth }
        }
        (LinearKind::Dense, None) => LayerSpec::Dense { units: outputs, activation, use_bias },
        (LinearKind::Conv2DToDense, growth) => {
            let growth = growth.unwrap_or_default();
            LayerSpec::DynamicConv2DToDense { units: outputs, activation, use_bias, growth }
        }
        (LinearKind::Conv2D { kernel_size, strides, padding }, Some(growth)) => LayerSpec::DynamicConv2D {
            filters: outputs,
            kernel_size,
            strides,
            padding,
            activation,
            use_bias,
            growth,
        },
        (LinearKind::Conv2D { kernel_size, strides, padding }, None) => {
            LayerSpec::Conv2D { filters: outputs, kernel_size, strides, padding, activation, use_bias }
        }
    }
}
