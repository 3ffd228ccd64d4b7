//! A model: layers, their shapes and axes, the optimiser and the random streams, and the buffers of training.

use crate::axes::{axes, Axis};
use crate::error::{Code, Error, Result};
use crate::layer::{Dynamic, Layer, Linear, LinearKind, PoolKind};
use crate::param::{Param, Plane};
use crate::rng::Streams;
use crate::shape::Shape;
use crate::spec::{ActivationSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Padding};
use crate::train::Workspace;
use cambium_kernels::window::Window;

/// Everything that makes up a model's state. A clone is a complete snapshot.
#[derive(Clone, Debug)]
pub struct Network {
    /// First to last; the last linear one gives logits.
    pub layers: Vec<Layer>,
    /// Input shape of each layer, then the output shape: one more than layers.
    pub shapes: Vec<Shape>,
    /// The hidden feature axes.
    pub axes: Vec<Axis>,
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

/// A network and the buffers it trains with.
#[derive(Debug)]
pub struct Model {
    /// The state.
    pub network: Network,
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

    /// A model of an existing state.
    pub fn from_network(network: Network) -> Self {
        Model {
            network,
            workspace: Workspace::default(),
        }
    }
}

impl Network {
    /// The layers of `spec` with all weights zero.
    pub(crate) fn build(spec: &ModelSpec) -> Result<Self> {
        check_optimizer(&spec.optimizer)?;
        let input = input_shape(&spec.input)?;
        let last_linear = spec.layers.iter().rposition(is_linear).ok_or_else(|| {
            Error::new(
                Code::Option,
                "a model needs at least one dense or convolutional layer; `layers` holds none",
            )
        })?;
        let mut layers = Vec::with_capacity(spec.layers.len());
        let mut shapes = vec![input];
        for (index, layer) in spec.layers.iter().enumerate() {
            let default = if index == last_linear {
                ActivationSpec::Linear
            } else {
                ActivationSpec::Relu
            };
            let from = shapes[index];
            let (layer, to) = build_layer(layer, from, default)
                .map_err(|e| Error::new(e.code, format!("layer {index}: {}", e.message)))?;
            layers.push(layer);
            shapes.push(to);
        }
        Ok(Network {
            axes: axes(&layers),
            layers,
            shapes,
            optimizer: spec.optimizer.clone(),
            loss: spec.loss,
            step: 0,
            seed: spec.seed,
            streams: Streams::new(spec.seed),
        })
    }

    fn initialize(&mut self) {
        for layer in &mut self.layers {
            let Layer::Linear(linear) = layer else { continue };
            let fan_in = (linear.weight.taps() * linear.weight.inputs()) as f32;
            let gain = if is_relu_like(linear.activation) { 2.0 } else { 1.0 };
            let std = (gain / fan_in).sqrt();
            let stream = &mut self.streams.init;
            linear
                .weight
                .view_mut(Plane::Value)
                .mapv_inplace(|_| std * stream.normal());
        }
    }

