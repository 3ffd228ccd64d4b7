//! Exact losses of many candidates on one axis, in one [sweep](super::sweep).

use super::axis::Axis;
use super::loss::Loss;
use super::workspace::Workspace;
use crate::error::{try_reserve, Result};
use crate::growth::feature::Feature;
use crate::layer::Layer;
use crate::model::Network;
use crate::train::Dataset;
use cambium_kernels::pool::Team;

/// A change of one feature.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // additions are what a list of candidates is mostly made of
pub enum Candidate {
    /// The feature at this place goes.
    Remove(usize),
    /// This feature comes.
    Add(Feature),
    /// The feature goes, and others do what they can of its work.
    Replace(Replacement),
}

/// A combination of the other features that stands in for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replacement {
    /// The feature that goes.
    pub index: usize,
    /// The features that stand in, each with its share; none where the constant is all.
    pub shares: Vec<(usize, f32)>,
    /// What is added to their sum.
    pub constant: f32,
}

/// What is found of one candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean loss with the change.
    pub loss: f64,
    /// Standard error of the change of the mean loss, from the rows' changes.
    pub error: f64,
}

/// A set of features that may come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The features of the rows.
    Inputs,
    /// A hidden axis.
    Axis(usize),
}

/// Whether candidates of hidden axis `axis` can be scored by a sweep: its features go from one layer to one other, each on
/// its own, and what comes behind that reads nothing from before it.
pub(crate) fn sweeps(network: &Network, axis: usize) -> bool {
    let axis = &network.axes[axis];
    let (&[_], &[consumer]) = (&axis.producers[..], &axis.consumers[..]) else { return false };
    let mut later = network.layers[consumer..].iter();
    let mixes = |&layer: &usize| matches!(network.layers[layer], Layer::Norm(_) | Layer::Add { .. });
    !axis.followers.iter().any(mixes)
        && !later.any(|layer| matches!(layer, Layer::Add { from } if *from <= consumer))
}

/// The mean loss of the first `count` rows with each of `candidates` at `place`, which [`sweeps`], where the workspace holds the
/// pass of the rows `rows` of `data`.
///
/// # Errors
/// `OutOfMemory`.
#[allow(clippy::too_many_arguments)] // the pass, the axis and its candidates
pub(crate) fn score(
    network: &Network,
    workspace: &mut Workspace,
    (data, rows, loss): (&Dataset, &[u32], Loss),
    count: usize,
    place: Place,
    candidates: &[Candidate],
    team: &Team,
) -> Result<Vec<Score>> {
    let axis = Axis::new(network, place, candidates)?;
    for block in workspace.blocks_mut() {
        block.fit_sweep(&axis)?;
    }
    workspace.each_block(team, |block| block.sweep(&axis, data, rows, loss));
    let mut means = Vec::new();
    try_reserve(&mut means, candidates.len(), "scores")?;
    means.extend((0..candidates.len()).map(|candidate| {
        let mut spread = Spread::default();
        for block in workspace.blocks() {
            let images = block.rows.len();
            let counted = count.saturating_sub(block.rows.start).min(images);
            spread.add(&block.sweep.losses[candidate * images..][..counted], &block.losses);
        }
        Score { loss: spread.sum / count as f64, error: spread.error(count) }
    }));
    Ok(means)
}

/// Sums over rows' losses with a change, and over what it changes.
#[derive(Default)]
pub(crate) struct Spread {
    sum: f64,
    change: f64,
    squares: f64,
}

impl Spread {
    /// Takes in rows with these losses with and without a change.
    pub(crate) fn add(&mut self, with: &[f32], without: &[f32]) {
        for (&with, &without) in with.iter().zip(without) {
            let difference = f64::from(with) - f64::from(without);
            self.sum += f64::from(with);
            self.change += difference;
            self.squares += difference * difference;
        }
    }

    /// Standard error of the mean change of `count` rows.
    pub(crate) fn error(&self, count: usize) -> f64 {
        let n = count as f64;
        let variance = (self.squares - self.change * self.change / n) / (n - 1.0);
        if variance > 0.0 {
            (variance / n).sqrt()
        } else {
            0.0
        }
    }
}
