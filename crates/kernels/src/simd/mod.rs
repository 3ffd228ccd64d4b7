//! Vectors of four f32 lanes, and the register tiles built from them.
//!
//! This folder and [`crate::pool`] are the only places with `unsafe`. WebAssembly with SIMD uses its instructions;
//! everything else emulates the lanes, with equal bits unless relaxed SIMD fuses [`F32x4::madd`].

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use portable::{F32x4, I32x4, Mask};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::{F32x4, I32x4, Mask};

mod buffer;
mod few_inputs;
mod few_outputs;
pub(crate) mod forward;
pub(crate) mod gradient;
mod narrow;
mod panel;
pub(crate) mod rows;
mod runs;
pub(crate) mod shift;
mod tile;
pub(crate) mod update;
mod wide_outputs;

pub use buffer::Buffer;
pub use update::Patch;

use crate::LANES;

impl F32x4 {
    /// The first four values.
    ///
    /// # Panics
    /// When there are fewer than four.
    #[inline(always)]
    pub fn load(values: &[f32]) -> Self {
        let four: &[f32; LANES] = values.first_chunk().expect("a vector needs four values");
        F32x4::from_array(*four)
    }

    /// The first `count` values (at most four), zero in the other lanes.
    #[inline(always)]
    pub fn load_partial(values: &[f32], count: usize) -> Self {
        let mut four = [0.0; LANES];
        four[..count].copy_from_slice(&values[..count]);
        F32x4::from_array(four)
    }

    /// Writes the lanes to the first four places.
    ///
    /// # Panics
    /// When there are fewer than four.
    #[inline(always)]
    pub fn store(self, values: &mut [f32]) {
        let four: &mut [f32; LANES] = values.first_chunk_mut().expect("a vector needs four places");
        *four = self.to_array();
    }

    /// `(lane 0 + lane 1) + (lane 2 + lane 3)`.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + b) + (c + d)
    }

    /// This vector with zero in lanes `count..4`.
    #[inline(always)]
    pub fn keep_first(self, count: usize) -> Self {
        first(count).keep(self)
    }
}

/// A mask that is true in lanes `0..count`.
#[inline(always)]
pub fn first(count: usize) -> Mask {
    F32x4::from_array([0.0, 1.0, 2.0, 3.0]).lt(F32x4::splat(count as f32))
}

/// `a * b + c` with the rounding of [`F32x4::madd`], for scalar twins.
#[inline(always)]
pub fn madd(a: f32, b: f32, c: f32) -> f32 {
    F32x4::splat(a).madd(F32x4::splat(b), F32x4::splat(c)).to_array()[0]
}
