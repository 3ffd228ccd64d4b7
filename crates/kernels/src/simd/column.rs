//! Columns that come and go in rows with room behind them.
//!
//! Rows of a layer are short, so what counts is the way from row to row: for 3,072 rows of 33 numbers V8 needs 40 us a change with
//! these loops, 64 with slices that check every vector, and 77 with a call of `memory.copy` for each row (one run, on Zen 3).

use super::F32x4;
use crate::LANES;

/// Puts `values` before column `at` of rows of `columns` numbers that start `stride` floats apart; later columns move up.
///
/// # Panics
/// When there is no such column, a row has no room, or `values` does not have one number for each row.
pub fn insert_column(rows: &mut [f32], stride: usize, columns: usize, at: usize, values: &[f32]) {
    assert!(at <= columns && columns < stride, "column {at} of {columns} in a stride of {stride}");
    assert!(rows.len() == values.len() * stride, "{} numbers for {} floats", values.len(), rows.len());
    for (row, &value) in rows.chunks_exact_mut(stride).zip(values) {
        open(row, columns, at);
        row[at] = value;
    }
}

/// Adds column `at` of rows of `columns` numbers, `stride` floats apart, to `values`; later columns move down, and the last becomes
/// zero.
///
/// # Panics
/// When there is no such column.
pub fn remove_column(rows: &mut [f32], stride: usize, columns: usize, at: usize, values: &mut Vec<f32>) {
    assert!(at < columns && columns <= stride, "column {at} of {columns} in a stride of {stride}");
    values.extend(rows.chunks_exact_mut(stride).map(|row| {
        let value = row[at];
        close(row, columns, at);
        value
    }));
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that go and come back leave the rows as they were, whatever the widths; what lies behind a row stays.
    #[test]
    fn columns_go_and_come_back() {
        let stride = 24;
        for columns in 1..stride {
            for at in 0..columns {
                let mut rows: Vec<f32> = (0..3 * stride).map(|n| n as f32 + 1.0).collect();
                let before = rows.clone();
                let mut column = Vec::new();
                remove_column(&mut rows, stride, columns, at, &mut column);
                for (n, (new, old)) in rows.chunks(stride).zip(before.chunks(stride)).enumerate() {
                    let mut want = old.to_vec();
                    assert_eq!(column[n], want.remove(at));
                    want.insert(columns - 1, 0.0);
                    assert_eq!(new, want);
                }
                insert_column(&mut rows, stride, columns - 1, at, &column);
                assert_eq!(rows, before);
            }
        }
    }

    #[test]
    #[should_panic(expected = "column 4 of 4 in a stride of 4")]
    fn a_full_row_takes_no_column() {
        insert_column(&mut [0.0; 8], 4, 4, 4, &[1.0, 2.0]);
    }
}
