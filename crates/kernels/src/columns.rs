//! Rows with one column more or less.
//!
//! Vector by vector: engines copy the few floats of a narrow row through a call, which takes longer than the copy.

use crate::simd::F32x4;
use crate::LANES;

/// Each row of `to` becomes that of `from` with column `at` put in, its number the first of each vector of `column`. Rows
/// are as far apart as the strides say; what `from` has no number for becomes zero.
///
/// # Panics
/// When `from` or `column` has fewer rows than `to`, or `at` is no column of `to`.
pub fn insert(from: (&[f32], usize), column: &[f32], at: usize, to: (&mut [f32], usize)) {
    let mut column = column.chunks_exact(LANES);
    assert!(column.len() >= to.0.len() / to.1, "a number for every row");
    splice(from, at, -1, to, |row| row[at] = column.next().expect("as many as rows")[0]);
}

/// Each row of `to` becomes that of `from` without column `at`. Rows are as far apart as the strides say; what `from` has
/// no number for becomes zero.
///
/// # Panics
/// When `from` has fewer rows than `to`.
pub fn remove(from: (&[f32], usize), at: usize, to: (&mut [f32], usize)) {
    splice(from, at, 1, to, |_| {});
}

/// From column `at` on, `to` takes what lies `shift` further in `from`; then `finish` sees the row.
fn splice(
    (from, from_stride): (&[f32], usize),
    at: usize,
    shift: isize,
    (to, to_stride): (&mut [f32], usize),
    mut finish: impl FnMut(&mut [f32]),
) {
    let rows = from.chunks_exact(from_stride);
    assert!(rows.len() >= to.len() / to_stride, "fewer rows than asked for");
    for (row, to) in rows.zip(to.chunks_exact_mut(to_stride)) {
        for (start, to) in (0..).step_by(LANES).zip(to.chunks_exact_mut(LANES)) {
            let source = |column: usize| if column < at { column } else { column.wrapping_add_signed(shift) };
            let (first, last) = (source(start), source(start + LANES - 1));
            match row.get(first..last.wrapping_add(1)) {
                Some(four) if four.len() == LANES => F32x4::load(four).store(to),
                // The vector at the edge, and the one that reads past the row.
                _ => to.iter_mut().zip(start..).for_each(|(to, column)| {
                    *to = row.get(source(column)).copied().unwrap_or(0.0);
                }),
            }
        }
        finish(to);
    }
}
