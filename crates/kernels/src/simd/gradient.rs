//! One tile of [`crate::linear::weight_gradient`].

use super::tile::{volume, Tile};
use crate::linear::Rows;
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Images of a packed panel of output gradients: 128 of eight columns are 4 KiB.
pub(crate) const PANEL_IMAGES: usize = 128;

/// Columns of a packed panel of output gradients.
const PANEL_COLUMNS: usize = 2 * LANES;

/// The output gradients of some images at eight columns, one after the other.
pub(crate) type Panel = [[f32; PANEL_COLUMNS]; PANEL_IMAGES];

/// The arguments of [`crate::linear::weight_gradient`], checked once, so that tiles may read without checks.
pub(crate) struct Gradient<'a> {
    x: Rows<'a>,
    dy: Rows<'a>,
    by_tap: &'a Links,
    images: usize,
    dw: &'a mut [f32],
    dw_rows: usize,
    dw_stride: usize,
}

impl<'a> Gradient<'a> {
    /// Checks that every element the sums name exists; `dw` is a band of `dw_rows` storage rows that belong to taps
    /// below `taps`.
    ///
    /// # Panics
    /// When one does not, or a stride is not a multiple of four.
    #[allow(clippy::too_many_arguments)] // those of the kernel
    pub(crate) fn new(
        x: Rows<'a>,
        dy: Rows<'a>,
        by_tap: &'a Links,
        taps: usize,
        images: usize,
        dw: &'a mut [f32],
        dw_rows: usize,
        dw_stride: usize,
    ) -> Self {
        assert!(dy.stride.is_multiple_of(LANES) && dy.stride <= dw_stride, "output stride {}", dy.stride);
        assert!(x.data.len() >= volume(images, x.positions, x.stride), "x is too short");
        assert!(dy.data.len() >= volume(images, dy.positions, dy.stride), "dy is too short");
        assert!(dw.len() >= volume(1, dw_rows, dw_stride), "dw is too short");
        assert!(by_tap.lists() >= taps, "links have {} lists", by_tap.lists());
        for &(o, position) in &by_tap.pairs {
            assert!((o as usize) < dy.positions && (position as usize) < x.positions, "links reach outside");
        }
        Gradient { x, dy, by_tap, images, dw, dw_rows, dw_stride }
    }

    /// Adds the terms of `images` to rows `row..row + M` of the band, columns `column..column + 4 N`. These rows belong
    /// to input features `k..k + M` of `tap`. Sums start from the content of the band if `accumulate`, else from zero.
    ///
    /// # Panics
    /// When the tile is not inside the band, or the features not inside `x`, or the images not inside the block.
    #[inline(always)]
    pub(crate) fn tile<const M: usize, const N: usize>(
        &mut self,
        images: Range<usize>,
        (tap, k): (usize, usize),
        row: usize,
        column: usize,
        accumulate: bool,
    ) {
        assert!(images.end <= self.images && k + M <= self.x.stride);
        assert!(row + M <= self.dw_rows && column + N * LANES <= self.dy.stride);
        let (x_step, dy_step) = (self.x.positions * self.x.stride, self.dy.positions * self.dy.stride);
        // SAFETY: `new` checked that `dw` holds `dw_rows` rows; the tile lies inside.
        let dw = unsafe { self.dw.as_mut_ptr().add(row * self.dw_stride + column) };
        let mut tile = if accumulate {
            // SAFETY: as above.
            unsafe { Tile::<M, N>::read(dw, self.dw_stride) }
        } else {
            Tile::start(None)
        };
        let at = |o: u32, position: u32, image: usize| {
            let x = image * x_step + position as usize * self.x.stride + k;
            let dy = image * dy_step + o as usize * self.dy.stride + column;
            // SAFETY: `new` checked that `x` and `dy` hold `images` images with every linked position; features and
            // columns lie inside a row.
            unsafe { (self.x.data.as_ptr().add(x), self.dy.data.as_ptr().add(dy)) }
        };
        match self.by_tap.list(tap) {
            &[(o, position)] => {
                if !images.is_empty() {
                    let (x, dy) = at(o, position, images.start);
                    // SAFETY: every image of the range exists.
                    unsafe { tile.add(images.len(), x, 1, x_step, dy, dy_step) };
                }
            }
            pairs => {
                for image in images {
                    for &(o, position) in pairs {
                        let (x, dy) = at(o, position, image);
                        // SAFETY: one term, whose addresses `at` gave.
                        unsafe { tile.add(1, x, 1, 0, dy, 0) };
                    }
                }
            }
        }
        // SAFETY: as for the read.
        unsafe { tile.write(false, dw, self.dw_stride) };
    }

    /// Copies the gradients of `images` at output position 0, columns `column..column + 8`, to the start of `panel`.
    ///
    /// # Panics
    /// When they do not fit or do not exist.
    pub(crate) fn pack(&self, images: Range<usize>, column: usize, panel: &mut Panel) {
        let step = self.dy.positions * self.dy.stride;
        for (packed, image) in panel[..images.len()].iter_mut().zip(images) {
            packed.copy_from_slice(&self.dy.data[image * step + column..][..PANEL_COLUMNS]);
        }
    }

    /// [`Gradient::tile`] of eight columns whose output gradients are in `panel`, where there is one output position.
    ///
    /// # Panics
    /// As there, and when the tap links more than one input position.
    #[inline(always)]
    pub(crate) fn packed_tile<const M: usize>(
        &mut self,
        images: Range<usize>,
        (tap, k): (usize, usize),
        row: usize,
        column: usize,
        panel: &Panel,
        accumulate: bool,
    ) {
        assert!(images.end <= self.images && images.len() <= PANEL_IMAGES);
        assert!(
            k + M <= self.x.stride && row + M <= self.dw_rows && column + PANEL_COLUMNS <= self.dy.stride
        );
        let positions = self.by_tap.list(tap);
        assert!(positions.len() <= 1, "tap {tap} meets one output position {} times", positions.len());
        // SAFETY: `new` checked that `dw` holds `dw_rows` rows; the tile lies inside.
        let dw = unsafe { self.dw.as_mut_ptr().add(row * self.dw_stride + column) };
        let mut tile = if accumulate {
            // SAFETY: as above.
            unsafe { Tile::<M, 2>::read(dw, self.dw_stride) }
        } else {
            Tile::start(None)
        };
        let x_step = self.x.positions * self.x.stride;
        if let (&[(_, position)], false) = (positions, images.is_empty()) {
            // SAFETY: `new` checked that `x` holds `images` images with every linked position; the assertions above
            // keep the features inside a position and the images inside `panel`.
            unsafe {
                let x =
                    self.x.data.as_ptr().add(images.start * x_step + position as usize * self.x.stride + k);
                tile.add(images.len(), x, 1, x_step, panel.as_ptr().cast(), PANEL_COLUMNS);
            }
        }
        // SAFETY: as for the read.
        unsafe { tile.write(false, dw, self.dw_stride) };
    }
}
