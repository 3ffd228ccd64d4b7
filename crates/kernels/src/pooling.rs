//! Maximum and average pooling over the cells of a window that lie inside the plane.

use crate::linear::Rows;
use crate::simd::{F32x4, I32x4};
use crate::window::Links;
use crate::LANES;

/// `y[image][o][c] = max over (t, p) in by_output[o] of x[image][p][c]`, for all `x.stride` lanes. `argmax` gets the
/// input position of each maximum, the first one on ties. A NaN among the cells is the maximum.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four, or an output position has no cell.
pub fn max_pool(
    x: Rows,
    by_output: &Links,
    images: usize,
    y: &mut [f32],
    y_positions: usize,
    argmax: &mut [u32],
) {
    assert_eq!(x.stride % LANES, 0, "stride {} is not padded", x.stride);
    for image in 0..images {
        let image_x = &x.data[image * x.positions * x.stride..][..x.positions * x.stride];
        for o in 0..y_positions {
            let at = (image * y_positions + o) * x.stride;
            let cells = by_output.list(o);
            assert!(!cells.is_empty(), "output position {o} sees no cell");
            let out = y[at..at + x.stride].chunks_exact_mut(LANES);
            let places = argmax[at..at + x.stride].chunks_exact_mut(LANES);
            for (block, (out, places)) in out.zip(places).enumerate() {
                let cell = |p: u32| F32x4::load(&image_x[p as usize * x.stride + block * LANES..]);
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
}

/// `dx[image][argmax] += dy[image][o]` per lane, output positions ascending, after `dx` is set to zero.
///
/// `argmax` is that of [`max_pool`]; `dx` has `x_positions` positions per image and the stride of `dy`.
///
/// # Panics
/// When a slice is too short.
pub fn max_pool_backward(dy: Rows, argmax: &[u32], images: usize, dx: &mut [f32], x_positions: usize) {
    let stride = dy.stride;
    for image in 0..images {
        let image_dx = &mut dx[image * x_positions * stride..][..x_positions * stride];
        image_dx.fill(0.0);
        let size = dy.positions * stride;
        let deltas = &dy.data[image * size..][..size];
        let places = &argmax[image * size..][..size];
        for (deltas, places) in deltas.chunks_exact(stride).zip(places.chunks_exact(stride)) {
            for (lane, (&delta, &place)) in deltas.iter().zip(places).enumerate() {
                image_dx[place as usize * stride + lane] += delta;
            }
        }
    }
}

/// `y[image][o][c] = (sum over (t, p) in by_output[o] of x[image][p][c]) / cells`, for all `x.stride` lanes, where
/// `cells` counts the cells inside the plane.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four.
pub fn average_pool(x: Rows, by_output: &Links, images: usize, y: &mut [f32], y_positions: usize) {
    assert_eq!(x.stride % LANES, 0, "stride {} is not padded", x.stride);
    for image in 0..images {
        let image_x = &x.data[image * x.positions * x.stride..][..x.positions * x.stride];
        for o in 0..y_positions {
            let at = (image * y_positions + o) * x.stride;
            let cells = by_output.list(o);
            let share = F32x4::splat(1.0 / cells.len() as f32);
            for (block, out) in y[at..at + x.stride].chunks_exact_mut(LANES).enumerate() {
                let mut sum = F32x4::splat(0.0);
                for &(_, p) in cells {
                    sum = sum + F32x4::load(&image_x[p as usize * x.stride + block * LANES..]);
                }
                (sum * share).store(out);
            }
        }
    }
}

/// `dx[image][p] += dy[image][o] / cells` for each (t, p) in `by_output[o]`, output positions ascending, after `dx` is
/// set to zero. `dx` has `x_positions` positions per image and the stride of `dy`.
///
/// # Panics
/// When a slice is too short, or a stride is not a multiple of four.
pub fn average_pool_backward(dy: Rows, by_output: &Links, images: usize, dx: &mut [f32], x_positions: usize) {
    let stride = dy.stride;
    assert_eq!(stride % LANES, 0, "stride {stride} is not padded");
    for image in 0..images {
        let image_dx = &mut dx[image * x_positions * stride..][..x_positions * stride];
        image_dx.fill(0.0);
        for o in 0..dy.positions {
            let deltas = &dy.data[(image * dy.positions + o) * stride..][..stride];
            let cells = by_output.list(o);
            let share = F32x4::splat(1.0 / cells.len() as f32);
            for &(_, p) in cells {
                let out = image_dx[p as usize * stride..][..stride].chunks_exact_mut(LANES);
                for (out, delta) in out.zip(deltas.chunks_exact(LANES)) {
                    F32x4::load(delta).madd(share, F32x4::load(out)).store(out);
                }
            }
        }
    }
}
