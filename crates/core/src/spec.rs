//! What a user asks for, as plain data: the same JSON crosses the boundary and stands in saved models.

use crate::json::{self, Read};

/// The description of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Shape of one input row: `[features]` or `[height, width, channels]`.
    pub input: Vec<usize>,
    /// The features of a plain row that are read, ascending; default all.
    pub used_inputs: Option<Vec<u32>>,
    /// The layers, first to last. The last one gives logits.
    pub layers: Vec<LayerSpec>,
    /// Seeds every random stream of the model.
    pub seed: u32,
    /// How weights are updated; default Adam with learning rate 1e-3.
    pub optimizer: OptimizerSpec,
    /// The loss; default by the targets: class labels softmax cross-entropy, numbers mean squared error.
    pub loss: Option<LossSpec>,
    /// Nanoseconds that a multiply-add of each layer takes in a step on the user's machine, 0 for layers without; default not
    /// measured.
    pub rates: Option<Vec<f32>>,
}

json::record!(ModelSpec {
    input: "input",
    used_inputs: "usedInputs" optional,
    layers: "layers",
    seed: "seed" = 0,
    optimizer: "optimizer" = OptimizerSpec::default(),
    loss: "loss" optional,
    rates: "rates" optional,
});

/// Nonlinearities.
#[derive(Clone, Copy, Debug, PartialEq)]
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

json::names!(ActivationSpec {
    Linear: "linear",
    Relu: "relu",
    LeakyRelu: "leakyRelu",
    Gelu: "gelu",
    Tanh: "tanh",
    Sigmoid: "sigmoid",
});

/// How a window meets the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros around the image; output size `ceil(input / stride)`, as TensorFlow pads (the odd one at the end).
    Same,
    /// No zeros; output size `ceil((input - window + 1) / stride)`.
    Valid,
}

json::names!(Padding { Same: "same", Valid: "valid" });

/// What growing layers have beyond fixed ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthSpec {
    /// Standard deviation from which weights of new features are drawn.
    pub new_weight_std: f32,
    /// The layer never has fewer input features than this.
    pub min_inputs: usize,
    /// The layer never has fewer output features than this.
    pub min_outputs: usize,
}

json::record!(GrowthSpec {
    new_weight_std: "newWeightStd" = 0.1,
    min_inputs: "minInputs" = 1,
    min_outputs: "minOutputs" = 1,
});

impl Default for GrowthSpec {
    fn default() -> Self {
        GrowthSpec::blank()
    }
}

/// The description of one layer.
#[derive(Clone, Debug, PartialEq)]
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

json::variants!(LayerSpec {
    DynamicDense: "DynamicDense" {
        units: "units",
        activation: "activation" = None,
        use_bias: "useBias" = true,
        growth: "growth" = GrowthSpec::default(),
    },
    DynamicConv2D: "DynamicConv2D" {
        filters: "filters",
        kernel_size: "kernelSize" = [3, 3],
        strides: "strides" = [2, 2],
        padding: "padding" = Padding::Same,
        activation: "activation" = None,
        use_bias: "useBias" = false,
        growth: "growth" = GrowthSpec::default(),
    },
    DynamicConv2DToDense: "DynamicConv2DToDense" {
        units: "units",
        activation: "activation" = None,
        use_bias: "useBias" = true,
        growth: "growth" = GrowthSpec::default(),
    },
    Dense: "Dense" { units: "units", activation: "activation" = None, use_bias: "useBias" = true },
    Conv2D: "Conv2D" {
        filters: "filters",
        kernel_size: "kernelSize" = [3, 3],
        strides: "strides" = [1, 1],
        padding: "padding" = Padding::Valid,
        activation: "activation" = None,
        use_bias: "useBias" = true,
    },
    Flatten: "Flatten" {},
    MaxPooling2D: "MaxPooling2D" {
        pool_size: "poolSize" = [2, 2],
        strides: "strides" = None,
        padding: "padding" = Padding::Valid,
    },
    AveragePooling2D: "AveragePooling2D" {
        pool_size: "poolSize" = [2, 2],
        strides: "strides" = None,
        padding: "padding" = Padding::Valid,
    },
    GlobalAveragePooling2D: "GlobalAveragePooling2D" {},
    Dropout: "Dropout" { rate: "rate" },
    Activation: "Activation" { activation: "activation" },
    BatchNorm: "BatchNorm" { momentum: "momentum" = 0.99, epsilon: "epsilon" = 1e-3 },
    LayerNorm: "LayerNorm" { epsilon: "epsilon" = 1e-3 },
    Add: "Add" { from: "from" },
});

impl LayerSpec {
    /// The name of its class.
    pub(crate) fn type_name(&self) -> &'static str {
        json::table::Tabled::table(self).variant.unwrap_or_default()
    }
}

/// Losses on logits.
#[derive(Clone, Copy, Debug, PartialEq)]
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

json::variants!(LossSpec {
    SoftmaxCrossEntropy: "softmaxCrossEntropy" {},
    BinaryCrossEntropy: "binaryCrossEntropy" {},
    MeanSquaredError: "meanSquaredError" {},
    Huber: "huber" { delta: "delta" },
});

/// How weights are updated.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerSpec {
    /// The rule.
    pub method: OptimizerMethod,
    /// Step size before the schedule.
    pub learning_rate: f32,
    /// How the step size changes over a `fit`; outside `fit` it is constant.
    pub schedule: Schedule,
    /// Gradients are scaled so that their norm over the whole model is at most this.
    pub clip_norm: Option<f32>,
    /// Each gradient entry is cut to `[-clip_value, clip_value]`.
    pub clip_value: Option<f32>,
}

json::record!(OptimizerSpec {
    method: "method" = OptimizerMethod::default(),
    learning_rate: "learningRate" = 1e-3,
    schedule: "schedule" = Schedule::Constant {},
    clip_norm: "clipNorm" optional,
    clip_value: "clipValue" optional,
});

impl Default for OptimizerSpec {
    fn default() -> Self {
        OptimizerSpec::blank()
    }
}

/// Update rules.
#[derive(Clone, Copy, Debug, PartialEq)]
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

json::variants!(OptimizerMethod {
    Adam: "adam" {
        beta1: "beta1" = 0.9,
        beta2: "beta2" = 0.999,
        epsilon: "epsilon" = 1e-8,
        weight_decay: "weightDecay" = 0.0,
        shared_step_count: "sharedStepCount" = false,
    },
    Sgd: "sgd" { momentum: "momentum" = 0.0, weight_decay: "weightDecay" = 0.0 },
});

impl Default for OptimizerMethod {
    fn default() -> Self {
        OptimizerMethod::blank()
    }
}

/// Factor on the learning rate over a `fit`, by the share of its steps done.
#[derive(Clone, Copy, Debug, PartialEq)]
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

json::variants!(Schedule {
    Constant: "constant" {},
    Cosine: "cosine" { start: "start" = 0.0, floor: "floor" = 0.0 },
    Linear: "linear" { start: "start" = 0.0, floor: "floor" = 0.0 },
    Step: "step" { every: "every", factor: "factor" },
});
