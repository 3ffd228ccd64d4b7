//! Transposed weights, for gradients with respect to inputs.

use crate::linear::Weights;
use crate::reference;

/// `wt[t][j][k] = w[t][k][j]`. `wt` has `outputs` rows per tap of `wt_stride` floats; `k >= inputs` becomes zero.
///
/// # Panics
/// When a slice is too short.
pub fn transpose(w: Weights, taps: usize, inputs: usize, outputs: usize, wt: &mut [f32], wt_stride: usize) {
    reference::transpose(w, taps, inputs, outputs, wt, wt_stride);
}
