//! Losses of rows, with their gradients.
//!
//! Logits and gradients are rows of `stride` floats with `width` (or `classes`) values in front; targets are dense
//! rows of `width` values. The number of rows is the length of `loss`, which gets one loss per row. Gradients are
//! those of `scale * loss` (for a mean over a batch, `scale = 1 / rows of the batch`), and zero in pads.
//!
//! Functions panic when a slice is too short or `stride` is not a multiple of four.
#![allow(clippy::too_many_arguments)] // what goes in, its shape, and what comes out

use crate::math::{exp, ln, sigmoid};
use crate::simd::{F32x4, I32x4};
use crate::LANES;

/// The values of a row as vectors, with the number of real lanes in each.
#[inline(always)]
fn vectors(row: &[f32], width: usize) -> impl Iterator<Item = (F32x4, usize)> + '_ {
    let fours = row[..width.next_multiple_of(LANES)].chunks_exact(LANES);
    fours.enumerate().map(move |(i, four)| (F32x4::load(four), (width - i * LANES).min(LANES)))
}

/// Up to four rows of logits, side by side: the lanes of every vector are rows, so no lane is idle in a row of ten.
#[derive(Clone, Copy)]
struct FourRows<'a> {
    logits: &'a [f32],
    stride: usize,
    classes: usize,
    /// Rows that are there; the lanes of others repeat the last one.
    count: usize,
}

impl<'a> FourRows<'a> {
    /// The rows from `first` on, of `rows` rows.
    #[inline(always)]
    fn new(logits: &'a [f32], stride: usize, classes: usize, first: usize, rows: usize) -> Self {
        FourRows { logits: &logits[first * stride..], stride, classes, count: (rows - first).min(LANES) }
    }

    /// Classes `class..class + 4` of all rows; those beyond the last class are pads.
    #[inline(always)]
    fn block(self, class: usize) -> [F32x4; LANES] {
        let row = |lane: usize| F32x4::load(&self.logits[lane.min(self.count - 1) * self.stride + class..]);
        F32x4::transpose(core::array::from_fn(row))
    }

    /// Calls `f` with each class and its logits.
    #[inline(always)]
    fn each_class(self, mut f: impl FnMut(usize, F32x4)) {
        for class in (0..self.classes).step_by(LANES) {
            let block = self.block(class);
            for (i, z) in block.into_iter().enumerate().take(self.classes - class) {
                f(class + i, z);
            }
        }
    }

    /// The largest value of each row, and the first place it stands at.
    #[inline(always)]
    fn peaks(self) -> (F32x4, [i32; LANES]) {
        let (mut largest, mut place) = (self.block(0)[0], I32x4::splat(0));
        self.each_class(|class, z| {
            let better = largest.lt(z);
            largest = better.select(z, largest);
            place = better.select_i32(I32x4::splat(class as i32), place);
        });
        (largest, place.to_array())
    }

    /// The sum of `e^(z - largest)`, classes ascending. `f(row, class, terms)` gets them, four classes of each row, zero in
    /// pads.
    #[inline(always)]
    fn exponentials(self, largest: F32x4, mut f: impl FnMut(usize, usize, F32x4)) -> F32x4 {
        let mut sum = F32x4::splat(0.0);
        for class in (0..self.classes).step_by(LANES) {
            let mut block = self.block(class);
            for (i, z) in block.iter_mut().enumerate() {
                *z = if class + i < self.classes { exp(*z - largest) } else { F32x4::splat(0.0) };
                sum = sum + *z;
            }
            for (row, terms) in F32x4::transpose(block).into_iter().enumerate().take(self.count) {
                f(row, class, terms);
            }
        }
        sum
    }
}

/// Multiplies the values of up to four rows by the lanes of `factors`.
#[inline(always)]
fn scale_rows(rows: &mut [f32], stride: usize, width: usize, count: usize, factors: F32x4) {
    for (row, factor) in factors.to_array().into_iter().enumerate().take(count) {
        let row = &mut rows[row * stride..][..width.next_multiple_of(LANES)];
        for four in row.chunks_exact_mut(LANES) {
            (F32x4::load(four) * F32x4::splat(factor)).store(four);
        }
    }
}

