//! The numbers of a row moved by one place.
//!
//! Rows of a layer are short, so what counts is the way from row to row: for 3,072 rows of 33 numbers V8 needs 40 us a change, the mean of
//! a column more and one less, with these loops, 64 with slices that check every vector, and 77 with a call of `memory.copy` for each row (one run, on Zen 3).

use super::F32x4;
use crate::LANES;

/// Moves the numbers of a row of `columns` up by one, those from `at` on.
#[inline(always)]
pub(crate) fn open(row: &mut [f32], columns: usize, at: usize) {
    assert!(at <= columns && columns < row.len());
    let (row, mut column) = (row.as_mut_ptr(), columns);
    // SAFETY: the places up to `columns` lie in the row.
    unsafe {
        while column >= at + LANES {
            column -= LANES;
            F32x4::read(row.add(column)).write(row.add(column + 1));
        }
        while column > at {
            column -= 1;
            *row.add(column + 1) = *row.add(column);
        }
    }
}

/// Moves the numbers of a row of `columns` down by one, those behind `at`; the last place becomes zero.
#[inline(always)]
pub(crate) fn close(row: &mut [f32], columns: usize, at: usize) {
    assert!(at < columns && columns <= row.len());
    let (row, mut column, last) = (row.as_mut_ptr(), at, columns - 1);
    // SAFETY: the places up to `last` lie in the row.
    unsafe {
        while column + LANES <= last {
            F32x4::read(row.add(column + 1)).write(row.add(column));
            column += LANES;
        }
        while column < last {
            *row.add(column) = *row.add(column + 1);
            column += 1;
        }
        *row.add(last) = 0.0;
    }
}
