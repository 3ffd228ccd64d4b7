//! The register tile: a block of sums kept in registers while terms stream by.
//!
//! Six rows by eight columns are the main tile: 12 sums, 2 vectors of columns and a splat, all of the 15 vector registers that V8 gives
//! out on x64. A fused multiply-add takes 4 cycles and two start in each, so 8 sums should be enough, but which of two units is free
//! does not always fit: a loop of multiply-adds on registers alone runs at 93, 93, 95 and 98 % with 8 to 11 sums of what it runs at with 12,
//! and 100 rows of 128 x 64 at 105 % with this tile of what they do with three rows by twelve columns and 9 sums (Node 24 on Zen 4). V8
//! unrolls the loop over terms itself; unrolled here, LLVM puts the terms of one sum next to each other and half of the speed is gone.

use super::F32x4;
use crate::LANES;

/// Rows of the main tile, which is two vectors wide. Where a product and a sum stand for a fused multiply-add, the product needs a register
/// too, and six rows spill: 64 x 64 ran at 50 % of the peak, with five and four rows at 72. (Three rows by twelve columns as the main tile
/// ran at 76 there; it would be a second layout of panels, for machines or numerics without the fused operation.)
pub(super) const ROWS: usize =
    if cfg!(all(target_arch = "wasm32", not(target_feature = "relaxed-simd"))) { 4 } else { 6 };

/// Rows of the tile that is `vectors` vectors wide.
pub(super) const fn tile_rows(vectors: usize) -> usize {
    match vectors {
        1 => 8,
        2 => ROWS,
        _ => 3,
    }
}

/// Where all sums of a tile are read that start from nothing: every row from the same place.
pub(super) const NOTHING: (*const f32, usize) = (ZEROS.as_ptr(), 0);
static ZEROS: [f32; 3 * LANES] = [0.0; 3 * LANES];

/// `M` rows by `4 N` columns of sums.
pub(super) struct Tile<const M: usize, const N: usize>([[F32x4; N]; M]);

impl<const M: usize, const N: usize> Tile<M, N> {
    /// Row `m` starts as the `4 N` values at `from + m * step`.
    ///
    /// # Safety
    /// These values are readable.
    #[inline(always)]
    pub(super) unsafe fn read(from: *const f32, step: usize) -> Self {
        // SAFETY: the caller vouches for every address.
        Tile(core::array::from_fn(|m| {
            core::array::from_fn(|n| unsafe { F32x4::read(from.add(m * step + n * LANES)) })
        }))
    }

    /// `sum[m][j] += a[m * row + i * step] * b[i * columns + j]` for `i` in `0..count`, in this order.
    ///
    /// # Safety
    /// All these elements of `a` and `b` are readable, for `m < M` and `j < 4 N`.
    #[inline(always)]
    pub(super) unsafe fn add(
        &mut self,
        count: usize,
        a: *const f32,
        row: usize,
        step: usize,
        b: *const f32,
        columns: usize,
    ) {
        let mut sums = self.0;
        let (mut a, mut b) = (a, b);
        let mut left = count;
        while left > 0 {
            // SAFETY: term `count - left` exists; the advanced pointers are not read after the last one.
            unsafe { term(&mut sums, a, row, b) };
            a = a.wrapping_add(step);
            b = b.wrapping_add(columns);
            left -= 1;
        }
        self.0 = sums;
    }

    /// Writes `f(sum, m, n)`, of the sums of row `m` and vector `n`, to `to + m * step + n * 4`.
    ///
    /// # Safety
    /// These places are writable.
    #[inline(always)]
    pub(super) unsafe fn write(self, to: *mut f32, step: usize, f: impl Fn(F32x4, usize, usize) -> F32x4) {
        for (m, row) in self.0.into_iter().enumerate() {
            // SAFETY: the caller vouches for every address.
            let to = unsafe { to.add(m * step) };
            for (n, sum) in row.into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { f(sum, m, n).write(to.add(n * LANES)) };
            }
        }
    }
}

/// One term for every sum.
///
/// # Safety
/// `a[m * row]` and `b[j]` are readable for `m < M`, `j < 4 N`.
#[inline(always)]
unsafe fn term<const M: usize, const N: usize>(
    sums: &mut [[F32x4; N]; M],
    a: *const f32,
    row: usize,
    b: *const f32,
) {
    // SAFETY: the caller vouches for every address.
    let columns: [F32x4; N] = core::array::from_fn(|n| unsafe { F32x4::read(b.add(n * LANES)) });
    for (m, sums) in sums.iter_mut().enumerate() {
        // SAFETY: as above.
        let factor = F32x4::splat(unsafe { *a.add(m * row) });
        for (sum, columns) in sums.iter_mut().zip(columns) {
            *sum = factor.madd(columns, *sum);
        }
    }
}

/// `a * b * c`.
///
/// # Panics
/// When it overflows: a wrapped size would pass for a small one.
pub(super) fn volume(a: usize, b: usize, c: usize) -> usize {
    a.checked_mul(b).and_then(|ab| ab.checked_mul(c)).expect("a tensor larger than the address space")
}
