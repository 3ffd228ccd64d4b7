//! The second phase of a step: bands of storage rows, each with its gradient over the whole batch and its update.

use super::optimizer::{Ages, Rule};
use super::workspace::{each, Block, Workspace};
use crate::error::{try_reserve, Result};
use crate::layer::{Layer, Linear};
use crate::model::Network;
use crate::param::Param;
use cambium_kernels::linear::{bias_gradient, weight_gradient, Rows};
use cambium_kernels::pool::Team;
use cambium_kernels::reduce::sum_of_squares;
use cambium_kernels::window::Links;
use cambium_kernels::LANES;
use std::ops::Range;

/// Floats of one plane in a band. Four planes of a band (256 KiB) stay in a second-level cache between the gradient and
/// the update.
const BAND_FLOATS: usize = 16_384;

/// Storage rows come in whole register tiles of the weight gradient.
const BAND_TILE: usize = 4;

/// Bands per thread where threads share an array, so that a late thread can be made up for.
const BANDS_PER_THREAD: usize = 3;

/// Where the gradient of an array comes from.
#[derive(Clone, Copy, Debug)]
struct Origin<'a> {
    /// Inputs of the layer: tensor, positions, floats per position. `None` for a bias.
    x: Option<(usize, usize, usize)>,
    /// Gradient by the pre-activations: tensor, positions, floats per position.
    dy: (usize, usize, usize),
    by_tap: &'a Links,
}

/// Storage rows of one array.
#[derive(Debug)]
pub(crate) struct Band<'a> {
    origin: Origin<'a>,
    rows: Range<usize>,
    /// Input features, and storage rows, of each tap.
    inputs: usize,
    tap_rows: usize,
    /// Outputs in whole vectors.
    width: usize,
    stride: usize,
    ages: &'a Ages,
    planes: [&'a mut [f32]; 4],
    /// One sum of squares per storage row; empty where the norm is not asked for.
    norms: &'a mut [f64],
}

/// What is to be done with each weight.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    /// Compute its gradient from the blocks; otherwise the gradient plane holds it.
    pub(crate) gradient: bool,
    /// Update it with the learning rate times this.
    pub(crate) update: Option<f32>,
}

impl Band<'_> {
    fn gradient(&mut self, blocks: &[Block]) {
        let grad = &mut *self.planes[1];
        for (index, block) in blocks.iter().enumerate() {
            let (images, accumulate) = (block.rows.len(), index > 0);
            let (tensor, positions, stride) = self.origin.dy;
            let data = &block.gradients[tensor][..images * positions * stride];
            let Some((source, x_positions, x_stride)) = self.origin.x else {
                bias_gradient(data, images * positions, stride, grad, accumulate);
                continue;
            };
            let dy = Rows { data, positions, stride };
            let x = Rows { data: &block.activations[source], positions: x_positions, stride: x_stride };
            let (links, rows) = (self.origin.by_tap, self.rows.clone());
            weight_gradient(
                x,
                dy,
                links,
                images,
                self.inputs,
                self.tap_rows,
                rows,
                grad,
                self.stride,
                accumulate,
            );
        }
    }

    fn clip_value(&mut self, limit: f32) {
        for g in self.planes[1].iter_mut() {
            if *g > limit {
                *g = limit;
            } else if *g < -limit {
                *g = -limit;
            }
        }
    }

    fn measure(&mut self) {
        for (norm, row) in self.norms.iter_mut().zip(self.planes[1].chunks_exact(self.stride)) {
            *norm = sum_of_squares(&row[..self.width]);
        }
    }

    fn scale(&mut self, factor: f32) {
        self.planes[1].iter_mut().for_each(|g| *g *= factor);
    }

    fn update(&mut self, rule: Rule) {
        let rule = if self.origin.x.is_some() { rule } else { rule.without_decay() };
        let geometry = (self.width, self.stride);
        if !self.ages.by_input() && self.inputs == self.tap_rows {
            let planes = self.planes.each_mut().map(|plane| &mut **plane);
            return rule.update(0..self.rows.len(), geometry, self.ages, planes);
        }
        // Tap by tap: rows in reserve are left out, and input features count from the start of the tap.
        let mut at = self.rows.start;
        while at < self.rows.end {
            let k = at % self.tap_rows;
            let next = (at - k + self.tap_rows).min(self.rows.end);
            if k < self.inputs {
                let inputs = k..(k + next - at).min(self.inputs);
                let start = (at - self.rows.start) * self.stride;
                let planes = self.planes.each_mut().map(|plane| &mut plane[start..]);
                rule.update(inputs, geometry, self.ages, planes);
            }
            at = next;
        }
    }
}

/// An emptied list, its memory kept, for tasks that live shorter.
fn recycle<'a>(mut bands: Vec<Band<'_>>) -> Vec<Band<'a>> {
    bands.clear();
    // Collecting a list into one of elements of the same size reuses its memory.
    bands.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

