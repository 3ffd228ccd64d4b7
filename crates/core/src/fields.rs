//! Descriptions as they stand in JSON: a type, and the fields of all types together.
//!
//! One reader serves all types of a description. A reader for each, as serde writes them for an enum, made modules a tenth
//! larger.

use crate::spec::{ActivationSpec, GrowthSpec, LayerSpec, LossSpec, OptimizerMethod, Padding, Schedule};
use crate::train::TargetSpec;
use serde::Deserialize;

/// The names of [`LayerSpec`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
enum LayerType {
    #[default]
    DynamicDense,
    DynamicConv2D,
    DynamicConv2DToDense,
    Dense,
    Conv2D,
    Flatten,
    MaxPooling2D,
    AveragePooling2D,
    GlobalAveragePooling2D,
    Dropout,
    Activation,
    BatchNorm,
    LayerNorm,
    Add,
}

/// A layer in JSON.
#[derive(Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LayerFields {
    #[serde(rename = "type")]
    kind: LayerType,
    units: Option<usize>,
    filters: Option<usize>,
    kernel_size: Option<[usize; 2]>,
    pool_size: Option<[usize; 2]>,
    strides: Option<[usize; 2]>,
    padding: Option<Padding>,
    activation: Option<ActivationSpec>,
    use_bias: Option<bool>,
    growth: Option<GrowthSpec>,
    rate: Option<f32>,
    momentum: Option<f32>,
    epsilon: Option<f32>,
    from: Option<usize>,
}

/// What is said where a description has a field of another type.
fn foreign(kind: impl std::fmt::Debug) -> String {
    format!("a field is not one of {kind:?}")
}

/// Share of its moving statistics that a batch norm keeps where none is given.
const MOMENTUM: f32 = 0.99;
/// What norms add to variances where nothing is given.
const EPSILON: f32 = 1e-3;

impl TryFrom<LayerFields> for LayerSpec {
    type Error = String;

    fn try_from(mut given: LayerFields) -> Result<Self, String> {
        let kind = given.kind;
        let lacks = |name: &str| format!("{kind:?} lacks {name}");
        let mut size = |value: fn(&mut LayerFields) -> &mut Option<usize>, name: &str| {
            value(&mut given).take().ok_or_else(|| lacks(name))
        };
        let first = match kind {
            LayerType::DynamicDense | LayerType::DynamicConv2DToDense | LayerType::Dense => {
                size(|given| &mut given.units, "units")?
            }
            LayerType::DynamicConv2D | LayerType::Conv2D => size(|given| &mut given.filters, "filters")?,
            LayerType::Add => size(|given| &mut given.from, "from")?,
            _ => 0,
        };
        let growing = matches!(
            kind,
            LayerType::DynamicDense | LayerType::DynamicConv2DToDense | LayerType::DynamicConv2D
        );
        let linear = growing || matches!(kind, LayerType::Dense | LayerType::Conv2D);
        let window = matches!(kind, LayerType::DynamicConv2D | LayerType::Conv2D);
        let pool = matches!(kind, LayerType::MaxPooling2D | LayerType::AveragePooling2D);
        let norm = matches!(kind, LayerType::BatchNorm | LayerType::LayerNorm);
        // What a layer of this type has is taken; nothing may be left.
        let growth = given.growth.take_if(|_| growing).unwrap_or_default();
        let use_bias = given.use_bias.take_if(|_| linear).unwrap_or(kind != LayerType::DynamicConv2D);
        let activation = given.activation.take_if(|_| linear || kind == LayerType::Activation);
        let kernel_size = given.kernel_size.take_if(|_| window).unwrap_or([3, 3]);
        let pool_size = given.pool_size.take_if(|_| pool).unwrap_or([2, 2]);
        let strides = given.strides.take_if(|_| window || pool);
        let padding = given.padding.take_if(|_| window || pool);
        let rate = given.rate.take_if(|_| kind == LayerType::Dropout);
        let momentum = given.momentum.take_if(|_| kind == LayerType::BatchNorm).unwrap_or(MOMENTUM);
        let epsilon = given.epsilon.take_if(|_| norm).unwrap_or(EPSILON);
        if given != (LayerFields { kind, ..LayerFields::default() }) {
            return Err(foreign(kind));
        }
        Ok(match kind {
            LayerType::DynamicDense => LayerSpec::DynamicDense { units: first, activation, use_bias, growth },
            LayerType::DynamicConv2D => LayerSpec::DynamicConv2D {
                filters: first,
                kernel_size,
                strides: strides.unwrap_or([2, 2]),
                padding: padding.unwrap_or(Padding::Same),
                activation,
                use_bias,
                growth,
            },
            LayerType::DynamicConv2DToDense => {
                LayerSpec::DynamicConv2DToDense { units: first, activation, use_bias, growth }
            }
            LayerType::Dense => LayerSpec::Dense { units: first, activation, use_bias },
            LayerType::Conv2D => LayerSpec::Conv2D {
                filters: first,
                kernel_size,
                strides: strides.unwrap_or([1, 1]),
                padding: padding.unwrap_or(Padding::Valid),
                activation,
                use_bias,
            },
            LayerType::Flatten => LayerSpec::Flatten {},
            LayerType::MaxPooling2D => {
                LayerSpec::MaxPooling2D { pool_size, strides, padding: padding.unwrap_or(Padding::Valid) }
            }
            LayerType::AveragePooling2D => {
                LayerSpec::AveragePooling2D { pool_size, strides, padding: padding.unwrap_or(Padding::Valid) }
            }
            LayerType::GlobalAveragePooling2D => LayerSpec::GlobalAveragePooling2D {},
            LayerType::Dropout => LayerSpec::Dropout { rate: rate.ok_or_else(|| lacks("rate"))? },
            LayerType::Activation => {
                LayerSpec::Activation { activation: activation.ok_or_else(|| lacks("activation"))? }
            }
            LayerType::BatchNorm => LayerSpec::BatchNorm { momentum, epsilon },
            LayerType::LayerNorm => LayerSpec::LayerNorm { epsilon },
            LayerType::Add => LayerSpec::Add { from: first },
        })
    }
}

