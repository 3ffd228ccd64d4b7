//! Naive twins of the kernels: plain loops that read like the formulas. They are the oracle of the tests and give
//! the same bits as the kernels.

use crate::linear::{Epilogue, Part, Rows, WeightGradient, Weights};
use crate::simd::madd;
use crate::window::Links;
use crate::LANES;

/// The twin of [`crate::linear::forward`].
pub fn forward(
    x: Rows,
    links: &Links,
    w: Weights,
    bias: Option<&[f32]>,
    epilogue: Epilogue,
    y: &mut [f32],
    y_stride: usize,
) {
    for o in 0..links.lists() {
        for image in 0..x.images {
            for j in 0..w.outputs.next_multiple_of(LANES) {
                let mut sum = bias.map_or(0.0, |bias| bias[j]);
                for &(tap, position) in links.list(o) {
                    for k in 0..w.inputs {
                        let feature = x.data[(position as usize * x.images + image) * x.stride + k];
                        sum = madd(feature, weight(w, tap as usize, k, j), sum);
                    }
                }
                let at = (o * x.images + image) * y_stride + j;
                let kept = match epilogue {
                    Epilogue::Linear => true,
                    Epilogue::Relu => sum >= 0.0 || sum.is_nan(),
                    Epilogue::Mask(mask) => mask[at] > 0.0,
                };
                y[at] = if kept { sum } else { 0.0 };
            }
        }
    }
}

fn weight(w: Weights, tap: usize, k: usize, j: usize) -> f32 {
    let (row, column) = if w.transposed { (j, k) } else { (k, j) };
    if j < w.outputs {
        w.data[(tap * w.tap_rows + row) * w.stride + column]
    } else {
        0.0
    }
}

/// The twin of [`crate::linear::weight_gradient`] without `tell`.
pub fn weight_gradient<'p>(
    task: &WeightGradient,
    part: impl Fn(usize) -> Part<'p>,
    dw: &mut [f32],
    bias: Option<&mut [f32]>,
) {
    let columns = task.outputs.next_multiple_of(LANES);
    for (row, out) in task.rows.clone().zip(dw.chunks_exact_mut(task.stride)) {
        let (tap, k) = (row / task.tap_rows, row % task.tap_rows);
        if k >= task.inputs {
            continue;
        }
        for (j, out) in out.iter_mut().enumerate().take(columns) {
            *out = 0.0;
            for Part { x, dy } in (0..task.parts).map(&part) {
                for &(o, position) in task.by_tap.list(tap) {
                    for image in 0..x.images {
                        let feature = x.data[(position as usize * x.images + image) * x.stride + k];
                        let delta = dy.data[(o as usize * x.images + image) * dy.stride + j];
                        *out = madd(feature, delta, *out);
                    }
                }
            }
        }
    }
    for (j, sum) in bias.into_iter().flatten().enumerate().take(columns) {
        *sum = 0.0;
        for Part { dy, .. } in (0..task.parts).map(&part) {
            *sum = (0..dy.positions * dy.images).fold(*sum, |sum, row| sum + dy.data[row * dy.stride + j]);
        }
    }
}
