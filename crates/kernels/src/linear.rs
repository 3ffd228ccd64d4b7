//! Dense layers and convolutions: one kernel forward (and for input gradients), one for weight gradients.

use crate::simd::forward::{Forward, Panel as WeightPanel, PANEL_ROWS};
use crate::simd::gradient::{Gradient, Panel as DeltaPanel, PANEL_IMAGES};
use crate::simd::F32x4;
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Rows of a register tile.
const TILE_ROWS: usize = 4;
/// Columns of a register tile.
const TILE_COLUMNS: usize = 2 * LANES;
/// Weights (terms times stride) from which a dense layer packs them, and images that pay for it. On a Zen 3 core with
/// 32 KiB of first-level cache, 100 images: 128 x 64 loses a sixth by packing, 784 x 128 gains a fifth.
const PACK_WEIGHTS: usize = 16_384;
const PACK_IMAGES: usize = 16;
/// Columns and band rows from which a dense layer packs its output gradients: on the same core 784 x 128 gains a tenth,
/// 512 x 512 a quarter.
const PACK_COLUMNS: usize = 32;
const PACK_ROWS: usize = 32;
/// Terms (images times output positions) that the gradient of a convolution adds up before its sums rest in memory.
const PLANE_TERMS: usize = 64;
/// Panels of output gradients that a band visits before it turns to the next columns: four of 4 KiB stay in the cache.
const PANELS: usize = 4;

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
    let mut kernel = Forward::new(x, links, images, inputs, w, bias, epilogue, y, y_positions, y_stride);
    if y_positions == 1 && images >= PACK_IMAGES && kernel.terms() * w.stride >= PACK_WEIGHTS {
        packed_forward(&mut kernel, images, y_stride);
    } else if y_positions == 1 {
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

/// Dense layers whose weights exceed the first-level cache: terms (pc), whose part of `x` stays in the second-level
/// cache, then columns (jc), whose weights are packed and stay in the first-level cache while the images (ic) stream.
/// Sums rest in `y` between blocks of terms.
fn packed_forward(kernel: &mut Forward, images: usize, y_stride: usize) {
    let mut panel: WeightPanel = [[0.0; TILE_COLUMNS]; PANEL_ROWS];
    let (all, packed) = (kernel.terms(), y_stride - y_stride % TILE_COLUMNS);
    for start in (0..all).step_by(PANEL_ROWS) {
        let terms = start..(start + PANEL_ROWS).min(all);
        for column in (0..packed).step_by(TILE_COLUMNS) {
            kernel.pack(terms.clone(), column, &mut panel);
            for image in (0..images).step_by(TILE_ROWS) {
                match images - image {
                    1 => kernel.packed_tile::<1>(image, column, terms.clone(), &panel),
                    2 => kernel.packed_tile::<2>(image, column, terms.clone(), &panel),
                    3 => kernel.packed_tile::<3>(image, column, terms.clone(), &panel),
                    _ => kernel.packed_tile::<4>(image, column, terms.clone(), &panel),
                }
            }
        }
    }
    if packed < y_stride {
        for image in (0..images).step_by(TILE_ROWS) {
            forward_tile(kernel, image, images, 0, packed, y_stride);
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
    assert!(inputs <= tap_rows, "{inputs} inputs in {tap_rows} rows");
    let taps = rows.end.div_ceil(tap_rows);
    let mut kernel = Gradient::new(x, dy, by_tap, taps, images, dw, rows.len(), dw_stride);
    let pack = dy.positions == 1 && dy.stride >= PACK_COLUMNS && rows.len() >= PACK_ROWS;
    let band = Band { inputs, tap_rows, rows, taps };
    if pack {
        packed_gradient(&mut kernel, &band, images, dy.stride, accumulate);
    } else {
        // Sums rest in `dw` between blocks of images (pc) that are small enough for the cache.
        let block = if dy.positions <= 1 { PANEL_IMAGES } else { PLANE_TERMS.div_ceil(dy.positions) };
        for first in (0..images.max(1)).step_by(block) {
            let block = first..(first + block).min(images);
            let accumulate = accumulate || first > 0;
            // Then taps and features (ic), then columns (jc).
            band.for_each(|tile| {
                for column in (0..dy.stride).step_by(TILE_COLUMNS) {
                    let wide = dy.stride - column >= TILE_COLUMNS;
                    gradient_tile(&mut kernel, &tile, wide, block.clone(), column, accumulate);
                }
            });
        }
    }
}

/// A band of storage rows.
struct Band {
    inputs: usize,
    tap_rows: usize,
    rows: Range<usize>,
    taps: usize,
}

/// Up to four rows of a band that belong to one tap.
struct TileRows {
    tap: usize,
    /// The first input feature.
    k: usize,
    /// The first row, counted from the start of the band.
    row: usize,
    count: usize,
}

impl Band {
    /// Calls `f` with the tiles of the band, rows ascending.
    #[inline(always)]
    fn for_each(&self, mut f: impl FnMut(TileRows)) {
        for tap in self.rows.start / self.tap_rows..self.taps {
            let base = tap * self.tap_rows;
            let end = (self.rows.end - base).min(self.inputs);
            for k in (self.rows.start.saturating_sub(base)..end).step_by(TILE_ROWS) {
                f(TileRows { tap, k, row: base + k - self.rows.start, count: (end - k).min(TILE_ROWS) });
            }
        }
    }
}

/// Dense layers with many columns: images (pc) in blocks, then columns (jc) in groups whose gradients are packed and
/// stay in the first-level cache, then features (ic).
fn packed_gradient(kernel: &mut Gradient, band: &Band, images: usize, columns: usize, accumulate: bool) {
    let mut panels: [DeltaPanel; PANELS] = [[[0.0; TILE_COLUMNS]; PANEL_IMAGES]; PANELS];
    for first in (0..images.max(1)).step_by(PANEL_IMAGES) {
        let block = first..(first + PANEL_IMAGES).min(images);
        let accumulate = accumulate || first > 0;
        for first in (0..columns).step_by(PANELS * TILE_COLUMNS) {
            let end = (first + PANELS * TILE_COLUMNS).min(columns);
            let packed = (first..end).step_by(TILE_COLUMNS).take((end - first) / TILE_COLUMNS);
            for (panel, column) in panels.iter_mut().zip(packed.clone()) {
                kernel.pack(block.clone(), column, panel);
            }
            band.for_each(|tile| {
                for (panel, column) in panels.iter().zip(packed.clone()) {
                    let (tap, k) = (tile.tap, tile.k);
                    match tile.count {
                        1 => kernel.packed_tile::<1>(
                            block.clone(),
                            (tap, k),
                            tile.row,
                            column,
                            panel,
                            accumulate,
                        ),
                        2 => kernel.packed_tile::<2>(
                            block.clone(),
                            (tap, k),
                            tile.row,
                            column,
                            panel,
                            accumulate,
                        ),
                        3 => kernel.packed_tile::<3>(
                            block.clone(),
                            (tap, k),
                            tile.row,
                            column,
                            panel,
                            accumulate,
                        ),
                        _ => kernel.packed_tile::<4>(
                            block.clone(),
                            (tap, k),
                            tile.row,
                            column,
                            panel,
                            accumulate,
                        ),
                    }
                }
                if !(end - first).is_multiple_of(TILE_COLUMNS) {
                    gradient_tile(kernel, &tile, false, block.clone(), end - LANES, accumulate);
                }
            });
        }
    }
}

/// The tile of these rows and of eight columns if `wide`, else four.
#[inline(always)]
fn gradient_tile(
    kernel: &mut Gradient,
    rows: &TileRows,
    wide: bool,
    images: Range<usize>,
    column: usize,
    accumulate: bool,
) {
    let (feature, row) = ((rows.tap, rows.k), rows.row);
    match (rows.count, wide) {
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