    /// Shape of one input row.
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
            other => panic!("layer {index} is {other:?}"),
        }
    }
    /// The linear layer `index`, mutable.
    pub fn linear_mut(&mut self, index: usize) -> &mut Linear {
        match &mut self.layers[index] {
            Layer::Linear(linear) => linear,
            other => panic!("layer {index} is {other:?}"),
        }
    }

    /// Features on hidden axis `axis`.
    pub fn width(&self, axis: usize) -> usize {
        self.linear(self.axes[axis].producer).weight.outputs()
    }
    /// Features on every hidden axis.
    pub fn widths(&self) -> Vec<usize> {
        (0..self.axes.len()).map(|axis| self.width(axis)).collect()
    }

    /// All arrays of the model, first layer to last, weight before bias.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Linear(linear) => Some(&linear.weight).into_iter().chain(linear.bias.as_ref()),
            _ => None.into_iter().chain(None),
        })
    }
    /// All trainable numbers, biases included.
    pub fn weight_count(&self) -> usize {
        self.params().map(Param::count).sum()
    }

    /// Takes another optimiser. Moments stay where the rule stays; another rule starts with zero moments.
    ///
    /// # Errors
    /// `Option` for a number out of its range.
    pub fn set_optimizer(&mut self, spec: OptimizerSpec) -> Result<()> {
        check_optimizer(&spec)?;
        if std::mem::discriminant(&spec.method) != std::mem::discriminant(&self.optimizer.method) {
            for layer in &mut self.layers {
                let Layer::Linear(linear) = layer else { continue };
                for param in std::iter::once(&mut linear.weight).chain(&mut linear.bias) {
                    param.view_mut(Plane::First).fill(0.0);
                    param.view_mut(Plane::Second).fill(0.0);
                }
            }
        }
        self.optimizer = spec;
        Ok(())
    }

    /// The channels of every tensor, read off the weights again after widths have changed.
    pub(crate) fn refresh_shapes(&mut self) {
        for (index, layer) in self.layers.iter().enumerate() {
            self.shapes[index + 1].channels = match layer {
                Layer::Linear(linear) => linear.weight.outputs(),
                _ => self.shapes[index].channels,
            };
        }
    }
}

fn is_linear(layer: &LayerSpec) -> bool {
    matches!(
        layer,
        LayerSpec::DynamicDense { .. }
            | LayerSpec::DynamicConv2D { .. }
            | LayerSpec::DynamicConv2DToDense { .. }
            | LayerSpec::Dense { .. }
            | LayerSpec::Conv2D { .. }
    )
}

fn is_relu_like(activation: ActivationSpec) -> bool {
    matches!(
        activation,
        ActivationSpec::Relu | ActivationSpec::LeakyRelu | ActivationSpec::Gelu
    )
}

/// The shape of `[features]` or `[height, width, channels]`.
fn input_shape(input: &[usize]) -> Result<Shape> {
    if input.contains(&0) {
        return Err(Error::new(
            Code::Option,
            format!("input shape {input:?} has a size of zero"),
        ));
    }
    match *input {
        [channels] => Ok(Shape {
            height: 1,
            width: 1,
            channels,
            flat: true,
        }),
        [height, width, channels] => Ok(Shape {
            height,
            width,
            channels,
            flat: false,
        }),
        _ => Err(Error::new(
            Code::Shape,
            format!("input shape {input:?}: use [features] or [height, width, channels]"),
        )),
    }
}

fn positive(what: &str, values: &[usize]) -> Result<()> {
    if values.contains(&0) {
        return Err(Error::new(
            Code::Option,
            format!("{what} is {values:?}; every size must be at least 1"),
        ));
    }
    Ok(())
}

fn require_image(shape: Shape, what: &str) -> Result<()> {
    if shape.flat {
        let features = shape.features();
        return Err(Error::new(
            Code::Shape,
            format!("{what} reads [height, width, channels], but its input is a row of {features} features"),
        ));
    }
    Ok(())
}