/// `loss = ln(sum of e^z) - z[label]`; gradient `scale * (softmax(z) - onehot(label))`. `correct` gets 1 where the
/// first largest logit is that of the label, else 0.
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
    correct: &mut [u8],
    mut grad: Option<&mut [f32]>,
) {
    let rows = loss.len();
    for first in (0..rows).step_by(LANES) {
        let four = FourRows::new(logits, stride, classes, first, rows);
        let (largest, place) = four.peaks();
        let wanted = core::array::from_fn(|lane| {
            let row = first + lane.min(four.count - 1);
            let label = labels[row] as usize;
            assert!(label < classes, "label {label} of {classes} classes");
            logits[row * stride + label]
        });
        let mut grad = grad.as_deref_mut().map(|grad| &mut grad[first * stride..]);
        let sum = four.exponentials(largest, |row, class, terms| {
            if let Some(grad) = &mut grad {
                terms.store(&mut grad[row * stride + class..]);
            }
        });
        let losses = (ln(sum) - (F32x4::from_array(wanted) - largest)).to_array();
        for lane in 0..four.count {
            loss[first + lane] = losses[lane];
            correct[first + lane] = u8::from(place[lane] as u32 == labels[first + lane]);
        }
        if let Some(grad) = grad {
            scale_rows(grad, stride, classes, four.count, F32x4::splat(scale) / sum);
            for lane in 0..four.count {
                grad[lane * stride + labels[first + lane] as usize] -= scale;
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
    correct: &mut [u8],
    mut grad: Option<&mut [f32]>,
) {
    let rows = loss.len();
    for first in (0..rows).step_by(LANES) {
        let four = FourRows::new(logits, stride, classes, first, rows);
        let (largest, place) = four.peaks();
        let mut grad = grad.as_deref_mut().map(|grad| &mut grad[first * stride..]);
        let sum = four.exponentials(largest, |row, class, terms| {
            if let Some(grad) = &mut grad {
                terms.store(&mut grad[row * stride + class..]);
            }
        });
        let (log_sums, largest) = (ln(sum).to_array(), largest.to_array());
        let mut weights = [0.0; LANES];
        for lane in 0..four.count {
            let row = first + lane;
            let target = &targets[row * classes..][..classes];
            let (mut total, mut wanted) = (0.0, 0);
            for (i, (&z, &t)) in logits[row * stride..].iter().zip(target).enumerate() {
                total += t * (log_sums[lane] - (z - largest[lane]));
                weights[lane] += t;
                if t > target[wanted] {
                    wanted = i;
                }
            }
            loss[row] = total;
            correct[row] = u8::from(place[lane] as usize == wanted);
        }
        if let Some(grad) = grad {
            let factors = F32x4::splat(scale) * F32x4::from_array(weights) / sum;
            scale_rows(grad, stride, classes, four.count, factors);
            for (row, target) in targets[first * classes..].chunks_exact(classes).take(four.count).enumerate()
            {
                for (grad, t) in grad[row * stride..].iter_mut().zip(target) {
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
    correct: &mut [u8],
    grad: Option<&mut [f32]>,
) {
    for (r, correct) in correct[..loss.len()].iter_mut().enumerate() {
        let pairs = logits[r * stride..].iter().zip(&targets[r * width..][..width]);
        *correct = u8::from(pairs.fold(true, |all, (&z, &t)| all & ((z > 0.0) == (t > 0.5))));
    }
    let zero = F32x4::splat(0.0);
    let one = F32x4::splat(1.0);
    each_output(logits, stride, width, targets, scale, loss, grad, |z, t| {
        let tail = ln(one + exp(zero - z.abs()));
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
    each_output(outputs, stride, width, targets, scale, loss, grad, |y, t| {
        let error = y - t;
        (error * error, error + error)
    });
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
    for first in (0..rows).step_by(LANES) {
        let four = FourRows::new(logits, stride, classes, first, rows);
        let (largest, _) = four.peaks();
        let out = &mut out[first * classes..];
        let sum = four.exponentials(largest, |row, class, terms| {
            let count = (classes - class).min(LANES);
            out[row * classes + class..][..count].copy_from_slice(&terms.to_array()[..count]);
        });
        let factors = (F32x4::splat(1.0) / sum).to_array();
        for (row, factor) in out.chunks_exact_mut(classes).zip(factors).take(four.count) {
            row.iter_mut().for_each(|value| *value *= factor);
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
