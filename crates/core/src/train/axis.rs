//! The axis that a sweep is about, with what its candidates bring.

use super::score::{Candidate, Place};
use super::workspace::grow_floats;
use crate::axes::Role;
use crate::error::{Code, Error, Result};
use crate::layer::Linear;
use crate::model::Network;
use crate::shape::Shape;
use cambium_kernels::simd::Buffer;
use cambium_kernels::LANES;

/// The ends of an axis, and the candidates on it.
pub(super) struct Axis<'a> {
    pub(super) network: &'a Network,
    pub(super) producer: Option<usize>,
    pub(super) consumer: usize,
    pub(super) candidates: &'a [Candidate],
    /// Incoming weights and biases of the newcomers, as a layer of their own.
    pub(super) incoming: Buffer,
    pub(super) bias: Buffer,
    pub(super) newcomers: usize,
}

impl<'a> Axis<'a> {
    pub(super) fn new(network: &'a Network, place: Place, candidates: &'a [Candidate]) -> Result<Self> {
        let (producer, consumer) = match place {
            Place::Axis(axis) => (Some(network.axes[axis].producers[0]), network.axes[axis].consumers[0]),
            Place::Inputs => {
                let reader = network.input_reader();
                (None, reader.map_err(|why| Error::new(Code::Structure, format!("input features: {why}")))?)
            }
        };
        let added = || {
            candidates.iter().filter_map(|candidate| match candidate {
                Candidate::Add(feature) => Some(feature),
                Candidate::Remove(_) | Candidate::Replace(_) => None,
            })
        };
        let newcomers = added().count();
        let maker = producer.map(|layer| &network.linear(layer).weight).filter(|_| newcomers > 0);
        let rows = maker.map_or(0, |weight| weight.taps() * weight.inputs());
        let stride = newcomers.next_multiple_of(LANES);
        let (mut incoming, mut bias) = (Buffer::default(), Buffer::default());
        grow_floats(&mut incoming, rows * stride, rows * stride)?;
        grow_floats(&mut bias, stride, stride)?;
        for (n, feature) in added().enumerate() {
            let Place::Axis(at) = place else { continue };
            let axis = &network.axes[at];
            let values = |role| feature.strips(axis, role).flat_map(|strip| &strip.planes[0]);
            for (row, &value) in incoming.chunks_exact_mut(stride.max(LANES)).zip(values(Role::Incoming)) {
                row[n] = value;
            }
            if let Some(&value) = values(Role::Bias).next() {
                bias[n] = value;
            }
        }
        Ok(Axis { network, producer, consumer, candidates, incoming, bias, newcomers })
    }

    pub(super) fn reader(&self) -> &'a Linear {
        self.network.linear(self.consumer)
    }
    /// Shape of the reader's outputs.
    pub(super) fn output(&self) -> Shape {
        self.network.shapes[self.consumer + 1]
    }
    /// Shape of tensor `tensor` with the newcomers for channels.
    pub(super) fn newcomer_shape(&self, tensor: usize) -> Shape {
        Shape { channels: self.newcomers, ..self.network.shapes[tensor] }
    }
}
