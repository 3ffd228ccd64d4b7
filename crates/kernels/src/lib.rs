//! The f32 arithmetic of Cambium, on plain slices.
//!
//! Nothing here knows what a model is. A kernel takes slices, counts and strides, allocates nothing, and panics
//! when the slices are too short for the counts.
//!
//! # Layout
//!
//! Activations: position (row-major), then image, then channel, so that the images at one position lie together, as far
//! apart as the rows of a matrix. One position of one image takes `stride` floats, see [`linear::row_stride`]. Pad
//! lanes are zero, always. A row of plain features is an image with one position.
//!
//! Weights: tap, then input row, then output column. One row takes `stride` floats, a multiple of four. Rows beyond
//! the inputs and columns beyond the outputs are zero, always. Row `tap * tap_rows + k` holds the weights from input
//! feature `k` through `tap`.
//!
//! # Same bits everywhere
//!
//! An output element is its initial value, then terms added in one fixed order by [`simd::F32x4::madd`]. Tiling,
//! tails, threads and the split of a batch do not change that order, so they do not change a bit of the result.
//! Every transcendental function is our own ([`math`]), made of `+ - * /` and square roots. Two numerics exist:
//! `madd` rounds twice (native builds and plain WebAssembly SIMD, equal bits) or once (relaxed SIMD).
#![deny(unsafe_code)]
#![deny(unsafe_op_in_unsafe_fn)]

pub mod columns;
pub mod dropout;
pub mod elementwise;
pub mod gather;
pub mod linear;
pub mod loss;
pub mod math;
pub mod norm;
pub mod optimizer;
#[allow(unsafe_code)]
pub mod pool;
pub mod pooling;
pub mod reduce;
pub mod reference;
#[allow(unsafe_code)]
pub mod simd;
pub mod solve;
pub mod window;

/// Floats in one vector. Activations have a stride that is a multiple of this.
pub const LANES: usize = 4;
