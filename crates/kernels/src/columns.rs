//! Rows with one column more or less, and columns on their own.
//!
//! Vector by vector: engines copy the few floats of a narrow row through a call, which takes longer than the copy.

use crate::simd::shift::{close, open};
use crate::simd::F32x4;
use crate::LANES;

/// Each row of `to` becomes that of `from` with column `at` put in, its number the first of each vector of `column`. Rows
/// are as far apart as the strides say; what `from` has no number for becomes zero.
///
/// # Panics
/// When `from` or `column` has fewer rows than `to`, or `at` is no column of `to`.
pub fn insert(from: (&[f32], usize), column: &[f32], at: usize, to: (&mut [f32], usize)) {
    let mut column = column.chunks_exact(LANES);
    let stride = to.1;
    assert!(column.len() >= to.0.len() / stride && at < stride, "a number for every row");
    copied(from, to, |_, row| {
        open(row, stride - 1, at);
        row[at] = column.next().expect("as many as rows")[0];
    });
}

/// Each row of `to` becomes that of `from` without column `at`. Rows are as far apart as the strides say; what `from` has
/// no number for becomes zero.
///
/// # Panics
/// When `from` has fewer rows than `to`.
pub fn remove(from: (&[f32], usize), at: usize, to: (&mut [f32], usize)) {
    let stride = to.1;
    copied(from, to, |from, row| {
        // The columns in use may end before the last place, and so may what was copied.
        let next = from.get(stride).copied().unwrap_or(0.0);
        if at < stride {
            close(row, stride, at);
            row[stride - 1] = next;
        }
    });
}

/// Puts `values` before column `at` of rows of `columns` numbers that start `stride` floats apart; later columns move up.
///
/// # Panics
/// When there is no such column, a row has no room, or `values` does not have one number for each row.
pub fn insert_in_place(rows: &mut [f32], stride: usize, columns: usize, at: usize, values: &[f32]) {
    assert!(at <= columns && columns < stride, "column {at} of {columns} in a stride of {stride}");
    assert!(rows.len() == values.len() * stride, "{} numbers for {} floats", values.len(), rows.len());
    for (row, &value) in rows.chunks_exact_mut(stride).zip(values) {
        open(row, columns, at);
        row[at] = value;
    }
}

/// Takes column `at` of rows of `columns` numbers, `stride` floats apart, out into `values`; later columns move down, and the last
/// becomes zero.
///
/// # Panics
/// When there is no such column, or `values` does not have one place for each row.
pub fn remove_in_place(rows: &mut [f32], stride: usize, columns: usize, at: usize, values: &mut [f32]) {
    assert!(at < columns && columns <= stride, "column {at} of {columns} in a stride of {stride}");
    assert!(rows.len() == values.len() * stride, "{} places for {} floats", values.len(), rows.len());
    for (row, value) in rows.chunks_exact_mut(stride).zip(values) {
        *value = row[at];
        close(row, columns, at);
    }
}

/// Rows that are turned together: a column's share of them fills a line of the cache.
const TURNED: usize = 16;

/// Writes the columns of `rows` rows, `stride` floats apart, one after the other: each `rows` numbers long and then zeros up to whole
/// vectors. As many columns as fit into `to`.
///
/// # Panics
/// When there are fewer rows, or more columns than `stride`.
pub fn turn(from: &[f32], stride: usize, rows: usize, to: &mut [f32]) {
    let room = rows.next_multiple_of(LANES);
    if rows == 0 {
        return;
    }
    for first in (0..rows).step_by(TURNED) {
        for (four, to) in to.chunks_mut(room * LANES).enumerate() {
            for start in (first..rows.min(first + TURNED)).step_by(LANES) {
                let row = |lane: usize| match start + lane < rows {
                    true => F32x4::load(&from[(start + lane) * stride + four * LANES..]),
                    false => F32x4::splat(0.0),
                };
                let turned = F32x4::transpose([row(0), row(1), row(2), row(3)]);
                for (column, to) in turned.into_iter().zip(to.chunks_exact_mut(room)) {
                    column.store(&mut to[start..]);
                }
            }
        }
    }
}