/// The layer `spec` describes on inputs of shape `from`, and the shape of its outputs.
pub(crate) fn build_layer(spec: &LayerSpec, from: Shape, default: ActivationSpec) -> Result<(Layer, Shape)> {
    let same = |layer| Ok((layer, from));
    let linear =
        |kind, window: Window, outputs, bias, activation: Option<ActivationSpec>, growth: Option<_>| {
            let dynamic = match growth {
                Some(growth) => Some(dynamic(growth, outputs)?),
                None => None,
            };
            Ok::<_, Error>(Layer::Linear(Linear {
                kind,
                dynamic,
                weight: Param::new(window.taps, from.channels, outputs, 0)?,
                bias: if bias {
                    Some(Param::new(1, 1, outputs, 0)?)
                } else {
                    None
                },
                activation: activation.unwrap_or(default),
                window,
            }))
        };
    match *spec {
        LayerSpec::DynamicDense {
            units,
            activation,
            use_bias,
            growth,
        } => {
            let (window, to) = dense_window(units, from)?;
            Ok((
                linear(
                    LinearKind::Dense,
                    window,
                    units,
                    use_bias,
                    activation,
                    Some(growth),
                )?,
                to,
            ))
        }
        LayerSpec::Dense {
            units,
            activation,
            use_bias,
        } => {
            let (window, to) = dense_window(units, from)?;
            Ok((
                linear(LinearKind::Dense, window, units, use_bias, activation, None)?,
                to,
            ))
        }
        LayerSpec::DynamicConv2DToDense {
            units,
            activation,
            use_bias,
            growth,
        } => {
            positive("units", &[units])?;
            require_image(from, "DynamicConv2DToDense")?;
            let to = Shape {
                height: 1,
                width: 1,
                channels: units,
                flat: true,
            };
            let window = Window::whole(from.positions());
            Ok((
                linear(
                    LinearKind::Conv2DToDense,
                    window,
                    units,
                    use_bias,
                    activation,
                    Some(growth),
                )?,
                to,
            ))
        }
        LayerSpec::DynamicConv2D {
            filters,
            kernel_size,
            strides,
            padding,
            activation,
            use_bias,
            growth,
        } => {
            positive("filters", &[filters])?;
            let (window, to) = image_window("DynamicConv2D", from, kernel_size, strides, padding, filters)?;
            let kind = LinearKind::Conv2D {
                kernel_size,
                strides,
                padding,
            };
            Ok((
                linear(kind, window, filters, use_bias, activation, Some(growth))?,
                to,
            ))
        }
        LayerSpec::Conv2D {
            filters,
            kernel_size,
            strides,
            padding,
            activation,
            use_bias,
        } => {
            positive("filters", &[filters])?;
            let (window, to) = image_window("Conv2D", from, kernel_size, strides, padding, filters)?;
            let kind = LinearKind::Conv2D {
                kernel_size,
                strides,
                padding,
            };
            Ok((linear(kind, window, filters, use_bias, activation, None)?, to))
        }
        LayerSpec::MaxPooling2D {
            pool_size,
            strides,
            padding,
        } => pool(
            PoolKind::Max,
            spec,
            from,
            pool_size,
            strides.unwrap_or(pool_size),
            padding,
        ),
        LayerSpec::AveragePooling2D {
            pool_size,
            strides,
            padding,
        } => pool(
            PoolKind::Average,
            spec,
            from,
            pool_size,
            strides.unwrap_or(pool_size),
            padding,
        ),
        LayerSpec::GlobalAveragePooling2D {} => {
            require_image(from, "GlobalAveragePooling2D")?;
            let window = Window::whole(from.positions());
            let to = Shape {
                height: 1,
                width: 1,
                channels: from.channels,
                flat: true,
            };
            Ok((
                Layer::Pool {
                    kind: PoolKind::Average,
                    window,
                    spec: spec.clone(),
                },
                to,
            ))
        }
        LayerSpec::Flatten {} => Ok((Layer::Flatten, Shape { flat: true, ..from })),
        LayerSpec::Dropout { rate } => {
            if !(0.0..1.0).contains(&rate) {
                return Err(Error::new(
                    Code::Option,
                    format!("dropout rate {rate}: use 0 <= rate < 1"),
                ));
            }
            same(Layer::Dropout { rate })
        }
        LayerSpec::Activation { activation } => same(Layer::Activation(activation)),
    }
}

fn dynamic(growth: crate::spec::GrowthSpec, outputs: usize) -> Result<Dynamic> {
    let crate::spec::GrowthSpec {
        new_weight_std,
        min_inputs,
        min_outputs,
    } = growth;
    if !(new_weight_std.is_finite() && new_weight_std >= 0.0) {
        return Err(Error::new(
            Code::Option,
            format!("newWeightStd is {new_weight_std}; use a finite number >= 0"),
        ));
    }
    positive("minimum inputs and outputs", &[min_inputs, min_outputs])?;
    if min_outputs > outputs {
        return Err(Error::new(
            Code::Option,
            format!(
                "the least number of outputs, {min_outputs}, is above the {outputs} outputs at the start"
            ),
        ));
    }
    Ok(Dynamic {
        new_weight_std,
        min_inputs,
        min_outputs,
    })
}

