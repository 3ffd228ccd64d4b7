//! Normalisation: of columns, whose statistics run over all rows (batch normalisation), and of rows, whose statistics run
//! over all columns (layer normalisation).
//!
//! `x^ = (x - mean) inv`, where `inv = 1 / sqrt(variance + epsilon)`; `y = x^ gain + shift`. Rows are `stride` floats
//! apart; columns come in whole vectors, as many as `gain` and its like hold. Pads of `x`, `dy`, gain and shift are zero, so
//! those of results are.

use crate::simd::F32x4;
use crate::LANES;

/// The vectors of a slice.
fn fours(values: &[f32]) -> impl Iterator<Item = F32x4> + '_ {
    values.chunks_exact(LANES).map(F32x4::load)
}

/// Mean of each column over all rows of `x`, and the sum of the squares of its values' distances from it.
///
/// # Panics
/// When `mean` and `squares` differ in length.
pub fn column_moments(x: &[f32], stride: usize, mean: &mut [f32], squares: &mut [f32]) {
    assert_eq!(mean.len(), squares.len());
    mean.fill(0.0);
    squares.fill(0.0);
    for row in x.chunks_exact(stride) {
        for (sum, x) in mean.chunks_exact_mut(LANES).zip(fours(row)) {
            (F32x4::load(sum) + x).store(sum);
        }
    }
    let rows = (x.len() / stride) as f32;
    mean.iter_mut().for_each(|sum| *sum /= rows);
    for row in x.chunks_exact(stride) {
        for ((sum, mean), x) in squares.chunks_exact_mut(LANES).zip(fours(mean)).zip(fours(row)) {
            let distance = x - mean;
            distance.madd(distance, F32x4::load(sum)).store(sum);
        }
    }
}

/// `y = x^ gain + shift`, statistics by column.
pub fn normalize_columns(x: &[f32], stride: usize, [mean, inv, gain, shift]: [&[f32]; 4], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(stride).zip(y.chunks_exact_mut(stride)) {
        let columns = fours(mean).zip(fours(inv)).zip(fours(gain).zip(fours(shift)));
        for ((((mean, inv), (gain, shift)), x), y) in columns.zip(fours(x)).zip(y.chunks_exact_mut(LANES)) {
            ((x - mean) * inv).madd(gain, shift).store(y);
        }
    }
}

/// Sums over all rows: of `dy x^`, then of `dy`, the gradients of gain and shift.
pub fn column_sums(dy: &[f32], x: &[f32], stride: usize, [mean, inv]: [&[f32]; 2], sums: [&mut [f32]; 2]) {
    let [by_gain, by_shift] = sums;
    by_gain.fill(0.0);
    by_shift.fill(0.0);
    for (dy, x) in dy.chunks_exact(stride).zip(x.chunks_exact(stride)) {
        let columns = fours(mean).zip(fours(inv)).zip(fours(dy).zip(fours(x)));
        let sums = by_gain.chunks_exact_mut(LANES).zip(by_shift.chunks_exact_mut(LANES));
        for (((mean, inv), (dy, x)), (by_gain, by_shift)) in columns.zip(sums) {
            dy.madd((x - mean) * inv, F32x4::load(by_gain)).store(by_gain);
            (F32x4::load(by_shift) + dy).store(by_shift);
        }
    }
}

/// `dx = gain inv (dy - mean of dy - x^ times mean of dy x^)` in place of `dy`, means over all rows of the batch.
pub fn columns_backward(
    dy: &mut [f32],
    x: &[f32],
    stride: usize,
    [mean, inv, gain]: [&[f32]; 3],
    [mean_dy_x, mean_dy]: [&[f32]; 2],
) {
    for (dy, x) in dy.chunks_exact_mut(stride).zip(x.chunks_exact(stride)) {
        let columns = fours(mean).zip(fours(inv)).zip(fours(gain)).zip(fours(mean_dy_x).zip(fours(mean_dy)));
        for ((dy, x), (((mean, inv), gain), (mean_dy_x, mean_dy))) in
            dy.chunks_exact_mut(LANES).zip(fours(x)).zip(columns)
        {
            let normal = (x - mean) * inv;
            (gain * inv * (F32x4::load(dy) - mean_dy - normal * mean_dy_x)).store(dy);
        }
    }
}