/// `out[i] = column[i] - constant - sum of share x other[i]` over `others`, columns by number in `columns`, which are `out.len()`
/// floats long each.
///
/// # Panics
/// When the length is not a multiple of four, or a column is not there.
pub fn remainder(columns: &[f32], column: usize, others: &[(usize, f32)], constant: f32, out: &mut [f32]) {
    const VECTORS: usize = 8;
    let room = out.len();
    assert!(room.is_multiple_of(LANES), "columns are whole vectors");
    let tile = VECTORS * LANES;
    let at = |column: usize, from: usize, len: usize| &columns[column * room + from..][..len];
    for (out, from) in out.chunks_mut(tile).zip((0..).step_by(tile)) {
        let mut sums = [F32x4::splat(0.0); VECTORS];
        let start = at(column, from, out.len()).chunks_exact(LANES);
        sums.iter_mut().zip(start).for_each(|(sum, x)| *sum = F32x4::load(x) - F32x4::splat(constant));
        for &(other, share) in others {
            let (x, share) = (at(other, from, out.len()).chunks_exact(LANES), F32x4::splat(-share));
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = F32x4::load(x).madd(share, *sum));
        }
        out.chunks_exact_mut(LANES).zip(sums).for_each(|(out, sum)| sum.store(out));
    }
}

/// Adds to `sums` the products of each of the columns `listed` with those before it and itself: of each vector the four products on
/// their own, in order, so that sums over several parts are those over the whole where parts are whole vectors. Columns are `room`
/// floats long each.
///
/// # Panics
/// When `room` is not a multiple of four, a column is not there, or `sums` are too few.
pub fn add_products(columns: &[f32], room: usize, listed: &[usize], sums: &mut [F32x4]) {
    const TOGETHER: usize = 4;
    assert!(room.is_multiple_of(LANES), "columns are whole vectors");
    let column = |index: usize| &columns[index * room..][..room];
    let mut sums = &mut sums[..listed.len() * (listed.len() + 1) / 2];
    for (i, &index) in listed.iter().enumerate() {
        let (own, rest) = sums.split_at_mut(i + 1);
        for (sums, others) in own.chunks_mut(TOGETHER).zip(listed.chunks(TOGETHER)) {
            // Several sums at once, as each addition waits for the one before it.
            let mut tile = [F32x4::splat(0.0); TOGETHER];
            tile.iter_mut().zip(&*sums).for_each(|(tile, sum)| *tile = *sum);
            let others: [&[f32]; TOGETHER] =
                core::array::from_fn(|k| column(others[k.min(others.len() - 1)]));
            for (at, x) in column(index).chunks_exact(LANES).enumerate() {
                let x = F32x4::load(x);
                for (tile, other) in tile.iter_mut().zip(others) {
                    *tile = F32x4::load(&other[at * LANES..]).madd(x, *tile);
                }
            }
            sums.iter_mut().zip(tile).for_each(|(sum, tile)| *sum = tile);
        }
        sums = rest;
    }
}

/// Copies rows, as far as both go, with zeros behind; then `change` sees both.
fn copied(
    (from, from_stride): (&[f32], usize),
    (to, to_stride): (&mut [f32], usize),
    mut change: impl FnMut(&[f32], &mut [f32]),
) {
    let rows = from.chunks_exact(from_stride);
    assert!(rows.len() >= to.len() / to_stride, "fewer rows than asked for");
    for (row, to) in rows.zip(to.chunks_exact_mut(to_stride)) {
        let mut vectors = row.chunks_exact(LANES);
        for to in to.chunks_exact_mut(LANES) {
            vectors.next().map_or(F32x4::splat(0.0), F32x4::load).store(to);
        }
        change(row, to);
    }
}

/// Puts the images in which a feature is not zero everywhere in front of `list` and gives their number: its value at `position` of image
/// `image` is `values[(position * images + image) * stride]`.
///
/// # Panics
/// When a value is not there, or the list has no room for all images.
pub fn touched(values: &[f32], stride: usize, positions: usize, images: usize, list: &mut [u32]) -> usize {
    let mut count = 0;
    for image in 0..images {
        list[count] = image as u32;
        let at = |position: usize| values[(position * images + image) * stride];
        count += usize::from((0..positions).any(|position| at(position) != 0.0));
    }
    count
}