/// The names of [`LossSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LossType {
    SoftmaxCrossEntropy,
    BinaryCrossEntropy,
    MeanSquaredError,
    Huber,
}

/// A loss in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LossFields {
    #[serde(rename = "type")]
    kind: LossType,
    delta: Option<f32>,
}

impl TryFrom<LossFields> for LossSpec {
    type Error = String;

    fn try_from(given: LossFields) -> Result<Self, String> {
        match (given.kind, given.delta) {
            (LossType::SoftmaxCrossEntropy, None) => Ok(LossSpec::SoftmaxCrossEntropy {}),
            (LossType::BinaryCrossEntropy, None) => Ok(LossSpec::BinaryCrossEntropy {}),
            (LossType::MeanSquaredError, None) => Ok(LossSpec::MeanSquaredError {}),
            (LossType::Huber, Some(delta)) => Ok(LossSpec::Huber { delta }),
            (LossType::Huber, None) => Err("Huber lacks delta".into()),
            (kind, Some(_)) => Err(foreign(kind)),
        }
    }
}

/// The names of [`Schedule`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ScheduleType {
    Constant,
    Cosine,
    Linear,
    Step,
}

/// A schedule in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScheduleFields {
    #[serde(rename = "type")]
    kind: ScheduleType,
    start: Option<f32>,
    floor: Option<f32>,
    every: Option<u32>,
    factor: Option<f32>,
}

impl TryFrom<ScheduleFields> for Schedule {
    type Error = String;

    fn try_from(given: ScheduleFields) -> Result<Self, String> {
        let ScheduleFields { kind, start, floor, every, factor } = given;
        let ramp = (start.unwrap_or(0.0), floor.unwrap_or(0.0));
        match (kind, start.or(floor).is_some(), every, factor) {
            (ScheduleType::Constant, false, None, None) => Ok(Schedule::Constant {}),
            (ScheduleType::Cosine, _, None, None) => Ok(Schedule::Cosine { start: ramp.0, floor: ramp.1 }),
            (ScheduleType::Linear, _, None, None) => Ok(Schedule::Linear { start: ramp.0, floor: ramp.1 }),
            (ScheduleType::Step, false, Some(every), Some(factor)) => Ok(Schedule::Step { every, factor }),
            (ScheduleType::Step, false, ..) => Err("Step lacks every or factor".into()),
            _ => Err(foreign(kind)),
        }
    }
}

/// The names of [`OptimizerMethod`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MethodType {
    Adam,
    Sgd,
}

/// An update rule in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MethodFields {
    #[serde(rename = "type")]
    kind: MethodType,
    beta1: Option<f32>,
    beta2: Option<f32>,
    epsilon: Option<f32>,
    weight_decay: Option<f32>,
    shared_step_count: Option<bool>,
    momentum: Option<f32>,
}

impl TryFrom<MethodFields> for OptimizerMethod {
    type Error = String;

    fn try_from(given: MethodFields) -> Result<Self, String> {
        let MethodFields { kind, beta1, beta2, epsilon, weight_decay, shared_step_count, momentum } = given;
        let weight_decay = weight_decay.unwrap_or(0.0);
        let of_adam = beta1.or(beta2).or(epsilon).is_some() || shared_step_count.is_some();
        match (kind, of_adam, momentum) {
            (MethodType::Adam, _, None) => Ok(OptimizerMethod::Adam {
                beta1: beta1.unwrap_or(0.9),
                beta2: beta2.unwrap_or(0.999),
                epsilon: epsilon.unwrap_or(1e-8),
                weight_decay,
                shared_step_count: shared_step_count.unwrap_or(false),
            }),
            (MethodType::Sgd, false, _) => {
                Ok(OptimizerMethod::Sgd { momentum: momentum.unwrap_or(0.0), weight_decay })
            }
            _ => Err(foreign(kind)),
        }
    }
}

/// The names of [`TargetSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TargetType {
    None,
    Labels,
    Values,
}

/// Targets in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetFields {
    #[serde(rename = "type")]
    kind: TargetType,
    classes: Option<usize>,
    width: Option<usize>,
}

impl TryFrom<TargetFields> for TargetSpec {
    type Error = String;

    fn try_from(given: TargetFields) -> Result<Self, String> {
        match (given.kind, given.classes, given.width) {
            (TargetType::None, None, None) => Ok(TargetSpec::None),
            (TargetType::Labels, Some(classes), None) => Ok(TargetSpec::Labels { classes }),
            (TargetType::Values, None, Some(width)) => Ok(TargetSpec::Values { width }),
            (kind, ..) => Err(format!("{kind:?} lacks a field, or has one of others")),
        }
    }
}
