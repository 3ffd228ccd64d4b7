//! A packed panel: the columns of one register tile, term after term, so that a tile reads them in one stream.

use super::F32x4;
use crate::LANES;
use core::mem::MaybeUninit;

/// Terms of a panel. 512 terms of eight columns take 16 KiB of a first-level cache of 32 KiB, six rows of as many features 12, and a
/// tile reads and writes its sums once for 512 terms.
pub(super) const PANEL_TERMS: usize = 512;

/// Columns of the widest tile.
const MOST_COLUMNS: usize = 3 * LANES;

/// Room for [`PANEL_TERMS`] terms of the widest tile. It lives on the stack and is never cleared: clearing it would
/// cost a small layer more than its sums.
#[repr(align(64))]
pub(super) struct Panel(MaybeUninit<[f32; PANEL_TERMS * MOST_COLUMNS]>);

impl Panel {
    /// Room with nothing in it.
    pub(super) const fn new() -> Self {
        Panel(MaybeUninit::uninit())
    }

    /// The values of term 0. Term `i` of a panel of `4 N` columns lies at `i * 4 N`.
    #[inline(always)]
    pub(super) fn terms(&self) -> *const f32 {
        self.0.as_ptr().cast()
    }

    /// Writes the `n`-th vector of term `term` of a panel of `4 N` columns.
    ///
    /// # Safety
    /// `term < PANEL_TERMS` and `n < N <= 3`.
    #[inline(always)]
    pub(super) unsafe fn put<const N: usize>(&mut self, term: usize, n: usize, values: F32x4) {
        // SAFETY: the caller keeps the place inside the room.
        unsafe { values.write(self.0.as_mut_ptr().cast::<f32>().add((term * N + n) * LANES)) };
    }
}
