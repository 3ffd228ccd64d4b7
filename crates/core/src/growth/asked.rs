//! Changes as they cross the boundary.

use super::change::{default_threshold, Change};
use super::ends::End;
use serde::Deserialize;

/// Everything that a change may say, each of which some changes take. Serde's own reader for enums with a tag would make a
/// module several kilobytes larger.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(rename = "type")]
    name: Name,
    axis: Option<usize>,
    index: Option<usize>,
    incoming: Option<Vec<f32>>,
    bias: Option<f32>,
    outgoing: Option<Vec<f32>>,
    threshold: Option<f32>,
    input: Option<usize>,
    constant: Option<f32>,
    layer: Option<usize>,
    count: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Name {
    Expand,
    Contract,
    Prune,
    DropInput,
    RestoreInput,
    AddLayer,
    RemoveLayer,
    AddInputs,
    AddOutputs,
}

impl TryFrom<Asked> for Change {
    type Error = &'static str;

    fn try_from(asked: Asked) -> Result<Self, Self::Error> {
        let Asked { name, axis, index, incoming, bias, outgoing, threshold, input, constant, layer, count } =
            asked;
        let (input, count) = (input.ok_or("input is missing"), count.ok_or("count is missing"));
        Ok(match name {
            Name::Expand => Change::Expand { axis, incoming, bias, outgoing },
            Name::Contract => Change::Contract { axis, index },
            Name::Prune => Change::Prune { threshold: threshold.unwrap_or_else(default_threshold) },
            Name::DropInput => Change::DropInput { input: input?, constant: constant.unwrap_or(0.0) },
            Name::RestoreInput => Change::RestoreInput { input: input? },
            Name::AddLayer => Change::AddLayer { axis: axis.ok_or("axis is missing")? },
            Name::RemoveLayer => Change::RemoveLayer { layer: layer.ok_or("layer is missing")? },
            Name::AddInputs => Change::Extend { end: End::Inputs, count: count? },
            Name::AddOutputs => Change::Extend { end: End::Outputs, count: count? },
        })
    }
}
