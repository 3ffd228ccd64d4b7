//! Tiles for one to three columns. A tile of rows would leave one to three of four lanes empty, so here the lanes are
//! rows: each sum takes the same terms in the same order and has the same bits.

use super::F32x4;
use crate::LANES;

/// Groups of four rows that a tile takes at once, since the additions to one sum wait for each other: 100 rows of 32 terms and one to
/// three columns take a quarter less time than one group at a time (Node 24 on Zen 4).
pub(super) const GROUPS: usize = 2;

/// `sum[g][j] += x[.][i] * b[i * 4 + j]` for `i` in `0..count`, in this order, where the lanes of a sum of group `g` are the four rows
/// of `x` at `a + 4 g row`, `a + (4 g + 1) row`, ...
///
/// # Safety
/// Each of these rows is readable up to `count` rounded up to four, and `b[i * 4 + j]` is readable.
#[inline(always)]
pub(super) unsafe fn add_rows<const J: usize>(
    sums: &mut [[F32x4; J]; GROUPS],
    count: usize,
    a: *const f32,
    row: usize,
    b: *const f32,
) {
    let mut done = 0;
    while done < count {
        let columns: [[F32x4; LANES]; GROUPS] = core::array::from_fn(|g| {
            // SAFETY: the caller vouches for whole vectors of the rows.
            F32x4::transpose(core::array::from_fn(|i| unsafe {
                F32x4::read(a.add((g * LANES + i) * row + done))
            }))
        });
        for i in 0..LANES.min(count - done) {
            for j in 0..J {
                // SAFETY: term `done + i` is below `count`.
                let weight = F32x4::splat(unsafe { *b.add((done + i) * LANES + j) });
                for (sums, columns) in sums.iter_mut().zip(&columns) {
                    sums[j] = columns[i].madd(weight, sums[j]);
                }
            }
        }
        done += LANES;
    }
}

/// `sum[v][j] += a[i * step + 4 v + lane] * b[i * columns + j]` for `i` in `0..count`, in this order.
///
/// # Safety
/// All these elements are readable.
#[inline(always)]
pub(super) unsafe fn add_columns<const V: usize, const J: usize>(
    sums: &mut [[F32x4; J]; V],
    count: usize,
    a: *const f32,
    step: usize,
    b: *const f32,
    columns: usize,
) {
    for i in 0..count {
        // SAFETY: the caller vouches for every address.
        let weights: [F32x4; J] = core::array::from_fn(|j| F32x4::splat(unsafe { *b.add(i * columns + j) }));
        for (v, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let features = unsafe { F32x4::read(a.add(i * step + v * LANES)) };
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = features.madd(weight, *sum);
            }
        }
    }
}

/// Four rows whose first `J` lanes are the lanes of the sums, and zero behind: sums back to rows.
#[inline(always)]
pub(super) fn to_rows<const J: usize>(sums: [F32x4; J]) -> [F32x4; LANES] {
    F32x4::transpose(core::array::from_fn(|j| if j < J { sums[j] } else { F32x4::splat(0.0) }))
}

/// The inverse of [`to_rows`].
#[inline(always)]
pub(super) fn from_rows<const J: usize>(rows: [F32x4; LANES]) -> [F32x4; J] {
    let columns = F32x4::transpose(rows);
    core::array::from_fn(|j| columns[j])
}