/// Cuts one array into bands.
fn cut<'a>(
    bands: &mut Vec<Band<'a>>,
    param: &'a mut Param,
    origin: Origin<'a>,
    ages: &'a Ages,
    norms: &mut &'a mut [f64],
    threads: usize,
) -> Result<()> {
    let (inputs, tap_rows, stride) = (param.inputs(), param.in_capacity(), param.out_stride());
    let width = param.outputs().next_multiple_of(LANES);
    let total = param.taps() * tap_rows;
    let share = if threads > 1 { total.div_ceil(threads * BANDS_PER_THREAD) } else { total };
    let step = share.min(BAND_FLOATS / stride).max(1).next_multiple_of(BAND_TILE);
    let mut planes = param.planes_mut();
    try_reserve(bands, total.div_ceil(step), "the task list")?;
    for start in (0..total).step_by(step) {
        let rows = start..(start + step).min(total);
        let norm_rows = if norms.is_empty() { 0 } else { rows.len() };
        let (norm, rest) = std::mem::take(norms).split_at_mut(norm_rows);
        *norms = rest;
        let cut = planes.each_mut().map(|plane| {
            let (band, rest) = std::mem::take(plane).split_at_mut(rows.len() * stride);
            *plane = rest;
            band
        });
        bands.push(Band { origin, rows, inputs, tap_rows, width, stride, ages, planes: cut, norms: norm });
    }
    Ok(())
}

/// Gradients and updates of all arrays, by the team.
///
/// # Errors
/// `OutOfMemory`, before anything has changed.
pub(crate) fn run(network: &mut Network, workspace: &mut Workspace, work: Work, team: &Team) -> Result<()> {
    let spec = &network.optimizer;
    let clip_norm = spec.clip_norm.filter(|_| work.update.is_some());
    let clip_value = spec.clip_value.filter(|_| work.update.is_some());
    let arrays = network.params().count();
    if workspace.ages.len() < arrays {
        workspace.ages.resize_with(arrays, Ages::default);
    }
    if work.update.is_some() {
        for (ages, param) in workspace.ages.iter_mut().zip(network.params()) {
            ages.refresh(param, network.step, spec)?;
        }
    }
    let norm_rows = clip_norm.map_or(0, |_| network.params().map(|p| p.taps() * p.in_capacity()).sum());
    let extra = norm_rows.saturating_sub(workspace.norms.len());
    try_reserve(&mut workspace.norms, extra, "gradient norms")?;
    workspace.norms.clear();
    workspace.norms.resize(norm_rows, 0.0);

    let rule = work.update.map(|factor| Rule::new(spec, factor));
    let mut bands = recycle(std::mem::take(&mut workspace.bands));
    let mut norms = std::mem::take(&mut workspace.norms);
    let blocks = workspace.blocks();
    let threads = if blocks.len() > 1 { team.threads() } else { 1 };
    list(&mut bands, network, &workspace.ages, &mut norms, threads)?;
    let prepare = |band: &mut Band| {
        if work.gradient {
            band.gradient(blocks);
        }
        if let Some(limit) = clip_value {
            band.clip_value(limit);
        }
        band.measure();
    };
    if let Some(limit) = clip_norm {
        each(team, threads > 1, &mut bands, |_, band| prepare(band));
        let square: f64 = bands.iter().flat_map(|band| band.norms.iter()).fold(0.0, |sum, norm| sum + norm);
        let norm = square.sqrt();
        let factor = (norm > f64::from(limit)).then(|| (f64::from(limit) / norm) as f32);
        each(team, threads > 1, &mut bands, |_, band| {
            if let Some(factor) = factor {
                band.scale(factor);
            }
            if let Some(rule) = rule {
                band.update(rule);
            }
        });
    } else {
        each(team, threads > 1, &mut bands, |_, band| {
            prepare(band);
            if let Some(rule) = rule {
                band.update(rule);
            }
        });
    }
    workspace.bands = recycle(bands);
    workspace.norms = norms;
    Ok(())
}

/// The bands of all arrays, first layer to last, weight before bias.
fn list<'a>(
    bands: &mut Vec<Band<'a>>,
    network: &'a mut Network,
    ages: &'a [Ages],
    mut norms: &'a mut [f64],
    threads: usize,
) -> Result<()> {
    let mut ages = ages.iter();
    let mut next_ages = || ages.next().expect("one for each array");
    let shapes = &network.shapes;
    let mut held = 0; // the tensor that holds the inputs of the layer
    for (index, layer) in network.layers.iter_mut().enumerate() {
        let source = held;
        if !matches!(layer, Layer::Flatten) {
            held = index + 1;
        }
        let Layer::Linear(Linear { weight, bias, window, .. }) = layer else {
            continue;
        };
        let (from, to) = (shapes[index], shapes[index + 1]);
        let dy = (index + 1, to.positions(), to.stride());
        let x = Some((source, from.positions(), from.stride()));
        let origin = Origin { x, dy, by_tap: &window.by_tap };
        cut(bands, weight, origin, next_ages(), &mut norms, threads)?;
        if let Some(bias) = bias {
            cut(bands, bias, Origin { x: None, ..origin }, next_ages(), &mut norms, threads)?;
        }
    }
    Ok(())
}
