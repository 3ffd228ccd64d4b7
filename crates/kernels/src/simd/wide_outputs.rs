//! Weight gradients of layers of many outputs at one position, as wide dense layers have them. A tile walks down columns of `x` and of
//! `dy`, a page for every image or two: with more pages than the first-level TLB has entries (64 on Zen 3) each step waits. So
//! the columns of a strip are packed first, those of `x` once for all panels. On Zen 3, at 100 images, with tiles of three rows by twelve
//! columns, 2048 x 2048 ran at 81 % of the peak in place of 67, 784 x 512 at 82 in place of 78 and 512 x 512 at 85 in place of 81 (one run);
//! with 256 outputs packing cost as much as it won, with 100 a tenth. The terms of a sum and their order stay.

use super::gradient::{At, Columns, Gradient, Terms, MOST_TERMS, STRIP};
use super::panel::{Panel, PANEL_TERMS};
use super::runs::Run;
use super::tile::{Tile, NOTHING, ROWS};
use super::F32x4;
use crate::LANES;
use core::mem::MaybeUninit;

/// Outputs from which packing pays.
const WIDE: usize = 512;
/// Fewest features of a strip for which it pays: two tiles share a panel of `dy`.
const FEWEST: usize = 12;
/// Vectors of columns of the tile.
const VECTORS: usize = 2;
const COLUMNS: usize = VECTORS * LANES;
/// Tiles below each other in a strip.
const TILES: usize = STRIP / ROWS;

/// Columns of `x` for the tiles of a strip, one tile after the other, and in each its terms.
struct Tiles {
    values: MaybeUninit<[f32; TILES * MOST_TERMS * ROWS]>,
    /// Tiles, and floats from one to the next.
    count: usize,
    step: usize,
}

impl Tiles {
    /// Packs the features from `at.k` to `end` that fill whole tiles. Gives the number of terms.
    ///
    /// # Panics
    /// When these are more than [`MOST_TERMS`].
    ///
    /// # Safety
    /// The runs hold these features of every image.
    #[inline(always)]
    unsafe fn pack(&mut self, at: At, end: usize, runs: &Columns, x_step: usize) -> usize {
        let terms = runs.iter().map(|run| run.count).sum();
        assert!(terms <= MOST_TERMS && end - at.k <= STRIP, "{terms} terms of {} features", end - at.k);
        (self.count, self.step) = ((end - at.k) / ROWS, terms * ROWS);
        let to: *mut f32 = self.values.as_mut_ptr().cast();
        let mut term = 0;
        for Run { a, count, .. } in runs.iter() {
            for image in 0..count {
                for tile in 0..self.count {
                    // SAFETY: the caller vouches for the features.
                    unsafe {
                        let from = a.add(at.k + image * x_step + tile * ROWS);
                        let to = to.add(tile * self.step + term * ROWS);
                        F32x4::read(from).write(to);
                        (LANES..ROWS).for_each(|row| *to.add(row) = *from.add(row));
                    }
                }
                term += 1;
            }
        }
        terms
    }
}

impl Gradient<'_, '_> {
    /// Whether [`Gradient::wide_strip`] serves this layer.
    pub(super) fn has_wide_outputs(&self) -> bool {
        self.outputs == 1 && self.columns >= WIDE
    }

    /// The columns of features `at.k..end`, as far as they fill panels of the widest tile; none where these features are few. Gives the
    /// column behind them; `row` is the first row in the band.
    #[inline(never)]
    pub(super) fn wide_strip(
        &mut self,
        terms: &Terms,
        at: At,
        row: usize,
        end: usize,
        runs: &Columns,
    ) -> usize {
        const { assert!(MOST_TERMS <= PANEL_TERMS) };
        if end - at.k < FEWEST {
            return at.column;
        }
        let mut x = Tiles { values: MaybeUninit::uninit(), count: 0, step: 0 };
        let mut dy = Panel::new();
        // SAFETY: `find` gave images that exist, each with all features.
        let all = unsafe { x.pack(at, end, runs, self.steps.0) };
        let mut column = at.column;
        while column + COLUMNS <= self.columns {
            self.announce(terms, row..row + end - at.k, column);
            let mut term = 0;
            for Run { b, count, .. } in runs.iter() {
                for image in 0..count {
                    for n in 0..VECTORS {
                        // SAFETY: as above, with all columns; `pack` has seen that there are no more terms than fit.
                        unsafe {
                            let from = b.add(column + image * self.steps.1 + n * LANES);
                            dy.put::<VECTORS>(term, n, F32x4::read(from));
                        }
                    }
                    term += 1;
                }
            }
            // SAFETY: `new` checked that the band holds all its rows; the strip lies inside.
            unsafe {
                let band = self.sums.as_mut_ptr().add(at.row * self.task.stride + column);
                tiles(all, &x, &dy, band, self.task.stride, terms.first);
            }
            let done = x.count * ROWS;
            self.strip::<VECTORS>(terms, At { k: at.k + done, row: at.row + done, column }, end, runs);
            column += COLUMNS;
        }
        column
    }
}

/// One panel: all tiles of the strip, whose first sum rests at `band`.
///
/// # Safety
/// `x` and `dy` hold `terms` terms, and `band` all rows, `stride` floats apart.
#[inline(never)]
unsafe fn tiles(terms: usize, x: &Tiles, dy: &Panel, band: *mut f32, stride: usize, first: bool) {
    let from: *const f32 = x.values.as_ptr().cast();
    for index in 0..x.count {
        // SAFETY: the caller vouches for all places.
        unsafe {
            let band = band.add(index * ROWS * stride);
            let (start, step) = if first { NOTHING } else { (band.cast_const(), stride) };
            let mut tile = Tile::<ROWS, VECTORS>::read(start, step);
            tile.add(terms, from.add(index * x.step), 1, ROWS, dy.terms(), COLUMNS);
            tile.write(band, stride, |sum, _, _| sum);
        }
    }
}
