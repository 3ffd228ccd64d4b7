//! The buffers of training: blocks of rows, which threads work on one at a time, and what they share.
//!
//! Buffers only ever grow. Their sizes follow the capacity of the weights, so growth within capacity asks for no
//! memory. Every pass writes whole vectors, pads included, before it reads them, so old contents do not matter.

use super::backward::{first_trained, gradient_of};
use super::bands::Band;
use super::forward::source;
use super::norm;
use super::optimizer::Ages;
use super::score::Spread;
use super::sweep::Sweep;
use crate::error::{try_reserve, try_reserve_floats, Result};
use crate::layer::{Layer, PoolKind};
use crate::model::Network;
use crate::shape::Shape;
use crate::spec::ActivationSpec;
use cambium_kernels::columns::turn;
use cambium_kernels::pool::Team;
use cambium_kernels::simd::Buffer;
use cambium_kernels::LANES;
use std::ops::Range;

/// Work, in multiply-adds of a pass, below which one thread does it alone: about 50 us on one core. A step hands work
/// over twice, at up to 2 us each while the other threads spin. With two threads on two busy cores a step of
/// 64-16-16-10 at batch 100, 430,000 multiply-adds, took 1.5 times as long as with one, because a helper that has lost
/// its core holds up the step; the most to be won is some 10 us.
///
/// In tests nothing is small, so that several threads do what is said to be done on several.
pub(crate) const SMALL_WORK: u64 = if cfg!(test) { 1 } else { 1_000_000 };

/// Images of a block where layers have several output positions: whole register tiles of every width, few enough that a
/// layer's images stay in a second-level cache on their way through the network, and, of a batch of 100, enough blocks
/// for eight threads.
const BLOCK_IMAGES: usize = 12;

/// Buffers of one model, sized at first use.
#[derive(Debug, Default)]
pub struct Workspace {
    blocks: Vec<Block>,
    /// Blocks in use by the present pass.
    used: usize,
    /// Bias corrections of each array.
    pub(crate) ages: Vec<Ages>,
    /// Sum of squares of each storage row of the gradient, where the norm is asked for.
    pub(crate) norms: Vec<f64>,
    /// Room for the task list of the update.
    pub(crate) bands: Vec<Band<'static>>,
    /// A forward pass whose gradient is still to come.
    pub(crate) pending: Option<Pending>,
    /// The first tensor that the present trial has changed, and the one that holds the gradient of the logits.
    trial: Option<(usize, usize)>,
    /// The weights of a feature on trial.
    pub(crate) column: Buffer,
    /// Mean and variance of the inputs of each batch norm in the last pass of training, by layer, and the step that was
    /// made for.
    pub(crate) statistics: Vec<Buffer>,
    pub(crate) statistics_of: Option<u32>,
}

/// What a pass was made with; a gradient fits only the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub(crate) rows: usize,
    pub(crate) step: u32,
    pub(crate) shapes: Vec<Shape>,
}

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Outputs only; no dropout.
    Inference,
    /// Outputs and gradients.
    Training,
}

/// Buffers for a range of the rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Rows of the batch.
    pub(crate) rows: Range<usize>,
    /// Activations of each tensor; the inputs are tensor 0, the outputs of layer `i` are tensor `i + 1`. Empty where a
    /// tensor is another one in other words.
    pub(crate) activations: Vec<Buffer>,
    /// Whether values were dropped on the way forward, as their gradients are then on the way back.
    pub(crate) drops: bool,
    /// Gradients of tensors; for the outputs of linear layers, of their pre-activations. In the place of a tensor whose
    /// gradient lies in another one's: what the layer that makes it keeps for later.
    pub(crate) gradients: Vec<Buffer>,
    /// Pre-activations of linear layers whose slope needs them, and what norms have found.
    pub(crate) before: Vec<Buffer>,
    /// Where max pooling found its values.
    pub(crate) argmax: Vec<Vec<u32>>,
    /// Loss of each row.
    pub(crate) losses: Vec<f32>,
    /// Whether each row is right.
    pub(crate) correct: Vec<u8>,
    /// Labels of the rows, where targets are labels.
    pub(crate) labels: Vec<u32>,
    /// Target values of the rows, where targets are values.
    pub(crate) values: Vec<f32>,
    /// What a trial has replaced, or room for the next one.
    pub(crate) aside: Aside,
    /// The outputs of a feature on trial, one vector for each position of each row.
    pub(crate) column: Buffer,
    /// The columns of one tensor: the values of each feature one after the other, for each position of each row.
    pub(crate) columns: Buffer,
    /// Room to score many candidates.
    pub(crate) sweep: Sweep,
}

