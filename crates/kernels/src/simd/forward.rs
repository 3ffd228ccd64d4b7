//! One tile of [`crate::linear::forward`].

use super::tile::{volume, Tile};
use crate::linear::{Epilogue, Rows, Weights};
use crate::window::Links;
use crate::LANES;

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
        assert!(
            inputs <= x.stride && inputs <= w.tap_rows,
            "{inputs} inputs do not fit a row"
        );
        assert!(
            y_stride % LANES == 0 && y_stride <= w.stride,
            "output stride {y_stride}"
        );
        assert!(
            x.data.len() >= volume(images, x.positions, x.stride),
            "x is too short"
        );
        assert!(y.len() >= volume(images, y_positions, y_stride), "y is too short");
        assert!(
            bias.is_none_or(|bias| bias.len() >= y_stride),
            "bias is too short"
        );
        assert!(links.lists() >= y_positions, "links have {} lists", links.lists());
        let taps = links
            .pairs
            .iter()
            .fold(0, |most, &(tap, _)| most.max(tap as usize + 1));
        let positions = links
            .pairs
            .iter()
            .fold(0, |most, &(_, position)| most.max(position as usize + 1));
        assert!(
            positions <= x.positions,
            "links reach position {positions} of {}",
            x.positions
        );
        assert!(
            w.data.len() >= volume(taps, w.tap_rows, w.stride),
            "w is too short"
        );
        let relu = epilogue == Epilogue::Relu;
        Forward {
            x,
            links,
            images,
            inputs,
            w,
            bias,
            relu,
            y,
            y_positions,
            y_stride,
        }
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
            let y = self
                .y
                .as_mut_ptr()
                .add(image * y_step + o * self.y_stride + column);
            tile.write(self.relu, y, y_step);
        }
    }
}
