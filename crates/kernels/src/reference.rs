//! Naive twins of the kernels: plain loops that read like the formulas. They are the oracle of the tests and give
//! the same bits as the kernels.

use crate::linear::{Epilogue, Rows, Weights};
use crate::simd::madd;
use crate::window::Links;

/// The twin of [`crate::linear::forward`].
#[allow(clippy::too_many_arguments)] // the arguments of the kernel
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
    for image in 0..images {
        for o in 0..y_positions {
            for j in 0..y_stride {
                let mut sum = bias.map_or(0.0, |bias| bias[j]);
                for &(tap, position) in links.list(o) {
                    for k in 0..inputs {
                        let feature = x.data[(image * x.positions + position as usize) * x.stride + k];
                        let weight = w.data[(tap as usize * w.tap_rows + k) * w.stride + j];
                        sum = madd(feature, weight, sum);
                    }
                }
                let clipped = matches!(epilogue, Epilogue::Relu) && sum < 0.0;
                y[(image * y_positions + o) * y_stride + j] = if clipped { 0.0 } else { sum };
            }
        }
    }
}

/// The twin of [`crate::linear::weight_gradient`].
#[allow(clippy::too_many_arguments)] // the arguments of the kernel
pub fn weight_gradient(
    x: Rows,
    dy: Rows,
    by_tap: &Links,
    images: usize,
    inputs: usize,
    tap_rows: usize,
    rows: core::ops::Range<usize>,
    dw: &mut [f32],
    dw_stride: usize,
    accumulate: bool,
) {
    for (row, out) in rows.zip(dw.chunks_exact_mut(dw_stride)) {
        let (tap, k) = (row / tap_rows, row % tap_rows);
        if k >= inputs {
            continue;
        }
        for (j, out) in out.iter_mut().enumerate().take(dy.stride) {
            let mut sum = if accumulate { *out } else { 0.0 };
            for image in 0..images {
                for &(o, position) in by_tap.list(tap) {
                    let feature = x.data[(image * x.positions + position as usize) * x.stride + k];
                    let delta = dy.data[(image * dy.positions + o as usize) * dy.stride + j];
                    sum = madd(feature, delta, sum);
                }
            }
            *out = sum;
        }
    }
}

/// The twin of [`crate::transpose::transpose`].
pub fn transpose(w: Weights, taps: usize, inputs: usize, outputs: usize, wt: &mut [f32], wt_stride: usize) {
    for tap in 0..taps {
        for j in 0..outputs {
            for k in 0..wt_stride {
                let weight = if k < inputs { w.data[(tap * w.tap_rows + k) * w.stride + j] } else { 0.0 };
                wt[(tap * outputs + j) * wt_stride + k] = weight;
            }
        }
    }
}

/// The twin of [`crate::linear::bias_gradient`].
pub fn bias_gradient(dy: &[f32], rows: usize, stride: usize, db: &mut [f32], accumulate: bool) {
    for (j, db) in db.iter_mut().enumerate().take(stride) {
        let start = if accumulate { *db } else { 0.0 };
        *db = (0..rows).fold(start, |sum, row| sum + dy[row * stride + j]);
    }
}
