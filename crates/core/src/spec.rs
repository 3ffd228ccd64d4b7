//! What a user asks for, as plain data: the same JSON crosses the boundary and stands in saved models.

use crate::fields::{LayerFields, LossFields, MethodFields, ScheduleFields};
use serde::{Deserialize, Serialize};

/// The description of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelSpec {
    /// Shape of one input row: `[features]` or `[height, width, channels]`.
    pub input: Vec<usize>,
    /// The features of a plain row that are read, ascending; default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_inputs: Option<Vec<u32>>,
    /// The layers, first to last. The last one gives logits.
    pub layers: Vec<LayerSpec>,
    /// Seeds every random stream of the model.
    #[serde(default)]
    pub seed: u32,
    /// How weights are updated; default Adam with learning rate 1e-3.
    #[serde(default)]
    pub optimizer: OptimizerSpec,
    /// The loss; default by the targets: class labels softmax cross-entropy, numbers mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossSpec>,
    /// Nanoseconds that a multiply-add of each layer takes in a step on the user's machine, 0 for layers without; default not
    /// measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Vec<f32>>,
}

/// Nonlinearities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActivationSpec {
    /// The identity.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `0.01 x` below.
    LeakyRelu,
    /// `x Φ(x)` with the exact normal distribution function.
    Gelu,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
}

/// How a window meets the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Padding {
    /// Zeros around the image; output size `ceil(input / stride)`, as TensorFlow pads (the odd one at the end).
    Same,
    /// No zeros; output size `ceil((input - window + 1) / stride)`.
    Valid,
}

/// What growing layers have beyond fixed ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GrowthSpec {
    /// Standard deviation from which weights of new features are drawn.
    pub new_weight_std: f32,
    /// The layer never has fewer input features than this.
    pub min_inputs: usize,
    /// The layer never has fewer output features than this.
    pub min_outputs: usize,
}

impl Default for GrowthSpec {
    fn default() -> Self {
        GrowthSpec { new_weight_std: 0.1, min_inputs: 1, min_outputs: 1 }
    }
}

/// The description of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", try_from = "LayerFields")]
pub enum LayerSpec {
    /// Dense layer whose inputs and outputs may grow and shrink.
    DynamicDense {
        /// Output features at the start.
        units: usize,
        /// Default: relu between layers, linear after the last.
        activation: Option<ActivationSpec>,
        /// Whether a bias is added.
        use_bias: bool,
        /// New weights and minimum widths.
        growth: GrowthSpec,
    },
    /// Convolution whose channels may grow and shrink.
    DynamicConv2D {
        /// Output channels at the start.
        filters: usize,
        /// Window height and width.
        kernel_size: [usize; 2],
        /// Step of the window, down and across.
        strides: [usize; 2],
        /// Border rule.
        padding: Padding,
        /// Default: relu between layers, linear after the last.
        activation: Option<ActivationSpec>,
        /// Whether a bias is added.
        use_bias: bool,
        /// New weights and minimum widths.
        growth: GrowthSpec,
    },
    /// Dense layer that reads a whole image of channels, so that channels may come and go before it.
    DynamicConv2DToDense {
        /// Output features at the start.
        units: usize,
        /// Default: relu between layers, linear after the last.
        activation: Option<ActivationSpec>,
        /// Whether a bias is added.
        use_bias: bool,
        /// New weights and minimum widths.
        growth: GrowthSpec,
    },
    /// Dense layer of fixed width.
    Dense {
        /// Output features.
        units: usize,
        /// Default: relu between layers, linear after the last.
        activation: Option<ActivationSpec>,
        /// Whether a bias is added.
        use_bias: bool,
    },
    /// Convolution of fixed width.
    Conv2D {
        /// Output channels.
        filters: usize,
        /// Window height and width.
        kernel_size: [usize; 2],
        /// Step of the window, down and across.
        strides: [usize; 2],
        /// Border rule.
        padding: Padding,
        /// Default: relu between layers, linear after the last.
        activation: Option<ActivationSpec>,
        /// Whether a bias is added.
        use_bias: bool,
    },
    /// An image becomes one row of features, in the order row, column, channel.
    Flatten {},
    /// Largest value of each window, per channel.
    MaxPooling2D {
        /// Window height and width.
        pool_size: [usize; 2],
        /// Step of the window; default the window.
        strides: Option<[usize; 2]>,
        /// Border rule.
        padding: Padding,
    },
    /// Mean of each window, per channel; border zeros are not counted.
    AveragePooling2D {
        /// Window height and width.
        pool_size: [usize; 2],
        /// Step of the window; default the window.
        strides: Option<[usize; 2]>,
        /// Border rule.
        padding: Padding,
    },
    /// Mean over all positions, per channel.
    GlobalAveragePooling2D {},
    /// In training sets each value to zero with probability `rate` and scales the others by `1 / (1 - rate)`.
    Dropout {
        /// Between 0 (inclusive) and 1 (exclusive).
        rate: f32,
    },
    /// A nonlinearity as a layer of its own.
    Activation {
        /// Which one.
        activation: ActivationSpec,
    },
    /// Normalises each channel over the batch (Ioffe & Szegedy 2015), outside of training by moving statistics.
    BatchNorm {
        /// Share of the moving statistics that a step keeps.
        momentum: f32,
        /// Added to variances.
        epsilon: f32,
    },
    /// Normalises each position of each row over its channels (Ba, Kiros & Hinton 2016).
    LayerNorm {
        /// Added to variances.
        epsilon: f32,
    },
    /// Adds the input of layer `from`: the end of a residual block (He et al. 2016).
    Add {
        /// A layer before this one, or this one.
        from: usize,
    },
}

