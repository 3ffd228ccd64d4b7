//! Weight gradients of convolutions from one to four features, such as colours, to one to four. A tile of rows of one tap
//! would have one to four sums; here the features of a tap are the lanes of its sums, and two taps share a tile, so that
//! every output gradient that is loaded meets two vectors of features (three taps spill). On Zen 3 this doubles the speed
//! from 3 features to 4. Each sum takes the same terms in the same order and, at border cells that a tap does not see,
//! zeros; the bits are the same as long as all numbers are finite.

use super::gradient::{Gradient, Terms};
use super::{narrow, F32x4};
use crate::linear::{GradientRows, Part};
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
        self.outputs > 1 && self.steps.0 == LANES && self.columns == LANES
    }

    /// Adds `terms` to all rows of `taps`, which lie in the band as a whole.
    pub(super) fn taps(&mut self, terms: &Terms, taps: Range<usize>) {
        for first in taps.clone().step_by(TAPS) {
            let count = TAPS.min(taps.end - first);
            for column in (0..self.columns).step_by(LANES) {
                let mut sums = self.read(terms, first, count, column);
                self.add_taps(terms, first, count, column, &mut sums);
                self.write(first, count, column, sums);
            }
        }
        if let Some(finish) = self.finish.as_mut().filter(|_| terms.last) {
            for tap in taps {
                let row = tap * self.task.tap_rows - self.task.rows.start;
                let sums = &self.sums[row * self.task.stride..];
                finish(&GradientRows { row, rows: self.task.inputs, feature: 0, sums });
            }
        }
    }

    /// Where the sums of `tap` at `column` rest, row 0.
    fn place(&self, tap: usize, column: usize) -> usize {
        (tap * self.task.tap_rows - self.task.rows.start) * self.task.stride + column
    }

    fn read(&self, terms: &Terms, first: usize, count: usize, column: usize) -> Sums {
        let mut sums = [[F32x4::splat(0.0); LANES]; TAPS];
        if terms.first {
            return sums;
        }
        for (t, sums) in sums.iter_mut().enumerate().take(count) {
            let place = self.place(first + t, column);
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

    fn write(&mut self, first: usize, count: usize, column: usize, sums: Sums) {
        for (t, sums) in sums.into_iter().enumerate().take(count) {
            let place = self.place(first + t, column);
            for (k, row) in narrow::to_rows(sums).into_iter().enumerate().take(self.task.inputs) {
                row.store(&mut self.sums[place + k * self.task.stride..]);
            }
        }
    }

    /// Output positions outermost: all taps of the tile meet the same output gradients.
    fn add_taps(&self, terms: &Terms, first: usize, count: usize, column: usize, sums: &mut Sums) {
        let pairs: [&[(u32, u32)]; TAPS] = core::array::from_fn(|t| {
            let pairs = if t < count { self.task.by_tap.list(first + t) } else { &[] };
            &pairs[pairs.partition_point(|&(o, _)| (o as usize) < terms.outputs.start)..]
        });
        for index in terms.parts.clone() {
            let part = self.part(index);
            let (Part { x, dy }, images) = (part, self.images(terms, &part));
            let mut left = pairs;
            for o in terms.outputs.clone() {
                let cells: [*const f32; TAPS] = core::array::from_fn(|t| match left[t].split_first() {
                    Some((&(at, position), rest)) if at as usize == o => {
                        left[t] = rest;
                        let from = (position as usize * x.images + images.start) * LANES;
                        // SAFETY: `new` checked that `x` holds every linked position of every image.
                        unsafe { x.data.as_ptr().add(from) }
                    }
                    _ => ZEROS.as_ptr(),
                });
                let from = (o * dy.images + images.start) * dy.stride + column;
                let mut sums_here = *sums;
                for image in 0..images.len() {
                    // SAFETY: the cells hold a vector for every image, and `dy` every column of every image.
                    unsafe {
                        let features: [F32x4; TAPS] =
                            core::array::from_fn(|t| F32x4::read(cells[t].add(image * LANES)));
                        let deltas = dy.data.as_ptr().add(from + image * dy.stride);
                        for j in 0..LANES {
                            let delta = F32x4::splat(*deltas.add(j));
                            for (sums, features) in sums_here.iter_mut().zip(features) {
                                sums[j] = features.madd(delta, sums[j]);
                            }
                        }
                    }
                }
                *sums = sums_here;
            }
        }
    }
}
