//! Losses of rows, with their gradients.
//!
//! Logits and gradients are rows of `stride` floats with `width` (or `classes`) values in front; targets are dense
//! rows of `width` values. The number of rows is the length of `loss`, which gets one loss per row. Gradients are
//! those of `scale * loss` (for a mean over a batch, `scale = 1 / rows of the batch`), and zero in pads.
//!
//! Functions panic when a slice is too short or `stride` is not a multiple of four.
#![allow(clippy::too_many_arguments)] // what goes in, its shape, and what comes out

mod few;

use crate::math::{sigmoid, ExpOfNegative, LnOfNormal};
use crate::simd::rows::FourRows;
use crate::simd::{self, F32x4};
use crate::LANES;
use core::ops::Range;

/// The values of a row as vectors, with the number of real lanes in each.
#[inline(always)]
fn vectors(row: &[f32], width: usize) -> impl Iterator<Item = (F32x4, usize)> + '_ {
    let fours = row[..width.next_multiple_of(LANES)].chunks_exact(LANES);
    fours.enumerate().map(move |(i, four)| (F32x4::load(four), (width - i * LANES).min(LANES)))
}

/// Rows of logits that are worked on together, one pass after the other. Passes over many rows keep the units busy where
/// the steps of one row, each waiting for the last, would not: it halves the time.
const CHUNK: usize = 64;

/// Classes whose exponentials are summed together.
const TOGETHER: usize = 4 * LANES;

/// The largest of the first `classes` values of each row. NaN does not count.
#[inline(always)]
fn largest_of(rows: &FourRows, classes: usize) -> F32x4 {
    let lowest = F32x4::splat(f32::NEG_INFINITY);
    let mut largest = [lowest; LANES];
    let last = classes % LANES;
    for class in (0..classes - last).step_by(LANES) {
        for (largest, four) in largest.iter_mut().zip(rows.rows(class)) {
            *largest = largest.pmax(four);
        }
    }
    if last > 0 {
        for (largest, four) in largest.iter_mut().zip(rows.rows(classes - last)) {
            *largest = largest.pmax(simd::first(last).select(four, lowest));
        }
    }
    let [a, b, c, d] = F32x4::transpose(largest);
    a.pmax(b).pmax(c.pmax(d))
}

/// The largest value and `sum of e^(z - largest)` of each row of a chunk.
struct Peaks {
    largest: [f32; CHUNK],
    sum: [f32; CHUNK],
    /// `ln(sum)`
    log_sum: [f32; CHUNK],
}

impl Peaks {
    /// Those of `count` rows from `first` on; `exponentials` gets the terms of the sums, dense up to pads, `stride` floats
    /// apart. A function of its own, as a chunk takes it longer than the call, and every loss would hold a copy.
    #[inline(never)]
    fn new(
        logits: &[f32],
        stride: usize,
        classes: usize,
        (first, count): (usize, usize),
        mut exponentials: Option<&mut [f32]>,
    ) -> Self {
        let exp = ExpOfNegative::new();
        let mut peaks = Peaks { largest: [0.0; CHUNK], sum: [0.0; CHUNK], log_sum: [0.0; CHUNK] };
        let four = |row: usize| FourRows::new(logits, stride, classes, first + row, first + count);
        for row in (0..count).step_by(LANES) {
            largest_of(&four(row), classes).store(&mut peaks.largest[row..]);
        }
        let mut passing = [0.0; LANES * TOGETHER];
        for row in (0..count).step_by(LANES) {
            let (mut sum, rows) = (F32x4::splat(0.0), LANES.min(count - row));
            for class in (0..classes).step_by(TOGETHER) {
                let width = TOGETHER.min(classes - class);
                let (out, out_stride, column) = match exponentials.as_deref_mut() {
                    Some(out) => (&mut out[row * stride..], stride, class),
                    None => (&mut passing[..], TOGETHER, 0),
                };
                for (r, out) in out.chunks_mut(out_stride).take(rows).enumerate() {
                    let z = &logits[(first + row + r) * stride + class..];
                    exponentials_of(z, width, &exp, peaks.largest[row + r], &mut out[column..]);
                }
                let terms = FourRows::new(out, out_stride, column + width, 0, rows);
                sum = add_up(sum, &terms, column..column + width);
            }
            sum.store(&mut peaks.sum[row..]);
        }
        // The largest term of a sum is one.
        let ln = LnOfNormal::new();
        for row in (0..count).step_by(LANES) {
            ln.at(F32x4::load(&peaks.sum[row..])).store(&mut peaks.log_sum[row..]);
        }
        peaks
    }
}

/// `out = e^(z - largest)` for the first `classes` values of a row, zero in pads.
#[inline(always)]
fn exponentials_of(row: &[f32], classes: usize, exp: &ExpOfNegative, largest: f32, out: &mut [f32]) {
    let (largest, last) = (F32x4::splat(largest), classes % LANES);
    let out = &mut out[..classes.next_multiple_of(LANES)];
    for (four, out) in row.chunks_exact(LANES).zip(out.chunks_exact_mut(LANES)) {
        exp.at(F32x4::load(four) - largest).store(out);
    }
    if let (1.., Some(out)) = (last, out.last_chunk_mut::<LANES>()) {
        F32x4::load(out).keep_first(last).store(out);
    }
}

