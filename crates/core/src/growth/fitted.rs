//! Newborns fitted to the gradient: GradMax and TINY. Both look at an axis between two dense layers; elsewhere silent
//! newborns come.

use super::feature::Feature;
use super::linalg::{eigen, Cholesky};
use super::method::Moment;
use super::newborn;
use crate::axes::Role;
use crate::error::Result;
use crate::model::Network;
use crate::train::{sweeps, Cross};

/// Norm of a newborn's outgoing weights in means of the present features' norms (Evci et al. 2022).
const OUTGOING: f64 = 0.5;

/// Norm of the incoming weights of a GradMax newborn in means of the present features' norms. The published ones are zero,
/// which needs a slope of one at zero; Relu's is zero there.
const INCOMING: f64 = 0.01;

/// Ridge of TINY's regressions, in mean diagonals: large, because a first layer can have more inputs than there are rows that
/// judge.
const RIDGE: f64 = 0.3;

/// GradMax (Evci et al. 2022, arXiv 2201.05125): outgoing weights are the leading singular vectors, on the side of the
/// outputs, of the gradient by a direct connection, so that the next gradient of the incoming weights is the largest for
/// their norm.
pub(super) fn steepest(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<Feature>> {
    let Some(ends) = dense_ends(&moment.model.network, axis) else {
        return newborn::silents(moment, axis, count);
    };
    let Moment { model, sample, team, .. } = moment;
    sample.hold_with_gradients(model, team)?;
    let Cross { products, outputs, .. } = model.workspace.cross(&model.network, ends.0, ends.1)?;
    let rows = products.len() / outputs;
    let (values, vectors) = eigen(outputs, &gram(&products, outputs));
    let norms = norms(&model.network, axis);
    let mut newborns = Vec::new();
    for k in 0..count.min(outputs) {
        let out = &vectors[k * outputs..][..outputs];
        let along = |row: &[f64]| row.iter().zip(out).fold(0.0, |sum, (m, v)| sum - m * v);
        let incoming: Vec<f64> = products.chunks_exact(outputs).map(along).collect();
        let scale = if values[k] > 0.0 { INCOMING * norms.0 / values[k].sqrt() } else { 0.0 };
        let outgoing = out.iter().map(|v| OUTGOING * norms.1 * v);
        newborns.push(assemble(
            &mut model.network,
            axis,
            incoming[..rows].iter().map(|w| scale * w),
            outgoing,
        ));
    }
    Ok(newborns)
}

/// TINY (Verbockhaven et al. 2024, arXiv 2405.19816): the features that, to first order, do most of what the gradient asks for
/// and the present features cannot do.
pub(super) fn bottleneck(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<Feature>> {
    let Some((maker, reader)) = dense_ends(&moment.model.network, axis) else {
        return newborn::silents(moment, axis, count);
    };
    let Moment { model, sample, team, .. } = moment;
    sample.hold_with_gradients(model, team)?;
    let (network, workspace) = (&model.network, &model.workspace);
    // Of the wanted change of the pre-activations, minus the gradient, what the present features leave.
    let Cross { products: mut wanted, outputs, .. } = workspace.cross(network, maker, reader)?;
    let present = workspace.cross(network, reader, reader)?.products;
    let width = present.len() / outputs;
    let mut step = present;
    Cholesky::ridged(width, &workspace.moments(network, reader)?.products, RIDGE).solve(outputs, &mut step);
    let between = workspace.between(network, maker, reader)?;
    for (row, mixed) in wanted.chunks_exact_mut(outputs).zip(between.chunks_exact(width)) {
        for (o, cell) in row.iter_mut().enumerate() {
            let explained = mixed.iter().enumerate().fold(0.0, |sum, (k, x)| sum + x * step[k * outputs + o]);
            *cell = explained - *cell;
        }
    }
    let inputs = wanted.len() / outputs;
    let factor = Cholesky::ridged(inputs, &workspace.moments(network, maker)?.products, RIDGE);
    factor.forward(outputs, &mut wanted);
    let (values, vectors) = eigen(outputs, &gram(&wanted, outputs));
    let norms = norms(network, axis);
    let mut newborns = Vec::new();
    for k in (0..count.min(outputs)).filter(|&k| values[k] > 0.0) {
        let out = &vectors[k * outputs..][..outputs];
        let along = |row: &[f64]| row.iter().zip(out).fold(0.0, |sum, (p, v)| sum + p * v);
        let mut incoming: Vec<f64> = wanted.chunks_exact(outputs).map(along).collect();
        factor.backward(1, &mut incoming);
        let norm = incoming.iter().fold(0.0, |sum, w| sum + w * w).sqrt();
        let scale = if norm > 0.0 { norms.0 / norm } else { 0.0 };
        let outgoing = out.iter().map(|v| OUTGOING * norms.1 * v);
        newborns.push(assemble(&mut model.network, axis, incoming.iter().map(|w| scale * w), outgoing));
    }
    Ok(newborns)
}

/// The layers that make and read `axis`, where both are dense and nothing but an activation lies between.
fn dense_ends(network: &Network, index: usize) -> Option<(usize, usize)> {
    let axis = &network.axes[index];
    let ([maker], [reader]) = (&axis.producers[..], &axis.consumers[..]) else { return None };
    let plain =
        |layer: usize| network.linear(layer).weight.taps() == 1 && network.shapes[layer + 1].positions() == 1;
    (sweeps(network, index) && plain(*maker) && plain(*reader)).then_some((*maker, *reader))
}

/// Columns by columns.
fn gram(matrix: &[f64], columns: usize) -> Vec<f64> {
    let mut gram = vec![0.0; columns * columns];
    for row in matrix.chunks_exact(columns) {
        for (i, a) in row.iter().enumerate() {
            for (j, b) in row.iter().enumerate() {
                gram[i * columns + j] += a * b;
            }
        }
    }
    gram
}

/// Mean norms of the present features' incoming and outgoing weights.
fn norms(network: &Network, axis: usize) -> (f64, f64) {
    let mean = |role: Role| {
        let parts = network.axes[axis].parts.iter().filter(|part| part.role == role);
        let squares = parts.fold(0.0, |sum, part| {
            let values = part.array(&network.layers).view(crate::param::Plane::Value);
            values.iter().fold(sum, |sum, &w| sum + f64::from(w) * f64::from(w))
        });
        (squares / network.width(axis) as f64).sqrt()
    };
    (mean(Role::Incoming), mean(Role::Outgoing))
}

/// A newborn of such weights, its bias zero.
fn assemble(
    network: &mut Network,
    axis: usize,
    incoming: impl Iterator<Item = f64>,
    outgoing: impl Iterator<Item = f64>,
) -> Feature {
    let mut feature = newborn::silent(network, axis);
    let parts = &network.axes[axis].parts;
    let (mut incoming, mut outgoing) = (incoming, outgoing);
    for (part, strip) in parts.iter().zip(&mut feature.strips) {
        let values = strip.planes[0].iter_mut();
        match part.role {
            Role::Incoming => values.zip(&mut incoming).for_each(|(to, w)| *to = w as f32),
            Role::Outgoing => values.zip(&mut outgoing).for_each(|(to, w)| *to = w as f32),
            _ => {}
        }
    }
    feature
}
