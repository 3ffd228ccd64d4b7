//! Dense layers and convolutions: one kernel forward (and for input gradients), one for weight gradients.

use crate::simd::{F32x4, Forward, Gradient};
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Rows of a register tile.
const TILE_ROWS: usize = 4;
/// Columns of a register tile.
const TILE_COLUMNS: usize = 2 * LANES;
/// Columns of `dy` that a weight gradient visits before it turns to the next input features: 128 rows of them are
/// 32 KiB.
const PANEL_COLUMNS: usize = 64;
/// Terms (images times output positions) that a weight gradient adds up before its sums rest in memory.
const TERMS_IN_CACHE: usize = 128;

/// Activations, or their gradients, of a block of images: `data[(image * positions + position) * stride + feature]`.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The values, at least `images * positions * stride` of them.
    pub data: &'a [f32],
    /// Positions per image.
    pub positions: usize,
    /// Floats per position, a multiple of four.
    pub stride: usize,
}

/// Weights: `data[(tap * tap_rows + input feature) * stride + output feature]`.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// The values.
    pub data: &'a [f32],
    /// Storage rows per tap, at least the number of input features.
    pub tap_rows: usize,
    /// Floats per storage row, a multiple of four.
    pub stride: usize,
}

/// What happens to a sum before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// Nothing.
    Linear,
    /// Negative sums become zero; NaN stays.
    Relu,
}

/// `y[image][o][j] = epilogue(bias[j] + sum over (t, p) in links[o], over k < inputs, of x[image][p][k] * w[t][k][j])`
/// for `j < y_stride`, terms added in this order.
///
/// `links` has one list of (tap, input position) per output position, [`crate::window::Window::by_output`]. With
/// `by_input`, transposed weights and no bias, the same call carries a gradient from outputs back to inputs.
/// `y` takes `images * y_positions * y_stride` floats. Pads of `y` become zero because pads of `w` and `bias` are.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four, or `y_stride` exceeds the stride of `w`.
#[allow(clippy::too_many_arguments)] // two tensors, weights and the geometry: a struct would only rename them
pub fn forward(
    x: Rows,
    links: &Links,
    images: usize,
    inputs: usize,
    w: Weights,
    bias: Option<&[f32]>,
    epilogue: Epilogue,
    y: &mut [f32],
    y_positions: usize,
    y_stride: usize,
) {
    let mut kernel = Forward::new(
        x,
        links,
        images,
        inputs,
        w,
        bias,
        epilogue,
        y,
        y_positions,
        y_stride,
    );
    if y_positions == 1 {
        // Columns (jc) outermost: a panel of eight columns of `w` stays in the cache while the images (ic) stream.
        for column in (0..y_stride).step_by(TILE_COLUMNS) {
            for image in (0..images).step_by(TILE_ROWS) {
                forward_tile(&mut kernel, image, images, 0, column, y_stride);
            }
        }
    } else {
        // Images (ic) outermost: their planes stay in the cache while taps revisit positions.
        for image in (0..images).step_by(TILE_ROWS) {
            for o in 0..y_positions {
                for column in (0..y_stride).step_by(TILE_COLUMNS) {
                    forward_tile(&mut kernel, image, images, o, column, y_stride);
                }
            }
        }
    }
}

/// The tile at (image, o, column), cut to the images and columns that are left.
#[inline(always)]
fn forward_tile(kernel: &mut Forward, image: usize, images: usize, o: usize, column: usize, columns: usize) {
    match ((images - image).min(TILE_ROWS), columns - column >= TILE_COLUMNS) {
        (1, true) => kernel.tile::<1, 2>(image, o, column),
        (2, true) => kernel.tile::<2, 2>(image, o, column),
        (3, true) => kernel.tile::<3, 2>(image, o, column),
        (_, true) => kernel.tile::<4, 2>(image, o, column),
        (1, false) => kernel.tile::<1, 1>(image, o, column),
        (2, false) => kernel.tile::<2, 1>(image, o, column),
        (3, false) => kernel.tile::<3, 1>(image, o, column),
        (_, false) => kernel.tile::<4, 1>(image, o, column),
    }
}

