//! The shape of one row of activations.

use cambium_kernels::linear::row_stride;

/// Height x width positions of `channels` features. A plain row of features has one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of positions.
    pub height: usize,
    /// Columns of positions.
    pub width: usize,
    /// Features at each position.
    pub channels: usize,
    /// Whether the user sees one row of `height * width * channels` features (after `Flatten`).
    /// In memory nothing changes, so a dense layer that follows has one tap per position.
    pub flat: bool,
}

impl Shape {
    /// Number of positions.
    pub fn positions(&self) -> usize {
        self.height * self.width
    }

    /// Floats from one image to the next at each position of an activation buffer.
    pub fn stride(&self) -> usize {
        row_stride(self.channels)
    }

    /// Floats of one row (image) in an activation buffer, over all positions.
    pub fn floats(&self) -> usize {
        self.positions() * self.stride()
    }

    /// The shape as the user writes it: `[features]` or `[height, width, channels]`.
    pub(crate) fn list(&self) -> Vec<usize> {
        match self.flat {
            true => vec![self.features()],
            false => vec![self.height, self.width, self.channels],
        }
    }

    /// Numbers in one row, without pads.
    pub fn features(&self) -> usize {
        self.positions() * self.channels
    }
}
