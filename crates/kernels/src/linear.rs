//! Dense layers and convolutions: one kernel forward (and for input gradients), one for weight gradients.

use crate::reference;
use crate::window::Links;
use core::ops::Range;

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
    reference::forward(
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
    reference::weight_gradient(
        x, dy, by_tap, images, inputs, tap_rows, rows, dw, dw_stride, accumulate,
    );
}

/// `db[j] (+)= sum over rows of dy[row][j]` for `j < stride`, rows ascending. Without `accumulate` sums start from
/// zero, with it from the content of `db`.
///
/// # Panics
/// When a slice is too short.
pub fn bias_gradient(dy: &[f32], rows: usize, stride: usize, db: &mut [f32], accumulate: bool) {
    let db = &mut db[..stride];
    if !accumulate {
        db.fill(0.0);
    }
    for row in dy[..rows * stride].chunks_exact(stride) {
        for (sum, delta) in db.iter_mut().zip(row) {
            *sum += delta;
        }
    }
}