/// Losses on logits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", try_from = "LossFields")]
pub enum LossSpec {
    /// Softmax cross-entropy, targets class labels or one row of probabilities (one-hot) each.
    SoftmaxCrossEntropy {},
    /// Sigmoid cross-entropy, mean over outputs; targets between 0 and 1.
    BinaryCrossEntropy {},
    /// Mean over outputs of the squared difference.
    MeanSquaredError {},
    /// Quadratic within `delta`, linear beyond; mean over outputs.
    Huber {
        /// Where the quadratic part ends.
        delta: f32,
    },
}

/// How weights are updated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OptimizerSpec {
    /// The rule.
    pub method: OptimizerMethod,
    /// Step size before the schedule.
    pub learning_rate: f32,
    /// How the step size changes over a `fit`; outside `fit` it is constant.
    pub schedule: Schedule,
    /// Gradients are scaled so that their norm over the whole model is at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f32>,
    /// Each gradient entry is cut to `[-clip_value, clip_value]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f32>,
}

impl Default for OptimizerSpec {
    fn default() -> Self {
        OptimizerSpec {
            method: OptimizerMethod::default(),
            learning_rate: 1e-3,
            schedule: Schedule::Constant {},
            clip_norm: None,
            clip_value: None,
        }
    }
}

/// Update rules.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", rename_all = "camelCase", try_from = "MethodFields")]
pub enum OptimizerMethod {
    /// Adam (Kingma & Ba 2015), with `epsilon` beside the root of the corrected second moment.
    Adam {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Added to the root of the corrected second moment.
        epsilon: f32,
        /// Decoupled decay (AdamW, Loshchilov & Hutter 2019): weights, not biases, shrink by `learning rate * decay`.
        weight_decay: f32,
        /// One step count per layer, as the reference implementation has it, in place of one per weight.
        shared_step_count: bool,
    },
    /// Stochastic gradient descent with momentum: `v = momentum v - rate g`, `w += v`.
    Sgd {
        /// Share of the velocity that is kept.
        momentum: f32,
        /// Decoupled decay of weights, not biases.
        weight_decay: f32,
    },
}

impl Default for OptimizerMethod {
    fn default() -> Self {
        OptimizerMethod::Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            shared_step_count: false,
        }
    }
}

/// Factor on the learning rate over a `fit`, by the share of its steps done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", rename_all = "camelCase", try_from = "ScheduleFields")]
pub enum Schedule {
    /// Always 1.
    Constant {},
    /// 1 until `start`, then half a cosine down to `floor`.
    Cosine {
        /// Share of the steps before the decay begins.
        start: f32,
        /// Last factor.
        floor: f32,
    },
    /// 1 until `start`, then a straight line down to `floor`.
    Linear {
        /// Share of the steps before the decay begins.
        start: f32,
        /// Last factor.
        floor: f32,
    },
    /// Multiplied by `factor` after every `every` steps.
    Step {
        /// Steps between two changes.
        every: u32,
        /// What each change multiplies by.
        factor: f32,
    },
}
