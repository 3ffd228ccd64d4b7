//! The second phase of a step: bands of storage rows, each with its gradient over the whole batch and its update.

use super::optimizer::{Ages, Rule};
use super::workspace::{each, Block, Workspace};
use crate::error::{try_reserve, Result};
use crate::layer::{Layer, Linear, Norm};
use crate::model::Network;
use crate::param::Param;
use cambium_kernels::linear::{weight_gradient, Part, Progress, Rows, WeightGradient};
use cambium_kernels::optimizer::claim;
use cambium_kernels::pool::Team;
use cambium_kernels::reduce::sum_of_squares;
use cambium_kernels::simd::Patch;
use cambium_kernels::window::Links;
use cambium_kernels::LANES;
use std::ops::Range;

/// Storage rows come in whole register tiles of the weight gradient, of every height.
const BAND_TILE: usize = 24;

/// Bands per thread where threads share an array, so that a late thread can be made up for.
const BANDS_PER_THREAD: usize = 3;

/// Where a tensor lies: its number, positions, floats per position.
#[derive(Clone, Copy, Debug)]
struct Tensor {
    index: usize,
    positions: usize,
    stride: usize,
}

impl Tensor {
    fn rows(self, data: &[f32], images: usize) -> Rows<'_> {
        Rows { data, positions: self.positions, images, stride: self.stride }
    }
}

/// Weights of one array, or a band of them, as they are updated.
#[derive(Debug)]
struct Slice<'a> {
    ages: &'a Ages,
    planes: [&'a mut [f32]; 4],
}

