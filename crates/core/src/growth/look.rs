//! A first look at the features that could go: roughly what each is worth, and what could stand in for it.

use super::linalg::{whole, Cholesky};
use super::removal::Scope;
use super::replace::{self, takes_constants};
use crate::error::Result;
use crate::model::{Model, Network};
use crate::param::Plane;
use crate::train::{sweeps, Moments, Place, Replacement};

/// Features that are scored exactly, of all places together: those that look cheapest, or this share of them where that is more.
/// With twice the number networks ended no better (digits, 10 seeds, and MNIST, 3 seeds).
const SHORTLIST: usize = 16;
const SHORTLIST_SHARE: usize = 8;

/// Ridge of the regression of one feature on others, in mean variances. From 0.03 to 1 the digits ended within half a point
/// of each other (20 seeds).
const RIDGE: f64 = 0.1;

/// Widest layer whose features are regressed on all others: the factor and its inverse take a third of the cube of the width in
/// multiplications and additions, 45 million at this width, and 0.12 s (native, on a busy machine). On wider ones those most like a feature stand in for it,
/// as for features of the rows. With 256 in place of 512 events of `auto` took 23 % of 560 steps of 784-512-512-10 on MNIST in place of 29,
/// but it ended with 218 and 368 features at 95.1 % in place of 384 and 478 at 95.8 (one seed each).
const WIDEST: usize = 512;

/// Features of the rows that stand in for one together: those that are most like it. On 10,000 images of MNIST networks of 770
/// weights ended at 85.4 % with none, 87.1 with 4 and 87.7 with 8 (3 seeds).
const NEIGHBOURS: usize = 8;

/// What a first look finds at a place.
pub(super) struct Look {
    pub(super) place: Place,
    reader: usize,
    /// Mean of each feature; zero where a constant cannot stand for it.
    means: Vec<f64>,
    /// Variance of each, or what the others leave of it where they may stand in.
    variances: Vec<f64>,
    /// Factor of the covariances and its inverse, where all features together may stand in for one.
    factor: Option<(Cholesky, Vec<f64>)>,
    /// Whether some features may stand in for one.
    near: bool,
    /// What removing each would cost to second order, summed over all readers, in units that all places share.
    harms: Vec<f64>,
}

