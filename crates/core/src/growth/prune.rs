//! Removal by magnitude.

use super::change::{at_minimum, Blocked, ChangeReport, FeatureAt};
use super::feature::{self, Feature};
use crate::error::{Code, Error, Result};
use crate::model::Network;
use crate::param::Plane;

/// Removes every feature of a growable axis whose outgoing weights have an L1 norm below `threshold`, smallest first
/// where the least width does not let all of them go. Works from the last axis to the first, since a removal only
/// lowers norms on the axis before it. Returns what it took, in order.
pub(super) fn prune(
    network: &mut Network,
    threshold: f32,
    report: &mut ChangeReport,
) -> Result<Vec<(usize, usize, Feature)>> {
    if !(threshold.is_finite() && threshold >= 0.0) {
        return Err(Error::new(Code::Option, format!("threshold is {threshold}; use a finite number >= 0")));
    }
    let mut taken = Vec::new();
    for axis in
        (0..network.axes.len()).rev().filter(|&axis| network.axes[axis].pinned.is_none()).collect::<Vec<_>>()
    {
        let (width, min) = (network.width(axis), network.axes[axis].min);
        let mut weak: Vec<(f32, usize)> = (0..width)
            .map(|index| (outgoing_l1(network, axis, index), index))
            .filter(|(norm, _)| *norm < threshold)
            .collect();
        weak.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for &(norm, index) in weak.iter().skip(width.saturating_sub(min)) {
            let reason = format!("{} (outgoing L1 norm {norm})", at_minimum(axis, min));
            report.blocked.push(Blocked { axis, index: Some(index), reason });
        }
        weak.truncate(width.saturating_sub(min));
        weak.sort_by_key(|(_, index)| std::cmp::Reverse(*index));
        for (_, index) in weak {
            let mut gone = Feature::default();
            feature::remove(network, axis, index, &mut gone);
            taken.push((axis, index, gone));
            report.removed.push(FeatureAt { axis, index, width: network.width(axis) });
        }
    }
    Ok(taken)
}

/// Sum of the magnitudes of a feature's outgoing weights.
fn outgoing_l1(network: &Network, axis: usize, index: usize) -> f32 {
    network.axes[axis].consumers.iter().fold(0.0, |sum, &consumer| {
        let weights = network.linear(consumer).weight.view(Plane::Value);
        weights.index_axis_move(ndarray::Axis(1), index).iter().fold(sum, |sum, w| sum + w.abs())
    })
}