/// `sum`, and to it the values of each row in `columns`, in their order; pads are zero.
#[inline(always)]
fn add_up(sum: F32x4, rows: &FourRows, columns: Range<usize>) -> F32x4 {
    let blocks = columns.step_by(LANES).map(|column| rows.block(column));
    blocks.fold(sum, |sum, block| block.into_iter().fold(sum, |sum, terms| sum + terms))
}

/// Whether `largest`, the largest value of `row`, stands first at `place`.
#[inline(always)]
fn stands_at(row: &[f32], largest: f32, place: usize) -> bool {
    row[place] == largest && !row[..place].contains(&largest)
}

/// Multiplies the first `width` values of a row by `factor`, pads included.
#[inline(always)]
fn scale_row(row: &mut [f32], width: usize, factor: f32) {
    let factor = F32x4::splat(factor);
    for four in row[..width.next_multiple_of(LANES)].chunks_exact_mut(LANES) {
        (F32x4::load(four) * factor).store(four);
    }
}

/// `loss = ln(sum of e^z) - z[label]`; gradient `scale * (softmax(z) - onehot(label))`. `correct`, where it
/// is wanted, gets 1 where the first largest logit is that of the label, else 0.
///
/// # Panics
/// Also when a label is not below `classes`.
pub fn softmax_cross_entropy_labels(
    logits: &[f32],
    stride: usize,
    classes: usize,
    labels: &[u32],
    scale: f32,
    loss: &mut [f32],
    mut correct: Option<&mut [u8]>,
    mut grad: Option<&mut [f32]>,
) {
    if stride == LANES {
        return few::softmax_cross_entropy(logits, classes, labels, scale, loss, correct, grad);
    }
    for (chunk, loss) in loss.chunks_mut(CHUNK).enumerate() {
        let first = chunk * CHUNK;
        let mut grad = grad.as_deref_mut().map(|grad| &mut grad[first * stride..]);
        let peaks = Peaks::new(logits, stride, classes, (first, loss.len()), grad.as_deref_mut());
        let labels = &labels[first..][..loss.len()];
        for (r, (loss, &label)) in loss.iter_mut().zip(labels).enumerate() {
            let label = label as usize;
            assert!(label < classes, "label {label} of {classes} classes");
            let row = &logits[(first + r) * stride..][..classes];
            let largest = peaks.largest[r];
            *loss = peaks.log_sum[r] - (row[label] - largest);
            if let Some(correct) = &mut correct {
                correct[first + r] = u8::from(stands_at(row, largest, label));
            }
            if let Some(grad) = &mut grad {
                let grad = &mut grad[r * stride..];
                scale_row(grad, classes, scale / peaks.sum[r]);
                grad[label] -= scale;
            }
        }
    }
}

/// `loss = -sum of t * ln softmax(z)`; gradient `scale * (sum of t * softmax(z) - t)`. `correct` gets 1 where the first
/// largest logit and the first largest target stand at the same place, else 0.
pub fn softmax_cross_entropy_rows(
    logits: &[f32],
    stride: usize,
    classes: usize,
    targets: &[f32],
    scale: f32,
    loss: &mut [f32],
    mut correct: Option<&mut [u8]>,
    mut grad: Option<&mut [f32]>,
) {
    for (chunk, loss) in loss.chunks_mut(CHUNK).enumerate() {
        let first = chunk * CHUNK;
        let mut grad = grad.as_deref_mut().map(|grad| &mut grad[first * stride..]);
        let peaks = Peaks::new(logits, stride, classes, (first, loss.len()), grad.as_deref_mut());
        for (r, loss) in loss.iter_mut().enumerate() {
            let row = &logits[(first + r) * stride..][..classes];
            let target = &targets[(first + r) * classes..][..classes];
            let largest = peaks.largest[r];
            let (mut total, mut weight, mut wanted) = (0.0, 0.0, 0);
            for (i, (&z, &t)) in row.iter().zip(target).enumerate() {
                total += t * (peaks.log_sum[r] - (z - largest));
                weight += t;
                if t > target[wanted] {
                    wanted = i;
                }
            }
            *loss = total;
            if let Some(correct) = &mut correct {
                correct[first + r] = u8::from(stands_at(row, largest, wanted));
            }
            if let Some(grad) = &mut grad {
                let grad = &mut grad[r * stride..];
                scale_row(grad, classes, scale * weight / peaks.sum[r]);
                for (grad, t) in grad.iter_mut().zip(target) {
                    *grad -= scale * t;
                }
            }
        }
    }
}

