//! From descriptions to layers: what fits together, and within which ranges.

use crate::axes::axes;
use crate::error::{try_reserve, Code, Error, Result};
use crate::inputs::Inputs;
use crate::layer::{Dynamic, Layer, Linear, LinearKind, Moving, Norm, PoolKind};
use crate::model::Network;
use crate::param::{Param, Plane};
use crate::rng::Streams;
use crate::shape::Shape;
use crate::spec::{
    ActivationSpec, GrowthSpec, LayerSpec, LossSpec, ModelSpec, OptimizerMethod, OptimizerSpec, Padding,
    Schedule,
};
use cambium_kernels::window::Window;

impl Network {
    /// The layers of `spec` with all weights zero.
    pub(crate) fn build(spec: &ModelSpec) -> Result<Self> {
        check_optimizer(&spec.optimizer)?;
        check_loss(spec.loss)?;
        let row = input_shape(&spec.input)?;
        check_size(row)?;
        let inputs = match &spec.used_inputs {
            Some(used) => Inputs::some(row, used)?,
            None => Inputs::all(row),
        };
        let last_linear = spec.layers.iter().rposition(is_linear).ok_or_else(|| {
            Error::new(
                Code::Option,
                "a model needs at least one dense or convolutional layer; `layers` holds none",
            )
        })?;
        let mut layers = Vec::with_capacity(spec.layers.len());
        let mut shapes = vec![inputs.shape()];
        for (index, layer) in spec.layers.iter().enumerate() {
            let default = if index == last_linear { ActivationSpec::Linear } else { ActivationSpec::Relu };
            let (layer, to) = build_layer(layer, &shapes, default)
                .map_err(|e| Error::new(e.code, format!("layer {index}: {}", e.message)))?;
            check_size(to).map_err(|e| Error::new(e.code, format!("layer {index}: {}", e.message)))?;
            layers.push(layer);
            shapes.push(to);
        }
        let mut network = Network {
            axes: axes(&layers),
            relayered: 0,
            layers,
            inputs,
            shapes,
            optimizer: spec.optimizer.clone(),
            loss: spec.loss,
            step: 0,
            seed: spec.seed,
            streams: Streams::new(spec.seed),
        };
        network.set_rates(spec.rates.as_deref())?;
        match (network.inputs.used(), network.input_reader()) {
            (Some(_), Err(why)) => Err(Error::new(Code::Option, format!("usedInputs: {why}"))),
            _ => Ok(network),
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

/// The shape of `[features]` or `[height, width, channels]`.
fn input_shape(input: &[usize]) -> Result<Shape> {
    if input.contains(&0) {
        return Err(Error::new(Code::Option, format!("input shape {input:?} has a size of zero")));
    }
    match *input {
        [channels] => Ok(Shape { height: 1, width: 1, channels, flat: true }),
        [height, width, channels] => Ok(Shape { height, width, channels, flat: false }),
        _ => Err(Error::new(
            Code::Shape,
            format!("input shape {input:?}: use [features] or [height, width, channels]"),
        )),
    }
}

/// Most floats in one row of a tensor, most links of a window, largest step of one. 2^26 floats are 256 MiB; sizes above
/// would overflow 32-bit addresses long before a batch of them fits.
const MOST: usize = 1 << 26;

/// Checks that a row of `shape` is not too large.
pub(crate) fn check_size(shape: Shape) -> Result<()> {
    let Shape { height, width, channels, .. } = shape;
    match height.checked_mul(width).and_then(|positions| positions.checked_mul(channels)) {
        Some(size) if size <= MOST => Ok(()),
        _ => Err(Error::new(
            Code::Option,
            format!("a row of {height} x {width} x {channels} features is too large; {MOST} is the most"),
        )),
    }
}

/// Whether there is memory for a window of so many links: each stands in three lists, and once more while they are made.
fn room_for_links(links: usize) -> Result<()> {
    try_reserve(&mut Vec::<[u32; 10]>::new(), links, "the links of a window")
}

fn positive(what: &str, values: &[usize]) -> Result<()> {
    if values.contains(&0) {
        return Err(Error::new(Code::Option, format!("{what} is {values:?}; every size must be at least 1")));
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

/// The layer `spec` describes behind tensors of `shapes`, the last of which it reads, and the shape of its outputs.
fn build_layer(spec: &LayerSpec, shapes: &[Shape], default: ActivationSpec) -> Result<(Layer, Shape)> {
    let from = shapes[shapes.len() - 1];
    let same = |layer| Ok((layer, from));
    let linear =
        |kind, window: Window, outputs, bias, activation: Option<ActivationSpec>, growth: Option<_>| {
            let dynamic = match growth {
                Some(growth) => Some(dynamic(growth, from.channels, outputs)?),
                None => None,
            };
            Ok::<_, Error>(Layer::Linear(Linear {
                kind,
                dynamic,
                weight: Param::new(window.taps, from.channels, outputs, 0)?,
                bias: if bias { Some(Param::new(1, 1, outputs, 0)?) } else { None },
                activation: activation.unwrap_or(default),
                window,
                rate: 0.0,
            }))
        };
    match *spec {
        LayerSpec::DynamicDense { units, activation, use_bias, growth } => {
            let (window, to) = dense_window(units, from)?;
            Ok((linear(LinearKind::Dense, window, units, use_bias, activation, Some(growth))?, to))
        }
        LayerSpec::Dense { units, activation, use_bias } => {
            let (window, to) = dense_window(units, from)?;
            Ok((linear(LinearKind::Dense, window, units, use_bias, activation, None)?, to))
        }
        LayerSpec::DynamicConv2DToDense { units, activation, use_bias, growth } => {
            positive("units", &[units])?;
            require_image(from, "DynamicConv2DToDense")?;
            let to = Shape { height: 1, width: 1, channels: units, flat: true };
            room_for_links(from.positions())?;
            let window = Window::whole(from.positions());
            Ok((linear(LinearKind::Conv2DToDense, window, units, use_bias, activation, Some(growth))?, to))
        }
        LayerSpec::DynamicConv2D { filters, kernel_size, strides, padding, activation, use_bias, growth } => {
            positive("filters", &[filters])?;
            let (window, to) = image_window("DynamicConv2D", from, kernel_size, strides, padding, filters)?;
            let kind = LinearKind::Conv2D { kernel_size, strides, padding };
            Ok((linear(kind, window, filters, use_bias, activation, Some(growth))?, to))
        }
        LayerSpec::Conv2D { filters, kernel_size, strides, padding, activation, use_bias } => {
            positive("filters", &[filters])?;
            let (window, to) = image_window("Conv2D", from, kernel_size, strides, padding, filters)?;
            let kind = LinearKind::Conv2D { kernel_size, strides, padding };
            Ok((linear(kind, window, filters, use_bias, activation, None)?, to))
        }
        LayerSpec::MaxPooling2D { pool_size, strides, padding } => {
            pool(PoolKind::Max, spec, from, pool_size, strides.unwrap_or(pool_size), padding)
        }
        LayerSpec::AveragePooling2D { pool_size, strides, padding } => {
            pool(PoolKind::Average, spec, from, pool_size, strides.unwrap_or(pool_size), padding)
        }
        LayerSpec::GlobalAveragePooling2D {} => {
            require_image(from, "GlobalAveragePooling2D")?;
            room_for_links(from.positions())?;
            let window = Window::whole(from.positions());
            let to = Shape { height: 1, width: 1, channels: from.channels, flat: true };
            Ok((Layer::Pool { kind: PoolKind::Average, window, spec: spec.clone() }, to))
        }
        LayerSpec::Flatten {} => Ok((Layer::Flatten, Shape { flat: true, ..from })),
        LayerSpec::Dropout { rate } => {
            if !(0.0..1.0).contains(&rate) {
                return Err(Error::new(Code::Option, format!("dropout rate {rate}: use 0 <= rate < 1")));
            }
            same(Layer::Dropout { rate })
        }
        LayerSpec::Activation { activation } => same(Layer::Activation(activation)),
        LayerSpec::BatchNorm { momentum, epsilon } => same(Layer::Norm(norm(from, epsilon, Some(momentum))?)),
        LayerSpec::LayerNorm { epsilon } => same(Layer::Norm(norm(from, epsilon, None)?)),
        LayerSpec::Add { from: start } => {
            let Some(&other) = shapes.get(start) else {
                let text = format!("Add reads the input of layer {start}, which comes after it");
                return Err(Error::new(Code::Index, text));
            };
            if other != from {
                let [other, from] = [other, from].map(|shape| shape.list());
                let text = format!(
                    "a residual block must give the shape that it reads; it reads {other:?}, the input of layer {start}, \
                     and gives {from:?}"
                );
                return Err(Error::new(Code::Shape, text));
            }
            same(Layer::Add { from: start })
        }
    }
}

/// A normalisation as it starts; over the batch where there is a momentum.
fn norm(shape: Shape, epsilon: f32, momentum: Option<f32>) -> Result<Norm> {
    ranged("epsilon", epsilon, 1e-12, 1.0)?;
    ranged("momentum", momentum.unwrap_or(0.0), 0.0, 0.999_999)?;
    let filled = |value: f32| {
        let mut array = Param::new(1, 1, shape.channels, 0)?;
        array.view_mut(Plane::Value).fill(value);
        Ok::<_, Error>(array)
    };
    let moving = match momentum {
        Some(momentum) => Some(Moving { momentum, mean: filled(0.0)?, variance: filled(1.0)? }),
        None => None,
    };
    Ok(Norm { epsilon, gain: filled(1.0)?, shift: filled(0.0)?, moving })
}

fn ranged(name: &str, value: f32, low: f32, high: f32) -> Result<()> {
    if value.is_finite() && value >= low && value <= high {
        Ok(())
    } else {
        Err(Error::new(Code::Option, format!("{name} is {value}; use a number from {low} to {high}")))
    }
}

fn dynamic(growth: GrowthSpec, inputs: usize, outputs: usize) -> Result<Dynamic> {
    let GrowthSpec { new_weight_std, min_inputs, min_outputs } = growth;
    if !(new_weight_std.is_finite() && new_weight_std >= 0.0) {
        return Err(Error::new(
            Code::Option,
            format!("newWeightStd is {new_weight_std}; use a finite number >= 0"),
        ));
    }
    positive("minimum inputs and outputs", &[min_inputs, min_outputs])?;
    for (what, min, start) in [("inputs", min_inputs, inputs), ("outputs", min_outputs, outputs)] {
        if min > start {
            return Err(Error::new(
                Code::Option,
                format!("the least number of {what}, {min}, is above the {start} {what} at the start"),
            ));
        }
    }
    Ok(Dynamic { new_weight_std, min_inputs, min_outputs })
}

fn dense_window(units: usize, from: Shape) -> Result<(Window, Shape)> {
    positive("units", &[units])?;
    if !from.flat {
        let Shape { height, width, channels, .. } = from;
        return Err(Error::new(
            Code::Shape,
            format!(
                "a dense layer reads a row of features, but its input is an image [{height}, {width}, {channels}]; \
                 put Flatten or GlobalAveragePooling2D before it, or use DynamicConv2DToDense"
            ),
        ));
    }
    room_for_links(from.positions())?;
    let window = if from.positions() == 1 { Window::point() } else { Window::whole(from.positions()) };
    Ok((window, Shape { height: 1, width: 1, channels: units, flat: true }))
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
    let outputs = [0, 1].map(|side| image[side].div_ceil(strides[side]));
    let sides = [outputs[0], outputs[1], size[0], size[1]];
    let links = sides.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    match links.filter(|&links| links.max(strides[0]).max(strides[1]) <= MOST) {
        Some(links) => room_for_links(links)?,
        None => {
            return Err(Error::new(
                Code::Option,
                format!(
                    "a window of {size:?} in steps of {strides:?} on an image of {image:?} is too large; \
                     {MOST} pairs of output position and window cell are the most"
                ),
            ));
        }
    }
    let (window, [height, width]) = Window::conv(image, size, strides, padding == Padding::Same);
    Ok((window, Shape { height, width, channels, flat: false }))
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
    Ok((Layer::Pool { kind, window, spec: spec.clone() }, to))
}

/// Checks the ranges of an optimiser's numbers.
pub(crate) fn check_optimizer(spec: &OptimizerSpec) -> Result<()> {
    ranged("learningRate", spec.learning_rate, 0.0, 1e6)?;
    match spec.method {
        OptimizerMethod::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
            ranged("beta1", beta1, 0.0, 0.999_999)?;
            ranged("beta2", beta2, 0.0, 0.999_999)?;
            ranged("epsilon", epsilon, 1e-20, 1.0)?;
            ranged("weightDecay", weight_decay, 0.0, 1e6)?;
        }
        OptimizerMethod::Sgd { momentum, weight_decay } => {
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

/// Checks the ranges of a loss's numbers.
pub(crate) fn check_loss(loss: Option<LossSpec>) -> Result<()> {
    match loss {
        Some(LossSpec::Huber { delta }) if !(delta.is_finite() && delta > 0.0) => {
            Err(Error::new(Code::Option, format!("delta is {delta}; use a finite number above 0")))
        }
        _ => Ok(()),
    }
}