fn dense_window(units: usize, from: Shape) -> Result<(Window, Shape)> {
    positive("units", &[units])?;
    if !from.flat {
        let Shape {
            height,
            width,
            channels,
            ..
        } = from;
        return Err(Error::new(
            Code::Shape,
            format!(
                "a dense layer reads a row of features, but its input is an image [{height}, {width}, {channels}]; \
                 put Flatten or GlobalAveragePooling2D before it, or use DynamicConv2DToDense"
            ),
        ));
    }
    let window = if from.positions() == 1 {
        Window::point()
    } else {
        Window::whole(from.positions())
    };
    Ok((
        window,
        Shape {
            height: 1,
            width: 1,
            channels: units,
            flat: true,
        },
    ))
}

fn image_window(
    what: &str,
    from: Shape,
    size: [usize; 2],
    strides: [usize; 2],
    padding: Padding,
    channels: usize,
) -> Result<(Window, Shape)> {
    require_image(from, what)?;
    positive("the window size", &size)?;
    positive("strides", &strides)?;
    let image = [from.height, from.width];
    if padding == Padding::Valid && (size[0] > image[0] || size[1] > image[1]) {
        return Err(Error::new(
            Code::Shape,
            format!("a window of {size:?} does not fit in an image of {image:?} without padding"),
        ));
    }
    let (window, [height, width]) = Window::conv(image, size, strides, padding == Padding::Same);
    Ok((
        window,
        Shape {
            height,
            width,
            channels,
            flat: false,
        },
    ))
}

fn pool(
    kind: PoolKind,
    spec: &LayerSpec,
    from: Shape,
    size: [usize; 2],
    strides: [usize; 2],
    padding: Padding,
) -> Result<(Layer, Shape)> {
    let (window, to) = image_window("pooling", from, size, strides, padding, from.channels)?;
    Ok((
        Layer::Pool {
            kind,
            window,
            spec: spec.clone(),
        },
        to,
    ))
}

/// Checks the ranges of an optimiser's numbers.
pub(crate) fn check_optimizer(spec: &OptimizerSpec) -> Result<()> {
    use crate::spec::{OptimizerMethod, Schedule};
    let ranged = |name: &str, value: f32, low: f32, high: f32| {
        if value.is_finite() && value >= low && value <= high {
            Ok(())
        } else {
            Err(Error::new(
                Code::Option,
                format!("{name} is {value}; use a number from {low} to {high}"),
            ))
        }
    };
    ranged("learningRate", spec.learning_rate, 0.0, 1e6)?;
    match spec.method {
        OptimizerMethod::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
            ..
        } => {
            ranged("beta1", beta1, 0.0, 0.999_999)?;
            ranged("beta2", beta2, 0.0, 0.999_999)?;
            ranged("epsilon", epsilon, 1e-20, 1.0)?;
            ranged("weightDecay", weight_decay, 0.0, 1e6)?;
        }
        OptimizerMethod::Sgd {
            momentum,
            weight_decay,
        } => {
            ranged("momentum", momentum, 0.0, 0.999_999)?;
            ranged("weightDecay", weight_decay, 0.0, 1e6)?;
        }
    }
    match spec.schedule {
        Schedule::Constant {} => {}
        Schedule::Cosine { start, floor } | Schedule::Linear { start, floor } => {
            ranged("schedule start", start, 0.0, 1.0)?;
            ranged("schedule floor", floor, 0.0, 1.0)?;
        }
        Schedule::Step { every, factor } => {
            ranged("schedule factor", factor, 0.0, 1.0)?;
            positive("schedule every", &[every as usize])?;
        }
    }
    for (name, limit) in [("clipNorm", spec.clip_norm), ("clipValue", spec.clip_value)] {
        if let Some(limit) = limit {
            ranged(name, limit, 1e-12, 1e12)?;
        }
    }
    Ok(())
}
