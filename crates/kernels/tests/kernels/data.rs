//! Test data and comparisons.

use core::fmt::Debug;
use core::ops::Range;

/// A small generator of test data (a linear congruential generator, Numerical Recipes).
pub struct Lcg(pub u32);

impl Lcg {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// A number in `low..=high`.
    pub fn size(&mut self, low: usize, high: usize) -> usize {
        low + self.next() as usize % (high - low + 1)
    }

    /// A value in `-1..1`.
    pub fn value(&mut self) -> f32 {
        self.next() as f32 / 8_388_608.0 - 1.0
    }

    /// `count` values in `-1..1`.
    pub fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.value()).collect()
    }

    /// `rows` rows of `width` values, zero up to `stride`.
    pub fn rows(&mut self, rows: usize, width: usize, stride: usize) -> Vec<f32> {
        let mut data = vec![0.0; rows * stride];
        for row in data.chunks_exact_mut(stride) {
            row[..width].fill_with(|| self.value());
        }
        data
    }
}

/// `count` rounded up to whole vectors.
pub fn padded(count: usize) -> usize {
    count.next_multiple_of(4)
}

/// The bit patterns, so that comparisons tell -0 from 0 and do not trip over NaN.
pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Fails where two slices differ in a bit, and says where.
#[track_caller]
pub fn assert_same_bits(got: &[f32], want: &[f32], case: impl Debug) {
    assert_eq!(got.len(), want.len(), "{case:?}");
    let other = got.iter().zip(want).position(|(a, b)| a.to_bits() != b.to_bits());
    if let Some(i) = other {
        panic!("{case:?}: {} not {} at {i} of {}", got[i], want[i], got.len());
    }
}

/// Some of the `images` that lie together at each position, position by position.
pub fn gather(data: &[f32], images: usize, stride: usize, some: Range<usize>) -> Vec<f32> {
    let positions = data.chunks_exact(images * stride);
    positions.flat_map(|rows| &rows[some.start * stride..some.end * stride]).copied().collect()
}

/// Whether `a` is within `tolerance * max(1, |b|)` of `b`.
pub fn near(a: f32, b: f64, tolerance: f64) -> bool {
    let size = if b.abs() > 1.0 { b.abs() } else { 1.0 };
    (f64::from(a) - b).abs() <= tolerance * size
}