/// Parts of a [`Block`] by the same names.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    pub(crate) activations: Vec<Buffer>,
    before: Vec<Buffer>,
    argmax: Vec<Vec<u32>>,
    /// The gradient of the logits.
    gradient: Buffer,
    losses: Vec<f32>,
    correct: Vec<u8>,
}

/// Makes `vec` at least `len` long; asks for `capacity` when it has to grow.
pub(crate) fn grow<T: Copy + Default>(vec: &mut Vec<T>, len: usize, capacity: usize) -> Result<()> {
    if vec.len() < len {
        let extra = capacity.max(len) - vec.len();
        try_reserve(vec, extra, "activations")?;
        vec.resize(capacity.max(len), T::default());
    }
    Ok(())
}

/// [`grow`] for activations.
pub(crate) fn grow_floats(buffer: &mut Buffer, len: usize, capacity: usize) -> Result<()> {
    if buffer.len() < len {
        try_reserve_floats(buffer, capacity.max(len), "activations")?;
        buffer.resize(capacity.max(len));
    }
    Ok(())
}

fn at_least<T: Default>(vec: &mut Vec<T>, len: usize) {
    if vec.len() < len {
        vec.resize_with(len, T::default);
    }
}

impl Block {
    /// Exchanges the tensors from `tensor` on, what was found on the way to them, and the gradient `logits` with those
    /// aside.
    fn exchange(&mut self, (tensor, logits): (usize, usize)) {
        let aside = &mut self.aside;
        at_least(&mut aside.activations, self.activations.len());
        at_least(&mut aside.before, self.before.len());
        at_least(&mut aside.argmax, self.argmax.len());
        let layer = tensor - 1;
        for (here, there) in [
            (&mut self.activations[tensor..], &mut aside.activations[tensor..]),
            (&mut self.before[layer..], &mut aside.before[layer..]),
        ] {
            here.iter_mut().zip(there).for_each(|(here, there)| std::mem::swap(here, there));
        }
        self.argmax[layer..].iter_mut().zip(&mut aside.argmax[layer..]).for_each(|(here, there)| {
            std::mem::swap(here, there);
        });
        std::mem::swap(&mut self.gradients[logits], &mut aside.gradient);
        std::mem::swap(&mut self.losses, &mut aside.losses);
        std::mem::swap(&mut self.correct, &mut aside.correct);
    }

