//! Layers that come and go.

use super::change::{check_axis, Undo};
use crate::axes::{axes, Axis};
use crate::error::{Code, Error, Result};
use crate::layer::{Dynamic, Layer, Linear, LinearKind};
use crate::model::Network;
use crate::param::{Param, Plane};
use crate::spec::{ActivationSpec, Padding};
use cambium_kernels::window::Window;

/// Side of the window of an inserted convolution, whose middle tap is the identity.
const KERNEL: usize = 3;

/// Puts a layer on `axis`, right after the layer that makes it: identity plus noise of std `new_weight_std / width`
/// (for images a delta kernel of stride 1), moments zero. Behind ReLU it has a ReLU, which changes nothing there;
/// behind other activations it is linear.
pub(super) fn add_layer(network: &mut Network, axis: usize) -> Result<Undo> {
    check_axis(network, axis)?;
    let producer = network.axes[axis].producers[0];
    let (width, shape) = (network.width(axis), network.shapes[producer + 1]);
    let maker = network.linear(producer);
    let rate = maker.rate;
    let new_weight_std =
        maker.dynamic.map_or_else(|| crate::spec::GrowthSpec::default().new_weight_std, |d| d.new_weight_std);
    let activation = match maker.activation {
        ActivationSpec::Relu => ActivationSpec::Relu,
        _ => ActivationSpec::Linear,
    };
    let (kind, window, middle) = if shape.flat {
        (LinearKind::Dense, Window::point(), 0)
    } else {
        let (size, strides) = ([KERNEL; 2], [1, 1]);
        let (window, _) = Window::conv([shape.height, shape.width], size, strides, true);
        (
            LinearKind::Conv2D { kernel_size: size, strides, padding: Padding::Same },
            window,
            KERNEL * KERNEL / 2,
        )
    };
    let mut weight = Param::new(window.taps, width, width, network.step)?;
    let bias = match maker.bias {
        Some(_) => Some(Param::new(1, 1, width, network.step)?),
        None => None,
    };
    let before = network.try_clone()?;
    let (std, stream) = (new_weight_std / width as f32, &mut network.streams.growth);
    weight.view_mut(Plane::Value).indexed_iter_mut().for_each(|((t, k, j), w)| {
        let identity = if t == middle && k == j { 1.0 } else { 0.0 };
        *w = identity + std * stream.normal();
    });
    let dynamic = Some(Dynamic { new_weight_std, min_inputs: 1, min_outputs: 1 });
    // What read the producer's outputs reads the new layer's.
    shift_added(&mut network.layers, producer + 1, 1);
    let added = Linear { kind, dynamic, weight, bias, activation, window, rate };
    network.layers.insert(producer + 1, Layer::Linear(added));
    network.shapes.insert(producer + 2, shape);
    relayered(network);
    Ok(Undo::Layers(Box::new(before)))
}

/// Checks that a layer put on `axis` could do more than the layers beside it, and could be merged again with the one that
/// makes the axis.
///
/// # Errors
/// Why not.
pub(super) fn room_for_layer(network: &Network, axis: usize) -> std::result::Result<(), String> {
    let Axis { producers, pinned, .. } = &network.axes[axis];
    if let Some(reason) = pinned {
        return Err(reason.clone());
    }
    let &[producer] = &producers[..] else {
        return Err(format!("layers {producers:?} make axis {axis} together"));
    };
    let maker = network.linear(producer);
    if !matches!(maker.kind, LinearKind::Dense | LinearKind::Conv2DToDense) {
        return Err(format!("layer {producer} makes images, which layers on trial are not put on"));
    }
    if maker.activation != ActivationSpec::Relu {
        return Err(format!("behind layer {producer}, which has no ReLU, a new layer would be linear"));
    }
    Ok(())
}

/// The layers that can be merged with the one right behind them, so that nothing but a nonlinearity goes between, each with
/// its axis.
pub(super) fn mergeable(network: &Network) -> impl Iterator<Item = (usize, usize)> + '_ {
    network.axes.iter().enumerate().filter_map(|(axis, of)| {
        let layer = of.producers[0];
        (merged_with(network, layer).is_ok_and(|second| second == layer + 1)).then_some((axis, layer))
    })
}