/// `dw[r][j] (+)= sum over images, over (o, p) in by_tap[t], of x[image][p][k] * dy[image][o][j]` for the storage rows
/// `r = t * tap_rows + k` in `rows`, for `j < dy.stride`, terms added in this order.
///
/// Rows with `k >= inputs` stay as they are. `dw` starts at row `rows.start`. Without `accumulate` sums start from
/// zero, with it from the content of `dw`.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four, or `dy.stride` exceeds `dw_stride`.
#[allow(clippy::too_many_arguments)] // two tensors, their geometry and the band: a struct would only rename them
pub fn weight_gradient(
    x: Rows,
    dy: Rows,
    by_tap: &Links,
    images: usize,
    inputs: usize,
    tap_rows: usize,
    rows: Range<usize>,
    dw: &mut [f32],
    dw_stride: usize,
    accumulate: bool,
) {
    let taps = rows.end.div_ceil(tap_rows);
    let mut kernel = Gradient::new(x, dy, by_tap, taps, images, dw, rows.len(), dw_stride);
    assert!(inputs <= tap_rows, "{inputs} inputs in {tap_rows} rows");
    // Sums rest in `dw` between blocks of images (pc) that are small enough for the cache.
    let block = TERMS_IN_CACHE.div_ceil(dy.positions.max(1));
    for first in (0..images.max(1)).step_by(block) {
        let block = first..(first + block).min(images);
        let accumulate = accumulate || first > 0;
        for panel in (0..dy.stride).step_by(PANEL_COLUMNS) {
            let panel = panel..(panel + PANEL_COLUMNS).min(dy.stride);
            for tap in rows.start / tap_rows..taps {
                // The features (ic) of this tap whose rows are in the band.
                let base = tap * tap_rows;
                let end = (rows.end - base).min(inputs);
                for k in (rows.start.saturating_sub(base)..end).step_by(TILE_ROWS) {
                    for column in panel.clone().step_by(TILE_COLUMNS) {
                        let cut = ((end - k).min(TILE_ROWS), panel.end - column >= TILE_COLUMNS);
                        let at = (base + k - rows.start, column);
                        gradient_tile(&mut kernel, cut, block.clone(), (tap, k), at, accumulate);
                    }
                }
            }
        }
    }
}

/// The tile of `cut` rows, and eight columns if it says so, else four.
#[inline(always)]
fn gradient_tile(
    kernel: &mut Gradient,
    cut: (usize, bool),
    images: Range<usize>,
    feature: (usize, usize),
    (row, column): (usize, usize),
    accumulate: bool,
) {
    match cut {
        (1, true) => kernel.tile::<1, 2>(images, feature, row, column, accumulate),
        (2, true) => kernel.tile::<2, 2>(images, feature, row, column, accumulate),
        (3, true) => kernel.tile::<3, 2>(images, feature, row, column, accumulate),
        (_, true) => kernel.tile::<4, 2>(images, feature, row, column, accumulate),
        (1, false) => kernel.tile::<1, 1>(images, feature, row, column, accumulate),
        (2, false) => kernel.tile::<2, 1>(images, feature, row, column, accumulate),
        (3, false) => kernel.tile::<3, 1>(images, feature, row, column, accumulate),
        (_, false) => kernel.tile::<4, 1>(images, feature, row, column, accumulate),
    }
}

/// `db[j] (+)= sum over rows of dy[row][j]` for `j < stride`, rows ascending. Without `accumulate` sums start from
/// zero, with it from the content of `db`.
///
/// # Panics
/// When a slice is too short or `stride` is not a multiple of four.
pub fn bias_gradient(dy: &[f32], rows: usize, stride: usize, db: &mut [f32], accumulate: bool) {
    assert_eq!(stride % LANES, 0, "stride {stride} is not padded");
    let dy = &dy[..rows * stride];
    for (panel, db) in db[..stride].chunks_mut(4 * LANES).enumerate() {
        let first = panel * 4 * LANES;
        match db.len() / LANES {
            4 => bias_panel::<4>(dy, stride, first, db, accumulate),
            3 => bias_panel::<3>(dy, stride, first, db, accumulate),
            2 => bias_panel::<2>(dy, stride, first, db, accumulate),
            _ => bias_panel::<1>(dy, stride, first, db, accumulate),
        }
    }
}

/// Sums of columns `first..first + 4 N`, kept in registers.
#[inline(always)]
fn bias_panel<const N: usize>(dy: &[f32], stride: usize, first: usize, db: &mut [f32], accumulate: bool) {
    let mut sums = [F32x4::splat(0.0); N];
    if accumulate {
        sums = core::array::from_fn(|n| F32x4::load(&db[n * LANES..]));
    }
    for row in dy.chunks_exact(stride) {
        let row = &row[first..first + N * LANES];
        for (sum, delta) in sums.iter_mut().zip(row.chunks_exact(LANES)) {
            *sum = *sum + F32x4::load(delta);
        }
    }
    for (sum, db) in sums.iter().zip(db.chunks_exact_mut(LANES)) {
        sum.store(db);
    }
}
