//! Dense layers and convolutions: one kernel forward (and for input gradients), one for weight gradients.
//!
//! Both stream the rows of one operand past register tiles of eight columns (or twelve, or four) of the other; weights are
//! packed for it. The loops have the names of BLIS: pc over terms, jc over columns, ic over rows.

use crate::simd::forward::Forward;
use crate::simd::gradient::Gradient;
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Activations, or their gradients, of a block of images: `data[(position * images + image) * stride + feature]`.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The values, at least `positions * images * stride` of them.
    pub data: &'a [f32],
    /// Positions per image.
    pub positions: usize,
    /// Images.
    pub images: usize,
    /// Floats per position, a multiple of four.
    pub stride: usize,
}

/// Weights: `data[(tap * tap_rows + input feature) * stride + output feature]`, or transposed: then features and rows
/// of a tap are outputs, and its columns are inputs.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// The values.
    pub data: &'a [f32],
    /// Storage rows per tap, at least the number of its rows in use.
    pub tap_rows: usize,
    /// Floats per storage row, a multiple of four.
    pub stride: usize,
    /// Features that are read: terms through one tap.
    pub inputs: usize,
    /// Features that are made.
    pub outputs: usize,
    /// Whether rows are outputs and columns inputs.
    pub transposed: bool,
}

impl Weights<'_> {
    /// The same storage, read from outputs to inputs.
    pub fn transpose(self) -> Self {
        Weights { inputs: self.outputs, outputs: self.inputs, transposed: !self.transposed, ..self }
    }
}

/// Floats per position for `width` features: whole vectors, and from 128 floats on an odd number of 64-byte lines where
/// it would be even. Rows an even number of lines apart share few cache sets: in the gradient of 512 weights by 512,
/// which reads a column of `x` down 100 images, an even stride costs a fifth of the speed.
pub fn row_stride(width: usize) -> usize {
    let stride = width.next_multiple_of(LANES);
    if stride >= 128 && stride.is_multiple_of(32) {
        stride + 16
    } else {
        stride
    }
}

/// What happens to a sum before it is written.
#[derive(Clone, Copy, Debug)]
pub enum Epilogue<'a> {
    /// Nothing.
    Linear,
    /// Negative sums become zero; NaN stays.
    Relu,
    /// Sums become zero where this, laid out as the output, is not above zero: the slope of Relu, given its outputs.
    Mask(&'a [f32]),
}

/// `y[o][image][j] = epilogue(bias[j] + sum over (t, p) in links[o], over k < inputs, of x[p][image][k] * w[t][k][j])`
/// for all `j`, pads included, terms added in this order.
///
/// `links` has one list of (tap, input position) per output position, [`crate::window::Window::by_output`]. With
/// `by_input`, transposed weights and no bias, the same call carries a gradient from outputs back to inputs.
/// `y` has the images of `x` and one position per list, `y_stride` floats each. Columns up to `w.outputs` rounded up to
/// four are written; the pads among them become zero because those of `w` and `bias` are.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four or less than a row needs.
#[allow(clippy::too_many_arguments)] // two tensors, weights and the geometry: a struct would only rename them
pub fn forward(
    x: Rows,
    links: &Links,
    w: Weights,
    bias: Option<&[f32]>,
    epilogue: Epilogue,
    y: &mut [f32],
    y_stride: usize,
) {
    Forward::new(x, links, w, bias, epilogue, y, y_stride).run();
}

/// The inputs and the output gradients of some images.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Inputs.
    pub x: Rows<'a>,
    /// Gradients by the outputs.
    pub dy: Rows<'a>,
}

/// A band of the storage rows of a gradient by weights.
#[derive(Clone, Debug)]
pub struct WeightGradient<'a> {
    /// One list of (output position, input position) per tap, [`crate::window::Window::by_tap`].
    pub by_tap: &'a Links,
    /// Number of parts, at least one.
    pub parts: usize,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
    /// Storage rows per tap.
    pub tap_rows: usize,
    /// Floats per storage row.
    pub stride: usize,
    /// The rows of the band.
    pub rows: Range<usize>,
}

/// Finished sums of some rows of one tap: `sums[i * stride + j]` belongs to row `row + i` of the band and column `j`, where
/// `stride` is that of the band.
#[derive(Clone, Debug)]
pub struct GradientRows<'a> {
    /// First row, counted from the start of the band.
    pub row: usize,
    /// Number of rows.
    pub rows: usize,
    /// Input feature of the first row.
    pub feature: usize,
    /// The sums.
    pub sums: &'a [f32],
}

/// What [`weight_gradient`] tells of the rows of a band while it works on them.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// The last sums of these rows, counted from the start of the band, are next, at eight columns from this one on, or as many as twelve at the end: who
    /// updates the weights there afterwards can ask for them now. Convolutions of up to four features to up to four tell nothing of it.
    Finishing {
        /// The rows.
        rows: Range<usize>,
        /// The first column.
        column: usize,
    },
    /// They are finished.
    Finished(GradientRows<'a>),
}

/// `dw[r][j] = sum over parts, over (o, p) in by_tap[t], over images, of x[p][image][k] * dy[o][image][j]` for the storage
/// rows `r = t * tap_rows + k` of a band and the columns up to `outputs` rounded up to four, terms added in this order.
///
/// `part` gives the parts. `sums` holds the band between blocks of terms; with `tell`, which hears of all rows, some at a time,
/// that they are finished, its content is undefined afterwards; without, it holds the gradient. Rows with `k >= inputs` stay as they are.
/// `bias` becomes the sum of `dy` over parts, positions and images, in this order.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four or less than a row needs, or parts differ in shape.
pub fn weight_gradient<'a, 'p>(
    task: WeightGradient<'a>,
    part: &'a dyn Fn(usize) -> Part<'p>,
    sums: &'a mut [f32],
    bias: Option<&'a mut [f32]>,
    tell: Option<&'a mut (dyn FnMut(Progress) + 'a)>,
) {
    Gradient::new(task, part, sums, bias, tell).run();
}