/// The layer that linear layer `layer` can be merged with: the one that reads its outputs.
///
/// # Errors
/// `Index` and `Structure`, saying why there is none.
fn merged_with(network: &Network, layer: usize) -> Result<usize> {
    let forbid = |text: String| Err(Error::new(Code::Structure, text));
    let count = network.layers.len();
    match network.layers.get(layer) {
        Some(Layer::Linear(_)) => {}
        Some(_) => return forbid(format!("layer {layer} is not a dense or convolutional layer")),
        None => {
            return Err(Error::new(
                Code::Index,
                format!("there is no layer {layer}; the layers are 0 to {}", count - 1),
            ))
        }
    }
    let Some(axis) = network.axes.iter().find(|axis| axis.producers.contains(&layer)) else {
        return forbid(format!("layer {layer} is the last one with weights; there is none to merge it with"));
    };
    let (&[_], &[second]) = (&axis.producers[..], &axis.consumers[..]) else {
        return forbid(format!(
            "layer {layer} cannot be merged: layers {:?} make its outputs, joined by a residual block, and layers {:?} read them",
            axis.producers, axis.consumers
        ));
    };
    if let Some(norm) = axis.followers.iter().find(|&&index| matches!(network.layers[index], Layer::Norm(_)))
    {
        return forbid(format!(
            "layers {layer} and {second} cannot be merged: layer {norm} between them normalises"
        ));
    }
    if network.axes.len() < 2 {
        return forbid("a model keeps at least two layers with weights, and this one has no more".into());
    }
    let (a, b) = (network.linear(layer), network.linear(second));
    if !matches!(a.kind, LinearKind::Dense | LinearKind::Conv2DToDense)
        || b.kind != LinearKind::Dense
        || b.weight.taps() != 1
    {
        return forbid(format!(
            "layers {layer} and {second} cannot be merged: only dense with dense and convolution-to-dense with dense can"
        ));
    }
    if a.dynamic.is_none() || b.dynamic.is_none() {
        return forbid(format!(
            "layers {layer} and {second} cannot be merged: one of them has a fixed width"
        ));
    }
    Ok(second)
}

/// Merges the linear layer `layer` with the next one: `W = W1 W2`, `b = b1 W2 + b2`, moments zero. What stood between
/// them (a nonlinearity, dropout) goes, so the function changes unless it was linear there.
pub(super) fn remove_layer(network: &mut Network, layer: usize) -> Result<Undo> {
    let second = merged_with(network, layer)?;
    let (a, b) = (network.linear(layer), network.linear(second));
    let options = |linear: &Linear| linear.dynamic.expect("layers that may be merged are dynamic");
    let merged = Linear {
        kind: a.kind,
        dynamic: Some(Dynamic {
            new_weight_std: options(b).new_weight_std,
            min_inputs: options(a).min_inputs,
            min_outputs: options(b).min_outputs,
        }),
        weight: product(&a.weight, &b.weight, network.step)?,
        bias: merged_bias(a, b, network.step)?,
        activation: b.activation,
        window: a.window.clone(),
        rate: a.rate,
    };
    let before = network.try_clone()?;
    shift_added(&mut network.layers, second + 1, layer as isize - second as isize);
    network.layers.splice(layer..=second, [Layer::Linear(merged)]);
    network.shapes.drain(layer + 1..=second);
    relayered(network);
    Ok(Undo::Layers(Box::new(before)))
}

/// Finds the axes of other layers.
fn relayered(network: &mut Network) {
    network.axes = axes(&network.layers);
    network.relayered += 1;
}

/// Lets what adds the input of a layer from `first` on name that layer by its place after a change.
fn shift_added(layers: &mut [Layer], first: usize, by: isize) {
    for layer in layers {
        if let Layer::Add { from } = layer {
            if *from >= first {
                *from = from.wrapping_add_signed(by);
            }
        }
    }
}

/// `A B`, taps x inputs of A by outputs of B, summed in the order of the hidden features.
fn product(a: &Param, b: &Param, birth: u32) -> Result<Param> {
    let mut out = Param::new(a.taps(), a.inputs(), b.outputs(), birth)?;
    let (left, right) = (a.view(Plane::Value), b.view(Plane::Value));
    out.view_mut(Plane::Value).indexed_iter_mut().for_each(|((t, k, j), w)| {
        *w = (0..a.outputs()).fold(0.0, |sum, h| sum + left[[t, k, h]] * right[[0, h, j]]);
    });
    Ok(out)
}

fn merged_bias(a: &Linear, b: &Linear, birth: u32) -> Result<Option<Param>> {
    let mut out = match (&a.bias, &b.bias) {
        (None, None) => return Ok(None),
        (Some(bias), _) => product(bias, &b.weight, birth)?,
        (None, Some(_)) => Param::new(1, 1, b.weight.outputs(), birth)?,
    };
    if let Some(bias) = &b.bias {
        let mut sum = out.view_mut(Plane::Value);
        sum += &bias.view(Plane::Value);
    }
    Ok(Some(out))
}
