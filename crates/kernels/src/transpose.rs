//! Transposed weights, for gradients with respect to inputs.

use crate::linear::Weights;
use crate::simd::F32x4;
use crate::LANES;

/// Columns of `w` that are visited together: one cache line, so that each line is read once.
const BLOCK: usize = 16;

/// `wt[t][j][k] = w[t][k][j]`. `wt` has `outputs` rows per tap of `wt_stride` floats; `k >= inputs` becomes zero.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four or less than a row needs.
pub fn transpose(w: Weights, taps: usize, inputs: usize, outputs: usize, wt: &mut [f32], wt_stride: usize) {
    assert!(
        w.stride.is_multiple_of(LANES) && outputs <= w.stride,
        "{outputs} columns in stride {}",
        w.stride
    );
    assert!(wt_stride.is_multiple_of(LANES) && inputs <= wt_stride, "{inputs} columns in stride {wt_stride}");
    let (stride, size) = (w.stride, outputs * wt_stride);
    for tap in 0..taps {
        let rows = &w.data[tap * w.tap_rows * stride..][..inputs * stride];
        let wt = &mut wt[tap * size..][..size];
        for block in (0..outputs).step_by(BLOCK) {
            let block = block..(block + BLOCK).min(outputs);
            for k in (0..wt_stride).step_by(LANES) {
                for j in block.clone().step_by(LANES) {
                    let columns = F32x4::transpose(four_rows(rows, stride, k, j));
                    for (j, column) in (j..block.end).zip(columns) {
                        column.store(&mut wt[j * wt_stride + k..]);
                    }
                }
            }
        }
    }
}

/// Columns `j..j + 4` of rows `k..k + 4`, zero beyond the last row.
#[inline(always)]
fn four_rows(rows: &[f32], stride: usize, k: usize, j: usize) -> [F32x4; LANES] {
    core::array::from_fn(|i| match rows.get((k + i) * stride + j..) {
        Some(row) if !row.is_empty() => F32x4::load(row),
        _ => F32x4::splat(0.0),
    })
}