    /// Makes room for the columns of a tensor of shape `shape`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn fit_columns(&mut self, shape: Shape) -> Result<()> {
        let len = shape.channels * (self.rows.len() * shape.positions()).next_multiple_of(LANES);
        grow_floats(&mut self.columns, len, len)
    }

    /// Lays out the columns of tensor `tensor`, of shape `shape`, for which there is room.
    pub(crate) fn turn(&mut self, tensor: usize, shape: Shape) {
        let cells = self.rows.len() * shape.positions();
        let len = shape.channels * cells.next_multiple_of(LANES);
        turn(&self.activations[tensor], shape.stride(), cells, &mut self.columns[..len]);
    }

    /// Buffers for the block's rows through `network`.
    fn fit(&mut self, network: &Network, mode: Mode) -> Result<()> {
        self.fit_from(network, mode, 0)
    }

    /// Buffers for the tensors from `first` on.
    pub(crate) fn fit_from(&mut self, network: &Network, mode: Mode, first: usize) -> Result<()> {
        let (images, layers) = (self.rows.len(), &network.layers);
        for list in [&mut self.activations, &mut self.gradients, &mut self.before] {
            at_least(list, layers.len() + 1);
        }
        at_least(&mut self.argmax, layers.len());
        // Only a norm before all other weights needs a gradient by the inputs.
        let norm_first = matches!(layers.get(first_trained(layers)), Some(Layer::Norm(_)));
        // Channels for which the weights have room.
        let mut room = network.input().stride();
        for (tensor, shape) in network.shapes.iter().enumerate() {
            let layer = tensor.checked_sub(1).map(|layer| &layers[layer]);
            if let Some(Layer::Linear(linear)) = layer {
                room = linear.weight.out_stride();
            }
            if tensor < first {
                continue;
            }
            let len = images.saturating_mul(shape.floats());
            let capacity = images.saturating_mul(shape.positions()).saturating_mul(room);
            if source(layers, tensor) == tensor {
                grow_floats(&mut self.activations[tensor], len, capacity)?;
            }
            match layer {
                Some(Layer::Linear(linear)) if linear.activation == ActivationSpec::Gelu => {
                    grow_floats(&mut self.before[tensor - 1], len, capacity)?;
                }
                Some(Layer::Pool { kind: PoolKind::Max, .. }) => {
                    grow(&mut self.argmax[tensor - 1], len, capacity)?;
                }
                Some(Layer::Norm(_)) => {
                    let (len, capacity) =
                        (norm_room(images, *shape), norm_room(images, Shape { channels: room, ..*shape }));
                    grow_floats(&mut self.before[tensor - 1], len, capacity)?;
                }
                _ => {}
            }
            if mode == Mode::Training && (tensor > 0 || norm_first) {
                match layer {
                    // The sums by gain and shift.
                    Some(Layer::Norm(_)) => {
                        let columns = shape.channels.next_multiple_of(LANES);
                        grow_floats(
                            &mut self.gradients[tensor],
                            2 * columns,
                            2 * room.next_multiple_of(LANES),
                        )?;
                    }
                    // The gradient by the tensor that is added.
                    Some(Layer::Add { .. }) => grow_floats(&mut self.gradients[tensor], len, capacity)?,
                    _ if gradient_of(layers, tensor) == tensor => {
                        grow_floats(&mut self.gradients[tensor], len, capacity)?;
                    }
                    _ => {}
                }
            }
        }
        let outputs = images * network.output().positions();
        grow(&mut self.losses, outputs, outputs)?;
        grow(&mut self.correct, outputs, outputs)
    }
}

/// Floats that a norm keeps of `images` rows: two for each row at each position, or four for each column.
fn norm_room(images: usize, shape: Shape) -> usize {
    let (rows, columns) = (images * shape.positions(), shape.channels.next_multiple_of(LANES));
    (2 * rows).max(4 * columns)
}

/// Multiply-adds that one row costs in a forward pass.
pub(crate) fn row_work(network: &Network) -> u64 {
    let work = |layer: &Layer| match layer {
        Layer::Linear(linear) => {
            let sizes = [linear.window.by_output.pairs(), linear.weight.inputs(), linear.weight.outputs()];
            sizes.iter().map(|&n| n as u64).product()
        }
        _ => 0,
    };
    network.layers.iter().map(work).sum()
}

/// Whether blocks must not depend on the number of threads: where a layer has several output positions, a weight's gradient adds up
/// positions inside each block, and so do the sums of a norm over its rows.
fn adds_inside_blocks(network: &Network, mode: Mode) -> bool {
    network.layers.iter().any(|layer| match layer {
        Layer::Linear(linear) => linear.window.outputs > 1,
        Layer::Norm(_) => mode == Mode::Training,
        _ => false,
    })
}

/// Blocks that a pass over `rows` rows is dealt out to; of about [`BLOCK_IMAGES`] images where they must not depend on the threads.
pub(crate) fn blocks(network: &Network, rows: usize, threads: usize, mode: Mode) -> usize {
    let passes = if mode == Mode::Training { 3 } else { 1 };
    if (rows as u64).saturating_mul(row_work(network)).saturating_mul(passes) < SMALL_WORK {
        return 1;
    }
    let alone = adds_inside_blocks(network, mode);
    let most = if alone { rows / BLOCK_IMAGES } else { threads.min(rows.div_ceil(LANES)) };
    most.max(1)
}

/// Of `threads`, as many as a pass over `rows` rows is worth.
pub(crate) fn worth(network: &Network, rows: usize, threads: usize, mode: Mode) -> usize {
    threads.min(blocks(network, rows, threads, mode))
}

