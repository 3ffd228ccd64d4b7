//! The shape of one row of activations.

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

    /// Floats from one position to the next in an activation buffer: channels rounded up to one vector.
    pub fn stride(&self) -> usize {
        self.channels.next_multiple_of(cambium_kernels::LANES)
    }

    /// Floats from one row (image) to the next in an activation buffer.
    pub fn row_stride(&self) -> usize {
        self.positions() * self.stride()
    }

    /// Numbers in one row, without pads.
    pub fn features(&self) -> usize {
        self.positions() * self.channels
    }
}
