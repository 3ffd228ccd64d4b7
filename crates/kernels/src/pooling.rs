//! Maximum and average pooling over the cells of a window that lie inside the plane.
//!
//! The values of all images at one position lie together, so a position is one long row of independent values.

use crate::linear::Rows;
use crate::simd::{F32x4, I32x4};
use crate::window::Links;
use crate::LANES;

/// Floats of all images at one position.
fn row_of(x: &Rows) -> usize {
    assert_eq!(x.stride % LANES, 0, "stride {} is not padded", x.stride);
    x.images * x.stride
}

/// `y[o][image][c] = max over (t, p) in by_output[o] of x[p][image][c]`, for all `x.stride` lanes. `argmax` gets the
/// input position of each maximum, the first one on ties. A NaN among the cells is the maximum.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four, or an output position has no cell.
pub fn max_pool(x: Rows, by_output: &Links, y: &mut [f32], argmax: &mut [u32]) {
    let row = row_of(&x);
    for o in 0..by_output.lists() {
        let cells = by_output.list(o);
        assert!(!cells.is_empty(), "output position {o} sees no cell");
        let out = y[o * row..][..row].chunks_exact_mut(LANES);
        let places = argmax[o * row..][..row].chunks_exact_mut(LANES);
        for (block, (out, places)) in out.zip(places).enumerate() {
            let cell = |p: u32| F32x4::load(&x.data[p as usize * row + block * LANES..]);
            let mut best = cell(cells[0].1);
            let mut place = I32x4::splat(cells[0].1 as i32);
            for &(_, p) in &cells[1..] {
                let value = cell(p);
                let better = best.lt(value).or(value.ne(value));
                best = better.select(value, best);
                place = better.select_i32(I32x4::splat(p as i32), place);
            }
            best.store(out);
            places.copy_from_slice(&place.to_array().map(|p| p as u32));
        }
    }
}

/// `dx[argmax][image] += dy[o][image]` per lane, output positions ascending, after `dx` is set to zero.
///
/// `argmax` is that of [`max_pool`]; `dx` has `x_positions` positions and the images and the stride of `dy`.
///
/// # Panics
/// When a slice is too short.
pub fn max_pool_backward(dy: Rows, argmax: &[u32], dx: &mut [f32], x_positions: usize) {
    let row = row_of(&dy);
    dx[..x_positions * row].fill(0.0);
    for o in 0..dy.positions {
        let (deltas, places) = (&dy.data[o * row..][..row], &argmax[o * row..][..row]);
        for (lane, (&delta, &place)) in deltas.iter().zip(places).enumerate() {
            dx[place as usize * row + lane] += delta;
        }
    }
}

/// `y[o][image][c] = (sum over (t, p) in by_output[o] of x[p][image][c]) / cells`, for all `x.stride` lanes, where
/// `cells` counts the cells inside the plane.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four.
pub fn average_pool(x: Rows, by_output: &Links, y: &mut [f32]) {
    let row = row_of(&x);
    for o in 0..by_output.lists() {
        let cells = by_output.list(o);
        let share = F32x4::splat(1.0 / cells.len() as f32);
        for (block, out) in y[o * row..][..row].chunks_exact_mut(LANES).enumerate() {
            let mut sum = F32x4::splat(0.0);
            for &(_, p) in cells {
                sum = sum + F32x4::load(&x.data[p as usize * row + block * LANES..]);
            }
            (sum * share).store(out);
        }
    }
}

/// `dx[p][image] += dy[o][image] / cells` for each (t, p) in `by_output[o]`, output positions ascending, after `dx` is set
/// to zero. `dx` has `x_positions` positions and the images and the stride of `dy`.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four.
pub fn average_pool_backward(dy: Rows, by_output: &Links, dx: &mut [f32], x_positions: usize) {
    let row = row_of(&dy);
    dx[..x_positions * row].fill(0.0);
    for o in 0..dy.positions {
        let deltas = &dy.data[o * row..][..row];
        let cells = by_output.list(o);
        let share = F32x4::splat(1.0 / cells.len() as f32);
        for &(_, p) in cells {
            let out = dx[p as usize * row..][..row].chunks_exact_mut(LANES);
            for (out, delta) in out.zip(deltas.chunks_exact(LANES)) {
                F32x4::load(delta).madd(share, F32x4::load(out)).store(out);
            }
        }
    }
}
