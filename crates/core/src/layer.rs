//! Layers as they run: weights, geometry, options.

use crate::param::Param;
use crate::spec::{ActivationSpec, LayerSpec, Padding};
use cambium_kernels::window::Window;

/// Which of the three linear maps a layer is; they differ in files and names, not in how they compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinearKind {
    /// One tap (or one per position, after `Flatten`).
    Dense,
    /// One tap per window cell.
    Conv2D {
        /// Window height and width.
        kernel_size: [usize; 2],
        /// Step of the window, down and across.
        strides: [usize; 2],
        /// Border rule.
        padding: Padding,
    },
    /// One tap per position of the image it reads.
    Conv2DToDense,
}

impl LinearKind {
    /// The tap and input feature of the `row`-th row of a layer's weights in files and in calls that take weights:
    /// tap-major, but feature-major for convolution to dense, as the reference implementation has it.
    pub(crate) fn tap_and_input(self, row: usize, taps: usize, inputs: usize) -> (usize, usize) {
        match self {
            LinearKind::Conv2DToDense => (row % taps, row / taps),
            LinearKind::Dense | LinearKind::Conv2D { .. } => (row / inputs, row % inputs),
        }
    }
}

/// Options of a layer whose widths may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dynamic {
    /// Standard deviation from which weights of new features are drawn.
    pub new_weight_std: f32,
    /// Least number of input features.
    pub min_inputs: usize,
    /// Least number of output features.
    pub min_outputs: usize,
}

/// A linear map with an optional bias and a nonlinearity.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Dense, convolution, or convolution to dense.
    pub kind: LinearKind,
    /// `None` for layers of fixed width.
    pub dynamic: Option<Dynamic>,
    /// taps x inputs x outputs.
    pub weight: Param,
    /// 1 x 1 x outputs.
    pub bias: Option<Param>,
    /// Applied to the outputs.
    pub activation: ActivationSpec,
    /// Which input position each tap reads for each output position.
    pub window: Window,
    /// Nanoseconds that one of its multiply-adds takes in a step; 0 where that was not measured.
    pub rate: f32,
}

/// A normalisation with a gain and a shift for each channel: of each channel over the batch, or of each position of each
/// row over its channels.
#[derive(Clone, Debug)]
pub struct Norm {
    /// Added to variances.
    pub epsilon: f32,
    /// 1 x 1 x channels.
    pub gain: Param,
    /// 1 x 1 x channels.
    pub shift: Param,
    /// Of a normalisation over the batch, what stands for the batch outside of training.
    pub moving: Option<Moving>,
}

/// Statistics of each channel over the batches of the past. They are no weights: nothing but their values is in use.
#[derive(Clone, Debug)]
pub struct Moving {
    /// Share that a step keeps.
    pub momentum: f32,
    /// 1 x 1 x channels.
    pub mean: Param,
    /// 1 x 1 x channels.
    pub variance: Param,
}

/// Which pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Largest value.
    Max,
    /// Mean of the values inside the image.
    Average,
}

/// One layer of a model.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // a model has a handful of layers, most of them linear
pub enum Layer {
    /// Dense, convolution, convolution to dense.
    Linear(Linear),
    /// A nonlinearity on its own.
    Activation(ActivationSpec),
    /// Random zeros in training.
    Dropout {
        /// Probability of a zero.
        rate: f32,
    },
    /// Max or average pooling; global average pooling is one window over the whole image.
    Pool {
        /// Which.
        kind: PoolKind,
        /// Which input positions each output position reads.
        window: Window,
        /// What the user wrote (sizes for summaries and files).
        spec: LayerSpec,
    },
    /// Positions x channels become one row; nothing moves in memory.
    Flatten,
    /// Batch or layer normalisation.
    Norm(Norm),
    /// The input of layer `from` is added: the end of a residual block.
    Add {
        /// A layer before this one, or this one.
        from: usize,
    },
}

impl Layer {
    /// Its weights and its bias, or gain and shift: all that is trained.
    pub(crate) fn params(&self) -> impl Iterator<Item = &Param> {
        let (weight, bias) = match self {
            Layer::Linear(linear) => (Some(&linear.weight), linear.bias.as_ref()),
            Layer::Norm(norm) => (Some(&norm.gain), Some(&norm.shift)),
            _ => (None, None),
        };
        weight.into_iter().chain(bias)
    }
    /// Its weights and its bias, or gain and shift, to be changed.
    pub(crate) fn params_mut(&mut self) -> impl Iterator<Item = &mut Param> {
        let (weight, bias) = match self {
            Layer::Linear(linear) => (Some(&mut linear.weight), linear.bias.as_mut()),
            Layer::Norm(norm) => (Some(&mut norm.gain), Some(&mut norm.shift)),
            _ => (None, None),
        };
        weight.into_iter().chain(bias)
    }

    /// Whether it has statistics of the batch.
    pub(crate) fn is_batch_norm(&self) -> bool {
        matches!(self, Layer::Norm(norm) if norm.moving.is_some())
    }
}