/// Storage rows of the weights of one layer; the first band of a layer takes the biases along.
#[derive(Debug)]
pub(crate) struct Band<'a> {
    /// Inputs of the layer, and gradient by its pre-activations.
    x: Tensor,
    dy: Tensor,
    /// `None` for gain and shift of a norm, of which the blocks hold sums.
    by_tap: Option<&'a Links>,
    rows: Range<usize>,
    /// Input features, and storage rows, of each tap.
    inputs: usize,
    tap_rows: usize,
    outputs: usize,
    stride: usize,
    weight: Slice<'a>,
    bias: Option<Slice<'a>>,
    /// One sum of squares for the biases, where there are some, and one per storage row; empty where the norm is not
    /// asked for.
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
    /// Outputs in whole vectors.
    fn width(&self) -> usize {
        self.outputs.next_multiple_of(LANES)
    }

    /// Sums the gradient over all blocks into the gradient plane, or, with `rule`, updates rows as they are finished, which other
    /// threads have read where they are `shared`.
    fn gradient(&mut self, blocks: &[Block], rule: Option<Rule>, shared: bool) {
        let Some(by_tap) = self.by_tap else {
            return self.norm_gradient(blocks, rule);
        };
        let (x, dy) = (self.x, self.dy);
        let part = |index: usize| {
            let block: &Block = &blocks[index];
            let images = block.rows.len();
            Part {
                x: x.rows(&block.activations[x.index], images),
                dy: dy.rows(&block.gradients[dy.index], images),
            }
        };
        let task = WeightGradient {
            by_tap,
            parts: blocks.len(),
            inputs: self.inputs,
            outputs: self.outputs,
            tap_rows: self.tap_rows,
            stride: self.stride,
            rows: self.rows.clone(),
        };
        let bias = self.bias.as_mut().map(|bias| &mut *bias.planes[1]);
        let [value, sums, first, second] = self.weight.planes.each_mut().map(|plane| &mut **plane);
        let Some(rule) = rule else {
            return weight_gradient(task, &part, sums, bias, None);
        };
        let (ages, stride) = (self.weight.ages, self.stride);
        let width = self.outputs.next_multiple_of(LANES);
        let mut tell = |progress: Progress| match progress {
            Progress::Finishing { rows, column } if shared => claim(value, stride, rows, column),
            Progress::Finishing { .. } => {}
            Progress::Finished(done) => {
                let patch = Patch { rows: done.rows, width, stride };
                let start = done.row * stride;
                let planes = [&mut value[start..], &mut first[start..], &mut second[start..]];
                rule.update(done.feature, patch, ages, done.sums, planes);
            }
        };
        weight_gradient(task, &part, sums, bias, Some(&mut tell));
    }

    /// [`Band::gradient`] of gain and shift, from the sums of the blocks.
    fn norm_gradient(&mut self, blocks: &[Block], rule: Option<Rule>) {
        let (width, index) = (self.width(), self.dy.index);
        for (row, plane) in [1, 0].into_iter().zip(self.gradients()) {
            for (column, sum) in plane[..width].iter_mut().enumerate() {
                let sums = blocks.iter().map(|block| f64::from(block.gradients[index][row * width + column]));
                *sum = sums.sum::<f64>() as f32;
            }
        }
        if let Some(rule) = rule {
            self.update(rule);
        }
    }

    /// The gradient planes: of the biases, where there are some, and of the weights.
    fn gradients(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let bias = self.bias.as_mut().map(|bias| &mut *bias.planes[1]);
        bias.into_iter().chain(std::iter::once(&mut *self.weight.planes[1]))
    }

    fn clip_value(&mut self, limit: f32) {
        for g in self.gradients().flatten() {
            if *g > limit {
                *g = limit;
            } else if *g < -limit {
                *g = -limit;
            }
        }
    }

    /// The sums of squares of the biases and of every storage row; rows in reserve have no gradient.
    fn measure(&mut self) {
        let (width, start) = (self.width(), self.rows.start);
        let biases = usize::from(self.bias.is_some()).min(self.norms.len());
        let (bias_norm, row_norms) = self.norms.split_at_mut(biases);
        if let (Some(bias), [norm]) = (&self.bias, bias_norm) {
            *norm = sum_of_squares(&bias.planes[1][..width]);
        }
        let rows = self.weight.planes[1].chunks_exact(self.stride);
        for (row, (norm, grad)) in row_norms.iter_mut().zip(rows).enumerate() {
            let used = (start + row) % self.tap_rows < self.inputs;
            *norm = if used { sum_of_squares(&grad[..width]) } else { 0.0 };
        }
    }

    fn scale(&mut self, factor: f32) {
        self.gradients().flatten().for_each(|g| *g *= factor);
    }

    /// Updates the weights from the gradient plane; gains never decay.
    fn update(&mut self, rule: Rule) {
        let (width, stride) = (self.width(), self.stride);
        let rule = if self.by_tap.is_some() { rule } else { rule.without_decay() };
        let [value, grad, first, second] = self.weight.planes.each_mut().map(|plane| &mut **plane);
        // Tap by tap: rows in reserve are left out, and input features count from the start of the tap.
        let mut at = self.rows.start;
        while at < self.rows.end {
            let k = at % self.tap_rows;
            let next = (at - k + self.tap_rows).min(self.rows.end);
            if k < self.inputs {
                let rows = (self.inputs - k).min(next - at);
                let start = (at - self.rows.start) * stride;
                let patch = Patch { rows, width, stride };
                let planes = [&mut value[start..], &mut first[start..], &mut second[start..]];
                rule.update(k, patch, self.weight.ages, &grad[start..], planes);
            }
            at = next;
        }
    }

    /// Updates the biases, which never decay.
    fn update_bias(&mut self, rule: Rule) {
        let width = self.width();
        let Some(bias) = &mut self.bias else { return };
        let [value, grad, first, second] = bias.planes.each_mut().map(|plane| &mut **plane);
        let patch = Patch { rows: 1, width, stride: width };
        rule.without_decay().update(0, patch, bias.ages, grad, [value, first, second]);
    }
}