/// `loss = mean over outputs of max(z, 0) - z t + ln(1 + e^-|z|)`, the cross-entropy of `sigmoid(z)` and `t`; gradient
/// `scale / width * (sigmoid(z) - t)`. `correct` gets 1 where every output has `z > 0` exactly when `t > 0.5`.
pub fn binary_cross_entropy(
    logits: &[f32],
    stride: usize,
    width: usize,
    targets: &[f32],
    scale: f32,
    loss: &mut [f32],
    correct: Option<&mut [u8]>,
    grad: Option<&mut [f32]>,
) {
    for (r, correct) in correct.into_iter().flat_map(|correct| &mut correct[..loss.len()]).enumerate() {
        let pairs = logits[r * stride..].iter().zip(&targets[r * width..][..width]);
        *correct = u8::from(pairs.fold(true, |all, (&z, &t)| all & ((z > 0.0) == (t > 0.5))));
    }
    let zero = F32x4::splat(0.0);
    let one = F32x4::splat(1.0);
    let (exp, ln) = (ExpOfNegative::new(), LnOfNormal::new());
    each_output(logits, stride, width, targets, scale, loss, grad, |z, t| {
        let tail = ln.at(one + exp.at(zero - z.abs()));
        (z.pmax(zero) - z * t + tail, sigmoid(z) - t)
    });
}

/// `loss = mean over outputs of (y - t)^2`; gradient `scale / width * 2 (y - t)`.
pub fn mean_squared_error(
    outputs: &[f32],
    stride: usize,
    width: usize,
    targets: &[f32],
    scale: f32,
    loss: &mut [f32],
    grad: Option<&mut [f32]>,
) {
    let squares = |y: F32x4, t: F32x4| {
        let error = y - t;
        (error * error, error + error)
    };
    match (width, stride) {
        (1, LANES) => few::each_output(outputs, targets, scale, loss, grad, squares),
        _ => each_output(outputs, stride, width, targets, scale, loss, grad, squares),
    }
}

/// `loss = mean over outputs of h(y - t)`, where `h(d) = d^2 / 2` for `|d| <= delta`, else `delta (|d| - delta / 2)`
/// (Huber 1964); gradient `scale / width * d` with `d` held between `-delta` and `delta`.
pub fn huber(
    outputs: &[f32],
    stride: usize,
    width: usize,
    targets: &[f32],
    delta: f32,
    scale: f32,
    loss: &mut [f32],
    grad: Option<&mut [f32]>,
) {
    let (above, below) = (F32x4::splat(delta), F32x4::splat(-delta));
    let half = F32x4::splat(0.5);
    each_output(outputs, stride, width, targets, scale, loss, grad, |y, t| {
        let error = y - t;
        let size = error.abs();
        let line = above * (size - half * above);
        (above.lt(size).select(line, half * error * error), error.pmax(below).pmin(above))
    });
}

/// Means over the outputs of a row of `f(output, target) = (loss, slope)`.
#[inline(always)]
fn each_output(
    outputs: &[f32],
    stride: usize,
    width: usize,
    targets: &[f32],
    scale: f32,
    loss: &mut [f32],
    mut grad: Option<&mut [f32]>,
    f: impl Fn(F32x4, F32x4) -> (F32x4, F32x4),
) {
    let share = F32x4::splat(scale / width as f32);
    for (r, loss) in loss.iter_mut().enumerate() {
        let row = &outputs[r * stride..][..stride];
        let target = &targets[r * width..][..width];
        let mut sum = F32x4::splat(0.0);
        for (i, (y, count)) in vectors(row, width).enumerate() {
            let t = F32x4::load_partial(&target[i * LANES..], count);
            let (term, slope) = f(y, t);
            sum = sum + term.keep_first(count);
            if let Some(grad) = &mut grad {
                (slope * share).keep_first(count).store(&mut grad[r * stride + i * LANES..]);
            }
        }
        *loss = sum.sum() / width as f32;
    }
}

/// `out[row] = softmax(logits[row])`, dense rows of `classes` values.
pub fn softmax(logits: &[f32], stride: usize, classes: usize, rows: usize, out: &mut [f32]) {
    let (exp, out) = (ExpOfNegative::new(), &mut out[..rows * classes]);
    for first in (0..rows).step_by(CHUNK) {
        let count = CHUNK.min(rows - first);
        let peaks = Peaks::new(logits, stride, classes, (first, count), None);
        // The exponentials are made anew, as dense rows have no room for whole vectors of them.
        let outs = out[first * classes..].chunks_exact_mut(classes).take(count);
        for (r, out) in outs.enumerate() {
            let row = &logits[(first + r) * stride..][..stride];
            let (largest, factor) = (F32x4::splat(peaks.largest[r]), F32x4::splat(1.0 / peaks.sum[r]));
            for ((z, count), out) in vectors(row, classes).zip(out.chunks_mut(LANES)) {
                out.copy_from_slice(&(exp.at(z - largest) * factor).to_array()[..count]);
            }
        }
    }
}

/// `out[row] = sigmoid(logits[row])`, dense rows of `width` values.
pub fn sigmoid_rows(logits: &[f32], stride: usize, width: usize, rows: usize, out: &mut [f32]) {
    for r in 0..rows {
        let row = &logits[r * stride..][..stride];
        let out = &mut out[r * width..][..width];
        for ((z, count), out) in vectors(row, width).zip(out.chunks_mut(LANES)) {
            out.copy_from_slice(&sigmoid(z).to_array()[..count]);
        }
    }
}
