//! Losses of rows, with their gradients.
//!
//! Logits and gradients are rows of `stride` floats with `width` (or `classes`) values in front; targets are dense
//! rows of `width` values. The number of rows is the length of `loss`, which gets one loss per row. Gradients are
//! those of `scale * loss` (for a mean over a batch, `scale = 1 / rows of the batch`), and zero in pads.
//!
//! Functions panic when a slice is too short or `stride` is not a multiple of four.
#![allow(clippy::too_many_arguments)] // what goes in, its shape, and what comes out

use crate::math::{exp, ln_scalar, sigmoid};
use crate::simd::F32x4;
use crate::LANES;

/// The values of a row as vectors, with the number of real lanes in each.
#[inline(always)]
fn vectors(row: &[f32], width: usize) -> impl Iterator<Item = (F32x4, usize)> + '_ {
    let fours = row[..width.next_multiple_of(LANES)].chunks_exact(LANES);
    fours.enumerate().map(move |(i, four)| (F32x4::load(four), (width - i * LANES).min(LANES)))
}

/// The largest value, the first place it stands at, and `sum of e^(z - largest)`.
fn peak(row: &[f32], width: usize) -> (f32, usize, f32) {
    let (mut largest, mut place) = (row[0], 0);
    for (i, &v) in row[..width].iter().enumerate() {
        if v > largest {
            (largest, place) = (v, i);
        }
    }
    let mut sum = F32x4::splat(0.0);
    for (z, count) in vectors(row, width) {
        sum = sum + exp(z - F32x4::splat(largest)).keep_first(count);
    }
    (largest, place, sum.sum())
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
    for (r, loss) in loss.iter_mut().enumerate() {
        let row = &logits[r * stride..][..stride];
        let label = labels[r] as usize;
        assert!(label < classes, "label {label} of {classes} classes");
        let (largest, place, sum) = peak(row, classes);
        *loss = ln_scalar(sum) - (row[label] - largest);
        correct[r] = u8::from(place == label);
        if let Some(grad) = &mut grad {
            let grad = &mut grad[r * stride..][..stride];
            scaled_softmax(row, classes, largest, scale / sum, grad);
            grad[label] -= scale;
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
    for (r, loss) in loss.iter_mut().enumerate() {
        let row = &logits[r * stride..][..stride];
        let target = &targets[r * classes..][..classes];
        let (largest, place, sum) = peak(row, classes);
        let log_sum = ln_scalar(sum);
        let (mut total, mut weight, mut wanted) = (0.0, 0.0, 0);
        for (i, (&z, &t)) in row.iter().zip(target).enumerate() {
            total += t * (log_sum - (z - largest));
            weight += t;
            if t > target[wanted] {
                wanted = i;
            }
        }
        *loss = total;
        correct[r] = u8::from(place == wanted);
        if let Some(grad) = &mut grad {
            let grad = &mut grad[r * stride..][..stride];
            scaled_softmax(row, classes, largest, scale * weight / sum, grad);
            for (grad, t) in grad.iter_mut().zip(target) {
                *grad -= scale * t;
            }
        }
    }
}

/// `out = e^(z - largest) * factor`, zero in pads.
fn scaled_softmax(row: &[f32], classes: usize, largest: f32, factor: f32, out: &mut [f32]) {
    let (largest, factor) = (F32x4::splat(largest), F32x4::splat(factor));
    for ((z, count), out) in vectors(row, classes).zip(out.chunks_exact_mut(LANES)) {
        (exp(z - largest) * factor).keep_first(count).store(out);
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
        let tail = crate::math::ln(one + exp(zero - z.abs()));
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
    for r in 0..rows {
        let row = &logits[r * stride..][..stride];
        let (largest, _, sum) = peak(row, classes);
        let (largest, factor) = (F32x4::splat(largest), F32x4::splat(1.0 / sum));
        let out = &mut out[r * classes..][..classes];
        for ((z, count), out) in vectors(row, classes).zip(out.chunks_mut(LANES)) {
            out.copy_from_slice(&(exp(z - largest) * factor).to_array()[..count]);
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
