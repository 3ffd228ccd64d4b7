//! Memory for f32 values that starts at a cache line.

use core::ops::{Deref, DerefMut};
use std::collections::TryReserveError;

/// One line of 64 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line(#[allow(dead_code)] [f32; Line::FLOATS]); // read through pointers

impl Line {
    const FLOATS: usize = 16;
}

/// Values that start at a cache line, so that vectors at multiples of four never lie across two lines. (Rust's allocator
/// on WebAssembly aligns to 8 bytes: every fourth vector would.)
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl Buffer {
    /// Asks for room for `capacity` values in all.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn try_reserve(&mut self, capacity: usize) -> Result<(), TryReserveError> {
        self.lines.try_reserve_exact(capacity.div_ceil(Line::FLOATS).saturating_sub(self.lines.len()))
    }

    /// Makes the length `len`; what is new is zero. Room should have been asked for.
    pub fn resize(&mut self, len: usize) {
        let kept = self.len.min(len);
        self.lines.resize(len.div_ceil(Line::FLOATS), Line([0.0; Line::FLOATS]));
        self.len = len;
        self[kept..].fill(0.0);
    }
}

impl Deref for Buffer {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        // SAFETY: the lines hold at least `len` values, without gaps; a line may be read as floats.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; the borrow is unique.
        unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_with_zeros_from_the_start_of_a_line() {
        let mut buffer = Buffer::default();
        assert!(buffer.is_empty());
        for len in [3, 16, 17, 5, 40] {
            let before: Vec<f32> = buffer.to_vec();
            buffer.try_reserve(len).unwrap();
            buffer.resize(len);
            assert_eq!((buffer.len(), buffer.as_ptr() as usize % 64), (len, 0));
            let kept = before.len().min(len);
            assert_eq!(buffer[..kept], before[..kept]);
            assert!(buffer[kept..].iter().all(|&value| value == 0.0));
            buffer.fill(1.0);
        }
        assert!(buffer.try_reserve(usize::MAX / 4).is_err());
    }
}
