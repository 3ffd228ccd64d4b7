//! Four rows side by side.

use super::tile::volume;
use super::F32x4;
use crate::LANES;

/// Up to four rows of a matrix, the rows in the lanes: no lane is idle in a row of ten.
#[derive(Clone, Copy)]
pub(crate) struct FourRows<'a> {
    data: &'a [f32],
    /// Where each row starts; those that are not there repeat the last one.
    starts: [usize; LANES],
    /// Numbers in a row, whole vectors.
    width: usize,
}

impl<'a> FourRows<'a> {
    /// The rows from `first` on, of `rows` rows of `stride` floats, `width` of them in use.
    ///
    /// # Panics
    /// When `data` is too short or there is no such row.
    #[inline(always)]
    pub(crate) fn new(data: &'a [f32], stride: usize, width: usize, first: usize, rows: usize) -> Self {
        assert!(first < rows && data.len() >= volume(1, rows, stride), "a row is missing");
        let width = width.next_multiple_of(LANES);
        assert!(width <= stride, "{width} columns in a stride of {stride}");
        let last = rows - 1;
        let start = |lane: usize| if first + lane < last { (first + lane) * stride } else { last * stride };
        FourRows { data, starts: core::array::from_fn(start), width }
    }

    /// Columns `column..column + 4` of each row.
    ///
    /// # Panics
    /// When they do not exist.
    #[inline(always)]
    pub(crate) fn rows(&self, column: usize) -> [F32x4; LANES] {
        assert!(column + LANES <= self.width);
        // SAFETY: `new` checked that every row is there, with `width` columns.
        self.starts.map(|start| unsafe { F32x4::read(self.data.as_ptr().add(start + column)) })
    }

    /// The same columns, with the rows in the lanes.
    ///
    /// # Panics
    /// When they do not exist.
    #[inline(always)]
    pub(crate) fn block(&self, column: usize) -> [F32x4; LANES] {
        F32x4::transpose(self.rows(column))
    }
}