impl Workspace {
    /// Sizes everything for a pass over `rows` rows and deals the rows out to blocks by fours, so that sums with rows in the lanes do not
    /// depend on the blocks. Of 100 rows either of two threads has eight tiles of six, and one of them four rows more.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn prepare(
        &mut self,
        network: &Network,
        rows: usize,
        threads: usize,
        mode: Mode,
    ) -> Result<()> {
        self.pending = None;
        self.trial = None;
        let blocks = blocks(network, rows, threads, mode);
        at_least(&mut self.blocks, blocks);
        self.used = blocks;
        for index in norm::shared(network, mode) {
            at_least(&mut self.statistics, index + 1);
            let columns = 2 * norm::columns(network, index);
            grow_floats(&mut self.statistics[index], columns, columns)?;
        }
        let fours = rows.div_ceil(LANES);
        for (b, block) in self.blocks[..blocks].iter_mut().enumerate() {
            let edge = |b: usize| (fours * b / blocks * LANES).min(rows);
            block.rows = edge(b)..edge(b + 1);
            block.fit(network, mode)?;
        }
        Ok(())
    }

    /// Puts the tensors from `tensor` on aside and makes room for those of the changed `network`.
    ///
    /// # Errors
    /// `OutOfMemory`; the tensors are then as before.
    pub(crate) fn begin_trial(&mut self, network: &Network, tensor: usize, mode: Mode) -> Result<()> {
        self.pending = None;
        let trial = (tensor, gradient_of(&network.layers, network.layers.len()));
        self.trial = Some(trial);
        let room = LANES * network.shapes[tensor].positions();
        self.blocks[..self.used].iter_mut().for_each(|block| block.exchange(trial));
        for block in &mut self.blocks[..self.used] {
            let len = block.rows.len() * room;
            let fits = block.fit(network, mode);
            if let Err(error) = fits.and_then(|()| grow_floats(&mut block.column, len, len)) {
                self.undo_trial();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Brings the pass back as it was before the trial, if there was one.
    pub(crate) fn undo_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            self.blocks[..self.used].iter_mut().for_each(|block| block.exchange(trial));
        }
    }

    /// Standard error of the change of the mean loss of the first `count` rows that the present trial brings; zero without
    /// one.
    pub(crate) fn trial_error(&self, count: usize) -> f64 {
        let mut spread = Spread::default();
        if self.trial.is_some() {
            for block in self.blocks() {
                let rows = count.saturating_sub(block.rows.start).min(block.rows.len());
                spread.add(&block.losses[..rows], &block.aside.losses);
            }
        }
        spread.error(count)
    }

    /// The blocks of the present pass.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks[..self.used]
    }

    /// The blocks of the present pass, and the statistics of batch norm `index`.
    pub(crate) fn blocks_and_statistics(&mut self, index: usize) -> (&mut [Block], &mut [f32]) {
        (&mut self.blocks[..self.used], &mut self.statistics[index])
    }

    /// The blocks of the present pass, to make room in.
    pub(crate) fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks[..self.used]
    }

    /// Runs `f` on every block of the pass.
    pub(crate) fn each_block(&mut self, team: &Team, f: impl Fn(&mut Block) + Sync) {
        let parallel = self.used > 1;
        each(team, parallel, &mut self.blocks[..self.used], |_, block| f(block));
    }

    /// Sum of the losses of the first `count` rows, in their order, and the number of them that are right.
    pub(crate) fn sums(&self, count: usize) -> (f64, usize) {
        let mut sums = (0.0, 0);
        for block in self.blocks() {
            let rows = count.saturating_sub(block.rows.start).min(block.rows.len());
            sums.0 = block.losses[..rows].iter().fold(sums.0, |sum, &loss| sum + f64::from(loss));
            sums.1 += block.correct[..rows].iter().filter(|&&right| right == 1).count();
        }
        sums
    }
}

/// `f` on every task: by the team, or by this thread alone where that is faster.
pub(crate) fn each<T: Send>(team: &Team, parallel: bool, tasks: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
    if parallel {
        team.for_each(tasks, f);
    } else {
        tasks.iter_mut().enumerate().for_each(|(index, task)| f(index, task));
    }
}