/// An emptied list, its memory kept, for tasks that live shorter.
fn recycle<'a>(mut bands: Vec<Band<'_>>) -> Vec<Band<'a>> {
    bands.clear();
    // Collecting a list into one of elements of the same size reuses its memory.
    bands.into_iter().map(|_| unreachable!("the list is empty")).collect()
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
        let mut last = None;
        for (ages, param) in workspace.ages.iter_mut().zip(network.params()) {
            ages.refresh(param, network.step, spec, &mut last)?;
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
    // Clipping looks at whole gradients before weights may change; else rows are updated as they are finished.
    let fused = rule.filter(|_| work.gradient && clip_norm.is_none() && clip_value.is_none());
    each(team, threads > 1, &mut bands, |_, band| {
        if work.gradient {
            band.gradient(blocks, fused, threads > 1);
        }
        if let Some(limit) = clip_value {
            band.clip_value(limit);
        }
        band.measure();
        if let (Some(rule), None) = (rule, clip_norm) {
            if fused.is_none() {
                band.update(rule);
            }
            band.update_bias(rule);
        }
    });
    if let Some(limit) = clip_norm {
        let square: f64 = bands.iter().flat_map(|band| band.norms.iter()).fold(0.0, |sum, norm| sum + norm);
        let norm = square.sqrt();
        let factor = (norm > f64::from(limit)).then(|| (f64::from(limit) / norm) as f32);
        each(team, threads > 1, &mut bands, |_, band| {
            if let Some(factor) = factor {
                band.scale(factor);
            }
            if let Some(rule) = rule {
                band.update(rule);
                band.update_bias(rule);
            }
        });
    }
    workspace.bands = recycle(bands);
    workspace.norms = norms;
    if work.update.is_some() {
        workspace.move_statistics(network);
    }
    Ok(())
}

/// The bands of all layers, first to last.
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
        let (weight, bias, by_tap) = match layer {
            Layer::Linear(Linear { weight, bias, window, .. }) => {
                (weight, bias.as_mut(), Some(&window.by_tap))
            }
            Layer::Norm(Norm { gain, shift, .. }) => (gain, Some(shift), None),
            _ => continue,
        };
        let tensor = |index: usize, shape: usize| {
            let shape = shapes[shape];
            Tensor { index, positions: shape.positions(), stride: shape.stride() }
        };
        let (x, dy) = (tensor(source, index), tensor(index + 1, index + 1));
        let weight_ages = next_ages();
        let bias = bias.map(|bias| Slice { ages: next_ages(), planes: bias.planes_mut() });
        cut(bands, (x, dy, by_tap), (weight, weight_ages), bias, &mut norms, threads)?;
    }
    Ok(())
}

/// Cuts the weights of one layer into bands.
fn cut<'a>(
    bands: &mut Vec<Band<'a>>,
    (x, dy, by_tap): (Tensor, Tensor, Option<&'a Links>),
    (weight, ages): (&'a mut Param, &'a Ages),
    mut bias: Option<Slice<'a>>,
    norms: &mut &'a mut [f64],
    threads: usize,
) -> Result<()> {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let (tap_rows, stride) = (weight.in_capacity(), weight.out_stride());
    let total = weight.taps() * tap_rows;
    let share = if threads > 1 { total.div_ceil(threads * BANDS_PER_THREAD) } else { total };
    let step = share.next_multiple_of(BAND_TILE);
    let mut planes = weight.planes_mut();
    try_reserve(bands, total.div_ceil(step), "the task list")?;
    for start in (0..total).step_by(step) {
        let rows = start..(start + step).min(total);
        let bias = bias.take();
        let norm_rows = if norms.is_empty() { 0 } else { rows.len() + usize::from(bias.is_some()) };
        let (norm, rest) = std::mem::take(norms).split_at_mut(norm_rows);
        *norms = rest;
        let planes = planes.each_mut().map(|plane| {
            let (band, rest) = std::mem::take(plane).split_at_mut(rows.len() * stride);
            *plane = rest;
            band
        });
        let weight = Slice { ages, planes };
        bands.push(Band {
            x,
            dy,
            by_tap,
            rows,
            inputs,
            tap_rows,
            outputs,
            stride,
            weight,
            bias,
            norms: norm,
        });
    }
    Ok(())
}