/// `y = x^ gain + shift`, statistics by row, over the first `width` columns. `moments` takes mean and `inv` of each row.
///
/// # Panics
/// When `moments` is too short for the rows.
pub fn normalize_rows(
    x: &[f32],
    stride: usize,
    (width, epsilon): (usize, f32),
    [gain, shift]: [&[f32]; 2],
    y: &mut [f32],
    moments: &mut [f32],
) {
    assert!(moments.len() >= 2 * (x.len() / stride), "two numbers for each row");
    let (columns, count) = (width.next_multiple_of(LANES), width as f32);
    let rows = x.chunks_exact(stride).zip(y.chunks_exact_mut(stride));
    for ((x, y), moments) in rows.zip(moments.chunks_exact_mut(2)) {
        let x = &x[..columns];
        let mean = fours(x).fold(F32x4::splat(0.0), |sum, x| sum + x).sum() / count;
        let squares = (0..width).step_by(LANES).zip(fours(x)).fold(F32x4::splat(0.0), |sum, (column, x)| {
            let distance = (x - F32x4::splat(mean)).keep_first(width - column);
            distance.madd(distance, sum)
        });
        let inv = 1.0 / (squares.sum() / count + epsilon).sqrt();
        (moments[0], moments[1]) = (mean, inv);
        let (mean, inv) = (F32x4::splat(mean), F32x4::splat(inv));
        for ((x, y), (gain, shift)) in
            fours(x).zip(y.chunks_exact_mut(LANES)).zip(fours(gain).zip(fours(shift)))
        {
            ((x - mean) * inv).madd(gain, shift).store(y);
        }
    }
}

/// `dx = inv (g - mean of g - x^ times mean of g x^)` in place of `dy`, where `g = dy gain` and means run over the row; and
/// the sums over all rows of `dy x^`, then of `dy`, the gradients of gain and shift.
///
/// # Panics
/// When `moments` is too short for the rows.
pub fn rows_backward(
    dy: &mut [f32],
    x: &[f32],
    (stride, width): (usize, usize),
    (gain, moments): (&[f32], &[f32]),
    sums: [&mut [f32]; 2],
) {
    assert!(moments.len() >= 2 * (x.len() / stride), "two numbers for each row");
    let [by_gain, by_shift] = sums;
    by_gain.fill(0.0);
    by_shift.fill(0.0);
    let (columns, count) = (width.next_multiple_of(LANES), F32x4::splat(width as f32));
    let zero = F32x4::splat(0.0);
    let rows = dy.chunks_exact_mut(stride).zip(x.chunks_exact(stride));
    for ((dy, x), moments) in rows.zip(moments.chunks_exact(2)) {
        let (dy, x) = (&mut dy[..columns], &x[..columns]);
        let (mean, inv) = (F32x4::splat(moments[0]), F32x4::splat(moments[1]));
        let (mut sum, mut product) = (zero, zero);
        let sums = by_gain.chunks_exact_mut(LANES).zip(by_shift.chunks_exact_mut(LANES));
        for (((dy, x), gain), (by_gain, by_shift)) in fours(dy).zip(fours(x)).zip(fours(gain)).zip(sums) {
            let (normal, g) = ((x - mean) * inv, dy * gain);
            sum = sum + g;
            product = g.madd(normal, product);
            dy.madd(normal, F32x4::load(by_gain)).store(by_gain);
            (F32x4::load(by_shift) + dy).store(by_shift);
        }
        let (sum, product) = (F32x4::splat(sum.sum()) / count, F32x4::splat(product.sum()) / count);
        for (column, ((dy, x), gain)) in
            (0..width).step_by(LANES).zip(dy.chunks_exact_mut(LANES).zip(fours(x)).zip(fours(gain)))
        {
            let g = F32x4::load(dy) * gain;
            (inv * (g - sum - (x - mean) * inv * product)).keep_first(width - column).store(dy);
        }
    }
}