impl Look {
    /// From the pass with gradients that the workspace holds.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn new(model: &Model, place: Place) -> Result<Self> {
        let (network, workspace) = (&model.network, &model.workspace);
        let reader = replace::reader(network, place);
        let constants = takes_constants(network, place);
        let swept = matches!(place, Place::Axis(axis) if sweeps(network, axis));
        let shape = network.shapes[reader];
        let near = place == Place::Inputs || (swept && shape.positions() == 1 && shape.channels > WIDEST);
        let (means, variances, factor) = if swept && !near {
            let Moments { mut means, products: mut matrix } = workspace.moments(network, reader)?;
            if !constants {
                means.fill(0.0);
            }
            let width = means.len();
            for (i, row) in matrix.chunks_exact_mut(width).enumerate() {
                row.iter_mut().zip(&means).for_each(|(cell, mean)| *cell -= means[i] * mean);
            }
            let factor = Cholesky::ridged(width, &matrix, RIDGE);
            let inverse = factor.inverse();
            // The diagonal of the covariances' inverse is one over what the others leave of each feature's variance.
            let mut left = vec![0.0; width];
            for row in inverse.chunks_exact(whole(width)) {
                left.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
            }
            left.iter_mut().for_each(|g| *g = if *g > 0.0 { 1.0 / *g } else { 0.0 });
            (means, left, Some((factor, inverse)))
        } else {
            // Nothing stands in for features with several readers, or readers behind norms.
            let (mut means, squares) = workspace.input_spread(network, reader);
            if !constants || !near {
                means.fill(0.0);
            }
            let variances = means.iter().zip(squares).map(|(mean, square)| square - mean * mean).collect();
            (means, variances, None)
        };
        let mut all = harms(model, reader, &variances);
        let others = match place {
            Place::Axis(axis) => &network.axes[axis].consumers[1..],
            Place::Inputs => &[],
        };
        let positions = |layer: usize| network.shapes[layer + 1].positions() as f64;
        for &other in others {
            let (_, squares) = workspace.input_spread(network, other);
            let share = positions(other) / positions(reader);
            all.iter_mut().zip(harms(model, other, &squares)).for_each(|(sum, harm)| *sum += share * harm);
        }
        Ok(Look { place, reader, means, variances, factor, near, harms: all })
    }

    /// By how much the mean loss of the `rows` looked at would rise to second order, were feature `index` removed.
    pub(super) fn predicted(&self, network: &Network, index: usize, rows: usize) -> f64 {
        // The gradients are those of the mean loss, so a row's own is `rows` times as large; a row sums over its positions.
        let rows = rows as f64;
        0.5 * rows * rows * network.shapes[self.reader + 1].positions() as f64 * self.harms[index]
    }

    /// What can stand in best for each of the features `listed`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(super) fn replacements(&self, model: &mut Model, listed: &[usize]) -> Result<Vec<Replacement>> {
        match (self.near, &self.factor) {
            (true, _) => self.neighbours(model, listed),
            (_, Some((factor, inverse))) => Ok(self.regressions(factor, inverse, listed)),
            _ => Ok(listed.iter().map(|&index| Replacement { index, ..Replacement::default() }).collect()),
        }
    }

    /// The best combinations of all other features.
    fn regressions(&self, factor: &Cholesky, inverse: &[f64], listed: &[usize]) -> Vec<Replacement> {
        // Column `index` of the covariances' inverse holds the regression of that feature on the others.
        let (width, count) = (self.means.len(), whole(listed.len()));
        let mut columns = vec![0.0; width * count];
        for (row, inverse) in columns.chunks_exact_mut(count).zip(inverse.chunks_exact(whole(width))) {
            row.iter_mut().zip(listed).for_each(|(cell, &index)| *cell = inverse[index]);
        }
        factor.backward(count, &mut columns);
        let column = |(n, &index): (usize, &usize)| {
            let own = columns[index * count + n];
            let scale = if own > 0.0 { -1.0 / own } else { 0.0 };
            let mut shares = Vec::with_capacity(width);
            shares.extend((0..width).map(|k| (k, (columns[k * count + n] * scale) as f32)));
            shares.remove(index);
            self.combination(index, shares)
        };
        listed.iter().enumerate().map(column).collect()
    }

    /// The best combination of the [`NEIGHBOURS`] that are most like each feature: there may be too many features of the rows for
    /// a regression on all.
    fn neighbours(&self, model: &mut Model, listed: &[usize]) -> Result<Vec<Replacement>> {
        let Model { network, workspace, .. } = model;
        let width = self.means.len();
        let ridge = RIDGE * self.variances.iter().sum::<f64>() / width as f64;
        let covariances = workspace.covariances_with(network, self.reader, listed, &self.means)?;
        let mut replacements = Vec::new();
        for (&index, row) in listed.iter().zip(covariances.chunks_exact(width)) {
            let near = self.most_like(index, row, ridge);
            let mut matrix = workspace.covariances_among(&near, &self.means);
            (0..near.len()).for_each(|i| matrix[i * near.len() + i] += ridge);
            let mut shares: Vec<f64> = near.iter().map(|&k| row[k]).collect();
            Cholesky::new(near.len(), &matrix).solve(1, &mut shares);
            let shares = near.into_iter().zip(shares.into_iter().map(|share| share as f32));
            replacements.push(self.combination(index, shares.collect()));
        }
        Ok(replacements)
    }

    /// The [`NEIGHBOURS`] features that explain most of feature `index`, each on its own, by their covariances with it; the first
    /// of equals.
    fn most_like(&self, index: usize, covariances: &[f64], ridge: f64) -> Vec<usize> {
        let mut near: Vec<(f64, usize)> = Vec::with_capacity(NEIGHBOURS + 1);
        for (k, (covariance, &variance)) in covariances.iter().zip(&self.variances).enumerate() {
            let explained = covariance * covariance / (variance + ridge);
            let last = near.get(NEIGHBOURS - 1).map_or(f64::NEG_INFINITY, |last| last.0);
            if k != index && variance > 0.0 && explained > last {
                let at = near.partition_point(|other| other.0 >= explained);
                near.insert(at, (explained, k));
                near.truncate(NEIGHBOURS);
            }
        }
        near.into_iter().map(|(_, k)| k).collect()
    }

    /// The features of `shares` in the place of one, with the constant that keeps its mean.
    fn combination(&self, index: usize, shares: Vec<(usize, f32)>) -> Replacement {
        let explained = shares.iter().fold(0.0, |sum, &(k, c)| sum + f64::from(c) * self.means[k]);
        Replacement { index, constant: (self.means[index] - explained) as f32, shares }
    }
}

/// Of each feature that layer `reader` reads, the variance that is `lost` x sum of squares of (outgoing weight x gradient there):
/// the change of the loss to second order, with the square of the gradient for the curvature.
fn harms(model: &Model, reader: usize, lost: &[f64]) -> Vec<f64> {
    let squares = model.workspace.gradient_squares(&model.network, reader);
    let weights = model.network.linear(reader).weight.view(Plane::Value);
    let harm = |(k, lost): (usize, &f64)| {
        let outgoing = weights.index_axis(ndarray::Axis(1), k);
        let sum = outgoing.outer_iter().fold(0.0, |sum, row| {
            row.iter().zip(&squares).fold(sum, |sum, (&w, g)| sum + f64::from(w) * f64::from(w) * g)
        });
        lost * sum
    };
    lost.iter().enumerate().map(harm).collect()
}

/// The features that are scored exactly, for each of `looks`: of those that are old enough the ones that seem to cost the least
/// loss for what they save, as that is weighed.
pub(super) fn shortlist(network: &Network, looks: &[Look], scope: Scope) -> Vec<Vec<usize>> {
    let mut all: Vec<(f64, usize, usize)> = Vec::new();
    for (at, look) in looks.iter().enumerate() {
        let (_, saved) = scope.saved(network, look.place);
        let births = network.linear(look.reader).weight.input_birth();
        let old = |index: usize| network.step.saturating_sub(births[index]) >= scope.mature;
        let harms = look.harms.iter().enumerate().filter(|&(index, _)| old(index));
        all.extend(harms.map(|(index, harm)| (harm / saved, at, index)));
    }
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    all.truncate(SHORTLIST.max(all.len() / SHORTLIST_SHARE));
    let mut lists = vec![Vec::new(); looks.len()];
    all.into_iter().for_each(|(_, at, index)| lists[at].push(index));
    lists
}
