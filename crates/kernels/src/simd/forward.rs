//! One tile of [`crate::linear::forward`].

use super::tile::{volume, Tile};
use crate::linear::{Epilogue, Rows, Weights};
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Rows of a packed panel of weights: 256 of eight columns are 8 KiB, a quarter of a small first-level cache.
pub(crate) const PANEL_ROWS: usize = 256;

/// Columns of a packed panel of weights.
const PANEL_COLUMNS: usize = 2 * LANES;

/// The weights of some terms at eight columns, one after the other.
pub(crate) type Panel = [[f32; PANEL_COLUMNS]; PANEL_ROWS];

/// The arguments of [`crate::linear::forward`], checked once, so that tiles may read without checks.
pub(crate) struct Forward<'a> {
    x: Rows<'a>,
    links: &'a Links,
    images: usize,
    inputs: usize,
    w: Weights<'a>,
    bias: Option<&'a [f32]>,
    relu: bool,
    y: &'a mut [f32],
    y_positions: usize,
    y_stride: usize,
}

impl<'a> Forward<'a> {
    /// Checks that every element the sums name exists.
    ///
    /// # Panics
    /// When one does not, or a stride is not a multiple of four.
    #[allow(clippy::too_many_arguments)] // those of the kernel
    pub(crate) fn new(
        x: Rows<'a>,
        links: &'a Links,
        images: usize,
        inputs: usize,
        w: Weights<'a>,
        bias: Option<&'a [f32]>,
        epilogue: Epilogue,
        y: &'a mut [f32],
        y_positions: usize,
        y_stride: usize,
    ) -> Self {
        assert!(inputs <= x.stride && inputs <= w.tap_rows, "{inputs} inputs do not fit a row");
        assert!(y_stride.is_multiple_of(LANES) && y_stride <= w.stride, "output stride {y_stride}");
        assert!(x.data.len() >= volume(images, x.positions, x.stride), "x is too short");
        assert!(y.len() >= volume(images, y_positions, y_stride), "y is too short");
        assert!(bias.is_none_or(|bias| bias.len() >= y_stride), "bias is too short");
        assert!(links.lists() >= y_positions, "links have {} lists", links.lists());
        let taps = links.pairs.iter().fold(0, |most, &(tap, _)| most.max(tap as usize + 1));
        let positions = links.pairs.iter().fold(0, |most, &(_, position)| most.max(position as usize + 1));
        assert!(positions <= x.positions, "links reach position {positions} of {}", x.positions);
        assert!(w.data.len() >= volume(taps, w.tap_rows, w.stride), "w is too short");
        let relu = epilogue == Epilogue::Relu;
        Forward { x, links, images, inputs, w, bias, relu, y, y_positions, y_stride }
    }

    /// Output columns `column..column + 4 N` at position `o` of `M` images from `image` on.
    ///
    /// # Panics
    /// When the tile is not inside the output.
    #[inline(always)]
    pub(crate) fn tile<const M: usize, const N: usize>(&mut self, image: usize, o: usize, column: usize) {
        assert!(image + M <= self.images && o < self.y_positions && column + N * LANES <= self.y_stride);
        let image_step = self.x.positions * self.x.stride;
        let mut tile = Tile::<M, N>::start(self.bias.map(|bias| &bias[column..]));
        for &(tap, position) in self.links.list(o) {
            let x = image * image_step + position as usize * self.x.stride;
            let w = tap as usize * self.w.tap_rows * self.w.stride + column;
            // SAFETY: `new` checked that `x` holds `images` images with every linked position, `w` every linked tap,
            // and that `inputs` elements fit a row of either; the assertion above keeps images and columns inside.
            unsafe {
                let (x, w) = (self.x.data.as_ptr().add(x), self.w.data.as_ptr().add(w));
                tile.add(self.inputs, x, image_step, 1, w, self.w.stride);
            }
        }
        let y_step = self.y_positions * self.y_stride;
        // SAFETY: `new` checked that `y` holds `images * y_positions * y_stride` values; the tile lies inside.
        unsafe {
            let y = self.y.as_mut_ptr().add(image * y_step + o * self.y_stride + column);
            tile.write(self.relu, y, y_step);
        }
    }

    /// The number of terms of a sum at output position 0.
    pub(crate) fn terms(&self) -> usize {
        self.links.list(0).len() * self.inputs
    }

    /// Copies the weights of `terms` of output position 0, columns `column..column + 8`, to the start of `panel`.
    ///
    /// # Panics
    /// When they do not fit or do not exist.
    pub(crate) fn pack(&self, terms: Range<usize>, column: usize, panel: &mut Panel) {
        let (mut link, mut k) = (terms.start / self.inputs, terms.start % self.inputs);
        let mut rest = &mut panel[..terms.len()];
        while !rest.is_empty() {
            let tap = self.links.list(0)[link].0 as usize;
            let (part, after) = rest.split_at_mut(rest.len().min(self.inputs - k));
            let rows = self.w.data[(tap * self.w.tap_rows + k) * self.w.stride..].chunks(self.w.stride);
            for (packed, row) in part.iter_mut().zip(rows) {
                packed.copy_from_slice(&row[column..column + PANEL_COLUMNS]);
            }
            (rest, link, k) = (after, link + 1, 0);
        }
    }

    /// Adds `terms`, whose weights are in `panel`, to output columns `column..column + 8` at position 0 of `M` images
    /// from `image` on. Sums of earlier terms are read from the output.
    ///
    /// # Panics
    /// When the tile is not inside the output, or there are fewer terms.
    #[inline(always)]
    pub(crate) fn packed_tile<const M: usize>(
        &mut self,
        image: usize,
        column: usize,
        terms: Range<usize>,
        panel: &Panel,
    ) {
        assert!(image + M <= self.images && self.y_positions > 0 && column + PANEL_COLUMNS <= self.y_stride);
        assert!(terms.start < terms.end && terms.end <= self.terms() && terms.len() <= PANEL_ROWS);
        let (x_step, y_step) = (self.x.positions * self.x.stride, self.y_positions * self.y_stride);
        // SAFETY: `new` checked that `y` holds `images * y_positions * y_stride` values; the tile lies inside.
        let y = unsafe { self.y.as_mut_ptr().add(image * y_step + column) };
        let mut tile = if terms.start == 0 {
            Tile::<M, 2>::start(self.bias.map(|bias| &bias[column..]))
        } else {
            // SAFETY: as above.
            unsafe { Tile::read(y, y_step) }
        };
        let (mut link, mut k, mut done) = (terms.start / self.inputs, terms.start % self.inputs, 0);
        while done < terms.len() {
            let position = self.links.list(0)[link].1 as usize;
            let count = (terms.len() - done).min(self.inputs - k);
            // SAFETY: `new` checked that `x` holds `images` images with every linked position, each with `inputs`
            // features; the assertions above keep the images inside and the terms inside `panel`.
            unsafe {
                let x = self.x.data.as_ptr().add(image * x_step + position * self.x.stride + k);
                let panel = panel.as_ptr().add(done).cast();
                tile.add(count, x, x_step, 1, panel, PANEL_COLUMNS);
            }
            (link, k, done) = (link + 1, 0, done + count);
        }
        let relu = self.relu && terms.end == self.terms();
        // SAFETY: as for the read.
        unsafe { tile.write(relu, y, y_step) };
    }
}
