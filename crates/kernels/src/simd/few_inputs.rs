//! Weight gradients of convolutions from one to four features, such as colours, to one to four. A tile of rows of one tap
//! would have one to four sums; here the features of a tap are the lanes of its sums, and two taps share a tile, so that
//! every output gradient that is loaded meets two vectors of features (three taps spill). On Zen 3 this doubles the speed
//! from 3 features to 4. Each sum takes the same terms in the same order and, at border cells that a tap does not see,
//! zeros; the bits are the same as long as all numbers are finite.

use super::gradient::{Gradient, Terms};
use super::{narrow, F32x4};
use crate::linear::{GradientRows, Part, Progress};
use crate::LANES;
use core::ops::Range;

/// Taps of a tile: with four columns 8 sums, 2 vectors of features and a splat.
const TAPS: usize = 2;

/// Features at cells outside the plane, for as many images as a block of terms has at most.
static ZEROS: [f32; super::gradient::MOST_TERMS * LANES] = [0.0; super::gradient::MOST_TERMS * LANES];

/// The sums of one tile: `[tap][column]`, lanes are features.
type Sums = [[F32x4; LANES]; TAPS];

impl Gradient<'_, '_> {
    /// Whether [`Gradient::taps`] serves this layer.
    pub(super) fn has_few_inputs(&self) -> bool {
        self.outputs > 1 && self.steps == (LANES, LANES)
    }

    /// Adds `terms` to all rows of `taps`, which lie in the band as a whole.
    pub(super) fn taps(&mut self, terms: &Terms, taps: Range<usize>) {
        let part = self.part(terms.parts.start);
        for first in taps.clone().step_by(TAPS) {
            let count = TAPS.min(taps.end - first);
            let mut sums = self.read(terms, first, count);
            self.add_taps(terms, first, count, &part, &mut sums);
            self.write(first, count, sums);
        }
        if let Some(tell) = self.tell.as_mut().filter(|_| terms.last) {
            for tap in taps {
                let row = tap * self.task.tap_rows - self.task.rows.start;
                let sums = &self.sums[row * self.task.stride..];
                tell(Progress::Finished(GradientRows { row, rows: self.task.inputs, feature: 0, sums }));
            }
        }
    }

    /// Where the sums of `tap` rest, row 0.
    fn place(&self, tap: usize) -> usize {
        (tap * self.task.tap_rows - self.task.rows.start) * self.task.stride
    }

    fn read(&self, terms: &Terms, first: usize, count: usize) -> Sums {
        let mut sums = [[F32x4::splat(0.0); LANES]; TAPS];
        if terms.first {
            return sums;
        }
        for (t, sums) in sums.iter_mut().enumerate().take(count) {
            let place = self.place(first + t);
            *sums = narrow::from_rows(core::array::from_fn(|k| {
                if k < self.task.inputs {
                    F32x4::load(&self.sums[place + k * self.task.stride..])
                } else {
                    F32x4::splat(0.0)
                }
            }));
        }
        sums
    }

    fn write(&mut self, first: usize, count: usize, sums: Sums) {
        for (t, sums) in sums.into_iter().enumerate().take(count) {
            let place = self.place(first + t);
            for (k, row) in narrow::to_rows(sums).into_iter().enumerate().take(self.task.inputs) {
                row.store(&mut self.sums[place + k * self.task.stride..]);
            }
        }
    }

    /// Output positions outermost: all taps of the tile meet the same output gradients.
    fn add_taps(&self, terms: &Terms, first: usize, count: usize, part: &Part, sums: &mut Sums) {
        let mut left: [&[(u32, u32)]; TAPS] = core::array::from_fn(|t| {
            let pairs = if t < count { self.task.by_tap.list(first + t) } else { &[] };
            &pairs[pairs.partition_point(|&(o, _)| (o as usize) < terms.outputs.start)..]
        });
        let (Part { x, dy }, images) = (part, &terms.images);
        for o in terms.outputs.clone() {
            // SAFETY: `part` checked that `x` and `dy` hold every linked position of every image, a vector each.
            unsafe {
                let mut cells: [*const f32; TAPS] = core::array::from_fn(|t| match left[t].split_first() {
                    Some((&(at, position), rest)) if at as usize == o => {
                        left[t] = rest;
                        x.data.as_ptr().add((position as usize * x.images + images.start) * LANES)
                    }
                    _ => ZEROS.as_ptr(),
                });
                let mut deltas = dy.data.as_ptr().add((o * dy.images + images.start) * LANES);
                let mut sums_here = *sums;
                for _ in 0..images.len() {
                    let features = cells.map(|cell| F32x4::read(cell));
                    for j in 0..LANES {
                        let delta = F32x4::splat(*deltas.add(j));
                        for (sums, features) in sums_here.iter_mut().zip(features) {
                            sums[j] = features.madd(delta, sums[j]);
                        }
                    }
                    cells = cells.map(|cell| cell.wrapping_add(LANES));
                    deltas = deltas.wrapping_add(LANES);
                }
                *sums = sums_here;
            }
        }
    }
}
